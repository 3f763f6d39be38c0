/* The engine: what is said once happens once, and what is not committed did not happen. */

#include "unit/engine_line.h"

/* ---- repeats ---- */

static void repeats_change_nothing(void **state)
{
    struct job first = message(ANNA, "2", "k1"), again = message(ANNA, "2", "k1");
    (void)state;
    work(&first);
    size_t rows = read_rows();
    work(&again);
    assert_false(first.out.duplicate);
    assert_true(again.out.duplicate);
    assert_int_equal(again.out.status, OK);
    assert_string_equal(first.out.text, "place");
    assert_string_equal(again.out.text, "place");
    assert_int_equal(again.out.len, 5);
    assert_int_equal(read_rows(), rows);
    hears(ANNA, "chieng son", "safe"); /* the conversation stands where it stood */
    work(&again);
    assert_string_equal(again.out.text, "place"); /* what was answered then, not what would be now */
    assert_int_equal(engine_counters(run.engine)->duplicates, 2);
}

static void repeats_within_one_batch(void **state)
{
    struct job one = message(ANNA, "sos chieng son", "k1"), two = one, other = message(BINH, "sos", "k1");
    struct job *jobs[] = {&one, &two, &other};
    (void)state;
    engine_batch(run.engine, jobs, 3, run.now);
    assert_false(one.out.duplicate);
    assert_true(two.out.duplicate);
    assert_string_equal(one.out.text, two.out.text);
    assert_false(other.out.duplicate); /* a key is one contact's */
    assert_int_equal(count(ROW_MO), 2);
    assert_int_equal(engine_counters(run.engine)->referrals, 2);
}

static void a_cry_for_help_is_passed_on_once(void **state)
{
    struct job cry = message(ANNA, "SOS chieng son", "k1");
    (void)state;
    work(&cry);
    assert_int_equal(run.n_sent, 1);
    for (int i = 0; i < 5; i++)
        work(&cry);
    assert_int_equal(run.n_sent, 1);
    assert_string_equal(story(last_referral()), "opened offered:lan");
    assert_non_null(strstr(run.sent[0].body, "\"urgency\":\"urgent\""));
    assert_null(strstr(run.sent[0].body, "900000001")); /* who it is, nobody is told yet */
}

static void ussd_repeats_keep_the_session_closed(void **state)
{
    struct job end = message(ANNA, "thoat", "u1"), again;
    (void)state;
    end.in.kind = INPUT_USSD;
    end.in.session_id = STR("s");
    end.in.event = DLG_TEXT;
    again = end;
    work(&end);
    work(&again);
    assert_true(again.out.duplicate && end.out.end && again.out.end);
    assert_string_equal(again.out.text, "left");
}

static void repeats_are_forgotten_after_their_window(void **state)
{
    struct job cry = message(ANNA, "2", "k1");
    (void)state;
    work(&cry);
    run.now += rules.dedupe_window - MINUTE_MS;
    engine_timers(run.engine, run.now);
    work(&cry);
    assert_true(cry.out.duplicate);
    run.now += 20 * MINUTE_MS;
    engine_timers(run.engine, run.now);
    work(&cry);
    assert_false(cry.out.duplicate);
    assert_int_equal(count(ROW_MO), 2);
}

/* ---- commits that fail ---- */

static void a_failed_commit_did_not_happen(void **state)
{
    struct job cry = message(ANNA, "sos chieng son", "k1"), other = message(BINH, "2", "k2");
    struct job *jobs[] = {&cry, &other};
    (void)state;
    commits_to_fail = 2;
    for (int i = 0; i < 2; i++) {
        engine_batch(run.engine, jobs, 2, run.now);
        assert_int_equal(cry.out.status, ERR_AGAIN);
        assert_int_equal(other.out.status, ERR_AGAIN);
        assert_int_equal(cry.out.len, 0); /* no answer that was never kept */
        assert_string_equal(cry.out.text, "");
        assert_int_equal(run.n_sent, 0);
        assert_int_equal(engine_in_flight(run.engine), 0);
        assert_false(engine_store_ok(run.engine));
        assert_int_equal(read_rows(), 0);
    }
    assert_int_equal(engine_counters(run.engine)->commit_failures, 2);
    engine_batch(run.engine, jobs, 2, run.now);
    assert_true(engine_store_ok(run.engine));
    assert_int_equal(cry.out.status, OK);
    assert_false(cry.out.duplicate);
    assert_string_equal(other.out.text, "place");
    assert_int_equal(run.n_sent, 1);
    assert_string_equal(story(last_referral()), "opened offered:lan");
}

static void an_answer_that_was_not_kept_is_not_told(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    commits_to_fail = 1;
    struct answer a = answers("north", "lan", VERB_ACCEPT, id);
    assert_int_equal(a.status, ERR_AGAIN);
    assert_string_equal(a.phone, "");
    assert_string_equal(a.code_word, "");
    assert_int_equal(run.n_sent, 1); /* the alert of before, no message that it was taken */
    assert_int_equal(referral_of(id).state, REFERRAL_OFFERED);
    a = answers("north", "lan", VERB_ACCEPT, id);
    assert_int_equal(a.status, OK);
    assert_string_equal(a.phone, ANNA);
    last_sent(SEND_MT, "kannel");
}

static void one_bad_input_takes_no_other_down(void **state)
{
    struct job good = message(ANNA, "2", "k1"), bad = message(BINH, "poison", "k2"),
               late = message(ANNA, "chieng son", "k3");
    struct job *jobs[] = {&good, &bad, &late};
    (void)state;
    engine_batch(run.engine, jobs, 3, run.now);
    assert_string_equal(good.out.text, "place");
    assert_int_equal(bad.out.status, ERR_AGAIN);
    assert_int_equal(bad.out.len, 0);
    assert_string_equal(late.out.text, "safe");
    assert_false(good.out.duplicate || late.out.duplicate);
    assert_int_equal(count(ROW_MO), 2);
}

static void failed_timers_work_again(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    run.now += OFFER_WAIT;
    commits_to_fail = 1;
    msec wake = engine_timers(run.engine, run.now);
    assert_in_range(wake, run.now + 1, run.now + SECOND_MS); /* soon again */
    assert_string_equal(story(id), "opened offered:lan");
    assert_int_equal(run.n_sent, 1);
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
    assert_int_equal(run.n_sent, 2);
}

/* ---- escalation ---- */

static void silence_passes_the_referral_on(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    last_sent(SEND_ALERT, "lan");
    msec due = run.now + OFFER_WAIT;
    assert_int_equal(engine_timers(run.engine, run.now),
                     run.now + 10 * MINUTE_MS); /* old keys are purged first */
    assert_true(engine_timers(run.engine, due - 1) <= due);
    assert_string_equal(story(id), "opened offered:lan");
    run.now = due;
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
    last_sent(SEND_ALERT, "mai");
    run.now += OFFER_WAIT;
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id),
                        "opened offered:lan expired:lan offered:mai expired:mai unmet"); /* two at most */
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "mt_unmet");
    assert_string_equal(run.sent[run.n_sent - 1].to, ANNA);
    run.now += DAY_MS;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 3);
    assert_int_equal(referral_of(id).state, REFERRAL_UNMET);
}

static void urgent_offers_wait_less(void **state)
{
    (void)state;
    says(ANNA, "sos chieng son");
    uint64_t id = last_referral();
    run.now += URGENT_WAIT - 1;
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan");
    run.now++;
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
}

static void a_refusal_passes_it_on_at_once(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    assert_int_equal(answers("north", "lan", VERB_DECLINE, id).status, OK);
    assert_string_equal(story(id), "opened offered:lan declined:lan offered:mai");
    last_sent(SEND_ALERT, "mai");
    assert_int_equal(answers("north", "lan", VERB_DECLINE, id).status, OK); /* said again */
    assert_string_equal(story(id), "opened offered:lan declined:lan offered:mai");
}

static void a_dead_system_passes_it_on(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    settles(last_sent(SEND_ALERT, "lan"), SEND_PERMANENT, "");
    assert_string_equal(story(id), "opened offered:lan failed:lan offered:mai");
    last_sent(SEND_ALERT, "mai");
}

static void the_contact_may_want_somebody_else(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    hears(ANNA, "doi nguoi", "noted");
    assert_string_equal(story(id), "opened offered:lan offered:mai");
    assert_int_equal(referral_of(id).offers[0].state, OFFER_WITHDRAWN);
    struct answer a = answers("north", "lan", VERB_ACCEPT, id);
    assert_int_equal(a.status, ERR_INPUT);
    assert_string_equal(a.phone, "");
}

/* Lan takes one at a time. */
static void who_has_enough_is_not_asked(void **state)
{
    (void)state;
    commits_to_fail = 1; /* what was not kept is no burden */
    assert_int_equal(says(ANNA, "sos chieng son").status, ERR_AGAIN);
    uint64_t first = asks_for_shelter(ANNA), second = asks_for_shelter(BINH);
    assert_string_equal(story(first), "opened offered:lan");
    assert_string_equal(story(second), "opened offered:mai");
    answers("north", "lan", VERB_ACCEPT, first);
    answers("north", "lan", VERB_CLOSE, first);
    assert_string_equal(story(asks_for_shelter("+84900000003")), "opened offered:lan");
    engine_destroy(run.engine);
    start_engine(); /* counted anew from the store */
    assert_string_equal(story(asks_for_shelter("+84900000004")), "opened offered:mai");
}

/* ---- what collaborators answer ---- */

static void who_accepts_learns_whom_to_call(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    char text[64];
    (void)state;
    struct answer a = answers("north", "lan", VERB_ACCEPT, id);
    assert_int_equal(a.status, OK);
    assert_string_equal(a.phone, ANNA);
    assert_string_equal(a.host, "house");
    assert_int_equal(a.state, REFERRAL_ACCEPTED);
    snprintf(text, sizeof text, "mt_accepted %s cho", a.code_word);
    assert_true(*a.code_word != '\0');
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, text);
    assert_int_equal(count(ROW_ACCESS), 1);
    struct answer again = answers("north", "lan", VERB_ACCEPT, id); /* the answer was lost on the way */
    assert_string_equal(again.phone, ANNA);
    assert_string_equal(again.code_word, a.code_word);
    assert_int_equal(run.n_sent, 2);
    assert_int_equal(count(ROW_ACCESS), 2); /* each look is written down */
    assert_int_equal(answers("north", "lan", VERB_ARRIVED, id).status, OK);
    a = answers("north", "lan", VERB_CLOSE, id);
    assert_int_equal(a.status, OK);
    assert_string_equal(a.phone, "");
    assert_string_equal(story(id), "opened offered:lan accepted:lan arrived:lan closed:lan");
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, ERR_INPUT);
}

static void late_answers_are_refused(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    run.now += OFFER_WAIT;
    engine_timers(run.engine, run.now);
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, OK); /* late, but nobody else has it */
    struct answer a = answers("south", "mai", VERB_ACCEPT, id);
    assert_int_equal(a.status, ERR_INPUT);
    assert_string_equal(a.phone, "");
    assert_string_equal(a.code_word, "");
    assert_string_equal(a.reason, "another collaborator has accepted it");
    assert_int_equal(answers("south", "mai", VERB_ARRIVED, id).status, ERR_INPUT);
    assert_int_equal(answers("south", "mai", VERB_CLOSE, id).status, ERR_INPUT);
    assert_int_equal(answers("north", "duty", VERB_ACCEPT, id).status, ERR_MISSING); /* never offered */
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id + 1).status, ERR_MISSING);
    assert_int_equal(engine_counters(run.engine)->late_answers, 4);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai accepted:lan");
    assert_int_equal(count(ROW_ACCESS), 1);
}

static void a_system_speaks_for_its_own_people_only(void **state)
{
    static const struct {
        const char *endpoint, *who;
    } wrong[] = {{"south", "lan"},    {"", "lan"},   {"north", "mai"},
                 {"north", "nobody"}, {"north", ""}, {"nowhere", "lan"}};
    uint64_t id = asks_for_shelter(ANNA);
    size_t rows = read_rows();
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        for (int verb = VERB_ACCEPT; verb <= VERB_CLOSE; verb++) {
            struct answer a = answers(wrong[i].endpoint, wrong[i].who, (enum answer_verb)verb, id);
            assert_int_equal(a.status, ERR_AUTH);
            assert_string_equal(a.phone, "");
        }
    assert_int_equal(read_rows(), rows);
    assert_int_equal(referral_of(id).state, REFERRAL_OFFERED);
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, OK);
}

static void drills_reach_no_real_system(void **state)
{
    struct job cry = message(ANNA, "sos chieng son", "k1");
    (void)state;
    cry.in.drill = true;
    work(&cry);
    assert_string_equal(story(last_referral()), "opened offered:lan");
    assert_int_equal(run.n_sent, 0);
    for (size_t i = 0; i < n_rows; i++)
        assert_true(all[i].drill);
}

/* A drill on the same phone neither hides the real request nor takes its place. */
static void a_drill_and_the_real_thing_stay_apart(void **state)
{
    uint64_t real = asks_for_shelter(ANNA);
    struct job cry = message(ANNA, "sos chieng son", "k1");
    (void)state;
    cry.in.drill = true;
    work(&cry);
    uint64_t drill = last_referral();
    assert_true(drill != real);
    says(ANNA, "sos chieng son");
    assert_int_equal(last_referral(), drill); /* no third one */
    assert_true(referral_of(real).urgent);
    says(ANNA, "xoa");
    assert_string_equal(referral_of(real).outcome, "erased");
    assert_string_equal(referral_of(drill).outcome, "erased");
}

/* Unmet, then asked again: whoever accepts the old one late would come beside the new one. */
static void a_newer_request_takes_the_place_of_an_unmet_one(void **state)
{
    uint64_t old = asks_for_shelter(ANNA);
    (void)state;
    for (int i = 0; i < 2; i++) {
        run.now += OFFER_WAIT;
        engine_timers(run.engine, run.now);
    }
    assert_int_equal(referral_of(old).state, REFERRAL_UNMET);
    says(ANNA, "sos chieng son");
    uint64_t newer = last_referral();
    assert_true(newer != old);
    struct answer a = answers("north", "lan", VERB_ACCEPT, old);
    assert_int_equal(a.status, ERR_INPUT);
    assert_string_equal(a.phone, "");
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, newer).status, OK);
}

/* ---- a whole evening, with and without a disk that fails ---- */

static void tell_all(struct out *o)
{
    read_rows();
    for (size_t i = 0; i < n_rows; i++)
        out_printf(o, "%d %lld %llu %d %u %s %s %s %s\n", all[i].kind, (long long)(all[i].at - START),
                   (unsigned long long)all[i].contact, all[i].event, all[i].effects, all[i].state,
                   all[i].place, all[i].collaborator, all[i].note);
    for (size_t i = 0; i < run.n_sent; i++)
        out_printf(o, "%d %s %s\n", run.sent[i].kind, run.sent[i].target, run.sent[i].to);
}

/* As an aggregator does: again until it is taken. */
static void insist(struct job *j, struct rng *chance, bool failing)
{
    do {
        commits_to_fail = failing ? (int)rng_below(chance, 2) : 0;
        work(j);
    } while (j->out.status == ERR_AGAIN);
    assert_false(j->out.duplicate);
    commits_to_fail = 0;
}

static void a_minute(struct rng *chance, bool failing)
{
    run.now += MINUTE_MS;
    commits_to_fail = failing ? (int)rng_below(chance, 2) : 0;
    engine_timers(run.engine, run.now);
    commits_to_fail = 0;
    engine_timers(run.engine, run.now);
}

static void an_evening(struct rng *chance, bool failing, struct out *o)
{
    static const char *const words[] = {"2",     "chieng son", "1", "1", "sos",
                                        "thoat", "xin chao",   "2", "1", "dung"};
    struct rng script;
    rng_seed(&script, 11);
    for (int i = 0; i < 60; i++) {
        char number[MSISDN_MAX], key[16];
        const char *text = words[rng_below(&script, sizeof words / sizeof words[0])];
        snprintf(number, sizeof number, "+8490000000%u", (unsigned)rng_below(&script, 4));
        snprintf(key, sizeof key, "e%d", i);
        struct job j = message(number, text, key);
        a_minute(chance, failing);
        insist(&j, chance, failing);
    }
    tell_all(o);
}

/* What went out since: taken, and then arrived or failed. */
static void receipts_come(size_t since, struct rng *script, struct rng *chance, bool failing)
{
    char id[32], key[32];
    for (size_t i = since; i < run.n_sent; i++) {
        snprintf(id, sizeof id, "m%zu", i);
        snprintf(key, sizeof key, "d%zu", i);
        struct job sent = {.in = {.kind = INPUT_SENT,
                                  .send_id = run.sent[i].id,
                                  .send_message_id = str_of(id)}},
                   dlr = {.in = {.kind = INPUT_DLR,
                                 .aggregator = "kannel",
                                 .message_id = str_of(id),
                                 .dlr = rng_below(script, 4) ? DLR_DELIVERED : DLR_FAILED,
                                 .key = str_of(key)}};
        bool early = rng_below(script, 2);
        if (run.sent[i].kind != SEND_MT)
            continue;
        if (early)
            insist(&dlr, chance, failing);
        insist(&sent, chance, failing);
        if (!early)
            insist(&dlr, chance, failing);
    }
}

static bool sends_receipts(const void *ctx, const char *aggregator)
{
    (void)ctx;
    (void)aggregator;
    return true;
}

/* Every message in two parts, the second of which may not come; answers by SMS, with receipts. */
static void a_long_winded_evening(struct rng *chance, bool failing, struct out *o)
{
    static const char *const words[][2] = {
        {"2", ""},        {"chieng ", "son"},     {"", "1"},    {"1", ""},  {"so", "s"}, {"tho", "at"},
        {"xin", " chao"}, {"sos chieng", " son"}, {"du", "ng"}, {"xo", "a"}};
    struct rng script;
    rng_seed(&script, 12);
    rules.mt.receipts = sends_receipts;
    for (int i = 0; i < 60; i++) {
        char number[MSISDN_MAX], key[16], ref[8];
        const char *const *text = words[rng_below(&script, sizeof words / sizeof words[0])];
        size_t sent = run.n_sent;
        snprintf(number, sizeof number, "+8490000000%u", (unsigned)rng_below(&script, 4));
        snprintf(ref, sizeof ref, "%u", (unsigned)rng_below(&script, 8));
        a_minute(chance, failing);
        for (unsigned no = 1, come = rng_below(&script, 4) ? 2 : 1; no <= come; no++) {
            snprintf(key, sizeof key, "e%d/%u", i, no);
            struct job j = message(number, text[no - 1], key);
            j.in.reply_by_mt = true;
            j.in.part_ref = str_of(ref);
            j.in.part_no = no;
            j.in.part_count = 2;
            insist(&j, chance, failing);
        }
        receipts_come(sent, &script, chance, failing);
    }
    tell_all(o);
}

static void compare(void **state, void (*evening)(struct rng *, bool, struct out *))
{
    static char calm[1 << 16], stormy[1 << 16];
    struct rng chance;
    struct out o;
    rng_seed(&chance, 3);
    out_init(&o, calm, sizeof calm);
    evening(&chance, false, &o);
    assert_false(o.overflow);
    assert_true(n_rows > 100 && run.n_sent > 10);
    end_run(state);
    assert_int_equal(begin_run(state), 0);
    out_init(&o, stormy, sizeof stormy);
    evening(&chance, true, &o);
    assert_true(engine_counters(run.engine)->commit_failures > 10);
    assert_string_equal(stormy, calm);
}

static void failures_leave_no_trace(void **state)
{
    compare(state, an_evening);
}

static void failures_leave_no_trace_of_parts_and_receipts(void **state)
{
    compare(state, a_long_winded_evening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(repeats_change_nothing),
        BOTH(repeats_within_one_batch),
        BOTH(a_cry_for_help_is_passed_on_once),
        BOTH(ussd_repeats_keep_the_session_closed),
        BOTH(repeats_are_forgotten_after_their_window),
        BOTH(a_failed_commit_did_not_happen),
        BOTH(an_answer_that_was_not_kept_is_not_told),
        BOTH(one_bad_input_takes_no_other_down),
        BOTH(failed_timers_work_again),
        BOTH(silence_passes_the_referral_on),
        BOTH(urgent_offers_wait_less),
        BOTH(a_refusal_passes_it_on_at_once),
        BOTH(a_dead_system_passes_it_on),
        BOTH(the_contact_may_want_somebody_else),
        BOTH(who_has_enough_is_not_asked),
        BOTH(who_accepts_learns_whom_to_call),
        BOTH(late_answers_are_refused),
        BOTH(a_system_speaks_for_its_own_people_only),
        BOTH(drills_reach_no_real_system),
        BOTH(a_drill_and_the_real_thing_stay_apart),
        BOTH(a_newer_request_takes_the_place_of_an_unmet_one),
        BOTH(failures_leave_no_trace),
        BOTH(failures_leave_no_trace_of_parts_and_receipts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
