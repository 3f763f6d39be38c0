/* import: a new network folder from sheets. The folder in use is read and never touched. */
#include "hotlinectl/hotlinectl.h"

#include "lists/lists.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static const char *const fates[] = {
    [LIST_ADDED] = "added", [LIST_CHANGED] = "changed", [LIST_REMOVED] = "removed"};

static size_t count(const struct lists_plan *p, enum list_kind kind, enum list_fate fate)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += p->changes[i].kind == kind && p->changes[i].fate == fate;
    return n;
}

static void print_changes(const struct lists_plan *p, enum list_kind kind)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct list_change *c = &p->changes[i];
        if (c->kind != kind)
            continue;
        printf("  %-7s  %s (%s)%s%s\n", fates[c->fate], c->id, c->file, c->keys ? ": " : "",
               c->keys ? c->keys : "");
    }
}

/* As a shell takes it for one word, and a command for no option. */
static void print_word(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%";
    printf(" %s", path[0] == '-' ? "./" : "");
    if (strspn(path, plain) == strlen(path)) {
        fputs(path, stdout);
        return;
    }
    putchar('\'');
    for (; *path; path++)
        if (*path == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*path);
    putchar('\'');
}

static void print_next_step(const struct ctl *ctl, const char *now, const char *dir)
{
    fputs("  hotlinectl", stdout);
    if (ctl->named) {
        fputs(" -c", stdout);
        print_word(ctl->config);
    }
    fputs(" diff", stdout);
    print_word(now);
    print_word(dir);
    putchar('\n');
}

static void print_text(const struct lists_plan *p, const char *dir)
{
    for (int k = 0; k < LIST_KINDS; k++) {
        enum list_kind kind = (enum list_kind)k;
        size_t gone = count(p, kind, LIST_REMOVED);
        if (!p->given[k])
            continue;
        printf("%s: %zu added, %zu changed, %zu removed, %zu as they were\n", list_name(kind),
               count(p, kind, LIST_ADDED), count(p, kind, LIST_CHANGED), gone, p->same[k]);
        print_changes(p, kind);
        if (gone)
            printf("  The sheet lacks %zu %s, so they are removed; --keep-missing keeps them.\n", gone,
                   list_name(kind));
    }
    for (size_t i = 0; i < p->n_missing; i++)
        printf("%s%s%s", i ? ", " : "Without a column, and as it was: ", p->missing[i],
               i + 1 < p->n_missing ? "" : "\n");
    printf("%s is written; nothing uses it yet. What it changes:\n", dir);
}

static void print_json(const struct lists_plan *p)
{
    cJSON *all = cJSON_CreateArray();
    for (size_t i = 0; i < p->n; i++) {
        const struct list_change *c = &p->changes[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "list", list_name(c->kind));
        cJSON_AddStringToObject(o, "change", fates[c->fate]);
        cJSON_AddStringToObject(o, "id", c->id);
        cJSON_AddStringToObject(o, "file", c->file);
        if (c->keys)
            cJSON_AddStringToObject(o, "keys", c->keys);
        cJSON_AddItemToArray(all, o);
    }
    char *text = cJSON_Print(all);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(all);
}

struct order { /* what was asked for */
    struct lists_input *inputs;
    size_t n;
    const char *dir;
    bool keep_missing;
};

static bool import(const struct snapshot *s, const struct order *order, struct arena *a,
                   struct cfg_findings *f, struct lists_plan **plan)
{
    size_t before = f->errors;
    const struct folder *base = folder_read(s->settings.network, a, f);
    struct lists_check check = {.places = load_places(s->settings.places, s->settings.province, a, f),
                                .places_dir = s->settings.places,
                                .tz_offset_min = (int)s->settings.tz_offset_min};
    for (size_t i = 0; i < order->n; i++)
        if (!cfg_read_file(order->inputs[i].name, SHEET_FILE, &order->inputs[i].bytes, a, f))
            return false;
    if (!base || !check.places || f->errors > before)
        return false;
    *plan = lists_import(base, order->inputs, order->n, order->keep_missing, a, f);
    return *plan && lists_write(*plan, order->dir, &check, a, f);
}

static int run(struct ctl *ctl, const struct order *order)
{
    struct arena a;
    struct cfg_findings f;
    struct lists_plan *plan = NULL;
    const struct snapshot *s = ctl_settings(ctl);
    if (!s)
        return CTL_FAILED;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    bool ok = import(s, order, &a, &f, &plan);
    cfg_findings_print(&f, stderr);
    if (ok && ctl->json)
        print_json(plan);
    else if (ok) {
        print_text(plan, order->dir);
        print_next_step(ctl, s->settings.network, order->dir);
    } else
        ctl_fail("%zu errors; nothing is written", f.errors);
    cfg_findings_free(&f);
    arena_free(&a);
    return ok ? CTL_OK : CTL_FAILED;
}

int cmd_import(struct ctl *ctl, int argc, char **argv)
{
    enum { MOST = 64 };
    struct lists_input inputs[MOST] = {{0}};
    struct order order = {.inputs = inputs,
                          .dir = ctl_option(argc, argv, "--to"),
                          .keep_missing = ctl_flag(argc, argv, "--keep-missing")};
    const char *file;
    while (order.n < MOST && (file = ctl_word(argc, argv, (int)order.n)))
        inputs[order.n++].name = file;
    if (ctl_leftover(argc, argv) || !order.n || order.n == MOST || !order.dir || !*order.dir)
        return ctl_usage("import FILE.csv|FILE.xlsx... --to DIR [--keep-missing]");
    return run(ctl, &order);
}
