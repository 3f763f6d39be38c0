/* Opening hours, rotas and their exceptions, by tables. */
#include "routing/routing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const msec MONDAY = 1767571200000; /* 2026-01-05, 00:00 UTC; 20458 days since 1970 */

static void hours_by_table(void **state)
{
    static const struct {
        const char *hours;
        int day, minute; /* UTC; Monday is 0 */
        int offset;
        bool open;
    } cases[] = {
        {"always", 6, 1439, 0, true},
        {"mon-fri 07:30-17:00", 0, 449, 0, false},
        {"mon-fri 07:30-17:00", 0, 450, 0, true},
        {"mon-fri 07:30-17:00", 4, 1019, 0, true},
        {"mon-fri 07:30-17:00", 4, 1020, 0, false},
        {"mon-fri 07:30-17:00", 5, 600, 0, false},
        {"mon-fri 07:30-17:00, sat 08:00-12:00", 5, 600, 0, true},
        {"mon 08:00-11:00, mon 13:00-17:00", 0, 720, 0, false},
        {"mon 08:00-11:00, mon 13:00-17:00", 0, 780, 0, true},
        {"sun 22:00-06:00", 6, 1380, 0, true},
        {"sun 22:00-06:00", 0, 359, 0, true}, /* into Monday */
        {"sun 22:00-06:00", 0, 360, 0, false},
        {"sun 22:00-06:00", 6, 60, 0, false},     /* not in the night before */
        {"fri-mon 08:00-09:00", 6, 500, 0, true}, /* over the end of the week */
        {"fri-mon 08:00-09:00", 2, 500, 0, false},
        {"mon-sun 00:00-24:00", 3, 1439, 0, true},
        {"mon 07:00-08:00", 0, 0, 420, true}, /* 07:00 in Viet Nam */
        {"mon 07:00-08:00", 0, 420, 420, false},
        {"mon 00:00-01:00", 6, 1020, 420, true}, /* Sunday evening there is Monday here */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hours h;
        struct failure why;
        assert_int_equal(hours_parse(str_of(cases[i].hours), &h, &why), OK);
        struct network here = {.tz_offset_min = cases[i].offset};
        struct moment at =
            routing_moment(&here, MONDAY + cases[i].day * DAY_MS + (msec)cases[i].minute * 60000);
        if (hours_open(&h, &at) != cases[i].open)
            fail_msg("%s on day %d at minute %d", cases[i].hours, cases[i].day, cases[i].minute);
    }
}

static void exceptions_by_table(void **state)
{
    static const struct {
        const char *exception;
        int day, minute;
        bool open;
    } cases[] = {
        {"2026-01-06 closed", 1, 600, false},
        {"2026-01-06 closed", 2, 600, true},
        {"2026-01-06..2026-01-08 closed", 3, 600, false},
        {"2026-01-06 20:00-02:00", 1, 600, false},
        {"2026-01-06 20:00-02:00", 1, 1200, true},
        {"2026-01-06 20:00-02:00", 2, 119, true}, /* the exception's night reaches into the next day */
        {"2026-01-06 20:00-02:00", 2, 120, false},
        {"2026-01-06 08:00-09:00, 10:00-11:00", 1, 570, false},
        {"2026-01-06 08:00-09:00, 10:00-11:00", 1, 620, true},
        {"2026-01-10 always", 5, 0, true}, /* a Saturday */
        {"holidays closed", 3, 600, false},
        {"holidays closed", 4, 600, true},
        {"HOLIDAYS 10:00-11:00", 3, 610, true},
    };
    static struct holiday thursday = {.days = {20461, 20461}, .name = "a day"};
    const struct network here = {.holidays = &thursday, .n_holidays = 1};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hours h;
        struct hours_exception e;
        struct failure why;
        assert_int_equal(hours_parse(STR("mon-fri 08:00-17:00"), &h, &why), OK);
        assert_int_equal(hours_parse_exception(str_of(cases[i].exception), &e, &why), OK);
        h.except = &e;
        h.n_except = 1;
        struct moment at =
            routing_moment(&here, MONDAY + cases[i].day * DAY_MS + (msec)cases[i].minute * 60000);
        if (hours_open(&h, &at) != cases[i].open)
            fail_msg("%s on day %d at minute %d", cases[i].exception, cases[i].day, cases[i].minute);
    }
}

static void bad_exceptions(void **state)
{
    static const char *const bad[] = {"",
                                      "closed",
                                      "2026-01-06",
                                      "2026-13-06 closed",
                                      "2026-01-06..2026-01-05 closed",
                                      "2026-01-06.. closed",
                                      "tet closed",
                                      "holidays",
                                      "holidays shut",
                                      "2026-01-06 8-17",
                                      "2026-01-06 08:00-09:00,,"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hours_exception e;
        struct failure why = {OK, ""};
        if (hours_parse_exception(str_of(bad[i]), &e, &why) == OK)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(*why.what != '\0');
    }
}

static void bad_hours(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "daily",
        "mon",
        "mon 8-17",
        "mon 08:00",
        "mon 08:00-",
        "mon 08:00-08:00",
        "mon 25:00-26:00",
        "mon 08:60-09:00",
        "mon-xyz 08:00-09:00",
        "mon 08:00-09:00,,",
        "mon 24:01-24:30",
        "mon 01:00-02:00, mon 03:00-04:00, mon 05:00-06:00, mon 07:00-08:00, mon 09:00-10:00"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hours h;
        struct failure why = {OK, ""};
        if (hours_parse(str_of(bad[i]), &h, &why) == OK)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(*why.what != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_by_table),
        cmocka_unit_test(bad_hours),
        cmocka_unit_test(exceptions_by_table),
        cmocka_unit_test(bad_exceptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
