/* Standard Webhooks signatures against values that another program computed, and keys that must be refused.
 *
 * Each signature was made with OpenSSL 3.0 on the command line, KEYHEX being the raw key:
 *   printf '%s' 'ID.SECONDS.BODY' | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEYHEX -binary | base64
 * with KEYHEX from  printf '%s' BASE64 | base64 -d | xxd -p -c 99  for whsec_BASE64.
 */
#include "courier/courier.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NEW "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" /* 31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0 */
#define OLD "a plain secret of an older system"
/* 64 bytes of ff */
#define LONG "whsec_/////////////////////////////////////////////////////////////////////////////////////w=="

static const struct {
    const char *secret, *id;
    int64_t at;
    const char *body, *signature;
} signed_elsewhere[] = {
    /* the specification's own example; OpenSSL agrees */
    {NEW, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}",
     "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    {OLD, "msg_0000000000001", 1764039845, "{\"type\":\"referral.offered\"}",
     "v1,d+xoUp4LyDNfg+Ex5A3QV+lSso0Q9+NJEaobjUxg/5s="},
    {NEW, "msg_empty", 1764039845, "", "v1,jfqTaJwOY2+MHI9Ke5aN7zyfW/in9ZcIVs/iOV6ZdVk="},
    {LONG, "msg_vi", 1764039845, "{\"name\":\"Chiềng Sơn\"}",
     "v1,w3Ysc9UhmrFaPtuPkNcNUNXeexLZ/GaEBjgSLJdIcfg="},
};
enum { SIGNED = sizeof signed_elsewhere / sizeof signed_elsewhere[0] };

struct key {
    uint8_t bytes[64];
    size_t n;
};

static struct key key_of(const char *secret)
{
    struct key k;
    assert_true(webhook_key(str_of(secret), k.bytes, sizeof k.bytes, &k.n));
    return k;
}

static void signatures_are_those_of_others(void **state)
{
    (void)state;
    for (int i = 0; i < SIGNED; i++) {
        struct key k = key_of(signed_elsewhere[i].secret);
        char got[64];
        webhook_sign(k.bytes, k.n, str_of(signed_elsewhere[i].id), signed_elsewhere[i].at,
                     str_of(signed_elsewhere[i].body), got, sizeof got);
        assert_string_equal(got, signed_elsewhere[i].signature);
    }
}

/* One request of the first line above, with one thing changed by each test. */
struct seen {
    const char *secret, *id, *stamp, *body, *header;
    int64_t now;
};
static const struct seen example = {NEW,
                                    "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                    "1614265330",
                                    "{\"test\": 2432232314}",
                                    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                                    1614265330};

static bool verified(struct seen s)
{
    struct key k = key_of(s.secret);
    return webhook_verify(k.bytes, k.n, str_of(s.id), str_of(s.stamp), str_of(s.body), str_of(s.header),
                          s.now, 300);
}

static void good_ones_are_verified(void **state)
{
    struct seen s = example;
    (void)state;
    assert_true(verified(s));
    /* a key that is being exchanged signs beside the old one; other schemes are passed over */
    s.header = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= v1a,zzzz "
               "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert_true(verified(s));
    s = example;
    s.now += 300;
    assert_true(verified(s));
    s.now = example.now - 300;
    assert_true(verified(s));
}

static void changed_ones_are_refused(void **state)
{
    struct seen wrong[] = {example, example, example, example, example, example, example};
    (void)state;
    wrong[0].secret = OLD;
    wrong[1].id = "msg_p5jXN8AQM9LWM0D4loKWxJeK";
    wrong[2].stamp = "1614265331";
    wrong[3].stamp = "01614265330"; /* the same moment, but not what was signed */
    wrong[4].body = "{\"test\": 2432232315}";
    wrong[5].now += 301;
    wrong[6].now -= 301;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(verified(wrong[i]));
}

static void broken_headers_are_refused(void **state)
{
    static const char *const headers[] = {
        "",
        "v1,",
        "v1",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",  /* padding is part of it */
        "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=", /* the other alphabet */
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1A==", /* 31 bytes of it */
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    static const char *const stamps[] = {
        "", "-1614265330", "1614265330.0", " 1614265330", "9223372036854775808", "99999999999999999999999"};
    struct seen s = example;
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        s.header = headers[i];
        assert_false(verified(s));
    }
    s = example;
    for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
        s.stamp = stamps[i];
        assert_false(verified(s));
    }
}

static void keys_are_read(void **state)
{
    static const uint8_t raw[] = {0x31, 0xf2, 0x90, 0xf6, 0xbf, 0x06, 0x29, 0x8a, 0xab, 0x4f, 0x08, 0xd4,
                                  0x3c, 0x3f, 0x08, 0x2c, 0xf6, 0x48, 0xa3, 0x62, 0xda, 0x2d, 0xa4, 0xb0};
    struct key k = key_of(NEW);
    (void)state;
    assert_int_equal(k.n, sizeof raw);
    assert_memory_equal(k.bytes, raw, sizeof raw);
    k = key_of(OLD);
    assert_int_equal(k.n, sizeof OLD - 1);
    assert_memory_equal(k.bytes, OLD, sizeof OLD - 1);
    assert_int_equal(key_of(LONG).n, 64);
}

/* The specification asks for 24 to 64 bytes. */
static void bad_keys_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "whsec_",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ=",       /* 23 bytes */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",        /* cut off */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=",      /* padding too much */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa_w",       /* the other alphabet */
        "whsec_MfKQ9r8GKYqr TwjUPD8ILPZIo2LaLaSw",      /* a blank inside */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",     /* a line end */
        "whsec_whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", /* pasted twice */
        "whsec_"                                        /* 66 bytes */
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZI",
        "a raw secret that is longer than the sixty-four bytes there is room for",
    };
    struct key k;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (webhook_key(str_of(bad[i]), k.bytes, sizeof k.bytes, &k.n))
            fail_msg("taken: \"%s\"", bad[i]);
}

static int setup(void **state)
{
    (void)state;
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_of_others),
        cmocka_unit_test(good_ones_are_verified),
        cmocka_unit_test(changed_ones_are_refused),
        cmocka_unit_test(broken_headers_are_refused),
        cmocka_unit_test(keys_are_read),
        cmocka_unit_test(bad_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
