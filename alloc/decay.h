/* decay.h: how many free bytes an arena may keep resident, as a function of time. See decay.c. */
#ifndef ASHLAR_ALLOC_DECAY_H
#define ASHLAR_ALLOC_DECAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECAY_STEPS 64
#define DECAY_NEVER ((int64_t)-1)

struct decay {
    int64_t  ms;       /* how long a byte may stay; 0: not at all; DECAY_NEVER */
    uint64_t epoch_ms; /* when the newest step began */
    size_t   seen;     /* bytes accounted for in the steps */
    uint32_t newest;   /* index into steps */
    size_t   steps[DECAY_STEPS]; /* bytes that became free in each, newest backwards */
};

void decay_init(struct decay *d, int64_t ms, uint64_t now_ms);
/* True when a step has passed: *limit is what may stay of `current` bytes, the rest is to be purged
 * and decay_settle called with what remained. False: nothing to do yet. */
bool decay_tick(struct decay *d, uint64_t now_ms, size_t current, size_t *limit);
void decay_settle(struct decay *d, size_t limit, size_t remaining);
/* Length of a step: how often a tick has something to do. */
uint64_t decay_step_ms(int64_t ms);

#endif
