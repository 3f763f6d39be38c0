/* The store in memory, for simulation and tests: the same promises but the disk's. Tables are arrays; what a
 * transaction changes is copied aside first, so that a rollback puts it back. Look-ups walk, newest first. */
#include "journal/internal.h"

#include <stdlib.h>
#include <string.h>

enum table { T_CONTACT, T_ROW, T_SEEN, T_REFERRAL, T_SEND, T_MT, T_COUNT };

struct m_contact {
    struct contact c;
    bool erased;
};
struct m_row {
    struct row row;
    uint8_t digest[HASH], chain[CHAIN];
    uint8_t *content; /* plain: memory is not kept; NULL none */
    size_t n;
};
struct m_seen {
    uint64_t contact;
    uint8_t key[HASH];
    msec at;
    char reply[DIALOGUE_REPLY];
    size_t len;
    bool end, purged;
};
struct m_send {
    struct store_send s; /* body points into `text` */
    char text[4096];
    bool done;
};
struct m_mt {
    char aggregator[32], id[160];
    uint64_t contact;
    int status;
};

struct items {
    char **at; /* every item has its own memory, so that pointers hold */
    size_t n, cap;
};

struct undo {
    enum table table;
    size_t index;
    void *old; /* NULL: the item was added */
};

struct memory {
    struct items t[T_COUNT];
    struct keys keys;
    struct undo *undo;
    size_t n_undo, cap_undo;
    uint64_t next_send;
};

static const size_t sizes[T_COUNT] = {
    [T_CONTACT] = sizeof(struct m_contact), [T_ROW] = sizeof(struct m_row),
    [T_SEEN] = sizeof(struct m_seen),       [T_REFERRAL] = sizeof(struct referral),
    [T_SEND] = sizeof(struct m_send),       [T_MT] = sizeof(struct m_mt)};

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

static void *add(struct memory *m, enum table t)
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

/* The item, to be changed: its old value is kept for a rollback. */
static void *change(struct memory *m, enum table t, size_t index)
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

#define EACH(m, table, type, var)                                                                            \
    for (size_t i_ = (m)->t[table].n; i_ > 0; i_--)                                                          \
        for (type *var = (type *)(void *)(m)->t[table].at[i_ - 1]; var; var = NULL)

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
    struct m_contact *to = c->id ? change(m, T_CONTACT, c->id - 1) : add(m, T_CONTACT);
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
    struct m_contact *c = change(m, T_CONTACT, id - 1);
    memset(&c->c, 0, sizeof c->c);
    c->erased = true;
    for (size_t i = 0; i < m->t[T_SEND].n; i++) {
        const struct m_send *s = (void *)m->t[T_SEND].at[i];
        if (s->s.contact == id && s->s.kind == SEND_MT && !s->done)
            ((struct m_send *)change(m, T_SEND, i))->done = true;
    }
    for (size_t i = 0; i < m->t[T_SEEN].n; i++) {
        if (((struct m_seen *)(void *)m->t[T_SEEN].at[i])->contact != id)
            continue;
        struct m_seen *s = change(m, T_SEEN, i);
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
    struct m_seen *s = add(m, T_SEEN);
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
        ((struct m_seen *)change(m, T_SEEN, i))->purged = true;
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
    struct m_row *r = add(m, T_ROW);
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

static enum err op_scan(void *self, uint64_t after, bool open_content, row_fn each, void *ctx,
                        struct failure *why)
{
    struct memory *m = self;
    (void)why;
    for (size_t i = (size_t)after; i < m->t[T_ROW].n; i++) {
        const struct m_row *r = (void *)m->t[T_ROW].at[i];
        struct row row = r->row;
        if (open_content && r->n && contact_at(m, row.contact))
            content_unpack((struct str){(char *)r->content, r->n}, &row);
        if (!each(ctx, &row))
            break;
    }
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

/* ---- work under way ---- */

static bool is_open(const struct referral *r)
{
    return r->state != REFERRAL_CLOSED && r->state != REFERRAL_UNMET;
}

static enum err op_referral_put(void *self, struct referral *r, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    for (size_t i = 0; i < m->t[T_REFERRAL].n; i++)
        if (((struct referral *)(void *)m->t[T_REFERRAL].at[i])->id == r->id) {
            *(struct referral *)change(m, T_REFERRAL, i) = *r;
            return OK;
        }
    *(struct referral *)add(m, T_REFERRAL) = *r;
    return OK;
}

static enum err op_referral_get(void *self, uint64_t id, struct referral *out, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    EACH(m, T_REFERRAL, struct referral, r)
    if (r->id == id) {
        *out = *r;
        return OK;
    }
    return ERR_MISSING;
}

static enum err op_referral_of(void *self, uint64_t contact, bool drill, struct referral *out,
                               struct failure *why)
{
    struct memory *m = self;
    (void)why;
    EACH(m, T_REFERRAL, struct referral, r)
    if (r->contact == contact && r->drill == drill && is_open(r)) {
        *out = *r;
        return OK;
    }
    return ERR_MISSING;
}

static enum err op_referral_due(void *self, msec now, uint64_t *ids, size_t max, size_t *n,
                                struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *n = 0;
    for (size_t i = 0; i < m->t[T_REFERRAL].n && *n < max; i++) {
        const struct referral *r = (void *)m->t[T_REFERRAL].at[i];
        if (r->next_at && r->next_at <= now)
            ids[(*n)++] = r->id;
    }
    return OK;
}

static void sooner(msec *least, msec at)
{
    if (at && (!*least || at < *least))
        *least = at;
}

static enum err op_next_due(void *self, msec now, msec *referrals, msec *sends, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *referrals = *sends = 0;
    EACH(m, T_REFERRAL, struct referral, r) sooner(referrals, r->next_at);
    EACH(m, T_SEND, struct m_send, s) sooner(sends, s->done || s->s.due <= now ? 0 : s->s.due);
    return OK;
}

static enum err op_load(void *self, void (*each)(void *, const char *, const char *), void *ctx,
                        struct failure *why)
{
    struct memory *m = self;
    (void)why;
    EACH(m, T_REFERRAL, struct referral, r)
    {
        int at = is_open(r) && !r->drill ? referral_current(r) : -1;
        if (at >= 0)
            each(ctx, r->offers[at].collaborator, r->offers[at].host);
    }
    return OK;
}

static enum err op_send_put(void *self, struct store_send *s, struct failure *why)
{
    struct memory *m = self;
    struct m_send *to = add(m, T_SEND);
    if (s->body.n >= sizeof to->text)
        return fail(why, ERR_BUG, "a send does not fit");
    s->id = ++m->next_send;
    to->s = *s;
    memcpy(to->text, s->body.s, s->body.n);
    return OK;
}

static bool find_send(struct memory *m, uint64_t id, size_t *index)
{
    for (size_t i = m->t[T_SEND].n; i > 0; i--) {
        const struct m_send *s = (void *)m->t[T_SEND].at[i - 1];
        if (s->s.id == id && !s->done) {
            *index = i - 1;
            return true;
        }
    }
    return false;
}

static void copy_send(const struct m_send *from, struct store_send *out, struct arena *a)
{
    *out = from->s;
    out->body = arena_str(a, (struct str){from->text, from->s.body.n});
}

static enum err op_send_get(void *self, uint64_t id, struct store_send *out, struct arena *a,
                            struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    if (!find_send(m, id, &i))
        return ERR_MISSING;
    copy_send((void *)m->t[T_SEND].at[i], out, a);
    return OK;
}

static enum err op_send_retry(void *self, uint64_t id, unsigned attempts, msec due, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    if (find_send(m, id, &i)) {
        struct m_send *s = change(m, T_SEND, i);
        s->s.attempts = attempts;
        s->s.due = due;
    }
    return OK;
}

static enum err op_send_done(void *self, uint64_t id, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    if (find_send(m, id, &i))
        ((struct m_send *)change(m, T_SEND, i))->done = true;
    return OK;
}

static enum err op_send_due(void *self, msec now, uint64_t after, struct store_send *out, size_t max,
                            size_t *n, struct arena *a, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *n = 0;
    for (size_t i = 0; i < m->t[T_SEND].n && *n < max; i++) {
        const struct m_send *s = (void *)m->t[T_SEND].at[i];
        if (!s->done && s->s.due <= now && s->s.id > after)
            copy_send(s, &out[(*n)++], a);
    }
    return OK;
}

static bool find_mt(struct memory *m, const char *aggregator, struct str id, size_t *index)
{
    for (size_t i = 0; i < m->t[T_MT].n; i++) {
        const struct m_mt *t = (void *)m->t[T_MT].at[i];
        if (strcmp(t->aggregator, aggregator) == 0 && str_is(id, t->id)) {
            *index = i;
            return true;
        }
    }
    return false;
}

static enum err op_mt_sent(void *self, const char *aggregator, struct str id, uint64_t send, uint64_t contact,
                           msec at, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    (void)send;
    (void)at;
    if (find_mt(m, aggregator, id, &i))
        return OK;
    struct m_mt *t = add(m, T_MT);
    str_copy(str_of(aggregator), t->aggregator, sizeof t->aggregator);
    str_copy(id, t->id, sizeof t->id);
    t->contact = contact;
    t->status = 1;
    return OK;
}

static enum err op_mt_receipt(void *self, const char *aggregator, struct str id, int status, msec at,
                              uint64_t *contact, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    (void)at;
    if (!find_mt(m, aggregator, id, &i))
        return ERR_MISSING;
    struct m_mt *t = (void *)m->t[T_MT].at[i];
    *contact = t->contact;
    if (receipt_rank(status) > receipt_rank(t->status))
        ((struct m_mt *)change(m, T_MT, i))->status = status;
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
    .referral_put = op_referral_put,
    .referral_get = op_referral_get,
    .referral_due = op_referral_due,
    .next_due = op_next_due,
    .referral_of = op_referral_of,
    .load = op_load,
    .send_put = op_send_put,
    .send_get = op_send_get,
    .send_retry = op_send_retry,
    .send_done = op_send_done,
    .send_due = op_send_due,
    .mt_sent = op_mt_sent,
    .mt_receipt = op_mt_receipt,
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
