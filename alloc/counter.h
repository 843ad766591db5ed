/* counter.h: statistics kept where the event happens and read from anywhere.
 *
 * Most counters have one writer at a time (an arena's owner, or whoever holds a lock), so adding
 * needs no locked instruction: counter_add is one plain add to memory. Readers may be other threads
 * and get a whole value, though perhaps not this instant's. counter_add_shared is for several
 * writers at once. Sums wrap like any unsigned number: a difference of two is what is meant. */
#ifndef ASHLAR_ALLOC_COUNTER_H
#define ASHLAR_ALLOC_COUNTER_H

#include <stddef.h>

struct counter {
    size_t n;
};

static inline size_t counter_get(const struct counter *c) {
    return __atomic_load_n(&c->n, __ATOMIC_RELAXED);
}

static inline void counter_set(struct counter *c, size_t n) {
    __atomic_store_n(&c->n, n, __ATOMIC_RELAXED);
}

static inline void counter_add(struct counter *c, size_t n) {
#if defined __x86_64__ && !defined __SANITIZE_THREAD__
    __asm__("addq %1, %0" : "+m"(c->n) : "er"(n)); /* the compiler won't fuse load, add and store */
#else
    counter_set(c, counter_get(c) + n);
#endif
}

static inline void counter_sub(struct counter *c, size_t n) {
#if defined __x86_64__ && !defined __SANITIZE_THREAD__
    __asm__("subq %1, %0" : "+m"(c->n) : "er"(n));
#else
    counter_set(c, counter_get(c) - n);
#endif
}

static inline void counter_add_shared(struct counter *c, size_t n) {
    __atomic_fetch_add(&c->n, n, __ATOMIC_RELAXED);
}

#endif
