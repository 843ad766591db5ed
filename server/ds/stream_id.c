/* stream_id.c: parsing, printing and counting of stream IDs.
 *
 * Redis reads each half with strtoull. We accept what that accepts but for two things that are
 * accidents there: a minus sign, which wraps the number around, and a NUL byte, which hides what is
 * behind it. */
#include "server/ds/stream_id.h"

#include "proto/num.h"

#define ID_INPUT_MAX 127 /* a longer text is no ID, however many zeros it starts with */

bool stream_id_next(struct stream_id *id) {
    if (++id->seq != 0) return true;
    return ++id->ms != 0;
}

bool stream_id_prev(struct stream_id *id) {
    if (id->seq-- != 0) return true;
    return id->ms-- != 0;
}

static inline bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool parse_half(const char *p, const char *end, uint64_t *out) {
    while (p < end && is_blank(*p)) p++;
    if (p < end && *p == '+') p++;
    uint64_t v = 0;
    if (p == end) return false;
    for (; p < end; p++) {
        unsigned digit = (unsigned char)*p - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
    }
    *out = v;
    return true;
}

/* auto_seq NULL: "ms-*" is no ID. */
static bool parse(struct slice text, uint64_t missing_seq, struct stream_id *out, bool *auto_seq) {
    if (text.len == 0 || text.len > ID_INPUT_MAX) return false;
    const char      *end = text.p + text.len, *dash = memchr(text.p, '-', text.len);
    struct stream_id id = {.seq = missing_seq};
    bool             star = false;
    if (!parse_half(text.p, dash != NULL ? dash : end, &id.ms)) return false;
    if (dash != NULL) {
        star = auto_seq != NULL && end - dash == 2 && dash[1] == '*';
        if (star) id.seq = 0;
        else if (!parse_half(dash + 1, end, &id.seq)) return false;
    }
    if (auto_seq != NULL) *auto_seq = star;
    *out = id;
    return true;
}

bool stream_id_parse(struct slice text, uint64_t missing_seq, struct stream_id *out) {
    return parse(text, missing_seq, out, NULL);
}

bool stream_id_parse_auto(struct slice text, struct stream_id *out, bool *auto_seq) {
    return parse(text, 0, out, auto_seq);
}

size_t stream_id_format(char *out, struct stream_id id) {
    size_t len = num_format_u64(out, id.ms);
    out[len++] = '-';
    return len + num_format_u64(out + len, id.seq);
}
