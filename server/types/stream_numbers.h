/* stream_numbers.h: a group's consumers by number, so that a pending entry can say whose it is and the
 * consumer move to another address without its entries being told, which may be millions.
 *
 * A number is given out when a consumer comes and again when it has gone; until then it stays. An
 * array: consumers, and the free numbers chained through it. It grows by doubling and is given back
 * when the last consumer goes: known weakness, a group keeps 8 bytes for each it had at once.
 *
 * Invariants, asserted together by stream_numbers_check(): every number below `used` is a consumer's
 * or in the chain of free ones, once; count is of the first. Locking: none; one owner. */
#ifndef ASHLAR_SERVER_TYPES_STREAM_NUMBERS_H
#define ASHLAR_SERVER_TYPES_STREAM_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ash_heap;
struct mover;
struct stream_consumer;

union stream_number { /* consumers lie at even addresses */
    struct stream_consumer *consumer;
    uint64_t                free; /* the next free number's, times two, plus one */
};

struct stream_numbers {
    union stream_number *at;
    uint32_t             count, used, cap;
    uint32_t             free; /* the first free number plus one; 0: none below `used` */
};

static inline struct stream_consumer *stream_numbers_get(const struct stream_numbers *n,
                                                         uint64_t number) {
    return n->at[number].consumer;
}
uint32_t stream_numbers_put(struct stream_numbers *n, struct ash_heap *heap, struct stream_consumer *c);
void     stream_numbers_take(struct stream_numbers *n, uint64_t number);
/* Another consumer, or the same one at another address, has this number from now on. */
void     stream_numbers_set(struct stream_numbers *n, uint64_t number, struct stream_consumer *c);
void     stream_numbers_free(struct stream_numbers *n); /* any thread */
/* The same numbers, given to the same consumers until stream_numbers_set. */
void     stream_numbers_copy(struct stream_numbers *to, struct ash_heap *heap,
                             const struct stream_numbers *from);
void     stream_numbers_move(struct mover *m, struct stream_numbers *n); /* ds/mover.h */
size_t   stream_numbers_bytes(const struct stream_numbers *n);
bool     stream_numbers_check(const struct stream_numbers *n);

#endif
