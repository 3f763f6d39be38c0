/* One operation through the real engine, and what the judges need to know of it. */
#include "sim/walk.h"

#include <string.h>

static const char *const lines[] = {"practice", "other"};

static bool stored(const struct walk *w, const struct watch *ph, struct contact *out)
{
    return practice_contact(w->p, ph->msisdn, out) == OK;
}

/* A conversation is changed by its own phone alone, whatever else happens. */
static void untouched(struct walk *w, const struct watch *ph)
{
    struct contact c;
    char was[1024], is[1024];
    bool there = stored(w, ph, &c);
    if (there != ph->stored) {
        broke(w, "a contact is stored or gone without a message of its own", "%s", ph->msisdn);
        return;
    }
    if (!there)
        return;
    size_t n = session_pack(&ph->is.session, was, sizeof was), m = session_pack(&c.session, is, sizeof is);
    if (c.id != ph->is.id || c.stopped != ph->is.stopped || n != m || memcmp(was, is, n) != 0)
        broke(w, "a conversation is changed by another's", "%s", ph->msisdn);
}

static struct practice_step step_of(const struct walk *w, const struct op *op, char key[16])
{
    msec now = practice_now(w->p);
    snprintf(key, 16, "k%zu", op->key);
    return (struct practice_step){.msisdn = w->phones[op->phone].msisdn,
                                  .aggregator = lines[op->line],
                                  .channel = op->channel,
                                  .event = op->event,
                                  .text = op->text,
                                  .key = str_of(key),
                                  .sent_at = op->sent_ago < 0 ? 0 : now - op->sent_ago,
                                  .takes = 1};
}

static void note_given(struct walk *w, const struct op *op, const struct answer *a)
{
    w->given[op->key] = (struct given){.done = true,
                                       .phone = op->phone,
                                       .end = a->end,
                                       .len = a->len,
                                       .text = fingerprint((struct str){a->text, a->len}),
                                       .at = practice_now(w->p)};
}

static void note_message(const struct sim *s, struct watch *ph, const struct op *op, msec now)
{
    ph->came[ph->n_came].at = now;
    ph->came[ph->n_came++].weight = is_insult(s, op->text) ? 5 : 1;
    if (op->event != DLG_CUT)
        ph->last_at = now;
    if (op->event != DLG_CUT && op->sent_ago >= 0 && now - op->sent_ago > ph->sent_at)
        ph->sent_at = now - op->sent_ago;
    ph->ussd = op->channel == CHANNEL_USSD ? op->event != DLG_CUT : ph->ussd;
    ph->typed = op->text;
}

static void forget_answers(struct walk *w, size_t phone)
{
    for (size_t i = 0; i < OPS; i++)
        w->given[i].erased |= w->given[i].done && w->given[i].phone == phone;
}

static void say(struct walk *w, const struct op *op)
{
    struct watch *ph = &w->phones[op->phone];
    struct contact before = ph->is;
    struct answer a;
    char key[16];
    const struct practice_step step = step_of(w, op, key);
    msec now = practice_now(w->p) + step.takes;
    if (op->event != DLG_CUT)
        ph->stopped = false;
    w->working = true;
    w->worked++;
    practice_say(w->p, &step, &a);
    judge_answer(w, op, &a, ph->stored ? &before : NULL);
    note_message(w->sim, ph, op, now);
    if (a.end)
        ph->ussd = false;
    str_copy((struct str){a.text, a.len}, ph->read, sizeof ph->read);
    ph->stored = stored(w, ph, &ph->is);
    note_given(w, op, &a);
    w->answered[op - w->ops] = w->given[op->key].text;
    if (!ph->stored) {
        forget_answers(w, op->phone);
        judge_erased(w, ph);
    }
    w->given[op->key].erased = false;
    judge_session(w, op, before.id ? &before : NULL);
}

static void say_again(struct walk *w, const struct op *op)
{
    struct answer a;
    char key[16];
    const struct practice_step step = step_of(w, op, key);
    if (!w->given[op->key].done) { /* what it repeats was left out of this run */
        say(w, op);
        return;
    }
    practice_say(w->p, &step, &a);
    w->answered[op - w->ops] = fingerprint((struct str){a.text, a.len});
    judge_repeat(w, op, &a, &w->given[op->key]);
}

static void answer(struct walk *w, const struct op *op)
{
    const struct tale *t = tale_of(w, op->phone, op->referral);
    struct answer a;
    if (!t)
        return;
    practice_answer(w->p, t->id, str_of(w->sim->rules->network->collaborators[op->collaborator].id), op->verb,
                    str_of(op->outcome), &a);
    w->answered[op - w->ops] = fingerprint(str_of(a.reason)) + (uint64_t)a.status;
    judge_collaborator(w, op, t, &a);
}

static void tell(struct walk *w, const struct op *op)
{
    static const char *const events[] = {"", " begins", " is cut"};
    static const char *const verbs[] = {"accepts", "declines", "tells of her arrival", "closes"};
    const struct watch *ph = &w->phones[op->phone];
    char at[32];
    time_rfc3339(practice_now(w->p), w->sim->rules->network->tz_offset_min, at, sizeof at);
    fprintf(w->sim->out, "%s ", at);
    if (op->kind == OP_PASS)
        fprintf(w->sim->out, "time passes\n");
    else if (op->kind == OP_ANSWER)
        fprintf(w->sim->out, "%s %s referral %zu of phone %u\n",
                w->sim->rules->network->collaborators[op->collaborator].id, verbs[op->verb], op->referral,
                (unsigned)op->phone);
    else
        fprintf(w->sim->out, "phone %u (%s)%s%s%s: \"%.*s\"%s\n", (unsigned)op->phone, ph->home->ascii,
                op->channel == CHANNEL_USSD ? " ussd" : " sms", events[op->event],
                op->kind == OP_AGAIN ? " again" : "", STR_ARG(op->text), op->danger ? " (danger)" : "");
}

static void tell_answer(struct walk *w, const struct op *op)
{
    const struct watch *ph = &w->phones[op->phone];
    if (op->kind != OP_SAY)
        return;
    fprintf(w->sim->out, "    <- \"%s\"\n", ph->read);
    if (ph->stored)
        fprintf(w->sim->out, "       (state %s, stated %d, urgent %d, place %s)\n", ph->is.session.state,
                ph->is.session.stated, ph->is.session.urgent, ph->is.session.place);
}

void play(struct walk *w, const struct op *op)
{
    w->now = op;
    w->working = false;
    w->began[op - w->ops] = practice_now(w->p);
    w->answered[op - w->ops] = 0;
    practice_pass(w->p, op->takes);
    judge_news(w);
    if (w->telling)
        tell(w, op);
    if (op->kind == OP_SAY || op->kind == OP_AGAIN)
        untouched(w, &w->phones[op->phone]);
    if (op->kind == OP_SAY)
        say(w, op);
    else if (op->kind == OP_AGAIN)
        say_again(w, op);
    else if (op->kind == OP_ANSWER)
        answer(w, op);
    if (w->telling)
        tell_answer(w, op);
    judge_news(w);
    if (w->lines != w->worked)
        broke(w, "each message has one row, and a repeat none", "%zu of %zu", w->lines, w->worked);
    if (w->counting) {
        w->sim->t.steps++;
        w->sim->t.messages += op->kind == OP_SAY;
        w->sim->t.repeats += op->kind == OP_AGAIN;
        w->sim->t.answers += op->kind == OP_ANSWER;
        w->sim->t.dangers += op->kind == OP_SAY && op->danger;
    }
}
