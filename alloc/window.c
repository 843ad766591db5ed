/* window.c: the reserved run of address space. See window.h.
 *
 * Its length is four times the memory of the machine, so that fragmentation of address space and
 * what is kept as retained never matter; less where the system refuses (valgrind does), and at least
 * WINDOW_MIN. */
#include "alloc/window.h"
#include "alloc/os.h"
#include "alloc/sizes.h"

#ifndef ASHLAR_PASSTHROUGH

#define WINDOW_MIN ((size_t)16 << 30)
#define WINDOW_MAX ((size_t)4 << 40)

struct window window;

static size_t wanted(void) {
    size_t len = WINDOW_MIN, memory = os_memory();
    while (len < memory * 4 && len < WINDOW_MAX) len *= 2;
    return len;
}

void window_start(void) {
    size_t len = wanted();
    char  *base = NULL;
    if (os_space_limited()) return;
    for (; len >= WINDOW_MIN && base == NULL; len /= 2) base = os.reserve(len, false);
    if (base == NULL) return;
    len *= 2; /* the loop has gone on */
    void *map = os.reserve(PAGE_SIZE + len / PAGE_SIZE * sizeof(uintptr_t), true);
    if (map == NULL) {
        os.unmap(base, len);
        return;
    }
    window.base = (uintptr_t)base;
    window.map = map;
    window.len = len; /* last: nothing is in the window while this is 0 */
}

void *window_take(size_t len, size_t align) {
    size_t before = atomic_load_explicit(&window.next, memory_order_relaxed), at;
    do {
        at = size_round_up(window.base + before, align) - window.base;
        if (at > window.len || len > window.len - at) return NULL;
    } while (!atomic_compare_exchange_weak(&window.next, &before, at + len));
    void *p = (void *)(window.base + at);
    if (os.commit(p, len)) return p;
    size_t end = at + len; /* back, unless another thread has taken what follows */
    atomic_compare_exchange_strong(&window.next, &end, before);
    return NULL;
}

#endif
