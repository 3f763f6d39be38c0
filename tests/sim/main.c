/* make walk: random walks by the million. See docs/robustness.md. */
#include "sim/walk.h"

#include <getopt.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct kind { /* of what broke */
    const char *what;
    unsigned long n;
};
struct run {
    unsigned long seed, from, walks;
    bool verbose;
    const char *config, *but;
    struct kind kinds[64];
    size_t n_kinds;
    int64_t started, told;
};

static void usage(void)
{
    fprintf(stderr, "usage: walk [--config FILE] [--seed N] [--from N] [--walks N] [--verbose] "
                    "[--but RULES]\n");
    exit(2);
}

static unsigned long number(const char *text)
{
    uint64_t n;
    if (!str_to_u64(str_of(text), INT64_MAX, &n))
        usage();
    return (unsigned long)n;
}

static void arguments(struct run *r, int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"from", required_argument, NULL, 'f'},
                                            {"walks", required_argument, NULL, 'n'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {"but", required_argument, NULL, 'b'},
                                            {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'c')
            r->config = optarg;
        else if (c == 's')
            r->seed = number(optarg);
        else if (c == 'f')
            r->from = number(optarg);
        else if (c == 'n')
            r->walks = number(optarg);
        else if (c == 'b')
            r->but = optarg;
        else if (c == 'v')
            r->verbose = true;
        else
            usage();
    }
    if (optind != argc)
        usage();
}

/* ---- what broke ---- */

static struct kind *kind_of(struct run *r, const char *what)
{
    for (size_t i = 0; i < r->n_kinds; i++)
        if (strcmp(r->kinds[i].what, what) == 0)
            return &r->kinds[i];
    if (r->n_kinds == sizeof r->kinds / sizeof r->kinds[0])
        return NULL;
    r->kinds[r->n_kinds].what = what;
    return &r->kinds[r->n_kinds++];
}

/* The first of a kind is shown whole; the others are counted. */
static void found(struct run *r, struct walk *w)
{
    enum { SHOWN = 2 };
    struct kind *k = kind_of(r, w->broken.what);
    if (!k || ++k->n > SHOWN)
        return;
    printf("BROKEN in walk %llu of seed %llu; the shortest conversation that still breaks it:\n",
           (unsigned long long)w->no, (unsigned long long)w->seed);
    walk_shorten(w);
    walk_print(w);
    printf("again: make walk SEED=%llu FROM=%llu WALKS=1 VERBOSE=1\n\n", (unsigned long long)w->seed,
           (unsigned long long)w->no);
    fflush(stdout);
}

/* ---- how it goes ---- */

static void progress(struct run *r, const struct sim *s)
{
    int64_t now = clock_mono_us();
    if (now - r->told < 5000000)
        return;
    r->told = now;
    double took = (double)(now - r->started) / 1e6;
    fprintf(stderr, "%lu walks, %lu steps, %.0f walks/s\n", s->t.walks, s->t.steps,
            (double)s->t.walks / took);
}

static void total(const char *name, unsigned long n)
{
    printf("%-28s %lu\n", name, n);
}

static void totals(const struct run *r, const struct sim *s)
{
    const struct totals *t = &s->t;
    total("walks", t->walks);
    total("steps", t->steps);
    total("messages", t->messages);
    total("callbacks repeated", t->repeats);
    total("clear dangers", t->dangers);
    total("  in floods", t->flooded_dangers);
    total("left", t->left);
    total("stopped", t->stopped);
    total("erased", t->erased);
    total("not answered in floods", t->flooded);
    total("collaborators' answers", t->answers);
    total("referrals", t->referrals);
    for (int i = 0; i <= REFERRAL_UNMET; i++)
        printf("  %-26s %lu\n", referral_state_name((enum referral_state)i), t->ended[i]);
    total("alerts", t->alerts);
    total("messages to phones", t->mt);
    total("  of a general place", t->anywhere);
    total("lists of places compared", t->named);
    total("places chosen by number", t->chosen);
    total("ways out tried", t->exits);
    total("played alone as well", t->alone);
    printf("%-28s %.0f\n", "seconds", (double)(clock_mono_us() - r->started) / 1e6);
    for (size_t i = 0; i < r->n_kinds; i++)
        printf("BROKEN %lu times: %s\n", r->kinds[i].n, r->kinds[i].what);
    if (!r->n_kinds)
        printf("nothing is broken\n");
}

static int all_walks(struct run *r, const struct rules *rules)
{
    static struct walk w; /* too large for a stack */
    struct sim s;
    if (!sim_begin(&s, rules)) {
        fprintf(stderr, "the configuration has too few communes for the walks\n");
        return 1;
    }
    s.but = r->but;
    r->started = r->told = clock_mono_us();
    for (unsigned long no = r->from; no < r->from + r->walks; no++) {
        bool ok = walk_go(&w, &s, r->seed, no);
        if (!ok)
            found(r, &w);
        else if (r->verbose)
            walk_print(&w);
        progress(r, &s);
    }
    totals(r, &s);
    sim_end(&s);
    return r->n_kinds ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct run r = {.seed = 1, .walks = 1000, .config = "conf/hotlined.conf"};
    struct arena a;
    struct cfg_findings f;
    arguments(&r, argc, argv);
    if (sodium_init() < 0)
        return 1;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    struct snapshot *snap = snapshot_load_open(r.config, &f);
    if (!snap) {
        fprintf(stderr, "%s does not load; hotlinectl check says why\n", r.config);
        return 1;
    }
    int rc = all_walks(&r, &snap->rules);
    snapshot_free(snap);
    arena_free(&a);
    return rc;
}
