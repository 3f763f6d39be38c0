/* The reasons of a choice, in words for staff. */
#include "routing/internal.h"

#include <string.h>

static const char *file_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

static void base_time(const struct network *net, const struct request *req, const struct choice *c,
                      struct out *o)
{
    if (c->table)
        out_printf(o, "known time by %s", travel_mode_name((enum travel_mode)c->table->mode));
    else
        out_printf(o, "estimate: %.1f km, great circle x %.3g at %.3g km/h", c->metres / 1000.0,
                   routing_detour(net, req->from, net->hosts[c->host].place), net->speed_kmh);
}

static void time_in_words(const struct network *net, const struct request *req, const struct choice *c,
                          struct out *o)
{
    if (!c->by || c->by->kind != OVERRIDE_MINUTES)
        base_time(net, req, c, o);
    if (c->by && c->by->kind == OVERRIDE_PERCENT)
        out_printf(o, ", x %.3g", c->by->value / 100.0);
    if (c->by)
        out_printf(o, "%sat this time by %s:%d", c->by->kind == OVERRIDE_PERCENT ? " " : "",
                   file_name(c->by->pos.file), c->by->pos.line);
}

static void handicap_in_words(const struct choice *c, struct out *o)
{
    static const struct {
        unsigned bit;
        const char *text;
    } reasons[] = {{UNFIT_CHILD, "children are not received"},
                   {UNFIT_ACCESS, "not accessible"},
                   {UNFIT_LANGUAGE, "the language is not spoken there"}};
    const char *between = ": ";
    out_printf(o, "; counts as %u min further", c->handicap);
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (c->unfit & reasons[i].bit) {
            out_printf(o, "%s%s", between, reasons[i].text);
            between = ", ";
        }
}

void routing_explain_host(const struct network *net, const struct request *req, const struct choice *c,
                          struct out *o)
{
    const struct host *h = &net->hosts[c->host];
    time_in_words(net, req, c, o);
    if (c->handicap)
        handicap_in_words(c, o);
    if (h->capacity)
        out_printf(o, "; %u of %d places taken", c->burden, h->capacity);
    else if (c->burden)
        out_printf(o, "; receives %u now", c->burden);
}

void routing_explain_order(const struct network *net, const struct request *req, struct out *o)
{
    if (req->urgent)
        out_cstr(o, "urgent: the nearest first");
    else if (net->spread_minutes)
        out_printf(o, "the nearest first, within %d min the least burdened", net->spread_minutes);
    else
        out_cstr(o, "the nearest first");
}

void routing_explain_person(const struct network *net, const struct request *req, const struct candidate *c,
                            struct out *o)
{
    if (c->host >= 0)
        out_printf(o, "for %s", net->hosts[c->host].id);
    else if (c->local)
        out_cstr(o, "for no host");
    else
        out_cstr(o, "last in line");
    if (c->speaks)
        out_printf(o, "; speaks %.*s", (int)strcspn(req->lang, "-"), req->lang);
    if (c->local)
        out_cstr(o, "; serves the commune");
    if (c->burden)
        out_printf(o, "; %u open", c->burden);
    if (c->instead_of)
        out_printf(o, "; stands in for %s", c->instead_of->id);
}

size_t routing_fallbacks(const struct network *net, const struct request *req, const struct fallback **out)
{
    uint32_t wanted = 1u << req->need | (req->who & WHO_CHILD ? 1u << NEED_CHILD : 0);
    size_t n = 0;
    for (size_t i = 0; i < net->n_fallbacks; i++)
        if (!net->fallbacks[i].needs || net->fallbacks[i].needs & wanted)
            out[n++] = &net->fallbacks[i];
    return n;
}
