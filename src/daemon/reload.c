/* Another configuration while the daemon runs: read, checked, swapped, and told of. In the main thread. */
#include "base/log.h"
#include "daemon/daemon.h"
#include "journal/journal.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

/* ---- reading ---- */

static void keep_first(struct loaded *l, struct cfg_pos pos)
{
    struct out o;
    out_init(&o, l->first, sizeof l->first);
    out_cstr(&o, pos.file ? pos.file : "");
    if (pos.line)
        out_printf(&o, ":%d", pos.line);
}

static void keep_findings(struct loaded *l, const struct cfg_findings *f)
{
    FILE *all = open_memstream(&l->findings, &l->findings_n);
    if (!all)
        abort();
    cfg_findings_print(f, all);
    l->errors = f->errors;
    for (size_t i = f->n; i-- > 0;)
        if (f->items[i].severity == CFG_ERROR)
            keep_first(l, f->items[i].pos);
    if (fclose(all) != 0)
        abort();
}

struct loaded config_load(const char *path)
{
    struct loaded l = {.errors = 0};
    struct arena a;
    struct cfg_findings f;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    l.snap = snapshot_load(path, &f);
    if (l.snap)
        snapshot_check_dates(l.snap, clock_ms(), &f);
    keep_findings(&l, &f);
    cfg_findings_free(&f);
    arena_free(&a);
    return l;
}

void config_log(const struct loaded *l)
{
    struct str rest = {l->findings, l->findings_n};
    while (rest.n) {
        char line[1024];
        str_copy(str_split(&rest, '\n'), line, sizeof line);
        log_event(l->errors ? LOG_ERROR : LOG_WARN, "config", "what=\"%s\"", line);
    }
}

/* ---- who asked ---- */

#define NOBODY UINT32_MAX /* as the kernel says it of who never logged in */

/* Who logged in and then became root, say by sudo. */
static uint32_t login_of(pid_t pid)
{
    char path[64];
    unsigned uid = NOBODY;
    snprintf(path, sizeof path, "/proc/%d/loginuid", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return NOBODY;
    if (fscanf(f, "%u", &uid) != 1)
        uid = NOBODY;
    fclose(f);
    return uid;
}

static void name_of(uint32_t uid, char *out, size_t cap)
{
    char text[4096];
    struct passwd entry, *found = NULL;
    struct out o;
    out_init(&o, out, cap);
    if (getpwuid_r(uid, &entry, text, sizeof text, &found) == 0 && found)
        out_cstr(&o, found->pw_name);
    else
        out_printf(&o, "uid %u", uid);
}

/* hotlinectl says itself who logged in, since the sandbox hides its process from us. That is only as good as
 * its word, but whoever may send us a signal could also change the program. A signal of the service's own
 * user comes from the service manager: nobody logs in as that. */
static void who_asked(const siginfo_t *s, char *out, size_t cap)
{
    uint32_t login = s->si_code == SI_QUEUE ? (uint32_t)s->si_value.sival_int : login_of(s->si_pid);
    if (login != NOBODY)
        name_of(login, out, cap);
    else if (getenv("NOTIFY_SOCKET") && s->si_uid == geteuid())
        str_copy(STR("systemd"), out, cap);
    else
        name_of(s->si_uid, out, cap);
}

/* ---- rows for the journal, which is the engine's ---- */

enum { NOTES = 64 };

struct config_note {
    struct config_note *next;
    char text[ROW_NOTE];
};

/* d->lock is held. */
static void put_note(struct daemon *d, const char *text)
{
    struct config_note **last = &d->notes, *n = calloc(1, sizeof *n);
    size_t waiting = 0;
    if (!n)
        abort();
    for (; *last; last = &(*last)->next)
        waiting++;
    if (waiting == NOTES) {
        log_event(LOG_ERROR, "journal", "what=\"too many reloads wait to be noted\" lost=\"%s\"", text);
        free(n);
        return;
    }
    str_copy(str_of(text), n->text, sizeof n->text);
    *last = n;
}

static struct config_note *first_note(struct daemon *d)
{
    pthread_mutex_lock(&d->lock);
    struct config_note *n = d->notes;
    pthread_mutex_unlock(&d->lock);
    return n;
}

static void drop_note(struct daemon *d)
{
    pthread_mutex_lock(&d->lock);
    struct config_note *n = d->notes;
    d->notes = n->next;
    pthread_mutex_unlock(&d->lock);
    free(n);
}

void config_notes_write(struct daemon *d)
{
    struct failure why;
    struct config_note *n;
    while (engine_store_ok(d->engine) && (n = first_note(d))) {
        if (engine_note(d->engine, ROW_CONFIG, n->text, clock_ms(), &why) != OK) {
            log_event(LOG_WARN, "journal", "what=\"a reload is not noted yet\" why=\"%s\"", why.what);
            return;
        }
        drop_note(d);
    }
}

void config_notes_free(struct daemon *d)
{
    while (d->notes)
        drop_note(d);
}

/* ---- what is told of it ---- */

static void tell(struct daemon *d, struct live *l, const struct loaded *got)
{
    struct failure why;
    const struct snapshot *now = d->world->snap;
    l->pid = getpid();
    l->since = d->config_since;
    l->hosts = now->network->n_hosts;
    l->collaborators = now->network->n_collaborators;
    l->findings = (struct str){got->findings, got->findings_n};
    memcpy(l->stamp, now->rules.stamp, sizeof l->stamp);
    memcpy(l->waiting, d->config_waiting, sizeof l->waiting);
    if (journal_live_write(d->store_url, l, &why) != OK)
        log_event(LOG_WARN, "config", "what=\"hotlinectl reload cannot be answered\" why=\"%s\"", why.what);
}

void config_started(struct daemon *d, const struct loaded *got)
{
    struct live l = {.outcome = LIVE_STARTED, .asked_us = clock_mono_us()};
    tell(d, &l, got);
}

void config_keep_start(struct daemon *d)
{
    const struct settings *s = &d->world->snap->settings;
    struct out o;
    out_init(&o, d->at_start, sizeof d->at_start);
    settings_at_start(s, &o);
    out_init(&o, d->store_url, sizeof d->store_url);
    out_cstr(&o, s->store);
    d->config_since = d->started;
}

/* Of a file in the folder of the configuration: how it lies there. */
static const char *in_folder(const struct daemon *d, const char *file)
{
    const char *slash = strrchr(d->config_path, '/');
    size_t n = slash ? (size_t)(slash - d->config_path) + 1 : 0;
    return strncmp(file, d->config_path, n) == 0 ? file + n : file;
}

/* ---- the swap ---- */

/* Giving back a large configuration takes milliseconds: its last user should be this thread, not the engine.
 */
static void wait_until_unused(struct world *w)
{
    enum { TRIES = 200 };
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int i = 0; i < TRIES && atomic_load(&w->users) > 1; i++)
        nanosleep(&pause, NULL);
}

/* Until it decides by the new one and has written so, but not for ever: the store may be away. */
static void wait_for_engine(struct daemon *d)
{
    enum { TRIES = 1000 };
    const struct timespec pause = {.tv_nsec = 2000000};
    bool waits = true;
    queue_poke(&d->queue);
    for (int i = 0; i < TRIES && waits; i++) {
        pthread_mutex_lock(&d->lock);
        waits = d->next || d->notes;
        pthread_mutex_unlock(&d->lock);
        if (waits)
            nanosleep(&pause, NULL);
    }
}

static void find_waiting(struct daemon *d, const struct settings *now, char *waiting, size_t cap)
{
    char text[sizeof d->at_start];
    struct out o, found;
    out_init(&o, text, sizeof text);
    settings_at_start(now, &o);
    out_init(&found, waiting, cap);
    settings_waiting(str_of(d->at_start), out_span(&o), &found);
    if (*waiting)
        log_event(LOG_WARN, "config", "what=\"these settings wait for a restart\" keys=\"%s\"", waiting);
}

static void note_taken(const struct live *l, const struct snapshot *old, const struct snapshot *s,
                       struct out *o)
{
    if (l->outcome == LIVE_SAME) {
        out_printf(o, "%s as before, by %s: only secrets were read anew", l->was, l->by);
        return;
    }
    out_printf(o, "%s -> %s by %s: %zu hosts, %zu collaborators; ", l->was, s->rules.stamp, l->by,
               s->network->n_hosts, s->network->n_collaborators);
    snapshot_changes(&old->files, &s->files, o);
}

static void take(struct daemon *d, struct live *l, const struct loaded *got)
{
    struct snapshot *s = got->snap;
    struct world *w = world_create(s), *old = d->world;
    char waiting[sizeof d->config_waiting], note[ROW_NOTE];
    struct out o;
    l->outcome = strcmp(l->was, s->rules.stamp) == 0 ? LIVE_SAME : LIVE_TAKEN;
    find_waiting(d, &s->settings, waiting, sizeof waiting);
    out_init(&o, note, sizeof note);
    note_taken(l, old->snap, s, &o);
    pthread_mutex_lock(&d->lock);
    struct world *unused = d->next;
    d->world = w;
    d->next = world_hold(w);
    d->reload_refused = false;
    if (l->outcome == LIVE_TAKEN)
        d->config_since = clock_ms();
    memcpy(d->config_waiting, waiting, sizeof waiting);
    put_note(d, note);
    pthread_mutex_unlock(&d->lock);
    world_release(unused);
    wait_for_engine(d);
    atomic_fetch_add(&d->reloads, 1);
    tell(d, l, got);
    log_event(LOG_INFO, "reload", "stamp=%s hosts=%zu collaborators=%zu by=\"%s\"", s->rules.stamp,
              s->network->n_hosts, s->network->n_collaborators, l->by);
    wait_until_unused(old);
    world_release(old);
}

static void refuse(struct daemon *d, struct live *l, const struct loaded *got)
{
    char note[ROW_NOTE];
    struct out o;
    l->outcome = LIVE_REFUSED;
    out_init(&o, note, sizeof note);
    out_printf(&o, "refused, by %s: %zu errors; %s stays; the first: %s", l->by, got->errors, l->was,
               in_folder(d, got->first));
    pthread_mutex_lock(&d->lock);
    d->reload_refused = true;
    put_note(d, note);
    pthread_mutex_unlock(&d->lock);
    wait_for_engine(d);
    atomic_fetch_add(&d->reload_failures, 1);
    tell(d, l, got);
    log_event(LOG_ERROR, "reload",
              "what=\"refused; the old configuration stays in force\" errors=%zu by=\"%s\"", got->errors,
              l->by);
}

void config_reload(struct daemon *d, const siginfo_t *asked)
{
    struct live l = {.asked_us = clock_mono_us()};
    who_asked(asked, l.by, sizeof l.by);
    memcpy(l.was, d->world->snap->rules.stamp, sizeof l.was);
    sd_notifyf(0, "RELOADING=1\nSTATUS=Reading the configuration");
    struct loaded got = config_load(d->config_path);
    config_log(&got);
    if (got.snap)
        take(d, &l, &got);
    else
        refuse(d, &l, &got);
    free(got.findings);
    sd_notifyf(0, "READY=1\nSTATUS=Running");
}
