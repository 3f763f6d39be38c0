/* A value as a cell, and what people and spreadsheets make of it as a value. */
#include "lists/internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char empty_list[] = "[]";

/* ---- to a cell ---- */

static bool control(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\n') || *text == 0x7f)
            return true;
    return false;
}

/* What is not seen: ASCII's, no-break and ideographic space, byte order mark, and of U+2000 to U+206F spaces
 * and what has no width (address books put marks of direction around numbers). returns its bytes; 0: it is
 * none. */
static size_t blank(const char *at, size_t n)
{
    if (n && at[0] && strchr(" \t\n\r\f\v", at[0]))
        return 1;
    if (n >= 2 && memcmp(at, "\u00a0", 2) == 0)
        return 2;
    if (n < 3)
        return 0;
    unsigned last = (unsigned char)at[2];
    bool general = memcmp(at, "\xe2\x80", 2) == 0 && (last <= 0x8f || (last >= 0xa8 && last <= 0xaf));
    bool joining = memcmp(at, "\xe2\x81", 2) == 0 && last >= 0x9f;
    return general || joining || memcmp(at, "\u3000", 3) == 0 || memcmp(at, "\ufeff", 3) == 0 ? 3 : 0;
}

static size_t blank_at_end(struct str text)
{
    for (size_t k = 1; k <= 3 && k <= text.n; k++)
        if (blank(text.s + text.n - k, k) == k)
            return k;
    return 0;
}

struct str cell_trim(struct str text)
{
    for (size_t k; (k = blank(text.s, text.n)) > 0;)
        text = (struct str){text.s + k, text.n - k};
    for (size_t k; (k = blank_at_end(text)) > 0;)
        text.n -= k;
    return text;
}

static bool wants_quotes(const char *text, bool item)
{
    struct str all = str_of(text);
    return !all.n || text[0] == '"' || cell_trim(all).n != all.n || control(text) ||
           (item && (strchr(text, ';') || strcmp(text, empty_list) == 0));
}

static void put(const char *text, bool item, struct out *o)
{
    if (wants_quotes(text, item))
        cfg_quote(text, o);
    else
        out_cstr(o, text);
}

static struct sheet_cell text_cell(const char *text, struct arena *a)
{
    struct out o;
    size_t room = 4 * strlen(text) + 4;
    out_init(&o, arena_alloc(a, room), room);
    put(text, false, &o);
    return (struct sheet_cell){SHEET_TEXT, o.buf};
}

static struct sheet_cell list_cell(const char *const *items, size_t n, struct arena *a)
{
    struct out o;
    size_t room = sizeof empty_list;
    for (size_t i = 0; i < n; i++)
        room += 4 * strlen(items[i]) + 6;
    out_init(&o, arena_alloc(a, room), room);
    for (size_t i = 0; i < n; i++) {
        out_cstr(&o, i ? "; " : "");
        put(items[i], true, &o);
    }
    out_cstr(&o, n ? "" : empty_list);
    return (struct sheet_cell){SHEET_TEXT, o.buf};
}

static struct sheet_cell flags_cell(const struct cfg_key *k, uint32_t bits, struct arena *a)
{
    const char *items[32];
    size_t n = 0;
    for (const struct cfg_word *w = k->words; w->word && n < 32; w++)
        if (bits & 1u << w->value)
            items[n++] = w->word;
    return list_cell(items, n, a);
}

static const char *word_of(const struct cfg_key *k, int value)
{
    const struct cfg_word *w = k->words;
    while (w->word && w->value != value)
        w++;
    return w->word ? w->word : "";
}

static struct sheet_cell number_cell(double v, const char *text)
{
    return (struct sheet_cell){fabs(v) < 9e15 ? SHEET_NUMBER : SHEET_TEXT, text};
}

struct sheet_cell cell_of(const struct cfg_key *k, const struct cfg_schema *schema, const void *entry,
                          struct arena *a)
{
    const void *at = (const char *)entry + k->offset;
    const struct cfg_strings *list = at;
    char text[CFG_FLOAT_TEXT];
    if (!cfg_written(schema, entry, k->name))
        return (struct sheet_cell){SHEET_EMPTY, NULL};
    switch (k->type) {
    case CFG_STRING:
        return text_cell(*(const char *const *)at, a);
    case CFG_ENUM:
        return text_cell(word_of(k, *(const int *)at), a);
    case CFG_INT:
    case CFG_SIZE:
        snprintf(text, sizeof text, "%lld", (long long)*(const int64_t *)at);
        return number_cell((double)*(const int64_t *)at, arena_strdup(a, str_of(text)));
    case CFG_FLOAT:
        cfg_float_text(*(const double *)at, text);
        return number_cell(*(const double *)at, arena_strdup(a, str_of(text)));
    case CFG_STRINGS:
        return list_cell(list->items, list->n, a);
    case CFG_FLAGS:
        return flags_cell(k, *(const uint32_t *)at, a);
    default: /* as a file has it */
        return (struct sheet_cell){SHEET_TEXT, cfg_value_text(k, entry, a)};
    }
}

/* ---- from a cell ---- */

struct taker {
    const struct cfg_key *key;
    const char *at; /* what is left of the cell's text */
    struct out out;
    struct arena *a;
    struct failure *why;
};

static bool refuse(struct taker *t, const char *what)
{
    fail(t->why, ERR_INPUT, "%s %s", t->key->name, what);
    return false;
}

static int hex(const char *at)
{
    uint8_t byte;
    size_t n;
    return at[0] && at[1] && hex_decode((struct str){at, 2}, &byte, 1, &n) && byte ? byte : -1;
}

/* A text in quotes: libconfig's escapes. */
static bool take_quoted(struct taker *t, struct out *text)
{
    for (t->at++; *t->at && *t->at != '"'; t->at++) {
        char c = *t->at;
        if (c == '\\') {
            static const char codes[] = "nrtf\"\\", means[] = "\n\r\t\f\"\\";
            c = *++t->at;
            const char *code = c ? strchr(codes, c) : NULL;
            int byte = c == 'x' ? hex(t->at + 1) : -1;
            if (!code && byte < 0)
                return refuse(t, "has a backslash in a quoted text that means nothing; write \\\\ for one");
            if (byte >= 0)
                t->at += 2;
            c = code ? means[code - codes] : (char)byte;
        }
        out_char(text, c);
    }
    if (*t->at != '"')
        return refuse(t, "begins with a quote that is not closed; a quote in a text is written \\\"");
    t->at++;
    return true;
}

static void skip_blanks(struct taker *t)
{
    for (size_t k; (k = blank(t->at, strlen(t->at))) > 0;)
        t->at += k;
}

/* The text up to one of `ends`, or in quotes; in the arena. NULL with why. */
static const char *take_text(struct taker *t, const char *ends)
{
    struct out text;
    size_t room = strlen(t->at) + 1;
    out_init(&text, arena_alloc(t->a, room), room);
    skip_blanks(t);
    if (*t->at == '"') {
        if (!take_quoted(t, &text))
            return NULL;
        skip_blanks(t);
        if (*t->at && !strchr(ends, *t->at)) {
            refuse(t, "has text behind a closing quote; a quote in a text is written \\\"");
            return NULL;
        }
        return text.buf;
    }
    size_t n = strcspn(t->at, ends);
    out_str(&text, cell_trim((struct str){t->at, n}));
    t->at += n;
    return text.buf;
}

/* 31/01/2026, where it cannot be the other way round: as a spreadsheet shows a date. */
static void as_date(const struct taker *t, const char **text)
{
    unsigned day, month, year;
    int end = 0;
    if (!t->key->unit || strcmp(t->key->unit, "date") != 0)
        return;
    if (sscanf(*text, "%2u/%2u/%4u%n", &day, &month, &year, &end) != 3 || (*text)[end])
        return;
    if (day < 13 || day > 31 || month < 1 || month > 12 || year < 1000)
        return;
    char iso[40];
    snprintf(iso, sizeof iso, "%04u-%02u-%02u", year, month, day);
    *text = arena_strdup(t->a, str_of(iso));
}

static bool take_string(struct taker *t)
{
    const char *text = take_text(t, "");
    if (!text)
        return false;
    as_date(t, &text);
    cfg_quote(text, &t->out);
    return true;
}

static bool take_list(struct taker *t)
{
    const char *ends = t->key->type == CFG_FLAGS ? ";," : ";", *between = "";
    out_cstr(&t->out, "[ ");
    while (*t->at && strcmp(t->at, empty_list) != 0) {
        skip_blanks(t);
        bool quoted = *t->at == '"';
        const char *text = take_text(t, ends);
        if (!text)
            return false;
        if (*t->at)
            t->at++;
        if (!*text && !quoted)
            continue; /* a semicolon at the end */
        as_date(t, &text);
        out_cstr(&t->out, between);
        cfg_quote(text, &t->out);
        between = ", ";
    }
    out_cstr(&t->out, " ]");
    return true;
}

static bool take_whole(struct taker *t)
{
    size_t digits = strspn(t->at + (*t->at == '-'), "0123456789");
    if (!digits || digits > 18 || t->at[digits + (*t->at == '-')])
        return refuse(t, "must be a whole number");
    out_printf(&t->out, "%sL", t->at);
    return true;
}

static bool take_number(struct taker *t, char separator)
{
    char text[64], *end;
    bool comma = separator == ';' || separator == '\t'; /* of a language that writes 21,3 */
    if (!str_copy(str_of(t->at), text, sizeof text) || strspn(text, "+-0123456789.,eE") != strlen(text))
        return refuse(t, "must be a number, such as 21.33");
    char *sign = comma && !strchr(text, '.') ? strchr(text, ',') : NULL;
    if (sign)
        *sign = '.';
    double v = strtod(text, &end);
    if (end == text || *end || !isfinite(v))
        return refuse(t, "must be a number with a point, such as 21.33");
    cfg_float_text(v, text);
    out_printf(&t->out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
    return true;
}

static bool take_bool(struct taker *t)
{
    if (strcasecmp(t->at, "true") != 0 && strcasecmp(t->at, "false") != 0)
        return refuse(t, "must be true or false");
    out_cstr(&t->out, strcasecmp(t->at, "true") == 0 ? "true" : "false");
    return true;
}

/* A spreadsheet made something else of a text: say so, for what it was is not known. */
static bool as_typed(struct taker *t, const struct sheet_cell *cell)
{
    static const char remedy[] = "; format the column as text and type it again";
    bool date = t->key->unit && strcmp(t->key->unit, "date") == 0;
    if (cell->kind == SHEET_DATE && date && strlen(cell->text) == 10)
        return true;
    if (cell->kind == SHEET_DATE)
        fail(t->why, ERR_INPUT, "%s: the spreadsheet made a date of it%s", t->key->name, remedy);
    else if (cell->kind == SHEET_BOOL)
        fail(t->why, ERR_INPUT, "%s must be a text%s", t->key->name, remedy);
    else if (cell->kind == SHEET_NUMBER && strlen(cell->text) == 4 && strspn(cell->text, "0123456789") == 4)
        fail(t->why, ERR_INPUT, "%s: the spreadsheet made a number of it; did you mean 0%s?%s", t->key->name,
             cell->text, remedy + 1);
    else if (cell->kind == SHEET_NUMBER)
        fail(t->why, ERR_INPUT, "%s: the spreadsheet made a number of it, without zeros and + before it%s",
             t->key->name, remedy);
    return cell->kind == SHEET_TEXT;
}

static bool take(struct taker *t, const struct sheet_cell *cell, char separator)
{
    switch (t->key->type) {
    case CFG_INT:
        return take_whole(t);
    case CFG_FLOAT:
        return take_number(t, separator);
    case CFG_BOOL:
        return take_bool(t);
    case CFG_STRINGS:
    case CFG_FLAGS:
        return as_typed(t, cell) && take_list(t);
    case CFG_STRING:
    case CFG_ENUM:
        return as_typed(t, cell) && take_string(t);
    default:
        out_cstr(&t->out, t->at);
        return true;
    }
}

bool cell_value(const struct cfg_key *k, const struct sheet_cell *cell, char separator, struct arena *a,
                const char **value, struct failure *why)
{
    struct str text = cell_trim(str_of(cell->text));
    struct taker t = {.key = k, .at = arena_strdup(a, text), .a = a, .why = why};
    size_t room = 8 * text.n + 32;
    out_init(&t.out, arena_alloc(a, room), room);
    *value = t.out.buf;
    return take(&t, cell, separator);
}
