/* Who is there in the next seven days, against what is asked minute by minute, over random networks. */
#include "base/rng.h"
#include "routing/routing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/routing_world.h"

enum { ROUNDS = 60, WEEK = 7 * 1440 };

/* ---- minute by minute ---- */

static bool somebody(const struct collaborator *c, const struct moment *m)
{
    bool away;
    const struct collaborator *who = routing_on_duty(c, m, &away);
    return who && !routing_drill_only(&net, who);
}

static bool works_for(const struct collaborator *c, const struct host *h)
{
    for (size_t i = 0; i < c->n_hosts; i++)
        if (c->hosts[i] == h)
            return true;
    return false;
}

static bool staffed(const struct host *h, const struct moment *m, bool *any)
{
    bool is = false;
    *any = false;
    for (size_t i = 0; i < net.n_collaborators; i++)
        if (works_for(&people[i], h)) {
            *any = true;
            is = is || somebody(&people[i], m);
        }
    return is;
}

static bool in_service(const struct host *h, const struct moment *m, msec at)
{
    return hours_open(&h->hours, m) && (!h->valid_from || at >= h->valid_from) &&
           (!h->valid_to || at < h->valid_to);
}

static bool listed(const struct place *const *list, size_t n, const struct place *p)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == p)
            return true;
    return false;
}

static bool unstaffed(const void *host, msec at)
{
    struct moment m = routing_moment(&net, at);
    const struct host *h = host;
    bool any, is = staffed(h, &m, &any);
    return any && !is && in_service(h, &m, at);
}

static bool unserved(const void *from, msec at)
{
    struct moment m = routing_moment(&net, at);
    const struct place *p = from;
    bool any;
    for (size_t i = 0; i < net.n_collaborators; i++)
        if ((people[i].duty || listed(people[i].places, people[i].n_places, p)) && somebody(&people[i], &m))
            return false;
    for (size_t i = 0; i < net.n_hosts; i++) {
        const struct host *h = &hosts[i];
        if ((!h->n_serves || listed(h->serves, h->n_serves, p)) && !listed(h->avoid, h->n_avoid, p) &&
            in_service(h, &m, at) && staffed(h, &m, &any))
            return false;
    }
    return true;
}

static bool first_stretch(bool (*missing)(const void *, msec), const void *of, msec at, struct gap *g)
{
    msec end = at + WEEK * MINUTE_MS;
    msec from = at;
    while (from < end && !missing(of, from))
        from += MINUTE_MS;
    msec to = from;
    while (to < end && missing(of, to))
        to += MINUTE_MS;
    *g = (struct gap){from, to};
    return from < end;
}

/* ---- stories ---- */

static size_t gaps[2];

static void same(bool got, struct gap a, bool want, struct gap b, size_t *count)
{
    assert_int_equal(got, want);
    if (!want)
        return;
    ++*count;
    assert_int_equal(a.from, b.from);
    assert_int_equal(a.to, b.to);
}

static void compare(msec at)
{
    struct routing_week *w = routing_week(&net, at, &arena);
    struct gap a, b;
    for (size_t i = 0; i < net.n_hosts; i++) {
        bool got = routing_unstaffed(w, i, &a);
        same(got, a, first_stretch(unstaffed, &hosts[i], at, &b), b, &gaps[0]);
    }
    for (size_t i = 0; !net.max_minutes && i < PLACES; i++) {
        bool got = routing_unserved(w, &places[i], &a);
        same(got, a, first_stretch(unserved, &places[i], at, &b), b, &gaps[1]);
    }
}

static void the_first_gap_is_that_of_the_clock(void **state)
{
    struct rng r;
    (void)state;
    rng_seed(&r, 5);
    arena_init(&arena, 0);
    for (int round = 0; round < ROUNDS; round++) {
        random_world(&r);
        compare(MONDAY + (msec)rng_below(&r, 3 * 1440) * MINUTE_MS);
    }
    assert_true(gaps[0] > 100 && gaps[1] > 20);
    arena_free(&arena);
}

/* Far hosts do not help where a limit says how far anybody is sent. */
static void who_is_too_far_away_does_not_count(void **state)
{
    static struct place far[2] = {{.index = 0, .lat = 21, .lon = 104}, {.index = 1, .lat = 22, .lon = 104}};
    static struct host shelter = {
        .id = "h", .place = &far[1], .lat = 22, .lon = 104, .hours = {.always = true}};
    static const struct host *there[] = {&shelter};
    static struct collaborator lan = {.id = "lan", .hosts = there, .n_hosts = 1, .rota = {.always = true}};
    struct network small = {.hosts = &shelter,
                            .n_hosts = 1,
                            .collaborators = &lan,
                            .n_collaborators = 1,
                            .endpoints = endpoints,
                            .n_endpoints = 2,
                            .speed_kmh = 25,
                            .detour = 1.8};
    struct gap g;
    (void)state;
    arena_init(&arena, 0);
    routing_index(&small, &arena);
    assert_false(routing_unserved(routing_week(&small, MONDAY, &arena), &far[0], &g));
    small.max_minutes = 60; /* it is 111 km as the crow flies */
    assert_true(routing_unserved(routing_week(&small, MONDAY, &arena), &far[0], &g));
    assert_int_equal(g.to - g.from, WEEK * MINUTE_MS);
    assert_false(routing_unserved(routing_week(&small, MONDAY, &arena), &far[1], &g));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_gap_is_that_of_the_clock),
        cmocka_unit_test(who_is_too_far_away_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
