/* Opening hours and rotas: "mon-fri 07:30-17:00, sat 08:00-12:00", and what differs on some days. */
#include "routing/internal.h"

#include <string.h>

enum { DAY = 1440 };

/* The words of the files; what is no weekday stands behind the others. */
static const char *const words[] = {"mon", "tue", "wed",    "thu",    "fri",
                                    "sat", "sun", "always", "closed", "holidays"};
enum { WORDS = sizeof words / sizeof words[0] };

static bool weekday(struct str s, int *out)
{
    for (int d = 0; d < ROUTING_DAYS; d++)
        if (str_is_nocase(s, words[d])) {
            *out = d;
            return true;
        }
    return false;
}

/* `did you mean "mon"? ` for "monday" and for "mno"; or nothing. Among `n` words from `first` on. */
static const char *meant(struct str s, size_t first, size_t n, char text[48])
{
    char given[24];
    struct out o;
    const char *near = NULL;
    out_init(&o, text, 48);
    for (size_t i = first; i < first + n && !near; i++)
        if (i < ROUTING_DAYS && s.n > 3 && str_is_nocase((struct str){s.s, 3}, words[i]))
            near = words[i];
    if (!near && str_copy(s, given, sizeof given))
        near = cfg_nearest(given, words + first, n);
    if (near)
        out_printf(&o, "did you mean \"%s\"? ", near);
    return text;
}

static bool clock_time(struct str s, unsigned *minutes)
{
    struct str hour = str_split(&s, ':');
    uint64_t h, m;
    if (hour.n == 0 || hour.n > 2 || s.n != 2 || !str_to_u64(hour, 24, &h) || !str_to_u64(s, 59, &m))
        return false;
    *minutes = (unsigned)(h * 60 + m);
    return *minutes <= DAY;
}

bool hours_parse_span(struct str s, struct minutes *out)
{
    struct str first = str_split(&s, '-');
    unsigned open, close;
    if (!clock_time(str_trim(first), &open) || !clock_time(str_trim(s), &close) || open == close)
        return false;
    out->from = (uint16_t)open;
    out->to = (uint16_t)(close < open ? close + DAY : close); /* over midnight */
    return true;
}

static enum err one_rule(struct str rule, struct hours *out, struct failure *why)
{
    struct str days = str_split(&rule, ' '), times = str_trim(rule);
    struct str first = str_split(&days, '-');
    int a, b;
    struct minutes open;
    char near[48];
    bool begins = weekday(first, &a), ends = !days.n || weekday(days, &b);
    if (!begins || !ends) {
        struct str word = begins ? days : first;
        return fail(why, ERR_INPUT, "\"%.*s\" is no day; %suse mon, tue, wed, thu, fri, sat, sun or mon-fri",
                    STR_ARG(word), meant(word, 0, ROUTING_DAYS + 1, near));
    }
    if (!days.n)
        b = a;
    if (!hours_parse_span(times, &open))
        return fail(why, ERR_INPUT, "\"%.*s\" is no span of hours; write it as 07:30-17:00", STR_ARG(times));
    for (int d = a;; d = (d + 1) % ROUTING_DAYS) {
        if (out->n[d] == ROUTING_SPANS)
            return fail(why, ERR_INPUT, "more than four spans on one day; join some");
        out->day[d][out->n[d]++] = open;
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

/* ---- days ---- */

static bool local_day(struct str s, int32_t *day)
{
    msec at;
    if (!time_parse_date(s, 0, &at))
        return false;
    *day = (int32_t)(at / DAY_MS);
    return at >= 0;
}

bool day_span_parse(struct str s, struct day_span *out)
{
    struct str last = s;
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.s[i] == '.' && s.s[i + 1] == '.') {
            last = (struct str){s.s + i + 2, s.n - i - 2};
            s.n = i;
            break;
        }
    return local_day(str_trim(s), &out->from) && local_day(str_trim(last), &out->to) && out->from <= out->to;
}

bool day_span_has(struct day_span s, int32_t day)
{
    return day >= s.from && day <= s.to;
}

static enum err exception_hours(struct str s, struct hours_exception *out, struct failure *why)
{
    char near[48];
    if (str_is_nocase(s, "closed"))
        return OK;
    if (str_is_nocase(s, "always")) {
        out->span[out->n++] = (struct minutes){0, DAY};
        return OK;
    }
    do {
        if (out->n == ROUTING_SPANS)
            return fail(why, ERR_INPUT, "more than four spans on one day; join some");
        struct str span = str_trim(str_split(&s, ','));
        if (!hours_parse_span(span, &out->span[out->n++]))
            return fail(why, ERR_INPUT, "%safter the days write closed, always, or hours like 08:00-11:30",
                        meant(span, ROUTING_DAYS, 2, near));
    } while (s.n);
    return OK;
}

enum err hours_parse_exception(struct str s, struct hours_exception *out, struct failure *why)
{
    char near[48];
    memset(out, 0, sizeof *out);
    s = str_trim(s);
    struct str days = str_split(&s, ' ');
    out->holidays = str_is_nocase(days, "holidays");
    if (!out->holidays && !day_span_parse(days, &out->days))
        return fail(why, ERR_INPUT,
                    "\"%.*s\" names no days; %sbegin with 2026-02-14, with first and last as "
                    "2026-02-14..2026-02-22, or with holidays",
                    STR_ARG(days), meant(days, WORDS - 1, 1, near));
    return exception_hours(str_trim(s), out, why);
}

/* ---- is it open? ---- */

static bool in_spans(const struct minutes *span, size_t n, unsigned minute)
{
    for (size_t i = 0; i < n; i++)
        if (minute >= span[i].from && minute < span[i].to)
            return true;
    return false;
}

/* 1970-01-01 was a Thursday. */
static unsigned weekday_of(int32_t day)
{
    return (unsigned)(day % ROUTING_DAYS + ROUTING_DAYS + 3) % ROUTING_DAYS;
}

size_t hours_of_day(const struct hours *h, int32_t day, bool holiday, const struct minutes **span)
{
    static const struct minutes whole = {0, DAY};
    for (size_t i = 0; i < h->n_except; i++) {
        const struct hours_exception *e = &h->except[i];
        *span = e->span;
        if (e->holidays ? holiday : day_span_has(e->days, day))
            return e->n;
    }
    unsigned d = weekday_of(day);
    *span = h->always ? &whole : h->day[d];
    return h->always ? 1 : h->n[d];
}

/* `minute` counts from that day's midnight and goes over 1440 for what reaches into the next. */
static bool open_on(const struct hours *h, int32_t day, bool holiday, unsigned minute)
{
    const struct minutes *span;
    size_t n = hours_of_day(h, day, holiday, &span);
    return in_spans(span, n, minute);
}

bool hours_open(const struct hours *h, const struct moment *m)
{
    if (h->always && !h->n_except)
        return true;
    return open_on(h, m->day, m->holiday, m->minute) ||
           open_on(h, m->day - 1, m->holiday_before, m->minute + DAY);
}

/* ---- those alike ---- */

static bool same_exception(const struct hours_exception *a, const struct hours_exception *b)
{
    return a->holidays == b->holidays && a->days.from == b->days.from && a->days.to == b->days.to &&
           a->n == b->n && memcmp(a->span, b->span, sizeof a->span) == 0;
}

static bool same_hours(const struct hours *a, const struct hours *b)
{
    if (a->always != b->always || a->n_except != b->n_except || memcmp(a->n, b->n, sizeof a->n) != 0 ||
        memcmp(a->day, b->day, sizeof a->day) != 0)
        return false;
    for (size_t i = 0; i < a->n_except; i++)
        if (!same_exception(&a->except[i], &b->except[i]))
            return false;
    return true;
}

uint8_t hours_number(struct alike *known, const struct hours *h)
{
    size_t i = 0;
    while (i < known->n && !same_hours(known->of[i], h))
        i++;
    if (i == known->n && i < ROUTING_ALIKE)
        known->of[known->n++] = h;
    return (uint8_t)i;
}

uint64_t hours_open_now(const struct alike *known, const struct moment *m)
{
    uint64_t open = 0;
    for (size_t i = 0; i < known->n; i++)
        open |= (uint64_t)hours_open(known->of[i], m) << i;
    return open;
}

/* ---- whose shift is it? ---- */

const struct collaborator *shift_of(const struct collaborator *c, int32_t day)
{
    for (size_t i = 0; i < c->n_swaps; i++)
        if (day_span_has(c->swaps[i].days, day))
            return c->swaps[i].by;
    for (size_t i = 0; i < c->n_out; i++)
        if (day_span_has(c->out[i], day))
            return NULL;
    return c;
}

const struct collaborator *routing_on_duty(const struct collaborator *c, const struct moment *m, bool *away)
{
    *away = false;
    if (!c->n_swaps && !c->n_out)
        return hours_open(&c->rota, m) ? c : NULL;
    bool today = open_on(&c->rota, m->day, m->holiday, m->minute);
    bool before = open_on(&c->rota, m->day - 1, m->holiday_before, m->minute + DAY);
    const struct collaborator *who = today ? shift_of(c, m->day) : NULL;
    if (!who && before)
        who = shift_of(c, m->day - 1);
    *away = (today || before) && who != c;
    return who;
}

bool is_holiday(const struct network *net, int32_t day)
{
    for (size_t i = 0; i < net->n_holidays; i++)
        if (day_span_has(net->holidays[i].days, day))
            return true;
    return false;
}

struct moment routing_moment(const struct network *net, msec at)
{
    msec local = at + net->tz_offset_min * MINUTE_MS;
    msec day = local / DAY_MS - (local % DAY_MS < 0);
    return (struct moment){.day = (int32_t)day,
                           .minute = (unsigned)((local - day * DAY_MS) / MINUTE_MS),
                           .holiday = is_holiday(net, (int32_t)day),
                           .holiday_before = is_holiday(net, (int32_t)day - 1)};
}
