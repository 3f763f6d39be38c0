/* A store of an older version is brought forward by itself, with everything in it. */
#include "unit/engine_line.h"

#include <sqlite3.h>

/* What the first version made. */
static const char version_1[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB) STRICT, WITHOUT ROWID;"
    "CREATE TABLE contact(id INTEGER PRIMARY KEY, hash BLOB UNIQUE, wrapped BLOB, sealed BLOB,"
    " created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE journal(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, contact "
    "INTEGER "
    "NOT NULL, referral INTEGER NOT NULL, drill INTEGER NOT NULL, channel INTEGER NOT NULL, event INTEGER "
    "NOT "
    "NULL, need INTEGER NOT NULL, urgent INTEGER NOT NULL, children INTEGER NOT NULL, effects INTEGER NOT "
    "NULL,"
    " ts INTEGER NOT NULL, waited INTEGER NOT NULL, aggregator TEXT, lang TEXT, place TEXT, state TEXT,"
    " collaborator TEXT, host TEXT, note TEXT,"
    " sealed BLOB, digest BLOB NOT NULL, chain BLOB NOT NULL) STRICT;"
    "CREATE TABLE seen(contact INTEGER NOT NULL, key BLOB NOT NULL, at INTEGER NOT NULL, row INTEGER NOT "
    "NULL,"
    " closes INTEGER NOT NULL, reply BLOB, PRIMARY KEY(contact, key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE referral(id INTEGER PRIMARY KEY, contact INTEGER NOT NULL, open INTEGER NOT NULL, next_at "
    "INTEGER NOT NULL, opened INTEGER NOT NULL, collaborator TEXT NOT NULL, host TEXT NOT NULL, data TEXT "
    "NOT "
    "NULL, drill INTEGER NOT NULL) STRICT;"
    "CREATE INDEX referral_next ON referral(next_at) WHERE next_at > 0;"
    "CREATE INDEX referral_contact ON referral(contact, drill, opened) WHERE open = 1;"
    "CREATE TABLE send(id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, contact INTEGER NOT NULL,"
    " referral INTEGER NOT NULL, created INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " target TEXT NOT NULL, drill INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX send_due ON send(due);"
    "CREATE INDEX send_contact ON send(contact) WHERE kind = 1;"
    "CREATE TABLE mt(aggregator TEXT NOT NULL, message_id TEXT NOT NULL, send INTEGER NOT NULL, contact "
    "INTEGER NOT NULL, status INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(aggregator, message_id)) "
    "STRICT, WITHOUT ROWID;";

/* What was sealed then is sealed alike now: today's rows in the tables of then. */
static const char fill[] =
    "INSERT INTO meta SELECT * FROM now.meta; INSERT INTO contact SELECT * FROM now.contact;"
    "INSERT INTO journal SELECT * FROM now.journal; INSERT INTO seen SELECT * FROM now.seen;"
    "INSERT INTO referral SELECT * FROM now.referral;"
    "INSERT INTO send SELECT id, kind, contact, referral, created, due, attempts, target, drill, sealed FROM "
    "now.send;"
    "INSERT INTO mt SELECT aggregator, message_id, send, contact, status, at FROM now.mt WHERE message_id IS "
    "NOT NULL;"
    "PRAGMA user_version = 1;";

static void sql(sqlite3 *db, const char *text)
{
    char *error = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
}

/* The run's store goes on as one of the first version. */
static void go_back(void)
{
    char attach[160];
    sqlite3 *db;
    engine_destroy(run.engine);
    journal_close(&run.store);
    snprintf(attach, sizeof attach, "ATTACH '%s' AS now", run.url + 7);
    snprintf(run.url, sizeof run.url, "sqlite:%s/%d.db", dir, stores++);
    assert_int_equal(sqlite3_open(run.url + 7, &db), SQLITE_OK);
    sql(db, version_1);
    sql(db, attach);
    sql(db, fill);
    sqlite3_close(db);
}

static void the_first_version_is_brought_forward(void **state)
{
    struct job hello = message(BINH, "2", "k-binh");
    struct failure why;
    struct store other;
    (void)state;
    answers("north", "lan", VERB_ACCEPT, asks_for_shelter(ANNA));
    settles(last_sent(SEND_MT, "kannel"), SEND_OK, "m-1");
    answers("south", "mai", VERB_ACCEPT, asks_for_shelter("+84900000003"));
    uint64_t waits = last_sent(SEND_MT, "kannel")->id;
    char own[ID_TEXT];
    id_text(waits, own);
    work(&hello);
    size_t rows = read_rows();
    go_back();
    assert_int_equal(journal_open(run.url, master_key, JOURNAL_READ, &other, &why), ERR_MISSING);
    assert_non_null(strstr(why.what, "older version"));
    assert_true(open_run());
    assert_int_equal(read_rows(), rows); /* and the chain holds */
    size_t sent = run.n_sent;
    engine_timers(run.engine, run.now); /* the outbox: two alerts and the MT that waits */
    assert_int_equal(run.n_sent, sent + 3);
    assert_int_equal(run.sent[run.n_sent - 1].id, waits);
    work(&hello);
    assert_true(hello.out.duplicate);
    assert_string_equal(hello.out.text, "place");
    assert_int_equal(receipt("m-1", DLR_DELIVERED, "d1").status, OK);
    assert_true(last_row(ROW_DLR).contact != 0);
    assert_int_equal(receipt(own, DLR_DELIVERED, "d2").status, OK);
    assert_true(last_row(ROW_DLR).contact != 0);
    assert_int_equal(engine_counters(run.engine)->unknown_dlr, 0);
    hears(ANNA, "doi nguoi", "noted");
    restart(); /* brought forward once and for all */
    hears(BINH, "chieng son", "safe");
}

static void a_wrong_key_changes_nothing(void **state)
{
    static const uint8_t wrong[JOURNAL_KEY] = {9};
    struct failure why;
    struct store other;
    (void)state;
    says(ANNA, "2");
    go_back();
    assert_int_equal(journal_open(run.url, wrong, JOURNAL_WRITE, &other, &why), ERR_AUTH);
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(run.url + 7, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(st, 0), 1);
    sqlite3_finalize(st);
    sqlite3_close(db);
    assert_true(open_run());
    assert_int_equal(read_rows(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_SQLITE(the_first_version_is_brought_forward),
        OVER_SQLITE(a_wrong_key_changes_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
