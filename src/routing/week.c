/* Who is there in the days to come: minutes as bits, so that a country's rotas are looked through at once. */
#include "routing/internal.h"

#include <string.h>

enum { DAY = 1440, DAYS = ROUTING_DAYS + 1, MINUTES = DAYS * DAY, WORDS = MINUTES / 64 };

struct week { /* from the midnight before; the last day begins within it */
    uint64_t bit[WORDS];
};

struct routing_week {
    const struct network *net;
    msec at, midnight;
    int32_t day;
    bool holiday[DAYS + 1]; /* from the day before on, whose hours may reach over midnight */
    struct week all;        /* the minutes looked at */
    struct week last;       /* of these, when nobody can be asked who can be asked from everywhere */
    /* the hosts that do not receive everybody from everywhere: when somebody is there */
    struct week *weeks;
    uint16_t *some;
    size_t n_some;
};

/* ---- minutes ---- */

static void paint(struct week *w, int from, int to)
{
    from = from < 0 ? 0 : from;
    to = to > MINUTES ? MINUTES : to;
    while (from < to) {
        int at = from % 64, n = to - from < 64 - at ? to - from : 64 - at;
        uint64_t ones = n == 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
        w->bit[from / 64] |= ones << at;
        from += n;
    }
}

static void keep(struct week *w, const struct week *only)
{
    for (size_t i = 0; i < WORDS; i++)
        w->bit[i] &= only->bit[i];
}

static void drop(struct week *w, const struct week *those)
{
    for (size_t i = 0; i < WORDS; i++)
        w->bit[i] &= ~those->bit[i];
}

static bool empty(const struct week *w)
{
    uint64_t any = 0;
    for (size_t i = 0; i < WORDS; i++)
        any |= w->bit[i];
    return !any;
}

/* The first stretch of minutes that are in. */
static bool first_of(const struct routing_week *c, const struct week *w, struct gap *out)
{
    int i = 0, from;
    while (i < MINUTES && !(w->bit[i / 64] >> i % 64 & 1))
        i += w->bit[i / 64] >> i % 64 ? 1 : 64 - i % 64;
    from = i;
    while (i < MINUTES && w->bit[i / 64] >> i % 64 & 1)
        i++;
    *out = (struct gap){c->midnight + from * MINUTE_MS, c->midnight + i * MINUTE_MS};
    return from < MINUTES;
}

/* ---- hours and shifts ---- */

static void paint_day(const struct routing_week *c, struct week *w, const struct hours *h, int d)
{
    const struct minutes *span;
    size_t n = hours_of_day(h, c->day + d, c->holiday[d + 1], &span);
    for (size_t i = 0; i < n; i++)
        paint(w, d * DAY + span[i].from, d * DAY + span[i].to);
}

static void paint_host(const struct routing_week *c, struct week *w, const struct host *h)
{
    msec from = h->valid_from ? (h->valid_from - c->midnight) / MINUTE_MS : 0;
    msec to = h->valid_to ? (h->valid_to - c->midnight) / MINUTE_MS : MINUTES;
    struct week valid = {{0}};
    if (from < MINUTES && to > 0)
        paint(&valid, from > 0 ? (int)from : 0, to < MINUTES ? (int)to : MINUTES);
    for (int d = -1; d < DAYS; d++)
        paint_day(c, w, &h->hours, d);
    keep(w, &valid);
    keep(w, &c->all);
}

/* Somebody stands there then, whoever it is. */
static void paint_slot(const struct routing_week *c, struct week *w, const struct collaborator *p)
{
    for (int d = -1; d < DAYS; d++) {
        const struct collaborator *who = shift_of(p, c->day + d);
        if (who && !routing_drill_only(c->net, who))
            paint_day(c, w, &p->rota, d);
    }
}

static void paint_slots(const struct routing_week *c, struct week *w, const uint16_t *people, size_t n)
{
    for (size_t i = 0; i < n; i++)
        paint_slot(c, w, &c->net->collaborators[people[i]]);
}

static void paint_list(const struct routing_week *c, struct week *w, const struct lists *l, size_t owner)
{
    paint_slots(c, w, l->items + l->start[owner], l->start[owner + 1] - l->start[owner]);
}

/* ---- hosts ---- */

bool routing_unstaffed(const struct routing_week *c, size_t host, struct gap *out)
{
    const struct lists *l = &c->net->index->of_host;
    struct week open = {{0}}, staff = {{0}};
    if (l->start[host] == l->start[host + 1])
        return false;
    paint_host(c, &open, &c->net->hosts[host]);
    paint_list(c, &staff, l, host);
    drop(&open, &staff);
    return first_of(c, &open, out);
}

static bool for_all(const struct network *net, const struct host *h)
{
    return !h->n_serves && !h->n_avoid && !net->max_minutes;
}

static void look_at_hosts(struct routing_week *c, struct arena *a)
{
    const struct network *net = c->net;
    c->weeks = arena_array(a, net->n_hosts + 1, sizeof *c->weeks);
    c->some = arena_array(a, net->n_hosts + 1, sizeof *c->some);
    for (size_t i = 0; i < net->n_hosts; i++) {
        struct week *w = &c->weeks[c->n_some], staff = {{0}};
        memset(w, 0, sizeof *w);
        paint_host(c, w, &net->hosts[i]);
        paint_list(c, &staff, &net->index->of_host, i);
        keep(w, &staff);
        if (for_all(net, &net->hosts[i]))
            drop(&c->last, w);
        else
            c->some[c->n_some++] = (uint16_t)i;
    }
}

struct routing_week *routing_week(const struct network *net, msec at, struct arena *a)
{
    struct routing_week *c = arena_alloc(a, sizeof *c);
    struct moment now = routing_moment(net, at);
    struct week duty = {{0}};
    c->net = net;
    c->at = at;
    c->day = now.day;
    c->midnight = now.day * DAY_MS - net->tz_offset_min * MINUTE_MS;
    for (int d = -1; d < DAYS; d++)
        c->holiday[d + 1] = is_holiday(net, c->day + d);
    paint(&c->all, (int)now.minute, (int)now.minute + ROUTING_DAYS * DAY);
    paint_slots(c, &duty, net->index->duty, net->index->n_duty);
    c->last = c->all;
    drop(&c->last, &duty);
    if (!empty(&c->last))
        look_at_hosts(c, a);
    return c;
}

/* ---- communes ---- */

static bool too_far(const struct trip *t, size_t host)
{
    struct minutes_way way;
    return t->net->max_minutes && trip_to(t, host, &way) && way.minutes > (unsigned)t->net->max_minutes;
}

/* A road that is closed now may be open tomorrow, so only the distance counts. */
static void drop_hosts(const struct routing_week *c, const struct place *from, struct week *left)
{
    struct request req = {.from = from, .at = c->at};
    struct trip t;
    if (!c->n_some || empty(left))
        return;
    trip_begin(&t, c->net, &req, NULL);
    for (size_t i = 0; i < c->n_some && !empty(left); i++)
        if (place_unfit(&req, &c->net->hosts[c->some[i]]) == REJECT_COUNT && !too_far(&t, c->some[i]))
            drop(left, &c->weeks[i]);
}

bool routing_unserved(const struct routing_week *c, const struct place *from, struct gap *out)
{
    struct week left = c->last, own = {{0}};
    if (empty(&left))
        return false;
    if (from->index < c->net->index->n_communes)
        paint_list(c, &own, &c->net->index->of_commune, from->index);
    drop(&left, &own);
    drop_hosts(c, from, &left);
    return first_of(c, &left, out);
}
