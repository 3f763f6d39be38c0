/* How long it takes to find whom to alert: requests from every commune, for every need, at many hours, each
 * timed by itself: alone, as the engine asks with the reasons it keeps, and everybody with all reasons. And
 * how long the configuration takes to load. usage: route CONFIG [ROUNDS] */
#include "bench/times.h"
#include "snapshot/snapshot.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 2000000, CANDIDATES = 64, ALL = 65536 };

static int64_t plain[MOST], kept[MOST], explained[MOST];
static size_t n_plain, n_kept, n_explained;
static struct candidate people[ALL];
static struct choice hosts[ALL];
static struct rejection no_people[ALL], no_hosts[ALL];
static unsigned long found;

static void plainly(const struct network *net, const struct request *req, const struct load *load)
{
    int64_t start = now_ns();
    found += routing_candidates(net, req, load, people, CANDIDATES, NULL);
    if (n_plain < MOST)
        plain[n_plain++] = now_ns() - start;
}

static void as_the_engine(const struct network *net, const struct request *req, const struct load *load)
{
    static char json[ROUTING_JSON];
    struct out o;
    struct reasons r = {.net = net,
                        .req = req,
                        .hosts = hosts,
                        .people = people,
                        .max_hosts = ROUTING_CHOSEN,
                        .max_people = CANDIDATES,
                        .no_host = {no_hosts, 0, ALL},
                        .no_people = {no_people, 0, ALL}};
    int64_t start = now_ns();
    routing_reasons(&r, load);
    out_init(&o, json, sizeof json);
    routing_reasons_json(&r, true, &o);
    if (n_kept < MOST)
        kept[n_kept++] = now_ns() - start;
}

static void with_reasons(const struct network *net, const struct request *req, const struct load *load)
{
    struct rejections a = {no_hosts, 0, ALL}, b = {no_people, 0, ALL};
    int64_t start = now_ns();
    routing_rank(net, req, load, hosts, ALL, &a);
    routing_candidates(net, req, load, people, ALL, &b);
    if (n_explained < MOST)
        explained[n_explained++] = now_ns() - start;
}

static void ask(const struct snapshot *s, const struct load *load, long round)
{
    static const char *const spoken[] = {"vi", "hmn", NULL};
    struct request req = {.n_avoid = 1};
    size_t n = places_communes(s->places), step = n / 100 + 1;
    for (size_t i = (size_t)round % step; i < n; i += step)
        for (int need = 0; need < NEED_COUNT; need++) {
            req.from = places_commune(s->places, i);
            req.need = (enum need)need;
            req.urgent = need == NEED_DANGER;
            req.children = (unsigned)(i % 3);
            req.who = i % 5 == 0 ? WHO_DISABLED : WHO_SELF;
            req.lang = spoken[i % 3];
            req.avoid[0] = places_commune(s->places, (i * 7 + 1) % n);
            req.at = 1767225600000 + (round * 37 + (msec)i) * 53 * MINUTE_MS;
            plainly(s->network, &req, load);
            as_the_engine(s->network, &req, load);
            if (round % 16 == 0)
                with_reasons(s->network, &req, load);
        }
}

int main(int argc, char **argv)
{
    struct arena a;
    struct cfg_findings f;
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 200;
    static uint16_t host_load[ALL], person_load[ALL];
    const struct load load = {host_load, person_load};
    if (argc < 2 || sodium_init() < 0)
        return 2;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    int64_t start = now_ns();
    struct snapshot *s = snapshot_load_open(argv[1], &f);
    for (size_t i = 0; !s && i < f.n; i++)
        fprintf(stderr, "%s:%d: %s\n", f.items[i].pos.file, f.items[i].pos.line, f.items[i].what);
    if (!s)
        return 1;
    printf("routing over %zu hosts, %zu collaborators, %zu communes, loaded in %.2f s:\n",
           s->network->n_hosts, s->network->n_collaborators, places_communes(s->places),
           (double)(now_ns() - start) / 1e9);
    start = now_ns();
    snapshot_check_dates(s, 1767225600000, &f);
    printf("  what the calendar says of them: %.2f s, %zu warnings\n", (double)(now_ns() - start) / 1e9,
           f.warnings);
    for (size_t i = 0; i < ALL; i++) {
        host_load[i] = i % 4;
        person_load[i] = i % 7;
    }
    for (long r = 0; r < rounds; r++)
        ask(s, &load, r);
    print_times("whom to alert (64 at most)", "requests", plain, n_plain);
    print_times("the same, with the reasons that are kept", "requests", kept, n_kept);
    print_times("everybody, with all reasons", "requests", explained, n_explained);
    snapshot_free(s);
    cfg_findings_free(&f);
    arena_free(&a);
    return found ? 0 : 1;
}
