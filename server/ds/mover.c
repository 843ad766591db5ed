/* mover.c: see mover.h. */
#include "server/ds/mover.h"

#include <string.h>

void *mover_copy(struct mover *m, void *p, size_t size, size_t align) {
    void *to = ash_alloc_aligned(m->heap, size, align);
    memcpy(to, p, size);
    ash_free(p, size);
    m->moved++;
    m->moved_bytes += size;
    return to;
}
