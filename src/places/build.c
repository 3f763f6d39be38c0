/* From rows to an index that answers in one look-up a window. */
#include "places/internal.h"

#include "text/text.h"

#include <math.h>
#include <string.h>
#include <utf8proc.h>

size_t places_marks(struct str utf8, int32_t *out, size_t max)
{
    utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)utf8.s, (utf8proc_ssize_t)utf8.n, out,
                                            (utf8proc_ssize_t)max, UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD);
    if (n < 0 || (size_t)n > max)
        return SIZE_MAX;
    size_t kept = 0;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        if (out[i] != ' ' && out[i] != '-' && out[i] != '\'')
            out[kept++] = out[i];
    return kept;
}

static size_t hash(struct str s)
{
    uint64_t h = 1469598103934665603u; /* FNV-1a */
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t)s.s[i]) * 1099511628211u;
    return (size_t)(h ^ h >> 29);
}

uint32_t places_letters(struct str compact)
{
    uint32_t set = 0;
    for (size_t i = 0; i < compact.n; i++)
        set |= 1u << (compact.s[i] & 31); /* a-z apart; digits share bits, which only lets more through */
    return set;
}

const struct name *places_named(const struct gazetteer *g, struct str compact)
{
    for (size_t i = hash(compact) & (g->n_slots - 1); g->slots[i]; i = (i + 1) & (g->n_slots - 1))
        if (str_eq(g->names[g->slots[i] - 1].compact, compact))
            return &g->names[g->slots[i] - 1];
    return NULL;
}

static void add_name(struct gazetteer *g, const struct place *unit, const char *text, bool alias,
                     struct arena *a)
{
    char folded[NAME_MAX_BYTES * 2], compact[NAME_MAX_BYTES * 2];
    int32_t marks[NAME_MAX_MARKS];
    size_t n = text_fold(str_of(text), folded, sizeof folded), m = 0;
    for (size_t i = 0; i < n; i++)
        if (folded[i] != ' ')
            compact[m++] = folded[i];
    size_t n_marks = places_marks(str_of(text), marks, NAME_MAX_MARKS);
    if (m == 0 || m > NAME_MAX_BYTES || n_marks == SIZE_MAX)
        return;
    struct name *name = &g->names[g->n_names++];
    *name = (struct name){.unit = unit, .compact = arena_str(a, (struct str){compact, m}), .alias = alias};
    name->letters = places_letters(name->compact);
    int32_t *kept = arena_array(a, n_marks, sizeof *kept);
    memcpy(kept, marks, n_marks * sizeof *kept);
    name->marks = kept;
    name->n_marks = n_marks;
    size_t i = hash(name->compact) & (g->n_slots - 1);
    while (g->slots[i] && !str_eq(g->names[g->slots[i] - 1].compact, name->compact))
        i = (i + 1) & (g->n_slots - 1);
    name->next = g->slots[i];
    g->slots[i] = (uint32_t)g->n_names;
}

static struct place *find_unit(struct gazetteer *g, struct str code, bool in_force)
{
    for (size_t i = 0; i < g->n_units; i++) {
        bool force = g->units[i].level == PLACE_COMMUNE || g->units[i].level == PLACE_PROVINCE;
        if (force == in_force && str_is(code, g->units[i].code))
            return &g->units[i];
    }
    return NULL;
}

static enum err resolve_now(struct gazetteer *g, struct place *p, const char *codes, struct arena *a,
                            struct failure *why)
{
    struct str rest = str_of(codes);
    uint16_t *now = arena_array(a, rest.n / 2 + 1, sizeof *now);
    while (rest.n) {
        struct str code = str_split(&rest, ' ');
        const struct place *to = code.n ? find_unit(g, code, true) : NULL;
        if (code.n && (!to || to->level != PLACE_COMMUNE))
            return fail(why, ERR_INPUT,
                        "former unit %s leads to %.*s, which is no commune in force; correct `now_code`",
                        p->code, STR_ARG(code));
        if (to)
            now[p->n_now++] = to->index;
    }
    p->now = now;
    return OK;
}

static enum err add_unit(struct gazetteer *g, const struct place_row *r, struct arena *a, struct failure *why)
{
    bool force = r->level == PLACE_COMMUNE || r->level == PLACE_PROVINCE;
    const struct place *same = find_unit(g, str_of(r->code), force);
    /* one commune of old appears once for each unit it was divided among */
    if (same && (force || strcmp(same->ascii, r->ascii) != 0))
        return fail(why, ERR_INPUT, "code %s is given to both \"%s\" and \"%s\"; codes must be unique",
                    r->code, same->name, r->name);
    struct place *p = &g->units[g->n_units];
    *p = (struct place){
        .level = r->level, .lat = r->lat, .lon = r->lon, .area_km2 = r->area_km2, .index = UINT16_MAX};
    memcpy(p->code, r->code, sizeof p->code);
    memcpy(p->parent, r->parent, sizeof p->parent);
    memcpy(p->former_district, r->former_district, sizeof p->former_district);
    p->type = arena_strdup(a, str_of(r->type));
    p->name = arena_strdup(a, str_of(r->name));
    p->ascii = arena_strdup(a, str_of(r->ascii));
    if (r->level == PLACE_COMMUNE) {
        uint16_t *self = arena_alloc(a, sizeof *self);
        p->index = *self = (uint16_t)g->n_communes;
        p->now = self;
        p->n_now = 1;
        g->commune_unit[g->n_communes++] = (uint16_t)g->n_units;
    }
    g->n_units++;
    return OK;
}

static struct gazetteer *make(size_t units, size_t names, struct arena *a)
{
    struct gazetteer *g = arena_alloc(a, sizeof *g);
    g->units = arena_array(a, units + 1, sizeof *g->units);
    g->commune_unit = arena_array(a, units + 1, sizeof *g->commune_unit);
    g->names = arena_array(a, names + 1, sizeof *g->names);
    for (g->n_slots = 64; g->n_slots < 4 * names; g->n_slots *= 2)
        ;
    g->slots = arena_array(a, g->n_slots, sizeof *g->slots);
    return g;
}

struct gazetteer *places_build(const struct place_row *rows, size_t n, const struct place_alias *aliases,
                               size_t n_aliases, struct arena *a, struct failure *why)
{
    if (n >= UINT16_MAX) {
        fail(why, ERR_INPUT, "%zu units are more than the %d that fit", n, UINT16_MAX - 1);
        return NULL;
    }
    struct gazetteer *g = make(n, n + n_aliases, a);
    for (size_t i = 0; i < n; i++)
        if (add_unit(g, &rows[i], a, why) != OK)
            return NULL;
    for (size_t i = 0; i < n; i++) {
        bool former = rows[i].level == PLACE_FORMER_DISTRICT || rows[i].level == PLACE_FORMER_COMMUNE;
        if (former && resolve_now(g, &g->units[i], rows[i].now ? rows[i].now : "", a, why) != OK)
            return NULL;
        if (rows[i].level != PLACE_PROVINCE)
            add_name(g, &g->units[i], rows[i].name, false, a);
    }
    for (size_t i = 0; i < n_aliases; i++) {
        const struct place *p = places_by_code(g, str_of(aliases[i].code));
        if (!p) {
            fail(why, ERR_INPUT, "alias \"%s\" names the unknown code %s", aliases[i].name, aliases[i].code);
            return NULL;
        }
        add_name(g, p, aliases[i].name, true, a);
    }
    return g;
}

size_t places_communes(const struct gazetteer *g)
{
    return g->n_communes;
}

const struct place *places_commune(const struct gazetteer *g, size_t index)
{
    return &g->units[g->commune_unit[index]];
}

const struct place *places_by_code(const struct gazetteer *g, struct str code)
{
    const struct place *former = NULL;
    for (size_t i = 0; i < g->n_units; i++) {
        const struct place *p = &g->units[i];
        if (!str_is(code, p->code))
            continue;
        if (p->level == PLACE_COMMUNE || p->level == PLACE_PROVINCE)
            return p; /* many communes in force kept the code of a former one */
        if (!former)
            former = p;
    }
    return former;
}

size_t places_all(const struct gazetteer *g, const struct place **out)
{
    *out = g->units;
    return g->n_units;
}

double places_metres(double lat1, double lon1, double lat2, double lon2)
{
    const double rad = M_PI / 180, radius = 6371008.8;
    double a = sin((lat2 - lat1) * rad / 2), b = sin((lon2 - lon1) * rad / 2);
    double h = a * a + cos(lat1 * rad) * cos(lat2 * rad) * b * b;
    return 2 * radius * asin(sqrt(h < 1 ? h : 1));
}
