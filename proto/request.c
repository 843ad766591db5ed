/* request.c: from the bytes of a client to commands.
 *
 * Two ways through. A multibulk request that is wholly there and well formed, which is nearly every
 * one, is taken by whole_parse() in one pass straight into the batch. Whatever that does not like -
 * half received, an inline command, an error, a client that has yet to authenticate - it leaves
 * untouched for next_step(), which goes element by element, keeps its place between calls and knows
 * all the error texts. So a byte is looked at by the fast way at most once in vain.
 *
 * Announced numbers are never believed: whole_parse() asks for room only where the received bytes
 * could hold that many arguments, next_step() grows its list by doubling as arguments arrive.
 *
 * While a request is half received, in->pos stays at its first byte and the parser's offsets count
 * from there, so the buffer may be moved or grown in between.
 *
 * Not here: the cross-protocol check for "POST" and "Host:" (dispatch), the query buffer limit
 * (net). Start reading at request_parse(). */
#include "proto/request.h"

#include <ctype.h>
#include <stdio.h>

#include "alloc/alloc.h"
#include "alloc/assert.h"
#include "proto/num.h"

#define BULK_WIRE_MIN 6    /* "$0\r\n\r\n" */
#define ARGS_FIRST    256  /* slices: 4 for each request of a batch */
#define ARGS_KEPT     4096 /* slices kept between batches */
#define SPANS_FIRST   8
#define SPANS_KEPT    32
#define INBUF_FIRST   1024
#define INBUF_DOUBLE  (1024 * 1024) /* grows by doubling up to here, by half beyond */

enum { STATE_IDLE, STATE_ARGS };                /* request_parser.state */
enum step { STEP_MORE, STEP_DONE, STEP_ERROR }; /* DONE: something was consumed */

/* --- Input bytes --------------------------------------------------------------------------- */

void inbuf_init(struct inbuf *b, struct ash_heap *heap) { *b = (struct inbuf){.heap = heap}; }

void inbuf_fini(struct inbuf *b) {
    ash_free(b->data, b->cap);
    inbuf_init(b, b->heap);
}

static void inbuf_compact(struct inbuf *b) {
    if (b->len > b->idle_peak) b->idle_peak = b->len;
    if (b->pos == 0) return;
    if (b->len > b->pos) memmove(b->data, b->data + b->pos, b->len - b->pos);
    b->len -= b->pos;
    b->pos = 0;
}

bool inbuf_reserve(struct inbuf *b, size_t want) {
    if (b->pos == b->len || b->cap - b->len < want) inbuf_compact(b);
    if (b->cap - b->len >= want) return true;
    size_t need, room = b->cap < INBUF_DOUBLE ? b->cap : b->cap / 2;
    if (room < INBUF_FIRST) room = INBUF_FIRST;
    if (room < want) room = want;
    if (!num_add_ok(b->len, room, &need) || need > ASH_SIZE_MAX) return false;
    need = ash_good_size(need);
    char *data = ash_try_realloc(b->heap, b->data, b->cap, need);
    if (data == NULL) return false;
    b->data = data;
    b->cap = need;
    return true;
}

void inbuf_shrink(struct inbuf *b) {
    inbuf_compact(b);
    size_t peak = b->idle_peak;
    b->idle_peak = 0;
    if (b->len == 0) {
        inbuf_fini(b);
        return;
    }
    if (peak < INBUF_FIRST) peak = INBUF_FIRST;
    size_t keep = ash_good_size(peak);
    if (b->cap / 4 < keep) return;
    char *data = ash_try_realloc(b->heap, b->data, b->cap, keep);
    if (data == NULL) return;
    b->data = data;
    b->cap = keep;
}

/* --- Batches ------------------------------------------------------------------------------- */

void request_batch_init(struct request_batch *b, struct ash_heap *heap) {
    b->count = 0;
    b->args = NULL;
    b->args_len = b->args_cap = 0;
    b->heap = heap;
}

void request_batch_fini(struct request_batch *b) {
    ash_free(b->args, b->args_cap * sizeof(struct slice));
    request_batch_init(b, b->heap);
}

void request_batch_clear(struct request_batch *b) {
    b->count = 0;
    b->args_len = 0;
    if (b->args_cap > ARGS_KEPT) request_batch_fini(b);
}

/* Room for n more slices; the argv of earlier requests follow when the array moves. */
static void args_grow(struct request_batch *b, size_t n) {
    size_t need, bytes, cap = b->args_cap < ARGS_FIRST ? ARGS_FIRST : b->args_cap * 2;
    ASSERT(num_add_ok(b->args_len, n, &need));
    if (cap < need) cap = need;
    ASSERT(num_mul_ok(cap, sizeof(struct slice), &bytes));
    struct slice *args = ash_alloc(b->heap, bytes);
    if (b->args_len > 0) memcpy(args, b->args, b->args_len * sizeof(struct slice));
    for (unsigned i = 0; i < b->count; i++) b->req[i].argv = args + (b->req[i].argv - b->args);
    ash_free(b->args, b->args_cap * sizeof(struct slice));
    b->args = args;
    b->args_cap = cap;
}

static inline struct slice *args_reserve(struct request_batch *b, size_t n) {
    if (ASH_UNLIKELY(b->args_cap - b->args_len < n)) args_grow(b, n);
    return b->args + b->args_len;
}

/* The n slices behind args_len are the next request. */
static inline void batch_push(struct request_batch *b, size_t n, size_t wire_len) {
    DASSERT(b->count < REQUEST_BATCH_MAX && n > 0 && n <= REQUEST_ARGS_MAX);
    b->req[b->count++] = (struct request){b->args + b->args_len, (uint32_t)n, wire_len};
    b->args_len += n;
}

/* --- The fast way -------------------------------------------------------------------------- */

#define CRLF 0x0a0du /* as word_load sees it */

static inline bool is_crlf(const char *p) { return word_load(p, 2) == CRLF; }

/* What header_parse() finds: a length, and where its line ends. */
struct header {
    const char *end; /* NULL: incomplete or odd */
    uint64_t    len;
};

/* Digits, at most ten of them, the first not a zero, and CRLF. */
__attribute__((noinline)) static struct header header_parse_long(const char *p, const char *end) {
    struct header none = {NULL, 0};
    if (p == end) return none;
    unsigned d = (unsigned)(unsigned char)*p - '0';
    if (d > 9 || d == 0) return none;
    uint64_t    v = d;
    const char *limit = end - p < 10 ? end : p + 10;
    for (p++; p < limit && (d = (unsigned)(unsigned char)*p - '0') <= 9; p++) v = v * 10 + d;
    if (end - p < 2 || !is_crlf(p)) return none;
    return (struct header){p + 2, v};
}

/* "<type><length>\r\n" at p, of which BULK_WIRE_MIN bytes exist. Lengths below a hundred are told
 * from four bytes each, which are compared with all but the digits at once. */
static inline struct header header_parse(const char *p, const char *end, char type) {
    uint64_t one = word_load(p, 4) ^ ((unsigned char)type | '0' << 8 | (uint64_t)CRLF << 16);
    if (one <= 9 << 8 && (one & 0xff) == 0) return (struct header){p + 4, one >> 8};
    uint64_t two = word_load(p + 1, 4) ^ ('0' | '0' << 8 | (uint64_t)CRLF << 16);
    unsigned tens = two & 0xff, ones = two >> 8 & 0xff;
    if (*p != type) return (struct header){NULL, 0};
    if (two >> 16 == 0 && tens - 1 <= 8 && ones <= 9)
        return (struct header){p + 5, tens * 10 + ones};
    return header_parse_long(p + 1, end);
}

/* The request at p, if all of it is there. Returns what follows; NULL: for next_step(). */
static const char *whole_parse(const char *p, const char *end, uint64_t bulk_max,
                               struct request_batch *batch) {
    const char *start = p;
    if (end - p < BULK_WIRE_MIN) return NULL;
    struct header count = header_parse(p, end, '*'), bulk;
    p = count.end;
    if (p == NULL || count.len == 0 || count.len > (uint64_t)(end - p) / BULK_WIRE_MIN ||
        count.len > REQUEST_ARGS_MAX)
        return NULL;
    struct slice *arg = args_reserve(batch, count.len), *args_end = arg + count.len;
    for (; arg < args_end; arg++) {
        if (end - p < BULK_WIRE_MIN) return NULL;
        bulk = header_parse(p, end, '$');
        if (bulk.end == NULL || bulk.len > bulk_max) return NULL;
        if ((uint64_t)(end - bulk.end) < bulk.len + 2) return NULL;
        p = bulk.end + bulk.len;
        if (!is_crlf(p)) return NULL;
        *arg = (struct slice){bulk.end, bulk.len};
        p += 2;
    }
    batch_push(batch, count.len, (size_t)(p - start));
    return p;
}

/* --- The careful way ----------------------------------------------------------------------- */

void request_parser_init(struct request_parser *p, struct ash_heap *heap) {
    *p = (struct request_parser){.heap = heap, .state = STATE_IDLE, .bulk_len = -1};
}

static void spans_free(struct request_parser *p) {
    ash_free(p->spans, p->span_cap * sizeof(struct request_span));
    p->spans = NULL;
    p->span_cap = 0;
}

void request_parser_fini(struct request_parser *p) {
    spans_free(p);
    request_parser_init(p, p->heap);
}

size_t request_parser_footprint(const struct request_parser *p) {
    return p->span_cap == 0 ? 0 : ash_good_size(p->span_cap * sizeof(struct request_span));
}

/* Back to waiting for a request; len bytes of this one are done with. */
static void parser_reset(struct request_parser *p, struct inbuf *in, size_t len) {
    in->pos += len;
    p->state = STATE_IDLE;
    p->bulk_len = -1;
    p->start = p->scan = 0;
    p->span_count = 0;
    if (p->span_cap > SPANS_KEPT) spans_free(p);
}

static void span_push(struct request_parser *p, size_t off, size_t len) {
    if (p->span_count == p->span_cap) {
        size_t old = p->span_cap * sizeof(struct request_span), size;
        size_t cap = p->span_cap == 0 ? SPANS_FIRST : p->span_cap * 2;
        ASSERT(num_mul_ok(cap, sizeof(struct request_span), &size));
        p->spans = ash_realloc(p->heap, p->spans, old, size);
        p->span_cap = cap;
    }
    p->spans[p->span_count++] = (struct request_span){off, len};
}

static enum step fail(struct request_parser *p, const char *message) {
    snprintf(p->message, sizeof(p->message), "%s", message);
    return STEP_ERROR;
}

/* Looks for the end of the line at p->start, no byte twice. Deterministic however the line was cut
 * into pieces: it is too big when more than REQUEST_INLINE_MAX bytes come before `stop`. */
static enum step line_find(struct request_parser *p, const struct inbuf *in, char stop,
                           const char *too_big, size_t *eol) {
    const char *base = in->data + in->pos;
    size_t      len = in->len - in->pos, limit = p->start + REQUEST_INLINE_MAX + 1;
    if (limit > len) limit = len;
    if (p->scan < p->start) p->scan = p->start;
    const char *hit = memchr(base + p->scan, stop, limit - p->scan);
    p->scan = hit != NULL ? (size_t)(hit - base) : limit;
    if (hit == NULL) return len - p->start > REQUEST_INLINE_MAX ? fail(p, too_big) : STEP_MORE;
    *eol = p->scan;
    return STEP_DONE;
}

/* A header line "<type><number>\r\n" at p->start. */
static enum step header_step(struct request_parser *p, const struct inbuf *in, const char *too_big,
                              const char *invalid, int64_t *out) {
    const char *base = in->data + in->pos;
    size_t      eol;
    enum step   step = line_find(p, in, '\r', too_big, &eol);
    if (step != STEP_DONE) return step;
    if (eol + 1 == in->len - in->pos) return STEP_MORE;
    const char *line = base + p->start;
    if (p->state == STATE_ARGS && *line != '$') {
        snprintf(p->message, sizeof(p->message), "expected '$', got '%c'", *line);
        return STEP_ERROR;
    }
    struct slice digits = slice_of(line + 1, (size_t)(base + eol - line) - 1);
    if (!is_crlf(base + eol) || !num_parse_i64(digits, out)) return fail(p, invalid);
    return STEP_DONE;
}

static enum step count_step(struct request_parser *p, struct inbuf *in,
                            const struct request_limits *limits) {
    static const char invalid[] = "invalid multibulk length";
    int64_t           n;
    enum step step = header_step(p, in, "too big mbulk count string", invalid, &n);
    if (step != STEP_DONE) return step;
    if (n > REQUEST_ARGS_MAX) return fail(p, invalid);
    if (n > REQUEST_UNAUTH_ARGS_MAX && !limits->authenticated)
        return fail(p, "unauthenticated multibulk length");
    p->start = p->scan + 2;
    if (n <= 0) {
        parser_reset(p, in, p->start);
        return STEP_DONE;
    }
    p->state = STATE_ARGS;
    p->args_left = n;
    return STEP_DONE;
}

/* The next bulk of a multibulk request. */
static enum step bulk_step(struct request_parser *p, const struct inbuf *in,
                           const struct request_limits *limits) {
    static const char invalid[] = "invalid bulk length";
    if (p->bulk_len < 0) {
        int64_t   n;
        enum step step = header_step(p, in, "too big bulk count string", invalid, &n);
        if (step != STEP_DONE) return step;
        if (n < 0 || (uint64_t)n > limits->bulk_max) return fail(p, invalid);
        if (n > REQUEST_UNAUTH_BULK_MAX && !limits->authenticated)
            return fail(p, "unauthenticated bulk length");
        p->bulk_len = n;
        p->start = p->scan + 2;
    }
    size_t have = in->len - in->pos - p->start;
    if (have < (uint64_t)p->bulk_len + 2) return STEP_MORE;
    size_t len = (size_t)p->bulk_len;
    if (!is_crlf(in->data + in->pos + p->start + len)) return fail(p, "invalid bulk terminator");
    span_push(p, p->start, len);
    p->start += len + 2;
    p->bulk_len = -1;
    p->args_left--;
    return STEP_DONE;
}

static enum step args_step(struct request_parser *p, struct inbuf *in,
                           const struct request_limits *limits, struct request_batch *batch) {
    while (p->args_left > 0) {
        enum step step = bulk_step(p, in, limits);
        if (step != STEP_DONE) return step;
    }
    struct slice *args = args_reserve(batch, p->span_count);
    for (size_t i = 0; i < p->span_count; i++)
        args[i] = slice_of(in->data + in->pos + p->spans[i].off, p->spans[i].len);
    batch_push(batch, p->span_count, p->start);
    parser_reset(p, in, p->start);
    return STEP_DONE;
}

/* --- Lines of words ------------------------------------------------------------------------ */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character behind a backslash between double quotes; *p moves past it. */
static char escape_read(const char **p, const char *end) {
    const char *s = *p;
    if (end - s >= 3 && s[0] == 'x' && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0) {
        *p = s + 3;
        return (char)(hex_digit(s[1]) * 16 + hex_digit(s[2]));
    }
    *p = s + 1;
    switch (*s) {
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case 'b': return '\b';
        case 'a': return '\a';
        default: return *s;
    }
}

static bool is_space(char c) { return isspace((unsigned char)c) != 0; }
static bool is_word_end(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/* A quoted part, *p behind the opening quote. Bytes go to out where it is not NULL. */
static bool quoted_read(const char **p, const char *end, char quote, char *out, size_t *len) {
    const char *s = *p;
    while (s < end && *s != quote) {
        char c = *s++;
        if (c == '\\' && s < end && quote == '"') c = escape_read(&s, end);
        else if (c == '\\' && s < end && *s == '\'' && quote == '\'') c = *s++;
        if (out != NULL) out[*len] = c;
        (*len)++;
    }
    if (s == end) return false;
    *p = ++s;
    return s == end || is_space(*s); /* a closing quote ends the word */
}

enum word { WORD_FOUND, WORD_END, WORD_BAD };

/* The next word from *p on. Its bytes go to out, or are only counted where out is NULL; they never
 * take more room than the word did, so out may be the word's own place. */
static enum word word_read(const char **p, const char *end, char *out, size_t *len) {
    const char *s = *p;
    *len = 0;
    for (; s < end && !is_word_end(*s); s++) {
        if (*s == '"' || *s == '\'') {
            char quote = *s++;
            *p = s;
            if (!quoted_read(p, end, quote, out, len)) return WORD_BAD;
            return WORD_FOUND;
        }
        if (out != NULL) out[*len] = *s;
        (*len)++;
    }
    *p = s;
    return WORD_FOUND;
}

static enum word word_next(const char **p, const char *end) {
    while (*p < end && is_space(**p)) (*p)++;
    return *p == end ? WORD_END : WORD_FOUND;
}

/* False: unbalanced quotes. */
static bool words_count(const char *p, const char *end, size_t *count) {
    size_t len;
    for (*count = 0; word_next(&p, end) == WORD_FOUND; (*count)++)
        if (word_read(&p, end, NULL, &len) == WORD_BAD) return false;
    return true;
}

/* Words are unquoted in place. That is done once the line is known to be good, and once only. */
static enum step inline_step(struct request_parser *p, struct inbuf *in,
                             struct request_batch *batch) {
    size_t    eol, count;
    enum step step = line_find(p, in, '\n', "too big inline request", &eol);
    if (step != STEP_DONE) return step;
    char       *line = in->data + in->pos;
    const char *s = line, *end = line + eol;
    if (end > s && end[-1] == '\r') end--;
    if (!words_count(s, end, &count)) return fail(p, "unbalanced quotes in request");
    if (count > 0) {
        struct slice *args = args_reserve(batch, count);
        for (size_t i = 0; i < count; i++) {
            word_next(&s, end);
            char *out = line + (s - line);
            args[i].p = out;
            word_read(&s, end, out, &args[i].len);
        }
        batch_push(batch, count, eol + 1);
    }
    parser_reset(p, in, eol + 1);
    return STEP_DONE;
}

static enum step next_step(struct request_parser *p, struct inbuf *in,
                           const struct request_limits *limits, struct request_batch *batch) {
    if (p->state == STATE_IDLE) {
        if (in->data[in->pos] != '*') return inline_step(p, in, batch);
        enum step done = count_step(p, in, limits);
        if (done != STEP_DONE || p->state == STATE_IDLE) return done;
    }
    return args_step(p, in, limits, batch);
}

/* --- Parsing ------------------------------------------------------------------------------- */

/* Takes whole requests as long as there are any at in->pos. On its own: it wants the registers. */
__attribute__((noinline)) static void whole_parse_many(struct inbuf *in, uint64_t bulk_max, struct request_batch *batch) {
    const char *p = in->data + in->pos, *end = in->data + in->len;
    while (p < end && *p == '*' && batch->count < REQUEST_BATCH_MAX) {
        const char *next = whole_parse(p, end, bulk_max, batch);
        if (next == NULL) break;
        p = next;
    }
    in->pos = (size_t)(p - in->data);
}

enum request_status request_parse(struct request_parser *p, struct inbuf *in,
                                  const struct request_limits *limits,
                                  struct request_batch *batch) {
    unsigned max = limits->authenticated ? REQUEST_BATCH_MAX : 1;
    while (in->pos < in->len && batch->count < max) {
        if (p->state == STATE_IDLE && p->scan == 0 && limits->authenticated) {
            unsigned before = batch->count;
            whole_parse_many(in, limits->bulk_max, batch);
            if (batch->count > before) continue;
        }
        switch (next_step(p, in, limits, batch)) {
            case STEP_DONE: break;
            case STEP_MORE: return REQUEST_MORE;
            case STEP_ERROR: return batch->count > 0 ? REQUEST_FULL : REQUEST_ERROR;
        }
    }
    return in->pos < in->len ? REQUEST_FULL : REQUEST_MORE;
}

size_t request_wanted(const struct request_parser *p, const struct inbuf *in) {
    if (p->bulk_len < 0) return 0;
    uint64_t end = p->start + (uint64_t)p->bulk_len + 2, have = in->len - in->pos;
    return end > have ? (size_t)(end - have) : 0;
}

/* --- Configuration lines ------------------------------------------------------------------- */

bool request_split(struct slice line, struct ash_heap *heap, struct request_words *out) {
    const char *s = line.p, *end = line.len == 0 ? s : s + line.len;
    size_t      count;
    *out = (struct request_words){0};
    if (!words_count(s, end, &count) || count > UINT32_MAX) return false;
    if (count == 0) return true;
    out->word = ash_alloc(heap, count * sizeof(*out->word));
    out->len = ash_alloc(heap, count * sizeof(*out->len));
    out->count = (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        word_next(&s, end);
        const char *again = s;
        word_read(&again, end, NULL, &out->len[i]);
        out->word[i] = ash_alloc(heap, out->len[i] + 1);
        word_read(&s, end, out->word[i], &out->len[i]);
        out->word[i][out->len[i]] = '\0';
    }
    return true;
}

void request_words_fini(struct request_words *w) {
    for (unsigned i = 0; i < w->count; i++) ash_free(w->word[i], w->len[i] + 1);
    ash_free(w->word, w->count * sizeof(*w->word));
    ash_free(w->len, w->count * sizeof(*w->len));
    *w = (struct request_words){0};
}
