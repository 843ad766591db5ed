/* hash_item.h: how a field and its value lie in memory, the same in both encodings of a hash.
 *
 *   plain   | varint field length | varint value length | field | value |
 *   timed   | 0x80 0x00 | 48-bit word | and then as above |
 *
 * A timed item's field expires. Its mark is a field length of 0 written in two bytes, which
 * varint_put never does, so a plain item pays nothing for there being timed ones. The word is the
 * time in a pack (hash_pack.h), in a table the place among the deadlines (hash_fields.h). */
#ifndef ASHLAR_SERVER_TYPES_HASH_ITEM_H
#define ASHLAR_SERVER_TYPES_HASH_ITEM_H

#include <string.h>

#include "alloc/assert.h"
#include "proto/buf.h"
#include "proto/num.h"
#include "server/ds/varint.h"

#define ITEM_TIMED_HEAD 8
#define ITEM_WORD_MAX   (((uint64_t)1 << 48) - 1)

struct pair {
    struct slice field, value;
};

static inline bool item_timed(const unsigned char *item) { return item[0] == 0x80 && item[1] == 0; }

/* --- The 48-bit word, and others like it ------------------------------------------------------ */

static inline uint64_t u48_get(const unsigned char *p) {
    uint64_t v = 0;
    memcpy(&v, p, 6);
    return v;
}
static inline void u48_put(unsigned char *p, uint64_t v) {
    DASSERT(v <= ITEM_WORD_MAX);
    memcpy(p, &v, 6);
}
static inline uint64_t item_word(const unsigned char *item) {
    DASSERT(item_timed(item));
    return u48_get(item + 2);
}
static inline void item_set_word(unsigned char *item, uint64_t word) {
    DASSERT(item_timed(item));
    u48_put(item + 2, word);
}

/* --- Reading ---------------------------------------------------------------------------------- */

static inline struct pair item_pair(const unsigned char *item) {
    uint64_t field_len = item[0], value_len = item[1];
    if (ASH_LIKELY(!((field_len | value_len) & 0x80))) /* both lengths in a byte each */
        return (struct pair){slice_of((const char *)item + 2, field_len),
                             slice_of((const char *)item + 2 + field_len, value_len)};
    const unsigned char *p = item + (item_timed(item) ? ITEM_TIMED_HEAD : 0);
    p = varint_get(varint_get(p, &field_len), &value_len);
    return (struct pair){slice_of((const char *)p, field_len),
                         slice_of((const char *)p + field_len, value_len)};
}
/* The byte behind the item that p is the pair of. */
static inline const unsigned char *pair_end(const struct pair *p) {
    return (const unsigned char *)p->value.p + p->value.len;
}
static inline size_t item_bytes(const unsigned char *item) {
    struct pair p = item_pair(item);
    return (size_t)(pair_end(&p) - item);
}

/* --- Writing ---------------------------------------------------------------------------------- */

static inline size_t item_size(const struct pair *p, bool timed) {
    size_t head = varint_size(p->field.len) + varint_size(p->value.len), size;
    if (timed) head += ITEM_TIMED_HEAD;
    bool ok = num_add_ok(p->field.len, p->value.len, &size) && num_add_ok(size, head, &size);
    ASSERT(ok);
    return size;
}

/* item_size() bytes at `item`; the word of a timed one is the caller's to set. */
static inline void item_write(unsigned char *item, const struct pair *p, bool timed) {
    if (timed) {
        item[0] = 0x80;
        item[1] = 0;
        item += ITEM_TIMED_HEAD;
    }
    unsigned char *to = varint_put(varint_put(item, p->field.len), p->value.len);
    if (p->field.len > 0) memcpy(to, p->field.p, p->field.len);
    if (p->value.len > 0) memcpy(to + p->field.len, p->value.p, p->value.len);
}

#endif
