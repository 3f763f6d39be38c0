#include "text/text.h"

#include <string.h>
#include <utf8proc.h>

/* 3GPP TS 23.038 §6.2.1: the default alphabet by septet, and its extension table after 0x1b. */
static const uint16_t gsm_basic[128] = {
    '@',   0xa3, '$',   0xa5,  0xe8,  0xe9,  0xf9,  0xec,  0xf2,  0xc7,  '\n',  0xd8, 0xf8, '\r', 0xc5, 0xe5,
    0x394, '_',  0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0x1b, 0xc6, 0xe6, 0xdf, 0xc9,
    ' ',   '!',  '"',   '#',   0xa4,  '%',   '&',   '\'',  '(',   ')',   '*',   '+',  ',',  '-',  '.',  '/',
    '0',   '1',  '2',   '3',   '4',   '5',   '6',   '7',   '8',   '9',   ':',   ';',  '<',  '=',  '>',  '?',
    0xa1,  'A',  'B',   'C',   'D',   'E',   'F',   'G',   'H',   'I',   'J',   'K',  'L',  'M',  'N',  'O',
    'P',   'Q',  'R',   'S',   'T',   'U',   'V',   'W',   'X',   'Y',   'Z',   0xc4, 0xd6, 0xd1, 0xdc, 0xa7,
    0xbf,  'a',  'b',   'c',   'd',   'e',   'f',   'g',   'h',   'i',   'j',   'k',  'l',  'm',  'n',  'o',
    'p',   'q',  'r',   's',   't',   'u',   'v',   'w',   'x',   'y',   'z',   0xe4, 0xf6, 0xf1, 0xfc, 0xe0,
};
static const struct {
    uint8_t septet;
    uint16_t code;
} gsm_extension[] = {{0x0a, 0x0c}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'}, {0x2f, '\\'},
                     {0x3c, '['},  {0x3d, '~'}, {0x3e, ']'}, {0x40, '|'}, {0x65, 0x20ac}};
enum { GSM_EXTENDED = sizeof gsm_extension / sizeof gsm_extension[0] };

/* Septets of a code point: 1, 2 with the escape, 0 when it is not in the alphabet. */
static unsigned gsm_septets(utf8proc_int32_t c, uint8_t out[2])
{
    if (c >= 0 && c < 128 && gsm_basic[c] == c && c != 0x1b) { /* most of ASCII stands at its own place */
        out[0] = (uint8_t)c;
        return 1;
    }
    for (unsigned i = 0; i < 128; i++)
        if (gsm_basic[i] == c && i != 0x1b) {
            out[0] = (uint8_t)i;
            return 1;
        }
    for (unsigned i = 0; i < GSM_EXTENDED; i++)
        if (gsm_extension[i].code == c) {
            out[0] = 0x1b;
            out[1] = gsm_extension[i].septet;
            return 2;
        }
    return 0;
}

static bool put(struct out *o, utf8proc_int32_t c)
{
    utf8proc_uint8_t bytes[4];
    if (c == 0 || !utf8proc_codepoint_valid(c))
        return false;
    utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);
    out_bytes(o, bytes, (size_t)n);
    return n > 0;
}

static bool from_utf16be(struct str in, struct out *o)
{
    if (in.n % 2)
        return false;
    for (size_t i = 0; i < in.n; i += 2) {
        const uint8_t *b = (const uint8_t *)in.s + i;
        utf8proc_int32_t c = b[0] << 8 | b[1];
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < in.n) {
            utf8proc_int32_t low = b[2] << 8 | b[3];
            if (low < 0xdc00 || low > 0xdfff)
                return false;
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            i += 2;
        }
        if (!put(o, c)) /* lone surrogates are no valid code points */
            return false;
    }
    return true;
}

static bool from_gsm7(struct str in, struct out *o)
{
    for (size_t i = 0; i < in.n; i++) {
        uint8_t b = (uint8_t)in.s[i];
        utf8proc_int32_t c = b < 128 ? gsm_basic[b] : 0;
        if (b == 0x1b) {
            c = ' '; /* an unknown escape shows as a blank (TS 23.038 §6.2.1.1) */
            for (unsigned k = 0; i + 1 < in.n && k < GSM_EXTENDED; k++)
                if (gsm_extension[k].septet == (uint8_t)in.s[i + 1])
                    c = gsm_extension[k].code;
            i++;
        }
        if (!put(o, c))
            return false;
    }
    return true;
}

bool text_decode(enum text_charset from, struct str in, struct out *o)
{
    switch (from) {
    case CHARSET_UTF8:
        if (!text_utf8_valid(in) || (in.n && memchr(in.s, 0, in.n)))
            return false;
        out_str(o, in);
        return true;
    case CHARSET_LATIN1:
        for (size_t i = 0; i < in.n; i++)
            if (!put(o, (uint8_t)in.s[i]))
                return false;
        return true;
    case CHARSET_UTF16BE:
        return from_utf16be(in, o);
    case CHARSET_GSM7:
        return from_gsm7(in, o);
    }
    return false;
}

static bool encode_one(enum text_charset to, utf8proc_int32_t c, struct out *o)
{
    uint8_t b[4];
    unsigned n;
    switch (to) {
    case CHARSET_LATIN1:
        b[0] = (uint8_t)c;
        out_bytes(o, b, 1);
        return c < 256;
    case CHARSET_GSM7:
        n = gsm_septets(c, b);
        out_bytes(o, b, n);
        return n > 0;
    case CHARSET_UTF16BE:
        if (c >= 0x10000) {
            utf8proc_int32_t v = c - 0x10000, high = 0xd800 + (v >> 10), low = 0xdc00 + (v & 0x3ff);
            out_bytes(o, (uint8_t[]){(uint8_t)(high >> 8), (uint8_t)high, (uint8_t)(low >> 8), (uint8_t)low},
                      4);
        } else {
            out_bytes(o, (uint8_t[]){(uint8_t)(c >> 8), (uint8_t)c}, 2);
        }
        return true;
    case CHARSET_UTF8:
        return put(o, c);
    }
    return false;
}

bool text_encode(enum text_charset to, struct str in, struct out *o)
{
    while (in.n) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)in.s, (utf8proc_ssize_t)in.n, &c);
        if (n <= 0 || !encode_one(to, c, o))
            return false;
        in.s += n;
        in.n -= (size_t)n;
    }
    return true;
}

/* 3GPP TS 23.040 §9.2.3.24.1: a joined part gives 7 septets or 3 units to its header. */
static const struct {
    unsigned one, part;
} room_of[] = {[CODING_GSM7] = {160, 153}, [CODING_UCS2] = {70, 67}};

static utf8proc_ssize_t next_char(struct str s, utf8proc_int32_t *c)
{
    if ((unsigned char)*s.s < 0x80) {
        *c = (unsigned char)*s.s;
        return 1;
    }
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.s, (utf8proc_ssize_t)s.n, c);
    if (n > 0)
        return n;
    *c = 0xfffd;
    return 1;
}

size_t text_char(struct str s)
{
    utf8proc_int32_t c;
    return s.n ? (size_t)next_char(s, &c) : 0;
}

struct fill { /* of the parts of a joined message; a character that takes two is not divided between them */
    unsigned units, parts, left;
};

static void fill_add(struct fill *f, unsigned n, unsigned part)
{
    f->units += n;
    if (f->left < n) {
        f->parts++;
        f->left = part;
    }
    f->left -= n;
}

struct text_size text_size(struct str utf8)
{
    struct fill septets = {0}, units = {0};
    bool gsm = true;
    while (utf8.n) {
        utf8proc_int32_t c;
        uint8_t b[2];
        utf8proc_ssize_t n = next_char(utf8, &c);
        unsigned some = gsm ? gsm_septets(c, b) : 0;
        gsm = gsm && some;
        fill_add(&septets, some, room_of[CODING_GSM7].part);
        fill_add(&units, c >= 0x10000 ? 2 : 1, room_of[CODING_UCS2].part);
        utf8.s += n;
        utf8.n -= (size_t)n;
    }
    enum text_coding coding = gsm ? CODING_GSM7 : CODING_UCS2;
    const struct fill *used = gsm ? &septets : &units;
    return (struct text_size){coding, used->units, used->units <= room_of[coding].one ? 1 : used->parts};
}

struct str text_head(struct str utf8, unsigned segments)
{
    enum text_coding coding = text_size(utf8).coding;
    unsigned most = segments < 2 ? room_of[coding].one : segments * room_of[coding].part, used = 0;
    size_t at = 0, blank = 0, phrase = 0;
    char before = 0;
    if (text_size(utf8).segments <= segments)
        return utf8;
    while (at < utf8.n) {
        utf8proc_int32_t c;
        uint8_t b[2];
        utf8proc_ssize_t n = next_char((struct str){utf8.s + at, utf8.n - at}, &c);
        unsigned some = coding == CODING_GSM7 ? gsm_septets(c, b) : c >= 0x10000 ? 2 : 1;
        if (used + some > most)
            break;
        used += some;
        at += (size_t)n;
        if (c == ' ' || c == '\n') {
            blank = at;
            phrase = c == '\n' || (before && strchr(".,;:!?", before)) ? at : phrase;
        }
        before = c < 0x80 ? (char)c : 0;
    }
    if (at < utf8.n && (utf8.s[at] == ' ' || utf8.s[at] == '\n'))
        blank = at; /* it just fits */
    return text_cut(utf8, phrase > at - at / 8 ? phrase : blank > at / 2 ? blank : at);
}
