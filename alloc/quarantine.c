/* quarantine.c: see quarantine.h. A ring of pointers; start at quarantine_put(). */
#include "alloc/quarantine.h"
#include "alloc/assert.h"
#include "alloc/conf.h"
#include "alloc/guard.h"
#include "alloc/lock.h"

#if defined ASHLAR_DEBUG && !defined ASHLAR_PASSTHROUGH

struct held {
    void  *p;
    size_t slot; /* bytes */
};

static struct lock quarantine_lock = LOCK_INIT(LOCK_QUARANTINE);
static struct held ring[QUARANTINE_OBJECTS]; /* under quarantine_lock, as all below */
static unsigned    first, count;
static size_t      bytes;

static struct held *held_at(unsigned i) { return &ring[(first + i) % QUARANTINE_OBJECTS]; }

static void let_go_oldest(void) {
    struct held *h = held_at(0);
    bytes -= h->slot;
    guard_release(h->p);
    first = (first + 1) % QUARANTINE_OBJECTS;
    count--;
}

bool quarantine_put(void *p, size_t slot) {
    size_t most = conf_get()->quarantine;
    if (slot > most) return false;
    lock_take(&quarantine_lock);
    while (count == QUARANTINE_OBJECTS || bytes + slot > most) let_go_oldest();
    *held_at(count++) = (struct held){p, slot};
    bytes += slot;
    lock_drop(&quarantine_lock);
    return true;
}

void quarantine_forget(const struct ash_heap *h) {
    unsigned kept = 0;
    lock_take(&quarantine_lock);
    for (unsigned i = 0; i < count; i++) {
        struct held x = *held_at(i);
        if (ash_heap_of(x.p) != h) {
            *held_at(kept++) = x;
            continue;
        }
        bytes -= x.slot;
        guard_release(x.p);
    }
    count = kept;
    lock_drop(&quarantine_lock);
}

void quarantine_check(void) {
    size_t sum = 0;
    lock_take(&quarantine_lock);
    for (unsigned i = 0; i < count; i++) {
        guard_check_freed(held_at(i)->p);
        sum += held_at(i)->slot;
    }
    ASSERT(sum == bytes && bytes <= conf_get()->quarantine);
    lock_drop(&quarantine_lock);
}

void quarantine_fork_lock(void) { lock_take_fork(&quarantine_lock); }
void quarantine_fork_unlock(void) { lock_drop_fork(&quarantine_lock); }

#endif
