/* bytes.c: a growable run of bytes for test tools. Doubles its room; nothing clever. */
#include "tests/support/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *must_alloc(size_t size) {
    void *p = calloc(1, size > 0 ? size : 1);
    if (p == NULL) abort();
    return p;
}

void *must_grow(void *p, size_t size) {
    p = realloc(p, size > 0 ? size : 1);
    if (p == NULL) abort();
    return p;
}

char *must_copy(const char *data, size_t len) {
    char *copy = must_alloc(len + 1);
    if (len > 0) memcpy(copy, data, len);
    return copy;
}

void bytes_reserve(struct bytes *b, size_t len) {
    size_t cap = b->cap > 0 ? b->cap : 64;
    while (cap < b->len + len + 1) cap *= 2;
    if (cap == b->cap) return;
    b->data = must_grow(b->data, cap);
    b->cap = cap;
}

void bytes_add(struct bytes *b, const void *data, size_t len) {
    bytes_reserve(b, len);
    if (len > 0) memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void bytes_print(struct bytes *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) abort();
    bytes_reserve(b, (size_t)len);
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

void bytes_quote(struct bytes *b, const char *data, size_t len) {
    bytes_add(b, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '"' || c == '\\') bytes_print(b, "\\%c", c);
        else if (c == '\n') bytes_add(b, "\\n", 2);
        else if (c == '\r') bytes_add(b, "\\r", 2);
        else if (c == '\t') bytes_add(b, "\\t", 2);
        else if (c >= 32 && c < 127) bytes_add(b, &c, 1);
        else bytes_print(b, "\\x%02x", c);
    }
    bytes_add(b, "\"", 1);
}

void bytes_drop_front(struct bytes *b, size_t len) {
    if (len == 0) return;
    memmove(b->data, b->data + len, b->len - len + 1);
    b->len -= len;
}

void bytes_clear(struct bytes *b) {
    b->len = 0;
    if (b->data != NULL) b->data[0] = '\0';
}

void bytes_fini(struct bytes *b) {
    free(b->data);
    *b = (struct bytes){0};
}
