/* The way to a commune by choosing: the district of old, then the commune. */
#include "places/internal.h"

#include <stdlib.h>
#include <string.h>

/* Kinds that may be part of a group's name, of two words each. One word could be the name's own: Quan Son is
 * a district. */
static const char *const kinds[] = {"Thi xa ", "Thanh pho "};

struct str places_menu_name(const struct place *p, bool accents)
{
    struct str name = str_of(accents ? p->name : p->ascii);
    bool group = p->level == PLACE_FORMER_DISTRICT || p->level == PLACE_PROVINCE;
    for (size_t i = 0; group && i < sizeof kinds / sizeof kinds[0]; i++) {
        struct str rest = name;
        if (!str_starts(str_of(p->ascii), kinds[i]))
            continue;
        str_split(&rest, ' ');
        str_split(&rest, ' ');
        return rest.n ? rest : name;
    }
    return name;
}

/* ---- laid out once, when the gazetteer is built: what a screen shows is then read off ---- */

static bool is_group(const struct place *p)
{
    return p->level == PLACE_FORMER_DISTRICT || p->level == PLACE_PROVINCE;
}

static int by_name(const void *x, const void *y, void *units)
{
    const struct place *a = (const struct place *)units + *(const uint16_t *)x,
                       *b = (const struct place *)units + *(const uint16_t *)y;
    int c = strcmp(places_menu_name(a, false).s, places_menu_name(b, false).s);
    c = c ? c : strcmp(a->code, b->code);
    return c ? c : (a > b) - (a < b);
}

/* Districts of old, where one province is served and they are known; of several provinces they are too many.
 */
static enum place_level level_of_groups(const struct gazetteer *g)
{
    size_t provinces = 0, districts = 0;
    for (size_t i = 0; i < g->n_units; i++) {
        provinces += g->units[i].level == PLACE_PROVINCE;
        districts += g->units[i].level == PLACE_FORMER_DISTRICT;
    }
    return districts && provinces <= 1 ? PLACE_FORMER_DISTRICT : PLACE_PROVINCE;
}

static void lay_groups(struct gazetteer *g, struct arena *a)
{
    enum place_level level = level_of_groups(g);
    g->menu_groups = arena_array(a, g->n_units + 1, sizeof *g->menu_groups);
    for (size_t i = 0; i < g->n_units; i++)
        if (g->units[i].level == level)
            g->menu_groups[g->n_menu_groups++] = (uint16_t)i;
    qsort_r(g->menu_groups, g->n_menu_groups, sizeof *g->menu_groups, by_name, g->units);
}

struct lay {
    struct gazetteer *g;
    const uint16_t *rank; /* of each commune index, by name */
    uint32_t *pairs;      /* NULL: they are only counted */
    size_t n;
};

/* The communes that a unit leads to are of the group. */
static void add_pairs(struct lay *l, const struct place *group, const struct place *p)
{
    uint32_t unit = (uint32_t)(group - l->g->units);
    for (size_t i = 0; i < p->n_now; i++, l->n++)
        if (l->pairs)
            l->pairs[l->n] = unit << 16 | l->rank[p->now[i]];
}

static void add_to(struct lay *l, const char *code, enum place_level level, const struct place *p)
{
    const uint16_t *units;
    size_t n = *code ? places_with_code(l->g, str_of(code), &units) : 0;
    for (size_t i = 0; i < n; i++)
        if (l->g->units[units[i]].level == level && &l->g->units[units[i]] != p)
            add_pairs(l, &l->g->units[units[i]], p);
}

/* A commune of the district may have gone to one outside, where she who lives there still looks under the
 * district. */
static void add_members(struct lay *l)
{
    l->n = 0;
    for (size_t i = 0; i < l->g->n_units; i++) {
        const struct place *p = &l->g->units[i];
        if (is_group(p))
            add_pairs(l, p, p);
        if (p->level == PLACE_COMMUNE)
            add_to(l, p->parent, PLACE_PROVINCE, p);
        add_to(l, p->level == PLACE_FORMER_COMMUNE ? p->parent : p->former_district, PLACE_FORMER_DISTRICT,
               p);
    }
}

static int by_number(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

static void lay_members(struct gazetteer *g, const uint16_t *rank, struct arena *a)
{
    struct lay l = {.g = g, .rank = rank};
    add_members(&l);
    l.pairs = g->menu_members = arena_array(a, l.n + 1, sizeof *g->menu_members);
    add_members(&l);
    qsort(l.pairs, l.n, sizeof *l.pairs, by_number);
    for (size_t i = 0; i < l.n; i++)
        if (i == 0 || l.pairs[i] != l.pairs[i - 1])
            g->menu_members[g->n_menu_members++] = l.pairs[i];
}

void places_lay_menu(struct gazetteer *g, struct arena *a)
{
    uint16_t *rank = arena_array(a, g->n_communes + 1, sizeof *rank);
    g->by_name = arena_array(a, g->n_communes + 1, sizeof *g->by_name);
    memcpy(g->by_name, g->commune_unit, g->n_communes * sizeof *g->by_name);
    qsort_r(g->by_name, g->n_communes, sizeof *g->by_name, by_name, g->units);
    for (size_t i = 0; i < g->n_communes; i++)
        rank[g->units[g->by_name[i]].index] = (uint16_t)i;
    lay_groups(g, a);
    lay_members(g, rank, a);
}

/* ---- read off ---- */

/* The first of the group's members, or where they would be. */
static size_t first_member(const struct gazetteer *g, const struct place *group)
{
    uint32_t want = (uint32_t)(group - g->units) << 16;
    size_t from = 0, to = g->n_menu_members;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (g->menu_members[mid] < want)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

/* The group's member at `i`; NULL behind the last. */
static const struct place *member(const struct gazetteer *g, const struct place *group, size_t i)
{
    bool there = i < g->n_menu_members && g->menu_members[i] >> 16 == (uint32_t)(group - g->units);
    return there ? &g->units[g->by_name[g->menu_members[i] & UINT16_MAX]] : NULL;
}

struct line {
    const struct place *place;
    uint64_t used;
};

/* Most of a district's communes are its own list; that is enough to tell which districts are used. */
static uint64_t use_of(const struct gazetteer *g, const struct place *group, const uint32_t *uses)
{
    uint64_t sum = 0;
    const struct place *p;
    if (!uses)
        return 0;
    for (size_t i = 0; i < group->n_now; i++)
        sum += uses[group->now[i]];
    if (group->level == PLACE_PROVINCE)
        for (size_t i = first_member(g, group); (p = member(g, group, i)); i++)
            sum += uses[p->index];
    return sum;
}

/* The best `max` of some lines that come one by one by name, in order. */
static size_t keep(struct line *kept, size_t n, size_t max, struct line one)
{
    if (n == max && (n == 0 || one.used <= kept[n - 1].used))
        return n;
    n += n < max;
    size_t at = n - 1;
    for (; at > 0 && one.used > kept[at - 1].used; at--)
        kept[at] = kept[at - 1];
    kept[at] = one;
    return n;
}

static size_t copy(const struct line *kept, size_t n, const struct place **out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = kept[i].place;
    return n;
}

size_t places_menu(const struct gazetteer *g, const uint32_t *uses, const struct place **out, size_t max)
{
    struct line kept[PLACES_MENU];
    size_t n = 0;
    max = max < PLACES_MENU ? max : PLACES_MENU;
    for (size_t i = 0; i < g->n_menu_groups; i++) {
        const struct place *p = &g->units[g->menu_groups[i]];
        n = keep(kept, n, max, (struct line){p, use_of(g, p, uses)});
    }
    return copy(kept, n, out);
}

size_t places_menu_of(const struct gazetteer *g, const struct place *group, const uint32_t *uses,
                      const struct place **out, size_t max)
{
    struct line kept[PLACES_MENU];
    const struct place *p;
    size_t n = 0;
    max = max < PLACES_MENU ? max : PLACES_MENU;
    for (size_t i = first_member(g, group); (p = member(g, group, i)); i++)
        n = keep(kept, n, max, (struct line){p, uses ? uses[p->index] : 0});
    return copy(kept, n, out);
}
