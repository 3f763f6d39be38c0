/* What must be one step away from every situation: help, leaving, stop, erasure, another language, beginning
 * anew; and what silence and a cut session lead to. */
#include "dialogue/check.h"

#include <string.h>

static struct cfg_pos pos_of(const struct check *k, const struct cfg_strings *words)
{
    return words->pos.file ? words->pos : k->d->def->lexicon.pos;
}

static struct str first_word(const struct cfg_strings *words)
{
    return words->n ? str_of(words->items[0]) : (struct str){NULL, 0};
}

static const char *state_name(const struct check *k, uint32_t at)
{
    return k->situations[at].st->def->id;
}

/* ---- help ---- */

void check_called(struct check *k, uint32_t at, struct str form, const struct dialogue_out *out)
{
    const unsigned want = DLG_URGENT | DLG_EMERGENCY;
    bool told = str_starts((struct str){out->text, out->len}, "emergency");
    if ((out->effects & want) == want && told)
        return;
    if (check_first(k, "call", k->d))
        cfg_error(k->f, pos_of(k, &k->d->def->lexicon.danger),
                  "help is not one step away from state \"%s\": \"%.*s\" is not heard as danger; take it out "
                  "of harmless, or write another word of danger first",
                  state_name(k, at), STR_ARG(form));
}

static void call(struct check *k, uint32_t at, struct str form)
{
    struct dialogue_out out;
    struct session s = k->situations[at].s;
    check_say(k, at, k->situations[at].referral, &s, DLG_TEXT, form, SECOND_MS, &out);
    check_called(k, at, form, &out);
}

/* ---- the words that work everywhere ---- */

/* What somebody meets who writes for the first time, or after the window. */
static const struct beginning *fresh(struct check *k, uint32_t at, bool referral, bool left)
{
    uint8_t channel = k->situations[at].s.channel;
    struct beginning *b = &k->beginnings[channel][referral][left];
    struct session s = {.children = 255, .channel = channel, .started_at = 1, .left = left};
    struct dialogue_out out;
    if (b->key)
        return b;
    check_say(k, at, referral, &s, channel == CHANNEL_USSD ? DLG_BEGIN : DLG_TEXT, STR(""),
              k->d->def->window + 1, &out);
    *b = (struct beginning){check_key(k, &s, referral, true),
                            arena_strdup(&k->arena, (struct str){out.text, out.len})};
    return b;
}

/* After leaving nothing of before is met, whether or not a request is open. */
static void write_once_again(struct check *k, uint32_t at, const struct session *left, const struct state *to,
                             const char *what)
{
    for (int open = 0; open < 2; open++) {
        struct session s = *left;
        struct dialogue_out out;
        const struct beginning *want = fresh(k, at, open, true);
        check_say(k, at, open, &s, s.channel == CHANNEL_USSD ? DLG_BEGIN : DLG_TEXT, STR(""), SECOND_MS,
                  &out);
        bool same = check_key(k, &s, open, true) == want->key && strcmp(out.text, want->text) == 0;
        if (same)
            check_situation(k, &s, at, open, true, first_word(&k->d->def->lexicon.leave));
        else if (check_first(k, "again", to))
            cfg_error(
                k->f, to->def->pos,
                "after %s the next message does not meet the start: state \"%s\" shows what was before; "
                "make it an end (end = true)",
                what, to->def->id);
    }
}

/* From most situations leaving leads to the very same session. */
static void write_again(struct check *k, uint32_t at, const struct session *left, const struct state *to,
                        const char *what)
{
    uint64_t id = check_exactly(left, k->situations[at].told);
    if (idmap_get(&k->left, id))
        return;
    idmap_put(&k->left, id, 1);
    write_once_again(k, at, left, to, what);
}

struct command {
    const struct cfg_strings *words;
    const struct state *to;
    unsigned effects;
    const char *what, *list;
};

static void obey(struct check *k, uint32_t at, const struct command *c, bool again)
{
    struct dialogue_out out;
    struct session s = k->situations[at].s;
    struct str word = first_word(c->words);
    bool referral = k->situations[at].referral, told = k->situations[at].told;
    check_say(k, at, referral, &s, DLG_TEXT, word, SECOND_MS, &out);
    bool there = word.n && (out.effects & c->effects) == c->effects && dialogue_state(k->d, s.state) == c->to;
    if (!there && check_first(k, "command", c->what))
        cfg_error(
            k->f, pos_of(k, c->words),
            "%s is not one step away from state \"%s\": the first word of %s is not heard as that; begin "
            "%s with a word that no list before it has",
            c->what, state_name(k, at), c->list, c->list);
    if (there && again && c->effects & DLG_LEFT)
        write_again(k, at, &s, c->to, c->what);
    if (there && !(c->effects & DLG_LEFT && c->to->def->end)) /* nothing follows from a proper end */
        check_situation(k, &s, at, referral, told, word);
}

static void commands(struct check *k, uint32_t at, bool first)
{
    const struct dialogue *d = k->d;
    const struct lexicon_def *l = &d->def->lexicon;
    const struct command all[] = {
        {&l->leave, d->left, DLG_LEFT, "leaving", "leave"},
        {&l->stop, d->stopped, DLG_STOP | DLG_LEFT, "stop", "stop"},
        {&l->erase, d->erased, DLG_ERASE | DLG_LEFT, "erasure", "erase"},
        {&l->language, d->language, 0, "the choice of language", "language"},
        {&l->other, d->changed, DLG_OTHER_COLLABORATOR, "somebody else", "other"},
    };
    size_t n = sizeof all / sizeof all[0];
    bool may_change = k->situations[at].referral && l->other.n;
    for (size_t i = 0; i < (may_change ? n : n - 1); i++)
        obey(k, at, &all[i], first || i == 0);
}

static void restart(struct check *k, uint32_t at)
{
    struct dialogue_out out;
    struct session s = k->situations[at].s;
    const struct cfg_strings *words = &k->d->def->lexicon.restart;
    bool referral = k->situations[at].referral;
    uint64_t beginning = fresh(k, at, referral, s.left)->key;
    check_say(k, at, referral, &s, DLG_TEXT, first_word(words), SECOND_MS, &out);
    if (words->n && out.effects & DLG_RESET && check_key(k, &s, referral, true) == beginning)
        check_situation(k, &s, at, referral, true, first_word(words));
    else if (check_first(k, "command", "restart"))
        cfg_error(
            k->f, pos_of(k, words),
            "beginning anew is not one step away from state \"%s\": the first word of restart is not heard "
            "as that; begin restart with a word that no list before it has",
            state_name(k, at));
}

/* ---- not understood, cut, silent ---- */

static void not_understood(struct check *k, uint32_t at)
{
    for (uint8_t before = 0; before < 3; before += 2) {
        struct dialogue_out out;
        struct session s = k->situations[at].s;
        s.misses = before;
        check_say(k, at, k->situations[at].referral, &s, DLG_TEXT, STR("?"), SECOND_MS, &out);
    }
}

static bool asks_to_go_on(const struct dialogue_out *out)
{
    return strcmp(out->text, "resume") == 0;
}

static void go_on(struct check *k, uint32_t at, const struct session *asked)
{
    struct dialogue_out out;
    struct session s = *asked;
    const struct situation from = k->situations[at];
    check_say(k, at, from.referral, &s, DLG_TEXT, STR("1"), SECOND_MS, &out);
    if (check_key(k, &s, from.referral, from.told) != from.key && check_first(k, "go on", from.st))
        cfg_error(k->f, from.st->def->pos, "who goes on after a silence does not meet state \"%s\" again",
                  from.st->def->id);
}

static void silence(struct check *k, uint32_t at)
{
    struct dialogue_out out;
    const struct dialogue_def *def = k->d->def;
    const struct situation from = k->situations[at];
    enum channel channel = (enum channel)from.s.channel;
    struct session s = from.s, cut = from.s;
    check_say(k, at, from.referral, &s, DLG_TEXT, STR("?"), def->timeout[channel] + 1, &out);
    if (asks_to_go_on(&out))
        go_on(k, at, &s);
    else if (check_first(k, "timeout", channel_name(channel)))
        cfg_error(
            k->f, def->pos,
            "after the silence of timeout_%s it is not asked whether to go on; make window longer than that",
            channel_name(channel));
    s = from.s;
    uint64_t beginning = fresh(k, at, from.referral, from.s.left)->key;
    check_say(k, at, from.referral, &s, DLG_TEXT, STR("?"), def->window + 1, &out);
    if (check_key(k, &s, from.referral, true) != beginning && check_first(k, "window", from.st))
        cfg_error(k->f, from.st->def->pos, "after the window state \"%s\" is not forgotten",
                  from.st->def->id);
    if (channel != CHANNEL_USSD)
        return;
    check_say(k, at, from.referral, &cut, DLG_CUT, STR(""), SECOND_MS, &out);
    check_say(k, at, from.referral, &cut, DLG_BEGIN, STR(""), SECOND_MS, &out);
    if (!asks_to_go_on(&out) && check_first(k, "cut", from.st))
        cfg_error(k->f, from.st->def->pos,
                  "who dials again after a cut in state \"%s\" is not asked whether to go on",
                  from.st->def->id);
}

/* How a call is written is heard before anything is known of the situation, and who stops or erases has left
 * like others: these are tried once in each state, the rest in each situation. */
void check_probe(struct check *k, uint32_t at)
{
    const struct state *st = k->situations[at].st;
    if (!st)
        return;
    bool *probed = &k->probed[k->situations[at].s.channel][st - k->d->states], first = !*probed;
    *probed = true;
    for (size_t i = st->def->end ? 0 : 1; i < k->n_forms && (first || i == 0); i++) /* [0] led on */
        call(k, at, k->forms[i]);
    commands(k, at, first);
    restart(k, at);
    if (st->def->end)
        return;
    not_understood(k, at);
    silence(k, at);
}
