/* What the files of this room share. */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "base/idmap.h"
#include "engine/engine.h"

struct fresh_sends { /* put in this transaction, handed to the courier once it is committed */
    struct store_send *items;
    size_t n, cap;
};

struct engine {
    struct store store;
    const struct rules *rules;
    struct engine_hooks hooks;
    struct rng rng;
    struct engine_counters counters, counters_before; /* as they were when the transaction began */
    struct idmap in_flight;                           /* sends the courier has */
    struct fresh_sends fresh;
    struct arena scratch; /* of one transaction */
    /* Burden by index of the network in force; kept in step with what is put, counted anew when stale. */
    uint16_t *host_load, *collaborator_load;
    struct rejection *no_host, *no_people; /* room for all of the network; of one routing */
    bool load_stale;
    uint32_t *uses; /* how often each commune was meant, by its index, in steps */
    msec uses_at;   /* when the last count began */
    bool uses_stale;
    struct count {        /* one under way */
        uint32_t *uses;   /* so far; NULL: none is */
        uint64_t after;   /* the last referral that was looked at */
        struct idmap met; /* who meant which commune */
    } count;
    bool store_ok;
    bool backlog; /* sends are due that the courier had no room for */
    bool ask;     /* the store must tell anew what is due when */
    msec due_at;  /* else nothing of it is due by itself before this; 0: ever */
    msec purged_at;
    uint64_t last_id; /* of a referral */
};

/* inputs.c: what one input does inside the running transaction. Anything but OK undoes the transaction. */
enum err engine_input(struct engine *e, struct job *job, msec now, struct failure *why);

/* One whole message of a contact, worked with all its effects; the answer goes into `out`, or out as an MT by
 * the aggregator `mt_by` when that is not NULL. `key` makes a repeat known; may be empty. */
enum err engine_converse(struct engine *e, const struct input *in, struct answer *out, struct contact *c,
                         struct str key, const char *mt_by, msec now, struct failure *why);
/* Who sent it, as stored or new, reached now by this input's aggregator and number. */
enum err engine_contact(struct engine *e, const struct input *in, struct contact *c, msec now,
                        struct failure *why);
enum err engine_remember(struct engine *e, const struct answer *a, struct str key, uint64_t contact,
                         uint64_t row, msec now, struct failure *why);

/* parts.c: parts of a longer SMS wait for each other, then are one message */
bool parts_is_one(const struct input *in);
struct str parts_key(struct engine *e, const struct input *in); /* the input's key, made this part's own */
enum err parts_take(struct engine *e, const struct input *in, struct answer *out, struct contact *c,
                    struct str key, msec now, struct failure *why);
/* Its time is over: what is there is the message. */
enum err parts_work(struct engine *e, uint64_t group, msec now, struct failure *why);
enum err parts_postpone(struct engine *e, uint64_t group, msec until, struct failure *why);
enum err parts_purge(struct engine *e, msec now, unsigned most, struct failure *why);

/* routed.c */
#define ROUTED_MOST 64
struct routed {
    bool done; /* somebody was looked for */
    struct candidate who[ROUTED_MOST];
    size_t n;
    char reasons[ROUTING_JSON];
    size_t len;
};
struct line;
/* Who can be asked now, best first, and everything that was weighed. `before`: the referral as it is counted
 * among the load, NULL when it is new: it does not stand in its own way. */
void routed_find(struct engine *e, const struct referral *r, const struct referral *before, msec now,
                 struct routed *out);
/* The request as it was routed; sealed beside it the reasons. */
enum err routed_put(struct engine *e, const struct referral *r, const struct line *line,
                    const struct routed *routed, msec now, struct failure *why);

/* referrals.c */
struct line { /* where a referral's news come from */
    enum channel channel;
    bool drill;
    bool answering; /* the contact's own message is being worked: its answer says what became of it */
};
/* Open the referral the session asks for, or bring the open one up to date. */
enum err referrals_ask(struct engine *e, struct contact *c, const struct line *line, unsigned effects,
                       msec now, struct failure *why);
enum err referrals_answer(struct engine *e, const struct input *in, struct answer *out, msec now,
                          struct failure *why);
/* Somebody is about to be shown it. */
enum err referrals_look(struct engine *e, const struct input *in, struct answer *out, msec now,
                        struct failure *why);
enum err referrals_due(struct engine *e, msec now, struct failure *why);
enum err referrals_alert_failed(struct engine *e, const struct store_send *send, msec now,
                                struct failure *why);
/* The contact is gone: nobody may be offered this any more. */
enum err referrals_withdraw(struct engine *e, uint64_t contact, msec now, struct failure *why);

/* load.c */
void load_of(struct engine *e, const struct referral *r,
             int by);                                       /* engine_load(); a drill in a rehearsal only */
enum err load_count(struct engine *e, struct failure *why); /* anew, from the store */

/* uses.c: how often each commune was meant */
/* For the gazetteer in force; what was counted for that of before (NULL: there is none) holds until then. */
void uses_begin(struct engine *e, const struct gazetteer *before);
/* A part of the count that is under way, or due: once a day, or when stale. */
enum err uses_count(struct engine *e, msec now, struct failure *why);
void uses_free(struct engine *e);

/* sends.c */
/* *why_not: NULL, or why this alert must not go out any more */
enum err sends_alert_unwanted(struct engine *e, const struct store_send *s, const char **why_not,
                              struct failure *why);
enum err sends_put(struct engine *e, struct store_send *send, struct failure *why);
enum err sends_result(struct engine *e, const struct input *in, msec now, struct failure *why);
void sends_hand_over(struct engine *e); /* the fresh ones, after the commit */
enum err sends_due(struct engine *e, msec now, struct failure *why);
/* *why_not: NULL, or why it must not go out any more */
enum err sends_mt_unwanted(struct engine *e, const struct store_send *s, msec now, const char **why_not,
                           struct failure *why);
bool safe_by_sms(enum safe_way w);
/* When a message of `at` may arrive, as she chose. */
msec safe_time(const struct engine *e, const struct referral *r, msec at);
/* The journal's row of a send that ended; `why_not` in a word or two, "" none. */
enum err sends_row(struct engine *e, const struct store_send *s, enum send_end end, const char *why_not,
                   msec now, struct failure *why);

/* mt.c */
struct mt {         /* one text to a contact */
    const char *by; /* aggregator */
    uint64_t contact, referral;
    const char *to, *lang, *note; /* lang: of the text; note: which text, for the journal */
    char from[24];
    struct str text;
    bool drill, anyway; /* as in store_send */
    msec due;           /* 0: now */
};
/* Shaped as its aggregator wants it, into the outbox. */
enum err mt_put(struct engine *e, const struct mt *wanted, msec now, struct failure *why);
/* A text to a contact by its own aggregator; nothing when the contact said stop or nobody can send. */
enum err mt_tell(struct engine *e, const struct contact *c, uint64_t referral, const char *key,
                 const struct text_arg *args, size_t n_args, bool drill, msec due, msec now,
                 struct failure *why);
enum err mt_receipt(struct engine *e, const struct input *in, msec now, struct failure *why);
enum err mt_taken(struct engine *e, const struct store_send *s, msec now, struct failure *why);
enum err mt_given_up(struct engine *e, const struct store_send *s, enum mt_class c, msec now,
                     struct failure *why);
/* The aggregator's answer told its id; receipts that came before it are worked now. */
enum err mt_named(struct engine *e, uint64_t send, struct str message_id, msec now, struct failure *why);
/* Sends that were kept for a receipt long enough. */
enum err mt_waited(struct engine *e, msec now, struct failure *why);
/* Old ones are forgotten, `most` looked at in one go; *more: there are more receipts to forget. */
enum err mt_purge(struct engine *e, msec now, unsigned most, bool *more, struct failure *why);

/* alerts.c */
/* To whom this offer was made: that it is, what changed since, or that nobody is expected of them any more.
 */
#define ALERT_OFFERED "referral.offered"
#define ALERT_WITHDRAWN "referral.withdrawn"
bool alerts_is(const struct store_send *s, const char *type);
enum err alerts_put(struct engine *e, const struct referral *r, int offer, msec now, struct failure *why);

/* channels.c */
/* By which endpoint an alert about this offer goes first: the one that took the last, else the preferred. */
const char *channels_first(const struct engine *e, const struct collaborator *who, const struct offer *to);
/* This alert's system took it: what follows goes there, too. */
enum err channels_took(struct engine *e, const struct store_send *s, struct failure *why);
/* A try failed; the next by the same system would be at `again` (0: there will be none). When that is too
 * late and somebody still waits for the alert, the collaborator's next system gets it instead: *moved. */
enum err channels_move(struct engine *e, const struct store_send *s, msec again, msec now, bool *moved,
                       struct failure *why);

/* Something stored becomes due at this time (0: never). */
void engine_due(struct engine *e, msec at);

const struct collaborator *engine_collaborator(const struct engine *e, const char *id);

#endif
