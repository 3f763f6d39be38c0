/* Ranking and candidates against a second reading of their definition, written apart from the code: sets of
 * reasons, one sort, no shortcuts; over many random networks and requests. Plus opening hours by a table. */
#include "base/rng.h"
#include "routing/routing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PLACES = 6, HOSTS = 12, PEOPLE = 12, ROUNDS = 100000 };
static const msec MONDAY = 1767571200000; /* 2026-01-05, 00:00 UTC */

static struct place places[PLACES];
static struct host hosts[HOSTS];
static struct collaborator people[PEOPLE];
static struct endpoint endpoints[2] = {{.id = "real"}, {.id = "drill", .drill = true}};
static struct travel times[PLACES * PLACES];
static struct network net;
static struct request req;
static uint16_t host_load[HOSTS], person_load[PEOPLE];
static const struct load load = {host_load, person_load};
static int host_spec[HOSTS], person_spec[PEOPLE];
static const struct place *served[PEOPLE][2], *shunned[HOSTS][1];
static const struct host *employers[PEOPLE][3];
static char names[HOSTS + PEOPLE][16];

/* ---- a random world ---- */

static const char *const specs[] = {"always", "mon-fri 08:00-17:00", "mon-sun 18:00-06:00"};

static bool spec_open(int spec, msec at)
{
    int minute = (int)(at / 60000 % 1440), day = (int)((at - MONDAY) / DAY_MS % 7);
    return spec == 0 || (spec == 1 && day < 5 && minute >= 480 && minute < 1020) ||
           (spec == 2 && (minute >= 1080 || minute < 360));
}

static void random_hours(struct rng *r, struct hours *h, int *spec)
{
    struct failure why;
    *spec = (int)rng_below(r, 3);
    assert_int_equal(hours_parse(str_of(specs[*spec]), h, &why), OK);
}

static void random_host(struct rng *r, int i)
{
    struct host *h = &hosts[i];
    snprintf(names[i], sizeof names[i], "h%u", rng_below(r, 1000));
    for (int k = 0; k < i; k++)
        if (strcmp(names[k], names[i]) == 0)
            snprintf(names[i], sizeof names[i], "x%d", i);
    *h = (struct host){.id = names[i],
                       .place = &places[rng_below(r, PLACES)],
                       .lat = 21 + rng_below(r, 5) / 10.0,
                       .lon = 104 + rng_below(r, 5) / 10.0,
                       .needs = 1u << rng_below(r, NEED_COUNT) | 1u << rng_below(r, NEED_COUNT) | 3,
                       .men = rng_below(r, 2),
                       .accessible = rng_below(r, 2),
                       .children = (int)rng_below(r, 4) - 1,
                       .capacity = (int)rng_below(r, 4),
                       .avoid = shunned[i],
                       .n_avoid = rng_below(r, 4) == 0,
                       .valid_from = rng_below(r, 8) ? 0 : MONDAY + DAY_MS,
                       .valid_to = rng_below(r, 8) ? 0 : MONDAY + 5 * DAY_MS};
    shunned[i][0] = &places[rng_below(r, PLACES)];
    random_hours(r, &h->hours, &host_spec[i]);
    host_load[i] = (uint16_t)rng_below(r, 3);
}

static void random_person(struct rng *r, int i)
{
    struct collaborator *c = &people[i];
    snprintf(names[HOSTS + i], sizeof names[0], "p%02d", (i * 7 + 3) % PEOPLE);
    *c = (struct collaborator){.id = names[HOSTS + i],
                               .endpoint = rng_below(r, 8) == 0,
                               .places = served[i],
                               .n_places = 1 + rng_below(r, 2),
                               .hosts = employers[i],
                               .n_hosts = rng_below(r, 4),
                               .max_open = (int)rng_below(r, 3),
                               .duty = rng_below(r, 5) == 0};
    served[i][0] = &places[rng_below(r, PLACES)];
    served[i][1] = &places[rng_below(r, PLACES)];
    for (size_t k = 0; k < c->n_hosts; k++)
        employers[i][k] = &hosts[rng_below(r, (uint32_t)net.n_hosts)];
    random_hours(r, &c->rota, &person_spec[i]);
    person_load[i] = (uint16_t)rng_below(r, 3);
}

static void random_world(struct rng *r)
{
    net = (struct network){.hosts = hosts,
                           .n_hosts = 1 + rng_below(r, HOSTS),
                           .collaborators = people,
                           .n_collaborators = 1 + rng_below(r, PEOPLE),
                           .endpoints = endpoints,
                           .n_endpoints = 2,
                           .times = times,
                           .speed_kmh = 25,
                           .detour = 1.8,
                           .max_minutes = rng_below(r, 3) ? 0 : 120};
    for (int i = 0; i < PLACES; i++)
        places[i] = (struct place){.index = (uint16_t)i, .lat = 21 + i / 10.0, .lon = 104 + i % 3 / 10.0};
    for (unsigned from = 0; from < PLACES; from++)
        for (unsigned to = 0; to < PLACES; to++)
            if (rng_below(r, 2))
                times[net.n_times++] =
                    (struct travel){(uint16_t)from, (uint16_t)to, (uint16_t)(5 * rng_below(r, 30))};
    for (int i = 0; i < (int)net.n_hosts; i++)
        random_host(r, i);
    for (int i = 0; i < (int)net.n_collaborators; i++)
        random_person(r, i);
    req = (struct request){.from = rng_below(r, 20) ? &places[rng_below(r, PLACES)] : NULL,
                           .need = (enum need)rng_below(r, NEED_COUNT),
                           .urgent = rng_below(r, 2),
                           .children = rng_below(r, 3),
                           .who = rng_below(r, WHO_ALL + 1),
                           .n_avoid = rng_below(r, 3),
                           .at = MONDAY + (msec)rng_below(r, 7 * 1440) * 60000};
    for (size_t i = 0; i < req.n_avoid; i++)
        req.avoid[i] = &places[rng_below(r, PLACES)];
}

/* ---- the definition, read a second time ---- */

static unsigned person_faults(int i)
{
    const struct collaborator *c = &people[i];
    unsigned faults = 0;
    for (size_t k = 0; k < req.n_avoid; k++)
        if (served[i][0] == req.avoid[k] || (c->n_places == 2 && served[i][1] == req.avoid[k]))
            faults |= 1u << REJECT_AVOIDED;
    if (endpoints[c->endpoint].drill)
        faults |= 1u << REJECT_NEED;
    if (!spec_open(person_spec[i], req.at))
        faults |= 1u << REJECT_ROTA;
    if (c->max_open > 0 && person_load[i] >= c->max_open)
        faults |= 1u << REJECT_BUSY;
    return faults;
}

static bool employed(int person, int host)
{
    bool is = false;
    for (size_t k = 0; k < people[person].n_hosts; k++)
        is = is || employers[person][k] == &hosts[host];
    return is;
}

static unsigned minutes_to(int host)
{
    for (size_t i = 0; i < net.n_times; i++)
        if (times[i].from == req.from->index && times[i].to == hosts[host].place->index)
            return times[i].minutes;
    double km = places_metres(req.from->lat, req.from->lon, hosts[host].lat, hosts[host].lon) / 1000 * 1.8;
    return (unsigned)ceil(km / 25 * 60);
}

static unsigned host_faults(int i)
{
    const struct host *h = &hosts[i];
    unsigned faults = 1u << REJECT_UNSTAFFED;
    for (int p = 0; p < (int)net.n_collaborators; p++)
        if (employed(p, i) && person_faults(p) == 0)
            faults = 0;
    if (!(h->needs >> req.need & 1))
        faults |= 1u << REJECT_NEED;
    if (!spec_open(host_spec[i], req.at))
        faults |= 1u << REJECT_CLOSED;
    if (h->capacity && host_load[i] >= h->capacity)
        faults |= 1u << REJECT_FULL;
    if (h->children != -1 && (int)req.children > h->children)
        faults |= 1u << REJECT_CHILDREN;
    if ((req.who & (WHO_MAN | WHO_OTHER)) == WHO_MAN && !h->men)
        faults |= 1u << REJECT_MEN;
    for (size_t k = 0; k < req.n_avoid; k++)
        if (h->place == req.avoid[k])
            faults |= 1u << REJECT_AVOIDED;
    if (h->n_avoid && shunned[i][0] == req.from)
        faults |= 1u << REJECT_AVOIDED;
    if ((h->valid_from && req.at < h->valid_from) || (h->valid_to && req.at >= h->valid_to))
        faults |= 1u << REJECT_INVALID;
    if (net.max_minutes && (int)minutes_to(i) > net.max_minutes)
        faults |= 1u << REJECT_FAR;
    return faults;
}

/* A host that is less fit for who asks counts as an hour further away, for each reason. */
static unsigned extra(int i)
{
    unsigned reasons = 0;
    if (req.who & WHO_CHILD)
        reasons += hosts[i].children == 0;
    if (req.who & WHO_DISABLED)
        reasons += !hosts[i].accessible;
    return 60 * reasons;
}

static int host_order(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    unsigned mx = minutes_to(x) + extra(x), my = minutes_to(y) + extra(y);
    if (mx != my)
        return mx < my ? -1 : 1;
    if (host_load[x] != host_load[y])
        return host_load[x] < host_load[y] ? -1 : 1;
    return strcmp(hosts[x].id, hosts[y].id);
}

static size_t ranked(int out[HOSTS])
{
    size_t n = 0;
    for (int i = 0; req.from && i < (int)net.n_hosts; i++)
        if (host_faults(i) == 0)
            out[n++] = i;
    qsort(out, n, sizeof *out, host_order);
    return n;
}

static bool local(int person)
{
    return req.from &&
           (served[person][0] == req.from || (people[person].n_places == 2 && served[person][1] == req.from));
}

static int person_order(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    if (local(x) != local(y))
        return local(x) ? -1 : 1;
    if (person_load[x] != person_load[y])
        return person_load[x] < person_load[y] ? -1 : 1;
    return strcmp(people[x].id, people[y].id);
}

/* Who of `member` is free, in order, behind those there already. */
static size_t line_up(int *line, int *at, size_t n, bool (*member)(int person, int host), int host)
{
    int group[PEOPLE];
    size_t size = 0;
    for (int p = 0; p < (int)net.n_collaborators; p++) {
        bool there = false;
        for (size_t k = 0; k < n; k++)
            there = there || line[k] == p;
        if (!there && person_faults(p) == 0 && member(p, host))
            group[size++] = p;
    }
    qsort(group, size, sizeof *group, person_order);
    for (size_t k = 0; k < size; k++, n++) {
        line[n] = group[k];
        at[n] = host;
    }
    return n;
}

static bool is_local(int person, int host)
{
    (void)host;
    return local(person);
}

static bool is_duty(int person, int host)
{
    (void)host;
    return people[person].duty;
}

/* ---- the comparison ---- */

static void compare_ranking(void)
{
    struct choice got[HOSTS], few[HOSTS];
    struct rejection items[HOSTS];
    struct rejections why = {items, 0, HOSTS};
    int want[HOSTS];
    size_t n = routing_rank(&net, &req, &load, got, HOSTS, &why), m = ranked(want);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(got[i].host, want[i]);
        assert_int_equal(got[i].minutes, minutes_to(want[i]));
    }
    if (req.from) {
        assert_int_equal(n + why.n, net.n_hosts); /* each is chosen or has its reason */
        for (size_t i = 0; i < why.n; i++)
            assert_true(host_faults(items[i].index) >> items[i].why & 1);
    }
    size_t k = routing_rank(&net, &req, &load, few, 3, NULL);
    assert_int_equal(k, n < 3 ? n : 3);
    for (size_t i = 0; i < k; i++)
        assert_int_equal(few[i].host, got[i].host); /* asking for fewer changes nothing in front */
}

static void compare_candidates(void)
{
    struct candidate got[PEOPLE];
    struct rejection items[PEOPLE];
    struct rejections why = {items, 0, PEOPLE};
    int order[HOSTS], line[PEOPLE], at[PEOPLE];
    size_t n = routing_candidates(&net, &req, &load, got, PEOPLE, &why), hosts_n = ranked(order), m = 0;
    for (size_t i = 0; i < hosts_n; i++)
        m = line_up(line, at, m, employed, order[i]);
    m = line_up(line, at, m, is_local, -1);
    m = line_up(line, at, m, is_duty, -1);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(got[i].collaborator, line[i]);
        assert_int_equal(got[i].host, at[i]);
        assert_int_equal(got[i].minutes, at[i] >= 0 ? minutes_to(at[i]) : 0);
        assert_false(endpoints[people[line[i]].endpoint].drill);
    }
    assert_int_equal(n + why.n, net.n_collaborators); /* each is in line or has their reason */
    for (size_t i = 0; i < why.n; i++) {
        unsigned faults = person_faults(items[i].index);
        assert_true((faults ? faults : 1u << REJECT_APART) >> items[i].why & 1);
    }
}

static void random_networks(void **state)
{
    struct rng r;
    (void)state;
    rng_seed(&r, 11);
    for (int round = 0; round < ROUNDS; round++) {
        random_world(&r);
        compare_ranking();
        compare_candidates();
    }
}

/* ---- hours ---- */

static void hours_by_table(void **state)
{
    static const struct {
        const char *hours;
        int day, minute; /* UTC; Monday is 0 */
        int offset;
        bool open;
    } cases[] = {
        {"always", 6, 1439, 0, true},
        {"mon-fri 07:30-17:00", 0, 449, 0, false},
        {"mon-fri 07:30-17:00", 0, 450, 0, true},
        {"mon-fri 07:30-17:00", 4, 1019, 0, true},
        {"mon-fri 07:30-17:00", 4, 1020, 0, false},
        {"mon-fri 07:30-17:00", 5, 600, 0, false},
        {"mon-fri 07:30-17:00, sat 08:00-12:00", 5, 600, 0, true},
        {"mon 08:00-11:00, mon 13:00-17:00", 0, 720, 0, false},
        {"mon 08:00-11:00, mon 13:00-17:00", 0, 780, 0, true},
        {"sun 22:00-06:00", 6, 1380, 0, true},
        {"sun 22:00-06:00", 0, 359, 0, true}, /* into Monday */
        {"sun 22:00-06:00", 0, 360, 0, false},
        {"sun 22:00-06:00", 6, 60, 0, false},     /* not in the night before */
        {"fri-mon 08:00-09:00", 6, 500, 0, true}, /* over the end of the week */
        {"fri-mon 08:00-09:00", 2, 500, 0, false},
        {"mon-sun 00:00-24:00", 3, 1439, 0, true},
        {"mon 07:00-08:00", 0, 0, 420, true}, /* 07:00 in Viet Nam */
        {"mon 07:00-08:00", 0, 420, 420, false},
        {"mon 00:00-01:00", 6, 1020, 420, true}, /* Sunday evening there is Monday here */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hours h;
        struct failure why;
        assert_int_equal(hours_parse(str_of(cases[i].hours), &h, &why), OK);
        msec at = MONDAY + cases[i].day * DAY_MS + (msec)cases[i].minute * 60000;
        if (hours_open(&h, at, cases[i].offset) != cases[i].open)
            fail_msg("%s on day %d at minute %d", cases[i].hours, cases[i].day, cases[i].minute);
    }
}

static void bad_hours(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "daily",
        "mon",
        "mon 8-17",
        "mon 08:00",
        "mon 08:00-",
        "mon 08:00-08:00",
        "mon 25:00-26:00",
        "mon 08:60-09:00",
        "mon-xyz 08:00-09:00",
        "mon 08:00-09:00,,",
        "mon 24:01-24:30",
        "mon 01:00-02:00, mon 03:00-04:00, mon 05:00-06:00, mon 07:00-08:00, mon 09:00-10:00"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hours h;
        struct failure why = {OK, ""};
        if (hours_parse(str_of(bad[i]), &h, &why) == OK)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(*why.what != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_by_table),
        cmocka_unit_test(bad_hours),
        cmocka_unit_test(random_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
