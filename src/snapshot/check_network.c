/* What no entry of a network is wrong about, but the whole. */
#include "snapshot/network.h"

static void unstaffed(struct builder *b)
{
    const struct network *net = b->net;
    bool *staffed = arena_array(b->a, net->n_hosts + 1, sizeof *staffed);
    for (size_t i = 0; i < net->n_collaborators; i++)
        for (size_t k = 0; k < net->collaborators[i].n_hosts; k++)
            staffed[net->collaborators[i].hosts[k] - net->hosts] = true;
    for (size_t i = 0; i < net->n_hosts; i++)
        if (!staffed[i])
            cfg_warn(
                b->f, net->hosts[i].pos,
                "nobody works for host \"%s\", so it is never offered; name it in a collaborator's hosts",
                net->hosts[i].id);
}

static void unused(struct builder *b)
{
    const struct network *net = b->net;
    bool *used = arena_array(b->a, net->n_endpoints + 1, sizeof *used);
    for (size_t i = 0; i < net->n_collaborators; i++)
        for (size_t k = 0; k < net->collaborators[i].n_channels; k++)
            used[net->collaborators[i].channels[k]] = true;
    for (size_t i = 0; i < net->n_endpoints; i++)
        if (!used[i])
            cfg_warn(b->f, net->endpoints[i].pos,
                     "endpoint \"%s\" alerts nobody; name it in a collaborator's endpoint or remove it",
                     net->endpoints[i].id);
}

static void uncovered(struct builder *b)
{
    size_t n = places_communes(b->places), without = 0;
    bool *served = arena_array(b->a, n + 1, sizeof *served), duty = false;
    const char *first = NULL;
    for (size_t k = 0; k < b->net->n_collaborators; k++) {
        const struct collaborator *c = &b->net->collaborators[k];
        duty |= c->duty;
        for (size_t i = 0; i < c->n_places; i++)
            served[c->places[i]->index] = true;
    }
    for (size_t i = 0; i < n; i++)
        if (!served[i]) {
            without++;
            first = first ? first : places_commune(b->places, i)->name;
        }
    if (without)
        cfg_warn(b->f, b->policy.pos,
                 "%zu communes, such as %s, are served by no collaborator of their own; add them to "
                 "somebody's places",
                 without, first);
    if (!duty)
        cfg_warn(b->f, b->policy.pos,
                 "nobody is marked duty = true: who needs help where nobody else is left reaches no one");
}

static bool office_hours(const struct hours *h)
{
    for (int d = 0; d < ROUTING_DAYS; d++)
        if (!h->n[d] && !h->always)
            return true;
    return false;
}

static bool knows_holidays(const struct hours *h)
{
    for (size_t i = 0; i < h->n_except; i++)
        if (h->except[i].holidays)
            return true;
    return false;
}

static void forgotten_holidays(struct builder *b)
{
    for (size_t i = 0; b->net->n_holidays && i < b->net->n_hosts; i++) {
        const struct host *h = &b->net->hosts[i];
        if (office_hours(&h->hours) && !knows_holidays(&h->hours))
            cfg_warn(
                b->f, h->pos,
                "host \"%s\" is closed on some weekdays and says nothing of holidays; add exceptions = [ "
                "\"holidays closed\" ] or its hours then",
                h->id);
    }
}

void network_warn(struct builder *b)
{
    unstaffed(b);
    unused(b);
    uncovered(b);
    forgotten_holidays(b);
    if (!b->net->n_fallbacks)
        cfg_warn(b->f, b->policy.pos,
                 "policy has no fallback: nothing says whom to turn to when nobody here can take a request; "
                 "add fallback");
}
