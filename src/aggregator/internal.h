#ifndef AGGREGATOR_INTERNAL_H
#define AGGREGATOR_INTERNAL_H

#include "aggregator/aggregator.h"

#include "text/text.h"

enum source { SOURCE_QUERY, SOURCE_FORM, SOURCE_JSON };
enum stamp_format { STAMP_NONE, STAMP_EPOCH, STAMP_EPOCH_MS, STAMP_RFC3339 };
enum auth_kind { AUTH_NONE, AUTH_QUERY, AUTH_HEADER };

/* ---- templates: parts compiled at load ---- */
enum variable { VAR_NONE, VAR_TEXT, VAR_TO, VAR_TO_PLAIN, VAR_FROM, VAR_KEY };
enum escape {
    ESCAPE_NONE,
    ESCAPE_URL,
    ESCAPE_URL_VALUES /* not what the profile wrote itself */,
    ESCAPE_JSON
};
struct part {
    enum variable var; /* VAR_NONE: the literal (a secret is one, too) */
    struct str literal;
};
struct template
{
    struct part *parts;
    size_t n;
};
struct values {
    struct str text, to, from, key;
};
bool template_compile(const char *text, const char *secrets, struct cfg_pos pos, struct template *out,
                      struct arena *a, struct cfg_findings *f);
/* In the arena; never fails. */
struct str template_fill(const struct template *t, const struct values *v, enum escape escape,
                         struct arena *a);

/* ---- what the file says ---- */
struct word_def {
    struct cfg_strings is;
    int means;
};
struct auth_def {
    int kind;
    const char *name, *secret;
};
struct reply_def {
    int64_t status, again_status;
    const char *content_type, *text, *go_on, *end, *again;
    struct cfg_map unicode_headers; /* sent along when the text does not fit the GSM alphabet */
};
struct callback_def {
    struct cfg_pos pos;
    struct cfg_strings methods, sender, recipient, text, message_id, timestamp, session, status, charset,
        end_if;
    struct cfg_strings required;
    int source, timestamp_format;
    struct cfg_list charsets, statuses; /* of word_def */
    bool cumulative;
    const char *separator;
    int64_t page_septets, page_ucs2;
    struct auth_def auth;
    struct reply_def reply;
};
struct send_def {
    struct cfg_pos pos;
    const char *method, *url, *message_id;
    struct cfg_map query, form, headers, unicode;
    struct cfg_strings ok_body_any;
    int64_t ok_min, ok_max;
    struct cfg_strings permanent; /* HTTP statuses that trying again does not help */
    msec timeout;
};
struct profile_def {
    const char *id, *about;
    struct callback_def sms, ussd, dlr;
    struct send_def send;
};

/* ---- compiled ---- */
struct named_template {
    const char *name;
    struct template value;
};
struct named_templates {
    struct named_template *items;
    size_t n;
};
struct callback_rules {
    const struct callback_def *def; /* NULL: no such callback */
    struct str token;
    struct template text, go_on, end, again;
};
struct profile {
    struct profile_def def;
    const char *country;
    struct callback_rules callbacks[CALLBACK_COUNT];
    struct template url;
    struct named_templates query, form, headers, unicode;
};

/* ---- params.c: the fields of one request ---- */
struct param {
    struct str name, value; /* decoded */
};
struct params {
    struct param *items;
    size_t n;
    void *json; /* cJSON of the body, or NULL */
};
MUST_CHECK enum err params_read(enum source source, const struct http_request *req, struct arena *a,
                                struct params *out, int *status, struct failure *why);
void params_free(struct params *p);
/* The first of the names that is there; false when none is. Values live in the arena. */
bool params_get(const struct params *p, const struct cfg_strings *names, struct arena *a, struct str *out);
/* Is this one there more than once? Some read the first and some the last. */
bool params_twice(const struct params *p, const char *name);
MUST_CHECK bool query_value(struct str query, const char *name, struct arena *a, struct str *out);

#endif
