/* string_key.c: a key that holds a string, for handlers that read or change its bytes. */
#include "server/commands/string_key.h"

#include "server/commands/errors.h"
#include "server/core/config.h"

struct slice string_text(const struct key *k, char scratch[NUM_I64_TEXT_MAX]) {
    if (k->entry == NULL) return slice_of("", 0);
    if (k->v.enc != ENC_INT) return k->v.u.str;
    return slice_of(scratch, num_format_i64(scratch, k->v.u.i));
}

bool string_room_new(struct call *c, size_t bytes) {
    if (ASH_LIKELY(db_has_room(c->db, bytes))) return true;
    reply_error(c->reply, ERR_NO_MEMORY);
    return false;
}

bool string_room(struct call *c, const struct key *k, size_t at, size_t len) {
    size_t total;
    if (!num_add_ok(at, len, &total) || total > c->engine->config->proto_max_bulk_len) {
        reply_error(c->reply, ERR_STRING_TOO_LONG);
        return false;
    }
    if (k->entry != NULL && total <= entry_room(k->entry)) return true;
    return string_room_new(c, total);
}

char *string_resize(struct call *c, struct key *k, size_t len) {
    char *bytes = db_string_resize(c->db, k->name, k->hash, k->entry, len);
    k->entry = db_peek(c->db, k->name, k->hash); /* it may have moved */
    entry_value(k->entry, &k->v);
    return bytes;
}

char *string_grow(struct call *c, struct key *k, size_t len, size_t *had) {
    char scratch[NUM_I64_TEXT_MAX];
    *had = string_text(k, scratch).len;
    if (k->entry != NULL && k->v.enc == ENC_RAW && len <= *had) {
        entry_mark_modified(k->entry);
        return (char *)(uintptr_t)k->v.u.str.p;
    }
    if (len < *had) len = *had;
    if ((k->entry == NULL || len > entry_room(k->entry)) && !string_room_new(c, len)) return NULL;
    return string_resize(c, k, len);
}
