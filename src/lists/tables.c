/* Which list a file holds, and in which column each key is. */
#include "lists/internal.h"

#include <ctype.h>
#include <string.h>

enum { KEYS_MOST = 128 };

struct cfg_pos cell_pos(const struct table *t, int column, unsigned row, struct arena *a)
{
    char ref[SHEET_REF];
    const char *sheet = t->sheet.name;
    size_t room = strlen(t->file) + (sheet ? strlen(sheet) : 0) + SHEET_REF + 16;
    struct out o;
    sheet_ref(column < 0 ? 0 : (size_t)column, row, ref);
    out_init(&o, arena_alloc(a, room), room);
    out_printf(&o, "%s: %s%s%s%s", t->file, sheet ? "sheet " : "", sheet ? sheet : "", sheet ? ", " : "",
               ref);
    return (struct cfg_pos){o.buf, 0};
}

/* Cells without the blanks at their ends, which nobody sees, and without the rows that then hold nothing. */
static void tidy(struct sheet *s, struct arena *a)
{
    size_t kept = 0;
    for (size_t r = 0; r < s->n; r++) {
        struct sheet_row *row = &s->rows[r];
        bool any = false;
        for (size_t c = 0; c < row->n; c++) {
            struct sheet_cell *cell = &row->cells[c];
            struct str all = str_of(cell->text ? cell->text : ""), text = cell_trim(all);
            if (!text.n)
                *cell = (struct sheet_cell){SHEET_EMPTY, NULL};
            else if (text.n < all.n)
                cell->text = arena_strdup(a, text);
            any |= text.n > 0;
        }
        if (any)
            s->rows[kept++] = *row;
    }
    s->n = kept;
}

/* ---- which list ---- */

static bool holds_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text; text++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)text[i]) == word[i])
            i++;
        if (i == n)
            return true;
    }
    return false;
}

/* The one list that a name speaks of. */
static bool named(const char *name, enum list_kind *kind)
{
    bool hosts = holds_word(name, list_name(LIST_HOSTS));
    bool people = holds_word(name, list_name(LIST_COLLABORATORS));
    *kind = people ? LIST_COLLABORATORS : LIST_HOSTS;
    return hosts != people;
}

static int column_of(const struct sheet *s, const char *name)
{
    for (size_t c = 0; s->n && c < s->rows[0].n; c++) {
        const char *text = s->rows[0].cells[c].text;
        if (text && str_is_nocase(str_of(text), name))
            return (int)c;
    }
    return -1;
}

static bool has_required(const struct sheet *s, enum list_kind kind)
{
    for (const struct cfg_key *k = list_schema(kind)->keys; k->name; k++)
        if (k->required && column_of(s, k->name) < 0)
            return false;
    return true;
}

static bool recognise(const struct table *t, enum list_kind *kind)
{
    const char *slash = strrchr(t->file, '/');
    if (t->sheet.name && named(t->sheet.name, kind))
        return true;
    if (named(slash ? slash + 1 : t->file, kind))
        return true;
    bool hosts = has_required(&t->sheet, LIST_HOSTS);
    *kind = hosts ? LIST_HOSTS : LIST_COLLABORATORS;
    return hosts != has_required(&t->sheet, LIST_COLLABORATORS);
}

/* ---- columns ---- */

static void unknown_column(const struct table *t, const char *name, struct cfg_pos pos,
                           struct cfg_findings *f)
{
    const char *names[KEYS_MOST] = {"file"};
    size_t n = 1;
    for (const struct cfg_key *k = list_schema(t->kind)->keys; k->name && n < KEYS_MOST; k++)
        names[n++] = k->name;
    const char *near = cfg_nearest(name, names, n);
    if (near)
        cfg_error(f, pos, "unknown column \"%s\" of %s; did you mean \"%s\"?", name, list_name(t->kind),
                  near);
    else
        cfg_error(f, pos, "unknown column \"%s\" of %s; remove it or correct its name", name,
                  list_name(t->kind));
}

/* Where to keep the column of this name; NULL: it is unknown. */
static int *slot(struct table *t, struct str name)
{
    const struct cfg_key *keys = list_schema(t->kind)->keys;
    if (str_is_nocase(name, "file"))
        return &t->file_column;
    for (size_t i = 0; i < KEYS_MOST && keys[i].name; i++)
        if (str_is_nocase(name, keys[i].name))
            return &t->column[i];
    return NULL;
}

static void name_column(struct table *t, size_t c, struct arena *a, struct cfg_findings *f)
{
    const struct sheet_row *head = &t->sheet.rows[0];
    struct cfg_pos pos = cell_pos(t, (int)c, head->number, a);
    const char *name = head->cells[c].text;
    int *at = slot(t, str_of(name));
    if (!at)
        unknown_column(t, name, pos, f);
    else if (*at >= 0)
        cfg_error(f, pos, "there is a second column \"%s\"; remove one", name);
    else
        *at = (int)c;
}

static void nameless_columns(const struct table *t, struct arena *a, struct cfg_findings *f)
{
    const struct sheet_row *head = &t->sheet.rows[0];
    for (size_t r = 1; r < t->sheet.n; r++)
        for (size_t c = 0; c < t->sheet.rows[r].n; c++)
            if (t->sheet.rows[r].cells[c].kind != SHEET_EMPTY && sheet_cell(head, c)->kind == SHEET_EMPTY) {
                cfg_error(f, cell_pos(t, (int)c, t->sheet.rows[r].number, a),
                          "stands in a column without a name in the first row; empty it or name the column");
                return;
            }
}

static void read_columns(struct table *t, struct arena *a, struct cfg_findings *f)
{
    const struct sheet_row *head = &t->sheet.rows[0];
    const struct cfg_key *keys = list_schema(t->kind)->keys;
    t->file_column = -1;
    for (size_t i = 0; i < KEYS_MOST; i++)
        t->column[i] = -1;
    for (size_t c = 0; c < head->n; c++)
        if (head->cells[c].kind != SHEET_EMPTY)
            name_column(t, c, a, f);
    for (size_t i = 0; keys[i].name; i++)
        if (keys[i].required && t->column[i] < 0)
            cfg_error(f, cell_pos(t, 0, head->number, a), "there is no column \"%s\": %s", keys[i].name,
                      keys[i].help);
    nameless_columns(t, a, f);
}

/* ---- a file ---- */

static bool take_table(struct table *t, struct arena *a, struct cfg_findings *f)
{
    size_t before = f->errors;
    tidy(&t->sheet, a);
    if (!t->sheet.n)
        cfg_error(f, cell_pos(t, 0, 1, a), "is empty; the first row must have the names of the columns");
    else if (!recognise(t, &t->kind))
        cfg_error(f, cell_pos(t, 0, 1, a),
                  "cannot tell whether these are hosts or collaborators; name the sheet or the file so");
    else
        read_columns(t, a, f);
    return f->errors == before;
}

static void report(const char *file, const struct failure *why, struct cfg_findings *f)
{
    cfg_error(f, (struct cfg_pos){file, 0}, "%s", why->what);
}

/* The sheets called like the lists; without any, the first. */
static bool read_book(const struct lists_input *in, struct arena *a, struct cfg_findings *f,
                      struct table *out, size_t *n)
{
    struct failure why = {OK, ""};
    size_t before = *n;
    enum err rc;
    for (int k = 0; k < LIST_KINDS; k++) {
        rc = sheet_read_xlsx(in->bytes, list_name((enum list_kind)k), a, &out[*n].sheet, &why);
        if (rc == OK)
            out[(*n)++].file = in->name;
        else if (rc != ERR_MISSING) {
            report(in->name, &why, f);
            return false;
        }
    }
    if (*n > before)
        return true;
    if (sheet_read_xlsx(in->bytes, NULL, a, &out[*n].sheet, &why) != OK) {
        report(in->name, &why, f);
        return false;
    }
    out[(*n)++].file = in->name;
    return true;
}

static bool is_book(struct str bytes)
{
    return bytes.n >= 4 && (memcmp(bytes.s, "PK\3\4", 4) == 0 || memcmp(bytes.s, "\xD0\xCF\x11\xE0", 4) == 0);
}

bool tables_read(const struct lists_input *in, struct arena *a, struct cfg_findings *f, struct table *out,
                 size_t *n)
{
    struct failure why = {OK, ""};
    size_t first = *n;
    bool ok = true;
    if (is_book(in->bytes)) {
        if (!read_book(in, a, f, out, n))
            return false;
    } else if (sheet_read_csv(in->bytes, a, &out[*n].sheet, &why) == OK) {
        out[(*n)++].file = in->name;
    } else {
        report(in->name, &why, f);
        return false;
    }
    for (size_t i = first; i < *n; i++)
        ok &= take_table(&out[i], a, f);
    return ok;
}
