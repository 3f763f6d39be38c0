/* Hosts and collaborators as sheets, and sheets as a new network folder.
 *
 * A sheet has a column `file`, which file of the folder an entry stands in, and one for each key of the
 * schema of the network's files, in its order. An empty cell is a key that is not written. A text stands as
 * it is; one that is empty, begins with a quote, has blanks at an end or holds control characters stands in
 * quotes with libconfig's escapes. Lists are joined by "; ", their items written by the same rule and also in
 * quotes when they hold a semicolon; an empty list is []. So nothing is lost on the way there and back.
 */
#ifndef LISTS_LISTS_H
#define LISTS_LISTS_H

#include "places/places.h"
#include "sheet/sheet.h"
#include "snapshot/snapshot.h"

enum list_kind { LIST_HOSTS, LIST_COLLABORATORS, LIST_KINDS };
/* "hosts", "collaborators". */
const char *list_name(enum list_kind kind);
bool list_parse(const char *name, enum list_kind *kind);

/* A network folder as it is written: its files by name, with their bytes and what the schema makes of them.
 * NULL with findings when one does not parse or an id is there twice. What an entry means is not looked at.
 */
struct folder;
struct folder *folder_read(const char *dir, struct arena *a, struct cfg_findings *f);

/* The keys in which the entry of an id differs between two folders, as cfg_compare() tells them. Nothing
 * where one of them lacks it. */
size_t lists_compare(const struct folder *was, const struct folder *is, enum list_kind kind, const char *id,
                     cfg_difference *tell, void *ctx, struct arena *a);

/* out[0]: the entries; out[1]: what each column means. false with findings. */
bool lists_export(const struct folder *folder, enum list_kind kind, struct arena *a, struct sheet out[2],
                  struct cfg_findings *f);

/* ---- import ---- */

struct lists_input { /* a file as it was read */
    const char *name;
    struct str bytes;
};

enum list_fate { LIST_ADDED, LIST_CHANGED, LIST_REMOVED };
struct list_change {
    enum list_kind kind;
    enum list_fate fate;
    const char *id, *file;
    const char *keys; /* changed: the names of the keys, with commas */
};

struct lists_plan {
    struct list_change *changes; /* by kind, fate and id */
    size_t n;
    size_t same[LIST_KINDS]; /* as they were */
    bool given[LIST_KINDS];  /* was there a sheet of it? */
    const char **missing;    /* columns that no sheet had: what these say stays as it is */
    size_t n_missing;
    struct folder *folder;   /* as it is to be */
    struct lists_rows *rows; /* for findings */
};

/* What the sheets make of the folder. A list that is given is the whole list: entries it lacks are removed,
 * unless `keep_missing`. The order of rows means nothing. NULL with findings, which name file and cell. All
 * is in `a`. */
struct lists_plan *lists_import(const struct folder *base, const struct lists_input *inputs, size_t n,
                                bool keep_missing, struct arena *a, struct cfg_findings *f);

struct lists_check { /* what the new folder is validated with */
    const struct gazetteer *places;
    const char *places_dir;
    int tz_offset_min;
};
/* Writes the folder of the plan as `dir`, with mode 0700 and files of 0600, once it was loaded without an
 * error: made beside and renamed, so that it is there whole or not at all. `dir` must not exist or be empty,
 * and not lie in the base folder. false with findings, which name the cell where an entry came from one. */
bool lists_write(const struct lists_plan *plan, const char *dir, const struct lists_check *check,
                 struct arena *a, struct cfg_findings *f);

#endif
