/* The menu of places: what is asked for most comes first, and its order tells of nobody. */
#include "unit/engine_line.h"

/* By name Ang comes before Yen, where Chieng Son lies. */
#define BY_NAME "1 Ang\n2 Yen"
#define BY_USE "1 Yen\n2 Ang"

static const struct place_row units[] = {
    {.code = "14", .level = PLACE_PROVINCE, .type = "Tỉnh", .name = "Sơn La", .ascii = "Son La"},
    {.code = "201",
     .level = PLACE_FORMER_DISTRICT,
     .parent = "14",
     .type = "Huyện",
     .name = "Ang",
     .ascii = "Ang",
     .now = "03001"},
    {.code = "202",
     .level = PLACE_FORMER_DISTRICT,
     .parent = "14",
     .type = "Huyện",
     .name = "Yen",
     .ascii = "Yen",
     .now = "03985"},
    {.code = "03985",
     .level = PLACE_COMMUNE,
     .parent = "14",
     .type = "Xã",
     .name = "Chiềng Sơn",
     .ascii = "Chieng Son",
     .lat = 20.8,
     .lon = 104.6,
     .former_district = "202"},
    {.code = "03001",
     .level = PLACE_COMMUNE,
     .parent = "14",
     .type = "Xã",
     .name = "Tam Thanh",
     .ascii = "Tam Thanh",
     .lat = 20.9,
     .lon = 104.6,
     .former_district = "201"},
};

static struct variant_def by_ussd[] = {{.when = LIST("channel:ussd"), .prompt = "choose"}};

static int setup_menu(void **state)
{
    struct failure why;
    states[1].menu = MENU_USSD;
    states[1].variants = (struct cfg_list){.items = by_ussd, .n = 1};
    if (setup(state) != 0)
        return -1;
    const struct gazetteer *g = places_build(units, sizeof units / sizeof units[0], NULL, 0, &arena, &why);
    usual_rules.places = g;
    usual_rules.network = g ? make_network(g) : NULL;
    return usual_rules.network ? 0 : -1;
}

static struct answer dials(const char *number, enum dialogue_event event, const char *text)
{
    struct job j = message(number, text, "");
    j.in.kind = INPUT_USSD;
    j.in.event = event;
    run.now += SECOND_MS;
    work(&j);
    assert_int_equal(j.out.status, OK);
    return j.out;
}

/* What somebody new reads who is asked for the place. */
static const char *menu(void)
{
    static struct answer a;
    char number[MSISDN_MAX];
    snprintf(number, sizeof number, "+8498%07d", run.n_keys++);
    dials(number, DLG_BEGIN, "");
    a = dials(number, DLG_TEXT, "2");
    return a.text;
}

static void people_ask(int from, int to)
{
    for (int i = from; i < to; i++) {
        char number[MSISDN_MAX];
        snprintf(number, sizeof number, "+8491000%04d", i);
        asks_for_shelter(number);
    }
}

static void five_move_a_line_on_the_next_day(void **state)
{
    (void)state;
    people_ask(0, 5);
    assert_string_equal(menu(), BY_NAME);
    passes(DAY_MS);
    assert_string_equal(menu(), BY_USE);
    passes(91 * DAY_MS);
    assert_string_equal(menu(), BY_NAME);
}

static void few_move_nothing(void **state)
{
    (void)state;
    people_ask(0, 4);
    passes(DAY_MS);
    assert_string_equal(menu(), BY_NAME);
}

static void one_counts_once(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        uint64_t id = asks_for_shelter(ANNA);
        struct referral r = referral_of(id);
        answers("north", r.offers[0].collaborator, VERB_ACCEPT, id);
        answers("north", r.offers[0].collaborator, VERB_CLOSE, id);
        passes(DAY_MS + HOUR_MS);
    }
    assert_string_equal(menu(), BY_NAME);
}

static void known_from_the_start(void **state)
{
    (void)state;
    people_ask(0, 5);
    restart();
    assert_string_equal(menu(), BY_USE);
}

static void counted_anew_for_other_rules(void **state)
{
    (void)state;
    people_ask(0, 5);
    struct rules other = rules;
    engine_set_rules(run.engine, &other);
    assert_string_equal(menu(), BY_USE);
    engine_set_rules(run.engine, &rules);
}

/* Referrals of so many other people, for the place with that code. */
static void store_holds(size_t people, const char *code)
{
    static uint64_t strangers = 1000000;
    struct failure why;
    assert_int_equal(run.store.ops->begin(run.store.self, &why), OK);
    for (size_t i = 0; i < people; i++) {
        struct referral r = {.id = engine_referral_id(run.now) + i,
                             .contact = strangers++,
                             .state = REFERRAL_CLOSED,
                             .opened_at = run.now,
                             .closed_at = run.now};
        str_copy(str_of(code), r.place, sizeof r.place);
        assert_int_equal(run.store.ops->referral_put(run.store.self, &r, &why), OK);
    }
    assert_int_equal(run.store.ops->commit(run.store.self, &why), OK);
}

/* The timers go on with a count; how often they had to. */
static int timers_until_counted(void)
{
    int parts = 0;
    while (engine_timers(run.engine, run.now) <= run.now + 1 && parts < 1000)
        parts++;
    return parts;
}

/* Many are counted in parts: until the last, also under other rules, the order is that of before. */
static void many_take_several_parts(void **state)
{
    (void)state;
    people_ask(0, 5);
    passes(DAY_MS);
    assert_string_equal(menu(), BY_USE);
    store_holds(20000, "03001");
    assert_string_equal(menu(), BY_USE);
    struct rules other = rules;
    engine_set_rules(run.engine, &other);
    assert_string_equal(menu(), BY_USE);
    assert_in_range(timers_until_counted(), 10, 30);
    assert_string_equal(menu(), BY_NAME);
    engine_set_rules(run.engine, &rules);
}

static void rules_change_while_it_is_counted(void)
{
    struct rules other = rules;
    for (int i = 0; i < 4; i++) {
        engine_set_rules(run.engine, i % 2 ? &rules : &other);
        menu();
    }
    timers_until_counted();
}

/* A count that begins anew counts nobody twice, and leaves nobody out. */
static void a_count_begins_anew(void **state)
{
    (void)state;
    store_holds(4, "03985");
    run.now += SECOND_MS;
    store_holds(3000, "99999"); /* takes parts of its own, and moves no line */
    rules_change_while_it_is_counted();
    assert_string_equal(menu(), BY_NAME);
    store_holds(1, "03985");
    rules_change_while_it_is_counted();
    assert_string_equal(menu(), BY_USE);
}

static void drills_count_nowhere(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        static const char *const says_all[] = {"2", "chieng son", "1", "1"};
        char number[MSISDN_MAX];
        snprintf(number, sizeof number, "+8492000%04d", i);
        for (int k = 0; k < 4; k++) {
            struct job j = message(number, says_all[k], "");
            j.in.drill = true;
            run.now += SECOND_MS;
            work(&j);
        }
        assert_true(referral_of(last_referral()).drill);
    }
    passes(DAY_MS);
    assert_string_equal(menu(), BY_NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(five_move_a_line_on_the_next_day),
        BOTH(few_move_nothing),
        BOTH(one_counts_once),
        BOTH(known_from_the_start),
        BOTH(counted_anew_for_other_rules),
        OVER_SQLITE(many_take_several_parts),
        BOTH(a_count_begins_anew),
        BOTH(drills_count_nowhere),
    };
    return cmocka_run_group_tests(tests, setup_menu, teardown);
}
