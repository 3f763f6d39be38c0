/* diff for programs. */
#include "hotlinectl/diff.h"

static cJSON *side_json(const struct diff_side *side)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", side->name);
    cJSON_AddStringToObject(o, "stamp", side->stamp);
    return o;
}

static const char *state(const struct survey_load *l)
{
    if (l->before < 0)
        return "added";
    return l->after < 0 ? "removed" : "kept";
}

static void add_value(cJSON *o, const char *name, const char *value)
{
    if (value)
        cJSON_AddStringToObject(o, name, value);
    else
        cJSON_AddNullToObject(o, name);
}

static void add_key(void *all, const struct diff_key *k)
{
    cJSON *one = cJSON_CreateObject();
    cJSON_AddStringToObject(one, "key", k->key);
    if (!k->secret) {
        add_value(one, "before", k->before);
        add_value(one, "after", k->after);
    }
    cJSON_AddItemToArray(all, one);
}

static void add_load(cJSON *o, const struct diff *d, enum list_kind kind, const struct survey_load *l)
{
    cJSON_AddStringToObject(o, "state", state(l));
    diff_keys(d, kind, l->id, add_key, cJSON_AddArrayToObject(o, "changed"));
    cJSON_AddNumberToObject(o, "first_before", (double)l->first_before);
    cJSON_AddNumberToObject(o, "first_after", (double)l->first_after);
}

static void add_hosts(cJSON *o, const struct diff *d)
{
    cJSON *all = cJSON_AddArrayToObject(o, "hosts");
    for (size_t i = 0; i < d->found->n_hosts; i++) {
        const struct survey_load *l = &d->found->hosts[i];
        cJSON *one = survey_host_json(l->after >= 0 ? &d->after.network->hosts[l->after]
                                                    : &d->before.network->hosts[l->before]);
        add_load(one, d, LIST_HOSTS, l);
        cJSON_AddItemToArray(all, one);
    }
}

static void add_people(cJSON *o, const struct diff *d)
{
    cJSON *all = cJSON_AddArrayToObject(o, "collaborators");
    for (size_t i = 0; i < d->found->n_people; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "id", d->found->people[i].id);
        add_load(one, d, LIST_COLLABORATORS, &d->found->people[i]);
        cJSON_AddItemToArray(all, one);
    }
}

static void add_answer(cJSON *o, const char *name, const struct network *net, const struct survey_answer *one)
{
    cJSON *a = cJSON_AddObjectToObject(o, name);
    bool host = one->state == SURVEY_HOST;
    cJSON_AddStringToObject(a, "state", survey_state_name(one->state));
    if (!host) {
        cJSON_AddNullToObject(a, "host");
        cJSON_AddNullToObject(a, "minutes");
        cJSON_AddNullToObject(a, "estimate");
        return;
    }
    cJSON_AddStringToObject(a, "host", net->hosts[one->first.host].id);
    cJSON_AddNumberToObject(a, "minutes", one->first.minutes);
    cJSON_AddBoolToObject(a, "estimate", one->first.estimate);
}

static cJSON *change_json(const struct diff *d, const struct survey_change *c)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "need", need_name(c->need));
    cJSON_AddStringToObject(o, "time", survey_time_name(c->time));
    add_answer(o, "before", d->before.network, c->before);
    add_answer(o, "after", d->after.network, c->after);
    if (c->both)
        cJSON_AddNumberToObject(o, "minutes", c->minutes);
    else
        cJSON_AddNullToObject(o, "minutes");
    cJSON_AddStringToObject(o, "what", survey_what_name(c->what));
    return o;
}

static const char *in_force(const struct survey_commune *c)
{
    if (!c->before)
        return "new";
    return c->after ? "both" : "old";
}

/* All of them, for a map of what stays as it is needs them, too. */
static void add_communes(cJSON *o, const struct diff *d)
{
    cJSON *all = cJSON_AddArrayToObject(o, "communes");
    for (size_t i = 0; i < d->found->n_communes; i++) {
        const struct survey_commune *c = &d->found->communes[i];
        cJSON *one = c->after ? survey_commune_json(d->after.places, c->after)
                              : survey_commune_json(d->before.places, c->before);
        cJSON_AddStringToObject(one, "in", in_force(c));
        cJSON *changes = cJSON_AddArrayToObject(one, "changes");
        for (size_t k = 0; k < c->n; k++)
            cJSON_AddItemToArray(changes, change_json(d, &d->found->changes[c->first + k]));
        cJSON_AddItemToArray(all, one);
    }
}

static void add_summary(cJSON *o, const struct survey_diff *found)
{
    cJSON *sum = cJSON_AddObjectToObject(o, "summary");
    cJSON_AddNumberToObject(sum, "communes_changed", (double)found->communes_changed);
    for (int w = 0; w < SURVEY_WHATS; w++)
        cJSON_AddNumberToObject(sum, survey_what_name((enum survey_what)w), (double)found->by_what[w]);
    cJSON_AddNumberToObject(sum, "minutes_gained", (double)found->minutes_gained);
    cJSON_AddNumberToObject(sum, "minutes_lost", (double)found->minutes_lost);
}

cJSON *diff_json(const struct diff *d)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "kind", "diff");
    cJSON_AddItemToObject(o, "old", side_json(&d->before));
    cJSON_AddItemToObject(o, "new", side_json(&d->after));
    survey_add_when(o, &d->when);
    cJSON_AddItemToObject(o, "province", survey_province_json(d->after.settings, d->after.places));
    add_hosts(o, d);
    add_people(o, d);
    add_communes(o, d);
    add_summary(o, d->found);
    return o;
}
