/* Configuration files of any content. The first byte says which file of the example configuration the rest
 * takes the place of (see `kinds`): first that file's own loader runs, and when it finds no error, the whole
 * configuration is loaded with it and a conversation is held. */
#include "wire.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct kind {
    char letter;
    const char *dir, *name;
} kinds[] = {{'h', "", "hotlined.conf"},
             {'n', "network", "hosts.conf"},
             {'c', "network", "collaborators.conf"},
             {'e', "network", "endpoints.conf"},
             {'p', "network", "policy.conf"},
             {'d', "dialogue", "main.conf"},
             {'w', "dialogue", "lexicon.conf"},
             {'l', "lang", "vi.conf"},
             {'a', "aggregators", "africastalking.conf"},
             {'k', "aggregators", "kannel.conf"},
             {'u', "places", "units-2025.csv"},
             {'f', "places", "former-units-2021-2025.csv"},
             {'x', "places", "aliases.csv"}};
enum { KINDS = sizeof kinds / sizeof kinds[0], PATH = 512 };

/* A folder each, where everything but that one file is a link to the example's. */
static char root[PATH];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_root(void)
{
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void path_of(char path[PATH], const struct kind *k, const char *dir, const char *name)
{
    struct out o;
    out_init(&o, path, PATH);
    out_printf(&o, "%s/%c%s%s%s%s", root, k->letter, *dir ? "/" : "", dir, *name ? "/" : "", name);
    holds(!o.overflow, "a path fits");
}

static void link_all(const struct kind *k, const char *dir)
{
    char from[PATH], to[PATH], base[PATH];
    struct arena a;
    struct cfg_findings none;
    static const char *const suffixes[] = {".conf", ".csv"};
    arena_init(&a, 0);
    cfg_findings_init(&none, &a);
    snprintf(from, sizeof from, "conf/%s", dir);
    path_of(to, k, dir, "");
    holds(mkdir(to, 0700) == 0 && getcwd(base, sizeof base), "the folder is made");
    for (int i = 0; i < 2; i++) {
        const char **paths;
        size_t n = cfg_dir(from, suffixes[i], &paths, &a, &none);
        for (size_t p = 0; p < n; p++) {
            const char *name = strrchr(paths[p], '/') + 1;
            char target[3 * PATH];
            snprintf(target, sizeof target, "%s/%s", base, paths[p]);
            path_of(to, k, dir, name);
            holds(strcmp(name, k->name) == 0 || symlink(target, to) == 0, "a link is made");
        }
    }
    cfg_findings_free(&none);
    arena_free(&a);
}

static void copy_settings(const struct kind *k)
{
    char to[PATH], target[2 * PATH], base[PATH];
    path_of(to, k, "", "hotlined.conf");
    holds(getcwd(base, sizeof base) != NULL, "the project's folder");
    snprintf(target, sizeof target, "%s/conf/hotlined.conf", base);
    holds(!*k->dir || symlink(target, to) == 0, "a link is made");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const dirs[] = {"network", "dialogue", "lang", "aggregators", "places"};
    (void)argc;
    (void)argv;
    fuzz_snapshot();
    snprintf(root, sizeof root, "build/fuzz/tree.%d", (int)getpid());
    remove_root();
    holds(mkdir(root, 0700) == 0, "the folder is made");
    atexit(remove_root);
    for (size_t i = 0; i < KINDS; i++) {
        char dir[PATH];
        path_of(dir, &kinds[i], "", "");
        holds(mkdir(dir, 0700) == 0, "the folder is made");
        for (size_t d = 0; d < sizeof dirs / sizeof dirs[0]; d++)
            link_all(&kinds[i], dirs[d]);
        copy_settings(&kinds[i]);
    }
    return 0;
}

static const struct kind *kind_of(uint8_t b)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].letter == b)
            return &kinds[i];
    return &kinds[b % KINDS];
}

static void write_file(const char *path, const uint8_t *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    holds(fd >= 0 && write(fd, data, n) == (ssize_t)n, "the file is written");
    close(fd);
}

static void check_findings(const struct cfg_findings *f)
{
    size_t errors = 0;
    for (size_t i = 0; i < f->n; i++) {
        char line[4096];
        struct out o;
        out_init(&o, line, sizeof line);
        cfg_finding_format(&f->items[i], &o);
        errors += f->items[i].severity == CFG_ERROR;
        holds(f->items[i].pos.file && *f->items[i].pos.file, "a finding names its file");
        holds(f->items[i].pos.line >= 0, "a finding's line");
        holds(f->items[i].what && *f->items[i].what, "a finding says what is wrong");
        holds(!o.overflow && !memchr(line, '\n', o.len), "a finding is one line");
        for (size_t k = 0; k < o.len; k++)
            holds((unsigned char)line[k] >= ' ' && line[k] != 0x7f, "a finding holds no control character");
    }
    holds(errors == f->errors && f->n - errors == f->warnings, "findings are counted");
}

static bool load_talk(const struct kind *k, const char *dir, struct snapshot *s, struct arena *a,
                      struct cfg_findings *f)
{
    static const char *one[] = {"vi"};
    struct cfg_strings languages = {.items = one, .n = 1};
    if (strcmp(k->dir, "dialogue") == 0)
        s->dialogue = load_dialogue(dir, a, f);
    else
        s->catalogs = load_catalogs(dir, &languages, a, f);
    if (s->dialogue && s->catalogs)
        dialogue_check(s->dialogue, s->catalogs, s->places, NULL, 0, NULL, f);
    return s->dialogue && s->catalogs;
}

static struct profile *profile; /* of the running input, in its arena */

/* Puts what the loader of this file gives into the snapshot; false when that is nothing. */
static bool load_one(const struct kind *k, struct snapshot *s, struct arena *a, struct cfg_findings *f)
{
    char path[PATH], dir[PATH];
    path_of(path, k, k->dir, k->name);
    path_of(dir, k, k->dir, "");
    switch (k->letter) {
    case 'd':
    case 'w':
    case 'l':
        return load_talk(k, dir, s, a, f);
    case 'a':
    case 'k':
        profile = aggregator_load(path, &wire_env, a, f);
        s->profiles = &profile;
        s->n_profiles = 1;
        return profile != NULL;
    case 'u':
    case 'f':
    case 'x':
        s->places = load_places(dir, "14", a, f);
        return s->places != NULL;
    default:
        s->network = load_network(dir, s->places, 420, a, f);
        if (s->network)
            routing_index(s->network, a); /* as the loader of travel times does at its end */
        return s->network != NULL;
    }
}

static void say(const struct dialogue_env *env, struct session *s, enum channel c, const char *typed)
{
    static struct dialogue_out out;
    char text[1024], again[1024];
    struct session back;
    dialogue_step(env, s, c, *typed ? DLG_TEXT : DLG_BEGIN, str_of(typed), &out);
    size_t n = session_pack(s, text, sizeof text);
    holds(n && session_unpack((struct str){text, n}, &back), "a session can be stored");
    holds(session_pack(&back, again, sizeof again) == n && memcmp(text, again, n) == 0,
          "a session is unpacked the same");
    holds(fuzz_clean_utf8((struct str){out.text, out.len}) && out.len < sizeof out.text,
          "an answer is UTF-8");
}

static void talk(const struct snapshot *s)
{
    static const char *const said[][8] = {{"xin chao", "2", "Chieng Khuong", "2", "1", "1", "9", "SOS"},
                                          {"", "5", "Moc", "1", "2", "2", "8", ""},
                                          {"", "4", "7", "3", "3", "co", "", "1"},
                                          {"", "7", "", "ngon ngu", "3", "3", "1", "Muong La"},
                                          {"SOS", "7", "5", "1", "xin chao", "3", "Chieng Son", "1"}};
    struct dialogue_env env = {
        .dialogue = s->dialogue, .catalogs = s->catalogs, .places = s->places, .now = 1767225600000};
    for (int c = 0; c < CHANNEL_COUNT; c++)
        for (size_t k = 0; k < sizeof said / sizeof said[0]; k++) {
            struct session now = {.children = 255};
            for (size_t i = 0; i < sizeof said[0] / sizeof said[0][0]; i++) {
                env.now += 1000;
                env.referral_open = k == 4 && i > 3;
                say(&env, &now, (enum channel)c, said[k][i]);
            }
        }
}

static void route(const struct snapshot *s)
{
    enum { MOST = 16 };
    struct candidate c[MOST];
    const struct network *net = s->network;
    struct request req = {.urgent = true, .children = 1, .at = 1767225600000};
    for (size_t i = 0; i <= places_communes(s->places); i += 5)
        for (int need = 0; need < NEED_COUNT; need++) {
            req.from = i < places_communes(s->places) ? places_commune(s->places, i) : NULL;
            req.need = (enum need)need;
            req.at += 3 * 3600000;
            size_t n = routing_candidates(net, &req, NULL, c, MOST, NULL);
            holds(n <= MOST, "as many candidates as there is room for");
            for (size_t k = 0; k < n; k++) {
                holds(c[k].collaborator < net->n_collaborators, "a candidate is of the network");
                holds(c[k].host >= -1 && c[k].host < (int)net->n_hosts, "so is the host");
                for (size_t m = 0; m < k; m++)
                    holds(c[m].collaborator != c[k].collaborator, "each candidate is asked once");
            }
        }
}

static void receive(const struct snapshot *s)
{
    static const struct header headers[] = {{STR("Content-Type"), STR("application/x-www-form-urlencoded")}};
    const struct http_request req = {
        .method = STR("POST"),
        .path = STR("/in"),
        .query = STR("token=TOKEN&from=%2B84000000101&to=8099&id=a1&text=CUU+Chieng+Son"),
        .headers = headers,
        .n_headers = 1,
        .body = STR("sessionId=u1&serviceCode=*384%23&phoneNumber=%2B84000000104&text=2*Chieng+Khuong&id=1&"
                    "status=Sent")};
    for (size_t i = 0; i < s->n_profiles; i++)
        wire_check(s->profiles[i], &req, true);
}

/* What was accepted can be used. */
static void use(const struct kind *k, const struct snapshot *s)
{
    if (!strchr("ak", k->letter))
        talk(s);
    if (strchr("hak", k->letter))
        receive(s);
    if (strchr("hncep", k->letter))
        route(s);
}

static void load_whole(const struct kind *k, const char *path, struct cfg_findings *f)
{
    struct snapshot *s = snapshot_load(path, f);
    holds((s == NULL) == (f->errors > 0), "a configuration is refused with an error only");
    if (s)
        use(k, s);
    snapshot_free(s);
}

static void load_part(const struct kind *k, struct cfg_findings *f)
{
    struct snapshot s = *fuzz_snapshot();
    struct arena a;
    arena_init(&a, 0);
    bool loaded = load_one(k, &s, &a, f);
    holds(loaded || f->errors, "a file is refused with an error");
    if (loaded && !f->errors)
        use(k, &s);
    aggregator_free(profile);
    profile = NULL;
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct cfg_findings f;
    char path[PATH];
    if (size < 1 || size > 65536)
        return 0;
    const struct kind *k = kind_of(data[0]);
    path_of(path, k, k->dir, k->name);
    write_file(path, data + 1, size - 1);
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    if (k->letter == 'h')
        load_whole(k, path, &f);
    else
        load_part(k, &f);
    check_findings(&f);
    cfg_findings_free(&f);
    arena_free(&a);
    return 0;
}
