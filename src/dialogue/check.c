/* Proves what must hold wherever a conversation can get to. */
#include "dialogue/check.h"

#include <string.h>

/* A state that waits for an answer whatever is known already. */
static bool waits(const struct state *st)
{
    return st->def->end || !st->next || (st->def->slot == SLOT_NONE && !st->when.n);
}

/* The first state of a circle in the order of the files: what names it whichever way leads there. */
static const struct state *first_of_circle(const struct state *at)
{
    const struct state *first = at;
    for (const struct state *st = at->next; st != at; st = st->next)
        first = st < first ? st : first;
    return first;
}

/* States are passed over when what they ask for is known: that must come to an end. */
static void check_circle(struct check *k, const struct state *st)
{
    const struct state *at = st;
    for (size_t n = 0; n < k->d->n_states && !waits(at); n++)
        at = at->next;
    if (!waits(at) && check_first(k, "next", first_of_circle(at)))
        cfg_error(
            k->f, first_of_circle(at)->def->pos,
            "from state \"%s\" next leads round in a circle when everything asked there is known; lead it "
            "to an end",
            first_of_circle(at)->def->id);
}

/* The program takes some numbers before the table is asked. */
static const char *whose(const struct state *st, struct str word)
{
    bool places = st->def->slot == SLOT_PLACE || st->def->slot == SLOT_AVOID;
    if (str_is(word, "0"))
        return "leaves everywhere";
    if (str_is(word, "8") || str_is(word, "9"))
        return "turns the pages on USSD";
    char last = st->def->menu == MENU_NONE ? '0' + SESSION_CHOICES : '0' + SESSION_LINES;
    if (places && word.n == 1 && word.s[0] >= '1' && word.s[0] <= last)
        return "chooses one of several places";
    return NULL;
}

static void check_numbers(struct check *k, const struct state *st)
{
    for (size_t i = 0; i < st->n_answers; i++)
        for (size_t w = 0; w < st->answers[i].n_on; w++) {
            struct str word = st->answers[i].on[w];
            const char *taken = whose(st, word);
            if (taken)
                cfg_error(k->f, st->answers[i].def->pos,
                          "state \"%s\": \"%.*s\" %s and cannot be an answer; use another number",
                          st->def->id, STR_ARG(word), taken);
        }
}

/* What turns pages must reach the page. */
static void check_page_keys(struct check *k)
{
    const struct dialogue *d = k->d;
    const struct lexicon_def *l = &d->def->lexicon;
    const struct {
        const struct phrases *words;
        const struct cfg_strings *list;
    } lists[] = {{&d->word_danger, &l->danger},     {&d->word_leave, &l->leave},
                 {&d->word_stop, &l->stop},         {&d->word_erase, &l->erase},
                 {&d->word_language, &l->language}, {&d->word_restart, &l->restart},
                 {&d->word_other, &l->other}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (const char *key = "89"; *key; key++)
            if (phrase_is(lists[i].words, (struct str){key, 1}))
                cfg_error(k->f, lists[i].list->pos.file ? lists[i].list->pos : l->pos,
                          "\"%c\" turns the pages on USSD and cannot be a word of the lexicon; take it out",
                          *key);
}

static void check_drafts(struct check *k)
{
    for (size_t i = 0; i < k->c->n; i++)
        if (k->c->items[i].def->draft)
            cfg_warn(
                k->f, k->c->items[i].def->pos,
                "language %s is a draft; have somebody who speaks it verify every text, then take draft out",
                k->c->items[i].def->lang);
}

static void check_all(struct check *k, struct dialogue_reach *out)
{
    size_t before = k->f->errors;
    check_keys(k);
    check_page_keys(k);
    for (size_t i = 0; i < k->d->n_states; i++) {
        check_circle(k, &k->d->states[i]);
        check_numbers(k, &k->d->states[i]);
    }
    for (size_t i = 0; i < k->c->n; i++)
        check_catalog(k, &k->c->items[i]);
    if (k->f->errors > before)
        return;
    check_prepare(k);
    if (!check_explore(k))
        return;
    check_ways(k, out);
    check_neutral(k);
    check_shown(k);
    out->menu_least = k->menu_least;
    out->menu_most = k->menu_most;
}

static void forget(struct check *k)
{
    idmap_free(&k->known);
    idmap_free(&k->known_shown);
    idmap_free(&k->commands);
    idmap_free(&k->left);
    arena_free(&k->arena);
}

void dialogue_check(const struct dialogue *d, const struct catalogs *c, const struct gazetteer *g,
                    const struct dialogue_page *pages, size_t n_pages, struct dialogue_reach *out,
                    struct cfg_findings *f)
{
    struct check k = {.d = d, .c = c, .g = g, .pages = pages, .n_pages = n_pages, .f = f};
    struct dialogue_reach reach = {0};
    arena_init(&k.arena, 256 * 1024);
    check_drafts(&k);
    check_all(&k, &reach);
    forget(&k);
    if (out)
        *out = reach;
}

void dialogue_check_draft(const struct dialogue *d, const struct catalogs *draft, const struct gazetteer *g,
                          size_t *there, size_t *wanted, struct cfg_findings *f)
{
    struct arena a;
    struct cfg_findings all;
    arena_init(&a, 0);
    cfg_findings_init(&all, &a);
    struct check k = {.d = d, .c = draft, .g = g, .draft = true, .f = &all};
    arena_init(&k.arena, 256 * 1024);
    check_keys(&k);
    *wanted = k.n_keys;
    *there = 0;
    for (size_t i = 0; i < draft->items[0].n; i++)
        *there += check_is_used(&k, draft->items[0].texts[i].key);
    check_catalog(&k, &draft->items[0]);
    for (size_t i = 0; i < all.n; i++)
        cfg_warn(f, all.items[i].pos, "%s", all.items[i].what);
    forget(&k);
    cfg_findings_free(&all);
    arena_free(&a);
}
