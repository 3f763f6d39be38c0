/* Conditions: what must hold for a state to be asked, an answer to be understood, a text to be chosen. */
#include "dialogue/internal.h"

#include <string.h>

enum { VALUES = 10 };

static uint32_t bit(bool yes)
{
    return yes ? 1u << 0 : 1u << 1; /* as in the tables: the first value means yes */
}

static uint32_t need_fact(const struct session *s, const struct dialogue_env *env)
{
    (void)env;
    return 1u << s->need;
}

static uint32_t who_fact(const struct session *s, const struct dialogue_env *env)
{
    unsigned who = s->need ? who_of((enum need)(s->need - 1), s->who) : s->who;
    (void)env;
    return who ? who << 1 : 1;
}

static uint32_t place_fact(const struct session *s, const struct dialogue_env *env)
{
    (void)env;
    return bit(*s->place != '\0');
}

static uint32_t children_fact(const struct session *s, const struct dialogue_env *env)
{
    (void)env;
    return s->children == 255 ? 1u << 2 : bit(s->children > 0);
}

static uint32_t safe_fact(const struct session *s, const struct dialogue_env *env)
{
    (void)env;
    return 1u << s->safe;
}

static uint32_t consent_fact(const struct session *s, const struct dialogue_env *env)
{
    (void)env;
    return s->consent == 0 ? 1u << 2 : bit(s->consent == 2);
}

static uint32_t urgent_fact(const struct session *s, const struct dialogue_env *env)
{
    (void)env;
    return bit(s->urgent);
}

static uint32_t channel_fact(const struct session *s, const struct dialogue_env *env)
{
    (void)env;
    return bit(s->channel == CHANNEL_SMS);
}

static uint32_t referral_fact(const struct session *s, const struct dialogue_env *env)
{
    (void)s;
    return bit(env->referral_open);
}

static uint32_t told_fact(const struct session *s, const struct dialogue_env *env)
{
    return bit(s->consent == 2 || (s->urgent && env->urgent_told));
}

static const struct fact {
    const char *name;
    uint32_t (*of)(const struct session *s, const struct dialogue_env *env);
    const char *values[VALUES]; /* by bit */
} facts[] = {
    {"need",
     need_fact,
     {"none", "danger", "shelter", "talk", "medical", "legal", "child", "info", "harm", NULL}},
    {"who", who_fact, {"unknown", "self", "other", "man", "child", "elder", "disabled", NULL}},
    {"place", place_fact, {"known", "unknown", NULL}},
    {"children", children_fact, {"some", "none", "unknown", NULL}},
    {"safe", safe_fact, {"unknown", "sms", "call", "call-day", "call-night", "wait", "sms-day", NULL}},
    {"consent", consent_fact, {"yes", "no", "unknown", NULL}},
    {"urgent", urgent_fact, {"yes", "no", NULL}},
    {"channel", channel_fact, {"sms", "ussd", NULL}},
    {"referral", referral_fact, {"open", "none", NULL}},
    {"told", told_fact, {"yes", "no", NULL}},
};
enum { FACTS = sizeof facts / sizeof facts[0] };

static bool value_bit(const struct fact *f, struct str word, uint32_t *bits)
{
    for (int i = 0; f->values[i]; i++)
        if (str_is(word, f->values[i])) {
            *bits |= 1u << i;
            return true;
        }
    return false;
}

static void list_values(const struct fact *f, struct out *o)
{
    for (int i = 0; f->values[i]; i++)
        out_printf(o, "%s%s", i ? ", " : "", f->values[i]);
}

static void no_fact(struct str name, struct cfg_pos pos, struct cfg_findings *f)
{
    char known[160];
    struct out o;
    out_init(&o, known, sizeof known);
    for (size_t i = 0; i < FACTS; i++)
        out_printf(&o, "%s%s", i ? ", " : "", facts[i].name);
    cfg_error(f, pos, "no condition \"%.*s\"; use one of %s", STR_ARG(name), known);
}

static void no_value(const struct fact *fact, struct str word, struct cfg_pos pos, struct cfg_findings *f)
{
    char known[160];
    struct out o;
    out_init(&o, known, sizeof known);
    list_values(fact, &o);
    cfg_error(f, pos, "\"%.*s\" is no value of the condition %s; use one of %s", STR_ARG(word), fact->name,
              known);
}

static bool one(struct str text, struct cfg_pos pos, struct condition *c, struct cfg_findings *f)
{
    c->not = str_starts(text, "!");
    if (c->not )
        text = (struct str){text.s + 1, text.n - 1};
    struct str name = str_split(&text, ':');
    for (size_t i = 0; i < FACTS; i++) {
        if (!str_is(name, facts[i].name))
            continue;
        c->fact = (uint8_t)i;
        do {
            struct str word = str_split(&text, '|');
            if (!value_bit(&facts[i], word, &c->values)) {
                no_value(&facts[i], word, pos, f);
                return false;
            }
        } while (text.n);
        return true;
    }
    no_fact(name, pos, f);
    return false;
}

bool conditions_build(const struct cfg_strings *in, struct cfg_pos pos, struct conditions *out,
                      struct arena *a, struct cfg_findings *f)
{
    bool ok = true;
    out->n = in->n;
    out->items = in->n ? arena_array(a, in->n, sizeof *out->items) : NULL;
    for (size_t i = 0; i < in->n; i++)
        ok = one(str_of(in->items[i]), pos, &out->items[i], f) && ok;
    return ok;
}

bool conditions_hold(const struct conditions *c, const struct session *s, const struct dialogue_env *env)
{
    for (size_t i = 0; i < c->n; i++)
        if (((facts[c->items[i].fact].of(s, env) & c->items[i].values) != 0) == c->items[i].not )
            return false;
    return true;
}
