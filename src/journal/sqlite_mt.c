/* What becomes of sent SMS, and receipts that came before we knew of what. */
#include "journal/internal.h"

#include <string.h>

enum err sqlite_mt_put(void *self, const struct store_mt *mt, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_MT_PUT);
    const int64_t numbers[] = {(int64_t)mt->contact,
                               (int64_t)mt->referral,
                               mt->drill,
                               mt->status,
                               mt->mt_class,
                               mt->sends,
                               (int64_t)mt->next,
                               mt->at};
    sqlite3_bind_int64(st, 1, (int64_t)mt->send);
    bind_text(st, 2, mt->aggregator);
    for (int i = 0; i < 8; i++)
        sqlite3_bind_int64(st, 3 + i, numbers[i]);
    return step_done(s, st, why);
}

static enum err read_mt(struct sqlite *s, sqlite3_stmt *st, struct store_mt *out, struct failure *why)
{
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc;
    *out = (struct store_mt){.send = (uint64_t)sqlite3_column_int64(st, 0),
                             .contact = (uint64_t)sqlite3_column_int64(st, 2),
                             .referral = (uint64_t)sqlite3_column_int64(st, 3),
                             .drill = sqlite3_column_int(st, 4),
                             .status = (uint8_t)sqlite3_column_int(st, 5),
                             .mt_class = (uint8_t)sqlite3_column_int(st, 6),
                             .sends = (unsigned)sqlite3_column_int(st, 7),
                             .next = (uint64_t)sqlite3_column_int64(st, 8),
                             .at = sqlite3_column_int64(st, 9)};
    copy_text(st, 1, out->aggregator, sizeof out->aggregator);
    sqlite3_reset(st);
    return OK;
}

enum err sqlite_mt_get(void *self, uint64_t send, struct store_mt *out, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_MT_GET);
    sqlite3_bind_int64(st, 1, (int64_t)send);
    return read_mt(s, st, out, why);
}

enum err sqlite_mt_find(void *self, const char *aggregator, struct str message_id, struct store_mt *out,
                        struct failure *why)
{
    struct sqlite *s = self;
    struct store_mt mt;
    uint64_t own;
    int64_t made;
    sqlite3_stmt *st = ready(s, S_MT_FIND);
    bind_text(st, 1, aggregator);
    bind_str(st, 2, message_id);
    enum err rc = read_mt(s, st, &mt, why);
    if (rc == ERR_MISSING && id_key_parse(message_id, &own, &made) && own <= INT64_MAX) {
        rc = sqlite_mt_get(s, own, &mt, why);
        if (rc == OK && strcmp(mt.aggregator, aggregator) != 0)
            rc = ERR_MISSING;
    }
    if (rc == OK)
        *out = mt;
    return rc;
}

enum err sqlite_mt_name(void *self, uint64_t send, struct str message_id, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_MT_NAME);
    sqlite3_bind_int64(st, 1, (int64_t)send);
    bind_str(st, 2, message_id);
    return step_done(s, st, why);
}

static enum err purge(struct sqlite *s, enum stmt which, msec before, unsigned most, struct failure *why)
{
    sqlite3_stmt *st = ready(s, which);
    sqlite3_bind_int64(st, 1, before);
    sqlite3_bind_int64(st, 2, most);
    return step_done(s, st, why);
}

enum err sqlite_mt_purge(void *self, msec before, unsigned most, struct failure *why)
{
    return purge(self, S_MT_PURGE, before, most, why);
}

/* ---- receipts that nobody knows yet ---- */

enum err sqlite_receipt_keep(void *self, const struct store_receipt *r, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_RECEIPT_KEEP);
    bind_text(st, 1, r->aggregator);
    bind_str(st, 2, r->message_id);
    sqlite3_bind_int(st, 3, r->status);
    sqlite3_bind_int(st, 4, r->mt_class);
    sqlite3_bind_int64(st, 5, r->at);
    sqlite3_bind_int64(st, 6, r->timestamp);
    return step_done(s, st, why);
}

static void read_receipt(sqlite3_stmt *st, struct store_receipt *r)
{
    *r = (struct store_receipt){.status = (uint8_t)sqlite3_column_int(st, 1),
                                .mt_class = (uint8_t)sqlite3_column_int(st, 2),
                                .at = sqlite3_column_int64(st, 3),
                                .timestamp = sqlite3_column_int64(st, 4)};
    copy_text(st, 0, r->aggregator, sizeof r->aggregator);
}

enum err sqlite_receipt_take(void *self, const char *aggregator, struct str message_id,
                             struct store_receipt *out, size_t max, size_t *n, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_RECEIPT_OF);
    enum err rc = ERR_MISSING;
    *n = 0;
    bind_text(st, 1, aggregator);
    bind_str(st, 2, message_id);
    sqlite3_bind_int64(st, 3, (int64_t)max);
    while (*n < max && (rc = step_row(s, st, why)) == OK)
        read_receipt(st, &out[(*n)++]);
    sqlite3_reset(st);
    if (rc != OK && rc != ERR_MISSING)
        return rc;
    if (!*n)
        return OK;
    st = ready(s, S_RECEIPT_TAKE);
    bind_text(st, 1, aggregator);
    bind_str(st, 2, message_id);
    return step_done(s, st, why);
}

static enum err take_oldest(struct sqlite *s, msec before, struct store_receipt *out, struct failure *why)
{
    sqlite3_stmt *old = ready(s, S_RECEIPT_OLD), *drop = ready(s, S_RECEIPT_DROP);
    sqlite3_bind_int64(old, 1, before);
    enum err rc = step_row(s, old, why);
    if (rc != OK)
        return rc;
    read_receipt(old, out);
    bind_text(drop, 1, out->aggregator);
    sqlite3_bind_text(drop, 2, (const char *)sqlite3_column_text(old, 5), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(drop, 3, out->status);
    sqlite3_reset(old);
    return step_done(s, drop, why);
}

enum err sqlite_receipt_old(void *self, msec before, struct store_receipt *out, size_t max, size_t *n,
                            struct failure *why)
{
    enum err rc = OK;
    for (*n = 0; *n < max; ++*n) {
        rc = take_oldest(self, before, &out[*n], why);
        if (rc != OK)
            break;
    }
    return rc == ERR_MISSING ? OK : rc;
}
