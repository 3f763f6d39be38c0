#include "config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cfg_findings_init(struct cfg_findings *f, struct arena *arena)
{
    *f = (struct cfg_findings){.arena = arena};
}

void cfg_findings_free(struct cfg_findings *f)
{
    free(f->items);
    *f = (struct cfg_findings){0};
}

/* A name or value of the file may hold line breaks; a finding does not. */
static char *one_line(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return text;
}

static void add(struct cfg_findings *f, enum cfg_severity severity, struct cfg_pos pos, const char *fmt,
                va_list ap)
{
    char what[512];
    vsnprintf(what, sizeof what, fmt, ap);
    one_line(what);
    if (pos.file) /* the snapshot that is being loaded may be given up before its findings are read */
        pos.file = one_line(arena_strdup(f->arena, str_of(pos.file)));
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 32;
        f->items = realloc(f->items, f->cap * sizeof *f->items);
        if (!f->items)
            abort();
    }
    f->items[f->n++] = (struct cfg_finding){severity, pos, arena_strdup(f->arena, str_of(what))};
    if (severity == CFG_ERROR)
        f->errors++;
    else
        f->warnings++;
}

void cfg_error(struct cfg_findings *f, struct cfg_pos pos, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(f, CFG_ERROR, pos, fmt, ap);
    va_end(ap);
}

void cfg_warn(struct cfg_findings *f, struct cfg_pos pos, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(f, CFG_WARNING, pos, fmt, ap);
    va_end(ap);
}

void cfg_finding_format(const struct cfg_finding *one, struct out *o)
{
    out_cstr(o, one->pos.file ? one->pos.file : "(configuration)");
    if (one->pos.line)
        out_printf(o, ":%d", one->pos.line);
    out_printf(o, ": %s: %s", one->severity == CFG_ERROR ? "error" : "warning", one->what);
}

/* Levenshtein on short words; keys are at most 63 bytes or compare as far apart. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[65];
    size_t n = strlen(a), m = strlen(b);
    if (n > 63 || m > 63)
        return 99;
    for (unsigned j = 0; j <= m; j++)
        row[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned here = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < here)
                here = row[j] + 1;
            if (row[j - 1] + 1 < here)
                here = row[j - 1] + 1;
            row[j] = here;
        }
    }
    return row[m];
}

const char *cfg_nearest(const char *got, const char *const *names, size_t n)
{
    const char *best = NULL;
    unsigned least = 3; /* further than two errors is no help, nor a word of which half is wrong */
    for (size_t i = 0; i < n; i++) {
        unsigned d = distance(got, names[i]);
        if (d < least && d <= strlen(names[i]) / 2) {
            least = d;
            best = names[i];
        }
    }
    return best;
}

void cfg_findings_print(const struct cfg_findings *f, FILE *to)
{
    for (size_t i = 0; i < f->n; i++) {
        char line[1024];
        struct out o;
        out_init(&o, line, sizeof line);
        cfg_finding_format(&f->items[i], &o);
        fprintf(to, "%s\n", line);
    }
}
