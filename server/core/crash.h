/* crash.h: what is written when the process dies of itself: a report to the log, then the signal's
 * own effect (a core file where one is wanted).
 *
 * Process-wide, as signal handlers are. crash_start makes the reports possible; crash_enable (the
 * option crash-log-enabled) turns them on and off at any time. Reports come from any thread. */
#ifndef ASHLAR_SERVER_CORE_CRASH_H
#define ASHLAR_SERVER_CORE_CRASH_H

#include <stdbool.h>

struct engine;

/* engine: what the report tells about the server; borrowed, NULL: nothing. Also gives the calling
 * thread a signal stack, so that its stack overflow can be reported. Called again: another engine.
 * */
void crash_start(const struct engine *engine);
void crash_enable(bool on);
/* Before the engine goes away. */
void crash_stop(void);

#endif
