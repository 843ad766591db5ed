/* attack_commands_test.c: hostile arguments: every command on every type, numbers at the ends of
 * their range, patterns made to be slow, keys named twice, text made to break lines, cursors from
 * nowhere. Each reply must be one well-formed reply, in RESP2 and RESP3. Argument: the server. */
#include "tests/integration/attack.h"

#define TRIES         8 /* random argument lists for a command, a type and a length */
#define ARGS_MAX      7
#define CALLS         10000 /* of each command when memory is watched */
#define CALLS_AT_ONCE 100
#define MEMORY_MARGIN (64 << 10)
#define SCAN_KEYS     3000

static const char *binary;
static struct spawn *server;

static bool is_sanitized(void) {
    return strstr(binary, "asan") != NULL;
}

/* --- One key of each type -------------------------------------------------------------------- */

static const char *const type_names[] = {"string", "int", "list", "hash", "set", "zset", "absent"};
enum { TYPES = sizeof type_names / sizeof *type_names };

static void types_make(struct wire *w) {
    static const char *const lines[] = {"DEL string int list hash set zset absent dst",
                                        "SET string text",
                                        "SET int 12",
                                        "RPUSH list a b c",
                                        "HSET hash a 1 b 2",
                                        "SADD set a b c",
                                        "ZADD zset 1 a 2 b 3 c"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct resp r = attack_ask(w, lines[i]);
        CHECK(r.type != '-');
        resp_fini(&r);
    }
}

/* --- Every command --------------------------------------------------------------------------- */

/* What ends, mutes, stops or re-words the connection has tests of its own. */
static bool is_left_out(const char *name) {
    static const char *const names[] = {
        "shutdown",    "quit",       "debug",         "hello",        "reset",
        "select",      "swapdb",     "auth",          "client|reply", "client|pause",
        "client|kill", "config|set", "config|rewrite"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

/* Adds the words of "config|get". */
static void add_name(struct words *w, const char *name) {
    const char *bar = strchr(name, '|');
    words_add(w, name, bar != NULL ? (size_t)(bar - name) : strlen(name));
    if (bar != NULL) words_add(w, bar + 1, strlen(bar + 1));
}

static void add_random(struct words *w, uint64_t *seed) {
    static const char *const pool[] = {"string",
                                       "int",
                                       "list",
                                       "hash",
                                       "set",
                                       "zset",
                                       "absent",
                                       "dst",
                                       "a",
                                       "b",
                                       "0",
                                       "1",
                                       "2",
                                       "-1",
                                       "3",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "4294967297",
                                       "1.5",
                                       "nan",
                                       "-inf",
                                       "(1",
                                       "[a",
                                       "-",
                                       "+",
                                       "*",
                                       "",
                                       "a\r\n+OK\r\n",
                                       "COUNT",
                                       "LIMIT",
                                       "WITHSCORES",
                                       "WITHVALUES",
                                       "MATCH",
                                       "TYPE",
                                       "BYSCORE",
                                       "BYLEX",
                                       "REV",
                                       "LEFT",
                                       "RIGHT",
                                       "BEFORE",
                                       "AFTER",
                                       "MIN",
                                       "MAX",
                                       "EX",
                                       "PX",
                                       "NX",
                                       "XX",
                                       "GT",
                                       "LT",
                                       "CH",
                                       "INCR",
                                       "GET",
                                       "KEEPTTL",
                                       "PERSIST",
                                       "REPLACE",
                                       "DB",
                                       "RANK",
                                       "MAXLEN",
                                       "AGGREGATE",
                                       "SUM",
                                       "WEIGHTS",
                                       "IDX",
                                       "LEN",
                                       "MINMATCHLEN",
                                       "WITHMATCHLEN",
                                       "SAMPLES",
                                       "HELP"};
    const char *word = pool[attack_random(seed, sizeof pool / sizeof *pool)];
    words_add(w, word, strlen(word));
}

static void command_try(struct wire *w, const char *name, int type, unsigned argc, uint64_t *seed) {
    struct words command = {0};
    add_name(&command, name);
    if (argc > 0) words_add(&command, type_names[type], strlen(type_names[type]));
    for (unsigned i = 1; i < argc; i++) add_random(&command, seed);
    struct resp r = attack_alone(w, &command);
    resp_fini(&r);
    words_fini(&command);
}

static void command_attack(struct wire *w, const char *name, uint64_t *seed) {
    if (is_left_out(name)) return;
    for (int type = 0; type < TYPES; type++) {
        types_make(w);
        for (unsigned argc = 0; argc <= ARGS_MAX; argc++)
            for (int i = 0; i < (argc > 1 ? TRIES : 1); i++) command_try(w, name, type, argc, seed);
    }
}

static void every_command_on_every_type(const char *hello) {
    struct wire *w = attack_wire(server);
    uint64_t seed = 7;
    struct resp r = attack_ask(w, hello);
    resp_fini(&r);
    r = attack_ask(w, "COMMAND");
    CHECK(r.count > 100);
    for (size_t i = 0; i < r.count; i++) {
        CHECK(r.items[i].count == 10);
        command_attack(w, r.items[i].items[0].text, &seed);
        const struct resp *subs = &r.items[i].items[9];
        for (size_t j = 0; j < subs->count; j++)
            command_attack(w, subs->items[j].items[0].text, &seed);
    }
    resp_fini(&r);
    wire_free(&w);
}

static void every_command_in_resp2(void) {
    every_command_on_every_type("HELLO 2");
}
static void every_command_in_resp3(void) {
    every_command_on_every_type("HELLO 3");
}

/* --- Calls that are right, but for the type of their key ------------------------------------- */

/* K is the key. */
static const struct valid_call {
    const char *type, *line;
} valid_calls[] = {
    {"string", "GET K"},
    {"string", "GETSET K v"},
    {"string", "GETEX K"},
    {"string", "GETDEL K"},
    {"string", "APPEND K v"},
    {"string", "STRLEN K"},
    {"string", "GETRANGE K 0 -1"},
    {"string", "SUBSTR K 0 -1"},
    {"string", "SETRANGE K 1 v"},
    {"string", "SET K v GET"},
    {"string", "SET K v XX GET PX 100000"},
    {"int", "INCR K"},
    {"int", "DECR K"},
    {"int", "INCRBY K 2"},
    {"int", "DECRBY K 2"},
    {"int", "INCRBYFLOAT K 1.5"},
    {"list", "LPUSH K a"},
    {"list", "RPUSH K a"},
    {"list", "LPUSHX K a"},
    {"list", "RPUSHX K a"},
    {"list", "LPOP K"},
    {"list", "RPOP K 2"},
    {"list", "LLEN K"},
    {"list", "LINDEX K 0"},
    {"list", "LRANGE K 0 -1"},
    {"list", "LSET K 0 x"},
    {"list", "LINSERT K BEFORE a b"},
    {"list", "LREM K 0 a"},
    {"list", "LTRIM K 0 5"},
    {"list", "LPOS K a"},
    {"list", "RPOPLPUSH K dst"},
    {"list", "LMOVE K dst LEFT RIGHT"},
    {"list", "RPOPLPUSH K K"},
    {"hash", "HSET K a 1"},
    {"hash", "HMSET K a 1"},
    {"hash", "HSETNX K z 1"},
    {"hash", "HGET K a"},
    {"hash", "HMGET K a b"},
    {"hash", "HGETALL K"},
    {"hash", "HKEYS K"},
    {"hash", "HVALS K"},
    {"hash", "HLEN K"},
    {"hash", "HEXISTS K a"},
    {"hash", "HDEL K a"},
    {"hash", "HINCRBY K b 1"},
    {"hash", "HINCRBYFLOAT K b 1.5"},
    {"hash", "HSTRLEN K a"},
    {"hash", "HRANDFIELD K 2 WITHVALUES"},
    {"hash", "HSCAN K 0"},
    {"set", "SADD K a"},
    {"set", "SREM K a"},
    {"set", "SCARD K"},
    {"set", "SISMEMBER K a"},
    {"set", "SMISMEMBER K a b"},
    {"set", "SMEMBERS K"},
    {"set", "SPOP K"},
    {"set", "SPOP K 2"},
    {"set", "SRANDMEMBER K 2"},
    {"set", "SMOVE K dst a"},
    {"set", "SINTER K K"},
    {"set", "SUNION K K"},
    {"set", "SDIFF K K"},
    {"set", "SINTERSTORE dst K K"},
    {"set", "SUNIONSTORE dst K K"},
    {"set", "SDIFFSTORE dst K absent"},
    {"set", "SINTERCARD 2 K K"},
    {"set", "SSCAN K 0"},
    {"zset", "ZADD K 1 a"},
    {"zset", "ZADD K INCR 1 a"},
    {"zset", "ZINCRBY K 1 a"},
    {"zset", "ZREM K a"},
    {"zset", "ZCARD K"},
    {"zset", "ZSCORE K a"},
    {"zset", "ZMSCORE K a b"},
    {"zset", "ZRANK K a"},
    {"zset", "ZREVRANK K a"},
    {"zset", "ZRANK K a WITHSCORE"},
    {"zset", "ZRANGE K 0 -1 WITHSCORES"},
    {"zset", "ZRANGESTORE dst K 0 -1"},
    {"zset", "ZREVRANGE K 0 -1"},
    {"zset", "ZRANGEBYSCORE K -inf inf"},
    {"zset", "ZREVRANGEBYSCORE K inf -inf"},
    {"zset", "ZRANGEBYLEX K - +"},
    {"zset", "ZREVRANGEBYLEX K + -"},
    {"zset", "ZCOUNT K 0 9"},
    {"zset", "ZLEXCOUNT K - +"},
    {"zset", "ZPOPMIN K"},
    {"zset", "ZPOPMAX K 2"},
    {"zset", "ZREMRANGEBYRANK K 0 0"},
    {"zset", "ZREMRANGEBYSCORE K 0 1"},
    {"zset", "ZREMRANGEBYLEX K [a [a"},
    {"zset", "ZRANDMEMBER K 2 WITHSCORES"},
    {"zset", "ZSCAN K 0"},
};

/* Of any type, on a key of its own. */
static const char *const other_calls[] = {
    "SET string text EX 1000",
    "SETNX absent v",
    "SETEX string 1000 v",
    "MSET string v int 3",
    "MSETNX string v x w",
    "MGET string int list",
    "LCS string int IDX",
    "TYPE hash",
    "EXISTS a b string",
    "TOUCH string",
    "DEL list",
    "UNLINK hash",
    "EXPIRE zset 1000",
    "PERSIST string",
    "TTL string",
    "PEXPIRETIME string",
    "RENAME set dst",
    "COPY zset dst REPLACE",
    "KEYS *",
    "SCAN 0",
    "RANDOMKEY",
    "OBJECT ENCODING zset",
    "DBSIZE",
    "MEMORY USAGE hash",
    "MEMORY STATS",
    "MEMORY DOCTOR",
    "INFO everything",
    "CONFIG GET *",
    "CONFIG SET hz 20",
    "CLIENT LIST",
    "CLIENT INFO",
    "CLIENT SETNAME name",
    "CLIENT SETINFO LIB-NAME lib",
    "COMMAND DOCS get",
    "COMMAND INFO get",
    "COMMAND GETKEYS GET k",
    "LATENCY HISTOGRAM",
    "LATENCY LATEST",
    "SLOWLOG GET",
    "DEBUG OBJECT zset",
    "DEBUG DIGEST",
    "NOSUCH command",
    "GET",
    "ZADD zset x a",
    "SET string v NX XX",
    "TIME",
    "ROLE",
    "LOLWUT",
    "PING",
    "ECHO a",
};

static void call_print(struct bytes *out, const char *line, const char *key) {
    bytes_clear(out);
    for (; *line != '\0'; line++) {
        bool is_key = *line == 'K' && (line[1] == ' ' || line[1] == '\0') && line[-1] == ' ';
        if (is_key)
            bytes_add(out, key, strlen(key));
        else
            bytes_add(out, line, 1);
    }
}

static bool is_type(const char *have, const char *wanted) {
    bool both_strings = strcmp(wanted, "string") == 0 && strcmp(have, "int") == 0;
    bool text =
        strcmp(wanted, "int") == 0 && strcmp(have, "string") == 0; /* no WRONGTYPE, but no number */
    return strcmp(have, wanted) == 0 || both_strings || text || strcmp(have, "absent") == 0;
}

static void wrong_types_change_nothing(void) {
    struct wire *w = attack_wire(server);
    struct bytes line = {0}, digest = {0};
    attack_expect(w, "FLUSHALL", "+OK");
    types_make(w);
    struct resp before = attack_ask(w, "DEBUG DIGEST");
    resp_print(&digest, &before);
    for (size_t i = 0; i < sizeof valid_calls / sizeof *valid_calls; i++) {
        for (int type = 0; type < TYPES; type++) {
            if (is_type(type_names[type], valid_calls[i].type)) continue;
            call_print(&line, valid_calls[i].line, type_names[type]);
            attack_expect(w, line.data,
                          "-WRONGTYPE Operation against a key holding the wrong kind of value");
            attack_expect(w, "DEBUG DIGEST", digest.data);
        }
    }
    resp_fini(&before);
    bytes_fini(&line);
    bytes_fini(&digest);
    wire_free(&w);
}

/* --- Memory ---------------------------------------------------------------------------------- */

static long long number_of(struct wire *w, const char *field) {
    struct resp r = attack_ask(w, "INFO memory");
    const char *at = strstr(r.text, field);
    CHECK(at != NULL);
    long long n = atoll(at + strlen(field));
    resp_fini(&r);
    return n;
}

/* What is held when the keys are gone and everything asked to be freed has been; clients apart. */
static long long memory_held(struct wire *w) {
    attack_expect(w, "FLUSHALL SYNC", "+OK");
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (number_of(w, "\nlazyfree_pending_objects:") > 0) CHECK(peer_now_ms() < end_ms);
    return number_of(w, "\nused_memory:") - number_of(w, "\nmem_clients_normal:");
}

static void call_often(struct wire *w, const char *line, int calls) {
    static const char again[] = "RPUSH list a b c|HSET hash a 1 b 2|SADD set a b c|ZADD zset 1 a 2 "
                                "b 3 c|SET int 12|SET string t";
    struct words command, make[8];
    size_t makes = 0;
    char copy[sizeof again];
    memcpy(copy, again, sizeof again);
    for (char *at = strtok(copy, "|"); at != NULL; at = strtok(NULL, "|"))
        CHECK(words_split(at, &make[makes++]));
    CHECK(words_split(line, &command));
    for (int done = 0; done < calls; done += CALLS_AT_ONCE) {
        struct resp r;
        for (size_t i = 0; i < makes; i++) CHECK(wire_send(w, &make[i]));
        for (int i = 0; i < CALLS_AT_ONCE; i++) CHECK(wire_send(w, &command));
        for (size_t i = 0; i < makes + CALLS_AT_ONCE; i++) {
            attack_receive(w, line, &r);
            resp_fini(&r);
        }
    }
    words_fini(&command);
    for (size_t i = 0; i < makes; i++) words_fini(&make[i]);
}

static void memory_stays(struct wire *w, const char *line) {
    int long_reply = strncmp(line, "INFO", 4) == 0 || strncmp(line, "CONFIG GET", 10) == 0 ||
                     strncmp(line, "LATENCY", 7) == 0;
    int calls = is_sanitized() || long_reply ? CALLS / 20 : CALLS;
    call_often(w, line, CALLS_AT_ONCE);
    long long before = memory_held(w);
    call_often(w, line, calls);
    long long grown = memory_held(w) - before,
              margin = calls == CALLS ? MEMORY_MARGIN : MEMORY_MARGIN / 8;
    if (grown > margin) fprintf(stderr, "%d times %s: %lld bytes more\n", calls, line, grown);
    CHECK(grown <= margin);
}

static void nothing_is_leaked(void) {
    struct wire *w = attack_wire(server);
    struct bytes line = {0};
    attack_expect(w, "CONFIG SET slowlog-log-slower-than -1 latency-monitor-threshold 0", "+OK");
    for (size_t i = 0; i < sizeof valid_calls / sizeof *valid_calls; i++) {
        call_print(&line, valid_calls[i].line, valid_calls[i].type);
        memory_stays(w, line.data);
        call_print(&line, valid_calls[i].line,
                   strcmp(valid_calls[i].type, "hash") == 0 ? "set" : "hash");
        memory_stays(w, line.data);
    }
    for (size_t i = 0; i < sizeof other_calls / sizeof *other_calls; i++)
        memory_stays(w, other_calls[i]);
    bytes_fini(&line);
    wire_free(&w);
}

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
    types_make(w);
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
        types_make(w);
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
                                           {"EXISTS z", ":0"}};
    struct wire *w = attack_wire(server);
    attack_expect(w, "FLUSHALL", "+OK");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        attack_expect(w, steps[i][0], steps[i][1]);
    wire_free(&w);
}

/* Positions of keys, asked for with numbers that lie. */
static void key_positions(void) {
    static const char *const numbers[] = {"-1",
                                          "0",
                                          "2",
                                          "3",
                                          "2147483647",
                                          "2147483648",
                                          "4294967295",
                                          "4294967297",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "18446744073709551617",
                                          "x",
                                          ""};
    struct wire *w = attack_wire(server);
    struct resp all = attack_ask(w, "COMMAND LIST");
    uint64_t seed = 11;
    attack_expect(w, "COMMAND GETKEYS SINTERCARD 1 a", "*1[\"a\"]");
    for (size_t i = 0; i < all.count; i++) {
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers * 6; n++) {
            struct words command;
            CHECK(words_split(n % 2 ? "COMMAND GETKEYS" : "COMMAND GETKEYSANDFLAGS", &command));
            add_name(&command, all.items[i].text);
            if (n % 3 == 0) words_add(&command, "dst", 3);
            words_add(&command, numbers[n / 6], strlen(numbers[n / 6]));
            for (uint64_t more = attack_random(&seed, 4); more > 0; more--)
                add_random(&command, &seed);
            struct resp r = attack_alone(w, &command);
            CHECK(r.type == '*' || r.type == '-');
            resp_fini(&r);
            words_fini(&command);
        }
    }
    struct words many;
    CHECK(words_split("COMMAND GETKEYS DEL", &many));
    for (int i = 0; i < 5000; i++) words_add(&many, "key", 3);
    struct resp r = attack_alone(w, &many);
    CHECK(r.count == 5000);
    words_fini(&many);
    resp_fini(&r);
    resp_fini(&all);
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
    if (argc != 2) return fprintf(stderr, "usage: attack_commands_test SERVER\n"), 2;
    binary = argv[1];
    server = PEER_SERVER(binary, "--loglevel", "notice");
    RUN(every_command_in_resp2);
    RUN(every_command_in_resp3);
    RUN(wrong_types_change_nothing);
    RUN(numbers_at_the_ends);
    RUN(limits_of_encodings);
    RUN(decimals);
    RUN(text_ends_no_line);
    RUN(patterns);
    RUN(keys_named_twice);
    RUN(key_positions);
    RUN(cursors_from_nowhere);
    RUN(a_scan_misses_nothing);
    RUN(hashes_are_seeded);
    RUN(nothing_is_leaked);
    peer_server_end(&server);
    puts("attack commands: all passed");
    return 0;
}
