/* What a request may not exceed, and how often a peer may come. */
#ifndef INTAKE_LIMITS_H
#define INTAKE_LIMITS_H

#include "intake/intake.h"

#define RATE_PEERS 1024

/* What the peers who came lately have left of their second's allowance; of one thread. Zeroed: nobody came.
 */
struct rates {
    struct rate {
        uint64_t peer; /* hash; 0 nobody */
        int64_t at_us;
        double left;
    } peers[RATE_PEERS];
};

/* One request of this peer: is it more than `rate` a second allow? */
bool rates_exceeded(struct rates *r, struct str peer, int rate, int64_t now_us);

/* true: refused, `out` says why. `pending`: how many calls are kept now. */
bool limits_refuse(const struct intake_limits *l, struct rates *r, int pending,
                   const struct intake_request *req, struct intake_answer *out);

#endif
