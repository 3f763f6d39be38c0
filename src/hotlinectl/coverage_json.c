/* coverage for programs. */
#include "hotlinectl/coverage.h"

#include <stdlib.h>

static cJSON *for_json(const struct survey_ask *ask)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "children", ask->children);
    cJSON *who = cJSON_AddArrayToObject(o, "who");
    for (unsigned bit = 1; bit <= WHO_ALL; bit <<= 1)
        if (ask->who & bit)
            cJSON_AddItemToArray(who, cJSON_CreateString(who_name((enum who)bit)));
    if (ask->lang)
        cJSON_AddStringToObject(o, "lang", ask->lang);
    else
        cJSON_AddNullToObject(o, "lang");
    return o;
}

static void add_choice(cJSON *o, const struct network *net, const struct survey_choice *c)
{
    cJSON_AddStringToObject(o, "host", net->hosts[c->host].id);
    cJSON_AddNumberToObject(o, "minutes", c->minutes);
    cJSON_AddBoolToObject(o, "estimate", c->estimate);
}

static void add_reasons(cJSON *o, const struct survey_answer *one)
{
    cJSON *all = cJSON_AddArrayToObject(o, "why");
    for (size_t i = 0; i < one->n_why; i++) {
        cJSON *reason = cJSON_CreateObject();
        cJSON_AddStringToObject(reason, "why", reject_text(one->why[i].why));
        cJSON_AddNumberToObject(reason, "hosts", one->why[i].hosts);
        cJSON_AddItemToArray(all, reason);
    }
}

static cJSON *answer_json(const struct network *net, const struct survey_answer *one)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "state", survey_state_name(one->state));
    if (one->state == SURVEY_HOST)
        add_choice(o, net, &one->first);
    else
        add_reasons(o, one);
    if (one->second.host >= 0)
        add_choice(cJSON_AddObjectToObject(o, "second"), net, &one->second);
    else
        cJSON_AddNullToObject(o, "second");
    return o;
}

static cJSON *commune_json(const struct survey *s, size_t commune)
{
    cJSON *o = survey_commune_json(s->places, places_commune(s->places, commune));
    cJSON *needs = cJSON_AddObjectToObject(o, "needs");
    for (int need = 0; need < NEED_COUNT; need++) {
        if (!survey_asked(s, (enum need)need))
            continue;
        cJSON *times = cJSON_AddObjectToObject(needs, need_name((enum need)need));
        for (int t = 0; t < SURVEY_TIMES; t++)
            cJSON_AddItemToObject(
                times, survey_time_name((enum survey_time)t),
                answer_json(s->net, survey_at(s, commune, (enum need)need, (enum survey_time)t)));
    }
    return o;
}

/* In the order of their worst questions. */
static void add_communes(cJSON *o, const struct survey *s)
{
    cJSON *all = cJSON_AddArrayToObject(o, "communes");
    struct survey_case *cases = calloc(s->n_communes * NEED_COUNT * SURVEY_TIMES + 1, sizeof *cases);
    bool *done = calloc(s->n_communes + 1, sizeof *done);
    if (!cases || !done)
        abort();
    size_t n = survey_cases(s, s->ask.needs, SURVEY_ALWAYS, cases);
    for (size_t i = 0; i < n; i++) {
        if (!done[cases[i].commune])
            cJSON_AddItemToArray(all, commune_json(s, cases[i].commune));
        done[cases[i].commune] = true;
    }
    free(cases);
    free(done);
}

static cJSON *sum_json(const struct survey_sum *sum)
{
    cJSON *o = cJSON_CreateObject();
    for (int i = 0; i < SURVEY_STATES; i++)
        cJSON_AddNumberToObject(o, survey_state_name((enum survey_state)i), (double)sum->communes[i]);
    if (sum->communes[SURVEY_HOST]) {
        cJSON_AddNumberToObject(o, "median_minutes", sum->median);
        cJSON_AddNumberToObject(o, "longest_minutes", sum->longest);
    } else {
        cJSON_AddNullToObject(o, "median_minutes");
        cJSON_AddNullToObject(o, "longest_minutes");
    }
    return o;
}

static void add_summary(cJSON *o, const struct survey *s)
{
    cJSON *all = cJSON_AddObjectToObject(o, "summary");
    for (int need = 0; need < NEED_COUNT; need++) {
        if (!survey_asked(s, (enum need)need))
            continue;
        cJSON *times = cJSON_AddObjectToObject(all, need_name((enum need)need));
        for (int t = 0; t < SURVEY_TIMES; t++) {
            struct survey_sum sum = survey_sum(s, (enum need)need, (enum survey_time)t);
            cJSON_AddItemToObject(times, survey_time_name((enum survey_time)t), sum_json(&sum));
        }
    }
}

cJSON *coverage_json(const struct coverage *c)
{
    const struct survey *s = c->survey;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "kind", "coverage");
    cJSON_AddBoolToObject(o, "public", c->open);
    cJSON_AddStringToObject(o, "stamp", c->snapshot->rules.stamp);
    cJSON_AddItemToObject(o, "province", survey_province_json(&c->snapshot->settings, c->snapshot->places));
    survey_add_when(o, &c->when);
    cJSON_AddItemToObject(o, "for", for_json(&s->ask));
    cJSON *hosts = cJSON_AddArrayToObject(o, "hosts");
    for (size_t i = 0; i < s->net->n_hosts; i++)
        if (!c->open || s->net->hosts[i].is_public)
            cJSON_AddItemToArray(hosts, survey_host_json(&s->net->hosts[i]));
    add_communes(o, s);
    add_summary(o, s);
    return o;
}
