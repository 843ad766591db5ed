/* log.c: the log's lines, from any thread, in Redis's format.
 *
 * The file is opened for each line and closed after it, as Redis does: so logrotate may rename it
 * under us and nobody needs a signal. A line is put together on the stack and goes out with one
 * write(2) in append mode, so lines of several threads never mix and no lock is needed.
 *
 * Control bytes in a message are escaped: what a client sends can never look like a line of ours.
 * Start at log_line(). */
#include "server/core/log.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Written by log_open before other threads start; the level at any time. */
static char       log_path[PATH_MAX];
static atomic_int log_level_now = LOG_LEVEL_NOTICE;

static int log_fd_open(void) {
    if (log_path[0] == '\0') return STDOUT_FILENO;
    return open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

static void log_fd_close(int fd) {
    if (fd != STDOUT_FILENO && fd >= 0) close(fd);
}

/* Kept absolute: the working directory may change later. */
static bool log_set_path(const char *path) {
    size_t at = 0;
    if (path[0] != '/' && path[0] != '\0') {
        if (getcwd(log_path, sizeof log_path - 1) == NULL) return false;
        at = strlen(log_path);
        log_path[at++] = '/';
    }
    size_t len = strlen(path);
    if (len >= sizeof log_path - at) return false;
    memcpy(log_path + at, path, len + 1);
    return true;
}

bool log_open(const char *path, enum log_level level) {
    log_set_level(level);
    bool ok = log_set_path(path);
    int  fd = ok ? log_fd_open() : -1;
    if (fd < 0) {
        log_path[0] = '\0';
        return false;
    }
    log_fd_close(fd);
    return true;
}

void log_set_level(enum log_level level) { atomic_store(&log_level_now, (int)level); }

static void log_write(const char *text, size_t len) {
    int fd = log_fd_open();
    while (fd >= 0 && len > 0) {
        ssize_t n = write(fd, text, len);
        if (n <= 0) break; /* nowhere to say that the log is full */
        text += n;
        len -= (size_t)n;
    }
    log_fd_close(fd);
}

/* "pid:M 01 Jan 2030 10:00:00.123 * " */
static size_t log_prefix(char *out, size_t cap, enum log_level level) {
    struct timeval now;
    struct tm      tm;
    char           day[40];
    gettimeofday(&now, NULL);
    localtime_r(&now.tv_sec, &tm);
    strftime(day, sizeof day, "%d %b %Y %H:%M:%S", &tm);
    int n = snprintf(out, cap, "%d:M %s.%03d %c ", (int)getpid(), day, (int)(now.tv_usec / 1000),
                     ".-*#"[level]);
    return n < 0 ? 0 : (size_t)n;
}

/* Appends message with control bytes as \xHH, as far as there is room for it and a newline. */
static size_t log_escape(char *out, size_t at, size_t cap, const char *message) {
    for (const char *p = message; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        bool          control = c < ' ' || c == 0x7f;
        if (at + (control ? 4 : 1) + 1 > cap) break;
        if (control) {
            at += (size_t)snprintf(out + at, 5, "\\x%02x", c);
        } else {
            out[at++] = (char)c;
        }
    }
    return at;
}

void log_line(enum log_level level, const char *format, ...) {
    if ((int)level < atomic_load(&log_level_now) || level >= LOG_LEVEL_NOTHING) return;
    char    message[LOG_LINE_MAX], line[LOG_LINE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (n < 0) return;
    size_t len = log_prefix(line, sizeof line, level);
    len = log_escape(line, len, sizeof line, message);
    line[len++] = '\n';
    log_write(line, len);
}

void log_raw(const char *text) { log_write(text, strlen(text)); }
