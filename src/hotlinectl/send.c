/* send --dry-run: the exact request one SMS would be sent by. It holds secrets: it is for the administrator's
 * eyes. */
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
    struct arena a;
    struct http_send out = {0};
    struct failure why = {OK, ""};
    arena_init(&a, 0);
    enum err rc =
        aggregator_send(p, str_of(msisdn), str_of(from), str_of(text), STR("0000000000000"), &a, &out, &why);
    if (rc == OK)
        print(&out, &a);
    else
        ctl_fail("%s", why.what);
    arena_free(&a);
    return rc == OK ? CTL_OK : CTL_FAILED;
}
