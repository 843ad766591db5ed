/* process.c: see process.h.
 *
 * The title is what ps shows: it is written over the memory where the kernel put arguments and
 * environment, which lie one behind the other; the environment is copied away first. */
#include "server/process.h"

#include "server/core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;

static struct {
    char  *start;
    size_t size;
} title;

static struct {
    void (*wake)(void *arg);
    void                 *arg;
    volatile sig_atomic_t got;
} signals;

/* --- Daemon, pid file ------------------------------------------------------------------------ */

void process_daemonize(void) {
    pid_t pid = fork();
    if (pid < 0) {
        log_warning("Cannot become a daemon: fork: %s", strerror(errno));
        return;
    }
    if (pid > 0) _exit(0);
    setsid();
    int null = open("/dev/null", O_RDWR);
    if (null < 0) return;
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
    if (null > 2) close(null);
}

void process_pidfile_write(const char *path) {
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        log_warning("Failed to write PID file: %s", strerror(errno));
        return;
    }
    fprintf(f, "%d\n", (int)getpid());
    fclose(f);
}

/* --- Title ----------------------------------------------------------------------------------- */

void process_title_init(int argc, char **argv) {
    if (argc == 0) return;
    char *end = argv[0];
    for (int i = 0; i < argc; i++)
        if (argv[i] == end) end += strlen(argv[i]) + 1;
    int count = 0;
    for (; environ[count] != NULL; count++)
        if (environ[count] == end) end += strlen(environ[count]) + 1;

    char **copy = calloc((size_t)count + 1, sizeof *copy);
    if (copy == NULL) return;
    for (int i = 0; i < count; i++)
        if ((copy[i] = strdup(environ[i])) == NULL) return;
    environ = copy;
    title.start = argv[0];
    title.size = (size_t)(end - argv[0]);
}

void process_title_set(const char *text) {
    if (title.size == 0) return;
    memset(title.start, 0, title.size);
    snprintf(title.start, title.size, "%s", text);
}

/* --- Open files ------------------------------------------------------------------------------ */

uint64_t process_files_raise(uint64_t wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
    uint64_t before = limit.rlim_cur;
    if (before >= wanted) return before;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted) limit.rlim_max = wanted; /* root may */
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return before;
    }
    uint64_t now = limit.rlim_cur;
    if (now >= wanted)
        log_notice("Increased maximum number of open files to %llu (it was originally set to %llu).",
                   (unsigned long long)now, (unsigned long long)before);
    return now;
}

/* --- Signals --------------------------------------------------------------------------------- */

static void on_signal(int signo) {
    if (signals.got != 0 && signo == SIGINT) {
        log_raw("You insist... exiting now.\n");
        _exit(1);
    }
    signals.got = signo;
    signals.wake(signals.arg);
}

void process_signals(void (*wake)(void *arg), void *arg) {
    signals.wake = wake;
    signals.arg = arg;
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of write(), not the end */
    signal(SIGHUP, SIG_IGN);
}

int process_signal_got(void) { return signals.got; }

/* --- The kernel ------------------------------------------------------------------------------ */

void process_check_kernel(int64_t tcp_backlog) {
    FILE *f = fopen("/proc/sys/net/core/somaxconn", "r");
    long  somaxconn;
    if (f == NULL) return;
    if (fscanf(f, "%ld", &somaxconn) == 1 && somaxconn > 0 && somaxconn < tcp_backlog)
        log_warning("WARNING: The TCP backlog setting of %lld cannot be enforced because "
                    "/proc/sys/net/core/somaxconn is set to the lower value of %ld.",
                    (long long)tcp_backlog, somaxconn);
    fclose(f);
}
