/* The exercises that are running, each under an id that only its browser knows. */
#include "web/internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct web_exercises *web_exercises_create(void)
{
    struct web_exercises *all = calloc(1, sizeof *all);
    if (!all)
        abort();
    return all;
}

static void end(struct web_exercises *all, struct exercise *x)
{
    practice_destroy(x->practice);
    x->world.release(x->world.owner);
    *x = (struct exercise){.practice = NULL};
    all->counts.running--;
}

void web_exercises_destroy(struct web_exercises *all)
{
    for (size_t i = 0; all && i < WEB_EXERCISES; i++)
        if (*all->items[i].id)
            end(all, &all->items[i]);
    free(all);
}

void web_exercises_sweep(struct web_exercises *all, msec now)
{
    for (size_t i = 0; i < WEB_EXERCISES; i++)
        if (*all->items[i].id && now - all->items[i].used >= WEB_IDLE)
            end(all, &all->items[i]);
}

struct web_counts web_exercises_counts(const struct web_exercises *all)
{
    return all->counts;
}

struct exercise *exercise_find(struct web_exercises *all, const char *id, msec now)
{
    web_exercises_sweep(all, now);
    if (strlen(id) != EXERCISE_ID - 1)
        return NULL;
    for (size_t i = 0; i < WEB_EXERCISES; i++)
        if (*all->items[i].id && sodium_memcmp(all->items[i].id, id, EXERCISE_ID) == 0) {
            all->items[i].used = now;
            return &all->items[i];
        }
    return NULL;
}

/* A free place, else that of the one left alone for longest. */
static struct exercise *place(struct web_exercises *all)
{
    struct exercise *oldest = &all->items[0];
    for (size_t i = 0; i < WEB_EXERCISES; i++) {
        if (!*all->items[i].id)
            return &all->items[i];
        if (all->items[i].used < oldest->used)
            oldest = &all->items[i];
    }
    end(all, oldest);
    return oldest;
}

struct exercise *exercise_begin(struct web_exercises *all, const struct web_world *world, msec now,
                                struct failure *why)
{
    uint8_t random[(EXERCISE_ID - 1) / 2];
    uint64_t seed;
    web_exercises_sweep(all, now);
    randombytes_buf(&seed, sizeof seed);
    struct practice *p = practice_create(world->rules, seed, now, why);
    if (!p)
        return NULL;
    struct exercise *x = place(all);
    *x = (struct exercise){.practice = p, .world = *world, .phone = "+9990000001", .used = now};
    x->world.languages = NULL; /* theirs who began it */
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(x->id, sizeof x->id, random, sizeof random);
    world->hold(world->owner);
    all->counts.running++;
    all->counts.begun++;
    return x;
}
