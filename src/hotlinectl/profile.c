/* profile test: plays a corpus of recorded wire formats through profiles; profile time: how long that takes.
 */
#include "hotlinectl/corpus.h"
#include "hotlinectl/hotlinectl.h"

#include <stdlib.h>
#include <string.h>

struct one { /* a profile, with its own settings */
    const char *path;
    struct profile *p;
    struct heard heard;
    struct {
        double ns[64];
        size_t n;
    } times[TIMES];
};
struct tally {
    size_t passed, differ, failed, nobodys;
    bool time; /* measure, and do not compare */
};

static bool load(struct one *o, struct arena *a)
{
    struct cfg_findings f;
    const struct profile_env env = {
        .secrets = "", .secrets_optional = true, .country = "84", .public_url = "https://localhost"};
    cfg_findings_init(&f, a);
    o->p = aggregator_load(o->path, &env, a, &f);
    if (!o->p)
        cfg_findings_print(&f, stderr);
    cfg_findings_free(&f);
    return o->p != NULL;
}

static void print_json(const struct one *o, const struct corpus_case *c, const char *result, const char *why)
{
    cJSON *v = cJSON_CreateObject();
    cJSON_AddStringToObject(v, "profile", aggregator_id(o->p));
    cJSON_AddStringToObject(v, "aggregator", c->aggregator);
    cJSON_AddStringToObject(v, "kind", c->kind);
    cJSON_AddStringToObject(v, "case", c->name);
    cJSON_AddStringToObject(v, "result", result);
    if (*why)
        cJSON_AddStringToObject(v, "why", why);
    char *text = cJSON_PrintUnformatted(v);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(v);
}

static void play(const struct ctl *ctl, struct one *o, const cJSON *line, const struct corpus_case *c,
                 struct arena *a, struct tally *t)
{
    struct played got;
    const char *differs = aggregator_corpus_differs(o->p, c, a), *result = "ok", *why = "";
    corpus_play(o->path, o->p, line, &o->heard, &got);
    if (differs && !got.passed) {
        result = "differs";
        why = differs;
        t->differ++;
    } else if (differs || !got.passed) {
        result = "FAILED";
        why = differs ? "is listed under differs, but passes: take it off the list" : got.what;
        t->failed++;
    } else {
        t->passed++;
    }
    if (ctl->json)
        print_json(o, c, result, why);
    else
        printf("%-8s %-18s %-5s %s%s%s\n", result, aggregator_id(o->p), c->kind, c->name, *why ? ": " : "",
               why);
}

static void measure(struct one *o, const cJSON *line)
{
    enum { REPEATS = 2000 };
    double ns[TIMES];
    corpus_time(o->path, o->p, line, REPEATS, ns);
    for (int i = 0; i < TIMES; i++)
        if (ns[i] > 0 && o->times[i].n < 64)
            o->times[i].ns[o->times[i].n++] = ns[i];
}

static void play_line(const struct ctl *ctl, struct one *all, size_t n, const char *text, size_t number,
                      struct tally *t)
{
    struct arena a;
    cJSON *line = cJSON_Parse(text);
    size_t takers = 0;
    arena_init(&a, 0);
    struct corpus_case c = corpus_case_of(line, &a);
    if (!c.aggregator || !c.kind || !c.name) {
        ctl_fail("line %zu of the cases is no case: it needs aggregator, kind and case", number);
        t->failed++;
    } else {
        for (size_t i = 0; i < n; i++)
            if (aggregator_corpus_takes(all[i].p, &c, &a)) {
                takers++;
                if (t->time)
                    measure(&all[i], line);
                else
                    play(ctl, &all[i], line, &c, &a, t);
            }
        t->nobodys += takers == 0;
    }
    cJSON_Delete(line);
    arena_free(&a);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int print_times(struct one *all, size_t n)
{
    printf("%-22s", "ns, median of cases");
    for (int k = 0; k < TIMES; k++)
        printf(" %8s", corpus_times[k]);
    putchar('\n');
    for (size_t i = 0; i < n; i++) {
        printf("%-22s", aggregator_id(all[i].p));
        for (int k = 0; k < TIMES; k++) {
            qsort(all[i].times[k].ns, all[i].times[k].n, sizeof(double), by_size);
            if (all[i].times[k].n)
                printf(" %8.0f", all[i].times[k].ns[all[i].times[k].n / 2]);
            else
                printf(" %8s", "-");
        }
        putchar('\n');
    }
    return CTL_OK;
}

static int run(const struct ctl *ctl, struct one *all, size_t n, bool time, FILE *cases)
{
    struct tally t = {.time = time};
    char *line = NULL;
    size_t room = 0, number = 0;
    while (getline(&line, &room, cases) > 0) {
        number++;
        if (line[strspn(line, " \t\r\n")])
            play_line(ctl, all, n, line, number, &t);
    }
    free(line);
    if (time)
        return print_times(all, n);
    fprintf(ctl->json ? stderr : stdout,
            "%zu passed, %zu differ as listed, %zu failed; %zu cases are of others\n", t.passed, t.differ,
            t.failed, t.nobodys);
    if (t.passed + t.differ + t.failed == 0)
        return ctl_fail("no case is for this profile; see its section corpus");
    return t.failed ? CTL_FAILED : CTL_OK;
}

static int with_profiles(struct ctl *ctl, bool time, int argc, char **argv)
{
    struct arena a;
    size_t n = 0;
    bool ok = true;
    while (ctl_word(argc, argv, (int)n + 1))
        n++;
    if (n < 2)
        return ctl_usage("profile test|time FILE... CASES.jsonl");
    n--;
    FILE *cases = fopen(ctl_word(argc, argv, (int)n + 1), "r");
    if (!cases)
        return ctl_fail("%s cannot be opened", ctl_word(argc, argv, (int)n + 1));
    struct one *all = calloc(n, sizeof *all);
    if (!all)
        abort();
    arena_init(&a, 0);
    for (size_t i = 0; i < n; i++) {
        all[i].path = ctl_word(argc, argv, (int)i + 1);
        ok &= load(&all[i], &a);
    }
    int rc = ok ? run(ctl, all, n, time, cases) : CTL_FAILED;
    for (size_t i = 0; i < n; i++)
        aggregator_free(all[i].p);
    free(all);
    arena_free(&a);
    fclose(cases);
    return rc;
}

int cmd_profile(struct ctl *ctl, int argc, char **argv)
{
    const char *what = ctl_word(argc, argv, 0);
    bool time = what && strcmp(what, "time") == 0;
    if (ctl_leftover(argc, argv) || !what || (!time && strcmp(what, "test") != 0))
        return ctl_usage("profile test|time FILE... CASES.jsonl");
    return with_profiles(ctl, time, argc, argv);
}
