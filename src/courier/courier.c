#include "courier/courier.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BODY_MAX 65536
#define HOSTS 64            /* hosts whose breakers are remembered */
#define BREAK_AFTER 5       /* failed connections in a row open the breaker */
#define BREAK_FIRST_MS 1000 /* then requests fail at once for this long, doubling */
#define BREAK_MOST_MS 60000
#define SPARE 64 /* handles kept for the next sends */

struct send { /* one request, owned: queued, then under way */
    struct send *next, *prev;
    struct courier *c;
    uint64_t id;
    CURL *easy;
    struct curl_slist *headers;
    char *url, *method, *body;
    size_t body_n;
    long timeout_ms;
    char *answer;
    size_t answer_n;
    struct breaker *breaker;
};

struct breaker {
    char host[128];
    unsigned failures;
    msec wait, until;
};

struct courier {
    struct courier_limits limits;
    courier_done done;
    void *ctx;
    CURLM *multi;
    CURL *spare[SPARE];
    size_t n_spare;
    pthread_t thread;
    pthread_mutex_t lock; /* guards waiting, n_waiting, stop */
    struct send *waiting, *waiting_last;
    size_t n_waiting;
    size_t under_way;
    struct send *active;
    struct breaker breakers[HOSTS];
    bool stop;
    msec stop_at;
    int wake;
};

/* ---- one send ---- */

static void send_free(struct send *s)
{
    if (!s)
        return;
    if (s->easy && s->c->n_spare < SPARE)
        s->c->spare[s->c->n_spare++] = s->easy;
    else if (s->easy)
        curl_easy_cleanup(s->easy);
    curl_slist_free_all(s->headers);
    free(s->url);
    free(s->method);
    if (s->body)
        memset(s->body, 0, s->body_n);
    free(s->body);
    free(s->answer);
    free(s);
}

static char *copy(struct str s)
{
    char *p = malloc(s.n + 1);
    if (!p)
        abort();
    if (s.n)
        memcpy(p, s.s, s.n);
    p[s.n] = '\0';
    return p;
}

static struct curl_slist *header_list(const struct courier_request *r)
{
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < r->n_headers; i++) {
        size_t n = r->headers[i].name.n + r->headers[i].value.n + 3;
        char *line = malloc(n);
        struct out o;
        if (!line)
            abort();
        out_init(&o, line, n);
        out_str(&o, r->headers[i].name);
        out_cstr(&o, ": ");
        out_str(&o, r->headers[i].value);
        list = curl_slist_append(list, line);
        free(line);
    }
    return curl_slist_append(list, "Expect:"); /* small bodies need no second round trip */
}

static size_t collect(char *data, size_t size, size_t n, void *to)
{
    struct send *s = to;
    size_t got = size * n, room = BODY_MAX - s->answer_n, some = got < room ? got : room;
    if (!s->answer)
        s->answer = malloc(BODY_MAX);
    if (!s->answer)
        abort();
    memcpy(s->answer + s->answer_n, data, some);
    s->answer_n += some;
    return got; /* what is longer is read and forgotten */
}

static void set_up(struct send *s)
{
    struct courier *c = s->c;
    CURL *e = s->easy = c->n_spare ? c->spare[--c->n_spare] : curl_easy_init();
    if (!e)
        abort();
    curl_easy_reset(e);
    curl_easy_setopt(e, CURLOPT_PRIVATE, s);
    curl_easy_setopt(e, CURLOPT_URL, s->url);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, s->c->limits.connect_ms ? s->c->limits.connect_ms : 5000L);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, s->timeout_ms ? s->timeout_ms : 15000L);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, s->headers);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "hotlined/" HOTLINED_VERSION);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
    if (s->c->limits.ca_file)
        curl_easy_setopt(e, CURLOPT_CAINFO, s->c->limits.ca_file);
    if (strcmp(s->method, "GET") != 0) {
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)s->body_n);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, s->body);
        curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, s->method);
    }
}

/* ---- circuit breakers ---- */

static void host_of(const char *url, char *host, size_t cap)
{
    const char *from = strstr(url, "://");
    from = from ? from + 3 : url;
    str_copy((struct str){from, strcspn(from, "/?#")}, host, cap);
}

static struct breaker *breaker_of(struct courier *c, const char *url)
{
    char host[128];
    struct breaker *free_one = NULL;
    host_of(url, host, sizeof host);
    for (size_t i = 0; i < HOSTS; i++) {
        if (strcmp(c->breakers[i].host, host) == 0)
            return &c->breakers[i];
        if (!free_one && (!*c->breakers[i].host || !c->breakers[i].failures))
            free_one = &c->breakers[i];
    }
    if (!free_one)
        return NULL;
    *free_one = (struct breaker){0};
    memcpy(free_one->host, host, sizeof host);
    return free_one;
}

static void breaker_learn(struct breaker *b, bool connected)
{
    if (!b)
        return;
    if (connected) {
        b->failures = 0;
        b->wait = b->until = 0;
    } else if (++b->failures >= BREAK_AFTER) {
        b->wait = b->wait ? b->wait * 2 : BREAK_FIRST_MS;
        b->wait = b->wait < BREAK_MOST_MS ? b->wait : BREAK_MOST_MS;
        b->until = clock_ms() + b->wait;
    }
}

/* ---- the loop ---- */

static void take_out(struct courier *c, struct send *s)
{
    if (s->prev)
        s->prev->next = s->next;
    else
        c->active = s->next;
    if (s->next)
        s->next->prev = s->prev;
    c->under_way--;
}

static void put_in(struct courier *c, struct send *s)
{
    s->prev = NULL;
    s->next = c->active;
    if (c->active)
        c->active->prev = s;
    c->active = s;
    c->under_way++;
}

static void finish(struct courier *c, struct send *s, CURLcode code)
{
    struct courier_result r = {.id = s->id, .error = ""};
    long status = 0;
    curl_off_t retry = 0;
    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK) {
        curl_easy_getinfo(s->easy, CURLINFO_RETRY_AFTER, &retry);
        r.status = (int)status;
        r.retry_after = (msec)retry * SECOND_MS;
        r.body = (struct str){s->answer, s->answer_n};
    } else {
        r.error = curl_easy_strerror(code);
    }
    breaker_learn(s->breaker, code != CURLE_COULDNT_CONNECT && code != CURLE_COULDNT_RESOLVE_HOST);
    curl_multi_remove_handle(c->multi, s->easy);
    take_out(c, s);
    c->done(c->ctx, &r);
    send_free(s);
}

static void begin(struct courier *c, struct send *s)
{
    s->breaker = breaker_of(c, s->url);
    if (s->breaker && clock_ms() < s->breaker->until) {
        struct courier_result r = {.id = s->id,
                                   .error = "not tried: connections to this host failed just before",
                                   .retry_after = s->breaker->until - clock_ms()};
        c->done(c->ctx, &r);
        send_free(s);
        return;
    }
    set_up(s);
    put_in(c, s);
    curl_multi_add_handle(c->multi, s->easy);
}

static struct send *next_waiting(struct courier *c)
{
    pthread_mutex_lock(&c->lock);
    struct send *s = c->stop ? NULL : c->waiting;
    if (s) {
        c->waiting = s->next;
        if (!c->waiting)
            c->waiting_last = NULL;
        c->n_waiting--;
    }
    pthread_mutex_unlock(&c->lock);
    return s;
}

static bool stopping(struct courier *c)
{
    pthread_mutex_lock(&c->lock);
    bool stop = c->stop && (c->under_way == 0 || clock_ms() >= c->stop_at);
    pthread_mutex_unlock(&c->lock);
    return stop;
}

static void *loop(void *courier)
{
    struct courier *c = courier;
    pthread_setname_np(pthread_self(), "courier");
    while (!stopping(c)) {
        struct curl_waitfd wake = {.fd = c->wake, .events = CURL_WAIT_POLLIN};
        uint64_t count;
        int running, left;
        bool landed = false;
        struct send *s;
        while (c->under_way < c->limits.total && (s = next_waiting(c)))
            begin(c, s);
        curl_multi_perform(c->multi, &running);
        for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));)
            if (m->msg == CURLMSG_DONE) {
                curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &s);
                finish(c, s, m->data.result);
                landed = true;
            }
        if (landed)
            continue;                                    /* there is room for those that wait */
        curl_multi_poll(c->multi, &wake, 1, 1000, NULL); /* sends that wait were announced at `wake` */
        if (read(c->wake, &count, sizeof count) < 0 && errno != EAGAIN)
            break;
    }
    return NULL;
}

/* ---- the door ---- */

struct courier *courier_start(struct courier_limits limits, courier_done done, void *ctx, struct failure *why)
{
    struct courier *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->limits = limits;
    c->done = done;
    c->ctx = ctx;
    c->multi = curl_multi_init();
    c->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&c->lock, NULL);
    if (!c->multi || c->wake < 0) {
        fail(why, ERR_AGAIN, "the courier cannot start: %s", strerror(errno));
        free(c);
        return NULL;
    }
    curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)limits.per_host);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)limits.total);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)limits.total);
    if (pthread_create(&c->thread, NULL, loop, c) != 0) {
        fail(why, ERR_AGAIN, "the courier's thread cannot start");
        curl_multi_cleanup(c->multi);
        close(c->wake);
        free(c);
        return NULL;
    }
    return c;
}

static void wake(struct courier *c)
{
    uint64_t one = 1;
    ssize_t done = write(c->wake, &one, sizeof one);
    (void)done; /* full means it is awake */
}

bool courier_submit(struct courier *c, const struct courier_request *r)
{
    pthread_mutex_lock(&c->lock);
    bool room = !c->stop && c->n_waiting < c->limits.queue;
    pthread_mutex_unlock(&c->lock);
    if (!room)
        return false;
    struct send *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    *s = (struct send){.c = c,
                       .id = r->id,
                       .url = copy(r->url),
                       .method = copy(str_of(r->method)),
                       .body = copy(r->body),
                       .body_n = r->body.n,
                       .timeout_ms = r->timeout_ms,
                       .headers = header_list(r)};
    pthread_mutex_lock(&c->lock);
    if (c->waiting_last)
        c->waiting_last->next = s;
    else
        c->waiting = s;
    c->waiting_last = s;
    c->n_waiting++;
    pthread_mutex_unlock(&c->lock);
    wake(c);
    return true;
}

size_t courier_room(struct courier *c)
{
    pthread_mutex_lock(&c->lock);
    size_t room = c->stop || c->n_waiting >= c->limits.queue ? 0 : c->limits.queue - c->n_waiting;
    pthread_mutex_unlock(&c->lock);
    return room;
}

static void give_back(struct courier *c, struct send *s)
{
    struct courier_result r = {.id = s->id, .error = "not finished before the stop"};
    c->done(c->ctx, &r);
    send_free(s);
}

void courier_stop(struct courier *c, long grace_ms)
{
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    c->stop_at = clock_ms() + grace_ms;
    pthread_mutex_unlock(&c->lock);
    wake(c);
    pthread_join(c->thread, NULL);
    for (struct send *s = c->waiting, *next; s; s = next) {
        next = s->next;
        give_back(c, s);
    }
    c->waiting = c->waiting_last = NULL;
    c->n_waiting = 0;
    for (struct send *s = c->active, *next; s; s = next) {
        next = s->next;
        curl_multi_remove_handle(c->multi, s->easy);
        take_out(c, s);
        give_back(c, s);
    }
}

void courier_free(struct courier *c)
{
    while (c->n_spare)
        curl_easy_cleanup(c->spare[--c->n_spare]);
    curl_multi_cleanup(c->multi);
    close(c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
