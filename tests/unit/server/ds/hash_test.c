/* hash_test.c: the keyed hash depends on every byte of key and secret, and on nothing else. */
#include "server/ds/hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void set_secret(unsigned char first) {
    unsigned char secret[HASH_SECRET_SIZE];
    for (unsigned i = 0; i < sizeof secret; i++) secret[i] = (unsigned char)(i * 151 + first);
    hash_secret_set(secret);
}

static void same_bytes_same_hash(void **state) {
    (void)state;
    char a[600], b[601];
    for (unsigned i = 0; i < sizeof a; i++) a[i] = b[i + 1] = (char)(i * 7);
    for (unsigned len = 0; len <= sizeof a; len++)
        assert_int_equal(hash_of(slice_of(a, len)), hash_of(slice_of(b + 1, len)));
    assert_int_equal(hash_of(slice_of(NULL, 0)), hash_of(slice_of(a, 0)));
}

static void every_byte_counts(void **state) {
    (void)state;
    static const unsigned lens[] = { 1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 500 };
    char key[500] = { 0 };
    for (unsigned n = 0; n < sizeof lens / sizeof *lens; n++) {
        uint64_t before = hash_of(slice_of(key, lens[n]));
        for (unsigned i = 0; i < lens[n]; i++) {
            key[i] ^= 1;
            assert_int_not_equal(hash_of(slice_of(key, lens[n])), before);
            key[i] ^= 1;
        }
    }
}

static void secret_changes_hash(void **state) {
    (void)state;
    char key[300] = "user:1000";
    for (unsigned len = 0; len < sizeof key; len++) {
        set_secret(1);
        uint64_t one = hash_of(slice_of(key, len));
        set_secret(2);
        assert_int_not_equal(hash_of(slice_of(key, len)), one);
        set_secret(1);
        assert_int_equal(hash_of(slice_of(key, len)), one);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_same_hash),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(secret_changes_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
