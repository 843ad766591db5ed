/* slab.h: an extent cut into slots of one size class, with a byte of state for each slot out of line.
 *
 * A byte and not a bit: taking a slot and freeing it are then one store each, with nothing read
 * before, and another thread may mark a slot next to one that the owner works on.
 *
 *   FREE -> LIVE           the owner hands the slot out
 *   LIVE -> FREE           the owner frees it
 *   LIVE -> RETURNED       another thread frees it
 *   RETURNED -> FREE       the owner collects it
 *   FREE -> CACHED         the owner hands it to a thread's cache (tcache.h)
 *   CACHED <-> LIVE        the cache's thread hands it out, and frees it
 *   CACHED -> FREE         the owner takes it back from its own cache
 *   CACHED -> RETURNED     another thread's cache gives it back
 *
 *   L1  state[i] for slot_count <= i is SLOT_NONE, up to a whole group.
 *   L2  unless it is its bin's current slab (SLAB_MARK_NEVER), FREE slots + slab_left() + 1 == mark.
 *   L3  every page's page map entry is the slab; the extent is LIVE.
 *   L4  there is a byte for every address slab_slot_at() calls a slot, the tail's included.
 *   L5  seat is the arena's: the page map's readers look at it alone (pagemap.h).
 * Locking: all but `pending`, `remote_next` and LIVE -> RETURNED belong to the one who has the arena.
 * The const fields may be read by anyone who holds a live object of the slab, and so may the
 * object's state: such an object also keeps the slab from going away. */
#ifndef ASHLAR_ALLOC_SLAB_H
#define ASHLAR_ALLOC_SLAB_H

#include "alloc/classes.h"
#include "alloc/counter.h"

#include <stdatomic.h>

struct arena;
struct bin;
struct extent;
struct tcache_slot;

/* One more than LIVE is FREE, in a byte, and one more than any other is none: slab_put_slot(). */
enum slot_state { SLOT_FREE, SLOT_RETURNED = 2, SLOT_CACHED = 4, SLOT_NONE = 6, SLOT_LIVE = 255 };

/* What is left of frees before the one that is to refile the slab, in struct slab's `left`: so many
 * steps. A step is above what slab_divide() gives for the start of a slot (less than the slab's
 * length), and SLAB_MARK_NEVER steps are below what it gives elsewhere (`inverse` or more). So one
 * compare tells both whether p is the start of a slot and whether any are left. */
#define SLAB_STEP       ((uint64_t)1 << 30)
#define SLAB_MARK_NEVER ((uint32_t)1 << 19)
_Static_assert(SLAB_PAGES_MAX * PAGE_SIZE <= SLAB_STEP, "the start of a slot is below a step");
_Static_assert(SLAB_MARK_NEVER * SLAB_STEP < UINT64_MAX / SMALL_MAX, "its inside is above all");

#define SLAB_LIST_FULL    7 /* less than an eighth free; and 0..6: by eighths, 0 the fullest */
#define SLAB_LIST_DRAIN   8 /* being drained (bin.h): its objects were not looked through yet; */
#define SLAB_LIST_DRAINED 9 /* were */
#define SLAB_LISTS        10

struct slab {
    /* const (but for a move to another heap) as far as `left`; with it what a free needs: one line */
    _Alignas(64) struct arena *arena;
    uint16_t       seat;     /* the arena's: L5 */
    uint16_t       cls;
    uint32_t       cache_at; /* where threads' caches keep its slots: tcache_place() */
    struct bin    *bin;
    char          *base;
    uint64_t       inverse; /* ceil(2^64 / slot_size) */
    size_t         slot_size;
    /* owner */
    struct counter left; /* frees, in steps, before the one that makes bin_crossed due */
    uint32_t       slot_count; /* const */
    uint32_t     mark; /* free slots after that one; read by any: slab_live() */
    uint32_t     list; /* which of the bin's lists; of the current slab: FULL */
    struct slab *prev, *next;
    struct extent *extent; /* const */
    /* any thread */
    _Atomic uint64_t pending;     /* remote frees announced and not collected: a count */
    struct slab     *remote_next; /* in the arena's queue of slabs with pending frees */
#ifdef ASHLAR_DEBUG
    uint16_t *requested; /* by slot; behind the states */
#endif
    uint8_t state[]; /* enum slot_state, by slot */
};

#define SLAB_GROUP 64 /* slots looked at together: a word of bits */

static inline unsigned slab_group_count(const struct slab *s) {
    return (s->slot_count + SLAB_GROUP - 1) / SLAB_GROUP;
}

/* A slab with every slot free. NULL: no memory. */
struct slab *slab_new(struct arena *a, unsigned cls, size_t len);
/* Takes the slab's pages back, whatever is in it. */
void slab_free(struct slab **sp);
/* Marks `size` bytes at p as freed by a thread that does not own the arena. Stops the process when
 * p is no live object. The slab may be gone when this returns. */
void slab_free_remote(struct slab *s, const void *p, size_t size);
/* The same for slots of one slab that lay in the caller's cache: CACHED. */
void slab_return_cached(struct slab *s, const struct tcache_slot *slots, uint32_t count);
/* Stops the process: p lies in a cache and is not CACHED. */
__attribute__((noreturn, cold)) void slab_refuse_cached(const struct slab *s, const void *p);
/* Makes RETURNED slots FREE: how many. *again: some are announced and still to come. */
unsigned slab_collect(struct slab *s, bool *again);
/* A bit for each slot of a group that is in this state. */
uint64_t slab_group_mask(const struct slab *s, unsigned group, enum slot_state state);
uint32_t slab_count_free(const struct slab *s);
/* Stops the process, saying what is wrong with a free of `size` bytes at p. Not said to be
 * noreturn, as the compiler then gives every path that may end here a stack frame. */
__attribute__((cold)) void slab_refuse(const struct slab *s, const void *p, size_t size);
/* The same after slab_put_slot() has said no, or slab_slot_at(). */
__attribute__((cold)) void slab_refuse_put(struct slab *s, const void *p, size_t size);
bool slab_check(const struct slab *s);

/* The slot that p, an address in the slab's pages, lies in, and the rest of the division. */
static inline uint64_t slab_divide(const struct slab *s, const void *p, size_t *slot) {
    size_t   offset = (size_t)((const char *)p - s->base);
    uint64_t low;
#if defined __x86_64__ /* a register pair for a 128-bit product costs two saved registers */
    __asm__("mulq %3" : "=a"(low), "=d"(*slot) : "0"(offset), "m"(s->inverse) : "cc");
#else
    unsigned __int128 product = (unsigned __int128)offset * s->inverse;
    low = (uint64_t)product;
    *slot = (size_t)(product >> 64);
#endif
    return low;
}

/* The slot at p, an address in the slab's pages. False: p is not the start of one. The tail of the
 * slab may count as a slot, never a live one. One multiplication does both: the low half of the
 * product is below the inverse exactly when the division leaves no remainder. */
static inline bool slab_slot_at(const struct slab *s, const void *p, size_t *slot) {
    return slab_divide(s, p, slot) < s->inverse;
}

/* Frees left before the one that makes bin_crossed due. */
static inline uint32_t slab_left(const struct slab *s) {
    return (uint32_t)(counter_get(&s->left) / SLAB_STEP);
}
static inline void slab_set_left(struct slab *s, uint32_t left) {
    counter_set(&s->left, left * SLAB_STEP);
}

static inline void slab_set_mark(struct slab *s, uint32_t mark) {
    __atomic_store_n(&s->mark, mark, __ATOMIC_RELAXED);
}

/* Read by whoever asks whether it is being drained, while a purger refiles it. */
static inline void slab_set_list(struct slab *s, uint32_t list) {
    __atomic_store_n(&s->list, list, __ATOMIC_RELAXED);
}
static inline uint32_t slab_list(const struct slab *s) {
    return __atomic_load_n(&s->list, __ATOMIC_RELAXED);
}

/* Free slots of one that is in a list, by the countdown (L2). */
static inline uint32_t slab_filed_free(const struct slab *s) { return s->mark - slab_left(s) - 1; }

/* Slots that are not free, by the countdown (L2); all of a bin's current slab. At least 1. Any thread; a
 * guess while another refiles the slab. */
static inline size_t slab_live(const struct slab *s) {
    uint32_t mark = __atomic_load_n(&s->mark, __ATOMIC_RELAXED);
    if (mark == SLAB_MARK_NEVER) return s->slot_count;
    size_t gone = mark - slab_left(s) - 1 +
                  (size_t)atomic_load_explicit(&s->pending, memory_order_relaxed);
    return gone < s->slot_count ? s->slot_count - gone : 1;
}

/* The same as slab_slot_at(), but false as well when none are left. */
static inline bool slab_slot_left(const struct slab *s, const void *p, size_t *slot) {
    return slab_divide(s, p, slot) < s->left.n; /* the owner's: one instruction with its compare */
}

/* The number of the lowest bit set, in 64 bits: __builtin_ctzll's int costs an extension. The
 * prefix makes it tzcnt where that exists. */
static inline size_t slab_first(uint64_t bits) {
#if defined __x86_64__
    size_t at;
    __asm__("rep bsfq %1, %0" : "=r"(at) : "r"(bits) : "cc");
    return at;
#else
    return (size_t)__builtin_ctzll(bits);
#endif
}

static inline enum slot_state slab_state(const struct slab *s, size_t slot) {
    return (enum slot_state)__atomic_load_n(&s->state[slot], __ATOMIC_RELAXED);
}

/* The slot of the live object p of `size` bytes; stops the process when it is none. Any thread. */
size_t slab_live_slot(const struct slab *s, const void *p, size_t size);

/* Debug builds know each object's exact size; others only that it fits. */
static inline void slab_note_size(struct slab *s, const void *p, size_t size) {
#ifdef ASHLAR_DEBUG
    size_t slot;
    if (slab_slot_at(s, p, &slot)) s->requested[slot] = (uint16_t)size;
#else
    (void)s, (void)p, (void)size;
#endif
}

/* May `size` be what was asked for the live object in this slot? */
static inline bool slab_fits(const struct slab *s, size_t slot, size_t size) {
#ifdef ASHLAR_DEBUG
    return size == s->requested[slot];
#else
    (void)slot;
    return size <= s->slot_size;
#endif
}

/* LIVE -> FREE, if the slot is live and `size` fits. False: it is not so, and slab_refuse_put is to
 * follow, since the state may have been touched. */
static inline bool slab_put_slot(struct slab *s, size_t slot, size_t size) {
#if defined __x86_64__ && !defined ASHLAR_DEBUG
    /* One is added to the state unless the size is too large; there is no borrow only if that makes
     * LIVE FREE. Nobody else may be at a live slot, so that reading and writing need not be one. */
    bool refused;
    __asm__("cmpq %[size], %[most]\n\tsbbb $-1, %[state]"
            : "=@ccc"(refused), [state] "+m"(s->state[slot])
            : [size] "r"(size), [most] "m"(s->slot_size));
    return !refused;
#else
    if (slab_state(s, slot) != SLOT_LIVE || !slab_fits(s, slot, size)) return false;
    __atomic_store_n(&s->state[slot], SLOT_FREE, __ATOMIC_RELAXED);
    return true;
#endif
}

#endif
