/* What was typed, as words: commands, danger, needs, numbers of children. */
#include "dialogue/internal.h"

#include "text/text.h"

#include <string.h>

void hear(struct str typed, struct heard *h)
{
    h->text[0] = ' ';
    h->n = 1 + text_fold(typed, h->text + 1, FOLDED);
    h->text[h->n++] = ' ';
    h->text[h->n] = '\0';
}

struct str heard_words(const struct heard *h)
{
    return h->n > 2 ? (struct str){h->text + 1, h->n - 2} : (struct str){NULL, 0};
}

static bool contains(const struct heard *h, struct str phrase)
{
    return memmem(h->text, h->n, phrase.s, phrase.n) != NULL;
}

static bool contains_any(const struct heard *h, const struct phrases *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (contains(h, p->items[i]))
            return true;
    return false;
}

bool heard_is(const struct heard *h, const struct phrases *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (str_eq((struct str){h->text, h->n}, p->items[i]))
            return true;
    return false;
}

/* "cuuuu" and "sooos" are louder, not different. */
static void squeeze(const struct heard *in, struct heard *out)
{
    out->n = 0;
    for (size_t i = 0; i < in->n; i++) {
        size_t n = out->n;
        bool third = n >= 2 && in->text[i] == out->text[n - 1] && in->text[i] == out->text[n - 2];
        if (!third)
            out->text[out->n++] = in->text[i];
    }
    out->text[out->n] = '\0';
}

static void hide(struct heard *h, const struct phrases *p)
{
    for (size_t i = 0; i < p->n; i++)
        for (char *at; (at = memmem(h->text, h->n, p->items[i].s, p->items[i].n));)
            memset(at + 1, '_', p->items[i].n - 2);
}

bool heard_danger(const struct dialogue *d, const struct heard *h)
{
    struct heard loud;
    squeeze(h, &loud);
    hide(&loud, &d->word_harmless);
    return contains_any(&loud, &d->word_danger);
}

bool heard_need(const struct dialogue *d, const struct heard *h, enum need *out)
{
    for (int n = 0; n < NEED_COUNT; n++)
        if (contains_any(h, &d->need_words[n])) {
            *out = (enum need)n;
            return true;
        }
    return false;
}

/* "2 con", "3 chau", "mot con", "khong con" */
bool heard_children(const struct heard *h, uint8_t *out)
{
    static const struct {
        const char *word;
        uint8_t n;
    } counts[] = {{"khong", 0}, {"mot", 1}, {"hai", 2}, {"ba", 3}, {"bon", 4}};
    static const char *const nouns[] = {" con ", " chau ", " tre ", " be "};
    for (size_t k = 0; k < sizeof nouns / sizeof nouns[0]; k++) {
        const char *at = memmem(h->text, h->n, nouns[k], strlen(nouns[k]));
        if (!at || at == h->text)
            continue;
        const char *from = at;
        while (from > h->text && from[-1] != ' ')
            from--;
        struct str word = {from, (size_t)(at - from)};
        if (word.n == 1 && word.s[0] >= '1' && word.s[0] <= '9') {
            *out = (uint8_t)(word.s[0] - '0');
            return true;
        }
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
            if (str_is(word, counts[i].word)) {
                *out = counts[i].n;
                return true;
            }
    }
    return false;
}
