/* eviction.c: how good the victims are: hits of a cache under a Zipf load, Ashlar beside redis-server and
 * an ideal LRU that holds as many keys.
 *
 *   build/tests/bench/eviction [--ashlar BINARY] [--redis BINARY] [--accesses N] [--exponent X]
 *                              [--list] [CASE...]
 *
 * A server is filled with CAPACITY keys, and then may use no more memory than that took: so both hold as
 * many, however many bytes each needs for one. Then BATCH keys at a time are asked for, and those that
 * were not there are stored. The ideal LRU sees the same keys in the same order. RATE accesses are made
 * a second, since both clocks count seconds and a cache whose keys stay for one second is no cache.
 *
 * The simulation in tests/unit/server/core/evict_quality_test.c asks the same without a clock. */
#include "tests/support/clock.h"
#include "tests/support/contest.h"
#include "tests/support/lru.h"
#include "tests/support/wire.h"
#include "tests/support/xorshift.h"
#include "tests/support/zipf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define UNIVERSE 200000
#define CAPACITY 20000
#define BATCH    50
#define RATE     25000

static unsigned  accesses;
static unsigned *load; /* the keys, in order */

/* --- The load ---------------------------------------------------------------------------------- */

static void load_make(double exponent) {
    uint64_t    state = XORSHIFT_SEED;
    struct zipf z;
    load = must_alloc(accesses * sizeof *load);
    zipf_init(&z, UNIVERSE, exponent);
    for (unsigned n = 0; n < accesses; n++) load[n] = zipf_key(&z, xorshift(&state));
    zipf_fini(&z);
}

/* Per cent, of a cache of so many keys, which are keys 0 to CAPACITY - 1 at the start, as in the servers. */
static double ideal_hits(unsigned room) {
    struct lru lru;
    unsigned   hits = 0, gone;
    lru_init(&lru, UNIVERSE, room);
    for (unsigned k = 0; k < CAPACITY; k++) lru_use(&lru, k, &gone);
    for (unsigned n = 0; n < accesses; n++) hits += lru_use(&lru, load[n], &gone);
    lru_fini(&lru);
    return 100.0 * hits / accesses;
}

/* --- A server ---------------------------------------------------------------------------------- */

/* Sends what is in out; hit[i] says whether reply i was not null. */
static void look_up(struct target *t, struct bytes *out, unsigned replies, bool *hit) {
    struct resp r;
    if (!wire_send_raw(t->wire, out->data, out->len)) target_die(t->name, "the connection is gone");
    for (unsigned i = 0; i < replies; i++) {
        target_receive(t, &r);
        if (r.type == '-') target_die(t->name, r.text);
        hit[i] = !r.null;
        resp_fini(&r);
    }
    bytes_clear(out);
}

static void add_set(struct bytes *out, unsigned k) {
    bytes_print(out, "*3\r\n$3\r\nSET\r\n$8\r\nk:%06u\r\n$100\r\n%0100u\r\n", k, k);
}

static void fill(struct target *t) {
    struct bytes out = {0};
    for (unsigned k = 0; k < CAPACITY; k++) {
        add_set(&out, k);
        if (k % BATCH == BATCH - 1) target_pipeline(t, &out, BATCH);
    }
    bytes_fini(&out);
}

/* Hits, and in *held how many keys it had on average. */
static unsigned play(struct target *t, double *held) {
    struct bytes out = {0};
    bool         hit[BATCH];
    unsigned     hits = 0, looks = 0;
    double       from = clock_ms(), sum = 0;
    for (unsigned n = 0; n + BATCH <= accesses; n += BATCH) {
        unsigned missed = 0;
        for (unsigned i = 0; i < BATCH; i++)
            bytes_print(&out, "*2\r\n$3\r\nGET\r\n$8\r\nk:%06u\r\n", load[n + i]);
        look_up(t, &out, BATCH, hit);
        for (unsigned i = 0; i < BATCH; i++) {
            if (!hit[i]) add_set(&out, load[n + i]), missed++;
            hits += hit[i];
        }
        if (missed > 0) target_pipeline(t, &out, missed);
        if (n % (100 * BATCH) == 0) sum += (double)target_number(t, "DBSIZE"), looks++;
        clock_sleep_ms(from + 1e3 * n / RATE - clock_ms());
    }
    bytes_fini(&out);
    *held = sum / looks;
    return hits;
}

/* --- The cases --------------------------------------------------------------------------------- */

static const struct {
    const char *name, *policy;
    int         samples;
} cases[] = {
    {"lru-5", "allkeys-lru", 5},
    {"lru-10", "allkeys-lru", 10},
    {"lfu-5", "allkeys-lfu", 5},
    {"lfu-10", "allkeys-lfu", 10},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static const char *name_of(unsigned idx) { return cases[idx].name; }

static void run_case(unsigned idx, struct target *t) {
    char   line[160];
    double held;
    target_start(t, "");
    snprintf(line, sizeof line, "CONFIG SET maxmemory-policy %s maxmemory-samples %d", cases[idx].policy,
             cases[idx].samples);
    target_ask(t, line);
    fill(t);
    snprintf(line, sizeof line, "CONFIG SET maxmemory %.0f", target_info(t, "memory", "used_memory"));
    target_ask(t, line);
    double hits = 100.0 * play(t, &held) / accesses, ideal = ideal_hits((unsigned)held);
    printf("%-12s %7d  %-7s %9.0f %9.2f %9.2f %9.4f\n", cases[idx].policy, cases[idx].samples, t->name, held,
           hits, ideal, hits / ideal);
    fflush(stdout);
    target_stop(t);
}

int main(int argc, char **argv) {
    const char                 *accesses_text = "300000", *exponent = "1.0";
    const struct contest_option options[] = {
        {"--accesses", "N", &accesses_text}, {"--exponent", "X", &exponent}, {0}};
    struct contest c = {.count = CASES, .name_of = name_of, .run = run_case, .options = options};
    contest_read(&c, argc, argv);
    accesses = (unsigned)strtoul(accesses_text, NULL, 10) / BATCH * BATCH;
    if (accesses == 0) contest_usage(&c, 2);
    load_make(strtod(exponent, NULL));
    printf("%-12s %7s  %-7s %9s %9s %9s %9s\n", "policy", "samples", "server", "keys", "hits %", "ideal LRU", "ratio");
    contest_run(&c);
    free(load);
    return 0;
}
