/* decode: one raw HTTP/1.1 request on stdin to the canonical input as one JSON line. */
#include "hotlinectl/hotlinectl.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 1 << 20, HEADERS = 64 };

static bool next_line(struct str *rest, struct str *line)
{
    if (!rest->n)
        return false;
    *line = str_split(rest, '\n');
    if (line->n && line->s[line->n - 1] == '\r')
        line->n--;
    return true;
}

static bool parse(struct str raw, struct http_request *req, struct header *headers)
{
    struct str line;
    uint64_t length = UINT64_MAX;
    if (!next_line(&raw, &line))
        return false;
    req->method = str_split(&line, ' ');
    req->query = str_split(&line, ' ');
    req->path = str_split(&req->query, '?');
    req->headers = headers;
    while (next_line(&raw, &line) && line.n) {
        struct str value = line, name = str_split(&value, ':');
        /* an editor's last line end is not the body's */
        if (str_is_nocase(name, "Content-Length") && !str_to_u64(str_trim(value), SIZE_MAX, &length))
            length = UINT64_MAX;
        if (req->n_headers < HEADERS)
            headers[req->n_headers++] = (struct header){name, str_trim(value)};
    }
    req->body = (struct str){raw.s, length < raw.n ? (size_t)length : raw.n};
    return req->method.n && req->path.n;
}

static bool callback_of(const char *kind, enum callback *c)
{
    if (strcmp(kind, "mo") == 0 || strcmp(kind, "sms") == 0)
        *c = CALLBACK_SMS;
    else if (strcmp(kind, "ussd") == 0)
        *c = CALLBACK_USSD;
    else if (strcmp(kind, "dlr") == 0)
        *c = CALLBACK_DLR;
    else
        return false;
    return true;
}

static void print_refusal(int status, const char *why, struct out *o)
{
    cJSON *v = cJSON_CreateObject();
    cJSON_AddBoolToObject(v, "accepted", false);
    cJSON_AddNumberToObject(v, "status", status);
    cJSON_AddStringToObject(v, "reason", why); /* may hold quotes */
    char *text = cJSON_PrintUnformatted(v);
    out_cstr(o, text);
    cJSON_free(text);
    cJSON_Delete(v);
}

/* "/in/example/ussd/session/1": what the profile may read begins behind the third segment. */
static struct str tail_of(struct str path)
{
    for (int i = 0; i < 4; i++)
        str_split(&path, '/');
    return path;
}

static void print_input(const struct input *in)
{
    char line[32768]; /* control characters take six bytes each */
    struct out o;
    out_init(&o, line, sizeof line);
    aggregator_input_json(in, &o);
    puts(line);
}

static int run(const struct profile *p, enum callback c, bool unsigned_too, struct str raw)
{
    struct http_request req = {0};
    struct header headers[HEADERS];
    struct arena a;
    struct callback_request got = {0};
    struct failure why = {OK, ""};
    int status = 400;
    char line[1024];
    struct out o;
    arena_init(&a, 0);
    out_init(&o, line, sizeof line);
    enum err rc = parse(raw, &req, headers) ? OK : fail(&why, ERR_INPUT, "no HTTP request");
    req.tail = tail_of(req.path);
    if (rc == OK && !aggregator_takes(p, c, req.method)) {
        status = 405;
        rc = fail(&why, ERR_INPUT, "this method is not taken here");
    }
    const struct decode_env env = {.now = clock_ms(), .unsigned_too = unsigned_too};
    if (rc == OK)
        rc = aggregator_decode(p, c, &req, &env, &a, &got, &status, &why);
    for (size_t i = 0; i < got.n && rc == OK; i++)
        print_input(&got.items[i].in);
    if (rc != OK || got.n == 0) {
        print_refusal(rc == OK ? 200 : status, rc == OK ? "carries no input" : why.what, &o);
        puts(line);
    }
    arena_free(&a);
    return rc == OK && got.n ? CTL_OK : CTL_FAILED;
}

int cmd_decode(struct ctl *ctl, int argc, char **argv)
{
    const char *id = ctl_option(argc, argv, "--aggregator"), *kind = ctl_option(argc, argv, "--kind");
    bool unsigned_too = ctl_flag(argc, argv, "--unsigned");
    enum callback c;
    if (ctl_leftover(argc, argv) || !id || !kind || !callback_of(kind, &c))
        return ctl_usage("decode --aggregator A --kind mo|ussd|dlr [--unsigned] < REQUEST");
    const struct snapshot *s = ctl_snapshot(ctl);
    const struct profile *p = s ? snapshot_profile(s, str_of(id)) : NULL;
    if (!s)
        return CTL_FAILED;
    if (!p || !aggregator_has(p, c))
        return ctl_fail(p ? "profile \"%s\" has no such callback" : "there is no profile \"%s\"", id);
    char *raw = malloc(REQUEST_MAX);
    if (!raw)
        abort();
    size_t n = fread(raw, 1, REQUEST_MAX, stdin);
    int rc = run(p, c, unsigned_too, (struct str){raw, n});
    free(raw);
    return rc;
}
