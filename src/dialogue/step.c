/* An answer to what was asked: states, slots, pages, places. */
#include "dialogue/internal.h"

#include <string.h>

#define MISSES_BEFORE_HELP 2
#define NONE_OF_THESE "7" /* as the text place_choice says */

const char *channel_name(enum channel c)
{
    return c == CHANNEL_SMS ? "sms" : "ussd";
}

static bool known(const struct step *p, const struct state *st)
{
    const struct session *s = p->s;
    if (!conditions_hold(&st->when, s, p->env))
        return true; /* not asked as things stand */
    switch ((enum dialogue_slot)st->def->slot) {
    case SLOT_NEED:
        return s->need != 0;
    case SLOT_PLACE:
        return *s->place != '\0';
    case SLOT_CHILDREN:
        return s->children != 255;
    case SLOT_SAFE:
        return s->safe != 0;
    case SLOT_CONSENT:
        return s->consent != 0;
    case SLOT_WHO:
        return s->who != 0;
    case SLOT_AVOID:
    case SLOT_NONE:
        break;
    }
    return false;
}

void step_forget(struct session *s, msec now)
{
    struct session kept = {.children = 255,
                           .started_at = now,
                           .referral = s->referral,
                           .channel = s->channel,
                           .left = s->left,
                           .lang_chosen = s->lang_chosen,
                           .many_places = s->many_places,
                           .last_at = s->last_at,
                           .asked_at = s->asked_at,
                           .flood_at = s->flood_at,
                           .flood = s->flood,
                           .sent_at = s->sent_at,
                           .line = s->line,
                           .last_text = s->last_text};
    memcpy(kept.lang, s->lang, sizeof kept.lang);
    memcpy(kept.avoid, s->avoid, sizeof kept.avoid);
    memcpy(kept.asked, s->asked, sizeof kept.asked);
    *s = kept;
}

void step_show(struct step *p, const struct state *st)
{
    bool more;
    struct session *s = p->s;
    if (!*s->lang)
        str_copy(str_of(dialogue_default_lang(p->env->catalogs)), s->lang, sizeof s->lang);
    s->lead = (uint8_t)p->lead;
    render(p->env, s, st, lead_key(p->lead), p->out, &more);
    p->out->end = st->def->end && !more && !s->resumed;
}

void step_enter(struct step *p, const struct state *st)
{
    struct session *s = p->s;
    while (!st->def->end && st->next && known(p, st))
        st = st->next;
    if (strcmp(s->state, st->def->id) != 0)
        s->misses = 0;
    if (st->def->slot != SLOT_PLACE) /* the same is asked in danger: what is known of it is kept */
        s->group[0] = '\0';
    menu_forget(s);
    str_copy(str_of(st->def->id), s->state, sizeof s->state);
    s->page = 0;
    p->out->effects |= st->def->effects | (st->def->end ? DLG_ENDED : 0);
    step_show(p, st);
}

const struct state *step_running(const struct step *p)
{
    const struct state *st = *p->s->state ? dialogue_state(p->d, p->s->state) : NULL;
    return st && !st->def->end ? st : NULL;
}

/* Who wants help to stop hurting others has a need, but is no victim whose request is counted. */
static void stated(struct step *p)
{
    if (!p->s->stated && p->s->need != NEED_HARM + 1)
        p->out->effects |= DLG_STATED;
    p->s->stated = true;
}

/* ---- places ---- */

static void forget_choices(struct session *s)
{
    memset(s->choice, 0, sizeof s->choice);
    memset(s->more, 0, sizeof s->more);
}

/* One person has few places. Who asks for one after the other may be looking for where somebody was taken. */
static void count_place(struct step *p)
{
    struct session *s = p->s;
    const struct dialogue_def *def = p->d->def;
    size_t n = 0;
    if (!s->asked_at || p->env->now - s->asked_at > def->places_window) {
        memset(s->asked, 0, sizeof s->asked);
        s->asked_at = p->env->now;
        s->many_places = false;
    }
    while (n < SESSION_ASKED && *s->asked[n] && strcmp(s->asked[n], s->place) != 0)
        n++;
    if (n < SESSION_ASKED)
        memcpy(s->asked[n], s->place, PLACE_CODE);
    if (def->places_most && n >= (size_t)def->places_most && !s->many_places) {
        s->many_places = true;
        p->out->effects |= DLG_MANY_PLACES;
    }
}

static void take_place(struct step *p, const char *code, bool avoid)
{
    if (avoid) {
        session_avoid(p->s, code);
        if (p->env->referral_open)
            p->out->effects |= DLG_OTHER_COLLABORATOR;
        return;
    }
    memcpy(p->s->place, code, PLACE_CODE);
    count_place(p);
}

static bool asks_whom_to_avoid(const struct state *st)
{
    return st->def->slot == SLOT_AVOID;
}

/* "S O S": whether a cry is spelt out from this word on; then `rest` goes on behind it. */
static bool spelt_cry(const struct step *p, struct str word, struct str *rest)
{
    char letters[8], folded[FOLDED];
    struct str behind = *rest;
    for (size_t n = 0; n < sizeof letters; word = str_split(&behind, ' ')) {
        if (text_fold(word, folded, sizeof folded - 1) != 1)
            return false;
        letters[n++] = folded[0];
        if (n >= 3 && phrase_is(&p->d->word_danger, (struct str){letters, n})) {
            *rest = behind;
            return true;
        }
    }
    return false;
}

/* "sos to mua": a cry before the name is no part of it. The text without its words of danger, or all of it
 * when nothing is left. */
static struct str place_text(const struct step *p, char *buf, size_t cap)
{
    struct str rest = p->text;
    struct out o;
    bool cried = false;
    out_init(&o, buf, cap);
    while (rest.n) {
        char folded[FOLDED];
        struct str word = str_split(&rest, ' ');
        struct str plain = {folded, text_fold(word, folded, sizeof folded - 1)};
        bool cry = (plain.n && phrase_is(&p->d->word_danger, plain)) || spelt_cry(p, word, &rest);
        bool behind = cried && plain.n && phrase_is(&p->d->word_behind, plain); /* "cuu voi" */
        cried = cry || behind;
        if (cried)
            continue;
        out_str(&o, word);
        out_char(&o, ' ');
    }
    return o.overflow || !str_trim(out_span(&o)).n ? p->text : out_span(&o);
}

/* What is too much to choose from is no choice, but a district has more communes than are shown at once. */
static void offer_places(struct step *p, struct str text)
{
    struct place_match all[SESSION_CHOICES + SESSION_MORE];
    size_t n = 0;
    (void)places_find(p->env->places, text, all, SESSION_CHOICES + SESSION_MORE, &n);
    forget_choices(p->s);
    menu_forget(p->s);
    p->s->group[0] = '\0';
    for (size_t i = 0; i < n; i++)
        memcpy(i < SESSION_CHOICES ? p->s->choice[i] : p->s->more[i - SESSION_CHOICES], all[i].place->code,
               PLACE_CODE);
}

static bool hear_place(struct step *p, const struct state *st)
{
    char buf[TEXT_SMS_MAX + 2];
    struct place_match m[SESSION_CHOICES];
    size_t n = 0;
    struct str text = p->s->urgent ? place_text(p, buf, sizeof buf) : p->text;
    enum places_verdict v = places_find(p->env->places, text, m, SESSION_CHOICES, &n);
    if (v == PLACES_SURE) {
        forget_choices(p->s);
        take_place(p, m[0].place->code, asks_whom_to_avoid(st));
    }
    if (v == PLACES_ASK)
        offer_places(p, text);
    return v != PLACES_NONE;
}

/* A place that was not asked for is taken only when it is sure and another than before. */
static bool overhear_place(struct step *p)
{
    struct place_match m[1];
    size_t n = 0;
    if (p->late && *p->s->place)
        return false;
    if (places_find(p->env->places, p->text, m, 1, &n) != PLACES_SURE ||
        strcmp(m[0].place->code, p->s->place) == 0)
        return false;
    take_place(p, m[0].place->code, false);
    p->out->effects |= DLG_MOVED;
    return true;
}

static bool has_line(struct str text, uint64_t n)
{
    while (text.n) {
        struct str line = str_split(&text, '\n');
        if (line.n > 1 && *line.s == (char)('0' + n) && line.s[1] == '.')
            return true;
    }
    return false;
}

/* On a page that was not turned to yet a number may be pressed for something else: in danger it would send
 * help to a place nobody has read. */
static bool was_read(const struct step *p, const struct state *st, uint64_t n)
{
    struct session s = *p->s;
    struct dialogue_out out;
    bool more;
    s.channel = (uint8_t)p->read_by;
    if (s.channel != CHANNEL_USSD)
        return true;
    for (unsigned page = 0; page <= p->s->page; page++) {
        s.page = (uint8_t)page;
        render(p->env, &s, st, lead_key((enum lead)s.lead), &out, &more);
        if (has_line((struct str){out.text, out.len}, n))
            return true;
    }
    return false;
}

static bool choose_place(struct step *p, const struct state *st)
{
    struct str words = heard_words(&p->heard);
    uint64_t n;
    if (!shows_choices(p->s, st) || !str_to_u64(words, SESSION_CHOICES, &n) || n == 0 ||
        !*p->s->choice[n - 1] || !was_read(p, st, n))
        return false;
    take_place(p, p->s->choice[n - 1], asks_whom_to_avoid(st));
    forget_choices(p->s);
    return true;
}

static bool none_of_these(const struct step *p, const struct state *st)
{
    return shows_choices(p->s, st) && str_is(heard_words(&p->heard), NONE_OF_THESE);
}

static bool next_choices(struct session *s)
{
    if (!*s->more[0])
        return false;
    memcpy(s->choice, s->more, sizeof s->choice);
    memmove(s->more, s->more + SESSION_CHOICES, sizeof s->more - sizeof s->choice);
    memset(s->more + SESSION_MORE - SESSION_CHOICES, 0, sizeof s->choice);
    return true;
}

static bool overhear_avoid(struct step *p)
{
    if (p->s->avoid_own || !heard_anywhere(&p->heard, &p->d->word_avoid))
        return false;
    p->s->avoid_own = true;
    if (p->env->referral_open)
        p->out->effects |= DLG_OTHER_COLLABORATOR;
    p->lead = LEAD_AVOID;
    return true;
}

/* ---- danger ---- */

void step_danger(struct step *p)
{
    struct session *s = p->s;
    s->urgent = true;
    s->resumed = false;
    s->need = NEED_DANGER + 1;
    stated(p);
    if (*s->place)
        overhear_place(p);
    else
        hear_place(p, p->d->danger);
    if (s->children == 255)
        heard_children(&p->heard, &s->children);
    s->who |= (uint8_t)heard_people(p->d, &p->heard);
    overhear_avoid(p);
    p->out->effects |= DLG_URGENT | DLG_EMERGENCY;
    p->lead = LEAD_EMERGENCY;
    s->state[0] = '\0'; /* said again in the middle of its own questions, it is answered again in full */
    step_enter(p, p->d->danger);
}

/* ---- answers ---- */

/* A danger that is already known is brought up to date with each answer. */
static void go_on(struct step *p, const struct state *to)
{
    if (p->s->urgent)
        p->out->effects |= DLG_URGENT;
    step_enter(p, to);
}

static bool set_all(struct step *p, const struct answer_rule *a)
{
    struct session before = *p->s;
    for (size_t m = 0; m < a->def->set.n; m++)
        if (!session_set(p->s, str_of(a->def->set.items[m]), p->env->catalogs)) {
            *p->s = before; /* a language that is not switched on */
            return false;
        }
    if (strcmp(before.lang, p->s->lang) != 0 || p->s->lang_chosen != before.lang_chosen)
        p->out->effects |= DLG_LANG;
    return true;
}

static bool follow(struct step *p, const struct state *st, const struct answer_rule *a)
{
    bool urgent = p->s->urgent, need = p->s->need;
    bool chosen = shows_choices(p->s, st);
    if (!set_all(p, a))
        return false;
    if (chosen)
        forget_choices(p->s);
    if (p->s->need == NEED_DANGER + 1 && !urgent) {
        step_danger(p);
        return true;
    }
    if (p->s->need && !need)
        stated(p);
    p->out->effects |= a->def->effects;
    go_on(p, a->next ? a->next : st->next ? st->next : p->d->start);
    return true;
}

static bool ruled_by(struct step *p, const struct state *st, struct str words)
{
    for (size_t i = 0; i < st->n_answers; i++) {
        const struct answer_rule *a = &st->answers[i];
        for (size_t k = 0; k < a->n_on; k++)
            if (str_eq(words, a->on[k]) && conditions_hold(&a->when, p->s, p->env))
                return follow(p, st, a);
    }
    return false;
}

static bool ruled(struct step *p, const struct state *st)
{
    struct str number;
    return ruled_by(p, st, heard_words(&p->heard)) ||
           (option_meant(p, st, &number) && ruled_by(p, st, number));
}

static bool overhear_need(struct step *p)
{
    enum need need;
    if (p->s->need || !heard_need(p->d, &p->heard, &need))
        return false;
    p->s->need = (uint8_t)(need + 1);
    stated(p);
    return true;
}

static bool overhear_people(struct step *p)
{
    unsigned before = p->s->who;
    p->s->who |= (uint8_t)heard_people(p->d, &p->heard);
    return p->s->who != before;
}

bool step_overhear(struct step *p, const struct state *st)
{
    struct session *s = p->s;
    bool asked = (st->def->slot == SLOT_PLACE || st->def->slot == SLOT_NEED) && !*s->place;
    bool something = overhear_need(p);
    if (p->heard.n > 4)
        something |= asked ? hear_place(p, st) : overhear_place(p);
    if (s->children == 255)
        something |= heard_children(&p->heard, &s->children);
    something |= overhear_people(p);
    something |= overhear_avoid(p);
    return something;
}

/* Where a message leads that said something by the way: a need to its own questions, as its number would;
 * another place of an open request to the end, since nothing was asked. */
static const struct state *led_to(const struct step *p, const struct state *st, bool needed)
{
    if (p->s->need && !needed)
        return p->d->need_next[p->s->need - 1] ? p->d->need_next[p->s->need - 1] : p->d->start;
    if (p->out->effects & DLG_MOVED && st == p->d->after)
        return p->d->changed;
    return st;
}

/* Need, place, children and people from one message, in any order. */
static bool free_text(struct step *p, const struct state *st)
{
    if (asks_whom_to_avoid(st)) {
        bool heard = p->heard.n > 4 && hear_place(p, st);
        if (heard)
            go_on(p, *p->s->choice[0] ? st : st->next);
        return heard;
    }
    bool needed = p->s->need;
    if (!step_overhear(p, st))
        return false;
    go_on(p, led_to(p, st, needed));
    return true;
}

static void miss(struct step *p, const struct state *st)
{
    struct session *s = p->s;
    p->lead = s->misses < MISSES_BEFORE_HELP ? LEAD_HINT : LEAD_HELP;
    if (s->misses == MISSES_BEFORE_HELP && (s->consent == 2 || p->env->referral_consent))
        p->out->effects |= DLG_REFER | DLG_STUCK;
    if (s->misses < 250)
        s->misses++;
    s->page = 0;
    step_show(p, st);
}

bool step_turn_page(struct step *p, const struct state *st)
{
    struct str words = heard_words(&p->heard);
    bool next = str_is(words, "9"), back = str_is(words, "8");
    uint8_t was = p->s->page;
    if (back && menu_up(p->env, p->s, st)) {
        p->s->misses = 0;
        step_show(p, st);
        return true;
    }
    if ((p->s->channel != CHANNEL_USSD && !menu_offered(p->s, st)) || (!next && !back) || (back && was == 0))
        return false;
    p->s->page = (uint8_t)(next ? was + 1 : was - 1);
    p->lead = (enum lead)p->s->lead;
    step_show(p, st);
    return p->s->page != was;
}

static void offer_anew(struct step *p, const struct state *st)
{
    p->s->page = p->s->misses = 0;
    step_show(p, st);
}

/* A group opens, a commune is taken. */
static bool choose_from_menu(struct step *p, const struct state *st)
{
    struct str number = heard_words(&p->heard);
    if (!menu_offered(p->s, st) || (number.n != 1 && !option_meant(p, st, &number)))
        return false;
    const struct place *at = menu_line(p->env, p->s, st, number);
    if (!at)
        return false;
    if (at->level != PLACE_COMMUNE) {
        menu_open(p->s, at);
        step_show(p, st);
        return true;
    }
    take_place(p, at->code, asks_whom_to_avoid(st));
    go_on(p, asks_whom_to_avoid(st) ? st->next : st);
    return true;
}

void step_answer(struct step *p, const struct state *st)
{
    bool none = none_of_these(p, st);
    if (step_turn_page(p, st))
        return;
    if (none && next_choices(p->s)) {
        offer_anew(p, st);
    } else if (ruled(p, st)) {
        return;
    } else if (none) { /* of all there are, in a state that goes on with a place only */
        forget_choices(p->s);
        offer_anew(p, st);
    } else if (choose_place(p, st)) {
        go_on(p, asks_whom_to_avoid(st) ? st->next : st);
    } else if (!choose_from_menu(p, st) && !free_text(p, st)) {
        miss(p, st);
    }
}

void step_begin(struct step *p, const struct state *st, bool shown)
{
    bool number = p->heard.n == 3 && p->heard.text[1] >= '0' && p->heard.text[1] <= '9';
    str_copy(str_of(st->def->id), p->s->state, sizeof p->s->state);
    if (p->heard.n <= 2 || (number && !shown) || (!ruled(p, st) && !free_text(p, st)))
        step_enter(p, st);
}
