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
    bool load_stale;
    bool store_ok;
    bool backlog; /* sends are due that the courier had no room for */
    bool ask;     /* the store must tell anew what is due when */
    msec due_at;  /* else nothing of it is due by itself before this; 0: ever */
    msec purged_at;
    uint64_t last_id; /* of a referral */
};

/* inputs.c: what one input does inside the running transaction. Anything but OK undoes the transaction. */
enum err engine_input(struct engine *e, struct job *job, msec now, struct failure *why);

/* referrals.c */
struct line { /* where a referral's news come from */
    enum channel channel;
    bool drill;
};
/* Open the referral the session asks for, or bring the open one up to date. */
enum err referrals_ask(struct engine *e, struct contact *c, const struct line *line, unsigned effects,
                       msec now, struct failure *why);
enum err referrals_answer(struct engine *e, const struct input *in, struct answer *out, msec now,
                          struct failure *why);
enum err referrals_due(struct engine *e, msec now, struct failure *why);
enum err referrals_alert_failed(struct engine *e, const struct store_send *send, msec now,
                                struct failure *why);
/* The contact is gone: nobody may be offered this any more. */
enum err referrals_withdraw(struct engine *e, uint64_t contact, msec now, struct failure *why);
enum err referrals_count_load(struct engine *e, struct failure *why);

/* sends.c */
enum err sends_put(struct engine *e, struct store_send *send, struct failure *why);
enum err sends_result(struct engine *e, const struct input *in, msec now, struct failure *why);
enum err sends_receipt(struct engine *e, const struct input *in, msec now, struct failure *why);
void sends_hand_over(struct engine *e); /* the fresh ones, after the commit */
enum err sends_due(struct engine *e, msec now, struct failure *why);
/* A text to a contact by its own aggregator; nothing when the contact said stop or nobody can send. */
enum err sends_mt(struct engine *e, const struct contact *c, uint64_t referral, const char *key,
                  const struct text_arg *args, size_t n_args, bool drill, msec now, struct failure *why);
/* alerts.c */
enum err alerts_put(struct engine *e, const struct referral *r, int offer, msec now, struct failure *why);

/* Something stored becomes due at this time (0: never). */
void engine_due(struct engine *e, msec at);

const struct collaborator *engine_collaborator(const struct engine *e, const char *id);

#endif
