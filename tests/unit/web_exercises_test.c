/* The exercises behind the page: what it asks and is told, and when an exercise ends. */

#include "unit/engine_line.h"

#include "web/web.h"

static struct web_exercises *exercises;
static int held;

static void hold(void *owner)
{
    ++*(int *)owner;
}

static void let_go(void *owner)
{
    --*(int *)owner;
}

static const char *languages[] = {"vi"};
static const struct cfg_strings language_list = {.items = languages, .n = 1};

static int begin_desk(void **state)
{
    (void)state;
    rules = usual_rules;
    held = 0;
    exercises = web_exercises_create();
    return 0;
}

static int end_desk(void **state)
{
    (void)state;
    web_exercises_destroy(exercises);
    return held; /* every world was given back */
}

/* ---- words of the stories ---- */

/* The answer, which the caller deletes. */
static cJSON *asks(const char *what, const char *body, msec now, int want)
{
    const struct web_world world = {&rules, &language_list, &held, hold, let_go};
    struct web_reply reply;
    web_exercises_call(exercises, str_of(what), str_of(body), &world, now, &reply);
    if (reply.status != want)
        fail_msg("%s %s: %d %s, not %d", what, body, reply.status, reply.json, want);
    cJSON *o = cJSON_Parse(reply.json);
    cJSON_free(reply.json);
    assert_non_null(o);
    return o;
}

static const char *text_in(const cJSON *o, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return text ? text : "";
}

struct id {
    char text[64];
};

static struct id begins(msec now)
{
    struct id id;
    cJSON *o = asks("begin", "{}", now, 200);
    snprintf(id.text, sizeof id.text, "%s", text_in(o, "id"));
    assert_int_equal(strlen(id.text), 32);
    cJSON_Delete(o);
    return id;
}

static cJSON *does(struct id id, const char *what, const char *more, msec now, int want)
{
    char body[2000];
    snprintf(body, sizeof body, "{\"id\":\"%s\"%s%s}", id.text, *more ? "," : "", more);
    return asks(what, body, now, want);
}

static void texts_from(struct id id, const char *words, msec now, const char *hears)
{
    char more[400];
    snprintf(more, sizeof more, "\"channel\":\"sms\",\"text\":\"%s\"", words);
    cJSON *o = does(id, "say", more, now, 200);
    assert_string_equal(text_in(o, "text"), hears);
    cJSON_Delete(o);
}

/* ---- the stories ---- */

static void a_request_is_told_whole(void **state)
{
    struct id id = begins(START);
    (void)state;
    texts_from(id, "2", START, "place");
    texts_from(id, "chieng son", START, "safe");
    texts_from(id, "1", START, "consent");
    cJSON *o = does(id, "say", "\"channel\":\"sms\",\"text\":\"1\"", START, 200);
    const cJSON *inside = cJSON_GetObjectItem(o, "inside");
    assert_string_equal(text_in(cJSON_GetObjectItem(o, "size"), "coding"), "gsm7");
    assert_string_equal(text_in(cJSON_GetObjectItem(inside, "referral"), "state"), "offered");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(inside, "alerts")), 1);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(o, "messages")), 0);
    cJSON_Delete(o);

    o = does(id, "answer", "\"verb\":\"accept\"", START, 200);
    assert_string_equal(text_in(o, "state"), "accepted");
    assert_string_equal(text_in(o, "phone"), "+9990000001");
    const cJSON *messages = cJSON_GetObjectItem(o, "messages");
    assert_int_equal(cJSON_GetArraySize(messages), 1);
    assert_string_equal(text_in(cJSON_GetArrayItem(messages, 0), "to"), "+9990000001");
    cJSON_Delete(o);

    o = does(id, "inside", "", START, 200);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(o, "messages")), 0); /* told once */
    cJSON_Delete(o);

    o = does(id, "answer", "\"verb\":\"decline\"", START, 200); /* gives it back: the next one is asked */
    assert_string_equal(text_in(o, "state"), "offered");
    assert_string_equal(text_in(o, "phone"), "");
    cJSON_Delete(o);
    cJSON_Delete(does(id, "answer", "\"verb\":\"arrived\"", START, 409));
    cJSON_Delete(does(id, "answer", "\"verb\":\"accept\"", START, 200));
    cJSON_Delete(does(id, "answer", "\"verb\":\"close\",\"outcome\":\"sheltered\"", START, 200));
    cJSON_Delete(does(id, "answer", "\"verb\":\"decline\"", START, 409));
}

static void two_exercises_know_nothing_of_each_other(void **state)
{
    struct id one = begins(START), other = begins(START);
    (void)state;
    assert_string_not_equal(one.text, other.text);
    texts_from(one, "2", START, "place");
    cJSON *o = does(other, "inside", "", START, 200);
    const cJSON *inside = cJSON_GetObjectItem(o, "inside");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(inside, "session")));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(inside, "journal")), 0);
    cJSON_Delete(o);
}

static void time_passes_only_when_it_is_told_to(void **state)
{
    struct id id = begins(START);
    char before[40], later[40];
    (void)state;
    cJSON *o = does(id, "inside", "", START + 5 * MINUTE_MS, 200);
    snprintf(before, sizeof before, "%s", text_in(cJSON_GetObjectItem(o, "inside"), "now"));
    cJSON_Delete(o);
    o = does(id, "wait", "\"seconds\":86400", START + 5 * MINUTE_MS, 200);
    snprintf(later, sizeof later, "%s", text_in(cJSON_GetObjectItem(o, "inside"), "now"));
    cJSON_Delete(o);
    msec from, to;
    assert_true(time_parse_rfc3339(str_of(before), &from) && time_parse_rfc3339(str_of(later), &to));
    assert_int_equal(to - from, DAY_MS);
}

static void left_alone_it_ends(void **state)
{
    struct id used = begins(START), left = begins(START);
    (void)state;
    assert_int_equal(held, 2);
    cJSON_Delete(does(used, "inside", "", START + 20 * MINUTE_MS, 200));
    web_exercises_sweep(exercises, START + WEB_IDLE - 1);
    assert_int_equal(web_exercises_counts(exercises).running, 2);
    cJSON_Delete(does(left, "inside", "", START + WEB_IDLE, 404));
    assert_int_equal(held, 1);
    cJSON_Delete(does(used, "inside", "", START + WEB_IDLE, 200));
}

static void the_one_left_alone_for_longest_gives_way(void **state)
{
    struct id ids[WEB_EXERCISES];
    (void)state;
    for (int i = 0; i < WEB_EXERCISES; i++)
        ids[i] = begins(START + i);
    cJSON_Delete(does(ids[0], "inside", "", START + 1000, 200));
    begins(START + 1001);
    assert_int_equal(web_exercises_counts(exercises).running, WEB_EXERCISES);
    assert_int_equal(web_exercises_counts(exercises).begun, WEB_EXERCISES + 1);
    assert_int_equal(held, WEB_EXERCISES);
    cJSON_Delete(does(ids[0], "inside", "", START + 1002, 200));
    cJSON_Delete(does(ids[1], "inside", "", START + 1002, 404));
    cJSON_Delete(does(ids[2], "inside", "", START + 1002, 200));
}

static void an_exercise_has_an_end(void **state)
{
    struct id id = begins(START);
    (void)state;
    for (int i = 0; i < WEB_STEPS; i++)
        cJSON_Delete(does(id, "wait", "\"seconds\":1", START, 200));
    cJSON_Delete(does(id, "wait", "\"seconds\":1", START, 409));
}

static void an_answer_stays_small(void **state)
{
    struct id id = begins(START);
    (void)state;
    for (int i = 0; i < WEB_SHOWN + 20; i++)
        cJSON_Delete(does(id, "say", "\"channel\":\"sms\",\"text\":\"?\"", START, 200));
    cJSON *o = does(id, "inside", "", START, 200);
    const cJSON *rows = cJSON_GetObjectItem(cJSON_GetObjectItem(o, "inside"), "journal");
    assert_int_equal(cJSON_GetArraySize(rows), WEB_SHOWN);
    cJSON_Delete(o);
}

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *what, *more;
        int status;
        const char *says;
    } cases[] = {
        {"say", "\"channel\":\"fax\",\"text\":\"1\"", 400, "\"channel\""},
        {"say", "\"text\":\"1\"", 400, "\"channel\""},
        {"say", "\"channel\":\"sms\"", 400, "\"text\""},
        {"say", "\"channel\":\"sms\",\"text\":5", 400, "\"text\""},
        {"say", "\"channel\":\"sms\",\"text\":\"\xff\"", 400, "UTF-8"},
        {"say", "\"channel\":\"sms\",\"event\":\"begin\",\"text\":\"\"", 400, "\"event\""},
        {"say", "\"channel\":\"ussd\",\"event\":\"ring\",\"text\":\"\"", 400, "\"event\""},
        {"say", "\"channel\":\"sms\",\"text\":\"1\",\"phone\":\"+84912345678\"", 400, "\"phone\""},
        {"say", "\"channel\":\"sms\",\"text\":\"1\",\"phone\":\"+999\"", 400, "\"phone\""},
        {"say", "\"channel\":\"sms\",\"text\":\"1\",\"phone\":\"+99912345678901234\"", 400, "\"phone\""},
        {"say", "\"channel\":\"sms\",\"text\":\"1\",\"phone\":7", 400, "\"phone\""},
        {"answer", "\"verb\":\"help\"", 400, "\"verb\""},
        {"answer", "\"verb\":\"close\"", 400, "\"outcome\""},
        {"answer", "\"verb\":\"close\",\"outcome\":\"an outcome longer than there is room\"", 400,
         "\"outcome\""},
        {"answer", "\"verb\":\"accept\"", 409, "nobody is asked"},
        {"wait", "", 400, "\"seconds\""},
        {"wait", "\"seconds\":0", 400, "\"seconds\""},
        {"wait", "\"seconds\":-5", 400, "\"seconds\""},
        {"wait", "\"seconds\":1e99", 400, "\"seconds\""},
        {"wait", "\"seconds\":\"5\"", 400, "\"seconds\""},
        {"begin", "\"lang\":\"xx\"", 400, "\"lang\""},
        {"begin", "\"lang\":7", 400, "\"lang\""},
        {"dance", "", 404, "no such request"},
    };
    static const char *const bodies[] = {"", "[]", "null", "{", "{\"id\":7}", "{\"id\":\"\"}", "\"id\""};
    struct id id = begins(START);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cJSON *o = does(id, cases[i].what, cases[i].more, START, cases[i].status);
        if (!strstr(text_in(o, "error"), cases[i].says))
            fail_msg("%s %s: %s", cases[i].what, cases[i].more, text_in(o, "error"));
        cJSON_Delete(o);
    }
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        cJSON_Delete(asks("inside", bodies[i], START, i == 5 ? 404 : 400));
    cJSON_Delete(asks("inside", "{\"id\":\"00000000000000000000000000000000\"}", START, 404));
    assert_int_equal(web_exercises_counts(exercises).running, 1);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, begin_desk, end_desk)
    const struct CMUnitTest tests[] = {
        STORY(a_request_is_told_whole),
        STORY(two_exercises_know_nothing_of_each_other),
        STORY(time_passes_only_when_it_is_told_to),
        STORY(left_alone_it_ends),
        STORY(the_one_left_alone_for_longest_gives_way),
        STORY(an_exercise_has_an_end),
        STORY(an_answer_stays_small),
        STORY(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
