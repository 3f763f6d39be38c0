/* One referral: what happened, and why it went where it went. */
#include "web/internal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

enum { EVENTS = 256 }; /* that are told */

struct routing {
    msec at;
    char stamp[64];
    char *json; /* cJSON_malloc; NULL: erased */
};

struct story {
    const struct web_look *look;
    struct out *o;
    size_t events, routings;           /* all of them */
    msec before;                       /* when the event before was */
    struct routing last[WEB_ROUTINGS]; /* a ring: the newest */
};

/* ---- what happened ---- */

static void span(const struct story *s, msec passed)
{
    char a[24], b[24];
    long minutes = (long)(passed / MINUTE_MS);
    bool days = minutes >= 1440, hours = minutes >= 60;
    snprintf(a, sizeof a, "%ld", days ? minutes / 1440 : hours ? minutes / 60 : minutes);
    snprintf(b, sizeof b, "%ld", days ? minutes / 60 % 24 : minutes % 60);
    char text[64];
    struct out o;
    out_init(&o, text, sizeof text);
    const struct web_look raw = {.english = s->look->english};
    if (days || hours)
        html_fill(&raw, &o, days ? "* d * h" : "* h * min", a, b);
    else if (minutes)
        html_fill(&raw, &o, "* min", a);
    else
        html_say(&raw, "at once", &o);
    if (minutes)
        html_fill(s->look, s->o, "after *", text);
    else
        out_cstr(s->o, text);
}

static void event(struct story *s, const struct row *r)
{
    struct out *o = s->o;
    const char *name = row_event_name(r);
    if (s->events++ >= EVENTS)
        return;
    out_cstr(o, "<li>");
    html_time(s->look, r->at, o);
    out_printf(o, " <span class=\"state %s\">", name);
    html_say(s->look, name, o);
    out_cstr(o, "</span> ");
    html(o, str_of(r->collaborator));
    out_cstr(o, *r->host ? " → " : "");
    html(o, str_of(r->host));
    if (*r->note && r->event != RE_OPENED) {
        out_cstr(o, " · ");
        html_say(s->look, r->note, o);
    }
    if (s->before) {
        out_cstr(o, " <small>");
        span(s, r->at - s->before);
        out_cstr(o, "</small>");
    }
    out_cstr(o, "</li>\n");
    s->before = r->at;
}

static void keep(struct story *s, const struct row *r)
{
    struct routing *to = &s->last[s->routings++ % WEB_ROUTINGS];
    cJSON_free(to->json);
    *to = (struct routing){.at = r->at};
    str_copy(str_of(r->note), to->stamp, sizeof to->stamp);
    if (!r->text.n)
        return;
    to->json = cJSON_malloc(r->text.n + 1);
    if (to->json && !str_copy(r->text, to->json, r->text.n + 1)) {
        cJSON_free(to->json);
        to->json = NULL;
    }
}

static bool each(void *story, const struct row *r)
{
    struct story *s = story;
    if (r->kind == ROW_ROUTED)
        keep(s, r);
    else
        event(s, r);
    return true;
}

/* ---- why ---- */

static const char *word(const cJSON *o, const char *name)
{
    const char *v = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return v ? v : "";
}

static void count(char out[24], const cJSON *n)
{
    snprintf(out, 24, "%.0f", cJSON_IsNumber(n) ? n->valuedouble : 0);
}

static void title(const struct story *s, const char *text)
{
    out_cstr(s->o, "<h3>");
    html_say(s->look, text, s->o);
    out_cstr(s->o, "</h3>");
}

static void chosen(const struct story *s, const cJSON *choice, const char *list)
{
    const cJSON *one, *more = cJSON_GetObjectItemCaseSensitive(choice, "more");
    char n[24];
    out_cstr(s->o, "<ol>");
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(choice, list))
    {
        const cJSON *minutes = cJSON_GetObjectItemCaseSensitive(one, "minutes");
        out_cstr(s->o, "<li><b>");
        html(s->o, str_of(word(one, "id")));
        out_cstr(s->o, "</b> ");
        if (minutes) {
            count(n, minutes);
            html_fill(s->look, s->o, "* min", n);
            out_cstr(s->o, "; ");
        }
        html_phrases(s->look, word(one, "why"), s->o);
        out_cstr(s->o, "</li>");
    }
    out_cstr(s->o, "</ol>");
    const cJSON *rest = cJSON_GetObjectItemCaseSensitive(more, list);
    if (!cJSON_IsNumber(rest) || rest->valuedouble < 1)
        return;
    count(n, rest);
    out_cstr(s->o, "<p>");
    html_fill(s->look, s->o, "* more", n);
    out_cstr(s->o, "</p>");
}

static void rejected(const struct story *s, const cJSON *choice, const char *list, const char *heading)
{
    const cJSON *one, *all = cJSON_GetObjectItemCaseSensitive(choice, list);
    const cJSON *more =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(choice, "more"), list);
    char n[24];
    if (!cJSON_GetArraySize(all) && !cJSON_GetArraySize(more))
        return;
    title(s, heading);
    out_cstr(s->o, "<ul>");
    cJSON_ArrayForEach(one, all)
    {
        out_cstr(s->o, "<li><b>");
        html(s->o, str_of(word(one, "id")));
        out_cstr(s->o, "</b> ");
        html_say(s->look, word(one, "why"), s->o);
        out_cstr(s->o, "</li>");
    }
    cJSON_ArrayForEach(one, more)
    {
        count(n, one);
        out_cstr(s->o, "<li>");
        html_fill(s->look, s->o, "* more", n);
        out_cstr(s->o, ": ");
        html_say(s->look, one->string, s->o);
        out_cstr(s->o, "</li>");
    }
    out_cstr(s->o, "</ul>");
}

static void fallbacks(const struct story *s, const cJSON *choice)
{
    const cJSON *one, *all = cJSON_GetObjectItemCaseSensitive(choice, "fallbacks");
    if (!all)
        return;
    title(s, "If nobody can be asked");
    out_cstr(s->o, "<ul>");
    cJSON_ArrayForEach(one, all)
    {
        out_cstr(s->o, "<li><b>");
        html(s->o, str_of(word(one, "name")));
        out_cstr(s->o, "</b> ");
        html(s->o, str_of(word(one, "number")));
        out_cstr(s->o, " ");
        html(s->o, str_of(word(one, "text")));
        out_cstr(s->o, "</li>");
    }
    out_cstr(s->o, "</ul>");
}

static void fact(const struct story *s, const char *name)
{
    out_cstr(s->o, "<div><dt>");
    html_say(s->look, name, s->o);
    out_cstr(s->o, "</dt><dd>");
}

static void words_of(const struct story *s, const cJSON *list, bool places)
{
    const cJSON *one;
    bool first = true;
    cJSON_ArrayForEach(one, list)
    {
        const char *v = cJSON_GetStringValue(one);
        out_cstr(s->o, first ? "" : ", ");
        first = false;
        if (places)
            html_place(s->look, v ? v : "", s->o);
        else
            html_say(s->look, v ? v : "", s->o);
    }
    if (first)
        html_say(s->look, "none", s->o);
}

/* The request as it was then. */
static void request(const struct story *s, const cJSON *choice)
{
    const cJSON *req = cJSON_GetObjectItemCaseSensitive(choice, "request");
    char n[24];
    out_cstr(s->o, "<dl>");
    fact(s, "Order");
    html_say(s->look, word(choice, "order"), s->o);
    out_cstr(s->o, "</dd></div>");
    fact(s, "Need");
    html_say(s->look, word(req, "need"), s->o);
    out_cstr(s->o, "</dd></div>");
    fact(s, "Commune");
    html_place(s->look, word(req, "place"), s->o);
    out_cstr(s->o, "</dd></div>");
    fact(s, "Children");
    count(n, cJSON_GetObjectItemCaseSensitive(req, "children"));
    out_cstr(s->o, n);
    out_cstr(s->o, "</dd></div>");
    fact(s, "Language");
    html(s->o, str_of(word(req, "language")));
    out_cstr(s->o, "</dd></div>");
    fact(s, "Who");
    words_of(s, cJSON_GetObjectItemCaseSensitive(req, "who"), false);
    out_cstr(s->o, "</dd></div>");
    fact(s, "Not from");
    words_of(s, cJSON_GetObjectItemCaseSensitive(req, "avoid"), true);
    out_cstr(s->o, "</dd></div></dl>");
}

static void reasons(const struct story *s, const char *json)
{
    cJSON *choice = json ? cJSON_Parse(json) : NULL;
    if (!choice) {
        out_cstr(s->o, "<p>");
        html_say(s->look, "The reasons were erased with the contact.", s->o);
        out_cstr(s->o, "</p>");
        return;
    }
    request(s, choice);
    title(s, "Collaborators, in the order they would be asked");
    chosen(s, choice, "collaborators");
    rejected(s, choice, "rejected_collaborators", "Collaborators who were not");
    title(s, "Hosts, best first");
    if (!*word(cJSON_GetObjectItemCaseSensitive(choice, "request"), "place")) {
        out_cstr(s->o, "<p>");
        html_say(s->look, "The place is not known, so there is no host.", s->o);
        out_cstr(s->o, "</p>");
    }
    chosen(s, choice, "hosts");
    rejected(s, choice, "rejected_hosts", "Hosts that cannot");
    fallbacks(s, choice);
    cJSON_Delete(choice);
}

/* "Choice of 25/11/2026 10:00 by configuration 6f…" */
static void name_choice(const struct story *s, const struct routing *r)
{
    char when[24];
    struct civil c = civil_of(r->at, s->look->zone);
    snprintf(when, sizeof when, "%02d/%02d %02d:%02d:%02d", c.day, c.month, c.hour, c.minute, c.second);
    html_fill(s->look, s->o, "Choice of *", when);
    out_cstr(s->o, " <small>");
    html_fill(s->look, s->o, "by configuration *", r->stamp);
    out_cstr(s->o, "</small>");
}

static void choices(struct story *s, const char *id)
{
    size_t kept = s->routings < WEB_ROUTINGS ? s->routings : WEB_ROUTINGS;
    out_cstr(s->o, "<section><h2>");
    html_say(s->look, "Why", s->o);
    out_cstr(s->o, "</h2>");
    if (!kept) {
        out_cstr(s->o, "<p>");
        html_say(s->look, "No reasons were kept: it is older than they are.", s->o);
        out_cstr(s->o, "</p>");
    }
    for (size_t i = 0; i < kept; i++) {
        const struct routing *r = &s->last[(s->routings - 1 - i) % WEB_ROUTINGS];
        out_printf(s->o, "<details%s><summary>", i ? "" : " open");
        name_choice(s, r);
        out_cstr(s->o, "</summary>");
        reasons(s, r->json);
        out_cstr(s->o, "</details>\n");
    }
    if (s->routings > kept) {
        out_cstr(s->o, "<p>");
        html_fill(s->look, s->o, "Older choices: hotlinectl journal why *", id);
        out_cstr(s->o, "</p>");
    }
    out_cstr(s->o, "</section>");
}

/* ---- the page ---- */

static void summary(const struct story *s, const struct referral *r)
{
    int at = referral_current(r);
    struct out *o = s->o;
    out_cstr(o, "<dl class=\"facts\">");
    fact(s, "State");
    html_say(s->look, referral_state_name(r->state), o);
    out_cstr(o, "</dd></div>");
    fact(s, "Need");
    html_say(s->look, need_name(r->need), o);
    if (r->urgent) {
        out_cstr(o, ", ");
        html_say(s->look, "urgent", o);
    }
    out_cstr(o, "</dd></div>");
    fact(s, "Commune");
    html_place(s->look, r->place, o);
    out_cstr(o, "</dd></div>");
    fact(s, "With");
    if (at >= 0)
        html(o, str_of(r->offers[at].collaborator));
    else
        html_say(s->look, "nobody", o);
    out_cstr(o, "</dd></div>");
    fact(s, "Host");
    html(o, str_of(at >= 0 && *r->offers[at].host ? r->offers[at].host : "—"));
    out_cstr(o, "</dd></div></dl>");
}

enum err web_referral(const struct store *st, uint64_t id, const struct web_look *look, struct out *o,
                      struct failure *why)
{
    struct story s = {.look = look, .o = o};
    struct referral r;
    char text[ID_TEXT];
    enum err rc = st->ops->referral_get(st->self, id, &r, why);
    if (rc != OK)
        return rc;
    id_text(id, text);
    html_head(look, "Referral *", text, o);
    out_cstr(o, "<p class=\"note\">");
    if (r.drill) {
        out_cstr(o, "<strong class=\"mark drill\">");
        html_say(look, "drill", o);
        out_cstr(o, "</strong> ");
    }
    html_say(look, "That this page was opened is in the journal.", o);
    out_cstr(o, "</p>");
    summary(&s, &r);
    out_cstr(o, "<section><h2>");
    html_say(look, "What happened", o);
    out_cstr(o, "</h2><ol class=\"events\">");
    rc = st->ops->referral_rows(st->self, id, true, each, &s, why);
    out_cstr(o, "</ol></section>\n");
    choices(&s, text);
    html_end(o);
    for (size_t i = 0; i < WEB_ROUTINGS; i++)
        cJSON_free(s.last[i].json);
    return rc;
}
