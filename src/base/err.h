/* Errors are values with an owner.
 *
 * The lowest layer that knows the cause fills `struct failure` once (what, where, what to do); the top
 * decides what follows (answer 503, retry, exit). Nobody logs and returns.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum err {
    OK,
    ERR_INPUT,   /* the caller's or the world's data is wrong; trying again does not help */
    ERR_AUTH,    /* not allowed */
    ERR_AGAIN,   /* temporary: disk full, database busy, network; try again later */
    ERR_FULL,    /* a bounded thing is full */
    ERR_MISSING, /* what was asked for is not there */
    ERR_CORRUPT, /* stored data does not verify */
    ERR_BUG      /* our own mistake */
};

struct failure {
    enum err code;
    char what[256]; /* one line, no newline, never a number, a text or a key of a person */
};

/* Fill `why` (may be NULL) and return `code`, so that a function can end with `return fail(...)`. */
enum err fail(struct failure *why, enum err code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* "input", "auth", ... for logs and metrics. */
const char *err_name(enum err code);

#endif
