/* How long it takes to find the place in a text: the texts of a table on the gazetteer of a province, and on
 * a whole country's. usage: place FOLDER PROVINCE TABLE [COUNTRY]
 *
 * COUNTRY is a folder with the units of all provinces; without it a country of as many units as Viet Nam has
 * is made of the syllables of the province's names. */
#include "base/rng.h"
#include "snapshot/snapshot.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TEXTS = 4096, ROUNDS = 9, CHOICES = 5, PROVINCES = 34, COMMUNES = 3321, HALVES = 512 };

static struct str texts[TEXTS];
static size_t n_texts;

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of some rounds, so that a stall of the machine is no cost of the text. */
static double time_of(const struct gazetteer *g, struct str text)
{
    double took[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        struct place_match m[CHOICES];
        size_t n;
        double start = now_us();
        (void)places_find(g, text, m, CHOICES, &n);
        took[i] = now_us() - start;
    }
    qsort(took, ROUNDS, sizeof *took, by_size);
    return took[ROUNDS / 2];
}

static void measure(const char *what, const char *folder, const char *province)
{
    static double took[TEXTS];
    struct arena a;
    struct cfg_findings f;
    size_t before = mallinfo2().uordblks;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    double start = now_us();
    const struct gazetteer *g = load_places(folder, province, &a, &f);
    double loaded = now_us() - start, sum = 0;
    if (!g) {
        fprintf(stderr, "%s: no places\n", folder);
        exit(1);
    }
    size_t bytes = mallinfo2().uordblks - before;
    for (size_t i = 0; i < n_texts; i++)
        sum += took[i] = time_of(g, texts[i]);
    qsort(took, n_texts, sizeof *took, by_size);
    printf("  %-9s %5zu communes  load %6.1f ms  %5.2f MiB  a text: median %6.2f us  mean %6.2f  p99 %7.2f  "
           "longest %7.2f\n",
           what, places_communes(g), loaded / 1000, (double)bytes / (1 << 20), took[n_texts / 2],
           sum / (double)n_texts, took[n_texts * 99 / 100], took[n_texts - 1]);
    cfg_findings_free(&f);
    arena_free(&a);
}

static void read_texts(const char *table, struct arena *a)
{
    struct cfg_findings f;
    struct str rest;
    cfg_findings_init(&f, a);
    if (!cfg_read_file(table, 1 << 20, &rest, a, &f))
        exit(1);
    while (rest.n && n_texts < TEXTS) {
        struct str line = str_split(&rest, '\n');
        if (line.n && line.s[0] != '#')
            texts[n_texts++] = str_split(&line, '\t');
    }
    cfg_findings_free(&f);
}

/* First and last words of the province's names. */
static size_t halves(const struct gazetteer *g, struct str first[HALVES], struct str last[HALVES])
{
    const struct place *all;
    size_t n = 0;
    for (size_t i = 0, m = places_all(g, &all); i < m && n < HALVES; i++) {
        const char *blank = strrchr(all[i].name, ' ');
        if (!blank)
            continue;
        first[n] = (struct str){all[i].name, (size_t)(blank - all[i].name)};
        last[n++] = str_of(blank + 1);
    }
    return n;
}

static void write_country(const char *path, const struct gazetteer *g)
{
    struct str first[HALVES], last[HALVES];
    size_t n = halves(g, first, last);
    struct rng r;
    FILE *f = fopen(path, "w");
    if (!f || !n)
        exit(1);
    rng_seed(&r, COMMUNES);
    fputs("code,level,parent_code,type,name_vi,name_ascii,lat,lon,area_km2,point\n", f);
    for (unsigned p = 0; p < PROVINCES; p++)
        fprintf(f, "%02u,province,,Tỉnh,Tỉnh %c%u,Tinh,21,104,1,\n", p + 1, 'A' + p % 26, p);
    for (unsigned i = 0; i < COMMUNES; i++) {
        struct str x = first[rng_below(&r, (uint32_t)n)], y = last[rng_below(&r, (uint32_t)n)];
        fprintf(f, "%05u,commune,%02u,Xã,%.*s %.*s,-,21,104,1,\n", i + 1, i % PROVINCES + 1, STR_ARG(x),
                STR_ARG(y));
    }
    fclose(f);
}

static void measure_made_country(const char *folder, const char *province)
{
    char dir[] = "/tmp/country-XXXXXX", path[64];
    struct arena a;
    struct cfg_findings f;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    const struct gazetteer *g = load_places(folder, province, &a, &f);
    if (!g || !mkdtemp(dir))
        exit(1);
    snprintf(path, sizeof path, "%s/units-2025.csv", dir);
    write_country(path, g);
    measure("made up", dir, "all");
    unlink(path);
    rmdir(dir);
    cfg_findings_free(&f);
    arena_free(&a);
}

int main(int argc, char **argv)
{
    struct arena a;
    if (argc < 4)
        return 2;
    arena_init(&a, 0);
    read_texts(argv[3], &a);
    printf("the place in a text, %zu texts:\n", n_texts);
    measure("province", argv[1], argv[2]);
    if (argc > 4)
        measure("country", argv[4], "all");
    else
        measure_made_country(argv[1], argv[2]);
    arena_free(&a);
    return 0;
}
