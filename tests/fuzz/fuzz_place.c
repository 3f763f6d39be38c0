/* Bytes through everything that reads text, and through the search for places. The first byte is how many
 * matches are asked for. */
#include "fuzz.h"

#include "places/places.h"
#include "text/text.h"

#include <stdlib.h>
#include <string.h>

enum { MATCHES = 64 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_snapshot();
    return 0;
}

static void check_folded(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool letter = (s.s[i] >= 'a' && s.s[i] <= 'z') || (s.s[i] >= '0' && s.s[i] <= '9');
        bool blank = s.s[i] == ' ' && i > 0 && i + 1 < s.n && s.s[i - 1] != ' ';
        holds(letter || blank, "folded text is words of a-z and 0-9 with one blank between");
    }
}

static void check_fold(struct str in, size_t cap)
{
    char *once = malloc(cap), *twice = malloc(cap);
    if (!once || !twice)
        abort();
    size_t n = text_fold(in, once, cap), m = text_fold((struct str){once, n}, twice, cap);
    holds(n < cap && once[n] == '\0', "fold keeps within its room");
    check_folded((struct str){once, n});
    holds(n == m && memcmp(once, twice, n) == 0, "fold(fold(x)) == fold(x)");
    n = text_unaccent(in, once, cap);
    holds(n < cap && once[n] == '\0', "unaccent keeps within its room");
    holds(fuzz_clean_utf8((struct str){once, n}), "unaccent gives UTF-8");
    m = text_unaccent((struct str){once, n}, twice, cap);
    holds(n == m && memcmp(once, twice, n) == 0, "unaccent(unaccent(x)) == unaccent(x)");
    free(once);
    free(twice);
}

static void check_cut(struct str in)
{
    for (size_t max = 0; max <= in.n && max < 40; max += 1 + max / 3) {
        struct str cut = text_cut(in, max);
        holds(cut.n <= max && cut.s == in.s, "a cut text is a beginning of at most the size asked for");
        holds(!fuzz_clean_utf8(in) || fuzz_clean_utf8(cut), "a cut does not part a character");
    }
    holds(text_cut(in, in.n).n == in.n, "what fits is not cut");
}

static void check_charset(enum text_charset c, struct str in)
{
    size_t room = 3 * in.n + 1, back_room = 4 * in.n + 1;
    char *text = malloc(room), *back = malloc(back_room);
    if (!text || !back)
        abort();
    struct out o, b;
    out_init(&o, text, room);
    out_init(&b, back, back_room);
    if (text_decode(c, in, &o)) {
        holds(!o.overflow, "no charset takes more than three bytes for one");
        holds(fuzz_clean_utf8(out_span(&o)), "decoded text is UTF-8 without NUL");
        bool same = text_encode(c, out_span(&o), &b) && str_eq(out_span(&b), in);
        holds(same || c == CHARSET_GSM7, "what was decoded is encoded the same");
    }
    free(text);
    free(back);
}

static void check_size(struct str in)
{
    struct text_size z = text_size(in);
    char *gsm = malloc(2 * in.n + 1), *wide = malloc(2 * in.n + 1);
    if (!gsm || !wide)
        abort();
    struct out g, w;
    out_init(&g, gsm, 2 * in.n + 1);
    out_init(&w, wide, 2 * in.n + 1);
    bool is_gsm = text_encode(CHARSET_GSM7, in, &g), is_text = text_encode(CHARSET_UTF16BE, in, &w);
    holds(is_gsm == (z.coding == CODING_GSM7), "the coding is GSM when all characters are in its alphabet");
    holds(!is_gsm || z.units == g.len, "a GSM text has as many units as septets");
    holds(is_gsm || !is_text || z.units == w.len / 2, "a UCS-2 text has as many units as UTF-16");
    unsigned one = is_gsm ? 160 : 70, part = is_gsm ? 153 : 67;
    holds(z.segments >= 1 && z.units <= (z.segments == 1 ? one : z.segments * part), "the segments hold it");
    free(gsm);
    free(wide);
}

static void check_number(struct str in)
{
    char number[MSISDN_MAX], again[MSISDN_MAX];
    if (!text_msisdn(in, "84", number))
        return;
    holds(fuzz_e164(number), "a telephone number is E.164");
    holds(text_msisdn(str_of(number), "84", again) && strcmp(number, again) == 0, "a number stays itself");
}

static void check_match(const struct gazetteer *g, const struct place_match *m, size_t i)
{
    holds(m[i].place && m[i].via && m[i].place->level == PLACE_COMMUNE, "a match is a commune in force");
    holds(places_commune(g, m[i].place->index) == m[i].place, "a match is of the gazetteer");
    holds(m[i].score <= 1000 && m[i].why <= PLACE_FORMER && place_why_text(m[i].why), "score and reason");
    holds((m[i].distance == 0) == (m[i].why != PLACE_TYPO && m[i].why != PLACE_SOUND),
          "a distance has its reason");
    holds(i == 0 || m[i - 1].score >= m[i].score, "the best is first");
    for (size_t k = 0; k < i; k++)
        holds(m[k].place != m[i].place, "each place is given once");
}

static void check_places(struct str in, size_t max)
{
    const struct gazetteer *g = fuzz_snapshot()->places;
    struct place_match all[MATCHES], *some = calloc(max, sizeof *some);
    size_t n = SIZE_MAX, n_all;
    if (!some)
        abort();
    enum places_verdict v = places_find(g, in, some, max, &n), w = places_find(g, in, all, MATCHES, &n_all);
    holds(n <= max && n_all <= MATCHES, "as many matches as there is room for");
    if (v != PLACES_NONE) /* more than there is room for may be no answer at all */
        holds(v == w && n == (n_all < max ? n_all : max), "fewer matches for less room, and nothing else");
    holds((v == PLACES_NONE) == (n == 0) && (v != PLACES_SURE || n == 1),
          "the verdict and the matches agree");
    for (size_t i = 0; i < n; i++) {
        check_match(g, some, i);
        holds(some[i].place == all[i].place, "fewer matches are the beginning of more");
    }
    free(some);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 4096)
        return 0;
    struct str in = fuzz_exact(data + 1, size - 1);
    check_fold(in, 1 + data[0]);
    check_fold(in, 4 * in.n + 1);
    check_cut(in);
    for (int c = CHARSET_UTF8; c <= CHARSET_GSM7; c++)
        check_charset((enum text_charset)c, in);
    if (!memchr(in.s, 0, in.n))
        holds(text_utf8_valid(in) == fuzz_clean_utf8(in), "valid UTF-8 is what RFC 3629 says");
    check_size(in);
    check_number(in);
    check_places(in, 1 + data[0] % 8);
    fuzz_exact_free(in);
    return 0;
}
