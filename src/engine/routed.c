/* Whom a referral could go to, and the row that keeps why. */
#include "engine/internal.h"

#include <string.h>

void routed_find(struct engine *e, const struct referral *r, const struct referral *before, msec now,
                 struct routed *out)
{
    const struct network *net = e->rules->network;
    struct choice hosts[ROUTING_CHOSEN];
    struct out json;
    struct request req = {
        .from = *r->place ? places_by_code(e->rules->places, str_of(r->place)) : NULL,
        .need = r->need,
        .urgent = r->urgent,
        .children = r->children == 255 ? 0 : r->children,
        .who = who_of(r->need, r->who),
        .lang = r->lang,
        .at = now,
    };
    for (size_t i = 0; i < ROUTING_AVOID; i++) {
        const struct place *p = *r->avoid[i] ? places_by_code(e->rules->places, str_of(r->avoid[i])) : NULL;
        if (p)
            req.avoid[req.n_avoid++] = p;
    }
    struct load load = {e->host_load, e->collaborator_load};
    struct reasons reasons = {.net = net,
                              .req = &req,
                              .hosts = hosts,
                              .max_hosts = ROUTING_CHOSEN,
                              .people = out->who,
                              .max_people = ROUTED_MOST,
                              .no_host = {e->no_host, 0, net->n_hosts},
                              .no_people = {e->no_people, 0, net->n_collaborators}};
    if (before)
        load_of(e, before, -1);
    routing_reasons(&reasons, &load);
    if (before)
        load_of(e, before, 1);
    out_init(&json, out->reasons, sizeof out->reasons);
    routing_reasons_json(&reasons, true, &json);
    out->n = reasons.n_people;
    out->len = json.len;
    out->done = true;
}

enum err routed_put(struct engine *e, const struct referral *r, const struct line *line,
                    const struct routed *routed, msec now, struct failure *why)
{
    struct row row = {.at = now,
                      .kind = ROW_ROUTED,
                      .contact = r->contact,
                      .referral = r->id,
                      .drill = r->drill,
                      .channel = (uint8_t)line->channel,
                      .need = (uint8_t)(r->need + 1),
                      .urgent = r->urgent,
                      .children = 255,
                      .text = {routed->reasons, routed->len}};
    memcpy(row.place, r->place, sizeof row.place);
    str_copy(str_of(e->rules->stamp), row.note, sizeof row.note);
    return e->store.ops->append(e->store.self, &row, why);
}
