/* What the files of the finder share: words, guesses, and a search on its way from text to places. */
#ifndef PLACES_SEARCH_H
#define PLACES_SEARCH_H

#include "places/internal.h"

#include "text/text.h"

enum {
    TYPED = 640,  /* bytes of a text that are read */
    WORDS = 96,   /* of them */
    WORD_MAX = 8, /* the longest Vietnamese syllable and a NUL */
    WINDOW = 5,   /* words a name may be written in */
    NEAR = 4,     /* the same for a mistyped one */
    GUESSES = 64,
    FOUND = 48
};

/* What a word says about the name behind it. */
enum role {
    ROLE_NONE,
    ROLE_COMMUNE, /* the kind of unit */
    ROLE_DISTRICT,
    ROLE_PROVINCE,
    ROLE_VILLAGE, /* a village or street may bear a commune's name and lie elsewhere */
    ROLE_AT,      /* here somebody is */
    ROLE_NEAR,    /* perhaps here */
    ROLE_TO,      /* the same, but on the way there, so it says nothing of where another place lies */
    ROLE_FRAME    /* goes with a place: "em", "cuu", "voi" */
};

struct word {
    struct str raw, folded; /* the folded words of a text stand without blanks between */
    struct str plain;       /* the same before keys of Telex and VNI were taken out */
    enum role role;
    bool everyday; /* in any talk, so a name of such words alone is no name yet */
    bool apart;    /* after a full stop, a comma or the like */
    bool anew;     /* after a sign that no kind is written with: "ban Co Phuong, Van Ho" */
};

struct text {
    struct word words[WORDS];
    size_t n, used, used_plain;
    bool keyed; /* some accents came as keys */
    char folded[TYPED], plain[TYPED];
};

enum accents {
    ACCENTS_AGAINST, /* other accents than the name's */
    ACCENTS_SILENT,  /* none, or not all */
    ACCENTS_SAME
};

/* Words [from, to) may mean this name. */
struct guess {
    size_t from, to;
    const struct name *name;
    unsigned errors; /* in quarters, see sounds.h */
    enum role hint;  /* of the word before */
    enum accents accents;
    bool part;  /* perhaps of a longer name that is mistyped */
    bool whole; /* such a longer name */
    bool cut;   /* out of a longer word that goes on behind it */
    bool faint; /* hardly meant as a place; counts only while nothing better is there */
    bool doubt; /* not to be taken without asking */
    bool gone;
};

struct search {
    const struct gazetteer *g;
    struct text text;
    struct guess guesses[GUESSES];
    size_t n;
};

/* ---- words.c ---- */
bool separates(char c); /* words, if it is ASCII */
void read_words(struct str in, struct text *t);
/* The folded letters of words [from, to), without blanks. */
struct str letters_of(const struct text *t, size_t from, size_t to);
struct str plain_letters_of(const struct text *t, size_t from, size_t to);
bool all_everyday(const struct text *t, size_t from, size_t to);
bool is_kind(enum role r); /* commune, district, province */
bool all_kinds(const struct text *t, size_t from, size_t to);
/* What the word before says, or their own first: "Thi xa Moc Chau". */
enum role announced(const struct text *t, size_t from, size_t to);

/* ---- accents.c ---- */
enum accents accents_agree(const struct text *t, size_t from, size_t to, const struct name *name);
/* How many letters both begin with; how many they end with behind `start`. */
size_t same_start(struct str a, struct str b);
size_t same_end(struct str a, struct str b, size_t start);

/* ---- guesses.c ---- */
bool overlap(const struct guess *a, const struct guess *b);
bool covered(const struct search *s, size_t from, size_t to);
/* Each adds to the guesses of the search. */
void exact_guesses(struct search *s);
void inner_guesses(struct search *s);
/* What announces a name is no part of another: "dong sang moc chau" goes nowhere. */
void clear_hints(struct search *s);
void add_guess(struct search *s, size_t from, size_t to, const struct name *name, unsigned errors,
               enum role hint);
/* After which letters a blank stands, as bits. */
uint64_t typed_seams(const struct text *t, size_t from, size_t to);
uint64_t name_seams(const struct name *name);

/* ---- near.c ---- */
/* How much may be wrong in a name of so many letters. */
unsigned forgiven(size_t len);
void near_guesses(struct search *s);

/* ---- judge.c ---- */
bool is_district(const struct place *p);
/* Nothing between the two but "huyen", "tinh" and the like. */
bool adjacent(const struct text *t, const struct guess *a, const struct guess *b);
/* A landmark that does not hold the place: "Chieng Son, Dien Bien". */
bool contradicts(const struct search *s, const struct guess *landmark, const struct guess *g);
/* The capital bears the province's name, and the province is what is mostly meant. */
bool names_province(const struct search *s, const struct guess *g);
/* Another guess says where this one lies. */
bool confirmed(const struct search *s, const struct guess *g);
bool confirms(const struct search *s, const struct guess *other, const struct guess *g);
/* Guesses from `first` on: which are gone, faint or in doubt. */
void judge(struct search *s, size_t first);

#endif
