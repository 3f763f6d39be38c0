/* Hosts, collaborators, endpoints and policy from the files of the network folder. */
#include "snapshot/network.h"
#include "snapshot/snapshot.h"

#include <string.h>

#define KEY(r, key) cfg_key_pos((r)->pos, (r)->lines, key)

enum { MOST_HOSTS = 16384, MOST_PEOPLE = 65535 };

/* ---- who is who ---- */

static void refuse_twice(struct builder *b, struct ids *ids, const char *what,
                         struct cfg_pos (*pos_of)(const struct network *, size_t))
{
    ids_sort(ids);
    for (size_t i = 1; i < ids->n; i++) {
        if (strcmp(ids->items[i].id, ids->items[i - 1].id) != 0)
            continue;
        struct cfg_pos first = pos_of(b->net, ids->items[i - 1].index);
        cfg_error(b->f, pos_of(b->net, ids->items[i].index),
                  "%s \"%s\" is defined twice (also in %s:%d); rename one", what, ids->items[i].id,
                  first.file, first.line);
    }
}

static struct cfg_pos endpoint_pos(const struct network *net, size_t i)
{
    return net->endpoints[i].pos;
}

static struct cfg_pos host_pos(const struct network *net, size_t i)
{
    return net->hosts[i].pos;
}

static struct cfg_pos person_pos(const struct network *net, size_t i)
{
    return net->collaborators[i].pos;
}

/* ---- entries ---- */

static void add_endpoint(struct builder *b, const struct raw_endpoint *r)
{
    read_id(b, r->id, KEY(r, "id"));
    if (strncmp(r->url, "http://", 7) != 0 && strncmp(r->url, "https://", 8) != 0)
        cfg_error(b->f, KEY(r, "url"), "url must begin with http:// or https://");
    ids_add(&b->endpoints, r->id);
    b->net->endpoints[b->net->n_endpoints++] = (struct endpoint){
        .pos = r->pos, .id = r->id, .url = r->url, .secret = r->secret, .token = r->token, .drill = r->drill};
}

static void check_host(struct builder *b, const struct raw_host *r, const struct host *h)
{
    if (h->kind == HOST_SHELTER && h->is_public)
        cfg_error(b->f, KEY(r, "public"),
                  "a shelter must not be public; its address never leaves. Remove `public`");
    if (!h->needs)
        cfg_error(b->f, KEY(r, "needs"), "needs is empty; name at least one need");
    if (!r->women && !r->men)
        cfg_error(b->f, KEY(r, "women"),
                  "host \"%s\" takes neither women nor men; remove women = false or "
                  "add men = true",
                  r->id);
    if (h->capacity && h->occupied > h->capacity)
        cfg_error(b->f, KEY(r, "occupied"), "occupied is %d of %d places; correct it or raise capacity",
                  h->occupied, h->capacity);
    if (h->valid_from && h->valid_to && h->valid_to <= h->valid_from)
        cfg_error(b->f, KEY(r, "valid_to"), "valid_to must be after valid_from");
    for (size_t i = 0; i < h->n_serves; i++)
        for (size_t k = 0; k < h->n_avoid; k++)
            if (h->serves[i] == h->avoid[k])
                cfg_error(b->f, r->avoid.pos,
                          "commune \"%s\" is in both serves and avoid; remove it from one",
                          h->serves[i]->code);
}

static void place_host(struct builder *b, const struct raw_host *r, struct host *h)
{
    h->place = read_commune(b, r->place, KEY(r, "place"));
    if ((r->lat != 0) != (r->lon != 0))
        cfg_error(b->f, KEY(r, r->lat != 0 ? "lat" : "lon"), "give both lat and lon, or neither");
    bool given = r->lat != 0 || r->lon != 0;
    if (!h->place)
        return;
    h->lat = given ? r->lat : h->place->lat;
    h->lon = given ? r->lon : h->place->lon;
}

static void add_host(struct builder *b, const struct raw_host *r)
{
    struct host *h = &b->net->hosts[b->net->n_hosts++];
    *h = (struct host){
        .pos = r->pos,
        .id = r->id,
        .name = r->name,
        .kind = (enum host_kind)r->kind,
        .needs = r->needs,
        .men = r->men,
        .men_only = !r->women,
        .accessible = r->accessible,
        .children = (int)r->children,
        .capacity = (int)r->capacity,
        .occupied = (int)r->occupied,
        .is_public = r->is_public,
        .meeting_point = r->meeting_point,
        .phones = r->phones.items,
        .n_phones = r->phones.n,
    };
    read_id(b, r->id, KEY(r, "id"));
    ids_add(&b->hosts, r->id);
    place_host(b, r, h);
    read_hours(b, r->hours, &r->exceptions, &h->hours, KEY(r, "hours"), "hours");
    for (size_t i = 0; i < r->phones.n; i++)
        read_phone(b, r->phones.items[i], r->id, cfg_item_pos(&r->phones, i));
    h->languages = read_languages(b, &r->languages);
    h->serves = read_communes(b, &r->serves, &h->n_serves);
    h->avoid = read_communes(b, &r->avoid, &h->n_avoid);
    h->valid_from = read_date(b, r->valid_from, KEY(r, "valid_from"), "valid_from");
    h->valid_to = read_date(b, r->valid_to, KEY(r, "valid_to"), "valid_to");
    h->valid_to_line = KEY(r, "valid_to").line;
    check_host(b, r, h);
}

static void read_employers(struct builder *b, const struct raw_collaborator *r, struct collaborator *c)
{
    c->hosts = arena_array(b->a, r->hosts.n + 1, sizeof *c->hosts);
    for (size_t i = 0; i < r->hosts.n; i++) {
        int h = read_reference(b, &b->hosts, "host", r->hosts.items[i], cfg_item_pos(&r->hosts, i));
        if (h >= 0)
            c->hosts[c->n_hosts++] = &b->net->hosts[h];
    }
}

static void add_channel(struct builder *b, struct collaborator *c, int endpoint, struct cfg_pos pos)
{
    const struct endpoint *all = b->net->endpoints, *first = &all[c->channels[0]], *e = &all[endpoint];
    if (routing_channel(b->net, c, e->id) >= 0) {
        cfg_error(b->f, pos, "\"%s\" names endpoint \"%s\" twice; keep one", c->id, e->id);
        return;
    }
    if (c->n_channels && first->drill != e->drill) {
        cfg_error(b->f, pos,
                  "\"%s\" names both \"%s\" and \"%s\", of which one takes drills only; keep one kind", c->id,
                  first->id, e->id);
        return;
    }
    c->channels[c->n_channels++] = endpoint;
}

static void read_channels(struct builder *b, const struct raw_collaborator *r, struct collaborator *c)
{
    const struct cfg_strings *list = &r->endpoint;
    if (list->n == 0 || list->n > ROUTING_CHANNELS) {
        cfg_error(b->f, KEY(r, "endpoint"), "\"%s\" has %zu endpoints; name 1 to %d", r->id, list->n,
                  ROUTING_CHANNELS);
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        struct cfg_pos pos = cfg_item_pos(list, i);
        int endpoint = read_reference(b, &b->endpoints, "endpoint", list->items[i], pos);
        if (endpoint >= 0)
            add_channel(b, c, endpoint, pos);
    }
}

static void add_collaborator(struct builder *b, const struct raw_collaborator *r)
{
    struct collaborator *c = &b->net->collaborators[b->net->n_collaborators++];
    *c = (struct collaborator){.pos = r->pos,
                               .id = r->id,
                               .name = r->name,
                               .phone = r->phone,
                               .max_open = (int)r->max_open,
                               .duty = r->duty};
    read_id(b, r->id, KEY(r, "id"));
    ids_add(&b->people, r->id);
    if (r->phone)
        read_phone(b, r->phone, r->id, KEY(r, "phone"));
    read_channels(b, r, c);
    c->home = r->home ? read_commune(b, r->home, KEY(r, "home")) : NULL;
    c->places = read_communes(b, &r->places, &c->n_places);
    if (!r->places.n && !r->duty)
        cfg_error(b->f, KEY(r, "places"), "collaborator \"%s\" serves no commune; name one in places", r->id);
    c->languages = read_languages(b, &r->languages);
    read_hours(b, r->rota, &r->exceptions, &c->rota, KEY(r, "rota"), "rota");
    c->out = read_days(b, &r->out, "out", &c->n_out);
    c->out_line = r->out.pos.line;
    read_employers(b, r, c);
}

/* ---- swaps, once everybody is known ---- */

static bool overlap(struct day_span a, struct day_span b)
{
    return a.from <= b.to && b.from <= a.to;
}

static bool is_away(const struct collaborator *c, struct day_span days)
{
    for (size_t i = 0; i < c->n_out; i++)
        if (overlap(c->out[i], days))
            return true;
    for (size_t i = 0; i < c->n_swaps; i++)
        if (overlap(c->swaps[i].days, days))
            return true;
    return false;
}

static void add_swap(struct builder *b, struct collaborator *c, const char *text, struct cfg_pos pos)
{
    struct str who = str_trim(str_of(text)), days = str_split(&who, ' ');
    struct swap *s = &c->swaps[c->n_swaps];
    if (!day_span_parse(days, &s->days) || !who.n) {
        cfg_error(b->f, pos, "swap has \"%s\"; write days and who stands in: 2026-02-10..2026-02-14 ID",
                  text);
        return;
    }
    int by = read_reference(b, &b->people, "collaborator", arena_strdup(b->a, str_trim(who)), pos);
    if (by < 0)
        return;
    s->by = &b->net->collaborators[by];
    s->line = pos.line;
    if (s->by == c)
        cfg_error(b->f, pos, "\"%s\" cannot stand in for themselves; name somebody else", c->id);
    else if (routing_drill_only(b->net, s->by) != routing_drill_only(b->net, c))
        cfg_error(b->f, pos, "\"%s\" and \"%s\" cannot swap: one takes drills only", c->id, s->by->id);
    c->n_swaps++;
}

static void check_swaps(struct builder *b, const struct collaborator *c, const struct cfg_strings *from)
{
    for (size_t i = 0; i < c->n_swaps; i++) {
        const struct swap *s = &c->swaps[i];
        if (s->by != c && is_away(s->by, s->days))
            cfg_error(b->f, from->pos,
                      "\"%s\" is to stand in for \"%s\" on days away themselves; name somebody else",
                      s->by->id, c->id);
        for (size_t k = 0; k < i; k++)
            if (overlap(c->swaps[k].days, s->days))
                cfg_error(b->f, from->pos, "two stand in for \"%s\" on the same day; keep one", c->id);
    }
}

static void read_swaps(struct builder *b, struct raw_file *files, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < files[i].collaborators.n; k++, at++) {
            const struct cfg_strings *swap =
                &((struct raw_collaborator *)files[i].collaborators.items)[k].swap;
            struct collaborator *c = &b->net->collaborators[at];
            c->swaps = arena_array(b->a, swap->n + 1, sizeof *c->swaps);
            for (size_t m = 0; m < swap->n; m++)
                add_swap(b, c, swap->items[m], cfg_item_pos(swap, m));
        }
    at = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < files[i].collaborators.n; k++, at++)
            check_swaps(b, &b->net->collaborators[at],
                        &((struct raw_collaborator *)files[i].collaborators.items)[k].swap);
}

/* ---- policy ---- */

static void add_fallback(struct builder *b, const struct raw_fallback *r)
{
    if (r->number && strspn(r->number, "+0123456789 ") != strlen(r->number))
        cfg_error(b->f, KEY(r, "number"), "number of fallback \"%s\" may hold digits and blanks only",
                  r->name);
    if (!r->number && !r->text)
        cfg_error(b->f, r->pos, "fallback \"%s\" has neither number nor text; give one", r->name);
    b->net->fallbacks[b->net->n_fallbacks++] = (struct fallback){
        .pos = r->pos, .name = r->name, .number = r->number, .text = r->text, .needs = r->needs};
}

static void set_policy(struct builder *b)
{
    const struct raw_policy *p = &b->policy;
    struct network *net = b->net;
    net->policy_pos = p->pos;
    net->speed_kmh = p->speed_kmh;
    net->detour = p->detour;
    net->max_minutes = (int)p->max_minutes;
    net->spread_minutes = (int)p->spread_minutes;
    net->max_offers = (int)p->max_offers;
    net->offer_timeout[0] = p->offer_timeout;
    net->offer_timeout[1] = p->offer_timeout_urgent;
    net->urgent_without_consent = p->urgent_without_consent;
    net->share_phone = p->share_phone;
    net->modes = p->modes ? p->modes : (1u << TRAVEL_MODES) - 1;
    read_usual_language(b);
    net->fallbacks = arena_array(b->a, p->fallback.n + 1, sizeof *net->fallbacks);
    for (size_t i = 0; i < p->fallback.n; i++)
        add_fallback(b, (struct raw_fallback *)p->fallback.items + i);
}

static void add_holidays(struct builder *b, struct raw_file *files, size_t n_files)
{
    size_t n = 0;
    for (size_t i = 0; i < n_files; i++)
        for (size_t k = 0; k < files[i].holidays.n; k++)
            n += ((struct raw_holiday *)files[i].holidays.items)[k].days.n;
    b->net->holidays = arena_array(b->a, n + 1, sizeof *b->net->holidays);
    for (size_t i = 0; i < n_files; i++)
        for (size_t k = 0; k < files[i].holidays.n; k++) {
            const struct raw_holiday *h = (struct raw_holiday *)files[i].holidays.items + k;
            size_t days = 0;
            const struct day_span *spans = read_days(b, &h->days, "days", &days);
            for (size_t d = 0; d < days; d++)
                b->net->holidays[b->net->n_holidays++] = (struct holiday){spans[d], h->name, h->pos};
        }
}

/* ---- the whole ---- */

static void make_room(struct builder *b, size_t hosts, size_t collaborators, size_t endpoints)
{
    struct network *net = b->net;
    net->hosts = arena_array(b->a, hosts + 1, sizeof *net->hosts);
    net->collaborators = arena_array(b->a, collaborators + 1, sizeof *net->collaborators);
    net->endpoints = arena_array(b->a, endpoints + 1, sizeof *net->endpoints);
    net->languages = arena_array(b->a, 64, sizeof *net->languages);
    b->hosts.items = arena_array(b->a, hosts + 1, sizeof *b->hosts.items);
    b->people.items = arena_array(b->a, collaborators + 1, sizeof *b->people.items);
    b->endpoints.items = arena_array(b->a, endpoints + 1, sizeof *b->endpoints.items);
}

static void refuse_too_many(struct builder *b, size_t hosts, size_t collaborators, const char *dir)
{
    struct cfg_pos whole = {arena_strdup(b->a, str_of(dir)), 0};
    if (hosts > MOST_HOSTS)
        cfg_error(b->f, whole, "%zu hosts; %d are the most", hosts, MOST_HOSTS);
    if (collaborators > MOST_PEOPLE)
        cfg_error(b->f, whole, "%zu collaborators; %d are the most", collaborators, MOST_PEOPLE);
    if (places_communes(b->places) > ROUTING_COMMUNES)
        cfg_error(b->f, whole, "%zu communes; %d are the most", places_communes(b->places), ROUTING_COMMUNES);
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
            cfg_error(b->f, files[i].policy.pos, "policy is given a second time; the first is in %s:%d",
                      b->policy.pos.file, b->policy.pos.line);
        if (files[i].policy.pos.file)
            b->policy = files[i].policy;
        hosts += files[i].hosts.n;
        collaborators += files[i].collaborators.n;
        endpoints += files[i].endpoints.n;
    }
    refuse_too_many(b, hosts, collaborators, dir);
    make_room(b, hosts, collaborators, endpoints);
    return files;
}

static void add_all(struct builder *b, struct raw_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < files[i].endpoints.n; k++)
            add_endpoint(b, (struct raw_endpoint *)files[i].endpoints.items + k);
    refuse_twice(b, &b->endpoints, "endpoint", endpoint_pos);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < files[i].hosts.n; k++)
            add_host(b, (struct raw_host *)files[i].hosts.items + k);
    refuse_twice(b, &b->hosts, "host", host_pos);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < files[i].collaborators.n; k++)
            add_collaborator(b, (struct raw_collaborator *)files[i].collaborators.items + k);
    refuse_twice(b, &b->people, "collaborator", person_pos);
    read_swaps(b, files, n);
    add_holidays(b, files, n);
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
    b.codes = ids_of_communes(g, a);
    set_policy(&b);
    add_all(&b, files, n);
    if (f->errors > before)
        return NULL;
    network_warn(&b);
    return b.net;
}
