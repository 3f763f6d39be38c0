/* The store in memory, for simulation and tests: the same promises but the disk's. Tables are arrays; what a
 * transaction changes is copied aside first, so that a rollback puts it back. Look-ups walk, newest first. */
#include "journal/memory.h"

#include <stdlib.h>
#include <string.h>

static const size_t sizes[T_COUNT] = {
    [T_CONTACT] = sizeof(struct m_contact), [T_ROW] = sizeof(struct m_row),
    [T_SEEN] = sizeof(struct m_seen),       [T_REFERRAL] = sizeof(struct referral),
    [T_SEND] = sizeof(struct m_send),       [T_MT] = sizeof(struct m_mt),
    [T_RECEIPT] = sizeof(struct m_receipt), [T_GROUP] = sizeof(struct m_group),
    [T_PART] = sizeof(struct m_part)};

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

static void note(struct memory *m, enum table t, size_t index, bool added)
{
    if (m->n_undo == m->cap_undo) {
        m->cap_undo = m->cap_undo ? 2 * m->cap_undo : 64;
        m->undo = must(realloc(m->undo, m->cap_undo * sizeof *m->undo));
    }
    void *old = added ? NULL : memcpy(must(malloc(sizes[t])), m->t[t].at[index], sizes[t]);
    m->undo[m->n_undo++] = (struct undo){t, index, old};
}

void *memory_add(struct memory *m, enum table t)
{
    struct items *x = &m->t[t];
    if (x->n == x->cap) {
        x->cap = x->cap ? 2 * x->cap : 64;
        x->at = must(realloc(x->at, x->cap * sizeof *x->at));
    }
    x->at[x->n] = must(calloc(1, sizes[t]));
    note(m, t, x->n, true);
    return x->at[x->n++];
}

void *memory_change(struct memory *m, enum table t, size_t index)
{
    note(m, t, index, false);
    return m->t[t].at[index];
}

static void forget_undo(struct memory *m)
{
    for (size_t i = 0; i < m->n_undo; i++)
        free(m->undo[i].old);
    m->n_undo = 0;
}

static enum err op_begin(void *self, struct failure *why)
{
    (void)why;
    forget_undo(self);
    return OK;
}

static enum err op_commit(void *self, struct failure *why)
{
    (void)why;
    forget_undo(self);
    return OK;
}

static void op_rollback(void *self)
{
    struct memory *m = self;
    while (m->n_undo) {
        struct undo *u = &m->undo[--m->n_undo];
        struct items *x = &m->t[u->table];
        if (u->old) {
            memcpy(x->at[u->index], u->old, sizes[u->table]);
            free(u->old);
            continue;
        }
        if (u->table == T_ROW)
            free(((struct m_row *)(void *)x->at[u->index])->content);
        free(x->at[--x->n]);
    }
}

static enum err op_contact_find(void *self, const char *msisdn, struct contact *out, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    EACH(m, T_CONTACT, struct m_contact, c)
    if (!c->erased && strcmp(c->c.msisdn, msisdn) == 0) {
        *out = c->c;
        return OK;
    }
    return ERR_MISSING;
}

static struct m_contact *contact_at(struct memory *m, uint64_t id)
{
    struct m_contact *c = id && id <= m->t[T_CONTACT].n ? (void *)m->t[T_CONTACT].at[id - 1] : NULL;
    return c && !c->erased ? c : NULL;
}

static enum err op_contact_get(void *self, uint64_t id, struct contact *out, struct failure *why)
{
    const struct m_contact *c = contact_at(self, id);
    (void)why;
    if (c)
        *out = c->c;
    return c ? OK : ERR_MISSING;
}

static enum err op_contact_put(void *self, struct contact *c, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    if (c->id && !contact_at(m, c->id))
        return ERR_MISSING;
    struct m_contact *to = c->id ? memory_change(m, T_CONTACT, c->id - 1) : memory_add(m, T_CONTACT);
    c->id = c->id ? c->id : m->t[T_CONTACT].n;
    to->c = *c;
    return OK;
}

static enum err op_contact_erase(void *self, uint64_t id, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    if (!contact_at(m, id))
        return ERR_MISSING;
    struct m_contact *c = memory_change(m, T_CONTACT, id - 1);
    memset(&c->c, 0, sizeof c->c);
    c->erased = true;
    for (size_t i = 0; i < m->t[T_SEND].n; i++) {
        const struct m_send *s = (void *)m->t[T_SEND].at[i];
        if (s->s.contact == id && s->s.kind == SEND_MT && !s->done)
            ((struct m_send *)memory_change(m, T_SEND, i))->done = true;
    }
    memory_erase_groups(m, id);
    for (size_t i = 0; i < m->t[T_SEEN].n; i++) {
        if (((struct m_seen *)(void *)m->t[T_SEEN].at[i])->contact != id)
            continue;
        struct m_seen *s = memory_change(m, T_SEEN, i);
        s->contact = 0;
        s->reply[0] = '\0';
        s->len = 0;
    }
    return OK;
}

static enum err op_seen_get(void *self, uint64_t contact, struct str key, char *reply, size_t *len, bool *end,
                            struct failure *why)
{
    struct memory *m = self;
    uint8_t hash[HASH];
    (void)why;
    keyed_hash(&m->keys, key, hash);
    EACH(m, T_SEEN, struct m_seen, s)
    if (!s->purged && (s->contact == contact || s->contact == 0) && memcmp(s->key, hash, HASH) == 0) {
        memcpy(reply, s->reply, s->len + 1);
        *len = s->len;
        *end = s->end;
        return OK;
    }
    return ERR_MISSING;
}

static enum err op_seen_put(void *self, uint64_t contact, struct str key, msec at, uint64_t row,
                            struct str reply, bool end, struct failure *why)
{
    struct memory *m = self;
    (void)row; /* the reply is kept here in any case */
    struct m_seen *s = memory_add(m, T_SEEN);
    if (reply.n >= sizeof s->reply)
        return fail(why, ERR_BUG, "an answer does not fit");
    keyed_hash(&m->keys, key, s->key);
    s->contact = contact;
    s->at = at;
    s->end = end;
    s->len = reply.n;
    if (reply.n)
        memcpy(s->reply, reply.s, reply.n);
    return OK;
}

static enum err op_seen_purge(void *self, msec before, unsigned most, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    for (size_t i = 0; i < m->t[T_SEEN].n && most; i++) {
        const struct m_seen *s = (void *)m->t[T_SEEN].at[i];
        if (s->purged || s->at >= before)
            continue;
        ((struct m_seen *)memory_change(m, T_SEEN, i))->purged = true;
        most--;
    }
    return OK;
}

static enum err op_append(void *self, struct row *row, struct failure *why)
{
    struct memory *m = self;
    uint8_t content[SEALED_MAX];
    static const uint8_t zero[CHAIN];
    (void)why;
    size_t before = m->t[T_ROW].n;
    const uint8_t *head = before ? ((struct m_row *)(void *)m->t[T_ROW].at[before - 1])->chain : zero;
    struct m_row *r = memory_add(m, T_ROW);
    row->seq = before + 1;
    if ((row->text.n || row->reply.n) && contact_at(m, row->contact)) {
        r->n = content_pack(row, content, sizeof content);
        r->content = memcpy(must(malloc(r->n + 1)), content, r->n);
    }
    r->row = *row;
    r->row.text = r->row.reply = (struct str){NULL, 0};
    chain_digest((struct str){(char *)r->content, r->n}, r->digest);
    chain_next(head, row, r->digest, r->chain);
    return OK;
}

static bool tell_row(struct memory *m, size_t i, bool open_content, row_fn each, void *ctx)
{
    const struct m_row *r = (void *)m->t[T_ROW].at[i];
    struct row row = r->row;
    if (open_content && r->n && contact_at(m, row.contact))
        content_unpack((struct str){(char *)r->content, r->n}, &row);
    return each(ctx, &row);
}

static enum err op_referral_rows(void *self, uint64_t referral, bool open_content, row_fn each, void *ctx,
                                 struct failure *why)
{
    struct memory *m = self;
    (void)why;
    for (size_t i = 0; i < m->t[T_ROW].n; i++) {
        const struct row *r = &((const struct m_row *)(void *)m->t[T_ROW].at[i])->row;
        bool of_it = r->referral == referral && (r->kind == ROW_REFERRAL || r->kind == ROW_ROUTED);
        if (of_it && !tell_row(m, i, open_content, each, ctx))
            break;
    }
    return OK;
}

static enum err op_scan(void *self, uint64_t after, bool open_content, row_fn each, void *ctx,
                        struct failure *why)
{
    struct memory *m = self;
    (void)why;
    for (size_t i = (size_t)after; i < m->t[T_ROW].n && tell_row(m, i, open_content, each, ctx);)
        i++;
    return OK;
}

static enum err op_verify(void *self, uint64_t *rows, struct failure *why)
{
    struct memory *m = self;
    uint8_t head[CHAIN] = {0};
    for (*rows = 0; *rows < m->t[T_ROW].n; ++*rows) {
        const struct m_row *r = (void *)m->t[T_ROW].at[*rows];
        chain_next(head, &r->row, r->digest, head);
        if (memcmp(head, r->chain, CHAIN) != 0)
            return fail(why, ERR_CORRUPT, "the chain breaks at row %llu", (unsigned long long)(*rows + 1));
    }
    return OK;
}

static void op_close(void *self)
{
    struct memory *m = self;
    forget_undo(m);
    for (int t = 0; t < T_COUNT; t++) {
        for (size_t i = 0; i < m->t[t].n; i++) {
            if (t == T_ROW)
                free(((struct m_row *)(void *)m->t[t].at[i])->content);
            free(m->t[t].at[i]);
        }
        free(m->t[t].at);
    }
    free(m->undo);
    free(m);
}

static const struct store_ops ops = {
    .name = "memory",
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
    .append = op_append,
    .referral_put = memory_referral_put,
    .referral_get = memory_referral_get,
    .referral_due = memory_referral_due,
    .next_due = memory_next_due,
    .referral_of = memory_referral_of,
    .load = memory_load,
    .referral_list = memory_referral_list,
    .referral_rows = op_referral_rows,
    .meant = memory_meant,
    .send_put = memory_send_put,
    .send_get = memory_send_get,
    .send_retry = memory_send_retry,
    .send_done = memory_send_done,
    .send_due = memory_send_due,
    .send_handed = memory_send_handed,
    .send_waited = memory_send_waited,
    .mt_put = memory_mt_put,
    .mt_get = memory_mt_get,
    .mt_find = memory_mt_find,
    .mt_name = memory_mt_name,
    .mt_purge = memory_mt_purge,
    .receipt_keep = memory_receipt_keep,
    .receipt_take = memory_receipt_take,
    .receipt_old = memory_receipt_old,
    .group_find = memory_group_find,
    .group_get = memory_group_get,
    .group_put = memory_group_put,
    .group_open = memory_group_open,
    .group_due = memory_group_due,
    .group_purge = memory_group_purge,
    .part_put = memory_part_put,
    .part_get = memory_part_get,
    .part_drop = memory_part_drop,
    .scan = op_scan,
    .verify = op_verify,
    .close = op_close,
};

enum err memory_open_store(const uint8_t key[JOURNAL_KEY], struct store *out, struct failure *why)
{
    struct memory *m = must(calloc(1, sizeof *m));
    (void)why;
    keys_derive(&m->keys, key);
    *out = (struct store){m, &ops};
    return OK;
}
