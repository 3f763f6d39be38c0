/* route: who would be asked, and who not and why. */
#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"

#include <stdlib.h>
#include <string.h>

enum { REASON = 512 };

static void *room(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    if (!p)
        abort();
    return p;
}

/* The burden as the daemon counts it, by index. */
struct burden {
    const struct network *net;
    uint16_t *host, *collaborator;
};

static void count_one(void *ctx, const struct referral *r)
{
    struct burden *b = ctx;
    engine_load(b->net, r, 1, b->host, b->collaborator);
}

static bool count_burden(struct ctl *ctl, struct burden *b)
{
    struct store st;
    struct failure why = {OK, ""};
    if (!ctl_store(ctl, JOURNAL_READ, &st))
        return false;
    enum err rc = st.ops->load(st.self, false, count_one, b, &why);
    journal_close(&st);
    if (rc != OK)
        ctl_fail("%s", why.what);
    return rc == OK;
}

/* Everybody of the network is in one list or the other: room for all in each. */
static void ask(struct reasons *s, const struct network *net, const struct request *req,
                const struct burden *b)
{
    const struct load load = {b->host, b->collaborator};
    size_t hosts = net->n_hosts, people = net->n_collaborators;
    *s = (struct reasons){.net = net,
                          .req = req,
                          .hosts = room(hosts, sizeof *s->hosts),
                          .people = room(people, sizeof *s->people),
                          .max_hosts = hosts,
                          .max_people = people,
                          .no_host = {room(hosts, sizeof *s->no_host.items), 0, hosts},
                          .no_people = {room(people, sizeof *s->no_people.items), 0, people}};
    routing_reasons(s, &load);
}

static void forget(struct reasons *s)
{
    free(s->hosts);
    free(s->people);
    free(s->no_host.items);
    free(s->no_people.items);
}

static const char *host_reason(const struct reasons *s, size_t i, char *buf, size_t cap)
{
    struct out o;
    out_init(&o, buf, cap);
    routing_explain_host(s->net, s->req, &s->hosts[i], &o);
    return buf;
}

static const char *person_reason(const struct reasons *s, size_t i, char *buf, size_t cap)
{
    struct out o;
    out_init(&o, buf, cap);
    routing_explain_person(s->net, s->req, &s->people[i], &o);
    return buf;
}

static const char *order(const struct reasons *s, char *buf, size_t cap)
{
    struct out o;
    out_init(&o, buf, cap);
    routing_explain_order(s->net, s->req, &o);
    return buf;
}

static void print_phones(const struct host *h)
{
    for (size_t i = 0; i < h->n_phones; i++)
        printf("%s%s", i ? ", then " : "      call ", h->phones[i]);
    if (h->n_phones)
        putchar('\n');
}

static void print_hosts(const struct reasons *s)
{
    char why[REASON];
    printf("hosts, %s:\n", order(s, why, sizeof why));
    for (size_t i = 0; i < s->n_hosts; i++) {
        const struct choice *c = &s->hosts[i];
        const struct host *h = &s->net->hosts[c->host];
        printf("  %2zu. %-24s %4u min%s  %s, %s\n      %s\n", i + 1, h->id, c->minutes,
               c->estimate ? " (estimate)" : "", host_kind_name(h->kind), h->place->name,
               host_reason(s, i, why, sizeof why));
        print_phones(h);
    }
    for (size_t i = 0; i < s->no_host.n; i++)
        printf("   -  %-24s %s\n", s->net->hosts[s->no_host.items[i].index].id,
               reject_text(s->no_host.items[i].why));
}

static void print_people(const struct reasons *s)
{
    char why[REASON];
    puts("collaborators, in the order they would be asked:");
    for (size_t i = 0; i < s->n_people; i++)
        printf("  %2zu. %-24s %s\n", i + 1, s->net->collaborators[s->people[i].collaborator].id,
               person_reason(s, i, why, sizeof why));
    for (size_t i = 0; i < s->no_people.n; i++)
        printf("   -  %-24s %s\n", s->net->collaborators[s->no_people.items[i].index].id,
               reject_text(s->no_people.items[i].why));
}

static void print_text(const struct reasons *s)
{
    print_hosts(s);
    print_people(s);
    puts(s->n_people ? "if none of them accepts:" : "nobody here can be asked:");
    int n = 0;
    for (size_t i = 0; i < s->net->n_fallbacks; i++) {
        const struct fallback *f = &s->net->fallbacks[i];
        if (routing_falls_to(f, s->req))
            printf("  %2d. %s%s%s%s%s\n", ++n, f->name, f->number ? ", " : "", f->number ? f->number : "",
                   f->text ? ": " : "", f->text ? f->text : "");
    }
    if (!n)
        puts("   -  policy names no fallback for this need");
}

static void print_json(const struct reasons *s)
{
    struct out o = {.overflow = true};
    char *buf = NULL;
    for (size_t cap = 1u << 16; o.overflow; cap *= 4) {
        free(buf);
        buf = room(cap, 1);
        out_init(&o, buf, cap);
        routing_reasons_json(s, false, &o);
    }
    puts(buf);
    free(buf);
}

static int find_place(const struct snapshot *s, const char *text, const char *code, const struct place **out)
{
    struct place_match m[5];
    size_t n = 0;
    if (code) {
        *out = places_by_code(s->places, str_of(code));
        return *out && (*out)->level == PLACE_COMMUNE ? CTL_OK
                                                      : ctl_fail("no commune in force has the code %s", code);
    }
    enum places_verdict v = places_find(s->places, str_of(text), m, 5, &n);
    if (v == PLACES_SURE) {
        *out = m[0].place;
        return CTL_OK;
    }
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "  %s %s %s\n", m[i].place->code, m[i].place->type, m[i].place->name);
    return ctl_fail(n ? "\"%s\" can mean several places; use --code" : "\"%s\" is no place known here", text);
}

static int parse_avoid(const struct snapshot *s, const char *list, struct request *req)
{
    struct str rest = str_of(list);
    while (rest.n) {
        struct str code = str_split(&rest, ',');
        const struct place *p = places_by_code(s->places, code);
        if (!p || p->level != PLACE_COMMUNE)
            return ctl_fail("no commune in force has the code %.*s", STR_ARG(code));
        if (req->n_avoid == sizeof req->avoid / sizeof req->avoid[0])
            return ctl_fail("at most %zu communes can be excluded", req->n_avoid);
        req->avoid[req->n_avoid++] = p;
    }
    return CTL_OK;
}

static bool parse_request(int argc, char **argv, struct request *req)
{
    const char *need = ctl_option(argc, argv, "--need"), *children = ctl_option(argc, argv, "--children"),
               *at = ctl_option(argc, argv, "--at"), *who = ctl_option(argc, argv, "--who");
    uint64_t n = 0;
    *req = (struct request){.need = NEED_SHELTER,
                            .urgent = ctl_flag(argc, argv, "--urgent"),
                            .lang = ctl_option(argc, argv, "--lang"),
                            .at = clock_ms()};
    bool ok = (!need || need_parse(str_of(need), &req->need)) && who_parse_list(str_of(who), &req->who) &&
              (!children || str_to_u64(str_of(children), 50, &n)) &&
              (!at || time_parse_rfc3339(str_of(at), &req->at));
    req->children = (unsigned)n;
    req->who = who_of(req->need, req->who);
    return ok;
}

static int answer(const struct ctl *ctl, const struct network *net, const struct request *req,
                  const struct burden *b)
{
    struct reasons set;
    ask(&set, net, req, b);
    if (ctl->json)
        print_json(&set);
    else
        print_text(&set);
    forget(&set);
    return set.n_people ? CTL_OK : CTL_FAILED;
}

int cmd_route(struct ctl *ctl, int argc, char **argv)
{
    const char *place = ctl_option(argc, argv, "--place"), *code = ctl_option(argc, argv, "--code");
    const char *avoid = ctl_option(argc, argv, "--avoid");
    bool load = ctl_flag(argc, argv, "--load");
    struct request req;
    if (!parse_request(argc, argv, &req) || ctl_leftover(argc, argv) || ctl_word(argc, argv, 0) ||
        !place == !code)
        return ctl_usage("route --place TEXT | --code C [--need "
                         "danger|shelter|talk|medical|legal|child|info|harm] [--children N] "
                         "[--who self|other|man|child|elder|disabled,...] [--lang L] "
                         "[--avoid C,...] [--at 2026-11-25T22:00:00+07:00] [--urgent] [--load]");
    const struct snapshot *s = ctl_rules(ctl);
    if (!s || find_place(s, place, code, &req.from) != CTL_OK)
        return CTL_FAILED;
    if (avoid && parse_avoid(s, avoid, &req) != CTL_OK)
        return CTL_FAILED;
    struct burden b = {s->network, room(s->network->n_hosts, sizeof *b.host),
                       room(s->network->n_collaborators, sizeof *b.collaborator)};
    bool counted = !load || count_burden(ctl, &b);
    int rc = counted ? answer(ctl, s->network, &req, &b) : CTL_FAILED;
    free(b.host);
    free(b.collaborator);
    return rc;
}
