/* An XML document as a flat list: <m><a b="1">x</a></m> is a = x, a.@b = 1. Expat parses. */
#include "aggregator/internal.h"

#include <expat.h>
#include <stdio.h>
#include <string.h>

struct level {
    struct str name; /* without the root */
    char *text;
    size_t n, cap;
};

struct reader {
    XML_Parser parser;
    struct fields *f;
    struct level levels[FIELD_DEPTH + 1];
    int depth; /* open elements */
    bool done;
    const char *wrong;
};

static void stop(struct reader *r, const char *wrong)
{
    r->wrong = wrong;
    XML_StopParser(r->parser, XML_FALSE);
}

static void add(struct reader *r, struct str name, struct str value)
{
    if (!fields_add(r->f, name, value))
        stop(r, "the body has too many elements");
}

static struct str joined(struct reader *r, struct str parent, const char *sep, const char *own)
{
    size_t n = parent.n + strlen(sep) + strlen(own);
    struct out o;
    out_init(&o, arena_alloc(r->f->a, n + 1), n + 1);
    out_str(&o, parent);
    if (parent.n)
        out_cstr(&o, sep);
    out_cstr(&o, own);
    return out_span(&o);
}

static bool taken(const struct fields *f, struct str name)
{
    for (size_t i = 0; i < f->n; i++) {
        struct str have = f->items[i].name;
        if (have.n >= name.n && memcmp(have.s, name.s, name.n) == 0 &&
            (have.n == name.n || have.s[name.n] == '.'))
            return true;
    }
    return false;
}

/* The second <a> beside the first is a.1. */
static struct str own_name(struct reader *r, struct str parent, const char *element)
{
    struct str first = joined(r, parent, ".", element), name = first;
    char number[24];
    for (int i = 1; taken(r->f, name) && i < FIELDS_MAX; i++) {
        snprintf(number, sizeof number, "%d", i);
        name = joined(r, first, ".", number);
    }
    return name;
}

static void on_start(void *user, const XML_Char *element, const XML_Char **attributes)
{
    struct reader *r = user;
    if (r->depth > FIELD_DEPTH) {
        stop(r, "the body is nested too deep");
        return;
    }
    struct level *l = &r->levels[r->depth];
    *l = (struct level){.name = {NULL, 0}};
    if (r->depth)
        l->name = own_name(r, r->levels[r->depth - 1].name, element);
    r->depth++;
    for (; *attributes && !r->wrong; attributes += 2) {
        struct str at = joined(r, l->name, ".@", attributes[0]);
        if (!l->name.n)
            at = joined(r, (struct str){"@", 1}, "", attributes[0]);
        add(r, at, arena_str(r->f->a, str_of(attributes[1])));
    }
}

static void on_text(void *user, const XML_Char *text, int n)
{
    struct reader *r = user;
    struct level *l = &r->levels[r->depth - 1];
    if (l->n + (size_t)n > l->cap) {
        l->cap = 2 * (l->n + (size_t)n) + 32;
        char *more = arena_alloc(r->f->a, l->cap);
        if (l->n)
            memcpy(more, l->text, l->n);
        l->text = more;
    }
    memcpy(l->text + l->n, text, (size_t)n);
    l->n += (size_t)n;
}

static void on_end(void *user, const XML_Char *element)
{
    struct reader *r = user;
    (void)element;
    struct level *l = &r->levels[--r->depth];
    add(r, l->name, (struct str){l->text, l->n});
    if (r->depth == 0 && !r->wrong) {
        r->done = true; /* what stands behind the root is nobody's */
        XML_StopParser(r->parser, XML_FALSE);
    }
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                       int own)
{
    (void)name, (void)system, (void)public, (void)own;
    stop(user, "the body has a document type, which is not taken");
}

enum err fields_xml(struct fields *f, struct str body, struct failure *why)
{
    struct reader r = {.f = f};
    r.parser = XML_ParserCreate(NULL);
    if (!r.parser)
        return fail(why, ERR_AGAIN, "no memory for the body");
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    XML_Parse(r.parser, body.n ? body.s : "", (int)body.n, XML_TRUE);
    XML_ParserFree(r.parser);
    if (r.done)
        return OK;
    return fail(why, ERR_INPUT, "%s", r.wrong ? r.wrong : "the body is no XML");
}
