/* route: who would be asked, and who not and why. */
#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum { REASON = 512 };

/* Everybody of the network is in one list or the other: room for all in each. */
struct answer_set {
    const struct network *net;
    const struct request *req;
    struct choice *hosts;
    struct candidate *people;
    struct rejections no_host, no_people;
    const struct fallback **fallbacks;
    size_t n_hosts, n_people, n_fallbacks;
};

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
    enum err rc = st.ops->load(st.self, count_one, b, &why);
    journal_close(&st);
    if (rc != OK)
        ctl_fail("%s", why.what);
    return rc == OK;
}

static void ask(struct answer_set *s, const struct network *net, const struct request *req,
                const struct burden *b)
{
    const struct load load = {b->host, b->collaborator};
    size_t hosts = net->n_hosts, people = net->n_collaborators;
    s->net = net;
    s->req = req;
    s->hosts = room(hosts, sizeof *s->hosts);
    s->people = room(people, sizeof *s->people);
    s->no_host = (struct rejections){room(hosts, sizeof *s->no_host.items), 0, hosts};
    s->no_people = (struct rejections){room(people, sizeof *s->no_people.items), 0, people};
    s->n_hosts = routing_rank(net, req, &load, s->hosts, hosts, &s->no_host);
    s->n_people = routing_candidates(net, req, &load, s->people, people, &s->no_people);
    s->fallbacks = room(net->n_fallbacks, sizeof *s->fallbacks);
    s->n_fallbacks = routing_fallbacks(net, req, s->fallbacks);
}

static void forget(struct answer_set *s)
{
    free(s->hosts);
    free(s->people);
    free(s->no_host.items);
    free(s->no_people.items);
    free(s->fallbacks);
}

static const char *host_reason(const struct answer_set *s, size_t i, char *buf, size_t cap)
{
    struct out o;
    out_init(&o, buf, cap);
    routing_explain_host(s->net, s->req, &s->hosts[i], &o);
    return buf;
}

static const char *person_reason(const struct answer_set *s, size_t i, char *buf, size_t cap)
{
    struct out o;
    out_init(&o, buf, cap);
    routing_explain_person(s->net, s->req, &s->people[i], &o);
    return buf;
}

static const char *order(const struct answer_set *s, char *buf, size_t cap)
{
    struct out o;
    out_init(&o, buf, cap);
    routing_explain_order(s->net, s->req, &o);
    return buf;
}

static void print_hosts(const struct answer_set *s)
{
    char why[REASON];
    printf("hosts, %s:\n", order(s, why, sizeof why));
    for (size_t i = 0; i < s->n_hosts; i++) {
        const struct choice *c = &s->hosts[i];
        const struct host *h = &s->net->hosts[c->host];
        printf("  %2zu. %-24s %4u min%s  %s, %s\n      %s\n", i + 1, h->id, c->minutes,
               c->estimate ? " (estimate)" : "", host_kind_name(h->kind), h->place->name,
               host_reason(s, i, why, sizeof why));
    }
    for (size_t i = 0; i < s->no_host.n; i++)
        printf("   -  %-24s %s\n", s->net->hosts[s->no_host.items[i].index].id,
               reject_text(s->no_host.items[i].why));
}

static void print_people(const struct answer_set *s)
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

static void print_text(const struct answer_set *s)
{
    print_hosts(s);
    print_people(s);
    puts(s->n_people ? "if none of them accepts:" : "nobody here can be asked:");
    for (size_t i = 0; i < s->n_fallbacks; i++) {
        const struct fallback *f = s->fallbacks[i];
        printf("  %2zu. %s%s%s%s%s\n", i + 1, f->name, f->number ? ", " : "", f->number ? f->number : "",
               f->text ? ": " : "", f->text ? f->text : "");
    }
    if (!s->n_fallbacks)
        puts("   -  policy names no fallback for this need");
}

static void add_rejections(cJSON *o, const char *name, const struct answer_set *s, const struct rejections *r,
                           bool hosts)
{
    cJSON *all = cJSON_AddArrayToObject(o, name);
    for (size_t i = 0; i < r->n; i++) {
        cJSON *one = cJSON_CreateObject();
        size_t k = r->items[i].index;
        cJSON_AddStringToObject(one, "id", hosts ? s->net->hosts[k].id : s->net->collaborators[k].id);
        cJSON_AddStringToObject(one, "why", reject_text(r->items[i].why));
        cJSON_AddItemToArray(all, one);
    }
}

static cJSON *host_json(const struct answer_set *s, size_t i)
{
    char why[REASON];
    const struct choice *c = &s->hosts[i];
    cJSON *one = cJSON_CreateObject();
    cJSON_AddStringToObject(one, "id", s->net->hosts[c->host].id);
    cJSON_AddNumberToObject(one, "minutes", c->minutes);
    cJSON_AddNumberToObject(one, "metres", c->metres);
    cJSON_AddBoolToObject(one, "estimate", c->estimate);
    if (c->table)
        cJSON_AddStringToObject(one, "mode", travel_mode_name((enum travel_mode)c->table->mode));
    if (c->handicap)
        cJSON_AddNumberToObject(one, "handicap", c->handicap);
    cJSON_AddNumberToObject(one, "burden", c->burden);
    cJSON_AddStringToObject(one, "why", host_reason(s, i, why, sizeof why));
    return one;
}

static cJSON *person_json(const struct answer_set *s, size_t i)
{
    char why[REASON];
    const struct candidate *c = &s->people[i];
    cJSON *one = cJSON_CreateObject();
    cJSON_AddStringToObject(one, "id", s->net->collaborators[c->collaborator].id);
    if (c->host >= 0)
        cJSON_AddStringToObject(one, "host", s->net->hosts[c->host].id);
    if (c->instead_of)
        cJSON_AddStringToObject(one, "instead_of", c->instead_of->id);
    cJSON_AddStringToObject(one, "why", person_reason(s, i, why, sizeof why));
    return one;
}

static void add_fallbacks(cJSON *o, const struct answer_set *s)
{
    cJSON *all = cJSON_AddArrayToObject(o, "fallbacks");
    for (size_t i = 0; i < s->n_fallbacks; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "name", s->fallbacks[i]->name);
        if (s->fallbacks[i]->number)
            cJSON_AddStringToObject(one, "number", s->fallbacks[i]->number);
        if (s->fallbacks[i]->text)
            cJSON_AddStringToObject(one, "text", s->fallbacks[i]->text);
        cJSON_AddItemToArray(all, one);
    }
}

static void print_json(const struct answer_set *s)
{
    char why[REASON];
    cJSON *o = cJSON_CreateObject(), *hosts = cJSON_AddArrayToObject(o, "hosts");
    for (size_t i = 0; i < s->n_hosts; i++)
        cJSON_AddItemToArray(hosts, host_json(s, i));
    cJSON *people = cJSON_AddArrayToObject(o, "collaborators");
    for (size_t i = 0; i < s->n_people; i++)
        cJSON_AddItemToArray(people, person_json(s, i));
    add_rejections(o, "rejected_hosts", s, &s->no_host, true);
    add_rejections(o, "rejected_collaborators", s, &s->no_people, false);
    add_fallbacks(o, s);
    cJSON_AddStringToObject(o, "order", order(s, why, sizeof why));
    char *text = cJSON_PrintUnformatted(o);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(o);
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

static bool parse_who(const char *list, unsigned *who)
{
    struct str rest = str_of(list);
    while (rest.n) {
        enum who one;
        if (!who_parse(str_split(&rest, ','), &one))
            return false;
        *who |= one;
    }
    return true;
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
    bool ok = (!need || need_parse(str_of(need), &req->need)) && (!who || parse_who(who, &req->who)) &&
              (!children || str_to_u64(str_of(children), 50, &n)) &&
              (!at || time_parse_rfc3339(str_of(at), &req->at));
    req->children = (unsigned)n;
    return ok;
}

static int answer(const struct ctl *ctl, const struct network *net, const struct request *req,
                  const struct burden *b)
{
    struct answer_set set;
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
