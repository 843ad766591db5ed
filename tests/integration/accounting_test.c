/* accounting_test.c: over random data of every type, what MEMORY USAGE says of all keys adds up to
 * used_memory_dataset to the byte, and what is in the tables heaps is what the tables count. After
 * random commands of every family that the server has, under limits that change, with expiry, while
 * compaction moves all about, and when all is gone. Argument: the server.
 *
 * The commands are those of differential runs (support/differ_gen.c), so a new type is in here as
 * soon as it has templates. */
#include "tests/integration/attack.h"
#include "tests/support/differ_gen.h"
#include "tests/support/differ_limits.h"

#define COMMANDS    30000 /* in each run */
#define BATCH       50
#define CHECK_EVERY 1500  /* commands */
#define LIMIT_EVERY 200
#define SHORT_EVERY 60    /* commands between two expiries that come true */
#define DATABASES   16
#define LOAD_KEYS   3000
#define SANE_MAX    (1LL << 60) /* more is a counter that went below zero */

static struct spawn *server;
static struct wire  *w;

/* --- Asking ---------------------------------------------------------------------------------- */

static void say(const char *line) {
    struct resp r = attack_ask(w, line);
    if (r.type == '-') fprintf(stderr, "%s: %s\n", line, r.text);
    CHECK(r.type != '-');
    resp_fini(&r);
}

static long long ask_number(const struct words *command) {
    struct resp r;
    CHECK(wire_send(w, command));
    attack_receive(w, command->word[0], &r);
    long long n = r.type == ':' ? r.number : -1;
    resp_fini(&r);
    return n;
}

/* A field of MEMORY STATS; that of a database is asked for with its name. -1: not there. */
static long long stat_in(const struct resp *pairs, const char *name) {
    for (size_t i = 0; i + 1 < pairs->count; i += 2)
        if (strcmp(pairs->items[i].text, name) == 0) return pairs->items[i + 1].number;
    return -1;
}

static bool command_known(const char *name, void *arg) {
    struct words command;
    struct resp  r;
    (void)arg;
    CHECK(words_split("COMMAND INFO", &command));
    words_add(&command, name, strlen(name));
    CHECK(wire_send(w, &command));
    attack_receive(w, name, &r);
    bool known = r.count == 1 && !r.items[0].null;
    words_fini(&command);
    resp_fini(&r);
    return known;
}

static bool option_known(const char *option, const char *value, void *arg) {
    struct bytes line = {0};
    (void)arg;
    bytes_print(&line, "CONFIG SET %s %s", option, value);
    struct resp r = attack_ask(w, line.data);
    bool        known = r.type != '-';
    resp_fini(&r);
    bytes_fini(&line);
    return known;
}

/* --- The sums -------------------------------------------------------------------------------- */

/* What MEMORY USAGE says of each key of the database that KEYS shows; *keys is how many. */
static long long usage_of_db(int db, size_t *keys) {
    char         line[32];
    long long    sum = 0;
    struct words usage;
    snprintf(line, sizeof line, "SELECT %d", db);
    say(line);
    struct resp all = attack_ask(w, "KEYS *");
    CHECK(words_split("MEMORY USAGE key", &usage));
    for (size_t i = 0; i < all.count; i++) {
        words_replace(&usage, 2, all.items[i].text, all.items[i].len);
        long long bytes = ask_number(&usage);
        if (bytes > 0) sum += bytes; /* else it has expired since */
    }
    *keys += all.count;
    words_fini(&usage);
    resp_fini(&all);
    return sum;
}

static long long usage_of_all(size_t *keys) {
    long long sum = 0;
    *keys = 0;
    for (int db = 0; db < DATABASES; db++) sum += usage_of_db(db, keys);
    say("SELECT 0");
    return sum;
}

static void check_sane(void) {
    struct resp r = attack_ask(w, "INFO memory");
    for (const char *at = r.text; at != NULL; at = strchr(at + 1, '\n')) {
        const char *colon = strchr(at, ':');
        bool        is_signed = colon != NULL && memmem(at, (size_t)(colon - at), "frag", 4) != NULL;
        if (colon != NULL && !is_signed && strtoull(colon + 1, NULL, 10) > SANE_MAX)
            CHECK(!"a counter of INFO memory is below zero");
    }
    resp_fini(&r);
}

/* Keys that have expired but not been found yet are in the dataset and in no KEYS: then once more. */
static void check_sums(void) {
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    for (;;) {
        size_t keys;
        attack_check(w);
        long long   sum = usage_of_all(&keys);
        struct resp stats = attack_ask(w, "MEMORY STATS");
        long long   dataset = stat_in(&stats, "dataset.bytes"), count = stat_in(&stats, "keys.count");
        resp_fini(&stats);
        if (sum == dataset && (long long)keys == count) break;
        if (peer_now_ms() > end_ms)
            fprintf(stderr, "%zu keys use %lld bytes; the dataset has %lld in %lld keys\n", keys, sum,
                    dataset, count);
        CHECK(peer_now_ms() < end_ms);
    }
    check_sane();
}

/* --- Random data ----------------------------------------------------------------------------- */

static void short_expiry(struct gen *g, struct words *out) {
    static const char letters[] = "klhtz";
    char              line[64];
    snprintf(line, sizeof line, "PEXPIRE %c:%d %d", letters[gen_random(g, sizeof letters - 1)],
             (int)gen_random(g, 5), (int)gen_random(g, 50) + 1);
    CHECK(words_split(line, out));
}

static void next_command(struct gen *g, const struct limits *limits, struct words *out) {
    enum compare compare;
    if (gen_random(g, LIMIT_EVERY) == 0 && limits_next(limits, g, out)) return;
    if (gen_random(g, SHORT_EVERY) == 0) {
        short_expiry(g, out);
        return;
    }
    gen_next(g, out, &compare);
}

/* A whole pass of compaction, and one that begins: its slices come between the commands. One batch has
 * one time, so that no key expires between the digests. */
static void compact(void) {
    static const char *const lines[] = {"DEBUG DIGEST", "DEBUG COMPACT", "DEBUG DIGEST"};
    struct resp              r[3];
    struct words             command;
    for (int i = 0; i < 3; i++) {
        CHECK(words_split(lines[i], &command));
        CHECK(wire_send(w, &command));
        words_fini(&command);
    }
    for (int i = 0; i < 3; i++) attack_receive(w, lines[i], &r[i]);
    CHECK(r[1].type == ':' && strcmp(r[0].text, r[2].text) == 0);
    for (int i = 0; i < 3; i++) resp_fini(&r[i]);
    attack_check(w);
    say("DEBUG COMPACT START");
}

static void play(struct gen *g, const struct limits *limits, int count) {
    struct words command;
    struct resp  r;
    for (int done = 0; done < count; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            next_command(g, limits, &command);
            CHECK(wire_send(w, &command));
            words_fini(&command);
        }
        for (int i = 0; i < BATCH; i++) {
            attack_receive(w, "a random command", &r);
            resp_fini(&r);
        }
    }
}

static void random_commands(uint64_t seed, const char *lazy) {
    struct gen    g;
    struct limits limits;
    struct bytes  line = {0};
    bytes_print(&line,
                "CONFIG SET lazyfree-lazy-user-del %s lazyfree-lazy-server-del %s "
                "lazyfree-lazy-expire %s lazyfree-lazy-user-flush %s", lazy, lazy, lazy, lazy);
    say("FLUSHALL SYNC");
    say(line.data);
    bytes_fini(&line);
    CHECK(gen_init(&g, seed, "all"));
    gen_restrict(&g, command_known, NULL);
    limits_init(&limits, seed % 2 == 1, option_known, NULL);
    for (int done = 0; done < COMMANDS; done += CHECK_EVERY) {
        play(&g, &limits, CHECK_EVERY);
        check_sums();
        compact();
    }
    gen_fini(&g);
}

static void random_commands_freed_at_once(void) { random_commands(1, "no"); }
static void random_commands_freed_later(void) { random_commands(2, "yes"); }

/* Sends the lines made with i for each i, and takes the replies. */
static void say_all(const char *format, int from, int to, int step) {
    struct resp r;
    for (int i = from; i < to; i += step) {
        char         line[300];
        struct words command;
        snprintf(line, sizeof line, format, i, i, i, i);
        CHECK(words_split(line, &command));
        CHECK(wire_send(w, &command));
        words_fini(&command);
    }
    for (int i = from; i < to; i += step) {
        attack_receive(w, format, &r);
        CHECK(r.type != '-');
        resp_fini(&r);
    }
}

/* Nine tenths of values of every kind go, and what is left moves together; and so does what is left in
 * large containers. */
static void sparse_keys(void) {
    static const char *const fill[] = {
        "SET s:%d %080d", "HSET h:%d f %040d g %020d", "ZADD z:%d %d member:%030d 2 b",
        "RPUSH l:%d %040d x y z", "SADD t:%d a:%030d b", "SADD i:%d %d 1 2 3 4 5 6 7 8 9",
        "XADD x:%d 1-1 f %050d"};
    static const char *const large[][2] = {{"HSET big:h %060d %d", "HDEL big:h %060d"},
                                           {"SADD big:s %060d", "SREM big:s %060d"},
                                           {"ZADD big:z %d m:%060d", "ZREM big:z m:%060d"},
                                           {"RPUSH big:l %060d", "LREM big:l 1 %060d"}};
    enum { KEYS = 10000, KEPT = 10 };
    long long hits = attack_info(w, "active_defrag_hits");
    say("FLUSHALL SYNC");
    for (size_t kind = 0; kind < sizeof fill / sizeof *fill; kind++) say_all(fill[kind], 0, KEYS, 1);
    for (size_t kind = 0; kind < sizeof large / sizeof *large; kind++)
        for (int from = 0; from < KEYS; from += 1000) say_all(large[kind][0], from, from + 1000, 1);
    for (int rest = 1; rest < KEPT; rest++) {
        for (size_t kind = 0; kind < sizeof fill / sizeof *fill; kind++) {
            char del[20];
            snprintf(del, sizeof del, "DEL %c:%%d", strchr(fill[kind], ':')[-1]);
            say_all(del, rest, KEYS, KEPT);
        }
        for (size_t kind = 0; kind < 3; kind++) say_all(large[kind][1], rest, KEYS, KEPT);
    }
    say("LTRIM big:l 0 100");
    check_sums();
    compact();
    CHECK(attack_info(w, "active_defrag_hits") > hits + 1000);
    CHECK(attack_info(w, "active_defrag_key_hits") > 1000);
    check_sums();
}

/* Enough keys that tables grow and shrink, of every kind of value that a key's entry has. */
static void many_keys(void) {
    static const char *const lines[] = {"SET key:%d v", "SET key:%d 12345", NULL,
                                        "SET key:%d v EX 1000", "RPUSH key:%d a b c", "SADD key:%d 1 2 3",
                                        "HSET key:%d f v g w", "ZADD key:%d 1 a 2 b"};
    enum { KINDS = sizeof lines / sizeof *lines };
    char line[3000], value[2001];
    memset(value, 'x', 2000);
    value[2000] = '\0';
    say("FLUSHALL SYNC");
    for (int i = 0; i < LOAD_KEYS; i++) {
        if (i % KINDS == 2) snprintf(line, sizeof line, "SET key:%d %s", i, value);
        else snprintf(line, sizeof line, lines[i % KINDS], i);
        say(line);
    }
    check_sums();
    for (int i = 0; i < LOAD_KEYS; i += 2) {
        snprintf(line, sizeof line, "%s key:%d", i % 4 ? "DEL" : "UNLINK", i);
        say(line);
    }
    check_sums();
    for (int i = 1; i < LOAD_KEYS; i += 2) {
        snprintf(line, sizeof line, "SET key:%d %.*s", i, i % 1500 + 1, value);
        say(line);
    }
    check_sums();
}

/* SAMPLES is taken and makes no difference. */
static void samples_make_no_difference(void) {
    struct words usage, sampled;
    say("DEL big");
    for (int i = 0; i < 2000; i += 4) {
        char line[100];
        snprintf(line, sizeof line, "HSET big %d %d %d a %d b", i, i * i, i + 1, i + 2);
        say(line);
    }
    CHECK(words_split("MEMORY USAGE big", &usage));
    CHECK(words_split("MEMORY USAGE big SAMPLES 1", &sampled));
    CHECK(ask_number(&usage) > 2000 && ask_number(&usage) == ask_number(&sampled));
    words_fini(&usage);
    words_fini(&sampled);
}

static void all_gone(void) {
    say("FLUSHALL");
    check_sums();
    struct resp stats = attack_ask(w, "MEMORY STATS");
    CHECK(stat_in(&stats, "dataset.bytes") == 0 && stat_in(&stats, "keys.count") == 0);
    resp_fini(&stats);
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: accounting_test SERVER\n"), 2;
    server = PEER_SERVER(argv[1], "--loglevel", "notice");
    w = attack_wire(server);
    RUN(many_keys);
    RUN(samples_make_no_difference);
    RUN(random_commands_freed_at_once);
    RUN(random_commands_freed_later);
    CHECK(attack_info(w, "active_defrag_passes") >= 2 * COMMANDS / CHECK_EVERY);
    RUN(sparse_keys);
    RUN(all_gone);
    wire_free(&w);
    peer_server_end(&server);
    puts("accounting: all passed");
    return 0;
}
