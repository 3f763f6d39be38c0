/* Profiles: one config file describes one aggregator's wire format; this room compiles it at load and then
 * verifies, decodes, answers and sends by it. No aggregator is known by name here. The language is described
 * in docs/aggregator-profiles.md.
 */
#ifndef AGGREGATOR_AGGREGATOR_H
#define AGGREGATOR_AGGREGATOR_H

#include "config/config.h"
#include "engine/engine.h"

struct profile; /* immutable after load */
struct replays; /* signatures that were answered; see `once` */

enum callback { CALLBACK_SMS, CALLBACK_USSD, CALLBACK_DLR, CALLBACK_COUNT };
const char *callback_name(enum callback c); /* "sms", "ussd", "dlr": part of the URL */
bool callback_parse(struct str word, enum callback *out);

struct header {
    struct str name, value;
};

struct http_request {       /* spans into memory of the caller */
    struct str method;      /* "GET" */
    struct str path, query; /* as on the wire, still percent-encoded; query without '?' */
    struct str tail;        /* what follows /in/ID/KIND/ in the path, without the slash; may be empty */
    const struct header *headers;
    size_t n_headers;
    struct str body;
    struct str peer; /* textual address of the caller, may be empty */
    bool by_proxy;   /* a trusted proxy passed it on: its headers may be believed */
};

struct http_answer {
    int status;
    const char *content_type; /* static or of the profile; NULL: none */
    struct header headers[8];
    size_t n_headers;
    struct str body; /* in the arena of the request */
};

/* ---- loading ---- */

struct profile_env {        /* what a profile is compiled with */
    const char *secrets;    /* where the secrets named in it are read from */
    bool secrets_optional;  /* a profile that is not in use: a secret that is missing is no error */
    const char *country;    /* calling code for national numbers */
    const char *public_url; /* "https://..." without a slash at the end; NULL: not known */
    /* Values that go before those of the file, for tests of a profile: NULL when it has none of this name. */
    const char *(*setting)(void *ctx, const char *name);
    const char *(*secret)(void *ctx, const char *name);
    void *ctx;
};

/* Load one profile file (id = file name without ".conf" unless `id` says otherwise). NULL and findings on
 * error. What it holds lives in `arena`, and besides needs aggregator_free(). */
struct profile *aggregator_load(const char *path, const struct profile_env *env, struct arena *arena,
                                struct cfg_findings *f);
/* The same from memory; `name` stands for the file. */
struct profile *aggregator_load_text(const char *name, struct str text, const struct profile_env *env,
                                     struct arena *arena, struct cfg_findings *f);
void aggregator_free(struct profile *p); /* NULL is fine */
const char *aggregator_id(const struct profile *p);
const char *aggregator_about(const struct profile *p);                              /* NULL: says nothing */
bool aggregator_takes(const struct profile *p, enum callback c, struct str method); /* method allowed? */
bool aggregator_has(const struct profile *p, enum callback c);                      /* section there? */
bool aggregator_can_send(const struct profile *p);
bool aggregator_answers_by_mt(const struct profile *p); /* its SMS callback's answer carries no text */

/* ---- in ---- */

struct decoded {
    struct input in;
    const struct str *echo; /* fields that the answer repeats; opaque */
};

struct callback_request {   /* what one HTTP request carried */
    enum callback callback; /* the section that took it: not always the one the URL names */
    struct decoded *items;  /* in the arena of the request */
    size_t n;               /* 0: well formed, but nothing for us: answer it with aggregator_encode() */
    msec once_until;        /* its signature, once it is answered, is used up until then; 0: is not */
    uint8_t signature[16];  /* digest of it */
};

struct decode_env {
    msec now;
    struct replays *replays; /* NULL: `once` is not minded */
    bool unsigned_too;       /* pass over `auth`: for looking at a recorded request */
};

/* Verify and decode one request that came for section `c`. returns OK with `out` filled (spans in `arena` or
 * in the request), or the HTTP status to refuse with in *status and one line in `why` (no content). Allocates
 * only from `arena`. Thread-safe. */
MUST_CHECK enum err aggregator_decode(const struct profile *p, enum callback c,
                                      const struct http_request *req, const struct decode_env *env,
                                      struct arena *arena, struct callback_request *out, int *status,
                                      struct failure *why);
/* The request was answered: its signature is used up. Thread-safe. */
void aggregator_answered(struct replays *r, const struct callback_request *c, msec now);
struct replays *replays_create(void);
void replays_destroy(struct replays *r);

/* The HTTP answer that carries what the engine said (ans->status OK), or the profile's "try again" form
 * (ERR_AGAIN; `fallback` is the text with the national numbers for a USSD screen). d: NULL when the request
 * carried nothing. */
void aggregator_encode(const struct profile *p, enum callback c, const struct decoded *d,
                       const struct answer *ans, struct str fallback, struct arena *a,
                       struct http_answer *out);

/* ---- out ---- */

/* How a text goes out by this profile; see struct mt_shaper. */
size_t aggregator_shape(const struct profile *p, struct str text, bool may_unaccent, struct arena *a,
                        struct mt_part *out, size_t max);
/* What a page of its USSD may hold; false when it has no USSD. */
bool aggregator_page(const struct profile *p, size_t *septets, size_t *ucs2);
bool aggregator_receipts(const struct profile *p); /* it has receipts for what it sends */

struct http_send {
    const char *method;
    struct str url, body;
    struct header headers[16];
    size_t n_headers;
    long timeout_ms;
};
struct mt {
    struct str to, from, text; /* E.164; sender; UTF-8 */
    struct str key;            /* the idempotency key */
    msec now;
};
MUST_CHECK enum err aggregator_send(const struct profile *p, const struct mt *mt, struct arena *arena,
                                    struct http_send *out, struct failure *why);

enum sent_class { /* what the aggregator's answer to a send means */
                  SENT_OK,
                  SENT_THROTTLED,   /* too fast: later */
                  SENT_CONNECTION,  /* its side is broken: later */
                  SENT_STATUS,      /* an HTTP status that is no success */
                  SENT_CONTENT,     /* success by its status, but the answer lacks what it must hold */
                  SENT_UNPARSEABLE, /* the answer is not in its format */
                  SENT_REFUSED,     /* it will never take this message */
                  SENT_BLOCKED      /* nor any other for this number */
};
const char *sent_class_name(enum sent_class c);
struct sent {
    enum sent_class what;
    enum send_result result; /* what follows: done, again, failed */
    enum mt_class why;
    struct str message_id; /* the aggregator's; in the arena, may be empty */
    msec retry_after;      /* its wish, from the answer's body; 0 none */
};
void aggregator_sent(const struct profile *p, int http_status, struct str body, struct arena *arena,
                     struct sent *out);

/* ---- for tools ---- */

/* The canonical input as one JSON line (see docs/architecture.md). */
void aggregator_input_json(const struct input *in, struct out *o);
/* Add to the request what `auth` of the section asks for, as the aggregator would: a token, or a signature
 * (`wrong`: one with another key). Headers must have room for one more. */
void aggregator_sign(const struct profile *p, enum callback c, bool wrong, msec now, struct http_request *req,
                     struct header *headers, struct arena *a);

/* One case of a corpus, as the conditions of the section `corpus` see it. */
struct corpus_case {
    const char *aggregator, *kind, *name;
    const char *path, *url;       /* of the request that came; of the first one that goes out; NULL: none */
    const struct header *account; /* the settings of the source's account, by name */
    size_t n_account;
};
bool aggregator_corpus_takes(const struct profile *p, const struct corpus_case *c, struct arena *a);
/* Why this profile does otherwise in this case; NULL: it should do the same. */
const char *aggregator_corpus_differs(const struct profile *p, const struct corpus_case *c, struct arena *a);
/* A setting or secret that the case does not tell; NULL: none. */
const char *aggregator_corpus_setting(const struct profile *p, const struct corpus_case *c, const char *name,
                                      struct arena *a);
msec aggregator_corpus_now(const struct profile *p); /* 0: not given */

extern const struct cfg_schema profile_schema; /* what a profile file may hold */

#endif
