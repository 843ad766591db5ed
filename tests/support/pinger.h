/* pinger.h: a second client that sends PING after PING all the while, and knows its longest wait.
 *
 * A thread and a plain socket of its own; one PING in flight at a time, the next as soon as the reply
 * is there. What it waited longest is how long the server stalled its other clients, on top of what
 * the machine's scheduler adds (compare with a lap over an idle server).
 *
 * Locking: its own; any thread. Ownership: pinger_new/pinger_free. */
#ifndef ASHLAR_TESTS_SUPPORT_PINGER_H
#define ASHLAR_TESTS_SUPPORT_PINGER_H

#include <stdint.h>

struct pinger;

struct pinger_lap { /* microseconds */
    uint64_t count;
    uint64_t max_us, p999_us, p99_us;
};

struct pinger *pinger_new(const char *unix_path); /* NULL: errno says why */
/* Ends the lap that began with pinger_new or the last call, and begins the next. A PING that is in
 * flight is waited for and belongs to the lap that ends. */
struct pinger_lap pinger_lap(struct pinger *p);
void           pinger_free(struct pinger **p);

#endif
