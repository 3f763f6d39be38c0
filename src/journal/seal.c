#include "journal/internal.h"

#include <string.h>

void keys_derive(struct keys *k, const uint8_t master[JOURNAL_KEY])
{
    static const char context[crypto_kdf_CONTEXTBYTES + 1] = "hotlined";
    crypto_kdf_derive_from_key(k->wrap, sizeof k->wrap, 1, context, master);
    crypto_kdf_derive_from_key(k->look, sizeof k->look, 2, context, master);
    crypto_kdf_derive_from_key(k->store, sizeof k->store, 3, context, master);
    randombytes_buf(k->nonce.drawn, sizeof k->nonce.drawn);
    k->nonce.count = 0;
}

size_t seal(struct keys *k, const uint8_t key[32], uint64_t what, uint64_t id, struct str plain, uint8_t *out)
{
    enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
    const uint64_t bound[2] = {what, id};
    unsigned long long n = 0;
    _Static_assert(sizeof k->nonce == NONCE, "a nonce of another size");
    k->nonce.count++;
    memcpy(out, &k->nonce, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, &n, (const uint8_t *)plain.s, plain.n,
                                               (const uint8_t *)bound, sizeof bound, NULL, out, key);
    return NONCE + (size_t)n;
}

bool unseal(const uint8_t key[32], uint64_t what, uint64_t id, struct str sealed, uint8_t *out, size_t *n)
{
    enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
    const uint64_t bound[2] = {what, id};
    const uint8_t *in = (const uint8_t *)sealed.s;
    unsigned long long size = 0;
    if (sealed.n < SEAL_EXTRA ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(out, &size, NULL, in + NONCE, sealed.n - NONCE,
                                                   (const uint8_t *)bound, sizeof bound, in, key) != 0)
        return false;
    *n = (size_t)size;
    return true;
}

void keyed_hash(const struct keys *k, struct str s, uint8_t out[HASH])
{
    crypto_generichash(out, HASH, (const uint8_t *)s.s, s.n, k->look, sizeof k->look);
}
