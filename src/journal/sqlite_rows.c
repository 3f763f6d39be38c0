/* The journal proper: append, read, verify. */
#include "journal/internal.h"

#include <string.h>

enum column {
    C_SEQ,
    C_AT,
    C_KIND,
    C_CONTACT,
    C_REFERRAL,
    C_DRILL,
    C_CHANNEL,
    C_EVENT,
    C_NEED,
    C_URGENT,
    C_CHILDREN,
    C_EFFECTS,
    C_TS,
    C_WAITED,
    C_AGGREGATOR,
    C_LANG,
    C_PLACE,
    C_STATE,
    C_COLLABORATOR,
    C_HOST,
    C_NOTE,
    C_SEALED,
    C_DIGEST,
    C_CHAIN
};

static void bind_plain(sqlite3_stmt *st, const struct row *r)
{
    int64_t numbers[ROW_NUMBERS];
    const char *const texts[] = {r->aggregator,   r->lang, r->place, r->state,
                                 r->collaborator, r->host, r->note};
    row_numbers(r, numbers);
    for (int i = 0; i < ROW_NUMBERS; i++)
        sqlite3_bind_int64(st, i + 1, numbers[i]);
    for (int i = 0; i < 7; i++)
        bind_text(st, C_AGGREGATOR + 1 + i, texts[i]);
}

enum err sqlite_append(void *self, struct row *row, struct failure *why)
{
    struct sqlite *s = self;
    uint8_t plain[SEALED_MAX], sealed[SEALED_MAX + SEAL_EXTRA], key[32], digest[HASH];
    size_t n = 0;
    row->seq = s->seq + 1;
    if (row->text.n || row->reply.n) {
        enum err rc = row->contact ? contact_key(s, row->contact, key, why) : ERR_MISSING;
        n = content_pack(row, plain, sizeof plain);
        if (rc != OK && rc != ERR_MISSING)
            return rc;
        if (rc == OK && n)
            n = seal(&s->keys, key, SEAL_ROW, row->seq, (struct str){(char *)plain, n}, sealed);
        else
            n = 0; /* nobody's key: nothing is kept of it */
    }
    chain_digest((struct str){(char *)sealed, n}, digest);
    chain_next(s->head, row, digest, s->head);
    s->seq = row->seq;
    sqlite3_stmt *st = ready(s, S_APPEND);
    bind_plain(st, row);
    if (n)
        bind_blob(st, C_SEALED + 1, sealed, n);
    else
        sqlite3_bind_null(st, C_SEALED + 1);
    bind_blob(st, C_DIGEST + 1, digest, HASH);
    bind_blob(st, C_CHAIN + 1, s->head, CHAIN);
    return step_done(s, st, why);
}

static void read_plain(sqlite3_stmt *st, struct row *r)
{
    *r = (struct row){
        .seq = (uint64_t)sqlite3_column_int64(st, C_SEQ),
        .at = sqlite3_column_int64(st, C_AT),
        .kind = (enum row_kind)sqlite3_column_int(st, C_KIND),
        .contact = (uint64_t)sqlite3_column_int64(st, C_CONTACT),
        .referral = (uint64_t)sqlite3_column_int64(st, C_REFERRAL),
        .drill = sqlite3_column_int(st, C_DRILL),
        .channel = (uint8_t)sqlite3_column_int(st, C_CHANNEL),
        .event = (uint8_t)sqlite3_column_int(st, C_EVENT),
        .need = (uint8_t)sqlite3_column_int(st, C_NEED),
        .urgent = sqlite3_column_int(st, C_URGENT),
        .children = (uint8_t)sqlite3_column_int(st, C_CHILDREN),
        .effects = (uint32_t)sqlite3_column_int64(st, C_EFFECTS),
        .timestamp = sqlite3_column_int64(st, C_TS),
        .waited = (uint32_t)sqlite3_column_int64(st, C_WAITED),
    };
    copy_text(st, C_AGGREGATOR, r->aggregator, sizeof r->aggregator);
    copy_text(st, C_LANG, r->lang, sizeof r->lang);
    copy_text(st, C_PLACE, r->place, sizeof r->place);
    copy_text(st, C_STATE, r->state, sizeof r->state);
    copy_text(st, C_COLLABORATOR, r->collaborator, sizeof r->collaborator);
    copy_text(st, C_HOST, r->host, sizeof r->host);
    copy_text(st, C_NOTE, r->note, sizeof r->note);
}

static void open_row(struct sqlite *s, struct str sealed, struct row *r, uint8_t *plain)
{
    uint8_t key[32];
    size_t n = 0;
    struct failure ignored;
    if (sealed.n && sealed.n <= SEALED_MAX + SEAL_EXTRA && r->contact &&
        contact_key(s, r->contact, key, &ignored) == OK && unseal(key, SEAL_ROW, r->seq, sealed, plain, &n))
        content_unpack((struct str){(char *)plain, n}, r);
}

enum err sqlite_row_content(struct sqlite *s, struct row *r, uint8_t *plain, struct failure *why)
{
    sqlite3_stmt *st = ready(s, S_ROW_CONTENT);
    sqlite3_bind_int64(st, 1, (int64_t)r->seq);
    enum err rc = step_row(s, st, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    r->contact = (uint64_t)sqlite3_column_int64(st, 0);
    open_row(s, column_blob(st, 1), r, plain);
    sqlite3_reset(st);
    return OK;
}

static enum err each_row(struct sqlite *s, sqlite3_stmt *st, bool open_content, row_fn each, void *ctx,
                         struct failure *why)
{
    uint8_t plain[SEALED_MAX + SEAL_EXTRA];
    enum err rc;
    while ((rc = step_row(s, st, why)) == OK) {
        struct row r;
        read_plain(st, &r);
        if (open_content)
            open_row(s, column_blob(st, C_SEALED), &r, plain);
        if (!each(ctx, &r))
            break;
    }
    sqlite3_reset(st);
    return rc == ERR_MISSING ? OK : rc;
}

enum err sqlite_scan(void *self, uint64_t after, bool open_content, row_fn each, void *ctx,
                     struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_SCAN);
    sqlite3_bind_int64(st, 1, (int64_t)after);
    return each_row(s, st, open_content, each, ctx, why);
}

enum err sqlite_referral_rows(void *self, uint64_t referral, bool open_content, row_fn each, void *ctx,
                              struct failure *why)
{
    struct sqlite *s = self;
    sqlite3_stmt *st = ready(s, S_REFERRAL_ROWS);
    sqlite3_bind_int64(st, 1, (int64_t)referral);
    return each_row(s, st, open_content, each, ctx, why);
}

static bool row_holds(sqlite3_stmt *st, const struct row *r, uint64_t want, uint8_t head[CHAIN])
{
    uint8_t digest[HASH];
    struct str kept = column_blob(st, C_DIGEST), chain = column_blob(st, C_CHAIN),
               sealed = column_blob(st, C_SEALED);
    chain_digest(sealed, digest);
    if (r->seq != want || kept.n != HASH || chain.n != CHAIN)
        return false;
    if (sealed.n && memcmp(kept.s, digest, HASH) != 0)
        return false;
    chain_next(head, r, (const uint8_t *)kept.s, head);
    return memcmp(head, chain.s, CHAIN) == 0;
}

enum err sqlite_verify(void *self, uint64_t *rows, struct failure *why)
{
    struct sqlite *s = self;
    uint8_t head[CHAIN] = {0};
    sqlite3_stmt *st = ready(s, S_SCAN);
    enum err rc;
    *rows = 0;
    sqlite3_bind_int64(st, 1, 0);
    while ((rc = step_row(s, st, why)) == OK) {
        struct row r;
        read_plain(st, &r);
        if (!row_holds(st, &r, *rows + 1, head)) {
            sqlite3_reset(st);
            return fail(why, ERR_CORRUPT,
                        "the chain breaks at row %llu: it or one before it was changed or removed",
                        (unsigned long long)(*rows + 1));
        }
        ++*rows;
    }
    return rc == ERR_MISSING ? OK : rc;
}
