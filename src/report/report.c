/* Indicators from the journal's rows: requests, cases, referrals, acceptance, times. Drills never count. */
#include "report/report.h"

#include "base/idmap.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define DEFINITIONS "1"

struct asker { /* one contact in the period */
    uint64_t contact;
    msec last;
    unsigned cases, helped_cases;
    bool helped, referred, calls; /* of the case that runs */
    bool unplaced;                /* its latest request waits for a place */
};

struct tracked { /* one referral in the period */
    uint64_t id;
    msec opened;
    bool urgent, accepted, unmet, first;
    bool refused; /* unmet since nobody accepted, not for want of anybody to ask */
    unsigned offers;
    msec accept_ms;
};

struct report {
    struct report_query q;
    struct asker *askers;
    size_t n_askers, cap_askers;
    struct tracked *referrals;
    size_t n_referrals, cap_referrals;
    struct idmap asker_at, referral_at; /* contact, referral -> index above */
    msec *replies;                      /* times to reply */
    size_t n_replies, cap_replies;
    uint64_t requests, cases, referred_cases, calling_cases, assisted_cases, drills, unknown_place, line_rows,
        outages;
    uint64_t erased, accesses, harm;
};

static void *grow(void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    *cap = *cap ? 2 * *cap : 256;
    items = realloc(items, *cap * size);
    if (!items)
        abort();
    return items;
}

struct report *report_create(const struct report_query *q)
{
    struct report *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->q = *q;
    return r;
}

void report_destroy(struct report *r)
{
    if (!r)
        return;
    free(r->askers);
    free(r->referrals);
    free(r->replies);
    idmap_free(&r->asker_at);
    idmap_free(&r->referral_at);
    free(r);
}

static bool in_area(const struct report *r, const char *place)
{
    if (!*r->q.area)
        return true;
    const struct place *p = *place ? places_by_code(r->q.places, str_of(place)) : NULL;
    return p && (strcmp(p->code, r->q.area) == 0 || strcmp(p->parent, r->q.area) == 0 ||
                 strcmp(p->former_district, r->q.area) == 0);
}

/* ---- cases ---- */

static void close_case(struct report *r, struct asker *a)
{
    r->assisted_cases += a->helped;
    r->referred_cases += a->referred;
    r->calling_cases += a->calls;
    a->helped = a->referred = a->calls = false;
}

static struct asker *asker_of(struct report *r, uint64_t contact)
{
    const uint32_t *at = idmap_get(&r->asker_at, contact);
    return at ? &r->askers[*at] : NULL;
}

static struct asker *asker_put(struct report *r, uint64_t contact)
{
    struct asker *a = asker_of(r, contact);
    if (a)
        return a;
    r->askers = grow(r->askers, r->n_askers, &r->cap_askers, sizeof *a);
    idmap_put(&r->asker_at, contact, (uint32_t)r->n_askers);
    r->askers[r->n_askers] = (struct asker){.contact = contact};
    return &r->askers[r->n_askers++];
}

/* NULL: this contact has no case here. */
static struct asker *case_of(struct report *r, const struct row *row, bool begins)
{
    struct asker *a = begins ? asker_put(r, row->contact) : asker_of(r, row->contact);
    if (!a || (!begins && !a->cases))
        return NULL;
    if (begins && (!a->cases || row->at - a->last > r->q.case_gap)) {
        close_case(r, a);
        a->cases++;
        r->cases++;
    }
    a->last = row->at;
    return a;
}

/* From the aggregator's own time when it gives one, else from our door, to the commit of the answer. */
static void reply_time(struct report *r, const struct row *row)
{
    msec since = row->at - row->timestamp;
    bool known = row->timestamp && since >= 0 && since < DAY_MS;
    if (row->kind == ROW_USSD && row->event != DLG_BEGIN)
        return;
    r->replies = grow(r->replies, r->n_replies, &r->cap_replies, sizeof *r->replies);
    r->replies[r->n_replies++] = known ? since : (msec)row->waited;
}

/* Does this row make a request of this area? A menu asks for the need before the place: such a request
 * belongs where the place is that is named later. */
static bool makes_request(struct report *r, const struct row *row)
{
    bool stated = row->effects & DLG_STATED, everywhere = !*r->q.area;
    struct asker *a = stated ? asker_put(r, row->contact) : asker_of(r, row->contact);
    if (stated) {
        a->unplaced = !*row->place;
        r->unknown_place += a->unplaced && everywhere;
        return in_area(r, row->place);
    }
    if (!a || !a->unplaced || !*row->place)
        return false;
    a->unplaced = false;
    r->unknown_place -= everywhere;
    return !everywhere && in_area(r, row->place);
}

static void line_row(struct report *r, const struct row *row)
{
    bool request = makes_request(r, row);
    if (!in_area(r, row->place))
        return;
    r->line_rows++;
    r->requests += request;
    reply_time(r, row);
    struct asker *a = case_of(r, row, request);
    if (!a)
        return;
    /* information given when it was the need counts as help; the emergency text only when it was answered */
    a->helped |= row->effects & DLG_INFORMED && row->need == NEED_INFO + 1;
    a->calls |= row->need && row->need != NEED_INFO + 1 && row->need != NEED_HARM + 1;
}

/* ---- referrals ---- */

static struct tracked *tracked_of(struct report *r, uint64_t id)
{
    const uint32_t *at = idmap_get(&r->referral_at, id);
    return at ? &r->referrals[*at] : NULL;
}

static void open_referral(struct report *r, const struct row *row)
{
    if (row->need ==
        NEED_HARM + 1) { /* no victim: neither a case nor a referral of the programme's figures */
        r->harm++;
        return;
    }
    struct asker *a = case_of(r, row, true); /* its row comes before that of the message it follows from */
    r->referrals = grow(r->referrals, r->n_referrals, &r->cap_referrals, sizeof *r->referrals);
    idmap_put(&r->referral_at, row->referral, (uint32_t)r->n_referrals);
    r->referrals[r->n_referrals++] =
        (struct tracked){.id = row->referral, .opened = row->at, .urgent = row->urgent};
    if (a)
        a->referred = a->calls = true;
}

/* All that becomes of a referral counts where it was opened, wherever the contact has moved since. */
static void referral_row(struct report *r, const struct row *row)
{
    if (row->event == RE_OPENED) {
        if (in_area(r, row->place))
            open_referral(r, row);
        return;
    }
    struct tracked *t = tracked_of(r, row->referral);
    if (!t)
        return; /* opened before the period, or elsewhere */
    t->offers += row->event == RE_OFFERED;
    t->unmet = row->event == RE_UNMET || (t->unmet && row->event != RE_ACCEPTED);
    if (row->event == RE_UNMET)
        t->refused = strcmp(row->note, "nobody accepted") == 0;
    if (row->event == RE_ACCEPTED && !t->accepted) {
        struct asker *a = asker_of(r, row->contact);
        t->accepted = true;
        t->first = t->offers == 1;
        t->accept_ms = row->at - t->opened;
        if (a)
            a->helped = true;
    }
}

bool report_row(void *report, const struct row *row)
{
    struct report *r = report;
    if (row->at < r->q.from || row->at >= r->q.to)
        return true; /* rows are in the order of their numbers; a clock may have been set back between */
    if (row->drill) {
        r->drills++;
        return true;
    }
    r->outages += row->kind == ROW_OUTAGE;
    r->erased += row->kind == ROW_ERASED;
    r->accesses += row->kind == ROW_ACCESS;
    if (row->kind == ROW_MO || row->kind == ROW_USSD)
        line_row(r, row);
    else if (row->kind == ROW_REFERRAL)
        referral_row(r, row);
    return true;
}

/* ---- output ---- */

static bool hidden(const struct report *r, uint64_t v)
{
    return v > 0 && v < r->q.suppress_below;
}

static void add_count(const struct report *r, cJSON *o, const char *name, uint64_t v)
{
    char text[16];
    struct out t;
    if (!hidden(r, v)) {
        cJSON_AddNumberToObject(o, name, (double)v);
        return;
    }
    out_init(&t, text, sizeof text);
    out_printf(&t, "<%u", r->q.suppress_below);
    cJSON_AddStringToObject(o, name, text);
}

static void add_rate(const struct report *r, cJSON *all, const char *name, uint64_t part, double whole,
                     double target)
{
    cJSON *o = cJSON_AddObjectToObject(all, name);
    /* with the denominator beside it, a value tells the numerator */
    bool shown = whole > 0 && !(r->q.suppress_below && whole < 10) && !hidden(r, part);
    add_count(r, o, "numerator", part);
    if (whole > 0 && whole == (double)(uint64_t)whole)
        add_count(r, o, "denominator", (uint64_t)whole);
    else
        cJSON_AddNullToObject(o, "denominator");
    if (shown)
        cJSON_AddNumberToObject(o, "value", (double)part / whole);
    else
        cJSON_AddNullToObject(o, "value"); /* not available, never 0 */
    if (target > 0)
        cJSON_AddNumberToObject(o, "target", target);
}

static int by_size(const void *a, const void *b)
{
    msec x = *(const msec *)a, y = *(const msec *)b;
    return (x > y) - (x < y);
}

/* Nearest rank; sorts the times. */
static void add_times(const struct report *r, cJSON *all, const char *name, msec *times, size_t n)
{
    static const struct {
        const char *name;
        double p;
    } ranks[] = {{"median", 0.5}, {"p90", 0.9}, {"p99", 0.99}};
    cJSON *o = cJSON_AddObjectToObject(all, name);
    if (n)
        qsort(times, n, sizeof *times, by_size);
    add_count(r, o, "count", n);
    for (size_t i = 0; i < 3; i++) {
        size_t rank = (size_t)(ranks[i].p * (double)n + 0.999999);
        if (n && !(r->q.suppress_below && n < 10))
            cJSON_AddNumberToObject(o, ranks[i].name, (double)times[rank ? rank - 1 : 0] / 1000);
        else
            cJSON_AddNullToObject(o, ranks[i].name);
    }
    cJSON_AddStringToObject(o, "unit", "s");
}

static void add_acceptance(const struct report *r, cJSON *all, const char *name, bool only_urgent)
{
    msec *times = calloc(r->n_referrals + 1, sizeof *times);
    size_t n = 0;
    if (!times)
        abort();
    for (size_t i = 0; i < r->n_referrals; i++)
        if (r->referrals[i].accepted && (r->referrals[i].urgent || !only_urgent))
            times[n++] = r->referrals[i].accept_ms;
    add_times(r, all, name, times, n);
    free(times);
}

/* Two parts stand beside their sum: when one is hidden, so is the other. */
static void add_unmet(const struct report *r, cJSON *all)
{
    uint64_t refused = 0, nobody = 0;
    cJSON *o = cJSON_AddObjectToObject(all, "unmet");
    for (size_t k = 0; k < r->n_referrals; k++) {
        refused += r->referrals[k].unmet && r->referrals[k].refused;
        nobody += r->referrals[k].unmet && !r->referrals[k].refused;
    }
    add_count(r, o, "count", refused + nobody);
    if (hidden(r, nobody) && refused && !hidden(r, refused))
        cJSON_AddNullToObject(o, "nobody_accepted");
    else
        add_count(r, o, "nobody_accepted", refused);
    if (hidden(r, refused) && nobody && !hidden(r, nobody))
        cJSON_AddNullToObject(o, "nobody_eligible");
    else
        add_count(r, o, "nobody_eligible", nobody);
}

static void add_period(const struct report *r, cJSON *o)
{
    char from[32], to[32];
    time_rfc3339(r->q.from, r->q.tz_offset_min, from, sizeof from);
    time_rfc3339(r->q.to, r->q.tz_offset_min, to, sizeof to);
    cJSON_AddStringToObject(o, "definitions", DEFINITIONS);
    cJSON_AddStringToObject(o, "from", from);
    cJSON_AddStringToObject(o, "to", to);
    cJSON_AddStringToObject(o, "area", *r->q.area ? r->q.area : "all");
}

void report_json(struct report *r, struct out *out)
{
    uint64_t accepted = 0, first = 0, back = 0, askers = 0;
    cJSON *o = cJSON_CreateObject(), *i, *quality;
    for (size_t k = 0; k < r->n_askers; k++) {
        close_case(r, &r->askers[k]);
        askers += r->askers[k].cases > 0;
        back += r->askers[k].cases >= 2;
    }
    for (size_t k = 0; k < r->n_referrals; k++) {
        accepted += r->referrals[k].accepted;
        first += r->referrals[k].first;
    }
    add_period(r, o);
    i = cJSON_AddObjectToObject(o, "indicators");
    add_count(r, i, "requests", r->requests);
    add_count(r, i, "cases", r->cases);
    add_count(r, i, "referrals", r->n_referrals);
    add_rate(r, i, "seek_rate", r->cases, r->q.population, 0.5);
    add_rate(r, i, "assisted_rate", r->assisted_cases, (double)r->cases, 1);
    add_rate(r, i, "referral_rate", r->referred_cases, (double)r->calling_cases, 0);
    add_rate(r, i, "accept_rate", accepted, (double)r->n_referrals, 0);
    add_rate(r, i, "first_offer_accept_rate", first, (double)r->n_referrals, 0);
    add_rate(r, i, "repeat_rate", back, (double)askers, 0);
    add_unmet(r, i);
    add_times(r, i, "t_reply", r->replies, r->n_replies);
    add_acceptance(r, i, "t_accept", false);
    add_acceptance(r, i, "t_accept_urgent", true);
    quality = cJSON_AddObjectToObject(o, "data_quality");
    cJSON_AddNumberToObject(quality, "drill_rows", (double)r->drills);
    add_count(r, quality, "requests_without_place", r->unknown_place);
    add_count(r, quality, "erasures", r->erased);
    add_count(r, quality, "help_to_stop", r->harm);
    cJSON_AddNumberToObject(quality, "staff_accesses", (double)r->accesses);
    cJSON_AddNumberToObject(quality, "outages", (double)r->outages);
    char *text = cJSON_Print(o);
    out_cstr(out, text);
    cJSON_free(text);
    cJSON_Delete(o);
}
