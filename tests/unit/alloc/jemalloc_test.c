/* jemalloc_test.c: mallocx and its kin, arenas made by name, and C++'s operators. */
#include "alloc/jemalloc.h"
#include "alloc/alloc.h"
#include "alloc/sizes.h"
#include "tests/unit/alloc/death.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Slots and pages are counted here: no tails, and nothing in quarantine. Release builds have none. */
const char *malloc_conf = "redzone:false";

/* Another malloc is in such builds. */
#ifndef ALLOC_HAS_MALLOC
int main(void) { return 0; }
#else

static bool all_zero(const unsigned char *p, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (p[i] != 0) return false;
    return true;
}

static void dirty_the_heap(size_t size) {
    void *p = mallocx(size, 0);
    assert_non_null(p);
    memset(p, 0xee, size);
    dallocx(p, 0);
}

/* Every size and alignment: as large as nallocx said, aligned, zero if asked, freed by its size. */
static void test_mallocx(void **state) {
    (void)state;
    for (size_t size = 1; size < 300000; size += size / 7 + 1)
        for (int lg = 0; lg <= 14; lg += 2) {
            int flags = MALLOCX_LG_ALIGN(lg) | (size % 2 ? MALLOCX_ZERO : 0) | MALLOCX_TCACHE_NONE;
            dirty_the_heap(size);
            unsigned char *p = mallocx(size, flags);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % ((size_t)1 << lg), 0);
            assert_int_equal(sallocx(p, flags), nallocx(size, flags));
            assert_int_equal(sallocx(p, 0), malloc_usable_size(p));
            if (flags & MALLOCX_ZERO) assert_true(all_zero(p, 0, size));
            memset(p, 0xab, sallocx(p, 0));
            if (size % 3 == 0) {
                dallocx(p, flags);
            } else {
                sdallocx(p, size, flags);
            }
        }
    assert_int_equal(MALLOCX_ALIGN(64), MALLOCX_LG_ALIGN(6));
    ash_check();
}

static void test_too_much(void **state) {
    (void)state;
    assert_null(mallocx(SIZE_MAX / 2, 0));
    assert_null(mallocx(SIZE_MAX - 5, MALLOCX_ZERO));
    assert_null(mallocx(8, MALLOCX_LG_ALIGN(63)));
    assert_null(mallocx(8, MALLOCX_LG_ALIGN(62)));
    assert_null(mallocx(8, MALLOCX_ARENA(200))); /* no such arena */
    assert_int_equal(nallocx(SIZE_MAX, 0), 0);
    assert_int_equal(nallocx(SIZE_MAX / 2, 0), 0);
    void *p = mallocx(100, 0);
    assert_null(rallocx(p, SIZE_MAX / 2, 0));
    assert_int_equal(sallocx(p, 0), 112);
    sdallocx(p, 100, 0);
}

static int mark(unsigned round) { return (int)(round % 200) + 1; }

/* Random sizes, contents kept, what is added zero if asked. */
static void test_rallocx(void **state) {
    (void)state;
    srand(7);
    unsigned char *p = mallocx(10, MALLOCX_ZERO);
    size_t         usable = sallocx(p, 0);
    memset(p, mark(1), usable);
    for (unsigned round = 1; round < 4000; round++) {
        size_t size = (size_t)rand() % (round % 10 == 0 ? 2000000 : 20000) + 1;
        int    flags = MALLOCX_LG_ALIGN(rand() % 10) | MALLOCX_ZERO;
        p = rallocx(p, size, flags);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % ((size_t)1 << (flags & 63)), 0);
        size_t now = sallocx(p, flags), kept = usable < size ? usable : size;
        assert_int_equal(now, nallocx(size, flags));
        for (size_t i = 0; i < kept; i += 97) assert_int_equal(p[i], mark(round));
        assert_true(all_zero(p, usable, now));
        memset(p, mark(round + 1), now);
        usable = now;
        if (round % 50 == 0) {
            sdallocx(p, size, flags);
            p = mallocx(size, flags);
            memset(p, mark(round + 1), now);
        }
    }
    dallocx(p, 0);
    ash_check();
}

static void test_xallocx(void **state) {
    (void)state;
    char *p = mallocx(100, 0);
    assert_int_equal(xallocx(p, 110, 0, 0), 112);
    assert_int_equal(xallocx(p, 5000, 100000, 0), 112); /* a slot can't grow */
    assert_int_equal(xallocx(p, 10, 0, 0), 112);
    dallocx(p, 0);
    p = mallocx(1000000, 0);
    memset(p, 3, 1000000);
    assert_int_equal(xallocx(p, 500000, 0, 0), nallocx(500000, 0)); /* a large object can shrink */
    assert_int_equal(xallocx(p, 400000, SIZE_MAX, 0) >= 500000, 1);
    size_t grown = xallocx(p, 600000, 200000, MALLOCX_ZERO); /* what follows it is its old tail */
    assert_in_range(grown, nallocx(600000, 0), nallocx(800000, 0));
    assert_true(all_zero((unsigned char *)p, nallocx(500000, 0), grown) || grown > 800000);
    assert_int_equal(p[499999], 3);
    assert_int_equal(xallocx(p, 10, 0, MALLOCX_LG_ALIGN(40)), grown); /* not aligned so */
    dallocx(p, 0);
    ash_check();
}

static unsigned create(void) {
    unsigned idx = 0;
    size_t   len = sizeof idx;
    assert_int_equal(mallctl("arenas.create", &idx, &len, NULL, 0), 0);
    return idx;
}

static size_t arena_figure(unsigned idx, const char *name) {
    char   full[96];
    size_t value = 0, len = sizeof value;
    snprintf(full, sizeof full, "stats.arenas.%u.%s", idx, name);
    assert_int_equal(mallctl(full, &value, &len, NULL, 0), 0);
    return value;
}

static int arena_order(unsigned idx, const char *order) {
    char full[64];
    snprintf(full, sizeof full, "arena.%u.%s", idx, order);
    return mallctl(full, NULL, NULL, NULL, 0);
}

static unsigned arena_of(const void *p) {
    unsigned idx = 9999;
    size_t   len = sizeof idx;
    assert_int_equal(mallctl("arenas.lookup", &idx, &len, &p, sizeof p), 0);
    return idx;
}

static void test_arenas(void **state) {
    (void)state;
    unsigned idx = create();
    int      flags = MALLOCX_ARENA(idx) | MALLOCX_TCACHE_NONE;
    assert_int_equal(arena_figure(idx, "small.allocated"), 0);
    for (unsigned i = 0; i < 1000; i++) assert_non_null(mallocx(100, flags | MALLOCX_ZERO));
    void *big = mallocx(1000000, flags), *odd = mallocx(1000, flags | MALLOCX_LG_ALIGN(12));
    assert_int_equal(arena_figure(idx, "small.allocated"), 112000 + 4096);
    assert_int_equal(arena_figure(idx, "large.allocated"), 1003520);
    assert_int_equal(arena_of(big), idx);
    assert_int_equal(arena_of(odd), idx);
    big = rallocx(big, 2000000, flags);
    assert_int_equal(arena_of(big), idx);
    free(odd); /* C's names do for any arena */
    assert_int_equal(arena_order(idx, "reset"), 0);
    assert_int_equal(arena_figure(idx, "small.allocated"), 0);
    assert_int_equal(arena_figure(idx, "large.allocated"), 0);
    assert_non_null(mallocx(100, flags)); /* and it can be used again */
    assert_int_equal(arena_figure(idx, "small.allocated"), 112);
    ash_check();
    assert_int_equal(arena_order(idx, "destroy"), 0);
    assert_int_equal(arena_order(idx, "destroy"), EFAULT);
    assert_null(mallocx(100, flags));
    assert_int_equal(arena_order(0, "reset"), EFAULT); /* not made by arenas.create */
    assert_int_equal(arena_order(0, "destroy"), EFAULT);
    ash_check();
}

static void test_arenas_run_out(void **state) {
    (void)state;
    static unsigned made[ASH_HEAPS_MAX];
    unsigned        count = 0, idx;
    size_t          len = sizeof idx;
    int             error;
    while ((error = mallctl("arenas.create", &idx, &len, NULL, 0)) == 0) made[count++] = idx;
    assert_int_equal(error, EAGAIN);
    assert_in_range(count, 200, ASH_HEAPS_MAX);
    while (count > 0) assert_int_equal(arena_order(made[--count], "destroy"), 0);
}

static void *bound_thread(void *arg) {
    unsigned idx = *(unsigned *)arg, was = 99, now = 99;
    size_t   len = sizeof was;
    assert_int_equal(mallctl("thread.arena", &was, &len, &idx, sizeof idx), 0);
    assert_int_equal(was, 0);
    assert_int_equal(mallctl("thread.arena", &now, &len, NULL, 0), 0);
    assert_int_equal(now, idx);
    void *p = malloc(100);
    assert_int_equal(arena_of(p), idx);
    assert_int_equal(arena_order(idx, "destroy"), EFAULT); /* a thread uses it */
    return p;
}

static void test_thread_arena(void **state) {
    (void)state;
    unsigned  idx = create(), none = 250;
    pthread_t thread;
    void     *p;
    assert_int_equal(mallctl("thread.arena", NULL, NULL, &none, sizeof none), EFAULT);
    assert_int_equal(pthread_create(&thread, NULL, bound_thread, &idx), 0);
    assert_int_equal(pthread_join(thread, &p), 0);
    assert_int_equal(arena_of(p), idx);
    free(p);
    assert_int_equal(arena_order(idx, "destroy"), 0); /* it has ended */
}

static uint64_t thread_figure(const char *name) {
    uint64_t value = 0;
    size_t   len = sizeof value;
    assert_int_equal(mallctl(name, &value, &len, NULL, 0), 0);
    return value;
}

/* Of this thread and no other, to the byte of the slots, through its cache and past it. */
static void *count_bytes(void *arg) {
    static void *p[5000];
    uint64_t     allocated = thread_figure("thread.allocated"), freed = thread_figure("thread.deallocated");
    uint64_t     sum = 0;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            p[i] = i % 50 == 0 ? aligned_alloc(64, 192) : i % 50 == 1 ? calloc(1, 30000 + i) : malloc(i % 3000 + 1);
            sum += malloc_usable_size(p[i]);
        }
        assert_int_equal(thread_figure("thread.allocated") - allocated, sum);
        for (unsigned i = 0; i < 5000; i++) free(p[i]);
        assert_int_equal(thread_figure("thread.deallocated") - freed, sum);
    }
    return arg;
}

static void test_thread_bytes(void **state) {
    (void)state;
    pthread_t thread;
    uint64_t  before = thread_figure("thread.allocated");
    assert_int_equal(pthread_create(&thread, NULL, count_bytes, NULL), 0);
    pthread_join(thread, NULL);
    assert_true(thread_figure("thread.allocated") - before < 100000); /* it was not us */
    count_bytes(NULL);
}

static unsigned cache_new(void) {
    unsigned number = 9999;
    size_t   len = sizeof number;
    assert_int_equal(mallctl("tcache.create", &number, &len, NULL, 0), 0);
    return number;
}

static int cache_order(const char *name, unsigned number) {
    return mallctl(name, NULL, NULL, &number, sizeof number);
}

static size_t cached(void) { return arena_figure(0, "tcache_bytes"); }

static void use_none_such(void *arg) { (void)mallocx(10, *(int *)arg); }
static void free_into_none_such(void *arg) { dallocx(arg, MALLOCX_TCACHE(4000)); }
static void free_into_twice(void *arg) {
    unsigned number = cache_new();
    dallocx(arg, MALLOCX_TCACHE(number));
    dallocx(arg, MALLOCX_TCACHE(number));
}
static void free_inside_into(void *arg) {
    dallocx((char *)arg + 8, MALLOCX_TCACHE(cache_new()));
}

/* What is freed into a cache comes out of it, and of no other. */
static void test_named_caches(void **state) {
    (void)state;
    unsigned a = cache_new(), b = cache_new();
    int      in_a = MALLOCX_TCACHE(a), in_b = MALLOCX_TCACHE(b);
    assert_int_equal(mallctl("thread.tcache.flush", NULL, NULL, NULL, 0), 0);
    void *p = mallocx(100, in_a), *q = mallocx(100, in_b), *other;
    dallocx(p, in_a);
    sdallocx(q, 100, in_b);
    assert_ptr_equal(mallocx(100, in_b), q);
    assert_ptr_equal(mallocx(112, in_a | MALLOCX_ZERO), p);
    dallocx(p, in_a);
    dallocx(q, in_a);
    other = malloc(100);
    assert_true(other != p && other != q);
    dallocx(other, in_a); /* one's own, past one's own cache */
    assert_ptr_equal(mallocx(100, in_a), other);
    assert_ptr_equal(rallocx(mallocx(3000, in_a), 100, in_a | MALLOCX_ZERO), q);
    free(other);
    dallocx(q, 0);
    assert_ptr_equal(malloc(100), q);
    free(q);
    p = mallocx(1000000, in_a); /* not cached */
    dallocx(p, in_a);
    p = mallocx(64, in_a | MALLOCX_LG_ALIGN(6));
    assert_int_equal((uintptr_t)p % 64, 0);
    dallocx(p, in_a | MALLOCX_LG_ALIGN(6));
    ash_check();
    assert_int_equal(mallctl("thread.tcache.flush", NULL, NULL, NULL, 0), 0);
    assert_true(cached() > 0);
    assert_int_equal(cache_order("tcache.flush", a), 0);
    assert_int_equal(cache_order("tcache.destroy", a), 0);
    assert_true(cached() > 0);
    assert_int_equal(cache_order("tcache.destroy", b), 0);
    assert_int_equal(cached(), 0);
    assert_true(dies_saying(use_none_such, &in_a, "invalid tcache"));
    p = malloc(100);
    assert_true(dies_saying(free_into_none_such, p, "invalid tcache"));
    assert_true(dies_saying(free_into_twice, p, "double free"));
    assert_true(dies_saying(free_inside_into, p, "invalid free"));
    free(p);
    ash_check();
}

static void test_no_cache(void **state) {
    (void)state;
    void *p[64];
    assert_int_equal(mallctl("thread.tcache.flush", NULL, NULL, NULL, 0), 0);
    for (int i = 0; i < 64; i++) p[i] = mallocx(200, MALLOCX_TCACHE_NONE);
    for (int i = 0; i < 32; i++) dallocx(p[i], MALLOCX_TCACHE_NONE);
    for (int i = 32; i < 64; i++) sdallocx(p[i], 200, MALLOCX_TCACHE_NONE);
    assert_int_equal(cached(), 0);
    dallocx(mallocx(200, MALLOCX_TCACHE_NONE), 0);
    assert_true(cached() > 0);
    ash_check();
}

static void test_caches_run_out(void **state) {
    (void)state;
    unsigned number, count = 0;
    size_t   len = sizeof number;
    int      error;
    while ((error = mallctl("tcache.create", &number, &len, NULL, 0)) == 0) count++;
    assert_int_equal(error, EFAULT);
    assert_int_equal(count, 4094);
    void *p = mallocx(10, MALLOCX_TCACHE(4093));
    dallocx(p, MALLOCX_TCACHE(4093));
    assert_ptr_equal(mallocx(10, MALLOCX_TCACHE(4093)), p);
    dallocx(p, MALLOCX_TCACHE(4093));
    for (number = 0; number < count; number++)
        assert_int_equal(cache_order("tcache.destroy", number), 0);
    ash_check();
}

static uint64_t *figure_at(const char *name) {
    uint64_t *at = NULL;
    size_t    len = sizeof at;
    assert_int_equal(mallctl(name, &at, &len, NULL, 0), 0);
    return at;
}

/* Blocks side by side that grow, so that they have to be copied: how many. */
static unsigned grow_row(void) {
    void    *row[16];
    unsigned copied = 0;
    for (int i = 0; i < 16; i++) row[i] = mallocx(140000, 0);
    for (int i = 0; i < 16; i += 2) {
        uintptr_t before = (uintptr_t)row[i];
        row[i] = realloc(row[i], 240000);
        copied += (uintptr_t)row[i] != before;
    }
    for (int i = 0; i < 16; i++) dallocx(row[i], 0);
    return copied;
}

/* The two variables go with every call, whatever way it takes; and so does the peak. */
static void *meter_bytes(void *arg) {
    dallocx(mallocx(500000, 0), 0); /* the compiler would leave malloc and free out */
    uint64_t peak = thread_figure("thread.peak.read");
    assert_in_range(peak, 500000, arg == NULL ? 500000 + 65536 : UINT32_MAX);
    uint64_t *allocated = figure_at("thread.allocatedp"), *freed = figure_at("thread.deallocatedp");
    int       in_cache = MALLOCX_TCACHE(cache_new());
    for (int round = 0; round < 2; round++) {
        assert_int_equal(mallctl("thread.peak.reset", NULL, NULL, NULL, 0), 0);
        assert_int_equal(thread_figure("thread.peak.read"), 0);
        uint64_t a = *allocated, f = *freed;
        count_bytes(NULL);
        assert_int_equal(*allocated - a, *freed - f);
        assert_int_equal(*allocated, thread_figure("thread.allocated"));
        assert_int_equal(*freed, thread_figure("thread.deallocated"));
        a = *allocated, f = *freed;
        void *p = mallocx(100, 0);
        assert_int_equal(*allocated - a, 112);
        dallocx(p, 0);
        assert_int_equal(*freed - f, 112);
        p = mallocx(100, in_cache);
        assert_int_equal(*allocated - a, 224);
        dallocx(p, MALLOCX_TCACHE_NONE);
        assert_int_equal(*freed - f, 224);
        assert_int_equal(mallctl("thread.peak.reset", NULL, NULL, NULL, 0), 0);
        p = realloc(malloc(100000), 200000); /* perhaps in place: then 204800 at most; else both, and room */
        free(p);
        assert_in_range(thread_figure("thread.peak.read"), 204800, 102400 + 253952);
        a = *allocated, f = *freed;
        assert_true(grow_row() > 0);
        assert_int_equal(*allocated - a, *freed - f);
        assert_int_equal(mallctl("thread.peak.reset", NULL, NULL, NULL, 0), 0);
        bool on = round != 0; /* and without a cache */
        assert_int_equal(mallctl("thread.tcache.enabled", NULL, NULL, &on, sizeof on), 0);
    }
    assert_int_equal(mallctl("thread.tcache.flush", NULL, NULL, NULL, 0), 0);
    return arg;
}

static void test_meter(void **state) {
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, meter_bytes, NULL), 0);
    pthread_join(thread, NULL);
    uint64_t before = thread_figure("thread.allocated"); /* as it was, when its cache is turned off */
    bool     on = false;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mallctl("thread.tcache.enabled", NULL, NULL, &on, sizeof on), 0);
        assert_true(thread_figure("thread.allocated") - before < 10000);
        on = true;
    }
    meter_bytes(&on); /* and what there was before in this one */
    ash_check();
}

static void free_wrong_size(void *arg) { sdallocx(arg, 1000, 0); }
static void free_wrong_pages(void *arg) { sdallocx(arg, 100000, 0); }
static void free_twice(void *arg) {
    dallocx(arg, 0);
    dallocx(arg, 0);
}

static void test_bad_frees(void **state) {
    (void)state;
    void *p = mallocx(100, 0), *q = mallocx(200000, 0);
    assert_true(dies_saying(free_wrong_size, p, "wrong size in free"));
    assert_true(dies_saying(free_wrong_pages, q, "wrong size in free"));
    assert_true(dies_saying(free_twice, p, "double free"));
    sdallocx(p, 112, 0); /* any size from what was asked for to the slot */
    sdallocx(q, 200000, 0);
}

/* By their mangled names: alloc/cxx.c. */
void *_Znwm(size_t size);
void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag);
void *_ZnamSt11align_val_t(size_t size, size_t align);
void  _ZdlPvm(void *p, size_t size);
void  _ZdlPv(void *p);
void  _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align);

static void delete_wrong_size(void *arg) { _ZdlPvm(arg, 4000); }
static void new_too_much(void *arg) { _ZdlPv(_Znwm(*(size_t *)arg)); }

static void test_operators(void **state) {
    (void)state;
    size_t vast = SIZE_MAX / 2;
    void  *p = _Znwm(40);
    assert_true(dies_saying(delete_wrong_size, p, "wrong size in free"));
    _ZdlPvm(p, 40);
    _ZdlPvm(NULL, 40);
    _ZdlPv(_Znwm(0));
    p = _ZnamSt11align_val_t(100, 64);
    assert_int_equal((uintptr_t)p % 64, 0);
    _ZdaPvmSt11align_val_t(p, 100, 64);
    assert_null(_ZnwmRKSt9nothrow_t(vast, NULL));
    /* A panic, or, where the build brings libstdc++, an exception that nobody catches. */
    assert_true(dies_saying(new_too_much, &vast, ""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mallocx),      cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_rallocx),      cmocka_unit_test(test_xallocx),
        cmocka_unit_test(test_arenas),       cmocka_unit_test(test_arenas_run_out),
        cmocka_unit_test(test_thread_arena), cmocka_unit_test(test_bad_frees),
        cmocka_unit_test(test_operators),     cmocka_unit_test(test_thread_bytes),
        cmocka_unit_test(test_named_caches), cmocka_unit_test(test_no_cache),
        cmocka_unit_test(test_caches_run_out), cmocka_unit_test(test_meter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
