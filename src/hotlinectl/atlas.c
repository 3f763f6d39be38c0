/* The pages with a map of coverage and diff, as a file. */
#include "hotlinectl/hotlinectl.h"

#include "atlas/atlas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTLINES_MOST = 64 * 1024 * 1024 };

/* The file that the settings name; none is no mistake. */
static bool read_outlines(const struct settings *set, struct arena *a, struct str *out)
{
    struct cfg_findings f;
    *out = (struct str){NULL, 0};
    if (!set->outlines)
        return true;
    cfg_findings_init(&f, a);
    bool ok = cfg_read_file(set->outlines, OUTLINES_MOST, out, a, &f);
    ctl_print_findings(&f, stderr);
    cfg_findings_free(&f);
    if (!ok)
        ctl_fail("put the communes' outlines there, or take `outlines` out of the settings: then they are "
                 "drawn as circles");
    return ok;
}

static enum err write_page(FILE *to, struct str data, struct str outlines, struct failure *why)
{
    enum err rc = atlas_write(to, data, outlines, why);
    if (rc == OK && fsync(fileno(to)) != 0)
        rc = fail(why, ERR_AGAIN, "the page cannot be written: %s", strerror(errno));
    return rc;
}

/* A fresh file takes the old one's place: it shows where shelters are, so nobody else may read it, not even
 * for a moment. */
static int replace(const char *path, struct str data, struct str outlines)
{
    char fresh[4200];
    struct failure why = {OK, ""};
    if (snprintf(fresh, sizeof fresh, "%s.XXXXXX", path) >= (int)sizeof fresh)
        return ctl_fail("%s: the name is too long", path);
    int fd = mkstemp(fresh); /* of mode 0600 */
    if (fd < 0)
        return ctl_fail("%s cannot be written: %s", path, strerror(errno));
    FILE *to = fdopen(fd, "w");
    if (!to)
        abort();
    enum err rc = write_page(to, data, outlines, &why);
    bool closed = fclose(to) == 0;
    if (rc == OK && (!closed || rename(fresh, path) != 0))
        rc = fail(&why, ERR_AGAIN, "%s", strerror(errno));
    if (rc == OK)
        return CTL_OK;
    unlink(fresh);
    return ctl_fail("%s: %s", path, why.what);
}

int ctl_atlas(const struct settings *set, const char *json, const char *path)
{
    struct arena a;
    struct str outlines;
    arena_init(&a, 0);
    int rc = read_outlines(set, &a, &outlines) ? replace(path, str_of(json), outlines) : CTL_FAILED;
    arena_free(&a);
    return rc;
}
