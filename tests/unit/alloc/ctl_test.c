/* ctl_test.c: names, types and errors of the mallctl namespace, and the report. */
#include "alloc/alloc.h"
#include "alloc/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <sys/types.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Slots and pages are counted here: no tails, and nothing in quarantine. Release builds have none. */
const char *malloc_conf = "redzone:false";

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static size_t get_size(const char *name) {
    size_t value = 0, len = sizeof value;
    assert_int_equal(ash_ctl(name, &value, &len, NULL, 0), 0);
    return value;
}

static unsigned get_unsigned(const char *name) {
    unsigned value = 0;
    size_t   len = sizeof value;
    assert_int_equal(ash_ctl(name, &value, &len, NULL, 0), 0);
    return value;
}

static void test_totals(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("ctl", ASH_HEAP_OWNED);
    void            *p = ash_alloc(h, 1000000), *q = ash_alloc(h, 100);
    size_t           allocated = get_size("stats.allocated"), active = get_size("stats.active");
    assert_int_equal(allocated, ash_used());
    assert_true(allocated <= active && active <= get_size("stats.resident"));
    assert_true(get_size("stats.mapped") >= get_size("stats.resident") / 2);
    assert_true(get_size("stats.metadata") > 0);
    get_size("stats.retained");
    char     name[64];
    unsigned last = get_unsigned("arenas.narenas") - 1;
    snprintf(name, sizeof name, "stats.arenas.%u.small.allocated", last);
    assert_int_equal(get_size(name), 104);
    snprintf(name, sizeof name, "stats.arenas.%u.large.allocated", last);
    assert_int_equal(get_size(name), 1003520);
    assert_true(get_size("stats.arenas.4096.pactive") * 4096 >= allocated);
    ash_free(p, 1000000);
    ash_free(q, 100);
    ash_heap_drop(&h);
}

static void test_bins(void **state) {
    (void)state;
    assert_int_equal(get_unsigned("arenas.nbins"), ash_bin_count());
    assert_int_equal(get_size("arenas.bin.0.size"), 8);
    assert_int_equal(get_size("arenas.bin.5.size"), 48);
    assert_true(get_size("arenas.bin.5.slab_size") >= 4096);
    assert_int_equal(get_size("arenas.page"), 4096);
    get_size("stats.arenas.0.bins.5.curregs");
    size_t value, len = sizeof value;
    assert_int_equal(ash_ctl("arenas.bin.72.size", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("arenas.bin.99999999.size", &value, &len, NULL, 0), ENOENT);
}

static void test_decay_settings(void **state) {
    (void)state;
    ssize_t ms = 5000, was = 0;
    size_t  len = sizeof was;
    assert_int_equal(ash_ctl("arenas.dirty_decay_ms", &was, &len, &ms, sizeof ms), 0);
    assert_int_equal(was, 10000);
    assert_int_equal(ash_ctl("arenas.dirty_decay_ms", &was, &len, NULL, 0), 0);
    assert_int_equal(was, 5000);
    assert_int_equal(ash_ctl("opt.dirty_decay_ms", &was, &len, NULL, 0), 0);
    assert_int_equal(was, 10000); /* what it was at start */
    assert_int_equal(ash_ctl("opt.dirty_decay_ms", NULL, NULL, &ms, sizeof ms), EPERM);
    ms = -2;
    assert_int_equal(ash_ctl("arenas.muzzy_decay_ms", NULL, NULL, &ms, sizeof ms), EFAULT);
    ms = 10000;
    assert_int_equal(ash_ctl("arenas.dirty_decay_ms", NULL, NULL, &ms, sizeof ms), 0);
}

/* The heap's index, found by an object of it. */
static unsigned idx_of(struct ash_heap *h) {
    unsigned idx = 0;
    void    *p = ash_alloc(h, 10);
    size_t   idx_len = sizeof idx;
    assert_int_equal(ash_ctl("arenas.lookup", &idx, &idx_len, &p, sizeof p), 0);
    ash_free(p, 10);
    return idx;
}

static void decay_of(struct ash_heap *h, ssize_t *was, const ssize_t *ms) {
    char   name[64];
    size_t len = sizeof *was;
    snprintf(name, sizeof name, "arena.%u.dirty_decay_ms", idx_of(h));
    assert_int_equal(ash_ctl(name, was, &len, (void *)(uintptr_t)ms, ms ? sizeof *ms : 0), 0);
}

/* One heap's own time; the others follow the common one; a heap that comes after has none. */
static void test_decay_of_one(void **state) {
    (void)state;
    struct ash_heap *a = ash_heap_new("a", ASH_HEAP_OWNED), *b = ash_heap_new("b", ASH_HEAP_OWNED);
    ssize_t          was, now = 0, never = -1, bad = -2;
    decay_of(a, &was, &now);
    assert_int_equal(was, 10000);
    decay_of(b, &was, &never);
    void *p = ash_alloc(a, 3000000), *q = ash_alloc(b, 3000000);
    memset(p, 1, 3000000);
    memset(q, 1, 3000000);
    size_t before = ash_purgeable();
    ash_free(p, 3000000);
    char order[64];
    snprintf(order, sizeof order, "arena.%u.decay", idx_of(a));
    assert_int_equal(ash_ctl(order, NULL, NULL, NULL, 0), 0);
    assert_true(ash_purgeable() <= before); /* at once */
    before = ash_purgeable();
    ash_free(q, 3000000);
    assert_true(ash_purgeable() >= before + 3000000);
    assert_int_equal(ash_ctl("arena.4096.dirty_decay_ms", NULL, NULL, &now, sizeof now), EFAULT);
    assert_int_equal(ash_ctl("arena.0.dirty_decay_ms", NULL, NULL, &bad, sizeof bad), EFAULT);
    assert_int_equal(ash_ctl("arena.0.dirty_decay_ms", NULL, NULL, &bad, 4), EINVAL);
    ash_heap_drop(&a);
    ash_heap_drop(&b);
    a = ash_heap_new("again", ASH_HEAP_OWNED);
    decay_of(a, &was, NULL);
    assert_int_equal(was, 10000);
    ash_heap_drop(&a);
}

static void test_background_thread(void **state) {
    (void)state;
    bool   on = true, was = true;
    size_t len = sizeof was;
    assert_int_equal(ash_ctl("background_thread", &was, &len, &on, sizeof on), 0);
    assert_false(was);
    on = false;
    assert_int_equal(ash_ctl("background_thread", &was, &len, &on, sizeof on), 0);
    assert_true(was);
    assert_int_equal(get_size("max_background_threads"), 1);
    size_t many = 4;
    assert_int_equal(ash_ctl("max_background_threads", NULL, NULL, &many, sizeof many), EINVAL);
    assert_int_equal(get_size("stats.background_thread.num_threads"), 0);
}

/* Every name of both tables can be used as its type says, by name and by mib. */
static void each_name(const struct ctl_name *rows) {
    for (const struct ctl_name *row = rows; row->pattern != NULL; row++) {
        char   name[96] = {0}, big[64], same[64];
        size_t mib[CTL_DEPTH_MAX], depth = CTL_DEPTH_MAX, len = sizeof big, out = 0;
        for (const char *at = row->pattern; *at != '\0'; at++) name[out++] = *at == '#' ? '0' : *at;
        assert_int_equal(ctl_name_to_mib(name, mib, &depth), 0);
        if (row->get == NULL || strncmp(name, "tcache", 6) == 0) continue;
        assert_int_equal(ash_ctl(name, big, &len, NULL, 0), EINVAL);
        assert_true(len > 0 && len <= 8); /* how much it wrote: its size */
        if (ash_ctl(name, big, &len, NULL, 0) != 0) fail_msg("%s", name);
        assert_int_equal(ctl_by_mib(mib, depth, same, &len, NULL, 0), 0);
        if (row->set == NULL) assert_int_equal(ash_ctl(name, NULL, NULL, big, len), EPERM);
        else assert_int_equal(ash_ctl(name, NULL, NULL, big, len + 1), EINVAL);
        size_t none = 0;
        assert_int_equal(ash_ctl(name, big, &none, NULL, 0), EINVAL);
        name[out] = 'x';
        assert_int_equal(ash_ctl(name, big, &len, NULL, 0), ENOENT);
    }
}

static void test_every_name(void **state) {
    (void)state;
    each_name(ctl_process_names);
    each_name(ctl_arena_names);
    each_name(ctl_mutex_names);
}

static uint64_t get_u64(const char *name);

static void *take_pages(void *heap) {
    for (int i = 0; i < 3000; i++) ash_free(ash_alloc(heap, 300000), 300000);
    return NULL;
}

/* Two threads at one heap's pages: its lock is taken, waited for, and changes hands. */
static void test_mutexes(void **state) {
    (void)state;
    char             name[80];
    struct ash_heap *h = ash_heap_new("locked", ASH_HEAP_SHARED);
    void            *p = ash_alloc(h, 10);
    unsigned         idx = 0;
    size_t           len = sizeof idx;
    pthread_t        threads[2];
    assert_int_equal(ash_ctl("arenas.lookup", &idx, &len, &p, sizeof p), 0);
    assert_int_equal(ash_ctl("stats.mutexes.reset", NULL, NULL, NULL, 0), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_pages, h), 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    snprintf(name, sizeof name, "stats.arenas.%u.mutexes.extents_dirty.num_ops", idx);
    uint64_t ops = get_u64(name);
    assert_true(ops >= 6000);
    snprintf(name, sizeof name, "stats.arenas.%u.mutexes.extents_dirty.num_owner_switch", idx);
    assert_in_range(get_u64(name), 1, ops);
    snprintf(name, sizeof name, "stats.arenas.%u.mutexes.extents_dirty.num_wait", idx);
    assert_true(get_u64(name) <= ops);
    assert_true(get_u64("stats.mutexes.ctl.num_ops") > 0);
    assert_int_equal(ash_ctl("stats.mutexes.reset", NULL, NULL, NULL, 0), 0);
    snprintf(name, sizeof name, "stats.arenas.%u.mutexes.large.num_ops", idx);
    assert_true(get_u64(name) < 10);
    ash_free(p, 10);
    ash_heap_drop(&h);
}

static uint64_t get_u64(const char *name) {
    uint64_t value = 0;
    size_t   len = sizeof value;
    assert_int_equal(ash_ctl(name, &value, &len, NULL, 0), 0);
    return value;
}

static void *free_100(void *objects) {
    for (int i = 0; i < 100; i++) ash_free(((void **)objects)[i], 40);
    return NULL;
}

static uint64_t bin_u64(unsigned idx, const char *of) {
    char name[64];
    snprintf(name, sizeof name, "stats.arenas.%u.bins.4.%s", idx, of);
    return get_u64(name);
}

/* What another thread frees is returning until it is collected, and not a free slot as well. */
static void test_returning(unsigned idx, void **objects) {
    uint64_t  live = bin_u64(idx, "curregs");
    uint64_t  unused = bin_u64(idx, "slots_free") + bin_u64(idx, "returning");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_100, objects), 0);
    pthread_join(thread, NULL);
    assert_int_equal(bin_u64(idx, "curregs"), live - 100);
    assert_int_equal(bin_u64(idx, "slots_free") + bin_u64(idx, "returning"), unused + 100);
}

/* What has ever been allocated and freed, of one class and in all. */
static void test_cumulative(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("counted", ASH_HEAP_OWNED);
    void            *p[1000];
    unsigned         idx = 0;
    char             name[64];
    for (unsigned i = 1; i < ASH_HEAPS_MAX; i++) {
        const char *is = NULL;
        size_t      len = sizeof is;
        snprintf(name, sizeof name, "stats.arenas.%u.name", i);
        if (ash_ctl(name, &is, &len, NULL, 0) == 0 && is != NULL && strcmp(is, "counted") == 0) idx = i;
    }
    assert_int_not_equal(idx, 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) p[i] = ash_alloc(h, 40);
        for (int i = 0; i < (round < 2 ? 1000 : 600); i++) ash_free(p[i], 40);
    }
    void *big = ash_alloc(h, 100000);
    ash_free(big, 100000);
    const struct {
        const char *of;
        uint64_t    is;
    } want[] = {{"bins.4.nmalloc", 3000}, {"bins.4.ndalloc", 2600}, {"bins.4.nrequests", 3000},
                {"small.nmalloc", 3000},  {"small.ndalloc", 2600},  {"large.nmalloc", 1},
                {"large.ndalloc", 1},     {"bins.4.curregs", 400},  {"bins.4.requested", 16000},
                {"bins.4.rounding", 0}};
    for (unsigned i = 0; i < sizeof want / sizeof *want; i++) {
        snprintf(name, sizeof name, "stats.arenas.%u.%s", idx, want[i].of);
        assert_int_equal(get_u64(name), want[i].is);
    }
    test_returning(idx, p + 600);
    ash_heap_drop(&h);
}

static void test_mibs(void **state) {
    (void)state;
    size_t mib[8], depth = 8, value, len = sizeof value;
    assert_int_equal(ctl_name_to_mib("arenas.bin.0.size", mib, &depth), 0);
    assert_int_equal(depth, 4);
    for (mib[2] = 0; mib[2] < ash_bin_count(); mib[2]++) { /* as jemalloc's manual does it */
        char name[64];
        assert_int_equal(ctl_by_mib(mib, depth, &value, &len, NULL, 0), 0);
        snprintf(name, sizeof name, "arenas.bin.%zu.size", mib[2]);
        assert_int_equal(value, get_size(name));
    }
    assert_int_equal(ctl_by_mib(mib, depth, &value, &len, NULL, 0), ENOENT);
    mib[2] = SIZE_MAX;
    assert_int_equal(ctl_by_mib(mib, depth, &value, &len, NULL, 0), ENOENT);
    mib[2] = 0;
    assert_int_equal(ctl_by_mib(mib, 3, &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ctl_by_mib(mib, 0, &value, &len, NULL, 0), ENOENT);
    for (unsigned i = 0; i < 4; i++) {
        size_t was = mib[i];
        if (i == 2) continue;
        for (size_t bad = 0; bad < 4096; bad++) {
            mib[i] = bad * 7 + (bad == 4095 ? SIZE_MAX / 2 : 0);
            ctl_by_mib(mib, 4, NULL, NULL, NULL, 0);
        }
        mib[i] = was;
    }
    assert_int_equal(ctl_by_mib(mib, 4, &value, &len, NULL, 0), 0);
    depth = 2; /* the first parts of a name */
    assert_int_equal(ctl_name_to_mib("arenas.bin.0.size", mib, &depth), 0);
    assert_int_equal(depth, 2);
    depth = 8;
    assert_int_equal(ctl_name_to_mib("stats.arenas", mib, &depth), 0);
    assert_int_equal(depth, 2);
    assert_int_equal(ctl_name_to_mib("stats.aren", mib, &depth), ENOENT);
    assert_int_equal(ctl_name_to_mib("", mib, &depth), ENOENT);
}

/* What jemalloc 5.3 answers to each, but that one never made can't be ended. */
static void test_tcaches(void **state) {
    (void)state;
    unsigned a = 99, b = 99, c = 99, none = 3000, beyond = 4094;
    size_t   len = sizeof a, odd = 2;
    assert_int_equal(ash_ctl("tcache.create", &a, &len, NULL, 0), 0);
    assert_int_equal(ash_ctl("tcache.create", &b, &len, NULL, 0), 0);
    assert_int_equal(b, a + 1);
    assert_int_equal(ash_ctl("tcache.create", &c, &odd, NULL, 0), EINVAL);
    assert_int_equal(odd, 0);
    assert_int_equal(ash_ctl("tcache.create", NULL, NULL, NULL, 0), EINVAL);
    assert_int_equal(ash_ctl("tcache.create", &c, &len, &c, sizeof c), EPERM);
    assert_int_equal(ash_ctl("tcache.flush", NULL, NULL, &a, sizeof a), 0);
    assert_int_equal(ash_ctl("tcache.flush", NULL, NULL, &a, 2), EINVAL);
    assert_int_equal(ash_ctl("tcache.flush", NULL, NULL, NULL, 0), EINVAL);
    assert_int_equal(ash_ctl("tcache.flush", NULL, NULL, &none, sizeof none), 0);
    assert_int_equal(ash_ctl("tcache.flush", NULL, NULL, &beyond, sizeof beyond), EFAULT);
    assert_int_equal(ash_ctl("tcache.flush", &a, &len, &a, sizeof a), EPERM);
    assert_int_equal(ash_ctl("tcache.destroy", NULL, NULL, &a, sizeof a), 0);
    assert_int_equal(ash_ctl("tcache.destroy", NULL, NULL, &a, sizeof a), EFAULT);
    assert_int_equal(ash_ctl("tcache.create", &c, &len, NULL, 0), 0);
    assert_int_equal(c, a); /* as none else came between */
    assert_int_equal(ash_ctl("tcache.destroy", NULL, NULL, &c, sizeof c), 0);
    assert_int_equal(ash_ctl("tcache.destroy", NULL, NULL, &b, sizeof b), 0);
    assert_int_equal(ash_ctl("tcache.destroy", NULL, NULL, &beyond, sizeof beyond), EFAULT);
    assert_int_equal(ash_ctl("tcache.destroy", NULL, NULL, NULL, 0), EINVAL);
    assert_int_equal(ash_ctl("thread.tcache.flush", NULL, NULL, NULL, 0), 0);
    assert_int_equal(ash_ctl("thread.tcache.flush", &a, &len, NULL, 0), EPERM);
    assert_int_equal(ash_ctl("thread.idle", NULL, NULL, NULL, 0), 0);
}

static void test_peak_errors(void **state) {
    (void)state;
    uint64_t value = 0, *at = NULL;
    size_t   len = sizeof value, odd = 4;
    assert_int_equal(ash_ctl("thread.allocatedp", &at, &len, &at, sizeof at), EPERM);
    assert_int_equal(ash_ctl("thread.allocatedp", &at, &odd, NULL, 0), EINVAL);
    assert_int_equal(ash_ctl("thread.peak.read", &value, &len, &value, sizeof value), EPERM);
    assert_int_equal(ash_ctl("thread.peak.read", NULL, NULL, NULL, 0), 0);
    assert_int_equal(ash_ctl("thread.peak.reset", &value, &len, NULL, 0), EPERM);
    assert_int_equal(ash_ctl("thread.peak.reset", NULL, NULL, &value, sizeof value), EPERM);
    assert_int_equal(ash_ctl("thread.peak.reset", NULL, NULL, NULL, 0), 0);
    assert_int_equal(ash_ctl("thread.peak", &value, &len, NULL, 0), ENOENT);
}

static void test_errors(void **state) {
    (void)state;
    size_t      value = 0, len = sizeof value;
    const char *version = NULL;
    uint32_t    narrow;
    assert_int_equal(ash_ctl("version", &version, &len, NULL, 0), 0);
    assert_non_null(strstr(version, "ashlar"));
    assert_int_equal(ash_ctl("stats.nothing", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("stats.allocatedx", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("stats.arenas.255.pactive", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("stats.arenas..pactive", &value, &len, NULL, 0), ENOENT);
    assert_int_equal(ash_ctl("stats.allocated", &value, &len, &value, len), EPERM);
    len = sizeof narrow;
    assert_int_equal(ash_ctl("stats.allocated", &narrow, &len, NULL, 0), EINVAL);
    uint64_t before = 0, after = 0;
    len = sizeof before;
    assert_int_equal(ash_ctl("epoch", &before, &len, NULL, 0), 0);
    assert_int_equal(ash_ctl("epoch", &after, &len, &after, sizeof after), 0);
    assert_int_equal(after, before + 1);
}

static void test_purge(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("purge", ASH_HEAP_OWNED);
    void            *p = ash_alloc(h, 5000000);
    memset(p, 1, 5000000);
    ash_free(p, 5000000);
    assert_true(ash_purgeable() >= 5000000);
    char name[64];
    snprintf(name, sizeof name, "arena.%u.purge", get_unsigned("arenas.narenas")); /* all */
    assert_int_equal(ash_ctl(name, NULL, NULL, NULL, 0), 0);
    assert_int_equal(ash_purgeable(), 0);
    assert_int_equal(ash_ctl("arena.4096.purge", NULL, NULL, NULL, 0), 0);
    assert_int_equal(ash_ctl("arena.0.decay", NULL, NULL, NULL, 0), 0);
    snprintf(name, sizeof name, "arena.%u.purge", get_unsigned("arenas.narenas") + 1);
    assert_int_equal(ash_ctl(name, NULL, NULL, NULL, 0), ENOENT);
    ash_heap_drop(&h);
}

static char   report[4000000];
static size_t report_len;

static void collect(void *arg, const char *text) {
    (void)arg;
    size_t len = strlen(text);
    assert_true(report_len + len < sizeof report);
    memcpy(report + report_len, text, len + 1);
    report_len += len;
}

static void print(const char *opts) {
    report_len = 0;
    report[0] = '\0';
    ash_stats_print(collect, NULL, opts);
}

/* JSON's grammar, for what the report uses of it: where the value ends, or NULL. */
static const char *json_value(const char *at);

static const char *json_text(const char *at) {
    if (*at++ != '"') return NULL;
    while (*at != '"' && *at != '\0') at++;
    return *at == '"' ? at + 1 : NULL;
}

static const char *json_list(const char *at, char end) {
    if (*++at == end) return at + 1;
    for (;;) {
        if (end == '}') {
            at = json_text(at);
            if (at == NULL || *at++ != ':') return NULL;
        }
        at = json_value(at);
        if (at == NULL || (*at != ',' && *at != end)) return NULL;
        if (*at++ == end) return at;
    }
}

static const char *json_value(const char *at) {
    if (*at == '{') return json_list(at, '}');
    if (*at == '[') return json_list(at, ']');
    if (*at == '"') return json_text(at);
    if (strncmp(at, "true", 4) == 0) return at + 4;
    if (strncmp(at, "false", 5) == 0) return at + 5;
    size_t len = strspn(at, "-0123456789");
    return len > 0 ? at + len : NULL;
}

static void test_report_text(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("rep\"orted", ASH_HEAP_OWNED);
    void            *p = ash_alloc(h, 100);
    print(NULL);
    assert_non_null(strstr(report, "name: \"reported\"")); /* its quote left out */
    assert_non_null(strstr(report, "Allocated: "));
    assert_non_null(strstr(report, "opt.dirty_decay_ms: 10000"));
    assert_non_null(strstr(report, "Merged arenas stats:"));
    assert_non_null(strstr(report, "bins:"));
    assert_non_null(strstr(report, "extents:"));
    assert_non_null(strstr(report, "--- End ashlar statistics ---"));
    print("g");
    assert_null(strstr(report, "opt."));
    print("m");
    assert_null(strstr(report, "Merged"));
    print("a");
    assert_null(strstr(report, "reported"));
    print("b");
    assert_null(strstr(report, "bins:"));
    print("e");
    assert_null(strstr(report, "extents:"));
    print("");
    assert_non_null(strstr(report, "mutexes: "));
    print("x");
    assert_null(strstr(report, "mutexes: "));
    print("gmdablxeh");
    assert_non_null(strstr(report, "Allocated: "));
    ash_free(p, 100);
    ash_heap_drop(&h);
}

static void test_report_json(void **state) {
    (void)state;
    struct ash_heap *h = ash_heap_new("rep\"\\\norted", ASH_HEAP_OWNED);
    void            *p = ash_alloc(h, 100);
    for (unsigned set = 0; set < 64; set++) { /* any letters left out */
        char     opts[8] = "J";
        unsigned count = 1;
        for (unsigned i = 0; i < 6; i++)
            if (set >> i & 1) opts[count++] = "gmdabe"[i];
        print(opts);
        const char *end = json_value(report);
        if (end == NULL || strcmp(end, "\n") != 0) fail_msg("%s: not JSON: %s", opts, report);
        assert_memory_equal(report, "{\"jemalloc\":{", 13);
    }
    print("J");
    assert_non_null(strstr(report, "\"name\":\"reported\",\"requested\":100,\"rounding\":4,"));
    assert_non_null(strstr(report, "\"stats.arenas\":{\"merged\":{"));
    ash_free(p, 100);
    ash_heap_drop(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_bins),
        cmocka_unit_test(test_decay_settings),
        cmocka_unit_test(test_background_thread),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_purge),
        cmocka_unit_test(test_report_text),
        cmocka_unit_test(test_report_json),
        cmocka_unit_test(test_decay_of_one),
        cmocka_unit_test(test_every_name),
        cmocka_unit_test(test_mutexes),
        cmocka_unit_test(test_cumulative),
        cmocka_unit_test(test_mibs),
        cmocka_unit_test(test_tcaches),
        cmocka_unit_test(test_peak_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
