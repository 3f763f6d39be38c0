/* How often each commune was meant, for the order of the menu of places.
 *
 * Whoever holds a telephone can read that order, so it must tell of nobody. A person counts once for a
 * commune, few count as none, more count in steps that double, and it is counted anew but once a day: nobody
 * sees a line move when somebody has asked. Over months of many referrals that takes long, so it is done in
 * parts between other work, and the order changes when the last is done. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define COUNTED (90 * DAY_MS)
#define COUNT_EVERY DAY_MS
#define FEW 5     /* below, nobody was there */
#define PART 1000 /* referrals: about a millisecond */

static void count_one(void *ctx, uint64_t contact, const char *place)
{
    struct engine *e = ctx;
    const struct place *p = places_by_code(e->rules->places, str_of(place));
    if (!p || p->level != PLACE_COMMUNE)
        return;
    uint64_t both = (contact << 16 | p->index) + 1;
    if (idmap_get(&e->count.met, both))
        return;
    idmap_put(&e->count.met, both, 1);
    e->count.uses[p->index]++;
}

static uint32_t step_of(uint32_t n)
{
    uint32_t step = FEW;
    while (step <= n / 2)
        step *= 2;
    return n < FEW ? 0 : step;
}

static uint32_t *none(const struct gazetteer *g)
{
    uint32_t *uses = calloc(places_communes(g) + 1, sizeof *uses);
    if (!uses)
        abort();
    return uses;
}

static void begin(struct engine *e, msec now)
{
    e->count.uses = none(e->rules->places);
    e->count.after = now > COUNTED ? engine_referral_id(now - COUNTED) - 1 : 0;
    e->uses_at = now;
}

/* The count ends without a result, and another is due. */
static void drop(struct engine *e)
{
    free(e->count.uses);
    idmap_free(&e->count.met);
    e->count = (struct count){.uses = NULL};
    e->uses_stale = true;
}

static void finish(struct engine *e)
{
    size_t n = places_communes(e->rules->places);
    for (size_t i = 0; i < n; i++)
        e->uses[i] = step_of(e->count.uses[i]);
    drop(e);
    e->uses_stale = false;
}

enum err uses_count(struct engine *e, msec now, struct failure *why)
{
    if (!e->count.uses && !e->uses_stale && now - e->uses_at < COUNT_EVERY)
        return OK;
    if (!e->count.uses)
        begin(e, now);
    enum err rc = e->store.ops->meant(e->store.self, &e->count.after, PART, count_one, e, why);
    if (rc != OK)
        drop(e);
    else if (!e->count.after)
        finish(e);
    return rc;
}

void uses_begin(struct engine *e, const struct gazetteer *before)
{
    const struct gazetteer *g = e->rules->places;
    uint32_t *uses = none(g);
    for (size_t i = 0; before && i < places_communes(g); i++) {
        const struct place *p = places_by_code(before, str_of(places_commune(g, i)->code));
        uses[i] = p && p->level == PLACE_COMMUNE ? e->uses[p->index] : 0;
    }
    uses_free(e);
    e->uses = uses;
}

void uses_free(struct engine *e)
{
    drop(e);
    free(e->uses);
    e->uses = NULL;
}
