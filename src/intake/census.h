/* How many connections are open, asked of the kernel only when there may be too many. Thread-safe. */
#ifndef INTAKE_CENSUS_H
#define INTAKE_CENSUS_H

#include <stdatomic.h>
#include <stdbool.h>

struct census {
    int limit;
    int others;       /* descriptors that are no connection, counted before the first came */
    atomic_int above; /* no fewer than are open: the last count and all that came since */
};

void census_start(struct census *c, int limit);
/* One more connection. false: that makes too many. */
bool census_came(struct census *c);
/* Count anew: is there room for one more? */
bool census_room(struct census *c);

#endif
