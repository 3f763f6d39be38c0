/* Strings as spans, and bounded writers.
 *
 * `struct str` borrows: whoever made the bytes owns them. `struct out` writes into memory of the caller,
 * always leaves a NUL at the end (cap > 0) and remembers overflow instead of failing at each call.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *s; /* not NUL-terminated, may hold NUL bytes; NULL only when n == 0 */
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(v) (int)(v).n, (v).s

struct str str_of(const char *cstr); /* NULL gives the empty span */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *cstr);
bool str_is_nocase(struct str a, const char *cstr); /* ASCII case only */
bool str_starts(struct str a, const char *prefix);
struct str str_trim(struct str a); /* ASCII white space */
/* Cut `*rest` at the first `sep`: returns what stands before it; *rest becomes what follows ({NULL,0} at the
 * end). */
struct str str_split(struct str *rest, char sep);
/* FNV-1a, never 0: to tell one text from another of our own, where a clash harms nobody. */
uint32_t str_hash(struct str a);
/* Copy into a fixed buffer as a C string; false when it did not fit or holds a NUL (dst is then ""). */
bool str_copy(struct str a, char *dst, size_t cap);
/* Decimal without sign, at most `max`; false for anything else, overflow included. */
bool str_to_u64(struct str a, uint64_t max, uint64_t *out);

struct out {
    char *buf;
    size_t cap, len;
    bool overflow; /* something did not fit; buf holds what did, cut at a byte */
};

void out_init(struct out *o, char *buf, size_t cap);
void out_bytes(struct out *o, const void *p, size_t n);
void out_str(struct out *o, struct str s);
static inline void out_cstr(struct out *o, const char *s) /* here, so that a literal need not be measured */
{
    out_bytes(o, s, strlen(s));
}
void out_char(struct out *o, char c);
void out_u64(struct out *o, uint64_t v); /* decimal */
void out_printf(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
void out_hex(struct out *o, const void *p, size_t n);
/* Standard base64 with padding. */
void out_base64(struct out *o, const void *p, size_t n);
/* A JSON string with its quotes. UTF-8 goes through as it is. */
void out_json(struct out *o, struct str s);
struct str out_span(const struct out *o);

/* Hex digits to bytes; false when odd, not hex or longer than cap. */
bool hex_decode(struct str in, uint8_t *out, size_t cap, size_t *n);

#endif
