/* What the files of the exercises share. */
#ifndef WEB_INTERNAL_H
#define WEB_INTERNAL_H

#include "web/web.h"

#define EXERCISE_ID 33 /* 128 bits in hex, NUL included */

struct exercise {
    char id[EXERCISE_ID]; /* "": free */
    struct practice *practice;
    struct web_world world;
    char phone[MSISDN_MAX];
    msec used;
    unsigned steps;
    uint64_t seen; /* messages that were told */
};

struct web_exercises {
    struct exercise items[WEB_EXERCISES];
    struct web_counts counts;
};

/* NULL: there is none (any more). */
struct exercise *exercise_find(struct web_exercises *all, const char *id, msec now);
/* NULL with the reason in `why`. */
struct exercise *exercise_begin(struct web_exercises *all, const struct web_world *world, msec now,
                                struct failure *why);

#endif
