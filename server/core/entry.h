/* entry.h: a key, its metadata and, where it fits, its value: one allocation.
 *
 *   byte 0      value type (low nibble), encoding (high nibble: enum value_encoding)
 *   byte 1      flags: EXPIRE 1, WIDE 2, MODIFIED 4 (a string changed in place: shown as "raw"),
 *               EXTERNAL 8 (the string is a struct str of its own)
 *   bytes 2-4   access clock: LRU (24 bits of seconds) or LFU (16 bits of minutes, 8 bits counter)
 *   byte 5      key length, unless WIDE
 *   bytes 6-7   length of an embedded string
 *   [8 bytes]   WIDE: key length
 *   [8 bytes]   EXPIRE: Unix time in ms
 *   [8 bytes]   integer or pointer, unless the value is embedded
 *   key bytes, then the bytes of an embedded string
 *
 * So the everyday key costs 8 bytes beside its own and its value's. The address changes when the size
 * does; the keyspace's tables hold the only references.
 * Locking: none. The engine thread owns entries that are in a table; entry_free: any thread. */
#ifndef ASHLAR_SERVER_CORE_ENTRY_H
#define ASHLAR_SERVER_CORE_ENTRY_H

#include "server/types/value.h"

#define ENTRY_EMBED_MAX 1024 /* longer strings live in a struct str of their own */
#define ENTRY_NO_EXPIRE (-1)

struct entry;
struct str;

struct slice entry_key(const struct entry *e);
int64_t      entry_expire_ms(const struct entry *e); /* ENTRY_NO_EXPIRE: none */
void         entry_value(const struct entry *e, struct value *out); /* borrowed view */
enum value_type entry_type(const struct entry *e);
/* As OBJECT ENCODING: "int", "embstr", "raw", "listpack", ... */
const char  *entry_encoding_name(const struct entry *e);
uint32_t     entry_access(const struct entry *e);            /* the 24 bits */
void         entry_set_access(struct entry *e, uint32_t access);
/* Heap bytes in slots: the entry, and its value. */
size_t       entry_bytes(const struct entry *e);
size_t       entry_free_effort(const struct entry *e);
/* Frees it and its value. Any thread; not in any table. */
void         entry_free(struct entry *e);

#endif
