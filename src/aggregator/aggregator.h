/* Profiles: one config file describes one aggregator's wire format; this room compiles it at load and then
 * verifies, decodes, answers and sends by it. No aggregator is known by name here.
 */
#ifndef AGGREGATOR_AGGREGATOR_H
#define AGGREGATOR_AGGREGATOR_H

#include "config/config.h"
#include "engine/engine.h"

struct profile; /* immutable after load; lives in the arena given */

enum callback { CALLBACK_SMS, CALLBACK_USSD, CALLBACK_DLR, CALLBACK_COUNT };
const char *callback_name(enum callback c); /* "sms", "ussd", "dlr": the last part of the URL */

struct header {
    struct str name, value;
};

struct http_request {       /* spans into memory of the caller */
    struct str method;      /* "GET" */
    struct str path, query; /* as on the wire, still percent-encoded; query without '?' */
    const struct header *headers;
    size_t n_headers;
    struct str body;
    struct str peer; /* textual address of the other side, may be empty */
};

struct http_answer {
    int status;
    const char *content_type; /* static or of the profile; NULL: none */
    struct header headers[8];
    size_t n_headers;
    struct str body; /* in the arena of the request */
};

/* Load one profile file (id = file name without ".conf" unless `id` says otherwise). NULL and findings on
 * error. secrets_dir: where secrets named in the profile are read from. */
struct profile *aggregator_load(const char *path, const char *secrets_dir, const char *country,
                                struct arena *arena, struct cfg_findings *f);
const char *aggregator_id(const struct profile *p);
bool aggregator_takes(const struct profile *p, enum callback c, struct str method); /* method allowed? */
bool aggregator_has(const struct profile *p, enum callback c);                      /* section there? */
bool aggregator_can_send(const struct profile *p);

/* Verify and decode one request. returns OK with `in` filled (spans in `arena` or in the request), or the
 * HTTP status to refuse with in *status and one line in `why` (no content). OK with *ignored = true: well
 * formed but no input (heartbeat, echo): answer 200. Allocates only from `arena`. Thread-safe. */
MUST_CHECK enum err aggregator_decode(const struct profile *p, enum callback c,
                                      const struct http_request *req, struct arena *arena, struct input *in,
                                      bool *ignored, int *status, struct failure *why);

/* The HTTP answer that carries what the engine said (ans->status OK), or the profile's "try again" form
 * (ERR_AGAIN; `fallback` is the text with the national numbers for a USSD screen). */
void aggregator_encode(const struct profile *p, enum callback c, const struct input *in,
                       const struct answer *ans, struct str fallback, struct arena *a,
                       struct http_answer *out);

/* One outgoing MT by the profile's send template. */
struct http_send {
    const char *method;
    struct str url, body;
    struct header headers[16];
    size_t n_headers;
    long timeout_ms;
};
MUST_CHECK enum err aggregator_send(const struct profile *p, struct str to, struct str from, struct str text,
                                    struct str idempotency_key, struct arena *arena, struct http_send *out,
                                    struct failure *why);
/* What became of it, from the HTTP answer. message_id in arena, may be empty. */
enum send_result aggregator_sent(const struct profile *p, int http_status, struct str body,
                                 struct arena *arena, struct str *message_id);

/* The canonical input as one JSON line (see the design, `decode`). */
void aggregator_input_json(const struct input *in, struct out *o);

extern const struct cfg_schema profile_schema; /* what a profile file may hold */

#endif
