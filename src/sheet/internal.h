#ifndef SHEET_INTERNAL_H
#define SHEET_INTERNAL_H

#include "sheet/sheet.h"

/* ---- zip.c: the parts of a workbook ---- */

struct book;
enum err book_open(struct str bytes, struct book **out, struct failure *why);
void book_close(struct book *b);

/* What a part's reader is told; names without their prefix. `attributes`: name, value, ..., NULL. */
struct part_events {
    void (*start)(void *ctx, const char *element, const char **attributes);
    void (*end)(void *ctx, const char *element);
    void (*text)(void *ctx, const char *text, size_t n);
    const char *(*wrong)(const void *ctx); /* why reading ends; NULL: it goes on */
};
/* Streams one part through `events`. ERR_MISSING: there is none of that name. */
enum err book_read(struct book *b, const char *part, const struct part_events *events, void *ctx,
                   struct failure *why);
/* The value of an attribute, or NULL. */
const char *part_attribute(const char **attributes, const char *name);

/* ---- gather.c: text that comes in pieces ---- */

struct gather {
    char *text;
    size_t n, cap;
    bool full; /* longer than a cell may be */
};
void gather_add(struct gather *g, const char *text, size_t n);
void gather_reset(struct gather *g);
void gather_free(struct gather *g);
/* What was gathered, in the arena, without _xHHHH_, which stand for characters that XML cannot hold. */
const char *gather_take(struct gather *g, struct arena *a);

/* ---- formats.c ---- */

/* Is a cell of this number format a date? `code` is NULL for the built-in ones. */
bool format_is_date(unsigned id, const char *code);
/* The day that a spreadsheet's number stands for. false: out of range. */
bool format_date(double serial, bool from_1904, char out[32]);

#endif
