/* Pieces of the officers' pages. */
#include "web/internal.h"

#include <stdarg.h>
#include <string.h>

enum { SAID = 1024 };

void html(struct out *o, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        switch (s.s[i]) {
        case '&':
            out_cstr(o, "&amp;");
            break;
        case '<':
            out_cstr(o, "&lt;");
            break;
        case '>':
            out_cstr(o, "&gt;");
            break;
        case '"':
            out_cstr(o, "&quot;");
            break;
        default:
            out_char(o, s.s[i]);
        }
}

static void say(const struct web_look *look, struct str english, struct out *o)
{
    char buf[SAID];
    struct out said;
    if (look->english) {
        html(o, english);
        return;
    }
    out_init(&said, buf, sizeof buf);
    web_vietnamese(english, &said);
    html(o, out_span(&said));
}

void html_say(const struct web_look *look, const char *english, struct out *o)
{
    say(look, str_of(english), o);
}

void html_fill(const struct web_look *look, struct out *o, const char *english, ...)
{
    char buf[SAID];
    struct out said;
    va_list ap;
    out_init(&said, buf, sizeof buf);
    va_start(ap, english);
    for (; *english; english++) {
        if (*english == '*')
            out_cstr(&said, va_arg(ap, const char *));
        else
            out_char(&said, *english);
    }
    va_end(ap);
    say(look, out_span(&said), o);
}

void html_phrases(const struct web_look *look, const char *english, struct out *o)
{
    for (const char *end; english; english = end ? end + 2 : NULL) {
        end = strstr(english, "; ");
        say(look, (struct str){english, end ? (size_t)(end - english) : strlen(english)}, o);
        out_cstr(o, end ? "; " : "");
    }
}

void html_time(const struct web_look *look, msec at, struct out *o)
{
    char machine[32];
    struct civil c = civil_of(at, look->zone);
    time_rfc3339(at, look->zone, machine, sizeof machine);
    out_printf(o, "<time datetime=\"%s\">%02d/%02d/%04d %02d:%02d</time>", machine, c.day, c.month, c.year,
               c.hour, c.minute);
}

void html_place(const struct web_look *look, const char *code, struct out *o)
{
    const struct place *p = *code ? places_by_code(look->places, str_of(code)) : NULL;
    if (p)
        html(o, str_of(p->name));
    else if (*code)
        html(o, str_of(code));
    else
        html_say(look, "not known", o);
}

/* ---- addresses ---- */

static void percent(struct out *o, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (plain)
            out_char(o, *s);
        else
            out_printf(o, "%%%02X", c);
    }
}

static void parameter(struct out *o, bool *first, const char *name, const char *value)
{
    if (!*value)
        return;
    out_printf(o, "%s%s=", *first ? "?" : "&amp;", name);
    percent(o, value);
    *first = false;
}

void html_link(const struct web_look *look, bool english, uint64_t before, struct out *o)
{
    char id[ID_TEXT] = "";
    bool first = true;
    if (before)
        id_text(before, id);
    out_cstr(o, "/referrals");
    parameter(o, &first, "lang", english ? "en" : "");
    parameter(o, &first, "state",
              look->state >= 0 ? referral_state_name((enum referral_state)look->state) : "");
    parameter(o, &first, "place", look->place_text);
    parameter(o, &first, "from", look->from_text);
    parameter(o, &first, "to", look->to_text);
    parameter(o, &first, "before", id);
}

/* ---- around a page ---- */

static void other_language(const struct web_look *look, const char *id, struct out *o)
{
    out_printf(o, "<a lang=\"%s\" hreflang=\"%s\" href=\"", look->english ? "vi" : "en",
               look->english ? "vi" : "en");
    if (id)
        out_printf(o, "/referrals/%s%s", id, look->english ? "" : "?lang=en");
    else
        html_link(look, !look->english, look->before, o);
    out_printf(o, "\">%s</a>", look->english ? "Tiếng Việt" : "English");
}

void html_head(const struct web_look *look, const char *title, const char *id, struct out *o)
{
    out_printf(o,
               "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
               "<meta name=\"color-scheme\" content=\"light dark\"><title>",
               look->english ? "en" : "vi");
    html_fill(look, o, title, id);
    out_cstr(o, "</title><link rel=\"stylesheet\" href=\"/referrals/referrals.css\"></head>\n"
                "<body><header><h1>");
    html_fill(look, o, title, id);
    out_cstr(o, "</h1><nav>");
    if (id) {
        out_printf(o, "<a href=\"/referrals%s\">", look->english ? "?lang=en" : "");
        html_say(look, "All referrals", o);
        out_cstr(o, "</a> ");
    }
    other_language(look, id, o);
    out_cstr(o, "</nav></header>\n<main>");
}

void html_end(struct out *o)
{
    out_cstr(o, "</main></body></html>\n");
}
