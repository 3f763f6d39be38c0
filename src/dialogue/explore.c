/* Every situation that can be reached, breadth first. */
#include "dialogue/check.h"

#include <stdlib.h>
#include <string.h>

#define NOW (1000 * DAY_MS)
#define NONE_OF_THESE STR("7")

void *check_room(struct check *k, void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    size_t more = *cap ? 2 * *cap : 256;
    void *grown = arena_array(&k->arena, more, size);
    if (n)
        memcpy(grown, items, n * size);
    *cap = more;
    return grown;
}

bool check_first(struct check *k, const char *kind, const void *what)
{
    for (size_t i = 0; i < k->n_said; i++)
        if (k->said[i].fmt == kind && k->said[i].what == what)
            return false;
    k->said = check_room(k, k->said, k->n_said, &k->cap_said, sizeof *k->said);
    k->said[k->n_said++] = (struct said){kind, what};
    return true;
}

/* ---- the world of the exploration ---- */

/* One place that was a district by itself and six that were another, under names in which no word of a
 * language is. */
static const struct gazetteer *made_up_places(struct arena *a)
{
    static const char *const names[] = {"Qwxzjk", "Zjwqfa", "Zjwqfb", "Zjwqfc", "Zjwqfd", "Zjwqfe", "Zjwqff"};
    enum { COMMUNES = sizeof names / sizeof names[0] };
    enum { GROUPS = 3 };
    struct place_row rows[COMMUNES + GROUPS] = {
        {.code = "1", .level = PLACE_PROVINCE, .type = "", .name = "Fqzwj", .ascii = "Fqzwj"},
        {.code = "2",
         .level = PLACE_FORMER_DISTRICT,
         .parent = "1",
         .type = "",
         .name = "Xkqzvw",
         .ascii = "Xkqzvw",
         .now = "11 12 13 14 15 16"},
        {.code = "3",
         .level = PLACE_FORMER_DISTRICT,
         .parent = "1",
         .type = "",
         .name = "Vjkqwz",
         .ascii = "Vjkqwz",
         .now = "10"}};
    struct failure why;
    for (int i = 0; i < COMMUNES; i++) {
        struct place_row *r = &rows[i + GROUPS];
        *r = (struct place_row){.level = PLACE_COMMUNE,
                                .parent = "1",
                                .type = "",
                                .name = names[i],
                                .ascii = names[i],
                                .lat = 21 + i / 100.0,
                                .lon = 104};
        struct out code;
        out_init(&code, r->code, sizeof r->code);
        out_printf(&code, "%d", 10 + i);
        memcpy(r->former_district, i > 0 ? "2" : "3", 2);
    }
    return places_build(rows, COMMUNES + GROUPS, NULL, 0, a, &why);
}
static const struct str one_place = {"Qwxzjk", 6}, many_places = {"Xkqzvw", 6};

static const char *with_lines(struct check *k, const char *key)
{
    char text[128];
    struct out o;
    out_init(&o, text, sizeof text);
    out_printf(&o, "%s\n{options}", key);
    return arena_strdup(&k->arena, out_span(&o));
}

static const struct catalogs *texts_as_keys(struct check *k)
{
    struct catalogs *c = arena_alloc(&k->arena, sizeof *c);
    struct cfg_entry *texts = arena_array(&k->arena, k->n_keys + 1, sizeof *texts);
    for (size_t i = 0; i < k->n_keys; i++) {
        texts[i].key = texts[i].value = k->keys[i];
        if (check_has_lines(&k->c->items[0], k->keys[i]))
            texts[i].value = with_lines(k, k->keys[i]);
    }
    c->n = k->c->n;
    c->items = arena_array(&k->arena, c->n + 1, sizeof *c->items);
    for (size_t i = 0; i < c->n; i++) {
        c->items[i] = k->c->items[i];
        c->items[i].texts = texts;
        c->items[i].n = k->n_keys;
    }
    return c;
}

static void take_conditions(struct check *k, const struct conditions *c)
{
    if (k->conditions && c->n)
        memcpy(k->conditions + k->n_conditions, c->items, c->n * sizeof *c->items);
    k->n_conditions += c->n;
}

static void all_conditions(struct check *k)
{
    k->n_conditions = 0;
    for (size_t i = 0; i < k->d->n_states; i++) {
        const struct state *st = &k->d->states[i];
        take_conditions(k, &st->when);
        for (size_t v = 0; v < st->n_variants; v++)
            take_conditions(k, &st->variants[v].when);
        for (size_t a = 0; a < st->n_answers; a++)
            take_conditions(k, &st->answers[a].when);
    }
}

static bool one_holds(const struct check *k, size_t i, const struct session *s)
{
    return conditions_hold(&(struct conditions){&k->conditions[i], 1}, s, &k->env);
}

static bool told_apart(const struct check *k, const struct session *a, const struct session *b)
{
    for (size_t i = 0; i < k->n_conditions; i++)
        if (one_holds(k, i, a) != one_holds(k, i, b))
            return true;
    return false;
}

/* The smallest value that no condition tells from this one. Nothing said is always by itself. */
static void classes(struct check *k)
{
    for (unsigned w = 1; w <= WHO_ALL; w++) {
        struct session s = {.who = (uint8_t)w, .children = 255}, least = s;
        for (least.who = 1; told_apart(k, &s, &least);)
            least.who++;
        k->who_class[w] = least.who;
    }
    for (unsigned v = 1; v < sizeof k->safe_class; v++) {
        struct session s = {.safe = (uint8_t)v, .children = 255}, least = s;
        for (least.safe = 1; told_apart(k, &s, &least);)
            least.safe++;
        k->safe_class[v] = least.safe;
    }
}

static void do_children_matter(struct check *k)
{
    const struct session none = {.children = 0}, some = {.children = 1};
    k->children_matter = told_apart(k, &none, &some);
}

static void does_told_matter(struct check *k)
{
    struct session s = {.urgent = true, .children = 255};
    for (size_t i = 0; i < k->n_conditions; i++) {
        k->env.urgent_told = false;
        bool before = one_holds(k, i, &s);
        k->env.urgent_told = true;
        k->told_matters |= before != one_holds(k, i, &s);
    }
}

/* ---- forms of a call for help ---- */

static void add_form(struct check *k, struct str form)
{
    if (form.n && k->n_forms < MOST_FORMS)
        k->forms[k->n_forms++] = form;
}

/* The first one as a telephone with accents writes it. */
static struct str with_accent(struct check *k, struct str word)
{
    static const char *const marks[][2] = {{"u", "ú"}, {"o", "ó"}, {"a", "á"}, {"e", "é"}, {"i", "í"}};
    for (size_t at = 0; at < word.n; at++)
        for (size_t m = 0; m < sizeof marks / sizeof marks[0]; m++) {
            if (word.s[at] != marks[m][0][0])
                continue;
            char *out = arena_alloc(&k->arena, word.n + 2);
            memcpy(out, word.s, at);
            memcpy(out + at, marks[m][1], 2);
            memcpy(out + at + 2, word.s + at + 1, word.n - at - 1);
            return (struct str){out, word.n + 1};
        }
    return (struct str){NULL, 0};
}

static void call_forms(struct check *k)
{
    const struct phrases *p = &k->d->word_danger;
    struct str first =
        k->d->def->lexicon.danger.n ? str_of(k->d->def->lexicon.danger.items[0]) : (struct str){NULL, 0};
    add_form(k, first);
    add_form(k, with_accent(k, first));
    if (p->joined.n)
        add_form(k, str_trim(p->joined.items[0]));
    if (p->n_signs)
        add_form(k, p->signs[0]);
}

static void answers_seen(struct check *k)
{
    size_t n = k->d->n_states;
    for (int c = 0; c < CHANNEL_COUNT; c++)
        k->probed[c] = arena_array(&k->arena, n + 1, sizeof *k->probed[c]);
    k->met = arena_array(&k->arena, n + 1, sizeof *k->met);
    k->held = arena_array(&k->arena, n + 1, sizeof *k->held);
    k->live = arena_array(&k->arena, n + 1, sizeof *k->live);
    for (size_t i = 0; i < n; i++) {
        k->held[i] = arena_array(&k->arena, k->d->states[i].n_answers + 1, sizeof **k->held);
        k->live[i] = arena_array(&k->arena, k->d->states[i].n_answers + 1, sizeof **k->live);
    }
}

void check_prepare(struct check *k)
{
    k->env = (struct dialogue_env){.dialogue = k->d, .urgent_told = true};
    k->env.places = made_up_places(&k->arena);
    k->env.catalogs = texts_as_keys(k);
    all_conditions(k);
    k->conditions = arena_array(&k->arena, k->n_conditions + 1, sizeof *k->conditions);
    all_conditions(k);
    classes(k);
    do_children_matter(k);
    does_told_matter(k);
    call_forms(k);
    answers_seen(k);
}

/* ---- what is shown ---- */

static const char *key_at(const struct check *k, struct str name)
{
    for (size_t lo = 0, hi = k->n_keys; lo < hi;) {
        size_t mid = (lo + hi) / 2;
        int order = strncmp(k->keys[mid], name.s, name.n);
        if (order == 0 && k->keys[mid][name.n] == '\0')
            return k->keys[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* What stands before the lines of a menu of places. */
static struct str before_lines(struct str text)
{
    const char *first = text.n ? memmem(text.s, text.n, "\n1 ", 3) : NULL;
    return str_trim(first ? (struct str){text.s, (size_t)(first - text.s)} : text);
}

static void note_shown(struct check *k, uint32_t at, const struct session *s, struct str by, struct str text)
{
    struct str rest = before_lines(text), lead = str_split(&rest, '\n');
    const struct state *st = dialogue_state(k->d, s->state);
    struct shown one = {.lead = rest.n ? key_at(k, lead) : NULL,
                        .prompt = key_at(k, rest.n ? rest : lead),
                        .st = st ? st : k->d->start,
                        .channel = s->channel,
                        .stated = s->stated,
                        .at = at,
                        .by = by};
    if (st)
        k->met[st - k->d->states] = true;
    if (!one.prompt)
        return;
    uint64_t id = ((uint64_t)(uintptr_t)one.lead * 31 + (uint64_t)(uintptr_t)one.prompt) * 8 +
                  one.channel * 2u + one.stated + 1;
    if (idmap_get(&k->known_shown, id))
        return;
    idmap_put(&k->known_shown, id, 1);
    k->shown = check_room(k, k->shown, k->n_shown, &k->cap_shown, sizeof *k->shown);
    k->shown[k->n_shown++] = one;
}

static void step_in(struct check *k, bool referral, bool told, struct session *s, enum dialogue_event event,
                    struct str text, msec silence, struct dialogue_out *out)
{
    check_take_env(k, referral, told);
    k->env.now = NOW + silence;
    s->last_at = NOW;
    s->flood_at = s->asked_at = 0;
    s->last_text = 0;
    dialogue_step(&k->env, s, (enum channel)s->channel, event, text, out);
}

void check_say(struct check *k, uint32_t at, bool referral, struct session *s, enum dialogue_event event,
               struct str text, msec silence, struct dialogue_out *out)
{
    step_in(k, referral, k->situations[at].told, s, event, text, silence, out);
    note_shown(k, at, s, text, (struct str){out->text, out->len});
}

const char *check_way(struct check *k, uint32_t to)
{
    enum { STEPS = 24 };
    struct str steps[STEPS];
    int n = 0;
    for (uint32_t at = to; k->situations[at].from != at && n < STEPS; at = k->situations[at].from)
        steps[n++] = k->situations[at].by;
    char text[256];
    struct out o;
    out_init(&o, text, sizeof text);
    while (n-- > 0) {
        const char *name = str_eq(steps[n], one_place)     ? "(a place)"
                           : str_eq(steps[n], many_places) ? "(a name of several places)"
                                                           : NULL;
        if (name)
            out_cstr(&o, name);
        else
            out_str(&o, steps[n]);
        out_cstr(&o, n ? ", " : "");
    }
    return arena_strdup(&k->arena, out_span(&o));
}

/* ---- what leads on ---- */

static void add_edge(struct check *k, uint32_t at, bool told, const struct session *s, unsigned effects,
                     enum way way, struct str by)
{
    bool referral = k->situations[at].referral, known = told || s->consent == 2;
    bool served = effects & (DLG_REFER | DLG_INFORMED) || (effects & DLG_URGENT && known);
    uint32_t to = check_situation(k, s, at, referral, told, by);
    k->edges = check_room(k, k->edges, k->n_edges, &k->cap_edges, sizeof *k->edges);
    k->edges[k->n_edges++] = (struct edge){.to = to, .effects = effects, .way = way, .served = served};
    k->situations[at].n_edges++;
}

/* A danger that nobody is told of without consent. */
static void lead_on_untold(struct check *k, uint32_t at, struct str text, enum way way)
{
    struct dialogue_out out;
    struct session s = k->situations[at].s;
    step_in(k, k->situations[at].referral, false, &s, DLG_TEXT, text, SECOND_MS, &out);
    note_shown(k, at, &s, text, (struct str){out.text, out.len});
    add_edge(k, at, false, &s, out.effects, way, text);
}

/* Steps and adds what it leads to. false: it was not understood. */
static bool lead_to(struct check *k, uint32_t at, struct str text, enum way way, struct dialogue_out *out)
{
    struct session s = k->situations[at].s;
    bool urgent = s.urgent;
    check_say(k, at, k->situations[at].referral, &s, DLG_TEXT, text, SECOND_MS, out);
    if (s.misses)
        return false;
    add_edge(k, at, k->situations[at].told, &s, out->effects, way, text);
    if (k->told_matters && !urgent && s.urgent)
        lead_on_untold(k, at, text, way);
    return true;
}

static bool lead_on(struct check *k, uint32_t at, struct str text, enum way way)
{
    struct dialogue_out out;
    return lead_to(k, at, text, way, &out);
}

static void call(struct check *k, uint32_t at)
{
    struct dialogue_out out;
    if (!k->n_forms)
        return;
    lead_to(k, at, k->forms[0], WAY_DANGER, &out);
    check_called(k, at, k->forms[0], &out);
}

static void menu_of_places(struct check *k, uint32_t at)
{
    if (!menu_offered(&k->situations[at].s, k->situations[at].st))
        return;
    lead_on(k, at, STR("1"), WAY_CHOICE);
    if (*k->situations[at].s.group)
        lead_on(k, at, STR("8"), WAY_BACK);
}

static bool means_command(const struct check *k, struct str word)
{
    const struct dialogue *d = k->d;
    const struct phrases *all[] = {&d->word_erase, &d->word_stop, &d->word_leave, &d->word_language,
                                   &d->word_restart};
    struct heard h;
    hear(word, &h);
    bool is = heard_danger(d, &h);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        is |= heard_is(&h, all[i]);
    return is;
}

static bool is_command(struct check *k, struct str word)
{
    uint64_t id = (uint64_t)(uintptr_t)word.s;
    const uint32_t *known = idmap_get(&k->commands, id);
    if (known)
        return *known;
    bool is = means_command(k, word);
    idmap_put(&k->commands, id, is);
    return is;
}

static bool taken(const struct check *k, const struct situation *at, size_t answer, struct str word)
{
    for (size_t i = 0; i < answer; i++)
        for (size_t w = 0; w < at->st->answers[i].n_on; w++)
            if (str_eq(at->st->answers[i].on[w], word) &&
                conditions_hold(&at->st->answers[i].when, &at->s, &k->env))
                return true;
    return shows_choices(&at->s, at->st) && *at->s.more[0] && str_eq(word, NONE_OF_THESE);
}

static bool sets_language_only(const struct answer_def *a)
{
    for (size_t i = 0; i < a->set.n; i++)
        if (!str_starts(str_of(a->set.items[i]), "lang:"))
            return false;
    return a->set.n > 0;
}

static bool digits_only(struct str word)
{
    uint64_t n;
    return str_to_u64(word, UINT32_MAX, &n);
}

static void one_answer(struct check *k, uint32_t at, size_t i)
{
    const struct state *st = k->situations[at].st;
    const struct answer_rule *a = &st->answers[i];
    size_t state = (size_t)(st - k->d->states);
    struct str first = {NULL, 0};
    uint16_t digits = 0;
    bool number = false;
    check_take_env(k, k->situations[at].referral, k->situations[at].told);
    if (!conditions_hold(&a->when, &k->situations[at].s, &k->env))
        return;
    k->held[state][i] = true;
    for (size_t w = 0; w < a->n_on; w++) {
        if (taken(k, &k->situations[at], i, a->on[w]) || is_command(k, a->on[w]))
            continue;
        first = first.n ? first : a->on[w];
        number |= digits_only(a->on[w]);
        if (a->on[w].n == 1 && digits_only(a->on[w]))
            digits |= (uint16_t)(1u << (a->on[w].s[0] - '0'));
    }
    if (!first.n)
        return;
    k->live[state][i] = true;
    size_t edges = k->n_edges;
    if (!lead_on(k, at, first, sets_language_only(a->def) ? WAY_LANGUAGE : WAY_ANSWER))
        return;
    k->situations[at].digits |= digits;
    for (size_t e = edges; e < k->n_edges; e++)
        k->edges[e].number = number;
}

static void places(struct check *k, uint32_t at)
{
    const struct situation *from = &k->situations[at];
    int slot = from->st->def->slot;
    bool avoid = slot == SLOT_AVOID, asks = slot == SLOT_PLACE || slot == SLOT_NEED;
    if (shows_choices(&from->s, from->st)) {
        lead_on(k, at, STR("1"), WAY_CHOICE);
        if (*k->situations[at].s.more[0])
            lead_on(k, at, NONE_OF_THESE, WAY_MORE);
    } else if (avoid || (asks && !*from->s.place)) {
        lead_on(k, at, one_place, WAY_PLACE);
        if (!*k->situations[at].s.choice[0]) /* heard before, they wait to be asked for */
            lead_on(k, at, many_places, WAY_NAMES);
    } else if (!*from->s.place) {
        lead_on(k, at, one_place, WAY_WORDS);
    }
}

/* People are named in words at the beginning only: the question for them meets every other case. */
static void words(struct check *k, uint32_t at)
{
    const struct lexicon_def *l = &k->d->def->lexicon;
    const struct need_words *needs = l->needs.items;
    const struct people_words *people = l->people.items;
    const struct situation *from = &k->situations[at];
    bool free = from->st->def->slot != SLOT_AVOID && !from->s.need;
    bool beginning = free && from->st == k->d->start && !from->s.who;
    for (size_t i = 0; free && i < l->needs.n; i++)
        if (needs[i].words.n)
            lead_on(k, at, str_of(needs[i].words.items[0]), WAY_WORDS);
    for (size_t i = 0; beginning && i < l->people.n; i++)
        if (people[i].words.n)
            lead_on(k, at, str_of(people[i].words.items[0]), WAY_WORDS);
    if (beginning && l->avoid.n)
        lead_on(k, at, str_of(l->avoid.items[0]), WAY_WORDS);
}

static void expand(struct check *k, uint32_t at)
{
    const struct state *st = k->situations[at].st;
    k->situations[at].first = (uint32_t)k->n_edges;
    if (!st || st->def->end)
        return;
    for (size_t i = 0; i < st->n_answers; i++)
        one_answer(k, at, i);
    places(k, at);
    menu_of_places(k, at);
    words(k, at);
    call(k, at);
}

static void begin(struct check *k, enum channel channel, bool referral)
{
    struct dialogue_out out;
    struct session s = {.children = 255};
    check_take_env(k, referral, true);
    k->env.now = NOW;
    dialogue_step(&k->env, &s, channel, channel == CHANNEL_USSD ? DLG_BEGIN : DLG_TEXT, STR(""), &out);
    uint32_t n = check_situation(k, &s, UINT32_MAX, referral, true, STR(""));
    k->roots[k->n_roots++] = n;
    note_shown(k, n, &s, STR(""), (struct str){out.text, out.len});
}

bool check_explore(struct check *k)
{
    for (int c = 0; c < CHANNEL_COUNT; c++)
        for (int open = 0; open < 2; open++)
            begin(k, (enum channel)c, open);
    for (uint32_t at = 0; at < k->n_situations; at++) {
        if (k->n_situations > MOST_SITUATIONS) {
            cfg_error(k->f, k->d->def->pos,
                      "more than %d situations can be reached; use fewer conditions (when)", MOST_SITUATIONS);
            return false;
        }
        expand(k, at);
        check_probe(k, at);
    }
    return true;
}
