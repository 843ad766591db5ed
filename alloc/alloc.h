/* alloc.h: the allocator's whole public face. Everything outside alloc/ sees this and assert.h only.
 *
 * size class -> bin -> slab -> extent -> pages, in arenas; the words are jemalloc's. A *heap* is a
 * group of arenas with a purpose ("dataset 0", "clients"): every allocation of the server names its
 * heap, so a purpose's bytes are read from the allocator instead of being derived, and a whole heap
 * can be dropped in O(extents).
 *
 * Sizes are bytes. Every sized call must be given the size that was asked for at allocation (or by
 * the last ash_realloc): the free is faster for it, requested-against-rounded bytes are exact, and
 * debug builds stop at the first wrong size.
 *
 * Alignment: ash_alloc and friends promise 8 bytes and use the fine size classes (24, 40, 56, ...).
 * The C library's malloc family (libc.c) promises 16 and uses jemalloc's general classes.
 *
 * Threads: an OWNED heap is allocated from by one thread (the first to do so, or whoever called
 * ash_heap_adopt), without lock or atomic on the common path; any thread may free into it, and such
 * frees return to the owner in batches. A SHARED heap may be used from any thread.
 *
 * Failure: ash_alloc, ash_zalloc, ash_realloc never return NULL: they end the process through
 * ash_panic's handler. The ash_try_ forms return NULL and leave everything as it was. */
#ifndef ASHLAR_ALLOC_ALLOC_H
#define ASHLAR_ALLOC_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ash_heap;

#define ASH_SIZE_MAX ((size_t)PTRDIFF_MAX) /* a larger request fails */

/* --- Objects ------------------------------------------------------------------------------- */

void *ash_alloc(struct ash_heap *h, size_t size);     /* size 0 counts as 1 */
void *ash_zalloc(struct ash_heap *h, size_t size);    /* zeroed */
void *ash_try_alloc(struct ash_heap *h, size_t size); /* NULL: no memory */
/* align: a power of two. Freed with ash_free(p, size) like any other. */
void *ash_alloc_aligned(struct ash_heap *h, size_t size, size_t align);

/* p (of old_size, from heap h; or NULL with old_size 0) grown or shrunk to new_size > 0, in place
 * where possible. Contents are kept up to the smaller size. p is gone unless it is what returns. */
void *ash_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size);
void *ash_try_realloc(struct ash_heap *h, void *p, size_t old_size, size_t new_size);

/* Frees p, of any heap, from any thread. NULL is ignored. */
void ash_free(void *p, size_t size);

/* The slot size that ash_alloc(size) would yield: what it costs, and what may be asked for instead
 * at no further cost. Pure arithmetic. Large sizes round to pages. */
size_t ash_good_size(size_t size);
/* The slot size of a live object of any heap. */
size_t ash_usable_size(const void *p);
/* How many live objects share the pages that p, a live object, lies in, p included, and how many bytes
 * of pages those are: they are free when all of these are. Cheap; exact unless others are freeing there
 * or allocations come from there just now, where every slot counts as live. */
size_t ash_slab_live(const void *p, size_t *pages);
/* The heap that a live object came from. */
struct ash_heap *ash_heap_of(const void *p);

/* Frees at least this large return their pages at once rather than through a slab. */
size_t ash_large_min(void);

/* --- Heaps --------------------------------------------------------------------------------- */

enum ash_heap_kind {
    ASH_HEAP_OWNED,  /* one thread allocates, any thread frees */
    ASH_HEAP_SHARED, /* any thread allocates and frees */
};

/* A new empty heap; name is copied (31 bytes at most). Costs no pages until first used.
 * Panics when there is no memory for its metadata. At most ASH_HEAPS_MAX live at once. */
struct ash_heap *ash_heap_new(const char *name, enum ash_heap_kind kind);
/* The same, where the purpose says what huge pages would do for it. SYSTEM: as the system does for all.
 * WANTED: asked for; where much is touched at random and little comes back. NEVER: where a forked
 * child would have them copied, or where freed pages have to go back one by one: the system may
 * else fill what was given back with a huge page again. thp in MALLOC_CONF overrules them. */
enum ash_huge { ASH_HUGE_SYSTEM, ASH_HUGE_WANTED, ASH_HUGE_NEVER };
struct ash_heap *ash_heap_new_huge(const char *name, enum ash_heap_kind kind, enum ash_huge huge);
/* Frees every object in the heap without looking at them, O(extents), and the heap; *h becomes NULL.
 * From any thread; nobody else may be using the heap. Pages go to the OS in bounded slices. */
void ash_heap_drop(struct ash_heap **h);
/* The calling thread becomes the owner. The previous owner must be done with the heap. */
void ash_heap_adopt(struct ash_heap *h);
/* Owner only: takes back what other threads freed, for at most max_us microseconds. True: there is
 * more. The owner's allocations do some of this by themselves; an idle owner calls it from a timer. */
bool ash_heap_collect(struct ash_heap *h, uint64_t max_us);
/* What p lies in changes heaps as it is, in a time that does not depend on its length: a large object,
 * or a small one with all that share its slab. Nothing is copied and no address changes. `size` is
 * what was asked for, summed over those objects (ash_extent_each). Small ones: both heaps are OWNED,
 * and by the caller; no other thread may be freeing any of these. False: nothing has changed, as
 * others' frees have not all come back. */
bool ash_heap_move(struct ash_heap *to, void *p, size_t size);
/* Calls fn for each live object that would move with p, p included; how many. fn must not allocate
 * or free in that heap. */
unsigned    ash_extent_each(void *p, void (*fn)(void *object, void *arg), void *arg);
const char *ash_heap_name(const struct ash_heap *h);

/* --- Draining ------------------------------------------------------------------------------ */

/* After many frees a heap's slabs may be nearly empty, each kept by a few objects. Draining makes some
 * of them empty: nothing more is allocated in them (unless there is no memory for a fresh slab), and
 * the owner moves what they hold, by allocating, copying and freeing, as it learns who refers to it.
 * All of it is for the owner of an OWNED heap; objects of any heap may be asked about. */

/* Looks at up to `max` more slabs and picks some, the emptiest of each size first and of about equally
 * empty ones those that lie high, as long as the others have free slots for all that lives, and none
 * with less than a quarter free. Adds their bytes to *bytes. True: there are more to look at. What
 * other threads freed lives until it is collected. */
bool ash_drain_choose(struct ash_heap *h, unsigned max, size_t *bytes);
/* About how many bytes of slabs it would pick, all calls taken together. O(size classes). */
size_t ash_drain_gain(const struct ash_heap *h);
/* Bytes of slabs that were picked and are not empty yet. */
size_t ash_draining(const struct ash_heap *h);
/* Is this live object's slab one of these? For whoever has come to the object in another way. */
bool ash_is_draining(const void *p);
/* Live objects out of one such slab, how many and the size of their slots; each slab in turn and once.
 * None may be among the slots that a call looks at, which are so many at most. False: all have been
 * looked through. The objects are valid until the next free in the heap but of themselves. */
#define ASH_DRAIN_RUN 64
bool ash_drain_next(struct ash_heap *h, void *objects[ASH_DRAIN_RUN], unsigned *count,
                    size_t *slot_size);
/* What is not empty yet, up to `max` slabs of it, is a slab like any other again. True: there is more.
 * In the end free pages go back at once, as a dropped heap's do. */
bool ash_drain_end(struct ash_heap *h, unsigned max);

#define ASH_HEAPS_MAX 256

/* Where a heap's pages are, in bytes. Everything but `requested` is a count of slots or pages. For
 * each heap: requested + rounding == used, and used + slots_free + cached + returning == slab and
 * large pages in use (active). Read without locks: exact when no other thread is at work in the heap. */
struct ash_heap_stats {
    char     name[32];
    size_t   requested;  /* what callers asked for and have not freed */
    size_t   rounding;   /* slot size minus request, over live objects */
    size_t   used;       /* live slots: requested + rounding. What used_memory counts */
    size_t   slots_free; /* free slots inside slabs (holes) and slab tails */
    size_t   returning;  /* freed by another thread, not yet taken back; not in used */
    size_t   cached;     /* freed, or not yet handed out, in threads' caches (heap "general") */
    size_t   active;     /* pages of slabs and large objects */
    size_t   dirty;      /* free pages still resident */
    size_t   muzzy;      /* free pages the kernel may take (MADV_FREE) */
    size_t   retained;   /* address space kept, no pages behind it */
    uint64_t count;      /* live objects */
};
void ash_heap_stats(const struct ash_heap *h, struct ash_heap_stats *out);
/* Calls fn for each live heap in creation order. */
void ash_heap_each(void (*fn)(struct ash_heap *h, void *arg), void *arg);
size_t ash_heap_used(const struct ash_heap *h); /* a few plain loads */

/* Per size class within a heap. */
struct ash_bin_stats {
    size_t   slot_size;   /* bytes */
    size_t   slab_size;   /* bytes */
    uint64_t slots_used;  /* live slots */
    uint64_t slots_total;
    uint64_t slabs;
    uint64_t slabs_full;
    uint64_t slabs_empty; /* kept for reuse */
    size_t   requested;   /* bytes asked for, of live slots */
    uint64_t returned;    /* slots freed by another thread, not yet taken back */
    uint64_t cached;      /* slots in threads' caches */
    uint64_t allocs, frees;           /* since the heap began; to and from a cache counts as one */
    uint64_t requests, flushes;       /* met, by caches or not; times a cache gave slots back */
    uint64_t fills;                   /* times a group of free slots was taken up */
    uint64_t slabs_ever, reslabs;     /* slabs made; times a filed slab became current again */
};
unsigned ash_bin_count(void);
void     ash_heap_bin_stats(const struct ash_heap *h, unsigned bin, struct ash_bin_stats *out);

/* --- The process --------------------------------------------------------------------------- */

/* Totals over all heaps, the C library's included. allocated <= active <= resident estimate <= mapped. */
struct ash_stats {
    size_t allocated; /* sum of used: jemalloc's stats.allocated, used_memory */
    size_t requested;
    size_t cached; /* in threads' caches */
    size_t active;
    size_t metadata; /* resident bytes of the allocator's own structures */
    size_t resident; /* active + dirty + muzzy + metadata */
    size_t dirty;
    size_t muzzy;
    size_t retained;
    size_t mapped;
    uint64_t purged_bytes;  /* ever given back to the OS */
    uint64_t purge_calls;   /* madvise and munmap calls for that */
};
void   ash_stats(struct ash_stats *out);
size_t ash_used(void); /* ash_stats.allocated alone, cheaply */

/* Gives dirty and muzzy pages back to the OS, for at most max_us microseconds. No lock is held
 * across a system call. Any thread. Adds what was returned to *bytes. True: there is more. */
bool ash_purge_step(uint64_t max_us, size_t *bytes);
/* Bytes that ash_purge_step could return now. */
size_t ash_purgeable(void);
/* The same of one heap's pages. It may be dropped between two steps, and another come in its place:
 * then that one's free pages go back, or there are none. */
bool   ash_heap_purge_step(struct ash_heap *h, uint64_t max_us, size_t *bytes);
size_t ash_heap_purgeable(const struct ash_heap *h);

/* Decay: dirty pages older than this go back along an S-curve. -1 never, 0 at once. Milliseconds. */
bool ash_set_dirty_decay_ms(int64_t ms);
bool ash_set_muzzy_decay_ms(int64_t ms);
/* The same for one heap's pages, which are then never muzzy: what is free in it has gone back after ms.
 * -1: never; ASH_DECAY_SHARED, as every heap begins: as the two above say. False: ms is out of range. */
#define ASH_DECAY_SHARED (-2)
bool ash_heap_set_decay_ms(struct ash_heap *h, int64_t ms);
/* What is free in h now goes back at once. The purger does it, and nobody where that is stopped. */
void ash_heap_hurry(struct ash_heap *h);
/* Bytes of pages with memory behind them, as far as is known here: active + dirty + muzzy of all heaps.
 * A few loads an arena, so that it can be asked often. */
size_t ash_resident(void);
/* Empties what is kept for reuse, of all heaps: slabs without an object, parked large objects, frees that
 * are on their way back, and the calling thread's cache (an idle thread's shrinks by itself). For about
 * max_us microseconds. Returns how many bytes of pages are free for it that were not. */
size_t ash_flush_caches(uint64_t max_us);
/* Starts and stops the purger thread (wall-clock decay). Stopped, decay only happens on calls. */
bool ash_set_background_thread(bool on);

/* jemalloc's mallctl by its names and types; returns 0 or an errno value (ENOENT, EINVAL, EPERM). */
int ash_ctl(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen);
/* The malloc_stats_print report in text ("J" in opts: JSON). write may be called many times. */
void ash_stats_print(void (*write)(void *arg, const char *text), void *arg, const char *opts);

/* Walks every structure and stops the process at the first broken invariant. Slow; tests only. */
void ash_check(void);

#ifdef __cplusplus
}
#endif
#endif
