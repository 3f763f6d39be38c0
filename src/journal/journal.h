/* The stores: SQLite for a node, memory for simulation and tests. Both pass tests/unit/journal_conformance.
 *
 * A store is used by one thread at a time. Keys: the master key (32 bytes) seals contact keys; a hash key
 * derived from it looks numbers up. The key file is refused when group or others can read it.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "engine/store.h"

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

#endif
