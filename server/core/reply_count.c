/* reply_count.c: see reply_count.h. Copies the bytes to one run first, which makes the walk simple;
 * only debug builds pay for it. */
#include "server/core/reply_count.h"

#include "alloc/alloc.h"

#include <stdlib.h>

#define DEPTH_MAX 64

struct walk {
    const char *at, *end;
};

/* The line at w->at without its CRLF; w moves behind it. */
static bool line_take(struct walk *w, struct slice *line) {
    const char *end = memchr(w->at, '\r', (size_t)(w->end - w->at));
    if (end == NULL || end + 1 >= w->end || end[1] != '\n' || end == w->at) return false;
    *line = slice_of(w->at, (size_t)(end - w->at));
    w->at = end + 2;
    return true;
}

static bool bytes_skip(struct walk *w, long long len) {
    if (len < 0) return len == -1;
    if (w->end - w->at < len + 2 || memcmp(w->at + len, "\r\n", 2) != 0) return false;
    w->at += len + 2;
    return true;
}

/* Skips one value. *type gets its first byte. */
static bool value_skip(struct walk *w, unsigned depth, char *type) {
    struct slice line;
    char         inner;
    if (depth == DEPTH_MAX || !line_take(w, &line)) return false;
    *type = line.p[0];
    long long n = strtoll(line.p + 1, NULL, 10);
    switch (*type) {
    case '+': case '-': case ':': case ',': case '#': case '_': case '(': return true;
    case '$': case '=': case '!': return bytes_skip(w, n);
    case '%': case '|': n *= 2; break;
    case '*': case '~': case '>': break;
    default: return false;
    }
    for (; n > 0; n--)
        if (!value_skip(w, depth + 1, &inner)) return false;
    return true;
}

static void bytes_copy(const struct outbuf *b, uint64_t skip, char *to) {
    for (const struct outbuf_chunk *c = b->first; c != NULL; c = c->next) {
        uint64_t len = c->len - c->off, drop = skip < len ? skip : len;
        memcpy(to, c->data + c->off + drop, len - drop);
        to += len - drop;
        skip -= drop;
    }
}

int reply_count(const struct outbuf *b, uint64_t skip) {
    ASSERT(skip <= b->bytes);
    size_t len = b->bytes - skip;
    char  *copy = ash_alloc(b->heap, len + 1);
    bytes_copy(b, skip, copy);
    copy[len] = '\0';
    struct walk w = {copy, copy + len};
    int         count = 0;
    char        type;
    while (w.at < w.end && count >= 0) {
        if (!value_skip(&w, 0, &type))
            count = -1;
        else if (type != '|' && type != '>')
            count++;
    }
    ash_free(copy, len + 1);
    return count;
}
