/* compact.c: what compact.h does not do inline. */
#include "server/types/compact.h"

unsigned char *compact_read_any(const unsigned char *p, struct element *out) {
    struct lp_item item;
    unsigned char *next = lp_get_next(p, &item);
    element_set_item(out, &item);
    return next;
}
