/* attack_commands_test.c: every command on every type with arguments of every kind and number: each
 * answers with one well-formed reply, in RESP2 and RESP3, changes nothing where it fails, and leaks
 * nothing. Argument: the server. */
#include "tests/integration/attack.h"

#define TRIES         8 /* random argument lists for a command, a type and a length */
#define ARGS_MAX      7
#define CALLS         10000 /* of each command when memory is watched */
#define CALLS_AT_ONCE 100
#define MEMORY_MARGIN (64 << 10)

static const char *binary;
static struct spawn *server;

static bool is_sanitized(void) {
    return strstr(binary, "asan") != NULL;
}

/* --- One key of each type -------------------------------------------------------------------- */

static const char *const type_names[] = {"string", "int",  "list",   "hash",
                                         "set",    "zset", "stream", "absent"};
enum { TYPES = sizeof type_names / sizeof *type_names };

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
                                       "stream",
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

static void command_try(struct wire *w, const char *name, int type, unsigned argc, uint64_t *seed,
                        const struct attack_unblocker *u) {
    struct words command = {0};
    add_name(&command, name);
    if (argc > 0) words_add(&command, type_names[type], strlen(type_names[type]));
    for (unsigned i = 1; i < argc; i++) add_random(&command, seed);
    struct resp r = attack_alone_unblocked(w, &command, u);
    resp_fini(&r);
    words_fini(&command);
}

static void command_attack(struct wire *w, const char *name, uint64_t *seed,
                           const struct attack_unblocker *u) {
    if (is_left_out(name)) return;
    for (int type = 0; type < TYPES; type++) {
        attack_types_make(w);
        for (unsigned argc = 0; argc <= ARGS_MAX; argc++)
            for (int i = 0; i < (argc > 1 ? TRIES : 1); i++)
                command_try(w, name, type, argc, seed, u);
    }
}

static bool has_flag(const struct resp *command, const char *flag) {
    const struct resp *flags = &command->items[2];
    for (size_t i = 0; i < flags->count; i++)
        if (strcmp(flags->items[i].text, flag) == 0) return true;
    return false;
}

static void every_command_on_every_type(const char *hello) {
    struct wire *w = attack_wire(server);
    uint64_t seed = 7;
    struct resp r = attack_ask(w, hello);
    resp_fini(&r);
    r = attack_ask(w, "CLIENT ID");
    struct attack_unblocker unblocker = {attack_wire(server), r.number};
    resp_fini(&r);
    r = attack_ask(w, "COMMAND");
    CHECK(r.count > 100);
    for (size_t i = 0; i < r.count; i++) {
        CHECK(r.items[i].count == 10);
        command_attack(w, r.items[i].items[0].text, &seed,
                       has_flag(&r.items[i], "blocking") ? &unblocker : NULL);
        const struct resp *subs = &r.items[i].items[9];
        for (size_t j = 0; j < subs->count; j++)
            command_attack(w, subs->items[j].items[0].text, &seed, NULL);
    }
    resp_fini(&r);
    wire_free(&unblocker.wire);
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
    {"list", "LMPOP 1 K LEFT"},
    {"list", "BLPOP K 0"},
    {"list", "BRPOP K 0"},
    {"list", "BLMPOP 0 1 K RIGHT COUNT 2"},
    {"list", "BLMOVE K dst LEFT RIGHT 0"},
    {"list", "BRPOPLPUSH K dst 0"},
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
    {"zset", "ZMPOP 1 K MIN COUNT 2"},
    {"zset", "BZPOPMIN K 0"},
    {"zset", "BZPOPMAX K 0"},
    {"zset", "BZMPOP 0 1 K MAX"},
    {"zset", "ZREMRANGEBYRANK K 0 0"},
    {"zset", "ZREMRANGEBYSCORE K 0 1"},
    {"zset", "ZREMRANGEBYLEX K [a [a"},
    {"zset", "ZRANDMEMBER K 2 WITHSCORES"},
    {"zset", "ZSCAN K 0"},
    {"stream", "XADD K * f v"},
    {"stream", "XLEN K"},
    {"stream", "XRANGE K - +"},
    {"stream", "XREVRANGE K + -"},
    {"stream", "XDEL K 1"},
    {"stream", "XTRIM K MAXLEN 1"},
    {"stream", "XSETID K 5"},
    {"stream", "XREAD STREAMS K 0"},
    {"stream", "XGROUP CREATE K g 0"},
    {"stream", "XGROUP CREATE K g 0 MKSTREAM"},
    {"stream", "XGROUP SETID K g 0"},
    {"stream", "XGROUP DESTROY K g"},
    {"stream", "XGROUP CREATECONSUMER K g c"},
    {"stream", "XGROUP DELCONSUMER K g c"},
    {"stream", "XREADGROUP GROUP g c STREAMS K >"},
    {"stream", "XREADGROUP GROUP g c BLOCK 0 STREAMS K >"},
    {"stream", "XACK K g 1"},
    {"stream", "XPENDING K g"},
    {"stream", "XPENDING K g - + 1"},
    {"stream", "XCLAIM K g c 0 1"},
    {"stream", "XAUTOCLAIM K g c 0 0"},
    {"stream", "XINFO STREAM K"},
    {"stream", "XINFO GROUPS K"},
    {"stream", "XINFO CONSUMERS K g"},
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
    attack_types_make(w);
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

/* --- Many IDs ---------------------------------------------------------------------------------- */

static long long ask_with_ids(struct wire *w, const char *start, int ids) {
    struct words command;
    char         id[24];
    CHECK(words_split(start, &command));
    for (int i = 1; i <= ids; i++) words_add(&command, id, (size_t)snprintf(id, sizeof id, "%d-1", i));
    struct resp r = attack_alone(w, &command);
    long long   n = r.type == ':' ? r.number : (long long)r.count;
    CHECK(r.type == ':' || r.type == '*');
    resp_fini(&r);
    words_fini(&command);
    return n;
}

/* Commands that take IDs take any number of them. */
static void many_ids(void) {
    static const int counts[] = {7, 8, 9, 16, 17, 10000};
    struct wire     *w = attack_wire(server);
    char             line[64];
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        int count = counts[n];
        attack_expect(w, "DEL ids", n == 0 ? ":0" : ":1");
        attack_expect(w, "XGROUP CREATE ids g 0 MKSTREAM", "+OK");
        for (int i = 1; i <= count; i++) {
            snprintf(line, sizeof line, "XADD ids %d-1 f v", i);
            struct resp r = attack_ask(w, line);
            CHECK(r.type == '$');
            resp_fini(&r);
        }
        CHECK(ask_with_ids(w, "XCLAIM ids g c 0", count) == 0); /* nothing is pending */
        struct resp read = attack_ask(w, "XREADGROUP GROUP g c STREAMS ids >");
        CHECK(read.count == 1 || read.count == 2); /* RESP2, or a map */
        resp_fini(&read);
        CHECK(ask_with_ids(w, "XCLAIM ids g d 0", count) == count);
        CHECK(ask_with_ids(w, "XDEL ids", count - 1) == count - 1);
        CHECK(ask_with_ids(w, "XCLAIM ids g c 0", count) == 1); /* the others are dropped */
        CHECK(ask_with_ids(w, "XACK ids g", count) == 1);
        CHECK(ask_with_ids(w, "XACK ids g", count) == 0);
    }
    attack_expect(w, "DEL ids", ":1");
    wire_free(&w);
}

/* --- Key positions ----------------------------------------------------------------------------- */

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

/* --- Memory ---------------------------------------------------------------------------------- */

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
    long long before = attack_memory_held(w);
    call_often(w, line, calls);
    long long grown = attack_memory_held(w) - before,
              margin = calls == CALLS ? MEMORY_MARGIN : MEMORY_MARGIN / 8;
    if (grown > margin) fprintf(stderr, "%d times %s: %lld bytes more\n", calls, line, grown);
    CHECK(grown <= margin);
}

/* It would wait when the key has been emptied; blocking_test.c sees what waiting leaves behind. */
static bool may_wait(const char *line) { return line[0] == 'B'; }

static void nothing_is_leaked(void) {
    struct wire *w = attack_wire(server);
    struct bytes line = {0};
    attack_expect(w, "CONFIG SET slowlog-log-slower-than -1 latency-monitor-threshold 0", "+OK");
    for (size_t i = 0; i < sizeof valid_calls / sizeof *valid_calls; i++) {
        if (may_wait(valid_calls[i].line)) continue;
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

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: attack_commands_test SERVER\n"), 2;
    binary = argv[1];
    server = PEER_SERVER(binary, "--loglevel", "notice");
    RUN(every_command_in_resp2);
    RUN(every_command_in_resp3);
    RUN(wrong_types_change_nothing);
    RUN(many_ids);
    RUN(key_positions);
    RUN(nothing_is_leaked);
    peer_server_end(&server);
    puts("attack commands: all passed");
    return 0;
}
