/* What the contact, and not a collaborator, does to a referral. */
#include "referral/referral.h"

#include <string.h>

int referral_current(const struct referral *r)
{
    int pending = -1;
    for (int i = 0; i < r->n_offers; i++) {
        if (r->offers[i].state == OFFER_ACCEPTED)
            return i;
        if (r->offers[i].state == OFFER_PENDING)
            pending = i;
    }
    return pending;
}

static void withdraw_offers(struct referral *r, bool late, msec now)
{
    for (int i = 0; i < r->n_offers; i++) {
        struct offer *o = &r->offers[i];
        bool open = o->state == OFFER_ACCEPTED || o->state == OFFER_PENDING;
        if (open || (late && (o->state == OFFER_EXPIRED || o->state == OFFER_FAILED))) {
            o->state = OFFER_WITHDRAWN;
            o->answered_at = now;
        }
    }
    r->next_at = 0;
}

static bool over(const struct referral *r)
{
    return r->state == REFERRAL_CLOSED || r->state == REFERRAL_UNMET;
}

void referral_release(struct referral *r, bool late, msec now)
{
    if (over(r))
        return;
    withdraw_offers(r, late, now);
    r->state = REFERRAL_OPEN;
    r->accepted_at = r->arrived_at = 0;
    memset(r->code_word, 0, sizeof r->code_word);
}

bool referral_recall(struct referral *r, const struct network *net, msec now, struct referral_out *out)
{
    int at = referral_current(r);
    if (over(r) || at < 0 || r->offers[at].state != OFFER_ACCEPTED)
        return false;
    r->offers[at].state = OFFER_PENDING;
    r->offers[at].at = now;
    r->state = REFERRAL_OFFERED;
    r->accepted_at = r->arrived_at = 0;
    r->next_at = now + net->offer_timeout[1];
    out->events[out->n].what = RE_OFFERED;
    out->events[out->n++].offer = at;
    return true;
}

void referral_withdraw(struct referral *r, const char *outcome, msec now, struct referral_out *out)
{
    if (over(r))
        return;
    withdraw_offers(r, true, now);
    r->state = REFERRAL_CLOSED;
    r->closed_at = now;
    str_copy(str_of(outcome), r->outcome, sizeof r->outcome);
    out->events[out->n].what = RE_CLOSED;
    out->events[out->n++].offer = -1;
}
