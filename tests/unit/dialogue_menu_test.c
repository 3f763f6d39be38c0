/* Places chosen by number: fourteen districts of old, the first with eight communes, the others with one. */
#include "dialogue/dialogue.h"
#include "text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DISTRICTS = 14, FIRST = 8, COMMUNES = FIRST + DISTRICTS - 1 };
#define LIST(...)                                                                                            \
    {                                                                                                        \
        .items = (const char *[]){__VA_ARGS__}, .n = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)  \
    }
#define TEXT(key, text)                                                                                      \
    {                                                                                                        \
        key, text,                                                                                           \
        {                                                                                                    \
            NULL, 0                                                                                          \
        }                                                                                                    \
    }

static struct answer_def unknown[] = {{.on = LIST("7")}};
static struct variant_def avoid_by_sms[] = {{.when = LIST("channel:sms"), .prompt = "ask"}};
static struct state_def states[] = {
    {.id = "place",
     .prompt = "choose",
     .slot = SLOT_PLACE,
     .menu = MENU_USSD,
     .next = "done",
     .variants = {avoid_by_sms, 1},
     .answers = {unknown, 1}},
    {.id = "all", .prompt = "choose", .slot = SLOT_PLACE, .menu = MENU_ALL, .next = "done"},
    {.id = "avoid", .prompt = "choose", .slot = SLOT_AVOID, .menu = MENU_USSD, .next = "done"},
    {.id = "danger", .prompt = "choose", .slot = SLOT_PLACE, .menu = MENU_USSD, .next = "done"},
    {.id = "done", .prompt = "done", .end = true},
};
static const struct dialogue_def def = {
    .timeout = {HOUR_MS, HOUR_MS},
    .window = DAY_MS,
    .start = "place",
    .after = "place",
    .danger = "danger",
    .left = "done",
    .stopped = "done",
    .erased = "done",
    .language = "place",
    .states = states,
    .n_states = sizeof states / sizeof states[0],
    .lexicon = {.danger = LIST("sos"),
                .leave = LIST("thoat"),
                .stop = LIST("dung"),
                .erase = LIST("xoa"),
                .filler = LIST("so", "nhe"),
                .language = LIST("ngon ngu")},
};
static struct cfg_entry texts[] = {TEXT("ask", "ask"),
                                   TEXT("choose", "O dau?\n{options}\n7 Khong biet"),
                                   TEXT("place_menu", "{group}?\n{options}"),
                                   TEXT("done", "done {place}"),
                                   TEXT("hint", "hint"),
                                   TEXT("resume", "1 Tiep\n2 Lai"),
                                   TEXT("emergency", "Goi 113."),
                                   TEXT("place_choice", "{options}"),
                                   TEXT("page_next", "9 Tiep"),
                                   TEXT("page_back", "8 Lai")};
static struct cfg_entry accented[] = {TEXT("choose", "Ở đâu?\n{options}\n7 Không biết"),
                                      TEXT("page_next", "9 Tiếp")};
static const struct catalog_def catalogs[] = {
    {.lang = "vi", .texts = {.items = texts, .n = sizeof texts / sizeof texts[0]}},
    {.lang = "dau", .accents = true, .texts = {.items = accented, .n = 2}},
    {.lang = "bo dau", .accents = true, .unaccent = true, .texts = {.items = accented, .n = 2}}};

struct line {
    struct arena arena;
    struct dialogue_env env;
    struct session s;
    struct dialogue_out out;
    uint32_t uses[COMMUNES];
    enum channel channel;
};

/* Lang A to Lang N; Punga to Pungh were Lang A, Xom B to Xom N the others. */
static const struct gazetteer *gazetteer(struct arena *a, int districts)
{
    static char names[DISTRICTS + COMMUNES][2][12];
    static char now[DISTRICTS][FIRST * 6];
    struct place_row rows[1 + DISTRICTS + COMMUNES] = {
        {.code = "14", .level = PLACE_PROVINCE, .type = "Tỉnh", .name = "Sơn La", .ascii = "Son La"}};
    struct failure why;
    size_t n = 1;
    for (int d = 0, c = 0; d < districts; d++) {
        struct place_row *district = &rows[n++];
        struct out o;
        out_init(&o, now[d], sizeof now[d]);
        snprintf(names[d][0], sizeof names[d][0], "Làng %c", 'A' + d);
        snprintf(names[d][1], sizeof names[d][1], "Lang %c", 'A' + d);
        *district = (struct place_row){.level = PLACE_FORMER_DISTRICT,
                                       .parent = "14",
                                       .type = "Huyện",
                                       .name = names[d][0],
                                       .ascii = names[d][1],
                                       .now = now[d]};
        snprintf(district->code, sizeof district->code, "%03d", 200 + d);
        for (int k = 0; k < (d ? 1 : FIRST); k++, c++) {
            char *name = names[DISTRICTS + c][0];
            struct place_row *r = &rows[n++];
            snprintf(name, sizeof names[0][0], d ? "Xom %c" : "Pung%c", d ? 'A' + d : 'a' + k);
            *r = (struct place_row){.level = PLACE_COMMUNE,
                                    .parent = "14",
                                    .type = "Xã",
                                    .name = name,
                                    .ascii = name,
                                    .lat = 21 + c / 100.0,
                                    .lon = 104};
            snprintf(r->code, sizeof r->code, "%05d", 3000 + c);
            memcpy(r->former_district, district->code, sizeof r->former_district);
            out_printf(&o, "%s%s", k ? " " : "", r->code);
        }
    }
    return places_build(rows, n, NULL, 0, a, &why);
}

static int setup(void **state)
{
    static struct line l;
    struct cfg_findings f;
    l = (struct line){.channel = CHANNEL_USSD};
    arena_init(&l.arena, 0);
    cfg_findings_init(&f, &l.arena);
    l.env = (struct dialogue_env){.dialogue = dialogue_build(&def, &l.arena, &f),
                                  .catalogs = catalogs_build(catalogs, 3, &l.arena, &f),
                                  .places = gazetteer(&l.arena, DISTRICTS),
                                  .uses = l.uses,
                                  .now = 1000 * DAY_MS};
    for (size_t i = 0; i < f.n; i++)
        fprintf(stderr, "%s\n", f.items[i].what);
    cfg_findings_free(&f);
    *state = &l;
    return l.env.dialogue && l.env.catalogs && l.env.places ? 0 : -1;
}

static int teardown(void **state)
{
    arena_free(&((struct line *)*state)->arena);
    return 0;
}

/* The session goes through the store's form between two steps. */
static const char *step(struct line *l, enum dialogue_event event, const char *text)
{
    char packed[1024];
    l->env.now += SECOND_MS;
    dialogue_step(&l->env, &l->s, l->channel, event, str_of(text), &l->out);
    size_t n = session_pack(&l->s, packed, sizeof packed);
    assert_true(n > 0 && session_unpack((struct str){packed, n}, &l->s));
    return l->out.text;
}

static const char *say(struct line *l, const char *text)
{
    return step(l, DLG_TEXT, text);
}

/* In this state, gone on with after a silence, which shows it. */
static const char *asked(struct line *l, const char *state, const char *lang)
{
    l->s = (struct session){
        .children = 255, .channel = (uint8_t)l->channel, .started_at = l->env.now, .last_at = l->env.now};
    str_copy(str_of(state), l->s.state, sizeof l->s.state);
    str_copy(str_of(lang), l->s.lang, sizeof l->s.lang);
    step(l, DLG_BEGIN, "");
    return say(l, "1");
}

static void meant(struct line *l, const char *code, uint32_t uses)
{
    l->uses[places_by_code(l->env.places, str_of(code))->index] = uses;
}

#define FIRST_PAGE "O dau?\n1 Lang A\n2 Lang B\n3 Lang C\n4 Lang D\n5 Lang E\n6 Lang F\n7 Khong biet\n9 Tiep"
#define SECOND_PAGE "1 Lang G\n2 Lang H\n3 Lang I\n4 Lang J\n5 Lang K\n6 Lang L\n7 Khong biet\n9 Tiep\n8 Lai"

static void district_then_commune(void **state)
{
    struct line *l = *state;
    assert_string_equal(asked(l, "place", "vi"), FIRST_PAGE);
    assert_string_equal(say(l, "1"),
                        "Lang A?\n1 Punga\n2 Pungb\n3 Pungc\n4 Pungd\n5 Punge\n6 Pungf\n9 Tiep\n8 Lai");
    assert_string_equal(say(l, "9"), "1 Pungg\n2 Pungh\n8 Lai");
    assert_string_equal(say(l, "so 2 nhe"), "done Pungh");
    assert_string_equal(l->s.place, "03007");
    assert_string_equal(l->s.group, "");
}

static void pages_and_the_way_back(void **state)
{
    struct line *l = *state;
    asked(l, "place", "vi");
    assert_string_equal(say(l, "9"), SECOND_PAGE);
    assert_string_equal(say(l, "9"), "1 Lang M\n2 Lang N\n7 Khong biet\n8 Lai");
    say(l, "8");
    assert_string_equal(say(l, "3"), "Lang I?\n1 Xom I\n8 Lai");
    assert_string_equal(say(l, "8"), SECOND_PAGE);
    assert_string_equal(say(l, "8"), FIRST_PAGE);
    assert_string_equal(say(l, "8"), "hint\n" FIRST_PAGE);
    assert_string_equal(say(l, "7"), "done ");
}

/* What is meant most comes first; the rest, and what is meant alike, by name. */
static void most_used_first(void **state)
{
    struct line *l = *state;
    meant(l, "03004", 5);  /* Punge */
    meant(l, "03002", 10); /* Pungc */
    meant(l, "03020", 40); /* Xom N */
    assert_string_equal(asked(l, "place", "vi"),
                        "O dau?\n1 Lang N\n2 Lang A\n3 Lang B\n4 Lang C\n5 Lang D\n6 "
                        "Lang E\n7 Khong biet\n9 Tiep");
    assert_string_equal(say(l, "2"),
                        "Lang A?\n1 Pungc\n2 Punge\n3 Punga\n4 Pungb\n5 Pungd\n6 Pungf\n9 Tiep\n8 Lai");
}

/* A new order between two pages moves nothing from one to the other. */
static void the_order_stays_while_pages_are_turned(void **state)
{
    struct line *l = *state;
    asked(l, "place", "vi");
    meant(l, "03020", 40);
    assert_string_equal(say(l, "9"), SECOND_PAGE);
    assert_string_equal(say(l, "8"), FIRST_PAGE);
    assert_string_equal(say(l, "2"), "Lang B?\n1 Xom B\n8 Lai");
    assert_non_null(strstr(asked(l, "place", "vi"), "1 Lang N"));
}

/* A number is the place that was read, also when the configuration has others by then. */
static void a_reload_gives_no_number_another_meaning(void **state)
{
    struct line *l = *state;
    asked(l, "place", "vi");
    say(l, "9");
    l->env.uses = NULL;
    l->env.places = gazetteer(&l->arena, 8); /* up to Lang H */
    assert_string_equal(say(l, "4"), "hint\nO dau?\n1 Lang A\n2 Lang B\n3 Lang C\n4 Lang D\n5 Lang E\n6 Lang "
                                     "F\n7 Khong biet\n9 Tiep"); /* Lang J is gone */
    say(l, "9");
    assert_string_equal(say(l, "2"), "Lang H?\n1 Xom H\n8 Lai");
    l->env.places = gazetteer(&l->arena, 3);
    assert_string_equal(say(l, "1"), "hint\nO dau?\n1 Lang A\n2 Lang B\n3 Lang C\n7 Khong biet");
    l->env.places = gazetteer(&l->arena, DISTRICTS);
    assert_string_equal(say(l, "3"), "Lang C?\n1 Xom C\n8 Lai");
}

/* One district is no choice. */
static void the_only_district_is_open(void **state)
{
    struct line *l = *state;
    l->env.uses = NULL;
    l->env.places = gazetteer(&l->arena, 1);
    assert_string_equal(asked(l, "place", "vi"),
                        "Lang A?\n1 Punga\n2 Pungb\n3 Pungc\n4 Pungd\n5 Punge\n6 Pungf\n9 Tiep");
    assert_string_equal(say(l, "8") + 5,
                        "Lang A?\n1 Punga\n2 Pungb\n3 Pungc\n4 Pungd\n5 Punge\n6 Pungf\n9 Tiep");
    assert_string_equal(say(l, "1"), "done Punga");
}

static void a_name_may_be_typed(void **state)
{
    struct line *l = *state;
    asked(l, "place", "vi");
    say(l, "2");
    assert_string_equal(say(l, "Pungc"), "done Pungc");
    asked(l, "place", "vi");
    say(l, "2");
    assert_string_equal(say(l, "lang a"), "1. Punga\n2. Pungb\n3. Pungc\n4. Pungd\n5. Punge");
    assert_string_equal(l->s.group, "");
    assert_string_equal(say(l, "2"), "done Pungb");
}

static void by_sms_only_where_it_is_wanted(void **state)
{
    struct line *l = *state;
    l->channel = CHANNEL_SMS;
    assert_string_equal(asked(l, "place", "vi"), "ask");
    assert_string_equal(say(l, "1"), "hint\nask");
    assert_string_equal(say(l, "9"), "hint\nask");
    assert_string_equal(l->s.place, "");
    assert_non_null(strstr(asked(l, "all", "vi"), "6 Lang F\n7 Khong biet\n9 Tiep"));
    assert_string_equal(say(l, "9"), SECOND_PAGE);
    say(l, "2");
    assert_string_equal(say(l, "1"), "done Xom H");
}

static void cut_and_dialled_again(void **state)
{
    struct line *l = *state;
    asked(l, "place", "vi");
    say(l, "1");
    say(l, "9");
    step(l, DLG_CUT, "");
    assert_string_equal(step(l, DLG_BEGIN, ""), "1 Tiep\n2 Lai");
    assert_string_equal(say(l, "1"),
                        "Lang A?\n1 Punga\n2 Pungb\n3 Pungc\n4 Pungd\n5 Punge\n6 Pungf\n9 Tiep\n8 Lai");
}

static void danger_keeps_the_district(void **state)
{
    struct line *l = *state;
    asked(l, "place", "vi");
    say(l, "3");
    assert_string_equal(say(l, "sos"), "Goi 113.\nLang C?\n1 Xom C\n8 Lai");
    assert_string_equal(say(l, "8"), FIRST_PAGE);
    say(l, "3");
    assert_string_equal(say(l, "1"), "done Xom C");
    assert_true(l->s.urgent);
}

static void a_commune_to_avoid(void **state)
{
    struct line *l = *state;
    asked(l, "avoid", "vi");
    say(l, "1");
    assert_string_equal(say(l, "2"), "done ");
    assert_string_equal(l->s.avoid[0], "03001");
    assert_string_equal(l->s.place, "");
}

/* Every district once, over as many pages as it takes, each within its room. */
static void all_are_met(struct line *l, const char *lang, size_t room)
{
    bool met[DISTRICTS] = {false};
    const char *text = asked(l, "place", lang);
    for (int page = 0; page < DISTRICTS; page++) {
        struct text_size z = text_size((struct str){l->out.text, l->out.len});
        assert_true(z.units <= room);
        for (int i = 0; i < SESSION_LINES && *l->s.lines[i]; i++) {
            size_t at = (size_t)(l->s.lines[i][2] - '0') + 10 * (size_t)(l->s.lines[i][1] - '0');
            assert_true(at < DISTRICTS && !met[at]);
            met[at] = true;
        }
        if (!strstr(text, "\n9 Ti"))
            break;
        text = say(l, "9");
    }
    for (int i = 0; i < DISTRICTS; i++)
        assert_true(met[i]);
}

static void as_many_lines_as_there_is_room(void **state)
{
    struct line *l = *state;
    meant(l, "03020", 40);
    static const size_t rooms[] = {40, 50, 63, 81, 182};
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        l->env.page_septets = l->env.page_ucs2 = rooms[i];
        all_are_met(l, "vi", rooms[i]);
        all_are_met(l, "dau", rooms[i]);
        all_are_met(l, "bo dau", rooms[i]);
    }
}

/* Where the catalog allows it the list goes without accents, since it takes fewer pages so. */
static void without_accents_where_that_saves_pages(void **state)
{
    struct line *l = *state;
    assert_string_equal(asked(l, "place", "dau"),
                        "Ở đâu?\n1 Làng A\n2 Làng B\n3 Làng C\n4 Làng D\n7 Không biết\n9 Tiếp");
    assert_string_equal(asked(l, "place", "bo dau"), FIRST_PAGE);
    l->env.places = gazetteer(&l->arena, 3);
    assert_string_equal(asked(l, "place", "bo dau"), "Ở đâu?\n1 Làng A\n2 Làng B\n3 Làng C\n7 Không biết");
}

/* All that a session may hold at once still fits the kilobyte of the store. */
static void the_fullest_session_fits(void **state)
{
    struct session s;
    char text[1024];
    (void)state;
    memset(&s, 0, sizeof s);
    memset(s.state, 's', SESSION_STATE - 1);
    memset(s.lang, 'l', sizeof s.lang - 1);
    char(*const lists[])[PLACE_CODE] = {s.choice, s.more, s.order, s.lines, s.avoid, s.asked};
    static const int n[] = {SESSION_CHOICES, SESSION_MORE,  SESSION_ORDER,
                            SESSION_LINES,   SESSION_AVOID, SESSION_ASKED};
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++)
        for (int k = 0; k < n[i]; k++)
            memset(lists[i][k], '9', PLACE_CODE - 1);
    memset(s.place, '9', PLACE_CODE - 1);
    memset(s.group, '9', PLACE_CODE - 1);
    s.page = s.lead = s.misses = s.children = 255;
    s.need = NEED_COUNT;
    s.urgent = s.resumed = s.stated = s.left = s.lang_chosen = s.avoid_own = s.many_places = true;
    s.referral = INT64_MAX;
    s.started_at = s.last_at = s.asked_at = s.flood_at = s.sent_at = 4102444800000;
    s.flood = s.line = s.last_text = UINT32_MAX;
    assert_true(session_pack(&s, text, sizeof text) > 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(district_then_commune),
        CASE(pages_and_the_way_back),
        CASE(most_used_first),
        CASE(the_order_stays_while_pages_are_turned),
        CASE(a_reload_gives_no_number_another_meaning),
        CASE(the_only_district_is_open),
        CASE(a_name_may_be_typed),
        CASE(by_sms_only_where_it_is_wanted),
        CASE(cut_and_dialled_again),
        CASE(danger_keeps_the_district),
        CASE(a_commune_to_avoid),
        CASE(as_many_lines_as_there_is_room),
        CASE(without_accents_where_that_saves_pages),
        CASE(the_fullest_session_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
