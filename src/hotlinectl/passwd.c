/* passwd: who may log in to the page to practise on. */
#include "hotlinectl/hotlinectl.h"

#include "web/web.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_ROOM 1024

static bool read_line(char *buf, struct str *out)
{
    if (!fgets(buf, PASSWORD_ROOM, stdin))
        return false;
    *out = (struct str){buf, strcspn(buf, "\r\n")};
    return true;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
    interrupted = sig;
}

/* The echo is off before it asks, and on again whatever happens: a terminal that shows nothing would stay
 * behind. */
static bool ask(const char *what, char *buf, struct str *out)
{
    struct termios before, quiet;
    struct sigaction heed = {.sa_handler = on_interrupt}, usual; /* ends the reading, does not restart it */
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    sigaction(SIGINT, &heed, &usual);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    fprintf(stderr, "%s: ", what);
    bool ok = read_line(buf, out) && !interrupted;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    sigaction(SIGINT, &usual, NULL);
    fputc('\n', stderr);
    if (!ok)
        ctl_fail("broken off; nothing was changed");
    return ok;
}

/* Twice from a terminal, where it is not seen; a line from a program. */
static bool read_password(char *buf, char *again, struct str *out)
{
    struct str second = {NULL, 0};
    if (!isatty(STDIN_FILENO)) {
        if (!read_line(buf, out))
            ctl_fail("no password came on standard input");
        return out->n > 0;
    }
    if (!ask("Password, at least 12 characters", buf, out) || !ask("Once more", again, &second))
        return false;
    if (!str_eq(*out, second))
        ctl_fail("the two differ; nothing was changed");
    return str_eq(*out, second);
}

/* The file without this name's line, and with its new one at the end. */
static void with_line(struct str file, const char *name, const char *line, struct out *o)
{
    while (file.n) {
        struct str old = str_split(&file, '\n'), rest = old;
        if (!old.n || str_is(str_split(&rest, ':'), name))
            continue;
        out_str(o, old);
        out_char(o, '\n');
    }
    out_cstr(o, line);
    out_char(o, '\n');
}

/* All or nothing: a new file takes the old one's place. */
static bool replace(const char *path, struct str text)
{
    char fresh[4200];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    unlink(fresh); /* of a run that was interrupted */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text.s, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    ok = ok && rename(fresh, path) == 0;
    if (!ok)
        ctl_fail("%s: %s", path, strerror(errno));
    return ok;
}

static bool read_file(const char *path, struct str *out, struct arena *a)
{
    struct cfg_findings f;
    if (access(path, F_OK) != 0)
        return true;
    cfg_findings_init(&f, a);
    bool ok = cfg_read_file(path, 65536, out, a, &f);
    cfg_findings_print(&f, stderr);
    cfg_findings_free(&f);
    return ok;
}

static int store_line(const char *path, const char *name, const char *line)
{
    struct arena a;
    struct str file = {NULL, 0};
    struct out o;
    arena_init(&a, 0);
    bool ok = read_file(path, &file, &a);
    if (ok) {
        size_t room = file.n + WEB_LINE + 2;
        out_init(&o, arena_alloc(&a, room), room);
        with_line(file, name, line, &o);
        ok = replace(path, out_span(&o));
    }
    arena_free(&a);
    return ok ? CTL_OK : CTL_FAILED;
}

int cmd_passwd(struct ctl *ctl, int argc, char **argv)
{
    char path[4096], first[PASSWORD_ROOM], again[PASSWORD_ROOM], line[WEB_LINE];
    struct str password = {NULL, 0};
    struct failure why = {OK, ""};
    const char *name = ctl_word(argc, argv, 0);
    if (ctl_leftover(argc, argv) || !name || ctl_word(argc, argv, 1))
        return ctl_usage("[-c FILE] passwd NAME");
    const struct snapshot *s = ctl_settings(ctl);
    if (!s)
        return CTL_FAILED;
    if (!web_officer_name(str_of(name)))
        return ctl_fail("a name has 1 to %d letters, digits, dots, dashes and underscores", WEB_NAME - 1);
    snprintf(path, sizeof path, "%s/%s", s->settings.secrets, s->settings.officers);
    bool have = read_password(first, again, &password);
    enum err rc = have ? web_officer_line(name, password, line, &why) : OK;
    sodium_memzero(first, sizeof first);
    sodium_memzero(again, sizeof again);
    if (!have)
        return CTL_FAILED;
    if (rc != OK)
        return ctl_fail("%s; nothing was changed", why.what);
    if (store_line(path, name, line) != CTL_OK)
        return CTL_FAILED;
    printf("%s may log in; reload hotlined (under systemd: restart it) to let it know\n", name);
    return CTL_OK;
}
