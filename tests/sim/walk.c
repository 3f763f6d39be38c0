/* One walk: invented, played, judged; and cut short when something broke. */
#include "sim/walk.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool passed_over(const struct sim *s, const char *what)
{
    return s->but && strstr(s->but, what);
}

void broke(struct walk *w, const char *what, const char *fmt, ...)
{
    va_list args;
    if (w->broken.what || passed_over(w->sim, what))
        return;
    w->broken.what = what;
    va_start(args, fmt);
    vsnprintf(w->broken.why, sizeof w->broken.why, fmt, args);
    va_end(args);
}

/* ---- what all walks share ---- */

static bool share_a_word(const struct place *a, const struct place *b)
{
    char one[64], words[64];
    text_fold(str_of(a->name), one, sizeof one);
    text_fold(str_of(b->name), words, sizeof words);
    struct str rest = str_of(one);
    while (rest.n) {
        char word[64];
        str_copy(str_split(&rest, ' '), word, sizeof word);
        if (strstr(words, word))
            return true;
    }
    return false;
}

static int *numbers(size_t n)
{
    int *p = calloc(n + 1, sizeof *p);
    if (!p)
        abort();
    return p;
}

static void keep_limits(struct sim *s)
{
    const struct network *net = s->rules->network;
    s->capacity = numbers(net->n_hosts);
    s->most_open = numbers(net->n_collaborators);
    for (size_t i = 0; i < net->n_hosts; i++)
        s->capacity[i] = net->hosts[i].capacity;
    for (size_t i = 0; i < net->n_collaborators; i++)
        s->most_open[i] = net->collaborators[i].max_open;
}

/* In every second walk nobody is ever full or busy. */
static void set_limits(struct sim *s, bool limits)
{
    const struct network *net = s->rules->network;
    for (size_t i = 0; i < net->n_hosts; i++)
        net->hosts[i].capacity = limits ? s->capacity[i] : 0;
    for (size_t i = 0; i < net->n_collaborators; i++)
        net->collaborators[i].max_open = limits ? s->most_open[i] : 0;
}

bool sim_begin(struct sim *s, const struct rules *rules)
{
    size_t n = places_communes(rules->places);
    *s = (struct sim){.rules = rules, .def = rules->dialogue->def, .out = stdout};
    keep_limits(s);
    s->homes = calloc(n + 1, sizeof *s->homes);
    if (!s->homes)
        abort();
    for (size_t i = 0; i < n; i++) {
        const struct place *p = places_commune(rules->places, i);
        bool apart = strchr(p->ascii, ' ') != NULL;
        for (size_t k = 0; k < s->n_homes && apart; k++)
            apart = !share_a_word(p, s->homes[k]) && !share_a_word(s->homes[k], p) &&
                    strcmp(p->former_district, s->homes[k]->former_district) != 0;
        if (apart)
            s->homes[s->n_homes++] = p;
    }
    return s->n_homes >= PHONES;
}

void sim_end(struct sim *s)
{
    free(s->homes);
    free(s->capacity);
    free(s->most_open);
    s->homes = NULL;
    judge_forget();
}

/* ---- one walk ---- */

/* Is what one phone is answered compared with what it would be answered alone? */
static bool compared(const struct walk *w)
{
    return w->no % 2 == 0;
}

static void begin(struct walk *w)
{
    struct failure why;
    rng_seed(&w->rng, w->seed * 0x9E3779B97F4A7C15u ^ w->no * 0xD1B54A32D192ED03u);
    memset(w->phones, 0, sizeof w->phones);
    memset(w->given, 0, sizeof w->given);
    w->n_tales = 0;
    w->seq = w->sent = 0;
    w->lines = w->worked = 0;
    w->now = NULL;
    w->broken = (struct broken){NULL, ""};
    /* any hour of any day of four weeks */
    msec start = 1767225600000 + (msec)rng_below(&w->rng, 28 * 24 * 3600) * SECOND_MS;
    set_limits(w->sim, !compared(w));
    w->p = practice_create(w->sim->rules, rng_u64(&w->rng), start, &why);
    if (!w->p)
        abort();
    invent_phones(w);
}

static void end(struct walk *w)
{
    if (!w->broken.what)
        judge_end(w);
    practice_destroy(w->p);
    w->p = NULL;
}

static void go(struct walk *w)
{
    w->n_ops = w->n_texts = 0;
    begin(w);
    while (!w->broken.what && w->n_ops < w->most && w->n_ops < OPS) {
        struct op *op = &w->ops[w->n_ops];
        invent(w, op);
        w->n_ops++;
        play(w, op);
    }
    end(w);
}

/* ---- the same operations again, or some of them ---- */

static void play_kept(struct walk *w, const bool *kept)
{
    begin(w);
    for (size_t i = 0; i < w->n_ops && !w->broken.what; i++)
        if (kept[i])
            play(w, &w->ops[i]);
    end(w);
}

void walk_shorten(struct walk *w)
{
    static struct walk shorter; /* too large for a stack */
    const char *what = w->broken.what;
    bool kept[OPS], changed = true;
    size_t n = 0;
    memset(kept, true, sizeof kept);
    while (changed) {
        changed = false;
        for (size_t i = w->n_ops; i > 0; i--) {
            if (!kept[i - 1])
                continue;
            kept[i - 1] = false;
            shorter = *w;
            shorter.counting = false;
            play_kept(&shorter, kept);
            bool still = shorter.broken.what && strcmp(shorter.broken.what, what) == 0;
            kept[i - 1] = !still;
            changed |= still;
        }
    }
    for (size_t i = 0; i < w->n_ops; i++)
        if (kept[i])
            w->ops[n++] = w->ops[i];
    w->n_ops = n;
}

void walk_print(struct walk *w)
{
    bool all[OPS];
    memset(all, true, sizeof all);
    w->telling = true;
    w->counting = false;
    play_kept(w, all);
    w->telling = false;
    fprintf(w->sim->out, "%s: %s\n", w->broken.what ? w->broken.what : "nothing is broken", w->broken.why);
}

/* Of several phones each is answered as if it were alone: where there is room for all. Who is asked first
 * depends on who else has a case, so no more is said once somebody answers who, alone, is not asked. */
static void alone(struct walk *w)
{
    static struct walk other;
    uint8_t phone = (uint8_t)(w->no / 2 % w->n_phones);
    other = *w; /* what was typed stays in the first */
    other.counting = false;
    other.alone = true;
    begin(&other);
    for (size_t i = 0; i < w->n_ops && !other.broken.what; i++) {
        const struct op *op = &other.ops[i];
        if (op->phone != phone || op->kind == OP_PASS)
            continue;
        practice_pass(other.p, w->began[i] - practice_now(other.p));
        play(&other, op);
        if (other.answered[i] != w->answered[i] && op->kind == OP_ANSWER)
            break;
        if (other.answered[i] != w->answered[i])
            broke(w, "a phone is answered as if it were the only one", "phone %u", (unsigned)phone);
    }
    end(&other);
    w->sim->t.alone += w->counting;
}

bool walk_go(struct walk *w, struct sim *s, uint64_t seed, uint64_t no)
{
    w->sim = s;
    w->seed = seed;
    w->no = no;
    w->counting = true;
    w->telling = w->alone = false;
    go(w);
    s->t.walks++;
    if (!w->broken.what && w->n_phones > 1 && compared(w))
        alone(w);
    return !w->broken.what;
}
