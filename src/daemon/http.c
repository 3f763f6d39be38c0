/* The endpoints: callbacks of aggregators, answers of collaborators' systems, health. */
#include "daemon/daemon.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct step { /* one input of a request */
    struct job job;
    struct pending *of;
};
struct pending { /* of one call that waits for its commits; lives in the call's slot */
    struct daemon *daemon;
    struct intake_call *call;
    struct world *world;
    const struct profile *profile; /* NULL: a collaborator's answer */
    struct callback_request got;
    struct step *steps, first; /* most requests carry one */
    size_t n;
    atomic_size_t left; /* not worked yet */
};

static const struct intake_header retry_later = {{"Retry-After", 11}, {"5", 1}};

static void count_refusal(struct daemon *d, enum err code)
{
    atomic_fetch_add_explicit(&d->refused[code], 1, memory_order_relaxed);
}

static void answer_text(struct intake_answer *out, int status, const char *type, struct str body)
{
    *out = (struct intake_answer){.status = status, .content_type = type, .body = body};
}

static void again_later(struct intake_answer *out, struct arena *a, const char *why)
{
    intake_refuse(out, a, 503, "%s", why);
    out->headers[out->n_headers++] = retry_later;
}

/* ---- health ---- */

static bool from_here(struct str peer)
{
    return str_starts(peer, "127.") || str_is(peer, "::1") || str_starts(peer, "::ffff:127.") || peer.n == 0;
}

static struct str ready_text(struct daemon *d, struct arena *a)
{
    enum { ROOM = 64 };
    struct world *w = daemon_world(d);
    struct out o;
    out_init(&o, arena_alloc(a, ROOM), ROOM);
    out_printf(&o, "ready, stamp %s\n", w->snap->rules.stamp);
    world_release(w);
    return out_span(&o);
}

static bool health(struct daemon *d, const struct intake_request *req, struct intake_answer *out)
{
    static const char text[] = "text/plain; charset=utf-8";
    bool get = str_is(req->method, "GET") || str_is(req->method, "HEAD");
    bool known =
        str_is(req->path, "/healthz") || str_is(req->path, "/readyz") || str_is(req->path, "/metrics");
    if (!known)
        return false;
    if (!get)
        intake_refuse(out, req->arena, 405, "use GET");
    else if (str_is(req->path, "/healthz"))
        answer_text(out, 200, text, STR("ok\n"));
    else if (str_is(req->path, "/readyz") && atomic_load(&d->stopping))
        again_later(out, req->arena, "stopping");
    else if (str_is(req->path, "/readyz") && !atomic_load(&d->store_ok))
        again_later(out, req->arena, "the store cannot commit");
    else if (str_is(req->path, "/readyz"))
        answer_text(out, 200, text, ready_text(d, req->arena));
    else if (!from_here(req->peer))
        intake_refuse(out, req->arena, 404, "nothing here");
    else
        answer_text(out, 200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(d, req->arena));
    return true;
}

/* ---- both kinds of input ---- */

static void to_intake(const struct http_answer *h, struct intake_answer *out)
{
    answer_text(out, h->status, h->content_type, h->body);
    for (size_t i = 0; i < h->n_headers && i < 8; i++)
        out->headers[out->n_headers++] = (struct intake_header){h->headers[i].name, h->headers[i].value};
}

static struct pending *keep(struct daemon *d, struct intake_call *call)
{
    struct pending *p = intake_slot(call, sizeof *p);
    p->daemon = d;
    p->call = call;
    p->world = daemon_world(d);
    p->steps = &p->first;
    p->n = 1;
    return p;
}

/* The answer to an aggregator, when all of its inputs are worked: the first one's, or "again" if any could
 * not be stored (the others are then known as repeats). */
static void encode_callback(struct pending *p, struct arena *a, struct intake_answer *out)
{
    const struct step *shown = &p->steps[0];
    struct http_answer h = {0};
    for (size_t i = 0; i < p->n; i++)
        if (p->steps[i].job.out.status != OK)
            shown = &p->steps[i];
    if (shown->job.out.status == OK)
        aggregator_answered(p->daemon->replays, &p->got, clock_ms());
    aggregator_encode(p->profile, p->got.callback, &p->got.items[shown - p->steps], &shown->job.out,
                      str_of(p->world->fallback), a, &h);
    to_intake(&h, out);
}

/* All or as many as there is room for. true: `out` is the answer, since nothing is under way. */
static bool enqueue(struct pending *p, const struct intake_request *req, struct intake_answer *out)
{
    size_t pushed = 0;
    msec now = clock_ms();
    atomic_init(&p->left, p->n);
    for (size_t i = 0; i < p->n; i++) {
        struct step *s = &p->steps[i];
        s->of = p;
        s->job.owner = s;
        s->job.in.arrived = now;
        s->job.out.status = ERR_AGAIN; /* until it is worked */
    }
    while (pushed < p->n && queue_push(&p->daemon->queue, &p->steps[pushed].job))
        pushed++;
    size_t lost = p->n - pushed;
    if (lost == 0)
        return false;
    count_refusal(p->daemon, ERR_FULL);
    if (atomic_fetch_sub(&p->left, lost) != lost)
        return false; /* the engine answers for those it has */
    if (p->profile)
        encode_callback(p, req->arena, out);
    else
        again_later(out, req->arena, "too much is waiting; try again");
    world_release(p->world);
    return true;
}

/* ---- aggregators ---- */

struct str http_header(const struct intake_request *req, const char *name)
{
    for (size_t i = 0; i < req->n_headers; i++)
        if (str_is_nocase(req->headers[i].name, name))
            return req->headers[i].value;
    return (struct str){NULL, 0};
}

static bool refuse_callback(struct pending *p, const struct intake_request *req, struct intake_answer *out,
                            int status, enum err code, const char *why)
{
    count_refusal(p->daemon, code);
    intake_refuse(out, req->arena, status, "%s", why);
    world_release(p->world);
    return true;
}

/* Who called: behind trusted proxies the last address that none of them has. */
static struct str caller(const struct snapshot *s, struct str peer, struct str forwarded, bool *by_proxy)
{
    *by_proxy = net_contains(s->proxies, s->n_proxies, peer);
    while (net_contains(s->proxies, s->n_proxies, peer) && forwarded.n) {
        size_t at = forwarded.n;
        while (at > 0 && forwarded.s[at - 1] != ',')
            at--;
        peer = str_trim((struct str){forwarded.s + at, forwarded.n - at});
        forwarded.n = at ? at - 1 : 0;
    }
    return peer;
}

static bool decode(struct pending *p, const struct intake_request *req, enum callback c, struct str tail,
                   struct intake_answer *out)
{
    struct header *headers = arena_array(req->arena, req->n_headers + 1, sizeof *headers);
    for (size_t i = 0; i < req->n_headers; i++)
        headers[i] = (struct header){req->headers[i].name, req->headers[i].value};
    struct http_request http = {
        .method = req->method,
        .path = req->path,
        .query = req->query,
        .tail = tail,
        .headers = headers,
        .n_headers = req->n_headers,
        .body = req->body,
    };
    http.peer = caller(p->world->snap, req->peer, http_header(req, "X-Forwarded-For"), &http.by_proxy);
    const struct decode_env env = {.now = clock_ms(), .replays = p->daemon->replays};
    int status = 400;
    struct failure why = {OK, ""};
    enum err rc = aggregator_decode(p->profile, c, &http, &env, req->arena, &p->got, &status, &why);
    if (rc != OK)
        return refuse_callback(p, req, out, status, rc, why.what);
    if (p->got.n == 0) {
        struct answer nothing = {.status = OK};
        struct http_answer h = {0};
        aggregator_answered(p->daemon->replays, &p->got, env.now);
        aggregator_encode(p->profile, p->got.callback, NULL, &nothing, (struct str){NULL, 0}, req->arena, &h);
        to_intake(&h, out);
        world_release(p->world);
        return true;
    }
    p->n = p->got.n;
    if (p->n > 1)
        p->steps = arena_array(req->arena, p->n, sizeof *p->steps);
    for (size_t i = 0; i < p->n; i++)
        p->steps[i].job.in = p->got.items[i].in;
    return enqueue(p, req, out);
}

static bool callback(struct daemon *d, struct intake_call *call, const struct intake_request *req,
                     struct str rest, struct intake_answer *out)
{
    struct str id = str_split(&rest, '/'), kind = str_split(&rest, '/');
    struct pending *p = keep(d, call);
    enum callback c;
    p->profile = snapshot_profile_in_use(p->world->snap, id);
    if (!p->profile)
        return refuse_callback(p, req, out, 404, ERR_MISSING, "no such aggregator");
    if (!callback_parse(kind, &c) || !aggregator_has(p->profile, c))
        return refuse_callback(p, req, out, 404, ERR_MISSING, "this aggregator has no such callback");
    if (!aggregator_takes(p->profile, c, req->method))
        return refuse_callback(p, req, out, 405, ERR_INPUT, "this method is not taken here");
    return decode(p, req, c, rest, out);
}

/* ---- collaborators' systems ---- */

/* Every token is compared, each in constant time, so that the answer's time tells nothing. */
static const struct endpoint *authenticate(const struct snapshot *s, struct str authorization)
{
    const struct endpoint *who = NULL;
    static const char scheme[] = "Bearer ";
    if (!str_starts(authorization, scheme))
        return NULL;
    struct str token = {authorization.s + sizeof scheme - 1, authorization.n - (sizeof scheme - 1)};
    for (size_t i = 0; i < s->network->n_endpoints; i++) {
        struct str want = s->keys[i].token;
        if (want.n && want.n == token.n && sodium_memcmp(want.s, token.s, want.n) == 0)
            who = &s->network->endpoints[i];
    }
    return who;
}

static bool parse_verb(struct str word, enum answer_verb *out)
{
    static const char *const words[] = {[VERB_ACCEPT] = "accept",
                                        [VERB_DECLINE] = "decline",
                                        [VERB_ARRIVED] = "arrived",
                                        [VERB_CLOSE] = "close"};
    for (int v = 0; v < 4; v++)
        if (str_is(word, words[v])) {
            *out = (enum answer_verb)v;
            return true;
        }
    return false;
}

static const char *body_fields(struct input *in, const struct intake_request *req)
{
    cJSON *o = cJSON_ParseWithLength(req->body.s ? req->body.s : "", req->body.n);
    const char *who = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "collaborator"));
    const char *outcome = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "outcome"));
    const char *wrong = !cJSON_IsObject(o) ? "the body must be a JSON object"
                        : !who || strlen(who) >= REFERRAL_NAME
                            ? "\"collaborator\" must be the id of a collaborator"
                        : in->verb == VERB_CLOSE && !outcome ? "\"outcome\" must say how it ended"
                        : outcome && strlen(outcome) >= 24   ? "\"outcome\" is longer than 23 bytes"
                                                             : NULL;
    if (!wrong) {
        in->collaborator = arena_str(req->arena, str_of(who));
        in->outcome = arena_str(req->arena, str_of(outcome));
    }
    cJSON_Delete(o);
    return wrong;
}

static bool collaborator_answer(struct daemon *d, struct intake_call *call, const struct intake_request *req,
                                struct str rest, struct intake_answer *out)
{
    struct pending *p = keep(d, call);
    struct input *in = &p->first.job.in;
    const struct endpoint *who = authenticate(p->world->snap, http_header(req, "Authorization"));
    struct str id = str_split(&rest, '/');
    in->kind = INPUT_ANSWER;
    if (!who)
        return refuse_callback(p, req, out, 401, ERR_AUTH, "a valid bearer token is needed");
    if (!id_parse(id, &in->referral) || !parse_verb(rest, &in->verb))
        return refuse_callback(p, req, out, 404, ERR_MISSING, "no such referral or verb");
    if (!str_is(req->method, "POST"))
        return refuse_callback(p, req, out, 405, ERR_INPUT, "use POST");
    struct str type = http_header(req, "Content-Type");
    if (!str_is_nocase((struct str){type.s, type.n < 16 ? type.n : 16}, "application/json"))
        return refuse_callback(p, req, out, 415, ERR_INPUT, "the body must be application/json");
    const char *wrong = body_fields(in, req);
    if (wrong)
        return refuse_callback(p, req, out, 400, ERR_INPUT, wrong);
    str_copy(str_of(who->id), in->endpoint, sizeof in->endpoint);
    return enqueue(p, req, out);
}

/* Where she is received, and whom to call there, in this order. */
static void tell_host(cJSON *o, const struct network *net, const char *id)
{
    const struct host *h = routing_host(net, id);
    cJSON_AddStringToObject(o, "host", id);
    if (!h)
        return;
    cJSON_AddStringToObject(o, "host_name", h->name);
    cJSON_AddStringToObject(o, "host_place", h->place->name);
    cJSON *phones = cJSON_AddArrayToObject(o, "host_phones");
    for (size_t i = 0; i < h->n_phones; i++)
        cJSON_AddItemToArray(phones, cJSON_CreateString(h->phones[i]));
}

static void encode_collaborator(const struct job *job, const struct network *net, struct arena *a,
                                struct intake_answer *out)
{
    const struct answer *ans = &job->out;
    char id[ID_TEXT];
    if (ans->status != OK) {
        int status = ans->status == ERR_AUTH ? 403 : ans->status == ERR_MISSING ? 404 : 409;
        intake_refuse(out, a, status, "%s", ans->reason);
        return;
    }
    id_text(job->in.referral, id);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "referral", id);
    cJSON_AddStringToObject(o, "state", referral_state_name(ans->state));
    if (*ans->phone)
        cJSON_AddStringToObject(o, "phone", ans->phone);
    if (*ans->code_word)
        cJSON_AddStringToObject(o, "code_word", ans->code_word);
    if (*ans->host)
        tell_host(o, net, ans->host);
    char *text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    answer_text(out, text ? 200 : 500, "application/json",
                text ? str_of(arena_strdup(a, str_of(text))) : (struct str){NULL, 0});
    cJSON_free(text);
}

/* ---- the way in and the way out ---- */

bool http_handle(void *daemon, struct intake_call *call, const struct intake_request *req,
                 struct intake_answer *out)
{
    static const char in[] = "/in/", referrals[] = "/api/v1/referrals/";
    struct daemon *d = daemon;
    struct str path = req->path;
    if (str_starts(path, in))
        return callback(d, call, req, (struct str){path.s + sizeof in - 1, path.n - (sizeof in - 1)}, out);
    if (str_starts(path, referrals))
        return collaborator_answer(
            d, call, req, (struct str){path.s + sizeof referrals - 1, path.n - (sizeof referrals - 1)}, out);
    if (health(d, req, out))
        return true;
    enum practice_taken taken = practice_take(d, call, req, out);
    if (taken != PRACTICE_NOT_OURS)
        return taken == PRACTICE_ANSWERED;
    count_refusal(d, ERR_MISSING);
    intake_refuse(out, req->arena, 404, "nothing here");
    return true;
}

void http_deliver(struct job *job)
{
    struct step *step = job->owner;
    struct pending *p = step->of;
    if (job->out.status != OK)
        count_refusal(p->daemon, job->out.status);
    if (atomic_fetch_sub(&p->left, 1) != 1)
        return;
    struct intake_answer out = {0};
    struct arena *a = intake_request_of(p->call)->arena;
    if (p->profile)
        encode_callback(p, a, &out);
    else if (job->out.status == ERR_AGAIN)
        again_later(&out, a, "cannot be stored now; try again");
    else
        encode_collaborator(job, p->world->snap->network, a, &out);
    struct world *w = p->world; /* the call, and with it `p`, is gone once it is answered */
    intake_answer(p->call, &out);
    world_release(w);
}
