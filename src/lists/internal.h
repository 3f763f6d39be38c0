#ifndef LISTS_INTERNAL_H
#define LISTS_INTERNAL_H

#include "lists/lists.h"

/* ---- folder.c ---- */

struct net_file {
    const char *name; /* without the folder */
    struct str text;
    bool conf; /* else it is only copied */
    void *raw; /* of network_schema */
    struct cfg_source source[LIST_KINDS];
};
struct folder {
    const char *dir;
    struct net_file *files;
    size_t n;
    struct place_of {
        const char *id;
        size_t file, index;
    } * ids[LIST_KINDS]; /* sorted by id */
    size_t n_ids[LIST_KINDS];
};
const struct cfg_schema *list_schema(enum list_kind kind);
const struct cfg_list *list_entries(const struct net_file *file, enum list_kind kind);
const void *list_entry(const struct net_file *file, enum list_kind kind, size_t i);
const char *entry_id(enum list_kind kind, const void *entry);
/* Parses a file's text; `path` is for findings. */
bool file_parse(struct net_file *file, const char *path, struct arena *a, struct cfg_findings *f);
/* Fills ids; a double one is a finding. */
bool folder_index(struct folder *folder, struct arena *a, struct cfg_findings *f);
const struct place_of *folder_find(const struct folder *folder, enum list_kind kind, const char *id);
const void *folder_entry(const struct folder *folder, enum list_kind kind, const struct place_of *at);
const char *path_join(const char *dir, const char *name, struct arena *a);
bool may_be_file(const char *name);

/* ---- cells.c ---- */

struct sheet_cell cell_of(const struct cfg_key *k, const struct cfg_schema *schema, const void *entry,
                          struct arena *a);
/* Without what is not seen at its ends, no-break spaces and marks of direction included. */
struct str cell_trim(struct str text);
/* The value as a configuration file has it. false: `why` says what is wrong with the cell and what to do. */
bool cell_value(const struct cfg_key *k, const struct sheet_cell *cell, char separator, struct arena *a,
                const char **value, struct failure *why);

/* ---- rows.c: from sheets to entries ---- */

struct table {
    enum list_kind kind;
    const char *file;
    struct sheet sheet;
    int column[128]; /* by key of the schema; -1: the sheet has none */
    int file_column;
};
struct lists_row {
    const struct table *table;
    const struct sheet_row *row;
    const char *id, *file; /* file: NULL when none is given */
    void *entry;
};
struct lists_rows {
    struct lists_row *rows[LIST_KINDS]; /* sorted by id */
    size_t n[LIST_KINDS];
    bool given[LIST_KINDS];
    struct table *tables;
    size_t n_tables;
};
struct cfg_pos cell_pos(const struct table *t, int column, unsigned row, struct arena *a);
struct lists_rows *rows_read(const struct folder *base, const struct lists_input *inputs, size_t n,
                             struct arena *a, struct cfg_findings *f);
const struct lists_row *rows_find(const struct lists_rows *rows, enum list_kind kind, const char *id);

/* ---- tables.c: which list a file holds, and in which columns ---- */

bool tables_read(const struct lists_input *in, struct arena *a, struct cfg_findings *f, struct table *out,
                 size_t *n);

/* ---- edit.c: a file's text with some entries changed ---- */

struct fates {        /* of one list in one file */
    const void **is;  /* by entry: what it is to be; NULL: it goes. NULL as a whole: all stay */
    const void **add; /* behind the last */
    size_t n_add;
};
struct str file_edit(const struct net_file *file, const char *path, const struct fates fates[LIST_KINDS],
                     struct arena *a, struct cfg_findings *f);

/* ---- where.c ---- */

/* The cell that a finding of the new folder is about, or its line in the file that would be. */
void tell_finding(const struct lists_plan *plan, const char *made, const char *dir,
                  const struct cfg_finding *one, struct arena *a, struct cfg_findings *f);

#endif
