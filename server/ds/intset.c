/* intset.c: a sorted array of distinct integers (format: intset.h).
 *
 * Membership is a binary search; a change moves the integers behind it. That is quick for the few
 * hundred integers a set keeps here before it becomes a table, and has no other overhead.
 *
 * Widening rewrites from the last integer to the first, in place in the grown block. The integer
 * that needs it lies outside the old range, so it is the new first or last one.
 *
 * Start reading at intset_find(). */
#include "server/ds/intset.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "server/ds/mover.h"
#include "server/ds/rand.h"

_Static_assert(sizeof(struct intset) == 8, "the struct is the blob's header");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields are read as they lie");

static inline int64_t get_at(const char *data, uint32_t encoding, uint32_t pos) {
    const char *p = data + (size_t)pos * encoding;
    int16_t     v16;
    int32_t     v32;
    int64_t     v64;
    if (encoding == 2) return memcpy(&v16, p, 2), v16;
    if (encoding == 4) return memcpy(&v32, p, 4), v32;
    return memcpy(&v64, p, 8), v64;
}

static inline void set_at(struct intset *s, uint32_t pos, int64_t v) {
    memcpy(s->data + (size_t)pos * s->encoding, &v, s->encoding); /* the low bytes come first */
}

static uint32_t encoding_of(int64_t v) {
    if (v >= INT16_MIN && v <= INT16_MAX) return 2;
    return v >= INT32_MIN && v <= INT32_MAX ? 4 : 8;
}

static size_t blob_bytes(uint32_t encoding, uint32_t length) {
    return sizeof(struct intset) + (size_t)encoding * length;
}

size_t intset_bytes(const struct intset *s) {
    return blob_bytes(s->encoding, s->length);
}

size_t intset_footprint(const struct intset *s) {
    return ash_good_size(intset_bytes(s));
}

uint32_t intset_len(const struct intset *s) {
    return s->length;
}

struct intset *intset_new(struct ash_heap *heap) {
    struct intset *s = ash_alloc(heap, sizeof *s);
    *s = (struct intset){.encoding = 2};
    return s;
}

void intset_free(struct intset **s) {
    if (*s != NULL) ash_free(*s, intset_bytes(*s));
    *s = NULL;
}

struct intset *intset_move(struct mover *m, struct intset *s) {
    return mover_wants(m, s) ? mover_copy(m, s, intset_bytes(s), 8) : s;
}

bool intset_validate(const void *blob, size_t len, bool deep) {
    struct intset head;
    if (len < sizeof head) return false;
    memcpy(&head, blob, sizeof head);
    if (head.encoding != 2 && head.encoding != 4 && head.encoding != 8) return false;
    if (len != blob_bytes(head.encoding, head.length)) return false;
    const char *data = (const char *)blob + sizeof head;
    for (uint32_t i = 1; deep && i < head.length; i++)
        if (get_at(data, head.encoding, i - 1) >= get_at(data, head.encoding, i)) return false;
    return true;
}

struct intset *intset_from_blob(struct ash_heap *heap, const void *blob, size_t len) {
    ASSERT(intset_validate(blob, len, false));
    struct intset *s = ash_alloc(heap, len);
    memcpy(s, blob, len);
    return s;
}

struct intset *intset_copy(struct ash_heap *heap, const struct intset *s) {
    return intset_from_blob(heap, s, intset_bytes(s));
}

int64_t intset_get(const struct intset *s, uint32_t pos) {
    ASSERT(pos < s->length);
    return get_at(s->data, s->encoding, pos);
}

bool intset_find(const struct intset *s, int64_t v, uint32_t *pos) {
    uint32_t low = 0, high = s->length;
    uint32_t encoding = s->encoding;
    if (high > 0 && v > get_at(s->data, encoding, high - 1)) low = high; /* often added in order */
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int64_t  at = get_at(s->data, encoding, mid);
        if (at == v) {
            *pos = mid;
            return true;
        }
        if (at < v)
            low = mid + 1;
        else
            high = mid;
    }
    *pos = low;
    return false;
}

bool intset_has(const struct intset *s, int64_t v) {
    uint32_t pos;
    return intset_find(s, v, &pos);
}

int64_t intset_random(const struct intset *s, struct rand *rand) {
    ASSERT(s->length > 0);
    return intset_get(s, (uint32_t)rand_below(rand, s->length));
}

static struct intset *resize(struct ash_heap *heap, struct intset *s, uint32_t encoding,
                             uint32_t length) {
    return ash_realloc(heap, s, intset_bytes(s), blob_bytes(encoding, length));
}

/* v is beyond one end, being wider than every integer there. */
static struct intset *widen_add(struct ash_heap *heap, struct intset *s, int64_t v) {
    uint32_t old = s->encoding, shift = v < 0;
    s = resize(heap, s, encoding_of(v), s->length + 1);
    s->encoding = encoding_of(v);
    for (uint32_t i = s->length; i-- > 0;) set_at(s, i + shift, get_at(s->data, old, i));
    set_at(s, shift ? 0 : s->length, v);
    s->length++;
    return s;
}

struct intset *intset_add(struct ash_heap *heap, struct intset *s, int64_t v, bool *done) {
    ASSERT(s->length < INTSET_LENGTH_MAX);
    bool     unused;
    uint32_t pos;
    if (done == NULL) done = &unused;
    *done = true;
    if (encoding_of(v) > s->encoding) return widen_add(heap, s, v);
    if (intset_find(s, v, &pos)) {
        *done = false;
        return s;
    }
    s = resize(heap, s, s->encoding, s->length + 1);
    char *at = s->data + (size_t)pos * s->encoding;
    memmove(at + s->encoding, at, (size_t)(s->length - pos) * s->encoding);
    set_at(s, pos, v);
    s->length++;
    return s;
}

struct intset *intset_remove(struct ash_heap *heap, struct intset *s, int64_t v, bool *done) {
    uint32_t pos;
    bool     there = intset_find(s, v, &pos);
    if (done != NULL) *done = there;
    if (!there) return s;
    char *at = s->data + (size_t)pos * s->encoding;
    memmove(at, at + s->encoding, (size_t)(s->length - pos - 1) * s->encoding);
    s = resize(heap, s, s->encoding, s->length - 1);
    s->length--;
    return s;
}

bool intset_check(const struct intset *s) {
    ASSERT(intset_validate(s, intset_bytes(s), true));
    ASSERT(s->length <= INTSET_LENGTH_MAX);
    ASSERT(intset_footprint(s) <= ash_usable_size(s));
    return true;
}
