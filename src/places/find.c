/* From what was typed to places.
 *
 * Words are read; runs of them are looked up as names (or found near to one); each such guess is judged by
 * what stands around it, because without accents many names are also everyday words; then the guesses are
 * weighed against each other. Whatever stays in doubt is asked back: a wrong place costs more than a
 * question.
 */
#include "places/internal.h"

#include "text/text.h"

#include <stdlib.h>
#include <string.h>

enum {
    TYPED = 640,   /* bytes of a text that are read */
    WORDS = 96,    /* of them */
    WORD_MAX = 8,  /* the longest Vietnamese syllable and a NUL */
    WINDOW = 5,    /* words a name may be written in */
    NEAR = 4,      /* the same for a mistyped one */
    WINDOWS = 256, /* runs of words in which mistyped names are sought */
    LENGTHS = NAME_MAX_BYTES + 1,
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
    ROLE_FRAME    /* goes with a place: "em", "cuu", "voi" */
};

struct word {
    struct str raw, folded; /* the folded words of a text stand without blanks between */
    enum role role;
    bool everyday; /* in any talk, so a name of such words alone is no name yet */
    bool apart;    /* after a full stop, a comma or the like */
};

struct text {
    struct word words[WORDS];
    size_t n, used;
    char folded[TYPED];
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
    unsigned errors;
    enum role hint; /* of the word before */
    enum accents accents;
    bool faint; /* hardly meant as a place; counts only while nothing better is there */
    bool doubt; /* not to be taken without asking */
    bool gone;
};

struct search {
    const struct gazetteer *g;
    const struct place *province; /* NULL: none in the gazetteer */
    struct text text;
    struct guess guesses[GUESSES];
    size_t n;
};

/* ---- words ---- */

struct role_word {
    char word[WORD_MAX];
    enum role role;
};

/* Both tables are sorted. The second holds the commonest syllables of talk about family, danger and everyday
 * life; what names mostly begin with (chieng, muong, phieng, nam) is left out unless it is such a word too.
 */
static const struct role_word role_words[] = {
    {"a", ROLE_FRAME},       {"alo", ROLE_FRAME},      {"ban", ROLE_VILLAGE},    {"ben", ROLE_NEAR},
    {"canh", ROLE_NEAR},     {"cap", ROLE_FRAME},      {"chau", ROLE_FRAME},     {"chi", ROLE_FRAME},
    {"cho", ROLE_NEAR},      {"con", ROLE_FRAME},      {"cuu", ROLE_FRAME},      {"da", ROLE_FRAME},
    {"dang", ROLE_FRAME},    {"day", ROLE_FRAME},      {"den", ROLE_NEAR},       {"duoi", ROLE_NEAR},
    {"duong", ROLE_VILLAGE}, {"e", ROLE_FRAME},        {"em", ROLE_FRAME},       {"f", ROLE_COMMUNE},
    {"gan", ROLE_NEAR},      {"gap", ROLE_FRAME},      {"giup", ROLE_FRAME},     {"h", ROLE_DISTRICT},
    {"hien", ROLE_FRAME},    {"huyen", ROLE_DISTRICT}, {"khan", ROLE_FRAME},     {"khu", ROLE_VILLAGE},
    {"la", ROLE_FRAME},      {"lam", ROLE_FRAME},      {"lang", ROLE_VILLAGE},   {"len", ROLE_NEAR},
    {"me", ROLE_FRAME},      {"minh", ROLE_FRAME},     {"ngoai", ROLE_NEAR},     {"nha", ROLE_FRAME},
    {"nhe", ROLE_FRAME},     {"noi", ROLE_NEAR},       {"o", ROLE_AT},           {"oi", ROLE_FRAME},
    {"p", ROLE_COMMUNE},     {"pho", ROLE_VILLAGE},    {"phuong", ROLE_COMMUNE}, {"qua", ROLE_NEAR},
    {"que", ROLE_AT},        {"ra", ROLE_NEAR},        {"sang", ROLE_NEAR},      {"sos", ROLE_FRAME},
    {"tai", ROLE_AT},        {"thon", ROLE_VILLAGE},   {"tinh", ROLE_PROVINCE},  {"tk", ROLE_VILLAGE},
    {"toi", ROLE_FRAME},     {"tp", ROLE_DISTRICT},    {"tren", ROLE_NEAR},      {"trong", ROLE_NEAR},
    {"tt", ROLE_COMMUNE},    {"tu", ROLE_NEAR},        {"tx", ROLE_DISTRICT},    {"u", ROLE_FRAME},
    {"vang", ROLE_FRAME},    {"vao", ROLE_NEAR},       {"ve", ROLE_NEAR},        {"voi", ROLE_FRAME},
    {"vung", ROLE_NEAR},     {"x", ROLE_COMMUNE},      {"xa", ROLE_COMMUNE},     {"xom", ROLE_VILLAGE},
    {"xuong", ROLE_NEAR}};

static const char everyday_words[][WORD_MAX] = {
    "ai",    "am",     "an",     "anh",   "ay",    "ba",    "bac",   "bai",    "bam",   "bang",   "bao",
    "bat",   "bau",    "bay",    "be",    "benh",  "bi",    "bia",   "biet",   "binh",  "bo",     "boi",
    "bon",   "bu",     "bui",    "bung",  "buoc",  "buon",  "ca",    "cach",   "cai",   "cam",    "cang",
    "cao",   "cau",    "cha",    "chac",  "cham",  "chan",  "chay",  "che",    "chem",  "chet",   "chia",
    "chieu", "chim",   "chin",   "chinh", "chiu",  "choi",  "chon",  "chong",  "chu",   "chua",   "chui",
    "chung", "chuyen", "co",     "coi",   "com",   "cong",  "cu",    "cua",    "cuc",   "cung",   "cuoc",
    "cuoi",  "dai",    "dam",    "danh",  "dao",   "dap",   "dau",   "dc",     "de",    "dem",    "deu",
    "di",    "dich",   "dien",   "dinh",  "do",    "doa",   "doan",  "doc",    "doi",   "don",    "dong",
    "dot",   "du",     "dua",    "dung",  "duoc",  "dut",   "gai",   "gang",   "gay",   "ghet",   "gi",
    "gia",   "giai",   "gian",   "giet",  "gio",   "giu",   "giua",  "goi",    "ha",    "hai",    "hang",
    "hanh",  "hau",    "hay",    "he",    "hello", "het",   "hi",    "ho",     "hoa",   "hoac",   "hoan",
    "hoang", "hoc",    "hoi",    "hom",   "hon",   "hong",  "hop",   "hua",    "hung",  "huong",  "huy",
    "huynh", "it",     "k",      "ke",    "ket",   "khac",  "khach", "khai",   "khi",   "khien",  "khoa",
    "khoan", "khoang", "khoc",   "khoe",  "khoi",  "khong", "khuya", "khuyen", "kia",   "kiem",   "kiet",
    "kim",   "kip",    "ko",     "ky",    "lai",   "lan",   "lanh",  "lap",    "lau",   "lay",    "leo",
    "li",    "lien",   "linh",   "lo",    "loan",  "loi",   "lon",   "long",   "lop",   "lua",    "luat",
    "luc",   "luon",   "luong",  "ly",    "ma",    "mac",   "mai",   "man",    "mang",  "mat",    "mau",
    "may",   "met",    "mo",     "moi",   "mon",   "mong",  "mot",   "mua",    "mui",   "muoi",   "muon",
    "nam",   "nang",   "nao",    "nau",   "nay",   "ne",    "nen",   "neu",    "ngai",  "ngan",   "ngay",
    "nghe",  "nghi",   "nghien", "nghin", "ngoc",  "ngoi",  "ngu",   "nguoi",  "nguon", "nguyen", "nhan",
    "nhap",  "nhat",   "nhau",   "nhieu", "nhin",  "nho",   "nhu",   "nhuc",   "nhung", "nong",   "nop",
    "nua",   "nui",    "nuoc",   "nuoi",  "nuong", "ok",    "om",    "ong",    "pha",   "phai",   "pham",
    "phan",  "phat",   "phien",  "phong", "phu",   "phut",  "quan",  "quang",  "quanh", "quat",   "quen",
    "quyet", "rat",    "roi",    "rung",  "ruong", "ruou",  "san",   "sao",    "sap",   "sau",    "say",
    "se",    "sinh",   "so",     "soc",   "son",   "song",  "su",    "suc",    "sung",  "suoi",   "suon",
    "ta",    "tac",    "tam",    "tan",   "tao",   "tap",   "tay",   "te",     "thai",  "tham",   "than",
    "thang", "thanh",  "thao",   "that",  "thay",  "the",   "them",  "theo",   "thi",   "thich",  "thieu",
    "thoat", "thoi",   "thom",   "thu",   "thua",  "thuc",  "thuoc", "thuong", "ti",    "tiec",   "tien",
    "tieng", "tiep",   "tim",    "tin",   "to",    "toa",   "toan",  "toc",    "tong",  "tot",    "tra",
    "trai",  "tram",   "tran",   "tranh", "tre",   "tro",   "troi",  "tron",   "trua",  "truoc",  "truong",
    "tuan",  "tuc",    "tum",    "tung",  "tuoi",  "tuong", "ty",    "ung",    "uoc",   "uong",   "uot",
    "va",    "vai",    "van",    "vat",   "vay",   "vi",    "viec",  "vien",   "viet",  "vo",     "vong",
    "vu",    "vua",    "vui",    "vuot",  "xau",   "xay",   "xe",    "xin",    "xong",  "xuan",   "xuc",
    "xuyen", "yen",    "yeu"};

static int compare_words(const void *key, const void *entry)
{
    return memcmp(key, entry, WORD_MAX); /* the word comes first in an entry of either table */
}

static const void *find_word(struct str w, const void *table, size_t n, size_t size)
{
    char key[WORD_MAX] = {0};
    if (w.n >= WORD_MAX)
        return NULL;
    memcpy(key, w.s, w.n);
    return bsearch(key, table, n, size, compare_words);
}

static enum role role_of(struct str w)
{
    const struct role_word *r =
        find_word(w, role_words, sizeof role_words / sizeof role_words[0], sizeof role_words[0]);
    return r ? r->role : ROLE_NONE;
}

static bool is_everyday(struct str w)
{
    size_t n = sizeof everyday_words / sizeof everyday_words[0];
    return find_word(w, everyday_words, n, sizeof everyday_words[0]) != NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_key(char c)
{
    return c == 'f' || c == 'j' || c == 'w' || is_digit(c);
}

/* Telex and VNI keys that no program turned into accents: "chieengf sown", "mo65c cha6u". No Vietnamese word
 * has such letters in such places, so nothing else is lost. returns the length without them. */
static size_t drop_keys(char *w, size_t n)
{
    bool last = n > 1 && strchr("srx", w[n - 1]), keyed = last;
    size_t kept = 0;
    for (size_t i = 1; i < n; i++)
        keyed = keyed || is_key(w[i]);
    if (!keyed || is_digit(w[0]))
        return n;
    for (size_t i = 0; i < n - last; i++) {
        bool again = kept > 0 && w[i] == w[kept - 1] && strchr("aeod", w[i]);
        if (i == 0 || (!is_key(w[i]) && !again))
            w[kept++] = w[i];
    }
    return kept;
}

static void add_word(struct text *t, struct str raw, struct str folded, bool apart)
{
    if (t->n == WORDS || folded.n == 0 || folded.n > TYPED - t->used)
        return;
    char *at = t->folded + t->used;
    memcpy(at, folded.s, folded.n);
    enum role role = role_of(folded);
    size_t n = role == ROLE_NONE ? drop_keys(at, folded.n) : folded.n;
    struct str w = {at, n};
    t->used += n;
    if (role == ROLE_NONE)
        role = role_of(w);
    t->words[t->n++] = (struct word){raw, w, role, role != ROLE_NONE || is_everyday(w), apart};
}

/* Kinds of two words. */
static void join_kinds(struct text *t)
{
    static const struct {
        const char *first, *second;
        enum role role;
    } kinds[] = {{"thi", "tran", ROLE_COMMUNE},
                 {"thi", "xa", ROLE_DISTRICT},
                 {"thanh", "pho", ROLE_DISTRICT},
                 {"dia", "chi", ROLE_AT}};
    for (size_t i = 0; i + 1 < t->n; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (str_is(t->words[i].folded, kinds[k].first) && str_is(t->words[i + 1].folded, kinds[k].second))
                t->words[i].role = t->words[i + 1].role = kinds[k].role;
}

static bool separates(char c)
{
    return (unsigned char)c < 0x80 && !is_digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static void read_words(struct str in, struct text *t)
{
    char folded[TYPED];
    bool apart = false;
    t->n = t->used = 0;
    in = text_cut(in, TYPED - 1);
    while (in.n) {
        size_t n = 0;
        while (n < in.n && !separates(in.s[n]))
            n++;
        struct str raw = {in.s, n};
        size_t len = text_fold(raw, folded, sizeof folded);
        struct str rest = {folded, len};
        while (rest.n) { /* other alphabets' punctuation may part a word further */
            add_word(t, raw, str_split(&rest, ' '), apart);
            apart = false;
        }
        if (n < in.n && strchr(".,;:!?()\n/", in.s[n]))
            apart = true;
        in.s += n + (n < in.n);
        in.n -= n + (n < in.n);
    }
    join_kinds(t);
}

static struct str letters_of(const struct text *t, size_t from, size_t to)
{
    const char *start = t->words[from].folded.s;
    struct str last = t->words[to - 1].folded;
    return (struct str){start, (size_t)(last.s + last.n - start)};
}

static bool is_kind(enum role r)
{
    return r == ROLE_COMMUNE || r == ROLE_DISTRICT || r == ROLE_PROVINCE;
}

/* What announces the words [from, to): the word before, or their own first: "Thi xa Moc Chau". */
static enum role announced(const struct text *t, size_t from, size_t to)
{
    if (is_kind(t->words[from].role) && !is_kind(t->words[to - 1].role))
        return t->words[from].role;
    return from > 0 ? t->words[from - 1].role : ROLE_NONE;
}

/* ---- accents ---- */

struct accent {
    uint8_t shape, tone;
};

/* Letter by letter; the tone is kept apart because it may stand on either vowel ("hoà", "hòa"). */
static size_t accents_of(const int32_t *c, size_t n, struct accent *out)
{
    static const int32_t tones[] = {0x300, 0x301, 0x303, 0x309, 0x323}, shapes[] = {0x302, 0x306, 0x31b};
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 5 && kept; k++)
            if (c[i] == tones[k])
                out[kept - 1].tone = (uint8_t)(k + 1);
        for (size_t k = 0; k < 3 && kept; k++)
            if (c[i] == shapes[k])
                out[kept - 1].shape = (uint8_t)(k + 1);
        if (c[i] == 0x111) /* d with a stroke is a letter of its own in Unicode */
            out[kept++] = (struct accent){9, 0};
        else if (c[i] < 0x80 && !separates((char)c[i]))
            out[kept++] = (struct accent){0, 0};
    }
    return kept;
}

static bool tone_near(const struct accent *a, size_t n, size_t at, uint8_t tone)
{
    return a[at].tone == tone || (at > 0 && a[at - 1].tone == tone) || (at + 1 < n && a[at + 1].tone == tone);
}

static enum accents compare_accents(const struct accent *typed, const struct accent *name, size_t n)
{
    bool any = false, all = true;
    for (size_t i = 0; i < n; i++) {
        const struct accent t = typed[i], w = name[i];
        if ((t.shape && t.shape != w.shape) || (t.tone && !tone_near(name, n, i, t.tone)))
            return ACCENTS_AGAINST;
        any = any || t.shape || t.tone;
        all = all && t.shape == w.shape && (!w.tone || tone_near(typed, n, i, w.tone));
    }
    return any && all ? ACCENTS_SAME : ACCENTS_SILENT;
}

static bool unaccented(const struct accent *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].shape || a[i].tone)
            return false;
    return true;
}

static size_t same_start(struct str a, struct str b)
{
    size_t n = 0;
    while (n < a.n && n < b.n && a.s[n] == b.s[n])
        n++;
    return n;
}

static size_t same_end(struct str a, struct str b, size_t start)
{
    size_t n = 0;
    while (n + start < a.n && n + start < b.n && a.s[a.n - 1 - n] == b.s[b.n - 1 - n])
        n++;
    return n;
}

/* Of a mistyped name the letters before and behind the errors are compared. */
static enum accents accents_agree(const struct text *t, size_t from, size_t to, const struct name *name)
{
    int32_t marks[NAME_MAX_MARKS];
    struct accent typed[NAME_MAX_MARKS], wanted[NAME_MAX_MARKS];
    struct str letters = letters_of(t, from, to), own = name->compact, last = t->words[to - 1].raw;
    const char *raw = t->words[from].raw.s;
    size_t n = places_marks((struct str){raw, (size_t)(last.s + last.n - raw)}, marks, NAME_MAX_MARKS);
    if (n == SIZE_MAX || accents_of(marks, n, typed) != letters.n ||
        accents_of(name->marks, name->n_marks, wanted) != own.n)
        return ACCENTS_SILENT;
    if (name->alias && unaccented(wanted, own.n))
        return ACCENTS_SAME; /* whoever wrote the alias without accents meant it with any */
    size_t start = same_start(letters, own), end = same_end(letters, own, start);
    enum accents a = compare_accents(typed, wanted, start);
    if (start == own.n && start == letters.n)
        return a;
    enum accents b = compare_accents(typed + letters.n - end, wanted + own.n - end, end);
    return a == ACCENTS_AGAINST || b == ACCENTS_AGAINST ? ACCENTS_AGAINST : ACCENTS_SILENT;
}

/* ---- guesses ---- */

static bool overlap(const struct guess *a, const struct guess *b)
{
    return a->from < b->to && b->from < a->to;
}

static bool covered(const struct search *s, size_t from, size_t to)
{
    for (size_t i = 0; i < s->n; i++)
        if (from < s->guesses[i].to && s->guesses[i].from < to)
            return true;
    return false;
}

static const struct name *next_name(const struct gazetteer *g, const struct name *name)
{
    return name->next ? &g->names[name->next - 1] : NULL;
}

static void add_guess(struct search *s, size_t from, size_t to, const struct name *name, unsigned errors,
                      enum role hint)
{
    if (s->n == GUESSES)
        return;
    s->guesses[s->n++] = (struct guess){.from = from,
                                        .to = to,
                                        .name = name,
                                        .errors = errors,
                                        .hint = hint,
                                        .accents = accents_agree(&s->text, from, to, name)};
}

/* Short names are too near to each other to forgive much. */
static unsigned forgiven(size_t len)
{
    return len < 6 ? 0 : len < 8 ? 1 : 2;
}

/* After which letters a blank stands, as bits. */
static uint64_t name_seams(const struct name *name)
{
    uint64_t seams = 0;
    size_t at = 0;
    for (struct str rest = str_of(name->unit->ascii); rest.n;) {
        seams |= at && at < 64 ? 1ull << at : 0;
        at += str_split(&rest, ' ').n;
    }
    return seams;
}

static uint64_t typed_seams(const struct text *t, size_t from, size_t to)
{
    uint64_t seams = 0;
    for (size_t i = from, at = 0; i + 1 < to; i++)
        seams |= 1ull << (at += t->words[i].folded.n);
    return seams;
}

/* Blanks may lack or be too many; one that stands elsewhere is a typing error: "con oi" is not "Co Noi". */
static bool seams_crossed(const struct text *t, size_t from, size_t to, const struct name *name)
{
    uint64_t typed = typed_seams(t, from, to), own = name_seams(name);
    return !name->alias && (typed & ~own) && (own & ~typed);
}

/* The kind written together with the name, "xachiengson": its length, 0 when there is none. */
static size_t glued_kind(struct str word, enum role *role)
{
    static const struct {
        const char *kind;
        enum role role;
    } kinds[] = {{"phuong", ROLE_COMMUNE},    {"thitran", ROLE_COMMUNE}, {"tt", ROLE_COMMUNE},
                 {"xa", ROLE_COMMUNE},        {"huyen", ROLE_DISTRICT},  {"thixa", ROLE_DISTRICT},
                 {"thanhpho", ROLE_DISTRICT}, {"tp", ROLE_DISTRICT},     {"tx", ROLE_DISTRICT},
                 {"tinh", ROLE_PROVINCE}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (word.n > strlen(kinds[i].kind) && str_starts(word, kinds[i].kind)) {
            *role = kinds[i].role;
            return strlen(kinds[i].kind);
        }
    return 0;
}

static void look_up(struct search *s, size_t from, size_t to)
{
    const struct text *t = &s->text;
    struct str w = letters_of(t, from, to);
    enum role hint = announced(t, from, to);
    const struct name *name = places_named(s->g, w);
    size_t skip = name ? 0 : glued_kind(t->words[from].folded, &hint);
    if (skip)
        name = places_named(s->g, (struct str){w.s + skip, w.n - skip});
    for (; name; name = next_name(s->g, name)) {
        bool crossed = !skip && seams_crossed(t, from, to, name);
        if (!crossed || forgiven(name->compact.n))
            add_guess(s, from, to, name, crossed, hint);
    }
}

static void exact_guesses(struct search *s)
{
    for (size_t len = WINDOW; len >= 1; len--) /* longer names first: they hide the shorter inside */
        for (size_t from = 0; from + len <= s->text.n; from++)
            if (letters_of(&s->text, from, from + len).n <= NAME_MAX_BYTES && !covered(s, from, from + len))
                look_up(s, from, from + len);
}

/* A name inside a longer run of letters, "cuuchiengson". Behind it another name might have gone on, so only
 * one at the end stands without doubt. */
static void inner_guesses(struct search *s)
{
    size_t longest = 7;
    for (size_t w = 0; w < s->text.n; w++) {
        struct str word = s->text.words[w].folded;
        for (size_t i = 0; i < s->g->n_names && word.n > longest; i++) {
            struct str name = s->g->names[i].compact;
            if (name.n < longest || word.n <= name.n || !memmem(word.s, word.n, name.s, name.n))
                continue;
            s->n = name.n > longest ? 0 : s->n;
            longest = name.n;
            add_guess(s, w, w + 1, &s->g->names[i], 0, ROLE_NONE);
            s->guesses[s->n - 1].doubt = memcmp(word.s + word.n - name.n, name.s, name.n) != 0;
        }
    }
}

/* ---- near guesses ---- */

struct window {
    size_t from, to;
    struct str letters;
    uint32_t bag; /* which letters, as bits */
    enum role hint;
};

static uint32_t bag_of(struct str s)
{
    uint32_t bag = 0;
    for (size_t i = 0; i < s.n; i++)
        bag |= 1u << (s.s[i] & 31);
    return bag;
}

static bool all_everyday(const struct text *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!t->words[i].everyday)
            return false;
    return true;
}

/* Runs of words in which a mistyped name may be sought. Whoever writes nothing but everyday words means them,
 * unless something announces a place or nothing else is said. */
static size_t near_windows(const struct search *s, struct window *out)
{
    const struct text *t = &s->text;
    size_t n = 0;
    for (size_t from = 0; from < t->n; from++)
        for (size_t to = from + 1; to <= from + NEAR && to <= t->n && n < WINDOWS; to++) {
            enum role hint = announced(t, from, to);
            struct str w = letters_of(t, from, to);
            bool place = is_kind(hint) || hint == ROLE_AT || to - from == t->n;
            if (w.n > 4 && w.n <= NAME_MAX_BYTES && (place || !all_everyday(t, from, to)))
                out[n++] = (struct window){from, to, w, bag_of(w), hint};
        }
    return n;
}

/* By length, so that a name meets only windows about as long; starts[len] is the first of that length. */
static void sort_windows(const struct window *in, size_t n, struct window *out, size_t starts[LENGTHS + 1])
{
    size_t next[LENGTHS];
    memset(starts, 0, (LENGTHS + 1) * sizeof *starts);
    for (size_t i = 0; i < n; i++)
        starts[in[i].letters.n + 1]++;
    for (size_t len = 0; len < LENGTHS; len++) {
        starts[len + 1] += starts[len];
        next[len] = starts[len];
    }
    for (size_t i = 0; i < n; i++)
        out[next[in[i].letters.n]++] = in[i];
}

static bool more_bits(uint32_t bits, unsigned n)
{
    while (n-- && bits)
        bits &= bits - 1;
    return bits != 0;
}

/* How many errors are worth looking for. Two in a name whose first letter is wrong too are too many; the rest
 * is a cheap reason why the distance must be larger: a lacking letter changes one bit at most, a wrong one
 * two. */
static unsigned worth(const struct window *w, struct str name, uint32_t bag, unsigned limit)
{
    unsigned gap = (unsigned)(w->letters.n > name.n ? w->letters.n - name.n : name.n - w->letters.n);
    if (limit > 1 && w->letters.s[0] != name.s[0])
        limit = 1;
    return gap > limit || more_bits(w->bag ^ bag, 2 * limit - gap) ? 0 : limit;
}

/* What both have in common at either end costs nothing, so it is not measured. */
static unsigned errors_between(struct str a, struct str b, unsigned most)
{
    size_t start = same_start(a, b), end = same_end(a, b, start);
    struct str x = {a.s + start, a.n - start - end}, y = {b.s + start, b.n - start - end};
    return text_distance(x, y, most);
}

/* The names with the fewest errors anywhere in the text. */
static void near_guesses(struct search *s)
{
    struct window found[WINDOWS], windows[WINDOWS];
    size_t n = near_windows(s, found), first = s->n, starts[LENGTHS + 1];
    unsigned best = 2;
    sort_windows(found, n, windows, starts);
    for (size_t i = 0; i < s->g->n_names && n; i++) {
        struct str name = s->g->names[i].compact;
        uint32_t bag = bag_of(name);
        unsigned limit = forgiven(name.n);
        size_t shortest = name.n - limit, longest = name.n + limit < LENGTHS ? name.n + limit : LENGTHS - 1;
        for (size_t k = starts[shortest]; k < starts[longest + 1] && limit; k++) {
            const struct window *w = &windows[k];
            unsigned most = worth(w, name, bag, limit < best ? limit : best);
            unsigned d = most ? errors_between(w->letters, name, most) : 0;
            if (d == 0 || d > most)
                continue;
            s->n = d < best ? first : s->n;
            best = d;
            add_guess(s, w->from, w->to, &s->g->names[i], d, w->hint);
        }
    }
}

/* ---- what guesses say of each other ---- */

static bool is_district(const struct place *p)
{
    return p->level == PLACE_FORMER_DISTRICT;
}

static const char *district_of(const struct place *p)
{
    return p->level == PLACE_FORMER_COMMUNE ? p->parent : p->level == PLACE_COMMUNE ? p->former_district : "";
}

/* The capital bears the province's name, and the province is what is mostly meant. */
static bool names_province(const struct search *s, const struct guess *g)
{
    return s->province && is_district(g->name->unit) && g->hint != ROLE_DISTRICT &&
           strcmp(g->name->unit->ascii, s->province->ascii) == 0;
}

static bool share_commune(const struct place *a, const struct place *b)
{
    for (size_t i = 0; i < a->n_now; i++)
        for (size_t k = 0; k < b->n_now; k++)
            if (a->now[i] == b->now[k])
                return true;
    return false;
}

/* Another mention that says where this one lies: its district, or the commune it became. */
static bool confirms(const struct search *s, const struct guess *other, const struct guess *g)
{
    const struct place *p = g->name->unit, *o = other->name->unit;
    if (other->gone || other->hint == ROLE_VILLAGE || overlap(other, g) || is_district(p) ||
        names_province(s, other))
        return false;
    return is_district(o) ? strcmp(o->code, district_of(p)) == 0 : o != p && share_commune(o, p);
}

static bool confirmed(const struct search *s, const struct guess *g)
{
    for (size_t i = 0; i < s->n; i++)
        if (confirms(s, &s->guesses[i], g))
            return true;
    return false;
}

/* ---- judging a guess by what stands around ---- */

/* Nothing between the two but "huyen", "tinh" and the like. */
static bool adjacent(const struct text *t, const struct guess *a, const struct guess *b)
{
    size_t from = a->to <= b->from ? a->to : b->to, to = a->to <= b->from ? b->from : a->from;
    for (size_t i = from; i < to; i++)
        if (!is_kind(t->words[i].role))
            return false;
    return true;
}

static bool backed(const struct search *s, const struct guess *g)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct guess *o = &s->guesses[i];
        if (!overlap(o, g) && adjacent(&s->text, o, g) && (confirms(s, o, g) || names_province(s, o)))
            return true;
    }
    return false;
}

/* The text has nothing but names and what goes with them. */
static bool framed(const struct search *s, bool people)
{
    for (size_t i = 0; i < s->text.n; i++) {
        enum role r = s->text.words[i].role;
        bool fits = is_kind(r) || r == ROLE_AT || (people && r == ROLE_FRAME);
        if (!fits && !covered(s, i, i + 1))
            return false;
    }
    return true;
}

static bool own_clause(const struct text *t, const struct guess *g)
{
    return (g->from == 0 || t->words[g->from].apart) && (g->to == t->n || t->words[g->to].apart);
}

/* A name of everyday words: "quyet tam", "ban lam", "con oi". */
static void judge_everyday(struct search *s, struct guess *g)
{
    bool kind = g->hint == ROLE_COMMUNE || g->hint == ROLE_DISTRICT, at = g->hint == ROLE_AT;
    bool alone = framed(s, false);
    if (g->errors || g->accents == ACCENTS_AGAINST) {
        g->gone = !kind && !alone && !(at && g->errors);
        g->doubt = true;
        return;
    }
    if (kind || alone || backed(s, g) || (at && (g->accents == ACCENTS_SAME || framed(s, true))))
        return;
    g->doubt = at;
    g->faint = g->hint == ROLE_NEAR || own_clause(&s->text, g);
    g->gone = !at && !g->faint;
}

static bool among(const char *list, const char *s, size_t n)
{
    char word[16] = " ";
    if (n + 3 > sizeof word)
        return false;
    memcpy(word + 1, s, n);
    word[n + 1] = ' ';
    return strstr(list, word) != NULL;
}

/* What can be said in Vietnamese. "thanh" is no mistyped "chanh" but another word, "chanj" is one. */
static bool is_syllable(struct str w)
{
    static const char starts[] = "  b c ch d g gh gi h k kh l m n ng ngh nh p ph q r s t th tr v x ";
    static const char rimes[] = " a ac ach ai am an ang anh ao ap at au ay e ec em en eng enh eo ep et eu "
                                "ech i ia ich iec iem ien ieng "
                                "iep iet ieu im in inh ip it iu o oa oac oach oai oam oan oang oanh oap oat "
                                "oay oc oe oen oeo oet oi om "
                                "on ong ooc oong op ot u ua uan uang uat uay uc ue uech uenh ui um un ung uo "
                                "uoc uoi uom uon uong uop "
                                "uot uou up ut uu uy uya uych uyen uyet uynh uyt y yem yen yeng yet yeu ";
    for (size_t n = 0; n <= 3 && n < w.n; n++)
        if ((n == 0 || among(starts, w.s, n)) && among(rimes, w.s + n, w.n - n))
            return true;
    return false;
}

static bool all_syllables(const struct text *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!is_syllable(t->words[i].folded))
            return false;
    return true;
}

/* One error in a long name is forgiven silently, but not one that makes another possible name; two errors
 * that make other words in the middle of a sentence are no errors. */
static void judge_errors(struct search *s, struct guess *g)
{
    struct str name = g->name->compact;
    bool words = all_syllables(&s->text, g->from, g->to), place = is_kind(g->hint) || g->hint == ROLE_AT;
    bool one = g->to - g->from == 1; /* "muong" is no mistyped "Muong E" */
    g->gone = g->accents == ACCENTS_AGAINST || (words && one) ||
              (words && g->errors > 1 && !place && !framed(s, true));
    g->doubt = g->errors > 1 || words || name.n < 8 || letters_of(&s->text, g->from, g->to).s[0] != name.s[0];
}

static void judge(struct search *s, size_t first)
{
    for (size_t i = first; i < s->n; i++) {
        struct guess *g = &s->guesses[i];
        g->faint = g->hint == ROLE_VILLAGE;
        if (g->hint == ROLE_PROVINCE)
            g->gone = true; /* says no more than we knew */
        else if (all_everyday(&s->text, g->from, g->to))
            judge_everyday(s, g);
        else if (g->errors)
            judge_errors(s, g);
        else
            g->doubt = g->doubt || g->accents == ACCENTS_AGAINST;
    }
}

/* ---- weighing the guesses ---- */

static bool firm(const struct guess *g)
{
    return !g->gone && !g->faint;
}

static bool any_firm(const struct search *s, const struct guess *but)
{
    for (size_t i = 0; i < s->n; i++)
        if (firm(&s->guesses[i]) && !(but && overlap(&s->guesses[i], but)))
            return true;
    return false;
}

static bool near_to_district(const struct search *s, const struct guess *g)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->guesses[i].gone && overlap(&s->guesses[i], g) && is_district(s->guesses[i].name->unit))
            return true;
    return false;
}

/* Nothing that can be only one commune: a mistyped name may stand elsewhere, "Chieng Sonn, Moc Chau". */
static bool open_question(const struct search *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (firm(&s->guesses[i]) && !near_to_district(s, &s->guesses[i]))
            return false;
    return true;
}

/* Beside a district's name a mistyped one counts only within that district. */
static void keep_confirmed(struct search *s, size_t first)
{
    bool district = false;
    for (size_t i = 0; i < first; i++)
        district |= firm(&s->guesses[i]) && !names_province(s, &s->guesses[i]);
    for (size_t i = first; i < s->n && district; i++) {
        struct guess *g = &s->guesses[i];
        for (size_t k = 0; k < first && !g->gone; k++)
            g->gone = firm(&s->guesses[k]) && overlap(g, &s->guesses[k]);
        g->gone = g->gone || !confirmed(s, g);
    }
}

typedef int rank(const struct search *s, const struct guess *g);

/* Of the meanings of the same words only the best. */
static void prefer(struct search *s, rank *of)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->n && !s->guesses[i].gone; k++) {
            const struct guess *o = &s->guesses[k];
            s->guesses[i].gone = !o->gone && overlap(o, &s->guesses[i]) && of(s, o) > of(s, &s->guesses[i]);
        }
}

static int by_errors(const struct search *s, const struct guess *g)
{
    (void)s;
    return -(int)g->errors;
}

static int by_accents(const struct search *s, const struct guess *g)
{
    (void)s;
    return (int)g->accents;
}

static int by_level(const struct search *s, const struct guess *g)
{
    (void)s;
    return is_district(g->name->unit) ? g->hint != ROLE_COMMUNE : g->hint != ROLE_DISTRICT;
}

static int by_context(const struct search *s, const struct guess *g)
{
    return confirmed(s, g);
}

static void drop_words_of(struct search *s, const struct guess *words)
{
    for (size_t i = 0; i < s->n; i++)
        if (overlap(&s->guesses[i], words))
            s->guesses[i].gone = true;
}

/* This district or province only says where another place lies. */
static bool is_context(const struct search *s, const struct guess *g)
{
    if (names_province(s, g) && any_firm(s, g))
        return true;
    for (size_t i = 0; i < s->n; i++) {
        const struct guess *o = &s->guesses[i];
        if (!o->gone && is_district(g->name->unit) && !is_district(o->name->unit) && confirms(s, g, o))
            return true;
    }
    return false;
}

static void drop_context(struct search *s)
{
    for (size_t at = s->text.n; at-- > 0;) /* the smaller place is named first: "Song Ma, Song Ma" */
        for (size_t i = 0; i < s->n; i++) {
            const struct guess *g = &s->guesses[i];
            if (!g->gone && g->from == at && is_context(s, g))
                drop_words_of(s, g);
        }
}

static void weigh(struct search *s)
{
    prefer(s, by_errors);
    prefer(s, by_accents);
    prefer(s, by_level);
    prefer(s, by_context);
    for (size_t i = 0; i < s->n; i++) {
        struct guess *g = &s->guesses[i];
        bool sure = g->hint != ROLE_VILLAGE && confirmed(s, g);
        g->faint = g->faint && !sure;
        g->doubt = g->doubt && (!sure || g->errors > 1);
    }
    drop_context(s);
    if (any_firm(s, NULL))
        for (size_t i = 0; i < s->n; i++)
            s->guesses[i].gone |= s->guesses[i].faint;
}

/* ---- places ---- */

struct found {
    struct place_match items[FOUND];
    size_t n;
};

static void add_match(struct found *f, const struct place *commune, const struct place *via, unsigned score,
                      enum place_why why)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].place == commune) {
            if (f->items[i].score < score)
                f->items[i] = (struct place_match){commune, via, score, why};
            return;
        }
    if (f->n < FOUND)
        f->items[f->n++] = (struct place_match){commune, via, score, why};
}

static enum place_why why_of(const struct text *t, const struct guess *g)
{
    const struct name *name = g->name;
    if (g->errors)
        return PLACE_TYPO;
    if (name->alias)
        return PLACE_ALIAS;
    if (name->unit->level != PLACE_COMMUNE)
        return PLACE_FORMER;
    if (typed_seams(t, g->from, g->to) != name_seams(name))
        return PLACE_SPACING;
    return g->accents == ACCENTS_SAME ? PLACE_EXACT : is_kind(g->hint) ? PLACE_PREFIX : PLACE_ACCENTS;
}

static unsigned score_of(const struct guess *g)
{
    const struct place *p = g->name->unit;
    unsigned score = g->errors ? 900 - 75 * g->errors : 1000;
    score -= g->faint || (g->doubt && !g->errors) ? 50 : 0;
    return score - (p->level == PLACE_FORMER_COMMUNE ? 20 : is_district(p) ? 100 : 0);
}

static void sort(struct found *f)
{
    for (size_t i = 1; i < f->n; i++)
        for (size_t k = i; k > 0; k--) {
            struct place_match *a = &f->items[k - 1], *b = &f->items[k], swap = *a;
            if (a->score > b->score || (a->score == b->score && strcmp(a->place->code, b->place->code) <= 0))
                break;
            *a = *b;
            *b = swap;
        }
}

/* A choice among everything that looks a little alike helps nobody. */
static bool hopeless(const struct search *s, size_t found, size_t max)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->guesses[i].gone && s->guesses[i].errors < 2)
            return false;
    return found > max;
}

static void search_text(struct search *s, struct str text)
{
    for (size_t i = 0; i < s->g->n_units && !s->province; i++)
        s->province = s->g->units[i].level == PLACE_PROVINCE ? &s->g->units[i] : NULL;
    read_words(text, &s->text);
    exact_guesses(s);
    if (s->n == 0)
        inner_guesses(s);
    judge(s, 0);
    size_t first = s->n;
    if (open_question(s)) {
        near_guesses(s);
        judge(s, first);
        keep_confirmed(s, first);
    }
    weigh(s);
}

/* returns whether some guess stands without doubt. */
static bool collect(const struct search *s, struct found *f)
{
    bool sure = false;
    for (size_t i = 0; i < s->n; i++) {
        const struct guess *one = &s->guesses[i];
        const struct place *via = one->name->unit;
        for (size_t k = 0; k < via->n_now && !one->gone; k++)
            add_match(f, places_commune(s->g, via->now[k]), via, score_of(one), why_of(&s->text, one));
        sure = sure || (firm(one) && !one->doubt);
    }
    sort(f);
    return sure;
}

enum places_verdict places_find(const struct gazetteer *g, struct str text, struct place_match *out,
                                size_t max, size_t *n)
{
    struct search s = {.g = g};
    struct found f = {.n = 0};
    search_text(&s, text);
    bool sure = collect(&s, &f);
    *n = hopeless(&s, f.n, max) ? 0 : f.n < max ? f.n : max;
    memcpy(out, f.items, *n * sizeof *out);
    return *n == 0 ? PLACES_NONE : f.n == 1 && sure ? PLACES_SURE : PLACES_ASK;
}

const char *place_why_text(enum place_why why)
{
    static const char *const texts[] = {[PLACE_EXACT] = "same name",
                                        [PLACE_ACCENTS] = "same name without accents",
                                        [PLACE_PREFIX] = "same name after its kind",
                                        [PLACE_SPACING] = "same name, written together or apart",
                                        [PLACE_ALIAS] = "another name",
                                        [PLACE_TYPO] = "a typing error away",
                                        [PLACE_FORMER] = "a former unit's name"};
    return texts[why];
}
