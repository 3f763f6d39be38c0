/* What an edit of the network does, as text and as JSON for whoever draws it. */
#ifndef HOTLINECTL_DIFF_H
#define HOTLINECTL_DIFF_H

#include "hotlinectl/survey_io.h"

#include "lists/lists.h"

struct diff_side {
    const char *name; /* as it was given */
    char stamp[20];
    const struct network *network;
    const struct gazetteer *places;
    const struct settings *settings;
    const struct folder *folder; /* its network files as they are written */
};

struct diff {
    struct diff_side before, after;
    struct survey_when when;
    bool all; /* the text leaves nothing out */
    const struct survey_diff *found;
};

/* What differs between the entries of an id in both; `told` is called for each key. returns how many. A
 * telephone number is not told, only that it differs: what is written there is seen by more people than the
 * files. */
struct diff_key {
    const char *key, *before, *after; /* NULL: not written, or not told */
    bool secret;                      /* not told */
};
typedef void diff_told(void *ctx, const struct diff_key *k);
size_t diff_keys(const struct diff *d, enum list_kind kind, const char *id, diff_told *told, void *ctx);

void diff_text(const struct diff *d, FILE *to);
cJSON *diff_json(const struct diff *d); /* the caller deletes it */

#endif
