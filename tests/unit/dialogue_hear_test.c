/* What is packed is unpacked the same. */
#include "dialogue/dialogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void sessions_round_trip(void **state)
{
    (void)state;
    struct session s = {.state = "place",
                        .lang = "vi-accented",
                        .channel = CHANNEL_USSD,
                        .page = 2,
                        .need = 3,
                        .children = 255,
                        .safe = SAFE_CALL,
                        .consent = 2,
                        .urgent = true,
                        .stated = true,
                        .left = true,
                        .lang_chosen = true,
                        .avoid_own = true,
                        .many_places = true,
                        .who = WHO_OTHER | WHO_ELDER,
                        .asked = {"03985", "03646"},
                        .asked_at = 3,
                        .flood_at = 4,
                        .flood = 7,
                        .sent_at = 8,
                        .line = 4000000000u,
                        .last_text = 1,
                        .place = "03985",
                        .choice = {"03985", "03980"},
                        .more = {"03979", "03982"},
                        .avoid = {"03646"},
                        .referral = 77,
                        .started_at = 5,
                        .last_at = 9};
    struct session back;
    char text[1024];
    size_t n = session_pack(&s, text, sizeof text);
    assert_true(n > 0);
    assert_true(session_unpack((struct str){text, n}, &back));
    assert_memory_equal(&s, &back, sizeof s);
    assert_int_equal(session_pack(&s, text, 20), 0);
    for (size_t cut = 0; cut < n; cut++) /* a torn row is refused, never half read */
        if (session_unpack((struct str){text, cut}, &back))
            fail();
}

/* What a later version knows besides is passed over. */
static void later_sessions(void **state)
{
    (void)state;
    struct session s;
    assert_true(session_unpack(STR("3\tstate=place\tmood=well\tneed=3\t."), &s));
    assert_string_equal(s.state, "place");
    assert_int_equal(s.need, 3);
    assert_false(session_unpack(STR("3\tneed=99\t."), &s));
    assert_false(session_unpack(STR("3\tchoice=03985 03980 03985 03980 03985 03980\t."), &s));
}

/* Rows of earlier versions know of no choices to come. */
static void earlier_sessions(void **state)
{
    (void)state;
    struct session s;
    assert_true(
        session_unpack(STR("1\tplace\tvi\t\t03985\t03980\t\t\t\t03646\t\t\t\t1\t2\t0\t3\t255\t2\t2\t1\t0\t0\t"
                           "0\t0\t1\t77\t5\t9"),
                       &s));
    assert_string_equal(s.state, "place");
    assert_string_equal(s.choice[1], "03980");
    assert_string_equal(s.more[0], "");
    assert_string_equal(s.avoid[0], "03646");
    assert_int_equal(s.last_at, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sessions_round_trip),
                                       cmocka_unit_test(later_sessions), cmocka_unit_test(earlier_sessions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
