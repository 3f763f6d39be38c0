/* How long it takes: overrides of the hour, the table, else the great circle. */
#include "routing/internal.h"

#include <math.h>
#include <string.h>

static const double RADIUS = 6371008.8;

void sphere_point(double lat, double lon, double out[3])
{
    const double rad = M_PI / 180;
    out[0] = cos(lat * rad) * cos(lon * rad);
    out[1] = cos(lat * rad) * sin(lon * rad);
    out[2] = sin(lat * rad);
}

double routing_detour(const struct network *net, const struct place *from, const struct place *to)
{
    if (!net->detours)
        return net->detour;
    return net->detours[net->zone[from->index] * net->n_zones + net->zone[to->index]];
}

/* ---- overrides ---- */

static bool in_force(const struct override *v, const struct moment *m)
{
    return (day_span_has(v->days, m->day) && m->minute >= v->hours.from && m->minute < v->hours.to) ||
           (day_span_has(v->days, m->day - 1) && m->minute + 1440 >= v->hours.from &&
            m->minute + 1440 < v->hours.to);
}

/* Of two overrides (1 + index; 0: none) the one that counts: a closed road is closed, else the first. */
static uint16_t stronger(const struct network *net, uint16_t a, uint16_t b)
{
    if (!a || !b)
        return a ? a : b;
    bool x = net->overrides[a - 1].kind == OVERRIDE_CLOSED, y = net->overrides[b - 1].kind == OVERRIDE_CLOSED;
    if (x != y)
        return x ? a : b;
    return a < b ? a : b;
}

static void look_up_overrides(struct trip *t, uint16_t from)
{
    for (size_t i = 0; i < t->net->n_overrides; i++) {
        const struct override *v = &t->net->overrides[i];
        bool starts_here = v->from == from || (v->from == ROUTING_ANY && v->to != from);
        if (!starts_here || !in_force(v, &t->at))
            continue;
        uint16_t *of = v->to == ROUTING_ANY ? &t->every : &t->override[v->to];
        *of = stronger(t->net, *of, (uint16_t)(i + 1));
    }
}

/* ---- a trip ---- */

static uint64_t language_bit(const struct network *net, const char *lang)
{
    size_t n = lang ? strcspn(lang, "-") : 0;
    for (size_t i = 0; n && i < net->n_languages; i++)
        if (strncmp(net->languages[i], lang, n) == 0 && !net->languages[i][n])
            return (uint64_t)1 << i;
    return 0;
}

static void look_up_ways(struct trip *t)
{
    const struct routing_index *ix = t->ix;
    const struct place *from = t->req->from;
    double p[3];
    sphere_point(from->lat, from->lon, p);
    t->x = p[0];
    t->y = p[1];
    t->z = p[2];
    t->every = 0;
    memset(t->table, 0, ix->n_communes * sizeof *t->table);
    memset(t->override, 0, ix->n_communes * sizeof *t->override);
    if (t->net->detours)
        t->detours = &t->net->detours[t->net->zone[from->index] * t->net->n_zones];
    if (from->index < ix->n_communes)
        for (uint32_t i = ix->row[from->index]; i < ix->row[from->index + 1]; i++)
            t->table[t->net->times[i].to] = i + 1;
    look_up_overrides(t, from->index);
}

static void exclude(struct trip *t, const struct lists *l, size_t commune)
{
    for (uint32_t i = l->start[commune]; i < l->start[commune + 1]; i++)
        t->excluded[l->items[i] / 64] |= (uint64_t)1 << l->items[i] % 64;
}

/* Who serves a commune lives there, or is known there. */
static void exclude_people(struct trip *t)
{
    const struct request *req = t->req;
    if (req->n_avoid)
        memset(t->excluded, 0, (t->net->n_collaborators / 64 + 1) * sizeof *t->excluded);
    for (size_t i = 0; i < req->n_avoid; i++)
        if (req->avoid[i]->index < t->ix->n_communes) {
            exclude(t, &t->ix->of_commune, req->avoid[i]->index);
            exclude(t, &t->ix->of_home, req->avoid[i]->index);
        }
}

void trip_begin(struct trip *t, const struct network *net, const struct request *req, const struct load *load)
{
    t->net = net;
    t->ix = net->index;
    t->req = req;
    t->load = load;
    t->at = routing_moment(net, req->at);
    t->lang = language_bit(net, req->lang);
    t->detours = NULL;
    t->weighed = false;
    t->hosts_open = hours_open_now(&t->ix->host_hours, &t->at);
    t->on_duty = hours_open_now(&t->ix->rotas, &t->at);
    exclude_people(t);
    if (req->from)
        look_up_ways(t);
}

static double metres_to(const struct trip *t, const struct spot *s)
{
    double x = t->x - s->x, y = t->y - s->y, z = t->z - s->z;
    double half = sqrt(x * x + y * y + z * z) / 2;
    double detour = t->detours ? t->detours[s->zone] : t->net->detour;
    return 2 * RADIUS * asin(half < 1 ? half : 1) * detour;
}

bool trip_to(const struct trip *t, size_t host, struct minutes_way *out)
{
    const struct spot *s = &t->ix->spots[host];
    uint16_t every = s->place == t->req->from->index ? 0 : t->every;
    uint16_t number = stronger(t->net, t->override[s->place], every);
    double metres = metres_to(t, s);
    out->metres = (unsigned)(metres + 0.5);
    out->table = t->table[s->place] ? &t->net->times[t->table[s->place] - 1] : NULL;
    out->by = number ? &t->net->overrides[number - 1] : NULL;
    out->minutes = out->table ? out->table->minutes : (unsigned)ceil(metres / 1000 / t->net->speed_kmh * 60);
    if (!out->by)
        return true;
    if (out->by->kind == OVERRIDE_MINUTES)
        out->minutes = out->by->value;
    else if (out->by->kind == OVERRIDE_PERCENT)
        out->minutes = (out->minutes * out->by->value + 99) / 100;
    return out->by->kind != OVERRIDE_CLOSED;
}
