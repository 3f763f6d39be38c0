/* What is worked out once for a network, so that a request touches only what it must. */
#include "routing/internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- order by id ---- */

struct named {
    const char *id;
    uint16_t index;
};

static int by_id(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    return c ? c : (int)x->index - y->index;
}

static uint16_t *sorted(struct named *all, size_t n, struct arena *a)
{
    uint16_t *out = arena_array(a, n + 1, sizeof *out);
    qsort(all, n, sizeof *all, by_id);
    for (size_t i = 0; i < n; i++)
        out[i] = all[i].index;
    return out;
}

static uint16_t *hosts_by_id(const struct network *net, struct arena *a)
{
    struct named *all = arena_array(a, net->n_hosts + 1, sizeof *all);
    for (size_t i = 0; i < net->n_hosts; i++)
        all[i] = (struct named){net->hosts[i].id, (uint16_t)i};
    return sorted(all, net->n_hosts, a);
}

static uint16_t *people_by_id(const struct network *net, struct arena *a)
{
    struct named *all = arena_array(a, net->n_collaborators + 1, sizeof *all);
    for (size_t i = 0; i < net->n_collaborators; i++)
        all[i] = (struct named){net->collaborators[i].id, (uint16_t)i};
    return sorted(all, net->n_collaborators, a);
}

const struct host *routing_host(const struct network *net, const char *id)
{
    size_t low = 0, high = net->n_hosts;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct host *h = &net->hosts[net->index->hosts_by_id[mid]];
        int c = strcmp(id, h->id);
        if (c == 0)
            return h;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

const struct collaborator *routing_collaborator(const struct network *net, const char *id)
{
    size_t low = 0, high = net->n_collaborators;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct collaborator *p = &net->collaborators[net->index->people_by_id[mid]];
        int c = strcmp(id, p->id);
        if (c == 0)
            return p;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

int routing_channel(const struct network *net, const struct collaborator *c, const char *endpoint)
{
    for (size_t i = 0; i < c->n_channels; i++)
        if (strcmp(net->endpoints[c->channels[i]].id, endpoint) == 0)
            return (int)i;
    return -1;
}

bool routing_drill_only(const struct network *net, const struct collaborator *c)
{
    return c->n_channels && net->endpoints[c->channels[0]].drill;
}

/* ---- who belongs where ---- */

static void count_up(uint32_t *start, size_t owners)
{
    for (size_t i = 0; i < owners; i++)
        start[i + 1] += start[i];
}

static struct lists people_of_hosts(const struct network *net, struct arena *a)
{
    struct lists l = {.start = arena_array(a, net->n_hosts + 2, sizeof *l.start)};
    for (size_t i = 0; i < net->n_collaborators; i++)
        for (size_t k = 0; k < net->collaborators[i].n_hosts; k++)
            l.start[net->collaborators[i].hosts[k] - net->hosts + 2]++;
    count_up(l.start + 1, net->n_hosts);
    l.items = arena_array(a, l.start[net->n_hosts + 1] + 1, sizeof *l.items);
    for (size_t i = 0; i < net->n_collaborators; i++)
        for (size_t k = 0; k < net->collaborators[i].n_hosts; k++)
            l.items[l.start[net->collaborators[i].hosts[k] - net->hosts + 1]++] = (uint16_t)i;
    return l;
}

static struct lists people_of_communes(const struct network *net, size_t communes, struct arena *a)
{
    struct lists l = {.start = arena_array(a, communes + 2, sizeof *l.start)};
    for (size_t i = 0; i < net->n_collaborators; i++)
        for (size_t k = 0; k < net->collaborators[i].n_places; k++)
            l.start[net->collaborators[i].places[k]->index + 2]++;
    count_up(l.start + 1, communes);
    l.items = arena_array(a, l.start[communes + 1] + 1, sizeof *l.items);
    for (size_t i = 0; i < net->n_collaborators; i++)
        for (size_t k = 0; k < net->collaborators[i].n_places; k++)
            l.items[l.start[net->collaborators[i].places[k]->index + 1]++] = (uint16_t)i;
    return l;
}

static struct lists people_of_homes(const struct network *net, size_t communes, struct arena *a)
{
    struct lists l = {.start = arena_array(a, communes + 2, sizeof *l.start)};
    for (size_t i = 0; i < net->n_collaborators; i++)
        if (net->collaborators[i].home)
            l.start[net->collaborators[i].home->index + 2]++;
    count_up(l.start + 1, communes);
    l.items = arena_array(a, l.start[communes + 1] + 1, sizeof *l.items);
    for (size_t i = 0; i < net->n_collaborators; i++)
        if (net->collaborators[i].home)
            l.items[l.start[net->collaborators[i].home->index + 1]++] = (uint16_t)i;
    return l;
}

static void widen(struct day_span *all, struct day_span s)
{
    all->from = s.from < all->from ? s.from : all->from;
    all->to = s.to > all->to ? s.to : all->to;
}

/* From the first to the last day whose shifts are not their own. */
static struct day_span changes_of(const struct collaborator *c)
{
    struct day_span all = {INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < c->n_swaps; i++)
        widen(&all, c->swaps[i].days);
    for (size_t i = 0; i < c->n_out; i++)
        widen(&all, c->out[i]);
    return all;
}

static void keep_posts(struct routing_index *ix, const struct network *net, struct arena *a)
{
    ix->posts = arena_array(a, net->n_collaborators + 1, sizeof *ix->posts);
    for (size_t i = 0; i < net->n_collaborators; i++) {
        const struct collaborator *c = &net->collaborators[i];
        ix->posts[i] = (struct post){.rota = hours_number(&ix->rotas, &c->rota),
                                     .drill = routing_drill_only(net, c),
                                     .changes = changes_of(c)};
    }
}

static void keep_duty(struct routing_index *ix, const struct network *net, struct arena *a)
{
    ix->duty = arena_array(a, net->n_collaborators + 1, sizeof *ix->duty);
    for (size_t i = 0; i < net->n_collaborators; i++)
        if (net->collaborators[i].duty)
            ix->duty[ix->n_duty++] = (uint16_t)i;
}

/* ---- hosts ---- */

static void keep_spots(struct routing_index *ix, const struct network *net, struct arena *a)
{
    ix->spots = arena_array(a, net->n_hosts + 1, sizeof *ix->spots);
    for (size_t i = 0; i < net->n_hosts; i++) {
        const struct host *h = &net->hosts[i];
        struct spot *s = &ix->spots[i];
        double p[3];
        sphere_point(h->lat, h->lon, p);
        *s = (struct spot){.x = p[0],
                           .y = p[1],
                           .z = p[2],
                           .languages = h->languages,
                           .needs = h->needs,
                           .hours = hours_number(&ix->host_hours, &h->hours),
                           .limits = h->valid_from || h->valid_to || h->n_serves || h->n_avoid,
                           .place = h->place->index,
                           .zone = net->zone ? net->zone[h->place->index] : 0};
    }
    for (size_t i = 0; i < net->n_hosts; i++)
        ix->spots[ix->hosts_by_id[i]].rank = (uint16_t)i;
}

static void keep_needs(struct routing_index *ix, const struct network *net, struct arena *a)
{
    for (unsigned need = 0; need < NEED_COUNT; need++) {
        ix->by_need[need] = arena_array(a, net->n_hosts + 1, sizeof *ix->by_need[need]);
        for (size_t i = 0; i < net->n_hosts; i++)
            if (net->hosts[i].needs & 1u << need)
                ix->by_need[need][ix->n_by_need[need]++] = (uint16_t)i;
    }
}

/* ---- ways ---- */

static size_t more(size_t n, uint16_t index)
{
    return index != ROUTING_ANY && index >= n ? index + 1u : n;
}

static size_t communes_of(const struct network *net)
{
    size_t n = 0;
    for (size_t i = 0; i < net->n_hosts; i++)
        n = more(n, net->hosts[i].place->index);
    for (size_t i = 0; i < net->n_collaborators; i++) {
        const struct collaborator *c = &net->collaborators[i];
        n = more(n, c->home ? c->home->index : ROUTING_ANY);
        for (size_t k = 0; k < c->n_places; k++)
            n = more(n, c->places[k]->index);
    }
    for (size_t i = 0; i < net->n_times; i++)
        n = more(more(n, net->times[i].from), net->times[i].to);
    for (size_t i = 0; i < net->n_overrides; i++)
        n = more(more(n, net->overrides[i].from), net->overrides[i].to);
    return n;
}

static uint32_t *rows_of(const struct network *net, size_t communes, struct arena *a)
{
    uint32_t *row = arena_array(a, communes + 1, sizeof *row);
    for (size_t i = 0; i < net->n_times; i++)
        row[net->times[i].from + 1]++;
    count_up(row, communes);
    return row;
}

void routing_index(struct network *net, struct arena *a)
{
    struct routing_index *ix = arena_alloc(a, sizeof *ix);
    ix->n_communes = communes_of(net);
    ix->hosts_by_id = hosts_by_id(net, a);
    ix->people_by_id = people_by_id(net, a);
    ix->person_rank = arena_array(a, net->n_collaborators + 1, sizeof *ix->person_rank);
    for (size_t i = 0; i < net->n_collaborators; i++)
        ix->person_rank[ix->people_by_id[i]] = (uint16_t)i;
    ix->of_host = people_of_hosts(net, a);
    ix->of_commune = people_of_communes(net, ix->n_communes, a);
    ix->of_home = people_of_homes(net, ix->n_communes, a);
    ix->row = rows_of(net, ix->n_communes, a);
    keep_posts(ix, net, a);
    keep_duty(ix, net, a);
    keep_spots(ix, net, a);
    keep_needs(ix, net, a);
    net->index = ix;
}
