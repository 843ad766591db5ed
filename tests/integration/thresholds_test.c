/* thresholds_test.c: every limit at which an encoding changes, walked over one step at a time, up from
 * below and down again, beside a real redis-server: OBJECT ENCODING and what DEBUG OBJECT tells that
 * can be compared, after each step; a stream's blocks, a HyperLogLog's encoding and bytes. Argument:
 * the server's binary.
 *
 * The oracle is Redis 7.0. Where 7.2 chooses another encoding, a walk says up to which step; that is
 * from 7.2's source: small lists and sets of strings are listpacks, and a list becomes one again when
 * one node of at most half the limit is left. A walk that says so and finds the two alike fails. */
#include "tests/integration/peer.h"
#include "tests/support/pair.h"

#define ORACLE "redis-server"

static struct pair pair;

/* In lines: # is the step's number, @ a text of so many bytes, ~ two bytes more at odd steps. */
struct walk {
    const char *limits;       /* for CONFIG SET */
    const char *ours;         /* for CONFIG SET of what the oracle does not have yet, or NULL */
    const char *grow;         /* for the steps from..to */
    int         from, to;
    const char *shrink;       /* for the steps to..from, or NULL */
    const char *older, *newer; /* encodings, where they differ */
    int         newer_to;     /* going up: through this step */
    int         newer_again;  /* going down: from this one on */
};

#define SAME NULL, NULL, 0, 0
#define SET  "hashtable", "listpack"
#define LIST "quicklist", "listpack"

static const struct walk walks[] = {
    /* Hashes: one way. */
    {"hash-max-listpack-entries 8", 0, "HSET k f# v", 1, 12, "HDEL k f#", SAME},
    {"hash-max-listpack-entries 8", 0, "HSETNX k f# v", 1, 10, "HDEL k f#", SAME},
    {"hash-max-listpack-entries 8", 0, "HINCRBY k f# #", 1, 10, 0, SAME},
    {"hash-max-listpack-entries 0", 0, "HSET k f# v", 1, 3, "HDEL k f#", SAME},
    {"hash-max-listpack-entries 512", 0, "HSET k f# v", 1, 515, 0, SAME},
    {"hash-max-ziplist-entries 3", 0, "HSET k f# v", 1, 5, 0, SAME},
    {"hash-max-listpack-value 20", 0, "HSET k f @", 17, 24, "HSET k f @", SAME},
    {"hash-max-listpack-value 20", 0, "HSET k @ v", 17, 24, "HDEL k @", SAME},
    {"hash-max-listpack-value 64", 0, "HMSET k a b f @", 62, 67, 0, SAME},
    {"hash-max-listpack-value 0", 0, "HSET k f @", 0, 2, 0, SAME},
    /* Sorted sets: one way; what is stored anew may be small again. */
    {"zset-max-listpack-entries 8", 0, "ZADD k # m#", 1, 12, "ZREM k m#", SAME},
    {"zset-max-listpack-entries 8", 0, "ZINCRBY k # m#", 1, 10, "ZPOPMIN k", SAME},
    {"zset-max-listpack-entries 0", 0, "ZADD k # m#", 1, 3, "ZREM k m#", SAME},
    {"zset-max-listpack-entries 128", 0, "ZADD k # m#", 1, 131, "ZREMRANGEBYRANK k -1 -1", SAME},
    {"zset-max-listpack-value 20", 0, "ZADD k 1 @", 17, 24, "ZREM k @", SAME},
    {"zset-max-listpack-value 64", 0, "ZADD k 1 @", 62, 67, 0, SAME},
    {"zset-max-listpack-entries 8", 0, "GEOADD k 13.# 38 m#", 1, 10, 0, SAME},
    /* Sets: one way. */
    {"set-max-intset-entries 16", "set-max-listpack-entries 8", "SADD k #", 1, 20, "SREM k #", SAME},
    {"set-max-intset-entries 16", "set-max-listpack-entries 20", "SADD k #", 1, 24, "SREM k #", SAME},
    {"set-max-intset-entries 0", "set-max-listpack-entries 0", "SADD k #", 1, 3, 0, SAME},
    {"set-max-intset-entries 16", "set-max-listpack-entries 8", "SADD k m#", 1, 12, "SREM k m#",
     SET, 8, 0},
    {"set-max-intset-entries 16", "set-max-listpack-value 20", "SADD k @", 17, 24, "SREM k @",
     SET, 20, 0},
    {"set-max-intset-entries 512", "set-max-listpack-entries 128", "SADD k #", 1, 515, 0, SAME},
    /* Lists of so many elements a node. */
    {"list-max-listpack-size 4", 0, "RPUSH k e#", 1, 22, "LPOP k", LIST, 4, 3},
    {"list-max-listpack-size 4", 0, "RPUSH k e#", 1, 22, "RPOP k", LIST, 4, 3},
    {"list-max-listpack-size 4", 0, "LPUSH k e#", 1, 22, "LREM k 1 e#", LIST, 4, 3},
    {"list-max-listpack-size 5", 0, "RPUSH k #", 1, 12, "LTRIM k 1 -1", LIST, 5, 3},
    {"list-max-listpack-size 1", 0, "RPUSH k e#", 1, 4, "LPOP k", LIST, 1, 0},
    {"list-max-listpack-size 0", 0, "RPUSH k e#", 1, 4, "LPOP k", LIST, 1, 0},
    {"list-max-listpack-size 128", 0, "RPUSH k e#", 1, 260, "RPOP k", LIST, 128, 65},
    {"list-max-listpack-size 4 list-compress-depth 1", 0, "RPUSH k element:#:element", 1, 30,
     "LPOP k", LIST, 4, 3},
    {"list-max-listpack-size 4 list-compress-depth 3", 0, "LPUSH k element:#:element", 1, 40,
     "RPOP k", LIST, 4, 3},
    {"list-max-listpack-size 4", 0, "LMOVE src k LEFT RIGHT", 1, 12, 0, LIST, 4, 0},
    /* Lists of so many bytes a node: 39 elements of 103 are 4024 of 4096 (19: 1964 of 2048). */
    {"list-max-listpack-size -1", 0, "RPUSH k ${99}~#", 100, 240, "LPOP k", LIST, 138, 119},
    {"list-max-listpack-size -2", 0, "RPUSH k ${999}~#", 100, 130, "RPOP k", LIST, 107, 104},
    {"list-max-listpack-size -5", 0, "RPUSH k ${10000}#", 100, 120, "LPOP k", LIST, 105, 103},
    /* Elements of one length, in nodes of so many. */
    {"list-max-listpack-size 128", 0, "RPUSH k ${16}#", 100, 999, "RPOP k", LIST, 227, 164},
    {"list-max-listpack-size 1000", 0, "RPUSH k ${16}#", 100, 999, 0, LIST, 553, 0},
    {"list-max-listpack-size -1", 0, "RPUSH k @", 4086, 4099, 0, LIST, 4086, 0},
    /* Streams: always one; how many entries a block takes is seen by XINFO STREAM. */
    {"stream-node-max-entries 4 stream-node-max-bytes 4096", 0, "XADD k #-1 f v", 1, 18, "XDEL k #-1", SAME},
    {"stream-node-max-entries 100 stream-node-max-bytes 200", 0, "XADD k #-1 f v f# v#", 1, 40, "XDEL k #-1", SAME},
    {"stream-node-max-entries 100 stream-node-max-bytes 4096", 0, "XADD k #-1 f v", 1, 205, "XTRIM k MAXLEN = #", SAME},
    {"stream-node-max-entries 100 stream-node-max-bytes 500", 0, "XADD k #-1 f @", 1, 60, "XTRIM k MAXLEN ~ #", SAME},
    {"stream-node-max-entries 0 stream-node-max-bytes 4096", 0, "XADD k #-1 f v", 1, 700, 0, SAME},
    /* Strings. */
    {0, 0, "SET k @", 0, 50, 0, SAME},
    {0, 0, "APPEND k x", 1, 50, 0, SAME},
    {0, 0, "SET k 9223372036854775#", 100, 900, 0, SAME},
    {0, 0, "SETRANGE k # x", 40, 50, 0, SAME},
    {0, 0, "INCRBY k 1000000000000000#", 1, 9, 0, SAME},
    /* HyperLogLogs. */
    {"hll-sparse-max-bytes 100", 0, "PFADD k e#", 1, 120, 0, SAME},
    {"hll-sparse-max-bytes 3000", 0, "PFADD k e#", 1, 1500, 0, SAME},
    {"hll-sparse-max-bytes 0", 0, "PFADD k e#", 1, 3, 0, SAME},
};

/* Elements of one length lie closer than in Redis where nodes are of so many bytes. When the list becomes
 * a quicklist and when a node is at most half full is Redis's; what differs is where nodes end, and so
 * what is left in the last one: of 46 of 100 bytes, 40 to a node, 6 (Redis: 39, 7). */
static const struct alike {
    struct walk walk;
    int         per_node; /* ours */
    int         entry;    /* bytes of one in a listpack */
} alike[] = {
    {{"list-max-listpack-size -1", 0, "RPUSH k ${100}#", 100, 240, "LPOP k", LIST, 138, 119}, 40, 103},
    {{"list-max-listpack-size -1", 0, "RPUSH k ${100}#", 100, 240, "RPOP k", LIST, 138, 119}, 40, 103},
    {{"list-max-listpack-size -1", 0, "RPUSH k ${100}#", 100, 145, "LPOP k", LIST, 138, 106}, 40, 103},
    {{"list-max-listpack-size -1", 0, "LPUSH k ${16}#", 100, 999, "RPOP k", LIST, 326, 213}, 256, 18},
    {{"list-max-listpack-size -2", 0, "RPUSH k ${1000}#", 100, 130, "RPOP k", LIST, 107, 104}, 8, 1004},
};

static const struct alike *alike_now; /* the one that is walked; NULL: nodes are Redis's */

/* --- Asking ---------------------------------------------------------------------------------- */

static void line_print(struct bytes *out, const char *format, int step) {
    for (const char *at = format; *at != '\0'; at++) {
        int len = 0, used = 0;
        if (*at == '#') {
            bytes_print(out, "%d", step);
        } else if (*at == '~') {
            bytes_add(out, "xx", step % 2 ? 2 : 0);
        } else if (*at == '@') {
            bytes_add(out, "\"", 1);
            for (int i = 0; i < step; i++) bytes_add(out, "x", 1);
            bytes_add(out, "\"", 1);
        } else if (sscanf(at, "${%d}%n", &len, &used) == 1 && used > 0) { /* so many, with what follows */
            for (int i = 3; i < len; i++) bytes_add(out, "x", 1);
            at += used - 1;
        } else {
            bytes_add(out, at, 1);
        }
    }
}

static void ask_line(const char *line, struct resp reply[2]) {
    struct bytes error = {0};
    bool         good = pair_ask(&pair, line, reply, &error);
    if (!good) fprintf(stderr, "%.200s: %s\n", line, error.data != NULL ? error.data : "");
    CHECK(good);
}

static void ask(const char *format, int step, struct resp reply[2]) {
    struct bytes line = {0};
    line_print(&line, format, step);
    ask_line(line.data, reply);
    bytes_fini(&line);
}

static void reply_fini(struct resp reply[2]) {
    resp_fini(&reply[0]);
    resp_fini(&reply[1]);
}

static void fail(const struct walk *w, const char *line, int step, const char *what, const char *a,
                 const char *b) {
    fprintf(stderr, "%s: %s, step %d: %s: redis-server says %s, we %s\n",
            w->limits != NULL ? w->limits : "", line, step, what, a, b);
    exit(1);
}

static void ask_same(const struct walk *w, const char *line, int step) {
    struct resp  reply[2];
    struct bytes text[2] = {{0}, {0}};
    ask(line, step, reply);
    for (int i = 0; i < 2; i++) resp_print(&text[i], &reply[i]);
    if (strcmp(text[0].data, text[1].data) != 0) fail(w, line, step, "reply", text[0].data, text[1].data);
    for (int i = 0; i < 2; i++) bytes_fini(&text[i]);
    reply_fini(reply);
}

/* --- Comparing ------------------------------------------------------------------------------- */

static bool is_newer(const struct walk *w, int step, bool up) {
    if (w->newer == NULL) return false;
    return up ? step <= w->newer_to : step <= w->newer_again;
}

/* The rest of a DEBUG OBJECT line from a word on; "" where it has none. */
static const char *from_word(const struct resp *r, const char *word) {
    const char *at = r->text != NULL ? strstr(r->text, word) : NULL;
    return at != NULL ? at : "";
}

/* What DEBUG OBJECT is to say of our nodes, filled to the last but for the one at the end that is pushed
 * or popped at: of Redis's line only the rest. */
static void print_layout(char *out, size_t size, const struct walk *w, const char *redis, int step,
                         bool up) {
    bool one_end = w->shrink == NULL || (w->grow[0] == 'L') == (w->shrink[0] == 'L');
    int  count = step - w->from + (up ? 1 : 0), pushed = up ? count : w->to - w->from + 1;
    int  gone = one_end || up ? 0 : (pushed - count) / alike_now->per_node;
    int  nodes = ((one_end ? count : pushed) + alike_now->per_node - 1) / alike_now->per_node - gone;
    const char *fill = strstr(redis, " ql_listpack_max:"), *end = strstr(redis, " ql_uncompressed_size:");
    CHECK(fill != NULL && end != NULL);
    snprintf(out, size, " ql_nodes:%d ql_avg_node:%.2f%.*s ql_uncompressed_size:%d", nodes,
             (double)count / nodes, (int)(end - fill), fill, nodes * 7 + count * alike_now->entry);
}

static void compare_encoding(const struct walk *w, const char *line, int step, bool up) {
    struct resp e[2], d[2];
    bool        newer = is_newer(w, step, up);
    ask_line("OBJECT ENCODING k", e);
    ask_line("DEBUG OBJECT k", d);
    const char *a = e[0].text != NULL ? e[0].text : "none", *b = e[1].text != NULL ? e[1].text : "none";
    if (newer && strcmp(a, w->older) == 0) {
        if (strcmp(b, w->newer) != 0) fail(w, line, step, "encoding", a, b);
    } else if (strcmp(a, b) != 0) {
        fail(w, line, step, "encoding", a, b);
    } else if (e[0].text != NULL) {
        char name[64];
        snprintf(name, sizeof name, " encoding:%s ", b);
        for (int i = 0; i < 2; i++) CHECK(from_word(&d[i], name)[0] != '\0');
        char layout[256];
        a = from_word(&d[0], " ql_");
        b = from_word(&d[1], " ql_");
        if (alike_now != NULL) {
            print_layout(layout, sizeof layout, w, a, step, up);
            a = layout;
        }
        if (strcmp(a, b) != 0) fail(w, line, step, "DEBUG OBJECT", a, b);
    }
    reply_fini(e);
    reply_fini(d);
}

/* The value of a field in a flat array of pairs. */
static long long number_of(const struct resp *pairs, const char *name) {
    for (size_t i = 0; i + 1 < pairs->count; i += 2)
        if (strcmp(pairs->items[i].text, name) == 0) return pairs->items[i + 1].number;
    return -1;
}

static void compare_blocks(const struct walk *w, const char *line, int step) {
    struct resp info[2];
    char        text[2][32];
    ask_line("XINFO STREAM k", info);
    for (int i = 0; i < 2; i++)
        snprintf(text[i], sizeof text[i], "%lld", number_of(&info[i], "radix-tree-keys"));
    if (strcmp(text[0], text[1]) != 0) fail(w, line, step, "radix-tree-keys", text[0], text[1]);
    reply_fini(info);
}

static void compare(const struct walk *w, const char *line, int step, bool up) {
    compare_encoding(w, line, step, up);
    if (line[0] == 'X') compare_blocks(w, line, step);
    if (strncmp(line, "PFADD", 5) == 0) {
        ask_same(w, "PFDEBUG ENCODING k", step);
        ask_same(w, "STRLEN k", step);
    }
    if (line[0] == 'Z') { /* what is stored is as small as it may be */
        ask_same(w, "ZRANGESTORE stored k 0 -1", step);
        ask_same(w, "OBJECT ENCODING stored", step);
        ask_same(w, "ZUNIONSTORE stored 1 k", step);
        ask_same(w, "OBJECT ENCODING stored", step);
    }
}

/* --- Walking --------------------------------------------------------------------------------- */

static void config_set(const char *options, bool both) {
    struct words command;
    struct resp  reply[2];
    char         line[256];
    snprintf(line, sizeof line, "CONFIG SET %s", options);
    if (both) {
        ask_line(line, reply);
        CHECK(reply[0].type == '+' && reply[1].type == '+');
        reply_fini(reply);
        return;
    }
    CHECK(words_split(line, &command) && wire_send(pair.wire[1], &command));
    CHECK(wire_receive(pair.wire[1], PEER_WAIT_MS, &reply[1]) == WIRE_OK && reply[1].type == '+');
    resp_fini(&reply[1]);
    words_fini(&command);
}

static void walk(const struct walk *w) {
    ask_same(w, "FLUSHALL", 0);
    if (strstr(w->grow, "src") != NULL) ask_same(w, "RPUSH src a b c d e f g h i j k l m n o p", 0);
    if (w->limits != NULL) config_set(w->limits, true);
    if (w->ours != NULL) config_set(w->ours, false);
    for (int step = w->from; step <= w->to; step++) {
        ask_same(w, w->grow, step);
        compare(w, w->grow, step, true);
    }
    for (int step = w->to; w->shrink != NULL && step >= w->from; step--) {
        ask_same(w, w->shrink, step);
        compare(w, w->shrink, step, false);
    }
    ask_same(w, "DEBUG DIGEST", 0);
    config_set("hash-max-listpack-entries 128 hash-max-listpack-value 64 zset-max-listpack-entries 128 "
               "zset-max-listpack-value 64 list-compress-depth 0", true);
    config_set("set-max-listpack-entries 128 set-max-listpack-value 64", false);
}

static void of_one_length(void) {
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        alike_now = &alike[i];
        walk(&alike_now->walk);
    }
    alike_now = NULL;
}

static void over_every_limit(void) {
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) walk(&walks[i]);
}

/* Lists of one layout on both, changed in the middle: nodes split and merge as in Redis. */
static void changed_in_the_middle(void) {
    static const char *const lines[] = {
        "LINSERT k BEFORE e5 a",  "LINSERT k AFTER e8 b",   "LINSERT k BEFORE e9 c",
        "LINSERT k AFTER e12 d",  "LINSERT k BEFORE e1 e",  "LINSERT k AFTER e24 f",
        "LINSERT k BEFORE e14 g", "LINSERT k AFTER e14 h",  "LINSERT k AFTER e14 i",
        "LINSERT k AFTER e14 j",  "LINSERT k BEFORE e15 k", "LSET k 3 x",
        "LSET k -3 y",            "LREM k 1 e16",           "LREM k -1 e17",
        "LREM k 0 e18",           "LINSERT k AFTER e20 l",  "LTRIM k 2 -3",
        "LSET k 10 z",            "LREM k 0 e7",            "LINSERT k BEFORE e10 m",
        "LTRIM k 5 20",           "LINSERT k AFTER e11 n",  "LSET k 0 o"};
    static const char *const limits[] = {"list-max-listpack-size 4 list-compress-depth 0",
                                         "list-max-listpack-size 4 list-compress-depth 1",
                                         "list-max-listpack-size 3 list-compress-depth 2",
                                         "list-max-listpack-size 8 list-compress-depth 0"};
    for (size_t n = 0; n < sizeof limits / sizeof *limits; n++) {
        struct walk w = {.limits = limits[n]};
        ask_same(&w, "FLUSHALL", 0);
        config_set(w.limits, true);
        for (int step = 1; step <= 24; step++) ask_same(&w, "RPUSH k e#", step);
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            ask_same(&w, lines[i], 0);
            compare_encoding(&w, lines[i], (int)i, true);
            ask_same(&w, "LRANGE k 0 -1", 0);
        }
    }
}

/* Where Redis lets a node outgrow its limit by LSET we split it: the elements are the same. */
static void replaced_by_larger_ones(void) {
    struct walk w = {.limits = "list-max-listpack-size -1 list-compress-depth 1"};
    ask_same(&w, "FLUSHALL", 0);
    config_set(w.limits, true);
    for (int step = 0; step < 200; step++) ask_same(&w, "RPUSH k ${100}#", 100 + step);
    for (int step = 0; step < 200; step += 3) ask_same(&w, "LSET k # ${1500}#", step);
    ask_same(&w, "LSET k 7 ${9000}", 0);
    ask_same(&w, "LSET k 8 ${9000}", 0);
    ask_same(&w, "LSET k 7 small", 0);
    ask_same(&w, "LINSERT k AFTER small ${9000}after", 0);
    ask_same(&w, "LRANGE k 0 -1", 0);
    ask_same(&w, "OBJECT ENCODING k", 0);
    ask_same(&w, "DEBUG DIGEST", 0);
}

int main(int argc, char **argv) {
    struct bytes error = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: thresholds_test PATH-TO-SERVER\n");
        return 2;
    }
    bool started = pair_init(&pair, ORACLE, argv[1], &error);
    if (!started) fprintf(stderr, "%s\n", error.data != NULL ? error.data : "");
    CHECK(started && !pair.server[0]->ashlar);
    RUN(over_every_limit);
    RUN(of_one_length);
    RUN(changed_in_the_middle);
    RUN(replaced_by_larger_ones);
    CHECK(pair_fini(&pair, &error));
    bytes_fini(&error);
    return 0;
}
