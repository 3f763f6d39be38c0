/* What an officer asks for, from the address of the page. */
#include "web/internal.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <string.h>

enum { QUERY = 2048 };

static const char *value_of(const struct evkeyvalq *all, const char *name)
{
    const char *v = evhttp_find_header(all, name);
    return v ? v : "";
}

static int state_of(const char *text)
{
    for (int s = REFERRAL_OPEN; s <= REFERRAL_UNMET; s++)
        if (strcmp(text, referral_state_name((enum referral_state)s)) == 0)
            return s;
    return -1;
}

/* Its code, or a name as people write it. Many a commune bears the name of the district it was part of: here
 * the field is for communes, so there is no need to ask which was meant. */
static const struct place *place_of(const struct gazetteer *g, struct str text)
{
    struct place_match m[2];
    size_t n = 0;
    const struct place *p = places_by_code(g, text);
    if (p && p->level == PLACE_COMMUNE)
        return p;
    enum places_verdict said = places_find(g, text, m, 2, &n);
    bool by_name = said == PLACES_ASK && m[0].via == m[0].place && m[0].distance == 0 &&
                   (n < 2 || m[1].score < m[0].score);
    return said == PLACES_SURE || by_name ? m[0].place : NULL;
}

static msec date_of(struct web_look *look, const char *text)
{
    msec at = 0;
    if (*text && !time_parse_date(str_of(text), look->zone, &at))
        look->date_unknown = true;
    return at;
}

/* Too long is like not there: nobody typed that. */
static void copy(const char *from, char *to, size_t cap)
{
    if (!str_copy(str_trim(str_of(from)), to, cap))
        *to = '\0';
}

static void read_all(struct web_look *look, const struct evkeyvalq *all)
{
    look->english = strcmp(value_of(all, "lang"), "en") == 0;
    look->state = state_of(value_of(all, "state"));
    copy(value_of(all, "place"), look->place_text, sizeof look->place_text);
    copy(value_of(all, "from"), look->from_text, sizeof look->from_text);
    copy(value_of(all, "to"), look->to_text, sizeof look->to_text);
    if (*look->place_text)
        look->place = place_of(look->places, str_of(look->place_text));
    look->place_unknown = *look->place_text && !look->place;
    look->from = date_of(look, look->from_text);
    look->to = date_of(look, look->to_text);
    look->to += look->to ? DAY_MS : 0; /* that day is in it */
    if (!id_parse(str_of(value_of(all, "before")), &look->before))
        look->before = 0;
}

void web_look_read(struct web_look *look, const struct gazetteer *places, int zone, struct str query)
{
    char text[QUERY];
    struct evkeyvalq all;
    *look = (struct web_look){.places = places, .zone = zone, .state = -1};
    if (!query.n || !str_copy(query, text, sizeof text) || evhttp_parse_query_str(text, &all) != 0)
        return;
    read_all(look, &all);
    evhttp_clear_headers(&all);
}
