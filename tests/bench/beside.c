/* beside.c: what GET and SET keep of their throughput and waits while memory is being given back beside
 * them, against the same server when nothing is.
 *
 *   build/tests/bench/beside [--ashlar BINARY] [--redis BINARY] [--elements N] [--rounds N] [--seconds S]
 *                            [--list] [CASE...]
 *
 * A round fills the server: the driver's keys; N strings of 100 bytes and N members of 100 bytes in
 * sorted sets, of which nine in ten are then deleted at random; and BIG sorted sets of BIG_MEMBERS. Then it is driven for S seconds as it
 * is (idle), and for as long while compaction is on and another client unlinks a sorted set each
 * UNLINK_MS (busy). Every second round begins with the busy half, so that neither has the better server;
 * the machine's noise falls on both. Each figure is the median of the rounds; a ratio, of their ratios.
 *
 * The server has one core for all its threads, and its clients another. A redis-server without its own
 * jemalloc can't compact: then only lazy freeing is beside it, as the note tells. Start reading at
 * run_case(). */
#include "tests/support/clock.h"
#include "tests/support/contest.h"
#include "tests/support/driver.h"
#include "tests/support/spawn.h"
#include "tests/support/wire.h"
#include "tests/support/xorshift.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH       1000
#define SPARSE_MEMBERS 100000
#define BIG         200
#define BIG_MEMBERS 20000
#define UNLINK_MS   10
#define ROUNDS_MAX  99
#define MIB         (1024.0 * 1024.0)

/* One half of a round. */
struct half {
    struct driver_lap lap;
    double            engine_us;  /* of the processor, a request */
    double            compacting; /* per cent of the time in which the engine compacted */
    double            others;     /* per cent of a core that the server's other threads took */
    double            own_ms, turn_ms;  /* the longest turn of the loop: of the processor, by the clock */
    double            moved, freed; /* MiB by compaction; big keys by lazy freeing */
};

struct round { struct half idle, busy; };

static uint64_t elements;
static unsigned rounds;
static double   seconds;
static bool     can_compact; /* the server at hand */

/* --- Cores ----------------------------------------------------------------------------------- */

/* This thread, and what is started from it. */
static void take_core(unsigned core) {
    cpu_set_t set;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) return;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) target_die("core", "cannot be had");
}

/* --- Filling --------------------------------------------------------------------------------- */

static void add_word(struct bytes *out, const char *format, unsigned long long i) {
    char word[128];
    int  len = snprintf(word, sizeof word, format, i);
    bytes_print(out, "$%d\r\n%s\r\n", len, word);
}

static void copy(struct target *t, const char *key, unsigned count) {
    char line[64];
    for (unsigned i = 1; i < count; i++) {
        snprintf(line, sizeof line, "COPY %s:0 %s:%u", key, key, i);
        target_ask(t, line);
    }
}

/* `count` keys, each a sorted set of the same members. */
static void add_zsets(struct target *t, const char *key, unsigned count, unsigned members, const char *member) {
    struct bytes out = {0};
    for (unsigned i = 0; i < members; i += BATCH) {
        bytes_print(&out, "*%d\r\n$4\r\nZADD\r\n$%zu\r\n%s:0\r\n", 2 + 2 * BATCH, strlen(key) + 2, key);
        for (unsigned k = i; k < i + BATCH; k++) add_word(&out, "%llu", k), add_word(&out, member, k);
        target_pipeline(t, &out, 1);
    }
    bytes_fini(&out);
    copy(t, key, count);
}

/* Nine in ten of what one command may name BATCH of: which ones, chance says. */
static void delete_most(struct target *t, const char *command, unsigned words, const char *format, uint64_t count) {
    static uint64_t state = XORSHIFT_SEED;
    struct bytes    names = {0}, out = {0};
    for (uint64_t i = 0; i < count; i += BATCH) {
        unsigned named = 0;
        for (uint64_t k = i; k < i + BATCH; k++)
            if (xorshift(&state) % 10 != 0) add_word(&names, format, k), named++;
        bytes_print(&out, "*%u\r\n%s", words + named, command);
        bytes_add(&out, names.data, names.len);
        bytes_clear(&names);
        target_pipeline(t, &out, 1);
    }
    bytes_fini(&names);
    bytes_fini(&out);
}

static void compaction(struct target *t, bool on) {
    if (can_compact) target_ask(t, on ? "CONFIG SET activedefrag yes" : "CONFIG SET activedefrag no");
}

static void fill(struct target *t) {
    char     line[64];
    unsigned sparse = (unsigned)(elements / SPARSE_MEMBERS);
    compaction(t, false);
    target_ask(t, "FLUSHALL");
    driver_fill(t);
    snprintf(line, sizeof line, "DEBUG POPULATE %llu k 100", (unsigned long long)elements);
    target_ask(t, line);
    add_zsets(t, "sparse", sparse, SPARSE_MEMBERS, "%0100llu");
    add_zsets(t, "big", BIG, BIG_MEMBERS, "m:%013llu");
    delete_most(t, "$3\r\nDEL\r\n", 1, "k:%llu", elements);
    for (unsigned i = 0; i < sparse; i++) {
        char command[128];
        int  len = snprintf(line, sizeof line, "sparse:%u", i);
        snprintf(command, sizeof command, "$4\r\nZREM\r\n$%d\r\n%s\r\n", len, line);
        delete_most(t, command, 2, "%0100llu", SPARSE_MEMBERS);
    }
}

/* --- One half of a round ----------------------------------------------------------------------- */

struct unlinker {
    struct wire *wire;
    pthread_t    thread;
    _Atomic bool ends;
};

static void *unlink_big(void *arg) {
    struct unlinker *u = arg;
    char             line[32];
    for (unsigned i = 0; i < BIG && !atomic_load(&u->ends); i++) {
        struct resp r;
        snprintf(line, sizeof line, "UNLINK big:%u", i);
        if (wire_ask(u->wire, line, &r) != WIRE_OK || r.number != 1) target_die(line, "not done");
        resp_fini(&r);
        clock_sleep_ms(UNLINK_MS);
    }
    return NULL;
}

static void measure(struct target *t, struct driver *d, struct half *out) {
    target_ask(t, "CONFIG RESETSTAT");
    double compacted = target_info(t, "stats", "active_defrag_cpu_us");
    double moved = target_info(t, "stats", "active_defrag_bytes_moved");
    double freed = target_info(t, "memory", "lazyfreed_objects");
    double from = clock_ms();
    struct target_cpu before = target_cpu(t);
    out->lap = driver_run(d, seconds * 1e3);
    struct target_cpu after = target_cpu(t);
    double us = (clock_ms() - from) * 1e3;
    out->engine_us = (after.engine - before.engine) / (out->lap.per_s * us / 1e6);
    out->others = 100 * (after.others - before.others) / us;
    out->own_ms = target_info(t, "stats", "eventloop_cpu_max") / 1e3;
    out->turn_ms = target_info(t, "stats", "eventloop_duration_max") / 1e3;
    out->compacting = 100 * (target_info(t, "stats", "active_defrag_cpu_us") - compacted) / us;
    out->moved = (target_info(t, "stats", "active_defrag_bytes_moved") - moved) / MIB;
    out->freed = target_info(t, "memory", "lazyfreed_objects") - freed;
}

static void measure_busy(struct target *t, struct driver *d, struct half *out) {
    struct unlinker u = {.wire = target_wire(t)};
    compaction(t, true);
    if (pthread_create(&u.thread, NULL, unlink_big, &u) != 0) target_die(t->name, "no thread");
    measure(t, d, out);
    atomic_store(&u.ends, true);
    pthread_join(u.thread, NULL);
    wire_free(&u.wire);
    compaction(t, false);
}

static void wait_quiet(struct target *t) {
    while (target_info(t, "memory", "lazyfree_pending_objects") > 0 ||
           target_info(t, "memory", "active_defrag_running") > 0)
        clock_sleep_ms(10);
}

static struct round play(struct target *t, struct driver *d, bool busy_first) {
    struct round r;
    fill(t);
    wait_quiet(t);
    if (busy_first) measure_busy(t, d, &r.busy), wait_quiet(t);
    measure(t, d, &r.idle);
    if (!busy_first) measure_busy(t, d, &r.busy), wait_quiet(t);
    return r;
}

/* --- The cases --------------------------------------------------------------------------------- */

static double idle_rps(const struct round *r) { return r->idle.lap.per_s; }
static double busy_rps(const struct round *r) { return r->busy.lap.per_s; }
static double rps_ratio(const struct round *r) { return r->busy.lap.per_s / r->idle.lap.per_s; }
static double idle_p50(const struct round *r) { return r->idle.lap.p50_ms; }
static double busy_p50(const struct round *r) { return r->busy.lap.p50_ms; }
static double idle_p99(const struct round *r) { return r->idle.lap.p99_ms; }
static double busy_p99(const struct round *r) { return r->busy.lap.p99_ms; }
static double idle_p999(const struct round *r) { return r->idle.lap.p999_ms; }
static double busy_p999(const struct round *r) { return r->busy.lap.p999_ms; }
static double p999_ratio(const struct round *r) { return r->busy.lap.p999_ms / r->idle.lap.p999_ms; }
static double idle_us(const struct round *r) { return r->idle.engine_us; }
static double busy_us(const struct round *r) { return r->busy.engine_us; }
static double compacting(const struct round *r) { return r->busy.compacting; }
static double moved(const struct round *r) { return r->busy.moved; }
static double freed(const struct round *r) { return r->busy.freed; }
static double own_ms(const struct round *r) { return r->busy.own_ms; }
static double turn_ms(const struct round *r) { return r->busy.turn_ms; }
static double others(const struct round *r) { return r->busy.others; }

/* What the ratio of throughput is where the server has a core to itself: what compaction and the other
 * threads take is by the clock, and a request costs what it costs beside them. No noise of the machine is in
 * it but that of the caches. */
static double alone_ratio(const struct round *r) {
    double taken = (r->busy.compacting + r->busy.others) / 100;
    double request_us = r->busy.engine_us - 1e6 * r->busy.compacting / 100 / r->busy.lap.per_s;
    return (1 - taken) * r->idle.engine_us / request_us;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const struct round *r, double (*figure)(const struct round *r)) {
    double value[ROUNDS_MAX];
    for (unsigned i = 0; i < rounds; i++) value[i] = figure(&r[i]);
    qsort(value, rounds, sizeof value[0], by_value);
    return (value[(rounds - 1) / 2] + value[rounds / 2]) / 2;
}

static const struct { const char *name; enum driver_verb verb; } cases[] = {
    {"beside-get", DRIVER_GET},
    {"beside-set", DRIVER_SET},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static const char *name_of(unsigned idx) { return cases[idx].name; }

static void print_row(const char *name, const struct target *t, const struct round *r) {
    printf("%-10s %-7s %7.0f %7.0f %5.2f | %6.2f %6.2f | %6.2f %6.2f | %6.2f %6.2f %5.2f | %5.2f %5.2f %5.2f | ",
           name, t->name, median(r, idle_rps) / 1e3, median(r, busy_rps) / 1e3, median(r, rps_ratio),
           median(r, idle_p50), median(r, busy_p50), median(r, idle_p99), median(r, busy_p99),
           median(r, idle_p999), median(r, busy_p999), median(r, p999_ratio), median(r, idle_us),
           median(r, busy_us), median(r, alone_ratio));
    printf("compacting %.0f %% of the time, %.0f MiB moved; %.0f sorted sets freed, other threads %.0f %% of a core; "
           "longest turn %.2f ms of the processor, %.2f by the clock\n",
           median(r, compacting), median(r, moved), median(r, freed), median(r, others),
           median(r, own_ms), median(r, turn_ms));
    fflush(stdout);
}

static bool takes(struct target *t, const char *line) {
    struct resp r;
    if (wire_ask(t->wire, line, &r) != WIRE_OK) target_die(line, wire_error(t->wire));
    bool taken = r.type != '-';
    resp_fini(&r);
    return taken;
}

static void run_case(unsigned idx, struct target *t) {
    static struct round r[ROUNDS_MAX];
    take_core(0);
    target_start(t, "--enable-debug-command yes");
    take_core(1);
    can_compact = takes(t, "CONFIG SET activedefrag yes");
    target_ask(t, "CONFIG SET latency-monitor-threshold 1000000"); /* has it measure its turns */
    driver_fill(t);
    struct driver *d = driver_new(t, cases[idx].verb);
    driver_run(d, 300); /* until it is warm */
    for (unsigned i = 0; i < rounds; i++) r[i] = play(t, d, i % 2 != 0);
    print_row(cases[idx].name, t, r);
    driver_free(&d);
    target_stop(t);
}

int main(int argc, char **argv) {
    const char *elements_text = "2000000", *rounds_text = "5", *seconds_text = "1";
    const struct contest_option options[] = {{"--elements", "N", &elements_text},
                                             {"--rounds", "N", &rounds_text},
                                             {"--seconds", "S", &seconds_text}, {0}};
    struct contest c = {.count = CASES, .name_of = name_of, .run = run_case, .options = options};
    contest_read(&c, argc, argv);
    elements = strtoull(elements_text, NULL, 10);
    rounds = (unsigned)strtoul(rounds_text, NULL, 10);
    seconds = strtod(seconds_text, NULL);
    if (elements == 0 || elements % SPARSE_MEMBERS != 0 || rounds == 0 || rounds > ROUNDS_MAX || seconds <= 0) contest_usage(&c, 2);
    printf("%-10s %-7s %7s %7s %5s | %6s %6s | %6s %6s | %6s %6s %5s | %5s %5s %5s | medians of %u rounds\n", "case",
           "server", "idle k", "busy k", "ratio", "p50 ms", "busy", "p99 ms", "busy", "p99.9", "busy", "ratio",
           "us", "busy", "alone", rounds);
    contest_run(&c);
    return 0;
}
