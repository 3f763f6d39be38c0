/* Ranking and candidates against a second reading of their definition, written apart from the code: sets of
 * reasons, one sort, absolute minutes, no index, no shortcuts; over many random networks and requests (4,000;
 * ROUTING_ROUNDS sets another number). */
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

#include <cjson/cJSON.h>

#include "unit/routing_world.h"

enum { ROUNDS = 4000 };

/* ---- the definition, read a second time: time as minutes since the first Monday ---- */

static int minute_now(void)
{
    return (int)((req.at - MONDAY) / 60000) + net.tz_offset_min;
}

static bool a_holiday(int day)
{
    bool is = false;
    for (size_t i = 0; i < net.n_holidays; i++)
        is = is || (day + MONDAY_DAY >= holidays[i].days.from && day + MONDAY_DAY <= holidays[i].days.to);
    return is;
}

static bool within(int minute, int day, int from, int to)
{
    return minute >= day * 1440 + from && minute < day * 1440 + to;
}

/* Do the hours that begin on that day reach over now? */
static bool shift_covers(int spec, const struct hours *h, int day)
{
    int now = minute_now(), weekday = (day + 70) % 7;
    for (size_t i = 0; i < h->n_except; i++) {
        const struct hours_exception *e = &h->except[i];
        if (e->holidays ? !a_holiday(day) : day + MONDAY_DAY < e->days.from || day + MONDAY_DAY > e->days.to)
            continue;
        bool any = false;
        for (int k = 0; k < e->n; k++)
            any = any || within(now, day, e->span[k].from, e->span[k].to);
        return any;
    }
    if (spec == 0)
        return within(now, day, 0, 1440);
    if (spec == 1)
        return weekday < 5 && within(now, day, 480, 1020);
    return within(now, day, 1080, 1800);
}

static bool open_now(int spec, const struct hours *h)
{
    bool is = false;
    for (int day = -2; day < 9; day++)
        is = is || shift_covers(spec, h, day);
    return is;
}

enum { NOBODY = -1, NO_SHIFT = -2 };

/* Whose shift it is in the place of i: the later shift goes before the one of the night before. */
static int on_shift(int i)
{
    int who = NO_SHIFT;
    for (int day = 9; day >= -2; day--) {
        if (who >= 0 || !shift_covers(person_spec[i], &people[i].rota, day))
            continue;
        const struct swap *s = &swaps[i][0];
        int at = day + MONDAY_DAY;
        bool swapped = people[i].n_swaps && at >= s->days.from && at <= s->days.to;
        bool gone = people[i].n_out && at >= out[i][0].from && at <= out[i][0].to;
        who = swapped ? (int)(s->by - people) : gone ? NOBODY : i;
    }
    return who;
}

static bool excluded(const struct place *p)
{
    bool is = false;
    for (size_t k = 0; k < req.n_avoid; k++)
        is = is || req.avoid[k] == p;
    return is;
}

static bool of_excluded(int i)
{
    const struct collaborator *c = &people[i];
    size_t n = 0;
    for (size_t k = 0; k < c->n_places; k++)
        n += excluded(served[i][k]);
    return n > 0 || (c->home && excluded(c->home));
}

/* Whatever the hour. */
static unsigned faults_of(int i)
{
    unsigned faults = 0;
    if (of_excluded(i))
        faults |= 1u << REJECT_AVOIDED;
    if (endpoints[people[i].channels[0]].drill)
        faults |= 1u << REJECT_DRILL;
    if (people[i].max_open > 0 && person_load[i] >= people[i].max_open)
        faults |= 1u << REJECT_BUSY;
    return faults;
}

static unsigned person_faults(int i)
{
    int who = on_shift(i);
    return faults_of(i) | (who == NO_SHIFT ? 1u << REJECT_ROTA : who != i ? 1u << REJECT_AWAY : 0);
}

/* Who can be asked in the place of i, or NOBODY. */
static int askable(int i)
{
    int who = on_shift(i);
    return who >= 0 && faults_of(who) == 0 ? who : NOBODY;
}

static bool employed(int person, int host)
{
    bool is = false;
    for (size_t k = 0; k < people[person].n_hosts; k++)
        is = is || employers[person][k] == &hosts[host];
    return is;
}

static bool holds(const struct override *v, int host)
{
    int from = req.from->index, to = hosts[host].place->index, now = minute_now();
    bool starts = v->from == ROUTING_ANY || v->from == from, ends = v->to == ROUTING_ANY || v->to == to;
    if (!starts || !ends || (from == to && (v->from == ROUTING_ANY || v->to == ROUTING_ANY)))
        return false;
    for (int day = -2; day < 9; day++)
        if (day + MONDAY_DAY >= v->days.from && day + MONDAY_DAY <= v->days.to &&
            within(now, day, v->hours.from, v->hours.to))
            return true;
    return false;
}

static bool cut_off(int host)
{
    for (size_t i = 0; i < net.n_overrides; i++)
        if (overrides[i].kind == OVERRIDE_CLOSED && holds(&overrides[i], host))
            return true;
    return false;
}

static const struct override *changed_by(int host)
{
    for (size_t i = 0; i < net.n_overrides; i++)
        if (overrides[i].kind != OVERRIDE_CLOSED && holds(&overrides[i], host))
            return &overrides[i];
    return NULL;
}

static bool known(int host)
{
    for (size_t i = 0; i < net.n_times; i++)
        if (times[i].from == req.from->index && times[i].to == hosts[host].place->index)
            return true;
    return false;
}

static unsigned usual_minutes(int host)
{
    for (size_t i = 0; i < net.n_times; i++)
        if (times[i].from == req.from->index && times[i].to == hosts[host].place->index)
            return times[i].minutes;
    double km = places_metres(req.from->lat, req.from->lon, hosts[host].lat, hosts[host].lon) / 1000;
    double longer =
        net.zone ? detours[zones[req.from->index] * ZONES + zones[hosts[host].place->index]] : 1.8;
    return (unsigned)ceil(km * longer / 25 * 60);
}

static unsigned minutes_to(int host)
{
    const struct override *v = changed_by(host);
    if (v && v->kind == OVERRIDE_MINUTES)
        return v->value;
    unsigned usual = usual_minutes(host);
    return v ? (usual * v->value + 99) / 100 : usual;
}

static unsigned received(int i)
{
    return host_load[i] + (unsigned)hosts[i].occupied;
}

static unsigned host_faults(int i)
{
    const struct host *h = &hosts[i];
    unsigned faults = 1u << REJECT_UNSTAFFED;
    for (int p = 0; p < (int)net.n_collaborators; p++)
        if (employed(p, i) && askable(p) != NOBODY)
            faults = 0;
    if (!(h->needs >> req.need & 1))
        faults |= 1u << REJECT_NEED;
    if (!open_now(host_spec[i], &h->hours))
        faults |= 1u << REJECT_CLOSED;
    if (h->capacity && received(i) + 1 + req.children > (unsigned)h->capacity)
        faults |= 1u << REJECT_FULL;
    if (h->children != -1 && (int)req.children > h->children)
        faults |= 1u << REJECT_CHILDREN;
    bool man = (req.who & WHO_MAN) && !(req.who & WHO_OTHER);
    if (man && !h->men)
        faults |= 1u << REJECT_MEN;
    if (!man && h->men_only)
        faults |= 1u << REJECT_WOMEN;
    if (excluded(h->place))
        faults |= 1u << REJECT_AVOIDED;
    if (h->n_avoid && shunned[i][0] == req.from)
        faults |= 1u << REJECT_UNSAFE;
    if (h->n_serves && welcome[i][0] != req.from && welcome[i][1] != req.from)
        faults |= 1u << REJECT_SERVES;
    if ((h->valid_from && req.at < h->valid_from) || (h->valid_to && req.at >= h->valid_to))
        faults |= 1u << REJECT_INVALID;
    if (cut_off(i))
        faults |= 1u << REJECT_CUT_OFF;
    if (net.max_minutes && (int)minutes_to(i) > net.max_minutes)
        faults |= 1u << REJECT_FAR;
    return faults;
}

static uint64_t spoken(void)
{
    if (!req.lang)
        return 0;
    return strncmp(req.lang, "vi", 2) == 0 ? 1 : strcmp(req.lang, "hmn") == 0 ? 2 : 0;
}

/* A host that is less fit for who asks counts as further away, for each reason. */
static unsigned extra(int i)
{
    unsigned minutes = 0;
    if (req.who & WHO_CHILD && hosts[i].children == 0)
        minutes += 60;
    if (req.who & WHO_DISABLED && !hosts[i].accessible)
        minutes += 60;
    if (spoken() && !req.urgent && !(hosts[i].languages & spoken()))
        minutes += 30;
    return minutes;
}

static int host_order(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    int mx = (int)(minutes_to(x) + extra(x)), my = (int)(minutes_to(y) + extra(y));
    int stretch = req.urgent || !net.spread_minutes ? 1 : net.spread_minutes;
    if (mx / stretch != my / stretch)
        return mx - my;
    if (received(x) != received(y))
        return (int)received(x) - (int)received(y);
    return mx != my ? mx - my : strcmp(hosts[x].id, hosts[y].id);
}

static size_t ranked(int line[HOSTS])
{
    size_t n = 0;
    for (int i = 0; req.from && i < (int)net.n_hosts; i++)
        if (host_faults(i) == 0)
            line[n++] = i;
    qsort(line, n, sizeof *line, host_order);
    return n;
}

static bool local(int person)
{
    bool is = false;
    for (size_t k = 0; req.from && k < people[person].n_places; k++)
        is = is || served[person][k] == req.from;
    return is;
}

struct asked {
    int who, slot, host;
};

static int person_order(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;
    bool sx = people[x->who].languages & spoken(), sy = people[y->who].languages & spoken();
    bool lx = local(x->who) || local(x->slot), ly = local(y->who) || local(y->slot);
    if (sx != sy)
        return sx ? -1 : 1;
    if (lx != ly)
        return lx ? -1 : 1;
    if (person_load[x->who] != person_load[y->who])
        return person_load[x->who] < person_load[y->who] ? -1 : 1;
    if (x->who != y->who)
        return strcmp(people[x->who].id, people[y->who].id);
    return (x->who != x->slot) - (y->who != y->slot);
}

static bool standing(const struct asked *line, size_t n, int who)
{
    for (size_t k = 0; k < n; k++)
        if (line[k].who == who)
            return true;
    return false;
}

/* Whoever can be asked in the place of `member`, in order, behind those there already. */
static size_t line_up(struct asked *line, size_t n, bool (*member)(int person, int host), int host)
{
    struct asked group[PEOPLE];
    size_t size = 0;
    for (int p = 0; p < (int)net.n_collaborators; p++)
        if (member(p, host) && askable(p) != NOBODY)
            group[size++] = (struct asked){askable(p), p, host};
    qsort(group, size, sizeof *group, person_order);
    for (size_t k = 0; k < size; k++)
        if (!standing(line, n, group[k].who))
            line[n++] = group[k];
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

static void compare_words(const struct choice *c)
{
    char text[512];
    struct out o;
    out_init(&o, text, sizeof text);
    routing_explain_host(&net, &req, c, &o);
    assert_false(o.overflow);
    assert_int_equal(strstr(text, "estimate") != NULL, c->estimate);
    assert_int_equal(strstr(text, "known time") != NULL,
                     c->table && (!c->by || c->by->kind == OVERRIDE_PERCENT));
    assert_int_equal(strstr(text, "further") != NULL, c->handicap > 0);
}

static void compare_ranking(void)
{
    struct choice got[HOSTS], few[HOSTS];
    struct rejection items[HOSTS];
    struct rejections why = {items, 0, HOSTS};
    int want[HOSTS];
    size_t n = routing_rank(&net, &req, &load, got, HOSTS, &why), m = ranked(want);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
        const struct override *by = changed_by(want[i]);
        assert_int_equal(got[i].host, want[i]);
        assert_int_equal(got[i].minutes, minutes_to(want[i]));
        assert_int_equal(got[i].handicap, extra(want[i]));
        assert_ptr_equal(got[i].by, by);
        assert_int_equal(got[i].estimate, !known(want[i]) && !(by && by->kind == OVERRIDE_MINUTES));
        compare_words(&got[i]);
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

static void compare_rejections(const struct rejections *why)
{
    for (size_t i = 0; i < why->n; i++) {
        unsigned faults = person_faults(why->items[i].index);
        assert_true((faults ? faults : 1u << REJECT_APART) >> why->items[i].why & 1);
    }
}

static void compare_candidates(void)
{
    struct candidate got[PEOPLE], few[PEOPLE];
    struct rejection items[PEOPLE];
    struct rejections why = {items, 0, PEOPLE};
    struct asked line[PEOPLE];
    int order[HOSTS];
    size_t n = routing_candidates(&net, &req, &load, got, PEOPLE, &why), hosts_n = ranked(order), m = 0;
    for (size_t i = 0; i < hosts_n; i++)
        m = line_up(line, m, employed, order[i]);
    m = line_up(line, m, is_local, -1);
    m = line_up(line, m, is_duty, -1);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(got[i].collaborator, line[i].who);
        assert_int_equal(got[i].host, line[i].host);
        assert_int_equal(got[i].minutes, line[i].host >= 0 ? minutes_to(line[i].host) : 0);
        assert_ptr_equal(got[i].instead_of, line[i].who == line[i].slot ? NULL : &people[line[i].slot]);
        assert_false(endpoints[people[line[i].who].channels[0]].drill);
        assert_false(of_excluded(line[i].who));
        assert_false(line[i].host >= 0 && excluded(hosts[line[i].host].place));
    }
    assert_int_equal(n + why.n, net.n_collaborators); /* each is in line or has their reason */
    compare_rejections(&why);
    size_t k = routing_candidates(&net, &req, &load, few, 2, NULL);
    assert_int_equal(k, n < 2 ? n : 2);
    for (size_t i = 0; i < k; i++)
        assert_int_equal(few[i].collaborator, got[i].collaborator);
}

/* ---- both in one go, and as JSON ---- */

static void compare_whole(const struct reasons *r)
{
    struct choice ranked_hosts[HOSTS];
    struct candidate in_line[PEOPLE];
    size_t n = routing_rank(&net, &req, &load, ranked_hosts, HOSTS, NULL);
    size_t m = routing_candidates(&net, &req, &load, in_line, PEOPLE, NULL);
    assert_int_equal(r->n_hosts + r->more_hosts, n);
    for (size_t i = 0; i < r->n_hosts; i++)
        assert_memory_equal(&r->hosts[i], &ranked_hosts[i], sizeof ranked_hosts[i]);
    assert_int_equal(r->n_people, m < r->max_people ? m : r->max_people);
    for (size_t i = 0; i < r->n_people; i++)
        assert_int_equal(r->people[i].collaborator, in_line[i].collaborator);
    if (req.from)
        assert_int_equal(n + r->no_host.n, net.n_hosts);
    assert_int_equal(r->n_people + r->no_people.n, net.n_collaborators);
    size_t behind = 0;
    for (size_t i = 0; i < r->no_people.n; i++)
        behind += r->no_people.items[i].why == REJECT_BEHIND;
    assert_int_equal(r->n_people + behind, m);
}

/* Listed and counted ones of a list. */
static int told(const cJSON *o, const char *name)
{
    const cJSON *more = cJSON_GetObjectItem(cJSON_GetObjectItem(o, "more"), name);
    int n = cJSON_GetArraySize(cJSON_GetObjectItem(o, name)) + (cJSON_IsNumber(more) ? more->valueint : 0);
    for (const cJSON *each = more ? more->child : NULL; each; each = each->next)
        n += each->valueint;
    return n;
}

static void compare_json(const struct reasons *r, bool brief)
{
    static char text[1 << 17];
    struct out o;
    out_init(&o, text, brief ? ROUTING_JSON : sizeof text);
    routing_reasons_json(r, brief, &o);
    assert_false(o.overflow);
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    assert_int_equal(told(json, "hosts"), r->n_hosts + (brief ? r->more_hosts : 0));
    assert_int_equal(told(json, "collaborators"), r->n_people);
    assert_int_equal(told(json, "rejected_hosts"), r->no_host.n);
    assert_int_equal(told(json, "rejected_collaborators"), r->no_people.n);
    assert_true(!brief || cJSON_GetArraySize(cJSON_GetObjectItem(json, "rejected_hosts")) <= ROUTING_LISTED);
    cJSON_Delete(json);
}

static void compare_reasons(void)
{
    struct choice some_hosts[HOSTS];
    struct candidate some_people[PEOPLE];
    struct rejection no_hosts[HOSTS], no_people[PEOPLE];
    struct reasons r = {.net = &net,
                        .req = &req,
                        .hosts = some_hosts,
                        .people = some_people,
                        .max_hosts = HOSTS,
                        .max_people = PEOPLE,
                        .no_host = {no_hosts, 0, HOSTS},
                        .no_people = {no_people, 0, PEOPLE}};
    for (int few = 0; few < 2; few++) {
        routing_reasons(&r, &load);
        compare_whole(&r);
        compare_json(&r, few);
        r.max_hosts = 3;
        r.max_people = 2;
    }
}

/* ---- the order of the files does not matter ---- */

static struct host turned_hosts[HOSTS];
static struct collaborator turned_people[PEOPLE];
static const struct host *turned_employers[PEOPLE][3];
static struct swap turned_swaps[PEOPLE][1];
static uint16_t turned_host_load[HOSTS], turned_person_load[PEOPLE];

static const struct collaborator *turned(const struct collaborator *c)
{
    return &turned_people[net.n_collaborators - 1 - (size_t)(c - people)];
}

static void turn_around(struct network *other)
{
    size_t h = net.n_hosts, p = net.n_collaborators;
    *other = net;
    other->hosts = turned_hosts;
    other->collaborators = turned_people;
    for (size_t i = 0; i < h; i++) {
        turned_hosts[h - 1 - i] = hosts[i];
        turned_host_load[h - 1 - i] = host_load[i];
    }
    for (size_t i = 0; i < p; i++) {
        struct collaborator *c = &turned_people[p - 1 - i];
        *c = people[i];
        c->hosts = turned_employers[i];
        for (size_t k = 0; k < c->n_hosts; k++)
            turned_employers[i][k] = &turned_hosts[h - 1 - (size_t)(employers[i][k] - hosts)];
        c->swaps = turned_swaps[i];
        turned_swaps[i][0] = (struct swap){.days = swaps[i][0].days, .by = turned(swaps[i][0].by)};
        turned_person_load[p - 1 - i] = person_load[i];
    }
    routing_index(other, &arena);
}

static void compare_turned(void)
{
    struct network other;
    const struct load same = {turned_host_load, turned_person_load};
    struct candidate a[PEOPLE], b[PEOPLE];
    turn_around(&other);
    size_t n = routing_candidates(&net, &req, &load, a, PEOPLE, NULL);
    assert_int_equal(routing_candidates(&other, &req, &same, b, PEOPLE, NULL), n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(people[a[i].collaborator].id, turned_people[b[i].collaborator].id);
        assert_int_equal(a[i].host < 0, b[i].host < 0);
        if (a[i].host >= 0)
            assert_string_equal(hosts[a[i].host].id, turned_hosts[b[i].host].id);
    }
}

static void find_by_id(void)
{
    for (size_t i = 0; i < net.n_hosts; i++)
        assert_ptr_equal(routing_host(&net, hosts[i].id), &hosts[i]);
    for (size_t i = 0; i < net.n_collaborators; i++)
        assert_ptr_equal(routing_collaborator(&net, people[i].id), &people[i]);
    assert_null(routing_host(&net, "nowhere"));
    assert_null(routing_collaborator(&net, ""));
}

static void random_networks(void **state)
{
    struct rng r;
    const char *rounds = getenv("ROUTING_ROUNDS");
    (void)state;
    rng_seed(&r, 11);
    arena_init(&arena, 0);
    for (long round = rounds ? strtol(rounds, NULL, 10) : ROUNDS; round > 0; round--) {
        random_world(&r);
        compare_ranking();
        compare_candidates();
        compare_reasons();
        compare_turned();
        find_by_id();
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
