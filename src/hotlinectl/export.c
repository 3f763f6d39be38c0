/* export: hosts or collaborators as a sheet. */
#include "hotlinectl/hotlinectl.h"

#include "lists/lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && strcasecmp(path + n - m, suffix) == 0;
}

/* In the folder of the file that is asked for, else where temporary files are. */
static bool make_temporary(const char *path, char *made, size_t size)
{
    const char *slash = path ? strrchr(path, '/') : NULL, *tmp = getenv("TMPDIR");
    struct out o;
    out_init(&o, made, size);
    if (path)
        out_bytes(&o, path, slash ? (size_t)(slash - path) + 1 : 0);
    else
        out_printf(&o, "%s/", tmp && *tmp ? tmp : "/tmp");
    out_cstr(&o, ".hotlined-sheet-XXXXXX");
    int fd = o.overflow ? -1 : mkstemp(made); /* with mode 0600 */
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static bool write_csv(const char *made, struct str text)
{
    FILE *f = fopen(made, "we");
    if (!f)
        return false;
    bool ok = fwrite(text.s, 1, text.n, f) == text.n && fflush(f) == 0 && fsync(fileno(f)) == 0;
    return fclose(f) == 0 && ok;
}

static int pour(const char *made)
{
    char piece[65536];
    size_t n;
    FILE *f = fopen(made, "re");
    if (!f)
        return ctl_fail("%s: %s", made, strerror(errno));
    bool ok = true;
    while (ok && (n = fread(piece, 1, sizeof piece, f)) > 0)
        ok = fwrite(piece, 1, n, stdout) == n;
    fclose(f);
    return ok && fflush(stdout) == 0 ? CTL_OK : ctl_fail("stdout: %s", strerror(errno));
}

static int write_out(const struct sheet sheets[2], const char *path, bool book, struct arena *a)
{
    char made[4096];
    struct failure why = {OK, ""};
    if (!make_temporary(path, made, sizeof made))
        return ctl_fail("%s cannot be written: %s", path ? path : "a temporary file", strerror(errno));
    int rc = CTL_OK;
    if (book && sheet_write_xlsx(made, sheets, 2, &why) != OK)
        rc = ctl_fail("%s", why.what);
    else if (!book && !write_csv(made, sheet_write_csv(&sheets[0], a)))
        rc = ctl_fail("%s: %s", made, strerror(errno));
    if (rc == CTL_OK && !path)
        rc = pour(made);
    else if (rc == CTL_OK && rename(made, path) == 0)
        return rc;
    else if (rc == CTL_OK)
        rc = ctl_fail("%s: %s", path, strerror(errno));
    unlink(made);
    return rc;
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
    ctl_print_findings(&f, stderr);
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
