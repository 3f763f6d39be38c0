/* A dialogue as a drawing: its states, and the answers that lead from one to the next. */
#include "dialogue/internal.h"

#include <string.h>

struct pen {
    const struct dialogue *d;
    bool mermaid;
    struct out *o;
    bool *danger; /* by state: on the way of somebody in danger */
};

/* In a label a quotation mark would end it. */
static void put_label(const struct pen *p, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.s[i];
        if (c == '\n')
            out_cstr(p->o, p->mermaid ? "<br>" : "\\n");
        else if (c == '"' || c == '\\' || (p->mermaid && (c == '<' || c == '>' || c == '#' || c == ';')))
            out_cstr(p->o, p->mermaid ? "&#39;" : "\\\"");
        else
            out_char(p->o, c);
    }
}

static size_t number_of(const struct pen *p, const struct state *st)
{
    return (size_t)(st - p->d->states);
}

/* ---- nodes ---- */

static void put_variants(const struct state *st, struct out *o)
{
    const struct variant_def *v = st->def->variants.items;
    for (size_t i = 0; i < st->n_variants; i++)
        if (strcmp(v[i].prompt, st->def->prompt) != 0)
            out_printf(o, "\nor %s", v[i].prompt);
}

static void draw_state(const struct pen *p, const struct state *st)
{
    char text[1024];
    struct out o;
    bool end = st->def->end, danger = p->danger[number_of(p, st)];
    out_init(&o, text, sizeof text);
    out_cstr(&o, st->def->id);
    if (strcmp(st->def->id, st->def->prompt) != 0)
        out_printf(&o, "\n%s", st->def->prompt);
    put_variants(st, &o);
    out_printf(p->o, "    s%zu%s", number_of(p, st), p->mermaid ? (end ? "([\"" : "[\"") : " [label=\"");
    put_label(p, out_span(&o));
    if (p->mermaid)
        out_printf(p->o, "\"%s%s\n", end ? "])" : "]", danger ? ":::danger" : "");
    else
        out_printf(p->o, "\"%s%s];\n", end ? ", style=rounded" : "", danger ? ", color=red, penwidth=2" : "");
}

/* ---- edges ---- */

static void draw_edge(const struct pen *p, const char *from, const struct state *to, struct str label,
                      bool dotted)
{
    if (p->mermaid)
        out_printf(p->o, "    %s %s|\"", from, dotted ? "-.->" : "-->");
    else
        out_printf(p->o, "    %s -> s%zu [label=\"", from, number_of(p, to));
    put_label(p, label);
    if (p->mermaid)
        out_printf(p->o, "\"| s%zu\n", number_of(p, to));
    else
        out_printf(p->o, "\"%s];\n", dotted ? ", style=dotted" : "");
}

static bool is_digit(const char *word)
{
    return word[0] >= '0' && word[0] <= '9' && !word[1];
}

static void put_guard(const struct cfg_strings *when, struct out *o)
{
    for (size_t i = 0; i < when->n; i++)
        out_printf(o, "%s%s", i ? ", " : " [", when->items[i]);
    if (when->n)
        out_char(o, ']');
}

/* Its number and its first word, or what it sets where it has none. */
static void put_answer(const struct answer_def *a, struct out *o)
{
    const char *const *on = a->on.items;
    out_printf(o, "%s%s", o->len ? "\n" : "", a->on.n ? on[0] : "");
    if (a->on.n > 1 && is_digit(on[0]))
        out_printf(o, " %s", on[1]);
    else if (a->on.n && is_digit(on[0]) && a->set.n)
        out_printf(o, " %s", a->set.items[a->set.n - 1]);
    put_guard(&a->when, o);
}

static const struct state *target(const struct pen *p, const struct state *st, const struct answer_rule *a)
{
    for (size_t i = 0; i < a->def->set.n; i++)
        if (strcmp(a->def->set.items[i], "need:danger") == 0)
            return p->d->danger;
    return a->next ? a->next : st->next ? st->next : p->d->start;
}

/* All answers that lead to the same state are one arrow, drawn with the first of them. */
static void draw_answers(const struct pen *p, const struct state *st, const char *from)
{
    for (size_t i = 0; i < st->n_answers; i++) {
        char label[2048];
        struct out o;
        const struct state *to = target(p, st, &st->answers[i]);
        bool drawn = false;
        out_init(&o, label, sizeof label);
        for (size_t k = 0; k < st->n_answers; k++) {
            if (target(p, st, &st->answers[k]) != to)
                continue;
            drawn |= k < i;
            put_answer(st->answers[k].def, &o);
        }
        if (!drawn)
            draw_edge(p, from, to, out_span(&o), false);
    }
}

/* Where a state goes by a place, and when it is passed over. */
static void draw_next(const struct pen *p, const struct state *st, const char *from)
{
    char label[512];
    struct out o;
    int slot = st->def->slot;
    if (st->def->end || !st->next)
        return;
    if (slot == SLOT_PLACE || slot == SLOT_AVOID)
        draw_edge(p, from, st->next,
                  st->def->menu == MENU_NONE ? STR("a place") : STR("a place by name or number"), false);
    out_init(&o, label, sizeof label);
    if (slot != SLOT_NONE && slot != SLOT_AVOID)
        out_cstr(&o, "known already");
    if (st->when.n)
        out_cstr(&o, o.len ? ", or not" : "not");
    put_guard(&st->def->when, &o);
    if (o.len)
        draw_edge(p, from, st->next, out_span(&o), true);
}

static void draw_ways(const struct pen *p, const struct state *st)
{
    char from[32];
    struct out f;
    out_init(&f, from, sizeof from);
    out_printf(&f, "s%zu", number_of(p, st));
    draw_answers(p, st, from);
    draw_next(p, st, from);
}

static void draw_anywhere(const struct pen *p)
{
    const struct dialogue *d = p->d;
    const struct lexicon_def *l = &d->def->lexicon;
    const struct {
        const struct cfg_strings *words;
        const struct state *to;
    } all[] = {{&l->danger, d->danger}, {&l->leave, d->left},        {&l->stop, d->stopped},
               {&l->erase, d->erased},  {&l->language, d->language}, {&l->restart, d->start},
               {&l->other, d->changed}};
    out_cstr(p->o, p->mermaid ? "    anywhere((\"anywhere\"))\n"
                              : "    anywhere [label=\"anywhere\", shape=circle];\n");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].words->n)
            draw_edge(p, "anywhere", all[i].to, str_of(all[i].words->items[0]), false);
}

/* Whatever can follow the first state of danger. */
static void mark_danger(const struct pen *p, const struct state *st)
{
    if (!st || p->danger[number_of(p, st)])
        return;
    p->danger[number_of(p, st)] = true;
    if (st->def->end)
        return;
    mark_danger(p, st->next);
    for (size_t i = 0; i < st->n_answers; i++)
        mark_danger(p, target(p, st, &st->answers[i]));
}

void dialogue_draw(const struct dialogue *d, enum dialogue_drawing how, struct out *o)
{
    struct arena a;
    arena_init(&a, 0);
    struct pen p = {.d = d,
                    .mermaid = how == DRAWING_MERMAID,
                    .o = o,
                    .danger = arena_array(&a, d->n_states + 1, sizeof *p.danger)};
    mark_danger(&p, d->danger);
    out_cstr(o, p.mermaid ? "flowchart TD\n" : "digraph dialogue {\n    node [shape=box];\n");
    for (size_t i = 0; i < d->n_states; i++)
        draw_state(&p, &d->states[i]);
    draw_anywhere(&p);
    for (size_t i = 0; i < d->n_states; i++)
        draw_ways(&p, &d->states[i]);
    out_cstr(o, p.mermaid ? "    classDef danger stroke:#c00,stroke-width:3px\n" : "}\n");
    arena_free(&a);
}
