/* What was typed, from how it was sent. */
#include "aggregator/internal.h"

#include <string.h>

static bool word_is(const struct word *w, struct str value)
{
    for (size_t i = 0; i < w->def->is.n; i++)
        if (str_is_nocase(value, w->def->is.items[i]))
            return true;
    return w->any;
}

/* UTF-8 that was read as Latin-1 and written as UTF-8 once more. Left alone when it cannot be that. */
static struct str once_encoded(struct str twice, struct arena *a)
{
    struct out o;
    out_init(&o, arena_alloc(a, twice.n + 1), twice.n + 1);
    if (!text_encode(CHARSET_LATIN1, twice, &o) || !text_utf8_valid(out_span(&o)))
        return twice;
    return out_span(&o);
}

bool text_in(const struct section *s, const struct view *v, struct str *out)
{
    struct str raw, name, bytes;
    enum text_charset charset = (enum text_charset)s->def->charset_is;
    enum encoding encoding = (enum encoding)s->def->encoding;
    *out = (struct str){NULL, 0};
    if (!refs_get(&s->fields[FIELD_TEXT], v, &raw))
        return true;
    if (refs_get(&s->fields[FIELD_CHARSET], v, &name))
        for (size_t i = 0; i < s->charsets.n; i++)
            if (word_is(&s->charsets.items[i], name)) {
                charset = (enum text_charset)s->charsets.items[i].def->means;
                encoding = (enum encoding)s->charsets.items[i].def->encoding;
                break;
            }
    if (!decoded_from(encoding, raw, v->a, &bytes))
        return false;
    size_t room = 3 * bytes.n + 1; /* no charset of ours grows by more */
    struct out o;
    out_init(&o, arena_alloc(v->a, room), room);
    if (!text_decode(charset, bytes, &o))
        return false;
    *out = out_span(&o);
    if (s->def->twice_encoded)
        *out = once_encoded(*out, v->a);
    return true;
}

/* 3GPP TS 23.040 §9.2.3.24: a length, then elements of identifier, length, data. 0x00 joins with a reference
 * of one byte, 0x08 with one of two. */
bool udh_parse(struct str hex, unsigned *ref, unsigned *no, unsigned *count)
{
    uint8_t b[256];
    size_t n = 0;
    if (!hex_decode(hex, b, sizeof b, &n) || n < 1 || (size_t)b[0] + 1 != n)
        return false;
    for (size_t i = 1; i + 1 < n;) {
        uint8_t id = b[i], len = b[i + 1];
        const uint8_t *d = b + i + 2;
        i += 2 + (size_t)len;
        if (i > n)
            return false;
        if ((id == 0x00 && len == 3) || (id == 0x08 && len == 4)) {
            *ref = id ? (unsigned)d[0] << 8 | d[1] : d[0];
            *count = d[len - 2];
            *no = d[len - 1];
            return *count > 0 && *no > 0 && *no <= *count;
        }
    }
    return false;
}
