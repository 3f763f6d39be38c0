/* Text as people type it and as networks carry it: folding, charsets, SMS sizes, numbers.
 * Pure: no I/O, no clock, no globals. */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H

#include "base/str.h"

#define TEXT_SMS_MAX 1600 /* bytes of UTF-8 we keep of one MO; longer ones are cut at a character */
#define MSISDN_MAX 17     /* '+', up to 15 digits (E.164), NUL */

/* No letter of it carries an accent. */
bool text_plain(struct str s);
/* The same letters and digits with the same accents, whatever their case and form (composed or not); nothing
 * else counts. */
bool text_same_letters(struct str a, struct str b);
/* Lower case ASCII words with one blank between: accents gone (đ becomes d), compatibility forms and
 * full-width letters folded, everything that is not a letter or digit becomes a blank; characters outside
 * Latin are dropped, invalid UTF-8 counts as a blank. `out` gets at most cap-1 bytes and a NUL. returns its
 * length. */
size_t text_fold(struct str in, char *out, size_t cap);
/* Vietnamese (and other Latin) without accents, case, punctuation and blanks kept. returns the length. */
size_t text_unaccent(struct str in, char *out, size_t cap);
bool text_utf8_valid(struct str s);
/* How many bytes the first character of a text takes; 1 for a byte that is none. 0: there is nothing. */
size_t text_char(struct str s);
/* The longest prefix of at most `max` bytes that does not cut a character (or grapheme). */
struct str text_cut(struct str s, size_t max);

enum text_charset { CHARSET_UTF8, CHARSET_LATIN1, CHARSET_UTF16BE, CHARSET_GSM7 /* one septet a byte */ };
/* Decode to UTF-8. false when the bytes are not valid in the charset (lone surrogate, odd length, bad UTF-8,
 * NUL character); `out->overflow` when it did not fit. */
bool text_decode(enum text_charset from, struct str in, struct out *out);
/* UTF-8 to the charset's bytes; false when a character is not in it. */
bool text_encode(enum text_charset to, struct str in, struct out *out);

enum text_coding { CODING_GSM7, CODING_UCS2 };
struct text_size {
    enum text_coding coding;
    unsigned units;    /* septets with escapes counted, or UTF-16 units */
    unsigned segments; /* 160/153 septets, 70/67 units (3GPP TS 23.040); 1 for the empty text */
};
struct text_size text_size(struct str utf8);
/* The longest beginning that takes at most `segments`, cut where a phrase ends in its last eighth, else
 * between words where there is a blank in its second half (what stands before the blank, with it), else
 * between characters. Never empty unless `utf8` is. */
struct str text_head(struct str utf8, unsigned segments);
/* Typographic quotes, dashes, spaces and dots as the GSM alphabet has them; all else stays. returns the
 * length.
 */
size_t text_plain_signs(struct str in, char *out, size_t cap);

/* One number in E.164 ("+84912345678"). `country` is the calling code ("84") for national forms ("0912...").
 * Blanks, dots, dashes and brackets are passed over; "00" counts as "+"; 7 to 15 digits. Numbers without + or
 * 0 that already begin with the calling code are taken as international. false when it is no number. */
bool text_msisdn(struct str in, const char *country, char out[MSISDN_MAX]);

/* An E.164 number without + and country calling code (ITU-T E.164: one to three digits). What is none stays.
 */
struct str text_national(struct str e164);

#endif
