/* References, conditions, settings and secrets of a profile, once at load. */
#include "aggregator/internal.h"

#include <stdio.h>
#include <string.h>

const char *compile_setting(struct compiler *c, const char *name, struct cfg_pos pos)
{
    const char *own = c->env->setting ? c->env->setting(c->env->ctx, name) : NULL;
    const char *names[64] = {0};
    size_t n = 0;
    for (size_t i = 0; i < c->settings->n; i++) {
        if (strcmp(c->settings->items[i].key, name) == 0)
            return own ? own : c->settings->items[i].value;
        if (n < 64)
            names[n++] = c->settings->items[i].key;
    }
    const char *near = cfg_nearest(name, names, n);
    cfg_error(c->f, pos, "there is no setting \"%s\"; add it to settings%s%s%s", name,
              near ? ", or did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return NULL;
}

bool compile_secret(struct compiler *c, const char *name, struct cfg_pos pos, struct str *out)
{
    const char *own = c->env->secret ? c->env->secret(c->env->ctx, name) : NULL;
    char path[4096];
    *out = (struct str){NULL, 0};
    if (own) {
        *out = arena_str(c->a, str_of(own));
        return true;
    }
    if (c->env->secrets_optional && !cfg_secret_there(c->env->secrets, name, path, sizeof path))
        return true;
    return cfg_secret(c->env->secrets, name, out, c->a, pos, c->f);
}

/* ---- references ---- */

/* What would make a small pattern or a value cost much: references back, and repetitions of repetitions. */
static const char *costly(const char *pattern)
{
    unsigned long most = 1;
    for (const char *p = pattern; *p; p++) {
        if (*p == '\\' && p[1] >= '1' && p[1] <= '9')
            return "refers back to a group, which is not taken: a value could make it run for ever";
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '{') {
            unsigned long low = 0, high = 0;
            if (sscanf(p, "{%lu,%lu", &low, &high) >= 1 && p > pattern && p[-1] == ')')
                most *= (high > low ? high : low) + 1; /* of a group: of all that is in it */
            else
                most += high > low ? high : low;
        }
        if (most > 1000 || p - pattern > 400)
            return "is too large; write it shorter";
    }
    return NULL;
}

static regex_t *compile_regex(struct compiler *c, const char *text, struct cfg_pos pos)
{
    const char *cost = costly(text);
    struct regexes *node = arena_alloc(c->a, sizeof *node);
    node->re = arena_alloc(c->a, sizeof *node->re);
    int rc = cost ? 0 : regcomp(node->re, text, REG_EXTENDED);
    if (rc != 0 || cost) {
        char why[128];
        if (rc != 0)
            regerror(rc, node->re, why, sizeof why);
        cfg_error(c->f, pos, "the regular expression \"%.80s\" %s%s", text,
                  cost ? cost : "is wrong: ", cost ? "" : why);
        return NULL;
    }
    node->next = c->regexes;
    c->regexes = node;
    return node->re;
}

/* Names of fields are told in reasons of one line, so they must be short and clean themselves. */
static bool name_is_clean(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.s[i] < ' ' || name.s[i] == 0x7f)
            return false;
    return name.n <= 120 && text_utf8_valid(name);
}

void check_name(struct compiler *c, struct str name, struct cfg_pos pos)
{
    if (!name_is_clean(name))
        cfg_error(c->f, pos,
                  "a field's name is longer than 120 bytes, no UTF-8, or holds a control character");
}

static void parse_ref(struct compiler *c, struct str text, struct cfg_pos pos, struct ref *out)
{
    static const struct {
        const char *prefix;
        enum ref_where where;
    } places[] = {{"query:", REF_QUERY},
                  {"header:", REF_HEADER},
                  {"path:", REF_PATH},
                  {"/", REF_ROOT},
                  {"set:", REF_SETTING}};
    struct str regex = text, name = str_split(&regex, '~');
    *out = (struct ref){.where = REF_FIELD};
    if (regex.s)
        out->re = compile_regex(c, arena_strdup(c->a, regex), pos);
    name = str_trim(name);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (str_starts(name, places[i].prefix)) {
            size_t n = strlen(places[i].prefix);
            out->where = places[i].where;
            name = (struct str){name.s + n, name.n - n};
            break;
        }
    if (out->where == REF_FIELD && str_is(name, "body"))
        out->where = REF_BODY;
    else if (out->where == REF_FIELD && str_is(name, "http"))
        out->where = REF_HTTP;
    if (!name.n)
        cfg_error(c->f, pos,
                  "a field has no name; write \"name\", \"query:name\", \"header:Name\" or \"path:1\"");
    check_name(c, name, pos);
    if (out->where == REF_SETTING)
        name = str_of(compile_setting(c, arena_strdup(c->a, name), pos));
    out->name = arena_str(c->a, name);
    bool minus = out->where == REF_PATH && name.n && name.s[0] == '-';
    uint64_t index = 0;
    if (out->where == REF_PATH &&
        (!str_to_u64((struct str){name.s + minus, name.n - minus}, 16, &index) || index == 0))
        cfg_error(c->f, pos, "\"path:\" needs the number of a segment, such as path:1 or path:-1 (the last)");
    out->index = minus ? -(int)index : (int)index;
}

void compile_refs(struct compiler *c, const struct cfg_strings *texts, struct refs *out)
{
    out->items = arena_array(c->a, texts->n + 1, sizeof *out->items);
    for (size_t i = 0; i < texts->n; i++)
        parse_ref(c, str_of(texts->items[i]), texts->pos, &out->items[out->n++]);
}

/* ---- conditions ---- */

/* {set:NAME} in a value. */
static struct str with_settings(struct compiler *c, struct str value, struct cfg_pos pos)
{
    static const char open[] = "{set:";
    char buf[512];
    struct out o;
    out_init(&o, buf, sizeof buf);
    while (value.n) {
        const char *at = memmem(value.s, value.n, open, sizeof open - 1);
        const char *end = at ? memchr(at, '}', (size_t)(value.s + value.n - at)) : NULL;
        if (!end) {
            out_str(&o, value);
            break;
        }
        const char *from = at + sizeof open - 1;
        const char *set =
            compile_setting(c, arena_strdup(c->a, (struct str){from, (size_t)(end - from)}), pos);
        out_bytes(&o, value.s, (size_t)(at - value.s));
        out_cstr(&o, set ? set : "");
        value.n -= (size_t)(end + 1 - value.s);
        value.s = end + 1;
    }
    if (o.overflow)
        cfg_error(c->f, pos, "a condition's value is longer than %zu bytes", sizeof buf);
    return arena_str(c->a, out_span(&o));
}

static void parse_values(struct compiler *c, struct str text, struct cfg_pos pos, struct term *t)
{
    size_t most = 1;
    for (size_t i = 0; i < text.n; i++)
        most += text.s[i] == '|';
    t->values = arena_array(c->a, most, sizeof *t->values);
    do
        t->values[t->n++] = with_settings(c, str_split(&text, '|'), pos);
    while (text.s);
}

static void parse_term(struct compiler *c, struct str text, struct cfg_pos pos, struct term *t)
{
    struct str name, value;
    text = str_trim(text);
    *t = (struct term){.what = TERM_THERE};
    if (text.n && text.s[0] == '!') {
        t->what = TERM_ABSENT;
        text.s++;
        text.n--;
    }
    size_t end = 0; /* what comes first decides: a pattern may hold = */
    while (end < text.n && text.s[end] != '~' && text.s[end] != '=')
        end++;
    name = text;
    if (end < text.n && text.s[end] == '=') {
        bool differs = end > 0 && text.s[end - 1] == '!';
        if (t->what == TERM_ABSENT)
            cfg_error(c->f, pos, "\"!\" before a name asks whether it is absent; write NAME!=VALUE instead");
        t->what = differs ? TERM_IS_NOT : TERM_IS;
        name.n = end - differs;
        value = (struct str){text.s + end + 1, text.n - end - 1};
        parse_values(c, value, pos, t);
    }
    parse_ref(c, name, pos, &t->ref);
}

static bool next_term(struct str *rest, struct str *one)
{
    static const char both[] = " & ";
    if (!rest->s)
        return false;
    const char *at = memmem(rest->s, rest->n, both, 3);
    *one = *rest;
    if (at) {
        one->n = (size_t)(at - rest->s);
        *rest = (struct str){at + 3, rest->n - one->n - 3};
    } else {
        *rest = (struct str){NULL, 0};
    }
    return true;
}

void compile_conditions(struct compiler *c, const struct cfg_strings *texts, struct conditions *out)
{
    enum { TERMS = 8 };
    out->items = arena_array(c->a, texts->n + 1, sizeof *out->items);
    for (size_t i = 0; i < texts->n; i++) {
        struct condition *one = &out->items[out->n++];
        struct str rest = str_of(texts->items[i]), term;
        one->terms = arena_array(c->a, TERMS, sizeof *one->terms);
        while (next_term(&rest, &term)) {
            if (one->n == TERMS) {
                cfg_error(c->f, texts->pos, "a condition has more than %d parts joined by &; use fewer",
                          TERMS);
                break;
            }
            parse_term(c, term, texts->pos, &one->terms[one->n++]);
        }
    }
}
