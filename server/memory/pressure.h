/* pressure.h: follows what the system lets this process have, and gives back what is free when the
 * system is pressed for memory.
 *
 * Once a second the survey thread reads the control group's limits and use and the pressure stall
 * information (cgroup.h); reading them can take the kernel long, so the engine does not. What comes
 * back moves the base that `maxmemory 80%` is a share of, and when tasks have had to wait for memory
 * for at least PRESSURE_WAIT_PERCENT of the time since the last reading, a purge is started, unless
 * one is at work.
 *
 * Locking: the engine thread; the job in flight belongs to BIO. Ownership: pressure_new/_free, the
 * latter when BIO has ended. */
#ifndef ASHLAR_SERVER_MEMORY_PRESSURE_H
#define ASHLAR_SERVER_MEMORY_PRESSURE_H

#include "server/memory/cgroup.h"

struct ash_heap;
struct bio;
struct config;
struct pressure;
struct purge;

#define PRESSURE_EVERY_US     1000000
#define PRESSURE_WAIT_PERCENT 1

struct pressure_status {
    struct cgroup_memory   memory; /* as last read */
    struct cgroup_pressure stall;
    uint64_t               purges; /* started because of it */
};

/* root: as cgroup_find's. Reads once at once, so that maxmemory has its base from the start. */
struct pressure *pressure_new(struct ash_heap *heap, struct bio *bio, struct config *config,
                              struct purge *purge, const char *root);
void             pressure_free(struct pressure **p);
/* Asks for a reading when one is due. From the cron, at any rate. */
void             pressure_tick(struct pressure *p, uint64_t now_us);
const struct pressure_status *pressure_read(const struct pressure *p);

#endif
