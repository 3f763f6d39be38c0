#include "base/rng.h"

#include <sodium.h>
#include <string.h>

void rng_seed(struct rng *r, uint64_t seed)
{
    *r = (struct rng){.used = sizeof r->buf};
    memcpy(r->key, &seed, sizeof seed);
}

void rng_seed_system(struct rng *r)
{
    *r = (struct rng){.used = sizeof r->buf};
    randombytes_buf(r->key, sizeof r->key);
}

static void refill(struct rng *r)
{
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    memcpy(nonce, &r->block, sizeof nonce);
    r->block++;
    crypto_stream_chacha20(r->buf, sizeof r->buf, nonce, r->key);
    r->used = 0;
}

void rng_bytes(struct rng *r, void *p, size_t n)
{
    uint8_t *out = p;
    while (n) {
        if (r->used == sizeof r->buf)
            refill(r);
        size_t some = sizeof r->buf - r->used < n ? sizeof r->buf - r->used : n;
        memcpy(out, r->buf + r->used, some);
        r->used += some;
        out += some;
        n -= some;
    }
}

uint64_t rng_u64(struct rng *r)
{
    uint64_t v;
    rng_bytes(r, &v, sizeof v);
    return v;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % n, v;
    do
        v = rng_u64(r);
    while (v >= limit);
    return (uint32_t)(v % n);
}

static const char crockford[] = "0123456789abcdefghjkmnpqrstvwxyz";

void id_text(uint64_t id, char out[ID_TEXT])
{
    for (int i = ID_TEXT - 2; i >= 0; i--, id >>= 5)
        out[i] = crockford[id & 31];
    out[ID_TEXT - 1] = '\0';
}

bool id_parse(struct str s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n != ID_TEXT - 1)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        const char *d =
            s.s[i] ? strchr(crockford, s.s[i] | (s.s[i] >= 'A' && s.s[i] <= 'Z' ? 0x20 : 0)) : NULL;
        if (!d || (i == 0 && d - crockford > 15))
            return false;
        v = v << 5 | (uint64_t)(d - crockford);
    }
    *out = v;
    return true;
}

void id_key(uint64_t id, int64_t made, char out[ID_KEY])
{
    id_text((uint64_t)made, out);
    id_text(id, out + ID_TEXT - 1);
}

bool id_key_parse(struct str s, uint64_t *id, int64_t *made)
{
    uint64_t at = 0;
    *made = 0;
    if (s.n != ID_KEY - 1)
        return id_parse(s, id);
    if (!id_parse((struct str){s.s, ID_TEXT - 1}, &at) || at > INT64_MAX)
        return false;
    *made = (int64_t)at;
    return id_parse((struct str){s.s + ID_TEXT - 1, ID_TEXT - 1}, id);
}
