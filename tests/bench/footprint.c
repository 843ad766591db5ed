/* footprint.c: used memory and RSS over time, Ashlar beside redis-server, as the kernel counts RSS.
 *
 *   build/tests/bench/footprint [--ashlar BINARY] [--redis BINARY] [--elements N] [--samples FILE]
 *                               [--list] [CASE...]
 *
 * Each case loads both servers in turn, on a fresh one each, takes memory away in some way, and leaves
 * the server alone. A thread samples used_memory and RSS all the while, for scripts/draw-memory:
 *
 *   sample CASE SERVER MS USED RSS        mark CASE SERVER MS WHAT-HAPPENED-THEN
 *
 * Start reading at cases[], at the foot. */
#include "tests/support/clock.h"
#include "tests/support/contest.h"
#include "tests/support/spawn.h"
#include "tests/support/wire.h"
#include "tests/support/xorshift.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH     1000 /* elements, or commands that remove one, without a reply */
#define BATCH_BIG 32   /* of large values */
#define EVERY_MS  25
#define LIMIT     200e6
#define MIB       (1024.0 * 1024.0)

struct result {
    double settle_s; /* seconds from what took memory away until RSS has followed */
    char   note[160];
};

static uint64_t    elements;
static FILE       *samples;
static uint64_t    random_state;
static const char *case_name;

/* --- Sampling -------------------------------------------------------------------------------- */

struct sampler {
    struct target *t;
    pthread_t      thread;
    _Atomic bool   ends;
    double         from_ms, peak; /* peak: of RSS */
};

static struct sampler sampler;

static void *sample(void *arg) {
    struct sampler *s = arg;
    struct wire    *w = target_wire(s->t);
    while (!atomic_load(&s->ends)) {
        double used = target_info_on(w, "memory", "used_memory"), rss = target_rss(s->t);
        if (rss > s->peak) s->peak = rss;
        if (samples != NULL)
            fprintf(samples, "sample %s %s %.0f %.0f %.0f\n", case_name, s->t->name,
                    clock_ms() - s->from_ms, used, rss);
        clock_sleep_ms(EVERY_MS);
    }
    wire_free(&w);
    return NULL;
}

static void mark(struct target *t, const char *what) {
    if (samples != NULL)
        fprintf(samples, "mark %s %s %.0f %s\n", case_name, t->name, clock_ms() - sampler.from_ms, what);
}

/* Nothing is asked but what the sampler does. Seconds until RSS is below `bytes`; -1: it never was. */
static double rest(struct target *t, double seconds, double bytes) {
    double from = clock_ms(), below = -1;
    while (clock_ms() - from < seconds * 1e3) {
        if (below < 0 && target_rss(t) < bytes) below = (clock_ms() - from) / 1e3;
        clock_sleep_ms(EVERY_MS);
    }
    return below;
}

/* --- Loading, and deleting nine in ten --------------------------------------------------------- */

/* What is stored, one command for up to BATCH elements of a key:
 *   add KEY ([score] [element] [value])...
 * and how it goes, each element for itself, or whole keys where a command names none:
 *   remove KEY [count] [element] */
struct kind {
    const char *add, *remove, *count; /* count: before the element; NULL: none */
    uint64_t    each;                 /* elements in a key */
    size_t      element, value;       /* bytes of it, 0: none */
    bool        scored;
    double      times;                /* so often `elements` of them are stored */
};

static const struct kind strings = {"SET", "DEL", NULL, 1, 0, 100, false, 1};
static const struct kind hashes = {"HSET", "HDEL", NULL, 100000, 15, 100, false, 1};
static const struct kind zsets = {"ZADD", "ZREM", NULL, 100000, 100, 0, true, 1};
static const struct kind lists = {"RPUSH", "LREM", "1", 1000, 100, 0, false, 1};
/* As many bytes as the others: a million keys of five fields where they have two million elements. */
static const struct kind small = {"HSET", "DEL", NULL, 5, 15, 20, false, 2.5};
static const struct kind big_zsets = {"ZADD", "ZREM", NULL, 1000000, 15, 0, true, 1};
static const struct kind refill = {"SET", "DEL", NULL, 1, 0, 1000, false, 0.1};

static char filler[10001];

static void add_word(struct bytes *out, const char *word) {
    bytes_print(out, "$%zu\r\n%s\r\n", strlen(word), word);
}

static void add_filler(struct bytes *out, size_t len) {
    bytes_print(out, "$%zu\r\n", len);
    bytes_add(out, filler, len);
    bytes_add(out, "\r\n", 2);
}

static void add_key(struct bytes *out, uint64_t key) {
    bytes_print(out, "$12\r\nk:%010llu\r\n", (unsigned long long)key);
}

/* Its number, and what fills it up. */
static void add_element(struct bytes *out, uint64_t i, size_t len) {
    bytes_print(out, "$%zu\r\nm:%013llu", len, (unsigned long long)i);
    bytes_add(out, filler, len - 15);
    bytes_add(out, "\r\n", 2);
}

static uint64_t count_of(const struct kind *k) { return (uint64_t)((double)elements * k->times); }

/* `count` elements of one key. */
static void add_command(struct bytes *out, const struct kind *k, uint64_t from, uint64_t count) {
    unsigned parts = k->scored + (k->element > 0) + (k->value > 0);
    bytes_print(out, "*%llu\r\n", 2 + (unsigned long long)(parts * count));
    add_word(out, k->add);
    add_key(out, from / k->each);
    for (uint64_t i = from; i < from + count; i++) {
        if (k->scored) bytes_print(out, "$7\r\n%07llu\r\n", (unsigned long long)(i * 7919 % 1000003));
        if (k->element > 0) add_element(out, i, k->element);
        if (k->value > 0) add_filler(out, k->value);
    }
}

static void load(struct target *t, const struct kind *k) {
    struct bytes out = {0};
    uint64_t     count = count_of(k), step = k->each < BATCH ? k->each : BATCH, waiting = 0;
    for (uint64_t i = 0; i < count; i += step) {
        add_command(&out, k, i, step);
        if (++waiting * step < BATCH && i + step < count) continue;
        target_pipeline(t, &out, waiting);
        waiting = 0;
    }
    bytes_fini(&out);
}

static void add_removal(struct bytes *out, const struct kind *k, uint64_t i, bool whole_keys) {
    bytes_print(out, "*%d\r\n", whole_keys ? 2 : 3 + (k->count != NULL));
    add_word(out, k->remove);
    add_key(out, whole_keys ? i : i / k->each);
    if (whole_keys) return;
    if (k->count != NULL) add_word(out, k->count);
    add_element(out, i, k->element);
}

/* Which ones, chance says, of elements or of keys: so holes are everywhere. */
static void delete(struct target *t, const struct kind *k) {
    struct bytes out = {0};
    bool         whole_keys = strcmp(k->remove, "DEL") == 0;
    uint64_t     count = whole_keys ? count_of(k) / k->each : count_of(k), waiting = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (xorshift(&random_state) % 10 != 0) add_removal(&out, k, i, whole_keys), waiting++;
        if (waiting < BATCH && i + 1 < count) continue;
        target_pipeline(t, &out, waiting);
        waiting = 0;
    }
    bytes_fini(&out);
}

/* Sizes of 1 to 10000 bytes at random. Returns the bytes stored. */
static double load_any(struct target *t, double bytes, double limit, double *over) {
    struct bytes out = {0};
    double       stored = 0;
    for (uint64_t i = 0; stored < bytes; i += BATCH_BIG) {
        for (unsigned k = 0; k < BATCH_BIG; k++) {
            size_t len = 1 + xorshift(&random_state) % 10000;
            bytes_print(&out, "*3\r\n$3\r\nSET\r\n");
            add_key(&out, i + k);
            add_filler(&out, len);
            stored += (double)len;
        }
        target_pipeline(t, &out, BATCH_BIG);
        double rss = target_rss(t);
        if (rss - limit > *over) *over = rss - limit;
    }
    bytes_fini(&out);
    return stored;
}

/* --- The cases --------------------------------------------------------------------------------- */

static double used_by(struct target *t) { return target_info(t, "memory", "used_memory"); }

/* Nothing more is asked of the server: does RSS follow, and what did compaction cost it? */
static void settle(struct target *t, struct result *out, double seconds) {
    mark(t, "idle");
    out->settle_s = rest(t, seconds, used_by(t) * 1.25);
    double mib = target_info(t, "stats", "active_defrag_bytes_returned") / MIB;
    int    at = snprintf(out->note, sizeof out->note, "s until RSS <= 1.25 used");
    if (mib == 0) return;
    snprintf(out->note + at, sizeof out->note - (size_t)at,
             "; compacted %.0f MiB: %.2f CPU ms, %.0f keys looked up a MiB", mib,
             target_info(t, "stats", "active_defrag_cpu_us") / 1e3 / mib,
             target_info(t, "stats", "active_defrag_keys_looked_up") / mib);
}

static void deleted(struct target *t, const struct kind *k, struct result *out) {
    load(t, k);
    mark(t, "90 % deleted");
    delete(t, k);
    settle(t, out, 10);
}

static void refilled(struct target *t, const struct kind *k, struct result *out) {
    load(t, k);
    mark(t, "90 % deleted");
    delete(t, k);
    mark(t, "stored: 1000 bytes");
    load(t, &refill);
    settle(t, out, 6);
}

static void unlinked(struct target *t, const struct kind *k, struct result *out) {
    double       empty = target_rss(t);
    struct bytes line = {0};
    load(t, k);
    mark(t, "UNLINK");
    bytes_print(&line, "UNLINK");
    for (uint64_t i = 0; i * k->each < count_of(k); i++) bytes_print(&line, " k:%010llu", (unsigned long long)i);
    target_ask(t, line.data);
    bytes_fini(&line);
    out->settle_s = rest(t, 8, empty + 10e6);
    snprintf(out->note, sizeof out->note, "s until RSS is within 10 MB of empty");
}

static void flushed(struct target *t, const struct kind *k, struct result *out) {
    double empty = target_rss(t);
    load(t, k);
    mark(t, "FLUSHALL");
    target_ask(t, "FLUSHALL");
    out->settle_s = rest(t, 5, empty + 20e6);
    snprintf(out->note, sizeof out->note, "s until RSS is within 20 MB of empty");
}

static double evicted(struct target *t) { return target_info(t, "stats", "evicted_keys"); }

/* Ashlar is told how much may be resident; Redis can only be told how much may be used. */
static void limited(struct target *t, const struct kind *k, struct result *out) {
    const char *option = t->server->ashlar ? "maxmemory-rss" : "maxmemory";
    char        line[128];
    double      over = -LIMIT;
    (void)k;
    snprintf(line, sizeof line, "CONFIG SET %s %.0f maxmemory-policy allkeys-lru", option, LIMIT);
    target_ask(t, line);
    double stored = load_any(t, 4 * LIMIT, LIMIT, &over);
    double beyond = (stored - used_by(t)) / MIB, keys = evicted(t);
    mark(t, "limit lowered by 30 %");
    double before = target_rss(t);
    snprintf(line, sizeof line, "CONFIG SET %s %.0f", option, LIMIT * 0.7);
    target_ask(t, line);
    out->settle_s = rest(t, 6, LIMIT * 0.7);
    double returned = (before - target_rss(t)) / MIB;
    snprintf(out->note, sizeof out->note,
             "s; RSS %+.1f %% at most; keys evicted a MiB: %.0f beyond, %.0f returned",
             100 * over / LIMIT, keys / beyond, returned > 1 ? (evicted(t) - keys) / returned : 0);
}

static const struct {
    const char        *name;
    void             (*fn)(struct target *t, const struct kind *k, struct result *out);
    const struct kind *kind;
} cases[] = {
    {"deleted", deleted, &strings},
    {"hashes", deleted, &hashes}, /* nine in ten of their fields */
    {"zsets", deleted, &zsets},   /* of their members */
    {"lists", deleted, &lists},   /* of their elements */
    {"small", deleted, &small},   /* of hashes of five fields */
    {"refilled", refilled, &strings},
    {"unlinked", unlinked, &big_zsets},
    {"flushed", flushed, &strings},
    {"limited", limited, NULL},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static const char *name_of(unsigned idx) { return cases[idx].name; }

/* Each on a fresh server, so that nothing is left of the case before. */
static void run_case(unsigned idx, struct target *t) {
    struct result r = {0};
    char          settled[16] = "never";
    case_name = cases[idx].name;
    random_state = XORSHIFT_SEED;
    target_start(t, "");
    sampler = (struct sampler){.t = t, .from_ms = clock_ms()};
    if (pthread_create(&sampler.thread, NULL, sample, &sampler) != 0) target_die(t->name, "no thread");
    cases[idx].fn(t, cases[idx].kind, &r);
    double used = used_by(t), rss = target_rss(t);
    atomic_store(&sampler.ends, true);
    pthread_join(sampler.thread, NULL);
    if (r.settle_s >= 0) snprintf(settled, sizeof settled, "%.1f", r.settle_s);
    printf("%-10s %-7s %9.1f %9.1f %9.1f %9.2f %9s  %s\n", case_name, t->name, sampler.peak / 1e6,
           used / 1e6, rss / 1e6, rss / used, settled, r.note);
    fflush(stdout);
    target_stop(t);
}

int main(int argc, char **argv) {
    const char                 *elements_text = "2000000", *path = "";
    const struct contest_option options[] = {
        {"--elements", "N", &elements_text}, {"--samples", "FILE", &path}, {0}};
    struct contest c = {.count = CASES, .name_of = name_of, .run = run_case, .options = options};
    contest_read(&c, argc, argv);
    elements = strtoull(elements_text, NULL, 10);
    if (elements == 0 || elements % (10 * BATCH) != 0) contest_usage(&c, 2);
    if (path[0] != '\0' && (samples = fopen(path, "w")) == NULL) target_die(path, "cannot be written");
    memset(filler, 'v', sizeof filler - 1);
    printf("%-10s %-7s %9s %9s %9s %9s %9s\n", "case", "server", "peak MB", "used MB", "RSS MB",
           "RSS/used", "settled");
    contest_run(&c);
    if (samples != NULL) fclose(samples);
    return 0;
}
