/* Answers that the callback cannot carry go out as SMS, in one commit with what they answer; every SMS in the
 * shape its aggregator wants. */
#include "unit/engine_line.h"

/* ---- answers as MT ---- */

static struct job message_by_mt(const char *number, const char *text, const char *key)
{
    struct job j = message(number, text, key);
    j.in.reply_by_mt = true;
    return j;
}

static const struct caught *answered(const char *number, const char *text, const char *answer)
{
    char key[32];
    size_t before = run.n_sent;
    snprintf(key, sizeof key, "kannel/sms/%d", run.n_keys++);
    struct job j = message_by_mt(number, text, key);
    run.now += SECOND_MS;
    work(&j);
    assert_int_equal(j.out.status, OK);
    assert_int_equal(j.out.len, 0);
    assert_string_equal(j.out.text, "");
    assert_true(run.n_sent > before);
    const struct caught *mt = last_sent(SEND_MT, "kannel");
    assert_string_equal(mt->body, answer);
    assert_string_equal(mt->to, number);
    assert_string_equal(mt->from, "8099");
    return mt;
}

static void the_answer_goes_out_once(void **state)
{
    struct job first = message_by_mt(ANNA, "2", "k1"), again = message_by_mt(ANNA, "2", "k1");
    (void)state;
    work(&first);
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "place");
    size_t rows = read_rows();
    assert_int_equal(count(ROW_MO), 1);
    assert_int_equal(last_row(ROW_MO).reply.n, 0); /* the answer is kept once, with the MT */
    struct row mt = last_row(ROW_MT);
    assert_int_equal(mt.reply.n, 5);
    assert_int_equal(mt.event, 1);
    assert_string_equal(mt.note, "answer");
    assert_true(mt.contact == last_row(ROW_MO).contact);
    work(&again);
    assert_true(again.out.duplicate);
    assert_int_equal(again.out.len, 0);
    assert_int_equal(run.n_sent, 1);
    assert_int_equal(read_rows(), rows);
    answered(ANNA, "chieng son", "safe");
}

static void what_is_not_committed_is_not_sent(void **state)
{
    struct job j = message_by_mt(ANNA, "2", "k1");
    (void)state;
    commits_to_fail = 1;
    work(&j);
    assert_int_equal(j.out.status, ERR_AGAIN);
    assert_int_equal(run.n_sent, 0);
    work(&j);
    assert_int_equal(j.out.status, OK);
    assert_int_equal(run.n_sent, 1);
    assert_int_equal(engine_counters(run.engine)->mt, 1);
}

static void another_aggregator_sends_no_answer(void **state)
{
    (void)state;
    rules.mt_aggregator = "other";
    answered(ANNA, "2", "place"); /* by the one she wrote through */
}

/* Stop: that word is answered, and nothing after it. */
static void stop_is_answered(void **state)
{
    (void)state;
    struct caught early = *answered(ANNA, "2", "place");
    settles(&early, SEND_TEMPORARY, "");
    struct caught last = *answered(ANNA, "dung", "stopped");
    settles(&last, SEND_TEMPORARY, "");
    size_t sent = run.n_sent;
    passes(MINUTE_MS);
    assert_int_equal(run.n_sent, sent + 1); /* the earlier one is withdrawn */
    assert_int_equal(run.sent[sent].id, last.id);
    restart();
    passes(0);
    assert_int_equal(run.n_sent, sent + 2);
    settles(&last, SEND_OK, "");
    passes(HOUR_MS);
    assert_int_equal(run.n_sent, sent + 2);
}

static void erasure_is_answered_and_forgotten(void **state)
{
    struct contact c;
    struct failure why;
    struct arena a;
    struct store_send s;
    (void)state;
    rules.mt.receipts = NULL;
    answered(ANNA, "2", "place");
    struct job j = message_by_mt(ANNA, "xoa", "k-xoa");
    run.busy = true;
    work(&j);
    assert_int_equal(j.out.status, OK);
    assert_int_equal(run.store.ops->contact_find(run.store.self, ANNA, &c, &why), ERR_MISSING);
    run.busy = false;
    restart();
    passes(SECOND_MS);
    struct caught mt = *last_sent(SEND_MT, "kannel");
    assert_string_equal(mt.body, "erased");
    assert_string_equal(mt.to, ANNA);
    assert_int_equal(last_row(ROW_MT).contact, 0);
    read_rows();
    for (size_t i = 0; i < n_rows; i++)
        assert_true(all[i].text.n == 0 && all[i].reply.n == 0);
    settles(&mt, SEND_OK, "m-1");
    arena_init(&a, 0);
    assert_int_equal(run.store.ops->send_get(run.store.self, mt.id, &s, &a, &why), ERR_MISSING);
    arena_free(&a);
    size_t sent = run.n_sent;
    work(&j); /* asked twice for the same */
    assert_true(j.out.duplicate);
    assert_int_equal(run.n_sent, sent);
}

static bool always(const void *ctx, const char *aggregator)
{
    (void)ctx;
    (void)aggregator;
    return true;
}

/* Where receipts are waited for, the last word is not: it has no key of its own. */
static void the_last_word_waits_for_no_receipt(void **state)
{
    struct arena a;
    struct store_send s;
    struct failure why;
    (void)state;
    rules.mt.receipts = always;
    arena_init(&a, 0);
    struct caught mt = *answered(ANNA, "xoa", "erased");
    settles(&mt, SEND_OK, "m-1");
    assert_int_equal(run.store.ops->send_get(run.store.self, mt.id, &s, &a, &why), ERR_MISSING);
    receipt_by("kannel", "m-1", DLR_RETRY, MT_CLASS_ABSENT, "d1");
    assert_string_equal(last_row(ROW_DLR).note, "absent, given up");
    mt = *answered(ANNA, "xoa", "erased");
    passes(GIVE_UP);
    settles(&mt, SEND_TEMPORARY, "");
    assert_int_equal(run.store.ops->send_get(run.store.self, mt.id, &s, &a, &why), ERR_MISSING);
    arena_free(&a);
}

static void a_drill_is_answered_too(void **state)
{
    struct job j = message_by_mt(ANNA, "2", "k1");
    (void)state;
    j.in.drill = true;
    work(&j);
    assert_true(last_sent(SEND_MT, "kannel")->drill);
    assert_true(last_row(ROW_MT).drill && last_row(ROW_MO).drill);
}

static void an_answer_tells_its_referral(void **state)
{
    (void)state;
    answered(ANNA, "sos chieng son", "emergency\ntold");
    assert_int_equal(last_row(ROW_MT).referral, last_referral());
}

/* ---- the shape ---- */

/* One SMS for every six bytes, two segments each; what it was told is kept aside. */
static struct {
    char aggregator[32];
    bool may_unaccent;
} asked;

static size_t in_sixes(const void *ctx, const char *aggregator, struct str text, bool may_unaccent,
                       struct arena *a, struct mt_part *out, size_t max)
{
    size_t n = 0;
    assert_ptr_equal(ctx, &asked);
    str_copy(str_of(aggregator), asked.aggregator, sizeof asked.aggregator);
    asked.may_unaccent = may_unaccent;
    while (text.n && n < max) {
        size_t part = text.n < 6 || n + 1 == max ? text.n : 6;
        out[n++] = (struct mt_part){arena_str(a, (struct str){text.s, part}), 2};
        text = (struct str){text.s + part, text.n - part};
    }
    return n;
}

static void each_part_is_a_send(void **state)
{
    struct job j = message_by_mt(ANNA, "2", "k1");
    (void)state;
    rules.mt.shape = in_sixes;
    rules.mt.ctx = &asked;
    work(&j);
    assert_int_equal(run.n_sent, 1);
    j = message_by_mt(ANNA, "chieng son", "k2");
    work(&j);
    j = message_by_mt(ANNA, "1", "k3");
    work(&j); /* "consent" in two */
    assert_int_equal(run.n_sent, 4);
    assert_string_equal(run.sent[2].body, "consen");
    assert_string_equal(run.sent[3].body, "t");
    assert_true(run.sent[2].id != run.sent[3].id);
    assert_string_equal(asked.aggregator, "kannel");
    assert_false(asked.may_unaccent);
    assert_int_equal(last_row(ROW_MT).event, 4);
    assert_int_equal(last_row(ROW_MT).reply.n, 7);
    const struct engine_counters *c = engine_counters(run.engine);
    assert_int_equal(c->mt, 3);
    assert_int_equal(c->mt_parts, 4);
    assert_int_equal(c->mt_segments, 8);
    struct caught first = run.sent[2], second = run.sent[3]; /* each is settled by itself */
    settles(&first, SEND_TEMPORARY, "");
    settles(&second, SEND_OK, "m-2");
    passes(MINUTE_MS);
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "consen");
}

/* What the line tells of itself is shaped alike, in the language it is told in. */
static void news_are_shaped_too(void **state)
{
    struct cfg_findings f;
    const struct catalog_def plain = {.lang = "vi", .unaccent = true, .texts = catalog.texts};
    (void)state;
    cfg_findings_init(&f, &arena);
    rules.catalogs = catalogs_build(&plain, 1, &arena, &f);
    cfg_findings_free(&f);
    rules.mt.shape = in_sixes;
    rules.mt.ctx = &asked;
    asked.may_unaccent = false;
    uint64_t id = asks_for_shelter(ANNA);
    size_t before = run.n_sent;
    answers("north", "lan", VERB_ACCEPT, id);
    assert_true(run.n_sent >= before + 3);
    assert_string_equal(run.sent[before].body, "mt_acc");
    assert_true(asked.may_unaccent);
    assert_int_equal(last_row(ROW_MT).referral, id);
    assert_string_equal(last_row(ROW_MT).note, "mt_accepted");
}

/* ---- a session that ends without its sender ---- */

static void a_session_ends_without_its_sender(void **state)
{
    struct job cut = {.in = {.kind = INPUT_USSD,
                             .aggregator = "kannel",
                             .session_id = STR("s"),
                             .event = DLG_CUT,
                             .key = STR("u-end")}},
               strange = cut;
    struct contact c;
    struct failure why;
    (void)state;
    work(&cut);
    assert_int_equal(cut.out.status, OK);
    assert_int_equal(cut.out.len, 0);
    assert_int_equal(read_rows(), 1);
    assert_int_equal(all[0].kind, ROW_USSD);
    assert_int_equal(all[0].event, DLG_CUT);
    assert_int_equal(all[0].contact, 0);
    assert_string_equal(all[0].aggregator, "kannel");
    assert_int_equal(run.store.ops->contact_find(run.store.self, "", &c, &why), ERR_MISSING);
    work(&cut);
    assert_true(cut.out.duplicate);
    assert_int_equal(read_rows(), 1);
    strange.in.event = DLG_BEGIN;
    strange.in.key = STR("u-begin");
    work(&strange);
    assert_int_equal(strange.out.status, ERR_INPUT);
    assert_int_equal(read_rows(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(the_answer_goes_out_once),
        BOTH(what_is_not_committed_is_not_sent),
        BOTH(another_aggregator_sends_no_answer),
        BOTH(stop_is_answered),
        BOTH(erasure_is_answered_and_forgotten),
        BOTH(the_last_word_waits_for_no_receipt),
        BOTH(a_drill_is_answered_too),
        BOTH(an_answer_tells_its_referral),
        BOTH(each_part_is_a_send),
        BOTH(news_are_shaped_too),
        BOTH(a_session_ends_without_its_sender),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
