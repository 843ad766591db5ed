/* differ_gen.h: random commands for a differential run, the same for the same seed.
 *
 * Each family is a table of templates; keys come from a small pool so that commands meet, values
 * from a pool of those that have broken servers before. Some commands get the wrong number of
 * arguments and some keys the wrong type. Nothing depends on chance or on the exact time inside a
 * server: expiry times lie either in the past or far ahead. */
#ifndef ASHLAR_TESTS_SUPPORT_DIFFER_GEN_H
#define ASHLAR_TESTS_SUPPORT_DIFFER_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/words.h"

/* How two servers' replies to a template may differ. */
enum compare {
    COMPARE_EXACT,
    COMPARE_STRICT,     /* exact, and differ_known.c is not asked */
    COMPARE_SET,        /* elements in any order */
    COMPARE_PAIRS,      /* a flat array or map: its pairs in any order */
    COMPARE_SCAN,       /* cursor, then elements in any order */
    COMPARE_SCAN_PAIRS, /* cursor, then pairs in any order */
    COMPARE_NEAR_S,     /* integers within 5: seconds left */
    COMPARE_NEAR_MS,    /* integers within 5000: milliseconds left */
    COMPARE_GROUPS,     /* XINFO GROUPS, without how many consumers there are */
    COMPARE_PENDING,    /* XPENDING with a range: idle times are close */
    COMPARE_SHAPE,      /* random by nature: type and count only */
};

struct template {
    const char  *text; /* see differ_gen.c */
    enum compare compare;
    unsigned     weight; /* 0 counts as 4 */
};

struct family {
    const char            *name;
    const struct template *templates; /* ends with a NULL text */
};

extern const struct family gen_families[]; /* ends with a NULL name */

struct gen {
    uint64_t state;
    const struct template **choice; /* of the chosen families, each as often as it weighs */
    size_t  choice_count;
};

/* families: comma-separated names, or "all". False: an unknown name. */
bool gen_init(struct gen *g, uint64_t seed, const char *families);
void gen_fini(struct gen *g);
/* Forgets each template with a command for which known() says false; known() may be asked twice. */
void gen_restrict(struct gen *g, bool (*known)(const char *name, void *arg), void *arg);
/* The next command; *compare says how its replies compare. out is yours to words_fini. */
void gen_next(struct gen *g, struct words *out, enum compare *compare);
uint64_t gen_random(struct gen *g, uint64_t below);
/* Is this argument one of the pool's keys? */
bool gen_is_key(const char *word, size_t len);

#endif
