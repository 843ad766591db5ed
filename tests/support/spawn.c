/* spawn.c: a server of our own to test against.
 *
 * A free port is found by binding port 0 and letting go of it again, so another process may take it
 * first: a server that ends during start-up is therefore started again on another port, a few times.
 * Start reading at spawn_new(). */
#include "tests/support/spawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/wire.h"

#define START_TRIES   5
#define START_WAIT_MS 30000
#define STOP_WAIT_MS  30000
#define STEP_MS       5

static void sleep_ms(int ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int port = 0, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return 0;
    if (bind(fd, (struct sockaddr *)&address, len) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        port = ntohs(address.sin_port);
    close(fd);
    return port;
}

/* In the child: becomes the server. Only what is safe after fork. */
static void become_server(const struct spawn *s, char *const *argv, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126); /* it died before the line above */
    int log = open(s->log, O_WRONLY | O_CREAT | O_TRUNC, 0600), in = open("/dev/null", O_RDONLY);
    if (log < 0 || in < 0) _exit(126);
    dup2(in, 0);
    dup2(log, 1);
    dup2(log, 2);
    execvp(argv[0], argv);
    dprintf(2, "cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void start_process(struct spawn *s, const char *binary, const struct words *options) {
    char port[16];
    snprintf(port, sizeof(port), "%d", s->port);
    const char *fixed[] = {binary, "--port", port, "--bind", "127.0.0.1", "--unixsocket", s->socket,
                           "--dir", s->folder, "--save", "", "--appendonly", "no", "--daemonize", "no",
                           "--enable-debug-command", "local"};
    size_t fixed_count = sizeof(fixed) / sizeof(*fixed), more = options != NULL ? options->count : 0;
    char **argv = must_alloc((fixed_count + more + 1) * sizeof(*argv));
    for (size_t i = 0; i < fixed_count; i++) argv[i] = (char *)(size_t)fixed[i];
    for (size_t i = 0; i < more; i++) argv[fixed_count + i] = options->word[i];
    pid_t parent = getpid();
    s->pid = fork();
    if (s->pid == 0) become_server(s, argv, parent);
    free(argv);
}

bool spawn_alive(struct spawn *s) {
    siginfo_t info = {0};
    return s->pid > 0 && waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

/* Gives the password that the server was started with, if any. */
static void give_password(struct wire *w, const struct words *options) {
    struct bytes line = {0};
    struct resp reply = {0};
    for (size_t i = 0; options != NULL && i + 1 < options->count; i++) {
        if (strcmp(options->word[i], "--requirepass") != 0) continue;
        bytes_clear(&line);
        bytes_print(&line, "AUTH ");
        bytes_quote(&line, options->word[i + 1], options->len[i + 1]);
        if (wire_ask(w, line.data, &reply) == WIRE_OK) resp_fini(&reply);
    }
    bytes_fini(&line);
}

/* Learns what it is once it answers. */
static bool answers(struct spawn *s, const struct words *options) {
    struct wire *w = wire_new(s->socket);
    if (w == NULL) return false;
    struct resp reply = {0};
    give_password(w, options);
    bool ready = wire_ask(w, "PING", &reply) == WIRE_OK && (reply.type == '+' || strncmp(reply.text, "NOAUTH", 6) == 0);
    resp_fini(&reply);
    if (ready && wire_ask(w, "INFO server", &reply) == WIRE_OK && reply.text != NULL) {
        int major = 0, minor = 0, patch = 0;
        const char *version = strstr(reply.text, "redis_version:");
        if (version != NULL) sscanf(version, "redis_version:%d.%d.%d", &major, &minor, &patch);
        s->version = major * 10000 + minor * 100 + patch;
        s->ashlar = strstr(reply.text, "ashlar_version:") != NULL;
        resp_fini(&reply);
    }
    wire_free(&w);
    return ready;
}

static bool wait_ready(struct spawn *s, const struct words *options) {
    for (int waited = 0; waited < START_WAIT_MS; waited += STEP_MS) {
        if (answers(s, options)) return true;
        if (!spawn_alive(s)) return false;
        sleep_ms(STEP_MS);
    }
    return false;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st, (void)flag, (void)ftw;
    remove(path);
    return 0;
}

static void reap(struct spawn *s, int *status) {
    *status = 0;
    if (s->pid <= 0) return;
    for (int waited = 0; waited < STOP_WAIT_MS; waited += STEP_MS) {
        if (waitpid(s->pid, status, WNOHANG) == s->pid) return;
        sleep_ms(STEP_MS);
    }
    kill(s->pid, SIGKILL);
    waitpid(s->pid, status, 0);
}

struct spawn *spawn_new(const char *binary, const struct words *options, struct bytes *error) {
    struct spawn *s = must_alloc(sizeof(*s));
    const char *tmp = getenv("TMPDIR");
    snprintf(s->folder, sizeof(s->folder), "%s/ashlar-XXXXXX",
             tmp != NULL && strlen(tmp) < 60 ? tmp : "/tmp");
    if (mkdtemp(s->folder) == NULL) {
        if (error != NULL) bytes_print(error, "%s: %s", s->folder, strerror(errno));
        free(s);
        return NULL;
    }
    snprintf(s->socket, sizeof(s->socket), "%s/socket", s->folder);
    snprintf(s->log, sizeof(s->log), "%s/log", s->folder);
    for (int tries = 0; tries < START_TRIES; tries++) {
        int status;
        s->port = free_port();
        start_process(s, binary, options);
        if (wait_ready(s, options)) return s;
        if (spawn_alive(s)) kill(s->pid, SIGKILL);
        reap(s, &status);
        if (WIFEXITED(status) && WEXITSTATUS(status) >= 126) break; /* there is no such program */
    }
    if (error != NULL) {
        bytes_print(error, "%s does not start: ", binary);
        spawn_log_tail(s, 2000, error);
    }
    nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
    return NULL;
}

static void read_file(const char *path, struct bytes *out) {
    FILE *f = fopen(path, "r");
    if (f == NULL) return;
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof(part), f)) > 0;) bytes_add(out, part, n);
    fclose(f);
}

void spawn_log_tail(const struct spawn *s, size_t max, struct bytes *out) {
    struct bytes log = {0};
    read_file(s->log, &log);
    size_t from = log.len > max ? log.len - max : 0;
    bytes_add(out, log.data != NULL ? log.data + from : "", log.len - from);
    bytes_fini(&log);
}

/* A sanitizer's report, from its first line on; NULL when there is none. */
static const char *sanitizer_report(const struct bytes *log) {
    static const char *const marks[] = {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                                        "runtime error:", "WARNING: ThreadSanitizer"};
    for (size_t i = 0; log->data != NULL && i < sizeof(marks) / sizeof(*marks); i++) {
        const char *found = strstr(log->data, marks[i]);
        if (found != NULL) return found;
    }
    return NULL;
}

bool spawn_free(struct spawn **sp, struct bytes *error) {
    struct spawn *s = *sp;
    struct bytes log = {0};
    int status;
    kill(s->pid, SIGTERM);
    reap(s, &status);
    read_file(s->log, &log);
    const char *report = sanitizer_report(&log);
    bool clean = report == NULL && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!clean && error != NULL) {
        if (WIFSIGNALED(status)) bytes_print(error, "the server died of signal %d", WTERMSIG(status));
        else bytes_print(error, "the server exited with %d", WEXITSTATUS(status));
        if (report == NULL) report = log.len > 4000 ? log.data + log.len - 4000 : log.data;
        bytes_print(error, ":\n%.8000s", report != NULL ? report : "");
    }
    bytes_fini(&log);
    nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
    *sp = NULL;
    return clean;
}
