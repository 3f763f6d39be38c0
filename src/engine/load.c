/* Burden: who is busy with whom, of what is stored. */
#include "engine/internal.h"

#include <string.h>

static unsigned people(const struct referral *r)
{
    return 1u + (r->children == 255 ? 0 : r->children);
}

void engine_load(const struct network *net, const struct referral *r, int by, uint16_t *host,
                 uint16_t *collaborator)
{
    bool counts = r->state != REFERRAL_CLOSED && r->state != REFERRAL_UNMET;
    int at = counts ? referral_current(r) : -1;
    if (at < 0)
        return;
    const struct offer *o = &r->offers[at];
    const struct collaborator *c = routing_collaborator(net, o->collaborator);
    const struct host *h = *o->host ? routing_host(net, o->host) : NULL;
    if (c)
        collaborator[c - net->collaborators] += (uint16_t)by;
    if (h)
        host[h - net->hosts] += (uint16_t)(by * (int)people(r));
}

void load_of(struct engine *e, const struct referral *r, int by)
{
    if (!r->drill || e->rules->rehearsal)
        engine_load(e->rules->network, r, by, e->host_load, e->collaborator_load);
}

static void count_one(void *ctx, const struct referral *r)
{
    load_of(ctx, r, 1);
}

enum err load_count(struct engine *e, struct failure *why)
{
    const struct network *net = e->rules->network;
    memset(e->host_load, 0, net->n_hosts * sizeof *e->host_load);
    memset(e->collaborator_load, 0, net->n_collaborators * sizeof *e->collaborator_load);
    enum err rc = e->store.ops->load(e->store.self, e->rules->rehearsal, count_one, e, why);
    e->load_stale = rc != OK;
    return rc;
}
