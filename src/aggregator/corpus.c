/* Which recorded cases a profile is tested with: the section `corpus`. */
#include "aggregator/internal.h"

#include <stdio.h>
#include <string.h>

void compile_corpus(struct compiler *c, struct profile *p)
{
    const struct corpus_def *d = &p->def.corpus;
    struct corpus_rules *r = &p->corpus;
    const struct corpus_set_def *sets = d->account.items;
    const struct corpus_differs_def *differs = d->differs.items;
    compile_conditions(c, &d->only, &r->only);
    r->account = arena_array(c->a, d->account.n + 1, sizeof *r->account);
    for (size_t i = 0; i < d->account.n; i++)
        compile_conditions(c, &sets[i].if_any, &r->account[i]);
    r->differs = arena_array(c->a, d->differs.n + 1, sizeof *r->differs);
    for (size_t i = 0; i < d->differs.n; i++)
        compile_conditions(c, &differs[i].if_any, &r->differs[i]);
    if (d->now && !time_parse_rfc3339(str_of(d->now), &r->now))
        cfg_error(c->f, d->pos, "now is no date and time; write \"2026-11-25T03:04:05Z\"");
}

static void add(struct fields *f, const char *name, const char *value)
{
    if (value && !fields_add(f, str_of(name), str_of(value)))
        return; /* no case has that many */
}

static struct view view_of(const struct corpus_case *c, struct fields *f, struct arena *a)
{
    fields_init(f, a);
    add(f, "aggregator", c->aggregator);
    add(f, "kind", c->kind);
    add(f, "case", c->name);
    add(f, "path", c->path);
    add(f, "url", c->url);
    for (size_t i = 0; i < c->n_account; i++) {
        size_t room = c->account[i].name.n + sizeof "config.";
        char *name = arena_alloc(a, room);
        snprintf(name, room, "config.%.*s", STR_ARG(c->account[i].name));
        add(f, name, arena_strdup(a, c->account[i].value));
    }
    return (struct view){.fields = f, .a = a};
}

bool aggregator_corpus_takes(const struct profile *p, const struct corpus_case *c, struct arena *a)
{
    const struct cfg_strings *whose = &p->def.corpus.aggregator;
    struct fields f;
    struct view v = view_of(c, &f, a);
    bool named = !whose->n && strcmp(p->def.id, c->aggregator) == 0;
    for (size_t i = 0; i < whose->n; i++)
        named |= strcmp(whose->items[i], c->aggregator) == 0;
    return named && (!p->corpus.only.n || conditions_met(&p->corpus.only, &v));
}

const char *aggregator_corpus_differs(const struct profile *p, const struct corpus_case *c, struct arena *a)
{
    const struct corpus_differs_def *all = p->def.corpus.differs.items;
    struct fields f;
    struct view v = view_of(c, &f, a);
    for (size_t i = 0; i < p->def.corpus.differs.n; i++)
        if (conditions_met(&p->corpus.differs[i], &v))
            return all[i].why;
    return NULL;
}

const char *aggregator_corpus_setting(const struct profile *p, const struct corpus_case *c, const char *name,
                                      struct arena *a)
{
    const struct corpus_set_def *all = p->def.corpus.account.items;
    struct fields f;
    struct view v = view_of(c, &f, a);
    for (size_t i = 0; i < p->def.corpus.account.n; i++) {
        if (p->corpus.account[i].n && !conditions_met(&p->corpus.account[i], &v))
            continue;
        for (size_t k = 0; k < all[i].set.n; k++)
            if (strcmp(all[i].set.items[k].key, name) == 0)
                return all[i].set.items[k].value;
    }
    return NULL;
}

msec aggregator_corpus_now(const struct profile *p)
{
    return p->corpus.now;
}
