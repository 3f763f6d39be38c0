/* The files a configuration is made of: what tells one from the next, and what changed. */
#include "snapshot/snapshot.h"

#include <sodium.h>
#include <string.h>

enum { FILE_MOST = 64 << 20, FOLDERS = 5 };

struct gather {
    struct snapshot_files *out;
    struct arena *a;
    size_t cap;
};

static void add(struct gather *g, const char *name, struct str text)
{
    struct snapshot_files *o = g->out;
    if (o->n == g->cap) { /* the old room is left to the arena */
        struct snapshot_file *more = arena_array(g->a, g->cap = g->cap ? 2 * g->cap : 128, sizeof *more);
        if (o->n)
            memcpy(more, o->items, o->n * sizeof *more);
        o->items = more;
    }
    struct snapshot_file *f = &o->items[o->n++];
    f->name = name;
    crypto_generichash(f->digest, sizeof f->digest, (const uint8_t *)text.s, text.n, NULL, 0);
}

/* Named by what it is to the configuration, so that another way to write the same path makes no other stamp.
 */
static void add_file(struct gather *g, const char *folder, const char *path)
{
    struct arena scratch;
    struct cfg_findings why;
    struct str text;
    char name[512];
    struct out o;
    const char *slash = strrchr(path, '/');
    out_init(&o, name, sizeof name);
    if (folder)
        out_printf(&o, "%s/%s", folder, slash ? slash + 1 : path);
    else
        out_cstr(&o, "hotlined.conf");
    arena_init(&scratch, 0);
    cfg_findings_init(&why, &scratch);
    if (cfg_read_file(path, FILE_MOST, &text, &scratch, &why))
        add(g, arena_strdup(g->a, out_span(&o)), text);
    else if (!g->out->unreadable)
        g->out->unreadable = arena_strdup(g->a, str_of(path));
    cfg_findings_free(&why);
    arena_free(&scratch);
}

static void add_folder(struct gather *g, const char *folder, const char *dir)
{
    static const char *const suffixes[] = {".conf", ".csv"};
    struct cfg_findings none;
    cfg_findings_init(&none, g->a);
    for (size_t k = 0; k < 2; k++) {
        const char **paths;
        size_t n = cfg_dir(dir, suffixes[k], &paths, g->a, &none);
        for (size_t i = 0; i < n; i++)
            add_file(g, folder, paths[i]);
    }
    if (none.errors == 2 && !g->out->unreadable) /* neither kind: it cannot be looked into */
        g->out->unreadable = arena_strdup(g->a, str_of(dir));
    cfg_findings_free(&none);
}

static void make_stamp(struct snapshot_files *f)
{
    crypto_generichash_state h;
    uint8_t digest[32];
    struct out o;
    crypto_generichash_init(&h, NULL, 0, sizeof digest);
    for (size_t i = 0; i < f->n; i++) {
        crypto_generichash_update(&h, (const uint8_t *)f->items[i].name, strlen(f->items[i].name) + 1);
        crypto_generichash_update(&h, f->items[i].digest, sizeof f->items[i].digest);
    }
    crypto_generichash_final(&h, digest, sizeof digest);
    out_init(&o, f->stamp, sizeof f->stamp);
    out_hex(&o, digest, 8);
}

void snapshot_files(const struct settings *set, const char *path, struct arena *a, struct snapshot_files *out)
{
    const struct {
        const char *name, *dir;
    } folders[FOLDERS] = {{"network", set->network},
                          {"dialogue", set->dialogue},
                          {"lang", set->lang},
                          {"aggregators", set->aggregators},
                          {"places", set->places}};
    *out = (struct snapshot_files){.n = 0};
    struct gather g = {.out = out, .a = a};
    add_file(&g, NULL, path);
    for (size_t i = 0; i < FOLDERS; i++)
        add_folder(&g, folders[i].name, folders[i].dir);
    make_stamp(out);
}

bool snapshot_stamp_folder(const char *dir, char stamp[20])
{
    struct arena scratch;
    struct snapshot_files files = {.n = 0};
    struct gather g = {.out = &files, .a = &scratch};
    arena_init(&scratch, 0);
    add_folder(&g, "network", dir);
    make_stamp(&files);
    memcpy(stamp, files.stamp, sizeof files.stamp);
    bool ok = files.n > 0 && !files.unreadable;
    arena_free(&scratch);
    return ok;
}

/* ---- what changed ---- */

static const struct snapshot_file *file(const struct snapshot_files *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->items[i].name, name) == 0)
            return &f->items[i];
    return NULL;
}

struct told {
    struct out *o;
    const char *before; /* the word of the last one told */
    size_t more;        /* that had no room */
};

enum { MORE_ROOM = sizeof " and 99999 more" };

static void tell(struct told *t, const char *word, const char *name)
{
    const char *between = t->before ? ", " : "";
    bool same = t->before && strcmp(t->before, word) == 0;
    size_t need = strlen(between) + (same ? 0 : strlen(word) + 1) + strlen(name) + MORE_ROOM;
    if (t->more || t->o->len + need > t->o->cap) {
        t->more++;
        return;
    }
    out_printf(t->o, "%s%s%s%s", between, same ? "" : word, same ? "" : " ", name);
    t->before = word;
}

void snapshot_changes(const struct snapshot_files *old, const struct snapshot_files *now, struct out *o)
{
    struct told t = {.o = o};
    for (size_t i = 0; i < now->n; i++) {
        const struct snapshot_file *was = file(old, now->items[i].name);
        if (was && memcmp(was->digest, now->items[i].digest, sizeof was->digest) != 0)
            tell(&t, "changed", now->items[i].name);
    }
    for (size_t i = 0; i < now->n; i++)
        if (!file(old, now->items[i].name))
            tell(&t, "added", now->items[i].name);
    for (size_t i = 0; i < old->n; i++)
        if (!file(now, old->items[i].name))
            tell(&t, "removed", old->items[i].name);
    if (t.more)
        out_printf(o, " and %zu more", t.more);
}
