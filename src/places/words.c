/* A text as words, and what each says about a name behind it. */
#include "places/search.h"

#include <stdlib.h>
#include <string.h>

struct role_word {
    char word[WORD_MAX];
    enum role role;
};

/* Both tables are sorted. The second holds the commonest syllables of talk about family, danger and everyday
 * life; what names mostly begin with (chieng, muong, phieng, nam) is left out unless it is such a word too.
 */
static const struct role_word role_words[] = {
    {"a", ROLE_FRAME},       {"alo", ROLE_FRAME},      {"ap", ROLE_VILLAGE},    {"ban", ROLE_VILLAGE},
    {"ben", ROLE_NEAR},      {"canh", ROLE_NEAR},      {"cap", ROLE_FRAME},     {"chau", ROLE_FRAME},
    {"chi", ROLE_FRAME},     {"cho", ROLE_NEAR},       {"con", ROLE_FRAME},     {"cuu", ROLE_FRAME},
    {"da", ROLE_FRAME},      {"dang", ROLE_FRAME},     {"day", ROLE_FRAME},     {"den", ROLE_TO},
    {"duoi", ROLE_NEAR},     {"duong", ROLE_VILLAGE},  {"e", ROLE_FRAME},       {"em", ROLE_FRAME},
    {"f", ROLE_COMMUNE},     {"fg", ROLE_COMMUNE},     {"fuong", ROLE_COMMUNE}, {"gan", ROLE_NEAR},
    {"gap", ROLE_FRAME},     {"giup", ROLE_FRAME},     {"h", ROLE_DISTRICT},    {"hien", ROLE_FRAME},
    {"huen", ROLE_DISTRICT}, {"huyen", ROLE_DISTRICT}, {"huyn", ROLE_DISTRICT}, {"hyen", ROLE_DISTRICT},
    {"khan", ROLE_FRAME},    {"khu", ROLE_VILLAGE},    {"la", ROLE_FRAME},      {"lam", ROLE_FRAME},
    {"lang", ROLE_VILLAGE},  {"len", ROLE_TO},         {"me", ROLE_FRAME},      {"minh", ROLE_FRAME},
    {"ngoai", ROLE_NEAR},    {"nha", ROLE_FRAME},      {"nhe", ROLE_FRAME},     {"noi", ROLE_NEAR},
    {"o", ROLE_AT},          {"oi", ROLE_FRAME},       {"p", ROLE_COMMUNE},     {"ph", ROLE_COMMUNE},
    {"phg", ROLE_COMMUNE},   {"pho", ROLE_VILLAGE},    {"phuog", ROLE_COMMUNE}, {"phuong", ROLE_COMMUNE},
    {"qua", ROLE_TO},        {"que", ROLE_AT},         {"ra", ROLE_TO},         {"sang", ROLE_TO},
    {"sos", ROLE_FRAME},     {"tai", ROLE_AT},         {"thon", ROLE_VILLAGE},  {"tinh", ROLE_PROVINCE},
    {"tk", ROLE_VILLAGE},    {"toi", ROLE_FRAME},      {"tp", ROLE_DISTRICT},   {"tpho", ROLE_DISTRICT},
    {"tren", ROLE_NEAR},     {"trong", ROLE_NEAR},     {"tt", ROLE_COMMUNE},    {"ttr", ROLE_COMMUNE},
    {"ttran", ROLE_COMMUNE}, {"tu", ROLE_NEAR},        {"tx", ROLE_DISTRICT},   {"u", ROLE_FRAME},
    {"vang", ROLE_FRAME},    {"vao", ROLE_TO},         {"ve", ROLE_TO},         {"voi", ROLE_FRAME},
    {"vung", ROLE_NEAR},     {"x", ROLE_COMMUNE},      {"xa", ROLE_COMMUNE},    {"xom", ROLE_VILLAGE},
    {"xuong", ROLE_TO}};

static const char everyday_words[][WORD_MAX] = {
    "ai",    "am",     "an",     "anh",    "ay",     "ba",     "bac",   "bai",   "bam",   "bang",   "bao",
    "bat",   "bau",    "bay",    "be",     "benh",   "bi",     "bia",   "biet",  "binh",  "bo",     "boi",
    "bon",   "bu",     "bui",    "bung",   "buoc",   "buon",   "ca",    "cach",  "cai",   "cam",    "cang",
    "cao",   "cau",    "cha",    "chac",   "cham",   "chan",   "chay",  "che",   "chem",  "chet",   "chia",
    "chieu", "chim",   "chin",   "chinh",  "chiu",   "choi",   "chon",  "chong", "chu",   "chua",   "chuc",
    "chui",  "chung",  "chuyen", "co",     "coi",    "com",    "cong",  "cu",    "cua",   "cuc",    "cung",
    "cuoc",  "cuoi",   "da",     "dai",    "dam",    "danh",   "dao",   "dap",   "dau",   "dc",     "de",
    "dem",   "deu",    "di",     "dich",   "dien",   "dinh",   "do",    "doa",   "doan",  "doc",    "doi",
    "don",   "dong",   "dot",    "du",     "dua",    "dung",   "duoc",  "dut",   "gai",   "gang",   "gay",
    "ghet",  "gi",     "gia",    "giai",   "gian",   "giet",   "gio",   "giu",   "giua",  "goi",    "ha",
    "hai",   "hang",   "hanh",   "hau",    "hay",    "he",     "hello", "het",   "hi",    "ho",     "hoa",
    "hoac",  "hoan",   "hoang",  "hoc",    "hoi",    "hom",    "hon",   "hong",  "hop",   "hua",    "hung",
    "huong", "huy",    "huynh",  "it",     "k",      "ke",     "ket",   "khac",  "khach", "khai",   "khi",
    "khien", "khoa",   "khoan",  "khoang", "khoc",   "khoe",   "khoi",  "khong", "khuya", "khuyen", "kia",
    "kiem",  "kiet",   "kim",    "kip",    "ko",     "ky",     "lai",   "lan",   "lanh",  "lap",    "lau",
    "lay",   "leo",    "li",     "lien",   "linh",   "lo",     "loan",  "loi",   "lon",   "long",   "lop",
    "lua",   "luat",   "luc",    "luon",   "luong",  "ly",     "ma",    "mac",   "mai",   "man",    "mang",
    "mat",   "mau",    "may",    "met",    "mo",     "moi",    "mon",   "mong",  "mot",   "mua",    "mui",
    "mung",  "muoi",   "muon",   "nam",    "nang",   "nao",    "nau",   "nay",   "ne",    "nen",    "neu",
    "ngai",  "ngan",   "ngay",   "nghe",   "nghi",   "nghien", "nghin", "ngoc",  "ngoi",  "ngu",    "nguoi",
    "nguon", "nguyen", "nhan",   "nhap",   "nhat",   "nhau",   "nhieu", "nhin",  "nho",   "nhu",    "nhuc",
    "nhung", "nong",   "nop",    "nua",    "nui",    "nuoc",   "nuoi",  "nuong", "ok",    "om",     "ong",
    "pha",   "phai",   "pham",   "phan",   "phat",   "phien",  "phong", "phu",   "phut",  "quan",   "quang",
    "quanh", "quat",   "quen",   "quyet",  "rat",    "roi",    "rung",  "ruong", "ruou",  "san",    "sao",
    "sap",   "sau",    "say",    "se",     "sinh",   "so",     "soc",   "son",   "song",  "su",     "sua",
    "suc",   "sung",   "suoi",   "suon",   "ta",     "tac",    "tam",   "tan",   "tao",   "tap",    "tay",
    "te",    "thai",   "tham",   "than",   "thang",  "thanh",  "thao",  "that",  "thay",  "the",    "them",
    "theo",  "thi",    "thich",  "thieu",  "thoat",  "thoi",   "thom",  "thong", "thu",   "thua",   "thuc",
    "thuoc", "thuong", "ti",     "tiec",   "tien",   "tieng",  "tiep",  "tim",   "tin",   "to",     "toa",
    "toan",  "toc",    "tong",   "tot",    "tra",    "trai",   "tram",  "tran",  "tranh", "tre",    "tro",
    "troi",  "tron",   "trua",   "truoc",  "truong", "tuan",   "tuc",   "tum",   "tung",  "tuoi",   "tuong",
    "ty",    "ung",    "uoc",    "uong",   "uot",    "va",     "vai",   "van",   "vat",   "vay",    "vi",
    "viec",  "vien",   "viet",   "vo",     "vong",   "vu",     "vua",   "vui",   "vuot",  "xau",    "xay",
    "xe",    "xin",    "xong",   "xuan",   "xuc",    "xuyen",  "yen",   "yeu"};

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

static bool is_vowel(char c)
{
    return c && strchr("aeiouy", c);
}

static bool has_vowel(const char *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_vowel(w[i]))
            return true;
    return false;
}

/* A tone's key stands behind a vowel and before a consonant or nothing: "losng", but not "tasua". */
static bool is_tone(const char *w, size_t n, size_t i)
{
    enum { LONG = 5 }; /* letters: "asn" is rather "san" */
    if (i == 0 || !strchr("srx", w[i]))
        return false;
    return i + 1 == n || (n >= LONG && is_vowel(w[i - 1]) && !is_vowel(w[i + 1]));
}

static bool again(const char *w, size_t kept, char c)
{
    return kept > 0 && c == w[kept - 1] && strchr("aeod", c);
}

/* Telex and VNI keys that no program turned into accents: "chieengf sown", "mo65c cha6u". No Vietnamese word
 * has such letters in such places, so nothing else is lost. returns the length without them. */
static size_t drop_keys(char *w, size_t n)
{
    bool keyed = false;
    size_t kept = 0;
    for (size_t i = 1; i < n; i++)
        keyed = keyed || is_key(w[i]) || is_tone(w, n, i);
    if (!keyed || is_digit(w[0]) || w[0] == 'w' || !has_vowel(w, n))
        return n;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || (!is_key(w[i]) && !is_tone(w, n, i) && !again(w, kept, w[i])))
            w[kept++] = w[i];
    return kept;
}

/* sign: what stands before it, 0 for nothing but blanks. */
static void add_word(struct text *t, struct str raw, struct str folded, char sign)
{
    if (t->n == WORDS || folded.n == 0 || folded.n > TYPED - t->used_plain)
        return;
    char *at = t->folded + t->used;
    memcpy(at, folded.s, folded.n);
    enum role role = role_of(folded);
    size_t n = role == ROLE_NONE ? drop_keys(at, folded.n) : folded.n;
    struct str w = {at, n};
    struct str plain = {memcpy(t->plain + t->used_plain, folded.s, folded.n), folded.n};
    t->used_plain += folded.n;
    t->used += n;
    t->keyed |= n < folded.n;
    if (role == ROLE_NONE)
        role = role_of(w);
    t->words[t->n++] = (struct word){.raw = raw,
                                     .folded = w,
                                     .plain = plain,
                                     .role = role,
                                     .everyday = role != ROLE_NONE || is_everyday(w),
                                     .apart = sign,
                                     .anew = sign && strchr(",;\n", sign)};
}

/* Who writes one word by its keys does so with all: "moojc chaau". */
static void drop_doubled(struct text *t)
{
    t->used = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct word *w = &t->words[i];
        char *at = t->folded + t->used;
        size_t kept = 0;
        for (size_t k = 0; k < w->folded.n; k++)
            if (w->role != ROLE_NONE || !again(at, kept, w->folded.s[k]))
                at[kept++] = w->folded.s[k];
        w->folded = (struct str){at, kept};
        t->used += kept;
        w->role = w->role == ROLE_NONE ? role_of(w->folded) : w->role;
        w->everyday = w->role != ROLE_NONE || is_everyday(w->folded);
    }
}

/* Kinds of two words. */
static void join_kinds(struct text *t)
{
    static const struct {
        const char *first, *second;
        enum role role;
    } kinds[] = {{"thi", "tran", ROLE_COMMUNE}, {"thi", "xa", ROLE_DISTRICT}, {"thanh", "pho", ROLE_DISTRICT},
                 {"dac", "khu", ROLE_COMMUNE},  {"t", "t", ROLE_COMMUNE},     {"t", "x", ROLE_DISTRICT},
                 {"t", "p", ROLE_DISTRICT},     {"benh", "vien", ROLE_NEAR},  {"cong", "an", ROLE_NEAR},
                 {"ben", "xe", ROLE_NEAR},      {"nga", "ba", ROLE_NEAR},     {"nga", "tu", ROLE_NEAR},
                 {"dia", "chi", ROLE_AT}};
    for (size_t i = 0; i + 1 < t->n; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (str_is(t->words[i].folded, kinds[k].first) && str_is(t->words[i + 1].folded, kinds[k].second))
                t->words[i].role = t->words[i + 1].role = kinds[k].role;
}

bool separates(char c)
{
    return (unsigned char)c < 0x80 && !is_digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

void read_words(struct str in, struct text *t)
{
    char folded[TYPED];
    char sign = 0;
    t->n = t->used = t->used_plain = 0;
    t->keyed = false;
    in = text_cut(in, TYPED - 1);
    while (in.n) {
        size_t n = 0;
        while (n < in.n && !separates(in.s[n]))
            n++;
        struct str raw = {in.s, n};
        size_t len = text_fold(raw, folded, sizeof folded);
        struct str rest = {folded, len};
        while (rest.n) { /* other alphabets' punctuation may part a word further */
            add_word(t, raw, str_split(&rest, ' '), sign);
            sign = 0;
        }
        if (n < in.n && strchr(".,;:!?()\n/", in.s[n]))
            sign = in.s[n];
        in.s += n + (n < in.n);
        in.n -= n + (n < in.n);
    }
    if (t->keyed)
        drop_doubled(t);
    join_kinds(t);
}

struct str letters_of(const struct text *t, size_t from, size_t to)
{
    const char *start = t->words[from].folded.s;
    struct str last = t->words[to - 1].folded;
    return (struct str){start, (size_t)(last.s + last.n - start)};
}

struct str plain_letters_of(const struct text *t, size_t from, size_t to)
{
    const char *start = t->words[from].plain.s;
    struct str last = t->words[to - 1].plain;
    return (struct str){start, (size_t)(last.s + last.n - start)};
}

bool is_kind(enum role r)
{
    return r == ROLE_COMMUNE || r == ROLE_DISTRICT || r == ROLE_PROVINCE;
}

bool all_kinds(const struct text *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!is_kind(t->words[i].role))
            return false;
    return true;
}

/* What announces the words [from, to): the word before, or their own first: "Thi xa Moc Chau". */
enum role announced(const struct text *t, size_t from, size_t to)
{
    const struct word *first = &t->words[from];
    enum role own = first->role;
    if ((own == ROLE_COMMUNE || own == ROLE_DISTRICT) && !is_kind(t->words[to - 1].role))
        return own;
    return from > 0 && !first->anew ? first[-1].role : ROLE_NONE;
}

bool all_everyday(const struct text *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!t->words[i].everyday)
            return false;
    return true;
}
