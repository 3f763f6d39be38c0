/* From what a profile says to what the hot path uses. Whatever is wrong is found here, with its line. */
#include "aggregator/internal.h"

#include <string.h>
#include <strings.h>

const char *const field_names[FIELD_IDS] = {"sender",    "recipient", "text",       "message_id",
                                            "timestamp", "session",   "status",     "charset",
                                            "part_ref",  "part_no",   "part_count", "udh"};

const struct cfg_strings *field_def(const struct callback_def *d, enum field_id id)
{
    const struct cfg_strings *const all[FIELD_IDS] = {
        &d->sender, &d->recipient, &d->text,     &d->message_id, &d->timestamp,  &d->session,
        &d->status, &d->charset,   &d->part_ref, &d->part_no,    &d->part_count, &d->udh};
    return all[id];
}

/* ---- pieces ---- */

static void compile_stamp(struct compiler *c, const char *text, int64_t offset_min, struct cfg_pos pos,
                          struct stamp_format *out)
{
    static const struct {
        const char *word;
        enum stamp kind;
    } words[] = {{"none", STAMP_NONE},
                 {"epoch", STAMP_EPOCH},
                 {"epoch-ms", STAMP_EPOCH_MS},
                 {"rfc3339", STAMP_RFC3339},
                 {"iso8601", STAMP_ISO8601}};
    *out = (struct stamp_format){.kind = STAMP_NONE, .offset_min = (int)offset_min};
    if (!text)
        return;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, text) == 0) {
            out->kind = words[i].kind;
            return;
        }
    out->kind = STAMP_PATTERN;
    out->pattern = text;
    if (!strchr(text, '%'))
        cfg_error(c->f, pos,
                  "timestamp_format cannot be \"%s\"; use none, epoch, epoch-ms, rfc3339, iso8601 or a "
                  "pattern such as "
                  "\"%%Y%%m%%d%%H%%M%%S\"",
                  text);
}

static void compile_words(struct compiler *c, const struct cfg_list *l, struct words *out)
{
    const struct word_def *defs = l->items;
    out->items = arena_array(c->a, l->n + 1, sizeof *out->items);
    for (size_t i = 0; i < l->n; i++) {
        struct word *w = &out->items[out->n++];
        w->def = &defs[i];
        compile_conditions(c, &defs[i].if_any, &w->if_any);
        for (size_t k = 0; k < defs[i].is.n; k++)
            w->any |= strcmp(defs[i].is.items[k], "*") == 0;
        if (!defs[i].is.n && !defs[i].if_any.n)
            cfg_error(c->f, defs[i].pos, "this entry fits nothing; add is = [ \"...\" ] or if = [ \"...\" ]");
    }
}

static void compile_key(struct compiler *c, const char *name, int encoding, struct cfg_pos pos,
                        struct str *out)
{
    struct str raw;
    if (!compile_secret(c, name, pos, &raw) || !raw.n)
        return;
    if (!decoded_from((enum encoding)encoding, raw, c->a, out))
        cfg_error(c->f, pos, "secret \"%s\" is not written as key_encoding says", name);
}

/* ---- who may call ---- */

static void compile_networks(struct compiler *c, const struct auth_def *d, struct auth *out)
{
    out->networks = arena_array(c->a, d->networks.n + 1, sizeof *out->networks);
    for (size_t i = 0; i < d->networks.n; i++)
        if (!net_parse(str_of(d->networks.items[i]), &out->networks[out->n_networks++]))
            cfg_error(c->f, d->networks.pos, "\"%s\" is no network; write 192.0.2.0/24 or 2001:db8::/32",
                      d->networks.items[i]);
}

static void compile_signature(struct compiler *c, const struct profile *p, const struct auth_def *d,
                              struct auth *out)
{
    struct template_home home = {.place = PLACE_SIGNED, .id = p->def.id};
    if (!d->signature.n)
        cfg_error(c->f, d->pos, "says not where the signature is; add signature = [ \"header:...\" ]");
    if (d->by == AUTH_HMAC && !d->over)
        cfg_error(c->f, d->pos, "says not what is signed; add over = \"{body}\" or the like");
    if (d->by == AUTH_HMAC && d->over)
        template_add(c, d->over, d->pos, &home, &out->over);
    out->claims = arena_array(c->a, d->claims.n + 1, sizeof *out->claims);
    for (size_t i = 0; i < d->claims.n; i++) {
        struct claim *one = &out->claims[out->n_claims++];
        one->name = str_of(d->claims.items[i].key);
        template_add(c, d->claims.items[i].value, d->claims.items[i].pos, &home, &one->value);
    }
    bool url = d->over && strstr(d->over, "{url");
    for (size_t i = 0; i < d->claims.n; i++)
        url |= strstr(d->claims.items[i].value, "{url") != NULL;
    if (url && !p->public_url && !c->env->secrets_optional)
        cfg_error(c->f, d->pos,
                  "the address is signed, too; set public_url in hotlined.conf to what the aggregator calls");
    if (d->once && !d->timestamp.n && d->by == AUTH_HMAC)
        cfg_warn(c->f, d->pos, "once without timestamp: a signature is remembered for a day only");
}

static void compile_auth(struct compiler *c, const struct profile *p, const struct auth_def *d,
                         struct auth *out)
{
    static const struct cfg_word where[] = {
        {"query:", AUTH_QUERY}, {"header:", AUTH_HEADER}, {"", AUTH_FIELD}};
    out->def = d;
    compile_refs(c, &d->signature, &out->signature);
    compile_refs(c, &d->timestamp, &out->timestamp);
    compile_stamp(c, d->timestamp_format, 0, d->pos, &out->stamp);
    compile_networks(c, d, out);
    if (d->by == AUTH_NONE && !d->networks.n && !d->certificate.pos.file)
        cfg_warn(c->f, d->pos, "auth is \"none\": anybody who reaches this address can write as anybody");
    if (d->by != AUTH_NONE && !d->secret)
        cfg_error(c->f, d->pos, "auth names no secret; add secret = \"...\"");
    else if (d->by != AUTH_NONE)
        compile_key(c, d->secret, d->key_encoding, d->pos, &out->secret);
    if (d->by == AUTH_BASIC && !d->user)
        cfg_error(c->f, d->pos, "basic needs user = \"...\"");
    if (d->user) {
        struct template t = {0};
        struct template_home home = {.place = PLACE_SIGNED, .id = p->def.id};
        template_add(c, d->user, d->pos, &home, &t);
        out->user = t.n == 1 && t.parts[0].var == VAR_LITERAL ? t.parts[0].literal : str_of(d->user);
    }
    for (size_t i = 0; i < sizeof where / sizeof where[0]; i++)
        if (where[i].value == d->by) {
            char name[160];
            struct out o;
            const char *at = name;
            out_init(&o, name, sizeof name);
            out_printf(&o, "%s%s", where[i].word, d->name);
            compile_refs(c, &(struct cfg_strings){.items = &at, .n = 1, .pos = d->pos}, &out->field);
        }
    if (d->by == AUTH_HMAC || d->by == AUTH_JWT)
        compile_signature(c, p, d, out);
}

/* ---- how it is answered ---- */

static enum escape escape_of(const char *content_type)
{
    if (content_type && strstr(content_type, "json"))
        return ESCAPE_JSON;
    return content_type && strstr(content_type, "xml") ? ESCAPE_XML : ESCAPE_NONE;
}

static void compile_body(struct compiler *c, const struct cfg_tree *t, const struct template_home *home,
                         struct template *out)
{
    if (!t)
        return;
    if (t->kind == CFG_TREE_TEXT)
        template_add(c, t->text, t->pos, home, out);
    else
        template_add_json(c, t, home, out);
}

static bool is_json(const struct cfg_tree *t)
{
    return t && t->kind != CFG_TREE_TEXT;
}

static void compile_reply(struct compiler *c, const struct profile *p, struct reply_def *d, struct reply *out)
{
    if (!d->content_type)
        d->content_type = is_json(d->text) || is_json(d->empty) || is_json(d->go_on) || is_json(d->end)
                              ? "application/json"
                              : "text/plain; charset=utf-8";
    const struct template_home home = {
        .place = PLACE_REPLY, .value = escape_of(d->content_type), .echoes = &out->echoes, .id = p->def.id};
    compile_body(c, d->text, &home, &out->text);
    compile_body(c, d->empty, &home, &out->empty);
    compile_body(c, d->go_on, &home, &out->go_on);
    compile_body(c, d->end, &home, &out->end);
    compile_body(c, d->again, &home, &out->again);
}

/* ---- a section ---- */

static void compile_required(struct compiler *c, const struct callback_def *d, enum callback kind,
                             struct section *out)
{
    const char *names[FIELD_IDS + 1];
    memcpy(names, field_names, sizeof field_names);
    names[FIELD_IDS] = "event"; /* which one always is, where events are named */
    out->required[kind == CALLBACK_SMS    ? FIELD_SENDER
                  : kind == CALLBACK_USSD ? FIELD_SESSION
                                          : FIELD_MESSAGE_ID] = REQUIRED;
    for (size_t i = 0; i < d->required.n; i++) {
        struct str rest = str_of(d->required.items[i]);
        const char *want = arena_strdup(c->a, str_split(&rest, '?')); /* "text?": it may be empty */
        size_t k = 0;
        while (k <= FIELD_IDS && strcmp(names[k], want) != 0)
            k++;
        if (k < FIELD_IDS && field_def(d, (enum field_id)k)->n)
            out->required[k] = rest.s ? REQUIRED_OR_EMPTY : REQUIRED;
        else if (k < FIELD_IDS)
            cfg_error(c->f, d->required.pos,
                      "required names \"%s\", which no field gives; add %s = [ \"...\" ]", want, want);
        else if (k > FIELD_IDS) {
            const char *near = cfg_nearest(want, names, FIELD_IDS + 1);
            cfg_error(c->f, d->required.pos, "required names no field of ours: \"%s\"%s%s%s", want,
                      near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
        }
    }
}

static void check_section(struct compiler *c, const struct profile *p, enum callback kind,
                          const struct section *s)
{
    const struct callback_def *d = s->def;
    bool by_condition = false;
    for (size_t i = 0; i < s->statuses.n; i++)
        by_condition |= s->statuses.items[i].if_any.n > 0;
    if (kind != CALLBACK_DLR && !d->sender.n)
        cfg_error(c->f, d->pos, "names no field for the sender; add sender = [ \"...\" ]");
    if (kind == CALLBACK_USSD && !d->session.n)
        cfg_error(c->f, d->pos, "names no field for the session; add session = [ \"...\" ]");
    if (kind == CALLBACK_DLR && (!d->message_id.n || (!d->status.n && !by_condition)))
        cfg_error(c->f, d->pos, "a receipt needs message_id and status");
    if (kind == CALLBACK_DLR && !s->statuses.n)
        cfg_error(c->f, d->pos, "names no status; add statuses = ( { is = [ \"...\" ]; means = \"...\"; } )");
    if (kind == CALLBACK_USSD && (!d->reply.go_on || !d->reply.end))
        cfg_error(c->f, d->pos, "a USSD reply needs go_on and end");
    if ((d->part_no.n || d->part_count.n) && (!d->part_ref.n || !d->part_no.n || !d->part_count.n))
        cfg_error(c->f, d->pos, "parts need part_ref, part_no and part_count, all three; or udh");
    if (d->timestamp.n && s->stamp.kind == STAMP_NONE)
        cfg_warn(c->f, d->timestamp.pos, "timestamp is not read, since timestamp_format is none");
    if (kind == CALLBACK_SMS && !d->reply.text && !p->def.send.pos.file)
        cfg_warn(c->f, d->pos,
                 "answers have no way out: reply has no text, and there is no send; they go out by "
                 "mt_aggregator of hotlined.conf, if there is one");
    for (size_t i = 0; i < d->methods.n; i++)
        if (strspn(d->methods.items[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(d->methods.items[i]))
            cfg_error(c->f, d->methods.pos, "methods are written in capitals: \"GET\", \"POST\", \"PUT\"");
}

static void compile_each(struct compiler *c, const char *each, struct section *out)
{
    char path[256];
    struct out o;
    if (!each)
        return;
    check_name(c, str_of(each), out->def->pos);
    out_init(&o, path, sizeof path);
    if (strcmp(each, ".") != 0)
        out_printf(&o, "%s.", each);
    out->many = true;
    out->each = arena_str(c->a, out_span(&o));
}

static void compile_section(struct compiler *c, struct profile *p, enum callback kind)
{
    struct callback_def *d = &p->def.callbacks[kind];
    struct section *out = &p->sections[kind];
    if (!d->pos.file)
        return;
    out->def = d;
    for (int i = 0; i < FIELD_IDS; i++)
        compile_refs(c, field_def(d, (enum field_id)i), &out->fields[i]);
    compile_required(c, d, kind, out);
    compile_conditions(c, &d->when, &out->when);
    compile_conditions(c, &d->ignore_if, &out->ignore_if);
    compile_conditions(c, &d->refuse_if, &out->refuse_if);
    compile_stamp(c, d->timestamp_format, d->timestamp_offset, d->pos, &out->stamp);
    compile_words(c, &d->charsets, &out->charsets);
    compile_words(c, &d->statuses, &out->statuses);
    compile_words(c, &d->events, &out->events);
    compile_each(c, d->each, out);
    compile_auth(c, p, &d->auth, &out->auth);
    compile_reply(c, p, &d->reply, &out->reply);
    check_section(c, p, kind, out);
}

/* ---- what goes out ---- */

/* name=value pairs, from a group or from a list of { name; value; }. */
static void compile_pairs(struct compiler *c, const struct cfg_tree *t, const struct template_home *home,
                          bool *first, char lead, struct template *out)
{
    for (size_t i = 0; t && i < t->n; i++) {
        const struct cfg_tree *one = &t->items[i], *value = one;
        const char *name = one->key;
        if (t->kind == CFG_TREE_LIST) {
            name = NULL;
            value = NULL;
            for (size_t k = 0; k < one->n; k++) {
                if (one->items[k].key && strcmp(one->items[k].key, "name") == 0)
                    name = one->items[k].text;
                if (one->items[k].key && strcmp(one->items[k].key, "value") == 0)
                    value = &one->items[k];
            }
        }
        if (!name || !value || !value->text) {
            cfg_error(c->f, one->pos,
                      "a parameter is NAME = \"text\"; or, in a list, { name = \"...\"; value = \"...\"; }");
            continue;
        }
        char mark[] = {*first ? lead : '&', '\0'};
        template_add_literal(c, str_of(mark), ESCAPE_NONE, out);
        *first = false;
        template_add_literal(c, str_of(name), ESCAPE_URL, out);
        template_add_literal(c, STR("="), ESCAPE_NONE, out);
        template_add(c, value->text, value->pos, home, out);
    }
    if (t && t->kind != CFG_TREE_GROUP && t->kind != CFG_TREE_LIST)
        cfg_error(c->f, t->pos, "parameters are a group: { name = \"text\"; }");
}

static void add_header(struct compiler *c, struct send_rules *r, const char *name, const char *value,
                       struct cfg_pos pos, const struct template_home *home)
{
    if (r->n_headers == sizeof r->headers / sizeof r->headers[0]) {
        cfg_error(c->f, pos, "more than %zu headers", r->n_headers);
        return;
    }
    r->headers[r->n_headers].name = name;
    template_add(c, value, pos, home, &r->headers[r->n_headers++].value);
}

static void add_known_header(struct send_rules *r, const char *name, struct str value, struct compiler *c)
{
    r->headers[r->n_headers].name = name;
    template_add_literal(c, value, ESCAPE_NONE, &r->headers[r->n_headers++].value);
}

static void compile_send_auth(struct compiler *c, const struct send_auth_def *d,
                              const struct template_home *home, struct send_rules *r)
{
    char value[1024];
    struct out o;
    struct str secret = {NULL, 0};
    if (!d->pos.file || d->by == AUTH_NONE)
        return;
    if (!d->secret || (d->by == AUTH_BASIC && !d->user)) {
        cfg_error(c->f, d->pos, "%s needs %s", d->by == AUTH_BASIC ? "basic" : "bearer",
                  d->by == AUTH_BASIC ? "user and secret" : "secret");
        return;
    }
    compile_secret(c, d->secret, d->pos, &secret);
    out_init(&o, value, sizeof value);
    if (d->by == AUTH_BEARER) {
        out_cstr(&o, "Bearer ");
        out_str(&o, secret);
    } else {
        struct template user = {0};
        char pair[512];
        struct out p;
        template_add(c, d->user, d->pos, home, &user);
        out_init(&p, pair, sizeof pair);
        out_str(&p,
                user.n == 1 && user.parts[0].var == VAR_LITERAL ? user.parts[0].literal : str_of(d->user));
        out_char(&p, ':');
        out_str(&p, secret);
        out_cstr(&o, "Basic ");
        out_base64(&o, pair, p.len);
    }
    add_known_header(r, "Authorization", out_span(&o), c);
}

static void compile_permanent(struct compiler *c, const struct send_def *d, struct send_rules *r)
{
    static const uint16_t usual[] = {400, 404, 405, 406, 410, 413, 414, 415, 422};
    if (!d->permanent.pos.file) {
        memcpy(r->permanent, usual, sizeof usual);
        r->n_permanent = sizeof usual / sizeof usual[0];
    }
    for (size_t i = 0; i < d->permanent.n; i++) {
        uint64_t v;
        if (!str_to_u64(str_of(d->permanent.items[i]), 599, &v) || v < 300)
            cfg_error(c->f, d->permanent.pos,
                      "\"%s\" in permanent is no HTTP status of a failure, 300 to 599",
                      d->permanent.items[i]);
        else if (r->n_permanent < sizeof r->permanent / sizeof r->permanent[0])
            r->permanent[r->n_permanent++] = (uint16_t)v;
    }
}

static bool uses(const struct template *t, enum variable var)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->parts[i].var == var)
            return true;
    return false;
}

static void compile_send_body(struct compiler *c, const struct send_def *d, struct template_home *home,
                              struct send_rules *r)
{
    bool first = true;
    const char *type = d->content_type;
    struct template_home url = *home;
    url.literal = url.value = ESCAPE_URL;
    if (d->form) {
        compile_pairs(c, d->form, &url, &first, '\0', &r->body);
        type = type ? type : "application/x-www-form-urlencoded";
    }
    if (d->form && d->body)
        cfg_error(c->f, d->pos, "has form and body; a request has one of them");
    if (is_json(d->body) && !type)
        type = "application/json";
    home->value = type ? escape_of(type) : ESCAPE_NONE;
    if (d->body)
        compile_body(c, d->body, home, &r->body);
    if (d->part)
        compile_body(c, d->part, home, &r->part);
    r->many_parts = uses(&r->body, VAR_PARTS);
    if (r->many_parts && !d->part)
        cfg_error(c->f, d->pos, "{parts} needs part, the template of one piece");
    home->value = ESCAPE_NONE;
    bool typed = false;
    for (size_t i = 0; i < d->headers.n; i++)
        typed |= strcasecmp(d->headers.items[i].key, "Content-Type") == 0;
    if (type && !typed)
        add_known_header(r, "Content-Type", str_of(type), c);
}

static void check_address(struct compiler *c, const struct template *url, struct cfg_pos pos)
{
    struct str start = url->n ? url->parts[0].literal : (struct str){NULL, 0};
    if (!str_starts(start, "http://") && !str_starts(start, "https://"))
        cfg_error(c->f, pos, "url must begin with http:// or https://");
    for (size_t i = 0; i < url->n; i++)
        for (size_t k = 0; url->parts[i].var == VAR_LITERAL && k < url->parts[i].literal.n; k++)
            if (url->parts[i].literal.s[k] <= ' ' || url->parts[i].literal.s[k] >= 0x7f) {
                cfg_error(c->f, pos, "url holds a blank or another character that must be written as %%XX");
                return;
            }
}

static void compile_send(struct compiler *c, struct profile *p)
{
    const struct send_def *d = &p->def.send;
    struct send_rules *r = &p->send;
    struct template_home home = {.place = PLACE_SEND, .id = p->def.id}, url = home;
    if (!d->pos.file)
        return;
    bool first = true;
    url.value = ESCAPE_URL;
    url.address = true;
    template_add(c, d->url, d->pos, &url, &r->url);
    for (size_t i = 0; i < r->url.n; i++)
        first &=
            !r->url.parts[i].literal.n || !memchr(r->url.parts[i].literal.s, '?', r->url.parts[i].literal.n);
    url.address = false;
    url.literal = ESCAPE_URL;
    compile_pairs(c, d->query, &url, &first, '?', &r->url);
    compile_send_body(c, d, &home, r);
    compile_send_auth(c, &d->auth, &home, r);
    for (size_t i = 0; i < d->headers.n; i++)
        add_header(c, r, d->headers.items[i].key, d->headers.items[i].value, d->headers.items[i].pos, &home);
    if (d->sign.pos.file) {
        template_add(c, d->sign.over, d->sign.pos, &home, &r->over);
        if (d->sign.secret)
            compile_key(c, d->sign.secret, d->sign.key_encoding, d->sign.pos, &r->sign_key);
        else if (!(d->sign.algorithm & ALGORITHM_PLAIN))
            cfg_error(c->f, d->sign.pos, "sign names no secret; add secret = \"...\"");
        if (uses(&r->over, VAR_SIGNATURE))
            cfg_error(c->f, d->sign.pos, "a signature cannot be over itself");
    } else if (uses(&r->url, VAR_SIGNATURE) || uses(&r->body, VAR_SIGNATURE)) {
        cfg_error(c->f, d->pos, "{signature} needs sign, which says what it is");
    }
    r->method = d->method ? d->method : r->body.n ? "POST" : "GET";
    compile_words(c, &d->results, &r->results);
    compile_conditions(c, &d->success, &r->success);
    compile_refs(c, &d->message_id, &r->message_id);
    compile_refs(c, &d->retry_after, &r->retry_after);
    compile_permanent(c, d, r);
    check_address(c, &r->url, d->pos);
    if (strspn(r->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(r->method) || !*r->method)
        cfg_error(c->f, d->pos, "method is written in capitals: \"GET\", \"POST\", \"PUT\"");
}

/* ---- the whole ---- */

static const char *own_id(const char *path, struct arena *a)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return arena_strdup(a, (struct str){name, dot ? (size_t)(dot - name) : strlen(name)});
}

static void check_id(struct compiler *c, const char *name, const char *id)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t n = strlen(id);
    if (n == 0 || n > 31 || strspn(id, allowed) != n)
        cfg_error(c->f, (struct cfg_pos){name, 0},
                  "the id \"%s\" must be 1 to 31 small letters, digits, dashes, dots and underscores; it is "
                  "part of the URL",
                  id);
}

static struct profile *finish(struct profile *p, const char *name, const struct profile_env *env,
                              struct arena *a, struct cfg_findings *f)
{
    size_t before = f->errors;
    struct compiler c = {.env = env, .settings = &p->def.settings, .a = a, .f = f};
    p->country = env->country;
    p->public_url = env->public_url;
    if (!p->def.id)
        p->def.id = own_id(name, a);
    check_id(&c, name, p->def.id);
    for (int k = 0; k < CALLBACK_COUNT; k++)
        compile_section(&c, p, (enum callback)k);
    compile_send(&c, p);
    compile_corpus(&c, p);
    p->regexes = c.regexes;
    if (f->errors == before)
        return p;
    aggregator_free(p);
    return NULL;
}

struct profile *aggregator_load(const char *path, const struct profile_env *env, struct arena *a,
                                struct cfg_findings *f)
{
    struct profile *p = arena_alloc(a, sizeof *p);
    return cfg_load(path, &profile_schema, &p->def, a, f) ? finish(p, path, env, a, f) : NULL;
}

struct profile *aggregator_load_text(const char *name, struct str text, const struct profile_env *env,
                                     struct arena *a, struct cfg_findings *f)
{
    struct profile *p = arena_alloc(a, sizeof *p);
    return cfg_load_text(name, text, &profile_schema, &p->def, a, f) ? finish(p, name, env, a, f) : NULL;
}

void aggregator_free(struct profile *p)
{
    for (struct regexes *r = p ? p->regexes : NULL; r; r = r->next)
        regfree(r->re);
}

const char *aggregator_id(const struct profile *p)
{
    return p->def.id;
}

const char *aggregator_about(const struct profile *p)
{
    return p->def.about;
}

bool aggregator_has(const struct profile *p, enum callback c)
{
    return p->sections[c].def != NULL;
}

bool aggregator_takes(const struct profile *p, enum callback c, struct str method)
{
    const struct cfg_strings *m = &p->sections[c].def->methods;
    for (size_t i = 0; i < m->n; i++)
        if (str_is(method, m->items[i]))
            return true;
    return false;
}

bool aggregator_can_send(const struct profile *p)
{
    return p->def.send.pos.file != NULL;
}

bool aggregator_page(const struct profile *p, size_t *septets, size_t *ucs2)
{
    const struct callback_def *def = p->sections[CALLBACK_USSD].def;
    if (!def)
        return false;
    *septets = (size_t)def->page_septets;
    *ucs2 = (size_t)def->page_ucs2;
    return true;
}

bool aggregator_receipts(const struct profile *p)
{
    return p->sections[CALLBACK_DLR].def != NULL;
}

bool aggregator_answers_by_mt(const struct profile *p)
{
    return p->sections[CALLBACK_SMS].def && !p->def.callbacks[CALLBACK_SMS].reply.text;
}

const char *callback_name(enum callback c)
{
    static const char *const names[] = {"sms", "ussd", "dlr"};
    return names[c];
}

bool callback_parse(struct str word, enum callback *out)
{
    for (int c = 0; c < CALLBACK_COUNT; c++)
        if (str_is(word, callback_name((enum callback)c))) {
            *out = (enum callback)c;
            return true;
        }
    return false;
}
