/* The daemon's wiring: rooms meet here and nowhere else.
 *
 * Threads: main (signals, watchdog, reload), N intake loops, one engine, one courier, one for the page to
 * practise on. They meet at the job queue (intake, courier -> engine), at the courier's queue and at that
 * page's; the configuration is shared as a counted snapshot.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "courier/courier.h"
#include "engine/engine.h"
#include "intake/intake.h"
#include "snapshot/snapshot.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* ---- world.c: the configuration in force ---- */
struct world {
    struct snapshot *snap;
    atomic_int users;
    char fallback[DIALOGUE_REPLY]; /* the text for the hour when nothing can be stored */
};
struct world *world_create(struct snapshot *snap); /* one user: the caller; takes the snapshot over */
struct world *world_hold(struct world *w);
void world_release(struct world *w);

/* ---- queue.c: what waits for the engine; bounded, many writers, one reader ---- */
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job **items;
    size_t n, cap;
    bool closed, reader_waits;
};
void queue_init(struct queue *q, size_t cap);
void queue_destroy(struct queue *q);
bool queue_push(struct queue *q, struct job *job); /* false: full or closed */
/* Results of sends must not be dropped: room for them is made beyond the bound. */
void queue_push_always(struct queue *q, struct job *job);
/* Take up to max; waits until there is one, until `until_ms` (wall clock), a poke or the end. */
size_t queue_take(struct queue *q, struct job **out, size_t max, msec until_ms);
void queue_poke(struct queue *q);
void queue_close(struct queue *q);
bool queue_closed(struct queue *q);
size_t queue_length(struct queue *q);

/* ---- the daemon ---- */
struct daemon {
    const char *config_path;
    pthread_mutex_t lock; /* guards world, next, published, notes */
    struct world *world;  /* in force for new requests */
    struct world *next;   /* waits for the engine to take it over */
    struct world *engine_world;
    struct queue queue;
    struct store store;
    struct engine *engine;
    struct courier *courier;
    struct intake *intake;
    struct practice_desk *practice; /* NULL: could not be opened */
    struct replays *replays;        /* outlives every configuration */
    pthread_t engine_thread;
    size_t batch_max;
    atomic_bool store_ok, stopping;
    atomic_llong heartbeat_us, last_failure_ms, reloads, reload_failures;
    atomic_ullong refused[ERR_BUG + 1];
    struct engine_counters published;
    size_t in_flight;
    msec started;
    /* reload.c; those that another thread reads are guarded by `lock`, too */
    struct config_note *notes; /* reloads the journal does not know of yet */
    msec config_since;         /* when the configuration in force was taken */
    bool reload_refused;       /* the last one */
    char config_waiting[256];  /* settings that wait for a restart: "listen, threads" */
    char at_start[4096];       /* those it started with */
    char store_url[4096];
};

/* ---- reload.c: another configuration ---- */
struct loaded {            /* what came of reading one */
    struct snapshot *snap; /* NULL: refused */
    size_t errors;
    char first[512]; /* where the first error is */
    char *findings;  /* a line each; the caller frees it */
    size_t findings_n;
};
struct loaded config_load(const char *path);
void config_log(const struct loaded *l);
void config_keep_start(struct daemon *d); /* the world is there, nothing else is */
void config_started(struct daemon *d, const struct loaded *got);
/* Reads the configuration anew; it is in force when this returns, or the old one is and why is said. */
void config_reload(struct daemon *d, const siginfo_t *asked);
void config_notes_write(struct daemon *d); /* in the engine's thread */
void config_notes_free(struct daemon *d);

struct world *daemon_world(struct daemon *d); /* held for the caller */
/* engine_loop.c */
void *engine_loop(void *daemon);
/* http.c */
bool http_handle(void *daemon, struct intake_call *call, const struct intake_request *req,
                 struct intake_answer *out);
void http_deliver(struct job *job); /* the engine is done with this job */
struct str http_header(const struct intake_request *req,
                       const char *name); /* the first of that name; or empty */
/* practice.c: the pages /practice and /referrals, with a thread of their own */
struct practice_desk *practice_open(void); /* NULL when there can be no thread; said in the log */
/* Answers what waits; who comes later is told to come back. */
void practice_stop(struct practice_desk *desk);
void practice_free(struct practice_desk *desk); /* nobody may come any more */
/* NOT_OURS: another path, or the page is off. ANSWERED: `out` is the answer. KEPT: it is answered later. */
enum practice_taken { PRACTICE_NOT_OURS, PRACTICE_ANSWERED, PRACTICE_KEPT };
enum practice_taken practice_take(struct daemon *d, struct intake_call *call,
                                  const struct intake_request *req, struct intake_answer *out);
void practice_looked(struct job *job); /* an officer's look is in the journal, or cannot be */
/* referrals.c: what /referrals shows, in that thread */
/* Which referral a path asks for. false: none. */
bool referrals_path(struct str path, uint64_t *id);
/* id 0: the list, or a file of the page. The store is opened for this one answer. */
void referrals_page(const struct world *w, const struct intake_request *req, uint64_t id,
                    struct intake_answer *out);
struct practice_counts {
    unsigned long long running, begun, steps;
};
struct practice_counts practice_counts(const struct practice_desk *desk);
/* outgoing.c */
bool outgoing_send(void *daemon, const struct store_send *s);     /* hooks.send, in the engine's thread */
void outgoing_done(void *daemon, const struct courier_result *r); /* in the courier's thread */
void outgoing_settled(struct job *job);                           /* frees what outgoing_done made */
/* metrics.c */
struct str metrics_text(struct daemon *d, struct arena *a);

#endif
