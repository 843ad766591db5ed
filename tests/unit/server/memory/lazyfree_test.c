/* lazyfree_test.c: what is freed where, and the counters, on a real BIO thread. */
#include "server/memory/lazyfree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/clock.h"
#include "server/core/config.h"
#include "server/ds/rand.h"
#include "server/types/set.h"

static struct ash_heap *server_heap;
static struct clock     now;
static struct rand      rnd;
static struct keyspace  ks;
static struct config    config;
static struct bio      *bio;
static struct lazyfree *lazy;

#define LARGE (64 * 1024)
#define DBS   (KEYSPACE_HEAPED_MAX + 3) /* some share their heaps */

static void no_wake(void *arg) { (void)arg; }

static int setup(void **state) {
    (void)state;
    server_heap = ash_heap_new("server test", ASH_HEAP_OWNED);
    rand_seed(&rnd, 3);
    now = (struct clock){.wall_ms = 1700000000000};
    config = (struct config){0};
    config.lazyfree_large_bytes = LARGE;
    config.types = (struct type_limits){128, 0, 64, 16, 64, 128, 64, 128, 64, 4096, 100};
    bio = bio_new(server_heap, no_wake, NULL);
    lazy = lazyfree_new(server_heap, bio, &config);
    keyspace_init(&ks, DBS, server_heap, &now, &config.types, &rnd,
                  (struct keyspace_hooks){.arg = lazy, .discard = lazyfree_discard,
                                          .drop = lazyfree_drop,
                                          .drop_keys = lazyfree_drop_keys});
    return 0;
}

static int teardown(void **state) {
    (void)state;
    bio_free(&bio, true);
    assert_int_equal(lazyfree_pending_objects(lazy), 0);
    lazyfree_free(&lazy);
    keyspace_fini(&ks);
    ash_heap_drop(&server_heap);
    return 0;
}

static struct lazyfree_status status(void) {
    struct lazyfree_status s;
    lazyfree_read(lazy, &s);
    return s;
}

static uint64_t freed_objects(void) { return status().freed_objects; }

static void wait_idle(void) {
    for (int i = 0; i < 10000 && lazyfree_pending_objects(lazy) > 0; i++) usleep(1000);
    assert_int_equal(lazyfree_pending_objects(lazy), 0);
    ash_heap_collect(ks.db[0].dataset, 1000000);
}

static struct entry *put_set(const char *name, unsigned members) {
    struct slice    key = slice_str(name);
    struct type_env env = db_env(&ks.db[0]);
    char            text[32];
    struct value    v = set_new(&env, slice_str("m"), members);
    for (unsigned i = 0; i < members; i++) {
        snprintf(text, sizeof text, "member:%u", i);
        set_add(&v, &env, slice_str(text));
    }
    return db_set(&ks.db[0], key, table_hash(key), NULL, &v, ENTRY_NO_EXPIRE);
}

static struct entry *put_string(const char *name, size_t len) {
    struct slice key = slice_str(name);
    char        *bytes = calloc(1, len);
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_of(bytes, len)};
    struct entry *e = db_set(&ks.db[0], key, table_hash(key), NULL, &v, ENTRY_NO_EXPIRE);
    free(bytes);
    return e;
}

static void delete(const char *name, struct entry *e, enum discard_reason why) {
    db_delete(&ks.db[0], e, table_hash(slice_str(name)), why);
}

static void test_small_at_once(void **state) {
    (void)state;
    delete("s", put_set("s", 10), DISCARD_LAZY);
    delete("t", put_string("t", 2000), DISCARD_LAZY);
    assert_int_equal(freed_objects(), 0);
    assert_int_equal(ash_heap_used(ks.db[0].dataset), 0);
}

static void test_large_on_bio(void **state) {
    (void)state;
    delete("s", put_set("s", 5000), DISCARD_LAZY);
    delete("t", put_string("t", LARGE), DISCARD_LAZY);
    wait_idle();
    assert_int_equal(freed_objects(), 2);
    assert_int_equal(ash_heap_used(ks.db[0].dataset), 0);
    lazyfree_reset_stats(lazy);
    assert_int_equal(freed_objects(), 0);
}

static void test_options(void **state) {
    struct { enum discard_reason why; bool *option; } cases[] = {
        {DISCARD_USER, &config.lazyfree_lazy_user_del},
        {DISCARD_SERVER, &config.lazyfree_lazy_server_del},
        {DISCARD_EXPIRED, &config.lazyfree_lazy_expire},
        {DISCARD_EVICTED, &config.lazyfree_lazy_eviction},
    };
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t before = freed_objects();
        delete("s", put_set("s", 1000), cases[i].why);
        assert_int_equal(lazyfree_pending_objects(lazy), 0);
        *cases[i].option = true;
        delete("s", put_set("s", 1000), cases[i].why);
        wait_idle();
        assert_int_equal(freed_objects(), before + 1);
    }
}

/* A job that lasts until it is told, so that the queue is not empty behind it. */
static _Atomic bool hold;

static bool step_hold(struct bio_job *job) {
    (void)job;
    usleep(100);
    return hold;
}

static void test_flush_behind_unlink(void **state) {
    static struct bio_job blocker = {.kind = BIO_FREE, .what = "test", .step = step_hold};
    (void)state;
    hold = true;
    blocker.next = NULL;
    assert_true(bio_submit(bio, &blocker));
    delete("s", put_set("s", 5000), DISCARD_LAZY);
    put_set("t", 100);
    assert_int_equal(lazyfree_pending_objects(lazy), 1);
    assert_int_equal(db_flush(&ks.db[0], false), 1); /* must not drop under the queued entry */
    assert_int_equal(lazyfree_pending_objects(lazy), 2);
    put_set("t", 100); /* in new heaps */
    assert_true(db_check(&ks.db[0]));
    hold = false;
    wait_idle();
    assert_int_equal(freed_objects(), 2);
    assert_true(db_check(&ks.db[0]));
}

/* However many, and whatever the queue is busy with: nobody waits for it. */
static void test_flushes_behind_unlink(void **state) {
    static struct bio_job blocker = {.kind = BIO_FREE, .what = "test", .step = step_hold};
    (void)state;
    hold = true;
    blocker.next = NULL;
    assert_true(bio_submit(bio, &blocker));
    for (unsigned n = 0; n < 100; n++) {
        put_set("s", 200);
        put_string("t", 100);
        assert_int_equal(db_flush(&ks.db[0], n % 3 != 0), 2);
        assert_int_equal(ks.db[0].keys.count, 0);
    }
    put_string("k", 1);
    hold = false;
    wait_idle();
    assert_true(db_check(&ks.db[0]));
}

static void fill(unsigned d, unsigned keys) {
    char         name[32];
    struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = slice_str("a value")};
    for (unsigned i = 0; i < keys; i++) {
        struct slice key = slice_of(name, (size_t)snprintf(name, sizeof name, "k%u", i));
        db_set(&ks.db[d], key, table_hash(key), NULL, &v, i % 2 ? ENTRY_NO_EXPIRE : 1800000000000 + i);
    }
}

/* More large databases than there are heaps for, and one that has no heaps of its own, while the queue
 * stands still: nobody waits, no key is walked over, and in the end all is free. */
static void test_flushes_of_many_keys(void **state) {
    static struct bio_job blocker = {.kind = BIO_FREE, .what = "test", .step = step_hold};
    (void)state;
    hold = true;
    blocker.next = NULL;
    assert_true(bio_submit(bio, &blocker));
    uint64_t keys = 0;
    for (unsigned n = 0; n < 40; n++) {
        unsigned d = n % 2 ? 0 : DBS - 1;
        fill(d, 3000);
        assert_int_equal(db_flush(&ks.db[d], n % 3 != 0), 3000);
        keys += 3000;
        assert_int_equal(ks.db[d].keys.count, 0);
        assert_int_equal(ks.db[d].expires.count, 0);
        assert_int_equal(lazyfree_pending_objects(lazy), keys);
    }
    fill(DBS - 1, 10);
    hold = false;
    for (int i = 0; i < 10000 && lazyfree_pending_objects(lazy) > 0; i++) usleep(1000);
    assert_int_equal(status().pending_bytes, 0);
    assert_int_equal(freed_objects(), keys);
    ash_heap_collect(ks.db[DBS - 1].dataset, 1000000);
    ash_heap_collect(ks.db[DBS - 1].tables, 1000000);
    assert_true(db_check(&ks.db[DBS - 1])); /* K3, K4: what is there is all that is left in its heaps */
    db_flush(&ks.db[DBS - 1], false);
    assert_int_equal(ash_heap_used(ks.db[DBS - 1].dataset), 0);
}

/* Exactly what the heaps held: nothing is estimated. */
static void test_bytes(void **state) {
    static struct bio_job blocker = {.kind = BIO_FREE, .what = "test", .step = step_hold};
    (void)state;
    hold = true;
    blocker.next = NULL;
    blocker.bytes_done = 0;
    assert_true(bio_submit(bio, &blocker));
    struct entry *set = put_set("s", 5000), *string = put_string("t", 100000);
    size_t        used = ash_heap_used(ks.db[0].dataset);
    delete("s", set, DISCARD_LAZY);
    delete("t", string, DISCARD_LAZY);
    assert_int_equal(status().pending_bytes, used);
    put_string("k", 50);
    used += ash_heap_used(ks.db[0].tables) + entry_bytes(db_random(&ks.db[0]));
    db_flush(&ks.db[0], true);
    assert_true(status().pending_bytes >= used); /* the entries still in the heap count with it */
    put_string("k", 1); /* a database without a key has no heaps */
    hold = false;
    wait_idle();
    assert_int_equal(status().pending_bytes, 0);
    assert_true(status().freed_bytes >= used);
    lazyfree_sample(lazy);
    assert_true(status().bytes_per_sec > 0 && status().eta_ms == 0);
    lazyfree_reset_stats(lazy);
    assert_int_equal(status().freed_bytes, 0);
}

/* What is done of a large one is no longer pending, long before it is all done. */
static void test_bytes_fall(void **state) {
    static const char *const names[] = {"a", "b", "c", "d"};
    (void)state;
    unsigned seen = 0;
    for (unsigned n = 0; n < 4 && seen == 0; n++) {
        struct entry *e = put_set(names[n], 300000);
        uint64_t      total = entry_bytes(e);
        delete(names[n], e, DISCARD_LAZY);
        while (lazyfree_pending_objects(lazy) > 0) {
            uint64_t pending = status().pending_bytes;
            seen += pending > 0 && pending < total;
        }
    }
    assert_true(seen > 0);
    wait_idle();
}

static void test_output(void **state) {
    struct outbuf out;
    static char   bytes[OUTBUF_CHUNK_SIZE];
    (void)state;
    outbuf_init(&out, server_heap);
    size_t used = ash_heap_used(server_heap);
    outbuf_append(&out, "small", 5);
    lazyfree_output(lazy, &out);
    assert_int_equal(freed_objects(), 0);
    assert_int_equal(ash_heap_used(server_heap), used);
    for (unsigned i = 0; i < 3000; i++) outbuf_append(&out, bytes, sizeof bytes);
    uint64_t freed = status().freed_bytes, footprint = out.footprint;
    lazyfree_output(lazy, &out);
    assert_true(out.first == NULL && out.bytes == 0 && out.footprint == 0);
    outbuf_append(&out, "usable", 6);
    outbuf_fini(&out);
    for (int i = 0; i < 10000 && lazyfree_pending_objects(lazy) > 0; i++) usleep(1000);
    assert_int_equal(freed_objects(), 1);
    assert_int_equal(status().freed_bytes - freed, footprint);
    assert_int_equal(ash_heap_used(server_heap), used);
}

/* Faster than they are done: short ones are freed at once then, long ones are queued, and none is lost. */
static void test_crowded(void **state) {
    static struct bio_job blocker = {.kind = BIO_FREE, .what = "test", .step = step_hold};
    char name[32];
    (void)state;
    struct entry *longs[3];
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "long:%u", i);
        longs[i] = put_set(name, LAZYFREE_LONG + 100);
    }
    hold = true;
    blocker.next = NULL;
    blocker.bytes_done = 0;
    assert_true(bio_submit(bio, &blocker));
    size_t before = ash_heap_used(ks.db[0].dataset);
    for (unsigned i = 0; i < LAZYFREE_QUEUE_MAX + 50; i++)
        delete("s", put_set("s", LAZYFREE_EFFORT), DISCARD_LAZY);
    assert_int_equal(bio_pending(bio, BIO_FREE), LAZYFREE_QUEUE_MAX);
    assert_int_equal(lazyfree_pending_objects(lazy), LAZYFREE_QUEUE_MAX - 1);
    assert_int_equal(ash_heap_used(ks.db[0].dataset) - before, status().pending_bytes); /* counted */
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "long:%u", i);
        delete(name, longs[i], DISCARD_LAZY);
        assert_int_equal(bio_pending(bio, BIO_FREE), LAZYFREE_QUEUE_MAX + 1 + i);
    }
    hold = false;
    for (int i = 0; i < 60000 && lazyfree_pending_objects(lazy) > 0; i++) usleep(1000);
    ash_heap_collect(ks.db[0].dataset, 10000000);
    assert_int_equal(freed_objects(), LAZYFREE_QUEUE_MAX - 1 + 3);
    assert_int_equal(ash_heap_used(ks.db[0].dataset), 0);
    assert_int_equal(status().pending_bytes, 0);
}

static void test_flush(void **state) {
    char name[32];
    (void)state;
    for (unsigned n = 0; n < 200; n++) { /* more flushes than the allocator has heaps */
        for (unsigned i = 0; i < (n % 10 == 0 ? 2000 : 3); i++) {
            snprintf(name, sizeof name, "k%u", i);
            put_string(name, 100);
        }
        uint64_t keys = ks.db[0].keys.count;
        assert_int_equal(db_flush(&ks.db[0], n % 3 != 0), keys);
        assert_int_equal(ks.db[0].keys.count, 0);
    }
    put_string("k", 1);
    wait_idle();
    ash_heap_collect(ks.db[0].tables, 1000000);
    assert_true(db_check(&ks.db[0])); /* not before: what is being freed may lie in its heaps */
    assert_true(freed_objects() > 0); /* how many depends on how busy BIO was: the
                                                      others were freed key by key */
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_small_at_once), CASE(test_large_on_bio), CASE(test_options),
        CASE(test_flush_behind_unlink), CASE(test_flushes_behind_unlink), CASE(test_flushes_of_many_keys),
        CASE(test_flush), CASE(test_bytes), CASE(test_bytes_fall), CASE(test_output), CASE(test_crowded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
