/* What a message is before it is an answer: danger, a word that works everywhere, one of too many, one sent
 * twice or late, the first after a silence. */
#include "dialogue/internal.h"

#include <string.h>

#define ABUSE_WEIGHT 5 /* an insult counts for so many messages */

/* ---- the words that work everywhere ---- */

static void leave_to(struct step *p, const struct state *to, unsigned effects)
{
    p->s->resumed = false;
    p->s->left |= (effects & DLG_LEFT) != 0;
    p->out->effects |= effects;
    step_enter(p, to);
}

static void restart(struct step *p)
{
    step_forget(p->s, p->env->now);
    p->out->effects |= DLG_RESET;
    p->heard.n = 0;
    step_begin(p, p->d->start, true);
}

/* In another language the same question goes on; of a conversation that is over, or was silent long, nothing
 * does. */
static void change_language(struct step *p, msec silence)
{
    if (!step_running(p) || silence > p->d->def->timeout[p->s->channel])
        step_forget(p->s, p->env->now);
    leave_to(p, p->d->language, 0);
}

/* "Dung" is stop, and "right", and "do not": with accents it says which. */
static bool stops(const struct step *p)
{
    const struct cfg_strings *words = &p->d->def->lexicon.stop;
    if (!heard_command(p->d, &p->heard, &p->d->word_stop, false))
        return false;
    if (text_plain(p->text))
        return true;
    for (size_t i = 0; i < words->n; i++)
        if (!text_plain(str_of(words->items[i])) && text_same_letters(p->text, str_of(words->items[i])))
            return true;
    return false;
}

static bool command(struct step *p, msec silence, bool twice)
{
    const struct dialogue *d = p->d;
    const struct heard *h = &p->heard;
    if (heard_command(d, h, &d->word_erase, true))
        leave_to(p, d->erased, DLG_ERASE | DLG_LEFT);
    else if (stops(p))
        leave_to(p, d->stopped, DLG_STOP | DLG_LEFT);
    else if (heard_command(d, h, &d->word_leave, true))
        leave_to(p, d->left, DLG_LEFT);
    else if (heard_is(h, &d->word_language))
        change_language(p, silence);
    else if (heard_command(d, h, &d->word_restart, false))
        restart(p);
    else if (p->env->referral_open && !twice && heard_command(d, h, &d->word_other, false))
        leave_to(p, d->changed, DLG_OTHER_COLLABORATOR);
    else
        return false;
    return true;
}

/* ---- too many ---- */

static void too_many(struct step *p, uint32_t before)
{
    struct session *s = p->s;
    bool first = before <= (uint32_t)p->d->def->flood_most, ussd = s->channel == CHANNEL_USSD;
    struct out o;
    p->out->effects |= DLG_FLOOD;
    p->out->end = ussd;
    if (!first && !ussd)
        return; /* told once; a screen is never left blank */
    out_init(&o, p->out->text, sizeof p->out->text);
    dialogue_text(p->env->catalogs, s->lang, "slow", NULL, 0, &o);
    p->out->len = o.len;
}

/* Who floods the line, or insults it, is answered less; danger never comes here. */
static bool flooding(struct step *p)
{
    struct session *s = p->s;
    const struct dialogue_def *def = p->d->def;
    uint32_t before = s->flood;
    if (!def->flood_most || (s->urgent && step_running(p)))
        return false; /* what somebody in danger is asked is always heard */
    if (!s->flood_at || p->env->now - s->flood_at > def->flood_window) {
        s->flood_at = p->env->now;
        s->flood = before = 0;
    }
    if (s->flood < 1000000)
        s->flood += heard_anywhere(&p->heard, &p->d->word_abuse) ? ABUSE_WEIGHT : 1;
    if (s->flood <= (uint32_t)def->flood_most)
        return false;
    too_many(p, before);
    return true;
}

/* ---- sent twice, or late ---- */

/* Nobody reads an answer and writes the same again within seconds: the key was pressed twice. */
static bool sent_twice(const struct step *p, uint32_t before, msec silence)
{
    return p->s->channel == CHANNEL_SMS && p->s->last_text == before && *p->s->state &&
           silence < p->d->def->repeat_within;
}

/* Written before the message that was worked last, so it cannot answer what was asked since. Only times of
 * one line are compared: they come from one clock, however wrong that is. Each is compared with the one
 * before only, so a clock that was set back costs one message. */
static bool overtaken(const struct step *p, uint32_t line, msec sent_at)
{
    return p->s->channel == CHANNEL_SMS && *p->s->state && line == p->env->line && sent_at &&
           p->env->sent_at && p->env->sent_at < sent_at && sent_at - p->env->sent_at <= p->d->def->window;
}

static void say_again(struct step *p)
{
    const struct state *st = dialogue_state(p->d, p->s->state);
    p->out->effects |= DLG_AGAIN;
    step_show(p, st ? st : p->d->start);
}

static void take_late(struct step *p)
{
    const struct state *st = step_running(p);
    p->late = true;
    bool more_than_a_number = p->heard.n > 4;
    if (st && !p->s->resumed && more_than_a_number && step_overhear(p, st)) {
        p->out->effects |= DLG_AGAIN | (p->s->urgent ? DLG_URGENT : 0);
        step_enter(p, st);
        return;
    }
    say_again(p);
}

/* ---- beginning, silence, going on ---- */

static void choose_language(struct step *p)
{
    struct session *s = p->s;
    const char *lang = s->lang_chosen ? NULL : heard_language(p->env->catalogs, &p->heard);
    if (!lang)
        return;
    s->lang_chosen = true;
    if (strcmp(lang, s->lang) != 0)
        p->out->effects |= DLG_LANG;
    str_copy(str_of(lang), s->lang, sizeof s->lang);
}

/* Who left, or was silent long, is met like anybody else: whoever holds the telephone then learns nothing. */
static void begin(struct step *p, msec silence)
{
    const struct dialogue_def *def = p->d->def;
    bool after = p->env->referral_open && silence <= def->window && !p->s->left;
    bool just_ended = *p->s->state && !p->s->left && silence < def->ended_within;
    step_forget(p->s, p->env->now);
    choose_language(p);
    /* so soon after the end a number answers what is asked no longer, and the menu of an open request was not
     * shown */
    step_begin(p, after ? p->d->after : p->d->start, !after && !just_ended);
}

static void ask_to_go_on(struct step *p, const struct state *st)
{
    p->s->resumed = true;
    p->s->page = 0;
    step_show(p, st);
}

static void resumed(struct step *p, const struct state *st, msec silence)
{
    struct str words = heard_words(&p->heard), number = words;
    if (words.n != 1)
        option_meant(p, st, &number);
    bool on = str_is(number, "1"), anew = str_is(number, "2");
    if (number.n == 1 && !on && !anew && *number.s >= '0' && *number.s <= '9') { /* it was not offered */
        p->lead = LEAD_HINT;
        step_show(p, st);
        return;
    }
    p->s->resumed = false;
    if (on) {
        p->s->page = 0;
        step_show(p, st);
        return;
    }
    p->out->effects |= DLG_RESET;
    if (anew)
        p->heard.n = 0;
    begin(p, silence);
}

static bool turned_last_page(struct step *p, msec silence)
{
    const struct state *st = *p->s->state ? dialogue_state(p->d, p->s->state) : NULL;
    return st && st->def->end && silence <= p->d->def->timeout[p->s->channel] && step_turn_page(p, st);
}

static void converse(struct step *p, enum dialogue_event event, msec silence)
{
    const struct state *st = step_running(p);
    const struct dialogue_def *def = p->d->def;
    if (event == DLG_TEXT && turned_last_page(p, silence))
        return;
    if (!st || silence > def->window) {
        p->out->effects |= st ? DLG_RESET : 0;
        begin(p, silence);
    } else if (event == DLG_BEGIN) {
        ask_to_go_on(p, st);
    } else if (p->s->resumed) {
        resumed(p, st, silence);
    } else if (silence > def->timeout[p->s->channel]) {
        ask_to_go_on(p, st);
    } else {
        step_answer(p, st);
    }
}

static void in_danger(struct step *p, msec silence)
{
    if (!step_running(p) || silence > p->d->def->window) {
        step_forget(p->s, p->env->now);
        choose_language(p);
    }
    step_danger(p);
}

/* What the message before was is known until here. */
struct before {
    uint32_t text, line;
    msec sent_at;
};

static void listen(struct step *p, enum dialogue_event event, const struct before *last, msec silence)
{
    bool twice = sent_twice(p, last->text, silence);
    if (heard_danger(p->d, &p->heard))
        in_danger(p, silence);
    else if (event == DLG_TEXT && command(p, silence, twice))
        return;
    else if (flooding(p))
        return;
    else if (twice)
        say_again(p);
    else if (silence <= p->d->def->timeout[p->s->channel] && overtaken(p, last->line, last->sent_at))
        take_late(p);
    else
        converse(p, event, silence);
}

static struct before note_message(struct step *p)
{
    struct session *s = p->s;
    struct before last = {s->last_text, s->line, s->sent_at};
    s->last_text = str_hash(heard_words(&p->heard));
    s->line = p->env->line;
    if (p->env->sent_at)
        s->sent_at = p->env->sent_at;
    return last;
}

/* "Not from my commune" was said before the commune was, or after. */
static void avoid_own_place(struct session *s)
{
    if (s->avoid_own && *s->place)
        session_avoid(s, s->place);
}

void dialogue_step(const struct dialogue_env *env, struct session *s, enum channel channel,
                   enum dialogue_event event, struct str text, struct dialogue_out *out)
{
    struct step p = {.env = env,
                     .d = env->dialogue,
                     .s = s,
                     .out = out,
                     .text = text,
                     .read_by = (enum channel)s->channel};
    msec silence = s->last_at ? env->now - s->last_at : 0;
    out->text[0] = '\0';
    out->len = 0;
    out->end = false;
    out->effects = 0;
    if (event == DLG_CUT) {
        out->end = true;
        return; /* last_at stays: the silence began with the last answer */
    }
    hear(text, &p.heard);
    s->channel = (uint8_t)channel;
    if (!s->started_at)
        step_forget(s, env->now);
    struct before last = note_message(&p);
    listen(&p, event, &last, silence);
    avoid_own_place(s);
    if (out->effects & (DLG_REFER | DLG_URGENT))
        s->left = false; /* she is back herself */
    s->last_at = env->now;
}
