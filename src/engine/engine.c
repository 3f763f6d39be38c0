#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define PURGE_EVERY (10 * MINUTE_MS)
#define PURGE_MOST 10000 /* looked at in one go */
#define IDLE_WAIT HOUR_MS

const char *input_kind_name(enum input_kind k)
{
    static const char *const names[] = {
        [INPUT_MO] = "mo",         [INPUT_USSD] = "ussd", [INPUT_DLR] = "dlr",
        [INPUT_ANSWER] = "answer", [INPUT_SENT] = "sent", [INPUT_LOOK] = "look"};
    return names[k];
}

const char *mt_class_name(enum mt_class c)
{
    static const char *const names[MT_CLASSES] = {
        [MT_CLASS_UNKNOWN] = "unknown", [MT_CLASS_ABSENT] = "absent",     [MT_CLASS_INVALID] = "invalid",
        [MT_CLASS_BLOCKED] = "blocked", [MT_CLASS_REJECTED] = "rejected", [MT_CLASS_EXPIRED] = "expired"};
    return names[c];
}

const char *dlr_status_name(enum dlr_status s)
{
    static const char *const names[] = {[DLR_QUEUED] = "queued",
                                        [DLR_SENT] = "sent",
                                        [DLR_DELIVERED] = "delivered",
                                        [DLR_FAILED] = "failed",
                                        [DLR_RETRY] = "retry"};
    return names[s];
}

struct engine *engine_create(const struct store *store, const struct rules *rules, struct engine_hooks hooks,
                             const struct rng *rng)
{
    struct engine *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    e->store = *store;
    e->hooks = hooks;
    e->rng = *rng;
    e->store_ok = true;
    e->backlog = true; /* what an earlier run left in the outbox */
    e->ask = true;
    arena_init(&e->scratch, 256 * 1024);
    engine_set_rules(e, rules);
    return e;
}

/* What is as large as the network in force. */
static void forget_network(struct engine *e)
{
    free(e->host_load);
    free(e->collaborator_load);
    free(e->no_host);
    free(e->no_people);
}

void engine_destroy(struct engine *e)
{
    if (!e)
        return;
    idmap_free(&e->in_flight);
    free(e->fresh.items);
    forget_network(e);
    uses_free(e);
    arena_free(&e->scratch);
    free(e);
}

static void *zeroes(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    if (!p)
        abort();
    return p;
}

void engine_set_rules(struct engine *e, const struct rules *rules)
{
    size_t hosts = rules->network->n_hosts, people = rules->network->n_collaborators;
    const struct gazetteer *before = e->rules ? e->rules->places : NULL;
    forget_network(e);
    e->rules = rules;
    e->host_load = zeroes(hosts, sizeof *e->host_load);
    e->collaborator_load = zeroes(people, sizeof *e->collaborator_load);
    e->no_host = zeroes(hosts, sizeof *e->no_host);
    e->no_people = zeroes(people, sizeof *e->no_people);
    e->load_stale = true;
    uses_begin(e, before);
}

static int64_t now_us(const struct engine *e)
{
    return e->hooks.mono_us ? e->hooks.mono_us() : 0;
}

/* ---- transactions ---- */

static enum err begin(struct engine *e, msec now, struct failure *why)
{
    e->fresh.n = 0;
    e->counters_before = e->counters;
    arena_reset(&e->scratch);
    enum err rc = e->store.ops->begin(e->store.self, why);
    if (rc != OK)
        return rc;
    if (e->load_stale)
        rc = load_count(e, why);
    if (rc == OK)
        rc = uses_count(e, now, why);
    if (rc != OK)
        e->store.ops->rollback(e->store.self);
    return rc;
}

static void undo(struct engine *e)
{
    e->store.ops->rollback(e->store.self);
    e->counters = e->counters_before;
    e->fresh.n = 0;
    e->load_stale = true; /* it counted what has now not happened */
    e->ask = true;
    e->backlog = true; /* results may be lost with it: those sends are tried again */
}

static enum err commit(struct engine *e, struct failure *why)
{
    int64_t start = now_us(e);
    enum err rc = e->store.ops->commit(e->store.self, why);
    e->store_ok = rc == OK;
    if (rc != OK) {
        undo(e);
        e->counters.commit_failures++;
    }
    e->counters.us_commit += now_us(e) - start;
    return rc;
}

/* ---- batches ---- */

static void refuse(struct job *job, enum err code, const char *reason)
{
    job->out.status = code;
    job->out.len = 0;
    job->out.text[0] = '\0';
    job->out.phone[0] = job->out.code_word[0] = '\0';
    struct out o;
    out_init(&o, job->out.reason, sizeof job->out.reason);
    out_cstr(&o, reason);
}

static void clear_answer(struct answer *a)
{
    a->status = OK;
    a->duplicate = a->end = false;
    a->len = 0;
    a->text[0] = a->reason[0] = a->phone[0] = a->code_word[0] = a->host[0] = '\0';
    a->state = REFERRAL_OPEN;
}

static enum err try_batch(struct engine *e, struct job **jobs, size_t n, msec now, struct failure *why)
{
    int64_t start = now_us(e), in_commit = e->counters.us_commit;
    enum err rc = begin(e, now, why);
    for (size_t i = 0; rc == OK && i < n; i++) {
        clear_answer(&jobs[i]->out);
        rc = engine_input(e, jobs[i], now, why);
        if (rc != OK)
            undo(e);
    }
    if (rc == OK)
        rc = commit(e, why);
    else
        e->store_ok = rc != ERR_AGAIN && e->store_ok;
    e->counters.us_store += now_us(e) - start - (e->counters.us_commit - in_commit);
    return rc;
}

static void count(struct engine *e, const struct job *job)
{
    e->counters.inputs[job->in.kind]++;
    e->counters.duplicates += job->out.duplicate;
}

void engine_batch(struct engine *e, struct job **jobs, size_t n, msec now)
{
    struct failure why = {OK, ""};
    enum err rc = try_batch(e, jobs, n, now, &why);
    if (rc != OK && n > 1 && rc != ERR_AGAIN) {
        /* one input that cannot be stored must not take the others down */
        for (size_t i = 0; i < n; i++)
            engine_batch(e, jobs + i, 1, now);
        return;
    }
    e->counters.batches++;
    e->counters.batch_inputs += n;
    for (size_t i = 0; i < n; i++) {
        if (rc != OK)
            refuse(jobs[i], ERR_AGAIN, why.what);
        else
            count(e, jobs[i]);
    }
    if (rc == OK)
        sends_hand_over(e);
}

/* ---- timers ---- */

/* The end of a transaction of our own: `rc` is what its work came to. */
static enum err finish(struct engine *e, enum err rc, struct failure *why)
{
    if (rc != OK) {
        undo(e);
        return rc;
    }
    rc = commit(e, why);
    if (rc == OK)
        sends_hand_over(e);
    return rc;
}

static enum err purge(struct engine *e, msec now, struct failure *why)
{
    enum err rc = e->store.ops->seen_purge(e->store.self, now - e->rules->dedupe_window, PURGE_MOST, why);
    bool more = false;
    if (rc == OK)
        rc = mt_purge(e, now, PURGE_MOST, &more, why);
    if (rc == OK)
        rc = parts_purge(e, now, PURGE_MOST, why);
    e->purged_at = more ? now - PURGE_EVERY + SECOND_MS : now;
    e->load_stale = true; /* others (an erasure by hand) may have closed referrals */
    return rc;
}

static enum err timed_work(struct engine *e, msec now, struct failure *why)
{
    enum err rc = begin(e, now, why);
    if (rc != OK)
        return rc;
    rc = referrals_due(e, now, why);
    if (rc == OK)
        rc = mt_waited(e, now, why);
    if (rc == OK && now - e->purged_at >= PURGE_EVERY)
        rc = purge(e, now, why);
    return finish(e, rc, why);
}

static enum err one_group(struct engine *e, uint64_t id, msec now, struct failure *why)
{
    enum err rc = begin(e, now, why);
    return rc == OK ? finish(e, parts_work(e, id, now, why), why) : rc;
}

static enum err postpone(struct engine *e, uint64_t id, msec now, struct failure *why)
{
    enum err rc = begin(e, now, why);
    return rc == OK ? finish(e, parts_postpone(e, id, now + MINUTE_MS, why), why) : rc;
}

/* SMS whose last part did not come. One that cannot be worked takes no other down. */
static enum err incomplete(struct engine *e, msec now, struct failure *why)
{
    uint64_t ids[16];
    size_t n = 0;
    enum err rc = e->store.ops->group_due(e->store.self, now, ids, sizeof ids / sizeof ids[0], &n, why);
    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = one_group(e, ids[i], now, why);
        if (rc != OK && rc != ERR_AGAIN)
            rc = postpone(e, ids[i], now, why);
    }
    return rc;
}

static msec earlier(msec a, msec b)
{
    return !a || (b && b < a) ? b : a;
}

void engine_due(struct engine *e, msec at)
{
    e->due_at = earlier(e->due_at, at);
}

static bool is_due(msec at, msec now)
{
    return at && at <= now;
}

static bool something_is_due(const struct engine *e, msec now)
{
    return e->ask || e->backlog || is_due(e->due_at, now) || now - e->purged_at >= PURGE_EVERY;
}

/* All that is due, and when there will be more. */
static enum err work_off(struct engine *e, msec now, struct failure *why)
{
    struct store_due due = {0};
    enum err rc = e->store.ops->next_due(e->store.self, now, &due, why);
    bool work = is_due(due.referrals, now) || is_due(due.receipts, now) || now - e->purged_at >= PURGE_EVERY;
    bool groups = is_due(due.groups, now);
    if (rc == OK && work)
        rc = timed_work(e, now, why);
    if (rc == OK && groups)
        rc = incomplete(e, now, why);
    if (rc == OK && (work || groups))
        rc = e->store.ops->next_due(e->store.self, now, &due, why);
    if (rc == OK)
        rc = sends_due(e, now, why);
    e->ask = rc != OK;
    e->due_at = earlier(earlier(due.referrals, due.receipts), earlier(due.groups, due.sends));
    return rc;
}

/* Sends already due are with the courier or wait for room there; their results wake us. */
msec engine_timers(struct engine *e, msec now)
{
    struct failure why;
    enum err rc = something_is_due(e, now) ? work_off(e, now, &why) : OK;
    if (rc == OK && e->count.uses)
        rc = uses_count(e, now, &why);
    if (rc != OK) {
        e->store_ok = e->store_ok && rc != ERR_AGAIN;
        return now + SECOND_MS;
    }
    msec wake = earlier(now + IDLE_WAIT, e->due_at);
    wake = earlier(wake, e->backlog ? now + SECOND_MS / 10 : 0);
    wake = earlier(wake, e->purged_at + PURGE_EVERY);
    wake = earlier(wake, e->count.uses ? now + 1 : 0);
    return wake <= now ? now + 1 : wake;
}

enum err engine_note(struct engine *e, enum row_kind kind, const char *note, msec now, struct failure *why)
{
    struct row row = {.at = now, .kind = kind, .children = 255};
    enum err rc = begin(e, now, why);
    if (rc != OK)
        return rc;
    str_copy(str_of(note), row.note, sizeof row.note);
    rc = e->store.ops->append(e->store.self, &row, why);
    if (rc != OK) {
        undo(e);
        return rc;
    }
    return commit(e, why);
}

const struct engine_counters *engine_counters(const struct engine *e)
{
    return &e->counters;
}

size_t engine_in_flight(const struct engine *e)
{
    return e->in_flight.n;
}

bool engine_store_ok(const struct engine *e)
{
    return e->store_ok;
}

const struct collaborator *engine_collaborator(const struct engine *e, const char *id)
{
    return routing_collaborator(e->rules->network, id);
}
