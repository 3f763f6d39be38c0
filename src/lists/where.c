/* A finding of the new folder's files, told with the cell that its entry came from. */
#include "lists/internal.h"

#include <string.h>

/* Of the keys written on that line (or, for an item of a list, begun before it) the one that is meant. */
struct guess {
    const struct cfg_finding *one;
    int line, column;
    unsigned found;
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";

/* The key's name as a word; of `phones` a finding may speak as phone. */
static bool names_key(const char *at, const char *key)
{
    size_t n = strlen(key), one = n && key[n - 1] == 's' ? n - 1 : n;
    if (strncmp(at, key, one) != 0)
        return false;
    at += one;
    at += one < n && *at == 's';
    return !*at || !strchr(letters, *at);
}

static bool mentions(const char *what, const char *key)
{
    for (const char *at = what; *at; at++)
        if ((at == what || !strchr(letters, at[-1])) && names_key(at, key))
            return true;
    return false;
}

/* The first text in quotes of a finding is what the file has. */
static bool quotes(const char *what, const char *cell)
{
    const char *from = strchr(what, '"'), *to = from ? strchr(from + 1, '"') : NULL;
    if (!to || to - from < 2)
        return false;
    size_t n = (size_t)(to - from - 1);
    for (const char *at = cell; *at; at++)
        if (strncmp(at, from + 1, n) == 0)
            return true;
    return false;
}

static int likeness(const char *what, const char *key, const struct sheet_cell *cell)
{
    int likely = (names_key(what, key) ? 4 : 0) + (mentions(what, key) ? 2 : 0);
    return likely + (cell->kind != SHEET_EMPTY && quotes(what, cell->text) ? 3 : 0);
}

static int column_of(const struct lists_row *row, enum list_kind kind, const void *entry,
                     const struct cfg_finding *one)
{
    const struct cfg_schema *schema = list_schema(kind);
    const struct cfg_line *lines = cfg_entry_lines(schema, entry);
    const struct cfg_key *keys = schema->keys;
    int nearest = 0, best = -1, column = -1;
    for (const struct cfg_line *l = lines; l->key; l++)
        if (l->line <= one->pos.line && l->line > nearest)
            nearest = l->line;
    for (const struct cfg_line *l = lines; l->key; l++) {
        size_t i = 0;
        while (strcmp(keys[i].name, l->key) != 0)
            i++;
        int at = row->table->column[i];
        if (l->line != nearest || at < 0)
            continue;
        int likely = likeness(one->what, l->key, sheet_cell(row->row, (size_t)at));
        if (likely > best) {
            best = likely;
            column = at;
        }
    }
    return column;
}

static const struct lists_row *row_at(const struct lists_plan *plan, const struct net_file *file, int line,
                                      enum list_kind *kind, const void **entry)
{
    for (int k = 0; k < LIST_KINDS; k++)
        for (size_t i = 0; i < file->source[k].n; i++) {
            const struct cfg_source_entry *e = &file->source[k].entries[i];
            if (line < e->line || line > e->last_line)
                continue;
            *kind = (enum list_kind)k;
            *entry = list_entry(file, *kind, i);
            return rows_find(plan->rows, *kind, entry_id(*kind, *entry));
        }
    return NULL;
}

/* The name of the folder that was made beside gives way to the one that was asked for. */
static const char *renamed(const char *text, const char *made, const char *dir, struct arena *a)
{
    size_t n = strlen(made), room = strlen(text) + 1;
    struct out o;
    for (const char *at = strstr(text, made); at; at = strstr(at + n, made))
        room += strlen(dir);
    out_init(&o, arena_alloc(a, room), room);
    for (const char *at = strstr(text, made); at; at = strstr(text, made)) {
        out_bytes(&o, text, (size_t)(at - text));
        out_cstr(&o, dir);
        text = at + n;
    }
    out_cstr(&o, text);
    return o.buf;
}

static bool digits_only(const char *text)
{
    return text && *text && strspn(text, "0123456789") == strlen(text);
}

static const struct cfg_key *key_of_column(const struct table *t, int column)
{
    const struct cfg_key *k = list_schema(t->kind)->keys;
    for (size_t i = 0; column >= 0 && k[i].name; i++)
        if (t->column[i] == column)
            return &k[i];
    return NULL;
}

/* What a spreadsheet or its user is used to, and is not meant here. */
static const char *remedy_for(const struct sheet_cell *cell, const struct cfg_key *key)
{
    bool list = key && key->type == CFG_STRINGS;
    if (cell && digits_only(cell->text) && strlen(cell->text) < 5)
        return ". Spreadsheets drop zeros at the beginning: format the column as text.";
    if (list && cell && cell->text && strpbrk(cell->text, ",\n") && !strchr(cell->text, ';'))
        return ". Several have semicolons between.";
    return "";
}

static struct cfg_pos pos_of(const struct lists_plan *plan, const char *made, const struct cfg_finding *one,
                             struct arena *a, const char **remedy)
{
    struct cfg_pos pos = one->pos;
    size_t n = strlen(made);
    const struct lists_row *row = NULL;
    enum list_kind kind = LIST_HOSTS;
    const void *entry = NULL;
    if (!pos.file || strncmp(pos.file, made, n) != 0 || pos.file[n] != '/')
        return pos;
    for (size_t i = 0; !row && i < plan->folder->n; i++)
        if (plan->folder->files[i].conf && strcmp(plan->folder->files[i].name, pos.file + n + 1) == 0)
            row = row_at(plan, &plan->folder->files[i], pos.line, &kind, &entry);
    if (!row)
        return pos;
    int column = column_of(row, kind, entry, one);
    const struct sheet_cell *cell = column < 0 ? NULL : sheet_cell(row->row, (size_t)column);
    *remedy = remedy_for(cell, key_of_column(row->table, column));
    return cell_pos(row->table, column, row->row->number, a);
}

void tell_finding(const struct lists_plan *plan, const char *made, const char *dir,
                  const struct cfg_finding *one, struct arena *a, struct cfg_findings *f)
{
    const char *remedy = "";
    struct cfg_pos pos = pos_of(plan, made, one, a, &remedy);
    const char *what = renamed(one->what, made, dir, a);
    if (pos.file)
        pos.file = renamed(pos.file, made, dir, a);
    if (one->severity == CFG_ERROR)
        cfg_error(f, pos, "%s%s", what, remedy);
    else
        cfg_warn(f, pos, "%s", what);
}
