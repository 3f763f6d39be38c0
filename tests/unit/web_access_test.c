/* Who may open the page to practise on. */
#include "web/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static void only_a_browser_on_this_machine_that_asked_for_it(void **state)
{
    static const struct {
        const char *peer, *host;
        bool forwarded, let_in;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1:8080", false, true},
        {"127.0.0.1", "localhost", false, true},
        {"127.8.8.8", "LOCALHOST:1", false, true},
        {"::1", "[::1]:8080", false, true},
        {"::1", "[::1]", false, true},
        {"::ffff:127.0.0.1", "localhost:8080", false, true},
        {"127.0.0.1", "127.0.0.1:8080", true, false},
        {"192.0.2.7", "127.0.0.1:8080", false, false},
        {"", "127.0.0.1", false, false},
        {"127.0.0.1", "hotline.example:8080", false, false},
        {"127.0.0.1", "127.0.0.1.hotline.example", false, false},
        {"127.0.0.1", "localhost:80:80", false, false},
        {"127.0.0.1", "localhost:x", false, false},
        {"127.0.0.1", "localhost:", false, false},
        {"127.0.0.1", ":8080", false, false},
        {"127.0.0.1", "", false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *why = web_not_local(str_of(cases[i].peer), str_of(cases[i].host), cases[i].forwarded);
        if ((why == NULL) != cases[i].let_in)
            fail_msg("%s asked for \"%s\": %s", cases[i].peer, cases[i].host, why ? why : "let in");
    }
}

/* ---- passwords ---- */

static char officers[2 * WEB_LINE + 2];

static int write_officers(void **state)
{
    char lan[WEB_LINE], minh[WEB_LINE];
    struct failure why;
    (void)state;
    if (sodium_init() < 0 || web_officer_line("lan", STR("mot mat khau dai"), lan, &why) != OK ||
        web_officer_line("minh", STR("mot mat khau khac"), minh, &why) != OK)
        return 1;
    snprintf(officers, sizeof officers, "%s\n%s\n", lan, minh);
    return 0;
}

static enum web_login logs_in(struct web_guard *g, const char *file, const char *credentials, msec now)
{
    char header[512] = "Basic ";
    sodium_bin2base64(header + 6, sizeof header - 6, (const unsigned char *)credentials, strlen(credentials),
                      sodium_base64_VARIANT_ORIGINAL);
    return web_login(g, str_of(file), str_of(header), now);
}

static void who_has_a_password_is_let_in(void **state)
{
    struct web_guard *g = web_guard_create();
    (void)state;
    assert_int_equal(logs_in(g, officers, "lan:mot mat khau dai", 10000), WEB_IN);
    assert_int_equal(logs_in(g, officers, "minh:mot mat khau khac", 20000), WEB_IN);
    assert_int_equal(logs_in(g, officers, "lan:mot mat khau khac", 30000), WEB_OUT);
    assert_int_equal(logs_in(g, officers, "an:mot mat khau dai", 40000), WEB_OUT);
    assert_int_equal(logs_in(g, "", "lan:mot mat khau dai", 50000), WEB_OUT);
    web_guard_destroy(g);
}

static void what_is_no_password_costs_nothing(void **state)
{
    static const char *const headers[] = {"",           "Basic",      "Basic ",         "Bearer abc",
                                          "Basic !!!!", "Basic bGFu", "Basic bGFuOg==", "Basic OmFiYw=="};
    struct web_guard *g = web_guard_create();
    (void)state;
    for (int round = 0; round < 100; round++)
        for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
            assert_int_equal(web_login(g, str_of(officers), str_of(headers[i]), 1000), WEB_OUT);
    assert_int_equal(logs_in(g, officers, "lan:mot mat khau dai", 1000), WEB_IN);
    web_guard_destroy(g);
}

static void a_flood_of_guesses_is_slowed_down(void **state)
{
    struct web_guard *g = web_guard_create();
    int checked = 0;
    char guess[64];
    (void)state;
    assert_int_equal(logs_in(g, officers, "lan:mot mat khau dai", 10000), WEB_IN);
    for (int i = 0; i < 50; i++) {
        snprintf(guess, sizeof guess, "lan:doan lan thu %d", i);
        checked += logs_in(g, officers, guess, 11000 + i) == WEB_OUT;
    }
    assert_in_range(checked, 1, 5);
    /* the right one waits, too, unless it was right a while ago */
    assert_int_equal(logs_in(g, officers, "minh:mot mat khau khac", 11050), WEB_LATER);
    assert_int_equal(logs_in(g, officers, "lan:mot mat khau dai", 11050), WEB_IN);
    assert_int_equal(logs_in(g, officers, "minh:mot mat khau khac", 12100), WEB_IN);
    web_guard_destroy(g);
}

/* What was right is not believed for ever, and not once its line is another. */
static void a_password_that_was_right_is_forgotten(void **state)
{
    struct web_guard *g = web_guard_create();
    char line[WEB_LINE];
    struct failure why;
    (void)state;
    assert_int_equal(web_officer_line("lan", STR("mat khau moi dai"), line, &why), OK);
    assert_int_equal(logs_in(g, officers, "lan:mot mat khau dai", 1000), WEB_IN);
    assert_int_equal(logs_in(g, line, "lan:mot mat khau dai", 2000), WEB_OUT);
    assert_int_equal(logs_in(g, officers, "lan:mot mat khau dai", 2000), WEB_IN);
    for (int i = 0; i < 20; i++) /* nothing is left for a check */
        logs_in(g, officers, "lan:doan", 2000);
    assert_int_equal(logs_in(g, officers, "lan:mot mat khau dai", 2000), WEB_IN);
    for (int i = 0; i < 20; i++)
        logs_in(g, officers, "lan:doan", 2000 + 11 * MINUTE_MS);
    assert_int_equal(logs_in(g, officers, "lan:mot mat khau dai", 2000 + 11 * MINUTE_MS), WEB_LATER);
    web_guard_destroy(g);
}

static void a_line_is_made_of_a_good_name_and_a_long_password(void **state)
{
    char line[WEB_LINE], endless[400];
    struct failure why;
    (void)state;
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(web_officer_line("lan", STR("mười hai chữ"), line, &why),
                     OK); /* twelve, in seventeen bytes */
    assert_int_equal(strncmp(line, "lan:$argon2id$v=19$m=16384,t=3,p=1$", 35), 0);
    assert_null(strchr(line, '\n'));
    assert_int_equal(web_officer_line("lan", STR("mười một chữ"), line, &why), OK);
    assert_int_equal(web_officer_line("lan", STR("mười chữ cái"), line, &why), OK);
    assert_int_equal(web_officer_line("lan", STR("mười chữ cá"), line, &why), ERR_INPUT);
    assert_int_equal(web_officer_line("lan", str_of(endless), line, &why), ERR_INPUT);
    assert_int_equal(web_officer_line("la:n", STR("mot mat khau dai"), line, &why), ERR_INPUT);
    assert_int_equal(web_officer_line("", STR("mot mat khau dai"), line, &why), ERR_INPUT);
    assert_int_equal(
        web_officer_line("a-name-that-is-far-too-long-to-be-one", STR("mot mat khau dai"), line, &why),
        ERR_INPUT);
}

static void the_page_is_in_the_program(void **state)
{
    struct web_asset page, again;
    (void)state;
    assert_true(web_asset(STR("/practice"), &page));
    assert_true(web_asset(STR("/practice/"), &again));
    assert_ptr_equal(page.body.s, again.body.s);
    assert_true(str_starts(page.body, "<!doctype html>"));
    assert_true(page.body.n > 9 && memcmp(page.body.s + page.body.n - 8, "</html>\n", 8) == 0);
    assert_true(web_asset(STR("/practice/practice.css"), &page));
    assert_string_equal(page.type, "text/css; charset=utf-8");
    assert_true(web_asset(STR("/practice/practice.js"), &page));
    assert_true(str_starts(page.body, "\"use strict\";"));
    assert_false(web_asset(STR("/practice/practice.html"), &page));
    assert_false(web_asset(STR("/practice/../practice"), &page));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_browser_on_this_machine_that_asked_for_it),
        cmocka_unit_test(who_has_a_password_is_let_in),
        cmocka_unit_test(what_is_no_password_costs_nothing),
        cmocka_unit_test(a_flood_of_guesses_is_slowed_down),
        cmocka_unit_test(a_password_that_was_right_is_forgotten),
        cmocka_unit_test(a_line_is_made_of_a_good_name_and_a_long_password),
        cmocka_unit_test(the_page_is_in_the_program),
    };
    return cmocka_run_group_tests(tests, write_officers, NULL);
}
