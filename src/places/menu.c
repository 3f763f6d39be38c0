/* The way to a commune by choosing: the district of old, then the commune. */
#include "places/internal.h"

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

struct line {
    const struct place *place;
    const char *name;
    uint64_t used;
};

static struct line line_of(const struct place *p, uint64_t used)
{
    return (struct line){p, places_menu_name(p, false).s, used};
}

static int by_use(const void *x, const void *y)
{
    const struct line *a = x, *b = y;
    if (a->used != b->used)
        return a->used < b->used ? 1 : -1;
    int c = strcmp(a->name, b->name);
    return c ? c : strcmp(a->place->code, b->place->code);
}

/* Most of a district's communes are its own list; that is enough to tell which districts are used. */
static uint64_t use_of(const struct gazetteer *g, const struct place *group, const uint32_t *uses)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < group->n_now && uses; i++)
        sum += uses[group->now[i]];
    for (size_t i = 0; i < g->n_communes && uses && group->level == PLACE_PROVINCE; i++)
        sum += uses[i] && strcmp(places_commune(g, i)->parent, group->code) == 0 ? uses[i] : 0;
    return sum;
}

struct members {
    uint8_t bits[UINT16_MAX / 8 + 1]; /* by commune index */
};

static void add_members(struct members *m, const struct place *p)
{
    for (size_t i = 0; i < p->n_now; i++)
        m->bits[p->now[i] / 8] |= (uint8_t)(1u << p->now[i] % 8);
}

/* A commune of the district may have gone to one outside, where she who lives there still looks under the
 * district. */
static bool within(const struct place *p, const struct place *group)
{
    const char *of = group->level == PLACE_PROVINCE     ? p->level == PLACE_COMMUNE ? p->parent : ""
                     : p->level == PLACE_FORMER_COMMUNE ? p->parent
                                                        : p->former_district;
    return p == group || strcmp(of, group->code) == 0;
}

/* The best `max` of some lines that come one by one, in order. */
static size_t keep(struct line *kept, size_t n, size_t max, struct line one)
{
    if (n == max && (n == 0 || by_use(&one, &kept[n - 1]) >= 0))
        return n;
    n += n < max;
    size_t at = n - 1;
    for (; at > 0 && by_use(&one, &kept[at - 1]) < 0; at--)
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

size_t places_menu(const struct gazetteer *g, const uint32_t *uses, const struct place **out, size_t max)
{
    struct line kept[PLACES_MENU];
    size_t n = 0;
    enum place_level level = level_of_groups(g);
    max = max < PLACES_MENU ? max : PLACES_MENU;
    for (size_t i = 0; i < g->n_units; i++)
        if (g->units[i].level == level)
            n = keep(kept, n, max, line_of(&g->units[i], use_of(g, &g->units[i], uses)));
    return copy(kept, n, out);
}

size_t places_menu_of(const struct gazetteer *g, const struct place *group, const uint32_t *uses,
                      const struct place **out, size_t max)
{
    struct line kept[PLACES_MENU];
    struct members members = {{0}};
    size_t n = 0;
    max = max < PLACES_MENU ? max : PLACES_MENU;
    for (size_t i = 0; i < g->n_units; i++)
        if (within(&g->units[i], group))
            add_members(&members, &g->units[i]);
    for (size_t i = 0; i < g->n_communes; i++)
        if (members.bits[i / 8] >> i % 8 & 1)
            n = keep(kept, n, max, line_of(places_commune(g, i), uses ? uses[i] : 0));
    return copy(kept, n, out);
}
