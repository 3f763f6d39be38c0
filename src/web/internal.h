/* What the files of this room share. */
#ifndef WEB_INTERNAL_H
#define WEB_INTERNAL_H

#include "web/web.h"

#define EXERCISE_ID 33 /* 128 bits in hex, NUL included */

struct exercise {
    char id[EXERCISE_ID]; /* "": free */
    struct practice *practice;
    struct web_world world;
    char phone[MSISDN_MAX];
    msec used;
    unsigned steps;
    uint64_t seen; /* messages that were told */
};

struct web_exercises {
    struct exercise items[WEB_EXERCISES];
    struct web_counts counts;
};

/* NULL: there is none (any more). */
struct exercise *exercise_find(struct web_exercises *all, const char *id, msec now);
/* NULL with the reason in `why`. */
struct exercise *exercise_begin(struct web_exercises *all, const struct web_world *world, msec now,
                                struct failure *why);

/* words.c: in Vietnamese what routing, referrals and these pages say in English; as it is, with false, where
 * nobody has said it yet. */
bool web_vietnamese(struct str english, struct out *o);

/* html.c: pieces of the officers' pages */
void html(struct out *o, struct str s); /* escaped, also for an attribute in double quotes */
/* What the page says, escaped, in its language. */
void html_say(const struct web_look *look, const char *english, struct out *o);
/* The same with numbers or ids put in its stars. */
void html_fill(const struct web_look *look, struct out *o, const char *english, ...);
/* Phrases with "; " between, each said by itself. */
void html_phrases(const struct web_look *look, const char *english, struct out *o);
void html_time(const struct web_look *look, msec at, struct out *o);
void html_place(const struct web_look *look, const char *code, struct out *o);
/* "/referrals?..." with the filter, escaped; english: of the page it leads to; before: see web_look. */
void html_link(const struct web_look *look, bool english, uint64_t before, struct out *o);
void html_head(const struct web_look *look, const char *title, const char *id, struct out *o);
void html_end(struct out *o);

#endif
