/* What is done in a conversation, and the playing of it. */
#include "hotlinectl/talk.h"

#include "hotlinectl/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 1
#define USUAL_BEGIN ((msec)1795636800000) /* 2026-11-25 20:00, local time taken as UTC */

/* ---- the player ---- */

bool player_fails(struct player *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->what, sizeof p->what, fmt, ap);
    va_end(ap);
    return false;
}

const char *quoted(struct str text)
{
    static char kept[4][2 * DIALOGUE_REPLY];
    static unsigned turn;
    struct out o;
    char *buf = kept[turn++ % 4];
    out_init(&o, buf, sizeof kept[0]);
    out_char(&o, '"');
    for (size_t i = 0; i < text.n; i++)
        text.s[i] == '\n' ? out_cstr(&o, "\\n") : out_char(&o, text.s[i]);
    out_char(&o, '"');
    return buf;
}

bool holds(struct str text, struct str part)
{
    return !part.n || (text.n && memmem(text.s, text.n, part.s, part.n));
}

bool holds_loosely(struct str text, struct str part)
{
    char in[2 * DIALOGUE_REPLY], of[2 * DIALOGUE_REPLY];
    struct str folded = {of, text_fold(part, of, sizeof of)};
    return folded.n ? holds((struct str){in, text_fold(text, in, sizeof in)}, folded) : holds(text, part);
}

void player_begin(struct player *p, const struct rules *rules, bool verbose)
{
    memset(p, 0, sizeof *p);
    p->rules = rules;
    p->verbose = verbose;
    p->now = &p->phones[0];
}

void player_end(struct player *p)
{
    practice_destroy(p->practice);
}

struct practice *player_practice(struct player *p)
{
    struct failure why;
    msec begin = (p->begin ? p->begin : USUAL_BEGIN) - p->rules->network->tz_offset_min * MINUTE_MS;
    if (!p->practice)
        p->practice = practice_create(p->rules, SEED, begin, &why);
    if (!p->practice)
        abort(); /* a store in memory does not fail */
    return p->practice;
}

/* Who speaks now, with the number that letter stands for. */
static struct talk_phone *speaker(struct player *p)
{
    struct out o;
    struct talk_phone *who = p->now;
    if (!who->letter) {
        who->letter = (char)('A' + (who - p->phones));
        who->channel = p->channel;
        out_init(&o, who->msisdn, sizeof who->msisdn);
        out_printf(&o, "+99900000%02d", (int)(who - p->phones) + 1);
    }
    return who;
}

/* ---- what must never be said ---- */

static bool never_said(struct player *p, const struct talk_phone *who, struct str text, const char *what)
{
    for (size_t i = 0; i < who->n_never; i++)
        if (holds_loosely(text, who->never[i]->arg))
            return player_fails(p, "expected that %s never comes (line %u), got %s %s",
                                quoted(who->never[i]->arg), who->never[i]->no, what, quoted(text));
    return true;
}

static const struct talk_phone *phone_by_number(const struct player *p, const char *msisdn)
{
    for (size_t i = 0; i < TALK_PHONES; i++)
        if (strcmp(p->phones[i].msisdn, msisdn) == 0)
            return &p->phones[i];
    return NULL;
}

/* After everything that may have sent something. */
static bool watch(struct player *p)
{
    const struct practice_sent *sent;
    size_t n = practice_sent(player_practice(p), &sent);
    if (p->verbose)
        screen_sent(p->practice, p->watched, NULL);
    for (size_t i = 0; i < n; i++) {
        const struct talk_phone *to =
            sent[i].no > p->watched && sent[i].kind == SEND_MT ? phone_by_number(p, sent[i].to) : NULL;
        if (to && !never_said(p, to, sent[i].body, "the SMS"))
            return false;
    }
    p->watched = n ? sent[n - 1].no : p->watched;
    return true;
}

/* ---- she speaks ---- */

static void show(const struct player *p, const struct talk_phone *who)
{
    char at[32];
    time_rfc3339(practice_now(p->practice), p->rules->network->tz_offset_min, at, sizeof at);
    printf("%.10s %.8s %c %s %s\n", at, at + 11, who->letter, channel_name(who->step.channel),
           who->step.event == DLG_BEGIN ? "dials"
           : who->step.event == DLG_CUT ? "is cut off"
                                        : quoted(who->step.text));
    screen_text("< ", (struct str){who->last.text, who->last.len});
}

static bool deliver(struct player *p, struct talk_phone *who)
{
    const struct practice_sent *sent;
    size_t n = practice_sent(player_practice(p), &sent);
    who->seen = n ? sent[n - 1].no : 0;
    who->step.takes = p->pace;
    practice_say(p->practice, &who->step, &who->last);
    who->spoke = true;
    if (who->step.channel == CHANNEL_USSD)
        who->in_session = !who->last.end && who->step.event != DLG_CUT;
    if (p->verbose)
        show(p, who);
    if (who->last.status != OK)
        return player_fails(p, "expected it to be taken, got refused: %s", who->last.reason);
    return never_said(p, who, (struct str){who->last.text, who->last.len}, "the answer") && watch(p);
}

static bool say(struct player *p, enum channel channel, enum dialogue_event event, struct str text,
                msec late_by)
{
    struct talk_phone *who = speaker(p);
    snprintf(who->key, sizeof who->key, "step %u", ++p->steps);
    who->step = (struct practice_step){.msisdn = who->msisdn,
                                       .aggregator = p->via,
                                       .channel = channel,
                                       .event = event,
                                       .text = text,
                                       .key = str_of(who->key)};
    if (late_by)
        who->step.sent_at = practice_now(player_practice(p)) + SECOND_MS - late_by;
    return deliver(p, who);
}

static bool is_code(struct str text)
{
    return text.n > 2 && text.s[0] == '*' && text.s[text.n - 1] == '#';
}

static bool do_say(struct player *p, const struct talk_line *line)
{
    struct talk_phone *who = speaker(p);
    if (is_code(line->arg)) {
        who->channel = CHANNEL_USSD;
        return say(p, CHANNEL_USSD, DLG_BEGIN, (struct str){NULL, 0}, 0);
    }
    if (who->channel == CHANNEL_SMS)
        return say(p, CHANNEL_SMS, DLG_TEXT, line->arg, 0);
    if (!who->in_session)
        return player_fails(p,
                            "expected an open USSD session of phone %c, got none; open one with > *100#, "
                            "or go on by SMS with channel sms",
                            who->letter);
    return say(p, CHANNEL_USSD, DLG_TEXT, line->arg, 0);
}

static bool do_late(struct player *p, const struct talk_line *line)
{
    return say(p, CHANNEL_SMS, DLG_TEXT, line->arg, line->value);
}

static bool do_again(struct player *p, const struct talk_line *line)
{
    (void)line;
    struct talk_phone *who = speaker(p);
    return who->spoke ? deliver(p, who)
                      : player_fails(p, "expected a message to deliver again, got none yet");
}

static bool do_cut(struct player *p, const struct talk_line *line)
{
    (void)line;
    if (!speaker(p)->in_session)
        return player_fails(p, "expected an open USSD session to cut, got none");
    return say(p, CHANNEL_USSD, DLG_CUT, (struct str){NULL, 0}, 0);
}

/* ---- settings ---- */

static bool do_channel(struct player *p, const struct talk_line *line)
{
    p->channel = str_is(line->arg, "ussd") ? CHANNEL_USSD : CHANNEL_SMS;
    speaker(p)->channel = p->channel;
    return true;
}

static bool do_phone(struct player *p, const struct talk_line *line)
{
    p->now = &p->phones[line->arg.s[0] - 'A'];
    return true;
}

static bool do_via(struct player *p, const struct talk_line *line)
{
    p->via = line->arg.s;
    return line->arg.n < sizeof((struct input *)NULL)->aggregator ||
           player_fails(p, "expected a shorter name of a line, got %s", quoted(line->arg));
}

static bool do_pace(struct player *p, const struct talk_line *line)
{
    p->pace = line->value;
    return true;
}

static bool do_at(struct player *p, const struct talk_line *line)
{
    p->begin = line->value;
    return true;
}

static bool do_lang(struct player *p, const struct talk_line *line)
{
    struct failure why;
    return practice_speaks(player_practice(p), speaker(p)->msisdn, line->arg.s, &why) == OK ||
           player_fails(p, "expected a language she chose before, got: %s", why.what);
}

static bool do_never(struct player *p, const struct talk_line *line)
{
    struct talk_phone *who = speaker(p);
    if (who->n_never == TALK_NEVER)
        return player_fails(p, "expected at most %d lines \"never\" of one phone", TALK_NEVER);
    who->never[who->n_never++] = line;
    return true;
}

/* ---- time and collaborators ---- */

static bool do_wait(struct player *p, const struct talk_line *line)
{
    practice_pass(player_practice(p), line->value);
    return watch(p);
}

/* `who`: empty for the one who is asked now. */
static bool reply(struct player *p, const struct talk_line *line, enum answer_verb verb, struct str outcome,
                  struct str who)
{
    struct referral r;
    const char *asked;
    const char *msisdn = speaker(p)->msisdn;
    if (practice_asked(player_practice(p), msisdn, &r, &asked) != OK)
        return player_fails(p, "expected a referral of phone %c that somebody was asked for, got none",
                            p->now->letter);
    who = who.n ? who : str_of(asked);
    practice_answer(p->practice, r.id, who, verb, outcome, &p->verdict);
    p->refusal = p->verdict.status != OK ? line : NULL;
    if (p->verbose)
        printf("collaborator " STR_FMT ": %s\n", STR_ARG(who),
               p->refusal ? p->verdict.reason : referral_state_name(p->verdict.state));
    return watch(p);
}

static bool do_accept(struct player *p, const struct talk_line *line)
{
    return reply(p, line, VERB_ACCEPT, (struct str){NULL, 0}, line->arg);
}

static bool do_decline(struct player *p, const struct talk_line *line)
{
    return reply(p, line, VERB_DECLINE, (struct str){NULL, 0}, line->arg);
}

static bool do_arrived(struct player *p, const struct talk_line *line)
{
    return reply(p, line, VERB_ARRIVED, (struct str){NULL, 0}, line->arg);
}

static bool do_close(struct player *p, const struct talk_line *line)
{
    struct str who = line->arg, outcome = str_split(&who, ' ');
    return reply(p, line, VERB_CLOSE, outcome, str_trim(who));
}

static const struct talk_directive items[] = {
    {"at", TAKES_TIME, TALK_BEGIN, do_at},
    {"channel", TAKES_CHANNEL, TALK_SETTING, do_channel},
    {"lang", TAKES_WORD, TALK_STEP, do_lang},
    {"phone", TAKES_PHONE, TALK_SETTING, do_phone},
    {"via", TAKES_WORD, TALK_SETTING, do_via},
    {"pace", TAKES_DURATION, TALK_SETTING, do_pace},
    {"never", TAKES_TEXT, TALK_SETTING, do_never},
    {">", TAKES_ANY, TALK_STEP, do_say},
    {">> late", TAKES_LATE, TALK_STEP, do_late},
    {">> again", TAKES_NOTHING, TALK_STEP, do_again},
    {"cut", TAKES_NOTHING, TALK_STEP, do_cut},
    {"wait", TAKES_DURATION, TALK_STEP, do_wait},
    {"accept", TAKES_MAYBE_WORD, TALK_STEP, do_accept},
    {"decline", TAKES_MAYBE_WORD, TALK_STEP, do_decline},
    {"arrived", TAKES_MAYBE_WORD, TALK_STEP, do_arrived},
    {"close", TAKES_WORDS, TALK_STEP, do_close},
};
const struct talk_table talk_steps = {items, sizeof items / sizeof items[0]};

/* ---- all of it ---- */

static bool not_refused(struct player *p)
{
    if (!p->refusal)
        return true;
    p->line = p->refusal;
    return player_fails(p, "expected the collaborator's answer to be taken, got refused: %s",
                        p->verdict.reason);
}

bool player_plays(struct player *p, const struct talk *t)
{
    for (size_t i = 0; i < t->n; i++) {
        p->line = &t->lines[i];
        if (p->line->is->kind == TALK_STEP && !not_refused(p))
            return false;
        if (!p->line->is->play(p, p->line))
            return false;
    }
    return not_refused(p);
}
