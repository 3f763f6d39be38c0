/* Parts of a longer SMS: each is kept as it comes; when all are there, or the time is over, what is there is
 * one message. Nothing typed may be lost: what fits nowhere is worked as a message of its own. */
#include "engine/internal.h"

#include <string.h>

#define PARTS_WAIT (20 * SECOND_MS)
#define OPEN_MOST 32    /* groups of one contact that wait at once */
#define REF_KEEP DAY_MS /* a phone counts its long messages from 0 to 255 and begins again */

bool parts_is_one(const struct input *in)
{
    return in->kind == INPUT_MO && in->part_count > 1 && in->part_count <= GROUP_PARTS && in->part_no >= 1 &&
           in->part_no <= in->part_count;
}

/* Some aggregators give all parts of a message one id. */
struct str parts_key(struct engine *e, const struct input *in)
{
    size_t cap = in->key.n + in->part_ref.n + 32;
    struct out o;
    if (!in->key.n)
        return in->key;
    out_init(&o, arena_alloc(&e->scratch, cap), cap);
    out_str(&o, in->key);
    out_printf(&o, "\n%u/%u\n", in->part_no, in->part_count);
    out_str(&o, in->part_ref);
    return out_span(&o);
}

static struct str group_key(struct engine *e, const struct input *in)
{
    size_t cap = sizeof in->aggregator + in->part_ref.n + 32;
    struct out o;
    out_init(&o, arena_alloc(&e->scratch, cap), cap);
    out_printf(&o, "%s\n%u\n%d\n", in->aggregator, in->part_count, in->drill);
    out_str(&o, in->part_ref);
    return out_span(&o);
}

static bool has(const struct store_group *g, unsigned no)
{
    return g->have[(no - 1) / 8] >> (no - 1) % 8 & 1;
}

static unsigned parts_there(const struct store_group *g)
{
    unsigned n = 0;
    for (unsigned no = 1; no <= GROUP_PARTS; no++)
        n += has(g, no);
    return n;
}

static struct str join(struct engine *e, const struct str *texts)
{
    enum { ROOM = 2 * TEXT_SMS_MAX + 1 };
    struct out o;
    out_init(&o, arena_alloc(&e->scratch, ROOM), ROOM);
    for (size_t i = 0; i < GROUP_PARTS && o.len < TEXT_SMS_MAX; i++)
        out_str(&o, texts[i]);
    return text_cut(out_span(&o), TEXT_SMS_MAX);
}

/* Its parts are about to be worked: only that it was there is still known, for those that come late. */
static enum err close_group(struct engine *e, struct store_group *g, struct failure *why)
{
    g->due = 0;
    enum err rc = e->store.ops->group_put(e->store.self, g, (struct str){NULL, 0}, why);
    return rc == OK ? e->store.ops->part_drop(e->store.self, g, why) : rc;
}

static struct str *room_for_texts(struct engine *e)
{
    return arena_array(&e->scratch, GROUP_PARTS, sizeof(struct str));
}

static enum err work_as_it_is(struct engine *e, struct store_group *g, msec now, struct failure *why)
{
    struct contact c;
    struct input in = {.kind = INPUT_MO, .drill = g->drill, .timestamp = g->timestamp};
    struct answer *unused = arena_alloc(&e->scratch, sizeof *unused);
    struct str *texts = room_for_texts(e);
    enum err rc = e->store.ops->contact_get(e->store.self, g->contact, &c, why);
    if (rc == ERR_MISSING) /* erased: nothing of it can be read */
        return close_group(e, g, why);
    if (rc == OK)
        rc = e->store.ops->part_get(e->store.self, g, &in.recipient, texts, &e->scratch, why);
    if (rc == OK)
        rc = close_group(e, g, why);
    if (rc != OK)
        return rc;
    in.text = join(e, texts);
    memcpy(in.aggregator, g->aggregator, sizeof in.aggregator);
    memcpy(in.sender, c.msisdn, sizeof in.sender);
    rc = engine_contact(e, &in, &c, now, why);
    e->counters.sms_incomplete++;
    const char *by = g->by_mt || !e->rules->mt_aggregator ? in.aggregator : e->rules->mt_aggregator;
    return rc == OK ? engine_converse(e, &in, unused, &c, (struct str){NULL, 0}, by, now, why) : rc;
}

enum err parts_work(struct engine *e, uint64_t group, msec now, struct failure *why)
{
    struct store_group g;
    enum err rc = e->store.ops->group_get(e->store.self, group, &g, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    return g.due ? work_as_it_is(e, &g, now, why) : OK;
}

enum err parts_postpone(struct engine *e, uint64_t group, msec until, struct failure *why)
{
    struct store_group g;
    enum err rc = e->store.ops->group_get(e->store.self, group, &g, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    g.due = until;
    engine_due(e, until);
    return e->store.ops->group_put(e->store.self, &g, (struct str){NULL, 0}, why);
}

enum err parts_purge(struct engine *e, msec now, unsigned most, struct failure *why)
{
    return e->store.ops->group_purge(e->store.self, now - REF_KEEP, most, why);
}

/* ---- a part comes ---- */

/* A part belongs to a stored contact. What was worked in between may have changed it, or erased it. */
static enum err stored_contact(struct engine *e, const struct input *in, struct contact *c, msec now,
                               struct failure *why)
{
    enum err rc = engine_contact(e, in, c, now, why);
    return rc == OK && !c->id ? e->store.ops->contact_put(e->store.self, c, why) : rc;
}

/* Nobody fills the store with beginnings: the oldest is then a message as it is. `more`: groups to come. */
static enum err make_room(struct engine *e, const struct input *in, struct contact *c, unsigned more,
                          msec now, struct failure *why)
{
    struct store_group *open = arena_array(&e->scratch, OPEN_MOST, sizeof *open);
    size_t n = 0;
    unsigned parts = 0;
    enum err rc = e->store.ops->group_open(e->store.self, c->id, open, OPEN_MOST, &n, why);
    for (size_t i = 0; i < n; i++)
        parts += parts_there(&open[i]);
    if (rc != OK || (n + more <= OPEN_MOST && parts < GROUP_PARTS))
        return rc;
    rc = work_as_it_is(e, &open[0], now, why);
    return rc == OK ? stored_contact(e, in, c, now, why) : rc;
}

static enum err same_part(struct engine *e, const struct input *in, const struct store_group *g, bool *same,
                          struct failure *why)
{
    struct str recipient, *texts = room_for_texts(e);
    enum err rc = e->store.ops->part_get(e->store.self, g, &recipient, texts, &e->scratch, why);
    *same = rc == OK && str_eq(texts[in->part_no - 1], text_cut(in->text, TEXT_SMS_MAX));
    return rc;
}

enum fate { JOINS, REPEATS, STANDS_ALONE };

/* Whose part is it? ERR_MISSING: of a message that begins with it. A number that is there already with
 * another text, or in a message that was worked, tells that the phone uses the reference anew. */
static enum err find_group(struct engine *e, const struct input *in, struct contact *c, struct str key,
                           msec now, struct store_group *g, enum fate *fate, struct failure *why)
{
    bool same;
    *fate = JOINS;
    enum err rc = e->store.ops->group_find(e->store.self, c->id, key, g, why);
    if (rc != OK || (g->due && !has(g, in->part_no)))
        return rc;
    if (!g->due) {
        *fate = STANDS_ALONE;
        return now - g->opened >= REF_KEEP || has(g, in->part_no) ? ERR_MISSING : OK;
    }
    rc = same_part(e, in, g, &same, why);
    if (rc == OK && same) {
        *fate = REPEATS;
        return OK;
    }
    if (rc == OK)
        rc = work_as_it_is(e, g, now, why);
    if (rc == OK)
        rc = stored_contact(e, in, c, now, why);
    return rc == OK ? ERR_MISSING : rc;
}

static enum err begin_group(struct engine *e, const struct input *in, const struct contact *c, struct str key,
                            msec now, struct store_group *g, struct failure *why)
{
    *g = (struct store_group){.contact = c->id,
                              .drill = in->drill,
                              .by_mt = in->reply_by_mt,
                              .count = in->part_count,
                              .opened = now,
                              .due = now + (e->rules->parts_wait ? e->rules->parts_wait : PARTS_WAIT),
                              .timestamp = in->timestamp};
    memcpy(g->aggregator, in->aggregator, sizeof g->aggregator);
    engine_due(e, g->due);
    return e->store.ops->group_put(e->store.self, g, key, why);
}

static enum err keep(struct engine *e, const struct input *in, const struct contact *c,
                     const struct store_group *g, struct failure *why)
{
    struct store_group with = *g;
    enum err rc = e->store.ops->part_put(e->store.self, g, in->part_no, str_of(c->service),
                                         text_cut(in->text, TEXT_SMS_MAX), why);
    return rc == OK ? e->store.ops->group_put(e->store.self, &with, (struct str){NULL, 0}, why) : rc;
}

/* The last one: the whole is one message, and this part's caller gets its answer. */
static enum err complete(struct engine *e, const struct input *in, struct answer *out, struct contact *c,
                         struct store_group *g, struct str key, msec now, struct failure *why)
{
    struct input whole = *in;
    struct str recipient, *texts = room_for_texts(e);
    enum err rc = e->store.ops->part_get(e->store.self, g, &recipient, texts, &e->scratch, why);
    if (rc == OK)
        rc = close_group(e, g, why);
    if (rc != OK)
        return rc;
    texts[in->part_no - 1] = text_cut(in->text, TEXT_SMS_MAX);
    whole.text = join(e, texts);
    return engine_converse(e, &whole, out, c, key, in->reply_by_mt ? in->aggregator : NULL, now, why);
}

static enum err join_group(struct engine *e, const struct input *in, struct answer *out, struct contact *c,
                           struct store_group *g, struct str key, msec now, struct failure *why)
{
    g->have[(in->part_no - 1) / 8] |= (uint8_t)(1u << (in->part_no - 1) % 8);
    if (parts_there(g) == g->count)
        return complete(e, in, out, c, g, key, now, why);
    enum err rc = keep(e, in, c, g, why);
    return rc == OK ? engine_remember(e, out, key, c->id, 0, now, why) : rc;
}

enum err parts_take(struct engine *e, const struct input *in, struct answer *out, struct contact *c,
                    struct str key, msec now, struct failure *why)
{
    struct store_group g;
    enum fate fate = JOINS;
    struct str common = group_key(e, in);
    enum err rc = c->id ? OK : e->store.ops->contact_put(e->store.self, c, why);
    if (rc == OK)
        rc = make_room(e, in, c, 0, now, why);
    if (rc == OK)
        rc = find_group(e, in, c, common, now, &g, &fate, why);
    if (rc == ERR_MISSING) {
        fate = JOINS;
        rc = make_room(e, in, c, 1, now, why);
        if (rc == OK)
            rc = begin_group(e, in, c, common, now, &g, why);
    }
    if (rc != OK)
        return rc;
    e->counters.sms_parts++;
    out->duplicate = fate == REPEATS;
    if (fate == JOINS)
        return join_group(e, in, out, c, &g, key, now, why);
    if (fate == REPEATS)
        return engine_remember(e, out, key, c->id, 0, now, why);
    return engine_converse(e, in, out, c, key, in->reply_by_mt ? in->aggregator : NULL, now, why);
}
