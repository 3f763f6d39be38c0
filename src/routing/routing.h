/* Hosts, collaborators, and who can really take a request.
 *
 * A `struct network` is immutable and made by the configuration loader. Everything here is pure: the time
 * comes in, the load comes in, the answer is values.
 */
#ifndef ROUTING_ROUTING_H
#define ROUTING_ROUTING_H

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
const char *need_name(enum need n); /* "danger", "shelter", ... also the words of the files */
bool need_parse(struct str s, enum need *out);
const char *host_kind_name(enum host_kind k);

#define ROUTING_DAYS 7
struct hours { /* open minutes of each weekday (0 Monday), as intervals [from, to); to may exceed 1440: over
                  midnight */
    struct {
        uint16_t from, to;
    } day[ROUTING_DAYS][4];
    uint8_t n[ROUTING_DAYS];
    bool always;
};
/* "always", or "mon-fri 07:30-17:00, sat 08:00-12:00"; words mon..sun; several intervals a day. */
MUST_CHECK enum err hours_parse(struct str s, struct hours *out, struct failure *why);
bool hours_open(const struct hours *h, msec at, int tz_offset_min);

struct host {
    struct cfg_pos pos;
    const char *id, *name;
    enum host_kind kind;
    const struct place *place; /* the commune it stands in */
    double lat, lon;           /* of the host; the commune's point when not given */
    uint32_t needs;            /* bit 1u << need: what it takes */
    bool men;                  /* also takes men */
    bool accessible;           /* somebody who walks or sees badly can get in and stay */
    int children;              /* how many children it can take along with one adult; -1: no limit */
    int capacity;              /* people at once; 0: no limit (does not receive overnight) */
    struct hours hours;
    bool is_public;            /* its name may be told to a contact (never a shelter) */
    const char *meeting_point; /* what a contact may be told after acceptance; may be NULL */
    const struct place **avoid;
    size_t n_avoid;            /* communes it must not receive from, for safety */
    msec valid_from, valid_to; /* 0: no limit */
};

struct collaborator {
    struct cfg_pos pos;
    const char *id, *name;
    const char *phone; /* told to a contact only after acceptance and if the policy allows; E.164 */
    int endpoint;      /* index into network.endpoints */
    const struct place **places;
    size_t n_places; /* communes served */
    const struct host **hosts;
    size_t n_hosts; /* hosts worked for */
    struct hours rota;
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

struct travel {
    uint16_t from, to, minutes;
}; /* commune indexes; directed */

struct network {
    struct host *hosts;
    size_t n_hosts;
    struct collaborator *collaborators;
    size_t n_collaborators;
    struct endpoint *endpoints;
    size_t n_endpoints;
    struct travel *times;
    size_t n_times;           /* sorted by (from, to) */
    double speed_kmh, detour; /* of the estimate where the table has no pair */
    int tz_offset_min;
    int max_minutes; /* a host further away than this is not offered; 0: no limit */
    /* escalation policy */
    msec offer_timeout[2];       /* [0] normal, [1] urgent: an offer not answered in time expires */
    int max_offers;              /* then the referral is unmet (<= REFERRAL_OFFERS) */
    bool urgent_without_consent; /* urgent danger may share place and urgency alone */
    bool share_phone;            /* the accepting collaborator's phone goes to the contact */
};

#define ROUTING_AVOID 8 /* communes one contact may exclude */
struct request {
    const struct place *from; /* NULL: unknown */
    enum need need;
    bool urgent;
    unsigned children;
    unsigned who; /* enum who */
    const struct place *avoid[ROUTING_AVOID];
    size_t n_avoid; /* communes the contact excluded */
    msec at;
};

struct load {             /* what the journal knows of today's burden; arrays may be NULL (all zero) */
    const uint16_t *host; /* people received, by host index */
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
    REJECT_COUNT
};
const char *reject_text(enum reject r); /* "closed at this hour", ... */

struct choice {
    uint16_t host;
    unsigned minutes, metres;
    unsigned handicap; /* minutes it counts as further away, being less fit: see routing_rank() */
    bool estimate;     /* minutes come from the great circle, not from the table */
};
struct rejection {
    uint16_t index;
    enum reject why;
};
struct rejections {
    struct rejection *items;
    size_t n, max;
};

/* Minutes and metres from a commune to a host. */
void routing_travel(const struct network *net, const struct place *from, const struct host *to,
                    struct choice *out);

/* An hour on the road is worth it for a host that is fit. */
#define ROUTING_UNFIT_MINUTES 60
/* The hosts that can take the request, best first: nearest by minutes, then least loaded, then id. One that
 * does not receive children counts as ROUTING_UNFIT_MINUTES further away for a child, one that is not
 * accessible for somebody who needs that. A man who asks for himself goes only where men are received. A host
 * needs at least one collaborator on duty who serves it. With an unknown place: none. returns how many were
 * written to out (room for max); rejected ones go to `why` when not NULL. */
size_t routing_rank(const struct network *net, const struct request *req, const struct load *load,
                    struct choice *out, size_t max, struct rejections *why);

struct candidate {
    uint16_t collaborator;
    int host;         /* index of the host this collaborator would receive at; -1: none (advice, duty) */
    unsigned minutes; /* to that host; 0 when host is -1 */
};
/* Whom to alert, in order: the collaborators of the ranked hosts on duty (for each host: those of the
 * contact's commune first, then the least burdened, then id), each once; then those who serve the commune,
 * with no host; then everyone marked duty. Somebody who serves an excluded commune is left out.
 * Never offers a drill endpoint. returns how many were written; with room for all, `why` has everyone else.
 */
size_t routing_candidates(const struct network *net, const struct request *req, const struct load *load,
                          struct candidate *out, size_t max, struct rejections *why);

#endif
