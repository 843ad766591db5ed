/* listpack.c: a sequence of strings and integers in one block of bytes (format: listpack.h).
 *
 * Every change is one splice(): some bytes go, a gap of some bytes is opened, the header and the
 * allocation follow. What differs between inserting, replacing and deleting is only what is written
 * into the gap, so there is one place where sizes and moves can be wrong.
 *
 * The allocation is a function of the total: lp_capacity() rounds it to eight steps a doubling,
 * which are the allocator's own small classes. Within a step an edit allocates nothing.
 *
 * Reading trusts the bytes: what comes from outside must have passed lp_validate(deep). An encoding
 * byte that does not exist ends the process.
 *
 * Start reading at splice(), then insert_at(). */
#include "server/ds/listpack.h"

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "proto/num.h"
#include "server/ds/mover.h"
#include "server/ds/rand.h"

#define COUNT_UNKNOWN 65535u
#define END           LP_END

/* Encoding bytes. Below 0x80: the integer itself; 10xxxxxx: a string of x bytes; 110xxxxx: an
 * integer of 13 bits; 1110xxxx: a string with a 12-bit length; then these, and none above. */
#define ENC_STR6  0x80
#define ENC_INT13 0xC0
#define ENC_STR12 0xE0
#define ENC_STR32 0xF0
#define ENC_INT16 0xF1
#define ENC_INT24 0xF2
#define ENC_INT32 0xF3
#define ENC_INT64 0xF4

#define HEAD_MAX 9 /* encoding byte and the widest integer */

/* An item as it will lie in the listpack. */
struct encoded {
    unsigned char head[HEAD_MAX];
    unsigned char head_len;
    unsigned char backlen_len;
    struct slice  data; /* behind the head; empty for integers */
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields are read as they lie");

static inline uint32_t get_u32(const unsigned char *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline unsigned get_u16(const unsigned char *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void set_total(unsigned char *lp, size_t total) {
    uint32_t v = (uint32_t)total;
    memcpy(lp, &v, sizeof v);
}

static inline void set_count(unsigned char *lp, size_t count) {
    uint16_t v = count < COUNT_UNKNOWN ? (uint16_t)count : (uint16_t)COUNT_UNKNOWN;
    memcpy(lp + 4, &v, sizeof v);
}

/* --- Entries: sizes ------------------------------------------------------------------------- */

/* How many bytes of 7 bits a length takes. The odd limits (16383 takes three) are the format's. */
static inline unsigned backlen_size(size_t len) {
    if (len <= 127) return 1;
    if (len < 16383) return 2;
    if (len < 2097151) return 3;
    if (len < 268435455) return 4;
    return 5;
}

static void backlen_write(unsigned char *p, size_t len, unsigned size) {
    for (unsigned i = size; i-- > 0; len >>= 7)
        p[i] = (unsigned char)((len & 127) | (i > 0 ? 128 : 0));
}

/* The entry that ends right before p: the length in front of its backlen. */
static inline size_t backlen_read(const unsigned char *p) {
    size_t len = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        p--;
        len |= (size_t)(*p & 127) << shift;
        if (!(*p & 128)) return len;
    }
    PANIC("listpack: backlen of more than 5 bytes");
}

/* How many bytes from p tell the length of the entry; 0: no such encoding. */
static unsigned entry_head_size(unsigned char enc) {
    if (enc < ENC_STR12) return 1;
    if (enc < ENC_STR32) return 2;
    if (enc == ENC_STR32) return 5;
    return enc <= ENC_INT64 ? 1 : 0;
}

/* Encoding and data, without the backlen. */
static size_t entry_len(const unsigned char *p) {
    unsigned char enc = *p;
    if (enc < ENC_STR6) return 1;
    if (enc < ENC_INT13) return 1 + (size_t)(enc & 0x3F);
    if (enc < ENC_STR12) return 2;
    if (enc < ENC_STR32) return 2 + ((size_t)(enc & 0x0F) << 8 | p[1]);
    switch (enc) {
    case ENC_STR32: return 5 + (size_t)get_u32(p + 1);
    case ENC_INT16: return 3;
    case ENC_INT24: return 4;
    case ENC_INT32: return 5;
    case ENC_INT64: return 9;
    default: PANIC("listpack: encoding byte 0x%02x", enc);
    }
}

static inline size_t entry_size(const unsigned char *p) {
    if (ASH_LIKELY(*p < ENC_INT13)) return 2 + (size_t)(*p < ENC_STR6 ? 0 : *p & 0x3F);
    size_t len = entry_len(p);
    return len + backlen_size(len);
}

/* --- Entries: encoding ---------------------------------------------------------------------- */

static void encode_int_wide(struct encoded *e, unsigned char enc, uint64_t v, unsigned bytes) {
    e->head[0] = enc;
    memcpy(e->head + 1, &v, bytes);
    e->head_len = (unsigned char)(1 + bytes);
}

static void encode_int(struct encoded *e, int64_t v) {
    e->data = slice_of(NULL, 0);
    e->backlen_len = 1;
    if (v >= 0 && v <= 127) {
        e->head[0] = (unsigned char)v;
        e->head_len = 1;
    } else if (v >= -4096 && v <= 4095) {
        e->head[0] = (unsigned char)(ENC_INT13 | ((v >> 8) & 0x1F));
        e->head[1] = (unsigned char)v;
        e->head_len = 2;
    } else if (v >= INT16_MIN && v <= INT16_MAX) {
        encode_int_wide(e, ENC_INT16, (uint64_t)v, 2);
    } else if (v >= -8388608 && v <= 8388607) {
        encode_int_wide(e, ENC_INT24, (uint64_t)v, 3);
    } else if (v >= INT32_MIN && v <= INT32_MAX) {
        encode_int_wide(e, ENC_INT32, (uint64_t)v, 4);
    } else {
        encode_int_wide(e, ENC_INT64, (uint64_t)v, 8);
    }
}

/* Goes in as a string below 64 bytes: encoding byte, text, one byte of backlen. */
static inline bool is_short(struct slice s) { return s.len < 64 && !lp_text_looks_like_int(s); }

static inline unsigned char *short_write(unsigned char *p, struct slice s) {
    *p++ = (unsigned char)(ENC_STR6 | s.len);
    if (s.len > 0) memcpy(p, s.p, s.len);
    p += s.len;
    *p++ = (unsigned char)(1 + s.len);
    return p;
}

/* What is known to be no integer. */
static void encode_text(struct encoded *e, struct slice s) {
    e->data = s;
    if (s.len < 64) {
        e->head[0] = (unsigned char)(ENC_STR6 | s.len);
        e->head_len = 1;
    } else if (s.len < 4096) {
        e->head[0] = (unsigned char)(ENC_STR12 | s.len >> 8);
        e->head[1] = (unsigned char)s.len;
        e->head_len = 2;
    } else {
        encode_int_wide(e, ENC_STR32, s.len, 4);
    }
    e->backlen_len = (unsigned char)backlen_size(e->head_len + s.len);
}

static void encode_str(struct encoded *e, struct slice s) {
    int64_t v;
    if (lp_text_is_int(s, &v))
        encode_int(e, v);
    else
        encode_text(e, s);
}

static inline void encode(struct encoded *e, const struct lp_item *it) {
    if (it->is_int)
        encode_int(e, it->i);
    else
        encode_str(e, it->s);
}

static inline size_t encoded_size(const struct encoded *e) {
    return e->head_len + e->data.len + e->backlen_len;
}

static unsigned char *encoded_write(const struct encoded *e, unsigned char *p) {
    size_t len = e->head_len + e->data.len;
    memcpy(p, e->head, e->head_len);
    if (e->data.len > 0) memcpy(p + e->head_len, e->data.p, e->data.len);
    p += len;
    if (ASH_LIKELY(e->backlen_len == 1))
        *p = (unsigned char)len;
    else
        backlen_write(p, len, e->backlen_len);
    return p + e->backlen_len;
}

/* --- Items ---------------------------------------------------------------------------------- */

struct slice lp_item_text(const struct lp_item *it, char *scratch) {
    if (!it->is_int) return it->s;
    return slice_of(scratch, num_format_i64(scratch, it->i));
}

bool lp_item_eq(const struct lp_item *it, struct slice s) {
    if (!it->is_int) return slice_eq(it->s, s);
    int64_t v;
    return lp_text_is_int(s, &v) && v == it->i;
}

/* --- Whole listpacks ------------------------------------------------------------------------ */

size_t lp_footprint(const unsigned char *lp) {
    return ash_good_size(lp_capacity(lp_bytes(lp)));
}

unsigned char *lp_new(struct ash_heap *heap) {
    unsigned char *lp = ash_alloc(heap, lp_capacity(LP_BYTES_MIN));
    set_total(lp, LP_BYTES_MIN);
    set_count(lp, 0);
    lp[LP_HEADER_SIZE] = END;
    return lp;
}

void lp_free(unsigned char **lp) {
    if (*lp != NULL) ash_free(*lp, lp_capacity(lp_bytes(*lp)));
    *lp = NULL;
}

unsigned char *lp_from_blob(struct ash_heap *heap, const void *blob, size_t len) {
    ASSERT(len >= LP_BYTES_MIN && len == lp_bytes(blob));
    unsigned char *lp = ash_alloc(heap, lp_capacity(len));
    memcpy(lp, blob, len);
    return lp;
}

unsigned char *lp_move(struct mover *m, unsigned char *lp) {
    return mover_wants(m, lp) ? mover_copy(m, lp, lp_capacity(lp_bytes(lp)), 8) : lp;
}

unsigned char *lp_copy(struct ash_heap *heap, const unsigned char *lp) {
    return lp_from_blob(heap, lp, lp_bytes(lp));
}

size_t lp_count(const unsigned char *lp) {
    size_t count = get_u16(lp + 4);
    if (ASH_LIKELY(count != COUNT_UNKNOWN)) return count;
    count = 0;
    for (const unsigned char *p = lp + LP_HEADER_SIZE; *p != END; p += entry_size(p)) count++;
    return count;
}

size_t lp_entry_bytes(struct slice s) {
    struct encoded e;
    if (is_short(s)) return s.len + 2;
    encode_str(&e, s);
    return encoded_size(&e);
}

size_t lp_str_bytes(size_t len) {
    size_t head = len < 64 ? 1 : len < 4096 ? 2 : 5;
    return head + len + backlen_size(head + len);
}

size_t lp_int_bytes(int64_t i) {
    if (i >= 0 && i <= 127) return 2;
    if (i >= -4096 && i <= 4095) return 3;
    if (i >= INT16_MIN && i <= INT16_MAX) return 4;
    if (i >= -8388608 && i <= 8388607) return 5;
    return i >= INT32_MIN && i <= INT32_MAX ? 6 : 10;
}

bool lp_safe_to_add(const unsigned char *lp, size_t add) {
    size_t total;
    return num_add_ok(lp != NULL ? lp_bytes(lp) : LP_BYTES_MIN, add, &total) &&
           total <= LP_BYTES_MAX;
}

/* The size of the entry at p, of which at most `room` bytes exist; 0: it is not a sound entry. */
static size_t entry_validate(const unsigned char *p, size_t room) {
    unsigned head = entry_head_size(*p);
    if (head == 0 || head > room) return 0;
    size_t   len = entry_len(p);
    unsigned back = backlen_size(len);
    if (len > room || back > room - len) return 0;
    unsigned char want[5];
    backlen_write(want, len, back);
    return memcmp(p + len, want, back) == 0 ? len + back : 0;
}

bool lp_validate(const void *blob, size_t len, bool deep) {
    const unsigned char *lp = blob;
    if (len < LP_BYTES_MIN || len != lp_bytes(lp) || lp[len - 1] != END) return false;
    if (!deep) return true;

    size_t count = 0;
    size_t at = LP_HEADER_SIZE;
    while (at < len - 1) {
        size_t size = entry_validate(lp + at, len - 1 - at);
        if (size == 0) return false;
        at += size;
        count++;
    }
    unsigned stated = get_u16(lp + 4);
    return stated == COUNT_UNKNOWN || stated == count;
}

bool lp_check(const unsigned char *lp) {
    ASSERT(lp_validate(lp, lp_bytes(lp), true));
    ASSERT(lp_footprint(lp) <= ash_usable_size(lp));
    return true;
}

/* --- Reading -------------------------------------------------------------------------------- */

static inline unsigned char *position(const unsigned char *p) {
    return *p == END ? NULL : (unsigned char *)(uintptr_t)p;
}

unsigned char *lp_first(const unsigned char *lp) {
    return position(lp + LP_HEADER_SIZE);
}

unsigned char *lp_last(const unsigned char *lp) {
    return lp_prev(lp, lp + lp_bytes(lp) - 1);
}

unsigned char *lp_next(const unsigned char *lp, const unsigned char *p) {
    (void)lp;
    return position(p + entry_size(p));
}

unsigned char *lp_prev(const unsigned char *lp, const unsigned char *p) {
    if (p == lp + LP_HEADER_SIZE) return NULL;
    size_t len = backlen_read(p);
    p -= len + backlen_size(len);
    ASSERT(p >= lp + LP_HEADER_SIZE);
    return position(p);
}

static unsigned char *seek_forwards(const unsigned char *lp, uint64_t index) {
    const unsigned char *p = lp + LP_HEADER_SIZE;
    while (*p != END && index-- > 0) p += entry_size(p);
    return position(p);
}

static unsigned char *seek_backwards(const unsigned char *lp, uint64_t index) {
    unsigned char *p = lp_last(lp);
    while (p != NULL && index-- > 0) p = lp_prev(lp, p);
    return p;
}

unsigned char *lp_seek(const unsigned char *lp, int64_t index) {
    uint64_t count = get_u16(lp + 4);
    uint64_t i = index < 0 ? -(uint64_t)index - 1 : (uint64_t)index; /* steps from its own end */
    bool     back = index < 0;
    if (count != COUNT_UNKNOWN) {
        if (i >= count) return NULL;
        if (i > count / 2) {
            i = count - 1 - i;
            back = !back;
        }
    }
    return back ? seek_backwards(lp, i) : seek_forwards(lp, i);
}

static int64_t get_int(const unsigned char *p) {
    int16_t v16;
    int32_t v32 = 0;
    int64_t v64;
    switch (*p) {
    case ENC_INT16: memcpy(&v16, p + 1, 2); return v16;
    case ENC_INT24: memcpy((char *)&v32 + 1, p + 1, 3); return v32 >> 8;
    case ENC_INT32: memcpy(&v32, p + 1, 4); return v32;
    case ENC_INT64: memcpy(&v64, p + 1, 8); return v64;
    default: PANIC("listpack: encoding byte 0x%02x", *p);
    }
}

static inline void item_set_int(struct lp_item *out, int64_t v) {
    *out = (struct lp_item){.is_int = true, .i = v};
}

static inline void item_set_str(struct lp_item *out, const unsigned char *p, size_t len) {
    *out = (struct lp_item){.s = slice_of((const char *)p, len)};
}

/* Decodes the entry at p; returns its length without the backlen. */
static size_t item_get(const unsigned char *p, struct lp_item *out) {
    unsigned char enc = *p;
    size_t        len;
    if (enc < ENC_STR6) {
        item_set_int(out, enc);
        return 1;
    }
    if (enc < ENC_INT13) {
        item_set_str(out, p + 1, enc & 0x3F);
        return 1 + (size_t)(enc & 0x3F);
    }
    if (enc < ENC_STR12) {
        unsigned bits = (enc & 0x1Fu) << 8 | p[1];
        item_set_int(out, bits < 4096 ? (int64_t)bits : (int64_t)bits - 8192);
        return 2;
    }
    if (enc < ENC_STR32) {
        len = (size_t)(enc & 0x0F) << 8 | p[1];
        item_set_str(out, p + 2, len);
        return 2 + len;
    }
    if (enc == ENC_STR32) {
        len = get_u32(p + 1);
        item_set_str(out, p + 5, len);
        return 5 + len;
    }
    item_set_int(out, get_int(p));
    return entry_len(p);
}

void lp_get(const unsigned char *p, struct lp_item *out) {
    item_get(p, out);
}

unsigned char *lp_get_next(const unsigned char *p, struct lp_item *out) {
    size_t len = item_get(p, out);
    return position(p + len + backlen_size(len));
}

/* What is searched for; its integer is parsed when the first integer is met. */
struct needle {
    struct slice s;
    int64_t      i;
    enum { INT_UNTRIED, INT_YES, INT_NO } is_int;
};

static bool needle_is_int(struct needle *n, int64_t v) {
    if (n->is_int == INT_UNTRIED)
        n->is_int = lp_text_is_int(n->s, &n->i) ? INT_YES : INT_NO;
    return n->is_int == INT_YES && n->i == v;
}

static inline bool needle_match(struct needle *n, const unsigned char *p) {
    unsigned char enc = *p;
    if ((enc & 0xC0) == ENC_STR6) {
        size_t len = enc & 0x3F;
        if (len != n->s.len) return false;
        if (len == 0) return true;
        return p[len] == (unsigned char)n->s.p[len - 1] && memcmp(p + 1, n->s.p, len) == 0;
    }
    if (n->is_int == INT_NO && enc < ENC_STR6) return false;
    struct lp_item it;
    item_get(p, &it);
    return it.is_int ? needle_is_int(n, it.i) : slice_eq(it.s, n->s);
}

bool lp_eq(const unsigned char *p, struct slice s) {
    struct needle n = {.s = s};
    return needle_match(&n, p);
}

unsigned char *lp_find(const unsigned char *lp, const unsigned char *p, struct slice s,
                       unsigned skip) {
    (void)lp;
    struct needle n = {.s = s};
    while (*p != END) {
        if (needle_match(&n, p)) return (unsigned char *)(uintptr_t)p;
        p += entry_size(p);
        for (unsigned i = 0; i < skip && *p != END; i++) p += entry_size(p);
    }
    return NULL;
}

unsigned char *lp_random(const unsigned char *lp, unsigned stride, struct rand *rand) {
    size_t tuples = lp_count(lp) / stride;
    ASSERT(tuples > 0);
    return lp_seek(lp, (int64_t)(rand_below(rand, tuples) * stride));
}

/* --- Changing ------------------------------------------------------------------------------- */

/* Takes `del` bytes at offset `at` away and opens a gap of `ins` there for the caller to write. The
 * count changes by `count`. Returns the listpack's new address. */
static unsigned char *splice(struct ash_heap *heap, unsigned char *lp, size_t at, size_t del,
                             size_t ins, int64_t count) {
    size_t total = lp_bytes(lp);
    ASSERT(at >= LP_HEADER_SIZE && at < total && del < total - at);
    size_t tail = total - at - del;
    size_t new_total = total - del + ins;
    ASSERT(new_total <= UINT32_MAX); /* lp_safe_to_add keeps callers far below */

    size_t cap = lp_capacity(total), new_cap = lp_capacity(new_total);
    if (new_cap > cap) lp = ash_realloc(heap, lp, cap, new_cap);
    if (del != ins) memmove(lp + at + ins, lp + at + del, tail);
    if (new_cap < cap) lp = ash_realloc(heap, lp, cap, new_cap);

    set_total(lp, new_total);
    unsigned known = get_u16(lp + 4);
    if (known != COUNT_UNKNOWN) set_count(lp, (size_t)((int64_t)known + count));
    return lp;
}

/* Puts n items at offset `at` in place of `del` bytes that held `gone` elements. */
static unsigned char *insert_at(struct ash_heap *heap, unsigned char *lp, size_t at, size_t del,
                                int64_t gone, const struct lp_item *items, size_t n) {
    struct encoded enc[LP_INSERT_MAX];
    ASSERT(n <= LP_INSERT_MAX);
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        encode(&enc[i], &items[i]);
        size += encoded_size(&enc[i]);
    }
    lp = splice(heap, lp, at, del, size, (int64_t)n - gone);
    unsigned char *p = lp + at;
    for (size_t i = 0; i < n; i++) p = encoded_write(&enc[i], p);
    return lp;
}

/* lp has its header rewritten at `to`: so many bytes and elements more. */
static inline void head_set(unsigned char *to, size_t total, unsigned known, unsigned added) {
    set_total(to, total);
    set_count(to, known != COUNT_UNKNOWN ? known + added : COUNT_UNKNOWN);
}

/* At the end nothing has to move, but for the end mark. Makes room for an entry of so many bytes, whose
 * place is where the end mark was; the caller writes both. */
static inline unsigned char *append_room(struct ash_heap *heap, unsigned char *lp, size_t size) {
    size_t total = lp_bytes(lp), new_total = total + size;
    ASSERT(new_total <= UINT32_MAX);
    size_t cap = lp_capacity(total), new_cap = lp_capacity(new_total);
    if (new_cap != cap) lp = ash_realloc(heap, lp, cap, new_cap);
    head_set(lp, new_total, get_u16(lp + 4), 1);
    return lp;
}

static unsigned char *append_encoded(struct ash_heap *heap, unsigned char *lp,
                                     const struct encoded *e) {
    size_t at = lp_bytes(lp) - 1;
    lp = append_room(heap, lp, encoded_size(e));
    *encoded_write(e, lp + at) = END;
    return lp;
}

unsigned char *lp_append(struct ash_heap *heap, unsigned char *lp, struct slice s) {
    struct encoded e;
    if (is_short(s)) {
        size_t at = lp_bytes(lp) - 1;
        lp = append_room(heap, lp, s.len + 2);
        *short_write(lp + at, s) = END;
        return lp;
    }
    encode_str(&e, s);
    return append_encoded(heap, lp, &e);
}

unsigned char *lp_append_int(struct ash_heap *heap, unsigned char *lp, int64_t i) {
    struct encoded e;
    encode_int(&e, i);
    return append_encoded(heap, lp, &e);
}

unsigned char *lp_prepend(struct ash_heap *heap, unsigned char *lp, struct slice s) {
    struct lp_item it = lp_item_str(s);
    return insert_at(heap, lp, LP_HEADER_SIZE, 0, 0, &it, 1);
}

unsigned char *lp_prepend_int(struct ash_heap *heap, unsigned char *lp, int64_t i) {
    struct lp_item it = lp_item_int(i);
    return insert_at(heap, lp, LP_HEADER_SIZE, 0, 0, &it, 1);
}

unsigned char *lp_insert(struct ash_heap *heap, unsigned char *lp, unsigned char **p,
                         const struct lp_item *items, size_t n) {
    size_t at = *p != NULL ? (size_t)(*p - lp) : lp_bytes(lp) - 1;
    lp = insert_at(heap, lp, at, 0, 0, items, n);
    *p = lp + at;
    return lp;
}

unsigned char *lp_insert_after(struct ash_heap *heap, unsigned char *lp, unsigned char **p,
                               const struct lp_item *items, size_t n) {
    *p = lp_next(lp, *p);
    return lp_insert(heap, lp, p, items, n);
}

unsigned char *lp_replace(struct ash_heap *heap, unsigned char *lp, unsigned char **p,
                          struct lp_item item) {
    size_t at = (size_t)(*p - lp);
    lp = insert_at(heap, lp, at, entry_size(*p), 1, &item, 1);
    *p = lp + at;
    return lp;
}

unsigned char *lp_delete(struct ash_heap *heap, unsigned char *lp, unsigned char **p, size_t n) {
    const unsigned char *end = *p;
    int64_t              gone = 0;
    for (; n > 0 && *end != END; n--, gone++) end += entry_size(end);
    size_t at = (size_t)(*p - lp);
    lp = splice(heap, lp, at, (size_t)(end - *p), 0, -gone);
    *p = position(lp + at);
    return lp;
}

unsigned char *lp_delete_range(struct ash_heap *heap, unsigned char *lp, int64_t index, size_t n) {
    unsigned char *p = lp_seek(lp, index);
    return p == NULL || n == 0 ? lp : lp_delete(heap, lp, &p, n);
}

unsigned char *lp_drop_first(unsigned char *lp) {
    ASSERT(lp[LP_HEADER_SIZE] != END);
    size_t         size = entry_size(lp + LP_HEADER_SIZE), total = lp_bytes(lp);
    unsigned       known = get_u16(lp + 4);
    unsigned char *moved = lp + size;
    set_total(moved, total - size);
    set_count(moved, known != COUNT_UNKNOWN ? known - 1 : COUNT_UNKNOWN);
    return moved;
}

unsigned char *lp_push_down(unsigned char *lp, size_t room, struct slice s) {
    struct encoded e;
    bool           brief = is_short(s);
    if (!brief) encode_str(&e, s);
    size_t size = brief ? s.len + 2 : encoded_size(&e), total = lp_bytes(lp);
    if (size > room) return NULL;
    unsigned       known = get_u16(lp + 4);
    unsigned char *moved = lp - size;
    head_set(moved, total + size, known, 1);
    if (brief) short_write(moved + LP_HEADER_SIZE, s);
    else encoded_write(&e, moved + LP_HEADER_SIZE);
    return moved;
}

unsigned char *lp_split(struct ash_heap *heap, unsigned char **lp, unsigned char *p) {
    size_t  at = (size_t)(p - *lp);
    size_t  len = lp_bytes(*lp) - 1 - at;
    int64_t count = 0;
    for (const unsigned char *q = p; *q != END; q += entry_size(q)) count++;

    unsigned char *tail = ash_alloc(heap, lp_capacity(LP_BYTES_MIN + len));
    memcpy(tail + LP_HEADER_SIZE, p, len + 1);
    set_total(tail, LP_BYTES_MIN + len);
    set_count(tail, (size_t)count);
    *lp = splice(heap, *lp, at, len, 0, -count);
    return tail;
}

unsigned char *lp_concat(struct ash_heap *heap, unsigned char *lp, const unsigned char *other) {
    size_t at = lp_bytes(lp) - 1;
    size_t len = lp_bytes(other) - LP_BYTES_MIN;
    lp = splice(heap, lp, at, 0, len, (int64_t)lp_count(other));
    memcpy(lp + at, other + LP_HEADER_SIZE, len);
    return lp;
}

void lp_write_strings(unsigned char *lp, const unsigned char *strings, size_t len, size_t n) {
    size_t total = LP_BYTES_MIN + n * lp_str_bytes(len);
    ASSERT(total <= UINT32_MAX);
    set_total(lp, total);
    set_count(lp, n);
    unsigned char *p = lp + LP_HEADER_SIZE;
    for (size_t i = 0; i < n; i++, strings += len) {
        struct encoded e;
        encode_text(&e, slice_of((const char *)strings, len));
        p = encoded_write(&e, p);
    }
    *p = END;
}
