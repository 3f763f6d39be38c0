/* "text={text}&key={secret:apikey}" as parts: literals, variables, secrets read at load. */
#include "aggregator/internal.h"

#include <string.h>

static bool variable(struct str name, enum variable *out)
{
    static const struct {
        const char *name;
        enum variable var;
    } all[] = {
        {"text", VAR_TEXT}, {"to", VAR_TO}, {"to_plain", VAR_TO_PLAIN}, {"from", VAR_FROM}, {"key", VAR_KEY}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (str_is(name, all[i].name)) {
            *out = all[i].var;
            return true;
        }
    return false;
}

static bool add_part(struct template *t, struct str name, const char *secrets, struct cfg_pos pos,
                     struct arena *a, struct cfg_findings *f)
{
    static const char secret[] = "secret:";
    struct part *p = &t->parts[t->n++];
    if (str_starts(name, secret)) {
        const char *id =
            arena_strdup(a, (struct str){name.s + sizeof secret - 1, name.n - (sizeof secret - 1)});
        return cfg_secret(secrets, id, &p->literal, a, pos, f);
    }
    if (variable(name, &p->var))
        return true;
    cfg_error(f, pos, "{%.*s} is unknown; use {text}, {to}, {to_plain}, {from}, {key} or {secret:NAME}",
              STR_ARG(name));
    return false;
}

bool template_compile(const char *text, const char *secrets, struct cfg_pos pos, struct template *out,
                      struct arena *a, struct cfg_findings *f)
{
    size_t most = 1;
    bool ok = true;
    for (const char *p = text; *p; p++)
        most += *p == '{' ? 2 : 0;
    *out = (struct template){.parts = arena_array(a, most + 1, sizeof *out->parts)};
    while (*text) {
        const char *open = strchr(text, '{'), *close = open ? strchr(open, '}') : NULL;
        size_t n = close ? (size_t)(open - text) : strlen(text);
        if (n)
            out->parts[out->n++].literal = arena_str(a, (struct str){text, n});
        if (!close)
            break;
        ok &= add_part(out, (struct str){open + 1, (size_t)(close - open - 1)}, secrets, pos, a, f);
        text = close + 1;
    }
    return ok;
}

static struct str value_of(const struct part *p, const struct values *v)
{
    switch (p->var) {
    case VAR_TEXT:
        return v->text;
    case VAR_TO:
        return v->to;
    case VAR_TO_PLAIN:
        return v->to.n && v->to.s[0] == '+' ? (struct str){v->to.s + 1, v->to.n - 1} : v->to;
    case VAR_FROM:
        return v->from;
    case VAR_KEY:
        return v->key;
    case VAR_NONE:
        break;
    }
    return p->literal;
}

static void put_url(struct out *o, struct str s)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.s[i];
        bool plain =
            (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c && strchr("-._~", c));
        if (plain) {
            out_char(o, (char)c);
        } else {
            out_char(o, '%');
            out_char(o, digits[c >> 4]);
            out_char(o, digits[c & 15]);
        }
    }
}

static void put_json(struct out *o, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.s[i];
        if (c == '"' || c == '\\')
            out_char(o, '\\');
        if (c < ' ')
            out_printf(o, "\\u%04x", c);
        else
            out_char(o, (char)c);
    }
}

struct str template_fill(const struct template *t, const struct values *v, enum escape escape,
                         struct arena *a)
{
    size_t n = 1;
    for (size_t i = 0; i < t->n; i++)
        n += 6 * value_of(&t->parts[i], v).n; /* the longest escape of one byte */
    struct out o;
    out_init(&o, arena_alloc(a, n), n);
    for (size_t i = 0; i < t->n; i++) {
        struct str s = value_of(&t->parts[i], v);
        if (escape == ESCAPE_URL || (escape == ESCAPE_URL_VALUES && t->parts[i].var != VAR_NONE))
            put_url(&o, s);
        else if (escape == ESCAPE_JSON && t->parts[i].var != VAR_NONE)
            put_json(&o, s);
        else
            out_str(&o, s);
    }
    return out_span(&o);
}
