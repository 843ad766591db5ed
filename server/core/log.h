/* log.h: the log, in Redis's line format "pid:role dd Mon yyyy hh:mm:ss.mmm level message".
 *
 * The one process-wide sink beside assert.h: every part may have something to say, from any thread.
 * A line is at most LOG_LINE_MAX bytes and goes out with one write(2). */
#ifndef ASHLAR_SERVER_CORE_LOG_H
#define ASHLAR_SERVER_CORE_LOG_H

#include <stdbool.h>

#define LOG_LINE_MAX 1024

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_VERBOSE, LOG_LEVEL_NOTICE, LOG_LEVEL_WARNING, LOG_LEVEL_NOTHING };

/* path "" is standard output. False: cannot be opened (errno). */
bool log_open(const char *path, enum log_level level);
void log_set_level(enum log_level level);
__attribute__((format(printf, 2, 3))) void log_line(enum log_level level, const char *format, ...);
/* Async-signal-safe: text as it is, no format. For the crash report. */
void log_raw(const char *text);

#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_verbose(...) log_line(LOG_LEVEL_VERBOSE, __VA_ARGS__)
#define log_notice(...)  log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)

#endif
