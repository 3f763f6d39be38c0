/* What is expected of a conversation. */
#include "hotlinectl/talk.h"

#include <stdio.h>
#include <string.h>

static struct str answer_text(const struct player *p)
{
    return (struct str){p->now->last.text, p->now->last.len};
}

static bool expect(struct player *p, bool met, const char *what, struct str text)
{
    if (!p->now->spoke)
        return player_fails(p, "expected an answer, got none: this phone has not said anything yet");
    return met ||
           player_fails(p, "expected the answer %s %s, got %s", what, quoted(text), quoted(answer_text(p)));
}

/* ---- the last answer ---- */

static bool answer_holds(struct player *p, const struct talk_line *line)
{
    return expect(p, holds(answer_text(p), line->arg), "to hold", line->arg);
}

static bool answer_lacks(struct player *p, const struct talk_line *line)
{
    return expect(p, !holds(answer_text(p), line->arg), "not to hold", line->arg);
}

static bool answer_is(struct player *p, const struct talk_line *line)
{
    return expect(p, str_eq(answer_text(p), line->arg), "to be", line->arg);
}

static bool silence(struct player *p, const struct talk_line *line)
{
    (void)line;
    return expect(p, p->now->last.len == 0, "to be", STR(""));
}

static bool segments(struct player *p, const struct talk_line *line)
{
    unsigned n = text_size(answer_text(p)).segments;
    return n <= (unsigned)line->value || player_fails(p, "expected an answer of at most %u SMS, got %u: %s",
                                                      (unsigned)line->value, n, quoted(answer_text(p)));
}

static bool session_end(struct player *p, bool wanted)
{
    const struct talk_phone *who = p->now;
    if (!who->spoke || who->step.channel != CHANNEL_USSD)
        return player_fails(p, "expected an answer by USSD, got %s", who->spoke ? "one by SMS" : "none yet");
    return who->in_session != wanted ||
           player_fails(p, "expected the session to %s, got one that %s: %s", wanted ? "end" : "go on",
                        wanted ? "goes on" : "ended", quoted(answer_text(p)));
}

static bool ends(struct player *p, const struct talk_line *line)
{
    (void)line;
    return session_end(p, true);
}

static bool goes_on(struct player *p, const struct talk_line *line)
{
    (void)line;
    return session_end(p, false);
}

/* ---- SMS that come later ---- */

static bool came(struct player *p, const struct practice_sent *s)
{
    return s->kind == SEND_MT && s->no > p->now->seen && strcmp(s->to, p->now->msisdn) == 0;
}

static bool sms(struct player *p, const struct talk_line *line)
{
    const struct practice_sent *sent, *last = NULL;
    size_t n = practice_sent(player_practice(p), &sent);
    for (size_t i = 0; i < n; i++) {
        if (!came(p, &sent[i]))
            continue;
        last = &sent[i];
        if (holds(last->body, line->arg)) {
            p->now->seen = last->no;
            return true;
        }
    }
    return player_fails(p, "expected an SMS that holds %s, got %s", quoted(line->arg),
                        last ? quoted(last->body) : "none");
}

static bool no_sms(struct player *p, const struct talk_line *line)
{
    const struct practice_sent *sent;
    size_t n = practice_sent(player_practice(p), &sent);
    (void)line;
    for (size_t i = 0; i < n; i++)
        if (came(p, &sent[i]))
            return player_fails(p, "expected no SMS, got %s", quoted(sent[i].body));
    return true;
}

/* ---- what is stored ---- */

static const char *value_of(const struct practice_fact *facts, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(name, facts[i].name))
            return facts[i].value;
    return "";
}

static bool same(struct player *p, const char *whose, const struct practice_fact *facts, size_t n,
                 struct str name, struct str wanted)
{
    const char *got = value_of(facts, n, name);
    return str_is(wanted, got) ||
           player_fails(p, "expected the %s to have " STR_FMT "=" STR_FMT ", got " STR_FMT "=%s", whose,
                        STR_ARG(name), STR_ARG(wanted), STR_ARG(name), got);
}

static bool all_same(struct player *p, const char *whose, const struct practice_fact *facts, size_t n,
                     struct str words)
{
    while ((words = str_trim(words)).n) {
        struct str value = str_split(&words, ' '), name = str_split(&value, '=');
        if (!same(p, whose, facts, n, name, value))
            return false;
    }
    return true;
}

static bool session_facts(struct player *p, struct practice_fact facts[PRACTICE_FACTS], size_t *n)
{
    struct contact c;
    if (practice_contact(player_practice(p), p->now->msisdn, &c) != OK)
        return player_fails(p, "expected something to be stored of this phone, got nothing");
    *n = practice_session_facts(&c.session, facts);
    return true;
}

static bool session(struct player *p, const struct talk_line *line)
{
    struct practice_fact facts[PRACTICE_FACTS];
    size_t n = 0;
    return session_facts(p, facts, &n) && all_same(p, "session", facts, n, line->arg);
}

/* state, place, need: the word is the fact's name. */
static bool one_fact(struct player *p, const struct talk_line *line)
{
    struct practice_fact facts[PRACTICE_FACTS];
    size_t n = 0;
    return session_facts(p, facts, &n) && same(p, "session", facts, n, str_of(line->is->word), line->arg);
}

static bool language(struct player *p, const struct talk_line *line)
{
    struct practice_fact facts[PRACTICE_FACTS];
    size_t n = 0;
    return session_facts(p, facts, &n) && same(p, "session", facts, n, STR("lang"), line->arg);
}

static bool something_said(void *found, const struct row *row)
{
    *(bool *)found |= row->text.n || row->reply.n;
    return true;
}

static bool erased(struct player *p, const struct talk_line *line)
{
    struct contact c;
    bool texts = false;
    (void)line;
    practice_rows_of(player_practice(p), p->now->msisdn, 0, something_said, &texts);
    if (practice_contact(p->practice, p->now->msisdn, &c) == OK)
        return player_fails(p, "expected nothing to be stored of this phone, got a session in state \"%s\"",
                            c.session.state);
    return !texts || player_fails(p, "expected nothing to be stored of this phone, got texts in the journal");
}

/* ---- referral and alerts ---- */

static bool referral(struct player *p, const struct talk_line *line)
{
    struct referral r;
    struct practice_fact facts[PRACTICE_FACTS];
    bool some = practice_latest(player_practice(p), p->now->msisdn, &r) == OK,
         none = str_is(line->arg, "none");
    if (some && none)
        return player_fails(p, "expected no referral, got one that is %s", referral_state_name(r.state));
    if (!some)
        return none || player_fails(p, "expected a referral, got none");
    return all_same(p, "referral", facts, practice_referral_facts(&r, facts), line->arg);
}

static bool offered(struct player *p, const struct talk_line *line)
{
    struct referral r = {.n_offers = 0};
    char ids[REFERRAL_OFFERS * (REFERRAL_NAME + 1)] = "";
    struct out o;
    struct str wanted = line->arg, got;
    bool same_ids = true;
    out_init(&o, ids, sizeof ids);
    if (practice_latest(player_practice(p), p->now->msisdn, &r) == OK)
        for (int i = 0; i < r.n_offers; i++)
            out_printf(&o, "%s%s", i ? " " : "", r.offers[i].collaborator);
    if (!o.len)
        out_cstr(&o, "none");
    for (got = out_span(&o); same_ids && (got.n || wanted.n); wanted = str_trim(wanted))
        same_ids = str_eq(str_split(&got, ' '), str_split(&wanted, ' '));
    return same_ids || player_fails(p, "expected offers to %s, got offers to %s", line->arg.s, ids);
}

static bool refused(struct player *p, const struct talk_line *line)
{
    (void)line;
    if (!p->refusal)
        return player_fails(p, "expected a collaborator's answer to be refused, got none that was");
    p->refusal = NULL;
    return true;
}

/* Alerts of this phone's referrals; how many of them hold `part`. `last`: the last one, for the message. */
static size_t count_alerts(struct player *p, struct str part, struct str *last)
{
    const struct practice_sent *sent;
    size_t n = practice_sent(player_practice(p), &sent), found = 0;
    *last = (struct str){NULL, 0};
    for (size_t i = 0; i < n; i++) {
        if (sent[i].kind != SEND_ALERT || !practice_owns(p->practice, p->now->msisdn, sent[i].referral))
            continue;
        *last = sent[i].body;
        found += holds(sent[i].body, part);
    }
    return found;
}

static bool alert_holds(struct player *p, const struct talk_line *line)
{
    struct str last;
    return count_alerts(p, line->arg, &last) > 0 ||
           player_fails(p, "expected an alert that holds %s, got %s", quoted(line->arg),
                        last.n ? quoted(last) : "no alert");
}

static bool alert_lacks(struct player *p, const struct talk_line *line)
{
    struct str last;
    size_t n = count_alerts(p, line->arg, &last);
    return n == 0 || player_fails(p, "expected no alert that holds %s, got %zu: %s", quoted(line->arg), n,
                                  quoted(last));
}

static bool alerts(struct player *p, const struct talk_line *line)
{
    struct str last;
    size_t n = count_alerts(p, STR(""), &last);
    return n == (size_t)line->value ||
           player_fails(p, "expected %u alerts, got %zu", (unsigned)line->value, n);
}

/* ---- the journal ---- */

static bool listed(struct str item, struct str list)
{
    while (list.n)
        if (str_eq(item, str_split(&list, ',')))
            return true;
    return false;
}

static bool all_listed(struct str items, struct str list)
{
    while (items.n)
        if (!listed(str_split(&items, ','), list))
            return false;
    return true;
}

/* "effects=refer" is in "effects=stated,refer". */
static bool has_word(struct str line, struct str word)
{
    struct str value = word, key = str_split(&value, '=');
    while (line.n) {
        struct str got = str_split(&line, ' '), got_value = got;
        if (str_eq(got, word) ||
            (value.n && str_eq(key, str_split(&got_value, '=')) && all_listed(value, got_value)))
            return true;
    }
    return false;
}

struct search {
    struct str words;
    bool found;
    char last[512];
};

static bool look(void *search, const struct row *row)
{
    struct search *s = search;
    struct out o;
    bool all = true;
    out_init(&o, s->last, sizeof s->last);
    practice_row_line(row, &o);
    for (struct str words = str_trim(s->words); all && words.n; words = str_trim(words))
        all = has_word(out_span(&o), str_split(&words, ' '));
    s->found = all;
    return !s->found;
}

static bool journal(struct player *p, const struct talk_line *line)
{
    struct search s = {.words = line->arg, .last = "no row"};
    practice_rows_of(player_practice(p), p->now->msisdn, 0, look, &s);
    return s.found || player_fails(p, "expected a row of the journal with %s, got none; the last is: %s",
                                   line->arg.s, s.last);
}

static bool no_journal(struct player *p, const struct talk_line *line)
{
    struct search s = {.words = line->arg};
    practice_rows_of(player_practice(p), p->now->msisdn, 0, look, &s);
    return !s.found ||
           player_fails(p, "expected no row of the journal with %s, got: %s", line->arg.s, s.last);
}

static const struct talk_directive items[] = {
    {"<", TAKES_TEXT, TALK_EXPECTS, answer_holds},        {"<!", TAKES_TEXT, TALK_EXPECTS, answer_lacks},
    {"<=", TAKES_TEXT, TALK_EXPECTS, answer_is},          {"silence", TAKES_NOTHING, TALK_EXPECTS, silence},
    {"segments", TAKES_NUMBER, TALK_EXPECTS, segments},   {"ends", TAKES_NOTHING, TALK_EXPECTS, ends},
    {"goes on", TAKES_NOTHING, TALK_EXPECTS, goes_on},    {"sms", TAKES_TEXT, TALK_EXPECTS, sms},
    {"no sms", TAKES_NOTHING, TALK_EXPECTS, no_sms},      {"state", TAKES_WORD, TALK_EXPECTS, one_fact},
    {"place", TAKES_WORD, TALK_EXPECTS, one_fact},        {"need", TAKES_WORD, TALK_EXPECTS, one_fact},
    {"language", TAKES_WORD, TALK_EXPECTS, language},     {"session", TAKES_SESSION, TALK_EXPECTS, session},
    {"referral", TAKES_REFERRAL, TALK_EXPECTS, referral}, {"offered", TAKES_WORDS, TALK_EXPECTS, offered},
    {"refused", TAKES_NOTHING, TALK_EXPECTS, refused},    {"alert", TAKES_TEXT, TALK_EXPECTS, alert_holds},
    {"alert!", TAKES_TEXT, TALK_EXPECTS, alert_lacks},    {"alerts", TAKES_NUMBER, TALK_EXPECTS, alerts},
    {"journal", TAKES_WORDS, TALK_EXPECTS, journal},      {"journal!", TAKES_WORDS, TALK_EXPECTS, no_journal},
    {"erased", TAKES_NOTHING, TALK_EXPECTS, erased},
};
const struct talk_table talk_expectations = {items, sizeof items / sizeof items[0]};
