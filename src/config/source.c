/* Where the groups of a list and their keys stand in the bytes of a file. libconfig gives lines only, and who
 * changes one entry must leave all else as somebody wrote it. */
#include "config/config.h"

#include <string.h>

struct scan {
    struct str t;
    size_t at;
    int line;
};

static int peek(const struct scan *s, size_t ahead)
{
    return s->at + ahead < s->t.n ? (unsigned char)s->t.s[s->at + ahead] : -1;
}

static void step(struct scan *s)
{
    if (peek(s, 0) == '\n')
        s->line++;
    if (s->at < s->t.n)
        s->at++;
}

static bool at_comment(const struct scan *s)
{
    int c = peek(s, 0), next = peek(s, 1);
    return c == '#' || (c == '/' && (next == '/' || next == '*'));
}

static void skip_comment(struct scan *s)
{
    bool block = peek(s, 0) == '/' && peek(s, 1) == '*';
    if (!block) {
        while (peek(s, 0) >= 0 && peek(s, 0) != '\n')
            step(s);
        return;
    }
    step(s);
    step(s);
    while (peek(s, 0) >= 0 && !(peek(s, 0) == '*' && peek(s, 1) == '/'))
        step(s);
    step(s);
    step(s);
}

static bool blank(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void skip_blank(struct scan *s)
{
    while (blank(peek(s, 0)) || at_comment(s))
        if (at_comment(s))
            skip_comment(s);
        else
            step(s);
}

static void skip_quoted(struct scan *s)
{
    step(s);
    while (peek(s, 0) >= 0 && peek(s, 0) != '"') {
        if (peek(s, 0) == '\\')
            step(s);
        step(s);
    }
    step(s);
}

/* Texts beside each other are one text. */
static void skip_text(struct scan *s)
{
    struct scan end;
    do {
        skip_quoted(s);
        end = *s;
        skip_blank(s);
    } while (peek(s, 0) == '"');
    *s = end;
}

static void skip_brackets(struct scan *s)
{
    int depth = 0;
    do {
        int c = peek(s, 0);
        if (c == '"') {
            skip_quoted(s);
            continue;
        }
        if (at_comment(s)) {
            skip_comment(s);
            continue;
        }
        if (c == '{' || c == '(' || c == '[')
            depth++;
        else if (c == '}' || c == ')' || c == ']')
            depth--;
        step(s);
    } while (depth > 0 && peek(s, 0) >= 0);
}

static void skip_value(struct scan *s)
{
    int c = peek(s, 0);
    if (c == '"')
        skip_text(s);
    else if (c == '{' || c == '(' || c == '[')
        skip_brackets(s);
    else
        while ((c = peek(s, 0)) >= 0 && !blank(c) && !strchr(";,)}]", c) && !at_comment(s))
            step(s);
}

/* name = value; false: there is none here. */
static bool take_setting(struct scan *s, struct cfg_source_key *k)
{
    skip_blank(s);
    *k = (struct cfg_source_key){.line = s->line};
    k->all.from = s->at;
    int c;
    while ((c = peek(s, 0)) >= 0 && !blank(c) && !strchr("=:;,(){}[]\"", c) && !at_comment(s))
        step(s);
    k->name = (struct str){s->t.s + k->all.from, s->at - k->all.from};
    skip_blank(s);
    if (!k->name.n || (peek(s, 0) != '=' && peek(s, 0) != ':'))
        return false;
    step(s);
    skip_blank(s);
    k->value.from = s->at;
    skip_value(s);
    k->value.to = k->all.to = s->at;
    struct scan after = *s;
    skip_blank(&after);
    if (peek(&after, 0) == ';' || peek(&after, 0) == ',') {
        step(&after);
        *s = after;
        k->all.to = s->at;
        k->ended = true;
    }
    return k->value.to > k->value.from;
}

/* Room for one more in an array that lives in the arena. */
static void *more(struct arena *a, void *items, size_t n, size_t size)
{
    if (n && (n & (n - 1)))
        return items;
    void *bigger = arena_array(a, n ? 2 * n : 1, size);
    if (n)
        memcpy(bigger, items, n * size);
    return bigger;
}

static void take_entry(struct scan *s, struct cfg_source_entry *e, struct arena *a)
{
    struct scan end = *s;
    *e = (struct cfg_source_entry){.all = {.from = s->at}, .line = s->line};
    skip_brackets(&end);
    struct scan in = {{s->t.s, end.at ? end.at - 1 : 0}, s->at, s->line};
    struct cfg_source_key k;
    step(&in);
    while (take_setting(&in, &k)) {
        e->keys = more(a, e->keys, e->n, sizeof *e->keys);
        e->keys[e->n++] = k;
    }
    e->all.to = end.at;
    e->last_line = end.line;
    *s = end;
}

static void take_list(struct scan *s, struct cfg_source *out, struct arena *a)
{
    out->there = true;
    step(s);
    out->inside.from = s->at;
    for (;;) {
        skip_blank(s);
        if (peek(s, 0) != '{')
            break;
        out->entries = more(a, out->entries, out->n, sizeof *out->entries);
        struct cfg_source_entry *e = &out->entries[out->n++];
        take_entry(s, e, a);
        skip_blank(s);
        if (peek(s, 0) == ',') {
            e->comma = s->at;
            step(s);
        }
    }
    out->inside.to = s->at;
}

void cfg_source(struct str text, const char *list, struct cfg_source *out, struct arena *a)
{
    struct scan s = {text, 0, 1};
    struct cfg_source_key k;
    *out = (struct cfg_source){.there = false};
    if (text.n >= 3 && memcmp(text.s, "\xEF\xBB\xBF", 3) == 0)
        s.at = 3;
    for (;;) {
        struct scan before;
        skip_blank(&s);
        before = s;
        if (!take_setting(&s, &k))
            return;
        if (!str_is(k.name, list) || text.s[k.value.from] != '(')
            continue;
        while (before.at < k.value.from) /* for its line */
            step(&before);
        take_list(&before, out, a);
        return;
    }
}

size_t cfg_line_rest(struct str text, size_t at, bool *comment)
{
    struct scan s = {text, at, 0};
    *comment = false;
    while (peek(&s, 0) >= 0 && peek(&s, 0) != '\n')
        if (at_comment(&s)) {
            *comment = true;
            skip_comment(&s);
        } else if (blank(peek(&s, 0))) {
            step(&s);
        } else {
            break;
        }
    return s.at;
}
