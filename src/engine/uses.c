/* How often each commune was meant, for the order of the menu of places.
 *
 * Whoever holds a telephone can read that order, so it must tell of nobody. A person counts once for a
 * commune, few count as none, more count in steps that double, and it is counted anew but once a day: nobody
 * sees a line move when somebody has asked. A reload does not count anew, either; it would hold up who calls
 * just then. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define COUNTED (90 * DAY_MS)
#define COUNT_EVERY DAY_MS
#define FEW 5 /* below, nobody was there */

struct counting {
    struct engine *e;
    struct idmap met; /* who meant which commune */
};

static void count_one(void *ctx, uint64_t contact, const char *place)
{
    struct counting *c = ctx;
    const struct place *p = places_by_code(c->e->rules->places, str_of(place));
    if (!p || p->level != PLACE_COMMUNE)
        return;
    uint64_t both = (contact << 16 | p->index) + 1;
    if (idmap_get(&c->met, both))
        return;
    idmap_put(&c->met, both, 1);
    c->e->uses[p->index]++;
}

static uint32_t step_of(uint32_t n)
{
    uint32_t step = FEW;
    while (step <= n / 2)
        step *= 2;
    return n < FEW ? 0 : step;
}

enum err uses_count(struct engine *e, msec now, struct failure *why)
{
    struct counting c = {.e = e};
    size_t n = places_communes(e->rules->places);
    if (!e->uses_stale && now - e->uses_at < COUNT_EVERY)
        return OK;
    memset(e->uses, 0, n * sizeof *e->uses);
    enum err rc = e->store.ops->meant(e->store.self, now - COUNTED, count_one, &c, why);
    for (size_t i = 0; i < n; i++)
        e->uses[i] = step_of(e->uses[i]);
    e->uses_at = now;
    e->uses_stale = rc != OK;
    idmap_free(&c.met);
    return rc;
}

void uses_begin(struct engine *e, const struct gazetteer *before)
{
    const struct gazetteer *now = e->rules->places;
    uint32_t *known = e->uses;
    e->uses = calloc(places_communes(now) + 1, sizeof *e->uses);
    if (!e->uses)
        abort();
    e->uses_stale |= !known;
    for (size_t i = 0; known && i < places_communes(before); i++) {
        const struct place *p =
            known[i] ? places_by_code(now, str_of(places_commune(before, i)->code)) : NULL;
        if (p && p->level == PLACE_COMMUNE)
            e->uses[p->index] = known[i];
    }
    free(known);
}
