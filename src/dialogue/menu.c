/* The menu of places: groups (districts of old, or provinces), then the communes of one, a screen at a time.
 *
 * What is used most comes first, as it was when the menu was shown first; behind it all by name. The session
 * keeps that beginning and what each number on the screen means, so that neither a new order nor a new
 * gazetteer can make a number mean another place than the one that was read. */
#include "dialogue/internal.h"

#include "text/text.h"

#include <string.h>

#define MARK "\x01" /* where the lines go, while a text is put together */

bool menu_offered(const struct session *s, const struct state *st)
{
    bool asks = st->def->slot == SLOT_PLACE || st->def->slot == SLOT_AVOID;
    bool channel = st->def->menu == MENU_ALL || (st->def->menu == MENU_USSD && s->channel == CHANNEL_USSD);
    return asks && channel && !s->resumed && !shows_choices(s, st);
}

void menu_forget(struct session *s)
{
    memset(s->order, 0, sizeof s->order);
    memset(s->lines, 0, sizeof s->lines);
}

/* ---- what there is to choose from ---- */

static const struct place *group_of(const struct dialogue_env *env, const struct session *s)
{
    const struct place *p = *s->group ? places_by_code(env->places, str_of(s->group)) : NULL;
    return p && (p->level == PLACE_FORMER_DISTRICT || p->level == PLACE_PROVINCE) ? p : NULL;
}

/* The only group there is need not be chosen. */
static const struct place *only_group(const struct dialogue_env *env)
{
    const struct place *first[2];
    return places_menu(env->places, NULL, first, 2) == 1 ? first[0] : NULL;
}

static size_t list(const struct dialogue_env *env, const struct place *group, const uint32_t *uses,
                   const struct place **out, size_t max)
{
    return group ? places_menu_of(env->places, group, uses, out, max)
                 : places_menu(env->places, uses, out, max);
}

static bool is_in(const struct place *p, const struct place *const *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (all[i] == p)
            return true;
    return false;
}

static void begin_order(const struct dialogue_env *env, struct session *s, const struct place *group)
{
    const struct place *first[SESSION_ORDER];
    size_t n = *s->order[0] ? 0 : list(env, group, env->uses, first, SESSION_ORDER);
    for (size_t i = 0; i < n; i++)
        memcpy(s->order[i], first[i]->code, PLACE_CODE);
}

/* What the order began with, as far as it is still there, then the rest by name. */
static size_t in_order(const struct dialogue_env *env, const struct session *s, const struct place *group,
                       const struct place *out[PLACES_MENU])
{
    const struct place *named[PLACES_MENU];
    size_t all = list(env, group, NULL, named, PLACES_MENU), first = 0, n;
    for (size_t i = 0; i < SESSION_ORDER && *s->order[i]; i++) {
        const struct place *p = places_by_code(env->places, str_of(s->order[i]));
        if (p && is_in(p, named, all) && !is_in(p, out, first))
            out[first++] = p;
    }
    n = first;
    for (size_t i = 0; i < all; i++)
        if (!is_in(named[i], out, first))
            out[n++] = named[i];
    return n;
}

/* ---- how it is cut into screens ---- */

struct sheet { /* all of it, before it is cut */
    const struct place *places[PLACES_MENU];
    size_t n;
    struct str front, tail, next, back; /* what goes before the lines, behind them, and turns the pages */
    char text[DIALOGUE_REPLY], turns[64];
    bool accents, up; /* up: from the first page 8 leads to the groups */
    bool wide;        /* some of it is no GSM text */
    size_t room;      /* units of one screen */
};

struct screen { /* one of them */
    struct str front;
    size_t first, n; /* lines */
    bool tail, next, back;
};

static struct str name_of(const struct sheet *sh, const struct place *p)
{
    return places_menu_name(p, sh->accents);
}

/* With the line break it takes. What has two septets is counted so in wide text, too: never too little. */
static size_t cost(struct str text)
{
    return text.n ? text_size(text).units + 1 : 0;
}

static size_t line_cost(const struct sheet *sh, size_t i)
{
    return cost(name_of(sh, sh->places[i])) + 2;
}

/* As many lines as there is room for; all that are left when they fit without a way to the next. */
static size_t lines_that_fit(const struct sheet *sh, size_t first, size_t room, bool *next)
{
    size_t n = 0, used = 0, with_next = 0;
    while (first + n < sh->n && n < SESSION_LINES && used + line_cost(sh, first + n) <= room) {
        used += line_cost(sh, first + n++);
        if (used + cost(sh->next) <= room)
            with_next = n;
    }
    *next = first + n < sh->n;
    return *next ? with_next : n;
}

/* The screen that begins with this rest of the front and this line. */
static struct screen cut(const struct sheet *sh, struct str front, size_t first, bool back)
{
    struct screen sc = {.front = front, .first = first, .tail = true, .back = back};
    size_t room = sh->room + 1, turn = back ? cost(sh->back) : 0;
    size_t fixed = cost(front) + cost(sh->tail) + turn;
    if (fixed <= room)
        sc.n = lines_that_fit(sh, first, room - fixed, &sc.next);
    if (fixed <= room && (sc.n || !sc.next || (front.n && fixed + cost(sh->next) <= room)))
        return sc;
    /* one line at least goes on a screen without front, or there were no way on */
    sc.tail = false;
    sc.n = !front.n;
    sc.next = front.n || first + 1 < sh->n;
    return sc;
}

/* A front that leaves no room goes on screens of its own. */
static struct screen cut_front(const struct dialogue_env *env, const struct sheet *sh, struct str front,
                               bool back)
{
    char turns[64];
    struct out o;
    struct screen sc = {.front = front, .next = true, .back = back};
    out_init(&o, turns, sizeof turns);
    out_printf(&o, "\n" STR_FMT, STR_ARG(sh->next));
    if (back)
        out_printf(&o, "\n" STR_FMT, STR_ARG(sh->back));
    sc.front.n = page_length(front, out_span(&o), env, sh->wide ? CODING_UCS2 : CODING_GSM7);
    return sc;
}

static struct str behind(struct str whole, size_t n)
{
    struct str rest = {whole.s + n, whole.n - n};
    return str_trim(rest);
}

struct place_in { /* where the next screen begins */
    struct str front;
    size_t line;
    unsigned page;
};

/* The next screen; what follows it begins at *at. */
static struct screen next_screen(const struct dialogue_env *env, const struct sheet *sh, struct place_in *at)
{
    bool back = at->page > 0 || sh->up;
    struct screen sc = cut(sh, at->front, at->line, back);
    if (!sc.tail && at->front.n)
        sc = cut_front(env, sh, at->front, back);
    at->front = behind(at->front, sc.front.n);
    at->line += sc.n;
    at->page++;
    return sc;
}

/* ---- what is written on it ---- */

static struct str turn_text(const struct dialogue_env *env, const struct session *s, const char *key,
                            struct out *o)
{
    size_t from = o->len;
    dialogue_text(env->catalogs, s->lang, key, NULL, 0, o);
    return (struct str){o->buf + from, o->len - from};
}

static void put_text(const struct dialogue_env *env, const struct session *s, const struct state *st,
                     const char *lead, const struct place *group, const struct sheet *sh, struct out *o)
{
    const struct text_arg args[] = {{"options", STR(MARK)},
                                    {"group", group ? name_of(sh, group) : (struct str){NULL, 0}}};
    if (lead && dialogue_text(env->catalogs, s->lang, lead, args, 2, o))
        out_char(o, '\n');
    dialogue_text(env->catalogs, s->lang, prompt_of(env, s, st), args, 2, o);
}

static void part_text(struct sheet *sh, struct str text)
{
    const char *mark = text.n ? memchr(text.s, *MARK, text.n) : NULL;
    size_t n = mark ? (size_t)(mark - text.s) : text.n;
    sh->front = str_trim((struct str){text.s, n});
    sh->tail = mark ? behind(text, n + 1) : (struct str){NULL, 0};
    sh->n = mark ? sh->n : 0; /* a text that shows no lines */
}

static bool is_wide(const struct sheet *sh)
{
    struct str parts[] = {sh->front, sh->tail, sh->next, sh->back};
    bool wide = false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        wide |= text_size(parts[i]).coding == CODING_UCS2;
    for (size_t i = 0; i < sh->n && !wide; i++)
        wide = text_size(name_of(sh, sh->places[i])).coding == CODING_UCS2;
    return wide;
}

/* By SMS it is one message of two, so that turning is seldom. */
static void measure(struct sheet *sh, const struct dialogue_env *env, const struct session *s)
{
    size_t septets = env->page_septets ? env->page_septets : 160, ucs2 = env->page_ucs2 ? env->page_ucs2 : 70;
    bool sms = s->channel == CHANNEL_SMS;
    sh->wide = is_wide(sh);
    sh->room = sh->wide ? (sms ? 2 * 67 : ucs2) : sms ? 2 * 153 : septets;
}

static void fill(struct sheet *sh, const struct dialogue_env *env, const struct session *s,
                 const struct state *st, const char *lead, bool plain)
{
    char accented[DIALOGUE_REPLY], turns[64];
    const struct place *group = group_of(env, s);
    struct out o, t;
    out_init(&o, plain ? accented : sh->text, sizeof sh->text);
    out_init(&t, plain ? turns : sh->turns, sizeof sh->turns);
    sh->accents = !plain && catalog_of(env->catalogs, s->lang)->def->accents;
    put_text(env, s, st, lead, group, sh, &o);
    sh->next = turn_text(env, s, "page_next", &t);
    sh->back = turn_text(env, s, "page_back", &t);
    if (plain) {
        size_t n = text_unaccent(sh->next, sh->turns, sizeof sh->turns);
        size_t m = text_unaccent(sh->back, sh->turns + n, sizeof sh->turns - n);
        sh->next = (struct str){sh->turns, n};
        sh->back = (struct str){sh->turns + n, m};
        o.len = text_unaccent(out_span(&o), sh->text, sizeof sh->text);
        o.buf = sh->text;
    }
    part_text(sh, out_span(&o));
    measure(sh, env, s);
}

static struct place_in beginning(const struct sheet *sh)
{
    return (struct place_in){sh->front, 0, 0};
}

static bool on_one_screen(const struct dialogue_env *env, const struct sheet *sh)
{
    struct place_in at = beginning(sh);
    return !next_screen(env, sh, &at).next;
}

/* Without accents more than twice as much goes on a screen, and names are read without them every day: the
 * presses that saves are worth it, where the catalog allows it. */
static void prepare(struct sheet *sh, const struct dialogue_env *env, struct session *s,
                    const struct state *st, const char *lead)
{
    const struct place *only = only_group(env), *group = group_of(env, s);
    if (!group || only) {
        group = only;
        str_copy(str_of(only ? only->code : ""), s->group, sizeof s->group);
    }
    sh->up = group && !only;
    begin_order(env, s, group);
    sh->n = in_order(env, s, group, sh->places);
    fill(sh, env, s, st, lead, false);
    if (sh->wide && dialogue_may_unaccent(env->catalogs, s->lang) && !on_one_screen(env, sh))
        fill(sh, env, s, st, lead, true);
}

static void put_line(struct out *o, struct str line)
{
    if (!line.n)
        return;
    if (o->len)
        out_char(o, '\n');
    out_str(o, line);
}

static void put_lines(const struct sheet *sh, const struct screen *sc, struct session *s, struct out *o)
{
    memset(s->lines, 0, sizeof s->lines);
    for (size_t i = 0; i < sc->n; i++) {
        const struct place *p = sh->places[sc->first + i];
        out_cstr(o, o->len ? "\n" : "");
        out_u64(o, i + 1);
        out_char(o, ' ');
        out_str(o, name_of(sh, p));
        memcpy(s->lines[i], p->code, PLACE_CODE);
    }
}

bool menu_render(const struct dialogue_env *env, struct session *s, const struct state *st, const char *lead,
                 struct out *o)
{
    struct sheet sh;
    prepare(&sh, env, s, st, lead);
    struct place_in at = beginning(&sh);
    struct screen sc = next_screen(env, &sh, &at);
    while (at.page <= s->page && sc.next)
        sc = next_screen(env, &sh, &at);
    s->page = (uint8_t)(at.page - 1);
    out_str(o, str_trim(sc.front));
    put_lines(&sh, &sc, s, o);
    if (sc.tail)
        put_line(o, sh.tail);
    if (sc.next)
        put_line(o, sh.next);
    if (sc.back)
        put_line(o, sh.back);
    return sc.next;
}

/* ---- what is pressed ---- */

/* The page of the groups on which this one stands. */
static uint8_t page_of(const struct dialogue_env *env, struct session *s, const struct state *st,
                       const char *code)
{
    struct sheet sh;
    prepare(&sh, env, s, st, NULL);
    struct place_in at = beginning(&sh);
    for (;;) {
        struct screen sc = next_screen(env, &sh, &at);
        for (size_t i = 0; i < sc.n; i++)
            if (strcmp(sh.places[sc.first + i]->code, code) == 0)
                return (uint8_t)(at.page - 1);
        if (!sc.next)
            return 0;
    }
}

bool menu_up(const struct dialogue_env *env, struct session *s, const struct state *st)
{
    char from[PLACE_CODE];
    if (!menu_offered(s, st) || s->page > 0 || !group_of(env, s) || only_group(env))
        return false;
    memcpy(from, s->group, sizeof from);
    s->group[0] = '\0';
    menu_forget(s);
    s->page = page_of(env, s, st, from);
    return true;
}

const struct place *menu_line(const struct dialogue_env *env, const struct session *s, const struct state *st,
                              struct str number)
{
    if (!menu_offered(s, st) || number.n != 1 || *number.s < '1' || *number.s > '0' + SESSION_LINES)
        return NULL;
    const char *code = s->lines[*number.s - '1'];
    const struct place *p = *code ? places_by_code(env->places, str_of(code)) : NULL;
    return p && p->level != PLACE_FORMER_COMMUNE ? p : NULL;
}

void menu_open(struct session *s, const struct place *group)
{
    memcpy(s->group, group->code, sizeof s->group);
    menu_forget(s);
    s->page = s->misses = 0;
}
