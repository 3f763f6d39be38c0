/* From what the dialogue and the collaborators want to referrals, journal rows, alerts and messages. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

static int host_index(const struct network *net, const char *id)
{
    const struct host *h = *id ? routing_host(net, id) : NULL;
    return h ? (int)(h - net->hosts) : -1;
}

/* ---- telling what happened ---- */

static void count_event(struct engine *e, enum referral_event what)
{
    struct engine_counters *c = &e->counters;
    c->referrals += what == RE_OPENED;
    c->offers += what == RE_OFFERED;
    c->accepted += what == RE_ACCEPTED;
    c->unmet += what == RE_UNMET;
    c->escalations += what == RE_EXPIRED || what == RE_DECLINED || what == RE_FAILED;
}

static enum err append_event(struct engine *e, const struct referral *r, const struct line *line,
                             enum referral_event what, int offer, msec now, struct failure *why)
{
    struct row row = {
        .at = now,
        .kind = ROW_REFERRAL,
        .contact = r->contact,
        .referral = r->id,
        .drill = r->drill,
        .channel = (uint8_t)line->channel,
        .event = (uint8_t)what,
        .need = (uint8_t)(r->need + 1),
        .urgent = r->urgent,
        .children = r->children,
    };
    str_copy(str_of(r->lang), row.lang, sizeof row.lang);
    memcpy(row.place, r->place, sizeof row.place);
    if (offer >= 0) {
        str_copy(str_of(r->offers[offer].collaborator), row.collaborator, sizeof row.collaborator);
        str_copy(str_of(r->offers[offer].host), row.host, sizeof row.host);
    }
    const char *note = what == RE_OPENED   ? r->stamp
                       : what == RE_CLOSED ? r->outcome
                       : what != RE_UNMET  ? ""
                       : r->n_offers       ? "nobody accepted"
                       : *r->place         ? "nobody eligible"
                                           : "place unknown and nobody on duty";
    str_copy(str_of(note), row.note, sizeof row.note);
    count_event(e, what);
    return e->store.ops->append(e->store.self, &row, why);
}

bool safe_by_sms(enum safe_way w)
{
    return w == SAFE_SMS || w == SAFE_SMS_DAY;
}

msec safe_time(const struct engine *e, const struct referral *r, msec now)
{
    enum { FROM = 7, TO = 18 }; /* hours of her day */
    int zone = e->rules->network->tz_offset_min;
    struct civil c = civil_of(now, zone);
    if (r->safe != SAFE_SMS_DAY || (c.hour >= FROM && c.hour < TO))
        return now;
    bool tomorrow = c.hour >= TO;
    c.hour = FROM;
    c.minute = c.second = 0;
    return civil_to_ms(&c, zone) + (tomorrow ? DAY_MS : 0);
}

/* No message goes out that was not asked for: only who chose an answer by SMS gets one. ERR_MISSING: nobody
 * does, also when they erased everything meanwhile. */
static enum err reach(struct engine *e, const struct referral *r, struct contact *c, struct failure *why)
{
    return safe_by_sms(r->safe) ? e->store.ops->contact_get(e->store.self, r->contact, c, why) : ERR_MISSING;
}

static enum err tell(struct engine *e, const struct referral *r, const struct contact *c, const char *key,
                     const struct text_arg *args, size_t n, msec now, struct failure *why)
{
    return mt_tell(e, c, r->id, key, args, n, r->drill, safe_time(e, r, now), now, why);
}

static enum err tell_contact(struct engine *e, const struct referral *r, const char *key, msec now,
                             struct failure *why)
{
    struct contact c;
    enum err rc = reach(e, r, &c, why);
    if (rc == OK)
        rc = tell(e, r, &c, key, NULL, 0, now, why);
    return rc == ERR_MISSING ? OK : rc;
}

static enum err tell_acceptance(struct engine *e, const struct referral *r, int offer, msec now,
                                struct failure *why)
{
    const struct network *net = e->rules->network;
    const struct collaborator *who = engine_collaborator(e, r->offers[offer].collaborator);
    int h = host_index(net, r->offers[offer].host);
    const char *meeting = h >= 0 && net->hosts[h].meeting_point ? net->hosts[h].meeting_point : "";
    bool phone = net->share_phone && who && who->phone;
    const struct text_arg args[] = {
        {"code_word", str_of(r->code_word)},
        {"phone", str_of(phone ? who->phone : "")},
        {"meeting", str_of(meeting)},
    };
    struct contact c;
    enum err rc = reach(e, r, &c, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    if (r->many_places || c.session.many_places) /* the same to whoever asks for many: it draws no map */
        return tell(e, r, &c, "mt_accepted_anywhere", NULL, 0, now, why);
    return tell(e, r, &c, phone ? "mt_accepted_phone" : "mt_accepted", args, 3, now, why);
}

static enum err one_event(struct engine *e, const struct referral *r, const struct line *line,
                          enum referral_event what, int offer, msec now, struct failure *why)
{
    enum err rc = append_event(e, r, line, what, offer, now, why);
    if (rc != OK)
        return rc;
    if (what == RE_OFFERED)
        return alerts_put(e, r, offer, now, why);
    if (what == RE_ACCEPTED)
        return tell_acceptance(e, r, offer, now, why);
    if (what == RE_UNMET && !line->answering)
        return tell_contact(e, r, "mt_unmet", now, why);
    return OK;
}

/* Store the referral and everything that follows from what just happened to it; `routed` NULL: nobody was
 * looked for. Its row stands before what came of it. */
static enum err settle(struct engine *e, struct referral *r, const struct referral *before,
                       const struct line *line, const struct referral_out *happened,
                       const struct routed *routed, msec now, struct failure *why)
{
    bool untold = routed && routed->done;
    if (before)
        load_of(e, before, -1);
    load_of(e, r, 1);
    engine_due(e, r->next_at);
    enum err rc = e->store.ops->referral_put(e->store.self, r, why);
    for (size_t i = 0; rc == OK && i < happened->n; i++) {
        enum referral_event what = happened->events[i].what;
        if (untold && (what == RE_OFFERED || what == RE_UNMET)) {
            rc = routed_put(e, r, line, routed, now, why);
            untold = false;
        }
        if (rc == OK)
            rc = one_event(e, r, line, what, happened->events[i].offer, now, why);
    }
    return rc == OK && untold ? routed_put(e, r, line, routed, now, why) : rc;
}

/* ---- asking for help ---- */

/* What the session knows that the referral does not yet. */
struct news {
    bool reroute;       /* others may have to be asked */
    bool excluded;      /* a commune was: who was asked may be from there */
    bool worth_telling; /* who has accepted must know */
};

static struct news update(struct referral *r, const struct session *s, const struct dialogue_env *env)
{
    struct referral before = *r;
    bool hurry = s->urgent && !r->urgent;
    if (*s->place)
        memcpy(r->place, s->place, sizeof r->place);
    if (hurry)
        r->need = NEED_DANGER;
    else if (s->need && !r->urgent)
        r->need = (enum need)(s->need - 1);
    r->urgent |= s->urgent;
    r->who |= s->who;
    r->many_places |= s->many_places;
    if (s->children != 255)
        r->children = s->children;
    if (s->safe)
        r->safe = (enum safe_way)s->safe;
    if (s->consent)
        r->consent = s->consent == 2;
    memcpy(r->avoid, s->avoid, sizeof r->avoid);
    str_copy(str_of(*s->lang ? s->lang : dialogue_default_lang(env->catalogs)), r->lang, sizeof r->lang);
    bool moved = strcmp(r->place, before.place) != 0, other_need = r->need != before.need;
    struct news n = {.excluded = memcmp(r->avoid, before.avoid, sizeof r->avoid) != 0};
    n.reroute = moved || hurry || other_need || n.excluded;
    bool more = r->children != before.children || r->safe != before.safe || r->who != before.who;
    n.worth_telling = moved || other_need || hurry || r->consent != before.consent || (r->consent && more);
    return n;
}

uint64_t engine_referral_id(msec at)
{
    return (uint64_t)at << 22;
}

/* Time first, so that those of one hour lie together in a store, then chance; never one twice, and always a
 * positive signed integer. */
static uint64_t next_id(struct engine *e, msec now)
{
    uint64_t id = engine_referral_id(now) | rng_below(&e->rng, 1u << 22);
    if (id <= e->last_id)
        id = e->last_id + 1 + rng_below(&e->rng, 1u << 10);
    e->last_id = id;
    return id;
}

static enum err open_new(struct engine *e, struct contact *c, const struct line *line, msec now,
                         struct failure *why)
{
    struct dialogue_env env = {.catalogs = e->rules->catalogs};
    struct referral r = {.contact = c->id, .drill = line->drill, .children = 255, .opened_at = now};
    struct routed routed;
    struct referral_out out = {.n = 0};
    r.id = next_id(e, now);
    r.need = c->session.urgent ? NEED_DANGER : c->session.need ? (enum need)(c->session.need - 1) : NEED_TALK;
    update(&r, &c->session, &env);
    memcpy(r.stamp, e->rules->stamp, sizeof r.stamp);
    routed_find(e, &r, NULL, now, &routed);
    referral_open(&r, e->rules->network, routed.who, routed.n, now, &out);
    c->session.referral = r.id;
    e->counters.urgent += r.urgent;
    return settle(e, &r, NULL, line, &out, &routed, now, why);
}

static bool is_taken(const struct referral *r)
{
    return r->state == REFERRAL_ACCEPTED || r->state == REFERRAL_ARRIVED;
}

static enum err tell_current(struct engine *e, const struct referral *r, msec now, struct failure *why)
{
    int at = referral_current(r);
    return at >= 0 ? alerts_put(e, r, at, now, why) : OK;
}

static enum err bring_up_to_date(struct engine *e, struct referral *r, const struct session *s,
                                 const struct line *line, unsigned effects, msec now, struct failure *why)
{
    struct dialogue_env env = {.catalogs = e->rules->catalogs};
    struct referral before = *r;
    struct routed routed;
    struct referral_out out = {.n = 0};
    routed.done = false;
    struct news news = update(r, s, &env);
    bool somebody_else = effects & DLG_OTHER_COLLABORATOR || news.excluded;
    int dismissed = somebody_else && is_taken(r) ? referral_current(r) : -1;
    if (somebody_else)
        referral_release(r, news.excluded, now);
    bool cries = effects & DLG_EMERGENCY && is_taken(r);
    if (cries)
        referral_recall(r, e->rules->network, now, &out);
    if (somebody_else || (news.reroute && !is_taken(r) && !cries)) {
        routed_find(e, r, &before, now, &routed);
        referral_offer_next(r, e->rules->network, routed.who, routed.n, now, &out);
    }
    enum err rc = settle(e, r, &before, line, &out, &routed, now, why);
    if (rc == OK && dismissed >= 0)
        rc = alerts_put(e, r, dismissed, now, why);
    bool offered = out.n && out.events[out.n - 1].what == RE_OFFERED; /* with all that is known */
    if (rc == OK && !offered && (news.worth_telling || effects & DLG_STUCK))
        rc = tell_current(e, r, now, why);
    if (rc == OK && is_taken(r) && r->many_places && !before.many_places && safe_time(e, r, now) > now)
        rc = tell_contact(e, r, "mt_accepted_anywhere", now, why); /* in the place of what waits */
    return rc;
}

enum err referrals_ask(struct engine *e, struct contact *c, const struct line *line, unsigned effects,
                       msec now, struct failure *why)
{
    struct referral r;
    enum err rc = e->store.ops->referral_of(e->store.self, c->id, line->drill, &r, why);
    if (rc == ERR_MISSING)
        return open_new(e, c, line, now, why);
    if (rc != OK)
        return rc;
    c->session.referral = r.id;
    if (c->session.avoid_own && *r.place && !*c->session.place)
        session_avoid(&c->session, r.place);
    return bring_up_to_date(e, &r, &c->session, line, effects, now, why);
}

static enum err withdraw_one(struct engine *e, uint64_t contact, bool drill, msec now, struct failure *why)
{
    struct referral r, before;
    struct line line = {CHANNEL_SMS, drill, false};
    struct referral_out out = {.n = 0};
    enum err rc = e->store.ops->referral_of(e->store.self, contact, drill, &r, why);
    if (rc != OK)
        return rc;
    before = r;
    int dismissed = is_taken(&r) ? referral_current(&r) : -1;
    referral_withdraw(&r, "erased", now, &out);
    rc = settle(e, &r, &before, &line, &out, NULL, now, why);
    return rc == OK && dismissed >= 0 ? alerts_put(e, &r, dismissed, now, why) : rc;
}

enum err referrals_withdraw(struct engine *e, uint64_t contact, msec now, struct failure *why)
{
    for (int drill = 0; drill < 2; drill++) {
        enum err rc;
        while ((rc = withdraw_one(e, contact, drill, now, why)) == OK) {
        }
        if (rc != ERR_MISSING)
            return rc;
    }
    return OK;
}

/* ---- collaborators' answers ---- */

static void offer_again(struct engine *e, struct referral *r, const struct referral *before, msec now,
                        struct routed *routed, struct referral_out *out)
{
    routed_find(e, r, before, now, routed);
    referral_offer_next(r, e->rules->network, routed->who, routed->n, now, out);
}

static void pick_code_word(struct engine *e, const char *lang, char *out, size_t cap)
{
    char all[DIALOGUE_REPLY];
    struct out o;
    struct str word = {0}, rest;
    size_t n = 0;
    out_init(&o, all, sizeof all);
    dialogue_text(e->rules->catalogs, lang, "code_words", NULL, 0, &o);
    for (rest = out_span(&o); rest.n; n += word.n > 0)
        word = str_split(&rest, ' ');
    uint32_t chosen = n ? rng_below(&e->rng, (uint32_t)n) : 0;
    for (rest = out_span(&o); rest.n; chosen -= word.n > 0) {
        word = str_split(&rest, ' ');
        if (word.n && chosen == 0)
            break;
    }
    str_copy(word, out, cap);
}

static enum err transition(struct engine *e, struct referral *r, const struct input *in, msec now,
                           struct routed *routed, struct referral_out *happened, struct failure *why)
{
    char code_word[sizeof r->code_word];
    const struct referral before = *r;
    enum err rc;
    switch (in->verb) {
    case VERB_ACCEPT:
        pick_code_word(e, r->lang, code_word, sizeof code_word);
        return referral_accept(r, in->collaborator, code_word, now, happened, why);
    case VERB_DECLINE:
        rc = referral_decline(r, in->collaborator, now, happened, why);
        if (rc == OK && happened->n)
            offer_again(e, r, &before, now, routed, happened);
        return rc;
    case VERB_ARRIVED:
        return referral_arrived(r, in->collaborator, now, happened, why);
    case VERB_CLOSE:
        return referral_close(r, in->collaborator, in->outcome, now, happened, why);
    }
    return fail(why, ERR_BUG, "unknown verb %d", (int)in->verb);
}

/* Only a system that alerts the collaborator may answer for them. Two endpoints with one token are one. */
static bool speaks_for(const struct engine *e, const struct input *in)
{
    char id[REFERRAL_NAME];
    const struct network *net = e->rules->network;
    const struct collaborator *c =
        str_copy(in->collaborator, id, sizeof id) ? engine_collaborator(e, id) : NULL;
    for (size_t i = 0; c && i < net->n_endpoints; i++) {
        const struct endpoint *by = &net->endpoints[i];
        if (strcmp(by->id, in->endpoint) != 0)
            continue;
        for (size_t k = 0; k < c->n_channels; k++) {
            const struct endpoint *own = &net->endpoints[c->channels[k]];
            if (own == by || (own->token && by->token && strcmp(own->token, by->token) == 0))
                return true;
        }
    }
    return false;
}

/* Who accepted sees the number until the case is closed; that look is itself journaled. */
static enum err disclose(struct engine *e, const struct referral *r, const struct input *in,
                         struct answer *out, msec now, struct failure *why)
{
    struct contact c;
    int at = referral_current(r);
    bool theirs = at >= 0 && r->offers[at].state == OFFER_ACCEPTED &&
                  str_is(in->collaborator, r->offers[at].collaborator);
    if (in->verb != VERB_ACCEPT || !theirs)
        return OK;
    memcpy(out->code_word, r->code_word, sizeof out->code_word);
    memcpy(out->host, r->offers[at].host, sizeof out->host);
    if (!r->consent) /* she was told that they come; her number is hers until she gives it */
        return OK;
    enum err rc = e->store.ops->contact_get(e->store.self, r->contact, &c, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    memcpy(out->phone, c.msisdn, sizeof out->phone);
    struct row row = {.at = now,
                      .kind = ROW_ACCESS,
                      .contact = r->contact,
                      .referral = r->id,
                      .drill = r->drill,
                      .children = 255};
    str_copy(in->collaborator, row.collaborator, sizeof row.collaborator);
    return e->store.ops->append(e->store.self, &row, why);
}

static enum err refused(struct answer *out, enum err code, const struct failure *why)
{
    out->status = code;
    str_copy(str_of(why->what), out->reason, sizeof out->reason);
    if (!*out->reason)
        memcpy(out->reason, "refused", 8);
    return OK;
}

/* One that ended unmet may still be accepted late, but not beside a newer one of the same contact: two would
 * come. Nor when the contact has erased everything since. */
static enum err superseded(struct engine *e, const struct input *in, const struct referral *r,
                           struct failure *no, struct failure *why)
{
    struct referral newer;
    struct contact c;
    if (in->verb != VERB_ACCEPT || r->state != REFERRAL_UNMET)
        return OK;
    enum err rc = e->store.ops->contact_get(e->store.self, r->contact, &c, why);
    if (rc == ERR_MISSING) {
        fail(no, ERR_INPUT, "the contact has withdrawn; nobody is needed any more");
        return OK;
    }
    if (rc == OK)
        rc = e->store.ops->referral_of(e->store.self, r->contact, r->drill, &newer, why);
    if (rc == OK)
        fail(no, ERR_INPUT, "the contact has asked again since; answer the newer referral");
    return rc == ERR_MISSING ? OK : rc;
}

enum err referrals_answer(struct engine *e, const struct input *in, struct answer *out, msec now,
                          struct failure *why)
{
    struct referral r, before;
    struct referral_out happened = {.n = 0};
    struct routed routed;
    struct failure no = {OK, ""};
    struct line line = {CHANNEL_SMS, false, false};
    if (!speaks_for(e, in)) {
        fail(&no, ERR_AUTH, "this system does not speak for that collaborator");
        return refused(out, ERR_AUTH, &no);
    }
    enum err rc = e->store.ops->referral_get(e->store.self, in->referral, &r, why);
    if (rc == ERR_MISSING) {
        fail(&no, ERR_MISSING, "no such referral");
        return refused(out, ERR_MISSING, &no);
    }
    if (rc != OK)
        return rc;
    before = r;
    line.drill = r.drill;
    rc = superseded(e, in, &r, &no, why);
    if (rc != OK)
        return rc;
    if (no.code != OK)
        return refused(out, no.code, &no);
    routed.done = false;
    rc = transition(e, &r, in, now, &routed, &happened, &no);
    if (rc != OK) {
        e->counters.late_answers++;
        return rc == ERR_BUG ? fail(why, rc, "%s", no.what) : refused(out, rc, &no);
    }
    rc = happened.n ? settle(e, &r, &before, &line, &happened, &routed, now, why) : OK;
    out->state = r.state;
    return rc == OK ? disclose(e, &r, in, out, now, why) : rc;
}

enum err referrals_look(struct engine *e, const struct input *in, struct answer *out, msec now,
                        struct failure *why)
{
    struct referral r;
    struct out note;
    enum err rc = e->store.ops->referral_get(e->store.self, in->referral, &r, why);
    if (rc == ERR_MISSING) {
        out->status = ERR_MISSING;
        return OK;
    }
    if (rc != OK)
        return rc;
    struct row row = {.at = now,
                      .kind = ROW_ACCESS,
                      .contact = r.contact,
                      .referral = r.id,
                      .drill = r.drill,
                      .children = 255};
    out_init(&note, row.note, sizeof row.note);
    out_cstr(&note, "officer ");
    out_str(&note, in->officer);
    return e->store.ops->append(e->store.self, &row, why);
}

/* ---- what happens by itself ---- */

static enum err pass_on(struct engine *e, uint64_t id, const char *failed_for, msec now, struct failure *why)
{
    struct referral r, before;
    struct referral_out happened = {.n = 0};
    struct routed routed;
    enum err rc = e->store.ops->referral_get(e->store.self, id, &r, why);
    if (rc != OK)
        return rc == ERR_MISSING ? OK : rc;
    int at = referral_current(&r);
    if (failed_for && (at < 0 || strcmp(r.offers[at].collaborator, failed_for) != 0))
        return OK; /* answered, or passed on already */
    before = r;
    routed.done = false;
    if (referral_expire(&r, now, failed_for != NULL, &happened))
        offer_again(e, &r, &before, now, &routed, &happened);
    struct line line = {CHANNEL_SMS, r.drill, false};
    return settle(e, &r, &before, &line, &happened, &routed, now, why);
}

enum err referrals_due(struct engine *e, msec now, struct failure *why)
{
    uint64_t ids[64];
    size_t n = 0;
    enum err rc = e->store.ops->referral_due(e->store.self, now, ids, sizeof ids / sizeof ids[0], &n, why);
    for (size_t i = 0; rc == OK && i < n; i++)
        rc = pass_on(e, ids[i], NULL, now, why);
    return rc;
}

enum err referrals_alert_failed(struct engine *e, const struct store_send *send, msec now,
                                struct failure *why)
{
    return pass_on(e, send->referral, send->target, now, why);
}
