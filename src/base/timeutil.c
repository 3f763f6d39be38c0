#include "base/timeutil.h"

#include <time.h>

/* Days from 1970-01-01 of a proleptic Gregorian date; the year is counted from March so that the leap day is
 * last. */
static int64_t days_of(int y, int m, int d)
{
    int64_t year = m <= 2 ? y - 1 : y;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400;
    int64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct civil civil_of(msec at, int offset_min)
{
    int64_t s = floor_div(at, 1000) + (int64_t)offset_min * 60;
    int64_t days = floor_div(s, 86400), rest = s - days * 86400;
    int64_t z = days + 719468;
    int64_t era = floor_div(z, 146097), doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    struct civil c = {.day = (int)(doy - (153 * mp + 2) / 5 + 1), .month = (int)(mp < 10 ? mp + 3 : mp - 9)};
    c.year = (int)(yoe + era * 400 + (c.month <= 2));
    c.hour = (int)(rest / 3600);
    c.minute = (int)(rest / 60 % 60);
    c.second = (int)(rest % 60);
    c.weekday = (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    return c;
}

msec civil_to_ms(const struct civil *c, int offset_min)
{
    int64_t s = days_of(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
    return (s - (int64_t)offset_min * 60) * 1000;
}

void time_rfc3339(msec at, int offset_min, char *buf, size_t cap)
{
    struct civil c = civil_of(at, offset_min);
    struct out o;
    out_init(&o, buf, cap);
    out_printf(&o, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
    int off = offset_min < 0 ? -offset_min : offset_min;
    if (offset_min == 0)
        out_char(&o, 'Z');
    else
        out_printf(&o, "%c%02d:%02d", offset_min < 0 ? '-' : '+', off / 60, off % 60);
}

static bool digits(struct str *s, int n, int min, int max, int *out)
{
    int v = 0;
    if (s->n < (size_t)n)
        return false;
    for (int i = 0; i < n; i++) {
        if (s->s[i] < '0' || s->s[i] > '9')
            return false;
        v = v * 10 + (s->s[i] - '0');
    }
    s->s += n;
    s->n -= (size_t)n;
    *out = v;
    return v >= min && v <= max;
}

static bool take(struct str *s, const char *any)
{
    for (; *any; any++)
        if (s->n && s->s[0] == *any) {
            s->s++;
            s->n--;
            return true;
        }
    return false;
}

static bool parse_date(struct str *s, struct civil *c)
{
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!digits(s, 4, 1970, 9999, &c->year) || !take(s, "-") || !digits(s, 2, 1, 12, &c->month) ||
        !take(s, "-") || !digits(s, 2, 1, month_days[c->month - 1], &c->day))
        return false;
    bool leap = (c->year % 4 == 0 && c->year % 100) || c->year % 400 == 0;
    return c->month != 2 || c->day < 29 || leap;
}

static bool parse_zone(struct str *s, int *offset_min)
{
    if (take(s, "Zz"))
        return true;
    bool west = s->n && s->s[0] == '-';
    int h, m;
    if (!take(s, "+-") || !digits(s, 2, 0, 23, &h))
        return false;
    take(s, ":");
    if (!digits(s, 2, 0, 59, &m))
        return false;
    *offset_min = (west ? -1 : 1) * (h * 60 + m);
    return true;
}

bool time_parse_rfc3339(struct str s, msec *out)
{
    struct civil c = {0};
    int offset = 0, ms = 0;
    if (!parse_date(&s, &c) || !take(&s, "Tt ") || !digits(&s, 2, 0, 23, &c.hour) || !take(&s, ":") ||
        !digits(&s, 2, 0, 59, &c.minute) || !take(&s, ":") || !digits(&s, 2, 0, 60, &c.second))
        return false;
    if (take(&s, ".")) {
        int scale = 100, d, n = 0;
        for (; digits(&s, 1, 0, 9, &d); n++, scale /= 10)
            ms += d * scale;
        if (n == 0)
            return false;
    }
    if (!parse_zone(&s, &offset) || s.n)
        return false;
    *out = civil_to_ms(&c, offset) + ms;
    return true;
}

bool time_parse_date(struct str s, int offset_min, msec *out)
{
    struct civil c = {0};
    if (!parse_date(&s, &c) || s.n)
        return false;
    *out = civil_to_ms(&c, offset_min);
    return true;
}

msec clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (msec)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
