/* What goes back to the aggregator. */
#include "aggregator/internal.h"

#include <string.h>

static void add_headers(const struct cfg_map *m, struct http_answer *out)
{
    for (size_t i = 0; i < m->n && out->n_headers < sizeof out->headers / sizeof out->headers[0]; i++)
        out->headers[out->n_headers++] = (struct header){str_of(m->items[i].key), str_of(m->items[i].value)};
}

static void body(const struct template *t, const struct values *v, struct arena *a, struct http_answer *out)
{
    if (t->n && !template_fill(t, v, a, &out->body))
        out->body = (struct str){NULL, 0};
}

static void again(const struct section *s, bool ussd, struct values *v, struct str fallback, struct arena *a,
                  struct http_answer *out)
{
    v->text = fallback;
    out->status = (int)s->def->reply.again_status;
    out->headers[out->n_headers++] = (struct header){STR("Retry-After"), STR("5")};
    add_headers(&s->def->reply.headers, out);
    if (ussd) /* the screen with the numbers is the last one */
        add_headers(&s->def->reply.end_headers, out);
    body(&s->reply.again, v, a, out);
}

void aggregator_encode(const struct profile *p, enum callback c, const struct decoded *d,
                       const struct answer *ans, struct str fallback, struct arena *a,
                       struct http_answer *out)
{
    const struct section *s = &p->sections[c];
    const struct reply_def *def = &s->def->reply;
    const struct input *in = d ? &d->in : NULL;
    bool cut = in && in->kind == INPUT_USSD && in->event == DLG_CUT;
    struct values v = {.text = {ans->text, ans->len}};
    *out = (struct http_answer){.status = (int)def->status, .content_type = def->content_type};
    if (in) {
        v.sender = str_of(in->sender);
        v.recipient = in->recipient;
        v.session = in->session_id;
        v.message_id = in->message_id;
        v.echo = d->echo;
    }
    if (ans->status != OK) {
        again(s, c == CALLBACK_USSD, &v, fallback, a, out);
        return;
    }
    v.unicode = ans->len && text_size(v.text).coding == CODING_UCS2;
    add_headers(&def->headers, out);
    if (in && in->kind == INPUT_USSD && !cut) {
        body(ans->end ? &s->reply.end : &s->reply.go_on, &v, a, out);
        add_headers(ans->end ? &def->end_headers : &def->go_on_headers, out);
    } else if (in && in->kind == INPUT_MO && ans->len && def->text) {
        body(&s->reply.text, &v, a, out);
    } else {
        body(&s->reply.empty, &v, a, out);
        v.unicode = false;
    }
    if (v.unicode)
        add_headers(&def->unicode_headers, out);
}
