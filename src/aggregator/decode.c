/* One request to its inputs. */
#include "aggregator/internal.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct decode {
    const struct profile *p;
    const struct section *s;
    enum callback c;
    const struct http_request *req;
    const struct decode_env *env;
    struct fields query, body;
    struct view view;
    struct arena *a;
    struct callback_request *out;
    int *status;
    struct failure *why;
};

static enum err refuse(struct decode *d, const char *what)
{
    *d->status = 400;
    return fail(d->why, ERR_INPUT, "%s", what);
}

/* ---- time ---- */

static bool parse_pattern(const struct stamp_format *s, struct str raw, msec *out)
{
    char text[64];
    struct tm tm = {.tm_mday = 1};
    if (!str_copy(raw, text, sizeof text))
        return false;
    const char *end = strptime(text, s->pattern, &tm);
    if (!end || *end)
        return false;
    long zone = tm.tm_gmtoff; /* of %z; timegm() forgets it */
    *out = ((msec)timegm(&tm) - zone) * 1000 - (zone ? 0 : s->offset_min * MINUTE_MS);
    return true;
}

/* RFC 3339 wants a colon in the offset, and an offset. */
static bool parse_iso8601(const struct stamp_format *s, struct str raw, msec *out)
{
    char text[48];
    if (raw.n < 19 || raw.n > 40)
        return false;
    size_t n = raw.n;
    memcpy(text, raw.s, n);
    bool offset = n > 19 && (text[n - 5] == '+' || text[n - 5] == '-');
    bool bare =
        !memchr(text + 19, 'Z', n - 19) && !memchr(text + 19, '+', n - 19) && !memchr(text + 19, '-', n - 19);
    if (offset) {
        memmove(text + n - 1, text + n - 2, 2);
        text[n++ - 2] = ':';
    } else if (bare) {
        text[n++] = 'Z';
    }
    if (!time_parse_rfc3339((struct str){text, n}, out))
        return false;
    *out -= bare ? s->offset_min * MINUTE_MS : 0;
    return true;
}

bool stamp_parse(const struct stamp_format *s, struct str raw, msec *out)
{
    static const msec LAST = 253402300800000; /* the year 10000 */
    uint64_t v;
    bool ok = true;
    switch (s->kind) {
    case STAMP_NONE:
        *out = 0;
        return true;
    case STAMP_EPOCH:
    case STAMP_EPOCH_MS:
        ok = str_to_u64(raw, (uint64_t)LAST, &v);
        *out = ok ? (msec)v * (s->kind == STAMP_EPOCH ? 1000 : 1) : 0;
        break;
    case STAMP_RFC3339:
        ok = time_parse_rfc3339(raw, out);
        break;
    case STAMP_ISO8601:
        ok = parse_iso8601(s, raw, out);
        break;
    case STAMP_PATTERN:
        ok = parse_pattern(s, raw, out);
        break;
    }
    return ok && *out >= 0 && *out < LAST;
}

/* ---- reading the request ---- */

static bool type_is(struct str type, const char *want)
{
    return strcmp(want, "*") == 0 || str_is_nocase(type, want);
}

static bool type_taken(const struct callback_def *d, struct str type)
{
    static const char *const usual[][3] = {[FORMAT_FORM] = {"application/x-www-form-urlencoded"},
                                           [FORMAT_JSON] = {"application/json"},
                                           [FORMAT_XML] = {"application/xml", "text/xml"}};
    for (size_t i = 0; i < d->content_types.n; i++)
        if (type_is(type, d->content_types.items[i]))
            return true;
    for (size_t i = 0; d->content_types.n == 0 && i < 3 && usual[d->source][i]; i++)
        if (type_is(type, usual[d->source][i]))
            return true;
    return false;
}

static enum err read_body(struct decode *d)
{
    const struct callback_def *def = d->s->def;
    struct str value = request_header(d->req, "Content-Type"), type = str_trim(str_split(&value, ';'));
    bool nothing = def->source == FORMAT_QUERY || (def->source == FORMAT_FORM && !d->req->body.n);
    fields_init(&d->body, d->a);
    d->view.fields = def->source == FORMAT_QUERY ? &d->query : &d->body;
    d->view.query = def->source == FORMAT_QUERY ? NULL : &d->query;
    if (nothing)
        return OK;
    *d->status = 415;
    if (!type_taken(def, type))
        return fail(d->why, ERR_INPUT, "the body must be %s",
                    def->source == FORMAT_FORM   ? "application/x-www-form-urlencoded"
                    : def->source == FORMAT_JSON ? "application/json"
                                                 : "application/xml");
    *d->status = 400;
    if (def->source == FORMAT_JSON)
        return fields_json(&d->body, d->req->body, d->why);
    if (def->source == FORMAT_XML)
        return fields_xml(&d->body, d->req->body, d->why);
    return fields_pairs(&d->body, d->req->body, d->why);
}

/* Read it and see who sent it; whichever can be first is. */
static enum err open_request(struct decode *d)
{
    bool fields_first = auth_needs_fields(d->s);
    enum err rc = fields_first ? read_body(d) : OK;
    if (rc == OK) {
        if (!fields_first) {
            d->view.fields = &d->query;
            d->view.query = &d->query;
        }
        rc = authenticate(d->p, d->s, &d->view, d->env, d->out, d->status, d->why);
    }
    return rc == OK && !fields_first ? read_body(d) : rc;
}

/* ---- fields of one element ---- */

static bool get(struct decode *d, enum field_id id, struct str *out)
{
    return refs_get(&d->s->fields[id], &d->view, out);
}

/* Which of two senders wrote must not hang on who reads the request. */
static enum err check_twice(struct decode *d)
{
    for (int id = 0; id < FIELD_IDS; id++) {
        const struct refs *r = &d->s->fields[id];
        for (size_t i = 0; i < r->n; i++)
            if (ref_twice(&r->items[i], &d->view)) {
                *d->status = 400;
                return fail(d->why, ERR_INPUT, "field \"%.*s\" is there twice", STR_ARG(r->items[i].name));
            }
    }
    return OK;
}

static enum err lacks(struct decode *d, enum field_id id)
{
    const struct refs *r = &d->s->fields[id];
    *d->status = 400;
    return fail(d->why, ERR_INPUT, "field \"%s\" is required", r->n ? r->items[0].name.s : field_names[id]);
}

static enum err check_required(struct decode *d)
{
    struct str value;
    for (int id = 0; id < FIELD_IDS; id++)
        if (d->s->required[id] == REQUIRED_OR_EMPTY
                ? !refs_there(&d->s->fields[id], &d->view)
                : d->s->required[id] && !get(d, (enum field_id)id, &value))
            return lacks(d, (enum field_id)id);
    return OK;
}

static bool clean(struct str s, size_t max)
{
    return s.n <= max && text_utf8_valid(s) && !(s.n && memchr(s.s, 0, s.n));
}

static bool to_number(const struct profile *p, struct str raw, char out[MSISDN_MAX])
{
    char digits[MSISDN_MAX + 8];
    struct out o;
    raw = str_trim(raw);
    if (p->def.numbers == NUMBERS_AUTO || !raw.n || raw.s[0] == '+')
        return text_msisdn(raw, p->country, out);
    if (raw.n > 20)
        return false;
    bool zero = raw.s[0] == '0', two = zero && raw.n > 1 && raw.s[1] == '0';
    out_init(&o, digits, sizeof digits);
    out_char(&o, '+');
    if (p->def.numbers == NUMBERS_NATIONAL && !two)
        out_cstr(&o, p->country);
    size_t skip = two ? 2 : p->def.numbers == NUMBERS_NATIONAL && zero ? 1 : 0;
    out_str(&o, (struct str){raw.s + skip, raw.n - skip});
    return !o.overflow && text_msisdn(out_span(&o), p->country, out);
}

static enum err read_common(struct decode *d, struct input *in)
{
    struct str v;
    if (get(d, FIELD_SENDER, &v) && !to_number(d->p, v, in->sender))
        return refuse(d, "the sender is no telephone number");
    if (get(d, FIELD_RECIPIENT, &in->recipient) && !clean(in->recipient, 64))
        return refuse(d, "the recipient is longer than 64 bytes or no UTF-8");
    if (get(d, FIELD_MESSAGE_ID, &in->message_id) && !clean(in->message_id, 128))
        return refuse(d, "the message id is longer than 128 bytes or no UTF-8");
    if (get(d, FIELD_SESSION, &in->session_id) && !clean(in->session_id, 128))
        return refuse(d, "the session id is longer than 128 bytes or no UTF-8");
    if (d->s->stamp.kind != STAMP_NONE && get(d, FIELD_TIMESTAMP, &v) &&
        !stamp_parse(&d->s->stamp, v, &in->timestamp))
        return refuse(d, "the timestamp is not written as timestamp_format says, or out of range");
    return OK;
}

/* ---- SMS ---- */

static enum err read_part(struct decode *d, struct input *in)
{
    struct str ref, no, count, udh;
    unsigned number, part_no, part_count;
    uint64_t n = 0, all = 0;
    if (get(d, FIELD_UDH, &udh) && udh_parse(udh, &number, &part_no, &part_count)) {
        in->part_no = part_no;
        in->part_count = part_count;
        struct out o;
        out_init(&o, arena_alloc(d->a, 16), 16);
        out_u64(&o, number);
        in->part_ref = out_span(&o);
        return OK;
    }
    if (!get(d, FIELD_PART_REF, &ref) || !get(d, FIELD_PART_COUNT, &count))
        return OK; /* a whole message */
    if (!str_to_u64(count, 255, &all) || !get(d, FIELD_PART_NO, &no) || !str_to_u64(no, 255, &n))
        return refuse(d, "the number of a part or of all parts is no number up to 255");
    if (all > 1 && (n == 0 || n > all))
        return refuse(d, "the part's number is not among its parts");
    if (!clean(ref, 64))
        return refuse(d, "the reference of a part is longer than 64 bytes or no UTF-8");
    if (all > 1) {
        in->part_ref = ref;
        in->part_no = (unsigned)n;
        in->part_count = (unsigned)all;
    }
    return OK;
}

static enum err decode_sms(struct decode *d, struct input *in)
{
    in->reply_by_mt = !d->s->def->reply.text;
    return read_part(d, in);
}

/* ---- USSD ---- */

static enum err read_event(struct decode *d, struct input *in)
{
    static const enum dialogue_event events[] = {
        [EVENT_BEGIN] = DLG_BEGIN, [EVENT_CONTINUE] = DLG_TEXT, [EVENT_END] = DLG_CUT};
    const struct words *w = &d->s->events;
    if (!w->n) {
        in->event = in->text.n ? DLG_TEXT : DLG_BEGIN;
        return OK;
    }
    for (size_t i = 0; i < w->n; i++)
        if (conditions_met(&w->items[i].if_any, &d->view)) {
            in->event = events[w->items[i].def->means];
            return OK;
        }
    return refuse(d, "the request says not whether the session begins, goes on or ends");
}

static enum err decode_ussd(struct decode *d, struct input *in)
{
    struct str last = in->text;
    enum err rc = read_event(d, in);
    if (rc != OK)
        return rc;
    if (!*in->sender && in->event != DLG_CUT)
        return lacks(d, FIELD_SENDER);
    in->page_septets = (size_t)d->s->def->page_septets;
    in->page_ucs2 = (size_t)d->s->def->page_ucs2;
    for (struct str rest = in->text; d->s->def->cumulative && rest.s;)
        last = str_split(&rest, d->s->def->separator[0]);
    in->text = in->event == DLG_TEXT ? last : (struct str){NULL, 0};
    return OK;
}

/* ---- receipts ---- */

static bool word_fits(const struct word *w, struct str status, const struct view *v)
{
    for (size_t i = 0; i < w->def->is.n; i++)
        if (str_is_nocase(status, w->def->is.items[i]))
            return true;
    return (w->any && status.n) || conditions_met(&w->if_any, v);
}

static enum err decode_dlr(struct decode *d, struct input *in, bool *ignored)
{
    struct str status;
    bool there = get(d, FIELD_STATUS, &status);
    for (size_t i = 0; i < d->s->statuses.n; i++) {
        const struct word *w = &d->s->statuses.items[i];
        if (!word_fits(w, status, &d->view))
            continue;
        if (w->def->means == STATUS_REFUSE)
            break;
        *ignored = w->def->means == STATUS_IGNORE;
        in->dlr = *ignored ? DLR_QUEUED : (enum dlr_status)w->def->means;
        in->mt_class = (enum mt_class)w->def->why;
        return OK;
    }
    return there ? refuse(d, "the status is none that the profile knows") : lacks(d, FIELD_STATUS);
}

/* ---- one element ---- */

/* What makes a repeat a repeat: the aggregator's own id, else what came, digested. */
static void make_key(struct decode *d, struct input *in)
{
    uint8_t hash[16];
    crypto_generichash_state h;
    enum { ROOM = 340 };
    struct out o;
    out_init(&o, arena_alloc(d->a, ROOM), ROOM);
    out_printf(&o, "%s/%s/", in->aggregator, callback_name(d->c));
    if (d->c == CALLBACK_SMS && in->message_id.n) {
        out_str(&o, in->message_id);
        if (in->part_count > 1)
            out_printf(&o, "/%u", in->part_no);
    } else {
        struct str raw;
        get(d, FIELD_TEXT, &raw);
        const struct str pieces[] = {in->message_id, in->session_id, in->part_ref, raw};
        crypto_generichash_init(&h, NULL, 0, sizeof hash);
        crypto_generichash_update(&h, (const uint8_t *)in->sender, strlen(in->sender));
        crypto_generichash_update(&h, (const uint8_t *)&in->timestamp, sizeof in->timestamp);
        crypto_generichash_update(&h, (const uint8_t *)&in->event, sizeof in->event);
        crypto_generichash_update(&h, (const uint8_t *)&in->dlr, sizeof in->dlr);
        crypto_generichash_update(&h, (const uint8_t *)&in->part_no, sizeof in->part_no);
        for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
            crypto_generichash_update(&h, (const uint8_t *)&pieces[i].n, sizeof pieces[i].n);
            crypto_generichash_update(&h, (const uint8_t *)pieces[i].s, pieces[i].n);
        }
        crypto_generichash_final(&h, hash, sizeof hash);
        out_hex(&o, hash, sizeof hash);
    }
    in->key = out_span(&o);
}

static const struct str *echo(struct decode *d)
{
    const struct refs *r = &d->s->reply.echoes.refs;
    if (!r->n)
        return NULL;
    struct str *all = arena_array(d->a, r->n, sizeof *all);
    for (size_t i = 0; i < r->n; i++)
        ref_get(&r->items[i], &d->view, &all[i]);
    return all;
}

static enum err decode_kind(struct decode *d, struct input *in, bool *ignored)
{
    switch (d->c) {
    case CALLBACK_SMS:
        return decode_sms(d, in);
    case CALLBACK_USSD:
        return decode_ussd(d, in);
    default:
        return decode_dlr(d, in, ignored);
    }
}

static enum err decode_element(struct decode *d)
{
    static const enum input_kind kinds[] = {INPUT_MO, INPUT_USSD, INPUT_DLR};
    struct decoded *one = &d->out->items[d->out->n];
    struct input *in = &one->in;
    bool ignored = false;
    if (conditions_met(&d->s->refuse_if, &d->view))
        return refuse(d, "the profile refuses such a request (refuse_if)");
    if (conditions_met(&d->s->ignore_if, &d->view))
        return OK;
    *in = (struct input){.kind = kinds[d->c]};
    str_copy(str_of(d->p->def.id), in->aggregator, sizeof in->aggregator);
    enum err rc = check_twice(d);
    if (rc == OK)
        rc = check_required(d);
    if (rc == OK)
        rc = read_common(d, in);
    if (rc == OK && !text_in(d->s, &d->view, &in->text))
        rc = refuse(d, "the text is not valid in its charset");
    if (rc == OK)
        rc = decode_kind(d, in, &ignored);
    if (rc != OK || ignored)
        return rc;
    in->text = text_cut(in->text, TEXT_SMS_MAX); /* not before the latest answer was found in it */
    make_key(d, in);
    one->echo = echo(d);
    d->out->n++;
    return OK;
}

/* ---- elements of a list ---- */

static bool any_below(const struct fields *f, struct str prefix)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].name.n >= prefix.n && memcmp(f->items[i].name.s, prefix.s, prefix.n) == 0)
            return true;
    return false;
}

static struct str nth(struct decode *d, size_t i)
{
    struct str each = d->s->each;
    size_t room = each.n + 24;
    struct out o;
    if (d->s->def->source == FORMAT_XML && i == 0)
        return each; /* the first of its name has no number */
    out_init(&o, arena_alloc(d->a, room), room);
    out_printf(&o, "%.*s%zu.", STR_ARG(each), i);
    return out_span(&o);
}

static enum err decode_elements(struct decode *d)
{
    enum { MOST = 200 };
    size_t room = 1;
    if (!d->s->many) {
        d->out->items = arena_array(d->a, 1, sizeof *d->out->items);
        return decode_element(d);
    }
    while (room <= MOST && any_below(d->view.fields, nth(d, room)))
        room++;
    if (room > MOST)
        return refuse(d, "more than 200 messages in one request");
    if (!any_below(d->view.fields, nth(d, 0))) {
        *d->status = 400;
        return fail(d->why, ERR_INPUT, "field \"%s\" is required", d->s->def->each);
    }
    d->out->items = arena_array(d->a, room, sizeof *d->out->items);
    for (size_t i = 0; i < room; i++) {
        d->view.prefix = nth(d, i);
        enum err rc = decode_element(d);
        if (rc != OK)
            return rc; /* all or nothing: what is wrong comes again whole, and is known by its key */
    }
    for (size_t i = 0; d->out->n > 1 && i < d->out->n; i++)
        d->out->items[i].in.reply_by_mt |= d->c == CALLBACK_SMS; /* one body cannot answer several */
    return OK;
}

/* ---- which section takes it ---- */

static bool is_for(const struct section *s, const struct view *v)
{
    return !s->when.n || conditions_met(&s->when, v);
}

/* Read for another section, before anybody knows who sent it: only to see whether it is for that. */
static bool look(struct decode *d, enum callback c)
{
    d->c = c;
    d->s = &d->p->sections[c];
    return d->s->def && d->s->when.n && aggregator_takes(d->p, c, d->req->method) && read_body(d) == OK &&
           is_for(d->s, &d->view);
}

enum err aggregator_decode(const struct profile *p, enum callback c, const struct http_request *req,
                           const struct decode_env *env, struct arena *a, struct callback_request *out,
                           int *status, struct failure *why)
{
    struct decode d = {.p = p,
                       .s = &p->sections[c],
                       .c = c,
                       .req = req,
                       .env = env,
                       .a = a,
                       .out = out,
                       .status = status,
                       .why = why};
    *out = (struct callback_request){.callback = c};
    *status = 400;
    d.view = (struct view){.req = req, .body = req->body, .a = a};
    fields_init(&d.query, a);
    enum err rc = fields_pairs(&d.query, req->query, why);
    if (rc == OK)
        rc = open_request(&d);
    if (rc != OK)
        return rc;
    if (is_for(d.s, &d.view))
        return decode_elements(&d);
    for (int other = 0; other < CALLBACK_COUNT; other++) {
        if (other == (int)c || !look(&d, (enum callback)other))
            continue;
        out->callback = (enum callback)other;
        out->once_until = 0;
        rc = open_request(&d);
        return rc == OK ? decode_elements(&d) : rc;
    }
    return OK; /* nobody's */
}

/* ---- as JSON ---- */

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

static void add_or_null(cJSON *o, const char *name, struct str v, bool there)
{
    if (there)
        add(o, name, v);
    else
        cJSON_AddNullToObject(o, name);
}

static void add_ussd(cJSON *o, const struct input *in)
{
    add(o, "session_id", in->session_id);
    cJSON_AddStringToObject(o, "event",
                            in->event == DLG_BEGIN ? "begin"
                            : in->event == DLG_CUT ? "end"
                                                   : "continue");
    add_or_null(o, "sender", str_of(in->sender), *in->sender);
    add_or_null(o, "service_code", in->recipient, in->recipient.n);
    add_or_null(o, "input", in->text, in->event != DLG_CUT);
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
        size_t n = strlen(time);
        if (in->timestamp % 1000 && n + 5 <= sizeof time) { /* "...05Z" to "...05.643Z" */
            struct out o3;
            out_init(&o3, time + n - 1, sizeof time - n + 1);
            out_printf(&o3, ".%03dZ", (int)(in->timestamp % 1000));
        }
        cJSON_AddStringToObject(o, "timestamp", time);
    }
    if (in->part_count > 1) {
        cJSON *part = cJSON_AddObjectToObject(o, "part");
        add(part, "ref", in->part_ref);
        cJSON_AddNumberToObject(part, "no", in->part_no);
        cJSON_AddNumberToObject(part, "count", in->part_count);
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
        if (in->mt_class != MT_CLASS_UNKNOWN)
            cJSON_AddStringToObject(o, "class", mt_class_name(in->mt_class));
    } else {
        add_mo(o, in);
    }
    char *text = cJSON_PrintUnformatted(o);
    out_cstr(to, text);
    cJSON_free(text);
    cJSON_Delete(o);
}
