/* What hotlined is measured against: a bare evhttp server on two event loops that answers at once, and with
 * --commit DB the same server answering after a group commit of one journal row, one session and one outbox
 * row a request, and nothing else: no decoding, no sealing, no dialogue.
 *
 * usage: baseline PORT [--commit DB]
 */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/thread.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOOPS = 2, BATCH = 256, WAITING = 4096 };

struct loop {
    struct event_base *base;
    int wake;
    pthread_mutex_t lock;
    struct evhttp_request *ready[WAITING]; /* committed, to be answered */
    size_t n;
    pthread_t thread;
};
struct waiting {
    struct evhttp_request *req;
    struct loop *loop;
};

static struct loop loops[LOOPS];
static struct waiting queue[WAITING];
static size_t queued;
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_wake = PTHREAD_COND_INITIALIZER;
static sqlite3 *db;
static sqlite3_stmt *journal, *session, *outbox;

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "baseline: %s\n", what);
        exit(1);
    }
}

static void answer(struct evhttp_request *r)
{
    static const char text[] = "Da nhan. Ban co dang gap nguy hiem khong? 1 Co 2 Khong";
    evhttp_add_header(evhttp_request_get_output_headers(r), "Content-Type", "text/plain; charset=utf-8");
    evbuffer_add(evhttp_request_get_output_buffer(r), text, sizeof text - 1);
    evhttp_send_reply(r, 200, NULL, NULL);
}

static void on_request(struct evhttp_request *r, void *ctx)
{
    if (!db) {
        answer(r);
        return;
    }
    pthread_mutex_lock(&queue_lock);
    must(queued < WAITING, "too many requests at once");
    queue[queued++] = (struct waiting){r, ctx};
    pthread_cond_signal(&queue_wake);
    pthread_mutex_unlock(&queue_lock);
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    struct loop *l = ctx;
    uint64_t count;
    struct evhttp_request *ready[WAITING];
    (void)what;
    must(read(fd, &count, sizeof count) == sizeof count, "eventfd");
    pthread_mutex_lock(&l->lock);
    size_t n = l->n;
    memcpy(ready, l->ready, n * sizeof ready[0]);
    l->n = 0;
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < n; i++)
        answer(ready[i]);
}

/* ---- the group commit ---- */

static void run(sqlite3_stmt *st)
{
    must(sqlite3_step(st) == SQLITE_DONE, sqlite3_errmsg(db));
    sqlite3_reset(st);
}

static void put_rows(sqlite3_int64 n)
{
    static const char row[120], state[160], body[200];
    sqlite3_bind_int64(journal, 1, n);
    sqlite3_bind_blob(journal, 2, row, sizeof row, SQLITE_STATIC);
    run(journal);
    sqlite3_bind_int64(session, 1, n % 10000);
    sqlite3_bind_blob(session, 2, state, sizeof state, SQLITE_STATIC);
    run(session);
    sqlite3_bind_int64(outbox, 1, n);
    sqlite3_bind_blob(outbox, 2, body, sizeof body, SQLITE_STATIC);
    run(outbox);
}

static void hand_back(const struct waiting *batch, size_t n)
{
    for (struct loop *l = loops; l < loops + LOOPS; l++) {
        uint64_t one = 1;
        pthread_mutex_lock(&l->lock);
        for (size_t i = 0; i < n; i++)
            if (batch[i].loop == l)
                l->ready[l->n++] = batch[i].req;
        bool some = l->n > 0;
        pthread_mutex_unlock(&l->lock);
        if (some)
            must(write(l->wake, &one, sizeof one) == sizeof one, "eventfd");
    }
}

static void commit_forever(void)
{
    sqlite3_int64 total = 0;
    for (;;) {
        struct waiting batch[BATCH];
        pthread_mutex_lock(&queue_lock);
        while (queued == 0)
            pthread_cond_wait(&queue_wake, &queue_lock);
        size_t n = queued < BATCH ? queued : BATCH;
        memcpy(batch, queue, n * sizeof batch[0]);
        memmove(queue, queue + n, (queued - n) * sizeof queue[0]);
        queued -= n;
        pthread_mutex_unlock(&queue_lock);
        must(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, "BEGIN");
        for (size_t i = 0; i < n; i++)
            put_rows(++total);
        must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "COMMIT");
        hand_back(batch, n);
    }
}

static void open_db(const char *path)
{
    must(sqlite3_open(path, &db) == SQLITE_OK, "cannot open the database");
    must(sqlite3_exec(db,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                      "CREATE TABLE journal(seq INTEGER PRIMARY KEY, row BLOB);"
                      "CREATE TABLE session(id INTEGER PRIMARY KEY, state BLOB);"
                      "CREATE TABLE outbox(id INTEGER PRIMARY KEY, body BLOB);",
                      NULL, NULL, NULL) == SQLITE_OK,
         sqlite3_errmsg(db));
    must(sqlite3_prepare_v2(db, "INSERT INTO journal VALUES(?1, ?2)", -1, &journal, NULL) == SQLITE_OK &&
             sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO session VALUES(?1, ?2)", -1, &session, NULL) ==
                 SQLITE_OK &&
             sqlite3_prepare_v2(db, "INSERT INTO outbox VALUES(?1, ?2)", -1, &outbox, NULL) == SQLITE_OK,
         sqlite3_errmsg(db));
}

/* ---- the server ---- */

static int listen_on(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
             setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 &&
             setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
             bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1024) == 0,
         "cannot listen");
    return fd;
}

static void *run_loop(void *base)
{
    event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

static void start_loop(struct loop *l, int port)
{
    pthread_mutex_init(&l->lock, NULL);
    l->base = event_base_new();
    l->wake = eventfd(0, EFD_NONBLOCK);
    struct evhttp *http = evhttp_new(l->base);
    must(http && l->wake >= 0, "no event loop");
    event_add(event_new(l->base, l->wake, EV_READ | EV_PERSIST, on_wake, l), NULL);
    evhttp_set_gencb(http, on_request, l);
    must(evhttp_accept_socket(http, listen_on(port)) == 0, "cannot accept");
    must(pthread_create(&l->thread, NULL, run_loop, l->base) == 0, "no thread");
}

int main(int argc, char **argv)
{
    must(argc == 2 || (argc == 4 && strcmp(argv[2], "--commit") == 0), "usage: baseline PORT [--commit DB]");
    evthread_use_pthreads();
    if (argc == 4)
        open_db(argv[3]);
    for (int i = 0; i < LOOPS; i++)
        start_loop(&loops[i], atoi(argv[1]));
    if (db)
        commit_forever();
    pause();
    return 0;
}
