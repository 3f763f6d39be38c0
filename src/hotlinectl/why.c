/* journal why: each choice of a referral with its reasons, and what became of it. */
#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1024 };

struct story {
    struct arena arena; /* of the texts */
    struct row rows[ROWS];
    size_t n;
    int zone;
};

static bool keep(void *story, const struct row *r)
{
    struct story *s = story;
    struct row *to = &s->rows[s->n++];
    *to = *r;
    to->text = arena_str(&s->arena, r->text);
    return s->n < ROWS;
}

/* Where the part of routing row `at` ends: at the next one. */
static size_t end_of(const struct story *s, size_t at)
{
    size_t i = at + 1;
    while (i < s->n && s->rows[i].kind != ROW_ROUTED)
        i++;
    return i;
}

/* That it was opened stands before the first. */
static size_t begin_of(const struct story *s, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (s->rows[i].kind == ROW_ROUTED)
            return at + 1;
    return 0;
}

static cJSON *choice_of(const struct row *r)
{
    return r->text.n ? cJSON_ParseWithLength(r->text.s, r->text.n) : NULL;
}

/* ---- as JSON ---- */

static void add_text(cJSON *o, const char *name, const char *value)
{
    if (*value)
        cJSON_AddStringToObject(o, name, value);
}

static void add_time(cJSON *o, msec at)
{
    char text[32];
    time_rfc3339(at, 0, text, sizeof text);
    cJSON_AddStringToObject(o, "at", text);
}

static void add_events(const struct story *s, size_t at, cJSON *o)
{
    cJSON *all = cJSON_AddArrayToObject(o, "events");
    for (size_t i = begin_of(s, at); i < end_of(s, at); i++) {
        const struct row *r = &s->rows[i];
        if (r->kind != ROW_REFERRAL)
            continue;
        cJSON *one = cJSON_CreateObject();
        add_time(one, r->at);
        cJSON_AddStringToObject(one, "event", row_event_name(r));
        add_text(one, "collaborator", r->collaborator);
        add_text(one, "host", r->host);
        add_text(one, "note", r->note);
        cJSON_AddItemToArray(all, one);
    }
}

static cJSON *routing_json(const struct story *s, size_t at)
{
    const struct row *r = &s->rows[at];
    cJSON *o = cJSON_CreateObject(), *choice = choice_of(r);
    add_time(o, r->at);
    cJSON_AddNumberToObject(o, "seq", (double)r->seq);
    add_text(o, "stamp", r->note);
    cJSON_AddStringToObject(o, "need", r->need ? need_name((enum need)(r->need - 1)) : "");
    cJSON_AddBoolToObject(o, "urgent", r->urgent);
    cJSON_AddBoolToObject(o, "drill", r->drill);
    add_text(o, "place", r->place);
    cJSON_AddBoolToObject(o, "erased", !choice);
    if (choice)
        cJSON_AddItemToObject(o, "choice", choice);
    add_events(s, at, o);
    return o;
}

static void print_json(const struct story *s)
{
    cJSON *all = cJSON_CreateArray();
    for (size_t i = s->n; i-- > 0;)
        if (s->rows[i].kind == ROW_ROUTED)
            cJSON_AddItemToArray(all, routing_json(s, i));
    char *text = cJSON_PrintUnformatted(all);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(all);
}

/* ---- in words ---- */

static const char *word(const cJSON *o, const char *name)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return s ? s : "";
}

static double count(const cJSON *o, const char *name)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNumber(n) ? n->valuedouble : 0;
}

static void print_chosen(const cJSON *choice, const char *list, bool hosts)
{
    int n = 0;
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(choice, list))
    {
        printf("  %2d. %-24s ", ++n, word(one, "id"));
        if (hosts)
            printf("%4.0f min  ", count(one, "minutes"));
        puts(word(one, "why"));
    }
    double more = count(cJSON_GetObjectItemCaseSensitive(choice, "more"), list);
    if (more > 0)
        printf("   +  %.0f more\n", more);
}

static void print_rejected(const cJSON *choice, const char *list)
{
    const cJSON *one, *more = cJSON_GetObjectItemCaseSensitive(choice, "more");
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(choice, list))
    {
        printf("   -  %-24s %s\n", word(one, "id"), word(one, "why"));
    }
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(more, list))
    {
        printf("   -  %-24.0f %s\n", one->valuedouble, one->string);
    }
}

static void print_fallbacks(const cJSON *choice)
{
    const cJSON *one, *all = cJSON_GetObjectItemCaseSensitive(choice, "fallbacks");
    if (all)
        puts("  nobody here can be asked:");
    cJSON_ArrayForEach(one, all)
    {
        printf("   *  %s%s%s%s%s\n", word(one, "name"), *word(one, "number") ? ", " : "", word(one, "number"),
               *word(one, "text") ? ": " : "", word(one, "text"));
    }
}

static void print_choice(const struct row *r)
{
    cJSON *choice = choice_of(r);
    if (!choice) {
        puts("  the reasons were erased with the contact");
        return;
    }
    puts("  collaborators, in the order they would be asked:");
    print_chosen(choice, "collaborators", false);
    print_rejected(choice, "rejected_collaborators");
    printf("  hosts, %s:\n", word(choice, "order"));
    if (!*r->place)
        puts("   -  the place is not known");
    print_chosen(choice, "hosts", true);
    print_rejected(choice, "rejected_hosts");
    print_fallbacks(choice);
    cJSON_Delete(choice);
}

static void print_events(const struct story *s, size_t at)
{
    char when[32];
    puts("  what became of it:");
    for (size_t i = begin_of(s, at); i < end_of(s, at); i++) {
        const struct row *r = &s->rows[i];
        if (r->kind != ROW_REFERRAL)
            continue;
        time_rfc3339(r->at, s->zone, when, sizeof when);
        printf("      %s %s%s%s%s%s%s%s\n", when, row_event_name(r), *r->collaborator ? " " : "",
               r->collaborator, *r->host ? " for " : "", r->host, *r->note ? ": " : "", r->note);
    }
}

static void print_text(const struct story *s)
{
    char when[32];
    for (size_t i = s->n; i-- > 0;) {
        const struct row *r = &s->rows[i];
        if (r->kind != ROW_ROUTED)
            continue;
        time_rfc3339(r->at, s->zone, when, sizeof when);
        printf("%s %s%s%s%s%s by %s\n", when, r->need ? need_name((enum need)(r->need - 1)) : "",
               r->urgent ? ", urgent" : "", *r->place ? ", place " : "", r->place, r->drill ? ", drill" : "",
               r->note);
        print_choice(r);
        print_events(s, i);
    }
}

static bool was_routed(const struct story *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->rows[i].kind == ROW_ROUTED)
            return true;
    return false;
}

int journal_why(struct ctl *ctl, const struct store *st, const char *referral)
{
    struct failure why = {OK, ""};
    struct story *s = calloc(1, sizeof *s);
    uint64_t id;
    if (!s)
        abort();
    arena_init(&s->arena, 0);
    s->zone = (int)ctl_settings(ctl)->settings.tz_offset_min;
    bool named = id_parse(str_of(referral), &id);
    enum err rc = named ? st->ops->referral_rows(st->self, id, true, keep, s, &why) : OK;
    int status = CTL_OK;
    if (rc != OK)
        status = ctl_fail("%s", why.what);
    else if (!s->n)
        status = ctl_fail("there is no referral %s; `hotlinectl journal tail` shows their ids", referral);
    else if (!was_routed(s))
        status = ctl_fail("referral %s is older than its reasons: none were kept", referral);
    else if (ctl->json)
        print_json(s);
    else
        print_text(s);
    arena_free(&s->arena);
    free(s);
    return status;
}
