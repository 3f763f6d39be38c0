/* A list of the network folder as a sheet, and what its columns mean. */
#include "lists/internal.h"

#include "text/text.h"

#include <string.h>

static const struct sheet_cell *put(struct sheet_row *row, size_t i, const char *text)
{
    row->cells[i] = (struct sheet_cell){text && *text ? SHEET_TEXT : SHEET_EMPTY, text};
    return &row->cells[i];
}

static size_t count(const struct cfg_schema *schema)
{
    size_t n = 0;
    while (schema->keys[n].name)
        n++;
    return n;
}

/* ---- columns ---- */

static const char *const *choices(const struct cfg_key *k, struct arena *a)
{
    static const char *const yes_no[] = {"true", "false", NULL};
    if (k->type == CFG_BOOL)
        return yes_no;
    if (k->type != CFG_ENUM)
        return NULL;
    size_t n = 0;
    while (k->words[n].word)
        n++;
    const char **all = arena_array(a, n + 1, sizeof *all);
    for (size_t i = 0; i < n; i++)
        all[i] = k->words[i].word;
    return all;
}

static struct sheet_column *columns_of(const struct cfg_schema *schema, struct arena *a)
{
    size_t n = count(schema);
    struct sheet_column *c = arena_array(a, n + 1, sizeof *c);
    c[0] = (struct sheet_column){.width = 18};
    for (size_t i = 0; i < n; i++) {
        const struct cfg_key *k = &schema->keys[i];
        bool number = k->type == CFG_INT || k->type == CFG_FLOAT;
        bool list = k->type == CFG_STRINGS || k->type == CFG_FLAGS;
        c[i + 1] = (struct sheet_column){.number = number,
                                         .width = list                    ? 30
                                                  : k->type == CFG_STRING ? 20
                                                                          : 12,
                                         .choices = choices(k, a)};
    }
    return c;
}

/* ---- rows ---- */

static void export_entry(const struct net_file *file, enum list_kind kind, const void *entry, struct sheet *s,
                         struct arena *a, struct cfg_findings *f)
{
    const struct cfg_schema *schema = list_schema(kind);
    size_t n = count(schema);
    struct sheet_row *row = sheet_add(s, n + 1, a);
    put(row, 0, file->name);
    for (size_t i = 0; i < n; i++) {
        const struct cfg_key *k = &schema->keys[i];
        row->cells[i + 1] = cell_of(k, schema, entry, a);
        if (!text_utf8_valid(str_of(row->cells[i + 1].text)))
            cfg_error(f, cfg_key_pos(cfg_entry_pos(entry), cfg_entry_lines(schema, entry), k->name),
                      "%s holds bytes that are no UTF-8; save the file as UTF-8", k->name);
    }
}

static void head(const struct cfg_schema *schema, struct sheet *s, struct arena *a)
{
    size_t n = count(schema);
    struct sheet_row *row = sheet_add(s, n + 1, a);
    put(row, 0, "file");
    for (size_t i = 0; i < n; i++)
        put(row, i + 1, schema->keys[i].name);
}

/* ---- the second sheet ---- */

static const char *what_it_takes(const struct cfg_key *k, struct arena *a)
{
    static const char *const types[] = {
        [CFG_STRING] = "a text",
        [CFG_INT] = "a whole number",
        [CFG_FLOAT] = "a number",
        [CFG_BOOL] = "true or false",
        [CFG_STRINGS] = "texts, with semicolons between",
        [CFG_FLAGS] = "words, with semicolons between: ",
        [CFG_ENUM] = "one of ",
    };
    struct out o;
    enum { ROOM = 512 };
    const char *type = (size_t)k->type < sizeof types / sizeof *types ? types[k->type] : NULL;
    out_init(&o, arena_alloc(a, ROOM), ROOM);
    out_cstr(&o, type ? type : "as in a configuration file");
    for (const struct cfg_word *w = k->words; w && w->word; w++)
        out_printf(&o, "%s%s", w == k->words ? "" : ", ", w->word);
    return o.buf;
}

static void help_row(struct sheet *s, const char *const cells[5], struct arena *a)
{
    struct sheet_row *row = sheet_add(s, 5, a);
    for (size_t i = 0; i < 5; i++)
        put(row, i, cells[i]);
}

static void help(const struct cfg_schema *schema, struct sheet *s, struct arena *a)
{
    static const struct sheet_column columns[] = {
        {.width = 16}, {.width = 10}, {.width = 12}, {.width = 50}, {.width = 90}};
    static const char *const titles[5] = {"column", "required", "default", "takes", "what it is"};
    static const char *const file[5] = {"file", "", "", "a text",
                                        "the file of the network folder in which the entry stands"};
    static const char *const notes[][5] = {
        {"", "", "", "", "An empty cell: the default. A row without any text is passed over."},
        {"", "", "", "", "An empty list is []. A text in quotes may hold semicolons, \\\" and \\\\."},
        {"", "", "", "", "The whole list is read: an entry that is not in it is removed."}};
    *s = (struct sheet){.name = "help", .columns = columns, .n_columns = 5};
    help_row(s, titles, a);
    help_row(s, file, a);
    for (const struct cfg_key *k = schema->keys; k->name; k++) {
        const char *cells[5] = {k->name, k->required ? "yes" : "", k->dflt, what_it_takes(k, a), k->help};
        help_row(s, cells, a);
    }
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        help_row(s, notes[i], a);
}

bool lists_export(const struct folder *folder, enum list_kind kind, struct arena *a, struct sheet out[2],
                  struct cfg_findings *f)
{
    const struct cfg_schema *schema = list_schema(kind);
    size_t before = f->errors;
    out[0] = (struct sheet){
        .name = list_name(kind), .columns = columns_of(schema, a), .n_columns = count(schema) + 1};
    head(schema, &out[0], a);
    for (size_t i = 0; i < folder->n; i++)
        for (size_t k = 0; folder->files[i].conf && k < list_entries(&folder->files[i], kind)->n; k++)
            export_entry(&folder->files[i], kind, list_entry(&folder->files[i], kind, k), &out[0], a, f);
    help(schema, &out[1], a);
    return f->errors == before;
}
