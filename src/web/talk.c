/* What the page asks and is told, as JSON. */
#include "web/internal.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_MOST 2592000  /* seconds: thirty days */
#define PHONE_START "+999" /* belongs to no country */

struct ask { /* one request, while it is worked */
    struct web_exercises *all;
    struct exercise *x;
    const struct web_world *world;
    const cJSON *body;
    msec now;
    cJSON *out;
    int status;
};

/* ---- what is wrong ---- */

static void wrong(struct ask *ask, int status, const char *what)
{
    ask->status = status;
    cJSON_AddStringToObject(ask->out, "error", what);
}

static const char *text_of(const struct ask *ask, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(ask->body, name));
}

static bool has(const struct ask *ask, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(ask->body, name) != NULL;
}

/* The place of a word in a list that NULL ends; -1: it is none of them. */
static int word_of(const char *word, const char *const *words)
{
    for (int i = 0; word && words[i]; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return -1;
}

/* ---- what is told ---- */

static void add_size(cJSON *to, struct str text)
{
    struct text_size size = text_size(text);
    bool gsm7 = size.coding == CODING_GSM7;
    unsigned page = gsm7 ? 160 : 70; /* of a USSD screen, as the dialogue counts them */
    cJSON *o = cJSON_AddObjectToObject(to, "size");
    cJSON_AddStringToObject(o, "coding", gsm7 ? "gsm7" : "ucs2");
    cJSON_AddNumberToObject(o, "units", size.units);
    cJSON_AddNumberToObject(o, "segments", size.segments);
    cJSON_AddNumberToObject(o, "pages", size.units ? (size.units + page - 1) / page : 1);
}

static void add_messages(struct ask *ask)
{
    const struct practice_sent *sent;
    size_t n = practice_sent(ask->x->practice, &sent);
    cJSON *list = cJSON_AddArrayToObject(ask->out, "messages");
    for (size_t i = 0; i < n; i++) {
        char at[32];
        if (sent[i].kind != SEND_MT || sent[i].no <= ask->x->seen)
            continue;
        time_rfc3339(sent[i].at, ask->x->world.rules->network->tz_offset_min, at, sizeof at);
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "to", sent[i].to);
        cJSON_AddStringToObject(o, "at", at);
        cJSON_AddStringToObject(o, "text", sent[i].body.s);
        add_size(o, sent[i].body);
        cJSON_AddItemToArray(list, o);
    }
    ask->x->seen = n ? sent[n - 1].no : ask->x->seen;
}

/* An answer stays small however long the exercise is. */
static void keep_newest(cJSON *inside, const char *name)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(inside, name);
    for (int extra = cJSON_GetArraySize(list) - WEB_SHOWN; extra > 0; extra--)
        cJSON_DeleteItemFromArray(list, 0);
}

static void add_inside(struct ask *ask)
{
    cJSON *inside = practice_inside(ask->x->practice, ask->x->phone);
    static const char *const lists[] = {"journal", "alerts", "messages"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        keep_newest(inside, lists[i]);
    add_messages(ask);
    cJSON_AddItemToObject(ask->out, "inside", inside);
}

/* ---- what is asked ---- */

static void begin(struct ask *ask)
{
    const char *lang = text_of(ask, "lang"), *dflt = dialogue_default_lang(ask->world->rules->catalogs);
    struct failure why = {OK, ""};
    if (has(ask, "lang") && (!lang || !dialogue_has_lang(ask->world->rules->catalogs, lang))) {
        wrong(ask, 400, "\"lang\" must be one of the languages that are switched on");
        return;
    }
    ask->x = exercise_begin(ask->all, ask->world, ask->now, &why);
    if (!ask->x || (lang && strcmp(lang, dflt) != 0 &&
                    practice_speaks(ask->x->practice, ask->x->phone, lang, &why) != OK)) {
        wrong(ask, 500, why.what);
        return;
    }
    cJSON_AddStringToObject(ask->out, "id", ask->x->id);
    cJSON_AddStringToObject(ask->out, "lang", lang ? lang : dflt);
    cJSON *all = cJSON_AddArrayToObject(ask->out, "languages");
    for (size_t i = 0; i < ask->world->languages->n; i++)
        cJSON_AddItemToArray(all, cJSON_CreateString(ask->world->languages->items[i]));
    add_inside(ask);
}

static bool read_step(struct ask *ask, struct practice_step *step)
{
    static const char *const channels[] = {"sms", "ussd", NULL}, *const events[] = {"text", "begin", "cut",
                                                                                    NULL};
    const char *text = text_of(ask, "text");
    int channel = word_of(text_of(ask, "channel"), channels);
    int event = has(ask, "event") ? word_of(text_of(ask, "event"), events) : 0;
    if (channel < 0)
        wrong(ask, 400, "\"channel\" must be \"sms\" or \"ussd\"");
    else if (event < 0)
        wrong(ask, 400, "\"event\" must be \"begin\", \"text\" or \"cut\"");
    else if (channel == 0 && event != 0)
        wrong(ask, 400, "an SMS has no \"event\" but \"text\"");
    else if (!text && (event == 0 || has(ask, "text")))
        wrong(ask, 400, "\"text\" must be what the phone sends");
    else if (text && (strlen(text) > TEXT_SMS_MAX || !text_utf8_valid(str_of(text))))
        wrong(ask, 400, "\"text\" must be UTF-8 of at most 1600 bytes");
    else {
        step->channel = channel == 0 ? CHANNEL_SMS : CHANNEL_USSD;
        step->event = (enum dialogue_event[]){DLG_TEXT, DLG_BEGIN, DLG_CUT}[event];
        step->text = str_of(text);
        return true;
    }
    return false;
}

static void say(struct ask *ask)
{
    struct practice_step step = {.msisdn = ask->x->phone};
    struct answer *got = calloc(1, sizeof *got);
    if (!got)
        abort();
    if (read_step(ask, &step)) {
        practice_say(ask->x->practice, &step, got);
        cJSON_AddStringToObject(ask->out, "text", got->text);
        cJSON_AddBoolToObject(ask->out, "end", got->end);
        add_size(ask->out, (struct str){got->text, got->len});
        add_inside(ask);
    }
    free(got);
}

static void add_answer(struct ask *ask, const struct answer *got)
{
    const struct {
        const char *name, *value;
    } seen[] = {{"phone", got->phone}, {"code_word", got->code_word}, {"host", got->host}};
    cJSON_AddStringToObject(ask->out, "state", referral_state_name(got->state));
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        if (*seen[i].value)
            cJSON_AddStringToObject(ask->out, seen[i].name, seen[i].value);
}

static void answer_current(struct ask *ask, enum answer_verb verb, struct str outcome)
{
    struct referral r;
    int offer = practice_latest(ask->x->practice, ask->x->phone, &r) == OK ? referral_current(&r) : -1;
    struct answer *got = calloc(1, sizeof *got);
    if (!got)
        abort();
    if (offer >= 0)
        practice_answer(ask->x->practice, r.id, str_of(r.offers[offer].collaborator), verb, outcome, got);
    if (offer < 0)
        wrong(ask, 409, "nobody is asked now");
    else if (got->status != OK)
        wrong(ask, 409, got->reason);
    else
        add_answer(ask, got);
    add_inside(ask);
    free(got);
}

static void answer(struct ask *ask)
{
    static const char *const verbs[] = {"accept", "decline", "arrived", "close", NULL}; /* enum answer_verb */
    const char *outcome = text_of(ask, "outcome");
    int verb = word_of(text_of(ask, "verb"), verbs);
    if (verb < 0)
        wrong(ask, 400, "\"verb\" must be \"accept\", \"decline\", \"arrived\" or \"close\"");
    else if (verb == VERB_CLOSE && (!outcome || !*outcome || strlen(outcome) > 23))
        wrong(ask, 400, "\"outcome\" must say in 1 to 23 bytes how it ended");
    else
        answer_current(ask, (enum answer_verb)verb, str_of(outcome));
}

static void pass(struct ask *ask)
{
    const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(ask->body, "seconds");
    double n = cJSON_IsNumber(seconds) ? seconds->valuedouble : 0;
    if (!(n >= 1 && n <= WAIT_MOST)) {
        wrong(ask, 400, "\"seconds\" must be a number from 1 to 2592000");
        return;
    }
    practice_pass(ask->x->practice, (msec)n * SECOND_MS);
    add_inside(ask);
}

/* ---- one request ---- */

static bool is_nobodys_number(const char *phone)
{
    size_t n = strlen(phone), start = sizeof PHONE_START - 1;
    return n > start && n < MSISDN_MAX && strncmp(phone, PHONE_START, start) == 0 &&
           strspn(phone + start, "0123456789") == n - start;
}

/* The exercise that is meant, with the phone that speaks now. */
static bool find(struct ask *ask)
{
    const char *id = text_of(ask, "id"), *phone = text_of(ask, "phone");
    ask->x = id ? exercise_find(ask->all, id, ask->now) : NULL;
    if (!id)
        wrong(ask, 400, "\"id\" must be what begin gave");
    else if (!ask->x)
        wrong(ask, 404, "this exercise is over; begin a new one");
    else if (has(ask, "phone") && (!phone || !is_nobodys_number(phone)))
        wrong(ask, 400, "\"phone\" must be +999 and at most 12 digits: a number that is nobody's");
    else if (ask->x->steps >= WEB_STEPS)
        wrong(ask, 409, "this exercise has become too long; begin a new one");
    else {
        if (phone)
            str_copy(str_of(phone), ask->x->phone, sizeof ask->x->phone);
        ask->x->steps++;
        return true;
    }
    return false;
}

static void work(struct ask *ask, struct str what)
{
    static const struct {
        const char *name;
        void (*run)(struct ask *);
        bool fresh;
    } all[] = {{"begin", begin, true},
               {"say", say, false},
               {"answer", answer, false},
               {"wait", pass, false},
               {"inside", add_inside, false}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!str_is(what, all[i].name))
            continue;
        if (!cJSON_IsObject(ask->body))
            wrong(ask, 400, "the body must be a JSON object");
        else if (all[i].fresh || find(ask))
            all[i].run(ask);
        return;
    }
    wrong(ask, 404, "no such request; there are begin, say, answer, wait and inside");
}

void web_exercises_call(struct web_exercises *all, struct str what, struct str body,
                        const struct web_world *world, msec now, struct web_reply *out)
{
    cJSON *json = cJSON_ParseWithLength(body.n ? body.s : "", body.n);
    struct ask ask = {
        .all = all, .world = world, .body = json, .now = now, .out = cJSON_CreateObject(), .status = 200};
    work(&ask, what);
    all->counts.steps += ask.status == 200;
    *out = (struct web_reply){ask.status, cJSON_PrintUnformatted(ask.out)};
    cJSON_Delete(ask.out);
    cJSON_Delete(json);
}
