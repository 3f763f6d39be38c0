/* A generator that is passed in, so that a run replays from its seed (ChaCha20 through libsodium; fit for
 * tokens when seeded from the system). Not thread-safe. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint8_t key[32];
    uint64_t block;
    uint8_t buf[64];
    size_t used; /* bytes of buf already given; 64: empty */
};

void rng_seed(struct rng *r, uint64_t seed); /* reproducible */
void rng_seed_system(struct rng *r);         /* from the system's generator */
void rng_bytes(struct rng *r, void *p, size_t n);
uint64_t rng_u64(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n); /* 0 .. n-1, unbiased; n > 0 */

/* A public id (referral, webhook): 13 characters of Crockford base32, lower case, for 64 bits. */
#define ID_TEXT 14
void id_text(uint64_t id, char out[ID_TEXT]);
#include "base/str.h"
bool id_parse(struct str s, uint64_t *out);
/* What others know something of ours by: its id behind the time it was made. Ids begin anew in a new store
 * and go back with a backup, and who knows repeats by them would drop what is none. */
#define ID_KEY (2 * ID_TEXT - 1)
void id_key(uint64_t id, int64_t made, char out[ID_KEY]);
/* The id in a key, and its time; or in an id alone, which keys were in earlier versions: the time is then 0.
 */
bool id_key_parse(struct str s, uint64_t *id, int64_t *made);

#endif
