/* oom_test.c: the n-th mapping fails, for every n: the try forms say so and nothing is broken. */
#include "alloc/alloc.h"
#include "alloc/os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static long maps_left;

static void *counted_map(size_t len) { return maps_left-- > 0 ? os_real.map(len) : NULL; }

static bool counted_commit(void *p, size_t len) { return maps_left-- > 0 && os_real.commit(p, len); }

#define COUNT 4000
static struct {
    void  *p;
    size_t size;
} items[COUNT];

static size_t size_of(int i) {
    return i % 10 == 0 ? (size_t)(i % 300 + 17) * 1024 : (size_t)(i * 37) % 5000 + 1;
}

/* Fills a heap with at most n more mappings; returns whether all went in. */
static bool fill(struct ash_heap *h, long n) {
    bool all = true;
    maps_left = n;
    os.map = counted_map;
    os.commit = counted_commit;
    for (int i = 0; i < COUNT; i++) {
        items[i].size = size_of(i);
        items[i].p = ash_try_alloc(h, items[i].size);
        if (items[i].p == NULL) {
            all = false;
            continue;
        }
        size_t more = items[i].size * 3;
        void  *grown = i % 7 ? NULL : ash_try_realloc(h, items[i].p, items[i].size, more);
        if (grown != NULL) items[i].p = grown, items[i].size = more;
        memset(items[i].p, i, items[i].size);
    }
    os = os_real;
    return all;
}

static void test_every_map_fails_in_turn(void **state) {
    (void)state;
    bool all = false;
    for (long n = 0; !all; n++) {
        struct ash_heap      *h = ash_heap_new("oom", ASH_HEAP_OWNED);
        struct ash_heap_stats s;
        all = fill(h, n);
        ash_check();
        for (int i = 0; i < COUNT; i++) {
            unsigned char *p = items[i].p;
            if (p == NULL) continue;
            if (p[0] != (unsigned char)i || p[items[i].size - 1] != (unsigned char)i) fail();
            ash_free(p, items[i].size);
        }
        ash_heap_stats(h, &s);
        assert_int_equal(s.used + s.requested + s.count, 0);
        ash_check();
        ash_heap_drop(&h);
        assert_true(n < 1000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_map_fails_in_turn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
