/* What the files of this room share. */
#ifndef ROUTING_INTERNAL_H
#define ROUTING_INTERNAL_H

#include "routing/routing.h"

struct lists { /* numbers by owner: those of owner i are items[start[i]] .. items[start[i + 1] - 1] */
    uint32_t *start;
    uint16_t *items;
};

struct spot {       /* what the ranking reads of every host, close together */
    double x, y, z; /* on the unit sphere */
    uint64_t languages;
    uint32_t needs;
    uint16_t place, zone, rank; /* rank: by id */
    uint8_t hours;              /* number among the host_hours */
    bool limits;                /* there are days or communes for which it is not there */
};

struct post {                /* and of every collaborator */
    struct day_span changes; /* some shifts that begin on these days are not their own */
    uint8_t rota;            /* number among the rotas */
    bool drill;
};

/* Most hours and rotas of a network are written alike. Each of these is looked at once a request; those
 * beyond are looked at wherever they are met. */
#define ROUTING_ALIKE 64
struct alike {
    const struct hours *of[ROUTING_ALIKE];
    size_t n;
};

struct routing_index {
    struct spot *spots;
    struct post *posts;
    struct alike host_hours, rotas;
    uint16_t *by_need[NEED_COUNT];
    size_t n_by_need[NEED_COUNT];
    struct lists of_host, of_commune, of_home; /* collaborators */
    uint16_t *duty;
    size_t n_duty;
    uint16_t *hosts_by_id, *people_by_id, *person_rank;
    uint32_t *row; /* of commune i in network.times: row[i] .. row[i + 1] - 1 */
    size_t n_communes;
};

#define ROUTING_PEOPLE 65536 /* at most */
/* One request, with what is worked out once for all hosts. */
struct trip {
    const struct network *net;
    const struct routing_index *ix;
    const struct request *req;
    const struct load *load;
    struct moment at;
    uint64_t hosts_open, on_duty; /* bits: which of the hours and rotas that are alike are now */
    uint64_t lang;                /* the bit of her language; 0: unknown, or nobody speaks it */
    double x, y, z;               /* of where she is */
    const double *detours;
    uint16_t every; /* the override of all other communes: 1 + index; 0: none */
    /* by commune: 1 + index of what the table and the overrides say of it */
    uint32_t table[ROUTING_COMMUNES];
    uint16_t override[ROUTING_COMMUNES];
    /* by collaborator, a bit: serves a commune she excluded or lives there; set when she excluded any */
    uint64_t excluded[ROUTING_PEOPLE / 64];
    bool weighed; /* by collaborator: why they cannot be asked, as enum reject; or SLOT_OTHERS */
    uint8_t slot[ROUTING_PEOPLE];
};

/* travel.c */
struct minutes_way {
    unsigned minutes, metres;
    const struct travel *table;
    const struct override *by;
};
void sphere_point(double lat, double lon, double out[3]);
void trip_begin(struct trip *t, const struct network *net, const struct request *req,
                const struct load *load);
/* false: the road is closed. */
bool trip_to(const struct trip *t, size_t host, struct minutes_way *out);

/* hours.c */
/* The spans of one day, the exceptions counted in; how many. They may reach over midnight. */
size_t hours_of_day(const struct hours *h, int32_t day, bool holiday, const struct minutes **span);
/* Whose shift it is that begins on this day: their own, who stands in, or NULL. */
const struct collaborator *shift_of(const struct collaborator *c, int32_t day);
bool is_holiday(const struct network *net, int32_t day);
/* The number of what is the same as these, taken in when it is new; ROUTING_ALIKE: there is no room. */
uint8_t hours_number(struct alike *known, const struct hours *h);
uint64_t hours_open_now(const struct alike *known, const struct moment *m);

/* rank.c */
/* Where it stands and whom it receives; who is excluded. REJECT_COUNT: fit. */
enum reject place_unfit(const struct request *req, const struct host *h);
unsigned person_burden(const struct trip *t, size_t i);
/* Whose shift it is where collaborator i stands, and why that one cannot be asked; REJECT_COUNT: can. */
enum reject slot_unfit(const struct trip *t, size_t i, const struct collaborator **who);
#define SLOT_OTHERS (REJECT_COUNT + 1) /* may be somebody else's shift: that is worked out each time */
/* All slots at once, where each will be asked for several times. */
void weigh_slots(struct trip *t);
/* Why collaborator i cannot be asked in their own right. */
enum reject person_unfit(const struct trip *t, size_t i);
/* The hosts that are fit, best first, one at a time. */
#define ROUTING_HOSTS 16384
struct ranking {
    uint64_t heap[ROUTING_HOSTS]; /* keys, smallest first */
    size_t n;
};
void ranking_begin(struct ranking *r, const struct trip *t, bool staffed, struct rejections *why);
bool ranking_next(struct ranking *r, const struct trip *t, struct choice *out);
void reject(struct rejections *why, size_t index, enum reject r);

#endif
