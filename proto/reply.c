/* reply.c: the one writer of RESP2 and RESP3.
 *
 * Everything small is written in place: outbuf_reserve() hands out contiguous room, the header's
 * digits and the payload go straight into it, and one outbuf_commit() ends it. Only what is larger
 * than SMALL_MAX goes through outbuf_append().
 *
 *     $ 5 \r \n h e l l o \r \n        one reservation of HEADER_MAX + len + 2 bytes
 *
 * Header lines for lengths below a hundred, which is most of them, end in one four-byte store.
 *
 * Text that came from elsewhere never ends a line early: CR and LF in statuses and errors become
 * blanks, so an error reply can't carry a second reply.
 *
 * Not here: which command may reply when (dispatch), buffer limits (net). Start at bulk_write(). */
#include "proto/reply.h"

#include <stdarg.h>
#include <stdio.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "proto/num.h"

#define HEADER_MAX (1 + NUM_I64_TEXT_MAX + 2) /* type, digits, CRLF */
#define SMALL_MAX  (OUTBUF_RESERVE_MAX - HEADER_MAX - 2)
#define SHORT_MAX  32 /* bytes of a string that is copied in place */
#define FORMAT_MAX 2048 /* bytes of a formatted error */

void reply_init(struct reply *r, struct outbuf *out) { *r = (struct reply){.out = out, .resp = 2}; }

/* --- Pieces -------------------------------------------------------------------------------- */

static inline char *crlf_put(char *p) {
    memcpy(p, "\r\n", 2);
    return p + 2;
}

/* "0\r\n" to "99\r\n", as they lie in memory. */
#define LINE1(n)    (uint64_t)('0' + (n)) | (uint64_t)'\r' << 8 | (uint64_t)'\n' << 16
#define LINE2(t, n) ('0' + (t)) | (LINE1(n)) << 8
#define LINES(t)                                                                                   \
    LINE2(t, 0), LINE2(t, 1), LINE2(t, 2), LINE2(t, 3), LINE2(t, 4), LINE2(t, 5), LINE2(t, 6),     \
        LINE2(t, 7), LINE2(t, 8), LINE2(t, 9)
static const uint64_t lines[100] = {
    LINE1(0), LINE1(1), LINE1(2), LINE1(3), LINE1(4), LINE1(5), LINE1(6), LINE1(7), LINE1(8),
    LINE1(9), LINES(1), LINES(2), LINES(3), LINES(4), LINES(5), LINES(6), LINES(7), LINES(8),
    LINES(9),
};

/* n < 100, and room for eight bytes. */
static inline char *header_put_short(char *p, char type, unsigned n) {
    uint64_t line = lines[n] << 8 | (unsigned char)type;
    memcpy(p, &line, sizeof line);
    return p + (n < 10 ? 4 : 5);
}

/* Room for HEADER_MAX. */
static inline char *header_put(char *p, char type, uint64_t n) {
    if (ASH_LIKELY(n < 100)) return header_put_short(p, type, (unsigned)n);
    *p++ = type;
    return crlf_put(p + num_format_u64(p, n));
}

static inline void header_write(struct reply *r, char type, uint64_t n) {
    if (ASH_UNLIKELY(r->muted)) return;
    char *p = outbuf_reserve(r->out, HEADER_MAX);
    outbuf_commit(r->out, (size_t)(header_put(p, type, n) - p));
}

static inline void constant_write(struct reply *r, const char *text, size_t len) {
    if (ASH_UNLIKELY(r->muted)) return;
    memcpy(outbuf_reserve(r->out, len), text, len);
    outbuf_commit(r->out, len);
}
#define CONSTANT(r, text) constant_write(r, text, sizeof(text) - 1)

/* Strings too long for one reserve, or for the short way below. */
static __attribute__((noinline)) void bulk_write_long(struct reply *r, const char *text,
                                                      size_t len) {
    if (len > SMALL_MAX) {
        header_write(r, '$', len);
        outbuf_append(r->out, text, len);
        CONSTANT(r, "\r\n");
        return;
    }
    char *start = outbuf_reserve(r->out, HEADER_MAX + len + 2);
    char *p = header_put(start, '$', len);
    if (len > 0) memcpy(p, text, len);
    outbuf_commit(r->out, (size_t)(crlf_put(p + len) - start));
}

/* What is short, mostly: two copies of fixed size that may overlap, instead of a call. */
static inline void short_copy(char *to, const char *from, size_t len) {
    if (len >= 16) {
        memcpy(to, from, 16);
        memcpy(to + len - 16, from + len - 16, 16);
    } else if (len >= 8) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
    } else {
        for (size_t i = 0; i < len; i++) to[i] = from[i];
    }
}

/* Long replies are many short strings: those make no call at all while there is room. */
static void bulk_write(struct reply *r, const char *text, size_t len) {
    if (ASH_UNLIKELY(r->muted)) return;
    if (len > SHORT_MAX || outbuf_room(r->out) < HEADER_MAX + SHORT_MAX + 2) {
        bulk_write_long(r, text, len);
        return;
    }
    char *start = outbuf_reserve(r->out, HEADER_MAX + SHORT_MAX + 2);
    char *p = header_put_short(start, '$', (unsigned)len);
    short_copy(p, text, len);
    outbuf_commit(r->out, (size_t)(crlf_put(p + len) - start));
}

/* type, text, CRLF; CR and LF in the text become blanks. */
static void line_write(struct reply *r, char type, const char *text, size_t len) {
    if (r->muted) return;
    if (len > SMALL_MAX) len = SMALL_MAX;
    char *start = outbuf_reserve(r->out, len + 3), *p = start;
    *p++ = type;
    for (size_t i = 0; i < len; i++) *p++ = text[i] == '\r' || text[i] == '\n' ? ' ' : text[i];
    outbuf_commit(r->out, (size_t)(crlf_put(p) - start));
}

/* --- Statuses and errors ------------------------------------------------------------------- */

void reply_status(struct reply *r, const char *text) { line_write(r, '+', text, strlen(text)); }

void reply_ok(struct reply *r) { CONSTANT(r, "+OK\r\n"); }

void reply_error(struct reply *r, const char *text) {
    size_t code = strcspn(text, " \r\n");
    if (code >= sizeof(r->last_error)) code = sizeof(r->last_error) - 1;
    memcpy(r->last_error, text, code);
    r->last_error[code] = '\0';
    r->errors++;
    line_write(r, '-', text, strlen(text));
}

void reply_errorf(struct reply *r, const char *format, ...) {
    char    text[FORMAT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    reply_error(r, text);
}

/* --- Numbers ------------------------------------------------------------------------------- */

void reply_int(struct reply *r, int64_t v) {
    if (ASH_LIKELY(v >= 0)) {
        header_write(r, ':', (uint64_t)v);
        return;
    }
    if (r->muted) return;
    char *start = outbuf_reserve(r->out, HEADER_MAX), *p = start;
    *p++ = ':';
    p += num_format_i64(p, v);
    outbuf_commit(r->out, (size_t)(crlf_put(p) - start));
}

void reply_uint(struct reply *r, uint64_t v) { header_write(r, ':', v); }

void reply_bool(struct reply *r, bool v) {
    if (r->resp < 3) reply_int(r, v);
    else if (v) CONSTANT(r, "#t\r\n");
    else CONSTANT(r, "#f\r\n");
}

void reply_double(struct reply *r, double v) {
    char   text[NUM_DOUBLE_TEXT_MAX];
    size_t len = num_format_double(text, v);
    if (r->resp < 3) bulk_write(r, text, len);
    else line_write(r, ',', text, len);
}

void reply_big_number(struct reply *r, struct slice digits) {
    if (r->resp < 3) bulk_write(r, digits.p, digits.len);
    else line_write(r, '(', digits.p, digits.len);
}

/* --- Strings ------------------------------------------------------------------------------- */

void reply_bulk(struct reply *r, struct slice s) { bulk_write(r, s.p, s.len); }

/* A header that is made once, and room asked for once a chunk. */
void reply_bulks(struct reply *r, struct slice first, size_t n) {
    const char *text = first.p;
    size_t      len = first.len;
    if (len > SHORT_MAX || r->muted) {
        for (; n > 0; n--, text += len) bulk_write(r, text, len);
        return;
    }
    char   line[8];
    size_t head = (size_t)(header_put_short(line, '$', (unsigned)len) - line);
    size_t each = head + len + 2, more = sizeof line + SHORT_MAX; /* written over what follows */
    while (n > 0) {
        size_t room = outbuf_room(r->out), most = OUTBUF_RESERVE_MAX - more;
        if (room > more + each && room - more < most) most = room - more;
        size_t batch = most / each < n ? most / each : n;
        char  *start = outbuf_reserve(r->out, batch * each + more), *p = start;
        n -= batch;
        for (; batch > 0; batch--, text += len) {
            memcpy(p, line, sizeof line);
            short_copy(p + head, text, len);
            p = crlf_put(p + head + len);
        }
        outbuf_commit(r->out, (size_t)(p - start));
    }
}

void reply_bulk_str(struct reply *r, const char *s) { bulk_write(r, s, strlen(s)); }

void reply_bulk_int(struct reply *r, int64_t v) {
    char text[NUM_I64_TEXT_MAX];
    bulk_write(r, text, num_format_i64(text, v));
}

void reply_bulk_double(struct reply *r, double v) {
    char text[NUM_DOUBLE_TEXT_MAX];
    bulk_write(r, text, num_format_double(text, v));
}

void reply_bulk_ldouble(struct reply *r, long double v) {
    char text[NUM_LDOUBLE_TEXT_MAX];
    bulk_write(r, text, num_format_ldouble(text, v));
}

void reply_ldouble(struct reply *r, long double v) {
    char text[NUM_LDOUBLE_TEXT_MAX], line[NUM_LDOUBLE_TEXT_MAX + 4];
    if (r->resp < 3) {
        reply_bulk_ldouble(r, v);
        return;
    }
    num_format_ldouble(text, v);
    reply_raw(r, slice_of(line, (size_t)snprintf(line, sizeof line, ",%s\r\n", text)));
}

void reply_bulkf(struct reply *r, const char *format, ...) {
    if (r->muted) return;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char text[FORMAT_MAX];
    int  len = vsnprintf(text, sizeof(text), format, args);
    ASSERT(len >= 0);
    if ((size_t)len < sizeof(text)) {
        bulk_write(r, text, (size_t)len);
    } else {
        size_t size = (size_t)len + 1;
        char  *large = ash_alloc(r->out->heap, size);
        vsnprintf(large, size, format, again);
        bulk_write(r, large, (size_t)len);
        ash_free(large, size);
    }
    va_end(again);
    va_end(args);
}

void reply_verbatim(struct reply *r, const char *format, struct slice s) {
    DASSERT(strlen(format) == 3);
    if (r->resp < 3) {
        bulk_write(r, s.p, s.len);
        return;
    }
    if (r->muted) return;
    header_write(r, '=', s.len + 4);
    constant_write(r, format, 3);
    CONSTANT(r, ":");
    outbuf_append(r->out, s.p, s.len);
    CONSTANT(r, "\r\n");
}

void reply_null(struct reply *r) {
    if (r->resp < 3) CONSTANT(r, "$-1\r\n");
    else CONSTANT(r, "_\r\n");
}

void reply_raw(struct reply *r, struct slice s) {
    if (!r->muted) outbuf_append(r->out, s.p, s.len);
}

/* --- Aggregates ---------------------------------------------------------------------------- */

void reply_null_array(struct reply *r) {
    if (r->resp < 3) CONSTANT(r, "*-1\r\n");
    else CONSTANT(r, "_\r\n");
}

void reply_empty_array(struct reply *r) { CONSTANT(r, "*0\r\n"); }

void reply_array(struct reply *r, size_t n) { header_write(r, '*', n); }

void reply_map(struct reply *r, size_t pairs) {
    if (r->resp < 3) header_write(r, '*', 2 * (uint64_t)pairs);
    else header_write(r, '%', pairs);
}

void reply_set(struct reply *r, size_t n) { header_write(r, r->resp < 3 ? '*' : '~', n); }

void reply_push(struct reply *r, size_t n) { header_write(r, r->resp < 3 ? '*' : '>', n); }

/* RESP2 has no place for attributes, and their elements can't be taken back. */
void reply_attribute(struct reply *r, size_t pairs) {
    ASSERT(r->resp >= 3);
    header_write(r, '|', pairs);
}

/* --- Deferred lengths ---------------------------------------------------------------------- */

struct reply_deferred reply_begin(struct reply *r) {
    if (r->muted) return (struct reply_deferred){{NULL, 0}};
    return (struct reply_deferred){outbuf_mark(r->out)};
}

#define END_BULK_MAX 64

static void deferred_write(struct reply *r, struct reply_deferred d, char type, uint64_t n) {
    if (r->muted) return;
    ASSERT(d.mark.chunk != NULL);
    char line[HEADER_MAX];
    outbuf_insert(r->out, d.mark, line, (size_t)(header_put(line, type, n) - line));
}

void reply_end_bulk(struct reply *r, struct reply_deferred d, struct slice s) {
    char text[HEADER_MAX + END_BULK_MAX + 2], *at;
    ASSERT(s.len <= END_BULK_MAX);
    if (r->muted) return;
    at = header_put(text, '$', s.len);
    memcpy(at, s.p, s.len);
    memcpy(at + s.len, "\r\n", 2);
    outbuf_insert(r->out, d.mark, text, (size_t)(at - text) + s.len + 2);
}

void reply_end_array(struct reply *r, struct reply_deferred d, size_t n) {
    deferred_write(r, d, '*', n);
}

void reply_end_map(struct reply *r, struct reply_deferred d, size_t pairs) {
    if (r->resp < 3) deferred_write(r, d, '*', 2 * (uint64_t)pairs);
    else deferred_write(r, d, '%', pairs);
}

void reply_end_set(struct reply *r, struct reply_deferred d, size_t n) {
    deferred_write(r, d, r->resp < 3 ? '*' : '~', n);
}

/* --- Checking ------------------------------------------------------------------------------ */

/* A place in the chain; bytes are how many lie before the end. */
struct cursor {
    const struct outbuf_chunk *chunk;
    size_t                     at, bytes;
};

static bool cursor_skip(struct cursor *c, uint64_t len) {
    if (len > c->bytes) return false;
    c->bytes -= len;
    while (len > 0) {
        size_t here = c->chunk->len - c->at;
        if (len < here) {
            c->at += len;
            return true;
        }
        len -= here;
        c->chunk = c->chunk->next;
        c->at = c->chunk == NULL ? 0 : c->chunk->off;
    }
    return true;
}

static bool cursor_byte(struct cursor *c, char *out) {
    while (c->chunk != NULL && c->at == c->chunk->len) {
        c->chunk = c->chunk->next;
        c->at = c->chunk == NULL ? 0 : c->chunk->off;
    }
    if (c->bytes == 0) return false;
    *out = c->chunk->data[c->at];
    return cursor_skip(c, 1);
}

/* The rest of a line; the first bytes of it go to text, terminated. */
static bool cursor_line(struct cursor *c, char *text, size_t size) {
    char   byte;
    size_t len = 0;
    while (cursor_byte(c, &byte) && byte != '\n') {
        if (byte == '\r') return cursor_byte(c, &byte) && byte == '\n';
        if (len + 1 < size) text[len++] = byte;
        text[len] = '\0';
    }
    return false;
}

/* One element; *children is how many more it brings with it. */
static bool cursor_element(struct cursor *c, char *kind, uint64_t *children) {
    char    type, text[NUM_I64_TEXT_MAX] = "", tail[2];
    int64_t n = 0;
    *children = 0;
    if (!cursor_byte(c, &type) || !cursor_line(c, text, sizeof(text))) return false;
    *kind = type;
    if (strchr("$=*%~>|", type) != NULL && !num_parse_i64(slice_str(text), &n)) return false;
    switch (type) {
        case '+': case '-': case ':': case ',': case '(': return true;
        case '_': return text[0] == '\0';
        case '#': return strcmp(text, "t") == 0 || strcmp(text, "f") == 0;
        case '$': case '=':
            if (n == -1 && type == '$') return true;
            return n >= 0 && cursor_skip(c, (uint64_t)n) && cursor_byte(c, &tail[0]) &&
                   cursor_byte(c, &tail[1]) && memcmp(tail, "\r\n", 2) == 0;
        case '*':
            if (n == -1) return true; /* fall through */
        case '~': case '>':
            *children = (uint64_t)n;
            return n >= 0 && n <= INT32_MAX;
        case '%': case '|':
            *children = 2 * (uint64_t)n + (type == '|');
            return n >= 0 && n <= INT32_MAX;
        default: return false;
    }
}

bool reply_check(const struct outbuf *out, size_t len, uint64_t *count) {
    ASSERT(len <= out->bytes);
    struct cursor c = {out->first, out->first == NULL ? 0 : out->first->off, out->bytes};
    uint64_t      children, pending = 0;
    char          kind;
    cursor_skip(&c, out->bytes - len);
    for (*count = 0; c.bytes > 0 || pending > 0;) {
        bool top = pending == 0;
        if (!cursor_element(&c, &kind, &children)) return false;
        *count += top && kind != '>';
        pending += top;
        if (__builtin_add_overflow(pending - 1, children, &pending)) return false;
    }
    return true;
}
