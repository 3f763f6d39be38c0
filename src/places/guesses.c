/* Which words may mean which name: exactly, or inside a longer run of letters. */
#include "places/search.h"

#include <string.h>

enum { NOT_SHORT = 6 }; /* letters of a name that is not mostly found by chance */

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

void add_guess(struct search *s, size_t from, size_t to, const struct name *name, unsigned errors,
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

/* "thi xa" means the only one of the province where no name follows; else it is the kind of that one. */
static bool goes_on(const struct text *t, const struct gazetteer *g, size_t to)
{
    const struct name *name;
    if (to == t->n)
        return false;
    for (size_t end = to + 1; end <= t->n && end <= to + WINDOW; end++)
        if (places_named(g, letters_of(t, to, end), &name))
            return true;
    return !t->words[to].everyday;
}

static void look_up(struct search *s, size_t from, size_t to)
{
    const struct text *t = &s->text;
    if (all_kinds(t, from, to) && goes_on(t, s->g, to))
        return;
    struct str w = letters_of(t, from, to);
    enum role hint = announced(t, from, to);
    const struct name *name = NULL;
    size_t n = places_named(s->g, plain_letters_of(t, from, to), &name), skip = 0;
    if (!n)
        n = places_named(s->g, w, &name);
    if (!n && (skip = glued_kind(t->words[from].folded, &hint)))
        n = places_named(s->g, (struct str){w.s + skip, w.n - skip}, &name);
    for (; n; n--, name++) {
        bool crossed = !skip && seams_crossed(t, from, to, name);
        if (name->initial && t->words[from].folded.n != name->initial)
            continue;
        if (!crossed || name->compact.n >= NOT_SHORT)
            add_guess(s, from, to, name, crossed ? FULL_ERROR : 0, hint);
    }
}

/* By a longer name, or one further ahead; "xa Dung Tien" may yet be Dung Tien where there is a Xa Dung,
 * "o Dien Chau" Dien Chau where there is an O Dien. */
static bool hidden(const struct search *s, size_t from, size_t to)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct guess *g = &s->guesses[i];
        enum role r = s->text.words[g->from].role;
        bool kind = (is_kind(r) || r == ROLE_AT) && from > g->from && to > g->to;
        if (from < g->to && g->from < to && !kind)
            return true;
    }
    return false;
}

/* Where a longer name ran into a landmark, "go cong dong thap", the shorter one before it may be meant. */
static void part_at_landmarks(struct search *s)
{
    for (size_t i = 0, n = s->n; i < n; i++) {
        const struct guess g = s->guesses[i];
        for (size_t from = g.from + 1; from < g.to; from++)
            for (size_t to = g.to + 1; to <= from + WINDOW && to <= s->text.n; to++) {
                const struct name *name;
                if (!places_named(s->g, letters_of(&s->text, from, to), &name) || !is_landmark(name->unit))
                    continue;
                look_up(s, from, to);
                look_up(s, g.from, from);
            }
    }
}

void exact_guesses(struct search *s)
{
    for (size_t len = WINDOW; len >= 1; len--) /* longer names first: they hide the shorter inside */
        for (size_t from = 0; from + len <= s->text.n; from++)
            if (letters_of(&s->text, from, from + len).n <= NAME_MAX_BYTES && !hidden(s, from, from + len))
                look_up(s, from, from + len);
    part_at_landmarks(s);
}

/* The longest name that begins at s.s[from], of at least `least` letters; returns its node or NULL. */
static const struct node *longest_at(const struct gazetteer *g, struct str s, size_t from, size_t least)
{
    const struct node *n = g->nodes, *found = NULL;
    for (size_t i = from; i < s.n && (n = places_next(g, n, s.s[i])); i++)
        if (n->depth >= least && places_ending(g, n))
            found = n;
    return found;
}

static void take_inner(struct search *s, size_t w, const struct node *node, size_t at)
{
    struct str word = s->text.words[w].folded;
    size_t n = places_ending(s->g, node);
    for (size_t i = 0; i < n; i++) {
        add_guess(s, w, w + 1, &s->g->names[node->first + i], 0, ROLE_NONE);
        s->guesses[s->n - 1].cut = at + node->depth != word.n;
    }
}

/* A name inside a longer run of letters, "cuuchiengson". Behind it another name might have gone on, so only
 * one at the end stands without doubt. */
void inner_guesses(struct search *s)
{
    size_t longest = NOT_SHORT + 1;
    for (size_t w = 0; w < s->text.n; w++) {
        struct str word = s->text.words[w].folded;
        for (size_t i = 0; i + longest <= word.n && word.n > longest; i++) {
            const struct node *node = longest_at(s->g, word, i, longest);
            if (!node || node->depth == word.n)
                continue;
            s->n = node->depth > longest ? 0 : s->n;
            longest = node->depth;
            take_inner(s, w, node, i);
        }
    }
}

void clear_hints(struct search *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->n; k++)
            if (s->guesses[k].to == s->guesses[i].from && s->guesses[k].to - s->guesses[k].from > 1)
                s->guesses[i].hint = ROLE_NONE;
}
