/* What the files of this room share. */
#ifndef PRACTICE_INTERNAL_H
#define PRACTICE_INTERNAL_H

#include "practice/practice.h"

struct phone { /* the contacts a number was, one after the other: each erasure ends one */
    char msisdn[MSISDN_MAX];
    uint64_t *contacts;
    size_t n;
};

struct practice {
    struct rules rules;
    struct store store;
    struct engine *engine;
    msec now;
    uint64_t steps;
    struct practice_sent *sent;
    size_t n_sent;
    uint64_t sent_ever;
    uint64_t *taken; /* sends whose result the engine has not been told yet */
    size_t n_taken, cap_taken;
    struct phone *phones;
    size_t n_phones;
};

#endif
