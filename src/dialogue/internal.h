#ifndef DIALOGUE_INTERNAL_H
#define DIALOGUE_INTERNAL_H

#include "dialogue/dialogue.h"

#include "text/text.h"

#define FOLDED (TEXT_SMS_MAX + 1) /* the whole of a long SMS: its last word may be the danger word */
#define SMS_SEGMENTS 2            /* an answer that costs more is too long to read */

struct answer_rule {
    const struct answer_def *def;
    struct str *on; /* folded */
    size_t n_on;
    const struct state *next; /* NULL: the state's own */
};

struct state {
    const struct state_def *def;
    const struct state *next;
    struct answer_rule *answers;
    size_t n_answers;
};

struct words { /* sorted by their first letter */
    struct str *items;
    size_t n;
    uint32_t begin[257]; /* where those of a letter begin */
};
struct phrases {
    struct words whole;  /* folded, a blank before and after each: found only as whole words */
    struct words joined; /* the longer ones of several words, without blanks: found anywhere */
    struct str *signs;   /* what holds no letter or digit, such as an emoji: found as it is */
    size_t n_signs;
};

struct dialogue {
    const struct dialogue_def *def;
    struct state *states;
    size_t n_states;
    const struct state *start, *after, *danger, *left, *stopped, *erased, *language;
    struct phrases word_danger, word_harmless, word_leave, word_stop, word_erase, word_language;
    struct phrases need_words[NEED_COUNT];
};

struct catalog {
    const struct catalog_def *def;
    struct cfg_entry *texts; /* sorted by key */
    size_t n;
};
struct catalogs {
    struct catalog *items;
    size_t n;
};

const struct state *dialogue_state(const struct dialogue *d, const char *id); /* NULL */
const struct catalog *catalog_of(const struct catalogs *c,
                                 const char *lang); /* the default for an unknown one */
const char *catalog_text(const struct catalogs *c, const char *lang, const char *key); /* NULL */

/* " word word " of what was typed, repeated letters kept. */
struct heard {
    char text[FOLDED + 2];
    size_t n;
    struct str typed;
};
void hear(struct str typed, struct heard *h);
bool heard_is(const struct heard *h, const struct phrases *p); /* the whole message is one of them */
bool heard_danger(const struct dialogue *d, const struct heard *h);
/* The ways in which words may have been meant that are none as they stand, one after the other: keys of Telex
 * and VNI that were typed on a telephone without them, digits for letters, letters one by one. *way begins at
 * 0. false: no more. */
bool heard_otherwise(const struct heard *h, int *way, struct heard *out);
bool heard_need(const struct dialogue *d, const struct heard *h, enum need *out);
bool heard_children(const struct heard *h, uint8_t *out);
struct str heard_words(const struct heard *h); /* without the outer blanks */

/* set:value words of an answer; false when one is unknown (said by the builder, never met by a step). */
bool session_set(struct session *s, struct str what, const struct catalogs *c);

/* Text of a state into out, paged for the channel; *more: pages follow. */
void render(const struct dialogue_env *env, struct session *s, const struct state *st, const char *lead,
            struct dialogue_out *out, bool *more);

#endif
