/* reclaim.c: what other clients notice while a server gives memory back, Ashlar beside redis-server.
 *
 *   build/tests/bench/reclaim [--ashlar BINARY] [--redis BINARY] [--elements N] [--list] [CASE...]
 *
 * For each case both servers are loaded in turn, a second client pings all the while, and its
 * longest wait is the stall. What of it is the machine's, two columns tell: how long the same server
 * let it wait just before, when nothing was asked of it (`idle`), and how long the engine's thread
 * stood in the scheduler's queue in all (`queue`). What is the server's own: the processor time of the
 * longest turn of its loop (`own`), which redis-server does not tell. `scripts/bench-memory` runs this with the sizes of the
 * design's goals. Start reading at cases[], at the foot. */
#include "tests/support/pinger.h"
#include "tests/support/spawn.h"
#include "tests/support/wire.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH      1000 /* elements in one command of a load */
#define IN_FLIGHT  16   /* such commands without a reply */
#define WAIT_MS    120000
#define IDLE_MS    300

struct target {
    const char    *name, *binary;
    struct spawn  *server;
    struct wire   *wire;
    struct pinger *pinger;
};

struct result {
    struct pinger_lap idle, lap;
    double            reply_ms, done_ms; /* of the command; until the memory was back */
    double            turn_ms, own_ms;   /* the longest turn of the loop, and of the processor */
    double            queue_ms;          /* the engine's thread, runnable and not running, in all */
    double            used, rss;         /* bytes at the end */
    char              note[96];
};

static uint64_t elements = 1000000;

static void die(const char *what, const char *why) {
    fprintf(stderr, "reclaim: %s: %s\n", what, why);
    exit(1);
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void sleep_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* --- Asking ---------------------------------------------------------------------------------- */

static void receive(struct target *t, struct resp *r) {
    enum wire_status status = wire_receive(t->wire, WAIT_MS, r);
    if (status != WIRE_OK) die(t->name, wire_error(t->wire));
    if (r->type == '-') die(t->name, r->text);
}

/* Sends a line and returns how long its reply took, in ms. */
static double ask(struct target *t, const char *line) {
    struct resp r;
    double      from = now_ms();
    if (wire_ask(t->wire, line, &r) != WIRE_OK) die(line, wire_error(t->wire));
    double ms = now_ms() - from;
    if (r.type == '-') die(line, r.text);
    resp_fini(&r);
    return ms;
}

/* 0 where the server has no such field. */
static double info_of(struct target *t, const char *section, const char *field) {
    struct resp r;
    char        name[64];
    double      value = 0;
    snprintf(name, sizeof name, "\n%s:", field);
    if (wire_ask(t->wire, section, &r) != WIRE_OK) die(section, wire_error(t->wire));
    const char *at = strstr(r.text, name);
    if (at != NULL) value = strtod(at + strlen(name), NULL);
    resp_fini(&r);
    return value;
}

static double info(struct target *t, const char *field) { return info_of(t, "INFO memory", field); }

/* RSS as the kernel counts it now: INFO's may be a tenth of a second old. */
static double rss(const struct target *t) {
    char  path[64];
    long  pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)t->server->pid);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%*s %ld", &pages) != 1) die(path, "cannot be read");
    fclose(f);
    return (double)pages * 4096;
}

static void wait_freed(struct target *t) {
    while (info(t, "lazyfree_pending_objects") > 0) sleep_ms(5);
}

/* --- Laps ------------------------------------------------------------------------------------ */

/* How long the server's main thread has been kept from running since it began. */
static double queue_ms(const struct target *t) {
    char   path[64];
    double ns = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)t->server->pid,
             (int)t->server->pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) return 0;
    if (fscanf(f, "%*s %lf", &ns) != 1) ns = 0;
    fclose(f);
    return ns / 1e6;
}

static void lap_begin(struct target *t, struct result *out) {
    pinger_lap(t->pinger);
    sleep_ms(IDLE_MS);
    out->idle = pinger_lap(t->pinger);
    ask(t, "CONFIG RESETSTAT");
    out->queue_ms = queue_ms(t);
    pinger_lap(t->pinger);
}

static void lap_end(struct target *t, struct result *out) {
    out->lap = pinger_lap(t->pinger);
    out->queue_ms = queue_ms(t) - out->queue_ms;
    out->turn_ms = info_of(t, "INFO stats", "eventloop_duration_max") / 1e3;
    out->own_ms = info_of(t, "INFO stats", "eventloop_cpu_max") / 1e3;
}

/* --- Loading --------------------------------------------------------------------------------- */

struct load {
    const char *verb, *fixed; /* "ZADD big", and what stands before each element */
    bool        scored, valued;
};

static void add_bulk(struct bytes *out, const char *text) {
    bytes_print(out, "$%zu\r\n%s\r\n", strlen(text), text);
}

/* One command with `count` elements from number `from` on. */
static void add_command(const struct load *l, uint64_t from, uint64_t count, struct bytes *out) {
    char text[64];
    bytes_print(out, "*%llu\r\n", 2 + (unsigned long long)count * (l->scored || l->valued ? 2 : 1));
    add_bulk(out, l->verb);
    add_bulk(out, "big");
    for (uint64_t i = from; i < from + count; i++) {
        if (l->scored) {
            snprintf(text, sizeof text, "%llu", (unsigned long long)(i * 7919 % 1000003));
            add_bulk(out, text);
        }
        snprintf(text, sizeof text, "m:%012llu", (unsigned long long)i);
        add_bulk(out, text);
        if (l->valued) add_bulk(out, "value:0001");
    }
}

static void add_entry(uint64_t i, struct bytes *out) {
    char id[32];
    snprintf(id, sizeof id, "%llu-1", (unsigned long long)i + 1);
    bytes_print(out, "*5\r\n");
    add_bulk(out, "XADD");
    add_bulk(out, "big");
    add_bulk(out, id);
    add_bulk(out, "field");
    add_bulk(out, "value:0001");
}

static void send_and_receive(struct target *t, struct bytes *out, uint64_t replies) {
    struct resp r;
    if (!wire_send_raw(t->wire, out->data, out->len)) die(t->name, "the connection is gone");
    while (replies-- > 0) {
        receive(t, &r);
        resp_fini(&r);
    }
    out->len = 0;
}

static void load_container(struct target *t, const struct load *l) {
    struct bytes out = {0};
    uint64_t     waiting = 0;
    for (uint64_t i = 0; i < elements; i += BATCH) {
        uint64_t count = elements - i < BATCH ? elements - i : BATCH;
        add_command(l, i, count, &out);
        if (++waiting < IN_FLIGHT && i + BATCH < elements) continue;
        send_and_receive(t, &out, waiting);
        waiting = 0;
    }
    bytes_fini(&out);
}

static void load_stream(struct target *t, const struct load *l) {
    struct bytes out = {0};
    (void)l;
    for (uint64_t i = 0; i < elements; i += BATCH) {
        uint64_t count = elements - i < BATCH ? elements - i : BATCH;
        for (uint64_t k = 0; k < count; k++) add_entry(i + k, &out);
        send_and_receive(t, &out, count);
    }
    bytes_fini(&out);
}

static void load_string(struct target *t, const struct load *l) {
    (void)l;
    ask(t, "SETRANGE big 536870911 x");
}

static const struct {
    const char *name;
    void      (*fn)(struct target *t, const struct load *l);
    struct load load;
} kinds[] = {
    {"zset", load_container, {.verb = "ZADD", .scored = true}},
    {"hash", load_container, {.verb = "HSET", .valued = true}},
    {"set", load_container, {.verb = "SADD"}},
    {"list", load_container, {.verb = "RPUSH"}},
    {"stream", load_stream, {.verb = "XADD"}},
    {"string", load_string, {.verb = "SETRANGE"}},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };
enum { ZSET, HASH, SET, LIST, STREAM, STRING }; /* places in it */

/* --- One big key goes ------------------------------------------------------------------------ */

static bool is_there(struct target *t) {
    struct resp r;
    if (wire_ask(t->wire, "EXISTS big", &r) != WIRE_OK) die("EXISTS", wire_error(t->wire));
    bool there = r.number != 0;
    resp_fini(&r);
    return there;
}

static void big_key(struct target *t, unsigned kind, const char *line, struct result *out) {
    if (kind >= KINDS) die("big_key", "no such kind");
    kinds[kind].fn(t, &kinds[kind].load);
    lap_begin(t, out);
    double from = now_ms();
    out->reply_ms = ask(t, line);
    while (strncmp(line, "PEXPIRE", 7) == 0 && is_there(t)) sleep_ms(1);
    wait_freed(t);
    lap_end(t, out);
    out->done_ms = now_ms() - from;
    ask(t, "FLUSHALL");
    wait_freed(t);
}

/* --- All keys, and free pages ---------------------------------------------------------------- */

static void flushall(struct target *t, unsigned kind, const char *line, struct result *out) {
    char   populate[64];
    double empty = rss(t), from;
    (void)kind;
    snprintf(populate, sizeof populate, "DEBUG POPULATE %llu key 16", (unsigned long long)elements);
    ask(t, populate);
    lap_begin(t, out);
    from = now_ms();
    out->reply_ms = ask(t, line);
    while (rss(t) > empty + 20e6 && now_ms() - from < 20000) sleep_ms(2);
    out->done_ms = now_ms() - from;
    wait_freed(t);
    lap_end(t, out);
    snprintf(out->note, sizeof out->note, "RSS within 20 MB of empty after %.0f ms%s", out->done_ms,
             out->done_ms >= 20000 ? " (never)" : "");
}

/* 1 GB of pages that nothing uses and that nobody has given back yet. */
static void purge(struct target *t, unsigned kind, const char *line, struct result *out) {
    struct bytes out_bytes = {0};
    char        *value = malloc(50001);
    (void)kind;
    if (value == NULL) die("purge", "no memory");
    memset(value, 'x', 50000);
    value[50000] = '\0';
    ask(t, t->server->ashlar ? "CONFIG SET dirty-decay-ms -1 rss-return-target-ms -1" : "CONFIG SET jemalloc-bg-thread no");
    for (unsigned i = 0; i < 20000; i++) {
        bytes_print(&out_bytes, "*3\r\n$3\r\nSET\r\n$6\r\n%06u\r\n", i);
        add_bulk(&out_bytes, value);
        if (i % 100 == 99) send_and_receive(t, &out_bytes, 100);
    }
    free(value);
    bytes_fini(&out_bytes);
    for (unsigned i = 0; i < 20000; i++) {
        char del[32];
        snprintf(del, sizeof del, "DEL %06u", i);
        ask(t, del);
    }
    wait_freed(t);
    double before = rss(t);
    lap_begin(t, out);
    out->reply_ms = out->done_ms = ask(t, line);
    lap_end(t, out);
    snprintf(out->note, sizeof out->note, "RSS %.0f -> %.0f MB", before / 1e6, rss(t) / 1e6);
    ask(t, t->server->ashlar ? "CONFIG SET dirty-decay-ms 5000 rss-return-target-ms 2000" : "CONFIG SET jemalloc-bg-thread yes");
}

/* 90 % of 100-byte strings deleted at random, ten seconds without traffic. */
static void holes(struct target *t, unsigned kind, const char *line, struct result *out) {
    struct bytes batch = {0};
    uint64_t     state = 88172645463325252u;
    char         value[101];
    (void)kind, (void)line;
    memset(value, 'v', 100);
    value[100] = '\0';
    for (uint64_t i = 0; i < elements; i++) {
        bytes_print(&batch, "*3\r\n$3\r\nSET\r\n$12\r\nk:%010llu\r\n", (unsigned long long)i);
        add_bulk(&batch, value);
        if (i % BATCH == BATCH - 1 || i + 1 == elements)
            send_and_receive(t, &batch, i % BATCH + 1);
    }
    lap_begin(t, out);
    uint64_t waiting = 0;
    for (uint64_t i = 0; i < elements; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        if (state % 10 != 0) {
            bytes_print(&batch, "*2\r\n$3\r\nDEL\r\n$12\r\nk:%010llu\r\n", (unsigned long long)i);
            waiting++;
        }
        if (waiting == BATCH || i + 1 == elements) {
            send_and_receive(t, &batch, waiting);
            waiting = 0;
        }
    }
    double full = rss(t);
    sleep_ms(10000);
    lap_end(t, out);
    out->used = info(t, "used_memory");
    out->rss = rss(t);
    snprintf(out->note, sizeof out->note, "RSS %.0f -> %.0f MB, used %.0f: %.2f times", full / 1e6,
             out->rss / 1e6, out->used / 1e6, out->rss / out->used);
    bytes_fini(&batch);
}

/* redis#10907: flush in the background, then load again at once under a maxmemory. As it was told there:
 * 10 M strings of 10 bytes, 1.25gb, then strings of 50 KB up to 1 GB; or (tight) a limit of a twentieth
 * above what was used, and as much again. */
static void reload_under(struct target *t, const char *line, const char *policy, double limit,
                         double load, struct result *out) {
    struct bytes batch = {0};
    struct resp  r;
    char         text[96], *value = malloc(50001);
    unsigned     refused = 0, count = (unsigned)(load / 50000);
    if (value == NULL) die("reload", "no memory");
    memset(value, 'x', 50000);
    value[50000] = '\0';
    snprintf(text, sizeof text, "CONFIG SET maxmemory %.0f maxmemory-policy %s", limit, policy);
    ask(t, text);
    lap_begin(t, out);
    double from = now_ms();
    out->reply_ms = ask(t, line);
    for (unsigned i = 0; i < count; i++) {
        bytes_print(&batch, "*3\r\n$3\r\nSET\r\n$6\r\n%06u\r\n", i);
        add_bulk(&batch, value);
        if (!wire_send_raw(t->wire, batch.data, batch.len)) die(t->name, "the connection is gone");
        batch.len = 0;
        if (wire_receive(t->wire, WAIT_MS, &r) != WIRE_OK) die(t->name, wire_error(t->wire));
        refused += r.type == '-';
        resp_fini(&r);
    }
    out->done_ms = now_ms() - from;
    lap_end(t, out);
    snprintf(out->note, sizeof out->note, "%u of %u writes refused, %.0f keys evicted, %.0f waits", refused,
             count, info_of(t, "INFO stats", "evicted_keys"),
             info_of(t, "INFO memory", "lazyfree_backpressure_waits"));
    ask(t, "CONFIG SET maxmemory 0");
    free(value);
    bytes_fini(&batch);
}

static void reload(struct target *t, unsigned kind, const char *line, struct result *out) {
    char populate[64];
    (void)kind;
    snprintf(populate, sizeof populate, "DEBUG POPULATE %llu key 10", (unsigned long long)elements);
    ask(t, populate);
    double part = (double)elements / 10e6;
    reload_under(t, line, "noeviction", part * 1.25 * 1073741824, part * 1e9, out);
}

/* A key that takes long to free, and what it gives back wanted at once. */
static void reload_tight(struct target *t, unsigned kind, const char *line, struct result *out) {
    double empty = info(t, "used_memory");
    kinds[kind].fn(t, &kinds[kind].load);
    double used = info(t, "used_memory");
    reload_under(t, line, kind == ZSET ? "noeviction" : "allkeys-random", used * 1.05,
                 (used - empty) * 0.95, out);
}

static void idle(struct target *t, unsigned kind, const char *line, struct result *out) {
    (void)kind, (void)line;
    lap_begin(t, out);
    sleep_ms(3000);
    lap_end(t, out);
}

/* --- The cases ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void      (*fn)(struct target *t, unsigned kind, const char *line, struct result *out);
    unsigned    kind;
    const char *line;
} cases[] = {
    {"idle", idle, 0, ""},
#define OF_KIND(name_, kind_)                                                                      \
    {name_ "-del", big_key, kind_, "DEL big"}, {name_ "-unlink", big_key, kind_, "UNLINK big"},    \
        {name_ "-set", big_key, kind_, "SET big x"},                                               \
        {name_ "-expire", big_key, kind_, "PEXPIRE big 1"}
    OF_KIND("zset", ZSET),     OF_KIND("hash", HASH),     OF_KIND("set", SET),
    OF_KIND("list", LIST),     OF_KIND("stream", STREAM), OF_KIND("string", STRING),
    {"flushall", flushall, 0, "FLUSHALL"},
    {"purge", purge, 0, "MEMORY PURGE"},
    {"holes", holes, 0, ""},
    {"reload", reload, 0, "FLUSHALL ASYNC"},
    {"tight-refuse", reload_tight, ZSET, "UNLINK big"},
    {"tight-evict", reload_tight, SET, "UNLINK big"},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static bool target_start(struct target *t) {
    struct bytes error = {0};
    struct words options = {0};
    words_add(&options, "--enable-debug-command", 22);
    words_add(&options, "yes", 3);
    t->server = spawn_new(t->binary, &options, &error);
    words_fini(&options);
    if (t->server == NULL) die(t->binary, error.data);
    t->wire = wire_new(t->server->socket);
    t->pinger = pinger_new(t->server->socket);
    return t->wire != NULL && t->pinger != NULL;
}

static void target_stop(struct target *t) {
    pinger_free(&t->pinger);
    wire_free(&t->wire);
    spawn_free(&t->server, NULL);
}

static bool is_wanted(const char *name, char **names, int count) {
    for (int i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        if (strncmp(name, names[i], len) == 0 && (name[len] == '\0' || name[len] == '-')) return true;
    }
    return count == 0;
}

/* Each on a fresh server, so that nothing is left of the case before. */
static void run_case(unsigned i, struct target *t) {
    struct result r = {0};
    if (!target_start(t)) die(t->name, "no connection");
    ask(t, "CONFIG SET latency-monitor-threshold 1000000"); /* has it measure its turns */
    cases[i].fn(t, cases[i].kind, cases[i].line, &r);
    printf("%-14s %-7s %9.2f %9.2f %9.2f %9.2f %9.2f %9.1f %9.2f %10.1f %9llu  %s\n", cases[i].name,
           t->name, (double)r.lap.max_us / 1e3, (double)r.idle.max_us / 1e3, r.own_ms, r.turn_ms,
           (double)r.lap.p999_us / 1e3, r.queue_ms, r.reply_ms, r.done_ms,
           (unsigned long long)r.lap.count, r.note);
    fflush(stdout);
    target_stop(t);
}

static int usage(int status) {
    fprintf(status == 0 ? stdout : stderr,
            "usage: reclaim [--ashlar BINARY] [--redis BINARY] [--elements N] [--list] [CASE...]\n"
            "A CASE may be the first part of a name: zset stands for zset-del, zset-unlink, ...\n"
            "--redis '' leaves redis-server out.\n");
    return status;
}

int main(int argc, char **argv) {
    struct target targets[2] = {{.name = "Ashlar", .binary = "build/ashlar-server"},
                                {.name = "Redis", .binary = "redis-server"}};
    int first = 1;
    for (; first < argc && strncmp(argv[first], "--", 2) == 0; first++) {
        if (strcmp(argv[first], "--list") == 0) {
            for (unsigned i = 0; i < CASES; i++) puts(cases[i].name);
            return 0;
        }
        if (strcmp(argv[first], "--help") == 0) return usage(0);
        if (first + 1 == argc) return usage(2);
        if (strcmp(argv[first], "--ashlar") == 0) targets[0].binary = argv[++first];
        else if (strcmp(argv[first], "--redis") == 0) targets[1].binary = argv[++first];
        else if (strcmp(argv[first], "--elements") == 0) elements = strtoull(argv[++first], NULL, 10);
        else return usage(2);
    }
    if (elements < BATCH) return usage(2);
    printf("%-14s %-7s %9s %9s %9s %9s %9s %9s %9s %10s %9s\n", "case", "server", "stall ms", "idle ms",
           "own ms", "turn ms", "p99.9 ms", "queue ms", "reply ms", "done ms", "pings");
    for (unsigned i = 0; i < CASES; i++)
        for (unsigned k = 0; k < 2; k++)
            if (targets[k].binary[0] != '\0' && is_wanted(cases[i].name, argv + first, argc - first))
                run_case(i, &targets[k]);
    return 0;
}
