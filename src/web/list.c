/* The last referrals, as a table. */
#include "web/internal.h"

#include <string.h>

struct listing {
    const struct web_look *look;
    struct out *o;
    size_t scanned, shown;
    uint64_t last; /* id of the last one looked at */
    bool more;
};

/* ---- the filter ---- */

static void states(const struct web_look *look, struct out *o)
{
    out_cstr(o, "<label><span>");
    html_say(look, "State", o);
    out_cstr(o, "</span><select name=\"state\"><option value=\"\">");
    html_say(look, "all", o);
    out_cstr(o, "</option>");
    for (int s = REFERRAL_OPEN; s <= REFERRAL_UNMET; s++) {
        const char *name = referral_state_name((enum referral_state)s);
        out_printf(o, "<option value=\"%s\"%s>", name, s == look->state ? " selected" : "");
        html_say(look, name, o);
        out_cstr(o, "</option>");
    }
    out_cstr(o, "</select></label>");
}

static void field(const struct web_look *look, const char *label, const char *type, const char *name,
                  const char *value, struct out *o)
{
    out_cstr(o, "<label><span>");
    html_say(look, label, o);
    out_printf(o, "</span><input type=\"%s\" name=\"%s\" value=\"", type, name);
    html(o, str_of(value));
    out_cstr(o, "\"></label>");
}

static void complaint(const struct web_look *look, bool wrong, const char *what, struct out *o)
{
    if (!wrong)
        return;
    out_cstr(o, "<p class=\"wrong\" role=\"alert\">");
    html_say(look, what, o);
    out_cstr(o, "</p>");
}

static void filter(const struct web_look *look, struct out *o)
{
    out_cstr(o, "<form method=\"get\" action=\"/referrals\">");
    if (look->english)
        out_cstr(o, "<input type=\"hidden\" name=\"lang\" value=\"en\">");
    states(look, o);
    field(look, "Commune", "search", "place", look->place_text, o);
    field(look, "From", "date", "from", look->from_text, o);
    field(look, "To", "date", "to", look->to_text, o);
    out_cstr(o, "<p><button>");
    html_say(look, "Show", o);
    out_printf(o, "</button> <a href=\"/referrals%s\">", look->english ? "?lang=en" : "");
    html_say(look, "Everything", o);
    out_cstr(o, "</a></p></form>");
    complaint(look, look->place_unknown, "no such commune", o);
    complaint(look, look->date_unknown, "no such date", o);
}

/* ---- the table ---- */

static const char *const columns[] = {"Id", "Opened", "Need", "Commune", "State", "With", "Host"};

static void heading(const struct web_look *look, struct out *o)
{
    out_cstr(o, "<table><thead><tr>");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        out_cstr(o, "<th scope=\"col\">");
        html_say(look, columns[i], o);
        out_cstr(o, "</th>");
    }
    out_cstr(o, "</tr></thead>\n<tbody>");
}

/* On a narrow screen each cell is a line and names itself. */
static void cell(const struct web_look *look, size_t column, struct out *o)
{
    out_cstr(o, "</td><td data-label=\"");
    html_say(look, columns[column], o);
    out_cstr(o, "\">");
}

static void mark(const struct web_look *look, bool is, const char *what, struct out *o)
{
    if (!is)
        return;
    out_printf(o, " <strong class=\"mark %s\">", what);
    html_say(look, what, o);
    out_cstr(o, "</strong>");
}

static void line(const struct web_look *look, const struct referral *r, struct out *o)
{
    char id[ID_TEXT];
    int at = referral_current(r);
    id_text(r->id, id);
    out_printf(o, "<tr><td data-label=\"");
    html_say(look, columns[0], o);
    out_printf(o, "\"><a href=\"/referrals/%s%s\">%s</a>", id, look->english ? "?lang=en" : "", id);
    mark(look, r->drill, "drill", o);
    cell(look, 1, o);
    html_time(look, r->opened_at, o);
    cell(look, 2, o);
    html_say(look, need_name(r->need), o);
    mark(look, r->urgent, "urgent", o);
    cell(look, 3, o);
    html_place(look, r->place, o);
    cell(look, 4, o);
    out_printf(o, "<span class=\"state %s\">", referral_state_name(r->state));
    html_say(look, referral_state_name(r->state), o);
    out_cstr(o, "</span>");
    cell(look, 5, o);
    if (at >= 0)
        html(o, str_of(r->offers[at].collaborator));
    else
        html_say(look, "nobody", o);
    cell(look, 6, o);
    html(o, str_of(at >= 0 ? r->offers[at].host : ""));
    out_cstr(o, "</td></tr>\n");
}

static bool wanted(const struct web_look *look, const struct referral *r)
{
    return (look->state < 0 || (int)r->state == look->state) &&
           (!look->place || strcmp(look->place->code, r->place) == 0) &&
           (!look->to || r->opened_at < look->to);
}

static bool each(void *listing, const struct referral *r)
{
    struct listing *l = listing;
    if (l->look->from && r->opened_at < l->look->from)
        return false;
    if (l->scanned == WEB_SCANNED || l->shown == WEB_LISTED) {
        l->more = true;
        return false;
    }
    l->scanned++;
    l->last = r->id;
    if (!wanted(l->look, r))
        return true;
    if (l->shown++ == 0)
        heading(l->look, l->o);
    line(l->look, r, l->o);
    return true;
}

static void pages(const struct listing *l)
{
    const struct web_look *look = l->look;
    out_cstr(l->o, "<nav class=\"pages\">");
    if (look->before) {
        out_cstr(l->o, "<a href=\"");
        html_link(look, look->english, 0, l->o);
        out_cstr(l->o, "\">");
        html_say(look, "Newest", l->o);
        out_cstr(l->o, "</a> ");
    }
    if (l->more) {
        out_cstr(l->o, "<a rel=\"next\" href=\"");
        html_link(look, look->english, l->last, l->o);
        out_cstr(l->o, "\">");
        html_say(look, "Older", l->o);
        out_cstr(l->o, "</a>");
    }
    out_cstr(l->o, "</nav>");
}

/* Where to begin: ids begin with the time. */
static uint64_t below(const struct web_look *look)
{
    uint64_t to = look->to ? engine_referral_id(look->to) : 0;
    return !to || (look->before && look->before < to) ? look->before : to;
}

enum err web_referrals(const struct store *st, const struct web_look *look, struct out *o,
                       struct failure *why)
{
    struct listing l = {.look = look, .o = o};
    html_head(look, "Referrals", NULL, o);
    filter(look, o);
    enum err rc = st->ops->referral_list(st->self, below(look), each, &l, why);
    if (rc != OK)
        return rc;
    out_cstr(o, l.shown ? "</tbody></table>" : "<p>");
    if (!l.shown) {
        html_say(look, l.more ? "None of the last ones fits; look at older ones." : "No referral fits.", o);
        out_cstr(o, "</p>");
    }
    pages(&l);
    html_end(o);
    return OK;
}
