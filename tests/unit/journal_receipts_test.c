/* Delivery receipts: they come early, late, twice and backwards, and an SMS moves forward only. */

#include "unit/engine_line.h"

/* ---- receipts ---- */

static void receipts_may_come_in_any_order(void **state)
{
    static const enum dlr_status order[] = {DLR_DELIVERED, DLR_QUEUED, DLR_SENT};
    (void)state;
    answers("north", "lan", VERB_ACCEPT, asks_for_shelter(ANNA));
    settles(last_sent(SEND_MT, "kannel"), SEND_OK, "m-1");
    for (int i = 0; i < 3; i++) {
        char key[16];
        snprintf(key, sizeof key, "dlr-%d", i);
        assert_int_equal(receipt("m-1", order[i], key).status, OK);
        assert_true(receipt("m-1", order[i], key).duplicate);
    }
    assert_int_equal(count(ROW_DLR), 3);
    for (size_t i = 0, k = 0; i < n_rows; i++)
        if (all[i].kind == ROW_DLR) {
            assert_int_equal(all[i].event, order[k++]);
            assert_true(all[i].contact != 0);
            assert_string_equal(all[i].note, "");
        }
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 0);
}

static void receipts_for_nothing_of_ours_are_taken_and_counted(void **state)
{
    (void)state;
    assert_int_equal(receipt("strange", DLR_DELIVERED, "d1").status, OK); /* else it comes for ever */
    assert_true(receipt("strange", DLR_DELIVERED, "d1").duplicate);
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 1);
    assert_int_equal(read_rows(), 0); /* it may be known yet */
    run.now += DAY_MS + MINUTE_MS;
    engine_timers(run.engine, run.now);
    assert_int_equal(count(ROW_DLR), 1);
    assert_int_equal(all[0].contact, 0);
    assert_int_equal(all[0].event, DLR_DELIVERED);
    assert_string_equal(all[0].note, "unknown id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(receipts_may_come_in_any_order),
        BOTH(receipts_for_nothing_of_ours_are_taken_and_counted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
