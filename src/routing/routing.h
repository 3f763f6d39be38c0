/* Hosts, collaborators, and who can really take a request.
 *
 * A `struct network` is immutable and made by the configuration loader, which calls routing_index() last.
 * Everything here is pure: the time comes in, the load comes in, the answer is values.
 */
#ifndef ROUTING_ROUTING_H
#define ROUTING_ROUTING_H

#include "base/arena.h"
#include "base/timeutil.h"
#include "config/config.h" /* struct cfg_pos, cfg_strings: where an entry was written */
#include "places/places.h"

enum need {
    NEED_DANGER,
    NEED_SHELTER,
    NEED_TALK,
    NEED_MEDICAL,
    NEED_LEGAL,
    NEED_CHILD,
    NEED_INFO,
    NEED_HARM, /* may hurt someone and wants help to stop: no victim, never sent where victims are */
    NEED_COUNT
};
enum host_kind { HOST_TRUSTED_ADDRESS, HOST_SHELTER, HOST_HEALTH, HOST_POLICE, HOST_LEGAL, HOST_SOCIAL };
/* Who asks, or for whom, as far as it was said. Bits. */
enum who {
    WHO_SELF = 1 << 0,
    WHO_OTHER = 1 << 1, /* asks for somebody else */
    WHO_MAN = 1 << 2,
    WHO_CHILD = 1 << 3, /* under 16 */
    WHO_ELDER = 1 << 4,
    WHO_DISABLED = 1 << 5,
    WHO_ALL = (1 << 6) - 1
};
const char *who_name(enum who bit); /* "self", "other", "man", "child", "elder", "disabled" */
bool who_parse(struct str s, enum who *out);
/* Several, with commas between, are added to *out. false: one of them is none. */
bool who_parse_list(struct str list, unsigned *out);
const char *need_name(enum need n); /* "danger", "shelter", ... also the words of the files */
bool need_parse(struct str s, enum need *out);
/* Who asks, by what is asked for: the need child is a child's, whatever else was said. Bits. */
unsigned who_of(enum need need, unsigned who);
const char *host_kind_name(enum host_kind k);

/* ---- days and hours ---- */

struct day_span { /* local days since 1970-01-01, both included */
    int32_t from, to;
};
/* "2026-02-14" or "2026-02-14..2026-02-20"; false when malformed or backwards. */
bool day_span_parse(struct str s, struct day_span *out);
bool day_span_has(struct day_span s, int32_t day);

struct minutes { /* of a day, [from, to); `to` may exceed 1440: over midnight, still of the day it began */
    uint16_t from, to;
};
#define ROUTING_DAYS 7
#define ROUTING_SPANS 4 /* of one day */
struct hours_exception {
    bool holidays; /* every holiday; else `days` */
    struct day_span days;
    struct minutes span[ROUTING_SPANS];
    uint8_t n; /* 0: closed */
    int line;  /* where it is written, in the file of who has these hours */
};
struct hours {
    struct minutes day[ROUTING_DAYS][ROUTING_SPANS]; /* 0 Monday */
    uint8_t n[ROUTING_DAYS];
    bool always;
    const struct hours_exception *except; /* the first that names a day decides it instead of the week */
    size_t n_except;
};
/* A time as hours need it. */
struct moment {
    int32_t day;
    unsigned minute;
    bool holiday, holiday_before; /* that day; the day before, whose hours may reach over midnight */
};
/* "always", or "mon-fri 07:30-17:00, sat 08:00-12:00"; words mon..sun; several intervals a day. Leaves
 * exceptions empty. */
MUST_CHECK enum err hours_parse(struct str s, struct hours *out, struct failure *why);
/* "DAYS closed", "DAYS always", "DAYS 08:00-11:00, 13:00-16:00"; DAYS: a date, FROM..TO, or "holidays". */
MUST_CHECK enum err hours_parse_exception(struct str s, struct hours_exception *out, struct failure *why);
/* "18:00-05:00". */
bool hours_parse_span(struct str s, struct minutes *out);
bool hours_open(const struct hours *h, const struct moment *m);

/* ---- the network ---- */

struct host {
    struct cfg_pos pos;
    const char *id, *name;
    enum host_kind kind;
    const struct place *place; /* the commune it stands in */
    double lat, lon;           /* of the host; the commune's point when not given */
    uint32_t needs;            /* bit 1u << need: what it takes */
    bool men;                  /* also takes men */
    bool men_only;             /* takes no women */
    bool accessible;           /* somebody who walks or sees badly can get in and stay */
    int children;              /* how many children it can take along with one adult; -1: no limit */
    int capacity;              /* people at once; 0: no limit (does not receive overnight) */
    int occupied;              /* of these, taken by people who came another way: kept by hand */
    uint64_t languages;        /* spoken there; bits, index of network.languages */
    struct hours hours;
    bool is_public;            /* its name may be told to everybody (never a shelter) */
    const char *meeting_point; /* what a contact may be told after acceptance; may be NULL */
    const char **phones;       /* for staff, to be called in this order; E.164 */
    size_t n_phones;
    const struct place **serves; /* communes it receives from; none: all */
    size_t n_serves;
    const struct place **avoid; /* communes it must not receive from, for safety */
    size_t n_avoid;
    msec valid_from, valid_to; /* 0: no limit */
    int valid_to_line;         /* where that is written */
};

struct collaborator;
struct swap { /* shifts that begin on these days are somebody else's */
    struct day_span days;
    const struct collaborator *by;
    int line; /* where it is written */
};

#define ROUTING_CHANNELS 4 /* of one collaborator */
struct collaborator {
    struct cfg_pos pos;
    const char *id, *name;
    const char *phone; /* told to a contact only after acceptance and if the policy allows; E.164 */
    int channels[ROUTING_CHANNELS]; /* the systems that alert them, the preferred one first: indexes into
                                       network.endpoints; either all take drills only, or none does */
    size_t n_channels;
    const struct place *home; /* where they live, if known */
    const struct place **places;
    size_t n_places; /* communes served */
    const struct host **hosts;
    size_t n_hosts; /* hosts worked for */
    uint64_t languages;
    struct hours rota;
    struct day_span *out; /* shifts that begin on these days are nobody's */
    size_t n_out;
    int out_line; /* where they are written */
    struct swap *swaps;
    size_t n_swaps;
    int max_open; /* open referrals at once; 0: no limit */
    bool duty;    /* the last in line: alerted when nobody nearer is left, or the place is unknown */
};

struct endpoint { /* a collaborator system that gets alerts over HTTP */
    struct cfg_pos pos;
    const char *id, *url;
    const char *secret; /* name of the signing secret (Standard Webhooks) */
    const char *token;  /* name of the secret this system authenticates its answers with */
    bool drill;         /* gets drills only */
};

/* Commune indexes are below this. */
#define ROUTING_COMMUNES 8192
#define ROUTING_ANY UINT16_MAX

enum travel_mode { TRAVEL_MOTORBIKE, TRAVEL_CAR, TRAVEL_FOOT, TRAVEL_BOAT, TRAVEL_MODES };
const char *travel_mode_name(enum travel_mode m); /* "motorbike", "car", "foot", "boat" */
struct travel {
    uint16_t from, to, minutes; /* commune indexes; directed */
    uint16_t mode;
};

enum override_kind { OVERRIDE_CLOSED, OVERRIDE_MINUTES, OVERRIDE_PERCENT };
struct override { /* how long it takes at some times: at night, in floods */
    struct cfg_pos pos;
    uint16_t from, to; /* ROUTING_ANY: every other commune */
    struct day_span days;
    struct minutes hours;
    enum override_kind kind;
    unsigned value; /* minutes, or percent of what it takes else */
};

struct holiday {
    struct day_span days;
    const char *name;
    struct cfg_pos pos;
};

struct fallback { /* whom to turn to when nobody here can take a request */
    struct cfg_pos pos;
    const char *name, *number, *text; /* number, text: one may be NULL */
    uint32_t needs;                   /* 0: all */
};

struct network {
    struct cfg_pos policy_pos;
    struct host *hosts;
    size_t n_hosts;
    struct collaborator *collaborators;
    size_t n_collaborators;
    struct endpoint *endpoints;
    size_t n_endpoints;
    struct travel *times;
    size_t n_times; /* sorted by (from, to), each pair once */
    struct override *overrides;
    size_t n_overrides; /* in the order of the file */
    struct holiday *holidays;
    size_t n_holidays;
    struct fallback *fallbacks;
    size_t n_fallbacks;
    const char **languages; /* up to 64 that somebody speaks: "vi", "hmn" */
    size_t n_languages;
    double speed_kmh, detour; /* of the estimate where the table has no pair */
    const uint16_t *zone;     /* by commune index: its zone of terrain; NULL: `detour` everywhere */
    const double *detours;    /* n_zones x n_zones, instead of `detour` */
    size_t n_zones;
    uint32_t modes; /* bit 1u << enum travel_mode: whose known times count */
    int tz_offset_min;
    int max_minutes;    /* a host further away than this is not offered; 0: no limit */
    int spread_minutes; /* unless urgent, hosts of one such stretch of minutes count as equally far; 0: none
                         */
    /* escalation policy */
    msec offer_timeout[2];       /* [0] normal, [1] urgent: an offer not answered in time expires */
    int max_offers;              /* then the referral is unmet (<= REFERRAL_OFFERS) */
    bool urgent_without_consent; /* urgent danger may share place and urgency alone */
    bool share_phone;            /* the accepting collaborator's phone goes to the contact */
    const struct routing_index *index;
};

/* What makes a request touch only what it must; the last step of making a network, which does not change
 * afterwards. Lives in the arena. */
void routing_index(struct network *net, struct arena *a);
/* By id; NULL. */
const struct host *routing_host(const struct network *net, const char *id);
const struct collaborator *routing_collaborator(const struct network *net, const char *id);
/* Which of their channels that endpoint is, from 0; -1: none of them. */
int routing_channel(const struct network *net, const struct collaborator *c, const char *endpoint);
/* Nothing but drills ever reaches them. */
bool routing_drill_only(const struct network *net, const struct collaborator *c);
struct moment routing_moment(const struct network *net, msec at);
/* How much longer the road is than the straight line between two communes. */
double routing_detour(const struct network *net, const struct place *from, const struct place *to);
/* Whose shift it is where `c` stands in the rota: themselves, who stands in, or NULL: nobody's. `away` says
 * whether there would be a shift, had it not been given up or away. */
const struct collaborator *routing_on_duty(const struct collaborator *c, const struct moment *m, bool *away);

/* ---- requests ---- */

#define ROUTING_AVOID 8 /* communes one contact may exclude */
struct request {
    const struct place *from; /* NULL: unknown */
    enum need need;
    bool urgent;
    unsigned children;
    unsigned who;     /* enum who */
    const char *lang; /* of the contact, "hmn" or "vi-accented": what follows the dash is left out; or NULL */
    const struct place *avoid[ROUTING_AVOID];
    size_t n_avoid; /* communes the contact excluded */
    msec at;
};

struct load {             /* what the journal knows of today's burden; arrays may be NULL (all zero) */
    const uint16_t *host; /* people referred, children too, by host index; `occupied` is not in it */
    const uint16_t *collaborator; /* open referrals, by collaborator index */
};

enum reject {
    REJECT_NEED,
    REJECT_CLOSED,
    REJECT_FULL,
    REJECT_CHILDREN,
    REJECT_MEN,
    REJECT_AVOIDED,
    REJECT_FAR,
    REJECT_INVALID,
    REJECT_ROTA,
    REJECT_BUSY,
    REJECT_UNSTAFFED,
    REJECT_APART,
    REJECT_WOMEN,
    REJECT_SERVES,
    REJECT_UNSAFE,
    REJECT_CUT_OFF,
    REJECT_AWAY,
    REJECT_DRILL,
    REJECT_BEHIND,
    REJECT_COUNT
};
const char *reject_text(enum reject r); /* "closed at this hour", ... */

enum unfit { UNFIT_CHILD = 1, UNFIT_ACCESS = 2, UNFIT_LANGUAGE = 4 };
/* An hour on the road is worth it for a host that is fit, half of it for one where she is understood. */
#define ROUTING_UNFIT_MINUTES 60
#define ROUTING_LANGUAGE_MINUTES 30

struct choice {
    uint16_t host;
    unsigned minutes, metres;
    unsigned handicap;          /* minutes it counts as further away, being less fit: see routing_rank() */
    unsigned unfit;             /* enum unfit: why */
    unsigned burden;            /* people received now */
    bool estimate;              /* minutes come from the great circle, not from the table or an override */
    const struct override *by;  /* what changed them; NULL */
    const struct travel *table; /* where they are from; NULL */
};
struct rejection {
    uint16_t index;
    enum reject why;
};
struct rejections {
    struct rejection *items;
    size_t n, max;
};

/* The hosts that can take the request, best first.
 *
 * Fit is a host that takes the need, people like her, from her commune, on this day and at this hour, has
 * room for her and her children, can be reached now within max_minutes, is in no commune she excluded, and
 * for which somebody is on duty. A man who asks for himself goes only where men are received, everybody else
 * only where women are. With an unknown place: none.
 *
 * Minutes are an override's, else the table's, else an estimate: great circle times detour over speed. A road
 * closed by one override is closed; else the first that fits counts.
 *
 * Order: minutes and handicap, then burden, then id; unless it is urgent, those within one stretch of
 * spread_minutes are equally far and the less burdened goes first. Handicap: ROUTING_UNFIT_MINUTES where a
 * child asks and children are not received, and where somebody needs it and it is not accessible;
 * ROUTING_LANGUAGE_MINUTES, unless it is urgent, where nobody speaks her language though others in the
 * network do.
 *
 * returns how many were written to out (room for max); rejected ones go to `why` when not NULL. */
size_t routing_rank(const struct network *net, const struct request *req, const struct load *load,
                    struct choice *out, size_t max, struct rejections *why);

struct candidate {
    uint16_t collaborator;
    int host;           /* index of the host this collaborator would receive at; -1: none (advice, duty) */
    unsigned minutes;   /* to that host; 0 when host is -1 */
    bool speaks, local; /* her language; serves her commune */
    unsigned burden;    /* open referrals */
    const struct collaborator *instead_of; /* whose shift it is; NULL: their own */
};
/* Whom to alert, in order: the collaborators of the ranked hosts on duty, host by host; then those who serve
 * the commune, with no host; then everyone marked duty. Each once. Within a host, and within the last two:
 * those who speak the contact's language first, then those of the contact's commune, then the least burdened,
 * then by id. On the days of a swap who stands in takes the other's part, at the other's hours. Left out is
 * who serves an excluded commune or lives in one. Never offers a drill endpoint.
 * returns how many were written; everyone else goes to `why` when not NULL.
 */
size_t routing_candidates(const struct network *net, const struct request *req, const struct load *load,
                          struct candidate *out, size_t max, struct rejections *why);

/* One choice with everything that led to it. The room is the caller's: `people` and `hosts` for as many as
 * are wanted, both `items` of rejections for all there are in the network. */
struct reasons {
    const struct network *net;
    const struct request *req;
    struct choice *hosts;
    struct candidate *people;
    size_t n_hosts, max_hosts, n_people, max_people;
    size_t more_hosts; /* fit as well, beyond max_hosts */
    struct rejections no_host, no_people;
};
/* routing_rank() and routing_candidates() in one go. */
void routing_reasons(struct reasons *r, const struct load *load);

/* ---- in words, for staff; no numbers of people ---- */

/* What decides between hosts: "the nearest first, within 10 min the least burdened". */
void routing_explain_order(const struct network *net, const struct request *req, struct out *o);
/* Where the minutes are from and what else counts: "estimate: 17.9 km, great circle x 1.8 at 25 km/h; counts
 * as 60 min further: not accessible; 2 of 4 places taken". */
void routing_explain_host(const struct network *net, const struct request *req, const struct choice *c,
                          struct out *o);
void routing_explain_person(const struct network *net, const struct request *req, const struct candidate *c,
                            struct out *o);
/* Is this fallback one for such a request? */
bool routing_falls_to(const struct fallback *f, const struct request *req);

/* The whole of it as one JSON object: the request, the order, collaborators and hosts in their order, those
 * rejected, the fallbacks. With `brief` it stays below ROUTING_JSON bytes: at most ROUTING_CHOSEN of those
 * who can and ROUTING_LISTED of those who cannot, of hosts those nearest that take the need before all
 * others, of collaborators those of a host that is told of or of the commune first; "more" counts the rest,
 * the rejected ones by their reason; and fallbacks are there when nobody can be asked. Else everything is
 * there, as far as it fits. */
#define ROUTING_JSON 8000
#define ROUTING_CHOSEN 8
#define ROUTING_LISTED 16
void routing_reasons_json(const struct reasons *r, bool brief, struct out *o);

/* ---- the seven days from `at` ---- */

struct gap { /* whole minutes; `to` is the first that is not in it */
    msec from, to;
};
struct routing_week;
/* What is asked below, prepared; lives in `a`, and needs the network as long. */
struct routing_week *routing_week(const struct network *net, msec at, struct arena *a);
/* The first stretch in which the host is open and in service and nobody who works for it is on duty. false:
 * there is none, or nobody works for it at all. */
bool routing_unstaffed(const struct routing_week *w, size_t host, struct gap *out);
/* The first stretch in which nobody at all can be asked from this commune: neither who serves it, nor anybody
 * marked duty, nor who works for a host that is open then, receives from there and is within max_minutes.
 * Whether they are busy, and for which need, is left out. false: there is none. */
bool routing_unserved(const struct routing_week *w, const struct place *from, struct gap *out);

#endif
