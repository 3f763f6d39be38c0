/* The gazetteer's CSV files: RFC 4180 without quoted line breaks, and comments after #. */
#ifndef SNAPSHOT_CSV_H
#define SNAPSHOT_CSV_H

#include "config/config.h"
#include "places/places.h"

enum { COLUMNS = 12 };

struct csv { /* where the reader is */
    struct cfg_pos pos;
    struct str rest;
    struct str cell[COLUMNS];
    size_t n;
};

/* Reads dir/name and its first line, which names at least `columns` columns. false with a finding. */
bool csv_open(struct csv *c, const char *dir, const char *name, size_t columns, struct arena *a,
              struct cfg_findings *f);
/* The next line's cells; false at the end. */
bool csv_next(struct csv *c);
/* false with a finding when the line has another number of cells. */
bool csv_columns(struct csv *c, size_t want, struct cfg_findings *f);
/* A unit's code from cell i. */
bool csv_code(struct csv *c, size_t i, char out[PLACE_CODE], struct cfg_findings *f);

#endif
