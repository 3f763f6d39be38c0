/* Comma-separated values: RFC 4180, and what spreadsheets make of it. */
#include "sheet/sheet.h"

#include "text/text.h"

#include <stdlib.h>
#include <string.h>

static const char mark[] = "\xEF\xBB\xBF";

/* ---- to UTF-8 ---- */

static enum err from_utf16(struct str in, bool little, struct arena *a, struct str *out, struct failure *why)
{
    size_t room = in.n / 2 * 3 + 1;
    char *big = arena_alloc(a, in.n + 1);
    struct out o;
    out_init(&o, arena_alloc(a, room), room);
    for (size_t i = 0; i + 1 < in.n; i += 2) {
        big[i] = in.s[i + (little ? 1 : 0)];
        big[i + 1] = in.s[i + (little ? 0 : 1)];
    }
    if (in.n % 2 || !text_decode(CHARSET_UTF16BE, (struct str){big, in.n}, &o))
        return fail(why, ERR_INPUT, "is no valid UTF-16; save it as \"CSV UTF-8\"");
    *out = out_span(&o);
    return OK;
}

static enum err check_utf8(struct str in, struct failure *why)
{
    unsigned line = 0;
    while (in.n) {
        struct str one = str_split(&in, '\n');
        line++;
        if (!text_utf8_valid(one) || (one.n && memchr(one.s, '\0', one.n)))
            return fail(why, ERR_INPUT, "line %u holds bytes that are no UTF-8; save it as \"CSV UTF-8\"",
                        line);
    }
    return OK;
}

static enum err to_utf8(struct str in, struct arena *a, struct str *out, struct failure *why)
{
    if (in.n >= 2 && memcmp(in.s, "\xFF\xFE", 2) == 0)
        return from_utf16((struct str){in.s + 2, in.n - 2}, true, a, out, why);
    if (in.n >= 2 && memcmp(in.s, "\xFE\xFF", 2) == 0)
        return from_utf16((struct str){in.s + 2, in.n - 2}, false, a, out, why);
    if (in.n >= 3 && memcmp(in.s, mark, 3) == 0)
        in = (struct str){in.s + 3, in.n - 3};
    *out = in;
    return check_utf8(in, why);
}

/* ---- reading ---- */

/* The one that the first line has most of, outside of quotes. */
static char separator_of(struct str in)
{
    static const char candidates[] = ",;\t";
    size_t count[3] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < in.n && (quoted || (in.s[i] != '\n' && in.s[i] != '\r')); i++) {
        const char *c = in.s[i] ? strchr(candidates, in.s[i]) : NULL;
        if (in.s[i] == '"')
            quoted = !quoted;
        else if (c && !quoted)
            count[c - candidates]++;
    }
    for (size_t i = 1; i < 3; i++)
        if (count[i] > count[best])
            best = i;
    return candidates[best];
}

/* "sep=;" as a first line is for spreadsheets. returns the bytes it takes. */
static size_t names_separator(struct str in, char *separator)
{
    if (in.n < 5 || !str_is_nocase((struct str){in.s, 4}, "sep=") || !strchr(",;\t", in.s[4]))
        return 0;
    size_t n = 5 + (in.n > 5 && in.s[5] == '\r');
    n += in.n > n && in.s[n] == '\n';
    if (n == 5 && in.n > 5)
        return 0;
    *separator = in.s[4];
    return n;
}

struct reader {
    struct str in;
    size_t at;
    char separator;
    unsigned line;
    struct arena *a;
    struct sheet *out;
    struct sheet_cell cells[SHEET_COLUMNS];
    size_t n;
    struct failure *why;
};

static int peek(const struct reader *r)
{
    return r->at < r->in.n ? (unsigned char)r->in.s[r->at] : -1;
}

static bool ends_line(int c)
{
    return c == '\n' || c == '\r' || c < 0;
}

/* LF, CRLF or CR. */
static void take_break(struct reader *r)
{
    if (peek(r) == '\r')
        r->at++;
    if (peek(r) == '\n')
        r->at++;
    r->line++;
}

static enum err keep(struct reader *r, struct str text)
{
    if (text.n > SHEET_CELL)
        return fail(r->why, ERR_INPUT, "line %u has a cell of more than %d bytes", r->line, SHEET_CELL);
    if (r->n == SHEET_COLUMNS)
        return fail(r->why, ERR_INPUT, "line %u has more than %d cells", r->line, SHEET_COLUMNS);
    if (text.n && text.s[0] == '\'')
        text = (struct str){text.s + 1, text.n - 1};
    struct sheet_cell *c = &r->cells[r->n++];
    *c = text.n ? (struct sheet_cell){SHEET_TEXT, arena_strdup(r->a, text)}
                : (struct sheet_cell){SHEET_EMPTY, NULL};
    return OK;
}

static enum err take_quoted(struct reader *r)
{
    unsigned began = r->line;
    size_t n = 0;
    char *text = (char *)r->in.s + r->at; /* it only gets shorter; `in` is a copy of ours */
    r->at++;
    for (;;) {
        int c = peek(r);
        if (c < 0)
            return fail(r->why, ERR_INPUT, "line %u has a quote that is not closed", began);
        if (c == '\r' || c == '\n') {
            take_break(r);
            text[n++] = '\n';
            continue;
        }
        r->at++;
        if (c == '"' && peek(r) == '"')
            r->at++;
        else if (c == '"')
            break;
        text[n++] = (char)c;
    }
    while (peek(r) == ' ')
        r->at++;
    if (peek(r) != r->separator && !ends_line(peek(r)))
        return fail(r->why, ERR_INPUT, "line %u has text behind a closing quote", r->line);
    return keep(r, (struct str){text, n});
}

static enum err take_cell(struct reader *r)
{
    if (peek(r) == '"')
        return take_quoted(r);
    size_t from = r->at;
    while (peek(r) != r->separator && !ends_line(peek(r)))
        r->at++;
    return keep(r, (struct str){r->in.s + from, r->at - from});
}

static enum err take_row(struct reader *r, unsigned number)
{
    enum err rc;
    r->n = 0;
    while ((rc = take_cell(r)) == OK && peek(r) == r->separator)
        r->at++;
    if (rc != OK)
        return rc;
    take_break(r);
    while (r->n && r->cells[r->n - 1].kind == SHEET_EMPTY)
        r->n--;
    if (!r->n)
        return OK;
    if (r->out->n == SHEET_ROWS)
        return fail(r->why, ERR_INPUT, "has more than %d rows", SHEET_ROWS);
    struct sheet_row *row = sheet_add(r->out, r->n, r->a);
    row->number = number;
    memcpy(row->cells, r->cells, r->n * sizeof *row->cells);
    return OK;
}

enum err sheet_read_csv(struct str bytes, struct arena *a, struct sheet *out, struct failure *why)
{
    *out = (struct sheet){.name = NULL};
    struct reader *r = arena_alloc(a, sizeof *r);
    *r = (struct reader){.line = 1, .a = a, .out = out, .why = why};
    if (bytes.n > SHEET_FILE)
        return fail(why, ERR_INPUT, "is longer than %d bytes", SHEET_FILE);
    enum err rc = to_utf8(bytes, a, &r->in, why);
    if (rc != OK)
        return rc;
    r->in = arena_str(a, r->in);
    r->at = names_separator(r->in, &r->separator);
    if (!r->at)
        r->separator = separator_of(r->in);
    out->separator = r->separator;
    r->line += r->at > 0;
    for (unsigned number = r->line; rc == OK && peek(r) >= 0; number++)
        rc = take_row(r, number);
    return rc;
}

/* ---- writing ---- */

static bool like_a_formula(const struct sheet_cell *c)
{
    return c->kind == SHEET_TEXT && strchr("=+-@\t\r'", c->text[0]);
}

static bool wants_quotes(const char *text)
{
    size_t n = strlen(text);
    return strpbrk(text, "\",;\t\r\n") || text[0] == ' ' || text[n - 1] == ' ';
}

static void write_cell(const struct sheet_cell *c, struct out *o)
{
    if (c->kind == SHEET_EMPTY || !c->text || !*c->text)
        return;
    const char *before = like_a_formula(c) ? "'" : "";
    if (!wants_quotes(c->text)) {
        out_cstr(o, before);
        out_cstr(o, c->text);
        return;
    }
    out_char(o, '"');
    out_cstr(o, before);
    for (const char *t = c->text; *t; t++) {
        out_cstr(o, *t == '"' ? "\"" : "");
        out_char(o, *t);
    }
    out_char(o, '"');
}

static size_t room_for(const struct sheet *s)
{
    size_t n = sizeof mark;
    for (size_t r = 0; r < s->n; r++) {
        n += 2;
        for (size_t c = 0; c < s->rows[r].n; c++)
            n += 4 + (s->rows[r].cells[c].text ? 2 * strlen(s->rows[r].cells[c].text) : 0);
    }
    return n;
}

struct str sheet_write_csv(const struct sheet *s, struct arena *a)
{
    struct out o;
    size_t room = room_for(s);
    out_init(&o, arena_alloc(a, room), room);
    out_cstr(&o, mark);
    for (size_t r = 0; r < s->n; r++) {
        for (size_t c = 0; c < s->rows[r].n; c++) {
            out_cstr(&o, c ? "," : "");
            write_cell(&s->rows[r].cells[c], &o);
        }
        out_cstr(&o, "\r\n");
    }
    return out_span(&o);
}
