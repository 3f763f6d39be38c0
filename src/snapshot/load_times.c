/* Travel times between communes that are known better than the estimate: places/times.csv. */
#include "snapshot/csv.h"
#include "snapshot/snapshot.h"

#include <stdlib.h>
#include <unistd.h>

enum { MINUTES_MAX = 2880 };

static int by_pair(const void *a, const void *b)
{
    const struct travel *x = a, *y = b;
    return x->from != y->from ? (int)x->from - y->from : (int)x->to - y->to;
}

static bool commune(struct csv *c, size_t i, const struct gazetteer *g, uint16_t *index,
                    struct cfg_findings *f)
{
    char code[PLACE_CODE];
    if (!csv_code(c, i, code, f))
        return false;
    const struct place *p = places_by_code(g, str_of(code));
    if (!p || p->index == UINT16_MAX) {
        cfg_error(f, c->pos, "\"%s\" is no commune in force here; `hotlinectl place NAME` tells its code",
                  code);
        return false;
    }
    *index = p->index;
    return true;
}

static bool read_row(struct csv *c, const struct gazetteer *g, struct travel *t, struct cfg_findings *f)
{
    uint64_t minutes;
    if (!csv_columns(c, 3, f) || !commune(c, 0, g, &t->from, f) || !commune(c, 1, g, &t->to, f))
        return false;
    if (!str_to_u64(c->cell[2], MINUTES_MAX, &minutes)) {
        cfg_error(f, c->pos, "minutes must be a number up to %d", MINUTES_MAX);
        return false;
    }
    t->minutes = (uint16_t)minutes;
    return true;
}

static void refuse_twice(const struct csv *c, const struct network *net, const struct gazetteer *g,
                         struct cfg_findings *f)
{
    for (size_t i = 1; i < net->n_times; i++)
        if (by_pair(&net->times[i - 1], &net->times[i]) == 0)
            cfg_error(f, (struct cfg_pos){c->pos.file, 0}, "the way from %s to %s is there twice; keep one",
                      places_commune(g, net->times[i].from)->code, places_commune(g, net->times[i].to)->code);
}

void load_times(const char *dir, const struct gazetteer *g, struct network *net, struct arena *a,
                struct cfg_findings *f)
{
    struct csv c;
    char path[4096];
    struct out o;
    size_t cap = 0;
    out_init(&o, path, sizeof path);
    out_printf(&o, "%s/times.csv", dir);
    if (o.overflow || access(path, F_OK) != 0 || !csv_open(&c, dir, "times.csv", 3, a, f))
        return; /* without it every time is an estimate */
    while (csv_next(&c)) {
        struct travel t;
        if (!read_row(&c, g, &t, f))
            continue;
        if (net->n_times == cap) {
            cap = cap ? 2 * cap : 1024;
            struct travel *bigger = arena_array(a, cap, sizeof *bigger);
            for (size_t i = 0; i < net->n_times; i++)
                bigger[i] = net->times[i];
            net->times = bigger;
        }
        net->times[net->n_times++] = t;
    }
    if (net->n_times)
        qsort(net->times, net->n_times, sizeof *net->times, by_pair);
    refuse_twice(&c, net, g, f);
}
