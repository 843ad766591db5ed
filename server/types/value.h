/* value.h: what a key holds: a type, an encoding of it, and the bytes or the container.
 *
 * A struct value is a small decoded view, passed by pointer; the keyspace stores it in the key's
 * entry and hands it out again (core/keyspace.h). A type's operations (set.h, hash.h, ...) may change
 * enc and u.ptr of the value they are given: the caller stores it back.
 *
 * Containers live in the dataset heap of their database. Every operation that may allocate takes a
 * struct type_env, which names that heap and the encoding thresholds in force. Freeing needs none,
 * so any thread may free a value that is no longer in the keyspace.
 *
 * Type and encoding names, and the thresholds, are Redis's. */
#ifndef ASHLAR_SERVER_TYPES_VALUE_H
#define ASHLAR_SERVER_TYPES_VALUE_H

#include "proto/buf.h"

struct ash_heap;
struct freeing;
struct move_cursor;
struct mover;
struct rand;

enum value_type { /* Redis's numbers, as RDB and DEBUG OBJECT know them */
    VAL_STRING = 0,
    VAL_LIST = 1,
    VAL_SET = 2,
    VAL_ZSET = 3,
    VAL_HASH = 4,
    VAL_STREAM = 6,
    VAL_ANY = 15, /* only as a wish: whatever the key holds */
};

enum value_encoding {
    ENC_RAW,       /* string: bytes (u.str) */
    ENC_INT,       /* string: a 64-bit integer (u.i) */
    ENC_LISTPACK,  /* list, set, hash, zset */
    ENC_INTSET,    /* set */
    ENC_QUICKLIST, /* list */
    ENC_HASHTABLE, /* set, hash */
    ENC_SKIPLIST,  /* zset */
    ENC_STREAM,
    ENC_LISTPACK_EX = 14,  /* hash that has, or has had, fields that expire: the last two, so that */
    ENC_HASHTABLE_EX = 15, /* one compare tells them from all others */
};

struct value {
    uint8_t type; /* enum value_type */
    uint8_t enc;  /* enum value_encoding */
    union {
        int64_t      i;   /* ENC_INT */
        struct slice str; /* ENC_RAW: borrowed from the entry (or from the caller when storing) */
        void        *ptr; /* containers: owned by whoever holds the value */
    } u;
};

/* The encoding thresholds, under their configuration names. core/config fills it. */
struct type_limits {
    int64_t list_max_listpack_size;    /* -1..-5: 4..64 KiB; > 0: entries */
    int64_t list_compress_depth;
    int64_t set_max_intset_entries;
    int64_t set_max_listpack_entries;
    int64_t set_max_listpack_value;
    int64_t hash_max_listpack_entries;
    int64_t hash_max_listpack_value;
    int64_t zset_max_listpack_entries;
    int64_t zset_max_listpack_value;
    int64_t stream_node_max_bytes;   /* of a block; 0: as large as it may be */
    int64_t stream_node_max_entries; /* of a block; 0: any number */
};

struct type_env {
    struct ash_heap          *heap;   /* where the value's memory comes from */
    const struct type_limits *limits;
    struct rand              *rand;   /* engine thread's generator */
    int64_t                   now_ms; /* wall clock: fields of hashes that are due by then are gone */
};

/* Dispatch over the types; each is O(1) unless said otherwise. */
const char *value_type_name(const struct value *v);     /* "string", "list", "set", "zset", "hash" */
const char *value_encoding_name(const struct value *v); /* without the embstr rule: see keyspace */
uint64_t    value_len(const struct value *v);           /* elements; bytes of a string */
/* Heap bytes (slot sizes) of a container, nodes and all. O(nodes) at worst. 0 for strings. */
size_t      value_bytes(const struct value *v);
/* How many frees value_free will make, about: what lazy free decides by. */
size_t      value_free_effort(const struct value *v);
/* Frees a container. Any thread. v is dead after. Strings: nothing (the entry holds the bytes). */
void        value_free(struct value *v);
/* The same piece by piece (ds/freeing.h): true while there is more. What it counts adds up to
 * value_bytes(). */
bool        value_drain(struct value *v, struct freeing *f);
/* A deep copy into env's heap (COPY, MOVE). Strings: the borrowed slice itself. */
struct value value_copy(const struct value *v, const struct type_env *env);
/* Moves a container's memory (ds/mover.h); v->u.ptr may change. Strings: nothing, the entry moves. */
bool        value_compact(struct value *v, struct mover *m, struct move_cursor *c);
bool        value_check(const struct value *v);

/* Element as it comes out of a compact encoding: bytes, or an integer to be printed. */
struct element {
    bool         is_int;
    int64_t      i;
    struct slice s;
};
#define ELEMENT_TEXT_MAX 24
/* Set word by word: a struct that is built and then copied is read 16 bytes at a time where 8 have
 * just been written, and the processor waits until both have left for the cache. */
static inline void element_set_str(struct element *e, struct slice s) {
    e->is_int = false;
    e->s.p = s.p;
    e->s.len = s.len;
}
static inline void element_set_int(struct element *e, int64_t i) {
    e->is_int = true;
    e->i = i;
}
/* The element's text; an integer's is put in scratch (ELEMENT_TEXT_MAX bytes). */
struct slice element_text(const struct element *e, char *scratch);

#endif
