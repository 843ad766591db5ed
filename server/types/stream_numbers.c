/* stream_numbers.c: an array with a chain of free places. Start reading at stream_numbers_put(). */
#include "server/types/stream_numbers.h"

#include <string.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/mover.h"

static size_t array_bytes(const struct stream_numbers *n) { return n->cap * sizeof *n->at; }

static bool is_free(const struct stream_numbers *n, uint64_t number) {
    return (n->at[number].free & 1) != 0;
}

static void grow(struct stream_numbers *n, struct ash_heap *heap) {
    uint32_t cap = n->cap > 0 ? 2 * n->cap : 1;
    ASSERT(cap > n->cap);
    n->at = ash_realloc(heap, n->at, array_bytes(n), cap * sizeof *n->at);
    n->cap = cap;
}

uint32_t stream_numbers_put(struct stream_numbers *n, struct ash_heap *heap,
                            struct stream_consumer *c) {
    uint32_t number = n->used;
    if (n->free != 0) {
        number = n->free - 1;
        n->free = (uint32_t)(n->at[number].free >> 1);
    } else {
        if (n->used == n->cap) grow(n, heap);
        n->used++;
    }
    n->count++;
    n->at[number].consumer = c;
    return number;
}

void stream_numbers_take(struct stream_numbers *n, uint64_t number) {
    ASSERT(number < n->used && !is_free(n, number));
    n->at[number].free = (uint64_t)n->free << 1 | 1;
    n->free = (uint32_t)number + 1;
    if (--n->count == 0) stream_numbers_free(n);
}

void stream_numbers_set(struct stream_numbers *n, uint64_t number, struct stream_consumer *c) {
    ASSERT(number < n->used && !is_free(n, number));
    n->at[number].consumer = c;
}

void stream_numbers_free(struct stream_numbers *n) {
    ash_free(n->at, array_bytes(n));
    *n = (struct stream_numbers){0};
}

void stream_numbers_copy(struct stream_numbers *to, struct ash_heap *heap,
                         const struct stream_numbers *from) {
    *to = *from;
    if (from->at == NULL) return;
    to->at = ash_alloc(heap, array_bytes(from));
    memcpy(to->at, from->at, from->used * sizeof *from->at);
}

void stream_numbers_move(struct mover *m, struct stream_numbers *n) {
    n->at = mover_move(m, n->at, array_bytes(n));
}

size_t stream_numbers_bytes(const struct stream_numbers *n) {
    return n->cap > 0 ? ash_good_size(array_bytes(n)) : 0;
}

bool stream_numbers_check(const struct stream_numbers *n) {
    uint32_t consumers = 0, chained = 0;
    ASSERT(n->used <= n->cap && (n->at == NULL) == (n->cap == 0));
    for (uint32_t i = 0; i < n->used; i++) consumers += !is_free(n, i);
    ASSERT(consumers == n->count);
    for (uint32_t next = n->free; next != 0; chained++) {
        ASSERT(chained < n->used && next <= n->used && is_free(n, next - 1));
        next = (uint32_t)(n->at[next - 1].free >> 1);
    }
    ASSERT(consumers + chained == n->used);
    return true;
}
