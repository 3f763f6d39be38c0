/* From wherever a conversation stands, a few of the answers its own text offers lead to its end. */
#include "sim/walk.h"

#include <string.h>

enum { ANSWERS = 12, TURNS = 40, SHAPES = 1 << 20 };
static uint64_t shapes[SHAPES]; /* of all walks: those that were tried; 0: free */

/* What the way on does not depend on. */
static struct session shape_of(const struct session *s)
{
    struct session x = *s;
    x.referral = 0;
    x.started_at = x.last_at = x.asked_at = x.flood_at = x.sent_at = 0;
    x.misses = x.misses > 3 ? 3 : x.misses;
    x.children = x.children == 255 || !x.children ? x.children : 1;
    x.many_places = false;
    x.flood = x.line = x.last_text = 0;
    memset(x.avoid, 0, sizeof x.avoid);
    memset(x.asked, 0, sizeof x.asked);
    for (int i = 0; i < SESSION_CHOICES; i++)
        memset(x.choice[i] + 1, 0, PLACE_CODE - 1);
    for (int i = 0; i < SESSION_MORE; i++)
        memset(x.more[i] + 1, 0, PLACE_CODE - 1);
    memset(x.place + 1, 0, PLACE_CODE - 1);
    memset(x.group + 1, 0, PLACE_CODE - 1);
    menu_forget(&x);
    return x;
}

/* Full: forgets, and tries some again. */
static bool tried(uint64_t shape)
{
    for (size_t i = 0; i < 8; i++) {
        uint64_t *at = &shapes[(shape + i) % SHAPES];
        if (*at == shape)
            return true;
        if (!*at) {
            *at = shape;
            return false;
        }
    }
    shapes[shape % SHAPES] = shape;
    return false;
}

/* The first or the last number that the text offers, but for leaving and going back; the next page when it
 * offers nothing else; NUL when there is no way on. */
static char option(const struct dialogue_out *out, bool last)
{
    char digit = '\0', next = '\0';
    for (const char *line = out->text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line >= '1' && *line <= '7' && (!digit || last))
            digit = *line;
        if (*line == '9')
            next = '9';
    }
    return digit ? digit : next;
}

static bool has_ended(const struct rules *rules, const struct session *s)
{
    const struct state *st = dialogue_state(rules->dialogue, s->state);
    return st && st->def->end;
}

struct way {
    bool ends, turns; /* turns: "9" led to a next page wherever it was offered */
};

static struct way way_out(const struct rules *rules, struct session s, bool referral_open, bool last,
                          msec now)
{
    static struct dialogue_out out;
    struct way way = {false, true};
    struct dialogue_env env = {.dialogue = rules->dialogue,
                               .catalogs = rules->catalogs,
                               .places = rules->places,
                               .now = now,
                               .referral_open = referral_open,
                               .urgent_told = rules->network->urgent_without_consent};
    s.flood_at = 0;
    dialogue_step(&env, &s, (enum channel)s.channel, DLG_TEXT, STR("?"), &out); /* shows what it asks */
    for (int answers = 0; answers < ANSWERS && !has_ended(rules, &s); answers++) {
        char digit = option(&out, last);
        uint8_t misses = s.misses;
        for (int turns = 0; digit == '9' && turns < TURNS && s.misses == misses; turns++) {
            env.now += 20 * SECOND_MS;
            dialogue_step(&env, &s, (enum channel)s.channel, DLG_TEXT, STR("9"), &out);
            digit = option(&out, last);
        }
        way.turns &= s.misses == misses;
        if (!digit)
            break;
        digit = digit != '9' ? digit : last ? '7' : '1';
        env.now += 20 * SECOND_MS;
        dialogue_step(&env, &s, (enum channel)s.channel, DLG_TEXT, (struct str){&digit, 1}, &out);
    }
    way.ends = has_ended(rules, &s);
    return way;
}

void judge_exits(struct walk *w, const struct watch *ph)
{
    static const msec silences[] = {20 * SECOND_MS, 6 * MINUTE_MS, 7 * HOUR_MS, 2 * DAY_MS};
    const struct session *s = &ph->is.session;
    struct referral r;
    char text[1024];
    struct session x = shape_of(s);
    size_t n = session_pack(&x, text, sizeof text), later = w->no % 4;
    bool open = s->referral && practice_referral(w->p, ph->msisdn, &r) == OK;
    uint64_t shape = fingerprint((struct str){text, n}) * 8 + later * 2 + open;
    if (w->alone || (tried(shape) && w->counting))
        return; /* played again, what broke must break again */
    msec then = practice_now(w->p) + silences[later];
    struct way way = way_out(w->sim->rules, *s, open, false, then);
    if (!way.turns)
        broke(w, "a page that offers the next one has one", "state %s, %d s later", s->state,
              (int)(silences[later] / SECOND_MS));
    if (!way.ends && !way_out(w->sim->rules, *s, open, true, then).ends)
        broke(w, "no state is without a way to its end", "state %s, %d s later", s->state,
              (int)(silences[later] / SECOND_MS));
    w->sim->t.exits += w->counting;
}
