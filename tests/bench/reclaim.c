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
#include "tests/support/clock.h"
#include "tests/support/contest.h"
#include "tests/support/pinger.h"
#include "tests/support/spawn.h"
#include "tests/support/wire.h"
#include "tests/support/xorshift.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH      1000 /* elements in one command of a load */
#define IN_FLIGHT  16   /* such commands without a reply */
#define IDLE_MS    300

struct result {
    struct pinger_lap idle, lap;
    double            reply_ms, done_ms; /* of the command; until the memory was back */
    double            turn_ms, own_ms;   /* the longest turn of the loop, and of the processor */
    double            queue_ms;          /* the engine's thread, runnable and not running, in all */
    double            used, rss;         /* bytes at the end */
    char              note[96];
};

static uint64_t       elements;
static struct pinger *pinger; /* of the server that is running */

static double in_memory(struct target *t, const char *field) { return target_info(t, "memory", field); }

static void wait_freed(struct target *t) {
    while (in_memory(t, "lazyfree_pending_objects") > 0) clock_sleep_ms(5);
}

/* --- Laps ------------------------------------------------------------------------------------ */

static void lap_begin(struct target *t, struct result *out) {
    pinger_lap(pinger);
    clock_sleep_ms(IDLE_MS);
    out->idle = pinger_lap(pinger);
    target_ask(t, "CONFIG RESETSTAT");
    out->queue_ms = target_cpu(t).queued / 1e3;
    pinger_lap(pinger);
}

static void lap_end(struct target *t, struct result *out) {
    out->lap = pinger_lap(pinger);
    out->queue_ms = target_cpu(t).queued / 1e3 - out->queue_ms;
    out->turn_ms = target_info(t, "stats", "eventloop_duration_max") / 1e3;
    out->own_ms = target_info(t, "stats", "eventloop_cpu_max") / 1e3;
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

static void load_container(struct target *t, const struct load *l) {
    struct bytes out = {0};
    uint64_t     waiting = 0;
    for (uint64_t i = 0; i < elements; i += BATCH) {
        uint64_t count = elements - i < BATCH ? elements - i : BATCH;
        add_command(l, i, count, &out);
        if (++waiting < IN_FLIGHT && i + BATCH < elements) continue;
        target_pipeline(t, &out, waiting);
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
        target_pipeline(t, &out, count);
    }
    bytes_fini(&out);
}

static void load_string(struct target *t, const struct load *l) {
    (void)l;
    target_ask(t, "SETRANGE big 536870911 x");
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

static void big_key(struct target *t, unsigned kind, const char *line, struct result *out) {
    if (kind >= KINDS) target_die("big_key", "no such kind");
    kinds[kind].fn(t, &kinds[kind].load);
    lap_begin(t, out);
    double from = clock_ms();
    out->reply_ms = target_ask(t, line);
    while (strncmp(line, "PEXPIRE", 7) == 0 && target_number(t, "EXISTS big") != 0) clock_sleep_ms(1);
    wait_freed(t);
    lap_end(t, out);
    out->done_ms = clock_ms() - from;
    target_ask(t, "FLUSHALL");
    wait_freed(t);
}

/* --- All keys, and free pages ---------------------------------------------------------------- */

static void flushall(struct target *t, unsigned kind, const char *line, struct result *out) {
    char   populate[64];
    double empty = target_rss(t), from;
    (void)kind;
    snprintf(populate, sizeof populate, "DEBUG POPULATE %llu key 16", (unsigned long long)elements);
    target_ask(t, populate);
    lap_begin(t, out);
    from = clock_ms();
    out->reply_ms = target_ask(t, line);
    while (target_rss(t) > empty + 20e6 && clock_ms() - from < 20000) clock_sleep_ms(2);
    out->done_ms = clock_ms() - from;
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
    if (value == NULL) target_die("purge", "no memory");
    memset(value, 'x', 50000);
    value[50000] = '\0';
    target_ask(t, t->server->ashlar ? "CONFIG SET dirty-decay-ms -1 rss-return-target-ms -1" : "CONFIG SET jemalloc-bg-thread no");
    for (unsigned i = 0; i < 20000; i++) {
        bytes_print(&out_bytes, "*3\r\n$3\r\nSET\r\n$6\r\n%06u\r\n", i);
        add_bulk(&out_bytes, value);
        if (i % 100 == 99) target_pipeline(t, &out_bytes, 100);
    }
    free(value);
    bytes_fini(&out_bytes);
    for (unsigned i = 0; i < 20000; i++) {
        char del[32];
        snprintf(del, sizeof del, "DEL %06u", i);
        target_ask(t, del);
    }
    wait_freed(t);
    double before = target_rss(t);
    lap_begin(t, out);
    out->reply_ms = out->done_ms = target_ask(t, line);
    lap_end(t, out);
    snprintf(out->note, sizeof out->note, "RSS %.0f -> %.0f MB", before / 1e6, target_rss(t) / 1e6);
    target_ask(t, t->server->ashlar ? "CONFIG SET dirty-decay-ms 5000 rss-return-target-ms 2000" : "CONFIG SET jemalloc-bg-thread yes");
}

/* 90 % of 100-byte strings deleted at random, ten seconds without traffic. */
static void holes(struct target *t, unsigned kind, const char *line, struct result *out) {
    struct bytes batch = {0};
    uint64_t     state = XORSHIFT_SEED;
    char         value[101];
    (void)kind, (void)line;
    memset(value, 'v', 100);
    value[100] = '\0';
    for (uint64_t i = 0; i < elements; i++) {
        bytes_print(&batch, "*3\r\n$3\r\nSET\r\n$12\r\nk:%010llu\r\n", (unsigned long long)i);
        add_bulk(&batch, value);
        if (i % BATCH == BATCH - 1 || i + 1 == elements)
            target_pipeline(t, &batch, i % BATCH + 1);
    }
    lap_begin(t, out);
    uint64_t waiting = 0;
    for (uint64_t i = 0; i < elements; i++) {
        if (xorshift(&state) % 10 != 0) {
            bytes_print(&batch, "*2\r\n$3\r\nDEL\r\n$12\r\nk:%010llu\r\n", (unsigned long long)i);
            waiting++;
        }
        if (waiting == BATCH || i + 1 == elements) {
            target_pipeline(t, &batch, waiting);
            waiting = 0;
        }
    }
    double full = target_rss(t);
    clock_sleep_ms(10000);
    lap_end(t, out);
    out->used = in_memory(t, "used_memory");
    out->rss = target_rss(t);
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
    if (value == NULL) target_die("reload", "no memory");
    memset(value, 'x', 50000);
    value[50000] = '\0';
    snprintf(text, sizeof text, "CONFIG SET maxmemory %.0f maxmemory-policy %s", limit, policy);
    target_ask(t, text);
    lap_begin(t, out);
    double from = clock_ms();
    out->reply_ms = target_ask(t, line);
    for (unsigned i = 0; i < count; i++) {
        bytes_print(&batch, "*3\r\n$3\r\nSET\r\n$6\r\n%06u\r\n", i);
        add_bulk(&batch, value);
        if (!wire_send_raw(t->wire, batch.data, batch.len)) target_die(t->name, "the connection is gone");
        batch.len = 0;
        target_receive(t, &r);
        refused += r.type == '-';
        resp_fini(&r);
    }
    out->done_ms = clock_ms() - from;
    lap_end(t, out);
    snprintf(out->note, sizeof out->note, "%u of %u writes refused, %.0f keys evicted, %.0f waits", refused,
             count, target_info(t, "stats", "evicted_keys"),
             in_memory(t, "lazyfree_backpressure_waits"));
    target_ask(t, "CONFIG SET maxmemory 0");
    free(value);
    bytes_fini(&batch);
}

static void reload(struct target *t, unsigned kind, const char *line, struct result *out) {
    char populate[64];
    (void)kind;
    snprintf(populate, sizeof populate, "DEBUG POPULATE %llu key 10", (unsigned long long)elements);
    target_ask(t, populate);
    double part = (double)elements / 10e6;
    reload_under(t, line, "noeviction", part * 1.25 * 1073741824, part * 1e9, out);
}

/* A key that takes long to free, and what it gives back wanted at once. */
static void reload_tight(struct target *t, unsigned kind, const char *line, struct result *out) {
    double empty = in_memory(t, "used_memory");
    kinds[kind].fn(t, &kinds[kind].load);
    double used = in_memory(t, "used_memory");
    reload_under(t, line, kind == ZSET ? "noeviction" : "allkeys-random", used * 1.05,
                 (used - empty) * 0.95, out);
}

static void idle(struct target *t, unsigned kind, const char *line, struct result *out) {
    (void)kind, (void)line;
    lap_begin(t, out);
    clock_sleep_ms(3000);
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

static const char *name_of(unsigned idx) { return cases[idx].name; }

/* Each on a fresh server, so that nothing is left of the case before. */
static void run_case(unsigned i, struct target *t) {
    struct result r = {0};
    target_start(t, "--enable-debug-command yes");
    pinger = pinger_new(t->server->socket);
    if (pinger == NULL) target_die(t->name, "no connection");
    target_ask(t, "CONFIG SET latency-monitor-threshold 1000000"); /* has it measure its turns */
    cases[i].fn(t, cases[i].kind, cases[i].line, &r);
    printf("%-14s %-7s %9.2f %9.2f %9.2f %9.2f %9.2f %9.1f %9.2f %10.1f %9llu  %s\n", cases[i].name,
           t->name, (double)r.lap.max_us / 1e3, (double)r.idle.max_us / 1e3, r.own_ms, r.turn_ms,
           (double)r.lap.p999_us / 1e3, r.queue_ms, r.reply_ms, r.done_ms,
           (unsigned long long)r.lap.count, r.note);
    fflush(stdout);
    pinger_free(&pinger);
    target_stop(t);
}

int main(int argc, char **argv) {
    const char                 *elements_text = "1000000";
    const struct contest_option options[] = {{"--elements", "N", &elements_text}, {0}};
    struct contest c = {.count = CASES, .name_of = name_of, .run = run_case, .options = options};
    contest_read(&c, argc, argv);
    elements = strtoull(elements_text, NULL, 10);
    if (elements < BATCH) contest_usage(&c, 2);
    printf("%-14s %-7s %9s %9s %9s %9s %9s %9s %9s %10s %9s\n", "case", "server", "stall ms", "idle ms",
           "own ms", "turn ms", "p99.9 ms", "queue ms", "reply ms", "done ms", "pings");
    contest_run(&c);
    return 0;
}
