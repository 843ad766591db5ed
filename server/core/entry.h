/* entry.h: a key, its metadata and, where it fits, its value: one allocation.
 *
 *   byte 0      value type (low nibble), encoding (high nibble: enum value_encoding)
 *   byte 1      flags: EXPIRE 1, WIDE 2, MODIFIED 4 (a string changed in place: shown as "raw"),
 *               EXTERNAL 8 (the string is a struct str of its own), SLOT 16 (not embedded)
 *   bytes 2-4   access clock: LRU (24 bits of seconds) or LFU (16 bits of minutes, 8 bits counter)
 *   byte 5      key length, unless WIDE
 *   bytes 6-7   length of an embedded string
 *   [8 bytes]   WIDE: key length
 *   [8 bytes]   EXPIRE: Unix time in ms
 *   [8 bytes]   SLOT: integer or pointer, unless the value is embedded
 *   key bytes, then the bytes of an embedded string
 *
 * So the everyday key costs 8 bytes beside its own and its value's. The address changes when the
 * size does; the keyspace's tables hold the only references.
 *
 * Invariants, asserted together by entry_check(): SLOT is set unless the value is an embedded
 * string; WIDE exactly for keys over 255 bytes; the allocation is entry_size() bytes. Locking:
 * none. The engine thread owns entries that are in a table; entry_free: any thread. */
#ifndef ASHLAR_SERVER_CORE_ENTRY_H
#define ASHLAR_SERVER_CORE_ENTRY_H

#include "server/types/value.h"

#define ENTRY_EMBED_MAX 1024 /* longer strings live in a struct str of their own */
#define ENTRY_NO_EXPIRE (-1)

struct ash_heap;
struct freeing;
struct str;

enum entry_flags {
    ENTRY_EXPIRE = 1, ENTRY_WIDE = 2, ENTRY_MODIFIED = 4, ENTRY_EXTERNAL = 8, ENTRY_SLOT = 16,
};

struct entry { /* read it through the functions below */
    uint8_t  tag;
    uint8_t  flags;
    uint8_t  access[3];
    uint8_t  key_len;
    uint16_t embed_len;
    uint64_t slots[];
};

/* --- Inside: where things are ---------------------------------------------------------------- */

static inline unsigned entry_slot_count(unsigned flags) {
    return (flags & 1) + (flags >> 1 & 1) + (flags >> 4 & 1);
}
static inline char *entry_bytes_at(const struct entry *e) { /* the key; behind it the value */
    return (char *)(uintptr_t)(e->slots + entry_slot_count(e->flags));
}
static inline uint64_t *entry_expire_slot(const struct entry *e) {
    return (uint64_t *)(uintptr_t)e->slots + (e->flags >> 1 & 1);
}
static inline uint64_t *entry_value_slot(const struct entry *e) {
    return (uint64_t *)(uintptr_t)e->slots + (e->flags >> 1 & 1) + (e->flags & 1);
}

/* --- Reading --------------------------------------------------------------------------------- */

static inline struct slice entry_key(const struct entry *e) {
    return slice_of(entry_bytes_at(e), e->flags & ENTRY_WIDE ? e->slots[0] : e->key_len);
}
static inline int64_t entry_expire_ms(const struct entry *e) { /* ENTRY_NO_EXPIRE: none */
    return e->flags & ENTRY_EXPIRE ? (int64_t)*entry_expire_slot(e) : ENTRY_NO_EXPIRE;
}
static inline enum value_type entry_type(const struct entry *e) {
    return (enum value_type)(e->tag & 15);
}
/* A hash in an encoding that has fields which expire (types/hash.h). */
static inline bool entry_is_timed_hash(const struct entry *e) {
    return e->tag >= (VAL_HASH | ENC_LISTPACK_EX << 4);
}
static inline uint32_t entry_access(const struct entry *e) { /* the 24 bits */
    return (uint32_t)e->access[0] | (uint32_t)e->access[1] << 8 | (uint32_t)e->access[2] << 16;
}
static inline void entry_set_access(struct entry *e, uint32_t access) {
    e->access[0] = (uint8_t)access;
    e->access[1] = (uint8_t)(access >> 8);
    e->access[2] = (uint8_t)(access >> 16);
}
void         entry_value_external(const struct entry *e, struct value *out);
static inline void entry_value(const struct entry *e, struct value *out) { /* borrowed view */
    out->type = e->tag & 15;
    out->enc = e->tag >> 4;
    if (!(e->flags & ENTRY_SLOT)) {
        struct slice key = entry_key(e);
        out->u.str = slice_of(key.p + key.len, e->embed_len);
    } else if (!(e->flags & ENTRY_EXTERNAL)) {
        out->u.i = (int64_t)*entry_value_slot(e); /* or a pointer: the same eight bytes */
    } else {
        entry_value_external(e, out);
    }
}
/* As OBJECT ENCODING: "int", "embstr", "raw", "listpack", ... */
const char  *entry_encoding_name(const struct entry *e);
/* Heap bytes in slots: the entry, and its value. */
size_t       entry_bytes(const struct entry *e);
size_t       entry_free_effort(const struct entry *e);
/* The one block that most of it lies in, as far as can be told without a walk: the entry itself, its
 * string, or the root of its container. */
const void  *entry_block(const struct entry *e);
/* Up to how many bytes a string can grow where it is; 0 unless it is a struct str. */
size_t       entry_room(const struct entry *e);
/* Frees it and its value. Any thread; not in any table. */
void         entry_free(struct entry *e);
/* The same piece by piece (ds/freeing.h): true while there is more. What it counts adds up to
 * entry_bytes(). */
bool         entry_drain(struct entry *e, struct freeing *f);

/* --- For the keyspace, which alone makes and changes entries ---------------------------------- */

size_t        entry_size(const struct entry *e); /* what its allocation was asked for with */
/* Could the bytes of an object in a slot of that size be an entry's? True of every entry there; of what
 * is none by chance. Then *key is its key, and lies within the slot even if a BIO thread, which may be
 * about to free what is no entry any more, changes the bytes meanwhile. */
bool          entry_could_be(const void *p, size_t slot_size, struct slice *key);
/* Strings are copied, containers taken. */
struct entry *entry_new(struct ash_heap *heap, struct slice key, const struct value *v,
                        int64_t expire_ms, uint32_t access);
/* True when freeing it is one small free: the value is an integer or embedded. */
static inline bool entry_is_flat(const struct entry *e) {
    return e->tag == (VAL_STRING | ENC_INT << 4) || !(e->flags & ENTRY_SLOT);
}
/* All of it lies in entry_block(), but for the entry's own block. */
static inline bool entry_is_block(const struct entry *e) {
    return entry_is_flat(e) || e->flags & ENTRY_EXTERNAL;
}
/* The flat entry e now holds the string or integer v, if that fits its layout and slot: returns its
 * address, which only a change of requested size inside the slot may move. NULL: it does not fit.
 * */
struct entry *entry_rewrite(struct ash_heap *heap, struct entry *e, const struct value *v);
/* Exchanges a container for what became of it, or an integer for another. */
static inline void entry_store(struct entry *e, const struct value *v) {
    ASSERT(entry_type(e) == v->type && (e->flags & (ENTRY_SLOT | ENTRY_EXTERNAL)) == ENTRY_SLOT);
    ASSERT((v->enc == ENC_INT) == (v->type == VAL_STRING));
    e->tag = (uint8_t)(v->type | v->enc << 4);
    *entry_value_slot(e) = (uint64_t)v->u.i; /* or a pointer: the same eight bytes */
}
/* A new entry with e's value, flags and access clock under another key and expiry. The value moves:
 * of e only the block is left, to be freed by entry_free_block. */
struct entry *entry_move(struct ash_heap *heap, struct entry *e, struct slice key,
                         int64_t expire_ms);
void          entry_free_block(struct entry *e);
/* The string e becomes len bytes, zeros behind what it had, marked MODIFIED. Consumes e. */
struct entry *entry_resize(struct ash_heap *heap, struct entry *e, size_t len);
void          entry_mark_modified(struct entry *e); /* a string: shown as "raw" from now on */
bool          entry_check(const struct entry *e);

#endif
