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

/* Neither does it hold up who calls meanwhile, nor can lines be moved by it before the day is over. */
static void a_reload_counts_nobody(void **state)
{
    (void)state;
    people_ask(0, 5);
    struct rules other = rules;
    engine_set_rules(run.engine, &other);
    assert_string_equal(menu(), BY_NAME);
    passes(DAY_MS);
    assert_string_equal(menu(), BY_USE);
    engine_set_rules(run.engine, &rules);
}

static void what_was_counted_outlives_a_new_gazetteer(void **state)
{
    enum { UNITS = sizeof units / sizeof units[0] };
    struct place_row more[UNITS + 1];
    struct failure why;
    (void)state;
    people_ask(0, 5);
    passes(DAY_MS);
    assert_string_equal(menu(), BY_USE);
    memcpy(more, units, sizeof units);
    more[UNITS] = units[UNITS - 1];
    str_copy(STR("02001"), more[UNITS].code, sizeof more[UNITS].code); /* goes before all others */
    more[UNITS].name = more[UNITS].ascii = "Ban Moi";
    struct rules other = rules;
    other.places = places_build(more, UNITS + 1, NULL, 0, &arena, &why);
    assert_non_null(other.places);
    other.network = make_network(other.places);
    engine_set_rules(run.engine, &other);
    assert_string_equal(menu(), BY_USE);
    engine_set_rules(run.engine, &rules);
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
        BOTH(a_reload_counts_nobody),
        BOTH(what_was_counted_outlives_a_new_gazetteer),
        BOTH(drills_count_nowhere),
    };
    return cmocka_run_group_tests(tests, setup_menu, teardown);
}
