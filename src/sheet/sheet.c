#include "sheet/sheet.h"

#include <stdio.h>
#include <string.h>

struct sheet_row *sheet_add(struct sheet *s, size_t n, struct arena *a)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct sheet_row *rows = arena_array(a, cap, sizeof *rows);
        if (s->n)
            memcpy(rows, s->rows, s->n * sizeof *rows);
        s->rows = rows;
        s->cap = cap;
    }
    struct sheet_row *row = &s->rows[s->n++];
    *row = (struct sheet_row){.number = s->n > 1 ? row[-1].number + 1 : 1,
                              .cells = arena_array(a, n ? n : 1, sizeof *row->cells),
                              .n = n};
    return row;
}

const struct sheet_cell *sheet_cell(const struct sheet_row *row, size_t column)
{
    static const struct sheet_cell empty;
    return column < row->n ? &row->cells[column] : &empty;
}

void sheet_ref(size_t column, unsigned row, char out[SHEET_REF])
{
    char letters[8];
    size_t at = sizeof letters - 1;
    letters[at] = '\0';
    for (size_t c = column + 1; c && at; c = (c - 1) / 26)
        letters[--at] = (char)('A' + (c - 1) % 26);
    snprintf(out, SHEET_REF, "%s%u", letters + at, row);
}
