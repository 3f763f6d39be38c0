#include "dialogue/internal.h"

#include <stdlib.h>
#include <string.h>

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct cfg_entry *)a)->key, ((const struct cfg_entry *)b)->key);
}

struct catalogs *catalogs_build(const struct catalog_def *defs, size_t n, struct arena *a,
                                struct cfg_findings *f)
{
    struct catalogs *c = arena_alloc(a, sizeof *c);
    c->items = arena_array(a, n + 1, sizeof *c->items);
    c->n = n;
    for (size_t i = 0; i < n; i++) {
        struct catalog *one = &c->items[i];
        one->def = &defs[i];
        one->n = defs[i].texts.n;
        one->texts = arena_array(a, one->n + 1, sizeof *one->texts);
        memcpy(one->texts, defs[i].texts.items, one->n * sizeof *one->texts);
        qsort(one->texts, one->n, sizeof *one->texts, by_key);
        one->first = phrases_fold(&defs[i].first, a, f);
        for (size_t k = 0; k < i; k++)
            if (strcmp(defs[k].lang, defs[i].lang) == 0)
                cfg_error(f, defs[i].pos, "language \"%s\" has two catalogs", defs[i].lang);
    }
    return n ? c : NULL;
}

const struct catalog *catalog_of(const struct catalogs *c, const char *lang)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->items[i].def->lang, lang) == 0)
            return &c->items[i];
    return &c->items[0];
}

static const char *lookup(const struct catalog *c, const char *key)
{
    struct cfg_entry want = {.key = key};
    const struct cfg_entry *e = bsearch(&want, c->texts, c->n, sizeof *c->texts, by_key);
    return e ? e->value : NULL;
}

const char *catalog_text(const struct catalogs *c, const char *lang, const char *key)
{
    const char *text = lookup(catalog_of(c, lang), key);
    return text ? text : lookup(&c->items[0], key);
}

static void put_arg(struct out *o, struct str name, const struct text_arg *args, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(name, args[i].name)) {
            out_str(o, args[i].value);
            return;
        }
}

bool dialogue_text(const struct catalogs *c, const char *lang, const char *key, const struct text_arg *args,
                   size_t n, struct out *out)
{
    const char *text = catalog_text(c, lang, key);
    if (!text)
        return false;
    while (*text) {
        const char *open = strchr(text, '{'), *close = open ? strchr(open, '}') : NULL;
        if (!close) {
            out_cstr(out, text);
            break;
        }
        out_bytes(out, text, (size_t)(open - text));
        put_arg(out, (struct str){open + 1, (size_t)(close - open - 1)}, args, n);
        text = close + 1;
    }
    return true;
}

const char *dialogue_default_lang(const struct catalogs *c)
{
    return c->items[0].def->lang;
}

bool dialogue_has_lang(const struct catalogs *c, const char *lang)
{
    return strcmp(catalog_of(c, lang)->def->lang, lang) == 0;
}

bool dialogue_is_draft(const struct catalogs *c, const char *lang)
{
    return catalog_of(c, lang)->def->draft;
}

bool dialogue_may_unaccent(const struct catalogs *c, const char *lang)
{
    return catalog_of(c, lang)->def->unaccent;
}
