/* Names as a tree of letters and units by code. The tree finds a name in as many steps as it has letters, and
 * lets the search for mistyped names share the work for all that begin alike. */
#include "places/internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

static int compare_spans(struct str a, struct str b)
{
    int c = memcmp(a.s, b.s, a.n < b.n ? a.n : b.n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int by_compact(const void *x, const void *y)
{
    const struct name *a = x, *b = y;
    int c = compare_spans(a->compact, b->compact);
    return c ? c : (a->unit > b->unit) - (a->unit < b->unit);
}

/* Ends at the first name that goes on with another letter. */
static uint32_t same_letter(const struct gazetteer *g, uint32_t from, const struct node *n)
{
    uint32_t to = from;
    while (to < n->last && g->names[to].compact.s[n->depth] == g->names[from].compact.s[n->depth])
        to++;
    return to;
}

static uint8_t longest_of(const struct gazetteer *g, uint32_t from, uint32_t to)
{
    size_t longest = 0;
    for (; from < to; from++)
        if (!g->names[from].brief && g->names[from].compact.n > longest)
            longest = g->names[from].compact.n;
    return (uint8_t)longest;
}

static void add_children(struct gazetteer *g, struct node *n)
{
    n->children = (uint32_t)g->n_nodes;
    for (uint32_t from = n->first + (uint32_t)places_ending(g, n), to; from < n->last; from = to) {
        to = same_letter(g, from, n);
        g->nodes[g->n_nodes++] = (struct node){.first = from,
                                               .last = to,
                                               .depth = (uint8_t)(n->depth + 1),
                                               .longest = longest_of(g, from, to),
                                               .letter = g->names[from].compact.s[n->depth]};
        n->n_children++;
    }
}

void places_index_names(struct gazetteer *g, struct arena *a)
{
    size_t letters = 1;
    for (size_t i = 0; i < g->n_names; i++)
        letters += g->names[i].compact.n;
    if (g->n_names)
        qsort(g->names, g->n_names, sizeof *g->names, by_compact);
    g->nodes = arena_array(a, letters, sizeof *g->nodes);
    g->nodes[0] = (struct node){.last = (uint32_t)g->n_names};
    g->n_nodes = 1;
    for (size_t i = 0; i < g->n_nodes; i++) /* breadth first, so that children stand side by side */
        add_children(g, &g->nodes[i]);
}

size_t places_ending(const struct gazetteer *g, const struct node *node)
{
    uint32_t to = node->first;
    while (to < node->last && g->names[to].compact.n == node->depth)
        to++;
    return to - node->first;
}

const struct node *places_next(const struct gazetteer *g, const struct node *node, char letter)
{
    const struct node *child = &g->nodes[node->children];
    for (uint8_t i = 0; i < node->n_children; i++, child++)
        if (child->letter == letter)
            return child;
    return NULL;
}

size_t places_named(const struct gazetteer *g, struct str compact, const struct name **first)
{
    const struct node *n = g->nodes;
    for (size_t i = 0; i < compact.n && n; i++)
        n = places_next(g, n, compact.s[i]);
    if (!n || !compact.n)
        return 0;
    *first = &g->names[n->first];
    return places_ending(g, n);
}

/* ---- codes ---- */

static bool in_force(const struct place *p)
{
    return p->level == PLACE_COMMUNE || p->level == PLACE_PROVINCE;
}

static int by_code(const void *x, const void *y, void *units)
{
    const struct place *a = (const struct place *)units + *(const uint16_t *)x,
                       *b = (const struct place *)units + *(const uint16_t *)y;
    int c = strcmp(a->code, b->code);
    return c ? c : in_force(a) != in_force(b) ? in_force(b) - in_force(a) : (a > b) - (a < b);
}

enum err places_index_codes(struct gazetteer *g, struct arena *a, struct failure *why)
{
    g->by_code = arena_array(a, g->n_units + 1, sizeof *g->by_code);
    for (size_t i = 0; i < g->n_units; i++)
        g->by_code[i] = (uint16_t)i;
    qsort_r(g->by_code, g->n_units, sizeof *g->by_code, by_code, g->units);
    for (size_t i = 1; i < g->n_units; i++) {
        const struct place *p = &g->units[g->by_code[i - 1]], *q = &g->units[g->by_code[i]];
        /* one commune of old appears once for each unit it was divided among */
        bool divided = !in_force(p) && strcmp(p->ascii, q->ascii) == 0;
        if (strcmp(p->code, q->code) == 0 && in_force(p) == in_force(q) && !divided)
            return fail(why, ERR_INPUT, "code %s is given to both \"%s\" and \"%s\"; codes must be unique",
                        p->code, p->name, q->name);
    }
    return OK;
}

static size_t first_with(const struct gazetteer *g, struct str code)
{
    size_t from = 0, to = g->n_units;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (compare_spans(str_of(g->units[g->by_code[mid]].code), code) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

const struct place *places_by_code(const struct gazetteer *g, struct str code)
{
    size_t first = first_with(g, code);
    const struct place *p = first < g->n_units ? &g->units[g->by_code[first]] : NULL;
    return p && str_is(code, p->code) ? p : NULL; /* many communes in force kept the code of a former one */
}

size_t places_with_code(const struct gazetteer *g, struct str code, const uint16_t **units)
{
    size_t first = first_with(g, code), n = 0;
    *units = g->by_code + first;
    while (first + n < g->n_units && str_is(code, g->units[g->by_code[first + n]].code))
        n++;
    return n;
}
