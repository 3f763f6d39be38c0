/* Every store passes the same suite: what the engine relies on. */
#include "engine/engine.h"
#include "journal/journal.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/workdir.h"

static const uint8_t key[JOURNAL_KEY] = {1, 2, 3};
static int count;

struct fixture {
    struct store s;
    char url[128];
    bool sqlite;
};

static struct fixture open_store(void **state)
{
    struct fixture f = {.sqlite = strcmp(*state, "sqlite") == 0};
    struct failure why;
    snprintf(f.url, sizeof f.url, f.sqlite ? "sqlite:%s/%d.db" : "memory:", dir, count++);
    assert_int_equal(journal_open(f.url, key, JOURNAL_WRITE, &f.s, &why), OK);
    return f;
}

static char sqlite_kind[] = "sqlite", memory_kind[] = "memory";

#define DO(call) assert_int_equal(f.s.ops->call, OK)

static struct contact someone(const char *number)
{
    struct contact c = {.created = 1000, .aggregator = "kannel", .service = "8099"};
    str_copy(str_of(number), c.msisdn, sizeof c.msisdn);
    c.session.children = 255;
    return c;
}

static void contacts(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct contact c = someone("+84000000001"), d = someone("+84000000002"), got;
    assert_int_equal(f.s.ops->contact_find(f.s.self, "+84000000001", &got, &why), ERR_MISSING);
    DO(begin(f.s.self, &why));
    DO(contact_put(f.s.self, &c, &why));
    DO(contact_put(f.s.self, &d, &why));
    assert_true(c.id && d.id && c.id != d.id);
    str_copy(STR("place"), c.session.state, sizeof c.session.state);
    DO(contact_put(f.s.self, &c, &why));
    DO(commit(f.s.self, &why));
    DO(contact_find(f.s.self, "+84000000001", &got, &why));
    assert_int_equal(got.id, c.id);
    assert_string_equal(got.session.state, "place");
    DO(contact_get(f.s.self, d.id, &got, &why));
    assert_string_equal(got.msisdn, "+84000000002");
    journal_close(&f.s);
}

static void rollback_undoes_all(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct contact c = someone("+84000000003"), got;
    struct row row = {.at = 1, .kind = ROW_START, .children = 255};
    struct referral r = {.id = 5, .contact = 1, .next_at = 10}, back;
    char reply[DIALOGUE_REPLY];
    size_t len;
    bool end;
    uint64_t rows;
    DO(begin(f.s.self, &why));
    DO(contact_put(f.s.self, &c, &why));
    DO(append(f.s.self, &row, &why));
    DO(referral_put(f.s.self, &r, &why));
    DO(seen_put(f.s.self, 0, STR("k"), 1, 0, STR("a"), false, &why));
    f.s.ops->rollback(f.s.self);
    assert_int_equal(f.s.ops->contact_find(f.s.self, "+84000000003", &got, &why), ERR_MISSING);
    assert_int_equal(f.s.ops->referral_get(f.s.self, 5, &back, &why), ERR_MISSING);
    assert_int_equal(f.s.ops->seen_get(f.s.self, 0, STR("k"), reply, &len, &end, &why), ERR_MISSING);
    DO(begin(f.s.self, &why));
    DO(append(f.s.self, &row, &why));
    assert_int_equal(row.seq, 1); /* no gap is left behind */
    DO(commit(f.s.self, &why));
    DO(verify(f.s.self, &rows, &why));
    assert_int_equal(rows, 1);
    journal_close(&f.s);
}

static bool keep_text(void *to, const struct row *r)
{
    struct out o;
    if (r->kind != ROW_MO)
        return true;
    out_init(&o, to, 64);
    out_str(&o, r->text);
    out_char(&o, '|');
    out_str(&o, r->reply);
    return true;
}

static void rows_and_erasure(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct contact c = someone("+84000000004"), got;
    struct row row = {.at = 1, .kind = ROW_MO, .children = 255, .place = "03985"};
    char text[64] = "";
    uint64_t rows;
    DO(begin(f.s.self, &why));
    DO(contact_put(f.s.self, &c, &why));
    row.contact = c.id;
    row.text = STR("xin chao");
    row.reply = STR("chao ban");
    DO(append(f.s.self, &row, &why));
    struct store_send mt = {
        .kind = SEND_MT, .contact = c.id, .due = 1, .to = "+84000000004", .body = STR("x")};
    DO(send_put(f.s.self, &mt, &why));
    DO(commit(f.s.self, &why));
    DO(scan(f.s.self, 0, true, keep_text, text, &why));
    assert_string_equal(text, "xin chao|chao ban");
    DO(scan(f.s.self, 0, false, keep_text, text, &why));
    assert_string_equal(text, "|");
    DO(begin(f.s.self, &why));
    DO(contact_erase(f.s.self, c.id, &why));
    DO(commit(f.s.self, &why));
    DO(scan(f.s.self, 0, true, keep_text, text, &why));
    assert_string_equal(text, "|"); /* the row counts, its content is gone */
    assert_int_equal(f.s.ops->contact_find(f.s.self, "+84000000004", &got, &why), ERR_MISSING);
    assert_int_equal(f.s.ops->contact_erase(f.s.self, c.id, &why), ERR_MISSING);
    struct arena a;
    arena_init(&a, 0);
    assert_int_equal(f.s.ops->send_get(f.s.self, mt.id, &mt, &a, &why), ERR_MISSING);
    arena_free(&a);
    DO(verify(f.s.self, &rows, &why));
    assert_int_equal(rows, 1);
    journal_close(&f.s);
}

static void repeats(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct contact c = someone("+84000000009");
    struct row row = {
        .at = 200, .kind = ROW_MO, .children = 255, .text = STR("xin chao"), .reply = STR("chao")};
    char reply[DIALOGUE_REPLY];
    size_t len;
    bool end;
    DO(begin(f.s.self, &why));
    DO(contact_put(f.s.self, &c, &why));
    row.contact = c.id;
    DO(append(f.s.self, &row, &why));
    DO(seen_put(f.s.self, 0, STR("a"), 100, 0, STR("one"), true, &why));
    DO(seen_put(f.s.self, c.id, STR("a"), 100, 0, STR("hers"), false, &why));
    DO(seen_put(f.s.self, c.id, STR("b"), 200, row.seq, row.reply, false, &why));
    DO(commit(f.s.self, &why));
    DO(seen_get(f.s.self, 0, STR("a"), reply, &len, &end, &why));
    assert_string_equal(reply, "one");
    assert_true(end);
    DO(seen_get(f.s.self, c.id, STR("a"), reply, &len, &end, &why));
    assert_string_equal(reply, "hers");
    DO(begin(f.s.self, &why));
    DO(seen_purge(f.s.self, 150, 100, &why));
    DO(commit(f.s.self, &why));
    assert_int_equal(f.s.ops->seen_get(f.s.self, 0, STR("a"), reply, &len, &end, &why), ERR_MISSING);
    assert_int_equal(f.s.ops->seen_get(f.s.self, c.id, STR("a"), reply, &len, &end, &why), ERR_MISSING);
    DO(seen_get(f.s.self, c.id, STR("b"), reply, &len, &end, &why));
    assert_string_equal(reply, "chao");
    DO(begin(f.s.self, &why));
    DO(contact_erase(f.s.self, c.id, &why));
    DO(commit(f.s.self, &why));
    DO(seen_get(f.s.self, 0, STR("b"), reply, &len, &end, &why));
    assert_int_equal(len, 0); /* known still, its answer gone */
    journal_close(&f.s);
}

/* Old keys go a page at a time, and every one is reached in the end. */
static void repeats_are_purged_in_pages(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    char reply[DIALOGUE_REPLY], name[16];
    size_t len;
    bool end;
    DO(begin(f.s.self, &why));
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "key %d", i);
        DO(seen_put(f.s.self, (uint64_t)i % 7, str_of(name), i, 0, STR("x"), false, &why));
    }
    for (int i = 0; i < 8; i++)
        DO(seen_purge(f.s.self, 25, 10, &why));
    DO(commit(f.s.self, &why));
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "key %d", i);
        assert_int_equal(f.s.ops->seen_get(f.s.self, (uint64_t)i % 7, str_of(name), reply, &len, &end, &why),
                         i < 25 ? ERR_MISSING : OK);
    }
    journal_close(&f.s);
}

static void count_load(void *n, const struct referral *r)
{
    *(int *)n += strcmp(r->offers[referral_current(r)].collaborator, "c1") == 0;
}

static void note_meant(void *o, uint64_t contact, const char *place)
{
    out_printf(o, "%u %s, ", (unsigned)contact, place);
}

/* Whose, and for where: real ones alone, whatever became of them, part by part. */
static void places_meant(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    char text[64] = "";
    struct out o;
    struct referral r[] = {
        {.id = 1, .contact = 3, .opened_at = 10, .place = "03985"},
        {.id = 2, .contact = 3, .opened_at = 20, .place = "03985", .state = REFERRAL_CLOSED},
        {.id = 3, .contact = 4, .opened_at = 20, .place = "03646", .drill = true},
        {.id = 4, .contact = 4, .opened_at = 30, .place = "04048"}};
    DO(begin(f.s.self, &why));
    for (int i = 0; i < 4; i++)
        DO(referral_put(f.s.self, &r[i], &why));
    DO(commit(f.s.self, &why));
    out_init(&o, text, sizeof text);
    uint64_t after = 1;
    for (int parts = 0; after; parts++) {
        assert_true(parts < 3);
        DO(meant(f.s.self, &after, 2, note_meant, &o, &why));
    }
    assert_true(strstr(text, "3 03985, ") && strstr(text, "4 04048, "));
    assert_int_equal(strlen(text), strlen("3 03985, 4 04048, "));
    journal_close(&f.s);
}

static void referrals(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct referral r = {.id = 7,
                         .contact = 3,
                         .state = REFERRAL_OFFERED,
                         .next_at = 50,
                         .opened_at = 10,
                         .n_offers = 1},
                    got;
    uint64_t ids[4];
    size_t n;
    struct store_due due;
    int load = 0;
    str_copy(STR("c1"), r.offers[0].collaborator, sizeof r.offers[0].collaborator);
    DO(begin(f.s.self, &why));
    DO(referral_put(f.s.self, &r, &why));
    DO(commit(f.s.self, &why));
    DO(referral_due(f.s.self, 49, ids, 4, &n, &why));
    assert_int_equal(n, 0);
    DO(referral_due(f.s.self, 50, ids, 4, &n, &why));
    assert_int_equal(n, 1);
    DO(next_due(f.s.self, 0, &due, &why));
    assert_int_equal(due.referrals, 50);
    assert_int_equal(due.sends, 0);
    DO(referral_of(f.s.self, 3, false, &got, &why));
    assert_int_equal(got.id, 7);
    DO(load(f.s.self, false, count_load, &load, &why));
    assert_int_equal(load, 1);
    r.state = REFERRAL_CLOSED;
    r.next_at = 0;
    DO(begin(f.s.self, &why));
    DO(referral_put(f.s.self, &r, &why));
    DO(commit(f.s.self, &why));
    assert_int_equal(f.s.ops->referral_of(f.s.self, 3, false, &got, &why), ERR_MISSING);
    DO(referral_get(f.s.self, 7, &got, &why));
    assert_int_equal(got.state, REFERRAL_CLOSED);
    journal_close(&f.s);
}

static void load_of_drills(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct referral r = {.state = REFERRAL_OFFERED, .n_offers = 1};
    int real = 0, all = 0;
    str_copy(STR("c1"), r.offers[0].collaborator, sizeof r.offers[0].collaborator);
    DO(begin(f.s.self, &why));
    for (r.id = 1; r.id <= 3; r.id++) {
        r.drill = r.id > 1;
        DO(referral_put(f.s.self, &r, &why));
    }
    DO(commit(f.s.self, &why));
    DO(load(f.s.self, false, count_load, &real, &why));
    DO(load(f.s.self, true, count_load, &all, &why));
    assert_int_equal(real, 1);
    assert_int_equal(all, 3);
    journal_close(&f.s);
}

struct ids {
    uint64_t all[8];
    size_t n, most;
};

static bool note_referral(void *ids, const struct referral *r)
{
    struct ids *to = ids;
    to->all[to->n++] = r->id;
    return to->n < to->most;
}

static void referrals_newest_first(void **state)
{
    static const uint64_t order[] = {20, 5, 30};
    struct fixture f = open_store(state);
    struct failure why;
    struct ids all = {.most = 8}, older = {.most = 8}, one = {.most = 1};
    DO(begin(f.s.self, &why));
    for (size_t i = 0; i < 3; i++) {
        struct referral r = {.id = order[i], .contact = i, .drill = i == 1};
        DO(referral_put(f.s.self, &r, &why));
    }
    DO(commit(f.s.self, &why));
    DO(referral_list(f.s.self, 0, note_referral, &all, &why));
    assert_int_equal(all.n, 3);
    assert_true(all.all[0] == 30 && all.all[1] == 20 && all.all[2] == 5);
    DO(referral_list(f.s.self, 30, note_referral, &older, &why));
    assert_true(older.n == 2 && older.all[0] == 20);
    DO(referral_list(f.s.self, 0, note_referral, &one, &why));
    assert_int_equal(one.n, 1);
    journal_close(&f.s);
}

struct story {
    char text[256];
    int most;
};

static bool tell(void *story, const struct row *r)
{
    struct story *to = story;
    struct out o;
    size_t n = strlen(to->text);
    out_init(&o, to->text + n, sizeof to->text - n);
    out_printf(&o, "%d:%.*s ", (int)r->kind, STR_ARG(r->text));
    return --to->most > 0;
}

static void rows_of_a_referral(void **state)
{
    static const struct {
        enum row_kind kind;
        uint64_t referral;
        const char *text;
    } written[] = {{ROW_MO, 7, "said"},      {ROW_REFERRAL, 7, ""},   {ROW_ROUTED, 7, "why"},
                   {ROW_ROUTED, 8, "other"}, {ROW_ACCESS, 7, ""},     {ROW_REFERRAL, 8, ""},
                   {ROW_REFERRAL, 7, ""},    {ROW_ROUTED, 7, "again"}};
    struct fixture f = open_store(state);
    struct failure why;
    struct contact c = someone("+84000000009");
    struct story whole = {.most = 9}, shut = {.most = 9}, two = {.most = 2}, erased = {.most = 9};
    DO(begin(f.s.self, &why));
    DO(contact_put(f.s.self, &c, &why));
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        struct row row = {.kind = written[i].kind,
                          .contact = c.id,
                          .referral = written[i].referral,
                          .children = 255,
                          .text = str_of(written[i].text)};
        DO(append(f.s.self, &row, &why));
    }
    DO(commit(f.s.self, &why));
    DO(referral_rows(f.s.self, 7, true, tell, &whole, &why));
    assert_string_equal(whole.text, "20: 21:why 20: 21:again ");
    DO(referral_rows(f.s.self, 7, false, tell, &shut, &why));
    assert_string_equal(shut.text, "20: 21: 20: 21: ");
    DO(referral_rows(f.s.self, 7, true, tell, &two, &why));
    assert_string_equal(two.text, "20: 21:why ");
    DO(begin(f.s.self, &why));
    DO(contact_erase(f.s.self, c.id, &why));
    DO(commit(f.s.self, &why));
    DO(referral_rows(f.s.self, 7, true, tell, &erased, &why));
    assert_string_equal(erased.text, "20: 21: 20: 21: ");
    journal_close(&f.s);
}

static void outbox(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct store_send one = {.kind = SEND_ALERT, .referral = 1, .due = 10, .target = "c1", .body = STR("{}")},
                      two = one, got[4];
    struct arena a;
    size_t n;
    struct store_due due;
    arena_init(&a, 0);
    two.due = 20;
    DO(begin(f.s.self, &why));
    DO(send_put(f.s.self, &one, &why));
    DO(send_put(f.s.self, &two, &why));
    DO(commit(f.s.self, &why));
    for (msec now = 0; now < 21; now += 5) { /* what is due already is not to come */
        DO(next_due(f.s.self, now, &due, &why));
        assert_int_equal(due.sends, now < 10 ? 10 : now < 20 ? 20 : 0);
    }
    DO(send_due(f.s.self, 10, 0, got, 4, &n, &a, &why));
    assert_int_equal(n, 1);
    assert_true(str_is(got[0].body, "{}"));
    assert_string_equal(got[0].target, "c1");
    DO(begin(f.s.self, &why));
    DO(send_retry(f.s.self, one.id, 1, 30, &why));
    DO(send_done(f.s.self, two.id, &why));
    DO(commit(f.s.self, &why));
    DO(send_due(f.s.self, 29, 0, got, 4, &n, &a, &why));
    assert_int_equal(n, 0);
    DO(send_due(f.s.self, 30, 0, got, 4, &n, &a, &why));
    assert_int_equal(got[0].attempts, 1);
    arena_free(&a);
    journal_close(&f.s);
}

/* Taken, but kept for its receipt: not to be sent, and let go in time. */
static void handed_over(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct contact c = someone("+84000000010");
    struct store_send mt = {.kind = SEND_MT,
                            .due = 10,
                            .target = "k",
                            .to = "+84000000010",
                            .body = STR("x")},
                      got[4];
    struct store_due due;
    struct arena a;
    uint64_t ids[4];
    size_t n;
    arena_init(&a, 0);
    DO(begin(f.s.self, &why));
    DO(contact_put(f.s.self, &c, &why));
    mt.contact = c.id;
    mt.anyway = true;
    DO(send_put(f.s.self, &mt, &why));
    DO(send_handed(f.s.self, mt.id, 500, &why));
    DO(commit(f.s.self, &why));
    DO(send_due(f.s.self, 1000, 0, got, 4, &n, &a, &why));
    assert_int_equal(n, 0);
    DO(send_get(f.s.self, mt.id, &got[0], &a, &why));
    assert_true(got[0].handed && got[0].anyway && str_is(got[0].body, "x"));
    DO(next_due(f.s.self, 0, &due, &why));
    assert_int_equal(due.sends, 0);
    assert_int_equal(due.receipts, 500);
    DO(send_waited(f.s.self, 499, ids, 4, &n, &why));
    assert_int_equal(n, 0);
    DO(send_waited(f.s.self, 500, ids, 4, &n, &why));
    assert_int_equal(n, 1);
    assert_int_equal(ids[0], mt.id);
    DO(begin(f.s.self, &why));
    DO(contact_erase(f.s.self, c.id, &why));
    DO(commit(f.s.self, &why));
    assert_int_equal(f.s.ops->send_get(f.s.self, mt.id, &got[0], &a, &why), ERR_MISSING);
    arena_free(&a);
    journal_close(&f.s);
}

static void mt_is_found_by_either_id(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct store_mt one = {.send = 7, .contact = 9, .referral = 3, .aggregator = "k", .sends = 1, .at = 100},
                    two = {.send = 8, .aggregator = "k", .sends = 2, .at = 200}, got;
    char own[ID_TEXT];
    id_text(7, own);
    assert_int_equal(f.s.ops->mt_find(f.s.self, "k", str_of(own), &got, &why), ERR_MISSING);
    DO(begin(f.s.self, &why));
    DO(mt_put(f.s.self, &one, &why));
    DO(mt_put(f.s.self, &two, &why));
    DO(mt_name(f.s.self, 7, STR("m"), &why));
    DO(mt_name(f.s.self, 8, STR("m"), &why)); /* taken already */
    DO(mt_name(f.s.self, 8, STR("n"), &why));
    DO(mt_name(f.s.self, 8, STR("o"), &why)); /* has one already */
    one.status = 2;
    one.mt_class = 1;
    one.next = 8;
    one.at = 300;
    DO(mt_put(f.s.self, &one, &why));
    DO(commit(f.s.self, &why));
    const char *const names[] = {"m", own};
    for (int i = 0; i < 2; i++) {
        DO(mt_find(f.s.self, "k", str_of(names[i]), &got, &why));
        assert_int_equal(got.send, 7);
        assert_int_equal(got.contact, 9);
        assert_int_equal(got.referral, 3);
        assert_int_equal(got.status, 2);
        assert_int_equal(got.mt_class, 1);
        assert_int_equal(got.sends, 1);
        assert_int_equal(got.next, 8);
        assert_int_equal(f.s.ops->mt_find(f.s.self, "other", str_of(names[i]), &got, &why), ERR_MISSING);
    }
    DO(mt_find(f.s.self, "k", STR("n"), &got, &why));
    assert_int_equal(got.send, 8);
    assert_int_equal(f.s.ops->mt_find(f.s.self, "k", STR("o"), &got, &why), ERR_MISSING);
    DO(begin(f.s.self, &why));
    DO(mt_purge(f.s.self, 250, 10, &why));
    DO(commit(f.s.self, &why));
    assert_int_equal(f.s.ops->mt_get(f.s.self, 8, &got, &why), ERR_MISSING);
    assert_int_equal(f.s.ops->mt_find(f.s.self, "k", STR("n"), &got, &why), ERR_MISSING);
    DO(mt_get(f.s.self, 7, &got, &why));
    journal_close(&f.s);
}

static void unknown_receipts_are_kept(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct store_receipt got[4];
    size_t n;
    const struct store_receipt all[] = {
        {.aggregator = "k", .message_id = STR("m"), .status = 1, .at = 10, .timestamp = 5},
        {.aggregator = "k", .message_id = STR("m"), .status = 3, .mt_class = 2, .at = 20},
        {.aggregator = "k", .message_id = STR("m"), .status = 3, .at = 30}, /* again */
        {.aggregator = "other", .message_id = STR("m"), .status = 2, .at = 40}};
    DO(begin(f.s.self, &why));
    for (size_t i = 0; i < 4; i++)
        DO(receipt_keep(f.s.self, &all[i], &why));
    DO(commit(f.s.self, &why));
    DO(begin(f.s.self, &why));
    DO(receipt_take(f.s.self, "k", STR("m"), got, 4, &n, &why));
    f.s.ops->rollback(f.s.self);
    DO(begin(f.s.self, &why));
    DO(receipt_take(f.s.self, "k", STR("m"), got, 4, &n, &why));
    assert_int_equal(n, 2);
    assert_int_equal(got[0].status, 1);
    assert_int_equal(got[0].timestamp, 5);
    assert_int_equal(got[1].status, 3);
    assert_int_equal(got[1].mt_class, 2);
    DO(receipt_take(f.s.self, "k", STR("m"), got, 4, &n, &why));
    assert_int_equal(n, 0);
    DO(receipt_old(f.s.self, 40, got, 4, &n, &why));
    assert_int_equal(n, 0);
    DO(receipt_old(f.s.self, 41, got, 4, &n, &why));
    assert_int_equal(n, 1);
    assert_string_equal(got[0].aggregator, "other");
    DO(receipt_old(f.s.self, 41, got, 4, &n, &why));
    assert_int_equal(n, 0);
    DO(commit(f.s.self, &why));
    journal_close(&f.s);
}

static void parts(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct contact c = someone("+84000000011");
    struct store_group g = {.aggregator = "k", .count = 200, .opened = 10, .due = 30, .by_mt = true}, got[4];
    struct str texts[GROUP_PARTS], recipient;
    struct store_due due;
    struct arena a;
    uint64_t ids[4];
    size_t n;
    arena_init(&a, 0);
    DO(begin(f.s.self, &why));
    DO(contact_put(f.s.self, &c, &why));
    g.contact = c.id;
    DO(group_put(f.s.self, &g, STR("ref"), &why));
    DO(part_put(f.s.self, &g, 200, STR("8099"), STR("end"), &why));
    DO(part_put(f.s.self, &g, 1, STR("8099"), STR("be\tgin"), &why));
    g.have[0] = 1;
    g.have[24] = 0x80;
    DO(group_put(f.s.self, &g, STR(""), &why));
    DO(commit(f.s.self, &why));
    DO(group_find(f.s.self, c.id, STR("ref"), &got[0], &why));
    assert_int_equal(got[0].id, g.id);
    assert_int_equal(got[0].count, 200);
    assert_true(got[0].by_mt && !got[0].drill);
    assert_memory_equal(got[0].have, g.have, sizeof g.have);
    assert_int_equal(f.s.ops->group_find(f.s.self, c.id + 1, STR("ref"), &got[0], &why), ERR_MISSING);
    assert_int_equal(f.s.ops->group_find(f.s.self, c.id, STR("other"), &got[0], &why), ERR_MISSING);
    DO(part_get(f.s.self, &g, &recipient, texts, &a, &why));
    assert_true(str_is(texts[0], "be\tgin") && str_is(texts[199], "end") && str_is(recipient, "8099"));
    assert_int_equal(texts[1].n, 0);
    DO(group_open(f.s.self, c.id, got, 4, &n, &why));
    assert_int_equal(n, 1);
    DO(next_due(f.s.self, 0, &due, &why));
    assert_int_equal(due.groups, 30);
    DO(group_due(f.s.self, 29, ids, 4, &n, &why));
    assert_int_equal(n, 0);
    DO(group_due(f.s.self, 30, ids, 4, &n, &why));
    assert_int_equal(n, 1);
    DO(begin(f.s.self, &why)); /* worked */
    g.due = 0;
    DO(group_put(f.s.self, &g, STR(""), &why));
    DO(part_drop(f.s.self, &g, &why));
    DO(group_purge(f.s.self, 10, 10, &why));
    DO(commit(f.s.self, &why));
    DO(group_get(f.s.self, g.id, &got[0], &why));
    DO(part_get(f.s.self, &g, &recipient, texts, &a, &why));
    assert_int_equal(texts[0].n, 0);
    DO(group_open(f.s.self, c.id, got, 4, &n, &why));
    assert_int_equal(n, 0);
    struct store_group anew = {.contact = c.id, .aggregator = "k", .count = 200, .opened = 50, .due = 70};
    DO(begin(f.s.self, &why));
    DO(group_put(f.s.self, &anew, STR("ref"), &why));
    DO(part_put(f.s.self, &anew, 2, STR("8099"), STR("rieng"), &why));
    DO(commit(f.s.self, &why));
    DO(group_find(f.s.self, c.id, STR("ref"), &got[0], &why));
    assert_int_equal(got[0].id, anew.id);
    DO(begin(f.s.self, &why));
    DO(contact_erase(f.s.self, c.id, &why));
    DO(commit(f.s.self, &why));
    assert_int_equal(f.s.ops->group_get(f.s.self, anew.id, &got[0], &why), ERR_MISSING);
    DO(next_due(f.s.self, 0, &due, &why));
    assert_int_equal(due.groups, 0);
    arena_free(&a);
    journal_close(&f.s);
}

/* ---- what only the file can get wrong ---- */

static void file_is_sealed_and_guarded(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct store other;
    struct contact c = someone("+84000000077"), got;
    struct row row = {.at = 1, .kind = ROW_MO, .children = 255, .text = STR("mot cau rat rieng")};
    static const uint8_t wrong[JOURNAL_KEY] = {9};
    char path[512];
    DO(begin(f.s.self, &why));
    DO(contact_put(f.s.self, &c, &why));
    row.contact = c.id;
    DO(append(f.s.self, &row, &why));
    DO(commit(f.s.self, &why));
    assert_int_equal(journal_open(f.url, key, JOURNAL_WRITE, &other, &why), ERR_AGAIN); /* a second writer */
    journal_close(&f.s);
    assert_int_equal(journal_open(f.url, wrong, JOURNAL_WRITE, &other, &why), ERR_AUTH);
    static char bytes[1 << 20];
    FILE *file = fopen(f.url + 7, "r");
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(n > 0);
    assert_null(memmem(bytes, n, "84000000077", 11));
    assert_null(memmem(bytes, n, "rat rieng", 9));
    assert_int_equal(journal_open(f.url, key, JOURNAL_WRITE, &f.s, &why), OK);
    DO(contact_find(f.s.self, "+84000000077", &got, &why));
    journal_close(&f.s);
    snprintf(path, sizeof path,
             "sqlite3 %s 'update journal set place = 1 where seq = 1; pragma user_version'", f.url + 7);
    assert_int_equal(system(path), 0);
    assert_int_equal(journal_open(f.url, key, JOURNAL_READ, &f.s, &why), OK);
    uint64_t rows;
    assert_int_equal(f.s.ops->verify(f.s.self, &rows, &why), ERR_CORRUPT);
    assert_non_null(strstr(why.what, "row 1"));
    journal_close(&f.s);
    snprintf(path, sizeof path, "sqlite3 %s 'pragma user_version = 99'", f.url + 7);
    assert_int_equal(system(path), 0);
    assert_int_equal(journal_open(f.url, key, JOURNAL_WRITE, &f.s, &why), ERR_INPUT);
    assert_non_null(strstr(why.what, "newer"));
}

static bool file_holds(const char *path, const char *what)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return memmem(bytes, n, what, strlen(what)) != NULL;
}

/* The answer to who erased everything has no key but the store's: once it is gone, no trace of it is left,
 * nor in the log. */
static void the_last_word_leaves_nothing(void **state)
{
    struct fixture f = open_store(state);
    struct failure why;
    struct store_send mt = {.kind = SEND_MT,
                            .due = 1,
                            .target = "mark-of-this-row",
                            .to = "+84000000012",
                            .body = STR("xong")},
                      got;
    struct arena a;
    char log[160];
    arena_init(&a, 0);
    snprintf(log, sizeof log, "%s-wal", f.url + 7);
    DO(begin(f.s.self, &why));
    DO(send_put(f.s.self, &mt, &why));
    DO(commit(f.s.self, &why));
    DO(send_get(f.s.self, mt.id, &got, &a, &why));
    assert_string_equal(got.to, "+84000000012");
    assert_true(str_is(got.body, "xong"));
    assert_true(file_holds(log, "mark-of-this-row"));
    DO(begin(f.s.self, &why));
    DO(send_done(f.s.self, mt.id, &why));
    DO(commit(f.s.self, &why));
    assert_false(file_holds(log, "mark-of-this-row") || file_holds(f.url + 7, "mark-of-this-row"));
    arena_free(&a);
    journal_close(&f.s);
}

static void key_file(void **state)
{
    (void)state;
    char path[96];
    uint8_t got[JOURNAL_KEY];
    struct failure why;
    snprintf(path, sizeof path, "%s/master", dir);
    assert_int_equal(journal_keygen(path, &why), OK);
    assert_int_equal(journal_keygen(path, &why), ERR_INPUT); /* never overwritten */
    assert_int_equal(journal_key_load(path, got, &why), OK);
    chmod(path, 0644);
    assert_int_equal(journal_key_load(path, got, &why), ERR_AUTH);
}

static int setup(void **state)
{
    (void)state;
    return sodium_init() < 0 || !make_dir();
}

static int teardown(void **state)
{
    (void)state;
    return remove_dir();
}

#define BOTH(test)                                                                                           \
    {#test " (sqlite)", test, NULL, NULL, sqlite_kind},                                                      \
    {                                                                                                        \
#test " (memory)", test, NULL, NULL, memory_kind                                                     \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(contacts),
        BOTH(rollback_undoes_all),
        BOTH(rows_and_erasure),
        BOTH(repeats),
        BOTH(repeats_are_purged_in_pages),
        BOTH(referrals),
        BOTH(load_of_drills),
        BOTH(referrals_newest_first),
        BOTH(rows_of_a_referral),
        BOTH(places_meant),
        BOTH(outbox),
        BOTH(handed_over),
        BOTH(mt_is_found_by_either_id),
        BOTH(unknown_receipts_are_kept),
        BOTH(parts),
        {"the last word leaves nothing", the_last_word_leaves_nothing, NULL, NULL, sqlite_kind},
        {"file is sealed and guarded", file_is_sealed_and_guarded, NULL, NULL, sqlite_kind},
        cmocka_unit_test(key_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
