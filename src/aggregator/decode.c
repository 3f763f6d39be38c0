/* One request to one input. */
#include "aggregator/internal.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct decode {
    const struct profile *p;
    const struct callback_def *def;
    const struct http_request *req;
    struct params params;
    struct arena *a;
    struct input *in;
    bool *ignored;
    int *status;
    struct failure *why;
};

static bool secret_equal(struct str a, struct str b)
{
    return a.n == b.n && sodium_memcmp(a.s, b.s, a.n) == 0;
}

static enum err authenticate(const struct callback_rules *r, const struct http_request *req, struct arena *a,
                             int *status, struct failure *why)
{
    struct str got = {NULL, 0};
    const struct auth_def *auth = &r->def->auth;
    if (auth->kind == AUTH_NONE)
        return OK;
    *status = 401;
    if (auth->kind == AUTH_QUERY && !query_value(req->query, auth->name, a, &got))
        return fail(why, ERR_AUTH, "the token is missing");
    for (size_t i = 0; auth->kind == AUTH_HEADER && i < req->n_headers; i++)
        if (str_is_nocase(req->headers[i].name, auth->name))
            got = req->headers[i].value;
    return got.n && secret_equal(got, r->token) ? OK : fail(why, ERR_AUTH, "the token is wrong");
}

static const struct cfg_strings *field(const struct callback_def *d, const char *name)
{
    const struct {
        const char *name;
        const struct cfg_strings *at;
    } all[] = {{"sender", &d->sender},         {"recipient", &d->recipient}, {"text", &d->text},
               {"message_id", &d->message_id}, {"timestamp", &d->timestamp}, {"session", &d->session},
               {"status", &d->status}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].at;
    return NULL;
}

static bool get(struct decode *d, const struct cfg_strings *names, struct str *out)
{
    return params_get(&d->params, names, d->a, out);
}

static enum err refuse(struct decode *d, const char *what)
{
    *d->status = 400;
    return fail(d->why, ERR_INPUT, "%s", what);
}

/* Which of two senders wrote must not hang on who reads the request. */
static enum err check_twice(struct decode *d)
{
    const struct callback_def *def = d->def;
    const struct cfg_strings *const all[] = {&def->sender,     &def->recipient, &def->text,
                                             &def->message_id, &def->timestamp, &def->session,
                                             &def->status,     &def->charset,   &def->end_if};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        for (size_t k = 0; k < all[i]->n; k++)
            if (params_twice(&d->params, all[i]->items[k])) {
                *d->status = 400;
                return fail(d->why, ERR_INPUT, "field \"%s\" is there twice", all[i]->items[k]);
            }
    return OK;
}

static enum err check_required(struct decode *d)
{
    for (size_t i = 0; i < d->def->required.n; i++) {
        const struct cfg_strings *names = field(d->def, d->def->required.items[i]);
        struct str value;
        if (!names || !names->n || get(d, names, &value))
            continue;
        *d->status = 400;
        return fail(d->why, ERR_INPUT, "field \"%s\" is required", names->items[0]);
    }
    return OK;
}

static enum text_charset charset_of(struct decode *d)
{
    struct str name;
    const struct word_def *w = d->def->charsets.items;
    if (get(d, &d->def->charset, &name))
        for (size_t i = 0; i < d->def->charsets.n; i++)
            for (size_t k = 0; k < w[i].is.n; k++)
                if (str_is_nocase(name, w[i].is.items[k]))
                    return (enum text_charset)w[i].means;
    return CHARSET_UTF8;
}

static enum err read_text(struct decode *d)
{
    struct str raw;
    if (!d->def->text.n || !get(d, &d->def->text, &raw))
        return OK;
    size_t room = 3 * raw.n + 1; /* no charset of ours grows by more */
    struct out o;
    out_init(&o, arena_alloc(d->a, room), room);
    if (!text_decode(charset_of(d), raw, &o))
        return refuse(d, "the text is not valid in its charset");
    d->in->text = out_span(&o);
    return OK;
}

static enum err read_time(struct decode *d)
{
    struct str raw;
    uint64_t v;
    if (!d->def->timestamp.n || !get(d, &d->def->timestamp, &raw) || !raw.n)
        return OK;
    switch ((enum stamp_format)d->def->timestamp_format) {
    case STAMP_NONE:
        return OK;
    case STAMP_EPOCH:
    case STAMP_EPOCH_MS:
        if (!str_to_u64(raw, 253402300799000u, &v))
            return refuse(d, "the timestamp is no number of seconds");
        d->in->timestamp = (msec)(d->def->timestamp_format == STAMP_EPOCH ? v * 1000 : v);
        break;
    case STAMP_RFC3339:
        if (!time_parse_rfc3339(raw, &d->in->timestamp))
            return refuse(d, "the timestamp is no date and time");
    }
    bool in_range = d->in->timestamp >= 0 && d->in->timestamp < 253402300800000; /* years 1970 to 9999 */
    return in_range ? OK : refuse(d, "the timestamp is out of range");
}

static bool clean(struct str s, size_t max)
{
    return s.n <= max && text_utf8_valid(s) && !(s.n && memchr(s.s, 0, s.n));
}

static enum err read_common(struct decode *d)
{
    struct str v;
    struct input *in = d->in;
    if (d->def->sender.n && get(d, &d->def->sender, &v) && !text_msisdn(v, d->p->country, in->sender))
        return refuse(d, "the sender is no telephone number");
    if (get(d, &d->def->recipient, &in->recipient) && !clean(in->recipient, 64))
        return refuse(d, "the recipient is longer than 64 bytes or no UTF-8");
    if (get(d, &d->def->message_id, &in->message_id) && !clean(in->message_id, 128))
        return refuse(d, "the message id is longer than 128 bytes or no UTF-8");
    if (get(d, &d->def->session, &in->session_id) && !clean(in->session_id, 128))
        return refuse(d, "the session id is longer than 128 bytes or no UTF-8");
    return read_time(d);
}

static enum err decode_ussd(struct decode *d)
{
    struct input *in = d->in;
    struct str unused, all = in->text, last = {NULL, 0};
    size_t steps = 0;
    if (!*in->sender || !in->session_id.n)
        return refuse(d, "the sender or the session is missing");
    in->page_septets = (size_t)d->def->page_septets;
    in->page_ucs2 = (size_t)d->def->page_ucs2;
    in->event = all.n ? DLG_TEXT : DLG_BEGIN;
    for (struct str rest = all; d->def->cumulative && rest.s && all.n; steps++)
        last = str_split(&rest, d->def->separator[0]);
    if (d->def->cumulative)
        in->text = last;
    if (d->def->end_if.n && get(d, &d->def->end_if, &unused)) {
        in->event = DLG_CUT;
        in->text = (struct str){NULL, 0};
    }
    return OK;
}

static enum err decode_dlr(struct decode *d)
{
    struct str status;
    const struct word_def *w = d->def->statuses.items;
    if (!get(d, &d->def->status, &status) || !d->in->message_id.n)
        return refuse(d, "the message id or the status is missing");
    for (size_t i = 0; i < d->def->statuses.n; i++)
        for (size_t k = 0; k < w[i].is.n; k++)
            if (str_is(status, w[i].is.items[k])) {
                d->in->dlr = (enum dlr_status)w[i].means;
                return OK;
            }
    *d->ignored = true; /* a state nobody asked about */
    return OK;
}

/* What makes a repeat a repeat: the aggregator's own id, else what came, digested. */
static void make_key(struct decode *d, enum callback c)
{
    struct input *in = d->in;
    uint8_t digest[16];
    crypto_generichash_state h;
    enum { ROOM = 320 };
    struct out o;
    out_init(&o, arena_alloc(d->a, ROOM), ROOM);
    out_printf(&o, "%s/%s/", in->aggregator, callback_name(c));
    if (c == CALLBACK_SMS && in->message_id.n) {
        out_str(&o, in->message_id);
    } else {
        struct str raw = {NULL, 0};
        get(d, &d->def->text, &raw);
        crypto_generichash_init(&h, NULL, 0, sizeof digest);
        crypto_generichash_update(&h, (const uint8_t *)in->sender, strlen(in->sender));
        crypto_generichash_update(&h, (const uint8_t *)&in->timestamp, sizeof in->timestamp);
        crypto_generichash_update(&h, (const uint8_t *)&in->event, sizeof in->event);
        crypto_generichash_update(&h, (const uint8_t *)&in->dlr, sizeof in->dlr);
        crypto_generichash_update(&h, (const uint8_t *)in->message_id.s, in->message_id.n);
        crypto_generichash_update(&h, (const uint8_t *)in->session_id.s, in->session_id.n);
        crypto_generichash_update(&h, (const uint8_t *)raw.s, raw.n);
        crypto_generichash_final(&h, digest, sizeof digest);
        out_hex(&o, digest, sizeof digest);
    }
    in->key = out_span(&o);
}

static enum err decode_fields(struct decode *d, enum callback c)
{
    static const enum input_kind kinds[] = {INPUT_MO, INPUT_USSD, INPUT_DLR};
    d->in->kind = kinds[c];
    str_copy(str_of(d->p->def.id), d->in->aggregator, sizeof d->in->aggregator);
    enum err rc = check_twice(d);
    if (rc == OK)
        rc = check_required(d);
    if (rc == OK)
        rc = read_common(d);
    if (rc == OK)
        rc = read_text(d);
    if (rc == OK && c == CALLBACK_SMS && !*d->in->sender)
        rc = refuse(d, "the sender is missing");
    if (rc == OK && c == CALLBACK_USSD)
        rc = decode_ussd(d);
    if (rc == OK && c == CALLBACK_DLR)
        rc = decode_dlr(d);
    if (rc != OK)
        return rc;
    d->in->text = text_cut(d->in->text, TEXT_SMS_MAX); /* not before the latest answer was found in it */
    make_key(d, c);
    return OK;
}

enum err aggregator_decode(const struct profile *p, enum callback c, const struct http_request *req,
                           struct arena *a, struct input *in, bool *ignored, int *status, struct failure *why)
{
    const struct callback_rules *r = &p->callbacks[c];
    struct decode d = {.p = p,
                       .def = r->def,
                       .req = req,
                       .a = a,
                       .in = in,
                       .ignored = ignored,
                       .status = status,
                       .why = why};
    *ignored = false;
    enum err rc = authenticate(r, req, a, status, why);
    if (rc == OK)
        rc = params_read((enum source)r->def->source, req, a, &d.params, status, why);
    if (rc == OK)
        rc = decode_fields(&d, c);
    params_free(&d.params);
    return rc;
}

static void add(cJSON *o, const char *name, struct str v)
{
    char *z = malloc(v.n + 1);
    if (!z)
        abort();
    if (v.n)
        memcpy(z, v.s, v.n);
    z[v.n] = '\0';
    cJSON_AddStringToObject(o, name, z);
    free(z);
}

static void add_ussd(cJSON *o, const struct input *in)
{
    add(o, "session_id", in->session_id);
    cJSON_AddStringToObject(o, "event",
                            in->event == DLG_BEGIN ? "begin"
                            : in->event == DLG_CUT ? "end"
                                                   : "continue");
    cJSON_AddStringToObject(o, "sender", in->sender);
    add(o, "service_code", in->recipient);
    if (in->event == DLG_CUT)
        cJSON_AddNullToObject(o, "input");
    else
        add(o, "input", in->text);
}

static void add_mo(cJSON *o, const struct input *in)
{
    char time[32];
    cJSON_AddStringToObject(o, "sender", in->sender);
    add(o, "recipient", in->recipient);
    add(o, "text", in->text);
    add(o, "message_id", in->message_id);
    if (in->timestamp) {
        time_rfc3339(in->timestamp, 0, time, sizeof time);
        cJSON_AddStringToObject(o, "timestamp", time);
    }
}

void aggregator_input_json(const struct input *in, struct out *to)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "kind", input_kind_name(in->kind));
    cJSON_AddBoolToObject(o, "accepted", true);
    if (in->kind == INPUT_USSD) {
        add_ussd(o, in);
    } else if (in->kind == INPUT_DLR) {
        add(o, "message_id", in->message_id);
        cJSON_AddStringToObject(o, "status", dlr_status_name(in->dlr));
    } else {
        add_mo(o, in);
    }
    char *text = cJSON_PrintUnformatted(o);
    out_cstr(to, text);
    cJSON_free(text);
    cJSON_Delete(o);
}
