/* A state's text with what it names filled in, cut into pages for USSD. */
#include "dialogue/internal.h"

#include "text/text.h"

#include <string.h>

static const char *place_name(const struct dialogue_env *env, const struct session *s, const char *code)
{
    const struct place *p = *code ? places_by_code(env->places, str_of(code)) : NULL;
    if (!p)
        return "";
    return catalog_of(env->catalogs, s->lang)->def->accents ? p->name : p->ascii;
}

static void list_choices(const struct dialogue_env *env, const struct session *s, struct out *o)
{
    for (unsigned i = 0; i < SESSION_CHOICES && *s->choice[i]; i++) {
        out_cstr(o, i ? "\n" : "");
        out_u64(o, i + 1);
        out_cstr(o, ". ");
        out_cstr(o, place_name(env, s, s->choice[i]));
    }
}

const char *lead_key(enum lead l)
{
    static const char *const keys[LEAD_COUNT] = {NULL, "emergency", "hint", "help", "avoid_noted"};
    return l < LEAD_COUNT ? keys[l] : NULL;
}

bool shows_choices(const struct session *s, const struct state *st)
{
    return (st->def->slot == SLOT_PLACE || st->def->slot == SLOT_AVOID) && *s->choice[0];
}

const char *prompt_of(const struct dialogue_env *env, const struct session *s, const struct state *st)
{
    if (s->resumed)
        return "resume";
    if (shows_choices(s, st))
        return "place_choice";
    if (menu_offered(s, st) && *s->group)
        return "place_menu";
    for (size_t i = 0; i < st->n_variants; i++)
        if (conditions_hold(&st->variants[i].when, s, env))
            return st->variants[i].prompt;
    return st->def->prompt;
}

static void whole_text(const struct dialogue_env *env, const struct session *s, const struct state *st,
                       const char *lead, struct out *o)
{
    char options[256];
    struct out choices;
    out_init(&choices, options, sizeof options);
    list_choices(env, s, &choices);
    const struct text_arg args[] = {{"options", out_span(&choices)},
                                    {"place", str_of(place_name(env, s, s->place))}};
    if (lead && dialogue_text(env->catalogs, s->lang, lead, args, 2, o))
        out_char(o, '\n');
    dialogue_text(env->catalogs, s->lang, prompt_of(env, s, st), args, 2, o);
}

static bool fits(struct str text, const struct dialogue_env *env, enum text_coding coding)
{
    struct text_size z = text_size(text);
    size_t septets = env->page_septets ? env->page_septets : 160,
           units = env->page_ucs2 ? env->page_ucs2 : 70;
    return coding == CODING_GSM7 ? z.units <= septets : z.units <= units;
}

/* An option is not torn: a page that ends in the middle of a line with a number ends before that line. */
static size_t whole_options(struct str rest, size_t n)
{
    size_t line = n;
    if (n == rest.n || rest.s[n] == '\n')
        return n;
    while (line > 0 && rest.s[line - 1] != '\n')
        line--;
    bool option = line > 0 && rest.s[line] >= '0' && rest.s[line] <= '9';
    return option ? line - 1 : n;
}

/* Cut at a blank or newline where there is one. */
size_t page_length(struct str rest, struct str footer, const struct dialogue_env *env,
                   enum text_coding coding)
{
    char page[DIALOGUE_REPLY];
    size_t good = 0, at = 0;
    while (at < rest.n) {
        size_t next = at + 1;
        while (next < rest.n && rest.s[next] != ' ' && rest.s[next] != '\n')
            next++;
        struct out o;
        out_init(&o, page, sizeof page);
        out_bytes(&o, rest.s, next);
        out_str(&o, footer);
        if (!fits(out_span(&o), env, coding))
            break;
        good = at = next;
    }
    if (good == 0) { /* one word longer than a page: cut it between characters */
        for (size_t n = rest.n; n > 0 && good == 0; n--) {
            struct str cut = text_cut(rest, n);
            if (cut.n && fits(cut, env, coding))
                good = cut.n;
        }
    }
    return good ? whole_options(rest, good) : rest.n;
}

static void footer_of(const struct dialogue_env *env, const struct session *s, bool next, bool back,
                      struct out *o)
{
    if (next) {
        out_char(o, '\n');
        dialogue_text(env->catalogs, s->lang, "page_next", NULL, 0, o);
    }
    if (back) {
        out_char(o, '\n');
        dialogue_text(env->catalogs, s->lang, "page_back", NULL, 0, o);
    }
}

static bool one_page(const struct dialogue_env *env, struct session *s, struct str text, struct out *o)
{
    char both[128], footer[128];
    struct out b, f;
    enum text_coding coding = text_size(text).coding;
    if (fits(text, env, coding)) {
        s->page = 0;
        out_str(o, text);
        return false;
    }
    out_init(&b, both, sizeof both);
    footer_of(env, s, true, true, &b);
    uint8_t page = 0;
    struct str rest = text;
    size_t n = page_length(rest, out_span(&b), env, coding);
    while (page < s->page && n < rest.n) {
        rest.s += n;
        rest.n -= n;
        while (rest.n && (*rest.s == ' ' || *rest.s == '\n')) {
            rest.s++;
            rest.n--;
        }
        page++;
        n = page_length(rest, out_span(&b), env, coding);
    }
    s->page = page;
    out_init(&f, footer, sizeof footer);
    footer_of(env, s, n<rest.n, page> 0, &f);
    out_bytes(o, rest.s, n);
    out_str(o, out_span(&f));
    return n < rest.n;
}

void render(const struct dialogue_env *env, struct session *s, const struct state *st, const char *lead,
            struct dialogue_out *out, bool *more)
{
    char text[DIALOGUE_REPLY];
    struct out whole, o;
    out_init(&whole, text, sizeof text);
    out_init(&o, out->text, sizeof out->text);
    *more = false;
    if (menu_offered(s, st)) {
        *more = menu_render(env, s, st, lead, &o);
    } else {
        memset(s->lines, 0, sizeof s->lines);
        whole_text(env, s, st, lead, &whole);
        if (s->channel == CHANNEL_USSD)
            *more = one_page(env, s, out_span(&whole), &o);
        else
            out_str(&o, out_span(&whole));
    }
    out->len = o.len;
}
