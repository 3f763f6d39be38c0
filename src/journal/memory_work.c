/* Work under way, in memory: referrals and the outbox. */
#include "journal/memory.h"

#include <string.h>

static bool is_open(const struct referral *r)
{
    return r->state != REFERRAL_CLOSED && r->state != REFERRAL_UNMET;
}

enum err memory_referral_put(void *self, struct referral *r, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    for (size_t i = 0; i < m->t[T_REFERRAL].n; i++)
        if (((struct referral *)(void *)m->t[T_REFERRAL].at[i])->id == r->id) {
            *(struct referral *)memory_change(m, T_REFERRAL, i) = *r;
            return OK;
        }
    *(struct referral *)memory_add(m, T_REFERRAL) = *r;
    return OK;
}

enum err memory_referral_get(void *self, uint64_t id, struct referral *out, struct failure *why)
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

enum err memory_referral_of(void *self, uint64_t contact, bool drill, struct referral *out,
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

enum err memory_referral_due(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why)
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

enum err memory_next_due(void *self, msec now, struct store_due *out, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *out = (struct store_due){0};
    EACH(m, T_REFERRAL, struct referral, r) sooner(&out->referrals, r->next_at);
    EACH(m, T_SEND, struct m_send, s)
    if (!s->done && (s->s.handed || s->s.due > now))
        sooner(s->s.handed ? &out->receipts : &out->sends, s->s.due);
    EACH(m, T_GROUP, struct m_group, g) sooner(&out->groups, g->gone ? 0 : g->g.due);
    return OK;
}

enum err memory_load(void *self, bool drills, void (*each)(void *, const struct referral *), void *ctx,
                     struct failure *why)
{
    struct memory *m = self;
    (void)why;
    EACH(m, T_REFERRAL, struct referral, r)
    if (is_open(r) && (drills || !r->drill) && referral_current(r) >= 0)
        each(ctx, r);
    return OK;
}

static const struct referral *newest_before(struct memory *m, uint64_t before)
{
    const struct referral *found = NULL;
    EACH(m, T_REFERRAL, struct referral, r)
    if ((!before || r->id < before) && (!found || r->id > found->id))
        found = r;
    return found;
}

enum err memory_referral_list(void *self, uint64_t before, referral_fn each, void *ctx, struct failure *why)
{
    (void)why;
    for (const struct referral *r = newest_before(self, before); r && each(ctx, r);)
        r = newest_before(self, r->id);
    return OK;
}

enum err memory_meant(void *self, uint64_t *after, unsigned most,
                      void (*each)(void *, uint64_t, const char *), void *ctx, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    (void)most;
    EACH(m, T_REFERRAL, struct referral, r)
    {
        if (!r->drill && r->id > *after)
            each(ctx, r->contact, r->place);
    }
    *after = 0;
    return OK;
}

enum err memory_send_put(void *self, struct store_send *s, struct failure *why)
{
    struct memory *m = self;
    struct m_send *to = memory_add(m, T_SEND);
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

enum err memory_send_get(void *self, uint64_t id, struct store_send *out, struct arena *a,
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

enum err memory_send_retry(void *self, uint64_t id, unsigned attempts, msec due, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    if (find_send(m, id, &i)) {
        struct m_send *s = memory_change(m, T_SEND, i);
        s->s.attempts = attempts;
        s->s.due = due;
    }
    return OK;
}

enum err memory_send_done(void *self, uint64_t id, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    if (find_send(m, id, &i))
        ((struct m_send *)memory_change(m, T_SEND, i))->done = true;
    return OK;
}

enum err memory_send_due(void *self, msec now, uint64_t after, struct store_send *out, size_t max, size_t *n,
                         struct arena *a, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *n = 0;
    for (size_t i = 0; i < m->t[T_SEND].n && *n < max; i++) {
        const struct m_send *s = (void *)m->t[T_SEND].at[i];
        if (!s->done && !s->s.handed && s->s.due <= now && s->s.id > after)
            copy_send(s, &out[(*n)++], a);
    }
    return OK;
}

enum err memory_send_handed(void *self, uint64_t id, msec until, struct failure *why)
{
    struct memory *m = self;
    size_t i;
    (void)why;
    if (find_send(m, id, &i)) {
        struct m_send *s = memory_change(m, T_SEND, i);
        s->s.handed = true;
        s->s.due = until;
    }
    return OK;
}

enum err memory_send_waited(void *self, msec now, uint64_t *ids, size_t max, size_t *n, struct failure *why)
{
    struct memory *m = self;
    (void)why;
    *n = 0;
    for (size_t i = 0; i < m->t[T_SEND].n && *n < max; i++) {
        const struct m_send *s = (void *)m->t[T_SEND].at[i];
        if (!s->done && s->s.handed && s->s.due <= now)
            ids[(*n)++] = s->s.id;
    }
    return OK;
}
