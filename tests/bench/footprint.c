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
#include "tests/support/spawn.h"
#include "tests/support/wire.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH     1000 /* commands, or elements of one, without a reply */
#define BATCH_BIG 32   /* of large values */
#define EVERY_MS  25
#define WAIT_MS   120000
#define LIMIT     200e6
#define MIB       (1024.0 * 1024.0)

struct target {
    const char   *name, *binary, *at; /* at: the case */
    struct spawn *server;
    struct wire  *wire;
};

struct result {
    double settle_s; /* seconds from what took memory away until RSS has followed */
    char   note[160];
};

static uint64_t elements = 2000000;
static FILE    *samples;
static uint64_t random_state = 88172645463325252u;

static void die(const char *what, const char *why) {
    fprintf(stderr, "footprint: %s: %s\n", what, why);
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

static uint64_t random_next(void) {
    random_state ^= random_state << 13, random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* --- Asking ---------------------------------------------------------------------------------- */

static void ask_of(struct wire *w, const char *line, struct resp *r) {
    if (wire_ask(w, line, r) != WIRE_OK) die(line, wire_error(w));
    if (r->type == '-') die(line, r->text);
}

static void ask(struct target *t, const char *line) {
    struct resp r;
    ask_of(t->wire, line, &r);
    resp_fini(&r);
}

static double info_of(struct wire *w, const char *section, const char *field) {
    struct resp r;
    char        line[64], name[64];
    snprintf(line, sizeof line, "INFO %s", section);
    snprintf(name, sizeof name, "\n%s:", field);
    ask_of(w, line, &r);
    const char *at = strstr(r.text, name);
    double      value = at != NULL ? strtod(at + strlen(name), NULL) : 0;
    resp_fini(&r);
    return value;
}

static double rss_of(const struct spawn *s) {
    char  path[64];
    long  pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)s->pid);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%*s %ld", &pages) != 1) die(path, "cannot be read");
    fclose(f);
    return (double)pages * 4096;
}

static void pipeline(struct target *t, struct bytes *out, unsigned replies) {
    struct resp r;
    if (!wire_send_raw(t->wire, out->data, out->len)) die(t->name, "the connection is gone");
    for (; replies > 0; replies--) {
        if (wire_receive(t->wire, WAIT_MS, &r) != WIRE_OK) die(t->name, wire_error(t->wire));
        if (r.type == '-') die(t->name, r.text);
        resp_fini(&r);
    }
    out->len = 0;
}

/* --- Sampling -------------------------------------------------------------------------------- */

struct sampler {
    struct target *t;
    pthread_t      thread;
    _Atomic bool   ends;
    double         from_ms, peak; /* peak: of RSS */
};

static void *sample(void *arg) {
    struct sampler *s = arg;
    struct wire    *w = wire_new(s->t->server->socket);
    if (w == NULL) die(s->t->name, "no connection");
    while (!atomic_load(&s->ends)) {
        double used = info_of(w, "memory", "used_memory"), rss = rss_of(s->t->server);
        if (rss > s->peak) s->peak = rss;
        if (samples != NULL)
            fprintf(samples, "sample %s %s %.0f %.0f %.0f\n", s->t->at, s->t->name,
                    now_ms() - s->from_ms, used, rss);
        sleep_ms(EVERY_MS);
    }
    wire_free(&w);
    return NULL;
}

static struct sampler sampler;

static void mark(struct target *t, const char *what) {
    if (samples != NULL)
        fprintf(samples, "mark %s %s %.0f %s\n", t->at, t->name, now_ms() - sampler.from_ms, what);
}

/* Nothing is asked but what the sampler does. Seconds until RSS is below `bytes`; -1: it never was. */
static double rest(struct target *t, double seconds, double bytes) {
    double from = now_ms(), below = -1;
    while (now_ms() - from < seconds * 1e3) {
        if (below < 0 && rss_of(t->server) < bytes) below = (now_ms() - from) / 1e3;
        sleep_ms(EVERY_MS);
    }
    return below;
}

/* --- Loading --------------------------------------------------------------------------------- */

static char value[10001];

static void add_set(struct bytes *out, uint64_t i, size_t len) {
    bytes_print(out, "*3\r\n$3\r\nSET\r\n$12\r\nk:%010llu\r\n$%zu\r\n", (unsigned long long)i, len);
    bytes_add(out, value, len);
    bytes_add(out, "\r\n", 2);
}

static void load_strings(struct target *t, uint64_t count, size_t len) {
    struct bytes out = {0};
    for (uint64_t i = 0; i < count; i++) {
        add_set(&out, i, len);
        if (i % BATCH == BATCH - 1 || i + 1 == count) pipeline(t, &out, (unsigned)(i % BATCH + 1));
    }
    bytes_fini(&out);
}

/* Nine in ten. */
static void delete_strings(struct target *t, uint64_t count) {
    struct bytes out = {0};
    unsigned     waiting = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (random_next() % 10 != 0) {
            bytes_print(&out, "*2\r\n$3\r\nDEL\r\n$12\r\nk:%010llu\r\n", (unsigned long long)i);
            waiting++;
        }
        if (waiting < BATCH && i + 1 < count) continue;
        pipeline(t, &out, waiting);
        waiting = 0;
    }
    bytes_fini(&out);
}

static void load_zset(struct target *t, const char *key, uint64_t count) {
    struct bytes out = {0};
    for (uint64_t i = 0; i < count; i += BATCH) {
        bytes_print(&out, "*%d\r\n$4\r\nZADD\r\n$%zu\r\n%s\r\n", 2 + 2 * BATCH, strlen(key), key);
        for (uint64_t k = i; k < i + BATCH; k++)
            bytes_print(&out, "$7\r\n%07llu\r\n$15\r\nm:%013llu\r\n",
                        (unsigned long long)(k * 7919 % 1000003), (unsigned long long)k);
        pipeline(t, &out, 1);
    }
    bytes_fini(&out);
}

/* --- Containers -------------------------------------------------------------------------------- */

/* `elements` in all, `each` to a key. */
struct kind {
    const char *add, *remove;
    uint64_t    each;
    bool        scored, valued;  /* what stands before an element, or behind it */
};
static const struct kind hash_kind = {"HSET", "HDEL", 100000, false, true};
static const struct kind zset_kind = {"ZADD", "ZREM", 100000, true, false};
static const struct kind small_kind = {"HSET", "DEL", 10, false, true}; /* whole keys go */
static const struct kind list_kind = {"RPUSH", "DEL", 100, false, false};

static void add_key(struct bytes *out, uint64_t key) {
    bytes_print(out, "$12\r\nk:%010llu\r\n", (unsigned long long)key);
}
static void add_element(struct bytes *out, uint64_t i) {
    bytes_print(out, "$15\r\nm:%013llu\r\n", (unsigned long long)i);
}

static void load_kind(struct target *t, const struct kind *k) {
    struct bytes out = {0};
    uint64_t     batch = k->each < BATCH ? k->each : BATCH;
    unsigned     waiting = 0, parts = 1 + (k->scored || k->valued);
    for (uint64_t i = 0; i < elements; i += batch) {
        bytes_print(&out, "*%llu\r\n$%zu\r\n%s\r\n", 2 + (unsigned long long)(parts * batch),
                    strlen(k->add), k->add);
        add_key(&out, i / k->each);
        for (uint64_t e = i; e < i + batch; e++) {
            if (k->scored) bytes_print(&out, "$7\r\n%07llu\r\n", (unsigned long long)(e * 7919 % 1000003));
            add_element(&out, e);
            if (k->valued) bytes_print(&out, "$10\r\nvalue:0001\r\n");
        }
        if (++waiting * batch < BATCH && i + batch < elements) continue;
        pipeline(t, &out, waiting);
        waiting = 0;
    }
    bytes_fini(&out);
}

/* Nine in ten of the elements, or of the keys. */
static void delete_kind(struct target *t, const struct kind *k) {
    bool         keys = strcmp(k->remove, "DEL") == 0;
    uint64_t     count = keys ? elements / k->each : elements;
    struct bytes out = {0};
    unsigned     waiting = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (random_next() % 10 != 0) {
            bytes_print(&out, "*%d\r\n$%zu\r\n%s\r\n", keys ? 2 : 3, strlen(k->remove), k->remove);
            add_key(&out, keys ? i : i / k->each);
            if (!keys) add_element(&out, i);
            waiting++;
        }
        if (waiting == 0 || (waiting < BATCH && i + 1 < count)) continue;
        pipeline(t, &out, waiting);
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
            size_t len = 1 + random_next() % 10000;
            add_set(&out, i + k, len);
            stored += (double)len;
        }
        pipeline(t, &out, BATCH_BIG);
        double rss = rss_of(t->server);
        if (rss - limit > *over) *over = rss - limit;
    }
    bytes_fini(&out);
    return stored;
}

/* --- The cases --------------------------------------------------------------------------------- */

/* Nothing more is asked of the server: does RSS follow, and what did compaction cost it? */
static void settle(struct target *t, struct result *out) {
    mark(t, "idle");
    double used = info_of(t->wire, "memory", "used_memory");
    out->settle_s = rest(t, 10, used * 1.25);
    double mib = info_of(t->wire, "stats", "active_defrag_bytes_returned") / MIB;
    if (mib == 0) {
        snprintf(out->note, sizeof out->note, "s until RSS <= 1.25 used");
        return;
    }
    snprintf(out->note, sizeof out->note,
             "s until RSS <= 1.25 used; compacted %.0f MiB: %.2f CPU ms, %.0f keys looked up a MiB", mib,
             info_of(t->wire, "stats", "active_defrag_cpu_us") / 1e3 / mib,
             info_of(t->wire, "stats", "active_defrag_keys_looked_up") / mib);
}

static void deleted(struct target *t, struct result *out) {
    load_strings(t, elements, 100);
    mark(t, "90 % deleted");
    delete_strings(t, elements);
    settle(t, out);
}

static void deleted_of(struct target *t, struct result *out, const struct kind *k) {
    load_kind(t, k);
    mark(t, "90 % deleted");
    delete_kind(t, k);
    settle(t, out);
}
static void deleted_hash(struct target *t, struct result *out) { deleted_of(t, out, &hash_kind); }
static void deleted_zset(struct target *t, struct result *out) { deleted_of(t, out, &zset_kind); }
static void deleted_list(struct target *t, struct result *out) { deleted_of(t, out, &list_kind); }
static void deleted_small(struct target *t, struct result *out) { deleted_of(t, out, &small_kind); }

static void refilled(struct target *t, struct result *out) {
    load_strings(t, elements, 100);
    mark(t, "90 % deleted");
    delete_strings(t, elements);
    mark(t, "stored: 1000 bytes");
    load_strings(t, elements / 10, 1000);
    mark(t, "idle");
    double used = info_of(t->wire, "memory", "used_memory");
    out->settle_s = rest(t, 6, used * 1.25);
    snprintf(out->note, sizeof out->note, "s until RSS <= 1.25 used");
}

static void unlinked(struct target *t, struct result *out) {
    double empty = rss_of(t->server);
    load_zset(t, "a", elements / 2);
    load_zset(t, "b", elements / 2);
    mark(t, "UNLINK");
    ask(t, "UNLINK a b");
    out->settle_s = rest(t, 8, empty + 10e6);
    snprintf(out->note, sizeof out->note, "s until RSS is within 10 MB of empty");
}

static void flushed(struct target *t, struct result *out) {
    double empty = rss_of(t->server);
    load_strings(t, elements, 100);
    mark(t, "FLUSHALL");
    ask(t, "FLUSHALL");
    out->settle_s = rest(t, 5, empty + 20e6);
    snprintf(out->note, sizeof out->note, "s until RSS is within 20 MB of empty");
}

static double evicted(struct target *t) { return info_of(t->wire, "stats", "evicted_keys"); }

/* Ashlar is told how much may be resident; Redis can only be told how much may be used. */
static void limited(struct target *t, struct result *out) {
    const char *option = t->server->ashlar ? "maxmemory-rss" : "maxmemory";
    char        line[128];
    double      over = -LIMIT;
    snprintf(line, sizeof line, "CONFIG SET %s %.0f maxmemory-policy allkeys-lru", option, LIMIT);
    ask(t, line);
    double stored = load_any(t, 4 * LIMIT, LIMIT, &over);
    double beyond = (stored - info_of(t->wire, "memory", "used_memory")) / MIB, keys = evicted(t);
    mark(t, "limit lowered by 30 %");
    double before = rss_of(t->server);
    snprintf(line, sizeof line, "CONFIG SET %s %.0f", option, LIMIT * 0.7);
    ask(t, line);
    out->settle_s = rest(t, 6, LIMIT * 0.7);
    double returned = (before - rss_of(t->server)) / MIB;
    snprintf(out->note, sizeof out->note,
             "s; RSS %+.1f %% at most; keys evicted a MiB: %.0f beyond, %.0f returned",
             100 * over / LIMIT, keys / beyond, returned > 1 ? (evicted(t) - keys) / returned : 0);
}

static const struct {
    const char *name;
    void      (*fn)(struct target *t, struct result *out);
} cases[] = {
    {"deleted", deleted},
    {"hashes", deleted_hash}, /* nine in ten of their fields */
    {"zsets", deleted_zset},  /* of their members */
    {"lists", deleted_list},  /* of the lists */
    {"small", deleted_small}, /* of hashes of ten fields */
    {"refilled", refilled},
    {"unlinked", unlinked},
    {"flushed", flushed},
    {"limited", limited},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void run_case(unsigned i, struct target *t) {
    struct bytes  error = {0};
    struct result r = {0};
    t->at = cases[i].name;
    random_state = 88172645463325252u;
    t->server = spawn_new(t->binary, NULL, &error);
    if (t->server == NULL) die(t->binary, error.data);
    t->wire = wire_new(t->server->socket);
    if (t->wire == NULL) die(t->name, "no connection");
    sampler = (struct sampler){.t = t, .from_ms = now_ms()};
    if (pthread_create(&sampler.thread, NULL, sample, &sampler) != 0) die(t->name, "no thread");
    cases[i].fn(t, &r);
    double used = info_of(t->wire, "memory", "used_memory"), rss = rss_of(t->server);
    atomic_store(&sampler.ends, true);
    pthread_join(sampler.thread, NULL);
    char settled[16] = "never";
    if (r.settle_s >= 0) snprintf(settled, sizeof settled, "%.1f", r.settle_s);
    printf("%-10s %-7s %9.1f %9.1f %9.1f %9.2f %9s  %s\n", cases[i].name, t->name, sampler.peak / 1e6,
           used / 1e6, rss / 1e6, rss / used, settled, r.note);
    fflush(stdout);
    wire_free(&t->wire);
    spawn_free(&t->server, NULL);
}

static bool is_wanted(const char *name, char **names, int count) {
    for (int i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return count == 0;
}

static int usage(int status) {
    fprintf(status == 0 ? stdout : stderr,
            "usage: footprint [--ashlar BINARY] [--redis BINARY] [--elements N] [--samples FILE] "
            "[--list] [CASE...]\n--redis '' leaves redis-server out.\n");
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
        else if (strcmp(argv[first], "--samples") != 0) return usage(2);
        else if ((samples = fopen(argv[++first], "w")) == NULL) die(argv[first], "cannot be written");
    }
    if (elements < 2 * BATCH || elements % (2 * BATCH) != 0) return usage(2);
    memset(value, 'v', sizeof value - 1);
    printf("%-10s %-7s %9s %9s %9s %9s %9s\n", "case", "server", "peak MB", "used MB", "RSS MB",
           "RSS/used", "settled");
    for (unsigned i = 0; i < CASES; i++)
        for (unsigned k = 0; k < 2; k++)
            if (targets[k].binary[0] != '\0' && is_wanted(cases[i].name, argv + first, argc - first))
                run_case(i, &targets[k]);
    if (samples != NULL) fclose(samples);
    return 0;
}
