/* attack_values_test.c: hostile values: numbers at the ends of their range, text made to break lines,
 * patterns made to be slow, keys named twice, cursors from nowhere. Argument: the server. */
#include "tests/integration/attack.h"

#define SCAN_KEYS 3000

static const char   *binary;
static struct spawn *server;

/* --- Numbers --------------------------------------------------------------------------------- */

static void numbers_at_the_ends(void) {
    static const char too_long[] = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    static const char random_range[] =
        "-ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807";
    static const char *const lcs =
        "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
    struct wire *w = attack_wire(server);
    attack_expect(w, "FLUSHALL", "+OK");
    attack_types_make(w);
    attack_expect(w, "SETRANGE string 9223372036854775807 A", too_long);
    attack_expect(w, "SETRANGE string 536870912 A", too_long);
    attack_expect(w, "SETRANGE string 536870908 ABCDE", too_long);
    attack_expect(w, "SETRANGE string 9223372036854775808 A",
                  "-ERR value is not an integer or out of range");
    attack_expect(w, "SETRANGE absent 9223372036854775807 ''", ":0");
    attack_expect(w, "GETRANGE string -9223372036854775808 9223372036854775807", "\"text\"");
    attack_expect(w, "GETRANGE absent -9223372036854775808 -9223372036854775808", "\"\"");
    attack_expect(w, "LRANGE list -9223372036854775808 9223372036854775807",
                  "*3[\"a\" \"b\" \"c\"]");
    attack_expect(w, "LTRIM list -9223372036854775808 9223372036854775807", "+OK");
    attack_expect(w, "LREM list -9223372036854775808 a", ":1");
    attack_expect(w, "LPOS list a RANK -9223372036854775808", "-ERR value is out of range*");
    attack_expect(w, "LINDEX list -9223372036854775808", "$-1");
    attack_expect(w, "ZREMRANGEBYRANK zset 9223372036854775807 -9223372036854775808", ":0");
    attack_expect(w, "ZRANGE zset -inf inf BYSCORE LIMIT 9223372036854775807 9223372036854775807",
                  "*0[]");
    attack_expect(w, "ZRANGE zset -inf inf BYSCORE LIMIT 0 -9223372036854775808", "*3[*");
    attack_expect(w, "ZRANGE zset -9223372036854775808 9223372036854775807 REV", "*3[*");
    attack_expect(w, "SINTERCARD 9223372036854775807 set",
                  "-ERR Number of keys can't be greater than number of args");
    attack_expect(w, "SRANDMEMBER set -9223372036854775808", random_range);
    attack_expect(w, "HRANDFIELD hash -9223372036854775808", random_range);
    attack_expect(w, "ZRANDMEMBER zset -9223372036854775808", random_range);
    attack_expect(w, "HRANDFIELD hash -4611686018427387905 WITHVALUES",
                  "-ERR value is out of range");
    attack_expect(w, "ZRANDMEMBER zset 9223372036854775807 WITHSCORES",
                  "-ERR value is out of range");
    attack_expect(w, "SRANDMEMBER set 9223372036854775807", "*3[*");
    attack_expect(w, "SPOP set 9223372036854775807", "*3[*");
    attack_expect(w, "DECRBY int -9223372036854775808", "-ERR decrement would overflow");
    attack_expect(w, "INCRBY int 9223372036854775807",
                  "-ERR increment or decrement would overflow");
    attack_expect(w, "HINCRBY hash a 9223372036854775807",
                  "-ERR increment or decrement would overflow");
    attack_expect(w, "EXPIRE string 9223372036854775807",
                  "-ERR invalid expire time in 'expire' command");
    attack_expect(w, "EXPIRE string -9223372036854775808",
                  "-ERR invalid expire time in 'expire' command");
    attack_expect(w, "PEXPIRE string 9223372036854775807",
                  "-ERR invalid expire time in 'pexpire' command");
    attack_expect(w, "SET string text EX 9223372036854775",
                  "-ERR invalid expire time in 'set' command");
    attack_expect(w, "SETEX string 9223372036854775807 v",
                  "-ERR invalid expire time in 'setex' command");
    attack_expect(w, "GETEX string PX 9223372036854775807",
                  "-ERR invalid expire time in 'getex' command");
    attack_expect(w, "PEXPIREAT string 9223372036854775807", ":1");
    attack_expect(w, "PEXPIRETIME string", ":9223372036854775807");
    attack_expect(w, "SELECT 4294967296", "-ERR *");
    attack_expect(w, "COPY string dst DB 4294967296", "-ERR *");
    attack_expect(w, "SWAPDB 4294967296 0", "-ERR invalid first DB index");
    attack_expect(w, "SLOWLOG GET 9223372036854775807", "*0[]");
    attack_expect(w, "DEBUG POPULATE 2 text 12000", "+OK"); /* 12001 x 12001 x 4 bytes */
    attack_expect(w, "LCS text:0 text:1", lcs);
    attack_expect(w, "GET string", "\"text\"");
    wire_free(&w);
}

/* Limits of encodings as wide as they go. */
static void limits_of_encodings(void) {
    static const char *const options[] = {"set-max-intset-entries",    "set-max-listpack-entries",
                                          "hash-max-listpack-entries", "zset-max-listpack-entries",
                                          "hash-max-listpack-value",   "zset-max-listpack-value",
                                          "set-max-listpack-value",    "list-max-listpack-size"};
    static const char *const values[] = {"9223372036854775807", "2147483647", "-1", "0",
                                         "1073741824",          "1"};
    struct wire *w = attack_wire(server);
    struct bytes line = {0};
    for (size_t i = 0; i < sizeof options / sizeof *options * 6; i++) {
        bytes_clear(&line);
        bytes_print(&line, "CONFIG SET %s %s", options[i / 6], values[i % 6]);
        struct resp r = attack_ask(w, line.data); /* taken or refused, but not clung to */
        resp_fini(&r);
        attack_types_make(w);
        for (int n = 0; n < 600; n++) {
            static const char *const adds[] = {"SADD set %d", "SADD set m%d", "HSET hash f%d v",
                                               "ZADD zset %d m", "RPUSH list %d"};
            bytes_clear(&line);
            char format[32];
            snprintf(format, sizeof format, "%s", adds[n % 5]);
            char text[64];
            char *at = strstr(format, "%d");
            snprintf(text, sizeof text, "%.*s%d%s", (int)(at - format), format, n, at + 2);
            r = attack_ask(w, text);
            CHECK(r.type == ':');
            resp_fini(&r);
        }
        attack_expect(w, "SCARD set", ":243");
        attack_expect(w, "LLEN list", ":123");
    }
    attack_expect(
        w,
        "CONFIG SET set-max-intset-entries 512 set-max-listpack-entries 128 "
        "hash-max-listpack-entries 128 "
        "zset-max-listpack-entries 128 hash-max-listpack-value 64 zset-max-listpack-value 64 "
        "set-max-listpack-value 64 list-max-listpack-size -2",
        "+OK");
    bytes_fini(&line);
    wire_free(&w);
}

/* A number that was taken can be read, and added to, again. */
static void decimals(void) {
    static const char *const given[] = {"inf",
                                        "-inf",
                                        "nan",
                                        "1e400",
                                        "-1e400",
                                        "1e4932",
                                        "-1.18e4932",
                                        "1e-4950",
                                        "4.9e-324",
                                        "1e308",
                                        "1.7976931348623157e308",
                                        "0x1p1000",
                                        "1e",
                                        "",
                                        " 1",
                                        "1 ",
                                        "99999999999999999999999999999999999999999999999999"};
    struct wire *w = attack_wire(server);
    for (size_t i = 0; i < sizeof given / sizeof *given * 3; i++) {
        static const char *const adds[] = {"INCRBYFLOAT d '%s'", "HINCRBYFLOAT dh f '%s'",
                                           "ZINCRBY dz '%s' m"};
        static const char *const gets[] = {"GET d", "HGET dh f", "ZSCORE dz m"};
        char line[256];
        const char *number = given[i / 3], *form = adds[i % 3], *at = strstr(form, "%s");
        attack_expect(w, "DEL d dh dz", ":*");
        snprintf(line, sizeof line, "%.*s%s%s", (int)(at - form), form, number, at + 2);
        struct resp first = attack_ask(w, line), kept = attack_ask(w, gets[i % 3]);
        bool agree =
            first.type == '-' ? kept.null : !kept.null && strcmp(first.text, kept.text) == 0;
        if (!agree) fprintf(stderr, "%s: %s, then %s\n", line, first.text, kept.text);
        CHECK(agree);
        snprintf(line, sizeof line, "%.*s0%s", (int)(at - form), form, at + 2);
        struct resp again = attack_ask(w, line);
        CHECK(again.type == '$');
        if (first.type == '$') CHECK(strcmp(again.text, kept.text) == 0);
        resp_fini(&first), resp_fini(&kept), resp_fini(&again);
    }
    attack_expect(w, "DEL d dh dz", ":*");
    wire_free(&w);
}

/* --- Text ------------------------------------------------------------------------------------ */

/* Whatever a client says, and is told it said, is one reply. */
static void text_ends_no_line(void) {
    static const char *const heads[] = {"",
                                        "CLIENT",
                                        "CLIENT SETNAME",
                                        "CLIENT SETINFO LIB-NAME",
                                        "CLIENT SETINFO",
                                        "CLIENT KILL TYPE",
                                        "CLIENT KILL USER",
                                        "CLIENT LIST TYPE",
                                        "CONFIG SET",
                                        "CONFIG GET",
                                        "CONFIG",
                                        "DEBUG ERROR",
                                        "DEBUG",
                                        "DEBUG LOG",
                                        "DEBUG PROTOCOL",
                                        "HELLO",
                                        "HELLO 2 SETNAME",
                                        "HELLO 2",
                                        "AUTH",
                                        "AUTH user",
                                        "EXPIRE k 1",
                                        "LATENCY GRAPH",
                                        "LATENCY HISTORY",
                                        "LATENCY",
                                        "OBJECT",
                                        "MEMORY",
                                        "COMMAND INFO",
                                        "COMMAND LIST FILTERBY",
                                        "COMMAND LIST FILTERBY ACLCAT",
                                        "COMMAND DOCS",
                                        "COMMAND GETKEYS",
                                        "COMMAND",
                                        "SLOWLOG",
                                        "SET k v",
                                        "INFO",
                                        "SELECT",
                                        "SCAN",
                                        "SCAN 0 TYPE",
                                        "LOLWUT VERSION",
                                        "TYPE",
                                        "CONFIG SET requirepass x",
                                        "CONFIG SET save",
                                        "CONFIG SET loglevel",
                                        "CONFIG SET bind",
                                        "SHUTDOWN"};
    static const char *const tails[] = {
        "a\r\n+OK\r\n", "\r\n", "\n", "\r", "a\0b\r\n:1", "$1\r\na\r\n*1\r\n", "\xff\xfe\r\n-ERR"};
    static const size_t tail_len[] = {7, 2, 1, 1, 7, 12, 8};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct wire *w = attack_wire(server);
        for (size_t t = 0; t < sizeof tails / sizeof *tails; t++) {
            for (int more = 0; more < 3; more++) {
                struct words command;
                CHECK(words_split(heads[i], &command));
                for (int n = 0; n <= more; n++) words_add(&command, tails[t], tail_len[t]);
                struct resp r = attack_alone(w, &command);
                resp_fini(&r);
                words_fini(&command);
            }
        }
        attack_expect(w, "CLIENT LIST", "\"id=*");
        wire_free(&w);
    }
}

/* --- Patterns -------------------------------------------------------------------------------- */

static void pattern_ask(struct wire *w, const struct bytes *pattern) {
    static const char *const heads[] = {"KEYS",
                                        "SCAN 0 COUNT 1000 MATCH",
                                        "CONFIG GET",
                                        "COMMAND LIST FILTERBY PATTERN",
                                        "HSCAN ph 0 MATCH",
                                        "SSCAN ps 0 MATCH",
                                        "ZSCAN pz 0 MATCH"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct words command;
        CHECK(words_split(heads[i], &command));
        words_add(&command, pattern->data, pattern->len);
        struct resp r = attack_alone(w, &command);
        CHECK(r.type == '*');
        resp_fini(&r);
        words_fini(&command);
    }
}

/* Twenty stars against forty letters take for ever by backtracking; fifty thousand, any stack. */
static void patterns(void) {
    static const struct {
        const char *part;
        int times;
        const char *end;
    } shapes[] = {{"a*", 20, "b"},    {"*a", 20, "*b"},       {"*?", 50000, ""},
                  {"*?", 50000, "b"}, {"*", 100000, "b"},     {"?", 100000, ""},
                  {"[", 100000, ""},  {"\\", 99999, ""},      {"[a-", 30000, ""},
                  {"[^a]*", 20, "b"}, {"[a-z]*", 20, "[0-9]"}};
    struct wire *w = attack_wire(server);
    struct bytes pattern = {0};
    attack_expect(w, "FLUSHALL", "+OK");
    attack_expect(w, "SET aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1", "+OK");
    attack_expect(w, "HSET ph aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1", ":1");
    attack_expect(w, "SADD ps aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ":1");
    attack_expect(w, "ZADD pz 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ":1");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        bytes_clear(&pattern);
        for (int n = 0; n < shapes[i].times; n++)
            bytes_add(&pattern, shapes[i].part, strlen(shapes[i].part));
        bytes_add(&pattern, shapes[i].end, strlen(shapes[i].end));
        pattern_ask(w, &pattern);
    }
    bytes_fini(&pattern);
    wire_free(&w);
}

/* --- Keys ------------------------------------------------------------------------------------ */

static void keys_named_twice(void) {
    static const char *const steps[][2] = {{"MSETNX x 1 x 2", ":1"},
                                           {"GET x", "\"2\""},
                                           {"MSET x 1 x 3", "+OK"},
                                           {"GET x", "\"3\""},
                                           {"MGET x x", "*2[\"3\" \"3\"]"},
                                           {"EXISTS x x x", ":3"},
                                           {"RENAME x x", "+OK"},
                                           {"RENAMENX x x", ":0"},
                                           {"COPY x x", "-ERR source and destination*"},
                                           {"MOVE x 0", "-ERR source and destination*"},
                                           {"SWAPDB 0 0", "+OK"},
                                           {"GET x", "\"3\""},
                                           {"LCS x x", "\"3\""},
                                           {"DEL x x x", ":1"},
                                           {"UNLINK x x", ":0"},
                                           {"SADD s a b c", ":3"},
                                           {"SMOVE s s a", ":1"},
                                           {"SMOVE s s z", ":0"},
                                           {"SINTERSTORE s s s", ":3"},
                                           {"SUNIONSTORE s s s s", ":3"},
                                           {"SDIFFSTORE d s s", ":0"},
                                           {"SDIFFSTORE s s absent", ":3"},
                                           {"SINTERCARD 3 s s s", ":3"},
                                           {"SREM s a a a", ":1"},
                                           {"SADD s d d d", ":1"},
                                           {"SDIFFSTORE s s s", ":0"},
                                           {"EXISTS s", ":0"},
                                           {"RPUSH l a b c", ":3"},
                                           {"RPOPLPUSH l l", "\"c\""},
                                           {"LMOVE l l LEFT LEFT", "\"c\""},
                                           {"LRANGE l 0 -1", "*3[\"c\" \"a\" \"b\"]"},
                                           {"HSET h f 1 f 2 f 3", ":1"},
                                           {"HGET h f", "\"3\""},
                                           {"HDEL h f f f", ":1"},
                                           {"EXISTS h", ":0"},
                                           {"ZADD z 1 a 2 a 3 a", ":1"},
                                           {"ZSCORE z a", "\"3\""},
                                           {"ZADD z 1 b 2 c", ":2"},
                                           {"ZRANGESTORE z z 0 1", ":2"},
                                           {"ZRANGE z 0 -1", "*2[\"b\" \"c\"]"},
                                           {"ZREM z b b", ":1"},
                                           {"ZRANGESTORE z z 5 9", ":0"},
                                           {"EXISTS z", ":0"},
                                           {"SET a abc", "+OK"},
                                           {"BITOP AND a a a", ":3"},
                                           {"GET a", "\"abc\""},
                                           {"BITOP XOR a a a", ":3"},
                                           {"BITCOUNT a", ":0"},
                                           {"MSETEX 2 a 1 a 2 EX 100", ":1"},
                                           {"GET a", "\"2\""},
                                           {"PFADD hll a a a", ":1"},
                                           {"PFMERGE hll hll hll", "+OK"},
                                           {"PFCOUNT hll hll", ":1"},
                                           {"ZADD z 1 a 2 b", ":2"},
                                           {"ZUNIONSTORE z 2 z z", ":2"},
                                           {"ZINTERSTORE z 2 z z WEIGHTS 1 2", ":2"},
                                           {"ZRANGE z 0 -1 WITHSCORES", "*4[\"a\" \"6\" \"b\" \"12\"]"},
                                           {"ZMPOP 2 z z MIN COUNT 1", "*2[\"z\" *1[*2[\"a\" \"6\"]]]"},
                                           {"ZDIFFSTORE z 2 z z", ":0"},
                                           {"EXISTS z", ":0"},
                                           {"GEOADD g 1 1 a 2 2 b 1 1 a", ":2"},
                                           {"GEOSEARCHSTORE g g FROMLONLAT 1 1 BYRADIUS 50 km", ":1"},
                                           {"DEL l", ":1"},
                                           {"RPUSH l 3 1 2", ":3"},
                                           {"SORT l STORE l", ":3"},
                                           {"LRANGE l 0 -1", "*3[\"1\" \"2\" \"3\"]"},
                                           {"BLMOVE l l LEFT RIGHT 0", "\"1\""},
                                           {"BLMPOP 0 2 l l LEFT COUNT 2", "*2[\"l\" *2[\"2\" \"3\"]]"},
                                           {"BLPOP l l 0", "*2[\"l\" \"1\"]"},
                                           {"EXISTS l", ":0"},
                                           {"HSET h f 1", ":1"},
                                           {"HEXPIRE h 100 FIELDS 2 f f", "*2[:1 :1]"},
                                           {"HSETEX h EX 100 FIELDS 2 f 1 f 2", ":1"},
                                           {"HGETEX h EX 100 FIELDS 2 f f", "*2[\"2\" \"2\"]"},
                                           {"HPERSIST h FIELDS 2 f f", "*2[:1 :-1]"},
                                           {"HGETDEL h FIELDS 2 f f", "*2[\"2\" $-1]"},
                                           {"XADD s 1-1 a 1", "\"1-1\""},
                                           {"XGROUP CREATE s g 0", "+OK"},
                                           {"XREAD STREAMS s s 0 1-1", "*1[*2[\"s\" *1[*"},
                                           {"XREADGROUP GROUP g c STREAMS s s > >", "*1[*2[\"s\" *1[*"},
                                           {"XCLAIM s g d 0 1-1 1-1 JUSTID", "*2[\"1-1\" \"1-1\"]"},
                                           {"XACK s g 1-1 1-1", ":1"},
                                           {"XDEL s 1-1 1-1", ":1"}};
    struct wire *w = attack_wire(server);
    attack_expect(w, "FLUSHALL", "+OK");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        attack_expect(w, steps[i][0], steps[i][1]);
    wire_free(&w);
}

/* --- Cursors --------------------------------------------------------------------------------- */

static void cursors_from_nowhere(void) {
    static const char *const scans[] = {"SCAN", "HSCAN bh", "SSCAN bs", "ZSCAN bz"};
    struct wire *w = attack_wire(server);
    uint64_t seed = 5;
    char line[128];
    attack_expect(w, "FLUSHALL", "+OK");
    attack_expect(w, "DEBUG POPULATE 3000", "+OK");
    for (int i = 0; i < 600; i++) {
        static const char *const adds[] = {"HSET bh f%d v", "SADD bs m%d", "ZADD bz 1 m%d"};
        for (int k = 0; k < 3; k++) {
            const char *at = strchr(adds[k], '%');
            snprintf(line, sizeof line, "%.*s%d%s", (int)(at - adds[k]), adds[k], i, at + 2);
            attack_expect(w, line, ":1");
        }
    }
    for (int i = 0; i < 4000; i++) {
        uint64_t cursor = attack_random(&seed, UINT64_MAX) >> attack_random(&seed, 64);
        snprintf(line, sizeof line, "%s %llu COUNT %d", scans[i % 4], (unsigned long long)cursor,
                 1 + i % 50);
        struct resp r = attack_ask(w, line);
        CHECK(r.count == 2);
        resp_fini(&r);
    }
    attack_expect(w, "SCAN 18446744073709551616", "-ERR invalid cursor");
    wire_free(&w);
}

/* Keys there from beginning to end are all met, however the table grows and shrinks meanwhile. */
static void a_scan_misses_nothing(void) {
    struct wire *w = attack_wire(server);
    bool met[SCAN_KEYS] = {false};
    char cursor[32] = "0", line[128];
    int turn = 0;
    attack_expect(w, "FLUSHALL", "+OK");
    attack_expect(w, "DEBUG POPULATE 3000 kept", "+OK");
    do {
        snprintf(line, sizeof line, "SCAN %s COUNT 20", cursor);
        struct resp r = attack_ask(w, line);
        snprintf(cursor, sizeof cursor, "%s", r.items[0].text);
        for (size_t i = 0; i < r.items[1].count; i++) {
            int n;
            if (sscanf(r.items[1].items[i].text, "kept:%d", &n) == 1 && n < SCAN_KEYS)
                met[n] = true;
        }
        resp_fini(&r);
        if (turn < 40) { /* a thousand more, or a thousand less */
            int number = turn / 2 % 10;
            snprintf(line, sizeof line, "DEBUG POPULATE 1000 more%d", number);
            if (turn % 20 < 10) attack_expect(w, line, "+OK");
            for (int i = 0; turn % 20 >= 10 && i < 1000; i++) {
                snprintf(line, sizeof line, "DEL more%d:%d", turn % 5, i);
                attack_expect(w, line, ":*");
            }
        }
        CHECK(++turn < 10000);
    } while (strcmp(cursor, "0") != 0);
    for (int i = 0; i < SCAN_KEYS; i++) CHECK(met[i]);
    wire_free(&w);
}

/* Nobody can make keys collide whose hash has another seed in each process. */
static void hashes_are_seeded(void) {
    struct spawn *other = PEER_SERVER(binary, "--loglevel", "notice");
    struct wire *a = attack_wire(server), *b = attack_wire(other);
    struct bytes text[2] = {{0}, {0}};
    attack_expect(a, "FLUSHALL", "+OK");
    attack_expect(a, "DEBUG POPULATE 1000", "+OK");
    attack_expect(b, "DEBUG POPULATE 1000", "+OK");
    struct resp first = attack_ask(a, "KEYS *"), second = attack_ask(b, "KEYS *");
    resp_print(&text[0], &first);
    resp_print(&text[1], &second);
    CHECK(first.count == 1000 && second.count == 1000 && strcmp(text[0].data, text[1].data) != 0);
    resp_fini(&first), resp_fini(&second);
    bytes_fini(&text[0]), bytes_fini(&text[1]);
    wire_free(&a), wire_free(&b);
    peer_server_end(&other);
}
int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: attack_values_test SERVER\n"), 2;
    binary = argv[1];
    server = PEER_SERVER(binary, "--loglevel", "notice");
    RUN(numbers_at_the_ends);
    RUN(limits_of_encodings);
    RUN(decimals);
    RUN(text_ends_no_line);
    RUN(patterns);
    RUN(keys_named_twice);
    RUN(cursors_from_nowhere);
    RUN(a_scan_misses_nothing);
    RUN(hashes_are_seeded);
    peer_server_end(&server);
    puts("attack values: all passed");
    return 0;
}
