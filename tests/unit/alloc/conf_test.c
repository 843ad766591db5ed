/* conf_test.c: MALLOC_CONF: what is set, what is refused, and what is said about it. */
#include "alloc/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASHLAR_PASSTHROUGH /* nothing of this is in such a build */
int main(void) { return 0; }
#else

static char said[8192];

static void collect(void *arg, const char *line) {
    (void)arg;
    assert_true(strlen(said) + strlen(line) < sizeof said);
    assert_int_equal(line[strlen(line) - 1], '\n');
    strcat(said, line);
}

static struct conf parse(const char *text, bool good) {
    struct conf c = conf_defaults;
    said[0] = '\0';
    if (conf_parse(&c, text, collect, NULL) != good) fail_msg("%s: said %s", text, said);
    return c;
}

static void test_defaults(void **state) {
    (void)state;
    struct conf c = parse("", true);
    assert_string_equal(said, "");
    assert_memory_equal(&c, &conf_defaults, sizeof c);
    assert_int_equal(c.dirty_decay_ms, 10000);
    assert_int_equal(c.muzzy_decay_ms, 0);
    assert_int_equal(c.narenas, 0);
    assert_int_equal(c.thp, CONF_THP_DEFAULT);
}

static void test_all_that_is_honoured(void **state) {
    (void)state;
    struct conf c = parse("abort:true,abort_conf:true,background_thread:true,stats_print:true,"
                          "stats_print_opts:Jmd,narenas:5,dirty_decay_ms:-1,muzzy_decay_ms:250,"
                          "thp:never", true);
    assert_string_equal(said, "");
    assert_true(c.abort && c.abort_conf && c.background_thread && c.stats_print);
    assert_string_equal(c.stats_print_opts, "Jmd");
    assert_int_equal(c.narenas, 5);
    assert_int_equal(c.dirty_decay_ms, -1);
    assert_int_equal(c.muzzy_decay_ms, 250);
    assert_int_equal(c.thp, CONF_THP_NEVER);
    assert_int_equal(parse("narenas:7,narenas:default", true).narenas, 0); /* the last one wins */
}

static void test_caches(void **state) {
    (void)state;
    assert_true(conf_defaults.tcache);
    assert_int_equal(conf_defaults.tcache_max, 16384);
    assert_false(parse("tcache:false", true).tcache);
    assert_int_equal(parse("tcache_max:0", true).tcache_max, 0);
    assert_int_equal(parse("lg_tcache_max:10", true).tcache_max, 1024);
    assert_int_equal(parse("tcache_max:32768", false).tcache_max, 16384); /* and says so */
    assert_non_null(strstr(said, "reduced to 16384"));
    assert_int_equal(parse("lg_tcache_max:99", false).tcache_max, 16384);
}

/* jemalloc's names with the value that is true here are silent. */
static void test_what_holds_anyway(void **state) {
    (void)state;
    parse("retain:true,metadata_thp:disabled,"
          "prof:false,stats_interval:-1,xmalloc:false,zero_realloc:free", true);
    assert_string_equal(said, "");
}

static void test_what_is_not_here(void **state) {
    (void)state;
    static const char *const pairs[] = {"retain:false",
#ifndef ASHLAR_DEBUG
                                        "junk:true", "junk:maybe", "zero:true", "redzone:true",
                                        "quarantine:1",
#endif
                                        "metadata_thp:always", "lg_prof_sample:19", "prof:true",
                                        "oversize_threshold:1", "tcache_nslots_small_max:5"};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct conf c = parse(pairs[i], false);
        assert_memory_equal(&c, &conf_defaults, sizeof c);
        assert_non_null(strstr(said, "<ashlar>: Conf pair without effect: "));
        assert_non_null(strstr(said, pairs[i]));
    }
}

static void test_bad_values(void **state) {
    (void)state;
    static const char *const pairs[] = {
        "narenas:", "narenas:0", "narenas:-1", "narenas:x", "narenas:1x", "dirty_decay_ms:-2",
        "dirty_decay_ms:", "dirty_decay_ms:-", "dirty_decay_ms:99999999999999999999",
        "dirty_decay_ms:18446744072001", "tcache:1", "tcache_max:-1", "tcache_max:x", "lg_tcache_max:-1",
         "muzzy_decay_ms:1 ", "background_thread:1",
        "background_thread:TRUE", "background_thread:truest", "thp:sometimes", "stats_print:",
        "stats_print_opts:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct conf c = parse(pairs[i], false);
        assert_memory_equal(&c, &conf_defaults, sizeof c);
        assert_non_null(strstr(said, " conf value: "));
    }
    assert_int_equal(parse("narenas:1000", false).narenas, 64); /* and says so */
    assert_non_null(strstr(said, "reduced to 64"));
    parse("dirty_decay_ms:18446744072000", true);
}

/* Only debug builds have guards; what others do have is silent. */
static void test_guards(void **state) {
    (void)state;
    struct conf c = parse("junk:false,zero:false,redzone:false,quarantine:0", true);
    assert_string_equal(said, "");
    assert_true(c.junk == 0 && !c.zero && !c.redzone && c.quarantine == 0);
#ifdef ASHLAR_DEBUG
    assert_int_equal(parse("junk:true", true).junk, CONF_JUNK_ALLOC | CONF_JUNK_FREE);
    assert_int_equal(parse("junk:alloc", true).junk, CONF_JUNK_ALLOC);
    assert_int_equal(parse("junk:free", true).junk, CONF_JUNK_FREE);
    c = parse("junk:maybe,quarantine:-1,quarantine:1k,redzone:1", false);
    assert_memory_equal(&c, &conf_defaults, sizeof c);
    c = parse("quarantine:65536,zero:true", true);
    assert_true(c.quarantine == 65536 && c.zero);
#endif
}

/* The pairs around a bad one count. */
static void test_bad_pairs(void **state) {
    (void)state;
    struct conf c = parse("narenas:3,nonsense:1,narenasx:2,thp:always", false);
    assert_int_equal(c.narenas, 3);
    assert_int_equal(c.thp, CONF_THP_ALWAYS);
    assert_non_null(strstr(said, "<ashlar>: Invalid conf pair: nonsense:1 ("));
    assert_non_null(strstr(said, "<ashlar>: Invalid conf pair: narenasx:2 ("));
}

static void test_bad_text(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {{"narenas", "Conf string ends with key"}, {":1", "Malformed"},
                 {"a b:1", "Malformed"},                   {",narenas:3", "Malformed"},
                 {"narenas=3", "Malformed"},               {"narenas:2,x", "ends with key"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        parse(cases[i].text, false);
        assert_non_null(strstr(said, cases[i].says));
    }
    assert_int_equal(parse("narenas:2,", true).narenas, 2);
    assert_non_null(strstr(said, "ends with comma"));
}

static void test_confirming(void **state) {
    (void)state;
    parse("narenas:2,confirm_conf:true,thp:always,prof:true", false);
    assert_null(strstr(said, "Set conf value: narenas")); /* conf_start() looks ahead for it */
    assert_non_null(strstr(said, "<ashlar>: -- Set conf value: thp:always\n"));
    assert_null(strstr(said, "Set conf value: prof"));
}

/* Anything may stand in an environment variable: no crash, and every line is a line. */
static void test_random_text(void **state) {
    (void)state;
    static const char alphabet[] = "narenas:,thpdirty_decay_ms:-0123456789truefalse \n%s\"\xff";
    char              text[64];
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        size_t len = (size_t)rand() % (sizeof text - 1);
        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
        text[len] = '\0';
        struct conf c = conf_defaults;
        said[0] = '\0';
        bool good = conf_parse(&c, text, collect, NULL);
        assert_true(good || said[0] != '\0');
        assert_true(c.narenas <= 64 && c.dirty_decay_ms >= -1);
    }
}

static void test_long_text(void **state) {
    (void)state;
    static char text[4096];
    memset(text, 'k', sizeof text - 1);
    parse(text, false);
    text[2000] = ':';
    parse(text, false);
    assert_true(strlen(said) < 400);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_that_is_honoured),
        cmocka_unit_test(test_caches),
        cmocka_unit_test(test_what_holds_anyway),
        cmocka_unit_test(test_what_is_not_here),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_guards),
        cmocka_unit_test(test_bad_pairs),
        cmocka_unit_test(test_bad_text),
        cmocka_unit_test(test_confirming),
        cmocka_unit_test(test_random_text),
        cmocka_unit_test(test_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
