/* keygen: makes every secret the configuration names that is missing. It cannot load the configuration, since
 * that asks for the secrets: it walks the files for the keys that name one. */
#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct maker {
    const char *dir;
    int made, failed;
};

static bool write_secret(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    size_t n = strlen(text);
    bool ok = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    close(fd);
    return ok;
}

static bool make_key(const char *path)
{
    struct failure why;
    return journal_keygen(path, &why) == OK;
}

static bool make_webhook(const char *path)
{
    uint8_t key[32];
    char text[80], line[96];
    randombytes_buf(key, sizeof key);
    sodium_bin2base64(text, sizeof text, key, sizeof key, sodium_base64_VARIANT_ORIGINAL);
    snprintf(line, sizeof line, "whsec_%s\n", text);
    return write_secret(path, line);
}

static bool make_token(const char *path)
{
    uint8_t key[32];
    char text[64], line[80];
    randombytes_buf(key, sizeof key);
    sodium_bin2base64(text, sizeof text, key, sizeof key, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    snprintf(line, sizeof line, "%s\n", text);
    return write_secret(path, line);
}

static void make(struct maker *m, const char *name, bool (*how)(const char *))
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", m->dir, name);
    if (access(path, F_OK) == 0)
        return;
    if (how(path)) {
        printf("made %s\n", path);
        m->made++;
    } else {
        ctl_fail("%s: %s", path, strerror(errno));
        m->failed++;
    }
}

/* "{secret:NAME}" inside a template */
static void make_in_template(struct maker *m, const char *text)
{
    static const char open[] = "{secret:";
    for (const char *at = strstr(text, open); at; at = strstr(at + 1, open)) {
        char name[64];
        const char *from = at + sizeof open - 1, *end = strchr(from, '}');
        if (end && str_copy((struct str){from, (size_t)(end - from)}, name, sizeof name))
            make(m, name, make_token);
    }
}

static void walk(struct maker *m, const config_setting_t *s, bool endpoints)
{
    const char *text = config_setting_get_string(s), *name = config_setting_name(s);
    if (text && name && strcmp(name, "secret") == 0)
        make(m, text, endpoints ? make_webhook : make_token);
    else if (text && name && strcmp(name, "token") == 0 && endpoints)
        make(m, text, make_token);
    else if (text)
        make_in_template(m, text);
    if (!config_setting_is_aggregate(s))
        return;
    endpoints |= name && strcmp(name, "endpoints") == 0;
    for (int i = 0; i < config_setting_length(s); i++)
        walk(m, config_setting_get_elem(s, (unsigned)i), endpoints);
}

static bool in_use(const struct cfg_strings *only, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (size_t i = 0; only->pos.file && i < only->n; i++)
        if (str_is((struct str){name, strlen(name) - strlen(".conf")}, only->items[i]))
            return true;
    return !only->pos.file;
}

/* only: the files whose secrets are needed; all when the list is not there */
static void walk_dir(struct maker *m, const char *dir, const struct cfg_strings *only, struct arena *a,
                     struct cfg_findings *f)
{
    const char **paths;
    size_t n = cfg_dir(dir, ".conf", &paths, a, f);
    for (size_t i = 0; i < n; i++) {
        config_t c;
        if (!in_use(only, paths[i]))
            continue;
        config_init(&c);
        if (config_read_file(&c, paths[i]))
            walk(m, config_root_setting(&c), false);
        else
            m->failed += ctl_fail("%s:%d: %s", paths[i], config_error_line(&c), config_error_text(&c));
        config_destroy(&c);
    }
}

static void print_findings(const struct cfg_findings *f)
{
    for (size_t i = 0; i < f->n; i++) {
        char line[1024];
        struct out o;
        out_init(&o, line, sizeof line);
        cfg_finding_format(&f->items[i], &o);
        ctl_fail("%s", line);
    }
}

int cmd_keygen(struct ctl *ctl, int argc, char **argv)
{
    const char *dir = ctl_option(argc, argv, "--dir");
    struct settings set = {0};
    struct arena a;
    struct cfg_findings f;
    if (ctl_leftover(argc, argv) || ctl_word(argc, argv, 0))
        return ctl_usage("[-c FILE] keygen [--dir DIR]");
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    struct maker m = {0};
    if (cfg_load(ctl->config, &settings_schema, &set, &a, &f)) {
        m.dir = dir ? dir : cfg_resolve(ctl->config, set.secrets, &a);
        if (mkdir(m.dir, 0700) != 0 && errno != EEXIST)
            m.failed += ctl_fail("%s: %s", m.dir, strerror(errno));
        else {
            make(&m, set.master_key, make_key);
            walk_dir(&m, cfg_resolve(ctl->config, set.network, &a), &(struct cfg_strings){0}, &a, &f);
            walk_dir(&m, cfg_resolve(ctl->config, set.aggregators, &a), &set.profiles, &a, &f);
        }
    }
    print_findings(&f);
    if (!m.failed && !f.errors)
        printf("%d secrets made, the others were there\n", m.made);
    int rc = m.failed || f.errors ? CTL_FAILED : CTL_OK;
    cfg_findings_free(&f);
    arena_free(&a);
    return rc;
}
