/* stream_block.c: reading and writing the entries of one block. See stream_block.h for the layout.
 *
 * The bytes are written by block_append() alone and trusted after that: readers assert that they do
 * not leave the block, block_validate() believes nothing.
 *
 * Dropped for it: Redis's listpack. Flags, both deltas, the number of elements and the elements'
 * lengths behind them took 9 bytes an entry of one value, where this takes 2; and each entry counted
 * moved what stood behind the count whenever that grew by a byte.
 *
 * Start reading at block_append() and block_next(). */
#include "server/types/stream_block.h"

#include "alloc/alloc.h"
#include "server/ds/listpack.h"
#include "server/ds/mover.h"
#include "server/ds/varint.h"
#include "server/types/stream_atom.h"

enum { HEAD_DELETED = 1, HEAD_OWN_NAMES = 2, HEAD_SEGMENT = 64, HEAD_NONE = 128 };
enum { HEAD_MS_SHIFT = 2, HEAD_SEQ_SHIFT = 4, HEAD_MORE = 3 /* a varint has the rest */ };

#define BLOCK_BYTES_MIN 128
/* What an entry has at most beside names and values: head, back, ms, seq, their number. */
#define ENTRY_HEAD_MAX (1 + 4 * VARINT_SIZE_MAX)

static const unsigned char *end_of(const struct stream_block *b) { return b->bytes + b->used; }

/* The block's first name; their number. */
static const unsigned char *names_of(const struct stream_block *b, uint64_t *count) {
    return varint_get(b->bytes, count);
}

static const unsigned char *pass(const unsigned char *p, const unsigned char *end, uint64_t atoms) {
    while (atoms-- > 0) p = atom_get(p, end, NULL);
    return p;
}

/* What a segment's first entry counts from: the ID in front of the master, as 0-0 has one here too. */
static struct stream_id before_master(struct stream_id master) {
    return (struct stream_id){master.ms, master.seq - 1};
}

/* --- Reading ---------------------------------------------------------------------------------- */

struct entry_head {
    unsigned         bits;
    uint64_t         back; /* of a segment's first entry */
    struct stream_id id;
};

/* The head at p of an entry behind the one called `before`; returns what follows. */
static inline const unsigned char *head_get(const unsigned char *p, struct stream_id before,
                                            struct stream_id master, struct entry_head *out) {
    unsigned bits = *p++;
    uint64_t ms = bits >> HEAD_MS_SHIFT & HEAD_MORE, seq = bits >> HEAD_SEQ_SHIFT & HEAD_MORE, rest;
    if (bits & HEAD_SEGMENT) {
        p = varint_get(p, &out->back);
        before = before_master(master);
    }
    if (ms == HEAD_MORE) {
        p = varint_get(p, &rest);
        ms += rest;
    }
    if (seq == HEAD_MORE) {
        p = varint_get(p, &rest);
        seq += rest;
    }
    out->bits = bits;
    out->id = (struct stream_id){before.ms + ms, ms == 0 ? before.seq + 1 + seq : seq};
    return p;
}

/* Where the segment in front of the one at `at` begins; false: there is none. */
static bool segment_before(const struct stream_block *b, uint32_t *at) {
    struct entry_head h = {.back = 0};
    head_get(b->bytes + *at, STREAM_ID_MIN, STREAM_ID_MIN, &h);
    ASSERT((h.bits & HEAD_SEGMENT) && h.back <= *at);
    *at -= (uint32_t)h.back;
    return h.back != 0;
}

static struct stream_id segment_first(const struct stream_block *b, struct stream_id master, uint32_t at) {
    struct entry_head h;
    head_get(b->bytes + at, STREAM_ID_MIN, master, &h);
    return h.id;
}

/* The last segment whose first entry is not above id; the first one if none is. */
static uint32_t segment_find(const struct stream_block *b, struct stream_id master, struct stream_id id) {
    uint32_t at = b->tail;
    while (stream_id_less(id, segment_first(b, master, at)) && segment_before(b, &at)) continue;
    return at;
}

/* Is id where it takes less to begin at the front than to come back over the segments? By the look
 * of the times: it is a guess at the effort alone. */
static bool near_front(const struct stream_block *b, struct stream_id master, struct stream_id id) {
    if (!stream_id_less(master, id)) return true;
    return id.ms - master.ms < (segment_first(b, master, b->tail).ms - master.ms) / 8;
}

void block_seek(struct block_cursor *c, const struct stream_block *b, struct stream_id master,
                struct stream_id id) {
    *c = (struct block_cursor){.b = b, .master = master};
    ASSERT(b->tail < b->used);
    if (near_front(b, master, id)) {
        uint64_t             count;
        const unsigned char *names = names_of(b, &count);
        c->at = pass(names, end_of(b), count);
    } else {
        c->at = b->bytes + segment_find(b, master, id);
    }
}

/* Reads the head of the entry at c->at: the cursor then stands in front of its atoms. */
static inline void enter(struct block_cursor *c, struct block_entry *out) {
    const struct stream_block *b = c->b;
    struct entry_head          h;
    out->at = (uint32_t)(c->at - b->bytes);
    c->at = head_get(c->at, c->id, c->master, &h);
    c->id = out->id = h.id;
    out->deleted = (h.bits & HEAD_DELETED) != 0;
    if (h.bits & HEAD_OWN_NAMES) {
        c->at = varint_get(c->at, &out->pairs);
        c->name = NULL;
        c->atoms = out->pairs * 2;
    } else {
        c->name = names_of(b, &out->pairs);
        c->atoms = out->pairs;
    }
    ASSERT(c->at <= end_of(b));
}

static inline void leave(struct block_cursor *c) {
    c->at = pass(c->at, end_of(c->b), c->atoms);
    c->atoms = 0;
}

bool block_next(struct block_cursor *c, struct block_entry *out) {
    leave(c);
    if (c->at == end_of(c->b)) return false;
    enter(c, out);
    return true;
}

void block_field(struct block_cursor *c, struct element *name, struct element *value) {
    const unsigned char *end = end_of(c->b);
    ASSERT(c->atoms > 0);
    if (c->name != NULL) {
        c->name = atom_get(c->name, end, name);
    } else {
        c->at = atom_get(c->at, end, name);
        c->atoms--;
    }
    c->at = atom_get(c->at, end, value);
    c->atoms--;
}

/* --- Backwards -------------------------------------------------------------------------------- */

static void marks_set(struct block_cursor *c, struct block_marks *m, uint32_t segment) {
    struct block_entry   e;
    const unsigned char *end = end_of(c->b);
    m->segment = segment;
    m->count = 0;
    c->at = c->b->bytes + segment;
    do {
        enter(c, &e);
        leave(c);
        ASSERT(m->count < BLOCK_SEGMENT);
        m->at[m->count] = e.at;
        m->id[m->count++] = e.id;
    } while (c->at < end && !(*c->at & HEAD_SEGMENT));
}

void block_seek_back(struct block_cursor *c, struct block_marks *m, const struct stream_block *b,
                     struct stream_id master, struct stream_id id) {
    *c = (struct block_cursor){.b = b, .master = master};
    marks_set(c, m, segment_find(b, master, id));
    while (m->count > 0 && stream_id_less(id, m->id[m->count - 1])) m->count--;
}

bool block_prev(struct block_cursor *c, struct block_marks *m, struct block_entry *out) {
    if (m->count == 0) {
        uint32_t segment = m->segment;
        if (!segment_before(c->b, &segment)) return false;
        marks_set(c, m, segment);
    }
    m->count--;
    c->at = c->b->bytes + m->at[m->count];
    enter(c, out);
    c->id = out->id = m->id[m->count];
    return true;
}

struct stream_id block_last(const struct stream_block *b, struct stream_id master) {
    struct block_cursor c = {.b = b, .master = master, .at = b->bytes + b->tail};
    struct block_entry  e;
    while (block_next(&c, &e)) continue;
    return c.id;
}

/* --- As Redis counts -------------------------------------------------------------------------- */

static size_t element_listpack(const struct element *e) {
    return e->is_int ? lp_int_bytes(e->i) : lp_str_bytes(e->s.len);
}

static size_t atoms_listpack(const unsigned char *p, const unsigned char *end, uint64_t atoms) {
    size_t bytes = 0;
    while (atoms-- > 0) {
        struct element e;
        p = atom_get(p, end, &e);
        bytes += element_listpack(&e);
    }
    return bytes;
}

/* Header and end; and of the first entry, which has no values: count and deleted, which change; the
 * number of names; the names, of `names` bytes; the 0 at its end. */
static size_t start_listpack(uint64_t count, size_t names) {
    return LP_BYTES_MIN + lp_int_bytes((int64_t)count) + names + lp_int_bytes(0);
}

/* Flags, both deltas; the number of names if they are the entry's own; names and values, of `atoms`
 * bytes; the number of all that, by which Redis walks backwards. */
static size_t entry_listpack(struct stream_id id, struct stream_id master, uint64_t pairs, bool own_names,
                             size_t atoms) {
    int64_t elements = 3 + (int64_t)(own_names ? 1 + 2 * pairs : pairs);
    return lp_int_bytes(0) + lp_int_bytes((int64_t)(id.ms - master.ms)) +
           lp_int_bytes((int64_t)(id.seq - master.seq)) + (own_names ? lp_int_bytes((int64_t)pairs) : 0) +
           atoms + lp_int_bytes(elements);
}

size_t block_listpack(const struct stream_block *b) {
    return b->listpack + lp_int_bytes(b->count) + lp_int_bytes(b->deleted);
}

/* --- Room ------------------------------------------------------------------------------------- */

/* So many bytes of names, or names and values. */
static size_t atoms_bytes(const struct slice *args, size_t count, size_t step) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i += step) bytes += args[i].len + ATOM_HEAD_MAX;
    return bytes;
}

size_t block_entry_bytes(const struct slice *args, size_t count) {
    return ENTRY_HEAD_MAX + atoms_bytes(args, count, 1);
}

static struct stream_block *resize(struct ash_heap *heap, struct stream_block *b, size_t cap) {
    ASSERT(cap <= UINT32_MAX && cap >= sizeof *b + b->used);
    b = ash_realloc(heap, b, b->cap, cap);
    b->cap = (uint32_t)cap;
    return b;
}

static struct stream_block *reserve(struct ash_heap *heap, struct stream_block *b, size_t more) {
    size_t need = sizeof *b + b->used + more, cap = (size_t)b->cap + b->cap / 2;
    if (need <= b->cap) return b;
    return resize(heap, b, ash_good_size(cap > need ? cap : need));
}

struct stream_block *block_close(struct ash_heap *heap, struct stream_block *b) {
    size_t cap = ash_good_size(sizeof *b + b->used);
    return cap < b->cap ? resize(heap, b, cap) : b;
}

void block_free(struct stream_block **b) {
    ash_free(*b, (*b)->cap);
    *b = NULL;
}

struct stream_block *block_move(struct mover *m, struct stream_block *b) {
    return mover_wants(m, b) ? mover_copy(m, b, b->cap, 8) : b;
}

struct stream_block *block_copy(struct ash_heap *heap, const struct stream_block *b) {
    size_t               total = sizeof *b + b->used, cap = ash_good_size(total);
    struct stream_block *copy = ash_alloc(heap, cap);
    memcpy(copy, b, total);
    copy->cap = (uint32_t)cap;
    return copy;
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* Writes every step-th of args; *listpack grows by what they take there. */
static unsigned char *put_atoms(unsigned char *p, const struct slice *args, size_t count, size_t step,
                                size_t *listpack) {
    for (size_t i = 0; i < count; i += step) {
        struct element e = atom_of(args[i]);
        *listpack += element_listpack(&e);
        p = atom_put(p, &e);
    }
    return p;
}

struct stream_block *block_new(struct ash_heap *heap, const struct slice *args, size_t count, size_t room) {
    size_t names = VARINT_SIZE_MAX + atoms_bytes(args, count, 2), names_listpack = 0;
    size_t cap = sizeof(struct stream_block) + names + room;
    cap = ash_good_size(cap > BLOCK_BYTES_MIN ? cap : BLOCK_BYTES_MIN);
    ASSERT(cap <= UINT32_MAX);
    struct stream_block *b = ash_alloc(heap, cap);
    *b = (struct stream_block){.cap = (uint32_t)cap};
    unsigned char *p = varint_put(b->bytes, count / 2);
    p = put_atoms(p, args, count, 2, &names_listpack);
    b->used = (uint32_t)(p - b->bytes);
    b->listpack = (uint32_t)start_listpack(count / 2, names_listpack);
    return b;
}

static bool has_names(const struct stream_block *b, const struct slice *args, size_t count) {
    uint64_t             names;
    const unsigned char *p = names_of(b, &names), *end = end_of(b);
    if (names != count / 2) return false;
    for (size_t i = 0; i < count; i += 2) {
        if (!atom_is(p, end, args[i])) return false;
        p = atom_get(p, end, NULL);
    }
    return true;
}

/* What the head has of v, at `shift`; the rest of it is written to *p. */
static unsigned put_delta(unsigned char **p, uint64_t v, unsigned shift) {
    if (v < HEAD_MORE) return (unsigned)v << shift;
    *p = varint_put(*p, v - HEAD_MORE);
    return (unsigned)HEAD_MORE << shift;
}

/* The head of an entry at the block's end; returns what is to follow. */
static unsigned char *put_head(struct stream_block *b, unsigned bits, struct stream_id before, struct stream_id id) {
    unsigned char *head = b->bytes + b->used, *p = head + 1;
    if (bits & HEAD_SEGMENT) {
        p = varint_put(p, b->count + b->deleted > 0 ? b->used - b->tail : 0);
        b->tail = b->used;
    }
    uint64_t ms = id.ms - before.ms;
    bits |= put_delta(&p, ms, HEAD_MS_SHIFT);
    bits |= put_delta(&p, ms == 0 ? id.seq - before.seq - 1 : id.seq, HEAD_SEQ_SHIFT);
    *head = (unsigned char)bits;
    return p;
}

struct stream_block *block_append(struct ash_heap *heap, struct stream_block *b, struct stream_id master,
                                  const struct stream_id *before, struct stream_id id,
                                  const struct slice *args, size_t count) {
    bool     own = !has_names(b, args, count);
    unsigned bits = (before == NULL ? HEAD_SEGMENT : 0) | (own ? HEAD_OWN_NAMES : 0);
    size_t   listpack = 0;
    b = reserve(heap, b, block_entry_bytes(args, count));
    unsigned char *p = put_head(b, bits, before != NULL ? *before : before_master(master), id);
    if (own) p = varint_put(p, count / 2);
    p = own ? put_atoms(p, args, count, 1, &listpack) : put_atoms(p, args + 1, count, 2, &listpack);
    b->used = (uint32_t)(p - b->bytes);
    ASSERT(sizeof *b + b->used <= b->cap);
    b->listpack += (uint32_t)entry_listpack(id, master, count / 2, own, listpack);
    b->count++;
    return b;
}

void block_delete(struct stream_block *b, uint32_t at) {
    ASSERT(at < b->used && !(b->bytes[at] & HEAD_DELETED) && b->count > 0);
    b->bytes[at] |= HEAD_DELETED;
    b->count--;
    b->deleted++;
}

void block_cut(struct stream_block *b, struct stream_id master, struct stream_id id) {
    struct block_cursor c;
    struct block_marks  m;
    struct block_entry  e;
    block_seek_back(&c, &m, b, master, STREAM_ID_MAX);
    while (block_prev(&c, &m, &e) && stream_id_less(id, e.id)) {
        ASSERT(e.deleted && b->deleted > 0);
        size_t atoms = atoms_listpack(c.at, end_of(b), c.atoms);
        b->listpack -= (uint32_t)entry_listpack(e.id, master, e.pairs, c.name == NULL, atoms);
        b->deleted--;
        if (e.at == b->tail) segment_before(b, &b->tail);
        b->used = e.at;
    }
    ASSERT(b->tail < b->used);
}

/* --- Bytes that may be anything --------------------------------------------------------------- */

struct checker {
    const struct stream_block *b;
    struct stream_id           master, before;
    uint64_t                   count, deleted;
    uint32_t                   segment, in_segment;
    size_t                     listpack;
};

/* What is behind so many whole atoms, NULL if they are not there; *listpack grows by what they take. */
static const unsigned char *check_atoms(const unsigned char *p, const unsigned char *end, uint64_t atoms,
                                        size_t *listpack) {
    const unsigned char *from = p;
    for (uint64_t i = 0; i < atoms && p != NULL; i++) p = atom_validate(p, end);
    if (p != NULL) *listpack += atoms_listpack(from, end, atoms);
    return p;
}

/* Is the head at p whole, and does it say what follows from the entries before? */
static const unsigned char *check_head(struct checker *k, const unsigned char *p, struct entry_head *out) {
    const unsigned char *end = end_of(k->b), *q = p + 1;
    uint64_t             ignored;
    if (*p & HEAD_NONE) return NULL;
    if (*p & HEAD_SEGMENT) q = varint_read(q, end, &ignored);
    for (unsigned shift = HEAD_MS_SHIFT; q != NULL && shift <= HEAD_SEQ_SHIFT; shift += 2)
        if ((*p >> shift & HEAD_MORE) == HEAD_MORE) q = varint_read(q, end, &ignored);
    if (q == NULL) return NULL;
    head_get(p, k->before, k->master, out);
    bool     first = k->count + k->deleted == 0;
    uint32_t at = (uint32_t)(p - k->b->bytes);
    if (out->bits & HEAD_SEGMENT) {
        if (out->back != (first ? 0 : at - k->segment)) return NULL; /* B3 */
        k->segment = at;
        k->in_segment = 0;
    } else if (first) {
        return NULL;
    }
    bool ascends = first ? stream_id_eq(out->id, k->master) : stream_id_less(k->before, out->id);
    return ascends && k->in_segment++ < BLOCK_SEGMENT ? q : NULL; /* B2 */
}

static const unsigned char *check_entry(struct checker *k, const unsigned char *p, uint64_t names) {
    const unsigned char *end = end_of(k->b);
    struct entry_head    h = {0};
    size_t               listpack = 0;
    if ((p = check_head(k, p, &h)) == NULL) return NULL;
    bool own = (h.bits & HEAD_OWN_NAMES) != 0;
    if (own && ((p = varint_read(p, end, &names)) == NULL || names > k->b->used)) return NULL;
    if ((p = check_atoms(p, end, own ? names * 2 : names, &listpack)) == NULL) return NULL;
    k->listpack += entry_listpack(h.id, k->master, names, own, listpack);
    k->before = h.id;
    if (h.bits & HEAD_DELETED) k->deleted++;
    else k->count++;
    return p;
}

bool block_validate(const struct stream_block *b, struct stream_id master) {
    struct checker       k = {.b = b, .master = master};
    uint64_t             names;
    size_t               listpack = 0;
    const unsigned char *p = b->bytes, *end = end_of(b);
    if ((p = varint_read(p, end, &names)) == NULL || names > b->used) return false;
    if ((p = check_atoms(p, end, names, &listpack)) == NULL) return false;
    k.listpack = start_listpack(names, listpack);
    while (p != NULL && p < end) p = check_entry(&k, p, names);
    return p != NULL && k.count == b->count && k.deleted == b->deleted && k.count + k.deleted > 0 && /* B1 */
           k.segment == b->tail && k.listpack == b->listpack; /* B3, B4 */
}
