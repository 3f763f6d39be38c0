#include "wire.h"

#include "text/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static const char *token(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return "TOKEN";
}

const struct profile_env wire_env = {
    .secrets = FUZZ_SECRETS, .country = "84", .public_url = "https://hotline.example", .secret = token};

static struct str line_of(struct str *rest)
{
    struct str line = str_split(rest, '\n');
    if (line.n && line.s[line.n - 1] == '\r')
        line.n--;
    return line;
}

void wire_parse(struct str raw, struct http_request *req, struct header *headers)
{
    struct str line = line_of(&raw);
    req->method = str_split(&line, ' ');
    req->query = str_split(&line, ' ');
    req->path = str_split(&req->query, '?');
    req->tail = req->path;
    for (int i = 0; i < 4; i++)
        str_split(&req->tail, '/');
    req->headers = headers;
    while (raw.n && (line = line_of(&raw)).n)
        if (req->n_headers < WIRE_HEADERS) {
            struct str name = str_split(&line, ':');
            headers[req->n_headers++] = (struct header){name, str_trim(line)};
        }
    req->body = raw;
}

static bool is_json(const char *type, struct str body)
{
    cJSON *v = strstr(type, "json") && body.n ? cJSON_ParseWithLength(body.s, body.n) : NULL;
    bool ok = v || !strstr(type, "json") || !body.n;
    cJSON_Delete(v);
    return ok;
}

static void check_input(enum callback c, const struct input *in)
{
    bool nobody = c == CALLBACK_DLR || (c == CALLBACK_USSD && in->event == DLG_CUT);
    holds(fuzz_e164(in->sender) || (nobody && !*in->sender), "the sender is E.164");
    holds(fuzz_clean_utf8(in->text) && in->text.n <= TEXT_SMS_MAX, "the text is UTF-8 without NUL");
    holds(fuzz_clean_utf8(in->recipient) && in->recipient.n <= 64, "the recipient is short and UTF-8");
    holds(fuzz_clean_utf8(in->message_id) && in->message_id.n <= 128, "the message id is short and UTF-8");
    holds(fuzz_clean_utf8(in->session_id) && in->session_id.n <= 128, "the session id is short and UTF-8");
    holds(fuzz_clean_utf8(in->part_ref) && in->part_ref.n <= 64,
          "the reference of a part is short and UTF-8");
    holds(in->part_count < 2 || (in->part_no >= 1 && in->part_no <= in->part_count && in->part_count <= 255),
          "a part is among its parts");
    holds(in->timestamp >= 0 && in->timestamp < 253402300800000, "the time is of the years 1970 to 9999");
    holds(in->key.n > 0 && in->key.n < 340 && fuzz_clean_utf8(in->key), "a key");
    holds(c != CALLBACK_USSD || (in->session_id.n && in->page_septets >= 40 && in->page_ucs2 >= 30),
          "a USSD step has a session and a page");
    holds(c != CALLBACK_USSD || in->event == DLG_TEXT || !in->text.n,
          "only a step of a session says something");
    holds(c != CALLBACK_DLR || (in->message_id.n && in->dlr <= DLR_RETRY && in->mt_class < MT_CLASSES),
          "a receipt names a message");
}

static void check_json(const struct input *in)
{
    enum { ROOM = 32768 };
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

static void check_answers(const struct profile *p, enum callback c, const struct decoded *d, struct arena *a)
{
    static const enum err statuses[] = {OK, ERR_AGAIN};
    static struct answer ans;
    struct http_answer out;
    struct str text = text_cut(d ? d->in.text : STR("x"), sizeof ans.text - 1);
    str_copy(text, ans.text, sizeof ans.text);
    ans.len = text.n;
    for (int i = 0; i < 4; i++) {
        ans.status = statuses[i & 1];
        ans.end = i & 2;
        aggregator_encode(p, c, d, &ans, STR("113"), a, &out);
        holds(out.status >= 200 && out.status < 600 && out.n_headers <= 8, "an answer of HTTP");
        holds(!out.body.n || out.content_type, "a body has a type");
        holds(is_json(out.content_type, out.body), "an answer that should be JSON is");
    }
}

static void check_send(const struct profile *p, const struct input *in, struct str body, struct arena *a)
{
    struct mt_part parts[4];
    struct http_send out = {0};
    struct failure why = {OK, ""};
    size_t n = aggregator_shape(p, in->text, in->text.n & 1, a, parts, 4);
    holds(n >= 1 && n <= 4, "a text has parts");
    const struct mt mt = {str_of(in->sender), in->recipient, parts[0].text, STR("0123456789abc"),
                          in->timestamp};
    holds(fuzz_clean_utf8(parts[0].text) && parts[0].segments >= 1, "a part is UTF-8");
    if (aggregator_send(p, &mt, a, &out, &why) == OK) {
        for (size_t i = 0; i < out.url.n; i++)
            holds(out.url.s[i] > ' ' && out.url.s[i] < 0x7f, "an address is escaped");
        for (size_t i = 0; i < out.n_headers; i++) {
            holds(!memchr(out.headers[i].value.s, '\n', out.headers[i].value.n), "a header is one line");
            if (str_is_nocase(out.headers[i].name, "Content-Type"))
                holds(is_json(out.headers[i].value.s, out.body), "a body that should be JSON is");
        }
    } else {
        holds(*why.what, "a send that cannot be made says why");
    }
    for (int status = 100; status < 600; status += 101) {
        struct sent s;
        aggregator_sent(p, status, body, a, &s);
        holds(s.result <= SEND_PERMANENT && (s.result == SEND_OK || !s.message_id.n),
              "only a sent message has an id");
        holds(s.message_id.n <= 128 && fuzz_clean_utf8(s.message_id), "an id is short and UTF-8");
        holds(s.retry_after >= 0, "nobody asks for the past");
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
                       const struct decode_env *env, struct arena *a, const struct callback_request *first)
{
    struct callback_request again;
    struct failure why = {OK, ""};
    int status = 0;
    holds(aggregator_decode(p, c, req, env, a, &again, &status, &why) == OK && again.n == first->n,
          "a repeat is taken, too");
    for (size_t i = 0; i < first->n; i++)
        holds(str_eq(again.items[i].in.key, first->items[i].in.key), "a repeat has the same key");
}

static void check_section(const struct profile *p, enum callback c, const struct http_request *req,
                          bool unsigned_too)
{
    struct arena a;
    struct callback_request got;
    struct failure why = {OK, ""};
    const struct decode_env env = {.now = 1764039845000, .unsigned_too = unsigned_too};
    int status = 0;
    arena_init(&a, 0);
    enum err rc = aggregator_decode(p, c, req, &env, &a, &got, &status, &why);
    if (rc != OK)
        check_refusal(status, &why);
    for (size_t i = 0; rc == OK && i < got.n; i++) {
        check_input(got.callback, &got.items[i].in);
        check_json(&got.items[i].in);
        check_answers(p, got.callback, &got.items[i], &a);
        if (i == 0)
            check_send(p, &got.items[i].in, req->body, &a);
    }
    if (rc == OK && got.n)
        check_same(p, c, req, &env, &a, &got);
    else if (rc == OK)
        check_answers(p, got.callback, NULL, &a);
    arena_free(&a);
}

void wire_check(const struct profile *p, const struct http_request *req, bool unsigned_too)
{
    for (int c = 0; c < CALLBACK_COUNT; c++)
        if (aggregator_has(p, (enum callback)c)) {
            aggregator_takes(p, (enum callback)c, req->method);
            check_section(p, (enum callback)c, req, unsigned_too);
        }
}
