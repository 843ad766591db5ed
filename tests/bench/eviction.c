/* eviction.c: how good the victims are: hits of a cache under a Zipf load, Ashlar beside redis-server and
 * an ideal LRU that holds as many keys.
 *
 *   build/tests/bench/eviction [--ashlar BINARY] [--redis BINARY] [--accesses N] [--exponent X]
 *
 * A server is filled with CAPACITY keys, and then may use no more memory than that took: so both hold as
 * many, however many bytes each needs for one. Then BATCH keys at a time are asked for, and those that
 * were not there are stored. The ideal LRU sees the same keys in the same order. RATE accesses are made
 * a second, since both clocks count seconds and a cache whose keys stay for one second is no cache.
 *
 * The simulation in tests/unit/server/core/evict_quality_test.c asks the same without a clock. */
#include "tests/support/spawn.h"
#include "tests/support/wire.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UNIVERSE 200000
#define CAPACITY 20000
#define BATCH    50
#define RATE     25000
#define WAIT_MS  60000

static unsigned accesses = 300000;
static double   exponent = 1.0;

static void die(const char *what, const char *why) {
    fprintf(stderr, "eviction: %s: %s\n", what, why);
    exit(1);
}

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- The load ---------------------------------------------------------------------------------- */

static unsigned *load_new(void) {
    static double cumulated[UNIVERSE];
    double        sum = 0;
    uint64_t      state = 88172645463325252u;
    unsigned     *load = malloc(accesses * sizeof *load);
    if (load == NULL) die("load", "no memory");
    for (unsigned i = 0; i < UNIVERSE; i++) cumulated[i] = sum += pow(i + 1, -exponent);
    for (unsigned n = 0; n < accesses; n++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        double   at = (double)(state >> 11) * 0x1p-53 * sum;
        unsigned low = 0, high = UNIVERSE - 1;
        while (low < high) {
            unsigned mid = (low + high) / 2;
            if (cumulated[mid] < at) low = mid + 1;
            else high = mid;
        }
        load[n] = low;
    }
    return load;
}

/* A cache of so many keys, which are keys 0 to CAPACITY - 1 at the start, as in the servers. */
static double ideal_hits(const unsigned *load, unsigned holds) {
    static unsigned prev[UNIVERSE + 1], next[UNIVERSE + 1]; /* UNIVERSE is the head */
    static bool     in[UNIVERSE];
    unsigned        held = 0, hits = 0;
    memset(in, 0, sizeof in);
    prev[UNIVERSE] = next[UNIVERSE] = UNIVERSE;
    for (unsigned n = 0; n < CAPACITY + accesses; n++) {
        unsigned k = n < CAPACITY ? n : load[n - CAPACITY];
        if (in[k]) {
            hits += n >= CAPACITY;
            next[prev[k]] = next[k], prev[next[k]] = prev[k];
        } else if (held++ >= holds) {
            unsigned last = prev[UNIVERSE];
            in[last] = false;
            prev[UNIVERSE] = prev[last], next[prev[last]] = UNIVERSE;
            held--;
        }
        in[k] = true;
        next[k] = next[UNIVERSE], prev[k] = UNIVERSE;
        prev[next[k]] = k, next[UNIVERSE] = k;
    }
    return 100.0 * hits / accesses;
}

/* --- A server ---------------------------------------------------------------------------------- */

static long long ask(struct wire *w, const char *line) {
    struct resp r;
    if (wire_ask(w, line, &r) != WIRE_OK) die(line, wire_error(w));
    if (r.type == '-') die(line, r.text);
    long long number = r.number;
    resp_fini(&r);
    return number;
}

static long long info(struct wire *w, const char *field) {
    struct resp r;
    if (wire_ask(w, "INFO", &r) != WIRE_OK) die("INFO", wire_error(w));
    const char *at = strstr(r.text, field);
    long long   value = at != NULL ? atoll(at + strlen(field)) : 0;
    resp_fini(&r);
    return value;
}

/* Sends what is in out; hit[i] says whether reply i was not null. */
static void pipeline(struct wire *w, struct bytes *out, unsigned replies, bool *hit) {
    struct resp r;
    if (!wire_send_raw(w, out->data, out->len)) die("pipeline", "the connection is gone");
    for (unsigned i = 0; i < replies; i++) {
        if (wire_receive(w, WAIT_MS, &r) != WIRE_OK) die("pipeline", wire_error(w));
        if (r.type == '-') die("pipeline", r.text);
        hit[i] = !r.null;
        resp_fini(&r);
    }
    out->len = 0;
}

static void add_set(struct bytes *out, unsigned k) {
    bytes_print(out, "*3\r\n$3\r\nSET\r\n$8\r\nk:%06u\r\n$100\r\n%0100u\r\n", k, k);
}

static void fill(struct wire *w) {
    struct bytes out = {0};
    bool         hit[BATCH];
    for (unsigned k = 0; k < CAPACITY; k++) {
        add_set(&out, k);
        if (k % BATCH == BATCH - 1) pipeline(w, &out, BATCH, hit);
    }
    bytes_fini(&out);
}

/* Hits, and in *held how many keys it had on average. */
static unsigned play(struct wire *w, const unsigned *load, double *held) {
    struct bytes out = {0};
    bool         hit[BATCH], stored[BATCH];
    unsigned     hits = 0, looks = 0;
    double       from = now_s(), sum = 0;
    for (unsigned n = 0; n + BATCH <= accesses; n += BATCH) {
        unsigned missed = 0;
        for (unsigned i = 0; i < BATCH; i++)
            bytes_print(&out, "*2\r\n$3\r\nGET\r\n$8\r\nk:%06u\r\n", load[n + i]);
        pipeline(w, &out, BATCH, hit);
        for (unsigned i = 0; i < BATCH; i++) {
            if (!hit[i]) add_set(&out, load[n + i]), missed++;
            hits += hit[i];
        }
        if (missed > 0) pipeline(w, &out, missed, stored);
        if (n % (100 * BATCH) == 0) sum += (double)ask(w, "DBSIZE"), looks++;
        double early = from + (double)n / RATE - now_s();
        if (early > 0) nanosleep(&(struct timespec){.tv_nsec = (long)(early * 1e9)}, NULL);
    }
    bytes_fini(&out);
    *held = sum / looks;
    return hits;
}

static void run(const char *name, const char *binary, const char *policy, int samples,
                const unsigned *load) {
    struct bytes  error = {0};
    char          line[160];
    double        held;
    struct spawn *s = spawn_new(binary, NULL, &error);
    if (s == NULL) die(binary, error.data);
    struct wire *w = wire_new(s->socket);
    if (w == NULL) die(name, "no connection");
    snprintf(line, sizeof line, "CONFIG SET maxmemory-policy %s maxmemory-samples %d", policy, samples);
    ask(w, line);
    fill(w);
    snprintf(line, sizeof line, "CONFIG SET maxmemory %lld", info(w, "used_memory:"));
    ask(w, line);
    double hits = 100.0 * play(w, load, &held) / accesses, ideal = ideal_hits(load, (unsigned)held);
    printf("%-12s %7d  %-7s %9.0f %9.2f %9.2f %9.4f\n", policy, samples, name, held, hits, ideal, hits / ideal);
    fflush(stdout);
    wire_free(&w);
    spawn_free(&s, NULL);
}

int main(int argc, char **argv) {
    static const struct { const char *policy; int samples; } kinds[] = {
        {"allkeys-lru", 5}, {"allkeys-lru", 10}, {"allkeys-lfu", 5}, {"allkeys-lfu", 10}};
    const char *ashlar = "build/ashlar-server", *redis = "redis-server";
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) die(argv[i], "needs a value; see the head of the file");
        if (strcmp(argv[i], "--ashlar") == 0) ashlar = argv[i + 1];
        else if (strcmp(argv[i], "--redis") == 0) redis = argv[i + 1];
        else if (strcmp(argv[i], "--accesses") == 0) accesses = (unsigned)atoi(argv[i + 1]) / BATCH * BATCH;
        else if (strcmp(argv[i], "--exponent") == 0) exponent = atof(argv[i + 1]);
        else die(argv[i], "no such option");
    }
    if (accesses == 0) die("--accesses", "at least 50");
    unsigned *load = load_new();
    printf("%-12s %7s  %-7s %9s %9s %9s %9s\n", "policy", "samples", "server", "keys", "hits %", "ideal LRU", "ratio");
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        run("Ashlar", ashlar, kinds[i].policy, kinds[i].samples, load);
        run("Redis", redis, kinds[i].policy, kinds[i].samples, load);
    }
    free(load);
    return 0;
}
