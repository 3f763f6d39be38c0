/* What a collaborator's system is told: enough to decide, nothing that says who it is. */
#include "engine/internal.h"

#include <cjson/cJSON.h>
#include <string.h>

static void add_place(const struct engine *e, cJSON *o, const struct referral *r)
{
    const struct place *p = *r->place ? places_by_code(e->rules->places, str_of(r->place)) : NULL;
    if (!p) {
        cJSON_AddNullToObject(o, "place");
        return;
    }
    cJSON *place = cJSON_AddObjectToObject(o, "place");
    cJSON_AddStringToObject(place, "code", p->code);
    cJSON_AddStringToObject(place, "name", p->name);
}

static void add_time(cJSON *o, const char *name, msec at)
{
    char text[32];
    time_rfc3339(at, 0, text, sizeof text);
    cJSON_AddStringToObject(o, name, text);
}

static void add_case(const struct engine *e, cJSON *o, const struct referral *r)
{
    cJSON_AddStringToObject(o, "urgency", r->urgent ? "urgent" : "normal");
    cJSON_AddStringToObject(o, "need", need_name(r->need));
    add_place(e, o, r);
    cJSON_AddStringToObject(o, "language", r->lang);
    if (!r->consent) /* danger may be shared with place and urgency alone */
        return;
    if (r->children == 255)
        cJSON_AddNullToObject(o, "children");
    else
        cJSON_AddNumberToObject(o, "children", r->children);
    cJSON_AddBoolToObject(o, "minor", who_of(r->need, r->who) & WHO_CHILD);
    cJSON *who = cJSON_AddArrayToObject(o, "who");
    for (unsigned bit = WHO_SELF; bit <= WHO_DISABLED; bit <<= 1)
        if (r->who & bit)
            cJSON_AddItemToArray(who, cJSON_CreateString(who_name((enum who)bit)));
    cJSON_AddStringToObject(o, "safe_way", safe_way_name(r->safe));
}

static void add_link(const struct engine *e, cJSON *o, const char *id)
{
    char link[256];
    struct out to;
    if (!e->rules->link_base)
        return;
    out_init(&to, link, sizeof link);
    out_printf(&to, "%s%s", e->rules->link_base, id);
    cJSON_AddStringToObject(o, "link", link);
}

/* A drill ends here unless the collaborator's system takes drills only; and that one never gets the real
 * thing. In a rehearsal nothing reaches anybody, so all are alerted. */
static bool may_alert(const struct engine *e, const struct referral *r, const struct collaborator *who)
{
    if (!who || !who->n_channels)
        return false;
    return e->rules->rehearsal ? r->drill : routing_drill_only(e->rules->network, who) == r->drill;
}

static void add_details(const struct engine *e, cJSON *data, const struct referral *r, const struct offer *to,
                        const char *id)
{
    add_case(e, data, r);
    if (r->next_at && to->state == OFFER_PENDING)
        add_time(data, "respond_by", r->next_at);
    if (r->many_places)
        cJSON_AddBoolToObject(data, "many_places", true);
    add_link(e, data, id);
}

bool alerts_is(const struct store_send *s, const char *type)
{
    static const char before[] = "{\"type\":\"";
    struct str body = s->body;
    if (!str_starts(body, before))
        return false;
    body.s += sizeof before - 1;
    body.n -= sizeof before - 1;
    return str_is(str_split(&body, '"'), type);
}

static const char *type_of(const struct offer *to, msec now)
{
    if (to->state == OFFER_WITHDRAWN)
        return ALERT_WITHDRAWN;
    return to->at == now ? ALERT_OFFERED : "referral.updated";
}

enum err alerts_put(struct engine *e, const struct referral *r, int offer, msec now, struct failure *why)
{
    const struct offer *to = &r->offers[offer];
    bool over = to->state == OFFER_WITHDRAWN; /* goes out though its contact may be erased by then */
    struct store_send send = {.kind = SEND_ALERT,
                              .contact = over ? 0 : r->contact,
                              .referral = r->id,
                              .created = now,
                              .due = now,
                              .drill = r->drill};
    char id[ID_TEXT], json[2048];
    const struct collaborator *who = engine_collaborator(e, to->collaborator);
    if (!may_alert(e, r, who))
        return OK;
    id_text(r->id, id);
    cJSON *o = cJSON_CreateObject(), *data;
    cJSON_AddStringToObject(o, "type", type_of(to, now));
    add_time(o, "timestamp", now);
    data = cJSON_AddObjectToObject(o, "data");
    cJSON_AddStringToObject(data, "referral", id);
    cJSON_AddStringToObject(data, "collaborator", to->collaborator);
    cJSON_AddBoolToObject(data, "drill", r->drill);
    if (!over)
        add_details(e, data, r, to, id);
    bool fits = cJSON_PrintPreallocated(o, json, sizeof json, 0);
    cJSON_Delete(o);
    if (!fits)
        return fail(why, ERR_BUG, "an alert does not fit its %zu bytes", sizeof json);
    str_copy(str_of(to->collaborator), send.target, sizeof send.target);
    str_copy(str_of(channels_first(e, who, to)), send.to, sizeof send.to);
    send.body = str_of(json);
    e->counters.alerts++;
    return sends_put(e, &send, why);
}
