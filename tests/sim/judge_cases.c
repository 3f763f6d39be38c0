/* Referrals as their rows tell them, and everything that leaves besides answers. */
#include "sim/walk.h"

#include <string.h>

/* ---- tales ---- */

size_t tales_of(const struct walk *w, size_t phone)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_tales; i++)
        n += w->tales[i].phone == phone;
    return n;
}

const struct tale *tale_of(const struct walk *w, size_t phone, size_t no)
{
    for (size_t i = 0; i < w->n_tales; i++)
        if (w->tales[i].phone == phone && no-- == 0)
            return &w->tales[i];
    return NULL;
}

static struct tale *tale(struct walk *w, uint64_t id)
{
    for (size_t i = w->n_tales; i > 0; i--)
        if (w->tales[i - 1].id == id)
            return &w->tales[i - 1];
    return NULL;
}

static bool was_asked(const struct tale *t, const char *who)
{
    for (size_t i = 0; i < t->n_asked; i++)
        if (strcmp(t->asked[i], who) == 0)
            return true;
    return false;
}

static bool holds(const struct tale *t, const struct row *row)
{
    return *t->holder && strcmp(t->holder, row->collaborator) == 0;
}

/* ---- rows ---- */

static void opened(struct walk *w, const struct row *row)
{
    if (tale(w, row->referral) || !w->working || w->n_tales == TALES) {
        broke(w, "a referral is opened once, by a message", "row %llu", (unsigned long long)row->seq);
        return;
    }
    w->tales[w->n_tales++] =
        (struct tale){.id = row->referral, .contact = row->contact, .phone = w->now->phone};
}

/* Nobody who serves but a commune she excluded, and nowhere in one. */
static void judge_avoided(struct walk *w, const struct row *row)
{
    const struct network *net = w->sim->rules->network;
    struct referral r;
    if (practice_referral_by_id(w->p, row->referral, &r) != OK)
        return;
    for (size_t a = 0; a < 4; a++) {
        if (!*r.avoid[a])
            continue;
        for (size_t i = 0; i < net->n_collaborators; i++) {
            const struct collaborator *c = &net->collaborators[i];
            if (strcmp(c->id, row->collaborator) == 0 && c->n_places == 1 &&
                strcmp(c->places[0]->code, r.avoid[a]) == 0)
                broke(w, "nobody is asked, or has it, who was excluded", "%s", row->collaborator);
        }
        for (size_t i = 0; i < net->n_hosts; i++)
            if (strcmp(net->hosts[i].id, row->host) == 0 &&
                strcmp(net->hosts[i].place->code, r.avoid[a]) == 0)
                broke(w, "nowhere in a place that was excluded", "%s", row->host);
    }
}

static bool her_own_message(const struct walk *w, const struct tale *t)
{
    return w->working && w->now->phone == t->phone;
}

static void offered(struct walk *w, struct tale *t, const struct row *row)
{
    bool recalled = row->urgent && holds(t, row); /* must say once more that they come */
    if (*t->holder && !her_own_message(w, t))
        broke(w, "who has accepted is not passed over", "%s", row->collaborator);
    if (t->unmet || (t->arrived && !her_own_message(w, t)))
        broke(w, "what has ended is offered to nobody", "%s", row->collaborator);
    if (was_asked(t, row->collaborator) && !recalled)
        broke(w, "nobody is asked twice, but who had accepted and is called again", "%s", row->collaborator);
    t->holder[0] = '\0';
    t->arrived = false;
    judge_avoided(w, row);
    if (recalled)
        return;
    if (t->n_asked >= (size_t)w->sim->rules->network->max_offers) {
        broke(w, "no more are asked than max_offers", "%zu", t->n_asked + 1);
        return;
    }
    str_copy(str_of(row->collaborator), t->asked[t->n_asked++], REFERRAL_NAME);
}

static void accepted(struct walk *w, struct tale *t, const struct row *row)
{
    if (w->now->kind != OP_ANSWER || *t->holder || !was_asked(t, row->collaborator))
        broke(w, "who accepts was asked, and nobody else has it", "%s", row->collaborator);
    judge_avoided(w, row);
    if (!w->phones[t->phone].stored || w->phones[t->phone].is.id != t->contact)
        broke(w, "nobody takes the case of who was erased", "%s", row->collaborator);
    str_copy(str_of(row->collaborator), t->holder, sizeof t->holder);
    t->unmet = false;
}

static void declined(struct walk *w, struct tale *t, const struct row *row)
{
    if (w->now->kind != OP_ANSWER || !was_asked(t, row->collaborator) || t->unmet)
        broke(w, "who declines was asked", "%s", row->collaborator);
    t->holder[0] = '\0';
}

static uint64_t digest_of(const struct referral *r)
{
    char text[4096];
    size_t n = referral_pack(r, text, sizeof text);
    return fingerprint((struct str){text, n});
}

static void closed(struct walk *w, struct tale *t, const struct row *row)
{
    struct referral r;
    bool erased = her_own_message(w, t) && strcmp(row->note, "erased") == 0;
    if (!erased && !(w->now->kind == OP_ANSWER && holds(t, row)))
        broke(w, "only who accepted closes, or she erases", "%s", row->collaborator);
    t->closed = true;
    if (practice_referral_by_id(w->p, t->id, &r) == OK)
        t->at_end = digest_of(&r);
}

static void unmet(struct walk *w, struct tale *t, const struct row *row)
{
    if (*t->holder && !her_own_message(w, t))
        broke(w, "what was accepted is not unmet", "%s", row->note);
    t->holder[0] = '\0';
    t->arrived = false;
    t->unmet = true;
}

static void judge_event(struct walk *w, struct tale *t, const struct row *row)
{
    if (t->closed)
        broke(w, "a referral that is closed never changes", "%s", row_event_name(row));
    switch ((enum referral_event)row->event) {
    case RE_OPENED:
        broke(w, "a referral is opened once", "%s", row->note);
        break;
    case RE_OFFERED:
        offered(w, t, row);
        break;
    case RE_ACCEPTED:
        accepted(w, t, row);
        break;
    case RE_DECLINED:
        declined(w, t, row);
        break;
    case RE_EXPIRED:
    case RE_FAILED:
        if (*t->holder || t->unmet || !was_asked(t, row->collaborator))
            broke(w, "only an offer that waits runs out", "%s", row->collaborator);
        break;
    case RE_ARRIVED:
        if (!holds(t, row) || t->arrived)
            broke(w, "only who accepted tells of an arrival, once", "%s", row->collaborator);
        t->arrived = true;
        break;
    case RE_CLOSED:
        closed(w, t, row);
        break;
    case RE_UNMET:
        unmet(w, t, row);
        break;
    case RE_COUNT:
        broke(w, "an event has a name", "%u", (unsigned)row->event);
    }
}

static bool each_row(void *walk, const struct row *row)
{
    struct walk *w = walk;
    struct tale *t = row->referral ? tale(w, row->referral) : NULL;
    w->seq = row->seq;
    w->lines += row->kind == ROW_MO || row->kind == ROW_USSD;
    if (!row->drill)
        broke(w, "all is a drill here", "row %llu", (unsigned long long)row->seq);
    if (row->kind == ROW_REFERRAL && row->event == RE_OPENED)
        opened(w, row);
    else if (row->kind == ROW_REFERRAL && t)
        judge_event(w, t, row);
    else if (row->kind == ROW_REFERRAL)
        broke(w, "a referral is opened first", "row %llu", (unsigned long long)row->seq);
    if (row->kind == ROW_ACCESS && (!t || !holds(t, row)))
        broke(w, "only who accepted sees the number", "%s", row->collaborator);
    return !w->broken.what;
}

/* ---- what is stored against what was told ---- */

static void judge_stored(struct walk *w, const struct tale *t, unsigned *open)
{
    struct referral r;
    if (practice_referral_by_id(w->p, t->id, &r) != OK) {
        broke(w, "a referral that was opened is stored", "%s", "it is not");
        return;
    }
    bool over = r.state == REFERRAL_CLOSED || r.state == REFERRAL_UNMET;
    bool taken = r.state == REFERRAL_ACCEPTED || r.state == REFERRAL_ARRIVED;
    open[t->phone] += !over;
    if (t->closed != (r.state == REFERRAL_CLOSED) || t->unmet != (r.state == REFERRAL_UNMET) ||
        (!over && taken != (*t->holder != '\0')) || (taken && t->arrived != (r.state == REFERRAL_ARRIVED)))
        broke(w, "rows and store tell the same", "%s", referral_state_name(r.state));
    if (r.n_offers != t->n_asked)
        broke(w, "each offer has its row", "%u of %zu", (unsigned)r.n_offers, t->n_asked);
    if (!r.consent && !r.urgent)
        broke(w, "nothing is passed on without consent, but danger", "%s", need_name(r.need));
    if (r.contact != t->contact)
        broke(w, "a referral stays its contact's", "%s", "it changed hands");
    if (t->closed && t->at_end != digest_of(&r))
        broke(w, "a referral that is closed never changes", "%s", r.outcome);
    if (!over && !r.next_at && r.state == REFERRAL_OFFERED)
        broke(w, "an offer runs out by itself", "%s", "nothing is due");
    if (r.state == REFERRAL_OPEN)
        broke(w, "a referral waits for somebody, or is unmet", "%s", "nobody was asked");
}

static void judge_all_stored(struct walk *w)
{
    unsigned open[PHONES] = {0};
    for (size_t i = 0; i < w->n_tales; i++)
        judge_stored(w, &w->tales[i], open);
    for (size_t i = 0; i < w->n_phones; i++)
        if (open[i] > 1)
            broke(w, "a contact has one open referral at most", "%u", open[i]);
}

/* ---- messages ---- */

static const struct collaborator *by_id(const struct network *net, const char *id)
{
    for (size_t i = 0; i < net->n_collaborators; i++)
        if (strcmp(net->collaborators[i].id, id) == 0)
            return &net->collaborators[i];
    return NULL;
}

static const char *meeting_of(const struct network *net, const char *host)
{
    for (size_t i = 0; i < net->n_hosts; i++)
        if (strcmp(net->hosts[i].id, host) == 0)
            return net->hosts[i].meeting_point ? net->hosts[i].meeting_point : "";
    return "";
}

static bool reads(const struct walk *w, struct str text, const char *key, const struct text_arg *args,
                  size_t n)
{
    const struct catalogs *c = w->sim->rules->catalogs;
    char want[DIALOGUE_REPLY];
    for (size_t i = 0; i < c->n; i++) {
        struct out o;
        out_init(&o, want, sizeof want);
        dialogue_text(c, c->items[i].def->lang, key, args, n, &o);
        if (str_eq(str_trim(out_span(&o)), str_trim(text)))
            return true;
    }
    return false;
}

/* What may be told of a referral that somebody has: all of it, or the same to whoever asks for many places.
 */
static bool tells_of_acceptance(const struct walk *w, const struct referral *r, struct str text,
                                bool *meeting)
{
    const struct network *net = w->sim->rules->network;
    int at = referral_current(r);
    *meeting = false;
    if (reads(w, text, "mt_accepted_anywhere", NULL, 0)) {
        w->sim->t.anywhere += w->counting;
        return true;
    }
    if (at < 0 || r->offers[at].state != OFFER_ACCEPTED)
        return false;
    const struct collaborator *c = by_id(net, r->offers[at].collaborator);
    const char *point = meeting_of(net, r->offers[at].host);
    const struct text_arg args[] = {{"code_word", str_of(r->code_word)},
                                    {"phone", str_of(c && c->phone ? c->phone : "")},
                                    {"meeting", str_of(point)}};
    *meeting = *point != '\0';
    return reads(w, text, "mt_accepted_phone", args, 3) || reads(w, text, "mt_accepted", args, 3);
}

static void judge_hour(struct walk *w, const struct practice_sent *s, const struct referral *r)
{
    struct civil at = civil_of(s->at, w->sim->rules->network->tz_offset_min);
    if (r->safe != SAFE_SMS && r->safe != SAFE_SMS_DAY)
        broke(w, "messages go to who chose them", "%s", safe_way_name(r->safe));
    if (r->safe == SAFE_SMS_DAY && (at.hour < 7 || at.hour >= 18))
        broke(w, "who chose the day gets no message by night", "at %02d:%02d", at.hour, at.minute);
}

static void judge_content(struct walk *w, const struct practice_sent *s, const struct watch *ph,
                          const struct referral *r)
{
    bool meeting = false, taken = r->state == REFERRAL_ACCEPTED || r->state == REFERRAL_ARRIVED;
    if (reads(w, s->body, "mt_unmet", NULL, 0)) {
        bool since = taken && r->accepted_at >= s->at; /* within the same moment */
        if (r->state != REFERRAL_UNMET && !since)
            broke(w, "a message tells what is so: unmet", "%s", referral_state_name(r->state));
        return;
    }
    if (!taken)
        broke(w, "a message tells what is so: accepted", "%s: %.*s", referral_state_name(r->state),
              STR_ARG(s->body));
    else if (!tells_of_acceptance(w, r, s->body, &meeting))
        broke(w, "a message tells of its own referral, and of who has it now", "%.*s", STR_ARG(s->body));
    if (meeting && (r->many_places || (ph->stored && ph->is.session.many_places)))
        broke(w, "who asks for many places is told no meeting point", "%.*s", STR_ARG(s->body));
}

static void judge_mt(struct walk *w, const struct practice_sent *s)
{
    struct referral r;
    size_t i = 0;
    while (i < w->n_phones && strcmp(w->phones[i].msisdn, s->to) != 0)
        i++;
    if (i == w->n_phones || !s->referral || practice_referral_by_id(w->p, s->referral, &r) != OK ||
        !practice_owns(w->p, s->to, s->referral)) {
        broke(w, "a message goes to the phone its referral is of", "%s", s->to);
        return;
    }
    const struct watch *ph = &w->phones[i];
    if (ph->stopped)
        broke(w, "who said stop gets no message", "%s", s->to);
    if (text_tells(w->sim, s->body))
        broke(w, "no message gives away what the line is for", "%.*s", STR_ARG(s->body));
    judge_text(w, s->body, CHANNEL_SMS, ph->is.session.lang);
    judge_hour(w, s, &r);
    judge_content(w, s, ph, &r);
    w->sim->t.mt += w->counting;
}

/* ---- alerts ---- */

static bool holds_text(struct str body, const char *what)
{
    return *what && memmem(body.s, body.n, what, strlen(what)) != NULL;
}

static void judge_alert(struct walk *w, const struct practice_sent *s)
{
    const struct network *net = w->sim->rules->network;
    const struct tale *t = tale(w, s->referral);
    struct referral r;
    char id[ID_TEXT];
    id_text(s->referral, id);
    if (!t || !was_asked(t, s->target) || practice_referral_by_id(w->p, s->referral, &r) != OK ||
        !holds_text(s->body, id)) {
        broke(w, "an alert goes to who was asked", "%s", s->target);
        return;
    }
    for (size_t i = 0; i < w->n_phones; i++)
        if (holds_text(s->body, w->phones[i].msisdn + 1))
            broke(w, "an alert holds no number", "%.*s", STR_ARG(s->body));
    for (size_t i = 0; i < net->n_hosts; i++)
        if (holds_text(s->body, net->hosts[i].id) || holds_text(s->body, net->hosts[i].name))
            broke(w, "an alert names no host", "%.*s", STR_ARG(s->body));
    for (size_t i = 0; i < net->n_collaborators; i++)
        if (holds_text(s->body, net->collaborators[i].phone))
            broke(w, "an alert holds no number", "%.*s", STR_ARG(s->body));
    if (holds_text(s->body, "qlu"))
        broke(w, "an alert holds nothing that was typed", "%.*s", STR_ARG(s->body));
    if (!r.consent && (holds_text(s->body, "\"safe_way\"") || holds_text(s->body, "\"children\"") ||
                       holds_text(s->body, "\"who\"")))
        broke(w, "without consent an alert tells place and urgency alone", "%.*s", STR_ARG(s->body));
    w->sim->t.alerts += w->counting;
}

/* ---- all of it ---- */

static void judge_sent(struct walk *w)
{
    const struct practice_sent *all;
    size_t n = practice_sent(w->p, &all), i = n;
    while (i > 0 && all[i - 1].no > w->sent)
        i--;
    for (; i < n; i++) {
        if (w->telling)
            fprintf(w->sim->out, "    -> %s %s: %.*s\n", all[i].target, all[i].to, STR_ARG(all[i].body));
        w->sent = all[i].no;
        if (all[i].kind == SEND_MT)
            judge_mt(w, &all[i]);
        else
            judge_alert(w, &all[i]);
    }
}

void judge_news(struct walk *w)
{
    uint64_t before = w->seq;
    practice_rows(w->p, w->seq, each_row, w);
    judge_sent(w);
    if (w->seq != before)
        judge_all_stored(w);
}

void judge_collaborator(struct walk *w, const struct op *op, const struct tale *t, const struct answer *a)
{
    const struct collaborator *c = &w->sim->rules->network->collaborators[op->collaborator];
    const struct watch *ph = &w->phones[op->phone];
    struct referral r;
    judge_news(w);
    bool theirs =
        practice_referral_by_id(w->p, t->id, &r) == OK && strcmp(t->holder, c->id) == 0 && !t->closed;
    bool shown = *a->phone || *a->code_word || *a->host;
    if (shown && !(a->status == OK && op->verb == VERB_ACCEPT && theirs))
        broke(w, "only who has accepted sees the number, until it is closed", "%s", c->id);
    if (op->verb != VERB_ACCEPT || a->status != OK)
        return;
    if (!theirs)
        broke(w, "who is told yes has the case", "%s", c->id);
    else if (strcmp(a->code_word, r.code_word) != 0 || !*a->code_word)
        broke(w, "who accepts is shown the word of this case", "%s", c->id);
    else if (strcmp(a->phone, r.consent ? ph->msisdn : "") != 0)
        broke(w, "who accepts is shown the number of this case, once she gave it", "%s", c->id);
}

/* ---- the end of a walk ---- */

static bool is_empty(void *all, const struct row *row)
{
    *(bool *)all &= !row->text.n && !row->reply.n;
    return true;
}

void judge_erased(struct walk *w, const struct watch *ph)
{
    bool all = true;
    practice_rows_of(w->p, ph->msisdn, 0, is_empty, &all);
    if (!all)
        broke(w, "who was erased has left no words", "%s", ph->msisdn);
}

void judge_end(struct walk *w)
{
    uint64_t rows;
    struct failure why;
    judge_all_stored(w);
    if (w->p->store.ops->verify(w->p->store.self, &rows, &why) != OK || rows != w->seq)
        broke(w, "the journal's chain holds", "%s", why.what);
    for (size_t i = 0; i < w->n_tales && w->counting; i++) {
        struct referral r;
        w->sim->t.referrals++;
        if (practice_referral_by_id(w->p, w->tales[i].id, &r) == OK)
            w->sim->t.ended[r.state]++;
    }
}
