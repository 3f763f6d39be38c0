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

static bool is_one_of(struct str word, const char *const *list)
{
    for (; *list; list++)
        if (str_is(word, *list))
            return true;
    return false;
}

static struct str word_at(const struct heard *h, size_t at)
{
    size_t n = 0;
    while (at + n < h->n && h->text[at + n] != ' ')
        n++;
    return (struct str){h->text + at, n};
}

/* "3 con trau" counts buffaloes, and "khong con cho" says that there is no more room. */
static bool counts_children(const struct heard *h, size_t behind, bool con, bool none)
{
    static const char *const animals[] = {"trau", "bo", "lon",  "ga", "vit", "cho",
                                          "meo",  "de", "ngua", "ca", "dao", NULL};
    static const char *const young[] = {"nho", "nao", "di", "theo", "cung", NULL};
    struct str next = word_at(h, behind);
    if (con && none)
        return !next.n || is_one_of(next, young);
    return !con || !is_one_of(next, animals);
}

static bool says_alone(const struct heard *h)
{
    static const char *const alone[] = {" mot minh ", " khong co con ", " khong co tre ", " alone "};
    for (size_t k = 0; k < sizeof alone / sizeof alone[0]; k++)
        if (memmem(h->text, h->n, alone[k], strlen(alone[k])))
            return true;
    return false;
}

/* "2 con", "ba chau", "khong con", "3 children", "di mot minh" */
bool heard_children(const struct heard *h, uint8_t *out)
{
    static const char *const nouns[] = {" con ", " chau ",     " tre ",  " be ",
                                        " dua ", " children ", " kids ", " child "};
    for (size_t k = 0; k < sizeof nouns / sizeof nouns[0]; k++)
        for (size_t from = 1, len = strlen(nouns[k]); from + len <= h->n; from++) {
            uint64_t n;
            size_t at = from;
            if (memcmp(h->text + from, nouns[k], len) == 0 && small_number(word_before(h, &at), 9, &n) &&
                counts_children(h, from + len, k == 0, n == 0)) {
                *out = (uint8_t)n;
                return true;
            }
        }
    if (!says_alone(h))
        return false;
    *out = 0;
    return true;
}

/* "em 15 tuoi" tells her own age; "con toi 5 tuoi", "chong 64 tuoi" somebody else's. */
static bool own_age(const struct heard *h, size_t at)
{
    static const char *const own[] = {"toi", "tui", "em", "minh", "chau", "moi", "duoc", "nay",
                                      "la",  "am",  "im", "m",    "e",    "t",   NULL};
    static const char *const others[] = {"con",   "chong", "be",  "vo",       "bo",      "me",
                                         "ong",   "ba",    "anh", "chi",      "no",      "dua",
                                         "thang", "ban",   "son", "daughter", "husband", NULL};
    struct str word = word_before(h, &at);
    if (!word.n)
        return true;
    if (!is_one_of(word, own))
        return false;
    for (int i = 0; i < 3; i++)
        if (is_one_of(word_before(h, &at), others))
            return false;
    return true;
}

static unsigned age_class(uint64_t years)
{
    if (years >= 4 && years < CHILD_UNDER)
        return WHO_CHILD;
    return years >= ELDER_FROM ? WHO_ELDER : 0;
}

static unsigned age(const struct heard *h)
{
    static const char *const years[] = {" tuoi ", " years old ", " year old "};
    for (size_t k = 0; k < sizeof years / sizeof years[0]; k++)
        for (size_t from = 1, len = strlen(years[k]); from + len <= h->n; from++) {
            uint64_t n;
            size_t at = from;
            if (memcmp(h->text + from, years[k], len) == 0 && str_to_u64(word_before(h, &at), 120, &n) &&
                own_age(h, at))
                return age_class(n);
        }
    return 0;
}

static unsigned people_of(const struct dialogue *d, const struct heard *h)
{
    unsigned who = age(h);
    for (size_t i = 0; i < d->n_people; i++)
        if (heard_anywhere(h, &d->people[i].phrases) && !heard_anywhere(h, &d->people[i].unless))
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
