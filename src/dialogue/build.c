/* From definitions to a table with every reference resolved. */
#include "dialogue/internal.h"

#include "text/text.h"

#include <stdlib.h>
#include <string.h>

static uint64_t head_of(const char *id)
{
    uint64_t head = 0;
    memcpy(&head, id, strnlen(id, sizeof head));
    return head;
}

const struct state *dialogue_state(const struct dialogue *d, const char *id)
{
    uint64_t head = head_of(id);
    for (size_t i = 0; i < d->n_states; i++)
        if (d->states[i].head == head && strcmp(d->states[i].def->id, id) == 0)
            return &d->states[i];
    return NULL;
}

static const struct state *resolve(struct dialogue *d, const char *id, struct cfg_pos pos, const char *what,
                                   struct arena *a, struct cfg_findings *f)
{
    const struct state *st = id ? dialogue_state(d, id) : NULL;
    if (st || !id)
        return st;
    const char **ids = arena_array(a, d->n_states + 1, sizeof *ids);
    for (size_t i = 0; i < d->n_states; i++)
        ids[i] = d->states[i].def->id;
    const char *near = cfg_nearest(id, ids, d->n_states);
    cfg_error(f, pos, "%s names no state \"%s\"%s%s%s", what, id, near ? "; did you mean \"" : "; define it",
              near ? near : "", near ? "\"?" : "");
    return NULL;
}

static size_t fold(const char *phrase, char out[FOLDED + 2])
{
    size_t n = text_fold(str_of(phrase), out + 1, FOLDED - 1);
    out[0] = ' ';
    out[n + 1] = ' ';
    return n;
}

static int by_second(const void *a, const void *b)
{
    return (unsigned char)((const struct str *)a)->s[1] - (unsigned char)((const struct str *)b)->s[1];
}

static void sort_words(struct words *w)
{
    size_t at = 0;
    if (w->n)
        qsort(w->items, w->n, sizeof *w->items, by_second);
    for (unsigned c = 0; c <= 256; c++) {
        while (at < w->n && (unsigned char)w->items[at].s[1] < c)
            at++;
        w->begin[c] = (uint32_t)at;
    }
}

/* Shorter ones may stand in another word. */
static void add_joined(struct words *w, const char *folded, size_t n, struct arena *a)
{
    enum { SHORTEST = 5 }; /* letters */
    char joined[FOLDED + 2] = " ";
    size_t m = 1;
    for (size_t i = 1; i <= n; i++)
        if (folded[i] != ' ')
            joined[m++] = folded[i];
    if (m <= n && m > SHORTEST) /* m counts the blank before */
        w->items[w->n++] = arena_str(a, (struct str){joined, m});
}

struct phrases phrases_fold(const struct cfg_strings *in, struct arena *a, struct cfg_findings *f)
{
    struct phrases p = {.whole.items = arena_array(a, in->n + 1, sizeof *p.whole.items),
                        .joined.items = arena_array(a, in->n + 1, sizeof *p.joined.items),
                        .signs = arena_array(a, in->n + 1, sizeof *p.signs)};
    for (size_t i = 0; i < in->n; i++) {
        char folded[FOLDED + 2];
        size_t n = fold(in->items[i], folded);
        if (n == 0 && str_trim(str_of(in->items[i])).n < 3)
            cfg_error(f, in->pos, "\"%s\" holds nothing that can be compared; write a word or an emoji",
                      in->items[i]);
        if (n == 0) {
            p.signs[p.n_signs++] = str_of(in->items[i]);
            continue;
        }
        p.whole.items[p.whole.n++] = arena_str(a, (struct str){folded, n + 2});
        add_joined(&p.joined, folded, n, a);
    }
    sort_words(&p.whole);
    sort_words(&p.joined);
    return p;
}

static struct str *fold_answers(const struct cfg_strings *in, struct arena *a, struct cfg_findings *f)
{
    struct str *on = arena_array(a, in->n + 1, sizeof *on);
    for (size_t i = 0; i < in->n; i++) {
        char folded[FOLDED + 2];
        size_t n = fold(in->items[i], folded);
        if (n == 0)
            cfg_error(f, in->pos, "\"%s\" holds no letter or digit that can be compared", in->items[i]);
        on[i] = arena_str(a, (struct str){folded + 1, n});
    }
    return on;
}

static bool set_value(struct str v, const char *const *words, size_t n, uint8_t *out, uint8_t base)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(v, words[i])) {
            *out = (uint8_t)(i + base);
            return true;
        }
    return false;
}

void session_avoid(struct session *s, const char *code)
{
    int i = 0;
    while (i < SESSION_AVOID - 1 && *s->avoid[i] && strcmp(s->avoid[i], code) != 0)
        i++;
    str_copy(str_of(code), s->avoid[i], sizeof s->avoid[i]); /* when all are taken, the last gives way */
}

bool session_set(struct session *s, struct str what, const struct catalogs *c)
{
    static const char *const ways[] = {"sms", "call", "call-day", "call-night", "wait", "sms-day"};
    static const char *const consent[] = {"no", "yes"};
    enum who who;
    struct str key = str_split(&what, ':');
    enum need need;
    uint64_t n;
    if (str_is(key, "need") && need_parse(what, &need)) {
        s->need = (uint8_t)(need + 1);
        return true;
    }
    if (str_is(key, "safe"))
        return set_value(what, ways, sizeof ways / sizeof ways[0], &s->safe, SAFE_SMS);
    if (str_is(key, "consent"))
        return set_value(what, consent, 2, &s->consent, 1);
    if (str_is(key, "children") && str_to_u64(what, 9, &n)) {
        s->children = (uint8_t)n;
        return true;
    }
    if (str_is(key, "lang"))
        return s->lang_chosen =
                   str_copy(what, s->lang, sizeof s->lang) && (!c || dialogue_has_lang(c, s->lang));
    if (str_is(key, "who") && who_parse(what, &who)) {
        s->who |= (uint8_t)who;
        return true;
    }
    if (str_is(key, "avoid") && str_is(what, "own"))
        return s->avoid_own = true;
    return false;
}

static void build_answers(struct dialogue *d, struct state *st, struct arena *a, struct cfg_findings *f)
{
    const struct answer_def *defs = st->def->answers.items;
    st->n_answers = st->def->answers.n;
    st->answers = arena_array(a, st->n_answers + 1, sizeof *st->answers);
    for (size_t i = 0; i < st->n_answers; i++) {
        struct session scratch = {.children = 255};
        st->answers[i] = (struct answer_rule){
            .def = &defs[i], .on = fold_answers(&defs[i].on, a, f), .n_on = defs[i].on.n};
        st->answers[i].next = resolve(d, defs[i].next, defs[i].pos, "an answer", a, f);
        conditions_build(&defs[i].when, defs[i].pos, &st->answers[i].when, a, f);
        for (size_t k = 0; k < defs[i].set.n; k++)
            if (!session_set(&scratch, str_of(defs[i].set.items[k]), NULL))
                cfg_error(
                    f, defs[i].pos,
                    "\"%s\" cannot be set; use need:, children:, safe:, consent:, lang:, who: or avoid:own",
                    defs[i].set.items[k]);
    }
}

static void build_variants(struct state *st, struct arena *a, struct cfg_findings *f)
{
    const struct variant_def *defs = st->def->variants.items;
    st->n_variants = st->def->variants.n;
    st->variants = arena_array(a, st->n_variants + 1, sizeof *st->variants);
    for (size_t i = 0; i < st->n_variants; i++) {
        st->variants[i].prompt = defs[i].prompt;
        conditions_build(&defs[i].when, defs[i].pos, &st->variants[i].when, a, f);
    }
}

static void build_states(struct dialogue *d, struct arena *a, struct cfg_findings *f)
{
    for (size_t i = 0; i < d->n_states; i++) {
        struct state *st = &d->states[i];
        for (size_t k = 0; k < i; k++)
            if (strcmp(d->states[k].def->id, st->def->id) == 0)
                cfg_error(f, st->def->pos, "state \"%s\" is defined twice; rename one", st->def->id);
        if (strlen(st->def->id) >= SESSION_STATE)
            cfg_error(f, st->def->pos, "the name of state \"%s\" is longer than %d bytes", st->def->id,
                      SESSION_STATE - 1);
        if (strpbrk(st->def->id, "\t\r\n"))
            cfg_error(f, st->def->pos, "the name of state \"%s\" holds a tab or a line break", st->def->id);
        st->next = resolve(d, st->def->next, st->def->pos, "next", a, f);
        if (!st->def->end && !st->next)
            cfg_error(f, st->def->pos, "state \"%s\" leads nowhere; give it next, or end = true",
                      st->def->id);
        if (st->def->slot == SLOT_AVOID && !st->next)
            cfg_error(f, st->def->pos, "state \"%s\" asks whom to avoid and has no next; give it one",
                      st->def->id);
        if (st->def->menu != MENU_NONE && st->def->slot != SLOT_PLACE && st->def->slot != SLOT_AVOID)
            cfg_error(f, st->def->pos,
                      "state \"%s\" has a menu of places and asks for none; give it slot = \"place\" or "
                      "\"avoid\", or take menu out",
                      st->def->id);
        conditions_build(&st->def->when, st->def->pos, &st->when, a, f);
        build_variants(st, a, f);
        build_answers(d, st, a, f);
    }
}

static struct meaning *meanings(size_t n, struct arena *a)
{
    return arena_array(a, n + 1, sizeof(struct meaning));
}

static void build_lexicon(struct dialogue *d, struct arena *a, struct cfg_findings *f)
{
    const struct lexicon_def *l = &d->def->lexicon;
    const struct {
        const struct cfg_strings *from;
        struct phrases *to;
    } lists[] = {
        {&l->danger, &d->word_danger},   {&l->harmless, &d->word_harmless}, {&l->leave, &d->word_leave},
        {&l->stop, &d->word_stop},       {&l->erase, &d->word_erase},       {&l->language, &d->word_language},
        {&l->restart, &d->word_restart}, {&l->other, &d->word_other},       {&l->avoid, &d->word_avoid},
        {&l->abuse, &d->word_abuse},     {&l->telling, &d->word_telling},   {&l->filler, &d->word_filler},
        {&l->behind, &d->word_behind}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        *lists[i].to = phrases_fold(lists[i].from, a, f);
    const struct need_words *needs = l->needs.items;
    const struct people_words *people = l->people.items;
    d->n_needs = l->needs.n;
    d->n_people = l->people.n;
    d->needs = meanings(d->n_needs, a);
    d->people = meanings(d->n_people, a);
    for (size_t i = 0; i < d->n_needs; i++)
        d->needs[i] = (struct meaning){needs[i].need, phrases_fold(&needs[i].words, a, f),
                                       phrases_fold(&needs[i].unless, a, f)};
    for (size_t i = 0; i < d->n_people; i++)
        d->people[i] = (struct meaning){people[i].who, phrases_fold(&people[i].words, a, f),
                                        phrases_fold(&people[i].unless, a, f)};
}

/* A need told in words leads where its number leads: the first answer that sets it says where. */
static void lead_needs(struct dialogue *d)
{
    for (size_t i = 0; i < d->n_states; i++)
        for (size_t k = 0; k < d->states[i].n_answers; k++) {
            const struct answer_rule *a = &d->states[i].answers[k];
            struct session s = {.children = 255};
            for (size_t m = 0; m < a->def->set.n; m++)
                session_set(&s, str_of(a->def->set.items[m]), NULL);
            if (s.need && !d->need_next[s.need - 1])
                d->need_next[s.need - 1] = a->next ? a->next : d->states[i].next;
        }
}

struct dialogue *dialogue_build(const struct dialogue_def *def, struct arena *a, struct cfg_findings *f)
{
    size_t before = f->errors;
    struct dialogue *d = arena_alloc(a, sizeof *d);
    d->def = def;
    d->n_states = def->n_states;
    d->states = arena_array(a, def->n_states + 1, sizeof *d->states);
    for (size_t i = 0; i < def->n_states; i++) {
        d->states[i].def = &def->states[i];
        d->states[i].head = head_of(def->states[i].id);
    }
    build_states(d, a, f);
    lead_needs(d);
    const struct {
        const char *key, *id;
        const struct state **to;
    } parts[] = {{"start", def->start, &d->start},       {"after", def->after, &d->after},
                 {"changed", def->changed, &d->changed}, {"danger", def->danger, &d->danger},
                 {"left", def->left, &d->left},          {"stopped", def->stopped, &d->stopped},
                 {"erased", def->erased, &d->erased},    {"language", def->language, &d->language}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        *parts[i].to = resolve(d, parts[i].id, def->pos, parts[i].key, a, f);
    build_lexicon(d, a, f);
    return f->errors == before ? d : NULL;
}
