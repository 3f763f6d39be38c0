/* Tables as people keep them in a spreadsheet: CSV and XLSX, read and written.
 *
 * A sheet is rows of cells. It lives in the arena it was read into; so do all texts, which are UTF-8 and end
 * with NUL. What is read comes from anybody: sizes are bounded, a workbook's parts are unpacked no further
 * than that, XML with a document type is refused. A failure tells the sheet and the cell ("sheet hosts, B7:
 * ...") or the line, never the file, which the caller knows, and never what the cell holds.
 */
#ifndef SHEET_SHEET_H
#define SHEET_SHEET_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum {
    SHEET_ROWS = 100000,
    SHEET_COLUMNS = 256,
    SHEET_CELL = 128 * 1024, /* bytes of a cell's text */
    SHEET_FILE = 32 << 20,   /* bytes of a file */
    SHEET_XLSX_CELL = 32767  /* characters that a cell of a workbook can hold */
};

enum sheet_kind { /* CSV knows texts only */
                  SHEET_EMPTY,
                  SHEET_TEXT,
                  SHEET_NUMBER, /* text: the shortest decimal of the number */
                  SHEET_BOOL,   /* true or false */
                  SHEET_DATE    /* 2026-01-31, or with a time 2026-01-31T08:30:00 */
};

struct sheet_cell {
    enum sheet_kind kind;
    const char *text; /* NULL when empty */
};

struct sheet_row {
    unsigned number; /* as the spreadsheet counts, from 1; rows without any text are left out */
    struct sheet_cell *cells;
    size_t n;
};

/* How a column of a workbook is to look. */
struct sheet_column {
    bool number; /* else its cells are formatted as text, so that 03979 stays what it is */
    double width;
    const char *const *choices; /* NULL, or what may be chosen; NULL ends it */
};

struct sheet {
    const char *name; /* NULL: a CSV file */
    char separator;   /* of the CSV it was read from: , ; or TAB */
    struct sheet_row *rows;
    size_t n, cap;
    const struct sheet_column *columns; /* for writing; NULL: plain text, and no list to filter */
    size_t n_columns;
};

/* A row behind the last, of `n` empty cells, numbered one up. */
struct sheet_row *sheet_add(struct sheet *s, size_t n, struct arena *a);
/* The cell of that column; an empty one where the row is shorter. */
const struct sheet_cell *sheet_cell(const struct sheet_row *row, size_t column);
/* "B7". */
#define SHEET_REF 16
void sheet_ref(size_t column, unsigned row, char out[SHEET_REF]);

/* ---- CSV: RFC 4180 ----
 * A text that begins with = + - @ TAB CR or ' is written with an apostrophe before it, so that no spreadsheet
 * takes it for a formula; reading takes one apostrophe off. Line breaks in cells are LF. */

/* UTF-8 with or without its mark, or UTF-16 with it ("Unicode text"); separated by , ; or TAB, whichever the
 * first line has most of or names as sep=; lines may end in LF, CRLF or CR. */
MUST_CHECK enum err sheet_read_csv(struct str bytes, struct arena *a, struct sheet *out, struct failure *why);
/* UTF-8 with its mark, commas, CRLF. */
struct str sheet_write_csv(const struct sheet *s, struct arena *a);

/* ---- XLSX ---- */

/* The sheet `name`, whatever its case; NULL: the first. Texts of every kind, numbers, booleans, results of
 * formulas (one that has none is refused, and so are merged cells), and dates where the cell is formatted as
 * one. ERR_MISSING: there is no such sheet. */
MUST_CHECK enum err sheet_read_xlsx(struct str bytes, const char *name, struct arena *a, struct sheet *out,
                                    struct failure *why);
/* Sheets with columns get a bold first row that stays in sight, with filters. Strings are never formulas.
 * Texts may hold no control characters but line breaks. The file is made anew with mode 0600. */
MUST_CHECK enum err sheet_write_xlsx(const char *path, const struct sheet *sheets, size_t n,
                                     struct failure *why);

#endif
