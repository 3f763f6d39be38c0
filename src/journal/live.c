/* Who holds a store, and what that daemon says of its configuration: files beside the store. */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool beside(const char *url, const char *suffix, char *path, size_t cap)
{
    static const char sqlite[] = "sqlite:";
    struct out o;
    if (strncmp(url, sqlite, sizeof sqlite - 1) != 0)
        return false;
    out_init(&o, path, cap);
    out_printf(&o, "%s%s", url + sizeof sqlite - 1, suffix);
    return !o.overflow;
}

static enum err not_opened(const char *path, struct failure *why)
{
    if (errno == ENOENT)
        return fail(why, ERR_MISSING, "%s is not there", path);
    return fail(why, errno == EACCES || errno == EPERM ? ERR_AUTH : ERR_AGAIN, "%s: %s", path,
                strerror(errno));
}

enum err journal_holder(const char *url, pid_t *pid, struct failure *why)
{
    char path[4096];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    *pid = 0;
    if (!beside(url, ".lock", path, sizeof path))
        return fail(why, ERR_MISSING, "the store \"%s\" is no file", url);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return not_opened(path, why);
    int got = fcntl(fd, F_GETLK, &lock);
    close(fd);
    if (got != 0)
        return fail(why, ERR_AGAIN, "%s: %s", path, strerror(errno));
    if (lock.l_type == F_UNLCK || lock.l_pid <= 0) /* a lock of no process is not the daemon's */
        return fail(why, ERR_MISSING, "nobody holds %s", path);
    *pid = lock.l_pid;
    return OK;
}

/* ---- what the daemon says ---- */

static const char *const outcomes[] = {"started", "taken", "same", "refused"};
enum { OUTCOMES = sizeof outcomes / sizeof outcomes[0] };

static bool write_all(const char *path, const struct live *l)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return false;
    FILE *f = fopen(path, "wxe"); /* never through a link that somebody laid there */
    if (!f)
        return false;
    fprintf(f, "pid %d\nasked %lld\nsince %lld\noutcome %s\nstamp %s\nwas %s\nby %s\n", (int)l->pid,
            (long long)l->asked_us, (long long)l->since, outcomes[l->outcome], l->stamp, l->was, l->by);
    fprintf(f, "hosts %zu\ncollaborators %zu\nwaiting %s\n" STR_FMT, l->hosts, l->collaborators, l->waiting,
            STR_ARG(l->findings));
    bool ok = fflush(f) == 0 && !ferror(f);
    return fclose(f) == 0 && ok;
}

enum err journal_live_write(const char *url, const struct live *l, struct failure *why)
{
    char path[4096], fresh[4096];
    if (!beside(url, ".live", path, sizeof path) || !beside(url, ".live.new", fresh, sizeof fresh))
        return OK; /* a store in memory: nobody else can ask */
    mode_t before = umask(077);
    bool ok = write_all(fresh, l) && rename(fresh, path) == 0;
    umask(before);
    return ok ? OK : fail(why, ERR_AGAIN, "%s: %s", path, strerror(errno));
}

static bool read_number(struct str s, int64_t *out)
{
    uint64_t v;
    bool ok = str_to_u64(s, INT64_MAX, &v);
    *out = ok ? (int64_t)v : 0;
    return ok;
}

static void read_line(struct live *l, struct str key, struct str value)
{
    int64_t n = 0;
    read_number(value, &n);
    if (str_is(key, "pid"))
        l->pid = (pid_t)n;
    else if (str_is(key, "asked"))
        l->asked_us = n;
    else if (str_is(key, "since"))
        l->since = n;
    else if (str_is(key, "hosts"))
        l->hosts = (size_t)n;
    else if (str_is(key, "collaborators"))
        l->collaborators = (size_t)n;
    else if (str_is(key, "stamp"))
        str_copy(value, l->stamp, sizeof l->stamp);
    else if (str_is(key, "was"))
        str_copy(value, l->was, sizeof l->was);
    else if (str_is(key, "by"))
        str_copy(value, l->by, sizeof l->by);
    for (int i = 0; str_is(key, "outcome") && i < OUTCOMES; i++)
        if (str_is(value, outcomes[i]))
            l->outcome = (enum live_outcome)i;
}

enum err journal_live_read(const char *url, struct live *out, struct arena *a, struct failure *why)
{
    char path[4096];
    struct cfg_findings f;
    struct str text = {NULL, 0};
    *out = (struct live){.pid = 0};
    if (!beside(url, ".live", path, sizeof path))
        return fail(why, ERR_MISSING, "the store \"%s\" is no file", url);
    cfg_findings_init(&f, a);
    bool ok = cfg_read_file(path, 1 << 20, &text, a, &f);
    cfg_findings_free(&f);
    if (!ok)
        return fail(why, ERR_MISSING, "%s cannot be read", path);
    for (bool waiting = false; text.n && !waiting;) {
        struct str line = str_split(&text, '\n'), key = str_split(&line, ' ');
        waiting = str_is(key, "waiting"); /* the last one, before the findings */
        if (waiting)
            str_copy(line, out->waiting, sizeof out->waiting);
        else
            read_line(out, key, line);
    }
    out->findings = text;
    return OK;
}
