/* preload_test.c: libashlar.so under programs that know nothing of it.
 *
 * Each case runs a program with LD_PRELOAD; one that is not installed is skipped, and says so. That
 * it was our allocator is read from what the program itself prints of it: the report at exit, and
 * in redis-server's case mallctl's figures. */
#include "tests/support/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(x)                                                                  \
    do {                                                                          \
        if (!(x)) {                                                               \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);       \
            exit(1);                                                              \
        }                                                                         \
    } while (0)

static char library[4096]; /* its path */
static char folder[] = "/tmp/ashlar-preload-XXXXXX";

static bool has(const char *program) {
    char command[256];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    if (system(command) == 0) return true;
    printf("%-24s skipped: not installed\n", program);
    return false;
}

/* Runs a shell command with LD_PRELOAD, its output (stderr too) in *out. Returns its status. */
static int run(const char *conf, const char *command, struct bytes *out) {
    struct bytes line = {0};
    bytes_print(&line, "cd %s && timeout 120 env MALLOC_CONF='%s' LD_PRELOAD='%s' %s 2>&1", folder,
                conf, library, command);
    FILE *pipe = popen(line.data, "r");
    CHECK(pipe != NULL);
    bytes_clear(out);
    bytes_fini(&line);
    for (;;) {
        bytes_reserve(out, 4096);
        size_t got = fread(out->data + out->len, 1, 4096, pipe);
        out->len += got;
        if (got == 0) break;
    }
    out->data[out->len] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void expect(const char *conf, const char *command, const char *part) {
    struct bytes out = {0};
    int          status = run(conf, command, &out);
    if (status != 0 || (part != NULL && strstr(out.data, part) == NULL)) {
        fprintf(stderr, "%s: status %d, expected '%s', printed:\n%.2000s\n", command, status,
                part != NULL ? part : "", out.data);
        exit(1);
    }
    bytes_fini(&out);
    printf("%-60.60s ok\n", command);
}

static void write_file(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* --- Programs --------------------------------------------------------------------------------- */

static void common_programs(void) {
    expect("", "ls -lR /usr/include/linux", "input.h"); /* which closes stderr before we report */
    if (has("python3")) {
        expect("", "python3 -c 'print(sum(len(str(i)) for i in range(200000)))'", "1088890");
        expect("", "python3 -c 'import threading as t, json; "
                   "x = [t.Thread(target=lambda: json.loads(json.dumps(list(range(9999))))) "
                   "for i in range(8)]; [i.start() for i in x]; [i.join() for i in x]; print(8)'",
               "8");
        expect("", "python3 -c 'import subprocess as s, os; p = os.fork(); "
                   "print(s.check_output([\"echo\", \"from a child\"])); p and os.wait()'",
               "from a child");
    }
    if (has("git")) expect("", "git init -q x", NULL);
}

/* What MALLOC_CONF says is done, or its refusal told. */
static void options(void) {
    expect("stats_print:true,stats_print_opts:a", "./a", "--- End ashlar statistics ---");
    expect("narenas:3,stats_print:true", "./a", "opt.narenas: 3");
    expect("background_thread:true,stats_print:true,dirty_decay_ms:123", "./a",
           "num_threads: 1");
    expect("thp:always,stats_print:true", "./a", "opt.thp: \"always\"");
    expect("nonsense:1", "./a", "<ashlar>: Invalid conf pair: nonsense:1 ");
    expect("confirm_conf:true", "./a", "<ashlar>: -- Set conf value: confirm_conf:true");
    if (has("python3"))
        expect("stats_print:true,stats_print_opts:J",
               "sh -c './a 2>&1 >/dev/null | env -u LD_PRELOAD python3 -c \"import json, sys; "
               "print(json.load(sys.stdin)[\\\"jemalloc\\\"][\\\"stats\\\"])\"'",
               "'allocated': ");
    struct bytes out = {0};
    CHECK(run("abort_conf:true,nonsense:1", "./a", &out) != 0);
    CHECK(strstr(out.data, "Abort (abort_conf:true)") != NULL);
    bytes_fini(&out);
}

static void compilers(void) {
    write_file("a.c", "#include <stdio.h>\nint main(void) { return puts(\"built\") < 0; }\n");
    write_file("b.cc", "#include <new>\n#include <map>\n#include <string>\n#include <cstdio>\n"
                       "struct alignas(64) A { char c[100]; };\n"
                       "int main() {\n"
                       "  std::map<int, std::string> m;\n"
                       "  for (int i = 0; i < 20000; i++) m[i % 997] = std::string(i % 300, 'x');\n"
                       "  for (int i = 0; i < 999; i++) { delete new A; delete[] new A[7]; }\n"
                       "  volatile size_t vast = (size_t)1 << 61;\n"
                       "  try { char *volatile p = new char[vast]; delete[] p; } catch (std::bad_alloc &) {\n"
                       "    std::puts(\"caught\");\n  }\n}\n");
    if (has("gcc")) {
        expect("", "gcc -O2 -o a a.c", NULL);
        expect("", "./a", "built");
        options();
    }
    if (has("g++")) {
        expect("", "g++ -O1 -std=c++17 -w -o b b.cc", NULL);
        expect("", "./b", "caught");
    }
}

/* --- redis-server ----------------------------------------------------------------------------- */

static struct spawn *redis;

/* The output of redis-cli, which runs without us. */
static struct bytes *ask(const char *command) {
    static struct bytes out;
    char                full[512];
    snprintf(full, sizeof full, "env -u LD_PRELOAD redis-cli -s %s %s", redis->socket, command);
    CHECK(run("", full, &out) == 0);
    return &out;
}

static long long info(const char *field) {
    char        line[64];
    const char *text = ask("info memory")->data;
    snprintf(line, sizeof line, "\n%s:", field);
    const char *at = strstr(text, line);
    CHECK(at != NULL);
    return atoll(at + strlen(line));
}

/* Its own figures and its allocator's agree, so they are ours. */
static void check_figures(void) {
    long long used = info("used_memory"), allocated = info("allocator_allocated");
    CHECK(allocated >= used * 9 / 10 && allocated <= used * 11 / 10 + 2000000);
    CHECK(info("allocator_active") >= allocated * 9 / 10);
    CHECK(info("allocator_resident") <= info("used_memory_rss"));
}

static void redis_server(void) {
    if (!has("redis-server") || !has("redis-cli") || !has("redis-benchmark")) return;
    struct bytes error = {0};
    struct words words = {0};
    static const char *const start[] = {"--enable-debug-command", "yes"};
    for (unsigned i = 0; i < 2; i++) words_add(&words, start[i], strlen(start[i]));
    setenv("LD_PRELOAD", library, 1);
    redis = spawn_new("redis-server", &words, &error);
    unsetenv("LD_PRELOAD");
    if (redis == NULL) fprintf(stderr, "%s\n", error.data);
    CHECK(redis != NULL);
    CHECK(strstr(ask("debug mallctl-str version")->data, "ashlar") != NULL);
    check_figures();
    char command[512];
    struct bytes out = {0};
    snprintf(command, sizeof command, "env -u LD_PRELOAD redis-benchmark -s %s -q -n 20000 -P 16 "
             "-r 100000 -d 100 -t set,get,lpush,hset,zadd,mset", redis->socket);
    CHECK(run("", command, &out) == 0);
    ask("debug populate 200000 key 200");
    check_figures();
    long long full = info("used_memory_rss");
    CHECK(info("allocator_allocated") > 60000000);
    ask("flushall");
    CHECK(strstr(ask("memory purge")->data, "OK") != NULL);
    CHECK(info("used_memory_rss") < full - 40000000);
    check_figures();
    const char *stats = ask("memory malloc-stats")->data;
    CHECK(strstr(stats, "___ Begin ashlar statistics ___") != NULL);
    CHECK(strstr(stats, "--- End ashlar statistics ---") != NULL);
    CHECK(spawn_free(&redis, &error));
    words_fini(&words);
    bytes_fini(&out);
    bytes_fini(&error);
    printf("%-60s ok\n", "redis-server");
}

static void tidy(void) {
    char remove[128];
    snprintf(remove, sizeof remove, "rm -rf %s", folder);
    if (system(remove) != 0) fprintf(stderr, "%s stays\n", folder); /* no exit() in atexit */
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: preload_test BUILD/ashlar-server\n"), 2;
    char *real = realpath(argv[1], NULL), *slash = real != NULL ? strrchr(real, '/') : NULL;
    CHECK(slash != NULL);
    snprintf(library, sizeof library, "%.*s/libashlar.so", (int)(slash - real), real);
    free(real);
    CHECK(access(library, R_OK) == 0);
    CHECK(mkdtemp(folder) != NULL);
    atexit(tidy);
    common_programs();
    compilers();
    redis_server();
    puts("preload: all passed");
    return 0;
}
