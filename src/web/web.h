/* The pages: their files, who may open them, the exercises that run behind /practice, and what officers see
 * of referrals.
 *
 * Knows no sockets. Nothing here is thread-safe: one thread owns a guard and the
 * exercises. libsodium must have been started.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "config/config.h"
#include "practice/practice.h"

/* ---- assets.c: what the program carries with it ---- */
struct web_asset {
    const char *type;
    struct str body; /* static */
};
bool web_asset(struct str path, struct web_asset *out); /* false: there is none */

/* ---- access.c: who may open it ---- */

/* A browser on this machine that asked for this machine: NULL, else why not. `host`: the Host header, `peer`:
 * the caller's address; forwarded: a header tells that a proxy stands between. The name matters, too: a page
 * of somebody else whose name was made to lead here would otherwise be let in. */
const char *web_not_local(struct str peer, struct str host, bool forwarded);

/* HTTP Basic against lines NAME:$argon2id$... A password is checked at most a few times a second in all; one
 * that was right is remembered for some minutes (as a keyed hash, together with its line: who is taken out of
 * the file is out). */
struct web_guard;
enum web_login { WEB_IN, WEB_OUT, WEB_LATER /* too many tries; nothing was checked */ };
struct web_guard *web_guard_create(void);
void web_guard_destroy(struct web_guard *g);
/* authorization: the header's value; now: milliseconds of any clock that does not go back. */
enum web_login web_login(struct web_guard *g, struct str officers, struct str authorization, msec now);

/* The name in the header, which is somebody's only after WEB_IN; "" where there is none. */
#define WEB_NAME 33 /* of an officer, NUL included */
void web_login_name(struct str authorization, char out[WEB_NAME]);

/* A password as a line of that file, without a newline. */
#define WEB_LINE 256
#define WEB_PASSWORD 12                 /* characters at least */
bool web_officer_name(struct str name); /* letters, digits, dot, dash, underscore */
MUST_CHECK enum err web_officer_line(const char *name, struct str password, char out[WEB_LINE],
                                     struct failure *why);

/* ---- exercises.c, talk.c: what the page asks for ---- */

#define WEB_EXERCISES 32          /* at once; a new one takes the place of the one left alone for longest */
#define WEB_IDLE (30 * MINUTE_MS) /* then it is gone */
#define WEB_STEPS 2000            /* of one exercise */
#define WEB_SHOWN 200             /* newest rows, alerts and messages in one answer */

/* What an exercise runs by. It keeps that until it ends: hold() when it begins, release() once. */
struct web_world {
    const struct rules *rules;
    const struct cfg_strings *languages;
    void *owner;
    void (*hold)(void *owner), (*release)(void *owner);
};

struct web_exercises;
struct web_reply {
    int status;
    char *json; /* for cJSON_free() */
};
struct web_counts {
    size_t running;
    uint64_t begun, steps;
};
struct web_exercises *web_exercises_create(void);
void web_exercises_destroy(struct web_exercises *all);
/* One request of the page. `what`: begin, say, answer, wait or inside; `body`: its JSON; `world` is used by
 * begin. begin  {lang?}                                  a new exercise; {"id", "languages", "lang"} and as
 * below say    {id, channel, event?, text?, phone?}     one step of the phone; {"text", "end", "size"} and as
 * below answer {id, verb, outcome?, phone?}             by the collaborator who has the current offer;
 * {"state", ...} wait   {id, seconds}                            time passes inside {id, phone?} nothing
 * happens All answer {"messages": [{"to", "at", "text", "size"}] that came since, "inside":
 * practice_inside()}. A size is
 * {"coding", "units", "segments", "pages"}. What is wrong is {"error"} with 400, 404 or 409. */
void web_exercises_call(struct web_exercises *all, struct str what, struct str body,
                        const struct web_world *world, msec now, struct web_reply *out);
/* End those left alone for too long. */
void web_exercises_sweep(struct web_exercises *all, msec now);
struct web_counts web_exercises_counts(const struct web_exercises *all);

/* ---- looks.c, list.c, story.c: the officers' pages, as HTML that needs no script ----
 *
 * They hold ids of hosts and collaborators, never a number or a text of a contact. */
#define WEB_LISTED 50      /* referrals on one page */
#define WEB_SCANNED 5000   /* looked through for them */
#define WEB_ROUTINGS 8     /* choices of one referral that are told, the newest */
#define WEB_HTML (1 << 20) /* bytes that are enough for any of them */

/* What is asked for: ?lang=en&state=offered&place=Moc+Chau&from=2026-11-01&to=2026-11-30&before=ID */
struct web_look {
    const struct gazetteer *places;
    int zone; /* minutes from UTC */
    bool english;
    int state;                                       /* enum referral_state; -1: all */
    char place_text[64], from_text[16], to_text[16]; /* as typed */
    const struct place *place;                       /* NULL: all */
    bool place_unknown, date_unknown;
    msec from, to;   /* [from, to); 0: no limit */
    uint64_t before; /* only older ones than this id; 0: all */
};
/* query: as on the wire. Never fails: what is not understood is said on the page and filters nothing. */
void web_look_read(struct web_look *look, const struct gazetteer *places, int zone, struct str query);
MUST_CHECK enum err web_referrals(const struct store *st, const struct web_look *look, struct out *o,
                                  struct failure *why);
/* One referral: its story, and its choices with their reasons. ERR_MISSING: there is none. */
MUST_CHECK enum err web_referral(const struct store *st, uint64_t id, const struct web_look *look,
                                 struct out *o, struct failure *why);

#endif
