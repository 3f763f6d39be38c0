/* The stores: SQLite for a node, memory for simulation and tests. Both pass tests/unit/journal_conformance.
 *
 * A store is used by one thread at a time. Keys: the master key (32 bytes) seals contact keys; a hash key
 * derived from it looks numbers up. The key file is refused when group or others can read it.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "engine/store.h"

#include <sys/types.h>

#define JOURNAL_KEY 32

/* Write a new random key, hex, mode 0600; refuses to overwrite. */
MUST_CHECK enum err journal_keygen(const char *path, struct failure *why);
MUST_CHECK enum err journal_key_load(const char *path, uint8_t key[JOURNAL_KEY], struct failure *why);

enum journal_mode {
    JOURNAL_WRITE /* the daemon: creates and migrates, takes the lock */,
    JOURNAL_READ,
    JOURNAL_EDIT /* hotlinectl erase: short writes beside a running daemon */
};

/* url: "sqlite:PATH" or "memory:". A schema newer than ours, a wrong key or a second writer is refused. */
MUST_CHECK enum err journal_open(const char *url, const uint8_t key[JOURNAL_KEY], enum journal_mode mode,
                                 struct store *out, struct failure *why);
void journal_close(struct store *s);

/* ---- live.c: the daemon beside its store, for who may look into the store's folder ---- */

/* The process that opened the store for JOURNAL_WRITE. ERR_MISSING: none; ERR_AUTH: we may not look. */
MUST_CHECK enum err journal_holder(const char *url, pid_t *pid, struct failure *why);

enum live_outcome { LIVE_STARTED, LIVE_TAKEN, LIVE_SAME, LIVE_REFUSED };
/* What a daemon says of its configuration at its start and after each reload, in PATH.live. */
struct live {
    pid_t pid;
    int64_t asked_us; /* when it was asked to, by clock_mono_us() */
    msec since;       /* when the configuration in force was taken */
    enum live_outcome outcome;
    char stamp[20], was[20]; /* in force; before */
    char by[64];             /* who asked */
    size_t hosts, collaborators;
    char waiting[256];   /* settings that wait for a restart: "listen, threads" */
    struct str findings; /* of what was read last, a line each */
};
MUST_CHECK enum err journal_live_write(const char *url, const struct live *l, struct failure *why);
MUST_CHECK enum err journal_live_read(const char *url, struct live *out, struct arena *a,
                                      struct failure *why);

#endif
