/* crash_test.c: a server that is made to crash: what its clients see and what is in its log. */
#include "tests/integration/peer.h"

#include <signal.h>
#include <sys/resource.h>

static const char  *binary;
static struct bytes text; /* the log of the server that died last */

static bool said(const char *part) { return strstr(text.data, part) != NULL; }

#define SAYS(part)                                                                              \
    do {                                                                                        \
        if (!said(part)) fprintf(stderr, "not in the log: %s\n%s\n", part, text.data);          \
        CHECK(said(part));                                                                      \
    } while (0)

static unsigned times(const char *part) {
    unsigned n = 0;
    for (const char *at = text.data; (at = strstr(at, part)) != NULL; at++) n++;
    return n;
}

/* Sends the command, which the server dies of; takes its log. */
static void crash(struct spawn *s, const char *command) {
    int fd = peer_unix(s->socket);
    CHECK(fd >= 0);
    CHECK(peer_send_text(fd, "CLIENT SETNAME culprit\r\n"));
    peer_expect(fd, "+OK\r\n");
    CHECK(peer_send_text(fd, "SELECT 3\r\nSET here 1\r\n"));
    peer_expect(fd, "+OK\r\n+OK\r\n");
    CHECK(peer_send_text(fd, command));
    peer_expect_close(fd, NULL, 0);
    for (int i = 0; i < PEER_WAIT_MS / 10 && spawn_alive(s); i++) usleep(10000);
    CHECK(!spawn_alive(s));
    bytes_clear(&text);
    spawn_log_tail(s, 1 << 20, &text);
    CHECK(text.data != NULL);
    spawn_free(&s, NULL); /* it did not end well, as it should */
}

static void a_fault(void) {
    crash(PEER_SERVER(binary, "--enable-debug-command", "yes"), "DEBUG SEGFAULT\r\n");
    SAYS("=== ASHLAR BUG REPORT START");
    SAYS("Crashed by signal: 11");
    SAYS("debug_segfault+0x"); /* symbols of our own static functions */
    SAYS("dispatch_batch+0x");
    SAYS("main+0x");
    SAYS("------ REGISTERS ------");
    SAYS("used_memory:");
    SAYS("db3:keys=1,expires=0");
    SAYS("name=culprit db=3");
    SAYS("command=debug argc=2");
    SAYS("argv[1]: 8 bytes \"SEGFAULT\"");
    SAYS("=== ASHLAR BUG REPORT END");
}

static void a_panic(void) {
    crash(PEER_SERVER(binary, "--enable-debug-command", "yes"), "DEBUG PANIC\r\n");
    SAYS("called by DEBUG PANIC");
    SAYS("debug_panic+0x");
    SAYS("command=debug argc=2");
    CHECK(times("BUG REPORT START") == 1);
}

static void an_assertion(void) {
    crash(PEER_SERVER(binary, "--enable-debug-command", "local"), "DEBUG ASSERT\r\n");
    SAYS("assert: call->argc == 0");
    CHECK(times("BUG REPORT START") == 1);
}

static void nothing_is_said_when_disabled(void) {
    crash(PEER_SERVER(binary, "--enable-debug-command", "yes", "--crash-log-enabled", "no"),
          "DEBUG SEGFAULT\r\n");
    CHECK(!said("BUG REPORT"));
}

static void enabled_at_run_time(void) {
    struct spawn *s =
        PEER_SERVER(binary, "--enable-debug-command", "yes", "--crash-log-enabled", "no");
    int           fd = peer_unix(s->socket);
    CHECK(fd >= 0 && peer_send_text(fd, "CONFIG SET crash-log-enabled yes\r\n"));
    peer_expect(fd, "+OK\r\n");
    close(fd);
    crash(s, "DEBUG PANIC\r\n");
    SAYS("BUG REPORT START");
}

/* Long and odd arguments are shortened and escaped: nothing a client sends can look like a line of
 * ours. */
static void arguments_are_shortened(void) {
    char command[1024], fill[301];
    memset(fill, 'x', 300);
    fill[300] = '\0';
    snprintf(command, sizeof command,
             "*2\r\n$5\r\nDEBUG\r\n$8\r\nsegfault\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$300\r\n%s\r\n",
             fill);
    crash(PEER_SERVER(binary, "--enable-debug-command", "yes"), command);
    SAYS("argc=2");
    CHECK(!said(fill));
}

/* DEBUG is not to be had unless it was asked for. */
static void debug_is_guarded(void) {
    struct spawn *s = PEER_SERVER(binary, "--enable-debug-command", "no");
    int           fd = peer_unix(s->socket);
    CHECK(fd >= 0 && peer_send_text(fd, "DEBUG SEGFAULT\r\n"));
    peer_expect(fd, "-ERR DEBUG command not allowed.");
    close(fd);
    CHECK(spawn_alive(s));
    peer_server_end(&s);
}

int main(int argc, char **argv) {
    struct rlimit none = {0, 0};
    if (argc != 2) return fprintf(stderr, "usage: crash_test SERVER\n"), 2;
    binary = argv[1];
    setrlimit(RLIMIT_CORE, &none);
    a_fault();
    a_panic();
    an_assertion();
    nothing_is_said_when_disabled();
    enabled_at_run_time();
    arguments_are_shortened();
    debug_is_guarded();
    bytes_fini(&text);
    puts("crash: all passed");
    return 0;
}
