#include "routing/routing.h"

#include <math.h>
#include <string.h>

static const char *const needs[] = {"danger", "shelter", "talk", "medical", "legal", "child", "info", "harm"};

const char *need_name(enum need n)
{
    return n < NEED_COUNT ? needs[n] : "unknown";
}

bool need_parse(struct str s, enum need *out)
{
    for (int i = 0; i < NEED_COUNT; i++)
        if (str_is(s, needs[i])) {
            *out = (enum need)i;
            return true;
        }
    return false;
}

static const char *const people[] = {"self", "other", "man", "child", "elder", "disabled"};

const char *who_name(enum who bit)
{
    for (int i = 0; i < 6; i++)
        if (bit == 1u << i)
            return people[i];
    return "unknown";
}

bool who_parse(struct str s, enum who *out)
{
    for (int i = 0; i < 6; i++)
        if (str_is(s, people[i])) {
            *out = (enum who)(1u << i);
            return true;
        }
    return false;
}

const char *host_kind_name(enum host_kind k)
{
    static const char *const names[] = {"trusted-address", "shelter", "health", "police", "legal", "social"};
    return names[k];
}

const char *reject_text(enum reject r)
{
    static const char *const texts[] = {[REJECT_NEED] = "does not take this need",
                                        [REJECT_CLOSED] = "closed at this hour",
                                        [REJECT_FULL] = "full",
                                        [REJECT_CHILDREN] = "cannot take so many children",
                                        [REJECT_MEN] = "does not take men",
                                        [REJECT_AVOIDED] = "in a commune that was excluded",
                                        [REJECT_FAR] = "too far away",
                                        [REJECT_INVALID] = "not in service at this date",
                                        [REJECT_ROTA] = "not on duty at this hour",
                                        [REJECT_BUSY] = "has enough open referrals",
                                        [REJECT_UNSTAFFED] = "nobody of it is on duty",
                                        [REJECT_APART] =
                                            "serves neither the place nor a host that can take it"};
    return texts[r];
}

static const struct travel *in_table(const struct network *net, unsigned from, unsigned to)
{
    size_t low = 0, high = net->n_times;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct travel *t = &net->times[mid];
        if (t->from == from && t->to == to)
            return t;
        if (t->from < from || (t->from == from && t->to < to))
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

void routing_travel(const struct network *net, const struct place *from, const struct host *to,
                    struct choice *out)
{
    double metres = places_metres(from->lat, from->lon, to->lat, to->lon) * net->detour;
    const struct travel *t = in_table(net, from->index, to->place->index);
    out->metres = (unsigned)lround(metres);
    out->estimate = !t;
    out->minutes = t ? t->minutes : (unsigned)ceil(metres / 1000 / net->speed_kmh * 60);
}

/* ---- who is fit ---- */

static void reject(struct rejections *why, size_t index, enum reject r)
{
    if (why && why->n < why->max)
        why->items[why->n++] = (struct rejection){(uint16_t)index, r};
}

/* Who serves a commune lives there, or is known there. */
static bool serves_avoided(const struct request *req, const struct collaborator *c)
{
    for (size_t i = 0; i < req->n_avoid; i++)
        for (size_t k = 0; k < c->n_places; k++)
            if (c->places[k] == req->avoid[i])
                return true;
    return false;
}

/* REJECT_COUNT: fit. A drill system never hears of a real request. */
static enum reject collaborator_unfit(const struct network *net, const struct request *req,
                                      const struct load *load, const struct collaborator *c)
{
    size_t i = (size_t)(c - net->collaborators);
    if (c->endpoint >= 0 && net->endpoints[c->endpoint].drill)
        return REJECT_NEED;
    if (serves_avoided(req, c))
        return REJECT_AVOIDED;
    if (!hours_open(&c->rota, req->at, net->tz_offset_min))
        return REJECT_ROTA;
    if (c->max_open && load && load->collaborator && load->collaborator[i] >= c->max_open)
        return REJECT_BUSY;
    return REJECT_COUNT;
}

static bool works_for(const struct collaborator *c, const struct host *h)
{
    for (size_t i = 0; i < c->n_hosts; i++)
        if (c->hosts[i] == h)
            return true;
    return false;
}

static bool staffed(const struct network *net, const struct request *req, const struct load *load,
                    const struct host *h)
{
    for (size_t i = 0; i < net->n_collaborators; i++)
        if (works_for(&net->collaborators[i], h) &&
            collaborator_unfit(net, req, load, &net->collaborators[i]) == REJECT_COUNT)
            return true;
    return false;
}

static bool host_avoided(const struct request *req, const struct host *h)
{
    for (size_t i = 0; i < req->n_avoid; i++)
        if (req->avoid[i] == h->place)
            return true;
    for (size_t i = 0; i < h->n_avoid; i++)
        if (h->avoid[i] == req->from)
            return true;
    return false;
}

static bool host_full(const struct network *net, const struct load *load, const struct host *h)
{
    unsigned used = load && load->host ? load->host[h - net->hosts] : 0;
    return h->capacity > 0 && used >= (unsigned)h->capacity;
}

static enum reject host_unfit(const struct network *net, const struct request *req, const struct load *load,
                              const struct host *h)
{
    if (!(h->needs & 1u << req->need))
        return REJECT_NEED;
    if ((h->valid_from && req->at < h->valid_from) || (h->valid_to && req->at >= h->valid_to))
        return REJECT_INVALID;
    if (host_avoided(req, h))
        return REJECT_AVOIDED;
    if (req->who & WHO_MAN && !(req->who & WHO_OTHER) && !h->men)
        return REJECT_MEN;
    if (h->children >= 0 && req->children > (unsigned)h->children)
        return REJECT_CHILDREN;
    if (!hours_open(&h->hours, req->at, net->tz_offset_min))
        return REJECT_CLOSED;
    if (host_full(net, load, h))
        return REJECT_FULL;
    if (!staffed(net, req, load, h))
        return REJECT_UNSTAFFED;
    return REJECT_COUNT;
}

/* ---- ranking ---- */

static unsigned host_burden(const struct load *load, size_t i)
{
    return load && load->host ? load->host[i] : 0;
}

static unsigned burden(const struct load *load, size_t i)
{
    return load && load->collaborator ? load->collaborator[i] : 0;
}

static unsigned handicap(const struct request *req, const struct host *h)
{
    bool child = req->who & WHO_CHILD && h->children == 0;
    bool disabled = req->who & WHO_DISABLED && !h->accessible;
    return ROUTING_UNFIT_MINUTES * ((unsigned)child + (unsigned)disabled);
}

static bool better(const struct network *net, const struct load *load, const struct choice *a,
                   const struct choice *b)
{
    if (a->minutes + a->handicap != b->minutes + b->handicap)
        return a->minutes + a->handicap < b->minutes + b->handicap;
    unsigned x = host_burden(load, a->host), y = host_burden(load, b->host);
    if (x != y)
        return x < y;
    return strcmp(net->hosts[a->host].id, net->hosts[b->host].id) < 0;
}

/* Keeps the best `max` in order; what falls off the end is forgotten. */
static size_t insert(const struct network *net, const struct load *load, struct choice *out, size_t n,
                     size_t max, const struct choice *c)
{
    size_t i = n;
    while (i > 0 && better(net, load, c, &out[i - 1]))
        i--;
    if (i == max)
        return n;
    size_t kept = n < max ? n : max - 1;
    memmove(&out[i + 1], &out[i], (kept - i) * sizeof *out);
    out[i] = *c;
    return kept + 1;
}

size_t routing_rank(const struct network *net, const struct request *req, const struct load *load,
                    struct choice *out, size_t max, struct rejections *why)
{
    size_t n = 0;
    if (!req->from || max == 0)
        return 0;
    for (size_t i = 0; i < net->n_hosts; i++) {
        struct choice c = {.host = (uint16_t)i};
        enum reject r = host_unfit(net, req, load, &net->hosts[i]);
        if (r == REJECT_COUNT) {
            routing_travel(net, req->from, &net->hosts[i], &c);
            c.handicap = handicap(req, &net->hosts[i]);
            if (net->max_minutes && c.minutes > (unsigned)net->max_minutes)
                r = REJECT_FAR;
        }
        if (r != REJECT_COUNT)
            reject(why, i, r);
        else
            n = insert(net, load, out, n, max, &c);
    }
    return n;
}

/* ---- whom to alert ---- */

struct line { /* who stands in line so far */
    struct candidate *out;
    size_t n, max;
};

static bool in_line(const struct line *l, size_t collaborator)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->out[i].collaborator == collaborator)
            return true;
    return false;
}

static bool serves(const struct collaborator *c, const struct place *p)
{
    for (size_t i = 0; p && i < c->n_places; i++)
        if (c->places[i] == p)
            return true;
    return false;
}

static bool before(const struct network *net, const struct request *req, const struct load *load, size_t a,
                   size_t b)
{
    const struct collaborator *x = &net->collaborators[a], *y = &net->collaborators[b];
    bool sx = serves(x, req->from), sy = serves(y, req->from);
    if (sx != sy)
        return sx;
    if (burden(load, a) != burden(load, b))
        return burden(load, a) < burden(load, b);
    return strcmp(x->id, y->id) < 0;
}

typedef bool (*wanted)(const struct collaborator *c, const void *of);

static bool of_host(const struct collaborator *c, const void *host)
{
    return works_for(c, host);
}

static bool of_place(const struct collaborator *c, const void *place)
{
    return serves(c, place);
}

static bool on_duty_list(const struct collaborator *c, const void *unused)
{
    (void)unused;
    return c->duty;
}

/* All who are wanted and fit, in their order, behind those already in line. */
static void append(const struct network *net, const struct request *req, const struct load *load,
                   struct line *l, wanted want, const void *of, int host, unsigned minutes)
{
    size_t start = l->n;
    for (size_t i = 0; i < net->n_collaborators; i++) {
        const struct collaborator *c = &net->collaborators[i];
        if (!want(c, of) || in_line(l, i) || collaborator_unfit(net, req, load, c) != REJECT_COUNT)
            continue;
        size_t at = l->n;
        while (at > start && before(net, req, load, i, l->out[at - 1].collaborator))
            at--;
        if (at == l->max)
            continue;
        size_t kept = l->n < l->max ? l->n : l->max - 1;
        memmove(&l->out[at + 1], &l->out[at], (kept - at) * sizeof *l->out);
        l->out[at] = (struct candidate){(uint16_t)i, host, minutes};
        l->n = kept + 1;
    }
}

size_t routing_candidates(const struct network *net, const struct request *req, const struct load *load,
                          struct candidate *out, size_t max, struct rejections *why)
{
    enum { HOSTS = 64 };
    struct choice hosts[HOSTS];
    struct line l = {out, 0, max};
    if (max == 0)
        return 0;
    size_t n = routing_rank(net, req, load, hosts, HOSTS, NULL);
    for (size_t i = 0; i < n; i++)
        append(net, req, load, &l, of_host, &net->hosts[hosts[i].host], hosts[i].host, hosts[i].minutes);
    if (req->from)
        append(net, req, load, &l, of_place, req->from, -1, 0);
    append(net, req, load, &l, on_duty_list, NULL, -1, 0);
    for (size_t i = 0; why && i < net->n_collaborators; i++) {
        enum reject r = collaborator_unfit(net, req, load, &net->collaborators[i]);
        if (r == REJECT_COUNT && !in_line(&l, i))
            r = REJECT_APART;
        if (r != REJECT_COUNT)
            reject(why, i, r);
    }
    return l.n;
}
