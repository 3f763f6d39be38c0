/* Places to choose from, more than are shown at once: a line of two states and a district of twelve communes.
 */
#include "dialogue/dialogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COMMUNES 12
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

static struct answer_def skip[] = {{.on = LIST("7"), .next = "done"}};
static struct state_def states[] = {
    {.id = "place", .prompt = "ask", .slot = SLOT_PLACE, .next = "done", .answers = {skip, 1}},
    {.id = "only", .prompt = "ask", .slot = SLOT_PLACE, .next = "done"},
    {.id = "done", .prompt = "done", .end = true},
};
static const struct dialogue_def def = {
    .timeout = {HOUR_MS, HOUR_MS},
    .window = DAY_MS,
    .start = "place",
    .after = "place",
    .danger = "place",
    .left = "done",
    .stopped = "done",
    .erased = "done",
    .language = "place",
    .states = states,
    .n_states = 3,
    .lexicon = {.danger = LIST("sos"),
                .leave = LIST("thoat"),
                .stop = LIST("dung"),
                .erase = LIST("xoa"),
                .language = LIST("ngon ngu")},
};
static struct cfg_entry texts[] = {TEXT("ask", "ask"), TEXT("done", "done {place}"), TEXT("hint", "hint"),
                                   TEXT("place_choice", "{options}")};
static const struct catalog_def catalog = {.lang = "vi", .texts = {.items = texts, .n = 4}};

struct line {
    struct arena arena;
    struct dialogue_env env;
    struct session s;
    struct dialogue_out out;
};

/* Xa A to Xa L, which were Moc District. */
static const struct gazetteer *gazetteer(struct arena *a)
{
    static char codes[COMMUNES][PLACE_CODE], names[COMMUNES][8], now[COMMUNES * 6];
    struct place_row rows[COMMUNES + 2] = {
        {.code = "14", .level = PLACE_PROVINCE, .type = "Tỉnh", .name = "Sơn La", .ascii = "Son La"},
        {.code = "123",
         .level = PLACE_FORMER_DISTRICT,
         .parent = "14",
         .type = "Huyện",
         .name = "Mộc Châu",
         .ascii = "Moc Chau",
         .now = now}};
    struct failure why;
    struct out o;
    out_init(&o, now, sizeof now);
    for (int i = 0; i < COMMUNES; i++) {
        struct place_row *r = &rows[i + 2];
        snprintf(codes[i], sizeof codes[i], "%05d", 3000 + i);
        snprintf(names[i], sizeof names[i], "Pung%c", 'a' + i);
        *r = (struct place_row){.level = PLACE_COMMUNE,
                                .parent = "14",
                                .type = "Xã",
                                .name = names[i],
                                .ascii = names[i],
                                .lat = 21 + i / 100.0,
                                .lon = 104,
                                .former_district = "123"};
        memcpy(r->code, codes[i], sizeof r->code);
        out_printf(&o, "%s%s", i ? " " : "", codes[i]);
    }
    return places_build(rows, COMMUNES + 2, NULL, 0, a, &why);
}

static int setup(void **state)
{
    static struct line l;
    struct cfg_findings f;
    l = (struct line){.s = {.children = 255}};
    arena_init(&l.arena, 0);
    cfg_findings_init(&f, &l.arena);
    l.env = (struct dialogue_env){.dialogue = dialogue_build(&def, &l.arena, &f),
                                  .catalogs = catalogs_build(&catalog, 1, &l.arena, &f),
                                  .places = gazetteer(&l.arena),
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
static const char *say(struct line *l, const char *text)
{
    char packed[1024];
    l->env.now += SECOND_MS;
    dialogue_step(&l->env, &l->s, CHANNEL_SMS, DLG_TEXT, str_of(text), &l->out);
    size_t n = session_pack(&l->s, packed, sizeof packed);
    assert_true(n > 0 && session_unpack((struct str){packed, n}, &l->s));
    return l->out.text;
}

static void begin(struct line *l, const char *state)
{
    l->s = (struct session){.children = 255, .started_at = l->env.now, .last_at = l->env.now};
    str_copy(str_of(state), l->s.state, sizeof l->s.state);
}

static void none_of_these_leads_on(void **state)
{
    struct line *l = *state;
    begin(l, "place");
    assert_string_equal(say(l, "Moc Chau"), "1. Punga\n2. Pungb\n3. Pungc\n4. Pungd\n5. Punge");
    assert_string_equal(say(l, "7"), "1. Pungf\n2. Pungg\n3. Pungh\n4. Pungi\n5. Pungj");
    assert_string_equal(say(l, "6"), "hint\n1. Pungf\n2. Pungg\n3. Pungh\n4. Pungi\n5. Pungj");
    assert_string_equal(say(l, "7"), "1. Pungk\n2. Pungl");
    assert_string_equal(say(l, "2"), "done Pungl");
    assert_string_equal(l->s.place, "03011");
}

/* After the last ones the state's own answer counts; one that has none asks for the place anew. */
static void none_at_all(void **state)
{
    struct line *l = *state;
    begin(l, "place");
    say(l, "Moc Chau");
    say(l, "7");
    say(l, "7");
    assert_string_equal(say(l, "7"), "done ");
    assert_string_equal(l->s.place, "");
    begin(l, "only");
    say(l, "Moc Chau");
    say(l, "7");
    say(l, "7");
    assert_string_equal(say(l, "7"), "ask");
    assert_string_equal(say(l, "1"), "hint\nask");
}

static void a_name_typed_anew(void **state)
{
    struct line *l = *state;
    begin(l, "only");
    say(l, "Moc Chau");
    say(l, "7");
    assert_string_equal(say(l, "Moc Chau"), "1. Punga\n2. Pungb\n3. Pungc\n4. Pungd\n5. Punge");
    say(l, "7");
    assert_string_equal(say(l, "Pungc"), "done Pungc");
    for (size_t i = 0; i < SESSION_MORE; i++)
        assert_string_equal(l->s.more[i], "");
}

/* Without choices 7 is what the state says. */
static void seven_elsewhere(void **state)
{
    struct line *l = *state;
    begin(l, "place");
    assert_string_equal(say(l, "7"), "done ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(none_of_these_leads_on, setup, teardown),
        cmocka_unit_test_setup_teardown(none_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_typed_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(seven_elsewhere, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
