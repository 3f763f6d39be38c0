/* What only the calendar is wrong about: what is over, what will be missing. The time comes in. */
#include "snapshot/snapshot.h"

#include <string.h>

enum { TOLD = 20, OCTOBER = 10 }; /* of a kind; nobody reads more of the same, so the rest is counted */

struct dates {
    const struct snapshot *s;
    const struct network *net;
    msec now;
    int32_t today;
    const struct routing_week *week;
    struct cfg_findings *f;
};

static const char *day_text(int32_t day, char out[11])
{
    struct civil c = civil_of(day * DAY_MS, 0);
    struct out o;
    out_init(&o, out, 11);
    out_printf(&o, "%04d-%02d-%02d", c.year, c.month, c.day);
    return out;
}

static int year_of(int32_t day)
{
    return civil_of(day * DAY_MS, 0).year;
}

static struct cfg_pos at_line(struct cfg_pos pos, int line)
{
    pos.line = line ? line : pos.line;
    return pos;
}

/* One finding of many alike; `n` counts them. */
static bool tell(size_t *n)
{
    return (*n)++ < TOLD;
}

static void tell_rest(struct dates *d, size_t n, struct cfg_pos last, const char *what)
{
    if (n > TOLD)
        cfg_warn(d->f, last, "and %zu more %s", n - TOLD, what);
}

/* ---- over ---- */

static void hosts_over(struct dates *d)
{
    struct cfg_pos last = {NULL, 0};
    size_t n = 0;
    for (size_t i = 0; i < d->net->n_hosts; i++) {
        const struct host *h = &d->net->hosts[i];
        char day[11];
        if (!h->valid_to || h->valid_to > d->now)
            continue;
        last = at_line(h->pos, h->valid_to_line);
        if (tell(&n))
            cfg_warn(d->f, last,
                     "host \"%s\" is out of service since %s and is never offered; remove it, or correct "
                     "valid_to",
                     h->id, day_text(routing_moment(d->net, h->valid_to).day, day));
    }
    tell_rest(d, n, last, "hosts are out of service");
}

struct over { /* the days of one list */
    const char *what, *id;
    size_t n; /* in it */
    int32_t until;
    struct cfg_pos pos;
    size_t told;
};

static void look(struct over *o, struct day_span days)
{
    if (!o->n++ || days.to > o->until)
        o->until = days.to;
}

static void if_over(struct dates *d, struct over *o)
{
    char day[11];
    if (o->n && o->until < d->today && tell(&o->told))
        cfg_warn(d->f, o->pos, "%s of \"%s\" names only days that are over, the last %s; remove them",
                 o->what, o->id, day_text(o->until, day));
    o->n = 0;
}

static void exceptions_over(struct dates *d, struct over *o, const struct hours *h, struct cfg_pos pos)
{
    o->what = "exceptions";
    o->pos = pos;
    for (size_t i = 0; i < h->n_except; i++) {
        if (h->except[i].holidays)
            continue;
        if (!o->n)
            o->pos = at_line(pos, h->except[i].line);
        look(o, h->except[i].days);
    }
    if_over(d, o);
}

static void person_over(struct dates *d, struct over *o, const struct collaborator *c)
{
    exceptions_over(d, o, &c->rota, c->pos);
    o->what = "out";
    o->pos = at_line(c->pos, c->out_line);
    for (size_t i = 0; i < c->n_out; i++)
        look(o, c->out[i]);
    if_over(d, o);
    o->what = "swap";
    o->pos = at_line(c->pos, c->n_swaps ? c->swaps[0].line : 0);
    for (size_t i = 0; i < c->n_swaps; i++)
        look(o, c->swaps[i].days);
    if_over(d, o);
}

static void lists_over(struct dates *d)
{
    struct over o = {.n = 0};
    for (size_t i = 0; i < d->net->n_hosts; i++) {
        o.id = d->net->hosts[i].id;
        exceptions_over(d, &o, &d->net->hosts[i].hours, d->net->hosts[i].pos);
    }
    for (size_t i = 0; i < d->net->n_collaborators; i++) {
        o.id = d->net->collaborators[i].id;
        person_over(d, &o, &d->net->collaborators[i]);
    }
    tell_rest(d, o.told, o.pos, "lists name only days that are over");
}

static void overrides_over(struct dates *d)
{
    const struct override *first = NULL;
    size_t n = 0;
    char day[11];
    for (size_t i = 0; i < d->net->n_overrides; i++)
        if (d->net->overrides[i].days.to < d->today && !n++)
            first = &d->net->overrides[i];
    if (n == 1)
        cfg_warn(d->f, first->pos, "this line is over since %s; remove it", day_text(first->days.to, day));
    else if (n)
        cfg_warn(d->f, first->pos, "this and %zu more lines are over, this since %s; remove them", n - 1,
                 day_text(first->days.to, day));
}

/* ---- holidays ---- */

/* Holidays of one name may be written in several groups, say one a year. */
static bool has_year(const struct network *net, const char *name, int year)
{
    for (size_t i = 0; i < net->n_holidays; i++)
        if (strcmp(net->holidays[i].name, name) == 0 && year_of(net->holidays[i].days.to) >= year)
            return true;
    return false;
}

static bool first_of_name(const struct network *net, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(net->holidays[k].name, net->holidays[i].name) == 0)
            return false;
    return true;
}

static void holidays_missing(struct dates *d)
{
    const struct network *net = d->net;
    struct civil c = civil_of(d->now, net->tz_offset_min);
    int year = c.month >= OCTOBER ? c.year + 1 : c.year;
    struct cfg_pos pos = {NULL, 0};
    char names[256];
    struct out o;
    out_init(&o, names, sizeof names);
    for (size_t i = 0; i < net->n_holidays; i++) {
        const struct holiday *h = &net->holidays[i];
        if (has_year(net, h->name, year) || !first_of_name(net, i))
            continue;
        pos = pos.file ? pos : h->pos;
        out_printf(&o, "%s\"%s\"", o.len ? ", " : "", h->name);
    }
    if (pos.file)
        cfg_warn(d->f, pos,
                 "no day of %d is given for %s; add them from the government's notice (those that follow the "
                 "moon are other days each year)",
                 year, names);
}

/* ---- nobody there ---- */

static void gap_text(const struct dates *d, struct gap g, struct out *o)
{
    struct civil a = civil_of(g.from, d->net->tz_offset_min), b = civil_of(g.to, d->net->tz_offset_min);
    out_printf(o, "%04d-%02d-%02d %02d:%02d to ", a.year, a.month, a.day, a.hour, a.minute);
    if (g.to - g.from >= ROUTING_DAYS * DAY_MS)
        out_cstr(o, "the end of the 7 days looked at");
    else
        out_printf(o, "%04d-%02d-%02d %02d:%02d", b.year, b.month, b.day, b.hour, b.minute);
}

static void hosts_unstaffed(struct dates *d)
{
    struct cfg_pos last = {NULL, 0};
    size_t n = 0;
    for (size_t i = 0; i < d->net->n_hosts; i++) {
        const struct host *h = &d->net->hosts[i];
        char when[96];
        struct out o;
        struct gap g;
        if (!routing_unstaffed(d->week, i, &g))
            continue;
        last = h->pos;
        out_init(&o, when, sizeof when);
        gap_text(d, g, &o);
        if (tell(&n))
            cfg_warn(
                d->f, last,
                "nobody of host \"%s\" is on duty from %s, though it is open; mend the rota of who works "
                "there, or its hours",
                h->id, when);
    }
    tell_rest(d, n, last, "hosts are open at hours when nobody of them is on duty");
}

static void communes_unserved(struct dates *d)
{
    const struct gazetteer *g = d->s->places;
    const char *first = NULL;
    size_t found = 0;
    char when[96] = "";
    struct out o;
    struct gap gap;
    for (size_t i = 0; i < places_communes(g); i++) {
        if (!routing_unserved(d->week, places_commune(g, i), &gap) || found++)
            continue;
        first = places_commune(g, i)->name;
        out_init(&o, when, sizeof when);
        gap_text(d, gap, &o);
    }
    if (found)
        cfg_warn(d->f, d->net->policy_pos,
                 "at some hour of the next 7 days nobody at all can be asked for %zu communes, such as %s "
                 "from %s; let the rota of somebody with duty = true cover it",
                 found, first, when);
}

void snapshot_check_dates(const struct snapshot *s, msec now, struct cfg_findings *f)
{
    struct arena scratch;
    arena_init(&scratch, 0);
    struct dates d = {.s = s,
                      .net = s->network,
                      .now = now,
                      .today = routing_moment(s->network, now).day,
                      .week = routing_week(s->network, now, &scratch),
                      .f = f};
    hosts_over(&d);
    lists_over(&d);
    overrides_over(&d);
    holidays_missing(&d);
    hosts_unstaffed(&d);
    communes_unserved(&d);
    arena_free(&scratch);
}
