/* stream_names.c: a sorted array of named things. Start reading at place_of(). */
#include "server/types/stream_names.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/mover.h"

static size_t array_bytes(uint32_t cap) { return cap * sizeof(void *); }

static struct slice name_at(const struct stream_names *n, uint32_t i) {
    return *(const struct slice *)n->item[i];
}

/* The first whose name is not below this one. */
static uint32_t place_of(const struct stream_names *n, struct slice name) {
    uint32_t low = 0, high = n->count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (slice_cmp(name_at(n, mid), name) < 0) low = mid + 1;
        else high = mid;
    }
    return low;
}

void *stream_names_get(const struct stream_names *n, struct slice name) {
    uint32_t i = place_of(n, name);
    return i < n->count && slice_eq(name_at(n, i), name) ? n->item[i] : NULL;
}

static void set_cap(struct stream_names *n, struct ash_heap *heap, uint32_t cap) {
    n->item = ash_realloc(heap, n->item, array_bytes(n->cap), array_bytes(cap));
    n->cap = cap;
}

void stream_names_put(struct stream_names *n, struct ash_heap *heap, void *item) {
    uint32_t i = place_of(n, *(const struct slice *)item);
    ASSERT(n->count < UINT32_MAX / 2);
    if (n->count == n->cap) set_cap(n, heap, n->cap > 0 ? 2 * n->cap : 1);
    memmove(n->item + i + 1, n->item + i, array_bytes(n->count - i));
    n->item[i] = item;
    n->count++;
}

void stream_names_take(struct stream_names *n, struct ash_heap *heap, const void *item) {
    uint32_t i = place_of(n, *(const struct slice *)item);
    ASSERT(i < n->count && n->item[i] == item);
    n->count--;
    memmove(n->item + i, n->item + i + 1, array_bytes(n->count - i));
    if (n->count == 0) stream_names_free(n);
    else if (n->count <= n->cap / 4) set_cap(n, heap, n->cap / 2);
}

void stream_names_free(struct stream_names *n) {
    if (n->item != NULL) ash_free(n->item, array_bytes(n->cap));
    *n = (struct stream_names){0};
}

void stream_names_move(struct mover *m, struct stream_names *n) {
    n->item = mover_move(m, n->item, array_bytes(n->cap));
}

size_t stream_names_bytes(const struct stream_names *n) {
    return n->cap > 0 ? ash_good_size(array_bytes(n->cap)) : 0;
}

bool stream_names_check(const struct stream_names *n) {
    ASSERT(n->count <= n->cap && (n->item == NULL) == (n->cap == 0));
    for (uint32_t i = 1; i < n->count; i++)
        ASSERT(slice_cmp(name_at(n, i - 1), name_at(n, i)) < 0);
    return true;
}
