/* References to fields, and conditions on them. */
#include "aggregator/internal.h"

#include <stdio.h>
#include <string.h>

enum { MATCH_MOST = 4096 }; /* longer values match no pattern: nothing real is, and the work stays bounded */

struct str request_header(const struct http_request *req, const char *name)
{
    for (size_t i = 0; req && i < req->n_headers; i++)
        if (str_is_nocase(req->headers[i].name, name))
            return req->headers[i].value;
    return (struct str){NULL, 0};
}

static struct str path_segment(struct str tail, int index)
{
    struct str segments[16];
    int n = 0;
    while (tail.n && n < 16) {
        struct str one = str_split(&tail, '/');
        if (one.n)
            segments[n++] = one;
    }
    int at = index > 0 ? index - 1 : n + index;
    return at >= 0 && at < n ? segments[at] : (struct str){NULL, 0};
}

static const struct str *field_value(const struct ref *r, const struct view *v)
{
    struct str prefix = r->where == REF_ROOT ? (struct str){NULL, 0} : v->prefix;
    const struct str *found = fields_get(v->fields, prefix, r->name);
    return found ? found : fields_get(v->query, (struct str){NULL, 0}, r->name);
}

/* Before the pattern. {NULL,0}: not there. */
static struct str raw_value(const struct ref *r, const struct view *v)
{
    const struct str *at = NULL;
    char number[16];
    switch (r->where) {
    case REF_FIELD:
    case REF_ROOT:
        at = field_value(r, v);
        break;
    case REF_QUERY:
        at = fields_get(v->query ? v->query : v->fields, (struct str){NULL, 0}, r->name);
        break;
    case REF_HEADER:
        return request_header(v->req, r->name.s);
    case REF_PATH:
        return v->req ? path_segment(v->req->tail, r->index) : (struct str){NULL, 0};
    case REF_SETTING:
        return r->name;
    case REF_BODY:
        return v->body;
    case REF_HTTP:
        snprintf(number, sizeof number, "%d", v->http);
        return arena_str(v->a, str_of(number));
    }
    return at ? *at : (struct str){NULL, 0};
}

static bool matched(const regex_t *re, struct arena *a, struct str *value)
{
    regmatch_t m[2] = {{.rm_so = 0, .rm_eo = (regoff_t)value->n}};
    if (value->n > MATCH_MOST)
        return false;
    *value = arena_str(a, *value); /* with a NUL behind, for what looks for one in spite of REG_STARTEND */
    if (regexec(re, value->s, 2, m, REG_STARTEND) != 0)
        return false;
    if (re->re_nsub >= 1 && m[1].rm_so >= 0)
        *value = (struct str){value->s + m[1].rm_so, (size_t)(m[1].rm_eo - m[1].rm_so)};
    return true;
}

bool ref_get(const struct ref *r, const struct view *v, struct str *out)
{
    *out = raw_value(r, v);
    return out->n > 0 && (!r->re || (matched(r->re, v->a, out) && out->n > 0));
}

bool refs_get(const struct refs *r, const struct view *v, struct str *out)
{
    for (size_t i = 0; i < r->n; i++)
        if (ref_get(&r->items[i], v, out))
            return true;
    *out = (struct str){NULL, 0};
    return false;
}

bool refs_there(const struct refs *r, const struct view *v)
{
    for (size_t i = 0; i < r->n; i++)
        if (raw_value(&r->items[i], v).s)
            return true;
    return false;
}

static size_t headers_named(const struct http_request *req, struct str name)
{
    size_t n = 0;
    for (size_t i = 0; req && i < req->n_headers; i++)
        n += str_is_nocase(req->headers[i].name, name.s);
    return n;
}

bool ref_twice(const struct ref *r, const struct view *v)
{
    struct str none = {NULL, 0}, prefix = r->where == REF_ROOT ? none : v->prefix;
    switch (r->where) {
    case REF_FIELD:
    case REF_ROOT:
        return fields_count(v->fields, prefix, r->name) + fields_count(v->query, none, r->name) > 1;
    case REF_QUERY:
        return fields_count(v->query ? v->query : v->fields, none, r->name) > 1;
    case REF_HEADER:
        return headers_named(v->req, r->name) > 1;
    default:
        return false;
    }
}

bool glob_match(struct str pattern, struct str value)
{
    size_t p = 0, v = 0, star = SIZE_MAX, from = 0;
    while (v < value.n) {
        if (p < pattern.n && pattern.s[p] == '*') {
            star = p++;
            from = v;
        } else if (p < pattern.n && pattern.s[p] == value.s[v]) {
            p++;
            v++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            v = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.s[p] == '*')
        p++;
    return p == pattern.n;
}

static bool term_met(const struct term *t, const struct view *v)
{
    struct str value;
    bool there = ref_get(&t->ref, v, &value), is = false;
    if (t->what == TERM_THERE || t->what == TERM_ABSENT)
        return there == (t->what == TERM_THERE);
    for (size_t i = 0; there && i < t->n && !is; i++)
        is = glob_match(t->values[i], value);
    return is == (t->what == TERM_IS);
}

bool conditions_met(const struct conditions *c, const struct view *v)
{
    for (size_t i = 0; i < c->n; i++) {
        bool all = true;
        for (size_t k = 0; k < c->items[i].n && all; k++)
            all = term_met(&c->items[i].terms[k], v);
        if (all)
            return true;
    }
    return false;
}
