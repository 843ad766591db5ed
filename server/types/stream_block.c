/* stream_block.c: reading and writing the entries of one block. See stream_block.h for the layout.
 *
 * Everything is added at the end and counted at the front: adding writes the elements over the
 * listpack's end mark and then changes the count, which is at most a byte or two longer than before.
 *
 * Start reading at block_append() and block_entry_read(). */
#include "server/types/stream_block.h"

#include "alloc/alloc.h"
#include "server/ds/mover.h"

enum { ENTRY_DELETED = 1, ENTRY_SAME_FIELDS = 2 };
enum { HEAD_COUNT, HEAD_DELETED };

#define ENTRY_INTS  5 /* elements of an entry beside fields and values */
#define ROOM_FIRST  256

/* --- Reading --------------------------------------------------------------------------------- */

/* The integer at *p, which moves on. */
static int64_t take_int(const unsigned char **p) {
    struct lp_item item;
    ASSERT(*p != NULL);
    *p = lp_get_next(*p, &item);
    ASSERT(item.is_int);
    return item.i;
}

static const unsigned char *skip(const unsigned char *p, uint64_t elements) {
    struct lp_item item;
    while (elements-- > 0) p = lp_get_next(p, &item);
    return p;
}

void block_head_read(const unsigned char *lp, struct block_head *out) {
    const unsigned char *p = lp_first(lp);
    out->count = (uint64_t)take_int(&p);
    out->deleted = (uint64_t)take_int(&p);
    out->fields = (uint64_t)take_int(&p);
    out->first_field = out->fields > 0 ? p : NULL;
    p = skip(p, out->fields);
    take_int(&p);
    out->first_entry = p;
}

void block_entry_read(const unsigned char *lp, const unsigned char *at, struct stream_id master,
                      struct block_entry *out) {
    const unsigned char *p = at;
    int64_t              flags = take_int(&p);
    out->at = at;
    out->deleted = (flags & ENTRY_DELETED) != 0;
    out->same_fields = (flags & ENTRY_SAME_FIELDS) != 0;
    out->id.ms = master.ms + (uint64_t)take_int(&p);
    out->id.seq = master.seq + (uint64_t)take_int(&p);
    if (out->same_fields) {
        const unsigned char *head = skip(lp_first(lp), 2);
        out->fields = (uint64_t)take_int(&head);
    } else {
        out->fields = (uint64_t)take_int(&p);
    }
    out->body = p;
    p = skip(p, out->same_fields ? out->fields : out->fields * 2);
    take_int(&p);
    out->next = p;
}

/* The entry that ends with the element at p: its own count of elements leads to its flags. The head
 * ends with a 0. */
static const unsigned char *entry_ending_at(const unsigned char *lp, const unsigned char *p) {
    struct lp_item item;
    lp_get(p, &item);
    ASSERT(item.is_int);
    if (item.i == 0) return NULL;
    for (int64_t i = 0; i < item.i; i++) p = lp_prev(lp, p);
    return p;
}

const unsigned char *block_last(const unsigned char *lp) { return entry_ending_at(lp, lp_last(lp)); }

const unsigned char *block_prev(const unsigned char *lp, const unsigned char *at) {
    return entry_ending_at(lp, lp_prev(lp, at));
}

void block_fields_init(struct block_fields *f, const unsigned char *lp, const struct block_entry *e) {
    f->name = e->same_fields ? skip(lp_first(lp), 3) : NULL;
    f->value = e->body;
}

static const unsigned char *read_element(const unsigned char *p, struct element *out) {
    struct lp_item item;
    p = lp_get_next(p, &item);
    *out = (struct element){.is_int = item.is_int, .i = item.i, .s = item.s};
    return p;
}

void block_fields_next(struct block_fields *f, struct element *field, struct element *value) {
    if (f->name != NULL)
        f->name = read_element(f->name, field);
    else
        f->value = read_element(f->value, field);
    f->value = read_element(f->value, value);
}

void block_move(struct mover *m, struct stream_block *b) { b->lp = mover_move(m, b->lp, b->cap); }

size_t block_footprint(const struct stream_block *b) { return ash_good_size(b->cap); }

/* --- Room ------------------------------------------------------------------------------------ */

static void reserve(struct ash_heap *heap, struct stream_block *b, size_t total, size_t room) {
    if (total <= b->cap) return;
    size_t cap = b->cap * 2 < room ? b->cap * 2 : room;
    cap = ash_good_size(cap > total ? cap : total);
    b->lp = ash_realloc(heap, b->lp, b->cap, cap);
    b->cap = cap;
}

void block_close(struct ash_heap *heap, struct stream_block *b) {
    size_t cap = ash_good_size(lp_bytes(b->lp));
    if (cap >= b->cap) return;
    b->lp = ash_realloc(heap, b->lp, b->cap, cap);
    b->cap = cap;
}

void block_free(struct stream_block *b) {
    ash_free(b->lp, b->cap);
    *b = (struct stream_block){0};
}

struct stream_block block_copy(struct ash_heap *heap, const struct stream_block *b) {
    size_t              total = lp_bytes(b->lp);
    struct stream_block copy = {.cap = ash_good_size(total)};
    copy.lp = ash_alloc(heap, copy.cap);
    memcpy(copy.lp, b->lp, total);
    return copy;
}

/* --- Writing --------------------------------------------------------------------------------- */

static size_t strings_bytes(const struct slice *args, size_t count, size_t step) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i += step) bytes += args[i].len + LP_HEAD_MAX;
    return bytes;
}

size_t block_entry_bytes(const struct slice *args, size_t count) {
    return strings_bytes(args, count, 1) + (ENTRY_INTS + 1) * LP_HEAD_MAX;
}

struct stream_block block_new(struct ash_heap *heap, const struct slice *args, size_t count,
                              size_t room) {
    size_t head = LP_BYTES_MIN + 4 * LP_HEAD_MAX + strings_bytes(args, count, 2);
    size_t cap = head + block_entry_bytes(args, count);
    if (cap < ROOM_FIRST && ROOM_FIRST <= room) cap = ROOM_FIRST;
    struct stream_block b = {.cap = ash_good_size(cap)};
    b.lp = ash_alloc(heap, b.cap);
    memset(b.lp, 0, LP_HEADER_SIZE);
    unsigned char *p = b.lp + LP_HEADER_SIZE;
    p = lp_write_int(p, 0);
    p = lp_write_int(p, 0);
    p = lp_write_int(p, (int64_t)(count / 2));
    for (size_t i = 0; i < count; i += 2) p = lp_write(p, args[i]);
    p = lp_write_int(p, 0);
    lp_seal(b.lp, p, 4 + count / 2);
    return b;
}

/* The number at the head's place `which` becomes v; the rest moves if that takes other bytes. */
static void head_set(struct ash_heap *heap, struct stream_block *b, unsigned which, uint64_t v) {
    size_t         at = (size_t)(skip(lp_first(b->lp), which) - b->lp);
    size_t         old = (size_t)(skip(b->lp + at, 1) - b->lp) - at, total = lp_bytes(b->lp);
    size_t         len = lp_int_bytes((int64_t)v);
    if (len != old) {
        reserve(heap, b, total + len - old, 0);
        memmove(b->lp + at + len, b->lp + at + old, total - at - old);
        total = total + len - old;
    }
    lp_write_int(b->lp + at, (int64_t)v);
    lp_seal(b->lp, b->lp + total - 1, 0);
}

static bool same_fields(const struct block_head *head, const struct slice *args, size_t count) {
    const unsigned char *p = head->first_field;
    if (head->fields != count / 2) return false;
    for (size_t i = 0; i < count; i += 2) {
        if (!lp_eq(p, args[i])) return false;
        p = skip(p, 1);
    }
    return true;
}

void block_append(struct ash_heap *heap, struct stream_block *b, struct stream_id master,
                  struct stream_id id, const struct slice *args, size_t count, size_t room) {
    struct block_head head;
    reserve(heap, b, lp_bytes(b->lp) + block_entry_bytes(args, count), room);
    block_head_read(b->lp, &head);
    bool same = same_fields(&head, args, count);
    head_set(heap, b, HEAD_COUNT, head.count + 1);

    size_t         elements = 3 + (same ? count / 2 : 1 + count);
    unsigned char *p = b->lp + lp_bytes(b->lp) - 1;
    p = lp_write_int(p, same ? ENTRY_SAME_FIELDS : 0);
    p = lp_write_int(p, (int64_t)(id.ms - master.ms));
    p = lp_write_int(p, (int64_t)(id.seq - master.seq));
    if (!same) p = lp_write_int(p, (int64_t)(count / 2));
    for (size_t i = same ? 1 : 0; i < count; i += same ? 2 : 1) p = lp_write(p, args[i]);
    p = lp_write_int(p, (int64_t)elements);
    ASSERT((size_t)(p - b->lp) < b->cap);
    lp_seal(b->lp, p, elements + 1);
}

void block_delete(struct ash_heap *heap, struct stream_block *b, const unsigned char *at) {
    struct block_head head;
    struct lp_item    flags;
    lp_get(at, &flags);
    ASSERT(flags.is_int && !(flags.i & ENTRY_DELETED));
    lp_write_int(b->lp + (at - b->lp), flags.i | ENTRY_DELETED); /* as long as before */
    block_head_read(b->lp, &head);
    ASSERT(head.count > 0);
    head_set(heap, b, HEAD_COUNT, head.count - 1);
    head_set(heap, b, HEAD_DELETED, head.deleted + 1);
}

void block_cut(struct ash_heap *heap, struct stream_block *b) {
    const unsigned char *at = block_last(b->lp);
    struct block_head    head;
    struct block_entry   e;
    size_t               count = lp_count(b->lp), elements = 0;
    ASSERT(at != NULL);
    block_entry_read(b->lp, at, STREAM_ID_MIN, &e);
    ASSERT(e.deleted);
    for (const unsigned char *p = at; p != NULL; p = lp_next(b->lp, p)) elements++;
    ASSERT(elements < count);
    lp_seal(b->lp, b->lp + (at - b->lp), 0 - elements);
    block_head_read(b->lp, &head);
    ASSERT(head.deleted > 0);
    head_set(heap, b, HEAD_DELETED, head.deleted - 1);
}

/* --- Untrusted bytes ------------------------------------------------------------------------- */

/* The integer at *p within [min, max]; false: it is none, or the bytes have ended. */
static bool check_int(const unsigned char **p, int64_t min, int64_t max, int64_t *out) {
    struct lp_item item;
    if (*p == NULL) return false;
    *p = lp_get_next(*p, &item);
    *out = item.i;
    return item.is_int && item.i >= min && item.i <= max;
}

static bool check_skip(const unsigned char **p, int64_t elements) {
    while (elements > 0 && *p != NULL) *p = skip(*p, 1), elements--;
    return elements == 0;
}

static bool check_entry(const unsigned char **p, int64_t head_fields, int64_t most, bool *deleted) {
    int64_t flags, delta, fields = head_fields, elements;
    if (!check_int(p, 0, ENTRY_DELETED | ENTRY_SAME_FIELDS, &flags)) return false;
    if (!check_int(p, INT64_MIN, INT64_MAX, &delta)) return false;
    if (!check_int(p, INT64_MIN, INT64_MAX, &delta)) return false;
    bool same = (flags & ENTRY_SAME_FIELDS) != 0;
    if (!same && !check_int(p, 0, most, &fields)) return false;
    if (!check_skip(p, same ? fields : fields * 2)) return false;
    *deleted = (flags & ENTRY_DELETED) != 0;
    return check_int(p, 0, INT64_MAX, &elements) && elements == 3 + (same ? fields : 1 + fields * 2);
}

bool block_validate(const unsigned char *lp) {
    const unsigned char *p = lp_first(lp);
    int64_t              most = (int64_t)lp_bytes(lp), count, deleted, fields, end;
    if (!check_int(&p, 0, most, &count) || !check_int(&p, 0, most, &deleted) ||
        !check_int(&p, 0, most, &fields) || !check_skip(&p, fields) || !check_int(&p, 0, 0, &end))
        return false;
    while (p != NULL) {
        bool gone;
        if (!check_entry(&p, fields, most, &gone)) return false;
        if (gone) deleted--;
        else count--;
    }
    return count == 0 && deleted == 0;
}
