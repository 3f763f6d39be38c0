/* The page to practise on: its files, who may open it, and the exercises that run behind it.
 *
 * Knows neither sockets nor the daemon's store. Nothing here is thread-safe: one thread owns a guard and the
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

/* A password as a line of that file, without a newline. */
#define WEB_LINE 256
#define WEB_NAME 33                     /* of an officer, NUL included */
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

#endif
