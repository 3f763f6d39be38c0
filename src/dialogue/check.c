/* Proves what must hold in every state, by stepping the real interpreter from each of them. */
#include "dialogue/internal.h"

#include "text/text.h"

#include <string.h>

struct check {
    const struct dialogue *d;
    const struct catalogs *c;
    const struct gazetteer *g;
    struct cfg_findings *f;
};

static const char *const engine_texts[] = {"mt_accepted",
                                           "mt_accepted_phone",
                                           "mt_accepted_anywhere",
                                           "mt_unmet",
                                           "slow",
                                           "avoid_noted",
                                           "fallback",
                                           "code_words",
                                           "hint",
                                           "help",
                                           "resume",
                                           "place_choice",
                                           "emergency",
                                           "page_next",
                                           "page_back"};

static void need_text(struct check *k, const struct catalog *cat, const char *key, struct cfg_pos pos)
{
    for (size_t i = 0; i < cat->n; i++)
        if (strcmp(cat->texts[i].key, key) == 0)
            return;
    cfg_error(k->f, cat->def->pos, "language %s lacks the text \"%s\" (asked for in %s:%d); add it",
              cat->def->lang, key, pos.file ? pos.file : "the program", pos.line);
}

static bool used(const struct check *k, const char *key)
{
    for (size_t i = 0; i < k->d->n_states; i++)
        if (strcmp(k->d->states[i].def->prompt, key) == 0)
            return true;
    for (size_t i = 0; i < sizeof engine_texts / sizeof engine_texts[0]; i++)
        if (strcmp(engine_texts[i], key) == 0)
            return true;
    return false;
}

/* What stands in braces is filled in; an unknown name would silently leave a hole. */
static void check_holes(struct check *k, const struct cfg_entry *e)
{
    static const char *const known[] = {"options", "place", "code_word", "meeting", "phone"};
    for (const char *open = strchr(e->value, '{'), *close; open; open = strchr(close, '{')) {
        close = strchr(open, '}');
        if (!close)
            return;
        struct str name = {open + 1, (size_t)(close - open - 1)};
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            found |= str_is(name, known[i]);
        if (!found)
            cfg_error(
                k->f, e->pos,
                "text \"%s\": {%.*s} is unknown; use {options}, {place}, {code_word}, {meeting} or {phone}",
                e->key, STR_ARG(name));
    }
}

static void check_texts(struct check *k, const struct catalog *cat)
{
    for (size_t i = 0; i < k->d->n_states; i++)
        need_text(k, cat, k->d->states[i].def->prompt, k->d->states[i].def->pos);
    for (size_t i = 0; i < sizeof engine_texts / sizeof engine_texts[0]; i++)
        need_text(k, cat, engine_texts[i], (struct cfg_pos){NULL, 0});
    for (size_t i = 0; i < cat->n; i++) {
        const struct cfg_entry *e = &cat->texts[i];
        struct text_size z = text_size(str_of(e->value));
        check_holes(k, e);
        unsigned most = (unsigned)cat->def->segments;
        if (!used(k, e->key))
            cfg_warn(k->f, e->pos, "text \"%s\" is used by nothing; remove it or correct its key", e->key);
        else if (strcmp(e->key, "code_words") != 0 && z.segments > most)
            cfg_error(k->f, e->pos, "text \"%s\" takes %u SMS segments, more than %u; shorten it", e->key,
                      z.segments, most);
        else if (!cat->def->accents && z.coding == CODING_UCS2)
            cfg_error(k->f, e->pos,
                      "text \"%s\" holds a character outside the GSM alphabet; write it without accents",
                      e->key);
    }
}

static struct session placed(const struct state *st, const char *lang, enum channel channel, msec now)
{
    struct session s = {.children = 255, .started_at = now, .last_at = now, .channel = (uint8_t)channel};
    str_copy(str_of(st->def->id), s.state, sizeof s.state);
    str_copy(str_of(lang), s.lang, sizeof s.lang);
    return s;
}

static unsigned effects_of(struct check *k, const struct state *st, const char *lang, enum channel channel,
                           const struct phrases *words)
{
    const msec now = 1000 * DAY_MS;
    struct dialogue_env env = {.dialogue = k->d, .catalogs = k->c, .places = k->g, .now = now};
    struct session s = placed(st, lang, channel, now);
    struct dialogue_out out;
    dialogue_step(&env, &s, channel, DLG_TEXT, words->whole.n ? words->whole.items[0] : (struct str){NULL, 0},
                  &out);
    return out.effects;
}

static void check_words(struct check *k, const struct state *st, const char *lang, enum channel channel)
{
    const struct {
        const struct phrases *words;
        unsigned effect;
        const char *what;
    } all[] = {{&k->d->word_danger, DLG_URGENT | DLG_EMERGENCY, "help"},
               {&k->d->word_leave, DLG_LEFT, "leaving"},
               {&k->d->word_stop, DLG_STOP, "stop"},
               {&k->d->word_erase, DLG_ERASE, "erasure"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if ((effects_of(k, st, lang, channel, all[i].words) & all[i].effect) != all[i].effect)
            cfg_error(k->f, st->def->pos, "%s is not one step away from state \"%s\" (%s, %s)", all[i].what,
                      st->def->id, channel_name(channel), lang);
}

static bool reaches_end(const struct state *st, const struct dialogue *d, bool *seen)
{
    if (!st || seen[st - d->states])
        return false;
    seen[st - d->states] = true;
    if (st->def->end)
        return true;
    bool ends = reaches_end(st->next, d, seen);
    for (size_t i = 0; i < st->n_answers && !ends; i++)
        ends = reaches_end(st->answers[i].next, d, seen);
    return ends;
}

static void mark(const struct state *st, const struct dialogue *d, bool *seen)
{
    if (!st || seen[st - d->states])
        return;
    seen[st - d->states] = true;
    mark(st->next, d, seen);
    for (size_t i = 0; i < st->n_answers; i++)
        mark(st->answers[i].next, d, seen);
}

/* A state that waits for an answer whatever is known already. */
static bool waits(const struct state *st)
{
    return st->def->end || !st->next || (st->def->slot == SLOT_NONE && !st->when.n);
}

/* States are passed over when what they ask for is known: that must come to an end. */
static void check_circle(struct check *k, const struct state *st)
{
    const struct state *at = st;
    for (size_t n = 0; n < k->d->n_states && !waits(at); n++)
        at = at->next;
    if (!waits(at))
        cfg_error(
            k->f, st->def->pos,
            "from state \"%s\" next leads round in a circle when everything asked there is known; lead it "
            "to an end",
            st->def->id);
}

static void check_reach(struct check *k)
{
    const struct dialogue *d = k->d;
    bool seen[256];
    if (d->n_states > 256) {
        cfg_error(k->f, d->def->pos, "%zu states are more than the 256 that can be checked", d->n_states);
        return;
    }
    for (size_t i = 0; i < d->n_states; i++) {
        check_circle(k, &d->states[i]);
        memset(seen, 0, sizeof seen);
        if (!reaches_end(&d->states[i], d, seen))
            cfg_error(k->f, d->states[i].def->pos, "no way from state \"%s\" to an end",
                      d->states[i].def->id);
    }
    memset(seen, 0, sizeof seen);
    const struct state *roots[] = {d->start,   d->after,  d->danger,  d->left,
                                   d->stopped, d->erased, d->language};
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
        mark(roots[i], d, seen);
    for (size_t i = 0; i < d->n_states; i++)
        if (!seen[i])
            cfg_warn(k->f, d->states[i].def->pos,
                     "state \"%s\" can never be reached; remove it or lead to it", d->states[i].def->id);
}

void dialogue_check(const struct dialogue *d, const struct catalogs *c, const struct gazetteer *g,
                    struct cfg_findings *f)
{
    struct check k = {d, c, g, f};
    size_t before = f->errors;
    for (size_t i = 0; i < c->n; i++)
        check_texts(&k, &c->items[i]);
    check_reach(&k);
    if (f->errors > before)
        return;
    for (size_t i = 0; i < d->n_states; i++)
        for (size_t l = 0; l < c->n; l++)
            for (int ch = 0; ch < CHANNEL_COUNT; ch++)
                check_words(&k, &d->states[i], c->items[l].def->lang, (enum channel)ch);
}
