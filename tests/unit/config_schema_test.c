/* The schema loader: values, defaults, and every mistake with its line and its remedy. */
#include "base/timeutil.h"
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct item {
    struct cfg_pos pos;
    const char *id;
    int64_t size;
};
struct sample {
    const char *name;
    int64_t count, bytes;
    double ratio;
    bool on;
    msec wait;
    int color;
    uint32_t colors;
    struct cfg_strings tags;
    struct cfg_list items, named;
    struct cfg_map texts;
};
static const struct cfg_word colors[] = {{"red", 0}, {"green", 1}, {"blue", 2}, {NULL, 0}};
#define AT(m) offsetof(struct item, m)
static const struct cfg_key item_keys[] = {
    {.name = "id", .type = CFG_STRING, .offset = AT(id), .required = true, .help = "its name"},
    {.name = "size", .type = CFG_INT, .offset = AT(size), .dflt = "3"},
    {0},
};
static const struct cfg_schema item_schema = {"item", sizeof(struct item), item_keys, true};
#undef AT
#define AT(m) offsetof(struct sample, m)
static const struct cfg_key keys[] = {
    {.name = "name",
     .type = CFG_STRING,
     .offset = AT(name),
     .required = true,
     .max = 5,
     .help = "what it is called"},
    {.name = "count", .type = CFG_INT, .offset = AT(count), .dflt = "7", .min = 1, .max = 9},
    {.name = "bytes", .type = CFG_SIZE, .offset = AT(bytes), .dflt = "64k"},
    {.name = "ratio", .type = CFG_FLOAT, .offset = AT(ratio), .dflt = "1.5"},
    {.name = "on", .type = CFG_BOOL, .offset = AT(on), .dflt = "true"},
    {.name = "wait", .type = CFG_DURATION, .offset = AT(wait), .dflt = "90s"},
    {.name = "color", .type = CFG_ENUM, .offset = AT(color), .dflt = "green", .words = colors},
    {.name = "colors", .type = CFG_FLAGS, .offset = AT(colors), .words = colors},
    {.name = "tags", .type = CFG_STRINGS, .offset = AT(tags)},
    {.name = "items", .type = CFG_LIST, .offset = AT(items), .sub = &item_schema},
    {.name = "named", .type = CFG_GROUPMAP, .offset = AT(named), .sub = &item_schema},
    {.name = "texts", .type = CFG_MAP, .offset = AT(texts)},
    {0},
};
static const struct cfg_schema schema = {"sample", sizeof(struct sample), keys, false};

static void values(void **state)
{
    (void)state;
    struct arena a;
    struct cfg_findings f;
    struct sample s = {0};
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    assert_true(
        cfg_load_text("x.conf",
                      STR("name = \"abc\"; ratio = 2; colors = [ \"red\", \"blue\" ]; tags = \"one\";\n"
                          "items = ( { id = \"a\"; },\n { id = \"b\"; size = 9; } );\n"
                          "named = { x = { size = 1; }; };\ntexts = { k = \"v\"; };"),
                      &schema, &s, &a, &f));
    assert_int_equal(f.n, 0);
    assert_string_equal(s.name, "abc");
    assert_int_equal(s.count, 7);
    assert_int_equal(s.bytes, 65536);
    assert_true(s.ratio == 2.0);
    assert_true(s.on);
    assert_int_equal(s.wait, 90 * SECOND_MS);
    assert_int_equal(s.color, 1);
    assert_int_equal(s.colors, 5);
    assert_int_equal(s.tags.n, 1);
    const struct item *items = s.items.items, *named = s.named.items;
    assert_int_equal(s.items.n, 2);
    assert_int_equal(items[0].size, 3);
    assert_int_equal(items[1].pos.line, 3);
    assert_string_equal(named[0].id, "x");
    assert_string_equal(s.texts.items[0].value, "v");
    cfg_findings_free(&f);
    arena_free(&a);
}

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *finding;
    } cases[] = {
        {"", "x.conf: error: sample lacks \"name\": what it is called"},
        {"name = 3;", "x.conf:1: error: name must be a text in quotes"},
        {"name = \"abcdef\";", "x.conf:1: error: name is 6 bytes; it must be between 0 and 5 bytes"},
        {"name = \"a\";\ncount = 10;", "x.conf:2: error: count is 10; it must be between 1 and 9"},
        {"name = \"a\";\ncuont = 1;",
         "x.conf:2: error: unknown key \"cuont\" in sample; did you mean \"count\"?"},
        {"name = \"a\";\n\nzzzzzz = 1;",
         "x.conf:3: error: unknown key \"zzzzzz\" in sample; remove it or correct its name"},
        {"name = \"a\"; wait = \"5 minutes\";", "x.conf:1: error: wait must be a duration"},
        {"name = \"a\"; color = \"gren\";", "did you mean \"green\"?"},
        {"name = \"a\"; items = ( { size = 1; } );", "x.conf:1: error: item lacks \"id\": its name"},
        {"name = \"a\"; items = ( 3 );", "each item must be a group"},
        {"name = \"a\"; tags = [ 1, 2 ];", "tags must be a list of texts"},
        {"name = \"a\n", "x.conf:"},
        {"name = \"a\";\n@include \"/etc/passwd\"\n", "@include is not supported"},
        {"\xEF\xBB\xBFname = \"a\";\n", "begins with a byte order mark; save it as UTF-8 without one"},
        {"name = \"a\"; name = \"b\";",
         "x.conf:1: error: a key of this line is given twice in its group; remove one"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct cfg_findings f;
        struct sample s = {0};
        arena_init(&a, 0);
        cfg_findings_init(&f, &a);
        assert_false(cfg_load_text("x.conf", str_of(cases[i].text), &schema, &s, &a, &f));
        assert_true(f.errors > 0);
        char line[600];
        struct out o;
        out_init(&o, line, sizeof line);
        cfg_finding_format(&f.items[0], &o);
        if (!strstr(line, cases[i].finding))
            fail_msg("wanted \"%s\", got \"%s\"", cases[i].finding, line);
        cfg_findings_free(&f);
        arena_free(&a);
    }
}

static void all_mistakes_at_once(void **state)
{
    (void)state;
    struct arena a;
    struct cfg_findings f;
    struct sample s = {0};
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    assert_false(cfg_load_text("x.conf", STR("count = 0;\non = 3;\nbad = 1;\n"), &schema, &s, &a, &f));
    assert_int_equal(f.errors, 4); /* and the missing name */
    cfg_findings_free(&f);
    arena_free(&a);
}

static void secrets(void **state)
{
    (void)state;
    char dir[] = "/tmp/hotlined-secret-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/key", dir);
    FILE *file = fopen(path, "w");
    fputs("abc\n", file);
    fclose(file);
    struct arena a;
    struct cfg_findings f;
    struct str v;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    chmod(path, 0600);
    assert_true(cfg_secret(dir, "key", &v, &a, (struct cfg_pos){0}, &f));
    assert_true(str_is(v, "abc"));
    chmod(path, 0640);
    assert_false(cfg_secret(dir, "key", &v, &a, (struct cfg_pos){0}, &f));
    assert_non_null(strstr(f.items[0].what, "others can read"));
    assert_false(cfg_secret(dir, "../key", &v, &a, (struct cfg_pos){0}, &f));
    assert_false(cfg_secret(dir, "none", &v, &a, (struct cfg_pos){0}, &f));
    assert_non_null(strstr(f.items[2].what, "hotlinectl keygen"));
    unlink(path);
    rmdir(dir);
    cfg_findings_free(&f);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(all_mistakes_at_once),
        cmocka_unit_test(secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
