/* What people type and what must be heard: tests/data/heard.tsv through the example's dialogue. */
#include "snapshot/snapshot.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FEWEST = 1200 };

static const struct snapshot *snap;

static const char *heard(const char *text, enum channel channel)
{
    struct session s = {.children = 255};
    struct dialogue_out out;
    const struct dialogue_env env = {
        .dialogue = snap->dialogue, .catalogs = snap->catalogs, .places = snap->places, .now = 1764039845000};
    if (channel == CHANNEL_USSD) /* as the first answer of a session */
        dialogue_step(&env, &s, channel, DLG_BEGIN, (struct str){NULL, 0}, &out);
    dialogue_step(&env, &s, channel, DLG_TEXT, str_of(text), &out);
    if (out.effects & DLG_URGENT)
        return "danger";
    return s.need ? need_name((enum need)(s.need - 1)) : "none";
}

static bool a_menu_choice(const char *text)
{
    return text[0] >= '1' && text[0] <= '7' && !text[1];
}

static void every_line_is_heard_as_it_is_meant(void **state)
{
    char line[512];
    unsigned cases = 0, wrong = 0;
    FILE *f = fopen("tests/data/heard.tsv", "r");
    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *want = strchr(line, '\t');
        if (line[0] == '#' || !want)
            continue;
        *want++ = '\0';
        cases++;
        for (int c = 0; c < CHANNEL_COUNT && !a_menu_choice(line); c++) {
            const char *got = heard(line, (enum channel)c);
            if (strcmp(got, want) != 0) {
                print_error("\"%s\" (%s): %s instead of %s\n", line, channel_name((enum channel)c), got,
                            want);
                wrong++;
            }
        }
    }
    fclose(f);
    print_message("%u texts\n", cases);
    assert_true(cases >= FEWEST);
    assert_int_equal(wrong, 0);
}

/* Whatever stands around it, a call for help is heard; at the end of a long message, too. */
static void danger_is_heard_among_other_words(void **state)
{
    static const char *const around[] = {"%s", "alo %s nhe", "Xin chao. %s. Toi o Chieng Son", "%s %s",
                                         "nghien cuu %s cuu vat"};
    static const char *const calls[] = {"cuu toi", "SOS", "bị đánh", "cuuws", "🆘", "c.u.u"};
    char text[2400];
    (void)state;
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++)
        for (size_t k = 0; k < sizeof calls / sizeof calls[0]; k++) {
            snprintf(text, sizeof text, around[i], calls[k], calls[k]);
            if (strcmp(heard(text, CHANNEL_SMS), "danger") != 0)
                fail_msg("not heard: %s", text);
        }
    memset(text, 'a', 1580);
    strcpy(text + 1580, " cuu");
    assert_string_equal(heard(text, CHANNEL_SMS), "danger");
}

static int setup(void **state)
{
    static struct arena a;
    struct cfg_findings f;
    (void)state;
    if (sodium_init() < 0)
        return -1;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    snap = snapshot_load_open("conf/hotlined.conf", &f);
    for (size_t i = 0; i < f.n && !snap; i++)
        print_error("%s:%d: %s\n", f.items[i].pos.file, f.items[i].pos.line, f.items[i].what);
    cfg_findings_free(&f);
    arena_free(&a);
    return snap ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    snapshot_free((struct snapshot *)(uintptr_t)snap);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_line_is_heard_as_it_is_meant),
                                       cmocka_unit_test(danger_is_heard_among_other_words)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
