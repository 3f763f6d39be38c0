/* One file, write-ahead log, every commit synced: transactions, contacts, repeats. */
#include "journal/internal.h"

#include <string.h>

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

void bind_str(sqlite3_stmt *st, int i, struct str text)
{
    sqlite3_bind_text(st, i, text.n ? text.s : "", (int)text.n, SQLITE_STATIC);
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

enum err list_ids(struct sqlite *s, enum stmt which, msec now, uint64_t *ids, size_t max, size_t *n,
                  struct failure *why)
{
    sqlite3_stmt *st = ready(s, which);
    enum err rc = ERR_MISSING;
    *n = 0;
    sqlite3_bind_int64(st, 1, now);
    sqlite3_bind_int64(st, 2, (int64_t)max);
    while (*n < max && (rc = step_row(s, st, why)) == OK)
        ids[(*n)++] = (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return *n == max || rc == ERR_MISSING ? OK : rc;
}

/* ---- transactions ---- */

enum err sqlite_read_head(struct sqlite *s, struct failure *why)
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
    return sqlite_read_head(s, why);
}

void sqlite_rollback(void *self)
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

enum err sqlite_begin(void *self, struct failure *why)
{
    struct sqlite *s = self;
    enum err rc = step_done(s, ready(s, S_BEGIN), why);
    if (rc != OK)
        return rc;
    rc = notice_others(s, why);
    s->seq_before = s->seq;
    memcpy(s->head_before, s->head, CHAIN);
    if (rc != OK)
        sqlite_rollback(s);
    return rc;
}

enum err sqlite_commit(void *self, struct failure *why)
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

enum err sqlite_contact_find(void *self, const char *msisdn, struct contact *out, struct failure *why)
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

enum err sqlite_contact_get(void *self, uint64_t id, struct contact *out, struct failure *why)
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

enum err sqlite_contact_put(void *self, struct contact *c, struct failure *why)
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

enum err sqlite_contact_erase(void *self, uint64_t id, struct failure *why)
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
    const enum stmt of_the_contact[] = {S_ERASE_SENDS, S_ERASE_SEEN, S_ERASE_PARTS, S_ERASE_GROUPS};
    for (size_t i = 0; rc == OK && i < sizeof of_the_contact / sizeof of_the_contact[0]; i++) {
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

enum err sqlite_seen_get(void *self, uint64_t contact, struct str key, char *reply, size_t *len, bool *end,
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

enum err sqlite_seen_put(void *self, uint64_t contact, struct str key, msec at, uint64_t row,
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

enum err sqlite_seen_purge(void *self, msec before, unsigned most, struct failure *why)
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
