/* One case of a corpus of wire formats, played through a profile. */
#ifndef HOTLINECTL_CORPUS_H
#define HOTLINECTL_CORPUS_H

#include "aggregator/aggregator.h"

#include <cjson/cJSON.h>

struct heard { /* parts of longer SMS that earlier cases brought */
    struct {
        char ref[65], text[TEXT_SMS_MAX + 1];
        unsigned no;
    } parts[16];
    size_t n;
};

struct played {
    bool passed;
    char what[512]; /* what was otherwise; of the case's own data, so for the administrator's eyes */
};

enum { TIME_DECODE, TIME_ANSWER, TIME_SEND, TIMES };
extern const char *const corpus_times[TIMES]; /* their names */

/* What the conditions of a profile see of a line; lives in `a`. */
struct corpus_case corpus_case_of(const cJSON *line, struct arena *a);
/* Loads the profile `path` with the case's account, and plays the line. */
void corpus_play(const char *path, const struct profile *base, const cJSON *line, struct heard *heard,
                 struct played *out);
/* The case's steps `n` times each: nanoseconds of one; 0 where it has no such step. false: it is refused. */
bool corpus_time(const char *path, const struct profile *base, const cJSON *line, unsigned n,
                 double ns[TIMES]);

#endif
