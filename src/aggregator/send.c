/* What goes out through the aggregator, and what its answer means. */
#include "aggregator/internal.h"

#include <limits.h>
#include <string.h>

/* ---- the text ---- */

static struct str cheaper(struct str text, size_t (*how)(struct str, char *, size_t), struct arena *a)
{
    size_t room = 4 * text.n + 1;
    char *to = arena_alloc(a, room);
    struct str other = {to, how(text, to, room)};
    return text_size(other).segments < text_size(text).segments ||
                   text_size(other).coding < text_size(text).coding
               ? other
               : text;
}

/* Without accents only when that saves segments: they are how it is read best. */
static struct str without_accents(struct str text, struct arena *a)
{
    struct str other = cheaper(text, text_unaccent, a);
    return text_size(other).segments < text_size(text).segments ? other : text;
}

static unsigned segments_of(struct str text)
{
    return text_size(text).segments;
}

size_t aggregator_shape(const struct profile *p, struct str text, bool may_unaccent, struct arena *a,
                        struct mt_part *out, size_t max)
{
    const struct send_def *d = &p->def.send;
    unsigned most = p->send.many_parts ? 255 : (unsigned)d->segments_max;
    size_t n = 0;
    if (!aggregator_can_send(p))
        most = UINT_MAX; /* not ours to shape */
    if (d->plain_signs)
        text = cheaper(text, text_plain_signs, a);
    if (may_unaccent && d->unaccent)
        text = without_accents(text, a);
    while (n + 1 < max && segments_of(text) > most) {
        struct str head = text_head(text, most);
        out[n++] = (struct mt_part){arena_str(a, str_trim(head)), segments_of(str_trim(head))};
        text = str_trim((struct str){text.s + head.n, text.n - head.n});
    }
    out[n++] = (struct mt_part){arena_str(a, text), segments_of(text)};
    return n;
}

/* ---- the request ---- */

/* Pieces of one segment each, in one request. */
static bool fill_parts(const struct profile *p, struct values *v, struct arena *a)
{
    const struct send_def *d = &p->def.send;
    struct str rest = v->text, all = {"", 0};
    struct values one = *v;
    for (bool first = true; first || rest.n; first = false) {
        struct str piece;
        size_t join = first ? 0 : strlen(d->part_join);
        one.text = text_head(rest, 1);
        rest = str_trim((struct str){rest.s + one.text.n, rest.n - one.text.n});
        one.text = str_trim(one.text);
        if (!template_fill(&p->send.part, &one, a, &piece))
            return false;
        char *more = arena_alloc(a, all.n + join + piece.n + 1);
        memcpy(more, all.s, all.n);
        memcpy(more + all.n, d->part_join, join);
        memcpy(more + all.n + join, piece.s, piece.n);
        all = (struct str){more, all.n + join + piece.n};
    }
    v->parts = all;
    return true;
}

static bool sign(const struct profile *p, struct values *v, struct arena *a)
{
    const struct sign_def *d = &p->def.send.sign;
    struct str over;
    uint8_t mac[DIGEST_MAX];
    if (!d->pos.file)
        return true;
    if (!template_fill(&p->send.over, v, a, &over))
        return false;
    v->signature = encoded((enum encoding)d->encoding, mac,
                           hmac((enum algorithm)d->algorithm, p->send.sign_key, over, mac), a);
    return true;
}

static enum err fill_headers(const struct profile *p, const struct values *v, struct arena *a,
                             struct http_send *out, struct failure *why)
{
    for (size_t i = 0; i < p->send.n_headers; i++) {
        struct str value;
        const char *name = p->send.headers[i].name;
        if (!template_fill(&p->send.headers[i].value, v, a, &value))
            return fail(why, ERR_INPUT, "header %s has characters that its charset lacks", name);
        if (value.n &&
            (memchr(value.s, '\n', value.n) || memchr(value.s, '\r', value.n) || memchr(value.s, 0, value.n)))
            return fail(why, ERR_INPUT, "header %s would be more than one line", name);
        out->headers[out->n_headers++] = (struct header){str_of(name), value};
    }
    return OK;
}

enum err aggregator_send(const struct profile *p, const struct mt *mt, struct arena *a, struct http_send *out,
                         struct failure *why)
{
    enum { MOST = 64 * 1024 };
    const struct send_rules *r = &p->send;
    struct values v = {.text = mt->text, .to = mt->to, .from = mt->from, .key = mt->key, .now = mt->now};
    if (!aggregator_can_send(p))
        return fail(why, ERR_INPUT, "profile %s has no send section", p->def.id);
    *out = (struct http_send){.method = r->method, .timeout_ms = (long)p->def.send.timeout};
    v.unicode = text_size(mt->text).coding == CODING_UCS2;
    bool fits = (!r->many_parts || fill_parts(p, &v, a)) && sign(p, &v, a) &&
                template_fill(&r->url, &v, a, &out->url) && template_fill(&r->body, &v, a, &out->body);
    if (!fits)
        return fail(why, ERR_INPUT, "the message has characters that the charset of a filter lacks");
    if (out->url.n > MOST || out->body.n > MOST)
        return fail(why, ERR_INPUT, "the request is longer than %d bytes", MOST);
    return fill_headers(p, &v, a, out, why);
}

/* ---- the answer ---- */

const char *sent_class_name(enum sent_class c)
{
    static const char *const names[] = {
        [SENT_OK] = "sent",         [SENT_THROTTLED] = "throttled", [SENT_CONNECTION] = "connection",
        [SENT_STATUS] = "status",   [SENT_CONTENT] = "content",     [SENT_UNPARSEABLE] = "unparseable",
        [SENT_REFUSED] = "refused", [SENT_BLOCKED] = "blocked"};
    return names[c];
}

static enum send_result follows(const struct send_rules *r, enum sent_class what, int status)
{
    if (what == SENT_OK)
        return SEND_OK;
    if (what == SENT_REFUSED || what == SENT_BLOCKED)
        return SEND_PERMANENT;
    for (size_t i = 0; what == SENT_STATUS && i < r->n_permanent; i++)
        if (r->permanent[i] == status)
            return SEND_PERMANENT;
    return SEND_TEMPORARY;
}

static enum sent_class by_status(int status)
{
    if (status == 429)
        return SENT_THROTTLED;
    if (status >= 500)
        return SENT_CONNECTION;
    return status >= 200 && status < 300 ? SENT_OK : SENT_STATUS;
}

static bool listed(const struct send_rules *r, const struct view *v, struct sent *out)
{
    for (size_t i = 0; i < r->results.n; i++)
        if (conditions_met(&r->results.items[i].if_any, v)) {
            out->what = (enum sent_class)r->results.items[i].def->means;
            out->why = (enum mt_class)r->results.items[i].def->why;
            return true;
        }
    return false;
}

void aggregator_sent(const struct profile *p, int status, struct str body, struct arena *a, struct sent *out)
{
    const struct send_def *d = &p->def.send;
    const struct send_rules *r = &p->send;
    struct fields fields;
    struct view v = {.fields = &fields, .body = body, .http = status, .a = a};
    struct str wait;
    uint64_t seconds;
    *out = (struct sent){.what = by_status(status)};
    fields_init(&fields, a);
    enum err rc = d->answer == FORMAT_JSON  ? fields_json(&fields, body, NULL)
                  : d->answer == FORMAT_XML ? fields_xml(&fields, body, NULL)
                                            : OK;
    bool has_id = refs_get(&r->message_id, &v, &out->message_id) && out->message_id.n <= 128;
    if (!listed(r, &v, out) && out->what == SENT_OK) {
        if (rc != OK)
            out->what = SENT_UNPARSEABLE;
        else if ((r->success.n && !conditions_met(&r->success, &v)) || (d->id_required && !has_id))
            out->what = SENT_CONTENT;
    }
    if (out->what != SENT_OK || !has_id || !text_utf8_valid(out->message_id) ||
        memchr(out->message_id.s, 0, out->message_id.n))
        out->message_id = (struct str){NULL, 0};
    if (refs_get(&r->retry_after, &v, &wait) && str_to_u64(wait, 86400, &seconds))
        out->retry_after = (msec)seconds * SECOND_MS;
    if (out->what == SENT_BLOCKED && out->why == MT_CLASS_UNKNOWN)
        out->why = MT_CLASS_BLOCKED;
    else if (out->what == SENT_REFUSED && out->why == MT_CLASS_UNKNOWN)
        out->why = MT_CLASS_REJECTED;
    out->result = follows(r, out->what, status);
}
