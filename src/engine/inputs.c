/* One input through session, dialogue and what follows. */
#include "engine/internal.h"

#include <string.h>

/* What the dialogue may know of the contact's request. */
struct request_state {
    bool open, consent;
};

static struct dialogue_env environment(const struct engine *e, const struct input *in,
                                       struct request_state request, msec now)
{
    return (struct dialogue_env){
        .dialogue = e->rules->dialogue,
        .catalogs = e->rules->catalogs,
        .places = e->rules->places,
        .uses = e->uses,
        .now = now,
        .page_septets = in->page_septets,
        .page_ucs2 = in->page_ucs2,
        .referral_open = request.open,
        .referral_consent = request.consent,
        .urgent_told = e->rules->network->urgent_without_consent,
        .line = str_hash(str_of(in->aggregator)), /* the session remembers by which its last message came */
        .sent_at = in->timestamp,
    };
}

enum err engine_contact(struct engine *e, const struct input *in, struct contact *c, msec now,
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
    memcpy(c->aggregator, in->aggregator, sizeof c->aggregator);
    if (!str_copy(in->recipient, c->service, sizeof c->service))
        c->service[0] = '\0';
    return OK;
}

static enum err has_open_referral(struct engine *e, const struct contact *c, bool drill,
                                  struct request_state *out, struct failure *why)
{
    struct referral r;
    *out = (struct request_state){false, false};
    if (!c->id || !c->session.referral)
        return OK;
    enum err rc = e->store.ops->referral_of(e->store.self, c->id, drill, &r, why);
    *out = (struct request_state){rc == OK, rc == OK && r.consent};
    return rc == ERR_MISSING ? OK : rc;
}

static enum err append_line(struct engine *e, const struct input *in, const struct contact *c,
                            const struct dialogue_out *said, bool answered, msec now, uint64_t *seq,
                            struct failure *why)
{
    const struct session *s = &c->session;
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
        .reply = erased || !answered ? (struct str){NULL, 0} : (struct str){said->text, said->len},
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
static enum err act(struct engine *e, struct contact *c, const struct line *line, unsigned effects, bool open,
                    msec now, struct failure *why)
{
    enum err rc = OK;
    if (effects & DLG_ERASE)
        return erase(e, c, line, now, why);
    if (effects & DLG_STOP)
        c->stopped = true;
    /* danger goes ahead of consent, with place and urgency alone, where the policy says so */
    bool urgent =
        effects & DLG_URGENT && (c->session.consent == 2 || e->rules->network->urgent_without_consent);
    bool other = effects & (DLG_OTHER_COLLABORATOR | DLG_MOVED | DLG_STUCK | DLG_MANY_PLACES) && open;
    bool help = urgent || other || effects & DLG_REFER;
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

/* The answer to an MO whose callback cannot carry it. Who just said stop or erased everything still gets this
 * one; of who erased, it knows the number only. */
static enum err answer_by_mt(struct engine *e, const struct input *in, const struct contact *c,
                             const struct dialogue_out *said, const char *by, msec now, struct failure *why)
{
    bool erased = said->effects & DLG_ERASE;
    struct mt m = {.by = by,
                   .contact = erased ? 0 : c->id,
                   .referral = erased ? 0 : c->session.referral,
                   .to = in->sender,
                   .lang = c->session.lang,
                   .note = "answer",
                   .text = {said->text, said->len},
                   .drill = in->drill,
                   .anyway = said->effects & DLG_STOP};
    if (!str_copy(in->recipient, m.from, sizeof m.from))
        m.from[0] = '\0';
    return said->len ? mt_put(e, &m, now, why) : OK;
}

/* ERR_MISSING: this input is new. */
static enum err repeat(struct engine *e, struct answer *a, struct str key, uint64_t contact,
                       struct failure *why)
{
    if (!key.n)
        return ERR_MISSING;
    enum err rc = e->store.ops->seen_get(e->store.self, contact, key, a->text, &a->len, &a->end, why);
    a->duplicate = rc == OK;
    return rc;
}

enum err engine_remember(struct engine *e, const struct answer *a, struct str key, uint64_t contact,
                         uint64_t row, msec now, struct failure *why)
{
    if (!key.n || a->status != OK)
        return OK;
    return e->store.ops->seen_put(e->store.self, contact, key, now, row, (struct str){a->text, a->len},
                                  a->end, why);
}

/* The last screen has no second page: better without accents than cut off. */
static void fit_screen(struct dialogue_out *said, const struct input *in)
{
    char plain[DIALOGUE_REPLY];
    struct text_size z = text_size((struct str){said->text, said->len});
    size_t most = in->page_ucs2 ? in->page_ucs2 : 70;
    if (in->kind != INPUT_USSD || z.coding == CODING_GSM7 || z.units <= most)
        return;
    said->len = text_unaccent((struct str){said->text, said->len}, plain, sizeof plain);
    memcpy(said->text, plain, said->len);
    said->text[said->len] = '\0';
}

/* The last text promises that somebody will come. When nobody can be asked, it must not. */
static enum err own_up(struct engine *e, const struct input *in, const struct contact *c,
                       struct dialogue_out *said, struct failure *why)
{
    struct referral r;
    struct out o;
    bool promised = said->effects & DLG_ENDED &&
                    said->effects & (DLG_REFER | DLG_URGENT | DLG_OTHER_COLLABORATOR | DLG_MOVED);
    if (!promised || !c->session.referral)
        return OK;
    enum err rc = e->store.ops->referral_get(e->store.self, c->session.referral, &r, why);
    if (rc != OK || r.state != REFERRAL_UNMET)
        return rc == ERR_MISSING ? OK : rc;
    out_init(&o, said->text, sizeof said->text);
    dialogue_text(e->rules->catalogs, c->session.lang, "mt_unmet", NULL, 0, &o);
    said->len = o.len;
    fit_screen(said, in);
    return OK;
}

enum err engine_converse(struct engine *e, const struct input *in, struct answer *out, struct contact *c,
                         struct str key, const char *mt_by, msec now, struct failure *why)
{
    struct line line = {in->kind == INPUT_MO ? CHANNEL_SMS : CHANNEL_USSD, in->drill, true};
    struct dialogue_out said;
    struct request_state request;
    uint64_t row = 0;
    enum err rc = has_open_referral(e, c, in->drill, &request, why);
    if (rc != OK)
        return rc;
    struct dialogue_env env = environment(e, in, request, now);
    int64_t start = e->hooks.mono_us ? e->hooks.mono_us() : 0;
    dialogue_step(&env, &c->session, line.channel, in->kind == INPUT_MO ? DLG_TEXT : in->event, in->text,
                  &said);
    if (e->hooks.mono_us)
        e->counters.us_dialogue += e->hooks.mono_us() - start;
    e->counters.floods += (said.effects & DLG_FLOOD) != 0;
    e->counters.many_places += (said.effects & DLG_MANY_PLACES) != 0;
    bool erased = said.effects & DLG_ERASE;
    if (said.effects & DLG_AGAIN || (in->kind == INPUT_USSD && in->event == DLG_CUT))
        ; /* written before, or not by her: whether she wants messages stays as it is */
    else
        c->stopped = false; /* writing again is wishing for answers again */
    if (!erased)
        rc = act(e, c, &line, said.effects, request.open, now, why);
    if (rc == OK)
        rc = own_up(e, in, c, &said, why);
    if (rc == OK)
        rc = append_line(e, in, c, &said, !mt_by, now, &row, why);
    if (rc == OK && erased)
        rc = act(e, c, &line, said.effects, request.open, now, why);
    if (rc == OK && mt_by)
        rc = answer_by_mt(e, in, c, &said, mt_by, now, why);
    if (rc != OK)
        return rc;
    if (!mt_by)
        to_answer(&said, out);
    return engine_remember(e, out, key, erased ? 0 : c->id, erased ? 0 : row, now, why);
}

/* Some gateways name only the session when it ends: there is nobody to answer. */
static enum err nobody(struct engine *e, struct job *job, msec now, struct failure *why)
{
    const struct input *in = &job->in;
    struct row row = {.at = now,
                      .kind = ROW_USSD,
                      .drill = in->drill,
                      .channel = CHANNEL_USSD,
                      .event = DLG_CUT,
                      .children = 255,
                      .timestamp = in->timestamp};
    if (in->kind != INPUT_USSD || in->event != DLG_CUT) {
        job->out.status = ERR_INPUT;
        str_copy(STR("the sender is missing"), job->out.reason, sizeof job->out.reason);
        return OK;
    }
    enum err rc = repeat(e, &job->out, in->key, 0, why);
    if (rc != ERR_MISSING)
        return rc;
    memcpy(row.aggregator, in->aggregator, sizeof row.aggregator);
    rc = e->store.ops->append(e->store.self, &row, why);
    return rc == OK ? engine_remember(e, &job->out, in->key, 0, 0, now, why) : rc;
}

static enum err conversation(struct engine *e, struct job *job, msec now, struct failure *why)
{
    const struct input *in = &job->in;
    struct contact c;
    if (e->rules->rehearsal && !in->drill) {
        job->out.status = ERR_INPUT;
        str_copy(STR("a rehearsal takes drills only"), job->out.reason, sizeof job->out.reason);
        return OK;
    }
    bool cut = in->kind == INPUT_USSD && in->event == DLG_CUT;
    if (!*in->sender)
        return nobody(e, job, now, why);
    bool part = parts_is_one(in);
    struct str key = part ? parts_key(e, in) : in->key;
    enum err rc = engine_contact(e, in, &c, now, why);
    if (rc == OK)
        rc = repeat(e, &job->out, key, c.id, why);
    if (rc != ERR_MISSING)
        return rc;
    if (cut && !c.id) /* erased just before: the end of a screen is no reason to keep a number */
        return nobody(e, job, now, why);
    if (part)
        return parts_take(e, in, &job->out, &c, key, now, why);
    bool by_mt = in->kind == INPUT_MO && in->reply_by_mt;
    return engine_converse(e, in, &job->out, &c, key, by_mt ? in->aggregator : NULL, now, why);
}

static enum err receipt(struct engine *e, struct job *job, msec now, struct failure *why)
{
    enum err rc = repeat(e, &job->out, job->in.key, 0, why);
    if (rc != ERR_MISSING)
        return rc;
    rc = mt_receipt(e, &job->in, now, why);
    return rc == OK ? engine_remember(e, &job->out, job->in.key, 0, 0, now, why) : rc;
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
    case INPUT_LOOK:
        return referrals_look(e, &job->in, &job->out, now, why);
    }
    return fail(why, ERR_BUG, "unknown input kind %d", (int)job->in.kind);
}
