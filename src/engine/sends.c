/* The outbox: what goes out, what became of it, when it is tried again. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

enum err sends_put(struct engine *e, struct store_send *send, struct failure *why)
{
    enum err rc = e->store.ops->send_put(e->store.self, send, why);
    if (rc != OK)
        return rc;
    struct fresh_sends *f = &e->fresh;
    if (send->due > send->created) {
        engine_due(e, send->due);
        return OK;
    }
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 64;
        f->items = realloc(f->items, f->cap * sizeof *f->items);
        if (!f->items)
            abort();
    }
    f->items[f->n] = *send;
    f->items[f->n++].body = arena_str(&e->scratch, send->body);
    return OK;
}

static bool hand_over(struct engine *e, const struct store_send *s)
{
    if (idmap_get(&e->in_flight, s->id))
        return true;
    if (!e->hooks.send || !e->hooks.send(e->hooks.ctx, s))
        return false;
    idmap_put(&e->in_flight, s->id, 1);
    return true;
}

void sends_hand_over(struct engine *e)
{
    for (size_t i = 0; i < e->fresh.n; i++)
        if (!hand_over(e, &e->fresh.items[i]))
            e->backlog = true;
    e->fresh.n = 0;
}

/* What was to be told then is how things stand now. */
static bool still_true(const struct referral *r, msec told_at)
{
    if (r->state == REFERRAL_ACCEPTED || r->state == REFERRAL_ARRIVED)
        return r->many_places ? told_at > r->accepted_at : told_at == r->accepted_at; /* it was told anew */
    return r->state == REFERRAL_UNMET && r->closed_at == told_at;
}

/* An answer belongs to its conversation. Long after it, it would reach whoever holds the telephone then; only
 * who chose to be reached by SMS is. */
static enum err too_late(struct engine *e, const struct store_send *s, msec now, bool *late,
                         struct failure *why)
{
    struct referral r;
    msec within = e->rules->answer_within ? e->rules->answer_within : 15 * MINUTE_MS;
    *late = now - s->created > within;
    if (!s->referral || s->due == s->created)
        return OK;
    enum err rc = e->store.ops->referral_get(e->store.self, s->referral, &r, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    bool waited = s->due == safe_time(e, &r, s->created); /* until the time of day she chose */
    if (*late || waited)
        *late = !safe_by_sms(r.safe) || !still_true(&r, s->created);
    return OK;
}

/* A message must not go to someone who said stop, or erased everything, while it waited for its next try;
 * unless it is the answer to those very words. Nor may an answer come when nobody waits for it any more. */
enum err sends_mt_unwanted(struct engine *e, const struct store_send *s, msec now, const char **why_not,
                           struct failure *why)
{
    struct contact c;
    bool late = false;
    *why_not = NULL;
    enum err rc = too_late(e, s, now, &late, why);
    if (late)
        *why_not = "too late";
    if (rc != OK || !s->contact)
        return rc;
    rc = e->store.ops->contact_get(e->store.self, s->contact, &c, why);
    if (rc == ERR_MISSING)
        *why_not = "erased";
    else if (rc == OK && c.stopped && !s->anyway)
        *why_not = "stopped";
    return rc == ERR_MISSING ? OK : rc;
}

/* Nor may an alert tell of a case that meanwhile is another's, or nobody's any more. */
enum err sends_alert_unwanted(struct engine *e, const struct store_send *s, const char **why_not,
                              struct failure *why)
{
    struct referral r;
    bool drop = true;
    *why_not = NULL;
    if (alerts_is(s, ALERT_WITHDRAWN))
        return OK; /* who was on the way must hear it */
    enum err rc = e->store.ops->referral_get(e->store.self, s->referral, &r, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    int at = referral_current(&r);
    bool anothers =
        at >= 0 && r.offers[at].state == OFFER_ACCEPTED && strcmp(r.offers[at].collaborator, s->target) != 0;
    for (int i = 0; i < r.n_offers; i++)
        if (strcmp(r.offers[i].collaborator, s->target) == 0 && r.offers[i].state != OFFER_WITHDRAWN &&
            r.offers[i].state != OFFER_DECLINED)
            drop = false;
    if (drop || anothers || r.state == REFERRAL_CLOSED)
        *why_not = "not theirs any more";
    return OK;
}

static enum err unwanted(struct engine *e, const struct store_send *s, msec now, const char **why_not,
                         struct failure *why)
{
    return s->kind == SEND_MT ? sends_mt_unwanted(e, s, now, why_not, why)
                              : sends_alert_unwanted(e, s, why_not, why);
}

static enum err drop(struct engine *e, const struct store_send *s, const char *why_not, msec now,
                     struct failure *why)
{
    enum err rc = e->store.ops->begin(e->store.self, why);
    if (rc == OK)
        rc = e->store.ops->send_done(e->store.self, s->id, why);
    if (rc == OK)
        rc = sends_row(e, s, SEND_UNWANTED, why_not, now, why);
    if (rc != OK) {
        e->store.ops->rollback(e->store.self);
        return rc;
    }
    return e->store.ops->commit(e->store.self, why);
}

static enum err offer_page(struct engine *e, const struct store_send *page, size_t n, msec now, bool *full,
                           struct failure *why)
{
    for (size_t i = 0; i < n; i++) {
        const char *why_not;
        if (idmap_get(&e->in_flight, page[i].id))
            continue;
        enum err rc = unwanted(e, &page[i], now, &why_not, why);
        if (rc == OK && why_not)
            rc = drop(e, &page[i], why_not, now, why);
        else if (rc == OK && !hand_over(e, &page[i]))
            *full = true;
        if (rc != OK || *full)
            return rc;
    }
    return OK;
}

enum err sends_due(struct engine *e, msec now, struct failure *why)
{
    enum { PAGE = 64 };
    struct store_send page[PAGE];
    uint64_t after = 0;
    size_t n;
    bool full = false;
    do {
        arena_reset(&e->scratch);
        n = 0;
        enum err rc = e->store.ops->send_due(e->store.self, now, after, page, PAGE, &n, &e->scratch, why);
        if (rc == OK)
            rc = offer_page(e, page, n, now, &full, why);
        if (rc != OK)
            return rc;
        after = n ? page[n - 1].id : after;
    } while (n == PAGE && !full);
    e->backlog = full;
    return OK;
}

/* ---- results ---- */

enum err sends_row(struct engine *e, const struct store_send *s, enum send_end end, const char *why_not,
                   msec now, struct failure *why)
{
    struct row row = {
        .at = now,
        .kind = ROW_SEND,
        .contact = s->contact,
        .referral = s->referral,
        .drill = s->drill,
        .event = (uint8_t)end,
        .children = 255,
    };
    struct out note;
    out_init(&note, row.note, sizeof row.note);
    bool by = s->kind == SEND_ALERT && *s->to;
    out_printf(&note, "%s%s%s%s%s", s->kind == SEND_MT ? "mt" : "alert", by ? " by " : "", by ? s->to : "",
               *why_not ? " " : "", why_not);
    if (s->kind == SEND_ALERT)
        str_copy(str_of(s->target), row.collaborator, sizeof row.collaborator);
    else
        str_copy(str_of(s->target), row.aggregator, sizeof row.aggregator);
    e->counters.sends_ok += end == SEND_DELIVERED;
    e->counters.sends_failed += end == SEND_FAILED;
    e->counters.sends_unwanted += end == SEND_UNWANTED;
    return e->store.ops->append(e->store.self, &row, why);
}

static enum err alert_ended(struct engine *e, const struct store_send *s, bool delivered, msec now,
                            struct failure *why)
{
    enum err rc = e->store.ops->send_done(e->store.self, s->id, why);
    if (rc == OK)
        rc = sends_row(e, s, delivered ? SEND_DELIVERED : SEND_FAILED, "", now, why);
    if (rc != OK)
        return rc;
    return delivered ? channels_took(e, s, why) : referrals_alert_failed(e, s, now, why);
}

static msec next_try(struct engine *e, const struct store_send *s, msec retry_after, msec now)
{
    msec wait = backoff_delay(s->attempts, e->rules->send_backoff, e->rules->send_backoff_cap, &e->rng);
    if (retry_after > wait) /* the other side's wish, within reason */
        wait = retry_after < e->rules->send_give_up ? retry_after : e->rules->send_give_up;
    return now + wait;
}

static enum err try_again(struct engine *e, const struct store_send *s, msec at, struct failure *why)
{
    e->counters.sends_retried++;
    engine_due(e, at);
    return e->store.ops->send_retry(e->store.self, s->id, s->attempts + 1, at, why);
}

static enum err alert_result(struct engine *e, const struct input *in, const struct store_send *s, msec again,
                             msec now, struct failure *why)
{
    bool moved = false;
    if (in->result == SEND_OK)
        return alert_ended(e, s, true, now, why);
    enum err rc = channels_move(e, s, in->result == SEND_REFUSED ? 0 : again, now, &moved, why);
    if (rc != OK || moved)
        return rc;
    return again ? try_again(e, s, again, why) : alert_ended(e, s, false, now, why);
}

static enum err known_result(struct engine *e, const struct input *in, const struct store_send *s, msec now,
                             struct failure *why)
{
    bool late = now - s->created >= e->rules->send_give_up;
    bool may_work = in->result == SEND_TEMPORARY || in->result == SEND_REFUSED;
    msec again = may_work && !late ? next_try(e, s, in->retry_after, now) : 0;
    if (s->kind == SEND_ALERT)
        return alert_result(e, in, s, again, now, why);
    if (again)
        return try_again(e, s, again, why);
    if (in->result == SEND_OK)
        return mt_taken(e, s, now, why);
    bool ran_out = in->result == SEND_TEMPORARY && in->mt_class == MT_CLASS_UNKNOWN;
    return mt_given_up(e, s, ran_out ? MT_CLASS_EXPIRED : in->mt_class, now, why);
}

enum err sends_result(struct engine *e, const struct input *in, msec now, struct failure *why)
{
    struct store_send s;
    enum err rc = e->store.ops->send_get(e->store.self, in->send_id, &s, &e->scratch, why);
    if (rc == OK && !s.handed)
        rc = known_result(e, in, &s, now, why);
    if (rc == ERR_MISSING) /* withdrawn by an erasure, or settled by a receipt, while it was under way */
        rc = OK;
    if (rc == OK && in->result == SEND_OK)
        rc = mt_named(e, in->send_id, in->send_message_id, now, why);
    return rc;
}
