/* diff: what an edit of the network does. */
#include "hotlinectl/diff.h"

#include <string.h>
#include <sys/stat.h>

static const char USAGE[] = "diff OLD NEW [--date 2026-11-25] [--day 10:00] [--night 23:00] "
                            "[--format text|json|html] [--all] [-o FILE | --html FILE]\n"
                            "OLD, NEW: a folder of network files, or a hotlined.conf";

/* What was loaded of one side. */
struct loaded {
    struct snapshot *snapshot; /* of the hotlined.conf, or settings alone beside a folder */
    struct arena arena;        /* what a folder adds */
};

/* ---- loading ---- */

static bool load_conf(const char *path, struct loaded *l, struct diff_side *side, struct cfg_findings *f)
{
    l->snapshot = snapshot_load_open(path, f);
    if (!l->snapshot)
        return false;
    side->network = l->snapshot->network;
    side->places = l->snapshot->places;
    side->settings = &l->snapshot->settings;
    memcpy(side->stamp, l->snapshot->rules.stamp, sizeof side->stamp);
    return true;
}

/* A folder of network files among everything else of `config`. */
static bool load_folder(const char *config, const char *dir, struct loaded *l, struct diff_side *side,
                        struct cfg_findings *f)
{
    l->snapshot = snapshot_load_settings(config, f);
    if (!l->snapshot)
        return false;
    const struct settings *set = &l->snapshot->settings;
    struct gazetteer *g = load_places(set->places, set->province, &l->arena, f);
    struct network *net = g ? load_network(dir, g, (int)set->tz_offset_min, &l->arena, f) : NULL;
    if (net)
        load_travel(set->places, g, net, &l->arena, f);
    side->network = net;
    side->places = g;
    side->settings = set;
    return net && !f->errors && snapshot_stamp_folder(dir, side->stamp);
}

static bool load_side(const char *config, const char *path, struct loaded *l, struct diff_side *side)
{
    struct stat st;
    struct cfg_findings f;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    arena_init(&l->arena, 0);
    cfg_findings_init(&f, &l->arena);
    side->name = path;
    bool ok = folder ? load_folder(config, path, l, side, &f) : load_conf(path, l, side, &f);
    if (ok)
        side->folder = folder_read(folder ? path : side->settings->network, &l->arena, &f);
    ok = ok && side->folder;
    if (!ok) {
        cfg_findings_print(&f, stderr);
        ctl_fail("%s has %zu errors", path, f.errors);
    }
    cfg_findings_free(&f);
    return ok;
}

static void forget(struct loaded *l)
{
    snapshot_free(l->snapshot);
    arena_free(&l->arena);
}

/* ---- comparing ---- */

struct telling {
    diff_told *told;
    void *ctx;
};

static void tell_key(void *ctx, const struct cfg_key *key, const char *was, const char *is)
{
    const struct telling *t = ctx;
    bool secret = strncmp(key->name, "phone", 5) == 0;
    const struct diff_key one = {key->name, secret ? NULL : was, secret ? NULL : is, secret};
    if (t->told)
        t->told(t->ctx, &one);
}

size_t diff_keys(const struct diff *d, enum list_kind kind, const char *id, diff_told *told, void *ctx)
{
    struct arena a;
    struct telling t = {told, ctx};
    arena_init(&a, 0);
    size_t n = lists_compare(d->before.folder, d->after.folder, kind, id, tell_key, &t, &a);
    arena_free(&a);
    return n;
}

static void survey_side(const struct diff_side *side, struct survey_when *when, struct survey *out,
                        struct arena *a)
{
    struct survey_ask ask = {.needs = (1u << NEED_COUNT) - 1, .people = true};
    survey_moments(when, side->network->tz_offset_min, ask.at);
    survey_make(out, side->network, side->places, &ask, a);
}

static int compare(const struct diff *asked, const struct survey_options *options)
{
    struct survey before, after;
    struct survey_diff found;
    struct survey_result out;
    struct arena a;
    struct diff d = *asked;
    arena_init(&a, 0);
    d.when = options->when;
    d.found = &found;
    survey_side(&d.after, &d.when, &after, &a); /* today, where it is not given, is today there */
    survey_side(&d.before, &d.when, &before, &a);
    survey_compare(&found, &before, &after, &a);
    survey_begin(&out);
    bool made = options->format != SURVEY_HTML || survey_put_page(out.to, diff_json(&d), d.after.settings);
    if (options->format == SURVEY_JSON)
        survey_put_json(out.to, diff_json(&d));
    else if (options->format == SURVEY_TEXT)
        diff_text(&d, out.to);
    int rc = found.by_what[SURVEY_UNCOVERED] ? CTL_FAILED : CTL_OK;
    rc = made ? survey_end(&out, options->path, rc) : survey_drop(&out);
    arena_free(&a);
    return rc;
}

int cmd_diff(struct ctl *ctl, int argc, char **argv)
{
    struct survey_options options;
    struct loaded before = {.snapshot = NULL}, after = {.snapshot = NULL};
    bool ok = survey_options(ctl, argc, argv, &options) && options.format != SURVEY_CSV;
    struct diff d = {.all = ctl_flag(argc, argv, "--all")};
    const char *from = ctl_word(argc, argv, 0), *to = ctl_word(argc, argv, 1);
    if (!ok || ctl_leftover(argc, argv) || !to || ctl_word(argc, argv, 2))
        return ctl_usage(USAGE);
    ok = load_side(ctl->config, from, &before, &d.before);
    ok = load_side(ctl->config, to, &after, &d.after) && ok; /* what is wrong with either is told */
    int rc = ok ? compare(&d, &options) : CTL_FAILED;
    forget(&before);
    forget(&after);
    return rc;
}
