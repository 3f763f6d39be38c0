/* The text room by tables. */
#include "text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void folding(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"Cứu Chiềng Sơn", "cuu chieng son"},
        {"  ĐÀ  Bắc!! ", "da bac"},
        {"MỘC-CHÂU", "moc chau"},
        {"C\xcc\x81u\xcc\x9b", "cu"},
        {"\xff\xfe"
         "a",
         "a"},
        {"ＡＢＣ１", "abc1"},
        {"SOS!!!", "sos"},
        {"", ""},
        {"😀 cuu 😀", "cuu"},
        {"Ước ơn ưỡn", "uoc on uon"},
        {"привет a", "a"},
    };
    char out[128];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_fold(str_of(cases[i].in), out, sizeof out);
        assert_string_equal(out, cases[i].out);
    }
    assert_int_equal(text_fold(STR("abcdef"), out, 4), 3);
    text_unaccent(STR("Đây là: Cứu!"), out, sizeof out);
    assert_string_equal(out, "Day la: Cuu!");
}

static void charsets(void **state)
{
    (void)state;
    char buf[64];
    struct out o;
    out_init(&o, buf, sizeof buf);
    assert_true(text_decode(CHARSET_UTF16BE, (struct str){"\0C\x1e\xe9\0u", 6}, &o));
    assert_string_equal(buf, "Cứu");
    out_init(&o, buf, sizeof buf);
    assert_true(text_decode(CHARSET_UTF16BE, (struct str){"\xd8\x3d\xde\x00", 4}, &o));
    assert_string_equal(buf, "😀");
    static const struct {
        enum text_charset cs;
        struct str in;
    } bad[] = {{CHARSET_UTF16BE, {"\0C\0", 3}},       {CHARSET_UTF16BE, {"\xd8\x3d", 2}},
               {CHARSET_UTF16BE, {"\xde\x00", 2}},    {CHARSET_UTF16BE, {"\0\0", 2}},
               {CHARSET_UTF16BE, {"\xd8\x3d\0a", 4}}, {CHARSET_UTF8, {"\xc3", 1}},
               {CHARSET_UTF8, {"a\0b", 3}},           {CHARSET_GSM7, {"\x80", 1}}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        out_init(&o, buf, sizeof buf);
        assert_false(text_decode(bad[i].cs, bad[i].in, &o));
    }
    char septets[64];
    struct out s;
    out_init(&s, septets, sizeof septets);
    assert_true(text_encode(CHARSET_GSM7, STR("a€[@"), &s));
    assert_int_equal(s.len, 6);
    out_init(&o, buf, sizeof buf);
    assert_true(text_decode(CHARSET_GSM7, out_span(&s), &o));
    assert_string_equal(buf, "a€[@");
    out_init(&s, septets, sizeof septets);
    assert_false(text_encode(CHARSET_GSM7, STR("ứ"), &s));
    out_init(&s, septets, sizeof septets);
    assert_true(text_encode(CHARSET_UTF16BE, STR("😀"), &s));
    assert_memory_equal(septets, "\xd8\x3d\xde\x00", 4);
}

static void sizes(void **state)
{
    (void)state;
    static char many[400];
    memset(many, 'a', sizeof many);
    static const struct {
        size_t n;
        unsigned segments;
    } gsm[] = {{0, 1}, {160, 1}, {161, 2}, {306, 2}, {307, 3}};
    for (size_t i = 0; i < sizeof gsm / sizeof gsm[0]; i++) {
        struct text_size z = text_size((struct str){many, gsm[i].n});
        assert_int_equal(z.coding, CODING_GSM7);
        assert_int_equal(z.segments, gsm[i].segments);
    }
    struct text_size z = text_size(STR("[€]"));
    assert_int_equal(z.units, 6);
    z = text_size(STR("ứ😀"));
    assert_int_equal(z.coding, CODING_UCS2);
    assert_int_equal(z.units, 3);
    assert_true(str_is(text_cut(STR("aứb"), 2), "a"));
    assert_true(str_is(text_cut(STR("aứb"), 4), "aứ"));
    assert_true(str_is(text_cut(STR("ab"), 4), "ab"));
}

/* A character of two septets does not stand in two parts: 152 letters and a bracket take 154. */
static void what_takes_two_is_not_divided(void **state)
{
    char text[400];
    (void)state;
    for (int i = 0; i < 306; i++)
        text[i] = 'a';
    assert_int_equal(text_size((struct str){text, 306}).segments, 2);
    text[152] = '[';
    assert_int_equal(text_size((struct str){text, 305}).units, 306);
    assert_int_equal(text_size((struct str){text, 305}).segments, 3);
    text[152] = 'a';
    text[151] = '[';
    assert_int_equal(text_size((struct str){text, 305}).segments, 2);
}

static void heads(void **state)
{
    char many[400], accents[400] = "";
    (void)state;
    memset(many, 'a', sizeof many);
    assert_int_equal(text_head((struct str){many, 160}, 1).n, 160);
    assert_int_equal(text_head((struct str){many, 161}, 1).n, 160);
    assert_int_equal(text_head((struct str){many, 400}, 2).n, 306);
    many[150] = ' ';
    assert_int_equal(text_head((struct str){many, 161}, 1).n,
                     151); /* the blank goes with what is before it */
    many[150] = 'a';
    many[20] = ' ';
    assert_int_equal(text_head((struct str){many, 161}, 1).n,
                     160); /* too far back: a word that long is none */
    many[160] = ' ';
    assert_int_equal(text_head((struct str){many, 200}, 1).n, 160);
    for (int i = 0; i < 80; i++)
        strcat(accents, "ạ");
    assert_int_equal(text_head(str_of(accents), 1).n, 70 * strlen("ạ"));
    assert_int_equal(text_head(STR(""), 1).n, 0);
}

static void national_numbers(void **state)
{
    static const struct {
        const char *number, *national;
    } cases[] = {{"+84912345678", "912345678"},    {"+12067791234", "2067791234"},
                 {"+250788383383", "788383383"},   {"+79161234567", "9161234567"},
                 {"+8562055512345", "2055512345"}, {"+4915112345678", "15112345678"},
                 {"0912345678", "0912345678"},     {"+1", "+1"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(str_is(text_national(str_of(cases[i].number)), cases[i].national));
}

static void plain_signs(void **state)
{
    char out[64];
    (void)state;
    text_plain_signs(STR("“Xin” – ‘chào’… a\xc2\xa0"
                         "b"),
                     out, sizeof out);
    assert_string_equal(out, "\"Xin\" - 'chào'... a b");
    text_plain_signs(STR("\xff“"), out, sizeof out);
    assert_string_equal(out, "\xff\"");
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"0912345678", "+84912345678"},
        {"+84 912-345.678", "+84912345678"},
        {"0084912345678", "+84912345678"},
        {"84912345678", "+84912345678"},
        {"912345678", "+84912345678"},
        {"+254711082300", "+254711082300"},
        {"", NULL},
        {"+", NULL},
        {"abc", NULL},
        {"+1234567890123456", NULL},
        {"123", NULL},
        {"+0912345678", NULL},
        {"0912345678x", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[MSISDN_MAX];
        assert_int_equal(text_msisdn(str_of(cases[i].in), "84", out), cases[i].out != NULL);
        if (cases[i].out)
            assert_string_equal(out, cases[i].out);
    }
    static char million[1000000];
    char out[MSISDN_MAX];
    memset(million, '9', sizeof million);
    assert_false(text_msisdn((struct str){million, sizeof million}, "84", out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding),     cmocka_unit_test(charsets),
        cmocka_unit_test(sizes),       cmocka_unit_test(what_takes_two_is_not_divided),
        cmocka_unit_test(heads),       cmocka_unit_test(national_numbers),
        cmocka_unit_test(plain_signs), cmocka_unit_test(numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
