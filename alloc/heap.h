/* heap.h: a purpose's arenas. The public half is in alloc.h.
 *
 * Heap structs live in one static table and are reused, never unmapped: a walker may read one that
 * is being dropped. Index 0 is the C library's malloc, "general", there from the start.
 *   OWNED   one arena, made with the heap. Its owner is the first to allocate, or to adopt.
 *   SHARED  up to heap_arenas_max() arenas, made as threads come (thread.c binds them).
 * Locking: LOCK_HEAPS (heaps_lock) guards the table; `arena`, `kind`, `idx` are const while live.
 * */
#ifndef ASHLAR_ALLOC_HEAP_H
#define ASHLAR_ALLOC_HEAP_H

#include "alloc/alloc.h"
#include "alloc/arena.h"

#define HEAP_ARENAS_MAX 64

struct ash_heap {
    struct arena *arena; /* OWNED: the one. SHARED: arena_none */
    enum ash_heap_kind kind;
    enum ash_huge huge;
    unsigned      idx;
    char          name[32];
    uint64_t      born; /* order of creation; 0: not live */
    _Atomic(struct arena *) arenas[HEAP_ARENAS_MAX];
    _Atomic unsigned        arena_count;
};

extern struct lock heaps_lock;

/* Everything that must be set up before first use. Any thread, any time. */
void heap_start(void);
struct ash_heap *heap_general(void);
/* Live heaps in order of creation; returns how many. */
unsigned heap_list(struct ash_heap *out[ASH_HEAPS_MAX]);
/* Live heap by index, or NULL. */
struct ash_heap *heap_at(unsigned idx);
unsigned heap_arenas_max(void);
/* How long its free pages stay; idx 0 dirty, 1 muzzy. PAGES_DECAY_SHARED: as long as others'. */
int64_t heap_decay_ms(const struct ash_heap *h, unsigned idx);
void    heap_set_decay_ms(struct ash_heap *h, unsigned idx, int64_t ms);
/* Under heaps_lock: one more arena for the heap; NULL: no memory, or it has its number. */
struct arena *heap_add_arena(struct ash_heap *h);
/* Locks an arena for an allocation by the caller; an OWNED heap without owner becomes its. */
void heap_lock_for_alloc(struct arena *a);
/* Has the arena, as an owner without the lock if that may be, and has it no longer. */
bool heap_enter(struct arena *a);
void heap_leave(struct arena *a, bool entered);

#endif
