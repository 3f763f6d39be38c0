/* Which words may mean which name: exactly, inside a longer run of letters, or nearly. */
#include "places/search.h"

#include <string.h>

/* ---- guesses ---- */

bool overlap(const struct guess *a, const struct guess *b)
{
    return a->from < b->to && b->from < a->to;
}

bool covered(const struct search *s, size_t from, size_t to)
{
    for (size_t i = 0; i < s->n; i++)
        if (from < s->guesses[i].to && s->guesses[i].from < to)
            return true;
    return false;
}

static const struct name *next_name(const struct gazetteer *g, const struct name *name)
{
    return name->next ? &g->names[name->next - 1] : NULL;
}

static void add_guess(struct search *s, size_t from, size_t to, const struct name *name, unsigned errors,
                      enum role hint)
{
    if (s->n == GUESSES)
        return;
    s->guesses[s->n++] = (struct guess){.from = from,
                                        .to = to,
                                        .name = name,
                                        .errors = errors,
                                        .hint = hint,
                                        .accents = accents_agree(&s->text, from, to, name)};
}

/* Short names are too near to each other to forgive much. */
static unsigned forgiven(size_t len)
{
    return len < 6 ? 0 : len < 8 ? 1 : 2;
}

/* After which letters a blank stands, as bits. */
uint64_t name_seams(const struct name *name)
{
    uint64_t seams = 0;
    size_t at = 0;
    for (struct str rest = str_of(name->unit->ascii); rest.n;) {
        seams |= at && at < 64 ? 1ull << at : 0;
        at += str_split(&rest, ' ').n;
    }
    return seams;
}

uint64_t typed_seams(const struct text *t, size_t from, size_t to)
{
    uint64_t seams = 0;
    for (size_t i = from, at = 0; i + 1 < to; i++)
        seams |= 1ull << (at += t->words[i].folded.n);
    return seams;
}

/* Blanks may lack or be too many; one that stands elsewhere is a typing error: "con oi" is not "Co Noi". */
static bool seams_crossed(const struct text *t, size_t from, size_t to, const struct name *name)
{
    uint64_t typed = typed_seams(t, from, to), own = name_seams(name);
    return !name->alias && (typed & ~own) && (own & ~typed);
}

/* The kind written together with the name, "xachiengson": its length, 0 when there is none. */
static size_t glued_kind(struct str word, enum role *role)
{
    static const struct {
        const char *kind;
        enum role role;
    } kinds[] = {{"phuong", ROLE_COMMUNE},    {"thitran", ROLE_COMMUNE}, {"tt", ROLE_COMMUNE},
                 {"xa", ROLE_COMMUNE},        {"huyen", ROLE_DISTRICT},  {"thixa", ROLE_DISTRICT},
                 {"thanhpho", ROLE_DISTRICT}, {"tp", ROLE_DISTRICT},     {"tx", ROLE_DISTRICT},
                 {"tinh", ROLE_PROVINCE}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (word.n > strlen(kinds[i].kind) && str_starts(word, kinds[i].kind)) {
            *role = kinds[i].role;
            return strlen(kinds[i].kind);
        }
    return 0;
}

static void look_up(struct search *s, size_t from, size_t to)
{
    const struct text *t = &s->text;
    struct str w = letters_of(t, from, to);
    enum role hint = announced(t, from, to);
    const struct name *name = places_named(s->g, w);
    size_t skip = name ? 0 : glued_kind(t->words[from].folded, &hint);
    if (skip)
        name = places_named(s->g, (struct str){w.s + skip, w.n - skip});
    for (; name; name = next_name(s->g, name)) {
        bool crossed = !skip && seams_crossed(t, from, to, name);
        if (!crossed || forgiven(name->compact.n))
            add_guess(s, from, to, name, crossed, hint);
    }
}

void exact_guesses(struct search *s)
{
    for (size_t len = WINDOW; len >= 1; len--) /* longer names first: they hide the shorter inside */
        for (size_t from = 0; from + len <= s->text.n; from++)
            if (letters_of(&s->text, from, from + len).n <= NAME_MAX_BYTES && !covered(s, from, from + len))
                look_up(s, from, from + len);
}

/* A name inside a longer run of letters, "cuuchiengson". Behind it another name might have gone on, so only
 * one at the end stands without doubt. */
void inner_guesses(struct search *s)
{
    size_t longest = 7;
    for (size_t w = 0; w < s->text.n; w++) {
        struct str word = s->text.words[w].folded;
        for (size_t i = 0; i < s->g->n_names && word.n > longest; i++) {
            struct str name = s->g->names[i].compact;
            if (name.n < longest || word.n <= name.n || !memmem(word.s, word.n, name.s, name.n))
                continue;
            s->n = name.n > longest ? 0 : s->n;
            longest = name.n;
            add_guess(s, w, w + 1, &s->g->names[i], 0, ROLE_NONE);
            s->guesses[s->n - 1].doubt = memcmp(word.s + word.n - name.n, name.s, name.n) != 0;
        }
    }
}

/* ---- near guesses ---- */

struct window {
    size_t from, to;
    struct str letters;
    uint32_t bag; /* which letters, as bits */
    enum role hint;
};

/* Runs of words in which a mistyped name may be sought. Whoever writes nothing but everyday words means them,
 * unless something announces a place or nothing else is said. */
static size_t near_windows(const struct search *s, struct window *out)
{
    const struct text *t = &s->text;
    size_t n = 0;
    for (size_t from = 0; from < t->n; from++)
        for (size_t to = from + 1; to <= from + NEAR && to <= t->n && n < WINDOWS; to++) {
            enum role hint = announced(t, from, to);
            struct str w = letters_of(t, from, to);
            bool place = is_kind(hint) || hint == ROLE_AT || to - from == t->n;
            if (w.n > 4 && w.n <= NAME_MAX_BYTES && (place || !all_everyday(t, from, to)))
                out[n++] = (struct window){from, to, w, places_letters(w), hint};
        }
    return n;
}

/* By length, so that a name meets only windows about as long; starts[len] is the first of that length. */
static void sort_windows(const struct window *in, size_t n, struct window *out, size_t starts[LENGTHS + 1])
{
    size_t next[LENGTHS];
    memset(starts, 0, (LENGTHS + 1) * sizeof *starts);
    for (size_t i = 0; i < n; i++)
        starts[in[i].letters.n + 1]++;
    for (size_t len = 0; len < LENGTHS; len++) {
        starts[len + 1] += starts[len];
        next[len] = starts[len];
    }
    for (size_t i = 0; i < n; i++)
        out[next[in[i].letters.n]++] = in[i];
}

static bool more_bits(uint32_t bits, unsigned n)
{
    while (n-- && bits)
        bits &= bits - 1;
    return bits != 0;
}

/* How many errors are worth looking for. Two in a name whose first letter is wrong too are too many; the rest
 * is a cheap reason why the distance must be larger: a lacking letter changes one bit at most, a wrong one
 * two. */
static unsigned worth(const struct window *w, struct str name, uint32_t bag, unsigned limit)
{
    unsigned gap = (unsigned)(w->letters.n > name.n ? w->letters.n - name.n : name.n - w->letters.n);
    if (limit > 1 && w->letters.s[0] != name.s[0])
        limit = 1;
    return gap > limit || more_bits(w->bag ^ bag, 2 * limit - gap) ? 0 : limit;
}

/* What both have in common at either end costs nothing, so it is not measured. */
static unsigned errors_between(struct str a, struct str b, unsigned most)
{
    size_t start = same_start(a, b), end = same_end(a, b, start);
    struct str x = {a.s + start, a.n - start - end}, y = {b.s + start, b.n - start - end};
    return text_distance(x, y, most);
}

/* The names with the fewest errors anywhere in the text. */
void near_guesses(struct search *s)
{
    struct window found[WINDOWS], windows[WINDOWS];
    size_t n = near_windows(s, found), first = s->n, starts[LENGTHS + 1];
    unsigned best = 2;
    sort_windows(found, n, windows, starts);
    for (size_t i = 0; i < s->g->n_names && n; i++) {
        struct str name = s->g->names[i].compact;
        uint32_t bag = s->g->names[i].letters;
        unsigned limit = forgiven(name.n);
        size_t shortest = name.n - limit, longest = name.n + limit < LENGTHS ? name.n + limit : LENGTHS - 1;
        for (size_t k = starts[shortest]; k < starts[longest + 1] && limit; k++) {
            const struct window *w = &windows[k];
            unsigned most = worth(w, name, bag, limit < best ? limit : best);
            unsigned d = most ? errors_between(w->letters, name, most) : 0;
            if (d == 0 || d > most)
                continue;
            s->n = d < best ? first : s->n;
            best = d;
            add_guess(s, w->from, w->to, &s->g->names[i], d, w->hint);
        }
    }
}
