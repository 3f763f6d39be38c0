/* What is stored, as words for people. A new field is one line of a table. */
#include "practice/internal.h"

#include <string.h>

/* ---- fields of sessions and referrals ---- */

typedef void (*show_fn)(const void *at, struct out *o);
struct field {
    const char *name;
    size_t at;
    show_fn show;
};

static void text(const void *at, struct out *o)
{
    out_cstr(o, *(const char *)at ? at : "-");
}

static void yes_no(const void *at, struct out *o)
{
    out_cstr(o, *(const bool *)at ? "yes" : "no");
}

static void number(const void *at, struct out *o)
{
    out_u64(o, *(const uint8_t *)at);
}

static void children(const void *at, struct out *o)
{
    if (*(const uint8_t *)at == 255)
        out_char(o, '-');
    else
        number(at, o);
}

static void need_of_session(const void *at, struct out *o)
{
    uint8_t need = *(const uint8_t *)at;
    out_cstr(o, need ? need_name((enum need)(need - 1)) : "-");
}

static void need_of_referral(const void *at, struct out *o)
{
    out_cstr(o, need_name(*(const enum need *)at));
}

static void safe_word(enum safe_way way, struct out *o)
{
    out_cstr(o, way == SAFE_UNKNOWN ? "-" : safe_way_name(way));
}

static void safe_of_session(const void *at, struct out *o)
{
    safe_word((enum safe_way) * (const uint8_t *)at, o);
}

static void safe_of_referral(const void *at, struct out *o)
{
    safe_word(*(const enum safe_way *)at, o);
}

static void consent_of_session(const void *at, struct out *o)
{
    static const char *const words[] = {"-", "no", "yes"};
    out_cstr(o, words[*(const uint8_t *)at]);
}

static void state_of_referral(const void *at, struct out *o)
{
    out_cstr(o, referral_state_name(*(const enum referral_state *)at));
}

static void people(const void *at, struct out *o)
{
    unsigned who = *(const uint8_t *)at;
    size_t before = o->len;
    for (unsigned bit = WHO_SELF; bit <= WHO_DISABLED; bit <<= 1)
        if (who & bit)
            out_printf(o, "%s%s", o->len > before ? "," : "", who_name((enum who)bit));
    if (!who)
        out_char(o, '-');
}

/* avoid of both: a list of places */
static void places(const void *at, struct out *o)
{
    const char(*codes)[PLACE_CODE] = at;
    size_t before = o->len;
    for (int i = 0; i < ROUTING_AVOID; i++)
        if (*codes[i])
            out_printf(o, "%s%s", o->len > before ? "," : "", codes[i]);
    if (o->len == before)
        out_char(o, '-');
}

#define S(member, how)                                                                                       \
    {                                                                                                        \
#member, offsetof(struct session, member), how                                                       \
    }
static const struct field of_session[] = {
    S(state, text),         S(lang, text),         S(need, need_of_session), S(place, text),
    S(group, text),         S(children, children), S(safe, safe_of_session), S(consent, consent_of_session),
    S(urgent, yes_no),      S(who, people),        S(avoid, places),         S(avoid_own, yes_no),
    S(many_places, yes_no), S(left, yes_no),       S(resumed, yes_no),       S(misses, number),
    S(page, number),
};

#define R(member, how)                                                                                       \
    {                                                                                                        \
#member, offsetof(struct referral, member), how                                                      \
    }
static const struct field of_referral[] = {
    R(state, state_of_referral),
    R(need, need_of_referral),
    R(urgent, yes_no),
    R(place, text),
    R(children, children),
    R(safe, safe_of_referral),
    R(consent, yes_no),
    R(who, people),
    R(many_places, yes_no),
    R(lang, text),
    R(avoid, places),
    R(outcome, text),
    R(code_word, text),
    R(drill, yes_no),
};
_Static_assert(sizeof of_session / sizeof of_session[0] <= PRACTICE_FACTS, "room for all");
_Static_assert(sizeof of_referral / sizeof of_referral[0] <= PRACTICE_FACTS, "room for all");

static size_t facts(const void *of, const struct field *fields, size_t n, struct practice_fact *facts_out)
{
    for (size_t i = 0; i < n; i++) {
        struct out o;
        facts_out[i].name = fields[i].name;
        out_init(&o, facts_out[i].value, sizeof facts_out[i].value);
        fields[i].show((const char *)of + fields[i].at, &o);
    }
    return n;
}

size_t practice_session_facts(const struct session *s, struct practice_fact out[PRACTICE_FACTS])
{
    return facts(s, of_session, sizeof of_session / sizeof of_session[0], out);
}

size_t practice_referral_facts(const struct referral *r, struct practice_fact out[PRACTICE_FACTS])
{
    return facts(r, of_referral, sizeof of_referral / sizeof of_referral[0], out);
}

/* ---- rows ---- */

static const struct {
    unsigned bit;
    const char *name;
} effect_names[] = {{DLG_REFER, "refer"},         {DLG_URGENT, "urgent"},
                    {DLG_STATED, "stated"},       {DLG_LEFT, "left"},
                    {DLG_ENDED, "ended"},         {DLG_STOP, "stop"},
                    {DLG_ERASE, "erase"},         {DLG_INFORMED, "informed"},
                    {DLG_EMERGENCY, "emergency"}, {DLG_LANG, "language"},
                    {DLG_RESET, "reset"},         {DLG_OTHER_COLLABORATOR, "other-collaborator"},
                    {DLG_FLOOD, "flood"},         {DLG_MANY_PLACES, "many-places"},
                    {DLG_AGAIN, "again"}};

void practice_effects(unsigned effects, struct out *o)
{
    bool first = true;
    for (size_t i = 0; i < sizeof effect_names / sizeof effect_names[0]; i++) {
        if (!(effects & effect_names[i].bit))
            continue;
        out_printf(o, "%s%s", first ? "" : ",", effect_names[i].name);
        first = false;
    }
}

static const char *ussd_word(const struct row *row)
{
    static const char *const words[] = {[DLG_TEXT] = "", [DLG_BEGIN] = "begin", [DLG_CUT] = "cut"};
    return row->kind == ROW_USSD ? words[row->event] : "";
}

void practice_row_line(const struct row *row, struct out *o)
{
    const struct {
        const char *name, *value;
    } words[] = {{"", row_event_name(row)},
                 {"", ussd_word(row)},
                 {"state=", row->state},
                 {"need=", row->need ? need_name((enum need)(row->need - 1)) : ""},
                 {"place=", row->place},
                 {"lang=", row->lang},
                 {"collaborator=", row->collaborator},
                 {"host=", row->host},
                 {"by=", row->aggregator},
                 {"note=", row->note}};
    out_cstr(o, row_kind_name(row->kind));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (*words[i].value)
            out_printf(o, " %s%s", words[i].name, words[i].value);
    if (row->children != 255)
        out_printf(o, " children=%u", row->children);
    if (row->kind == ROW_MT && row->event)
        out_printf(o, " segments=%u", row->event);
    if (row->urgent)
        out_cstr(o, " urgent");
    if (row->effects) {
        out_cstr(o, " effects=");
        practice_effects(row->effects, o);
    }
}
