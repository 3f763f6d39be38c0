/* From typed structs back to libconfig's text: what a loader reads to the same values. */
#include "config/config.h"

#include "base/timeutil.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cfg_quote(const char *text, struct out *o)
{
    out_char(o, '"');
    for (; *text; text++)
        switch (*text) {
        case '"':
        case '\\':
            out_char(o, '\\');
            out_char(o, *text);
            break;
        case '\n':
            out_cstr(o, "\\n");
            break;
        case '\r':
            out_cstr(o, "\\r");
            break;
        case '\t':
            out_cstr(o, "\\t");
            break;
        default:
            if ((unsigned char)*text < ' ' || *text == 0x7f)
                out_printf(o, "\\x%02x", (unsigned char)*text);
            else
                out_char(o, *text);
        }
    out_char(o, '"');
}

void cfg_float_text(double v, char out[CFG_FLOAT_TEXT])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, CFG_FLOAT_TEXT, "%.*g", digits, v);
        if (strtod(out, NULL) == v)
            return;
    }
}

static void print_float(double v, struct out *o)
{
    char text[CFG_FLOAT_TEXT];
    cfg_float_text(v, text);
    out_cstr(o, text);
    if (!strpbrk(text, ".e")) /* libconfig would cut a whole number to 32 bits */
        out_cstr(o, fabs(v) > INT32_MAX ? ".0" : "");
}

static void print_int(int64_t v, struct out *o)
{
    out_printf(o, "%lld%s", (long long)v, v > INT32_MAX || v < INT32_MIN ? "L" : "");
}

static void print_duration(msec v, struct out *o)
{
    static const struct {
        msec ms;
        const char *unit;
    } units[] = {{DAY_MS, "d"}, {HOUR_MS, "h"}, {MINUTE_MS, "m"}, {SECOND_MS, "s"}, {1, "ms"}};
    size_t i = 0;
    while (v % units[i].ms || (v == 0 && units[i].ms > SECOND_MS))
        i++;
    out_printf(o, "\"%lld%s\"", (long long)(v / units[i].ms), units[i].unit);
}

static void print_word(const struct cfg_key *k, int value, struct out *o)
{
    const struct cfg_word *w = k->words;
    while (w->word && w->value != value)
        w++;
    cfg_quote(w->word ? w->word : "", o);
}

static void print_flags(const struct cfg_key *k, uint32_t bits, struct out *o)
{
    const char *between = "";
    out_cstr(o, "[ ");
    for (const struct cfg_word *w = k->words; w->word; w++) {
        if (!(bits & 1u << w->value))
            continue;
        bits &= ~(1u << w->value); /* two words may mean the same */
        out_cstr(o, between);
        cfg_quote(w->word, o);
        between = ", ";
    }
    out_cstr(o, *between ? " ]" : "]");
}

static void print_strings(const struct cfg_strings *list, struct out *o)
{
    out_cstr(o, "[ ");
    for (size_t i = 0; i < list->n; i++) {
        out_cstr(o, i ? ", " : "");
        cfg_quote(list->items[i], o);
    }
    out_cstr(o, list->n ? " ]" : "]");
}

static void print_map(const struct cfg_map *map, struct out *o)
{
    out_cstr(o, "{ ");
    for (size_t i = 0; i < map->n; i++) {
        out_printf(o, "%s = ", map->items[i].key);
        cfg_quote(map->items[i].value, o);
        out_cstr(o, "; ");
    }
    out_char(o, '}');
}

static void print_tree(const struct cfg_tree *t, struct out *o)
{
    bool group = t->kind == CFG_TREE_GROUP;
    if (t->kind == CFG_TREE_TEXT) {
        cfg_quote(t->text, o);
        return;
    }
    if (t->kind == CFG_TREE_PLAIN) {
        out_cstr(o, t->text);
        return;
    }
    out_cstr(o, group ? "{ " : "( ");
    for (size_t i = 0; i < t->n; i++) {
        if (group)
            out_printf(o, "%s = ", t->items[i].key);
        print_tree(&t->items[i], o);
        out_cstr(o, group ? "; " : i + 1 < t->n ? ", " : " ");
    }
    out_cstr(o, group ? "}" : ")");
}

static void print_group(const struct cfg_schema *schema, const void *entry, size_t skip, struct out *o);

static void print_list(const struct cfg_key *k, const struct cfg_list *list, struct out *o)
{
    bool map = k->type == CFG_GROUPMAP;
    out_cstr(o, map ? "{ " : "( ");
    for (size_t i = 0; i < list->n; i++) {
        const char *e = (const char *)list->items + i * k->sub->size;
        if (map)
            out_printf(o, "%s = ", *(const char *const *)(e + k->sub->keys[0].offset));
        print_group(k->sub, e, map, o);
        out_cstr(o, map ? "; " : i + 1 < list->n ? ", " : " ");
    }
    out_cstr(o, map ? "}" : ")");
}

static void print_value(const struct cfg_key *k, const void *entry, struct out *o)
{
    const void *at = (const char *)entry + k->offset;
    switch (k->type) {
    case CFG_STRING:
        cfg_quote(*(const char *const *)at ? *(const char *const *)at : "", o);
        break;
    case CFG_INT:
    case CFG_SIZE:
        print_int(*(const int64_t *)at, o);
        break;
    case CFG_FLOAT:
        print_float(*(const double *)at, o);
        break;
    case CFG_BOOL:
        out_cstr(o, *(const bool *)at ? "true" : "false");
        break;
    case CFG_DURATION:
        print_duration(*(const msec *)at, o);
        break;
    case CFG_ENUM:
        print_word(k, *(const int *)at, o);
        break;
    case CFG_FLAGS:
        print_flags(k, *(const uint32_t *)at, o);
        break;
    case CFG_STRINGS:
        print_strings(at, o);
        break;
    case CFG_GROUP:
        print_group(k->sub, at, 0, o);
        break;
    case CFG_LIST:
    case CFG_GROUPMAP:
        print_list(k, at, o);
        break;
    case CFG_MAP:
        print_map(at, o);
        break;
    case CFG_TREE:
        if (*(const struct cfg_tree *const *)at)
            print_tree(*(const struct cfg_tree *const *)at, o);
        break;
    }
}

static void print_group(const struct cfg_schema *schema, const void *entry, size_t skip, struct out *o)
{
    out_cstr(o, "{ ");
    for (const struct cfg_key *k = schema->keys + skip; k->name; k++) {
        if (!cfg_written(schema, entry, k->name))
            continue;
        out_printf(o, "%s = ", k->name);
        print_value(k, entry, o);
        out_cstr(o, "; ");
    }
    out_char(o, '}');
}

const char *cfg_value_text(const struct cfg_key *k, const void *entry, struct arena *a)
{
    char usual[1024]; /* nearly every value fits, and a network has a hundred thousand */
    struct out o;
    size_t room = sizeof usual;
    out_init(&o, usual, room);
    print_value(k, entry, &o);
    if (!o.overflow)
        return arena_strdup(a, out_span(&o));
    while (o.overflow) {
        room *= 4;
        out_init(&o, arena_alloc(a, room), room);
        print_value(k, entry, &o);
    }
    return o.buf;
}

/* ---- what differs ---- */

size_t cfg_compare(const struct cfg_schema *schema, const void *was, const void *is, cfg_difference *tell,
                   void *ctx, struct arena *a)
{
    size_t n = 0;
    for (const struct cfg_key *k = schema->keys; k->name; k++) {
        const char *old = cfg_written(schema, was, k->name) ? cfg_value_text(k, was, a) : NULL;
        const char *now = cfg_written(schema, is, k->name) ? cfg_value_text(k, is, a) : NULL;
        if (!old && !now)
            continue;
        if (old && now && strcmp(old, now) == 0)
            continue;
        if (tell)
            tell(ctx, k, old, now);
        n++;
    }
    return n;
}
