/* pause.c: see pause.h. The waiting sessions are not kept in a list: pauses end rarely, so the end
 * walks all sessions. */
#include "server/core/pause.h"

#include "server/core/engine.h"
#include "server/core/session.h"

void pause_begin(struct engine *e, int64_t until_ms, bool writes_only) {
    struct pause *p = &e->pause;
    if (p->until_ms == 0) {
        *p = (struct pause){.until_ms = until_ms, .writes_only = writes_only};
        return;
    }
    if (until_ms > p->until_ms) p->until_ms = until_ms;
    p->writes_only = p->writes_only && writes_only;
}

void pause_end(struct engine *e) {
    if (e->pause.until_ms == 0) return;
    e->pause = (struct pause){0};
    for (struct session *s = e->first; s != NULL; s = s->next) {
        if ((s->flags & (SESSION_POSTPONED | SESSION_PRESSED)) == SESSION_POSTPONED)
            session_unblock(s);
    }
    block_pause_ended(e);
}

void pause_check(struct engine *e) {
    if (e->pause.until_ms != 0 && clock_mono_ms(&e->clock) >= e->pause.until_ms) pause_end(e);
}

bool pause_applies(const struct engine *e, unsigned command_flags) {
    if (e->pause.until_ms == 0 || clock_mono_ms(&e->clock) >= e->pause.until_ms) return false;
    return !e->pause.writes_only || (command_flags & (CMD_WRITE | CMD_MAY_REPLICATE));
}

void pause_postpone(struct session *s) {
    session_block(s, NULL, NULL);
    s->flags |= SESSION_POSTPONED;
}
