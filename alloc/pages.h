/* pages.h: an arena's page cache: live -> dirty -> muzzy -> retained, and back to live.
 *
 * pages_take prefers what is resident already: dirty, then muzzy, then retained, and only then maps
 * a new region. Regions stay mapped: address space is kept (`retained`), pages are not. Only where
 * the system has no more address space are free runs unmapped, to map a longer one.
 *
 *   P1  no two neighbouring free extents of one state (in one struct pages): they have been joined.
 *   P2  live + dirty + muzzy + retained + busy == the bytes of all regions mapped.
 * Locking: `lock` guards all fields; counters may be read without. It is not held while pages are purged:
 * an extent being purged is BUSY, in no set, and nobody joins with it. (A page of the page map that has
 * become spare goes under the lock: a microsecond or two for each 2 MiB.)
 * Ownership: what pages_take returns is the caller's until it passes it to pages_put. */
#ifndef ASHLAR_ALLOC_PAGES_H
#define ASHLAR_ALLOC_PAGES_H

#include "alloc/alloc.h"
#include "alloc/decay.h"
#include "alloc/extent_set.h"
#include "alloc/lock.h"

#define PAGES_SLICE (512 * KIB) /* at most this much at a time: some 0.1 to 0.3 ms */

struct pages {
    struct lock       lock;
    struct extent_set sets[EXTENT_SETS]; /* by extent_state */
    struct decay      decay[2];          /* dirty, muzzy */
    struct counter    live, busy, mapped;
    size_t            grow_next;
    enum ash_huge     huge; /* const: what is asked for when pages are mapped */
    _Atomic int64_t   own_decay_ms[2]; /* or PAGES_DECAY_SHARED */
    /* Read without the lock, by every free: nothing is due before then, while this is decay_ms. */
    _Atomic int64_t   quiet_ms[2];
    _Atomic uint64_t  quiet_until_ms[2];
    _Atomic bool      purge_all; /* decay as if by decay_ms 0: a dropped heap's pages */
    /* large objects, for large.c */
    struct extent *large;
    struct counter large_used, large_requested, large_count, large_ever;
};

/* What has gone back to the OS since start. */
extern struct counter pages_purged_bytes, pages_purge_calls;

void pages_init(struct pages *p);
/* len bytes at an align-ed address (both multiples of PAGE_SIZE), LIVE; not in the page map. Not
 * from sets before `from`: EXTENT_RETAINED asks for pages with nothing behind. NULL: no memory. */
struct extent *pages_take(struct pages *p, size_t len, size_t align, enum extent_state from);
/* The same for who has the lock. */
struct extent *pages_take_locked(struct pages *p, size_t len, size_t align, enum extent_state from);
/* Takes x back, its page map entries already cleared (ends excepted). The pages become dirty, or,
 * when zeroed, retained. */
void pages_put(struct pages *p, struct extent *x, bool zeroed);
/* The same for who has the lock, and calls purger_notice() after unless zeroed. */
void pages_put_locked(struct pages *p, struct extent *x, bool zeroed);
/* Gives x's tail beyond len back. False: no metadata. */
bool pages_trim(struct pages *p, struct extent *x, size_t len);
/* Adds what follows x in memory, if it is free, to make it len bytes. */
bool pages_extend(struct pages *p, struct extent *x, size_t len);

/* A live extent leaves for other pages, and comes from others. */
void pages_give(struct pages *p, struct extent *x);
void pages_receive(struct pages *p, struct extent *x);

/* Purges a slice of the oldest DIRTY or MUZZY extents, in one system call where the kernel can;
 * lazily if allowed (and decay says so). Returns its bytes; 0: none left, or the OS refused. */
size_t pages_purge(struct pages *p, enum extent_state from, bool lazily);
/* Purges dirty runs of PAGES_LONG and more, for at most max_us. */
void pages_purge_long(struct pages *p, uint64_t max_us);
#define PAGES_LONG (8 * MIB)
/* What the clock demands, for at most until deadline_us. True: there is more. */
bool pages_decay(struct pages *p, uint64_t now_us, uint64_t deadline_us);
bool pages_check(struct pages *p);

/* Process-wide, milliseconds; idx 0 dirty, 1 muzzy. */
int64_t pages_decay_ms(unsigned idx);
void    pages_set_decay_ms(unsigned idx, int64_t ms);
/* Of these pages: their own, or the process-wide one. */
#define PAGES_DECAY_SHARED ((int64_t)-2)
int64_t pages_own_decay_ms(const struct pages *p, unsigned idx);
void    pages_set_own_decay_ms(struct pages *p, unsigned idx, int64_t ms);

static inline size_t pages_free_bytes(const struct pages *p, enum extent_state state) {
    return counter_get(&p->sets[state].bytes);
}

#endif
