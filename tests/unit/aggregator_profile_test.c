/* What the profile language can say, each piece with a profile of its own that uses it. */
#include "aggregator/aggregator.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1764039845000
#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static struct arena arena;
static struct profile *loaded[256];
static size_t n_loaded;

static const char *secret(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "hex-key") == 0 ? "6b6579" : strcmp(name, "missing") == 0 ? NULL : "key";
}

static const struct profile_env env = {
    .secrets = "/nonexistent", .country = "84", .public_url = "https://hotline.example", .secret = secret};

static struct profile *profile(const char *text)
{
    struct cfg_findings f;
    cfg_findings_init(&f, &arena);
    struct profile *p = aggregator_load_text("test.conf", str_of(text), &env, &arena, &f);
    for (size_t i = 0; i < f.n && !p; i++)
        print_error("%d: %s\n", f.items[i].pos.line, f.items[i].what);
    cfg_findings_free(&f);
    assert_non_null(p);
    loaded[n_loaded++] = p;
    return p;
}

/* One section of a profile, with an auth of its own or none. */
#define SMS(more)                                                                                            \
    "sms = { methods = [\"POST\"]; sender = [\"from\"]; text = [\"text\"]; reply = {}; " more " };"
#define OPEN "auth = { by = \"none\"; };"

struct got {
    enum err rc;
    int status;
    struct callback_request out;
    struct failure why;
    const struct input *in; /* of the first */
};

struct ask {
    const char *method, *path, *query, *tail, *type, *body, *peer;
    struct header headers[4];
    bool by_proxy;
    msec now;
    struct replays *replays;
};

static struct got ask(const struct profile *p, enum callback c, struct ask a)
{
    struct got g = {.status = 0};
    struct header headers[6];
    struct http_request req = {.method = str_of(a.method ? a.method : "POST"),
                               .path = str_of(a.path ? a.path : "/in/test/sms"),
                               .query = str_of(a.query),
                               .tail = str_of(a.tail),
                               .headers = headers,
                               .body = str_of(a.body),
                               .peer = str_of(a.peer),
                               .by_proxy = a.by_proxy};
    if (a.type)
        headers[req.n_headers++] = (struct header){STR("Content-Type"), str_of(a.type)};
    for (int i = 0; i < 4 && a.headers[i].name.n; i++)
        headers[req.n_headers++] = a.headers[i];
    const struct decode_env e = {.now = a.now ? a.now : NOW, .replays = a.replays};
    g.rc = aggregator_decode(p, c, &req, &e, &arena, &g.out, &g.status, &g.why);
    g.in = g.out.n ? &g.out.items[0].in : NULL;
    return g;
}

static void taken(const struct got *g)
{
    if (g->rc != OK || !g->in)
        fail_msg("not taken: %d %s", g->status, g->rc == OK ? "ignored" : g->why.what);
}

static void refused(const struct got *g, int status, const char *why)
{
    if (g->rc == OK || g->status != status || !strstr(g->why.what, why))
        fail_msg("%d \"%s\" instead of %d \"%s\"", g->status, g->rc == OK ? "taken" : g->why.what, status,
                 why);
}

/* ---- signatures ---- */

#define HMAC_PROFILE                                                                                         \
    SMS("source = \"form\"; auth = { by = \"hmac\"; algorithm = \"sha256\"; secret = \"k\"; signature = [ "  \
        "\"header:X-Sig~^v1=(.*)$\" ]; over = \"{header:X-Time}.{body}\"; timestamp = [\"header:X-Time\"]; " \
        "tolerance = \"5m\"; once = true; };")

static const char *hmac_hex(const char *over, const char *key)
{
    crypto_auth_hmacsha256_state h;
    uint8_t mac[32];
    char *to = arena_alloc(&arena, 80);
    struct out o;
    crypto_auth_hmacsha256_init(&h, (const uint8_t *)key, strlen(key));
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)over, strlen(over));
    crypto_auth_hmacsha256_final(&h, mac);
    out_init(&o, to, 80);
    out_cstr(&o, "v1=");
    out_hex(&o, mac, sizeof mac);
    return to;
}

#define BODY "from=84900000001&text=xin+chao"

static struct ask signed_ask(const char *time, const char *signature, const char *body)
{
    return (struct ask){.type = FORM,
                        .body = body,
                        .headers = {{STR("X-Sig"), str_of(signature)}, {STR("X-Time"), str_of(time)}}};
}

static void a_signature_must_fit_what_came(void **state)
{
    const struct profile *p = profile(HMAC_PROFILE);
    const char *now = "1764039845", *good = hmac_hex("1764039845." BODY, "key");
    char *cut = arena_strdup(&arena, str_of(good)), *flipped = arena_strdup(&arena, str_of(good));
    (void)state;
    cut[strlen(cut) - 2] = '\0';
    flipped[10] = flipped[10] == '0' ? '1' : '0';
    struct got g = ask(p, CALLBACK_SMS, signed_ask(now, good, BODY));
    taken(&g);
    assert_string_equal(g.in->sender, "+84900000001");
    const struct {
        const char *what;
        struct ask a;
        const char *why;
    } bad[] = {
        {"forged", signed_ask(now, flipped, BODY), "wrong"},
        {"truncated", signed_ask(now, cut, BODY), "wrong"},
        {"empty", signed_ask(now, "v1=", BODY), "missing"},
        {"no prefix", signed_ask(now, good + 3, BODY), "missing"},
        {"not hex", signed_ask(now, "v1=zz", BODY), "wrong"},
        {"another key", signed_ask(now, hmac_hex("1764039845." BODY, "kez"), BODY), "wrong"},
        {"another body", signed_ask(now, good, "from=84900000001&text=xin+chaO"), "wrong"},
        {"another order", signed_ask(now, good, "text=xin+chao&from=84900000001"), "wrong"},
        {"another time", signed_ask("1764039846", good, BODY), "wrong"},
        {"stale", signed_ask("1764039500", hmac_hex("1764039500." BODY, "key"), BODY), "too old"},
        {"from the future", signed_ask("1764040200", hmac_hex("1764040200." BODY, "key"), BODY), "too old"},
        {"no time", signed_ask("", hmac_hex("." BODY, "key"), BODY), "time of signing"},
        {"no number as time", signed_ask("x", hmac_hex("x." BODY, "key"), BODY), "time of signing"},
        {"nothing", {.type = FORM, .body = BODY}, "missing"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        g = ask(p, CALLBACK_SMS, bad[i].a);
        refused(&g, 401, bad[i].why);
        assert_int_equal(g.rc, ERR_AUTH);
        assert_null(strstr(g.why.what, "84900000001"));
    }
}

/* A signature is used up when it was answered, and not before: a try that got 503 comes again as it was. */
static void a_signature_counts_once(void **state)
{
    const struct profile *p = profile(HMAC_PROFILE);
    struct replays *r = replays_create();
    struct ask a = signed_ask("1764039845", hmac_hex("1764039845." BODY, "key"), BODY);
    (void)state;
    a.replays = r;
    struct got g = ask(p, CALLBACK_SMS, a);
    taken(&g);
    struct got again = ask(p, CALLBACK_SMS, a);
    taken(&again);
    aggregator_answered(r, &g.out, NOW);
    again = ask(p, CALLBACK_SMS, a);
    refused(&again, 401, "used before");
    a = signed_ask("1764039845", hmac_hex("1764039845.from=84900000001&text=b", "key"),
                   "from=84900000001&text=b");
    a.replays = r;
    again = ask(p, CALLBACK_SMS, a);
    taken(&again);                    /* another one is not */
    for (int i = 0; i < 70000; i++) { /* more than are remembered: the newest is */
        struct callback_request c = {.once_until = NOW + 1000 + i};
        memcpy(c.signature, &i, sizeof i);
        crypto_generichash(c.signature, 16, (uint8_t *)&i, sizeof i, NULL, 0);
        aggregator_answered(r, &c, NOW);
    }
    aggregator_answered(r, &again.out, NOW);
    again = ask(p, CALLBACK_SMS, a);
    refused(&again, 401, "used before");
    replays_destroy(r);
}

/* RFC 2202, test case 2, and Twilio's scheme: the address and the parameters in order of their names. */
static void sha1_over_address_and_sorted_parameters(void **state)
{
    const struct profile *p = profile(SMS("source = \"form\"; auth = { by = \"hmac\"; algorithm = \"sha1\"; "
                                          "secret = \"k\"; encoding = \"base64\"; "
                                          "signature = [\"header:X-S\"]; over = \"{url}{params}\"; };"));
    struct http_request req = {.method = STR("POST"),
                               .path = STR("/in/test/sms"),
                               .query = STR("a=b"),
                               .body = STR("text=b&from=84900000001")};
    struct header headers[4] = {{STR("Content-Type"), STR(FORM)}};
    (void)state;
    req.headers = headers;
    req.n_headers = 1;
    aggregator_sign(p, CALLBACK_SMS, false, NOW, &req, headers, &arena);
    assert_int_equal(req.n_headers, 2);
    /* printf 'https://hotline.example/in/test/sms?a=bfrom84900000001textb' | openssl dgst -sha1 -hmac key
     * -binary | base64 */
    assert_true(str_is(req.headers[1].value, "MeBmKXQLnXgXBvjOj2PNmfUrx0Q="));
    struct ask a = {.type = FORM, .query = "a=b", .body = "text=b&from=84900000001", .headers = {headers[1]}};
    struct got g = ask(p, CALLBACK_SMS, a);
    taken(&g);
    a.body = "from=84900000001&text=b"; /* sorted: their order is not part of what is signed */
    g = ask(p, CALLBACK_SMS, a);
    taken(&g);
    a.query = "a=c";
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "wrong");
    a.query = "a=b";
    a.body = "from=84900000001&text=b&more=1";
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "wrong");
}

static void web_tokens(void **state)
{
    const struct profile *p = profile(SMS(
        "source = \"json\"; auth = { by = \"jwt\"; secret = \"k\"; signature = [\"header:X-J\"]; tolerance = "
        "\"1m\"; claims = { hash = \"{body|sha256}\"; }; };"));
    const char *body = "{\"from\":\"84900000001\",\"text\":\"a\"}";
    struct header headers[4] = {{STR("Content-Type"), STR(JSON)}};
    struct http_request req = {
        .method = STR("POST"), .body = str_of(body), .headers = headers, .n_headers = 1};
    (void)state;
    aggregator_sign(p, CALLBACK_SMS, false, NOW, &req, headers, &arena);
    struct ask a = {.type = JSON, .body = body, .headers = {headers[1]}};
    struct got g = ask(p, CALLBACK_SMS, a);
    taken(&g);
    a.now = NOW + 3 * MINUTE_MS;
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "too old");
    a.now = NOW - 3 * MINUTE_MS;
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "future");
    a.now = NOW;
    a.body = "{\"from\":\"84900000002\",\"text\":\"a\"}";
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "claim");
    a.body = body;
    req.n_headers = 1;
    aggregator_sign(p, CALLBACK_SMS, true, NOW, &req, headers, &arena);
    a.headers[0] = headers[1];
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "wrong");
    /* {"alg":"none"} without a signature is as old as the format */
    a.headers[0].value = STR("eyJhbGciOiJub25lIn0.e30.");
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "signature");
    a.headers[0].value = STR("e30.e30");
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "signature");
}

static void user_and_password(void **state)
{
    const struct profile *p = profile("settings = { me = \"anna\"; };" SMS(
        "source = \"form\"; auth = { by = \"basic\"; user = \"{set:me}\"; secret = \"k\"; };"));
    static const struct {
        const char *value, *why; /* NULL: taken */
    } tries[] = {{"Basic YW5uYTprZXk=", NULL},       {"basic YW5uYTprZXk=", NULL},
                 {"Basic YW5uYTprZXo=", "wrong"},    {"Basic YW5uYjprZXk=", "wrong"},
                 {"Basic YW5uYQ==", "wrong"},        {"Basic !", "base64"},
                 {"Bearer YW5uYTprZXk=", "missing"}, {"", "missing"}};
    (void)state;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        struct got g =
            ask(p, CALLBACK_SMS,
                (struct ask){
                    .type = FORM, .body = BODY, .headers = {{STR("Authorization"), str_of(tries[i].value)}}});
        if (tries[i].why)
            refused(&g, 401, tries[i].why);
        else
            taken(&g);
    }
}

static void networks_and_certificates(void **state)
{
    const struct profile *p = profile(
        SMS("source = \"form\"; auth = { by = \"none\"; networks = [\"192.0.2.0/25\", \"2001:db8::/32\"]; "
            "certificate = { header = \"X-DN\"; is = [\"CN=a\"]; }; };"));
    struct ask a = {.type = FORM, .body = BODY, .by_proxy = true, .headers = {{STR("X-DN"), STR("CN=a")}}};
    static const char *const in[] = {"192.0.2.1", "192.0.2.127", "::ffff:192.0.2.5", "2001:db8::1"};
    static const char *const out[] = {"192.0.2.128", "192.0.3.1", "2001:db9::1", "", "x"};
    struct got g;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        a.peer = in[i];
        g = ask(p, CALLBACK_SMS, a);
        taken(&g);
    }
    for (size_t i = 0; i < 5; i++) {
        a.peer = out[i];
        g = ask(p, CALLBACK_SMS, a);
        refused(&g, 401, "address");
    }
    a.peer = in[0];
    a.by_proxy = false; /* anybody can write a header */
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "certificate");
    a.by_proxy = true;
    a.headers[0].value = STR("CN=b");
    g = ask(p, CALLBACK_SMS, a);
    refused(&g, 401, "certificate");
}

/* ---- fields ---- */

static void references_look_in_their_places(void **state)
{
    const struct profile *p = profile("numbers = \"international\"; sms = { methods = [\"POST\"]; source = "
                                      "\"json\"; sender = [\"header:X-From\", "
                                      "\"query:from\", \"a.0.b\"]; recipient = [\"path:2\"]; message_id = "
                                      "[\"path:-1\"]; text = [\"t~^say (.*)$\", "
                                      "\"u\"]; reply = {}; " OPEN " };");
    struct got g =
        ask(p, CALLBACK_SMS,
            (struct ask){.type = JSON,
                         .tail = "x/8099//end",
                         .query = "from=",
                         .body = "{\"a\":[{\"b\":\"900000003\"}],\"t\":\"hello\",\"u\":\"other\"}"});
    (void)state;
    taken(&g);
    assert_string_equal(g.in->sender, "+900000003");
    assert_true(str_is(g.in->recipient, "8099"));
    assert_true(str_is(g.in->message_id, "end"));
    assert_true(str_is(g.in->text, "other"));
    g = ask(p, CALLBACK_SMS,
            (struct ask){.type = JSON,
                         .query = "from=900000002",
                         .headers = {{STR("x-from"), STR("900000001")}},
                         .body = "{\"t\":\"say xin chao\"}"});
    taken(&g);
    assert_string_equal(g.in->sender, "+900000001");
    assert_true(str_is(g.in->text, "xin chao"));
}

static void long_numbers_stay_themselves(void **state)
{
    const struct profile *p = profile(SMS("source = \"json\"; message_id = [\"id\"]; " OPEN));
    struct got g = ask(p, CALLBACK_SMS,
                       (struct ask){.type = JSON,
                                    .body = "{\"from\":84900000001,\"id\":1234567890123456789,\"text\":\"a "
                                            "11111111111111111111 \\\" 22222222222222222222\"}"});
    (void)state;
    taken(&g);
    assert_true(str_is(g.in->message_id, "1234567890123456789"));
    assert_true(str_is(g.in->text, "a 11111111111111111111 \" 22222222222222222222"));
}

static void several_in_one_request(void **state)
{
    const struct profile *p = profile(
        "sms = { methods = [\"POST\"]; source = \"json\"; each = \"list\"; sender = [\"from\"]; text = "
        "[\"text\"]; recipient = [\"/to\"]; reply = { text = \"{text}\"; }; ignore_if = "
        "[\"kind=echo\"]; " OPEN " };");
    struct got g =
        ask(p, CALLBACK_SMS,
            (struct ask){.type = JSON,
                         .body = "{\"to\":\"8099\",\"list\":[{\"from\":\"0900000001\",\"text\":\"a\"},"
                                 "{\"from\":\"0900000009\",\"kind\":\"echo\"},"
                                 "{\"from\":\"0900000002\",\"text\":\"b\"}]}"});
    (void)state;
    taken(&g);
    assert_int_equal(g.out.n, 2);
    assert_string_equal(g.out.items[1].in.sender, "+84900000002");
    assert_true(str_is(g.out.items[1].in.recipient, "8099"));
    assert_true(g.out.items[0].in.reply_by_mt); /* one body cannot answer two */
    g = ask(p, CALLBACK_SMS, (struct ask){.type = JSON, .body = "{\"list\":[{\"from\":\"0900000001\"}]}"});
    taken(&g);
    assert_false(g.in->reply_by_mt);
    g = ask(p, CALLBACK_SMS, (struct ask){.type = JSON, .body = "{\"list\":[{\"kind\":\"echo\"}]}"});
    assert_true(g.rc == OK && g.out.n == 0);
    g = ask(p, CALLBACK_SMS, (struct ask){.type = JSON, .body = "{\"list\":[]}"});
    refused(&g, 400, "\"list\"");
    g = ask(p, CALLBACK_SMS,
            (struct ask){.type = JSON, .body = "{\"list\":[{\"from\":\"0900000001\"},{\"from\":\"x\"}]}"});
    refused(&g, 400, "sender"); /* all or nothing */
}

static void one_address_for_everything(void **state)
{
    const struct profile *p = profile(
        "sms = { methods = [\"POST\"]; source = \"json\"; when = [\"type=mo\"]; sender = [\"from\"]; text = "
        "[\"text\"]; "
        "reply = {}; " OPEN
        " }; dlr = { methods = [\"POST\"]; source = \"json\"; when = [\"type=dlr & id\"]; "
        "message_id = [\"id\"]; status = [\"s\"]; statuses = ({ is = [\"OK\"]; means = \"delivered\"; }, { "
        "is = [\"NO\"]; "
        "means = \"retry\"; class = \"absent\"; }, { is = [\"HM\"]; means = \"ignore\"; }); reply = {}; " OPEN
        " };");
    static const struct {
        const char *body;
        int callback; /* -1: ignored, -2: refused */
    } all[] = {{"{\"type\":\"mo\",\"from\":\"0900000001\"}", CALLBACK_SMS},
               {"{\"type\":\"dlr\",\"id\":\"1\",\"s\":\"OK\"}", CALLBACK_DLR},
               {"{\"type\":\"dlr\",\"id\":\"1\",\"s\":\"HM\"}", -1},
               {"{\"type\":\"dlr\",\"id\":\"1\",\"s\":\"XX\"}", -2},
               {"{\"type\":\"dlr\"}", -1},
               {"{\"type\":\"heartbeat\"}", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct got g = ask(p, CALLBACK_SMS, (struct ask){.type = JSON, .body = all[i].body});
        if (all[i].callback == -2)
            refused(&g, 400, "status");
        else if (all[i].callback == -1)
            assert_true(g.rc == OK && g.out.n == 0);
        else
            assert_true(g.rc == OK && g.out.n == 1 && g.out.callback == (enum callback)all[i].callback);
    }
    struct got g = ask(p, CALLBACK_DLR,
                       (struct ask){.type = JSON, .body = "{\"type\":\"dlr\",\"id\":\"1\",\"s\":\"no\"}"});
    taken(&g);
    assert_int_equal(g.in->dlr, DLR_RETRY);
    assert_int_equal(g.in->mt_class, MT_CLASS_ABSENT);
}

static void xml_bodies(void **state)
{
    const struct profile *p =
        profile("sms = { methods = [\"POST\"]; source = \"xml\"; sender = [\"m.from\"]; text = "
                "[\"m.1.text\"]; message_id = [\"m.@id\"]; recipient = [\"@to\"]; reply = {}; " OPEN " };");
    struct got g =
        ask(p, CALLBACK_SMS,
            (struct ask){.type = "text/xml; charset=utf-8",
                         .body = "<?xml version=\"1.0\"?><r to='8099'><m id=\"7\"><from>0900000001</from></m>"
                                 "<m><text>a &lt;b&gt; <![CDATA[&c]]></text></m></r> and more"});
    (void)state;
    taken(&g);
    assert_true(str_is(g.in->text, "a <b> &c"));
    assert_true(str_is(g.in->message_id, "7"));
    assert_true(str_is(g.in->recipient, "8099"));
    static const struct {
        const char *body, *why;
    } bad[] = {
        {"", "no XML"},
        {"<r><m>", "no XML"},
        {"<r></s>", "no XML"},
        {"<!DOCTYPE r [<!ENTITY a \"aaaa\">]><r>&a;</r>", "document type"},
        {"<r><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a></a></"
         "a></a></a></a>"
         "</a></a></a></r>",
         "deep"},
        {"<r><m><from>a</from></m></r>", "sender"},
        {"<r>\xff</r>", "no XML"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        g = ask(p, CALLBACK_SMS, (struct ask){.type = "application/xml", .body = bad[i].body});
        refused(&g, 400, bad[i].why);
    }
}

static void texts_in_their_codings(void **state)
{
    const struct profile *p = profile(SMS("source = \"form\"; charset = [\"c\"]; charsets = ({ is = [\"8\"]; "
                                          "means = \"utf-16be\"; encoding = \"hex\"; "
                                          "}, { is = [\"7\"]; means = \"gsm-7\"; encoding = \"hex\"; }, { is "
                                          "= [\"b\"]; means = \"utf-8\"; encoding = "
                                          "\"base64\"; }, { is = [\"*\"]; means = \"latin-1\"; encoding = "
                                          "\"percent\"; }); encoding = \"maybe-base64\"; "
                                          "twice_encoded = true; " OPEN));
    static const struct {
        const char *pairs, *text; /* NULL: refused */
    } all[] = {
        {"c=8&text=00431EE90075", "Cứu"},
        {"c=8&text=00431EE9007", NULL},
        {"c=8&text=xx", NULL},
        {"c=7&text=1B651405", "€Λé"},
        {"c=b&text=Q%E1%BB%A9u", NULL},
        {"c=b&text=Q%2Bt1", NULL}, /* base64 of what is no UTF-8 */
        {"c=b&text=Q+k", NULL},
        {"c=b&text=Q8ajdQ==", "Cƣu"},
        {"c=x&text=M%25FCller", "Müller"},
        {"text=xin+chao", "xin chao"},
        {"text=%C3%83%C2%A9", "é"}, /* é, twice */
        {"text=%C3%A9", "é"},
        {"text=VG9pIGNhbiBnaXVwIGRvIGdhcCwgdG9pIGRhbmcgbyBNb2MgQ2hhdSwgY2h1YSBhbiB0b2Fu",
         "Toi can giup do gap, toi dang o Moc Chau, chua an toan"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char body[256];
        snprintf(body, sizeof body, "from=0900000001&%s", all[i].pairs);
        struct got g = ask(p, CALLBACK_SMS, (struct ask){.type = FORM, .body = body});
        if (!all[i].text) {
            refused(&g, 400, "charset");
            continue;
        }
        taken(&g);
        if (!str_is(g.in->text, all[i].text))
            fail_msg("%s is \"%.*s\"", all[i].pairs, STR_ARG(g.in->text));
    }
}

static void times_as_they_are_written(void **state)
{
    static const struct {
        const char *format, *text;
        msec at; /* -1: refused */
    } all[] = {{"epoch", "1764039845", NOW},
               {"epoch-ms", "1764039845000", NOW},
               {"rfc3339", "2025-11-25T03:04:05Z", NOW},
               {"rfc3339", "2025-11-25T10:04:05%2B07:00", NOW},
               {"rfc3339", "2025-11-25T03:04:05", -1},
               {"iso8601", "2025-11-25T03:04:05", NOW - 7 * HOUR_MS},
               {"iso8601", "2025-11-25T10:04:05%2B0700", NOW},
               {"iso8601", "2025-11-25T03:04:05.500-0000", NOW + 500},
               {"iso8601", "2025-11-25T03:04", -1},
               {"%Y%m%d%H%M%S", "20251125030405", NOW - 7 * HOUR_MS},
               {"%Y%m%d%H%M%S", "2025112503040", NOW - 7 * HOUR_MS - 5000},
               {"%Y%m%d%H%M%S", "20251125030405Z", -1},
               {"%d/%m/%Y %H:%M:%S %z", "25/11/2025 10:04:05 %2B0700", NOW},
               {"%Y-%m-%d", "yesterday", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char conf[512], body[128];
        snprintf(conf, sizeof conf,
                 SMS("source = \"form\"; timestamp = [\"t\"]; timestamp_offset = 420; timestamp_format = "
                     "\"%s\"; " OPEN),
                 all[i].format);
        snprintf(body, sizeof body, "from=0900000001&text=a&t=%s", all[i].text);
        struct got g = ask(profile(conf), CALLBACK_SMS, (struct ask){.type = FORM, .body = body});
        if (all[i].at < 0)
            refused(&g, 400, "timestamp");
        else if (taken(&g), g.in->timestamp != all[i].at)
            fail_msg("%s by %s is %lld", all[i].text, all[i].format, (long long)g.in->timestamp);
    }
}

static void numbers_as_they_are_written(void **state)
{
    static const struct {
        const char *how, *from, *number; /* NULL: refused */
    } all[] = {{"auto", "0912345678", "+84912345678"},
               {"auto", "84912345678", "+84912345678"},
               {"auto", "912345678", "+84912345678"},
               {"auto", "%2B250788383383", "+250788383383"},
               {"international", "84912345678", "+84912345678"},
               {"international", "250788383383", "+250788383383"},
               {"international", "+84912345678", "+84912345678"},
               {"international", "0084912345678", "+84912345678"},
               {"international", "0912345678", NULL},
               {"national", "0912345678", "+84912345678"},
               {"national", "84912345", "+8484912345"},
               {"national", "%2B250788383383", "+250788383383"},
               {"international", "MTN", NULL},
               {"national", "12", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char conf[256], body[96];
        snprintf(conf, sizeof conf, "numbers = \"%s\"; " SMS("source = \"form\"; " OPEN), all[i].how);
        snprintf(body, sizeof body, "text=a&from=%s", all[i].from);
        struct got g = ask(profile(conf), CALLBACK_SMS, (struct ask){.type = FORM, .body = body});
        if (!all[i].number)
            refused(&g, 400, "sender");
        else if (taken(&g), strcmp(g.in->sender, all[i].number) != 0)
            fail_msg("%s %s is %s", all[i].how, all[i].from, g.in->sender);
    }
}

static void parts_of_a_longer_text(void **state)
{
    const struct profile *p =
        profile(SMS("source = \"form\"; part_ref = [\"r\"]; part_no = [\"n\"]; part_count = [\"c\"]; "
                    "udh = [\"udh\"]; " OPEN));
    static const struct {
        const char *pairs, *ref;
        unsigned no, count; /* no 0: whole; 99: refused */
    } all[] = {{"r=a&n=1&c=2", "a", 1, 2},
               {"r=a&n=1&c=1", "", 0, 0},
               {"", "", 0, 0},
               {"r=a&n=3&c=2", "", 99, 0},
               {"r=a&n=0&c=2", "", 99, 0},
               {"r=a&n=x&c=2", "", 99, 0},
               {"r=a&c=2", "", 99, 0},
               {"r=a&n=1&c=256", "", 99, 0},
               {"udh=050003CC0302", "204", 2, 3},
               {"udh=06080401020203", "", 0, 0}, /* part 3 of 2: no such, so a whole message */
               {"udh=06080401020302", "258", 2, 3},
               {"udh=0B0504158A00000003CC0201", "204", 1, 2},
               {"udh=xx", "", 0, 0},
               {"udh=050003CC03", "", 0, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char body[128];
        snprintf(body, sizeof body, "from=0900000001&text=a&%s", all[i].pairs);
        struct got g = ask(p, CALLBACK_SMS, (struct ask){.type = FORM, .body = body});
        if (all[i].no == 99) {
            refused(&g, 400, "part");
            continue;
        }
        taken(&g);
        if (!str_is(g.in->part_ref, all[i].ref) || g.in->part_no != all[i].no ||
            g.in->part_count != all[i].count)
            fail_msg("%s: \"%.*s\" %u of %u", all[i].pairs, STR_ARG(g.in->part_ref), g.in->part_no,
                     g.in->part_count);
    }
}

static void conditions(void **state)
{
    static const struct {
        const char *condition;
        bool met;
    } all[] = {{"a=1", true},        {"a=2", false},        {"a=2|1", true},
               {"a!=1", false},      {"x!=1", true},        {"a", true},
               {"x", false},         {"!a", false},         {"!x", true},
               {"e", false},         {"!e", true},          {"a=1 & b=zw*", true},
               {"a=1 & b=z", false}, {"b=*i", true},        {"b=*w*", true},
               {"b~^z[w]ei$", true}, {"b~^ei", false},      {"b=zwei & !x & a", true},
               {"query:a=1", true},  {"header:h=1", false}, {"set:b=zwei", true},
               {"set:b", true},      {"b={set:b}", true}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char conf[512];
        snprintf(conf, sizeof conf,
                 "settings = { b = \"zwei\"; };" SMS("source = \"query\"; ignore_if = [\"%s\"]; " OPEN),
                 all[i].condition);
        struct got g =
            ask(profile(conf), CALLBACK_SMS, (struct ask){.query = "a=1&b=zwei&e=&from=0900000001&text=t"});
        if (g.rc != OK || (g.out.n == 0) != all[i].met)
            fail_msg("%s", all[i].condition);
    }
}

static void ussd_of_many_kinds(void **state)
{
    const struct profile *p = profile("ussd = { methods = [\"POST\", \"PUT\"]; source = \"json\"; sender = "
                                      "[\"msisdn\"]; session = [\"path:2\"]; text = "
                                      "[\"text\"]; recipient = [\"text~^([*].*#)$\"]; events = ({ if = "
                                      "[\"path:3=start\"]; means = \"begin\"; }, { if = "
                                      "[\"path:3=response\"]; means = \"continue\"; }, { if = "
                                      "[\"path:3=end\"]; means = \"end\"; }); reply = { go_on = { "
                                      "s = \"{session}\"; state = \"{field:state}\"; m = \"{text}\"; more = "
                                      "true; }; end = { m = \"{text}\"; more = "
                                      "false; }; empty = {}; again_status = 200; again = { m = \"{text}\"; "
                                      "more = false; }; go_on_headers = { X = "
                                      "\"FC\"; }; end_headers = { X = \"FB\"; }; }; " OPEN " };");
    struct ask a = {.type = JSON,
                    .tail = "session/abc/start",
                    .body = "{\"msisdn\":\"0900000001\",\"text\":\"*8099#\",\"state\":\"q\\\"1\"}"};
    struct got g = ask(p, CALLBACK_USSD, a);
    struct answer ans = {.text = "1 Co \"x\"\n2 Khong"}, again = {.status = ERR_AGAIN};
    struct http_answer out;
    (void)state;
    taken(&g);
    assert_int_equal(g.in->event, DLG_BEGIN);
    assert_int_equal(g.in->text.n, 0); /* the dial string is no answer */
    assert_true(str_is(g.in->recipient, "*8099#"));
    ans.len = strlen(ans.text);
    aggregator_encode(p, CALLBACK_USSD, &g.out.items[0], &ans, STR("113"), &arena, &out);
    assert_true(str_is(
        out.body, "{\"s\":\"abc\",\"state\":\"q\\\"1\",\"m\":\"1 Co \\\"x\\\"\\n2 Khong\",\"more\":true}"));
    assert_string_equal(out.content_type, JSON);
    assert_true(str_is(out.headers[0].value, "FC"));
    ans.end = true;
    aggregator_encode(p, CALLBACK_USSD, &g.out.items[0], &ans, STR("113"), &arena, &out);
    assert_true(str_is(out.headers[0].value, "FB"));
    aggregator_encode(p, CALLBACK_USSD, &g.out.items[0], &again, STR("113"), &arena, &out);
    assert_true(out.status == 200 && str_is(out.body, "{\"m\":\"113\",\"more\":false}"));
    assert_true(out.n_headers == 2 && str_is(out.headers[1].value, "FB")); /* it ends the session */
    a.tail = "session/abc/response";
    a.body = "{\"msisdn\":\"0900000001\",\"text\":\"2\"}";
    g = ask(p, CALLBACK_USSD, a);
    taken(&g);
    assert_true(g.in->event == DLG_TEXT && str_is(g.in->text, "2"));
    a.tail = "session/abc/end";
    a.body = "{\"why\":\"user\"}";
    g = ask(p, CALLBACK_USSD, a);
    taken(&g);
    assert_true(g.in->event == DLG_CUT && !*g.in->sender);
    ans.len = 0;
    aggregator_encode(p, CALLBACK_USSD, &g.out.items[0], &ans, STR("113"), &arena, &out);
    assert_true(str_is(out.body, "{}"));
    a.tail = "session/abc/what";
    g = ask(p, CALLBACK_USSD, a);
    refused(&g, 400, "begins");
    a.tail = "session/abc/response";
    g = ask(p, CALLBACK_USSD, a);
    refused(&g, 400, "\"msisdn\"");
}

static void answers_to_sms(void **state)
{
    const struct profile *p = profile("sms = { methods = [\"POST\"]; source = \"form\"; sender = [\"from\"]; "
                                      "text = [\"text\"]; reply = { content_type = "
                                      "\"text/xml\"; text = \"<R><M>{text}</M></R>\"; empty = \"<R/>\"; "
                                      "unicode_headers = { C = \"2\"; }; }; " OPEN " };");
    struct got g = ask(p, CALLBACK_SMS, (struct ask){.type = FORM, .body = BODY});
    struct answer plain = {.text = "a < b & \"c\""}, accents = {.text = "Chào bạn"}, nothing = {0},
                  again = {.status = ERR_AGAIN};
    struct http_answer out;
    (void)state;
    taken(&g);
    assert_false(g.in->reply_by_mt);
    plain.len = strlen(plain.text);
    accents.len = strlen(accents.text);
    aggregator_encode(p, CALLBACK_SMS, &g.out.items[0], &plain, STR("113"), &arena, &out);
    assert_true(str_is(out.body, "<R><M>a &lt; b &amp; &#34;c&#34;</M></R>"));
    assert_int_equal(out.n_headers, 0);
    aggregator_encode(p, CALLBACK_SMS, &g.out.items[0], &accents, STR("113"), &arena, &out);
    assert_true(out.n_headers == 1 && str_is(out.headers[0].value, "2"));
    aggregator_encode(p, CALLBACK_SMS, &g.out.items[0], &nothing, STR("113"), &arena, &out);
    assert_true(str_is(out.body, "<R/>"));
    aggregator_encode(p, CALLBACK_SMS, NULL, &nothing, STR("113"), &arena, &out);
    assert_true(str_is(out.body, "<R/>"));
    aggregator_encode(p, CALLBACK_SMS, &g.out.items[0], &again, STR("113"), &arena, &out);
    assert_true(out.status == 503 && out.body.n == 0 && str_is(out.headers[0].name, "Retry-After"));
    p = profile(SMS("source = \"form\"; " OPEN));
    g = ask(p, CALLBACK_SMS, (struct ask){.type = FORM, .body = BODY});
    taken(&g);
    assert_true(g.in->reply_by_mt && aggregator_answers_by_mt(p)); /* reply has no text */
}

/* ---- out ---- */

static struct http_send sent_by(const struct profile *p, const char *text)
{
    struct http_send out;
    struct failure why;
    const struct mt mt = {STR("+84900000001"), STR("8099"), str_of(text), STR("0123456789abc"), NOW};
    assert_int_equal(aggregator_send(p, &mt, &arena, &out, &why), OK);
    return out;
}

static void every_place_has_its_escape(void **state)
{
    struct profile *p =
        profile("settings = { acc = \"a/b\"; base = \"https://x.example/api\"; };"
                "send = { url = \"{set:base}/{set:acc}/{text}\"; query = { q = \"{text}\"; c = "
                "\"{callback:dlr}?id={key}\"; }; body = { t = \"{text}\"; l = [ \"{to}\", \"{to|plain}\" ]; "
                "n = 5; y = true; o = { k = \"{secret:k}\"; }; u = \"{unicode?A:B}\"; }; headers = { X = "
                "\"{from} {now} {now:%Y%m%d}\"; }; auth = { by = \"basic\"; user = \"{set:acc}\"; secret "
                "= \"k\"; }; };");
    struct http_send out = sent_by(p, "a&b \"c\"\\ 100%");
    (void)state;
    assert_true(str_is(
        out.url, "https://x.example/api/a%2Fb/a%26b%20%22c%22%5C%20100%25?q=a%26b%20%22c%22%5C%20100%25&c="
                 "https%3A%2F%2Fhotline.example%2Fin%2Ftest%2Fdlr%3Fid%3D0123456789abc"));
    assert_true(str_is(
        out.body,
        "{\"t\":\"a&b \\\"c\\\"\\\\ 100%\",\"l\":[\"+84900000001\",\"84900000001\"],\"n\":5,\"y\":true,"
        "\"o\":{\"k\":\"key\"},\"u\":\"B\"}"));
    assert_string_equal(out.method, "POST");
    assert_true(str_is(out.headers[0].value, JSON));
    assert_true(str_is(out.headers[1].value, "Basic YS9iOmtleQ=="));
    assert_true(str_is(out.headers[2].value, "8099 1764039845 20251125"));
    out = sent_by(p, "Chào bạn");
    assert_non_null(strstr(out.body.s, "\"u\":\"A\""));
    p = profile("send = { url = \"http://x.example/?a=b\"; form = { t = \"{text}\"; fixed = \"1 2\"; }; };");
    out = sent_by(p, "a+b=c é");
    assert_true(str_is(out.body, "t=a%2Bb%3Dc%20%C3%A9&fixed=1%202"));
    p = profile("send = { url = \"http://x.example/?a=b\"; query = ( { name = \"a.b\"; value = "
                "\"{to|national}\"; } ); };");
    out = sent_by(p, "x");
    assert_true(str_is(out.url, "http://x.example/?a=b&a.b=900000001"));
    assert_string_equal(out.method, "GET");
    p = profile(
        "send = { url = \"http://x.example/\"; content_type = \"text/xml\"; body = \"<m>{text}</m>\"; };");
    assert_true(str_is(sent_by(p, "<é> & 'x'").body, "<m>&lt;é&gt; &amp; &#39;x&#39;</m>"));
    p = profile("send = { url = \"http://x.example/\"; query = { h = \"{text|utf16be|hex|upper}\"; b = "
                "\"{text|base64url}\"; "
                "s = \"{text|sha1}\"; m = \"{text|md5}\"; }; };");
    assert_true(str_is(sent_by(p, "Cứu").url,
                       "http://x.example/?h=00431EE90075&b=Q-G7qXU&s="
                       "75d5b10376a3e34b818563dc2c6daa7f4183d6bc&m=f2ea1236eb4970829571193065cd7b60"));
}

static void known_digests_and_signatures(void **state)
{
    struct profile *p = profile(
        "send = { url = \"http://x.example/\"; query = { a = \"{text|sha256}\"; b = \"{text|sha1}\"; c = "
        "\"{text|md5}\"; s = \"{signature}\"; }; sign = { secret = \"hex-key\"; key_encoding = \"hex\"; "
        "over = \"{text}\"; }; };");
    (void)state;
    /* FIPS 180-4 and RFC 1321 for "abc"; HMAC-SHA256 with the key "key" by openssl */
    assert_true(str_is(sent_by(p, "abc").url,
                       "http://x.example/?a=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
                       "&b=a9993e364706816aba3e25717850c26c9cd0d89d&c=900150983cd24fb0d6963f7d28e17f72"
                       "&s=9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab"));
}

static void plain_digests(void **state)
{
    struct profile *p = profile(
        "send = { url = \"http://x.example/\"; query = { s = \"{signature}\"; }; sign = { algorithm = "
        "\"plain-md5\"; over = \"{text}{secret:k}\"; }; };");
    (void)state;
    /* printf abckey | md5sum */
    assert_true(str_is(sent_by(p, "abc").url, "http://x.example/?s=11e74c87d199c94fd4c02322b42391dd"));
}

/* Nobody goes without an answer because an aggregator knows no accents. */
static void what_a_charset_lacks(void **state)
{
    struct profile *p =
        profile("send = { url = \"http://x.example/\"; query = { l = \"{text|latin1|hex}\"; g = "
                "\"{text|gsm7|hex}\"; }; };");
    (void)state;
    assert_true(str_is(sent_by(p, "é").url, "http://x.example/?l=e9&g=05"));
    assert_true(str_is(sent_by(p, "aạ☺").url, "http://x.example/?l=61613f&g=61613f"));
}

static void a_header_is_one_line(void **state)
{
    struct profile *p = profile("send = { url = \"http://x.example/\"; headers = { X = \"{from}\"; }; };");
    struct http_send out;
    struct failure why;
    const struct mt mt = {STR("+84900000001"), STR("a\r\nEvil: 1"), STR("x"), STR("k"), NOW};
    (void)state;
    assert_int_equal(aggregator_send(p, &mt, &arena, &out, &why), ERR_INPUT);
    assert_non_null(strstr(why.what, "header X"));
}

#define LONG                                                                                                 \
    "Xin chao ban. Chung toi da nhan duoc tin va dang tim nguoi o gan de giup ban. Neu gap, hay goi 113. "   \
    "Trong khi cho, "                                                                                        \
    "hay o noi an toan va giu dien thoai ben minh nhe."

static void long_texts_are_cut_between_words(void **state)
{
    struct profile *one = profile("send = { url = \"http://x.example/\"; segments_max = 1; };");
    struct profile *ten = profile("send = { url = \"http://x.example/\"; };");
    struct mt_part parts[8];
    (void)state;
    assert_int_equal(aggregator_shape(ten, STR(LONG), false, &arena, parts, 8), 1);
    assert_int_equal(parts[0].segments, 2);
    assert_int_equal(aggregator_shape(one, STR(LONG), false, &arena, parts, 8), 2);
    assert_true(parts[0].text.n <= 160 && parts[0].segments == 1 && parts[1].segments == 1);
    assert_true(parts[0].text.s[parts[0].text.n - 1] != ' ' && parts[1].text.s[0] != ' ');
    assert_int_equal(parts[0].text.n + 1 + parts[1].text.n, sizeof LONG - 1); /* one blank went */
    assert_int_equal(aggregator_shape(one, STR(LONG LONG LONG LONG LONG), false, &arena, parts, 3), 3);
    assert_true(parts[2].segments > 1); /* the last takes the rest: nothing is lost */
    assert_int_equal(aggregator_shape(one, STR(""), false, &arena, parts, 8), 1);
}

static void signs_and_accents_go_where_that_saves(void **state)
{
    struct profile *p = profile("send = { url = \"http://x.example/\"; };");
    struct profile *as_is =
        profile("send = { url = \"http://x.example/\"; plain_signs = false; unaccent = false; };");
    struct mt_part part;
    (void)state;
    aggregator_shape(p, STR("“Chao” – ban…"), false, &arena, &part, 1);
    assert_true(str_is(part.text, "\"Chao\" - ban..."));
    aggregator_shape(as_is, STR("“Chao”"), true, &arena, &part, 1);
    assert_true(str_is(part.text, "“Chao”"));
    aggregator_shape(p, STR("Chào “bạn”"), false, &arena, &part, 1);
    assert_true(str_is(part.text, "Chào “bạn”")); /* would not fit the alphabet anyway */
    aggregator_shape(p, STR("Chào bạn"), true, &arena, &part, 1);
    assert_true(str_is(part.text, "Chào bạn")); /* one segment either way: accents stay */
    const struct str accented =
        STR("Chào bạn, đã có người nhận giúp bạn. Người ấy sẽ gọi theo cách bạn đã chọn nhé.");
    aggregator_shape(p, accented, true, &arena, &part, 1);
    assert_true(
        str_is(part.text, "Chao ban, da co nguoi nhan giup ban. Nguoi ay se goi theo cach ban da chon nhe."));
    assert_int_equal(part.segments, 1);
    aggregator_shape(p, accented, false, &arena, &part, 1);
    assert_int_equal(part.segments, 2); /* the language does not allow it */
}

static void pieces_in_one_request(void **state)
{
    struct profile *p = profile(
        "send = { url = \"http://x.example/\"; body = { c = [ \"{parts}\" ]; }; part = { t = \"{text}\"; "
        "}; };");
    (void)state;
    assert_true(str_is(sent_by(p, "a \"b\"").body, "{\"c\":[{\"t\":\"a \\\"b\\\"\"}]}"));
    struct http_send out = sent_by(p, LONG);
    assert_non_null(strstr(out.body.s, "},{\"t\":\""));
}

static void what_the_answer_means(void **state)
{
    struct profile *p =
        profile("send = { url = \"http://x.example/\"; answer = \"json\"; message_id = [\"m.0.id\"]; "
                "id_required = true; retry_after = "
                "[\"wait\"]; results = ({ if = [\"code=21610\"]; means = \"blocked\"; }, { if = "
                "[\"code=5\"]; means = \"refused\"; "
                "class = \"invalid\"; }, { if = [\"body~too fast\"]; means = \"throttled\"; }); };");
    static const struct {
        int status;
        const char *body;
        enum sent_class what;
        enum send_result result;
        enum mt_class why;
    } all[] = {
        {200, "{\"m\":[{\"id\":\"x7\"}]}", SENT_OK, SEND_OK, MT_CLASS_UNKNOWN},
        {202, "{\"m\":[{\"id\":7}]}", SENT_OK, SEND_OK, MT_CLASS_UNKNOWN},
        {200, "{\"m\":[]}", SENT_CONTENT, SEND_TEMPORARY, MT_CLASS_UNKNOWN},
        {200, "no json", SENT_UNPARSEABLE, SEND_TEMPORARY, MT_CLASS_UNKNOWN},
        {200, "too fast", SENT_THROTTLED, SEND_TEMPORARY, MT_CLASS_UNKNOWN},
        {200, "{\"code\":5}", SENT_REFUSED, SEND_PERMANENT, MT_CLASS_INVALID},
        {400, "{\"code\":21610}", SENT_BLOCKED, SEND_PERMANENT, MT_CLASS_BLOCKED},
        {400, "", SENT_STATUS, SEND_PERMANENT, MT_CLASS_UNKNOWN},
        {401, "", SENT_STATUS, SEND_TEMPORARY, MT_CLASS_UNKNOWN}, /* a wrong password can be mended */
        {302, "", SENT_STATUS, SEND_TEMPORARY, MT_CLASS_UNKNOWN},
        {429, "{\"wait\":7}", SENT_THROTTLED, SEND_TEMPORARY, MT_CLASS_UNKNOWN},
        {500, "", SENT_CONNECTION, SEND_TEMPORARY, MT_CLASS_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct sent got;
        aggregator_sent(p, all[i].status, str_of(all[i].body), &arena, &got);
        if (got.what != all[i].what || got.result != all[i].result || got.why != all[i].why)
            fail_msg("%d %s: %s", all[i].status, all[i].body, sent_class_name(got.what));
        assert_int_equal(got.message_id.n > 0, got.what == SENT_OK);
        assert_int_equal(got.retry_after, all[i].status == 429 ? 7000 : 0);
    }
}

/* ---- mistakes ---- */

static void mistakes_are_told_with_line_and_remedy(void **state)
{
    static const struct {
        const char *conf;
        int line;
        const char *what;
    } all[] = {
        {"sms = {\n methods = [\"POST\"];\n source = \"jsn\"; reply = {}; " OPEN " };", 3,
         "did you mean \"json\""},
        {"\nsms = { methods = [\"POST\"]; source = \"form\"; reply = {}; " OPEN " };", 2, "sender"},
        {SMS("source = \"form\"; required = [\"mesage_id\"]; " OPEN), 1, "did you mean \"message_id\""},
        {SMS("source = \"form\"; required = [\"message_id\"]; " OPEN), 1, "add message_id"},
        {SMS("source = \"form\";\nauth = { by = \"query\"; };"), 2, "secret"},
        {SMS("source = \"form\";\nauth = { by = \"query\"; secret = \"missing\"; };"), 2, "cannot be read"},
        {SMS("source = \"form\";\nauth = { by = \"hmac\"; secret = \"k\"; };"), 2, "over"},
        {SMS("source = \"form\";\nauth = { by = \"none\"; networks = [\"192.0.2.0/33\"]; };"), 2,
         "no network"},
        {SMS("source = \"form\"; timestamp_format = \"epok\"; " OPEN), 1, "timestamp_format"},
        {SMS("source = \"form\";\n when = [\"a~(\"]; " OPEN), 2, "regular expression"},
        {SMS("source = \"form\";\n when = [\"a~(.)\\\\1\"]; " OPEN), 2, "refers back"},
        {SMS("source = \"form\";\n when = [\"!a=1\"]; " OPEN), 2, "NAME!=VALUE"},
        {SMS("source = \"form\";\n recipient = [\"path:x\"]; " OPEN), 2, "path:1"},
        {SMS("source = \"form\";\n when = [\"a={set:b}\"]; " OPEN), 2, "no setting \"b\""},
        {SMS("source = \"form\"; part_no = [\"n\"]; " OPEN), 1, "part_ref"},
        {"sms = { methods = [\"post\"]; source = \"form\"; sender = [\"a\"]; reply = {}; " OPEN " };", 1,
         "capitals"},
        {"send = {\n url = \"ftp://x\"; };", 1, "http://"},
        {"send = { url = \"http://x/a b\"; };", 1, "%XX"},
        {"send = { url = \"http://x/\"; method = \"post\"; };", 1, "capitals"},
        {"send = { url = \"http://x/{texd}\"; };", 1, "did you mean {text}"},
        {"send = { url = \"http://x/{text|hexx}\"; };", 1, "did you mean \"hex\""},
        {"send = { url = \"http://x/{unicode?{text|utf16be}:{text}}\"; };", 1, "holds a variable"},
        {"send = { url = \"http://x/{set:a}\"; };", 1, "no setting"},
        {"send = { url = \"http://x/{callback:dlx}\"; };", 1, "{callback:dlr}"},
        {"send = { url = \"http://x/{signature}\"; };", 1, "sign"},
        {"send = { url = \"http://x\"; form = { a = \"b\"; }; body = \"c\"; };", 1, "one of them"},
        {"send = { url = \"http://x\"; query = \"a\"; };", 1, "a group"},
        {"send = { url = \"http://x\"; body = [ \"{parts}\" ]; };", 1, "part"},
        {"send = { url = \"http://x\"; results = ({ if = [\"a\"]; means = \"sendt\"; }); };", 1,
         "did you mean \"sent\""},
        {"send = { url = \"http://x\"; permanent = [\"40\"]; };", 1, "permanent"},
        {"send = { url = \"http://x\"; auth = { by = \"basic\"; }; };", 1, "user and secret"},
        {"dlr = { methods = [\"GET\"]; source = \"query\"; reply = {}; " OPEN " };", 1, "message_id"},
        {"ussd = { methods = [\"GET\"]; source = \"query\"; sender = [\"a\"]; reply = {}; " OPEN " };", 1,
         "session"},
        {"id = \"A B\";", 0, "the id"},
        {"sned = { };", 1, "did you mean \"send\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct cfg_findings f;
        bool found = false;
        cfg_findings_init(&f, &arena);
        struct profile *p = aggregator_load_text("test.conf", str_of(all[i].conf), &env, &arena, &f);
        for (size_t k = 0; k < f.n; k++)
            found |= f.items[k].severity == CFG_ERROR && f.items[k].pos.line == all[i].line &&
                     strstr(f.items[k].what, all[i].what);
        if (p || !found)
            fail_msg("%s: %d: %s", all[i].conf, f.n ? f.items[0].pos.line : -1,
                     f.n ? f.items[0].what : "no finding");
        cfg_findings_free(&f);
    }
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_loaded; i++)
        aggregator_free(loaded[i]);
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_must_fit_what_came),
        cmocka_unit_test(a_signature_counts_once),
        cmocka_unit_test(sha1_over_address_and_sorted_parameters),
        cmocka_unit_test(web_tokens),
        cmocka_unit_test(user_and_password),
        cmocka_unit_test(networks_and_certificates),
        cmocka_unit_test(references_look_in_their_places),
        cmocka_unit_test(long_numbers_stay_themselves),
        cmocka_unit_test(several_in_one_request),
        cmocka_unit_test(one_address_for_everything),
        cmocka_unit_test(xml_bodies),
        cmocka_unit_test(texts_in_their_codings),
        cmocka_unit_test(times_as_they_are_written),
        cmocka_unit_test(numbers_as_they_are_written),
        cmocka_unit_test(parts_of_a_longer_text),
        cmocka_unit_test(conditions),
        cmocka_unit_test(ussd_of_many_kinds),
        cmocka_unit_test(answers_to_sms),
        cmocka_unit_test(every_place_has_its_escape),
        cmocka_unit_test(known_digests_and_signatures),
        cmocka_unit_test(plain_digests),
        cmocka_unit_test(what_a_charset_lacks),
        cmocka_unit_test(a_header_is_one_line),
        cmocka_unit_test(long_texts_are_cut_between_words),
        cmocka_unit_test(signs_and_accents_go_where_that_saves),
        cmocka_unit_test(pieces_in_one_request),
        cmocka_unit_test(what_the_answer_means),
        cmocka_unit_test(mistakes_are_told_with_line_and_remedy),
    };
    if (sodium_init() < 0)
        return 1;
    arena_init(&arena, 0);
    return cmocka_run_group_tests(tests, NULL, teardown);
}
