/* Who may log in: a secret file of lines NAME:$argon2id$..., written by `hotlinectl passwd`. */
#include "snapshot/snapshot.h"

static bool line_good(struct str line)
{
    struct str name = str_split(&line, ':');
    return name.n && str_starts(line, "$argon2id$");
}

bool load_officers(const char *secrets, const char *name, const char *page, struct cfg_pos pos,
                   struct str *out, struct arena *a, struct cfg_findings *f)
{
    char path[4096];
    if (!cfg_secret_there(secrets, name, path, sizeof path)) {
        cfg_error(f, pos,
                  "%s is \"login\", but nobody has a password: there is no %s; run `hotlinectl passwd "
                  "NAME`, or set %s to \"off\"",
                  page, path, page);
        return false;
    }
    if (!cfg_secret(secrets, name, out, a, pos, f))
        return false;
    struct str rest = *out;
    for (int n = 1; rest.n; n++)
        if (!line_good(str_split(&rest, '\n'))) {
            cfg_error(f, (struct cfg_pos){arena_strdup(a, str_of(path)), n},
                      "must be NAME:$argon2id$...; delete the line and run `hotlinectl passwd NAME`");
            return false;
        }
    return true;
}
