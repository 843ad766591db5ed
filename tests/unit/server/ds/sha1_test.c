/* sha1_test.c: the standard's examples, and every length around the block borders. */
#include "server/ds/sha1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_sha1(struct slice s, const char *want) {
    unsigned char sum[SHA1_SIZE];
    char          hex[2 * SHA1_SIZE + 1];
    sha1(s, sum);
    for (unsigned i = 0; i < SHA1_SIZE; i++) sprintf(hex + 2 * i, "%02x", sum[i]);
    assert_string_equal(hex, want);
}

static void examples(void **state) {
    (void)state;
    assert_sha1(slice_of(NULL, 0), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_sha1(slice_str("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_sha1(slice_str("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

static void a_million_letters(void **state) {
    char *p = malloc(1000000);
    (void)state;
    assert_non_null(p);
    memset(p, 'a', 1000000);
    assert_sha1(slice_of(p, 1000000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    free(p);
}

/* The sum over the sums of 0 to 299 letters, from Python's hashlib. */
static void every_length_to_300(void **state) {
    char          text[300], all[300 * SHA1_SIZE];
    (void)state;
    memset(text, 'q', sizeof text);
    for (size_t len = 0; len < sizeof text; len++)
        sha1(slice_of(text, len), (unsigned char *)all + len * SHA1_SIZE);
    assert_sha1(slice_of(all, sizeof all), "6c973e1fa4fda86edcab490edfd48915471934c2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(a_million_letters),
        cmocka_unit_test(every_length_to_300),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
