/* The texts as they are shown: what goes before them and what is filled in at its longest, on every screen.
 */
#include "dialogue/check.h"

#include "text/text.h"

#include <string.h>

#define MOST_PAGES 4
#define PAGES 100 /* beyond, turning leads nowhere */
#define LONGEST_MEETING                                                                                      \
    "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm" /* as a host may have */
#define LONGEST_PHONE "+849123456789012"

struct screen { /* one text in one language */
    struct check *k;
    const struct catalog *cat;
    const char *lead, *prompt;
    struct session s;
    struct dialogue_env env;
};

struct cfg_pos check_pos(const struct catalog *cat, const char *key)
{
    for (size_t i = 0; i < cat->n; i++)
        if (strcmp(cat->texts[i].key, key) == 0)
            return cat->texts[i].pos;
    return cat->def->pos;
}

const char *check_text_of(const struct catalog *cat, const char *key)
{
    for (size_t i = 0; i < cat->n; i++)
        if (strcmp(cat->texts[i].key, key) == 0)
            return cat->texts[i].value;
    return NULL;
}

bool check_has_lines(const struct catalog *cat, const char *key)
{
    const char *text = check_text_of(cat, key);
    return text && strstr(text, "{options}") && strcmp(key, "place_choice") != 0;
}

/* ---- what is filled in ---- */

static void keep_longest(const struct place *p, const struct place *longest[SESSION_CHOICES])
{
    int i = SESSION_CHOICES - 1;
    if (longest[i] && strlen(longest[i]->ascii) >= strlen(p->ascii))
        return;
    for (; i > 0 && (!longest[i - 1] || strlen(longest[i - 1]->ascii) < strlen(p->ascii)); i--)
        longest[i] = longest[i - 1];
    longest[i] = p;
}

static struct session at_its_longest(const struct check *k)
{
    const struct place *longest[SESSION_CHOICES] = {NULL};
    struct session s = {.children = 255};
    for (size_t i = 0; i < places_communes(k->g); i++)
        keep_longest(places_commune(k->g, i), longest);
    for (int i = 0; i < SESSION_CHOICES && longest[i]; i++)
        memcpy(s.choice[i], longest[i]->code, PLACE_CODE);
    if (longest[0])
        memcpy(s.place, longest[0]->code, PLACE_CODE);
    return s;
}

static struct str longest_code_word(const struct catalog *cat)
{
    struct str rest = str_of(check_text_of(cat, "code_words")), longest = {NULL, 0};
    while (rest.n) {
        struct str word = str_split(&rest, ' ');
        longest = word.n > longest.n ? word : longest;
    }
    return longest;
}

static void draw(struct screen *sc, enum channel channel, struct dialogue_out *out, bool *more)
{
    const struct state_def def = {.id = "", .prompt = sc->prompt};
    const struct state st = {.def = &def};
    sc->s.channel = (uint8_t)channel;
    render(&sc->env, &sc->s, &st, sc->lead, out, more);
}

/* ---- SMS ---- */

/* Each text by itself, those the engine sends included. */
static bool fits_alone(struct check *k, const struct catalog *cat, const char *key, const struct session *s)
{
    char text[DIALOGUE_REPLY];
    struct out o;
    struct screen sc = {.k = k, .cat = cat, .prompt = key, .s = *s};
    struct dialogue_out out;
    bool more;
    const struct text_arg args[] = {{"code_word", longest_code_word(cat)},
                                    {"meeting", STR(LONGEST_MEETING)},
                                    {"phone", STR(LONGEST_PHONE)}};
    sc.env = (struct dialogue_env){.dialogue = k->d, .catalogs = k->c, .places = k->g};
    draw(&sc, CHANNEL_SMS, &out, &more);
    out_init(&o, text, sizeof text);
    dialogue_text(k->c, cat->def->lang, key, args, sizeof args / sizeof args[0], &o);
    unsigned most = (unsigned)cat->def->segments, a = text_size((struct str){out.text, out.len}).segments,
             b = text_size(out_span(&o)).segments;
    if (a <= most && b <= most && !o.overflow && out.len + 1 < sizeof out.text)
        return true;
    cfg_error(k->f, check_pos(cat, key), "text \"%s\" takes %u SMS segments, more than %u; shorten it", key,
              a > b ? a : b, most);
    return false;
}

static void check_alone(struct check *k, const struct catalog *cat, struct session s)
{
    str_copy(str_of(cat->def->lang), s.lang, sizeof s.lang);
    for (size_t i = 0; i < k->n_keys; i++)
        if (check_text_of(cat, k->keys[i]) && strcmp(k->keys[i], "code_words") != 0 &&
            !fits_alone(k, cat, k->keys[i], &s))
            check_first(k, cat->def->lang, k->keys[i]);
}

static void check_sms(struct screen *sc)
{
    struct dialogue_out out;
    bool more;
    unsigned most = (unsigned)sc->cat->def->segments;
    draw(sc, CHANNEL_SMS, &out, &more);
    unsigned segments = text_size((struct str){out.text, out.len}).segments;
    if (segments > most && check_first(sc->k, "after", check_text_of(sc->cat, sc->prompt)))
        cfg_error(sc->k->f, check_pos(sc->cat, sc->prompt),
                  "text \"%s\" after \"%s\" takes %u SMS segments, more than %u; shorten one of them",
                  sc->prompt, sc->lead, segments, most);
}

/* ---- USSD ---- */

static void without_blanks(struct out *o, struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] != ' ' && text.s[i] != '\n')
            out_char(o, text.s[i]);
}

static void cut_line(struct str *page, const char *line)
{
    size_t n = line ? strlen(line) : 0;
    if (n && page->n > n && memcmp(page->s + page->n - n, line, n) == 0)
        page->n -= n + 1;
}

static bool is_page(const struct screen *sc, struct str page)
{
    struct text_size z = text_size(page);
    return z.units <= (z.coding == CODING_GSM7 ? sc->env.page_septets : sc->env.page_ucs2);
}

static void complain_pages(struct screen *sc, const char *what)
{
    if (check_first(sc->k, "pages", check_text_of(sc->cat, sc->prompt)))
        cfg_error(sc->k->f, check_pos(sc->cat, sc->prompt),
                  "text \"%s\"%s%s%s on USSD pages of %zu septets or %zu UCS-2 characters: %s", sc->prompt,
                  sc->lead ? " after \"" : "", sc->lead ? sc->lead : "", sc->lead ? "\"" : "",
                  sc->env.page_septets, sc->env.page_ucs2, what);
}

/* Does this key lead from the page that is shown to the page `want`? */
static bool turns(struct screen *sc, uint8_t from, const char *key, const struct dialogue_out *want)
{
    struct dialogue_out out;
    const struct state_def def = {.id = "", .prompt = sc->prompt};
    const struct state st = {.def = &def};
    struct step p = {.env = &sc->env, .d = sc->k->d, .s = &sc->s, .out = &out};
    sc->s.page = from;
    for (int l = 0; l < LEAD_COUNT; l++)
        if (sc->lead && lead_key((enum lead)l) && strcmp(lead_key((enum lead)l), sc->lead) == 0)
            sc->s.lead = (uint8_t)l;
    hear(str_of(key), &p.heard);
    return step_turn_page(&p, &st) && strcmp(out.text, want->text) == 0;
}

/* The pages together hold the whole text, each fits, 9 and 8 lead from one to the next, and they are few. */
static void check_pages(struct screen *sc)
{
    char want[DIALOGUE_REPLY], got[DIALOGUE_REPLY];
    struct dialogue_out out, last;
    struct out w, g;
    bool more = true, fits = true, turned = true;
    int n = 0;
    out_init(&w, want, sizeof want);
    out_init(&g, got, sizeof got);
    draw(sc, CHANNEL_SMS, &out, &more);
    without_blanks(&w, (struct str){out.text, out.len});
    for (more = true; more && n <= PAGES; n++) {
        last = out;
        sc->s.page = (uint8_t)n;
        draw(sc, CHANNEL_USSD, &out, &more);
        struct str page = {out.text, out.len};
        fits = fits && is_page(sc, page) && sc->s.page == n;
        turned = turned &&
                 (n == 0 || (turns(sc, (uint8_t)(n - 1), "9", &out) && turns(sc, (uint8_t)n, "8", &last)));
        if (n > 0)
            cut_line(&page, check_text_of(sc->cat, "page_back"));
        if (more)
            cut_line(&page, check_text_of(sc->cat, "page_next"));
        without_blanks(&g, page);
    }
    if (!fits)
        complain_pages(sc, "one does not fit; shorten its longest word, page_next or page_back");
    else if (!turned)
        complain_pages(sc, "9 and 8 do not lead from one to the next; shorten it to one page");
    else if (!str_eq(out_span(&w), out_span(&g)))
        complain_pages(sc, "they do not hold the whole text; shorten it");
    else if (n > MOST_PAGES && check_first(sc->k, "long", check_text_of(sc->cat, sc->prompt)))
        cfg_warn(sc->k->f, check_pos(sc->cat, sc->prompt),
                 "text \"%s\"%s%s%s takes %d USSD pages of %zu septets or %zu UCS-2 characters, more than "
                 "%d: few turn "
                 "so many; shorten it",
                 sc->prompt, sc->lead ? " after \"" : "", sc->lead ? sc->lead : "", sc->lead ? "\"" : "", n,
                 sc->env.page_septets, sc->env.page_ucs2, MOST_PAGES);
}

static void check_ussd(struct screen *sc)
{
    const struct dialogue_page usual = {160, 70};
    for (size_t i = 0; i <= sc->k->n_pages; i++) {
        const struct dialogue_page *p = i ? &sc->k->pages[i - 1] : &usual;
        if (i && p->septets == usual.septets && p->ucs2 == usual.ucs2)
            continue;
        sc->env.page_septets = p->septets;
        sc->env.page_ucs2 = p->ucs2;
        check_pages(sc);
    }
}

static bool too_long_alone(const struct check *k, const struct catalog *cat, const char *key)
{
    for (size_t i = 0; key && i < k->n_said; i++)
        if (k->said[i].fmt == cat->def->lang && strcmp(k->said[i].what, key) == 0)
            return true;
    return false;
}

/* The same texts are met by many ways; they are looked at once. */
static bool seen_before(const struct check *k, size_t i)
{
    for (size_t b = 0; b < i; b++)
        if (k->shown[b].lead == k->shown[i].lead && k->shown[b].prompt == k->shown[i].prompt &&
            k->shown[b].channel == k->shown[i].channel)
            return true;
    return false;
}

static void check_screen(struct check *k, const struct catalog *cat, const struct shown *shown,
                         const struct session *s)
{
    struct screen sc = {.k = k, .cat = cat, .lead = shown->lead, .prompt = shown->prompt, .s = *s};
    sc.env = (struct dialogue_env){.dialogue = k->d, .catalogs = k->c, .places = k->g};
    str_copy(str_of(cat->def->lang), sc.s.lang, sizeof sc.s.lang);
    if (!check_text_of(cat, sc.prompt) || too_long_alone(k, cat, sc.prompt) ||
        too_long_alone(k, cat, sc.lead))
        return;
    if (check_has_lines(cat, sc.prompt) && shown->st->def->menu != MENU_NONE)
        check_menu_screens(k, cat, shown);
    else if (shown->channel == CHANNEL_USSD)
        check_ussd(&sc);
    else if (sc.lead)
        check_sms(&sc);
}

/* ---- numbers: what a text shows and what is understood are the same ---- */

#define PROGRAMS_OWN (1u << 0 | 1u << 8 | 1u << 9) /* leave, and the pages */

static unsigned digits_shown(const char *text)
{
    unsigned digits = 0;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (line[0] >= '0' && line[0] <= '9' && (line[1] == ' ' || line[1] == '.' || line[1] == ')'))
            digits |= 1u << (line[0] - '0');
    }
    return digits & ~PROGRAMS_OWN;
}

static void compare(struct check *k, const struct catalog *cat, const char *key, unsigned understood,
                    const char *where, const char *way)
{
    const char *text = check_text_of(cat, key);
    unsigned shown = text ? digits_shown(text) : understood;
    for (int d = 1; d < 8; d++) {
        unsigned bit = 1u << d;
        if ((shown & bit) == (understood & bit) || !check_first(k, "digit", text + d))
            continue;
        if (shown & bit)
            cfg_error(
                k->f, check_pos(cat, key),
                "text \"%s\" (%s) shows %d, which %s does not understand%s; take the line out, or give the "
                "state that answer",
                key, cat->def->lang, d, where, way);
        else
            cfg_error(k->f, check_pos(cat, key),
                      "text \"%s\" (%s) has no line for %d, which %s understands%s; add the line \"%d ...\"",
                      key, cat->def->lang, d, where, way, d);
    }
}

/* Where places are offered by number the text has room for them, and nowhere else. */
static void check_room_for_lines(struct check *k, const struct catalog *cat, const struct situation *s)
{
    bool lines = check_has_lines(cat, s->prompt), offered = menu_offered(&s->s, s->st);
    if (lines == offered || !check_text_of(cat, s->prompt) ||
        !check_first(k, "lines", check_text_of(cat, s->prompt)))
        return;
    if (offered)
        cfg_error(k->f, check_pos(cat, s->prompt),
                  "text \"%s\" (%s) has no {options}, where state \"%s\" offers places by number; give it a "
                  "line of its own, or take menu out",
                  s->prompt, cat->def->lang, s->st->def->id);
    else
        cfg_error(k->f, check_pos(cat, s->prompt),
                  "text \"%s\" (%s) has {options}, and state \"%s\" offers no places there (%s); choose "
                  "another text by channel, or give the state a menu",
                  s->prompt, cat->def->lang, s->st->def->id, channel_name((enum channel)s->s.channel));
}

static void check_menu(struct check *k, const struct catalog *cat, uint32_t at)
{
    char where[64], way[300];
    struct out o, p;
    const struct situation *s = &k->situations[at];
    if (!s->st || shows_choices(&s->s, s->st))
        return;
    check_room_for_lines(k, cat, s);
    out_init(&o, where, sizeof where);
    out_init(&p, way, sizeof way);
    out_printf(&o, "state \"%s\"", s->st->def->id);
    out_printf(&p, "%s%s", s->from == at ? "" : " after ", check_way(k, at));
    compare(k, cat, s->prompt, s->digits & ~PROGRAMS_OWN, where, way);
}

static void check_menus(struct check *k, const struct catalog *cat)
{
    struct idmap looked = {0};
    compare(k, cat, "resume", 1u << 1 | 1u << 2, "the question whether to go on", "");
    compare(k, cat, "place_choice", 1u << 7, "the choice of a place", "");
    for (uint32_t at = 0; at < k->n_situations; at++) {
        const struct situation *s = &k->situations[at];
        uint64_t id = (uint64_t)(uintptr_t)s->prompt * 1024 + s->digits + 1;
        if (!idmap_get(&looked, id)) {
            idmap_put(&looked, id, 1);
            check_menu(k, cat, at);
        }
    }
    idmap_free(&looked);
}

void check_shown(struct check *k)
{
    const struct session longest = at_its_longest(k);
    for (size_t c = 0; c < k->c->n; c++) {
        const struct catalog *cat = &k->c->items[c];
        check_alone(k, cat, longest);
        for (size_t i = 0; i < k->n_shown; i++)
            if (!seen_before(k, i))
                check_screen(k, cat, &k->shown[i], &longest);
        check_menus(k, cat);
    }
}
