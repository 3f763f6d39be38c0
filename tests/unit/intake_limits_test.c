/* How often a peer may come, whoever else comes. */
#include "intake/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RATE = 10, SECOND_US = 1000000 };

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct rates));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static int taken(struct rates *r, const char *peer, int tries, int64_t now_us)
{
    int n = 0;
    for (int i = 0; i < tries; i++)
        n += !rates_exceeded(r, str_of(peer), RATE, now_us);
    return n;
}

static void one_peer(void **state)
{
    struct rates *r = *state;
    assert_int_equal(taken(r, "192.0.2.1", 50, SECOND_US), RATE);
    assert_int_equal(taken(r, "192.0.2.1", 50, SECOND_US + SECOND_US / 2), RATE / 2);
    assert_int_equal(taken(r, "192.0.2.1", 50, 100LL * SECOND_US), RATE);
    assert_int_equal(taken(r, "192.0.2.2", 50, 100LL * SECOND_US), RATE);
    for (int i = 0; i < 50; i++)
        assert_false(rates_exceeded(r, STR("192.0.2.1"), 0, 100LL * SECOND_US));
}

/* The first place of a peer that nobody else has been at. */
static size_t first_place(const char *peer)
{
    struct rates *fresh = calloc(1, sizeof *fresh);
    size_t at = 0;
    assert_non_null(fresh);
    rates_exceeded(fresh, str_of(peer), RATE, 1);
    while (!fresh->peers[at].peer)
        at++;
    free(fresh);
    return at;
}

/* Two whose first place is the same come by turns: neither gets more for the other's coming. */
static void two_in_one_place(void **state)
{
    struct rates *r = *state;
    const char *one = "192.0.2.1";
    char other[24];
    size_t place = first_place(one);
    int n = 0, of_one = 0, of_other = 0;
    do
        snprintf(other, sizeof other, "198.51.%d.%d", n / 250, n % 250);
    while (first_place(other) != place && ++n < 60000);
    assert_int_equal(first_place(other), place);
    for (int i = 0; i < 100; i++) {
        of_one += taken(r, one, 1, SECOND_US);
        of_other += taken(r, other, 1, SECOND_US);
    }
    assert_int_equal(of_one, RATE);
    assert_int_equal(of_other, RATE);
}

/* More peers than there is room for: some are forgotten, nobody is refused who came seldom. */
static void many_peers(void **state)
{
    struct rates *r = *state;
    char peer[24];
    for (int n = 0; n < 5000; n++) {
        snprintf(peer, sizeof peer, "203.0.%d.%d", n / 250, n % 250);
        assert_int_equal(taken(r, peer, RATE, SECOND_US + n), RATE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_peer, setup, teardown),
        cmocka_unit_test_setup_teardown(two_in_one_place, setup, teardown),
        cmocka_unit_test_setup_teardown(many_peers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
