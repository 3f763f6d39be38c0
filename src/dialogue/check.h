/* The checker inside: situations and what leads from one to the next.
 *
 * A situation is what a session holds and whether a request is open, as far as it makes a difference: times,
 * the language and which place it is are left out, and values that no condition of the files tells apart are
 * one. The real interpreter steps from one to the next over texts that are their own keys, so that what it
 * shows can be read off, and over a small gazetteer of names nobody uses.
 */
#ifndef DIALOGUE_CHECK_H
#define DIALOGUE_CHECK_H

#include "base/idmap.h"
#include "dialogue/internal.h"

#define MOST_SITUATIONS 30000
#define MOST_FORMS 4

enum way {
    WAY_ANSWER,   /* of the state's table */
    WAY_LANGUAGE, /* one of the table that only sets the language */
    WAY_PLACE,    /* a name that one place has */
    WAY_NAMES,    /* a name that several have */
    WAY_CHOICE,   /* one of them by number */
    WAY_MORE,     /* none of these: the next ones */
    WAY_BACK,     /* from a group of the menu back to the groups */
    WAY_WORDS,    /* a need, or people, in words */
    WAY_DANGER    /* a danger word */
};

struct edge {
    uint32_t to, effects;
    enum way way;
    bool number; /* it can be taken by a number */
    bool served; /* a referral, or information, is given by it */
};

struct situation {
    struct session s;
    uint64_t key;
    const struct state *st;
    const char *prompt; /* key */
    bool referral, told;
    uint16_t digits;         /* that the state's table understands here */
    uint32_t from;           /* whence it was met first; itself: at the beginning */
    struct str by;           /* what was said there */
    uint32_t first, n_edges; /* in `edges` */
};

struct shown { /* a text that can be met, and where */
    const char *lead, *prompt;
    const struct state *st;
    uint8_t channel;
    bool stated;
    uint32_t at; /* in this situation */
    struct str by;
};

struct check {
    const struct dialogue *d;
    const struct catalogs *c;
    const struct gazetteer *g;
    const struct dialogue_page *pages;
    size_t n_pages;
    bool draft; /* of a language that is not switched on */
    struct cfg_findings *f;
    struct arena arena;

    const char **keys; /* of every text that something uses, sorted */
    size_t n_keys;

    struct dialogue_env env; /* of the exploration: texts that are their keys, made-up places */
    struct condition *conditions;
    size_t n_conditions;
    bool told_matters, children_matter;
    uint8_t who_class[WHO_ALL + 1], safe_class[16];

    struct situation *situations;
    size_t n_situations, cap_situations;
    struct edge *edges;
    size_t n_edges, cap_edges;
    struct shown *shown;
    size_t n_shown, cap_shown;
    struct idmap known, known_shown;
    struct idmap commands; /* by its address: is a word of the table a command (1) or not (0)? */
    struct idmap left;     /* exactly these sessions were left, and written to again */
    uint32_t roots[2 * CHANNEL_COUNT];
    size_t n_roots;
    bool *probed[CHANNEL_COUNT]; /* by state: some situation of it was */
    bool *met;                   /* by state: it is shown somewhere */
    bool **held;                 /* by state and answer: its conditions hold somewhere */
    bool **live;                 /* and one of its words is understood there as this answer */

    struct beginning {
        uint64_t key; /* 0: not asked for yet */
        const char *text;
    } beginnings[CHANNEL_COUNT][2][2]; /* what a fresh conversation meets: request open, left before */

    unsigned menu_least, menu_most; /* answers until a place is chosen from the menu */

    struct str forms[MOST_FORMS]; /* of a call for help */
    size_t n_forms;

    struct said {
        const char *fmt;
        const void *what;
    } * said; /* findings that were made: each once */
    size_t n_said, cap_said;
};

/* Room for one more of an array in the arena, which is copied when it grows. */
void *check_room(struct check *k, void *items, size_t n, size_t *cap, size_t size);
/* Is this the first finding of the kind about the thing? It is remembered. */
bool check_first(struct check *k, const char *kind, const void *what);

/* ---- situations.c ---- */
/* The situation of a session, found or new. */
uint32_t check_situation(struct check *k, const struct session *s, uint32_t from, bool referral, bool told,
                         struct str by);
/* The same for all sessions that are in one situation. */
uint64_t check_key(const struct check *k, const struct session *s, bool referral, bool told);
/* The same for sessions that are the same in everything. */
uint64_t check_exactly(const struct session *s, bool told);
/* What the conditions are asked under from now on. */
void check_take_env(struct check *k, bool referral, bool told);

/* ---- explore.c ---- */
void check_prepare(struct check *k);
/* Every situation from the beginning on; false with a finding when there are too many. */
bool check_explore(struct check *k);
/* One step of a session that was in situation `at`, `silence` after its last message; what it shows is
 * remembered. */
void check_say(struct check *k, uint32_t at, bool referral, struct session *s, enum dialogue_event event,
               struct str text, msec silence, struct dialogue_out *out);
/* "2, 1, (a place)": the shortest way there. */
const char *check_way(struct check *k, uint32_t to);

/* ---- probe.c: what must be one step away from everywhere ---- */
void check_probe(struct check *k, uint32_t at);
/* Was this form of a call for help, which led to `out`, heard as one? */
void check_called(struct check *k, uint32_t at, struct str form, const struct dialogue_out *out);

/* ---- ways.c: where the ways lead ---- */
void check_ways(struct check *k, struct dialogue_reach *out);

/* ---- check_keys.c: the texts by themselves ---- */
void check_keys(struct check *k);
bool check_is_used(const struct check *k, const char *key);
void check_catalog(struct check *k, const struct catalog *cat);
void check_neutral(struct check *k);

/* ---- check_shown.c: the texts as they are shown ---- */
void check_shown(struct check *k);
struct cfg_pos check_pos(const struct catalog *cat, const char *key);  /* of a text, or of its catalog */
const char *check_text_of(const struct catalog *cat, const char *key); /* NULL */
/* A text that shows the lines of a menu of places, wherever that is offered. */
bool check_has_lines(const struct catalog *cat, const char *key);

/* ---- check_menu.c: the menu of places, screen by screen ---- */
void check_menu_screens(struct check *k, const struct catalog *cat, const struct shown *shown);

#endif
