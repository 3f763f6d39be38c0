/* The gazetteer's CSV files: units-2025.csv, former-units-*.csv, aliases.csv. */
#include "snapshot/csv.h"
#include "snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void read_units(struct csv *c, const char *province, struct place_row *rows, size_t *n,
                       struct arena *a, struct cfg_findings *f)
{
    size_t want = c->n; /* the country's file lacks the column of former districts */
    bool former = want == 11;
    while (csv_next(c)) {
        struct place_row r = {.level = PLACE_COMMUNE};
        if (!csv_columns(c, want, f) || !csv_code(c, 0, r.code, f) ||
            !str_copy(c->cell[2], r.parent, sizeof r.parent))
            continue;
        if (str_is(c->cell[1], "province"))
            r.level = PLACE_PROVINCE;
        else if (!str_is(c->cell[1], "commune")) {
            cfg_error(f, c->pos, "level must be province or commune");
            continue;
        }
        if (strcmp(r.level == PLACE_PROVINCE ? r.code : r.parent, province) != 0)
            continue;
        r.type = arena_strdup(a, c->cell[3]);
        r.name = arena_strdup(a, c->cell[4]);
        r.ascii = arena_strdup(a, c->cell[5]);
        if (!number(c, 6, &r.lat, f, "lat") || !number(c, 7, &r.lon, f, "lon") ||
            !number(c, 8, &r.area_km2, f, "area_km2"))
            continue;
        if (former && !str_copy(c->cell[9], r.former_district, sizeof r.former_district))
            continue;
        rows[(*n)++] = r;
    }
}

static const struct place_row *row_of(const struct place_row *rows, size_t n, struct str code, bool in_force)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(code, rows[i].code) && (!in_force || rows[i].level == PLACE_COMMUNE))
            return &rows[i];
    return NULL;
}

/* The communes a former unit leads to, said here where file and line are known. */
static bool leads_somewhere(const struct csv *c, const struct place_row *rows, size_t n,
                            struct cfg_findings *f)
{
    struct str rest = c->cell[6];
    while (rest.n) {
        struct str code = str_split(&rest, ' ');
        if (code.n && !row_of(rows, n, code, true)) {
            cfg_error(f, c->pos, "\"%.*s\" is no commune in force here; correct now_code", STR_ARG(code));
            return false;
        }
    }
    return true;
}

static void read_former(struct csv *c, struct place_row *rows, size_t *n, struct arena *a,
                        struct cfg_findings *f)
{
    while (csv_next(c)) {
        struct place_row r = {0};
        if (!csv_columns(c, 8, f) || !csv_code(c, 0, r.code, f) ||
            !str_copy(c->cell[2], r.parent, sizeof r.parent) || !leads_somewhere(c, rows, *n, f))
            continue;
        r.level = str_is(c->cell[1], "district") ? PLACE_FORMER_DISTRICT : PLACE_FORMER_COMMUNE;
        r.type = arena_strdup(a, c->cell[3]);
        r.name = arena_strdup(a, c->cell[4]);
        r.ascii = arena_strdup(a, c->cell[5]);
        r.now = arena_strdup(a, c->cell[6]);
        rows[(*n)++] = r;
    }
}

static size_t read_aliases(struct csv *c, const struct place_row *rows, size_t n_rows,
                           struct place_alias *out, struct arena *a, struct cfg_findings *f)
{
    size_t n = 0;
    while (csv_next(c)) {
        struct place_alias al = {.name = arena_strdup(a, c->cell[0])};
        if (!csv_columns(c, 2, f) || !csv_code(c, 1, al.code, f))
            continue;
        if (row_of(rows, n_rows, str_of(al.code), false))
            out[n++] = al;
        else
            cfg_error(f, c->pos, "no unit has the code \"%s\"; `hotlinectl place NAME` tells a name's code",
                      al.code);
    }
    return n;
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
    size_t before = f->errors, n = 0, n_aliases = 0;
    if (!csv_open(&units, dir, units_name, 10, a, f))
        return NULL;
    bool has_former = exists(dir, former_name) && csv_open(&former, dir, former_name, 8, a, f);
    bool has_alias = exists(dir, alias_name) && csv_open(&alias, dir, alias_name, 2, a, f);
    struct place_row *rows = arena_array(a, lines_of(&units) + lines_of(&former), sizeof *rows);
    struct place_alias *aliases = arena_array(a, lines_of(&alias), sizeof *aliases);
    read_units(&units, province, rows, &n, a, f);
    if (n < 2)
        cfg_error(f, units.pos, "holds no commune of province %s; correct `province` in hotlined.conf",
                  province);
    if (has_former)
        read_former(&former, rows, &n, a, f);
    if (has_alias)
        n_aliases = read_aliases(&alias, rows, n, aliases, a, f);
    if (f->errors > before)
        return NULL;
    struct failure why = {OK, ""};
    struct gazetteer *g = places_build(rows, n, aliases, n_aliases, a, &why);
    if (!g)
        cfg_error(f, (struct cfg_pos){units.pos.file, 0}, "%s", why.what);
    return g;
}
