/* Reads scripted conversations. */
#include "hotlinectl/talk.h"

#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST (1024 * 1024)

static const struct talk_table *const tables[] = {&talk_steps, &talk_expectations};
enum { TABLES = sizeof tables / sizeof tables[0] };

/* ---- what may follow a word ---- */

static bool one_word(struct str s)
{
    return s.n && !memchr(s.s, ' ', s.n) && !memchr(s.s, '\t', s.n);
}

static bool is_time(struct str s, msec *at)
{
    char text[32];
    struct out o;
    if (s.n != sizeof "2026-11-25 20:00" - 1)
        return false;
    out_init(&o, text, sizeof text);
    out_str(&o, s);
    out_cstr(&o, ":00Z");
    return time_parse_rfc3339(out_span(&o), at);
}

static bool is_number(struct str s, msec *value)
{
    uint64_t n;
    if (!str_to_u64(s, 100000, &n))
        return false;
    *value = (msec)n;
    return true;
}

static bool is_late(struct str *s, msec *by)
{
    struct str rest = *s, first = str_split(&rest, ' ');
    rest = str_trim(rest);
    if (!cfg_parse_duration(first, by) || !rest.n)
        return false;
    *s = rest;
    return true;
}

static bool is_fact(struct str word, const struct practice_fact *facts, size_t n)
{
    struct str key = str_split(&word, '=');
    for (size_t i = 0; i < n; i++)
        if (str_is(key, facts[i].name) && word.n)
            return true;
    return false;
}

static bool are_facts(struct str words, const struct practice_fact *facts, size_t n)
{
    while ((words = str_trim(words)).n)
        if (!is_fact(str_split(&words, ' '), facts, n))
            return false;
    return true;
}

static size_t known_facts(enum talk_takes of, struct practice_fact facts[PRACTICE_FACTS])
{
    const struct session s = {.children = 255};
    const struct referral r = {.children = 255};
    return of == TAKES_SESSION ? practice_session_facts(&s, facts) : practice_referral_facts(&r, facts);
}

static bool fits(struct talk_line *line)
{
    struct practice_fact facts[PRACTICE_FACTS];
    struct str *arg = &line->arg;
    switch (line->is->takes) {
    case TAKES_NOTHING:
        return !arg->n;
    case TAKES_ANY:
        return true;
    case TAKES_TEXT:
    case TAKES_WORDS:
        return arg->n > 0;
    case TAKES_WORD:
        return one_word(*arg);
    case TAKES_MAYBE_WORD:
        return !arg->n || one_word(*arg);
    case TAKES_CHANNEL:
        return str_is(*arg, "sms") || str_is(*arg, "ussd");
    case TAKES_PHONE:
        return arg->n == 1 && *arg->s >= 'A' && *arg->s <= 'Z';
    case TAKES_DURATION:
        return cfg_parse_duration(*arg, &line->value) && line->value > 0;
    case TAKES_LATE:
        return is_late(arg, &line->value);
    case TAKES_TIME:
        return is_time(*arg, &line->value);
    case TAKES_NUMBER:
        return is_number(*arg, &line->value);
    case TAKES_REFERRAL:
    case TAKES_SESSION:
        return (line->is->takes == TAKES_REFERRAL && str_is(*arg, "none")) ||
               (arg->n && are_facts(*arg, facts, known_facts(line->is->takes, facts)));
    }
    return false;
}

static void allowed(const struct talk_directive *d, struct out *why)
{
    static const char *const words[] = {
        [TAKES_NOTHING] = "nothing more",
        [TAKES_ANY] = "a text, or nothing",
        [TAKES_TEXT] = "a text",
        [TAKES_WORD] = "one word",
        [TAKES_WORDS] = "one or more words",
        [TAKES_MAYBE_WORD] = "nothing more, or the id of a collaborator",
        [TAKES_CHANNEL] = "sms or ussd",
        [TAKES_PHONE] = "a letter from A to Z",
        [TAKES_DURATION] = "a duration such as 90s, 15m, 6h, 3d",
        [TAKES_LATE] = "a duration such as 90s, 15m, 6h, 3d, then a text",
        [TAKES_TIME] = "a time such as 2026-11-25 20:00",
        [TAKES_NUMBER] = "a number",
        [TAKES_REFERRAL] = "none, or KEY=VALUE ... with the keys",
        [TAKES_SESSION] = "KEY=VALUE ... with the keys",
    };
    struct practice_fact facts[PRACTICE_FACTS];
    out_printf(why, "after \"%s\" comes %s", d->word, words[d->takes]);
    if (d->takes != TAKES_REFERRAL && d->takes != TAKES_SESSION)
        return;
    size_t n = known_facts(d->takes, facts);
    for (size_t i = 0; i < n; i++)
        out_printf(why, " %s", facts[i].name);
}

/* ---- lines ---- */

/* The longest word the line begins with; a blank or nothing follows it. */
static const struct talk_directive *directive_of(struct str line)
{
    const struct talk_directive *best = NULL;
    size_t longest = 0;
    for (size_t t = 0; t < TABLES; t++)
        for (size_t i = 0; i < tables[t]->n; i++) {
            const struct talk_directive *d = &tables[t]->items[i];
            size_t n = strlen(d->word);
            bool begins = str_starts(line, d->word) && (line.n == n || line.s[n] == ' ' || line.s[n] == '\t');
            if (begins && n > longest) {
                best = d;
                longest = n;
            }
        }
    return best;
}

static void list_all(struct str line, struct out *why)
{
    const char *names[128];
    char first[32];
    size_t n = 0;
    for (size_t t = 0; t < TABLES; t++)
        for (size_t i = 0; i < tables[t]->n && n < sizeof names / sizeof names[0]; i++)
            names[n++] = tables[t]->items[i].word;
    bool whole = str_copy(str_split(&line, ' '), first, sizeof first);
    const char *near = whole ? cfg_nearest(first, names, n) : NULL;
    out_printf(why, "no line begins so%s%s%s; a line begins with one of:", near ? "; did you mean \"" : "",
               near ? near : "", near ? "\"?" : "");
    for (size_t i = 0; i < n; i++)
        out_printf(why, "%s %s", i ? "," : "", names[i]);
}

/* "\n" becomes a line break. */
static struct str unescape(struct str s, struct arena *a)
{
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool line_break = s.s[i] == '\\' && i + 1 < s.n && s.s[i + 1] == 'n';
        to[n++] = line_break ? '\n' : s.s[i];
        i += line_break;
    }
    return (struct str){to, n};
}

static bool read_line(struct str line, struct talk_line *out, bool begun, struct arena *a, struct out *why)
{
    if (!text_utf8_valid(line)) {
        out_cstr(why, "this is no UTF-8; save the file as UTF-8");
        return false;
    }
    out->is = directive_of(line);
    if (!out->is) {
        list_all(line, why);
        return false;
    }
    size_t n = strlen(out->is->word);
    out->arg = unescape(str_trim((struct str){line.s + n, line.n - n}), a);
    if (!fits(out)) {
        allowed(out->is, why);
        return false;
    }
    if (begun && out->is->kind == TALK_BEGIN) {
        out_printf(why, "\"%s\" must stand before the first thing that happens", out->is->word);
        return false;
    }
    return true;
}

static bool read_all(struct str text, struct arena *a, struct talk *t, struct out *why)
{
    bool begun = false;
    unsigned no = 0;
    size_t most = 1;
    for (size_t i = 0; i < text.n; i++)
        most += text.s[i] == '\n';
    t->lines = arena_array(a, most, sizeof *t->lines);
    if (str_starts(text, "\xEF\xBB\xBF"))
        text = (struct str){text.s + 3, text.n - 3};
    while (text.n) {
        struct str line = str_trim(str_split(&text, '\n'));
        no++;
        if (!line.n || *line.s == '#')
            continue;
        size_t start = why->len;
        out_printf(why, "%s:%u: ", t->path, no);
        struct talk_line *to = &t->lines[t->n];
        to->no = no;
        if (!read_line(line, to, begun, a, why))
            return false;
        why->len = start;
        begun |= to->is->kind >= TALK_STEP;
        t->n++;
    }
    return true;
}

static bool read_file(const char *path, struct arena *a, struct str *text, struct out *why)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        out_printf(why, "%s: %s", path, strerror(errno));
        return false;
    }
    char *buf = arena_alloc(a, FILE_MOST);
    *text = (struct str){buf, fread(buf, 1, FILE_MOST, f)};
    bool ok = !ferror(f) && text->n < FILE_MOST;
    fclose(f);
    if (!ok)
        out_printf(why, "%s: cannot be read, or is no conversation: it is too long", path);
    return ok;
}

bool talk_read(const char *path, struct arena *a, struct talk *out, struct out *why)
{
    struct str text;
    *out = (struct talk){.path = path};
    if (!read_file(path, a, &text, why) || !read_all(text, a, out, why))
        return false;
    for (size_t i = 0; i < out->n; i++)
        if (out->lines[i].is->kind == TALK_EXPECTS)
            return true;
    out_printf(why, "%s: expects nothing; a conversation says what must come of it", path);
    return false;
}
