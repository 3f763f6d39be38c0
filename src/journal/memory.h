/* What the files of the store in memory share. */
#ifndef JOURNAL_MEMORY_H
#define JOURNAL_MEMORY_H

#include "journal/internal.h"

enum table { T_CONTACT, T_ROW, T_SEEN, T_REFERRAL, T_SEND, T_MT, T_RECEIPT, T_GROUP, T_PART, T_COUNT };

struct m_contact {
    struct contact c;
    bool erased;
};
struct m_row {
    struct row row;
    uint8_t digest[HASH], chain[CHAIN];
    uint8_t *content; /* plain: memory is not kept; NULL none */
    size_t n;
};
struct m_seen {
    uint64_t contact;
    uint8_t key[HASH];
    msec at;
    char reply[DIALOGUE_REPLY];
    size_t len;
    bool end, purged;
};
struct m_send {
    struct store_send s; /* body points into `text` */
    char text[4096];
    bool done;
};
struct m_mt {
    struct store_mt mt;
    char message_id[160];
    bool purged;
};
struct m_receipt {
    struct store_receipt r;
    char message_id[160];
    bool taken;
};
struct m_group {
    struct store_group g;
    uint8_t key[HASH];
    bool gone;
};
struct m_part {
    uint64_t group;
    unsigned no;
    char recipient[24], text[TEXT_SMS_MAX + 1];
    bool gone;
};

struct items {
    char **at; /* every item has its own memory, so that pointers hold */
    size_t n, cap;
};

struct undo {
    enum table table;
    size_t index;
    void *old; /* NULL: the item was added */
};

struct memory {
    struct items t[T_COUNT];
    struct keys keys;
    struct undo *undo;
    size_t n_undo, cap_undo;
    uint64_t next_send, next_group;
};

#define EACH(m, table, type, var)                                                                            \
    for (size_t i_ = (m)->t[table].n; i_ > 0; i_--)                                                          \
        for (type *var = (type *)(void *)(m)->t[table].at[i_ - 1]; var; var = NULL)

void *memory_add(struct memory *m, enum table t);
/* The item, to be changed: its old value is kept for a rollback. */
void *memory_change(struct memory *m, enum table t, size_t index);
void memory_erase_groups(struct memory *m, uint64_t contact);

enum err memory_referral_put(void *self, struct referral *r, struct failure *why);
enum err memory_referral_get(void *self, uint64_t id, struct referral *out, struct failure *why);
enum err memory_referral_of(void *self, uint64_t contact, bool drill, struct referral *out,
                            struct failure *why);
enum err memory_referral_due(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why);
enum err memory_next_due(void *self, msec now, struct store_due *out, struct failure *why);
enum err memory_meant(void *self, uint64_t *after, unsigned most,
                      void (*each)(void *, uint64_t, const char *), void *ctx, struct failure *why);
enum err memory_load(void *self, bool drills, void (*each)(void *, const struct referral *), void *ctx,
                     struct failure *why);
enum err memory_referral_list(void *self, uint64_t before, referral_fn each, void *ctx, struct failure *why);
enum err memory_send_put(void *self, struct store_send *s, struct failure *why);
enum err memory_send_get(void *self, uint64_t id, struct store_send *out, struct arena *a,
                         struct failure *why);
enum err memory_send_retry(void *self, uint64_t id, unsigned attempts, msec due, struct failure *why);
enum err memory_send_done(void *self, uint64_t id, struct failure *why);
enum err memory_send_due(void *self, msec now, uint64_t after, struct store_send *out, size_t max, size_t *n,
                         struct arena *a, struct failure *why);
enum err memory_send_handed(void *self, uint64_t id, msec until, struct failure *why);
enum err memory_send_waited(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why);
enum err memory_mt_put(void *self, const struct store_mt *mt, struct failure *why);
enum err memory_mt_get(void *self, uint64_t send, struct store_mt *out, struct failure *why);
enum err memory_mt_find(void *self, const char *aggregator, struct str message_id, struct store_mt *out,
                        struct failure *why);
enum err memory_mt_name(void *self, uint64_t send, struct str message_id, struct failure *why);
enum err memory_mt_purge(void *self, msec before, unsigned most, struct failure *why);
enum err memory_receipt_keep(void *self, const struct store_receipt *r, struct failure *why);
enum err memory_receipt_take(void *self, const char *aggregator, struct str message_id,
                             struct store_receipt *out, size_t max, size_t *n, struct failure *why);
enum err memory_receipt_old(void *self, msec before, struct store_receipt *out, size_t max, size_t *n,
                            struct failure *why);
enum err memory_group_find(void *self, uint64_t contact, struct str key, struct store_group *out,
                           struct failure *why);
enum err memory_group_get(void *self, uint64_t id, struct store_group *out, struct failure *why);
enum err memory_group_put(void *self, struct store_group *g, struct str key, struct failure *why);
enum err memory_group_open(void *self, uint64_t contact, struct store_group *out, size_t max, size_t *n,
                           struct failure *why);
enum err memory_group_due(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why);
enum err memory_group_purge(void *self, msec before, unsigned most, struct failure *why);
enum err memory_part_put(void *self, const struct store_group *g, unsigned no, struct str recipient,
                         struct str text, struct failure *why);
enum err memory_part_get(void *self, const struct store_group *g, struct str *recipient, struct str *texts,
                         struct arena *a, struct failure *why);
enum err memory_part_drop(void *self, const struct store_group *g, struct failure *why);

#endif
