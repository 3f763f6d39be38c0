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

unsigned person_burden(const struct trip *t, size_t i)
{
    return t->load && t->load->collaborator ? t->load->collaborator[i] : 0;
}

static bool is_excluded(const struct trip *t, size_t i)
{
    return t->req->n_avoid && t->excluded[i / 64] >> i % 64 & 1;
}

static bool busy(const struct trip *t, size_t i)
{
    unsigned burden = person_burden(t, i);
    int most = burden ? t->net->collaborators[i].max_open : 0;
    return most && burden >= (unsigned)most;
}

static bool on_duty(const struct trip *t, size_t i)
{
    unsigned rota = t->ix->posts[i].rota;
    return rota < ROUTING_ALIKE ? t->on_duty >> rota & 1 : hours_open(&t->net->collaborators[i].rota, &t->at);
}

/* The shift may have begun today or yesterday. */
static bool may_be_changed(const struct trip *t, size_t i)
{
    struct day_span days = t->ix->posts[i].changes;
    return day_span_has(days, t->at.day) || day_span_has(days, t->at.day - 1);
}

static enum reject whose_shift(const struct trip *t, size_t i, const struct collaborator **who)
{
    const struct collaborator *c = &t->net->collaborators[i];
    bool away = false;
    if (may_be_changed(t, i))
        *who = routing_on_duty(c, &t->at, &away);
    else
        *who = on_duty(t, i) ? c : NULL;
    return *who ? REJECT_COUNT : away ? REJECT_AWAY : REJECT_ROTA;
}

/* Whatever the hour. */
static enum reject never_asked(const struct trip *t, size_t i)
{
    if (t->ix->posts[i].drill)
        return REJECT_DRILL;
    return is_excluded(t, i) ? REJECT_AVOIDED : REJECT_COUNT;
}

static bool is_weighed(const struct trip *t, size_t slot)
{
    return t->weighed && t->slot[slot] != SLOT_OTHERS;
}

enum reject slot_unfit(const struct trip *t, size_t slot, const struct collaborator **who)
{
    *who = &t->net->collaborators[slot];
    if (is_weighed(t, slot))
        return (enum reject)t->slot[slot];
    enum reject r = whose_shift(t, slot, who);
    if (r != REJECT_COUNT)
        return r;
    size_t i = (size_t)(*who - t->net->collaborators);
    r = never_asked(t, i);
    return r == REJECT_COUNT && busy(t, i) ? REJECT_BUSY : r;
}

enum reject person_unfit(const struct trip *t, size_t i)
{
    const struct collaborator *who;
    if (is_weighed(t, i))
        return (enum reject)t->slot[i];
    enum reject r = never_asked(t, i);
    if (r != REJECT_COUNT)
        return r;
    r = slot_unfit(t, i, &who);
    return who && who != &t->net->collaborators[i] ? REJECT_AWAY : r;
}

/* Nobody stands in for anybody. */
static enum reject weigh_slot(const struct trip *t, size_t i)
{
    enum reject r = never_asked(t, i);
    if (r != REJECT_COUNT)
        return r;
    if (!on_duty(t, i))
        return REJECT_ROTA;
    return busy(t, i) ? REJECT_BUSY : REJECT_COUNT;
}

void weigh_slots(struct trip *t)
{
    for (size_t i = 0; i < t->net->n_collaborators; i++)
        t->slot[i] = (uint8_t)(may_be_changed(t, i) ? SLOT_OTHERS : weigh_slot(t, i));
    t->weighed = true;
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

static bool open_now(const struct trip *t, size_t i)
{
    unsigned hours = t->ix->spots[i].hours;
    return hours < ROUTING_ALIKE ? t->hosts_open >> hours & 1 : hours_open(&t->net->hosts[i].hours, &t->at);
}

static enum reject limits_unfit(const struct request *req, const struct host *h)
{
    if ((h->valid_from && req->at < h->valid_from) || (h->valid_to && req->at >= h->valid_to))
        return REJECT_INVALID;
    return place_unfit(req, h);
}

static enum reject host_unfit(const struct trip *t, size_t i)
{
    const struct host *h = &t->net->hosts[i];
    const struct request *req = t->req;
    if (!(t->ix->spots[i].needs & 1u << req->need))
        return REJECT_NEED;
    enum reject r = req->n_avoid || t->ix->spots[i].limits ? limits_unfit(req, h) : REJECT_COUNT;
    if (r == REJECT_COUNT)
        r = people_unfit(req, h);
    if (r != REJECT_COUNT)
        return r;
    if (!open_now(t, i))
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
