/* The pages with a map of coverage and diff. */
#include "hotlinectl/hotlinectl.h"

#include "atlas/atlas.h"

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
    cfg_findings_print(&f, stderr);
    cfg_findings_free(&f);
    return ok;
}

int ctl_atlas(const struct settings *set, const char *json, FILE *to)
{
    struct arena a;
    struct str outlines;
    struct failure why = {OK, ""};
    arena_init(&a, 0);
    bool ok = read_outlines(set, &a, &outlines) && atlas_write(to, str_of(json), outlines, &why) == OK;
    arena_free(&a);
    if (ok)
        return CTL_OK;
    if (why.what[0])
        ctl_fail("%s: %s", set->outlines ? set->outlines : "page", why.what);
    return ctl_fail("mend the file of `outlines` in the settings, or take the line out: maps then show "
                    "circles");
}
