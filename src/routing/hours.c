/* Opening hours and rotas: "mon-fri 07:30-17:00, sat 08:00-12:00". */
#include "routing/routing.h"

#include <string.h>

static bool weekday(struct str s, int *out)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int d = 0; d < ROUTING_DAYS; d++)
        if (str_is_nocase(s, names[d])) {
            *out = d;
            return true;
        }
    return false;
}

static bool clock_time(struct str s, unsigned *minutes)
{
    struct str hour = str_split(&s, ':');
    uint64_t h, m;
    if (hour.n == 0 || hour.n > 2 || s.n != 2 || !str_to_u64(hour, 24, &h) || !str_to_u64(s, 59, &m))
        return false;
    *minutes = (unsigned)(h * 60 + m);
    return *minutes <= 1440;
}

static enum err one_rule(struct str rule, struct hours *out, struct failure *why)
{
    struct str days = str_split(&rule, ' '), times = str_trim(rule);
    struct str first = str_split(&days, '-'), from = str_split(&times, '-');
    int a, b;
    unsigned open, close;
    if (!weekday(first, &a) || (days.n && !weekday(days, &b)))
        return fail(why, ERR_INPUT, "\"%.*s\" is no day; use mon, tue, wed, thu, fri, sat, sun or mon-fri",
                    STR_ARG(first));
    if (!days.n)
        b = a;
    if (!clock_time(str_trim(from), &open) || !clock_time(str_trim(times), &close) || open == close)
        return fail(why, ERR_INPUT, "hours must be like 07:30-17:00");
    if (close < open)
        close += 1440; /* over midnight */
    for (int d = a;; d = (d + 1) % ROUTING_DAYS) {
        if (out->n[d] == sizeof out->day[0] / sizeof out->day[0][0])
            return fail(why, ERR_INPUT, "more than four spans on one day");
        out->day[d][out->n[d]].from = (uint16_t)open;
        out->day[d][out->n[d]++].to = (uint16_t)close;
        if (d == b)
            return OK;
    }
}

enum err hours_parse(struct str s, struct hours *out, struct failure *why)
{
    memset(out, 0, sizeof *out);
    s = str_trim(s);
    if (str_is_nocase(s, "always")) {
        out->always = true;
        return OK;
    }
    if (!s.n)
        return fail(why, ERR_INPUT, "hours are empty; write \"always\" or \"mon-fri 07:30-17:00\"");
    while (s.n) {
        enum err rc = one_rule(str_trim(str_split(&s, ',')), out, why);
        if (rc != OK)
            return rc;
    }
    return OK;
}

static bool open_on(const struct hours *h, int day, unsigned minute)
{
    for (int i = 0; i < h->n[day]; i++)
        if (minute >= h->day[day][i].from && minute < h->day[day][i].to)
            return true;
    return false;
}

bool hours_open(const struct hours *h, msec at, int tz_offset_min)
{
    if (h->always)
        return true;
    struct civil c = civil_of(at, tz_offset_min);
    unsigned minute = (unsigned)(c.hour * 60 + c.minute);
    return open_on(h, c.weekday, minute) ||
           open_on(h, (c.weekday + ROUTING_DAYS - 1) % ROUTING_DAYS, minute + 1440);
}
