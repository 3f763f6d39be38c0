/* Digests, signatures and how they are written. HMAC-SHA-1 and MD5, which some aggregators still ask for, are
 * not in libsodium: they come from OpenSSL's libcrypto. */
#include "aggregator/internal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const EVP_MD *method(enum algorithm how)
{
    switch (how) {
    case ALGORITHM_SHA1:
        return EVP_sha1();
    case ALGORITHM_SHA512:
        return EVP_sha512();
    case ALGORITHM_MD5:
        return EVP_md5();
    case ALGORITHM_SHA256:
    case ALGORITHM_PLAIN:
        break;
    }
    return EVP_sha256();
}

size_t digest(enum algorithm how, struct str over, uint8_t out[DIGEST_MAX])
{
    unsigned n = 0;
    if (!EVP_Digest(over.n ? over.s : "", over.n, out, &n, method(how), NULL))
        abort(); /* only without memory, or in a libcrypto without the method */
    return n;
}

size_t hmac(enum algorithm how, struct str key, struct str over, uint8_t out[DIGEST_MAX])
{
    unsigned n = 0;
    if (how & ALGORITHM_PLAIN)
        return digest((enum algorithm)(how & ~ALGORITHM_PLAIN), over, out);
    if (!HMAC(method(how), key.n ? key.s : "", (int)key.n, (const uint8_t *)(over.n ? over.s : ""), over.n,
              out, &n))
        abort();
    return n;
}

struct str encoded(enum encoding how, const void *p, size_t n, struct arena *a)
{
    size_t room = how == ENCODING_HEX ? 2 * n + 1 : (n + 2) / 3 * 4 + 2;
    char *to = arena_alloc(a, room);
    struct out o;
    if (how == ENCODING_BASE64URL) {
        sodium_bin2base64(to, room, p, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        return str_of(to);
    }
    out_init(&o, to, room);
    if (how == ENCODING_HEX)
        out_hex(&o, p, n);
    else
        out_base64(&o, p, n);
    return out_span(&o);
}

static bool from_base64(struct str in, int variant, struct arena *a, struct str *out)
{
    size_t room = in.n / 4 * 3 + 4, n = 0;
    char *to = arena_alloc(a, room);
    while (variant == sodium_base64_VARIANT_URLSAFE_NO_PADDING && in.n && in.s[in.n - 1] == '=')
        in.n--;
    if (sodium_base642bin((uint8_t *)to, room, in.s, in.n, NULL, &n, NULL, variant) != 0)
        return false;
    *out = (struct str){to, n};
    return true;
}

/* A text that is nothing but base64 of a longer text: some aggregators send those with signs outside ASCII
 * so. The end of it may be cut in the middle of a character. */
static struct str maybe_base64(struct str in, struct arena *a)
{
    enum { SHORTEST = 60 };
    struct str plain;
    if (in.n < SHORTEST || in.n % 4 || !from_base64(in, sodium_base64_VARIANT_ORIGINAL, a, &plain))
        return in;
    for (int cut = 0; cut < 4 && plain.n; cut++, plain.n--)
        if (text_utf8_valid(plain) && !memchr(plain.s, 0, plain.n))
            return plain;
    return in;
}

bool decoded_from(enum encoding how, struct str in, struct arena *a, struct str *out)
{
    size_t n = 0;
    *out = in;
    switch (how) {
    case ENCODING_PLAIN:
        return true;
    case ENCODING_HEX:
        *out = (struct str){arena_alloc(a, in.n / 2 + 1), 0};
        if (!hex_decode(in, (uint8_t *)(uintptr_t)out->s, in.n / 2, &n))
            return false;
        out->n = n;
        return true;
    case ENCODING_BASE64:
        return from_base64(in, sodium_base64_VARIANT_ORIGINAL, a, out);
    case ENCODING_BASE64URL:
        return from_base64(in, sodium_base64_VARIANT_URLSAFE_NO_PADDING, a, out);
    case ENCODING_PERCENT:
        return percent_decode(in, true, a, out);
    case ENCODING_MAYBE_BASE64:
        *out = maybe_base64(in, a);
        return true;
    }
    return false;
}
