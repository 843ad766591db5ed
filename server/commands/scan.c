/* scan.c: cursor and options of the SCAN family, and the frame of its replies. */
#include "server/commands/scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/num.h"
#include "server/ds/glob.h"

#define CURSOR_TEXT_MAX 64 /* longer text is no 64-bit number */

bool scan_cursor(struct call *c, uint32_t i, uint64_t *out) {
    struct slice s = c->argv[i];
    char         text[CURSOR_TEXT_MAX + 1], *end;
    if (s.len <= CURSOR_TEXT_MAX && !(s.len > 0 && isspace((unsigned char)s.p[0]))) {
        memcpy(text, s.p, s.len);
        text[s.len] = 0;
        errno = 0;
        *out = strtoul(text, &end, 10);
        if (end == text + s.len && errno != ERANGE) return true;
    }
    reply_error(c->reply, "ERR invalid cursor");
    return false;
}

bool scan_parse(struct call *c, uint32_t i, unsigned allowed, struct scan_options *o) {
    *o = (struct scan_options){.count = 10};
    for (; i < c->argc; i += 2) {
        bool    has_value = i + 1 < c->argc;
        int64_t count;
        if (has_value && call_arg_is(c, i, "count")) {
            if (!call_arg_i64(c, i + 1, &count)) return false;
            if (count < 1) break;
            o->count = (uint64_t)count;
        } else if (has_value && call_arg_is(c, i, "match")) {
            o->pattern = c->argv[i + 1];
            o->has_pattern = !slice_eq(o->pattern, slice_str("*"));
        } else if (has_value && (allowed & SCAN_ALLOW_TYPE) && call_arg_is(c, i, "type")) {
            o->type = c->argv[i + 1];
        } else if ((allowed & SCAN_ALLOW_NOVALUES) && call_arg_is(c, i, "novalues")) {
            o->no_values = true;
            i--; /* a word without a value */
        } else {
            break;
        }
    }
    if (i < c->argc) call_syntax_error(c);
    return i >= c->argc;
}

bool scan_wants(const struct scan_options *o, struct slice name) {
    return !o->has_pattern || glob_match(o->pattern, name, false);
}

struct scan_reply scan_begin(struct call *c, const struct scan_options *o) {
    reply_array(c->reply, 2);
    return (struct scan_reply){c->reply, o, outbuf_mark(c->reply->out), 0};
}

void scan_end(struct scan_reply *r, uint64_t cursor) {
    char   digits[NUM_I64_TEXT_MAX], head[96];
    size_t len = num_format_u64(digits, cursor);
    int    n = snprintf(head, sizeof head, "$%zu\r\n%s\r\n*%zu\r\n", len, digits, r->count);
    if (!r->reply->muted) outbuf_insert(r->reply->out, r->mark, head, (size_t)n);
}

void scan_reply_empty(struct call *c) {
    reply_array(c->reply, 2);
    reply_bulk_str(c->reply, "0");
    reply_empty_array(c->reply);
}
