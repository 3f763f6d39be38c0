/* The gazetteer's CSV files: units-2025.csv, former-units-*.csv, aliases.csv. They may hold more than the
 * province served: what lies elsewhere is passed over, but for the names of other provinces. */
#include "snapshot/csv.h"
#include "snapshot/network.h"
#include "snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ELSEWHERE "-" /* the code of a name in aliases.csv that is no place here */

static bool number(struct csv *c, size_t i, double *out, struct cfg_findings *f, const char *what)
{
    char text[32], *end;
    if (!str_copy(c->cell[i], text, sizeof text) || !*text) {
        cfg_error(f, c->pos, "%s is missing; write degrees or km2 as a decimal number", what);
        return false;
    }
    *out = strtod(text, &end);
    if (*end) {
        cfg_error(f, c->pos, "%s is \"%s\", which is no number; write it as 21.3456", what, text);
        return false;
    }
    return true;
}

/* Codes that some file gave, to tell what lies elsewhere from what is a slip. */
struct known {
    char code[PLACE_CODE];
    enum place_level level;
    bool here; /* within what is served */
};

struct files {
    const char *province; /* "all" serves the country */
    struct arena *arena;
    struct cfg_findings *f;
    struct place_row *rows;
    struct place_alias *aliases;
    struct known *units, *former; /* sorted by code */
    size_t n_rows, n_aliases, n_units, n_former;
};

static int by_code(const void *a, const void *b)
{
    return strcmp(((const struct known *)a)->code, ((const struct known *)b)->code);
}

static const struct known *find(const struct known *all, size_t n, struct str code)
{
    struct known key = {.here = false};
    return str_copy(code, key.code, sizeof key.code) ? bsearch(&key, all, n, sizeof key, by_code) : NULL;
}

static bool served(const struct files *in, const char *province)
{
    return strcmp(in->province, "all") == 0 || strcmp(in->province, province) == 0;
}

static bool read_level(const struct csv *c, enum place_level *out, struct cfg_findings *f)
{
    *out = str_is(c->cell[1], "province") ? PLACE_PROVINCE : PLACE_COMMUNE;
    if (*out == PLACE_PROVINCE || str_is(c->cell[1], "commune"))
        return true;
    cfg_error(f, c->pos, "level must be province or commune");
    return false;
}

static void read_names(const struct csv *c, struct place_row *r, struct arena *a)
{
    r->type = arena_strdup(a, c->cell[3]);
    r->name = arena_strdup(a, c->cell[4]);
    r->ascii = arena_strdup(a, c->cell[5]);
}

static void read_unit(struct files *in, struct csv *c, size_t columns)
{
    struct place_row r = {.level = PLACE_COMMUNE};
    struct cfg_findings *f = in->f;
    if (!csv_columns(c, columns, f) || !csv_code(c, 0, r.code, f) || !read_level(c, &r.level, f) ||
        !str_copy(c->cell[2], r.parent, sizeof r.parent) || !number(c, 6, &r.lat, f, "lat") ||
        !number(c, 7, &r.lon, f, "lon") || !number(c, 8, &r.area_km2, f, "area_km2") ||
        /* the country's file lacks the column of former districts */
        (columns == 11 && !str_copy(c->cell[9], r.former_district, sizeof r.former_district)))
        return;
    bool here = served(in, r.level == PLACE_PROVINCE ? r.code : r.parent);
    struct known *k = &in->units[in->n_units++];
    *k = (struct known){.level = r.level, .here = here};
    memcpy(k->code, r.code, sizeof k->code);
    read_names(c, &r, in->arena);
    if (here)
        in->rows[in->n_rows++] = r;
    else if (r.level == PLACE_PROVINCE)
        in->aliases[in->n_aliases++] = (struct place_alias){.name = r.name};
}

static void read_units(struct files *in, struct csv *c)
{
    size_t columns = c->n;
    while (csv_next(c))
        read_unit(in, c, columns);
    qsort(in->units, in->n_units, sizeof *in->units, by_code);
    if (in->n_rows < 2)
        cfg_error(in->f, c->pos, "holds no commune of province %s; correct `province` in hotlined.conf",
                  in->province);
}

/* The code that may have been meant, in `near`; "" none. */
static const char *nearest(const struct files *in, const struct known *all, size_t n, struct str code,
                           char near[PLACE_CODE + 24])
{
    char given[PLACE_CODE];
    struct out o;
    out_init(&o, near, PLACE_CODE + 24);
    if (in->f->errors >= SUGGESTIONS || !str_copy(code, given, sizeof given))
        return near;
    struct arena scratch;
    arena_init(&scratch, 0);
    const char **codes = arena_array(&scratch, n + 1, sizeof *codes);
    size_t here = 0;
    for (size_t i = 0; i < n; i++)
        if (all[i].here)
            codes[here++] = all[i].code;
    const char *found = cfg_nearest(given, codes, here);
    if (found)
        out_printf(&o, "did you mean \"%s\"? ", found);
    arena_free(&scratch);
    return near;
}

/* The communes a former unit leads to, said here where file and line are known. */
static bool leads_somewhere(const struct files *in, const struct csv *c)
{
    struct str rest = c->cell[6];
    char near[PLACE_CODE + 24];
    while (rest.n) {
        struct str code = str_split(&rest, ' ');
        const struct known *k = code.n ? find(in->units, in->n_units, code) : NULL;
        if (code.n && !(k && k->here && k->level == PLACE_COMMUNE)) {
            cfg_error(in->f, c->pos, "\"%.*s\" is no commune in force here; %scorrect now_code",
                      STR_ARG(code), nearest(in, in->units, in->n_units, code, near));
            return false;
        }
    }
    return true;
}

static void read_former_unit(struct files *in, struct csv *c, enum place_level level, size_t n_districts)
{
    struct place_row r = {.level = level};
    if (!csv_columns(c, 8, in->f) || !csv_code(c, 0, r.code, in->f) ||
        !str_copy(c->cell[2], r.parent, sizeof r.parent))
        return;
    const struct known *district = find(in->former, n_districts, c->cell[2]);
    bool here = level == PLACE_FORMER_DISTRICT ? served(in, r.parent) : !district || district->here;
    struct known *k = &in->former[in->n_former++];
    *k = (struct known){.level = level, .here = here};
    memcpy(k->code, r.code, sizeof k->code);
    if (!here || !leads_somewhere(in, c))
        return;
    read_names(c, &r, in->arena);
    r.now = arena_strdup(in->arena, c->cell[6]);
    in->rows[in->n_rows++] = r;
}

/* Districts first: they tell which communes of old lay elsewhere. */
static void read_former(struct files *in, const struct csv *start)
{
    size_t n_districts = 0;
    for (enum place_level l = PLACE_FORMER_DISTRICT; l <= PLACE_FORMER_COMMUNE; l++) {
        struct csv c = *start;
        while (csv_next(&c))
            if (str_is(c.cell[1], "district") == (l == PLACE_FORMER_DISTRICT))
                read_former_unit(in, &c, l, n_districts);
        if (l == PLACE_FORMER_DISTRICT)
            qsort(in->former, n_districts = in->n_former, sizeof *in->former, by_code);
    }
    qsort(in->former, in->n_former, sizeof *in->former, by_code);
}

static void read_aliases(struct files *in, struct csv *c)
{
    char near[PLACE_CODE + 24];
    while (csv_next(c)) {
        struct place_alias al = {.name = arena_strdup(in->arena, c->cell[0])};
        if (!csv_columns(c, 2, in->f) || !csv_code(c, 1, al.code, in->f))
            continue;
        const struct known *unit = find(in->units, in->n_units, c->cell[1]),
                           *k = unit && unit->here ? unit : find(in->former, in->n_former, c->cell[1]);
        if (strcmp(al.code, ELSEWHERE) == 0)
            *al.code = '\0';
        else if (!k && !unit)
            cfg_error(
                in->f, c->pos,
                "no unit has the code \"%s\"; %s`hotlinectl place NAME` tells a name's code, \"" ELSEWHERE
                "\" stands for elsewhere",
                al.code, nearest(in, in->units, in->n_units, c->cell[1], near));
        if (!*al.code || (k && k->here))
            in->aliases[in->n_aliases++] = al;
    }
}

static size_t lines_of(const struct csv *c)
{
    size_t n = 1;
    for (size_t i = 0; i < c->rest.n; i++)
        n += c->rest.s[i] == '\n';
    return n;
}

static bool exists(const char *dir, const char *name)
{
    char path[4096];
    struct out o;
    out_init(&o, path, sizeof path);
    out_printf(&o, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

struct gazetteer *load_places(const char *dir, const char *province, struct arena *a, struct cfg_findings *f)
{
    static const char units_name[] = "units-2025.csv", former_name[] = "former-units-2021-2025.csv",
                      alias_name[] = "aliases.csv";
    struct csv units, former = {.n = 0}, alias = {.n = 0};
    size_t before = f->errors;
    if (!csv_open(&units, dir, units_name, 10, a, f))
        return NULL;
    bool has_former = exists(dir, former_name) && csv_open(&former, dir, former_name, 8, a, f);
    bool has_alias = exists(dir, alias_name) && csv_open(&alias, dir, alias_name, 2, a, f);
    size_t n_units = lines_of(&units), n_former = lines_of(&former);
    struct files in = {.province = province,
                       .arena = a,
                       .f = f,
                       .rows = arena_array(a, n_units + n_former, sizeof *in.rows),
                       .aliases = arena_array(a, n_units + lines_of(&alias), sizeof *in.aliases),
                       .units = arena_array(a, n_units, sizeof *in.units),
                       .former = arena_array(a, n_former, sizeof *in.former)};
    read_units(&in, &units);
    if (has_former)
        read_former(&in, &former);
    if (has_alias)
        read_aliases(&in, &alias);
    if (f->errors > before)
        return NULL;
    struct failure why = {OK, ""};
    struct gazetteer *g = places_build(in.rows, in.n_rows, in.aliases, in.n_aliases, a, &why);
    if (!g)
        cfg_error(f, (struct cfg_pos){units.pos.file, 0}, "%s", why.what);
    return g;
}
