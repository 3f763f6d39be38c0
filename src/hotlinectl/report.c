/* report: the indicators of a period and an area. */
#include "hotlinectl/hotlinectl.h"

#include "journal/journal.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Reporting year Y runs from 15 November of the year before to 14 November. */
static bool year(const char *text, int tz, msec *from, msec *to)
{
    uint64_t y;
    if (!str_to_u64(str_of(text), 9999, &y) || y < 1971)
        return false;
    struct civil begin = {.year = (int)y - 1, .month = 11, .day = 15},
                 end = {.year = (int)y, .month = 11, .day = 15};
    *from = civil_to_ms(&begin, tz);
    *to = civil_to_ms(&end, tz);
    return true;
}

static double population(const struct settings *s, const char *area, msec to)
{
    char key[32];
    struct out o;
    struct civil c = civil_of(to - 1, (int)s->tz_offset_min);
    out_init(&o, key, sizeof key);
    out_printf(&o, "a%s_%d", *area ? area : s->province, c.year);
    for (size_t i = 0; i < s->population.n; i++)
        if (strcmp(s->population.items[i].key, key) == 0)
            return strtod(s->population.items[i].value, NULL);
    return 0;
}

static int write_out(const char *path, const char *text)
{
    FILE *f = path ? fopen(path, "we") : stdout;
    if (!f)
        return ctl_fail("%s: %s", path, strerror(errno));
    bool ok = fputs(text, f) >= 0 && fputc('\n', f) >= 0 && fflush(f) == 0;
    if (path)
        ok &= fclose(f) == 0;
    return ok ? CTL_OK : ctl_fail("%s: %s", path ? path : "stdout", strerror(errno));
}

static int run(struct ctl *ctl, struct report_query *q, const char *path)
{
    enum { ROOM = 1 << 16 };
    struct store st;
    struct failure why = {OK, ""};
    struct out o;
    if (!ctl_store(ctl, JOURNAL_READ, &st))
        return CTL_FAILED;
    struct report *r = report_create(q);
    enum err rc = st.ops->scan(st.self, 0, false, report_row, r, &why);
    char *text = malloc(ROOM);
    if (!text)
        abort();
    out_init(&o, text, ROOM);
    report_json(r, &o);
    int code = rc == OK ? write_out(path, text) : ctl_fail("%s", why.what);
    free(text);
    report_destroy(r);
    journal_close(&st);
    return code;
}

int cmd_report(struct ctl *ctl, int argc, char **argv)
{
    const char *y = ctl_option(argc, argv, "--year"), *from = ctl_option(argc, argv, "--from");
    const char *to = ctl_option(argc, argv, "--to"), *area = ctl_option(argc, argv, "--area");
    const char *format = ctl_option(argc, argv, "--format"), *path = ctl_option(argc, argv, "-o");
    bool published = ctl_flag(argc, argv, "--published");
    struct report_query q = {.suppress_below = published ? 5 : 0};
    if (ctl_leftover(argc, argv) || ctl_word(argc, argv, 0) || !y == !from || !from != !to ||
        (area && strlen(area) >= PLACE_CODE))
        return ctl_usage("report --year Y | --from D --to D [--area C] [--format json] [--published] [-o F]");
    if (format && strcmp(format, "json") != 0)
        return ctl_fail("format \"%s\" is not there yet; use json", format);
    const struct snapshot *s = ctl_snapshot(ctl);
    if (!s)
        return CTL_FAILED;
    int tz = (int)s->settings.tz_offset_min;
    bool ok = y ? year(y, tz, &q.from, &q.to)
                : time_parse_date(str_of(from), tz, &q.from) && time_parse_date(str_of(to), tz, &q.to) &&
                      q.from < q.to;
    if (!ok)
        return ctl_fail(
            "the period is wrong; write years as 2026, days as 2026-11-15, and --to after --from");
    str_copy(str_of(area), q.area, sizeof q.area);
    q.tz_offset_min = tz;
    q.case_gap = s->settings.case_gap;
    q.population = population(&s->settings, q.area, q.to);
    q.places = s->places;
    return run(ctl, &q, path);
}
