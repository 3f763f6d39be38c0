#include "engine/internal.h"

#include <stdlib.h>

static size_t home(const struct idset *s, uint64_t id)
{
    return (size_t)(id * 0x9e3779b97f4a7c15u >> 20) & (s->cap - 1);
}

static size_t find(const struct idset *s, uint64_t id)
{
    size_t i = home(s, id);
    while (s->slots[i] && s->slots[i] != id)
        i = (i + 1) & (s->cap - 1);
    return i;
}

bool idset_has(const struct idset *s, uint64_t id)
{
    return s->cap && s->slots[find(s, id)] == id;
}

static void grow(struct idset *s)
{
    struct idset bigger = {.cap = s->cap ? 2 * s->cap : 64};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots)
        abort();
    for (size_t i = 0; i < s->cap; i++)
        if (s->slots[i])
            bigger.slots[find(&bigger, s->slots[i])] = s->slots[i];
    bigger.n = s->n;
    free(s->slots);
    *s = bigger;
}

void idset_add(struct idset *s, uint64_t id)
{
    if (2 * (s->n + 1) > s->cap)
        grow(s);
    size_t i = find(s, id);
    s->n += s->slots[i] == 0;
    s->slots[i] = id;
}

void idset_remove(struct idset *s, uint64_t id)
{
    if (!idset_has(s, id))
        return;
    size_t hole = find(s, id);
    s->slots[hole] = 0;
    s->n--;
    /* what follows in the run may have been pushed past the hole: put it back in its place */
    for (size_t i = (hole + 1) & (s->cap - 1); s->slots[i]; i = (i + 1) & (s->cap - 1)) {
        uint64_t moved = s->slots[i];
        s->slots[i] = 0;
        s->slots[find(s, moved)] = moved;
    }
}

void idset_free(struct idset *s)
{
    free(s->slots);
    *s = (struct idset){0};
}
