#ifndef PLACES_INTERNAL_H
#define PLACES_INTERNAL_H

#include "places/places.h"
#include "places/sounds.h"

#define NAME_MAX_BYTES 48 /* of a folded name without blanks */
#define NAME_MAX_MARKS 96 /* code points of a decomposed, case-folded name */

/* One way to call one unit. */
struct name {
    const struct place *unit;
    struct str compact;   /* folded, without blanks: "chiengson" */
    const int32_t *marks; /* decomposed and case-folded, blanks left out, to compare accents */
    size_t n_marks;
    bool alias;
    bool brief;      /* an alias of few letters: "mc" is Moc Chau only where a place is meant */
    uint8_t initial; /* letters of a shortened first word, "ch son"; 0: nothing is shortened */
};

/* Letters that some names begin with; children are what may follow. */
struct node {
    uint32_t first, last; /* names below, [first, last); those that end here come first */
    uint32_t children;    /* index of the first */
    uint8_t n_children, depth;
    uint8_t longest; /* letters of the longest name below that may be mistyped; 0: none */
    char letter;
};

struct gazetteer {
    struct place *units, *elsewhere; /* elsewhere: only their names are known, so that they are not taken */
    size_t n_units, n_elsewhere, n_provinces;
    uint16_t *commune_unit; /* unit of each commune index */
    size_t n_communes;
    uint16_t *by_code;  /* units by code; in force before former */
    struct name *names; /* by compact form */
    size_t n_names;
    struct node *nodes; /* nodes[0]: no letter yet */
    size_t n_nodes;
    uint16_t *menu_groups; /* units that the menu of places begins with, by name */
    size_t n_menu_groups;
    uint16_t *by_name; /* units of the communes, by name */
    uint32_t
        *menu_members; /* the unit of a group << 16, and where in by_name one of its communes is; sorted */
    size_t n_menu_members;
    struct sounds sounds;
};

/* A unit that only says where another place lies: a province, or a place elsewhere. */
bool is_landmark(const struct place *p);
/* Names with this compact form, as a run from *first; returns how many. */
size_t places_named(const struct gazetteer *g, struct str compact, const struct name **first);
/* The node behind `node` by this letter, or NULL. */
const struct node *places_next(const struct gazetteer *g, const struct node *node, char letter);
/* Names that end at a node begin at node->first; how many these are. */
size_t places_ending(const struct gazetteer *g, const struct node *node);
/* Sorts the names and lays out the nodes. */
void places_index_names(struct gazetteer *g, struct arena *a);
/* Sorts the codes; the error names what shares one. */
enum err places_index_codes(struct gazetteer *g, struct arena *a, struct failure *why);
/* Units with this code as a run of their numbers; returns how many. */
size_t places_with_code(const struct gazetteer *g, struct str code, const uint16_t **units);
/* Lays out the menu of places. */
void places_lay_menu(struct gazetteer *g, struct arena *a);
/* Decomposed, case-folded code points without blanks; SIZE_MAX when it does not fit. */
size_t places_marks(struct str utf8, int32_t *out, size_t max);

#endif
