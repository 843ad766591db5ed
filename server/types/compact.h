/* compact.h: small helpers for values kept in a listpack. */
#ifndef ASHLAR_SERVER_TYPES_COMPACT_H
#define ASHLAR_SERVER_TYPES_COMPACT_H

#include "server/ds/listpack.h"
#include "server/types/value.h"

static inline void element_set_item(struct element *e, const struct lp_item *it) {
    element_set_str(e, it->s);
    e->is_int = it->is_int;
    e->i = it->i;
}

/* Reads the element at p; returns the position after it, NULL at the end. */
unsigned char               *compact_read_any(const unsigned char *p, struct element *out);
static inline unsigned char *compact_read(const unsigned char *p, struct element *out) {
    if (!lp_is_short(p)) return compact_read_any(p, out);
    element_set_str(out, lp_short(p));
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
