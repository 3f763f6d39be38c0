#include "referral/referral.h"

#include <string.h>

const char *referral_state_name(enum referral_state s)
{
    static const char *const names[] = {"open", "offered", "accepted", "arrived", "closed", "unmet"};
    return names[s];
}

const char *offer_state_name(enum offer_state s)
{
    static const char *const names[] = {"pending", "accepted", "declined", "expired", "failed", "withdrawn"};
    return names[s];
}

const char *safe_way_name(enum safe_way w)
{
    static const char *const names[] = {"unknown",    "sms",  "call",   "call-day",
                                        "call-night", "wait", "sms-day"};
    return names[w];
}

const char *referral_event_name(enum referral_event e)
{
    static const char *const names[] = {"opened", "offered", "accepted", "declined", "expired",
                                        "failed", "arrived", "closed",   "unmet"};
    return e < RE_COUNT ? names[e] : "unknown";
}

static void tell(struct referral_out *out, enum referral_event what, int offer)
{
    if (out->n == sizeof out->events / sizeof out->events[0])
        return;
    out->events[out->n].what = what;
    out->events[out->n++].offer = offer;
}

static int offer_of(const struct referral *r, struct str collaborator)
{
    for (int i = r->n_offers - 1; i >= 0; i--)
        if (str_is(collaborator, r->offers[i].collaborator))
            return i;
    return -1;
}

static const struct candidate *next_in_line(const struct referral *r, const struct network *net,
                                            const struct candidate *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (offer_of(r, str_of(net->collaborators[c[i].collaborator].id)) < 0)
            return &c[i];
    return NULL;
}

/* Those in line who are marked duty stand at its end. */
static const struct candidate *duty_in_line(const struct referral *r, const struct network *net,
                                            const struct candidate *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (net->collaborators[c[i].collaborator].duty &&
            offer_of(r, str_of(net->collaborators[c[i].collaborator].id)) < 0)
            return &c[i];
    return NULL;
}

static bool duty_was_asked(const struct referral *r, const struct network *net)
{
    for (size_t i = 0; i < net->n_collaborators; i++)
        if (net->collaborators[i].duty && offer_of(r, str_of(net->collaborators[i].id)) >= 0)
            return true;
    return false;
}

static bool any_pending(const struct referral *r)
{
    for (int i = 0; i < r->n_offers; i++)
        if (r->offers[i].state == OFFER_PENDING)
            return true;
    return false;
}

void referral_offer_next(struct referral *r, const struct network *net, const struct candidate *c, size_t n,
                         msec now, struct referral_out *out)
{
    const struct candidate *to = next_in_line(r, net, c, n);
    int most = net->max_offers > 0 && net->max_offers < REFERRAL_OFFERS ? net->max_offers : REFERRAL_OFFERS;
    if (most > 2 && r->n_offers == most - 1 && !duty_was_asked(r, net)) {
        const struct candidate *duty = duty_in_line(r, net, c, n);
        to = duty ? duty : to;
    }
    if (!to || r->n_offers >= most) {
        if (any_pending(r)) { /* somebody who was asked may still say yes */
            r->state = REFERRAL_OFFERED;
            r->next_at = r->next_at ? r->next_at : now + net->offer_timeout[r->urgent];
            return;
        }
        r->state = REFERRAL_UNMET;
        r->closed_at = now;
        r->next_at = 0;
        tell(out, RE_UNMET, -1);
        return;
    }
    struct offer *o = &r->offers[r->n_offers];
    *o = (struct offer){.state = OFFER_PENDING, .at = now};
    str_copy(str_of(net->collaborators[to->collaborator].id), o->collaborator, sizeof o->collaborator);
    if (to->host >= 0)
        str_copy(str_of(net->hosts[to->host].id), o->host, sizeof o->host);
    r->state = REFERRAL_OFFERED;
    r->next_at = now + net->offer_timeout[r->urgent];
    tell(out, RE_OFFERED, r->n_offers++);
}

void referral_open(struct referral *r, const struct network *net, const struct candidate *c, size_t n,
                   msec now, struct referral_out *out)
{
    r->state = REFERRAL_OPEN;
    tell(out, RE_OPENED, -1);
    referral_offer_next(r, net, c, n, now, out);
}

/* The offer this collaborator may answer by, or why not. */
static enum err answerable(const struct referral *r, struct str collaborator, int *at, struct failure *why)
{
    *at = offer_of(r, collaborator);
    return *at >= 0 ? OK : fail(why, ERR_MISSING, "this referral was never offered to that collaborator");
}

enum err referral_accept(struct referral *r, struct str collaborator, const char *code_word, msec now,
                         struct referral_out *out, struct failure *why)
{
    int at, current = referral_current(r);
    enum err rc = answerable(r, collaborator, &at, why);
    if (rc != OK)
        return rc;
    struct offer *o = &r->offers[at];
    if (o->state == OFFER_ACCEPTED && r->state != REFERRAL_CLOSED)
        return OK;
    if (r->state == REFERRAL_CLOSED)
        return fail(why, ERR_INPUT, "the referral is closed");
    if (current >= 0 && r->offers[current].state == OFFER_ACCEPTED)
        return fail(why, ERR_INPUT, "another collaborator has accepted it");
    if (o->state != OFFER_PENDING && o->state != OFFER_EXPIRED && o->state != OFFER_FAILED)
        return fail(why, ERR_INPUT, "the offer was %s", offer_state_name(o->state));
    for (int i = 0; i < r->n_offers; i++)
        if (r->offers[i].state == OFFER_PENDING && i != at)
            r->offers[i].state = OFFER_WITHDRAWN;
    bool again = o->state == OFFER_PENDING && o->answered_at != 0; /* recalled */
    o->state = OFFER_ACCEPTED;
    o->answered_at = now;
    r->state = REFERRAL_ACCEPTED;
    r->accepted_at = now;
    r->closed_at = r->next_at = 0;
    if (!*r->code_word || !again) /* who had it before keeps the word she knows */
        str_copy(str_of(code_word), r->code_word, sizeof r->code_word);
    tell(out, RE_ACCEPTED, at);
    return OK;
}

enum err referral_decline(struct referral *r, struct str collaborator, msec now, struct referral_out *out,
                          struct failure *why)
{
    int at;
    enum err rc = answerable(r, collaborator, &at, why);
    if (rc != OK)
        return rc;
    struct offer *o = &r->offers[at];
    if (o->state == OFFER_DECLINED)
        return OK;
    if (o->state != OFFER_PENDING && o->state != OFFER_ACCEPTED)
        return fail(why, ERR_INPUT, "the offer was %s", offer_state_name(o->state));
    if (r->state == REFERRAL_CLOSED || r->state == REFERRAL_ARRIVED)
        return fail(why, ERR_INPUT, "the referral is %s", referral_state_name(r->state));
    o->state = OFFER_DECLINED;
    o->answered_at = now;
    r->state = REFERRAL_OPEN;
    r->accepted_at = r->next_at = 0;
    r->code_word[0] = '\0';
    tell(out, RE_DECLINED, at);
    return OK;
}

static enum err by_acceptor(const struct referral *r, struct str collaborator, int *at, struct failure *why)
{
    enum err rc = answerable(r, collaborator, at, why);
    if (rc == OK && r->offers[*at].state != OFFER_ACCEPTED)
        rc = fail(why, ERR_INPUT, "only who accepted the referral may say so");
    return rc;
}

enum err referral_arrived(struct referral *r, struct str collaborator, msec now, struct referral_out *out,
                          struct failure *why)
{
    int at;
    enum err rc = by_acceptor(r, collaborator, &at, why);
    if (rc != OK || r->state == REFERRAL_ARRIVED)
        return rc;
    if (r->state != REFERRAL_ACCEPTED)
        return fail(why, ERR_INPUT, "the referral is %s", referral_state_name(r->state));
    r->state = REFERRAL_ARRIVED;
    r->arrived_at = now;
    tell(out, RE_ARRIVED, at);
    return OK;
}

enum err referral_close(struct referral *r, struct str collaborator, struct str outcome, msec now,
                        struct referral_out *out, struct failure *why)
{
    int at;
    char word[sizeof r->outcome];
    enum err rc = by_acceptor(r, collaborator, &at, why);
    if (rc != OK)
        return rc;
    if (!outcome.n || !str_copy(outcome, word, sizeof word))
        return fail(why, ERR_INPUT, "the outcome must be 1 to %zu bytes", sizeof word - 1);
    if (r->state == REFERRAL_CLOSED)
        return str_is(outcome, r->outcome) ? OK : fail(why, ERR_INPUT, "the referral is closed already");
    r->state = REFERRAL_CLOSED;
    r->closed_at = now;
    r->next_at = 0;
    memcpy(r->outcome, word, sizeof word);
    tell(out, RE_CLOSED, at);
    return OK;
}

/* The last pending offer is the one the clock runs for; older ones were left open on purpose and end with it.
 */
bool referral_expire(struct referral *r, msec now, bool failed, struct referral_out *out)
{
    int at = referral_current(r);
    if (r->state != REFERRAL_OFFERED || at < 0 || r->offers[at].state != OFFER_PENDING)
        return false;
    if (!failed && (!r->next_at || now < r->next_at))
        return false;
    for (int i = 0; i < r->n_offers; i++)
        if (r->offers[i].state == OFFER_PENDING) {
            r->offers[i].state = failed ? OFFER_FAILED : OFFER_EXPIRED;
            r->offers[i].answered_at = now;
        }
    r->next_at = 0;
    r->state = REFERRAL_OPEN;
    tell(out, failed ? RE_FAILED : RE_EXPIRED, at);
    return true;
}

msec backoff_delay(unsigned attempt, msec base, msec cap, struct rng *rng)
{
    msec most = base;
    for (unsigned i = 0; i < attempt && most < cap; i++)
        most *= 2;
    most = most < cap ? most : cap;
    /* full jitter over the upper half, so that a first retry is never at once */
    return most / 2 + rng_below(rng, (uint32_t)(most / 2 + 1));
}
