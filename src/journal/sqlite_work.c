/* Work under way: referrals, the outbox, receipts. */
#include "journal/internal.h"

#include <string.h>

/* ---- referrals ---- */

enum err sqlite_referral_put(void *self, struct referral *r, struct failure *why)
{
    struct sqlite *s = self;
    char data[4096];
    int at = referral_current(r);
    bool open = r->state != REFERRAL_CLOSED && r->state != REFERRAL_UNMET;
    if (!referral_pack(r, data, sizeof data))
        return fail(why, ERR_BUG, "a referral does not fit its row");
    sqlite3_stmt *st = ready(s, S_REFERRAL_PUT);
    sqlite3_bind_int64(st, 1, (int64_t)r->id);
    sqlite3_bind_int64(st, 2, (int64_t)r->contact);
    sqlite3_bind_int(st, 3, open);
    sqlite3_bind_int64(st, 4, r->next_at);
    sqlite3_bind_int64(st, 5, r->opened_at);
    bind_text(st, 6, open && at >= 0 ? r->offers[at].collaborator : "");
    bind_text(st, 7, open && at >= 0 ? r->offers[at].host : "");
    bind_text(st, 8, data);
    sqlite3_bind_int(st, 9, r->drill);
    return step_done(s, st, why);
}

static enum err unpack(sqlite3_stmt *st, struct referral *out, struct failure *why)
{
    return referral_unpack(str_of((const char *)sqlite3_column_text(st, 0)), out)
               ? OK
               : fail(why, ERR_CORRUPT, "a stored referral cannot be read");
}

static enum err read_referral(struct sqlite *s, sqlite3_stmt *st, struct referral *out, struct failure *why)
{
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc;
    rc = unpack(st, out, why);
    sqlite3_reset(st);
    return rc;
}

enum err sqlite_referral_get(void *self, uint64_t id, struct referral *out, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_REFERRAL_GET);
    sqlite3_bind_int64(st, 1, (int64_t)id);
    return read_referral(s, st, out, why);
}

enum err sqlite_referral_of(void *self, uint64_t contact, bool drill, struct referral *out,
                            struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_REFERRAL_OF);
    sqlite3_bind_int64(st, 1, (int64_t)contact);
    sqlite3_bind_int(st, 2, drill);
    return read_referral(s, st, out, why);
}

enum err sqlite_referral_due(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why)
{
    return list_ids(self, S_REFERRAL_DUE, now, ids, max, n, why);
}

enum err sqlite_next_due(void *self, msec now, struct store_due *out, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_NEXT_DUE);
    sqlite3_bind_int64(st, 1, now);
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc;
    *out = (struct store_due){.referrals = sqlite3_column_int64(st, 0), /* NULL reads as 0 */
                              .sends = sqlite3_column_int64(st, 1),
                              .receipts = sqlite3_column_int64(st, 2),
                              .groups = sqlite3_column_int64(st, 3)};
    sqlite3_reset(st);
    return OK;
}

enum err sqlite_load(void *self, bool drills, void (*each)(void *, const struct referral *), void *ctx,
                     struct failure *why)
{
    struct sqlite *s = self;
    struct referral r;
    sqlite3_stmt *st = ready(s, S_REFERRAL_LOAD);
    enum err rc;
    sqlite3_bind_int(st, 1, drills);
    while ((rc = step_row(s, st, why)) == OK)
        if (unpack(st, &r, why) == OK) /* one that is damaged must not stop the line */
            each(ctx, &r);
    return rc == ERR_MISSING ? OK : rc;
}

enum err sqlite_referral_list(void *self, uint64_t before, referral_fn each, void *ctx, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_REFERRAL_LIST);
    struct referral r;
    enum err rc;
    sqlite3_bind_int64(st, 1, before ? (int64_t)before : INT64_MAX);
    while ((rc = step_row(s, st, why)) == OK) {
        if (!referral_unpack(str_of((const char *)sqlite3_column_text(st, 0)), &r))
            rc = fail(why, ERR_CORRUPT, "a stored referral cannot be read");
        if (rc != OK || !each(ctx, &r))
            break;
    }
    sqlite3_reset(st);
    return rc == ERR_MISSING ? OK : rc;
}

enum err sqlite_meant(void *self, uint64_t *after, unsigned most,
                      void (*each)(void *, uint64_t, const char *), void *ctx, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_REFERRAL_MEANT);
    sqlite3_bind_int64(st, 1, (int64_t)*after);
    sqlite3_bind_int64(st, 2, most);
    enum err rc;
    unsigned n = 0;
    for (; (rc = step_row(s, st, why)) == OK; n++) {
        struct referral r;
        if (referral_unpack(str_of((const char *)sqlite3_column_text(st, 0)), &r) && !r.drill)
            each(ctx, r.contact, r.place);
        *after = (uint64_t)sqlite3_column_int64(st, 1);
    }
    if (n < most)
        *after = 0;
    return rc == ERR_MISSING ? OK : rc;
}

/* ---- outbox ---- */

/* An MT is its contact's: its key opens it, and goes with the contact. An alert is the store's, and so is the
 * last word to somebody erased. */
static enum err send_key(struct sqlite *s, const struct store_send *x, uint8_t key[32], struct failure *why)
{
    if (x->kind == SEND_MT && x->contact)
        return contact_key(s, x->contact, key, why);
    memcpy(key, s->keys.store, 32);
    return OK;
}

enum err sqlite_send_put(void *self, struct store_send *x, struct failure *why)
{
    struct sqlite *s = self;
    char plain[4096];
    uint8_t key[32], sealed[sizeof plain + SEAL_EXTRA];
    struct out o;
    enum err rc = send_key(s, x, key, why);
    if (rc != OK)
        return rc;
    out_init(&o, plain, sizeof plain);
    out_printf(&o, "%s\t%s\t", x->to, x->from);
    out_str(&o, x->body);
    if (o.overflow)
        return fail(why, ERR_BUG, "a send does not fit its row");
    sqlite3_stmt *st = ready(s, S_SEND_INSERT);
    const int64_t numbers[] = {x->kind, (int64_t)x->contact, (int64_t)x->referral, x->created,
                               x->due,  x->attempts};
    for (int i = 0; i < 6; i++)
        sqlite3_bind_int64(st, i + 1, numbers[i]);
    bind_text(st, 7, x->target);
    sqlite3_bind_int(st, 8, x->drill);
    /* the row's id is not known yet: it is bound to its contact and referral */
    bind_blob(st, 9, sealed, seal(&s->keys, key, SEAL_SEND, x->contact ^ x->referral, out_span(&o), sealed));
    sqlite3_bind_int(st, 10, x->anyway);
    rc = step_done(s, st, why);
    x->id = (uint64_t)sqlite3_last_insert_rowid(s->db);
    return rc;
}

static enum err read_send(struct sqlite *s, sqlite3_stmt *st, struct store_send *x, struct arena *a,
                          struct failure *why)
{
    uint8_t key[32];
    size_t n = 0;
    *x = (struct store_send){
        .id = (uint64_t)sqlite3_column_int64(st, 0),
        .kind = (enum send_kind)sqlite3_column_int(st, 1),
        .contact = (uint64_t)sqlite3_column_int64(st, 2),
        .referral = (uint64_t)sqlite3_column_int64(st, 3),
        .created = sqlite3_column_int64(st, 4),
        .due = sqlite3_column_int64(st, 5),
        .attempts = (unsigned)sqlite3_column_int(st, 6),
        .drill = sqlite3_column_int(st, 8),
        .handed = sqlite3_column_int(st, 10),
        .anyway = sqlite3_column_int(st, 11),
    };
    copy_text(st, 7, x->target, sizeof x->target);
    struct str sealed = column_blob(st, 9);
    uint8_t *plain = arena_alloc(a, sealed.n + 1);
    enum err rc = send_key(s, x, key, why);
    if (rc != OK)
        return rc;
    if (!unseal(key, SEAL_SEND, x->contact ^ x->referral, sealed, plain, &n))
        return fail(why, ERR_CORRUPT, "send %llu does not open", (unsigned long long)x->id);
    struct str rest = {(char *)plain, n};
    bool ok = str_copy(str_split(&rest, '\t'), x->to, sizeof x->to) &&
              str_copy(str_split(&rest, '\t'), x->from, sizeof x->from);
    x->body = rest;
    return ok ? OK : fail(why, ERR_CORRUPT, "send %llu cannot be read", (unsigned long long)x->id);
}

enum err sqlite_send_get(void *self, uint64_t id, struct store_send *out, struct arena *a,
                         struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_SEND_GET);
    sqlite3_bind_int64(st, 1, (int64_t)id);
    enum err rc = step_row(s, st, why);
    if (rc == OK)
        rc = read_send(s, st, out, a, why);
    sqlite3_reset(st);
    return rc;
}

enum err sqlite_send_retry(void *self, uint64_t id, unsigned attempts, msec due, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_SEND_RETRY);
    sqlite3_bind_int64(st, 1, (int64_t)id);
    sqlite3_bind_int64(st, 2, attempts);
    sqlite3_bind_int64(st, 3, due);
    return step_done(s, st, why);
}

enum err sqlite_send_done(void *self, uint64_t id, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_SEND_DONE);
    sqlite3_bind_int64(st, 1, (int64_t)id);
    enum err rc = step_row(s, st, why);
    if (rc == OK)
        s->erased |= sqlite3_column_int(st, 0); /* nothing of the last word may stay in the log, either */
    return rc == OK ? step_done(s, st, why) : rc == ERR_MISSING ? OK : rc;
}

enum err sqlite_send_due(void *self, msec now, uint64_t after, struct store_send *out, size_t max, size_t *n,
                         struct arena *a, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_SEND_DUE);
    enum err rc = OK;
    *n = 0;
    sqlite3_bind_int64(st, 1, now);
    sqlite3_bind_int64(st, 2, (int64_t)after);
    sqlite3_bind_int64(st, 3, (int64_t)max);
    while (*n < max && (rc = step_row(s, st, why)) == OK) {
        rc = read_send(s, st, &out[*n], a, why);
        if (rc != OK)
            break;
        ++*n;
    }
    sqlite3_reset(st);
    return rc == ERR_MISSING ? OK : rc;
}

enum err sqlite_send_handed(void *self, uint64_t id, msec until, struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_SEND_HANDED);
    sqlite3_bind_int64(st, 1, (int64_t)id);
    sqlite3_bind_int64(st, 2, until);
    return step_done(s, st, why);
}

enum err sqlite_send_waited(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why)
{
    return list_ids(self, S_SEND_WAITED, now, ids, max, n, why);
}
