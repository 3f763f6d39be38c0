/* Who covers which commune, and what an edit changes of that. */
#include "survey/survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Three communes in a row, 11 km apart; in the village of the first stands a house, in the third an office.
 */
static const struct place_row rows[] = {
    {"14", PLACE_PROVINCE, "", "Tỉnh", "Sơn La", "Son La", 21, 104, 1, "", NULL},
    {"00003", PLACE_COMMUNE, "14", "Xã", "Tú Nang", "Tu Nang", 21.2, 104, 1, "", NULL},
    {"00001", PLACE_COMMUNE, "14", "Xã", "Mường Sang", "Muong Sang", 21, 104, 1, "", NULL},
    {"00002", PLACE_COMMUNE, "14", "Xã", "Chiềng Hắc", "Chieng Hac", 21.1, 104, 1, "", NULL},
    {"00004", PLACE_COMMUNE, "14", "Xã", "Co Mạ", "Co Ma", 21.3, 104, 1, "", NULL},
};
enum { THREE = 4, FOUR = 5, HOSTS = 2, PEOPLE = 4, ROOM = 4 * NEED_COUNT * SURVEY_TIMES };
static const msec MONDAY_TEN = 1767607200000; /* 2026-01-05 10:00 UTC */

static struct arena arena;

struct world { /* a network of its own, so that two can be compared */
    const struct gazetteer *places;
    struct host hosts[HOSTS];
    struct collaborator people[PEOPLE];
    const struct host *house[1], *office[1];
    const struct place *first[1];
    struct network net;
};

static struct hours hours(const char *spec)
{
    struct hours h;
    struct failure why;
    assert_int_equal(hours_parse(str_of(spec), &h, &why), OK);
    return h;
}

static const struct place *place(const struct world *w, const char *code)
{
    const struct place *p = places_by_code(w->places, str_of(code));
    assert_non_null(p);
    return p;
}

static struct host host(const struct world *w, const char *id, const char *code, uint32_t needs,
                        const char *spec)
{
    const struct place *p = place(w, code);
    return (struct host){.id = id,
                         .name = id,
                         .place = p,
                         .lat = p->lat,
                         .lon = p->lon,
                         .needs = needs,
                         .children = 0,
                         .hours = hours(spec)};
}

static struct collaborator person(const char *id, bool duty)
{
    return (struct collaborator){.id = id, .rota = hours("always"), .duty = duty};
}

/* The house takes danger and shelter at all hours, the office gives advice by day. Mai is of the house, Hoa
 * of the office, Lan of the first commune, Duc is the duty desk. */
static void build(struct world *w, size_t n_rows)
{
    struct failure why;
    memset(w, 0, sizeof *w);
    w->places = places_build(rows, n_rows, NULL, 0, &arena, &why);
    assert_non_null(w->places);
    w->hosts[0] = host(w, "house", "00001", 1u << NEED_DANGER | 1u << NEED_SHELTER, "always");
    w->hosts[1] = host(w, "office", "00003", 1u << NEED_SHELTER | 1u << NEED_LEGAL | 1u << NEED_CHILD,
                       "mon-fri 08:00-17:00");
    w->people[0] = person("mai", false);
    w->people[1] = person("hoa", false);
    w->people[2] = person("lan", false);
    w->people[3] = person("duc", true);
    w->house[0] = &w->hosts[0];
    w->office[0] = &w->hosts[1];
    w->first[0] = place(w, "00001");
    w->people[0].hosts = w->house;
    w->people[0].n_hosts = 1;
    w->people[1].hosts = w->office;
    w->people[1].n_hosts = 1;
    w->people[2].places = w->first;
    w->people[2].n_places = 1;
    w->net = (struct network){.hosts = w->hosts,
                              .n_hosts = HOSTS,
                              .collaborators = w->people,
                              .n_collaborators = PEOPLE,
                              .speed_kmh = 60,
                              .detour = 1};
}

static struct survey look(struct world *w)
{
    struct survey s;
    struct survey_ask ask = {
        .needs = (1u << NEED_COUNT) - 1, .at = {MONDAY_TEN, MONDAY_TEN + 13 * HOUR_MS}, .people = true};
    routing_index(&w->net, &arena);
    survey_make(&s, &w->net, w->places, &ask, &arena);
    return s;
}

static const struct survey_answer *of(const struct survey *s, const char *code, enum need need,
                                      enum survey_time t)
{
    const struct place *p = places_by_code(s->places, str_of(code));
    assert_non_null(p);
    return survey_at(s, p->index, need, t);
}

/* "house 12 min, office 12 min" or the state and why. */
static const char *told(const struct survey *s, const char *code, enum need need, enum survey_time t)
{
    static char text[256];
    const struct survey_answer *one = of(s, code, need, t);
    const struct survey_choice *choice[] = {&one->first, &one->second};
    struct out o;
    out_init(&o, text, sizeof text);
    out_cstr(&o, survey_state_name(one->state));
    for (int i = 0; i < 2; i++)
        if (choice[i]->host >= 0)
            out_printf(&o, ", %s%s %u", choice[i]->estimate ? "~" : "", s->net->hosts[choice[i]->host].id,
                       choice[i]->minutes);
    for (size_t i = 0; i < one->n_why; i++)
        out_printf(&o, ", %s %u", reject_text(one->why[i].why), one->why[i].hosts);
    return text;
}

static void each_commune_has_its_nearest(void **state)
{
    (void)state;
    struct world w;
    build(&w, THREE);
    struct survey s = look(&w);
    static const struct {
        const char *code;
        enum need need;
        enum survey_time time;
        const char *is;
    } table[] = {
        {"00001", NEED_SHELTER, SURVEY_DAY, "host, ~house 0, ~office 23"},
        {"00001", NEED_SHELTER, SURVEY_NIGHT, "host, ~house 0"},
        {"00003", NEED_SHELTER, SURVEY_DAY, "host, ~office 0, ~house 23"},
        {"00003", NEED_SHELTER, SURVEY_NIGHT, "host, ~house 23"},
        {"00001", NEED_LEGAL, SURVEY_NIGHT, "people, closed at this hour 1"},
        {"00002", NEED_LEGAL, SURVEY_NIGHT, "duty, closed at this hour 1"},
        {"00002", NEED_MEDICAL, SURVEY_DAY, "duty, does not take this need 2"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_string_equal(told(&s, table[i].code, table[i].need, table[i].time), table[i].is);
    assert_string_equal(w.people[of(&s, "00001", NEED_SHELTER, SURVEY_DAY)->person].id, "mai");
    assert_string_equal(w.people[of(&s, "00001", NEED_LEGAL, SURVEY_NIGHT)->person].id, "lan");
}

static void without_a_duty_desk_there_is_nobody(void **state)
{
    (void)state;
    struct world w;
    build(&w, THREE);
    w.net.n_collaborators = PEOPLE - 1;
    struct survey s = look(&w);
    assert_string_equal(told(&s, "00002", NEED_LEGAL, SURVEY_NIGHT), "nobody, closed at this hour 1");
    assert_int_equal(of(&s, "00002", NEED_LEGAL, SURVEY_NIGHT)->person, -1);
    assert_string_equal(told(&s, "00001", NEED_LEGAL, SURVEY_NIGHT), "people, closed at this hour 1");
}

static void the_most_frequent_reason_comes_first(void **state)
{
    (void)state;
    struct world w;
    build(&w, THREE);
    struct host many[4];
    for (int i = 0; i < 4; i++)
        many[i] = host(&w, &"a\0b\0c\0d"[2 * i], "00003", 1u << NEED_TALK, i ? "mon 01:00-02:00" : "always");
    many[0].capacity = many[0].occupied = 1;
    w.net.hosts = many;
    w.net.n_hosts = 4;
    w.people[0].n_hosts = w.people[1].n_hosts = 0;
    struct survey s = look(&w);
    assert_string_equal(told(&s, "00002", NEED_TALK, SURVEY_DAY), "duty, closed at this hour 3, full 1");
}

/* One far away tells nothing of why the near ones do not fit. */
static void only_the_near_ones_give_reasons(void **state)
{
    (void)state;
    static char names[SURVEY_NEAR + 5][4];
    struct host many[SURVEY_NEAR + 5];
    struct world w;
    build(&w, THREE);
    for (int i = 0; i < SURVEY_NEAR + 5; i++) {
        struct out o;
        out_init(&o, names[i], sizeof names[i]);
        out_printf(&o, "h%d", i);
        bool distant = i % 3 == 0; /* 5 of 15 */
        many[i] = host(&w, names[i], distant ? "00003" : "00001", 1u << NEED_TALK,
                       distant ? "mon 01:00-02:00" : "always");
        many[i].capacity = many[i].occupied = !distant;
    }
    w.net.hosts = many;
    w.net.n_hosts = SURVEY_NEAR + 5;
    w.people[0].n_hosts = w.people[1].n_hosts = 0;
    struct survey s = look(&w);
    assert_string_equal(told(&s, "00001", NEED_TALK, SURVEY_DAY), "people, full 10");
}

/* A child goes where children are received, though it is farther: as the engine asks. */
static void the_need_child_is_asked_as_a_child(void **state)
{
    (void)state;
    struct world w;
    build(&w, THREE);
    w.hosts[0].needs |= 1u << NEED_CHILD;
    w.hosts[1].children = 3;
    struct survey s = look(&w);
    assert_string_equal(told(&s, "00001", NEED_CHILD, SURVEY_DAY), "host, ~office 23, ~house 0");
}

static void danger_is_urgent(void **state)
{
    (void)state;
    struct world w;
    build(&w, THREE);
    w.hosts[1].needs |= 1u << NEED_DANGER;
    w.hosts[0].occupied = 3;
    w.net.spread_minutes = 60; /* as far as each other, unless it is urgent */
    struct survey s = look(&w);
    assert_string_equal(told(&s, "00001", NEED_SHELTER, SURVEY_DAY), "host, ~office 23, ~house 0");
    assert_string_equal(told(&s, "00001", NEED_DANGER, SURVEY_DAY), "host, ~house 0, ~office 23");
}

static void the_worst_off_come_first(void **state)
{
    (void)state;
    struct world w;
    struct survey_case cases[ROOM];
    char text[256];
    struct out o;
    build(&w, THREE);
    w.net.n_collaborators = PEOPLE - 1;
    struct survey s = look(&w);
    size_t n = survey_cases(&s, 1u << NEED_SHELTER | 1u << NEED_LEGAL, 1u << SURVEY_NIGHT, cases);
    out_init(&o, text, sizeof text);
    for (size_t i = 0; i < n; i++)
        out_printf(&o, "%s%s %s", i ? ", " : "", places_commune(w.places, cases[i].commune)->code,
                   need_name((enum need)cases[i].need));
    assert_string_equal(text, "00002 legal, 00003 legal, 00001 legal, 00003 shelter, 00002 shelter, "
                              "00001 shelter");
}

static void in_sum(void **state)
{
    (void)state;
    struct world w;
    build(&w, FOUR);
    struct survey s = look(&w);
    struct survey_sum sum = survey_sum(&s, NEED_DANGER, SURVEY_DAY), none = survey_sum(&s, NEED_LEGAL, 1);
    assert_int_equal(sum.communes[SURVEY_HOST], 4); /* 0, 12, 23 and 34 minutes */
    assert_int_equal(sum.median, 18);
    assert_int_equal(sum.longest, 34);
    assert_int_equal(none.communes[SURVEY_HOST], 0);
    assert_int_equal(none.communes[SURVEY_PEOPLE], 1);
    assert_int_equal(none.communes[SURVEY_DUTY], 3);
    assert_int_equal(none.longest, 0);
    assert_true(survey_same_all_day(&s, NEED_DANGER));
    assert_false(survey_same_all_day(&s, NEED_SHELTER));
}

/* ---- edits ---- */

static const char *change(const struct survey_diff *d, const struct survey_group *g)
{
    static char text[256];
    struct out o;
    out_init(&o, text, sizeof text);
    out_printf(&o, "%s %s", d->communes[g->of->commune].after->code, survey_what_name(g->of->what));
    for (int t = 0; t < SURVEY_TIMES; t++)
        for (int need = 0; need < NEED_COUNT; need++)
            if (g->needs[t] & 1u << need)
                out_printf(&o, " %s/%s", need_name((enum need)need), survey_time_name((enum survey_time)t));
    if (g->of->both)
        out_printf(&o, " %+d", g->of->minutes);
    return text;
}

static void expect(const struct survey_diff *d, const char *const *lines)
{
    struct survey_group groups[ROOM];
    size_t n = survey_groups(d, groups), i = 0;
    for (; lines[i]; i++) {
        assert_true(i < n);
        assert_string_equal(change(d, &groups[i]), lines[i]);
    }
    assert_int_equal(i, n);
}

static void nothing_changes_between_equals(void **state)
{
    (void)state;
    struct world w, v;
    struct survey_diff d;
    build(&w, THREE);
    build(&v, THREE);
    struct survey before = look(&w), after = look(&v);
    survey_compare(&d, &before, &after, &arena);
    expect(&d, (const char *[]){NULL});
    assert_int_equal(d.communes_changed, 0);
}

/* The house closes at night: three communes lose it, for both needs at once. By day another takes shelter. */
static void a_house_that_closes_leaves_communes_uncovered(void **state)
{
    (void)state;
    struct world w, v;
    struct survey_diff d;
    build(&w, THREE);
    build(&v, THREE);
    v.hosts[0].hours = hours("mon-sun 06:00-22:00");
    struct survey before = look(&w), after = look(&v);
    survey_compare(&d, &before, &after, &arena);
    expect(&d, (const char *[]){"00002 uncovered danger/night shelter/night",
                                "00003 uncovered danger/night shelter/night",
                                "00001 uncovered danger/night shelter/night", NULL});
    assert_int_equal(d.by_what[SURVEY_UNCOVERED], 6);
    assert_int_equal(d.communes_changed, 3);
    struct survey_diff back;
    survey_compare(&back, &after, &before, &arena);
    assert_int_equal(back.by_what[SURVEY_COVERED], 6);
    assert_int_equal(back.by_what[SURVEY_UNCOVERED], 0);
}

/* Who could only be asked, and can no longer be, is left as well. */
static void losing_whom_to_ask_counts_without_a_host_too(void **state)
{
    (void)state;
    struct world w, v;
    struct survey_diff d;
    build(&w, THREE);
    build(&v, THREE);
    v.people[2].rota = hours("mon-sun 08:00-17:00");
    struct survey before = look(&w), after = look(&v);
    survey_compare(&d, &before, &after, &arena);
    expect(&d, (const char *[]){"00001 uncovered talk/night medical/night legal/night child/night info/night "
                                "harm/night",
                                NULL});
}

static void the_greatest_loss_comes_first(void **state)
{
    (void)state;
    struct world w, v;
    struct survey_diff d;
    build(&w, THREE);
    build(&v, THREE);
    v.hosts[0] = host(&v, "house", "00002", v.hosts[0].needs, "always");
    struct survey before = look(&w), after = look(&v);
    survey_compare(&d, &before, &after, &arena);
    expect(&d, (const char *[]){"00001 longer danger/day shelter/day danger/night shelter/night +12",
                                "00002 shorter danger/day shelter/day danger/night shelter/night -12",
                                "00003 shorter danger/day danger/night shelter/night -11", NULL});
    assert_int_equal(d.minutes_lost, 4 * 12);
    assert_int_equal(d.minutes_gained, 4 * 12 + 3 * 11);
}

static const struct survey_load *load_of(const struct survey_load *all, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].id, id) == 0)
            return &all[i];
    fail_msg("nothing of %s", id);
    return NULL;
}

/* The office goes by another name: its load is that one's, and its people keep theirs. */
static void load_moves(void **state)
{
    (void)state;
    struct world w, v;
    struct survey_diff d;
    build(&w, THREE);
    build(&v, THREE);
    v.hosts[1].id = "office-2";
    struct survey before = look(&w), after = look(&v);
    survey_compare(&d, &before, &after, &arena);
    const struct survey_load *was = load_of(d.hosts, d.n_hosts, "office"),
                             *is = load_of(d.hosts, d.n_hosts, "office-2"),
                             *hoa = load_of(d.people, d.n_people, "hoa");
    assert_int_equal(d.n_hosts, 3);
    assert_int_equal(was->after, -1);
    assert_int_equal(is->before, -1);
    assert_int_equal(was->first_before, 7); /* legal and child of three communes, shelter of the third */
    assert_int_equal(was->first_after, 0);
    assert_int_equal(is->first_after, 7);
    assert_int_equal(hoa->first_before, hoa->first_after);
    assert_int_equal(d.by_what[SURVEY_OTHER_HOST], 7);
}

static void a_commune_that_one_lacks_is_told(void **state)
{
    (void)state;
    struct world w, v;
    struct survey_diff d;
    build(&w, FOUR);
    build(&v, THREE);
    struct survey before = look(&w), after = look(&v);
    survey_compare(&d, &before, &after, &arena);
    assert_int_equal(d.n_communes, 4);
    assert_string_equal(d.communes[3].before->code, "00004");
    assert_null(d.communes[3].after);
    assert_int_equal(d.n_changes, 0);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_commune_has_its_nearest),
        TEST(without_a_duty_desk_there_is_nobody),
        TEST(the_most_frequent_reason_comes_first),
        TEST(only_the_near_ones_give_reasons),
        TEST(the_need_child_is_asked_as_a_child),
        TEST(danger_is_urgent),
        TEST(the_worst_off_come_first),
        TEST(in_sum),
        TEST(nothing_changes_between_equals),
        TEST(a_house_that_closes_leaves_communes_uncovered),
        TEST(losing_whom_to_ask_counts_without_a_host_too),
        TEST(the_greatest_loss_comes_first),
        TEST(load_moves),
        TEST(a_commune_that_one_lacks_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
