/* What an edit changes. */
#include "survey/survey.h"

#include <stdlib.h>
#include <string.h>

const char *survey_what_name(enum survey_what w)
{
    static const char *const names[] = {"uncovered", "covered", "other_host", "longer", "shorter"};
    return names[w];
}

/* ---- communes ---- */

static int by_code(const void *a, const void *b)
{
    const struct survey_commune *x = a, *y = b;
    return strcmp((x->after ? x->after : x->before)->code, (y->after ? y->after : y->before)->code);
}

static const struct place *in_force(const struct gazetteer *g, const struct place *p)
{
    const struct place *found = places_by_code(g, str_of(p->code));
    return found && found->level == PLACE_COMMUNE ? found : NULL;
}

static void match_communes(struct survey_diff *d, struct arena *a)
{
    const struct survey *old = d->before, *now = d->after;
    d->communes = arena_array(a, old->n_communes + now->n_communes + 1, sizeof *d->communes);
    for (size_t i = 0; i < now->n_communes; i++) {
        const struct place *p = places_commune(now->places, i);
        d->communes[d->n_communes++] = (struct survey_commune){in_force(old->places, p), p, 0, 0};
    }
    for (size_t i = 0; i < old->n_communes; i++) {
        const struct place *p = places_commune(old->places, i);
        if (!in_force(now->places, p))
            d->communes[d->n_communes++] = (struct survey_commune){p, NULL, 0, 0};
    }
    qsort(d->communes, d->n_communes, sizeof *d->communes, by_code);
}

static bool same_host(const struct survey_diff *d, const struct survey_change *c)
{
    return strcmp(d->before->net->hosts[c->before->first.host].id,
                  d->after->net->hosts[c->after->first.host].id) == 0;
}

/* false: nothing has changed. */
static bool weigh(const struct survey_diff *d, struct survey_change *c)
{
    enum survey_state was = c->before->state, is = c->after->state;
    c->both = was == SURVEY_HOST && is == SURVEY_HOST;
    if (was != is) {
        c->what = is > was ? SURVEY_UNCOVERED : SURVEY_COVERED;
        return true;
    }
    if (!c->both)
        return false;
    c->minutes = (int)c->after->first.minutes - (int)c->before->first.minutes;
    if (!same_host(d, c))
        c->what = SURVEY_OTHER_HOST;
    else
        c->what = c->minutes > 0 ? SURVEY_LONGER : SURVEY_SHORTER;
    return c->what == SURVEY_OTHER_HOST || c->minutes;
}

static void count(struct survey_diff *d, const struct survey_change *c)
{
    d->by_what[c->what]++;
    if (c->minutes > 0)
        d->minutes_lost += (uint64_t)c->minutes;
    else
        d->minutes_gained += (uint64_t)-c->minutes;
}

static void compare_commune(struct survey_diff *d, size_t commune)
{
    struct survey_commune *p = &d->communes[commune];
    p->first = d->n_changes;
    if (!p->before || !p->after)
        return;
    for (int need = 0; need < NEED_COUNT; need++)
        for (int t = 0; survey_asked(d->after, (enum need)need) && t < SURVEY_TIMES; t++) {
            struct survey_change c = {
                .commune = commune, .need = (enum need)need, .time = (enum survey_time)t};
            c.before = survey_at(d->before, p->before->index, c.need, c.time);
            c.after = survey_at(d->after, p->after->index, c.need, c.time);
            if (!weigh(d, &c))
                continue;
            count(d, &c);
            d->changes[d->n_changes++] = c;
        }
    p->n = d->n_changes - p->first;
    d->communes_changed += p->n > 0;
}

/* ---- load ---- */

static int by_id(const void *a, const void *b)
{
    const struct survey_load *x = a, *y = b;
    return strcmp(x->id, y->id);
}

static const char *host_id(const struct network *net, size_t i)
{
    return net->hosts[i].id;
}

static int host_index(const struct network *net, const char *id)
{
    const struct host *h = routing_host(net, id);
    return h ? (int)(h - net->hosts) : -1;
}

static const char *person_id(const struct network *net, size_t i)
{
    return net->collaborators[i].id;
}

static int person_index(const struct network *net, const char *id)
{
    const struct collaborator *c = routing_collaborator(net, id);
    return c ? (int)(c - net->collaborators) : -1;
}

static int first_host(const struct survey_answer *one)
{
    return one->first.host;
}

static int first_person(const struct survey_answer *one)
{
    return one->person;
}

struct kind { /* of what bears load */
    const char *(*id)(const struct network *, size_t);
    int (*index)(const struct network *, const char *id);
    int (*first)(const struct survey_answer *);
};

/* How many questions have which index as first choice. */
static size_t *tally(const struct survey *s, const struct kind *k, size_t n, struct arena *a)
{
    size_t *of = arena_array(a, n + 1, sizeof *of);
    for (size_t i = 0; i < s->n_communes; i++)
        for (int need = 0; need < NEED_COUNT; need++)
            for (int t = 0; survey_asked(s, (enum need)need) && t < SURVEY_TIMES; t++) {
                int first = k->first(survey_at(s, i, (enum need)need, (enum survey_time)t));
                if (first >= 0)
                    of[first]++;
            }
    return of;
}

static struct survey_load *loads(const struct survey_diff *d, const struct kind *k, size_t n_before,
                                 size_t n_after, size_t *n, struct arena *a)
{
    const struct network *old = d->before->net, *now = d->after->net;
    const size_t *was = tally(d->before, k, n_before, a), *is = tally(d->after, k, n_after, a);
    struct survey_load *out = arena_array(a, n_before + n_after + 1, sizeof *out);
    *n = 0;
    for (size_t i = 0; i < n_after; i++) {
        int before = k->index(old, k->id(now, i));
        out[(*n)++] =
            (struct survey_load){k->id(now, i), before, (int)i, before >= 0 ? was[before] : 0, is[i]};
    }
    for (size_t i = 0; i < n_before; i++)
        if (k->index(now, k->id(old, i)) < 0)
            out[(*n)++] = (struct survey_load){k->id(old, i), (int)i, -1, was[i], 0};
    qsort(out, *n, sizeof *out, by_id);
    return out;
}

void survey_compare(struct survey_diff *d, const struct survey *before, const struct survey *after,
                    struct arena *a)
{
    static const struct kind host = {host_id, host_index, first_host},
                             person = {person_id, person_index, first_person};
    const struct network *old = before->net, *now = after->net;
    *d = (struct survey_diff){.before = before, .after = after};
    match_communes(d, a);
    d->changes = arena_array(a, d->n_communes * NEED_COUNT * SURVEY_TIMES + 1, sizeof *d->changes);
    for (size_t i = 0; i < d->n_communes; i++)
        compare_commune(d, i);
    d->hosts = loads(d, &host, old->n_hosts, now->n_hosts, &d->n_hosts, a);
    d->people = loads(d, &person, old->n_collaborators, now->n_collaborators, &d->n_people, a);
}

/* ---- what is told in one line ---- */

enum survey_section survey_section(const struct survey_change *c)
{
    if (c->what == SURVEY_UNCOVERED)
        return SURVEY_LEFT;
    if (c->what == SURVEY_COVERED)
        return SURVEY_GAINED;
    if (!c->minutes)
        return SURVEY_ELSEWHERE;
    return c->minutes > 0 ? SURVEY_FARTHER : SURVEY_NEARER;
}

static bool same_first(const struct survey_answer *a, const struct survey_answer *b)
{
    return a->state == b->state && a->first.host == b->first.host && a->first.minutes == b->first.minutes &&
           a->first.estimate == b->first.estimate;
}

static bool alike(const struct survey_change *a, const struct survey_change *b)
{
    return a->commune == b->commune && same_first(a->before, b->before) && same_first(a->after, b->after);
}

static int by_weight(const void *a, const void *b)
{
    const struct survey_change *x = ((const struct survey_group *)a)->of,
                               *y = ((const struct survey_group *)b)->of;
    enum survey_section left = survey_section(x), right = survey_section(y);
    if (left != right)
        return left < right ? -1 : 1;
    if (x->after->state != y->after->state)
        return x->after->state > y->after->state ? -1 : 1;
    if (x->minutes != y->minutes)
        return abs(x->minutes) > abs(y->minutes) ? -1 : 1;
    if (x->commune != y->commune)
        return x->commune < y->commune ? -1 : 1;
    return x < y ? -1 : x > y;
}

size_t survey_groups(const struct survey_diff *d, struct survey_group *out)
{
    size_t n = 0, first = 0; /* of the commune's */
    for (size_t i = 0; i < d->n_changes; i++) {
        const struct survey_change *c = &d->changes[i];
        if (i && c->commune != c[-1].commune)
            first = n;
        size_t at = first;
        while (at < n && !alike(out[at].of, c))
            at++;
        if (at == n)
            out[n++] = (struct survey_group){.of = c};
        out[at].needs[c->time] |= 1u << c->need;
    }
    qsort(out, n, sizeof *out, by_weight);
    return n;
}
