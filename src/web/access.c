/* Who may open the page. */
#include "web/web.h"

#include "base/net.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- a browser on this machine ---- */

static bool is_here(struct str address)
{
    static const char *const ranges[] = {"127.0.0.0/8", "::1"};
    struct net_range here[2];
    for (size_t i = 0; i < 2; i++)
        if (!net_parse(str_of(ranges[i]), &here[i]))
            return false;
    return net_contains(here, 2, address);
}

static bool names_here(struct str host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    size_t colon = host.n;
    while (colon > 0 && host.s[colon - 1] >= '0' && host.s[colon - 1] <= '9')
        colon--;
    if (colon > 0 && colon < host.n && host.s[colon - 1] == ':')
        host.n = colon - 1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_is_nocase(host, names[i]))
            return true;
    return false;
}

const char *web_not_local(struct str peer, struct str host, bool forwarded)
{
    if (!is_here(peer))
        return "the practice page is for a browser on this machine";
    if (forwarded)
        return "the practice page is for a browser on this machine, not through a proxy";
    if (!names_here(host))
        return "open the practice page as http://127.0.0.1 or http://localhost";
    return NULL;
}

/* ---- passwords ---- */

/* Memory and rounds of a new password: some twenty milliseconds; an old one keeps what its line says. */
#define PASSWORD_MEMORY (16u << 20)
#define PASSWORD_ROUNDS 3

#define TRIES 4 /* at once, and a second */
#define KNOWN 64
#define KNOWN_FOR (10 * MINUTE_MS)

struct known {
    uint8_t mark[32];
    msec until;
};
struct web_guard {
    uint8_t key[crypto_generichash_KEYBYTES];
    char nobody[crypto_pwhash_STRBYTES]; /* tried for a name that is not there, so that it takes as long */
    struct known known[KNOWN];
    double tries;
    msec at;
};

struct web_guard *web_guard_create(void)
{
    struct web_guard *g = calloc(1, sizeof *g);
    if (!g)
        abort();
    randombytes_buf(g->key, sizeof g->key);
    g->tries = TRIES;
    return g;
}

void web_guard_destroy(struct web_guard *g)
{
    if (g)
        sodium_memzero(g, sizeof *g);
    free(g);
}

static bool may_try(struct web_guard *g, msec now)
{
    g->tries += (double)(now - g->at) * TRIES / 1000;
    g->tries = g->tries > TRIES ? TRIES : g->tries;
    g->at = now;
    if (g->tries < 1)
        return false;
    g->tries -= 1;
    return true;
}

static void mark_of(const struct web_guard *g, struct str authorization, const char *line, uint8_t mark[32])
{
    crypto_generichash_state h;
    crypto_generichash_init(&h, g->key, sizeof g->key, 32);
    crypto_generichash_update(&h, (const uint8_t *)line, strlen(line) + 1);
    crypto_generichash_update(&h, (const uint8_t *)authorization.s, authorization.n);
    crypto_generichash_final(&h, mark, 32);
}

/* Once found it holds for another while. */
static bool is_known(struct web_guard *g, const uint8_t mark[32], msec now)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (g->known[i].until > now && sodium_memcmp(g->known[i].mark, mark, 32) == 0) {
            g->known[i].until = now + KNOWN_FOR;
            return true;
        }
    return false;
}

static void remember(struct web_guard *g, const uint8_t mark[32], msec now)
{
    struct known *oldest = &g->known[0];
    for (size_t i = 1; i < KNOWN; i++)
        if (g->known[i].until < oldest->until)
            oldest = &g->known[i];
    memcpy(oldest->mark, mark, 32);
    oldest->until = now + KNOWN_FOR;
}

struct credentials {
    char text[512]; /* NAME:PASSWORD */
    struct str name, password;
};

static bool read_basic(struct str authorization, struct credentials *c)
{
    static const char scheme[] = "Basic ";
    size_t n = 0, skip = sizeof scheme - 1;
    if (authorization.n <= skip || !str_is_nocase((struct str){authorization.s, skip}, scheme) ||
        sodium_base642bin((unsigned char *)c->text, sizeof c->text, authorization.s + skip,
                          authorization.n - skip, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    c->password = (struct str){c->text, n};
    c->name = str_split(&c->password, ':');
    return web_officer_name(c->name) && c->password.n > 0;
}

/* The hash behind this name; false: there is none. */
static bool line_of(struct str officers, struct str name, char hash[crypto_pwhash_STRBYTES])
{
    while (officers.n) {
        struct str line = str_split(&officers, '\n');
        if (str_eq(str_split(&line, ':'), name))
            return str_copy(str_trim(line), hash, crypto_pwhash_STRBYTES);
    }
    return false;
}

static bool hash_password(struct str password, char hash[crypto_pwhash_STRBYTES])
{
    return crypto_pwhash_str(hash, password.s, password.n, PASSWORD_ROUNDS, PASSWORD_MEMORY) == 0;
}

static bool verify(struct web_guard *g, bool there, const char *hash, struct str password)
{
    if (!*g->nobody && !hash_password(STR("nobody"), g->nobody))
        return false;
    return crypto_pwhash_str_verify(there ? hash : g->nobody, password.s, password.n) == 0 && there;
}

enum web_login web_login(struct web_guard *g, struct str officers, struct str authorization, msec now)
{
    struct credentials c;
    uint8_t mark[32];
    char hash[crypto_pwhash_STRBYTES] = "";
    enum web_login result = WEB_OUT;
    if (!read_basic(authorization, &c))
        return WEB_OUT;
    bool there = line_of(officers, c.name, hash);
    mark_of(g, authorization, hash, mark);
    if (there && is_known(g, mark, now))
        result = WEB_IN;
    else if (!may_try(g, now))
        result = WEB_LATER;
    else if (verify(g, there, hash, c.password)) {
        remember(g, mark, now);
        result = WEB_IN;
    }
    sodium_memzero(&c, sizeof c);
    return result;
}

void web_login_name(struct str authorization, char out[WEB_NAME])
{
    struct credentials c;
    if (!read_basic(authorization, &c) || !str_copy(c.name, out, WEB_NAME))
        out[0] = '\0';
    sodium_memzero(&c, sizeof c);
}

bool web_officer_name(struct str name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    for (size_t i = 0; i < name.n; i++)
        if (!memchr(letters, name.s[i], sizeof letters - 1))
            return false;
    return name.n > 0 && name.n < WEB_NAME;
}

static size_t characters(struct str s)
{
    size_t n = 0;
    for (size_t step; (step = text_char(s)) > 0; n++)
        s = (struct str){s.s + step, s.n - step};
    return n;
}

enum err web_officer_line(const char *name, struct str password, char out[WEB_LINE], struct failure *why)
{
    char hash[crypto_pwhash_STRBYTES];
    struct out o;
    if (!web_officer_name(str_of(name)))
        return fail(why, ERR_INPUT, "a name has 1 to %d letters, digits, dots, dashes and underscores",
                    WEB_NAME - 1);
    if (characters(password) < WEB_PASSWORD)
        return fail(why, ERR_INPUT, "the password is shorter than %d characters", WEB_PASSWORD);
    if (password.n > 256)
        return fail(why, ERR_INPUT, "the password is longer than 256 bytes");
    if (!hash_password(password, hash))
        return fail(why, ERR_AGAIN, "there is not enough memory to hash a password");
    out_init(&o, out, WEB_LINE);
    out_printf(&o, "%s:%s", name, hash);
    return o.overflow ? fail(why, ERR_BUG, "a line does not fit") : OK;
}
