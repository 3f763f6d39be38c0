/* How far a typed name is from a real one, in quarters of a typing error, by how Vietnamese is heard, spelt
 * and typed: some letters are one sound everywhere (i/y, c/k/q, qu/q), some in one dialect or another (s/x,
 * ch/tr, d/gi/r, l/n, final n/ng and t/c, b/p), some lie under one key of a keypad. Accents are no matter
 * here. */
#ifndef PLACES_SOUNDS_H
#define PLACES_SOUNDS_H

#include "base/str.h"

enum {
    SAME_SOUND = 1, /* one sound, two spellings */
    LIKE_SOUND = 2, /* one sound to many; or a letter doubled */
    NEAR_KEY = 3,   /* the same key, or two letters swapped */
    FULL_ERROR = 4,
    FAR = 99 /* more than is ever looked for */
};

/* Letters count from 1; 0 is anything else. */
struct sounds {
    uint8_t swap[27][27]; /* one letter for another */
    uint8_t gap[27][27];  /* the second lacks or is needless behind the first */
    uint8_t pair[27][27]; /* two letters that may stand for others: which pair, 0 for none */
    uint8_t pair_pair[8][8], pair_letter[8][27];
};

void sounds_init(struct sounds *s);
uint8_t sounds_letter(char c);
/* The last of these letters lacks or is needless behind `before` (0: nothing) and in front of `after`. */
unsigned sounds_gap(const struct sounds *s, uint8_t before, uint8_t c, uint8_t after);
/* A letter, in front of `after`, where the name has `meant` behind `before`. The two differ. */
unsigned sounds_swap(const struct sounds *s, uint8_t typed, uint8_t meant, uint8_t before, uint8_t after);

#endif
