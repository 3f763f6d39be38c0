/* One raw HTTP request, decoded as each callback of the shipped profiles, and of one that reads JSON. The
 * secret tokens of build/fuzz/secrets are the word TOKEN, so that requests get past them. */
#include "fuzz.h"

#include "text/text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS = 64, PROFILES = 3 };

static const struct profile *profiles[PROFILES];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static struct arena a;
    struct cfg_findings f;
    (void)argc;
    (void)argv;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    profiles[0] = snapshot_profile(fuzz_snapshot(), STR("kannel"));
    profiles[1] = snapshot_profile(fuzz_snapshot(), STR("africastalking"));
    profiles[2] = aggregator_load("tests/fuzz/corpus/json-profile.conf", FUZZ_SECRETS, "84", &a, &f);
    for (size_t i = 0; i < f.n; i++)
        fprintf(stderr, "%s:%d: %s\n", f.items[i].pos.file, f.items[i].pos.line, f.items[i].what);
    for (int i = 0; i < PROFILES; i++)
        holds(profiles[i] != NULL, "the profiles are there");
    cfg_findings_free(&f);
    return 0;
}

static struct str line_of(struct str *rest)
{
    struct str line = str_split(rest, '\n');
    if (line.n && line.s[line.n - 1] == '\r')
        line.n--;
    return line;
}

static void parse(struct str raw, struct http_request *req, struct header *headers)
{
    struct str line = line_of(&raw);
    req->method = str_split(&line, ' ');
    req->query = str_split(&line, ' ');
    req->path = str_split(&req->query, '?');
    req->headers = headers;
    while (raw.n && (line = line_of(&raw)).n)
        if (req->n_headers < HEADERS) {
            struct str name = str_split(&line, ':');
            headers[req->n_headers++] = (struct header){name, str_trim(line)};
        }
    req->body = raw;
}

static void check_input(enum callback c, const struct input *in)
{
    holds(fuzz_e164(in->sender) || (c == CALLBACK_DLR && !*in->sender), "the sender is E.164");
    holds(fuzz_clean_utf8(in->text) && in->text.n <= TEXT_SMS_MAX, "the text is UTF-8 without NUL");
    holds(fuzz_clean_utf8(in->recipient) && in->recipient.n <= 64, "the recipient is short and UTF-8");
    holds(fuzz_clean_utf8(in->message_id) && in->message_id.n <= 128, "the message id is short and UTF-8");
    holds(fuzz_clean_utf8(in->session_id) && in->session_id.n <= 128, "the session id is short and UTF-8");
    holds(in->timestamp >= 0 && in->timestamp < 253402300800000, "the time is of the years 1970 to 9999");
    holds(in->key.n > 0 && in->key.n < 320 && fuzz_clean_utf8(in->key), "a key");
    holds(c != CALLBACK_USSD || (in->session_id.n && in->page_septets >= 40 && in->page_ucs2 >= 30),
          "a USSD step has a session and a page");
    holds(c != CALLBACK_USSD || in->event != DLG_CUT || !in->text.n, "a session that was cut says nothing");
    holds(c != CALLBACK_DLR || (in->message_id.n && in->dlr <= DLR_RETRY), "a receipt names a message");
}

static void check_json(const struct input *in)
{
    enum { ROOM = 16384 };
    static char line[ROOM];
    struct out o;
    out_init(&o, line, ROOM);
    aggregator_input_json(in, &o);
    holds(!o.overflow && !memchr(line, '\n', o.len), "the canonical input is one line");
    cJSON *v = cJSON_ParseWithLength(line, o.len);
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(v, in->kind == INPUT_USSD ? "input" : "text");
    holds(v && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(v, "accepted")), "the canonical input is JSON");
    holds(!cJSON_IsString(text) || str_is(in->text, text->valuestring), "its text is the text");
    cJSON_Delete(v);
}

static void check_answers(const struct profile *p, enum callback c, const struct input *in, struct arena *a)
{
    static const enum err statuses[] = {OK, ERR_AGAIN};
    static struct answer ans;
    struct http_answer out;
    struct str text = text_cut(in->text, sizeof ans.text - 1);
    str_copy(text, ans.text, sizeof ans.text);
    ans.len = text.n;
    for (int i = 0; i < 4; i++) {
        ans.status = statuses[i & 1];
        ans.end = i & 2;
        aggregator_encode(p, c, in, &ans, STR("113"), a, &out);
        holds(out.status >= 200 && out.status < 600 && out.n_headers <= 8, "an answer of HTTP");
        holds(fuzz_clean_utf8(out.body) && out.body.n < 2 * sizeof ans.text, "the answer's body is UTF-8");
        holds(ans.status != ERR_AGAIN || out.status >= 500 || out.body.n || c != CALLBACK_USSD,
              "a USSD screen never stays empty");
    }
}

static void check_wire(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        holds(s.s[i] > ' ' && s.s[i] < 0x7f, "what goes out is escaped");
}

static void check_send(const struct profile *p, const struct input *in, struct str body, struct arena *a)
{
    struct http_send out = {0};
    struct failure why = {OK, ""};
    struct str id;
    if (aggregator_send(p, str_of(in->sender), in->recipient, in->text, in->key, a, &out, &why) == OK) {
        check_wire(out.url);
        check_wire(out.body);
        for (size_t i = 0; i < out.n_headers; i++)
            holds(!memchr(out.headers[i].value.s, '\n', out.headers[i].value.n), "a header is one line");
    } else {
        holds(*why.what, "a send that cannot be made says why");
    }
    for (int status = 100; status < 600; status += 101) {
        enum send_result r = aggregator_sent(p, status, body, a, &id);
        holds(r <= SEND_PERMANENT && (r == SEND_OK || !id.n), "only a sent message has an id");
    }
}

static void check_refusal(int status, const struct failure *why)
{
    holds(status >= 400 && status < 500, "a refusal has a status of the 400s");
    holds(why->code == ERR_INPUT || why->code == ERR_AUTH, "a refusal has its code");
    holds(*why->what && fuzz_clean_utf8(str_of(why->what)), "a refusal has a reason");
    for (const char *at = why->what; *at; at++)
        holds((unsigned char)*at >= ' ', "a reason is one line");
}

static void check_same(const struct profile *p, enum callback c, const struct http_request *req,
                       struct arena *a, const struct input *first)
{
    struct input again = {0};
    struct failure why = {OK, ""};
    bool ignored;
    int status = 0;
    holds(aggregator_decode(p, c, req, a, &again, &ignored, &status, &why) == OK, "a repeat is taken, too");
    holds(str_eq(again.key, first->key), "a repeat has the same key");
}

static void decode(const struct profile *p, enum callback c, const struct http_request *req)
{
    struct arena a;
    struct input in = {0};
    struct failure why = {OK, ""};
    bool ignored = false;
    int status = 0;
    arena_init(&a, 0);
    enum err rc = aggregator_decode(p, c, req, &a, &in, &ignored, &status, &why);
    if (rc != OK) {
        check_refusal(status, &why);
    } else if (!ignored) {
        check_input(c, &in);
        check_json(&in);
        check_answers(p, c, &in, &a);
        check_send(p, &in, req->body, &a);
        check_same(p, c, req, &a, &in);
    }
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request req = {0};
    struct header headers[HEADERS];
    if (size == 0 || size > 16384)
        return 0;
    struct str raw = fuzz_exact(data, size);
    parse(raw, &req, headers);
    for (int i = 0; i < PROFILES; i++)
        for (int c = 0; c < CALLBACK_COUNT; c++) {
            if (!aggregator_has(profiles[i], (enum callback)c))
                continue;
            aggregator_takes(profiles[i], (enum callback)c, req.method);
            decode(profiles[i], (enum callback)c, &req);
        }
    fuzz_exact_free(raw);
    return 0;
}
