/* What happens inside, as JSON. */
#include "practice/internal.h"

#include <string.h>

static void add_time(const struct practice *p, cJSON *to, const char *name, msec at)
{
    char text[32];
    time_rfc3339(at, p->rules.network->tz_offset_min, text, sizeof text);
    cJSON_AddStringToObject(to, name, text);
}

static cJSON *add_facts(cJSON *to, const char *name, const struct practice_fact *facts, size_t n)
{
    cJSON *o = cJSON_AddObjectToObject(to, name);
    for (size_t i = 0; i < n; i++)
        cJSON_AddStringToObject(o, facts[i].name, facts[i].value);
    return o;
}

static void add_session(const struct practice *p, cJSON *to, const char *msisdn)
{
    struct contact c;
    struct practice_fact facts[PRACTICE_FACTS];
    if (practice_contact(p, msisdn, &c) == OK)
        add_facts(to, "session", facts, practice_session_facts(&c.session, facts));
    else
        cJSON_AddNullToObject(to, "session");
}

static void add_referral(const struct practice *p, cJSON *to, const char *msisdn)
{
    struct referral r;
    struct practice_fact facts[PRACTICE_FACTS];
    char id[ID_TEXT];
    if (practice_latest(p, msisdn, &r) != OK) {
        cJSON_AddNullToObject(to, "referral");
        return;
    }
    cJSON *o = add_facts(to, "referral", facts, practice_referral_facts(&r, facts));
    id_text(r.id, id);
    cJSON_AddStringToObject(o, "id", id);
    cJSON *offers = cJSON_AddArrayToObject(o, "offers");
    for (int i = 0; i < r.n_offers; i++) {
        cJSON *offer = cJSON_CreateObject();
        add_time(p, offer, "at", r.offers[i].at);
        cJSON_AddStringToObject(offer, "collaborator", r.offers[i].collaborator);
        cJSON_AddStringToObject(offer, "host", r.offers[i].host);
        cJSON_AddStringToObject(offer, "state", offer_state_name(r.offers[i].state));
        cJSON_AddItemToArray(offers, offer);
    }
}

static void add_sent(const struct practice *p, cJSON *to, const char *msisdn)
{
    const struct practice_sent *sent;
    size_t n = practice_sent(p, &sent);
    cJSON *alerts = cJSON_AddArrayToObject(to, "alerts"), *messages = cJSON_AddArrayToObject(to, "messages");
    for (size_t i = 0; i < n; i++) {
        bool alert = sent[i].kind == SEND_ALERT;
        if (alert ? !practice_owns(p, msisdn, sent[i].referral) : strcmp(sent[i].to, msisdn) != 0)
            continue;
        cJSON *o = cJSON_CreateObject();
        add_time(p, o, "at", sent[i].at);
        if (alert) {
            cJSON_AddStringToObject(o, "to", sent[i].target);
            cJSON_AddItemToObject(o, "alert", cJSON_Parse(sent[i].body.s));
        } else {
            cJSON_AddStringToObject(o, "text", sent[i].body.s);
        }
        cJSON_AddItemToArray(alert ? alerts : messages, o);
    }
}

struct rows {
    const struct practice *p;
    cJSON *to;
};

static bool add_row(void *rows, const struct row *row)
{
    const struct rows *r = rows;
    char line[512];
    struct out o;
    out_init(&o, line, sizeof line);
    practice_row_line(row, &o);
    cJSON *item = cJSON_CreateObject();
    add_time(r->p, item, "at", row->at);
    cJSON_AddStringToObject(item, "row", line);
    cJSON_AddItemToArray(r->to, item);
    return true;
}

cJSON *practice_inside(const struct practice *p, const char *msisdn)
{
    cJSON *all = cJSON_CreateObject();
    add_time(p, all, "now", p->now);
    add_session(p, all, msisdn);
    add_referral(p, all, msisdn);
    add_sent(p, all, msisdn);
    struct rows rows = {p, cJSON_AddArrayToObject(all, "journal")};
    practice_rows_of(p, msisdn, 0, add_row, &rows);
    return all;
}
