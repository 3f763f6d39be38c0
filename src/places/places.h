/* The gazetteer: administrative units, what people call them, how far apart they are.
 *
 * Immutable after places_build(); everything lives in the arena that was given. Pure.
 */
#ifndef PLACES_PLACES_H
#define PLACES_PLACES_H

#include "base/arena.h"
#include "base/str.h"

#define PLACE_CODE 8 /* the statistics office's code and a NUL */

enum place_level {
    PLACE_PROVINCE,
    PLACE_COMMUNE,         /* in force */
    PLACE_FORMER_DISTRICT, /* a name that leads to today's communes */
    PLACE_FORMER_COMMUNE
};

/* One row of the source files. */
struct place_row {
    char code[PLACE_CODE];
    enum place_level level;
    char parent[PLACE_CODE];  /* province of a commune; former district of a former commune */
    const char *type;         /* "Xã", "Phường", ... */
    const char *name, *ascii; /* "Chiềng Sơn", "Chieng Son" */
    double lat, lon;          /* degrees; 0,0 for former units */
    double area_km2;
    char former_district[PLACE_CODE]; /* of a commune: where most of it came from */
    const char *now;                  /* of a former unit: codes of today's units, blank between */
};

struct place_alias { /* another name for a unit: "moc" for Moc Chau */
    const char *name;
    char code[PLACE_CODE]; /* "": a place elsewhere, known so that it is not taken for one like it here */
};

struct place {
    char code[PLACE_CODE];
    enum place_level level;
    const char *type, *name, *ascii;
    double lat, lon, area_km2;
    char parent[PLACE_CODE], former_district[PLACE_CODE];
    uint16_t index;      /* dense among the communes in force (0 ..); UINT16_MAX for others */
    const uint16_t *now; /* indexes of today's communes this unit leads to (a commune: itself) */
    size_t n_now;
};

struct gazetteer;

/* returns NULL with `why` when rows contradict each other (unknown code, duplicate code). */
MUST_CHECK struct gazetteer *places_build(const struct place_row *rows, size_t n,
                                          const struct place_alias *aliases, size_t n_aliases,
                                          struct arena *arena, struct failure *why);

size_t places_communes(const struct gazetteer *g);                           /* how many in force */
const struct place *places_commune(const struct gazetteer *g, size_t index); /* index < places_communes() */
const struct place *places_by_code(const struct gazetteer *g, struct str code); /* any level; NULL */
/* The province a unit lies in, or NULL where it is not loaded. A province: itself. */
const struct place *places_province(const struct gazetteer *g, const struct place *p);
size_t places_all(const struct gazetteer *g, const struct place **out); /* every unit, as one array */

enum place_why {
    PLACE_EXACT,
    PLACE_ACCENTS,
    PLACE_PREFIX,
    PLACE_SPACING,
    PLACE_ALIAS,
    PLACE_SHORT,
    PLACE_SOUND,
    PLACE_TYPO,
    PLACE_FORMER
};
struct place_match {
    const struct place *place; /* a commune in force */
    const struct place *via;   /* the unit whose name was typed: itself, or a former unit */
    unsigned score;            /* 0..1000 */
    enum place_why why;
    unsigned distance; /* from the name, in quarters of a typing error; 0: the same letters */
};

enum places_verdict {
    PLACES_NONE, /* nothing like a place */
    PLACES_SURE, /* out[0] may be taken without asking */
    PLACES_ASK   /* ask back among out[0 .. n-1] */
};

/* What place a text names. The text may be a whole sentence with a name inside, with or without accents,
 * case, kinds (xa, phuong, thi tran, huyen, tp, tx) and blanks, shortened ("c. son", aliases), heard or typed
 * wrong, with the keys of Telex or VNI in it; a former district or a province says which of several is meant.
 *
 * Matches are today's communes, best first, each once, at most `max`; ties in the order of codes; call it
 * again with a larger `max` for what did not fit. The name of a commune in force that a former district bore,
 * too, is asked back with the commune first and the district's others behind: half of those who write it mean
 * the district, where any of them lives in another commune. With its kind ("xa", "huyen") it is not in doubt.
 * Allocates nothing; the time grows with the words, hardly with the units. */
enum places_verdict places_find(const struct gazetteer *g, struct str text, struct place_match *out,
                                size_t max, size_t *n);
const char *place_why_text(enum place_why why); /* "same name", "one typing error", ... */

/* The way to a commune by choosing, for who cannot type names: former districts (provinces, where several are
 * served or no former districts are loaded), then the communes of one. Both come most used first, then by
 * name, at most `max` and PLACES_MENU. uses: how often each commune was meant, by its index; NULL: nobody
 * knows, so by name alone. */
#define PLACES_MENU 256
size_t places_menu(const struct gazetteer *g, const uint32_t *uses, const struct place **out, size_t max);
size_t places_menu_of(const struct gazetteer *g, const struct place *group, const uint32_t *uses,
                      const struct place **out, size_t max);

/* How such a menu calls them: "Moc Chau", where the gazetteer has "Thi xa Moc Chau" to tell it from a
 * commune. */
struct str places_menu_name(const struct place *p, bool accents);

/* Great circle in metres (spherical earth, R = 6,371,008.8 m). */
double places_metres(double lat1, double lon1, double lat2, double lon2);

#endif
