/* quarantine.h: freed objects on their way out, oldest first, in debug builds.
 *
 * An object stays until newer ones have filled the quarantine, so that who still writes to it, or
 * frees it again, is found: what leaves is looked at by guard_release().
 *
 *   Q1  at most QUARANTINE_OBJECTS objects and conf's `quarantine` bytes of slots.
 * Locking: LOCK_QUARANTINE, the first of all ranks: an object leaves, and is freed, under it, so
 * that whoever drops the object's heap does so before or after. */
#ifndef ASHLAR_ALLOC_QUARANTINE_H
#define ASHLAR_ALLOC_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>

struct ash_heap;

#define QUARANTINE_OBJECTS 4096

/* Takes p, whose slot has so many bytes; older ones may leave. False: it is too large, or there is
 * no quarantine: nothing is done. */
bool quarantine_put(void *p, size_t slot);
/* Lets go of a heap's objects. */
void quarantine_forget(const struct ash_heap *h);
/* Looks at all that are in it. */
void quarantine_check(void);
void quarantine_fork_lock(void);
void quarantine_fork_unlock(void);

#endif
