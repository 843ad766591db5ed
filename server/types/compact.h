/* compact.h: small helpers for values kept in a listpack. */
#ifndef ASHLAR_SERVER_TYPES_COMPACT_H
#define ASHLAR_SERVER_TYPES_COMPACT_H

#include "server/ds/listpack.h"
#include "server/types/value.h"

static inline struct element element_of(struct lp_item it) {
    return (struct element){ .is_int = it.is_int, .i = it.i, .s = it.s };
}

static inline struct element element_str(struct slice s) { return (struct element){ .s = s }; }

/* Reads the element at p; returns the position after it, NULL at the end. */
unsigned char               *compact_read_any(const unsigned char *p, struct element *out);
static inline unsigned char *compact_read(const unsigned char *p, struct element *out) {
    if (!lp_is_short(p)) return compact_read_any(p, out);
    out->is_int = false;
    out->s = lp_short(p);
    return lp_short_next(p);
}

/* The element equal to s among every stride-th one; NULL: there is none. */
static inline unsigned char *compact_find(const unsigned char *lp, struct slice s,
                                          unsigned stride) {
    const unsigned char *first = lp_first(lp);
    return first ? lp_find(lp, first, s, stride - 1) : NULL;
}

/* A threshold of the configuration against a number of things. */
static inline bool compact_over(uint64_t n, int64_t limit) {
    return limit < 0 || n > (uint64_t)limit;
}

#endif
