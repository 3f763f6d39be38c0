/* Each indicator of the JSON report against numbers counted by hand. The report reads rows in order, so a
 * journal is here a list of rows: what a store's scan would give. */
#include "report/report.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HERE "03985"               /* in former district 00122 */
#define THERE "04048"              /* in former district 00123 */
#define FROM ((msec)1763139600000) /* 2025-11-15T00:00:00+07:00 */
#define DAYS(n) (FROM + (n)*DAY_MS)

/* ---- a journal ---- */

static struct row journal[512];
static size_t rows;

static struct row *add(msec at, enum row_kind kind, uint64_t contact)
{
    assert_true(rows < sizeof journal / sizeof journal[0]);
    struct row *r = &journal[rows++];
    *r = (struct row){.seq = rows, .at = at, .kind = kind, .contact = contact, .children = 255};
    return r;
}

/* A message in which a need was stated for the first time. */
static struct row *states(msec at, uint64_t contact, enum need need, const char *place)
{
    struct row *r = add(at, ROW_MO, contact);
    r->need = (uint8_t)(need + 1);
    r->effects = DLG_STATED;
    str_copy(str_of(place), r->place, sizeof r->place);
    return r;
}

static struct row *says(msec at, uint64_t contact, enum need need, const char *place)
{
    struct row *r = states(at, contact, need, place);
    r->effects = 0;
    return r;
}

static struct row *event(msec at, uint64_t contact, uint64_t referral, enum referral_event what,
                         const char *place)
{
    struct row *r = add(at, ROW_REFERRAL, contact);
    r->referral = referral;
    r->event = (uint8_t)what;
    r->need = NEED_SHELTER + 1;
    str_copy(str_of(place), r->place, sizeof r->place);
    return r;
}

static void unmet(msec at, uint64_t contact, uint64_t referral, const char *place, const char *note)
{
    str_copy(str_of(note), event(at, contact, referral, RE_UNMET, place)->note, sizeof journal[0].note);
}

/* Opened and offered; the rows of a referral come before that of the message it follows from. */
static void asks(msec at, uint64_t contact, uint64_t referral, const char *place)
{
    event(at, contact, referral, RE_OPENED, place);
    event(at, contact, referral, RE_OFFERED, place);
    states(at, contact, NEED_SHELTER, place);
}

static void passed_on(msec at, uint64_t contact, uint64_t referral, const char *place)
{
    event(at, contact, referral, RE_EXPIRED, place);
    event(at, contact, referral, RE_OFFERED, place);
}

/* ---- a report ---- */

static struct arena arena;
static const struct gazetteer *places;

static struct report_query month(void)
{
    return (struct report_query){
        .from = FROM, .to = DAYS(30), .tz_offset_min = 420, .case_gap = 30 * DAY_MS, .places = places};
}

static cJSON *report(struct report_query q)
{
    static char text[1 << 16];
    struct out o;
    struct report *r = report_create(&q);
    for (size_t i = 0; i < rows && report_row(r, &journal[i]); i++)
        ;
    out_init(&o, text, sizeof text);
    report_json(r, &o);
    report_destroy(r);
    cJSON *json = cJSON_Parse(text);
    assert_false(o.overflow);
    assert_non_null(json);
    return json;
}

static const cJSON *at(const cJSON *o, const char *path)
{
    for (struct str rest = str_of(path), name; rest.n;) {
        char key[64];
        name = str_split(&rest, '.');
        assert_true(str_copy(name, key, sizeof key));
        o = cJSON_GetObjectItemCaseSensitive(o, key);
        if (!o)
            fail_msg("no %s in the report", path);
    }
    return o;
}

static void is_number(const cJSON *o, const char *path, double want)
{
    const cJSON *v = at(o, path);
    if (!cJSON_IsNumber(v) || fabs(v->valuedouble - want) > 1e-9)
        fail_msg("%s is %s instead of %g", path, cJSON_PrintUnformatted(v), want);
}

static void is_text(const cJSON *o, const char *path, const char *want)
{
    const cJSON *v = at(o, path);
    if (!cJSON_IsString(v) || strcmp(v->valuestring, want) != 0)
        fail_msg("%s is %s instead of \"%s\"", path, cJSON_PrintUnformatted(v), want);
}

static void is_null(const cJSON *o, const char *path)
{
    if (!cJSON_IsNull(at(o, path)))
        fail_msg("%s is %s instead of null", path, cJSON_PrintUnformatted(at(o, path)));
}

static void is_rate(const cJSON *indicators, const char *name, double part, double whole)
{
    is_number(at(indicators, name), "numerator", part);
    is_number(at(indicators, name), "denominator", whole);
    if (whole > 0)
        is_number(at(indicators, name), "value", part / whole);
    else
        is_null(at(indicators, name), "value");
}

/* ---- a month, counted by hand ---- */

static void a_month_of_calls(void)
{
    const msec minute = MINUTE_MS;
    asks(DAYS(1), 1, 11, HERE); /* accepted at once */
    event(DAYS(1) + 90 * SECOND_MS, 1, 11, RE_ACCEPTED, HERE);
    add(DAYS(1) + 91 * SECOND_MS, ROW_ACCESS, 1)->referral = 11;
    event(DAYS(2), 2, 12, RE_OPENED, THERE)->urgent = true; /* danger: accepted by the second */
    event(DAYS(2), 2, 12, RE_OFFERED, THERE);
    states(DAYS(2), 2, NEED_DANGER, THERE)->urgent = true;
    passed_on(DAYS(2) + 2 * minute, 2, 12, THERE);
    event(DAYS(2) + 5 * minute, 2, 12, RE_ACCEPTED, THERE);
    states(DAYS(3), 3, NEED_INFO, HERE)->effects |=
        DLG_INFORMED | DLG_ENDED;         /* wanted to know, and was told */
    event(DAYS(4), 4, 13, RE_OPENED, ""); /* nowhere */
    unmet(DAYS(4), 4, 13, "", "place unknown and nobody on duty");
    states(DAYS(4), 4, NEED_TALK, "");
    asks(DAYS(5), 5, 14, HERE); /* nobody says yes */
    passed_on(DAYS(5) + 15 * minute, 5, 14, HERE);
    event(DAYS(5) + 30 * minute, 5, 14, RE_EXPIRED, HERE);
    unmet(DAYS(5) + 30 * minute, 5, 14, HERE, "nobody accepted");
    asks(DAYS(6), 1, 15, HERE); /* the first one again: another request of the same case */
    event(DAYS(6) + 10 * minute, 1, 15, RE_ACCEPTED, HERE);
    states(DAYS(7), 6, NEED_LEGAL, HERE); /* did not agree to be referred */
    add(DAYS(8), ROW_MO, 7);              /* said hello */
    add(DAYS(9), ROW_OUTAGE, 0);
    add(DAYS(10), ROW_ERASED, 2);
}

static void the_month_is_counted(void **state)
{
    struct report_query q = month();
    (void)state;
    a_month_of_calls();
    q.population = 24;
    cJSON *o = report(q);
    const cJSON *i = at(o, "indicators");
    is_text(o, "from", "2025-11-15T00:00:00+07:00");
    is_text(o, "to", "2025-12-15T00:00:00+07:00");
    is_text(o, "area", "all");
    is_number(i, "requests", 7); /* contacts 1, 2, 3, 4, 5, 1, 6 */
    is_number(i, "cases", 6);    /* contact 1 has one */
    is_number(i, "referrals", 5);
    is_rate(i, "seek_rate", 6, 24);
    is_number(i, "seek_rate.target", 0.5);
    is_rate(i, "assisted_rate", 3, 6); /* contacts 1, 2, 3 */
    is_rate(i, "referral_rate", 4, 5); /* 1, 2, 4, 5 of those and 6; 3 wanted none */
    is_rate(i, "accept_rate", 3, 5);
    is_rate(i, "first_offer_accept_rate", 2, 5);
    is_rate(i, "repeat_rate", 0, 6);
    is_number(i, "unmet.count", 2);
    is_number(i, "unmet.nobody_accepted", 1);
    is_number(i, "unmet.nobody_eligible", 1);
    is_number(i, "t_accept.count", 3); /* 90, 300, 600 s */
    is_number(i, "t_accept.median", 300);
    is_number(i, "t_accept.p90", 600);
    is_number(i, "t_accept.p99", 600);
    is_number(i, "t_accept_urgent.count", 1);
    is_number(i, "t_accept_urgent.median", 300);
    is_number(o, "data_quality.requests_without_place", 1);
    is_number(o, "data_quality.erasures", 1);
    is_number(o, "data_quality.staff_accesses", 1);
    is_number(o, "data_quality.outages", 1);
    is_number(o, "data_quality.drill_rows", 0);
    cJSON_Delete(o);
}

static void nothing_counted(const cJSON *o)
{
    static const char *const rates[] = {"assisted_rate", "referral_rate", "accept_rate",
                                        "first_offer_accept_rate", "repeat_rate"};
    static const char *const times[] = {"t_accept", "t_accept_urgent"};
    const cJSON *i = at(o, "indicators");
    is_number(i, "requests", 0);
    is_number(i, "cases", 0);
    is_number(i, "referrals", 0);
    is_number(i, "unmet.count", 0);
    for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
        is_number(at(i, rates[k]), "numerator", 0);
        is_null(at(i, rates[k]), "value"); /* not available, never 0 */
    }
    for (size_t k = 0; k < sizeof times / sizeof times[0]; k++) {
        is_number(at(i, times[k]), "count", 0);
        is_null(at(i, times[k]), "median");
        is_null(at(i, times[k]), "p99");
    }
}

static void an_empty_period_has_no_rates(void **state)
{
    struct report_query q = month();
    (void)state;
    cJSON *o = report(q);
    nothing_counted(o);
    is_null(o, "indicators.seek_rate.value");
    is_null(o, "indicators.seek_rate.denominator"); /* nobody configured how many there are */
    cJSON_Delete(o);
    q.population = 24;
    o = report(q);
    is_number(o, "indicators.seek_rate.value", 0); /* here nobody did seek help */
    cJSON_Delete(o);
    a_month_of_calls();
    q.from = DAYS(40);
    q.to = DAYS(50);
    o = report(q);
    nothing_counted(o);
    cJSON_Delete(o);
}

static void drills_never_count(void **state)
{
    (void)state;
    a_month_of_calls();
    for (size_t i = 0; i < rows; i++)
        journal[i].drill = true;
    cJSON *o = report(month());
    nothing_counted(o);
    is_number(o, "data_quality.drill_rows", (double)rows);
    is_number(o, "data_quality.erasures", 0);
    is_number(o, "data_quality.staff_accesses", 0);
    cJSON_Delete(o);
    size_t drilled = rows; /* beside real ones they change nothing */
    a_month_of_calls();
    o = report(month());
    is_number(o, "indicators.requests", 7);
    is_number(o, "indicators.cases", 6);
    is_rate(at(o, "indicators"), "accept_rate", 3, 5);
    is_number(o, "data_quality.drill_rows", (double)drilled);
    cJSON_Delete(o);
}

/* [from, to): a midnight belongs to the day that begins. */
static void periods_begin_and_end_on_time(void **state)
{
    struct report_query q = month();
    (void)state;
    states(FROM - 1, 1, NEED_LEGAL, HERE);
    states(FROM, 2, NEED_LEGAL, HERE);
    states(DAYS(30) - 1, 3, NEED_LEGAL, HERE);
    states(DAYS(30), 4, NEED_LEGAL, HERE);
    cJSON *o = report(q);
    is_number(o, "indicators.requests", 2);
    cJSON_Delete(o);
    q.from = DAYS(30);
    q.to = DAYS(60);
    o = report(q);
    is_number(o, "indicators.requests", 1);
    cJSON_Delete(o);
}

static void referrals_belong_to_the_period_they_were_opened_in(void **state)
{
    struct report_query q = month();
    (void)state;
    asks(FROM - 60 * SECOND_MS, 1, 11, HERE); /* accepted in the period, opened before it */
    event(FROM + 60 * SECOND_MS, 1, 11, RE_ACCEPTED, HERE);
    asks(DAYS(30) - 60 * SECOND_MS, 2, 12, HERE); /* accepted after it */
    event(DAYS(30), 2, 12, RE_ACCEPTED, HERE);
    cJSON *o = report(q);
    is_number(o, "indicators.referrals", 1);
    is_rate(at(o, "indicators"), "accept_rate", 0, 1);
    is_number(o, "indicators.t_accept.count", 0);
    cJSON_Delete(o);
}

/* One row written while the clock was ahead must not hide all that came after it. */
static void a_clock_that_was_ahead_ends_no_report(void **state)
{
    (void)state;
    states(DAYS(1), 1, NEED_LEGAL, HERE);
    add(DAYS(4000), ROW_START, 0);
    states(DAYS(2), 2, NEED_LEGAL, HERE);
    cJSON *o = report(month());
    is_number(o, "indicators.requests", 2);
    cJSON_Delete(o);
}

static void erased_contacts_still_count(void **state)
{
    (void)state;
    a_month_of_calls();
    for (uint64_t c = 1; c <= 6; c++)
        add(DAYS(11), ROW_ERASED, c);
    asks(DAYS(12), 8, 16, HERE); /* the same person, unknown now */
    cJSON *o = report(month());
    is_number(o, "indicators.requests", 8);
    is_number(o, "indicators.cases", 7);
    is_rate(at(o, "indicators"), "assisted_rate", 3, 7);
    is_rate(at(o, "indicators"), "accept_rate", 3, 6);
    is_number(o, "data_quality.erasures", 7);
    cJSON_Delete(o);
}

/* ---- cases ---- */

static void a_longer_silence_begins_a_case(void **state)
{
    struct report_query q = month();
    (void)state;
    q.to = DAYS(300);
    states(DAYS(0), 1, NEED_LEGAL, HERE);
    states(DAYS(30), 1, NEED_LEGAL, HERE); /* just the gap: the same case */
    says(DAYS(60), 1, NEED_LEGAL, HERE);   /* a word keeps it alive */
    states(DAYS(90), 1, NEED_LEGAL, HERE);
    states(DAYS(120) + 1, 1, NEED_LEGAL, HERE);
    states(DAYS(121), 2, NEED_LEGAL, HERE);
    cJSON *o = report(q);
    is_number(o, "indicators.requests", 5);
    is_number(o, "indicators.cases", 3);
    is_rate(at(o, "indicators"), "repeat_rate", 1, 2);
    is_rate(at(o, "indicators"), "referral_rate", 0, 3);
    cJSON_Delete(o);
}

static void help_counts_for_its_own_case(void **state)
{
    struct report_query q = month();
    (void)state;
    q.to = DAYS(300);
    asks(DAYS(1), 1, 11, HERE);
    event(DAYS(1) + 1000, 1, 11, RE_ACCEPTED, HERE);
    asks(DAYS(60), 1, 12, HERE);
    unmet(DAYS(60) + 1000, 1, 12, HERE, "nobody accepted");
    states(DAYS(150), 1, NEED_SHELTER, HERE)->effects |=
        DLG_INFORMED; /* told something else than asked for */
    cJSON *o = report(q);
    is_rate(at(o, "indicators"), "assisted_rate", 1, 3);
    is_rate(at(o, "indicators"), "referral_rate", 2, 3);
    cJSON_Delete(o);
}

/* ---- referrals ---- */

/* Somebody takes it after all: it is not unmet, nor is there a reason left. */
static void accepted_late_is_not_unmet(void **state)
{
    (void)state;
    asks(DAYS(1), 1, 11, HERE);
    event(DAYS(1) + 1000, 1, 11, RE_EXPIRED, HERE);
    unmet(DAYS(1) + 1000, 1, 11, HERE, "nobody accepted");
    event(DAYS(1) + 5000, 1, 11, RE_ACCEPTED, HERE);
    asks(DAYS(2), 2, 12, HERE); /* and one that was given back, and is */
    event(DAYS(2) + 1000, 2, 12, RE_EXPIRED, HERE);
    unmet(DAYS(2) + 1000, 2, 12, HERE, "nobody accepted");
    event(DAYS(2) + 2000, 2, 12, RE_ACCEPTED, HERE);
    event(DAYS(2) + 3000, 2, 12, RE_DECLINED, HERE);
    unmet(DAYS(2) + 3000, 2, 12, HERE, "nobody accepted");
    cJSON *o = report(month());
    is_number(o, "indicators.unmet.count", 1);
    is_number(o, "indicators.unmet.nobody_accepted", 1);
    is_number(o, "indicators.unmet.nobody_eligible", 0);
    cJSON_Delete(o);
}

static void times_are_nearest_ranks(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 20; i++) { /* 20, 19, ... 1 s */
        asks(DAYS(1) + i * MINUTE_MS, i, 100 + i, HERE);
        event(DAYS(1) + i * MINUTE_MS + (21 - i) * SECOND_MS, i, 100 + i, RE_ACCEPTED, HERE);
    }
    event(DAYS(2), 20, 120, RE_ACCEPTED, HERE); /* said again: the first time counts */
    cJSON *o = report(month());
    is_number(o, "indicators.t_accept.count", 20);
    is_number(o, "indicators.t_accept.median", 10);
    is_number(o, "indicators.t_accept.p90", 18);
    is_number(o, "indicators.t_accept.p99", 20);
    cJSON_Delete(o);
}

/* From the aggregator's time where it gives a likely one, else from our door; one for each conversation. */
static void replies_are_timed_from_when_it_was_sent(void **state)
{
    (void)state;
    add(DAYS(1), ROW_MO, 1)->timestamp = DAYS(1) - 3000;
    struct row *r = add(DAYS(1), ROW_MO, 2); /* a clock of theirs that is ahead of ours */
    r->timestamp = DAYS(2);
    r->waited = 20;
    r = add(DAYS(1), ROW_USSD, 3);
    r->event = DLG_BEGIN;
    r->waited = 50;
    r = add(DAYS(1), ROW_USSD, 3); /* goes on */
    r->event = DLG_TEXT;
    r->waited = 9000;
    cJSON *o = report(month());
    is_number(o, "indicators.t_reply.count", 3);
    is_number(o, "indicators.t_reply.median", 0.05);
    is_number(o, "indicators.t_reply.p99", 3);
    cJSON_Delete(o);
}

/* ---- areas ---- */

static double in_area(const char *area, const char *path)
{
    struct report_query q = month();
    str_copy(str_of(area), q.area, sizeof q.area);
    cJSON *o = report(q);
    is_text(o, "area", area);
    double v = cJSON_GetNumberValue(at(o, path));
    cJSON_Delete(o);
    return v;
}

static void areas_are_communes_districts_provinces(void **state)
{
    static const struct {
        const char *area;
        double requests, cases, referrals, accepted;
    } want[] = {{HERE, 5, 4, 3, 2},    {THERE, 1, 1, 1, 1}, {"00122", 5, 4, 3, 2},
                {"00123", 1, 1, 1, 1}, {"14", 6, 5, 4, 3},  {"99999", 0, 0, 0, 0}};
    (void)state;
    a_month_of_calls();
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_true(in_area(want[i].area, "indicators.requests") == want[i].requests);
        assert_true(in_area(want[i].area, "indicators.cases") == want[i].cases);
        assert_true(in_area(want[i].area, "indicators.referrals") == want[i].referrals);
        assert_true(in_area(want[i].area, "indicators.accept_rate.numerator") == want[i].accepted);
    }
}

/* A menu asks for the need first and for the place after it. */
static void requests_belong_where_the_place_said_later_is(void **state)
{
    (void)state;
    states(DAYS(1), 1, NEED_SHELTER, "");
    says(DAYS(1) + 1000, 1, NEED_SHELTER, HERE);
    states(DAYS(2), 2, NEED_SHELTER, "");
    event(DAYS(2) + 1000, 2, 12, RE_OPENED, THERE); /* comes before the message that named the place */
    says(DAYS(2) + 1000, 2, NEED_SHELTER, THERE);
    states(DAYS(3), 3, NEED_SHELTER, ""); /* never says where */
    states(DAYS(4), 4, NEED_SHELTER, ""); /* not this time, only the next */
    states(DAYS(5), 4, NEED_SHELTER, HERE);
    cJSON *o = report(month());
    is_number(o, "indicators.requests", 5);
    is_number(o, "indicators.cases", 4);
    is_number(o, "data_quality.requests_without_place", 2);
    cJSON_Delete(o);
    assert_true(in_area(HERE, "indicators.requests") == 2);
    assert_true(in_area(HERE, "indicators.cases") == 2);
    assert_true(in_area(HERE, "indicators.repeat_rate.denominator") == 2);
    assert_true(in_area(THERE, "indicators.requests") == 1);
    assert_true(in_area(THERE, "indicators.referral_rate.numerator") == 1);
    assert_true(in_area("14", "indicators.requests") == 3);
}

/* It counts where it was opened, all of it. */
static void a_referral_keeps_its_area(void **state)
{
    (void)state;
    asks(DAYS(1), 1, 11, HERE);
    event(DAYS(1) + 1000, 1, 11, RE_OFFERED, THERE); /* the contact has moved on */
    event(DAYS(1) + 2000, 1, 11, RE_ACCEPTED, THERE);
    assert_true(in_area(HERE, "indicators.accept_rate.numerator") == 1);
    assert_true(in_area(HERE, "indicators.first_offer_accept_rate.numerator") == 0);
    assert_true(in_area(HERE, "indicators.assisted_rate.numerator") == 1);
    assert_true(in_area(THERE, "indicators.referrals") == 0);
}

/* ---- what is published ---- */

static cJSON *published(void)
{
    struct report_query q = month();
    q.suppress_below = 5;
    return report(q);
}

static void small_counts_are_not_published(void **state)
{
    (void)state;
    a_month_of_calls();
    cJSON *o = published();
    is_number(o, "indicators.requests", 7);
    is_number(o, "indicators.referrals", 5);
    is_text(o, "indicators.accept_rate.numerator", "<5");
    is_null(o, "indicators.accept_rate.value"); /* of fewer than ten */
    is_text(o, "indicators.unmet.count", "<5");
    is_text(o, "indicators.t_accept.count", "<5");
    is_null(o, "indicators.t_accept.median");
    is_number(o, "indicators.repeat_rate.numerator", 0); /* nobody is nobody's secret */
    cJSON_Delete(o);
}

/* What is left out must not come back by arithmetic from what stands beside it. */
static void hidden_counts_cannot_be_worked_out(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 20; i++) {
        asks(DAYS(1) + i * MINUTE_MS, i, 100 + i, HERE);
        if (i <= 3)
            event(DAYS(1) + i * MINUTE_MS + 1000, i, 100 + i, RE_ACCEPTED, HERE);
        else if (i <= 12)
            unmet(DAYS(1) + i * MINUTE_MS + 1000, i, 100 + i, HERE,
                  i <= 5 ? "nobody eligible" : "nobody accepted");
    }
    cJSON *o = published();
    is_text(o, "indicators.accept_rate.numerator", "<5");
    is_number(o, "indicators.accept_rate.denominator", 20);
    is_null(o, "indicators.accept_rate.value"); /* 3 of 20 would be told by 0.15 */
    is_number(o, "indicators.referral_rate.value", 1);
    is_number(o, "indicators.unmet.count", 9);
    is_text(o, "indicators.unmet.nobody_eligible", "<5"); /* 2; 7 beside it would tell */
    is_null(o, "indicators.unmet.nobody_accepted");
    cJSON_Delete(o);
    o = report(month()); /* the hotline's own staff see all */
    is_number(o, "indicators.accept_rate.value", 0.15);
    is_number(o, "indicators.unmet.nobody_eligible", 2);
    is_number(o, "indicators.unmet.nobody_accepted", 7);
    cJSON_Delete(o);
}

/* ---- the list of tests ---- */

static int setup(void **state)
{
    static const struct place_row units[] = {
        {.code = "14", .level = PLACE_PROVINCE, .type = "Tỉnh", .name = "Sơn La", .ascii = "Son La"},
        {.code = HERE,
         .level = PLACE_COMMUNE,
         .parent = "14",
         .former_district = "00122",
         .type = "Xã",
         .name = "Một",
         .ascii = "Mot"},
        {.code = THERE,
         .level = PLACE_COMMUNE,
         .parent = "14",
         .former_district = "00123",
         .type = "Xã",
         .name = "Hai",
         .ascii = "Hai"},
    };
    struct failure why;
    (void)state;
    arena_init(&arena, 0);
    places = places_build(units, 3, NULL, 0, &arena, &why);
    return !places;
}

static int new_journal(void **state)
{
    (void)state;
    rows = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, new_journal)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_month_is_counted),
        TEST(an_empty_period_has_no_rates),
        TEST(drills_never_count),
        TEST(periods_begin_and_end_on_time),
        TEST(referrals_belong_to_the_period_they_were_opened_in),
        TEST(a_clock_that_was_ahead_ends_no_report),
        TEST(erased_contacts_still_count),
        TEST(a_longer_silence_begins_a_case),
        TEST(help_counts_for_its_own_case),
        TEST(accepted_late_is_not_unmet),
        TEST(times_are_nearest_ranks),
        TEST(replies_are_timed_from_when_it_was_sent),
        TEST(areas_are_communes_districts_provinces),
        TEST(requests_belong_where_the_place_said_later_is),
        TEST(a_referral_keeps_its_area),
        TEST(small_counts_are_not_published),
        TEST(hidden_counts_cannot_be_worked_out),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
