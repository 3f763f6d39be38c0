/* The conversation: a table of states, texts in catalogs, and a pure interpreter.
 *
 * A dialogue is data (conf/dialogue, conf/lang). dialogue_step() takes the session, what came in and the
 * time, and gives the new session, the text to answer and what must happen. It knows nothing of HTTP, of the
 * store or of who is calling.
 */
#ifndef DIALOGUE_DIALOGUE_H
#define DIALOGUE_DIALOGUE_H

#include "places/places.h"
#include "referral/referral.h"

enum channel { CHANNEL_SMS, CHANNEL_USSD, CHANNEL_COUNT };
const char *channel_name(enum channel c);

struct dialogue; /* states, answers, lexicon; immutable */
struct catalogs; /* texts by key and language; immutable */

#define SESSION_CHOICES 5
#define SESSION_MORE 15 /* choices kept for when none of those shown is meant */
#define SESSION_STATE 24
#define SESSION_ORDER 12 /* lines of a menu of places that come first because they are used most */
#define SESSION_LINES 6  /* of such a menu on one screen */
#define SESSION_AVOID ROUTING_AVOID
#define SESSION_ASKED 8 /* places asked for that are remembered */

/* What is remembered of one conversation; a plain value. Zeroed: nothing yet. */
struct session {
    char state[SESSION_STATE]; /* "" no conversation is running */
    char lang[16];             /* "" not chosen: the default; outlives the conversation */
    uint8_t channel;
    uint8_t page;     /* of the text being shown (USSD) */
    uint8_t lead;     /* of the text being shown: what went before the question; 0 nothing */
    uint8_t misses;   /* answers not understood in a row */
    uint8_t need;     /* enum need + 1; 0 not stated */
    uint8_t children; /* 255: not asked */
    uint8_t safe;     /* enum safe_way */
    uint8_t consent;  /* 0 not asked, 1 no, 2 yes */
    uint8_t who;      /* enum who; 0 nothing said */
    bool urgent;
    bool resumed;     /* the question whether to go on is open */
    bool stated;      /* has named violence or a need in this conversation */
    bool left;        /* the last conversation was left: nothing of it is shown again */
    bool lang_chosen; /* the language was chosen, or heard in first words */
    bool avoid_own;   /* nobody from the commune she is in */
    bool many_places; /* has asked for more places than one person needs: somebody may be mapping */
    char place[PLACE_CODE];
    char choice[SESSION_CHOICES][PLACE_CODE]; /* places offered by number */
    char more[SESSION_MORE][PLACE_CODE];      /* those to offer after them */
    char group[PLACE_CODE];                   /* the menu shows its communes; "": the groups themselves */
    char order[SESSION_ORDER][PLACE_CODE];    /* how the menu began when it was shown first */
    char lines[SESSION_LINES][PLACE_CODE];    /* what the numbers on the screen mean */
    char avoid[SESSION_AVOID][PLACE_CODE];    /* outlives the conversation */
    char asked[SESSION_ASKED][PLACE_CODE];    /* different places asked for, oldest first; outlives it, too */
    uint64_t referral;                        /* of this conversation; 0 none */
    msec started_at, last_at, asked_at;       /* asked_at: the first of `asked` */
    msec flood_at, sent_at; /* flood_at: since when `flood` counts; sent_at: of the last message */
    uint32_t flood, line,
        last_text; /* line: that the last message came by; last_text: what it said, hashed */
};

enum dialogue_event {
    DLG_TEXT,  /* an SMS, or a USSD answer */
    DLG_BEGIN, /* a USSD session begins (text holds what came with the code, often empty) */
    DLG_CUT    /* the network or the person ended the USSD session */
};

enum dialogue_effect {                     /* bits */
                       DLG_REFER = 1 << 0, /* open a referral with what the session holds (consent given) */
                       DLG_URGENT =
                           1 << 1, /* danger: open an urgent referral now, or make the open one urgent */
                       DLG_STATED = 1 << 2,    /* a need was stated for the first time: counts as a request */
                       DLG_LEFT = 1 << 3,      /* the conversation ended by the person's wish */
                       DLG_ENDED = 1 << 4,     /* the conversation came to its end */
                       DLG_STOP = 1 << 5,      /* no more messages to this number */
                       DLG_ERASE = 1 << 6,     /* erase the contact */
                       DLG_INFORMED = 1 << 7,  /* information was the need and was given */
                       DLG_EMERGENCY = 1 << 8, /* the emergency text was given */
                       DLG_LANG = 1 << 9,      /* the language changed */
                       DLG_RESET = 1 << 10,    /* an old conversation timed out and a new one began */
                       DLG_OTHER_COLLABORATOR = 1 << 11, /* wants somebody else: exclude and offer again */
                       DLG_FLOOD = 1 << 12,              /* too many messages: not worked */
                       DLG_MANY_PLACES = 1 << 13,        /* one place too many was asked for */
                       DLG_STUCK = 1 << 16, /* the machine does not understand: a person should */
                       DLG_MOVED = 1 << 15, /* another place was told, with or without being asked */
                       DLG_AGAIN = 1 << 14  /* a message sent twice, or late: no answer to what was asked */
};

#define DIALOGUE_REPLY 1600
struct dialogue_out {
    char text[DIALOGUE_REPLY]; /* UTF-8; "" no answer at all */
    size_t len;
    bool end; /* USSD: the session ends with this text */
    unsigned effects;
};

struct dialogue_env { /* what a step may look at */
    const struct dialogue *dialogue;
    const struct catalogs *catalogs;
    const struct gazetteer *places;
    const uint32_t *uses; /* how often each commune was meant, by its index, in steps too coarse to tell of
                             one person; orders the menu of places; NULL: nobody knows */
    msec now;
    size_t page_septets, page_ucs2; /* USSD page limits of the profile; 0: 160 and 70 */
    bool referral_open;             /* this contact has a referral not closed yet (for "after" states) */
    bool referral_consent;          /* and she agreed that a collaborator knows */
    bool urgent_told;               /* danger is passed on without consent, with place and urgency alone */
    uint32_t line; /* the message came by: messages of one line are in the order of sent_at */
    msec sent_at;  /* by the line's clock; 0 not known */
};

/* One step. `s` is changed in place. Never fails: what it does not understand is answered too. Pure. */
void dialogue_step(const struct dialogue_env *env, struct session *s, enum channel channel,
                   enum dialogue_event event, struct str text, struct dialogue_out *out);

/* Nobody from this commune from now on; of SESSION_AVOID the last gives way. */
void session_avoid(struct session *s, const char *code);

/* A text by key in a language with {name} arguments filled in; a missing one falls back to the default
 * language. Pure. false: no such key anywhere (out is then empty). */
struct text_arg {
    const char *name;
    struct str value;
};
bool dialogue_text(const struct catalogs *c, const char *lang, const char *key, const struct text_arg *args,
                   size_t n, struct out *out);
/* Does a text give away what the line is for? By the lexicon's telling words. */
bool dialogue_tells(const struct dialogue *d, struct str text);
const char *dialogue_default_lang(const struct catalogs *c);
bool dialogue_has_lang(const struct catalogs *c, const char *lang);
bool dialogue_is_draft(const struct catalogs *c, const char *lang);
/* May this language's texts be sent without accents when that saves segments? */
bool dialogue_may_unaccent(const struct catalogs *c, const char *lang);

/* ---- what a dialogue is made of: filled in by the configuration loader ---- */

enum dialogue_slot {
    SLOT_NONE,
    SLOT_NEED,
    SLOT_PLACE,
    SLOT_CHILDREN,
    SLOT_SAFE,
    SLOT_CONSENT,
    SLOT_WHO,
    SLOT_AVOID /* a commune nobody shall come from */
};

/* By which channels a state offers its places by number. */
enum dialogue_menu { MENU_NONE, MENU_USSD, MENU_ALL };

struct answer_def { /* one answer a state understands */
    struct cfg_pos pos;
    struct cfg_strings on; /* numbers, words, phrases; compared folded, as the whole message */
    struct cfg_strings
        set; /* "need:shelter", "children:1", "safe:sms", "consent:yes", "lang:vi", "avoid:place", ... */
    struct cfg_strings when; /* understood only when all of these hold: "need:shelter|child", "!who:other" */
    uint32_t effects;
    const char *next; /* state; NULL: the state's own next */
};
struct variant_def { /* another text for the same question */
    struct cfg_pos pos;
    struct cfg_strings when;
    const char *prompt;
};
struct state_def {
    struct cfg_pos pos;
    const char *id, *prompt;  /* key of the text */
    struct cfg_list variants; /* of struct variant_def; the first that holds */
    int slot;                 /* what it asks for; passed over when that is known already */
    int menu;                 /* enum dialogue_menu */
    struct cfg_strings when;  /* passed over when one of these does not hold */
    const char *next;
    bool end;                /* the conversation is over with this text */
    uint32_t effects;        /* when entered */
    struct cfg_list answers; /* of struct answer_def */
};
struct lexicon_def { /* words understood in every state; folded */
    struct cfg_pos pos;
    struct cfg_strings danger, harmless; /* harmless ones hide the danger word inside */
    struct cfg_strings leave, stop, erase, language, restart, other, avoid;
    struct cfg_strings abuse;      /* insults, known spam: weigh like several messages */
    struct cfg_strings behind;     /* a command may have one of these behind it: "thoat nhe" */
    struct cfg_strings filler;     /* words around a number that change nothing: "so 2 nhe" */
    struct cfg_strings telling;    /* what no neutral text may hold, in any language */
    struct cfg_list needs, people; /* of struct need_words, struct people_words */
};
struct need_words {
    int need;
    struct cfg_strings words, unless;
};
struct people_words {
    int who;
    struct cfg_strings words, unless;
};
struct dialogue_def {
    struct cfg_pos pos;
    msec timeout[CHANNEL_COUNT]; /* after this silence the person is asked whether to go on */
    msec window;                 /* after this one the conversation begins anew */
    msec repeat_within;          /* the same SMS again so soon was sent twice; 0: never */
    msec ended_within; /* so soon after the end a bare number shows the menu, and does not answer it; 0: never
                        */
    /* messages of one contact in flood_window; beyond, only danger is worked; 0: no limit */
    int64_t flood_most;
    msec flood_window;
    int64_t places_most; /* different places of one contact in places_window; 0: no limit */
    msec places_window;
    /* states by their part */
    const char *start, *after, *changed, *danger, *left, *stopped, *erased, *language;
    struct cfg_strings neutral; /* keys of the texts that may be shown before a need was stated */
    struct state_def *states;
    size_t n_states;
    struct lexicon_def lexicon;
};
/* NULL with findings when references do not hold. The definition must outlive the dialogue. */
struct dialogue *dialogue_build(const struct dialogue_def *def, struct arena *arena, struct cfg_findings *f);

struct catalog_def {
    struct cfg_pos pos;
    const char *lang;
    bool accents;             /* place names are written with accents */
    bool unaccent;            /* its texts may be sent without accents when that saves segments */
    bool draft;               /* nobody who speaks it has verified it */
    bool marks;               /* chosen by a first message with the accents of Vietnamese */
    struct cfg_strings first; /* words of a first message that choose it */
    int64_t segments;         /* of SMS a text of it may take */
    struct cfg_map texts;
};
/* The first is the default. */
struct catalogs *catalogs_build(const struct catalog_def *defs, size_t n, struct arena *arena,
                                struct cfg_findings *f);

/* What one USSD page may hold. */
struct dialogue_page {
    size_t septets, ucs2;
};

enum { REACH_REFERRAL = 1 << 0, REACH_INFORMATION = 1 << 1 };
struct dialogue_reach { /* what the checker found out */
    size_t situations;  /* it walked through */
    struct reach {
        unsigned answers; /* at most, from the message that states the need to the end; 0: not known */
        unsigned given;   /* REACH_ bits: what those ways give */
    } by[NEED_COUNT][CHANNEL_COUNT];
    unsigned menu_least, menu_most; /* answers until a place is chosen from the menu, turned pages included */
};

/* Walks through every situation a conversation can get to and proves that nobody is left without a way on:
 * help, leaving, stop and erasure in one step, no dead end, no circle, help or information for every need,
 * every text there, neutral where it must be, within its limits and in accord with the answers. Findings
 * point at the file to mend. Pure.
 *
 * pages: the page limits of the profiles in use, besides the usual 160 septets and 70 UCS-2 characters
 * out:   may be NULL */
void dialogue_check(const struct dialogue *d, const struct catalogs *c, const struct gazetteer *g,
                    const struct dialogue_page *pages, size_t n_pages, struct dialogue_reach *out,
                    struct cfg_findings *f);
/* The texts of one language that is not switched on; every mistake in what is there is a warning. `there` of
 * the `wanted` texts are written. */
void dialogue_check_draft(const struct dialogue *d, const struct catalogs *draft, const struct gazetteer *g,
                          size_t *there, size_t *wanted, struct cfg_findings *f);

/* The states and what leads from one to the other, as Mermaid or for Graphviz; the same for the same files.
 */
enum dialogue_drawing { DRAWING_MERMAID, DRAWING_GRAPHVIZ };
void dialogue_draw(const struct dialogue *d, enum dialogue_drawing how, struct out *o);

/* For the store: a fixed text form, version first, that survives a change of the configuration. */
size_t session_pack(const struct session *s, char *buf, size_t cap); /* 1 KiB is enough; 0: did not fit */
MUST_CHECK bool session_unpack(struct str in, struct session *s);

#endif
