/* What is not right is refused: the precise status, and a reason that names the field and never its value. */
#include "aggregator/aggregator.h"

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

#define TOKEN "kept-between-us"
#define NUMBER "%2B84907777777"
#define FROM "from=" NUMBER
#define GOOD FROM "&to=8099&id=m1"
#define FORM "application/x-www-form-urlencoded"

static struct arena arena;
static struct profile *kannel, *africastalking, *json;

/* ---- profiles ---- */

static struct profile *load(const char *path)
{
    struct cfg_findings f;
    cfg_findings_init(&f, &arena);
    const struct profile_env env = {.secrets = dir, .country = "84"};
    struct profile *p = aggregator_load(path, &env, &arena, &f);
    cfg_findings_free(&f);
    return p;
}

static int setup(void **state)
{
    char path[96];
    (void)state;
    arena_init(&arena, 0);
    if (sodium_init() < 0 || !make_dir())
        return 1;
    static const char *const secrets[] = {"kannel-token", "kannel-password", "africastalking-token",
                                          "africastalking-apikey", "json-token"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        keep_file(secrets[i], TOKEN "\n");
    keep_file(
        "json.conf",
        "sms = { methods = [ \"POST\" ]; source = \"json\"; sender = [ \"msg.from\" ]; text = [ \"msg.text\" "
        "];\n"
        "  message_id = [ \"ids.0\" ]; timestamp = [ \"at\" ]; timestamp_format = \"epoch-ms\";\n"
        "  required = [ \"sender\", \"text\" ];\n"
        "  auth = { by = \"header\"; name = \"X-Token\"; secret = \"json-token\"; }; reply = { }; };\n");
    snprintf(path, sizeof path, "%s/json.conf", dir);
    kannel = load("conf/aggregators/kannel.conf");
    africastalking = load("conf/aggregators/africastalking.conf");
    json = load(path);
    return !kannel || !africastalking || !json;
}

static int teardown(void **state)
{
    (void)state;
    aggregator_free(kannel);
    aggregator_free(africastalking);
    aggregator_free(json);
    arena_free(&arena);
    return remove_dir();
}

/* ---- one request ---- */

struct got {
    enum err rc;
    int status;
    bool ignored;
    struct input in;
    struct failure why;
};

static struct got decode(const struct profile *p, enum callback c, const char *query, const char *type,
                         struct str body)
{
    struct got g = {.status = 0};
    const struct header headers[] = {{STR("X-Token"), STR(TOKEN)}, {STR("Content-Type"), str_of(type)}};
    struct http_request req = {.query = str_of(query), .headers = headers, .n_headers = 2, .body = body};
    struct callback_request out;
    const struct decode_env env = {.now = 1764039845000};
    g.rc = aggregator_decode(p, c, &req, &env, &arena, &out, &g.status, &g.why);
    g.ignored = out.n == 0;
    if (out.n)
        g.in = out.items[0].in;
    return g;
}

static struct got query(enum callback c, const char *pairs)
{
    size_t room = strlen(pairs) + 64;
    char *all = arena_alloc(&arena, room);
    snprintf(all, room, "token=" TOKEN "&%s", pairs);
    return decode(kannel, c, all, "", (struct str){NULL, 0});
}

static struct got form(enum callback c, const char *pairs)
{
    return decode(africastalking, c, "token=" TOKEN, FORM, str_of(pairs));
}

static struct got json_body(struct str body)
{
    return decode(json, CALLBACK_SMS, "", "application/json; charset=utf-8", body);
}

/* Numbers of the cases hold 7777 and texts hold "bimat": neither may be told. */
static void refused(const char *what, const struct got *g, int status, const char *names)
{
    if (g->rc == OK)
        fail_msg("taken: %s", what);
    if (g->status != status || !strstr(g->why.what, names))
        fail_msg("%s: %d \"%s\" instead of %d \"...%s...\"", what, g->status, g->why.what, status, names);
    if (strstr(g->why.what, "7777") || strstr(g->why.what, "bimat") || strstr(g->why.what, TOKEN))
        fail_msg("%s: the reason tells a value: %s", what, g->why.what);
    assert_int_equal(g->rc, status == 401 ? ERR_AUTH : ERR_INPUT);
}

struct bad {
    const char *pairs, *names; /* what comes, what the reason must name */
};

static void all_refused(struct got (*ask)(enum callback, const char *), enum callback c,
                        const struct bad *bad, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct got g = ask(c, bad[i].pairs);
        refused(bad[i].pairs, &g, 400, bad[i].names);
    }
}
#define REFUSED(ask, callback, list) all_refused(ask, callback, list, sizeof(list) / sizeof(list)[0])

/* ---- escapes, charsets ---- */

/* A field is named by its place: a name that cannot be read might be a value that lost its name. */
static void escapes_must_be_whole(void **state)
{
    static const struct bad bad[] = {
        {GOOD "&text=bimat%", "field 5"},      {GOOD "&text=bimat%4", "field 5"},
        {GOOD "&text=bimat%4g", "field 5"},    {GOOD "&text=%%41", "field 5"},
        {"text=bimat&from=%2", "field 3"},     {GOOD "&te%xxt=bimat", "field 5: a % in its name"},
        {GOOD "&text=bimat%u0041", "field 5"},
    };
    (void)state;
    REFUSED(query, CALLBACK_SMS, bad);
    struct got g = form(CALLBACK_USSD, "sessionId=s&phoneNumber=" NUMBER "&text=%2");
    refused("form", &g, 400, "field 3"); /* of the body */
}

static void no_field_holds_nul(void **state)
{
    static const struct bad bad[] = {
        {GOOD "&text=bimat%00bimat", "text"},           {GOOD "&text=%00", "text"},
        {"from=8490777%007777&id=m&text=a", "sender"},  {FROM "&id=m%00&text=a", "message id"},
        {FROM "&to=80%0099&id=m&text=a", "recipient"},  {GOOD "&text=a&ts=%00", "timestamp"},
        {GOOD "&text=%00%00&charset=UTF-16BE", "text"}, {GOOD "&text=%00&charset=8-BIT", "text"},
    };
    (void)state;
    REFUSED(query, CALLBACK_SMS, bad);
}

static void text_must_be_what_its_charset_says(void **state)
{
    static const struct bad bad[] = {
        {GOOD "&text=bimat%C3", "text"},
        {GOOD "&text=%80bimat", "text"},
        {GOOD "&text=%C0%80", "text"},
        {GOOD "&text=%E0%80%80", "text"},    /* overlong */
        {GOOD "&text=%ED%A0%80", "text"},    /* a surrogate */
        {GOOD "&text=%F4%90%80%80", "text"}, /* past U+10FFFF */
        {GOOD "&text=%FF", "text"},
        {GOOD "&charset=UTF-16BE&text=%00", "text"},
        {GOOD "&charset=UTF-16BE&text=%00A%00", "text"},      /* odd length */
        {GOOD "&charset=UTF-16BE&text=%D8%3D", "text"},       /* half a pair at the end */
        {GOOD "&charset=UTF-16BE&text=%D8%3D%00A", "text"},   /* half a pair before a letter */
        {GOOD "&charset=UTF-16BE&text=%DC%00%00A", "text"},   /* the second half alone */
        {GOOD "&charset=utf-16be&text=%D8%3D%D8%3D", "text"}, /* the first half twice */
        {FROM "&id=%FF%FE&text=a", "message id"},
        {FROM "&to=%C3%28&id=m&text=a", "recipient"},
    };
    (void)state;
    REFUSED(query, CALLBACK_SMS, bad);
}

static void good_charsets_are_read(void **state)
{
    static const struct {
        const char *pairs, *text;
    } good[] = {
        {GOOD "&text=C%E1%BB%A9u+t%C3%B4i&charset=UTF-8", "Cứu tôi"},
        {GOOD "&text=%00C%1E%E9%00u&charset=UTF-16BE", "Cứu"}, /* as a running Kannel sent it */
        {GOOD "&text=%D8%3D%DE%00&charset=UCS-2", "😀"},
        {GOOD "&text=M%FCller&charset=8-BIT", "Müller"},
        {GOOD "&text=", ""},
        {GOOD "&text=a%26b%3Dc%25", "a&b=c%"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct got g = query(CALLBACK_SMS, good[i].pairs);
        assert_int_equal(g.rc, OK);
        assert_true(str_is(g.in.text, good[i].text));
        assert_string_equal(g.in.sender, "+84907777777");
    }
}

/* ---- fields ---- */

static void what_is_required_must_be_there(void **state)
{
    static const struct bad sms[] = {
        {"to=8099&id=m&text=bimat", "\"from\""},
        {FROM "&text=bimat", "\"id\""},
        {FROM "&id=m", "\"text\""},
        {"", "\"from\""},
        {"=x&&&", "\"from\""},
    };
    static const struct bad dlr[] = {
        {"status=1", "\"uuid\""}, {"uuid=m", "\"status\""}, {"uuid=&status=1", "\"uuid\""}};
    static const struct bad ussd[] = {
        {"phoneNumber=" NUMBER "&text=", "\"sessionId\""},
        {"sessionId=s&text=", "\"phoneNumber\""},
        {"sessionId=&phoneNumber=" NUMBER "&text=", "\"sessionId\""},
        {"sessionId=s&phoneNumber=&text=", "\"phoneNumber\""},
    };
    (void)state;
    static const struct bad named[] = {
        {FROM "&id=m", "\"text\""}, {FROM "&id=m&text=", "\"text\""}, {FROM "&text=bimat", "\"id\""}};
    REFUSED(query, CALLBACK_SMS, sms);
    REFUSED(query, CALLBACK_DLR, dlr);
    REFUSED(form, CALLBACK_USSD, ussd);
    REFUSED(form, CALLBACK_SMS, named);
}

static char *repeated(const char *before, char c, size_t n, const char *after)
{
    char *s = arena_alloc(&arena, strlen(before) + n + strlen(after) + 1), *at = stpcpy(s, before);
    memset(at, c, n);
    strcpy(at + n, after);
    return s;
}

static void numbers_must_be_numbers(void **state)
{
    const struct bad bad[] = {
        {"from=&id=m&text=bimat", "\"from\""},
        {"from=%20%20&id=m&text=bimat", "sender"},
        {"from=%2B&id=m&text=bimat", "sender"},
        {"from=bimat&id=m&text=a", "sender"},
        {"from=7777&id=m&text=a", "sender"},
        {"from=%2B7777777777777777&id=m&text=a", "sender"}, /* sixteen digits */
        {"from=%2B84907777777x&id=m&text=a", "sender"},
        {repeated("id=m&text=a&from=", '7', 1000000, ""), "sender"},
        {repeated(GOOD "&text=a&ts=", '7', 1000000, ""), "timestamp"},
        {GOOD "&text=a&ts=-7777", "timestamp"},
        {GOOD "&text=a&ts=7777e3", "timestamp"},
        {GOOD "&text=a&ts=253402300800", "timestamp"}, /* the year 10000 */
        {GOOD "&text=a&ts=77777777777777777777", "timestamp"},
        {repeated(FROM "&text=a&id=", '7', 129, ""), "message id"},
        {repeated(FROM "&text=a&id=m&to=", '7', 65, ""), "recipient"},
    };
    static const struct bad dates[] = {
        {"id=m&text=a&" FROM "&date=2026-11-25", "timestamp"},
        {"id=m&text=a&" FROM "&date=2026-02-30T00%3A00%3A00Z", "timestamp"},
        {"id=m&text=a&" FROM "&date=2026-11-25T24%3A00%3A00Z", "timestamp"},
        {"id=m&text=a&" FROM "&date=7777", "timestamp"},
    };
    (void)state;
    REFUSED(query, CALLBACK_SMS, bad);
    REFUSED(form, CALLBACK_SMS, dates);
}

/* One reader takes the first, another the last: who wins must not depend on that. */
static void nothing_is_said_twice(void **state)
{
    static const struct bad sms[] = {
        {GOOD "&text=a&" FROM, "\"from\""},
        {GOOD "&text=a&from=%2B84917777777", "\"from\""},
        {GOOD "&text=a&text=bimat", "\"text\""},
        {GOOD "&text=a&id=7777", "\"id\""},
        {GOOD "&text=a&ts=1&ts=2", "\"ts\""},
        {GOOD "&text=a&charset=UTF-8&charset=8-BIT", "\"charset\""},
        {GOOD "&text=a&f%72om=7777777", "\"from\""},
    };
    static const struct bad dlr[] = {{"uuid=m&status=1&status=2", "\"status\""}};
    static const struct bad ussd[] = {
        {"sessionId=s&sessionId=t&phoneNumber=" NUMBER "&text=", "\"sessionId\""}};
    (void)state;
    REFUSED(query, CALLBACK_SMS, sms);
    REFUSED(query, CALLBACK_DLR, dlr);
    REFUSED(form, CALLBACK_USSD, ussd);
    struct got g = decode(africastalking, CALLBACK_USSD, "token=" TOKEN "&text=1", FORM,
                          STR("sessionId=s&phoneNumber=" NUMBER "&text=2"));
    refused("once in the query, once in the form", &g, 400, "\"text\"");
    g = query(CALLBACK_SMS, GOOD "&text=a&smsc=x&smsc=y"); /* nobody reads this one */
    assert_int_equal(g.rc, OK);
}

static void fields_are_counted(void **state)
{
    char *many, *at;
    (void)state;
    many = at = arena_alloc(&arena, 1100 * 4 + 64);
    at = stpcpy(at, GOOD "&text=a");
    for (int i = 0; i < 1020; i++)
        at = stpcpy(at, "&x=");
    struct got g = query(CALLBACK_SMS, many);
    refused("1025 fields", &g, 400, "1024 fields");
    at[-3] = '\0';
    g = query(CALLBACK_SMS, many);
    assert_int_equal(g.rc, OK);
}

/* A long message is kept as far as a text of ours goes, at a whole character: better half a call for help. */
static void long_text_is_cut_not_refused(void **state)
{
    (void)state;
    struct got g = query(CALLBACK_SMS, repeated(GOOD "&text=", 'a', 65536, ""));
    assert_int_equal(g.rc, OK);
    assert_int_equal(g.in.text.n, TEXT_SMS_MAX);
    char *accents = arena_alloc(&arena, 65536 * 3 + 64), *at = stpcpy(accents, GOOD "&text=a");
    for (int i = 0; i < 32767; i++)
        at = stpcpy(at, "%C3%BC");
    g = query(CALLBACK_SMS, accents);
    assert_int_equal(g.rc, OK);
    assert_int_equal(g.in.text.n, TEXT_SMS_MAX - 1);
    assert_true(text_utf8_valid(g.in.text));
    g = query(CALLBACK_SMS, repeated(GOOD "&text=", 'a', 65536, "%"));
    refused("64 KiB and half an escape", &g, 400, "field 5");
}

/* The latest answer is the last one, however much was said before. */
static void long_ussd_history_keeps_its_last_answer(void **state)
{
    (void)state;
    struct got g = form(CALLBACK_USSD, repeated("sessionId=s&phoneNumber=" NUMBER "&text=", '*', 65536, "2"));
    assert_int_equal(g.rc, OK);
    assert_int_equal(g.in.event, DLG_TEXT);
    assert_true(str_is(g.in.text, "2"));
    g = form(CALLBACK_USSD, "sessionId=s&phoneNumber=" NUMBER "&text=1*");
    assert_int_equal(g.in.event, DLG_TEXT);
    assert_int_equal(g.in.text.n, 0);
}

/* ---- who may ask, and how ---- */

static void wrong_secret(void **state)
{
    static const char *const queries[] = {"",
                                          GOOD "&text=a",
                                          "token=&" GOOD "&text=a",
                                          "token=kept-between-u&" GOOD "&text=a",
                                          "token=kept-between-uss&" GOOD "&text=a",
                                          "token=KEPT-BETWEEN-US&" GOOD "&text=a",
                                          "token=kept-between-us%00&" GOOD "&text=a",
                                          "Token=" TOKEN "&" GOOD "&text=a",
                                          "token=x&token=" TOKEN "&" GOOD "&text=a"};
    (void)state;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct got g = decode(kannel, CALLBACK_SMS, queries[i], "", (struct str){NULL, 0});
        refused(queries[i], &g, 401, "token");
    }
    const struct header headers[] = {{STR("x-token"), STR("kept-between-uS")}};
    struct http_request req = {.headers = headers, .n_headers = 1, .body = STR("{}")};
    struct got g;
    struct callback_request out;
    const struct decode_env env = {.now = 0};
    g.rc = aggregator_decode(json, CALLBACK_SMS, &req, &env, &arena, &out, &g.status, &g.why);
    refused("header", &g, 401, "token");
    req.n_headers = 0;
    g.rc = aggregator_decode(json, CALLBACK_SMS, &req, &env, &arena, &out, &g.status, &g.why);
    refused("no header", &g, 401, "token");
}

static void wrong_method(void **state)
{
    static const char *const methods[] = {"", "get", "GETS", "PUT", "DELETE", "HEAD"};
    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_false(aggregator_takes(kannel, CALLBACK_SMS, str_of(methods[i])));
    assert_true(aggregator_takes(kannel, CALLBACK_SMS, STR("GET")));
    assert_true(aggregator_takes(africastalking, CALLBACK_USSD, STR("POST")));
    assert_false(aggregator_takes(africastalking, CALLBACK_USSD, STR("GET")));
    assert_false(aggregator_has(kannel, CALLBACK_USSD));
}

static void wrong_kind_of_body(void **state)
{
    static const char *const types[] = {"", "text/plain", "application/json", FORM "x",
                                        "multipart/form-data"};
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct got g = decode(africastalking, CALLBACK_USSD, "token=" TOKEN, types[i],
                              STR("sessionId=s&phoneNumber=" NUMBER));
        refused(types[i], &g, 415, FORM);
    }
    struct got g = decode(africastalking, CALLBACK_USSD, "token=" TOKEN,
                          "Application/X-WWW-Form-URLEncoded ; x=y", STR("sessionId=s&phoneNumber=" NUMBER));
    assert_int_equal(g.rc, OK);
    g = decode(json, CALLBACK_SMS, "", FORM, STR("{}"));
    refused("json", &g, 415, "application/json");
}

/* ---- JSON ---- */

#define MSG(from, text) "{\"msg\":{\"from\":\"" from "\",\"text\":\"" text "\"},\"ids\":[\"m\"]}"

static void bad_json(void **state)
{
    static const struct bad bad[] = {
        {"", "no JSON"},
        {"{", "no JSON"},
        {"\"msg\"", "\"msg.from\""},
        {"[]", "\"msg.from\""},
        {"{\"msg\":\"bimat\"}", "\"msg.from\""},
        {"{\"msg\":{\"from\":{},\"text\":\"bimat\"}}", "\"msg.from\""},
        {"{\"msg\":{\"from\":\"+84907777777\",\"text\":[\"bimat\"]}}", "\"msg.text\""},
        {MSG("", "bimat"), "\"msg.from\""},
        {MSG("+84907777777", "bimat\\ud83d"), "no JSON"}, /* half a pair */
        {MSG("+84907777777", "\\u0000"), "NUL"},
        {MSG("+84907777777", "bimat\\\\\\u0000bimat"), "NUL"},
        {MSG("+84907777777", "bimat\xff"), "text"},
        {"{\"msg\":{\"from\":\"+84907777777\",\"text\":\"a\"},\"at\":\"bimat\"}", "timestamp"},
        {"{\"msg\":{\"from\":\"+84907777777\",\"text\":\"a\"},\"at\":1.5}", "timestamp"},
        {"{\"msg\":{\"from\":\"+84907777777\",\"text\":\"a\",\"text\":\"b\"}}", "\"msg.text\""},
        {"{\"msg\":{\"from\":\"+84907777777\",\"text\":\"a\"},\"msg\":{}}", "there twice"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct got g = json_body(str_of(bad[i].pairs));
        refused(bad[i].pairs, &g, 400, bad[i].names);
    }
    struct got g = json_body((struct str){"{\"a\":\"\0\"}", 9});
    refused("a NUL byte", &g, 400, "NUL");
}

static void good_json(void **state)
{
    (void)state;
    struct got g = json_body(STR(MSG("84907777777", "C\\u1ee9u \\\\u0000 \\ud83d\\ude00")));
    assert_int_equal(g.rc, OK);
    assert_true(str_is(g.in.text, "Cứu \\u0000 😀"));
    assert_string_equal(g.in.sender, "+84907777777");
    assert_true(str_is(g.in.message_id, "m"));
    g = json_body(STR("{\"msg\":{\"from\":84907777777,\"text\":5},\"at\":1764039845000}"));
    assert_int_equal(g.rc, OK);
    assert_string_equal(g.in.sender, "+84907777777");
    assert_true(g.in.timestamp == 1764039845000);
}

/* ---- repeats ---- */

static bool same_key(const struct got *a, const struct got *b)
{
    assert_true(a->rc == OK && b->rc == OK && a->in.key.n && b->in.key.n);
    return str_eq(a->in.key, b->in.key);
}

static void keys_tell_repeats_from_news(void **state)
{
    struct got a = query(CALLBACK_SMS, GOOD "&text=a"), b = query(CALLBACK_SMS, "text=a&" GOOD "&ts=5"),
               c = query(CALLBACK_SMS, FROM "&id=m2&text=a");
    (void)state;
    assert_true(same_key(&a, &b));
    assert_false(same_key(&a, &c));
    a = query(CALLBACK_SMS, FROM "&id=&text=a&ts=5");
    b = query(CALLBACK_SMS, FROM "&id=&text=a&ts=5");
    c = query(CALLBACK_SMS, FROM "&id=&text=a&ts=6");
    assert_true(same_key(&a, &b)); /* no id: by what came */
    assert_false(same_key(&a, &c));
    a = form(CALLBACK_USSD, "sessionId=s&phoneNumber=" NUMBER "&text=1*2");
    b = form(CALLBACK_USSD, "phoneNumber=" NUMBER "&sessionId=s&text=1*2");
    c = form(CALLBACK_USSD, "sessionId=s&phoneNumber=" NUMBER "&text=1*2*2");
    assert_true(same_key(&a, &b));
    assert_false(same_key(&a, &c));
    a = query(CALLBACK_DLR, "uuid=m&status=8");
    b = query(CALLBACK_DLR, "uuid=m&status=1");
    assert_false(same_key(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_must_be_whole),
        cmocka_unit_test(no_field_holds_nul),
        cmocka_unit_test(text_must_be_what_its_charset_says),
        cmocka_unit_test(good_charsets_are_read),
        cmocka_unit_test(what_is_required_must_be_there),
        cmocka_unit_test(numbers_must_be_numbers),
        cmocka_unit_test(nothing_is_said_twice),
        cmocka_unit_test(fields_are_counted),
        cmocka_unit_test(long_text_is_cut_not_refused),
        cmocka_unit_test(long_ussd_history_keeps_its_last_answer),
        cmocka_unit_test(wrong_secret),
        cmocka_unit_test(wrong_method),
        cmocka_unit_test(wrong_kind_of_body),
        cmocka_unit_test(bad_json),
        cmocka_unit_test(good_json),
        cmocka_unit_test(keys_tell_repeats_from_news),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
