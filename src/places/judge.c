/* What stands around a guess decides whether it is meant as a place. */
#include "places/search.h"

#include <string.h>

/* ---- what guesses say of each other ---- */

bool is_district(const struct place *p)
{
    return p->level == PLACE_FORMER_DISTRICT;
}

static const char *district_of(const struct place *p)
{
    return p->level == PLACE_FORMER_COMMUNE ? p->parent : p->level == PLACE_COMMUNE ? p->former_district : "";
}

/* The capital bears the province's name, and the province is what is mostly meant. */
bool names_province(const struct search *s, const struct guess *g)
{
    const struct place *p = places_province(s->g, g->name->unit);
    return p && is_district(g->name->unit) && g->hint != ROLE_DISTRICT &&
           strcmp(g->name->unit->ascii, p->ascii) == 0;
}

static bool share_commune(const struct place *a, const struct place *b)
{
    for (size_t i = 0; i < a->n_now; i++)
        for (size_t k = 0; k < b->n_now; k++)
            if (a->now[i] == b->now[k])
                return true;
    return false;
}

static bool holds_province(const struct search *s, const struct place *province, const struct place *p)
{
    return *province->code && places_province(s->g, p) == province;
}

/* A landmark says something only where there is more than one province. */
static bool holds(const struct search *s, const struct place *o, const struct place *p)
{
    if (is_landmark(o))
        return s->g->n_provinces > 1 && holds_province(s, o, p);
    if (is_district(o) && *district_of(p))
        return strcmp(o->code, district_of(p)) == 0;
    return o != p && share_commune(o, p);
}

/* Another mention that says where this one lies: its province, its district, or the commune it became. */
/* "moc chau, thi xa" says no more of where Moc Chau lies: it is the town itself. */
static bool says_what_it_is(const struct search *s, const struct guess *kind, const struct guess *g)
{
    return all_kinds(&s->text, kind->from, kind->to) && adjacent(&s->text, kind, g);
}

bool confirms(const struct search *s, const struct guess *other, const struct guess *g)
{
    const struct place *p = g->name->unit;
    if (says_what_it_is(s, other, g))
        return false;
    if (other->gone || other->hint == ROLE_VILLAGE || other->hint == ROLE_TO || overlap(other, g) ||
        is_landmark(p) || names_province(s, other))
        return false;
    return (!is_district(p) || is_landmark(other->name->unit)) && holds(s, other->name->unit, p);
}

bool confirmed(const struct search *s, const struct guess *g)
{
    for (size_t i = 0; i < s->n; i++)
        if (confirms(s, &s->guesses[i], g))
            return true;
    return false;
}

/* ---- judging a guess by what stands around ---- */

bool adjacent(const struct text *t, const struct guess *a, const struct guess *b)
{
    size_t from = a->to <= b->from ? a->to : b->to, to = a->to <= b->from ? b->from : a->from;
    for (size_t i = from; i < to; i++)
        if (!is_kind(t->words[i].role))
            return false;
    return true;
}

/* The same words may also mean what holds the place: "suoi to phu yen" is not in Phú Yên. */
static bool confirmed_there(const struct search *s, const struct guess *landmark, const struct guess *g)
{
    for (size_t i = 0; i < s->n; i++)
        if (overlap(&s->guesses[i], landmark) && confirms(s, &s->guesses[i], g))
            return true;
    return false;
}

bool contradicts(const struct search *s, const struct guess *landmark, const struct guess *g)
{
    const struct place *o = landmark->name->unit;
    if (landmark->gone || !is_landmark(o))
        return false;
    if (overlap(landmark, g))
        return true; /* whoever writes a province's name mostly means the province */
    return !holds_province(s, o, g->name->unit) && landmark->from >= g->to &&
           adjacent(&s->text, landmark, g) && !confirmed_there(s, landmark, g);
}

static bool is_province_of(const struct search *s, const struct guess *o, const struct guess *g)
{
    return names_province(s, o) || holds_province(s, o->name->unit, g->name->unit);
}

/* Beside it stands where it lies, or what lies in it. */
static bool backed(const struct search *s, const struct guess *g)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct guess *o = &s->guesses[i];
        if (!overlap(o, g) && adjacent(&s->text, o, g) &&
            (confirms(s, o, g) || confirms(s, g, o) || is_province_of(s, o, g)))
            return true;
    }
    return false;
}

/* The text has nothing but names and what goes with them. */
static bool framed(const struct search *s, bool people)
{
    for (size_t i = 0; i < s->text.n; i++) {
        enum role r = s->text.words[i].role;
        bool fits = is_kind(r) || r == ROLE_AT || (people && r == ROLE_FRAME);
        if (!fits && !covered(s, i, i + 1))
            return false;
    }
    return true;
}

static bool own_clause(const struct text *t, const struct guess *g)
{
    return (g->from == 0 || t->words[g->from].apart) && (g->to == t->n || t->words[g->to].apart);
}

/* Behind the name of a village: "ban hua tat van ho". */
static bool ends_address(const struct text *t, const struct guess *g)
{
    enum { VILLAGE_WORDS = 2 };
    size_t at = g->from;
    while (at > 0 && g->from - at < VILLAGE_WORDS && t->words[at - 1].role == ROLE_NONE)
        at--;
    bool behind = at < g->from && at > 0 && t->words[at - 1].role == ROLE_VILLAGE;
    return behind && (g->to == t->n || t->words[g->to].apart) &&
           (at == 1 || t->words[at - 2].role == ROLE_AT);
}

/* A name of everyday words: "quyet tam", "ban lam", "con oi". */
static void judge_everyday(struct search *s, struct guess *g)
{
    bool kind = g->hint == ROLE_COMMUNE || g->hint == ROLE_DISTRICT, at = g->hint == ROLE_AT;
    bool alone = framed(s, false);
    if (g->errors || g->accents == ACCENTS_AGAINST) {
        unsigned most = kind ? 2 * FULL_ERROR : at || backed(s, g) ? FULL_ERROR : alone ? NEAR_KEY : 0;
        bool against = g->errors && g->accents == ACCENTS_AGAINST;
        g->gone = g->errors > most || (!kind && against) || (!g->errors && !kind && !alone && !backed(s, g));
        g->doubt = true;
        return;
    }
    if (kind || alone || backed(s, g) || (at && (g->accents == ACCENTS_SAME || framed(s, true))))
        return;
    g->doubt = at;
    g->faint =
        g->hint == ROLE_NEAR || g->hint == ROLE_TO || own_clause(&s->text, g) || ends_address(&s->text, g);
    g->gone = !at && !g->faint;
}

static bool among(const char *list, const char *s, size_t n)
{
    char word[16] = " ";
    if (n + 3 > sizeof word)
        return false;
    memcpy(word + 1, s, n);
    word[n + 1] = ' ';
    return strstr(list, word) != NULL;
}

/* What can be said in Vietnamese. "thanh" is no mistyped "chanh" but another word, "chanj" is one. */
static bool is_syllable(struct str w)
{
    static const char starts[] = "  b c ch d g gh gi h k kh l m n ng ngh nh p ph q r s t th tr v x ";
    static const char rimes[] = " a ac ach ai am an ang anh ao ap at au ay e ec em en eng enh eo ep et eu "
                                "ech i ia ich iec iem ien ieng "
                                "iep iet ieu im in inh ip it iu o oa oac oach oai oam oan oang oanh oap oat "
                                "oay oc oe oen oeo oet oi om "
                                "on ong ooc oong op ot u ua uan uang uat uay uc ue uech uenh ui um un ung uo "
                                "uoc uoi uom uon uong uop "
                                "uot uou up ut uu uy uya uych uyen uyet uynh uyt y yem yen yeng yet yeu ";
    for (size_t n = 0; n <= 3 && n < w.n; n++)
        if ((n == 0 || among(starts, w.s, n)) && among(rimes, w.s + n, w.n - n))
            return true;
    return false;
}

static bool all_syllables(const struct text *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!is_syllable(t->words[i].folded))
            return false;
    return true;
}

/* One error in a long name is forgiven silently, but not one that makes another possible name; two errors
 * that make other words in the middle of a sentence are no errors. Another spelling of the same sounds is
 * hardly an error. */
static void judge_errors(struct search *s, struct guess *g)
{
    const struct text *t = &s->text;
    struct str name = g->name->compact;
    bool words = all_syllables(t, g->from, g->to), place = is_kind(g->hint) || g->hint == ROLE_AT;
    bool one = g->to - g->from == 1; /* "muong" is no mistyped "Muong E" */
    bool much = g->errors > FULL_ERROR || (name.n < 6 && !framed(s, true));
    g->gone = g->accents == ACCENTS_AGAINST || (words && one && g->errors > LIKE_SOUND) ||
              (words && much && !place);
    if (g->errors <= SAME_SOUND && name.n >= 6)
        return;
    g->doubt = g->doubt || g->errors > FULL_ERROR || words || name.n < 8 ||
               letters_of(t, g->from, g->to).s[0] != name.s[0];
}

/* Many a place is called like a person: "thay Binh Thuan", "chong em ten la Kim Bon". */
static bool names_person(const struct text *t, const struct guess *g)
{
    static const char titles[] = " anh ba bac bo chi chong chu me ong ten thay vo ";
    size_t at = g->from;
    if (at > 1 && str_is(t->words[at - 1].folded, "la")) {
        at--;
        at -= at > 1 && str_is(t->words[at - 1].folded, "em");
    }
    struct str w = at > 0 ? t->words[at - 1].folded : STR("");
    return w.n && !t->words[g->from].apart && g->hint != ROLE_NEAR && among(titles, w.s, w.n);
}

/* One short word is found in any text. */
static bool by_chance(const struct guess *g)
{
    return !g->errors && g->to - g->from == 1 && g->name->compact.n < 5;
}

void judge(struct search *s, size_t first)
{
    for (size_t i = first; i < s->n; i++)
        s->guesses[i].gone = false;
    for (size_t i = first; i < s->n; i++) {
        struct guess *g = &s->guesses[i];
        if (is_landmark(g->name->unit)) {
            g->gone = g->hint == ROLE_COMMUNE;
            continue;
        }
        g->faint = g->hint == ROLE_VILLAGE || names_person(&s->text, g);
        g->doubt = g->cut || g->part || g->whole || g->name->initial || names_person(&s->text, g);
        if (g->hint == ROLE_PROVINCE)
            g->gone = true; /* says no more than we knew */
        else if (g->name->brief || by_chance(g) || all_everyday(&s->text, g->from, g->to))
            judge_everyday(s, g);
        else if (g->errors)
            judge_errors(s, g);
        else
            g->doubt = g->doubt || g->accents == ACCENTS_AGAINST;
    }
}
