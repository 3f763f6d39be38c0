/* What the benchmarks of single calls share: each call timed by itself. */
#ifndef TESTS_BENCH_TIMES_H
#define TESTS_BENCH_TIMES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts the times. */
static inline void print_times(const char *what, const char *of, int64_t *ns, size_t n)
{
    qsort(ns, n, sizeof *ns, by_size);
    printf("  %-40s %9zu %s  median %6.2f us  p99 %7.2f us\n", what, n, of, (double)ns[n / 2] / 1000,
           (double)ns[n * 99 / 100] / 1000);
}

#endif
