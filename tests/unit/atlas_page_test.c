/* The page with a map: what is put into it stays data, and nothing else gets in. */
#include "atlas/atlas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define OUTLINES "{\"type\":\"FeatureCollection\",\"features\":[]}"
#define FEATURES(list) "{\"type\":\"FeatureCollection\",\"features\":[" list "]}"
#define SHAPE(type, at)                                                                                      \
    FEATURES("{\"id\":\"03646\",\"geometry\":{\"type\":\"" type "\",\"coordinates\":" at "}}")
#define NAMED(name) "{\"kind\":\"coverage\",\"name\":\"" name "\"}"

/* Of malloc. */
static char *page_of(struct str data, struct str outlines)
{
    char *page = NULL;
    size_t n = 0;
    struct failure why;
    FILE *f = open_memstream(&page, &n);
    assert_non_null(f);
    assert_int_equal(atlas_write(f, data, outlines, &why), OK);
    fclose(f);
    assert_int_equal(strlen(page), n);
    return page;
}

static size_t count(const char *in, const char *what)
{
    size_t n = 0;
    for (const char *p = in; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

/* The text of the script with this id. */
static char *script(const char *page, const char *id)
{
    char open[64];
    snprintf(open, sizeof open, "id=\"%s\">", id);
    const char *begin = strstr(page, open);
    assert_non_null(begin);
    begin += strlen(open);
    return strndup(begin, (size_t)(strstr(begin, "</script>") - begin));
}

static void a_name_cannot_leave_its_string(void **state)
{
    static const struct {
        const char *data, *want;
    } cases[] = {
        {NAMED("Chiềng Sơn"), NAMED("Chiềng Sơn")},
        {NAMED("</script><script>alert(1)</script>"),
         NAMED("\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\\u003c/script\\u003e")},
        {NAMED("<!--"), NAMED("\\u003c!--")},
        {NAMED("a & b"), NAMED("a \\u0026 b")},
        {NAMED("one\xe2\x80\xa8two\xe2\x80\xa9three"), NAMED("one\\u2028two\\u2029three")},
        {NAMED("a \xe2\x80\x93 b"), NAMED("a \xe2\x80\x93 b")},
        {NAMED("at the end \xe2\x80"), NAMED("at the end \xe2\x80")},
        {NAMED("@@js@@"), NAMED("@@js@@")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *page = page_of(str_of(cases[i].data), STR(OUTLINES)), *got = script(page, "data");
        assert_string_equal(got, cases[i].want);
        assert_int_equal(count(page, "<script"), 4);
        assert_int_equal(count(page, "</script"), 4);
        free(got);
        free(page);
    }
}

static void outlines_are_escaped_too_and_may_be_missing(void **state)
{
    (void)state;
    char *page = page_of(STR(NAMED("x")),
                         STR("{\"type\":\"FeatureCollection\",\"features\":[],\"name\":\"</script>\"}"));
    char *got = script(page, "outlines");
    assert_non_null(strstr(got, "\\u003c/script\\u003e"));
    free(got);
    free(page);
    page = page_of(STR(NAMED("x")), (struct str){NULL, 0});
    got = script(page, "outlines");
    assert_string_equal(got, "null");
    free(got);
    free(page);
}

static void everything_is_in_it_and_it_asks_for_nothing(void **state)
{
    (void)state;
    char *page = page_of(STR(NAMED("x")), STR(OUTLINES));
    assert_null(strstr(page, "@@"));
    assert_null(strstr(page, "<script src"));
    assert_null(strstr(page, "sourceMappingURL"));
    assert_null(strstr(page, "url(images"));
    assert_non_null(strstr(page, "default-src 'none'"));
    assert_int_equal(count(page, "'sha256-"), 4);
    assert_non_null(strstr(page, "Vladimir Agafonkin"));
    assert_non_null(strstr(page, "L.geoJSON"));
    free(page);
}

static void what_is_none_is_refused_and_nothing_is_written(void **state)
{
    static const struct {
        const char *data, *outlines, *why;
    } cases[] = {
        {"", OUTLINES, "JSON of coverage or diff"},
        {"{\"kind\":\"coverage\"", OUTLINES, "JSON of coverage or diff"},
        {"{\"kind\":\"report\"}", OUTLINES, "JSON of coverage or diff"},
        {"[]", OUTLINES, "JSON of coverage or diff"},
        {NAMED("x"), "code,name\n", "FeatureCollection"},
        {NAMED("x"), "{\"type\":\"Topology\"}", "FeatureCollection"},
        {NAMED("x"), "{\"type\":\"FeatureCollection\",\"features\":null}", "FeatureCollection"},
        {NAMED("x"), FEATURES("null"), "feature 1 of the outlines is none"},
        {NAMED("x"), FEATURES("{\"geometry\":null},7"), "feature 2 of the outlines is none"},
        {NAMED("x"), SHAPE("Nonsense", "[]"), "feature 1 (03646) of the outlines is no Polygon"},
        {NAMED("x"), SHAPE("LineString", "[[104,21],[105,22]]"), "is no Polygon or MultiPolygon"},
        {NAMED("x"), SHAPE("Polygon", "[]"), "longitudes and latitudes"},
        {NAMED("x"), SHAPE("Polygon", "[[[\"104\",null]]]"), "longitudes and latitudes"},
        {NAMED("x"), SHAPE("Polygon", "[[[11577000,2419000]]]"), "in degrees"},
        {NAMED("x"), SHAPE("MultiPolygon", "[[[104,21]]]"), "longitudes and latitudes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *page = NULL;
        size_t n = 0;
        struct failure why = {OK, ""};
        FILE *f = open_memstream(&page, &n);
        assert_int_equal(atlas_write(f, str_of(cases[i].data), str_of(cases[i].outlines), &why), ERR_INPUT);
        fclose(f);
        assert_int_equal(n, 0);
        assert_non_null(strstr(why.what, cases[i].why));
        free(page);
    }
}

static void a_full_disk_is_told(void **state)
{
    struct failure why = {OK, ""};
    (void)state;
    FILE *f = fopen("/dev/full", "w");
    assert_non_null(f);
    assert_int_equal(atlas_write(f, STR(NAMED("x")), STR(OUTLINES), &why), ERR_AGAIN);
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_cannot_leave_its_string),
        cmocka_unit_test(outlines_are_escaped_too_and_may_be_missing),
        cmocka_unit_test(everything_is_in_it_and_it_asks_for_nothing),
        cmocka_unit_test(what_is_none_is_refused_and_nothing_is_written),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
