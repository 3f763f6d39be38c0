#include "intake/limits.h"

static uint64_t hash(struct str peer)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < peer.n; i++)
        h = (h ^ (uint8_t)peer.s[i]) * 1099511628211u;
    return h ? h : 1;
}

/* Each peer has two places. Somebody new takes the one that was free or left alone for longer: two peers that
 * share a place would otherwise put each other out in turn, and each begin with a full allowance again. */
static struct rate *place_of(struct rates *r, uint64_t peer, int rate, int64_t now_us)
{
    struct rate *a = &r->peers[peer % RATE_PEERS], *b = &r->peers[(peer >> 32) % RATE_PEERS];
    if (a->peer == peer)
        return a;
    if (b->peer == peer)
        return b;
    struct rate *p = !a->peer || (b->peer && a->at_us <= b->at_us) ? a : b;
    *p = (struct rate){peer, now_us, rate};
    return p;
}

bool rates_exceeded(struct rates *r, struct str peer, int rate, int64_t now_us)
{
    if (rate <= 0)
        return false;
    struct rate *p = place_of(r, hash(peer), rate, now_us);
    p->left += (double)(now_us - p->at_us) * rate / 1e6;
    p->left = p->left > rate ? rate : p->left;
    p->at_us = now_us;
    if (p->left < 1)
        return true;
    p->left -= 1;
    return false;
}

bool limits_refuse(const struct intake_limits *l, struct rates *r, int pending,
                   const struct intake_request *req, struct intake_answer *out)
{
    if (req->body.n > l->body) {
        intake_refuse(out, req->arena, 413, "body over %zu bytes", l->body);
    } else if (rates_exceeded(r, req->peer, l->rate, req->began_us)) {
        intake_refuse(out, req->arena, 429, "more than %d requests a second", l->rate);
    } else if (pending >= l->pending) {
        intake_refuse(out, req->arena, 503, "%d requests wait already; try again", l->pending);
        out->headers[out->n_headers++] = (struct intake_header){STR("Retry-After"), STR("5")};
    } else {
        return false;
    }
    return true;
}
