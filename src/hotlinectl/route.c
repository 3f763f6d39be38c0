/* route: who would be asked, and who not and why. */
#include "hotlinectl/hotlinectl.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* Everybody of the network is in one list or the other: room for all in each. */
struct answer_set {
    const struct network *net;
    struct choice *hosts;
    struct candidate *people;
    struct rejections no_host, no_people;
    size_t n_hosts, n_people;
};

static void *room(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    if (!p)
        abort();
    return p;
}

static void ask(struct answer_set *s, const struct network *net, const struct request *req)
{
    size_t hosts = net->n_hosts, people = net->n_collaborators;
    s->net = net;
    s->hosts = room(hosts, sizeof *s->hosts);
    s->people = room(people, sizeof *s->people);
    s->no_host = (struct rejections){room(hosts, sizeof *s->no_host.items), 0, hosts};
    s->no_people = (struct rejections){room(people, sizeof *s->no_people.items), 0, people};
    s->n_hosts = routing_rank(net, req, NULL, s->hosts, hosts, &s->no_host);
    s->n_people = routing_candidates(net, req, NULL, s->people, people, &s->no_people);
}

static void forget(struct answer_set *s)
{
    free(s->hosts);
    free(s->people);
    free(s->no_host.items);
    free(s->no_people.items);
}

static void print_text(const struct answer_set *s)
{
    puts("hosts:");
    for (size_t i = 0; i < s->n_hosts; i++) {
        const struct choice *c = &s->hosts[i];
        const struct host *h = &s->net->hosts[c->host];
        printf("  %2zu. %-24s %4u min%s %6.1f km  %s, %s\n", i + 1, h->id, c->minutes,
               c->estimate ? " (estimate)" : "", c->metres / 1000.0, host_kind_name(h->kind), h->place->name);
        if (c->handicap)
            printf("      less fit for who asks: counts as %u minutes further away\n", c->handicap);
    }
    for (size_t i = 0; i < s->no_host.n; i++)
        printf("   -  %-24s %s\n", s->net->hosts[s->no_host.items[i].index].id,
               reject_text(s->no_host.items[i].why));
    puts("collaborators, in the order they would be asked:");
    for (size_t i = 0; i < s->n_people; i++)
        printf("  %2zu. %-24s %s%s\n", i + 1, s->net->collaborators[s->people[i].collaborator].id,
               s->people[i].host >= 0 ? "for " : "",
               s->people[i].host >= 0 ? s->net->hosts[s->people[i].host].id : "");
    for (size_t i = 0; i < s->no_people.n; i++)
        printf("   -  %-24s %s\n", s->net->collaborators[s->no_people.items[i].index].id,
               reject_text(s->no_people.items[i].why));
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

static void print_json(const struct answer_set *s)
{
    cJSON *o = cJSON_CreateObject(), *hosts = cJSON_AddArrayToObject(o, "hosts");
    for (size_t i = 0; i < s->n_hosts; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "id", s->net->hosts[s->hosts[i].host].id);
        cJSON_AddNumberToObject(one, "minutes", s->hosts[i].minutes);
        cJSON_AddNumberToObject(one, "metres", s->hosts[i].metres);
        cJSON_AddBoolToObject(one, "estimate", s->hosts[i].estimate);
        if (s->hosts[i].handicap)
            cJSON_AddNumberToObject(one, "handicap", s->hosts[i].handicap);
        cJSON_AddItemToArray(hosts, one);
    }
    cJSON *people = cJSON_AddArrayToObject(o, "collaborators");
    for (size_t i = 0; i < s->n_people; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "id", s->net->collaborators[s->people[i].collaborator].id);
        if (s->people[i].host >= 0)
            cJSON_AddStringToObject(one, "host", s->net->hosts[s->people[i].host].id);
        cJSON_AddItemToArray(people, one);
    }
    add_rejections(o, "rejected_hosts", s, &s->no_host, true);
    add_rejections(o, "rejected_collaborators", s, &s->no_people, false);
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

int cmd_route(struct ctl *ctl, int argc, char **argv)
{
    const char *place = ctl_option(argc, argv, "--place"), *code = ctl_option(argc, argv, "--code");
    const char *need = ctl_option(argc, argv, "--need"), *children = ctl_option(argc, argv, "--children");
    const char *avoid = ctl_option(argc, argv, "--avoid"), *at = ctl_option(argc, argv, "--at"),
               *who = ctl_option(argc, argv, "--who");
    struct request req = {.need = NEED_SHELTER, .urgent = ctl_flag(argc, argv, "--urgent"), .at = clock_ms()};
    uint64_t n = 0;
    bool wrong = ctl_leftover(argc, argv) || ctl_word(argc, argv, 0) || !place == !code ||
                 (need && !need_parse(str_of(need), &req.need)) || (who && !parse_who(who, &req.who)) ||
                 (children && !str_to_u64(str_of(children), 50, &n)) ||
                 (at && !time_parse_rfc3339(str_of(at), &req.at));
    if (wrong)
        return ctl_usage("route --place TEXT | --code C [--need "
                         "danger|shelter|talk|medical|legal|child|info|harm] [--children N] "
                         "[--who self|other|man|child|elder|disabled,...] "
                         "[--avoid C] [--at 2026-11-25T22:00:00+07:00] [--urgent]");
    const struct snapshot *s = ctl_rules(ctl);
    if (!s || find_place(s, place, code, &req.from) != CTL_OK)
        return CTL_FAILED;
    req.children = (unsigned)n;
    if (avoid) {
        req.avoid[0] = places_by_code(s->places, str_of(avoid));
        if (!req.avoid[0])
            return ctl_fail("no place has the code %s", avoid);
        req.n_avoid = 1;
    }
    struct answer_set set;
    ask(&set, s->network, &req);
    if (ctl->json)
        print_json(&set);
    else
        print_text(&set);
    forget(&set);
    return set.n_people ? CTL_OK : CTL_FAILED;
}
