/* What people, their neighbours, their children, collaborators and networks may do next. */
#include "sim/walk.h"

#include <stdlib.h>
#include <string.h>

/* ---- when, and by what way ---- */

static msec pause_of(struct walk *w, const struct watch *ph)
{
    size_t at = any(w, 1000);
    if (ph->persona == FLOODS && at < 960)
        return between(w, 100, 3000);
    return at < 70    ? between(w, 200, 5200)
           : at < 780 ? between(w, 5 * SECOND_MS, 90 * SECOND_MS)
           : at < 850 ? between(w, 4 * MINUTE_MS, 7 * MINUTE_MS)
           : at < 910 ? between(w, 7 * MINUTE_MS, 70 * MINUTE_MS)
           : at < 950 ? between(w, 5 * HOUR_MS, 8 * HOUR_MS)
           : at < 990 ? between(w, 20 * HOUR_MS, 30 * HOUR_MS)
           : at < 997 ? between(w, 2 * DAY_MS, 8 * DAY_MS)
                      : between(w, 8 * DAY_MS, 35 * DAY_MS);
}

static void by_ussd(struct walk *w, const struct watch *ph, struct op *op)
{
    op->channel = CHANNEL_USSD;
    op->event = !ph->ussd || chance(w, 3) ? DLG_BEGIN : chance(w, 6) ? DLG_CUT : DLG_TEXT;
    if (op->event == DLG_BEGIN && chance(w, 70)) {
        op->text.n = 0;
        op->danger = false;
        op->neutral = true;
    }
    if (op->event == DLG_CUT) {
        op->text.n = 0;
        op->danger = false;
    }
}

static void say(struct walk *w, struct op *op)
{
    op->kind = OP_SAY;
    op->phone = (uint8_t)any(w, w->n_phones);
    for (size_t i = 0; i < w->n_phones && chance(w, 60); i++)
        if (w->phones[i].persona == FLOODS)
            op->phone = (uint8_t)i;
    struct watch *ph = &w->phones[op->phone];
    op->takes = pause_of(w, ph);
    op->line = chance(w, 12);
    op->key = w->n_ops;
    op->sent_ago = chance(w, 15)   ? -1
                   : chance(w, 90) ? between(w, 1, 3000)
                   : chance(w, 90) ? between(w, 3000, HOUR_MS)
                                   : between(w, HOUR_MS, 3 * DAY_MS);
    op->channel = CHANNEL_SMS;
    op->event = DLG_TEXT;
    type(w, ph, op);
    if (chance(w, ph->ussd ? 85 : 30))
        by_ussd(w, ph, op);
}

/* The key was pressed twice: the same text, a new message. */
static bool say_twice(struct walk *w, struct op *op)
{
    const struct op *last = w->n_ops ? &w->ops[w->n_ops - 1] : NULL;
    if (!last || last->kind != OP_SAY || last->event == DLG_CUT)
        return false;
    *op = *last;
    op->takes = between(w, 100, 6000);
    op->key = w->n_ops;
    return true;
}

/* The aggregator calls back once more. */
static bool again(struct walk *w, struct op *op)
{
    size_t at = w->n_ops ? chance(w, 60) ? w->n_ops - 1 : any(w, w->n_ops) : 0;
    bool young = w->n_ops && w->ops[at].kind == OP_SAY && w->given[at].done &&
                 practice_now(w->p) - w->given[at].at < w->sim->rules->dedupe_window - 2 * HOUR_MS;
    if (!young)
        return false;
    *op = w->ops[at];
    op->kind = OP_AGAIN;
    op->takes = chance(w, 70) ? between(w, 500, MINUTE_MS) : between(w, MINUTE_MS, HOUR_MS);
    return true;
}

static size_t who_is_asked(struct walk *w, const struct tale *t)
{
    const struct network *net = w->sim->rules->network;
    struct referral r;
    const char *id = NULL;
    if (chance(w, 88) && practice_referral_by_id(w->p, t->id, &r) == OK && r.n_offers) {
        int at = referral_current(&r);
        id = r.offers[at >= 0 && chance(w, 80) ? (size_t)at : any(w, r.n_offers)].collaborator;
    }
    for (size_t i = 0; id && i < net->n_collaborators; i++)
        if (strcmp(net->collaborators[i].id, id) == 0)
            return i;
    return any(w, net->n_collaborators);
}

static bool collaborator(struct walk *w, struct op *op)
{
    static const enum answer_verb verbs[] = {VERB_ACCEPT,  VERB_ACCEPT,  VERB_ACCEPT,  VERB_ACCEPT,
                                             VERB_ACCEPT,  VERB_DECLINE, VERB_DECLINE, VERB_ARRIVED,
                                             VERB_ARRIVED, VERB_CLOSE};
    static const char *const outcomes[] = {"safe", "moved", "no-contact", "",
                                           "an outcome that is much too long"};
    op->phone = (uint8_t)any(w, w->n_phones);
    size_t n = tales_of(w, op->phone);
    if (!n)
        return false;
    op->kind = OP_ANSWER;
    op->referral = chance(w, 80) ? n - 1 : any(w, n);
    op->collaborator = who_is_asked(w, tale_of(w, op->phone, op->referral));
    op->verb = ONE_OF(w, verbs);
    op->outcome = chance(w, 80) ? "safe" : ONE_OF(w, outcomes);
    return true;
}

static bool somebody_waits(const struct walk *w)
{
    for (size_t i = 0; i < w->n_tales; i++)
        if (!w->tales[i].unmet && !w->tales[i].closed && !*w->tales[i].holder)
            return true;
    return false;
}

void invent(struct walk *w, struct op *op)
{
    *op = (struct op){.kind = OP_PASS, .key = w->n_ops};
    size_t at = any(w, 100);
    if (at < 5 && again(w, op))
        return;
    if (at >= 5 && at < 9 && say_twice(w, op))
        return;
    if (at >= 9 && at < (somebody_waits(w) ? 40 : 22) && collaborator(w, op))
        return;
    if (at >= 96) {
        op->takes = chance(w, 80) ? between(w, MINUTE_MS, HOUR_MS) : between(w, HOUR_MS, DAY_MS);
        return;
    }
    say(w, op);
}

/* ---- who walks ---- */

void invent_phones(struct walk *w)
{
    static const uint8_t likely[] = {ORDINARY, ORDINARY, ORDINARY, TELLS,  TELLS, TELLS, WILD,
                                     WILD,     MAPPER,   MAPPER,   COPIES, TAKEN, FLOODS};
    const struct sim *s = w->sim;
    w->n_phones = 1 + any(w, PHONES);
    w->most = w->n_phones * 2 + 5 + any(w, 34);
    size_t home = any(w, s->n_homes), lang;
    for (size_t i = 0; i < w->n_phones; i++) {
        struct watch *ph = &w->phones[i];
        struct failure why;
        snprintf(ph->msisdn, sizeof ph->msisdn, "+9990%03u%04u", (unsigned)any(w, 1000), (unsigned)i);
        ph->home = s->homes[(home + i) % s->n_homes];
        ph->persona = ONE_OF(w, likely);
        lang = chance(w, 40) ? any(w, s->rules->catalogs->n) : 0;
        if (lang && practice_speaks(w->p, ph->msisdn, s->rules->catalogs->items[lang].def->lang, &why) == OK)
            ph->stored = practice_contact(w->p, ph->msisdn, &ph->is) == OK;
    }
}
