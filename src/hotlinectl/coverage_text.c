/* coverage for who reads it on a screen, and for a spreadsheet. */
#include "hotlinectl/coverage.h"

#include <stdlib.h>
#include <string.h>

enum { CODE = 7, NAME = 25, HOST = 30, REASONS = 256, LABEL = 128 };

static const char *host_of(const struct coverage *c, const struct survey_choice *choice)
{
    return c->survey->net->hosts[choice->host].id;
}

static const char *reasons(const struct survey_answer *one, const char *before, char out[REASONS])
{
    struct out o;
    out_init(&o, out, REASONS);
    for (size_t i = 0; i < one->n_why; i++)
        out_printf(&o, "%s%s (%u)", i ? ", " : before, reject_text(one->why[i].why), one->why[i].hosts);
    return out;
}

static const char *label(const struct place *p, char out[LABEL])
{
    struct out o;
    out_init(&o, out, LABEL);
    out_printf(&o, "%s %s", p->type, p->name);
    return out;
}

/* Room for communes x needs x times. */
static struct survey_case *cases(const struct survey *s, uint32_t needs, unsigned times, size_t *n)
{
    struct survey_case *all = calloc(s->n_communes * NEED_COUNT * SURVEY_TIMES + 1, sizeof *all);
    if (!all)
        abort();
    *n = survey_cases(s, needs, times, all);
    return all;
}

/* ---- text ---- */

static void put_minutes(FILE *to, unsigned minutes, bool estimate)
{
    char text[24];
    snprintf(text, sizeof text, "%s%u min", estimate ? "~" : "", minutes);
    fprintf(to, "%9s", text);
}

static void put_choices(const struct coverage *c, const struct survey_answer *one, FILE *to)
{
    survey_cell(to, host_of(c, &one->first), HOST);
    put_minutes(to, one->first.minutes, one->first.estimate);
    if (one->second.host >= 0) {
        fputs("  ", to);
        survey_cell(to, host_of(c, &one->second), HOST);
        put_minutes(to, one->second.minutes, one->second.estimate);
    }
    fputc('\n', to);
}

static void put_case(const struct coverage *c, const struct survey_case *k, FILE *to)
{
    static const char *const whom[] = {"", "no host, only collaborators of the commune",
                                       "no host, only the duty desk", "nobody"};
    const struct survey_answer *one =
        survey_at(c->survey, k->commune, (enum need)k->need, (enum survey_time)k->time);
    const struct place *p = places_commune(c->survey->places, k->commune);
    char name[LABEL], why[REASONS], text[LABEL + REASONS];
    fputs("  ", to);
    survey_cell(to, p->code, CODE);
    survey_cell(to, label(p, name), NAME);
    fputc(' ', to);
    if (one->state == SURVEY_HOST) {
        put_choices(c, one, to);
        return;
    }
    snprintf(text, sizeof text, "%s%s", whom[one->state], reasons(one, ": ", why));
    survey_rest(to, text, 2 + CODE + NAME + 1);
}

static void put_table(const struct coverage *c, enum need need, enum survey_time t, bool all_day, FILE *to)
{
    struct survey_sum sum = survey_sum(c->survey, need, t);
    size_t n;
    struct survey_case *all = cases(c->survey, 1u << need, 1u << t, &n);
    fprintf(to, "\n%s, %s: %zu of %zu communes have a host", need_name(need),
            all_day ? "day and night" : survey_time_name(t), sum.communes[SURVEY_HOST], n);
    if (sum.communes[SURVEY_HOST])
        fprintf(to, ", half of them within %u min, the farthest %u min", sum.median, sum.longest);
    fputc('\n', to);
    for (size_t i = 0; i < n; i++)
        put_case(c, &all[i], to);
    free(all);
}

static void put_sum(const struct coverage *c, enum need need, enum survey_time t, FILE *to)
{
    struct survey_sum sum = survey_sum(c->survey, need, t);
    fprintf(to, "%-8s %-6s%6zu%8zu%7zu%8zu", need_name(need), survey_time_name(t), sum.communes[SURVEY_HOST],
            sum.communes[SURVEY_PEOPLE], sum.communes[SURVEY_DUTY], sum.communes[SURVEY_NOBODY]);
    if (sum.communes[SURVEY_HOST])
        fprintf(to, "%7u min%7u min", sum.median, sum.longest);
    fputc('\n', to);
}

static void put_asked(const struct coverage *c, FILE *to)
{
    const struct survey_ask *ask = &c->survey->ask;
    if (ask->children)
        fprintf(to, "with %u children\n", ask->children);
    for (unsigned bit = 1, n = 0; bit <= WHO_ALL; bit <<= 1)
        if (ask->who & bit)
            fprintf(to, "%s%s%s", n++ ? ", " : "who asks: ", who_name((enum who)bit),
                    ask->who & ~(2 * bit - 1) ? "" : "\n");
    if (ask->lang)
        fprintf(to, "language: %.40s\n", ask->lang);
}

void coverage_text(const struct coverage *c, FILE *to)
{
    const struct survey *s = c->survey;
    fprintf(to, "%zu communes, %s, day %s, night %s; stamp %s\n", s->n_communes, c->when.date,
            c->when.clock[SURVEY_DAY], c->when.clock[SURVEY_NIGHT], c->snapshot->rules.stamp);
    if (c->open)
        fputs("public hosts only; nothing is told of any other\n", to);
    put_asked(c, to);
    fputs("communes by whom there is: a host; else a collaborator of the commune; else the duty desk\n"
          "~ is an estimate; behind it the second choice; (3): so many of the nearest hosts\n\n"
          "need     time     host  people   duty  nobody     median    longest\n",
          to);
    for (int need = 0; need < NEED_COUNT; need++)
        for (int t = 0; survey_asked(s, (enum need)need) && t < SURVEY_TIMES; t++)
            put_sum(c, (enum need)need, (enum survey_time)t, to);
    for (int need = 0; need < NEED_COUNT; need++) {
        if (!survey_asked(s, (enum need)need))
            continue;
        bool all_day = survey_same_all_day(s, (enum need)need);
        put_table(c, (enum need)need, SURVEY_DAY, all_day, to);
        if (!all_day)
            put_table(c, (enum need)need, SURVEY_NIGHT, false, to);
    }
}

/* ---- CSV ---- */

/* A cell that begins like a formula gets the mark by which spreadsheets know a text. */
static void put_cell(FILE *to, const char *text, bool more)
{
    bool formula = *text && strchr("=+-@\t\r", *text), quote = strpbrk(text, ",\"\r\n") != NULL;
    if (quote)
        fputc('"', to);
    if (formula)
        fputc('\'', to);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputs(quote ? "\"" : "", to);
    fputs(more ? "," : "\r\n", to);
}

static void put_choice_cells(const struct coverage *c, const struct survey_choice *choice, FILE *to)
{
    const struct host *h = choice->host >= 0 ? &c->survey->net->hosts[choice->host] : NULL;
    put_cell(to, h ? h->id : "", true);
    put_cell(to, h ? h->name : "", true);
    put_cell(to, h ? host_kind_name(h->kind) : "", true);
    if (h)
        fprintf(to, "%u,%s,", choice->minutes, choice->estimate ? "yes" : "no");
    else
        fputs(",,", to);
}

static void put_row(const struct coverage *c, const struct survey_case *k, FILE *to)
{
    const struct survey_answer *one =
        survey_at(c->survey, k->commune, (enum need)k->need, (enum survey_time)k->time);
    const struct place *p = places_commune(c->survey->places, k->commune),
                       *d = survey_district(c->survey->places, p);
    char why[REASONS];
    put_cell(to, p->code, true);
    put_cell(to, p->type, true);
    put_cell(to, p->name, true);
    put_cell(to, d ? d->name : "", true);
    put_cell(to, need_name((enum need)k->need), true);
    put_cell(to, survey_time_name((enum survey_time)k->time), true);
    put_cell(to, survey_state_name(one->state), true);
    put_choice_cells(c, &one->first, to);
    put_choice_cells(c, &one->second, to);
    put_cell(to, reasons(one, "", why), false);
}

void coverage_csv(const struct coverage *c, FILE *to)
{
    size_t n;
    struct survey_case *all = cases(c->survey, (1u << NEED_COUNT) - 1, SURVEY_ALWAYS, &n);
    fputs("\xef\xbb\xbf"
          "code,type,commune,former district,need,time,who,host,host name,host kind,minutes,estimate,"
          "second host,second name,second kind,second minutes,second estimate,why no host\r\n",
          to);
    for (size_t i = 0; i < n; i++)
        put_row(c, &all[i], to);
    free(all);
}
