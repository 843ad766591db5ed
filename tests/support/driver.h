/* driver.h: clients that keep a server as busy as it can be with GET or SET, and know how long they waited.
 *
 * DRIVER_CLIENTS connections, each with a pipeline of DRIVER_PIPELINE requests in flight: the next when
 * the last reply of it is there. Each reply is compared with what it has to be. How long a request took is
 * the time from its pipeline's writing until the last reply of it, as redis-benchmark counts it.
 *
 * What goes wrong ends the program (target.h). Locking: none. Ownership: driver_new/driver_free. */
#ifndef ASHLAR_TESTS_SUPPORT_DRIVER_H
#define ASHLAR_TESTS_SUPPORT_DRIVER_H

#include <stdint.h>

#define DRIVER_CLIENTS  16
#define DRIVER_PIPELINE 32
#define DRIVER_KEYS     100000 /* 12 bytes, with values of 32 */

struct driver;
struct target;

enum driver_verb { DRIVER_GET, DRIVER_SET };

struct driver_lap {
    double per_s;               /* requests */
    double p50_ms, p99_ms, p999_ms;
};

struct driver *driver_new(const struct target *t, enum driver_verb verb);
void           driver_free(struct driver **d);
/* Stores the keys, for DRIVER_GET to find. */
void              driver_fill(struct target *t);
struct driver_lap driver_run(struct driver *d, double ms);

#endif
