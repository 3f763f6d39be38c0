#include "snapshot/csv.h"

#include <string.h>

enum { FILE_MAX = 32 << 20 };

/* RFC 4180 without quoted line breaks; quotes only where a cell begins with one. */
static struct str take_cell(struct str *line)
{
    if (!line->n || line->s[0] != '"')
        return str_split(line, ',');
    line->s++;
    line->n--;
    struct str cell = str_split(line, '"');
    if (line->n && line->s[0] == ',') {
        line->s++;
        line->n--;
    }
    return cell;
}

bool csv_next(struct csv *c)
{
    while (c->rest.n) {
        struct str line = str_split(&c->rest, '\n');
        c->pos.line++;
        if (line.n && line.s[line.n - 1] == '\r')
            line.n--;
        if (!line.n || line.s[0] == '#')
            continue;
        bool more = true;
        for (c->n = 0; more && c->n < COLUMNS; c->n++) {
            more = memchr(line.s, ',', line.n) != NULL && line.n;
            c->cell[c->n] = line.n ? take_cell(&line) : (struct str){NULL, 0};
            more = more && line.s != NULL;
        }
        return true;
    }
    return false;
}

bool csv_open(struct csv *c, const char *dir, const char *name, size_t columns, struct arena *a,
              struct cfg_findings *f)
{
    char path[4096];
    struct out o;
    out_init(&o, path, sizeof path);
    out_printf(&o, "%s/%s", dir, name);
    *c = (struct csv){.pos = {arena_strdup(a, out_span(&o)), 0}};
    if (!cfg_read_file(path, FILE_MAX, &c->rest, a, f))
        return false;
    if (csv_next(c) && c->n >= columns)
        return true;
    cfg_error(f, c->pos, "needs a first line with %zu column names", columns);
    return false;
}

bool csv_columns(struct csv *c, size_t want, struct cfg_findings *f)
{
    if (c->n == want)
        return true;
    cfg_error(f, c->pos, "has %zu columns where %zu belong; look for a missing or stray comma", c->n, want);
    return false;
}

bool csv_code(struct csv *c, size_t i, char out[PLACE_CODE], struct cfg_findings *f)
{
    if (str_copy(c->cell[i], out, PLACE_CODE) && *out && !strpbrk(out, " \t\r"))
        return true;
    cfg_error(f, c->pos, "the code must have 1 to 7 characters, without blanks");
    return false;
}
