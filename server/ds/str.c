/* str.c: a string in a block of its own, with room to grow at its end.
 *
 * Growth asks for twice what is needed up to GROWTH_MAX and for GROWTH_MAX more from there, so n
 * appends copy O(n) bytes in all while no string wastes more than 1 MiB. Whatever is asked for is
 * rounded up to its slot, since that costs nothing.
 *
 * Shrinking keeps the block (what was long tends to be long again); str_fit() gives it back. */
#include "server/ds/str.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/mover.h"

#define GROWTH_MAX ((size_t)1 << 20)

static size_t block_size(size_t cap) {
    return sizeof(struct str) + cap;
}

/* The room in the slot that a string of `want` bytes would get. */
static size_t slot_cap(size_t want) {
    ASSERT(want <= STR_LEN_MAX);
    return ash_good_size(block_size(want)) - sizeof(struct str);
}

struct str *str_new(struct ash_heap *heap, struct slice bytes, size_t cap_hint) {
    size_t      cap = slot_cap(bytes.len > cap_hint ? bytes.len : cap_hint);
    struct str *s = ash_alloc(heap, block_size(cap));
    s->len = bytes.len;
    s->cap = cap;
    if (bytes.len > 0) memcpy(s->data, bytes.p, bytes.len);
    return s;
}

void str_free(struct str **s) {
    if (*s != NULL) ash_free(*s, block_size((*s)->cap));
    *s = NULL;
}

size_t str_footprint(const struct str *s) {
    return ash_good_size(block_size(s->cap));
}

static struct str *set_cap(struct ash_heap *heap, struct str *s, size_t cap) {
    s = ash_realloc(heap, s, block_size(s->cap), block_size(cap));
    s->cap = cap;
    return s;
}

/* Room for len bytes, and more where it had to grow. */
static struct str *make_room(struct ash_heap *heap, struct str *s, size_t len) {
    if (len <= s->cap) return s;
    ASSERT(len <= STR_LEN_MAX);
    return set_cap(heap, s, slot_cap(len + (len < GROWTH_MAX ? len : GROWTH_MAX)));
}

struct str *str_append(struct ash_heap *heap, struct str *s, struct slice bytes) {
    return str_write(heap, s, s->len, bytes);
}

struct str *str_write(struct ash_heap *heap, struct str *s, size_t off, struct slice bytes) {
    ASSERT(off <= STR_LEN_MAX && bytes.len <= STR_LEN_MAX - off);
    if (bytes.len == 0) return s;
    size_t end = off + bytes.len;
    s = make_room(heap, s, end);
    if (off > s->len) memset(s->data + s->len, 0, off - s->len);
    memcpy(s->data + off, bytes.p, bytes.len);
    if (end > s->len) s->len = end;
    return s;
}

struct str *str_resize(struct ash_heap *heap, struct str *s, size_t len) {
    s = make_room(heap, s, len);
    if (len > s->len) memset(s->data + s->len, 0, len - s->len);
    s->len = len;
    return s;
}

struct str *str_fit(struct ash_heap *heap, struct str *s) {
    size_t cap = slot_cap(s->len);
    return cap < s->cap ? set_cap(heap, s, cap) : s;
}

struct str *str_move(struct mover *m, struct str *s) {
    return mover_wants(m, s) ? mover_copy(m, s, block_size(s->cap), 8) : s;
}

bool str_check(const struct str *s) {
    ASSERT(s->len <= s->cap && s->cap <= STR_LEN_MAX);
    ASSERT(str_footprint(s) <= ash_usable_size(s));
    return true;
}
