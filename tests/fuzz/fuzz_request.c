/* One raw HTTP request through the shipped profile that its path names (any, if it names none), and through
 * one that reads JSON. */
#include "wire.h"

#include <stdio.h>

enum { PROFILES = 64 };

static struct profile *profiles[PROFILES];
static size_t n_profiles;

static void load(const char *path, struct arena *a, struct cfg_findings *f)
{
    holds(n_profiles < PROFILES, "there is room for the profiles");
    profiles[n_profiles] = aggregator_load(path, &wire_env, a, f);
    for (size_t i = 0; !profiles[n_profiles] && i < f->n; i++)
        fprintf(stderr, "%s:%d: %s\n", f->items[i].pos.file, f->items[i].pos.line, f->items[i].what);
    holds(profiles[n_profiles++] != NULL, "the profiles load");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static struct arena a;
    struct cfg_findings f;
    const char **paths;
    (void)argc;
    (void)argv;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    load("tests/fuzz/corpus/json-profile.conf", &a, &f);
    size_t n = cfg_dir("conf/aggregators", ".conf", &paths, &a, &f);
    for (size_t i = 0; i < n; i++)
        load(paths[i], &a, &f);
    cfg_findings_free(&f);
    return 0;
}

static const struct profile *named(const struct http_request *req)
{
    struct str path = req->path;
    str_split(&path, '/');
    str_split(&path, '/');
    struct str id = str_split(&path, '/');
    unsigned sum = 0;
    for (size_t i = 0; i < n_profiles; i++)
        if (str_is(id, aggregator_id(profiles[i])))
            return profiles[i];
    for (size_t i = 0; i < id.n; i++)
        sum = 31 * sum + (unsigned char)id.s[i];
    return profiles[sum % n_profiles];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request req = {0};
    struct header headers[WIRE_HEADERS];
    if (size == 0 || size > 16384)
        return 0;
    struct str raw = fuzz_exact(data, size);
    wire_parse(raw, &req, headers);
    wire_check(named(&req), &req, true);
    wire_check(named(&req), &req, false);
    fuzz_exact_free(raw);
    return 0;
}
