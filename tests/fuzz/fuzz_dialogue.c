/* A conversation with the shipped dialogue. The first byte chooses channel, page and language (see
 * `setting`); then each line is what a person types, but for: "!" a USSD session begins (with the rest of the
 * line), "~" the network cuts it,
 * "@" and a number so many minutes pass, "%" the contact's referral is closed. */
#include "fuzz.h"

#include "dialogue/internal.h"
#include "text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 8 }; /* of segments: two texts in the language that may take most */

struct talk {
    struct dialogue_env env;
    struct session s;
    enum channel channel;
};

struct turn { /* one step and what was before it */
    struct session before;
    struct dialogue_out out;
    msec silence;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_snapshot();
    return 0;
}

static struct str pack(const struct session *s, char buf[1024])
{
    size_t n = session_pack(s, buf, 1024);
    holds(n > 0, "a session fits into its room");
    return (struct str){buf, n};
}

/* What the store does between two steps. */
static void store(struct session *s)
{
    char text[1024], again[1024];
    struct session back;
    struct str packed = pack(s, text);
    holds(session_unpack(packed, &back), "what was packed can be unpacked");
    holds(str_eq(packed, pack(&back, again)), "a session is unpacked the same");
    *s = back;
}

static const struct state *state_of(const struct session *s)
{
    return *s->state ? dialogue_state(fuzz_snapshot()->dialogue, s->state) : NULL;
}

static bool running(const struct session *s)
{
    return state_of(s) && !state_of(s)->def->end;
}

static void check_session(const struct session *s)
{
    const struct gazetteer *g = fuzz_snapshot()->places;
    const struct state *st = state_of(s);
    holds(st != NULL, "the state is of the dialogue");
    holds(st->def->end || st->next || st->n_answers, "no state without an exit");
    holds(dialogue_has_lang(fuzz_snapshot()->catalogs, s->lang), "the language is switched on");
    holds(s->need <= NEED_COUNT && s->safe <= SAFE_SMS_DAY && s->consent <= 2, "what is known is in range");
    holds(s->children <= 9 || s->children == 255, "children are counted to nine");
    holds(s->need != NEED_DANGER + 1 || s->urgent, "who is in danger is urgent");
    holds(!s->need || s->stated, "a need was stated");
    holds(!*s->place || places_by_code(g, str_of(s->place)), "the place is of the gazetteer");
    for (int i = 0; i < SESSION_CHOICES; i++)
        holds(!*s->choice[i] || places_by_code(g, str_of(s->choice[i])), "each choice is of the gazetteer");
    for (int i = 0; i < SESSION_MORE; i++)
        holds(!*s->more[i] || (places_by_code(g, str_of(s->more[i])) && *s->choice[SESSION_CHOICES - 1]),
              "choices to come are of the gazetteer, and come after others");
    holds(!*s->group || places_by_code(g, str_of(s->group)), "the group of a menu is of the gazetteer");
    for (int i = 0; i < SESSION_LINES; i++)
        holds(!*s->lines[i] || places_by_code(g, str_of(s->lines[i])), "each line is of the gazetteer");
}

static void check_reply(const struct talk *t, const struct dialogue_out *out)
{
    struct str text = {out->text, out->len};
    struct text_size z = text_size(text);
    holds((out->len > 0 || out->effects & DLG_FLOOD) && out->len == strlen(out->text), "there is an answer");
    holds(fuzz_clean_utf8(text), "an answer is UTF-8");
    holds(!memchr(out->text, '{', out->len), "nothing is left to be filled in");
    holds(!(out->effects >> 16), "effects are known");
    size_t septets = t->env.page_septets ? t->env.page_septets : 160,
           units = t->env.page_ucs2 ? t->env.page_ucs2 : 70;
    if (t->channel == CHANNEL_USSD)
        holds(z.units <= (z.coding == CODING_GSM7 ? septets : units), "an answer fits the page");
    else
        holds(z.segments <= LONGEST, "an answer is no long read");
}

static void check_end(const struct talk *t, const struct turn *p)
{
    const struct state *st = state_of(&t->s);
    holds(!p->out.end || st->def->end, "only an end state ends the session");
    holds(!(p->out.effects & (DLG_LEFT | DLG_STOP | DLG_ERASE)) || st->def->end, "who leaves has left");
}

/* Danger that was told stays known while its conversation goes on, and each answer brings it up to date. */
static void check_urgent(const struct talk *t, const struct turn *p)
{
    const struct session *a = &p->before, *b = &t->s;
    bool same = running(a) && p->silence <= t->env.dialogue->def->window && !(p->out.effects & DLG_RESET);
    holds(!same || !a->urgent || b->urgent, "urgent is never lost");
    bool news = strcmp(a->place, b->place) != 0 || a->consent != b->consent || a->safe != b->safe ||
                a->children != b->children;
    if (same && b->urgent && news)
        holds(p->out.effects & DLG_URGENT, "what is new about a danger is passed on");
    if (p->out.effects & DLG_URGENT)
        holds(b->urgent, "who is urgent is remembered as urgent");
}

static bool says_113(const struct dialogue_out *out)
{
    return memmem(out->text, out->len, "113", 3) != NULL;
}

/* Whatever is typed before it, and wherever the conversation is: SOS is heard. */
static void check_danger(const struct talk *t, enum dialogue_event event, struct str typed)
{
    static const char sos[] = " SOS";
    char text[TEXT_SMS_MAX];
    struct out o;
    struct session s = t->s;
    static struct dialogue_out out;
    out_init(&o, text, sizeof text);
    out_str(&o, text_cut(typed, sizeof text - sizeof sos));
    out_cstr(&o, sos);
    dialogue_step(&t->env, &s, t->channel, event, out_span(&o), &out);
    holds(s.urgent && (out.effects & DLG_URGENT) && (out.effects & DLG_EMERGENCY), "SOS is heard");
    holds(says_113(&out), "SOS is answered with the number to call");
}

/* One word leads out of everywhere. */
static void check_exits(const struct talk *t)
{
    static const struct {
        struct str word;
        unsigned effect;
    } exits[] = {{{"THOAT", 5}, DLG_LEFT},
                 {{"dung", 4}, DLG_STOP},
                 {{"X\xc3\xb3"
                   "a",
                   4},
                  DLG_ERASE}};
    static struct dialogue_out out;
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
        struct session s = t->s;
        dialogue_step(&t->env, &s, t->channel, DLG_TEXT, exits[i].word, &out);
        holds(out.effects & exits[i].effect, "leaving, stopping and erasing are one step away");
        holds(out.len > 0 && !running(&s), "who leaves is told so, and has left");
    }
}

/* The same step again gives the same. */
static void check_pure(const struct talk *t, const struct turn *p, enum dialogue_event event,
                       struct str typed)
{
    static struct dialogue_out out;
    struct session s = p->before;
    char a[1024], b[1024];
    dialogue_step(&t->env, &s, t->channel, event, typed, &out);
    holds(out.len == p->out.len && memcmp(out.text, p->out.text, out.len) == 0 && out.end == p->out.end &&
              out.effects == p->out.effects,
          "the same step gives the same answer");
    holds(str_eq(pack(&s, a), pack(&t->s, b)), "the same step gives the same session");
}

static void step(struct talk *t, enum dialogue_event event, struct str typed)
{
    static struct turn p;
    p.before = t->s;
    p.silence = t->s.last_at ? t->env.now - t->s.last_at : 0;
    if (event != DLG_CUT)
        check_danger(t, event, typed);
    dialogue_step(&t->env, &t->s, t->channel, event, typed, &p.out);
    if (event == DLG_CUT) {
        holds(p.out.end && !p.out.len && !p.out.effects, "a cut session is not answered");
        return;
    }
    check_session(&t->s);
    check_reply(t, &p.out);
    check_end(t, &p);
    check_urgent(t, &p);
    check_pure(t, &p, event, typed);
    store(&t->s);
    check_exits(t);
    if (p.out.effects & (DLG_REFER | DLG_URGENT)) {
        t->env.referral_open = true;
        t->s.referral = 7;
    }
    if (p.out.effects & DLG_ERASE) {
        t->env.referral_open = false;
        t->s = (struct session){.children = 255};
    }
}

static void one_line(struct talk *t, struct str line)
{
    struct str rest = line.n ? (struct str){line.s + 1, line.n - 1} : line;
    uint64_t minutes;
    t->env.now += 20000;
    if (line.n && line.s[0] == '!')
        step(t, DLG_BEGIN, rest);
    else if (line.n && line.s[0] == '~')
        step(t, DLG_CUT, (struct str){NULL, 0});
    else if (line.n && line.s[0] == '@' && str_to_u64(rest, 100000, &minutes))
        t->env.now += (msec)minutes * 60000;
    else if (line.n == 1 && line.s[0] == '%')
        t->env.referral_open = false;
    else
        step(t, DLG_TEXT, line);
}

/* '0' SMS, '1' USSD; '3', '5', '7' USSD of other pages; 'p' to 'w' the same with accents. */
static void setting(struct talk *t, uint8_t b)
{
    static const size_t pages[4][2] = {{0, 0}, {160, 70}, {182, 91}, {40, 30}};
    static const char *const langs[4] = {"", "vi-accented", "en", "nobody's"};
    t->channel = b & 1 ? CHANNEL_USSD : CHANNEL_SMS;
    t->env.page_septets = pages[b >> 1 & 3][0];
    t->env.page_ucs2 = pages[b >> 1 & 3][1];
    t->env.referral_open = b >> 3 & 1;
    if (dialogue_has_lang(t->env.catalogs, langs[b >> 6]))
        str_copy(str_of(langs[b >> 6]), t->s.lang, sizeof t->s.lang);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LINES = 48 };
    const struct snapshot *snap = fuzz_snapshot();
    if (size < 1 || size > 16384)
        return 0;
    struct talk t = {.env = {.dialogue = snap->dialogue,
                             .catalogs = snap->catalogs,
                             .places = snap->places,
                             .now = 1767225600000},
                     .s = {.children = 255}};
    setting(&t, data[0]);
    struct str in = fuzz_exact(data + 1, size - 1), rest = in;
    for (int i = 0; rest.s && i < LINES; i++)
        one_line(&t, str_split(&rest, '\n'));
    fuzz_exact_free(in);
    return 0;
}
