/* From what was typed to units: windows of words looked up, then what they mean weighed against each other.
 */
#include "places/internal.h"

#include "text/text.h"

#include <string.h>

enum { WORDS = 32, WINDOW = 5, SPANS = 24, FOUND = 48 };
enum hint { HINT_NONE, HINT_COMMUNE, HINT_DISTRICT };

struct word {
    struct str raw, folded;
    enum hint hint; /* this word says what kind of unit follows */
};

struct text {
    struct word words[WORDS];
    size_t n;
    char folded[512];
};

struct span {
    size_t from, to; /* words [from, to) */
    const struct name *first;
    unsigned errors;
    bool spaced; /* as many words as the name has */
    enum hint hint;
};

/* ---- words ---- */

static bool separates(char c)
{
    return (unsigned char)c < 0x80 && !((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'));
}

static enum hint hint_of(struct str w)
{
    static const char *const communes[] = {"xa", "phuong", "thi", "tran", "tt", "x", "p"};
    static const char *const districts[] = {"huyen", "thanh", "pho", "tp", "tx", "h", "quan"};
    for (size_t i = 0; i < sizeof communes / sizeof communes[0]; i++)
        if (str_is(w, communes[i]))
            return HINT_COMMUNE;
    for (size_t i = 0; i < sizeof districts / sizeof districts[0]; i++)
        if (str_is(w, districts[i]))
            return HINT_DISTRICT;
    return HINT_NONE;
}

static void read_words(struct str in, struct text *t)
{
    size_t used = 0;
    t->n = 0;
    in = text_cut(in, 400);
    while (in.n && t->n < WORDS) {
        if (separates(in.s[0])) {
            in.s++;
            in.n--;
            continue;
        }
        size_t n = 0;
        while (n < in.n && !separates(in.s[n]))
            n++;
        struct str raw = {in.s, n};
        size_t len = text_fold(raw, t->folded + used, sizeof t->folded - used);
        in.s += n;
        in.n -= n;
        struct str folded = {t->folded + used, len};
        used += len + 1;
        while (folded.n && t->n < WORDS) { /* other alphabets' punctuation may part a word further */
            struct str one = str_split(&folded, ' ');
            t->words[t->n++] = (struct word){raw, one, hint_of(one)};
        }
    }
}

static size_t compact(const struct text *t, size_t from, size_t to, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        struct str w = t->words[i].folded;
        if (n + w.n > cap)
            return 0;
        memcpy(out + n, w.s, w.n);
        n += w.n;
    }
    return n;
}

/* ---- windows ---- */

static bool covered(const struct span *spans, size_t n, size_t from, size_t to)
{
    for (size_t i = 0; i < n; i++)
        if (from < spans[i].to && to > spans[i].from)
            return true;
    return false;
}

static size_t word_count(const char *name)
{
    size_t n = 1;
    for (; *name; name++)
        n += *name == ' ';
    return n;
}

static void add_span(const struct text *t, size_t from, size_t to, const struct name *name, unsigned errors,
                     struct span *spans, size_t *n)
{
    enum hint hint = from > 0 ? t->words[from - 1].hint : HINT_NONE;
    spans[(*n)++] = (struct span){from, to, name, errors, to - from == word_count(name->unit->ascii), hint};
}

static size_t exact_spans(const struct gazetteer *g, const struct text *t, struct span *spans)
{
    char window[NAME_MAX_BYTES];
    size_t n = 0;
    for (size_t len = WINDOW; len >= 1; len--) /* longer names first: they hide the shorter inside */
        for (size_t from = 0; from + len <= t->n && n < SPANS; from++) {
            size_t size = compact(t, from, from + len, window, sizeof window);
            const struct name *name = size ? places_named(g, (struct str){window, size}) : NULL;
            if (name && !covered(spans, n, from, from + len))
                add_span(t, from, from + len, name, 0, spans, &n);
        }
    return n;
}

/* Short names are too near to each other to forgive much. */
static unsigned forgiven(size_t len)
{
    return len < 6 ? 0 : len < 9 ? 1 : 2;
}

static bool may_be_near(uint32_t a, uint32_t b, unsigned limit)
{
    return (unsigned)__builtin_popcount(a & ~b) <= limit && (unsigned)__builtin_popcount(b & ~a) <= limit;
}

static size_t fuzzy_spans(const struct gazetteer *g, const struct text *t, struct span *spans)
{
    char window[NAME_MAX_BYTES];
    unsigned best = 3;
    size_t n = 0;
    for (size_t len = WINDOW - 1; len >= 1; len--)
        for (size_t from = 0; from + len <= t->n; from++) {
            size_t size = compact(t, from, from + len, window, sizeof window);
            if (size < 5)
                continue;
            uint32_t letters = places_letters((struct str){window, size});
            for (size_t i = 0; i < g->n_names; i++) {
                const struct name *name = &g->names[i];
                unsigned limit = forgiven(name->compact.n);
                if (name->compact.n < 6 || name->alias || limit == 0 ||
                    !may_be_near(letters, name->letters, limit))
                    continue;
                unsigned d =
                    text_distance((struct str){window, size}, name->compact, limit < best ? limit : best);
                if (d > limit || d > best)
                    continue;
                n = d < best ? 0 : n;
                best = d;
                if (n < SPANS)
                    add_span(t, from, from + len, name, d, spans, &n);
            }
        }
    return n;
}

/* A name inside a longer run of letters: "cuuchiengson". */
static size_t inner_spans(const struct gazetteer *g, const struct text *t, struct span *spans)
{
    size_t n = 0, longest = 0;
    for (size_t w = 0; w < t->n; w++)
        for (size_t i = 0; i < g->n_names; i++) {
            struct str name = g->names[i].compact, word = t->words[w].folded;
            if (name.n < 7 || name.n < longest || word.n <= name.n || !memmem(word.s, word.n, name.s, name.n))
                continue;
            n = name.n > longest ? 0 : n;
            longest = name.n;
            if (n < SPANS)
                add_span(t, w, w + 1, &g->names[i], 0, spans, &n);
        }
    return n;
}

/* ---- meaning ---- */

static bool is_district(const struct place *p)
{
    return p->level == PLACE_FORMER_DISTRICT;
}

static const char *district_of(const struct place *p)
{
    return p->level == PLACE_FORMER_COMMUNE ? p->parent : p->level == PLACE_COMMUNE ? p->former_district : "";
}

/* The spans' names with the same compact form; for a fuzzy span just the one it is near to. */
static const struct name *next_of(const struct gazetteer *g, const struct span *s, const struct name *name)
{
    return s->errors || !name->next ? NULL : &g->names[name->next - 1];
}

static bool names_district(const struct gazetteer *g, const struct span *s, const char *code)
{
    for (const struct name *n = s->first; n; n = next_of(g, s, n))
        if (is_district(n->unit) && strcmp(n->unit->code, code) == 0)
            return true;
    return false;
}

/* The district that another span of the text names for this unit. */
static bool confirmed(const struct gazetteer *g, const struct span *spans, size_t n, const struct span *own,
                      const struct place *p)
{
    for (size_t i = 0; i < n; i++)
        if (&spans[i] != own && !is_district(p) && names_district(g, &spans[i], district_of(p)))
            return true;
    return false;
}

static bool same_marks(const struct text *t, const struct span *s, const struct name *name)
{
    int32_t marks[NAME_MAX_MARKS];
    const char *from = t->words[s->from].raw.s;
    struct str last = t->words[s->to - 1].raw;
    size_t n = places_marks((struct str){from, (size_t)(last.s + last.n - from)}, marks, NAME_MAX_MARKS);
    return n == name->n_marks && memcmp(marks, name->marks, n * sizeof *marks) == 0;
}

static bool has_accents(const struct text *t, const struct span *s)
{
    for (size_t i = s->from; i < s->to; i++)
        for (size_t k = 0; k < t->words[i].raw.n; k++)
            if ((unsigned char)t->words[i].raw.s[k] >= 0x80)
                return true;
    return false;
}

struct found {
    struct place_match items[FOUND];
    size_t n;
};

static void add_match(struct found *f, const struct place *commune, const struct place *via, unsigned score,
                      enum place_why why)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].place == commune) {
            if (f->items[i].score < score)
                f->items[i] = (struct place_match){commune, via, score, why};
            return;
        }
    if (f->n < FOUND)
        f->items[f->n++] = (struct place_match){commune, via, score, why};
}

static void add_name_matches(const struct gazetteer *g, const struct text *t, const struct span *s,
                             const struct name *name, struct found *f)
{
    const struct place *p = name->unit;
    unsigned score = s->errors ? 900 - 75 * s->errors : 1000;
    enum place_why why = s->errors                   ? PLACE_TYPO
                         : name->alias               ? PLACE_ALIAS
                         : p->level != PLACE_COMMUNE ? PLACE_FORMER
                         : !s->spaced                ? PLACE_SPACING
                         : same_marks(t, s, name)    ? PLACE_EXACT
                         : s->hint != HINT_NONE      ? PLACE_PREFIX
                                                     : PLACE_ACCENTS;
    score -= p->level == PLACE_FORMER_COMMUNE ? 20 : is_district(p) ? 100 : 0;
    for (size_t i = 0; i < p->n_now; i++)
        add_match(f, places_commune(g, p->now[i]), p, score, why);
}

struct filter {
    bool accents, confirmed, commune, district;
};

static bool passes(const struct gazetteer *g, const struct text *t, const struct span *spans, size_t n,
                   const struct span *s, const struct name *name, const struct filter *want)
{
    return (!want->accents || same_marks(t, s, name)) &&
           (!want->confirmed || confirmed(g, spans, n, s, name->unit)) &&
           (!want->commune || !is_district(name->unit)) && (!want->district || is_district(name->unit));
}

static bool any_passes(const struct gazetteer *g, const struct text *t, const struct span *spans, size_t n,
                       const struct span *s, const struct filter *want)
{
    for (const struct name *m = s->first; m; m = next_of(g, s, m))
        if (passes(g, t, spans, n, s, m, want))
            return true;
    return false;
}

/* Each hint narrows only while something is left. */
static struct filter narrow(const struct gazetteer *g, const struct text *t, const struct span *spans,
                            size_t n, const struct span *s)
{
    struct filter f = {0}, tight;
    if (has_accents(t, s)) {
        tight = f;
        tight.accents = true;
        if (any_passes(g, t, spans, n, s, &tight))
            f = tight;
    }
    tight = f;
    tight.confirmed = true;
    if (any_passes(g, t, spans, n, s, &tight))
        f = tight;
    tight = f;
    tight.commune = s->hint == HINT_COMMUNE;
    tight.district = s->hint == HINT_DISTRICT;
    return any_passes(g, t, spans, n, s, &tight) ? tight : f;
}

/* A span that only tells the district of another one says nothing of its own. */
static bool only_context(const struct gazetteer *g, const struct span *spans, size_t n, const struct span *s)
{
    for (size_t i = 0; i < n; i++) {
        if (&spans[i] == s)
            continue;
        for (const struct name *m = spans[i].first; m; m = next_of(g, &spans[i], m))
            if (!is_district(m->unit) && names_district(g, s, district_of(m->unit)) &&
                !(confirmed(g, spans, n, s, s->first->unit) && s->from < spans[i].from))
                return true;
    }
    return false;
}

static void sort(struct found *f)
{
    for (size_t i = 1; i < f->n; i++)
        for (size_t k = i; k > 0; k--) {
            struct place_match *a = &f->items[k - 1], *b = &f->items[k], swap = *a;
            if (a->score > b->score || (a->score == b->score && strcmp(a->place->code, b->place->code) <= 0))
                break;
            *a = *b;
            *b = swap;
        }
}

static enum places_verdict decide(const struct found *f, const struct span *spans, size_t n_spans, size_t *n,
                                  size_t max)
{
    *n = f->n < max ? f->n : max;
    if (f->n == 0)
        return PLACES_NONE;
    bool near =
        spans[0].errors >= 2 || (spans[0].errors == 1 && (spans[0].first->compact.n < 8 || n_spans > 1));
    return f->n == 1 && !near ? PLACES_SURE : PLACES_ASK;
}

enum places_verdict places_find(const struct gazetteer *g, struct str text, struct place_match *out,
                                size_t max, size_t *n)
{
    struct text t;
    struct span spans[SPANS];
    struct found f;
    f.n = 0;
    read_words(text, &t);
    size_t n_spans = exact_spans(g, &t, spans);
    if (n_spans == 0)
        n_spans = inner_spans(g, &t, spans);
    if (n_spans == 0)
        n_spans = fuzzy_spans(g, &t, spans);
    for (size_t i = 0; i < n_spans; i++) {
        const struct span *s = &spans[i];
        if (only_context(g, spans, n_spans, s))
            continue;
        struct filter want = narrow(g, &t, spans, n_spans, s);
        for (const struct name *m = s->first; m; m = next_of(g, s, m))
            if (passes(g, &t, spans, n_spans, s, m, &want))
                add_name_matches(g, &t, s, m, &f);
    }
    sort(&f);
    enum places_verdict v = decide(&f, spans, n_spans, n, max);
    memcpy(out, f.items, *n * sizeof *out);
    return v;
}

const char *place_why_text(enum place_why why)
{
    static const char *const texts[] = {[PLACE_EXACT] = "same name",
                                        [PLACE_ACCENTS] = "same name without accents",
                                        [PLACE_PREFIX] = "same name after its kind",
                                        [PLACE_SPACING] = "same name, written together or apart",
                                        [PLACE_ALIAS] = "another name",
                                        [PLACE_TYPO] = "a typing error away",
                                        [PLACE_FORMER] = "a former unit's name"};
    return texts[why];
}
