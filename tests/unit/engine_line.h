/* The engine over a real store, for its tests: a small line of its own with two systems and three
 * collaborators, a courier that only remembers, and words for what happens. */
#ifndef TESTS_UNIT_ENGINE_LINE_H
#define TESTS_UNIT_ENGINE_LINE_H

#include "engine/engine.h"
#include "journal/journal.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/workdir.h"

#define START ((msec)1764039600000) /* 2025-11-25T10:00:00+07:00 */
#define ANNA "+84900000001"
#define BINH "+84900000002"
#define OFFER_WAIT (15 * MINUTE_MS)
#define URGENT_WAIT (2 * MINUTE_MS)
#define GIVE_UP HOUR_MS

/* ---- the line: conf/dialogue in small; each text is its own key ---- */

#define LIST(...)                                                                                            \
    {                                                                                                        \
        .items = (const char *[]){__VA_ARGS__}, .n = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)  \
    }
#define ANSWERS(list)                                                                                        \
    {                                                                                                        \
        .items = (list), .n = sizeof(list) / sizeof(list)[0]                                                 \
    }

static struct answer_def opening[] = {{.on = LIST("1"), .set = LIST("need:danger")},
                                      {.on = LIST("2"), .set = LIST("need:shelter")}},
                         safe[] = {{.on = LIST("1"), .set = LIST("safe:sms")},
                                   {.on = LIST("5"), .set = LIST("safe:wait")}},
                         consent[] = {{.on = LIST("1"), .set = LIST("consent:yes")},
                                      {.on = LIST("2"), .set = LIST("consent:no"), .next = "left"}},
                         after[] = {{.on = LIST("2"), .effects = DLG_OTHER_COLLABORATOR}},
                         language[] = {{.on = LIST("1"), .set = LIST("lang:vi")}};
static struct state_def states[] = {
    {.id = "opening", .prompt = "opening", .slot = SLOT_NEED, .next = "place", .answers = ANSWERS(opening)},
    {.id = "place", .prompt = "place", .slot = SLOT_PLACE, .next = "safe"},
    {.id = "safe", .prompt = "safe", .slot = SLOT_SAFE, .next = "consent", .answers = ANSWERS(safe)},
    {.id = "consent",
     .prompt = "consent",
     .slot = SLOT_CONSENT,
     .next = "referred",
     .answers = ANSWERS(consent)},
    {.id = "referred", .prompt = "referred", .end = true, .effects = DLG_REFER},
    {.id = "danger", .prompt = "danger", .slot = SLOT_PLACE, .next = "told"},
    {.id = "told", .prompt = "told", .end = true},
    {.id = "after", .prompt = "after", .next = "noted", .answers = ANSWERS(after)},
    {.id = "noted", .prompt = "noted", .end = true},
    {.id = "language", .prompt = "language", .next = "opening", .answers = ANSWERS(language)},
    {.id = "left", .prompt = "left", .end = true},
    {.id = "stopped", .prompt = "stopped", .end = true},
    {.id = "erased", .prompt = "erased", .end = true},
};
static const struct dialogue_def line = {
    .timeout = {6 * HOUR_MS, 5 * MINUTE_MS},
    .window = DAY_MS,
    .start = "opening",
    .after = "after",
    .changed = "noted",
    .danger = "danger",
    .left = "left",
    .stopped = "stopped",
    .erased = "erased",
    .language = "language",
    .states = states,
    .n_states = sizeof states / sizeof states[0],
    .lexicon = {.danger = LIST("sos"),
                .leave = LIST("thoat"),
                .stop = LIST("dung"),
                .other = LIST("doi nguoi"),
                .erase = LIST("xoa"),
                .language = LIST("ngon ngu")},
};
#define SAME(key)                                                                                            \
    {                                                                                                        \
        key, key,                                                                                            \
        {                                                                                                    \
            NULL, 0                                                                                          \
        }                                                                                                    \
    }
static struct cfg_entry texts[] = {SAME("opening"),
                                   SAME("place"),
                                   SAME("safe"),
                                   SAME("consent"),
                                   SAME("referred"),
                                   SAME("danger"),
                                   SAME("told"),
                                   SAME("after"),
                                   SAME("noted"),
                                   SAME("language"),
                                   SAME("left"),
                                   SAME("stopped"),
                                   SAME("erased"),
                                   SAME("hint"),
                                   SAME("help"),
                                   SAME("resume"),
                                   SAME("place_choice"),
                                   SAME("emergency"),
                                   SAME("page_next"),
                                   SAME("page_back"),
                                   SAME("mt_unmet"),
                                   {"choose", "{options}", {NULL, 0}},
                                   {"mt_accepted", "mt_accepted {code_word} {meeting}", {NULL, 0}},
                                   {"mt_accepted_phone", "mt_accepted_phone {phone}", {NULL, 0}},
                                   {"code_words", "hoa dao sen", {NULL, 0}}};
static const struct catalog_def catalog = {.lang = "vi",
                                           .texts = {.items = texts, .n = sizeof texts / sizeof texts[0]}};

/* ---- who helps ---- */

/* North has Lan and Duty, south has Mai. Lan lives nearest and takes one at a time, Duty is the last in line.
 */

static struct arena arena;
static struct rules rules, usual_rules; /* a test may change the first */

static inline struct network *make_network(const struct gazetteer *places)
{
    static struct endpoint endpoints[] = {{.id = "north"}, {.id = "south"}};
    static struct host host = {.id = "house",
                               .name = "House",
                               .kind = HOST_SHELTER,
                               .needs = 1u << NEED_SHELTER | 1u << NEED_DANGER,
                               .children = -1,
                               .hours = {.always = true},
                               .meeting_point = "cho"};
    static const struct place *here[1];
    static const struct host *house[] = {&host};
    static struct collaborator people[] = {
        {.id = "lan",
         .n_channels = 1,
         .places = here,
         .n_places = 1,
         .hosts = house,
         .n_hosts = 1,
         .max_open = 1,
         .rota = {.always = true}},
        {.id = "mai",
         .channels = {1},
         .n_channels = 1,
         .hosts = house,
         .n_hosts = 1,
         .rota = {.always = true}},
        {.id = "duty", .n_channels = 1, .duty = true, .rota = {.always = true}},
    };
    static struct network net = {.hosts = &host,
                                 .n_hosts = 1,
                                 .collaborators = people,
                                 .n_collaborators = 3,
                                 .endpoints = endpoints,
                                 .n_endpoints = 2,
                                 .speed_kmh = 30,
                                 .detour = 1.3,
                                 .tz_offset_min = 420,
                                 .offer_timeout = {OFFER_WAIT, URGENT_WAIT},
                                 .max_offers = 2,
                                 .urgent_without_consent = true};
    here[0] = host.place = places_commune(places, 0);
    routing_index(&net, &arena);
    return &net;
}

static inline bool make_rules(void)
{
    static const struct place_row units[] = {
        {.code = "14", .level = PLACE_PROVINCE, .type = "Tỉnh", .name = "Sơn La", .ascii = "Son La"},
        {.code = "03985",
         .level = PLACE_COMMUNE,
         .parent = "14",
         .type = "Xã",
         .name = "Chiềng Sơn",
         .ascii = "Chieng Son",
         .lat = 20.8,
         .lon = 104.6},
    };
    struct cfg_findings f;
    struct failure why;
    cfg_findings_init(&f, &arena);
    const struct gazetteer *places = places_build(units, 2, NULL, 0, &arena, &why);
    usual_rules = (struct rules){.places = places,
                                 .network = places ? make_network(places) : NULL,
                                 .dialogue = dialogue_build(&line, &arena, &f),
                                 .catalogs = catalogs_build(&catalog, 1, &arena, &f),
                                 .stamp = "test",
                                 .dedupe_window = 3 * DAY_MS,
                                 .send_backoff = 10 * SECOND_MS,
                                 .send_backoff_cap = 10 * MINUTE_MS,
                                 .send_give_up = GIVE_UP};
    for (size_t i = 0; i < f.n; i++)
        fprintf(stderr, "%s\n", f.items[i].what);
    cfg_findings_free(&f);
    rules = usual_rules;
    return rules.network && rules.dialogue && rules.catalogs;
}

/* ---- a run: engine, store, and a courier that only remembers ---- */

struct caught {
    uint64_t id;
    msec created;
    enum send_kind kind;
    bool drill;
    char target[40], to[MSISDN_MAX], from[24], body[2048];
};

static struct run {
    struct store store;
    struct engine *engine;
    msec now;
    bool busy; /* the courier has no room */
    struct caught sent[256];
    size_t n_sent;
    int n_keys;
    char url[96];
} run;

static struct store_ops ops;
static const struct store_ops *inner;
static int commits_to_fail;
static int stores;

static inline enum err commit(void *self, struct failure *why)
{
    if (commits_to_fail == 0)
        return inner->commit(self, why);
    commits_to_fail--;
    return (fail)(why, ERR_AGAIN, "the disk is full"); /* not the macro of cmocka */
}

/* Something only this row cannot get over. */
static inline enum err append(void *self, struct row *row, struct failure *why)
{
    return str_is(row->text, "poison") ? (fail)(why, ERR_CORRUPT, "poison") : inner->append(self, row, why);
}

static inline bool catch (void *ctx, const struct store_send *s)
{
    (void)ctx;
    if (run.busy)
        return false;
    assert_true(run.n_sent < sizeof run.sent / sizeof run.sent[0]);
    struct caught *c = &run.sent[run.n_sent++];
    *c = (struct caught){.id = s->id, .created = s->created, .kind = s->kind, .drill = s->drill};
    memcpy(c->target, s->target, sizeof c->target);
    memcpy(c->to, s->to, sizeof c->to);
    memcpy(c->from, s->from, sizeof c->from);
    assert_true(str_copy(s->body, c->body, sizeof c->body));
    return true;
}

static inline void start_engine(void)
{
    struct rng rng;
    rng_seed(&rng, 7);
    run.engine = engine_create(&run.store, &rules, (struct engine_hooks){.send = catch}, &rng);
}

static const uint8_t master_key[JOURNAL_KEY] = {4, 5, 6};

static inline bool open_run(void)
{
    struct failure why;
    if (journal_open(run.url, master_key, JOURNAL_WRITE, &run.store, &why) != OK)
        return false;
    inner = run.store.ops;
    ops = *inner;
    ops.commit = commit;
    ops.append = append;
    run.store.ops = &ops;
    start_engine();
    return true;
}

static inline int begin_run(void **state)
{
    run = (struct run){.now = START};
    snprintf(run.url, sizeof run.url, strcmp(*state, "sqlite") == 0 ? "sqlite:%s/%d.db" : "memory:", dir,
             stores++);
    commits_to_fail = 0;
    rules = usual_rules;
    return open_run() ? 0 : 1;
}

/* The daemon dies and comes back; what is in memory only outlives it here, where it stands for a file. */
static inline void restart(void)
{
    engine_destroy(run.engine);
    if (strcmp(run.url, "memory:") == 0) {
        start_engine();
        return;
    }
    journal_close(&run.store);
    assert_true(open_run());
}

static inline int end_run(void **state)
{
    (void)state;
    engine_destroy(run.engine);
    journal_close(&run.store);
    return 0;
}

/* ---- inputs ---- */

static inline struct job message(const char *number, const char *text, const char *key)
{
    struct job j = {.in = {.kind = INPUT_MO,
                           .aggregator = "kannel",
                           .recipient = STR("8099"),
                           .text = str_of(text),
                           .key = str_of(key)}};
    str_copy(str_of(number), j.in.sender, sizeof j.in.sender);
    return j;
}

static inline void work(struct job *j)
{
    engine_batch(run.engine, &j, 1, run.now);
}

/* One new message a second. */
static inline struct answer says(const char *number, const char *text)
{
    char key[32];
    snprintf(key, sizeof key, "kannel/sms/%d", run.n_keys++);
    struct job j = message(number, text, key);
    run.now += SECOND_MS;
    work(&j);
    return j.out;
}

static inline struct answer hears(const char *number, const char *text, const char *answer)
{
    struct answer a = says(number, text);
    assert_int_equal(a.status, OK);
    assert_string_equal(a.text, answer);
    return a;
}

static inline struct answer answers(const char *endpoint, const char *who, enum answer_verb verb,
                                    uint64_t referral)
{
    struct job j = {.in = {.kind = INPUT_ANSWER,
                           .verb = verb,
                           .referral = referral,
                           .collaborator = str_of(who),
                           .outcome = verb == VERB_CLOSE ? STR("helped") : (struct str){NULL, 0}}};
    str_copy(str_of(endpoint), j.in.endpoint, sizeof j.in.endpoint);
    run.now += SECOND_MS;
    work(&j);
    return j.out;
}

/* The engine's clock goes on by this much. */
static inline void passes(msec time)
{
    run.now += time;
    engine_timers(run.engine, run.now);
}

static inline void settles(const struct caught *c, enum send_result result, const char *message_id)
{
    struct job j = {
        .in = {
            .kind = INPUT_SENT, .send_id = c->id, .result = result, .send_message_id = str_of(message_id)}};
    work(&j);
    assert_int_equal(j.out.status, OK);
}

static inline struct answer receipt_by(const char *aggregator, const char *message_id, enum dlr_status status,
                                       enum mt_class why_not, const char *key)
{
    struct job j = {.in = {.kind = INPUT_DLR,
                           .message_id = str_of(message_id),
                           .dlr = status,
                           .mt_class = why_not,
                           .key = str_of(key)}};
    str_copy(str_of(aggregator), j.in.aggregator, sizeof j.in.aggregator);
    work(&j);
    return j.out;
}

static inline struct answer receipt(const char *message_id, enum dlr_status status, const char *key)
{
    return receipt_by("kannel", message_id, status, MT_CLASS_UNKNOWN, key);
}

/* ---- what the journal holds ---- */

static struct row all[1024];
static size_t n_rows;

static inline bool keep(void *unused, const struct row *row)
{
    (void)unused;
    assert_true(n_rows < sizeof all / sizeof all[0]);
    all[n_rows++] = *row; /* texts live no longer than this call */
    all[n_rows - 1].text.s = all[n_rows - 1].reply.s = NULL;
    return true;
}

static inline size_t read_rows(void)
{
    struct failure why;
    uint64_t verified;
    n_rows = 0;
    assert_int_equal(run.store.ops->scan(run.store.self, 0, true, keep, NULL, &why), OK);
    assert_int_equal(run.store.ops->verify(run.store.self, &verified, &why), OK);
    assert_int_equal(verified, n_rows);
    return n_rows;
}

static inline size_t count(enum row_kind kind)
{
    size_t n = 0;
    read_rows();
    for (size_t i = 0; i < n_rows; i++)
        n += all[i].kind == kind;
    return n;
}

/* The last row of a kind; there is one. */
static inline struct row last_row(enum row_kind kind)
{
    struct row last = {.seq = 0};
    read_rows();
    for (size_t i = 0; i < n_rows; i++)
        if (all[i].kind == kind)
            last = all[i];
    assert_true(last.seq != 0);
    return last;
}

static inline uint64_t last_referral(void)
{
    uint64_t id = 0;
    read_rows();
    for (size_t i = 0; i < n_rows; i++)
        if (all[i].kind == ROW_REFERRAL && all[i].event == RE_OPENED)
            id = all[i].referral;
    return id;
}

/* "opened offered:lan accepted:lan": a referral's story as the journal tells it. */
static inline const char *story(uint64_t referral)
{
    static char text[512];
    struct out o;
    out_init(&o, text, sizeof text);
    read_rows();
    for (size_t i = 0; i < n_rows; i++) {
        const struct row *r = &all[i];
        if (r->kind == ROW_REFERRAL && r->referral == referral)
            out_printf(&o, "%s%s%s%s", o.len ? " " : "", referral_event_name((enum referral_event)r->event),
                       *r->collaborator ? ":" : "", r->collaborator);
    }
    return text;
}

static inline struct referral referral_of(uint64_t id)
{
    struct referral r;
    struct failure why;
    assert_int_equal(run.store.ops->referral_get(run.store.self, id, &r, &why), OK);
    return r;
}

/* Shelter near Chieng Son, answer by SMS, consent: offered to Lan. */
static inline uint64_t asks_for_shelter(const char *number)
{
    hears(number, "2", "place");
    hears(number, "chieng son", "safe");
    hears(number, "1", "consent");
    hears(number, "1", "referred");
    return last_referral();
}

static inline const struct caught *last_sent(enum send_kind kind, const char *target)
{
    assert_true(run.n_sent > 0);
    const struct caught *c = &run.sent[run.n_sent - 1];
    assert_int_equal(c->kind, kind);
    assert_string_equal(c->target, target);
    return c;
}

/* ---- every test runs over both stores ---- */

static inline int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return sodium_init() < 0 || !make_dir() || !make_rules();
}

static inline int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return remove_dir();
}

__attribute__((unused)) static char kinds[][8] = {"sqlite", "memory"};
#define OVER_SQLITE(test)                                                                                    \
    {                                                                                                        \
#test " (sqlite)", test, begin_run, end_run, kinds[0]                                                \
    }
#define BOTH(test)                                                                                           \
    OVER_SQLITE(test),                                                                                       \
    {                                                                                                        \
#test " (memory)", test, begin_run, end_run, kinds[1]                                                \
    }

#endif
