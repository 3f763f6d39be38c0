/* Random walks: a million conversations nobody would think of, through the real engine, and after each step
 * what must hold.
 *
 * A walk is a list of operations (a message, a repeated callback, a collaborator's answer, time). invent.c
 * and type.c make the next one from the walk's own generator and from what its phones last read; play.c does
 * it; the judges look at what came of it with rules of their own. Walk n depends on (seed, n) alone: each has
 * a practice line of its own. When something is broken, the operations are played again with ever fewer of
 * them, and the shortest conversation that still breaks the same thing is printed.
 */
#ifndef SIM_WALK_H
#define SIM_WALK_H

#include "dialogue/internal.h"
#include "practice/internal.h"
#include "snapshot/snapshot.h"

#include <stdio.h>

enum { PHONES = 4, OPS = 72, TALES = 96, TEXTS = 65536 };

/* ---- operations ---- */

enum op_kind { OP_SAY, OP_AGAIN, OP_ANSWER, OP_PASS };
struct op {
    enum op_kind kind;
    uint8_t phone;
    enum channel channel;
    enum dialogue_event event;
    uint8_t line;        /* which of two aggregators */
    bool danger;         /* holds a clear danger word, hidden by no harmless phrase */
    bool neutral;        /* nothing in it can state a need */
    msec takes;          /* before it arrives */
    msec sent_ago;       /* by its line's clock; -1: not told */
    size_t key;          /* the operation this is, or repeats */
    struct str text;     /* in the walk's `texts` */
    size_t referral;     /* OP_ANSWER: how manyth of the phone */
    size_t collaborator; /* index in the network */
    enum answer_verb verb;
    const char *outcome;
};

/* ---- what the judges know of a phone, from what they saw themselves ---- */

struct watch {
    char msisdn[MSISDN_MAX];
    const struct place *home;
    bool ussd;     /* a session is open, as the phone sees it */
    bool spoke;    /* may have stated something since the conversation began */
    bool stranger; /* left, stopped or erased: the next answer is that of a stranger */
    bool stopped;  /* was told that no more messages come, and has not written since */
    bool stored;
    unsigned persona;
    struct contact is;     /* as it was stored after its last step */
    msec last_at, sent_at; /* when its last message came, and the latest that one was sent */
    struct {
        msec at;
        unsigned weight;
    } came[OPS];
    size_t n_came;
    char asked[8][PLACE_CODE]; /* places, since asked_at */
    size_t n_asked;
    msec asked_at;
    char read[DIALOGUE_REPLY]; /* the last answer */
    struct str typed;          /* the last message */
};

/* A referral as its rows tell it. */
struct tale {
    uint64_t id, contact;
    uint8_t phone;
    bool unmet, arrived, closed;
    char holder[REFERRAL_NAME]; /* who has accepted; "" nobody */
    char asked[REFERRAL_OFFERS][REFERRAL_NAME];
    size_t n_asked;
    uint64_t at_end; /* digest of what was stored when it closed */
};

struct given { /* what an operation was answered */
    bool done, erased;
    uint8_t phone;
    bool end;
    size_t len;
    uint64_t text; /* digest */
    msec at;
};

struct totals {
    unsigned long walks, steps, messages, repeats, answers, dangers, flooded, left, stopped, erased, mt,
        anywhere, alerts, referrals, exits, alone, flooded_dangers, named, chosen;
    unsigned long ended[REFERRAL_UNMET + 1]; /* referrals by the state they were last in */
};

struct broken {
    const char *what; /* the rule, for counting; NULL: nothing is */
    char why[512];
};

struct sim { /* of all walks */
    const struct rules *rules;
    const struct dialogue_def *def;
    const struct place **homes; /* communes no two of which share a word or a former district */
    size_t n_homes;
    int *capacity, *most_open; /* by host, by collaborator: as configured */
    struct totals t;
    const char *but; /* rules passed over, to look past what is known already; NULL: none is */
    FILE *out;       /* where conversations are printed */
};

struct walk {
    struct sim *sim;
    uint64_t seed, no;
    struct practice *p;
    struct rng rng;
    struct watch phones[PHONES];
    size_t n_phones;
    struct op ops[OPS];
    size_t n_ops, most;
    struct given given[OPS]; /* by key */
    msec began[OPS];         /* by operation: when, and a digest of what came back */
    uint64_t answered[OPS];
    struct tale tales[TALES];
    size_t n_tales;
    uint64_t seq, sent;   /* rows and sends looked at so far */
    size_t worked, lines; /* messages that were new; rows that tell of one */
    bool working;         /* the message of this operation is new */
    const struct op *now;
    bool counting; /* the first time: into the totals */
    bool alone;    /* one phone of several, once more */
    bool telling;  /* prints itself while it goes */
    struct broken broken;
    char texts[TEXTS];
    size_t n_texts;
};

/* ---- walk.c ---- */
bool sim_begin(struct sim *s, const struct rules *rules); /* false: the network has too few communes */
void sim_end(struct sim *s);
/* One walk. returns false when something broke: w->broken. */
bool walk_go(struct walk *w, struct sim *s, uint64_t seed, uint64_t no);
/* Leaves out what it breaks without, one operation after the other, until none can be left out. */
void walk_shorten(struct walk *w);
void walk_print(struct walk *w); /* plays it once more, aloud */
/* Notes what is broken, the first time only. */
void broke(struct walk *w, const char *what, const char *fmt, ...) PRINTF_LIKE(3, 4);
uint64_t fingerprint(struct str s);

/* ---- type.c ---- */
/* ORDINARY answers what is asked; TELLS writes sentences; WILD does anything; MAPPER asks for place after
 * place; COPIES sends what others wrote; TAKEN loses the phone; FLOODS. */
enum { ORDINARY, TELLS, WILD, MAPPER, COPIES, TAKEN, FLOODS, PERSONAS };
size_t any(struct walk *w, size_t n); /* below n; 0 when n is */
bool chance(struct walk *w, unsigned percent);
msec between(struct walk *w, msec from, msec to);
#define ONE_OF(w, list) (list)[any(w, sizeof(list) / sizeof(list)[0])]
void type(struct walk *w, const struct watch *ph, struct op *op); /* the text, and what is known of it */
/* Whether the word is there, and each of the places where it stands lies inside of a harmless phrase. */
bool hidden(const struct sim *s, const char *folded, const char *word);

/* ---- invent.c ---- */
void invent_phones(struct walk *w);
void invent(struct walk *w, struct op *op); /* the next operation */

/* ---- play.c ---- */
void play(struct walk *w, const struct op *op);

/* ---- judge.c: what one message was answered ---- */
void judge_answer(struct walk *w, const struct op *op, const struct answer *a, const struct contact *before);
void judge_repeat(struct walk *w, const struct op *op, const struct answer *a, const struct given *first);
void judge_session(struct walk *w, const struct op *op, const struct contact *before);
/* What any text that leaves must be: `lang` of a catalog. */
void judge_text(struct walk *w, struct str text, enum channel channel, const char *lang);
bool is_insult(const struct sim *s, struct str text);
bool text_tells(const struct sim *s, struct str text);
void judge_forget(void); /* what the judges remember to be quick */

/* ---- judge_exits.c ---- */
void judge_exits(struct walk *w, const struct watch *ph);

/* ---- judge_menu.c: places by number ---- */
void judge_menu(struct walk *w, const struct op *op, const struct contact *before);
/* A text without what a menu of places shows to everybody. */
void menu_left_out(const struct walk *w, uint8_t phone, struct str text, struct out *o);

/* ---- judge_cases.c: referrals, rows, what was sent ---- */
void judge_news(struct walk *w); /* rows and sends since the last look */
void judge_collaborator(struct walk *w, const struct op *op, const struct tale *t, const struct answer *a);
void judge_erased(struct walk *w, const struct watch *ph);
void judge_end(struct walk *w);
const struct tale *tale_of(const struct walk *w, size_t phone, size_t no); /* NULL */
size_t tales_of(const struct walk *w, size_t phone);

#endif
