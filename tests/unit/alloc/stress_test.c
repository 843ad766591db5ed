/* stress_test.c: random work by several threads against a shadow model.
 *
 * Each thread keeps a table of objects whose bytes follow from a seed, so a lost write or a wrong copy
 * shows when the object is next looked at; and all keep one table of who has which page, so that an
 * overlap with a large object shows when it is allocated. Objects are handed over to other
 * threads through a mailbox, so many are freed by a thread that did not allocate them. Threads end
 * amid their work, with objects live and slots cached, and others go on with their tables; children
 * are forked meanwhile, and look at what is in the box. In the end everything has been freed: the
 * counters must say so, and every structure must hold.
 *
 *   stress_test [OPERATIONS]   in all; without, what suits `make test` in this build
 * An operation is an allocation, a free, a resize or an exchange with the box. */
#include "alloc/alloc.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS_MAX 8
#define SLOTS       512
#define BOX         256
#define LIVES       4       /* threads, one after the other, that work on a table, at least */
#define LIFE_STEPS  500000  /* of all threads of a time together, at most */

#if defined __SANITIZE_THREAD__
#define OPERATIONS 2000000
#elif defined __SANITIZE_ADDRESS__
#define OPERATIONS 5000000
#elif defined ASHLAR_DEBUG
#define OPERATIONS 8000000
#else
#define OPERATIONS 20000000
#endif

static uint64_t operations = OPERATIONS; /* of the whole program */
static _Atomic uint64_t done;

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
    uint64_t         steps; /* of one life */
    struct item      slots[SLOTS];
};

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* --- Contents --------------------------------------------------------------------------------- */

/* An object's bytes are those of a table of random ones, from a place that its seed says, again and
 * again: so filling and looking are memcpy and memcmp, which a sanitizer checks by the range. */
#define PATTERN 4096
#define CHUNK   64
static unsigned char pattern[2 * PATTERN];

static void pattern_make(void) {
    uint64_t random = 4711;
    for (size_t i = 0; i < PATTERN; i++)
        pattern[i] = pattern[i + PATTERN] = (unsigned char)(next_random(&random) >> 32);
}

/* All of a small one; a chunk of each kilobyte to 64 KB; of vast ones the start and eight chunks at
 * places that the seed says: with a byte a page most of the time is the system's, which finds the
 * pages. That no two objects overlap anywhere is what the page table below is for. */
typedef void chunk_fn(unsigned char *at, const unsigned char *want, size_t len);

/* Calls fn for what of [at, at + len) lies below `size`: an object's, or what is kept of it. */
static void one_chunk(const struct item *it, size_t at, size_t len, size_t size, chunk_fn *fn) {
    if (at >= size) return;
    fn(it->p + at, &pattern[(it->seed + at) % PATTERN], len < size - at ? len : size - at);
}

static void each_chunk(const struct item *it, size_t size, chunk_fn *fn) {
    bool   all = it->size <= 2048, vast = it->size > 65536;
    size_t step = vast ? it->size / 8 : 1024;
    size_t shift = vast ? it->seed % (step - CHUNK) : 0;
    one_chunk(it, 0, all ? PATTERN : CHUNK, size, fn);
    if (all) return;
    for (size_t at = shift; at < it->size; at += step) one_chunk(it, at, CHUNK, size, fn);
    one_chunk(it, it->size - 1, 1, size, fn);
}

static void fill_chunk(unsigned char *at, const unsigned char *want, size_t len) {
    memcpy(at, want, len);
}

static void verify_chunk(unsigned char *at, const unsigned char *want, size_t len) {
    if (memcmp(at, want, len) != 0) abort();
}

static void zero_chunk(unsigned char *at, const unsigned char *want, size_t len) {
    static const unsigned char zeroes[PATTERN];
    (void)want;
    if (memcmp(at, zeroes, len) != 0) abort();
}

static void fill(const struct item *it) { each_chunk(it, it->size, fill_chunk); }
static void verify(const struct item *it) { each_chunk(it, it->size, verify_chunk); }

/* --- Who has which page ----------------------------------------------------------------------- */

/* For each page of the address space: how many small objects have a part of it, or that one large
 * object has it. Only what is used of it is ever there. An object is entered after it was
 * allocated and taken out before it is freed, so that whatever is entered is live. */
#define SMALL_LARGEST 16384
#define LARGE_ENTERED 0x8000u
static _Atomic uint16_t *page_users;

static void pages_init(void) {
    page_users = mmap(NULL, ((size_t)1 << 35) * sizeof *page_users, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (page_users == MAP_FAILED) abort();
}

static void enter(const struct item *it) {
    uintptr_t first = (uintptr_t)it->p >> 12, last = ((uintptr_t)it->p + it->size - 1) >> 12;
    for (uintptr_t page = first; page <= last; page++) {
        if (it->size > SMALL_LARGEST) {
            if (atomic_exchange_explicit(&page_users[page], LARGE_ENTERED, memory_order_relaxed) != 0)
                abort();
        } else if (atomic_fetch_add_explicit(&page_users[page], 1, memory_order_relaxed) >=
                   LARGE_ENTERED) {
            abort();
        }
    }
}

static void take_out(const struct item *it) {
    uintptr_t first = (uintptr_t)it->p >> 12, last = ((uintptr_t)it->p + it->size - 1) >> 12;
    uint16_t  part = it->size > SMALL_LARGEST ? LARGE_ENTERED : 1;
    for (uintptr_t page = first; page <= last; page++)
        if (atomic_fetch_sub_explicit(&page_users[page], part, memory_order_relaxed) < part) abort();
}

/* --- One operation ---------------------------------------------------------------------------- */

static size_t random_size(uint64_t *r) {
    uint64_t kind = next_random(r) % 100;
    if (kind < 70) return next_random(r) % 256 + 1;
    if (kind < 92) return next_random(r) % 4096 + 1;
    if (kind < 98) return next_random(r) % 65536 + 1;
    return next_random(r) % (next_random(r) % 8 == 0 ? 1 << 21 : 1 << 18) + 1;
}

static void item_free(struct item *it) {
    verify(it);
    take_out(it);
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
        each_chunk(it, it->size, zero_chunk);
        break;
    case 1:
        it->p = ash_alloc_aligned(h, it->size, align);
        if ((uintptr_t)it->p % align != 0) abort();
        break;
    default: it->p = ash_alloc(h, it->size);
    }
    if (ash_usable_size(it->p) < it->size || ash_heap_of(it->p) != h) abort();
    enter(it);
    fill(it);
}

static void item_resize(struct worker *w, struct item *it) {
    struct ash_heap *h = ash_heap_of(it->p);
    if (h != w->owned && h != shared_heap) return; /* came through the box: another's heap */
    size_t size = next_random(&w->random) % 4 == 0 ? it->size * 2 : random_size(&w->random);
    if (size > 1 << 22) return;
    verify(it);
    take_out(it);
    it->p = ash_realloc(h, it->p, it->size, size);
    each_chunk(it, size < it->size ? size : it->size, verify_chunk);
    it->size = size;
    enter(it);
    fill(it);
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

/* One life: what it has when it ends, the next goes on with. */
static void *work(void *arg) {
    struct worker *w = arg;
    ash_heap_adopt(w->owned);
    for (uint64_t i = 0; i < w->steps; i++) {
        step(w);
        if (i % 40000 == 20000) drop_one(w);
        size_t bytes = 0;
        if (i % 5000 == 0) ash_purge_step(200, &bytes);
    }
    atomic_fetch_add(&done, w->steps);
    return NULL;
}

static void free_all(struct worker *w) {
    for (int i = 0; i < SLOTS; i++)
        if (w->slots[i].p != NULL) item_free(&w->slots[i]);
}

/* In a forked child, alone with what the box held, which other threads had allocated. */
static void child_work(struct worker *w) {
    for (unsigned i = 0; i < BOX; i++)
        if (box.items[i].p != NULL) item_free(&box.items[i]);
    memset(w, 0, sizeof *w);
    w->random = 12345;
    w->owned = ash_heap_new("child's", ASH_HEAP_OWNED);
    for (int i = 0; i < 3000; i++) step(w);
    free_all(w);
}

static void fork_amid(void) {
    static struct worker own;
    int                  status = -1;
    pthread_mutex_lock(&box.lock); /* so that what is in it is whole */
    pid_t child = fork();
    pthread_mutex_unlock(&box.lock);
    if (child == 0) {
        alarm(120); /* a deadlock ends too */
        child_work(&own);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail_msg("child: status %#x", status);
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

/* Takes back what is still returning. What the quarantine holds, in debug builds, stays active. */
static void assert_gives_back(struct ash_heap *h) {
    struct ash_heap_stats s;
    assert_false(ash_heap_collect(h, 1000000)); /* a dead thread's: now ours */
    ash_heap_stats(h, &s);
#ifdef ASHLAR_DEBUG
    assert_true(s.active == 0 || s.returning != 0);
#else
    assert_int_equal(s.active, 0);
#endif
}

static struct worker workers[THREADS_MAX];

static void one_life(unsigned threads, bool with_fork) {
    for (unsigned i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    if (with_fork) fork_amid();
    for (unsigned i = 0; i < threads; i++) pthread_join(workers[i].thread, NULL);
    ash_check();
}

static void run(unsigned threads, uint64_t seed, uint64_t steps) {
    uint64_t lives = steps / LIFE_STEPS > LIVES ? steps / LIFE_STEPS : LIVES;
    memset(workers, 0, sizeof workers);
    shared_heap = ash_heap_new("shared", ASH_HEAP_SHARED);
    for (unsigned i = 0; i < threads; i++) {
        workers[i].random = seed * 77 + i + 1;
        workers[i].steps = steps / threads / lives + 1;
        workers[i].owned = ash_heap_new("owned", ASH_HEAP_OWNED);
    }
    for (uint64_t life = 0; life < lives; life++) one_life(threads, life % 2 == 1);
    for (unsigned i = 0; i < threads; i++) free_all(&workers[i]);
    for (unsigned i = 0; i < BOX; i++)
        if (box.items[i].p != NULL) item_free(&box.items[i]);
    ash_check();

    size_t used = 0;
    ash_heap_each(assert_identity, &used);
    assert_int_equal(used, ash_used());
    for (unsigned i = 0; i < threads; i++) {
        assert_empty(workers[i].owned);
        assert_gives_back(workers[i].owned);
        ash_heap_drop(&workers[i].owned);
    }
    assert_empty(shared_heap);
    ash_check();
    ash_heap_drop(&shared_heap);
}

/* --- Counters after every operation ----------------------------------------------------------- */

struct sums {
    size_t requested, used, count;
};

static struct sums sums_of(const struct worker *w) {
    struct sums sum = {0};
    for (unsigned i = 0; i < 64; i++) {
        const struct item *it = &w->slots[i];
        if (it->p == NULL) continue;
        sum.requested += it->size;
        sum.used += ash_good_size(it->size);
        sum.count++;
    }
    return sum;
}

/* A few objects only, so that walking over all there is takes little: the counters are those of the
 * model, and the pages held are what they add up to, each time. */
static void test_every_operation(void **state) {
    (void)state;
    static struct worker w;
    unsigned             steps = operations < OPERATIONS ? 500 : 4000;
    memset(&w, 0, sizeof w);
    w.random = 99;
    w.owned = ash_heap_new("every", ASH_HEAP_OWNED);
    for (unsigned i = 0; i < steps; i++) {
        struct item *it = &w.slots[next_random(&w.random) % 64];
        if (it->p == NULL) {
            it->size = random_size(&w.random);
            it->seed = next_random(&w.random);
            it->p = ash_alloc(w.owned, it->size);
            enter(it);
            fill(it);
        } else if (i % 3 == 0) {
            item_resize(&w, it);
        } else {
            item_free(it);
        }
        struct sums           want = sums_of(&w);
        struct ash_heap_stats s;
        ash_heap_stats(w.owned, &s);
        assert_int_equal(s.requested, want.requested);
        assert_int_equal(s.used, want.used);
        assert_int_equal(s.count, want.count);
        assert_int_equal(s.used + s.slots_free + s.returning, s.active);
        ash_check();
    }
    free_all(&w);
    assert_empty(w.owned);
    ash_heap_drop(&w.owned);
}

/* --- What stays resident ---------------------------------------------------------------------- */

#if defined __SANITIZE_THREAD__ || defined __SANITIZE_ADDRESS__
#define LASTING 100000
static size_t resident(void) { return 0; } /* mostly the sanitizer's */
#else
#define LASTING 500000
static size_t resident(void) {
    size_t pages = 0;
    FILE  *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%*u %zu", &pages) != 1) fail();
    fclose(f);
    return pages * 4096;
}
#endif

/* Objects that stay, and others that come and go in their own heaps, as a purpose each has here:
 * what is resident goes back to at most 1.2 times what is live. */
static void test_settles(void **state) {
    (void)state;
    static void     *kept[LASTING];
    struct ash_heap *lasting = ash_heap_new("lasting", ASH_HEAP_SHARED);
    struct ash_stats s;
    size_t           rss = resident();
    ash_stats(&s);
    size_t before = s.resident;
    assert_true(ash_set_dirty_decay_ms(100));
    assert_true(ash_set_background_thread(true));
    for (unsigned i = 0; i < LASTING / 2; i++) kept[i] = memset(ash_alloc(lasting, 130), 1, 130);
    run(4, 5, operations / 10);
    for (unsigned i = LASTING / 2; i < LASTING; i++)
        kept[i] = memset(ash_alloc(lasting, 130), 1, 130);
    run(2, 6, operations / 20);
#ifdef ASHLAR_DEBUG
    size_t live = (size_t)LASTING * 160; /* 144 bytes in a release build: alloc/guard.h */
#else
    size_t live = ash_heap_used(lasting);
#endif
    for (unsigned tries = 0; tries < 300; tries++) { /* a tenth of a second is asked for */
        ash_stats(&s);
        if (s.dirty + s.muzzy == 0 && resident() <= rss + live + live / 5) break;
        usleep(20000);
    }
    printf("live %zu KB: resident %zu KB by our figures, RSS %zu KB more than before\n",
           live / 1024, (s.resident - before) / 1024, (resident() - rss) / 1024);
    assert_true(s.resident - before <= live + live / 5);
    assert_true(resident() <= rss + live + live / 5);
    for (unsigned i = 0; i < LASTING; i++) ash_free(kept[i], 130);
    ash_heap_drop(&lasting);
    assert_true(ash_set_background_thread(false));
    assert_true(ash_set_dirty_decay_ms(10000));
}

/* --- By number of threads --------------------------------------------------------------------- */

static void test_one_thread(void **state) {
    (void)state;
    run(1, 1, operations / 5);
}

static void test_two_threads(void **state) {
    (void)state;
    run(2, 2, operations / 5);
}

static void test_four_threads_with_purger(void **state) {
    (void)state;
    assert_true(ash_set_dirty_decay_ms(20));
    assert_true(ash_set_background_thread(true));
    run(4, 3, operations / 5);
    assert_true(ash_set_background_thread(false));
    assert_true(ash_set_dirty_decay_ms(10000));
}

static void test_eight_threads(void **state) {
    (void)state;
    run(8, 4, operations / 4);
    printf("%llu operations\n", (unsigned long long)atomic_load(&done));
}

int main(int argc, char **argv) {
    if (argc > 1) operations = strtoull(argv[1], NULL, 10);
    pattern_make();
    pages_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_operation),
        cmocka_unit_test(test_settles),
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_four_threads_with_purger),
        cmocka_unit_test(test_eight_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
