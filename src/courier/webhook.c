/* Standard Webhooks: HMAC-SHA256 over "id.timestamp.body", https://www.standardwebhooks.com */
#include "courier/courier.h"

#include <sodium.h>
#include <string.h>

bool webhook_key(struct str secret, uint8_t *key, size_t cap, size_t *n)
{
    static const char prefix[] = "whsec_";
    if (!str_starts(secret, prefix)) {
        if (!secret.n || secret.n > cap)
            return false;
        memcpy(key, secret.s, secret.n);
        *n = secret.n;
        return true;
    }
    return sodium_base642bin(key, cap, secret.s + sizeof prefix - 1, secret.n - (sizeof prefix - 1), NULL, n,
                             NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           *n >= 24;
}

static void mac(const uint8_t *key, size_t key_n, struct str id, struct str stamp, struct str body,
                uint8_t out[crypto_auth_hmacsha256_BYTES])
{
    crypto_auth_hmacsha256_state h;
    crypto_auth_hmacsha256_init(&h, key, key_n);
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)id.s, id.n);
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)".", 1);
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)stamp.s, stamp.n);
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)".", 1);
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)body.s, body.n);
    crypto_auth_hmacsha256_final(&h, out);
}

void webhook_sign(const uint8_t *key, size_t key_n, struct str id, int64_t unix_seconds, struct str body,
                  char *out, size_t cap)
{
    uint8_t sum[crypto_auth_hmacsha256_BYTES];
    char stamp[24];
    struct out s, o;
    out_init(&s, stamp, sizeof stamp);
    out_printf(&s, "%lld", (long long)unix_seconds);
    mac(key, key_n, id, out_span(&s), body, sum);
    out_init(&o, out, cap);
    out_cstr(&o, "v1,");
    out_base64(&o, sum, sizeof sum);
}

bool webhook_verify(const uint8_t *key, size_t key_n, struct str id, struct str stamp, struct str body,
                    struct str header, int64_t now_s, int64_t tolerance_s)
{
    uint8_t want[crypto_auth_hmacsha256_BYTES], got[64];
    uint64_t at;
    bool good = false;
    size_t n;
    if (!str_to_u64(stamp, INT64_MAX, &at) || (int64_t)at > now_s + tolerance_s ||
        (int64_t)at < now_s - tolerance_s)
        return false;
    mac(key, key_n, id, stamp, body, want);
    while (header.n) {
        struct str one = str_split(&header, ' ');
        if (str_starts(one, "v1,") &&
            sodium_base642bin(got, sizeof got, one.s + 3, one.n - 3, NULL, &n, NULL,
                              sodium_base64_VARIANT_ORIGINAL) == 0 &&
            n == sizeof want && sodium_memcmp(got, want, n) == 0)
            good = true;
    }
    return good;
}
