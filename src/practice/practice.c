#include "practice/internal.h"

#include "journal/journal.h"

#include <stdlib.h>
#include <string.h>

#define SENT_MOST 1024
#define LINE "practice"

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

/* ---- what would go out ---- */

static char *copy(struct str s)
{
    char *to = must(malloc(s.n + 1));
    if (s.n)
        memcpy(to, s.s, s.n);
    to[s.n] = '\0';
    return to;
}

static void forget_sent(struct practice_sent *s)
{
    free((char *)s->target);
    free((char *)s->to);
    free((char *)s->body.s);
}

/* The array has twice the room, so that moving it is rare. */
static struct practice_sent *next_sent(struct practice *p)
{
    if (p->n_sent == 2 * (size_t)SENT_MOST) {
        for (size_t i = 0; i < SENT_MOST; i++)
            forget_sent(&p->sent[i]);
        memmove(p->sent, p->sent + SENT_MOST, SENT_MOST * sizeof *p->sent);
        p->n_sent = SENT_MOST;
    }
    return &p->sent[p->n_sent++];
}

static bool keep_send(void *practice, const struct store_send *s)
{
    struct practice *p = practice;
    *next_sent(p) = (struct practice_sent){.no = ++p->sent_ever,
                                           .at = p->now,
                                           .kind = s->kind,
                                           .referral = s->referral,
                                           .target = copy(str_of(s->target)),
                                           .to = copy(str_of(s->to)),
                                           .body = {copy(s->body), s->body.n}};
    if (p->n_taken == p->cap_taken) {
        p->cap_taken = p->cap_taken ? 2 * p->cap_taken : 16;
        p->taken = must(realloc(p->taken, p->cap_taken * sizeof *p->taken));
    }
    p->taken[p->n_taken++] = s->id;
    return true;
}

size_t practice_sent(const struct practice *p, const struct practice_sent **out)
{
    size_t n = p->n_sent < SENT_MOST ? p->n_sent : SENT_MOST;
    *out = p->sent + (p->n_sent - n);
    return n;
}

/* Everybody takes everything at once; told after the batch, as a courier would. */
static void settle(struct practice *p)
{
    for (size_t i = 0; i < p->n_taken; i++) {
        struct job job = {
            .in = {.kind = INPUT_SENT, .drill = true, .send_id = p->taken[i], .result = SEND_OK}};
        struct job *jobs[] = {&job};
        engine_batch(p->engine, jobs, 1, p->now);
    }
    p->n_taken = 0;
}

static void work(struct practice *p, struct job *job)
{
    struct job *jobs[] = {job};
    engine_batch(p->engine, jobs, 1, p->now);
    settle(p);
}

/* ---- beginning and end ---- */

struct practice *practice_create(const struct rules *rules, uint64_t seed, msec now, struct failure *why)
{
    static const uint8_t key[JOURNAL_KEY] = {1}; /* nothing of it outlives the process */
    struct practice *p = must(calloc(1, sizeof *p));
    struct rng rng;
    if (journal_open("memory:", key, JOURNAL_WRITE, &p->store, why) != OK) {
        free(p);
        return NULL;
    }
    p->rules = *rules;
    p->rules.rehearsal = true;
    p->rules.mt_aggregator = NULL;
    p->rules.mt = (struct mt_shaper){0};
    p->now = now;
    p->sent = must(calloc(2 * (size_t)SENT_MOST, sizeof *p->sent));
    rng_seed(&rng, seed);
    p->engine = engine_create(&p->store, &p->rules, (struct engine_hooks){.send = keep_send, .ctx = p}, &rng);
    return p;
}

void practice_destroy(struct practice *p)
{
    if (!p)
        return;
    engine_destroy(p->engine);
    journal_close(&p->store);
    for (size_t i = 0; i < p->n_sent; i++)
        forget_sent(&p->sent[i]);
    for (size_t i = 0; i < p->n_phones; i++)
        free(p->phones[i].contacts);
    free(p->phones);
    free(p->sent);
    free(p->taken);
    free(p);
}

msec practice_now(const struct practice *p)
{
    return p->now;
}

/* ---- phones ---- */

static struct phone *phone_of(const struct practice *p, const char *msisdn)
{
    for (size_t i = 0; i < p->n_phones; i++)
        if (strcmp(p->phones[i].msisdn, msisdn) == 0)
            return &p->phones[i];
    return NULL;
}

static struct phone *new_phone(struct practice *p, const char *msisdn)
{
    p->phones = must(realloc(p->phones, (p->n_phones + 1) * sizeof *p->phones));
    struct phone *phone = &p->phones[p->n_phones++];
    *phone = (struct phone){.contacts = NULL};
    str_copy(str_of(msisdn), phone->msisdn, sizeof phone->msisdn);
    return phone;
}

/* Who was erased comes back as somebody else; the number alone ties the two together, and here only. */
static void note_contact(struct practice *p, const char *msisdn)
{
    struct contact c;
    struct phone *phone = phone_of(p, msisdn);
    if (practice_contact(p, msisdn, &c) != OK)
        return;
    if (!phone)
        phone = new_phone(p, msisdn);
    if (phone->n && phone->contacts[phone->n - 1] == c.id)
        return;
    phone->contacts = must(realloc(phone->contacts, (phone->n + 1) * sizeof *phone->contacts));
    phone->contacts[phone->n++] = c.id;
}

static bool is_of(const struct phone *phone, uint64_t contact)
{
    for (size_t i = 0; phone && i < phone->n; i++)
        if (phone->contacts[i] == contact)
            return true;
    return false;
}

/* ---- what comes in ---- */

static struct str or_new_key(struct practice *p, struct str key, char *buf, size_t cap)
{
    struct out o;
    if (key.n)
        return key;
    out_init(&o, buf, cap);
    out_printf(&o, "own %llu", (unsigned long long)++p->steps);
    return out_span(&o);
}

void practice_say(struct practice *p, const struct practice_step *step, struct answer *out)
{
    char key[32];
    bool sms = step->channel == CHANNEL_SMS;
    practice_pass(p, step->takes ? step->takes : 20 * SECOND_MS);
    struct job job = {.in = {.kind = sms ? INPUT_MO : INPUT_USSD,
                             .drill = true,
                             .text = step->text,
                             .event = step->event,
                             .page_septets = step->page_septets,
                             .page_ucs2 = step->page_ucs2,
                             .timestamp = step->sent_at,
                             .arrived = p->now,
                             .key = or_new_key(p, step->key, key, sizeof key)}};
    str_copy(str_of(step->msisdn), job.in.sender, sizeof job.in.sender);
    str_copy(str_of(step->aggregator ? step->aggregator : LINE), job.in.aggregator, sizeof job.in.aggregator);
    work(p, &job);
    note_contact(p, step->msisdn);
    *out = job.out;
}

enum err practice_speaks(struct practice *p, const char *msisdn, const char *lang, struct failure *why)
{
    struct contact c = {.created = p->now, .session.children = 255};
    if (phone_of(p, msisdn))
        return fail(why, ERR_INPUT, "this phone has come already");
    bool fits = str_copy(str_of(msisdn), c.msisdn, sizeof c.msisdn) &&
                str_copy(str_of(lang), c.session.lang, sizeof c.session.lang);
    if (!fits || !dialogue_has_lang(p->rules.catalogs, lang))
        return fail(why, ERR_INPUT, "language \"%s\" is not switched on", lang);
    enum err rc = p->store.ops->begin(p->store.self, why);
    if (rc == OK)
        rc = p->store.ops->contact_put(p->store.self, &c, why);
    if (rc == OK)
        rc = p->store.ops->commit(p->store.self, why);
    if (rc == OK)
        note_contact(p, msisdn);
    return rc;
}

static const char *endpoint_of(const struct practice *p, struct str collaborator)
{
    char id[REFERRAL_NAME];
    const struct network *net = p->rules.network;
    const struct collaborator *c =
        str_copy(collaborator, id, sizeof id) ? routing_collaborator(net, id) : NULL;
    return c && c->n_channels ? net->endpoints[c->channels[0]].id : "";
}

void practice_answer(struct practice *p, uint64_t referral, struct str collaborator, enum answer_verb verb,
                     struct str outcome, struct answer *out)
{
    struct job job = {.in = {.kind = INPUT_ANSWER,
                             .drill = true,
                             .referral = referral,
                             .collaborator = collaborator,
                             .verb = verb,
                             .outcome = outcome}};
    practice_pass(p, SECOND_MS);
    str_copy(str_of(endpoint_of(p, collaborator)), job.in.endpoint, sizeof job.in.endpoint);
    work(p, &job);
    *out = job.out;
}

void practice_pass(struct practice *p, msec by)
{
    msec until = p->now + by;
    for (;;) {
        msec next = engine_timers(p->engine, p->now);
        if (p->n_taken) {
            settle(p);
            continue; /* what it was told may be due at another time */
        }
        if (next > until)
            break;
        p->now = next;
    }
    p->now = until;
}

/* ---- what is stored ---- */

enum err practice_contact(const struct practice *p, const char *msisdn, struct contact *out)
{
    struct failure why;
    return p->store.ops->contact_find(p->store.self, msisdn, out, &why);
}

enum err practice_referral_by_id(const struct practice *p, uint64_t id, struct referral *out)
{
    struct failure why;
    return p->store.ops->referral_get(p->store.self, id, out, &why);
}

enum err practice_referral(const struct practice *p, const char *msisdn, struct referral *out)
{
    struct contact c;
    struct failure why;
    enum err rc = practice_contact(p, msisdn, &c);
    return rc == OK ? p->store.ops->referral_of(p->store.self, c.id, true, out, &why) : rc;
}

bool practice_owns(const struct practice *p, const char *msisdn, uint64_t referral)
{
    struct referral r;
    return referral && practice_referral_by_id(p, referral, &r) == OK &&
           is_of(phone_of(p, msisdn), r.contact);
}

void practice_rows(const struct practice *p, uint64_t after_seq, row_fn each, void *ctx)
{
    struct failure why;
    if (p->store.ops->scan(p->store.self, after_seq, true, each, ctx, &why) != OK)
        abort(); /* memory does not fail */
}

struct filter {
    const struct phone *phone;
    row_fn each;
    void *ctx;
};

static bool only_of(void *filter, const struct row *row)
{
    const struct filter *f = filter;
    return !is_of(f->phone, row->contact) || f->each(f->ctx, row);
}

void practice_rows_of(const struct practice *p, const char *msisdn, uint64_t after_seq, row_fn each,
                      void *ctx)
{
    struct filter f = {phone_of(p, msisdn), each, ctx};
    if (f.phone)
        practice_rows(p, after_seq, only_of, &f);
}

static bool newest(void *id, const struct row *row)
{
    if (row->kind == ROW_REFERRAL && row->event == RE_OPENED)
        *(uint64_t *)id = row->referral;
    return true;
}

enum err practice_latest(const struct practice *p, const char *msisdn, struct referral *out)
{
    uint64_t id = 0;
    practice_rows_of(p, msisdn, 0, newest, &id);
    return id ? practice_referral_by_id(p, id, out) : ERR_MISSING;
}

enum err practice_asked(const struct practice *p, const char *msisdn, struct referral *out, const char **who)
{
    enum err rc = practice_latest(p, msisdn, out);
    if (rc != OK || !out->n_offers)
        return ERR_MISSING;
    int at = referral_current(out);
    *who = out->offers[at < 0 ? out->n_offers - 1 : at].collaborator;
    return OK;
}
