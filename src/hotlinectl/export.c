/* export: hosts or collaborators as a sheet. */
#include "hotlinectl/hotlinectl.h"

#include "lists/lists.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && strcasecmp(path + n - m, suffix) == 0;
}

/* The library writes to a name. This one is of memory, so that nothing is left behind when it is killed. */
static int write_book(const struct sheet sheets[2], const char *path, struct arena *a)
{
    char name[32];
    struct stat st;
    struct failure why = {OK, ""};
    int fd = memfd_create("sheet", MFD_CLOEXEC);
    if (fd < 0)
        return ctl_fail("no memory for a workbook: %s", strerror(errno));
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    int rc = CTL_FAILED;
    if (sheet_write_xlsx(name, sheets, 2, &why) != OK) {
        ctl_fail("%s", why.what);
    } else if (fstat(fd, &st) == 0) {
        size_t n = (size_t)st.st_size;
        char *bytes = arena_alloc(a, n + 1);
        rc = pread(fd, bytes, n, 0) == (ssize_t)n ? ctl_put(path, (struct str){bytes, n})
                                                  : ctl_fail("the workbook cannot be read back");
    }
    close(fd);
    return rc;
}

static int write_out(const struct sheet sheets[2], const char *path, bool book, struct arena *a)
{
    return book ? write_book(sheets, path, a) : ctl_put(path, sheet_write_csv(&sheets[0], a));
}

static int export_list(const struct snapshot *s, enum list_kind kind, const char *path, bool book)
{
    struct arena a;
    struct cfg_findings f;
    struct sheet sheets[2];
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    const struct folder *folder = folder_read(s->settings.network, &a, &f);
    bool ok = folder && lists_export(folder, kind, &a, sheets, &f);
    cfg_findings_print(&f, stderr);
    int rc = ok ? write_out(sheets, path, book, &a) : CTL_FAILED;
    cfg_findings_free(&f);
    arena_free(&a);
    return rc;
}

int cmd_export(struct ctl *ctl, int argc, char **argv)
{
    const char *path = ctl_option(argc, argv, "-o"), *format = ctl_option(argc, argv, "--format");
    const char *list = ctl_word(argc, argv, 0);
    enum list_kind kind;
    bool book = format ? strcmp(format, "xlsx") == 0 : path && ends_in(path, ".xlsx");
    bool known = !format ? !path || book || ends_in(path, ".csv") : book || strcmp(format, "csv") == 0;
    if (ctl_leftover(argc, argv) || !list || !list_parse(list, &kind) || ctl_word(argc, argv, 1) || !known ||
        (path && !*path))
        return ctl_usage("export hosts|collaborators [-o FILE.csv|FILE.xlsx] [--format csv|xlsx]");
    if (book && !path && isatty(STDOUT_FILENO))
        return ctl_fail("a workbook is nothing for a terminal; name a file with -o");
    const struct snapshot *s = ctl_settings(ctl);
    return s ? export_list(s, kind, path, book) : CTL_FAILED;
}
