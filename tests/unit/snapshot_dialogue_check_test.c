/* The checker of dialogues: a small sound one passes; each change to it that would harm somebody is found,
 * with one finding that says what to mend. */
#include "snapshot/snapshot.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workdir.h"

enum { FILE_MOST = 16384 };

static const char lexicon[] =
    "lexicon = {\n"
    "danger = [ \"cuu\", \"bi danh dap\", \"sos\", \"🆘\" ]; harmless = [ \"ban cuu\" ];\n"
    "leave = [ \"thoat\", \"0\" ]; stop = [ \"dung\" ]; erase = [ \"xoa\" ]; language = [ \"ngon ngu\" ];\n"
    "restart = [ \"lam lai\" ]; other = [ \"doi nguoi\" ]; avoid = [ \"tru xa toi\" ];\n"
    "telling = [ \"bao luc\" ];\n"
    "needs = ( { need = \"shelter\"; words = [ \"cho o\" ]; } );\n"
    "};\n";

static const char parts[] =
    "dialogue = {\n"
    "window = \"24h\"; timeout_sms = \"6h\"; timeout_ussd = \"5m\";\n"
    "start = \"opening\"; after = \"after\"; changed = \"noted\"; danger = \"danger\";\n"
    "left = \"left\"; stopped = \"stopped\"; erased = \"erased\"; language = \"language\";\n"
    "neutral = [ \"opening\", \"opening2\", \"hint\", \"help\", \"resume\", \"slow\", \"page_next\", "
    "\"page_back\",\n"
    "  \"left\", \"stopped\", \"erased\", \"after\", \"noted\", \"language\", \"avoid_noted\" ];\n"
    "};\n";

static const char states[] =
    "{ id = \"place\"; prompt = \"ask_place\"; slot = \"place\"; next = \"safe\";\n"
    "  answers = ( { on = [ \"7\", \"khong biet\" ]; next = \"safe\"; } ); },\n"
    "{ id = \"safe\"; prompt = \"ask_safe\"; slot = \"safe\"; next = \"done\";\n"
    "  answers = ( { on = [ \"1\", \"tin\" ]; set = [ \"safe:sms\" ]; }, { on = [ \"2\" ]; set = [ "
    "\"safe:wait\" ]; } ); "
    "},\n"
    "{ id = \"done\"; prompt = \"done\"; end = true; effects = [ \"refer\" ];\n"
    "  variants = ( { when = [ \"safe:wait\" ]; prompt = \"done_wait\"; } ); },\n"
    "{ id = \"danger\"; prompt = \"ask_place\"; slot = \"place\"; next = \"danger_done\";\n"
    "  answers = ( { on = [ \"7\" ]; next = \"danger_done\"; } ); },\n"
    "{ id = \"danger_done\"; prompt = \"danger_done\"; end = true; effects = [ \"informed\" ]; },\n"
    "{ id = \"after\"; prompt = \"after\"; next = \"noted\";\n"
    "  answers = ( { on = [ \"xong\" ]; next = \"noted\"; }, { on = [ \"khac\" ]; next = \"opening2\"; } ); "
    "},\n"
    "{ id = \"noted\"; prompt = \"noted\"; end = true; },\n"
    "{ id = \"language\"; prompt = \"language\"; next = \"opening\"; answers = ( { on = [ \"1\" ]; set = [ "
    "\"lang:vi\" ]; "
    "} ); },\n"
    "{ id = \"left\"; prompt = \"left\"; end = true; },\n"
    "{ id = \"stopped\"; prompt = \"stopped\"; end = true; },\n"
    "{ id = \"erased\"; prompt = \"erased\"; end = true; }\n";

static const char texts[] =
    "ask_place = \"Ban o xa nao?\\n7 Khong biet\";\n"
    "ask_safe = \"Lien lac cach nao?\\n1 Nhan tin\\n2 Toi tu nhan lai\";\n"
    "done = \"Da ghi. Se co nguoi giup.\";\n"
    "done_wait = \"Da ghi. Ban nhan lai nhe.\";\n"
    "danger_done = \"Dang bao nguoi gan ban.\";\n"
    "after = \"Chao ban. Nhan XONG hoac KHAC.\";\n"
    "noted = \"Da ghi.\";\n"
    "language = \"Ngon ngu:\\n1 Tieng Viet\";\n"
    "left = \"Tam biet.\"; stopped = \"Da dung.\"; erased = \"Da xong.\";\n"
    "hint = \"Chua ro.\"; help = \"Ban nhan so.\"; slow = \"Xin doi it phut.\";\n"
    "resume = \"Ban lam tiep khong?\\n1 Tiep\\n2 Lam lai\";\n"
    "place_choice = \"Noi nao?\\n{options}\\n7 Khong co o day\";\n"
    "avoid_noted = \"Da ghi.\"; emergency = \"Goi 113. Nhan SOS.\";\n"
    "page_next = \"9 Tiep\"; page_back = \"8 Lai\";\n"
    "mt_accepted = \"Tu: {code_word}. {meeting}\"; mt_accepted_phone = \"So {phone}. {meeting}\";\n"
    "mt_accepted_anywhere = \"Da co nguoi.\"; mt_unmet = \"Chua tim duoc.\";\n"
    "fallback = \"Goi 113.\"; code_words = \"hoa dao\";\n";

/* ---- the files, written anew for each case ---- */

struct files {
    char lexicon[FILE_MOST], dialogue[FILE_MOST], texts[FILE_MOST];
};

/* Every need there is, six on the first screen and the others on the second. */
static void put_needs(struct out *states_out, struct out *texts_out, int from, int to)
{
    for (int need = from; need < to; need++) {
        out_printf(states_out, "%s{ on = [ \"%d\" ]; set = [ \"need:%s\" ]; }", need > from ? ", " : "",
                   need - from + 1, need_name((enum need)need));
        out_printf(texts_out, "\\n%d Viec %d", need - from + 1, need);
    }
}

static void sound(struct files *f)
{
    struct out l, d, t;
    const char *menu = "{ id = \"%s\"; prompt = \"%s\"; slot = \"need\"; next = \"place\"; answers = (";
    out_init(&l, f->lexicon, FILE_MOST);
    out_init(&d, f->dialogue, FILE_MOST);
    out_init(&t, f->texts, FILE_MOST);
    out_cstr(&l, lexicon);
    out_printf(&d, "%sstates = (\n", parts);
    out_printf(&t, "segments = 2;\ntexts = {\n%s", texts);
    out_cstr(&t, "opening = \"Chao ban.");
    out_printf(&d, menu, "opening", "opening");
    put_needs(&d, &t, 0, 6);
    out_cstr(&d, ", { on = [ \"7\", \"nua\" ]; next = \"opening2\"; } ); },\n");
    out_cstr(&t, "\\n7 Nua\";\nopening2 = \"Chon:");
    out_printf(&d, menu, "opening2", "opening2");
    put_needs(&d, &t, 6, NEED_COUNT);
    out_printf(&d, " ); },\n%s);\n", states);
    out_cstr(&t, "\";\n};\n");
    assert_false(l.overflow || d.overflow || t.overflow);
}

/* ---- loading and checking them ---- */

static struct gazetteer *places;
static struct arena kept;

struct checked {
    struct arena arena;
    struct cfg_findings f;
    struct dialogue *dialogue;
    struct dialogue_reach reach;
};

static void check(struct checked *c, const struct files *files, size_t septets)
{
    static const char *one[] = {"vi"};
    const struct cfg_strings languages = {.items = one, .n = 1};
    const struct dialogue_page page = {septets ? septets : 100, 50};
    char path[128];
    *c = (struct checked){0};
    arena_init(&c->arena, 0);
    cfg_findings_init(&c->f, &c->arena);
    keep_file("dialogue/lexicon.conf", files->lexicon);
    keep_file("dialogue/main.conf", files->dialogue);
    keep_file("lang/vi.conf", files->texts);
    snprintf(path, sizeof path, "%s/dialogue", dir);
    c->dialogue = load_dialogue(path, &c->arena, &c->f);
    snprintf(path, sizeof path, "%s/lang", dir);
    struct catalogs *catalogs = load_catalogs(path, &languages, &c->arena, &c->f);
    if (c->dialogue && catalogs)
        dialogue_check(c->dialogue, catalogs, places, &page, 1, &c->reach, &c->f);
}

static void done(struct checked *c)
{
    cfg_findings_free(&c->f);
    arena_free(&c->arena);
}

/* ---- one change each ---- */

#define DONE "prompt = \"done\"; end = true; effects = [ \"refer\" ];"
#define SAFE_ANSWERS "  answers = ( { on = [ \"1\", \"tin\" ]; set = [ \"safe:sms\" ]; }, "
#define FIRST_NEED "{ on = [ \"2\" ]; set = [ \"need:shelter\" ]; }"
#define PLACE "{ id = \"place\"; prompt = \"ask_place\"; slot = \"place\";"
#define AFTER "{ on = [ \"xong\" ]; next = \"noted\"; }, { on = [ \"khac\" ]; next = \"opening2\"; }"
#define EIGHTY "mot hai ba bon. nam sau bay tam. mot hai ba bon. nam sau bay tam. mot hai ba bo. "

static const struct change {
    const char *from, *to; /* in one of the files; once */
    enum cfg_severity severity;
    const char *finding; /* a part of it */
} changes[] = {
    /* what must be one step away */
    {"\"ban cuu\"", "\"cuu\"", CFG_ERROR, "help is not one step away from state"},
    {"stop = [ \"dung\"", "stop = [ \"thoat\"", CFG_ERROR, "leaving is not one step away from state"},
    {"erase = [ \"xoa\"", "erase = [ \"dung\"", CFG_ERROR, "stop is not one step away from state"},
    {"\"sos\", ", "\"sos\", \"xoa\", ", CFG_ERROR, "erasure is not one step away from state"},
    {"\"thoat\", \"0\"", "\"thoat\", \"ngon ngu\"", CFG_ERROR, "the choice of language is not one step away"},
    {"\"thoat\", \"0\"", "\"thoat\", \"lam lai\"", CFG_ERROR,
     "beginning anew is not one step away from state"},
    {"restart = [ \"lam lai\" ];", "", CFG_ERROR, "beginning anew is not one step away from state"},
    {"\"thoat\", \"0\"", "\"thoat\", \"doi nguoi\"", CFG_ERROR,
     "somebody else is not one step away from state"},
    {"leave = [ \"thoat\", \"0\"", "leave = [ \"thoat\", \"9\"", CFG_ERROR, "\"9\" turns the pages"},
    /* what silence and leaving lead to */
    {"{ id = \"left\"; prompt = \"left\"; end = true; }",
     "{ id = \"left\"; prompt = \"left\"; next = \"opening\"; answers = ( { on = [ \"tiep\" ]; } ); }",
     CFG_ERROR, "after leaving the next message does not meet the start"},
    {"{ id = \"stopped\"; prompt = \"stopped\"; end = true; }",
     "{ id = \"stopped\"; prompt = \"stopped\"; next = \"opening\"; answers = ( { on = [ \"tiep\" ]; } ); }",
     CFG_ERROR, "after stop the next message does not meet the start"},
    {"{ id = \"erased\"; prompt = \"erased\"; end = true; }",
     "{ id = \"erased\"; prompt = \"erased\"; next = \"opening\"; answers = ( { on = [ \"tiep\" ]; } ); }",
     CFG_ERROR, "after erasure the next message does not meet the start"},
    {"window = \"24h\"", "window = \"5h\"", CFG_ERROR, "after the silence of timeout_sms it is not asked"},
    {"timeout_ussd = \"5m\"", "timeout_ussd = \"24h\"", CFG_ERROR,
     "after the silence of timeout_ussd it is not"},
    /* dead ends and circles */
    {AFTER, "", CFG_ERROR, "state \"after\" waits and understands no answer"},
    {AFTER, "{ on = [ \"xong\", \"khac\" ]; next = \"after\"; }", CFG_ERROR,
     "no way from state \"after\" to an end"},
    {"{ on = [ \"khac\" ]; next = \"opening2\"; }", "{ on = [ \"khac\" ]; next = \"after\"; }", CFG_ERROR,
     "round in a circle in which nothing becomes known: after, after"},
    {"slot = \"safe\"; next = \"done\"", "slot = \"safe\"; next = \"place\"", CFG_ERROR,
     "next leads round in a circle"},
    /* help for every need */
    {DONE, "prompt = \"done\"; end = true;", CFG_ERROR,
     "state \"done\" ends with neither a referral nor information"},
    {FIRST_NEED, "{ on = [ \"2\" ]; set = [ \"need:talk\" ]; }", CFG_ERROR, "to the need \"shelter\""},
    /* what nobody meets */
    {DONE, DONE " },\n{ id = \"lost\"; prompt = \"noted\"; end = true;", CFG_WARNING,
     "state \"lost\" can never be reached"},
    {SAFE_ANSWERS, SAFE_ANSWERS "{ on = [ \"hai\" ]; when = [ \"who:elder\" ]; }, ", CFG_WARNING,
     "the answer \"hai\" is never understood, since its when never holds"},
    {SAFE_ANSWERS, SAFE_ANSWERS "{ on = [ \"tin\" ]; set = [ \"safe:call\" ]; }, ", CFG_WARNING,
     "the answer \"tin\" is never understood, since an answer before it"},
    {SAFE_ANSWERS, SAFE_ANSWERS "{ on = [ \"thoat\" ]; set = [ \"safe:call\" ]; }, ", CFG_WARNING,
     "the answer \"thoat\" is never understood"},
    {"{ on = [ \"7\", \"nua\" ]", "{ on = [ \"7\", \"8\" ]", CFG_ERROR, "\"8\" turns the pages"},
    {"{ on = [ \"7\", \"nua\" ]", "{ on = [ \"7\", \"9\" ]", CFG_ERROR, "\"9\" turns the pages"},
    {"{ on = [ \"7\", \"nua\" ]", "{ on = [ \"7\", \"0\" ]", CFG_ERROR, "\"0\" leaves everywhere"},
    {"{ on = [ \"7\", \"khong biet\" ]", "{ on = [ \"7\", \"3\" ]", CFG_ERROR,
     "\"3\" chooses one of several places"},
    /* neutral */
    {"\"opening2\", ", "", CFG_ERROR, "the text \"opening2\" is shown before a need is stated"},
    {"\"avoid_noted\" ]", "\"left\" ]", CFG_ERROR,
     "the text \"avoid_noted\" is shown before a need is stated"},
    {"\"resume\", ", "", CFG_ERROR, "the text \"resume\" is shown to whoever holds the telephone"},
    {"\"stopped\", \"erased\", ", "\"stopped\", ", CFG_ERROR, "the text \"erased\" is shown to whoever"},
    {"\"avoid_noted\" ]", "\"avoid_noted\", \"openin\" ]", CFG_ERROR,
     "no text \"openin\"; did you mean \"opening\"?"},
    {"Chao ban. Nhan XONG", "Nhan bao luc: XONG", CFG_ERROR, "is neutral and says \"bao luc\""},
    /* texts */
    {"slow = \"Xin doi it phut.\";", "", CFG_ERROR, "lacks the text \"slow\""},
    {"slow = ", "extra = \"A\"; slow = ", CFG_WARNING, "text \"extra\" is used by nothing"},
    {"{meeting}", "{metting}", CFG_ERROR, "{metting} is unknown"},
    {"Da ghi. Se co nguoi giup.", "Đã ghi.", CFG_ERROR, "a character outside the GSM alphabet"},
    {"Da ghi. Se co nguoi giup.", EIGHTY EIGHTY EIGHTY EIGHTY, CFG_ERROR, "\"done\" takes 3 SMS segments"},
    {"Ban o xa nao?", EIGHTY EIGHTY EIGHTY "Mot hai ba bon. Nam sau bay tam. Mot hai.", CFG_ERROR,
     "text \"ask_place\" after \"emergency\" takes 3 SMS segments"},
    {"9 Tiep", EIGHTY "Tiep theo la nam.", CFG_ERROR, "one does not fit"},
    {"Dang bao nguoi gan ban.",
     "mot hai ba bon nam sau bay tam chin muoi mot hai ba bon nam sau bay tam chin muoi mot", CFG_ERROR,
     "a sentence of more than 20 words"},
    {"Dang bao nguoi gan ban.", "Goi CSGT.", CFG_WARNING, "\"CSGT\" is an abbreviation"},
    {"\\n2 Toi tu nhan lai", "\\n2 Toi tu nhan lai\\n3 Goi", CFG_ERROR,
     "shows 3, which state \"safe\" does not"},
    {"\\n2 Toi tu nhan lai", "", CFG_ERROR, "has no line for 2, which state \"safe\" understands"},
    {"\\n7 Khong co o day", "", CFG_ERROR, "\"place_choice\" (vi) has no line for 7"},
    {"\\n2 Lam lai", "", CFG_ERROR, "\"resume\" (vi) has no line for 2"},
    /* places by number */
    {PLACE, PLACE " menu = \"ussd\";", CFG_ERROR, "lacks the text \"place_menu\""},
    {"Ban o xa nao?", "Ban o xa nao?\\n{options}", CFG_ERROR, "offers no places there (sms)"},
    {"prompt = \"after\";", "prompt = \"after\"; menu = \"ussd\";", CFG_ERROR,
     "state \"after\" has a menu of places and asks for none"},
    {"segments = 2;", "segments = 2; draft = true;", CFG_WARNING, "language vi is a draft"},
    {"Goi 113. Nhan SOS.", "Nhan SOS.", CFG_ERROR, "holds no number to call"},
    {"Goi 113. Nhan SOS.", "Goi 113.", CFG_ERROR, "names no danger word of the lexicon"},
};

static bool replace(char text[FILE_MOST], const struct change *c)
{
    static char rest[FILE_MOST];
    char *at = strstr(text, c->from);
    if (!at)
        return false;
    strcpy(rest, at + strlen(c->from));
    strcpy(at, c->to);
    strcat(at, rest);
    return true;
}

static void print_findings(const struct cfg_findings *f)
{
    for (size_t i = 0; i < f->n; i++)
        print_error("    %s:%d %s\n", f->items[i].pos.file, f->items[i].pos.line, f->items[i].what);
}

static void a_sound_dialogue_passes(void **state)
{
    static struct files f;
    struct checked c;
    (void)state;
    sound(&f);
    check(&c, &f, 0);
    print_findings(&c.f);
    assert_int_equal(c.f.n, 0);
    assert_in_range(c.reach.situations, 50, 2000);
    done(&c);
}

static void every_need_is_helped_within_so_many_answers(void **state)
{
    static struct files f;
    struct checked c;
    (void)state;
    sound(&f);
    check(&c, &f, 0);
    for (int ch = 0; ch < CHANNEL_COUNT; ch++) {
        const struct reach *shelter = &c.reach.by[NEED_SHELTER][ch], *danger = &c.reach.by[NEED_DANGER][ch];
        assert_int_equal(shelter->answers, 4); /* the need, a name, which of them, how to be reached */
        assert_int_equal(shelter->given, REACH_REFERRAL);
        assert_int_equal(danger->answers, 3);
        assert_int_equal(danger->given, REACH_REFERRAL | REACH_INFORMATION);
    }
    done(&c);
}

static bool found_alone(const struct change *change, const struct checked *c)
{
    return c->f.n == 1 && c->f.items[0].severity == change->severity &&
           strstr(c->f.items[0].what, change->finding) && c->f.items[0].pos.file;
}

/* Makes the change to files without fault and looks for its finding. */
static bool finds_in(void (*good)(struct files *), const struct change *change, size_t septets)
{
    static struct files f;
    struct checked c;
    good(&f);
    if (!replace(f.lexicon, change) && !replace(f.dialogue, change) && !replace(f.texts, change))
        fail_msg("nothing holds %s", change->from);
    check(&c, &f, septets);
    bool found = found_alone(change, &c);
    if (!found) {
        print_error("%s -> %s: wanted one finding with \"%s\", got %zu\n", change->from, change->to,
                    change->finding, c.f.n);
        print_findings(&c.f);
    }
    done(&c);
    return found;
}

static bool finds(const struct change *change, size_t septets)
{
    return finds_in(sound, change, septets);
}

/* The same line, where places may be chosen by number. */
#define MENU                                                                                                 \
    "variants = ( { when = [ \"channel:ussd\" ]; prompt = \"choose\"; } ); "                                 \
    "menu = \"ussd\"; "
static const struct change menu[] = {
    {PLACE, PLACE " " MENU, CFG_ERROR, NULL},
    {"{ id = \"danger\";", "{ id = \"danger\"; " MENU, CFG_ERROR, NULL},
    {"ask_place = ",
     "choose = \"O dau?\\n{options}\\n7 Khong biet\"; place_menu = \"{group}?\\n{options}\\n7 Khong biet\"; "
     "ask_place = ",
     CFG_ERROR, NULL},
};
static const struct change menu_changes[] = {
    {"O dau?\\n{options}\\n", "O dau?\\n", CFG_ERROR, "\"choose\" (vi) has no {options}, where state"},
    {"\"choose\"; } ); menu", "\"ask_place\"; } ); menu", CFG_ERROR, "\"ask_place\" (vi) has no {options}"},
    {"{options}\\n7 Khong biet\"; place_menu", "{options}\"; place_menu", CFG_ERROR, "has no line for 7"},
    {"{group}?", "{group}?\\n1 Xa dau", CFG_ERROR, "\"place_menu\" (vi) shows 1, which state"},
    {"{group}?\\n{options}\\n7 Khong biet", "{group}?\\n{options}\\n7 " EIGHTY, CFG_ERROR,
     "no room for the other answers"},
    {"on = [ \"7\", \"khong biet\" ]", "on = [ \"7\", \"6\" ]", CFG_ERROR, "chooses one of several places"},
};

static void with_menu(struct files *f)
{
    sound(f);
    for (size_t i = 0; i < sizeof menu / sizeof menu[0]; i++)
        assert_true(replace(f->dialogue, &menu[i]) || replace(f->texts, &menu[i]));
}

static void a_menu_of_places_passes(void **state)
{
    static struct files f;
    struct checked c;
    (void)state;
    with_menu(&f);
    check(&c, &f, 0);
    print_findings(&c.f);
    assert_int_equal(c.f.n, 0);
    assert_int_equal(c.reach.menu_least, 2);
    assert_true(c.reach.menu_most >= 4);
    done(&c);
}

static void each_harm_to_the_menu_is_found(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof menu_changes / sizeof menu_changes[0]; i++)
        wrong += !finds_in(with_menu, &menu_changes[i], 0);
    assert_int_equal(wrong, 0);
}

static void each_harm_is_found(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        wrong += !finds(&changes[i], 0);
    assert_int_equal(wrong, 0);
}

static void a_long_text_on_small_screens_is_found(void **state)
{
    static const struct change longer = {"Dang bao nguoi gan ban.", EIGHTY EIGHTY EIGHTY "Mot. Hai bon.",
                                         CFG_WARNING, "more than 4: few turn so many"};
    (void)state;
    assert_true(finds(&longer, 70));
}

static void the_drawing_shows_the_way_of_danger(void **state)
{
    static struct files f;
    static char text[32768];
    struct checked c;
    struct out o;
    (void)state;
    sound(&f);
    check(&c, &f, 0);
    out_init(&o, text, sizeof text);
    dialogue_draw(c.dialogue, DRAWING_MERMAID, &o);
    assert_non_null(strstr(text, "s5[\"danger<br>ask_place\"]:::danger"));
    assert_non_null(strstr(text, "s6([\"danger_done\"]):::danger"));
    assert_non_null(strstr(text, "anywhere -->|\"cuu\"| s5"));
    assert_non_null(strstr(text, "s2 -->|\"7 khong biet\"| s3"));
    out_init(&o, text, sizeof text);
    dialogue_draw(c.dialogue, DRAWING_GRAPHVIZ, &o);
    assert_non_null(strstr(text, "anywhere -> s5 [label=\"cuu\"]"));
    assert_false(o.overflow);
    done(&c);
}

static int setup(void **state)
{
    struct cfg_findings f;
    char path[96];
    (void)state;
    arena_init(&kept, 0);
    cfg_findings_init(&f, &kept);
    places = load_places("conf/places", "14", &kept, &f);
    cfg_findings_free(&f);
    if (!places || !make_dir())
        return -1;
    snprintf(path, sizeof path, "%s/dialogue", dir);
    int made = mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/lang", dir);
    return made + mkdir(path, 0700);
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&kept);
    return remove_dir();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_dialogue_passes),
        cmocka_unit_test(every_need_is_helped_within_so_many_answers),
        cmocka_unit_test(each_harm_is_found),
        cmocka_unit_test(a_menu_of_places_passes),
        cmocka_unit_test(each_harm_to_the_menu_is_found),
        cmocka_unit_test(a_long_text_on_small_screens_is_found),
        cmocka_unit_test(the_drawing_shows_the_way_of_danger),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, setup, teardown);
}
