#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libconfig 1.5 does not free the text it was reading when it met a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

void holds(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

const struct snapshot *fuzz_snapshot(void)
{
    static struct arena a; /* reachable until the end: no leak */
    static struct cfg_findings f;
    static struct snapshot *s;
    if (s)
        return s;
    setenv("CREDENTIALS_DIRECTORY", FUZZ_SECRETS, 1);
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    s = snapshot_load("conf/hotlined.conf", &f);
    for (size_t i = 0; !s && i < f.n; i++) {
        char line[1024];
        struct out o;
        out_init(&o, line, sizeof line);
        cfg_finding_format(&f.items[i], &o);
        fprintf(stderr, "%s\n", line);
    }
    if (!s)
        exit(1);
    return s;
}

/* How many bytes the character takes that begins here; 0: none does. */
static size_t character(const uint8_t *p, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (len == 0 || len > n)
        return 0;
    uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    return c == 0 || c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : len;
}

bool fuzz_clean_utf8(struct str s)
{
    const uint8_t *p = (const uint8_t *)s.s;
    for (size_t at = 0, len; at < s.n; at += len)
        if ((len = character(p + at, s.n - at)) == 0)
            return false;
    return true;
}

bool fuzz_e164(const char *number)
{
    size_t n = strlen(number);
    return number[0] == '+' && n >= 8 && n <= 16 && number[1] != '0' &&
           strspn(number + 1, "0123456789") == n - 1;
}

struct str fuzz_exact(const uint8_t *data, size_t n)
{
    char *p = malloc(n ? n : 1);
    if (!p)
        abort();
    if (n)
        memcpy(p, data, n);
    return (struct str){p, n};
}

void fuzz_exact_free(struct str s)
{
    free((char *)s.s);
}
