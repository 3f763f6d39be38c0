/* A random network, with all that a network may have, and a request to it. After the headers of rng and
 * routing and cmocka's own. */
#ifndef TESTS_UNIT_ROUTING_WORLD_H
#define TESTS_UNIT_ROUTING_WORLD_H

#include <stdio.h>
#include <string.h>

enum { PLACES = 6, HOSTS = 12, PEOPLE = 12, OVERRIDES = 6, EXCEPTIONS = 2, ZONES = 3 };
static const msec MONDAY = 1767571200000; /* 2026-01-05, 00:00 UTC */
enum { MONDAY_DAY = 20458 };              /* days since 1970 */

static struct place places[PLACES];
static struct host hosts[HOSTS];
static struct collaborator people[PEOPLE];
static struct endpoint endpoints[2] = {{.id = "real"}, {.id = "drill", .drill = true}};
static struct travel times[PLACES * PLACES];
static struct override overrides[OVERRIDES];
static struct holiday holidays[2];
static uint16_t zones[PLACES];
static double detours[ZONES * ZONES];
static const char *languages[] = {"vi", "hmn"};
static struct network net;
static struct request req;
static struct arena arena;
static uint16_t host_load[HOSTS], person_load[PEOPLE];
static const struct load load = {host_load, person_load};
static int host_spec[HOSTS], person_spec[PEOPLE];
static struct hours_exception host_except[HOSTS][EXCEPTIONS], person_except[PEOPLE][EXCEPTIONS];
static struct day_span out[PEOPLE][1];
static struct swap swaps[PEOPLE][1];
static const struct place *served[PEOPLE][2], *shunned[HOSTS][1], *welcome[HOSTS][2];
static const struct host *employers[PEOPLE][3];
static char names[HOSTS + PEOPLE][16];

/* ---- a random world ---- */

static const char *const specs[] = {"always", "mon-fri 08:00-17:00", "mon-sun 18:00-06:00"};

static inline const struct place *any_place(struct rng *r)
{
    return &places[rng_below(r, PLACES)];
}

static inline struct day_span random_days(struct rng *r)
{
    int32_t first = MONDAY_DAY - 1 + (int32_t)rng_below(r, 8);
    return (struct day_span){first, first + (int32_t)rng_below(r, 3)};
}

static inline struct minutes random_span(struct rng *r)
{
    uint16_t from = (uint16_t)(60 * rng_below(r, 24));
    return (struct minutes){from, (uint16_t)(from + 60 * (1 + rng_below(r, 16)))};
}

static inline void random_hours(struct rng *r, struct hours *h, int *spec, struct hours_exception *except)
{
    struct failure why;
    *spec = (int)rng_below(r, 3);
    assert_int_equal(hours_parse(str_of(specs[*spec]), h, &why), OK);
    h->except = except;
    h->n_except = rng_below(r, 3) ? 0 : 1 + rng_below(r, EXCEPTIONS);
    for (size_t i = 0; i < h->n_except; i++) {
        except[i] = (struct hours_exception){.holidays = rng_below(r, 2), .days = random_days(r)};
        except[i].n = (uint8_t)rng_below(r, 3);
        for (int k = 0; k < except[i].n; k++)
            except[i].span[k] = random_span(r);
    }
}

static inline void random_host(struct rng *r, int i)
{
    struct host *h = &hosts[i];
    snprintf(names[i], sizeof names[i], "h%u", rng_below(r, 1000));
    for (int k = 0; k < i; k++)
        if (strcmp(names[k], names[i]) == 0)
            snprintf(names[i], sizeof names[i], "x%d", i);
    *h = (struct host){.id = names[i],
                       .place = any_place(r),
                       .lat = 21 + rng_below(r, 5) / 10.0,
                       .lon = 104 + rng_below(r, 5) / 10.0,
                       .needs = 1u << rng_below(r, NEED_COUNT) | 1u << rng_below(r, NEED_COUNT) | 3,
                       .men = rng_below(r, 2),
                       .accessible = rng_below(r, 2),
                       .children = (int)rng_below(r, 4) - 1,
                       .capacity = (int)rng_below(r, 5),
                       .occupied = rng_below(r, 4) == 0,
                       .languages = rng_below(r, 4),
                       .serves = welcome[i],
                       .n_serves = rng_below(r, 4) ? 0 : 2,
                       .avoid = shunned[i],
                       .n_avoid = rng_below(r, 4) == 0,
                       .valid_from = rng_below(r, 8) ? 0 : MONDAY + DAY_MS,
                       .valid_to = rng_below(r, 8) ? 0 : MONDAY + 5 * DAY_MS};
    h->men_only = h->men && rng_below(r, 3) == 0;
    shunned[i][0] = any_place(r);
    welcome[i][0] = any_place(r);
    welcome[i][1] = any_place(r);
    random_hours(r, &h->hours, &host_spec[i], host_except[i]);
    host_load[i] = (uint16_t)rng_below(r, 3);
}

static inline void random_person(struct rng *r, int i)
{
    struct collaborator *c = &people[i];
    snprintf(names[HOSTS + i], sizeof names[0], "p%02d", (i * 7 + 3) % PEOPLE);
    *c = (struct collaborator){.id = names[HOSTS + i],
                               .channels = {rng_below(r, 8) == 0},
                               .n_channels = 1,
                               .home = rng_below(r, 3) ? NULL : any_place(r),
                               .places = served[i],
                               .n_places = rng_below(r, 3),
                               .hosts = employers[i],
                               .n_hosts = rng_below(r, 4),
                               .languages = rng_below(r, 4),
                               .out = out[i],
                               .n_out = rng_below(r, 4) == 0,
                               .swaps = swaps[i],
                               .n_swaps = rng_below(r, 4) == 0,
                               .max_open = (int)rng_below(r, 3),
                               .duty = rng_below(r, 5) == 0};
    out[i][0] = random_days(r);
    swaps[i][0] =
        (struct swap){.days = random_days(r), .by = &people[rng_below(r, (uint32_t)net.n_collaborators)]};
    served[i][0] = any_place(r);
    served[i][1] = any_place(r);
    for (size_t k = 0; k < c->n_hosts; k++)
        employers[i][k] = &hosts[rng_below(r, (uint32_t)net.n_hosts)];
    random_hours(r, &c->rota, &person_spec[i], person_except[i]);
    person_load[i] = (uint16_t)rng_below(r, 3);
}

static inline void random_ways(struct rng *r)
{
    for (unsigned from = 0; from < PLACES; from++)
        for (unsigned to = 0; to < PLACES; to++)
            if (rng_below(r, 2))
                times[net.n_times++] = (struct travel){
                    .from = (uint16_t)from, .to = (uint16_t)to, .minutes = (uint16_t)(5 * rng_below(r, 30))};
    net.n_overrides = rng_below(r, OVERRIDES + 1);
    for (size_t i = 0; i < net.n_overrides; i++) {
        overrides[i] = (struct override){
            .from = rng_below(r, 2) ? ROUTING_ANY : (uint16_t)rng_below(r, PLACES),
            .to = rng_below(r, 2) ? ROUTING_ANY : (uint16_t)rng_below(r, PLACES),
            .days = rng_below(r, 3) ? random_days(r) : (struct day_span){INT32_MIN, INT32_MAX},
            .hours = random_span(r),
            .kind = (enum override_kind)rng_below(r, 3),
            .value = 50 + rng_below(r, 200)};
    }
    for (int i = 0; i < PLACES; i++)
        zones[i] = (uint16_t)rng_below(r, ZONES);
    for (int x = 0; x < ZONES; x++)
        for (int y = 0; y <= x; y++)
            detours[x * ZONES + y] = detours[y * ZONES + x] = 1 + rng_below(r, 20) / 10.0;
    if (rng_below(r, 2)) {
        net.zone = zones;
        net.n_zones = ZONES;
        net.detours = detours;
    }
}

static inline void random_request(struct rng *r)
{
    static const char *const spoken[] = {NULL, "vi", "vi-accented", "hmn", "en"};
    req = (struct request){.from = rng_below(r, 20) ? any_place(r) : NULL,
                           .need = (enum need)rng_below(r, NEED_COUNT),
                           .urgent = rng_below(r, 2),
                           .children = rng_below(r, 3),
                           .who = rng_below(r, WHO_ALL + 1),
                           .lang = spoken[rng_below(r, 5)],
                           .n_avoid = rng_below(r, 3),
                           .at = MONDAY + (msec)rng_below(r, 7 * 1440) * 60000};
    for (size_t i = 0; i < req.n_avoid; i++)
        req.avoid[i] = any_place(r);
}

static inline void random_world(struct rng *r)
{
    static const int spreads[] = {0, 10, 30}, zone[] = {0, 420};
    net = (struct network){.hosts = hosts,
                           .n_hosts = 1 + rng_below(r, HOSTS),
                           .collaborators = people,
                           .n_collaborators = 1 + rng_below(r, PEOPLE),
                           .endpoints = endpoints,
                           .n_endpoints = 2,
                           .times = times,
                           .overrides = overrides,
                           .holidays = holidays,
                           .n_holidays = rng_below(r, 3),
                           .languages = languages,
                           .n_languages = 2,
                           .speed_kmh = 25,
                           .detour = 1.8,
                           .tz_offset_min = zone[rng_below(r, 2)],
                           .spread_minutes = spreads[rng_below(r, 3)],
                           .max_minutes = rng_below(r, 3) ? 0 : 120};
    for (int i = 0; i < PLACES; i++)
        places[i] = (struct place){.index = (uint16_t)i, .lat = 21 + i / 10.0, .lon = 104 + i % 3 / 10.0};
    for (int i = 0; i < 2; i++)
        holidays[i] = (struct holiday){.days = random_days(r), .name = "a day"};
    random_ways(r);
    for (int i = 0; i < (int)net.n_hosts; i++)
        random_host(r, i);
    for (int i = 0; i < (int)net.n_collaborators; i++)
        random_person(r, i);
    random_request(r);
    arena_reset(&arena);
    routing_index(&net, &arena);
}

#endif
