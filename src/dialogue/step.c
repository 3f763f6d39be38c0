/* The interpreter: one input, one answer. */
#include "dialogue/internal.h"

#include <string.h>

#define MISSES_BEFORE_HELP 2
#define NONE_OF_THESE "7" /* as the text place_choice says */

struct step {
    const struct dialogue_env *env;
    const struct dialogue *d;
    struct session *s;
    struct dialogue_out *out;
    struct heard heard;
    struct str text;
    const char *lead; /* key of a text that goes before the prompt */
};

const char *channel_name(enum channel c)
{
    return c == CHANNEL_SMS ? "sms" : "ussd";
}

static bool known(const struct session *s, const struct state_def *st)
{
    if (st->needs && !(s->need && st->needs & 1u << (s->need - 1)))
        return true; /* not asked for this need */
    switch ((enum dialogue_slot)st->slot) {
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
    case SLOT_NONE:
        break;
    }
    return false;
}

/* What the conversation knew is forgotten; language, exclusions and the referral stay with the contact. */
static void forget(struct session *s, msec now)
{
    struct session kept = {
        .children = 255, .started_at = now, .referral = s->referral, .channel = s->channel};
    memcpy(kept.lang, s->lang, sizeof kept.lang);
    memcpy(kept.avoid, s->avoid, sizeof kept.avoid);
    *s = kept;
}

static void show(struct step *p, const struct state *st)
{
    bool more;
    struct session *s = p->s;
    if (!*s->lang)
        str_copy(str_of(dialogue_default_lang(p->env->catalogs)), s->lang, sizeof s->lang);
    render(p->env, s, st, p->lead, p->out, &more);
    p->out->end = st->def->end && !more && !s->resumed;
}

static void enter(struct step *p, const struct state *st)
{
    struct session *s = p->s;
    while (!st->def->end && st->next && known(s, st->def))
        st = st->next;
    if (strcmp(s->state, st->def->id) != 0)
        s->misses = 0;
    str_copy(str_of(st->def->id), s->state, sizeof s->state);
    s->page = 0;
    p->out->effects |= st->def->effects | (st->def->end ? DLG_ENDED : 0);
    show(p, st);
}

static const struct state *running(const struct step *p)
{
    const struct state *st = *p->s->state ? dialogue_state(p->d, p->s->state) : NULL;
    return st && !st->def->end ? st : NULL;
}

static void stated(struct step *p)
{
    if (!p->s->stated)
        p->out->effects |= DLG_STATED;
    p->s->stated = true;
}

/* ---- places ---- */

static void forget_choices(struct session *s)
{
    memset(s->choice, 0, sizeof s->choice);
    memset(s->more, 0, sizeof s->more);
}

/* What is too much to choose from is no choice, but a district has more communes than are shown at once. */
static void offer_places(struct step *p)
{
    struct place_match all[SESSION_CHOICES + SESSION_MORE];
    size_t n = 0;
    (void)places_find(p->env->places, p->text, all, SESSION_CHOICES + SESSION_MORE, &n);
    for (size_t i = 0; i < n; i++)
        memcpy(i < SESSION_CHOICES ? p->s->choice[i] : p->s->more[i - SESSION_CHOICES], all[i].place->code,
               PLACE_CODE);
}

static bool hear_place(struct step *p)
{
    struct place_match m[SESSION_CHOICES];
    size_t n = 0;
    enum places_verdict v = places_find(p->env->places, p->text, m, SESSION_CHOICES, &n);
    forget_choices(p->s);
    if (v == PLACES_SURE)
        memcpy(p->s->place, m[0].place->code, sizeof p->s->place);
    if (v == PLACES_ASK)
        offer_places(p);
    return v != PLACES_NONE;
}

static bool choose_place(struct step *p)
{
    struct str words = heard_words(&p->heard);
    uint64_t n;
    if (!*p->s->choice[0] || !str_to_u64(words, SESSION_CHOICES, &n) || n == 0 || !*p->s->choice[n - 1])
        return false;
    memcpy(p->s->place, p->s->choice[n - 1], sizeof p->s->place);
    forget_choices(p->s);
    return true;
}

static bool none_of_these(const struct step *p)
{
    return *p->s->choice[0] && str_is(heard_words(&p->heard), NONE_OF_THESE);
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

/* ---- danger and the other words that work everywhere ---- */

static void danger(struct step *p)
{
    struct session *s = p->s;
    stated(p);
    s->urgent = true;
    s->resumed = false;
    s->need = NEED_DANGER + 1;
    if (!*s->place)
        hear_place(p);
    if (s->children == 255)
        heard_children(&p->heard, &s->children);
    p->out->effects |= DLG_URGENT | DLG_EMERGENCY;
    p->lead = "emergency";
    s->state[0] = '\0'; /* said again in the middle of its own questions, it is answered again in full */
    enter(p, p->d->danger);
}

static bool command(struct step *p)
{
    const struct {
        const struct phrases *words;
        const struct state *to;
        unsigned effects;
    } commands[] = {
        {&p->d->word_erase, p->d->erased, DLG_ERASE | DLG_LEFT},
        {&p->d->word_stop, p->d->stopped, DLG_STOP | DLG_LEFT},
        {&p->d->word_leave, p->d->left, DLG_LEFT},
        {&p->d->word_language, p->d->language, 0},
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (!heard_is(&p->heard, commands[i].words))
            continue;
        p->s->resumed = false;
        p->out->effects |= commands[i].effects;
        enter(p, commands[i].to);
        return true;
    }
    return false;
}

/* ---- answers ---- */

/* A danger that is already known is brought up to date with each answer. */
static void go_on(struct step *p, const struct state *to)
{
    if (p->s->urgent)
        p->out->effects |= DLG_URGENT;
    enter(p, to);
}

static bool ruled(struct step *p, const struct state *st)
{
    struct str words = heard_words(&p->heard);
    for (size_t i = 0; i < st->n_answers; i++)
        for (size_t k = 0; k < st->answers[i].n_on; k++) {
            if (!str_eq(words, st->answers[i].on[k]))
                continue;
            const struct answer_rule *a = &st->answers[i];
            struct session before = *p->s;
            for (size_t m = 0; m < a->def->set.n; m++)
                if (!session_set(p->s, str_of(a->def->set.items[m]), p->env->catalogs)) {
                    *p->s = before; /* a language that is not switched on */
                    return false;
                }
            forget_choices(p->s);
            if (p->s->need == NEED_DANGER + 1 && !before.urgent) {
                danger(p);
                return true;
            }
            if (strcmp(before.lang, p->s->lang) != 0)
                p->out->effects |= DLG_LANG;
            if (p->s->need && !before.need)
                stated(p);
            p->out->effects |= a->def->effects;
            go_on(p, a->next ? a->next : st->next ? st->next : p->d->start);
            return true;
        }
    return false;
}

/* Need, place and children from one message, in any order. */
static bool free_text(struct step *p, const struct state *st)
{
    struct session *s = p->s;
    enum need need;
    bool something = false, asked = st->def->slot == SLOT_PLACE || st->def->slot == SLOT_NEED;
    if (!s->need && heard_need(p->d, &p->heard, &need)) {
        s->need = (uint8_t)(need + 1);
        s->child |= need == NEED_CHILD;
        stated(p);
        something = true;
    }
    if (asked && !*s->place && p->heard.n > 4)
        something |= hear_place(p);
    if (s->children == 255)
        something |= heard_children(&p->heard, &s->children);
    if (something)
        go_on(p, st);
    return something;
}

static void miss(struct step *p, const struct state *st)
{
    struct session *s = p->s;
    p->lead = s->misses < MISSES_BEFORE_HELP ? "hint" : "help";
    if (s->misses >= MISSES_BEFORE_HELP && s->consent == 2)
        p->out->effects |= DLG_REFER; /* a person, where the machine does not understand */
    if (s->misses < 250)
        s->misses++;
    s->page = 0;
    show(p, st);
}

static bool turn_page(struct step *p, const struct state *st)
{
    struct str words = heard_words(&p->heard);
    bool next = str_is(words, "9"), back = str_is(words, "8");
    uint8_t was = p->s->page;
    if (p->s->channel != CHANNEL_USSD || (!next && !back) || (back && was == 0))
        return false;
    p->s->page = (uint8_t)(next ? was + 1 : was - 1);
    show(p, st);
    return p->s->page != was;
}

static void offer_anew(struct step *p, const struct state *st)
{
    p->s->page = p->s->misses = 0;
    show(p, st);
}

static void answer(struct step *p, const struct state *st)
{
    bool none = none_of_these(p);
    if (turn_page(p, st))
        return;
    if (none && next_choices(p->s)) {
        offer_anew(p, st);
    } else if (ruled(p, st)) {
        return;
    } else if (none) { /* of all there are, in a state that goes on with a place only */
        forget_choices(p->s);
        offer_anew(p, st);
    } else if (choose_place(p)) {
        go_on(p, st);
    } else if (!free_text(p, st)) {
        miss(p, st);
    }
}

/* ---- beginning, silence, going on ---- */

static void begin(struct step *p)
{
    const struct state *st = p->env->referral_open ? p->d->after : p->d->start;
    forget(p->s, p->env->now);
    str_copy(str_of(st->def->id), p->s->state, sizeof p->s->state);
    if (p->heard.n <= 2 || (!ruled(p, st) && !free_text(p, st)))
        enter(p, st);
}

static void ask_to_go_on(struct step *p, const struct state *st)
{
    p->s->resumed = true;
    p->s->page = 0;
    show(p, st);
}

static void resumed(struct step *p, const struct state *st)
{
    struct str words = heard_words(&p->heard);
    p->s->resumed = false;
    if (str_is(words, "1")) {
        p->s->page = 0;
        show(p, st);
        return;
    }
    p->out->effects |= DLG_RESET;
    if (str_is(words, "2"))
        p->heard.n = 0;
    begin(p);
}

static void listen(struct step *p, enum dialogue_event event, msec silence)
{
    const struct state *st = running(p);
    const struct dialogue_def *def = p->d->def;
    if (heard_danger(p->d, &p->heard)) {
        if (!st || silence > def->window)
            forget(p->s, p->env->now);
        danger(p);
        return;
    }
    if (event == DLG_TEXT && command(p))
        return;
    const struct state *paged = *p->s->state ? dialogue_state(p->d, p->s->state) : NULL;
    if (!st && paged && event == DLG_TEXT && silence <= def->timeout[p->s->channel] && turn_page(p, paged))
        return;
    if (!st || silence > def->window) {
        p->out->effects |= st ? DLG_RESET : 0;
        begin(p);
    } else if (event == DLG_BEGIN) {
        ask_to_go_on(p, st);
    } else if (p->s->resumed) {
        resumed(p, st);
    } else if (silence > def->timeout[p->s->channel]) {
        ask_to_go_on(p, st);
    } else {
        answer(p, st);
    }
}

void dialogue_step(const struct dialogue_env *env, struct session *s, enum channel channel,
                   enum dialogue_event event, struct str text, struct dialogue_out *out)
{
    struct step p = {.env = env, .d = env->dialogue, .s = s, .out = out, .text = text};
    msec silence = s->last_at ? env->now - s->last_at : 0;
    out->text[0] = '\0';
    out->len = 0;
    out->end = false;
    out->effects = 0;
    if (event == DLG_CUT) {
        out->end = true;
        return; /* last_at stays: the silence began with the last answer */
    }
    hear(text, &p.heard);
    s->channel = (uint8_t)channel;
    if (!s->started_at)
        forget(s, env->now);
    listen(&p, event, silence);
    s->last_at = env->now;
}
