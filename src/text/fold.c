#include "text/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* One code point of `in`; what is no UTF-8 is passed over a byte at a time and gives -1. */
static utf8proc_int32_t next(struct str *in)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)in->s, (utf8proc_ssize_t)in->n, &c);
    if (n <= 0) {
        c = -1;
        n = 1;
    }
    in->s += n;
    in->n -= (size_t)n;
    return c;
}

/* The base letter of a code point: accents and compatibility forms undone. 0: a mark that vanishes. */
static utf8proc_int32_t base_of(utf8proc_int32_t c)
{
    utf8proc_int32_t parts[8];
    int boundary = 0;
    if (c == 0x0111)
        return 'd'; /* đ has no decomposition in Unicode */
    if (c == 0x0110)
        return 'D';
    if (c < 0x80)
        return c;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        c, parts, 8, UTF8PROC_COMPAT | UTF8PROC_STRIPMARK | UTF8PROC_DECOMPOSE, &boundary);
    if (n <= 0)
        return n == 0 ? 0 : c;
    return parts[0];
}

static bool is_mark(utf8proc_int32_t c)
{
    utf8proc_category_t k = utf8proc_category(c);
    return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_ME ||
           k == UTF8PROC_CATEGORY_CF;
}

static bool is_letter(utf8proc_int32_t c)
{
    utf8proc_category_t k = utf8proc_category(c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

static char fold_one(utf8proc_int32_t c)
{
    if (c < 0)
        return ' ';
    if (c >= 0x80) {
        if (is_mark(c))
            return 0;
        c = base_of(c);
        if (c == 0 || (c >= 0x80 && is_letter(c)))
            return 0; /* a letter outside Latin: nothing of ours is written with it */
    }
    if (c >= 'A' && c <= 'Z')
        return (char)(c | 0x20);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? (char)c : ' ';
}

size_t text_fold(struct str in, char *out, size_t cap)
{
    size_t n = 0;
    while (in.n && n + 1 < cap) {
        char c = fold_one(next(&in));
        if (c == 0 || (c == ' ' && (n == 0 || out[n - 1] == ' ')))
            continue;
        out[n++] = c;
    }
    if (n && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return n;
}

size_t text_unaccent(struct str in, char *out, size_t cap)
{
    struct out o;
    out_init(&o, out, cap);
    while (in.n) {
        utf8proc_uint8_t bytes[4];
        utf8proc_int32_t c = next(&in);
        if (c < 0)
            c = ' ';
        else if (c >= 0x80)
            c = is_mark(c) ? 0 : base_of(c);
        if (c == 0)
            continue;
        utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);
        if (n <= 0 || o.len + (size_t)n >= cap)
            break;
        out_bytes(&o, bytes, (size_t)n);
    }
    return o.len;
}

bool text_utf8_valid(struct str s)
{
    while (s.n)
        if (next(&s) < 0)
            return false;
    return true;
}

struct str text_cut(struct str s, size_t max)
{
    struct str rest = s;
    size_t kept = 0;
    utf8proc_int32_t last = 0, state = 0;
    if (s.n <= max)
        return s;
    while (rest.n) {
        size_t at = s.n - rest.n;
        utf8proc_int32_t c = next(&rest);
        if (at == 0 || c < 0 || last < 0 || utf8proc_grapheme_break_stateful(last, c, &state))
            kept = at <= max ? at : kept;
        if (at > max)
            break;
        last = c;
    }
    return (struct str){s.s, kept};
}

size_t text_plain_signs(struct str in, char *out, size_t cap)
{
    static const struct {
        utf8proc_int32_t c;
        const char *as;
    } signs[] = {{0x2018, "'"},  {0x2019, "'"},  {0x201a, "'"},  {0x201b, "'"},  {0x201c, "\""},
                 {0x201d, "\""}, {0x201e, "\""}, {0x00ab, "\""}, {0x00bb, "\""}, {0x2013, "-"},
                 {0x2014, "-"},  {0x2010, "-"},  {0x2011, "-"},  {0x2212, "-"},  {0x2026, "..."},
                 {0x00a0, " "},  {0x202f, " "},  {0x2009, " "},  {0x2022, "-"},  {0x00b4, "'"},
                 {0x200b, ""},   {0xfeff, ""}};
    struct out o;
    out_init(&o, out, cap);
    while (in.n) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)in.s, (utf8proc_ssize_t)in.n, &c);
        struct str as = {in.s, n > 0 ? (size_t)n : 1};
        for (size_t i = 0; n > 1 && i < sizeof signs / sizeof signs[0]; i++)
            if (signs[i].c == c)
                as = str_of(signs[i].as);
        out_str(&o, as);
        in.s += n > 0 ? n : 1;
        in.n -= n > 0 ? (size_t)n : 1;
    }
    return o.len;
}

bool text_plain(struct str s)
{
    bool latin = false; /* a combining mark is an accent on a letter of ours only */
    while (s.n) {
        utf8proc_int32_t c = next(&s);
        char letter = fold_one(c);
        bool is_latin = letter >= 'a' && letter <= 'z';
        if (c >= 0x80 && (is_latin || (latin && c >= 0x300 && c <= 0x36f)))
            return false;
        latin = is_latin;
    }
    return true;
}

/* NULL: not UTF-8. The caller frees it. */
static char *same_form(struct str s, size_t *n)
{
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)s.s, (utf8proc_ssize_t)s.n, &out,
                                        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    *n = len > 0 ? (size_t)len : 0;
    return len < 0 ? NULL : (char *)out;
}

/* The next letter or digit; 0 at the end. Signs and what is not Latin do not count. */
static utf8proc_int32_t next_letter(struct str *s)
{
    while (s->n) {
        utf8proc_int32_t c = next(s);
        char letter = fold_one(c);
        if (letter && letter != ' ')
            return c;
    }
    return 0;
}

static bool same_words(struct str a, struct str b)
{
    for (;;) {
        utf8proc_int32_t x = next_letter(&a), y = next_letter(&b);
        if (x != y || x == 0)
            return x == y;
    }
}

bool text_same_letters(struct str a, struct str b)
{
    size_t n, m;
    char *x = same_form(a, &n), *y = same_form(b, &m);
    bool same = x && y && same_words((struct str){x, n}, (struct str){y, m});
    free(x);
    free(y);
    return same;
}
