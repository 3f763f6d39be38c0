/* The base room: spans, numbers, time, ids, arena. */
#include "base/arena.h"
#include "base/idmap.h"
#include "base/rng.h"
#include "base/timeutil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        uint64_t max;
        bool ok;
        uint64_t out;
    } cases[] = {
        {"0", 10, true, 0},
        {"10", 10, true, 10},
        {"11", 10, false, 0},
        {"", 10, false, 0},
        {"-1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"9", 5, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t v = 0;
        assert_int_equal(str_to_u64(str_of(cases[i].in), cases[i].max, &v), cases[i].ok);
        if (cases[i].ok)
            assert_true(v == cases[i].out);
    }
}

static void spans(void **state)
{
    (void)state;
    struct str rest = STR("a,,b");
    assert_true(str_is(str_split(&rest, ','), "a"));
    assert_true(str_is(str_split(&rest, ','), ""));
    assert_true(str_is(str_split(&rest, ','), "b"));
    assert_int_equal(rest.n, 0);
    assert_true(str_is(str_trim(STR(" \t x \n")), "x"));
    char small[4];
    assert_false(str_copy(STR("abcd"), small, sizeof small));
    assert_false(str_copy((struct str){"a\0b", 3}, small, sizeof small));
    assert_true(str_copy(STR("abc"), small, sizeof small));
    struct out o;
    out_init(&o, small, sizeof small);
    out_cstr(&o, "abcdef");
    assert_true(o.overflow);
    assert_string_equal(small, "abc");
    char text[64];
    out_init(&o, text, sizeof text);
    out_base64(&o, "fo", 2);
    assert_string_equal(text, "Zm8=");
    uint8_t bytes[4];
    size_t n;
    assert_true(hex_decode(STR("00fFa0"), bytes, sizeof bytes, &n));
    assert_int_equal(n, 3);
    assert_int_equal(bytes[1], 0xff);
    assert_false(hex_decode(STR("0"), bytes, sizeof bytes, &n));
    assert_false(hex_decode(STR("0011223344"), bytes, sizeof bytes, &n));
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool ok;
        msec at;
    } cases[] = {
        {"1970-01-01T00:00:00Z", true, 0},
        {"2026-11-25T03:04:05Z", true, 1795575845000},
        {"2026-11-25 10:04:05+07:00", true, 1795575845000},
        {"2024-02-29T00:00:00.25Z", true, 1709164800250},
        {"2023-02-29T00:00:00Z", false, 0},
        {"2026-11-25T03:04", false, 0},
        {"2026-13-25T03:04:05Z", false, 0},
        {"2026-11-25T03:04:05", false, 0},
        {"2026-11-25T03:04:05Zx", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        msec at = -1;
        assert_int_equal(time_parse_rfc3339(str_of(cases[i].in), &at), cases[i].ok);
        if (cases[i].ok)
            assert_int_equal(at, cases[i].at);
    }
    char text[32];
    time_rfc3339(1795575845000, 420, text, sizeof text);
    assert_string_equal(text, "2026-11-25T10:04:05+07:00");
    struct rng r;
    rng_seed(&r, 7);
    for (int i = 0; i < 20000; i++) { /* there and back, for any second until 2600 */
        msec at = (msec)(rng_u64(&r) % 19880899200ull) * 1000;
        struct civil c = civil_of(at, -570);
        assert_int_equal(civil_to_ms(&c, -570), at);
        assert_int_equal(c.weekday, (int)(((at / 1000 - 570 * 60) / 86400 + 3) % 7 + 7) % 7);
    }
}

static void ids(void **state)
{
    (void)state;
    struct rng a, b;
    rng_seed(&a, 42);
    rng_seed(&b, 42);
    for (int i = 0; i < 1000; i++) {
        uint64_t id = rng_u64(&a), back;
        assert_true(id == rng_u64(&b));
        char text[ID_TEXT];
        id_text(id, text);
        assert_true(id_parse(str_of(text), &back));
        assert_true(id == back);
        assert_true(rng_below(&a, 10) < 10);
        rng_below(&b, 10);
    }
    uint64_t v;
    assert_false(id_parse(STR("zzzzzzzzzzzzz"), &v)); /* over 64 bits */
    assert_false(id_parse(STR("short"), &v));
    char key[ID_KEY];
    id_key(77, 1764039845000, key);
    int64_t made;
    assert_true(id_key_parse(str_of(key), &v, &made) && v == 77 && made == 1764039845000);
    id_text(78, key);
    assert_true(id_key_parse(str_of(key), &v, &made) && v == 78 && made == 0);
    assert_false(id_key_parse(STR("0123456789abc-0000000000001"), &v, &made));
    assert_false(id_key_parse(STR("fzzzzzzzzzzzz0000000000001"), &v, &made)); /* before all time */
    assert_false(id_parse(STR("0000000000-00"), &v));
}

static void arenas(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 128);
    for (int round = 0; round < 3; round++) {
        for (size_t n = 1; n < 1000; n += 37) {
            char *p = arena_alloc(&a, n);
            assert_int_equal((uintptr_t)p % 16, 0);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xff, n);
        }
        arena_reset(&a);
    }
    assert_string_equal(arena_strdup(&a, STR("xy")), "xy");
    arena_free(&a);
}

/* Against a plain table, with ids that collide and removals in the middle of a run. */
static void id_maps(void **state)
{
    (void)state;
    enum { IDS = 300 };
    struct idmap m = {0};
    uint32_t want[IDS] = {0};
    struct rng r;
    rng_seed(&r, 7);
    assert_null(idmap_get(&m, 1));
    for (int step = 0; step < 20000; step++) {
        uint32_t i = rng_below(&r, IDS);
        uint64_t id = (uint64_t)(i + 1) << 20;
        if (rng_below(&r, 3)) {
            want[i] = (uint32_t)step + 1;
            idmap_put(&m, id, want[i]);
        } else {
            want[i] = 0;
            idmap_remove(&m, id);
        }
    }
    size_t n = 0;
    for (uint32_t i = 0; i < IDS; i++) {
        const uint32_t *got = idmap_get(&m, (uint64_t)(i + 1) << 20);
        assert_int_equal(got ? *got : 0, want[i]);
        n += want[i] != 0;
    }
    assert_int_equal(m.n, n);
    idmap_free(&m);
}

/* As the definition has it, a byte at a time. */
static void expected_json(const char *s, size_t n, char *to)
{
    *to++ = '"';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < 0x20)
            to += sprintf(to, "\\u%04x", (unsigned)s[i]);
        else if (s[i] == '"' || s[i] == '\\')
            to += sprintf(to, "\\%c", s[i]);
        else
            *to++ = s[i];
    strcpy(to, "\"");
}

/* Every byte at every place of a text of every length up to a few steps of what reads it. */
static void json_strings(void **state)
{
    enum { MOST = 27 };
    char text[MOST], got[8 * MOST], want[8 * MOST];
    struct out o;
    (void)state;
    for (size_t n = 0; n <= MOST; n++)
        for (size_t at = 0; at < (n ? n : 1); at++)
            for (int byte = 0; byte < 256; byte++) {
                memset(text, byte % 3 ? '!' : 0xe1, sizeof text);
                text[at] = (char)byte;
                out_init(&o, got, sizeof got);
                out_json(&o, (struct str){text, n});
                expected_json(text, n, want);
                assert_string_equal(got, want);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(json_strings), cmocka_unit_test(spans),
        cmocka_unit_test(times),   cmocka_unit_test(ids),          cmocka_unit_test(arenas),
        cmocka_unit_test(id_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
