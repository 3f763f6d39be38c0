#ifndef JOURNAL_INTERNAL_H
#define JOURNAL_INTERNAL_H

#include "journal/journal.h"

#include <sodium.h>
#include <sqlite3.h>

#define CHAIN 32
#define HASH 16
#define SEAL_EXTRA (crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define SEALED_MAX 8192

/* ---- seal.c: what is kept is unreadable without its key ---- */
struct keys {
    uint8_t wrap[32];  /* seals contact keys */
    uint8_t look[32];  /* hashes numbers and repeat keys */
    uint8_t store[32]; /* seals what belongs to no contact */
    struct {           /* of the next seal: a draw of this process, then a count, so never one twice */
        uint8_t drawn[16];
        uint64_t count;
    } nonce;
};
void keys_derive(struct keys *k, const uint8_t master[JOURNAL_KEY]);
/* nonce and ciphertext into out (n + SEAL_EXTRA bytes); `what` and `id` bind it to its place. returns the
 * length. */
size_t seal(struct keys *k, const uint8_t key[32], uint64_t what, uint64_t id, struct str plain,
            uint8_t *out);
/* false: not sealed by this key, or moved here from elsewhere. out has sealed.n bytes. */
bool unseal(const uint8_t key[32], uint64_t what, uint64_t id, struct str sealed, uint8_t *out, size_t *n);
void keyed_hash(const struct keys *k, struct str s, uint8_t out[HASH]);
enum seal_what { SEAL_KEY = 1, SEAL_CONTACT, SEAL_ROW, SEAL_SEEN, SEAL_SEND, SEAL_CHECK, SEAL_PART };

/* ---- chain.c: every row's hash covers the one before ---- */
/* The plain numbers of a row in the order of the store's columns, which is that of the chain. */
enum { ROW_NUMBERS = 14 };
void row_numbers(const struct row *r, int64_t out[ROW_NUMBERS]);
/* The plain fields of a row in one canonical form, then the digest of its sealed part. */
void chain_next(const uint8_t before[CHAIN], const struct row *row, const uint8_t digest[HASH],
                uint8_t out[CHAIN]);
void chain_digest(struct str sealed, uint8_t out[HASH]);

/* Text and reply of a row in one piece. */
size_t content_pack(const struct row *row, uint8_t *out, size_t cap);
bool content_unpack(struct str in, struct row *row);
/* A contact in one piece, its id and creation left out. */
size_t contact_pack(const struct contact *c, char *out, size_t cap);
bool contact_unpack(struct str in, struct contact *c);

/* ---- sqlite*.c ---- */
enum stmt {
    S_BEGIN,
    S_COMMIT,
    S_ROLLBACK,
    S_DATA_VERSION,
    S_HEAD,
    S_CONTACT_FIND,
    S_CONTACT_GET,
    S_CONTACT_INSERT,
    S_CONTACT_LAST,
    S_CONTACT_UPDATE,
    S_CONTACT_KEY,
    S_CONTACT_ERASE,
    S_ERASE_SENDS,
    S_ERASE_SEEN,
    S_ERASE_PARTS,
    S_ERASE_GROUPS,
    S_SEEN_GET,
    S_SEEN_PUT,
    S_SEEN_PAGE,
    S_SEEN_PURGE,
    S_ROW_CONTENT,
    S_APPEND,
    S_SCAN,
    S_REFERRAL_ROWS,
    S_REFERRAL_PUT,
    S_REFERRAL_GET,
    S_REFERRAL_DUE,
    S_REFERRAL_OF,
    S_REFERRAL_LOAD,
    S_REFERRAL_LIST,
    S_REFERRAL_MEANT,
    S_NEXT_DUE,
    S_SEND_INSERT,
    S_SEND_GET,
    S_SEND_RETRY,
    S_SEND_DONE,
    S_SEND_DUE,
    S_SEND_HANDED,
    S_SEND_WAITED,
    S_MT_PUT,
    S_MT_GET,
    S_MT_FIND,
    S_MT_NAME,
    S_MT_PURGE,
    S_RECEIPT_KEEP,
    S_RECEIPT_OF,
    S_RECEIPT_TAKE,
    S_RECEIPT_OLD,
    S_RECEIPT_DROP,
    S_GROUP_FIND,
    S_GROUP_GET,
    S_GROUP_INSERT,
    S_GROUP_UPDATE,
    S_GROUP_OPEN,
    S_GROUP_DUE,
    S_GROUP_PURGE,
    S_PART_PUT,
    S_PART_GET,
    S_PART_DROP,
    S_COUNT
};

enum { KEY_CACHE = 2048, CONTACT_CACHE = 1024 };
struct cached_key {
    uint64_t contact;
    uint8_t key[32];
};

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *stmt[S_COUNT];
    struct keys keys;
    struct cached_key cache[KEY_CACHE]; /* by contact id, one place each */
    /* who wrote lately mostly writes again: by number, one place each, as the running transaction sees them
     */
    struct contact contacts[CONTACT_CACHE];
    uint64_t last_contact;    /* the highest id; 0: to be looked up */
    uint64_t seq, seq_before; /* of the last row; as it was when the transaction began */
    uint8_t head[CHAIN], head_before[CHAIN];
    struct { /* up to where old repeat keys were looked for */
        int64_t contact;
        uint8_t key[HASH];
    } purged;
    int64_t data_version; /* changes when another process wrote */
    bool erased;          /* in this transaction: the log is to be emptied after it */
    int lock_fd;
};

/* The statement, reset and with no bindings; run by step_row or step_done, then sqlite3_reset. */
sqlite3_stmt *ready(struct sqlite *s, enum stmt which);
enum err step_row(struct sqlite *s, sqlite3_stmt *st, struct failure *why); /* OK: a row; ERR_MISSING: none */
enum err step_done(struct sqlite *s, sqlite3_stmt *st, struct failure *why); /* resets */
enum err sqlite_failed(struct sqlite *s, struct failure *why);
/* Up to `max` ids that a statement with parameters (time, how many) gives. */
enum err list_ids(struct sqlite *s, enum stmt which, msec now, uint64_t *ids, size_t max, size_t *n,
                  struct failure *why);
void bind_str(sqlite3_stmt *st, int i, struct str text);
void bind_text(sqlite3_stmt *st, int i, const char *text);
void bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n);
void copy_text(sqlite3_stmt *st, int column, char *dst, size_t cap);
struct str column_blob(sqlite3_stmt *st, int column);
/* The contact's key, from the cache or unwrapped. ERR_MISSING: erased. */
enum err contact_key(struct sqlite *s, uint64_t id, uint8_t key[32], struct failure *why);

enum err sqlite_read_head(struct sqlite *s, struct failure *why); /* seq and chain of the last row */
enum err sqlite_begin(void *self, struct failure *why);
enum err sqlite_commit(void *self, struct failure *why);
void sqlite_rollback(void *self);
enum err sqlite_contact_find(void *self, const char *msisdn, struct contact *out, struct failure *why);
enum err sqlite_contact_get(void *self, uint64_t id, struct contact *out, struct failure *why);
enum err sqlite_contact_put(void *self, struct contact *c, struct failure *why);
enum err sqlite_contact_erase(void *self, uint64_t id, struct failure *why);
enum err sqlite_seen_get(void *self, uint64_t contact, struct str key, char *reply, size_t *len, bool *end,
                         struct failure *why);
enum err sqlite_seen_put(void *self, uint64_t contact, struct str key, msec at, uint64_t row,
                         struct str reply, bool end, struct failure *why);
enum err sqlite_seen_purge(void *self, msec before, unsigned most, struct failure *why);

enum err sqlite_append(void *self, struct row *row, struct failure *why);
/* Text and reply of row r->seq, opened into `plain` (SEALED_MAX + SEAL_EXTRA bytes); empty when they are
 * gone. */
enum err sqlite_row_content(struct sqlite *s, struct row *r, uint8_t *plain, struct failure *why);
enum err sqlite_scan(void *self, uint64_t after, bool open_content, row_fn each, void *ctx,
                     struct failure *why);
enum err sqlite_verify(void *self, uint64_t *rows, struct failure *why);

enum err sqlite_referral_put(void *self, struct referral *r, struct failure *why);
enum err sqlite_referral_get(void *self, uint64_t id, struct referral *out, struct failure *why);
enum err sqlite_referral_due(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why);
enum err sqlite_next_due(void *self, msec now, struct store_due *out, struct failure *why);
enum err sqlite_referral_of(void *self, uint64_t contact, bool drill, struct referral *out,
                            struct failure *why);
enum err sqlite_meant(void *self, uint64_t *after, unsigned most,
                      void (*each)(void *, uint64_t, const char *), void *ctx, struct failure *why);
enum err sqlite_load(void *self, bool drills, void (*each)(void *, const struct referral *), void *ctx,
                     struct failure *why);
enum err sqlite_referral_list(void *self, uint64_t before, referral_fn each, void *ctx, struct failure *why);
enum err sqlite_referral_rows(void *self, uint64_t referral, bool open_content, row_fn each, void *ctx,
                              struct failure *why);
enum err sqlite_send_put(void *self, struct store_send *s, struct failure *why);
enum err sqlite_send_get(void *self, uint64_t id, struct store_send *out, struct arena *a,
                         struct failure *why);
enum err sqlite_send_retry(void *self, uint64_t id, unsigned attempts, msec due, struct failure *why);
enum err sqlite_send_done(void *self, uint64_t id, struct failure *why);
enum err sqlite_send_due(void *self, msec now, uint64_t after, struct store_send *out, size_t max, size_t *n,
                         struct arena *a, struct failure *why);
enum err sqlite_send_handed(void *self, uint64_t id, msec until, struct failure *why);
enum err sqlite_send_waited(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why);

enum err sqlite_mt_put(void *self, const struct store_mt *mt, struct failure *why);
enum err sqlite_mt_get(void *self, uint64_t send, struct store_mt *out, struct failure *why);
enum err sqlite_mt_find(void *self, const char *aggregator, struct str message_id, struct store_mt *out,
                        struct failure *why);
enum err sqlite_mt_name(void *self, uint64_t send, struct str message_id, struct failure *why);
enum err sqlite_mt_purge(void *self, msec before, unsigned most, struct failure *why);
enum err sqlite_receipt_keep(void *self, const struct store_receipt *r, struct failure *why);
enum err sqlite_receipt_take(void *self, const char *aggregator, struct str message_id,
                             struct store_receipt *out, size_t max, size_t *n, struct failure *why);
enum err sqlite_receipt_old(void *self, msec before, struct store_receipt *out, size_t max, size_t *n,
                            struct failure *why);

enum err sqlite_group_find(void *self, uint64_t contact, struct str key, struct store_group *out,
                           struct failure *why);
enum err sqlite_group_get(void *self, uint64_t id, struct store_group *out, struct failure *why);
enum err sqlite_group_put(void *self, struct store_group *g, struct str key, struct failure *why);
enum err sqlite_group_open(void *self, uint64_t contact, struct store_group *out, size_t max, size_t *n,
                           struct failure *why);
enum err sqlite_group_due(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why);
enum err sqlite_group_purge(void *self, msec before, unsigned most, struct failure *why);
enum err sqlite_part_put(void *self, const struct store_group *g, unsigned no, struct str recipient,
                         struct str text, struct failure *why);
enum err sqlite_part_get(void *self, const struct store_group *g, struct str *recipient, struct str *texts,
                         struct arena *a, struct failure *why);
enum err sqlite_part_drop(void *self, const struct store_group *g, struct failure *why);

enum err sqlite_open_store(const char *path, const uint8_t key[JOURNAL_KEY], enum journal_mode mode,
                           struct store *out, struct failure *why);
enum err memory_open_store(const uint8_t key[JOURNAL_KEY], struct store *out, struct failure *why);

#endif
