/* Is the caller who the profile says? Every comparison of a secret is in constant time. */
#include "aggregator/internal.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool equal(struct str a, struct str b)
{
    return a.n == b.n && a.n > 0 && sodium_memcmp(a.s, b.s, a.n) == 0;
}

/* ---- where from ---- */

static bool certified(const struct auth *a, const struct http_request *req)
{
    const struct certificate_def *d = &a->def->certificate;
    struct str name = request_header(req, d->header ? d->header : "");
    if (!d->pos.file)
        return true;
    for (size_t i = 0; req->by_proxy && i < d->is.n; i++)
        if (str_is(name, d->is.items[i]))
            return true;
    return false;
}

/* ---- replays ---- */

enum { REPLAY_SLOTS = 1 << 16, REPLAY_PROBES = 16 };

struct replays { /* a signature may be in any of PROBES slots from the one its first bytes name */
    pthread_mutex_t lock;
    struct {
        uint8_t digest[16];
        msec until;
    } slots[REPLAY_SLOTS];
};

struct replays *replays_create(void)
{
    struct replays *r = calloc(1, sizeof *r); /* its pages come when they are used */
    if (!r)
        abort();
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void replays_destroy(struct replays *r)
{
    if (!r)
        return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static size_t slot_of(const uint8_t digest[16], size_t probe)
{
    size_t first = (size_t)digest[0] | (size_t)digest[1] << 8 | (size_t)digest[2] << 16;
    return (first + probe) & (REPLAY_SLOTS - 1);
}

bool replays_seen(struct replays *r, const uint8_t digest[16], msec now)
{
    bool seen = false;
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < REPLAY_PROBES && !seen; i++) {
        size_t at = slot_of(digest, i);
        seen = r->slots[at].until > now && memcmp(r->slots[at].digest, digest, 16) == 0;
    }
    pthread_mutex_unlock(&r->lock);
    return seen;
}

void aggregator_answered(struct replays *r, const struct callback_request *c, msec now)
{
    if (!r || c->once_until <= now)
        return;
    pthread_mutex_lock(&r->lock);
    size_t soonest = slot_of(c->signature, 0);
    for (size_t i = 1; i < REPLAY_PROBES; i++) {
        size_t at = slot_of(c->signature, i);
        if (r->slots[at].until < r->slots[soonest].until)
            soonest = at;
    }
    memcpy(r->slots[soonest].digest, c->signature, 16);
    r->slots[soonest].until = c->once_until;
    pthread_mutex_unlock(&r->lock);
}

static void remember(const struct auth *a, struct str signature, msec signed_at, const struct decode_env *env,
                     struct callback_request *out)
{
    crypto_generichash(out->signature, sizeof out->signature, (const uint8_t *)signature.s, signature.n,
                       (const uint8_t *)(a->secret.n >= 16 ? a->secret.s : NULL),
                       a->secret.n < 16   ? 0
                       : a->secret.n < 64 ? a->secret.n
                                          : 64);
    out->once_until = signed_at ? signed_at + 2 * a->def->tolerance : env->now + DAY_MS;
}

/* ---- what proves it ---- */

static bool fresh(const struct auth *a, msec at, msec now)
{
    msec apart = at > now ? at - now : now - at;
    return apart <= a->def->tolerance;
}

static const char *check_token(const struct auth *a, const struct view *v)
{
    struct str got;
    if (!refs_get(&a->field, v, &got))
        return "the token is missing";
    return equal(got, a->secret) && !ref_twice(&a->field.items[0], v) ? NULL : "the token is wrong";
}

static const char *check_basic(const struct auth *a, const struct view *v)
{
    static const char scheme[] = "Basic ";
    struct str got = request_header(v->req, "Authorization"), plain;
    if (got.n < sizeof scheme || strncasecmp(got.s, scheme, sizeof scheme - 1) != 0)
        return "basic authentication is missing";
    got = (struct str){got.s + sizeof scheme - 1, got.n - (sizeof scheme - 1)};
    if (!decoded_from(ENCODING_BASE64, str_trim(got), v->a, &plain))
        return "basic authentication is not base64";
    struct str password = plain, user = str_split(&password, ':');
    bool known = equal(user, a->user), right = equal(password, a->secret); /* both, whatever the first says */
    return known && right ? NULL : "user or password is wrong";
}

static struct str signature_bytes(const struct profile *p, const struct auth *a, const struct view *v,
                                  bool *ok)
{
    struct values values = {.view = v, .url = request_url(p, v->req, v->a)};
    struct str over;
    uint8_t mac[DIGEST_MAX];
    *ok = template_fill(&a->over, &values, v->a, &over);
    size_t n = *ok ? hmac((enum algorithm)a->def->algorithm, a->secret, over, mac) : 0;
    return arena_str(v->a, (struct str){(char *)mac, n});
}

static const char *check_hmac(const struct profile *p, const struct auth *a, const struct view *v,
                              const struct decode_env *env, struct callback_request *out)
{
    struct str written, got, raw;
    msec at = 0;
    bool ok;
    if (!refs_get(&a->signature, v, &written))
        return "the signature is missing";
    struct str want = signature_bytes(p, a, v, &ok);
    if (!ok || !decoded_from((enum encoding)a->def->encoding, written, v->a, &got) || !equal(got, want))
        return "the signature is wrong";
    if (a->timestamp.n && (!refs_get(&a->timestamp, v, &raw) || !stamp_parse(&a->stamp, raw, &at)))
        return "the time of signing is missing";
    if (a->timestamp.n && !fresh(a, at, env->now))
        return "the signature is too old, or from the future";
    if (a->def->once)
        remember(a, got, at, env, out);
    return NULL;
}

static bool claim_seconds(const struct fields *claims, const char *name, msec *out)
{
    const struct str *v = fields_get(claims, (struct str){NULL, 0}, str_of(name));
    uint64_t s;
    if (!v || !str_to_u64(*v, 99999999999u, &s))
        return false;
    *out = (msec)s * 1000;
    return true;
}

static const char *check_claims(const struct profile *p, const struct auth *a, const struct view *v,
                                const struct fields *claims, msec now)
{
    struct values values = {.view = v, .url = request_url(p, v->req, v->a)};
    msec at;
    if (!claim_seconds(claims, "exp", &at))
        return "the token does not say when it ends";
    if (now > at + a->def->tolerance)
        return "the token is too old";
    if (claim_seconds(claims, "nbf", &at) && now < at - a->def->tolerance)
        return "the token is from the future";
    for (size_t i = 0; i < a->n_claims; i++) {
        const struct str *got = fields_get(claims, (struct str){NULL, 0}, a->claims[i].name);
        struct str want;
        if (!got || !template_fill(&a->claims[i].value, &values, v->a, &want) || !equal(*got, want))
            return "a claim of the token is not about this request";
    }
    return NULL;
}

/* RFC 7515, RFC 7519: HEADER.PAYLOAD.SIGNATURE, and HS256 alone, whatever the header asks for. */
static const char *check_jwt(const struct profile *p, const struct auth *a, const struct view *v,
                             const struct decode_env *env, struct callback_request *out)
{
    struct str token, rest, head, payload, signature, json;
    uint8_t mac[DIGEST_MAX];
    struct fields header, claims;
    if (!refs_get(&a->signature, v, &token))
        return "the signature is missing";
    rest = token;
    head = str_split(&rest, '.');
    payload = str_split(&rest, '.');
    struct str over = {token.s, head.n + 1 + payload.n};
    if (!rest.s || !decoded_from(ENCODING_BASE64URL, rest, v->a, &signature))
        return "the signature is no JSON Web Token";
    size_t n = hmac(ALGORITHM_SHA256, a->secret, over, mac);
    if (!equal(signature, (struct str){(char *)mac, n}))
        return "the signature is wrong";
    fields_init(&header, v->a);
    fields_init(&claims, v->a);
    if (!decoded_from(ENCODING_BASE64URL, head, v->a, &json) || fields_json(&header, json, NULL) != OK ||
        !decoded_from(ENCODING_BASE64URL, payload, v->a, &json) || fields_json(&claims, json, NULL) != OK)
        return "the signature is no JSON Web Token";
    const struct str *alg = fields_get(&header, (struct str){NULL, 0}, STR("alg"));
    if (!alg || !str_is(*alg, "HS256"))
        return "the token is not signed with HS256";
    if (a->def->once)
        remember(a, signature, 0, env, out);
    return check_claims(p, a, v, &claims, env->now);
}

static bool by_field(const struct refs *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->items[i].where == REF_FIELD || r->items[i].where == REF_ROOT)
            return true;
    return false;
}

static bool reads_fields(const struct template *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->parts[i].var == VAR_PARAMS ||
            (t->parts[i].var == VAR_FIELD &&
             (t->parts[i].ref.where == REF_FIELD || t->parts[i].ref.where == REF_ROOT)))
            return true;
    return false;
}

bool auth_needs_fields(const struct section *s)
{
    const struct auth *a = &s->auth;
    bool needs =
        by_field(&a->field) || by_field(&a->signature) || by_field(&a->timestamp) || reads_fields(&a->over);
    for (size_t i = 0; i < a->n_claims; i++)
        needs |= reads_fields(&a->claims[i].value);
    return needs;
}

struct str request_url(const struct profile *p, const struct http_request *req, struct arena *a)
{
    const char *base = p->public_url ? p->public_url : "";
    size_t room = strlen(base) + req->path.n + req->query.n + 2;
    struct out o;
    out_init(&o, arena_alloc(a, room), room);
    out_cstr(&o, base);
    out_str(&o, req->path);
    if (req->query.n)
        out_char(&o, '?');
    out_str(&o, req->query);
    return out_span(&o);
}

static const char *check(const struct profile *p, const struct auth *a, const struct view *v,
                         const struct decode_env *env, struct callback_request *out)
{
    if (a->n_networks && !net_contains(a->networks, a->n_networks, v->req->peer))
        return "calls are not taken from this address";
    if (!certified(a, v->req))
        return "a client certificate is needed";
    if (a->def->by != AUTH_NONE && !a->secret.n)
        return "this profile is not in use: its secret is missing";
    switch ((enum auth_by)a->def->by) {
    case AUTH_QUERY:
    case AUTH_HEADER:
    case AUTH_FIELD:
        return check_token(a, v);
    case AUTH_BASIC:
        return check_basic(a, v);
    case AUTH_HMAC:
        return check_hmac(p, a, v, env, out);
    case AUTH_JWT:
        return check_jwt(p, a, v, env, out);
    case AUTH_NONE:
    case AUTH_BEARER:
        break;
    }
    return NULL;
}

enum err authenticate(const struct profile *p, const struct section *s, const struct view *v,
                      const struct decode_env *env, struct callback_request *out, int *status,
                      struct failure *why)
{
    const char *wrong = env->unsigned_too ? NULL : check(p, &s->auth, v, env, out);
    if (!wrong && out->once_until && env->replays && replays_seen(env->replays, out->signature, env->now))
        wrong = "the signature was used before";
    if (!wrong)
        return OK;
    *status = 401;
    return fail(why, ERR_AUTH, "%s", wrong);
}

/* ---- as the aggregator would: for tests of a profile ---- */

static void add_header(struct http_request *req, struct header *headers, const char *name, struct str value)
{
    headers[req->n_headers++] = (struct header){str_of(name), value};
    req->headers = headers;
}

static struct str joined(struct arena *a, const char *fmt_a, struct str x, const char *fmt_b, struct str y)
{
    size_t room = strlen(fmt_a) + x.n + strlen(fmt_b) + y.n + 1;
    struct out o;
    out_init(&o, arena_alloc(a, room), room);
    out_cstr(&o, fmt_a);
    out_str(&o, x);
    out_cstr(&o, fmt_b);
    out_str(&o, y);
    return out_span(&o);
}

static void add_pair(struct str *to, const struct ref *r, struct str secret, struct arena *a)
{
    struct str value = escaped(secret, ESCAPE_URL, a);
    struct str pair = joined(a, "", r->name, "=", value);
    *to = to->n ? joined(a, "", *to, "&", pair) : pair;
}

static void sign_jwt(const struct profile *p, const struct section *s, struct str key, msec now,
                     struct http_request *req, struct header *headers, struct arena *a)
{
    const struct auth *auth = &s->auth;
    struct view v = {.req = req, .body = req->body, .a = a};
    struct values values = {.view = &v, .url = request_url(p, req, a)};
    char claims[1024];
    uint8_t mac[DIGEST_MAX];
    struct out o;
    out_init(&o, claims, sizeof claims);
    out_printf(&o, "{\"nbf\":%lld,\"exp\":%lld", (long long)(now / 1000), (long long)(now / 1000 + 60));
    for (size_t i = 0; i < auth->n_claims; i++) {
        struct str value = {NULL, 0};
        if (!template_fill(&auth->claims[i].value, &values, a, &value))
            return;
        out_printf(&o, ",\"%.*s\":\"%.*s\"", STR_ARG(auth->claims[i].name), STR_ARG(value));
    }
    out_char(&o, '}');
    struct str head = encoded(ENCODING_BASE64URL, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", 27, a);
    struct str over = joined(a, "", head, ".", encoded(ENCODING_BASE64URL, claims, o.len, a));
    struct str signature = encoded(ENCODING_BASE64URL, mac, hmac(ALGORITHM_SHA256, key, over, mac), a);
    add_header(req, headers, auth->signature.items[0].name.s, joined(a, "", over, ".", signature));
}

static void sign_hmac(const struct profile *p, const struct section *s, struct str key,
                      struct http_request *req, struct header *headers, struct arena *a)
{
    struct auth auth = s->auth;
    struct fields query, body;
    struct view v = {.req = req, .body = req->body, .a = a, .query = &query, .fields = &body};
    bool ok;
    fields_init(&query, a);
    fields_init(&body, a);
    if (fields_pairs(&query, req->query, NULL) != OK ||
        (s->def->source == FORMAT_FORM && fields_pairs(&body, req->body, NULL) != OK))
        return;
    auth.secret = key;
    struct str mac = signature_bytes(p, &auth, &v, &ok);
    if (ok)
        add_header(req, headers, auth.signature.items[0].name.s,
                   encoded((enum encoding)auth.def->encoding, mac.s, mac.n, a));
}

void aggregator_sign(const struct profile *p, enum callback c, bool wrong, msec now, struct http_request *req,
                     struct header *headers, struct arena *a)
{
    const struct section *s = &p->sections[c];
    struct str key = wrong ? STR("another key than theirs") : s->auth.secret;
    switch ((enum auth_by)s->auth.def->by) {
    case AUTH_QUERY:
        add_pair(&req->query, &s->auth.field.items[0], key, a);
        break;
    case AUTH_FIELD:
        add_pair(s->def->source == FORMAT_FORM ? &req->body : &req->query, &s->auth.field.items[0], key, a);
        break;
    case AUTH_HEADER:
        if (!request_header(req, s->auth.def->name).n)
            add_header(req, headers, s->auth.def->name, key);
        break;
    case AUTH_BASIC: {
        struct str pair = joined(a, "", s->auth.user, ":", key);
        add_header(
            req, headers, "Authorization",
            joined(a, "Basic ", encoded(ENCODING_BASE64, pair.s, pair.n, a), "", (struct str){NULL, 0}));
        break;
    }
    case AUTH_HMAC:
        sign_hmac(p, s, key, req, headers, a);
        break;
    case AUTH_JWT:
        sign_jwt(p, s, key, now, req, headers, a);
        break;
    case AUTH_NONE:
    case AUTH_BEARER:
        break;
    }
}
