#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MOST 65536 /* passwords of several hundred people */

const char *cfg_resolve(const char *file, const char *base, struct arena *arena)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    if (base[0] == '/' || !slash)
        return arena_strdup(arena, str_of(base));
    size_t dir = (size_t)(slash - file) + 1, n = strlen(base);
    char *path = arena_alloc(arena, dir + n + 1);
    memcpy(path, file, dir);
    memcpy(path + dir, base, n);
    return path;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);
    return name[0] != '.' && n > m && strcmp(name + n - m, suffix) == 0;
}

size_t cfg_dir(const char *dir, const char *suffix, const char ***paths, struct arena *arena,
               struct cfg_findings *findings)
{
    enum { MOST = 1024 };
    struct cfg_pos pos = {arena_strdup(arena, str_of(dir)), 0};
    *paths = arena_array(arena, MOST, sizeof **paths);
    DIR *d = opendir(dir);
    if (!d) {
        cfg_error(findings, pos, "cannot read this folder: %s; create it or correct the path",
                  strerror(errno));
        return 0;
    }
    size_t n = 0;
    struct dirent *e;
    while ((e = readdir(d)) && n < MOST) {
        if (!has_suffix(e->d_name, suffix))
            continue;
        size_t len = strlen(dir) + strlen(e->d_name) + 2;
        char *path = arena_alloc(arena, len);
        struct out o;
        out_init(&o, path, len);
        out_cstr(&o, dir);
        out_char(&o, '/');
        out_cstr(&o, e->d_name);
        (*paths)[n++] = path;
    }
    closedir(d);
    if (n == 0)
        cfg_error(findings, pos, "no *%s file in this folder; put at least one there", suffix);
    qsort(*paths, n, sizeof **paths, by_name);
    return n;
}

static bool read_all(int fd, char *buf, size_t size, size_t *got)
{
    *got = 0;
    while (*got < size) {
        ssize_t n = read(fd, buf + *got, size - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return true;
}

static bool read_open(int fd, const char *path, size_t max, struct str *out, struct arena *arena,
                      struct cfg_findings *findings)
{
    struct stat st;
    struct cfg_pos pos = {arena_strdup(arena, str_of(path)), 0};
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        cfg_error(findings, pos, "is not a regular file");
        return false;
    }
    if ((uint64_t)st.st_size > max) {
        cfg_error(findings, pos, "is %lld bytes long; at most %zu are read", (long long)st.st_size, max);
        return false;
    }
    char *buf = arena_alloc(arena, (size_t)st.st_size + 1);
    size_t got;
    if (!read_all(fd, buf, (size_t)st.st_size, &got)) {
        cfg_error(findings, pos, "cannot be read: %s", strerror(errno));
        return false;
    }
    *out = (struct str){buf, got};
    return true;
}

bool cfg_read_file(const char *path, size_t max, struct str *out, struct arena *arena,
                   struct cfg_findings *findings)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        cfg_error(findings, (struct cfg_pos){arena_strdup(arena, str_of(path)), 0},
                  "cannot be opened: %s; check the path and who may read it", strerror(errno));
        return false;
    }
    bool ok = read_open(fd, path, max, out, arena, findings);
    close(fd);
    return ok;
}

bool cfg_secret_path(const char *dir, const char *name, char *path, size_t size)
{
    static const char *const named[] = {"secrets_", ""};
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    struct out o;
    for (size_t i = 0; credentials && i < sizeof named / sizeof named[0]; i++) {
        out_init(&o, path, size);
        out_printf(&o, "%s/%s%s", credentials, named[i], name);
        if (!o.overflow && access(path, F_OK) == 0)
            return true;
    }
    out_init(&o, path, size);
    out_printf(&o, "%s/%s", dir, name);
    return false;
}

bool cfg_secret_there(const char *dir, const char *name, char *path, size_t size)
{
    return cfg_secret_path(dir, name, path, size) || access(path, F_OK) == 0;
}

bool cfg_secret(const char *dir, const char *name, struct str *out, struct arena *arena, struct cfg_pos pos,
                struct cfg_findings *findings)
{
    char path[4096];
    if (!*name || strchr(name, '/') || name[0] == '.') {
        cfg_error(findings, pos, "\"%s\" cannot be a secret's name; use letters, digits and dashes", name);
        return false;
    }
    bool credential = cfg_secret_path(dir, name, path, sizeof path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        cfg_error(findings, pos,
                  "secret \"%s\" cannot be read from %s: %s; run `hotlinectl keygen` or put it there%s", name,
                  dir, strerror(errno),
                  getenv("CREDENTIALS_DIRECTORY") ? ", then restart the service: it gets secrets at its start"
                                                  : "");
        if (fd >= 0)
            close(fd);
        return false;
    }
    /* a credential is root's, and an ACL lets the service read it: the mode shows that as the group's */
    bool safe = credential ? (st.st_mode & 007) == 0
                           : (st.st_mode & 077) == 0 && (st.st_uid == geteuid() || st.st_uid == 0);
    bool ok = false;
    if (!safe)
        cfg_error(findings, pos, "others can read secret \"%s\"; run `chmod 600 %s` and consider it known",
                  name, path);
    else
        ok = read_open(fd, path, SECRET_MOST, out, arena, findings);
    close(fd);
    while (ok && out->n && (out->s[out->n - 1] == '\n' || out->s[out->n - 1] == '\r'))
        out->n--;
    if (ok && out->n == 0) {
        cfg_error(findings, pos, "secret \"%s\" is empty; delete %s and run `hotlinectl keygen`", name, path);
        ok = false;
    }
    return ok;
}
