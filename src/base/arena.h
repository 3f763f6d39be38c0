/* Memory for one request or one configuration snapshot, given back in one go.
 *
 * Never returns NULL: when the system has no memory the process aborts, which loses nothing that was
 * acknowledged. Memory is zeroed and aligned for any type. Not thread-safe; one owner.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena {
    struct arena_block *first, *now;
    size_t block_size;
};

void arena_init(struct arena *a, size_t block_size); /* allocates nothing yet; 0 means 64 KiB */
void *arena_alloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t count, size_t size); /* aborts on overflow */
char *arena_strdup(struct arena *a, struct str s);             /* NUL-terminated copy */
struct str arena_str(struct arena *a, struct str s);           /* the same as a span */
void arena_reset(struct arena *a);                             /* keeps the first block for reuse */
void arena_free(struct arena *a);

#endif
