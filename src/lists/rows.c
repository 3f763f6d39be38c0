/* From the rows of sheets to entries of the schema. Each row becomes the text of a group with one key a line,
 * which the loader of configuration files reads: its findings come back with a line, and that is a cell. */
#include "lists/internal.h"

#include <stdlib.h>
#include <string.h>

struct row_reader {
    const struct folder *base;
    struct arena *a;
    struct cfg_findings *f;
    struct cfg_findings own; /* of one row */
    char *doc;               /* its text */
    size_t n, cap;
};

static void append(struct row_reader *r, const char *text)
{
    size_t n = strlen(text);
    if (r->n + n + 1 > r->cap) {
        r->cap = 2 * (r->n + n) + 4096;
        r->doc = realloc(r->doc, r->cap);
        if (!r->doc)
            abort();
    }
    memcpy(r->doc + r->n, text, n + 1);
    r->n += n;
}

static const struct sheet_cell *key_cell(const struct table *t, const struct sheet_row *row, size_t key)
{
    return t->column[key] < 0 ? NULL : sheet_cell(row, (size_t)t->column[key]);
}

/* The value that a key gets; NULL: none. A column that is not there leaves what was. */
static bool value_of(struct row_reader *r, const struct table *t, const struct sheet_row *row, size_t i,
                     const void *old, const char **value)
{
    const struct cfg_schema *schema = list_schema(t->kind);
    const struct cfg_key *k = &schema->keys[i];
    const struct sheet_cell *cell = key_cell(t, row, i);
    struct failure why = {OK, ""};
    *value = NULL;
    if (!cell && old && cfg_written(schema, old, k->name))
        *value = cfg_value_text(k, old, r->a);
    if (!cell)
        return true;
    struct cfg_pos pos = cell_pos(t, t->column[i], row->number, r->a);
    if (cell->kind == SHEET_EMPTY && k->required) {
        cfg_error(r->f, pos, "%s lacks \"%s\": %s", schema->name, k->name, k->help);
        return false;
    }
    if (cell->kind == SHEET_EMPTY || cell_value(k, cell, t->sheet.separator, r->a, value, &why))
        return true;
    cfg_error(r->f, pos, "%s", why.what);
    return false;
}

static bool write_doc(struct row_reader *r, const struct table *t, const struct sheet_row *row,
                      const void *old)
{
    const struct cfg_key *keys = list_schema(t->kind)->keys;
    bool ok = true;
    r->n = 0;
    append(r, "");
    for (size_t i = 0; keys[i].name; i++) {
        const char *value;
        ok &= value_of(r, t, row, i, old, &value);
        if (value) {
            append(r, keys[i].name);
            append(r, " = ");
            append(r, value);
        }
        append(r, "\n");
    }
    return ok;
}

static void pass_on(struct row_reader *r, const struct table *t, const struct sheet_row *row)
{
    const struct cfg_key *keys = list_schema(t->kind)->keys;
    size_t n = 0;
    while (keys[n].name)
        n++;
    for (size_t i = 0; i < r->own.n; i++) {
        const struct cfg_finding *one = &r->own.items[i];
        int column = one->pos.line >= 1 && (size_t)one->pos.line <= n ? t->column[one->pos.line - 1] : -1;
        struct cfg_pos pos = cell_pos(t, column, row->number, r->a);
        if (one->severity == CFG_ERROR)
            cfg_error(r->f, pos, "%s", one->what);
        else
            cfg_warn(r->f, pos, "%s", one->what);
    }
}

static bool read_file_cell(struct row_reader *r, struct lists_row *out)
{
    const struct table *t = out->table;
    if (t->file_column < 0)
        return true;
    out->file = sheet_cell(out->row, (size_t)t->file_column)->text;
    if (!out->file || may_be_file(out->file))
        return true;
    cfg_error(r->f, cell_pos(t, t->file_column, out->row->number, r->a),
              "file must be the name of a file of the network folder, such as %s.conf", list_name(t->kind));
    return false;
}

static size_t key_of_id(enum list_kind kind)
{
    const struct cfg_key *keys = list_schema(kind)->keys;
    size_t i = 0;
    while (strcmp(keys[i].name, "id") != 0)
        i++;
    return i;
}

static bool read_row(struct row_reader *r, const struct table *t, const struct sheet_row *row,
                     struct lists_row *out)
{
    const struct cfg_schema *schema = list_schema(t->kind);
    const char *id = key_cell(t, row, key_of_id(t->kind))->text;
    const struct place_of *at = id ? folder_find(r->base, t->kind, id) : NULL;
    *out = (struct lists_row){.table = t, .row = row, .entry = arena_alloc(r->a, schema->size)};
    if (!read_file_cell(r, out))
        return false;
    if (!write_doc(r, t, row, at ? folder_entry(r->base, t->kind, at) : NULL))
        return false;
    cfg_findings_init(&r->own, r->a);
    bool ok = cfg_load_text("row", (struct str){r->doc, r->n}, schema, out->entry, r->a, &r->own);
    pass_on(r, t, row);
    cfg_findings_free(&r->own);
    out->id = ok ? entry_id(t->kind, out->entry) : NULL;
    return ok;
}

/* ---- all of them ---- */

static int by_id(const void *a, const void *b)
{
    const struct lists_row *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    return c                      ? c
           : x->table != y->table ? (x->table > y->table) - (x->table < y->table)
                                  : (x->row > y->row) - (x->row < y->row);
}

static struct cfg_pos id_pos(const struct lists_row *row, struct arena *a)
{
    const struct table *t = row->table;
    return cell_pos(t, t->column[key_of_id(t->kind)], row->row->number, a);
}

static void refuse_twice(const struct lists_row *rows, size_t n, struct arena *a, struct cfg_findings *f)
{
    for (size_t i = 1; i < n; i++)
        if (strcmp(rows[i].id, rows[i - 1].id) == 0)
            cfg_error(f, id_pos(&rows[i], a), "id \"%s\" is there twice, also in %s; rename or remove one",
                      rows[i].id, id_pos(&rows[i - 1], a).file);
}

static void read_list(struct row_reader *r, struct lists_rows *all, enum list_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n_tables; i++)
        n += all->tables[i].kind == kind ? all->tables[i].sheet.n : 0;
    struct lists_row *rows = all->rows[kind] = arena_array(r->a, n + 1, sizeof *rows);
    for (size_t i = 0; i < all->n_tables; i++) {
        const struct table *t = &all->tables[i];
        if (t->kind != kind)
            continue;
        all->given[kind] = true;
        for (size_t k = 1; k < t->sheet.n; k++)
            all->n[kind] += read_row(r, t, &t->sheet.rows[k], &rows[all->n[kind]]);
    }
    qsort(rows, all->n[kind], sizeof *rows, by_id);
    refuse_twice(rows, all->n[kind], r->a, r->f);
}

struct lists_rows *rows_read(const struct folder *base, const struct lists_input *inputs, size_t n,
                             struct arena *a, struct cfg_findings *f)
{
    struct lists_rows *all = arena_alloc(a, sizeof *all);
    struct row_reader r = {.base = base, .a = a, .f = f};
    size_t before = f->errors;
    all->tables = arena_array(a, 2 * n + 1, sizeof *all->tables);
    for (size_t i = 0; i < n; i++)
        tables_read(&inputs[i], a, f, all->tables, &all->n_tables);
    if (f->errors > before)
        return NULL;
    for (int k = 0; k < LIST_KINDS; k++)
        read_list(&r, all, (enum list_kind)k);
    free(r.doc);
    return f->errors == before ? all : NULL;
}

const struct lists_row *rows_find(const struct lists_rows *rows, enum list_kind kind, const char *id)
{
    size_t low = 0, high = rows->n[kind];
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (strcmp(rows->rows[kind][mid].id, id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    const struct lists_row *row = &rows->rows[kind][low];
    return low < rows->n[kind] && strcmp(row->id, id) == 0 ? row : NULL;
}
