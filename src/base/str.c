#include "base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct str str_of(const char *cstr)
{
    return (struct str){cstr, cstr ? strlen(cstr) : 0};
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

bool str_is(struct str a, const char *cstr)
{
    return str_eq(a, str_of(cstr));
}

bool str_is_nocase(struct str a, const char *cstr)
{
    struct str b = str_of(cstr);
    return a.n == b.n && (a.n == 0 || strncasecmp(a.s, b.s, a.n) == 0);
}

bool str_starts(struct str a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.n >= n && memcmp(a.s, prefix, n) == 0;
}

struct str str_trim(struct str a)
{
    while (a.n && isspace((unsigned char)a.s[0])) {
        a.s++;
        a.n--;
    }
    while (a.n && isspace((unsigned char)a.s[a.n - 1]))
        a.n--;
    return a;
}

struct str str_split(struct str *rest, char sep)
{
    struct str head = *rest;
    const char *cut = rest->n ? memchr(rest->s, sep, rest->n) : NULL;
    if (!cut) {
        *rest = (struct str){NULL, 0};
        return head;
    }
    head.n = (size_t)(cut - head.s);
    rest->n -= head.n + 1;
    rest->s = cut + 1;
    return head;
}

uint32_t str_hash(struct str a)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < a.n; i++)
        h = (h ^ (unsigned char)a.s[i]) * 16777619u;
    return h ? h : 1;
}

bool str_copy(struct str a, char *dst, size_t cap)
{
    dst[0] = '\0';
    if (a.n >= cap || (a.n && memchr(a.s, '\0', a.n)))
        return false;
    if (a.n)
        memcpy(dst, a.s, a.n);
    dst[a.n] = '\0';
    return true;
}

bool str_to_u64(struct str a, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (a.s[i] < '0' || a.s[i] > '9')
            return false;
        unsigned d = (unsigned)(a.s[i] - '0');
        if (v > (max - d) / 10 || d > max)
            return false;
        v = v * 10 + d;
    }
    *out = v;
    return true;
}

void out_init(struct out *o, char *buf, size_t cap)
{
    *o = (struct out){.buf = buf, .cap = cap};
    buf[0] = '\0';
}

void out_bytes(struct out *o, const void *p, size_t n)
{
    size_t room = o->cap - 1 - o->len;
    if (n > room) {
        n = room;
        o->overflow = true;
    }
    if (n)
        memcpy(o->buf + o->len, p, n);
    o->len += n;
    o->buf[o->len] = '\0';
}

void out_str(struct out *o, struct str s)
{
    out_bytes(o, s.s, s.n);
}

void out_char(struct out *o, char c)
{
    out_bytes(o, &c, 1);
}

void out_u64(struct out *o, uint64_t v)
{
    char digits[20];
    size_t n = sizeof digits;
    do
        digits[--n] = (char)('0' + v % 10);
    while (v /= 10);
    out_bytes(o, digits + n, sizeof digits - n);
}

void out_printf(struct out *o, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t room = o->cap - o->len;
    int n = vsnprintf(o->buf + o->len, room, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    if ((size_t)n >= room) {
        o->overflow = true;
        o->len = o->cap - 1;
    } else {
        o->len += (size_t)n;
    }
}

void out_hex(struct out *o, const void *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++) {
        out_char(o, digits[b[i] >> 4]);
        out_char(o, digits[b[i] & 15]);
    }
}

void out_base64(struct out *o, const void *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)b[i] << 16;
        if (i + 1 < n)
            v |= (uint32_t)b[i + 1] << 8;
        if (i + 2 < n)
            v |= b[i + 2];
        out_char(o, digits[v >> 18]);
        out_char(o, digits[(v >> 12) & 63]);
        out_char(o, i + 1 < n ? digits[(v >> 6) & 63] : '=');
        out_char(o, i + 2 < n ? digits[v & 63] : '=');
    }
}

/* Has one of eight bytes to be escaped? A byte below x borrows from its top bit when x is taken off it; one
 * that is 0x80 and above keeps it, which ~v tells. Bytes above one that is found may be found wrongly. */
static bool needs_escape(const char *s)
{
    const uint64_t each = 0x0101010101010101u, top = each * 0x80;
    uint64_t v;
    memcpy(&v, s, sizeof v);
    uint64_t quote = v ^ each * '"', back = v ^ each * '\\';
    return (((v - each * 0x20) & ~v) | ((quote - each) & ~quote) | ((back - each) & ~back)) & top;
}

void out_json(struct out *o, struct str s)
{
    size_t from = 0;
    out_char(o, '"');
    for (size_t i = 0; i < s.n; i++) {
        while (s.n - i > 8 && !needs_escape(s.s + i))
            i += 8;
        unsigned char c = (unsigned char)s.s[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        out_bytes(o, s.s + from, i - from);
        from = i + 1;
        if (c < 0x20)
            out_printf(o, "\\u%04x", c);
        else
            out_char(o, '\\'), out_char(o, (char)c);
    }
    out_bytes(o, s.s + from, s.n - from);
    out_char(o, '"');
}

struct str out_span(const struct out *o)
{
    return (struct str){o->buf, o->len};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(struct str in, uint8_t *out, size_t cap, size_t *n)
{
    if (in.n % 2 || in.n / 2 > cap)
        return false;
    for (size_t i = 0; i < in.n / 2; i++) {
        int hi = hex_digit(in.s[2 * i]), lo = hex_digit(in.s[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    *n = in.n / 2;
    return true;
}
