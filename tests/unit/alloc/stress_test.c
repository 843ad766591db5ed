/* stress_test.c: random work by several threads against a shadow model.
 *
 * Each thread keeps a table of objects whose every byte follows from a seed, so an overlap, a lost
 * write or a wrong copy shows when the object is next looked at. Objects are handed over to other
 * threads through a mailbox, so many are freed by a thread that did not allocate them. In the end
 * everything has been freed: the counters must say so, and every structure must hold. */
#include "alloc/alloc.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define THREADS_MAX 4
#define SLOTS       512
#define BOX         256

#ifdef __SANITIZE_THREAD__
#define STEPS 20000
#elif defined __SANITIZE_ADDRESS__
#define STEPS 40000
#else
#define STEPS 150000
#endif

struct item {
    unsigned char *p;
    size_t         size;
    uint64_t       seed;
};

static struct {
    pthread_mutex_t lock;
    struct item     items[BOX];
    unsigned        count;
} box = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct ash_heap *shared_heap;

struct worker {
    pthread_t        thread;
    uint64_t         random;
    struct ash_heap *owned;
    struct item      slots[SLOTS];
};

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static unsigned char byte_at(uint64_t seed, size_t i) {
    return (unsigned char)((seed + i) * 0x9E3779B97F4A7C15ULL >> 56);
}

/* Large ones are written sparsely: a byte a page shows an overlap as well. */
static size_t stride(size_t size) { return size <= 2048 ? 1 : size <= 65536 ? 61 : 4093; }

static void fill(const struct item *it) {
    for (size_t i = 0; i < it->size; i += stride(it->size)) it->p[i] = byte_at(it->seed, i);
    it->p[it->size - 1] = byte_at(it->seed, it->size - 1);
}

static void verify(const struct item *it) {
    for (size_t i = 0; i < it->size; i += stride(it->size))
        if (it->p[i] != byte_at(it->seed, i)) abort();
    if (it->p[it->size - 1] != byte_at(it->seed, it->size - 1)) abort();
}

static size_t random_size(uint64_t *r) {
    uint64_t kind = next_random(r) % 100;
    if (kind < 70) return next_random(r) % 256 + 1;
    if (kind < 92) return next_random(r) % 4096 + 1;
    if (kind < 98) return next_random(r) % 65536 + 1;
    return next_random(r) % (1 << 21) + 1;
}

static void item_free(struct item *it) {
    verify(it);
    ash_free(it->p, it->size);
    it->p = NULL;
}

static void item_new(struct worker *w, struct item *it) {
    struct ash_heap *h = next_random(&w->random) % 3 == 0 ? shared_heap : w->owned;
    size_t           align = (size_t)8 << next_random(&w->random) % 11;
    it->size = random_size(&w->random);
    it->seed = next_random(&w->random);
    switch (next_random(&w->random) % 4) {
    case 0:
        it->p = ash_zalloc(h, it->size);
        for (size_t i = 0; i < it->size; i += stride(it->size))
            if (it->p[i] != 0) abort();
        break;
    case 1:
        it->p = ash_alloc_aligned(h, it->size, align);
        if ((uintptr_t)it->p % align != 0) abort();
        break;
    default: it->p = ash_alloc(h, it->size);
    }
    if (ash_usable_size(it->p) < it->size || ash_heap_of(it->p) != h) abort();
    fill(it);
}

static void item_resize(struct worker *w, struct item *it) {
    struct ash_heap *h = ash_heap_of(it->p);
    if (h != w->owned && h != shared_heap) return; /* came through the box: another's heap */
    size_t size = next_random(&w->random) % 4 == 0 ? it->size * 2 : random_size(&w->random);
    if (size > 1 << 22) return;
    verify(it);
    unsigned char *moved = ash_realloc(h, it->p, it->size, size);
    struct item    grown = {.p = moved, .size = size, .seed = it->seed};
    struct item kept = {.p = grown.p, .size = size < it->size ? size : it->size, .seed = it->seed};
    for (size_t i = 0; i < kept.size; i += stride(it->size))
        if (kept.p[i] != byte_at(it->seed, i)) abort();
    fill(&grown);
    *it = grown;
}

/* Leaves an object for whoever comes, or takes one; either may end up freeing it. */
static void trade(struct worker *w, struct item *it) {
    struct item got = {0};
    pthread_mutex_lock(&box.lock);
    unsigned at = (unsigned)(next_random(&w->random) % BOX);
    if (it->p != NULL) {
        got = box.items[at];
        box.items[at] = *it;
    } else {
        got = box.items[at];
        box.items[at] = (struct item){0};
    }
    pthread_mutex_unlock(&box.lock);
    *it = got;
}

static void step(struct worker *w) {
    struct item *it = &w->slots[next_random(&w->random) % SLOTS];
    uint64_t     what = next_random(&w->random) % 100;
    if (what < 12) {
        trade(w, it);
    } else if (it->p == NULL) {
        item_new(w, it);
    } else if (what < 35) {
        item_resize(w, it);
    } else {
        item_free(it);
    }
    if (what == 99) ash_heap_collect(w->owned, 50);
}

/* A heap of its own, filled and dropped with everything in it. */
static void drop_one(struct worker *w) {
    struct ash_heap      *h = ash_heap_new("short", ASH_HEAP_OWNED);
    struct ash_heap_stats s;
    size_t                requested = 0;
    for (int i = 0; i < 500; i++) {
        size_t size = random_size(&w->random);
        memset(ash_alloc(h, size), 1, size < 64 ? size : 64);
        requested += size;
    }
    ash_heap_stats(h, &s);
    if (s.requested != requested || s.count != 500 || s.used != s.requested + s.rounding) abort();
    ash_heap_drop(&h);
    if (h != NULL) abort();
}

static void *work(void *arg) {
    struct worker *w = arg;
    ash_heap_adopt(w->owned);
    for (int i = 0; i < STEPS; i++) {
        step(w);
        if (i % (STEPS / 4) == STEPS / 8) drop_one(w);
        size_t bytes = 0;
        if (i % 5000 == 0) ash_purge_step(200, &bytes);
    }
    for (int i = 0; i < SLOTS; i++)
        if (w->slots[i].p != NULL) item_free(&w->slots[i]);
    return NULL;
}

static void assert_empty(struct ash_heap *h) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    assert_int_equal(s.requested, 0);
    assert_int_equal(s.used, 0);
    assert_int_equal(s.rounding, 0);
    assert_int_equal(s.count, 0);
    assert_int_equal(s.active, s.used + s.slots_free + s.returning);
}

static void assert_identity(struct ash_heap *h, void *arg) {
    struct ash_heap_stats s;
    ash_heap_stats(h, &s);
    assert_int_equal(s.requested + s.rounding, s.used);
    assert_int_equal(s.used + s.slots_free + s.returning, s.active);
    *(size_t *)arg += s.used;
}

static void run(unsigned threads, uint64_t seed) {
    static struct worker workers[THREADS_MAX];
    memset(workers, 0, sizeof workers);
    shared_heap = ash_heap_new("shared", ASH_HEAP_SHARED);
    for (unsigned i = 0; i < threads; i++) {
        workers[i].random = seed * 77 + i + 1;
        workers[i].owned = ash_heap_new("owned", ASH_HEAP_OWNED);
    }
    for (unsigned i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (unsigned i = 0; i < threads; i++) pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < BOX; i++)
        if (box.items[i].p != NULL) item_free(&box.items[i]);
    ash_check();

    size_t used = 0;
    ash_heap_each(assert_identity, &used);
    assert_int_equal(used, ash_used());
    for (unsigned i = 0; i < threads; i++) {
        assert_empty(workers[i].owned);
        assert_false(ash_heap_collect(workers[i].owned, 1000000)); /* a dead thread's: now ours */
        struct ash_heap_stats s;
        ash_heap_stats(workers[i].owned, &s);
        assert_int_equal(s.active, 0);
        ash_heap_drop(&workers[i].owned);
    }
    assert_empty(shared_heap);
    ash_check();
    ash_heap_drop(&shared_heap);
}

static void test_one_thread(void **state) {
    (void)state;
    run(1, 1);
}

static void test_two_threads(void **state) {
    (void)state;
    run(2, 2);
}

static void test_four_threads(void **state) {
    (void)state;
    run(4, 3);
}

static void test_four_threads_with_purger(void **state) {
    (void)state;
    assert_true(ash_set_dirty_decay_ms(20));
    assert_true(ash_set_background_thread(true));
    run(4, 4);
    assert_true(ash_set_background_thread(false));
    assert_true(ash_set_dirty_decay_ms(10000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_four_threads),
        cmocka_unit_test(test_four_threads_with_purger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
