#include "base/idmap.h"

#include <stdlib.h>

static size_t find(const struct idmap *m, uint64_t id)
{
    size_t i = (size_t)(id * 0x9e3779b97f4a7c15u >> 20) & (m->cap - 1);
    while (m->slots[i].id && m->slots[i].id != id)
        i = (i + 1) & (m->cap - 1);
    return i;
}

uint32_t *idmap_get(const struct idmap *m, uint64_t id)
{
    struct idmap_slot *s = m->cap ? &m->slots[find(m, id)] : NULL;
    return s && s->id ? &s->value : NULL;
}

static void grow(struct idmap *m)
{
    struct idmap bigger = {.cap = m->cap ? 2 * m->cap : 64, .n = m->n};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots)
        abort();
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].id)
            bigger.slots[find(&bigger, m->slots[i].id)] = m->slots[i];
    free(m->slots);
    *m = bigger;
}

void idmap_put(struct idmap *m, uint64_t id, uint32_t value)
{
    if (2 * (m->n + 1) > m->cap)
        grow(m);
    struct idmap_slot *s = &m->slots[find(m, id)];
    m->n += s->id == 0;
    *s = (struct idmap_slot){id, value};
}

void idmap_remove(struct idmap *m, uint64_t id)
{
    if (!idmap_get(m, id))
        return;
    size_t hole = find(m, id);
    m->slots[hole].id = 0;
    m->n--;
    /* what follows in the run may have been pushed past the hole: put it back in its place */
    for (size_t i = (hole + 1) & (m->cap - 1); m->slots[i].id; i = (i + 1) & (m->cap - 1)) {
        struct idmap_slot moved = m->slots[i];
        m->slots[i].id = 0;
        m->slots[find(m, moved.id)] = moved;
    }
}

void idmap_free(struct idmap *m)
{
    free(m->slots);
    *m = (struct idmap){0};
}
