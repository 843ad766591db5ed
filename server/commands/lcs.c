/* lcs.c: the longest common subsequence of two strings, its length, or where it lies in them.
 *
 * The textbook table: cell (i, j) is the length for the first i bytes of a and j bytes of b.
 * Walking back from the far corner gives the bytes, or runs of them, from the last to the first;
 * the order of the reply and which of several answers is found follow from the walk, so its tie
 * rule is Redis's.
 *
 * The table has (n + 1)(m + 1) cells: its size is computed with checks and limited by
 * proto-max-bulk-len before anything is allocated.
 *
 * Start reading at cmd_lcs(). */
#include "server/commands/lcs.h"

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/core/call.h"
#include "server/core/config.h"

struct lcs_options {
    bool     len, idx, with_match_len;
    uint64_t min_match_len;
};

struct lcs {
    struct slice a, b;
    uint32_t    *cell;  /* (a.len + 1) rows of b.len + 1 */
    size_t       bytes; /* of cell */
};

struct run { size_t a, b, len; }; /* equal bytes at a.p[a] and b.p[b] */

static uint32_t *cell_at(const struct lcs *l, size_t i, size_t j) {
    return l->cell + i * (l->b.len + 1) + j;
}

static bool parse_options(struct call *c, struct lcs_options *o) {
    int64_t least;
    *o = (struct lcs_options){0};
    for (uint32_t i = 3; i < c->argc; i++) {
        if (call_arg_is(c, i, "idx")) {
            o->idx = true;
        } else if (call_arg_is(c, i, "len")) {
            o->len = true;
        } else if (call_arg_is(c, i, "withmatchlen")) {
            o->with_match_len = true;
        } else if (call_arg_is(c, i, "minmatchlen") && i + 1 < c->argc) {
            if (!call_arg_i64(c, ++i, &least)) return false;
            o->min_match_len = least > 0 ? (uint64_t)least : 0;
        } else {
            call_syntax_error(c);
            return false;
        }
    }
    if (o->idx && o->len) {
        reply_error(c->reply,
                    "ERR If you want both the length and indexes, please just use IDX.");
        return false;
    }
    return true;
}

/* The two strings; an absent key is the empty one. False: the error was sent. */
static bool read_strings(struct call *c, struct lcs *l, char text[2][NUM_I64_TEXT_MAX]) {
    struct key    k[2];
    struct slice *s[2] = {&l->a, &l->b};
    for (uint32_t i = 0; i < 2; i++) call_read(c, i + 1, VAL_ANY, &k[i]);
    for (uint32_t i = 0; i < 2; i++) {
        *s[i] = slice_of("", 0);
        if (k[i].entry == NULL) continue;
        if (k[i].v.type != VAL_STRING) {
            reply_error(c->reply, "ERR The specified keys must contain string values");
            return false;
        }
        *s[i] = k[i].v.u.str;
        if (k[i].v.enc == ENC_INT) *s[i] = slice_of(text[i], num_format_i64(text[i], k[i].v.u.i));
    }
    return true;
}

static bool table_alloc(struct call *c, struct lcs *l) {
    size_t cells;
    if (l->a.len >= UINT32_MAX - 1 || l->b.len >= UINT32_MAX - 1) {
        reply_error(c->reply, "ERR String too long for LCS");
        return false;
    }
    bool fits = num_mul_ok(l->a.len + 1, l->b.len + 1, &cells) &&
                num_mul_ok(cells, sizeof *l->cell, &l->bytes);
    if (fits && l->bytes > c->engine->config->proto_max_bulk_len) {
        reply_error(c->reply, "ERR Insufficient memory, transient memory for LCS exceeds "
                              "proto-max-bulk-len");
        return false;
    }
    l->cell = fits ? ash_try_alloc(c->engine->heaps.clients, l->bytes) : NULL;
    if (l->cell != NULL) return true;
    reply_error(c->reply,
                "ERR Insufficient memory, failed allocating transient memory for LCS");
    return false;
}

static void table_fill(struct lcs *l) {
    for (size_t j = 0; j <= l->b.len; j++) *cell_at(l, 0, j) = 0;
    for (size_t i = 1; i <= l->a.len; i++) {
        const uint32_t *above = cell_at(l, i - 1, 0);
        uint32_t       *row = cell_at(l, i, 0);
        row[0] = 0;
        for (size_t j = 1; j <= l->b.len; j++) {
            if (l->a.p[i - 1] == l->b.p[j - 1]) {
                row[j] = above[j - 1] + 1;
            } else {
                row[j] = above[j] > row[j - 1] ? above[j] : row[j - 1];
            }
        }
    }
}

/* The next run in front of (*i, *j), from the end. False: there is none. */
static bool next_run(const struct lcs *l, size_t *i, size_t *j, struct run *run) {
    run->len = 0;
    while (*i > 0 && *j > 0) {
        if (l->a.p[*i - 1] == l->b.p[*j - 1]) {
            run->a = --*i;
            run->b = --*j;
            run->len++;
        } else if (run->len > 0) {
            break;
        } else if (*cell_at(l, *i - 1, *j) > *cell_at(l, *i, *j - 1)) {
            --*i;
        } else {
            --*j;
        }
    }
    return run->len > 0;
}

static void reply_range(struct reply *r, size_t start, size_t len) {
    reply_array(r, 2);
    reply_uint(r, start);
    reply_uint(r, start + len - 1);
}

static void reply_runs(struct call *c, const struct lcs *l, const struct lcs_options *o) {
    size_t     i = l->a.len, j = l->b.len, n = 0;
    struct run run;
    reply_map(c->reply, 2);
    reply_bulk_str(c->reply, "matches");
    struct reply_deferred d = reply_begin(c->reply);
    while (next_run(l, &i, &j, &run)) {
        if (run.len < o->min_match_len) continue;
        reply_array(c->reply, o->with_match_len ? 3 : 2);
        reply_range(c->reply, run.a, run.len);
        reply_range(c->reply, run.b, run.len);
        if (o->with_match_len) reply_uint(c->reply, run.len);
        n++;
    }
    reply_end_array(c->reply, d, n);
    reply_bulk_str(c->reply, "len");
    reply_uint(c->reply, *cell_at(l, l->a.len, l->b.len));
}

/* The subsequence itself, filled from its end as the walk goes back. */
static void reply_subsequence(struct call *c, const struct lcs *l) {
    size_t     i = l->a.len, j = l->b.len, len = *cell_at(l, i, j), at = len;
    struct run run;
    char      *out = ash_try_alloc(c->engine->heaps.clients, len + 1);
    if (out == NULL) {
        reply_error(c->reply,
                    "ERR Insufficient memory, failed allocating transient memory for LCS");
        return;
    }
    while (next_run(l, &i, &j, &run)) memcpy(out + (at -= run.len), l->a.p + run.a, run.len);
    ASSERT(at == 0);
    reply_bulk(c->reply, slice_of(out, len));
    ash_free(out, len + 1);
}

void cmd_lcs(struct call *c) {
    struct lcs         l;
    struct lcs_options o;
    char               text[2][NUM_I64_TEXT_MAX];
    if (!read_strings(c, &l, text) || !parse_options(c, &o) || !table_alloc(c, &l)) return;
    table_fill(&l);
    if (o.idx) {
        reply_runs(c, &l, &o);
    } else if (o.len) {
        reply_uint(c->reply, *cell_at(&l, l.a.len, l.b.len));
    } else {
        reply_subsequence(c, &l);
    }
    ash_free(l.cell, l.bytes);
}
