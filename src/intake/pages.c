#include "intake/pages.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What evhttp_send_error() of libevent 2.1 writes, after its own headers and in one piece. Where another
 * version writes something else its page goes out as it is. */
static const char opening[] = "<HTML><HEAD>\n<TITLE>";
enum { SMALLEST = 80, LARGEST = 160 };

static int page_status(struct evbuffer *output, size_t at)
{
    char start[sizeof opening + 3];
    struct evbuffer_ptr from;
    if (evbuffer_ptr_set(output, &from, at, EVBUFFER_PTR_SET) != 0 ||
        evbuffer_copyout_from(output, &from, start, sizeof start - 1) != (ev_ssize_t)(sizeof start - 1))
        return 0;
    start[sizeof start - 1] = '\0';
    return strncmp(start, opening, sizeof opening - 1) == 0 ? atoi(start + sizeof opening - 1) : 0;
}

/* Where the last answer in the buffer begins: ones before it may wait for a slow reader. */
static size_t last_answer(struct evbuffer *output, size_t before)
{
    static const char start[] = "HTTP/1.";
    struct evbuffer_ptr found = evbuffer_search(output, start, sizeof start - 1, NULL);
    size_t last = before;
    while (found.pos >= 0 && (size_t)found.pos < before) {
        last = (size_t)found.pos;
        evbuffer_ptr_set(output, &found, 1, EVBUFFER_PTR_ADD);
        found = evbuffer_search(output, start, sizeof start - 1, &found);
    }
    return last;
}

static size_t one_line(const struct pages *p, int status, char *to, size_t cap)
{
    char reason[128];
    int n;
    if (status == 413)
        n = snprintf(reason, sizeof reason, "413 body over %zu bytes\n", p->body);
    else if (status == 400)
        n = snprintf(reason, sizeof reason, "400 no HTTP, or headers over %zu bytes\n", p->headers);
    else
        n = snprintf(reason, sizeof reason, "%d not taken here\n", status);
    n = snprintf(to, cap,
                 "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"
                 "Content-Length: %d\r\nConnection: close\r\n\r\n%s",
                 status, status == 413 ? "Request Entity Too Large" : "Bad Request", n, reason);
    return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

static void replace(struct evbuffer *output, size_t from, const char *text, size_t n)
{
    struct evbuffer *before = evbuffer_new();
    if (!before)
        return;
    evbuffer_remove_buffer(output, before, from);
    evbuffer_drain(output, evbuffer_get_length(output));
    evbuffer_add(before, text, n);
    evbuffer_add_buffer(output, before);
    evbuffer_free(before);
}

static void look(struct evbuffer *output, size_t added, const struct pages *p)
{
    char text[512];
    size_t at = evbuffer_get_length(output) - added;
    int status = page_status(output, at);
    size_t n = status ? one_line(p, status, text, sizeof text) : 0;
    if (!n)
        return;
    replace(output, last_answer(output, at), text, n);
    p->refused(p->ctx, status);
}

/* A bufferevent keeps the front of its output frozen, even to be read, except while it writes. */
static void on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *pages)
{
    if (info->n_added < SMALLEST || info->n_added > LARGEST || info->n_deleted)
        return;
    evbuffer_unfreeze(output, 1);
    look(output, info->n_added, pages);
    evbuffer_freeze(output, 1);
}

void pages_watch(struct evbuffer *output, const struct pages *p)
{
    evbuffer_add_cb(output, on_output, (void *)p); /* handed back as const */
}
