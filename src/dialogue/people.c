/* Who a message is about, how many children come along, and in which language it is. */
#include "dialogue/internal.h"

#include <string.h>

#define CHILD_UNDER 16
#define ELDER_FROM 60

/* The word that ends before `at`; *at goes to its beginning. Empty at the beginning of the message. */
static struct str word_before(const struct heard *h, size_t *at)
{
    size_t end = *at;
    while (end > 0 && h->text[end - 1] == ' ')
        end--;
    size_t from = end;
    while (from > 0 && h->text[from - 1] != ' ')
        from--;
    *at = from;
    return (struct str){h->text + from, end - from};
}

static bool small_number(struct str word, uint64_t max, uint64_t *out)
{
    static const char *const names[] = {"khong", "mot", "hai", "ba",  "bon",
                                        "nam",   "sau", "bay", "tam", "chin"};
    if (word.n && str_to_u64(word, max, out))
        return true;
    for (uint64_t i = 0; i < sizeof names / sizeof names[0] && i <= max; i++)
        if (str_is(word, names[i])) {
            *out = i;
            return true;
        }
    return false;
}

/* "2 con", "ba chau", "khong con", "3 children" */
bool heard_children(const struct heard *h, uint8_t *out)
{
    static const char *const nouns[] = {" con ", " chau ",     " tre ",  " be ",
                                        " dua ", " children ", " kids ", " child "};
    for (size_t k = 0; k < sizeof nouns / sizeof nouns[0]; k++) {
        const char *found = memmem(h->text, h->n, nouns[k], strlen(nouns[k]));
        uint64_t n;
        if (!found || found == h->text)
            continue;
        size_t at = (size_t)(found - h->text);
        if (small_number(word_before(h, &at), 9, &n)) {
            *out = (uint8_t)n;
            return true;
        }
    }
    return false;
}

/* "con toi 5 tuoi" tells the age of her child, "em 15 tuoi" her own. */
static bool of_her_child(const struct heard *h, size_t at)
{
    static const char *const whose[] = {"toi", "em", "gai", "trai", "minh", "dau", "ut"};
    struct str last = word_before(h, &at);
    struct str first = word_before(h, &at);
    for (size_t i = 0; i < sizeof whose / sizeof whose[0]; i++)
        if (str_is(last, whose[i]))
            return str_is(first, "con") || str_is(first, "chau") || str_is(first, "be");
    return str_is(last, "be");
}

static unsigned age(const struct heard *h)
{
    static const char *const years[] = {" tuoi ", " years old ", " year old "};
    for (size_t k = 0; k < sizeof years / sizeof years[0]; k++) {
        const char *found = memmem(h->text, h->n, years[k], strlen(years[k]));
        uint64_t n;
        if (!found)
            continue;
        size_t at = (size_t)(found - h->text);
        if (!str_to_u64(word_before(h, &at), 120, &n) || n < 4 || of_her_child(h, at))
            continue;
        if (n < CHILD_UNDER)
            return WHO_CHILD;
        if (n >= ELDER_FROM)
            return WHO_ELDER;
    }
    return 0;
}

static unsigned people_of(const struct dialogue *d, const struct heard *h)
{
    unsigned who = age(h);
    for (size_t i = 0; i < d->n_people; i++)
        if (heard_anywhere(h, &d->people[i].phrases))
            who |= (unsigned)d->people[i].value;
    return who;
}

unsigned heard_people(const struct dialogue *d, const struct heard *h)
{
    struct heard other;
    unsigned who = people_of(d, h);
    for (int way = 0; !who && heard_otherwise(h, &way, &other);)
        who = people_of(d, &other);
    return who;
}

/* A letter only Vietnamese is written with: then the telephone shows them, too. */
static bool shows_marks(struct str typed)
{
    for (size_t i = 0; i + 2 < typed.n + 1; i++) {
        const unsigned char *c = (const unsigned char *)typed.s + i;
        bool two = i + 1 < typed.n, three = i + 2 < typed.n;
        if (two && c[0] == 0xc4 &&
            (c[1] == 0x82 || c[1] == 0x83 || c[1] == 0x90 || c[1] == 0x91)) /* a-breve, d-stroke */
            return true;
        if (two && c[0] == 0xc6 &&
            (c[1] == 0xa0 || c[1] == 0xa1 || c[1] == 0xaf || c[1] == 0xb0)) /* o, u with horn */
            return true;
        if (three && c[0] == 0xe1 && (c[1] == 0xba || c[1] == 0xbb)) /* U+1E80 to U+1EFF */
            return true;
    }
    return false;
}

const char *heard_language(const struct catalogs *c, const struct heard *h)
{
    for (size_t i = 0; i < c->n; i++)
        if (heard_anywhere(h, &c->items[i].first))
            return c->items[i].def->lang;
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].def->marks && shows_marks(h->typed))
            return c->items[i].def->lang;
    return NULL;
}
