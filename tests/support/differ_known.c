/* differ_known.c: differences between servers that are meant.
 *
 * The oracle is Redis 7.0 and Ashlar follows 7.2, so some differences are right. An entry names the
 * command, both texts and the reason; an entry that no run needs any more is to be taken out. */
#include "tests/support/differ_known.h"

#include <string.h>
#include <strings.h>

#include "tests/support/differ_reply.h"

#define SHOWN_MIN 1000 /* bytes: a shorter text is cut by nobody */

struct known {
    const char *command; /* its first words */
    const char *a, *b;   /* the older server's text and ours; b NULL: ours is cut, a starts both; "": any but an error */
    const char *reason;
};

#define WRONGTYPE "WRONGTYPE Operation against a key holding the wrong kind of value"

static const struct known known_differences[] = {
    {"object encoding", "hashtable", "listpack", "since 7.2 small sets of strings are listpacks"},
    {"object encoding", "intset", "listpack", "since 7.2 SADD makes a set for as many members as it was given"},
    {"object encoding", "quicklist", "listpack", "since 7.2 small lists are one listpack"},
    {"zrank", "ERR wrong number of arguments for 'zrank' command", "ERR syntax error", "7.2 has ZRANK key member WITHSCORE"},
    {"zrevrank", "ERR wrong number of arguments for 'zrevrank' command", "ERR syntax error", "the same of ZREVRANK"},
    {"expire", "ERR Unsupported option ", NULL, "of a long argument our errors show the beginning"},
    {"pexpire", "ERR Unsupported option ", NULL, "the same of PEXPIRE"},
    {"expireat", "ERR Unsupported option ", NULL, "the same of EXPIREAT"},
    {"pexpireat", "ERR Unsupported option ", NULL, "the same of PEXPIREAT"},
    {"xclaim", "ERR Unrecognized XCLAIM option '", NULL, "the same of XCLAIM"},
    /* A last run that is cut short is no run: 7.0 reads the byte behind the value. It then adds and we don't. */
    {"pfadd", "1", "INVALIDOBJ Corrupted HLL object detected", "bytes that are no HyperLogLog any more are refused sooner"},
    {"bitcount", "0", "ERR value is not an integer or out of range", "since 7.2 arguments are read first, also for an absent key"},
    {"bitcount", "0", "ERR syntax error", "the same"},
    {"bitcount", WRONGTYPE, "ERR value is not an integer or out of range", "the same, for a key of another type"},
    {"bitcount", WRONGTYPE, "ERR syntax error", "the same"},
    {"bitpos", WRONGTYPE, "ERR value is not an integer or out of range", "the same of BITPOS"},
    {"bitpos", WRONGTYPE, "ERR syntax error", "the same"},
    {"bitpos", WRONGTYPE, "ERR The bit argument must be 1 or 0.", "the same"},
    {"bitpos", "0", "ERR value is not an integer or out of range", "the same of BITPOS"},
    {"bitpos", "0", "ERR syntax error", "the same"},
    {"bitpos", "-1", "ERR value is not an integer or out of range", "the same"},
    {"bitpos", "-1", "ERR syntax error", "the same"},
    /* It looks at errno, which may say "out of range" since a command before: INCRBYFLOAT of 1e40000. */
    {"sort", "ERR One or more scores can't be converted into double", "", "7.0's SORT fails for what another command could not read"},
    {"sort_ro", "ERR One or more scores can't be converted into double", "", "the same of SORT_RO"},
};

static bool starts_with(const struct words *command, const char *name) {
    for (size_t i = 0; i < command->count && *name != '\0'; i++) {
        size_t len = strcspn(name, " ");
        if (command->len[i] != len || strncasecmp(command->word[i], name, len) != 0) return false;
        name += len;
        name += strspn(name, " ");
    }
    return *name == '\0';
}

static bool says(const struct resp *r, const char *text) {
    return r->text != NULL && strcmp(r->text, text) == 0;
}

/* Both are the same error, and b ends where it was cut. */
static bool is_cut(const struct resp *a, const struct resp *b, const char *start) {
    return a->type == '-' && b->type == '-' && b->len > SHOWN_MIN && a->len > b->len &&
           strncmp(b->text, start, strlen(start)) == 0 && memcmp(a->text, b->text, b->len) == 0;
}

static bool is_meant(const struct known *k, const struct resp *a, const struct resp *b) {
    if (k->b == NULL) return is_cut(a, b, k->a);
    return says(a, k->a) && (k->b[0] == '\0' ? b->type != '-' : says(b, k->b));
}

const char *differ_known(const struct words *command, const struct resp *a, const struct resp *b) {
    for (size_t i = 0; i < sizeof(known_differences) / sizeof(*known_differences); i++) {
        const struct known *k = &known_differences[i];
        if (starts_with(command, k->command) && is_meant(k, a, b)) return k->reason;
    }
    return NULL;
}

/* Sorted sets and what lies on them: 7.0 prints a score as %.17g, 7.2 with the fewest digits. */
static bool has_scores(const struct words *command) {
    static const char *const starts[] = {"z", "bz", "geo"};
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts) && command->count > 0; i++)
        if (strncasecmp(command->word[0], starts[i], strlen(starts[i])) == 0) return true;
    return false;
}

enum judgement differ_judge(const struct words *command, enum compare compare, struct resp *a, struct resp *b) {
    if (differ_same(a, b, compare, has_scores(command))) return REPLIES_SAME;
    if (compare == COMPARE_STRICT || differ_known(command, a, b) == NULL) return REPLIES_DIFFER;
    bool parted = starts_with(command, "pfadd") || starts_with(command, "sort"); /* which may store */
    return parted ? REPLIES_PARTED : REPLIES_EXPLAINED;
}
