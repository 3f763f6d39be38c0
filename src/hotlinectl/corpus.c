#include "hotlinectl/corpus.h"

#include <ctype.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The source's own id in its cases: ours is the same, so that they can be compared. */
#define OWN_KEY "0191e180-7d60-7000-aded-7d8b151cbd5b"
#define OWN_URL "https://localhost"

struct play {
    const cJSON *line, *expect;
    struct corpus_case c;
    const struct profile *base; /* with its own settings: knows what the cases do not tell */
    struct profile *p;          /* with the case's */
    struct heard *heard;
    struct played *out;
    struct arena a;
    msec now;
};

static const char *text_of(const cJSON *o, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
}

static void PRINTF_LIKE(2, 3) otherwise(struct play *p, const char *fmt, ...)
{
    va_list ap;
    if (!p->out->passed)
        return; /* the first is enough */
    p->out->passed = false;
    va_start(ap, fmt);
    vsnprintf(p->out->what, sizeof p->out->what, fmt, ap);
    va_end(ap);
}

/* ---- the account ---- */

static const char *plain_value(const cJSON *v, struct arena *a)
{
    char number[32];
    if (cJSON_IsString(v))
        return arena_strdup(a, str_of(v->valuestring));
    if (cJSON_IsBool(v))
        return cJSON_IsTrue(v) ? "true" : "false";
    snprintf(number, sizeof number, "%.15g", v->valuedouble);
    return arena_strdup(a, str_of(number));
}

struct corpus_case corpus_case_of(const cJSON *line, struct arena *a)
{
    const cJSON *config =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(line, "input"), "config");
    const cJSON *answer = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(line, "responses"), 0), *v;
    struct header *all = arena_array(a, (size_t)cJSON_GetArraySize(config) + 1, sizeof *all);
    struct corpus_case c = {
        .aggregator = text_of(line, "aggregator"),
        .kind = text_of(line, "kind"),
        .name = text_of(line, "case"),
        .path = text_of(cJSON_GetObjectItemCaseSensitive(line, "request"), "path_query"),
        .url = text_of(answer, "url"),
        .account = all,
    };
    cJSON_ArrayForEach(v, config) all[c.n_account++] =
        (struct header){str_of(v->string), str_of(plain_value(v, a))};
    return c;
}

/* "configSendURL" and "send_url" are one name. */
static void bare_name(const char *name, char *out, size_t cap)
{
    size_t n = 0;
    if (strncmp(name, "config", 6) == 0)
        name += 6;
    for (; *name && n + 1 < cap; name++)
        if (isalnum((unsigned char)*name))
            out[n++] = (char)tolower((unsigned char)*name);
    out[n] = '\0';
}

static const char *account_value(void *ctx, const char *name)
{
    struct play *p = ctx;
    char want[128], id[64], have[128];
    const char *told = aggregator_corpus_setting(p->base, &p->c, name, &p->a);
    if (told)
        return told;
    bare_name(name, want, sizeof want);
    bare_name(aggregator_id(p->base), id, sizeof id);
    const char *without_id = strncmp(want, id, strlen(id)) == 0 ? want + strlen(id) : want;
    for (size_t i = 0; i < p->c.n_account; i++) {
        bare_name(p->c.account[i].name.s, have, sizeof have);
        if (strcmp(have, want) == 0 || strcmp(have, without_id) == 0)
            return p->c.account[i].value.s;
    }
    return NULL;
}

static const char *account_secret(void *ctx, const char *name)
{
    const char *told = account_value(ctx, name);
    return told ? told : "c29tZSBzZWNyZXQ";
}

/* Calling codes of the countries in the cases that write national numbers. */
static const char *calling_code(const char *country)
{
    static const char *const codes[][2] = {{"US", "1"}, {"BR", "55"}, {"VN", "84"}, {"RW", "250"}};
    for (size_t i = 0; country && i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(codes[i][0], country) == 0)
            return codes[i][1];
    return "1";
}

static bool load(struct play *p, const char *path)
{
    struct cfg_findings f;
    const char *country = text_of(cJSON_GetObjectItemCaseSensitive(p->line, "input"), "country");
    const struct profile_env env = {.country = calling_code(country),
                                    .public_url = OWN_URL,
                                    .setting = account_value,
                                    .secret = account_secret,
                                    .ctx = p};
    cfg_findings_init(&f, &p->a);
    p->p = aggregator_load(path, &env, &p->a, &f);
    for (size_t i = 0; i < f.n && !p->p; i++)
        if (f.items[i].severity == CFG_ERROR)
            otherwise(p, "with this account: line %d: %s", f.items[i].pos.line, f.items[i].what);
    cfg_findings_free(&f);
    return p->p != NULL;
}

/* ---- what comes in ---- */

static struct str own_tail(struct str path)
{
    static const struct str none = {NULL, 0};
    struct str rest = path;
    str_split(&rest, '/'); /* before the first slash */
    bool theirs = str_is(str_split(&rest, '/'), "c");
    if (theirs) { /* /c/TYPE/CHANNEL/tail */
        str_split(&rest, '/');
        str_split(&rest, '/');
    }
    while (rest.n && rest.s[rest.n - 1] == '/')
        rest.n--;
    return rest.n ? rest : none;
}

static void build_request(struct play *p, enum callback c, struct http_request *req, struct header *headers)
{
    const cJSON *r = cJSON_GetObjectItemCaseSensitive(p->line, "request"), *h;
    struct str query = str_of(text_of(r, "path_query")), path = str_split(&query, '?');
    char own[512];
    *req = (struct http_request){.method = str_of(text_of(r, "method")),
                                 .query = query,
                                 .tail = own_tail(path),
                                 .headers = headers,
                                 .body = str_of(text_of(r, "body"))};
    snprintf(own, sizeof own, "/in/%s/%s/%.*s", aggregator_id(p->p), callback_name(c), STR_ARG(req->tail));
    req->path = arena_str(&p->a, str_of(own));
    cJSON_ArrayForEach(h, cJSON_GetObjectItemCaseSensitive(r, "headers")) if (req->n_headers < 24 &&
                                                                              cJSON_IsString(h))
        headers[req->n_headers++] = (struct header){str_of(h->string), str_of(h->valuestring)};
}

/* The source's cases carry no token of ours: it is added, unless the case is about a caller who has none. */
static void prove(struct play *p, enum callback c, struct http_request *req, struct header *headers)
{
    const char *reason = text_of(p->expect, "reason_in_source");
    double status = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(p->expect, "status"));
    const cJSON *request = cJSON_GetObjectItemCaseSensitive(p->line, "request");
    bool by_source = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(request, "signed_by_source"));
    bool about_signature = reason && strstr(reason, "signature");
    if (status == 401 || status == 403 || (about_signature && !by_source))
        return;
    aggregator_sign(p->p, c, about_signature, p->now, req, headers, &p->a);
}

static void compare_value(struct play *p, const cJSON *want, const cJSON *got)
{
    bool same = cJSON_IsString(got) && strcmp(got->valuestring, want->valuestring) == 0;
    if (!same)
        otherwise(p, "%s is \"%s\" instead of \"%s\"", want->string,
                  cJSON_IsString(got) ? got->valuestring : "nothing", want->valuestring);
}

static cJSON *canonical(const struct input *in)
{
    static char line[32768];
    struct out o;
    out_init(&o, line, sizeof line);
    aggregator_input_json(in, &o);
    return cJSON_Parse(line);
}

/* null: the source does not look at it, or, of a USSD step, it has none. */
static void compare_input(struct play *p, const cJSON *want, const struct input *in)
{
    cJSON *got = canonical(in);
    const cJSON *one;
    cJSON_ArrayForEach(one, want)
    {
        const cJSON *have = cJSON_GetObjectItemCaseSensitive(got, one->string);
        if (cJSON_IsString(one) && strcmp(one->string, "reason_in_source") != 0)
            compare_value(p, one, have);
        else if (cJSON_IsNull(one) && in->kind == INPUT_USSD && !cJSON_IsNull(have))
            otherwise(p, "%s is there", one->string);
    }
    cJSON_Delete(got);
}

/* A part is kept until its last one comes; then `in` is the whole. false: not yet. */
static bool whole(struct play *p, struct input *in)
{
    struct heard *h = p->heard;
    char *text = arena_alloc(&p->a, 16 * TEXT_SMS_MAX);
    struct out o;
    unsigned have = 0;
    if (in->part_count < 2)
        return true;
    if (h->n < sizeof h->parts / sizeof h->parts[0]) {
        str_copy(in->part_ref, h->parts[h->n].ref, sizeof h->parts[0].ref);
        str_copy(in->text, h->parts[h->n].text, sizeof h->parts[0].text);
        h->parts[h->n++].no = in->part_no;
    }
    out_init(&o, text, 16 * TEXT_SMS_MAX);
    for (unsigned no = 1; no <= in->part_count; no++)
        for (size_t i = 0; i < h->n; i++)
            if (h->parts[i].no == no && str_is(in->part_ref, h->parts[i].ref)) {
                out_cstr(&o, h->parts[i].text);
                have++;
                break;
            }
    in->text = out_span(&o);
    in->part_count = 0;
    return have >= in->part_no && have == h->n;
}

static void compare_accepted(struct play *p, struct callback_request *got)
{
    const cJSON *statuses = cJSON_GetObjectItemCaseSensitive(p->expect, "statuses");
    int n = cJSON_GetArraySize(statuses);
    if (n && (size_t)n != got->n)
        otherwise(p, "%zu receipts instead of %d", got->n, n);
    for (int i = 0; i < n && (size_t)i < got->n; i++)
        compare_input(p, cJSON_GetArrayItem(statuses, i), &got->items[i].in);
    if (!n && got->n)
        compare_input(p, p->expect, &got->items[0].in);
}

static enum callback callback_of(const char *kind)
{
    return strcmp(kind, "mo") == 0 ? CALLBACK_SMS : strcmp(kind, "ussd") == 0 ? CALLBACK_USSD : CALLBACK_DLR;
}

/* false: the profile does not take such a request. */
static bool request(struct play *p, enum callback c, struct http_request *req, struct header *headers)
{
    if (!aggregator_has(p->p, c)) {
        otherwise(p, "the profile has no section \"%s\"", callback_name(c));
        return false;
    }
    build_request(p, c, req, headers);
    prove(p, c, req, headers);
    if (!aggregator_takes(p->p, c, req->method))
        otherwise(p, "the method %.*s is not taken", STR_ARG(req->method));
    return p->out->passed;
}

static void play_in(struct play *p)
{
    enum callback c = callback_of(p->c.kind);
    struct header headers[32];
    struct http_request req;
    struct callback_request got = {0};
    struct failure why = {OK, ""};
    const struct decode_env env = {.now = p->now};
    int status = 0;
    bool accepted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(p->expect, "accepted"));
    double want = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(p->expect, "status"));
    if (!request(p, c, &req, headers))
        return;
    enum err rc = aggregator_decode(p->p, c, &req, &env, &p->a, &got, &status, &why);
    bool taken = rc == OK && got.n > 0 && whole(p, &got.items[0].in);
    if (!accepted && want >= 400) {
        if (rc == OK)
            otherwise(p, "%s instead of refused with %.0f", got.n ? "taken" : "ignored", want);
        else if (status < 400 || status > 499 || (want == 401 && status != 401))
            otherwise(p, "refused with %d instead of %.0f", status, want);
    } else if (rc != OK) {
        otherwise(p, "refused with %d (%s)", status, why.what);
    } else if (taken != accepted) {
        otherwise(p, "%s", taken ? "taken instead of ignored" : "ignored instead of taken");
    } else if (accepted) {
        compare_accepted(p, &got);
    }
}

/* ---- what goes out ---- */

/* Call-back addresses, ids and tokens are each side's own: the shape counts. */
static const char *same_shape(struct play *p, const char *text)
{
    static const char *const patterns[][2] = {
        {"https://localhost/c/[a-z]+/[0-9a-f-]{36}/(status|receive|delivered)", "CALLBACK"},
        {"https://localhost/in/[a-z0-9_.-]+/(dlr|sms)", "CALLBACK"},
        {"[?&]token=[A-Za-z0-9%_-]*", ""},
        {"CALLBACK&", "CALLBACK?"},
        {OWN_KEY "([.][0-9]+)?", "KEY"}}; /* some sources number the pieces of a text, some do not */
    char *now = arena_strdup(&p->a, str_of(text));
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        regex_t re;
        regmatch_t m;
        if (regcomp(&re, patterns[i][0], REG_EXTENDED) != 0)
            continue;
        while (regexec(&re, now, 1, &m, 0) == 0) {
            size_t room = strlen(now) + strlen(patterns[i][1]) + 1;
            char *next = arena_alloc(&p->a, room);
            snprintf(next, room, "%.*s%s%s", (int)m.rm_so, now, patterns[i][1], now + m.rm_eo);
            now = next;
        }
        regfree(&re);
    }
    return now;
}

static bool same_text(struct play *p, const char *a, const char *b)
{
    return strcmp(same_shape(p, a), same_shape(p, b)) == 0;
}

static int hex(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static const char *pair_value(struct play *p, struct str pairs, const char *name)
{
    while (pairs.n) {
        struct str value = str_split(&pairs, '&'), key = str_split(&value, '=');
        char *out = arena_alloc(&p->a, value.n + 1);
        size_t n = 0;
        if (!str_is(key, name))
            continue;
        for (size_t i = 0; i < value.n; i++)
            if (value.s[i] == '%' && i + 2 < value.n) {
                out[n++] = (char)(hex(value.s[i + 1]) << 4 | hex(value.s[i + 2]));
                i += 2;
            } else {
                out[n++] = value.s[i] == '+' ? ' ' : value.s[i];
            }
        return out;
    }
    return NULL;
}

static void compare_pairs(struct play *p, const cJSON *want, struct str pairs)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, want)
    {
        const char *value = cJSON_GetStringValue(cJSON_GetArrayItem(one, 0));
        const char *got = pair_value(p, pairs, one->string);
        if (value && (!got || !same_text(p, got, value)))
            otherwise(p, "parameter %s is \"%s\" instead of \"%s\"", one->string, got ? got : "nothing",
                      value);
    }
}

static void compare_headers(struct play *p, const cJSON *want, const struct http_send *got)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, want)
    {
        bool same = false;
        const char *have = "nothing";
        for (size_t i = 0; i < got->n_headers; i++)
            if (str_is_nocase(got->headers[i].name, one->string)) {
                have = arena_strdup(&p->a, got->headers[i].value);
                same |= str_is(got->headers[i].value, one->valuestring);
            }
        if (!same)
            otherwise(p, "header %s is \"%s\" instead of \"%s\"", one->string, have, one->valuestring);
    }
}

static void compare_body(struct play *p, const char *want, struct str got)
{
    const char *have = same_shape(p, arena_strdup(&p->a, got)), *theirs = same_shape(p, want);
    cJSON *a = cJSON_Parse(have), *b = cJSON_Parse(theirs);
    bool same = a && b ? cJSON_Compare(a, b, true) : strcmp(have, theirs) == 0;
    cJSON_Delete(a);
    cJSON_Delete(b);
    if (!same)
        otherwise(p, "body is %s instead of %s", have, theirs);
}

static void compare_request(struct play *p, const cJSON *want, const struct http_send *got)
{
    struct str query = got->url, address = str_split(&query, '?');
    const char *body = text_of(want, "body"), *want_path = text_of(want, "path");
    const char *at = memmem(address.s, address.n, "://", 3);
    const char *slash = at ? memchr(at + 3, '/', (size_t)(address.s + address.n - at - 3)) : NULL;
    struct str path =
        slash ? (struct str){slash, (size_t)(address.s + address.n - slash)} : (struct str){"/", 1};
    if (p->c.url && strncmp(address.s, p->c.url, strcspn(p->c.url, "*?")) != 0)
        otherwise(p, "goes to %.*s instead of %s", STR_ARG(address), p->c.url);
    if (want_path && !str_is(path, want_path))
        otherwise(p, "path is %.*s instead of %s", STR_ARG(path), want_path);
    compare_pairs(p, cJSON_GetObjectItemCaseSensitive(want, "params"), query);
    compare_pairs(p, cJSON_GetObjectItemCaseSensitive(want, "form"), got->body);
    compare_headers(p, cJSON_GetObjectItemCaseSensitive(want, "headers"), got);
    if (body)
        compare_body(p, body, got->body);
}

static void compare_end(struct play *p, enum sent_class got)
{
    const char *want = text_of(p->expect, "failure");
    const char *have = sent_class_name(got);
    if (want && strstr(want, "ContactStopped"))
        want = "blocked"; /* the source's name for a number that takes nothing any more */
    if (!want && got != SENT_OK)
        otherwise(p, "the answer means %s instead of sent", have);
    else if (want && strcmp(want, have) != 0)
        otherwise(p, "the answer means %s instead of %s", have, want);
}

static const cJSON *nth_answer(const struct play *p, size_t i)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(p->line, "responses");
    int n = cJSON_GetArraySize(all);
    return cJSON_GetArrayItem(all, (int)i < n ? (int)i : n - 1);
}

static enum sent_class send_part(struct play *p, size_t i, struct str text)
{
    const cJSON *in = cJSON_GetObjectItemCaseSensitive(p->line, "input"), *answer = nth_answer(p, i);
    const cJSON *want = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(p->expect, "requests"), (int)i);
    const cJSON *id = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(p->expect, "message_ids"), (int)i);
    char key[64];
    struct http_send out;
    struct sent sent;
    struct failure why = {OK, ""};
    snprintf(key, sizeof key, i ? OWN_KEY ".%zu" : OWN_KEY, i + 1);
    struct mt mt = {str_of(text_of(in, "to")), str_of(text_of(in, "from")), text, str_of(key), p->now};
    if (aggregator_send(p->p, &mt, &p->a, &out, &why) != OK) {
        otherwise(p, "cannot be sent: %s", why.what);
        return SENT_REFUSED;
    }
    if (want)
        compare_request(p, want, &out);
    aggregator_sent(p->p, (int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(answer, "status")),
                    str_of(text_of(answer, "body")), &p->a, &sent);
    if (id && !str_is(sent.message_id, cJSON_GetStringValue(id)))
        otherwise(p, "the answer's id is \"%.*s\" instead of \"%s\"", STR_ARG(sent.message_id),
                  cJSON_GetStringValue(id));
    return sent.what;
}

static void play_out(struct play *p)
{
    enum { PARTS = 16 };
    const cJSON *in = cJSON_GetObjectItemCaseSensitive(p->line, "input");
    int requests = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(p->expect, "requests"));
    struct mt_part parts[PARTS];
    enum sent_class end = SENT_OK;
    size_t i = 0;
    if (!aggregator_can_send(p->p)) {
        otherwise(p, "the profile has no section \"send\"");
        return;
    }
    size_t n = aggregator_shape(p->p, str_of(text_of(in, "text")), false, &p->a, parts, PARTS);
    while (i < n && end == SENT_OK) {
        end = send_part(p, i, parts[i].text);
        i++;
    }
    if (requests && (size_t)requests != i)
        otherwise(p, "%zu requests instead of %d", i, requests);
    compare_end(p, end);
}

static bool begin(struct play *p, const char *path)
{
    *p->out = (struct played){.passed = true};
    p->expect = cJSON_GetObjectItemCaseSensitive(p->line, "expect");
    arena_init(&p->a, 0);
    p->now = aggregator_corpus_now(p->base);
    if (!p->now)
        p->now = clock_ms();
    p->c = corpus_case_of(p->line, &p->a);
    return load(p, path);
}

static void end(struct play *p)
{
    aggregator_free(p->p);
    arena_free(&p->a);
}

void corpus_play(const char *path, const struct profile *base, const cJSON *line, struct heard *heard,
                 struct played *out)
{
    struct play p = {.line = line, .base = base, .heard = heard, .out = out};
    if (begin(&p, path)) {
        if (strcmp(p.c.kind, "send") == 0)
            play_out(&p);
        else
            play_in(&p);
    }
    end(&p);
}

/* ---- how long it takes ---- */

const char *const corpus_times[TIMES] = {"decode", "answer", "send"};

static void time_in(struct play *p, unsigned n, struct arena *a, double ns[TIMES])
{
    static struct answer ans = {.text = "Ban dang o xa nao? Nhan ten xa.", .len = 31};
    enum callback c = callback_of(p->c.kind);
    struct header headers[32];
    struct http_request req;
    struct callback_request got = {0};
    struct failure why;
    const struct decode_env env = {.now = p->now};
    int status;
    if (!request(p, c, &req, headers))
        return;
    int64_t start = clock_mono_us();
    for (unsigned i = 0; i < n; i++) {
        arena_reset(a);
        if (aggregator_decode(p->p, c, &req, &env, a, &got, &status, &why) != OK)
            return;
    }
    ns[TIME_DECODE] = (double)(clock_mono_us() - start) * 1000 / n;
    start = clock_mono_us();
    for (unsigned i = 0; i < n && got.n; i++) {
        struct http_answer out;
        aggregator_encode(p->p, got.callback, &got.items[0], &ans, (struct str){NULL, 0}, a, &out);
        if (i % 256 == 0 && i) { /* what was decoded lives there, too */
            arena_reset(a);
            if (aggregator_decode(p->p, c, &req, &env, a, &got, &status, &why) != OK)
                return;
        }
    }
    ns[TIME_ANSWER] = got.n ? (double)(clock_mono_us() - start) * 1000 / n : 0;
}

static void time_out(struct play *p, unsigned n, struct arena *a, double ns[TIMES])
{
    const cJSON *in = cJSON_GetObjectItemCaseSensitive(p->line, "input");
    int64_t start = clock_mono_us();
    for (unsigned i = 0; i < n && aggregator_can_send(p->p); i++) {
        struct mt_part part;
        struct http_send out;
        struct failure why;
        arena_reset(a);
        aggregator_shape(p->p, str_of(text_of(in, "text")), false, a, &part, 1);
        const struct mt mt = {str_of(text_of(in, "to")), str_of(text_of(in, "from")), part.text, STR(OWN_KEY),
                              p->now};
        if (aggregator_send(p->p, &mt, a, &out, &why) != OK)
            return;
    }
    ns[TIME_SEND] = (double)(clock_mono_us() - start) * 1000 / n;
}

bool corpus_time(const char *path, const struct profile *base, const cJSON *line, unsigned n,
                 double ns[TIMES])
{
    struct played out;
    struct play p = {.line = line, .base = base, .out = &out};
    struct arena a;
    arena_init(&a, 0);
    memset(ns, 0, TIMES * sizeof *ns);
    if (begin(&p, path)) {
        if (strcmp(p.c.kind, "send") == 0)
            time_out(&p, n, &a, ns);
        else
            time_in(&p, n, &a, ns);
    }
    end(&p);
    arena_free(&a);
    return ns[TIME_DECODE] > 0 || ns[TIME_SEND] > 0;
}
