/* From values back to text, what differs between two entries, and where they stand in a file. */
#include "base/timeutil.h"
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct part {
    const char *id;
    int64_t size;
};
struct item {
    struct cfg_pos pos;
    const struct cfg_line *lines;
    const char *name;
    int64_t count;
    double ratio;
    bool on;
    msec wait;
    int color;
    uint32_t colors;
    struct cfg_strings tags;
    struct cfg_list parts, named;
    struct cfg_map texts;
    struct cfg_tree *any;
};
struct file {
    struct cfg_list items;
};
static const struct cfg_word colors[] = {{"red", 0}, {"green", 1}, {"blue", 2}, {NULL, 0}};
static const struct cfg_key part_keys[] = {
    {.name = "id", .type = CFG_STRING, .offset = offsetof(struct part, id)},
    {.name = "size", .type = CFG_INT, .offset = offsetof(struct part, size)},
    {0},
};
static const struct cfg_schema part_schema = {"part", sizeof(struct part), part_keys, CFG_HEAD_NONE};
#define AT(m) offsetof(struct item, m)
static const struct cfg_key keys[] = {
    {.name = "name", .type = CFG_STRING, .offset = AT(name)},
    {.name = "count", .type = CFG_INT, .offset = AT(count), .dflt = "7"},
    {.name = "ratio", .type = CFG_FLOAT, .offset = AT(ratio)},
    {.name = "on", .type = CFG_BOOL, .offset = AT(on), .dflt = "true"},
    {.name = "wait", .type = CFG_DURATION, .offset = AT(wait)},
    {.name = "color", .type = CFG_ENUM, .offset = AT(color), .words = colors},
    {.name = "colors", .type = CFG_FLAGS, .offset = AT(colors), .words = colors},
    {.name = "tags", .type = CFG_STRINGS, .offset = AT(tags)},
    {.name = "parts", .type = CFG_LIST, .offset = AT(parts), .sub = &part_schema},
    {.name = "named", .type = CFG_GROUPMAP, .offset = AT(named), .sub = &part_schema},
    {.name = "texts", .type = CFG_MAP, .offset = AT(texts)},
    {.name = "any", .type = CFG_TREE, .offset = AT(any)},
    {0},
};
static const struct cfg_schema schema = {"item", sizeof(struct item), keys, CFG_HEAD_LINES};
static const struct cfg_key file_keys[] = {
    {.name = "items", .type = CFG_LIST, .offset = offsetof(struct file, items), .sub = &schema}, {0}};
static const struct cfg_schema file_schema = {"file", sizeof(struct file), file_keys, CFG_HEAD_NONE};

static struct arena a;
static struct cfg_findings f;

static int begin(void **state)
{
    (void)state;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cfg_findings_free(&f);
    arena_free(&a);
    return 0;
}

static const struct item *load(const char *text)
{
    struct item *item = arena_alloc(&a, sizeof *item);
    if (!cfg_load_text("x.conf", str_of(text), &schema, item, &a, &f))
        fail_msg("%s: %s", text, f.items[0].what);
    return item;
}

static const struct cfg_key *key(const char *name)
{
    const struct cfg_key *k = keys;
    while (strcmp(k->name, name) != 0)
        k++;
    return k;
}

/* As it is printed; read again and printed, it is the same. */
static void values_as_text(void **state)
{
    static const struct {
        const char *key, *written, *printed;
    } cases[] = {
        {"name", "\"a \\\"b\\\" \\\\ c\\n\\r\\t\\x01\"", "\"a \\\"b\\\" \\\\ c\\n\\r\\t\\x01\""},
        {"name", "\"two\" \"parts\"", "\"twoparts\""},
        {"name", "\"\"", "\"\""},
        {"count", "5000000000L", "5000000000L"},
        {"count", "-3", "-3"},
        {"ratio", "0.1", "0.1"},
        {"ratio", "21.327600000000001", "21.3276"},
        {"ratio", "25", "25"},
        {"ratio", "5000000000.0", "5000000000.0"},
        {"on", "FALSE", "false"},
        {"wait", "\"90s\"", "\"90s\""},
        {"wait", "\"120s\"", "\"2m\""},
        {"wait", "\"0d\"", "\"0s\""},
        {"color", "\"blue\"", "\"blue\""},
        {"colors", "( \"blue\", \"red\", \"red\" )", "[ \"red\", \"blue\" ]"},
        {"colors", "[]", "[ ]"},
        {"tags", "\"one\"", "[ \"one\" ]"},
        {"tags", "( \"a\", \"\" )", "[ \"a\", \"\" ]"},
        {"parts", "( { id = \"a\"; size = 2; }, { size = 3; } )",
         "( { id = \"a\"; size = 2; }, { id = \"\"; size = 3; } )"},
        {"named", "{ x = { size = 1; }; }", "{ x = { size = 1; }; }"},
        {"texts", "{ k = \"v\"; }", "{ k = \"v\"; }"},
        {"any", "{ a = ( 1, true, \"x\" ); b = { }; }", "{ a = ( 1, true, \"x\" ); b = { }; }"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        const char *now = cases[i].written;
        for (int round = 0; round < 2; round++) {
            snprintf(text, sizeof text, "%s = %s;", cases[i].key, now);
            now = cfg_value_text(key(cases[i].key), load(text), &a);
            assert_string_equal(now, cases[i].printed);
        }
    }
}

/* ---- what differs ---- */

static void tell(void *ctx, const struct cfg_key *k, const char *was, const char *is)
{
    out_printf(ctx, "%s: %s -> %s; ", k->name, was ? was : "nothing", is ? is : "nothing");
}

static void what_differs(void **state)
{
    static const struct {
        const char *was, *is, *told;
    } cases[] = {
        {"name = \"a\"; tags = [ \"x\" ];", "tags = \"x\"; name = \"a\";", ""},
        {"name = \"a\"; on = true;", "name = \"b\";", "name: \"a\" -> \"b\"; on: true -> nothing; "},
        {"count = 7;", "", "count: 7 -> nothing; "},
        {"", "tags = [];", "tags: nothing -> [ ]; "},
        {"colors = [ \"red\", \"blue\" ];", "colors = [ \"blue\", \"red\" ];", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct out o;
        out_init(&o, text, sizeof text);
        size_t n = cfg_compare(&schema, load(cases[i].was), load(cases[i].is), tell, &o, &a);
        assert_string_equal(text, cases[i].told);
        assert_int_equal(n == 0, !*cases[i].told);
    }
}

/* ---- where it stands ---- */

static void where_entries_stand(void **state)
{
    static const char text[] = "# items = ( { name = \"no\"; } );\n"
                               "items /* = */ : ( // (\n"
                               "  { name = \"a { \\\" }\" \"b\"; count : 3, tags = [ \"]\" ] /* } */ },\n"
                               "  # {\n"
                               "  {\n   on = true }\n"
                               ")\n";
    struct file file = {{0}};
    struct cfg_source src;
    (void)state;
    assert_true(cfg_load_text("x.conf", str_of(text), &file_schema, &file, &a, &f));
    cfg_source(str_of(text), "items", &src, &a);
    assert_true(src.there);
    assert_int_equal(src.n, file.items.n);
    const struct cfg_source_entry *e = src.entries;
    assert_int_equal(e[0].n, 3);
    assert_int_equal(e[0].line, 3);
    assert_true(str_is(e[0].keys[1].name, "count"));
    struct cfg_span v = e[0].keys[0].value, w = e[0].keys[2].value;
    assert_true(str_is((struct str){text + v.from, v.to - v.from}, "\"a { \\\" }\" \"b\""));
    assert_true(str_is((struct str){text + w.from, w.to - w.from}, "[ \"]\" ]"));
    assert_true(e[0].keys[1].ended);
    assert_false(e[0].keys[2].ended);
    assert_int_equal(text[e[0].comma], ',');
    assert_int_equal(e[1].comma, 0);
    assert_int_equal(e[1].line, 5);
    assert_int_equal(e[1].last_line, 6);
    assert_int_equal(text[src.inside.to], ')');
    cfg_source(STR("other = ();"), "items", &src, &a);
    assert_false(src.there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_as_text, begin, end),
        cmocka_unit_test_setup_teardown(what_differs, begin, end),
        cmocka_unit_test_setup_teardown(where_entries_stand, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
