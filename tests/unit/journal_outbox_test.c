/* What the engine sends: tried again, withdrawn, and never to who said stop or erased everything. */

#include "unit/engine_line.h"

/* ---- the outbox ---- */

/* What waits for its next try is not sent once somebody else has the case. */
static void an_alert_that_waits_is_withdrawn(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    settles(last_sent(SEND_ALERT, "lan"), SEND_TEMPORARY, "");
    assert_int_equal(answers("north", "lan", VERB_DECLINE, id).status, OK);
    last_sent(SEND_ALERT, "mai");
    size_t sent = run.n_sent;
    run.now += HOUR_MS / 60;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, sent);
}

static void counters_forget_what_did_not_happen(void **state)
{
    (void)state;
    commits_to_fail = 3;
    for (int i = 0; i < 3; i++)
        assert_int_equal(says(ANNA, "sos chieng son").status, ERR_AGAIN);
    assert_int_equal(says(ANNA, "sos chieng son").status, OK);
    const struct engine_counters *c = engine_counters(run.engine);
    assert_int_equal(c->referrals, 1);
    assert_int_equal(c->offers, 1);
    assert_int_equal(c->alerts, 1);
    assert_int_equal(c->urgent, 1);
    assert_int_equal(c->commit_failures, 3);
}

static void a_busy_courier_is_asked_again(void **state)
{
    (void)state;
    run.busy = true;
    uint64_t id = asks_for_shelter(ANNA);
    assert_int_equal(run.n_sent, 0);
    assert_true(engine_timers(run.engine, run.now) <= run.now + SECOND_MS);
    run.busy = false;
    engine_timers(run.engine, run.now);
    last_sent(SEND_ALERT, "lan");
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 1); /* under way: not once more */
    assert_int_equal(engine_in_flight(run.engine), 1);
    assert_int_equal(referral_of(id).state, REFERRAL_OFFERED);
}

static void failed_sends_are_tried_later(void **state)
{
    (void)state;
    asks_for_shelter(ANNA);
    struct caught alert = *last_sent(SEND_ALERT, "lan");
    settles(&alert, SEND_TEMPORARY, "");
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 1); /* a first try again is never at once */
    run.now += rules.send_backoff;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 2);
    assert_int_equal(last_sent(SEND_ALERT, "lan")->id,
                     alert.id); /* the same id: the receiver knows it again */
    settles(&alert, SEND_OK, "");
    assert_int_equal(count(ROW_SEND), 1);
    run.now += DAY_MS;
    size_t before = run.n_sent;
    settles(&alert, SEND_OK, ""); /* nothing is left to settle */
    assert_int_equal(count(ROW_SEND), 1);
    assert_int_equal(run.n_sent, before);
}

static void sends_are_given_up(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    struct caught alert = *last_sent(SEND_ALERT, "lan");
    run.now += GIVE_UP; /* long after the offer itself ran out */
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
    settles(&alert, SEND_TEMPORARY, "");
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai"); /* Mai's turn, still */
    assert_int_equal(count(ROW_SEND), 1);
    assert_int_equal(engine_counters(run.engine)->sends_failed, 1);
}

static void what_was_not_sent_outlives_the_engine(void **state)
{
    (void)state;
    asks_for_shelter(ANNA);
    uint64_t id = last_sent(SEND_ALERT, "lan")->id; /* the courier has it, and dies */
    engine_destroy(run.engine);
    start_engine();
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 2);
    assert_int_equal(run.sent[1].id, id);
    assert_string_equal(run.sent[1].body, run.sent[0].body);
}

/* ---- stop, erase ---- */

static void stop_means_no_message(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    hears(ANNA, "dung", "stopped");
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, OK);
    assert_int_equal(run.n_sent, 1); /* the alert: help still comes, but no message */
    assert_int_equal(count(ROW_MT), 0);
    hears(ANNA, "doi nguoi", "noted"); /* writing again is wishing for answers again; wants somebody else */
    assert_int_equal(answers("south", "mai", VERB_ACCEPT, id).status, OK);
    last_sent(SEND_MT, "kannel");
}

static void a_message_that_waits_is_stopped_too(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    answers("north", "lan", VERB_ACCEPT, id);
    settles(last_sent(SEND_MT, "kannel"), SEND_TEMPORARY, "");
    hears(ANNA, "dung", "stopped");
    size_t before = run.n_sent;
    run.now += HOUR_MS;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, before);
    hears(ANNA, "xin chao", "opening"); /* whoever writes now learns nothing of before */
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, before); /* gone, not kept for later */
}

static void erasure_leaves_counts_only(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    struct contact c;
    struct failure why;
    (void)state;
    answers("north", "lan", VERB_ACCEPT, id);
    struct caught mt = *last_sent(SEND_MT, "kannel");
    size_t before = read_rows();
    struct job erase = message(ANNA, "xoa", "k-xoa");
    work(&erase);
    assert_string_equal(erase.out.text, "erased");
    assert_int_equal(run.store.ops->contact_find(run.store.self, ANNA, &c, &why), ERR_MISSING);
    assert_true(read_rows() > before); /* nothing is taken away from the journal */
    assert_int_equal(count(ROW_ERASED), 1);
    for (size_t i = 0; i < n_rows; i++)
        assert_true(all[i].text.n == 0 && all[i].reply.n == 0);
    assert_string_equal(story(id), "opened offered:lan accepted:lan closed");
    assert_string_equal(referral_of(id).outcome, "erased");
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, ERR_INPUT);
    assert_string_equal(answers("north", "lan", VERB_ARRIVED, id).phone, "");
    settles(&mt, SEND_TEMPORARY, ""); /* was under way; withdrawn meanwhile */
    run.now += HOUR_MS;
    size_t sent = run.n_sent;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, sent);
    work(&erase); /* asked twice for the same: known, though nobody knows by whom */
    assert_true(erase.out.duplicate);
    assert_int_equal(count(ROW_ERASED), 1);
    assert_int_equal(run.store.ops->contact_find(run.store.self, ANNA, &c, &why), ERR_MISSING);
}

static void erasing_nobody_keeps_nothing(void **state)
{
    struct contact c;
    struct failure why;
    (void)state;
    hears(ANNA, "xoa", "erased");
    assert_int_equal(run.store.ops->contact_find(run.store.self, ANNA, &c, &why), ERR_MISSING);
    assert_int_equal(read_rows(), 1);
    assert_int_equal(all[0].contact, 0);
}

static void a_repeat_from_before_the_erasure_is_not_news(void **state)
{
    struct job cry = message(ANNA, "sos chieng son", "k1");
    (void)state;
    work(&cry);
    hears(ANNA, "xoa", "erased");
    size_t sent = run.n_sent, rows = read_rows();
    work(&cry); /* the aggregator had not heard our answer */
    assert_true(cry.out.duplicate);
    assert_int_equal(cry.out.len, 0); /* what was said is gone */
    assert_int_equal(run.n_sent, sent);
    assert_int_equal(read_rows(), rows);
    says(ANNA, "sos"); /* a new one, of somebody unknown now */
    assert_int_equal(count(ROW_MO), 3);
    engine_timers(run.engine, run.now);
    assert_string_equal(story(last_referral()), "opened offered:duty"); /* place unknown */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(an_alert_that_waits_is_withdrawn),
        BOTH(counters_forget_what_did_not_happen),
        BOTH(a_busy_courier_is_asked_again),
        BOTH(failed_sends_are_tried_later),
        BOTH(sends_are_given_up),
        BOTH(what_was_not_sent_outlives_the_engine),
        BOTH(stop_means_no_message),
        BOTH(a_message_that_waits_is_stopped_too),
        BOTH(erasure_leaves_counts_only),
        BOTH(erasing_nobody_keeps_nothing),
        BOTH(a_repeat_from_before_the_erasure_is_not_news),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
