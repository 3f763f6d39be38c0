/* Random walks break nothing, are the same each time, and their judges see what is wrong. */
#include "sim/walk.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WALKS = 1000 };

static struct arena arena;
static struct snapshot *snap;
static struct sim sim;
static struct walk walk;

static int begin(void **state)
{
    struct cfg_findings f;
    (void)state;
    arena_init(&arena, 0);
    cfg_findings_init(&f, &arena);
    snap = sodium_init() < 0 ? NULL : snapshot_load_open("conf/hotlined.conf", &f);
    return snap && sim_begin(&sim, &snap->rules) ? 0 : 1;
}

static int end(void **state)
{
    (void)state;
    sim_end(&sim);
    snapshot_free(snap);
    arena_free(&arena);
    return 0;
}

static void walks_break_nothing(void **state)
{
    unsigned long broken = 0;
    (void)state;
    for (unsigned long no = 0; no < WALKS; no++) {
        if (walk_go(&walk, &sim, 1, no))
            continue;
        if (broken++ < 3) {
            printf("walk %lu of seed 1:\n", no);
            walk_shorten(&walk);
            walk_print(&walk);
        }
    }
    assert_int_equal(broken, 0);
    assert_true(sim.t.dangers > WALKS / 2 && sim.t.referrals > WALKS / 2 && sim.t.mt > 10);
}

/* What makes a walk that was told of by its number the one that broke. */
static void a_walk_is_the_same_each_time(void **state)
{
    static struct walk again;
    (void)state;
    for (unsigned long no = 500; no < 520; no++) {
        walk_go(&walk, &sim, 7, no);
        walk_go(&again, &sim, 7, no);
        assert_int_equal(walk.n_ops, again.n_ops);
        assert_memory_equal(walk.answered, again.answered, walk.n_ops * sizeof walk.answered[0]);
    }
}

static const char *broken_by(const char *text, enum channel channel, const char *lang)
{
    walk.sim = &sim;
    walk.broken.what = NULL;
    judge_text(&walk, str_of(text), channel, lang);
    return walk.broken.what ? walk.broken.what : "";
}

static void a_text_that_must_not_leave_is_seen(void **state)
{
    char longer[400];
    (void)state;
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_string_equal(broken_by("Chao ban.", CHANNEL_USSD, "vi"), "");
    assert_string_equal(broken_by("Chao \xff", CHANNEL_SMS, "vi"), "a text is no UTF-8");
    assert_string_equal(broken_by(longer, CHANNEL_USSD, "vi"), "a USSD screen holds more than a page");
    assert_string_equal(broken_by(longer, CHANNEL_SMS, "vi"),
                        "an SMS takes more segments than its catalog allows");
    assert_string_equal(broken_by("hay den nhatam-son-la", CHANNEL_SMS, "vi"),
                        "a text names a host or a collaborator");
    assert_string_equal(broken_by("{phone}", CHANNEL_SMS, "vi"), "a text has a hole that nothing filled");
    assert_true(text_tells(&sim, STR("Goi CÔNG AN ngay")));
    assert_false(text_tells(&sim, STR("Cong anh oi")));
}

/* Only what lies wholly in a harmless phrase is no danger. */
static void a_danger_that_is_hidden_is_known(void **state)
{
    (void)state;
    assert_true(hidden(&sim, "toi nghien cuu", "cuu"));
    assert_false(hidden(&sim, "toi nghien cuu cuu", "cuu"));
    assert_false(hidden(&sim, "cuu", "cuu"));
}

/* ---- mistakes made on purpose ---- */

static struct cfg_entry *text_of(const char *key)
{
    struct catalog *c = &snap->catalogs->items[0];
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->texts[i].key, key) == 0)
            return &c->texts[i];
    return NULL;
}

/* Does a walk break this when the text is another? */
static bool is_seen(const char *key, const char *text, const char *what)
{
    struct cfg_entry *e = text_of(key);
    const char *right = e->value;
    bool seen = false;
    judge_forget();
    e->value = text;
    for (unsigned long no = 0; no < 200 && !seen; no++)
        seen = !walk_go(&walk, &sim, 3, no) && strcmp(walk.broken.what, what) == 0;
    e->value = right;
    judge_forget();
    return seen;
}

static void a_text_gone_wrong_is_seen(void **state)
{
    (void)state;
    assert_true(is_seen("emergency", "Xin doi mot chut.", "danger is answered with the emergency numbers"));
    assert_true(is_seen("opening", "Duong day nong. Tra loi so:\n1 Gap\n7 Khac",
                        "nothing is given away before something was said"));
    assert_true(is_seen("left", "", "leaving, stopping and erasing end at once") ||
                is_seen("left", "", "a USSD screen is never blank"));
    assert_true(is_seen("ask_safe", "Noi cho toi.", "no state is without a way to its end"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_break_nothing),
        cmocka_unit_test(a_walk_is_the_same_each_time),
        cmocka_unit_test(a_text_that_must_not_leave_is_seen),
        cmocka_unit_test(a_danger_that_is_hidden_is_known),
        cmocka_unit_test(a_text_gone_wrong_is_seen),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
