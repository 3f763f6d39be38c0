/* Who is fit, and the best first. */
#include "routing/internal.h"

/* ---- people ---- */

void reject(struct rejections *why, size_t index, enum reject r)
{
    if (why && why->n < why->max)
        why->items[why->n++] = (struct rejection){(uint16_t)index, r};
}

static bool excluded(const struct request *req, const struct place *p)
{
    for (size_t i = 0; i < req->n_avoid; i++)
        if (req->avoid[i] == p)
            return true;
    return false;
}

/* Who serves a commune lives there, or is known there. */
static bool of_excluded(const struct request *req, const struct collaborator *c)
{
    if (!req->n_avoid)
        return false;
    for (size_t k = 0; k < c->n_places; k++)
        if (excluded(req, c->places[k]))
            return true;
    return c->home && excluded(req, c->home);
}

unsigned person_burden(const struct trip *t, size_t i)
{
    return t->load && t->load->collaborator ? t->load->collaborator[i] : 0;
}

static bool busy(const struct trip *t, const struct collaborator *c)
{
    return c->max_open && person_burden(t, (size_t)(c - t->net->collaborators)) >= (unsigned)c->max_open;
}

enum reject slot_unfit(const struct trip *t, size_t i, const struct collaborator **who)
{
    bool away;
    *who = routing_on_duty(&t->net->collaborators[i], &t->at, &away);
    if (!*who)
        return away ? REJECT_AWAY : REJECT_ROTA;
    if (routing_drill_only(t->net, *who))
        return REJECT_DRILL;
    if (of_excluded(t->req, *who))
        return REJECT_AVOIDED;
    return busy(t, *who) ? REJECT_BUSY : REJECT_COUNT;
}

enum reject person_unfit(const struct trip *t, size_t i)
{
    const struct collaborator *c = &t->net->collaborators[i], *who;
    if (routing_drill_only(t->net, c))
        return REJECT_DRILL;
    if (of_excluded(t->req, c))
        return REJECT_AVOIDED;
    enum reject r = slot_unfit(t, i, &who);
    return who && who != c ? REJECT_AWAY : r;
}

/* ---- hosts ---- */

static bool staffed(const struct trip *t, size_t host)
{
    const struct lists *l = &t->ix->of_host;
    const struct collaborator *who;
    for (uint32_t i = l->start[host]; i < l->start[host + 1]; i++)
        if (slot_unfit(t, l->items[i], &who) == REJECT_COUNT)
            return true;
    return false;
}

static bool among(const struct place *const *list, size_t n, const struct place *p)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == p)
            return true;
    return false;
}

static unsigned host_burden(const struct trip *t, size_t i)
{
    unsigned referred = t->load && t->load->host ? t->load->host[i] : 0;
    return referred + (unsigned)t->net->hosts[i].occupied;
}

enum reject place_unfit(const struct request *req, const struct host *h)
{
    if (excluded(req, h->place))
        return REJECT_AVOIDED;
    if (h->n_serves && !among(h->serves, h->n_serves, req->from))
        return REJECT_SERVES;
    return among(h->avoid, h->n_avoid, req->from) ? REJECT_UNSAFE : REJECT_COUNT;
}

static enum reject people_unfit(const struct request *req, const struct host *h)
{
    bool man = (req->who & (WHO_MAN | WHO_OTHER)) == WHO_MAN;
    if (man && !h->men)
        return REJECT_MEN;
    if (!man && h->men_only)
        return REJECT_WOMEN;
    return h->children >= 0 && req->children > (unsigned)h->children ? REJECT_CHILDREN : REJECT_COUNT;
}

static enum reject host_unfit(const struct trip *t, size_t i)
{
    const struct host *h = &t->net->hosts[i];
    const struct request *req = t->req;
    if (!(h->needs & 1u << req->need))
        return REJECT_NEED;
    if ((h->valid_from && req->at < h->valid_from) || (h->valid_to && req->at >= h->valid_to))
        return REJECT_INVALID;
    enum reject r = place_unfit(req, h);
    if (r == REJECT_COUNT)
        r = people_unfit(req, h);
    if (r != REJECT_COUNT)
        return r;
    if (!hours_open(&h->hours, &t->at))
        return REJECT_CLOSED;
    unsigned people = host_burden(t, i) + 1 + req->children;
    return h->capacity > 0 && people > (unsigned)h->capacity ? REJECT_FULL : REJECT_COUNT;
}

/* ---- ranking ---- */

static unsigned unfitness(const struct trip *t, size_t i, unsigned *minutes)
{
    const struct host *h = &t->net->hosts[i];
    const struct request *req = t->req;
    unsigned unfit = 0;
    if (req->who & WHO_CHILD && h->children == 0)
        unfit |= UNFIT_CHILD;
    if (req->who & WHO_DISABLED && !h->accessible)
        unfit |= UNFIT_ACCESS;
    if (t->lang && !req->urgent && !(t->ix->spots[i].languages & t->lang))
        unfit |= UNFIT_LANGUAGE;
    *minutes = ROUTING_UNFIT_MINUTES * (!!(unfit & UNFIT_CHILD) + !!(unfit & UNFIT_ACCESS)) +
               (unfit & UNFIT_LANGUAGE ? ROUTING_LANGUAGE_MINUTES : 0);
    return unfit;
}

static uint64_t capped(unsigned v)
{
    return v < UINT16_MAX ? v : UINT16_MAX;
}

/* Everything the order depends on, in one number: the smaller, the better. The last part tells which host. */
static uint64_t key_of(const struct trip *t, size_t i, unsigned minutes)
{
    unsigned handicap;
    unfitness(t, i, &handicap);
    unsigned counted = minutes + handicap, spread = t->req->urgent ? 0 : (unsigned)t->net->spread_minutes;
    return capped(spread ? counted / spread : counted) << 48 | capped(host_burden(t, i)) << 32 |
           capped(counted) << 16 | t->ix->spots[i].rank;
}

static enum reject reachable(const struct trip *t, size_t i, uint64_t *key)
{
    struct minutes_way way;
    if (!trip_to(t, i, &way))
        return REJECT_CUT_OFF;
    if (t->net->max_minutes && way.minutes > (unsigned)t->net->max_minutes)
        return REJECT_FAR;
    *key = key_of(t, i, way.minutes);
    return REJECT_COUNT;
}

static void sift_down(uint64_t *heap, size_t n, size_t i)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heap[child + 1] < heap[child])
            child++;
        if (heap[i] <= heap[child])
            return;
        uint64_t kept = heap[i];
        heap[i] = heap[child];
        heap[child] = kept;
    }
}

void ranking_begin(struct ranking *r, const struct trip *t, bool need_staff, struct rejections *why)
{
    const uint16_t *those = t->ix->by_need[t->req->need];
    size_t n = why ? t->net->n_hosts : t->ix->n_by_need[t->req->need];
    r->n = 0;
    for (size_t k = 0; k < n; k++) {
        size_t i = why ? k : those[k];
        enum reject no = host_unfit(t, i);
        if (no == REJECT_COUNT)
            no = reachable(t, i, &r->heap[r->n]);
        if (no == REJECT_COUNT && need_staff && !staffed(t, i))
            no = REJECT_UNSTAFFED;
        if (no == REJECT_COUNT)
            r->n++;
        else
            reject(why, i, no);
    }
    for (size_t i = r->n / 2; i-- > 0;)
        sift_down(r->heap, r->n, i);
}

bool ranking_next(struct ranking *r, const struct trip *t, struct choice *out)
{
    struct minutes_way way;
    if (!r->n)
        return false;
    size_t i = t->ix->hosts_by_id[r->heap[0] & UINT16_MAX];
    r->heap[0] = r->heap[--r->n];
    sift_down(r->heap, r->n, 0);
    trip_to(t, i, &way);
    *out = (struct choice){.host = (uint16_t)i,
                           .minutes = way.minutes,
                           .metres = way.metres,
                           .burden = host_burden(t, i),
                           .estimate = !way.table && !(way.by && way.by->kind == OVERRIDE_MINUTES),
                           .by = way.by,
                           .table = way.table};
    out->unfit = unfitness(t, i, &out->handicap);
    return true;
}

size_t routing_rank(const struct network *net, const struct request *req, const struct load *load,
                    struct choice *out, size_t max, struct rejections *why)
{
    struct trip t;
    struct ranking r;
    size_t n = 0;
    if (!req->from)
        return 0;
    trip_begin(&t, net, req, load);
    ranking_begin(&r, &t, true, why);
    while (n < max && ranking_next(&r, &t, &out[n]))
        n++;
    return n;
}
