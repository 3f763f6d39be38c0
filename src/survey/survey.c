/* Every commune, every need, by day and by night. */
#include "survey/survey.h"

#include <stdlib.h>
#include <string.h>

const char *survey_time_name(enum survey_time t)
{
    return t == SURVEY_DAY ? "day" : "night";
}

const char *survey_state_name(enum survey_state s)
{
    static const char *const names[] = {"host", "people", "duty", "nobody"};
    return names[s];
}

bool survey_asked(const struct survey *s, enum need need)
{
    return s->ask.needs & 1u << need;
}

static struct survey_answer *answer_at(const struct survey *s, size_t commune, enum need need,
                                       enum survey_time t)
{
    return &s->answers[(commune * NEED_COUNT + need) * SURVEY_TIMES + t];
}

const struct survey_answer *survey_at(const struct survey *s, size_t commune, enum need need,
                                      enum survey_time t)
{
    return answer_at(s, commune, need, t);
}

/* ---- why there is no host ---- */

struct near_host {
    double metres;
    enum reject why;
};

static void keep_near(struct near_host *all, size_t *n, struct near_host one)
{
    if (*n == SURVEY_NEAR && all[SURVEY_NEAR - 1].metres <= one.metres)
        return;
    size_t at = *n < SURVEY_NEAR ? (*n)++ : SURVEY_NEAR - 1;
    for (; at > 0 && all[at - 1].metres > one.metres; at--)
        all[at] = all[at - 1];
    all[at] = one;
}

static void add_reason(struct survey_answer *out, enum reject why, unsigned hosts)
{
    size_t at = out->n_why < SURVEY_REASONS ? out->n_why++ : SURVEY_REASONS;
    for (; at > 0 && out->why[at - 1].hosts < hosts; at--)
        if (at < SURVEY_REASONS)
            out->why[at] = out->why[at - 1];
    if (at < SURVEY_REASONS)
        out->why[at] = (struct survey_reason){why, hosts};
}

static void find_reasons(const struct network *net, const struct request *req, struct rejections *all,
                         struct survey_answer *out)
{
    struct near_host nearest[SURVEY_NEAR] = {{0}};
    unsigned count[REJECT_COUNT] = {0};
    size_t n = 0;
    all->n = 0;
    routing_rank(net, req, NULL, NULL, 0, all);
    for (size_t i = 0; i < all->n; i++) {
        const struct host *h = &net->hosts[all->items[i].index];
        if (all->items[i].why != REJECT_NEED)
            keep_near(nearest, &n,
                      (struct near_host){places_metres(req->from->lat, req->from->lon, h->lat, h->lon),
                                         all->items[i].why});
    }
    for (size_t i = 0; i < n; i++)
        count[nearest[i].why]++;
    if (!n)
        count[REJECT_NEED] = (unsigned)all->n;
    for (int r = 0; r < REJECT_COUNT; r++)
        if (count[r])
            add_reason(out, (enum reject)r, count[r]);
}

/* ---- one question ---- */

static const struct survey_choice NO_HOST = {.host = -1};

static struct survey_choice chosen(const struct choice *c)
{
    return (struct survey_choice){c->host, c->minutes, c->estimate};
}

static enum survey_state without_host(const struct candidate *first, size_t n)
{
    if (!n)
        return SURVEY_NOBODY;
    return first->local ? SURVEY_PEOPLE : SURVEY_DUTY;
}

static void answer(const struct survey *s, const struct request *req, struct rejections *all,
                   struct survey_answer *out)
{
    struct choice best[2];
    struct candidate first;
    size_t n = routing_rank(s->net, req, NULL, best, 2, NULL), people = 0;
    if (!n || s->ask.people)
        people = routing_candidates(s->net, req, NULL, &first, 1, NULL);
    out->state = n ? SURVEY_HOST : without_host(&first, people);
    out->first = n ? chosen(&best[0]) : NO_HOST;
    out->second = n > 1 ? chosen(&best[1]) : NO_HOST;
    out->person = people ? first.collaborator : -1;
    if (!n)
        find_reasons(s->net, req, all, out);
}

static void answer_commune(const struct survey *s, size_t commune, struct rejections *all)
{
    struct request req = {
        .from = places_commune(s->places, commune), .children = s->ask.children, .lang = s->ask.lang};
    for (int need = 0; need < NEED_COUNT; need++)
        for (int t = 0; survey_asked(s, (enum need)need) && t < SURVEY_TIMES; t++) {
            req.need = (enum need)need;
            req.urgent = need == NEED_DANGER;
            req.who = who_of(req.need, s->ask.who);
            req.at = s->ask.at[t];
            answer(s, &req, all, answer_at(s, commune, req.need, (enum survey_time)t));
        }
}

void survey_make(struct survey *s, const struct network *net, const struct gazetteer *g,
                 const struct survey_ask *ask, struct arena *a)
{
    struct rejections all = {.max = net->n_hosts};
    all.items = arena_array(a, net->n_hosts + 1, sizeof *all.items);
    *s = (struct survey){.net = net, .places = g, .ask = *ask, .n_communes = places_communes(g)};
    s->answers = arena_array(a, s->n_communes * NEED_COUNT * SURVEY_TIMES + 1, sizeof *s->answers);
    for (size_t i = 0; i < s->n_communes; i++)
        answer_commune(s, i, &all);
}

/* ---- the worst first ---- */

struct keyed { /* the smaller, the worse */
    uint64_t key;
    const char *code;
    struct survey_case is;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    int order = strcmp(x->code, y->code);
    if (order)
        return order;
    return x->is.need != y->is.need ? x->is.need - y->is.need : x->is.time - y->is.time;
}

static uint64_t key_of(const struct survey_answer *one)
{
    unsigned minutes = one->state == SURVEY_HOST ? one->first.minutes : 0;
    return (uint64_t)(SURVEY_NOBODY - one->state) << 32 | (UINT32_MAX - minutes);
}

static size_t list_cases(const struct survey *s, uint32_t needs, unsigned times, struct keyed *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_communes; i++)
        for (int need = 0; need < NEED_COUNT; need++)
            for (int t = 0; t < SURVEY_TIMES; t++)
                if (s->ask.needs & needs & 1u << need && times & 1u << t)
                    out[n++] = (struct keyed){key_of(answer_at(s, i, (enum need)need, (enum survey_time)t)),
                                              places_commune(s->places, i)->code,
                                              {(uint16_t)i, (uint8_t)need, (uint8_t)t}};
    return n;
}

size_t survey_cases(const struct survey *s, uint32_t needs, unsigned times, struct survey_case *out)
{
    struct arena scratch;
    arena_init(&scratch, 0);
    struct keyed *all = arena_array(&scratch, s->n_communes * NEED_COUNT * SURVEY_TIMES + 1, sizeof *all);
    size_t n = list_cases(s, needs, times, all);
    qsort(all, n, sizeof *all, by_key);
    for (size_t i = 0; i < n; i++)
        out[i] = all[i].is;
    arena_free(&scratch);
    return n;
}

/* ---- in sum ---- */

static int by_size(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

struct survey_sum survey_sum(const struct survey *s, enum need need, enum survey_time t)
{
    struct survey_sum sum = {.median = 0};
    struct arena scratch;
    arena_init(&scratch, 0);
    unsigned *minutes = arena_array(&scratch, s->n_communes + 1, sizeof *minutes);
    size_t n = 0;
    for (size_t i = 0; i < s->n_communes; i++) {
        const struct survey_answer *one = answer_at(s, i, need, t);
        sum.communes[one->state]++;
        if (one->state == SURVEY_HOST)
            minutes[n++] = one->first.minutes;
    }
    qsort(minutes, n, sizeof *minutes, by_size);
    if (n) {
        sum.median = (minutes[(n - 1) / 2] + minutes[n / 2] + 1) / 2;
        sum.longest = minutes[n - 1];
    }
    arena_free(&scratch);
    return sum;
}

static bool same_choice(const struct survey_choice *a, const struct survey_choice *b)
{
    return a->host == b->host && a->minutes == b->minutes && a->estimate == b->estimate;
}

static bool same_reasons(const struct survey_answer *a, const struct survey_answer *b)
{
    if (a->n_why != b->n_why)
        return false;
    for (size_t i = 0; i < a->n_why; i++)
        if (a->why[i].why != b->why[i].why || a->why[i].hosts != b->why[i].hosts)
            return false;
    return true;
}

bool survey_same_all_day(const struct survey *s, enum need need)
{
    for (size_t i = 0; i < s->n_communes; i++) {
        const struct survey_answer *day = answer_at(s, i, need, SURVEY_DAY),
                                   *night = answer_at(s, i, need, SURVEY_NIGHT);
        if (day->state != night->state || !same_choice(&day->first, &night->first) ||
            !same_choice(&day->second, &night->second) || !same_reasons(day, night))
            return false;
    }
    return true;
}
