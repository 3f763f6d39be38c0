/* Indicators computed from the journal for a period and an area. Pure over rows: feed them in order, then
 * read. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "engine/store.h"
#include "places/places.h"

struct report_query {
    msec from, to;         /* [from, to) */
    char area[PLACE_CODE]; /* "" everywhere; commune, former district or province code */
    int tz_offset_min;
    msec case_gap;
    double population;       /* estimated people at risk in period and area; 0: not configured */
    unsigned suppress_below; /* counts 1..n-1 are shown as "<n"; 0: show all (hotline staff) */
    const struct gazetteer *places;
};
struct report;
struct report *report_create(const struct report_query *q);
bool report_row(void *report, const struct row *row); /* a row_fn */
/* One JSON object: period, area, definitions version, indicators with numerator, denominator, value. */
void report_json(struct report *r, struct out *o);
void report_destroy(struct report *r);

#endif
