#include "places/sounds.h"

#include <string.h>

struct likeness {
    const char *letters; /* each for any other of them */
    uint8_t cost;
};

/* Later lines are nearer and overrule. */
static const struct likeness swaps[] = {
    {"abc", NEAR_KEY},  {"def", NEAR_KEY}, {"ghi", NEAR_KEY},  {"jkl", NEAR_KEY},  {"mno", NEAR_KEY},
    {"pqrs", NEAR_KEY}, {"tuv", NEAR_KEY}, {"wxyz", NEAR_KEY}, {"ou", NEAR_KEY},   {"ei", NEAR_KEY},
    {"ao", NEAR_KEY},   {"dv", NEAR_KEY},  {"sx", LIKE_SOUND}, {"ln", LIKE_SOUND}, {"drz", LIKE_SOUND},
    {"bp", LIKE_SOUND}, {"gr", NEAR_KEY},  {"iy", SAME_SOUND}, {"ckq", SAME_SOUND}};

/* Second letter behind the first: lacking or needless. */
static const struct {
    char pair[3];
    uint8_t cost;
} gaps[] = {{"gh", LIKE_SOUND}, {"qu", SAME_SOUND}, {"ng", LIKE_SOUND}, {"nh", LIKE_SOUND},
            {"th", NEAR_KEY},   {"ch", NEAR_KEY},   {"kh", NEAR_KEY},   {"ph", NEAR_KEY},
            {"ie", LIKE_SOUND}, {"ye", LIKE_SOUND}, {"uo", LIKE_SOUND}};

/* Two letters for two others or for one. */
static const struct {
    const char *one, *other;
    uint8_t cost;
} pairs[] = {{"ch", "tr", LIKE_SOUND}, {"gi", "d", LIKE_SOUND},  {"gi", "r", LIKE_SOUND},
             {"gi", "z", LIKE_SOUND},  {"gi", "j", LIKE_SOUND},  {"ph", "f", SAME_SOUND},
             {"qu", "w", SAME_SOUND},  {"nh", "ng", LIKE_SOUND}, {"ng", "m", NEAR_KEY}};

uint8_t sounds_letter(char c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 1) : 0;
}

static void like(struct sounds *s, const struct likeness *l)
{
    for (const char *a = l->letters; *a; a++)
        for (const char *b = l->letters; *b; b++)
            s->swap[sounds_letter(*a)][sounds_letter(*b)] = l->cost;
}

/* The pair's number, a new one if it has none yet. */
static uint8_t number_of(struct sounds *s, const char *pair, uint8_t *last)
{
    uint8_t *n = &s->pair[sounds_letter(pair[0])][sounds_letter(pair[1])];
    return *n = *n ? *n : ++*last;
}

static void learn_pairs(struct sounds *s)
{
    uint8_t last = 0;
    memset(s->pair, 0, sizeof s->pair);
    memset(s->pair_pair, FAR, sizeof s->pair_pair);
    memset(s->pair_letter, FAR, sizeof s->pair_letter);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        uint8_t one = number_of(s, pairs[i].one, &last);
        if (strlen(pairs[i].other) == 1) {
            s->pair_letter[one][sounds_letter(*pairs[i].other)] = pairs[i].cost;
            continue;
        }
        uint8_t other = number_of(s, pairs[i].other, &last);
        s->pair_pair[one][other] = s->pair_pair[other][one] = pairs[i].cost;
    }
}

void sounds_init(struct sounds *s)
{
    memset(s, FULL_ERROR, sizeof *s);
    for (size_t i = 0; i < sizeof swaps / sizeof swaps[0]; i++)
        like(s, &swaps[i]);
    for (size_t i = 1; i <= 26; i++)
        s->gap[i][i] = LIKE_SOUND;
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++)
        s->gap[sounds_letter(gaps[i].pair[0])][sounds_letter(gaps[i].pair[1])] = gaps[i].cost;
    learn_pairs(s);
}

static bool is_vowel(uint8_t c)
{
    return c && strchr("aeiouy", c + 'a' - 1);
}

unsigned sounds_swap(const struct sounds *s, uint8_t typed, uint8_t meant, uint8_t before, uint8_t after)
{
    const uint8_t c = 'c' - 'a' + 1, h = 'h' - 'a' + 1, t = 't' - 'a' + 1;
    if (after == h && s->swap[typed][meant] == SAME_SOUND)
        return FULL_ERROR; /* "ch" is no "kh" */
    if (is_vowel(before) && before != 'u' - 'a' + 1 && s->swap[typed][meant] == SAME_SOUND && is_vowel(typed))
        return NEAR_KEY; /* "say" is no "sai" */
    if (((typed == t && meant == c) || (typed == c && meant == t)) && is_vowel(before))
        return LIKE_SOUND; /* at the end of a syllable */
    return s->swap[typed][meant];
}

unsigned sounds_gap(const struct sounds *s, uint8_t before, uint8_t c, uint8_t after)
{
    const uint8_t e = 'e' - 'a' + 1, i = 'i' - 'a' + 1, o = 'o' - 'a' + 1, u = 'u' - 'a' + 1,
                  y = 'y' - 'a' + 1;
    if ((c == i && after == e) || (c == u && (after == o || after == i || after == y)))
        return LIKE_SOUND; /* "cheng" for "chieng", "mong" for "muong", "ngien" for "nguyen" */
    return s->gap[before][c];
}
