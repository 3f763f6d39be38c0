/* Hours that are written alike are looked at once: nothing may change with how many different ones there
 * are, nor where they differ only on some days. */
#include "routing/routing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* More than are kept together. */
enum { MANY = 150 };
static const msec MONDAY = 1767571200000; /* 2026-01-05, 00:00 UTC */

struct world {
    struct arena arena;
    struct network net;
    struct place place;
    struct host hosts[MANY];
    struct collaborator people[MANY];
    struct endpoint endpoint;
    const struct host *works_at[MANY][1];
    struct hours_exception except[MANY][1];
    char ids[MANY][8];
};

/* Half of them are there for three hours that begin every ten minutes, the others the rest of the day. */
static struct hours hours_of(int i)
{
    char text[32];
    struct hours h;
    struct failure why;
    unsigned from = (unsigned)i * 10 % 1440, to = (from + 180) % 1440;
    if (i % 2)
        snprintf(text, sizeof text, "mon-sun %02u:%02u-%02u:%02u", from / 60, from % 60, to / 60, to % 60);
    else
        snprintf(text, sizeof text, "mon-sun %02u:%02u-%02u:%02u", to / 60, to % 60, from / 60, from % 60);
    assert_int_equal(hours_parse(str_of(text), &h, &why), OK);
    return h;
}

static struct world *world(void)
{
    struct world *w = calloc(1, sizeof *w);
    arena_init(&w->arena, 0);
    w->net = (struct network){.hosts = w->hosts,
                              .n_hosts = MANY,
                              .collaborators = w->people,
                              .n_collaborators = MANY,
                              .endpoints = &w->endpoint,
                              .n_endpoints = 1,
                              .speed_kmh = 25,
                              .detour = 1.8};
    for (int i = 0; i < MANY; i++) {
        snprintf(w->ids[i], sizeof w->ids[i], "x%03d", i);
        w->works_at[i][0] = &w->hosts[i];
        w->hosts[i] = (struct host){.id = w->ids[i],
                                    .place = &w->place,
                                    .needs = 1u << NEED_SHELTER,
                                    .children = -1,
                                    .hours.always = true};
        w->people[i] = (struct collaborator){
            .id = w->ids[i], .n_channels = 1, .hosts = w->works_at[i], .n_hosts = 1, .rota.always = true};
    }
    return w;
}

static void forget(struct world *w)
{
    arena_free(&w->arena);
    free(w);
}

struct answer {
    struct choice hosts[MANY];
    struct candidate people[MANY];
    struct rejection no_hosts[MANY], no_people[MANY];
    struct reasons r;
};

static void ask(const struct world *w, const struct request *req, struct answer *a)
{
    a->r = (struct reasons){.net = &w->net,
                            .req = req,
                            .hosts = a->hosts,
                            .max_hosts = MANY,
                            .people = a->people,
                            .max_people = MANY,
                            .no_host = {a->no_hosts, 0, MANY},
                            .no_people = {a->no_people, 0, MANY}};
    routing_reasons(&a->r, NULL);
}

static enum reject why_no_host(const struct answer *a, int host)
{
    for (size_t i = 0; i < a->r.no_host.n; i++)
        if (a->no_hosts[i].index == host)
            return a->no_hosts[i].why;
    return REJECT_COUNT;
}

static enum reject why_nobody(const struct answer *a, int person)
{
    for (size_t i = 0; i < a->r.no_people.n; i++)
        if (a->no_people[i].index == person)
            return a->no_people[i].why;
    return REJECT_COUNT;
}

static void each_has_hours_of_its_own(void **state)
{
    struct world *w = world();
    struct answer a;
    (void)state;
    for (int i = 0; i < MANY; i++)
        w->hosts[i].hours = w->people[MANY - 1 - i].rota = hours_of(i);
    routing_index(&w->net, &w->arena);
    for (msec minute = 0; minute < 1440; minute += 5) {
        struct request req = {.from = &w->place, .need = NEED_SHELTER, .at = MONDAY + minute * MINUTE_MS};
        struct moment now = routing_moment(&w->net, req.at);
        ask(w, &req, &a);
        for (int i = 0; i < MANY; i++) {
            bool open = hours_open(&w->hosts[i].hours, &now), there = hours_open(&w->people[i].rota, &now);
            assert_int_equal(why_no_host(&a, i), !open   ? REJECT_CLOSED
                                                 : there ? REJECT_COUNT
                                                         : REJECT_UNSTAFFED);
            assert_int_equal(why_nobody(&a, i), !there ? REJECT_ROTA : open ? REJECT_COUNT : REJECT_APART);
        }
    }
    forget(w);
}

static void only_some_days_differ(void **state)
{
    static const char *const written[] = {"2026-01-05 closed",      "2026-01-06 closed",
                                          "2026-01-05 00:00-06:00", "2026-01-05 06:00-12:00",
                                          "holidays closed",        "2026-01-04..2026-01-05 closed"};
    enum { KINDS = sizeof written / sizeof written[0] };
    static const bool there[KINDS + 1] = {false, true, true, false, true, false, true};
    struct world *w = world();
    struct request req = {.from = &w->place, .need = NEED_SHELTER, .at = MONDAY + 3 * HOUR_MS};
    struct failure why;
    struct answer a;
    (void)state;
    for (int i = 0; i < MANY; i++)
        if (i % (KINDS + 1) < KINDS) {
            const char *text = written[i % (KINDS + 1)];
            assert_int_equal(hours_parse_exception(str_of(text), w->except[i], &why), OK);
            w->people[i].rota.except = w->hosts[i].hours.except = w->except[i];
            w->people[i].rota.n_except = w->hosts[i].hours.n_except = 1;
        }
    routing_index(&w->net, &w->arena);
    ask(w, &req, &a);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(why_no_host(&a, i), there[i % (KINDS + 1)] ? REJECT_COUNT : REJECT_CLOSED);
        assert_int_equal(why_nobody(&a, i), there[i % (KINDS + 1)] ? REJECT_COUNT : REJECT_ROTA);
    }
    forget(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_hours_of_its_own),
        cmocka_unit_test(only_some_days_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
