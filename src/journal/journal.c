#include "journal/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err journal_keygen(const char *path, struct failure *why)
{
    uint8_t key[JOURNAL_KEY];
    char text[2 * JOURNAL_KEY + 2];
    struct out o;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(why, ERR_INPUT, "%s: %s; a key is never overwritten", path, strerror(errno));
    randombytes_buf(key, sizeof key);
    out_init(&o, text, sizeof text);
    out_hex(&o, key, sizeof key);
    out_char(&o, '\n');
    bool ok = write(fd, text, o.len) == (ssize_t)o.len && fsync(fd) == 0;
    close(fd);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return ok ? OK : fail(why, ERR_AGAIN, "%s: cannot be written: %s", path, strerror(errno));
}

enum err journal_key_load(const char *path, uint8_t key[JOURNAL_KEY], struct failure *why)
{
    struct arena a;
    struct cfg_findings f;
    struct str text;
    size_t n = 0;
    const char *slash = strrchr(path, '/');
    char dir[4096] = ".";
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    if (slash)
        str_copy((struct str){path, (size_t)(slash - path)}, dir, sizeof dir);
    bool ok = cfg_secret(dir, slash ? slash + 1 : path, &text, &a, (struct cfg_pos){NULL, 0}, &f);
    enum err rc = OK;
    if (!ok)
        rc = fail(why, ERR_AUTH, "%s", f.n ? f.items[0].what : "the key cannot be read");
    else if (!hex_decode(text, key, JOURNAL_KEY, &n) || n != JOURNAL_KEY)
        rc = fail(why, ERR_INPUT, "%s must hold %d hex digits", path, 2 * JOURNAL_KEY);
    if (ok)
        sodium_memzero((char *)text.s, text.n);
    cfg_findings_free(&f);
    arena_free(&a);
    return rc;
}

enum err journal_open(const char *url, const uint8_t key[JOURNAL_KEY], enum journal_mode mode,
                      struct store *out, struct failure *why)
{
    static const char sqlite[] = "sqlite:";
    if (strcmp(url, "memory:") == 0)
        return memory_open_store(key, out, why);
    if (strncmp(url, sqlite, sizeof sqlite - 1) == 0)
        return sqlite_open_store(url + sizeof sqlite - 1, key, mode, out, why);
    return fail(why, ERR_INPUT, "store \"%s\" is none of sqlite:PATH, memory:", url);
}

void journal_close(struct store *s)
{
    if (s->ops)
        s->ops->close(s->self);
    *s = (struct store){NULL, NULL};
}
