/* The new folder: made beside, loaded in full, and only then put in its place. */
#include "lists/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool cannot(struct cfg_findings *f, const char *path, const char *what)
{
    cfg_error(f, (struct cfg_pos){path, 0}, "%s: %s", what, strerror(errno));
    return false;
}

static bool write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.s, text.n);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            text = (struct str){text.s + n, text.n - (size_t)n};
    }
    return fsync(fd) == 0;
}

static bool write_file(const char *path, struct str text, struct cfg_findings *f)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot(f, path, "cannot be made");
    bool ok = write_all(fd, text);
    if (!ok)
        cannot(f, path, "cannot be written");
    close(fd);
    return ok;
}

static bool write_files(const struct folder *folder, const char *made, struct arena *a,
                        struct cfg_findings *f)
{
    for (size_t i = 0; i < folder->n; i++)
        if (!write_file(path_join(made, folder->files[i].name, a), folder->files[i].text, f))
            return false;
    return true;
}

static void remove_made(const struct folder *folder, const char *made, struct arena *a)
{
    for (size_t i = 0; i < folder->n; i++)
        unlink(path_join(made, folder->files[i].name, a));
    rmdir(made);
}

/* ---- what a killed import left ---- */

static const char MADE[] = ".hotlined-network-"; /* and six signs */
enum { STALE = 60 };                             /* seconds; younger ones may not be locked yet */

/* Whoever makes a folder holds this lock until it is in its place. -1: somebody else does. */
static int hold(const char *made)
{
    int fd = open(made, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void remove_stale(const char *made, struct arena *a)
{
    struct stat st;
    struct dirent *e;
    int fd = hold(made);
    DIR *d = fd < 0 || fstat(fd, &st) != 0 || st.st_uid != geteuid() || time(NULL) - st.st_mtime < STALE
                 ? NULL
                 : opendir(made);
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(path_join(made, e->d_name, a));
    if (d) {
        closedir(d);
        rmdir(made);
    }
    if (fd >= 0)
        close(fd);
}

/* They hold where people are hidden, and nobody looks for them. */
static void sweep(const char *parent, struct arena *a)
{
    struct dirent *e;
    DIR *d = opendir(parent);
    while (d && (e = readdir(d)))
        if (strncmp(e->d_name, MADE, sizeof MADE - 1) == 0 && strlen(e->d_name) == sizeof MADE - 1 + 6)
            remove_stale(path_join(parent, e->d_name, a), a);
    if (d)
        closedir(d);
}

/* ---- where it may be ---- */

static const char *parent_of(const char *dir, struct arena *a)
{
    const char *slash = strrchr(dir, '/');
    if (!slash)
        return ".";
    return slash == dir ? "/" : arena_strdup(a, (struct str){dir, (size_t)(slash - dir)});
}

static bool free_to_take(const char *dir)
{
    DIR *d = opendir(dir);
    size_t n = 0;
    if (!d)
        return errno == ENOENT;
    while (readdir(d))
        n++;
    closedir(d);
    return n == 2; /* . and .. */
}

static bool may_be_made(const struct folder *folder, const char *dir, const char *parent,
                        struct cfg_findings *f)
{
    char where[PATH_MAX], live[PATH_MAX];
    struct cfg_pos pos = {dir, 0};
    if (!realpath(parent, where))
        return cannot(f, parent, "cannot be reached");
    if (!realpath(folder->dir, live))
        return cannot(f, folder->dir, "cannot be reached");
    size_t n = strlen(live);
    if (strncmp(where, live, n) == 0 && (where[n] == '/' || !where[n])) {
        cfg_error(f, pos, "lies in the network folder that is in use; name a folder beside it");
        return false;
    }
    if (free_to_take(dir))
        return true;
    cfg_error(f, pos, "is there already and not empty, or no folder; name a new one");
    return false;
}

/* ---- is it a network? ---- */

static bool loads(const struct lists_plan *plan, const char *made, const char *dir,
                  const struct lists_check *check, struct arena *a, struct cfg_findings *f)
{
    struct cfg_findings found;
    size_t before = f->errors;
    cfg_findings_init(&found, a);
    struct network *net = load_network(made, check->places, check->tz_offset_min, a, &found);
    if (net)
        load_travel(check->places_dir, check->places, net, a, &found);
    for (size_t i = 0; i < found.n; i++)
        tell_finding(plan, made, dir, &found.items[i], a, f);
    cfg_findings_free(&found);
    return net && f->errors == before;
}

static bool put_in_place(const char *made, const char *dir, const char *parent, struct cfg_findings *f)
{
    if (rename(made, dir) != 0)
        return cannot(f, dir, "cannot be put in its place");
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    return true;
}

static const char *without_slash(const char *dir, struct arena *a)
{
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    return arena_strdup(a, (struct str){dir, n});
}

bool lists_write(const struct lists_plan *plan, const char *dir, const struct lists_check *check,
                 struct arena *a, struct cfg_findings *f)
{
    dir = without_slash(dir, a);
    const char *parent = parent_of(dir, a);
    if (!may_be_made(plan->folder, dir, parent, f))
        return false;
    sweep(parent, a);
    char *made = (char *)path_join(parent, ".hotlined-network-XXXXXX", a);
    if (!mkdtemp(made)) /* with mode 0700 */
        return cannot(f, parent, "no folder can be made here");
    int lock = hold(made);
    bool ok = write_files(plan->folder, made, a, f) && loads(plan, made, dir, check, a, f) &&
              put_in_place(made, dir, parent, f);
    if (!ok)
        remove_made(plan->folder, made, a);
    if (lock >= 0)
        close(lock);
    return ok;
}
