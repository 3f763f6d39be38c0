/* The dialogue's files: one group per folder, states gathered from all of them. */
#include "snapshot/snapshot.h"

#include <stddef.h>
#include <string.h>

struct raw_file {
    struct dialogue_def def;
    struct lexicon_def lexicon;
    struct cfg_list states;
};

static const struct cfg_word slots[] = {
    {"none", SLOT_NONE},         {"need", SLOT_NEED},   {"place", SLOT_PLACE},
    {"children", SLOT_CHILDREN}, {"safe", SLOT_SAFE},   {"consent", SLOT_CONSENT},
    {"who", SLOT_WHO},           {"avoid", SLOT_AVOID}, {NULL, 0}};
static const struct cfg_word menus[] = {
    {"none", MENU_NONE}, {"ussd", MENU_USSD}, {"all", MENU_ALL}, {NULL, 0}};
static const struct cfg_word needs[] = {
    {"danger", NEED_DANGER},   {"shelter", NEED_SHELTER}, {"talk", NEED_TALK},
    {"medical", NEED_MEDICAL}, {"legal", NEED_LEGAL},     {"child", NEED_CHILD},
    {"info", NEED_INFO},       {"harm", NEED_HARM},       {NULL, 0}};
static const struct cfg_word people[] = {
    {"self", WHO_SELF},   {"other", WHO_OTHER},       {"man", WHO_MAN}, {"child", WHO_CHILD},
    {"elder", WHO_ELDER}, {"disabled", WHO_DISABLED}, {NULL, 0}};
/* bit numbers of enum dialogue_effect */
static const struct cfg_word effects[] = {
    {"refer", 0}, {"informed", 7}, {"emergency", 8}, {"other-collaborator", 11}, {NULL, 0}};

#define AT(member) offsetof(struct answer_def, member)
static const struct cfg_key answer_keys[] = {
    {.name = "on",
     .type = CFG_STRINGS,
     .offset = AT(on),
     .required = true,
     .help = "the words or numbers that mean it"},
    {.name = "set",
     .type = CFG_STRINGS,
     .offset = AT(set),
     .help = "what is known by it: need:shelter, safe:sms, ..."},
    {.name = "when",
     .type = CFG_STRINGS,
     .offset = AT(when),
     .help = "understood only when all of these hold, such as need:shelter|child or !who:other"},
    {.name = "effects",
     .type = CFG_FLAGS,
     .offset = AT(effects),
     .words = effects,
     .help = "what must happen"},
    {.name = "next",
     .type = CFG_STRING,
     .offset = AT(next),
     .help = "state to go to; the state's own next if left out"},
    {0},
};
static const struct cfg_schema answer_schema = {"answer", sizeof(struct answer_def), answer_keys, true};
#undef AT
#define AT(member) offsetof(struct variant_def, member)
static const struct cfg_key variant_keys[] = {
    {.name = "when",
     .type = CFG_STRINGS,
     .offset = AT(when),
     .required = true,
     .help = "chosen when all of these hold: need, who, place, children, safe, consent, urgent, channel, "
             "referral, told"},
    {.name = "prompt", .type = CFG_STRING, .offset = AT(prompt), .required = true, .help = "key of the text"},
    {0},
};
static const struct cfg_schema variant_schema = {"variant", sizeof(struct variant_def), variant_keys, true};
#undef AT
#define AT(member) offsetof(struct state_def, member)
static const struct cfg_key state_keys[] = {
    {.name = "id",
     .type = CFG_STRING,
     .offset = AT(id),
     .required = true,
     .min = 1,
     .max = SESSION_STATE - 1,
     .help = "its name"},
    {.name = "prompt",
     .type = CFG_STRING,
     .offset = AT(prompt),
     .required = true,
     .help = "key of its text in the catalogs"},
    {.name = "variants",
     .type = CFG_LIST,
     .offset = AT(variants),
     .sub = &variant_schema,
     .help = "other texts for it; the first whose conditions hold is shown instead of prompt"},
    {.name = "slot",
     .type = CFG_ENUM,
     .offset = AT(slot),
     .dflt = "none",
     .words = slots,
     .help = "what it asks for; passed over when known"},
    {.name = "menu",
     .type = CFG_ENUM,
     .offset = AT(menu),
     .dflt = "none",
     .words = menus,
     .help = "where places may be chosen by number besides: on USSD, or by SMS as well; for the slots place "
             "and avoid. The numbers stand where its text has {options}, those that are meant most first"},
    {.name = "when",
     .type = CFG_STRINGS,
     .offset = AT(when),
     .help = "passed over when one of these does not hold, such as need:shelter|child or !who:other"},
    {.name = "next", .type = CFG_STRING, .offset = AT(next), .help = "the state after it"},
    {.name = "end",
     .type = CFG_BOOL,
     .offset = AT(end),
     .dflt = "false",
     .help = "the conversation ends with its text"},
    {.name = "effects",
     .type = CFG_FLAGS,
     .offset = AT(effects),
     .words = effects,
     .help = "what must happen when it is reached"},
    {.name = "answers",
     .type = CFG_LIST,
     .offset = AT(answers),
     .sub = &answer_schema,
     .help = "what it understands"},
    {0},
};
static const struct cfg_schema state_schema = {"state", sizeof(struct state_def), state_keys, true};
#undef AT
#define AT(member) offsetof(struct need_words, member)
static const struct cfg_key need_keys[] = {
    {.name = "need",
     .type = CFG_ENUM,
     .offset = AT(need),
     .required = true,
     .words = needs,
     .help = "the need"},
    {.name = "words",
     .type = CFG_STRINGS,
     .offset = AT(words),
     .required = true,
     .help = "words that tell it"},
    {.name = "unless",
     .type = CFG_STRINGS,
     .offset = AT(unless),
     .help = "not when one of these is in the message as well"},
    {0},
};
static const struct cfg_schema need_schema = {"need", sizeof(struct need_words), need_keys, false};
#undef AT
#define AT(member) offsetof(struct people_words, member)
static const struct cfg_key people_keys[] = {
    {.name = "who",
     .type = CFG_ENUM,
     .offset = AT(who),
     .required = true,
     .words = people,
     .help = "who it is, or is for"},
    {.name = "words",
     .type = CFG_STRINGS,
     .offset = AT(words),
     .required = true,
     .help = "words that tell it"},
    {.name = "unless",
     .type = CFG_STRINGS,
     .offset = AT(unless),
     .help = "not when one of these is in the message as well"},
    {0},
};
static const struct cfg_schema people_schema = {"people", sizeof(struct people_words), people_keys, false};
#undef AT
#define AT(member) offsetof(struct lexicon_def, member)
static const struct cfg_key lexicon_keys[] = {
    {.name = "danger",
     .type = CFG_STRINGS,
     .offset = AT(danger),
     .required = true,
     .help = "words of danger, anywhere in a message"},
    {.name = "harmless",
     .type = CFG_STRINGS,
     .offset = AT(harmless),
     .help = "phrases that hold such a word and mean no danger"},
    {.name = "leave",
     .type = CFG_STRINGS,
     .offset = AT(leave),
     .required = true,
     .help = "end the conversation"},
    {.name = "stop", .type = CFG_STRINGS, .offset = AT(stop), .required = true, .help = "no more messages"},
    {.name = "erase", .type = CFG_STRINGS, .offset = AT(erase), .required = true, .help = "erase everything"},
    {.name = "language",
     .type = CFG_STRINGS,
     .offset = AT(language),
     .required = true,
     .help = "choose the language"},
    {.name = "restart", .type = CFG_STRINGS, .offset = AT(restart), .help = "begin again"},
    {.name = "other", .type = CFG_STRINGS, .offset = AT(other), .help = "somebody else than who was asked"},
    {.name = "avoid",
     .type = CFG_STRINGS,
     .offset = AT(avoid),
     .help = "nobody from the commune the contact is in; anywhere in a message"},
    {.name = "abuse",
     .type = CFG_STRINGS,
     .offset = AT(abuse),
     .help = "insults and known spam: a message with one counts as five towards flood_most"},
    {.name = "behind",
     .type = CFG_STRINGS,
     .offset = AT(behind),
     .help = "words that may stand behind one that works everywhere, as in \"thoat nhe\""},
    {.name = "filler",
     .type = CFG_STRINGS,
     .offset = AT(filler),
     .help = "words around a number that change nothing, as in \"so 2 nhe\""},
    {.name = "telling",
     .type = CFG_STRINGS,
     .offset = AT(telling),
     .help = "words that give away what the line is for, in all languages: in no text that is neutral"},
    {.name = "needs",
     .type = CFG_LIST,
     .offset = AT(needs),
     .sub = &need_schema,
     .help = "words that tell a need; the first of the list that is heard counts"},
    {.name = "people",
     .type = CFG_LIST,
     .offset = AT(people),
     .sub = &people_schema,
     .help = "words that tell who it is for; an age is understood besides"},
    {0},
};
static const struct cfg_schema lexicon_schema = {"lexicon", sizeof(struct lexicon_def), lexicon_keys, true};
#undef AT
#define AT(member) offsetof(struct dialogue_def, member)
static const struct cfg_key part_keys[] = {
    {.name = "timeout_sms",
     .type = CFG_DURATION,
     .offset = AT(timeout[CHANNEL_SMS]),
     .dflt = "6h",
     .min = 60e3,
     .max = 604800e3,
     .help = "after this silence it is asked whether to go on"},
    {.name = "timeout_ussd",
     .type = CFG_DURATION,
     .offset = AT(timeout[CHANNEL_USSD]),
     .dflt = "5m",
     .min = 10e3,
     .max = 86400e3,
     .help = "the same for USSD"},
    {.name = "window",
     .type = CFG_DURATION,
     .offset = AT(window),
     .dflt = "24h",
     .min = 60e3,
     .max = 2592e6,
     .help = "after this one it begins anew"},
    {.name = "repeat_within",
     .type = CFG_DURATION,
     .offset = AT(repeat_within),
     .dflt = "5s",
     .min = 0,
     .max = 60e3,
     .help = "the same SMS again so soon was sent twice and is answered once; 0s: never"},
    {.name = "ended_within",
     .type = CFG_DURATION,
     .offset = AT(ended_within),
     .dflt = "5m",
     .min = 0,
     .max = 86400e3,
     .help = "so soon after the end of a conversation a bare number shows the menu instead of answering it: "
             "it may "
             "have been meant for the question before; 0s: never"},
    {.name = "flood_most",
     .type = CFG_INT,
     .offset = AT(flood_most),
     .dflt = "40",
     .min = 0,
     .max = 10000,
     .help =
         "messages of one contact in flood_window; beyond, only danger and the words that work everywhere "
         "are; 0: no limit"},
    {.name = "flood_window",
     .type = CFG_DURATION,
     .offset = AT(flood_window),
     .dflt = "10m",
     .min = 1e3,
     .max = 86400e3,
     .help = "how long messages are counted together"},
    {.name = "places_most",
     .type = CFG_INT,
     .offset = AT(places_most),
     .dflt = "3",
     .min = 0,
     .max = SESSION_ASKED - 1,
     .help =
         "different places of one contact in places_window; beyond, no meeting point is told and staff are; "
         "0: no limit"},
    {.name = "places_window",
     .type = CFG_DURATION,
     .offset = AT(places_window),
     .dflt = "7d",
     .min = 60e3,
     .max = 31536e6,
     .help = "how long places are counted together"},
    {.name = "neutral",
     .type = CFG_STRINGS,
     .offset = AT(neutral),
     .help = "keys of the texts that may be shown before a need was stated: they hold none of the lexicon's "
             "telling words"},
    {.name = "start", .type = CFG_STRING, .offset = AT(start), .required = true, .help = "the first state"},
    {.name = "after",
     .type = CFG_STRING,
     .offset = AT(after),
     .required = true,
     .help = "the first state while a referral is open"},
    {.name = "changed",
     .type = CFG_STRING,
     .offset = AT(changed),
     .required = true,
     .help = "after somebody else was asked for"},
    {.name = "danger",
     .type = CFG_STRING,
     .offset = AT(danger),
     .required = true,
     .help = "the state a danger word leads to"},
    {.name = "left", .type = CFG_STRING, .offset = AT(left), .required = true, .help = "after leaving"},
    {.name = "stopped",
     .type = CFG_STRING,
     .offset = AT(stopped),
     .required = true,
     .help = "after stopping"},
    {.name = "erased", .type = CFG_STRING, .offset = AT(erased), .required = true, .help = "after erasing"},
    {.name = "language",
     .type = CFG_STRING,
     .offset = AT(language),
     .required = true,
     .help = "the choice of language"},
    {0},
};
static const struct cfg_schema part_schema = {"dialogue", sizeof(struct dialogue_def), part_keys, true};
#undef AT
#define AT(member) offsetof(struct raw_file, member)
static const struct cfg_key file_keys[] = {
    {.name = "dialogue",
     .type = CFG_GROUP,
     .offset = AT(def),
     .sub = &part_schema,
     .help = "its parts and time-outs; in one file"},
    {.name = "lexicon",
     .type = CFG_GROUP,
     .offset = AT(lexicon),
     .sub = &lexicon_schema,
     .help = "words understood everywhere; in one file"},
    {.name = "states",
     .type = CFG_LIST,
     .offset = AT(states),
     .sub = &state_schema,
     .help = "the questions and texts"},
    {0},
};
const struct cfg_schema dialogue_schema = {"dialogue/*.conf", sizeof(struct raw_file), file_keys, false};

static void gather(struct dialogue_def *def, const struct raw_file *file, struct cfg_findings *f)
{
    struct state_def *states = def->states;
    struct lexicon_def lexicon = def->lexicon;
    size_t n = def->n_states;
    if (file->def.pos.file && def->pos.file)
        cfg_error(f, file->def.pos, "the dialogue group is given a second time; the first is in %s",
                  def->pos.file);
    if (file->lexicon.pos.file && lexicon.pos.file)
        cfg_error(f, file->lexicon.pos, "the lexicon is given a second time; the first is in %s",
                  lexicon.pos.file);
    if (file->def.pos.file) {
        *def = file->def;
        def->states = states;
        def->n_states = n;
    }
    def->lexicon = file->lexicon.pos.file ? file->lexicon : lexicon;
    if (file->states.n)
        memcpy(def->states + def->n_states, file->states.items, file->states.n * sizeof *def->states);
    def->n_states += file->states.n;
}

struct dialogue *load_dialogue(const char *dir, struct arena *a, struct cfg_findings *f)
{
    const char **paths;
    size_t n = cfg_dir(dir, ".conf", &paths, a, f), total = 0, before = f->errors;
    struct raw_file *files = arena_array(a, n + 1, sizeof *files);
    struct dialogue_def *def = arena_alloc(a, sizeof *def);
    for (size_t i = 0; i < n; i++)
        if (cfg_load(paths[i], &dialogue_schema, &files[i], a, f))
            total += files[i].states.n;
    if (n == 0 || f->errors > before)
        return NULL;
    def->states = arena_array(a, total + 1, sizeof *def->states);
    for (size_t i = 0; i < n; i++)
        gather(def, &files[i], f);
    if (!def->pos.file || !def->lexicon.pos.file) {
        cfg_error(f, (struct cfg_pos){arena_strdup(a, str_of(dir)), 0},
                  "no file of this folder has a group \"%s\"", def->pos.file ? "lexicon" : "dialogue");
        return NULL;
    }
    return dialogue_build(def, a, f);
}
