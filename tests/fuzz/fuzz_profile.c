/* A profile file: whatever is in it, it loads or says where it is wrong, and what loads can be used. */
#include "wire.h"

#include <string.h>

static const char *const requests[] = {
    "POST /in/x/sms/receive?token=TOKEN&a=1 HTTP/1.1\r\nContent-Type: "
    "application/x-www-form-urlencoded\r\nX-S: ab\r\n\r\n"
    "from=84900000001&to=8099&text=xin+chao&id=7&status=Success&date=2026-11-25T03:04:05Z&sessionId=s&"
    "phoneNumber="
    "84900000001",
    "POST /in/x/dlr/session/7/end?token=TOKEN HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: "
    "Basic "
    "eDpUT0tFTg==\r\n\r\n{\"results\":[{\"from\":\"84900000001\",\"text\":\"a\",\"messageId\":\"7\","
    "\"status\":{\"groupName\":"
    "\"DELIVERED\"}}],\"type\":\"mo_text\",\"msisdn\":\"84900000001\",\"text\":\"1\",\"id\":\"x\"}",
    "POST /in/x/ussd?token=TOKEN HTTP/1.1\r\nContent-Type: application/xml\r\n\r\n<m><service "
    "timestamp='1450450974' "
    "request_id='m1'/><from>84900000001</from><to>1515</to><body>Hello</body></m>",
    "GET "
    "/in/x/sms?token=TOKEN&from=84900000001&sender=84900000001&to=8099&text=a&message=a&id=7&ts=1493735509 "
    "HTTP/1.1\r\n\r\n"};

static void use(const struct profile *p)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct http_request req = {0};
        struct header headers[WIRE_HEADERS];
        wire_parse(str_of(requests[i]), &req, headers);
        wire_check(p, &req, true);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct cfg_findings f;
    struct str text = fuzz_exact(data, size);
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    struct profile *p = aggregator_load_text("fuzz.conf", text, &wire_env, &a, &f);
    holds(p || f.errors, "what does not load says why");
    for (size_t i = 0; i < f.n; i++)
        holds(f.items[i].what && *f.items[i].what, "a finding says what");
    if (p)
        use(p);
    aggregator_free(p);
    cfg_findings_free(&f);
    arena_free(&a);
    fuzz_exact_free(text);
    return 0;
}
