/* Who covers which commune, as text, for a spreadsheet, and as JSON for whoever draws it. */
#ifndef HOTLINECTL_COVERAGE_H
#define HOTLINECTL_COVERAGE_H

#include "hotlinectl/survey_io.h"

struct coverage {
    const struct snapshot *snapshot;
    const struct survey *survey;
    struct survey_when when;
    bool open; /* of hosts whose name may be told: nothing of any other can be read from it */
};

void coverage_text(const struct coverage *c, FILE *to);
/* RFC 4180 with a mark of UTF-8 before, so that a spreadsheet shows the accents; no cell is a formula. */
void coverage_csv(const struct coverage *c, FILE *to);
cJSON *coverage_json(const struct coverage *c); /* the caller deletes it */

#endif
