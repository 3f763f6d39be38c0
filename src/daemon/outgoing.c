/* From committed sends to HTTP requests, and from their results back to inputs. */
#include "base/log.h"
#include "daemon/daemon.h"

#include <stdlib.h>
#include <string.h>

struct flight { /* one send at the courier */
    struct daemon *daemon;
    struct world *world;
    const struct profile *profile; /* NULL: an alert */
    const char *endpoint;          /* of the world; NULL: an MT */
    uint64_t id;
};

struct result_job {
    struct job job; /* first: the engine sees only this */
    char message_id[160];
};

static void report(struct daemon *d, uint64_t id, enum send_result result, msec retry_after,
                   enum mt_class why, struct str message_id)
{
    struct result_job *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->job.in = (struct input){
        .kind = INPUT_SENT, .send_id = id, .result = result, .retry_after = retry_after, .mt_class = why};
    if (str_copy(message_id, r->message_id, sizeof r->message_id))
        r->job.in.send_message_id = str_of(r->message_id);
    queue_push_always(&d->queue, &r->job);
}

void outgoing_settled(struct job *job)
{
    free((struct result_job *)(void *)job);
}

static bool submit(struct flight *f, const char *method, struct str url, struct str body,
                   const struct header *headers, size_t n, long timeout_ms)
{
    struct courier_request req = {
        .id = (uint64_t)(uintptr_t)f,
        .method = method,
        .url = url,
        .body = body,
        .headers = (const void *)headers, /* the same two spans by another name: rooms do not share types */
        .n_headers = n,
        .timeout_ms = timeout_ms,
    };
    return courier_submit(f->daemon->courier, &req);
}

static struct flight *flight(struct daemon *d, uint64_t id, const struct profile *p)
{
    struct flight *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    *f = (struct flight){.daemon = d, .world = world_hold(d->engine_world), .profile = p, .id = id};
    return f;
}

static void land(struct flight *f)
{
    world_release(f->world);
    free(f);
}

static bool give_up(struct daemon *d, const struct store_send *s, const char *why)
{
    log_event(LOG_ERROR, "send", "id=%llu what=\"cannot be sent\" why=\"%s\"", (unsigned long long)s->id,
              why);
    report(d, s->id, SEND_PERMANENT, 0, MT_CLASS_UNKNOWN, (struct str){NULL, 0});
    return true;
}

static bool send_mt(struct daemon *d, const struct store_send *s, struct str key)
{
    const struct profile *p = snapshot_sender(d->engine_world->snap, str_of(s->target));
    struct arena a;
    struct http_send out = {0};
    struct failure why = {OK, ""};
    if (!p)
        return give_up(d, s, "the profile is gone or cannot send; set mt_aggregator");
    arena_init(&a, 8192);
    bool taken = true;
    const struct mt mt = {str_of(s->to), str_of(s->from), s->body, key, clock_ms()};
    if (aggregator_send(p, &mt, &a, &out, &why) != OK) {
        give_up(d, s, why.what);
    } else {
        struct flight *f = flight(d, s->id, p);
        taken = submit(f, out.method, out.url, out.body, out.headers, out.n_headers, out.timeout_ms);
        if (!taken)
            land(f);
    }
    arena_free(&a);
    return taken;
}

static bool send_alert(struct daemon *d, const struct store_send *s, struct str key)
{
    const struct snapshot *snap = d->engine_world->snap;
    const struct collaborator *who = routing_collaborator(snap->network, s->target);
    int channel = !who ? -1 : *s->to ? routing_channel(snap->network, who, s->to) : 0;
    if (channel < 0)
        return give_up(d, s, "the collaborator or its endpoint is gone from the network");
    const struct endpoint *e = &snap->network->endpoints[who->channels[channel]];
    const struct endpoint_keys *k = &snap->keys[who->channels[channel]];
    char stamp[24], signature[96];
    struct out o;
    int64_t now_s = clock_ms() / 1000;
    out_init(&o, stamp, sizeof stamp);
    out_printf(&o, "%lld", (long long)now_s);
    webhook_sign(k->key, k->key_n, key, now_s, s->body, signature, sizeof signature);
    const struct header headers[] = {
        {STR("Content-Type"), STR("application/json")},
        {STR("webhook-id"), key},
        {STR("webhook-timestamp"), out_span(&o)},
        {STR("webhook-signature"), str_of(signature)},
    };
    struct flight *f = flight(d, s->id, NULL);
    f->endpoint = e->id;
    bool taken = submit(f, "POST", str_of(e->url), s->body, headers, sizeof headers / sizeof headers[0],
                        (long)engine_alert_timeout(snap->network, who));
    if (!taken)
        land(f);
    return taken;
}

bool outgoing_send(void *daemon, const struct store_send *s)
{
    struct daemon *d = daemon;
    char key[4 + ID_KEY] = "msg_"; /* the same for every try of one send, and of no other */
    if (!d->courier || courier_room(d->courier) == 0)
        return false;
    id_key(s->id, s->created, key + 4);
    return s->kind == SEND_MT ? send_mt(d, s, str_of(key + 4)) : send_alert(d, s, str_of(key));
}

/* An alert's system that answers 410 does not exist any more, and one that refuses will hardly take it at the
 * next try; anything else may heal, and meanwhile the offer's own time-out passes the referral on. */
static enum send_result alert_result(int status)
{
    bool later = status == 408 || status == 425 || status == 429;
    if (status >= 200 && status < 300)
        return SEND_OK;
    if (status == 410)
        return SEND_PERMANENT;
    return status >= 400 && status < 500 && !later ? SEND_REFUSED : SEND_TEMPORARY;
}

void outgoing_done(void *daemon, const struct courier_result *r)
{
    struct daemon *d = daemon;
    struct flight *f = (struct flight *)(uintptr_t)r->id;
    struct str message_id = {NULL, 0};
    struct arena a;
    arena_init(&a, 4096);
    enum send_result result = SEND_TEMPORARY;
    struct sent sent = {.what = SENT_CONNECTION, .retry_after = r->retry_after};
    if (r->status && f->profile) {
        aggregator_sent(f->profile, r->status, r->body, &a, &sent);
        result = sent.result;
        message_id = sent.message_id;
        sent.retry_after = r->retry_after > sent.retry_after ? r->retry_after : sent.retry_after;
    } else if (r->status) {
        result = alert_result(r->status);
    }
    if (result != SEND_OK)
        log_event(LOG_WARN, "send", "id=%llu kind=%s%s%s status=%d result=%s class=%s why=\"%s\"",
                  (unsigned long long)f->id, f->profile ? "mt" : "alert", f->endpoint ? " by=" : "",
                  f->endpoint ? f->endpoint : "", r->status, result == SEND_PERMANENT ? "failed" : "retry",
                  f->profile ? sent_class_name(sent.what) : "-", r->error);
    report(d, f->id, result, sent.retry_after, sent.why, message_id);
    arena_free(&a);
    land(f);
}
