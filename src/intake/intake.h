/* HTTP in: evhttp on N event-loop threads that share one port (SO_REUSEPORT), with limits.
 *
 * Intake knows HTTP and nothing of profiles: it hands each complete request to `handle` in the loop thread,
 * which either answers at once (returns true with the answer filled) or keeps the `intake_call` and later
 * calls intake_answer() from any thread. Every call gets exactly one answer; a client that went away is no
 * error.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/timeutil.h"

struct intake;
struct intake_call; /* one request under way; owned by intake */

struct intake_header {
    struct str name, value;
};
struct intake_request {             /* valid until the answer */
    struct str method, path, query; /* path without query; both as on the wire */
    const struct intake_header *headers;
    size_t n_headers;
    struct str body;
    struct str peer;
    struct arena *arena; /* of this call: freed after the answer; only one thread may use it at a time */
    int64_t began_us;    /* clock_mono_us() at arrival */
};
struct intake_answer {
    int status;
    const char *content_type;
    struct intake_header headers[8];
    size_t n_headers;
    struct str body; /* static, or in the arena or slot of the call */
};
/* true: `out` is the answer. false: the call is kept. */
typedef bool (*intake_handle)(void *ctx, struct intake_call *call, const struct intake_request *req,
                              struct intake_answer *out);

struct intake_limits {
    int threads;
    size_t body, headers; /* bytes: 65536, 8192 */
    int timeout_s;        /* idle or slow connection */
    int connections;      /* at once over all threads: beyond, new ones wait in the kernel's queue */
    int pending;          /* calls kept at once over all threads: beyond, 503 with Retry-After */
    int rate;             /* requests a second and peer: beyond, 429; 0 no limit */
};
struct intake_listen {
    const char *host;
    int port;
    int fd; /* >= 0: a socket given by systemd instead */
};

struct intake_counters {
    uint64_t requests, answers, by_status[600], pending, aborted;
};

MUST_CHECK enum err intake_start(const struct intake_listen *listen, size_t n_listen,
                                 struct intake_limits limits, intake_handle handle, void *ctx,
                                 struct intake **out, struct failure *why);
const struct intake_request *intake_request_of(const struct intake_call *call);
void *intake_slot(struct intake_call *call,
                  size_t size); /* memory of the call for its handler, zeroed, once */
/* Deliver the answer; wakes the loop thread. Thread-safe; the call is gone afterwards. Prefer the batch form:
 * one wake-up for many calls. */
void intake_answer(struct intake_call *call, const struct intake_answer *a);
void intake_hold(struct intake *in); /* between hold and flush answers gather, to wake each loop once */
void intake_flush(struct intake *in);
int intake_port(const struct intake *in, size_t listen_index); /* the port really bound (0 asked: any) */
void intake_counters(const struct intake *in, struct intake_counters *out);
/* Take no more connections and wait at most grace_ms until what is under way is answered. */
void intake_drain(struct intake *in, long grace_ms);
/* Close. Nobody may use the intake or a call of it any more. */
void intake_stop(struct intake *in);

/* One-line plain text reason for a status, with the reason as body ("413 body over 65536 bytes"). */
void intake_refuse(struct intake_answer *out, struct arena *arena, int status, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

#endif
