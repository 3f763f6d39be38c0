/* The texts by themselves: there, used, short enough, fit to be read aloud, and neutral where they must be.
 */
#include "dialogue/check.h"

#include "text/text.h"

#include <stdlib.h>
#include <string.h>

#define MOST_WORDS 20 /* of a sentence that is read aloud */
#define CODE_WORDS "code_words"

static const char *const engine_texts[] = {"mt_accepted",
                                           "mt_accepted_phone",
                                           "mt_accepted_anywhere",
                                           "mt_unmet",
                                           "slow",
                                           "avoid_noted",
                                           "fallback",
                                           CODE_WORDS,
                                           "hint",
                                           "help",
                                           "resume",
                                           "place_choice",
                                           "emergency",
                                           "page_next",
                                           "page_back"};

/* ---- which keys there are ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *const *find_key(const struct check *k, const char *key)
{
    return k->n_keys ? bsearch(&key, k->keys, k->n_keys, sizeof *k->keys, by_text) : NULL;
}

bool check_is_used(const struct check *k, const char *key)
{
    return find_key(k, key) != NULL;
}

void check_keys(struct check *k)
{
    size_t n = sizeof engine_texts / sizeof engine_texts[0], all = 0;
    for (size_t i = 0; i < k->d->n_states; i++)
        n += 2 + k->d->states[i].n_variants;
    k->keys = arena_array(&k->arena, n + 1, sizeof *k->keys);
    for (size_t i = 0; i < sizeof engine_texts / sizeof engine_texts[0]; i++)
        k->keys[all++] = engine_texts[i];
    for (size_t i = 0; i < k->d->n_states; i++) {
        const struct state *st = &k->d->states[i];
        k->keys[all++] = st->def->prompt;
        if (st->def->menu != MENU_NONE)
            k->keys[all++] = "place_menu";
        for (size_t v = 0; v < st->n_variants; v++)
            k->keys[all++] = st->variants[v].prompt;
    }
    qsort(k->keys, all, sizeof *k->keys, by_text);
    for (size_t i = 0; i < all; i++)
        if (!k->n_keys || strcmp(k->keys[k->n_keys - 1], k->keys[i]) != 0)
            k->keys[k->n_keys++] = k->keys[i];
}

static const char *text_of(const struct catalog *cat, const char *key)
{
    for (size_t i = 0; i < cat->n; i++)
        if (strcmp(cat->texts[i].key, key) == 0)
            return cat->texts[i].value;
    return NULL;
}

/* Where the dialogue asks for it; NULL: the program itself does. */
static const struct cfg_pos *user_of(const struct check *k, const char *key)
{
    for (size_t i = 0; i < k->d->n_states; i++) {
        const struct state *st = &k->d->states[i];
        const struct variant_def *variants = st->def->variants.items;
        if (strcmp(st->def->prompt, key) == 0)
            return &st->def->pos;
        for (size_t v = 0; v < st->n_variants; v++)
            if (strcmp(st->variants[v].prompt, key) == 0)
                return &variants[v].pos;
    }
    return NULL;
}

static void check_lacking(struct check *k, const struct catalog *cat)
{
    for (size_t i = 0; i < k->n_keys; i++) {
        const struct cfg_pos *pos = user_of(k, k->keys[i]);
        if (text_of(cat, k->keys[i]))
            continue;
        if (pos)
            cfg_error(k->f, cat->def->pos, "language %s lacks the text \"%s\" (asked for in %s:%d); add it",
                      cat->def->lang, k->keys[i], pos->file ? pos->file : "the dialogue", pos->line);
        else
            cfg_error(k->f, cat->def->pos,
                      "language %s lacks the text \"%s\", which the program needs; add it", cat->def->lang,
                      k->keys[i]);
    }
}

/* ---- one text ---- */

/* What stands in braces is filled in; an unknown name would silently leave a hole. */
static void check_holes(struct check *k, const struct cfg_entry *e)
{
    static const char *const known[] = {"options", "group", "place", "code_word", "meeting", "phone"};
    for (const char *open = strchr(e->value, '{'), *close; open; open = strchr(close, '{')) {
        close = strchr(open, '}');
        if (!close)
            return;
        struct str name = {open + 1, (size_t)(close - open - 1)};
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            found |= str_is(name, known[i]);
        if (!found)
            cfg_error(
                k->f, e->pos,
                "text \"%s\": {%.*s} is unknown; use {options}, {group}, {place}, {code_word}, {meeting} or "
                "{phone}",
                e->key, STR_ARG(name));
    }
}

static bool is_vowel(char c)
{
    return c && strchr("aeiouy", c);
}

/* A reading voice, and who learned to read late, spell it. */
static bool is_abbreviation(struct str word)
{
    char folded[64];
    size_t n = text_fold(word, folded, sizeof folded);
    if (n < 2 || str_is((struct str){folded, n}, "sms"))
        return false;
    for (size_t i = 0; i < n; i++)
        if (is_vowel(folded[i]) || folded[i] == ' ' || (folded[i] >= '0' && folded[i] <= '9'))
            return false;
    return true;
}

/* Words are parted by blanks; a sentence ends at . ! ? : and at the end of a line. */
static void check_aloud(struct check *k, const struct cfg_entry *e)
{
    size_t words = 0;
    bool told = false;
    for (const char *at = e->value; *at;) {
        size_t n = strcspn(at, " .!?:\n");
        struct str word = {at, n};
        words += n > 0;
        if (n && !memchr(at, '{', n) && is_abbreviation(word))
            cfg_warn(k->f, e->pos,
                     "text \"%s\": \"%.*s\" is an abbreviation, which is spelled when read aloud; "
                     "write it out",
                     e->key, STR_ARG(word));
        if (words > MOST_WORDS && !told)
            cfg_error(
                k->f, e->pos,
                "text \"%s\" has a sentence of more than %d words, which nobody can follow by ear; make "
                "two of it",
                e->key, MOST_WORDS);
        told |= words > MOST_WORDS;
        at += n;
        if (*at && *at++ != ' ')
            words = 0;
    }
}

static void check_text(struct check *k, const struct catalog *cat, const struct cfg_entry *e)
{
    bool ucs2 = text_size(str_of(e->value)).coding == CODING_UCS2;
    check_holes(k, e);
    if (!check_is_used(k, e->key))
        cfg_warn(k->f, e->pos, "text \"%s\" is used by nothing; remove it or correct its key", e->key);
    else if (!cat->def->accents && ucs2)
        cfg_error(k->f, e->pos,
                  "text \"%s\" holds a character outside the GSM alphabet; write it without accents", e->key);
    if (strcmp(e->key, CODE_WORDS) != 0)
        check_aloud(k, e);
}

/* ---- the text of an emergency ---- */

static bool names_number(const char *text)
{
    size_t run = 0;
    for (; *text && run < 3; text++)
        run = *text >= '0' && *text <= '9' ? run + 1 : 0;
    return run >= 3;
}

/* Numbers are words of danger, too, but "send SOS" is what can be done by whoever may not speak. */
static bool names_call(const struct check *k, const char *text)
{
    struct heard all, words = {.text = " ", .n = 1};
    hear(str_of(text), &all);
    struct str rest = heard_words(&all);
    while (rest.n) {
        struct str word = str_split(&rest, ' ');
        uint64_t n;
        if (!word.n || str_to_u64(word, UINT64_MAX, &n))
            continue;
        memcpy(words.text + words.n, word.s, word.n);
        words.n += word.n;
        words.text[words.n++] = ' ';
    }
    return heard_anywhere(&words, &k->d->word_danger);
}

static void check_emergency(struct check *k, const struct catalog *cat)
{
    const char *text = text_of(cat, "emergency");
    if (!text)
        return;
    if (!names_number(text))
        cfg_error(k->f, cat->def->pos, "language %s: the text \"emergency\" holds no number to call; add 113",
                  cat->def->lang);
    if (!names_call(k, text))
        cfg_error(
            k->f, cat->def->pos,
            "language %s: the text \"emergency\" names no danger word of the lexicon by which help can be "
            "called again; add one, such as SOS",
            cat->def->lang);
}

void check_catalog(struct check *k, const struct catalog *cat)
{
    if (!k->draft) /* its gaps are counted */
        check_lacking(k, cat);
    for (size_t i = 0; i < cat->n; i++)
        check_text(k, cat, &cat->texts[i]);
    check_emergency(k, cat);
}

/* ---- neutral ---- */

static bool listed(const struct check *k, const char *key)
{
    const struct cfg_strings *neutral = &k->d->def->neutral;
    for (size_t i = 0; i < neutral->n; i++)
        if (strcmp(neutral->items[i], key) == 0)
            return true;
    return false;
}

static struct cfg_pos neutral_pos(const struct check *k)
{
    const struct dialogue_def *def = k->d->def;
    return def->neutral.pos.file ? def->neutral.pos : def->pos;
}

static void check_names(struct check *k)
{
    const struct cfg_strings *neutral = &k->d->def->neutral;
    for (size_t i = 0; i < neutral->n; i++) {
        const char *key = neutral->items[i];
        if (check_is_used(k, key))
            continue;
        const char *near = cfg_nearest(key, k->keys, k->n_keys);
        cfg_error(k->f, neutral_pos(k), "neutral names no text \"%s\"%s%s%s", key,
                  near ? "; did you mean \"" : "; remove it", near ? near : "", near ? "\"?" : "");
    }
}

static void need_listed(struct check *k, const char *key, const char *why, const char *id)
{
    if (!listed(k, key) && check_first(k, "neutral", *find_key(k, key)))
        cfg_error(
            k->f, neutral_pos(k),
            "the text \"%s\" is shown %s%s%s; list it in neutral, and let it say nothing of what this line "
            "is for",
            key, why, *id ? " in state " : "", id);
}

static void check_listed(struct check *k)
{
    static const char *const always[] = {"resume", "slow", "hint", "page_next", "page_back"};
    const struct state *ends[] = {k->d->left, k->d->stopped, k->d->erased};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        need_listed(k, always[i], "to whoever holds the telephone", "");
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        need_listed(k, ends[i]->def->prompt, "to whoever holds the telephone", "");
    for (size_t i = 0; i < k->n_shown; i++) {
        const struct shown *s = &k->shown[i];
        if (s->stated)
            continue;
        need_listed(k, s->prompt, "before a need is stated", s->st->def->id);
        if (s->lead)
            need_listed(k, s->lead, "before a need is stated", s->st->def->id);
    }
}

static void check_telling(struct check *k, const struct catalog *cat)
{
    const struct cfg_strings *telling = &k->d->def->lexicon.telling;
    for (size_t i = 0; i < cat->n; i++) {
        struct heard h;
        hear(str_of(cat->texts[i].value), &h);
        if (!listed(k, cat->texts[i].key) || !heard_anywhere(&h, &k->d->word_telling))
            continue;
        for (size_t w = 0; w < telling->n; w++) {
            char folded[128] = " ";
            size_t n = text_fold(str_of(telling->items[w]), folded + 1, sizeof folded - 2);
            folded[n + 1] = ' ';
            if (n && memmem(h.text, h.n, folded, n + 2))
                cfg_error(k->f, cat->texts[i].pos,
                          "text \"%s\" is neutral and says \"%s\", which tells what this line is for; say it "
                          "otherwise",
                          cat->texts[i].key, telling->items[w]);
        }
    }
}

void check_neutral(struct check *k)
{
    check_names(k);
    check_listed(k);
    for (size_t i = 0; i < k->c->n; i++)
        check_telling(k, &k->c->items[i]);
}
