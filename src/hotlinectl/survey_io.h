/* What coverage and diff share: their options, how places and minutes are told, where the result goes. */
#ifndef HOTLINECTL_SURVEY_IO_H
#define HOTLINECTL_SURVEY_IO_H

#include "hotlinectl/hotlinectl.h"
#include "survey/survey.h"

#include <cjson/cJSON.h>

enum { SURVEY_COLUMNS = 120 }; /* no line of text is wider */

enum survey_format { SURVEY_TEXT, SURVEY_CSV, SURVEY_JSON, SURVEY_HTML };

struct survey_when {
    char date[11], clock[SURVEY_TIMES][6]; /* "2026-11-25", "10:00"; date "" until known */
};

struct survey_options {
    struct survey_when when;
    enum survey_format format;
    const char *path; /* NULL: standard output */
};

/* --date --day --night --format -o, and --html FILE, which is --format html -o FILE, of the command; false:
 * wrong use. */
bool survey_options(const struct ctl *ctl, int argc, char **argv, struct survey_options *out);
/* The two times in a network's own; without a date: today there. */
void survey_moments(struct survey_when *when, int tz_offset_min, msec at[SURVEY_TIMES]);

/* A result grows in memory, and is there in whole or not at all. */
struct survey_result {
    char *text;
    size_t n;
    FILE *to;
};
void survey_begin(struct survey_result *r);
/* To the file (by way of another beside it; for its owner alone, for it tells where shelters are), or to
 * standard output. Forgets the result. returns the exit status `rc`, or CTL_FAILED with a message. */
int survey_end(struct survey_result *r, const char *path, int rc);
/* For a result that did not come about; returns CTL_FAILED. */
int survey_drop(struct survey_result *r);
/* One line. */
void survey_put_json(FILE *to, cJSON *o);
/* The page with a map, with the outlines of these settings. false: the message is printed. */
bool survey_put_page(FILE *to, cJSON *o, const struct settings *set);

/* Columns a text takes, and the text cut and filled up to `width` of them. */
size_t survey_width(const char *text);
void survey_cell(FILE *to, const char *text, size_t width);
/* The text cut to what fits on a line beside `used` columns, and the end of the line. */
void survey_rest(FILE *to, const char *text, size_t used);
/* The former district of a commune, if its file is there. */
const struct place *survey_district(const struct gazetteer *g, const struct place *p);

/* {"code","name"} of the province served. */
cJSON *survey_province_json(const struct settings *s, const struct gazetteer *g);
/* code, type, name, district, lat, lon. */
cJSON *survey_commune_json(const struct gazetteer *g, const struct place *p);
/* id, name, kind, place, lat, lon. */
cJSON *survey_host_json(const struct host *h);
void survey_add_when(cJSON *o, const struct survey_when *when);

#endif
