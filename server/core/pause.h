/* pause.h: CLIENT PAUSE: until a moment, no commands run, or none that may write.
 *
 * A session whose next command may not run is blocked before it (SESSION_POSTPONED) and goes on with
 * that command when the pause ends. Of two pauses the later end and the wider scope hold.
 * Locking: none; the engine thread alone. */
#ifndef ASHLAR_SERVER_CORE_PAUSE_H
#define ASHLAR_SERVER_CORE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct session;

struct pause {
    int64_t until_ms; /* monotonic; 0: none */
    bool    writes_only;
};

void pause_begin(struct engine *e, int64_t until_ms, bool writes_only);
void pause_end(struct engine *e);
/* Ends it when its time is over. Cron. */
void pause_check(struct engine *e);
/* Does a command of these flags have to wait? */
bool pause_applies(const struct engine *e, unsigned command_flags);
void pause_postpone(struct session *s);

#endif
