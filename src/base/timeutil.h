/* Time as values. Milliseconds since 1970-01-01T00:00:00Z everywhere (`msec`); local time by a fixed offset
 * in minutes (Viet Nam: +420, no daylight saving), so that the core needs no clock and no zone database. */
#ifndef BASE_TIMEUTIL_H
#define BASE_TIMEUTIL_H

#include "base/str.h"

typedef int64_t msec;
#define SECOND_MS ((msec)1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

struct civil {
    int year, month, day;     /* month 1-12, day 1-31 */
    int hour, minute, second; /* 0-23, 0-59, 0-59 */
    int weekday;              /* 0 Monday ... 6 Sunday (ISO order) */
};

struct civil civil_of(msec at, int offset_min);
msec civil_to_ms(const struct civil *c, int offset_min); /* weekday is ignored */
/* "2026-11-25T03:04:05Z", or with the offset "+07:00" when offset_min != 0. cap >= 26. */
void time_rfc3339(msec at, int offset_min, char *buf, size_t cap);
/* RFC 3339 with Z or offset; a blank for T and a fraction are allowed; false when malformed or out of range.
 */
bool time_parse_rfc3339(struct str s, msec *out);
/* "YYYY-MM-DD" at local midnight. */
bool time_parse_date(struct str s, int offset_min, msec *out);

/* The only clock of the project; only shell rooms and programs call it. */
msec clock_ms(void);         /* wall clock */
int64_t clock_mono_us(void); /* for measuring */

#endif
