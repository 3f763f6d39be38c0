/* A file's text with some entries of its lists changed, gone or new. All else stays as somebody wrote it. */
#include "lists/internal.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 110 };

struct splice { /* the bytes from..to become `text` */
    size_t from, to, order;
    struct str text;
};

struct editor {
    const struct net_file *file;
    const char *path;
    enum list_kind kind;
    struct splice *splices;
    size_t n, cap;
    struct arena *a;
    struct cfg_findings *f;
};

static void splice(struct editor *e, size_t from, size_t to, struct str text)
{
    if (e->n == e->cap) {
        e->cap = e->cap ? 2 * e->cap : 64;
        e->splices = realloc(e->splices, e->cap * sizeof *e->splices);
        if (!e->splices)
            abort();
    }
    e->splices[e->n] = (struct splice){from, to, e->n, text};
    e->n++;
}

static struct str joined(struct arena *a, const char *const *parts, size_t n)
{
    size_t room = 1;
    struct out o;
    for (size_t i = 0; i < n; i++)
        room += strlen(parts[i]);
    out_init(&o, arena_alloc(a, room), room);
    for (size_t i = 0; i < n; i++)
        out_cstr(&o, parts[i]);
    return out_span(&o);
}
#define JOINED(a, ...)                                                                                       \
    joined(a, (const char *const[]){__VA_ARGS__},                                                            \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* What goes when from..to goes: the line, where nothing else stands on it; else also the blanks behind. */
static struct cfg_span with_blanks(struct str text, size_t from, size_t to)
{
    size_t begin = from, end = to;
    while (begin > 0 && blank(text.s[begin - 1]))
        begin--;
    while (end < text.n && blank(text.s[end]))
        end++;
    bool first = begin > 0 && text.s[begin - 1] == '\n', last = end == text.n || text.s[end] == '\n';
    if (first && last)
        return (struct cfg_span){begin - 1, text.s[end - 1] == '\r' && end > to ? end - 1 : end};
    if (last)
        return (struct cfg_span){begin, to};
    return (struct cfg_span){from, text.s[end] == '#' || text.s[end] == '/' ? to : end};
}

/* ---- how the file is written ---- */

struct style {
    const char *outer, *inner; /* blanks before { and before a line of keys */
    const char *newline;
    bool one_line, packed; /* packed: several keys on a line */
};

static const char *indent(struct str text, size_t at, const char *otherwise, struct arena *a)
{
    size_t from = at;
    while (from > 0 && blank(text.s[from - 1]))
        from--;
    if (from > 0 && text.s[from - 1] != '\n')
        return otherwise;
    return arena_strdup(a, (struct str){text.s + from, at - from});
}

static struct style style_of(const struct net_file *file, const struct cfg_source_entry *e, struct arena *a)
{
    const char *lf = file->text.n ? memchr(file->text.s, '\n', file->text.n) : NULL;
    struct style s = {.outer = "    ",
                      .inner = "        ",
                      .newline = lf && lf > file->text.s && lf[-1] == '\r' ? "\r\n" : "\n",
                      .packed = true};
    if (!e || !e->n)
        return s;
    s.one_line = e->line == e->last_line;
    s.outer = indent(file->text, e->all.from, s.outer, a);
    for (size_t i = e->n; i-- > 0;)
        s.inner = indent(file->text, e->keys[i].all.from, s.inner, a);
    s.packed = e->n == 1;
    for (size_t i = 1; i < e->n; i++)
        s.packed |= e->keys[i].line == e->keys[i - 1].line;
    return s;
}

static struct str new_entry(const struct cfg_schema *schema, const void *entry, const struct style *s,
                            struct arena *a)
{
    size_t room = 64 + 2 * strlen(s->outer), width = 0;
    struct out o;
    for (const struct cfg_key *k = schema->keys; k->name; k++)
        if (cfg_written(schema, entry, k->name))
            room += strlen(k->name) + strlen(cfg_value_text(k, entry, a)) + strlen(s->inner) + 8;
    out_init(&o, arena_alloc(a, room), room);
    out_cstr(&o, "{");
    for (const struct cfg_key *k = schema->keys; k->name; k++) {
        if (!cfg_written(schema, entry, k->name))
            continue;
        const char *value = cfg_value_text(k, entry, a);
        size_t n = strlen(k->name) + strlen(value) + 5;
        bool fresh = !s->one_line && (!width || !s->packed || width + n > WIDTH);
        out_printf(&o, "%s%s%s = ", fresh ? s->newline : " ", fresh ? s->inner : "", k->name);
        out_cstr(&o, value);
        out_char(&o, ';');
        width = fresh ? strlen(s->inner) + n : width + n;
    }
    out_printf(&o, "%s%s}", s->one_line ? " " : s->newline, s->one_line ? "" : s->outer);
    return out_span(&o);
}

/* ---- one entry ---- */

struct change {
    struct editor *e;
    const struct cfg_source_entry *at;
    const char *gone[128]; /* keys that are taken out */
    size_t n_gone;
};

static const struct cfg_source_key *source_key(const struct cfg_source_entry *e, const char *name)
{
    for (size_t i = 0; i < e->n; i++)
        if (str_is(e->keys[i].name, name))
            return &e->keys[i];
    return NULL;
}

static void warn_of_comment(const struct change *c, const struct cfg_source_key *k)
{
    bool comment = false;
    for (size_t i = 0; !comment && i < c->at->n; i++)
        if (c->at->keys[i].line == k->line)
            cfg_line_rest(c->e->file->text, c->at->keys[i].all.to, &comment);
    if (comment)
        cfg_warn(c->e->f, (struct cfg_pos){c->e->path, k->line},
                 "%.*s changes; see whether the comment on its line still holds", (int)k->name.n, k->name.s);
}

static void take_out(struct change *c, const struct cfg_source_key *k, const char *name)
{
    struct cfg_span s = with_blanks(c->e->file->text, k->all.from, k->all.to);
    splice(c->e, s.from, s.to, (struct str){NULL, 0});
    warn_of_comment(c, k);
    c->gone[c->n_gone++] = name;
}

static bool goes(const struct change *c, struct str name)
{
    for (size_t i = 0; i < c->n_gone; i++)
        if (str_is(name, c->gone[i]))
            return true;
    return false;
}

/* Behind the last key that stays; on a line of its own where each key has one. */
static void put_in(struct change *c, const char *name, const char *value)
{
    struct editor *e = c->e;
    size_t last = c->at->n - 1;
    bool comment;
    while (last > 0 && goes(c, c->at->keys[last].name))
        last--;
    const struct cfg_source_key *k = &c->at->keys[last];
    struct style s = style_of(e->file, c->at, e->a);
    if (!k->ended)
        splice(e, k->all.to, k->all.to, STR(";"));
    size_t rest = cfg_line_rest(e->file->text, k->all.to, &comment);
    bool own_line = !s.packed && !s.one_line && rest < e->file->text.n && e->file->text.s[rest] == '\n';
    if (own_line)
        splice(e, rest, rest, JOINED(e->a, "\n", s.inner, name, " = ", value, ";"));
    else
        splice(e, k->all.to, k->all.to, JOINED(e->a, " ", name, " = ", value, ";"));
}

static void take_out_gone(void *ctx, const struct cfg_key *key, const char *was, const char *is)
{
    struct change *c = ctx;
    const struct cfg_source_key *k = source_key(c->at, key->name);
    if (was && !is && k)
        take_out(c, k, key->name);
}

static void put_in_place(void *ctx, const struct cfg_key *key, const char *was, const char *is)
{
    struct change *c = ctx;
    const struct cfg_source_key *k = source_key(c->at, key->name);
    if (!is)
        return;
    if (!was || !k) {
        put_in(c, key->name, is);
        return;
    }
    splice(c->e, k->value.from, k->value.to, str_of(is));
    warn_of_comment(c, k);
}

static void change_entry(struct editor *e, const struct cfg_source_entry *at, const void *was, const void *is)
{
    struct change c = {.e = e, .at = at};
    cfg_compare(list_schema(e->kind), was, is, take_out_gone, &c, e->a);
    cfg_compare(list_schema(e->kind), was, is, put_in_place, &c, e->a);
}

/* ---- one list ---- */

static void remove_entry(struct editor *e, const struct cfg_source_entry *at)
{
    struct str text = e->file->text;
    size_t end = at->all.to;
    while (end < at->comma && blank(text.s[end]))
        end++;
    if (at->comma && end == at->comma) {
        end++;
    } else {
        end = at->all.to;
        if (at->comma)
            splice(e, at->comma, at->comma + 1, (struct str){NULL, 0});
    }
    struct cfg_span s = with_blanks(text, at->all.from, end);
    splice(e, s.from, s.to, (struct str){NULL, 0});
}

/* The last entry that stays: it has a comma exactly when others follow. */
static void mend_comma(struct editor *e, const struct cfg_source_entry *last, bool follow)
{
    if (follow && !last->comma)
        splice(e, last->all.to, last->all.to, STR(","));
    else if (!follow && last->comma)
        splice(e, last->comma, last->comma + 1, (struct str){NULL, 0});
}

static void add_entries(struct editor *e, const struct cfg_source *src, const struct fates *fates)
{
    struct str text = e->file->text;
    struct style s = style_of(e->file, src->n ? &src->entries[0] : NULL, e->a);
    size_t at = src->inside.to;
    while (at > src->inside.from && (blank(text.s[at - 1]) || text.s[at - 1] == '\n'))
        at--;
    for (size_t i = 0; i < fates->n_add; i++)
        splice(e, at, at,
               JOINED(e->a, s.newline, s.outer, new_entry(list_schema(e->kind), fates->add[i], &s, e->a).s,
                      i + 1 < fates->n_add ? "," : ""));
    if (!memchr(text.s + at, '\n', src->inside.to - at))
        splice(e, src->inside.to, src->inside.to, str_of(s.newline));
}

static void add_list(struct editor *e, const struct fates *fates)
{
    struct str text = e->file->text;
    struct style s = style_of(e->file, NULL, e->a);
    splice(e, text.n, text.n,
           JOINED(e->a, text.n && text.s[text.n - 1] != '\n' ? s.newline : "", list_name(e->kind), " = ("));
    for (size_t i = 0; i < fates->n_add; i++)
        splice(e, text.n, text.n,
               JOINED(e->a, s.newline, s.outer, new_entry(list_schema(e->kind), fates->add[i], &s, e->a).s,
                      i + 1 < fates->n_add ? "," : ""));
    splice(e, text.n, text.n, JOINED(e->a, s.newline, ");", s.newline));
}

static void edit_list(struct editor *e, const struct fates *fates)
{
    const struct cfg_source *src = &e->file->source[e->kind];
    const struct cfg_source_entry *last = NULL;
    bool shorter = false; /* the last entry of the file goes */
    for (size_t i = 0; fates->is && i < src->n; i++) {
        const void *was = list_entry(e->file, e->kind, i);
        if (!fates->is[i])
            remove_entry(e, &src->entries[i]);
        else if (fates->is[i] != was)
            change_entry(e, &src->entries[i], was, fates->is[i]);
        if (fates->is[i])
            last = &src->entries[i];
        shorter = !fates->is[i];
    }
    if (!fates->is && src->n)
        last = &src->entries[src->n - 1];
    if (last && (fates->n_add || shorter))
        mend_comma(e, last, fates->n_add > 0);
    if (fates->n_add && src->there)
        add_entries(e, src, fates);
    else if (fates->n_add)
        add_list(e, fates);
}

/* ---- the file ---- */

static int by_place(const void *a, const void *b)
{
    const struct splice *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->order > y->order) - (x->order < y->order);
}

static struct str apply(struct editor *e)
{
    struct str text = e->file->text;
    size_t room = text.n + 1, at = 0;
    struct out o;
    if (e->n)
        qsort(e->splices, e->n, sizeof *e->splices, by_place);
    for (size_t i = 0; i < e->n; i++)
        room += e->splices[i].text.n;
    out_init(&o, arena_alloc(e->a, room), room);
    for (size_t i = 0; i < e->n; i++) {
        const struct splice *s = &e->splices[i];
        if (s->from > at)
            out_bytes(&o, text.s + at, s->from - at);
        out_str(&o, s->text);
        at = s->to > at ? s->to : s->from > at ? s->from : at;
    }
    out_bytes(&o, text.s + at, text.n - at);
    return out_span(&o);
}

struct str file_edit(const struct net_file *file, const char *path, const struct fates fates[LIST_KINDS],
                     struct arena *a, struct cfg_findings *f)
{
    struct editor e = {.file = file, .path = path, .a = a, .f = f};
    for (int k = 0; k < LIST_KINDS; k++) {
        e.kind = (enum list_kind)k;
        edit_list(&e, &fates[k]);
    }
    struct str text = apply(&e);
    free(e.splices);
    return text;
}
