/* Who is full and who is busy: from the offer until the case is closed, over restarts and reloads. */

#include "unit/engine_line.h"

#define CARLA "+84900000003"

/* The house takes so many people, of whom some came another way. With `turned`, everybody has another index:
 * there is a second house, and the people stand in the other order. */
static void reload(int capacity, int occupied, bool turned)
{
    static struct host hosts[2];
    static struct collaborator people[3];
    static const struct host *house[1];
    static struct network net;
    net = *usual_rules.network;
    hosts[0] = (struct host){.id = "annex", .name = "Annex", .place = net.hosts[0].place, .children = -1};
    hosts[turned] = net.hosts[0];
    hosts[turned].capacity = capacity;
    hosts[turned].occupied = occupied;
    house[0] = &hosts[turned];
    for (int i = 0; i < 3; i++) {
        struct collaborator *c = &people[turned ? 2 - i : i];
        *c = net.collaborators[i];
        c->hosts = house;
    }
    net.hosts = hosts;
    net.n_hosts = 1 + turned;
    net.collaborators = people;
    routing_index(&net, &arena);
    rules = usual_rules;
    rules.network = &net;
    engine_set_rules(run.engine, &rules);
}

static int begin(void **state)
{
    int rc = begin_run(state);
    if (rc == 0)
        reload(4, 0, false);
    return rc;
}

/* An accepted case of Mai's at the house, put there as if it had come in. */
static void received(uint64_t id, uint8_t children, bool drill)
{
    struct failure why;
    struct referral r = {.id = id,
                         .contact = 1000 + id,
                         .state = REFERRAL_ACCEPTED,
                         .drill = drill,
                         .children = children,
                         .lang = "vi",
                         .n_offers = 1,
                         .offers = {{.collaborator = "mai", .host = "house", .state = OFFER_ACCEPTED}}};
    assert_int_equal(run.store.ops->begin(run.store.self, &why), OK);
    assert_int_equal(run.store.ops->referral_put(run.store.self, &r, &why), OK);
    assert_int_equal(run.store.ops->commit(run.store.self, &why), OK);
    engine_set_rules(run.engine, &rules);
}

/* The host she is offered, "" none. */
static const char *host_for(const char *number)
{
    static char host[REFERRAL_NAME];
    struct referral r = referral_of(asks_for_shelter(number));
    memcpy(host, r.offers[r.n_offers - 1].host, sizeof host);
    return host;
}

static void children_take_places(void **state)
{
    (void)state;
    received(1, 2, false);
    assert_string_equal(host_for(ANNA), "house"); /* the fourth */
    assert_string_equal(host_for(BINH), "");
}

static void unknown_children_are_none(void **state)
{
    (void)state;
    received(1, 255, false);
    received(2, 0, false);
    received(3, 255, false);
    assert_string_equal(host_for(ANNA), "house");
    assert_string_equal(host_for(BINH), "");
}

static void those_who_came_another_way_count(void **state)
{
    (void)state;
    received(1, 0, false);
    reload(4, 3, false);
    assert_string_equal(host_for(ANNA), "");
    reload(4, 2, false);
    assert_string_equal(host_for(BINH), "house");
}

static void what_is_closed_or_nobodys_makes_room(void **state)
{
    (void)state;
    reload(2, 0, false);
    received(1, 0, false);
    uint64_t id = asks_for_shelter(ANNA);
    assert_string_equal(host_for(BINH), "");
    says(BINH, "xoa");
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, OK);
    assert_string_equal(host_for(BINH), ""); /* accepted and arrived: still there */
    says(BINH, "xoa");
    assert_int_equal(answers("north", "lan", VERB_CLOSE, id).status, OK);
    assert_string_equal(host_for(BINH), "house");
    says(BINH, "xoa"); /* and an erased one is nobody's */
    assert_string_equal(host_for(CARLA), "house");
}

/* What a failed commit counted is counted anew. */
static void a_failed_commit_takes_no_place(void **state)
{
    (void)state;
    reload(1, 0, false);
    commits_to_fail = 1;
    assert_int_equal(says(BINH, "sos chieng son").status, ERR_AGAIN);
    assert_string_equal(host_for(ANNA), "house");
}

static void her_own_place_is_hers(void **state)
{
    (void)state;
    reload(1, 0, false);
    uint64_t id = asks_for_shelter(ANNA);
    assert_int_equal(answers("north", "lan", VERB_DECLINE, id).status, OK);
    assert_string_equal(referral_of(id).offers[1].collaborator, "mai");
    assert_string_equal(referral_of(id).offers[1].host, "house");
}

static void drills_take_no_place(void **state)
{
    (void)state;
    reload(1, 0, false);
    received(1, 3, true);
    assert_string_equal(host_for(ANNA), "house");
}

static void a_restart_forgets_nothing(void **state)
{
    (void)state;
    received(1, 2, false);
    assert_string_equal(host_for(ANNA), "house");
    restart();
    assert_string_equal(host_for(BINH), "");
    assert_string_equal(story(last_referral()),
                        "opened offered:duty"); /* Mai has no other house, Lan takes one */
}

/* Counted by id, not by where in the files they stand. */
static void a_reload_that_turns_everything_round_forgets_nothing(void **state)
{
    (void)state;
    received(1, 2, false);
    uint64_t id = asks_for_shelter(ANNA);
    reload(4, 0, true);
    assert_string_equal(host_for(BINH), "");
    assert_string_equal(story(last_referral()), "opened offered:duty");
    assert_int_equal(answers("north", "lan", VERB_DECLINE, id).status, OK); /* goes on to Mai, at its place */
    assert_string_equal(referral_of(id).offers[1].host, "house");
    assert_string_equal(story(asks_for_shelter(CARLA)), "opened offered:lan"); /* who is free again */
    assert_string_equal(referral_of(last_referral()).offers[0].host, "");
}

int main(void)
{
    struct CMUnitTest tests[] = {
        BOTH(children_take_places),
        BOTH(unknown_children_are_none),
        BOTH(those_who_came_another_way_count),
        BOTH(what_is_closed_or_nobodys_makes_room),
        BOTH(a_failed_commit_takes_no_place),
        BOTH(her_own_place_is_hers),
        BOTH(drills_take_no_place),
        BOTH(a_restart_forgets_nothing),
        BOTH(a_reload_that_turns_everything_round_forgets_nothing),
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].setup_func = begin;
    return cmocka_run_group_tests(tests, setup, teardown);
}
