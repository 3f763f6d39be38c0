/* The daemon: reads its options, wires the rooms, runs the loops. */
#include "base/log.h"
#include "daemon/daemon.h"
#include "journal/journal.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define STUCK_US 20000000 /* an engine silent for this long no longer pets the watchdog */
#define GRACE_MS 10000

static void usage(FILE *to)
{
    fputs("usage: hotlined -c FILE [-t] [-v]\n"
          "  -c, --config FILE   the configuration (default " HOTLINED_SYSCONFDIR "/hotlined/hotlined.conf)\n"
          "  -t, --test          test the configuration, print what is wrong, exit 0 or 1\n"
          "  -v, --verbose       log more\n"
          "      --version       print the version\n"
          "  -h, --help          print this\n"
          "SIGHUP reloads the configuration, SIGTERM answers what is under way and stops.\n",
          to);
}

static int test_only(const char *path)
{
    struct loaded l = config_load(path);
    fprintf(stderr, STR_FMT, (int)l.findings_n, l.findings);
    if (l.snap)
        fprintf(stderr, "%s: ok, stamp %s\n", path, l.snap->rules.stamp);
    else
        fprintf(stderr, "%s: %zu errors; nothing was changed\n", path, l.errors);
    int rc = l.snap ? 0 : 1;
    snapshot_free(l.snap);
    free(l.findings);
    return rc;
}

/* ---- start ---- */

/* Numbers and texts pass through this memory: it must not end in a core file or under a debugger of others.
 */
static void keep_memory_private(void)
{
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        log_event(LOG_WARN, "start", "what=\"core dumps could not be switched off\"");
}

/* Connections need descriptors beside those of the store and the courier. */
static void raise_descriptors(const struct settings *s)
{
    struct rlimit now;
    rlim_t want = (rlim_t)(s->connections + s->courier_total + 64);
    if (getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur >= want)
        return;
    now.rlim_cur = want < now.rlim_max ? want : now.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur < want)
        log_event(LOG_WARN, "start",
                  "what=\"%llu descriptors are allowed, %llu wanted for connections and courier_total; raise "
                  "LimitNOFILE or lower them\"",
                  (unsigned long long)now.rlim_cur, (unsigned long long)want);
}

static bool open_store(struct daemon *d, const struct settings *s)
{
    char path[4096];
    uint8_t key[JOURNAL_KEY];
    struct failure why = {OK, ""};
    cfg_secret_path(s->secrets, s->master_key, path, sizeof path);
    bool ok = journal_key_load(path, key, &why) == OK &&
              journal_open(s->store, key, JOURNAL_WRITE, &d->store, &why) == OK;
    sodium_memzero(key, sizeof key);
    if (!ok)
        log_event(LOG_ERROR, "start", "what=\"cannot open the store\" why=\"%s\"", why.what);
    return ok;
}

static bool start_engine(struct daemon *d, const struct settings *s)
{
    struct rng rng;
    struct failure why = {OK, ""};
    struct engine_hooks hooks = {.send = outgoing_send, .mono_us = clock_mono_us, .ctx = d};
    struct courier_limits limits = {.queue = (size_t)s->courier_queue,
                                    .per_host = (size_t)s->courier_per_host,
                                    .total = (size_t)s->courier_total,
                                    .connect_ms = 5000};
    rng_seed_system(&rng);
    d->courier = courier_start(limits, outgoing_done, d, &why);
    if (!d->courier) {
        log_event(LOG_ERROR, "start", "what=\"cannot start the courier\" why=\"%s\"", why.what);
        return false;
    }
    d->engine = engine_create(&d->store, &d->engine_world->snap->rules, hooks, &rng);
    char note[ROW_NOTE];
    snprintf(note, sizeof note, "%s %s", HOTLINED_VERSION, d->engine_world->snap->rules.stamp);
    if (engine_note(d->engine, ROW_START, note, clock_ms(), &why) != OK) {
        log_event(LOG_ERROR, "start", "what=\"cannot write to the store\" why=\"%s\"", why.what);
        return false;
    }
    return true;
}

static bool start_intake(struct daemon *d, const struct settings *s)
{
    enum { MOST = 16 };
    struct intake_listen listen[MOST];
    char hosts[MOST][256];
    struct failure why = {OK, ""};
    size_t n = 0;
    int given = sd_listen_fds(1);
    for (int i = 0; i < given && n < MOST; i++)
        listen[n++] = (struct intake_listen){.fd = SD_LISTEN_FDS_START + i};
    for (size_t i = 0; given <= 0 && i < s->listen.n && n < MOST; i++) {
        int port;
        if (settings_listen(s->listen.items[i], hosts[n], &port)) /* else the snapshot would not be there */
            listen[n] = (struct intake_listen){.host = hosts[n], .port = port, .fd = -1}, n++;
    }
    struct intake_limits limits = {.threads = (int)s->threads,
                                   .body = (size_t)s->body_limit,
                                   .headers = (size_t)s->header_limit,
                                   .timeout_s = (int)s->timeout_s,
                                   .connections = (int)s->connections,
                                   .pending = (int)s->pending,
                                   .rate = (int)s->rate};
    if (intake_start(listen, n, limits, http_handle, d, &d->intake, &why) != OK) {
        log_event(LOG_ERROR, "start", "what=\"cannot listen\" why=\"%s\"", why.what);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        log_event(LOG_INFO, "listen", "port=%d", intake_port(d->intake, i));
    return true;
}

/* ---- run ---- */

static void watch(struct daemon *d)
{
    if (clock_mono_us() - atomic_load(&d->heartbeat_us) < STUCK_US)
        sd_notify(0, "WATCHDOG=1");
    else
        log_event(LOG_ERROR, "watchdog", "what=\"the engine does not move\"");
}

static void run(struct daemon *d, const sigset_t *signals)
{
    uint64_t watchdog_us = 0;
    if (sd_watchdog_enabled(0, &watchdog_us) <= 0)
        watchdog_us = 0;
    int64_t every_us = watchdog_us ? (int64_t)watchdog_us / 3 : 3600000000;
    struct timespec wait = {.tv_sec = every_us / 1000000, .tv_nsec = every_us % 1000000 * 1000};
    for (;;) {
        siginfo_t from;
        int sig = sigtimedwait(signals, &from, &wait);
        if (sig == SIGHUP)
            config_reload(d, &from);
        else if (sig == SIGTERM || sig == SIGINT)
            break;
        else if (sig < 0 && errno == EAGAIN && watchdog_us)
            watch(d);
    }
}

/* New requests end first, what is under way is answered, then the outbox rests until the next start. */
static void stop(struct daemon *d)
{
    struct failure why;
    log_event(LOG_INFO, "stop", "what=\"answering what is under way\"");
    sd_notify(0, "STOPPING=1");
    atomic_store(&d->stopping, true);
    intake_drain(d->intake, GRACE_MS);
    practice_stop(d->practice);
    courier_stop(d->courier, GRACE_MS / 2);
    queue_close(&d->queue);
    pthread_join(d->engine_thread, NULL);
    courier_free(d->courier);
    intake_stop(d->intake);
    practice_free(d->practice);
    if (engine_note(d->engine, ROW_STOP, HOTLINED_VERSION, clock_ms(), &why) != OK)
        log_event(LOG_ERROR, "stop", "what=\"the stop could not be noted\" why=\"%s\"", why.what);
    log_event(LOG_INFO, "stop", "what=done");
}

static int serve(struct daemon *d, const struct loaded *first, const sigset_t *signals)
{
    const struct settings *s = &d->world->snap->settings;
    raise_descriptors(s);
    if (!open_store(d, s))
        return 1;
    d->practice = practice_open();
    if (!start_engine(d, s) || !start_intake(d, s)) {
        practice_stop(d->practice);
        practice_free(d->practice);
        journal_close(&d->store);
        return 1;
    }
    if (pthread_create(&d->engine_thread, NULL, engine_loop, d) != 0) {
        log_event(LOG_ERROR, "start", "what=\"cannot start a thread\"");
        return 1;
    }
    log_event(LOG_INFO, "start", "version=%s stamp=%s hosts=%zu collaborators=%zu", HOTLINED_VERSION,
              d->world->snap->rules.stamp, d->world->snap->network->n_hosts,
              d->world->snap->network->n_collaborators);
    config_started(d, first);
    sd_notify(0, "READY=1\nSTATUS=Running");
    run(d, signals);
    stop(d);
    engine_destroy(d->engine);
    journal_close(&d->store);
    return 0;
}

static int daemon_main(const char *path)
{
    static struct daemon d;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread: they inherit it */
    signal(SIGPIPE, SIG_IGN);
    keep_memory_private();
    struct loaded first = config_load(path);
    struct snapshot *snap = first.snap;
    config_log(&first);
    if (!snap) {
        log_event(LOG_ERROR, "start", "what=\"the configuration has errors\" errors=%zu", first.errors);
        free(first.findings);
        return 1;
    }
    d = (struct daemon){
        .config_path = path, .batch_max = (size_t)snap->settings.batch_max, .started = clock_ms()};
    pthread_mutex_init(&d.lock, NULL);
    d.world = world_create(snap);
    d.engine_world = world_hold(d.world);
    config_keep_start(&d);
    d.replays = replays_create();
    atomic_store(&d.store_ok, true);
    atomic_store(&d.heartbeat_us, clock_mono_us());
    queue_init(&d.queue, (size_t)snap->settings.queue);
    int rc = serve(&d, &first, &signals);
    free(first.findings);
    config_notes_free(&d);
    world_release(d.engine_world);
    world_release(d.next);
    world_release(d.world);
    replays_destroy(d.replays);
    queue_destroy(&d.queue);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"test", no_argument, NULL, 't'},
        {"verbose", no_argument, NULL, 'v'},      {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    const char *path = HOTLINED_SYSCONFDIR "/hotlined/hotlined.conf";
    bool test = false, verbose = false;
    for (int c; (c = getopt_long(argc, argv, "c:tvh", options, NULL)) != -1;)
        switch (c) {
        case 'c':
            path = optarg;
            break;
        case 't':
            test = true;
            break;
        case 'v':
            verbose = true;
            break;
        case 'V':
            puts("hotlined " HOTLINED_VERSION);
            return 0;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 2;
        }
    if (optind < argc) {
        usage(stderr);
        return 2;
    }
    log_init(verbose ? LOG_DEBUG : LOG_INFO);
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        log_event(LOG_ERROR, "start", "what=\"libsodium or libcurl cannot start\"");
        return 1;
    }
    int rc = test ? test_only(path) : daemon_main(path);
    curl_global_cleanup();
    return rc;
}
