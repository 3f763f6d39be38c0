/* What goes back to the aggregator, and what goes out through it. */
#include "aggregator/internal.h"

#include <cjson/cJSON.h>
#include <string.h>

static void again(const struct callback_rules *r, struct str fallback, struct arena *a,
                  struct http_answer *out)
{
    struct values v = {.text = fallback};
    out->status = (int)r->def->reply.again_status;
    out->headers[out->n_headers++] = (struct header){STR("Retry-After"), STR("5")};
    if (r->again.n)
        out->body = template_fill(&r->again, &v, ESCAPE_NONE, a);
}

static void unicode_headers(const struct callback_rules *r, struct str text, struct http_answer *out)
{
    const struct cfg_map *m = &r->def->reply.unicode_headers;
    if (!m->n || text_size(text).coding == CODING_GSM7)
        return;
    for (size_t i = 0; i < m->n && out->n_headers < 8; i++)
        out->headers[out->n_headers++] = (struct header){str_of(m->items[i].key), str_of(m->items[i].value)};
}

void aggregator_encode(const struct profile *p, enum callback c, const struct input *in,
                       const struct answer *ans, struct str fallback, struct arena *a,
                       struct http_answer *out)
{
    const struct callback_rules *r = &p->callbacks[c];
    struct values v = {.text = {ans->text, ans->len}};
    *out =
        (struct http_answer){.status = (int)r->def->reply.status, .content_type = r->def->reply.content_type};
    if (ans->status != OK) {
        again(r, fallback, a, out);
        return;
    }
    if (c == CALLBACK_USSD && in->event != DLG_CUT)
        out->body = template_fill(ans->end ? &r->end : &r->go_on, &v, ESCAPE_NONE, a);
    else if (c != CALLBACK_USSD && ans->len)
        out->body = template_fill(&r->text, &v, ESCAPE_NONE, a);
    if (ans->len)
        unicode_headers(r, v.text, out);
}

/* ---- sending ---- */

static void put_pairs(struct out *o, const struct named_templates *t, const struct values *v, bool *first,
                      char lead, struct arena *a)
{
    for (size_t i = 0; i < t->n; i++) {
        if (*first && lead)
            out_char(o, lead);
        if (!*first)
            out_char(o, '&');
        *first = false;
        out_cstr(o, t->items[i].name);
        out_char(o, '=');
        out_str(o, template_fill(&t->items[i].value, v, ESCAPE_URL, a));
    }
}

enum err aggregator_send(const struct profile *p, struct str to, struct str from, struct str text,
                         struct str key, struct arena *a, struct http_send *out, struct failure *why)
{
    enum { ROOM = 32768 };
    const struct send_def *def = &p->def.send;
    struct values v = {.text = text, .to = to, .from = from, .key = key};
    bool unicode = text_size(text).coding == CODING_UCS2, in_form = p->form.n > 0, first = true;
    struct out url, body;
    if (!aggregator_can_send(p))
        return fail(why, ERR_INPUT, "profile %s has no send section", p->def.id);
    out_init(&url, arena_alloc(a, ROOM), ROOM);
    out_init(&body, arena_alloc(a, ROOM), ROOM);
    out_str(&url, template_fill(&p->url, &v, ESCAPE_URL_VALUES, a));
    bool first_query = !memchr(url.buf, '?', url.len);
    put_pairs(&url, &p->query, &v, &first_query, '?', a);
    put_pairs(&body, &p->form, &v, &first, 0, a);
    if (unicode)
        put_pairs(in_form ? &body : &url, &p->unicode, &v, in_form ? &first : &first_query, in_form ? 0 : '?',
                  a);
    if (url.overflow || body.overflow)
        return fail(why, ERR_INPUT, "the request is longer than %d bytes", ROOM);
    *out = (struct http_send){.method = def->method,
                              .url = out_span(&url),
                              .body = out_span(&body),
                              .timeout_ms = (long)def->timeout};
    if (in_form)
        out->headers[out->n_headers++] =
            (struct header){STR("Content-Type"), STR("application/x-www-form-urlencoded")};
    for (size_t i = 0; i < p->headers.n && out->n_headers < 16; i++) {
        struct str value = template_fill(&p->headers.items[i].value, &v, ESCAPE_NONE, a);
        if (value.n && (memchr(value.s, '\n', value.n) || memchr(value.s, '\r', value.n)))
            return fail(why, ERR_INPUT, "header %s would be more than one line", p->headers.items[i].name);
        out->headers[out->n_headers++] = (struct header){str_of(p->headers.items[i].name), value};
    }
    return OK;
}

static bool body_ok(const struct send_def *def, struct str body)
{
    for (size_t i = 0; i < def->ok_body_any.n; i++)
        if (body.n && memmem(body.s, body.n, def->ok_body_any.items[i], strlen(def->ok_body_any.items[i])))
            return true;
    return def->ok_body_any.n == 0;
}

static bool listed(const struct cfg_strings *list, int status)
{
    for (size_t i = 0; i < list->n; i++) {
        uint64_t v;
        if (str_to_u64(str_of(list->items[i]), 999, &v) && (int)v == status)
            return true;
    }
    return false;
}

static void read_id(const struct send_def *def, struct str body, struct arena *a, struct str *id)
{
    struct cfg_strings path = {.items = (const char **)&def->message_id, .n = 1};
    struct params p = {.json = def->message_id && body.n ? cJSON_ParseWithLength(body.s, body.n) : NULL};
    if (p.json)
        params_get(&p, &path, a, id);
    params_free(&p);
}

enum send_result aggregator_sent(const struct profile *p, int status, struct str body, struct arena *a,
                                 struct str *id)
{
    const struct send_def *def = &p->def.send;
    *id = (struct str){NULL, 0};
    if (status >= def->ok_min && status <= def->ok_max) {
        if (!body_ok(def, body))
            return SEND_TEMPORARY;
        read_id(def, body, a, id);
        return SEND_OK;
    }
    return listed(&def->permanent, status) ? SEND_PERMANENT : SEND_TEMPORARY;
}
