/* debug_digest.c: Redis's digest of data: SHA-1 sums put together by xor where order does not
 * matter (keys, members, fields) and by hashing again where it does (a list's elements, a field and
 * its value). Numbers go in as their text, so encodings make no difference. */
#include "server/commands/debug_digest.h"

#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/stream.h"
#include "server/types/zset.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

/* Order does not matter. */
static void digest_xor(struct digest *d, struct slice s) {
    unsigned char sum[SHA1_SIZE];
    sha1(s, sum);
    for (unsigned i = 0; i < SHA1_SIZE; i++) d->byte[i] ^= sum[i];
}

static struct slice digest_slice(const struct digest *d) {
    return slice_of((const char *)d->byte, sizeof d->byte);
}

/* Order matters. */
static void digest_mix(struct digest *d, struct slice s) {
    digest_xor(d, s);
    struct digest before = *d;
    sha1(digest_slice(&before), d->byte);
}

static void digest_mix_number(struct digest *d, uint32_t v) {
    uint32_t net = htonl(v);
    digest_mix(d, slice_of((const char *)&net, sizeof net));
}

static void digest_mix_element(struct digest *d, const struct element *e) {
    char scratch[ELEMENT_TEXT_MAX];
    digest_mix(d, element_text(e, scratch));
}

static void digest_string(struct digest *d, const struct value *v) {
    struct element e = {.is_int = v->enc == ENC_INT};
    if (e.is_int) {
        e.i = v->u.i;
    } else {
        e.s = v->u.str;
    }
    digest_mix_element(d, &e);
}

static void digest_list(struct digest *d, const struct value *v) {
    struct list_iter it;
    struct element   e;
    list_iter_init(&it, v, 0, false);
    while (list_next(&it, &e)) digest_mix_element(d, &e);
    list_iter_fini(&it);
}

static void digest_set(struct digest *d, const struct value *v) {
    struct set_iter it;
    struct element  e;
    char            scratch[ELEMENT_TEXT_MAX];
    set_iter_init(&it, v);
    while (set_next(&it, &e)) digest_xor(d, element_text(&e, scratch));
}

static void digest_hash(struct digest *d, const struct value *v) {
    struct hash_iter it;
    struct element   field, value;
    hash_iter_init(&it, v, 0);
    while (hash_next(&it, &field, &value)) {
        struct digest pair = {{0}};
        digest_mix_element(&pair, &field);
        digest_mix_element(&pair, &value);
        if (hash_iter_ms(&it) != HASH_NO_TTL) digest_xor(&pair, slice_str("!!hexpire!!"));
        digest_xor(d, digest_slice(&pair));
    }
}

static void digest_zset(struct digest *d, const struct value *v) {
    uint64_t           count = zset_count(v);
    struct zset_cursor c = zset_at(v, 0); /* no zset is empty */
    for (uint64_t i = 0; i < count; i++, zset_step(&c, false)) {
        struct digest  pair = {{0}};
        struct element member;
        double         score;
        char           text[64];
        zset_peek(&c, &member, &score);
        snprintf(text, sizeof text, "%.17g", score); /* as Redis up to 7.0, whatever ZSCORE prints */
        digest_mix_element(&pair, &member);
        digest_mix(&pair, slice_str(text));
        digest_xor(d, digest_slice(&pair));
    }
}

/* An entry's ID is mixed in as "ms.seq". */
static void digest_stream(struct digest *d, const struct value *v) {
    struct stream_iter it;
    struct stream_id   id;
    uint64_t           pairs;
    stream_iter_init(&it, v, STREAM_ID_MIN, STREAM_ID_MAX, false);
    while (stream_next(&it, &id, &pairs)) {
        char text[STREAM_ID_TEXT_MAX];
        snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64, id.ms, id.seq);
        digest_mix(d, slice_str(text));
        for (; pairs > 0; pairs--) {
            struct element field, value;
            stream_field(&it, &field, &value);
            digest_mix_element(d, &field);
            digest_mix_element(d, &value);
        }
    }
}

static void digest_add_entry(struct digest *d, const struct entry *e) {
    struct value v;
    entry_value(e, &v);
    digest_mix_number(d, v.type);
    switch (v.type) {
    case VAL_STRING: digest_string(d, &v); break;
    case VAL_LIST: digest_list(d, &v); break;
    case VAL_SET: digest_set(d, &v); break;
    case VAL_ZSET: digest_zset(d, &v); break;
    case VAL_HASH: digest_hash(d, &v); break;
    case VAL_STREAM: digest_stream(d, &v); break;
    default: PANIC("no digest for type %d", v.type);
    }
    if (entry_expire_ms(e) != ENTRY_NO_EXPIRE) digest_xor(d, slice_str("!!expire!!"));
}

struct digest digest_entry(const struct entry *e) {
    struct digest d = {{0}};
    digest_add_entry(&d, e);
    return d;
}

struct digest digest_keyspace(const struct keyspace *ks) {
    struct digest all = {{0}};
    for (unsigned i = 0; i < ks->count; i++) {
        struct table_iter it;
        const void       *item;
        if (ks->db[i].keys.count == 0) continue;
        digest_mix_number(&all, i);
        table_iter_init(&it, &ks->db[i].keys);
        while ((item = table_next(&it)) != NULL) {
            struct digest one = {{0}};
            digest_mix(&one, entry_key(item));
            digest_add_entry(&one, item);
            digest_xor(&all, digest_slice(&one));
        }
    }
    return all;
}

void digest_print(const struct digest *d, char out[2 * SHA1_SIZE + 1]) {
    for (unsigned i = 0; i < SHA1_SIZE; i++) sprintf(out + 2 * i, "%02x", d->byte[i]);
}
