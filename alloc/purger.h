/* purger.h: the thread that lets dirty pages decay by the wall clock.
 *
 * On: one thread, signals blocked, asleep while nothing is dirty. Off: freeing pages does what the
 * clock demands, a slice at a time. */
#ifndef ASHLAR_ALLOC_PURGER_H
#define ASHLAR_ALLOC_PURGER_H

#include <stdbool.h>
#include <stdint.h>

struct lock;
struct pages;

bool purger_set(bool on); /* false: no thread could be made */
bool purger_is_on(void);
/* How often the present thread has gone over all arenas, and the mean time from one to the next. */
uint64_t purger_turns(uint64_t *interval_us);
/* There is something to do at once. */
void purger_kick(void);
/* Pages of p have become dirty. Called with no lock at or above LOCK_PURGER. */
void purger_notice(struct pages *p);
struct lock *purger_lock_get(void); /* for statistics */
/* Around fork; the child has no purger until purger_set(true). */
void purger_fork_lock_switch(void); /* before all other locks: starting a thread allocates */
void purger_fork_unlock_switch(void);
void purger_fork_lock(void);
void purger_fork_unlock(bool child);

#endif
