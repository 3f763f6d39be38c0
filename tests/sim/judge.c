/* What one message was answered. The rules here are the judge's own, not the program's code, but for the
 * catalog's texts and for one thing: what a stranger would read is asked of the dialogue itself. */
#include "sim/walk.h"

#include <stdlib.h>
#include <string.h>

static bool has(struct str text, const char *what)
{
    return *what && text.n && memmem(text.s, text.n, what, strlen(what)) != NULL;
}

static struct str said(const struct answer *a)
{
    return (struct str){a->text, a->len};
}

/* ---- any text that leaves ---- */

enum {
    IS_UTF8 = 1 << 0,
    IS_BLANK = 1 << 1,
    FITS_PAGE = 1 << 2,
    GIVES_AWAY = 1 << 3,
    HAS_NUMBERS = 1 << 4, /* the emergency ones */
    HAS_HOST = 1 << 5,
    HAS_PHONE = 1 << 6, /* a run of digits that is no emergency number */
    HAS_MARK = 1 << 7,
    HAS_HOLE = 1 << 8,
    HAS_PLACE = 1 << 9,
    KNOWN = 1 << 15
};
struct seen { /* most answers were judged before */
    uint64_t text;
    uint16_t is;
    uint16_t segments, plain_segments;
};
enum { SEEN = 1 << 17 };
static struct seen *seen;

void judge_forget(void)
{
    free(seen);
    seen = NULL;
}

uint64_t fingerprint(struct str s)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.s[i]) * 1099511628211u;
    return h ^ h >> 29;
}

static bool holds_word(const char *folded, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = strstr(folded, word); n && at; at = strstr(at + 1, word))
        if ((at == folded || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

static bool tells(const struct sim *s, const char *folded)
{
    for (size_t i = 0; i < s->def->lexicon.telling.n; i++)
        if (holds_word(folded, s->def->lexicon.telling.items[i]))
            return true;
    return false;
}

bool text_tells(const struct sim *s, struct str text)
{
    char folded[DIALOGUE_REPLY];
    text_fold(text, folded, sizeof folded);
    return tells(s, folded);
}

static bool names_host(const struct network *net, struct str text)
{
    for (size_t i = 0; i < net->n_hosts; i++)
        if (has(text, net->hosts[i].id) || has(text, net->hosts[i].name))
            return true;
    for (size_t i = 0; i < net->n_collaborators; i++)
        if (has(text, net->collaborators[i].id) || has(text, net->collaborators[i].name))
            return true;
    return false;
}

static bool names_place(const struct gazetteer *g, const char *folded)
{
    for (size_t i = 0; i < places_communes(g); i++) {
        char name[64];
        text_fold(str_of(places_commune(g, i)->name), name, sizeof name);
        if (holds_word(folded, name))
            return true;
    }
    return false;
}

/* A long run of digits that is no emergency number, or of digits and letters, as the id of a referral is. */
static bool holds_phone(struct str text)
{
    size_t digits = 0, run = 0;
    for (size_t i = 0; i <= text.n; i++) {
        char c = i < text.n ? text.s[i] : ' ';
        bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'z';
        if (!digit && !letter && digits && run > 5 &&
            !(run == 8 && memcmp(text.s + i - 8, "18001768", 8) == 0))
            return true;
        run = digit || letter ? run + 1 : 0;
        digits = run ? digits + digit : 0;
    }
    return false;
}

static bool is_blank(struct str text)
{
    return str_trim(text).n == 0;
}

static void look_at(const struct sim *s, struct str text, struct seen *to)
{
    char folded[DIALOGUE_REPLY], plain[DIALOGUE_REPLY];
    struct text_size z = text_size(text);
    text_fold(text, folded, sizeof folded);
    size_t n = text_unaccent(text, plain, sizeof plain);
    to->segments = (uint16_t)z.segments;
    to->plain_segments = (uint16_t)text_size((struct str){plain, n}).segments;
    to->is = KNOWN;
    to->is |= text_utf8_valid(text) ? IS_UTF8 : 0;
    to->is |= is_blank(text) ? IS_BLANK : 0;
    to->is |= z.units <= (z.coding == CODING_GSM7 ? 160 : 70) ? FITS_PAGE : 0;
    to->is |= tells(s, folded) ? GIVES_AWAY : 0;
    to->is |= has(text, "113") && has(text, "115") ? HAS_NUMBERS : 0;
    to->is |= names_host(s->rules->network, text) ? HAS_HOST : 0;
    to->is |= holds_phone(text) ? HAS_PHONE : 0;
    to->is |= has(text, "qlu") ? HAS_MARK : 0;
    to->is |= has(text, "{") || has(text, "}") ? HAS_HOLE : 0;
    to->is |= names_place(s->rules->places, folded) ? HAS_PLACE : 0;
}

static const struct seen *known(const struct sim *s, struct str text)
{
    uint64_t h = fingerprint(text);
    if (!seen)
        seen = calloc(SEEN, sizeof *seen);
    if (!seen)
        abort();
    struct seen *at = &seen[h % SEEN];
    if (at->text == h && at->is & KNOWN)
        return at;
    look_at(s, text, at);
    at->text = h;
    return at;
}

static const struct catalog *catalog(const struct sim *s, const char *lang)
{
    const struct catalogs *c = s->rules->catalogs;
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->items[i].def->lang, lang) == 0)
            return &c->items[i];
    return &c->items[0];
}

void judge_text(struct walk *w, struct str text, enum channel channel, const char *lang)
{
    const struct seen *k = known(w->sim, text);
    const struct catalog_def *def = catalog(w->sim, lang)->def;
    unsigned segments = def->unaccent && k->plain_segments < k->segments ? k->plain_segments : k->segments;
    if (!(k->is & IS_UTF8))
        broke(w, "a text is no UTF-8", "%.*s", STR_ARG(text));
    if (k->is & HAS_MARK)
        broke(w, "a text holds what was typed", "%.*s", STR_ARG(text));
    if (k->is & HAS_HOST)
        broke(w, "a text names a host or a collaborator", "%.*s", STR_ARG(text));
    if (k->is & HAS_HOLE)
        broke(w, "a text has a hole that nothing filled", "%.*s", STR_ARG(text));
    if (channel == CHANNEL_USSD && !(k->is & FITS_PAGE))
        broke(w, "a USSD screen holds more than a page", "%.*s", STR_ARG(text));
    if (channel == CHANNEL_SMS && segments > (unsigned)def->segments)
        broke(w, "an SMS takes more segments than its catalog allows", "%u of %u: %.*s", segments,
              (unsigned)def->segments, STR_ARG(text));
}

/* ---- the words that work everywhere, by the judge's own list ---- */

enum command { NONE, LEAVE, STOP, ERASE, RESTART, OTHER };

/* A sign of distress beside the word. */
static bool shows_distress(const struct op *op)
{
    static const char sos[] = "\xf0\x9f\x86\x98", siren[] = "\xf0\x9f\x9a\xa8";
    return op->text.n && (memmem(op->text.s, op->text.n, sos, 4) || memmem(op->text.s, op->text.n, siren, 4));
}

static enum command command_of(const struct op *op)
{
    static const struct {
        const char *word;
        enum command is;
    } all[] = {{"thoat", LEAVE},         {"0", LEAVE},         {"thoat ra", LEAVE},  {"dung", STOP},
               {"stop", STOP},           {"huy", STOP},        {"xoa", ERASE},       {"xoa het", ERASE},
               {"erase", ERASE},         {"lam lai", RESTART}, {"restart", RESTART}, {"doi nguoi", OTHER},
               {"doi nguoi khac", OTHER}};
    char folded[TEXT_SMS_MAX + 1];
    if (op->event != DLG_TEXT || op->danger || op->text.n > 32 || shows_distress(op))
        return NONE; /* danger goes before every word */
    text_fold(op->text, folded, sizeof folded);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(folded, all[i].word) == 0)
            return all[i].is;
    return NONE;
}

static bool is_text(const struct walk *w, const struct answer *a, const char *key, const char *lang)
{
    char text[DIALOGUE_REPLY];
    struct out o;
    out_init(&o, text, sizeof text);
    dialogue_text(w->sim->rules->catalogs, lang, key, NULL, 0, &o);
    return str_eq(out_span(&o), said(a));
}

static void judge_command(struct walk *w, const struct op *op, enum command c, const struct answer *a,
                          const char *lang)
{
    static const char *const keys[] = {[LEAVE] = "left", [STOP] = "stopped", [ERASE] = "erased"};
    if (c != LEAVE && c != STOP && c != ERASE)
        return;
    if (!is_text(w, a, keys[c], lang))
        broke(w, "leaving, stopping and erasing end at once", "%.*s", STR_ARG(said(a)));
    if (op->channel == CHANNEL_USSD && !a->end)
        broke(w, "who leaves has a screen that closes", "%.*s", STR_ARG(said(a)));
    if (w->counting) {
        w->sim->t.left += c == LEAVE;
        w->sim->t.stopped += c == STOP;
        w->sim->t.erased += c == ERASE;
    }
}

/* ---- floods ---- */

/* By the lexicon's words; each weighs like several messages. */
bool is_insult(const struct sim *s, struct str text)
{
    char folded[TEXT_SMS_MAX + 1];
    text_fold(text, folded, sizeof folded);
    for (size_t i = 0; i < s->def->lexicon.abuse.n; i++)
        if (holds_word(folded, s->def->lexicon.abuse.items[i]))
            return true;
    return false;
}

/* At most so many of one contact in flood_window are all worked, whenever the window is taken to begin. */
static bool may_flood(const struct walk *w, const struct watch *ph)
{
    uint64_t sum = 5;
    msec now = practice_now(w->p);
    for (size_t i = 0; i < ph->n_came; i++)
        if (now - ph->came[i].at <= w->sim->def->flood_window)
            sum += ph->came[i].weight;
    return sum > (uint64_t)w->sim->def->flood_most;
}

/* ---- strangers ---- */

/* What anybody would read who has never come. */
static struct str read_by_a_stranger(const struct walk *w, const struct op *op, const struct contact *before)
{
    static struct dialogue_out out;
    const struct rules *rules = w->sim->rules;
    struct session s = {.children = 255};
    struct dialogue_env env = {.dialogue = rules->dialogue,
                               .catalogs = rules->catalogs,
                               .places = rules->places,
                               .now = practice_now(w->p),
                               .urgent_told = rules->network->urgent_without_consent};
    if (before) {
        memcpy(s.lang, before->session.lang, sizeof s.lang);
        s.lang_chosen = before->session.lang_chosen;
    }
    dialogue_step(&env, &s, op->channel, op->event, op->text, &out);
    return (struct str){out.text, out.len};
}

static bool may_mean(const struct walk *w, struct str text, const struct place *home)
{
    struct place_match found[SESSION_CHOICES + SESSION_MORE];
    size_t n = 0;
    (void)places_find(w->sim->rules->places, text, found, SESSION_CHOICES + SESSION_MORE, &n);
    for (size_t i = 0; i < n; i++)
        if (found[i].place == home)
            return true;
    return false;
}

/* Some words of a text in a row, or all of it: "thang cho" is near "thanh pho". */
static bool words_may_mean(const struct walk *w, struct str text, const struct place *home)
{
    char folded[TEXT_SMS_MAX + 1];
    struct str rest = {folded, text_fold(text, folded, sizeof folded)};
    if (may_mean(w, text, home))
        return true;
    while (rest.n) {
        size_t n = 0;
        for (int words = 0; words < 4 && n < rest.n; words++) {
            while (++n < rest.n && rest.s[n] != ' ') {
            }
            if (may_mean(w, (struct str){rest.s, n}, home))
                return true;
        }
        str_split(&rest, ' ');
    }
    return false;
}

static bool asked_for(const struct walk *w, uint8_t phone, const struct place *home)
{
    for (const struct op *op = w->ops; op <= w->now; op++)
        if (op->phone == phone && op->kind == OP_SAY && words_may_mean(w, op->text, home))
            return true;
    return false;
}

/* Nothing of what another phone is about, unless it was asked for here. */
static void judge_places(struct walk *w, const struct op *op, const struct answer *a)
{
    char folded[DIALOGUE_REPLY], left[DIALOGUE_REPLY], name[64];
    struct out o;
    if (w->n_phones == 1)
        return;
    out_init(&o, left, sizeof left);
    menu_left_out(w, op->phone, said(a), &o);
    text_fold(out_span(&o), folded, sizeof folded);
    w->sim->t.named += w->counting;
    for (size_t i = 0; i < w->n_phones; i++) {
        text_fold(str_of(w->phones[i].home->name), name, sizeof name);
        if (i != op->phone && holds_word(folded, name) && !asked_for(w, op->phone, w->phones[i].home))
            broke(w, "an answer names the place of another phone", "%s in \"%.*s\"", name, STR_ARG(said(a)));
    }
}

/* ---- an answer ---- */

/* Written before one that came earlier, by the clock of their line: may be taken for overtaken. */
static bool late(const struct watch *ph, const struct op *op, msec now)
{
    return op->channel == CHANNEL_SMS && op->sent_ago >= 0 && now - op->sent_ago < ph->sent_at;
}

static void judge_silence(struct walk *w, const struct op *op, const struct answer *a)
{
    const struct watch *ph = &w->phones[op->phone];
    bool blank = is_blank(said(a));
    if (blank && op->channel == CHANNEL_USSD)
        broke(w, "a USSD screen is never blank", "%s", "nothing was answered");
    if (blank && op->channel == CHANNEL_SMS && !may_flood(w, ph))
        broke(w, "an SMS is answered unless the line is flooded", "%s", "nothing was answered");
    if (w->counting)
        w->sim->t.flooded += blank;
}

/* One that is under way, or the latest when nobody could be asked. */
static void judge_urgent(struct walk *w, uint8_t phone)
{
    struct referral r;
    struct contact c;
    size_t n = tales_of(w, phone);
    bool stored = practice_contact(w->p, w->phones[phone].msisdn, &c) == OK;
    for (size_t i = 0; stored && i < n; i++) {
        const struct tale *t = tale_of(w, phone, i);
        bool theirs = t->contact == c.id && practice_referral_by_id(w->p, t->id, &r) == OK && r.urgent;
        if (theirs && !t->closed && (!t->unmet || i == n - 1))
            return;
    }
    broke(w, "danger has an urgent referral", "%zu referrals, none of them", n);
}

static void judge_danger(struct walk *w, const struct op *op, const struct answer *a)
{
    if (!(known(w->sim, said(a))->is & HAS_NUMBERS))
        broke(w, "danger is answered with the emergency numbers", "%.*s", STR_ARG(said(a)));
    judge_news(w);
    w->sim->t.flooded_dangers += w->counting && may_flood(w, &w->phones[op->phone]);
    judge_urgent(w, op->phone);
}

static void judge_neutral(struct walk *w, const struct op *op, const struct answer *a)
{
    struct watch *ph = &w->phones[op->phone];
    const struct seen *k = known(w->sim, said(a));
    struct contact c;
    if (!op->neutral)
        ph->spoke = true;
    bool unstated = practice_contact(w->p, ph->msisdn, &c) == OK && !c.session.stated;
    if (k->is & GIVES_AWAY && !ph->spoke)
        broke(w, "nothing is given away before something was said", "%.*s", STR_ARG(said(a)));
    if (k->is & GIVES_AWAY && unstated)
        broke(w, "nothing is given away before a need was stated", "%.*s", STR_ARG(said(a)));
    if (k->is & HAS_PHONE)
        broke(w, "an answer holds a number or an id", "%.*s", STR_ARG(said(a)));
    if (k->is & HAS_PLACE)
        judge_places(w, op, a);
}

static bool same_words(struct str a, struct str b)
{
    char x[TEXT_SMS_MAX + 1], y[TEXT_SMS_MAX + 1];
    text_fold(a, x, sizeof x);
    text_fold(b, y, sizeof y);
    return strcmp(x, y) == 0;
}

/* Whoever holds the phone after somebody left, or long after, is met like anybody. A message that came late,
 * twice, or one too many may change nothing: then the next is the first. */
static void judge_stranger(struct walk *w, const struct op *op, enum command c, const struct answer *a,
                           const struct contact *before)
{
    struct watch *ph = &w->phones[op->phone];
    msec now = practice_now(w->p);
    bool silent = ph->last_at && now - ph->last_at > w->sim->def->window;
    if (silent || ph->stranger)
        ph->spoke = false;
    if (c == OTHER || !(ph->stranger || silent || !before)) {
        ph->stranger = false;
        return;
    }
    struct str theirs = read_by_a_stranger(w, op, before);
    bool same = str_eq(said(a), theirs);
    bool slow = is_blank(said(a)) || is_text(w, a, "slow", before ? before->session.lang : "");
    bool twice = now - ph->last_at < w->sim->def->repeat_within && same_words(op->text, ph->typed);
    bool passed_over = slow || twice || (late(ph, op, now) && !silent);
    if (!same && !passed_over)
        broke(w, "who comes after somebody left, or long after, is met like a stranger",
              "read \"%.*s\", a stranger \"%.*s\"", STR_ARG(said(a)), STR_ARG(theirs));
    ph->stranger &= passed_over && !same && (slow || str_is(said(a), ph->read));
}

/* Besides the judge's own list, other ways to write a command may be understood, too: by what is answered. */
static enum command understood(const struct walk *w, const struct answer *a, const char *lang, bool there)
{
    return !there                           ? ERASE
           : is_text(w, a, "left", lang)    ? LEAVE
           : is_text(w, a, "stopped", lang) ? STOP
                                            : NONE;
}

/* Also letter by letter. */
static bool names_erasing(const struct op *op)
{
    char folded[TEXT_SMS_MAX + 1];
    size_t n = 0;
    text_fold(op->text, folded, sizeof folded);
    for (const char *c = folded; *c; c++)
        if (*c != ' ')
            folded[n++] = *c;
    folded[n] = '\0';
    return strstr(folded, "xoa") || strstr(folded, "erase") || strstr(folded, "delete");
}

void judge_answer(struct walk *w, const struct op *op, const struct answer *a, const struct contact *before)
{
    struct watch *ph = &w->phones[op->phone];
    const char *default_lang = dialogue_default_lang(w->sim->rules->catalogs);
    const char *lang = before && *before->session.lang ? before->session.lang : default_lang;
    struct contact after;
    bool there = practice_contact(w->p, ph->msisdn, &after) == OK;
    if (a->status != OK || a->duplicate)
        broke(w, "a new message is worked", "%s", a->reason);
    if (op->event == DLG_CUT)
        return;
    enum command c = command_of(op), did = understood(w, a, lang, there);
    judge_silence(w, op, a);
    judge_text(w, said(a), op->channel, there && *after.session.lang ? after.session.lang : lang);
    judge_command(w, op, c, a, lang);
    if (c == ERASE ? there : !there && !names_erasing(op))
        broke(w, "erasing, and nothing else, leaves no contact", "%s", there ? "there is one" : "none");
    judge_stranger(w, op, c, a, before);
    if (did != NONE || c == RESTART)
        ph->spoke = false;
    ph->stranger |= did != NONE;
    ph->stopped = did == STOP && after.stopped;
    judge_neutral(w, op, a);
    judge_menu(w, op, before);
    if (op->danger)
        judge_danger(w, op, a);
}

/* ---- a repeat ---- */

void judge_repeat(struct walk *w, const struct op *op, const struct answer *a, const struct given *first)
{
    struct watch *ph = &w->phones[op->phone];
    struct contact c;
    char was[1024], is[1024];
    if (practice_now(w->p) - first->at > w->sim->rules->dedupe_window)
        return;
    bool same = a->end == first->end && a->len == first->len && fingerprint(said(a)) == first->text;
    if (!a->duplicate)
        broke(w, "a repeated callback is known", "%s", "it was worked once more");
    else if (!same && !(first->erased && !a->len))
        broke(w, "a repeat is answered like the first time", "%.*s", STR_ARG(said(a)));
    bool there = practice_contact(w->p, ph->msisdn, &c) == OK;
    size_t n = session_pack(&ph->is.session, was, sizeof was);
    size_t m = there ? session_pack(&c.session, is, sizeof is) : 0;
    if (there != ph->stored || (there && (n != m || memcmp(was, is, n) != 0 || c.stopped != ph->is.stopped)))
        broke(w, "a repeat changes nothing", "%s", there ? c.session.state : "");
}

/* ---- what is remembered ---- */

/* Words or numbers that stand for it, wherever in the text. */
static bool typed_one_of(const struct op *op, const char *const *words)
{
    char folded[TEXT_SMS_MAX + 1];
    text_fold(op->text, folded, sizeof folded);
    for (; *words; words++)
        if (holds_word(folded, *words))
            return true;
    return false;
}

static void judge_choices(struct walk *w, const struct op *op, const struct session *was,
                          const struct session *is)
{
    static const char *const agrees[] = {"1", "3",    "co",  "dong y",           "ok", "vang", "da",
                                         "u", "duoc", "yes", "tru nguoi xa toi", NULL};
    static const char *const sms[] = {"1", "nhan tin", "tin nhan", "message", NULL};
    static const char *const day[] = {"2", "ban ngay", "by day", NULL};
    if (is->consent == 2 && was->consent != 2 && !typed_one_of(op, agrees))
        broke(w, "nobody agrees without saying so", "%.*s", STR_ARG(op->text));
    if (is->safe == SAFE_SMS && was->safe != SAFE_SMS && !typed_one_of(op, sms))
        broke(w, "nobody is sent messages who did not choose them", "%.*s", STR_ARG(op->text));
    if (is->safe == SAFE_SMS_DAY && was->safe != SAFE_SMS_DAY && !typed_one_of(op, day))
        broke(w, "nobody is sent messages by day who did not choose them", "%.*s", STR_ARG(op->text));
}

/* Counted anew here: more places than one person needs, within the window. */
static void judge_mapping(struct walk *w, struct watch *ph)
{
    const struct dialogue_def *def = w->sim->def;
    const struct session *s = &ph->is.session;
    size_t i = 0;
    if (!*s->place)
        return;
    while (i < ph->n_asked && strcmp(ph->asked[i], s->place) != 0)
        i++;
    if (i < ph->n_asked)
        return;
    if (!ph->n_asked || practice_now(w->p) - ph->asked_at > def->places_window) {
        ph->n_asked = 0;
        ph->asked_at = practice_now(w->p);
    }
    if (ph->n_asked < 8)
        memcpy(ph->asked[ph->n_asked++], s->place, PLACE_CODE);
    if (def->places_most && ph->n_asked > (size_t)def->places_most && !s->many_places)
        broke(w, "who asks for many places is known", "%zu places", ph->n_asked);
}

/* By all that is known in it. */
static bool same_session(const struct session *a, const struct session *b)
{
    struct practice_fact x[PRACTICE_FACTS], y[PRACTICE_FACTS];
    size_t n = practice_session_facts(a, x), m = practice_session_facts(b, y);
    for (size_t i = 0; i < n && n == m; i++)
        if (strcmp(x[i].value, y[i].value) != 0)
            return false;
    return n == m;
}

void judge_session(struct walk *w, const struct op *op, const struct contact *before)
{
    static const struct session nothing = {.children = 255};
    struct watch *ph = &w->phones[op->phone];
    const struct session *s = &ph->is.session;
    char once[1024], twice[1024];
    struct session back;
    if (!ph->stored) {
        ph->n_asked = 0;
        ph->sent_at = 0;
        ph->is = (struct contact){.id = 0};
        return;
    }
    size_t n = session_pack(s, once, sizeof once);
    if (!n || !session_unpack((struct str){once, n}, &back) || !same_session(s, &back) ||
        session_pack(&back, twice, sizeof twice) != n || memcmp(once, twice, n) != 0)
        broke(w, "a conversation is stored and read the same", "%s", s->state);
    if (*s->state && !dialogue_state(w->sim->rules->dialogue, s->state))
        broke(w, "the state is one of the dialogue", "%s", s->state);
    if (op->event == DLG_CUT)
        return;
    judge_choices(w, op, before ? &before->session : &nothing, s);
    judge_mapping(w, ph);
    judge_exits(w, ph);
}
