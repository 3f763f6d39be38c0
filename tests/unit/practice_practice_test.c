/* A line to practise on: what is practised is what runs, and nothing of it leaves. */

#include "unit/engine_line.h"

#include "practice/practice.h"

static struct practice *line_to_practise_on;
#define P line_to_practise_on

static int begin_practice(void **state)
{
    struct failure why;
    (void)state;
    rules = usual_rules;
    P = practice_create(&rules, 7, START, &why);
    return P ? 0 : 1;
}

static int end_practice(void **state)
{
    (void)state;
    practice_destroy(P);
    return 0;
}

/* ---- words of the stories ---- */

static struct answer texts_us(struct practice *p, const char *number, const char *words)
{
    struct practice_step step = {.msisdn = number, .channel = CHANNEL_SMS, .text = str_of(words)};
    struct answer a;
    practice_say(p, &step, &a);
    return a;
}

static void asks_here_for_shelter(struct practice *p, const char *number)
{
    texts_us(p, number, "2");
    texts_us(p, number, "chieng son");
    texts_us(p, number, "1"); /* answer by SMS */
    texts_us(p, number, "1"); /* agrees */
}

static struct referral her_referral(struct practice *p, const char *number)
{
    struct referral r;
    assert_int_equal(practice_latest(p, number, &r), OK);
    return r;
}

static const char *asked_now(struct practice *p, const char *number)
{
    static struct referral r;
    r = her_referral(p, number);
    int at = referral_current(&r);
    return at < 0 ? "" : r.offers[at].collaborator;
}

static struct answer collaborator_says(struct practice *p, enum answer_verb verb, const char *outcome)
{
    struct answer a;
    struct referral r = her_referral(p, ANNA);
    practice_answer(p, r.id, str_of(asked_now(p, ANNA)), verb, str_of(outcome), &a);
    return a;
}

static const struct practice_sent *latest(enum send_kind kind)
{
    const struct practice_sent *all_sent;
    size_t n = practice_sent(P, &all_sent);
    while (n-- > 0)
        if (all_sent[n].kind == kind)
            return &all_sent[n];
    return NULL;
}

/* ---- the stories ---- */

static void a_drill_alerts_whom_it_would_alert(void **state)
{
    (void)state;
    asks_here_for_shelter(P, ANNA);
    const struct practice_sent *alert = latest(SEND_ALERT);
    assert_non_null(alert);
    assert_string_equal(alert->target, "lan");
    assert_non_null(strstr(alert->body.s, "\"type\":\"referral.offered\""));
    assert_non_null(strstr(alert->body.s, "\"drill\":true"));
    assert_null(strstr(alert->body.s, ANNA));
    assert_true(practice_owns(P, ANNA, alert->referral));
    assert_false(practice_owns(P, BINH, alert->referral));
}

static bool is_drill(void *n, const struct row *row)
{
    assert_true(row->drill);
    ++*(int *)n;
    return true;
}

static void every_row_and_referral_is_a_drill(void **state)
{
    int n = 0;
    (void)state;
    asks_here_for_shelter(P, ANNA);
    collaborator_says(P, VERB_ACCEPT, "");
    assert_true(her_referral(P, ANNA).drill);
    practice_rows(P, 0, is_drill, &n);
    assert_true(n > 8);
}

/* The engine itself refuses what is no drill while the rules say that every send stays here. */
static void a_rehearsal_takes_nothing_real(void **state)
{
    struct job real = message(ANNA, "sos", "k1");
    (void)state;
    strcpy(run.url, "memory:");
    rules.rehearsal = true;
    assert_true(open_run());
    run.now = START;
    work(&real);
    assert_int_equal(real.out.status, ERR_INPUT);
    assert_string_equal(real.out.text, "");
    assert_int_equal(read_rows(), 0);
    assert_int_equal(run.n_sent, 0);
    end_run(state);
}

static void without_a_rehearsal_a_drill_alerts_nobody(void **state)
{
    struct job drill = message(ANNA, "sos chieng son", "k1");
    (void)state;
    run = (struct run){.now = START, .url = "memory:"};
    assert_true(open_run());
    drill.in.drill = true;
    work(&drill);
    assert_int_equal(drill.out.status, OK);
    assert_int_equal(count(ROW_REFERRAL), 2);
    assert_int_equal(run.n_sent, 0);
    end_run(state);
}

static void what_comes_later_is_caught(void **state)
{
    (void)state;
    asks_here_for_shelter(P, ANNA);
    assert_null(latest(SEND_MT));
    struct answer a = collaborator_says(P, VERB_ACCEPT, "");
    assert_int_equal(a.status, OK);
    assert_string_equal(a.phone, ANNA);
    const struct practice_sent *mt = latest(SEND_MT);
    assert_non_null(mt);
    assert_string_equal(mt->to, ANNA);
    assert_string_equal(mt->target, "practice");
    assert_int_equal(mt->at, practice_now(P));
}

static void it_is_sent_by_the_line_she_came_by(void **state)
{
    struct practice_step step = {.msisdn = ANNA, .aggregator = "other", .text = STR("sos chieng son")};
    struct answer a;
    (void)state;
    practice_say(P, &step, &a);
    step.text = STR("1");
    asks_here_for_shelter(P, BINH);
    step = (struct practice_step){.msisdn = BINH, .aggregator = "other", .text = STR("thoat")};
    practice_say(P, &step, &a);
    struct referral r = her_referral(P, BINH);
    practice_answer(P, r.id, str_of(asked_now(P, BINH)), VERB_ACCEPT, (struct str){NULL, 0}, &a);
    assert_string_equal(latest(SEND_MT)->target, "other");
}

static void an_offer_expires_at_its_time(void **state)
{
    (void)state;
    asks_here_for_shelter(P, ANNA);
    assert_string_equal(asked_now(P, ANNA), "lan");
    practice_pass(P, OFFER_WAIT - SECOND_MS);
    assert_string_equal(asked_now(P, ANNA), "lan");
    msec due = her_referral(P, ANNA).next_at;
    practice_pass(P, HOUR_MS);
    struct referral r = her_referral(P, ANNA);
    assert_int_equal(r.offers[0].state, OFFER_EXPIRED);
    assert_int_equal(r.n_offers, 2);
    assert_int_equal(r.offers[1].at, due); /* not when we looked again */
    assert_int_equal(r.state, REFERRAL_UNMET);
}

static void time_goes_by_to_the_millisecond(void **state)
{
    (void)state;
    practice_pass(P, 12345);
    assert_int_equal(practice_now(P), START + 12345);
    texts_us(P, ANNA, "2");
    assert_int_equal(practice_now(P), START + 12345 + 20 * SECOND_MS);
    struct practice_step quick = {.msisdn = ANNA, .text = STR("1"), .takes = SECOND_MS};
    struct answer a;
    practice_say(P, &quick, &a);
    assert_int_equal(practice_now(P), START + 12345 + 21 * SECOND_MS);
}

static void a_repeat_is_known_by_its_key(void **state)
{
    struct practice_step step = {.msisdn = ANNA, .text = STR("2"), .key = STR("k1")};
    struct answer a;
    (void)state;
    practice_say(P, &step, &a);
    assert_false(a.duplicate);
    practice_say(P, &step, &a);
    assert_true(a.duplicate);
    step.key = (struct str){NULL, 0};
    practice_say(P, &step, &a);
    assert_false(a.duplicate);
}

static bool has_said(void *all_words, const struct row *row)
{
    struct out *o = all_words;
    practice_row_line(row, o);
    out_char(o, '\n');
    return true;
}

static void the_story_is_hers_also_after_she_is_erased(void **state)
{
    char story_of_her[4096];
    struct out o;
    struct contact c;
    (void)state;
    out_init(&o, story_of_her, sizeof story_of_her);
    asks_here_for_shelter(P, ANNA);
    texts_us(P, ANNA, "xoa");
    assert_int_equal(practice_contact(P, ANNA, &c), ERR_MISSING);
    texts_us(P, ANNA, "2");
    assert_int_equal(practice_contact(P, ANNA, &c), OK);
    practice_rows_of(P, ANNA, 0, has_said, &o);
    assert_non_null(strstr(story_of_her, "mo state=place need=shelter"));
    assert_non_null(strstr(story_of_her, "referral offered need=shelter place=03985"));
    assert_non_null(strstr(story_of_her, "erased\n"));
    assert_non_null(strstr(story_of_her, "effects=left,ended,erase"));
    assert_string_equal(her_referral(P, ANNA).outcome, "erased");
}

static void a_phone_may_have_chosen_its_language(void **state)
{
    struct failure why;
    struct contact c;
    (void)state;
    assert_int_equal(practice_speaks(P, ANNA, "xx", &why), ERR_INPUT);
    assert_int_equal(practice_speaks(P, ANNA, "vi", &why), OK);
    texts_us(P, ANNA, "2");
    assert_int_equal(practice_contact(P, ANNA, &c), OK);
    assert_string_equal(c.session.lang, "vi");
    assert_int_equal(c.id, 1);
}

static void who_speaks_for_nobody_is_refused(void **state)
{
    struct answer a;
    (void)state;
    asks_here_for_shelter(P, ANNA);
    practice_answer(P, her_referral(P, ANNA).id, STR("nobody"), VERB_ACCEPT, (struct str){NULL, 0}, &a);
    assert_int_equal(a.status, ERR_AUTH);
}

/* Everything that can be looked at, as one text. */
static char *whole(uint64_t seed)
{
    struct failure why;
    struct practice *p = practice_create(&rules, seed, START, &why);
    asks_here_for_shelter(p, ANNA);
    collaborator_says(p, VERB_ACCEPT, "");
    practice_pass(p, 2 * DAY_MS);
    texts_us(p, ANNA, "sos");
    cJSON *all_of_it = practice_inside(p, ANNA);
    char *text = cJSON_Print(all_of_it);
    cJSON_Delete(all_of_it);
    practice_destroy(p);
    return text;
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    char *one = whole(1), *same = whole(1), *other = whole(2);
    (void)state;
    assert_string_equal(one, same);
    assert_string_not_equal(one, other); /* other ids, other code word */
    assert_non_null(strstr(one, "\"session\""));
    cJSON_free(one);
    cJSON_free(same);
    cJSON_free(other);
}

static void the_last_1024_are_kept(void **state)
{
    const struct practice_sent *all_sent;
    char number[MSISDN_MAX];
    (void)state;
    for (int i = 1; i <= 2 * 1024 + 1; i++) {
        snprintf(number, sizeof number, "+99900%07d", i / 64);
        texts_us(P, number, "sos chieng son");
        texts_us(P, number, "xoa");
    }
    assert_int_equal(practice_sent(P, &all_sent), 1024);
    assert_int_equal(all_sent[1023].no, 2 * 1024 + 1);
    assert_int_equal(all_sent[0].no, 1024 + 2);
    assert_non_null(strstr(all_sent[0].body.s, "referral.offered"));
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, begin_practice, end_practice)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_drill_alerts_whom_it_would_alert),   STORY(every_row_and_referral_is_a_drill),
        STORY(a_rehearsal_takes_nothing_real),       STORY(without_a_rehearsal_a_drill_alerts_nobody),
        STORY(what_comes_later_is_caught),           STORY(it_is_sent_by_the_line_she_came_by),
        STORY(an_offer_expires_at_its_time),         STORY(time_goes_by_to_the_millisecond),
        STORY(a_repeat_is_known_by_its_key),         STORY(the_story_is_hers_also_after_she_is_erased),
        STORY(a_phone_may_have_chosen_its_language), STORY(who_speaks_for_nobody_is_refused),
        STORY(the_same_seed_gives_the_same_bytes),   STORY(the_last_1024_are_kept),
    };
    return cmocka_run_group_tests_name("practice", tests, setup, teardown);
}
