/* The pages /practice and /referrals: routes, who is let in, and the one thread that works what they ask.
 *
 * Checking a password takes long, and an exercise or a look through the store may; with a thread of their own
 * they do not hold up what comes from phones. Nothing of an exercise reaches the store, the courier or the
 * engine's queue; of an officer's look one row does, before anything is shown. */
#include "base/log.h"
#include "daemon/daemon.h"
#include "web/web.h"

#include <stdlib.h>
#include <string.h>

#define WAITING_MOST 64
#define SWEEP_MS MINUTE_MS

struct visit { /* one request; lives in the call's slot */
    struct visit *next;
    struct intake_call *call;
    struct world *world;
    struct daemon *daemon;
    bool referrals; /* else /practice */
    bool looked;    /* what the engine said of the look is in `look` */
    struct job look;
    char officer[WEB_NAME];
};

struct practice_desk {
    pthread_t thread;
    pthread_mutex_t lock; /* guards waiting to closed; nothing else uses it */
    pthread_cond_t wake;
    struct visit *first, *last;
    size_t waiting;
    bool closed;
    struct web_guard *guard; /* these two are the thread's alone */
    struct web_exercises *exercises;
    atomic_ullong running, begun, steps;
};

/* ---- answers ---- */

static void add_header(struct intake_answer *out, struct str name, struct str value)
{
    out->headers[out->n_headers++] = (struct intake_header){name, value};
}

/* The page may load from here alone, be shown in no other page and tell nobody where it was. */
static void add_protection(struct intake_answer *out, bool referrals)
{
    static const struct str practice =
        STR("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src "
            "'self' data:; "
            "form-action 'none'; frame-ancestors 'none'; base-uri 'none'");
    static const struct str plain = STR("default-src 'none'; style-src 'self'; form-action 'self'; "
                                        "frame-ancestors 'none'; base-uri 'none'");
    add_header(out, STR("Content-Security-Policy"), referrals ? plain : practice);
    add_header(out, STR("X-Content-Type-Options"), STR("nosniff"));
    add_header(out, STR("Referrer-Policy"), STR("no-referrer"));
}

static void not_allowed(struct intake_answer *out, struct arena *a, const char *method)
{
    intake_refuse(out, a, 405, "use %s", method);
    add_header(out, STR("Allow"), str_of(method));
}

static void later(struct intake_answer *out, struct arena *a, int status, const char *why)
{
    intake_refuse(out, a, status, "%s", why);
    add_header(out, STR("Retry-After"), STR("1"));
}

/* ---- the page and what it asks ---- */

static void hold_world(void *world)
{
    world_hold(world);
}

static void release_world(void *world)
{
    world_release(world);
}

static bool is_json(struct str type)
{
    return str_is_nocase(str_trim(str_split(&type, ';')), "application/json");
}

static void publish(struct practice_desk *desk)
{
    struct web_counts n = web_exercises_counts(desk->exercises);
    atomic_store(&desk->running, n.running);
    atomic_store(&desk->begun, n.begun);
    atomic_store(&desk->steps, n.steps);
}

static void api(struct practice_desk *desk, struct world *w, const struct intake_request *req,
                struct str what, struct intake_answer *out)
{
    struct web_world world = {.rules = &w->snap->rules,
                              .languages = &w->snap->settings.languages,
                              .owner = w,
                              .hold = hold_world,
                              .release = release_world};
    struct web_reply reply;
    if (!str_is(req->method, "POST")) {
        not_allowed(out, req->arena, "POST");
        return;
    }
    if (!is_json(http_header(req, "Content-Type"))) {
        intake_refuse(out, req->arena, 415, "the body must be application/json");
        return;
    }
    web_exercises_call(desk->exercises, what, req->body, &world, clock_ms(), &reply);
    *out = (struct intake_answer){.status = reply.status,
                                  .content_type = "application/json",
                                  .body = arena_str(req->arena, str_of(reply.json))};
    cJSON_free(reply.json);
}

static void page(const struct intake_request *req, struct intake_answer *out)
{
    struct web_asset asset;
    if (!web_asset(req->path, &asset))
        intake_refuse(out, req->arena, 404, "nothing here");
    else if (!str_is(req->method, "GET") && !str_is(req->method, "HEAD"))
        not_allowed(out, req->arena, "GET");
    else
        *out = (struct intake_answer){.status = 200, .content_type = asset.type, .body = asset.body};
}

/* true: they may go on; else `out` says why not. */
static bool logged_in(struct practice_desk *desk, const struct visit *v, const struct intake_request *req,
                      struct intake_answer *out)
{
    const struct world *w = v->world;
    if (v->looked || (!v->referrals && w->snap->settings.practice != PRACTICE_LOGIN))
        return true;
    enum web_login who =
        web_login(desk->guard, w->snap->officers, http_header(req, "Authorization"), clock_mono_us() / 1000);
    if (who == WEB_LATER)
        later(out, req->arena, 429, "too many passwords are tried; try again in a moment");
    if (who == WEB_OUT) {
        intake_refuse(out, req->arena, 401, "a name and a password are needed");
        add_header(out, STR("WWW-Authenticate"),
                   v->referrals ? STR("Basic realm=\"referrals\", charset=\"UTF-8\"")
                                : STR("Basic realm=\"practice\", charset=\"UTF-8\""));
    }
    return who == WEB_IN;
}

/* The way back from the engine is practice_looked(). */
static bool note_look(struct visit *v, const struct intake_request *req, uint64_t id)
{
    web_login_name(http_header(req, "Authorization"), v->officer);
    v->look = (struct job){
        .in = {.kind = INPUT_LOOK, .referral = id, .officer = str_of(v->officer), .arrived = clock_ms()},
        .out = {.status = ERR_AGAIN},
        .owner = v};
    return queue_push(&v->daemon->queue, &v->look);
}

/* false: the engine has it, and the answer comes later. */
static bool referrals(struct visit *v, const struct intake_request *req, struct intake_answer *out)
{
    uint64_t id = 0;
    if (!str_is(req->method, "GET") && !str_is(req->method, "HEAD"))
        not_allowed(out, req->arena, "GET");
    else if (!referrals_path(req->path, &id))
        referrals_page(v->world, req, 0, out);
    else if (!v->looked && note_look(v, req, id))
        return false;
    else if (!v->looked || v->look.out.status == ERR_AGAIN)
        later(out, req->arena, 503, "the look cannot be noted now; try again");
    else if (v->look.out.status != OK)
        intake_refuse(out, req->arena, 404, "no such referral");
    else
        referrals_page(v->world, req, id, out);
    return true;
}

static void finish(struct visit *v, struct intake_answer *out)
{
    struct world *w = v->world; /* the call, and with it `v`, is gone once it is answered */
    add_protection(out, v->referrals);
    intake_answer(v->call, out);
    world_release(w);
}

static void work(struct practice_desk *desk, struct visit *v)
{
    static const char prefix[] = "/practice/api/";
    const struct intake_request *req = intake_request_of(v->call);
    struct intake_answer out = {0};
    struct str what = {req->path.s + sizeof prefix - 1, req->path.n - (sizeof prefix - 1)};
    if (!logged_in(desk, v, req, &out))
        ;
    else if (v->referrals && !referrals(v, req, &out))
        return;
    else if (v->referrals)
        ;
    else if (str_starts(req->path, prefix))
        api(desk, v->world, req, what, &out);
    else
        page(req, &out);
    publish(desk);
    finish(v, &out);
}

/* ---- the thread ---- */

/* NULL: nothing came for a while, or it is over. */
static struct visit *next_visit(struct practice_desk *desk, bool *over)
{
    struct timespec until;
    msec at = clock_ms() + SWEEP_MS;
    until = (struct timespec){.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000};
    pthread_mutex_lock(&desk->lock);
    while (!desk->first && !desk->closed && pthread_cond_timedwait(&desk->wake, &desk->lock, &until) == 0) {
    }
    struct visit *v = desk->first;
    if (v) {
        desk->first = v->next;
        desk->waiting--;
    }
    *over = !v && desk->closed;
    pthread_mutex_unlock(&desk->lock);
    return v;
}

static void *loop(void *practice)
{
    struct practice_desk *desk = practice;
    for (bool over = false; !over;) {
        struct visit *v = next_visit(desk, &over);
        if (v)
            work(desk, v);
        web_exercises_sweep(desk->exercises, clock_ms());
        publish(desk);
    }
    return NULL;
}

/* A look comes twice: whoever stood behind it the first time may be gone by then. */
static bool wait_in_line(struct practice_desk *desk, struct visit *v)
{
    v->next = NULL;
    pthread_mutex_lock(&desk->lock);
    bool room = (v->looked || desk->waiting < WAITING_MOST) && !desk->closed;
    if (room) {
        if (desk->first)
            desk->last->next = v;
        else
            desk->first = v;
        desk->last = v;
        desk->waiting++;
        pthread_cond_signal(&desk->wake);
    }
    pthread_mutex_unlock(&desk->lock);
    return room;
}

void practice_looked(struct job *job)
{
    struct visit *v = job->owner;
    struct intake_answer out = {0};
    v->looked = true;
    if (wait_in_line(v->daemon->practice, v))
        return;
    later(&out, intake_request_of(v->call)->arena, 503, "stopping");
    finish(v, &out);
}

struct practice_desk *practice_open(void)
{
    struct practice_desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        abort();
    pthread_mutex_init(&desk->lock, NULL);
    pthread_cond_init(&desk->wake, NULL);
    desk->guard = web_guard_create();
    desk->exercises = web_exercises_create();
    if (pthread_create(&desk->thread, NULL, loop, desk) == 0)
        return desk;
    log_event(LOG_WARN, "practice", "what=\"a thread cannot start; there is no practice page\"");
    web_exercises_destroy(desk->exercises);
    web_guard_destroy(desk->guard);
    free(desk);
    return NULL;
}

void practice_stop(struct practice_desk *desk)
{
    if (!desk)
        return;
    pthread_mutex_lock(&desk->lock);
    desk->closed = true;
    pthread_cond_signal(&desk->wake);
    pthread_mutex_unlock(&desk->lock);
    pthread_join(desk->thread, NULL);
}

void practice_free(struct practice_desk *desk)
{
    if (!desk)
        return;
    web_exercises_destroy(desk->exercises);
    web_guard_destroy(desk->guard);
    pthread_cond_destroy(&desk->wake);
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}

struct practice_counts practice_counts(const struct practice_desk *desk)
{
    if (!desk)
        return (struct practice_counts){.running = 0};
    return (struct practice_counts){.running = atomic_load(&desk->running),
                                    .begun = atomic_load(&desk->begun),
                                    .steps = atomic_load(&desk->steps)};
}

/* ---- the door ---- */

/* A proxy tells of itself by one of these. */
static bool is_forwarded(const struct intake_request *req)
{
    static const char prefix[] = "X-Forwarded-";
    for (size_t i = 0; i < req->n_headers; i++) {
        struct str name = req->headers[i].name;
        struct str head = {name.s, name.n < sizeof prefix - 1 ? name.n : sizeof prefix - 1};
        if (str_is_nocase(head, prefix) || str_is_nocase(name, "Forwarded") ||
            str_is_nocase(name, "X-Real-IP") || str_is_nocase(name, "Via"))
            return true;
    }
    return false;
}

/* Which page a path is of, and whether that page is on. */
static bool is_ours(struct str path, const struct settings *s, bool *referrals)
{
    *referrals = str_is(path, "/referrals") || str_starts(path, "/referrals/");
    if (*referrals)
        return s->referrals == REFERRALS_LOGIN;
    return s->practice != PRACTICE_OFF && (str_is(path, "/practice") || str_starts(path, "/practice/"));
}

enum practice_taken practice_take(struct daemon *d, struct intake_call *call,
                                  const struct intake_request *req, struct intake_answer *out)
{
    if (!d->practice)
        return PRACTICE_NOT_OURS;
    struct world *w = daemon_world(d);
    bool officers;
    if (!is_ours(req->path, &w->snap->settings, &officers)) {
        world_release(w);
        return PRACTICE_NOT_OURS;
    }
    const char *why = !officers && w->snap->settings.practice == PRACTICE_LOOPBACK
                          ? web_not_local(req->peer, http_header(req, "Host"), is_forwarded(req))
                          : NULL;
    struct visit *v = why ? NULL : intake_slot(call, sizeof *v);
    if (v)
        *v = (struct visit){.call = call, .world = w, .daemon = d, .referrals = officers};
    if (v && wait_in_line(d->practice, v))
        return PRACTICE_KEPT;
    if (why)
        intake_refuse(out, req->arena, 403, "%s", why);
    else
        later(out, req->arena, 503, "too much waits for this page; try again");
    add_protection(out, officers);
    world_release(w);
    return PRACTICE_ANSWERED;
}
