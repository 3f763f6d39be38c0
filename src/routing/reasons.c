/* A choice as data: the JSON that the journal keeps and `hotlinectl route` prints. */
#include "routing/internal.h"

#include <string.h>

enum { WORDS = 512 };
/* What may still come after the lists: how many are left out and why, and the brackets. */
#define TAIL 1500

struct writer {
    const struct reasons *r;
    bool brief;
    struct out *o;
    size_t most; /* where the lists end at the latest */
    size_t n;    /* items of the list so far */
};

/* ---- pieces ---- */

static void name(struct out *o, struct str key)
{
    bool first = !o->len || o->buf[o->len - 1] == '{' || o->buf[o->len - 1] == '[';
    out_cstr(o, first ? "\"" : ",\"");
    out_str(o, key);
    out_cstr(o, "\":");
}

static void text(struct out *o, struct str key, const char *value)
{
    name(o, key);
    out_json(o, str_of(value));
}

static void number(struct out *o, struct str key, uint64_t value)
{
    name(o, key);
    out_u64(o, value);
}

static void truth(struct out *o, struct str key, bool value)
{
    name(o, key);
    out_cstr(o, value ? "true" : "false");
}

static void list(struct writer *w, struct str key)
{
    name(w->o, key);
    out_char(w->o, '[');
    w->n = 0;
}

static size_t open_item(struct writer *w)
{
    size_t from = w->o->len;
    out_cstr(w->o, w->n ? ",{" : "{");
    return from;
}

/* An item is there as a whole or not at all. */
static bool close_item(struct writer *w, size_t from)
{
    struct out *o = w->o;
    out_char(o, '}');
    if (w->brief && (o->overflow || o->len > w->most)) {
        o->len = from;
        o->buf[from] = '\0';
        o->overflow = false;
        return false;
    }
    w->n++;
    return true;
}

static size_t at_most(const struct writer *w, size_t n)
{
    return w->brief && n > ROUTING_CHOSEN ? ROUTING_CHOSEN : n;
}

/* ---- the request ---- */

static void put_request(const struct request *req, struct out *o)
{
    name(o, STR("request"));
    out_char(o, '{');
    text(o, STR("need"), need_name(req->need));
    truth(o, STR("urgent"), req->urgent);
    if (req->from)
        text(o, STR("place"), req->from->code);
    if (req->lang && *req->lang)
        text(o, STR("language"), req->lang);
    number(o, STR("children"), req->children);
    name(o, STR("who"));
    out_char(o, '[');
    for (unsigned bit = WHO_SELF, n = 0; bit <= WHO_DISABLED; bit <<= 1)
        if (req->who & bit) {
            out_cstr(o, n++ ? "," : "");
            out_json(o, str_of(who_name((enum who)bit)));
        }
    out_char(o, ']');
    name(o, STR("avoid"));
    out_char(o, '[');
    for (size_t i = 0; i < req->n_avoid; i++) {
        out_cstr(o, i ? "," : "");
        out_json(o, str_of(req->avoid[i]->code));
    }
    out_cstr(o, "]}");
}

/* ---- who can ---- */

static bool put_host(struct writer *w, const struct choice *c)
{
    char why[WORDS];
    struct out words;
    size_t from = open_item(w);
    out_init(&words, why, sizeof why);
    routing_explain_host(w->r->net, w->r->req, c, &words);
    text(w->o, STR("id"), w->r->net->hosts[c->host].id);
    number(w->o, STR("minutes"), c->minutes);
    number(w->o, STR("metres"), c->metres);
    truth(w->o, STR("estimate"), c->estimate);
    if (c->table)
        text(w->o, STR("mode"), travel_mode_name((enum travel_mode)c->table->mode));
    if (c->handicap)
        number(w->o, STR("handicap"), c->handicap);
    number(w->o, STR("burden"), c->burden);
    text(w->o, STR("why"), why);
    return close_item(w, from);
}

static bool put_person(struct writer *w, const struct candidate *c)
{
    char why[WORDS];
    struct out words;
    size_t from = open_item(w);
    out_init(&words, why, sizeof why);
    routing_explain_person(w->r->net, w->r->req, c, &words);
    text(w->o, STR("id"), w->r->net->collaborators[c->collaborator].id);
    if (c->host >= 0)
        text(w->o, STR("host"), w->r->net->hosts[c->host].id);
    if (c->instead_of)
        text(w->o, STR("instead_of"), c->instead_of->id);
    text(w->o, STR("why"), why);
    return close_item(w, from);
}

/* returns how many are not listed */
static size_t put_hosts(struct writer *w)
{
    const struct reasons *r = w->r;
    list(w, STR("hosts"));
    for (size_t i = 0; i < at_most(w, r->n_hosts) && put_host(w, &r->hosts[i]);)
        i++;
    out_char(w->o, ']');
    return r->n_hosts + r->more_hosts - w->n;
}

static size_t put_people(struct writer *w)
{
    const struct reasons *r = w->r;
    list(w, STR("collaborators"));
    for (size_t i = 0; i < at_most(w, r->n_people) && put_person(w, &r->people[i]);)
        i++;
    out_char(w->o, ']');
    return r->n_people - w->n;
}

static void put_fallbacks(struct writer *w)
{
    const struct network *net = w->r->net;
    list(w, STR("fallbacks"));
    for (size_t i = 0; i < net->n_fallbacks; i++) {
        const struct fallback *f = &net->fallbacks[i];
        if (!routing_falls_to(f, w->r->req))
            continue;
        size_t from = open_item(w);
        text(w->o, STR("name"), f->name);
        if (f->number)
            text(w->o, STR("number"), f->number);
        if (f->text)
            text(w->o, STR("text"), f->text);
        if (!close_item(w, from))
            break;
    }
    out_char(w->o, ']');
}

/* ---- who cannot ---- */

/* Some of the rejected, best known first: the smaller `key`, the sooner. */
struct picked {
    size_t at[ROUTING_LISTED]; /* in the items of the rejections */
    double key[ROUTING_LISTED];
    size_t n;
};

static void pick(struct picked *p, size_t at, double key)
{
    size_t i = p->n;
    if (i == ROUTING_LISTED && key >= p->key[i - 1])
        return;
    i -= i == ROUTING_LISTED;
    for (; i > 0 && key < p->key[i - 1]; i--) {
        p->at[i] = p->at[i - 1];
        p->key[i] = p->key[i - 1];
    }
    p->at[i] = at;
    p->key[i] = key;
    p->n += p->n < ROUTING_LISTED;
}

/* The nearest, those first that take the need. The chord grows with the distance. */
static void pick_hosts(const struct reasons *r, struct picked *p)
{
    const struct rejections *no = &r->no_host;
    double here[3];
    p->n = 0;
    if (!r->req->from)
        return;
    sphere_point(r->req->from->lat, r->req->from->lon, here);
    for (size_t i = 0; i < no->n; i++) {
        const struct spot *s = &r->net->index->spots[no->items[i].index];
        double x = s->x - here[0], y = s->y - here[1], z = s->z - here[2];
        pick(p, i, x * x + y * y + z * z + (no->items[i].why == REJECT_NEED ? 8 : 0));
    }
}

static void mark(uint64_t *set, const struct lists *l, size_t owner)
{
    for (uint32_t i = l->start[owner]; i < l->start[owner + 1]; i++)
        set[l->items[i] / 64] |= (uint64_t)1 << l->items[i] % 64;
}

/* Who works for a host that is told of, or serves the commune. */
static void mark_near(const struct reasons *r, const struct picked *no_hosts, uint64_t *near)
{
    const struct routing_index *ix = r->net->index;
    memset(near, 0, (r->net->n_collaborators / 64 + 1) * sizeof *near);
    for (size_t i = 0; i < r->n_hosts; i++)
        mark(near, &ix->of_host, r->hosts[i].host);
    for (size_t i = 0; i < no_hosts->n; i++)
        mark(near, &ix->of_host, r->no_host.items[no_hosts->at[i]].index);
    if (r->req->from && r->req->from->index < ix->n_communes)
        mark(near, &ix->of_commune, r->req->from->index);
}

/* They come before those who have nothing to do with it. */
static void pick_people(const struct reasons *r, const struct picked *no_hosts, struct picked *p)
{
    uint64_t near[ROUTING_PEOPLE / 64];
    size_t others[ROUTING_LISTED], n_others = 0;
    mark_near(r, no_hosts, near);
    p->n = 0;
    for (size_t i = 0; i < r->no_people.n && p->n < ROUTING_LISTED; i++) {
        size_t who = r->no_people.items[i].index;
        if (near[who / 64] >> who % 64 & 1)
            p->at[p->n++] = i;
        else if (n_others < ROUTING_LISTED)
            others[n_others++] = i;
    }
    for (size_t i = 0; i < n_others && p->n < ROUTING_LISTED; i++)
        p->at[p->n++] = others[i];
}

static bool put_rejection(struct writer *w, const char *id, enum reject why)
{
    size_t from = open_item(w);
    text(w->o, STR("id"), id);
    text(w->o, STR("why"), reject_text(why));
    return close_item(w, from);
}

static void put_rejected(struct writer *w, struct str key, const struct rejections *no, bool hosts,
                         const struct picked *picked, size_t left[REJECT_COUNT])
{
    const struct network *net = w->r->net;
    memset(left, 0, REJECT_COUNT * sizeof *left);
    for (size_t i = 0; w->brief && i < no->n; i++)
        left[no->items[i].why]++;
    list(w, key);
    for (size_t i = 0; i < (w->brief ? picked->n : no->n); i++) {
        const struct rejection *x = &no->items[w->brief ? picked->at[i] : i];
        const char *id = hosts ? net->hosts[x->index].id : net->collaborators[x->index].id;
        if (!put_rejection(w, id, x->why))
            break;
        left[x->why] -= w->brief;
    }
    out_char(w->o, ']');
}

/* ---- the rest ---- */

struct rest {
    size_t hosts, people, no_host[REJECT_COUNT], no_people[REJECT_COUNT];
};

static void put_counts(struct out *o, struct str key, const size_t n[REJECT_COUNT])
{
    name(o, key);
    out_char(o, '{');
    for (int i = 0; i < REJECT_COUNT; i++)
        if (n[i])
            number(o, str_of(reject_text((enum reject)i)), n[i]);
    out_char(o, '}');
}

static void put_rest(struct out *o, const struct rest *rest)
{
    name(o, STR("more"));
    out_char(o, '{');
    number(o, STR("hosts"), rest->hosts);
    number(o, STR("collaborators"), rest->people);
    put_counts(o, STR("rejected_hosts"), rest->no_host);
    put_counts(o, STR("rejected_collaborators"), rest->no_people);
    out_char(o, '}');
}

void routing_reasons_json(const struct reasons *r, bool brief, struct out *o)
{
    struct writer w = {.r = r, .brief = brief, .o = o, .most = o->len + ROUTING_JSON - TAIL};
    struct picked hosts = {.n = 0}, people = {.n = 0};
    struct rest rest;
    char words[WORDS];
    struct out order;
    out_init(&order, words, sizeof words);
    routing_explain_order(r->net, r->req, &order);
    if (brief) {
        pick_hosts(r, &hosts);
        pick_people(r, &hosts, &people);
    }
    out_char(o, '{');
    put_request(r->req, o);
    text(o, STR("order"), words);
    rest.people = put_people(&w);
    rest.hosts = put_hosts(&w);
    if (!brief || !r->n_people)
        put_fallbacks(&w);
    put_rejected(&w, STR("rejected_hosts"), &r->no_host, true, &hosts, rest.no_host);
    put_rejected(&w, STR("rejected_collaborators"), &r->no_people, false, &people, rest.no_people);
    if (brief)
        put_rest(o, &rest);
    out_char(o, '}');
}
