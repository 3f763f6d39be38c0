/* The store as the engine sees it: one table of functions, implemented in journal/.
 *
 * Everything happens between begin() and commit(); commit() returns OK only when the effects are on disk. Any
 * function may fail with ERR_AGAIN (disk full, busy); the engine then rolls the whole batch back. Content
 * (numbers, texts, sessions) is sealed by the store with the contact's own key; erase() destroys that key.
 */
#ifndef ENGINE_STORE_H
#define ENGINE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/timeutil.h"
#include "dialogue/dialogue.h"
#include "referral/referral.h"
#include "text/text.h"

struct contact { /* plain value; everything but `id` and `created` is sealed at rest */
    uint64_t id; /* 0: not stored yet; contact_put() gives one */
    msec created;
    char msisdn[MSISDN_MAX];
    char aggregator[32]; /* that reached us last, for MT */
    char service[24];    /* the short code we were reached by, the sender of MT */
    bool stopped;        /* said stop: no MT until the next message */
    struct session session;
};

enum row_kind { /* what a journal row tells; numbers are stored: only ever append */
                ROW_START = 1,
                ROW_STOP,
                ROW_CONFIG,
                ROW_OUTAGE, /* of the gateway */
                ROW_MO = 10,
                ROW_USSD,
                ROW_DLR,
                ROW_MT,            /* of the line */
                ROW_REFERRAL = 20, /* event in `event` (enum referral_event) */
                ROW_ROUTED,        /* whom it goes to: `text` is the JSON of routing_reasons_json(), brief;
                                      `note` the stamp of the configuration that said so */
                ROW_SEND = 30,     /* a send ended: `event` is an enum send_end */
                ROW_ERASED = 40,
                ROW_ACCESS,
                ROW_EXPORT /* of the data itself */
};

enum send_end {                     /* numbers are stored */
                SEND_DELIVERED = 1, /* the other side took it */
                SEND_FAILED,        /* given up */
                SEND_NO_RECEIPT,    /* an MT that was taken, and no receipt said what became of it */
                SEND_UNWANTED /* nobody waits for it any more: stopped, erased, too late, another's case */
};

#define ROW_NOTE 240
struct row {      /* the plain part is what indicators need and survives erasure */
    uint64_t seq; /* given by the store, from 1 without gaps */
    msec at;
    enum row_kind kind;
    uint64_t contact, referral; /* 0 none */
    bool drill;
    uint8_t channel; /* enum channel */
    uint8_t event;   /* ROW_REFERRAL: referral_event; ROW_DLR: dlr_status; ROW_SEND: send_end; ROW_USSD:
                        dialogue_event; ROW_MT: how many segments the text takes (255: or more) */
    uint8_t need;    /* enum need + 1; 0 none */
    bool urgent;
    uint8_t children; /* 255 not asked */
    uint32_t effects; /* of the dialogue step */
    char aggregator[32], lang[16], place[PLACE_CODE];
    char state[SESSION_STATE]; /* dialogue state after the step */
    char collaborator[REFERRAL_NAME], host[REFERRAL_NAME];
    char note[ROW_NOTE];    /* stamp, reason, outcome, what was reloaded: plain words of ours */
    struct str text, reply; /* sealed with the contact's key; empty when there is none or it was erased */
    msec timestamp;         /* the aggregator's, 0 */
    uint32_t waited;        /* milliseconds from its arrival until it was worked on */
};
const char *row_kind_name(enum row_kind k);
const char *row_event_name(const struct row *row); /* "" where its event is no word */

enum send_kind { SEND_MT = 1, SEND_ALERT };
struct store_send { /* one outgoing HTTP send */
    uint64_t id;    /* given by send_put; with `created` the idempotency key */
    enum send_kind kind;
    uint64_t contact; /* SEND_MT: 0 is the answer to who was erased; sealed with the store's own key */
    uint64_t referral;
    msec created, due;
    unsigned attempts; /* made so far */
    char target[40];   /* SEND_MT: aggregator id; SEND_ALERT: collaborator id */
    char to[32];       /* SEND_MT: the number; SEND_ALERT: id of the endpoint, "" the preferred one; sealed */
    char from[24];     /* SEND_MT; sealed */
    struct str body;   /* SEND_MT: the text; SEND_ALERT: the JSON; sealed; arena of the reader */
    bool drill;
    bool anyway; /* SEND_MT: goes out though its contact said stop: it is the answer to that */
    bool handed; /* SEND_MT: taken by the aggregator; kept until `due` for its receipt, not sent */
};

/* An SMS of ours by its send, which may have left the outbox long ago: what became of it. */
struct store_mt {
    uint64_t send, contact, referral;
    char aggregator[40]; /* the send's target */
    bool drill;
    uint8_t status;   /* enum dlr_status */
    uint8_t mt_class; /* enum mt_class, when it failed */
    unsigned sends;   /* the how manyth send of its text this is, from 1 */
    uint64_t next;    /* the send that took its place after it failed; 0 none */
    msec at;          /* of `status` */
};

struct store_receipt { /* of an SMS that nobody knows yet */
    char aggregator[32];
    struct str message_id;
    uint8_t status, mt_class;
    msec at, timestamp; /* when it came; what the aggregator says */
};

#define GROUP_PARTS 255
struct store_group { /* the parts of one longer SMS */
    uint64_t id;     /* given by group_put */
    uint64_t contact;
    char aggregator[32];
    bool drill, by_mt;                 /* by_mt: the answer goes out as an MT by that aggregator */
    unsigned count;                    /* parts it has */
    msec opened;                       /* when the first of them came */
    msec due;                          /* then what is there is worked; 0: that has been done */
    msec timestamp;                    /* the aggregator's, of the first that came */
    uint8_t have[GROUP_PARTS / 8 + 1]; /* bit no - 1: this part came */
};

/* What waits for its time; 0: nothing does. */
struct store_due { /* sends: the soonest after now; those due are told by send_due() */
    msec referrals, sends, receipts, groups;
};

typedef bool (*row_fn)(void *ctx, const struct row *row); /* false stops the scan */
typedef bool (*referral_fn)(void *ctx, const struct referral *r);

struct store {
    void *self;
    const struct store_ops *ops;
};

struct store_ops {
    const char *name; /* "sqlite", "memory" */
    enum err (*begin)(void *self, struct failure *why);
    enum err (*commit)(void *self, struct failure *why); /* durable when OK */
    void (*rollback)(void *self);

    /* ERR_MISSING when unknown (or erased); *out is then untouched. */
    enum err (*contact_find)(void *self, const char *msisdn, struct contact *out, struct failure *why);
    enum err (*contact_get)(void *self, uint64_t id, struct contact *out, struct failure *why);
    enum err (*contact_put)(void *self, struct contact *c, struct failure *why); /* insert (id 0) or update */
    /* Destroy the key and all sealed content, withdraw its MT, drop its parts of SMS; rows stay. ERR_MISSING
     * when unknown. */
    enum err (*contact_erase)(void *self, uint64_t id, struct failure *why);

    /* Has this input of this contact, or of nobody (0), been seen? `reply` (DIALOGUE_REPLY bytes) gets what
     * was answered. ERR_MISSING: new. Keys lie beside their contact's, since repeats come from who wrote; an
     * erased contact's go over to nobody: the repeat is still known, its answer is not. */
    enum err (*seen_get)(void *self, uint64_t contact, struct str key, char *reply, size_t *len, bool *end,
                         struct failure *why);
    /* row: the journal row that holds the answer; 0: none does, `reply` is kept instead */
    enum err (*seen_put)(void *self, uint64_t contact, struct str key, msec at, uint64_t row,
                         struct str reply, bool end, struct failure *why);
    /* Looks at the next `most` keys, going round from call to call. */
    enum err (*seen_purge)(void *self, msec before, unsigned most, struct failure *why);

    enum err (*append)(void *self, struct row *row,
                       struct failure *why); /* chain hash and seq by the store */

    enum err (*referral_put)(void *self, struct referral *r,
                             struct failure *why); /* insert or update by id */
    enum err (*referral_get)(void *self, uint64_t id, struct referral *out, struct failure *why);
    /* ids with next_at <= now, soonest first */
    enum err (*referral_due)(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why);
    enum err (*next_due)(void *self, msec now, struct store_due *out, struct failure *why);
    /* the contact's latest referral, drill or real, that is not closed or unmet; ERR_MISSING if none */
    enum err (*referral_of)(void *self, uint64_t contact, bool drill, struct referral *out,
                            struct failure *why);
    /* Every referral that is neither closed nor unmet and has a current offer; drills where asked. */
    enum err (*load)(void *self, bool drills, void (*each)(void *ctx, const struct referral *r), void *ctx,
                     struct failure *why);
    /* Referrals whose id is below `before` (0: all), newest first, until `each` says false. */
    enum err (*referral_list)(void *self, uint64_t before, referral_fn each, void *ctx, struct failure *why);
    /* Its rows of the kinds ROW_REFERRAL and ROW_ROUTED in their order, until `each` says false. */
    enum err (*referral_rows)(void *self, uint64_t referral, bool open_content, row_fn each, void *ctx,
                              struct failure *why);

    /* Looks at the next `most` referrals, by id, above *after: of each real one, open or ended, whose it is
     * and the place it is for. *after: the last of them, 0 when there are no more. A store in memory looks at
     * all at once. */
    enum err (*meant)(void *self, uint64_t *after, unsigned most,
                      void (*each)(void *ctx, uint64_t contact, const char *place), void *ctx,
                      struct failure *why);

    enum err (*send_put)(void *self, struct store_send *s, struct failure *why); /* id 0: insert */
    enum err (*send_get)(void *self, uint64_t id, struct store_send *out, struct arena *a,
                         struct failure *why);
    enum err (*send_retry)(void *self, uint64_t id, unsigned attempts, msec due, struct failure *why);
    enum err (*send_done)(void *self, uint64_t id, struct failure *why); /* delivered or given up: row goes */
    /* not done, due <= now, id > after, by id; at most max; bodies live in `a` */
    enum err (*send_due)(void *self, msec now, uint64_t after, struct store_send *out, size_t max, size_t *n,
                         struct arena *a, struct failure *why);
    /* Taken by the aggregator: no more to be sent, but kept for its receipt. */
    enum err (*send_handed)(void *self, uint64_t id, msec until, struct failure *why);
    /* ids of sends that were kept until now or longer */
    enum err (*send_waited)(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why);

    /* What becomes of an MT: put with its send, found by it or by what a receipt calls it. */
    enum err (*mt_put)(void *self, const struct store_mt *mt, struct failure *why); /* insert or update */
    enum err (*mt_get)(void *self, uint64_t send, struct store_mt *out, struct failure *why);
    /* The aggregator's own id, or else ours (id_key of the send) when the MT went out by that aggregator.
     * ERR_MISSING: nobody knows it. */
    enum err (*mt_find)(void *self, const char *aggregator, struct str message_id, struct store_mt *out,
                        struct failure *why);
    /* The aggregator's id of an MT; the first to bear an id keeps it. */
    enum err (*mt_name)(void *self, uint64_t send, struct str message_id, struct failure *why);
    /* Those whose status is older, among the `most` oldest. */
    enum err (*mt_purge)(void *self, msec before, unsigned most, struct failure *why);

    /* Receipts for what is not known yet: one of each status and id is kept. */
    enum err (*receipt_keep)(void *self, const struct store_receipt *r, struct failure *why);
    /* Out of the store, in the order they came: those of one id; at most `max` older ones of any. */
    enum err (*receipt_take)(void *self, const char *aggregator, struct str message_id,
                             struct store_receipt *out, size_t max, size_t *n, struct failure *why);
    enum err (*receipt_old)(void *self, msec before, struct store_receipt *out, size_t max, size_t *n,
                            struct failure *why); /* without their message ids */

    /* Parts of a longer SMS, sealed with its contact's key. `key` is what they have in common. */
    enum err (*group_find)(void *self, uint64_t contact, struct str key, struct store_group *out,
                           struct failure *why);
    enum err (*group_get)(void *self, uint64_t id, struct store_group *out, struct failure *why);
    /* id 0: insert, in the place of an earlier one of this key; else `due` and `have` are updated. */
    enum err (*group_put)(void *self, struct store_group *g, struct str key, struct failure *why);
    /* The contact's groups that wait, oldest first. */
    enum err (*group_open)(void *self, uint64_t contact, struct store_group *out, size_t max, size_t *n,
                           struct failure *why);
    enum err (*group_due)(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why);
    enum err (*group_purge)(void *self, msec before, unsigned most, struct failure *why); /* worked ones */
    enum err (*part_put)(void *self, const struct store_group *g, unsigned no, struct str recipient,
                         struct str text, struct failure *why);
    /* texts[no - 1], GROUP_PARTS of them, those missing empty; recipient: of the first that is there */
    enum err (*part_get)(void *self, const struct store_group *g, struct str *recipient, struct str *texts,
                         struct arena *a, struct failure *why);
    enum err (*part_drop)(void *self, const struct store_group *g, struct failure *why);

    /* Reading, outside a transaction or inside. `open_content`: texts are unsealed, else empty. */
    enum err (*scan)(void *self, uint64_t after_seq, bool open_content, row_fn each, void *ctx,
                     struct failure *why);
    /* Recompute the hash chain. *rows gets how many verified; ERR_CORRUPT with the first bad seq in why. */
    enum err (*verify)(void *self, uint64_t *rows, struct failure *why);
    void (*close)(void *self);
};

#endif
