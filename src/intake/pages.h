/* libevent answers by itself what is no HTTP or is over its limits, with a page in HTML, and tells nobody.
 * Seen in the output of a connection, such a page gives way to one line like all our refusals, and is
 * counted. */
#ifndef INTAKE_PAGES_H
#define INTAKE_PAGES_H

#include <stddef.h>

struct evbuffer;

struct pages {
    size_t body, headers;                /* the limits, for the reason */
    void (*refused)(void *, int status); /* once for each page */
    void *ctx;
};

/* `p` must outlive the buffer. */
void pages_watch(struct evbuffer *output, const struct pages *p);

#endif
