/* mpop.c: see mpop.h. Nothing is believed of numkeys but that so many arguments are there. */
#include "server/commands/mpop.h"

#include "server/commands/errors.h"

/* COUNT, once, from argv[i] on. */
static bool count_parse(struct call *c, uint32_t i, uint64_t *count) {
    int64_t n = 1;
    if (i < c->argc) {
        if (!call_arg_is(c, i, "count") || i + 1 == c->argc) {
            call_syntax_error(c);
            return false;
        }
        if (!call_arg_range(c, i + 1, 1, INT64_MAX, &n, ERR_COUNT_ZERO)) return false;
        if (i + 2 < c->argc) {
            call_syntax_error(c);
            return false;
        }
    }
    *count = (uint64_t)n;
    return true;
}

bool mpop_parse(struct call *c, uint32_t i, const char *first_word, const char *second_word,
                struct mpop *out) {
    int64_t keys;
    if (!call_arg_range(c, i, 1, INT64_MAX, &keys, ERR_NUMKEYS_ZERO)) return false;
    if ((uint64_t)keys >= c->argc - i - 1) {
        call_syntax_error(c);
        return false;
    }
    uint32_t word = i + 1 + (uint32_t)keys;
    out->first = i + 1;
    out->keys = (uint32_t)keys;
    out->second = call_arg_is(c, word, second_word);
    if (!out->second && !call_arg_is(c, word, first_word)) {
        call_syntax_error(c);
        return false;
    }
    return count_parse(c, word + 1, &out->count);
}
