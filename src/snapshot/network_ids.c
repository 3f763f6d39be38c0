/* Ids and codes of a network, thousands of them, each looked up by name. */
#include "snapshot/network.h"

#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
    const struct id_entry *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}

void ids_add(struct ids *ids, const char *id)
{
    ids->items[ids->n] = (struct id_entry){id, (uint32_t)ids->n};
    ids->n++;
}

void ids_sort(struct ids *ids)
{
    if (ids->n)
        qsort(ids->items, ids->n, sizeof *ids->items, by_id);
}

struct ids ids_of_communes(const struct gazetteer *g, struct arena *a)
{
    size_t n = places_communes(g);
    struct ids ids = {.items = arena_array(a, n + 1, sizeof *ids.items)};
    for (size_t i = 0; i < n; i++)
        ids_add(&ids, places_commune(g, i)->code);
    ids_sort(&ids);
    return ids;
}

int ids_find(const struct ids *ids, const char *id)
{
    size_t low = 0, high = ids->n;
    while (low < high) { /* the first of equal ones */
        size_t mid = (low + high) / 2;
        if (strcmp(ids->items[mid].id, id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < ids->n && strcmp(ids->items[low].id, id) == 0 ? (int)ids->items[low].index : -1;
}

const char *ids_nearest(const struct ids *ids, const char *id, struct arena *a)
{
    const char **names = arena_array(a, ids->n + 1, sizeof *names);
    for (size_t i = 0; i < ids->n; i++)
        names[i] = ids->items[i].id;
    return cfg_nearest(id, names, ids->n);
}
