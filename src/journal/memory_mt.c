/* Sent SMS, their receipts, and parts of received ones, in memory. */
#include "journal/memory.h"

#include <string.h>

/* ---- what becomes of sent SMS ---- */

static bool find_mt(struct memory *m, uint64_t send, size_t *index)
{
    for (size_t i = m->t[T_MT].n; i > 0; i--) {
        const struct m_mt *t = (void *)m->t[T_MT].at[i - 1];
        if (t->mt.send == send && !t->purged) {
            *index = i - 1;
            return true;
        }
    }
    return false;
}

enum err memory_mt_put(void *self, const struct store_mt *mt, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    struct m_mt *t = find_mt(m, mt->send, &i) ? memory_change(m, T_MT, i) : memory_add(m, T_MT);
    t->mt = *mt;
    return OK;
}

enum err memory_mt_get(void *self, uint64_t send, struct store_mt *out, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    if (!find_mt(m, send, &i))
        return ERR_MISSING;
    *out = ((struct m_mt *)(void *)m->t[T_MT].at[i])->mt;
    return OK;
}

static const struct m_mt *named(struct memory *m, const char *aggregator, struct str message_id)
{
    EACH(m, T_MT, struct m_mt, t)
    if (!t->purged && *t->message_id && strcmp(t->mt.aggregator, aggregator) == 0 &&
        str_is(message_id, t->message_id))
        return t;
    return NULL;
}

enum err memory_mt_find(void *self, const char *aggregator, struct str message_id, struct store_mt *out,
                        struct failure *why)
{
    struct memory *m = self;
    uint64_t own;
    int64_t made;
    size_t i;
    (void)why;
    const struct m_mt *t = named(m, aggregator, message_id);
    if (!t && id_key_parse(message_id, &own, &made) && find_mt(m, own, &i))
        t = (void *)m->t[T_MT].at[i];
    if (!t || strcmp(t->mt.aggregator, aggregator) != 0)
        return ERR_MISSING;
    *out = t->mt;
    return OK;
}

enum err memory_mt_name(void *self, uint64_t send, struct str message_id, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    if (!find_mt(m, send, &i))
        return OK;
    const struct m_mt *t = (void *)m->t[T_MT].at[i];
    if (!*t->message_id && !named(m, t->mt.aggregator, message_id))
        str_copy(message_id, ((struct m_mt *)memory_change(m, T_MT, i))->message_id, sizeof t->message_id);
    return OK;
}

enum err memory_mt_purge(void *self, msec before, unsigned most, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    for (size_t i = 0; i < m->t[T_MT].n && most; i++) {
        const struct m_mt *t = (void *)m->t[T_MT].at[i];
        if (t->purged)
            continue;
        most--;
        if (t->mt.at < before)
            ((struct m_mt *)memory_change(m, T_MT, i))->purged = true;
    }
    return OK;
}

enum err memory_receipt_keep(void *self, const struct store_receipt *r, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    EACH(m, T_RECEIPT, struct m_receipt, k)
    if (!k->taken && k->r.status == r->status && strcmp(k->r.aggregator, r->aggregator) == 0 &&
        str_is(r->message_id, k->message_id))
        return OK;
    struct m_receipt *to = memory_add(m, T_RECEIPT);
    to->r = *r;
    to->r.message_id = (struct str){NULL, 0};
    str_copy(r->message_id, to->message_id, sizeof to->message_id);
    return OK;
}

static void take(struct memory *m, size_t i, struct store_receipt *out)
{
    struct m_receipt *k = memory_change(m, T_RECEIPT, i);
    k->taken = true;
    *out = k->r;
}

enum err memory_receipt_take(void *self, const char *aggregator, struct str message_id,
                             struct store_receipt *out, size_t max, size_t *n, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *n = 0;
    for (size_t i = 0; i < m->t[T_RECEIPT].n && *n < max; i++) {
        const struct m_receipt *k = (void *)m->t[T_RECEIPT].at[i];
        if (!k->taken && strcmp(k->r.aggregator, aggregator) == 0 && str_is(message_id, k->message_id))
            take(m, i, &out[(*n)++]);
    }
    return OK;
}

enum err memory_receipt_old(void *self, msec before, struct store_receipt *out, size_t max, size_t *n,
                            struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *n = 0;
    for (size_t i = 0; i < m->t[T_RECEIPT].n && *n < max; i++) {
        const struct m_receipt *k = (void *)m->t[T_RECEIPT].at[i];
        if (!k->taken && k->r.at < before)
            take(m, i, &out[(*n)++]);
    }
    return OK;
}

/* ---- parts of longer SMS ---- */

enum err memory_group_find(void *self, uint64_t contact, struct str key, struct store_group *out,
                           struct failure *why)
{
    struct memory *m = self;
    uint8_t hash[HASH];
    (void)why;
    keyed_hash(&m->keys, key, hash);
    EACH(m, T_GROUP, struct m_group, g)
    if (!g->gone && g->g.contact == contact && memcmp(g->key, hash, HASH) == 0) {
        *out = g->g;
        return OK;
    }
    return ERR_MISSING;
}

static bool find_group(struct memory *m, uint64_t id, size_t *index)
{
    for (size_t i = 0; i < m->t[T_GROUP].n; i++) {
        const struct m_group *g = (void *)m->t[T_GROUP].at[i];
        if (!g->gone && g->g.id == id) {
            *index = i;
            return true;
        }
    }
    return false;
}

enum err memory_group_get(void *self, uint64_t id, struct store_group *out, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    if (!find_group(m, id, &i))
        return ERR_MISSING;
    *out = ((struct m_group *)(void *)m->t[T_GROUP].at[i])->g;
    return OK;
}

enum err memory_group_put(void *self, struct store_group *g, struct str key, struct failure *why)
{
    struct memory *m = self;
    struct store_group old;
    size_t i;
    if (g->id) {
        if (find_group(m, g->id, &i))
            ((struct m_group *)memory_change(m, T_GROUP, i))->g = *g;
        return OK;
    }
    if (memory_group_find(m, g->contact, key, &old, why) == OK && find_group(m, old.id, &i))
        ((struct m_group *)memory_change(m, T_GROUP, i))->gone = true;
    g->id = ++m->next_group;
    struct m_group *to = memory_add(m, T_GROUP);
    to->g = *g;
    keyed_hash(&m->keys, key, to->key);
    return OK;
}

enum err memory_group_open(void *self, uint64_t contact, struct store_group *out, size_t max, size_t *n,
                           struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *n = 0;
    for (size_t i = 0; i < m->t[T_GROUP].n && *n < max; i++) {
        const struct m_group *g = (void *)m->t[T_GROUP].at[i];
        if (!g->gone && g->g.contact == contact && g->g.due)
            out[(*n)++] = g->g;
    }
    return OK;
}

enum err memory_group_due(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *n = 0;
    for (size_t i = 0; i < m->t[T_GROUP].n && *n < max; i++) {
        const struct m_group *g = (void *)m->t[T_GROUP].at[i];
        if (!g->gone && g->g.due && g->g.due <= now)
            ids[(*n)++] = g->g.id;
    }
    return OK;
}

enum err memory_group_purge(void *self, msec before, unsigned most, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    for (size_t i = 0; i < m->t[T_GROUP].n && most; i++) {
        const struct m_group *g = (void *)m->t[T_GROUP].at[i];
        if (g->gone)
            continue;
        most--;
        if (!g->g.due && g->g.opened < before)
            ((struct m_group *)memory_change(m, T_GROUP, i))->gone = true;
    }
    return OK;
}

enum err memory_part_put(void *self, const struct store_group *g, unsigned no, struct str recipient,
                         struct str text, struct failure *why)
{
    struct memory *m = self;
    if (recipient.n >= sizeof((struct m_part *)0)->recipient || text.n > TEXT_SMS_MAX)
        return fail(why, ERR_BUG, "a part does not fit");
    struct m_part *p = memory_add(m, T_PART);
    p->group = g->id;
    p->no = no;
    if (recipient.n)
        memcpy(p->recipient, recipient.s, recipient.n);
    if (text.n)
        memcpy(p->text, text.s, text.n);
    return OK;
}

enum err memory_part_get(void *self, const struct store_group *g, struct str *recipient, struct str *texts,
                         struct arena *a, struct failure *why)
{
    struct memory *m = self;
    unsigned first = GROUP_PARTS + 1;
    (void)why;
    memset(texts, 0, GROUP_PARTS * sizeof *texts);
    *recipient = (struct str){NULL, 0};
    for (size_t i = 0; i < m->t[T_PART].n; i++) {
        const struct m_part *p = (void *)m->t[T_PART].at[i];
        if (p->gone || p->group != g->id)
            continue;
        texts[p->no - 1] = arena_str(a, str_of(p->text));
        if (p->no < first)
            *recipient = arena_str(a, str_of(p->recipient));
        first = p->no < first ? p->no : first;
    }
    return OK;
}

enum err memory_part_drop(void *self, const struct store_group *g, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    for (size_t i = 0; i < m->t[T_PART].n; i++) {
        const struct m_part *p = (void *)m->t[T_PART].at[i];
        if (p->group == g->id && !p->gone)
            ((struct m_part *)memory_change(m, T_PART, i))->gone = true;
    }
    return OK;
}

void memory_erase_groups(struct memory *m, uint64_t contact)
{
    struct failure why;
    for (size_t i = 0; i < m->t[T_GROUP].n; i++) {
        struct m_group *g = (void *)m->t[T_GROUP].at[i];
        if (g->g.contact != contact || g->gone)
            continue;
        if (memory_part_drop(m, &g->g, &why) == OK)
            ((struct m_group *)memory_change(m, T_GROUP, i))->gone = true;
    }
}
