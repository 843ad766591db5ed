/* differ_limits.c: the limits at which encodings change.
 *
 * Not here: set-max-listpack-*, which the oracle does not have before 7.2; for hashes and sorted sets
 * limits of 1 to 3, since 7.2 counts the pairs of a command before it knows which are the same, and
 * templates send four at most; for stream-node-max-bytes 0, 1 and 100: 7.0.15 then comes to read what
 * is no listpack any more and ends by an assertion of its own (lpFirst, lpValidateNext; with 100 in
 * three of sixteen runs of 150,000 or 200,000 commands, with 200 and 500 in none of ten). */
#include "tests/support/differ_limits.h"

#include <string.h>

#define CHOICES 8

struct limit {
    const char *option;
    const char *small, *usual;
    const char *choice[CHOICES]; /* what it may become in a run; fewer end with a NULL */
};

static const struct limit all_limits[] = {
    {"hash-max-listpack-entries", "8", "128", {"0", "4", "6", "8", "16", "32", "128", "512"}},
    {"hash-max-listpack-value", "20", "64", {"0", "1", "4", "20", "44", "64", "200", "5000"}},
    {"zset-max-listpack-entries", "8", "128", {"0", "4", "6", "8", "16", "32", "128", "512"}},
    {"zset-max-listpack-value", "20", "64", {"0", "1", "4", "20", "44", "64", "200", "5000"}},
    {"set-max-intset-entries", "16", "512", {"0", "1", "4", "8", "16", "32", "128", "512"}},
    {"list-max-listpack-size", "4", "-2", {"1", "2", "4", "16", "128", "-1", "-2", "-5"}},
    {"list-compress-depth", "1", "0", {"0", "1", "2", "3", "100"}},
    {"hll-sparse-max-bytes", "100", "3000", {"0", "40", "100", "500", "3000", "16000"}},
    {"stream-node-max-entries", "4", "100", {"0", "1", "2", "4", "10", "100"}},
    {"stream-node-max-bytes", "200", "4096", {"200", "500", "4096"}}, /* 0, 1, 100: see above */
};

void limits_init(struct limits *l, bool small,
                 bool (*known)(const char *option, const char *value, void *arg), void *arg) {
    *l = (struct limits){.small = small};
    for (size_t i = 0; i < sizeof(all_limits) / sizeof(*all_limits); i++)
        if (known(all_limits[i].option, all_limits[i].small, arg)) l->known[l->count++] = &all_limits[i];
}

static void set_begin(struct words *out) {
    *out = (struct words){0};
    words_add(out, "CONFIG", 6);
    words_add(out, "SET", 3);
}

static void set_add(struct words *out, const struct limit *limit, const char *value) {
    words_add(out, limit->option, strlen(limit->option));
    words_add(out, value, strlen(value));
}

void limits_first(const struct limits *l, struct words *out) {
    set_begin(out);
    for (size_t i = 0; i < l->count; i++) set_add(out, l->known[i], l->small ? l->known[i]->small : l->known[i]->usual);
}

bool limits_next(const struct limits *l, struct gen *g, struct words *out) {
    if (l->count == 0) return false;
    const struct limit *limit = l->known[gen_random(g, l->count)];
    size_t choices = 0;
    while (choices < CHOICES && limit->choice[choices] != NULL) choices++;
    set_begin(out);
    set_add(out, limit, limit->choice[gen_random(g, choices)]);
    return true;
}
