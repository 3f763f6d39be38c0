/* The engine over a real store: what is said once happens once, and what is not committed did not happen.
 * Every test runs over both stores, with a small line of its own: two systems, three collaborators. */
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
                                   {"mt_accepted", "mt_accepted {code_word} {meeting}", {NULL, 0}},
                                   {"mt_accepted_phone", "mt_accepted_phone {phone}", {NULL, 0}},
                                   {"code_words", "hoa dao sen", {NULL, 0}}};
static const struct catalog_def catalog = {.lang = "vi",
                                           .texts = {.items = texts, .n = sizeof texts / sizeof texts[0]}};

/* ---- who helps ---- */

/* North has Lan and Duty, south has Mai. Lan lives nearest and takes one at a time, Duty is the last in line.
 */

static struct arena arena;
static struct rules rules;

static struct network *make_network(const struct gazetteer *places)
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
         .endpoint = 0,
         .places = here,
         .n_places = 1,
         .hosts = house,
         .n_hosts = 1,
         .max_open = 1,
         .rota = {.always = true}},
        {.id = "mai", .endpoint = 1, .hosts = house, .n_hosts = 1, .rota = {.always = true}},
        {.id = "duty", .endpoint = 0, .duty = true, .rota = {.always = true}},
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
    return &net;
}

static bool make_rules(void)
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
    rules = (struct rules){.places = places,
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
    return rules.network && rules.dialogue && rules.catalogs;
}

/* ---- a run: engine, store, and a courier that only remembers ---- */

struct caught {
    uint64_t id;
    enum send_kind kind;
    bool drill;
    char target[40], to[MSISDN_MAX], body[2048];
};

static struct run {
    struct store store;
    struct engine *engine;
    msec now;
    bool busy; /* the courier has no room */
    struct caught sent[64];
    size_t n_sent;
    int n_keys;
} run;

static struct store_ops ops;
static const struct store_ops *inner;
static int commits_to_fail;
static int stores;

static enum err commit(void *self, struct failure *why)
{
    if (commits_to_fail == 0)
        return inner->commit(self, why);
    commits_to_fail--;
    return (fail)(why, ERR_AGAIN, "the disk is full"); /* not the macro of cmocka */
}

/* Something only this row cannot get over. */
static enum err append(void *self, struct row *row, struct failure *why)
{
    return str_is(row->text, "poison") ? (fail)(why, ERR_CORRUPT, "poison") : inner->append(self, row, why);
}

static bool catch (void *ctx, const struct store_send *s)
{
    (void)ctx;
    if (run.busy)
        return false;
    assert_true(run.n_sent < sizeof run.sent / sizeof run.sent[0]);
    struct caught *c = &run.sent[run.n_sent++];
    *c = (struct caught){.id = s->id, .kind = s->kind, .drill = s->drill};
    memcpy(c->target, s->target, sizeof c->target);
    memcpy(c->to, s->to, sizeof c->to);
    assert_true(str_copy(s->body, c->body, sizeof c->body));
    return true;
}

static void start_engine(void)
{
    struct rng rng;
    rng_seed(&rng, 7);
    run.engine = engine_create(&run.store, &rules, (struct engine_hooks){.send = catch}, &rng);
}

static int begin_run(void **state)
{
    static const uint8_t key[JOURNAL_KEY] = {4, 5, 6};
    struct failure why;
    char url[96];
    snprintf(url, sizeof url, strcmp(*state, "sqlite") == 0 ? "sqlite:%s/%d.db" : "memory:", dir, stores++);
    run = (struct run){.now = START};
    commits_to_fail = 0;
    if (journal_open(url, key, JOURNAL_WRITE, &run.store, &why) != OK)
        return 1;
    inner = run.store.ops;
    ops = *inner;
    ops.commit = commit;
    ops.append = append;
    run.store.ops = &ops;
    start_engine();
    return 0;
}

static int end_run(void **state)
{
    (void)state;
    engine_destroy(run.engine);
    journal_close(&run.store);
    return 0;
}

/* ---- inputs ---- */

static struct job message(const char *number, const char *text, const char *key)
{
    struct job j = {.in = {.kind = INPUT_MO,
                           .aggregator = "kannel",
                           .recipient = STR("8099"),
                           .text = str_of(text),
                           .key = str_of(key)}};
    str_copy(str_of(number), j.in.sender, sizeof j.in.sender);
    return j;
}

static void work(struct job *j)
{
    engine_batch(run.engine, &j, 1, run.now);
}

/* One new message a second. */
static struct answer says(const char *number, const char *text)
{
    char key[32];
    snprintf(key, sizeof key, "kannel/sms/%d", run.n_keys++);
    struct job j = message(number, text, key);
    run.now += SECOND_MS;
    work(&j);
    return j.out;
}

static struct answer hears(const char *number, const char *text, const char *answer)
{
    struct answer a = says(number, text);
    assert_int_equal(a.status, OK);
    assert_string_equal(a.text, answer);
    return a;
}

static struct answer answers(const char *endpoint, const char *who, enum answer_verb verb, uint64_t referral)
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

static void settles(const struct caught *c, enum send_result result, const char *message_id)
{
    struct job j = {
        .in = {
            .kind = INPUT_SENT, .send_id = c->id, .result = result, .send_message_id = str_of(message_id)}};
    work(&j);
    assert_int_equal(j.out.status, OK);
}

static struct answer receipt(const char *message_id, enum dlr_status status, const char *key)
{
    struct job j = {.in = {.kind = INPUT_DLR,
                           .aggregator = "kannel",
                           .message_id = str_of(message_id),
                           .dlr = status,
                           .key = str_of(key)}};
    work(&j);
    return j.out;
}

/* ---- what the journal holds ---- */

static struct row all[256];
static size_t n_rows;

static bool keep(void *unused, const struct row *row)
{
    (void)unused;
    assert_true(n_rows < sizeof all / sizeof all[0]);
    all[n_rows++] = *row; /* texts live no longer than this call */
    all[n_rows - 1].text.s = all[n_rows - 1].reply.s = NULL;
    return true;
}

static size_t read_rows(void)
{
    struct failure why;
    uint64_t verified;
    n_rows = 0;
    assert_int_equal(run.store.ops->scan(run.store.self, 0, true, keep, NULL, &why), OK);
    assert_int_equal(run.store.ops->verify(run.store.self, &verified, &why), OK);
    assert_int_equal(verified, n_rows);
    return n_rows;
}

static size_t count(enum row_kind kind)
{
    size_t n = 0;
    read_rows();
    for (size_t i = 0; i < n_rows; i++)
        n += all[i].kind == kind;
    return n;
}

static uint64_t last_referral(void)
{
    uint64_t id = 0;
    read_rows();
    for (size_t i = 0; i < n_rows; i++)
        if (all[i].kind == ROW_REFERRAL && all[i].event == RE_OPENED)
            id = all[i].referral;
    return id;
}

/* "opened offered:lan accepted:lan": a referral's story as the journal tells it. */
static const char *story(uint64_t referral)
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

static struct referral referral_of(uint64_t id)
{
    struct referral r;
    struct failure why;
    assert_int_equal(run.store.ops->referral_get(run.store.self, id, &r, &why), OK);
    return r;
}

/* Shelter near Chieng Son, answer by SMS, consent: offered to Lan. */
static uint64_t asks_for_shelter(const char *number)
{
    hears(number, "2", "place");
    hears(number, "chieng son", "safe");
    hears(number, "1", "consent");
    hears(number, "1", "referred");
    return last_referral();
}

static const struct caught *last_sent(enum send_kind kind, const char *target)
{
    assert_true(run.n_sent > 0);
    const struct caught *c = &run.sent[run.n_sent - 1];
    assert_int_equal(c->kind, kind);
    assert_string_equal(c->target, target);
    return c;
}

/* ---- repeats ---- */

static void repeats_change_nothing(void **state)
{
    struct job first = message(ANNA, "2", "k1"), again = message(ANNA, "2", "k1");
    (void)state;
    work(&first);
    size_t rows = read_rows();
    work(&again);
    assert_false(first.out.duplicate);
    assert_true(again.out.duplicate);
    assert_int_equal(again.out.status, OK);
    assert_string_equal(first.out.text, "place");
    assert_string_equal(again.out.text, "place");
    assert_int_equal(again.out.len, 5);
    assert_int_equal(read_rows(), rows);
    hears(ANNA, "chieng son", "safe"); /* the conversation stands where it stood */
    work(&again);
    assert_string_equal(again.out.text, "place"); /* what was answered then, not what would be now */
    assert_int_equal(engine_counters(run.engine)->duplicates, 2);
}

static void repeats_within_one_batch(void **state)
{
    struct job one = message(ANNA, "sos chieng son", "k1"), two = one, other = message(BINH, "sos", "k1");
    struct job *jobs[] = {&one, &two, &other};
    (void)state;
    engine_batch(run.engine, jobs, 3, run.now);
    assert_false(one.out.duplicate);
    assert_true(two.out.duplicate);
    assert_string_equal(one.out.text, two.out.text);
    assert_false(other.out.duplicate); /* a key is one contact's */
    assert_int_equal(count(ROW_MO), 2);
    assert_int_equal(engine_counters(run.engine)->referrals, 2);
}

static void a_cry_for_help_is_passed_on_once(void **state)
{
    struct job cry = message(ANNA, "SOS chieng son", "k1");
    (void)state;
    work(&cry);
    assert_int_equal(run.n_sent, 1);
    for (int i = 0; i < 5; i++)
        work(&cry);
    assert_int_equal(run.n_sent, 1);
    assert_string_equal(story(last_referral()), "opened offered:lan");
    assert_non_null(strstr(run.sent[0].body, "\"urgency\":\"urgent\""));
    assert_null(strstr(run.sent[0].body, "900000001")); /* who it is, nobody is told yet */
}

static void ussd_repeats_keep_the_session_closed(void **state)
{
    struct job end = message(ANNA, "thoat", "u1"), again;
    (void)state;
    end.in.kind = INPUT_USSD;
    end.in.session_id = STR("s");
    end.in.event = DLG_TEXT;
    again = end;
    work(&end);
    work(&again);
    assert_true(again.out.duplicate && end.out.end && again.out.end);
    assert_string_equal(again.out.text, "left");
}

static void repeats_are_forgotten_after_their_window(void **state)
{
    struct job cry = message(ANNA, "2", "k1");
    (void)state;
    work(&cry);
    run.now += rules.dedupe_window - MINUTE_MS;
    engine_timers(run.engine, run.now);
    work(&cry);
    assert_true(cry.out.duplicate);
    run.now += 20 * MINUTE_MS;
    engine_timers(run.engine, run.now);
    work(&cry);
    assert_false(cry.out.duplicate);
    assert_int_equal(count(ROW_MO), 2);
}

/* ---- commits that fail ---- */

static void a_failed_commit_did_not_happen(void **state)
{
    struct job cry = message(ANNA, "sos chieng son", "k1"), other = message(BINH, "2", "k2");
    struct job *jobs[] = {&cry, &other};
    (void)state;
    commits_to_fail = 2;
    for (int i = 0; i < 2; i++) {
        engine_batch(run.engine, jobs, 2, run.now);
        assert_int_equal(cry.out.status, ERR_AGAIN);
        assert_int_equal(other.out.status, ERR_AGAIN);
        assert_int_equal(cry.out.len, 0); /* no answer that was never kept */
        assert_string_equal(cry.out.text, "");
        assert_int_equal(run.n_sent, 0);
        assert_int_equal(engine_in_flight(run.engine), 0);
        assert_false(engine_store_ok(run.engine));
        assert_int_equal(read_rows(), 0);
    }
    assert_int_equal(engine_counters(run.engine)->commit_failures, 2);
    engine_batch(run.engine, jobs, 2, run.now);
    assert_true(engine_store_ok(run.engine));
    assert_int_equal(cry.out.status, OK);
    assert_false(cry.out.duplicate);
    assert_string_equal(other.out.text, "place");
    assert_int_equal(run.n_sent, 1);
    assert_string_equal(story(last_referral()), "opened offered:lan");
}

static void an_answer_that_was_not_kept_is_not_told(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    commits_to_fail = 1;
    struct answer a = answers("north", "lan", VERB_ACCEPT, id);
    assert_int_equal(a.status, ERR_AGAIN);
    assert_string_equal(a.phone, "");
    assert_string_equal(a.code_word, "");
    assert_int_equal(run.n_sent, 1); /* the alert of before, no message that it was taken */
    assert_int_equal(referral_of(id).state, REFERRAL_OFFERED);
    a = answers("north", "lan", VERB_ACCEPT, id);
    assert_int_equal(a.status, OK);
    assert_string_equal(a.phone, ANNA);
    last_sent(SEND_MT, "kannel");
}

static void one_bad_input_takes_no_other_down(void **state)
{
    struct job good = message(ANNA, "2", "k1"), bad = message(BINH, "poison", "k2"),
               late = message(ANNA, "chieng son", "k3");
    struct job *jobs[] = {&good, &bad, &late};
    (void)state;
    engine_batch(run.engine, jobs, 3, run.now);
    assert_string_equal(good.out.text, "place");
    assert_int_equal(bad.out.status, ERR_AGAIN);
    assert_int_equal(bad.out.len, 0);
    assert_string_equal(late.out.text, "safe");
    assert_false(good.out.duplicate || late.out.duplicate);
    assert_int_equal(count(ROW_MO), 2);
}

static void failed_timers_work_again(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    run.now += OFFER_WAIT;
    commits_to_fail = 1;
    msec wake = engine_timers(run.engine, run.now);
    assert_in_range(wake, run.now + 1, run.now + SECOND_MS); /* soon again */
    assert_string_equal(story(id), "opened offered:lan");
    assert_int_equal(run.n_sent, 1);
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
    assert_int_equal(run.n_sent, 2);
}

/* ---- escalation ---- */

static void silence_passes_the_referral_on(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    last_sent(SEND_ALERT, "lan");
    msec due = run.now + OFFER_WAIT;
    assert_int_equal(engine_timers(run.engine, run.now),
                     run.now + 10 * MINUTE_MS); /* old keys are purged first */
    assert_true(engine_timers(run.engine, due - 1) <= due);
    assert_string_equal(story(id), "opened offered:lan");
    run.now = due;
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
    last_sent(SEND_ALERT, "mai");
    run.now += OFFER_WAIT;
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id),
                        "opened offered:lan expired:lan offered:mai expired:mai unmet"); /* two at most */
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, "mt_unmet");
    assert_string_equal(run.sent[run.n_sent - 1].to, ANNA);
    run.now += DAY_MS;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 3);
    assert_int_equal(referral_of(id).state, REFERRAL_UNMET);
}

static void urgent_offers_wait_less(void **state)
{
    (void)state;
    says(ANNA, "sos chieng son");
    uint64_t id = last_referral();
    run.now += URGENT_WAIT - 1;
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan");
    run.now++;
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
}

static void a_refusal_passes_it_on_at_once(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    assert_int_equal(answers("north", "lan", VERB_DECLINE, id).status, OK);
    assert_string_equal(story(id), "opened offered:lan declined:lan offered:mai");
    last_sent(SEND_ALERT, "mai");
    assert_int_equal(answers("north", "lan", VERB_DECLINE, id).status, OK); /* said again */
    assert_string_equal(story(id), "opened offered:lan declined:lan offered:mai");
}

static void a_dead_system_passes_it_on(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    settles(last_sent(SEND_ALERT, "lan"), SEND_PERMANENT, "");
    assert_string_equal(story(id), "opened offered:lan failed:lan offered:mai");
    last_sent(SEND_ALERT, "mai");
}

static void the_contact_may_want_somebody_else(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    hears(ANNA, "2", "noted");
    assert_string_equal(story(id), "opened offered:lan offered:mai");
    assert_int_equal(referral_of(id).offers[0].state, OFFER_WITHDRAWN);
    struct answer a = answers("north", "lan", VERB_ACCEPT, id);
    assert_int_equal(a.status, ERR_INPUT);
    assert_string_equal(a.phone, "");
}

/* Lan takes one at a time. */
static void who_has_enough_is_not_asked(void **state)
{
    (void)state;
    commits_to_fail = 1; /* what was not kept is no burden */
    assert_int_equal(says(ANNA, "sos chieng son").status, ERR_AGAIN);
    uint64_t first = asks_for_shelter(ANNA), second = asks_for_shelter(BINH);
    assert_string_equal(story(first), "opened offered:lan");
    assert_string_equal(story(second), "opened offered:mai");
    answers("north", "lan", VERB_ACCEPT, first);
    answers("north", "lan", VERB_CLOSE, first);
    assert_string_equal(story(asks_for_shelter("+84900000003")), "opened offered:lan");
    engine_destroy(run.engine);
    start_engine(); /* counted anew from the store */
    assert_string_equal(story(asks_for_shelter("+84900000004")), "opened offered:mai");
}

/* ---- what collaborators answer ---- */

static void who_accepts_learns_whom_to_call(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    char text[64];
    (void)state;
    struct answer a = answers("north", "lan", VERB_ACCEPT, id);
    assert_int_equal(a.status, OK);
    assert_string_equal(a.phone, ANNA);
    assert_string_equal(a.host, "house");
    assert_int_equal(a.state, REFERRAL_ACCEPTED);
    snprintf(text, sizeof text, "mt_accepted %s cho", a.code_word);
    assert_true(*a.code_word != '\0');
    assert_string_equal(last_sent(SEND_MT, "kannel")->body, text);
    assert_int_equal(count(ROW_ACCESS), 1);
    struct answer again = answers("north", "lan", VERB_ACCEPT, id); /* the answer was lost on the way */
    assert_string_equal(again.phone, ANNA);
    assert_string_equal(again.code_word, a.code_word);
    assert_int_equal(run.n_sent, 2);
    assert_int_equal(count(ROW_ACCESS), 2); /* each look is written down */
    assert_int_equal(answers("north", "lan", VERB_ARRIVED, id).status, OK);
    a = answers("north", "lan", VERB_CLOSE, id);
    assert_int_equal(a.status, OK);
    assert_string_equal(a.phone, "");
    assert_string_equal(story(id), "opened offered:lan accepted:lan arrived:lan closed:lan");
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, ERR_INPUT);
}

static void late_answers_are_refused(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    run.now += OFFER_WAIT;
    engine_timers(run.engine, run.now);
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, OK); /* late, but nobody else has it */
    struct answer a = answers("south", "mai", VERB_ACCEPT, id);
    assert_int_equal(a.status, ERR_INPUT);
    assert_string_equal(a.phone, "");
    assert_string_equal(a.code_word, "");
    assert_string_equal(a.reason, "another collaborator has accepted it");
    assert_int_equal(answers("south", "mai", VERB_ARRIVED, id).status, ERR_INPUT);
    assert_int_equal(answers("south", "mai", VERB_CLOSE, id).status, ERR_INPUT);
    assert_int_equal(answers("north", "duty", VERB_ACCEPT, id).status, ERR_MISSING); /* never offered */
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id + 1).status, ERR_MISSING);
    assert_int_equal(engine_counters(run.engine)->late_answers, 4);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai accepted:lan");
    assert_int_equal(count(ROW_ACCESS), 1);
}

static void a_system_speaks_for_its_own_people_only(void **state)
{
    static const struct {
        const char *endpoint, *who;
    } wrong[] = {{"south", "lan"},    {"", "lan"},   {"north", "mai"},
                 {"north", "nobody"}, {"north", ""}, {"nowhere", "lan"}};
    uint64_t id = asks_for_shelter(ANNA);
    size_t rows = read_rows();
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        for (int verb = VERB_ACCEPT; verb <= VERB_CLOSE; verb++) {
            struct answer a = answers(wrong[i].endpoint, wrong[i].who, (enum answer_verb)verb, id);
            assert_int_equal(a.status, ERR_AUTH);
            assert_string_equal(a.phone, "");
        }
    assert_int_equal(read_rows(), rows);
    assert_int_equal(referral_of(id).state, REFERRAL_OFFERED);
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, OK);
}

static void drills_reach_no_real_system(void **state)
{
    struct job cry = message(ANNA, "sos chieng son", "k1");
    (void)state;
    cry.in.drill = true;
    work(&cry);
    assert_string_equal(story(last_referral()), "opened offered:lan");
    assert_int_equal(run.n_sent, 0);
    for (size_t i = 0; i < n_rows; i++)
        assert_true(all[i].drill);
}

/* A drill on the same phone neither hides the real request nor takes its place. */
static void a_drill_and_the_real_thing_stay_apart(void **state)
{
    uint64_t real = asks_for_shelter(ANNA);
    struct job cry = message(ANNA, "sos chieng son", "k1");
    (void)state;
    cry.in.drill = true;
    work(&cry);
    uint64_t drill = last_referral();
    assert_true(drill != real);
    says(ANNA, "sos chieng son");
    assert_int_equal(last_referral(), drill); /* no third one */
    assert_true(referral_of(real).urgent);
    says(ANNA, "xoa");
    assert_string_equal(referral_of(real).outcome, "erased");
    assert_string_equal(referral_of(drill).outcome, "erased");
}

/* Unmet, then asked again: whoever accepts the old one late would come beside the new one. */
static void a_newer_request_takes_the_place_of_an_unmet_one(void **state)
{
    uint64_t old = asks_for_shelter(ANNA);
    (void)state;
    for (int i = 0; i < 2; i++) {
        run.now += OFFER_WAIT;
        engine_timers(run.engine, run.now);
    }
    assert_int_equal(referral_of(old).state, REFERRAL_UNMET);
    says(ANNA, "sos chieng son");
    uint64_t newer = last_referral();
    assert_true(newer != old);
    struct answer a = answers("north", "lan", VERB_ACCEPT, old);
    assert_int_equal(a.status, ERR_INPUT);
    assert_string_equal(a.phone, "");
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, newer).status, OK);
}

/* ---- the outbox ---- */

/* What waits for its next try is not sent once somebody else has the case. */
static void an_alert_that_waits_is_withdrawn(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    settles(last_sent(SEND_ALERT, "lan"), SEND_TEMPORARY, "");
    assert_int_equal(answers("north", "lan", VERB_DECLINE, id).status, OK);
    last_sent(SEND_ALERT, "mai");
    size_t sent = run.n_sent;
    run.now += HOUR_MS / 60;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, sent);
}

static void counters_forget_what_did_not_happen(void **state)
{
    (void)state;
    commits_to_fail = 3;
    for (int i = 0; i < 3; i++)
        assert_int_equal(says(ANNA, "sos chieng son").status, ERR_AGAIN);
    assert_int_equal(says(ANNA, "sos chieng son").status, OK);
    const struct engine_counters *c = engine_counters(run.engine);
    assert_int_equal(c->referrals, 1);
    assert_int_equal(c->offers, 1);
    assert_int_equal(c->alerts, 1);
    assert_int_equal(c->urgent, 1);
    assert_int_equal(c->commit_failures, 3);
}

static void a_busy_courier_is_asked_again(void **state)
{
    (void)state;
    run.busy = true;
    uint64_t id = asks_for_shelter(ANNA);
    assert_int_equal(run.n_sent, 0);
    assert_true(engine_timers(run.engine, run.now) <= run.now + SECOND_MS);
    run.busy = false;
    engine_timers(run.engine, run.now);
    last_sent(SEND_ALERT, "lan");
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 1); /* under way: not once more */
    assert_int_equal(engine_in_flight(run.engine), 1);
    assert_int_equal(referral_of(id).state, REFERRAL_OFFERED);
}

static void failed_sends_are_tried_later(void **state)
{
    (void)state;
    asks_for_shelter(ANNA);
    struct caught alert = *last_sent(SEND_ALERT, "lan");
    settles(&alert, SEND_TEMPORARY, "");
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 1); /* a first try again is never at once */
    run.now += rules.send_backoff;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 2);
    assert_int_equal(last_sent(SEND_ALERT, "lan")->id,
                     alert.id); /* the same id: the receiver knows it again */
    settles(&alert, SEND_OK, "");
    assert_int_equal(count(ROW_SEND), 1);
    run.now += DAY_MS;
    size_t before = run.n_sent;
    settles(&alert, SEND_OK, ""); /* nothing is left to settle */
    assert_int_equal(count(ROW_SEND), 1);
    assert_int_equal(run.n_sent, before);
}

static void sends_are_given_up(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    struct caught alert = *last_sent(SEND_ALERT, "lan");
    run.now += GIVE_UP; /* long after the offer itself ran out */
    engine_timers(run.engine, run.now);
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai");
    settles(&alert, SEND_TEMPORARY, "");
    assert_string_equal(story(id), "opened offered:lan expired:lan offered:mai"); /* Mai's turn, still */
    assert_int_equal(count(ROW_SEND), 1);
    assert_int_equal(engine_counters(run.engine)->sends_failed, 1);
}

static void what_was_not_sent_outlives_the_engine(void **state)
{
    (void)state;
    asks_for_shelter(ANNA);
    uint64_t id = last_sent(SEND_ALERT, "lan")->id; /* the courier has it, and dies */
    engine_destroy(run.engine);
    start_engine();
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, 2);
    assert_int_equal(run.sent[1].id, id);
    assert_string_equal(run.sent[1].body, run.sent[0].body);
}

/* ---- stop, erase ---- */

static void stop_means_no_message(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    hears(ANNA, "dung", "stopped");
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, OK);
    assert_int_equal(run.n_sent, 1); /* the alert: help still comes, but no message */
    assert_int_equal(count(ROW_MT), 0);
    hears(ANNA, "2", "noted"); /* writing again is wishing for answers again; wants somebody else */
    assert_int_equal(answers("south", "mai", VERB_ACCEPT, id).status, OK);
    last_sent(SEND_MT, "kannel");
}

static void a_message_that_waits_is_stopped_too(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    answers("north", "lan", VERB_ACCEPT, id);
    settles(last_sent(SEND_MT, "kannel"), SEND_TEMPORARY, "");
    hears(ANNA, "dung", "stopped");
    size_t before = run.n_sent;
    run.now += HOUR_MS;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, before);
    hears(ANNA, "xin chao", "after");
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, before); /* gone, not kept for later */
}

static void erasure_leaves_counts_only(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    struct contact c;
    struct failure why;
    (void)state;
    answers("north", "lan", VERB_ACCEPT, id);
    struct caught mt = *last_sent(SEND_MT, "kannel");
    size_t before = read_rows();
    struct job erase = message(ANNA, "xoa", "k-xoa");
    work(&erase);
    assert_string_equal(erase.out.text, "erased");
    assert_int_equal(run.store.ops->contact_find(run.store.self, ANNA, &c, &why), ERR_MISSING);
    assert_true(read_rows() > before); /* nothing is taken away from the journal */
    assert_int_equal(count(ROW_ERASED), 1);
    for (size_t i = 0; i < n_rows; i++)
        assert_true(all[i].text.n == 0 && all[i].reply.n == 0);
    assert_string_equal(story(id), "opened offered:lan accepted:lan closed");
    assert_string_equal(referral_of(id).outcome, "erased");
    assert_int_equal(answers("north", "lan", VERB_ACCEPT, id).status, ERR_INPUT);
    assert_string_equal(answers("north", "lan", VERB_ARRIVED, id).phone, "");
    settles(&mt, SEND_TEMPORARY, ""); /* was under way; withdrawn meanwhile */
    run.now += HOUR_MS;
    size_t sent = run.n_sent;
    engine_timers(run.engine, run.now);
    assert_int_equal(run.n_sent, sent);
    work(&erase); /* asked twice for the same: known, though nobody knows by whom */
    assert_true(erase.out.duplicate);
    assert_int_equal(count(ROW_ERASED), 1);
    assert_int_equal(run.store.ops->contact_find(run.store.self, ANNA, &c, &why), ERR_MISSING);
}

static void erasing_nobody_keeps_nothing(void **state)
{
    struct contact c;
    struct failure why;
    (void)state;
    hears(ANNA, "xoa", "erased");
    assert_int_equal(run.store.ops->contact_find(run.store.self, ANNA, &c, &why), ERR_MISSING);
    assert_int_equal(read_rows(), 1);
    assert_int_equal(all[0].contact, 0);
}

static void a_repeat_from_before_the_erasure_is_not_news(void **state)
{
    struct job cry = message(ANNA, "sos chieng son", "k1");
    (void)state;
    work(&cry);
    hears(ANNA, "xoa", "erased");
    size_t sent = run.n_sent, rows = read_rows();
    work(&cry); /* the aggregator had not heard our answer */
    assert_true(cry.out.duplicate);
    assert_int_equal(cry.out.len, 0); /* what was said is gone */
    assert_int_equal(run.n_sent, sent);
    assert_int_equal(read_rows(), rows);
    says(ANNA, "sos"); /* a new one, of somebody unknown now */
    assert_int_equal(count(ROW_MO), 3);
    engine_timers(run.engine, run.now);
    assert_string_equal(story(last_referral()), "opened offered:duty"); /* place unknown */
}

/* ---- receipts ---- */

static void receipts_may_come_in_any_order(void **state)
{
    static const enum dlr_status order[] = {DLR_DELIVERED, DLR_QUEUED, DLR_SENT};
    (void)state;
    answers("north", "lan", VERB_ACCEPT, asks_for_shelter(ANNA));
    settles(last_sent(SEND_MT, "kannel"), SEND_OK, "m-1");
    for (int i = 0; i < 3; i++) {
        char key[16];
        snprintf(key, sizeof key, "dlr-%d", i);
        assert_int_equal(receipt("m-1", order[i], key).status, OK);
        assert_true(receipt("m-1", order[i], key).duplicate);
    }
    assert_int_equal(count(ROW_DLR), 3);
    for (size_t i = 0, k = 0; i < n_rows; i++)
        if (all[i].kind == ROW_DLR) {
            assert_int_equal(all[i].event, order[k++]);
            assert_true(all[i].contact != 0);
            assert_string_equal(all[i].note, "");
        }
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 0);
}

static void receipts_for_nothing_of_ours_are_taken_and_counted(void **state)
{
    (void)state;
    assert_int_equal(receipt("strange", DLR_DELIVERED, "d1").status, OK); /* else it comes for ever */
    assert_true(receipt("strange", DLR_DELIVERED, "d1").duplicate);
    assert_int_equal(count(ROW_DLR), 1);
    assert_int_equal(all[0].contact, 0);
    assert_string_equal(all[0].note, "unknown id");
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 1);
}

/* ---- a whole evening, with and without a disk that fails ---- */

static void tell_all(struct out *o)
{
    read_rows();
    for (size_t i = 0; i < n_rows; i++)
        out_printf(o, "%d %lld %llu %d %u %s %s %s %s\n", all[i].kind, (long long)(all[i].at - START),
                   (unsigned long long)all[i].contact, all[i].event, all[i].effects, all[i].state,
                   all[i].place, all[i].collaborator, all[i].note);
    for (size_t i = 0; i < run.n_sent; i++)
        out_printf(o, "%d %s %s\n", run.sent[i].kind, run.sent[i].target, run.sent[i].to);
}

static void an_evening(struct rng *chance, bool failing, struct out *o)
{
    static const char *const words[] = {"2",     "chieng son", "1", "1", "sos",
                                        "thoat", "xin chao",   "2", "1", "dung"};
    struct rng script;
    rng_seed(&script, 11);
    for (int i = 0; i < 60; i++) {
        char number[MSISDN_MAX], key[16];
        const char *text = words[rng_below(&script, sizeof words / sizeof words[0])];
        snprintf(number, sizeof number, "+8490000000%u", (unsigned)rng_below(&script, 4));
        snprintf(key, sizeof key, "e%d", i);
        struct job j = message(number, text, key);
        run.now += MINUTE_MS;
        engine_timers(run.engine, run.now);
        do {
            commits_to_fail = failing ? (int)rng_below(chance, 2) : 0;
            work(&j);
        } while (j.out.status == ERR_AGAIN); /* as an aggregator does */
        assert_false(j.out.duplicate);
        commits_to_fail = 0;
    }
    tell_all(o);
}

static void failures_leave_no_trace(void **state)
{
    static char calm[1 << 15], stormy[1 << 15];
    struct rng chance;
    struct out o;
    rng_seed(&chance, 3);
    out_init(&o, calm, sizeof calm);
    an_evening(&chance, false, &o);
    assert_false(o.overflow);
    assert_true(n_rows > 100 && run.n_sent > 10);
    end_run(state);
    assert_int_equal(begin_run(state), 0);
    out_init(&o, stormy, sizeof stormy);
    an_evening(&chance, true, &o);
    assert_true(engine_counters(run.engine)->commit_failures > 10);
    assert_string_equal(stormy, calm);
}

/* ---- the list of tests ---- */

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return sodium_init() < 0 || !make_dir() || !make_rules();
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return remove_dir();
}

static char sqlite_kind[] = "sqlite", memory_kind[] = "memory";
#define BOTH(test)                                                                                           \
    {#test " (sqlite)", test, begin_run, end_run, sqlite_kind},                                              \
    {                                                                                                        \
#test " (memory)", test, begin_run, end_run, memory_kind                                             \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(repeats_change_nothing),
        BOTH(repeats_within_one_batch),
        BOTH(a_cry_for_help_is_passed_on_once),
        BOTH(ussd_repeats_keep_the_session_closed),
        BOTH(repeats_are_forgotten_after_their_window),
        BOTH(a_failed_commit_did_not_happen),
        BOTH(an_answer_that_was_not_kept_is_not_told),
        BOTH(one_bad_input_takes_no_other_down),
        BOTH(failed_timers_work_again),
        BOTH(silence_passes_the_referral_on),
        BOTH(urgent_offers_wait_less),
        BOTH(a_refusal_passes_it_on_at_once),
        BOTH(a_dead_system_passes_it_on),
        BOTH(the_contact_may_want_somebody_else),
        BOTH(who_has_enough_is_not_asked),
        BOTH(who_accepts_learns_whom_to_call),
        BOTH(late_answers_are_refused),
        BOTH(a_system_speaks_for_its_own_people_only),
        BOTH(drills_reach_no_real_system),
        BOTH(a_drill_and_the_real_thing_stay_apart),
        BOTH(a_newer_request_takes_the_place_of_an_unmet_one),
        BOTH(an_alert_that_waits_is_withdrawn),
        BOTH(counters_forget_what_did_not_happen),
        BOTH(a_busy_courier_is_asked_again),
        BOTH(failed_sends_are_tried_later),
        BOTH(sends_are_given_up),
        BOTH(what_was_not_sent_outlives_the_engine),
        BOTH(stop_means_no_message),
        BOTH(a_message_that_waits_is_stopped_too),
        BOTH(erasure_leaves_counts_only),
        BOTH(erasing_nobody_keeps_nothing),
        BOTH(a_repeat_from_before_the_erasure_is_not_news),
        BOTH(receipts_may_come_in_any_order),
        BOTH(receipts_for_nothing_of_ours_are_taken_and_counted),
        BOTH(failures_leave_no_trace),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
