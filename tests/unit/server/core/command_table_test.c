/* command_table_test.c: finding commands in any case, and keys in their arguments. */
#include "server/core/command.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void handler(struct call *c) { (void)c; }

#define PLAIN(name_) { .name = (name_), .handler = handler, .arity = -1 }

static const struct command subcommands[] = {PLAIN("get"), PLAIN("resetstat"), PLAIN("help"), {0}};
static const struct command one[] = {
    PLAIN("a"), PLAIN("ab"), PLAIN("get"), PLAIN("set"), PLAIN("ping"), PLAIN("mget"),
    PLAIN("strlen"), PLAIN("getrange"), PLAIN("substrate"), PLAIN("zrangebyscore"),
    PLAIN("sixteen-letters-"), PLAIN("georadiusbymember_ro"), PLAIN("twenty-four-letters-long"),
    {0}};
static const struct command two[] = {
    { .name = "config", .arity = -2, .subcommands = subcommands },
    { .name = "both", .handler = handler, .arity = -1, .subcommands = subcommands },
    {0}};
static const struct command *const families[] = {one, two, NULL};

static struct command_table *t;

static int setup(void **state) {
    (void)state;
    t = command_table_new(families);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    command_table_free(&t);
    assert_null(t);
    return 0;
}

static void every_name_in_any_case(void **state) {
    (void)state;
    for (const struct command *c = one; c->name != NULL; c++) {
        char   name[32];
        size_t len = strlen(c->name);
        for (unsigned mask = 0; mask < 64; mask++) {
            for (size_t i = 0; i <= len; i++) {
                bool up = i < 64 && (mask >> (i % 6) & 1);
                name[i] = up ? (char)toupper((unsigned char)c->name[i]) : c->name[i];
            }
            const struct command_ref *r = command_find(t, slice_of(name, len));
            assert_non_null(r);
            assert_ptr_equal(r->cmd, c);
        }
    }
}

/* Any single byte changed to something that is not the same letter: unknown, or another command. */
static void no_other_name_is_taken_for_it(void **state) {
    (void)state;
    for (const struct command *c = one; c->name != NULL; c++) {
        char   name[32];
        size_t len = strlen(c->name);
        for (size_t i = 0; i < len; i++) {
            for (int byte = 0; byte < 256; byte++) {
                memcpy(name, c->name, len);
                name[i] = (char)byte;
                bool                      same = tolower(byte) == c->name[i];
                const struct command_ref *r = command_find(t, slice_of(name, len));
                assert_int_equal(r != NULL && r->cmd == c, same);
            }
        }
    }
}

static void unknown_names(void **state) {
    (void)state;
    static const char *const names[] = {"", "b", "ge", "gett", "config|get", "twenty-five-letters-long!",
                                        "zrangebyscor", "zrangebyscoree", "\xc7\x45\x54"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_null(command_find(t, slice_str(names[i])));
    assert_null(command_find(t, slice_of("get\0", 4)));
}

static const struct command_ref *resolve(const char *a, const char *b,
                                         const struct command_ref **container) {
    struct slice argv[2] = {slice_str(a), b != NULL ? slice_str(b) : (struct slice){0}};
    *container = NULL;
    return command_resolve(t, argv, b != NULL ? 2 : 1, container);
}

static void subcommands_are_resolved(void **state) {
    (void)state;
    const struct command_ref *container, *r = resolve("Config", "GET", &container);
    assert_ptr_equal(r->cmd, &subcommands[0]);
    assert_ptr_equal(r->parent, &two[0]);
    assert_ptr_equal(resolve("both", "get", &container)->parent, &two[1]);
    assert_ptr_equal(resolve("config", NULL, &container)->cmd, &two[0]);
    assert_null(resolve("config", "nosuch", &container));
    assert_ptr_equal(container->cmd, &two[0]);
    assert_null(resolve("nosuch", "get", &container));
    assert_null(container);
    assert_ptr_equal(resolve("get", "help", &container)->cmd, &one[2]);
}

static void ids_and_names(void **state) {
    (void)state;
    unsigned ids = command_table_ids(t);
    assert_int_equal(ids, 13 + 2 + 2 * 3);
    for (unsigned i = 0; i < ids; i++) assert_int_equal(command_by_id(t, i)->id, i);
    assert_null(command_by_id(t, ids));
    const struct command_ref *container;
    char                      name[32];
    assert_int_equal(command_full_name(resolve("CONFIG", "RESETSTAT", &container), name, 32), 16);
    assert_string_equal(name, "config|resetstat");
    assert_int_equal(command_full_name(resolve("CONFIG", "RESETSTAT", &container), name, 9), 8);
    assert_string_equal(name, "config|r");
}

/* The arity of a container is its subcommands' business: by itself it fits nothing. */
static void arity_is_a_range(void **state) {
    (void)state;
    static const uint32_t     argc[] = {0, 1, 2, 3, 4, INT32_MAX, (uint32_t)INT32_MAX + 1, UINT32_MAX - 1};
    static const int16_t      arity[] = {-1, -3, 1, 3, INT16_MIN, INT16_MAX};
    const struct command_ref *container;
    for (size_t a = 0; a < sizeof arity / sizeof arity[0]; a++) {
        struct command            list[] = {{.name = "it", .handler = handler, .arity = arity[a]}, {0}};
        const struct command     *all[] = {list, NULL};
        struct command_table     *own = command_table_new(all);
        const struct command_ref *r = command_find(own, slice_str("it"));
        for (size_t i = 0; i < sizeof argc / sizeof argc[0]; i++)
            assert_int_equal(command_fits(r, argc[i]), arity[a] < 0 ? argc[i] >= (uint32_t)-arity[a]
                                                                    : argc[i] == (uint32_t)arity[a]);
        command_table_free(&own);
    }
    for (size_t i = 0; i < sizeof argc / sizeof argc[0]; i++)
        assert_false(command_fits(resolve("config", NULL, &container), argc[i]));
}

static void count_up(const struct command_ref *r, void *arg) {
    assert_null(r->parent);
    ++*(unsigned *)arg;
}

static void each_is_top_level(void **state) {
    (void)state;
    unsigned count = 0;
    command_each(t, count_up, &count);
    assert_int_equal(count, 15);
}

/* --- Keys ------------------------------------------------------------------------------------ */

static void key_add(uint32_t i, unsigned flags, void *arg) {
    char *text = arg;
    assert_true(flags != 0);
    sprintf(text + strlen(text), "%u ", i);
}

/* The indexes of the keys of a call written as one line; "!" when it does not fit. */
static void check_keys(const struct command *cmd, const char *line, const char *expected) {
    struct slice argv[16];
    uint32_t     argc = 0;
    char         copy[128], text[128] = "", *save = NULL;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
        argv[argc++] = slice_str(w);
    int n = command_keys(cmd, argv, argc, key_add, text);
    assert_string_equal(n < 0 ? "!" : text, expected);
    assert_int_equal(command_keys(cmd, argv, argc, NULL, NULL), n);
}

static void keys_in_ranges(void **state) {
    (void)state;
    struct command get = {.name = "get", .keys = KEYS(1, 0, 1, KEY_RO)};
    check_keys(&get, "get k", "1 ");
    check_keys(&get, "get", "!");
    struct command del = {.name = "del", .keys = KEYS(1, -1, 1, KEY_RM)};
    check_keys(&del, "del a b c", "1 2 3 ");
    struct command mset = {.name = "mset", .keys = KEYS(1, -1, 2, KEY_OW)};
    check_keys(&mset, "mset a 1 b 2", "1 3 ");
    struct command blpop = {.name = "blpop", .keys = KEYS(1, -2, 1, KEY_RW)};
    check_keys(&blpop, "blpop a b 0", "1 2 ");
    check_keys(&blpop, "blpop 0", "!");
    struct command ping = {.name = "ping"};
    check_keys(&ping, "ping x", "");
}

static void keys_behind_their_number(void **state) {
    (void)state;
    struct command zunionstore = {
        .name = "zunionstore",
        .keys = {{.flags = KEY_OW, .first = 1, .last = 0, .step = 1},
                 {.flags = KEY_RO, .first = 3, .step = 1, .keynum = 2}}};
    check_keys(&zunionstore, "zunionstore dst 2 a b weights 1 2", "1 3 4 ");
    check_keys(&zunionstore, "zunionstore dst 0 a", "1 ");
    static const char *const bad[] = {"3", "-1", "x", "2147483648", "9223372036854775807"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "zunionstore dst %s a b", bad[i]);
        check_keys(&zunionstore, line, "!");
    }
    check_keys(&zunionstore, "zunionstore dst", "!");
}

static void keys_behind_a_word(void **state) {
    (void)state;
    struct command migrate = {
        .name = "migrate",
        .keys = {{.flags = KEY_RW, .first = 3, .last = 0, .step = 1},
                 {.flags = KEY_RW, .first = -2, .last = -1, .step = 1, .keyword = "KEYS"}}};
    check_keys(&migrate, "migrate h p k 0 5000", "3 ");
    check_keys(&migrate, "migrate h p x 0 5000 keys a b", "3 7 8 ");
    struct command hidden = {
        .name = "x", .keys = {{.flags = KEY_RO | KEY_NOT_KEY, .first = 1, .last = 0, .step = 1}}};
    check_keys(&hidden, "x channel", "");
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(every_name_in_any_case),   CASE(no_other_name_is_taken_for_it),
        CASE(unknown_names),            CASE(subcommands_are_resolved),
        CASE(ids_and_names),            CASE(arity_is_a_range),
        CASE(each_is_top_level),
        CASE(keys_in_ranges),           CASE(keys_behind_their_number),
        CASE(keys_behind_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
