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
    if (has("git"))
        expect("", "sh -c 'rm -rf x && git init -q x && cd x && cp ../*.txt . && git add . && "
                   "git -c user.name=a -c user.email=b commit -qm first && git gc -q && git log --stat'",
               "1 file changed");
    if (has("perl"))
        expect("", "perl -e 'my %h; $h{$_} = \"x\" x ($_ % 500) for 1..100000; delete @h{1..90000}; "
                   "if (my $p = fork) { waitpid $p, 0 } print scalar(keys %h), qq(\\n)'",
               "10000");
    if (has("node"))
        expect("", "node -e 'const a = []; for (let i = 0; i < 3e5; i++) a.push(Buffer.alloc(i % 900)); "
                   "console.log(a.length)'",
               "300000");
}

/* Under a limit on address space, from the start: refused, not killed, and usable after. */
static void address_space_limit(void) {
    if (!has("python3")) return;
    write_file("limit.py", "x = []\n"
                           "try:\n"
                           "    while True: x.append(bytearray(100000))\n"
                           "except MemoryError:\n"
                           "    n = len(x); del x\n"
                           "    print('refused', n > 1000, len(bytearray(5000000)))\n");
    expect("", "sh -c 'ulimit -v 600000; exec python3 limit.py'", "refused True 5000000");
    expect("", "sh -c 'ulimit -d 300000; exec python3 limit.py'", "refused True 5000000");
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

/* What a program may do with malloc at odd moments, and each of glibc's calls. */
static const char corners[] =
    "#include <dlfcn.h>\n#include <errno.h>\n#include <malloc.h>\n#include <pthread.h>\n"
    "#include <signal.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
    "#include <string.h>\n#include <sys/wait.h>\n#include <unistd.h>\n"
    "static char *early, *kept;\n"
    "static pthread_key_t key;\n"
    "__attribute__((constructor(101))) static void first(void) { early = strdup(\"early\"); }\n"
    "__attribute__((destructor)) static void last(void) { free(malloc(100)); free(early); }\n"
    "static void at_end(void) { kept = realloc(kept, 100000); free(kept); }\n"
    "static void thread_end(void *p) { free(p); free(calloc(10, 10)); }\n"
    "static void *thread(void *arg) {\n"
    "    pthread_setspecific(key, malloc(1000));\n"
    "    void *lib = dlopen(\"libm.so.6\", RTLD_NOW);\n"
    "    double (*root)(double) = lib ? (double (*)(double))dlsym(lib, \"sqrt\") : NULL;\n"
    "    if (root == NULL || root(49) != 7) abort();\n"
    "    dlclose(lib);\n"
    "    for (int i = 0; i < 2000; i++) { char *p = malloc(i * 7 % 3000); memset(p, 1, i * 7 % 3000); free(p); }\n"
    "    return strdup(arg);\n"
    "}\n"
    "static void on_signal(int n) { (void)n; }\n"
    "#define AT(p, align, size) do { char *q = (p); if (q == NULL || (uintptr_t)q % (align)) abort(); \\\n"
    "    memset(q, 1, size); if (malloc_usable_size(q) < (size)) abort(); free(q); } while (0)\n"
    "int main(void) {\n"
    "    pthread_t threads[20];\n"
    "    void *p;\n"
    "    if (strcmp(early, \"early\")) abort();\n"
    "    kept = malloc(10);\n"
    "    atexit(at_end);\n"
    "    signal(SIGALRM, on_signal);\n"
    "    ualarm(500, 500);\n"
    "    pthread_key_create(&key, thread_end);\n"
    "    for (int round = 0; round < 5; round++) {\n"
    "        for (int i = 0; i < 20; i++) if (pthread_create(&threads[i], NULL, thread, \"gone\")) abort();\n"
    "        pid_t child = fork();\n"
    "        if (child == 0) { free(malloc(50000)); free(early); early = NULL; _exit(7); }\n"
    "        int status = 0;\n"
    "        while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;\n"
    "        if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) abort();\n"
    "        for (int i = 0; i < 20; i++) { pthread_join(threads[i], &p); if (strcmp(p, \"gone\")) abort(); free(p); }\n"
    "    }\n"
    "    for (size_t size = 1; size < 100000; size = size * 3 + 1) {\n"
    "        for (size_t align = 8; align <= 65536; align *= 4) {\n"
    "            if (posix_memalign(&p, align, size)) abort();\n"
    "            AT(p, align, size); AT(memalign(align, size), align, size);\n"
    "            AT(aligned_alloc(align, (size + align - 1) / align * align), align, size);\n"
    "        }\n"
    "        AT(valloc(size), 4096, size); AT(pvalloc(size), 4096, size);\n"
    "        AT(reallocarray(NULL, size, 3), 16, size * 3);\n"
    "    }\n"
    "    volatile size_t vast = SIZE_MAX / 2;\n"
    "    errno = 0;\n"
    "    if (reallocarray(NULL, vast, 3) || calloc(vast, 3) || errno != ENOMEM) abort();\n"
    "    struct mallinfo2 m = mallinfo2();\n"
    "    if (m.uordblks == 0 || m.arena < m.uordblks || mallinfo().uordblks <= 0) abort();\n"
    "    free(malloc(30000000));\n"
    "    malloc_trim(0);\n"
    "    malloc_info(0, stdout);\n"
    "    return puts(\"corners done\") < 0;\n"
    "}\n";

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
        write_file("c.c", corners);
        expect("", "gcc -O1 -Wno-deprecated-declarations -o c c.c -ldl -lpthread", NULL);
        expect("", "./c", "corners done");
        expect("background_thread:true,dirty_decay_ms:10,narenas:2", "./c", "corners done");
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
             "-r 100000 -d 100", redis->socket); /* all its default tests */
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

/* The same programs with guards around each of their objects. */
static void debug_library(void) {
    char *slash = strrchr(library, '/');
    *slash = '\0';
    char built[sizeof library];
    snprintf(built, sizeof built, "%.4000s/debug/libashlar.so", library);
    if (access(built, R_OK) != 0) {
        puts("debug library            skipped: not built");
        return;
    }
    memcpy(library, built, sizeof library);
    printf("with %s:\n", library);
    common_programs();
    if (has("gcc")) {
        expect("", "gcc -O2 -o a a.c", NULL);
        expect("junk:true", "./c", "corners done");
        expect("zero:true,quarantine:100000", "./c", "corners done");
        expect("redzone:false", "./c", "corners done");
        expect("junk:false", "./a", "built");
    }
    if (has("g++")) expect("", "./b", "caught");
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
    write_file("a.txt", "one file\n");
    common_programs();
    address_space_limit();
    compilers();
    redis_server();
    debug_library(); /* last: it becomes the one that is preloaded */
    puts("preload: all passed");
    return 0;
}
