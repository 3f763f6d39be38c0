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

static void print_json(struct str text, long ready)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddBoolToObject(o, "ready", ready == 200);
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
    if (have != 200)
        ctl_fail("no daemon answers at %s; is hotlined running?", address);
    else if (ctl->json)
        print_json(out_span(&m), is_ready);
    else {
        printf("%s", ready);
        print_metrics(out_span(&m));
    }
    free(metrics);
    return have == 200 && is_ready == 200 ? CTL_OK : CTL_FAILED;
}
