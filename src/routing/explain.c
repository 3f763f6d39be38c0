/* The reasons of a choice, in words for staff. */
#include "routing/internal.h"

#include <string.h>

static const char *file_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

/* A number and what stands before and after it. */
static void counted(struct out *o, const char *before, uint64_t n, const char *after)
{
    out_cstr(o, before);
    out_u64(o, n);
    out_cstr(o, after);
}

static void named(struct out *o, const char *before, const char *id)
{
    out_cstr(o, before);
    out_cstr(o, id);
}

/* As %.3g prints it. This is done for every referral, and printf takes its time. */
static void rounded(struct out *o, double v)
{
    unsigned n = (unsigned)(v * 100 + 0.5);
    if (v < 1 || v >= 100 || (v >= 10 && n % 10)) {
        out_printf(o, "%.3g", v);
        return;
    }
    out_u64(o, n / 100);
    if (n % 100)
        out_char(o, '.'), out_u64(o, n / 10 % 10);
    if (n % 10)
        out_u64(o, n % 10);
}

static void estimate_in_words(const struct network *net, const struct request *req, const struct choice *c,
                              struct out *o)
{
    unsigned tenths = (c->metres + 50) / 100;
    counted(o, "estimate: ", tenths / 10, ".");
    out_u64(o, tenths % 10);
    out_cstr(o, " km, great circle x ");
    rounded(o, routing_detour(net, req->from, net->hosts[c->host].place));
    out_cstr(o, " at ");
    rounded(o, net->speed_kmh);
    out_cstr(o, " km/h");
}

static void base_time(const struct network *net, const struct request *req, const struct choice *c,
                      struct out *o)
{
    if (c->table)
        named(o, "known time by ", travel_mode_name((enum travel_mode)c->table->mode));
    else
        estimate_in_words(net, req, c, o);
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
    counted(o, "; counts as ", c->handicap, " min further");
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (c->unfit & reasons[i].bit) {
            named(o, between, reasons[i].text);
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
    if (h->capacity) {
        counted(o, "; ", c->burden, " of ");
        counted(o, "", (uint64_t)h->capacity, " places taken");
    } else if (c->burden) {
        counted(o, "; receives ", c->burden, " now");
    }
}

void routing_explain_order(const struct network *net, const struct request *req, struct out *o)
{
    if (req->urgent)
        out_cstr(o, "urgent: the nearest first");
    else if (net->spread_minutes)
        counted(o, "the nearest first, within ", (uint64_t)net->spread_minutes, " min the least burdened");
    else
        out_cstr(o, "the nearest first");
}

void routing_explain_person(const struct network *net, const struct request *req, const struct candidate *c,
                            struct out *o)
{
    if (c->host >= 0)
        named(o, "for ", net->hosts[c->host].id);
    else if (c->local)
        out_cstr(o, "for no host");
    else
        out_cstr(o, "last in line");
    if (c->speaks)
        out_cstr(o, "; speaks "), out_bytes(o, req->lang, strcspn(req->lang, "-"));
    if (c->local)
        out_cstr(o, "; serves the commune");
    if (c->burden)
        counted(o, "; ", c->burden, " open");
    if (c->instead_of)
        named(o, "; stands in for ", c->instead_of->id);
}

bool routing_falls_to(const struct fallback *f, const struct request *req)
{
    uint32_t wanted = 1u << req->need | (req->who & WHO_CHILD ? 1u << NEED_CHILD : 0);
    return !f->needs || f->needs & wanted;
}
