/* One file, write-ahead log, every commit synced. */
#include "journal/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEMA 1

static const char schema_1[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB) STRICT, WITHOUT ROWID;"
    "CREATE TABLE contact(id INTEGER PRIMARY KEY, hash BLOB UNIQUE, wrapped BLOB, sealed BLOB,"
    " created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE journal(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, contact "
    "INTEGER NOT NULL,"
    " referral INTEGER NOT NULL, drill INTEGER NOT NULL, channel INTEGER NOT NULL, event INTEGER NOT NULL,"
    " need INTEGER NOT NULL, urgent INTEGER NOT NULL, children INTEGER NOT NULL, effects INTEGER NOT NULL,"
    " ts INTEGER NOT NULL, waited INTEGER NOT NULL, aggregator TEXT, lang TEXT, place TEXT, state TEXT, "
    "collaborator TEXT, host TEXT, "
    "note TEXT,"
    " sealed BLOB, digest BLOB NOT NULL, chain BLOB NOT NULL) STRICT;"
    "CREATE TABLE seen(contact INTEGER NOT NULL, key BLOB NOT NULL, at INTEGER NOT NULL, row INTEGER NOT "
    "NULL,"
    " closes INTEGER NOT NULL, reply BLOB, PRIMARY KEY(contact, key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE referral(id INTEGER PRIMARY KEY, contact INTEGER NOT NULL, open INTEGER NOT NULL, next_at "
    "INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, collaborator TEXT NOT NULL, host TEXT NOT NULL, data TEXT NOT NULL,"
    " drill INTEGER NOT NULL) STRICT;"
    "CREATE INDEX referral_next ON referral(next_at) WHERE next_at > 0;"
    "CREATE INDEX referral_contact ON referral(contact, drill, opened) WHERE open = 1;"
    "CREATE TABLE send(id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, contact INTEGER NOT NULL,"
    " referral INTEGER NOT NULL, created INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " target TEXT NOT NULL, drill INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX send_due ON send(due);"
    "CREATE INDEX send_contact ON send(contact) WHERE kind = 1;"
    "CREATE TABLE mt(aggregator TEXT NOT NULL, message_id TEXT NOT NULL, send INTEGER NOT NULL, contact "
    "INTEGER NOT NULL,"
    " status INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(aggregator, message_id)) STRICT, WITHOUT "
    "ROWID;";

static const char *const sql[S_COUNT] = {
    [S_BEGIN] = "BEGIN IMMEDIATE",
    [S_COMMIT] = "COMMIT",
    [S_ROLLBACK] = "ROLLBACK",
    [S_DATA_VERSION] = "PRAGMA data_version",
    [S_HEAD] = "SELECT seq, chain FROM journal ORDER BY seq DESC LIMIT 1",
    [S_CONTACT_FIND] = "SELECT id, created, wrapped, sealed FROM contact WHERE hash = ?1",
    [S_CONTACT_GET] = "SELECT id, created, wrapped, sealed FROM contact WHERE id = ?1 AND sealed IS NOT NULL",
    [S_CONTACT_INSERT] = "INSERT INTO contact(id, hash, wrapped, sealed, created) VALUES(?1, ?2, ?3, ?4, ?5)",
    [S_CONTACT_LAST] = "SELECT coalesce(max(id), 0) FROM contact",
    [S_CONTACT_UPDATE] = "UPDATE contact SET sealed = ?2 WHERE id = ?1 AND hash IS NOT NULL",
    [S_CONTACT_KEY] = "SELECT wrapped FROM contact WHERE id = ?1 AND wrapped IS NOT NULL",
    [S_CONTACT_ERASE] =
        "UPDATE contact SET hash = NULL, wrapped = NULL, sealed = NULL WHERE id = ?1 AND hash IS NOT NULL",
    [S_ERASE_SENDS] = "DELETE FROM send WHERE contact = ?1 AND kind = 1",
    [S_ERASE_SEEN] = "UPDATE OR REPLACE seen SET contact = 0, row = 0, reply = NULL WHERE contact = ?1",
    /* two look-ups; IN (?1, 0) would build a table of the two numbers each time */
    [S_SEEN_GET] = "SELECT row, closes, reply FROM seen WHERE contact = ?1 AND key = ?2 UNION ALL "
                   "SELECT row, closes, reply FROM seen WHERE contact = 0 AND key = ?2 LIMIT 1",
    [S_SEEN_PUT] = "INSERT INTO seen(contact, key, at, row, closes, reply) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [S_SEEN_PAGE] = "SELECT contact, key FROM seen WHERE (contact, key) > (?1, ?2) ORDER BY contact, key "
                    "LIMIT 1 OFFSET ?3",
    [S_SEEN_PURGE] = "DELETE FROM seen WHERE (contact, key) > (?1, ?2) AND (contact, key) <= (?3, ?4) AND "
                     "at < ?5",
    [S_ROW_CONTENT] = "SELECT contact, sealed FROM journal WHERE seq = ?1",
    [S_APPEND] =
        "INSERT INTO journal "
        "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24)",
    [S_SCAN] = "SELECT * FROM journal WHERE seq > ?1 ORDER BY seq",
    [S_REFERRAL_PUT] =
        "INSERT INTO referral(id, contact, open, next_at, opened, collaborator, host, data, drill) "
        "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT(id) DO UPDATE SET open = excluded.open, "
        "next_at = excluded.next_at, collaborator = excluded.collaborator, host = "
        "excluded.host, data = excluded.data",
    [S_REFERRAL_GET] = "SELECT data FROM referral WHERE id = ?1",
    [S_REFERRAL_DUE] =
        "SELECT id FROM referral WHERE next_at > 0 AND next_at <= ?1 ORDER BY next_at LIMIT ?2",
    [S_REFERRAL_OF] = "SELECT data FROM referral WHERE contact = ?1 AND drill = ?2 AND open = 1 ORDER BY "
                      "opened DESC LIMIT 1",
    [S_REFERRAL_LOAD] =
        "SELECT collaborator, host FROM referral WHERE open = 1 AND drill = 0 AND collaborator <> ''",
    [S_NEXT_REFERRAL] = "SELECT min(next_at) FROM referral WHERE next_at > 0",
    [S_NEXT_SEND] = "SELECT min(due) FROM send WHERE due > ?1",
    [S_SEND_INSERT] =
        "INSERT INTO send(kind, contact, referral, created, due, attempts, target, drill, sealed) "
        "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
    [S_SEND_GET] = "SELECT id, kind, contact, referral, created, due, attempts, target, drill, sealed FROM "
                   "send WHERE id = ?1",
    [S_SEND_RETRY] = "UPDATE send SET attempts = ?2, due = ?3 WHERE id = ?1",
    [S_SEND_DONE] = "DELETE FROM send WHERE id = ?1",
    [S_SEND_DUE] =
        "SELECT id, kind, contact, referral, created, due, attempts, target, drill, sealed FROM send "
        "WHERE due <= ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    [S_MT_SENT] = "INSERT OR IGNORE INTO mt VALUES(?1, ?2, ?3, ?4, 1, ?5)",
    [S_MT_GET] = "SELECT contact, status FROM mt WHERE aggregator = ?1 AND message_id = ?2",
    [S_MT_RECEIPT] = "UPDATE mt SET status = ?3, at = ?4 WHERE aggregator = ?1 AND message_id = ?2",
};

/* ---- small helpers ---- */

enum err sqlite_failed(struct sqlite *s, struct failure *why)
{
    int code = sqlite3_errcode(s->db) & 0xff;
    bool corrupt = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    bool ours = code == SQLITE_CONSTRAINT || code == SQLITE_MISUSE || code == SQLITE_RANGE;
    return fail(why, corrupt ? ERR_CORRUPT : ours ? ERR_BUG : ERR_AGAIN, "SQLite: %s", sqlite3_errmsg(s->db));
}

sqlite3_stmt *ready(struct sqlite *s, enum stmt which)
{
    return s->stmt[which];
}

enum err step_row(struct sqlite *s, sqlite3_stmt *st, struct failure *why)
{
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        return OK;
    enum err e = rc == SQLITE_DONE ? ERR_MISSING : sqlite_failed(s, why);
    sqlite3_reset(st);
    return e;
}

enum err step_done(struct sqlite *s, sqlite3_stmt *st, struct failure *why)
{
    int rc = sqlite3_step(st);
    enum err e = rc == SQLITE_DONE || rc == SQLITE_ROW ? OK : sqlite_failed(s, why);
    sqlite3_reset(st);
    return e;
}

void bind_text(sqlite3_stmt *st, int i, const char *text)
{
    sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
}

void bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n)
{
    sqlite3_bind_blob(st, i, p, (int)n, SQLITE_STATIC);
}

void copy_text(sqlite3_stmt *st, int column, char *dst, size_t cap)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    str_copy(str_of(text), dst, cap);
}

struct str column_blob(sqlite3_stmt *st, int column)
{
    const void *p = sqlite3_column_blob(st, column);
    return (struct str){p, p ? (size_t)sqlite3_column_bytes(st, column) : 0};
}

/* ---- transactions ---- */

static enum err read_head(struct sqlite *s, struct failure *why)
{
    sqlite3_stmt *st = ready(s, S_HEAD);
    s->seq = 0;
    memset(s->head, 0, CHAIN);
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    struct str chain = column_blob(st, 1);
    s->seq = (uint64_t)sqlite3_column_int64(st, 0);
    if (chain.n == CHAIN)
        memcpy(s->head, chain.s, CHAIN);
    sqlite3_reset(st);
    return chain.n == CHAIN
               ? OK
               : fail(why, ERR_CORRUPT, "row %llu has no chain hash", (unsigned long long)s->seq);
}

/* What is remembered of contacts. */
static void forget(struct sqlite *s)
{
    sodium_memzero(s->cache, sizeof s->cache);
    sodium_memzero(s->contacts, sizeof s->contacts);
    s->last_contact = 0;
}

/* Another process (an erasure by hand) may have written since: what is remembered is then read anew. */
static enum err notice_others(struct sqlite *s, struct failure *why)
{
    sqlite3_stmt *st = ready(s, S_DATA_VERSION);
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc;
    int64_t version = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    if (version == s->data_version)
        return OK;
    s->data_version = version;
    forget(s);
    return read_head(s, why);
}

static void op_rollback(void *self)
{
    struct sqlite *s = self;
    for (int i = 0; i < S_COUNT; i++)
        sqlite3_reset(s->stmt[i]);
    if (!sqlite3_get_autocommit(s->db)) {
        sqlite3_step(ready(s, S_ROLLBACK));
        sqlite3_reset(ready(s, S_ROLLBACK));
    }
    s->seq = s->seq_before;
    memcpy(s->head, s->head_before, CHAIN);
    forget(s); /* contacts that now never were */
    s->erased = false;
}

static enum err op_begin(void *self, struct failure *why)
{
    struct sqlite *s = self;
    enum err rc = step_done(s, ready(s, S_BEGIN), why);
    if (rc != OK)
        return rc;
    rc = notice_others(s, why);
    s->seq_before = s->seq;
    memcpy(s->head_before, s->head, CHAIN);
    if (rc != OK)
        op_rollback(s);
    return rc;
}

static enum err op_commit(void *self, struct failure *why)
{
    struct sqlite *s = self;
    enum err rc = step_done(s, ready(s, S_COMMIT), why);
    if (rc == OK && s->erased) /* old versions of erased pages must not stay in the log */
        sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc == OK)
        s->erased = false;
    return rc;
}

/* ---- contacts ---- */

static struct contact *contact_slot(struct sqlite *s, const char *msisdn)
{
    uint32_t h = 2166136261u;
    for (const char *c = msisdn; *c; c++)
        h = (h ^ (uint8_t)*c) * 16777619u;
    return &s->contacts[h % CONTACT_CACHE];
}

static void forget_contact(struct sqlite *s, uint64_t id)
{
    for (size_t i = 0; i < CONTACT_CACHE; i++)
        if (s->contacts[i].id == id)
            sodium_memzero(&s->contacts[i], sizeof s->contacts[i]);
}

static void remember_key(struct sqlite *s, uint64_t id, const uint8_t key[32])
{
    struct cached_key *c = &s->cache[id % KEY_CACHE];
    c->contact = id;
    memcpy(c->key, key, 32);
}

static enum err unwrap(struct sqlite *s, uint64_t id, struct str wrapped, uint8_t key[32],
                       struct failure *why)
{
    uint8_t plain[128];
    size_t n = 0;
    const struct cached_key *c = &s->cache[id % KEY_CACHE];
    if (c->contact == id) {
        memcpy(key, c->key, 32);
        return OK;
    }
    if (wrapped.n > sizeof plain || !unseal(s->keys.wrap, SEAL_KEY, id, wrapped, plain, &n) || n != 32)
        return fail(why, ERR_CORRUPT, "the key of contact %llu does not open", (unsigned long long)id);
    memcpy(key, plain, 32);
    remember_key(s, id, key);
    return OK;
}

enum err contact_key(struct sqlite *s, uint64_t id, uint8_t key[32], struct failure *why)
{
    const struct cached_key *c = &s->cache[id % KEY_CACHE];
    if (c->contact == id) {
        memcpy(key, c->key, 32);
        return OK;
    }
    sqlite3_stmt *st = ready(s, S_CONTACT_KEY);
    sqlite3_bind_int64(st, 1, (int64_t)id);
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc;
    rc = unwrap(s, id, column_blob(st, 0), key, why);
    sqlite3_reset(st);
    return rc;
}

static enum err read_contact(struct sqlite *s, sqlite3_stmt *st, struct contact *out, struct failure *why)
{
    uint8_t key[32], plain[SEALED_MAX];
    size_t n = 0;
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc;
    struct contact c = {.id = (uint64_t)sqlite3_column_int64(st, 0), .created = sqlite3_column_int64(st, 1)};
    rc = unwrap(s, c.id, column_blob(st, 2), key, why);
    struct str sealed = column_blob(st, 3);
    if (rc == OK && (sealed.n > sizeof plain || !unseal(key, SEAL_CONTACT, c.id, sealed, plain, &n) ||
                     !contact_unpack((struct str){(char *)plain, n}, &c)))
        rc = fail(why, ERR_CORRUPT, "contact %llu does not open", (unsigned long long)c.id);
    sqlite3_reset(st);
    if (rc == OK)
        *out = c;
    return rc;
}

static enum err op_contact_find(void *self, const char *msisdn, struct contact *out, struct failure *why)
{
    struct sqlite *s = self;
    uint8_t hash[HASH];
    struct contact *kept = contact_slot(s, msisdn);
    if (kept->id && strcmp(kept->msisdn, msisdn) == 0) {
        *out = *kept;
        return OK;
    }
    sqlite3_stmt *st = ready(s, S_CONTACT_FIND);
    keyed_hash(&s->keys, str_of(msisdn), hash);
    bind_blob(st, 1, hash, HASH);
    enum err rc = read_contact(s, st, out, why);
    if (rc == OK &&
        !sqlite3_get_autocommit(s->db)) /* outside a transaction nobody tells of other processes */
        *kept = *out;
    return rc;
}

static enum err op_contact_get(void *self, uint64_t id, struct contact *out, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_CONTACT_GET);
    sqlite3_bind_int64(st, 1, (int64_t)id);
    return read_contact(s, st, out, why);
}

static enum err insert_contact(struct sqlite *s, struct contact *c, const uint8_t key[32], struct str sealed,
                               struct failure *why)
{
    uint8_t hash[HASH], wrapped[32 + SEAL_EXTRA];
    sqlite3_stmt *st = ready(s, S_CONTACT_INSERT);
    keyed_hash(&s->keys, str_of(c->msisdn), hash);
    size_t n = seal(&s->keys, s->keys.wrap, SEAL_KEY, c->id, (struct str){(const char *)key, 32}, wrapped);
    sqlite3_bind_int64(st, 1, (int64_t)c->id);
    bind_blob(st, 2, hash, HASH);
    bind_blob(st, 3, wrapped, n);
    bind_blob(st, 4, sealed.s, sealed.n);
    sqlite3_bind_int64(st, 5, c->created);
    return step_done(s, st, why);
}

static enum err update_contact(struct sqlite *s, const struct contact *c, struct str sealed,
                               struct failure *why)
{
    sqlite3_stmt *st = ready(s, S_CONTACT_UPDATE);
    sqlite3_bind_int64(st, 1, (int64_t)c->id);
    bind_blob(st, 2, sealed.s, sealed.n);
    return step_done(s, st, why);
}

/* An id and a key for somebody new. */
static enum err admit(struct sqlite *s, struct contact *c, uint8_t key[32], struct failure *why)
{
    if (!s->last_contact) { /* not known yet, or another process may have written */
        enum err rc = step_row(s, ready(s, S_CONTACT_LAST), why);
        if (rc != OK)
            return rc == ERR_MISSING ? ERR_BUG : rc;
        s->last_contact = (uint64_t)sqlite3_column_int64(ready(s, S_CONTACT_LAST), 0);
        sqlite3_reset(ready(s, S_CONTACT_LAST));
    }
    c->id = ++s->last_contact;
    randombytes_buf(key, 32);
    remember_key(s, c->id, key);
    return OK;
}

static enum err op_contact_put(void *self, struct contact *c, struct failure *why)
{
    struct sqlite *s = self;
    char plain[2048];
    uint8_t key[32], sealed[sizeof plain + SEAL_EXTRA];
    bool fresh = c->id == 0;
    enum err rc = fresh ? admit(s, c, key, why) : contact_key(s, c->id, key, why);
    if (rc != OK)
        return rc;
    size_t n = contact_pack(c, plain, sizeof plain);
    if (!n)
        return fail(why, ERR_BUG, "a contact does not fit its row");
    n = seal(&s->keys, key, SEAL_CONTACT, c->id, (struct str){plain, n}, sealed);
    struct str content = {(const char *)sealed, n};
    rc = fresh ? insert_contact(s, c, key, content, why) : update_contact(s, c, content, why);
    if (rc == OK)
        *contact_slot(s, c->msisdn) = *c;
    return rc;
}

static enum err op_contact_erase(void *self, uint64_t id, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_CONTACT_ERASE);
    sqlite3_bind_int64(st, 1, (int64_t)id);
    enum err rc = step_done(s, st, why);
    if (rc == OK && sqlite3_changes(s->db) == 0)
        return ERR_MISSING;
    struct cached_key *c = &s->cache[id % KEY_CACHE];
    if (c->contact == id)
        sodium_memzero(c, sizeof *c);
    forget_contact(s, id);
    s->erased = true;
    const enum stmt of_the_contact[] = {S_ERASE_SENDS, S_ERASE_SEEN};
    for (size_t i = 0; rc == OK && i < 2; i++) {
        st = ready(s, of_the_contact[i]);
        sqlite3_bind_int64(st, 1, (int64_t)id);
        rc = step_done(s, st, why);
    }
    return rc;
}

/* ---- repeats ---- */

static enum err take_reply(struct str from, char *reply, size_t *len, struct failure *why)
{
    if (from.n >= DIALOGUE_REPLY)
        return fail(why, ERR_CORRUPT, "a remembered answer is too long");
    if (from.n)
        memcpy(reply, from.s, from.n);
    reply[from.n] = '\0';
    *len = from.n;
    return OK;
}

static enum err own_reply(struct sqlite *s, struct str sealed, char *reply, size_t *len, struct failure *why)
{
    uint8_t plain[SEALED_MAX];
    size_t n = 0;
    if (sealed.n && (sealed.n > sizeof plain || !unseal(s->keys.store, SEAL_SEEN, 0, sealed, plain, &n)))
        return fail(why, ERR_CORRUPT, "a remembered answer does not open");
    return take_reply((struct str){(char *)plain, n}, reply, len, why);
}

static enum err op_seen_get(void *self, uint64_t contact, struct str key, char *reply, size_t *len, bool *end,
                            struct failure *why)
{
    struct sqlite *s = self;
    uint8_t hash[HASH];
    sqlite3_stmt *st = ready(s, S_SEEN_GET);
    keyed_hash(&s->keys, key, hash);
    sqlite3_bind_int64(st, 1, (int64_t)contact);
    bind_blob(st, 2, hash, HASH);
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc;
    uint64_t row = (uint64_t)sqlite3_column_int64(st, 0);
    *end = sqlite3_column_int(st, 1);
    if (row) {
        uint8_t plain[SEALED_MAX + SEAL_EXTRA];
        struct row r = {.seq = row};
        rc = sqlite_row_content(s, &r, plain, why);
        if (rc == OK)
            rc = take_reply(r.reply, reply, len, why);
    } else {
        rc = own_reply(s, column_blob(st, 2), reply, len, why);
    }
    sqlite3_reset(st);
    return rc;
}

static enum err op_seen_put(void *self, uint64_t contact, struct str key, msec at, uint64_t row,
                            struct str reply, bool end, struct failure *why)
{
    struct sqlite *s = self;
    uint8_t hash[HASH], sealed[DIALOGUE_REPLY + SEAL_EXTRA];
    sqlite3_stmt *st = ready(s, S_SEEN_PUT);
    keyed_hash(&s->keys, key, hash);
    sqlite3_bind_int64(st, 1, (int64_t)contact);
    bind_blob(st, 2, hash, HASH);
    sqlite3_bind_int64(st, 3, at);
    sqlite3_bind_int64(st, 4, (int64_t)row);
    sqlite3_bind_int(st, 5, end);
    if (!row && reply.n)
        bind_blob(st, 6, sealed, seal(&s->keys, s->keys.store, SEAL_SEEN, 0, reply, sealed));
    else
        sqlite3_bind_null(st, 6);
    return step_done(s, st, why);
}

/* Where `most` keys after the last place end; ERR_MISSING: sooner. */
static enum err seen_page(struct sqlite *s, unsigned most, int64_t *contact, uint8_t key[HASH],
                          struct failure *why)
{
    sqlite3_stmt *st = ready(s, S_SEEN_PAGE);
    sqlite3_bind_int64(st, 1, s->purged.contact);
    bind_blob(st, 2, s->purged.key, HASH);
    sqlite3_bind_int64(st, 3, most);
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc;
    struct str at = column_blob(st, 1);
    *contact = sqlite3_column_int64(st, 0);
    if (at.n == HASH)
        memcpy(key, at.s, HASH);
    sqlite3_reset(st);
    return OK;
}

static enum err op_seen_purge(void *self, msec before, unsigned most, struct failure *why)
{
    struct sqlite *s = self;
    int64_t contact = INT64_MAX;
    uint8_t key[HASH] = {0};
    enum err page = seen_page(s, most, &contact, key, why);
    if (page != OK && page != ERR_MISSING)
        return page;
    sqlite3_stmt *st = ready(s, S_SEEN_PURGE);
    sqlite3_bind_int64(st, 1, s->purged.contact);
    bind_blob(st, 2, s->purged.key, HASH);
    sqlite3_bind_int64(st, 3, contact);
    bind_blob(st, 4, key, HASH);
    sqlite3_bind_int64(st, 5, before);
    enum err rc = step_done(s, st, why);
    s->purged.contact = page == OK ? contact : 0; /* round again from the start */
    memcpy(s->purged.key, key, HASH);
    return rc;
}

/* ---- opening and closing ---- */

static void op_close(void *self)
{
    struct sqlite *s = self;
    for (int i = 0; i < S_COUNT; i++)
        sqlite3_finalize(s->stmt[i]);
    sqlite3_close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    sodium_memzero(s, sizeof *s);
    free(s);
}

static const struct store_ops ops = {
    .name = "sqlite",
    .begin = op_begin,
    .commit = op_commit,
    .rollback = op_rollback,
    .contact_find = op_contact_find,
    .contact_get = op_contact_get,
    .contact_put = op_contact_put,
    .contact_erase = op_contact_erase,
    .seen_get = op_seen_get,
    .seen_put = op_seen_put,
    .seen_purge = op_seen_purge,
    .append = sqlite_append,
    .referral_put = sqlite_referral_put,
    .referral_get = sqlite_referral_get,
    .referral_due = sqlite_referral_due,
    .next_due = sqlite_next_due,
    .referral_of = sqlite_referral_of,
    .load = sqlite_load,
    .send_put = sqlite_send_put,
    .send_get = sqlite_send_get,
    .send_retry = sqlite_send_retry,
    .send_done = sqlite_send_done,
    .send_due = sqlite_send_due,
    .mt_sent = sqlite_mt_sent,
    .mt_receipt = sqlite_mt_receipt,
    .scan = sqlite_scan,
    .verify = sqlite_verify,
    .close = op_close,
};

static enum err execute(struct sqlite *s, const char *text, struct failure *why)
{
    return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK ? OK : sqlite_failed(s, why);
}

static int64_t number(struct sqlite *s, const char *text)
{
    sqlite3_stmt *st;
    int64_t v = -1;
    if (sqlite3_prepare_v2(s->db, text, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        v = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return v;
}

/* A few bytes sealed with the key tell a wrong key before anything is written with it. */
static enum err check_key(struct sqlite *s, bool fresh, struct failure *why)
{
    uint8_t bytes[64];
    sqlite3_stmt *st;
    size_t n = 0;
    const char *text =
        fresh ? "INSERT INTO meta VALUES('key', ?1)" : "SELECT value FROM meta WHERE key = 'key'";
    if (sqlite3_prepare_v2(s->db, text, -1, &st, NULL) != SQLITE_OK)
        return sqlite_failed(s, why);
    if (fresh)
        bind_blob(st, 1, bytes, seal(&s->keys, s->keys.store, SEAL_CHECK, 0, STR("hotlined"), bytes));
    int rc = sqlite3_step(st);
    bool ok = fresh ? rc == SQLITE_DONE : rc == SQLITE_ROW;
    if (ok && !fresh) {
        struct str sealed = column_blob(st, 0);
        ok = sealed.n <= sizeof bytes && unseal(s->keys.store, SEAL_CHECK, 0, sealed, bytes, &n);
    }
    sqlite3_finalize(st);
    return ok ? OK : fail(why, ERR_AUTH, "the master key is not the one this store was made with");
}

static enum err migrate(struct sqlite *s, enum journal_mode mode, struct failure *why)
{
    int64_t version = number(s, "PRAGMA user_version");
    if (version > SCHEMA)
        return fail(why, ERR_INPUT, "the store has schema %lld, this program knows %d; use the newer program",
                    (long long)version, SCHEMA);
    if (version == SCHEMA)
        return check_key(s, false, why);
    if (mode != JOURNAL_WRITE)
        return fail(why, ERR_MISSING, "the store is empty; start the daemon once");
    enum err rc = execute(s, "BEGIN IMMEDIATE", why);
    if (rc == OK)
        rc = execute(s, schema_1, why);
    if (rc == OK)
        rc = check_key(s, true, why);
    if (rc == OK)
        rc = execute(s, "PRAGMA user_version = 1; COMMIT", why);
    return rc;
}

static enum err take_lock(struct sqlite *s, const char *path, struct failure *why)
{
    char lock[4096];
    snprintf(lock, sizeof lock, "%s.lock", path);
    s->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return fail(why, ERR_AGAIN, "%s: %s; the folder must be there and writable", lock, strerror(errno));
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return fail(why, ERR_AGAIN, "another hotlined uses %s", path);
    return OK;
}

static enum err open_db(struct sqlite *s, const char *path, enum journal_mode mode, struct failure *why)
{
    int flags = mode == JOURNAL_WRITE  ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                : mode == JOURNAL_EDIT ? SQLITE_OPEN_READWRITE
                                       : SQLITE_OPEN_READONLY;
    umask(077);
    if (sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return fail(why, ERR_AGAIN, "%s: %s", path, s->db ? sqlite3_errmsg(s->db) : "no memory");
    sqlite3_busy_timeout(s->db, 2000);
    if (mode == JOURNAL_READ)
        return OK;
    /* 4000: pages written over and over are copied out of the log once for four times as many commits */
    return execute(s,
                   "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                   "PRAGMA cache_size = -6000; PRAGMA temp_store = MEMORY;"
                   "PRAGMA wal_autocheckpoint = 4000;"
                   "PRAGMA journal_size_limit = 33554432",
                   why);
}

static enum err prepare_all(struct sqlite *s, struct failure *why)
{
    for (int i = 0; i < S_COUNT; i++)
        if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL) != SQLITE_OK)
            return sqlite_failed(s, why);
    return OK;
}

enum err sqlite_open_store(const char *path, const uint8_t key[JOURNAL_KEY], enum journal_mode mode,
                           struct store *out, struct failure *why)
{
    struct sqlite *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* no counters, no lock around each allocation */
    s->lock_fd = -1;
    s->data_version = -1;
    keys_derive(&s->keys, key);
    enum err rc = mode == JOURNAL_WRITE ? take_lock(s, path, why) : OK;
    if (rc == OK)
        rc = open_db(s, path, mode, why);
    if (rc == OK)
        rc = migrate(s, mode, why);
    if (rc == OK)
        rc = prepare_all(s, why);
    if (rc == OK)
        rc = read_head(s, why);
    if (rc != OK) {
        op_close(s);
        return rc;
    }
    *out = (struct store){s, &ops};
    return OK;
}
