#include "sheet/internal.h"

#include "base/timeutil.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ECMA-376 part 1, 18.8.30: built-in formats of days and times, those of eastern languages included. */
static bool built_in(unsigned id)
{
    return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
           (id >= 50 && id <= 58);
}

bool format_is_date(unsigned id, const char *code)
{
    if (!code)
        return built_in(id);
    for (; *code; code++)
        if (*code == '"' || *code == '[') { /* a text; a colour or a language */
            code = strchr(code + 1, *code == '"' ? '"' : ']');
            if (!code)
                return false;
        } else if ((*code == '\\' || *code == '_' || *code == '*') && code[1]) {
            code++;
        } else if (strchr("dmyhsDMYHS", *code)) {
            return true;
        }
    return false;
}

bool format_date(double serial, bool from_1904, char out[32])
{
    /* 1900-01-00 is day 0, and 1900-02-29, which never was, is counted: from March on day 0 is 1899-12-30 */
    static const msec day_0 = -25569 * DAY_MS, day_0_of_1904 = -24107 * DAY_MS;
    if (!(serial >= (from_1904 ? 0 : 61)) || serial >= 2958466)
        return false;
    msec at = (from_1904 ? day_0_of_1904 : day_0) + (msec)llround(serial * 86400) * SECOND_MS;
    struct civil c = civil_of(at, 0);
    int n = snprintf(out, 32, "%04d-%02d-%02d", c.year, c.month, c.day);
    if (c.hour || c.minute || c.second)
        snprintf(out + n, 32 - (size_t)n, "T%02d:%02d:%02d", c.hour, c.minute, c.second);
    return true;
}
