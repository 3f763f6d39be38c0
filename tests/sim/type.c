/* What is typed: answers, words of the lexicon, places, commands, other people's words, noise. */
#include "sim/walk.h"

#include <stdlib.h>
#include <string.h>

/* ---- chance ---- */

size_t any(struct walk *w, size_t n)
{
    return n ? rng_below(&w->rng, (uint32_t)n) : 0;
}

bool chance(struct walk *w, unsigned percent)
{
    return any(w, 100) < percent;
}

msec between(struct walk *w, msec from, msec to)
{
    return from + (msec)any(w, (size_t)(to - from));
}

/* As typed, and as it is meant: what a harmless phrase would have to hide; NULL: nothing can. */
static const struct danger {
    const char *typed, *meant;
} dangers[] = {{"sos", "sos"},
               {"SOS", "sos"},
               {"S O S", "s o s"},
               {"s0s", "sos"},
               {"soooos", "sos"},
               {"ｓｏｓ", "sos"},
               {"cuu", "cuu"},
               {"CUU", "cuu"},
               {"cứu", "cuu"},
               {"CỨU", "cuu"},
               {"cu\xcc\x9bu\xcc\x81u", "cuu"},
               {"cuuws", "cuu"},
               {"cu71u", "cuu"},
               {"c u u", "cuu"},
               {"C.U.U", "cuu"},
               {"cuuuuuu", "cuu"},
               {"cuu toi voi", "cuu toi"},
               {"Cứu tôi với", "cuu toi"},
               {"cuuws tooi", "cuu toi"},
               {"cu71u to6i", "cuu toi"},
               {"cuutoivoi", NULL},
               {"cuuemvoi", NULL},
               {"113", "113"},
               {"giup toi voi", "giup toi voi"},
               {"giúp em với", "giup em voi"},
               {"khan cap", "khan cap"},
               {"khẩn cấp", "khan cap"},
               {"khaanr caaps", "khan cap"},
               {"nguy hiem", "nguy hiem"},
               {"cap cuu", "cap cuu"},
               {"bi danh", "bi danh"},
               {"bị đánh", "bi danh"},
               {"bij ddanhs", "bi danh"},
               {"bi5 d9a1nh", "bi danh"},
               {"chong danh toi", "danh toi"},
               {"chồng đánh em", "danh em"},
               {"doa giet", "doa giet"},
               {"giết", "giet"},
               {"gieets", "giet"},
               {"hiep dam", "hiep dam"},
               {"cam dao", "cam dao"},
               {"bop co", "bop co"},
               {"muon chet", "muon chet"},
               {"tu tu", "tu tu"},
               {"help", "help"},
               {"Help me!", "help"},
               {"h3lp", "help"},
               {"kill me", "kill me"},
               {"he hits me", "hits me"},
               {"\xf0\x9f\x86\x98", NULL},
               {"\xf0\x9f\x9a\xa8", NULL}};

static const char *const greetings[] = {
    "alo",   "chao", "xin chào",    "ai day",    "Ai đấy?", "hả",   "?",         "...",
    "ok",    "test", "may gio roi", "so ai day", "hello",   "vang", "a lo a lo", "\xf0\x9f\x91\x8b",
    "em oi", "Hi",   "goi lai di",  "gui nham"};
static const char *const commands[] = {
    "thoat",   "THOÁT",   "0",        "Thoat ra", "dung",      "DỪNG",
    "stop",    "huy",     "xoa",      "XÓA",      "xoa het",   "erase",
    "lam lai", "restart", "ngon ngu", "language", "doi nguoi", "đổi người khác"};
static const char *const signs[] = {"\xf0\x9f\x98\xad",
                                    "\xf0\x9f\x99\x8f",
                                    "\xf0\x9f\x98\xa1",
                                    "\xe2\x9d\xa4",
                                    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
                                    "\xf0\x9f\x92\x94"};

enum piece {
    SAY_OPTION,
    SAY_DANGER,
    SAY_HARMLESS,
    SAY_NEED,
    SAY_PEOPLE,
    SAY_HOME,
    SAY_HOME_BADLY,
    SAY_PLACE,
    SAY_COMMAND,
    SAY_WORD,
    SAY_GARBAGE,
    SAY_SIGN,
    SAY_GREETING,
    SAY_LONG,
    SAY_INSULT,
    SAY_AVOID,
    SAY_ECHO,
    SAY_TWO,
    SAY_NOTHING,
    PIECES
};

static const uint8_t personas[PERSONAS][PIECES] = {
    /*            opt dan har nee peo hom bad pla com wor gar sig gre lon ins avo ech two non */
    [ORDINARY] = {60, 5, 1, 8, 3, 20, 0, 0, 6, 8, 0, 1, 4, 0, 1, 2, 0, 6, 1},
    [TELLS] = {30, 8, 3, 15, 8, 20, 0, 0, 6, 8, 0, 1, 4, 2, 1, 4, 0, 25, 1},
    [WILD] = {20, 8, 5, 8, 5, 5, 8, 5, 10, 10, 8, 3, 5, 4, 4, 4, 3, 15, 2},
    [MAPPER] = {50, 1, 0, 3, 1, 2, 3, 20, 3, 3, 0, 0, 1, 0, 0, 1, 0, 25, 0},
    [COPIES] = {20, 3, 0, 4, 1, 5, 2, 5, 4, 2, 1, 0, 2, 0, 0, 1, 50, 5, 0},
    [TAKEN] = {55, 6, 0, 8, 3, 15, 0, 0, 14, 5, 0, 0, 14, 0, 0, 1, 0, 3, 3},
    [FLOODS] = {10, 8, 3, 4, 2, 3, 3, 3, 5, 3, 5, 4, 5, 2, 55, 2, 2, 10, 4}};

struct made {
    char text[TEXT_SMS_MAX + 1], meant[TEXT_SMS_MAX + 64]; /* meant: danger words in their plain form */
    struct out typed, plain;
    const struct danger *danger;
    bool neutral;
};

static void put(struct made *m, const char *typed, const char *meant)
{
    if (m->typed.len + strlen(typed) + 2 > sizeof m->text)
        return;
    out_cstr(&m->typed, typed);
    out_cstr(&m->plain, meant);
}

static const char *one_of(struct walk *w, const struct cfg_strings *s)
{
    return s->n ? s->items[any(w, s->n)] : "";
}

static void say_option(struct walk *w, const struct watch *ph, struct made *m)
{
    char digits[10], one[2] = "1";
    size_t n = 0;
    for (const char *line = ph->read; line; line = strchr(line, '\n'))
        if (line += *line == '\n', *line >= '0' && *line <= '9' && n < sizeof digits)
            digits[n++] = *line;
    one[0] = n && chance(w, 85) ? digits[chance(w, 40) ? 0 : any(w, n)] : (char)('0' + any(w, 10));
    if (one[0] == '0' && chance(w, 80))
        one[0] = '1';
    m->neutral = strchr("0789", one[0]) != NULL;
    put(m, one, one);
}

static void say_danger(struct walk *w, struct made *m)
{
    const struct danger *d = &dangers[any(w, sizeof dangers / sizeof dangers[0])];
    size_t before = m->typed.len;
    put(m, d->typed, d->meant ? d->meant : d->typed);
    if (!m->danger && m->typed.len > before)
        m->danger = d;
}

static const char *any_need(struct walk *w)
{
    const struct lexicon_def *l = &w->sim->def->lexicon;
    const struct need_words *needs = l->needs.items;
    return l->needs.n ? one_of(w, &needs[any(w, l->needs.n)].words) : "";
}

static const char *any_people(struct walk *w)
{
    const struct lexicon_def *l = &w->sim->def->lexicon;
    const struct people_words *people = l->people.items;
    return l->people.n ? one_of(w, &people[any(w, l->people.n)].words) : "";
}

/* A word that some state understands. */
static const char *any_word(struct walk *w)
{
    const struct state_def *st = &w->sim->def->states[any(w, w->sim->def->n_states)];
    const struct answer_def *answers = st->answers.items;
    return st->answers.n ? one_of(w, &answers[any(w, st->answers.n)].on) : "ok";
}

static void say_home(struct walk *w, const struct watch *ph, struct made *m)
{
    char name[64];
    struct out o;
    out_init(&o, name, sizeof name);
    out_cstr(&o, chance(w, 30) ? "xa " : "");
    out_cstr(&o, chance(w, 50) ? ph->home->name : ph->home->ascii);
    put(m, name, name);
}

/* Cut off, a letter lost, doubled, or another in its place. */
static void say_badly(struct walk *w, const struct place *at, struct made *m)
{
    char name[64];
    size_t n = strlen(at->ascii);
    if (n + 2 > sizeof name || n < 2)
        return;
    memcpy(name, at->ascii, n + 1);
    size_t i = 1 + any(w, n - 1);
    switch (any(w, 4)) {
    case 0:
        name[i] = '\0';
        break;
    case 1:
        memmove(name + i, name + i + 1, n - i);
        break;
    case 2:
        memmove(name + i + 1, name + i, n - i + 1);
        break;
    default:
        name[i] = (char)('a' + any(w, 26));
    }
    put(m, name, name);
}

static const struct place *any_place(struct walk *w)
{
    const struct place *all;
    size_t n = places_all(w->sim->rules->places, &all);
    return &all[any(w, n)];
}

static void say_place(struct walk *w, struct made *m)
{
    const struct place *p = any_place(w);
    if (chance(w, 25)) {
        say_badly(w, p, m);
        return;
    }
    const char *name = chance(w, 50) ? p->name : p->ascii;
    put(m, name, name);
}

static void put_char(struct out *o, uint32_t c)
{
    if (c < 0x80) {
        out_char(o, (char)c);
    } else if (c < 0x800) {
        out_char(o, (char)(0xC0 | c >> 6));
        out_char(o, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        out_char(o, (char)(0xE0 | c >> 12));
        out_char(o, (char)(0x80 | (c >> 6 & 0x3F)));
        out_char(o, (char)(0x80 | (c & 0x3F)));
    } else {
        out_char(o, (char)(0xF0 | c >> 18));
        out_char(o, (char)(0x80 | (c >> 12 & 0x3F)));
        out_char(o, (char)(0x80 | (c >> 6 & 0x3F)));
        out_char(o, (char)(0x80 | (c & 0x3F)));
    }
}

/* Any characters, most of them from where Vietnamese is written, but for surrogates and NUL. */
static void say_garbage(struct walk *w, struct made *m)
{
    static const uint32_t to[] = {0x80, 0x250, 0x370, 0x1F00, 0x3000, 0xD7FF, 0x10FFFF};
    char text[160];
    struct out o;
    out_init(&o, text, sizeof text);
    for (size_t n = 1 + any(w, 30); n > 0; n--) {
        uint32_t c = 1 + (uint32_t)any(w, to[any(w, sizeof to / sizeof to[0])] - 1);
        put_char(&o, c >= 0xD800 && c < 0xE000 ? '?' : c);
    }
    put(m, text, text);
}

static void say_echo(struct walk *w, const struct watch *ph, struct made *m)
{
    size_t at = any(w, w->n_phones);
    const struct watch *other = &w->phones[at];
    char text[TEXT_SMS_MAX + 1] = "", id[ID_TEXT];
    const struct tale *t = tale_of(w, at, any(w, tales_of(w, at) + 1));
    (void)ph;
    switch (any(w, 4)) {
    case 0:
        str_copy(other->typed, text, sizeof text);
        break;
    case 1:
        str_copy(str_of(other->home->name), text, sizeof text);
        break;
    case 2:
        str_copy(str_of(other->msisdn), text, sizeof text);
        break;
    default:
        if (t) {
            id_text(t->id, id);
            str_copy(str_of(id), text, sizeof text);
        }
    }
    put(m, text, text);
}

static void say_piece(struct walk *w, const struct watch *ph, enum piece what, struct made *m);

static void say_long(struct walk *w, struct made *m)
{
    size_t until = 200 + any(w, 1200);
    while (m->typed.len < until) {
        const char *word = chance(w, 30)   ? greetings[any(w, sizeof greetings / sizeof greetings[0])]
                           : chance(w, 30) ? any_need(w)
                                           : "va roi thi minh cung chang hieu gi nua";
        put(m, word, word);
        put(m, " ", " ");
    }
}

static enum piece any_piece(struct walk *w, const uint8_t *weights)
{
    unsigned sum = 0;
    for (int i = 0; i < PIECES; i++)
        sum += weights[i];
    unsigned at = (unsigned)any(w, sum);
    for (int i = 0; i < PIECES; i++) {
        if (at < weights[i])
            return (enum piece)i;
        at -= weights[i];
    }
    return SAY_OPTION;
}

static void say_two(struct walk *w, const struct watch *ph, struct made *m)
{
    static const char *const between_them[] = {" ", ", ", ". ", "\n", " - "};
    const uint8_t *weights = personas[ph->persona];
    if (ph->persona == MAPPER && chance(w, 70)) { /* all that is asked, at once */
        say_piece(w, ph, SAY_NEED, m);
        put(m, ", xa ", " ");
        say_piece(w, ph, SAY_PLACE, m);
        m->neutral = false;
        return;
    }
    for (int i = 0; i < 2 + (int)any(w, 2); i++) {
        enum piece next = any_piece(w, weights);
        if (m->typed.len)
            put(m, between_them[any(w, 5)], " ");
        say_piece(w, ph, next == SAY_TWO ? SAY_DANGER : next, m);
        m->neutral = false;
    }
}

static void say_fixed(struct made *m, const char *text)
{
    put(m, text, text);
}

static void say_piece(struct walk *w, const struct watch *ph, enum piece what, struct made *m)
{
    const struct lexicon_def *l = &w->sim->def->lexicon;
    m->neutral = what == SAY_GREETING || what == SAY_HOME || what == SAY_NOTHING || what == SAY_SIGN;
    switch (what) {
    case SAY_OPTION:
        say_option(w, ph, m);
        break;
    case SAY_DANGER:
        say_danger(w, m);
        break;
    case SAY_HARMLESS:
        say_fixed(m, one_of(w, &l->harmless));
        break;
    case SAY_NEED:
        say_fixed(m, any_need(w));
        break;
    case SAY_PEOPLE:
        say_fixed(m, any_people(w));
        break;
    case SAY_HOME:
        say_home(w, ph, m);
        break;
    case SAY_HOME_BADLY:
        say_badly(w, ph->home, m);
        break;
    case SAY_PLACE:
        say_place(w, m);
        break;
    case SAY_COMMAND:
        say_fixed(m, ONE_OF(w, commands));
        break;
    case SAY_WORD:
        say_fixed(m, any_word(w));
        break;
    case SAY_GARBAGE:
        say_garbage(w, m);
        break;
    case SAY_SIGN:
        say_fixed(m, ONE_OF(w, signs));
        break;
    case SAY_GREETING:
        say_fixed(m, ONE_OF(w, greetings));
        break;
    case SAY_LONG:
        say_long(w, m);
        break;
    case SAY_INSULT:
        say_fixed(m, one_of(w, &l->abuse));
        break;
    case SAY_AVOID:
        say_fixed(m, one_of(w, &l->avoid));
        break;
    case SAY_ECHO:
        say_echo(w, ph, m);
        break;
    case SAY_TWO:
        say_two(w, ph, m);
        break;
    case SAY_NOTHING:
    case PIECES:
        break;
    }
}

/* A word no text of ours holds, to be looked for in what leaves. */
static void say_marker(struct walk *w, struct made *m)
{
    char mark[12] = " qlu";
    for (int i = 4; i < 8; i++)
        mark[i] = (char)('a' + any(w, 26));
    put(m, mark, mark);
}

bool hidden(const struct sim *s, const char *folded, const char *word)
{
    bool there = false;
    char all[TEXT_SMS_MAX + 8], want[64], phrase[128];
    snprintf(all, sizeof all, " %s ", folded);
    snprintf(want, sizeof want, " %s ", word);
    size_t n = strlen(want);
    for (const char *at = strstr(all, want); at; at = strstr(at + 1, want)) {
        bool covered = false;
        there = true;
        for (size_t i = 0; i < s->def->lexicon.harmless.n && !covered; i++) {
            snprintf(phrase, sizeof phrase, " %s ", s->def->lexicon.harmless.items[i]);
            for (const char *h = strstr(all, phrase); h && h <= at && !covered; h = strstr(h + 1, phrase))
                covered = h + strlen(phrase) >= at + n;
        }
        if (!covered)
            return false;
    }
    return there;
}

/* Letters one by one are a word only where no other single letter stands beside them. */
static bool lonely_letters(const char *folded)
{
    size_t n = strlen(folded), single = 0;
    for (size_t i = 0; i < n; i++)
        single += (i == 0 || folded[i - 1] == ' ') && (i + 1 == n || folded[i + 1] == ' ');
    return single > 0;
}

static bool clear_danger(const struct walk *w, const struct made *m)
{
    char folded[TEXT_SMS_MAX + 64], typed[TEXT_SMS_MAX + 1];
    if (!m->danger || !m->danger->meant)
        return m->danger != NULL;
    text_fold(out_span(&m->plain), folded, sizeof folded);
    text_fold(out_span(&m->typed), typed, sizeof typed);
    bool spelt = strcmp(m->danger->typed, "c u u") == 0 || strcmp(m->danger->typed, "C.U.U") == 0;
    if (spelt && lonely_letters(folded))
        return false;
    return !hidden(w->sim, folded, m->danger->meant) && !hidden(w->sim, typed, m->danger->meant);
}

static struct str keep(struct walk *w, struct str text)
{
    if (w->n_texts + text.n > sizeof w->texts)
        text.n = 0;
    char *to = w->texts + w->n_texts;
    if (text.n)
        memcpy(to, text.s, text.n);
    w->n_texts += text.n;
    return (struct str){to, text.n};
}

void type(struct walk *w, const struct watch *ph, struct op *op)
{
    struct made m = {.danger = NULL};
    out_init(&m.typed, m.text, sizeof m.text);
    out_init(&m.plain, m.meant, sizeof m.meant);
    say_piece(w, ph, any_piece(w, personas[ph->persona]), &m);
    if (m.typed.len > 3 && chance(w, 20))
        say_marker(w, &m);
    op->danger = clear_danger(w, &m);
    op->neutral = m.neutral;
    op->text = keep(w, out_span(&m.typed));
    op->danger &= op->text.n > 0;
}
