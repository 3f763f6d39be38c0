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

static void ids_no_aggregator_gives_are_not_kept(void **state)
{
    char id[1000];
    (void)state;
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = '\0';
    receipt(id, DLR_DELIVERED, "d1");
    receipt("", DLR_DELIVERED, "d2");
    assert_int_equal(count(ROW_DLR), 2);
    assert_string_equal(last_row(ROW_DLR).note, "unknown id");
    passes(2 * DAY_MS);
    assert_int_equal(count(ROW_DLR), 2);
}

/* ---- what they do to an SMS: the aggregator sends receipts ---- */

static bool kannel_sends_them(const void *ctx, const char *aggregator)
{
    (void)ctx;
    return strcmp(aggregator, "kannel") == 0;
}

/* An SMS to Anna, at the courier. */
static struct caught an_sms(void)
{
    rules.mt.receipts = kannel_sends_them;
    answers("north", "lan", VERB_ACCEPT, asks_for_shelter(ANNA));
    return *last_sent(SEND_MT, "kannel");
}

static bool in_outbox(uint64_t id, bool *handed)
{
    struct arena a;
    struct store_send s = {.handed = false};
    struct failure why;
    arena_init(&a, 0);
    enum err rc = run.store.ops->send_get(run.store.self, id, &s, &a, &why);
    arena_free(&a);
    if (handed)
        *handed = s.handed;
    return rc == OK;
}

static struct store_mt mt_of(uint64_t send)
{
    struct store_mt mt;
    struct failure why;
    assert_int_equal(run.store.ops->mt_get(run.store.self, send, &mt, &why), OK);
    return mt;
}

static uint64_t failures(enum mt_class c)
{
    return engine_counters(run.engine)->mt_failed[c];
}

/* The longest wait before another send after a receipt that says so. */
#define RESEND_WAIT (8 * rules.send_backoff_cap)

static void kept_until_its_receipt(void **state)
{
    bool handed;
    (void)state;
    struct caught mt = an_sms();
    settles(&mt, SEND_OK, "m-1");
    assert_true(in_outbox(mt.id, &handed) && handed);
    assert_int_equal(mt_of(mt.id).status, DLR_SENT);
    assert_int_equal(last_row(ROW_SEND).event, SEND_DELIVERED);
    size_t sent = run.n_sent;
    restart();
    passes(DAY_MS);
    assert_int_equal(run.n_sent, sent + 1); /* an alert; not the SMS */
    assert_int_equal(run.sent[sent].kind, SEND_ALERT);
    settles(&mt, SEND_TEMPORARY, ""); /* a result that comes twice moves nothing */
    assert_true(in_outbox(mt.id, NULL));
    receipt("m-1", DLR_SENT, "d1");
    assert_true(in_outbox(mt.id, NULL));
    receipt("m-1", DLR_DELIVERED, "d2");
    assert_false(in_outbox(mt.id, NULL));
    assert_int_equal(mt_of(mt.id).status, DLR_DELIVERED);
    struct row row = last_row(ROW_DLR);
    assert_int_equal(row.contact, mt_of(mt.id).contact);
    assert_int_equal(row.referral, last_referral());
    assert_string_equal(row.note, "");
    receipt("m-1", DLR_FAILED, "d3"); /* backwards */
    receipt("m-1", DLR_RETRY, "d4");
    assert_int_equal(mt_of(mt.id).status, DLR_DELIVERED);
    for (int i = 0; i < MT_CLASSES; i++)
        assert_int_equal(failures((enum mt_class)i), 0);
}

static void no_receipt_comes(void **state)
{
    (void)state;
    rules.receipt_wait = 3 * HOUR_MS;
    struct caught mt = an_sms();
    settles(&mt, SEND_OK, "m-1");
    passes(3 * HOUR_MS - 1);
    assert_true(in_outbox(mt.id, NULL));
    passes(1);
    assert_false(in_outbox(mt.id, NULL));
    struct row row = last_row(ROW_SEND);
    assert_int_equal(row.event, SEND_NO_RECEIPT);
    assert_string_equal(row.note, "mt no receipt");
    assert_string_equal(row.aggregator, "kannel");
    assert_true(row.contact && row.referral);
    assert_int_equal(engine_counters(run.engine)->mt_no_receipt, 1);
    assert_int_equal(engine_counters(run.engine)->sends_failed, 0);
    size_t rows = count(ROW_SEND);
    passes(DAY_MS);
    assert_int_equal(count(ROW_SEND), rows);
    receipt("m-1", DLR_DELIVERED, "d1"); /* late, and still known */
    assert_true(last_row(ROW_DLR).contact != 0);
}

static void without_receipts_nothing_is_kept(void **state)
{
    (void)state;
    struct caught mt = an_sms();
    rules.mt.receipts = NULL;
    settles(&mt, SEND_OK, "m-1");
    assert_false(in_outbox(mt.id, NULL));
    receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1"); /* it has one, all the same */
    assert_int_equal(mt_of(mt.id).status, DLR_FAILED);
    assert_int_equal(failures(MT_CLASS_ABSENT), 1);
    assert_string_equal(last_row(ROW_DLR).note, "absent, given up");
}

static void failures_are_told_apart(void **state)
{
    static const char *const notes[MT_CLASSES] = {"unknown", "absent",   "invalid",
                                                  "blocked", "rejected", "expired"};
    (void)state;
    struct caught mt = an_sms();
    uint64_t id = last_referral();
    settles(&mt, SEND_OK, "m-0");
    for (int c = 0; c < MT_CLASSES; c++) {
        char name[16], key[16];
        snprintf(name, sizeof name, "m-%d", c);
        snprintf(key, sizeof key, "d-%d", c);
        receipt_by("kannel", name, DLR_FAILED, (enum mt_class)c, key);
        assert_int_equal(failures((enum mt_class)c), 1);
        assert_int_equal(mt_of(mt.id).mt_class, c);
        assert_false(in_outbox(mt.id, NULL));
        struct row row = last_row(ROW_DLR);
        assert_string_equal(row.note, notes[c]);
        assert_true(row.referral != 0 && row.contact != 0);
        if (c + 1 == MT_CLASSES)
            break;
        answers("north", "lan", VERB_CLOSE, id); /* the next one */
        answers("north", "lan", VERB_ACCEPT, id = asks_for_shelter(ANNA));
        mt = *last_sent(SEND_MT, "kannel");
        snprintf(name, sizeof name, "m-%d", c + 1);
        settles(&mt, SEND_OK, name);
    }
    receipt("m-5", DLR_DELIVERED, "last"); /* reality wins */
    assert_int_equal(mt_of(mt.id).status, DLR_DELIVERED);
}

static void sends_that_fail_are_told_apart_too(void **state)
{
    (void)state;
    struct caught mt = an_sms();
    struct job j = {
        .in = {
            .kind = INPUT_SENT, .send_id = mt.id, .result = SEND_PERMANENT, .mt_class = MT_CLASS_REJECTED}};
    work(&j);
    assert_int_equal(failures(MT_CLASS_REJECTED), 1);
    assert_int_equal(last_row(ROW_SEND).event, SEND_FAILED);
    assert_string_equal(last_row(ROW_SEND).note, "mt rejected");
    assert_int_equal(mt_of(mt.id).status, DLR_FAILED);
    answers("south", "mai", VERB_ACCEPT, asks_for_shelter(BINH));
    mt = *last_sent(SEND_MT, "kannel");
    passes(GIVE_UP);
    settles(&mt, SEND_TEMPORARY, "");
    assert_int_equal(failures(MT_CLASS_EXPIRED), 1);
}

/* Both sides' ids name it, whichever comes first, and only its own aggregator's receipts. */
static void receipts_come_before_the_answer(void **state)
{
    char own[ID_KEY];
    (void)state;
    struct caught mt = an_sms();
    id_key(mt.id, mt.created, own);
    receipt_by("other", own, DLR_DELIVERED, MT_CLASS_UNKNOWN, "d0");
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 1);
    receipt(own, DLR_SENT, "d1");
    assert_int_equal(mt_of(mt.id).status, DLR_SENT);
    assert_true(in_outbox(mt.id, NULL));
    receipt(own, DLR_DELIVERED, "d2");
    assert_false(in_outbox(mt.id, NULL));
    assert_int_equal(last_row(ROW_SEND).event, SEND_DELIVERED); /* it was taken, clearly */
    size_t sends = count(ROW_SEND), sent = run.n_sent;
    settles(&mt, SEND_TEMPORARY, ""); /* the answer was lost on the way: not once more */
    passes(MINUTE_MS);
    assert_int_equal(run.n_sent, sent);
    settles(&mt, SEND_OK, "m-1");
    assert_int_equal(count(ROW_SEND), sends);
    receipt("m-1", DLR_SENT, "d3"); /* the id is known all the same */
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 1);
    assert_int_equal(mt_of(mt.id).status, DLR_DELIVERED);
}

static void an_unknown_receipt_is_applied_when_its_id_is_known(void **state)
{
    (void)state;
    struct caught mt = an_sms();
    receipt_by("other", "m-1", DLR_FAILED, MT_CLASS_INVALID, "d0"); /* somebody else's m-1 */
    receipt("m-1", DLR_SENT, "d1");
    receipt("m-1", DLR_DELIVERED, "d2");
    assert_true(receipt("m-1", DLR_DELIVERED, "d2").duplicate);
    assert_int_equal(count(ROW_DLR), 0);
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 3);
    restart();
    run.now += SECOND_MS;
    settles(&mt, SEND_OK, "m-1");
    assert_int_equal(count(ROW_DLR), 2);
    struct row row = last_row(ROW_DLR);
    assert_int_equal(row.event, DLR_DELIVERED);
    assert_int_equal(row.at, run.now);
    assert_int_equal(row.referral, last_referral());
    assert_int_equal(mt_of(mt.id).status, DLR_DELIVERED);
    assert_false(in_outbox(mt.id, NULL));
    passes(DAY_MS + MINUTE_MS);
    assert_int_equal(count(ROW_DLR), 3); /* the stranger's, given up */
    assert_string_equal(last_row(ROW_DLR).note, "unknown id");
}

/* ---- failed, may work later ---- */

static struct caught resent(const struct caught *mt)
{
    size_t before = run.n_sent;
    passes(RESEND_WAIT);
    assert_true(run.n_sent > before);
    for (size_t i = before; i < run.n_sent; i++)
        if (run.sent[i].kind == SEND_MT) {
            assert_string_equal(run.sent[i].body, mt->body);
            assert_string_equal(run.sent[i].to, mt->to);
            assert_true(run.sent[i].id != mt->id);
            return run.sent[i];
        }
    fail_msg("not sent again");
    return *mt;
}

static size_t texts_sent(void)
{
    size_t n = 0;
    for (size_t i = 0; i < run.n_sent; i++)
        n += run.sent[i].kind == SEND_MT;
    return n;
}

static void sent_again_until_enough(void **state)
{
    char key[16], name[16];
    (void)state;
    rules.send_give_up = 7 * DAY_MS;
    struct caught mt = an_sms();
    for (int i = 1;; i++) {
        snprintf(name, sizeof name, "m-%d", i);
        snprintf(key, sizeof key, "d-%d", i);
        settles(&mt, SEND_OK, name);
        receipt_by("kannel", name, DLR_RETRY, MT_CLASS_ABSENT, key);
        assert_false(in_outbox(mt.id, NULL));
        if (i == 3)
            break;
        assert_string_equal(last_row(ROW_DLR).note, "absent, sent again");
        assert_int_equal(failures(MT_CLASS_ABSENT), 0);
        size_t sent = run.n_sent;
        passes(0);
        assert_int_equal(run.n_sent, sent); /* not at once */
        restart();
        mt = resent(&mt);
        receipt_by("kannel", name, DLR_RETRY, MT_CLASS_ABSENT, "again"); /* of the one before */
        assert_int_equal(mt_of(mt.id).sends, i + 1);
    }
    assert_string_equal(last_row(ROW_DLR).note, "absent, given up");
    assert_int_equal(failures(MT_CLASS_ABSENT), 1);
    passes(2 * DAY_MS);
    assert_int_equal(texts_sent(), 3);
}

static void not_sent_again_when_it_is_too_late(void **state)
{
    (void)state;
    struct caught mt = an_sms();
    settles(&mt, SEND_OK, "m-1");
    passes(GIVE_UP - rules.send_backoff_cap / 2);
    receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1");
    assert_string_equal(last_row(ROW_DLR).note, "absent, given up");
    passes(DAY_MS);
    assert_int_equal(texts_sent(), 1);
}

static void not_sent_again_when_it_is_not_wanted(void **state)
{
    static const char *const words[] = {"dung", "xoa"};
    for (int i = 0; i < 2; i++) {
        rules.mt.receipts = kannel_sends_them;
        struct caught mt = an_sms();
        settles(&mt, SEND_OK, "m-1");
        says(ANNA, words[i]);
        receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1");
        assert_string_equal(last_row(ROW_DLR).note, "absent, given up");
        passes(HOUR_MS);
        assert_int_equal(texts_sent(), 1);
        end_run(state);
        assert_int_equal(begin_run(state), 0);
    }
}

static void stop_withdraws_what_waits_to_be_sent_again(void **state)
{
    (void)state;
    struct caught mt = an_sms();
    settles(&mt, SEND_OK, "m-1");
    receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1");
    says(ANNA, "dung");
    passes(RESEND_WAIT);
    assert_int_equal(texts_sent(), 1);
}

/* It arrived after all: not twice. */
static void a_late_delivery_takes_the_next_send_back(void **state)
{
    (void)state;
    struct caught mt = an_sms();
    settles(&mt, SEND_OK, "m-1");
    receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1");
    uint64_t next = mt_of(mt.id).next;
    assert_true(next && in_outbox(next, NULL));
    receipt("m-1", DLR_DELIVERED, "d2");
    assert_false(in_outbox(next, NULL));
    assert_int_equal(mt_of(mt.id).status, DLR_DELIVERED);
    assert_int_equal(mt_of(next).status, DLR_DELIVERED);
    passes(RESEND_WAIT);
    assert_int_equal(texts_sent(), 1);
}

static void the_first_failing_for_good_stops_no_second(void **state)
{
    (void)state;
    struct caught mt = an_sms();
    settles(&mt, SEND_OK, "m-1");
    receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1");
    receipt_by("kannel", "m-1", DLR_FAILED, MT_CLASS_EXPIRED, "d2");
    assert_int_equal(failures(MT_CLASS_EXPIRED), 0);
    struct caught again = resent(&mt);
    settles(&again, SEND_OK, "m-2");
    receipt("m-2", DLR_DELIVERED, "d3");
    assert_int_equal(mt_of(again.id).status, DLR_DELIVERED);
}

/* The store was lost and begins anew: a receipt that comes late for an SMS of the old one changes none. */
static void a_key_of_an_earlier_store(void **state)
{
    char old[ID_KEY], own[ID_KEY];
    (void)state;
    struct caught mt = an_sms();
    id_key(mt.id, mt.created - HOUR_MS, old);
    id_key(mt.id, mt.created, own);
    receipt_by("kannel", old, DLR_FAILED, MT_CLASS_BLOCKED, "d1");
    assert_int_equal(mt_of(mt.id).status, DLR_QUEUED);
    settles(&mt, SEND_OK, "m-1");
    receipt_by("kannel", old, DLR_RETRY, MT_CLASS_ABSENT, "d2");
    assert_int_equal(mt_of(mt.id).status, DLR_SENT);
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 2);
    receipt(own, DLR_DELIVERED, "d3");
    assert_int_equal(mt_of(mt.id).status, DLR_DELIVERED);
}

/* "Failed, may work later" before the aggregator's own answer: the same, and the answer changes nothing. */
static void retry_before_the_answer(void **state)
{
    char own[ID_KEY];
    (void)state;
    struct caught mt = an_sms();
    id_key(mt.id, mt.created, own);
    receipt_by("kannel", own, DLR_RETRY, MT_CLASS_ABSENT, "d1");
    settles(&mt, SEND_OK, "m-1");
    struct caught again = resent(&mt);
    assert_int_equal(texts_sent(), 2);
    settles(&again, SEND_OK, "m-2");
    receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d2"); /* the same, by its other id */
    passes(RESEND_WAIT);
    assert_int_equal(texts_sent(), 2);
}

static void an_early_retry_is_applied_too(void **state)
{
    (void)state;
    struct caught mt = an_sms();
    receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1");
    settles(&mt, SEND_OK, "m-1");
    assert_int_equal(count(ROW_DLR), 1);
    assert_string_equal(last_row(ROW_DLR).note, "absent, sent again");
    resent(&mt);
}

static void a_failed_commit_undoes_a_receipt(void **state)
{
    (void)state;
    struct caught mt = an_sms();
    settles(&mt, SEND_OK, "m-1");
    commits_to_fail = 1;
    assert_int_equal(receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1").status, ERR_AGAIN);
    assert_int_equal(mt_of(mt.id).status, DLR_SENT);
    assert_true(in_outbox(mt.id, NULL));
    assert_int_equal(receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1").status, OK);
    assert_int_equal(engine_counters(run.engine)->mt_resent, 1);
    resent(&mt);
    assert_int_equal(texts_sent(), 2);
}

static void old_ones_are_forgotten(void **state)
{
    struct store_mt mt;
    struct failure why;
    (void)state;
    struct caught sms = an_sms();
    settles(&sms, SEND_OK, "m-1");
    receipt("m-1", DLR_DELIVERED, "d1");
    passes(30 * DAY_MS - MINUTE_MS);
    assert_int_equal(run.store.ops->mt_get(run.store.self, sms.id, &mt, &why), OK);
    passes(HOUR_MS);
    assert_int_equal(run.store.ops->mt_get(run.store.self, sms.id, &mt, &why), ERR_MISSING);
    receipt("m-1", DLR_DELIVERED, "d2");
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(receipts_may_come_in_any_order),
        BOTH(receipts_for_nothing_of_ours_are_taken_and_counted),
        BOTH(ids_no_aggregator_gives_are_not_kept),
        BOTH(kept_until_its_receipt),
        BOTH(no_receipt_comes),
        BOTH(without_receipts_nothing_is_kept),
        BOTH(failures_are_told_apart),
        BOTH(sends_that_fail_are_told_apart_too),
        BOTH(receipts_come_before_the_answer),
        BOTH(an_unknown_receipt_is_applied_when_its_id_is_known),
        BOTH(sent_again_until_enough),
        BOTH(not_sent_again_when_it_is_too_late),
        BOTH(not_sent_again_when_it_is_not_wanted),
        BOTH(stop_withdraws_what_waits_to_be_sent_again),
        BOTH(a_late_delivery_takes_the_next_send_back),
        BOTH(the_first_failing_for_good_stops_no_second),
        BOTH(a_key_of_an_earlier_store),
        BOTH(retry_before_the_answer),
        BOTH(an_early_retry_is_applied_too),
        BOTH(a_failed_commit_undoes_a_receipt),
        BOTH(old_ones_are_forgotten),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
