/* Whether what was typed agrees with a name in the accents it has. */
#include "places/search.h"

#include <string.h>

struct accent {
    uint8_t shape, tone;
};

/* Letter by letter; the tone is kept apart because it may stand on either vowel ("hoà", "hòa"). */
static size_t accents_of(const int32_t *c, size_t n, struct accent *out)
{
    static const int32_t tones[] = {0x300, 0x301, 0x303, 0x309, 0x323}, shapes[] = {0x302, 0x306, 0x31b};
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 5 && kept; k++)
            if (c[i] == tones[k])
                out[kept - 1].tone = (uint8_t)(k + 1);
        for (size_t k = 0; k < 3 && kept; k++)
            if (c[i] == shapes[k])
                out[kept - 1].shape = (uint8_t)(k + 1);
        if (c[i] == 0x111) /* d with a stroke is a letter of its own in Unicode */
            out[kept++] = (struct accent){9, 0};
        else if (c[i] < 0x80 && !separates((char)c[i]))
            out[kept++] = (struct accent){0, 0};
    }
    return kept;
}

static bool tone_near(const struct accent *a, size_t n, size_t at, uint8_t tone)
{
    return a[at].tone == tone || (at > 0 && a[at - 1].tone == tone) || (at + 1 < n && a[at + 1].tone == tone);
}

static enum accents compare_accents(const struct accent *typed, const struct accent *name, size_t n)
{
    bool any = false, all = true;
    for (size_t i = 0; i < n; i++) {
        const struct accent t = typed[i], w = name[i];
        if ((t.shape && t.shape != w.shape) || (t.tone && !tone_near(name, n, i, t.tone)))
            return ACCENTS_AGAINST;
        any = any || t.shape || t.tone;
        all = all && t.shape == w.shape && (!w.tone || tone_near(typed, n, i, w.tone));
    }
    return any && all ? ACCENTS_SAME : ACCENTS_SILENT;
}

static bool unaccented(const struct accent *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].shape || a[i].tone)
            return false;
    return true;
}

size_t same_start(struct str a, struct str b)
{
    size_t n = 0;
    while (n < a.n && n < b.n && a.s[n] == b.s[n])
        n++;
    return n;
}

size_t same_end(struct str a, struct str b, size_t start)
{
    size_t n = 0;
    while (n + start < a.n && n + start < b.n && a.s[a.n - 1 - n] == b.s[b.n - 1 - n])
        n++;
    return n;
}

/* Of a mistyped name the letters before and behind the errors are compared. */
enum accents accents_agree(const struct text *t, size_t from, size_t to, const struct name *name)
{
    int32_t marks[NAME_MAX_MARKS];
    struct accent typed[NAME_MAX_MARKS], wanted[NAME_MAX_MARKS];
    struct str letters = letters_of(t, from, to), own = name->compact, last = t->words[to - 1].raw;
    const char *raw = t->words[from].raw.s;
    size_t n = places_marks((struct str){raw, (size_t)(last.s + last.n - raw)}, marks, NAME_MAX_MARKS);
    if (n == SIZE_MAX || accents_of(marks, n, typed) != letters.n ||
        accents_of(name->marks, name->n_marks, wanted) != own.n)
        return ACCENTS_SILENT;
    if (name->alias && unaccented(wanted, own.n))
        return ACCENTS_SAME; /* whoever wrote the alias without accents meant it with any */
    size_t start = same_start(letters, own), end = same_end(letters, own, start);
    enum accents a = compare_accents(typed, wanted, start);
    if (start == own.n && start == letters.n)
        return a;
    enum accents b = compare_accents(typed + letters.n - end, wanted + own.n - end, end);
    return a == ACCENTS_AGAINST || b == ACCENTS_AGAINST ? ACCENTS_AGAINST : ACCENTS_SILENT;
}
