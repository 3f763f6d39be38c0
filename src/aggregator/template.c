/* "text={text|url}&key={secret:api}" as parts: literals, variables, what is known at load already put in. */
#include "aggregator/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *name;
    enum variable var;
    unsigned places;
} variables[] = {
    {"text", VAR_TEXT, PLACE_REPLY | PLACE_SEND},
    {"to", VAR_TO, PLACE_SEND},
    {"from", VAR_FROM, PLACE_SEND},
    {"key", VAR_KEY, PLACE_SEND},
    {"now", VAR_NOW, PLACE_SEND},
    {"signature", VAR_SIGNATURE, PLACE_SEND},
    {"parts", VAR_PARTS, PLACE_SEND},
    {"sender", VAR_SENDER, PLACE_REPLY},
    {"recipient", VAR_RECIPIENT, PLACE_REPLY},
    {"session", VAR_SESSION, PLACE_REPLY},
    {"message_id", VAR_MESSAGE_ID, PLACE_REPLY},
    {"method", VAR_METHOD, PLACE_SIGNED},
    {"url", VAR_URL, PLACE_SIGNED},
    {"path", VAR_PATH, PLACE_SIGNED},
    {"query", VAR_QUERY, PLACE_SIGNED},
    {"body", VAR_BODY, PLACE_SIGNED},
    {"params", VAR_PARAMS, PLACE_SIGNED},
};
static const struct {
    const char *name;
    enum filter filter;
} filters[] = {
    {"plain", FILTER_PLAIN},     {"national", FILTER_NATIONAL},   {"url", FILTER_URL},
    {"base64", FILTER_BASE64},   {"base64url", FILTER_BASE64URL}, {"hex", FILTER_HEX},
    {"utf16be", FILTER_UTF16BE}, {"latin1", FILTER_LATIN1},       {"gsm7", FILTER_GSM7},
    {"sha256", FILTER_SHA256},   {"sha1", FILTER_SHA1},           {"md5", FILTER_MD5},
    {"upper", FILTER_UPPER},     {"lower", FILTER_LOWER},
};

/* ---- escaping ---- */

static void put_url(struct out *o, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c && strchr("-._~", c))) {
        out_char(o, (char)c);
    } else {
        out_char(o, '%');
        out_char(o, digits[c >> 4]);
        out_char(o, digits[c & 15]);
    }
}

static void put_json(struct out *o, unsigned char c)
{
    if (c == '"' || c == '\\')
        out_char(o, '\\');
    if (c == '\n')
        out_cstr(o, "\\n");
    else if (c < ' ')
        out_printf(o, "\\u%04x", c);
    else
        out_char(o, (char)c);
}

static void put_xml(struct out *o, unsigned char c)
{
    static const struct {
        char c;
        const char *as;
    } special[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\'', "&#39;"}};
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (special[i].c == (char)c) {
            out_cstr(o, special[i].as);
            return;
        }
    /* XML 1.0 has no other control characters, not even escaped */
    out_char(o, c < ' ' && c != '\n' && c != '\t' && c != '\r' ? ' ' : (char)c);
}

struct str escaped(struct str s, enum escape how, struct arena *a)
{
    static void (*const put[])(struct out *, unsigned char) = {
        [ESCAPE_URL] = put_url, [ESCAPE_JSON] = put_json, [ESCAPE_XML] = put_xml};
    size_t room = 6 * s.n + 1; /* the longest escape of one byte */
    struct out o;
    if (how == ESCAPE_NONE || !s.n)
        return s;
    out_init(&o, arena_alloc(a, room), room);
    for (size_t i = 0; i < s.n; i++)
        put[how](&o, (unsigned char)s.s[i]);
    return out_span(&o);
}

/* ---- filters ---- */

/* A text that the charset cannot hold goes without accents, and with a ? for what is still not in it: better
 * that than not at all. false: it is no UTF-8. */
static bool charset_bytes(enum text_charset to, struct str *s, struct arena *a)
{
    size_t room = 4 * s->n + 1;
    char *plain = arena_alloc(a, room);
    struct out o;
    if (!text_utf8_valid(*s))
        return false;
    out_init(&o, arena_alloc(a, room), room);
    if (!text_encode(to, *s, &o)) {
        struct str rest = {plain, text_unaccent(*s, plain, room)};
        o.len = 0;
        while (rest.n) {
            size_t before = o.len, n = text_char(rest);
            if (!text_encode(to, (struct str){rest.s, n}, &o)) {
                o.len = before;
                out_char(&o, '?');
            }
            rest = (struct str){rest.s + n, rest.n - n};
        }
    }
    *s = out_span(&o);
    return true;
}

static struct str hex_digest(enum algorithm how, struct str s, struct arena *a)
{
    uint8_t d[DIGEST_MAX];
    return encoded(ENCODING_HEX, d, digest(how, s, d), a);
}

static struct str cased(struct str s, bool upper, struct arena *a)
{
    char *p = arena_strdup(a, s);
    for (size_t i = 0; i < s.n; i++)
        if ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')
            p[i] = (char)(upper ? p[i] & ~0x20 : p[i] | 0x20);
    return (struct str){p, s.n};
}

static bool filtered(enum filter how, struct str *s, struct arena *a)
{
    switch (how) {
    case FILTER_PLAIN:
        if (s->n && s->s[0] == '+')
            *s = (struct str){s->s + 1, s->n - 1};
        return true;
    case FILTER_NATIONAL:
        *s = text_national(*s);
        return true;
    case FILTER_URL:
        *s = escaped(*s, ESCAPE_URL, a);
        return true;
    case FILTER_BASE64:
        *s = encoded(ENCODING_BASE64, s->s, s->n, a);
        return true;
    case FILTER_BASE64URL:
        *s = encoded(ENCODING_BASE64URL, s->s, s->n, a);
        return true;
    case FILTER_HEX:
        *s = encoded(ENCODING_HEX, s->s, s->n, a);
        return true;
    case FILTER_UTF16BE:
        return charset_bytes(CHARSET_UTF16BE, s, a);
    case FILTER_LATIN1:
        return charset_bytes(CHARSET_LATIN1, s, a);
    case FILTER_GSM7:
        return charset_bytes(CHARSET_GSM7, s, a);
    case FILTER_SHA256:
        *s = hex_digest(ALGORITHM_SHA256, *s, a);
        return true;
    case FILTER_SHA1:
        *s = hex_digest(ALGORITHM_SHA1, *s, a);
        return true;
    case FILTER_MD5:
        *s = hex_digest(ALGORITHM_MD5, *s, a);
        return true;
    case FILTER_UPPER:
    case FILTER_LOWER:
        *s = cased(*s, how == FILTER_UPPER, a);
        return true;
    case FILTER_END:
        break;
    }
    return true;
}

static bool filter_all(const struct part *p, struct str *s, struct arena *a)
{
    for (int i = 0; i < FILTERS && p->filters[i]; i++)
        if (!filtered((enum filter)p->filters[i], s, a))
            return false;
    return true;
}

/* ---- compiling ---- */

static struct part *add_part(struct compiler *c, struct template *t)
{
    if (!t->parts || t->n == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 8;
        struct part *more = arena_array(c->a, cap, sizeof *more);
        if (t->parts)
            memcpy(more, t->parts, t->n * sizeof *more);
        t->parts = more;
        t->cap = cap;
    }
    t->parts[t->n] = (struct part){.var = VAR_LITERAL};
    return &t->parts[t->n++];
}

void template_add_literal(struct compiler *c, struct str text, enum escape escape, struct template *out)
{
    if (!text.n)
        return;
    struct str s = arena_str(c->a, escaped(text, escape, c->a));
    struct part *last = out->n ? &out->parts[out->n - 1] : NULL;
    if (!last || last->var != VAR_LITERAL) {
        add_part(c, out)->literal = s;
        return;
    }
    struct str both[] = {last->literal, s}; /* neighbours become one */
    char *joined = arena_alloc(c->a, both[0].n + both[1].n + 1);
    memcpy(joined, both[0].s, both[0].n);
    memcpy(joined + both[0].n, both[1].s, both[1].n);
    last->literal = (struct str){joined, both[0].n + both[1].n};
}

static void parse_filters(struct compiler *c, struct str list, struct cfg_pos pos, struct part *p)
{
    const char *names[sizeof filters / sizeof filters[0]];
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        names[k] = filters[k].name;
    for (int n = 0; list.n; n++) {
        struct str name = str_split(&list, '|');
        size_t k = 0;
        while (k < sizeof names / sizeof names[0] && !str_is(name, names[k]))
            k++;
        if (k < sizeof names / sizeof names[0] && n < FILTERS) {
            p->filters[n] = (uint8_t)filters[k].filter;
            continue;
        }
        const char *z = arena_strdup(c->a, name);
        const char *near = cfg_nearest(z, names, sizeof names / sizeof names[0]);
        if (n >= FILTERS)
            cfg_error(c->f, pos, "more than %d filters behind one variable; use fewer", FILTERS);
        else
            cfg_error(c->f, pos, "there is no filter \"%s\"%s%s%s", z, near ? "; did you mean \"" : "",
                      near ? near : "", near ? "\"?" : "");
        return;
    }
}

static bool takes_prefix(struct str *name, const char *prefix)
{
    size_t n = strlen(prefix);
    if (!str_starts(*name, prefix))
        return false;
    *name = (struct str){name->s + n, name->n - n};
    return true;
}

/* A value known at load: filtered and escaped now. */
static void add_known(struct compiler *c, struct str value, struct part *filters_of, struct cfg_pos pos,
                      const struct template_home *home, struct template *out)
{
    if (!filter_all(filters_of, &value, c->a))
        cfg_error(c->f, pos, "this value has characters that the charset of its filter lacks");
    template_add_literal(c, value, home->value, out);
}

static void add_callback(struct compiler *c, struct str name, struct part *p, struct cfg_pos pos,
                         const struct template_home *home, struct template *out)
{
    enum callback which;
    char url[1024];
    struct out o;
    if (!callback_parse(name, &which))
        cfg_error(c->f, pos, "{callback:%.*s} is unknown; use {callback:dlr} or {callback:sms}",
                  STR_ARG(name));
    else if (!c->env->public_url && !c->env->secrets_optional)
        cfg_error(c->f, pos, "{callback:%s} needs our own address; set public_url in hotlined.conf",
                  callback_name(which));
    else {
        out_init(&o, url, sizeof url);
        out_printf(&o, "%s/in/%s/%s", c->env->public_url ? c->env->public_url : "", home->id,
                   callback_name(which));
        add_known(c, out_span(&o), p, pos, home, out);
    }
}

static size_t echo_of(struct compiler *c, struct echoes *e, const struct refs *one)
{
    if (e->refs.n == e->cap) {
        size_t cap = e->cap ? 2 * e->cap : 8;
        struct ref *more = arena_array(c->a, cap, sizeof *more);
        if (e->refs.n)
            memcpy(more, e->refs.items, e->refs.n * sizeof *more);
        e->refs.items = more;
        e->cap = cap;
    }
    e->refs.items[e->refs.n] = one->items[0];
    return e->refs.n++;
}

static void add_field(struct compiler *c, struct str ref, struct part *p, struct cfg_pos pos,
                      const struct template_home *home, struct template *out)
{
    const char *text = arena_strdup(c->a, ref);
    struct cfg_strings one = {.items = &text, .n = 1, .pos = pos};
    struct refs r = {NULL, 0};
    compile_refs(c, &one, &r);
    p->var = VAR_FIELD;
    p->ref = r.items[0];
    if (home->place == PLACE_REPLY)
        p->echo = echo_of(c, home->echoes, &r);
    *add_part(c, out) = *p;
}

static void unknown(struct compiler *c, struct str name, struct cfg_pos pos, const struct template_home *home)
{
    const char *names[32];
    size_t n = 0;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (variables[i].places & home->place)
            names[n++] = variables[i].name;
    const char *z = arena_strdup(c->a, name), *near = cfg_nearest(z, names, n);
    char all[256];
    struct out o;
    out_init(&o, all, sizeof all);
    for (size_t i = 0; i < n; i++)
        out_printf(&o, "%s{%s}", i ? ", " : "", names[i]);
    cfg_error(c->f, pos, "{%s} is unknown here; %s%s%suse %s, {set:NAME} or {secret:NAME}", z,
              near ? "did you mean {" : "", near ? near : "", near ? "}? Or " : "", all);
}

static void add_variable(struct compiler *c, struct str whole, struct cfg_pos pos,
                         const struct template_home *home, struct template *out)
{
    struct part p = {.escape = home->value};
    struct str list = whole, name;
    /* a reference's regular expression may hold | */
    if (str_starts(whole, "field:") || str_starts(whole, "unicode?")) {
        name = whole;
        list = (struct str){NULL, 0};
    } else {
        name = str_split(&list, '|');
        parse_filters(c, list, pos, &p);
    }
    if (takes_prefix(&name, "set:")) {
        const char *v = compile_setting(c, arena_strdup(c->a, name), pos);
        struct template_home as_it_is = *home;
        if (home->address && out->n == 0)
            as_it_is.value = ESCAPE_NONE;
        add_known(c, str_of(v), &p, pos, &as_it_is, out);
    } else if (takes_prefix(&name, "secret:")) {
        struct str v;
        compile_secret(c, arena_strdup(c->a, name), pos, &v);
        add_known(c, v, &p, pos, home, out);
    } else if (home->place == PLACE_SEND && takes_prefix(&name, "callback:")) {
        add_callback(c, name, &p, pos, home, out);
    } else if (home->place != PLACE_SEND && takes_prefix(&name, "field:")) {
        add_field(c, name, &p, pos, home, out);
    } else if (home->place == PLACE_SIGNED && str_starts(name, "header:")) {
        add_field(c, name, &p, pos, home, out);
    } else if (home->place != PLACE_SIGNED && takes_prefix(&name, "unicode?")) {
        if (memchr(name.s, '{', name.n))
            cfg_error(c->f, pos, "{unicode?%s} holds a variable; write words only: {unicode?A:B}",
                      arena_strdup(c->a, name));
        p.var = VAR_UNICODE;
        p.literal = arena_str(c->a, escaped(str_split(&name, ':'), home->value, c->a));
        p.other = arena_str(c->a, escaped(name, home->value, c->a));
        *add_part(c, out) = p;
    } else if (home->place == PLACE_SEND && takes_prefix(&name, "now:")) {
        p.var = VAR_NOW;
        p.literal = arena_str(c->a, name);
        *add_part(c, out) = p;
    } else {
        size_t i = 0;
        while (i < sizeof variables / sizeof variables[0] &&
               (!(variables[i].places & home->place) || !str_is(name, variables[i].name)))
            i++;
        if (i == sizeof variables / sizeof variables[0]) {
            unknown(c, name, pos, home);
            return;
        }
        p.var = variables[i].var;
        if (p.var == VAR_PARTS)
            p.escape = ESCAPE_NONE; /* its pieces are escaped one by one */
        *add_part(c, out) = p;
    }
}

/* "{" begins a variable only before a small letter, and when it is closed on the same line: JSON's do not. */
static const char *variable_end(const char *open)
{
    if (open[1] < 'a' || open[1] > 'z')
        return NULL;
    int depth = 0; /* a regular expression may hold {2,3} */
    for (const char *p = open; *p && *p != '\n'; p++) {
        depth += *p == '{';
        depth -= *p == '}';
        if (depth == 0)
            return p;
    }
    return NULL;
}

void template_add(struct compiler *c, const char *text, struct cfg_pos pos, const struct template_home *home,
                  struct template *out)
{
    const char *from = text;
    for (const char *p = text; *p; p++) {
        const char *end = *p == '{' ? variable_end(p) : NULL;
        if (!end)
            continue;
        template_add_literal(c, (struct str){from, (size_t)(p - from)}, home->literal, out);
        add_variable(c, (struct str){p + 1, (size_t)(end - p - 1)}, pos, home, out);
        p = end;
        from = end + 1;
    }
    template_add_literal(c, str_of(from), home->literal, out);
}

void template_add_json(struct compiler *c, const struct cfg_tree *t, const struct template_home *home,
                       struct template *out)
{
    struct template_home inside = *home;
    inside.literal = inside.value = ESCAPE_JSON;
    bool group = t->kind == CFG_TREE_GROUP;
    switch (t->kind) {
    case CFG_TREE_TEXT:
        /* {parts} brings quotes of its own */
        if (strcmp(t->text, "{parts}") == 0) {
            template_add(c, t->text, t->pos, &inside, out);
            return;
        }
        template_add_literal(c, STR("\""), ESCAPE_NONE, out);
        template_add(c, t->text, t->pos, &inside, out);
        template_add_literal(c, STR("\""), ESCAPE_NONE, out);
        return;
    case CFG_TREE_PLAIN:
        template_add_literal(c, str_of(t->text), ESCAPE_NONE, out);
        return;
    case CFG_TREE_GROUP:
    case CFG_TREE_LIST:
        break;
    }
    template_add_literal(c, group ? STR("{") : STR("["), ESCAPE_NONE, out);
    for (size_t i = 0; i < t->n; i++) {
        if (i)
            template_add_literal(c, STR(","), ESCAPE_NONE, out);
        if (group) {
            template_add_literal(c, STR("\""), ESCAPE_NONE, out);
            template_add_literal(c, str_of(t->items[i].key), ESCAPE_JSON, out);
            template_add_literal(c, STR("\":"), ESCAPE_NONE, out);
        }
        template_add_json(c, &t->items[i], home, out);
    }
    template_add_literal(c, group ? STR("}") : STR("]"), ESCAPE_NONE, out);
}

/* ---- filling ---- */

static struct str now_text(const struct part *p, msec now, struct arena *a)
{
    char buf[96];
    time_t t = (time_t)(now / 1000);
    struct tm tm;
    if (!p->literal.n)
        snprintf(buf, sizeof buf, "%lld", (long long)t);
    else if (!gmtime_r(&t, &tm) || !strftime(buf, sizeof buf, p->literal.s, &tm))
        buf[0] = '\0';
    return arena_str(a, str_of(buf));
}

static int by_name_and_value(const void *a, const void *b)
{
    const struct field *x = a, *y = b;
    size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    int d = n ? memcmp(x->name.s, y->name.s, n) : 0;
    if (d == 0 && x->name.n != y->name.n)
        d = x->name.n < y->name.n ? -1 : 1;
    if (d != 0)
        return d;
    n = x->value.n < y->value.n ? x->value.n : y->value.n;
    d = n ? memcmp(x->value.s, y->value.s, n) : 0;
    return d ? d : (x->value.n > y->value.n) - (x->value.n < y->value.n);
}

static struct str sorted_params(const struct fields *f, struct arena *a)
{
    size_t n = 1;
    if (!f || !f->n)
        return (struct str){NULL, 0};
    struct field *all = arena_array(a, f->n, sizeof *all);
    memcpy(all, f->items, f->n * sizeof *all);
    qsort(all, f->n, sizeof *all, by_name_and_value);
    for (size_t i = 0; i < f->n; i++)
        n += all[i].name.n + all[i].value.n;
    struct out o;
    out_init(&o, arena_alloc(a, n), n);
    for (size_t i = 0; i < f->n; i++) {
        out_str(&o, all[i].name);
        out_str(&o, all[i].value);
    }
    return out_span(&o);
}

static struct str of_request(const struct part *p, const struct values *v, struct arena *a)
{
    struct str out = {NULL, 0};
    const struct http_request *req = v->view ? v->view->req : NULL;
    if (!req)
        return out;
    switch (p->var) {
    case VAR_METHOD:
        return req->method;
    case VAR_PATH:
        return req->path;
    case VAR_QUERY:
        return req->query;
    case VAR_BODY:
        return req->body;
    case VAR_URL:
        return v->url;
    case VAR_PARAMS:
        return sorted_params(v->view->fields, a);
    default:
        ref_get(&p->ref, v->view, &out);
        return out;
    }
}

static struct str value_of(const struct part *p, const struct values *v, struct arena *a)
{
    switch (p->var) {
    case VAR_LITERAL:
        return p->literal;
    case VAR_TEXT:
        return v->text;
    case VAR_TO:
        return v->to;
    case VAR_FROM:
        return v->from;
    case VAR_KEY:
        return v->key;
    case VAR_NOW:
        return now_text(p, v->now, a);
    case VAR_UNICODE:
        return v->unicode ? p->literal : p->other;
    case VAR_SIGNATURE:
        return v->signature;
    case VAR_PARTS:
        return v->parts;
    case VAR_SENDER:
        return v->sender;
    case VAR_RECIPIENT:
        return v->recipient;
    case VAR_SESSION:
        return v->session;
    case VAR_MESSAGE_ID:
        return v->message_id;
    case VAR_FIELD:
        if (!v->view)
            return v->echo ? v->echo[p->echo] : (struct str){NULL, 0};
        break;
    default:
        break;
    }
    return of_request(p, v, a);
}

bool template_fill(const struct template *t, const struct values *v, struct arena *a, struct str *out)
{
    struct str pieces[64], *all = t->n <= 64 ? pieces : arena_array(a, t->n, sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct part *p = &t->parts[i];
        struct str s = value_of(p, v, a);
        if (p->var != VAR_LITERAL && p->var != VAR_UNICODE) {
            if (!filter_all(p, &s, a))
                return false;
            s = escaped(s, p->escape, a);
        }
        all[i] = s;
        n += s.n;
    }
    if (t->n == 1) {
        *out = all[0];
        return true;
    }
    char *to = arena_alloc(a, n + 1);
    *out = (struct str){to, n};
    for (size_t i = 0; i < t->n; i++) {
        if (all[i].n)
            memcpy(to, all[i].s, all[i].n);
        to += all[i].n;
    }
    return true;
}
