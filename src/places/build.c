/* From rows to units and their names. */
#include "places/internal.h"

#include "text/text.h"

#include <math.h>
#include <string.h>
#include <utf8proc.h>

enum { BRIEF = 3 }; /* letters of an alias that may as well be any shorthand */

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

static struct name *add_name(struct gazetteer *g, const struct place *unit, const char *text, struct arena *a)
{
    char folded[NAME_MAX_BYTES * 2], compact[NAME_MAX_BYTES * 2];
    int32_t marks[NAME_MAX_MARKS];
    size_t n = text_fold(str_of(text), folded, sizeof folded), m = 0;
    for (size_t i = 0; i < n; i++)
        if (folded[i] != ' ')
            compact[m++] = folded[i];
    size_t n_marks = places_marks(str_of(text), marks, NAME_MAX_MARKS);
    if (m == 0 || m > NAME_MAX_BYTES || n_marks == SIZE_MAX)
        return NULL;
    struct name *name = &g->names[g->n_names++];
    *name = (struct name){.unit = unit, .compact = arena_str(a, (struct str){compact, m})};
    int32_t *kept = arena_array(a, n_marks, sizeof *kept);
    memcpy(kept, marks, n_marks * sizeof *kept);
    name->marks = kept;
    name->n_marks = n_marks;
    return name;
}

/* The first word by its first letters alone: "C. Son", "Ch. Son". */
static void add_initials(struct gazetteer *g, const struct place *unit, struct arena *a)
{
    char folded[NAME_MAX_BYTES * 2], text[NAME_MAX_BYTES * 2];
    size_t n = text_fold(str_of(unit->name), folded, sizeof folded);
    const char *blank = memchr(folded, ' ', n);
    size_t first = blank ? (size_t)(blank - folded) : 0, most = strcspn(folded, "aeiouy");
    for (size_t k = 1; k <= most && k <= 2 && k < first; k++) {
        struct out o;
        out_init(&o, text, sizeof text);
        out_printf(&o, "%.*s%s", (int)k, folded, blank);
        struct name *name = add_name(g, unit, text, a);
        if (name) {
            name->alias = name->brief = true;
            name->initial = (uint8_t)k;
        }
    }
}

static enum err resolve_now(struct gazetteer *g, struct place *p, const char *codes, struct arena *a,
                            struct failure *why)
{
    struct str rest = str_of(codes);
    uint16_t *now = arena_array(a, rest.n / 2 + 1, sizeof *now);
    while (rest.n) {
        struct str code = str_split(&rest, ' ');
        const struct place *to = code.n ? places_by_code(g, code) : NULL;
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

static void add_unit(struct gazetteer *g, const struct place_row *r, struct arena *a)
{
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
    g->n_provinces += r->level == PLACE_PROVINCE;
    g->n_units++;
}

static struct gazetteer *make(size_t units, size_t aliases, struct arena *a)
{
    struct gazetteer *g = arena_alloc(a, sizeof *g);
    g->units = arena_array(a, units + 1, sizeof *g->units);
    g->elsewhere = arena_array(a, aliases + 1, sizeof *g->elsewhere);
    g->commune_unit = arena_array(a, units + 1, sizeof *g->commune_unit);
    g->names = arena_array(a, 3 * units + aliases + 1, sizeof *g->names);
    return g;
}

static enum err add_units(struct gazetteer *g, const struct place_row *rows, size_t n, struct arena *a,
                          struct failure *why)
{
    for (size_t i = 0; i < n; i++)
        add_unit(g, &rows[i], a);
    enum err e = places_index_codes(g, a, why);
    for (size_t i = 0; i < n && e == OK; i++) {
        bool former = rows[i].level == PLACE_FORMER_DISTRICT || rows[i].level == PLACE_FORMER_COMMUNE;
        if (former)
            e = resolve_now(g, &g->units[i], rows[i].now ? rows[i].now : "", a, why);
        (void)add_name(g, &g->units[i], rows[i].name, a);
        if (rows[i].level != PLACE_PROVINCE)
            add_initials(g, &g->units[i], a);
    }
    return e;
}

static const struct place *add_elsewhere(struct gazetteer *g, const char *name, struct arena *a)
{
    char ascii[NAME_MAX_BYTES * 2];
    struct place *p = &g->elsewhere[g->n_elsewhere++];
    text_unaccent(str_of(name), ascii, sizeof ascii);
    *p = (struct place){.level = PLACE_PROVINCE,
                        .type = "",
                        .name = arena_strdup(a, str_of(name)),
                        .ascii = arena_strdup(a, str_of(ascii)),
                        .index = UINT16_MAX};
    return p;
}

static enum err add_alias(struct gazetteer *g, const struct place_alias *alias, struct arena *a,
                          struct failure *why)
{
    const struct place *p =
        *alias->code ? places_by_code(g, str_of(alias->code)) : add_elsewhere(g, alias->name, a);
    if (!p)
        return fail(why, ERR_INPUT, "alias \"%s\" names the unknown code %s", alias->name, alias->code);
    struct name *name = add_name(g, p, alias->name, a);
    if (name && *alias->code) {
        name->alias = true;
        name->brief = name->compact.n <= BRIEF;
    }
    return OK;
}

struct gazetteer *places_build(const struct place_row *rows, size_t n, const struct place_alias *aliases,
                               size_t n_aliases, struct arena *a, struct failure *why)
{
    if (n >= UINT16_MAX) {
        fail(why, ERR_INPUT, "%zu units are more than the %d that fit", n, UINT16_MAX - 1);
        return NULL;
    }
    struct gazetteer *g = make(n, n_aliases, a);
    if (add_units(g, rows, n, a, why) != OK)
        return NULL;
    for (size_t i = 0; i < n_aliases; i++)
        if (add_alias(g, &aliases[i], a, why) != OK)
            return NULL;
    places_index_names(g, a);
    places_lay_menu(g, a);
    sounds_init(&g->sounds);
    return g;
}

bool is_landmark(const struct place *p)
{
    return p->level == PLACE_PROVINCE;
}

const struct place *places_province(const struct gazetteer *g, const struct place *p)
{
    while (p && p->level != PLACE_PROVINCE)
        p = *p->parent ? places_by_code(g, str_of(p->parent)) : NULL;
    return p && *p->code ? p : NULL;
}

size_t places_communes(const struct gazetteer *g)
{
    return g->n_communes;
}

const struct place *places_commune(const struct gazetteer *g, size_t index)
{
    return &g->units[g->commune_unit[index]];
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
