#include "intake/intake.h"

#include "intake/census.h"
#include "intake/limits.h"
#include "intake/pages.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADERS_MAX 64
#define POOL_MAX 256 /* calls kept for reuse in a loop */
#define LISTEN_MAX 16

struct loop;

struct intake_call {
    struct intake_call *next;
    struct loop *loop;
    struct evhttp_request *evreq;
    struct arena arena;
    struct intake_request req;
    struct intake_header headers[HEADERS_MAX];
    struct intake_answer answer;
};

struct loop {
    struct intake *in;
    pthread_t thread;
    struct event_base *base;
    struct evhttp *http;
    struct event *wake_event, *room_event;
    struct evhttp_bound_socket *bound[LISTEN_MAX];
    size_t n_bound;
    bool full; /* the listeners rest until a connection ends */
    int wake;
    pthread_mutex_t lock; /* guards ready */
    struct intake_call *ready, *ready_last;
    struct intake_call *pool;
    size_t pooled;
    struct rates rates;
    bool started;
};

struct intake {
    struct intake_limits limits;
    intake_handle handle;
    void *ctx;
    struct loop *loops;
    int ports[LISTEN_MAX];
    size_t n_listen;
    struct census census;
    struct pages pages;
    atomic_bool held, closing, leaving;
    atomic_int pending;
    atomic_ullong requests, answers, aborted;
    atomic_ullong by_status[600];
};

/* ---- calls ---- */

static struct intake_call *new_call(struct loop *l)
{
    struct intake_call *c = l->pool;
    if (c) {
        l->pool = c->next;
        l->pooled--;
        arena_reset(&c->arena);
    } else {
        c = calloc(1, sizeof *c);
        if (!c)
            abort();
        arena_init(&c->arena, 16384);
        c->loop = l;
    }
    c->next = NULL;
    return c;
}

static void drop_call(struct intake_call *c)
{
    struct loop *l = c->loop;
    if (l->pooled < POOL_MAX) {
        c->next = l->pool;
        l->pool = c;
        l->pooled++;
        return;
    }
    arena_free(&c->arena);
    free(c);
}

static void read_headers(struct intake_call *c)
{
    const struct evkeyvalq *all = evhttp_request_get_input_headers(c->evreq);
    size_t n = 0;
    for (const struct evkeyval *h = all->tqh_first; h && n < HEADERS_MAX; h = h->next.tqe_next)
        c->headers[n++] = (struct intake_header){str_of(h->key), str_of(h->value)};
    c->req.headers = c->headers;
    c->req.n_headers = n;
}

static const char *method_name(enum evhttp_cmd_type type)
{
    switch (type) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    case EVHTTP_REQ_PATCH:
        return "PATCH";
    case EVHTTP_REQ_OPTIONS:
        return "OPTIONS";
    default:
        return "OTHER";
    }
}

static void read_request(struct intake_call *c)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(c->evreq);
    struct evhttp_connection *conn = evhttp_request_get_connection(c->evreq);
    const char *uri = evhttp_request_get_uri(c->evreq);
    char *peer = NULL;
    ev_uint16_t port;
    struct str query = str_of(uri), path;
    size_t n = evbuffer_get_length(body);
    path = str_split(&query, '?');
    if (conn)
        evhttp_connection_get_peer(conn, &peer, &port);
    c->req = (struct intake_request){
        .method = str_of(method_name(evhttp_request_get_command(c->evreq))),
        .path = path,
        .query = query,
        .body = {n ? (const char *)evbuffer_pullup(body, -1) : NULL, n},
        .peer = str_of(peer),
        .arena = &c->arena,
        .began_us = clock_mono_us(),
    };
    read_headers(c);
}

/* ---- answers ---- */

static void add_header(struct evhttp_request *r, struct str name, struct str value)
{
    char n[64], v[512];
    if (str_copy(name, n, sizeof n) && str_copy(value, v, sizeof v))
        evhttp_add_header(evhttp_request_get_output_headers(r), n, v); /* refuses line breaks */
}

/* The answer to HEAD tells of a body it does not have. */
static void declare_length(struct evhttp_request *r, size_t n)
{
    char text[24];
    struct out o;
    out_init(&o, text, sizeof text);
    out_u64(&o, n);
    add_header(r, STR("Content-Length"), out_span(&o));
}

static void send_answer(struct intake_call *c)
{
    struct intake *in = c->loop->in;
    const struct intake_answer *a = &c->answer;
    struct evhttp_request *r = c->evreq;
    atomic_fetch_add_explicit(&in->answers, 1, memory_order_relaxed);
    if (a->status >= 0 && a->status < 600)
        atomic_fetch_add_explicit(&in->by_status[a->status], 1, memory_order_relaxed);
    if (!evhttp_request_get_connection(r))
        atomic_fetch_add_explicit(&in->aborted, 1, memory_order_relaxed);
    if (a->content_type)
        add_header(r, STR("Content-Type"), str_of(a->content_type));
    add_header(r, STR("Cache-Control"), STR("no-store"));
    for (size_t i = 0; i < a->n_headers; i++)
        add_header(r, a->headers[i].name, a->headers[i].value);
    if (evhttp_request_get_command(r) == EVHTTP_REQ_HEAD)
        declare_length(r, a->body.n);
    else if (a->body.n)
        evbuffer_add(evhttp_request_get_output_buffer(r), a->body.s, a->body.n);
    evhttp_send_reply(r, a->status, NULL, NULL); /* of one whose client went away it only frees */
    drop_call(c);
}

void intake_refuse(struct intake_answer *out, struct arena *arena, int status, const char *fmt, ...)
{
    enum { ROOM = 256 };
    char *text = arena_alloc(arena, ROOM);
    va_list ap;
    int n = snprintf(text, ROOM, "%d ", status);
    va_start(ap, fmt);
    vsnprintf(text + n, (size_t)(ROOM - n - 1), fmt, ap);
    va_end(ap);
    size_t len = strlen(text);
    text[len++] = '\n';
    *out = (struct intake_answer){
        .status = status, .content_type = "text/plain; charset=utf-8", .body = {text, len}};
}

static void stop_listening(struct loop *l)
{
    while (l->n_bound)
        evhttp_del_accept_socket(l->http, l->bound[--l->n_bound]);
}

static void send_ready(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct intake_call *c = l->ready;
    l->ready = l->ready_last = NULL;
    pthread_mutex_unlock(&l->lock);
    while (c) {
        struct intake_call *next = c->next;
        atomic_fetch_sub(&l->in->pending, 1);
        send_answer(c);
        c = next;
    }
}

static void on_wake(evutil_socket_t fd, short what, void *loop)
{
    struct loop *l = loop;
    uint64_t count;
    (void)what;
    if (read(fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return;
    if (atomic_load(&l->in->closing))
        stop_listening(l);
    if (atomic_load(&l->in->leaving))
        event_base_loopexit(l->base, NULL);
    send_ready(l);
}

static void wake(struct loop *l)
{
    uint64_t one = 1;
    ssize_t done = write(l->wake, &one, sizeof one);
    (void)done; /* full means it is awake */
}

void intake_answer(struct intake_call *c, const struct intake_answer *a)
{
    struct loop *l = c->loop;
    c->answer = *a;
    /* names and types may belong to a configuration that is gone before the loop writes them */
    if (a->content_type)
        c->answer.content_type = arena_strdup(&c->arena, str_of(a->content_type));
    for (size_t i = 0; i < a->n_headers; i++)
        c->answer.headers[i] = (struct intake_header){arena_str(&c->arena, a->headers[i].name),
                                                      arena_str(&c->arena, a->headers[i].value)};
    pthread_mutex_lock(&l->lock);
    c->next = NULL;
    if (l->ready_last)
        l->ready_last->next = c;
    else
        l->ready = c;
    l->ready_last = c;
    pthread_mutex_unlock(&l->lock);
    if (!atomic_load(&l->in->held))
        wake(l);
}

void intake_hold(struct intake *in)
{
    atomic_store(&in->held, true);
}

void intake_flush(struct intake *in)
{
    atomic_store(&in->held, false);
    for (int i = 0; i < in->limits.threads; i++) {
        pthread_mutex_lock(&in->loops[i].lock);
        bool some = in->loops[i].ready != NULL;
        pthread_mutex_unlock(&in->loops[i].lock);
        if (some)
            wake(&in->loops[i]);
    }
}

const struct intake_request *intake_request_of(const struct intake_call *call)
{
    return &call->req;
}

void *intake_slot(struct intake_call *call, size_t size)
{
    return arena_alloc(&call->arena, size);
}

/* ---- connections and requests ---- */

/* libevent tells of every connection that comes and of none that goes, hence the census. While there are too
 * many, new ones wait in the kernel's queue. */
static const struct timeval look_again = {0, 100000};

static void rest(struct loop *l, bool full)
{
    l->full = full;
    for (size_t i = 0; i < l->n_bound; i++) {
        struct evconnlistener *at = evhttp_bound_socket_get_listener(l->bound[i]);
        if (full)
            evconnlistener_disable(at);
        else
            evconnlistener_enable(at);
    }
    if (full)
        event_add(l->room_event, &look_again);
}

static void on_room(evutil_socket_t fd, short what, void *loop)
{
    struct loop *l = loop;
    (void)fd;
    (void)what;
    rest(l, !census_room(&l->in->census));
}

static void count_page(void *intake, int status)
{
    struct intake *in = intake;
    atomic_fetch_add_explicit(&in->requests, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&in->answers, 1, memory_order_relaxed);
    if (status >= 0 && status < 600)
        atomic_fetch_add_explicit(&in->by_status[status], 1, memory_order_relaxed);
}

static struct bufferevent *on_connection(struct event_base *base, void *loop)
{
    struct loop *l = loop;
    if (!census_came(&l->in->census) && !l->full)
        rest(l, true);
    struct bufferevent *conn = bufferevent_socket_new(base, -1, 0);
    if (conn)
        pages_watch(bufferevent_get_output(conn), &l->in->pages);
    return conn;
}

static void on_request(struct evhttp_request *r, void *loop)
{
    struct loop *l = loop;
    struct intake_call *c = new_call(l);
    c->evreq = r;
    c->answer = (struct intake_answer){0};
    atomic_fetch_add_explicit(&l->in->requests, 1, memory_order_relaxed);
    read_request(c);
    if (limits_refuse(&l->in->limits, &l->rates, atomic_load(&l->in->pending), &c->req, &c->answer)) {
        send_answer(c);
        return;
    }
    /* counted before the handler, which may have it answered by another thread before it returns */
    atomic_fetch_add(&l->in->pending, 1);
    if (l->in->handle(l->in->ctx, c, &c->req, &c->answer)) {
        atomic_fetch_sub(&l->in->pending, 1);
        send_answer(c);
    }
}

/* ---- start ---- */

static int listen_socket(const struct intake_listen *at, int port, struct failure *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    char service[8];
    int one = 1;
    snprintf(service, sizeof service, "%d", port);
    int rc = getaddrinfo(at->host, service, &hints, &found);
    if (rc != 0) {
        fail(why, ERR_INPUT, "%s: %s", at->host, gai_strerror(rc));
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
              setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 &&
              bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1024) == 0;
    freeaddrinfo(found);
    if (!ok) {
        fail(why, ERR_AGAIN, "%s:%d: %s", at->host, port, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* accepted sockets inherit it */
    return fd;
}

static int bound_port(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        return 0;
    if (a.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
    return a.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&a)->sin_port) : 0;
}

static enum err add_listener(struct loop *l, const struct intake_listen *at, size_t i, struct failure *why)
{
    struct intake *in = l->in;
    int fd = at->fd >= 0 ? dup(at->fd) : listen_socket(at, in->ports[i] ? in->ports[i] : at->port, why);
    if (fd < 0)
        return at->fd >= 0 ? fail(why, ERR_AGAIN, "a given socket: %s", strerror(errno)) : why->code;
    evutil_make_socket_nonblocking(fd);
    in->ports[i] = bound_port(fd);
    l->bound[l->n_bound] = evhttp_accept_socket_with_handle(l->http, fd);
    if (!l->bound[l->n_bound++]) {
        l->n_bound--;
        close(fd);
        return fail(why, ERR_AGAIN, "cannot accept on port %d", in->ports[i]);
    }
    return OK;
}

static void *run_loop(void *loop)
{
    pthread_setname_np(pthread_self(), "http");
    event_base_loop(((struct loop *)loop)->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

/* One thread a loop, woken by its eventfd: no locks; changes to what is polled go to the kernel in one. */
static struct event_base *new_base(void)
{
    struct event_config *c = event_config_new();
    if (!c)
        return NULL;
    event_config_set_flag(c, EVENT_BASE_FLAG_NOLOCK);
    event_config_set_flag(c, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    struct event_base *base = event_base_new_with_config(c);
    event_config_free(c);
    return base;
}

static enum err make_loop(struct intake *in, struct loop *l, const struct intake_listen *listen, size_t n,
                          struct failure *why)
{
    l->in = in;
    pthread_mutex_init(&l->lock, NULL);
    l->base = new_base();
    l->http = l->base ? evhttp_new(l->base) : NULL;
    l->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    l->wake_event = l->base ? event_new(l->base, l->wake, EV_READ | EV_PERSIST, on_wake, l) : NULL;
    l->room_event = l->base ? event_new(l->base, -1, 0, on_room, l) : NULL;
    if (!l->http || l->wake < 0 || !l->wake_event || !l->room_event)
        return fail(why, ERR_AGAIN, "an event loop cannot be made");
    event_add(l->wake_event, NULL);
    evhttp_set_max_headers_size(l->http, (ev_ssize_t)in->limits.headers);
    /* past twice the limit libevent refuses by itself and before it has read everything; see pages.h */
    evhttp_set_max_body_size(l->http, (ev_ssize_t)in->limits.body * 2);
    evhttp_set_timeout(l->http, in->limits.timeout_s);
    evhttp_set_allowed_methods(l->http, UINT16_MAX); /* all, the unknown too: who handles the path refuses */
    evhttp_set_default_content_type(l->http, NULL);
    evhttp_set_gencb(l->http, on_request, l);
    evhttp_set_bevcb(l->http, on_connection, l);
    for (size_t i = 0; i < n; i++) {
        enum err rc = add_listener(l, &listen[i], i, why);
        if (rc != OK)
            return rc;
    }
    return OK;
}

enum err intake_start(const struct intake_listen *listen, size_t n, struct intake_limits limits,
                      intake_handle handle, void *ctx, struct intake **out, struct failure *why)
{
    struct intake *in = calloc(1, sizeof *in);
    if (!in || !(in->loops = calloc((size_t)limits.threads, sizeof *in->loops)))
        abort();
    in->limits = limits;
    in->handle = handle;
    in->ctx = ctx;
    in->pages = (struct pages){limits.body, limits.headers, count_page, in};
    in->n_listen = n < LISTEN_MAX ? n : LISTEN_MAX;
    for (int i = 0; i < limits.threads; i++) {
        enum err rc = make_loop(in, &in->loops[i], listen, in->n_listen, why);
        if (rc != OK) {
            intake_stop(in);
            return rc;
        }
    }
    census_start(&in->census, limits.connections);
    *out = in;
    for (int i = 0; i < limits.threads; i++) {
        in->loops[i].started = pthread_create(&in->loops[i].thread, NULL, run_loop, &in->loops[i]) == 0;
        if (!in->loops[i].started) {
            intake_stop(in);
            return fail(why, ERR_AGAIN, "a thread cannot start");
        }
    }
    return OK;
}

int intake_port(const struct intake *in, size_t i)
{
    return i < in->n_listen ? in->ports[i] : 0;
}

void intake_counters(const struct intake *in, struct intake_counters *out)
{
    struct intake *i = (struct intake *)in; /* atomics are loaded through a writable pointer */
    *out = (struct intake_counters){.requests = atomic_load(&i->requests),
                                    .answers = atomic_load(&i->answers),
                                    .aborted = atomic_load(&i->aborted),
                                    .pending = (uint64_t)atomic_load(&i->pending)};
    for (int s = 0; s < 600; s++)
        out->by_status[s] = atomic_load_explicit(&i->by_status[s], memory_order_relaxed);
}

/* ---- stop ---- */

static void free_loop(struct loop *l, bool clean)
{
    for (struct intake_call *c = l->pool, *next; c; c = next) {
        next = c->next;
        arena_free(&c->arena);
        free(c);
    }
    if (l->wake_event)
        event_free(l->wake_event);
    if (l->room_event)
        event_free(l->room_event);
    if (l->http && clean)
        evhttp_free(l->http);
    if (l->base && clean)
        event_base_free(l->base);
    if (l->wake >= 0)
        close(l->wake);
    pthread_mutex_destroy(&l->lock);
}

void intake_drain(struct intake *in, long grace_ms)
{
    int64_t until = clock_mono_us() + grace_ms * 1000;
    atomic_store(&in->closing, true);
    for (int i = 0; i < in->limits.threads; i++)
        wake(&in->loops[i]);
    while (atomic_load(&in->pending) > 0 && clock_mono_us() < until)
        usleep(5000);
}

void intake_stop(struct intake *in)
{
    atomic_store(&in->leaving, true);
    for (int i = 0; i < in->limits.threads; i++) {
        struct loop *l = &in->loops[i];
        if (!l->started)
            continue;
        wake(l);
        pthread_join(l->thread, NULL);
        send_ready(l); /* answers that came after its last round */
        event_base_loop(l->base, EVLOOP_NONBLOCK);
    }
    /* a call nobody answered in time still points into its connection: such loops are left to the end of the
     * process */
    bool clean = atomic_load(&in->pending) == 0;
    for (int i = 0; i < in->limits.threads; i++)
        if (in->loops[i].base || in->loops[i].in)
            free_loop(&in->loops[i], clean);
    free(in->loops);
    free(in);
}
