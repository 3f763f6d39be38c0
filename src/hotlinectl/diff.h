/* What an edit of the network does, as text and as JSON for whoever draws it. */
#ifndef HOTLINECTL_DIFF_H
#define HOTLINECTL_DIFF_H

#include "hotlinectl/survey_io.h"

struct diff_side {
    const char *name; /* as it was given */
    char stamp[20];
    const struct network *network;
    const struct gazetteer *places;
    const struct settings *settings;
};

struct diff {
    struct diff_side before, after;
    struct survey_when when;
    bool all; /* the text leaves nothing out */
    const struct survey_diff *found;
};

void diff_text(const struct diff *d, FILE *to);
cJSON *diff_json(const struct diff *d); /* the caller deletes it */

#endif
