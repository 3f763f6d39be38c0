/* Mistyped names: all names are compared at once with the letters behind each word, by a walk down their
 * tree.
 *
 * A row of the usual table of distances belongs to each node, its columns to the letters typed. Names that
 * begin alike share the rows, and a branch is left as soon as its rows cost too much. Columns further than
 * BAND from the diagonal would need more lacking letters than are forgiven. */
#include "places/search.h"
#include "places/sounds.h"

#include <string.h>

enum {
    BAND = 3,
    EDGE = 2, /* columns beyond the band that are looked at */
    TYPED_MAX = NAME_MAX_BYTES + BAND,
    MARGIN = LIKE_SOUND /* what is no further than this from the best is a meaning too */
};

struct walk {
    struct search *s;
    size_t from;
    const char *typed; /* letters behind the start */
    size_t n;
    uint8_t letters[TYPED_MAX + 2]; /* the same as sounds_letter() has them, from 1; 0 at both ends */
    uint8_t pair[TYPED_MAX + 1];    /* of the letter and the one before */
    uint8_t extra[TYPED_MAX + 1];   /* what it costs when the letter is needless */
    uint8_t to[TYPED_MAX + 1];      /* the word behind so many letters; 0: a name may not end here */
    enum role hint[TYPED_MAX + 1];
    char name[NAME_MAX_BYTES + 1]; /* letters of the branch, from 1 */
    uint8_t meant[NAME_MAX_BYTES + 1], name_pair[NAME_MAX_BYTES + 1];
    uint8_t rows[NAME_MAX_BYTES + 1][TYPED_MAX + 1 + 2 * EDGE];
    unsigned best;
};

/* Short names are too near to each other to forgive much. */
unsigned forgiven(size_t len)
{
    return len < 5 ? SAME_SOUND : len < 6 ? LIKE_SOUND : len < 8 ? FULL_ERROR : 2 * FULL_ERROR;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters that are heard as one, or changed places. No pair ends with the first letter of either. */
static unsigned by_pairs(const struct walk *w, size_t d, size_t j, unsigned v)
{
    const struct sounds *sounds = &w->s->g->sounds;
    uint8_t typed = w->pair[j], meant = w->name_pair[d], last = w->meant[d], before = w->meant[d - 1];
    if (meant)
        v = least(v, w->rows[d - 2][EDGE + j - 1] + sounds->pair_letter[meant][w->letters[j]]);
    if (typed)
        v = least(v, w->rows[d - 1][EDGE + j - 2] + sounds->pair_letter[typed][last]);
    if (typed && meant)
        v = least(v, w->rows[d - 2][EDGE + j - 2] + sounds->pair_pair[typed][meant]);
    if (last && before && w->letters[j] == before && w->letters[j - 1] == last)
        v = least(v, w->rows[d - 2][EDGE + j - 2] + NEAR_KEY);
    return v;
}

static unsigned cell(const struct walk *w, size_t d, size_t j)
{
    const struct sounds *sounds = &w->s->g->sounds;
    const uint8_t *now = w->rows[d] + EDGE, *up = w->rows[d - 1] + EDGE;
    uint8_t meant = w->meant[d], before = w->meant[d - 1], next = w->letters[j + 1];
    unsigned v = up[j] == FAR ? FAR : up[j] + sounds_gap(sounds, before, meant, next);
    if (j == 0)
        return v;
    if (w->typed[j - 1] == w->name[d])
        v = least(v, up[j - 1]);
    else if (up[j - 1] != FAR)
        v = least(v, up[j - 1] + sounds_swap(sounds, w->letters[j], meant, before, next));
    v = least(v, now[j - 1] + w->extra[j]);
    return w->typed[j - 1] == w->name[d] ? v : by_pairs(w, d, j, v);
}

static void fill_edges(uint8_t *row, size_t low, size_t high)
{
    for (size_t k = 1; k <= EDGE; k++) {
        row[high + EDGE + k] = FAR;
        row[low + EDGE - k] = FAR;
    }
}

/* returns the least of the row. */
static unsigned fill_row(struct walk *w, size_t d, unsigned most)
{
    size_t low = d > BAND ? d - BAND : 0, high = d + BAND < w->n ? d + BAND : w->n;
    unsigned best = FAR;
    fill_edges(w->rows[d], low, high);
    for (size_t j = low; j <= high; j++) {
        unsigned v = cell(w, d, j);
        w->rows[d][EDGE + j] = (uint8_t)(v > most ? FAR : v);
        best = least(best, v);
    }
    return best;
}

static void drop_worse(struct search *s, size_t first, unsigned most)
{
    size_t kept = first;
    for (size_t i = first; i < s->n; i++)
        if (s->guesses[i].errors <= most)
            s->guesses[kept++] = s->guesses[i];
    s->n = kept;
}

static void take(struct walk *w, const struct node *node, size_t first)
{
    const struct gazetteer *g = w->s->g;
    size_t d = node->depth, limit = least(forgiven(d), w->best + MARGIN);
    size_t low = d > BAND ? d - BAND : 1, high = d + BAND < w->n ? d + BAND : w->n,
           n = places_ending(g, node);
    for (size_t j = low; j <= high && n; j++) {
        unsigned v = w->rows[d][EDGE + j];
        if (!w->to[j] || v > limit || v == 0)
            continue;
        if (v < w->best) {
            w->best = v;
            drop_worse(w->s, first, v + MARGIN);
        }
        for (size_t i = 0; i < n; i++)
            if (!g->names[node->first + i].brief)
                add_guess(w->s, w->from, w->to[j], &g->names[node->first + i], v, w->hint[j]);
    }
}

static void name_letter(struct walk *w, size_t d, char c)
{
    w->name[d] = c;
    w->meant[d] = sounds_letter(c);
    w->name_pair[d] = w->s->g->sounds.pair[w->meant[d - 1]][w->meant[d]];
}

/* A wrong beginning and another error are too much; "ban", "o" and the like are meant as they stand. */
static unsigned beginning_limit(const struct walk *w, char meant)
{
    enum role r = w->s->text.words[w->from].role;
    char typed = w->typed[0];
    bool alike = sounds_swap(&w->s->g->sounds, sounds_letter(typed), sounds_letter(meant), 0,
                             w->letters[2]) <= LIKE_SOUND;
    if (typed == meant)
        return 2 * FULL_ERROR;
    return alike || r == ROLE_NONE || r == ROLE_FRAME ? FULL_ERROR : 0;
}

/* Down one branch: `above` is the least of the row before, over which a pair of letters may still reach. */
static void descend(struct walk *w, const struct node *node, unsigned above, unsigned most, size_t first)
{
    const struct node *child = &w->s->g->nodes[node->children];
    for (uint8_t i = 0; i < node->n_children; i++, child++) {
        size_t d = child->depth;
        if (d > w->n + BAND)
            return;
        if (!child->longest)
            continue;
        unsigned limit = least(most, least(forgiven(child->longest), w->best + MARGIN));
        if (d == 1)
            limit = least(limit, beginning_limit(w, child->letter));
        name_letter(w, d, child->letter);
        unsigned row = fill_row(w, d, limit);
        take(w, child, first);
        if (least(row, above) <= limit)
            descend(w, child, row, limit, first);
    }
}

static bool landmark_within(const struct search *s, size_t from, size_t to)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct guess *g = &s->guesses[i];
        if (g->from < to && from < g->to && is_landmark(g->name->unit))
            return true;
    }
    return false;
}

/* Where a mistyped name may end that begins with this word. Whoever writes nothing but everyday words means
 * them, unless something announces a place or nothing else is said. */
static bool find_ends(struct walk *w)
{
    const struct text *t = &w->s->text;
    bool any = false;
    memset(w->to, 0, sizeof w->to);
    w->n = 0;
    w->typed = t->words[w->from].folded.s;
    for (size_t to = w->from + 1; to <= w->from + NEAR && to <= t->n; to++) {
        size_t n = letters_of(t, w->from, to).n;
        if (n > TYPED_MAX || landmark_within(w->s, to - 1, to))
            break;
        enum role hint = announced(t, w->from, to);
        bool beside = to < t->n && covered(w->s, to, to + 1);
        bool place = is_kind(hint) || hint == ROLE_AT || to - w->from == t->n || beside;
        w->n = n;
        if (n < 3 || !(place || !all_everyday(t, w->from, to)))
            continue;
        w->to[n] = (uint8_t)to;
        w->hint[n] = hint;
        any = true;
    }
    return any;
}

static void read_letters(struct walk *w)
{
    const struct sounds *sounds = &w->s->g->sounds;
    for (size_t j = 1; j <= w->n; j++)
        w->letters[j] = sounds_letter(w->typed[j - 1]);
    w->letters[w->n + 1] = 0;
    for (size_t j = 1; j <= w->n; j++) {
        uint8_t before = w->letters[j - 1], c = w->letters[j];
        w->pair[j] = sounds->pair[before][c];
        w->extra[j] = (uint8_t)sounds_gap(sounds, before, c, w->letters[j + 1]);
    }
}

static void first_row(struct walk *w)
{
    unsigned v = 0;
    for (size_t j = 0; j <= w->n && j <= BAND; j++) {
        v += j ? w->extra[j] : 0;
        w->rows[0][EDGE + j] = (uint8_t)least(v, FAR);
    }
    fill_edges(w->rows[0], 0, w->n < BAND ? w->n : BAND);
}

void near_guesses(struct search *s)
{
    struct walk w;
    size_t first = s->n;
    w.s = s;
    w.best = 2 * FULL_ERROR;
    w.letters[0] = w.meant[0] = 0;
    for (w.from = 0; w.from < s->text.n; w.from++) {
        if (!find_ends(&w))
            continue;
        read_letters(&w);
        first_row(&w);
        descend(&w, s->g->nodes, FAR, 2 * FULL_ERROR, first);
    }
}
