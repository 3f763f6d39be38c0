/* A line to practise on: the real engine over a store in memory, with a clock of its own.
 *
 * Everything that comes in is a drill. What would go out over HTTP (messages to phones, alerts to
 * collaborators) is kept to be looked at, and can go nowhere else: there is no courier. Used by `hotlinectl
 * chat`, by scripted conversations, by the page /practice and by the random walks, so what is practised is
 * what runs.
 *
 * Every aggregator sends its own messages, each in one piece. Not thread-safe. The rules must outlive it;
 * libsodium must have been started. Same rules, seed and calls: same bytes.
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

/* One step of the phone `msisdn` (E.164; nobody's: "+999..."). `event` counts for USSD only. `aggregator`:
 * which of several lines it came by; NULL: "practice". `sent_at`: what the aggregator says when it was sent,
 * 0: nothing. `key`: makes a repeat a repeat; empty: a new one each time. A second passes before. */
struct practice_step {
    const char *msisdn, *aggregator;
    enum channel channel;
    enum dialogue_event event;
    struct str text, key;
    msec sent_at;
    size_t page_septets, page_ucs2; /* of a USSD page; 0: the usual ones */
};
void practice_say(struct practice *p, const struct practice_step *step, struct answer *out);
/* The language this phone chose once before; ERR_INPUT when it is not switched on, or the phone came already.
 */
MUST_CHECK enum err practice_speaks(struct practice *p, const char *msisdn, const char *lang,
                                    struct failure *why);

/* A collaborator's answer, as their system would give it. A second passes before. */
void practice_answer(struct practice *p, uint64_t referral, struct str collaborator, enum answer_verb verb,
                     struct str outcome, struct answer *out);
/* Time passes, and all that falls due in it happens when it is due. */
void practice_pass(struct practice *p, msec by);

/* What went out, oldest first; kept until the end, at most the last 1,024. Valid until the next call that
 * changes something. */
struct practice_sent {
    uint64_t no; /* counts all that ever went out, from 1 */
    msec at;
    enum send_kind kind;
    uint64_t referral;
    const char *target; /* SEND_MT: aggregator; SEND_ALERT: collaborator */
    const char *to;     /* SEND_MT */
    struct str body;    /* SEND_MT: the text; SEND_ALERT: the JSON; a NUL follows */
};
size_t practice_sent(const struct practice *p, const struct practice_sent **out);

/* What is stored of a phone; ERR_MISSING: nothing (never came, or erased). */
MUST_CHECK enum err practice_contact(const struct practice *p, const char *msisdn, struct contact *out);
/* Its latest referral that is not closed or unmet; ERR_MISSING. */
MUST_CHECK enum err practice_referral(const struct practice *p, const char *msisdn, struct referral *out);
/* Its latest referral, whatever became of it, also from before an erasure; ERR_MISSING. */
MUST_CHECK enum err practice_latest(const struct practice *p, const char *msisdn, struct referral *out);
/* The same, with who is asked now or has accepted, or else who was asked last; `who` points into `out`.
 * ERR_MISSING: there is no referral, or nobody was ever asked. */
MUST_CHECK enum err practice_asked(const struct practice *p, const char *msisdn, struct referral *out,
                                   const char **who);
/* Any referral by its id, closed ones too. */
MUST_CHECK enum err practice_referral_by_id(const struct practice *p, uint64_t id, struct referral *out);
/* Was this referral ever this phone's? Also after an erasure. */
bool practice_owns(const struct practice *p, const char *msisdn, uint64_t referral);
/* The journal's rows after `seq`, contents open. */
void practice_rows(const struct practice *p, uint64_t after_seq, row_fn each, void *ctx);
/* Those of one phone, also from before an erasure. */
void practice_rows_of(const struct practice *p, const char *msisdn, uint64_t after_seq, row_fn each,
                      void *ctx);

/* What is known, as words: "need" "shelter", "urgent" "yes". "-": nothing yet. */
struct practice_fact {
    const char *name;
    char value[48];
};
#define PRACTICE_FACTS 24 /* more than there are of either kind */
size_t practice_session_facts(const struct session *s, struct practice_fact out[PRACTICE_FACTS]);
size_t practice_referral_facts(const struct referral *r, struct practice_fact out[PRACTICE_FACTS]);
/* A row in one line of words, without what was said:
 * "mo state=consent need=shelter place=04048 effects=stated,refer", "referral offered collaborator=x host=y".
 */
void practice_row_line(const struct row *row, struct out *o);
/* "refer,urgent": the bits of enum dialogue_effect. */
void practice_effects(unsigned effects, struct out *o);

/* What happens inside of a phone's conversation, as the page shows it:
 * {"now", "session": {facts} or null, "referral": {facts, "offers"} or null, "alerts": [{"at", "to",
 * "alert"}], "messages": [{"at", "text"}], "journal": [{"at", "row"}]}. Times are local. The caller frees it.
 */
cJSON *practice_inside(const struct practice *p, const char *msisdn);

#endif
