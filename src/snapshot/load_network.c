/* Hosts, collaborators, endpoints and policy from the files of the network folder. */
#include "snapshot/snapshot.h"

#include "text/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct raw_policy {
    struct cfg_pos pos;
    double speed_kmh, detour;
    int64_t max_minutes, max_offers;
    msec offer_timeout, offer_timeout_urgent;
    bool urgent_without_consent, share_phone;
};

struct raw_endpoint {
    struct cfg_pos pos;
    const char *id, *url, *secret, *token;
    bool drill;
};

struct raw_host {
    struct cfg_pos pos;
    const char *id, *name, *place, *hours, *meeting_point, *valid_from, *valid_to;
    int kind;
    uint32_t needs;
    bool men, accessible, is_public;
    int64_t children, capacity;
    double lat, lon;
    struct cfg_strings avoid;
};

struct raw_collaborator {
    struct cfg_pos pos;
    const char *id, *name, *phone, *endpoint, *rota;
    struct cfg_strings places, hosts;
    int64_t max_open;
    bool duty;
};

struct raw_file {
    struct raw_policy policy;
    struct cfg_list endpoints, hosts, collaborators;
};

static const struct cfg_word need_words[] = {
    {"danger", NEED_DANGER},   {"shelter", NEED_SHELTER}, {"talk", NEED_TALK},
    {"medical", NEED_MEDICAL}, {"legal", NEED_LEGAL},     {"child", NEED_CHILD},
    {"info", NEED_INFO},       {"harm", NEED_HARM},       {NULL, 0}};
static const struct cfg_word kind_words[] = {{"trusted-address", HOST_TRUSTED_ADDRESS},
                                             {"shelter", HOST_SHELTER},
                                             {"health", HOST_HEALTH},
                                             {"police", HOST_POLICE},
                                             {"legal", HOST_LEGAL},
                                             {"social", HOST_SOCIAL},
                                             {NULL, 0}};

#define AT(member) offsetof(struct raw_policy, member)
static const struct cfg_key policy_keys[] = {
    {.name = "speed_kmh",
     .type = CFG_FLOAT,
     .offset = AT(speed_kmh),
     .dflt = "25",
     .min = 1,
     .max = 120,
     .help = "speed of the estimate where no travel time is known"},
    {.name = "detour",
     .type = CFG_FLOAT,
     .offset = AT(detour),
     .dflt = "1.8",
     .min = 1,
     .max = 10,
     .help = "how much longer the road is than the straight line"},
    {.name = "max_minutes",
     .type = CFG_INT,
     .offset = AT(max_minutes),
     .dflt = "0",
     .min = 0,
     .max = 10000,
     .help = "hosts further away are not offered; 0: no limit"},
    {.name = "max_offers",
     .type = CFG_INT,
     .offset = AT(max_offers),
     .dflt = "8",
     .min = 1,
     .max = REFERRAL_OFFERS,
     .help = "after so many offers a referral is unmet"},
    {.name = "offer_timeout",
     .type = CFG_DURATION,
     .offset = AT(offer_timeout),
     .dflt = "15m",
     .min = 100,
     .max = 86400e3,
     .help = "an offer not answered by then goes to the next in line"},
    {.name = "offer_timeout_urgent",
     .type = CFG_DURATION,
     .offset = AT(offer_timeout_urgent),
     .dflt = "3m",
     .min = 100,
     .max = 86400e3,
     .help = "the same in danger"},
    {.name = "urgent_without_consent",
     .type = CFG_BOOL,
     .offset = AT(urgent_without_consent),
     .dflt = "true",
     .help = "danger may be shared, with place and urgency alone, before consent"},
    {.name = "share_phone",
     .type = CFG_BOOL,
     .offset = AT(share_phone),
     .dflt = "true",
     .help = "the accepting collaborator's number goes to the contact"},
    {0},
};
static const struct cfg_schema policy_schema = {"policy", sizeof(struct raw_policy), policy_keys, true};
#undef AT
#define AT(member) offsetof(struct raw_endpoint, member)
static const struct cfg_key endpoint_keys[] = {
    {.name = "id",
     .type = CFG_STRING,
     .offset = AT(id),
     .required = true,
     .min = 1,
     .max = 31,
     .help = "its name"},
    {.name = "url",
     .type = CFG_STRING,
     .offset = AT(url),
     .required = true,
     .min = 8,
     .max = 500,
     .help = "where alerts are posted, http:// or https://"},
    {.name = "secret",
     .type = CFG_STRING,
     .offset = AT(secret),
     .required = true,
     .min = 1,
     .max = 63,
     .help = "name of the secret that signs alerts"},
    {.name = "token",
     .type = CFG_STRING,
     .offset = AT(token),
     .min = 1,
     .max = 63,
     .help = "name of the secret its answers are authenticated with"},
    {.name = "drill",
     .type = CFG_BOOL,
     .offset = AT(drill),
     .dflt = "false",
     .help = "takes drills and nothing else"},
    {0},
};
static const struct cfg_schema endpoint_schema = {"endpoint", sizeof(struct raw_endpoint), endpoint_keys,
                                                  true};
#undef AT
#define AT(member) offsetof(struct raw_host, member)
static const struct cfg_key host_keys[] = {
    {.name = "id",
     .type = CFG_STRING,
     .offset = AT(id),
     .required = true,
     .min = 1,
     .max = REFERRAL_NAME - 1,
     .help = "its short name, unique"},
    {.name = "name",
     .type = CFG_STRING,
     .offset = AT(name),
     .required = true,
     .min = 1,
     .max = 200,
     .help = "what staff call it"},
    {.name = "kind",
     .type = CFG_ENUM,
     .offset = AT(kind),
     .required = true,
     .words = kind_words,
     .help = "what it is"},
    {.name = "place",
     .type = CFG_STRING,
     .offset = AT(place),
     .required = true,
     .min = 1,
     .max = PLACE_CODE - 1,
     .help = "code of the commune it stands in"},
    {.name = "lat",
     .type = CFG_FLOAT,
     .offset = AT(lat),
     .min = -90,
     .max = 90,
     .help = "degrees; the commune's point if left out"},
    {.name = "lon", .type = CFG_FLOAT, .offset = AT(lon), .min = -180, .max = 180, .help = "degrees"},
    {.name = "needs",
     .type = CFG_FLAGS,
     .offset = AT(needs),
     .required = true,
     .words = need_words,
     .help = "which needs it takes: [ \"danger\", \"shelter\" ]"},
    {.name = "men", .type = CFG_BOOL, .offset = AT(men), .dflt = "false", .help = "also takes men"},
    {.name = "accessible",
     .type = CFG_BOOL,
     .offset = AT(accessible),
     .dflt = "false",
     .help = "somebody who walks or sees badly can get in and stay"},
    {.name = "children",
     .type = CFG_INT,
     .offset = AT(children),
     .dflt = "-1",
     .min = -1,
     .max = 50,
     .help = "how many children can come along; -1: no limit"},
    {.name = "capacity",
     .type = CFG_INT,
     .offset = AT(capacity),
     .dflt = "0",
     .min = 0,
     .max = 10000,
     .help = "people at once; 0: no limit"},
    {.name = "hours",
     .type = CFG_STRING,
     .offset = AT(hours),
     .dflt = "always",
     .help = "always, or mon-fri 07:30-17:00, sat 08:00-12:00"},
    {.name = "public",
     .type = CFG_BOOL,
     .offset = AT(is_public),
     .dflt = "false",
     .help = "its name may be told to a contact"},
    {.name = "meeting_point",
     .type = CFG_STRING,
     .offset = AT(meeting_point),
     .max = 60,
     .help = "where a contact may be told to wait, after acceptance"},
    {.name = "avoid",
     .type = CFG_STRINGS,
     .offset = AT(avoid),
     .help = "codes of communes it must not receive from"},
    {.name = "valid_from", .type = CFG_STRING, .offset = AT(valid_from), .help = "first day, 2026-01-31"},
    {.name = "valid_to", .type = CFG_STRING, .offset = AT(valid_to), .help = "the day after the last"},
    {0},
};
static const struct cfg_schema host_schema = {"host", sizeof(struct raw_host), host_keys, true};
#undef AT
#define AT(member) offsetof(struct raw_collaborator, member)
static const struct cfg_key collaborator_keys[] = {
    {.name = "id",
     .type = CFG_STRING,
     .offset = AT(id),
     .required = true,
     .min = 1,
     .max = REFERRAL_NAME - 1,
     .help = "their short name, unique"},
    {.name = "name",
     .type = CFG_STRING,
     .offset = AT(name),
     .required = true,
     .min = 1,
     .max = 200,
     .help = "for staff"},
    {.name = "phone", .type = CFG_STRING, .offset = AT(phone), .help = "in full: +84..."},
    {.name = "endpoint",
     .type = CFG_STRING,
     .offset = AT(endpoint),
     .required = true,
     .help = "id of the endpoint that alerts them"},
    {.name = "places",
     .type = CFG_STRINGS,
     .offset = AT(places),
     .required = true,
     .help = "codes of the communes they serve"},
    {.name = "hosts", .type = CFG_STRINGS, .offset = AT(hosts), .help = "ids of the hosts they work for"},
    {.name = "rota",
     .type = CFG_STRING,
     .offset = AT(rota),
     .required = true,
     .help = "when on duty: always, or mon-fri 18:00-06:00"},
    {.name = "max_open",
     .type = CFG_INT,
     .offset = AT(max_open),
     .dflt = "0",
     .min = 0,
     .max = 1000,
     .help = "open referrals at once; 0: no limit"},
    {.name = "duty",
     .type = CFG_BOOL,
     .offset = AT(duty),
     .dflt = "false",
     .help = "the last in line, for the whole province"},
    {0},
};
static const struct cfg_schema collaborator_schema = {"collaborator", sizeof(struct raw_collaborator),
                                                      collaborator_keys, true};
#undef AT
#define AT(member) offsetof(struct raw_file, member)
static const struct cfg_key file_keys[] = {
    {.name = "policy",
     .type = CFG_GROUP,
     .offset = AT(policy),
     .sub = &policy_schema,
     .help = "estimates and escalation"},
    {.name = "endpoints",
     .type = CFG_LIST,
     .offset = AT(endpoints),
     .sub = &endpoint_schema,
     .help = "systems that get alerts"},
    {.name = "hosts",
     .type = CFG_LIST,
     .offset = AT(hosts),
     .sub = &host_schema,
     .help = "where people are received"},
    {.name = "collaborators",
     .type = CFG_LIST,
     .offset = AT(collaborators),
     .sub = &collaborator_schema,
     .help = "who is alerted"},
    {0},
};
const struct cfg_schema network_schema = {"network/*.conf", sizeof(struct raw_file), file_keys, false};

struct builder {
    struct network *net;
    const struct gazetteer *places;
    struct arena *a;
    struct cfg_findings *f;
    struct raw_policy policy;
};

/* ---- references ---- */

static const struct place *commune(struct builder *b, const char *code, struct cfg_pos pos)
{
    const char *codes[8192];
    size_t n = places_communes(b->places) < 8192 ? places_communes(b->places) : 8192;
    const struct place *p = places_by_code(b->places, str_of(code));
    if (p && p->level == PLACE_COMMUNE)
        return p;
    for (size_t i = 0; i < n; i++)
        codes[i] = places_commune(b->places, i)->code;
    const char *near = cfg_nearest(code, codes, n);
    if (p)
        cfg_error(b->f, pos, "\"%s\" (%s) is no commune in force; use the code of one that it became", code,
                  p->name);
    else if (near)
        cfg_error(b->f, pos, "unknown commune \"%s\"; did you mean \"%s\" (%s)?", code, near,
                  places_by_code(b->places, str_of(near))->name);
    else
        cfg_error(b->f, pos, "unknown commune \"%s\"; see the codes in the places folder", code);
    return NULL;
}

static const struct place **communes(struct builder *b, const struct cfg_strings *codes, size_t *n)
{
    const struct place **out = arena_array(b->a, codes->n + 1, sizeof *out);
    for (size_t i = 0; i < codes->n; i++) {
        const struct place *p = commune(b, codes->items[i], codes->pos);
        if (p)
            out[(*n)++] = p;
    }
    return out;
}

static void unknown_id(struct builder *b, struct cfg_pos pos, const char *what, const char *id,
                       const char *const *ids, size_t n)
{
    const char *near = cfg_nearest(id, ids, n);
    cfg_error(b->f, pos, "there is no %s \"%s\"; %s%s%s", what, id,
              near ? "did you mean \"" : "define it or correct the id", near ? near : "", near ? "\"?" : "");
}

static const struct host *find_host(struct builder *b, const char *id, struct cfg_pos pos)
{
    const char **ids = arena_array(b->a, b->net->n_hosts + 1, sizeof *ids);
    for (size_t i = 0; i < b->net->n_hosts; i++) {
        if (strcmp(b->net->hosts[i].id, id) == 0)
            return &b->net->hosts[i];
        ids[i] = b->net->hosts[i].id;
    }
    unknown_id(b, pos, "host", id, ids, b->net->n_hosts);
    return NULL;
}

static int find_endpoint(struct builder *b, const char *id, struct cfg_pos pos)
{
    const char **ids = arena_array(b->a, b->net->n_endpoints + 1, sizeof *ids);
    for (size_t i = 0; i < b->net->n_endpoints; i++) {
        if (strcmp(b->net->endpoints[i].id, id) == 0)
            return (int)i;
        ids[i] = b->net->endpoints[i].id;
    }
    unknown_id(b, pos, "endpoint", id, ids, b->net->n_endpoints);
    return -1;
}

static void hours(struct builder *b, const char *text, struct hours *out, struct cfg_pos pos, const char *key)
{
    struct failure why = {OK, ""};
    if (hours_parse(str_of(text), out, &why) != OK)
        cfg_error(b->f, pos, "%s: %s", key, why.what);
}

static msec date(struct builder *b, const char *text, struct cfg_pos pos, const char *key)
{
    msec at = 0;
    if (text && !time_parse_date(str_of(text), b->net->tz_offset_min, &at))
        cfg_error(b->f, pos, "%s is \"%s\"; write a date as 2026-01-31", key, text);
    return at;
}

static void plain_id(struct builder *b, const char *id, struct cfg_pos pos)
{
    if (strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != strlen(id))
        cfg_error(b->f, pos, "id \"%s\" may hold letters, digits, dash, dot and underscore only", id);
}

/* ---- entries ---- */

static void add_endpoint(struct builder *b, const struct raw_endpoint *r)
{
    plain_id(b, r->id, r->pos);
    for (size_t i = 0; i < b->net->n_endpoints; i++)
        if (strcmp(b->net->endpoints[i].id, r->id) == 0)
            cfg_error(b->f, r->pos, "endpoint \"%s\" is defined twice; rename one", r->id);
    if (strncmp(r->url, "http://", 7) != 0 && strncmp(r->url, "https://", 8) != 0)
        cfg_error(b->f, r->pos, "url must begin with http:// or https://");
    b->net->endpoints[b->net->n_endpoints++] = (struct endpoint){
        .pos = r->pos, .id = r->id, .url = r->url, .secret = r->secret, .token = r->token, .drill = r->drill};
}

static void add_host(struct builder *b, const struct raw_host *r)
{
    plain_id(b, r->id, r->pos);
    for (size_t i = 0; i < b->net->n_hosts; i++)
        if (strcmp(b->net->hosts[i].id, r->id) == 0)
            cfg_error(b->f, r->pos, "host \"%s\" is defined twice (also in %s:%d); rename one", r->id,
                      b->net->hosts[i].pos.file, b->net->hosts[i].pos.line);
    struct host *h = &b->net->hosts[b->net->n_hosts];
    *h = (struct host){
        .pos = r->pos,
        .id = r->id,
        .name = r->name,
        .kind = (enum host_kind)r->kind,
        .needs = r->needs,
        .men = r->men,
        .accessible = r->accessible,
        .children = (int)r->children,
        .capacity = (int)r->capacity,
        .is_public = r->is_public,
        .meeting_point = r->meeting_point,
    };
    h->place = commune(b, r->place, r->pos);
    if (!h->place)
        return;
    bool given = r->lat != 0 || r->lon != 0;
    h->lat = given ? r->lat : h->place->lat;
    h->lon = given ? r->lon : h->place->lon;
    if (h->kind == HOST_SHELTER && h->is_public)
        cfg_error(b->f, r->pos, "a shelter must not be public; its address never leaves. Remove `public`");
    if (!h->needs)
        cfg_error(b->f, r->pos, "needs is empty; name at least one need");
    hours(b, r->hours, &h->hours, r->pos, "hours");
    h->avoid = communes(b, &r->avoid, &h->n_avoid);
    h->valid_from = date(b, r->valid_from, r->pos, "valid_from");
    h->valid_to = date(b, r->valid_to, r->pos, "valid_to");
    if (h->valid_from && h->valid_to && h->valid_to <= h->valid_from)
        cfg_error(b->f, r->pos, "valid_to must be after valid_from");
    b->net->n_hosts++;
}

static void add_collaborator(struct builder *b, const struct raw_collaborator *r)
{
    char e164[MSISDN_MAX];
    plain_id(b, r->id, r->pos);
    for (size_t i = 0; i < b->net->n_collaborators; i++)
        if (strcmp(b->net->collaborators[i].id, r->id) == 0)
            cfg_error(b->f, r->pos, "collaborator \"%s\" is defined twice (also in %s:%d); rename one", r->id,
                      b->net->collaborators[i].pos.file, b->net->collaborators[i].pos.line);
    struct collaborator *c = &b->net->collaborators[b->net->n_collaborators++];
    *c = (struct collaborator){.pos = r->pos,
                               .id = r->id,
                               .name = r->name,
                               .phone = r->phone,
                               .max_open = (int)r->max_open,
                               .duty = r->duty};
    if (r->phone &&
        (r->phone[0] != '+' || !text_msisdn(str_of(r->phone), "0", e164) || strcmp(e164, r->phone) != 0))
        cfg_error(b->f, r->pos, "phone of \"%s\" must be in full and without blanks: +84 and the number",
                  r->id);
    c->endpoint = find_endpoint(b, r->endpoint, r->pos);
    c->places = communes(b, &r->places, &c->n_places);
    if (!r->places.n && !r->duty)
        cfg_error(b->f, r->pos, "collaborator \"%s\" serves no commune; name one in places", r->id);
    hours(b, r->rota, &c->rota, r->pos, "rota");
    c->hosts = arena_array(b->a, r->hosts.n + 1, sizeof *c->hosts);
    for (size_t i = 0; i < r->hosts.n; i++) {
        const struct host *h = find_host(b, r->hosts.items[i], r->hosts.pos);
        if (h)
            c->hosts[c->n_hosts++] = h;
    }
}

/* ---- the whole ---- */

static void warn_unstaffed(struct builder *b)
{
    for (size_t i = 0; i < b->net->n_hosts; i++) {
        bool staffed = false;
        for (size_t k = 0; k < b->net->n_collaborators && !staffed; k++)
            for (size_t m = 0; m < b->net->collaborators[k].n_hosts && !staffed; m++)
                staffed = b->net->collaborators[k].hosts[m] == &b->net->hosts[i];
        if (!staffed)
            cfg_warn(
                b->f, b->net->hosts[i].pos,
                "nobody works for host \"%s\", so it is never offered; name it in a collaborator's hosts",
                b->net->hosts[i].id);
    }
}

static void warn_uncovered(struct builder *b)
{
    size_t n = places_communes(b->places), uncovered = 0;
    bool *served = arena_array(b->a, n + 1, sizeof *served), duty = false;
    const char *first = NULL;
    for (size_t k = 0; k < b->net->n_collaborators; k++) {
        const struct collaborator *c = &b->net->collaborators[k];
        duty |= c->duty;
        for (size_t i = 0; i < c->n_places; i++)
            served[c->places[i]->index] = true;
    }
    for (size_t i = 0; i < n; i++)
        if (!served[i]) {
            uncovered++;
            first = first ? first : places_commune(b->places, i)->name;
        }
    if (uncovered)
        cfg_warn(b->f, b->policy.pos,
                 "%zu communes, such as %s, are served by no collaborator of their own; add them to "
                 "somebody's places",
                 uncovered, first);
    if (!duty)
        cfg_warn(b->f, b->policy.pos,
                 "nobody is marked duty = true: who needs help where nobody else is left reaches no one");
}

static void set_policy(struct builder *b)
{
    const struct raw_policy *p = &b->policy;
    struct network *net = b->net;
    net->speed_kmh = p->speed_kmh;
    net->detour = p->detour;
    net->max_minutes = (int)p->max_minutes;
    net->max_offers = (int)p->max_offers;
    net->offer_timeout[0] = p->offer_timeout;
    net->offer_timeout[1] = p->offer_timeout_urgent;
    net->urgent_without_consent = p->urgent_without_consent;
    net->share_phone = p->share_phone;
}

static struct raw_file *read_files(struct builder *b, const char *dir, size_t *n)
{
    const char **paths;
    *n = cfg_dir(dir, ".conf", &paths, b->a, b->f);
    struct raw_file *files = arena_array(b->a, *n + 1, sizeof *files);
    size_t hosts = 0, collaborators = 0, endpoints = 0;
    for (size_t i = 0; i < *n; i++) {
        if (!cfg_load(paths[i], &network_schema, &files[i], b->a, b->f))
            continue;
        if (files[i].policy.pos.file && b->policy.pos.file)
            cfg_error(b->f, files[i].policy.pos, "policy is given a second time; the first is in %s",
                      b->policy.pos.file);
        if (files[i].policy.pos.file)
            b->policy = files[i].policy;
        hosts += files[i].hosts.n;
        collaborators += files[i].collaborators.n;
        endpoints += files[i].endpoints.n;
    }
    b->net->hosts = arena_array(b->a, hosts + 1, sizeof *b->net->hosts);
    b->net->collaborators = arena_array(b->a, collaborators + 1, sizeof *b->net->collaborators);
    b->net->endpoints = arena_array(b->a, endpoints + 1, sizeof *b->net->endpoints);
    return files;
}

struct network *load_network(const char *dir, const struct gazetteer *g, int tz_offset_min, struct arena *a,
                             struct cfg_findings *f)
{
    struct builder b = {.net = arena_alloc(a, sizeof *b.net), .places = g, .a = a, .f = f};
    size_t n, before = f->errors;
    b.net->tz_offset_min = tz_offset_min;
    struct raw_file *files = read_files(&b, dir, &n);
    if (f->errors > before) /* half a network would only add findings that follow from the first */
        return NULL;
    if (!b.policy.pos.file) {
        cfg_error(f, (struct cfg_pos){arena_strdup(a, str_of(dir)), 0},
                  "no file of this folder has a policy group; add policy = { };");
        return NULL;
    }
    set_policy(&b);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < files[i].endpoints.n; k++)
            add_endpoint(&b, (struct raw_endpoint *)files[i].endpoints.items + k);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < files[i].hosts.n; k++)
            add_host(&b, (struct raw_host *)files[i].hosts.items + k);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < files[i].collaborators.n; k++)
            add_collaborator(&b, (struct raw_collaborator *)files[i].collaborators.items + k);
    if (f->errors > before)
        return NULL;
    warn_unstaffed(&b);
    warn_uncovered(&b);
    return b.net;
}
