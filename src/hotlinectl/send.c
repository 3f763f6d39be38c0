/* send --dry-run: the exact requests one SMS would be sent by, a line each. It holds secrets: it is for the
 * administrator's eyes. */
#include "hotlinectl/hotlinectl.h"

#include "text/text.h"

#include <cjson/cJSON.h>

static void add(cJSON *o, const char *name, struct str v, struct arena *a)
{
    cJSON_AddStringToObject(o, name, arena_strdup(a, v));
}

static void print(const struct http_send *s, struct arena *a)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "method", s->method);
    add(o, "url", s->url, a);
    cJSON *h = cJSON_AddObjectToObject(o, "headers");
    for (size_t i = 0; i < s->n_headers; i++)
        add(h, arena_strdup(a, s->headers[i].name), s->headers[i].value, a);
    add(o, "body", s->body, a);
    char *text = cJSON_PrintUnformatted(o);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(o);
}

static int dry_run(const struct profile *p, const char *to, const char *from, const char *text)
{
    enum { PARTS = 64 };
    struct mt_part parts[PARTS];
    struct arena a;
    struct failure why = {OK, ""};
    enum err rc = OK;
    arena_init(&a, 0);
    size_t n = aggregator_shape(p, str_of(text), false, &a, parts, PARTS);
    for (size_t i = 0; i < n && rc == OK; i++) {
        char key[24];
        struct http_send out = {0};
        snprintf(key, sizeof key, "%013zu", i); /* the form of a real one */
        const struct mt mt = {str_of(to), str_of(from), parts[i].text, str_of(key), clock_ms()};
        rc = aggregator_send(p, &mt, &a, &out, &why);
        if (rc == OK)
            print(&out, &a);
        else
            ctl_fail("%s", why.what);
    }
    arena_free(&a);
    return rc == OK ? CTL_OK : CTL_FAILED;
}

int cmd_send(struct ctl *ctl, int argc, char **argv)
{
    const char *id = ctl_option(argc, argv, "--aggregator"), *to = ctl_option(argc, argv, "--to");
    const char *from = ctl_option(argc, argv, "--from"), *text = ctl_option(argc, argv, "--text");
    bool dry = ctl_flag(argc, argv, "--dry-run");
    char msisdn[MSISDN_MAX];
    if (ctl_leftover(argc, argv) || !id || !to || !from || !text || !dry)
        return ctl_usage("send --aggregator A --to N --from S --text T --dry-run");
    const struct snapshot *s = ctl_snapshot(ctl);
    const struct profile *p = s ? snapshot_profile(s, str_of(id)) : NULL;
    if (!s)
        return CTL_FAILED;
    if (!p || !aggregator_can_send(p))
        return ctl_fail(p ? "profile \"%s\" cannot send" : "there is no profile \"%s\"", id);
    if (!text_msisdn(str_of(to), s->settings.country, msisdn))
        return ctl_fail("--to is no telephone number");
    return dry_run(p, msisdn, from, text);
}
