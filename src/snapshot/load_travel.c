/* How long ways take: known times, what changes them at some hours, and how winding the roads are. */
#include "snapshot/csv.h"
#include "snapshot/network.h"
#include "snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MINUTES_MAX = 2880, OVERRIDES_MAX = 4096, PERCENT_MAX = 2000 };

static bool open_if_there(struct csv *c, const char *dir, const char *name, size_t columns, struct arena *a,
                          struct cfg_findings *f)
{
    char path[4096];
    struct out o;
    out_init(&o, path, sizeof path);
    out_printf(&o, "%s/%s", dir, name);
    return !o.overflow && access(path, F_OK) == 0 && csv_open(c, dir, name, columns, a, f);
}

struct communes {
    const struct gazetteer *places;
    struct ids codes;
};

/* What the cell may have meant; as much as fits. */
static const char *meant(const struct gazetteer *g, const struct csv *c, size_t i,
                         const struct cfg_findings *f, char *text, size_t cap)
{
    struct out o;
    out_init(&o, text, cap);
    if (f->errors >= SUGGESTIONS || !suggest_commune(g, str_trim(c->cell[i]), &o))
        out_cstr(&o, "; `hotlinectl place NAME` tells its code");
    return text;
}

static bool commune(struct csv *c, size_t i, const struct communes *all, uint16_t *index,
                    struct cfg_findings *f)
{
    char code[PLACE_CODE], near[160];
    int at = str_copy(c->cell[i], code, sizeof code) ? ids_find(&all->codes, code) : -1;
    if (at < 0) {
        cfg_error(f, c->pos, "\"" STR_FMT "\" is no commune in force here%s", STR_ARG(c->cell[i]),
                  meant(all->places, c, i, f, near, sizeof near));
        return false;
    }
    *index = (uint16_t)at;
    return true;
}

/* Room for one more; a list that grows leaves its old room to the arena. */
static void *grown(void *items, size_t n, size_t *cap, size_t size, struct arena *a)
{
    if (n < *cap)
        return items;
    *cap = *cap ? 2 * *cap : 64;
    void *bigger = arena_array(a, *cap, size);
    if (n)
        memcpy(bigger, items, n * size);
    return bigger;
}

/* ---- times.csv ---- */

struct time_row {
    struct travel t;
    int line;
};

static int by_way(const void *a, const void *b)
{
    const struct time_row *x = a, *y = b;
    if (x->t.from != y->t.from)
        return (int)x->t.from - y->t.from;
    if (x->t.to != y->t.to)
        return (int)x->t.to - y->t.to;
    if (x->t.mode != y->t.mode)
        return (int)x->t.mode - y->t.mode;
    return x->line - y->line;
}

static bool read_mode(struct csv *c, struct str word, uint16_t *out, struct cfg_findings *f)
{
    const char *names[TRAVEL_MODES];
    char given[32];
    for (int m = 0; m < TRAVEL_MODES; m++) {
        names[m] = travel_mode_name((enum travel_mode)m);
        if (str_is(word, names[m])) {
            *out = (uint16_t)m;
            return true;
        }
    }
    const char *near = str_copy(word, given, sizeof given) ? cfg_nearest(given, names, TRAVEL_MODES) : NULL;
    cfg_error(f, c->pos, "\"" STR_FMT "\" is no way to travel; %s%s%suse motorbike, car, foot or boat",
              STR_ARG(word), near ? "did you mean \"" : "", near ? near : "", near ? "\"? Or " : "");
    return false;
}

static bool read_time(struct csv *c, size_t columns, const struct communes *all, struct travel *t,
                      struct cfg_findings *f)
{
    uint64_t minutes;
    if (!csv_columns(c, columns, f) || !commune(c, 0, all, &t->from, f) || !commune(c, 1, all, &t->to, f))
        return false;
    if (!str_to_u64(c->cell[2], MINUTES_MAX, &minutes)) {
        cfg_error(f, c->pos, "minutes must be a number up to %d", MINUTES_MAX);
        return false;
    }
    t->minutes = (uint16_t)minutes;
    return columns < 4 || read_mode(c, c->cell[3], &t->mode, f);
}

static bool same_way(const struct travel *a, const struct travel *b)
{
    return a->from == b->from && a->to == b->to;
}

static void refuse_twice(const struct csv *c, const struct time_row *rows, size_t n,
                         const struct gazetteer *g, struct cfg_findings *f)
{
    for (size_t i = 1; i < n; i++)
        if (same_way(&rows[i - 1].t, &rows[i].t) && rows[i - 1].t.mode == rows[i].t.mode)
            cfg_error(f, (struct cfg_pos){c->pos.file, rows[i].line},
                      "the way from %s to %s is there twice, also on line %d; keep one",
                      places_commune(g, rows[i].t.from)->code, places_commune(g, rows[i].t.to)->code,
                      rows[i - 1].line);
}

/* Of each way the fastest among the modes that count. */
static void keep_fastest(struct network *net, const struct time_row *rows, size_t n, struct arena *a)
{
    struct travel *kept = arena_array(a, n + 1, sizeof *kept);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const struct travel *t = &rows[i].t;
        if (!(net->modes & 1u << t->mode))
            continue;
        if (m == 0 || !same_way(&kept[m - 1], t))
            kept[m++] = *t;
        else if (t->minutes < kept[m - 1].minutes)
            kept[m - 1] = *t;
    }
    net->times = kept;
    net->n_times = m;
}

static void load_times(const char *dir, const struct communes *all, struct network *net, struct arena *a,
                       struct cfg_findings *f)
{
    struct csv c;
    struct time_row *rows = NULL;
    size_t n = 0, cap = 0;
    if (!open_if_there(&c, dir, "times.csv", 3, a, f))
        return; /* without it every time is an estimate */
    size_t columns = c.n > 3 ? 4 : 3;
    while (csv_next(&c)) {
        struct time_row r = {.line = c.pos.line};
        if (!read_time(&c, columns, all, &r.t, f))
            continue;
        rows = grown(rows, n, &cap, sizeof *rows, a);
        rows[n++] = r;
    }
    if (n)
        qsort(rows, n, sizeof *rows, by_way);
    refuse_twice(&c, rows, n, all->places, f);
    keep_fastest(net, rows, n, a);
}

/* ---- overrides.csv ---- */

static bool place_or_any(struct csv *c, size_t i, const struct communes *all, uint16_t *out,
                         struct cfg_findings *f)
{
    *out = ROUTING_ANY;
    return str_is(c->cell[i], "*") || commune(c, i, all, out, f);
}

static bool override_days(struct csv *c, struct day_span *out, struct cfg_findings *f)
{
    struct day_span first, last;
    *out = (struct day_span){INT32_MIN, INT32_MAX};
    if (!c->cell[2].n && !c->cell[3].n)
        return true;
    if (!day_span_parse(c->cell[2], &first) || !day_span_parse(c->cell[3], &last) || last.to < first.from) {
        cfg_error(
            f, c->pos,
            "first and last must be days as 2026-07-01, the last not before the first, or both empty for "
            "every day");
        return false;
    }
    *out = (struct day_span){first.from, last.to};
    return true;
}

static bool override_hours(struct csv *c, struct minutes *out, struct cfg_findings *f)
{
    *out = (struct minutes){0, 1440};
    if (!c->cell[4].n || hours_parse_span(c->cell[4], out))
        return true;
    cfg_error(f, c->pos, "hours must be like 18:00-05:00, or empty for the whole day");
    return false;
}

/* "1.5" as percent: two places are enough, and no fraction to round. */
static bool read_factor(struct str s, unsigned *percent)
{
    struct str whole = str_split(&s, '.');
    uint64_t w = 0, part = 0;
    if (!str_to_u64(whole, PERCENT_MAX / 100, &w) || s.n > 2 || (s.n && !str_to_u64(s, 99, &part)))
        return false;
    *percent = (unsigned)(w * 100 + (s.n == 1 ? part * 10 : part));
    return *percent > 0;
}

static bool nearly_closed(struct str s)
{
    static const char *const words[] = {"closed"};
    char given[32];
    return str_copy(s, given, sizeof given) && cfg_nearest(given, words, 1);
}

static bool read_effect(struct csv *c, struct override *v, struct cfg_findings *f)
{
    struct str s = c->cell[5];
    uint64_t minutes;
    if (str_is(s, "closed")) {
        v->kind = OVERRIDE_CLOSED;
        return true;
    }
    if (str_to_u64(s, MINUTES_MAX, &minutes)) {
        v->kind = OVERRIDE_MINUTES;
        v->value = (unsigned)minutes;
        return true;
    }
    v->kind = OVERRIDE_PERCENT;
    if (str_starts(s, "x") && read_factor((struct str){s.s + 1, s.n - 1}, &v->value))
        return true;
    cfg_error(f, c->pos,
              "minutes is \"" STR_FMT "\"; %swrite a number up to %d, a factor such as x1.5, or closed",
              STR_ARG(s), nearly_closed(s) ? "did you mean closed? Or " : "", MINUTES_MAX);
    return false;
}

static void load_overrides(const char *dir, const struct communes *all, struct network *net, struct arena *a,
                           struct cfg_findings *f)
{
    struct csv c;
    size_t cap = 0;
    if (!open_if_there(&c, dir, "overrides.csv", 6, a, f))
        return;
    while (csv_next(&c)) {
        struct override v = {.pos = c.pos};
        if (!csv_columns(&c, 6, f) || !place_or_any(&c, 0, all, &v.from, f) ||
            !place_or_any(&c, 1, all, &v.to, f) || !override_days(&c, &v.days, f) ||
            !override_hours(&c, &v.hours, f) || !read_effect(&c, &v, f))
            continue;
        if (net->n_overrides == OVERRIDES_MAX) {
            cfg_error(f, c.pos, "more than %d lines; remove those that are over", OVERRIDES_MAX);
            return;
        }
        net->overrides = grown(net->overrides, net->n_overrides, &cap, sizeof *net->overrides, a);
        net->overrides[net->n_overrides++] = v;
    }
}

/* ---- terrain.csv: zones, and a factor for each pair of them ---- */

enum { ZONES_MAX = 512 };

struct terrain_row {
    char area[2][PLACE_CODE];
    double detour;
    int line;
};

struct terrain {
    struct network *net;
    const struct gazetteer *places;
    struct arena *a;
    struct cfg_findings *f;
    uint16_t *zone;
    char name[ZONES_MAX][PLACE_CODE];   /* the area of each zone; 0: all that no line names */
    char within[ZONES_MAX][PLACE_CODE]; /* the former district of a zone that is a commune */
};

static bool is_area(const struct place *p)
{
    return p && (p->level == PLACE_FORMER_DISTRICT || p->level == PLACE_COMMUNE);
}

static bool add_zone(struct terrain *t, const struct place *p, struct cfg_pos pos)
{
    for (size_t z = 1; z < t->net->n_zones; z++)
        if (strcmp(t->name[z], p->code) == 0)
            return true;
    if (t->net->n_zones == ZONES_MAX) {
        cfg_error(t->f, pos, "more than %d areas; name former districts instead of communes", ZONES_MAX - 1);
        return false;
    }
    memcpy(t->name[t->net->n_zones], p->code, PLACE_CODE);
    if (p->level == PLACE_COMMUNE)
        memcpy(t->within[t->net->n_zones], p->former_district, PLACE_CODE);
    t->net->n_zones++;
    return true;
}

static bool read_area(struct terrain *t, struct csv *c, size_t i, char out[PLACE_CODE])
{
    char near[160] = "";
    struct out o;
    const struct place *p = places_by_code(t->places, c->cell[i]);
    out_init(&o, near, sizeof near);
    if (is_area(p) && csv_code(c, i, out, t->f))
        return add_zone(t, p, c->pos);
    if (t->f->errors < SUGGESTIONS)
        suggest_commune(t->places, str_trim(c->cell[i]), &o);
    cfg_error(t->f, c->pos, "\"" STR_FMT "\" is neither a commune in force nor a former district here%s",
              STR_ARG(c->cell[i]), near);
    return false;
}

static bool read_terrain(struct terrain *t, struct csv *c, struct terrain_row *r)
{
    unsigned percent;
    if (!csv_columns(c, 3, t->f) || !read_area(t, c, 0, r->area[0]) || !read_area(t, c, 1, r->area[1]))
        return false;
    if (!read_factor(c->cell[2], &percent) || percent < 100 || percent > 1000) {
        cfg_error(t->f, c->pos, "detour must be a number from 1 to 10, such as 2.4");
        return false;
    }
    r->detour = percent / 100.0;
    r->line = c->pos.line;
    return true;
}

static void assign_zones(struct terrain *t)
{
    size_t n = places_communes(t->places);
    t->zone = arena_array(t->a, n + 1, sizeof *t->zone);
    for (size_t i = 0; i < n; i++) {
        const struct place *p = places_commune(t->places, i);
        for (size_t z = 1; z < t->net->n_zones; z++)
            if (strcmp(t->name[z], p->code) == 0 ||
                (!t->zone[i] && *p->former_district && strcmp(t->name[z], p->former_district) == 0))
                t->zone[i] = (uint16_t)z;
    }
}

/* 2: the zone is this very area, 1: it lies within, 0: it does not. */
static int belongs(const struct terrain *t, size_t z, const char *area)
{
    return z == 0 ? 0 : strcmp(t->name[z], area) == 0 ? 2 : strcmp(t->within[z], area) == 0;
}

static void apply(struct terrain *t, const struct terrain_row *r, double *detours, uint8_t *closeness)
{
    size_t n = t->net->n_zones;
    for (size_t x = 1; x < n; x++)
        for (size_t y = 1; y < n; y++) {
            int one = belongs(t, x, r->area[0]), two = belongs(t, y, r->area[1]);
            int close = one && two ? one + two : 0;
            if (close <= closeness[x * n + y])
                continue;
            detours[x * n + y] = detours[y * n + x] = r->detour;
            closeness[x * n + y] = closeness[y * n + x] = (uint8_t)close;
        }
}

static void fill_detours(struct terrain *t, const struct terrain_row *rows, size_t n_rows)
{
    size_t n = t->net->n_zones;
    double *detours = arena_array(t->a, n * n, sizeof *detours);
    uint8_t *closeness = arena_array(t->a, n * n, sizeof *closeness);
    for (size_t i = 0; i < n * n; i++)
        detours[i] = t->net->detour;
    for (size_t i = 0; i < n_rows; i++)
        apply(t, &rows[i], detours, closeness);
    t->net->zone = t->zone;
    t->net->detours = detours;
}

static void refuse_same(struct terrain *t, const char *file, const struct terrain_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) {
            bool same = strcmp(rows[i].area[0], rows[k].area[0]) == 0 &&
                        strcmp(rows[i].area[1], rows[k].area[1]) == 0;
            bool turned = strcmp(rows[i].area[0], rows[k].area[1]) == 0 &&
                          strcmp(rows[i].area[1], rows[k].area[0]) == 0;
            if (same || turned)
                cfg_error(t->f, (struct cfg_pos){file, rows[i].line},
                          "the ways between %s and %s are there twice, also on line %d; keep one",
                          rows[i].area[0], rows[i].area[1], rows[k].line);
        }
}

static void load_terrain(const char *dir, const struct gazetteer *g, struct network *net, struct arena *a,
                         struct cfg_findings *f)
{
    struct csv c;
    struct terrain t = {.net = net, .places = g, .a = a, .f = f};
    struct terrain_row *rows = NULL;
    size_t n = 0, cap = 0;
    if (!open_if_there(&c, dir, "terrain.csv", 3, a, f))
        return;
    net->n_zones = 1;
    while (csv_next(&c)) {
        struct terrain_row r = {.line = 0};
        if (!read_terrain(&t, &c, &r))
            continue;
        rows = grown(rows, n, &cap, sizeof *rows, a);
        rows[n++] = r;
    }
    refuse_same(&t, c.pos.file, rows, n);
    if (!n)
        return;
    assign_zones(&t);
    fill_detours(&t, rows, n);
}

void load_travel(const char *dir, const struct gazetteer *g, struct network *net, struct arena *a,
                 struct cfg_findings *f)
{
    size_t before = f->errors;
    const struct communes all = {g, ids_of_communes(g, a)};
    load_times(dir, &all, net, a, f);
    load_overrides(dir, &all, net, a, f);
    load_terrain(dir, g, net, a, f);
    if (f->errors == before)
        routing_index(net, a);
}
