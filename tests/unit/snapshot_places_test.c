/* The place finder on the example's gazetteer: every name there is in eight spellings, and
 * tests/data/places.tsv. */
#include "base/rng.h"
#include "snapshot/snapshot.h"
#include "text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include <cmocka.h>

enum { CHOICES = 5, NAME = 128, SPELLINGS = 8, ERRORS_EACH = 8 };
enum { ERROR_DROPPED, ERROR_DOUBLED, ERROR_SWAPPED, ERROR_WRONG, ERROR_KINDS };

struct world {
    struct arena arena;
    struct gazetteer *places;
};

struct tally {
    unsigned cases, sure, right, asked;
};

static int setup(void **state)
{
    static struct world w;
    struct cfg_findings f;
    arena_init(&w.arena, 0);
    cfg_findings_init(&f, &w.arena);
    w.places = load_places("conf/places", "14", &w.arena, &f);
    cfg_findings_free(&f);
    *state = &w;
    return w.places ? 0 : -1;
}

static int teardown(void **state)
{
    struct world *w = *state;
    arena_free(&w->arena);
    return 0;
}

/* ---- spellings ---- */

static void compact(const char *in, char out[NAME])
{
    char *to = out;
    text_fold(str_of(in), out, NAME);
    for (const char *from = out; *from; from++)
        if (*from != ' ')
            *to++ = *from;
    *to = '\0';
}

static void upper(const char *in, char out[NAME])
{
    struct out o;
    out_init(&o, out, NAME);
    for (struct str rest = str_of(in); rest.n;) {
        utf8proc_int32_t c;
        utf8proc_uint8_t bytes[4];
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)rest.s, (utf8proc_ssize_t)rest.n, &c);
        assert_true(n > 0);
        out_bytes(&o, bytes, (size_t)utf8proc_encode_char(utf8proc_toupper(c), bytes));
        rest.s += n;
        rest.n -= (size_t)n;
    }
}

/* The kind in full with accents, or as people shorten it. false for the one unit whose name holds its kind.
 */
static bool with_kind(const struct place *p, bool brief, char out[NAME])
{
    static const struct {
        const char *type, *brief;
    } kinds[] = {{"Xã", "x."}, {"Phường", "p."}, {"Thị trấn", "tt"}, {"Huyện", "h."}, {"Thành phố", "tp"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(p->type, kinds[i].type) == 0) {
            snprintf(out, NAME, "%s %s", brief ? kinds[i].brief : p->type, brief ? p->ascii : p->name);
            return true;
        }
    return false;
}

static void one_error(struct rng *r, char name[NAME])
{
    size_t n = strlen(name), at;
    do
        at = rng_below(r, (uint32_t)n - 1);
    while (name[at] == ' ' || name[at + 1] == ' ' || name[at] == name[at + 1]);
    switch (rng_below(r, ERROR_KINDS)) {
    case ERROR_DROPPED:
        memmove(name + at, name + at + 1, n - at);
        break;
    case ERROR_DOUBLED:
        memmove(name + at + 1, name + at, n - at + 1);
        break;
    case ERROR_SWAPPED:
        name[n] = name[at];
        name[at] = name[at + 1];
        name[at + 1] = name[n];
        name[n] = '\0';
        break;
    default:
        name[at] = name[at] == 'z' ? 'a' : (char)(name[at] + 1);
    }
}

/* An error that spells another name is that other name. */
static bool is_name(const struct gazetteer *g, const char *text)
{
    char typed[NAME], name[NAME];
    const struct place *all;
    size_t n = places_all(g, &all);
    compact(text, typed);
    for (size_t i = 0; i < n; i++) {
        compact(all[i].name, name);
        if (strcmp(typed, name) == 0)
            return true;
    }
    return false;
}

static bool mistyped(const struct gazetteer *g, const struct place *p, struct rng *r, char out[NAME])
{
    compact(p->name, out);
    if (strlen(out) < 7)
        return false;
    text_fold(str_of(p->name), out, NAME);
    one_error(r, out);
    return !is_name(g, out);
}

/* The first letters that somewhere are heard alike: "trieng son", "xuoi to". */
static bool by_ear(const struct gazetteer *g, const struct place *p, char out[NAME])
{
    static const char *const alike[][2] = {{"ch", "tr"}, {"tr", "ch"}, {"gi", "d"}, {"s", "x"}, {"x", "s"},
                                           {"l", "n"},   {"d", "r"},   {"ph", "f"}, {"k", "c"}, {"c", "k"}};
    char name[NAME];
    size_t words = text_fold(str_of(p->name), name, sizeof name);
    for (size_t i = 0; i < sizeof alike / sizeof alike[0] && words > 7; i++) {
        char *last = strrchr(name, ' ');
        if (!last || !str_starts(str_of(last + 1), alike[i][0]) ||
            (*alike[i][0] == 'c' && last[2] == 'h' && i > 8))
            continue;
        snprintf(out, NAME, "%.*s%s%s", (int)(last + 1 - name), name, alike[i][1],
                 last + 1 + strlen(alike[i][0]));
        return !is_name(g, out);
    }
    return false;
}

/* Behind it, where it lay: "chieng hac huyen yen chau". */
static bool in_district(const struct gazetteer *g, const struct place *p, char out[NAME])
{
    const char *code = p->level == PLACE_COMMUNE ? p->former_district : p->parent;
    const struct place *district = places_by_code(g, str_of(code));
    char name[2 * NAME];
    if (!district || district->level != PLACE_FORMER_DISTRICT)
        return false;
    snprintf(name, sizeof name, "%s %s", p->name, district->name);
    text_fold(str_of(name), out, NAME);
    return true;
}

/* ---- generated cases ---- */

static bool leads_to(const struct place *unit, const struct place *commune)
{
    for (size_t i = 0; i < unit->n_now; i++)
        if (unit->now[i] == commune->index)
            return true;
    return false;
}

static void try(const struct gazetteer *g, const struct place *p, const char *text, struct tally *t)
{
    struct place_match m[CHOICES];
    size_t n = 0;
    enum places_verdict v = places_find(g, str_of(text), m, CHOICES, &n);
    bool in = false;
    for (size_t i = 0; i < n; i++)
        in = in || leads_to(p, m[i].place);
    t->cases++;
    t->sure += v == PLACES_SURE;
    t->right += v == PLACES_SURE && in;
    t->asked += v == PLACES_ASK && in;
    if (!in)
        print_message("  \"%s\" for %s %s %s: %s\n", text, p->code, p->type, p->name,
                      v == PLACES_SURE  ? m[0].place->name
                      : v == PLACES_ASK ? "asks among others"
                                        : "nothing");
}

/* Named the same without accents, but elsewhere today. */
static bool shared(const struct gazetteer *g, const struct place *p)
{
    char name[NAME], other[NAME];
    const struct place *all;
    size_t n = places_all(g, &all);
    compact(p->name, name);
    for (size_t i = 0; i < n; i++) {
        compact(all[i].name, other);
        if (strcmp(name, other) == 0 && all[i].n_now && all[i].now[0] != p->now[0])
            return true;
    }
    return false;
}

static double percent(unsigned part, unsigned of)
{
    return of ? 100.0 * part / of : 100.0;
}

static void try_spellings(const struct gazetteer *g, const struct place *p, bool brief, struct rng *rng,
                          struct tally tally[SPELLINGS])
{
    char text[NAME];
    try(g, p, p->name, &tally[0]);
    text_fold(str_of(p->name), text, sizeof text);
    try(g, p, text, &tally[1]);
    upper(p->name, text);
    try(g, p, text, &tally[2]);
    if (with_kind(p, brief, text))
        try(g, p, text, &tally[3]);
    compact(p->name, text);
    try(g, p, text, &tally[4]);
    for (unsigned k = 0; k < ERRORS_EACH; k++)
        if (mistyped(g, p, rng, text))
            try(g, p, text, &tally[5]);
    if (by_ear(g, p, text))
        try(g, p, text, &tally[6]);
    if (in_district(g, p, text))
        try(g, p, text, &tally[7]);
}

static void every_name(void **state)
{
    const struct gazetteer *g = ((struct world *)*state)->places;
    static const char *const titles[SPELLINGS] = {"accented", "unaccented", "upper",  "with kind",
                                                  "together", "one error",  "by ear", "in district"};
    struct tally tally[SPELLINGS] = {0}, sum = {0};
    struct rng rng;
    const struct place *all;
    rng_seed(&rng, 14);
    for (size_t i = 0, n = places_all(g, &all); i < n; i++)
        if (all[i].level != PLACE_PROVINCE)
            try_spellings(g, &all[i], i % 2, &rng, tally);
    for (size_t i = 0; i < SPELLINGS; i++) {
        const struct tally *t = &tally[i];
        print_message("%-11s %4u cases, %4u sure (%.2f %% right), %4u asked, recall %.2f %%\n", titles[i],
                      t->cases, t->sure, percent(t->right, t->sure), t->asked,
                      percent(t->right + t->asked, t->cases));
        sum.cases += t->cases;
        sum.sure += t->sure;
        sum.right += t->right;
        sum.asked += t->asked;
    }
    double precision = percent(sum.right, sum.sure), recall = percent(sum.right + sum.asked, sum.cases);
    print_message("all         %4u cases, precision %.2f %%, recall %.2f %%\n", sum.cases, precision, recall);
    assert_true(sum.cases > 3000);
    assert_true(precision >= 99.5);
    assert_true(recall >= 97);
}

static void shared_names_are_asked(void **state)
{
    const struct gazetteer *g = ((struct world *)*state)->places;
    const struct place *all;
    unsigned seen = 0;
    for (size_t i = 0, n = places_all(g, &all); i < n; i++) {
        struct place_match m[CHOICES];
        size_t found = 0;
        char text[NAME];
        if (all[i].level == PLACE_PROVINCE || !shared(g, &all[i]))
            continue;
        text_fold(str_of(all[i].name), text, sizeof text);
        if (places_find(g, str_of(text), m, CHOICES, &found) != PLACES_ASK || found < 2)
            fail_msg("\"%s\" is several places and was not asked back", text);
        seen++;
    }
    assert_true(seen >= 16);
}

/* Half of those who write "Van Ho" mean the district that was: a commune is not taken for it, but comes
 * first. */
static void a_district_that_was_is_asked_with_its_commune_first(void **state)
{
    const struct gazetteer *g = ((struct world *)*state)->places;
    const struct place *all;
    unsigned seen = 0;
    for (size_t i = 0, n = places_all(g, &all); i < n; i++)
        for (size_t k = 0; k < places_communes(g) && all[i].level == PLACE_FORMER_DISTRICT; k++) {
            const struct place *p = places_commune(g, k);
            struct place_match m[CHOICES];
            char text[NAME];
            size_t found;
            if (strcmp(p->ascii, all[i].ascii) != 0)
                continue;
            assert_int_equal(places_find(g, str_of(p->ascii), m, CHOICES, &found), PLACES_ASK);
            assert_ptr_equal(m[0].place, p);
            assert_true(found > 1);
            snprintf(text, sizeof text, "%s %s", p->type, p->ascii);
            assert_int_equal(places_find(g, str_of(text), m, CHOICES, &found), PLACES_SURE);
            assert_ptr_equal(m[0].place, p);
            snprintf(text, sizeof text, "huyen %s", p->ascii);
            assert_int_equal(places_find(g, str_of(text), m, CHOICES, &found), PLACES_ASK);
            seen++;
        }
    assert_true(seen >= 9);
}

/* ---- the table ---- */

struct marks {
    unsigned lines, places, none; /* all; those that name a place here; those that name none */
    unsigned taken, right,
        asked; /* taken without asking; rightly; asked with the right one among the choices */
    unsigned sure, sure_taken, needless; /* beyond doubt; of them taken; asked though no place is named */
};

enum outcome { RIGHT, ASKED, WRONG, MISSED, NEEDLESS };

static enum outcome judge_line(enum places_verdict wanted, enum places_verdict is, bool in)
{
    if (is == PLACES_SURE)
        return wanted == PLACES_SURE && in ? RIGHT : WRONG;
    if (wanted == PLACES_NONE)
        return is == PLACES_NONE ? RIGHT : NEEDLESS;
    return is == PLACES_ASK && in ? ASKED : MISSED;
}

static enum places_verdict verdict_of(struct str s)
{
    return str_is(s, "sure") ? PLACES_SURE : str_is(s, "ask") ? PLACES_ASK : PLACES_NONE;
}

static void check_line(const struct gazetteer *g, struct str line, struct marks *t)
{
    static const char *const outcomes[] = {"right", "asked", "WRONG", "missed", "needless"};
    struct str text = str_split(&line, '\t'), verdict = str_split(&line, '\t'), code = str_split(&line, '\t');
    struct place_match m[CHOICES];
    size_t n = 0;
    enum places_verdict wanted = verdict_of(verdict), v = places_find(g, text, m, CHOICES, &n);
    bool in = str_is(code, "-");
    for (size_t i = 0; i < n; i++)
        in = in || str_is(code, m[i].place->code);
    enum outcome is = judge_line(wanted, v, in);
    t->lines++;
    t->places += wanted != PLACES_NONE;
    t->none += wanted == PLACES_NONE;
    t->sure += wanted == PLACES_SURE;
    t->taken += v == PLACES_SURE;
    t->right += v == PLACES_SURE && is == RIGHT;
    t->sure_taken += wanted == PLACES_SURE && is == RIGHT;
    t->asked += is == ASKED;
    t->needless += is == NEEDLESS;
    if (is <= ASKED)
        return;
    print_message("  %s: \"%.*s\" should be %.*s %.*s and is", outcomes[is], STR_ARG(text), STR_ARG(verdict),
                  STR_ARG(code));
    for (size_t i = 0; i < n; i++)
        print_message(" %s %s (%s)", m[i].place->code, m[i].place->name, place_why_text(m[i].why));
    print_message("%s\n", n ? "" : " unknown");
}

static void hard_cases(void **state)
{
    struct world *w = *state;
    struct cfg_findings f;
    struct str rest;
    struct marks t = {0};
    cfg_findings_init(&f, &w->arena);
    assert_true(cfg_read_file("tests/data/places.tsv", 1 << 20, &rest, &w->arena, &f));
    while (rest.n) {
        struct str line = str_split(&rest, '\n');
        if (line.n && line.s[0] != '#')
            check_line(w->places, line, &t);
    }
    double precision = percent(t.right, t.taken), recall = percent(t.right + t.asked, t.places);
    print_message("%u texts, %u taken: precision %.2f %%; %u name a place: recall %.2f %%; %u beyond doubt: "
                  "%.1f %% taken; %u name none: %.1f %% asked\n",
                  t.lines, t.taken, precision, t.places, recall, t.sure, percent(t.sure_taken, t.sure),
                  t.none, percent(t.needless, t.none));
    assert_true(t.lines >= 700);
    assert_true(precision >= 99.5);
    assert_true(recall >= 97);
    assert_true(percent(t.sure_taken, t.sure) >= 75); /* who always asks makes no errors and helps nobody */
    assert_true(percent(t.needless, t.none) <= 4);
    cfg_findings_free(&f);
}

/* ---- what must not break it ---- */

static void any_bytes(void **state)
{
    const struct gazetteer *g = ((struct world *)*state)->places;
    static const char *const pieces[] = {"chieng ", "Chiềng", "son", " ",        ",", "xa ",
                                         "ợ",       "\xff",   "tp",  "moc chau", "9"};
    struct place_match m[CHOICES];
    char text[2048];
    struct rng r;
    rng_seed(&r, 75);
    for (unsigned i = 0; i < 3000; i++) {
        struct out o;
        out_init(&o, text, 1 + rng_below(&r, sizeof text));
        for (unsigned k = rng_below(&r, 400); k > 0 && !o.overflow; k--)
            out_cstr(&o, pieces[rng_below(&r, sizeof pieces / sizeof pieces[0])]);
        size_t n = 99, max = rng_below(&r, CHOICES + 1);
        enum places_verdict v = places_find(g, out_span(&o), m, max, &n);
        assert_true(n <= max);
        assert_true(v != PLACES_SURE || n == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_name), cmocka_unit_test(shared_names_are_asked),
                                       cmocka_unit_test(a_district_that_was_is_asked_with_its_commune_first),
                                       cmocka_unit_test(hard_cases), cmocka_unit_test(any_bytes)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
