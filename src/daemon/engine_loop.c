/* The engine's thread: gather, commit, answer, look at the clock. */
#include "base/log.h"
#include "daemon/daemon.h"

#include <stdlib.h>
#include <string.h>

#define HEARTBEAT_MS SECOND_MS

static void take_new_rules(struct daemon *d)
{
    pthread_mutex_lock(&d->lock);
    struct world *next = d->next;
    d->next = NULL;
    pthread_mutex_unlock(&d->lock);
    if (!next)
        return;
    engine_set_rules(d->engine, &next->snap->rules);
    world_release(d->engine_world);
    d->engine_world = next;
}

static void publish(struct daemon *d)
{
    pthread_mutex_lock(&d->lock);
    d->published = *engine_counters(d->engine);
    d->in_flight = engine_in_flight(d->engine);
    pthread_mutex_unlock(&d->lock);
}

/* Say it once when the store fails and once when it is back; the row that tells of the outage is also the
 * probe that finds out, since nobody else calls the store while every caller gets 503. */
static void mind_store(struct daemon *d, bool worked, const char *reason)
{
    struct failure why;
    bool ok = engine_store_ok(d->engine), was = atomic_load(&d->store_ok);
    if (ok && was)
        return;
    if (was) {
        atomic_store(&d->store_ok, false);
        log_event(LOG_ERROR, "store", "what=\"cannot commit; callers get 503 until it can\" why=\"%s\"",
                  reason);
    }
    if (!ok)
        atomic_store(&d->last_failure_ms, clock_ms());
    if ((!ok && worked) ||
        engine_note(d->engine, ROW_OUTAGE, "the store could not commit", clock_ms(), &why) != OK)
        return;
    atomic_store(&d->store_ok, true);
    log_event(LOG_INFO, "store", "what=\"commits again\"");
}

static void deliver(struct daemon *d, struct job **jobs, size_t n)
{
    intake_hold(d->intake);
    for (size_t i = 0; i < n; i++) {
        if (jobs[i]->in.kind == INPUT_SENT)
            outgoing_settled(jobs[i]);
        else if (jobs[i]->in.kind == INPUT_LOOK)
            practice_looked(jobs[i]);
        else
            http_deliver(jobs[i]);
    }
    intake_flush(d->intake);
}

void *engine_loop(void *daemon)
{
    struct daemon *d = daemon;
    struct job **jobs = calloc(d->batch_max, sizeof(struct job *));
    msec timers_at = 0;
    if (!jobs)
        abort();
    pthread_setname_np(pthread_self(), "engine");
    for (;;) {
        msec now = clock_ms();
        msec until = timers_at < now + HEARTBEAT_MS ? timers_at : now + HEARTBEAT_MS;
        size_t n = queue_take(&d->queue, jobs, d->batch_max, until > now ? until : now);
        take_new_rules(d);
        config_notes_write(d); /* before anything is routed by them */
        if (n) {
            engine_batch(d->engine, jobs, n, clock_ms());
            mind_store(d, true, jobs[0]->out.reason);
            deliver(d, jobs, n);
            timers_at = 0;
        } else if (queue_closed(&d->queue)) {
            break;
        } else {
            mind_store(d, false, "timers");
        }
        now = clock_ms();
        if (now >= timers_at)
            timers_at = engine_timers(d->engine, now);
        atomic_store(&d->heartbeat_us, clock_mono_us());
        publish(d);
    }
    free(jobs);
    return NULL;
}
