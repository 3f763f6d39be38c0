/* By which of a collaborator's systems an alert goes, and by which next. */
#include "engine/internal.h"

#include <string.h>

#define TRY_MOST (15 * SECOND_MS)
#define TRY_LEAST SECOND_MS

msec engine_channel_share(const struct network *net, const struct collaborator *c, bool urgent)
{
    size_t others = c->n_channels > 1 ? c->n_channels - 1 : 1;
    return net->offer_timeout[urgent] / 3 / (msec)others;
}

msec engine_alert_timeout(const struct network *net, const struct collaborator *c)
{
    msec share = c->n_channels > 1 ? engine_channel_share(net, c, true) / 2 : TRY_MOST;
    return share > TRY_MOST ? TRY_MOST : share < TRY_LEAST ? TRY_LEAST : share;
}

static int first_of(const struct network *net, const struct collaborator *c, const struct offer *to)
{
    int took = to ? routing_channel(net, c, to->channel) : -1;
    return took < 0 ? 0 : took;
}

const char *channels_first(const struct engine *e, const struct collaborator *who, const struct offer *to)
{
    const struct network *net = e->rules->network;
    return net->endpoints[who->channels[first_of(net, who, to)]].id;
}

/* First the one that took the last, then the others in their order; -1: that was all. One that a reload took
 * away is followed by the first. */
static int next_of(const struct network *net, const struct collaborator *c, const struct offer *to,
                   const char *endpoint)
{
    int first = first_of(net, c, to), at = *endpoint ? routing_channel(net, c, endpoint) : first;
    if (at < 0)
        return first;
    int next = at == first ? 0 : at + 1;
    next += next == first;
    return next < (int)c->n_channels ? next : -1;
}

static struct offer *offer_to(struct referral *r, const char *collaborator)
{
    for (int i = r->n_offers - 1; i >= 0; i--)
        if (strcmp(r->offers[i].collaborator, collaborator) == 0)
            return &r->offers[i];
    return NULL;
}

enum err channels_took(struct engine *e, const struct store_send *s, struct failure *why)
{
    struct referral r;
    const struct collaborator *c = engine_collaborator(e, s->target);
    if (!c || c->n_channels < 2)
        return OK;
    enum err rc = e->store.ops->referral_get(e->store.self, s->referral, &r, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    struct offer *o = offer_to(&r, s->target);
    if (!o || routing_channel(e->rules->network, c, s->to) == first_of(e->rules->network, c, o))
        return OK;
    str_copy(str_of(s->to), o->channel, sizeof o->channel);
    return e->store.ops->referral_put(e->store.self, &r, why);
}

/* An offer goes on only while its answer is waited for; the rest as long as it would be sent at all. */
static enum err is_wanted(struct engine *e, const struct store_send *s, const struct offer *to, bool *wanted,
                          struct failure *why)
{
    const char *why_not;
    enum err rc = sends_alert_unwanted(e, s, &why_not, why);
    bool waited_for = !alerts_is(s, ALERT_OFFERED) || (to && to->state == OFFER_PENDING);
    *wanted = rc == OK && !why_not && waited_for;
    return rc;
}

static enum err move(struct engine *e, const struct store_send *s, const char *endpoint, msec now,
                     struct failure *why)
{
    struct store_send next = *s;
    enum err rc = e->store.ops->send_done(e->store.self, s->id, why);
    if (rc == OK)
        rc = sends_row(e, s, SEND_FAILED, "", now, why);
    if (rc != OK)
        return rc;
    next.id = next.attempts = 0;
    next.created = next.due = now;
    str_copy(str_of(endpoint), next.to, sizeof next.to);
    return sends_put(e, &next, why);
}

enum err channels_move(struct engine *e, const struct store_send *s, msec again, msec now, bool *moved,
                       struct failure *why)
{
    struct referral r = {.n_offers = 0};
    const struct network *net = e->rules->network;
    const struct collaborator *c = engine_collaborator(e, s->target);
    *moved = false;
    if (!c || !c->n_channels)
        return OK;
    enum err rc = e->store.ops->referral_get(e->store.self, s->referral, &r, why);
    if (rc != OK && rc != ERR_MISSING)
        return rc;
    const struct offer *to = offer_to(&r, s->target);
    int next = next_of(net, c, to, s->to);
    msec until = s->created + engine_channel_share(net, c, r.urgent);
    if (next < 0 || (again && again + engine_alert_timeout(net, c) <= until))
        return OK;
    rc = is_wanted(e, s, to, moved, why);
    return rc == OK && *moved ? move(e, s, net->endpoints[c->channels[next]].id, now, why) : rc;
}
