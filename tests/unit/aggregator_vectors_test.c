/* Wire formats of live aggregators (tests/vectors/aggregators.jsonl), each case a test, through the profiles
 * that are shipped. What differs is listed below with its reason; an entry that is not needed fails. */
#include "aggregator/aggregator.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/workdir.h"

#define VECTORS "tests/vectors/aggregators.jsonl"
#define CASES 29
#define TOKEN "kept-between-us"

/* ---- what differs ---- */

static struct difference {
    const char *aggregator, *kind, *name; /* NULL: every case of this kind */
    const char *field, *why;
    unsigned met;
} differences[] = {
    {"kannel", "dlr", "Ignore Status Wired", "accepted",
     "a setting of the source's account; the same request is accepted in \"Status Valid by UUID\"", 0},
    {"kannel", "send", NULL, "dlr-mask", "31 asks for Kannel's 4, too, which the source leaves out", 0},
    {"kannel", "send", "Smart Encoding", "text",
     "the source makes typographic quotes plain before it sends; we send what the catalogs say", 0},
    {"kannel", "send", "Custom Params", "priority", "a flag of the source's message, not in its input", 0},
};
enum { DIFFERENCES = sizeof differences / sizeof differences[0] };

static const char *text_of(const cJSON *o, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
}

static bool differs(const cJSON *c, const char *field)
{
    for (int i = 0; i < DIFFERENCES; i++) {
        struct difference *d = &differences[i];
        if (strcmp(d->aggregator, text_of(c, "aggregator")) == 0 &&
            strcmp(d->kind, text_of(c, "kind")) == 0 && strcmp(d->field, field) == 0 &&
            (!d->name || strcmp(d->name, text_of(c, "case")) == 0)) {
            d->met++;
            return true;
        }
    }
    return false;
}

/* ---- profiles ---- */

static struct arena arena;

static struct profile *load(const char *path)
{
    struct cfg_findings f;
    cfg_findings_init(&f, &arena);
    struct profile *p = aggregator_load(path, dir, "84", &arena, &f);
    for (size_t i = 0; i < f.n; i++)
        if (f.items[i].severity == CFG_ERROR)
            fail_msg("%s:%d: %s", f.items[i].pos.file, f.items[i].pos.line, f.items[i].what);
    assert_non_null(p);
    return p;
}

/* "africastalking-ussd" is the ussd part of africastalking.conf. */
static const char *profile_path(const cJSON *c)
{
    return strncmp(text_of(c, "aggregator"), "kannel", 6) == 0 ? "conf/aggregators/kannel.conf"
                                                               : "conf/aggregators/africastalking.conf";
}

/* The text between `from` and the next quote becomes `to`. */
static char *with_setting(char *conf, const char *from, const char *to)
{
    char *at = strstr(conf, from), *out = NULL;
    if (!to)
        return conf;
    assert_non_null(at);
    at += strlen(from);
    assert_true(asprintf(&out, "%.*s%s%s", (int)(at - conf), conf, to, strchr(at, '"')) > 0);
    free(conf);
    return out;
}

/* The shipped profile with the name and address of the case's account, as an administrator would write them.
 */
static struct profile *account_profile(const cJSON *c)
{
    const cJSON *account =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(c, "input"), "config");
    const char *name = text_of(account, "username");
    struct cfg_findings f;
    struct str shipped;
    char path[128];
    cfg_findings_init(&f, &arena);
    assert_true(cfg_read_file(profile_path(c), 1 << 16, &shipped, &arena, &f));
    char *conf = strndup(shipped.s, shipped.n);
    conf = with_setting(conf, "username = \"", name ? name : text_of(account, "Username"));
    conf = with_setting(conf, "\n    url = \"", text_of(account, "SendURL"));
    snprintf(path, sizeof path, "%s/account.conf", dir);
    keep_file("account.conf", conf);
    free(conf);
    return load(path);
}

/* ---- in ---- */

/* The receipt's address is ours: dlr-url of the send section calls the id "id", the source "uuid". */
static struct str own_name(struct str query)
{
    static const char theirs[] = "uuid=";
    if (!str_starts(query, theirs))
        return query;
    char *ours = NULL;
    assert_true(asprintf(&ours, "id=%.*s", (int)(query.n - 5), query.s + 5) > 0);
    struct str kept = arena_str(&arena, str_of(ours));
    free(ours);
    return kept;
}

static struct http_request request_of(const cJSON *c, struct header *headers, size_t max, bool token)
{
    const cJSON *r = cJSON_GetObjectItemCaseSensitive(c, "request"), *h;
    struct http_request req = {.method = str_of(text_of(r, "method")),
                               .query = str_of(text_of(r, "path_query")),
                               .headers = headers,
                               .body = str_of(text_of(r, "body"))};
    req.path = str_split(&req.query, '?');
    req.query = own_name(req.query);
    cJSON_ArrayForEach(h, cJSON_GetObjectItemCaseSensitive(r, "headers")) if (req.n_headers < max)
        headers[req.n_headers++] = (struct header){str_of(h->string), str_of(h->valuestring)};
    if (token) {
        char *query = arena_alloc(&arena, req.query.n + 64);
        snprintf(query, req.query.n + 64, "token=" TOKEN "&%.*s", STR_ARG(req.query));
        req.query = str_of(query);
    }
    return req;
}

static enum callback callback_of(const char *kind)
{
    return strcmp(kind, "mo") == 0 ? CALLBACK_SMS : strcmp(kind, "ussd") == 0 ? CALLBACK_USSD : CALLBACK_DLR;
}

static void compare_field(const cJSON *c, const cJSON *want, const cJSON *got)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(got, want->string);
    bool same =
        v && (cJSON_IsNull(want) ? cJSON_IsNull(v)
                                 : cJSON_IsString(v) && strcmp(v->valuestring, want->valuestring) == 0);
    if (!same && !differs(c, want->string))
        fail_msg("%s is %s instead of %s", want->string, v ? cJSON_PrintUnformatted(v) : "missing",
                 cJSON_PrintUnformatted(want));
}

static void compare_input(const cJSON *c, const cJSON *expect, const struct input *in)
{
    char line[8192];
    struct out o;
    const cJSON *want, *statuses = cJSON_GetObjectItemCaseSensitive(expect, "statuses");
    out_init(&o, line, sizeof line);
    aggregator_input_json(in, &o);
    cJSON *got = cJSON_Parse(line);
    assert_string_equal(text_of(got, "kind"), text_of(c, "kind"));
    assert_true(cJSON_GetArraySize(statuses) <= 1);
    cJSON_ArrayForEach(want, cJSON_GetArrayItem(statuses, 0)) compare_field(c, want, got);
    cJSON_ArrayForEach(want, expect) if (cJSON_IsString(want) || cJSON_IsNull(want))
        compare_field(c, want, got);
    cJSON_Delete(got);
}

static void refused_without_token(const struct profile *p, enum callback cb, const cJSON *c)
{
    struct header headers[8];
    struct http_request req = request_of(c, headers, 8, false);
    struct input in = {0};
    struct failure why;
    bool ignored;
    int status = 0;
    assert_int_equal(aggregator_decode(p, cb, &req, &arena, &in, &ignored, &status, &why), ERR_AUTH);
    assert_int_equal(status, 401);
}

static void incoming(const cJSON *c)
{
    const cJSON *expect = cJSON_GetObjectItemCaseSensitive(c, "expect");
    bool accepted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(expect, "accepted")), ignored;
    double wanted = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(expect, "status"));
    const struct profile *p = load(profile_path(c));
    enum callback cb = callback_of(text_of(c, "kind"));
    struct header headers[8];
    struct http_request req = request_of(c, headers, 8, true);
    struct input in = {0};
    struct failure why = {OK, ""};
    int status = 0;
    refused_without_token(p, cb, c);
    assert_true(aggregator_takes(p, cb, req.method) || differs(c, "method"));
    enum err rc = aggregator_decode(p, cb, &req, &arena, &in, &ignored, &status, &why);
    if (!accepted && wanted >= 400) {
        assert_int_equal(rc, ERR_INPUT);
        assert_in_range(status, 400, 499);
        assert_string_not_equal(why.what, "");
        return;
    }
    assert_int_equal(rc, OK);
    if (accepted == ignored)
        assert_true(differs(c, "accepted"));
    if (accepted)
        compare_input(c, expect, &in);
}

/* ---- out ---- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    assert_non_null(at);
    return (int)(at - digits);
}

/* A pair of a form as the other side reads it; false when there is none of that name. */
static bool form_get(struct str form, const char *name, char *out, size_t cap)
{
    while (form.n) {
        struct str value = str_split(&form, '&'), key = str_split(&value, '=');
        size_t n = 0;
        if (!str_is(key, name))
            continue;
        for (size_t i = 0; i < value.n && n + 1 < cap; i++) {
            bool escaped = value.s[i] == '%';
            out[n++] =
                escaped ? (char)(hex_digit(value.s[i + 1]) << 4 | hex_digit(value.s[i + 2])) : value.s[i];
            i += escaped ? 2 : 0;
        }
        out[n] = '\0';
        return true;
    }
    return false;
}

static void compare_pair(const cJSON *c, struct str form, const cJSON *want)
{
    char got[1024] = "";
    bool there = form_get(form, want->string, got, sizeof got);
    const char *value = cJSON_GetStringValue(cJSON_GetArrayItem(want, 0));
    assert_int_equal(cJSON_GetArraySize(want), 1);
    if (strcmp(want->string, "dlr-url") == 0) /* ours has its own route: the shape counts */
        there = strstr(got, "id=0123456789abc&status=%d") && strstr(got, "token=" TOKEN);
    else
        there = there && strcmp(got, value) == 0;
    if (!there && !differs(c, want->string))
        fail_msg("%s is \"%s\" instead of \"%s\"", want->string, got, value);
}

static void compare_request(const cJSON *c, const cJSON *want, const struct http_send *got)
{
    const cJSON *v, *form = cJSON_GetObjectItemCaseSensitive(want, "form");
    const char *url = text_of(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(c, "responses"), 0), "url");
    struct str query = got->url;
    assert_true(strncmp(got->url.s, url, strcspn(url, "*")) == 0);
    str_split(&query, '?');
    assert_string_equal(got->method, form ? "POST" : "GET");
    cJSON_ArrayForEach(v, form) compare_pair(c, got->body, v);
    cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(want, "params")) compare_pair(c, query, v);
    cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(want, "headers"))
    {
        bool there = false;
        for (size_t i = 0; i < got->n_headers; i++)
            there |= str_is_nocase(got->headers[i].name, v->string) &&
                     str_is(got->headers[i].value, v->valuestring);
        assert_true(there || differs(c, v->string));
    }
}

static void compare_result(const struct profile *p, const cJSON *c, const cJSON *expect)
{
    const cJSON *answer = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(c, "responses"), 0);
    const char *failure = text_of(expect, "failure");
    const cJSON *ids = cJSON_GetObjectItemCaseSensitive(expect, "message_ids");
    int status = (int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(answer, "status"));
    struct str id;
    enum send_result got = aggregator_sent(p, status, str_of(text_of(answer, "body")), &arena, &id);
    if (!failure)
        assert_int_equal(got, SEND_OK);
    else if (strcmp(failure, "throttled") == 0) /* must be tried again */
        assert_int_equal(got, SEND_TEMPORARY);
    else
        assert_int_not_equal(got, SEND_OK);
    if (ids)
        assert_true(str_is(id, cJSON_GetStringValue(cJSON_GetArrayItem(ids, 0))));
    else
        assert_int_equal(id.n, 0);
}

static void outgoing(const cJSON *c)
{
    const cJSON *in = cJSON_GetObjectItemCaseSensitive(c, "input");
    const cJSON *expect = cJSON_GetObjectItemCaseSensitive(c, "expect");
    const cJSON *requests = cJSON_GetObjectItemCaseSensitive(expect, "requests");
    const struct profile *p = account_profile(c);
    struct http_send out;
    struct failure why;
    assert_int_equal(aggregator_send(p, str_of(text_of(in, "to")), str_of(text_of(in, "from")),
                                     str_of(text_of(in, "text")), STR("0123456789abc"), &arena, &out, &why),
                     OK);
    assert_int_equal(cJSON_GetArraySize(requests), 1);
    compare_request(c, cJSON_GetArrayItem(requests, 0), &out);
    compare_result(p, c, expect);
}

static void play(void **state)
{
    const cJSON *c = *state;
    if (strcmp(text_of(c, "kind"), "send") == 0)
        outgoing(c);
    else
        incoming(c);
}

/* ---- answers, which no vector holds ---- */

static struct http_answer encoded(const char *conf, enum callback cb, struct answer *a)
{
    struct input in = {.event = DLG_TEXT};
    struct http_answer out;
    a->len = strlen(a->text);
    aggregator_encode(load(conf), cb, &in, a, STR("113"), &arena, &out);
    return out;
}

static void ussd_answers_say_go_on_or_end(void **state)
{
    static const char conf[] = "conf/aggregators/africastalking.conf";
    struct answer go_on = {.text = "1 Co"}, end = {.text = "Chao", .end = true},
                  again = {.status = ERR_AGAIN};
    struct http_answer out = encoded(conf, CALLBACK_USSD, &go_on);
    (void)state;
    assert_int_equal(out.status, 200);
    assert_true(str_is(out.body, "CON 1 Co"));
    assert_true(str_is(encoded(conf, CALLBACK_USSD, &end).body, "END Chao"));
    out = encoded(conf, CALLBACK_USSD, &again); /* never a blank screen: the numbers to call */
    assert_int_equal(out.status, 200);
    assert_true(str_is(out.body, "END 113"));
}

static void sms_answers_name_their_coding(void **state)
{
    static const char conf[] = "conf/aggregators/kannel.conf";
    struct answer plain = {.text = "Chao ban"}, accented = {.text = "Chào bạn, ở đâu?"}, nothing = {0},
                  again = {.status = ERR_AGAIN};
    struct http_answer out = encoded(conf, CALLBACK_SMS, &plain);
    (void)state;
    assert_true(str_is(out.body, "Chao ban"));
    assert_int_equal(out.n_headers, 0);
    out = encoded(conf, CALLBACK_SMS, &accented);
    assert_int_equal(out.n_headers, 1);
    assert_true(str_is(out.headers[0].name, "X-Kannel-Coding") && str_is(out.headers[0].value, "2"));
    assert_int_equal(encoded(conf, CALLBACK_SMS, &nothing).body.n, 0); /* Kannel sends any body as an SMS */
    out = encoded(conf, CALLBACK_SMS, &again);
    assert_int_equal(out.status, 503);
    assert_int_equal(out.body.n, 0);
    assert_true(str_is(out.headers[0].name, "Retry-After"));
}

static void every_difference_is_met(void **state)
{
    (void)state;
    for (int i = 0; i < DIFFERENCES; i++)
        if (!differences[i].met)
            fail_msg("%s %s %s: %s does not differ any more: take it off the list", differences[i].aggregator,
                     differences[i].kind, differences[i].name ? differences[i].name : "*",
                     differences[i].field);
}

/* ---- the list of tests ---- */

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    if (sodium_init() < 0 || !make_dir())
        return 1;
    keep_file("kannel-token", TOKEN "\n");
    keep_file("africastalking-token", TOKEN "\n");
    keep_file("kannel-sendsms", "Password\n"); /* of the accounts in the cases */
    keep_file("africastalking-apikey", "KEY\n");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return remove_dir();
}

static size_t read_cases(struct CMUnitTest *tests, cJSON **cases)
{
    static char names[CASES][96];
    char *line = NULL;
    size_t cap = 0, n = 0;
    FILE *f = fopen(VECTORS, "r");
    while (f && n < CASES && getline(&line, &cap, f) > 0) {
        cJSON *c = cases[n] = cJSON_Parse(line);
        snprintf(names[n], sizeof names[n], "%s %s: %s", text_of(c, "aggregator"), text_of(c, "kind"),
                 text_of(c, "case"));
        tests[n] = (struct CMUnitTest){.name = names[n], .test_func = play, .initial_state = c};
        n++;
    }
    if (f)
        fclose(f);
    free(line);
    return n;
}

int main(void)
{
    struct CMUnitTest tests[CASES + 3] = {{0}};
    cJSON *cases[CASES] = {0};
    if (read_cases(tests, cases) != CASES) {
        fprintf(stderr, VECTORS " does not hold its %d cases; run from the repository's root\n", CASES);
        return 1;
    }
    tests[CASES] = (struct CMUnitTest)cmocka_unit_test(every_difference_is_met);
    tests[CASES + 1] = (struct CMUnitTest)cmocka_unit_test(ussd_answers_say_go_on_or_end);
    tests[CASES + 2] = (struct CMUnitTest)cmocka_unit_test(sms_answers_name_their_coding);
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    for (size_t i = 0; i < CASES; i++)
        cJSON_Delete(cases[i]);
    return failed;
}
