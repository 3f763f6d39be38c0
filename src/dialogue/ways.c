/* Where the ways of a dialogue lead: to an end, to help, in circles, or nowhere. */
#include "dialogue/check.h"

#include <string.h>

/* What a person does who answers what is asked, in the table's words or with a place. */
static bool is_answer(const struct edge *e)
{
    return e->way == WAY_ANSWER || e->way == WAY_PLACE || e->way == WAY_NAMES || e->way == WAY_CHOICE ||
           e->way == WAY_MORE;
}

/* What the text in front of her teaches. */
static bool is_taught(const struct edge *e)
{
    return e->way == WAY_ANSWER || e->way == WAY_LANGUAGE || e->way == WAY_CHOICE || e->way == WAY_MORE;
}

static bool is_end(const struct situation *at)
{
    return !at->st || at->st->def->end;
}

static const struct edge *edges_of(const struct check *k, uint32_t at)
{
    return k->edges + k->situations[at].first;
}

/* ---- dead ends ---- */

static bool leads_to_end(const struct check *k, uint32_t at, const bool *ends)
{
    for (uint32_t i = 0; i < k->situations[at].n_edges; i++) {
        const struct edge *e = &edges_of(k, at)[i];
        if (is_taught(e) && ends[e->to])
            return true;
    }
    return is_end(&k->situations[at]);
}

static bool *ends_ahead(struct check *k)
{
    bool *ends = arena_array(&k->arena, k->n_situations + 1, sizeof *ends);
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t at = (uint32_t)k->n_situations; at-- > 0;)
            if (!ends[at] && leads_to_end(k, at, ends))
                ends[at] = changed = true;
    }
    return ends;
}

static bool understands(const struct check *k, uint32_t at)
{
    for (uint32_t i = 0; i < k->situations[at].n_edges; i++)
        if (is_taught(&edges_of(k, at)[i]))
            return true;
    return is_end(&k->situations[at]);
}

static bool check_mute(struct check *k)
{
    bool found = false;
    for (uint32_t at = 0; at < k->n_situations; at++) {
        const struct state *st = k->situations[at].st;
        if (understands(k, at))
            continue;
        found = true;
        if (check_first(k, "mute", st))
            cfg_error(
                k->f, st->def->pos,
                "state \"%s\" waits and understands no answer of its table here: %s; give it one, as for "
                "who does not know",
                st->def->id, check_way(k, at));
    }
    return found;
}

static void check_dead_ends(struct check *k, const bool *ends)
{
    for (uint32_t at = 0; at < k->n_situations; at++) {
        const struct state *st = k->situations[at].st;
        if (!ends[at] && check_first(k, "dead end", st))
            cfg_error(
                k->f, st->def->pos,
                "no way from state \"%s\" to an end by the answers of the tables: %s; lead one to an end",
                st->def->id, check_way(k, at));
    }
}

/* ---- circles, and how long the longest way is ---- */

enum colour { NEW, OPEN, DONE };

struct walk {
    uint8_t *colour;
    uint16_t *longest; /* answers from here to the end */
    uint8_t *given;    /* what the ways from here give, as bits */
    uint32_t *bare;    /* an end that is reached from here without referral and information; UINT32_MAX */
    uint32_t *stack, *next;
    size_t depth;
    bool circle;
};

static struct walk new_walk(struct check *k)
{
    size_t n = k->n_situations + 1;
    struct arena *a = &k->arena;
    struct walk w = {.colour = arena_array(a, n, sizeof *w.colour),
                     .longest = arena_array(a, n, sizeof *w.longest),
                     .given = arena_array(a, n, sizeof *w.given),
                     .bare = arena_array(a, n, sizeof *w.bare),
                     .stack = arena_array(a, n, sizeof *w.stack),
                     .next = arena_array(a, n, sizeof *w.next)};
    memset(w.bare, 0xff, n * sizeof *w.bare);
    return w;
}

static void name_circle(struct check *k, const struct walk *w, uint32_t back)
{
    char text[512];
    struct out o;
    size_t from = 0;
    const struct state *st = k->situations[back].st;
    out_init(&o, text, sizeof text);
    while (w->stack[from] != back)
        from++;
    for (size_t i = from; i < w->depth; i++)
        out_printf(&o, "%s, ", k->situations[w->stack[i]].st->def->id);
    out_cstr(&o, st->def->id);
    if (check_first(k, "circle", st))
        cfg_error(k->f, st->def->pos,
                  "answers lead round in a circle in which nothing becomes known: %s; lead one of them on",
                  text);
}

static uint8_t given_by(const struct edge *e)
{
    bool referral = e->effects & DLG_REFER || (e->effects & DLG_URGENT && e->served);
    return (uint8_t)((referral ? REACH_REFERRAL : 0) | (e->effects & DLG_INFORMED ? REACH_INFORMATION : 0));
}

/* All that follows is known: sum it up. */
static void sum_up(struct check *k, struct walk *w, uint32_t at)
{
    if (is_end(&k->situations[at]))
        w->bare[at] = at;
    for (uint32_t i = 0; i < k->situations[at].n_edges; i++) {
        const struct edge *e = &edges_of(k, at)[i];
        if (!is_answer(e) || w->colour[e->to] != DONE)
            continue;
        uint16_t n = (uint16_t)(w->longest[e->to] + (e->way != WAY_MORE));
        w->longest[at] = n > w->longest[at] ? n : w->longest[at];
        w->given[at] |= w->given[e->to] | given_by(e);
        if (!e->served && w->bare[e->to] != UINT32_MAX)
            w->bare[at] = w->bare[e->to];
    }
    w->colour[at] = DONE;
}

static void push(struct walk *w, uint32_t at)
{
    w->colour[at] = OPEN;
    w->next[w->depth] = 0;
    w->stack[w->depth++] = at;
}

static void walk_from(struct check *k, struct walk *w, uint32_t root)
{
    if (w->colour[root] == NEW)
        push(w, root);
    while (w->depth) {
        uint32_t at = w->stack[w->depth - 1], i = w->next[w->depth - 1]++;
        if (i >= k->situations[at].n_edges) {
            sum_up(k, w, at);
            w->depth--;
            continue;
        }
        const struct edge *e = &edges_of(k, at)[i];
        if (!is_answer(e))
            continue;
        if (w->colour[e->to] == OPEN) {
            w->circle = true;
            name_circle(k, w, e->to);
        } else if (w->colour[e->to] == NEW) {
            push(w, e->to);
        }
    }
}

/* ---- help within so many answers ---- */

static void complain_bare(struct check *k, const struct walk *w, uint32_t to, uint8_t need)
{
    const struct state *end = k->situations[w->bare[to]].st;
    if (check_first(k, "bare", end))
        cfg_error(k->f, end->def->pos,
                  "the need \"%s\" was stated and state \"%s\" ends with neither a referral nor information: "
                  "%s; give it effects = [ \"refer\" ] or [ \"informed\" ], or lead elsewhere",
                  need_name((enum need)(need - 1)), end->def->id, check_way(k, w->bare[to]));
}

/* An edge by which a need is stated. */
static void count_need(struct check *k, const struct walk *w, uint32_t at, const struct edge *e,
                       struct dialogue_reach *out)
{
    const struct session *to = &k->situations[e->to].s;
    uint8_t need = to->need;
    if (!need || need == k->situations[at].s.need || !(is_answer(e) || e->way >= WAY_WORDS))
        return;
    if (!e->served && w->bare[e->to] != UINT32_MAX)
        complain_bare(k, w, e->to, need);
    unsigned n = w->longest[e->to] + 1u;
    struct reach *r = &out->by[need - 1][to->channel];
    r->answers = n > r->answers ? n : r->answers;
    r->given |= w->given[e->to] | given_by(e);
}

/* ---- every need by numbers ---- */

static void follow_numbers(struct check *k, uint32_t root, bool *seen, uint32_t *needs)
{
    uint32_t *todo = arena_array(&k->arena, k->n_situations + 1, sizeof *todo);
    size_t n = 0;
    todo[n++] = root;
    seen[root] = true;
    while (n) {
        uint32_t at = todo[--n];
        *needs |= 1u << k->situations[at].s.need;
        for (uint32_t i = 0; i < k->situations[at].n_edges; i++) {
            const struct edge *e = &edges_of(k, at)[i];
            if (!e->number || seen[e->to])
                continue;
            seen[e->to] = true;
            todo[n++] = e->to;
        }
    }
}

static void check_numbers(struct check *k)
{
    for (size_t r = 0; r < k->n_roots; r++) {
        const struct situation *root = &k->situations[k->roots[r]];
        bool *seen = arena_array(&k->arena, k->n_situations + 1, sizeof *seen);
        uint32_t needs = 0;
        if (root->referral)
            continue;
        follow_numbers(k, k->roots[r], seen, &needs);
        for (int need = 0; need < NEED_COUNT; need++)
            if (!(needs & 2u << need) && check_first(k, "number", need_name((enum need)need)))
                cfg_error(
                    k->f, root->st->def->pos,
                    "no numbers lead from state \"%s\" to the need \"%s\" (%s); give a state an answer with "
                    "set = [ \"need:%s\" ]",
                    root->st->def->id, need_name((enum need)need),
                    channel_name((enum channel)root->s.channel), need_name((enum need)need));
    }
}

/* ---- what nobody meets ---- */

static bool has_part(const struct dialogue *d, const struct state *st)
{
    const struct state *parts[] = {d->start, d->after,   d->changed, d->danger,
                                   d->left,  d->stopped, d->erased,  d->language};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i] == st)
            return true;
    return false;
}

static void check_answers_met(struct check *k, size_t i)
{
    const struct state *st = &k->d->states[i];
    for (size_t a = 0; a < st->n_answers; a++) {
        const struct answer_def *def = st->answers[a].def;
        const char *word = def->on.n ? def->on.items[0] : "";
        if (!k->held[i][a])
            cfg_warn(
                k->f, def->pos,
                "state \"%s\": the answer \"%s\" is never understood, since its when never holds; remove it "
                "or correct when",
                st->def->id, word);
        else if (!k->live[i][a])
            cfg_warn(k->f, def->pos,
                     "state \"%s\": the answer \"%s\" is never understood, since an answer before it, or the "
                     "lexicon, takes all its words; remove it or give it another",
                     st->def->id, word);
    }
}

static void check_met(struct check *k)
{
    for (size_t i = 0; i < k->d->n_states; i++) {
        const struct state *st = &k->d->states[i];
        if (k->met[i])
            check_answers_met(k, i);
        else if (!has_part(k->d, st))
            cfg_warn(k->f, st->def->pos, "state \"%s\" can never be reached; remove it or lead to it",
                     st->def->id);
    }
}

void check_ways(struct check *k, struct dialogue_reach *out)
{
    struct walk w = new_walk(k);
    check_met(k);
    check_numbers(k);
    out->situations = k->n_situations;
    if (check_mute(k))
        return;
    size_t before = k->f->errors;
    check_dead_ends(k, ends_ahead(k));
    if (k->f->errors > before)
        return;
    for (uint32_t at = 0; at < k->n_situations; at++)
        walk_from(k, &w, at);
    for (uint32_t at = 0; at < k->n_situations && !w.circle; at++)
        for (uint32_t i = 0; i < k->situations[at].n_edges; i++)
            count_need(k, &w, at, &edges_of(k, at)[i], out);
}
