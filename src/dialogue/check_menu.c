/* The menu of places on the smallest screens: every line of it can be met, is read in full, and its number
 * means what is read. */
#include "dialogue/check.h"

#include "text/text.h"

#include <string.h>

struct round { /* through one menu, from its first screen to its last */
    struct check *k;
    const struct catalog *cat;
    const struct shown *shown;
    struct dialogue_env env;
    struct session s;
    struct state_def def;
    struct state st;
    unsigned least, most;         /* answers until a line is chosen */
    uint8_t page_of[PLACES_MENU]; /* of the groups, in the order of their names */
};

static struct dialogue_env smallest(const struct check *k)
{
    struct dialogue_env env = {
        .dialogue = k->d, .catalogs = k->c, .places = k->g, .page_septets = 160, .page_ucs2 = 70};
    for (size_t i = 0; i < k->n_pages; i++) {
        env.page_septets = k->pages[i].septets < env.page_septets ? k->pages[i].septets : env.page_septets;
        env.page_ucs2 = k->pages[i].ucs2 < env.page_ucs2 ? k->pages[i].ucs2 : env.page_ucs2;
    }
    return env;
}

static void complain(const struct round *r, const char *what)
{
    const char *key = prompt_of(&r->env, &r->s, &r->st), *lead = r->shown->lead;
    if (check_first(r->k, "menu", check_text_of(r->cat, key)))
        cfg_error(r->k->f, check_pos(r->cat, key),
                  "text \"%s\"%s%s%s with places by number, on USSD pages of %zu septets or %zu UCS-2 "
                  "characters: %s",
                  key, lead ? " after \"" : "", lead ? lead : "", lead ? "\"" : "", r->env.page_septets,
                  r->env.page_ucs2, what);
}

static struct step step_of(struct round *r, const char *key, struct dialogue_out *out)
{
    struct step p = {.env = &r->env, .d = r->k->d, .s = &r->s, .out = out};
    for (int l = 0; l < LEAD_COUNT; l++)
        if (r->shown->lead && lead_key((enum lead)l) && strcmp(lead_key((enum lead)l), r->shown->lead) == 0)
            r->s.lead = (uint8_t)l;
    hear(str_of(key), &p.heard);
    return p;
}

static bool fits(const struct round *r, struct str page)
{
    struct text_size z = text_size(page);
    return z.units <= (z.coding == CODING_GSM7 ? r->env.page_septets : r->env.page_ucs2);
}

/* Is "3 Mai Son" a line of the page, with accents or without? */
static bool is_read(struct str page, size_t number, const struct place *p)
{
    for (int accents = 0; accents < 2; accents++) {
        char line[96];
        struct out o;
        struct str rest = page;
        out_init(&o, line, sizeof line);
        out_printf(&o, "%zu " STR_FMT, number, STR_ARG(places_menu_name(p, accents)));
        while (rest.n)
            if (str_eq(str_split(&rest, '\n'), out_span(&o)))
                return true;
    }
    return false;
}

static void note_page(struct round *r, const struct place *p)
{
    const struct place *groups[PLACES_MENU];
    size_t n = *r->s.group ? 0 : places_menu(r->k->g, NULL, groups, PLACES_MENU);
    for (size_t i = 0; i < n; i++)
        if (groups[i] == p)
            r->page_of[i] = r->s.page;
}

/* The numbers of this screen; those they mean are taken off what is still to be met. */
static bool numbers_hold(struct round *r, struct str page, const struct place **left, size_t *n_left)
{
    for (size_t i = 0; i < SESSION_LINES; i++) {
        char digit = (char)('1' + i);
        const struct place *p = menu_line(&r->env, &r->s, &r->st, (struct str){&digit, 1});
        size_t at = 0;
        if (!*r->s.lines[i] && !p)
            continue;
        while (p && at < *n_left && left[at] != p)
            at++;
        if (!p || at == *n_left || !is_read(page, i + 1, p))
            return false;
        note_page(r, p);
        left[at] = left[--*n_left];
        r->most = r->s.page + 1u;
        r->least = r->least ? r->least : r->most;
    }
    return true;
}

static bool begins_a_line(struct str page, char digit)
{
    while (page.n) {
        struct str line = str_split(&page, '\n');
        if (line.n && *line.s == digit)
            return true;
    }
    return false;
}

/* The answers of the state's own, such as 7, stand beside the places on every screen. */
static bool answers_are_read(const struct round *r, struct str page)
{
    struct str text = str_of(check_text_of(r->cat, prompt_of(&r->env, &r->s, &r->st)));
    while (text.n && *r->s.lines[0]) {
        struct str line = str_split(&text, '\n');
        if (line.n && *line.s >= '0' && *line.s <= '9' && !begins_a_line(page, *line.s))
            return false;
    }
    return true;
}

static bool turns(struct round *r, const char *key, struct dialogue_out *out)
{
    struct step p = step_of(r, key, out);
    return step_turn_page(&p, &r->st);
}

/* 9 leads on, and 8 from there back to the same. */
static bool turns_both_ways(struct round *r, struct dialogue_out *out)
{
    struct dialogue_out before = *out;
    return turns(r, "9", out) && turns(r, "8", out) && strcmp(out->text, before.text) == 0 &&
           turns(r, "9", out);
}

/* pages: how many are looked at; what goes before the first changes none of the later ones. */
static void go_round(struct round *r, const struct place *group, unsigned pages)
{
    const struct place *left[PLACES_MENU];
    size_t n = group ? places_menu_of(r->k->g, group, NULL, left, PLACES_MENU)
                     : places_menu(r->k->g, NULL, left, PLACES_MENU);
    struct dialogue_out out;
    bool more;
    r->least = r->most = 0;
    r->s.page = 0;
    render(&r->env, &r->s, &r->st, r->shown->lead, &out, &more);
    for (unsigned page = 0;; page++) {
        struct str text = {out.text, out.len};
        const char *next = check_text_of(r->cat, "page_next");
        if (!fits(r, text)) {
            complain(r, "one does not fit; shorten it");
            return;
        }
        if (!numbers_hold(r, text, left, &n)) {
            complain(r, "a number does not mean what is read; write no numbers of places into the text");
            return;
        }
        if (!answers_are_read(r, text)) {
            complain(r, "beside a place there is no room for the other answers; shorten them");
            return;
        }
        if (n == 0 || page + 1 == pages || !next)
            return;
        if (!turns_both_ways(r, &out)) {
            complain(r, "9 and 8 do not lead from one to the next; shorten it");
            return;
        }
    }
}

/* Answers to a place by way of a group, turned pages included. */
static void count_answers(struct check *k, unsigned least, unsigned most)
{
    k->menu_least = k->menu_least && k->menu_least < least ? k->menu_least : least;
    k->menu_most = k->menu_most > most ? k->menu_most : most;
}

/* The communes of every group. */
static void every_group(struct round *r, unsigned pages)
{
    const struct place *groups[PLACES_MENU];
    size_t n = places_menu(r->k->g, NULL, groups, PLACES_MENU);
    for (size_t i = 0; i < n; i++) {
        unsigned before = n > 1 ? r->page_of[i] + 1u : 0;
        menu_open(&r->s, groups[i]);
        go_round(r, groups[i], pages);
        if (!r->shown->lead)
            count_answers(r->k, before + r->least, before + r->most);
    }
}

void check_menu_screens(struct check *k, const struct catalog *cat, const struct shown *shown)
{
    struct round r = {.k = k, .cat = cat, .shown = shown, .env = smallest(k)};
    bool groups = strcmp(shown->prompt, "place_menu") != 0;
    unsigned pages = shown->lead ? 2 : 0; /* what goes before the first changes none behind the second */
    r.def = (struct state_def){.id = "", .prompt = shown->prompt, .slot = SLOT_PLACE, .menu = MENU_ALL};
    r.st = (struct state){.def = &r.def};
    r.s = (struct session){.children = 255, .channel = shown->channel};
    str_copy(str_of(cat->def->lang), r.s.lang, sizeof r.s.lang);
    const struct place *two[2];
    if (groups && places_menu(k->g, NULL, two, 2) > 1)
        go_round(&r, NULL, pages);
    if (!groups ? shown->lead != NULL : !shown->lead && check_first(k, "groups", cat))
        every_group(&r, pages);
}
