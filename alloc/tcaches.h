/* tcaches.h: caches that a program makes by number: tcache.create, MALLOCX_TCACHE(number).
 *
 * Each is a struct tcache as a thread has one, filled from the arena of whoever uses it, and of one
 * thread at a time: that is the program's to see to, as with jemalloc. Like any cache it has slots of
 * the heap "general" only. Bytes that come from here count as the thread's (meter.h).
 *
 * Locking: LOCK_HEAPS guards making and ending; a number is looked up without. */
#ifndef ASHLAR_ALLOC_TCACHES_H
#define ASHLAR_ALLOC_TCACHES_H

#include <stdbool.h>

struct tcache;

#define TCACHES_MAX 4094u /* as many as flags have room for */

/* Makes one: the lowest number that is free. False: there are no more, or there is no memory. */
bool tcaches_new(unsigned *number);
/* Of one that exists; stops the process otherwise, as a flag can't be refused. */
struct tcache *tcaches_get(unsigned number);
/* Empties it. False: no such number. One that was not made has nothing in it. */
bool tcaches_flush(unsigned number);
/* Empties and ends it. False: it was not made. */
bool tcaches_end(unsigned number);
/* In a forked child, under LOCK_HEAPS: other threads may have been at them, so they are emptied. */
void tcaches_fork_child(void);

#endif
