/* The way to a commune by choosing: districts of old, then communes. */
#include "places/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Two districts of old with three communes of today; an old commune of the first was joined to one of the
 * second. */
static const struct place_row rows[] = {
    {"14", PLACE_PROVINCE, "", "Tỉnh", "Sơn La", "Son La", 21, 104, 1, "", NULL},
    {"00001", PLACE_COMMUNE, "14", "Xã", "Mường Sang", "Muong Sang", 21, 104, 1, "101", NULL},
    {"00002", PLACE_COMMUNE, "14", "Xã", "Chiềng Hắc", "Chieng Hac", 21, 104, 1, "101", NULL},
    {"00003", PLACE_COMMUNE, "14", "Xã", "Tú Nang", "Tu Nang", 21, 104, 1, "102", NULL},
    {"101", PLACE_FORMER_DISTRICT, "14", "Huyện", "Mộc Châu", "Moc Chau", 0, 0, 0, "", "00001 00002"},
    {"102", PLACE_FORMER_DISTRICT, "14", "Huyện", "Yên Châu", "Yen Chau", 0, 0, 0, "", "00003"},
    {"90001", PLACE_FORMER_COMMUNE, "101", "Xã", "Lóng Sập", "Long Sap", 0, 0, 0, "", "00003"},
};
enum { ROWS = sizeof rows / sizeof rows[0], ROOM = 8 };

static struct arena arena;

static const struct gazetteer *places(size_t n)
{
    struct failure why;
    const struct gazetteer *g = places_build(rows, n, NULL, 0, &arena, &why);
    assert_non_null(g);
    return g;
}

static void expect(const struct place *const *is, size_t n, const char *names)
{
    char text[256];
    struct out o;
    out_init(&o, text, sizeof text);
    for (size_t i = 0; i < n; i++)
        out_printf(&o, "%s%s", i ? ", " : "", is[i]->ascii);
    assert_string_equal(text, names);
}

static void districts_come_by_use(void **state)
{
    (void)state;
    const struct gazetteer *g = places(ROWS);
    const struct place *out[ROOM];
    const uint32_t uses[] = {1, 2, 4};
    expect(out, places_menu(g, NULL, out, ROOM), "Moc Chau, Yen Chau");
    expect(out, places_menu(g, uses, out, ROOM), "Yen Chau, Moc Chau");
    expect(out, places_menu(g, uses, out, 1), "Yen Chau");
    expect(out, places_menu(g, uses, out, 0), "");
}

static void communes_of_one_come_by_use(void **state)
{
    (void)state;
    const struct gazetteer *g = places(ROWS);
    const struct place *out[ROOM];
    const uint32_t uses[] = {7, 2, 1};
    const struct place *moc_chau = places_by_code(g, STR("101")), *yen_chau = places_by_code(g, STR("102"));
    expect(out, places_menu_of(g, moc_chau, NULL, out, ROOM), "Chieng Hac, Muong Sang, Tu Nang");
    expect(out, places_menu_of(g, moc_chau, uses, out, ROOM), "Muong Sang, Chieng Hac, Tu Nang");
    expect(out, places_menu_of(g, moc_chau, uses, out, 2), "Muong Sang, Chieng Hac");
    expect(out, places_menu_of(g, yen_chau, uses, out, ROOM), "Tu Nang");
}

static void provinces_stand_for_districts_nobody_knows(void **state)
{
    (void)state;
    const struct gazetteer *g = places(4);
    const struct place *out[ROOM];
    expect(out, places_menu(g, NULL, out, ROOM), "Son La");
    expect(out, places_menu_of(g, out[0], NULL, out, ROOM), "Chieng Hac, Muong Sang, Tu Nang");
}

/* The districts of one of two provinces would hide the other. */
static void provinces_where_several_are_served(void **state)
{
    (void)state;
    struct place_row both[ROWS + 2];
    struct failure why;
    const struct place *out[ROOM];
    memcpy(both, rows, sizeof rows);
    both[ROWS] =
        (struct place_row){"11", PLACE_PROVINCE, "", "Tỉnh", "Điện Biên", "Dien Bien", 21, 103, 1, "", NULL};
    both[ROWS + 1] =
        (struct place_row){"00009", PLACE_COMMUNE, "11", "Xã", "Na Son", "Na Son", 21, 103, 1, "", NULL};
    const struct gazetteer *g = places_build(both, ROWS + 2, NULL, 0, &arena, &why);
    const uint32_t uses[] = {0, 0, 0, 9};
    assert_non_null(g);
    expect(out, places_menu(g, NULL, out, ROOM), "Dien Bien, Son La");
    expect(out, places_menu_of(g, out[0], NULL, out, ROOM), "Na Son");
    expect(out, places_menu(g, uses, out, ROOM), "Dien Bien, Son La");
}

/* What tells a district from a commune of its name is no help among districts. */
static void districts_are_called_by_their_bare_name(void **state)
{
    (void)state;
    static const struct {
        enum place_level level;
        const char *name, *ascii, *bare, *bare_ascii;
    } cases[] = {
        {PLACE_FORMER_DISTRICT, "Thị xã Mộc Châu", "Thi xa Moc Chau", "Mộc Châu", "Moc Chau"},
        {PLACE_FORMER_DISTRICT, "Quan Sơn", "Quan Son", "Quan Sơn", "Quan Son"},
        {PLACE_FORMER_DISTRICT, "Mai Sơn", "Mai Son", "Mai Sơn", "Mai Son"},
        {PLACE_COMMUNE, "Thị xã Cũ", "Thi xa Cu", "Thị xã Cũ", "Thi xa Cu"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct place p = {.level = cases[i].level, .name = cases[i].name, .ascii = cases[i].ascii};
        assert_true(str_is(places_menu_name(&p, true), cases[i].bare));
        assert_true(str_is(places_menu_name(&p, false), cases[i].bare_ascii));
    }
}

static int done(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(districts_come_by_use),
                                       cmocka_unit_test(communes_of_one_come_by_use),
                                       cmocka_unit_test(provinces_where_several_are_served),
                                       cmocka_unit_test(districts_are_called_by_their_bare_name),
                                       cmocka_unit_test(provinces_stand_for_districts_nobody_knows)};
    arena_init(&arena, 0);
    return cmocka_run_group_tests(tests, NULL, done);
}
