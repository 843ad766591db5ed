/* base.c: the bump allocator behind every struct in alloc/. See base.h.
 *
 * Freed pieces are linked through their first word, by size in steps of BASE_ALIGN. Nothing ever
 * splits or joins: metadata comes in few sizes, so an exact list is nearly always the right one. */
#include "alloc/base.h"
#include "alloc/assert.h"
#include "alloc/counter.h"
#include "alloc/lock.h"
#include "alloc/os.h"
#include "alloc/sizes.h"

#ifndef ASHLAR_PASSTHROUGH

#include <string.h>

#define BASE_BLOCK (256 * KIB)
#define BASE_LISTS (BASE_SIZE_MAX / BASE_ALIGN)

struct base_piece {
    struct base_piece *next;
};

static struct lock        base_lock = LOCK_INIT(LOCK_BASE);
static char              *bump, *bump_end; /* under base_lock, as all below */
static struct base_piece *lists[BASE_LISTS + 1];
static struct counter     bytes_taken, bytes_mapped;

static void *base_bump(size_t size) {
    size_t gap = size % CACHE_LINE == 0 ? -(uintptr_t)bump % CACHE_LINE : 0;
    if ((size_t)(bump_end - bump) < size + gap) {
        char *block = os.map(BASE_BLOCK);
        if (block == NULL) return NULL;
        bump = block; /* the old block's tail is given up: never touched, so never resident */
        bump_end = block + BASE_BLOCK;
        gap = 0;
        counter_add(&bytes_mapped, BASE_BLOCK);
    }
    void *p = bump + gap;
    bump += gap + size;
    counter_add(&bytes_taken, gap + size);
    return p;
}

void *base_take(size_t size) {
    ASSERT(size > 0 && size <= BASE_SIZE_MAX);
    size = size_round_up(size, BASE_ALIGN);
    lock_take(&base_lock);
    struct base_piece *piece = lists[size / BASE_ALIGN];
    void              *p = piece;
    if (piece != NULL) {
        lists[size / BASE_ALIGN] = piece->next;
    } else {
        p = base_bump(size);
    }
    lock_drop(&base_lock);
    if (piece != NULL) memset(p, 0, size);
    return p;
}

void base_put(void *p, size_t size) {
    ASSERT(ptr_is_aligned(p, BASE_ALIGN) && size <= BASE_SIZE_MAX);
    size = size_round_up(size, BASE_ALIGN);
    struct base_piece *piece = p;
    lock_take(&base_lock);
    piece->next = lists[size / BASE_ALIGN];
    lists[size / BASE_ALIGN] = piece;
    lock_drop(&base_lock);
}

size_t base_bytes(void) { return size_to_pages(counter_get(&bytes_taken)); }
size_t base_mapped(void) { return counter_get(&bytes_mapped); }

struct lock *base_lock_get(void) { return &base_lock; }

void base_fork_lock(void) { lock_take_fork(&base_lock); }
void base_fork_unlock(void) { lock_drop_fork(&base_lock); }

#endif
