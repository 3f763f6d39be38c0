/* The reference of the settings, printed from the tables that load them. */
#include "config/config.h"

static const char *type_name(enum cfg_type t)
{
    static const char *const names[] = {
        [CFG_STRING] = "text",
        [CFG_INT] = "number",
        [CFG_FLOAT] = "number",
        [CFG_BOOL] = "true/false",
        [CFG_DURATION] = "duration",
        [CFG_SIZE] = "size",
        [CFG_ENUM] = "word",
        [CFG_FLAGS] = "words",
        [CFG_STRINGS] = "texts",
        [CFG_GROUP] = "group",
        [CFG_LIST] = "list of groups",
        [CFG_MAP] = "texts by key",
        [CFG_TREE] = "any",
        [CFG_GROUPMAP] = "groups by name",
    };
    return names[t];
}

static void bound(const struct cfg_key *k, double v, struct out *o)
{
    static const struct {
        double ms;
        const char *unit;
    } units[] = {{86400e3, "d"}, {3600e3, "h"}, {60e3, "m"}, {1e3, "s"}, {1, "ms"}};
    size_t i = 0;
    if (k->type != CFG_DURATION) {
        out_printf(o, "%.15g", v);
        return;
    }
    while (i < 4 && (v < units[i].ms || (uint64_t)v % (uint64_t)units[i].ms != 0))
        i++;
    out_printf(o, "%.15g%s", v / units[i].ms, units[i].unit);
}

static void range(const struct cfg_key *k, struct out *o)
{
    bound(k, k->min, o);
    out_cstr(o, " to ");
    bound(k, k->max, o);
    out_cstr(o, k->type == CFG_STRING ? " characters" : k->type == CFG_SIZE ? " bytes" : "");
    if (k->unit)
        out_printf(o, " %s", k->unit);
}

static void one_key(const struct cfg_key *k, struct out *o)
{
    out_printf(o, "| `%s` | %s | ", k->name, type_name(k->type));
    if (k->words)
        for (const struct cfg_word *w = k->words; w->word; w++)
            out_printf(o, "%s%s", w == k->words ? "" : ", ", w->word);
    else if (k->min != 0 || k->max != 0)
        range(k, o);
    out_printf(o, " | %s | %s%s |\n",
               k->required ? "(required)"
               : k->dflt   ? k->dflt
                           : "",
               k->help ? k->help : "", k->at_start ? ". A change waits for a restart" : "");
}

static bool told_before(const struct cfg_schema *schema, const struct cfg_key *key)
{
    for (const struct cfg_key *k = schema->keys; k != key; k++)
        if (k->sub == key->sub)
            return true;
    return false;
}

void cfg_reference(const struct cfg_schema *schema, struct out *o)
{
    out_printf(o, "### %s\n\n| key | type | range | default | meaning |\n|---|---|---|---|---|\n",
               schema->name);
    for (const struct cfg_key *k = schema->keys; k->name; k++)
        one_key(k, o);
    out_char(o, '\n');
    for (const struct cfg_key *k = schema->keys; k->name; k++)
        if (k->sub && !told_before(schema, k))
            cfg_reference(k->sub, o);
}
