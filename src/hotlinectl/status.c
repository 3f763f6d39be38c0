/* status: what the running daemon says of itself at /readyz and /metrics. */
#include "hotlinectl/hotlinectl.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 256 * 1024 };

static size_t collect(char *data, size_t size, size_t n, void *to)
{
    out_bytes(to, data, size * n);
    return size * n;
}

static long get(const char *address, const char *path, struct out *o)
{
    char url[512];
    long status = 0;
    CURL *c = curl_easy_init();
    if (!c)
        return 0;
    snprintf(url, sizeof url, "http://%s%s", address, path);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 3000L);
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, o);
    if (curl_easy_perform(c) == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(c);
    return status;
}

static void print_metrics(struct str text)
{
    while (text.n) {
        struct str line = str_split(&text, '\n'), name = str_split(&line, ' ');
        if (!name.n || name.s[0] == '#' || str_is(line, "0") || !str_starts(name, "hotlined_"))
            continue;
        printf("%-52.*s %.*s\n", (int)name.n - 9, name.s + 9, STR_ARG(line));
    }
}

/* ---- the configuration in force, and the files ---- */

struct config {
    char live[20], disk[20]; /* stamps; "" not known */
    msec since;
    bool refused; /* the last reload */
};

static struct str metric(struct str text, const char *name)
{
    while (text.n) {
        struct str line = str_split(&text, '\n');
        if (str_starts(line, name))
            return (struct str){line.s + strlen(name), line.n - strlen(name)};
    }
    return (struct str){NULL, 0};
}

static void read_live(struct str metrics, struct config *c)
{
    char since[32];
    struct str stamp = metric(metrics, "hotlined_config_info{stamp=\"");
    str_copy(str_split(&stamp, '"'), c->live, sizeof c->live);
    if (str_copy(metric(metrics, "hotlined_config_loaded_timestamp_seconds "), since, sizeof since))
        c->since = (msec)(strtod(since, NULL) * 1000);
    c->refused = str_is(metric(metrics, "hotlined_config_last_reload_successful "), "0");
}

/* Nothing for who may not read all of them, or when hotlined.conf itself is broken. */
static void read_disk(struct ctl *ctl, struct config *c)
{
    struct arena a;
    struct cfg_findings none;
    struct snapshot_files files;
    arena_init(&a, 0);
    cfg_findings_init(&none, &a);
    if (!ctl->snapshot)
        ctl->snapshot = snapshot_load_settings(ctl->config, &none);
    if (ctl->snapshot) {
        snapshot_files(&ctl->snapshot->settings, ctl->config, &a, &files);
        if (!files.unreadable)
            memcpy(c->disk, files.stamp, sizeof c->disk);
    }
    cfg_findings_free(&none);
    arena_free(&a);
}

static void print_config(const struct ctl *ctl, const struct config *c)
{
    char since[32];
    if (!*c->live)
        return;
    time_rfc3339(c->since, ctl->snapshot ? (int)ctl->snapshot->settings.tz_offset_min : 0, since,
                 sizeof since);
    printf("configuration %s, live since %s\n", c->live, since);
    if (c->refused)
        puts("the last reload was refused: hotlinectl check");
    if (*c->disk && strcmp(c->disk, c->live) != 0)
        printf("the files on disk have another stamp, %s: hotlinectl reload\n", c->disk);
}

static void print_json(struct str text, long ready, const struct config *c)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddBoolToObject(o, "ready", ready == 200);
    cJSON_AddStringToObject(o, "stamp", c->live);
    if (*c->disk)
        cJSON_AddStringToObject(o, "disk_stamp", c->disk);
    while (text.n) {
        char key[256];
        struct str line = str_split(&text, '\n'), name = str_split(&line, ' ');
        if (str_starts(name, "hotlined_") && str_copy((struct str){name.s + 9, name.n - 9}, key, sizeof key))
            cJSON_AddNumberToObject(o, key, strtod(line.s, NULL));
    }
    char *json = cJSON_PrintUnformatted(o);
    puts(json);
    cJSON_free(json);
    cJSON_Delete(o);
}

int cmd_status(struct ctl *ctl, int argc, char **argv)
{
    const char *address = ctl_option(argc, argv, "--address");
    if (ctl_leftover(argc, argv) || ctl_word(argc, argv, 0))
        return ctl_usage("status [--address HOST:PORT]");
    if (!address) {
        const struct snapshot *s = ctl_settings(ctl);
        if (!s)
            return CTL_FAILED;
        address = s->settings.listen.n ? s->settings.listen.items[0] : "127.0.0.1:8080";
    }
    char *metrics = calloc(1, ANSWER_MAX), ready[256];
    struct out m, r;
    if (!metrics)
        abort();
    out_init(&m, metrics, ANSWER_MAX);
    out_init(&r, ready, sizeof ready);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    long is_ready = get(address, "/readyz", &r), have = get(address, "/metrics", &m);
    curl_global_cleanup();
    struct config c = {.since = 0};
    read_live(out_span(&m), &c);
    read_disk(ctl, &c);
    if (have != 200)
        ctl_fail("no daemon answers at %s; is hotlined running?", address);
    else if (ctl->json)
        print_json(out_span(&m), is_ready, &c);
    else {
        printf("%s", ready);
        print_config(ctl, &c);
        print_metrics(out_span(&m));
    }
    free(metrics);
    return have == 200 && is_ready == 200 ? CTL_OK : CTL_FAILED;
}
