/* From what was typed to places.
 *
 * Words are read; runs of them are looked up as names (or found near to one); each such guess is judged by
 * what stands around it, because without accents many names are also everyday words; then the guesses are
 * weighed against each other. Whatever stays in doubt is asked back: a wrong place costs more than a
 * question.
 */
#include "places/search.h"

#include <string.h>

/* ---- weighing the guesses ---- */

static bool firm(const struct guess *g)
{
    return !g->gone && !g->faint && !is_landmark(g->name->unit);
}

static bool any_firm(const struct search *s, const struct guess *but)
{
    for (size_t i = 0; i < s->n; i++)
        if (firm(&s->guesses[i]) && !(but && overlap(&s->guesses[i], but)))
            return true;
    return false;
}

static bool near_to_district(const struct search *s, const struct guess *g)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->guesses[i].gone && overlap(&s->guesses[i], g) && is_district(s->guesses[i].name->unit))
            return true;
    return false;
}

/* Beside a name stands a word that nobody says, or nothing else does: it may belong to a longer name that is
 * mistyped, "my an humg", "dung thai ninh". */
static bool odd_word(const struct search *s, const struct guess *g, size_t at)
{
    const struct text *t = &s->text;
    bool only = t->n == g->to - g->from + 1 && !is_kind(t->words[at].role);
    return (only || !t->words[at].everyday) && !covered(s, at, at + 1);
}

static bool odd_neighbour(const struct search *s, const struct guess *g)
{
    const struct text *t = &s->text;
    return (g->from > 0 && !t->words[g->from].apart && odd_word(s, g, g->from - 1)) ||
           (g->to < t->n && !t->words[g->to].apart && odd_word(s, g, g->to));
}

/* Nothing that can be only one commune: a mistyped name may stand elsewhere, "Chieng Sonn, Moc Chau". */
static bool open_question(const struct search *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (firm(&s->guesses[i]) && !s->guesses[i].name->brief && !near_to_district(s, &s->guesses[i]))
            return false;
    return true;
}

/* Beside a district's name a mistyped one counts only within that district. */
static void keep_confirmed(struct search *s, size_t first)
{
    bool district = false;
    for (size_t i = 0; i < first; i++)
        district |= firm(&s->guesses[i]) && !names_province(s, &s->guesses[i]);
    for (size_t i = first; i < s->n && district; i++) {
        struct guess *g = &s->guesses[i];
        for (size_t k = 0; k < first && !g->gone; k++)
            g->gone = firm(&s->guesses[k]) && overlap(g, &s->guesses[k]);
        g->gone = g->gone || !confirmed(s, g);
    }
}

typedef int rank(const struct search *s, const struct guess *g);

/* Of the meanings of the same words those far behind the best are gone, and all with errors beside one
 * without. */
static void prefer_fewer_errors(struct search *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->n && !s->guesses[i].gone; k++) {
            const struct guess *o = &s->guesses[k], *g = &s->guesses[i];
            unsigned margin = g->whole ? FULL_ERROR : o->errors ? LIKE_SOUND : 0;
            s->guesses[i].gone = !o->gone && overlap(o, g) && o->errors + margin < g->errors;
        }
}

/* Of the meanings of the same words only the best. */
static void prefer(struct search *s, rank *of)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->n && !s->guesses[i].gone; k++) {
            const struct guess *o = &s->guesses[k];
            bool place = is_landmark(o->name->unit) && !is_landmark(s->guesses[i].name->unit);
            s->guesses[i].gone =
                !o->gone && !place && overlap(o, &s->guesses[i]) && of(s, o) > of(s, &s->guesses[i]);
        }
}

static int by_accents(const struct search *s, const struct guess *g)
{
    (void)s;
    return (int)g->accents;
}

static int by_level(const struct search *s, const struct guess *g)
{
    (void)s;
    return is_district(g->name->unit) ? g->hint != ROLE_COMMUNE : g->hint != ROLE_DISTRICT;
}

static int by_context(const struct search *s, const struct guess *g)
{
    return confirmed(s, g);
}

static void drop_words_of(struct search *s, const struct guess *words)
{
    for (size_t i = 0; i < s->n; i++)
        if (overlap(&s->guesses[i], words))
            s->guesses[i].gone = true;
}

/* This district or province only says where another place lies. */
static bool is_context(const struct search *s, const struct guess *g)
{
    if (names_province(s, g) && any_firm(s, g))
        return true;
    for (size_t i = 0; i < s->n; i++) {
        const struct guess *o = &s->guesses[i];
        bool larger =
            is_landmark(g->name->unit) || (is_district(g->name->unit) && !is_district(o->name->unit));
        if (!o->gone && larger && confirms(s, g, o))
            return true;
    }
    return false;
}

static void drop_context(struct search *s)
{
    for (size_t at = s->text.n; at-- > 0;) /* the smaller place is named first: "Song Ma, Song Ma" */
        for (size_t i = 0; i < s->n; i++) {
            const struct guess *g = &s->guesses[i];
            if (!g->gone && g->from == at && is_context(s, g))
                drop_words_of(s, g);
        }
}

static void weigh(struct search *s)
{
    prefer_fewer_errors(s);
    prefer(s, by_accents);
    prefer(s, by_level);
    prefer(s, by_context);
    for (size_t i = 0; i < s->n; i++) {
        struct guess *g = &s->guesses[i];
        bool sure = g->hint != ROLE_VILLAGE && confirmed(s, g);
        g->faint = g->faint && !sure;
        g->doubt = g->doubt && (!sure || g->errors > FULL_ERROR);
        for (size_t k = 0; k < s->n && !g->doubt; k++)
            g->doubt = contradicts(s, &s->guesses[k], g);
    }
    drop_context(s);
    if (any_firm(s, NULL))
        for (size_t i = 0; i < s->n; i++)
            s->guesses[i].gone |= s->guesses[i].faint;
}

/* ---- places ---- */

struct found {
    struct place_match items[FOUND];
    size_t n;
};

static void add_match(struct found *f, struct place_match m)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].place == m.place) {
            if (f->items[i].score < m.score)
                f->items[i] = m;
            return;
        }
    if (f->n < FOUND)
        f->items[f->n++] = m;
}

static enum place_why why_of(const struct text *t, const struct guess *g)
{
    const struct name *name = g->name;
    if (g->errors)
        return g->errors <= LIKE_SOUND ? PLACE_SOUND : PLACE_TYPO;
    if (name->alias)
        return name->brief ? PLACE_SHORT : PLACE_ALIAS;
    if (name->unit->level != PLACE_COMMUNE)
        return PLACE_FORMER;
    if (typed_seams(t, g->from, g->to) != name_seams(name))
        return PLACE_SPACING;
    return g->accents == ACCENTS_SAME ? PLACE_EXACT : is_kind(g->hint) ? PLACE_PREFIX : PLACE_ACCENTS;
}

static unsigned score_of(const struct guess *g)
{
    const struct place *p = g->name->unit;
    unsigned score = g->errors ? 900 - 19 * g->errors : 1000;
    score -= g->faint || (g->doubt && !g->errors) ? 50 : 0;
    return score - (p->level == PLACE_FORMER_COMMUNE ? 20 : is_district(p) ? 100 : 0);
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

/* A choice among everything that looks a little alike helps nobody. */
static bool hopeless(const struct search *s, size_t found, size_t max)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->guesses[i].gone && s->guesses[i].errors <= FULL_ERROR && s->guesses[i].name->unit->n_now)
            return false;
    return found > max;
}

/* "moc xon" is no "moc" when it is nearly something longer. */
static void drop_brief(struct search *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->n && s->guesses[i].name->brief; k++) {
            const struct guess *o = &s->guesses[k], *g = &s->guesses[i];
            bool longer = o->to - o->from > g->to - g->from;
            s->guesses[i].gone |= !o->gone && !o->name->brief && longer && overlap(o, g);
        }
}

/* A name may be part of a longer one that is mistyped; that is asked back. returns whether this one is
 * longer. */
static bool mark_parts(struct search *s, size_t first, struct guess *longer)
{
    for (size_t k = 0; k < first && longer->errors <= FULL_ERROR; k++) {
        struct guess *g = &s->guesses[k];
        bool more =
            longer->to - longer->from > g->to - g->from && longer->name->compact.n > g->name->compact.n;
        if (more && longer->from <= g->from && longer->to >= g->to)
            longer->whole = g->part = true;
    }
    return longer->whole;
}

/* Mistyped names; where the text has a name already, only those that it may be a part of. */
static void seek_near(struct search *s, bool only_longer)
{
    size_t first = s->n, kept = first;
    near_guesses(s);
    for (size_t i = first; i < s->n; i++) {
        struct guess g = s->guesses[i];
        if (mark_parts(s, first, &g) || !only_longer)
            s->guesses[kept++] = g;
    }
    s->n = kept;
    judge(s, 0); /* an everyday name may stand beside what was found now */
}

static void search_text(struct search *s, struct str text)
{
    read_words(text, &s->text);
    exact_guesses(s);
    if (s->n == 0)
        inner_guesses(s);
    clear_hints(s);
    judge(s, 0);
    size_t first = s->n;
    bool open = open_question(s), odd = false;
    for (size_t i = 0; i < s->n; i++)
        odd = odd || odd_neighbour(s, &s->guesses[i]);
    if (open || odd)
        seek_near(s, !open);
    if (open) {
        drop_brief(s);
        keep_confirmed(s, first);
    }
    weigh(s);
}

/* returns whether some guess stands without doubt. */
static bool collect(const struct search *s, struct found *f)
{
    bool sure = false;
    for (size_t i = 0; i < s->n; i++) {
        const struct guess *one = &s->guesses[i];
        const struct place *via = one->name->unit;
        for (size_t k = 0; k < via->n_now && !one->gone; k++)
            add_match(f, (struct place_match){places_commune(s->g, via->now[k]), via, score_of(one),
                                              why_of(&s->text, one), one->errors});
        sure = sure || (firm(one) && !one->doubt);
    }
    sort(f);
    return sure;
}

enum places_verdict places_find(const struct gazetteer *g, struct str text, struct place_match *out,
                                size_t max, size_t *n)
{
    struct search s = {.g = g};
    struct found f = {.n = 0};
    search_text(&s, text);
    bool sure = collect(&s, &f);
    *n = hopeless(&s, f.n, max) ? 0 : f.n < max ? f.n : max;
    memcpy(out, f.items, *n * sizeof *out);
    return *n == 0 ? PLACES_NONE : f.n == 1 && sure ? PLACES_SURE : PLACES_ASK;
}

const char *place_why_text(enum place_why why)
{
    static const char *const texts[] = {[PLACE_EXACT] = "same name",
                                        [PLACE_ACCENTS] = "same name without accents",
                                        [PLACE_PREFIX] = "same name after its kind",
                                        [PLACE_SPACING] = "same name, written together or apart",
                                        [PLACE_ALIAS] = "another name",
                                        [PLACE_SHORT] = "short for it",
                                        [PLACE_SOUND] = "sounds alike",
                                        [PLACE_TYPO] = "mistyped",
                                        [PLACE_FORMER] = "a former unit's name"};
    return texts[why];
}
