/* Broken network files, by tests/data/network-mistakes.txt: each case is a small change to the example, and
 * the whole of what is said about it, with file, line and remedy; so is tests/data/network-dates.txt, of what
 * is right but for the time. The example itself must be free of findings. */
#include "snapshot/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/workdir.h"

enum { TEXT = 200000, PART = 2048, LEAST = 60, LEAST_DATES = 15 };

struct mistake {
    char file[64], from[PART], to[PART], want[PART],
        at[64]; /* at: the time, for what only that is wrong with */
};

/* ---- files ---- */

static size_t read_example(const char *file, char *text)
{
    char path[128];
    snprintf(path, sizeof path, "conf/%s", file);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, TEXT - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    return n;
}

static void put(char *text, size_t at, size_t instead, const char *what)
{
    size_t n = strlen(what);
    memmove(text + at + n, text + at + instead, strlen(text + at + instead) + 1);
    memcpy(text + at, what, n);
}

/* returns the line of the mark. */
static int change(char *text, const char *from, const char *to)
{
    char *at = *from ? strstr(text, from) : text + strlen(text);
    int line = 1;
    assert_non_null(at);
    assert_true(strlen(text) + strlen(to) + 2 < TEXT);
    if (!*from)
        strcat(text, "\n"); /* ends the last line of what is added */
    put(text, (size_t)(at - text), strlen(from), to);
    char *mark = strchr(at, '@');
    if (mark && mark < at + strlen(to))
        memmove(mark, mark + 1, strlen(mark));
    else
        mark = at;
    for (char *c = text; c < mark; c++)
        line += *c == '\n';
    return line;
}

static void lay_out(void)
{
    char command[256];
    snprintf(command, sizeof command, "cp -r conf/network conf/places %s", dir);
    assert_int_equal(system(command), 0);
}

/* at: "" or when; then what it is told before is passed over. NULL: it is refused */
static struct network *load_at(const char *at, struct arena *a, struct cfg_findings *f)
{
    char places[96], network[96];
    snprintf(places, sizeof places, "%s/places", dir);
    snprintf(network, sizeof network, "%s/network", dir);
    struct gazetteer *g = load_places(places, "14", a, f);
    assert_non_null(g);
    struct network *net = load_network(network, g, 420, a, f);
    if (net)
        load_travel(places, g, net, a, f);
    if (!net || f->errors)
        return NULL;
    if (*at) {
        struct snapshot s = {.places = g, .network = net};
        msec now;
        assert_true(time_parse_rfc3339(str_of(at), &now));
        f->n = 0;
        snapshot_check_dates(&s, now, f);
    }
    return net;
}

static struct network *load_it(struct arena *a, struct cfg_findings *f)
{
    return load_at("", a, f);
}

/* ---- findings ---- */

/* Without the folder, which is another each time. */
static void said(const struct cfg_findings *f, enum cfg_severity severity, char *out, size_t cap)
{
    struct out o;
    char *folder;
    out_init(&o, out, cap);
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].severity == severity) {
            out_cstr(&o, o.len ? "\n" : "");
            cfg_finding_format(&f->items[i], &o);
        }
    while ((folder = strstr(out, dir)))
        put(out, (size_t)(folder - out), strlen(dir) + 1, "");
}

static void restore(const struct mistake *m)
{
    static char text[TEXT];
    if (read_example(m->file, text)) {
        keep_file(m->file, text);
        return;
    }
    snprintf(text, sizeof text, "%s/%s", dir, m->file);
    unlink(text);
}

static bool told_exactly(const struct mistake *m)
{
    static char text[TEXT];
    char got[4096], want[4096];
    struct arena a;
    struct cfg_findings f;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    read_example(m->file, text);
    int line = change(text, m->from, m->to);
    keep_file(m->file, text);
    bool refused = !load_at(m->at, &a, &f);
    said(&f, *m->at ? CFG_WARNING : CFG_ERROR, got, sizeof got);
    if (strncmp(m->want, "network/", 8) == 0) /* it is told of another file */
        snprintf(want, sizeof want, "%s", m->want);
    else
        snprintf(want, sizeof want, "%s:%d: %s: %s", m->file, line, *m->at ? "warning" : "error", m->want);
    if (strcmp(m->want, "nothing") == 0)
        *want = '\0';
    restore(m);
    cfg_findings_free(&f);
    arena_free(&a);
    bool same = refused == !*m->at && strcmp(got, want) == 0;
    if (!same)
        fprintf(stderr, "%s: %s\n  wanted %s\n  got    %s\n", m->file, m->to, want, got);
    return same;
}

/* ---- the table ---- */

static void add_line(char *part, const char *line)
{
    assert_true(strlen(part) + strlen(line) + 2 < PART);
    if (*part)
        strcat(part, "\n");
    strcat(part, line);
}

/* The next case of the table; false at its end. */
static bool next_mistake(FILE *table, struct mistake *m)
{
    char line[PART];
    memset(m, 0, sizeof *m);
    while (fgets(line, sizeof line, table)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line == '#')
            continue;
        if (!*line && *m->file)
            return true;
        if (*line == '-')
            add_line(m->from, line + 2);
        else if (*line == '+')
            add_line(m->to, line + 2);
        else if (*line == '=')
            add_line(m->at, line + 2);
        else if (*line == '!')
            add_line(m->want, line + 2);
        else if (*line)
            assert_true(str_copy(str_of(line), m->file, sizeof m->file));
    }
    return *m->file;
}

static void play(const char *path, size_t least)
{
    static struct mistake m;
    FILE *table = fopen(path, "r");
    size_t cases = 0, wrong = 0;
    assert_non_null(table);
    while (next_mistake(table, &m)) {
        cases++;
        wrong += !told_exactly(&m);
    }
    fclose(table);
    print_message("%zu of %s\n", cases, path);
    assert_int_equal(wrong, 0);
    assert_true(cases >= least);
}

static void each_mistake_is_told_exactly(void **state)
{
    (void)state;
    play("tests/data/network-mistakes.txt", LEAST);
}

static void each_date_is_told_exactly(void **state)
{
    (void)state;
    play("tests/data/network-dates.txt", LEAST_DATES);
}

static void the_example_is_clean(void **state)
{
    struct arena a;
    struct cfg_findings f;
    (void)state;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    assert_non_null(load_it(&a, &f));
    for (size_t i = 0; i < f.n; i++)
        fprintf(stderr, "%s:%d %s\n", f.items[i].pos.file, f.items[i].pos.line, f.items[i].what);
    assert_int_equal(f.n, 0);
    cfg_findings_free(&f);
    arena_free(&a);
}

/* Written where the first endpoint of the example is: four systems, and one that nobody uses. */
static void four_channels_in_their_order(void **state)
{
    static char text[TEXT];
    static const char *const order[] = {"d", "example", "b", "a"};
    const struct mistake people = {.file = "network/collaborators.conf"},
                         systems = {.file = "network/endpoints.conf"};
    struct arena a;
    struct cfg_findings f;
    (void)state;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    read_example(people.file, text);
    change(text, "endpoint = \"example\"", "endpoint = [ \"d\", \"example\", \"b\", \"a\" ]");
    keep_file(people.file, text);
    read_example(systems.file, text);
    change(text, "endpoints = (",
           "endpoints = ( { id = \"a\"; url = \"http://a\"; secret = \"a\"; },"
           " { id = \"b\"; url = \"http://b\"; secret = \"b\"; }, { id = \"c\"; url = \"http://c\"; secret = "
           "\"c\"; },"
           " { id = \"d\"; url = \"http://d\"; secret = \"d\"; },");
    keep_file(systems.file, text);
    struct network *net = load_it(&a, &f);
    assert_non_null(net);
    const struct collaborator *c = routing_collaborator(net, "ctv-son-la-1");
    assert_int_equal(c->n_channels, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(net->endpoints[c->channels[i]].id, order[i]);
        assert_int_equal(routing_channel(net, c, order[i]), i);
    }
    assert_int_equal(routing_channel(net, c, "c"), -1);
    assert_int_equal(f.warnings, 1);
    assert_string_equal(f.items[0].what,
                        "endpoint \"c\" alerts nobody; name it in a collaborator's endpoint or remove it");
    restore(&people);
    restore(&systems);
    cfg_findings_free(&f);
    arena_free(&a);
}

static int setup(void **state)
{
    (void)state;
    if (!make_dir())
        return -1;
    lay_out();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return remove_dir();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_clean),
        cmocka_unit_test(each_mistake_is_told_exactly),
        cmocka_unit_test(each_date_is_told_exactly),
        cmocka_unit_test(four_channels_in_their_order),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
