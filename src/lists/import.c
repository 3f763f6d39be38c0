/* What sheets make of a network folder: which entries are new, changed or gone, and its files then. */
#include "lists/internal.h"

#include <stdlib.h>
#include <string.h>

struct merge {
    const struct folder *base;
    const struct lists_rows *rows;
    struct lists_plan *plan;
    struct folder *out;                /* base's files first, in their order */
    struct fates (*fates)[LIST_KINDS]; /* by file of `out` */
    size_t cap_changes;
    struct arena *a;
    struct cfg_findings *f;
};

/* ---- what is told ---- */

static void note(struct merge *m, struct list_change change)
{
    struct lists_plan *p = m->plan;
    if (p->n == m->cap_changes) {
        m->cap_changes = m->cap_changes ? 2 * m->cap_changes : 64;
        struct list_change *more = arena_array(m->a, m->cap_changes, sizeof *more);
        if (p->n)
            memcpy(more, p->changes, p->n * sizeof *more);
        p->changes = more;
    }
    p->changes[p->n++] = change;
}

static int by_kind_fate_id(const void *a, const void *b)
{
    const struct list_change *x = a, *y = b;
    if (x->kind != y->kind)
        return (x->kind > y->kind) - (x->kind < y->kind);
    if (x->fate != y->fate)
        return (x->fate > y->fate) - (x->fate < y->fate);
    return strcmp(x->id, y->id);
}

static void note_key(void *ctx, const struct cfg_key *key, const char *was, const char *is)
{
    struct out *o = ctx;
    (void)was, (void)is;
    out_printf(o, "%s%s", o->len ? ", " : "", key->name);
}

/* ---- files ---- */

static size_t find_file(const struct folder *folder, const char *name)
{
    size_t i = 0;
    while (i < folder->n && strcmp(folder->files[i].name, name) != 0)
        i++;
    return i;
}

static size_t add_file(struct merge *m, const char *name)
{
    struct net_file *file = &m->out->files[m->out->n];
    *file = (struct net_file){.name = name, .conf = true, .text = STR("")};
    if (!file_parse(file, name, m->a, m->f))
        cfg_error(m->f, (struct cfg_pos){name, 0}, "cannot be begun");
    return m->out->n++;
}

/* Where a new entry goes that does not say it: LIST.conf, else the first file that has the list. */
static const char *usual_file(const struct merge *m, enum list_kind kind)
{
    enum { ROOM = 32 };
    struct out o;
    out_init(&o, arena_alloc(m->a, ROOM), ROOM);
    out_printf(&o, "%s.conf", list_name(kind));
    if (find_file(m->base, o.buf) < m->base->n)
        return o.buf;
    for (size_t i = 0; i < m->base->n; i++)
        if (m->base->files[i].conf && m->base->files[i].source[kind].there)
            return m->base->files[i].name;
    return o.buf;
}

/* A new file may be what is meant, or a slip of the hand. */
static void warn_of_file(struct merge *m, const struct lists_row *row)
{
    const char *names[64];
    size_t n = 0;
    if (!row->file)
        return;
    for (size_t i = 0; i < m->base->n && n < 64; i++)
        if (m->base->files[i].conf)
            names[n++] = m->base->files[i].name;
    const char *near = cfg_nearest(row->file, names, n);
    cfg_warn(m->f, cell_pos(row->table, row->table->file_column, row->row->number, m->a),
             "there is no file %s yet, so it is made%s%s%s", row->file, near ? "; did you mean " : "",
             near ? near : "", near ? "?" : "");
}

static void add_to(struct merge *m, enum list_kind kind, const char *name, const struct lists_row *row)
{
    const void *entry = row->entry;
    size_t i = find_file(m->out, name);
    if (i == m->out->n) {
        warn_of_file(m, row);
        i = add_file(m, name);
    }
    struct fates *fates = &m->fates[i][kind];
    if (!(fates->n_add & (fates->n_add - 1))) { /* full: it holds a power of two */
        const void **more = arena_array(m->a, fates->n_add ? 2 * fates->n_add : 1, sizeof *more);
        if (fates->n_add)
            memcpy(more, fates->add, fates->n_add * sizeof *more);
        fates->add = more;
    }
    fates->add[fates->n_add++] = entry;
}

static const void **fate_of(struct merge *m, enum list_kind kind, const struct place_of *at)
{
    struct fates *fates = &m->fates[at->file][kind];
    const struct net_file *file = &m->base->files[at->file];
    size_t n = list_entries(file, kind)->n;
    if (!fates->is) {
        fates->is = arena_array(m->a, n + 1, sizeof *fates->is);
        for (size_t i = 0; i < n; i++)
            fates->is[i] = list_entry(file, kind, i);
    }
    return &fates->is[at->index];
}

/* ---- entries ---- */

static void meet_known(struct merge *m, enum list_kind kind, const struct lists_row *row,
                       const struct place_of *at)
{
    enum { ROOM = 2048 };
    const void *was = folder_entry(m->base, kind, at);
    const char *file = m->base->files[at->file].name;
    bool moved = row->file && strcmp(row->file, file) != 0;
    struct out keys;
    char text[ROOM];
    out_init(&keys, text, sizeof text);
    if (moved)
        out_cstr(&keys, "file");
    cfg_compare(list_schema(kind), was, row->entry, note_key, &keys, m->a);
    if (!keys.len) {
        m->plan->same[kind]++;
        return;
    }
    note(m, (struct list_change){kind, LIST_CHANGED, row->id, moved ? row->file : file,
                                 arena_strdup(m->a, out_span(&keys))});
    *fate_of(m, kind, at) = moved ? NULL : row->entry;
    if (moved)
        add_to(m, kind, row->file, row);
}

static void meet_rows(struct merge *m, enum list_kind kind)
{
    const char *usual = usual_file(m, kind);
    for (size_t i = 0; i < m->rows->n[kind]; i++) {
        const struct lists_row *row = &m->rows->rows[kind][i];
        const struct place_of *at = folder_find(m->base, kind, row->id);
        if (at) {
            meet_known(m, kind, row, at);
            continue;
        }
        const char *file = row->file ? row->file : usual;
        note(m, (struct list_change){kind, LIST_ADDED, row->id, file, NULL});
        add_to(m, kind, file, row);
    }
}

static void meet_missing(struct merge *m, enum list_kind kind, bool keep)
{
    for (size_t i = 0; i < m->base->n_ids[kind]; i++) {
        const struct place_of *at = &m->base->ids[kind][i];
        if (rows_find(m->rows, kind, at->id))
            continue;
        if (keep) {
            m->plan->same[kind]++;
            continue;
        }
        note(m, (struct list_change){kind, LIST_REMOVED, at->id, m->base->files[at->file].name, NULL});
        *fate_of(m, kind, at) = NULL;
    }
}

static void note_missing_columns(struct merge *m)
{
    struct lists_plan *p = m->plan;
    p->missing = arena_array(m->a, 128 * m->rows->n_tables + 1, sizeof *p->missing);
    for (size_t i = 0; i < m->rows->n_tables; i++) {
        const struct table *t = &m->rows->tables[i];
        const struct cfg_key *keys = list_schema(t->kind)->keys;
        for (size_t k = 0; keys[k].name; k++)
            if (t->column[k] < 0)
                p->missing[p->n_missing++] = keys[k].name;
    }
}

/* ---- the files' new texts ---- */

/* What was written must be read as what was meant, or nothing is written. */
static bool as_meant(const struct net_file *old, const struct net_file *now, enum list_kind kind,
                     const struct fates *fates, struct arena *a)
{
    size_t at = 0, n = list_entries(now, kind)->n, olds = list_entries(old, kind)->n;
    const struct cfg_schema *schema = list_schema(kind);
    for (size_t i = 0; i < olds + fates->n_add; i++) {
        const void *meant = i >= olds   ? fates->add[i - olds]
                            : fates->is ? fates->is[i]
                                        : list_entry(old, kind, i);
        if (!meant)
            continue;
        if (at == n || cfg_compare(schema, meant, list_entry(now, kind, at), NULL, NULL, a) != 0)
            return false;
        at++;
    }
    return at == n;
}

static void rewrite(struct merge *m, size_t i)
{
    const struct fates *fates = m->fates[i];
    struct net_file old = m->out->files[i], *now = &m->out->files[i];
    const char *path = i < m->base->n ? path_join(m->base->dir, old.name, m->a) : old.name;
    bool touched = false;
    for (int k = 0; k < LIST_KINDS; k++)
        touched |= fates[k].is || fates[k].n_add;
    if (!touched)
        return;
    now->text = file_edit(&old, path, fates, m->a, m->f);
    bool ok = file_parse(now, path, m->a, m->f);
    for (int k = 0; ok && k < LIST_KINDS; k++)
        ok = as_meant(&old, now, (enum list_kind)k, &fates[k], m->a);
    if (!ok)
        cfg_error(m->f, (struct cfg_pos){path, 0},
                  "cannot be changed without harm; write one entry a line, each { ... }, and try again");
}

static void copy_folder(struct merge *m)
{
    size_t rows = 0;
    for (int k = 0; k < LIST_KINDS; k++)
        rows += m->rows->n[k];
    size_t most = m->base->n + rows + LIST_KINDS;
    m->out = m->plan->folder = arena_alloc(m->a, sizeof *m->out);
    *m->out = (struct folder){.dir = m->base->dir, .n = m->base->n};
    m->out->files = arena_array(m->a, most, sizeof *m->out->files);
    m->fates = arena_array(m->a, most, sizeof *m->fates);
    if (m->base->n)
        memcpy(m->out->files, m->base->files, m->base->n * sizeof *m->out->files);
}

struct lists_plan *lists_import(const struct folder *base, const struct lists_input *inputs, size_t n,
                                bool keep_missing, struct arena *a, struct cfg_findings *f)
{
    size_t before = f->errors;
    struct merge m = {.base = base, .a = a, .f = f, .plan = arena_alloc(a, sizeof *m.plan)};
    struct lists_rows *rows = rows_read(base, inputs, n, a, f);
    m.rows = m.plan->rows = rows;
    if (!rows)
        return NULL;
    copy_folder(&m);
    for (int k = 0; k < LIST_KINDS; k++) {
        m.plan->given[k] = rows->given[k];
        if (!rows->given[k])
            continue;
        meet_rows(&m, (enum list_kind)k);
        meet_missing(&m, (enum list_kind)k, keep_missing);
    }
    note_missing_columns(&m);
    for (size_t i = 0; i < m.out->n; i++)
        rewrite(&m, i);
    if (m.plan->n)
        qsort(m.plan->changes, m.plan->n, sizeof *m.plan->changes, by_kind_fate_id);
    return f->errors == before ? m.plan : NULL;
}
