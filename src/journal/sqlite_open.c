/* The file itself: its tables and their versions, the statements, opening and closing. */
#include "journal/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEMA 3

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

/* Receipts move an MT that is found by either side's id; parts of one SMS wait for each other. */
static const char schema_2[] =
    "ALTER TABLE send ADD COLUMN handed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE send ADD COLUMN anyway INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX send_due;"
    "CREATE INDEX send_due ON send(due) WHERE handed = 0;"
    "CREATE INDEX send_open ON send(id) WHERE handed = 0;"
    "CREATE INDEX send_handed ON send(due) WHERE handed = 1;"
    "ALTER TABLE mt RENAME TO mt_1;"
    "CREATE TABLE mt(send INTEGER PRIMARY KEY, aggregator TEXT NOT NULL, message_id TEXT, contact INTEGER "
    "NOT "
    "NULL,"
    " referral INTEGER NOT NULL, drill INTEGER NOT NULL, status INTEGER NOT NULL, class INTEGER NOT NULL,"
    " sends INTEGER NOT NULL, next INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX mt_message ON mt(aggregator, message_id) WHERE message_id IS NOT NULL;"
    "INSERT OR IGNORE INTO mt SELECT send, aggregator, message_id, contact, 0, 0, status, 0, 1, 0, at FROM "
    "mt_1;"
    "INSERT OR IGNORE INTO mt SELECT id, target, NULL, contact, referral, drill, 0, 0, 1, 0, created FROM "
    "send"
    " WHERE kind = 1;"
    "DROP TABLE mt_1;"
    "CREATE TABLE receipt(aggregator TEXT NOT NULL, message_id TEXT NOT NULL, status INTEGER NOT NULL,"
    " class INTEGER NOT NULL, at INTEGER NOT NULL, ts INTEGER NOT NULL,"
    " PRIMARY KEY(aggregator, message_id, status)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX receipt_at ON receipt(at);"
    "CREATE TABLE part_group(id INTEGER PRIMARY KEY AUTOINCREMENT, contact INTEGER NOT NULL, key BLOB NOT "
    "NULL,"
    " aggregator TEXT NOT NULL, drill INTEGER NOT NULL, by_mt INTEGER NOT NULL, count INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, due INTEGER NOT NULL, ts INTEGER NOT NULL, have BLOB NOT NULL,"
    " UNIQUE(contact, key)) STRICT;"
    "CREATE INDEX part_group_due ON part_group(due) WHERE due > 0;"
    "CREATE TABLE part(grp INTEGER NOT NULL, no INTEGER NOT NULL, sealed BLOB NOT NULL,"
    " PRIMARY KEY(grp, no)) STRICT, WITHOUT ROWID;";

/* The story of a referral is read without walking through all rows. */
static const char schema_3[] = "CREATE INDEX journal_referral ON journal(referral) WHERE kind IN (20, 21);";

#define SEND_COLUMNS                                                                                         \
    "id, kind, contact, referral, created, due, attempts, target, drill, sealed, handed, anyway"
#define MT_COLUMNS "send, aggregator, contact, referral, drill, status, class, sends, next, at"
#define GROUP_COLUMNS "id, contact, aggregator, drill, by_mt, count, opened, due, ts, have"

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
    [S_ERASE_PARTS] = "DELETE FROM part WHERE grp IN (SELECT id FROM part_group WHERE contact = ?1)",
    [S_ERASE_GROUPS] = "DELETE FROM part_group WHERE contact = ?1",
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
    [S_REFERRAL_ROWS] = "SELECT * FROM journal WHERE referral = ?1 AND kind IN (20, 21) ORDER BY seq",
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
    [S_REFERRAL_LOAD] = "SELECT data FROM referral WHERE open = 1 AND drill <= ?1 AND collaborator <> ''",
    [S_REFERRAL_LIST] = "SELECT data FROM referral WHERE id < ?1 ORDER BY id DESC",
    [S_REFERRAL_MEANT] = "SELECT data, id FROM referral WHERE id > ?1 ORDER BY id LIMIT ?2",
    [S_NEXT_DUE] = "SELECT (SELECT min(next_at) FROM referral WHERE next_at > 0),"
                   " (SELECT min(due) FROM send WHERE handed = 0 AND due > ?1),"
                   " (SELECT min(due) FROM send WHERE handed = 1),"
                   " (SELECT min(due) FROM part_group WHERE due > 0)",
    [S_SEND_INSERT] =
        "INSERT INTO send(kind, contact, referral, created, due, attempts, target, drill, sealed, handed, "
        "anyway) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,0,?10)",
    [S_SEND_GET] = "SELECT " SEND_COLUMNS " FROM send WHERE id = ?1",
    [S_SEND_RETRY] = "UPDATE send SET attempts = ?2, due = ?3 WHERE id = ?1",
    [S_SEND_DONE] = "DELETE FROM send WHERE id = ?1 RETURNING kind = 1 AND contact = 0",
    [S_SEND_DUE] =
        "SELECT " SEND_COLUMNS " FROM send INDEXED BY send_open WHERE handed = 0 AND due <= ?1 AND id > ?2 "
        "ORDER BY id LIMIT ?3",
    [S_SEND_HANDED] = "UPDATE send SET handed = 1, due = ?2 WHERE id = ?1",
    [S_SEND_WAITED] = "SELECT id FROM send WHERE handed = 1 AND due <= ?1 ORDER BY due LIMIT ?2",
    [S_MT_PUT] = "INSERT INTO mt(" MT_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) "
                 "ON CONFLICT(send) DO UPDATE SET status = excluded.status, class = excluded.class, "
                 "next = excluded.next, at = excluded.at",
    [S_MT_GET] = "SELECT " MT_COLUMNS " FROM mt WHERE send = ?1",
    [S_MT_FIND] = "SELECT " MT_COLUMNS " FROM mt WHERE aggregator = ?1 AND message_id = ?2",
    [S_MT_NAME] = "UPDATE OR IGNORE mt SET message_id = ?2 WHERE send = ?1 AND message_id IS NULL",
    [S_MT_PURGE] = "DELETE FROM mt WHERE send IN (SELECT send FROM mt ORDER BY send LIMIT ?2) AND at < ?1",
    [S_RECEIPT_KEEP] = "INSERT OR IGNORE INTO receipt VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [S_RECEIPT_OF] = "SELECT aggregator, status, class, at, ts FROM receipt WHERE aggregator = ?1 AND "
                     "message_id = ?2 ORDER BY at LIMIT ?3",
    [S_RECEIPT_TAKE] = "DELETE FROM receipt WHERE aggregator = ?1 AND message_id = ?2",
    [S_RECEIPT_OLD] = "SELECT aggregator, status, class, at, ts, message_id FROM receipt WHERE at < ?1 "
                      "ORDER BY at LIMIT 1",
    [S_RECEIPT_DROP] = "DELETE FROM receipt WHERE aggregator = ?1 AND message_id = ?2 AND status = ?3",
    [S_GROUP_FIND] = "SELECT " GROUP_COLUMNS " FROM part_group WHERE contact = ?1 AND key = ?2",
    [S_GROUP_GET] = "SELECT " GROUP_COLUMNS " FROM part_group WHERE id = ?1",
    [S_GROUP_INSERT] =
        "INSERT OR REPLACE INTO part_group(contact, key, aggregator, drill, by_mt, count, opened, "
        "due, ts, have) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
    [S_GROUP_UPDATE] = "UPDATE part_group SET due = ?2, have = ?3 WHERE id = ?1",
    [S_GROUP_OPEN] = "SELECT " GROUP_COLUMNS " FROM part_group WHERE contact = ?1 AND due > 0 ORDER BY id "
                     "LIMIT ?2",
    [S_GROUP_DUE] = "SELECT id FROM part_group WHERE due > 0 AND due <= ?1 ORDER BY due LIMIT ?2",
    [S_GROUP_PURGE] =
        "DELETE FROM part_group WHERE id IN (SELECT id FROM part_group ORDER BY id LIMIT ?2) AND "
        "due = 0 AND opened < ?1",
    [S_PART_PUT] = "INSERT OR REPLACE INTO part VALUES(?1, ?2, ?3)",
    [S_PART_GET] = "SELECT no, sealed FROM part WHERE grp = ?1 ORDER BY no",
    [S_PART_DROP] = "DELETE FROM part WHERE grp = ?1",
};

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
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .contact_find = sqlite_contact_find,
    .contact_get = sqlite_contact_get,
    .contact_put = sqlite_contact_put,
    .contact_erase = sqlite_contact_erase,
    .seen_get = sqlite_seen_get,
    .seen_put = sqlite_seen_put,
    .seen_purge = sqlite_seen_purge,
    .append = sqlite_append,
    .referral_put = sqlite_referral_put,
    .referral_get = sqlite_referral_get,
    .referral_due = sqlite_referral_due,
    .next_due = sqlite_next_due,
    .referral_of = sqlite_referral_of,
    .load = sqlite_load,
    .referral_list = sqlite_referral_list,
    .referral_rows = sqlite_referral_rows,
    .meant = sqlite_meant,
    .send_put = sqlite_send_put,
    .send_get = sqlite_send_get,
    .send_retry = sqlite_send_retry,
    .send_done = sqlite_send_done,
    .send_due = sqlite_send_due,
    .send_handed = sqlite_send_handed,
    .send_waited = sqlite_send_waited,
    .mt_put = sqlite_mt_put,
    .mt_get = sqlite_mt_get,
    .mt_find = sqlite_mt_find,
    .mt_name = sqlite_mt_name,
    .mt_purge = sqlite_mt_purge,
    .receipt_keep = sqlite_receipt_keep,
    .receipt_take = sqlite_receipt_take,
    .receipt_old = sqlite_receipt_old,
    .group_find = sqlite_group_find,
    .group_get = sqlite_group_get,
    .group_put = sqlite_group_put,
    .group_open = sqlite_group_open,
    .group_due = sqlite_group_due,
    .group_purge = sqlite_group_purge,
    .part_put = sqlite_part_put,
    .part_get = sqlite_part_get,
    .part_drop = sqlite_part_drop,
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

/* One step a version, all of them in one transaction: a stopped migration has not happened. */
static enum err migrate(struct sqlite *s, enum journal_mode mode, struct failure *why)
{
    static const char *const steps[SCHEMA] = {schema_1, schema_2, schema_3};
    char done[64];
    int64_t version = number(s, "PRAGMA user_version");
    if (version > SCHEMA)
        return fail(why, ERR_INPUT, "the store has schema %lld, this program knows %d; use the newer program",
                    (long long)version, SCHEMA);
    if (version == SCHEMA)
        return check_key(s, false, why);
    if (mode != JOURNAL_WRITE)
        return fail(why, ERR_MISSING,
                    version > 0 ? "the store is of an older version; start the daemon once"
                                : "the store is empty; start the daemon once");
    bool fresh = version <= 0;
    enum err rc = execute(s, "BEGIN IMMEDIATE", why);
    if (rc == OK && !fresh)
        rc = check_key(s, false, why);
    for (int64_t v = fresh ? 0 : version; rc == OK && v < SCHEMA; v++)
        rc = execute(s, steps[v], why);
    if (rc == OK && fresh)
        rc = check_key(s, true, why);
    snprintf(done, sizeof done, "PRAGMA user_version = %d; COMMIT", SCHEMA);
    return rc == OK ? execute(s, done, why) : rc;
}

/* The lock of flock(2) keeps others out, this one tells them who has it. Where the file system knows only one
 * kind of lock, nothing is told. */
static void tell_holder(int fd)
{
    struct flock mine = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    (void)fcntl(fd, F_SETLK, &mine);
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
    tell_holder(s->lock_fd);
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
        rc = sqlite_read_head(s, why);
    if (rc != OK) {
        op_close(s);
        return rc;
    }
    *out = (struct store){s, &ops};
    return OK;
}
