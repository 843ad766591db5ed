/* evict_quality_test.c: how good the victims are: hits of a cache under a Zipf load, beside an ideal
 * LRU's and beside Redis's way of sampling, played on a clock and a generator that the test owns, so
 * each run is the same.
 *
 * The caches hold CAPACITY of UNIVERSE keys; a miss stores the key, and what is over goes. maxmemory
 * limits the process, so it is moved along: one key has to go whenever there is one too many.
 *
 * Hits alone tell little: under such a load even random victims are right most of the time. So it is
 * measured as well how many of the keys a victim had idle for longer than itself: none, if ideal.
 * tests/bench/eviction.c asks two real servers. */
#include "server/core/evict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/config.h"
#include "server/core/engine.h"
#include "server/ds/hash.h"
#include "tests/support/lru.h"
#include "tests/support/zipf.h"

#define UNIVERSE 20000
#define CAPACITY 2000
#define WARM     20000
#define ACCESSES 150000 /* those that count; an access each 25 ms */
#define STEP_MS  25
#define LOOK_EVERY 16 /* victims: counting is slow */

struct quality {
    double   hits;   /* per cent of the accesses */
    double   before; /* per cent of the keys idle for longer than the victim, on average */
};

/* When each key was used last, in seconds, and which are held: what `before` is counted from. */
static unsigned used_s[UNIVERSE];
static bool     in[UNIVERSE];
static uint64_t before, victims, looked;

static void began(void) {
    memset(in, 0, sizeof in);
    before = victims = looked = 0;
}

static void gone(unsigned key) {
    assert_true(in[key]);
    in[key] = false;
    if (victims++ % LOOK_EVERY != 0) return;
    for (unsigned i = 0; i < UNIVERSE; i++) before += in[i] && used_s[i] < used_s[key];
    looked++;
}

static struct quality ended(unsigned hits) {
    return (struct quality){100.0 * hits / ACCESSES, 100.0 * before / CAPACITY / looked};
}

/* --- The load -------------------------------------------------------------------------------- */

static unsigned load[WARM + ACCESSES];

static void load_make(double exponent, uint64_t seed) {
    struct rand r;
    struct zipf z;
    rand_seed(&r, seed);
    zipf_init(&z, UNIVERSE, exponent);
    for (unsigned n = 0; n < WARM + ACCESSES; n++) load[n] = zipf_key(&z, rand_next(&r));
    zipf_fini(&z);
}

/* --- An ideal LRU ------------------------------------------------------------------------------- */

static struct quality ideal_lru(void) {
    struct lru lru;
    unsigned   hits = 0, last;
    began();
    lru_init(&lru, UNIVERSE, CAPACITY);
    for (unsigned n = 0; n < WARM + ACCESSES; n++) {
        used_s[load[n]] = n * STEP_MS / 1000;
        bool hit = lru_use(&lru, load[n], &last);
        hits += hit && n >= WARM;
        if (last != UNIVERSE) gone(last);
        in[load[n]] = true;
    }
    lru_fini(&lru);
    return ended(hits);
}

/* --- As Redis samples: idle times in the pool stay what they were when sampled ------------------- */

static struct quality redis_lru(unsigned samples) {
    static unsigned     held[CAPACITY + 1], at[UNIVERSE];
    struct { unsigned key, idle; } pool[16];
    unsigned            count = 0, hits = 0, pooled = 0;
    struct rand         r;
    rand_seed(&r, 77);
    began();
    for (unsigned n = 0; n < WARM + ACCESSES; n++) {
        unsigned k = load[n], now_s = n * STEP_MS / 1000;
        used_s[k] = now_s;
        if (in[k]) {
            hits += n >= WARM;
            continue;
        }
        in[k] = true, at[k] = count, held[count++] = k;
        for (unsigned victim = UNIVERSE; count > CAPACITY && victim == UNIVERSE;) {
            for (unsigned s = 0; s < samples; s++) {
                unsigned c = held[rand_below(&r, count)], idle = now_s - used_s[c], i = 0, j = 0;
                while (j < pooled && pool[j].key != c) j++;
                while (i < pooled && pool[i].idle < idle) i++;
                if (j < pooled || (pooled == 16 && i == 0)) continue;
                if (pooled == 16) {
                    i--;
                    memmove(pool, pool + 1, i * sizeof *pool);
                } else {
                    memmove(pool + i + 1, pool + i, (pooled++ - i) * sizeof *pool);
                }
                pool[i].key = c, pool[i].idle = idle;
            }
            while (pooled > 0 && (victim == UNIVERSE || !in[victim])) victim = pool[--pooled].key;
            if (victim == UNIVERSE || !in[victim]) continue;
            gone(victim);
            held[at[victim]] = held[--count], at[held[at[victim]]] = at[victim];
        }
    }
    return ended(hits);
}

/* --- Ours ------------------------------------------------------------------------------------- */

static void on_change(void *listener, unsigned db, struct slice key) {
    (void)listener, (void)db;
    gone((unsigned)strtoul(key.p + 2, NULL, 10));
}

static struct quality ours(int policy, unsigned samples, unsigned step_ms) {
    static const unsigned char secret[HASH_SECRET_SIZE] = "the same in each run";
    struct config    config = {.maxmemory_samples = samples, .maxmemory_policy = policy,
                               .maxmemory_eviction_tenacity = 100};
    struct ash_heap *heap = ash_heap_new("server test", ASH_HEAP_OWNED);
    struct engine   *e = ash_zalloc(heap, sizeof *e);
    unsigned         hits = 0;
    hash_secret_set(secret);
    began();
    e->heaps.server = heap;
    e->config = &config;
    rand_seed(&e->rand, 5);
    e->clock.wall_ms = 1700000000000;
    keyspace_init(&e->keyspace, 1, heap, &e->clock, &config.types, &e->rand,
                  (struct keyspace_hooks){.changed = on_change});
    e->keyspace.listening = 1;
    keyspace_set_lfu(&e->keyspace, policy == POLICY_ALLKEYS_LFU);
    struct db *db = &e->keyspace.db[0];
    for (unsigned n = 0; n < WARM + ACCESSES; n++) {
        char         name[16];
        struct slice key = slice_of(name, (size_t)sprintf(name, "k:%05u", load[n]));
        uint64_t     hash = table_hash(key);
        struct value v = {.type = VAL_STRING, .enc = ENC_RAW, .u.str = key};
        e->clock.wall_ms += step_ms;
        e->clock.mono_us += (uint64_t)step_ms * 1000;
        used_s[load[n]] = (unsigned)(e->clock.wall_ms / 1000 - 1700000000);
        if (db_lookup(db, key, hash, LOOKUP_READ) != NULL) {
            hits += n >= WARM;
            continue;
        }
        in[load[n]] = true;
        db_set(db, key, hash, NULL, &v, ENTRY_NO_EXPIRE);
        while (db->keys.count > CAPACITY) {
            config.maxmemory = ash_used() - 1;
            assert_true(evict_make_room(e));
        }
    }
    assert_int_equal(db->keys.count, CAPACITY);
    assert_true(db_check(db));
    evict_free(&e->evict);
    keyspace_fini(&e->keyspace);
    ash_free(e, sizeof *e);
    ash_heap_drop(&heap);
    return ended(hits);
}

/* --- Cases ------------------------------------------------------------------------------------ */

/* Hits of equally good caches differ by chance, by a few hundredths. */
static void lru_case(double exponent, unsigned samples, double of_ideal) {
    load_make(exponent, 41);
    struct quality ideal = ideal_lru(), redis = redis_lru(samples),
                   own = ours(POLICY_ALLKEYS_LRU, samples, STEP_MS);
    print_message("zipf %.1f, %2u samples: hits %.2f (as Redis %.2f, ideal LRU %.2f); idler than the "
                  "victim %.2f %% (as Redis %.2f)\n",
                  exponent, samples, own.hits, redis.hits, ideal.hits, own.before, redis.before);
    assert_true(ideal.before == 0);
    assert_true(own.hits >= redis.hits - 0.05);
    assert_true(own.before <= redis.before * 1.03);
    assert_true(own.hits >= ideal.hits * of_ideal);
}

static void lru_of_5_samples(void **state) {
    (void)state;
    lru_case(0.8, 5, 0.99);
    lru_case(1.0, 5, 0.99);
    lru_case(1.2, 5, 0.99);
}

static void lru_of_10_samples(void **state) {
    (void)state;
    lru_case(0.8, 10, 0.998);
    lru_case(1.0, 10, 0.998);
    lru_case(1.2, 10, 0.998);
}

/* A load that does not change over time is what LFU is for: it has to beat any LRU. */
static void lfu_beats_the_ideal_lru(void **state) {
    (void)state;
    load_make(1.0, 41);
    double ideal = ideal_lru().hits, five = ours(POLICY_ALLKEYS_LFU, 5, 1).hits,
           ten = ours(POLICY_ALLKEYS_LFU, 10, 1).hits;
    print_message("zipf 1.0: hits of an ideal LRU %.2f, LFU of 5 %.2f, of 10 %.2f\n", ideal, five, ten);
    assert_true(five > ideal + 2);
    assert_true(ten >= five - 0.05);
}

static void random_is_the_worst(void **state) {
    (void)state;
    load_make(1.0, 41);
    struct quality own = ours(POLICY_ALLKEYS_RANDOM, 5, STEP_MS);
    assert_true(own.hits < ideal_lru().hits - 2);
    assert_true(own.before > 40 && own.before < 60);
}

/* The same seed, the same victims. */
static void a_run_can_be_repeated(void **state) {
    (void)state;
    load_make(1.0, 9);
    struct quality a = ours(POLICY_ALLKEYS_LRU, 5, STEP_MS), b = ours(POLICY_ALLKEYS_LRU, 5, STEP_MS);
    assert_true(a.hits == b.hits && a.before == b.before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lru_of_5_samples),
        cmocka_unit_test(lru_of_10_samples),
        cmocka_unit_test(lfu_beats_the_ideal_lru),
        cmocka_unit_test(random_is_the_worst),
        cmocka_unit_test(a_run_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
