/* Parts of longer SMS that wait for each other. */
#include "journal/internal.h"

#include <string.h>

static enum err read_group(struct sqlite *s, sqlite3_stmt *st, struct store_group *out, struct failure *why)
{
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc;
    *out = (struct store_group){.id = (uint64_t)sqlite3_column_int64(st, 0),
                                .contact = (uint64_t)sqlite3_column_int64(st, 1),
                                .drill = sqlite3_column_int(st, 3),
                                .by_mt = sqlite3_column_int(st, 4),
                                .count = (unsigned)sqlite3_column_int(st, 5),
                                .opened = sqlite3_column_int64(st, 6),
                                .due = sqlite3_column_int64(st, 7),
                                .timestamp = sqlite3_column_int64(st, 8)};
    copy_text(st, 2, out->aggregator, sizeof out->aggregator);
    struct str have = column_blob(st, 9);
    if (have.n == sizeof out->have)
        memcpy(out->have, have.s, sizeof out->have);
    return OK;
}

static enum err read_one_group(struct sqlite *s, sqlite3_stmt *st, struct store_group *out,
                               struct failure *why)
{
    enum err rc = read_group(s, st, out, why);
    if (rc == OK)
        sqlite3_reset(st);
    return rc;
}

enum err sqlite_group_find(void *self, uint64_t contact, struct str key, struct store_group *out,
                           struct failure *why)
{
    struct sqlite *s = self;
    uint8_t hash[HASH];
    sqlite3_stmt *st = ready(s, S_GROUP_FIND);
    keyed_hash(&s->keys, key, hash);
    sqlite3_bind_int64(st, 1, (int64_t)contact);
    bind_blob(st, 2, hash, HASH);
    return read_one_group(s, st, out, why);
}

enum err sqlite_group_get(void *self, uint64_t id, struct store_group *out, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_GROUP_GET);
    sqlite3_bind_int64(st, 1, (int64_t)id);
    return read_one_group(s, st, out, why);
}

enum err sqlite_group_put(void *self, struct store_group *g, struct str key, struct failure *why)
{
    struct sqlite *s = self;
    uint8_t hash[HASH];
    sqlite3_stmt *st = ready(s, g->id ? S_GROUP_UPDATE : S_GROUP_INSERT);
    if (g->id) {
        sqlite3_bind_int64(st, 1, (int64_t)g->id);
        sqlite3_bind_int64(st, 2, g->due);
        bind_blob(st, 3, g->have, sizeof g->have);
        return step_done(s, st, why);
    }
    keyed_hash(&s->keys, key, hash);
    const int64_t numbers[] = {g->drill, g->by_mt, g->count, g->opened, g->due, g->timestamp};
    sqlite3_bind_int64(st, 1, (int64_t)g->contact);
    bind_blob(st, 2, hash, HASH);
    bind_text(st, 3, g->aggregator);
    for (int i = 0; i < 6; i++)
        sqlite3_bind_int64(st, 4 + i, numbers[i]);
    bind_blob(st, 10, g->have, sizeof g->have);
    enum err rc = step_done(s, st, why);
    g->id = (uint64_t)sqlite3_last_insert_rowid(s->db);
    return rc;
}

enum err sqlite_group_open(void *self, uint64_t contact, struct store_group *out, size_t max, size_t *n,
                           struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_GROUP_OPEN);
    enum err rc = ERR_MISSING;
    *n = 0;
    sqlite3_bind_int64(st, 1, (int64_t)contact);
    sqlite3_bind_int64(st, 2, (int64_t)max);
    while (*n < max && (rc = read_group(s, st, &out[*n], why)) == OK)
        ++*n;
    sqlite3_reset(st);
    return *n == max || rc == ERR_MISSING ? OK : rc;
}

enum err sqlite_group_due(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why)
{
    return list_ids(self, S_GROUP_DUE, now, ids, max, n, why);
}

enum err sqlite_group_purge(void *self, msec before, unsigned most, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_GROUP_PURGE);
    sqlite3_bind_int64(st, 1, before);
    sqlite3_bind_int64(st, 2, most);
    return step_done(s, st, why);
}

/* A part is bound to its group and its place there. */
static uint64_t place(const struct store_group *g, unsigned no)
{
    return g->id << 8 | no;
}

enum err sqlite_part_put(void *self, const struct store_group *g, unsigned no, struct str recipient,
                         struct str text, struct failure *why)
{
    struct sqlite *s = self;
    char plain[2048];
    uint8_t key[32], sealed[sizeof plain + SEAL_EXTRA];
    struct out o;
    enum err rc = contact_key(s, g->contact, key, why);
    if (rc != OK)
        return rc;
    out_init(&o, plain, sizeof plain);
    out_str(&o, recipient);
    out_char(&o, '\t');
    out_str(&o, text);
    if (o.overflow)
        return fail(why, ERR_BUG, "a part does not fit its row");
    sqlite3_stmt *st = ready(s, S_PART_PUT);
    sqlite3_bind_int64(st, 1, (int64_t)g->id);
    sqlite3_bind_int64(st, 2, no);
    bind_blob(st, 3, sealed, seal(&s->keys, key, SEAL_PART, place(g, no), out_span(&o), sealed));
    return step_done(s, st, why);
}

enum err sqlite_part_get(void *self, const struct store_group *g, struct str *recipient, struct str *texts,
                         struct arena *a, struct failure *why)
{
    struct sqlite *s = self;
    uint8_t key[32];
    sqlite3_stmt *st = ready(s, S_PART_GET);
    enum err rc = contact_key(s, g->contact, key, why);
    if (rc != OK)
        return rc;
    memset(texts, 0, GROUP_PARTS * sizeof *texts);
    *recipient = (struct str){NULL, 0};
    sqlite3_bind_int64(st, 1, (int64_t)g->id);
    while ((rc = step_row(s, st, why)) == OK) {
        unsigned no = (unsigned)sqlite3_column_int(st, 0);
        struct str sealed = column_blob(st, 1);
        uint8_t *plain = arena_alloc(a, sealed.n + 1);
        size_t n = 0;
        if (no < 1 || no > GROUP_PARTS || !unseal(key, SEAL_PART, place(g, no), sealed, plain, &n)) {
            sqlite3_reset(st);
            return fail(why, ERR_CORRUPT, "part %u of group %llu does not open", no,
                        (unsigned long long)g->id);
        }
        struct str rest = {(char *)plain, n}, to = str_split(&rest, '\t');
        if (!recipient->n)
            *recipient = to;
        texts[no - 1] = rest;
    }
    return rc == ERR_MISSING ? OK : rc;
}

enum err sqlite_part_drop(void *self, const struct store_group *g, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_PART_DROP);
    sqlite3_bind_int64(st, 1, (int64_t)g->id);
    return step_done(s, st, why);
}
