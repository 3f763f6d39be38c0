/* SMS to contacts: how they get into the outbox, and what receipts make of them. */
#include "engine/internal.h"

#include <string.h>

#define MT_PARTS 40           /* a text of DIALOGUE_REPLY bytes has fewer */
#define MT_KEEP (30 * DAY_MS) /* what became of it is known so long */
#define MT_ID_MAX 159         /* bytes of an aggregator's message id; a longer one is never stored */
#define EARLY_MOST 8          /* receipts of one id: one of each status */
#define STEP_MOST 256         /* rows written in one step of the timers */

static msec or_else(msec set, msec dflt)
{
    return set ? set : dflt;
}

/* ---- into the outbox ---- */

static size_t shape(struct engine *e, const struct mt *m, struct mt_part *parts)
{
    const struct mt_shaper *s = &e->rules->mt;
    size_t n = 0;
    if (s->shape)
        n = s->shape(s->ctx, m->by, m->text, dialogue_may_unaccent(e->rules->catalogs, m->lang), &e->scratch,
                     parts, MT_PARTS);
    if (n)
        return n;
    parts[0] = (struct mt_part){m->text, text_size(m->text).segments};
    return 1;
}

static enum err enlist(struct engine *e, const struct store_send *s, unsigned sends, msec now,
                       struct failure *why)
{
    struct store_mt mt = {.send = s->id,
                          .contact = s->contact,
                          .referral = s->referral,
                          .drill = s->drill,
                          .status = DLR_QUEUED,
                          .sends = sends,
                          .at = now};
    memcpy(mt.aggregator, s->target, sizeof mt.aggregator);
    return e->store.ops->mt_put(e->store.self, &mt, why);
}

static enum err put_part(struct engine *e, const struct mt *m, struct str text, msec now, struct failure *why)
{
    struct store_send s = {.kind = SEND_MT,
                           .contact = m->contact,
                           .referral = m->referral,
                           .created = now,
                           .due = m->due > now ? m->due : now,
                           .drill = m->drill,
                           .anyway = m->anyway,
                           .body = text};
    str_copy(str_of(m->by), s.target, sizeof s.target);
    str_copy(str_of(m->to), s.to, sizeof s.to);
    memcpy(s.from, m->from, sizeof s.from);
    enum err rc = sends_put(e, &s, why);
    return rc == OK ? enlist(e, &s, 1, now, why) : rc;
}

static const char *sender_of(const struct engine *e, const char *aggregator)
{
    const struct mt_shaper *shaper = &e->rules->mt;
    const char *by = shaper->sender ? shaper->sender(shaper->ctx, aggregator) : NULL;
    return by ? by : aggregator;
}

enum err mt_put(struct engine *e, const struct mt *wanted, msec now, struct failure *why)
{
    struct mt_part parts[MT_PARTS];
    struct mt by_sender = *wanted, *m = &by_sender;
    m->by = sender_of(e, wanted->by);
    unsigned segments = 0;
    size_t n = shape(e, m, parts);
    for (size_t i = 0; i < n; i++)
        segments += parts[i].segments;
    struct row row = {.at = now,
                      .kind = ROW_MT,
                      .contact = m->contact,
                      .referral = m->referral,
                      .drill = m->drill,
                      .event = segments < 255 ? (uint8_t)segments : 255,
                      .children = 255,
                      .reply = m->text};
    str_copy(str_of(m->by), row.aggregator, sizeof row.aggregator);
    str_copy(str_of(m->note), row.note, sizeof row.note);
    e->counters.mt++;
    e->counters.mt_parts += n;
    e->counters.mt_segments += segments;
    enum err rc = e->store.ops->append(e->store.self, &row, why);
    for (size_t i = 0; rc == OK && i < n; i++)
        rc = put_part(e, m, parts[i].text, now, why);
    return rc;
}

enum err mt_tell(struct engine *e, const struct contact *c, uint64_t referral, const char *key,
                 const struct text_arg *args, size_t n_args, bool drill, msec due, msec now,
                 struct failure *why)
{
    const char *by = e->rules->mt_aggregator ? e->rules->mt_aggregator : c->aggregator;
    char text[DIALOGUE_REPLY];
    struct out o;
    if (c->stopped || !*by || !*c->msisdn)
        return OK;
    out_init(&o, text, sizeof text);
    if (!dialogue_text(e->rules->catalogs, c->session.lang, key, args, n_args, &o))
        return fail(why, ERR_BUG, "no text \"%s\" in any catalog", key);
    struct mt m = {.by = by,
                   .contact = c->id,
                   .referral = referral,
                   .to = c->msisdn,
                   .lang = c->session.lang,
                   .note = key,
                   .text = str_trim(out_span(&o)), /* a meeting point may be missing at its end */
                   .drill = drill,
                   .due = due};
    if (!e->rules->mt_sender || !str_copy(str_of(e->rules->mt_sender), m.from, sizeof m.from))
        memcpy(m.from, c->service, sizeof m.from);
    return mt_put(e, &m, now, why);
}

/* ---- what became of it ---- */

/* A receipt that comes late never takes a later one back; delivered is the last word, since only the phone
 * can say it. */
static int rank(int status)
{
    static const int ranks[] = {
        [DLR_QUEUED] = 0, [DLR_SENT] = 1, [DLR_RETRY] = 2, [DLR_FAILED] = 3, [DLR_DELIVERED] = 4};
    return status >= 0 && status <= DLR_RETRY ? ranks[status] : -1;
}

static enum err move_to(struct engine *e, uint64_t send, enum dlr_status status, enum mt_class c, msec now,
                        struct failure *why)
{
    struct store_mt mt;
    enum err rc = e->store.ops->mt_get(e->store.self, send, &mt, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    if (rank(status) <= rank(mt.status))
        return OK;
    mt.status = (uint8_t)status;
    mt.mt_class = (uint8_t)c;
    mt.at = now;
    return e->store.ops->mt_put(e->store.self, &mt, why);
}

enum err mt_taken(struct engine *e, const struct store_send *s, msec now, struct failure *why)
{
    const struct mt_shaper *shaper = &e->rules->mt;
    /* the last word to somebody erased is not kept a moment longer than it must */
    bool keep = s->contact && shaper->receipts && shaper->receipts(shaper->ctx, s->target);
    msec until = now + or_else(e->rules->receipt_wait, 2 * DAY_MS);
    enum err rc = sends_row(e, s, SEND_DELIVERED, "", now, why);
    if (rc == OK)
        rc = keep ? e->store.ops->send_handed(e->store.self, s->id, until, why)
                  : e->store.ops->send_done(e->store.self, s->id, why);
    if (keep)
        engine_due(e, until);
    return rc == OK ? move_to(e, s->id, DLR_SENT, MT_CLASS_UNKNOWN, now, why) : rc;
}

enum err mt_given_up(struct engine *e, const struct store_send *s, enum mt_class c, msec now,
                     struct failure *why)
{
    e->counters.mt_failed[c]++;
    enum err rc = e->store.ops->send_done(e->store.self, s->id, why);
    if (rc == OK)
        rc = sends_row(e, s, SEND_FAILED, c == MT_CLASS_UNKNOWN ? "" : mt_class_name(c), now, why);
    return rc == OK ? move_to(e, s->id, DLR_FAILED, c, now, why) : rc;
}

/* A final receipt: its text is needed no more. One that comes before the aggregator's own answer tells that
 * the aggregator took it. */
static enum err out_of_outbox(struct engine *e, uint64_t send, msec now, struct failure *why)
{
    struct store_send s;
    enum err rc = e->store.ops->send_get(e->store.self, send, &s, &e->scratch, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    if (!s.handed)
        rc = sends_row(e, &s, SEND_DELIVERED, "", now, why);
    return rc == OK ? e->store.ops->send_done(e->store.self, send, why) : rc;
}

/* It arrived after all: what was to take its place is not needed. */
static enum err delivered(struct engine *e, struct store_mt *mt, msec now, struct failure *why)
{
    enum err rc = out_of_outbox(e, mt->send, now, why);
    for (uint64_t next = mt->next; rc == OK && next;) {
        struct store_mt follower = {.next = 0};
        rc = e->store.ops->mt_get(e->store.self, next, &follower, why);
        if (rc == OK)
            rc = e->store.ops->send_done(e->store.self, next, why);
        if (rc == OK)
            rc = move_to(e, next, DLR_DELIVERED, MT_CLASS_UNKNOWN, now, why);
        next = follower.next;
    }
    return rc == ERR_MISSING ? OK : rc;
}

static enum err failed(struct engine *e, struct store_mt *mt, msec now, struct failure *why)
{
    if (!mt->next) /* else another send of the same text goes on */
        e->counters.mt_failed[mt->mt_class]++;
    return out_of_outbox(e, mt->send, now, why);
}

/* Under a new id: the aggregator would take the old one for a repeat. The phone that was off is not on again
 * a moment later, so the wait begins where that of other sends ends. */
static enum err resend(struct engine *e, struct store_mt *mt, struct store_send *s, msec due, msec now,
                       struct failure *why)
{
    s->id = 0;
    s->attempts = 0;
    s->handed = false;
    s->due = due;
    engine_due(e, due);
    enum err rc = e->store.ops->send_put(e->store.self, s, why);
    mt->next = s->id;
    e->counters.mt_resent++;
    return rc == OK ? enlist(e, s, mt->sends + 1, now, why) : rc;
}

/* "Failed, may work later". Is it sent once more? */
static enum err once_more(struct engine *e, struct store_mt *mt, msec now, bool *again, struct failure *why)
{
    struct store_send s;
    const char *unwanted = "gone";
    unsigned tries = e->rules->mt_tries ? e->rules->mt_tries : 3;
    msec cap = e->rules->send_backoff_cap, wait = backoff_delay(mt->sends - 1, cap, 8 * cap, &e->rng);
    enum err rc = e->store.ops->send_get(e->store.self, mt->send, &s, &e->scratch, why);
    *again = false;
    if (rc == OK) {
        *again = mt->sends < tries && now + wait < s.created + e->rules->send_give_up;
        rc = sends_mt_unwanted(e, &s, now, &unwanted, why);
    }
    if (rc != OK && rc != ERR_MISSING)
        return rc;
    *again = *again && !unwanted;
    rc = out_of_outbox(e, mt->send, now, why);
    if (rc == OK && *again)
        return resend(e, mt, &s, now + wait, now, why);
    mt->status = DLR_FAILED;
    e->counters.mt_failed[mt->mt_class]++;
    return rc;
}

static enum err follow(struct engine *e, struct store_mt *mt, msec now, const char **more,
                       struct failure *why)
{
    bool again;
    enum err rc;
    switch (mt->status) {
    case DLR_DELIVERED:
        return delivered(e, mt, now, why);
    case DLR_FAILED:
        return failed(e, mt, now, why);
    case DLR_RETRY:
        rc = once_more(e, mt, now, &again, why);
        *more = again ? ", sent again" : ", given up";
        return rc;
    default:
        return OK;
    }
}

static enum err apply(struct engine *e, struct store_mt *mt, const struct store_receipt *r, msec now,
                      struct failure *why)
{
    struct row row = {.at = now,
                      .kind = ROW_DLR,
                      .contact = mt->contact,
                      .referral = mt->referral,
                      .drill = mt->drill,
                      .event = r->status,
                      .children = 255,
                      .timestamp = r->timestamp};
    const char *more = "";
    bool bad = r->status == DLR_FAILED || r->status == DLR_RETRY;
    uint8_t why_not = r->mt_class < MT_CLASSES ? r->mt_class : MT_CLASS_UNKNOWN;
    enum err rc = OK;
    if (rank(r->status) > rank(mt->status)) {
        mt->status = r->status;
        mt->mt_class = bad ? why_not : MT_CLASS_UNKNOWN;
        mt->at = now;
        rc = follow(e, mt, now, &more, why);
        if (rc == OK)
            rc = e->store.ops->mt_put(e->store.self, mt, why);
    }
    struct out note;
    out_init(&note, row.note, sizeof row.note);
    if (bad)
        out_printf(&note, "%s%s", mt_class_name((enum mt_class)why_not), more);
    memcpy(row.aggregator, r->aggregator, sizeof row.aggregator);
    return rc == OK ? e->store.ops->append(e->store.self, &row, why) : rc;
}

static enum err unknown_row(struct engine *e, const struct store_receipt *r, msec now, struct failure *why)
{
    struct row row = {
        .at = now, .kind = ROW_DLR, .event = r->status, .children = 255, .timestamp = r->timestamp};
    memcpy(row.aggregator, r->aggregator, sizeof row.aggregator);
    str_copy(STR("unknown id"), row.note, sizeof row.note);
    return e->store.ops->append(e->store.self, &row, why);
}

/* Ids begin anew in a new store: our key with another time than the send's own is of an SMS that an earlier
 * store knew. */
static enum err check_key(struct engine *e, struct str message_id, const struct store_mt *mt,
                          struct failure *why)
{
    struct store_send s;
    uint64_t id;
    int64_t made;
    if (!id_key_parse(message_id, &id, &made) || !made || id != mt->send)
        return OK;
    enum err rc = e->store.ops->send_get(e->store.self, id, &s, &e->scratch, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc; /* its time has left with it */
    return s.created == made ? OK : ERR_MISSING;
}

enum err mt_receipt(struct engine *e, const struct input *in, msec now, struct failure *why)
{
    struct store_mt mt;
    struct store_receipt r = {.message_id = in->message_id,
                              .status = (uint8_t)in->dlr,
                              .mt_class = (uint8_t)in->mt_class,
                              .at = now,
                              .timestamp = in->timestamp};
    memcpy(r.aggregator, in->aggregator, sizeof r.aggregator);
    enum err rc = e->store.ops->mt_find(e->store.self, in->aggregator, in->message_id, &mt, why);
    if (rc == OK)
        rc = check_key(e, in->message_id, &mt, why);
    if (rc == OK)
        return apply(e, &mt, &r, now, why);
    if (rc != ERR_MISSING)
        return rc;
    e->counters.unknown_dlr++;
    if (!in->message_id.n || in->message_id.n > MT_ID_MAX)
        return unknown_row(e, &r, now, why);
    return e->store.ops->receipt_keep(e->store.self, &r, why);
}

enum err mt_named(struct engine *e, uint64_t send, struct str message_id, msec now, struct failure *why)
{
    struct store_mt mt;
    struct store_receipt early[EARLY_MOST];
    size_t n = 0;
    if (!message_id.n || message_id.n > MT_ID_MAX)
        return OK;
    enum err rc = e->store.ops->mt_get(e->store.self, send, &mt, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc; /* an alert */
    rc = e->store.ops->mt_name(e->store.self, send, message_id, why);
    if (rc == OK)
        rc = e->store.ops->receipt_take(e->store.self, mt.aggregator, message_id, early, EARLY_MOST, &n, why);
    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = e->store.ops->mt_get(e->store.self, send, &mt, why);
        if (rc == OK)
            rc = apply(e, &mt, &early[i], now, why);
    }
    return rc;
}

/* ---- what time does ---- */

static enum err no_receipt(struct engine *e, uint64_t send, msec now, struct failure *why)
{
    struct store_mt mt;
    enum err rc = e->store.ops->mt_get(e->store.self, send, &mt, why);
    if (rc == OK) {
        struct store_send s = {
            .kind = SEND_MT, .contact = mt.contact, .referral = mt.referral, .drill = mt.drill};
        memcpy(s.target, mt.aggregator, sizeof s.target);
        rc = sends_row(e, &s, SEND_NO_RECEIPT, "no receipt", now, why);
        e->counters.mt_no_receipt++;
    }
    return rc == OK || rc == ERR_MISSING ? e->store.ops->send_done(e->store.self, send, why) : rc;
}

enum err mt_waited(struct engine *e, msec now, struct failure *why)
{
    uint64_t ids[STEP_MOST];
    size_t n = 0;
    enum err rc = e->store.ops->send_waited(e->store.self, now, ids, STEP_MOST, &n, why);
    for (size_t i = 0; rc == OK && i < n; i++)
        rc = no_receipt(e, ids[i], now, why);
    return rc;
}

/* Receipts for what is none of ours. */
static enum err never_known(struct engine *e, msec now, bool *more, struct failure *why)
{
    struct store_receipt old[STEP_MOST];
    size_t n = 0;
    enum err rc = e->store.ops->receipt_old(e->store.self, now - or_else(e->rules->receipts_keep, DAY_MS),
                                            old, STEP_MOST, &n, why);
    *more = n == STEP_MOST;
    for (size_t i = 0; rc == OK && i < n; i++)
        rc = unknown_row(e, &old[i], now, why);
    return rc;
}

enum err mt_purge(struct engine *e, msec now, unsigned most, bool *more, struct failure *why)
{
    enum err rc = never_known(e, now, more, why);
    return rc == OK ? e->store.ops->mt_purge(e->store.self, now - MT_KEEP, most, why) : rc;
}
