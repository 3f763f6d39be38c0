/* What officers see of referrals: everything that led to them, nothing of who it was. */

#include "unit/engine_line.h"

#include "web/internal.h"

/* ---- pages ---- */

static char page[WEB_HTML];

static struct web_look look_of(const char *query)
{
    struct web_look look;
    web_look_read(&look, rules.places, 420, str_of(query));
    return look;
}

static const char *list_page(const char *query)
{
    struct web_look look = look_of(query);
    struct out o;
    struct failure why;
    out_init(&o, page, sizeof page);
    assert_int_equal(web_referrals(&run.store, &look, &o, &why), OK);
    assert_false(o.overflow);
    return page;
}

static const char *story_page(uint64_t id, const char *query)
{
    struct web_look look = look_of(query);
    struct out o;
    struct failure why;
    out_init(&o, page, sizeof page);
    assert_int_equal(web_referral(&run.store, id, &look, &o, &why), OK);
    assert_false(o.overflow);
    return page;
}

static void shows(const char *what)
{
    if (!strstr(page, what))
        fail_msg("\"%s\" is not in %s", what, page);
}

static void hides(const char *what)
{
    if (strstr(page, what))
        fail_msg("\"%s\" is in %s", what, page);
}

static size_t lines(void)
{
    size_t n = 0;
    for (const char *at = page; (at = strstr(at, "<tr><td")); at++)
        n++;
    return n;
}

/* ---- the list ---- */

static void the_list_tells_where_each_referral_stands(void **state)
{
    uint64_t taken = asks_for_shelter(ANNA);
    char id[ID_TEXT];
    (void)state;
    answers("north", "lan", VERB_ACCEPT, taken);
    says(BINH, "sos chieng son");
    id_text(taken, id);
    list_page("lang=en");
    assert_int_equal(lines(), 2);
    shows(id);
    shows("<span class=\"state accepted\">accepted</span>");
    shows("urgent</strong>");
    shows("Chiềng Sơn");
    shows(">lan<");
    shows(">house<");
    hides("0900000001");
    hides("900000001");
    assert_true(strstr(page, "state offered") < strstr(page, "state accepted")); /* the newest first */
    list_page("");
    shows("<html lang=\"vi\">");
    shows("đã nhận");
    shows("khẩn cấp");
}

static void the_list_is_filtered(void **state)
{
    static const struct {
        const char *query;
        size_t lines;
    } cases[] = {
        {"state=offered", 1},
        {"state=accepted", 1},
        {"state=unmet", 0},
        {"state=nonsense", 2},
        {"place=Chieng+Son", 2},
        {"place=03985", 2},
        {"place=H%C3%A0+N%E1%BB%99i", 2}, /* said on the page, filters nothing */
        {"from=2025-11-25&to=2025-11-25", 2},
        {"from=2025-11-26", 0},
        {"to=2025-11-24", 0},
        {"from=tomorrow", 2},
        {"before=0000000000001", 0},
        {"before=nobody", 2},
        {"%ZZ=&&&=;", 2},
    };
    (void)state;
    answers("north", "lan", VERB_ACCEPT, asks_for_shelter(ANNA));
    asks_for_shelter(BINH);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        list_page(cases[i].query);
        if (lines() != cases[i].lines)
            fail_msg("%s: %zu lines, not %zu", cases[i].query, lines(), cases[i].lines);
    }
    list_page("lang=en&place=nowhere&from=x");
    shows("no such commune");
    shows("no such date");
}

static void what_is_typed_is_shown_as_text(void **state)
{
    (void)state;
    list_page("place=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&lang=en");
    hides("<script");
    shows("&quot;&gt;&lt;script&gt;");
}

static void older_ones_are_a_page_away(void **state)
{
    char number[MSISDN_MAX];
    (void)state;
    rules.dialogue = usual_rules.dialogue;
    for (int i = 0; i < WEB_LISTED + 3; i++) {
        snprintf(number, sizeof number, "+8490000%04d", i);
        says(number, "sos chieng son");
    }
    list_page("lang=en&state=offered");
    size_t first = lines();
    const char *next = strstr(page, "rel=\"next\" href=\"/referrals?");
    assert_non_null(next);
    assert_true(first <= WEB_LISTED);
    char query[128];
    const char *from = strchr(next, '?') + 1;
    struct out o;
    out_init(&o, query, sizeof query);
    for (; *from != '"'; from++)
        if (strncmp(from, "amp;", 4) == 0)
            from += 3;
        else
            out_char(&o, *from);
    assert_non_null(strstr(query, "state=offered"));
    list_page(query);
    shows("Newest");
    hides("rel=\"next\"");
    list_page("");
    assert_int_equal(lines(), WEB_LISTED);
}

/* It looks through so many at a time: that none of them fits does not mean that there is none. */
static void none_among_the_last_ones_is_not_none_at_all(void **state)
{
    struct referral r = referral_of(asks_for_shelter(ANNA));
    struct failure why;
    (void)state;
    list_page("lang=en&state=unmet");
    shows("No referral fits.");
    assert_int_equal(run.store.ops->begin(run.store.self, &why), OK);
    for (int i = 0; i < WEB_SCANNED; i++) {
        r.id--;
        assert_int_equal(run.store.ops->referral_put(run.store.self, &r, &why), OK);
    }
    assert_int_equal(run.store.ops->commit(run.store.self, &why), OK);
    list_page("lang=en&state=unmet");
    shows("None of the last ones fits; look at older ones.");
    shows("rel=\"next\"");
    hides("No referral fits.");
}

/* ---- one referral ---- */

static void a_story_with_its_reasons(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    passes(OFFER_WAIT + 90 * MINUTE_MS);
    answers("south", "mai", VERB_ACCEPT, id);
    story_page(id, "lang=en");
    shows("<span class=\"state expired\">expired</span> lan");
    shows("<span class=\"state accepted\">accepted</span> mai");
    shows("after 1 h 45 min");
    shows("by configuration test");
    shows("<b>mai</b> for house");
    shows("serves the commune");
    shows("Hosts, best first");
    hides("900000001");
    story_page(id, "");
    shows("sau 1 giờ 45 phút");
    shows("phụ trách xã, phường này");
    shows("gần nhất trước");
    hides("nearest");
    hides("serves");
}

static void nobody_took_it(void **state)
{
    (void)state;
    uint64_t id = asks_for_shelter(ANNA);
    passes(OFFER_WAIT);
    passes(OFFER_WAIT);
    story_page(id, "");
    shows("chưa ai giúp được");
    shows("không ai nhận");
}

static void an_erased_contact_took_the_reasons_along(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    (void)state;
    hears(ANNA, "xoa", "erased");
    story_page(id, "lang=en");
    shows("The reasons were erased with the contact.");
    shows("closed");
    hides("serves the commune");
}

static void only_the_newest_choices_are_told(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    struct failure why;
    (void)state;
    assert_int_equal(run.store.ops->begin(run.store.self, &why), OK);
    for (int i = 0; i < 20; i++) {
        struct row row = {.at = run.now, .kind = ROW_ROUTED, .referral = id, .children = 255};
        snprintf(row.note, sizeof row.note, "stamp-%d", i);
        assert_int_equal(run.store.ops->append(run.store.self, &row, &why), OK);
    }
    assert_int_equal(run.store.ops->commit(run.store.self, &why), OK);
    story_page(id, "lang=en");
    shows("stamp-19");
    shows("stamp-12");
    hides("stamp-11");
    shows("Older choices: hotlinectl journal why ");
}

static void a_look_is_a_row(void **state)
{
    uint64_t id = asks_for_shelter(ANNA);
    struct job j = {.in = {.kind = INPUT_LOOK, .referral = id, .officer = STR("lan.o")}};
    (void)state;
    work(&j);
    assert_int_equal(j.out.status, OK);
    struct row row = last_row(ROW_ACCESS);
    assert_string_equal(row.note, "officer lan.o");
    assert_true(row.referral == id && row.contact != 0);
    j.in.referral = 1;
    work(&j);
    assert_int_equal(j.out.status, ERR_MISSING);
    assert_int_equal(count(ROW_ACCESS), 1);
    commits_to_fail = 1;
    j.in.referral = id;
    work(&j);
    assert_int_equal(j.out.status, ERR_AGAIN);
}

/* ---- words ---- */

static void translated(const char *english)
{
    char buf[512];
    struct out o;
    out_init(&o, buf, sizeof buf);
    if (!web_vietnamese(str_of(english), &o))
        fail_msg("\"%s\" has no Vietnamese", english);
    assert_null(strchr(buf, '*'));
}

static void every_word_is_there_in_vietnamese(void **state)
{
    (void)state;
    for (int i = 0; i < REJECT_COUNT; i++)
        translated(reject_text((enum reject)i));
    for (int i = 0; i < NEED_COUNT; i++)
        translated(need_name((enum need)i));
    for (unsigned bit = WHO_SELF; bit < WHO_ALL; bit <<= 1)
        translated(who_name((enum who)bit));
    for (int i = REFERRAL_OPEN; i <= REFERRAL_UNMET; i++)
        translated(referral_state_name((enum referral_state)i));
    for (int i = 0; i < RE_COUNT; i++)
        translated(referral_event_name((enum referral_event)i));
}

static void phrases_translated(const char *words)
{
    char one[512];
    for (const char *end; words; words = end ? end + 2 : NULL) {
        end = strstr(words, "; ");
        assert_true(
            str_copy((struct str){words, end ? (size_t)(end - words) : strlen(words)}, one, sizeof one));
        translated(one);
    }
}

/* Everything that the reasons can say of a host. */
static void every_reason_of_a_host_is_there(void **state)
{
    struct network net = *usual_rules.network;
    struct host host = net.hosts[0];
    struct override by = {.pos = {"overrides.csv", 3}, .value = 150};
    struct travel table = {.minutes = 20};
    struct request req = {.from = host.place, .lang = "vi"};
    (void)state;
    net.hosts = &host;
    for (unsigned i = 0; i < 8 * 4 * 5 * 2; i++) {
        struct choice c = {.burden = 1, .unfit = i % 8, .handicap = i % 8 ? 60 : 0};
        unsigned changed = i / 8 % 4, known = i / 32 % 5;
        char words[512];
        struct out o;
        host.capacity = i / 160 ? 4 : 0;
        by.kind = (enum override_kind)changed;
        c.by = changed ? &by : NULL;
        table.mode = (uint16_t)(known - 1);
        c.table = known ? &table : NULL;
        out_init(&o, words, sizeof words);
        routing_explain_host(&net, &req, &c, &o);
        if (changed < 3)
            phrases_translated(words);
    }
}

static void every_reason_of_a_person_is_there(void **state)
{
    static const struct collaborator other = {.id = "other"};
    struct request req = {.lang = "hmn-x"};
    (void)state;
    for (unsigned i = 0; i < 32; i++) {
        struct candidate c = {.host = i & 1 ? 0 : -1,
                              .speaks = i & 2,
                              .local = i & 4,
                              .burden = i & 8,
                              .instead_of = i & 16 ? &other : NULL};
        char words[512];
        struct out o;
        out_init(&o, words, sizeof words);
        routing_explain_person(usual_rules.network, &req, &c, &o);
        phrases_translated(words);
    }
    for (unsigned i = 0; i < 3; i++) {
        struct network net = {.spread_minutes = i == 1 ? 10 : 0};
        char words[128];
        struct out o;
        req.urgent = i == 2;
        out_init(&o, words, sizeof words);
        routing_explain_order(&net, &req, &o);
        translated(words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(the_list_tells_where_each_referral_stands),
        BOTH(the_list_is_filtered),
        BOTH(what_is_typed_is_shown_as_text),
        BOTH(older_ones_are_a_page_away),
        BOTH(none_among_the_last_ones_is_not_none_at_all),
        BOTH(a_story_with_its_reasons),
        BOTH(nobody_took_it),
        BOTH(an_erased_contact_took_the_reasons_along),
        BOTH(only_the_newest_choices_are_told),
        BOTH(a_look_is_a_row),
        cmocka_unit_test(every_word_is_there_in_vietnamese),
        cmocka_unit_test(every_reason_of_a_host_is_there),
        cmocka_unit_test(every_reason_of_a_person_is_there),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
