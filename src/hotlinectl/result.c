/* A result that goes to a file: whole or not at all, and never over what is no file. */
#include "hotlinectl/hotlinectl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, struct str bytes, bool sync)
{
    FILE *f = fdopen(fd, "w");
    if (!f) {
        close(fd);
        return false;
    }
    bool ok = fwrite(bytes.s, 1, bytes.n, f) == bytes.n && fflush(f) == 0 && (!sync || fsync(fd) == 0);
    return fclose(f) == 0 && ok;
}

/* A pipe, a terminal, /dev/null: to be written to. In its place a file would be there for everybody. */
static bool is_stream(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static bool to_stream(const char *path, struct str bytes)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return fd >= 0 && write_all(fd, bytes, false);
}

/* mkostemp() makes files of mode 0600. */
static bool replace(const char *path, struct str bytes)
{
    char beside[PATH_MAX + 8];
    int n = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return false;
    if (write_all(fd, bytes, true) && rename(beside, path) == 0)
        return true;
    int kept = errno;
    unlink(beside);
    errno = kept;
    return false;
}

int ctl_put(const char *path, struct str bytes)
{
    char real[PATH_MAX]; /* a link stays one */
    bool ok;
    if (!path)
        ok = fwrite(bytes.s, 1, bytes.n, stdout) == bytes.n && fflush(stdout) == 0;
    else if (is_stream(path))
        ok = to_stream(path, bytes);
    else
        ok = replace(realpath(path, real) ? real : path, bytes);
    return ok ? CTL_OK : ctl_fail("%s: %s", path ? path : "stdout", strerror(errno));
}
