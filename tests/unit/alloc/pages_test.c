/* pages_test.c: the page cache with an OS that counts, refuses and keeps its own time. */
#include "alloc/os.h"
#include "alloc/pagemap.h"
#include "alloc/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static struct {
    unsigned maps, maps_allowed, purges, lazies, batches;
    unsigned huge_asked, huge_refused;
    bool     refuse_purge, batching;
    uint64_t now_us;
} fake;

static void *fake_map(size_t len) {
    return fake.maps++ < fake.maps_allowed ? os_real.map(len) : NULL;
}
static bool fake_commit(void *p, size_t len) {
    return fake.maps < fake.maps_allowed && ++fake.maps && os_real.commit(p, len);
}
static bool fake_purge(void *p, size_t len) {
    assert_true(len <= PAGES_SLICE);
    fake.purges++;
    return !fake.refuse_purge && os_real.purge(p, len);
}
static bool fake_lazy(void *p, size_t len) {
    fake.lazies++;
    return os_real.lazy(p, len);
}
static bool fake_purge_runs(const struct os_run *runs, size_t count, bool lazily) {
    size_t bytes = 0;
    assert_true(count > 0 && count <= OS_RUNS_MAX);
    for (size_t i = 0; i < count; i++) bytes += runs[i].len;
    assert_true(bytes <= PAGES_SLICE);
    if (!fake.batching) return false;
    for (size_t i = 0; i < count; i++)
        assert_true((lazily ? os_real.lazy : os_real.purge)(runs[i].p, runs[i].len));
    fake.batches++;
    return true;
}
static void fake_huge(void *p, size_t len, bool wanted) {
    ++*(wanted ? &fake.huge_asked : &fake.huge_refused);
    if (wanted && len >= 2 * MIB) assert_true(ptr_is_aligned(p, 2 * MIB));
}
static uint64_t fake_now(void) { return fake.now_us; }

/* One for each test: an earlier test's free pages stay in the page map. */
static struct pages caches[24], *cache = caches;

static int setup(void **state) {
    *state = malloc(1); /* the test program's own heap is there before anything is refused */
    cache++;
    memset(&fake, 0, sizeof fake);
    fake.maps_allowed = 1000;
    fake.now_us = 1000000;
    os.map = fake_map;
    os.commit = fake_commit;
    os.purge = fake_purge;
    os.lazy = fake_lazy;
    os.purge_runs = fake_purge_runs;
    os.now_us = fake_now;
    os.huge = fake_huge;
    pages_init(cache);
    return 0;
}

static int teardown(void **state) {
    os = os_real;
    pages_set_decay_ms(0, 10000);
    pages_set_decay_ms(1, 0);
    free(*state);
    return 0;
}

static void test_random_against_sums(void **state) {
    (void)state;
    struct extent *live[200] = {NULL};
    size_t         bytes = 0;
    srand(3);
    pages_set_decay_ms(0, DECAY_NEVER);
    for (int step = 0; step < 20000; step++) {
        struct extent **x = &live[rand() % 200];
        if (*x == NULL) {
            size_t len = PAGE_SIZE * (size_t)(rand() % 64 + 1);
            size_t align = PAGE_SIZE << (rand() % 8 == 0 ? rand() % 6 : 0);
            *x = pages_take(cache, len, align, rand() % 9 ? EXTENT_DIRTY : EXTENT_RETAINED);
            assert_non_null(*x);
            assert_true(ptr_is_aligned((*x)->base, align));
            assert_int_equal((*x)->len, len);
            bytes += len;
        } else if (rand() % 4 == 0 && (*x)->len > PAGE_SIZE) {
            size_t was = (*x)->len;
            assert_true(pages_trim(cache, *x, size_to_pages(was / 2)));
            bytes -= was - (*x)->len;
        } else if (rand() % 4 == 0) {
            size_t more = PAGE_SIZE * (size_t)(rand() % 8 + 1);
            if (pages_extend(cache, *x, (*x)->len + more)) bytes += more;
        } else {
            bytes -= (*x)->len;
            pages_put(cache, *x, false);
            *x = NULL;
        }
        if (rand() % 50 == 0) pages_purge(cache, EXTENT_DIRTY, rand() % 2);
        if (rand() % 100 == 0) pages_purge(cache, EXTENT_MUZZY, false);
        assert_int_equal(counter_get(&cache->live), bytes);
        if (step % 32 == 0) assert_true(pages_check(cache));
    }
    for (int i = 0; i < 200; i++)
        if (live[i] != NULL) pages_put(cache, live[i], false);
    assert_true(pages_check(cache));
    assert_int_equal(counter_get(&cache->live), 0);
}

static void test_purged_pages_read_zero(void **state) {
    (void)state;
    pages_set_decay_ms(0, DECAY_NEVER);
    struct extent *x = pages_take(cache, 16 * PAGE_SIZE, PAGE_SIZE, EXTENT_DIRTY);
    assert_true(x->zeroed);
    memset(x->base, 0xff, x->len);
    pages_put(cache, x, false);
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), 16 * PAGE_SIZE);
    assert_int_equal(pages_purge(cache, EXTENT_DIRTY, false), 16 * PAGE_SIZE);
    x = pages_take(cache, 16 * PAGE_SIZE, PAGE_SIZE, EXTENT_DIRTY);
    assert_true(x->zeroed);
    for (size_t i = 0; i < x->len; i++) assert_int_equal(x->base[i], 0);
    pages_put(cache, x, false);
}

static void test_purge_works_in_slices(void **state) {
    (void)state;
    pages_set_decay_ms(0, DECAY_NEVER);
    struct extent *x = pages_take(cache, 5 * PAGES_SLICE, PAGE_SIZE, EXTENT_DIRTY);
    pages_put(cache, x, false);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(pages_purge(cache, EXTENT_DIRTY, false), PAGES_SLICE);
        assert_true(pages_check(cache));
    }
    assert_int_equal(pages_purge(cache, EXTENT_DIRTY, false), 0);
    assert_int_equal(fake.purges, 5);
}

/* Scattered pages go in few calls, a slice's worth and a call's worth at a time. */
static void scattered(struct extent *kept[200]) {
    struct extent *x[400];
    for (int i = 0; i < 400; i++) x[i] = pages_take(cache, PAGE_SIZE, PAGE_SIZE, EXTENT_DIRTY);
    for (int i = 0; i < 400; i++) memset(x[i]->base, 1, PAGE_SIZE);
    for (int i = 0; i < 400; i += 2) pages_put(cache, x[i], false), kept[i / 2] = x[i + 1];
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), 200 * PAGE_SIZE);
}

static void test_purge_in_batches(void **state) {
    (void)state;
    struct extent *kept[200];
    pages_set_decay_ms(0, DECAY_NEVER);
    fake.batching = true;
    scattered(kept);
    assert_int_equal(pages_purge(cache, EXTENT_DIRTY, false), OS_RUNS_MAX * PAGE_SIZE);
    assert_true(pages_check(cache));
    while (pages_purge(cache, EXTENT_DIRTY, false) != 0) continue;
    assert_int_equal(fake.batches, 4);
    assert_int_equal(fake.purges, 0);
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), 0);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(kept[i]->base[PAGE_SIZE - 1], 1);
        pages_put(cache, kept[i], false);
    }
    assert_true(pages_check(cache));
}

static void test_without_batches(void **state) {
    (void)state;
    struct extent *kept[200];
    pages_set_decay_ms(0, DECAY_NEVER);
    scattered(kept);
    assert_int_equal(pages_purge(cache, EXTENT_DIRTY, false), OS_RUNS_MAX * PAGE_SIZE);
    assert_int_equal(fake.purges, OS_RUNS_MAX);
    fake.refuse_purge = true;
    assert_int_equal(pages_purge(cache, EXTENT_DIRTY, false), 0);
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), (200 - OS_RUNS_MAX) * PAGE_SIZE);
    assert_true(pages_check(cache));
    for (int i = 0; i < 200; i++) pages_put(cache, kept[i], false);
}

/* Many small extents that came to lie together are taken for the end of a burst. */
static void test_long_runs_go_at_once(void **state) {
    (void)state;
    enum { COUNT = PAGES_LONG / (64 * 1024) };
    static struct extent *x[COUNT];
    fake.batching = true;
    struct extent *all = pages_take(cache, PAGES_LONG, PAGE_SIZE, EXTENT_DIRTY);
    pages_put(cache, all, true);
    for (int i = 0; i < COUNT; i++) x[i] = pages_take(cache, 64 * KIB, PAGE_SIZE, EXTENT_DIRTY);
    for (int i = 1; i < COUNT; i++) pages_put(cache, x[i], false);
    pages_purge_long(cache, 1000000);
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), PAGES_LONG - 64 * KIB);
    pages_put(cache, x[0], false);
    pages_purge_long(cache, 1000000);
    assert_true(pages_free_bytes(cache, EXTENT_DIRTY) < PAGES_LONG);
    assert_true(fake.batches + fake.purges > 0);
    assert_true(pages_check(cache));
    pages_set_own_decay_ms(cache, 0, DECAY_NEVER);
    size_t dirty = pages_free_bytes(cache, EXTENT_DIRTY);
    pages_purge_long(cache, 1000000);
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), dirty);
}

static void grow_by(enum ash_huge huge) {
    struct extent *x[64];
    cache->huge = huge;
    for (int i = 0; i < 64; i++) assert_non_null(x[i] = pages_take(cache, MIB, PAGE_SIZE, EXTENT_DIRTY));
    for (int i = 0; i < 64; i++) pages_put(cache, x[i], false);
    assert_true(pages_check(cache));
}

/* What the heap is for decides; regions that may be huge begin where a huge page does. */
static void test_huge_pages_by_purpose(void **state) {
    (void)state;
    grow_by(ASH_HUGE_WANTED);
    assert_true(fake.huge_asked > 0 && fake.huge_refused == 0);
    fake.huge_asked = 0;
    cache++;
    pages_init(cache);
    grow_by(ASH_HUGE_NEVER);
    assert_true(fake.huge_asked == 0 && fake.huge_refused > 0);
    fake.huge_refused = 0;
    cache++;
    pages_init(cache);
    grow_by(ASH_HUGE_SYSTEM);
    assert_int_equal(fake.huge_asked + fake.huge_refused, 0);
}

/* What this kernel does, or does not, for the own process. */
static void test_the_systems_own_batch(void **state) {
    (void)state;
    char         *p = os_real.map(4 * PAGE_SIZE);
    struct os_run runs[2] = {{p, PAGE_SIZE}, {p + 2 * PAGE_SIZE, PAGE_SIZE}};
    memset(p, 1, 4 * PAGE_SIZE);
    if (os_real.purge_runs(runs, 2, false)) {
        assert_int_equal(p[0] + p[2 * PAGE_SIZE], 0);
        assert_int_equal(p[PAGE_SIZE] + p[3 * PAGE_SIZE], 2);
    } else {
        assert_int_equal(p[0] + p[2 * PAGE_SIZE], 2);
    }
    os_real.unmap(p, 4 * PAGE_SIZE);
}

static void test_refused_purge_keeps_pages_dirty(void **state) {
    (void)state;
    pages_set_decay_ms(0, DECAY_NEVER);
    struct extent *x = pages_take(cache, PAGE_SIZE, PAGE_SIZE, EXTENT_DIRTY);
    pages_put(cache, x, false);
    fake.refuse_purge = true;
    assert_int_equal(pages_purge(cache, EXTENT_DIRTY, false), 0);
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), PAGE_SIZE);
    assert_true(pages_check(cache));
}

static void test_no_memory(void **state) {
    (void)state;
    struct extent *x = pages_take(cache, PAGE_SIZE, PAGE_SIZE, EXTENT_DIRTY);
    assert_non_null(x);
    fake.maps_allowed = fake.maps;
    assert_null(pages_take(cache, 64 * MIB, PAGE_SIZE, EXTENT_DIRTY));
    assert_true(pages_check(cache));
    struct extent *y = pages_take(cache, PAGE_SIZE, PAGE_SIZE, EXTENT_DIRTY); /* from the region */
    assert_non_null(y);
    pages_put(cache, x, false);
    pages_put(cache, y, false);
}

static void test_short_of_memory_maps_just_enough(void **state) {
    (void)state;
    struct extent *x = pages_take(cache, 256 * KIB, PAGE_SIZE, EXTENT_DIRTY);
    fake.maps = 999; /* one more map is allowed: not for the preferred size */
    fake.maps_allowed = 1000;
    struct extent *y = pages_take(cache, 256 * KIB, PAGE_SIZE, EXTENT_DIRTY);
    assert_non_null(y);
    pages_put(cache, x, false);
    pages_put(cache, y, false);
}

/* With no purger thread, frees tick the clock: ten seconds after a burst, all is gone. */
static void test_decay_by_fake_clock(void **state) {
    (void)state;
    struct extent *x = pages_take(cache, 8 * MIB, PAGE_SIZE, EXTENT_DIRTY);
    pages_put(cache, x, false);
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), 8 * MIB);
    size_t before = 8 * MIB;
    for (int i = 0; i < 110; i++) {
        fake.now_us += 100000;
        pages_decay(cache, fake.now_us, UINT64_MAX);
        size_t now = pages_free_bytes(cache, EXTENT_DIRTY);
        assert_true(now <= before);
        before = now;
    }
    assert_int_equal(before, 0);
    assert_int_equal(fake.lazies, 0);
    assert_int_equal(pages_free_bytes(cache, EXTENT_RETAINED), counter_get(&cache->mapped));
}

static void test_muzzy_comes_between(void **state) {
    (void)state;
    pages_set_decay_ms(0, 0);
    pages_set_decay_ms(1, 5000);
    struct extent *x = pages_take(cache, MIB, PAGE_SIZE, EXTENT_DIRTY);
    pages_put(cache, x, false); /* dirty decays at once, lazily */
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), 0);
    assert_int_equal(pages_free_bytes(cache, EXTENT_MUZZY), MIB);
    assert_int_equal(fake.purges, 0);
    for (int i = 0; i < 120; i++) {
        fake.now_us += 50000;
        pages_decay(cache, fake.now_us, UINT64_MAX);
    }
    assert_int_equal(pages_free_bytes(cache, EXTENT_MUZZY), 0);
    assert_true(fake.purges > 0);
}

/* The page map of what was given back is given back too, but for its ends, and is right when the pages
 * are used again. */
static void test_the_map_goes_too(void **state) {
    (void)state;
    enum { PIECES = 1024, PIECE = 256 * 1024 }; /* their borders are among those of the map's pages */
    static struct extent *x[PIECES];
    pages_set_decay_ms(0, DECAY_NEVER);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < PIECES; i++) {
            x[i] = pages_take(cache, PIECE, PAGE_SIZE, EXTENT_DIRTY);
            pagemap_set_all(x[i]->base, x[i]->len, x[i], PAGEMAP_LARGE);
        }
        bool   inside = window_has(x[0]->base) && window_has(x[PIECES - 1]->base);
        size_t full = pagemap_bytes();
        for (unsigned i = 0; i < PIECES; i++) {
            unsigned k = round == 0 ? i * 37 % PIECES : round == 1 ? i : PIECES - 1 - i;
            assert_ptr_equal(pagemap_extent(pagemap_get(x[k]->base + PIECE / 2)), x[k]);
            pagemap_set_all(x[k]->base, x[k]->len, NULL, PAGEMAP_NONE);
            pages_put(cache, x[k], false);
            pages_purge(cache, EXTENT_DIRTY, false);
            if (i % 64 == 0) assert_true(pages_check(cache));
        }
        assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY) + counter_get(&cache->busy), 0);
        assert_true(pages_check(cache));
        size_t words = PIECES * (PIECE / PAGE_SIZE) * sizeof(uintptr_t);
        if (inside) assert_true(pagemap_bytes() + words <= full + 3 * PAGE_SIZE); /* but for the ends */
    }
}

/* --- A limit on address space ----------------------------------------------------------------- */

static struct {
    size_t   left; /* bytes of address space */
    unsigned unmaps;
    bool     refuse_unmap;
} limit;

static bool limited_commit(void *p, size_t len) {
    (void)p, (void)len;
    return false; /* no window */
}
static void *limited_map(size_t len) {
    void *p = len <= limit.left ? os_real.map(len) : NULL;
    if (p != NULL) limit.left -= len;
    return p;
}
static bool limited_unmap(void *p, size_t len) {
    if (limit.refuse_unmap || !os_real.unmap(p, len)) return false;
    limit.left += len;
    limit.unmaps++;
    return true;
}

static void limit_to(size_t bytes) {
    memset(&limit, 0, sizeof limit);
    limit.left = bytes;
    os.commit = limited_commit;
    os.map = limited_map;
    os.unmap = limited_unmap;
    pages_set_decay_ms(0, DECAY_NEVER);
}

/* Everything there is, in extents of a megabyte. */
static unsigned take_all(struct extent **live, unsigned most) {
    unsigned count = 0;
    while (count < most && (live[count] = pages_take(cache, MIB, PAGE_SIZE, EXTENT_DIRTY)) != NULL)
        memset(live[count++]->base, 1, MIB);
    assert_true(count < most);
    return count;
}

/* No two free megabytes are neighbours, and some were purged: still there is room for ten. */
static void test_scattered_space_is_used_again(void **state) {
    (void)state;
    struct extent *live[128], *big;
    limit_to(64 * MIB);
    unsigned count = take_all(live, 128);
    assert_true(count >= 50); /* the page map takes some */
    limit.unmaps = 0; /* a region that began a leaf of the page map may have had to go again */
    for (unsigned i = 0; i < count; i += 2) {
        pages_put(cache, live[i], false);
        if (i == 10) while (pages_purge(cache, EXTENT_DIRTY, false) != 0) continue;
    }
    size_t mapped = counter_get(&cache->mapped);
    assert_non_null(big = pages_take(cache, 10 * MIB, PAGE_SIZE, EXTENT_DIRTY));
    assert_in_range(limit.unmaps, 10, 16); /* with what the page map may need */
    assert_true(counter_get(&cache->mapped) <= mapped);
    for (size_t i = 0; i < big->len; i += PAGE_SIZE) assert_int_equal(big->base[i], 0);
    memset(big->base, 2, big->len);
    for (unsigned i = 1; i < count; i += 2)
        for (size_t at = 0; at < MIB; at += PAGE_SIZE) assert_int_equal(live[i]->base[at], 1);
    assert_true(pages_check(cache));
    pages_put(cache, big, false);
    for (unsigned i = 1; i < count; i += 2) pages_put(cache, live[i], false);
    assert_non_null(big = pages_take(cache, (count - 4) * MIB, PAGE_SIZE, EXTENT_DIRTY));
    assert_true(pages_check(cache));
    pages_put(cache, big, false);
    assert_true(pages_check(cache));
}

/* What can't be served in any case costs nothing of what there is. */
static void test_nothing_is_unmapped_in_vain(void **state) {
    (void)state;
    struct extent *live[128];
    limit_to(32 * MIB);
    unsigned count = take_all(live, 128);
    for (unsigned i = 0; i < count; i += 2) pages_put(cache, live[i], false);
    size_t dirty = pages_free_bytes(cache, EXTENT_DIRTY), mapped = counter_get(&cache->mapped);
    limit.unmaps = 0; /* a region that began a leaf of the page map may have had to go again */
    assert_null(pages_take(cache, 40 * MIB, PAGE_SIZE, EXTENT_DIRTY));
    assert_null(pages_take(cache, (size_t)1 << 46, PAGE_SIZE, EXTENT_DIRTY));
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), dirty);
    limit.refuse_unmap = true; /* as a system does that has too many mappings */
    assert_null(pages_take(cache, 10 * MIB, PAGE_SIZE, EXTENT_DIRTY));
    assert_int_equal(pages_free_bytes(cache, EXTENT_DIRTY), dirty);
    assert_int_equal(counter_get(&cache->mapped), mapped);
    assert_int_equal(limit.unmaps, 0);
    assert_true(pages_check(cache));
    for (unsigned i = 1; i < count; i += 2) pages_put(cache, live[i], false);
}

static void test_random_under_a_limit(void **state) {
    (void)state;
    struct extent *live[64] = {NULL};
    size_t         bytes = 0;
    unsigned       refused = 0;
    srand(5);
    limit_to(48 * MIB);
    for (int step = 0; step < 4000; step++) {
        struct extent **x = &live[rand() % 64];
        if (*x != NULL) {
            assert_int_equal((*x)->base[0], (x - live) % 100);
            assert_int_equal((*x)->base[(*x)->len - 1], (x - live) % 100);
            bytes -= (*x)->len;
            pages_put(cache, *x, false);
            *x = NULL;
            continue;
        }
        size_t len = PAGE_SIZE * (size_t)(rand() % (rand() % 4 == 0 ? 3000 : 300) + 1);
        if ((*x = pages_take(cache, len, PAGE_SIZE, EXTENT_DIRTY)) == NULL) {
            refused++;
            assert_true(bytes + len > 24 * MIB); /* half of what there is, at the least */
            continue;
        }
        bytes += len;
        (*x)->base[0] = (*x)->base[len - 1] = (char)((x - live) % 100);
        if (rand() % 20 == 0) pages_purge(cache, EXTENT_DIRTY, rand() % 2);
        assert_int_equal(counter_get(&cache->live), bytes);
        if (step % 16 == 0) assert_true(pages_check(cache));
    }
    assert_true(refused > 0 && limit.unmaps > 0);
    for (int i = 0; i < 64; i++)
        if (live[i] != NULL) pages_put(cache, live[i], false);
    assert_true(pages_check(cache));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_against_sums, setup, teardown),
        cmocka_unit_test_setup_teardown(test_purged_pages_read_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(test_purge_works_in_slices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_purge_in_batches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_batches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_runs_go_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_huge_pages_by_purpose, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_systems_own_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_purge_keeps_pages_dirty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_short_of_memory_maps_just_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(test_decay_by_fake_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_muzzy_comes_between, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_map_goes_too, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scattered_space_is_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_unmapped_in_vain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_under_a_limit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
