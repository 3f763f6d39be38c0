/* Query strings, forms and JSON bodies as named values. */
#include "aggregator/internal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS = 128 };

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* application/x-www-form-urlencoded: + is a blank; a % not followed by two hex digits is refused. */
static bool percent_decode(struct str in, struct arena *a, struct str *out)
{
    char *p = arena_alloc(a, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        if (in.s[i] != '%') {
            p[n++] = in.s[i] == '+' ? ' ' : in.s[i];
            continue;
        }
        if (i + 2 >= in.n || hex(in.s[i + 1]) < 0 || hex(in.s[i + 2]) < 0)
            return false;
        p[n++] = (char)(hex(in.s[i + 1]) << 4 | hex(in.s[i + 2]));
        i += 2;
    }
    *out = (struct str){p, n};
    return true;
}

static enum err read_pairs(struct str in, struct arena *a, struct params *out, int *status,
                           struct failure *why)
{
    *status = 400;
    while (in.n) {
        struct str value = str_split(&in, '&'), name = str_split(&value, '='), plain;
        if (!name.n)
            continue;
        if (out->n == FIELDS)
            return fail(why, ERR_INPUT, "more than %d fields", FIELDS);
        if (!percent_decode(name, a, &plain))
            return fail(why, ERR_INPUT, "field %zu: a %% in its name is not followed by two hex digits",
                        out->n + 1);
        struct param *p = &out->items[out->n++];
        p->name = plain;
        if (!percent_decode(value, a, &p->value))
            return fail(why, ERR_INPUT, "field %zu: a %% is not followed by two hex digits", out->n);
    }
    return OK;
}

static struct str header(const struct http_request *req, const char *name)
{
    for (size_t i = 0; i < req->n_headers; i++)
        if (str_is_nocase(req->headers[i].name, name))
            return req->headers[i].value;
    return (struct str){NULL, 0};
}

static bool body_is(const struct http_request *req, const char *type)
{
    struct str value = header(req, "Content-Type"), kind = str_trim(str_split(&value, ';'));
    return str_is_nocase(kind, type);
}

/* Escaped or not: cJSON ends a string there, and what follows would be lost without a word. */
static bool holds_nul(struct str json)
{
    static const char escaped[] = "\\u0000";
    for (size_t i = 0; i < json.n; i++) {
        if (json.s[i] == '\0' || (json.n - i >= 6 && memcmp(json.s + i, escaped, 6) == 0))
            return true;
        i += json.s[i] == '\\';
    }
    return false;
}

static enum err read_json(const struct http_request *req, struct params *out, int *status,
                          struct failure *why)
{
    *status = 415;
    if (!body_is(req, "application/json"))
        return fail(why, ERR_INPUT, "the body must be application/json");
    *status = 400;
    if (holds_nul(req->body))
        return fail(why, ERR_INPUT, "the body holds a NUL character");
    out->json = req->body.n ? cJSON_ParseWithLength(req->body.s, req->body.n) : NULL;
    return out->json ? OK : fail(why, ERR_INPUT, "the body is no JSON");
}

enum err params_read(enum source source, const struct http_request *req, struct arena *a, struct params *out,
                     int *status, struct failure *why)
{
    *out = (struct params){.items = arena_array(a, FIELDS, sizeof *out->items)};
    if (source == SOURCE_JSON)
        return read_json(req, out, status, why);
    enum err rc = read_pairs(req->query, a, out, status, why);
    if (rc != OK || source == SOURCE_QUERY)
        return rc;
    if (!body_is(req, "application/x-www-form-urlencoded")) {
        *status = 415;
        return fail(why, ERR_INPUT, "the body must be application/x-www-form-urlencoded");
    }
    return read_pairs(req->body, a, out, status, why);
}

void params_free(struct params *p)
{
    cJSON_Delete(p->json);
    p->json = NULL;
}

static const cJSON *member(const cJSON *object, const char *name, bool *twice)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    for (const cJSON *other = found ? found->next : NULL; other; other = other->next)
        *twice |= strcmp(other->string, name) == 0;
    return found;
}

/* "a.b.0.c": members and elements on the way. */
static const cJSON *json_at(const cJSON *at, const char *path, bool *twice)
{
    struct str rest = str_of(path);
    while (at && rest.n) {
        char name[64];
        uint64_t index;
        struct str word = str_split(&rest, '.');
        if (cJSON_IsArray(at) && str_to_u64(word, 1000, &index))
            at = cJSON_GetArrayItem(at, (int)index);
        else
            at = str_copy(word, name, sizeof name) ? member(at, name, twice) : NULL;
    }
    return at;
}

static bool json_value(const cJSON *v, struct arena *a, struct str *out)
{
    char number[40];
    if (cJSON_IsString(v)) {
        *out = arena_str(a, str_of(v->valuestring));
        return true;
    }
    if (!cJSON_IsNumber(v))
        return false;
    snprintf(number, sizeof number, "%.17g", v->valuedouble);
    *out = arena_str(a, str_of(number));
    return true;
}

bool params_get(const struct params *p, const struct cfg_strings *names, struct arena *a, struct str *out)
{
    bool twice = false; /* looked at by params_twice() */
    for (size_t i = 0; i < names->n; i++) {
        if (p->json && json_value(json_at(p->json, names->items[i], &twice), a, out))
            return true;
        for (size_t k = 0; k < p->n; k++)
            if (str_is(p->items[k].name, names->items[i])) {
                *out = p->items[k].value;
                return true;
            }
    }
    *out = (struct str){NULL, 0};
    return false;
}

bool params_twice(const struct params *p, const char *name)
{
    bool twice = false;
    size_t n = 0;
    if (p->json)
        json_at(p->json, name, &twice);
    for (size_t k = 0; k < p->n; k++)
        n += str_is(p->items[k].name, name);
    return twice || n > 1;
}

bool query_value(struct str query, const char *name, struct arena *a, struct str *out)
{
    while (query.n) {
        struct str value = str_split(&query, '&'), key = str_split(&value, '=');
        if (str_is(key, name))
            return percent_decode(value, a, out);
    }
    return false;
}
