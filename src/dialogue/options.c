/* Which number was meant by who wrote the words of an option, or put words around its number. */
#include "dialogue/internal.h"

#include <string.h>

static bool one_digit(struct str s)
{
    return s.n == 1 && *s.s >= '0' && *s.s <= '9';
}

/* "so 2", "2 nhe", "em chon 2 a": what is left when the words around it are taken off is a number. */
static bool number_among_fillers(const struct dialogue *d, struct str words, struct str *number)
{
    struct str found = {NULL, 0};
    while (words.n) {
        struct str word = str_split(&words, ' ');
        if (one_digit(word) && !found.n)
            found = word;
        else if (!phrase_is(&d->word_filler, word))
            return false;
    }
    *number = found;
    return found.n > 0;
}

static bool means(struct str part, struct str words)
{
    char folded[FOLDED];
    struct str whole = {folded, text_fold(part, folded, sizeof folded - 1)}, rest = whole;
    if (str_eq(whole, words))
        return true;
    return one_digit(str_split(&rest, ' ')) && rest.n && str_eq(rest, words);
}

/* "1 Gap, can nguoi toi": the whole of the line, what stands behind its number, or what a comma parts of it.
 */
static bool line_means(struct str line, struct str words)
{
    struct str rest = line;
    if (means(line, words))
        return true;
    while (rest.n)
        if (means(str_split(&rest, ','), words))
            return true;
    return false;
}

bool option_meant(const struct step *p, const struct state *st, struct str *number)
{
    struct str words = heard_words(&p->heard);
    const char *text = catalog_text(p->env->catalogs, p->s->lang, prompt_of(p->env, p->s, st));
    struct str rest = text ? str_of(text) : (struct str){NULL, 0};
    while (rest.n && words.n) {
        struct str line = str_split(&rest, '\n');
        if (line.n && one_digit((struct str){line.s, 1}) && line_means(line, words)) {
            *number = (struct str){line.s, 1};
            return true;
        }
    }
    return number_among_fillers(p->d, words, number);
}
