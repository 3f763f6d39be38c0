#ifndef PLACES_INTERNAL_H
#define PLACES_INTERNAL_H

#include "places/places.h"

#define NAME_MAX_BYTES 48 /* of a folded name without blanks */
#define NAME_MAX_MARKS 96 /* code points of a decomposed, case-folded name */

/* One way to call one unit. */
struct name {
    const struct place *unit;
    struct str compact;   /* folded, without blanks: "chiengson" */
    uint32_t letters;     /* places_letters(compact) */
    const int32_t *marks; /* decomposed and case-folded, blanks left out, to compare accents */
    size_t n_marks;
    bool alias;
    uint32_t next; /* of the same compact form, index + 1; 0 ends */
};

struct gazetteer {
    struct place *units;
    size_t n_units;
    uint16_t *commune_unit; /* unit of each commune index */
    size_t n_communes;
    struct name *names;
    size_t n_names;
    uint32_t *slots; /* hash of the compact form -> first name, index + 1 */
    size_t n_slots;
};

/* Which letters occur, a bit each. Two texts d errors apart differ by at most d bits in each direction. */
uint32_t places_letters(struct str compact);
/* First name with this compact form, or NULL; follow `next`. */
const struct name *places_named(const struct gazetteer *g, struct str compact);
/* Decomposed, case-folded code points without blanks; SIZE_MAX when it does not fit. */
size_t places_marks(struct str utf8, int32_t *out, size_t max);

#endif
