/* A JSON document as a flat list: {"a":{"b":[1]}} is a.b.0 = 1. cJSON parses; its nodes live in the arena of
 * the request, so that nothing is allocated or freed one by one. */
#include "aggregator/internal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where this thread's cJSON takes its memory while it parses; NULL: the heap. */
static _Thread_local struct arena *nodes;

static void *node_alloc(size_t n)
{
    return nodes ? arena_alloc(nodes, n) : malloc(n);
}

static void node_free(void *p)
{
    if (!nodes)
        free(p);
}

__attribute__((constructor)) static void use_own_memory(void)
{
    cJSON_Hooks hooks = {node_alloc, node_free};
    cJSON_InitHooks(&hooks);
}

/* Escaped or not: cJSON ends a string there, and what follows would be lost without a word. */
static bool holds_nul(struct str json)
{
    static const char escaped_nul[] = "\\u0000";
    for (size_t i = 0; i < json.n; i++) {
        if (json.s[i] == '\0' || (json.n - i >= 6 && memcmp(json.s + i, escaped_nul, 6) == 0))
            return true;
        i += json.s[i] == '\\';
    }
    return false;
}

static bool number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* cJSON keeps numbers as double, and ids of 17 digits and more would be other ids. They are put in quotes. */
static struct str long_numbers_quoted(struct str json, struct arena *a)
{
    enum { EXACT = 15 };
    char *to = arena_alloc(a, json.n + json.n / EXACT * 2 + 3);
    size_t n = 0;
    bool quoted = false;
    for (size_t i = 0; i < json.n; i++) {
        char c = json.s[i];
        if (quoted && c == '\\' && i + 1 < json.n) {
            to[n++] = c;
            to[n++] = json.s[++i];
            continue;
        }
        quoted ^= c == '"';
        size_t end = i;
        while (!quoted && end < json.n && number_char(json.s[end]))
            end++;
        if (end - i <= EXACT) {
            to[n++] = c;
            continue;
        }
        to[n++] = '"';
        memcpy(to + n, json.s + i, end - i);
        n += end - i;
        to[n++] = '"';
        i = end - 1;
    }
    return (struct str){to, n};
}

static bool any_long_number(struct str json)
{
    size_t run = 0;
    for (size_t i = 0; i < json.n; i++) {
        run = number_char(json.s[i]) ? run + 1 : 0;
        if (run > 15)
            return true;
    }
    return false;
}

static struct str value_of(const cJSON *v, struct arena *a)
{
    char number[40];
    if (cJSON_IsString(v))
        return str_of(v->valuestring);
    if (cJSON_IsBool(v))
        return cJSON_IsTrue(v) ? STR("true") : STR("false");
    snprintf(number, sizeof number, "%.17g", v->valuedouble);
    return arena_str(a, str_of(number));
}

static struct str child_name(struct fields *f, struct str parent, const cJSON *v, size_t index)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", index);
    struct str own = v->string ? str_of(v->string) : str_of(number);
    size_t n = parent.n + own.n + 1;
    char *p = arena_alloc(f->a, n + 1);
    struct out o;
    out_init(&o, p, n + 1);
    out_str(&o, parent);
    if (parent.n)
        out_char(&o, '.');
    out_str(&o, own);
    return out_span(&o);
}

/* Two objects of one name: some readers take the first, some the last, some both. */
static bool twin(const cJSON *v)
{
    for (const cJSON *c = v->next; c; c = c->next)
        if (strcmp(c->string, v->string) == 0)
            return true;
    return false;
}

static enum err flatten(struct fields *f, struct str name, const cJSON *v, int depth, struct failure *why)
{
    size_t index = 0;
    if (depth > FIELD_DEPTH)
        return fail(why, ERR_INPUT, "the body is nested more than %d deep", FIELD_DEPTH);
    if (!cJSON_IsObject(v) && !cJSON_IsArray(v)) {
        if (cJSON_IsNull(v) || fields_add(f, name, value_of(v, f->a)))
            return OK;
        return fail(why, ERR_INPUT, "more than %d fields", FIELDS_MAX);
    }
    for (const cJSON *c = v->child; c; c = c->next) {
        if (c->string && c->child && twin(c))
            return fail(why, ERR_INPUT, "an object or list is there twice by the same name");
        enum err rc = flatten(f, child_name(f, name, c, index++), c, depth + 1, why);
        if (rc != OK)
            return rc;
    }
    return OK;
}

enum err fields_json(struct fields *f, struct str body, struct failure *why)
{
    if (holds_nul(body))
        return fail(why, ERR_INPUT, "the body holds a NUL character");
    if (any_long_number(body))
        body = long_numbers_quoted(body, f->a);
    nodes = f->a;
    cJSON *v = body.n ? cJSON_ParseWithLength(body.s, body.n) : NULL;
    nodes = NULL;
    return v ? flatten(f, (struct str){NULL, 0}, v, 0, why) : fail(why, ERR_INPUT, "the body is no JSON");
}
