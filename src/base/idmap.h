/* Ids to small numbers, open addressing. 0 is never an id. Not thread-safe. Aborts without memory. */
#ifndef BASE_IDMAP_H
#define BASE_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap { /* all zero: empty */
    struct idmap_slot {
        uint64_t id;
        uint32_t value;
    } * slots;
    size_t cap, n;
};

/* The value kept for the id, or NULL; valid until the next put or remove. */
uint32_t *idmap_get(const struct idmap *m, uint64_t id);
void idmap_put(struct idmap *m, uint64_t id, uint32_t value); /* new, or instead of the old */
void idmap_remove(struct idmap *m, uint64_t id);
void idmap_free(struct idmap *m);

#endif
