/* process.h: the server as a process: daemon, pid file, title, open files, signals.
 *
 * Process-wide by nature; main calls these, once each but for process_files_raise. */
#ifndef ASHLAR_SERVER_PROCESS_H
#define ASHLAR_SERVER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* Goes on in a child without terminal. Before any thread is started. */
void process_daemonize(void);
void process_pidfile_write(const char *path); /* a failure is only logged, as in Redis */
/* Moves the environment away, so that the title has room. First thing in main. */
void process_title_init(int argc, char **argv);
void process_title_set(const char *text);
/* Raises the limit of open files towards wanted. Returns what it is now. */
uint64_t process_files_raise(uint64_t wanted);
/* SIGTERM and SIGINT call wake(arg), which must be safe in a signal handler; a SIGINT after that ends
 * the process at once. SIGPIPE, SIGHUP and SIGXFSZ are ignored. */
void process_signals(void (*wake)(void *arg), void *arg);
/* The signal that asked for the end: SIGTERM, SIGINT, or 0. */
int  process_signal_got(void);
/* Warns of kernel settings that get in the way. */
void process_check_kernel(int64_t tcp_backlog);

#endif
