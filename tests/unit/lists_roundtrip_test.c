/* Nothing is lost between the network's files and a sheet: generated networks go out and come back, as CSV
 * and as workbooks, untouched and with one value edited. */
#include "lists/lists.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lists/internal.h"
#include "unit/workdir.h"

static struct arena a;
static struct cfg_findings f;

static int begin(void **state)
{
    (void)state;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    return make_dir() ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    cfg_findings_free(&f);
    arena_free(&a);
    return remove_dir();
}

static void no_findings(void)
{
    for (size_t i = 0; i < f.n; i++) {
        char line[1024];
        struct out o;
        out_init(&o, line, sizeof line);
        cfg_finding_format(&f.items[i], &o);
        print_error("%s\n", line);
    }
    assert_int_equal(f.n, 0);
}

/* ---- out and back ---- */

static struct str as_csv(enum list_kind kind, const struct folder *folder)
{
    struct sheet sheets[2];
    assert_true(lists_export(folder, kind, &a, sheets, &f));
    return sheet_write_csv(&sheets[0], &a);
}

static struct str as_book(enum list_kind kind, const struct folder *folder)
{
    struct sheet sheets[2];
    struct failure why = {OK, ""};
    struct str bytes;
    char path[128];
    snprintf(path, sizeof path, "%s/book.xlsx", dir);
    assert_true(lists_export(folder, kind, &a, sheets, &f));
    if (sheet_write_xlsx(path, sheets, 2, &why) != OK)
        fail_msg("%s", why.what);
    assert_true(cfg_read_file(path, SHEET_FILE, &bytes, &a, &f));
    unlink(path);
    return bytes;
}

static struct lists_plan *back(const struct folder *folder, struct str hosts, struct str people)
{
    struct lists_input inputs[2] = {{"hosts", hosts}, {"collaborators", people}};
    struct lists_plan *plan = lists_import(folder, inputs, 2, false, &a, &f);
    no_findings();
    assert_non_null(plan);
    return plan;
}

static void same_bytes(const struct folder *was, const struct folder *is)
{
    assert_int_equal(was->n, is->n);
    for (size_t i = 0; i < was->n; i++)
        if (!str_eq(was->files[i].text, is->files[i].text))
            fail_msg("%s changed:\n%.*s\nis now\n%.*s", was->files[i].name, STR_ARG(was->files[i].text),
                     STR_ARG(is->files[i].text));
}

static void nothing_is_lost(const struct folder *folder)
{
    struct lists_plan *plan = back(folder, as_csv(LIST_HOSTS, folder), as_csv(LIST_COLLABORATORS, folder));
    assert_int_equal(plan->n, 0);
    same_bytes(folder, plan->folder);
    plan = back(folder, as_book(LIST_HOSTS, folder), as_book(LIST_COLLABORATORS, folder));
    assert_int_equal(plan->n, 0);
    same_bytes(folder, plan->folder);
}

static const struct folder *read_folder(const char *path)
{
    const struct folder *folder = folder_read(path, &a, &f);
    no_findings();
    assert_non_null(folder);
    return folder;
}

static void the_example(void **state)
{
    (void)state;
    nothing_is_lost(read_folder("conf/network"));
}

/* ---- every key, odd texts, several files ---- */

static const char every_key[] =
    "# a file of somebody's own\r\n"
    "hosts = (\n"
    "  { id = \"a\"; name = \"\\\"quoted\\\" \\\\ back; semi, comma\\nbreak\\r\\ttab\\x01\"; kind = "
    "\"shelter\"; /* why */\n"
    "    place = \"03979\"; lat = 21.327600000000001; lon = -1.0e-3; needs = [ \"talk\", \"danger\", "
    "\"talk\" ];\n"
    "    women = true; men = false; accessible = true; children = -1; capacity = 0; occupied = 10000;\n"
    "    languages = [ ]; hours = \"\"; exceptions = [ \"\", \" \", \";\", \"[]\", \"\\\"\", \"a; b\" ];\n"
    "    public = false; meeting_point = \"_x0041_ = _x000D_\"; phones = [ \"+84000000001\" ]; serves = ();\n"
    "    avoid = \"03985\"; valid_from = \"2026-01-31\"; valid_to = \"31/01/2026x\"; },\n"
    "  # between\n"
    "  { id = \"b\"; name = \"=1+1\"; kind = \"police\"; place = \"'03979\"; needs = []; meeting_point = "
    "\"''\"; },\n"
    "  { id : \"c\", name = \"-\" \"1\", kind = \"health\", place = \"@x\", needs = [\"info\"]\n"
    "    hours = \"\\t=x\"; valid_from = \"[]\" } // the last\n"
    ")\n";
static const char more_of_them[] =
    "collaborators = (\n"
    "    {\n        id = \"p\";\n        name = \"S\xC6\xA1n La S\x6F\xCC\x9B\x6E \xF0\x9F\x98\x80\";\n"
    "        phone = \"+84000000002\"; endpoint = \"e\"; places = [ \"03979\", \"03985\" ]; home = \"\";\n"
    "        hosts = [ \"a\" ]; languages = [ \"vi\" ]; rota = \"always\"; exceptions = [ ]; out = [ "
    "\"2026-02-10\" ];\n"
    "        swap = [ \"2026-02-10..2026-02-14 q\" ]; max_open = 3; duty = true;\n    }\n);\n"
    "hosts = ( { id = \"d\"; name = \"TRUE\"; kind = \"legal\"; place = \"1e5\"; needs = [ \"harm\" ]; } "
    ");\n";

static void odd_texts(void **state)
{
    (void)state;
    keep_file("own.conf", every_key);
    keep_file("z.conf", more_of_them);
    keep_file("README", "copied as it is\n");
    nothing_is_lost(read_folder(dir));
}

/* ---- one value edited ---- */

static struct str replaced(struct str text, const char *old, const char *now)
{
    const char *z = arena_strdup(&a, text), *at = strstr(z, old);
    struct out o;
    if (!at)
        fail_msg("there is no %s in %s", old, z);
    out_init(&o, arena_alloc(&a, text.n + strlen(now) + 1), text.n + strlen(now) + 1);
    out_bytes(&o, z, (size_t)(at - z));
    out_cstr(&o, now);
    out_cstr(&o, at + strlen(old));
    return out_span(&o);
}

static struct str text_of(const struct folder *folder, const char *name)
{
    for (size_t i = 0; i < folder->n; i++)
        if (strcmp(folder->files[i].name, name) == 0)
            return folder->files[i].text;
    fail_msg("there is no %s", name);
    return (struct str){NULL, 0};
}

/* Rows of `hosts` that stand for an edit in Excel, and what the file then is. */
static const char few[] =
    "# who receives\n"
    "hosts = (\n"
    "    { # the first\n"
    "        id = \"a\"; name = \"A\"; kind = \"shelter\";\n"
    "        place = \"03979\"; # Moc Chau\n"
    "        needs = [ \"danger\" ]; capacity = 4;\n"
    "    },\n"
    "    # before b\n"
    "    {\n"
    "        id = \"b\"; name = \"B\"; kind = \"police\"; place = \"03985\"; needs = [ \"danger\" ];\n"
    "    }\n"
    ");\n";
static const struct edit {
    const char *old, *now;           /* in the sheet */
    const char *old_file, *now_file; /* in the file */
    const char *warning;
} edits[] = {
    {",A,", ",\"A; \"\"x\"\"\",", "name = \"A\"", "name = \"A; \\\"x\\\"\"", NULL},
    {",,4,", ",,,", " capacity = 4;", "", NULL},
    {",,4,", ",2,4,", "capacity = 4;", "capacity = 4; children = 2;", NULL},
    {"03979", "03985", "\"03979\"", "\"03985\"", "own.conf:5: warning: place changes"},
    {"own.conf,b,B,police,03985,,,danger,,,,,,,,,,,,,,,,\r\n", "",
     ",\n    # before b\n    {\n        id = \"b\"; name = \"B\"; kind = \"police\"; place = \"03985\"; "
     "needs = [ "
     "\"danger\" ];\n    }\n",
     "\n    # before b\n", NULL},
    {"own.conf,a,A,shelter,03979,,,danger,,,,,4,,,,,,,,,,,\r\n", "",
     "    { # the first\n        id = \"a\"; name = \"A\"; kind = \"shelter\";\n        place = \"03979\"; # "
     "Moc "
     "Chau\n        needs = [ \"danger\" ]; capacity = 4;\n    },\n",
     "", NULL},
    {"own.conf,b,B,", ",c,C,legal,03979,,,talk,,,,,,,,always,,,,,,,,\r\nown.conf,b,B,", "    }\n);",
     "    },\n    {\n        id = \"c\"; name = \"C\"; kind = \"legal\"; place = \"03979\"; needs = [ "
     "\"talk\" ]; hours "
     "= \"always\";\n    }\n);",
     NULL},
};

static void one_edit_changes_one_entry(void **state)
{
    (void)state;
    keep_file("own.conf", few);
    const struct folder *folder = read_folder(dir);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        const struct edit *e = &edits[i];
        struct lists_input in = {"hosts.csv", replaced(as_csv(LIST_HOSTS, folder), e->old, e->now)};
        f.n = f.errors = 0;
        struct lists_plan *plan = lists_import(folder, &in, 1, false, &a, &f);
        if (!e->warning)
            no_findings();
        else
            assert_non_null(strstr(f.items[0].what, strrchr(e->warning, ':') + 2));
        assert_int_equal(plan->n, 1);
        struct str want = replaced(str_of(few), e->old_file, e->now_file);
        if (!str_eq(text_of(plan->folder, "own.conf"), want))
            fail_msg("edit %zu: got\n%.*s\nwanted\n%.*s", i, STR_ARG(text_of(plan->folder, "own.conf")),
                     STR_ARG(want));
    }
    f.n = 0;
}

/* As Excel in Viet Nam writes it, and as people type; into a file that is not there yet. */
static void as_people_type(void **state)
{
    static const char typed[] =
        "ID;name;kind;place;needs;lat;lon;public;serves;valid_from;File\r\n"
        "b;B;police;03985;danger;;;;;;own.conf\r\n"
        "a; A ;shelter;03979;\"talk, info;\";21,33;103,9;TRUE;\"03979 ;03985\";31/01/2026;"
        "new.conf\r\n";
    static const char want[] =
        "hosts = (\n    {\n"
        "        id = \"a\"; name = \"A\"; kind = \"shelter\"; place = \"03979\"; lat = 21.33; lon "
        "= 103.9;\n"
        "        needs = [ \"talk\", \"info\" ]; capacity = 4; public = true; serves = [ "
        "\"03979\", \"03985\" ];\n"
        "        valid_from = \"2026-01-31\";\n    }\n);\n";
    struct lists_input in = {"x.csv", str_of(typed)};
    (void)state;
    keep_file("own.conf", few);
    struct lists_plan *plan = lists_import(read_folder(dir), &in, 1, false, &a, &f);
    assert_int_equal(f.n, 1);
    assert_string_equal(f.items[0].what, "there is no file new.conf yet, so it is made");
    assert_non_null(plan);
    assert_int_equal(plan->n, 1);
    assert_string_equal(plan->changes[0].keys, "file, lat, lon, needs, public, serves, valid_from");
    if (!str_is(text_of(plan->folder, "new.conf"), want))
        fail_msg("got\n%.*s", STR_ARG(text_of(plan->folder, "new.conf")));
    assert_null(strstr(text_of(plan->folder, "own.conf").s, "\"a\""));
}

/* ---- generated networks ---- */

enum { ROUNDS = 40 };

static void odd_text(struct rng *r, char *out)
{
    static const char *const bits[] = {"a",           "\u00a0",
                                       "\u200b",      "\u202c",
                                       "\u3000",      "\ufeff",
                                       "\"",          "\\",
                                       ";",           ",",
                                       "\n",          "=",
                                       "+",           "-",
                                       "@",           "'",
                                       "\t",          "\r",
                                       " ",           "\xC3\xA9",
                                       "e\xCC\x81",   "\xF0\x9F\x98\x80",
                                       "[]",          "_x000A_",
                                       "0",           "\x01",
                                       "#",           "//",
                                       "{",           ")",
                                       "\xEF\xBF\xBE"};
    *out = '\0';
    for (uint32_t n = rng_below(r, 6); n; n--)
        strcat(out, bits[rng_below(r, sizeof bits / sizeof bits[0])]);
}

static void quoted(struct rng *r, struct out *o)
{
    char text[128];
    odd_text(r, text);
    cfg_quote(text, o);
}

static void texts(struct rng *r, struct out *o)
{
    out_cstr(o, "[ ");
    for (uint32_t i = 0, n = rng_below(r, 4); i < n; i++) {
        out_cstr(o, i ? ", " : "");
        quoted(r, o);
    }
    out_cstr(o, " ]");
}

static void any_value(struct rng *r, const struct cfg_key *k, struct out *o)
{
    const struct cfg_word *w = k->words;
    switch (k->type) {
    case CFG_INT:
        out_printf(o, "%d", (int)rng_below(r, 50) - (k->min < 0));
        return;
    case CFG_FLOAT:
        out_printf(o, "%.17g", (double)rng_u64(r) / 1e18 + 1e-3);
        return;
    case CFG_BOOL:
        out_cstr(o, rng_below(r, 2) ? "true" : "false");
        return;
    case CFG_ENUM:
        out_printf(o, "\"%s\"", w[rng_below(r, 5)].word);
        return;
    case CFG_FLAGS:
        out_printf(o, rng_below(r, 4) ? "[ \"%s\", \"%s\" ]" : "[ ]", w[rng_below(r, 5)].word,
                   w[rng_below(r, 5)].word);
        return;
    case CFG_STRINGS:
        texts(r, o);
        return;
    default:
        quoted(r, o);
    }
}

static void any_entry(struct rng *r, enum list_kind kind, int id, struct out *o)
{
    static const char *const ends[] = {"; ", ";\n        ", ", ", "; # note\n        ", "; /* } */ "};
    out_cstr(o, rng_below(r, 2) ? "    {" : "    { // {\n        ");
    for (const struct cfg_key *k = list_schema(kind)->keys; k->name; k++) {
        bool name = strcmp(k->name, "name") == 0;
        if (!k->required && rng_below(r, 3))
            continue;
        out_printf(o, "%s %c ", k->name, rng_below(r, 2) ? '=' : ':');
        if (strcmp(k->name, "id") == 0 || name || strcmp(k->name, "place") == 0)
            out_printf(o, "\"x%d\"", id);
        else
            any_value(r, k, o);
        out_cstr(o, ends[rng_below(r, 5)]);
    }
    out_cstr(o, "}");
}

static void any_list(struct rng *r, enum list_kind kind, int *id, struct out *o)
{
    out_printf(o, "%s = (", list_name(kind));
    for (uint32_t i = 0, n = rng_below(r, 5); i < n; i++) {
        out_cstr(o, i ? rng_below(r, 2) ? ",\n" : " # c\n , // d\n" : "\n");
        any_entry(r, kind, (*id)++, o);
    }
    out_cstr(o, rng_below(r, 2) ? "\n);\n" : " )\n");
}

static const struct folder *any_network(struct rng *r)
{
    static char text[65536];
    int id = 0;
    for (int file = 0; file < 3; file++) {
        struct out o;
        char name[16];
        out_init(&o, text, sizeof text);
        for (int k = 0; k < LIST_KINDS; k++)
            if (rng_below(r, 3))
                any_list(r, (enum list_kind)k, &id, &o);
        assert_false(o.overflow);
        snprintf(name, sizeof name, "%c.conf", 'a' + file);
        keep_file(name, text);
    }
    return read_folder(dir);
}

static void generated(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 20261124);
    for (int i = 0; i < ROUNDS; i++)
        nothing_is_lost(any_network(&r));
}

/* Two networks with the same files: the rows of one, imported into the other, make it the first. */
static void one_becomes_the_other(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 7);
    for (int i = 0; i < ROUNDS; i++) {
        const struct folder *one = any_network(&r), *other = any_network(&r);
        struct lists_input in[2] = {{"hosts", as_csv(LIST_HOSTS, other)},
                                    {"collaborators", as_csv(LIST_COLLABORATORS, other)}};
        struct lists_plan *plan = lists_import(one, in, 2, false, &a, &f);
        if (f.errors)
            no_findings();
        f.n = f.warnings = 0; /* of comments */
        assert_non_null(plan);
        assert_true(folder_index(plan->folder, &a, &f));
        plan = lists_import(plan->folder, in, 2, false, &a, &f);
        assert_non_null(plan);
        assert_int_equal(plan->n, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_example, begin, end),
        cmocka_unit_test_setup_teardown(odd_texts, begin, end),
        cmocka_unit_test_setup_teardown(one_edit_changes_one_entry, begin, end),
        cmocka_unit_test_setup_teardown(as_people_type, begin, end),
        cmocka_unit_test_setup_teardown(generated, begin, end),
        cmocka_unit_test_setup_teardown(one_becomes_the_other, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
