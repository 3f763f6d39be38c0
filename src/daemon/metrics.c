/* /metrics in Prometheus' text form: counts only, nothing of anybody. */
#include "daemon/daemon.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void metric(struct out *o, const char *name, const char *type, const char *help, double v)
{
    out_printf(o, "# HELP hotlined_%s %s\n# TYPE hotlined_%s %s\nhotlined_%s %.15g\n", name, help, name, type,
               name, v);
}

static double resident_bytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    if (fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void engine_metrics(struct out *o, const struct engine_counters *c)
{
    out_cstr(
        o, "# HELP hotlined_inputs_total inputs committed, by kind\n# TYPE hotlined_inputs_total counter\n");
    for (int k = INPUT_MO; k < INPUT_KINDS; k++)
        out_printf(o, "hotlined_inputs_total{kind=\"%s\"} %llu\n", input_kind_name(k),
                   (unsigned long long)c->inputs[k]);
    const struct {
        const char *name, *help;
        uint64_t v;
    } all[] = {
        {"duplicates_total", "repeats answered as before", c->duplicates},
        {"batches_total", "transactions tried", c->batches},
        {"batch_inputs_total", "inputs in those transactions", c->batch_inputs},
        {"commit_failures_total", "transactions that could not be committed", c->commit_failures},
        {"referrals_total", "referrals opened", c->referrals},
        {"referrals_urgent_total", "of these urgent from the start", c->urgent},
        {"referrals_unmet_total", "referrals nobody took", c->unmet},
        {"offers_total", "offers made", c->offers},
        {"escalations_total", "offers that expired, were declined or could not be delivered", c->escalations},
        {"accepted_total", "referrals accepted", c->accepted},
        {"late_answers_total", "collaborators' answers that came too late or did not fit", c->late_answers},
        {"mt_total", "texts to contacts put into the outbox", c->mt},
        {"mt_parts_total", "SMS they were sent as", c->mt_parts},
        {"mt_segments_total", "segments of these, as networks bill them", c->mt_segments},
        {"mt_resent_total", "SMS sent once more after a receipt that said so", c->mt_resent},
        {"sends_unwanted_total", "sends dropped since nobody waited for them any more", c->sends_unwanted},
        {"floods_total", "messages not worked since their contact sent too many", c->floods},
        {"many_places_total", "contacts that asked for more places than one person needs: look into it",
         c->many_places},
        {"mt_no_receipt_total", "SMS handed over whose receipt did not come in time", c->mt_no_receipt},
        {"sms_parts_total", "parts of longer SMS received", c->sms_parts},
        {"sms_incomplete_total", "longer SMS worked without all their parts", c->sms_incomplete},
        {"alerts_total", "alerts put into the outbox", c->alerts},
        {"sends_ok_total", "sends delivered", c->sends_ok},
        {"sends_retried_total", "sends to be tried again", c->sends_retried},
        {"sends_failed_total", "sends given up", c->sends_failed},
        {"receipts_unknown_total", "delivery receipts for an unknown message", c->unknown_dlr},
        {"store_microseconds_total", "time in transactions but their commit", (uint64_t)c->us_store},
        {"dialogue_microseconds_total", "time in dialogue steps", (uint64_t)c->us_dialogue},
        {"commit_microseconds_total", "time in commits", (uint64_t)c->us_commit},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        metric(o, all[i].name, "counter", all[i].help, (double)all[i].v);
}

static void failure_metrics(struct out *o, const struct engine_counters *c)
{
    out_cstr(o, "# HELP hotlined_mt_failed_total SMS that failed for good, by why\n"
                "# TYPE hotlined_mt_failed_total counter\n");
    for (int i = 0; i < MT_CLASSES; i++)
        out_printf(o, "hotlined_mt_failed_total{class=\"%s\"} %llu\n", mt_class_name((enum mt_class)i),
                   (unsigned long long)c->mt_failed[i]);
}

static void http_metrics(struct out *o, struct daemon *d, struct arena *a)
{
    struct intake_counters *c = arena_alloc(a, sizeof *c);
    intake_counters(d->intake, c);
    out_cstr(
        o,
        "# HELP hotlined_http_answers_total answers by status\n# TYPE hotlined_http_answers_total counter\n");
    for (int s = 100; s < 600; s++)
        if (c->by_status[s])
            out_printf(o, "hotlined_http_answers_total{status=\"%d\"} %llu\n", s,
                       (unsigned long long)c->by_status[s]);
    metric(o, "http_requests_total", "counter", "requests taken", (double)c->requests);
    metric(o, "http_pending", "gauge", "requests waiting for their answer", (double)c->pending);
    metric(o, "http_aborted_total", "counter", "callers that went away before their answer",
           (double)c->aborted);
    out_cstr(o, "# HELP hotlined_refused_total callbacks refused, by reason\n# TYPE hotlined_refused_total "
                "counter\n");
    for (int e = ERR_INPUT; e <= ERR_BUG; e++)
        out_printf(o, "hotlined_refused_total{reason=\"%s\"} %llu\n", err_name(e),
                   (unsigned long long)atomic_load(&d->refused[e]));
}

static void practice_metrics(struct out *o, const struct daemon *d)
{
    struct practice_counts n = practice_counts(d->practice);
    metric(o, "practice_exercises", "gauge", "exercises running on the practice page", (double)n.running);
    metric(o, "practice_begun_total", "counter", "exercises begun there", (double)n.begun);
    metric(o, "practice_steps_total", "counter", "what was asked there and answered", (double)n.steps);
}

static void config_metrics(struct out *o, struct daemon *d)
{
    char waiting[sizeof d->config_waiting], stamp[20];
    pthread_mutex_lock(&d->lock);
    memcpy(waiting, d->config_waiting, sizeof waiting);
    memcpy(stamp, d->world->snap->rules.stamp, sizeof stamp);
    msec since = d->config_since;
    bool refused = d->reload_refused;
    pthread_mutex_unlock(&d->lock);
    out_printf(o,
               "# HELP hotlined_config_info stamp of the configuration in force\n# TYPE hotlined_config_info "
               "gauge\nhotlined_config_info{stamp=\"%s\"} 1\n",
               stamp);
    metric(o, "config_loaded_timestamp_seconds", "gauge", "when that was taken", (double)since / 1000);
    metric(o, "config_last_reload_successful", "gauge", "0 when the last reload was refused", !refused);
    metric(o, "reloads_total", "counter", "configurations taken over", (double)atomic_load(&d->reloads));
    metric(o, "reload_failures_total", "counter", "configurations refused",
           (double)atomic_load(&d->reload_failures));
    out_cstr(o, "# HELP hotlined_config_waits_for_restart settings that a reload could not change\n"
                "# TYPE hotlined_config_waits_for_restart gauge\n");
    for (struct str rest = str_of(waiting); rest.n;) {
        struct str key = str_trim(str_split(&rest, ','));
        out_printf(o, "hotlined_config_waits_for_restart{key=\"" STR_FMT "\"} 1\n", STR_ARG(key));
    }
}

struct str metrics_text(struct daemon *d, struct arena *a)
{
    enum { ROOM = 32768 };
    struct out o;
    struct engine_counters c;
    out_init(&o, arena_alloc(a, ROOM), ROOM);
    pthread_mutex_lock(&d->lock);
    c = d->published;
    size_t in_flight = d->in_flight;
    pthread_mutex_unlock(&d->lock);
    out_printf(&o,
               "# HELP hotlined_info version\n# TYPE hotlined_info gauge\nhotlined_info{version=\"%s\"} 1\n",
               HOTLINED_VERSION);
    config_metrics(&o, d);
    metric(&o, "start_time_seconds", "gauge", "when the daemon started", (double)d->started / 1000);
    metric(&o, "store_ok", "gauge", "1 when the last commit succeeded", atomic_load(&d->store_ok));
    metric(&o, "last_store_failure_seconds", "gauge", "when a commit last failed; 0 never",
           (double)atomic_load(&d->last_failure_ms) / 1000);
    metric(&o, "queue_length", "gauge", "inputs waiting for the engine", (double)queue_length(&d->queue));
    metric(&o, "sends_in_flight", "gauge", "sends the courier has", (double)in_flight);
    metric(&o, "resident_bytes", "gauge", "resident memory", resident_bytes());
    engine_metrics(&o, &c);
    failure_metrics(&o, &c);
    http_metrics(&o, d, a);
    practice_metrics(&o, d);
    return out_span(&o);
}
