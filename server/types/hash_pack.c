/* hash_pack.c: a small hash in one block.
 *
 * Every change of size is one splice(), as in ds/listpack.c. A value that is replaced by one of the
 * same length is written over it. A field is found by comparing lengths first; both lengths stand at
 * the item's head, so that passing over one reads a single line.
 *
 * Dropped for it: Redis's own listpack. It takes two bytes more a field for walking backwards, which
 * no hash does, and two steps to the next field; a hash of five fields of ten bytes took 171 bytes of
 * used_memory with it, now 163.
 *
 * Start reading at splice(), then pack_put(). */
#include "server/types/hash_pack.h"

#include "alloc/alloc.h"
#include "server/ds/mover.h"

#define NEXT_AT  6  /* u48 */
#define PLACE_AT 12 /* u48 */

/* --- The head --------------------------------------------------------------------------------- */

static inline size_t head_of(const unsigned char *pack) {
    return pack_timed(pack) ? PACK_HEAD_TIMED : PACK_HEAD;
}

static inline void set_bytes(unsigned char *pack, size_t bytes, bool timed) {
    uint32_t v = (uint32_t)bytes | (timed ? PACK_TIMED : 0);
    memcpy(pack, &v, sizeof v);
}

static inline unsigned known_count(const unsigned char *pack) {
    uint16_t v;
    memcpy(&v, pack + 4, sizeof v);
    return v;
}

static inline void set_count(unsigned char *pack, uint64_t count) {
    uint16_t v = count < PACK_COUNT_MAX ? (uint16_t)count : (uint16_t)PACK_COUNT_MAX;
    memcpy(pack + 4, &v, sizeof v);
}

static inline void count_add(unsigned char *pack, int64_t more) {
    unsigned known = known_count(pack);
    if (known != PACK_COUNT_MAX) set_count(pack, (uint64_t)((int64_t)known + more));
}

int64_t pack_next_ms(const unsigned char *pack) {
    uint64_t next = pack_timed(pack) ? u48_get(pack + NEXT_AT) : 0;
    return next ? (int64_t)next : PACK_NO_TTL;
}

static void set_next_ms(unsigned char *pack, int64_t at_ms) {
    u48_put(pack + NEXT_AT, at_ms == PACK_NO_TTL ? 0 : (uint64_t)at_ms);
}

uint64_t pack_place(const unsigned char *pack) { return u48_get(pack + PLACE_AT); }
void     pack_set_place(unsigned char *pack, uint64_t place) { u48_put(pack + PLACE_AT, place); }

/* --- Whole packs ------------------------------------------------------------------------------ */

unsigned char *pack_new(struct ash_heap *heap, bool timed) {
    size_t         head = timed ? PACK_HEAD_TIMED : PACK_HEAD;
    unsigned char *pack = ash_alloc(heap, ash_good_size(head));
    memset(pack, 0, head);
    set_bytes(pack, head, timed);
    return pack;
}

void pack_free(unsigned char **pack) {
    ash_free(*pack, ash_good_size(pack_bytes(*pack)));
    *pack = NULL;
}

unsigned char *pack_copy(struct ash_heap *heap, const unsigned char *pack) {
    size_t         bytes = pack_bytes(pack);
    unsigned char *copy = ash_alloc(heap, ash_good_size(bytes));
    memcpy(copy, pack, bytes);
    if (pack_timed(copy)) pack_set_place(copy, 0);
    return copy;
}

size_t pack_footprint(const unsigned char *pack) { return ash_good_size(pack_bytes(pack)); }

unsigned char *pack_move(struct mover *m, unsigned char *pack) {
    return mover_wants(m, pack) ? mover_copy(m, pack, pack_footprint(pack), 8) : pack;
}

/* Takes `del` bytes at offset `at` away and opens a gap of `ins` there for the caller to write. */
static unsigned char *splice(struct ash_heap *heap, unsigned char *pack, size_t at, size_t del,
                             size_t ins) {
    size_t bytes = pack_bytes(pack), now = bytes - del + ins, tail = bytes - at - del;
    bool   timed = pack_timed(pack);
    ASSERT(at <= bytes && del <= bytes - at && now < PACK_TIMED);
    size_t cap = ash_good_size(bytes), new_cap = ash_good_size(now);
    if (new_cap > cap) pack = ash_realloc(heap, pack, cap, new_cap);
    if (del != ins && tail > 0) memmove(pack + at + ins, pack + at + del, tail);
    if (new_cap < cap) pack = ash_realloc(heap, pack, cap, new_cap);
    set_bytes(pack, now, timed);
    return pack;
}

unsigned char *pack_to_timed(struct ash_heap *heap, unsigned char *pack) {
    ASSERT(!pack_timed(pack));
    pack = splice(heap, pack, PACK_HEAD, 0, PACK_HEAD_TIMED - PACK_HEAD);
    memset(pack + PACK_HEAD, 0, PACK_HEAD_TIMED - PACK_HEAD);
    set_bytes(pack, pack_bytes(pack), true);
    return pack;
}

/* --- Items ------------------------------------------------------------------------------------ */

uint64_t pack_count(const unsigned char *pack) {
    unsigned known = known_count(pack);
    if (ASH_LIKELY(known != PACK_COUNT_MAX)) return known;
    uint64_t             count = 0;
    const unsigned char *end = pack_end(pack);
    for (const unsigned char *p = pack_items(pack); p < end; p += item_bytes(p)) count++;
    return count;
}

/* Short fields, and lengths of one byte: told from the rest by one test of both top bits. */
unsigned char *pack_find(const unsigned char *pack, struct slice field) {
    const unsigned char *p = pack_items(pack), *end = pack_end(pack);
    while (p < end) {
        if (ASH_LIKELY(!((p[0] | p[1]) & 0x80))) {
            if (p[0] == field.len && (field.len == 0 || memcmp(p + 2, field.p, field.len) == 0))
                return (unsigned char *)(uintptr_t)p;
            p += 2 + p[0] + p[1];
            continue;
        }
        struct pair pair = item_pair(p);
        if (slice_eq(pair.field, field)) return (unsigned char *)(uintptr_t)p;
        p = pair_end(&pair);
    }
    return NULL;
}

/* The earliest time of all items. */
static int64_t earliest(const unsigned char *pack) {
    int64_t              next_ms = PACK_NO_TTL;
    const unsigned char *end = pack_end(pack);
    for (const unsigned char *p = pack_items(pack); p < end; p += item_bytes(p)) {
        int64_t at_ms = pack_item_ms(p);
        if (at_ms != PACK_NO_TTL && (next_ms == PACK_NO_TTL || at_ms < next_ms)) next_ms = at_ms;
    }
    return next_ms;
}

/* An item that expired at was_ms now does at now_ms (PACK_NO_TTL: not, or there is none). */
static void retime(unsigned char *pack, int64_t was_ms, int64_t now_ms) {
    int64_t next_ms = pack_next_ms(pack);
    if (was_ms == now_ms) return;
    if (now_ms != PACK_NO_TTL && (next_ms == PACK_NO_TTL || now_ms <= next_ms))
        set_next_ms(pack, now_ms);
    else if (was_ms == next_ms)
        set_next_ms(pack, earliest(pack));
}

unsigned char *pack_put(struct ash_heap *heap, unsigned char *pack, unsigned char *item,
                        const struct pair *p, int64_t at_ms) {
    bool    timed = at_ms != PACK_NO_TTL;
    int64_t was_ms = item != NULL ? pack_item_ms(item) : PACK_NO_TTL;
    size_t  at = item != NULL ? (size_t)(item - pack) : pack_bytes(pack), del = 0;
    ASSERT(!timed || pack_timed(pack));
    if (item != NULL) {
        struct pair old = item_pair(item);
        del = (size_t)(pair_end(&old) - item);
        if (old.value.len == p->value.len && was_ms == at_ms) { /* the short way */
            if (p->value.len > 0) memcpy((char *)(uintptr_t)old.value.p, p->value.p, p->value.len);
            return pack;
        }
    }
    size_t ins = item_size(p, timed);
    pack = splice(heap, pack, at, del, ins);
    item_write(pack + at, p, timed);
    if (timed) item_set_word(pack + at, (uint64_t)at_ms);
    if (item == NULL) count_add(pack, 1);
    retime(pack, was_ms, at_ms);
    return pack;
}

unsigned char *pack_expire(struct ash_heap *heap, unsigned char *pack, unsigned char *item,
                           int64_t at_ms) {
    int64_t was_ms = pack_item_ms(item);
    bool    timed = at_ms != PACK_NO_TTL;
    size_t  at = (size_t)(item - pack);
    ASSERT(pack_timed(pack));
    if (timed && was_ms == PACK_NO_TTL) {
        pack = splice(heap, pack, at, 0, ITEM_TIMED_HEAD);
        pack[at] = 0x80;
        pack[at + 1] = 0;
    } else if (!timed && was_ms != PACK_NO_TTL) {
        pack = splice(heap, pack, at, ITEM_TIMED_HEAD, 0);
    }
    if (timed) item_set_word(pack + at, (uint64_t)at_ms);
    retime(pack, was_ms, at_ms);
    return pack;
}

unsigned char *pack_remove(struct ash_heap *heap, unsigned char *pack, unsigned char *item) {
    int64_t was_ms = pack_item_ms(item);
    pack = splice(heap, pack, (size_t)(item - pack), item_bytes(item), 0);
    count_add(pack, -1);
    retime(pack, was_ms, PACK_NO_TTL);
    return pack;
}

static inline bool is_due(const unsigned char *item, int64_t now_ms) {
    return item_timed(item) && (int64_t)item_word(item) <= now_ms;
}

unsigned char *pack_reap(struct ash_heap *heap, unsigned char *pack, int64_t now_ms,
                         uint64_t *reaped) {
    unsigned char *to = pack + head_of(pack), *end = pack + pack_bytes(pack);
    uint64_t       count = 0;
    *reaped = 0;
    for (unsigned char *p = to; p < end;) {
        size_t size = item_bytes(p);
        if (is_due(p, now_ms)) {
            ++*reaped;
        } else {
            if (to != p) memmove(to, p, size);
            to += size;
            count++;
        }
        p += size;
    }
    if (*reaped == 0) return pack;
    pack = splice(heap, pack, (size_t)(to - pack), (size_t)(end - to), 0);
    set_count(pack, count);
    set_next_ms(pack, earliest(pack));
    return pack;
}

uint64_t pack_due(const unsigned char *pack, int64_t now_ms) {
    uint64_t             due = 0;
    const unsigned char *end = pack_end(pack);
    for (const unsigned char *p = pack_items(pack); p < end; p += item_bytes(p))
        due += is_due(p, now_ms);
    return due;
}

bool pack_check(const unsigned char *pack) {
    const unsigned char *p = pack_items(pack), *end = pack_end(pack);
    uint64_t             count = 0;
    ASSERT(pack_bytes(pack) >= head_of(pack));
    for (; p < end; p += item_bytes(p), count++) ASSERT(pack_timed(pack) || !item_timed(p));
    ASSERT(p == end);
    ASSERT(known_count(pack) == PACK_COUNT_MAX || known_count(pack) == count);
    ASSERT(pack_next_ms(pack) == earliest(pack));
    ASSERT(pack_footprint(pack) <= ash_usable_size(pack));
    return true;
}
