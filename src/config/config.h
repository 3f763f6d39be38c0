/* Configuration as a schema, not code.
 *
 * A table of `struct cfg_key` says name, type, range, default, unit and help of every key; the loader, its
 * messages, the reference documentation and `check` all come from it. Files are libconfig's syntax. Nothing
 * here stops at the first mistake: every finding is collected with file, line and remedy.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/str.h"

#include <stdio.h>

/* ---- findings ---- */
enum cfg_severity { CFG_ERROR, CFG_WARNING };

struct cfg_pos {
    const char *file; /* in the arena of the snapshot, or static */
    int line;         /* 1-based; 0: the whole file */
};

struct cfg_finding {
    enum cfg_severity severity;
    struct cfg_pos pos;
    char *what; /* what is wrong, and what to do */
};

struct cfg_findings {
    struct arena *arena; /* owns the texts */
    struct cfg_finding *items;
    size_t n, cap;
    size_t errors, warnings;
};

void cfg_findings_init(struct cfg_findings *f, struct arena *arena);
void cfg_findings_free(struct cfg_findings *f); /* the list; texts go with the arena */
void cfg_error(struct cfg_findings *f, struct cfg_pos pos, const char *fmt, ...) PRINTF_LIKE(3, 4);
void cfg_warn(struct cfg_findings *f, struct cfg_pos pos, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Each as a line. */
void cfg_findings_print(const struct cfg_findings *f, FILE *to);
/* "file:line: error: what" as one line without newline. */
void cfg_finding_format(const struct cfg_finding *one, struct out *o);
/* The nearest of `names` to `got` (edit distance at most 2 and half of the name), or NULL: for "did you
 * mean". */
const char *cfg_nearest(const char *got, const char *const *names, size_t n);

/* ---- schema ---- */
enum cfg_type {
    CFG_STRING,   /* const char *; min/max: length in bytes */
    CFG_INT,      /* int64_t */
    CFG_FLOAT,    /* double (an integer is taken too) */
    CFG_BOOL,     /* bool */
    CFG_DURATION, /* msec from "90s", "15m", "2h", "7d", "250ms"; min/max in ms */
    CFG_SIZE,     /* int64_t bytes from "64k", "10m" or a number */
    CFG_ENUM,     /* int, by `words` */
    CFG_FLAGS,    /* uint32_t: list of words, bit 1u << value */
    CFG_STRINGS,  /* struct cfg_strings: a list (or array) of strings; one string counts as a list of one */
    CFG_GROUP,    /* a struct of `sub`, in place (first member may be struct cfg_pos by sub->head) */
    CFG_LIST,     /* struct cfg_list: a list of groups of `sub` */
    CFG_MAP,      /* struct cfg_map: a group with free keys and string values */
    CFG_TREE,     /* struct cfg_tree *: texts, numbers, true/false, groups and lists, as deep as written; NULL
                     when left out */
    CFG_GROUPMAP  /* struct cfg_list: a group with free keys whose values are groups of `sub`; the key goes to
                     the  member named by `sub->keys[0]`, which must be a CFG_STRING called "name" or "id" */
};

struct cfg_strings {
    const char **items;
    size_t n;
    struct cfg_pos pos;
    const int *lines; /* of each; NULL: all on the line of pos */
};

struct cfg_line {    /* where a key of a group is written */
    const char *key; /* the schema's own; NULL ends the list */
    int line;
};

struct cfg_list {
    void *items; /* n structs of sub->size */
    size_t n;
    struct cfg_pos pos;
};

struct cfg_entry {
    const char *key, *value;
    struct cfg_pos pos;
};

struct cfg_map {
    struct cfg_entry *items;
    size_t n;
    struct cfg_pos pos;
};

/* A value of any shape, for what the schema cannot know: the JSON of somebody else's API. */
enum cfg_tree_kind {
    CFG_TREE_TEXT,
    CFG_TREE_PLAIN /* a number, true or false */,
    CFG_TREE_GROUP,
    CFG_TREE_LIST
};
struct cfg_tree {
    enum cfg_tree_kind kind;
    const char *key;  /* in a group; NULL elsewhere */
    const char *text; /* CFG_TREE_TEXT; CFG_TREE_PLAIN as JSON writes it */
    struct cfg_tree *items;
    size_t n;
    struct cfg_pos pos;
};

struct cfg_word {
    const char *word; /* a NULL word ends the table */
    int value;
};

struct cfg_schema;

struct cfg_key {
    const char *name; /* a NULL name ends the table */
    enum cfg_type type;
    size_t offset; /* of the member in the struct */
    bool required;
    const char *dflt; /* the default as it would be written in the file, without quotes; NULL: zero */
    double min, max;  /* both 0: no limit */
    const char
        *unit; /* for the reference; NULL if none. "date": days, which a spreadsheet may have as dates */
    const char *help; /* one sentence, for the reference */
    const struct cfg_word *words;
    const struct cfg_schema *sub;
    bool at_start; /* read when the program starts: a change waits for the next */
};

/* What a struct begins with besides its keys. */
enum cfg_head {
    CFG_HEAD_NONE,
    CFG_HEAD_POS,  /* struct cfg_pos pos */
    CFG_HEAD_LINES /* struct cfg_pos pos; const struct cfg_line *lines: the keys that were written */
};

struct cfg_schema {
    const char *name; /* for messages: "host", "collaborator" */
    size_t size;
    const struct cfg_key *keys;
    enum cfg_head head;
};

/* Read `path` and fill `out` (of schema->size, zeroed by the caller) from it. Strings and lists live in
 * `arena`. returns true when this file added no error. Unknown keys are errors with a suggestion. Missing
 * file: an error. */
MUST_CHECK bool cfg_load(const char *path, const struct cfg_schema *schema, void *out, struct arena *arena,
                         struct cfg_findings *findings);
/* The same from memory; `name` stands for the file in findings. Includes (@include) are refused. */
MUST_CHECK bool cfg_load_text(const char *name, struct str text, const struct cfg_schema *schema, void *out,
                              struct arena *arena, struct cfg_findings *findings);
/* Parse one duration: "90s", "15m", "2h", "7d", "250ms". */
bool cfg_parse_duration(struct str s, int64_t *ms);
/* Where the key of a group is written; the group's own place when it was left out. */
struct cfg_pos cfg_key_pos(struct cfg_pos group, const struct cfg_line *lines, const char *key);
struct cfg_pos cfg_item_pos(const struct cfg_strings *list, size_t i);
/* The paths of the files in `dir` that end in `suffix`, sorted; an empty or missing directory is an error
 * finding. */
size_t cfg_dir(const char *dir, const char *suffix, const char ***paths, struct arena *arena,
               struct cfg_findings *findings);
/* A file's bytes in the arena (at most `max`), NUL after them; false and a finding when it cannot be read. */
bool cfg_read_file(const char *path, size_t max, struct str *out, struct arena *arena,
                   struct cfg_findings *findings);
/* Where a file sets a key, read anew to say so in a finding; line 0 when it does not. */
struct cfg_pos cfg_where(const char *path, const char *key);
/* `base` resolved against the folder of `file` unless absolute. */
const char *cfg_resolve(const char *file, const char *base, struct arena *arena);
/* Where a secret is. A service's credential goes before dir: $CREDENTIALS_DIRECTORY/secrets_NAME, which is
 * what systemd makes of a file of the folder loaded as "secrets", or $CREDENTIALS_DIRECTORY/NAME. returns
 * whether it is a credential. */
bool cfg_secret_path(const char *dir, const char *name, char *path, size_t size);
/* Is it there? `path` gets where it is, or would be. */
bool cfg_secret_there(const char *dir, const char *name, char *path, size_t size);
/* A secret of dir or of the credentials (0600 or stricter, owner us or root): raw bytes, trailing newline
 * removed. */
bool cfg_secret(const char *dir, const char *name, struct str *out, struct arena *arena, struct cfg_pos pos,
                struct cfg_findings *findings);
/* The reference in Markdown, printed from the schema. */
void cfg_reference(const struct cfg_schema *schema, struct out *o);

/* ---- back to text ---- */
/* A text in quotes with libconfig's escapes, on one line. */
void cfg_quote(const char *text, struct out *o);
/* The shortest decimal that is read as the same number. */
#define CFG_FLOAT_TEXT 32
void cfg_float_text(double v, char out[CFG_FLOAT_TEXT]);
/* The value of a key of `entry` as a file would have it, on one line: "a text" in quotes, [ "a", "b" ], 3.
 * Read again, it is the same value. In the arena. */
const char *cfg_value_text(const struct cfg_key *k, const void *entry, struct arena *a);
/* Was the key written, or is its value the default? With a head other than CFG_HEAD_LINES all count as
 * written.
 */
bool cfg_written(const struct cfg_schema *schema, const void *entry, const char *key);
/* Where an entry of a schema with CFG_HEAD_POS or CFG_HEAD_LINES was read. */
struct cfg_pos cfg_entry_pos(const void *entry);
/* The keys of an entry that were written, with their lines; NULL without CFG_HEAD_LINES. */
const struct cfg_line *cfg_entry_lines(const struct cfg_schema *schema, const void *entry);

/* Tells each key in which two entries of a schema differ, in the schema's order, with the two values as
 * cfg_value_text() has them; NULL: not written. `tell` may be NULL. A key that one of them leaves out
 * differs, also where the other has the default. returns how many differ. */
typedef void cfg_difference(void *ctx, const struct cfg_key *key, const char *was, const char *is);
size_t cfg_compare(const struct cfg_schema *schema, const void *was, const void *is, cfg_difference *tell,
                   void *ctx, struct arena *a);

/* ---- the bytes of a file, for who changes a part of it ---- */
struct cfg_span {
    size_t from, to; /* bytes from the file's beginning; `to` is the first behind it */
};
struct cfg_source_key {
    struct str name;
    struct cfg_span all;   /* name to terminator */
    struct cfg_span value; /* without terminator */
    bool ended;            /* there is a terminator */
    int line;
};
struct cfg_source_entry {
    struct cfg_span all; /* { to } */
    size_t comma;        /* where the comma behind it is; 0: none */
    int line, last_line;
    struct cfg_source_key *keys;
    size_t n;
};
struct cfg_source {
    bool there;
    struct cfg_span inside; /* what stands between ( and ) */
    struct cfg_source_entry *entries;
    size_t n;
};
/* The groups of the list `list` at the top of a file that the loader took; in the arena. */
void cfg_source(struct str text, const char *list, struct cfg_source *out, struct arena *a);
/* From `at`, over blanks and comments, to the line's end or what else stands on it; is there a comment? */
size_t cfg_line_rest(struct str text, size_t at, bool *comment);

#endif
