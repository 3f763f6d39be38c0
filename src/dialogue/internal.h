#ifndef DIALOGUE_INTERNAL_H
#define DIALOGUE_INTERNAL_H

#include "dialogue/dialogue.h"

#include "text/text.h"

#define FOLDED (TEXT_SMS_MAX + 1) /* the whole of a long SMS: its last word may be the danger word */

struct condition {
    uint8_t fact; /* row of the table in when.c */
    bool not ;
    uint32_t values; /* bits; one of them must be there */
};
struct conditions {
    struct condition *items;
    size_t n;
};

struct answer_rule {
    const struct answer_def *def;
    struct conditions when;
    struct str *on; /* folded */
    size_t n_on;
    const struct state *next; /* NULL: the state's own */
};

struct variant {
    struct conditions when;
    const char *prompt;
};

struct state {
    const struct state_def *def;
    uint64_t head; /* how its id begins: told apart by this, most are not compared in full */
    const struct state *next;
    struct conditions when;
    struct variant *variants;
    size_t n_variants;
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
struct meaning { /* phrases that tell a need, or who it is for */
    int value;
    struct phrases phrases, unless; /* not when one of these is in the message as well */
};

struct dialogue {
    const struct dialogue_def *def;
    struct state *states;
    size_t n_states;
    const struct state *start, *after, *changed, *danger, *left, *stopped, *erased, *language;
    struct phrases word_danger, word_harmless, word_leave, word_stop, word_erase, word_language, word_restart,
        word_other, word_avoid, word_abuse, word_telling, word_filler, word_behind;
    struct meaning *needs, *people; /* in the order of the file: the first that is heard counts */
    size_t n_needs, n_people;
    const struct state *need_next[NEED_COUNT]; /* where the number of a need leads; NULL: none does */
};

struct catalog {
    const struct catalog_def *def;
    struct cfg_entry *texts; /* sorted by key */
    size_t n;
    struct phrases first;
};
struct catalogs {
    struct catalog *items;
    size_t n;
};

const struct state *dialogue_state(const struct dialogue *d, const char *id); /* NULL */
const struct catalog *catalog_of(const struct catalogs *c,
                                 const char *lang); /* the default for an unknown one */
const char *catalog_text(const struct catalogs *c, const char *lang, const char *key); /* NULL */

/* ---- build.c ---- */
struct phrases phrases_fold(const struct cfg_strings *in, struct arena *a, struct cfg_findings *f);

/* ---- when.c ---- */
/* "need:shelter|child", "!who:other"; false with a finding when one is no condition. */
bool conditions_build(const struct cfg_strings *in, struct cfg_pos pos, struct conditions *out,
                      struct arena *a, struct cfg_findings *f);
bool conditions_hold(const struct conditions *c, const struct session *s, const struct dialogue_env *env);

/* ---- hear.c: " word word " of what was typed, repeated letters kept ---- */
struct heard {
    char text[FOLDED + 2];
    size_t n;
    struct str typed;
};
void hear(struct str typed, struct heard *h);
/* It begins with one of them, and nothing or a word that changes nothing stands behind: "thoat nhe". Also as
 * it may have been meant, when `otherwise`. */
bool heard_command(const struct dialogue *d, const struct heard *h, const struct phrases *p, bool otherwise);
bool phrase_is(const struct phrases *p, struct str folded);
bool heard_is(const struct heard *h, const struct phrases *p); /* the whole message is one of them */
bool heard_anywhere(const struct heard *h,
                    const struct phrases *p); /* one of them is in it, as whole words */
bool heard_danger(const struct dialogue *d, const struct heard *h);
/* The ways in which words may have been meant that are none as they stand, one after the other: keys of Telex
 * and VNI that were typed on a telephone without them, digits for letters, letters one by one. *way begins at
 * 0. false: no more. */
bool heard_otherwise(const struct heard *h, int *way, struct heard *out);
bool heard_need(const struct dialogue *d, const struct heard *h, enum need *out);
struct str heard_words(const struct heard *h); /* without the outer blanks */

/* ---- people.c: who, and how many ---- */
bool heard_children(const struct heard *h, uint8_t *out);
unsigned heard_people(const struct dialogue *d, const struct heard *h); /* enum who bits; 0: nothing said */
/* The language of a first message; NULL: none was heard. */
const char *heard_language(const struct catalogs *c, const struct heard *h);

/* set:value words of an answer; false when one is unknown (said by the builder, never met by a step). */
bool session_set(struct session *s, struct str what, const struct catalogs *c);

/* Places by number are offered here. Heard where none is asked for, they wait until one is. */
bool shows_choices(const struct session *s, const struct state *st);
/* The key of a state's text as things stand. */
const char *prompt_of(const struct dialogue_env *env, const struct session *s, const struct state *st);
/* Text of a state into out, paged for the channel; *more: pages follow. */
void render(const struct dialogue_env *env, struct session *s, const struct state *st, const char *lead,
            struct dialogue_out *out, bool *more);

/* The longest beginning of `rest` that fits a USSD page with the footer. */
size_t page_length(struct str rest, struct str footer, const struct dialogue_env *env,
                   enum text_coding coding);

/* ---- menu.c: places by number ---- */

/* By this channel, now: not while places that were typed are offered. */
bool menu_offered(const struct session *s, const struct state *st);
/* The screen s->page of it, or its last one; true: pages follow. What its numbers mean is kept in the
 * session. */
bool menu_render(const struct dialogue_env *env, struct session *s, const struct state *st, const char *lead,
                 struct out *o);
/* From the first page of a group back to the page of the groups it stands on; false: there is no way up. */
bool menu_up(const struct dialogue_env *env, struct session *s, const struct state *st);
/* The place that stands behind a number on the screen: a commune or a group; NULL: none does, or no more. */
const struct place *menu_line(const struct dialogue_env *env, const struct session *s, const struct state *st,
                              struct str number);
void menu_open(struct session *s, const struct place *group); /* its communes come next */
void menu_forget(struct session *s);                          /* order and numbers; not the group */

/* What may go before a question; stored, so only ever append. */
enum lead { LEAD_NONE, LEAD_EMERGENCY, LEAD_HINT, LEAD_HELP, LEAD_AVOID, LEAD_COUNT };
const char *lead_key(enum lead l); /* of its text; NULL for none */

/* ---- one step: listen.c decides what a message is, step.c works an answer ---- */
struct step {
    const struct dialogue_env *env;
    const struct dialogue *d;
    struct session *s;
    struct dialogue_out *out;
    struct heard heard;
    struct str text;
    enum lead lead;       /* the text that goes before the prompt */
    enum channel read_by; /* by which the last answer was read */
    bool late;            /* overtaken by a later message: changes nothing that is known */
};
const struct state *
step_running(const struct step *p); /* the state that waits for an answer; NULL: none does */
void step_show(struct step *p, const struct state *st);
void step_enter(struct step *p, const struct state *st);
void step_answer(struct step *p, const struct state *st);
/* A first message may hold what the first state asks for; a bare number only when she may know what it means.
 */
void step_begin(struct step *p, const struct state *st, bool numbers);
void step_danger(struct step *p);
/* options.c: the number of the option that was written in words, or among words. *number points into the
 * message or the text. */
bool option_meant(const struct step *p, const struct state *st, struct str *number);
/* What a message says by the way is kept; true: something was. */
bool step_overhear(struct step *p, const struct state *st);
bool step_turn_page(struct step *p, const struct state *st);
/* What the conversation knew is forgotten; what belongs to the contact stays. */
void step_forget(struct session *s, msec now);

#endif
