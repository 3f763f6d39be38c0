/* A workbook for people, by libxlsxwriter. */
#include "sheet/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

enum { CHOICES_MOST = 255 }; /* characters that Excel takes as a list of choices */

struct look {
    lxw_format *head, *text, *plain;
};

static struct look make_look(lxw_workbook *w)
{
    struct look l = {workbook_add_format(w), workbook_add_format(w), workbook_add_format(w)};
    format_set_bold(l.head);
    format_set_num_format_index(l.head, 49); /* @ */
    format_set_num_format_index(l.text, 49);
    return l;
}

/* What XML cannot hold: U+FFFE and U+FFFF. */
static bool no_xml(const char *t)
{
    return t[0] == '\xEF' && t[1] == '\xBF' && (t[2] == '\xBE' || t[2] == '\xBF');
}

static bool like_an_escape(const char *t)
{
    uint8_t code[2];
    size_t got;
    return t[0] == '_' && t[1] == 'x' && strnlen(t, 7) == 7 && t[6] == '_' &&
           hex_decode((struct str){t + 2, 4}, code, sizeof code, &got);
}

/* _x0041_ in a text would be read as a letter A. */
static const char *escaped(const char *text, struct arena *a)
{
    size_t room = strlen(text) + 1, more = 0;
    for (const char *t = text; *t; t++)
        more += no_xml(t) || like_an_escape(t) ? 6 : 0;
    if (!more)
        return text;
    struct out o;
    out_init(&o, arena_alloc(a, room + more), room + more);
    for (const char *t = text; *t; t++) {
        if (no_xml(t)) {
            out_cstr(&o, t[2] == '\xBE' ? "_xFFFE_" : "_xFFFF_");
            t += 2;
            continue;
        }
        out_cstr(&o, like_an_escape(t) ? "_x005F" : "");
        out_char(&o, *t);
    }
    return o.buf;
}

/* libxlsxwriter writes 16 digits. */
static bool number_survives(const char *text, double *v)
{
    char again[40];
    *v = strtod(text, NULL);
    snprintf(again, sizeof again, "%.16g", *v);
    return strtod(again, NULL) == *v;
}

static lxw_error write_cell(lxw_worksheet *ws, lxw_row_t row, lxw_col_t column, const struct sheet_cell *c,
                            lxw_format *text, struct arena *a)
{
    double v;
    if (c->kind == SHEET_EMPTY || !c->text)
        return LXW_NO_ERROR;
    if (c->kind == SHEET_NUMBER && number_survives(c->text, &v))
        return worksheet_write_number(ws, row, column, v, NULL);
    return worksheet_write_string(ws, row, column, escaped(c->text, a), text);
}

static size_t choices_length(const char *const *choices)
{
    size_t n = 0;
    for (; *choices; choices++)
        n += strlen(*choices) + 1;
    return n;
}

static void offer(lxw_worksheet *ws, lxw_col_t column, const char *const *choices)
{
    static char title[] = "Not one of the list",
                message[] = "Choose a word of the list, or leave the cell empty.";
    lxw_data_validation v = {.validate = LXW_VALIDATION_TYPE_LIST,
                             .value_list = (char **)(uintptr_t)choices, /* which it does not change */
                             .error_title = title,
                             .error_message = message};
    if (choices_length(choices) <= CHOICES_MOST)
        worksheet_data_validation_range(ws, 1, column, LXW_ROW_MAX - 1, column, &v);
}

static void dress(lxw_worksheet *ws, const struct sheet *s, const struct look *l)
{
    for (size_t c = 0; c < s->n_columns; c++) {
        const struct sheet_column *col = &s->columns[c];
        worksheet_set_column(ws, (lxw_col_t)c, (lxw_col_t)c, col->width, col->number ? l->plain : l->text);
        if (col->choices)
            offer(ws, (lxw_col_t)c, col->choices);
    }
    if (!s->n_columns)
        return;
    worksheet_freeze_panes(ws, 1, 0);
    if (s->n)
        worksheet_autofilter(ws, 0, 0, (lxw_row_t)(s->n - 1), (lxw_col_t)(s->n_columns - 1));
}

static enum err too_long(const struct sheet *s, size_t row, size_t column, struct failure *why)
{
    char ref[SHEET_REF];
    sheet_ref(column, (unsigned)row + 1, ref);
    return fail(why, ERR_INPUT, "sheet %s, %s: a cell of a workbook holds at most %d characters; use csv",
                s->name, ref, SHEET_XLSX_CELL);
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; text && *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static enum err write_sheet(lxw_workbook *w, const struct sheet *s, const struct look *l, struct arena *a,
                            struct failure *why)
{
    lxw_worksheet *ws = workbook_add_worksheet(w, s->name);
    if (!ws)
        return fail(why, ERR_BUG, "no sheet can be called so");
    for (size_t r = 0; r < s->n; r++)
        for (size_t c = 0; c < s->rows[r].n; c++) {
            const struct sheet_cell *cell = &s->rows[r].cells[c];
            if (characters(cell->text) > SHEET_XLSX_CELL)
                return too_long(s, r, c, why);
            if (write_cell(ws, (lxw_row_t)r, (lxw_col_t)c, cell, r || !s->n_columns ? l->text : l->head, a) !=
                LXW_NO_ERROR)
                return fail(why, ERR_INPUT, "sheet %s cannot be written", s->name);
        }
    dress(ws, s, l);
    return OK;
}

/* The library opens the file by its name, so that it must be there with its mode before. */
static enum err make_private(const char *path, struct failure *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(why, ERR_AGAIN, "cannot be written: %s", strerror(errno));
    fchmod(fd, 0600);
    close(fd);
    return OK;
}

enum err sheet_write_xlsx(const char *path, const struct sheet *sheets, size_t n, struct failure *why)
{
    struct arena a;
    enum err rc = make_private(path, why);
    if (rc != OK)
        return rc;
    lxw_workbook *w = workbook_new(path);
    if (!w)
        return fail(why, ERR_AGAIN, "cannot be written");
    arena_init(&a, 0);
    struct look l = make_look(w);
    for (size_t i = 0; rc == OK && i < n; i++)
        rc = write_sheet(w, &sheets[i], &l, &a, why);
    lxw_error closed = workbook_close(w); /* also what failed has to be closed, to be freed */
    if (rc == OK && closed != LXW_NO_ERROR)
        rc = fail(why, ERR_AGAIN, "cannot be written: %s", lxw_strerror(closed));
    arena_free(&a);
    return rc;
}
