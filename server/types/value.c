/* value.c: dispatch over the types.
 *
 * One switch a question, so that the compiler says which answer a new type lacks. A string needs
 * nothing done here: its bytes belong to the key's entry. */
#include "server/types/value.h"

#include "alloc/assert.h"
#include "proto/num.h"
#include "server/ds/freeing.h"
#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/stream.h"
#include "server/types/zset.h"

_Static_assert(ELEMENT_TEXT_MAX >= NUM_I64_TEXT_MAX, "any integer's text fits the scratch");

__attribute__((noreturn, cold)) static void bad_type(const struct value *v) {
    PANIC("value of type %u, encoding %u", v->type, v->enc);
}

const char *value_type_name(const struct value *v) {
    switch ((enum value_type)v->type) {
    case VAL_STRING: return "string";
    case VAL_LIST: return "list";
    case VAL_SET: return "set";
    case VAL_ZSET: return "zset";
    case VAL_HASH: return "hash";
    case VAL_STREAM: return "stream";
    case VAL_ANY: break;
    }
    bad_type(v);
}

const char *value_encoding_name(const struct value *v) {
    switch ((enum value_encoding)v->enc) {
    case ENC_RAW: return "raw";
    case ENC_INT: return "int";
    case ENC_LISTPACK: return "listpack";
    case ENC_INTSET: return "intset";
    case ENC_QUICKLIST: return "quicklist";
    case ENC_HASHTABLE: return "hashtable";
    case ENC_SKIPLIST: return "skiplist";
    case ENC_STREAM: return "stream";
    case ENC_LISTPACK_EX: return "listpackex";
    case ENC_HASHTABLE_EX: return "hashtable";
    }
    bad_type(v);
}

static uint64_t string_len(const struct value *v) {
    char text[NUM_I64_TEXT_MAX];
    return v->enc == ENC_INT ? num_format_i64(text, v->u.i) : v->u.str.len;
}

uint64_t value_len(const struct value *v) {
    switch (v->type) {
    case VAL_STRING: return string_len(v);
    case VAL_LIST: return list_len(v);
    case VAL_SET: return set_count(v);
    case VAL_ZSET: return zset_count(v);
    case VAL_HASH: return hash_count(v);
    case VAL_STREAM: return stream_count(v);
    }
    bad_type(v);
}

size_t value_bytes(const struct value *v) {
    switch (v->type) {
    case VAL_STRING: return 0;
    case VAL_LIST: return list_bytes(v);
    case VAL_SET: return set_bytes(v);
    case VAL_ZSET: return zset_bytes(v);
    case VAL_HASH: return hash_bytes(v);
    case VAL_STREAM: return stream_bytes(v);
    }
    bad_type(v);
}

size_t value_free_effort(const struct value *v) {
    switch (v->type) {
    case VAL_STRING: return 1;
    case VAL_LIST: return list_effort(v);
    case VAL_SET: return set_effort(v);
    case VAL_ZSET: return zset_effort(v);
    case VAL_HASH: return hash_effort(v);
    case VAL_STREAM: return stream_effort(v);
    }
    bad_type(v);
}

bool value_drain(struct value *v, struct freeing *f) {
    switch (v->type) {
    case VAL_STRING: return false;
    case VAL_LIST: return list_drain(v, f);
    case VAL_SET: return set_drain(v, f);
    case VAL_ZSET: return zset_drain(v, f);
    case VAL_HASH: return hash_drain(v, f);
    case VAL_STREAM: return stream_drain(v, f);
    }
    bad_type(v);
}

void value_free(struct value *v) {
    struct freeing all = freeing_all();
    value_drain(v, &all);
}

struct value value_copy(const struct value *v, const struct type_env *env) {
    switch (v->type) {
    case VAL_STRING: return *v;
    case VAL_LIST: return list_copy(v, env);
    case VAL_SET: return set_copy(v, env);
    case VAL_ZSET: return zset_copy(v, env);
    case VAL_HASH: return hash_copy(v, env);
    case VAL_STREAM: return stream_copy(v, env);
    }
    bad_type(v);
}

bool value_compact(struct value *v, struct mover *m, struct move_cursor *c) {
    switch (v->type) {
    case VAL_STRING: return false;
    case VAL_LIST: return list_compact(v, m, c);
    case VAL_SET: return set_compact(v, m, c);
    case VAL_ZSET: return zset_compact(v, m, c);
    case VAL_HASH: return hash_compact(v, m, c);
    case VAL_STREAM: return stream_compact(v, m, c);
    }
    bad_type(v);
}

bool value_check(const struct value *v) {
    switch (v->type) {
    case VAL_STRING: ASSERT(v->enc == ENC_RAW || v->enc == ENC_INT); return true;
    case VAL_LIST: return list_check(v);
    case VAL_SET: return set_check(v);
    case VAL_ZSET: return zset_check(v);
    case VAL_HASH: return hash_check(v);
    case VAL_STREAM: return stream_check(v);
    }
    bad_type(v);
}

struct slice element_text(const struct element *e, char *scratch) {
    if (!e->is_int) return e->s;
    return slice_of(scratch, num_format_i64(scratch, e->i));
}
