/* jemalloc.h: jemalloc's non-standard calls, as libashlar.so and libashlar.a answer them.
 *
 * Names, flags and types are those of jemalloc 5.3; a program built against its header runs on us
 * unchanged. What differs:
 *   - An arena index is a heap's index. arenas.create makes a shared heap; MALLOCX_ARENA takes the
 *     index of any shared heap.
 *   - Caches have slots of the heap "general" only: with MALLOCX_ARENA there is no cache. One that
 *     MALLOCX_TCACHE names and that was not made stops the process, as jemalloc does.
 *   - sdallocx stops the process on a size that is not the object's.
 * malloc_conf and malloc_message may be defined by the program; the latter must not allocate. */
#ifndef ASHLAR_ALLOC_JEMALLOC_H
#define ASHLAR_ALLOC_JEMALLOC_H

#include <limits.h>
#include <stddef.h>
#include <strings.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MALLOCX_LG_ALIGN(la)  ((int)(la))
#define MALLOCX_ALIGN(a)      ((int)(ffsl((long)(a)) - 1))
#define MALLOCX_ZERO          ((int)0x40)
#define MALLOCX_TCACHE(tc)    ((int)(((tc) + 2) << 8))
#define MALLOCX_TCACHE_NONE   MALLOCX_TCACHE(-1)
#define MALLOCX_ARENA(a)      ((int)(((unsigned)(a) + 1u) << 20))
#define MALLCTL_ARENAS_ALL       4096
#define MALLCTL_ARENAS_DESTROYED 4097

extern const char *malloc_conf;
extern void (*malloc_message)(void *arg, const char *text);

/* NULL: no memory, or no such arena. size > 0. */
void *mallocx(size_t size, int flags);
/* p moved if need be; NULL: p is as it was. */
void *rallocx(void *p, size_t size, int flags);
/* Resizes in place to size + extra, or at least size; returns what it then is. */
size_t xallocx(void *p, size_t size, size_t extra, int flags);
size_t sallocx(const void *p, int flags);
void   dallocx(void *p, int flags);
void   sdallocx(void *p, size_t size, int flags);
/* What mallocx would give; 0: more than there can be. */
size_t nallocx(size_t size, int flags);

int mallctl(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen);
int mallctlnametomib(const char *name, size_t *mib, size_t *miblen);
int mallctlbymib(const size_t *mib, size_t miblen, void *oldp, size_t *oldlenp, void *newp,
                 size_t newlen);
/* write NULL: malloc_message, or stderr. opts: jemalloc's letters. */
void malloc_stats_print(void (*write)(void *arg, const char *text), void *arg, const char *opts);

#ifdef __cplusplus
}
#endif

#endif
