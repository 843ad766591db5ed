/* os.c: Linux under the allocator. See os.h. Start at os_real, last in the file. */
#include "alloc/os.h"
#include "alloc/assert.h"
#include "alloc/sizes.h"

#include <errno.h>
#include <stdatomic.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PIDFD_OWN (-10000) /* PIDFD_SELF_THREAD, which the headers do not have yet */
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
_Static_assert(sizeof(struct os_run) == sizeof(struct iovec), "runs go to the kernel as they are");

static void *os_map(size_t len) {
    int   saved = errno;
    void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    errno = saved;
    return p == MAP_FAILED ? NULL : p;
}

static bool os_unmap(void *p, size_t len) {
    int  saved = errno;
    bool done = munmap(p, len) == 0;
    errno = saved;
    return done;
}

static void *os_reserve(size_t len, bool usable) {
    int   saved = errno;
    void *p = mmap(NULL, len, usable ? PROT_READ | PROT_WRITE : PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p != MAP_FAILED && usable) madvise(p, len, MADV_NOHUGEPAGE); /* it is used sparsely */
    errno = saved;
    return p == MAP_FAILED ? NULL : p;
}

static bool os_commit(void *p, size_t len) {
    int  saved = errno;
    bool done = mprotect(p, len, PROT_READ | PROT_WRITE) == 0;
    errno = saved;
    return done;
}

static bool os_advise(void *p, size_t len, int advice) {
    int  saved = errno;
    bool done = madvise(p, len, advice) == 0;
    errno = saved;
    return done;
}

static bool os_purge(void *p, size_t len) { return os_advise(p, len, MADV_DONTNEED); }

static bool os_lazy(void *p, size_t len) { return os_advise(p, len, MADV_FREE); }

/* Of the own process, which the kernel names by a constant since 6.14 and lets do as madvise does
 * since 6.13; older ones refuse the one or the other, and are not asked again. */
static bool os_purge_runs(const struct os_run *runs, size_t count, bool lazily) {
    static _Atomic bool refused;
    size_t              bytes = 0;
    if (count < 2 || atomic_load_explicit(&refused, memory_order_relaxed)) return false;
    for (size_t i = 0; i < count; i++) bytes += runs[i].len;
    int  saved = errno;
    long done = syscall(SYS_process_madvise, PIDFD_OWN, runs, count,
                        lazily ? MADV_FREE : MADV_DONTNEED, 0);
    errno = saved;
    if (done < 0) atomic_store_explicit(&refused, true, memory_order_relaxed);
    return done >= 0 && (size_t)done == bytes;
}

static void os_huge(void *p, size_t len, bool wanted) {
    os_advise(p, len, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

/* DONTUNMAP leaves the old range mapped and empty, so no other thread's mmap can land in it. A
 * refusal (such as a range made of several mappings) may come after `to` was unmapped: put that
 * back. */
static bool os_move(void *from, size_t len, void *to) {
    int   saved = errno;
    void *p = mremap(from, len, len, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);
    bool  done = p != MAP_FAILED;
    if (!done && madvise(to, len, MADV_DONTNEED) != 0 &&
        mmap(to, len, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != to)
        PANIC("mremap failed and its target range is lost");
    errno = saved;
    return done;
}

static uint64_t os_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static long os_membarrier(int command) {
    int  saved = errno;
    long result = syscall(SYS_membarrier, command, 0, 0);
    errno = saved;
    return result;
}

bool os_fence_init(void) {
    return os_membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

void os_fence_all(void) {
    if (os_membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) PANIC("membarrier failed");
}

size_t os_resident(const void *p, size_t len) {
    unsigned char there[1024];
    size_t        bytes = 0;
    int           saved = errno;
    for (size_t at = 0; at < len; at += sizeof there * PAGE_SIZE) {
        size_t part = len - at < sizeof there * PAGE_SIZE ? len - at : sizeof there * PAGE_SIZE;
        if (mincore((char *)(uintptr_t)p + at, part, there) != 0) memset(there, 1, sizeof there);
        for (size_t i = 0; i < part / PAGE_SIZE; i++) bytes += (there[i] & 1) * PAGE_SIZE;
    }
    errno = saved;
    return bytes;
}

size_t os_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? (size_t)pages * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

static bool is_limited(int resource) {
    struct rlimit limit;
    return getrlimit(resource, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
}

bool os_space_limited(void) { return is_limited(RLIMIT_AS) || is_limited(RLIMIT_DATA); }

unsigned os_cpus(void) {
    int       saved = errno;
    cpu_set_t set;
    int       count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    errno = saved;
    return count > 0 ? (unsigned)count : 1;
}

const struct os os_real = {.map = os_map,
                           .unmap = os_unmap,
                           .reserve = os_reserve,
                           .commit = os_commit,
                           .purge = os_purge,
                           .lazy = os_lazy,
                           .purge_runs = os_purge_runs,
                           .huge = os_huge,
                           .move = os_move,
                           .now_us = os_now_us};

struct os os = {.map = os_map,
                .unmap = os_unmap,
                .reserve = os_reserve,
                .commit = os_commit,
                .purge = os_purge,
                .lazy = os_lazy,
                .purge_runs = os_purge_runs,
                .huge = os_huge,
                .move = os_move,
                .now_us = os_now_us};
