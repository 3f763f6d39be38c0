/* One input through session, dialogue and what follows. */
#include "engine/internal.h"

#include <string.h>

static struct dialogue_env environment(const struct engine *e, const struct input *in, bool referral_open,
                                       msec now)
{
    return (struct dialogue_env){
        .dialogue = e->rules->dialogue,
        .catalogs = e->rules->catalogs,
        .places = e->rules->places,
        .now = now,
        .page_septets = in->page_septets,
        .page_ucs2 = in->page_ucs2,
        .referral_open = referral_open,
    };
}

static enum err find_contact(struct engine *e, const struct input *in, struct contact *c, msec now,
                             struct failure *why)
{
    enum err rc = e->store.ops->contact_find(e->store.self, in->sender, c, why);
    if (rc == ERR_MISSING) {
        *c = (struct contact){.created = now};
        memcpy(c->msisdn, in->sender, sizeof c->msisdn);
        c->session.children = 255;
        rc = OK;
    }
    if (rc != OK)
        return rc;
    c->stopped = false; /* writing again is wishing for answers again */
    memcpy(c->aggregator, in->aggregator, sizeof c->aggregator);
    if (!str_copy(in->recipient, c->service, sizeof c->service))
        c->service[0] = '\0';
    return OK;
}

static enum err has_open_referral(struct engine *e, const struct contact *c, bool drill, bool *open,
                                  struct failure *why)
{
    struct referral r;
    *open = false;
    if (!c->id || !c->session.referral)
        return OK;
    enum err rc = e->store.ops->referral_of(e->store.self, c->id, drill, &r, why);
    *open = rc == OK;
    return rc == ERR_MISSING ? OK : rc;
}

static enum err append_line(struct engine *e, const struct input *in, const struct contact *c,
                            const struct session *s, const struct dialogue_out *said, msec now, uint64_t *seq,
                            struct failure *why)
{
    bool erased = said->effects & DLG_ERASE;
    struct row row = {
        .at = now,
        .kind = in->kind == INPUT_MO ? ROW_MO : ROW_USSD,
        .contact = c->id,
        .referral = s->referral,
        .drill = in->drill,
        .channel = in->kind == INPUT_MO ? CHANNEL_SMS : CHANNEL_USSD,
        .event = in->kind == INPUT_MO ? 0 : (uint8_t)in->event,
        .need = s->need,
        .urgent = s->urgent,
        .children = s->children,
        .effects = said->effects,
        .text = erased ? (struct str){NULL, 0} : text_cut(in->text, TEXT_SMS_MAX),
        .reply = erased ? (struct str){NULL, 0} : (struct str){said->text, said->len},
        .timestamp = in->timestamp,
        .waited = in->arrived && now > in->arrived ? (uint32_t)(now - in->arrived) : 0,
    };
    memcpy(row.aggregator, in->aggregator, sizeof row.aggregator);
    memcpy(row.lang, s->lang, sizeof row.lang);
    memcpy(row.place, s->place, sizeof row.place);
    memcpy(row.state, s->state, sizeof row.state);
    enum err rc = e->store.ops->append(e->store.self, &row, why);
    *seq = row.seq;
    return rc;
}

static enum err erase(struct engine *e, const struct contact *c, const struct line *line, msec now,
                      struct failure *why)
{
    if (!c->id)
        return OK; /* nothing is kept of this number */
    struct row row = {.at = now,
                      .kind = ROW_ERASED,
                      .contact = c->id,
                      .drill = line->drill,
                      .channel = (uint8_t)line->channel,
                      .children = 255};
    enum err rc = referrals_withdraw(e, c->id, now, why);
    if (rc == OK)
        rc = e->store.ops->contact_erase(e->store.self, c->id, why);
    return rc == OK ? e->store.ops->append(e->store.self, &row, why) : rc;
}

/* Everything the dialogue asked for besides its answer. */
static enum err act(struct engine *e, struct contact *c, const struct line *line, unsigned effects, msec now,
                    struct failure *why)
{
    enum err rc = OK;
    if (effects & DLG_ERASE)
        return erase(e, c, line, now, why);
    if (effects & DLG_STOP)
        c->stopped = true;
    /* danger goes ahead of consent, with place and urgency alone, where the policy says so */
    bool urgent =
        effects & DLG_URGENT && (c->session.consent == 2 || e->rules->network->urgent_without_consent);
    bool help = urgent || effects & (DLG_REFER | DLG_OTHER_COLLABORATOR);
    if (help && !c->id) /* a referral belongs to a stored contact */
        rc = e->store.ops->contact_put(e->store.self, c, why);
    if (rc == OK && help)
        rc = referrals_ask(e, c, line, effects, now, why);
    return rc == OK ? e->store.ops->contact_put(e->store.self, c, why) : rc;
}

static void to_answer(const struct dialogue_out *said, struct answer *a)
{
    memcpy(a->text, said->text, said->len + 1);
    a->len = said->len;
    a->end = said->end;
}

/* ERR_MISSING: this input is new. */
static enum err repeat(struct engine *e, struct job *job, uint64_t contact, struct failure *why)
{
    struct answer *a = &job->out;
    if (!job->in.key.n)
        return ERR_MISSING;
    enum err rc = e->store.ops->seen_get(e->store.self, contact, job->in.key, a->text, &a->len, &a->end, why);
    a->duplicate = rc == OK;
    return rc;
}

static enum err remember(struct engine *e, const struct job *job, uint64_t contact, uint64_t row, msec now,
                         struct failure *why)
{
    const struct answer *a = &job->out;
    if (!job->in.key.n || a->status != OK)
        return OK;
    return e->store.ops->seen_put(e->store.self, contact, job->in.key, now, row,
                                  (struct str){a->text, a->len}, a->end, why);
}

static enum err conversation(struct engine *e, struct job *job, msec now, struct failure *why)
{
    const struct input *in = &job->in;
    struct line line = {in->kind == INPUT_MO ? CHANNEL_SMS : CHANNEL_USSD, in->drill};
    struct contact c;
    struct dialogue_out said;
    bool open;
    uint64_t row = 0;
    enum err rc = find_contact(e, in, &c, now, why);
    if (rc == OK)
        rc = repeat(e, job, c.id, why);
    if (rc != ERR_MISSING)
        return rc;
    rc = has_open_referral(e, &c, in->drill, &open, why);
    if (rc != OK)
        return rc;
    struct dialogue_env env = environment(e, in, open, now);
    int64_t start = e->hooks.mono_us ? e->hooks.mono_us() : 0;
    dialogue_step(&env, &c.session, line.channel, in->kind == INPUT_MO ? DLG_TEXT : in->event, in->text,
                  &said);
    if (e->hooks.mono_us)
        e->counters.us_dialogue += e->hooks.mono_us() - start;
    if (!(said.effects & DLG_ERASE))
        rc = act(e, &c, &line, said.effects, now, why);
    if (rc == OK)
        rc = append_line(e, in, &c, &c.session, &said, now, &row, why);
    if (rc == OK && (said.effects & DLG_ERASE))
        rc = act(e, &c, &line, said.effects, now, why);
    if (rc != OK)
        return rc;
    to_answer(&said, &job->out);
    bool erased = said.effects & DLG_ERASE;
    return remember(e, job, erased ? 0 : c.id, erased ? 0 : row, now, why);
}

static enum err receipt(struct engine *e, struct job *job, msec now, struct failure *why)
{
    enum err rc = repeat(e, job, 0, why);
    if (rc != ERR_MISSING)
        return rc;
    rc = sends_receipt(e, &job->in, now, why);
    return rc == OK ? remember(e, job, 0, 0, now, why) : rc;
}

enum err engine_input(struct engine *e, struct job *job, msec now, struct failure *why)
{
    switch (job->in.kind) {
    case INPUT_MO:
    case INPUT_USSD:
        return conversation(e, job, now, why);
    case INPUT_DLR:
        return receipt(e, job, now, why);
    case INPUT_ANSWER:
        return referrals_answer(e, &job->in, &job->out, now, why);
    case INPUT_SENT:
        idmap_remove(&e->in_flight, job->in.send_id);
        return sends_result(e, &job->in, now, why);
    }
    return fail(why, ERR_BUG, "unknown input kind %d", (int)job->in.kind);
}
