/* A sheet of a workbook (ECMA-376): which part holds it, the shared texts, which formats are dates, its
 * cells. */
#include "sheet/internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TEXTS_MOST = 4 << 20, /* shared texts */
    CELLS_MOST = 4 << 20, /* with those left out before a cell */
    STYLES_MOST = 65536,
    NAME = 256
};

struct reading {
    struct book *book;
    struct arena *a;
    struct failure *why;
    const char *wanted;          /* the sheet's name, or NULL */
    char title[NAME], rel[NAME]; /* of the sheet that is read */
    char part[NAME], shared[NAME], styles[NAME];
    bool from_1904;
    const char **texts;
    size_t n_texts, cap_texts;
    bool *dates; /* by style */
    size_t n_dates;
    struct { /* number formats of the workbook's own */
        unsigned id;
        bool date;
    } * formats;
    size_t n_formats, cap_formats;
    /* where the reader of a part is */
    struct gather text;
    bool taking, phonetic, in_cell_styles, in_cell, formula;
    struct sheet *out;
    struct sheet_row *row;
    unsigned row_number;
    size_t column, cells;
    char type[16];
    unsigned style;
    char wrong[160];
};

static const char *wrong(const void *ctx)
{
    const struct reading *r = ctx;
    return r->wrong[0] ? r->wrong : NULL;
}

static void no_text(void *ctx, const char *text, size_t n)
{
    (void)ctx, (void)text, (void)n;
}

static void no_end(void *ctx, const char *element)
{
    (void)ctx, (void)element;
}

static void *doubled(struct arena *a, void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    size_t bigger = *cap ? 2 * *cap : 256;
    void *more = arena_array(a, bigger, size);
    if (n)
        memcpy(more, items, n * size);
    *cap = bigger;
    return more;
}

static bool is_true(const char *attribute)
{
    return attribute && (strcmp(attribute, "1") == 0 || strcmp(attribute, "true") == 0);
}

/* ---- workbook.xml: the sheets ---- */

static void book_start(void *ctx, const char *element, const char **at)
{
    struct reading *r = ctx;
    if (strcmp(element, "workbookPr") == 0)
        r->from_1904 = is_true(part_attribute(at, "date1904"));
    if (strcmp(element, "sheet") != 0 || r->rel[0])
        return;
    const char *name = part_attribute(at, "name"), *rel = part_attribute(at, "id");
    if (!name || !rel || (r->wanted && strcasecmp(name, r->wanted) != 0))
        return;
    if (!str_copy(str_of(name), r->title, NAME) || !str_copy(str_of(rel), r->rel, NAME))
        snprintf(r->wrong, sizeof r->wrong, "has a sheet whose name is too long");
}

/* ---- workbook.xml.rels: their parts ---- */

static void part_name(const char *target, char out[NAME])
{
    snprintf(out, NAME, "%s%s", target[0] == '/' ? "" : "xl/", target + (target[0] == '/'));
}

static bool of_type(const char *type, const char *last)
{
    const char *slash = type ? strrchr(type, '/') : NULL;
    return slash && strcmp(slash + 1, last) == 0;
}

static void rels_start(void *ctx, const char *element, const char **at)
{
    struct reading *r = ctx;
    const char *id = part_attribute(at, "Id"), *target = part_attribute(at, "Target");
    const char *type = part_attribute(at, "Type");
    if (strcmp(element, "Relationship") != 0 || !id || !target)
        return;
    if (strcmp(id, r->rel) == 0)
        part_name(target, r->part);
    else if (of_type(type, "sharedStrings"))
        part_name(target, r->shared);
    else if (of_type(type, "styles"))
        part_name(target, r->styles);
}

/* ---- sharedStrings.xml: <si> of one <t>, or of runs that have one each ---- */

static void text_start(struct reading *r, const char *element)
{
    if (strcmp(element, "rPh") == 0) /* how it is pronounced, above the text */
        r->phonetic = true;
    else if (strcmp(element, "t") == 0)
        r->taking = !r->phonetic;
}

static void text_end(struct reading *r, const char *element)
{
    if (strcmp(element, "rPh") == 0)
        r->phonetic = false;
    else if (strcmp(element, "t") == 0)
        r->taking = false;
}

static void take_text(void *ctx, const char *text, size_t n)
{
    struct reading *r = ctx;
    if (r->taking)
        gather_add(&r->text, text, n);
}

static void shared_start(void *ctx, const char *element, const char **at)
{
    struct reading *r = ctx;
    (void)at;
    if (strcmp(element, "si") == 0)
        gather_reset(&r->text);
    text_start(r, element);
}

static void shared_end(void *ctx, const char *element)
{
    struct reading *r = ctx;
    text_end(r, element);
    if (strcmp(element, "si") != 0)
        return;
    if (r->text.full || r->n_texts == TEXTS_MOST) {
        snprintf(r->wrong, sizeof r->wrong, "has a text of more than %d bytes, or too many texts",
                 SHEET_CELL);
        return;
    }
    r->texts = doubled(r->a, r->texts, r->n_texts, &r->cap_texts, sizeof *r->texts);
    r->texts[r->n_texts++] = gather_take(&r->text, r->a);
}

/* ---- styles.xml: which styles are dates ---- */

static unsigned number_of(const char *text)
{
    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static bool style_is_date(const struct reading *r, unsigned id)
{
    for (size_t i = 0; i < r->n_formats; i++)
        if (r->formats[i].id == id)
            return r->formats[i].date;
    return format_is_date(id, NULL);
}

static void styles_start(void *ctx, const char *element, const char **at)
{
    struct reading *r = ctx;
    unsigned id = number_of(part_attribute(at, "numFmtId"));
    const char *code = part_attribute(at, "formatCode");
    if (strcmp(element, "cellXfs") == 0)
        r->in_cell_styles = true;
    if (strcmp(element, "numFmt") == 0 && code && r->n_formats < 1024) {
        r->formats = doubled(r->a, r->formats, r->n_formats, &r->cap_formats, sizeof *r->formats);
        r->formats[r->n_formats].id = id;
        r->formats[r->n_formats++].date = format_is_date(id, code);
    }
    if (!r->in_cell_styles || strcmp(element, "xf") != 0 || r->n_dates == STYLES_MOST)
        return;
    if (!r->dates)
        r->dates = arena_array(r->a, STYLES_MOST, sizeof *r->dates);
    r->dates[r->n_dates++] = style_is_date(r, id);
}

static void styles_end(void *ctx, const char *element)
{
    struct reading *r = ctx;
    if (strcmp(element, "cellXfs") == 0)
        r->in_cell_styles = false;
}

/* ---- the sheet: <row r="7"><c r="B7" t="s" s="2"><v>3</v></c></row> ---- */

static void __attribute__((format(printf, 2, 3))) cell_wrong(struct reading *r, const char *fmt, ...)
{
    char ref[SHEET_REF], what[100];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    sheet_ref(r->column, r->row_number, ref);
    snprintf(r->wrong, sizeof r->wrong, "%s: %s", ref, what);
}

/* "B7": column and row; where it is missing, the next. */
static void take_ref(struct reading *r, const char *ref)
{
    size_t column = 0;
    if (!ref)
        return;
    while (*ref >= 'A' && *ref <= 'Z' && column < 100000)
        column = 26 * column + (size_t)(*ref++ - 'A' + 1);
    if (column)
        r->column = column - 1;
}

static void cell_start(struct reading *r, const char **at)
{
    const char *type = part_attribute(at, "t");
    r->column++;
    take_ref(r, part_attribute(at, "r"));
    r->style = number_of(part_attribute(at, "s"));
    if (!str_copy(str_of(type ? type : "n"), r->type, sizeof r->type))
        r->type[0] = '\0';
    r->in_cell = true;
    r->formula = false;
    gather_reset(&r->text);
}

/* A spreadsheet keeps the first of merged cells and empties the others. */
static void merged(struct reading *r, const char *ref)
{
    if (!r->wrong[0])
        snprintf(r->wrong, sizeof r->wrong, "%.32s: these cells are merged; separate them and fill each",
                 ref ? ref : "somewhere");
}

static void sheet_start(void *ctx, const char *element, const char **at)
{
    struct reading *r = ctx;
    if (strcmp(element, "row") == 0) {
        const char *number = part_attribute(at, "r");
        r->row_number = number ? number_of(number) : r->row_number + 1;
        r->column = (size_t)-1;
        r->row = NULL;
    } else if (strcmp(element, "c") == 0) {
        cell_start(r, at);
    } else if (strcmp(element, "mergeCell") == 0) {
        merged(r, part_attribute(at, "ref"));
    } else if (r->in_cell && strcmp(element, "f") == 0) {
        r->formula = true;
    } else if (r->in_cell && strcmp(element, "v") == 0) {
        r->taking = strcmp(r->type, "inlineStr") != 0;
    } else if (r->in_cell && strcmp(r->type, "inlineStr") == 0) {
        text_start(r, element);
    }
}

/* A row has room for a few cells, or for all that it may have. */
static void widen(struct reading *r, struct sheet_row *row)
{
    enum { FEW = 40 };
    size_t n = r->column + 1;
    if (!row->n || (row->n <= FEW && n > FEW)) {
        size_t room = n <= FEW ? FEW : SHEET_COLUMNS;
        struct sheet_cell *cells = arena_array(r->a, room, sizeof *cells);
        if (row->n)
            memcpy(cells, row->cells, row->n * sizeof *cells);
        row->cells = cells;
        r->cells += room;
    }
    row->n = n;
    if (r->cells > CELLS_MOST)
        cell_wrong(r, "the sheet has too many cells; delete what is not needed");
}

/* The row's room for this column. */
static struct sheet_cell *cell_at(struct reading *r)
{
    if (r->column >= SHEET_COLUMNS) {
        cell_wrong(r, "more than %d columns; delete what is not needed", SHEET_COLUMNS);
        return NULL;
    }
    if (!r->row) {
        if (r->out->n == SHEET_ROWS) {
            cell_wrong(r, "more than %d rows", SHEET_ROWS);
            return NULL;
        }
        r->row = sheet_add(r->out, 0, r->a);
        r->row->number = r->row_number;
    }
    struct sheet_row *row = r->row;
    if (r->column >= row->n)
        widen(r, row);
    return &row->cells[r->column];
}

static void number_cell(struct reading *r, struct sheet_cell *c)
{
    char text[64], *end;
    double v = strtod(c->text, &end);
    bool date = r->style < r->n_dates && r->dates[r->style];
    if (*end || end == c->text || !isfinite(v)) {
        cell_wrong(r, "holds no number where one belongs; type it again");
        return;
    }
    if (date && v >= 0 && v < 1) {
        cell_wrong(r, "the spreadsheet made a time of it; format the cell as text and type it again");
        return;
    }
    if (date && !format_date(v, r->from_1904, text)) {
        cell_wrong(r, "is no day of a calendar; type it again");
        return;
    }
    for (int digits = 15; !date && digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    *c = (struct sheet_cell){date ? SHEET_DATE : SHEET_NUMBER, arena_strdup(r->a, str_of(text))};
}

static void shared_cell(struct reading *r, struct sheet_cell *c)
{
    uint64_t i;
    if (!str_to_u64(str_of(c->text), TEXTS_MOST, &i) || i >= r->n_texts)
        cell_wrong(r, "refers to a text that is not there; the file is damaged");
    else
        *c = (struct sheet_cell){*r->texts[i] ? SHEET_TEXT : SHEET_EMPTY, *r->texts[i] ? r->texts[i] : NULL};
}

static void make_cell(struct reading *r, struct sheet_cell *c)
{
    if (strcmp(r->type, "s") == 0)
        shared_cell(r, c);
    else if (strcmp(r->type, "b") == 0)
        *c = (struct sheet_cell){SHEET_BOOL, is_true(c->text) ? "true" : "false"};
    else if (strcmp(r->type, "e") == 0)
        cell_wrong(r, "a formula gives an error; correct it or type what is meant");
    else if (strcmp(r->type, "d") == 0)
        c->kind = SHEET_DATE;
    else if (strcmp(r->type, "n") == 0)
        number_cell(r, c);
}

static void cell_end(struct reading *r)
{
    r->in_cell = false;
    if (r->text.full) {
        cell_wrong(r, "more than %d bytes", SHEET_CELL);
        return;
    }
    if (!r->text.n) {
        if (r->formula && strcmp(r->type, "str") != 0)
            cell_wrong(r, "a formula without its result; open the file in a spreadsheet and save it");
        return;
    }
    struct sheet_cell *c = cell_at(r);
    if (!c)
        return;
    *c = (struct sheet_cell){SHEET_TEXT, gather_take(&r->text, r->a)};
    make_cell(r, c);
}

static void sheet_end(void *ctx, const char *element)
{
    struct reading *r = ctx;
    if (strcmp(element, "v") == 0)
        r->taking = false;
    text_end(r, element);
    if (strcmp(element, "c") == 0 && r->in_cell)
        cell_end(r);
}

/* ---- all of it ---- */

static enum err read_parts(struct reading *r)
{
    static const struct part_events book = {book_start, no_end, no_text, wrong},
                                    rels = {rels_start, no_end, no_text, wrong},
                                    shared = {shared_start, shared_end, take_text, wrong},
                                    styles = {styles_start, styles_end, no_text, wrong},
                                    cells = {sheet_start, sheet_end, take_text, wrong};
    enum err rc = book_read(r->book, "xl/workbook.xml", &book, r, r->why);
    if (rc != OK)
        return r->why->code = ERR_INPUT; /* nothing is missing in it: it is none */
    if (!r->rel[0])
        return fail(r->why, ERR_MISSING, "there is no such sheet in it");
    rc = book_read(r->book, "xl/_rels/workbook.xml.rels", &rels, r, r->why);
    if (rc == OK && r->shared[0])
        rc = book_read(r->book, r->shared, &shared, r, r->why);
    if (rc == OK && r->styles[0])
        rc = book_read(r->book, r->styles, &styles, r, r->why);
    r->taking = r->phonetic = false;
    gather_reset(&r->text);
    if (rc == OK)
        rc = book_read(r->book, r->part, &cells, r, r->why);
    if (rc == OK)
        return OK;
    char what[sizeof r->why->what];
    str_copy(str_of(r->why->what), what, sizeof what);
    return fail(r->why, rc == ERR_MISSING ? ERR_INPUT : rc, "sheet %s, %s", r->title, what);
}

/* Rows may be written in any order, and a row twice. */
static int by_number(const void *a, const void *b)
{
    const struct sheet_row *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

enum err sheet_read_xlsx(struct str bytes, const char *name, struct arena *a, struct sheet *out,
                         struct failure *why)
{
    struct failure own = {OK, ""};
    struct reading *r = arena_alloc(a, sizeof *r);
    *out = (struct sheet){.name = NULL};
    *r = (struct reading){.a = a, .why = why ? why : &own, .wanted = name, .out = out};
    enum err rc = book_open(bytes, &r->book, r->why);
    if (rc != OK)
        return rc;
    rc = read_parts(r);
    gather_free(&r->text);
    book_close(r->book);
    out->name = arena_strdup(a, str_of(r->title));
    if (out->n)
        qsort(out->rows, out->n, sizeof *out->rows, by_number);
    return rc;
}
