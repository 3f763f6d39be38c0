/* A network folder as it is written. */
#include "lists/internal.h"

#include "snapshot/network.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MOST = 1024, FILE_MOST = 32 << 20 };

static const char *const names[LIST_KINDS] = {"hosts", "collaborators"};

const char *list_name(enum list_kind kind)
{
    return names[kind];
}

bool list_parse(const char *name, enum list_kind *kind)
{
    for (int i = 0; i < LIST_KINDS; i++)
        if (strcmp(name, names[i]) == 0) {
            *kind = (enum list_kind)i;
            return true;
        }
    return false;
}

static const struct cfg_key *list_key(enum list_kind kind)
{
    const struct cfg_key *k = network_schema.keys;
    while (strcmp(k->name, names[kind]) != 0)
        k++;
    return k;
}

const struct cfg_schema *list_schema(enum list_kind kind)
{
    return list_key(kind)->sub;
}

const struct cfg_list *list_entries(const struct net_file *file, enum list_kind kind)
{
    return (const struct cfg_list *)((const char *)file->raw + list_key(kind)->offset);
}

const void *list_entry(const struct net_file *file, enum list_kind kind, size_t i)
{
    return (const char *)list_entries(file, kind)->items + i * list_schema(kind)->size;
}

const char *entry_id(enum list_kind kind, const void *entry)
{
    const struct cfg_key *k = list_schema(kind)->keys;
    while (strcmp(k->name, "id") != 0)
        k++;
    return *(const char *const *)((const char *)entry + k->offset);
}

const char *path_join(const char *dir, const char *name, struct arena *a)
{
    size_t n = strlen(dir) + strlen(name) + 2;
    struct out o;
    out_init(&o, arena_alloc(a, n), n);
    out_cstr(&o, dir);
    out_char(&o, '/');
    out_cstr(&o, name);
    return o.buf;
}

static bool is_conf(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".conf") == 0;
}

bool may_be_file(const char *name)
{
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return name[0] != '.' && is_conf(name) && strlen(name) < 200 && !strchr(name, '/');
}

bool file_parse(struct net_file *file, const char *path, struct arena *a, struct cfg_findings *f)
{
    file->raw = arena_alloc(a, network_schema.size);
    if (!cfg_load_text(path, file->text, &network_schema, file->raw, a, f))
        return false;
    for (int k = 0; k < LIST_KINDS; k++) {
        cfg_source(file->text, names[k], &file->source[k], a);
        if (file->source[k].n == list_entries(file, (enum list_kind)k)->n)
            continue;
        cfg_error(f, (struct cfg_pos){path, 0}, "the groups of %s cannot be told apart; write one a line",
                  names[k]);
        return false;
    }
    return true;
}

/* ---- ids ---- */

static int by_id(const void *a, const void *b)
{
    const struct place_of *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    return c ? c : (x->file > y->file) - (x->file < y->file);
}

static bool index_list(struct folder *folder, enum list_kind kind, struct arena *a, struct cfg_findings *f)
{
    size_t n = 0, before = f->errors;
    for (size_t i = 0; i < folder->n; i++)
        n += folder->files[i].conf ? list_entries(&folder->files[i], kind)->n : 0;
    struct place_of *ids = arena_array(a, n + 1, sizeof *ids);
    n = 0;
    for (size_t i = 0; i < folder->n; i++)
        for (size_t k = 0; folder->files[i].conf && k < list_entries(&folder->files[i], kind)->n; k++)
            ids[n++] = (struct place_of){entry_id(kind, list_entry(&folder->files[i], kind, k)), i, k};
    qsort(ids, n, sizeof *ids, by_id);
    folder->ids[kind] = ids;
    folder->n_ids[kind] = n;
    for (size_t i = 1; i < n; i++)
        if (strcmp(ids[i].id, ids[i - 1].id) == 0)
            cfg_error(f, cfg_entry_pos(folder_entry(folder, kind, &ids[i])),
                      "\"%s\" is defined twice in %s; rename one", ids[i].id, names[kind]);
    return f->errors == before;
}

bool folder_index(struct folder *folder, struct arena *a, struct cfg_findings *f)
{
    bool ok = true;
    for (int k = 0; k < LIST_KINDS; k++)
        ok &= index_list(folder, (enum list_kind)k, a, f);
    return ok;
}

const struct place_of *folder_find(const struct folder *folder, enum list_kind kind, const char *id)
{
    struct place_of key = {.id = id};
    size_t low = 0, high = folder->n_ids[kind];
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (by_id(&folder->ids[kind][mid], &key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    const struct place_of *at = &folder->ids[kind][low];
    return low < folder->n_ids[kind] && strcmp(at->id, id) == 0 ? at : NULL;
}

const void *folder_entry(const struct folder *folder, enum list_kind kind, const struct place_of *at)
{
    return list_entry(&folder->files[at->file], kind, at->index);
}

/* ---- reading ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct net_file *)a)->name, ((const struct net_file *)b)->name);
}

/* What begins with a dot is an editor's. */
static void list_files(struct folder *folder, DIR *d, struct arena *a, struct cfg_findings *f)
{
    struct dirent *e;
    while ((e = readdir(d))) {
        struct stat st;
        const char *path = path_join(folder->dir, e->d_name, a);
        if (e->d_name[0] == '.' || stat(path, &st) != 0)
            continue;
        if (!S_ISREG(st.st_mode)) {
            cfg_warn(f, (struct cfg_pos){path, 0}, "is no file, so it is no part of the network");
            continue;
        }
        if (folder->n == FILES_MOST) {
            cfg_error(f, (struct cfg_pos){path, 0}, "more than %d files are in this folder", FILES_MOST);
            return;
        }
        folder->files[folder->n++] =
            (struct net_file){.name = arena_strdup(a, str_of(e->d_name)), .conf = is_conf(e->d_name)};
    }
}

struct folder *folder_read(const char *dir, struct arena *a, struct cfg_findings *f)
{
    struct folder *folder = arena_alloc(a, sizeof *folder);
    size_t before = f->errors;
    *folder = (struct folder){.dir = arena_strdup(a, str_of(dir)),
                              .files = arena_array(a, FILES_MOST, sizeof *folder->files)};
    DIR *d = opendir(dir);
    if (!d) {
        cfg_error(f, (struct cfg_pos){folder->dir, 0}, "cannot read this folder: %s", strerror(errno));
        return NULL;
    }
    list_files(folder, d, a, f);
    closedir(d);
    qsort(folder->files, folder->n, sizeof *folder->files, by_name);
    for (size_t i = 0; i < folder->n; i++) {
        struct net_file *file = &folder->files[i];
        const char *path = path_join(dir, file->name, a);
        if (cfg_read_file(path, FILE_MOST, &file->text, a, f) && file->conf)
            file_parse(file, path, a, f);
    }
    if (f->errors == before)
        folder_index(folder, a, f);
    return f->errors == before ? folder : NULL;
}

size_t lists_compare(const struct folder *was, const struct folder *is, enum list_kind kind, const char *id,
                     cfg_difference *tell, void *ctx, struct arena *a)
{
    const struct place_of *old = folder_find(was, kind, id), *now = folder_find(is, kind, id);
    if (!old || !now)
        return 0;
    return cfg_compare(list_schema(kind), folder_entry(was, kind, old), folder_entry(is, kind, now), tell,
                       ctx, a);
}
