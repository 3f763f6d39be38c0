#include "base/log.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum log_level most = LOG_INFO;
static bool with_priority;

void log_init(enum log_level level)
{
    most = level;
    with_priority = getenv("JOURNAL_STREAM") != NULL;
}

/* One event, one line, and no value ends before its own quote, whatever it holds. */
static void put_text(struct out *o, const char *text, bool quoted)
{
    for (const char *p = text ? text : "(null)"; *p; p++) {
        if (quoted && (*p == '"' || *p == '\\'))
            out_char(o, '\\');
        out_char(o, (unsigned char)*p < ' ' ? ' ' : *p);
    }
}

/* Puts the value of the conversion at `at`, and returns what follows it: "s", "d", "u", "zu", "llu", "lld".
 */
static const char *put_value(struct out *o, const char *at, bool quoted, va_list *values)
{
    bool size = *at == 'z', longest = strncmp(at, "ll", 2) == 0;
    at += size ? 1 : longest ? 2 : 0;
    if (*at == 's')
        put_text(o, va_arg(*values, const char *), quoted);
    else if (*at == 'u')
        out_printf(o, "%llu",
                   size      ? (unsigned long long)va_arg(*values, size_t)
                   : longest ? va_arg(*values, unsigned long long)
                             : va_arg(*values, unsigned));
    else if (*at == 'd' && !size)
        out_printf(o, "%lld", longest ? va_arg(*values, long long) : va_arg(*values, int));
    else
        return ""; /* the values after it cannot be found */
    return at + 1;
}

/* A quote of the format opens or ends a value; one that a value brings along does not. */
static void put_details(struct out *o, const char *fmt, va_list *values)
{
    bool quoted = false;
    while (*fmt) {
        if (*fmt == '%') {
            fmt = put_value(o, fmt + 1, quoted, values);
            continue;
        }
        quoted ^= *fmt == '"';
        out_char(o, *fmt++);
    }
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
    if (level > most)
        return;
    static const char *const names[] = {
        [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
    char line[1024];
    struct out o;
    va_list values;
    out_init(&o, line, sizeof line - 1);
    if (with_priority)
        out_printf(&o, "<%d>", (int)level);
    out_printf(&o, "level=%s event=%s%s", names[level], event, *fmt ? " " : "");
    va_start(values, fmt);
    put_details(&o, fmt, &values);
    va_end(values);
    o.buf[o.len++] = '\n';
    ssize_t done = write(STDERR_FILENO, o.buf, o.len);
    (void)done; /* nobody is left to tell */
}
