/* A collaborator with several systems: an alert goes by the next when one fails, before somebody else is
 * asked. */

#include "unit/engine_line.h"

static struct endpoint systems[] = {{.id = "north"},
                                    {.id = "south", .token = "b"},
                                    {.id = "zalo"},
                                    {.id = "sms"},
                                    {.id = "mail"},
                                    {.id = "bridge", .token = "b"},
                                    {.id = "drill", .drill = true}};
enum { NORTH, SOUTH, ZALO, SMS, MAIL, BRIDGE, DRILL };

/* From now on Lan is alerted by these. */
static void lan_has(const int *channels, size_t n)
{
    static struct collaborator people[3];
    static struct network net;
    net = *usual_rules.network;
    memcpy(people, net.collaborators, sizeof people);
    memcpy(people[0].channels, channels, n * sizeof *channels);
    people[0].n_channels = n;
    net.collaborators = people;
    net.endpoints = systems;
    net.n_endpoints = sizeof systems / sizeof systems[0];
    routing_index(&net, &arena);
    rules = usual_rules;
    rules.network = &net;
    engine_set_rules(run.engine, &rules);
}
#define LAN_HAS(...) lan_has((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static const struct caught *last_alert(void)
{
    assert_true(run.n_sent > 0);
    const struct caught *c = &run.sent[run.n_sent - 1];
    assert_int_equal(c->kind, SEND_ALERT);
    return c;
}

/* The last alert went to this person by this system. */
static const struct caught *alerted(const char *who, const char *by)
{
    const struct caught *c = last_alert();
    assert_string_equal(c->target, who);
    assert_string_equal(c->to, by);
    return c;
}

static uint64_t cries(void)
{
    says(ANNA, "sos chieng son");
    return last_referral();
}

static void fails(const struct caught *c, enum send_result how)
{
    settles(c, how, "");
}

static void a_dead_system_gives_it_to_the_next(void **state)
{
    (void)state;
    LAN_HAS(ZALO, SMS);
    uint64_t id = cries();
    struct caught first = *alerted("lan", "zalo");
    fails(&first, SEND_PERMANENT);
    const struct caught *second = alerted("lan", "sms");
    assert_string_equal(second->body, first.body); /* the same offer, answered by the same time */
    assert_true(second->id != first.id);           /* under an id of its own */
    assert_string_equal(story(id), "opened offered:lan");
    assert_string_equal(last_row(ROW_SEND).note, "alert by zalo");
    fails(second, SEND_OK);
    assert_int_equal(answers("sms", "lan", VERB_ACCEPT, id).status, OK);
    assert_string_equal(story(id), "opened offered:lan accepted:lan");
}

static void all_dead_is_the_next_person(void **state)
{
    static const char *const order[] = {"mail", "zalo", "sms", "north"};
    (void)state;
    LAN_HAS(MAIL, ZALO, SMS, NORTH);
    uint64_t id = cries();
    for (int i = 0; i < ROUTING_CHANNELS; i++) {
        assert_string_equal(story(id), "opened offered:lan");
        fails(alerted("lan", order[i]), SEND_PERMANENT);
    }
    assert_string_equal(story(id), "opened offered:lan failed:lan offered:mai");
    alerted("mai", "south");
    assert_int_equal(run.n_sent, 5);
}

/* What refuses will not take it the next time, either; but the last one left is tried again as ever. */
static void a_refusal_waits_for_nothing(void **state)
{
    (void)state;
    LAN_HAS(ZALO, SMS);
    uint64_t id = cries();
    fails(alerted("lan", "zalo"), SEND_REFUSED);
    const struct caught *second = alerted("lan", "sms");
    fails(second, SEND_REFUSED);
    passes(20 * SECOND_MS);
    assert_int_equal(run.n_sent, 3);
    assert_int_equal(alerted("lan", "sms")->id, second->id);
    assert_string_equal(story(id), "opened offered:lan");
}

/* Tries of one system end within its share of the time; two thirds of it are left to the person. */
static void a_slow_system_has_its_share_only(void **state)
{
    (void)state;
    LAN_HAS(ZALO, SMS, MAIL);
    uint64_t id = cries();
    msec began = run.now;
    while (strcmp(last_alert()->to, "mail") != 0) {
        size_t sent = run.n_sent;
        run.now += engine_alert_timeout(rules.network, &rules.network->collaborators[0]);
        fails(last_alert(), SEND_TEMPORARY);
        while (run.n_sent == sent)
            passes(SECOND_MS);
    }
    assert_true(run.now - began <= URGENT_WAIT / 3);
    assert_string_equal(story(id), "opened offered:lan");
    fails(alerted("lan", "mail"), SEND_OK);
    run.now = began + URGENT_WAIT - 1;
    passes(0);
    assert_string_equal(story(id), "opened offered:lan");
}

static void who_is_in_no_hurry_tries_the_first_for_longer(void **state)
{
    (void)state;
    LAN_HAS(ZALO, SMS);
    asks_for_shelter(ANNA);
    msec began = run.now;
    size_t tries = 0;
    for (; strcmp(last_alert()->to, "zalo") == 0; tries++) {
        size_t sent = run.n_sent;
        fails(last_alert(), SEND_TEMPORARY);
        while (run.n_sent == sent)
            passes(SECOND_MS);
    }
    assert_true(tries > 3 && run.now - began > OFFER_WAIT / 10 && run.now - began <= OFFER_WAIT / 3);
}

/* Once somebody answered, or the offer went on, no further system is troubled. */
static void an_answered_offer_goes_by_no_other(void **state)
{
    (void)state;
    LAN_HAS(ZALO, SMS);
    uint64_t id = cries();
    struct caught first = *alerted("lan", "zalo");
    assert_int_equal(answers("zalo", "lan", VERB_ACCEPT, id).status, OK); /* it came, though zalo said no */
    fails(&first, SEND_PERMANENT);
    assert_int_equal(run.n_sent, 1);
    assert_string_equal(story(id), "opened offered:lan accepted:lan");
}

static void an_offer_that_went_on_goes_by_no_other(void **state)
{
    (void)state;
    LAN_HAS(ZALO, SMS);
    uint64_t id = cries();
    struct caught first = *alerted("lan", "zalo");
    passes(URGENT_WAIT);
    alerted("mai", "south");
    fails(&first, SEND_PERMANENT);
    alerted("mai", "south");
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
}

/* Which one works is remembered, over a restart, too. */
static void later_news_go_by_the_one_that_took_the_offer(void **state)
{
    (void)state;
    LAN_HAS(ZALO, SMS, MAIL);
    uint64_t id = asks_for_shelter(ANNA);
    fails(alerted("lan", "zalo"), SEND_PERMANENT);
    fails(alerted("lan", "sms"), SEND_OK);
    assert_int_equal(answers("zalo", "lan", VERB_ACCEPT, id).status, OK);
    restart();
    says(ANNA, "sos");
    const struct caught *update = alerted("lan", "sms");
    assert_non_null(strstr(update->body, "referral.offered")); /* she cried again */
    fails(update, SEND_PERMANENT);
    fails(alerted("lan", "zalo"), SEND_PERMANENT); /* then like an offer */
    fails(alerted("lan", "mail"), SEND_OK);
    assert_int_equal(answers("mail", "lan", VERB_ACCEPT, id).status, OK);
    says(ANNA, "xoa");
    const struct caught *over = alerted("lan", "mail");
    assert_non_null(strstr(over->body, "referral.withdrawn"));
    fails(over, SEND_PERMANENT); /* who is on the way must hear it, by whatever works */
    assert_non_null(strstr(alerted("lan", "zalo")->body, "referral.withdrawn"));
    fails(last_alert(), SEND_PERMANENT);
    fails(alerted("lan", "sms"), SEND_PERMANENT);
    alerted("lan", "sms"); /* that was all */
}

static void a_crash_between_two_systems_loses_nothing(void **state)
{
    (void)state;
    LAN_HAS(ZALO, SMS);
    uint64_t id = cries();
    struct caught first = *alerted("lan", "zalo");
    commits_to_fail = 1; /* the result of the first is not kept: it is tried again */
    struct job lost = {.in = {.kind = INPUT_SENT, .send_id = first.id, .result = SEND_PERMANENT}};
    work(&lost);
    assert_int_equal(run.n_sent, 1);
    passes(0);
    assert_int_equal(alerted("lan", "zalo")->id, first.id);
    fails(last_alert(), SEND_PERMANENT);
    uint64_t second = alerted("lan", "sms")->id;
    restart();
    passes(0);
    assert_int_equal(alerted("lan", "sms")->id, second); /* again, under its id, and by the same system */
    assert_int_equal(run.n_sent, 4);
    assert_string_equal(story(id), "opened offered:lan");
}

/* The daemon finds no such channel of hers and says that it cannot be sent. */
static void a_reload_takes_a_system_away(void **state)
{
    (void)state;
    LAN_HAS(ZALO, SMS);
    uint64_t id = cries();
    struct caught first = *alerted("lan", "zalo");
    LAN_HAS(SMS);
    fails(&first, SEND_PERMANENT);
    fails(alerted("lan", "sms"), SEND_PERMANENT);
    assert_string_equal(story(id), "opened offered:lan failed:lan offered:mai");
}

static void any_of_her_systems_may_answer_and_no_other(void **state)
{
    static const char *const others[] = {"north", "mail", "bridge", "drill", "", "nowhere"};
    (void)state;
    LAN_HAS(ZALO, SMS);
    uint64_t id = cries();
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(answers(others[i], "lan", VERB_ACCEPT, id).status, ERR_AUTH);
    assert_int_equal(answers("sms", "lan", VERB_ACCEPT, id).status, OK);
    assert_int_equal(answers("zalo", "lan", VERB_ARRIVED, id).status, OK);
    assert_int_equal(answers("sms", "lan", VERB_CLOSE, id).status, OK);
    id = (says(BINH, "sos chieng son"), last_referral());
    fails(last_alert(), SEND_PERMANENT);
    LAN_HAS(SOUTH);
    assert_int_equal(answers("bridge", "lan", VERB_ACCEPT, id).status, OK); /* south by its token */
}

static void drill_systems_get_drills_only(void **state)
{
    struct job cry = message(ANNA, "sos chieng son", "k1");
    (void)state;
    LAN_HAS(DRILL);
    assert_string_equal(story(cries()), "opened offered:mai");
    LAN_HAS(ZALO, SMS);
    cry.in.drill = true;
    size_t sent = run.n_sent;
    work(&cry);
    assert_int_equal(run.n_sent, sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_dead_system_gives_it_to_the_next),
        BOTH(all_dead_is_the_next_person),
        BOTH(a_refusal_waits_for_nothing),
        BOTH(a_slow_system_has_its_share_only),
        BOTH(who_is_in_no_hurry_tries_the_first_for_longer),
        BOTH(an_answered_offer_goes_by_no_other),
        BOTH(an_offer_that_went_on_goes_by_no_other),
        BOTH(later_news_go_by_the_one_that_took_the_offer),
        BOTH(a_crash_between_two_systems_loses_nothing),
        BOTH(a_reload_takes_a_system_away),
        BOTH(any_of_her_systems_may_answer_and_no_other),
        BOTH(drill_systems_get_drills_only),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
