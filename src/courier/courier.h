/* The courier: one thread that delivers HTTP sends with libcurl multi.
 *
 * It takes sends through a bounded queue and reports each result through a callback; it decides nothing
 * (retries are the engine's) but keeps a circuit breaker and a connection limit per host. A send is copied
 * when taken.
 */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H

#include "engine/engine.h"

struct courier;

struct courier_request { /* one ready HTTP request; copied by courier_submit */
    uint64_t id;
    const char *method;
    struct str url, body;
    const struct {
        struct str name, value;
    } * headers;
    size_t n_headers;
    long timeout_ms;
};
struct courier_result { /* valid during the callback */
    uint64_t id;
    int status;        /* HTTP status; 0: no answer */
    struct str body;   /* at most 64 KiB */
    msec retry_after;  /* of a Retry-After header; 0 none */
    const char *error; /* "" or libcurl's reason, without the URL */
};
typedef void (*courier_done)(void *ctx, const struct courier_result *r); /* in the courier's thread */

struct courier_limits {
    size_t queue, per_host, total;
    long connect_ms;
    const char *ca_file; /* NULL: system's */
};

struct courier *courier_start(struct courier_limits limits, courier_done done, void *ctx,
                              struct failure *why);
/* false: the queue is full. Thread-safe. */
bool courier_submit(struct courier *c, const struct courier_request *r);
size_t courier_room(struct courier *c); /* free places in the queue; a hint */
/* Takes no more, waits at most `grace` ms for what is under way, then gives the rest back undone: done() with
 * status 0 for each, in the caller's thread. */
void courier_stop(struct courier *c, long grace_ms);
void courier_free(struct courier *c); /* after the stop, when nobody can submit any more */

/* Standard Webhooks: "v1,BASE64" of HMAC-SHA256 over "id.timestamp.body" (standardwebhooks specification).
 * The key is the raw secret (after "whsec_" base64 is undone by webhook_key). out cap >= 64. */
void webhook_sign(const uint8_t *key, size_t key_n, struct str id, int64_t unix_seconds, struct str body,
                  char *out, size_t cap);
bool webhook_key(struct str secret, uint8_t *key, size_t cap, size_t *n); /* "whsec_<base64>" or raw text */
bool webhook_verify(const uint8_t *key, size_t key_n, struct str id, struct str timestamp, struct str body,
                    struct str signature_header, int64_t now_s, int64_t tolerance_s);

#endif
