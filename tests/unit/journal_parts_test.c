/* Parts of a longer SMS: whatever comes, in whatever order, is one message, and none of it is lost. */
#include "unit/engine_line.h"

static struct job part(const char *number, const char *ref, unsigned no, unsigned of, const char *text,
                       const char *key)
{
    struct job j = message(number, text, key);
    j.in.part_ref = str_of(ref);
    j.in.part_no = no;
    j.in.part_count = of;
    return j;
}

/* A new part, a second after the last; the answer to its caller. */
static struct answer comes(const char *number, const char *ref, unsigned no, unsigned of, const char *text)
{
    char key[32];
    snprintf(key, sizeof key, "kannel/sms/%d", run.n_keys++);
    struct job j = part(number, ref, no, of, text, key);
    run.now += SECOND_MS;
    work(&j);
    assert_int_equal(j.out.status, OK);
    return j.out;
}

static void waits(const char *number, const char *ref, unsigned no, unsigned of, const char *text)
{
    size_t mo = count(ROW_MO);
    assert_string_equal(comes(number, ref, no, of, text).text, "");
    assert_int_equal(count(ROW_MO), mo);
}

static void is_answered(const char *number, const char *ref, unsigned no, unsigned of, const char *text,
                        const char *answer)
{
    assert_string_equal(comes(number, ref, no, of, text).text, answer);
}

static bool last_text(void *to, const struct row *r)
{
    struct out o;
    if (r->kind != ROW_MO)
        return true;
    out_init(&o, to, TEXT_SMS_MAX + 1);
    out_str(&o, r->text);
    return true;
}

static const char *heard_text(void)
{
    static char text[TEXT_SMS_MAX + 1];
    struct failure why;
    text[0] = '\0';
    assert_int_equal(run.store.ops->scan(run.store.self, 0, true, last_text, text, &why), OK);
    return text;
}

static size_t waiting(const char *number)
{
    static struct store_group open[64];
    struct contact c;
    struct failure why;
    size_t n;
    if (run.store.ops->contact_find(run.store.self, number, &c, &why) != OK)
        return 0;
    assert_int_equal(run.store.ops->group_open(run.store.self, c.id, open, 64, &n, &why), OK);
    return n;
}

/* ---- all of them come ---- */

static void any_order_is_one_message(void **state)
{
    static const unsigned orders[][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    static const char *const pieces[] = {"s", "os chieng", " son"};
    (void)state;
    for (int i = 0; i < 6; i++) {
        char number[32];
        snprintf(number, sizeof number, "+8490000001%d", i);
        for (int k = 0; k < 2; k++)
            waits(number, "7", orders[i][k], 3, pieces[orders[i][k] - 1]);
        is_answered(number, "7", orders[i][2], 3, pieces[orders[i][2] - 1], "emergency\ntold");
        assert_string_equal(heard_text(), "sos chieng son");
        assert_int_equal(count(ROW_MO), i + 1);
        assert_int_equal(waiting(number), 0);
    }
    assert_int_equal(engine_counters(run.engine)->referrals, 6);
    assert_int_equal(engine_counters(run.engine)->sms_incomplete, 0);
    size_t rows = read_rows();
    passes(HOUR_MS / 2); /* nothing is left to wait for */
    assert_int_equal(count(ROW_MO), 6);
    assert_true(n_rows >= rows);
}

static void repeats_get_the_same_answer(void **state)
{
    struct job one = part(ANNA, "7", 1, 2, "chieng ", "k1"), two = part(ANNA, "7", 2, 2, "son", "k2"),
               *jobs[] = {&one, &one, &two, &two};
    (void)state;
    says(ANNA, "2");
    engine_batch(run.engine, jobs, 2, run.now);
    assert_true(one.out.duplicate);
    assert_string_equal(one.out.text, "");
    work(&two);
    assert_false(two.out.duplicate);
    assert_string_equal(two.out.text, "safe");
    for (int i = 0; i < 4; i++) {
        work(jobs[i]);
        assert_true(jobs[i]->out.duplicate);
        assert_string_equal(jobs[i]->out.text, i < 2 ? "" : "safe");
    }
    assert_int_equal(count(ROW_MO), 2);
    assert_int_equal(run.n_sent, 0);
}

/* The network delivers a part twice, each time with an id of its own. */
static void a_part_that_comes_twice_counts_once(void **state)
{
    (void)state;
    says(ANNA, "2");
    waits(ANNA, "7", 1, 2, "chieng ");
    struct answer a = comes(ANNA, "7", 1, 2, "chieng ");
    assert_true(a.duplicate);
    assert_int_equal(waiting(ANNA), 1);
    is_answered(ANNA, "7", 2, 2, "son", "safe");
    assert_string_equal(heard_text(), "chieng son");
}

static void one_id_for_all_parts_is_no_repeat(void **state)
{
    struct job one = part(ANNA, "7", 1, 2, "chieng ", "same"), two = part(ANNA, "7", 2, 2, "son", "same");
    (void)state;
    says(ANNA, "2");
    work(&one);
    work(&two);
    assert_false(two.out.duplicate);
    assert_string_equal(two.out.text, "safe");
}

static void without_a_key_all_the_same(void **state)
{
    struct job one = part(ANNA, "7", 1, 2, "chieng ", ""), two = part(ANNA, "7", 2, 2, "son", "");
    (void)state;
    says(ANNA, "2");
    work(&one);
    work(&one);
    work(&two);
    assert_string_equal(two.out.text, "safe");
    assert_int_equal(count(ROW_MO), 2);
}

static void what_is_no_part_is_a_message(void **state)
{
    static const unsigned odd[][2] = {{0, 2}, {3, 2}, {1, 1}, {1, 0}, {1, 256}, {0, 0}};
    (void)state;
    says(ANNA, "2");
    for (int i = 0; i < 6; i++)
        assert_true(comes(ANNA, "7", odd[i][0], odd[i][1], "xyz").len > 0);
    assert_int_equal(count(ROW_MO), 7);
    assert_int_equal(waiting(ANNA), 0);
}

static void messages_are_kept_apart(void **state)
{
    struct job other = part(ANNA, "7", 2, 2, "B2", "x1"), drill = part(ANNA, "7", 2, 2, "D2", "x2");
    (void)state;
    waits(ANNA, "7", 1, 2, "A1 ");
    waits(BINH, "7", 1, 2, "X1 ");
    waits(ANNA, "8", 1, 2, "C1 ");
    waits(ANNA, "7", 1, 3, "E1 ");
    str_copy(STR("other"), other.in.aggregator, sizeof other.in.aggregator);
    work(&other);
    drill.in.drill = true;
    work(&drill);
    assert_int_equal(count(ROW_MO), 0);
    assert_int_equal(waiting(ANNA), 5);
    comes(ANNA, "7", 2, 2, "A2");
    assert_string_equal(heard_text(), "A1 A2");
    comes(ANNA, "8", 2, 2, "C2");
    assert_string_equal(heard_text(), "C1 C2");
    comes(BINH, "7", 2, 2, "X2");
    assert_string_equal(heard_text(), "X1 X2");
}

static void a_long_one_is_cut_at_a_character(void **state)
{
    char text[256] = "";
    (void)state;
    for (int i = 0; i < 50; i++)
        strcat(text, "ệ"); /* 150 bytes */
    text[149] = '\0'; /* not at a character's end: the next part begins within, as a bad aggregator may */
    strcat(text, "x");
    for (unsigned no = 1; no < 255; no++)
        assert_string_equal(comes(ANNA, "7", no, 255, text).text, "");
    comes(ANNA, "7", 255, 255, text);
    assert_int_equal(count(ROW_MO), 1);
    assert_in_range(strlen(heard_text()), TEXT_SMS_MAX - 16, TEXT_SMS_MAX);
}

static void a_failed_commit_forgets_the_part(void **state)
{
    struct job one = part(ANNA, "7", 1, 2, "chieng ", "k1"), two = part(ANNA, "7", 2, 2, "son", "k2");
    (void)state;
    says(ANNA, "2");
    commits_to_fail = 1;
    work(&one);
    assert_int_equal(one.out.status, ERR_AGAIN);
    assert_int_equal(waiting(ANNA), 0);
    work(&one);
    assert_int_equal(one.out.status, OK);
    commits_to_fail = 1;
    work(&two);
    assert_int_equal(two.out.status, ERR_AGAIN);
    assert_int_equal(two.out.len, 0);
    assert_int_equal(waiting(ANNA), 1);
    work(&two);
    assert_string_equal(two.out.text, "safe");
    assert_int_equal(count(ROW_MO), 2);
}

static void the_whole_may_be_answered_by_mt(void **state)
{
    struct job one = part(ANNA, "7", 1, 2, "", "k1"), two = part(ANNA, "7", 2, 2, "2", "k2");
    (void)state;
    one.in.reply_by_mt = two.in.reply_by_mt = true;
    work(&one);
    work(&two);
    assert_int_equal(two.out.len, 0);
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "place");
    work(&two);
    assert_int_equal(run.n_sent, 1);
}

/* ---- one does not come ---- */

static void what_is_there_is_worked_in_time(void **state)
{
    (void)state;
    rules.mt_aggregator = "other"; /* the answer cannot go back: nobody waits for it */
    waits(ANNA, "7", 3, 3, " chieng son");
    waits(ANNA, "7", 1, 3, "sos");
    msec first = run.now - SECOND_MS;
    assert_true(engine_timers(run.engine, run.now) <= first + 20 * SECOND_MS);
    run.now = first + 20 * SECOND_MS - 1;
    passes(0);
    assert_int_equal(count(ROW_MO), 0);
    passes(1);
    assert_string_equal(heard_text(), "sos chieng son");
    assert_int_equal(count(ROW_MO), 1);
    assert_string_equal(story(last_referral()), "opened offered:lan"); /* danger was heard */
    assert_string_equal(last_sent(SEND_MT, "other")->body, "emergency\ntold");
    assert_string_equal(run.sent[run.n_sent - 1].from, "8099");
    assert_int_equal(engine_counters(run.engine)->sms_incomplete, 1);
    passes(MINUTE_MS);
    assert_int_equal(count(ROW_MO), 1);
    says(ANNA, "xyz");
    is_answered(ANNA, "7", 2, 3, "sos", "emergency\ndanger"); /* late: by itself, at once */
    assert_string_equal(heard_text(), "sos");
}

static void an_answer_by_mt_takes_its_own_way(void **state)
{
    struct job one = part(ANNA, "7", 1, 2, "2", "k1");
    (void)state;
    rules.mt_aggregator = "other";
    one.in.reply_by_mt = true;
    work(&one);
    passes(20 * SECOND_MS);
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "place");
}

static void the_wait_can_be_set(void **state)
{
    (void)state;
    rules.parts_wait = 3 * SECOND_MS;
    waits(ANNA, "7", 1, 2, "2");
    passes(3 * SECOND_MS - 1);
    assert_int_equal(count(ROW_MO), 0);
    passes(1);
    assert_int_equal(count(ROW_MO), 1);
}

static void parts_outlive_the_daemon(void **state)
{
    (void)state;
    says(ANNA, "2");
    waits(ANNA, "7", 1, 2, "chieng ");
    waits(BINH, "7", 1, 2, "2");
    restart();
    is_answered(ANNA, "7", 2, 2, "son", "safe");
    restart();
    run.now += MINUTE_MS;
    passes(0);
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "place");
    assert_string_equal(run.sent[run.n_sent - 1].to, BINH);
    assert_int_equal(count(ROW_MO), 3);
}

static void a_timer_that_fails_works_again(void **state)
{
    (void)state;
    waits(ANNA, "7", 1, 2, "2");
    run.now += MINUTE_MS;
    commits_to_fail = 1;
    assert_true(engine_timers(run.engine, run.now) <= run.now + SECOND_MS);
    assert_int_equal(count(ROW_MO), 0);
    assert_int_equal(run.n_sent, 0);
    passes(0);
    assert_int_equal(count(ROW_MO), 1);
    assert_int_equal(run.n_sent, 1);
}

static void one_that_cannot_be_worked_takes_no_other_down(void **state)
{
    (void)state;
    waits(BINH, "7", 1, 2, "poison");
    waits(ANNA, "7", 1, 2, "2");
    passes(MINUTE_MS);
    assert_int_equal(count(ROW_MO), 1);
    assert_string_equal(last_sent(SEND_MT, "kannel")->to, ANNA);
    assert_int_equal(waiting(BINH), 1); /* kept, and tried again later */
}

/* ---- references are used again ---- */

static void an_old_reference_is_a_new_message(void **state)
{
    (void)state;
    says(ANNA, "2");
    waits(ANNA, "7", 1, 2, "chieng ");
    is_answered(ANNA, "7", 2, 2, "son", "safe");
    run.now += DAY_MS;
    waits(ANNA, "7", 2, 2, "son");
    comes(ANNA, "7", 1, 2, "sos chieng ");
    assert_string_equal(heard_text(), "sos chieng son");
    waits(ANNA, "9", 1, 3, "abc");
    passes(MINUTE_MS);
    run.now += DAY_MS;
    waits(ANNA, "9", 3, 3, "xyz"); /* missing then, but that was long ago */
}

/* Some phones have but one reference. */
static void the_same_reference_at_once(void **state)
{
    (void)state;
    says(ANNA, "2");
    waits(ANNA, "7", 1, 2, "sos ");
    size_t sent = run.n_sent;
    assert_string_equal(comes(ANNA, "7", 1, 2, "chieng ").text,
                        ""); /* another first part: the old one is done */
    assert_string_equal(heard_text(), "sos ");
    assert_true(run.n_sent > sent);
    comes(ANNA, "7", 2, 2, "son");
    assert_string_equal(heard_text(), "chieng son");
    waits(ANNA, "7", 1, 2, "mot "); /* the one before was complete: this begins anew */
    comes(ANNA, "7", 2, 2, "hai");
    assert_string_equal(heard_text(), "mot hai");
}

/* ---- bounds ---- */

static void too_many_beginnings(void **state)
{
    char ref[16], text[16];
    (void)state;
    rules.parts_wait = HOUR_MS;
    for (int i = 0; i < 32; i++) {
        snprintf(ref, sizeof ref, "%d", i);
        snprintf(text, sizeof text, "t%d", i);
        waits(ANNA, ref, 1, 9, text);
    }
    waits(BINH, "0", 1, 2, "x");
    comes(ANNA, "new", 1, 9, "new");
    assert_int_equal(count(ROW_MO), 1);
    assert_string_equal(heard_text(), "t0");
    assert_int_equal(waiting(ANNA), 32);
    assert_int_equal(waiting(BINH), 1);
    waits(ANNA, "31", 2, 9, "more"); /* no new group: none must go */
    assert_int_equal(waiting(ANNA), 32);
}

/* What is worked to make room may change the conversation, or end it for good. */
static void room_is_made_by_an_erasure(void **state)
{
    char ref[16];
    (void)state;
    rules.parts_wait = HOUR_MS;
    waits(ANNA, "first", 1, 2, "xoa");
    for (int i = 1; i < 32; i++) {
        snprintf(ref, sizeof ref, "%d", i);
        waits(ANNA, ref, 1, 2, "x");
    }
    assert_string_equal(comes(ANNA, "new", 1, 2, "").text, "");
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "erased");
    assert_int_equal(waiting(ANNA), 1); /* of somebody unknown now */
    is_answered(ANNA, "new", 2, 2, "2", "place");
}

static void too_many_parts(void **state)
{
    (void)state;
    rules.parts_wait = HOUR_MS;
    for (unsigned no = 1; no <= 127; no++)
        assert_string_equal(comes(ANNA, "1", no, 200, "a").text, "");
    for (unsigned no = 1; no <= 128; no++)
        assert_string_equal(comes(ANNA, "2", no, 200, "b").text, "");
    assert_int_equal(count(ROW_MO), 0);
    comes(ANNA, "2", 129, 200, "b");
    assert_int_equal(count(ROW_MO), 1);
    assert_int_equal(strlen(heard_text()), 127);
    assert_int_equal(waiting(ANNA), 1);
}

/* ---- erasure ---- */

static void erasure_destroys_parts(void **state)
{
    struct contact c;
    struct failure why;
    (void)state;
    waits(ANNA, "7", 1, 2, "rieng ");
    hears(ANNA, "xoa", "erased");
    passes(MINUTE_MS);
    assert_int_equal(count(ROW_MO), 1); /* that word alone */
    assert_int_equal(run.n_sent, 0);
    assert_int_equal(run.store.ops->contact_find(run.store.self, ANNA, &c, &why), ERR_MISSING);
    waits(ANNA, "7", 2, 2, "2"); /* of somebody unknown now */
    assert_int_equal(waiting(ANNA), 1);
    passes(MINUTE_MS);
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "place");
}

static void erasure_in_parts(void **state)
{
    struct contact c;
    struct failure why;
    (void)state;
    waits(ANNA, "7", 1, 2, "x");
    is_answered(ANNA, "7", 2, 2, "oa", "erased");
    assert_int_equal(run.store.ops->contact_find(run.store.self, ANNA, &c, &why), ERR_MISSING);
    assert_string_equal(heard_text(), "");
    waits(BINH, "7", 1, 2, "xoa"); /* the rest never comes */
    passes(MINUTE_MS);
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "erased");
    assert_int_equal(run.store.ops->contact_find(run.store.self, BINH, &c, &why), ERR_MISSING);
    waits(ANNA, "8", 1, 2, "xoa"); /* worked because its reference comes again: the new part is kept */
    waits(ANNA, "9", 1, 2, "khac");
    comes(ANNA, "8", 1, 2, "moi");
    assert_int_equal(waiting(ANNA), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(any_order_is_one_message),
        BOTH(repeats_get_the_same_answer),
        BOTH(a_part_that_comes_twice_counts_once),
        BOTH(one_id_for_all_parts_is_no_repeat),
        BOTH(without_a_key_all_the_same),
        BOTH(what_is_no_part_is_a_message),
        BOTH(messages_are_kept_apart),
        BOTH(a_long_one_is_cut_at_a_character),
        BOTH(a_failed_commit_forgets_the_part),
        BOTH(the_whole_may_be_answered_by_mt),
        BOTH(what_is_there_is_worked_in_time),
        BOTH(an_answer_by_mt_takes_its_own_way),
        BOTH(the_wait_can_be_set),
        BOTH(parts_outlive_the_daemon),
        BOTH(a_timer_that_fails_works_again),
        BOTH(one_that_cannot_be_worked_takes_no_other_down),
        BOTH(an_old_reference_is_a_new_message),
        BOTH(the_same_reference_at_once),
        BOTH(too_many_beginnings),
        BOTH(room_is_made_by_an_erasure),
        BOTH(too_many_parts),
        BOTH(erasure_destroys_parts),
        BOTH(erasure_in_parts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
