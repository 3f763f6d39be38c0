/* A referral's life: every verb in every state, whose turn is next, and the form it is stored in. */
#include "referral/referral.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct collaborator people[] = {{.id = "lan"}, {.id = "mai"}, {.id = "hoa"}};
static struct host hosts[] = {{.id = "house"}};
static const struct network net = {.hosts = hosts,
                                   .n_hosts = 1,
                                   .collaborators = people,
                                   .n_collaborators = 3,
                                   .max_offers = 3,
                                   .offer_timeout = {900000, 180000}};
static const struct candidate everyone[] = {
    {.collaborator = 0, .minutes = 12}, {.collaborator = 1, .minutes = 12}, {.collaborator = 2, .host = -1}};

/* ---- states to start from ---- */

static struct referral offered(void)
{
    struct referral r = {.id = 1, .contact = 1, .need = NEED_SHELTER, .children = 255};
    struct referral_out out = {.n = 0};
    referral_open(&r, &net, everyone, 3, 1000, &out);
    assert_int_equal(out.n, 2);
    assert_int_equal(out.events[0].what, RE_OPENED);
    assert_int_equal(out.events[1].what, RE_OFFERED);
    return r;
}

/* Lan was silent, Mai is asked. */
static struct referral passed_on(void)
{
    struct referral r = offered();
    struct referral_out out = {.n = 0};
    assert_true(referral_expire(&r, 1000 + 900000, false, &out));
    referral_offer_next(&r, &net, everyone, 3, 1000 + 900000, &out);
    return r;
}

static struct referral accepted(void)
{
    struct referral r = passed_on();
    struct referral_out out = {.n = 0};
    struct failure why;
    assert_int_equal(referral_accept(&r, STR("mai"), "hoa ban", 2000000, &out, &why), OK);
    return r;
}

static struct referral arrived(void)
{
    struct referral r = accepted();
    struct referral_out out = {.n = 0};
    struct failure why;
    assert_int_equal(referral_arrived(&r, STR("mai"), 3000000, &out, &why), OK);
    return r;
}

static struct referral closed(void)
{
    struct referral r = arrived();
    struct referral_out out = {.n = 0};
    struct failure why;
    assert_int_equal(referral_close(&r, STR("mai"), STR("sheltered"), 4000000, &out, &why), OK);
    return r;
}

static struct referral unmet(void)
{
    struct referral r = passed_on();
    struct referral_out out = {.n = 0};
    for (int i = 0; i < 2; i++) {
        assert_true(referral_expire(&r, r.next_at, false, &out));
        referral_offer_next(&r, &net, everyone, 3, 5000000, &out);
    }
    assert_int_equal(r.state, REFERRAL_UNMET);
    return r;
}

/* ---- every verb in every state ---- */

enum verb { ACCEPT, DECLINE, ARRIVED, CLOSE };

static enum err says(struct referral *r, enum verb verb, const char *who, struct referral_out *out)
{
    struct failure why = {OK, ""};
    enum err rc = verb == ACCEPT    ? referral_accept(r, str_of(who), "ngo non", 6000000, out, &why)
                  : verb == DECLINE ? referral_decline(r, str_of(who), 6000000, out, &why)
                  : verb == ARRIVED ? referral_arrived(r, str_of(who), 6000000, out, &why)
                                    : referral_close(r, str_of(who), STR("sheltered"), 6000000, out, &why);
    assert_true(rc == OK || *why.what);
    return rc;
}

/* What comes of it: a new state and an event; the same again; or a refusal. */
enum { SAME = -1, NO = -2, NEVER = -3 };

static void every_verb_in_every_state(void **state)
{
    static struct referral (*const starts[])(void) = {offered, passed_on, accepted, arrived, closed, unmet};
    static const struct {
        const char *who;
        int then[6][4]; /* by start and verb: the state after it, or one of the above */
    } cases[] = {
        {"lan",
         {{REFERRAL_ACCEPTED, REFERRAL_OPEN, NO, NO}, /* offered */
          {REFERRAL_ACCEPTED, NO, NO, NO},            /* expired: a late yes is welcome */
          {NO, NO, NO, NO},                           /* accepted by Mai */
          {NO, NO, NO, NO},                           /* arrived */
          {NO, NO, NO, NO},                           /* closed */
          {REFERRAL_ACCEPTED, NO, NO, NO}}},          /* unmet */
        {"mai",
         {{NEVER, NEVER, NEVER, NEVER},
          {REFERRAL_ACCEPTED, REFERRAL_OPEN, NO, NO},
          {SAME, REFERRAL_OPEN, REFERRAL_ARRIVED, REFERRAL_CLOSED},
          {SAME, NO, SAME, REFERRAL_CLOSED},
          {NO, NO, NO, SAME},
          {REFERRAL_ACCEPTED, NO, NO, NO}}},
        {"stranger",
         {{NEVER, NEVER, NEVER, NEVER},
          {NEVER, NEVER, NEVER, NEVER},
          {NEVER, NEVER, NEVER, NEVER},
          {NEVER, NEVER, NEVER, NEVER},
          {NEVER, NEVER, NEVER, NEVER},
          {NEVER, NEVER, NEVER, NEVER}}},
    };
    (void)state;
    for (size_t c = 0; c < 3; c++)
        for (int s = 0; s < 6; s++)
            for (int v = ACCEPT; v <= CLOSE; v++) {
                struct referral r = starts[s](), before = r;
                struct referral_out out = {.n = 0};
                int want = cases[c].then[s][v];
                enum err rc = says(&r, (enum verb)v, cases[c].who, &out);
                bool ok = want == NO      ? rc == ERR_INPUT && out.n == 0
                          : want == NEVER ? rc == ERR_MISSING && out.n == 0
                          : want == SAME  ? rc == OK && out.n == 0
                                          : rc == OK && out.n == 1 && (int)r.state == want;
                if (want < 0)
                    ok = ok && memcmp(&r, &before, sizeof r) == 0;
                if (!ok)
                    fail_msg("%s, start %d, verb %d: error %d, %zu events, state %s", cases[c].who, s, v, rc,
                             out.n, referral_state_name(r.state));
            }
}

static void lines_end(void **state)
{
    struct referral r = {.id = 1, .contact = 1, .urgent = true};
    struct referral_out out = {.n = 0};
    (void)state;
    referral_open(&r, &net, NULL, 0, 1000, &out);
    assert_int_equal(r.state, REFERRAL_UNMET);
    assert_int_equal(out.events[1].what, RE_UNMET);
    out.n = 0;
    r = (struct referral){.id = 2, .contact = 1, .urgent = true};
    referral_open(&r, &net, everyone, 3, 1000, &out);
    assert_int_equal(r.next_at, 1000 + 180000); /* the urgent wait */
    assert_string_equal(r.offers[0].host, "house");
    struct network two = net;
    two.max_offers = 2;
    for (int i = 0; i < 2; i++) {
        out.n = 0;
        assert_false(referral_expire(&r, r.next_at - 1, false, &out));
        assert_true(referral_expire(&r, r.next_at - 1, true, &out)); /* its alert failed for good */
        assert_int_equal(out.events[0].what, RE_FAILED);
        referral_offer_next(&r, &two, everyone, 3, 2000, &out);
    }
    assert_int_equal(r.state, REFERRAL_UNMET); /* though Hoa was never asked */
    assert_int_equal(r.next_at, 0);
}

static void who_was_asked_is_not_asked_again(void **state)
{
    struct referral r = offered();
    struct referral_out out = {.n = 0};
    struct failure why;
    (void)state;
    assert_int_equal(referral_decline(&r, STR("lan"), 2000, &out, &why), OK);
    referral_offer_next(&r, &net, everyone, 3, 2000, &out);
    assert_string_equal(r.offers[1].collaborator, "mai");
    referral_release(&r, false, 3000); /* the contact wants somebody else */
    assert_int_equal(r.offers[1].state, OFFER_WITHDRAWN);
    referral_offer_next(&r, &net, everyone, 3, 3000, &out);
    assert_string_equal(r.offers[2].collaborator, "hoa");
    assert_string_equal(r.offers[2].host, "");
    assert_int_equal(referral_current(&r), 2);
}

static void withdrawn_by_the_contact(void **state)
{
    struct referral r = accepted();
    struct referral_out out = {.n = 0};
    (void)state;
    referral_withdraw(&r, "erased", 5000, &out);
    assert_int_equal(r.state, REFERRAL_CLOSED);
    assert_string_equal(r.outcome, "erased");
    assert_int_equal(out.events[0].what, RE_CLOSED);
    assert_int_equal(referral_current(&r), -1);
    struct referral before = r;
    out.n = 0;
    referral_withdraw(&r, "erased", 6000, &out);
    referral_release(&r, false, 6000);
    assert_int_equal(out.n, 0);
    assert_memory_equal(&r, &before, sizeof r);
}

/* ---- the stored form ---- */

static void random_word(struct rng *rng, char *out, size_t cap)
{
    size_t n = rng_below(rng, (uint32_t)cap);
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('!' + rng_below(rng, 90));
    out[n] = '\0';
}

static struct referral random_referral(struct rng *rng)
{
    struct referral r = {.id = rng_u64(rng) >> 1,
                         .contact = rng_u64(rng) >> 1,
                         .state = (enum referral_state)rng_below(rng, REFERRAL_UNMET + 1),
                         .need = (enum need)rng_below(rng, NEED_COUNT),
                         .urgent = rng_below(rng, 2),
                         .consent = rng_below(rng, 2),
                         .drill = rng_below(rng, 2),
                         .who = (uint8_t)rng_below(rng, WHO_ALL + 1),
                         .many_places = rng_below(rng, 2),
                         .children = (uint8_t)rng_below(rng, 256),
                         .safe = (enum safe_way)rng_below(rng, SAFE_SMS_DAY + 1),
                         .opened_at = (msec)(rng_u64(rng) >> 1),
                         .accepted_at = (msec)rng_below(rng, 1000),
                         .next_at = (msec)(rng_u64(rng) >> 2),
                         .n_offers = (uint8_t)rng_below(rng, REFERRAL_OFFERS + 1)};
    random_word(rng, r.place, sizeof r.place);
    random_word(rng, r.lang, sizeof r.lang);
    for (int i = 0; i < ROUTING_AVOID; i++)
        random_word(rng, r.avoid[i], sizeof r.avoid[i]);
    random_word(rng, r.stamp, sizeof r.stamp);
    random_word(rng, r.code_word, sizeof r.code_word);
    random_word(rng, r.outcome, sizeof r.outcome);
    for (int i = 0; i < r.n_offers; i++) {
        random_word(rng, r.offers[i].collaborator, REFERRAL_NAME);
        random_word(rng, r.offers[i].host, REFERRAL_NAME);
        random_word(rng, r.offers[i].channel, sizeof r.offers[i].channel);
        r.offers[i].state = (enum offer_state)rng_below(rng, OFFER_WITHDRAWN + 1);
        r.offers[i].at = (msec)rng_below(rng, 1u << 30);
    }
    return r;
}

static void packed_and_back(void **state)
{
    char text[4096], again[4096];
    struct rng rng;
    (void)state;
    rng_seed(&rng, 5);
    for (int round = 0; round < 5000; round++) {
        struct referral r = random_referral(&rng), back;
        size_t n = referral_pack(&r, text, sizeof text);
        assert_true(n > 0);
        assert_true(referral_unpack((struct str){text, n}, &back));
        assert_int_equal(referral_pack(&back, again, sizeof again), n);
        assert_memory_equal(text, again, n);
        assert_int_equal(referral_pack(&r, again, n - 1), 0);
        /* less is no referral, and no reading past the end */
        char *less = test_malloc(n);
        size_t cut = rng_below(&rng, (uint32_t)n);
        memcpy(less, text, cut);
        assert_false(referral_unpack((struct str){less, cut}, &back));
        /* any byte changed may be read or refused, never more */
        memcpy(less, text, n);
        less[rng_below(&rng, (uint32_t)n)] = (char)rng_below(&rng, 256);
        if (referral_unpack((struct str){less, n}, &back))
            assert_true(back.n_offers <= REFERRAL_OFFERS);
        test_free(less);
    }
}

/* What was stored before offers knew channels. */
static void earlier_forms_are_read(void **state)
{
    static const char *const forms[] = {"1\t7\t3\t1\t1\t0\t1\t0\t1\t2\t1\t10\t0\t0\t0\t50\t1\t03985\tvi\t0397"
                                        "9\t\t\t\tstamp\t\t\tlan\thouse\t0\t10\t0\t",
                                        "2\t7\t3\t1\t1\t0\t1\t0\t8\t2\t1\t10\t0\t0\t0\t50\t1\t0\t03985\tvi\t0"
                                        "3979\t\t\t\t\t\t\t\tstamp\t\t\tlan\thouse\t0"
                                        "\t10\t0\t"};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct referral r;
        assert_true(referral_unpack(str_of(forms[i]), &r));
        assert_int_equal(r.children, 2);
        assert_int_equal(r.who, WHO_CHILD);
        assert_string_equal(r.offers[0].collaborator, "lan");
        assert_string_equal(r.offers[0].host, "house");
        assert_string_equal(r.offers[0].channel, "");
        assert_int_equal(r.offers[0].at, 10);
    }
}

static void waits_between_tries(void **state)
{
    struct rng rng;
    (void)state;
    rng_seed(&rng, 9);
    for (unsigned attempt = 0; attempt < 80; attempt++)
        for (int i = 0; i < 100; i++) {
            msec most = attempt < 8 ? 2000ll << attempt : 300000,
                 wait = backoff_delay(attempt, 2000, 300000, &rng);
            most = most < 300000 ? most : 300000;
            assert_true(wait >= most / 2 && wait <= most);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_in_every_state),
        cmocka_unit_test(lines_end),
        cmocka_unit_test(who_was_asked_is_not_asked_again),
        cmocka_unit_test(withdrawn_by_the_contact),
        cmocka_unit_test(packed_and_back),
        cmocka_unit_test(earlier_forms_are_read),
        cmocka_unit_test(waits_between_tries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
