/* The engine: inputs in, committed effects out. One writer per node.
 *
 * engine_batch() takes what has gathered, works each input through session, dialogue, routing and referral
 * inside one store transaction, commits it, and only then hands out answers and sends. It has no sockets, no
 * clock and no threads of its own: time and generator come in, so a recorded run replays and a simulator can
 * drive it.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/arena.h"
#include "base/rng.h"
#include "dialogue/dialogue.h"
#include "engine/store.h"
#include "referral/referral.h"
#include "text/text.h"

enum input_kind {
    INPUT_MO,     /* an SMS came in */
    INPUT_USSD,   /* a USSD step */
    INPUT_DLR,    /* a delivery receipt */
    INPUT_ANSWER, /* a collaborator's system answers a referral */
    INPUT_SENT,   /* the courier reports what became of a send */
    INPUT_LOOK    /* an officer looks at a referral and its reasons: that is a row */
};
#define INPUT_KINDS (INPUT_LOOK + 1)
enum dlr_status { DLR_QUEUED, DLR_SENT, DLR_DELIVERED, DLR_FAILED, DLR_RETRY };
/* Why a message did not reach its phone, as far as the other side tells. */
enum mt_class {
    MT_CLASS_UNKNOWN,
    MT_CLASS_ABSENT,   /* phone off, out of reach, inbox full: may work later */
    MT_CLASS_INVALID,  /* no such number */
    MT_CLASS_BLOCKED,  /* its owner or its network takes nothing from us */
    MT_CLASS_REJECTED, /* the network or the aggregator refused it: content, sender, credit */
    MT_CLASS_EXPIRED,  /* tried until its time was over */
    MT_CLASSES
};
const char *mt_class_name(enum mt_class c);
enum answer_verb { VERB_ACCEPT, VERB_DECLINE, VERB_ARRIVED, VERB_CLOSE };
const char *input_kind_name(enum input_kind k);
const char *dlr_status_name(enum dlr_status s);

/* Spans point into memory of whoever made the input; they must live until the answer is delivered. */
struct input {
    enum input_kind kind;
    bool drill;
    char aggregator[32];            /* profile id; "" for INPUT_ANSWER and INPUT_SENT */
    char sender[MSISDN_MAX];        /* E.164; "" where the end of a USSD session names nobody */
    struct str recipient;           /* short code or service code */
    struct str text;                /* UTF-8: MO text or the latest USSD answer */
    struct str message_id;          /* the aggregator's; may be empty */
    struct str session_id;          /* USSD */
    enum dialogue_event event;      /* USSD: begin, text (continue), cut (end) */
    size_t page_septets, page_ucs2; /* USSD page limits of the profile */
    msec timestamp;                 /* the aggregator's, 0 when not given */
    msec arrived;                   /* at our door; 0 not known */
    struct str key; /* what makes a repeat a repeat; built by aggregator_decode; empty: never a repeat */
    /* INPUT_MO */
    bool
        reply_by_mt; /* the answer to the callback cannot carry a text: it goes out as an MT, in one commit */
    struct str part_ref;          /* one part of a longer SMS: what its parts have in common */
    unsigned part_no, part_count; /* 1-based; part_count below 2: a whole message */
    enum dlr_status dlr;          /* INPUT_DLR */
    enum mt_class mt_class;       /* INPUT_DLR and INPUT_SENT, when it failed */
    /* INPUT_ANSWER */
    enum answer_verb verb;
    uint64_t referral;
    char endpoint[32]; /* which collaborator system was authenticated */
    struct str collaborator, outcome;
    struct str officer; /* INPUT_LOOK, with `referral` */
    /* INPUT_SENT */
    uint64_t send_id;
    enum send_result {
        SEND_OK,
        SEND_TEMPORARY, /* nobody answered, or "not now" */
        SEND_REFUSED,   /* an alert as it is: another system is the better bet, if there is one */
        SEND_PERMANENT
    } result;
    msec retry_after;           /* the answer's own wish; 0 none */
    struct str send_message_id; /* id the aggregator gave the MT */
};

/* What goes back to whoever waits for this input, valid only when engine_batch() returned. */
struct answer {
    enum err status; /* OK; ERR_AGAIN: not committed (503); ERR_INPUT, ERR_MISSING, ERR_AUTH: refused */
    bool duplicate;  /* a repeat: text is what was answered the first time */
    bool end;        /* USSD: close the session */
    char text[DIALOGUE_REPLY];
    size_t len;
    char reason[128]; /* when refused; for INPUT_ANSWER accepted: see below */
    /* INPUT_ANSWER accept: what the collaborator may now see */
    char phone[MSISDN_MAX], code_word[24];
    char host[REFERRAL_NAME]; /* where to receive; "" none */
    enum referral_state state;
};

struct job { /* one input on its way through the engine */
    struct input in;
    struct answer out;
    void *owner; /* of the shell; the engine does not look */
};

/* One SMS of an MT, as its aggregator wants it. */
struct mt_part {
    struct str text;   /* in the arena given */
    unsigned segments; /* what the network will bill */
};

/* What the engine knows of aggregators; `ctx` is the shell's, the functions are pure and thread-safe. */
struct mt_shaper {
    const void *ctx;
    /* The text as it will be sent: without accents where `may_unaccent` and that saves segments, typographic
     * signs made plain where that does, cut in parts where the aggregator wants each sent by itself. At most
     * `max` parts (the last takes the rest). NULL function: one part, unchanged. returns how many, >= 1. */
    size_t (*shape)(const void *ctx, const char *aggregator, struct str text, bool may_unaccent,
                    struct arena *a, struct mt_part *out, size_t max);
    /* Who really sends what goes out by it: itself, or another when it cannot send. NULL, or NULL function:
     * itself. */
    const char *(*sender)(const void *ctx, const char *aggregator);
    /* Does it send delivery receipts? NULL function: no. */
    bool (*receipts)(const void *ctx, const char *aggregator);
};

/* What the engine decides by: one immutable snapshot, swapped on reload. */
struct rules {
    const struct gazetteer *places;
    const struct network *network;
    const struct dialogue *dialogue;
    const struct catalogs *catalogs;
    char stamp[20];                      /* of the configuration */
    msec dedupe_window;                  /* how long a repeat is known; default 3 days */
    msec send_backoff, send_backoff_cap; /* first and longest wait between tries of one send */
    msec send_give_up;                   /* after this a send failed for good */
    const char *mt_aggregator;           /* sends MT when the contact's own aggregator cannot; may be NULL */
    const char *mt_sender; /* who our own messages are from; NULL: the code the contact wrote to */
    const char *link_base; /* "https://.../r/" for alerts; may be NULL */
    struct mt_shaper mt;
    msec parts_wait;    /* parts of one SMS are waited for so long after the first; 0: 20 s */
    msec receipt_wait;  /* a sent MT is kept for its receipt so long; 0: 2 days */
    msec receipts_keep; /* receipts that nobody knows yet are kept so long; 0: 1 day */
    msec answer_within; /* an answer that could not be sent by then is dropped: it would come unasked; 0: 15
                           min */
    unsigned mt_tries;  /* sends of one MT after receipts that say "failed, may work later"; 0: 3 */
    /* Every send stays here: a drill alerts everybody it would alert, and nothing but drills comes in. */
    bool rehearsal;
};

struct engine_counters { /* totals since start; read by /metrics through atomics in the shell */
    uint64_t inputs[INPUT_KINDS], duplicates, batches, batch_inputs, commit_failures, referrals, unmet,
        offers, escalations, accepted, mt, alerts, sends_ok, sends_retried, sends_failed, unknown_dlr,
        late_answers, urgent, mt_parts,
        mt_segments, /* of the texts in `mt`: SMS they were cut in, what networks bill */
        mt_failed[MT_CLASSES], mt_resent, mt_no_receipt, sms_parts, sms_incomplete, floods, many_places,
        sends_unwanted;
    int64_t us_store, us_dialogue,
        us_commit; /* where time goes, microseconds (clock is a hook, may be NULL) */
};

struct engine;

struct engine_hooks {
    /* A committed send is due: give it to the courier. false: no room now, it is offered again. The struct is
     * valid only during the call. */
    bool (*send)(void *ctx, const struct store_send *s);
    int64_t (*mono_us)(void); /* for us_*; NULL: not measured */
    void *ctx;
};

struct engine *engine_create(const struct store *store, const struct rules *rules, struct engine_hooks hooks,
                             const struct rng *rng);
void engine_destroy(struct engine *e);
/* New rules from the next batch on; the caller keeps the old ones until this returns. */
void engine_set_rules(struct engine *e, const struct rules *rules);
/* Work `n` inputs in one transaction. When the commit fails every answer is ERR_AGAIN and nothing has
 * happened. */
void engine_batch(struct engine *e, struct job **jobs, size_t n, msec now);
/* Offers that expired, sends that are due, old rows to purge. returns when it wants to be called again at the
 * latest (absolute). Commits by itself. */
msec engine_timers(struct engine *e, msec now);
/* A row of the gateway's own (ROW_START, ROW_STOP, ROW_CONFIG, ROW_OUTAGE), committed at once. */
MUST_CHECK enum err engine_note(struct engine *e, enum row_kind kind, const char *note, msec now,
                                struct failure *why);
/* Ids of referrals begin with the time: one that was opened before `at` has a smaller id than this. */
uint64_t engine_referral_id(msec at);
/* What a referral adds to the burden of its host and collaborator (by 1) or takes from it (by -1): people,
 * and one case, from the offer until it is closed or unmet. By index. Drills count among drills alone: whose
 * burden is meant is up to the caller. */
void engine_load(const struct network *net, const struct referral *r, int by, uint16_t *host,
                 uint16_t *collaborator);
/* How long one of a collaborator's systems has to take an alert before the next one gets it, and how long a
 * single try may last. Each but the last has an equal part of a third of the offer's time, so that the other
 * two are left to answer. A try takes no more than half of an urgent part, so that a second one fits, and 15
 * s. */
msec engine_channel_share(const struct network *net, const struct collaborator *c, bool urgent);
msec engine_alert_timeout(const struct network *net, const struct collaborator *c);
const struct engine_counters *engine_counters(const struct engine *e);
size_t engine_in_flight(const struct engine *e); /* sends the courier has */
bool engine_store_ok(const struct engine *e);    /* last commit succeeded */

#endif
