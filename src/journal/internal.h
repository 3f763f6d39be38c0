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
enum seal_what { SEAL_KEY = 1, SEAL_CONTACT, SEAL_ROW, SEAL_SEEN, SEAL_SEND, SEAL_CHECK };

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

/* queued < sent < retry < failed < delivered: a receipt that comes late never takes a later one back. */
int receipt_rank(int status);

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
    S_SEEN_GET,
    S_SEEN_PUT,
    S_SEEN_PAGE,
    S_SEEN_PURGE,
    S_ROW_CONTENT,
    S_APPEND,
    S_SCAN,
    S_REFERRAL_PUT,
    S_REFERRAL_GET,
    S_REFERRAL_DUE,
    S_REFERRAL_OF,
    S_REFERRAL_LOAD,
    S_NEXT_REFERRAL,
    S_NEXT_SEND,
    S_SEND_INSERT,
    S_SEND_GET,
    S_SEND_RETRY,
    S_SEND_DONE,
    S_SEND_DUE,
    S_MT_SENT,
    S_MT_GET,
    S_MT_RECEIPT,
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
void bind_text(sqlite3_stmt *st, int i, const char *text);
void bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n);
void copy_text(sqlite3_stmt *st, int column, char *dst, size_t cap);
struct str column_blob(sqlite3_stmt *st, int column);
/* The contact's key, from the cache or unwrapped. ERR_MISSING: erased. */
enum err contact_key(struct sqlite *s, uint64_t id, uint8_t key[32], struct failure *why);

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
enum err sqlite_next_due(void *self, msec now, msec *referrals, msec *sends, struct failure *why);
enum err sqlite_referral_of(void *self, uint64_t contact, bool drill, struct referral *out,
                            struct failure *why);
enum err sqlite_load(void *self, void (*each)(void *, const char *, const char *), void *ctx,
                     struct failure *why);
enum err sqlite_send_put(void *self, struct store_send *s, struct failure *why);
enum err sqlite_send_get(void *self, uint64_t id, struct store_send *out, struct arena *a,
                         struct failure *why);
enum err sqlite_send_retry(void *self, uint64_t id, unsigned attempts, msec due, struct failure *why);
enum err sqlite_send_done(void *self, uint64_t id, struct failure *why);
enum err sqlite_send_due(void *self, msec now, uint64_t after, struct store_send *out, size_t max, size_t *n,
                         struct arena *a, struct failure *why);
enum err sqlite_mt_sent(void *self, const char *aggregator, struct str id, uint64_t send, uint64_t contact,
                        msec at, struct failure *why);
enum err sqlite_mt_receipt(void *self, const char *aggregator, struct str id, int status, msec at,
                           uint64_t *contact, struct failure *why);

enum err sqlite_open_store(const char *path, const uint8_t key[JOURNAL_KEY], enum journal_mode mode,
                           struct store *out, struct failure *why);
enum err memory_open_store(const uint8_t key[JOURNAL_KEY], struct store *out, struct failure *why);

#endif
