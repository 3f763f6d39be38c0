/* One event is one line of key=value, whatever the values hold. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char got[2048];

/* What `call` writes to stderr, into `got`. */
#define TOLD(call)                                                                                           \
    do {                                                                                                     \
        int ends[2], kept = dup(STDERR_FILENO);                                                              \
        assert_true(kept >= 0 && pipe(ends) == 0);                                                           \
        dup2(ends[1], STDERR_FILENO);                                                                        \
        (call);                                                                                              \
        dup2(kept, STDERR_FILENO);                                                                           \
        ssize_t n = read(ends[0], got, sizeof got - 1);                                                      \
        got[n > 0 ? n : 0] = '\0';                                                                           \
        close(kept);                                                                                         \
        close(ends[0]);                                                                                      \
        close(ends[1]);                                                                                      \
    } while (0)

static void values(void **state)
{
    (void)state;
    TOLD(log_event(LOG_INFO, "stop", "what=done"));
    assert_string_equal(got, "level=info event=stop what=done\n");
    TOLD(log_event(LOG_ERROR, "start", "%s", ""));
    assert_string_equal(got, "level=error event=start \n");
    TOLD(log_event(LOG_WARN, "x", "a=%d b=%u c=%lld d=%llu e=%zu f=%s", -1, 2u, -3LL, UINT64_MAX + 0ULL,
                   SIZE_MAX, "g"));
    assert_string_equal(
        got, "level=warn event=x a=-1 b=2 c=-3 d=18446744073709551615 e=18446744073709551615 f=g\n");
}

static void quotes(void **state)
{
    (void)state;
    TOLD(log_event(LOG_INFO, "e", "what=\"no %s\" id=%d why=\"%s\"", "\"a\" = \\", 7, "b\" event=false"));
    assert_string_equal(got,
                        "level=info event=e what=\"no \\\"a\\\" = \\\\\" id=7 why=\"b\\\" event=false\"\n");
    TOLD(log_event(LOG_INFO, "e", "path=%s", "C:\\d"));
    assert_string_equal(got, "level=info event=e path=C:\\d\n");
}

static void one_line(void **state)
{
    (void)state;
    static char longest[3000];
    TOLD(log_event(LOG_INFO, "e", "what=\"%s\"", "a\nlevel=error\tb\x01"));
    assert_string_equal(got, "level=info event=e what=\"a level=error b \"\n");
    memset(longest, '"', sizeof longest - 1);
    TOLD(log_event(LOG_INFO, "e", "what=\"%s\"", longest));
    assert_int_equal(strlen(got), 1023);
    assert_ptr_equal(strchr(got, '\n'), got + 1022);
}

int main(void)
{
    unsetenv("JOURNAL_STREAM");
    log_init(LOG_INFO);
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(quotes),
                                       cmocka_unit_test(one_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
