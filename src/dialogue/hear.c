/* What was typed, as words: commands, danger, needs, numbers of children. */
#include "dialogue/internal.h"

#include "text/text.h"

#include <string.h>

void hear(struct str typed, struct heard *h)
{
    h->typed = typed;
    h->text[0] = ' ';
    h->n = 1 + text_fold(typed, h->text + 1, FOLDED);
    h->text[h->n++] = ' ';
    h->text[h->n] = '\0';
}

struct str heard_words(const struct heard *h)
{
    return h->n > 2 ? (struct str){h->text + 1, h->n - 2} : (struct str){NULL, 0};
}

static bool stands(const struct heard *h, size_t at, struct str what)
{
    return h->n - at >= what.n && memcmp(h->text + at, what.s, what.n) == 0;
}

bool heard_anywhere(const struct heard *h, const struct phrases *p)
{
    const struct words *w = &p->whole;
    for (size_t at = 0; at + 1 < h->n; at++) {
        unsigned char c = (unsigned char)h->text[at + 1];
        for (size_t i = w->begin[c]; h->text[at] == ' ' && i < w->begin[c + 1]; i++)
            if (stands(h, at, w->items[i]))
                return true;
    }
    return false;
}

bool phrase_is(const struct phrases *p, struct str folded)
{
    for (size_t i = 0; i < p->whole.n; i++)
        if (p->whole.items[i].n == folded.n + 2 && memcmp(p->whole.items[i].s + 1, folded.s, folded.n) == 0)
            return true;
    return false;
}

bool heard_is(const struct heard *h, const struct phrases *p)
{
    for (size_t i = 0; i < p->whole.n; i++)
        if (str_eq((struct str){h->text, h->n}, p->whole.items[i]))
            return true;
    return false;
}

bool dialogue_tells(const struct dialogue *d, struct str text)
{
    struct heard h;
    hear(text, &h);
    return heard_anywhere(&h, &d->word_telling);
}

static bool begins_with(const struct dialogue *d, const struct heard *h, const struct phrases *p)
{
    for (size_t i = 0; i < p->whole.n; i++) {
        struct str phrase = p->whole.items[i];
        if (phrase.n > h->n || memcmp(h->text, phrase.s, phrase.n) != 0)
            continue;
        if (phrase.n == h->n)
            return true;
        size_t end = phrase.n;
        while (end < h->n && h->text[end] != ' ')
            end++;
        if (phrase_is(&d->word_behind, (struct str){h->text + phrase.n, end - phrase.n}))
            return true;
    }
    return false;
}

bool heard_command(const struct dialogue *d, const struct heard *h, const struct phrases *p, bool otherwise)
{
    struct heard other;
    if (begins_with(d, h, p))
        return true;
    for (int way = 0; otherwise && heard_otherwise(h, &way, &other);)
        if (heard_is(&other, p))
            return true;
    return false;
}

/* "cuuuu" and "sooos" are louder, not different. */
static void squeeze(const struct heard *in, struct heard *out)
{
    out->n = 0;
    for (size_t i = 0; i < in->n; i++) {
        size_t n = out->n;
        bool third = n >= 2 && in->text[i] == out->text[n - 1] && in->text[i] == out->text[n - 2];
        if (!third)
            out->text[out->n++] = in->text[i];
    }
    out->text[out->n] = '\0';
}

/* ---- words that are none as they stand ---- */

static bool is_vowel(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

/* Telex writes accents with letters and VNI with digits, behind what they stand on. Where the telephone does
 * not turn them into accents they stay: "cuuws", "cu71u", "ddanhs". No Vietnamese syllable has one of them
 * there otherwise. */
static size_t without_keys(const char *word, size_t n, bool digits, char *out)
{
    size_t m = 0;
    bool vowel = false;
    for (size_t i = 0; i < n; i++) {
        char c = word[i], last = m ? out[m - 1] : '\0';
        bool key = digits ? c >= '0' && c <= '9' && m > 0
                          : (vowel && strchr("sfrxjzw", c)) || (c == last && c && strchr("aeod", c));
        if (key)
            continue;
        if (!digits && c == 'w')
            c = 'u'; /* at the beginning it is the whole vowel */
        vowel |= is_vowel(c);
        out[m++] = c;
    }
    return m;
}

/* "s0s", "h3lp", "5os": digits that look like letters. */
static size_t without_digits(const char *word, size_t n, char *out)
{
    static const char looks[] = "oizeasgtbg"; /* like 0 to 9 */
    bool letter = false;
    for (size_t i = 0; i < n; i++)
        letter |= word[i] >= 'a' && word[i] <= 'z';
    for (size_t i = 0; i < n; i++)
        out[i] = letter && word[i] >= '0' && word[i] <= '9' ? looks[word[i] - '0'] : word[i];
    return n;
}

/* "c u u", "C.Ư.U": three and more letters by themselves are one word. */
static void letters_joined(const struct heard *in, struct heard *out)
{
    out->n = 0;
    for (size_t i = 0; i < in->n; i++) {
        bool alone = i >= 2 && in->text[i] == ' ' && in->text[i - 2] == ' ';
        bool next = alone && i + 2 < in->n && in->text[i + 2] == ' ' && in->text[i + 1] > '9';
        if (!(next && in->text[i - 1] > '9'))
            out->text[out->n++] = in->text[i];
    }
    out->text[out->n] = '\0';
}

enum way { TELEX, VNI, LETTERS, LOOKS, WAYS };

static void word_by_word(const struct heard *h, enum way way, struct heard *out)
{
    out->n = 0;
    for (size_t at = 0; at < h->n;) {
        const char *word = h->text + at;
        size_t n = 0;
        while (at + n < h->n && word[n] != ' ')
            n++;
        if (n && way == LOOKS)
            out->n += without_digits(word, n, out->text + out->n);
        else if (n)
            out->n += without_keys(word, n, way == VNI, out->text + out->n);
        at += n;
        if (at < h->n)
            out->text[out->n++] = h->text[at++];
    }
    out->text[out->n] = '\0';
}

static bool has_digits(const struct heard *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->text[i] >= '0' && h->text[i] <= '9')
            return true;
    return false;
}

bool heard_otherwise(const struct heard *h, int *way, struct heard *out)
{
    while (*way < WAYS) {
        enum way w = (enum way)(*way)++;
        if ((w == VNI || w == LOOKS) && !has_digits(h))
            continue; /* these read digits as something else */
        if (w == LETTERS)
            letters_joined(h, out);
        else
            word_by_word(h, w, out);
        if (!str_eq((struct str){out->text, out->n}, (struct str){h->text, h->n}))
            return true;
    }
    return false;
}

/* ---- danger ---- */

/* Whether one of the phrases stands around the n signs at `at`. */
static bool inside(const struct heard *h, size_t at, size_t n, const struct words *w)
{
    for (size_t i = 0; i < w->n; i++) {
        size_t whole = w->items[i].n;
        for (size_t k = at + n > whole ? at + n - whole : 0; k <= at; k++)
            if (stands(h, k, w->items[i]))
                return true;
    }
    return false;
}

/* A harmless phrase hides only what lies wholly in it: "ban cuu" (sells sheep) the "cuu", but not the
 * "cuu toi" of "ban cuu toi" (save me, friend). */
static bool calls(const struct heard *h, const struct words *danger, const struct words *harmless)
{
    for (size_t at = 0; at + 1 < h->n; at++) {
        unsigned char c = (unsigned char)h->text[at + 1];
        for (size_t i = danger->begin[c]; h->text[at] == ' ' && i < danger->begin[c + 1]; i++)
            if (stands(h, at, danger->items[i]) && !inside(h, at, danger->items[i].n, harmless))
                return true;
    }
    return false;
}

static size_t times_of(const struct heard *h, struct str phrase)
{
    size_t n = 0;
    for (size_t at = 0; at + 1 < h->n; at++)
        n += h->text[at] == ' ' && stands(h, at, phrase);
    return n;
}

/* Danger in words that were read into what was typed. What stands there as it was typed has been judged. A
 * guess never hides one: "khoong cuuws" may be "khong cuu" (do not save), and is as well the commune Chieng
 * Khoong and a cry. */
static bool calls_as_guessed(const struct heard *h, const struct heard *typed, const struct words *danger)
{
    for (size_t at = 0; at + 1 < h->n; at++) {
        unsigned char c = (unsigned char)h->text[at + 1];
        for (size_t i = danger->begin[c]; h->text[at] == ' ' && i < danger->begin[c + 1]; i++)
            if (stands(h, at, danger->items[i]) &&
                times_of(h, danger->items[i]) > times_of(typed, danger->items[i]))
                return true;
    }
    return false;
}

/* "cuutoivoi": somebody in a hurry leaves the blanks out. */
static bool run_together(const struct heard *h, const struct words *joined)
{
    for (size_t at = 1; at < h->n; at++) {
        unsigned char c = (unsigned char)h->text[at];
        for (size_t i = joined->begin[c]; i < joined->begin[c + 1]; i++)
            if (stands(h, at, (struct str){joined->items[i].s + 1, joined->items[i].n - 1}))
                return true;
    }
    return false;
}

/* "gi j C.U.U": a letter more before the spelt word, or behind it, does not hide it. */
static bool spelt_out(const struct heard *h, const struct words *danger)
{
    char run[FOLDED];
    for (size_t at = 0; at + 2 < h->n; at++) {
        size_t n = 0;
        for (; at + 2 < h->n && h->text[at] == ' ' && h->text[at + 2] == ' '; at += 2)
            run[n++] = h->text[at + 1];
        for (size_t i = 0; n >= 3 && i < danger->n; i++) {
            struct str word = {danger->items[i].s + 1, danger->items[i].n - 2};
            if (word.n >= 3 && memmem(run, n, word.s, word.n))
                return true;
        }
    }
    return false;
}

static bool shows_sign(struct str typed, const struct phrases *p)
{
    for (size_t i = 0; i < p->n_signs; i++)
        if (typed.n && memmem(typed.s, typed.n, p->signs[i].s, p->signs[i].n))
            return true;
    return false;
}

bool heard_danger(const struct dialogue *d, const struct heard *h)
{
    struct heard loud, other;
    const struct words *danger = &d->word_danger.whole;
    squeeze(h, &loud);
    if (calls(&loud, danger, &d->word_harmless.whole) || run_together(&loud, &d->word_danger.joined) ||
        spelt_out(&loud, danger) || shows_sign(h->typed, &d->word_danger))
        return true;
    for (int way = 0; heard_otherwise(&loud, &way, &other);)
        if (calls_as_guessed(&other, &loud, danger) || run_together(&other, &d->word_danger.joined))
            return true;
    return false;
}

static bool need_of(const struct dialogue *d, const struct heard *h, enum need *out)
{
    for (size_t i = 0; i < d->n_needs; i++)
        if (heard_anywhere(h, &d->needs[i].phrases) && !heard_anywhere(h, &d->needs[i].unless)) {
            *out = (enum need)d->needs[i].value;
            return true;
        }
    return false;
}

bool heard_need(const struct dialogue *d, const struct heard *h, enum need *out)
{
    struct heard other;
    if (need_of(d, h, out))
        return true;
    for (int way = 0; heard_otherwise(h, &way, &other);)
        if (need_of(d, &other, out))
            return true;
    return false;
}
