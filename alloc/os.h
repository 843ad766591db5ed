/* os.h: everything the allocator asks of the operating system, as a table that tests replace.
 *
 * A test that fails the n-th map, or plays an hour of decay, assigns its own functions to `os`
 * while no other thread runs, and puts os_real back afterwards. No function here changes errno:
 * free() must not. */
#ifndef ASHLAR_ALLOC_OS_H
#define ASHLAR_ALLOC_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct os_run {
    void  *p; /* as struct iovec has them */
    size_t len;
};
#define OS_RUNS_MAX 64

struct os {
    void *(*map)(size_t len); /* zeroed pages, committed on touch. NULL: no memory */
    bool (*unmap)(void *p, size_t len);
    /* Address space without memory behind it; usable: touching it gives zeroed pages. NULL: refused */
    void *(*reserve)(size_t len, bool usable);
    bool (*commit)(void *p, size_t len); /* pages of a reservation become usable. False: no memory */
    bool (*purge)(void *p, size_t len); /* pages are gone, next read gives zeroes */
    bool (*lazy)(void *p, size_t len);  /* the kernel may take the pages when it wants */
    /* Many runs at once, by purge or lazily. False: not to be had, or in part: to be done one by one */
    bool (*purge_runs)(const struct os_run *runs, size_t count, bool lazily);
    void (*huge)(void *p, size_t len, bool wanted); /* asks for huge pages, or for none: a hint */
    bool (*move)(void *from, size_t len, void *to); /* pages change address; `from` reads zeroes */
    uint64_t (*now_us)(void);                       /* monotonic */
};

extern const struct os os_real;
extern struct os       os;

/* Once, before any thread: whether os_fence_all works here. */
bool os_fence_init(void);
/* A full memory barrier on every running thread of the process. */
void os_fence_all(void);
/* How many bytes of a mapping of ours have pages behind them. */
size_t os_resident(const void *p, size_t len);
/* Physical memory of the machine, bytes. */
size_t os_memory(void);
/* Is there a limit on the process's address space or data (RLIMIT_AS, RLIMIT_DATA)? */
bool os_space_limited(void);
/* CPUs this process may run on; at least 1. */
unsigned os_cpus(void);

#endif
