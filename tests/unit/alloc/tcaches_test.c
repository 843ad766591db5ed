/* tcaches_test.c: caches by number, at the doors that jemalloc.c uses, so that it runs under
 * ThreadSanitizer too: random work on several against a model, one that passes from thread to
 * thread, and what becomes of them in a forked child. */
#include "alloc/tcaches.h"
#include "alloc/alloc.h"
#include "alloc/arena.h"
#include "alloc/heap.h"
#include "alloc/meter.h"
#include "alloc/pagemap.h"
#include "alloc/tcache.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Slots are counted here: no tails, and nothing in quarantine. Release builds have none. */
const char *malloc_conf = "redzone:false";

#define CLASS_48 5u /* general, 48 bytes */
#define NAMED    4
#define OBJECTS  300

static void *take(unsigned number, unsigned cls) {
    return tcache_take_from(tcaches_get(number), thread_arena(heap_general()), cls);
}

static void put(struct tcache *t, void *p) {
    tcache_put_into(t, p, pagemap_slab(pagemap_get(p)));
}

static size_t cached(void) { return tcache_bytes(); }

/* Objects go into any cache, or past all, whichever they came from; no two have one place, and what
 * the caches have is theirs alone. */
static void test_random(void **state) {
    (void)state;
    static struct {
        unsigned char *p;
        size_t         size;
    } objects[OBJECTS];
    unsigned numbers[NAMED];
    size_t   before = cached();
    struct meter_bytes start = meter_bytes();
    uint64_t           took = 0, gave = 0;
    srand(3);
    for (unsigned i = 0; i < NAMED; i++) assert_true(tcaches_new(&numbers[i]));
    for (unsigned step = 0; step < 60000; step++) {
        unsigned i = (unsigned)rand() % OBJECTS, number = numbers[(unsigned)rand() % NAMED];
        if (objects[i].p == NULL) {
            unsigned cls = (unsigned)rand() % (CLASS_COUNT / 2) / 2 * 2 + 1;
            objects[i].size = size_classes[cls].slot_size;
            objects[i].p = take(number, cls);
            memset(objects[i].p, (int)(i % 251), objects[i].size);
            took += objects[i].size;
        } else {
            for (size_t at = 0; at < objects[i].size; at += objects[i].size - 1)
                assert_int_equal(objects[i].p[at], i % 251);
            put(rand() % 5 == 0 ? NULL : tcaches_get(number), objects[i].p);
            gave += objects[i].size;
            objects[i].p = NULL;
        }
        if (step % 1000 != 0) continue;
        assert_int_equal(meter_bytes().allocated - start.allocated, took);
        assert_int_equal(meter_bytes().freed - start.freed, gave);
        assert_true(tcaches_flush(numbers[step / 1000 % NAMED]));
        for (unsigned k = 0; k < NAMED; k++) tcache_check(tcaches_get(numbers[k]));
        ash_check();
    }
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[i].p != NULL) put(tcaches_get(numbers[0]), objects[i].p);
    assert_true(cached() > before);
    for (unsigned i = 0; i < NAMED; i++) assert_true(tcaches_end(numbers[i]));
    assert_int_equal(cached(), before);
    ash_check();
}

static void test_numbers(void **state) {
    (void)state;
    unsigned a, b, c;
    assert_true(tcaches_new(&a) && tcaches_new(&b));
    assert_int_not_equal(a, b);
    assert_true(tcaches_end(a));
    assert_false(tcaches_end(a));
    assert_true(tcaches_new(&c));
    assert_int_equal(c, a);
    assert_true(tcaches_end(b) && tcaches_end(c));
    assert_true(tcaches_flush(a)); /* nothing is in it */
    assert_false(tcaches_flush(TCACHES_MAX));
    assert_false(tcaches_end(TCACHES_MAX));
}

/* One after the other has it; what one put in, the next takes out. */
static void *next_user(void *arg) {
    unsigned number = *(unsigned *)arg;
    void    *p[64];
    for (int i = 0; i < 64; i++) memset(p[i] = take(number, CLASS_48), i, 48);
    for (int i = 0; i < 64; i++) put(tcaches_get(number), p[i]);
    return p[63];
}

static void test_passed_on(void **state) {
    (void)state;
    unsigned  number;
    pthread_t thread;
    void     *last;
    assert_true(tcaches_new(&number));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(pthread_create(&thread, NULL, next_user, &number), 0);
        pthread_join(thread, &last);
        assert_ptr_equal(take(number, CLASS_48), last);
        put(tcaches_get(number), last);
    }
    ash_check();
    assert_true(tcaches_end(number));
    ash_check();
}

/* The child finds them empty, and can go on with them. */
static int child(unsigned number, size_t own) {
    if (cached() != own) return 1;
    void *p = take(number, CLASS_48);
    put(tcaches_get(number), p);
    if (take(number, CLASS_48) != p) return 2;
    put(tcaches_get(number), p);
    ash_check();
    return tcaches_end(number) && cached() == own ? 0 : 3;
}

static void test_fork(void **state) {
    (void)state;
    unsigned number;
    int      status = -1;
    size_t   own = cached();
    void    *p[20];
    assert_true(tcaches_new(&number));
    for (int i = 0; i < 20; i++) p[i] = take(number, CLASS_48);
    for (int i = 0; i < 20; i++) put(tcaches_get(number), p[i]);
    assert_true(cached() > own);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) _exit(child(number, own));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_ptr_equal(take(number, CLASS_48), p[19]);
    put(tcaches_get(number), p[19]);
    assert_true(tcaches_end(number));
    ash_check();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_passed_on),
        cmocka_unit_test(test_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
