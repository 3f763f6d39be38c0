#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    alignas(max_align_t) char data[];
};

void arena_init(struct arena *a, size_t block_size)
{
    *a = (struct arena){.block_size = block_size ? block_size : 65536};
}

static struct arena_block *new_block(size_t size)
{
    struct arena_block *b = malloc(sizeof *b + size);
    if (!b)
        abort();
    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

static struct arena_block *block_with(struct arena *a, size_t n)
{
    while (a->now && a->now->size - a->now->used < n && a->now->next) {
        a->now = a->now->next;
        a->now->used = 0;
    }
    if (a->now && a->now->size - a->now->used >= n)
        return a->now;
    struct arena_block *b = new_block(n > a->block_size ? n : a->block_size);
    if (a->now)
        a->now->next = b;
    else
        a->first = b;
    a->now = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        abort();
    n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_block *b = block_with(a, n);
    void *p = b->data + b->used;
    b->used += n;
    memset(p, 0, n);
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        abort();
    return arena_alloc(a, count * size);
}

char *arena_strdup(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.s, s.n);
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    return (struct str){arena_strdup(a, s), s.n};
}

static void free_chain(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_reset(struct arena *a)
{
    if (!a->first)
        return;
    free_chain(a->first->next);
    a->first->next = NULL;
    a->first->used = 0;
    a->now = a->first;
}

void arena_free(struct arena *a)
{
    free_chain(a->first);
    a->first = a->now = NULL;
}
