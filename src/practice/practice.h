/* A line to practise on: the real engine over a store in memory, with a clock of its own.
 *
 * Everything that comes in is a drill. What would go out over HTTP (messages to phones, alerts to collaborators) is
 * kept to be looked at, and can go nowhere else: there is no courier. Used by `hotlinectl chat`, by scripted
 * conversations, by the page /practice and by the random walks, so what is practised is what runs.
 *
 * Not thread-safe. The rules must outlive it. Same rules, seed and calls: same bytes.
 */
#ifndef PRACTICE_PRACTICE_H
#define PRACTICE_PRACTICE_H

#include "engine/engine.h"

#include <cjson/cJSON.h>

struct practice;

/* NULL with the reason in `why`. */
struct practice *practice_create(const struct rules *rules, uint64_t seed, msec now, struct failure *why);
void practice_destroy(struct practice *p);
msec practice_now(const struct practice *p);

/* One step of the phone `msisdn` (E.164; nobody's: "+999..."). `event` counts for USSD only. `aggregator`: which of
 * several lines it came by; NULL: "practice". `sent_at`: what the aggregator says when it was sent, 0: nothing.
 * `key`: makes a repeat a repeat; empty: a new one each time. A second passes. */
struct practice_step {
    const char *msisdn, *aggregator;
    enum channel channel;
    enum dialogue_event event;
    struct str text, key;
    msec sent_at;
    size_t page_septets, page_ucs2; /* of a USSD page; 0: the usual ones */
};
void practice_say(struct practice *p, const struct practice_step *step, struct answer *out);

/* A collaborator's answer, as their system would give it. */
void practice_answer(struct practice *p, uint64_t referral, struct str collaborator, enum answer_verb verb,
                     struct str outcome, struct answer *out);
/* Time passes, and all that falls due in it happens when it is due. */
void practice_pass(struct practice *p, msec by);

/* What went out, oldest first; kept until the end, at most the last 4,096. */
struct practice_sent {
    msec at;
    enum send_kind kind;
    uint64_t referral;
    const char *target; /* SEND_MT: aggregator; SEND_ALERT: collaborator */
    const char *to;     /* SEND_MT */
    struct str body;    /* SEND_MT: the text; SEND_ALERT: the JSON */
};
size_t practice_sent(const struct practice *p, const struct practice_sent **out);

/* What is stored of a phone; ERR_MISSING: nothing (never came, or erased). */
MUST_CHECK enum err practice_contact(const struct practice *p, const char *msisdn, struct contact *out);
/* Its latest referral that is not closed or unmet; ERR_MISSING. */
MUST_CHECK enum err practice_referral(const struct practice *p, const char *msisdn, struct referral *out);
/* Any referral by its id, closed ones too. */
MUST_CHECK enum err practice_referral_by_id(const struct practice *p, uint64_t id, struct referral *out);
/* The journal's rows after `seq`, contents open. */
void practice_rows(const struct practice *p, uint64_t after_seq, row_fn each, void *ctx);

/* What happens inside, as the page shows it: {"now", "session", "referral", "alerts", "messages", "journal"}.
 * The caller frees it. */
cJSON *practice_inside(const struct practice *p, const char *msisdn);

#endif
