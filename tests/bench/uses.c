/* How long the engine stands still to count where people asked for help, for the order of the menu of places:
 * once a day, and when the rules change, over the referrals of ninety days. usage: uses CONFIG FOLDER
 * [REFERRALS] */
#include "bench/times.h"
#include "engine/engine.h"
#include "journal/journal.h"
#include "snapshot/snapshot.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW ((msec)1767225600000)

enum { ROUNDS = 5, MOST = 1000000 };

static int64_t took[MOST];
static size_t n_took;

/* As after a hundred days of many referrals: two offers each, closed. */
static void fill(struct store *s, const struct snapshot *snap, size_t n)
{
    struct failure why;
    size_t communes = places_communes(snap->places);
    enum err rc = s->ops->begin(s->self, &why);
    for (size_t i = 0; i < n && rc == OK; i++) {
        msec at = NOW - 100 * DAY_MS + (msec)(i * (size_t)(100 * DAY_MS) / n);
        struct referral r = {.id = engine_referral_id(at) | (i & 0xfff),
                             .contact = 1 + i * 7 % (n / 2 + 1),
                             .state = REFERRAL_CLOSED,
                             .need = NEED_SHELTER,
                             .consent = true,
                             .opened_at = at,
                             .accepted_at = at + 1,
                             .closed_at = at + 2,
                             .n_offers = 2};
        memcpy(r.place, places_commune(snap->places, i * i % communes)->code, sizeof r.place);
        for (int k = 0; k < 2; k++) {
            struct offer *o = &r.offers[k];
            str_copy(STR("ctv-moc-chau-1"), o->collaborator, sizeof o->collaborator);
            str_copy(STR("host-moc-chau"), o->host, sizeof o->host);
            o->at = at;
        }
        rc = s->ops->referral_put(s->self, &r, &why);
    }
    if (rc == OK)
        rc = s->ops->commit(s->self, &why);
    if (rc != OK) {
        fprintf(stderr, "%s\n", why.what);
        exit(1);
    }
}

/* From the moment the rules change until the count is over; each part as long as whoever writes then waits.
 */
static void count(struct engine *e, const struct rules *rules)
{
    struct failure why;
    engine_set_rules(e, rules);
    int64_t start = now_ns();
    if (engine_note(e, ROW_CONFIG, "bench", NOW, &why) != OK)
        exit(1);
    for (msec wake = NOW; n_took < MOST && wake <= NOW + 1; start = now_ns()) {
        wake = engine_timers(e, NOW);
        took[n_took++] = now_ns() - start;
    }
}

static void measure(struct store *s, const struct snapshot *snap, size_t n)
{
    struct rng rng;
    rng_seed(&rng, 7);
    fill(s, snap, n);
    struct engine *e = engine_create(s, &snap->rules, (struct engine_hooks){.ctx = NULL}, &rng);
    for (int i = 0; i < ROUNDS; i++)
        count(e, &snap->rules);
    engine_destroy(e);
    print_times("a part of the count of places", "parts", took, n_took);
    printf("  the longest %.1f ms, with %zu referrals in the store\n", (double)took[n_took - 1] / 1e6, n);
}

static int in_folder(const char *dir, const struct snapshot *snap, size_t n)
{
    static const uint8_t key[JOURNAL_KEY] = {1};
    char url[96];
    struct store s;
    struct failure why;
    snprintf(url, sizeof url, "sqlite:%s/store", dir);
    if (journal_open(url, key, JOURNAL_WRITE, &s, &why) != OK) {
        fprintf(stderr, "%s\n", why.what);
        return 1;
    }
    measure(&s, snap, n);
    journal_close(&s);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena a;
    struct cfg_findings f;
    if (argc < 3 || sodium_init() < 0)
        return 2;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    struct snapshot *snap = snapshot_load_open(argv[1], &f);
    int rc = snap ? in_folder(argv[2], snap, argc > 3 ? strtoul(argv[3], NULL, 10) : 300000) : 1;
    snapshot_free(snap);
    cfg_findings_free(&f);
    arena_free(&a);
    return rc;
}
