/* What a network means for every commune: who would be asked from there, for each need, by day and by night,
 * and what an edit of the network changes of that.
 *
 * Questions are put to routing as the engine puts them: danger is urgent, the need child is a child's. Nobody
 * is received and no case is open, but for whom a host says that it has. Pure; what is made lives in the
 * arena given, and refers to the networks and gazetteers it was made of.
 */
#ifndef SURVEY_SURVEY_H
#define SURVEY_SURVEY_H

#include "base/arena.h"
#include "places/places.h"
#include "routing/routing.h"

enum survey_time { SURVEY_DAY, SURVEY_NIGHT, SURVEY_TIMES };
const char *survey_time_name(enum survey_time t); /* "day", "night" */

/* Whom there is. Each is worse than the one before. */
enum survey_state {
    SURVEY_HOST,   /* a host takes her */
    SURVEY_PEOPLE, /* none does, but a collaborator of the commune can be asked */
    SURVEY_DUTY,   /* nobody but the duty desk */
    SURVEY_NOBODY,
    SURVEY_STATES
};
const char *survey_state_name(enum survey_state s); /* "host", "people", "duty", "nobody" */

struct survey_ask {
    uint32_t needs; /* bits, 1u << need */
    unsigned children, who;
    const char *lang; /* NULL: unknown */
    msec at[SURVEY_TIMES];
    bool people; /* also who would be asked first where a host takes her: takes twice as long */
};

struct survey_choice {
    int host; /* index; -1: none */
    unsigned minutes;
    bool estimate; /* of the minutes */
};

struct survey_reason {
    enum reject why;
    unsigned hosts; /* of how many of the near ones */
};
enum { SURVEY_REASONS = 3, SURVEY_NEAR = 10 };

struct survey_answer {
    enum survey_state state;
    struct survey_choice first, second;
    int person; /* index of the collaborator who would be asked first; -1: nobody, or not looked for */
    /* Without a host: the most frequent reasons why none of the SURVEY_NEAR nearest that take the need fits;
     * where none takes it, that one reason. */
    struct survey_reason why[SURVEY_REASONS];
    uint8_t n_why;
};

struct survey {
    const struct network *net;
    const struct gazetteer *places;
    struct survey_ask ask;
    struct survey_answer *answers; /* see survey_at() */
    size_t n_communes;
};

void survey_make(struct survey *s, const struct network *net, const struct gazetteer *g,
                 const struct survey_ask *ask, struct arena *a);
bool survey_asked(const struct survey *s, enum need need);
/* Of a need that was asked for. */
const struct survey_answer *survey_at(const struct survey *s, size_t commune, enum need need,
                                      enum survey_time t);

/* One question: a commune, a need, a time. */
struct survey_case {
    uint16_t commune;
    uint8_t need, time; /* enum need, enum survey_time */
};
/* The questions about these needs and times (bits), those worst off first: by state, then the longest
 * minutes, then code, need, time. out: room for communes x needs x times. returns how many. */
size_t survey_cases(const struct survey *s, uint32_t needs, unsigned times, struct survey_case *out);
enum { SURVEY_ALWAYS = 1 << SURVEY_DAY | 1 << SURVEY_NIGHT };

struct survey_sum {
    size_t communes[SURVEY_STATES];
    unsigned median, longest; /* minutes, of those with a host; 0 without any */
};
struct survey_sum survey_sum(const struct survey *s, enum need need, enum survey_time t);
/* Day and night are answered alike everywhere. */
bool survey_same_all_day(const struct survey *s, enum need need);

/* ---- what an edit does ---- */

enum survey_what {
    SURVEY_UNCOVERED,  /* a worse state: has lost its host, or whom to ask where there was none */
    SURVEY_COVERED,    /* a better one */
    SURVEY_OTHER_HOST, /* whatever the minutes */
    SURVEY_LONGER,     /* the same host */
    SURVEY_SHORTER,
    SURVEY_WHATS
};
const char *survey_what_name(enum survey_what w); /* "uncovered", "covered", "other_host", ... */

struct survey_change {
    size_t commune; /* of survey_diff.communes */
    enum need need;
    enum survey_time time;
    enum survey_what what;
    const struct survey_answer *before, *after;
    bool both;   /* a host before and after; else minutes mean nothing */
    int minutes; /* how many more */
};

struct survey_commune {
    const struct place *before, *after; /* NULL: is not in force there */
    size_t first, n;                    /* its changes, in the order of needs, day before night */
};

struct survey_load { /* a host, or a collaborator */
    const char *id;
    int before, after;                /* index; -1: is not there */
    size_t first_before, first_after; /* how many questions have it as first choice, or ask it first */
};

struct survey_diff {
    const struct survey *before, *after;
    struct survey_commune *communes; /* by code */
    struct survey_change *changes;
    struct survey_load *hosts, *people; /* by id */
    size_t n_communes, n_changes, n_hosts, n_people;
    size_t by_what[SURVEY_WHATS], communes_changed;
    uint64_t minutes_gained, minutes_lost; /* over all questions with a host before and after */
};

/* Both must have been asked the same, with `people`. Communes are matched by code, all else by id. */
void survey_compare(struct survey_diff *d, const struct survey *before, const struct survey *after,
                    struct arena *a);

/* Changes of one commune that are alike but in need and time, as one. */
struct survey_group {
    const struct survey_change *of;
    uint32_t needs[SURVEY_TIMES]; /* bits */
};
enum survey_section {                   /* what is worse for those who ask goes first */
                      SURVEY_LEFT,      /* SURVEY_UNCOVERED: the worst state first */
                      SURVEY_FARTHER,   /* the greatest loss first */
                      SURVEY_ELSEWHERE, /* another host in the same time */
                      SURVEY_NEARER,    /* the greatest gain first */
                      SURVEY_GAINED,    /* SURVEY_COVERED */
                      SURVEY_SECTIONS
};
enum survey_section survey_section(const struct survey_change *c);
/* Section by section, then by code. out: room for n_changes. returns how many. */
size_t survey_groups(const struct survey_diff *d, struct survey_group *out);

#endif
