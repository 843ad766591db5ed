/* config_test.c: the table of options, the file, the command line, several at once, rewriting. */
#include "server/core/config.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/alloc.h"
#include "server/core/option.h"

static struct ash_heap *heap;
static char             folder[64], start_dir[PATH_MAX];

/* --- Helpers ------------------------------------------------------------------------------- */

static void write_file(const char *name, const char *text) {
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) < 0, 0);
    assert_int_equal(fclose(f), 0);
}

static void assert_file(const char *name, const char *text) {
    char path[PATH_MAX + 64], have[8192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(have, 1, sizeof have - 1, f);
    fclose(f);
    have[len] = '\0';
    assert_string_equal(have, text);
}

/* Loads with the arguments; what would go to stderr goes to the file "errors". */
static bool load(struct config *c, int argc, const char **argv) {
    char path[PATH_MAX + 64], *args[16];
    for (int i = 0; i < argc; i++) args[i] = (char *)(size_t)argv[i];
    snprintf(path, sizeof path, "%s/errors", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), saved = dup(2);
    dup2(fd, 2);
    close(fd);
    bool ok = config_load(c, argc, args);
    fflush(stderr);
    dup2(saved, 2);
    close(saved);
    return ok;
}

static bool load_file(struct config *c, const char *text) {
    char path[PATH_MAX + 64];
    write_file("test.conf", text);
    snprintf(path, sizeof path, "%s/test.conf", folder);
    return load(c, 2, (const char *[]){"server", path});
}

static void assert_said(const char *part) {
    char path[PATH_MAX + 64], have[4096];
    snprintf(path, sizeof path, "%s/errors", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(have, 1, sizeof have - 1, f);
    fclose(f);
    have[len] = '\0';
    if (strstr(have, part) == NULL) fail_msg("'%s' is not in: %s", part, have);
}

static void collect(const char *name, struct slice value, void *arg) {
    struct text *t = arg;
    text_printf(t, "%s=%.*s;", name, (int)value.len, value.p);
}

static void assert_get(const struct config *c, const char *pattern, const char *want) {
    struct slice p = slice_str(pattern);
    struct text  t;
    text_init(&t, heap);
    config_match(c, &p, 1, collect, &t);
    assert_string_equal(text_cstr(&t), want);
    text_fini(&t);
}

static bool set(struct config *c, unsigned count, const char **words, char *error, size_t cap) {
    struct config_pair pair[8];
    for (unsigned i = 0; i < count; i++)
        pair[i] = (struct config_pair){slice_str(words[2 * i]), slice_str(words[2 * i + 1])};
    return config_set(c, pair, count, error, cap);
}

static void assert_set(struct config *c, const char *name, const char *value) {
    char error[1024] = "";
    bool ok = set(c, 1, (const char *[]){name, value}, error, sizeof error);
    if (!ok) fail_msg("%s %s: %s", name, value, error);
}

static void assert_refused(struct config *c, const char *name, const char *value, const char *why) {
    char error[1024] = "", want[1024];
    assert_false(set(c, 1, (const char *[]){name, value}, error, sizeof error));
    snprintf(want, sizeof want, "CONFIG SET failed (possibly related to argument '%s') - %s", name,
             why);
    assert_string_equal(error, want);
}

static int setup(void **state) {
    *state = config_new(heap);
    return 0;
}

static int teardown(void **state) {
    config_free((struct config **)state);
    return chdir(start_dir);
}

/* --- The table ----------------------------------------------------------------------------- */

static void every_default_prints_and_reads_back(void **state) {
    struct config *c = *state;
    for (const struct option *o = config_options; o->name != NULL; o++) {
        struct text         before, after;
        struct option_error error = {""};
        text_init(&before, heap);
        text_init(&after, heap);
        option_print(o, c, &before);
        assert_true(option_parse_text(o, c, text_slice(&before), &error));
        option_print(o, c, &after);
        assert_string_equal(text_cstr(&before), text_cstr(&after));
        text_fini(&before);
        text_fini(&after);
    }
}

static void names_are_unique(void **state) {
    (void)state;
    for (const struct option *o = config_options; o->name != NULL; o++) {
        assert_ptr_equal(option_find(slice_str(o->name)), o);
        if (o->alias != NULL) assert_ptr_equal(option_find(slice_str(o->alias)), o);
        assert_true(strlen(o->name) < OPTION_NAME_MAX);
    }
    assert_null(option_find(slice_str("nosuch")));
    assert_non_null(option_find(slice_str("MaxMemory")));
}

static void defaults_are_redis_ones(void **state) {
    struct config *c = *state;
    assert_int_equal(c->port, 6379);
    assert_int_equal(c->proto_max_bulk_len, 512 * 1024 * 1024);
    assert_int_equal(c->maxmemory_policy, POLICY_NOEVICTION);
    assert_int_equal(c->output_limit[CLIENT_REPLICA].hard, 256 * 1024 * 1024);
    assert_int_equal(c->output_limit[CLIENT_PUBSUB].soft_seconds, 60);
    assert_true(c->lazyfree_lazy_user_del);
    assert_string_equal(c->bind[0], "*");
    assert_string_equal(c->bind[1], "-::*");
    assert_null(c->bind[2]);
    assert_int_equal(c->latency_tracking_percentile_count, 3);
}

/* --- CONFIG GET ---------------------------------------------------------------------------- */

static void get_by_pattern_alias_and_case(void **state) {
    struct config *c = *state;
    assert_get(c, "maxmemory-s*", "maxmemory-samples=5;");
    assert_get(c, "hash-max-ziplist-value", "hash-max-ziplist-value=64;");
    assert_get(c, "hash-max-*-value", "hash-max-listpack-value=64;hash-max-ziplist-value=64;");
    assert_get(c, "PoRt", "PoRt=6379;");
    assert_get(c, "nosuch", "");
    assert_get(c, "bind", "bind=* -::*;");
    assert_get(c, "save", "save=;");
}

static void get_several_patterns_names_each_once(void **state) {
    struct config *c = *state;
    struct slice   p[] = {slice_str("appendonly"), slice_str("append*"), slice_str("*only")};
    struct text    t;
    text_init(&t, heap);
    config_match(c, p, 3, collect, &t);
    assert_string_equal(text_cstr(&t), "appendonly=no;");
    text_fini(&t);
}

/* --- CONFIG SET ---------------------------------------------------------------------------- */

static void set_refuses_with_redis_texts(void **state) {
    struct config *c = *state;
    assert_refused(c, "port", "abc", "argument couldn't be parsed into an integer");
    assert_refused(c, "port", "65536", "argument must be between 0 and 65535 inclusive");
    assert_refused(c, "maxmemory", "1.5gb", "argument must be a memory value");
    assert_refused(c, "maxmemory", "99999999999999999999gb", "argument must be a memory value");
    assert_refused(c, "appendonly", "maybe", "argument must be 'yes' or 'no'");
    assert_refused(c, "databases", "3", "can't set immutable config");
    assert_refused(c, "dir", "/tmp", "can't set protected config");
    assert_refused(
        c, "loglevel", "loud",
        "argument(s) must be one of the following: debug, verbose, notice, warning, nothing");
    assert_refused(c, "save", "900", "Invalid save parameters");
    assert_refused(c, "save", "900 1", "saving to disk is not supported yet: save must be \"\"");
    assert_refused(c, "bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
                   "Too many bind addresses specified.");
}

static void set_unknown_is_named(void **state) {
    char error[512];
    assert_false(set(*state, 2, (const char *[]){"hz", "20", "nosuch", "1"}, error, sizeof error));
    assert_string_equal(error, "Unknown option or number of arguments for CONFIG SET - 'nosuch'");
    assert_int_equal(((struct config *)*state)->hz, 10);
}

static void set_of_several_is_all_or_nothing(void **state) {
    struct config *c = *state;
    char           error[512];
    assert_false(set(c, 3, (const char *[]){"hz", "20", "bind", "10.0.0.1", "port", "x"}, error,
                     sizeof error));
    assert_int_equal(c->hz, 10);
    assert_get(c, "bind", "bind=* -::*;");
    assert_false(set(c, 2, (const char *[]){"hz", "20", "HZ", "30"}, error, sizeof error));
    assert_string_equal(
        error, "CONFIG SET failed (possibly related to argument 'HZ') - duplicate parameter");
    assert_true(
        set(c, 2, (const char *[]){"hz", "20", "bind", "10.0.0.1 -::1"}, error, sizeof error));
    assert_int_equal(c->hz, 20);
    assert_string_equal(c->bind[1], "-::1");
}

static void set_clamps_hz_as_redis(void **state) {
    struct config *c = *state;
    assert_set(c, "hz", "0");
    assert_int_equal(c->hz, 1);
    assert_set(c, "hz", "100000");
    assert_int_equal(c->hz, 500);
    assert_refused(c, "hz", "-1", "argument must be between 0 and 2147483647 inclusive");
}

static void set_output_limits_changes_named_classes(void **state) {
    struct config *c = *state;
    assert_set(c, "client-output-buffer-limit", "normal 1mb 2 3 replica 0 0 0");
    assert_get(
        c, "client-output-buffer-limit",
        "client-output-buffer-limit=normal 1048576 2 3 slave 0 0 0 pubsub 33554432 8388608 60;");
    assert_refused(c, "client-output-buffer-limit", "normal 1 2",
                   "Wrong number of arguments in buffer limit configuration.");
}

static void maxmemory_may_be_a_share(void **state) {
    struct config *c = *state;
    assert_false(config_memory_base(c, 1000)); /* not a share yet */
    assert_set(c, "maxmemory", "80%");
    assert_int_equal(c->maxmemory, 800);
    assert_get(c, "maxmemory", "maxmemory=80%;");
    assert_set(c, "maxmemory-clients", "50%");
    assert_true(config_memory_base(c, 2000));
    assert_int_equal(c->maxmemory, 1600);
    assert_int_equal(c->maxmemory_clients, 800);
    assert_false(config_memory_base(c, 2000));
    assert_refused(c, "maxmemory", "101%", "percentage argument must be less or equal to 100");
    assert_refused(c, "maxmemory", "-1%", "argument must be a memory value");
    assert_refused(c, "maxmemory", "%", "argument must be a memory value");
    assert_set(c, "maxmemory", "0%"); /* as 0: no limit */
    assert_int_equal(c->maxmemory, 0);
    assert_set(c, "maxmemory", "5mb");
    assert_false(config_memory_base(c, 77777777777));
    assert_int_equal(c->maxmemory, 5 * 1024 * 1024);
}

static void a_share_of_maxmemory_follows_it(void **state) {
    struct config *c = *state;
    char           error[512];
    assert_set(c, "maxmemory", "1000mb");
    assert_set(c, "maxmemory-clients", "5%");
    assert_get(c, "maxmemory-clients", "maxmemory-clients=5%;");
    assert_int_equal(c->maxmemory_clients, 50 * 1024 * 1024);
    assert_set(c, "maxmemory", "2000mb");
    assert_int_equal(c->maxmemory_clients, 100 * 1024 * 1024);
    assert_false(set(c, 2, (const char *[]){"maxmemory", "10mb", "hz", "x"}, error, sizeof error));
    assert_int_equal(c->maxmemory_clients, 100 * 1024 * 1024);
    assert_set(c, "maxmemory-clients", "7mb");
    assert_set(c, "maxmemory", "0");
    assert_int_equal(c->maxmemory_clients, 7 * 1024 * 1024);
    assert_refused(c, "maxmemory-clients", "101%",
                   "percentage argument must be less or equal to 100");
    assert_refused(c, "maxmemory-clients", "x%", "argument must be a memory or percent value");
    assert_true(load_file(c, "maxmemory-clients 10%\nmaxmemory 100mb\n"));
    assert_int_equal(c->maxmemory_clients, 10 * 1024 * 1024);
}

static void strings_keep_their_bytes(void **state) {
    struct config     *c = *state;
    char               error[512];
    struct config_pair nul = {slice_str("requirepass"), slice_of("a\0b", 3)};
    assert_set(c, "requirepass", "a b\"\\\n\xff");
    assert_string_equal(c->requirepass, "a b\"\\\n\xff");
    assert_false(config_set(c, &nul, 1, error, sizeof error));
    assert_string_equal(c->requirepass, "a b\"\\\n\xff");
}

struct applied {
    unsigned       calls;
    bool           refuse;
    struct config *c;
    int64_t        seen[4];
};

static bool on_apply(void *arg, const char **error) {
    struct applied *a = arg;
    if (a->calls < 4) a->seen[a->calls] = a->c->port;
    a->calls++;
    *error = "cannot be done";
    return !a->refuse || a->c->port == 6379;
}

static void a_change_is_applied_once_and_put_back_on_failure(void **state) {
    struct config *c = *state;
    struct applied a = {.c = c};
    char           error[512];
    config_on_change(c, "port", on_apply, &a);
    config_on_change(c, "bind", on_apply, &a);
    assert_true(set(c, 2, (const char *[]){"port", "7000", "bind", "::1"}, error, sizeof error));
    assert_int_equal(a.calls, 1);
    assert_set(c, "port", "7000"); /* no change: nothing to apply */
    assert_int_equal(a.calls, 1);
    assert_set(c, "port", "6379");

    a = (struct applied){.c = c, .refuse = true};
    assert_false(set(c, 2, (const char *[]){"hz", "77", "port", "7001"}, error, sizeof error));
    assert_string_equal(error,
                        "CONFIG SET failed (possibly related to argument 'port') - cannot be done");
    assert_int_equal(c->port, 6379);
    assert_int_equal(c->hz, 10);
    assert_int_equal(a.calls, 2); /* tried, and put back */
    assert_int_equal(a.seen[1], 6379);
}

/* An earlier option with the same value must not hide that a later one needs the same apply. */
static void an_unchanged_option_does_not_stand_for_a_changed_one(void **state) {
    struct config *c = *state;
    struct applied a = {.c = c};
    char           error[512];
    config_on_change(c, "bind", on_apply, &a);
    config_on_change(c, "port", on_apply, &a);
    assert_true(set(c, 2, (const char *[]){"bind", "* -::*", "port", "7002"}, error, sizeof error));
    assert_int_equal(a.calls, 1);
}

/* --- Files and the command line ------------------------------------------------------------ */

static void a_file_is_read(void **state) {
    struct config *c = *state;
    assert_true(
        load_file(c, "# comment\n\n  hz 20\r\nmaxmemory 1gb\nrequirepass \"a \\\"b\\\" \\x41\"\n"
                     "client-output-buffer-limit normal 1 2 3\n"
                     "client-output-buffer-limit pubsub 4 5 6\n"
                     "bind 10.0.0.1 -::1\nHASH-MAX-ZIPLIST-VALUE 7\nsave \"\"\nhz 30"));
    assert_int_equal(c->hz, 30);
    assert_int_equal(c->maxmemory, 1 << 30);
    assert_string_equal(c->requirepass, "a \"b\" A");
    assert_int_equal(c->output_limit[CLIENT_NORMAL].hard, 1);
    assert_int_equal(c->output_limit[CLIENT_PUBSUB].soft_seconds, 6);
    assert_string_equal(c->bind[0], "10.0.0.1");
    assert_int_equal(c->types.hash_max_listpack_value, 7);
    assert_non_null(c->file);
    assert_int_equal(c->file[0], '/');
}

static void bad_lines_are_reported_with_line_and_text(void **state) {
    struct config *c = *state;
    assert_false(load_file(c, "hz 10\nfoo bar\n"));
    assert_said("FATAL CONFIG FILE ERROR");
    assert_said("at line 2\n>>> 'foo bar'\nBad directive or wrong number of arguments");
    assert_false(load_file(c, "hz\n"));
    assert_said("wrong number of arguments");
    assert_false(load_file(c, "port 1 2\n"));
    assert_said("wrong number of arguments");
    assert_false(load_file(c, "requirepass \"abc\n"));
    assert_said("Unbalanced quotes in configuration line");
    assert_false(load_file(c, "save 900 1\n"));
    assert_said("not supported yet");
    assert_false(load_file(c, "dir /nonexistent\n"));
    assert_said("No such file or directory");
}

static void includes_are_read_where_they_stand(void **state) {
    struct config *c = *state;
    char           text[PATH_MAX + 256];
    write_file("one.inc", "hz 21\nport 7001\n");
    write_file("two.inc", "port 7002\n");
    snprintf(text, sizeof text, "hz 20\ninclude %s/*.inc\ninclude %s/none*.conf\nport 7003\n",
             folder, folder);
    assert_true(load_file(c, text));
    assert_int_equal(c->hz, 21);
    assert_int_equal(c->port, 7003);
    write_file("two.inc", "port bad\n");
    assert_false(load_file(c, text));
    assert_said("two.inc, line 1: 'port bad': argument couldn't be parsed into an integer");
    snprintf(text, sizeof text, "include %s/missing\n", folder);
    assert_false(load_file(c, text));
    snprintf(text, sizeof text, "include %s/test.conf\n", folder); /* itself */
    assert_false(load_file(c, text));
    assert_said("more than 16 deep");
}

static void the_command_line_wins(void **state) {
    struct config *c = *state;
    char           path[PATH_MAX + 64];
    write_file("test.conf", "hz 20\nport 7000\n");
    snprintf(path, sizeof path, "%s/test.conf", folder);
    assert_true(load(c, 9,
                     (const char *[]){"server", path, "--hz", "30", "--bind", "127.0.0.1", "::1",
                                      "--maxmemory 10mb", "--save"}));
    assert_int_equal(c->hz, 30);
    assert_int_equal(c->port, 7000);
    assert_string_equal(c->bind[1], "::1");
    assert_int_equal(c->maxmemory, 10 * 1024 * 1024);
}

static void command_line_oddities_of_redis(void **state) {
    struct config *c = *state;
    assert_true(load(c, 4, (const char *[]){"server", "--save", "--port", "7"}));
    assert_int_equal(c->port, 7);
    assert_true(load(c, 3, (const char *[]){"server", "--requirepass", "--secret"}));
    assert_string_equal(c->requirepass, "--secret");
    assert_false(load(c, 2, (const char *[]){"server", "--port"}));
    assert_said("wrong number of arguments");
    assert_false(load(c, 3, (const char *[]){"server", "--foo", "bar"}));
    assert_said(">>> 'foo \"bar\"'");
    assert_false(load(c, 2, (const char *[]){"server", "/nonexistent/x.conf"}));
}

static void the_sample_names_every_option_and_loads(void **state) {
    struct config *c = *state;
    char           text[65536], name[OPTION_NAME_MAX + 4];
    FILE          *f = fopen("redis.conf.sample", "r");
    if (f == NULL) fail_msg("run from the root of the repository");
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    for (const struct option *o = config_options; o->name != NULL; o++) {
        snprintf(name, sizeof name, "\n%s ", o->name);
        bool there = strstr(text, name) != NULL;
        snprintf(name, sizeof name, "\n# %s ", o->name);
        if (!there && strstr(text, name) == NULL) fail_msg("%s is not in the sample", o->name);
    }
    assert_true(load(c, 2, (const char *[]){"server", "redis.conf.sample"}));
    struct config *fresh = config_new(heap);
    for (const struct option *o = config_options; o->name != NULL; o++) {
        struct text have, want;
        text_init(&have, heap);
        text_init(&want, heap);
        option_print(o, c, &have);
        option_print(o, fresh, &want);
        if (strcmp(o->name, "bind") == 0) text_clear(&have), text_clear(&want); /* loopback there */
        assert_string_equal(text_cstr(&have), text_cstr(&want));
        text_fini(&have);
        text_fini(&want);
    }
    config_free(&fresh);
}

/* --- CONFIG REWRITE ------------------------------------------------------------------------ */

static void rewrite_keeps_comments_and_order(void **state) {
    struct config *c = *state;
    char           error[512];
    assert_true(load_file(c, "# hello\n\nmaxmemory 10mb\n# mid\nhz 20\nsave \"\"\nhz 25\n"
                             "client-output-buffer-limit normal 0 0 0\n"));
    assert_set(c, "maxmemory", "52428800");
    assert_set(c, "hz", "30");
    assert_set(c, "loglevel", "verbose");
    option_set_string(c, &c->dir, slice_str("/x y"));
    assert_true(config_rewrite(c, error, sizeof error));
    const char *want = "# hello\n\nmaxmemory 50mb\n# mid\nhz 30\nsave \"\"\n"
                       "client-output-buffer-limit normal 0 0 0\n"
                       "client-output-buffer-limit slave 268435456 67108864 60\n"
                       "client-output-buffer-limit pubsub 33554432 8388608 60\n"
                       "\n# Generated by CONFIG REWRITE\nloglevel verbose\ndir \"/x y\"\n";
    assert_file("test.conf", want);
    assert_true(config_rewrite(c, error, sizeof error)); /* again: nothing changes */
    assert_file("test.conf", want);
    assert_set(c, "loglevel", "notice");
}

static void what_rewrite_writes_reads_back(void **state) {
    struct config *c = *state;
    char           error[512], path[PATH_MAX + 64];
    assert_true(load_file(c, ""));
    assert_set(c, "requirepass", "a \"b\"\n'\\ \x01\xfe#");
    assert_set(c, "bind", "");
    assert_set(c, "latency-tracking-info-percentiles", "");
    assert_set(c, "client-output-buffer-limit", "pubsub 1 2 3");
    assert_set(c, "list-max-listpack-size", "-5");
    assert_true(config_rewrite(c, error, sizeof error));
    struct config *again = config_new(heap);
    snprintf(path, sizeof path, "%s/test.conf", folder);
    assert_true(load(again, 2, (const char *[]){"server", path}));
    assert_string_equal(again->requirepass, c->requirepass);
    assert_null(again->bind[0]);
    assert_int_equal(again->latency_tracking_percentile_count, 0);
    assert_int_equal(again->output_limit[CLIENT_PUBSUB].soft, 2);
    assert_int_equal(again->types.list_max_listpack_size, -5);
    config_free(&again);
}

static void rewrite_keeps_mode_and_fails_whole(void **state) {
    struct config *c = *state;
    char           error[512], path[PATH_MAX + 64];
    struct stat    st;
    assert_false(config_rewrite(c, error, sizeof error));
    assert_string_equal(error, "The server is running without a config file");
    assert_true(load_file(c, "hz 10\n"));
    snprintf(path, sizeof path, "%s/test.conf", folder);
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(config_rewrite(c, error, sizeof error));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    option_set_string(c, &c->file, slice_str("/nonexistent/x.conf"));
    assert_false(config_rewrite(c, error, sizeof error));
    assert_non_null(strstr(error, "Rewriting config file: "));
}

/* --- At random ----------------------------------------------------------------------------- */

static uint64_t rand_state = 88172645463325252u;

static unsigned below(unsigned n) {
    rand_state ^= rand_state << 13;
    rand_state ^= rand_state >> 7;
    rand_state ^= rand_state << 17;
    return (unsigned)(rand_state % n);
}

static const struct option *any_option(void) {
    unsigned n = 0;
    while (config_options[n].name != NULL) n++;
    return &config_options[below(n)];
}

/* A value that may suit the option, or not. */
static void any_value(const struct option *o, char *out, size_t cap) {
    static const char *const some[] = {"",
                                       "0",
                                       "1",
                                       "7",
                                       "-1",
                                       "yes",
                                       "no",
                                       "NO",
                                       "1gb",
                                       "10mb",
                                       "100",
                                       "99999999999999999999",
                                       "local",
                                       "notice",
                                       "allkeys-lru",
                                       "a b c",
                                       "normal 1 2 3",
                                       "slave 5 6",
                                       "50 99.9",
                                       "::1 127.0.0.1",
                                       "x\ny"};
    if (o->kind == OPTION_STRING || below(4) == 0) {
        size_t len = below(20);
        for (size_t i = 0; i < len; i++) out[i] = (char)(1 + below(255));
        out[len] = '\0';
    } else {
        snprintf(out, cap, "%s", some[below(sizeof some / sizeof some[0])]);
    }
}

static void print_all(const struct config *c, struct text *out) {
    for (const struct option *o = config_options; o->name != NULL; o++) {
        text_printf(out, "%s=", o->name);
        option_print(o, c, out);
        text_char(out, '\n');
    }
}

/* A set that fails changes nothing; one that succeeds reads back after a rewrite and a fresh start.
 */
static void random_sets_are_whole_and_survive_a_rewrite(void **state) {
    struct config *c = *state;
    char           error[1024], value[4][64], path[PATH_MAX + 64];
    unsigned       done = 0;
    assert_true(load_file(c, "# top\nhz 20\n"));
    snprintf(path, sizeof path, "%s/test.conf", folder);
    for (int round = 0; round < 3000; round++) {
        struct config_pair pair[4];
        struct text        before, after;
        unsigned           count = 1 + below(2);
        text_init(&before, heap);
        text_init(&after, heap);
        print_all(c, &before);
        for (unsigned i = 0; i < count; i++) {
            const struct option *o = any_option();
            any_value(o, value[i], sizeof value[i]);
            pair[i] = (struct config_pair){slice_str(o->name), slice_str(value[i])};
        }
        bool ok = config_set(c, pair, count, error, sizeof error);
        print_all(c, &after);
        if (!ok) assert_string_equal(text_cstr(&before), text_cstr(&after));
        done += ok;
        if (ok && done % 20 == 0) {
            struct config *again = config_new(heap);
            assert_true(config_rewrite(c, error, sizeof error));
            if (!load(again, 2, (const char *[]){"server", path})) assert_said("nothing wrong");
            text_clear(&before);
            print_all(again, &before);
            assert_string_equal(text_cstr(&before), text_cstr(&after));
            config_free(&again);
        }
        text_fini(&before);
        text_fini(&after);
    }
    assert_true(done > 100); /* else nothing was tried */
    assert_set(c, "loglevel", "notice");
    assert_set(c, "jemalloc-bg-thread", "no");
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(every_default_prints_and_reads_back),
        CASE(names_are_unique),
        CASE(defaults_are_redis_ones),
        CASE(get_by_pattern_alias_and_case),
        CASE(get_several_patterns_names_each_once),
        CASE(set_refuses_with_redis_texts),
        CASE(set_unknown_is_named),
        CASE(set_of_several_is_all_or_nothing),
        CASE(set_clamps_hz_as_redis),
        CASE(set_output_limits_changes_named_classes),
        CASE(a_share_of_maxmemory_follows_it),
        CASE(maxmemory_may_be_a_share),
        CASE(strings_keep_their_bytes),
        CASE(a_change_is_applied_once_and_put_back_on_failure),
        CASE(an_unchanged_option_does_not_stand_for_a_changed_one),
        CASE(a_file_is_read),
        CASE(bad_lines_are_reported_with_line_and_text),
        CASE(includes_are_read_where_they_stand),
        CASE(the_command_line_wins),
        CASE(command_line_oddities_of_redis),
        CASE(the_sample_names_every_option_and_loads),
        CASE(rewrite_keeps_comments_and_order),
        CASE(what_rewrite_writes_reads_back),
        CASE(rewrite_keeps_mode_and_fails_whole),
        CASE(random_sets_are_whole_and_survive_a_rewrite),
    };
    char template[] = "/tmp/config_test.XXXXXX", command[PATH_MAX + 16];
    if (getcwd(start_dir, sizeof start_dir) == NULL || mkdtemp(template) == NULL) return 1;
    snprintf(folder, sizeof folder, "%s", template);
    heap = ash_heap_new("server", ASH_HEAP_OWNED);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 || failed;
}
