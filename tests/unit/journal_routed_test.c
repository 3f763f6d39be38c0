/* Every choice leaves its reasons, and those of the rejected; they go with the contact. */
#include "unit/engine_line.h"

#include <cjson/cJSON.h>

/* ---- the reasons of a referral ---- */

static char reasons[16][ROUTING_JSON];
static size_t n_reasons;
static char order[512]; /* "opened ROUTED offered", as its rows follow each other */

static bool keep_reasons(void *unused, const struct row *r)
{
    (void)unused;
    struct out o;
    size_t n = strlen(order);
    out_init(&o, order + n, sizeof order - n);
    out_printf(&o, "%s%s", n ? " " : "",
               r->kind == ROW_ROUTED ? "ROUTED" : referral_event_name((enum referral_event)r->event));
    if (r->kind == ROW_ROUTED)
        assert_true(str_copy(r->text, reasons[n_reasons++], ROUTING_JSON));
    return true;
}

static size_t read_reasons(uint64_t referral)
{
    struct failure why;
    n_reasons = 0;
    order[0] = '\0';
    assert_int_equal(run.store.ops->referral_rows(run.store.self, referral, true, keep_reasons, NULL, &why),
                     OK);
    return n_reasons;
}

/* "lan mai": the ids of a list, in its order. */
static const char *ids_of(size_t which, const char *list)
{
    static char text[256];
    struct out o;
    const cJSON *each;
    cJSON *json = cJSON_Parse(reasons[which]);
    assert_non_null(json);
    out_init(&o, text, sizeof text);
    cJSON_ArrayForEach(each, cJSON_GetObjectItem(json, list))
    {
        out_printf(&o, "%s%s", o.len ? " " : "", cJSON_GetObjectItem(each, "id")->valuestring);
    }
    cJSON_Delete(json);
    return text;
}

static bool told(size_t which, const char *words)
{
    return strstr(reasons[which], words) != NULL;
}

/* ---- stories ---- */

static void a_choice_has_its_reasons(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    struct row row = last_row(ROW_ROUTED);
    (void)state;
    assert_int_equal(row.referral, id);
    assert_int_equal(row.need, NEED_SHELTER + 1);
    assert_false(row.urgent || row.drill);
    assert_string_equal(row.place, "03985");
    assert_string_equal(row.note, "test");
    assert_int_equal(row.children, 255); /* what is of her is sealed */
    assert_string_equal(row.lang, "");
    assert_int_equal(read_reasons(id), 1);
    assert_string_equal(order, "opened ROUTED offered");
    assert_string_equal(ids_of(0, "collaborators"), "lan mai duty");
    assert_string_equal(ids_of(0, "hosts"), "house");
    assert_true(told(0, "\"order\":\"the nearest first\""));
    assert_true(told(0, "\"place\":\"03985\""));
    assert_true(told(0, "for house; serves the commune"));
    assert_true(told(0, "estimate: "));
    assert_false(told(0, "900000001"));
}

static void who_is_passed_over_has_a_reason_too(void **state)
{
    (void)state;
    asks_for_shelter(ANNA); /* Lan takes one at a time */
    uint64_t id = asks_for_shelter(BINH);
    assert_int_equal(read_reasons(id), 1);
    assert_string_equal(ids_of(0, "collaborators"), "mai duty");
    assert_string_equal(ids_of(0, "rejected_collaborators"), "lan");
    assert_true(told(0, "\"why\":\"has enough open referrals\""));
    assert_true(told(0, "receives 1 now")); /* what was in force */
}

static void each_routing_has_its_row(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    passes(OFFER_WAIT);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
    assert_int_equal(read_reasons(id), 2);
    answers("south", "mai", VERB_DECLINE, id);
    assert_int_equal(read_reasons(id), 3);
    assert_string_equal(order, "opened ROUTED offered expired ROUTED offered declined ROUTED unmet");
    assert_int_equal(count(ROW_ROUTED), 3);
}

/* She holds the only place of the house herself: that is no reason to pass it over for her. */
static void a_referral_does_not_stand_in_its_own_way(void **state)
{
    struct host *house = usual_rules.network->hosts;
    (void)state;
    house->capacity = 1;
    uint64_t id = asks_for_shelter(ANNA);
    answers("north", "lan", VERB_DECLINE, id);
    house->capacity = 0;
    assert_string_equal(referral_of(id).offers[1].collaborator, "mai");
    assert_string_equal(referral_of(id).offers[1].host, "house");
    read_reasons(id);
    assert_true(told(1, "0 of 1 places taken"));
}

static void nobody_can(void **state)
{
    struct network net = *usual_rules.network;
    struct fallback elsewhere = {.name = "The next \"province\"", .number = "1800"};
    (void)state;
    net.n_collaborators = 0;
    net.fallbacks = &elsewhere;
    net.n_fallbacks = 1;
    routing_index(&net, &arena);
    rules.network = &net;
    engine_set_rules(run.engine, &rules);
    says(ANNA, "sos chieng son");
    uint64_t id = last_referral();
    read_reasons(id);
    assert_string_equal(order, "opened ROUTED unmet");
    assert_string_equal(ids_of(0, "hosts"), "");
    assert_string_equal(ids_of(0, "rejected_hosts"), "house");
    assert_true(told(0, "\"why\":\"nobody of it is on duty\""));
    assert_true(told(0, "\"fallbacks\":[{\"name\":\"The next \\\"province\\\"\",\"number\":\"1800\"}]"));
}

static void drills_are_marked(void **state)
{
    struct job j = message(ANNA, "sos chieng son", "k1");
    (void)state;
    j.in.drill = true;
    work(&j);
    struct row row = last_row(ROW_ROUTED);
    assert_true(row.drill && row.urgent);
}

static void the_reasons_go_with_the_contact(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    hears(ANNA, "xoa", "erased");
    assert_int_equal(read_reasons(id), 1);
    assert_string_equal(reasons[0], "");
    assert_string_equal(last_row(ROW_ROUTED).place, "03985"); /* what is counted stays; the chain holds */
}

static void what_was_not_committed_left_no_reasons(void **state)
{
    struct job cry = message(ANNA, "sos chieng son", "k1");
    (void)state;
    commits_to_fail = 1;
    work(&cry);
    assert_int_equal(count(ROW_ROUTED), 0);
    work(&cry);
    assert_int_equal(count(ROW_ROUTED), 1);
}

/* ---- what counts as load ---- */

static uint64_t drills_for_shelter(const char *number, const char *keys)
{
    static const char *const said[] = {"2", "chieng son", "1", "1"};
    for (size_t i = 0; i < 4; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s%zu", keys, i);
        struct job j = message(number, said[i], key);
        j.in.drill = true;
        run.now += SECOND_MS;
        work(&j);
    }
    return last_referral();
}

static void drills_fill_nothing_on_the_real_line(void **state)
{
    (void)state;
    drills_for_shelter(ANNA, "a");
    assert_string_equal(story(drills_for_shelter(BINH, "b")), "opened offered:lan");
    assert_string_equal(story(asks_for_shelter("+84900000003")), "opened offered:lan");
    restart(); /* counted anew */
    assert_string_equal(story(drills_for_shelter("+84900000004", "c")), "opened offered:mai");
}

static void drills_fill_places_in_a_rehearsal(void **state)
{
    (void)state;
    rules.rehearsal = true;
    uint64_t first = drills_for_shelter(ANNA, "a");
    assert_string_equal(story(first), "opened offered:lan");
    assert_string_equal(story(drills_for_shelter(BINH, "b")), "opened offered:mai");
    engine_set_rules(run.engine, &rules); /* counted anew from the store */
    assert_string_equal(story(drills_for_shelter("+84900000003", "c")), "opened offered:mai");
    answers("north", "lan", VERB_ACCEPT, first);
    answers("north", "lan", VERB_CLOSE, first);
    assert_string_equal(story(drills_for_shelter("+84900000004", "d")), "opened offered:lan");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_choice_has_its_reasons),
        BOTH(who_is_passed_over_has_a_reason_too),
        BOTH(each_routing_has_its_row),
        BOTH(a_referral_does_not_stand_in_its_own_way),
        BOTH(nobody_can),
        BOTH(drills_are_marked),
        BOTH(the_reasons_go_with_the_contact),
        BOTH(what_was_not_committed_left_no_reasons),
        BOTH(drills_fill_nothing_on_the_real_line),
        BOTH(drills_fill_places_in_a_rehearsal),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
