/* The profile's schema, and its compilation. */
#include "aggregator/internal.h"

#include <stddef.h>
#include <string.h>

static const struct cfg_word sources[] = {
    {"query", SOURCE_QUERY}, {"form", SOURCE_FORM}, {"json", SOURCE_JSON}, {NULL, 0}};
static const struct cfg_word stamps[] = {{"none", STAMP_NONE},
                                         {"epoch", STAMP_EPOCH},
                                         {"epoch-ms", STAMP_EPOCH_MS},
                                         {"rfc3339", STAMP_RFC3339},
                                         {NULL, 0}};
static const struct cfg_word auths[] = {
    {"none", AUTH_NONE}, {"query", AUTH_QUERY}, {"header", AUTH_HEADER}, {NULL, 0}};
static const struct cfg_word charsets[] = {{"utf-8", CHARSET_UTF8},
                                           {"latin-1", CHARSET_LATIN1},
                                           {"utf-16be", CHARSET_UTF16BE},
                                           {"gsm-7", CHARSET_GSM7},
                                           {NULL, 0}};
static const struct cfg_word states[] = {{"queued", DLR_QUEUED},       {"sent", DLR_SENT},
                                         {"delivered", DLR_DELIVERED}, {"failed", DLR_FAILED},
                                         {"retry", DLR_RETRY},         {NULL, 0}};

#define AT(m) offsetof(struct word_def, m)
static const struct cfg_key charset_keys[] = {{.name = "is",
                                               .type = CFG_STRINGS,
                                               .offset = AT(is),
                                               .required = true,
                                               .help = "values of the charset field"},
                                              {.name = "means",
                                               .type = CFG_ENUM,
                                               .offset = AT(means),
                                               .required = true,
                                               .words = charsets,
                                               .help = "the charset they mean"},
                                              {0}};
static const struct cfg_key status_keys[] = {{.name = "is",
                                              .type = CFG_STRINGS,
                                              .offset = AT(is),
                                              .required = true,
                                              .help = "values of the status field"},
                                             {.name = "means",
                                              .type = CFG_ENUM,
                                              .offset = AT(means),
                                              .required = true,
                                              .words = states,
                                              .help = "the state they mean"},
                                             {0}};
static const struct cfg_schema charset_schema = {"charset", sizeof(struct word_def), charset_keys, false};
static const struct cfg_schema status_schema = {"status", sizeof(struct word_def), status_keys, false};
#undef AT
#define AT(m) offsetof(struct auth_def, m)
static const struct cfg_key auth_keys[] = {
    {.name = "by",
     .type = CFG_ENUM,
     .offset = AT(kind),
     .required = true,
     .words = auths,
     .help = "where the token comes"},
    {.name = "name",
     .type = CFG_STRING,
     .offset = AT(name),
     .dflt = "token",
     .help = "name of the parameter or header"},
    {.name = "secret", .type = CFG_STRING, .offset = AT(secret), .help = "name of the secret it must equal"},
    {0}};
static const struct cfg_schema auth_schema = {"auth", sizeof(struct auth_def), auth_keys, false};
#undef AT
#define AT(m) offsetof(struct reply_def, m)
static const struct cfg_key reply_keys[] = {
    {.name = "status",
     .type = CFG_INT,
     .offset = AT(status),
     .dflt = "200",
     .min = 200,
     .max = 299,
     .help = "HTTP status when taken"},
    {.name = "content_type",
     .type = CFG_STRING,
     .offset = AT(content_type),
     .dflt = "text/plain; charset=utf-8",
     .help = "of the body"},
    {.name = "text",
     .type = CFG_STRING,
     .offset = AT(text),
     .help = "body of an answer: {text}; nothing when left out"},
    {.name = "go_on",
     .type = CFG_STRING,
     .offset = AT(go_on),
     .help = "USSD: body while the session goes on"},
    {.name = "end", .type = CFG_STRING, .offset = AT(end), .help = "USSD: body that ends it"},
    {.name = "again_status",
     .type = CFG_INT,
     .offset = AT(again_status),
     .dflt = "503",
     .min = 200,
     .max = 599,
     .help = "HTTP status when nothing can be stored"},
    {.name = "again",
     .type = CFG_STRING,
     .offset = AT(again),
     .help = "body then; {text} is the text with the emergency numbers"},
    {.name = "unicode_headers",
     .type = CFG_MAP,
     .offset = AT(unicode_headers),
     .help = "headers for texts outside the GSM alphabet"},
    {0}};
static const struct cfg_schema reply_schema = {"reply", sizeof(struct reply_def), reply_keys, false};
#undef AT
#define AT(m) offsetof(struct callback_def, m)
static const struct cfg_key callback_keys[] = {
    {.name = "methods",
     .type = CFG_STRINGS,
     .offset = AT(methods),
     .required = true,
     .help = "HTTP methods taken"},
    {.name = "source",
     .type = CFG_ENUM,
     .offset = AT(source),
     .required = true,
     .words = sources,
     .help = "where the fields are; form also looks into the query"},
    {.name = "sender", .type = CFG_STRINGS, .offset = AT(sender), .help = "field of the contact's number"},
    {.name = "recipient",
     .type = CFG_STRINGS,
     .offset = AT(recipient),
     .help = "field of the short code or service code"},
    {.name = "text",
     .type = CFG_STRINGS,
     .offset = AT(text),
     .help = "field of the text or the USSD answers"},
    {.name = "message_id",
     .type = CFG_STRINGS,
     .offset = AT(message_id),
     .help = "field of the aggregator's id"},
    {.name = "timestamp", .type = CFG_STRINGS, .offset = AT(timestamp), .help = "field of its time"},
    {.name = "session", .type = CFG_STRINGS, .offset = AT(session), .help = "field of the USSD session"},
    {.name = "status", .type = CFG_STRINGS, .offset = AT(status), .help = "field of a receipt's status"},
    {.name = "charset",
     .type = CFG_STRINGS,
     .offset = AT(charset),
     .help = "field that names the text's charset"},
    {.name = "charsets",
     .type = CFG_LIST,
     .offset = AT(charsets),
     .sub = &charset_schema,
     .help = "its values; UTF-8 for others"},
    {.name = "statuses",
     .type = CFG_LIST,
     .offset = AT(statuses),
     .sub = &status_schema,
     .help = "words of the status field"},
    {.name = "end_if",
     .type = CFG_STRINGS,
     .offset = AT(end_if),
     .help = "USSD: a field that is there only when the session ended"},
    {.name = "required",
     .type = CFG_STRINGS,
     .offset = AT(required),
     .help = "fields that must be there, by our names"},
    {.name = "timestamp_format",
     .type = CFG_ENUM,
     .offset = AT(timestamp_format),
     .dflt = "none",
     .words = stamps,
     .help = "how time is written"},
    {.name = "cumulative",
     .type = CFG_BOOL,
     .offset = AT(cumulative),
     .dflt = "false",
     .help = "USSD: text holds all answers so far"},
    {.name = "separator",
     .type = CFG_STRING,
     .offset = AT(separator),
     .dflt = "*",
     .min = 1,
     .max = 1,
     .help = "between them"},
    {.name = "page_septets",
     .type = CFG_INT,
     .offset = AT(page_septets),
     .dflt = "160",
     .min = 40,
     .max = 182,
     .help = "USSD page in GSM characters"},
    {.name = "page_ucs2",
     .type = CFG_INT,
     .offset = AT(page_ucs2),
     .dflt = "70",
     .min = 30,
     .max = 91,
     .help = "USSD page in UCS-2 characters"},
    {.name = "auth",
     .type = CFG_GROUP,
     .offset = AT(auth),
     .required = true,
     .sub = &auth_schema,
     .help = "how the aggregator proves itself"},
    {.name = "reply",
     .type = CFG_GROUP,
     .offset = AT(reply),
     .required = true,
     .sub = &reply_schema,
     .help = "how it is answered"},
    {0}};
static const struct cfg_schema callback_schema = {"callback", sizeof(struct callback_def), callback_keys,
                                                  true};
#undef AT
#define AT(m) offsetof(struct send_def, m)
static const struct cfg_key send_keys[] = {
    {.name = "method", .type = CFG_STRING, .offset = AT(method), .dflt = "POST", .help = "HTTP method"},
    {.name = "url", .type = CFG_STRING, .offset = AT(url), .required = true, .help = "the send API"},
    {.name = "query", .type = CFG_MAP, .offset = AT(query), .help = "parameters of the URL"},
    {.name = "form", .type = CFG_MAP, .offset = AT(form), .help = "fields of a form body"},
    {.name = "headers", .type = CFG_MAP, .offset = AT(headers), .help = "headers"},
    {.name = "unicode",
     .type = CFG_MAP,
     .offset = AT(unicode),
     .help = "more parameters for texts outside the GSM alphabet"},
    {.name = "ok_min",
     .type = CFG_INT,
     .offset = AT(ok_min),
     .dflt = "200",
     .min = 100,
     .max = 599,
     .help = "statuses that mean it was taken, from"},
    {.name = "ok_max",
     .type = CFG_INT,
     .offset = AT(ok_max),
     .dflt = "299",
     .min = 100,
     .max = 599,
     .help = "to"},
    {.name = "ok_body",
     .type = CFG_STRINGS,
     .offset = AT(ok_body_any),
     .help = "and the body must hold one of these, if given"},
    {.name = "permanent",
     .type = CFG_STRINGS,
     .offset = AT(permanent),
     .help = "statuses that trying again does not help"},
    {.name = "message_id",
     .type = CFG_STRING,
     .offset = AT(message_id),
     .help = "JSON path of the id in the answer"},
    {.name = "timeout",
     .type = CFG_DURATION,
     .offset = AT(timeout),
     .dflt = "15s",
     .min = 100,
     .max = 300e3,
     .help = "longest wait"},
    {0}};
static const struct cfg_schema send_schema = {"send", sizeof(struct send_def), send_keys, true};
#undef AT
#define AT(m) offsetof(struct profile_def, m)
static const struct cfg_key profile_keys[] = {
    {.name = "id",
     .type = CFG_STRING,
     .offset = AT(id),
     .min = 1,
     .max = 31,
     .help = "its part of the URL; the file's name if left out"},
    {.name = "about",
     .type = CFG_STRING,
     .offset = AT(about),
     .help = "what it describes, and what that was checked against"},
    {.name = "sms", .type = CFG_GROUP, .offset = AT(sms), .sub = &callback_schema, .help = "SMS in"},
    {.name = "ussd", .type = CFG_GROUP, .offset = AT(ussd), .sub = &callback_schema, .help = "USSD steps"},
    {.name = "dlr",
     .type = CFG_GROUP,
     .offset = AT(dlr),
     .sub = &callback_schema,
     .help = "delivery receipts"},
    {.name = "send", .type = CFG_GROUP, .offset = AT(send), .sub = &send_schema, .help = "SMS out"},
    {0}};
const struct cfg_schema profile_schema = {"aggregators/*.conf", sizeof(struct profile_def), profile_keys,
                                          false};

struct compiler {
    const char *secrets;
    struct arena *a;
    struct cfg_findings *f;
};

static void compile(struct compiler *c, const char *text, struct cfg_pos pos, struct template *out)
{
    if (text)
        template_compile(text, c->secrets, pos, out, c->a, c->f);
}

static void compile_map(struct compiler *c, const struct cfg_map *m, struct named_templates *out)
{
    out->items = arena_array(c->a, m->n + 1, sizeof *out->items);
    for (size_t i = 0; i < m->n; i++) {
        struct named_template *t = &out->items[out->n++];
        t->name = m->items[i].key;
        compile(c, m->items[i].value, m->items[i].pos, &t->value);
    }
}

static void check_required(struct compiler *c, const struct callback_def *d, enum callback kind)
{
    static const char *const names[] = {"sender",    "recipient", "text",  "message_id",
                                        "timestamp", "session",   "status"};
    for (size_t i = 0; i < d->required.n; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            known |= strcmp(names[k], d->required.items[i]) == 0;
        const char *near = cfg_nearest(d->required.items[i], names, sizeof names / sizeof names[0]);
        if (!known)
            cfg_error(c->f, d->required.pos, "required names no field of ours: \"%s\"%s%s%s",
                      d->required.items[i], near ? "; did you mean \"" : "", near ? near : "",
                      near ? "\"?" : "");
    }
    if (kind != CALLBACK_DLR && !d->sender.n)
        cfg_error(c->f, d->pos, "names no field for the sender; add sender = [ \"...\" ]");
    if (kind == CALLBACK_USSD && !d->session.n)
        cfg_error(c->f, d->pos, "names no field for the session; add session = [ \"...\" ]");
    if (kind == CALLBACK_DLR && (!d->message_id.n || !d->status.n))
        cfg_error(c->f, d->pos, "a receipt needs message_id and status");
    if (kind == CALLBACK_USSD && (!d->reply.go_on || !d->reply.end))
        cfg_error(c->f, d->pos, "a USSD reply needs go_on and end");
}

static void compile_callback(struct compiler *c, struct profile *p, enum callback kind,
                             const struct callback_def *d)
{
    struct callback_rules *r = &p->callbacks[kind];
    if (!d->pos.file)
        return;
    r->def = d;
    check_required(c, d, kind);
    if (d->auth.kind != AUTH_NONE && !d->auth.secret)
        cfg_error(c->f, d->pos, "auth names no secret; add secret = \"...\"");
    else if (d->auth.kind != AUTH_NONE)
        cfg_secret(c->secrets, d->auth.secret, &r->token, c->a, d->pos, c->f);
    else
        cfg_warn(c->f, d->pos, "auth is \"none\": anybody who reaches this address can write as anybody");
    compile(c, d->reply.text, d->pos, &r->text);
    compile(c, d->reply.go_on, d->pos, &r->go_on);
    compile(c, d->reply.end, d->pos, &r->end);
    compile(c, d->reply.again, d->pos, &r->again);
}

static const char *own_id(const char *path, struct arena *a)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return arena_strdup(a, (struct str){name, dot ? (size_t)(dot - name) : strlen(name)});
}

struct profile *aggregator_load(const char *path, const char *secrets, const char *country, struct arena *a,
                                struct cfg_findings *f)
{
    size_t before = f->errors;
    struct profile *p = arena_alloc(a, sizeof *p);
    struct compiler c = {secrets, a, f};
    p->country = country;
    if (!cfg_load(path, &profile_schema, &p->def, a, f))
        return NULL;
    if (!p->def.id)
        p->def.id = own_id(path, a);
    compile_callback(&c, p, CALLBACK_SMS, &p->def.sms);
    compile_callback(&c, p, CALLBACK_USSD, &p->def.ussd);
    compile_callback(&c, p, CALLBACK_DLR, &p->def.dlr);
    const struct send_def *s = &p->def.send;
    if (s->pos.file) {
        compile(&c, s->url, s->pos, &p->url);
        compile_map(&c, &s->query, &p->query);
        compile_map(&c, &s->form, &p->form);
        compile_map(&c, &s->headers, &p->headers);
        compile_map(&c, &s->unicode, &p->unicode);
        if (strncmp(s->url, "http://", 7) != 0 && strncmp(s->url, "https://", 8) != 0)
            cfg_error(f, s->pos, "url must begin with http:// or https://");
    }
    return f->errors == before ? p : NULL;
}

const char *aggregator_id(const struct profile *p)
{
    return p->def.id;
}

bool aggregator_has(const struct profile *p, enum callback c)
{
    return p->callbacks[c].def != NULL;
}

bool aggregator_takes(const struct profile *p, enum callback c, struct str method)
{
    const struct cfg_strings *m = &p->callbacks[c].def->methods;
    for (size_t i = 0; i < m->n; i++)
        if (str_is(method, m->items[i]))
            return true;
    return false;
}

bool aggregator_can_send(const struct profile *p)
{
    return p->def.send.pos.file != NULL;
}

const char *callback_name(enum callback c)
{
    static const char *const names[] = {"sms", "ussd", "dlr"};
    return names[c];
}
