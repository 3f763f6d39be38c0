/* A referral's life: open -> offered -> accepted -> arrived -> closed(outcome), or unmet.
 *
 * A value type with pure transitions: each takes the referral and the time, changes it, and says what must
 * follow
 * (`struct referral_out`); the engine turns that into journal rows, alerts and messages.
 */
#ifndef REFERRAL_REFERRAL_H
#define REFERRAL_REFERRAL_H

#include "base/rng.h"
#include "routing/routing.h"

#define REFERRAL_OFFERS 16
#define REFERRAL_NAME 40 /* ids of hosts and collaborators, NUL included */

enum referral_state {
    REFERRAL_OPEN,
    REFERRAL_OFFERED,
    REFERRAL_ACCEPTED,
    REFERRAL_ARRIVED,
    REFERRAL_CLOSED,
    REFERRAL_UNMET
};
enum offer_state {
    OFFER_PENDING,
    OFFER_ACCEPTED,
    OFFER_DECLINED,
    OFFER_EXPIRED,
    OFFER_FAILED,
    OFFER_WITHDRAWN
};
enum safe_way {
    SAFE_UNKNOWN,
    SAFE_SMS,
    SAFE_CALL,
    SAFE_CALL_DAY,
    SAFE_CALL_NIGHT,
    SAFE_NONE,   /* wait for her */
    SAFE_SMS_DAY /* messages in the daytime only; last, since numbers are stored */
};
const char *referral_state_name(enum referral_state s);
const char *offer_state_name(enum offer_state s);
const char *safe_way_name(enum safe_way w);

struct offer {
    char collaborator[REFERRAL_NAME];
    char host[REFERRAL_NAME]; /* "" none */
    char channel[32];         /* endpoint that took its alert instead of the preferred one; "" none */
    enum offer_state state;
    msec at, answered_at;
};

struct referral { /* holds no number, no name, no typed words */
    uint64_t id, contact;
    enum referral_state state;
    enum need need;
    bool urgent, consent, drill;
    bool many_places; /* its contact asked for more places than one person needs: whoever answers should know
                       */
    uint8_t who;      /* enum who */
    char place[PLACE_CODE]; /* "" unknown */
    char lang[16];
    uint8_t children;
    enum safe_way safe;
    char avoid[ROUTING_AVOID][PLACE_CODE];
    char stamp[20];     /* of the configuration that routed it */
    char code_word[24]; /* generated when accepted */
    char outcome[24];   /* when closed */
    msec opened_at, accepted_at, arrived_at, closed_at;
    msec next_at; /* when something must happen by itself (an offer expires); 0: never */
    uint8_t n_offers;
    struct offer offers[REFERRAL_OFFERS];
};

enum referral_event { /* what happened, for the journal */
                      RE_OPENED,
                      RE_OFFERED,
                      RE_ACCEPTED,
                      RE_DECLINED,
                      RE_EXPIRED,
                      RE_FAILED,
                      RE_ARRIVED,
                      RE_CLOSED,
                      RE_UNMET,
                      RE_COUNT
};
const char *referral_event_name(enum referral_event e);

struct referral_out {
    struct {
        enum referral_event what;
        int offer; /* index, -1: none */
    } events[6];
    size_t n;
};

/* Start it (state OPEN) and make the first offer among the candidates; with no candidate it is UNMET.
 * `r` must have contact, need, urgent, ..., opened_at filled in by the caller. */
void referral_open(struct referral *r, const struct network *net, const struct candidate *c, size_t n,
                   msec now, struct referral_out *out);
/* The next collaborator in line who had no offer yet; nobody left or max_offers reached: UNMET. The last of
 * three and more offers goes to somebody marked duty, if one is in line: they are there for what nobody else
 * took. */
void referral_offer_next(struct referral *r, const struct network *net, const struct candidate *c, size_t n,
                         msec now, struct referral_out *out);
/* A collaborator's answer. ERR_MISSING: no offer for that one; ERR_INPUT: the state does not allow it
 * (already taken by another, closed, declined before). A repeat of the same answer is OK with no events.
 * After a decline the caller calls referral_offer_next. Late acceptance of an expired offer is taken while
 * nobody else has it. */
MUST_CHECK enum err referral_accept(struct referral *r, struct str collaborator, const char *code_word,
                                    msec now, struct referral_out *out, struct failure *why);
MUST_CHECK enum err referral_decline(struct referral *r, struct str collaborator, msec now,
                                     struct referral_out *out, struct failure *why);
MUST_CHECK enum err referral_arrived(struct referral *r, struct str collaborator, msec now,
                                     struct referral_out *out, struct failure *why);
MUST_CHECK enum err referral_close(struct referral *r, struct str collaborator, struct str outcome, msec now,
                                   struct referral_out *out, struct failure *why);
/* The pending offer ran out (now >= next_at) or its alert failed for good: mark it; true when the caller must
 * call referral_offer_next. */
bool referral_expire(struct referral *r, msec now, bool failed, struct referral_out *out);
/* The offer that counts now: the accepted one, else the latest pending one; -1 when there is none. */
int referral_current(const struct referral *r);
/* The contact wants somebody else: the current offer is withdrawn and the referral is open again; the caller
 * calls referral_offer_next. `late`: so are those that ran out, which might be accepted late otherwise.
 * Nothing happens to one that is closed or unmet. */
void referral_release(struct referral *r, bool late, msec now);
/* She cries for help again though somebody has accepted: they must say once more that they come, or the next
 * in line is asked. The word between them stays. false: nobody has accepted, nothing changed. */
bool referral_recall(struct referral *r, const struct network *net, msec now, struct referral_out *out);
/* Closed from our side (the contact was erased): every open offer is withdrawn. */
void referral_withdraw(struct referral *r, const char *outcome, msec now, struct referral_out *out);

/* For the courier's retries as for anything else: full jitter back-off, base doubled each attempt up to cap.
 */
msec backoff_delay(unsigned attempt, msec base, msec cap, struct rng *rng);

/* A fixed text form (libconfig-free, version first) for the store: round trips exactly. */
size_t referral_pack(const struct referral *r, char *buf, size_t cap); /* 0: did not fit; 4 KiB is enough */
MUST_CHECK bool referral_unpack(struct str s, struct referral *r);

#endif
