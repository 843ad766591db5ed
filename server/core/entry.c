/* entry.c: building, rewriting and freeing the one allocation that is a key.
 *
 * The layout is in the header file, because a look-up reads keys, expiry and access clock inline.
 * Here is what allocates. Every entry is asked for with exactly entry_size() bytes, which follows
 * from its header alone, so frees are sized without a field for it.
 *
 * A string is embedded up to ENTRY_EMBED_MAX: then reading it costs the cache line of the key and
 * nothing else. Longer ones, and embedded ones that grow past the limit, are a struct str, which
 * has room to grow. Tried and dropped: rounding requests up to the slot, so that a rewrite inside
 * the slot needs no ash_realloc: the ledger would count rounding as requested bytes.
 *
 * Start reading at block_new(). */
#include "server/core/entry.h"

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/ds/freeing.h"
#include "server/ds/str.h"

_Static_assert(sizeof(struct entry) == 8, "the everyday key costs 8 bytes");
_Static_assert(ENTRY_EMBED_MAX <= UINT16_MAX, "embed_len holds it");
_Static_assert(sizeof(void *) == sizeof(int64_t), "a slot holds either");

#define KEY_NARROW_MAX 255
#define EMBSTR_MAX     44 /* where Redis draws the line between embstr and raw */

static size_t layout_size(unsigned flags, size_t key_len, size_t embed_len) {
    return sizeof(struct entry) + 8 * (size_t)entry_slot_count(flags) + key_len + embed_len;
}

size_t entry_size(const struct entry *e) {
    return layout_size(e->flags, entry_key(e).len, e->embed_len);
}

/* Each field is read once: what was found to fit is what is used. */
#define READ_ONCE(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

bool entry_could_be(const void *p, size_t slot_size, struct slice *key) {
    const struct entry *e = p;
    const unsigned      all = ENTRY_EXPIRE | ENTRY_WIDE | ENTRY_MODIFIED | ENTRY_EXTERNAL | ENTRY_SLOT;
    if (slot_size < sizeof *e) return false;
    unsigned flags = READ_ONCE(e->flags);
    if ((flags & ~all) != 0) return false;
    size_t keyless = layout_size(flags, 0, READ_ONCE(e->embed_len));
    if (keyless > slot_size) return false;
    size_t len = flags & ENTRY_WIDE ? READ_ONCE(e->slots[0]) : READ_ONCE(e->key_len);
    *key = slice_of((const char *)(e->slots + entry_slot_count(flags)), len);
    return len <= slot_size - keyless;
}

static uint8_t tag_of(const struct value *v) { return (uint8_t)(v->type | v->enc << 4); }

static struct str *external_str(const struct entry *e) {
    DASSERT(e->flags & ENTRY_EXTERNAL);
    return (struct str *)(uintptr_t)*entry_value_slot(e);
}

/* The block with header, slots and key; an embedded value's bytes are the caller's to fill. */
static struct entry *block_new(struct ash_heap *heap, uint8_t tag, unsigned flags, struct slice key,
                               int64_t expire_ms, size_t embed_len, uint32_t access) {
    flags &= ~(unsigned)(ENTRY_EXPIRE | ENTRY_WIDE);
    if (expire_ms != ENTRY_NO_EXPIRE) flags |= ENTRY_EXPIRE;
    if (key.len > KEY_NARROW_MAX) flags |= ENTRY_WIDE;

    struct entry *e = ash_alloc(heap, layout_size(flags, key.len, embed_len));
    e->tag = tag;
    e->flags = (uint8_t)flags;
    entry_set_access(e, access);
    e->key_len = flags & ENTRY_WIDE ? 0 : (uint8_t)key.len;
    e->embed_len = (uint16_t)embed_len;
    if (flags & ENTRY_WIDE) e->slots[0] = key.len;
    if (flags & ENTRY_EXPIRE) *entry_expire_slot(e) = (uint64_t)expire_ms;
    if (key.len > 0) memcpy(entry_bytes_at(e), key.p, key.len);
    return e;
}

static char *embed_at(const struct entry *e) { return entry_bytes_at(e) + entry_key(e).len; }

struct entry *entry_new(struct ash_heap *heap, struct slice key, const struct value *v,
                        int64_t expire_ms, uint32_t access) {
    bool raw = v->type == VAL_STRING && v->enc == ENC_RAW;
    if (raw && v->u.str.len <= ENTRY_EMBED_MAX) {
        struct entry *e = block_new(heap, tag_of(v), 0, key, expire_ms, v->u.str.len, access);
        if (v->u.str.len > 0) memcpy(embed_at(e), v->u.str.p, v->u.str.len);
        return e;
    }
    unsigned      flags = ENTRY_SLOT | (raw ? (unsigned)ENTRY_EXTERNAL : 0);
    struct entry *e = block_new(heap, tag_of(v), flags, key, expire_ms, 0, access);
    if (raw) {
        *entry_value_slot(e) = (uintptr_t)str_new(heap, v->u.str, v->u.str.len);
    } else if (v->enc == ENC_INT) {
        *entry_value_slot(e) = (uint64_t)v->u.i;
    } else {
        *entry_value_slot(e) = (uintptr_t)v->u.ptr;
    }
    return e;
}

struct entry *entry_rewrite(struct ash_heap *heap, struct entry *e, const struct value *v) {
    DASSERT(entry_is_flat(e) && v->type == VAL_STRING);
    if (e->flags & ENTRY_SLOT) {
        if (v->enc != ENC_INT) return NULL;
        *entry_value_slot(e) = (uint64_t)v->u.i;
        return e;
    }
    if (v->enc != ENC_RAW || v->u.str.len > ENTRY_EMBED_MAX) return NULL;
    if (v->u.str.len != e->embed_len) {
        size_t old_size = entry_size(e), size = old_size - e->embed_len + v->u.str.len;
        if (ash_good_size(size) != ash_good_size(old_size)) return NULL;
        e = ash_realloc(heap, e, old_size, size);
        e->embed_len = (uint16_t)v->u.str.len;
    }
    e->flags &= (uint8_t)~ENTRY_MODIFIED;
    if (v->u.str.len > 0) memcpy(embed_at(e), v->u.str.p, v->u.str.len);
    return e;
}

struct entry *entry_move(struct ash_heap *heap, struct entry *e, struct slice key,
                         int64_t expire_ms) {
    struct entry *to =
        block_new(heap, e->tag, e->flags, key, expire_ms, e->embed_len, entry_access(e));
    if (e->flags & ENTRY_SLOT) *entry_value_slot(to) = *entry_value_slot(e);
    if (e->embed_len > 0) memcpy(embed_at(to), embed_at(e), e->embed_len);
    return to;
}

const void *entry_block(const struct entry *e) {
    return entry_is_flat(e) ? e : (const void *)(uintptr_t)*entry_value_slot(e);
}

void entry_free_block(struct entry *e) { ash_free(e, entry_size(e)); }

/* An embedded string or an integer becomes a struct str with room to grow, or stays embedded. */
static struct entry *resize_flat(struct ash_heap *heap, struct entry *e, size_t len) {
    char         text[NUM_I64_TEXT_MAX];
    struct value v;
    entry_value(e, &v);
    struct slice had = v.u.str;
    if (v.enc == ENC_INT) had = slice_of(text, num_format_i64(text, v.u.i));
    if (had.len > len) had.len = len;

    uint8_t       tag = VAL_STRING | ENC_RAW << 4;
    struct entry *to;
    if (len <= ENTRY_EMBED_MAX) {
        to = block_new(heap, tag, 0, entry_key(e), entry_expire_ms(e), len, entry_access(e));
        memcpy(embed_at(to), had.p, had.len);
        memset(embed_at(to) + had.len, 0, len - had.len);
    } else {
        struct str *s = str_resize(heap, str_new(heap, had, len), len);
        to = block_new(heap, tag, ENTRY_SLOT | ENTRY_EXTERNAL, entry_key(e), entry_expire_ms(e), 0,
                       entry_access(e));
        *entry_value_slot(to) = (uintptr_t)s;
    }
    entry_free_block(e);
    return to;
}

struct entry *entry_resize(struct ash_heap *heap, struct entry *e, size_t len) {
    ASSERT(entry_type(e) == VAL_STRING);
    if (e->flags & ENTRY_EXTERNAL) {
        *entry_value_slot(e) = (uintptr_t)str_resize(heap, external_str(e), len);
    } else if ((e->flags & ENTRY_SLOT) || len > ENTRY_EMBED_MAX) {
        e = resize_flat(heap, e, len);
    } else if (len != e->embed_len) {
        size_t had = e->embed_len, old_size = entry_size(e);
        e = ash_realloc(heap, e, old_size, old_size - had + len);
        e->embed_len = (uint16_t)len;
        if (len > had) memset(embed_at(e) + had, 0, len - had);
    }
    e->flags |= ENTRY_MODIFIED;
    return e;
}

void entry_mark_modified(struct entry *e) {
    ASSERT(e->tag == (VAL_STRING | ENC_RAW << 4));
    e->flags |= ENTRY_MODIFIED;
}

void entry_value_external(const struct entry *e, struct value *out) {
    out->u.str = str_slice(external_str(e));
}

const char *entry_encoding_name(const struct entry *e) {
    struct value v;
    entry_value(e, &v);
    if (v.type != VAL_STRING) return value_encoding_name(&v);
    if (v.enc == ENC_INT) return "int";
    return v.u.str.len <= EMBSTR_MAX && !(e->flags & ENTRY_MODIFIED) ? "embstr" : "raw";
}

size_t entry_bytes(const struct entry *e) {
    size_t bytes = ash_good_size(entry_size(e));
    if (e->flags & ENTRY_EXTERNAL) return bytes + str_footprint(external_str(e));
    if (entry_is_flat(e)) return bytes;
    struct value v;
    entry_value(e, &v);
    return bytes + value_bytes(&v);
}

size_t entry_free_effort(const struct entry *e) {
    if (entry_is_flat(e) || (e->flags & ENTRY_EXTERNAL)) return 1;
    struct value v;
    entry_value(e, &v);
    return value_free_effort(&v);
}

size_t entry_room(const struct entry *e) {
    return e->flags & ENTRY_EXTERNAL ? external_str(e)->cap : 0;
}

bool entry_drain(struct entry *e, struct freeing *f) {
    if (e->flags & ENTRY_EXTERNAL) {
        struct str *s = external_str(e);
        freeing_count(f, str_footprint(s));
        str_free(&s);
    } else if (!entry_is_flat(e)) {
        struct value v;
        entry_value(e, &v);
        if (value_drain(&v, f)) return true;
    }
    freeing_free(f, e, entry_size(e));
    return false;
}

void entry_free(struct entry *e) {
    struct freeing all = freeing_all();
    entry_drain(e, &all);
}

bool entry_check(const struct entry *e) {
    bool raw = e->tag == (VAL_STRING | ENC_RAW << 4), external = (e->flags & ENTRY_EXTERNAL) != 0;
    ASSERT(((e->flags & ENTRY_SLOT) != 0) == (!raw || external));
    ASSERT(raw || !external);
    ASSERT(raw || !(e->flags & ENTRY_MODIFIED));
    ASSERT(((e->flags & ENTRY_WIDE) != 0) == (entry_key(e).len > KEY_NARROW_MAX));
    ASSERT(e->embed_len <= ENTRY_EMBED_MAX && (e->embed_len == 0 || !(e->flags & ENTRY_SLOT)));
    ASSERT(!external || str_check(external_str(e)));
    ASSERT(ash_usable_size(e) >= entry_size(e));
    return true;
}
