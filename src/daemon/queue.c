#include "daemon/daemon.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

void queue_init(struct queue *q, size_t cap)
{
    *q = (struct queue){.cap = cap};
    q->items = calloc(cap, sizeof(struct job *));
    if (!q->items)
        abort();
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->wake, NULL);
}

void queue_destroy(struct queue *q)
{
    free(q->items);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->wake);
}

static void put(struct queue *q, struct job *job)
{
    q->items[q->n++] = job;
    if (q->reader_waits) {
        q->reader_waits = false;
        pthread_cond_signal(&q->wake);
    }
}

bool queue_push(struct queue *q, struct job *job)
{
    pthread_mutex_lock(&q->lock);
    bool ok = !q->closed && q->n < q->cap;
    if (ok)
        put(q, job);
    pthread_mutex_unlock(&q->lock);
    return ok;
}

void queue_push_always(struct queue *q, struct job *job)
{
    pthread_mutex_lock(&q->lock);
    if (q->n == q->cap) {
        q->cap *= 2;
        q->items = realloc(q->items, q->cap * sizeof(struct job *));
        if (!q->items)
            abort();
    }
    put(q, job);
    pthread_mutex_unlock(&q->lock);
}

size_t queue_take(struct queue *q, struct job **out, size_t max, msec until_ms)
{
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    pthread_mutex_lock(&q->lock);
    if (q->n == 0 && !q->closed) {
        q->reader_waits = true;
        /* one wait only: a poke, a time-out or a stray wake-up gives the reader its turn with nothing to take
         */
        pthread_cond_timedwait(&q->wake, &q->lock, &until);
        q->reader_waits = false;
    }
    size_t n = q->n < max ? q->n : max;
    memcpy(out, q->items, n * sizeof(struct job *));
    memmove(q->items, q->items + n, (q->n - n) * sizeof(struct job *));
    q->n -= n;
    pthread_mutex_unlock(&q->lock);
    return n;
}

void queue_poke(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    pthread_cond_signal(&q->wake);
    pthread_mutex_unlock(&q->lock);
}

void queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_signal(&q->wake);
    pthread_mutex_unlock(&q->lock);
}

bool queue_closed(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool closed = q->closed;
    pthread_mutex_unlock(&q->lock);
    return closed;
}

size_t queue_length(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    size_t n = q->n;
    pthread_mutex_unlock(&q->lock);
    return n;
}
