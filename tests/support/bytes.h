/* bytes.h: a growable run of bytes for test tools, on the C library's malloc.
 *
 * Test tools share no code with the server, so that a fault in its buffers cannot hide itself.
 * data is always followed by a NUL that len does not count. Running out of memory ends the tool. */
#ifndef ASHLAR_TESTS_SUPPORT_BYTES_H
#define ASHLAR_TESTS_SUPPORT_BYTES_H

#include <stddef.h>

struct bytes {
    char  *data; /* NULL while empty */
    size_t len;
    size_t cap;
};

void bytes_add(struct bytes *b, const void *data, size_t len);
__attribute__((format(printf, 2, 3))) void bytes_print(struct bytes *b, const char *format, ...);
/* Adds the bytes in quotes, escaped so that one line of ASCII holds them. */
void bytes_quote(struct bytes *b, const char *data, size_t len);
/* Room for len more bytes after b->data + b->len; the caller then adds to b->len. */
void bytes_reserve(struct bytes *b, size_t len);
void bytes_drop_front(struct bytes *b, size_t len);
void bytes_clear(struct bytes *b); /* keeps the memory */
void bytes_fini(struct bytes *b);

void *must_alloc(size_t size); /* zeroed */
void *must_grow(void *p, size_t size);
char *must_copy(const char *data, size_t len); /* NUL-terminated */

#endif
