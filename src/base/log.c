#include "base/log.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum log_level most = LOG_INFO;
static bool with_priority;

void log_init(enum log_level level)
{
    most = level;
    with_priority = getenv("JOURNAL_STREAM") != NULL;
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
    if (level > most)
        return;
    char line[1024], details[900];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(details, sizeof details, fmt, ap);
    va_end(ap);
    for (char *p = details; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' '; /* one event, one line, whatever the values hold */
    struct out o;
    out_init(&o, line, sizeof line - 1);
    if (with_priority)
        out_printf(&o, "<%d>", (int)level);
    static const char *const names[] = {
        [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
    out_printf(&o, "level=%s event=%s%s%s", names[level], event, *details ? " " : "", details);
    o.buf[o.len++] = '\n';
    ssize_t done = write(STDERR_FILENO, o.buf, o.len);
    (void)done; /* nobody is left to tell */
}
