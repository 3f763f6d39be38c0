/* Whom to alert, in order. */
#include "routing/internal.h"

#include <string.h>

enum { PEOPLE = ROUTING_PEOPLE, WORD = 64 };

struct line { /* who stands in line so far */
    const struct trip *t;
    struct candidate *out;
    size_t n, max;
    size_t group;               /* where the group begins that is being lined up */
    struct rejections *why_not; /* NULL: nobody asks */
    struct reasons *keep;       /* the hosts, too; NULL */
    uint64_t in[PEOPLE / WORD], local[PEOPLE / WORD];
    uint64_t fit[PEOPLE / WORD]; /* could be asked, in line or behind it; known when somebody asks why not */
};

static bool has(const uint64_t *set, size_t i)
{
    return set[i / WORD] >> i % WORD & 1;
}

static void put(uint64_t *set, size_t i)
{
    set[i / WORD] |= (uint64_t)1 << i % WORD;
}

static void take(uint64_t *set, size_t i)
{
    set[i / WORD] &= ~((uint64_t)1 << i % WORD);
}

static bool before(const struct routing_index *ix, const struct candidate *a, const struct candidate *b)
{
    if (a->speaks != b->speaks)
        return a->speaks;
    if (a->local != b->local)
        return a->local;
    if (a->burden != b->burden)
        return a->burden < b->burden;
    if (a->collaborator != b->collaborator)
        return ix->person_rank[a->collaborator] < ix->person_rank[b->collaborator];
    return !a->instead_of && b->instead_of;
}

static void insert(struct line *l, const struct candidate *c)
{
    size_t at = l->n;
    while (at > l->group && before(l->t->ix, c, &l->out[at - 1]))
        at--;
    if (at == l->max)
        return;
    if (l->n == l->max)
        take(l->in, l->out[--l->n].collaborator);
    memmove(&l->out[at + 1], &l->out[at], (l->n - at) * sizeof *l->out);
    l->out[at] = *c;
    l->n++;
    put(l->in, c->collaborator);
}

/* Somebody may be there twice, in their own right and for somebody else: the better one counts. false: they
 * are in line already, and better. */
static bool makes_way(struct line *l, const struct candidate *c)
{
    size_t i = l->group;
    while (i < l->n && l->out[i].collaborator != c->collaborator)
        i++;
    if (i == l->n || !before(l->t->ix, c, &l->out[i]))
        return false;
    l->n--;
    memmove(&l->out[i], &l->out[i + 1], (l->n - i) * sizeof *l->out);
    return true;
}

static void one_slot(struct line *l, size_t slot, int host, unsigned minutes)
{
    const struct trip *t = l->t;
    const struct collaborator *who;
    if (slot_unfit(t, slot, &who) != REJECT_COUNT)
        return;
    size_t i = (size_t)(who - t->net->collaborators);
    if (l->why_not)
        put(l->fit, i);
    struct candidate c = {.collaborator = (uint16_t)i,
                          .host = host,
                          .minutes = minutes,
                          .speaks = who->languages & t->lang,
                          .local = has(l->local, slot) || has(l->local, i),
                          .burden = person_burden(t, i),
                          .instead_of = i == slot ? NULL : &t->net->collaborators[slot]};
    if (!has(l->in, i) || makes_way(l, &c))
        insert(l, &c);
}

/* Nobody comes into line any more; who could be asked, had there been room? */
static void left_over(struct line *l, const uint16_t *slots, size_t n)
{
    const struct trip *t = l->t;
    const struct collaborator *who;
    for (size_t i = 0; i < n; i++) {
        size_t k = slots[i];
        /* not as a condition: nobody could guess it */
        l->fit[k / WORD] |= (uint64_t)(t->slot[k] == REJECT_COUNT) << k % WORD;
        if (t->slot[k] == SLOT_OTHERS && slot_unfit(t, k, &who) == REJECT_COUNT)
            put(l->fit, (size_t)(who - t->net->collaborators));
    }
}

static void group(struct line *l, const uint16_t *slots, size_t n, int host, unsigned minutes)
{
    l->group = l->n;
    for (size_t i = 0; i < n && l->group < l->max; i++)
        one_slot(l, slots[i], host, minutes);
    if (l->group == l->max && l->why_not)
        left_over(l, slots, n);
}

static void of_host(struct line *l, const struct choice *c)
{
    const struct lists *of = &l->t->ix->of_host;
    group(l, of->items + of->start[c->host], of->start[c->host + 1] - of->start[c->host], c->host,
          c->minutes);
}

/* The hosts that are left, in no order: whose people would be asked after all others. */
static void behind(struct line *l, const struct ranking *r)
{
    for (size_t i = 0; i < r->n; i++)
        of_host(l, &(struct choice){.host = l->t->ix->hosts_by_id[r->heap[i] & UINT16_MAX]});
}

static bool wants_host(const struct line *l)
{
    return l->n < l->max || (l->keep && l->keep->n_hosts < l->keep->max_hosts);
}

static void of_hosts(struct line *l)
{
    struct reasons *keep = l->keep;
    struct ranking r;
    struct choice c;
    /* a host nobody serves adds nobody */
    ranking_begin(&r, l->t, keep != NULL, keep ? &keep->no_host : NULL);
    while (wants_host(l) && ranking_next(&r, l->t, &c)) {
        if (keep && keep->n_hosts < keep->max_hosts)
            keep->hosts[keep->n_hosts++] = c;
        else if (keep)
            keep->more_hosts++;
        of_host(l, &c);
    }
    if (keep)
        keep->more_hosts += r.n;
    if (l->why_not)
        behind(l, &r);
}

static void mark_local(struct line *l, const uint16_t *people, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(l->local, people[i]);
}

static void of_commune(const struct trip *t, const uint16_t **people, size_t *n)
{
    const struct routing_index *ix = t->ix;
    const struct place *from = t->req->from;
    *n = 0;
    if (!from || from->index >= ix->n_communes)
        return;
    *people = ix->of_commune.items + ix->of_commune.start[from->index];
    *n = ix->of_commune.start[from->index + 1] - ix->of_commune.start[from->index];
}

static void tell_why_not(const struct line *l)
{
    for (size_t i = 0; i < l->t->net->n_collaborators; i++) {
        if (has(l->in, i))
            continue;
        enum reject r = has(l->fit, i) ? REJECT_BEHIND : person_unfit(l->t, i);
        reject(l->why_not, i, r == REJECT_COUNT ? REJECT_APART : r);
    }
}

static void line_up(struct line *l)
{
    const struct trip *t = l->t;
    const uint16_t *people = NULL;
    size_t n, words = t->net->n_collaborators / WORD + 1;
    memset(l->in, 0, words * sizeof *l->in);
    memset(l->local, 0, words * sizeof *l->local);
    if (l->why_not)
        memset(l->fit, 0, words * sizeof *l->fit);
    l->n = 0;
    of_commune(t, &people, &n);
    mark_local(l, people, n);
    if (t->req->from)
        of_hosts(l);
    group(l, people, n, -1, 0);
    group(l, t->ix->duty, t->ix->n_duty, -1, 0);
    if (l->why_not)
        tell_why_not(l);
}

size_t routing_candidates(const struct network *net, const struct request *req, const struct load *load,
                          struct candidate *out, size_t max, struct rejections *why)
{
    struct trip t;
    struct line l;
    if (max == 0)
        return 0;
    trip_begin(&t, net, req, load);
    l.t = &t;
    l.out = out;
    l.max = max;
    l.why_not = why;
    l.keep = NULL;
    if (why)
        weigh_slots(&t);
    line_up(&l);
    return l.n;
}

void routing_reasons(struct reasons *r, const struct load *load)
{
    struct trip t;
    struct line l;
    trip_begin(&t, r->net, r->req, load);
    weigh_slots(&t);
    r->n_hosts = r->more_hosts = r->no_host.n = r->no_people.n = 0;
    l.t = &t;
    l.out = r->people;
    l.max = r->max_people;
    l.why_not = &r->no_people;
    l.keep = r;
    line_up(&l);
    r->n_people = l.n;
}
