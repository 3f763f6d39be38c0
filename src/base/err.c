#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

enum err fail(struct failure *why, enum err code, const char *fmt, ...)
{
    if (!why)
        return code;
    why->code = code;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why->what, sizeof why->what, fmt, ap);
    va_end(ap);
    return code;
}

const char *err_name(enum err code)
{
    static const char *const names[] = {
        [OK] = "ok",         [ERR_INPUT] = "input",     [ERR_AUTH] = "auth",       [ERR_AGAIN] = "again",
        [ERR_FULL] = "full", [ERR_MISSING] = "missing", [ERR_CORRUPT] = "corrupt", [ERR_BUG] = "bug",
    };
    return (unsigned)code < sizeof names / sizeof names[0] ? names[code] : "unknown";
}
