#ifndef AGGREGATOR_INTERNAL_H
#define AGGREGATOR_INTERNAL_H

#include "aggregator/aggregator.h"

#include "base/net.h"
#include "text/text.h"

#include <regex.h>

/* ---- fields.c: a request or an answer as a flat list of names and values ---- */

enum format { FORMAT_QUERY, FORMAT_FORM, FORMAT_JSON, FORMAT_XML, FORMAT_TEXT };
enum { FIELDS_MAX = 1024, FIELD_DEPTH = 16 };

struct field {
    struct str name, value; /* JSON "a.b.0.c", XML "a.b.@c" */
};
struct fields {
    struct field *items;
    size_t n, cap;
    struct arena *a;
};
void fields_init(struct fields *f, struct arena *a);
/* false when there are more than FIELDS_MAX */
bool fields_add(struct fields *f, struct str name, struct str value);
MUST_CHECK enum err fields_pairs(struct fields *f, struct str urlencoded, struct failure *why);
MUST_CHECK enum err fields_json(struct fields *f, struct str body, struct failure *why); /* json.c */
MUST_CHECK enum err fields_xml(struct fields *f, struct str body, struct failure *why);  /* xml.c */
const struct str *fields_get(const struct fields *f, struct str prefix, struct str name);
size_t fields_count(const struct fields *f, struct str prefix, struct str name);
/* %XX undone; `plus`: + is a blank. false: a % is not followed by two hex digits. */
bool percent_decode(struct str in, bool plus, struct arena *a, struct str *out);

/* ---- refs.c: "header:X~regex", "A=1 & !B" ---- */

struct view {                       /* what references look at */
    const struct http_request *req; /* NULL: an answer to a send */
    const struct fields *fields;    /* of the body; of the URL for FORMAT_QUERY */
    const struct fields *query;     /* of the URL; NULL: none */
    struct str prefix;              /* of the element that `each` has come to: "results.0." */
    struct str body;
    int http; /* status of an answer */
    struct arena *a;
};

enum ref_where { REF_FIELD, REF_ROOT, REF_QUERY, REF_HEADER, REF_PATH, REF_BODY, REF_HTTP, REF_SETTING };
struct ref {
    enum ref_where where;
    struct str name;
    int index;   /* REF_PATH */
    regex_t *re; /* NULL: any value */
};
struct refs {
    struct ref *items;
    size_t n;
};
struct term {
    struct ref ref;
    enum { TERM_THERE, TERM_ABSENT, TERM_IS, TERM_IS_NOT } what;
    struct str *values;
    size_t n;
};
struct condition {
    struct term *terms; /* all of them */
    size_t n;
};
struct conditions {
    struct condition *items; /* any of them */
    size_t n;
};
bool refs_get(const struct refs *r, const struct view *v, struct str *out);
bool ref_get(const struct ref *r, const struct view *v, struct str *out);
bool refs_there(const struct refs *r, const struct view *v); /* even empty */
bool ref_twice(const struct ref *r, const struct view *v);   /* is it there more than once? */
bool conditions_met(const struct conditions *c, const struct view *v);
bool glob_match(struct str pattern, struct str value); /* '*' stands for anything */

struct str request_header(const struct http_request *req, const char *name);

/* ---- compile.c: texts of the file to what the hot path uses ---- */

struct regexes { /* to be freed with the profile */
    regex_t *re;
    struct regexes *next;
};
struct compiler {
    const struct profile_env *env;
    const struct cfg_map *settings;
    struct arena *a;
    struct cfg_findings *f;
    struct regexes *regexes;
};
void check_name(struct compiler *c, struct str name, struct cfg_pos pos); /* fit for a reason of one line? */
void compile_refs(struct compiler *c, const struct cfg_strings *texts, struct refs *out);
void compile_conditions(struct compiler *c, const struct cfg_strings *texts, struct conditions *out);
const char *compile_setting(struct compiler *c, const char *name,
                            struct cfg_pos pos); /* NULL and a finding */
bool compile_secret(struct compiler *c, const char *name, struct cfg_pos pos, struct str *out);

/* ---- template.c ---- */

enum escape { ESCAPE_NONE, ESCAPE_URL, ESCAPE_JSON, ESCAPE_XML };
enum variable {
    VAR_LITERAL, /* already escaped */
    VAR_TEXT,
    VAR_TO,
    VAR_FROM,
    VAR_KEY,
    VAR_NOW,
    VAR_UNICODE, /* one of two literals */
    VAR_SIGNATURE,
    VAR_PARTS,
    VAR_SENDER,
    VAR_RECIPIENT,
    VAR_SESSION,
    VAR_MESSAGE_ID,
    VAR_FIELD, /* of the request: by `echo` in an answer, by `ref` in a signature */
    VAR_METHOD,
    VAR_URL,
    VAR_PATH,
    VAR_QUERY,
    VAR_BODY,
    VAR_PARAMS
};
enum filter {
    FILTER_END,
    FILTER_PLAIN,
    FILTER_NATIONAL,
    FILTER_URL,
    FILTER_BASE64,
    FILTER_BASE64URL,
    FILTER_HEX,
    FILTER_UTF16BE,
    FILTER_LATIN1,
    FILTER_GSM7,
    FILTER_SHA256,
    FILTER_SHA1,
    FILTER_MD5,
    FILTER_UPPER,
    FILTER_LOWER
};
enum { FILTERS = 4 };
enum template_place { PLACE_REPLY = 1, PLACE_SEND = 2, PLACE_SIGNED = 4 }; /* where a template stands */

struct part {
    enum variable var;
    struct str literal; /* VAR_LITERAL, VAR_NOW: the format, VAR_UNICODE: for UCS-2 */
    struct str other;   /* VAR_UNICODE: for the GSM alphabet */
    struct ref ref;     /* VAR_FIELD */
    size_t echo;        /* VAR_FIELD in an answer: which of the echoed */
    enum escape escape;
    uint8_t filters[FILTERS];
};
struct template
{
    struct part *parts;
    size_t n, cap;
};
struct echoes { /* fields that the answers of one section repeat */
    struct refs refs;
    size_t cap;
};
struct values {
    struct str text, to, from, key, signature, parts, sender, recipient, session, message_id;
    struct str url; /* of the request */
    const struct str *echo;
    const struct view *view;
    msec now;
    bool unicode;
};
struct template_home {
    enum template_place place;
    enum escape literal, value; /* how what the file writes, and what comes in, is escaped */
    struct echoes *echoes;      /* PLACE_REPLY */
    const char *id;             /* of the profile, for {callback:} */
    bool address;               /* a setting that begins it is an address, and no part of one */
};
/* Adds to `out`. */
void template_add(struct compiler *c, const char *text, struct cfg_pos pos, const struct template_home *home,
                  struct template *out);
void template_add_literal(struct compiler *c, struct str text, enum escape escape, struct template *out);
/* A group as JSON. */
void template_add_json(struct compiler *c, const struct cfg_tree *t, const struct template_home *home,
                       struct template *out);
/* In the arena; false: a text does not fit the charset that a filter asks for. */
MUST_CHECK bool template_fill(const struct template *t, const struct values *v, struct arena *a,
                              struct str *out);
struct str escaped(struct str s, enum escape how, struct arena *a);

/* ---- digest.c: what proves a caller; libcrypto ---- */

enum algorithm {
    ALGORITHM_SHA1,
    ALGORITHM_SHA256,
    ALGORITHM_SHA512,
    ALGORITHM_MD5,
    ALGORITHM_PLAIN = 8 /* with one of the above: no HMAC, a digest of a text that holds the secret */
};
enum encoding {
    ENCODING_PLAIN,
    ENCODING_HEX,
    ENCODING_BASE64,
    ENCODING_BASE64URL,
    ENCODING_PERCENT,
    ENCODING_MAYBE_BASE64
};
enum { DIGEST_MAX = 64 };
size_t digest(enum algorithm how, struct str over, uint8_t out[DIGEST_MAX]);
size_t hmac(enum algorithm how, struct str key, struct str over, uint8_t out[DIGEST_MAX]);
struct str encoded(enum encoding how, const void *p, size_t n, struct arena *a);
/* false: not valid in it. */
bool decoded_from(enum encoding how, struct str in, struct arena *a, struct str *out);

/* ---- what the file says ---- */

struct word_def { /* an entry of charsets, statuses, events, results */
    struct cfg_pos pos;
    struct cfg_strings is, if_any;
    int means, encoding, why;
};
struct certificate_def {
    struct cfg_pos pos;
    const char *header;
    struct cfg_strings is;
};
struct auth_def {
    struct cfg_pos pos;
    int by, algorithm, encoding, key_encoding;
    const char *name, *secret, *user, *over, *timestamp_format;
    struct cfg_strings signature, timestamp, networks;
    msec tolerance;
    bool once;
    struct cfg_map claims;
    struct certificate_def certificate;
};
struct reply_def {
    struct cfg_pos pos;
    int64_t status, again_status;
    const char *content_type;
    struct cfg_tree *text, *empty, *go_on, *end, *again;
    struct cfg_map headers, go_on_headers, end_headers, unicode_headers;
};
struct callback_def {
    struct cfg_pos pos;
    struct cfg_strings methods, content_types, required, when, ignore_if, refuse_if;
    struct cfg_strings sender, recipient, text, message_id, timestamp, session, status, charset, part_ref,
        part_no, part_count, udh;
    int source, charset_is, encoding;
    const char *each, *timestamp_format, *separator;
    int64_t timestamp_offset, page_septets, page_ucs2;
    bool twice_encoded, cumulative;
    struct cfg_list charsets, statuses, events; /* of word_def */
    struct auth_def auth;
    struct reply_def reply;
};
struct sign_def {
    struct cfg_pos pos;
    int algorithm, encoding, key_encoding;
    const char *secret, *over;
};
struct send_auth_def {
    struct cfg_pos pos;
    int by;
    const char *user, *secret;
};
struct send_def {
    struct cfg_pos pos;
    const char *method, *url, *content_type, *part_join;
    struct cfg_tree *query, *form, *body, *part;
    struct cfg_map headers;
    struct send_auth_def auth;
    struct sign_def sign;
    int64_t segments_max;
    bool plain_signs, unaccent, id_required;
    int answer;
    struct cfg_list results;
    struct cfg_strings success, message_id, retry_after, permanent;
    msec timeout;
};
struct corpus_set_def {
    struct cfg_pos pos;
    struct cfg_strings if_any;
    struct cfg_map set;
};
struct corpus_differs_def {
    struct cfg_pos pos;
    struct cfg_strings if_any;
    const char *why;
};
struct corpus_def {
    struct cfg_pos pos;
    struct cfg_strings aggregator, only;
    const char *now;
    struct cfg_list account, differs;
};
struct profile_def {
    const char *id, *about;
    int numbers;
    struct cfg_map settings;
    struct callback_def callbacks[CALLBACK_COUNT];
    struct send_def send;
    struct corpus_def corpus;
};
enum auth_by { AUTH_NONE, AUTH_QUERY, AUTH_HEADER, AUTH_FIELD, AUTH_BASIC, AUTH_BEARER, AUTH_HMAC, AUTH_JWT };
enum event_means { EVENT_BEGIN, EVENT_CONTINUE, EVENT_END };
enum status_means { /* after the states of enum dlr_status */ STATUS_IGNORE = DLR_RETRY + 1, STATUS_REFUSE };
enum numbers { NUMBERS_AUTO, NUMBERS_INTERNATIONAL, NUMBERS_NATIONAL };

/* ---- compiled ---- */

enum stamp { STAMP_NONE, STAMP_EPOCH, STAMP_EPOCH_MS, STAMP_RFC3339, STAMP_ISO8601, STAMP_PATTERN };
struct stamp_format {
    enum stamp kind;
    const char *pattern;
    int offset_min;
};
struct word { /* compiled word_def */
    const struct word_def *def;
    struct conditions if_any;
    bool any; /* "*" */
};
struct words {
    struct word *items;
    size_t n;
};
struct claim {
    struct str name;
    struct template value;
};
struct auth {
    const struct auth_def *def;
    struct str secret, user;
    struct refs field, signature, timestamp;
    struct stamp_format stamp;
    struct template over;
    struct claim *claims;
    size_t n_claims;
    struct net_range *networks;
    size_t n_networks;
};
struct reply {
    struct template text, empty, go_on, end, again;
    struct echoes echoes;
};
enum field_id { /* in the order of `field_names` in load.c */
                FIELD_SENDER,
                FIELD_RECIPIENT,
                FIELD_TEXT,
                FIELD_MESSAGE_ID,
                FIELD_TIMESTAMP,
                FIELD_SESSION,
                FIELD_STATUS,
                FIELD_CHARSET,
                FIELD_PART_REF,
                FIELD_PART_NO,
                FIELD_PART_COUNT,
                FIELD_UDH,
                FIELD_IDS
};
extern const char *const field_names[FIELD_IDS];
const struct cfg_strings *field_def(const struct callback_def *d, enum field_id id);
struct section {
    const struct callback_def *def; /* NULL: no such callback */
    struct refs fields[FIELD_IDS];
    enum { NOT_REQUIRED, REQUIRED, REQUIRED_OR_EMPTY } required[FIELD_IDS];
    struct conditions when, ignore_if, refuse_if;
    struct stamp_format stamp;
    struct words charsets, statuses, events;
    struct str each; /* "results." ; {NULL,0}: the whole document */
    bool many;
    struct auth auth;
    struct reply reply;
};
struct send_rules {
    struct template url, body, part, over;
    struct str sign_key;
    struct {
        const char *name;
        struct template value;
    } headers[14];
    size_t n_headers;
    const char *method;
    struct words results;
    struct conditions success;
    struct refs message_id, retry_after;
    bool unicode_matters, many_parts;
    uint16_t permanent[32];
    size_t n_permanent;
};
struct corpus_rules {
    struct conditions only;
    struct conditions *account, *differs; /* of each entry of the lists */
    msec now;
};
struct profile {
    struct profile_def def;
    const char *country, *public_url;
    struct section sections[CALLBACK_COUNT];
    struct send_rules send;
    struct regexes *regexes;
    struct corpus_rules corpus;
};

/* ---- decode.c, auth.c, textin.c ---- */

bool stamp_parse(const struct stamp_format *s, struct str raw, msec *out);
/* Is this caller who the section wants? */
MUST_CHECK enum err authenticate(const struct profile *p, const struct section *s, const struct view *v,
                                 const struct decode_env *env, struct callback_request *out, int *status,
                                 struct failure *why);
/* Must the body be read before that? */
bool auth_needs_fields(const struct section *s);
struct str request_url(const struct profile *p, const struct http_request *req, struct arena *a);
/* What was typed, as UTF-8. false: not valid in its charset. */
bool text_in(const struct section *s, const struct view *v, struct str *out);
/* The user data header's concatenation element, if it has one. */
bool udh_parse(struct str hex, unsigned *ref, unsigned *no, unsigned *count);
void compile_corpus(struct compiler *c, struct profile *p); /* corpus.c */
bool replays_seen(struct replays *r, const uint8_t digest[16], msec now);

#endif
