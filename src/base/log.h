/* Log lines for the person at three in the morning: event=... key=value ..., one line each, to stderr.
 *
 * Under systemd (JOURNAL_STREAM) lines carry the <N> priority prefix of sd-daemon. Values are quoted when
 * they hold a blank; a quote or a backslash inside is escaped by a backslash. Never pass a phone number, a
 * message text, a token or a key. Thread-safe (one write(2) a line).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

void log_init(enum log_level most); /* what is above is dropped; default LOG_INFO */
/* log_event(LOG_INFO, "reload", "stamp=%s hosts=%zu", stamp, n); the format may be "". Of conversions there
 * are %s %d %u %lld %llu %zu. */
void log_event(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
