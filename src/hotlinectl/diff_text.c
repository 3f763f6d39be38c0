/* diff for who reads it on a screen. */
#include "hotlinectl/diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 40, TEXT = 512, INDENT = 10 };

/* ---- one change ---- */

/* "shelter, child", "every need" */
static void put_needs(uint32_t needs, const char *when, struct out *o)
{
    bool first = true;
    if (!needs)
        return;
    if (o->len)
        out_cstr(o, "; ");
    if (needs == (1u << NEED_COUNT) - 1)
        out_cstr(o, "every need");
    else
        for (int need = 0; need < NEED_COUNT; need++)
            if (needs & 1u << need) {
                out_printf(o, "%s%s", first ? "" : ", ", need_name((enum need)need));
                first = false;
            }
    out_cstr(o, when);
}

static void put_choice(const struct network *net, const struct survey_answer *one, struct out *o)
{
    static const char *const words[] = {"", "collaborators only", "duty desk only", "nobody"};
    if (one->state != SURVEY_HOST)
        out_cstr(o, words[one->state]);
    else
        out_printf(o, "%s %s%u min", net->hosts[one->first.host].id, one->first.estimate ? "~" : "",
                   one->first.minutes);
}

static void put_way(const struct diff *d, const struct survey_change *c, struct out *o)
{
    put_choice(d->before.network, c->before, o);
    out_cstr(o, " -> ");
    put_choice(d->after.network, c->after, o);
    if (c->both && c->minutes)
        out_printf(o, " (%+d)", c->minutes);
}

/* On one line if there is room, else the way on a line of its own. */
static void put_group(const struct diff *d, const struct survey_group *g, FILE *to)
{
    const struct place *p = d->found->communes[g->of->commune].after;
    char needs[TEXT], way[TEXT], head[TEXT];
    struct out n, w, h;
    uint32_t both = g->needs[SURVEY_DAY] & g->needs[SURVEY_NIGHT];
    out_init(&n, needs, sizeof needs);
    put_needs(both, "", &n);
    put_needs(g->needs[SURVEY_DAY] & ~both, " (day)", &n);
    put_needs(g->needs[SURVEY_NIGHT] & ~both, " (night)", &n);
    out_init(&w, way, sizeof way);
    put_way(d, g->of, &w);
    out_init(&h, head, sizeof head);
    out_printf(&h, "  %s %s  %s:", p->code, p->name, needs);
    size_t used = survey_width(head);
    if (used + 1 + survey_width(way) <= SURVEY_COLUMNS) {
        fprintf(to, "%s %s\n", head, way);
        return;
    }
    survey_rest(to, head, 0);
    fprintf(to, "%*s", INDENT, "");
    survey_rest(to, way, INDENT);
}

/* Of `n` lines so many are shown. */
static size_t shown(const struct diff *d, size_t n)
{
    return d->all || n <= LINES ? n : LINES;
}

static void put_more(size_t left, FILE *to)
{
    if (left)
        fprintf(to, "  … and %zu more; --all shows them\n", left);
}

static void put_sections(const struct diff *d, FILE *to)
{
    static const char *const heads[] = {
        [SURVEY_LEFT] = "left uncovered, or with fewer to ask",
        [SURVEY_FARTHER] = "farther",
        [SURVEY_ELSEWHERE] = "another host, as far",
        [SURVEY_NEARER] = "nearer",
        [SURVEY_GAINED] = "newly covered, or with more to ask",
    };
    struct survey_group *all = calloc(d->found->n_changes + 1, sizeof *all);
    if (!all)
        abort();
    size_t n = survey_groups(d->found, all), end;
    for (size_t i = 0; i < n; i = end) {
        enum survey_section s = survey_section(all[i].of);
        for (end = i; end < n && survey_section(all[end].of) == s; end++) {
        }
        size_t most = i + shown(d, end - i);
        fprintf(to, "\n%s\n", heads[s]);
        for (size_t k = i; k < most; k++)
            put_group(d, &all[k], to);
        put_more(end - most, to);
    }
    free(all);
}

/* ---- who bears it ---- */

static size_t moved(const struct survey_load *l)
{
    return l->first_after > l->first_before ? l->first_after - l->first_before
                                            : l->first_before - l->first_after;
}

static int by_moved(const void *a, const void *b)
{
    const struct survey_load *x = a, *y = b;
    if (moved(x) != moved(y))
        return moved(x) > moved(y) ? -1 : 1;
    return strcmp(x->id, y->id);
}

static double share(size_t part, size_t of)
{
    return of ? 100.0 * (double)part / (double)of : 0;
}

static size_t questions(const struct survey *s)
{
    return s->n_communes * NEED_COUNT * SURVEY_TIMES;
}

static void put_load(const struct diff *d, const struct survey_load *l, FILE *to)
{
    fputs("  ", to);
    survey_cell(to, l->id, 40);
    fprintf(to, "%8zu -> %zu (%.1f %% -> %.1f %%)%s\n", l->first_before, l->first_after,
            share(l->first_before, questions(d->found->before)),
            share(l->first_after, questions(d->found->after)),
            l->before < 0  ? ", added"
            : l->after < 0 ? ", removed"
                           : "");
}

/* Those added and removed are told, too, where nobody would be sent to them. */
static bool worth_telling(const struct survey_load *l)
{
    return moved(l) || l->before < 0 || l->after < 0;
}

static void put_loads(const struct diff *d, const char *head, const struct survey_load *all, size_t n,
                      FILE *to)
{
    struct survey_load *told = calloc(n + 1, sizeof *told);
    size_t k = 0;
    if (!told)
        abort();
    for (size_t i = 0; i < n; i++)
        if (worth_telling(&all[i]))
            told[k++] = all[i];
    qsort(told, k, sizeof *told, by_moved);
    if (k)
        fprintf(to, "\n%s\n", head);
    for (size_t i = 0; i < shown(d, k); i++)
        put_load(d, &told[i], to);
    put_more(k - shown(d, k), to);
    free(told);
}

/* ---- what was edited ---- */

static void put_key(void *to, const struct diff_key *k)
{
    char text[TEXT];
    if (k->secret)
        snprintf(text, sizeof text, "      %s: another", k->key);
    else
        snprintf(text, sizeof text, "      %s: %.180s -> %.180s", k->key, k->before ? k->before : "(none)",
                 k->after ? k->after : "(none)");
    survey_rest(to, text, 0);
}

static size_t count_edited(const struct diff *d, enum list_kind kind, const struct survey_load *all, size_t n)
{
    size_t edited = 0;
    for (size_t i = 0; i < n; i++)
        edited += diff_keys(d, kind, all[i].id, NULL, NULL) > 0;
    return edited;
}

static void put_edited(const struct diff *d, enum list_kind kind, const struct survey_load *all, size_t n,
                       FILE *to)
{
    size_t edited = count_edited(d, kind, all, n), most = shown(d, edited), left = edited - most;
    if (edited)
        fprintf(to, "\n%s that were edited\n", list_name(kind));
    for (size_t i = 0; i < n && most; i++) {
        if (!diff_keys(d, kind, all[i].id, NULL, NULL))
            continue;
        fprintf(to, "  %s\n", all[i].id);
        diff_keys(d, kind, all[i].id, put_key, to);
        most--;
    }
    put_more(left, to);
}

static bool same_loads(const struct survey_load *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (worth_telling(&all[i]))
            return false;
    return true;
}

/* ---- the whole ---- */

static size_t in_one(const struct survey_diff *found)
{
    size_t n = 0;
    for (size_t i = 0; i < found->n_communes; i++)
        n += !found->communes[i].before || !found->communes[i].after;
    return n;
}

static void put_in_one(const struct diff *d, FILE *to)
{
    size_t left = in_one(d->found), most = shown(d, left);
    if (left)
        fputs("\ncommunes that only one of both has\n", to);
    for (size_t i = 0; i < d->found->n_communes && most; i++) {
        const struct survey_commune *c = &d->found->communes[i];
        if (c->before && c->after)
            continue;
        const struct place *p = c->after ? c->after : c->before;
        char text[TEXT];
        snprintf(text, sizeof text, "  %s %s: only in the %s", p->code, p->name, c->after ? "new" : "old");
        survey_rest(to, text, 0);
        most--;
        left--;
    }
    put_more(left, to);
}

static void put_summary(const struct diff *d, FILE *to)
{
    const struct survey_diff *f = d->found;
    const size_t *by = f->by_what;
    fprintf(to, "%zu of %zu communes change. Of %zu answers %zu left uncovered, %zu newly covered,\n",
            f->communes_changed, f->n_communes, questions(f->after), by[SURVEY_UNCOVERED],
            by[SURVEY_COVERED]);
    fprintf(to,
            "%zu another host, %zu longer, %zu shorter; %" PRIu64 " min lost, %" PRIu64
            " min gained in all\n",
            by[SURVEY_OTHER_HOST], by[SURVEY_LONGER], by[SURVEY_SHORTER], f->minutes_lost, f->minutes_gained);
}

static void put_side(const char *label, const struct diff_side *side, FILE *to)
{
    char text[TEXT];
    snprintf(text, sizeof text, "%s %s  %.400s", label, side->stamp, side->name);
    survey_rest(to, text, 0);
}

static void put_all_edited(const struct diff *d, FILE *to)
{
    put_edited(d, LIST_HOSTS, d->found->hosts, d->found->n_hosts, to);
    put_edited(d, LIST_COLLABORATORS, d->found->people, d->found->n_people, to);
}

void diff_text(const struct diff *d, FILE *to)
{
    const struct survey_diff *f = d->found;
    if (!f->n_changes && !in_one(f) && same_loads(f->hosts, f->n_hosts) &&
        same_loads(f->people, f->n_people)) {
        fprintf(to, "nothing changes for any commune on %s, by day at %s or by night at %s\n", d->when.date,
                d->when.clock[SURVEY_DAY], d->when.clock[SURVEY_NIGHT]);
        put_all_edited(d, to);
        return;
    }
    put_side("old", &d->before, to);
    put_side("new", &d->after, to);
    fprintf(to, "%s, day %s, night %s; ~ is an estimate\n", d->when.date, d->when.clock[SURVEY_DAY],
            d->when.clock[SURVEY_NIGHT]);
    put_summary(d, to);
    put_sections(d, to);
    put_in_one(d, to);
    put_all_edited(d, to);
    put_loads(d, "hosts, of how many answers they are the first choice", f->hosts, f->n_hosts, to);
    put_loads(d, "collaborators, in how many answers they are asked first", f->people, f->n_people, to);
}
