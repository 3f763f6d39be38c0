/* A page with a map: what `hotlinectl coverage --json` or `hotlinectl diff --json` printed, as one HTML file
 * that holds all it needs. It opens from a disk, asks nobody for anything (its own policy forbids it), and is
 * in Vietnamese or English by a switch.
 *
 * It shows where shelters are: whoever writes it to a file sees to it that only its owner can read it.
 */
#ifndef ATLAS_ATLAS_H
#define ATLAS_ATLAS_H

#include "base/str.h"
#include <stdio.h>

/* The page for one JSON object, which has "kind": "coverage" or "diff".
 *
 * outlines: a GeoJSON FeatureCollection in WGS84 degrees, of which each feature has the code of a commune as
 *           its id or as the property "code"; empty: there is none. A commune without one is drawn as a
 * circle. Fails:    ERR_INPUT when either is not what it should be (nothing was written), ERR_AGAIN when it
 * cannot be written.
 */
MUST_CHECK enum err atlas_write(FILE *to, struct str data, struct str outlines, struct failure *why);

#endif
