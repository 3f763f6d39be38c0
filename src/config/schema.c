/* From libconfig's tree to typed structs by a table. */
#include "config/config.h"

#include "base/timeutil.h"

#include <libconfig.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct loader {
    const char *name; /* of the file, for findings */
    struct arena *arena;
    struct cfg_findings *findings;
};

static bool load_group(struct loader *l, const config_setting_t *group, const struct cfg_schema *schema,
                       void *out, const char *own_key);

static struct cfg_pos pos_of(const struct loader *l, const config_setting_t *s)
{
    const char *file = s ? config_setting_source_file(s) : NULL;
    struct cfg_pos pos = {l->name, s ? (int)config_setting_source_line(s) : 0};
    if (file && strcmp(file, l->name) != 0)
        pos.file = arena_strdup(l->arena, str_of(file));
    return pos;
}

static const char *type_words(enum cfg_type t)
{
    static const char *const words[] = {
        [CFG_STRING] = "a text in quotes",
        [CFG_INT] = "a whole number",
        [CFG_FLOAT] = "a number",
        [CFG_BOOL] = "true or false",
        [CFG_DURATION] = "a duration such as \"90s\", \"15m\", \"2h\" or \"7d\"",
        [CFG_SIZE] = "a size such as \"64k\" or a number of bytes",
        [CFG_ENUM] = "a word in quotes",
        [CFG_FLAGS] = "a list of words: [ \"a\", \"b\" ]",
        [CFG_STRINGS] = "a list of texts: [ \"a\", \"b\" ]",
        [CFG_GROUP] = "a group: { ... }",
        [CFG_LIST] = "a list of groups: ( { ... }, { ... } )",
        [CFG_MAP] = "a group of texts: { key = \"text\"; }",
        [CFG_TREE] = "a text in quotes, a number, true or false, a group or a list",
        [CFG_GROUPMAP] = "a group of groups: { name = { ... }; }",
    };
    return words[t];
}

static bool wrong_type(struct loader *l, const config_setting_t *s, const struct cfg_key *k)
{
    cfg_error(l->findings, pos_of(l, s), "%s must be %s", k->name, type_words(k->type));
    return false;
}

static bool in_range(struct loader *l, const config_setting_t *s, const struct cfg_key *k, double v)
{
    if ((k->min == 0 && k->max == 0) || (v >= k->min && v <= k->max))
        return true;
    const char *unit = k->type == CFG_DURATION ? " ms" : k->type == CFG_STRING ? " bytes" : "";
    cfg_error(l->findings, pos_of(l, s), "%s is %.15g%s; it must be between %.15g and %.15g%s%s%s", k->name,
              v, unit, k->min, k->max, unit, k->unit ? " " : "", k->unit ? k->unit : "");
    return false;
}

static bool is_number(const config_setting_t *s)
{
    int t = config_setting_type(s);
    return t == CONFIG_TYPE_INT || t == CONFIG_TYPE_INT64;
}

bool cfg_parse_duration(struct str s, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", SECOND_MS}, {"m", MINUTE_MS}, {"h", HOUR_MS}, {"d", DAY_MS}};
    size_t n = 0;
    while (n < s.n && s.s[n] >= '0' && s.s[n] <= '9')
        n++;
    uint64_t v;
    struct str unit = {s.s + n, s.n - n};
    if (!str_to_u64((struct str){s.s, n}, 1000000000, &v))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (str_is(unit, units[i].unit)) {
            *ms = (int64_t)v * units[i].ms;
            return true;
        }
    return false;
}

static bool parse_size(struct str s, int64_t *bytes)
{
    int shift = 0;
    if (s.n && (s.s[s.n - 1] | 0x20) == 'k')
        shift = 10;
    else if (s.n && (s.s[s.n - 1] | 0x20) == 'm')
        shift = 20;
    else if (s.n && (s.s[s.n - 1] | 0x20) == 'g')
        shift = 30;
    s.n -= shift != 0;
    uint64_t v;
    if (!str_to_u64(s, (uint64_t)INT64_MAX >> shift, &v))
        return false;
    *bytes = (int64_t)(v << shift);
    return true;
}

static bool word_value(struct loader *l, const config_setting_t *s, const struct cfg_key *k, const char *word,
                       int *v)
{
    const char *names[64] = {0};
    size_t n = 0;
    for (const struct cfg_word *w = k->words; w->word; w++) {
        if (strcmp(w->word, word) == 0) {
            *v = w->value;
            return true;
        }
        if (n < 64)
            names[n++] = w->word;
    }
    const char *near = cfg_nearest(word, names, n);
    char all[256];
    struct out o;
    out_init(&o, all, sizeof all);
    for (size_t i = 0; i < n; i++)
        out_printf(&o, "%s%s", i ? ", " : "", names[i]);
    cfg_error(l->findings, pos_of(l, s), "%s cannot be \"%s\"; %s%s%suse one of: %s", k->name, word,
              near ? "did you mean \"" : "", near ? near : "", near ? "\"? Or " : "", all);
    return false;
}

static bool get_scalar(struct loader *l, const config_setting_t *s, const struct cfg_key *k, void *at)
{
    const char *text = config_setting_get_string(s);
    int64_t i;
    int word;
    switch (k->type) {
    case CFG_STRING:
        if (!text)
            return wrong_type(l, s, k);
        *(const char **)at = arena_strdup(l->arena, str_of(text));
        return in_range(l, s, k, (double)strlen(text));
    case CFG_INT:
        if (!is_number(s))
            return wrong_type(l, s, k);
        *(int64_t *)at = config_setting_get_int64(s);
        return in_range(l, s, k, (double)*(int64_t *)at);
    case CFG_FLOAT:
        if (!is_number(s) && config_setting_type(s) != CONFIG_TYPE_FLOAT)
            return wrong_type(l, s, k);
        *(double *)at = is_number(s) ? (double)config_setting_get_int64(s) : config_setting_get_float(s);
        return isfinite(*(double *)at) ? in_range(l, s, k, *(double *)at) : wrong_type(l, s, k);
    case CFG_BOOL:
        if (config_setting_type(s) != CONFIG_TYPE_BOOL)
            return wrong_type(l, s, k);
        *(bool *)at = config_setting_get_bool(s) != 0;
        return true;
    case CFG_DURATION:
        if (!text || !cfg_parse_duration(str_of(text), &i))
            return wrong_type(l, s, k);
        *(msec *)at = i;
        return in_range(l, s, k, (double)i);
    case CFG_SIZE:
        if (is_number(s) && config_setting_get_int64(s) >= 0)
            i = config_setting_get_int64(s);
        else if (!text || !parse_size(str_of(text), &i))
            return wrong_type(l, s, k);
        *(int64_t *)at = i;
        return in_range(l, s, k, (double)i);
    case CFG_ENUM:
        if (!text)
            return wrong_type(l, s, k);
        if (!word_value(l, s, k, text, &word))
            return false;
        *(int *)at = word;
        return true;
    default:
        return false;
    }
}

static bool get_strings(struct loader *l, const config_setting_t *s, const struct cfg_key *k,
                        struct cfg_strings *out)
{
    const char *one = config_setting_get_string(s);
    int n = one ? 1 : config_setting_length(s);
    if (!one && !config_setting_is_list(s) && !config_setting_is_array(s))
        return wrong_type(l, s, k);
    out->pos = pos_of(l, s);
    out->items = arena_array(l->arena, (size_t)n + 1, sizeof *out->items);
    int *lines = arena_array(l->arena, (size_t)n + 1, sizeof *lines);
    out->lines = lines;
    for (int i = 0; i < n; i++) {
        const config_setting_t *item = one ? s : config_setting_get_elem(s, (unsigned)i);
        const char *text = config_setting_get_string(item);
        if (!text)
            return wrong_type(l, s, k);
        lines[out->n] = (int)config_setting_source_line(item);
        out->items[out->n++] = arena_strdup(l->arena, str_of(text));
    }
    return true;
}

struct cfg_pos cfg_item_pos(const struct cfg_strings *list, size_t i)
{
    struct cfg_pos pos = list->pos;
    if (list->lines)
        pos.line = list->lines[i];
    return pos;
}

struct cfg_pos cfg_key_pos(struct cfg_pos group, const struct cfg_line *lines, const char *key)
{
    for (; lines && lines->key; lines++)
        if (strcmp(lines->key, key) == 0)
            group.line = lines->line;
    return group;
}

static bool get_flags(struct loader *l, const config_setting_t *s, const struct cfg_key *k, uint32_t *out)
{
    struct cfg_strings words = {0};
    bool ok = get_strings(l, s, k, &words);
    for (size_t i = 0; ok && i < words.n; i++) {
        int v;
        ok = word_value(l, s, k, words.items[i], &v);
        if (ok)
            *out |= 1u << v;
    }
    return ok;
}

static bool get_list(struct loader *l, const config_setting_t *s, const struct cfg_key *k,
                     struct cfg_list *out)
{
    bool map = k->type == CFG_GROUPMAP, ok = true;
    if (map ? !config_setting_is_group(s) : !config_setting_is_list(s))
        return wrong_type(l, s, k);
    int n = config_setting_length(s);
    out->pos = pos_of(l, s);
    out->items = arena_array(l->arena, (size_t)n + 1, k->sub->size);
    for (int i = 0; i < n; i++) {
        const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
        if (!config_setting_is_group(e)) {
            cfg_error(l->findings, pos_of(l, e), "each %s must be a group: { ... }", k->sub->name);
            ok = false;
            continue;
        }
        char *at = (char *)out->items + out->n++ * k->sub->size;
        ok &= load_group(l, e, k->sub, at, map ? config_setting_name(e) : NULL);
    }
    return ok;
}

static bool get_map(struct loader *l, const config_setting_t *s, const struct cfg_key *k, struct cfg_map *out)
{
    if (!config_setting_is_group(s))
        return wrong_type(l, s, k);
    int n = config_setting_length(s);
    out->pos = pos_of(l, s);
    out->items = arena_array(l->arena, (size_t)n + 1, sizeof *out->items);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
        const char *text = config_setting_get_string(e);
        if (!text) {
            cfg_error(l->findings, pos_of(l, e), "%s must be a text in quotes", config_setting_name(e));
            ok = false;
            continue;
        }
        out->items[out->n++] = (struct cfg_entry){arena_strdup(l->arena, str_of(config_setting_name(e))),
                                                  arena_strdup(l->arena, str_of(text)), pos_of(l, e)};
    }
    return ok;
}

static void fill_tree(struct loader *l, const config_setting_t *s, struct cfg_tree *out)
{
    const char *text = config_setting_get_string(s), *key = config_setting_name(s);
    char plain[40];
    *out = (struct cfg_tree){.pos = pos_of(l, s), .key = key ? arena_strdup(l->arena, str_of(key)) : NULL};
    if (text) {
        out->kind = CFG_TREE_TEXT;
        out->text = arena_strdup(l->arena, str_of(text));
    } else if (config_setting_is_aggregate(s)) {
        int n = config_setting_length(s);
        out->kind = config_setting_is_group(s) ? CFG_TREE_GROUP : CFG_TREE_LIST;
        out->items = arena_array(l->arena, (size_t)n + 1, sizeof *out->items);
        for (int i = 0; i < n; i++)
            fill_tree(l, config_setting_get_elem(s, (unsigned)i), &out->items[out->n++]);
    } else {
        struct out o;
        out_init(&o, plain, sizeof plain);
        out->kind = CFG_TREE_PLAIN;
        if (is_number(s))
            out_printf(&o, "%lld", config_setting_get_int64(s));
        else if (config_setting_type(s) == CONFIG_TYPE_BOOL)
            out_cstr(&o, config_setting_get_bool(s) ? "true" : "false");
        else if (isfinite(config_setting_get_float(s)))
            out_printf(&o, "%.15g", config_setting_get_float(s));
        else
            cfg_error(l->findings, out->pos, "%s is no number that JSON can hold", key ? key : "this");
        out->text = arena_strdup(l->arena, out_span(&o));
    }
}

static bool get_tree(struct loader *l, const config_setting_t *s, struct cfg_tree **out)
{
    *out = arena_alloc(l->arena, sizeof **out);
    fill_tree(l, s, *out);
    return true;
}

static bool get_value(struct loader *l, const config_setting_t *s, const struct cfg_key *k, void *at)
{
    switch (k->type) {
    case CFG_FLAGS:
        return get_flags(l, s, k, at);
    case CFG_STRINGS:
        return get_strings(l, s, k, at);
    case CFG_LIST:
    case CFG_GROUPMAP:
        return get_list(l, s, k, at);
    case CFG_MAP:
        return get_map(l, s, k, at);
    case CFG_TREE:
        return get_tree(l, s, at);
    case CFG_GROUP:
        return config_setting_is_group(s) ? load_group(l, s, k->sub, at, NULL) : wrong_type(l, s, k);
    default:
        return get_scalar(l, s, k, at);
    }
}

/* Those that a list of thousands of groups has, each many times over. */
static bool plain_default(const struct cfg_key *k, void *at)
{
    switch (k->type) {
    case CFG_STRING:
        *(const char **)at = k->dflt;
        return true;
    case CFG_INT:
        *(int64_t *)at = strtoll(k->dflt, NULL, 10);
        return true;
    case CFG_FLOAT:
        *(double *)at = strtod(k->dflt, NULL);
        return true;
    case CFG_BOOL:
        *(bool *)at = strcmp(k->dflt, "true") == 0;
        return true;
    default:
        return false;
    }
}

/* Defaults are written as in a file, so the rest goes through the same reader. */
static void set_default(struct loader *l, const struct cfg_key *k, void *at)
{
    if (plain_default(k, at))
        return;
    bool words = k->type == CFG_ENUM || k->type == CFG_DURATION ||
                 (k->type == CFG_SIZE && !strspn(k->dflt + strlen(k->dflt) - 1, "0123456789"));
    char text[512];
    struct out o;
    out_init(&o, text, sizeof text);
    out_printf(&o, words ? "v = \"%s\";" : "v = %s;", k->dflt);
    config_t c;
    config_init(&c);
    if (!config_read_string(&c, text) || !get_value(l, config_lookup(&c, "v"), k, at))
        cfg_error(l->findings, (struct cfg_pos){"(schema)", 0}, "default of %s is wrong: %s", k->name,
                  k->dflt);
    config_destroy(&c);
}

static void unknown_key(struct loader *l, const config_setting_t *s, const struct cfg_schema *schema)
{
    const char *names[128] = {0}, *got = config_setting_name(s);
    size_t n = 0;
    for (const struct cfg_key *k = schema->keys; k->name && n < 128; k++)
        names[n++] = k->name;
    const char *near = cfg_nearest(got, names, n);
    if (near)
        cfg_error(l->findings, pos_of(l, s), "unknown key \"%s\" in %s; did you mean \"%s\"?", got,
                  schema->name, near);
    else
        cfg_error(l->findings, pos_of(l, s), "unknown key \"%s\" in %s; remove it or correct its name", got,
                  schema->name);
}

static const char *known(const struct cfg_schema *schema, const char *name)
{
    for (const struct cfg_key *k = schema->keys; k->name; k++)
        if (strcmp(k->name, name) == 0)
            return k->name;
    return NULL;
}

struct located { /* how a struct with CFG_HEAD_LINES begins */
    struct cfg_pos pos;
    const struct cfg_line *lines;
};

struct cfg_pos cfg_entry_pos(const void *entry)
{
    return *(const struct cfg_pos *)entry;
}

const struct cfg_line *cfg_entry_lines(const struct cfg_schema *schema, const void *entry)
{
    return schema->head == CFG_HEAD_LINES ? ((const struct located *)entry)->lines : NULL;
}

bool cfg_written(const struct cfg_schema *schema, const void *entry, const char *key)
{
    const struct cfg_line *line = cfg_entry_lines(schema, entry);
    if (schema->head != CFG_HEAD_LINES)
        return true;
    while (line && line->key && strcmp(line->key, key) != 0)
        line++;
    return line && line->key;
}

static bool all_known(struct loader *l, const config_setting_t *group, const struct cfg_schema *schema,
                      void *out)
{
    int n = config_setting_length(group);
    struct cfg_line *lines = NULL;
    bool ok = true;
    if (schema->head == CFG_HEAD_LINES) {
        lines = arena_array(l->arena, (size_t)n + 1, sizeof *lines);
        ((struct located *)out)->lines = lines;
    }
    for (int i = 0; i < n; i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        const char *key = known(schema, config_setting_name(s));
        if (!key) {
            unknown_key(l, s, schema);
            ok = false;
        } else if (lines) {
            *lines++ = (struct cfg_line){key, (int)config_setting_source_line(s)};
        }
    }
    return ok;
}

static bool load_group(struct loader *l, const config_setting_t *group, const struct cfg_schema *schema,
                       void *out, const char *own_key)
{
    bool ok = true;
    if (schema->head != CFG_HEAD_NONE)
        *(struct cfg_pos *)out = pos_of(l, group);
    if (own_key)
        *(const char **)((char *)out + schema->keys[0].offset) = arena_strdup(l->arena, str_of(own_key));
    ok &= all_known(l, group, schema, out);
    for (const struct cfg_key *k = schema->keys + (own_key != NULL); k->name; k++) {
        void *at = (char *)out + k->offset;
        const config_setting_t *s = config_setting_get_member(group, k->name);
        if (s)
            ok &= get_value(l, s, k, at);
        else if (k->dflt)
            set_default(l, k, at);
        else if (k->required) {
            cfg_error(l->findings, pos_of(l, group), "%s lacks \"%s\": %s", schema->name, k->name,
                      k->help ? k->help : type_words(k->type));
            ok = false;
        }
    }
    return ok;
}

/* config_read_string() would take an @include of any file, also from text of unknown origin. */
static bool has_include(const char *text)
{
    for (const char *p = strstr(text, "@include"); p; p = strstr(p + 1, "@include")) {
        const char *q = p;
        while (q > text && (q[-1] == ' ' || q[-1] == '\t'))
            q--;
        if (q == text || q[-1] == '\n')
            return true;
    }
    return false;
}

/* libconfig's parser recurses; a file nested deeper than any real one must not reach it. */
static bool too_deep(struct str text)
{
    int depth = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.s[i];
        if (c == '{' || c == '(' || c == '[')
            depth++;
        else if ((c == '}' || c == ')' || c == ']') && depth > 0)
            depth--;
        if (depth > 200)
            return true;
    }
    return false;
}

/* What libconfig would say nothing helpful of. NULL: nothing. */
static const char *unfit(struct str text, const char *z)
{
    if (text.n && memchr(text.s, '\0', text.n))
        return "holds a NUL byte; save it as plain UTF-8 text";
    if (text.n >= 3 && memcmp(text.s, "\xEF\xBB\xBF", 3) == 0)
        return "begins with a byte order mark; save it as UTF-8 without one (\"without BOM\")";
    if (has_include(z))
        return "@include is not supported; put the settings into files of the folder";
    return too_deep(text) ? "brackets are nested over 200 deep; close the open ones" : NULL;
}

bool cfg_load_text(const char *name, struct str text, const struct cfg_schema *schema, void *out,
                   struct arena *arena, struct cfg_findings *findings)
{
    struct loader l = {.name = arena_strdup(arena, str_of(name)), .arena = arena, .findings = findings};
    const char *z = arena_strdup(arena, text), *wrong = unfit(text, z);
    if (wrong) {
        cfg_error(findings, (struct cfg_pos){l.name, 0}, "%s", wrong);
        return false;
    }
    config_t c;
    config_init(&c);
    bool ok = config_read_string(&c, z);
    if (ok)
        ok = load_group(&l, config_root_setting(&c), schema, out, NULL);
    else if (config_error_text(&c) && strstr(config_error_text(&c), "duplicate"))
        cfg_error(findings, (struct cfg_pos){l.name, config_error_line(&c)},
                  "a key of this line is given twice in its group; remove one");
    else
        cfg_error(findings, (struct cfg_pos){l.name, config_error_line(&c)},
                  "%s; look for a missing quote, semicolon or bracket here or on the line above",
                  config_error_text(&c) ? config_error_text(&c) : "cannot be parsed");
    config_destroy(&c);
    return ok;
}

bool cfg_load(const char *path, const struct cfg_schema *schema, void *out, struct arena *arena,
              struct cfg_findings *findings)
{
    struct str text;
    return cfg_read_file(path, 32u << 20, &text, arena, findings) &&
           cfg_load_text(path, text, schema, out, arena, findings);
}
