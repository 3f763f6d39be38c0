/* The files of the page. */
#ifndef ATLAS_INTERNAL_H
#define ATLAS_INTERNAL_H

#include "base/err.h"
#include "base/str.h"

enum atlas_part {
    ATLAS_PAGE, /* the frame: what stands between two @@ is replaced */
    ATLAS_LEAFLET_CSS,
    ATLAS_CSS,
    ATLAS_LEAFLET_JS,
    ATLAS_JS, /* all of ours, one after the other */
    ATLAS_PARTS
};

struct str atlas_part(enum atlas_part which);

/* Does the map understand it? A feature without a geometry counts as one that is not there. */
enum err atlas_check_outlines(struct str json, struct failure *why);

#endif
