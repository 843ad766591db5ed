/* window.h: one run of address space, reserved at start, from which regions are cut.
 *
 * With all regions in one run the page map is one array over it, and telling that a pointer is ours
 * takes a subtraction and a compare. The reservation costs no memory (PROT_NONE; VIRT in ps shows
 * it). There is none under a limit on address space (RLIMIT_AS), where the system refuses it, and
 * none left when it has been used up: regions then come from mmap, and the page map's slower half
 * finds them.
 *
 *   W1  [base, base + len) is ours alone; what lies below `next` has been handed out, for ever.
 * Locking: base, len and map are const after window_start(); window_take() is lock-free. */
#ifndef ASHLAR_ALLOC_WINDOW_H
#define ASHLAR_ALLOC_WINDOW_H

#include "alloc/sizes.h"

#include <stdatomic.h>

struct window {
    uintptr_t          base;
    size_t             len; /* 0: no window */
    char              *map; /* pagemap.h: a page of zeroes, then a word for each page */
    _Atomic size_t     next;
};

extern struct window window ALLOC_INNER;

/* Once, before the first region. */
void window_start(void);
/* Fresh zeroed pages, writable, for good. align: a power of two. NULL: no room, or no memory. */
void *window_take(size_t len, size_t align);

static inline bool window_has(const void *p) { return (uintptr_t)p - window.base < window.len; }

#endif
