/* A list of fields, and the parameters of URLs and forms. */
#include "aggregator/internal.h"

#include <string.h>

void fields_init(struct fields *f, struct arena *a)
{
    *f = (struct fields){.a = a};
}

bool fields_add(struct fields *f, struct str name, struct str value)
{
    if (f->n == FIELDS_MAX)
        return false;
    if (f->n == f->cap) {
        size_t cap = f->cap ? 4 * f->cap : 16;
        struct field *more = arena_array(f->a, cap, sizeof *more);
        if (f->n)
            memcpy(more, f->items, f->n * sizeof *more);
        f->items = more;
        f->cap = cap;
    }
    f->items[f->n++] = (struct field){name, value};
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool percent_decode(struct str in, bool plus, struct arena *a, struct str *out)
{
    *out = in;
    if (!in.n || (!memchr(in.s, '%', in.n) && !(plus && memchr(in.s, '+', in.n))))
        return true; /* as it is: the usual case */
    char *p = arena_alloc(a, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        if (in.s[i] != '%') {
            p[n++] = plus && in.s[i] == '+' ? ' ' : in.s[i];
            continue;
        }
        if (i + 2 >= in.n || hex_digit(in.s[i + 1]) < 0 || hex_digit(in.s[i + 2]) < 0)
            return false;
        p[n++] = (char)(hex_digit(in.s[i + 1]) << 4 | hex_digit(in.s[i + 2]));
        i += 2;
    }
    *out = (struct str){p, n};
    return true;
}

enum err fields_pairs(struct fields *f, struct str in, struct failure *why)
{
    while (in.n) {
        struct str value = str_split(&in, '&'), name = str_split(&value, '='), plain, text;
        if (!name.n)
            continue;
        if (!percent_decode(name, true, f->a, &plain))
            return fail(why, ERR_INPUT, "field %zu: a %% in its name is not followed by two hex digits",
                        f->n + 1);
        if (!percent_decode(value, true, f->a, &text))
            return fail(why, ERR_INPUT, "field %zu: a %% is not followed by two hex digits", f->n + 1);
        if (!fields_add(f, plain, text))
            return fail(why, ERR_INPUT, "more than %d fields", FIELDS_MAX);
    }
    return OK;
}

static bool named(struct str full, struct str prefix, struct str name)
{
    return full.n == prefix.n + name.n && (prefix.n == 0 || memcmp(full.s, prefix.s, prefix.n) == 0) &&
           (name.n == 0 || memcmp(full.s + prefix.n, name.s, name.n) == 0);
}

const struct str *fields_get(const struct fields *f, struct str prefix, struct str name)
{
    for (size_t i = 0; f && i < f->n; i++)
        if (named(f->items[i].name, prefix, name))
            return &f->items[i].value;
    return NULL;
}

size_t fields_count(const struct fields *f, struct str prefix, struct str name)
{
    size_t n = 0;
    for (size_t i = 0; f && i < f->n; i++)
        n += named(f->items[i].name, prefix, name);
    return n;
}
