/* Scripted conversations (docs/conversations.md).
 *
 * talk.c reads a file by the two tables of lines there may be: what is done (talk_steps.c) and what is
 * expected (talk_expects.c). Each line of a table has the function that plays it. rehearse.c plays whole
 * files.
 */
#ifndef HOTLINECTL_TALK_H
#define HOTLINECTL_TALK_H

#include "practice/practice.h"

struct player;
struct talk_line;

enum talk_takes { /* what may follow the word of a line */
                  TAKES_NOTHING,
                  TAKES_ANY, /* text, also none */
                  TAKES_TEXT,
                  TAKES_WORD,
                  TAKES_WORDS,
                  TAKES_MAYBE_WORD,
                  TAKES_CHANNEL,
                  TAKES_PHONE,
                  TAKES_DURATION, /* value: milliseconds */
                  TAKES_LATE,     /* a duration (value), then text */
                  TAKES_TIME,     /* value: as if it were UTC */
                  TAKES_NUMBER,   /* value */
                  TAKES_REFERRAL, /* "none", or facts of a referral */
                  TAKES_SESSION   /* facts of a session */
};

enum talk_kind {
    TALK_BEGIN,   /* only before the first step */
    TALK_SETTING, /* who speaks, by what */
    TALK_STEP,    /* something happens */
    TALK_EXPECTS
};

struct talk_directive {
    const char *word;
    enum talk_takes takes;
    enum talk_kind kind;
    bool (*play)(struct player *p, const struct talk_line *line); /* false: player_fails() said why */
};

struct talk_table {
    const struct talk_directive *items;
    size_t n;
};
extern const struct talk_table talk_steps, talk_expectations;

struct talk_line {
    unsigned no;
    const struct talk_directive *is;
    struct str arg; /* what follows the word, "\n" made a line break; a NUL follows */
    msec value;
};

struct talk {
    const char *path;
    struct talk_line *lines;
    size_t n;
};

/* Reads a file into `out`; all of it lives in the arena. false: `why` says "FILE:LINE: what, and what is
 * allowed". */
bool talk_read(const char *path, struct arena *a, struct talk *out, struct out *why);

/* ---- playing ---- */

#define TALK_PHONES 26
#define TALK_NEVER 32

struct talk_phone {
    char msisdn[MSISDN_MAX], letter;
    enum channel channel;
    bool in_session, spoke;
    char key[32];
    struct practice_step step; /* her last */
    struct answer last;        /* to it */
    uint64_t seen;             /* number of the last send that needs no more looking for */
    const struct talk_line *never[TALK_NEVER];
    size_t n_never;
};

struct player {
    const struct rules *rules;
    struct practice *practice; /* NULL until something needs it: `at` may come first */
    msec begin;                /* 0: the usual time */
    const char *via;           /* aggregator; NULL: the usual one */
    enum channel channel;      /* of phones that speak for the first time */
    struct talk_phone phones[TALK_PHONES], *now;
    unsigned steps;
    uint64_t watched;                /* number of the last send that was looked at for what must never come */
    const struct talk_line *refusal; /* a collaborator's answer that was refused, until the script says so */
    struct answer verdict;           /* the last answer to a collaborator */
    bool verbose;
    const struct talk_line *line; /* the one that is played; the one to blame */
    char what[8192];              /* when something failed: "expected ..., got ..." */
};

void player_begin(struct player *p, const struct rules *rules, bool verbose);
void player_end(struct player *p);
/* Plays all lines. false: p->line and p->what say where and what. */
bool player_plays(struct player *p, const struct talk *t);

/* ---- what the two tables share ---- */

struct practice *player_practice(struct player *p); /* made by the first who asks */
/* Always false. */
bool player_fails(struct player *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The text in quotes on one line, to be shown beside what was expected. Valid until the next but three calls.
 */
const char *quoted(struct str text);
/* Does `text` hold `part`? */
bool holds(struct str text, struct str part);
/* The same without regard to case, accents and signs. */
bool holds_loosely(struct str text, struct str part);

#endif
