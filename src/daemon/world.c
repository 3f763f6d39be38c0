#include "daemon/daemon.h"

#include <stdlib.h>

struct world *world_create(struct snapshot *snap)
{
    struct world *w = calloc(1, sizeof *w);
    struct out o;
    if (!w)
        abort();
    w->snap = snap;
    atomic_init(&w->users, 1);
    out_init(&o, w->fallback, sizeof w->fallback);
    dialogue_text(snap->catalogs, dialogue_default_lang(snap->catalogs), "fallback", NULL, 0, &o);
    return w;
}

struct world *world_hold(struct world *w)
{
    atomic_fetch_add(&w->users, 1);
    return w;
}

void world_release(struct world *w)
{
    if (w && atomic_fetch_sub(&w->users, 1) == 1) {
        snapshot_free(w->snap);
        free(w);
    }
}

struct world *daemon_world(struct daemon *d)
{
    pthread_mutex_lock(&d->lock);
    struct world *w = world_hold(d->world);
    pthread_mutex_unlock(&d->lock);
    return w;
}
