/* config_test.c: the server's configuration from outside: file, standard input and command line,
 * CONFIG REWRITE and a restart from what it wrote, options that act at once; and INFO's fields
 * beside those of a real redis-server. */
#include "tests/integration/peer.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define ORACLE "redis-server"

static const char *binary;
static char        folder[] = "/tmp/config_test.XXXXXX";

/* --- Files and processes ------------------------------------------------------------------- */

static const char *in_folder(const char *name) {
    static char paths[32][128]; /* more than any step needs at once */
    static int  next;
    char       *path = paths[next++ % 32];
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text) {
    FILE *f = fopen(in_folder(name), "w");
    CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static const char *read_file(const char *name) {
    static char text[65536];
    FILE       *f = fopen(in_folder(name), "r");
    CHECK(f != NULL);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

/* Starts the server with exactly these arguments (ended by NULL); `input` becomes its standard
 * input, what it says goes to the file "out". */
static pid_t start(const char *input, const char *const *args) {
    char *argv[24] = {(char *)(size_t)binary};
    for (int i = 0; args[i] != NULL; i++) argv[i + 1] = (char *)(size_t)args[i];
    write_file("in", input);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid > 0) return pid;
    if (freopen(in_folder("in"), "r", stdin) == NULL ||
        freopen(in_folder("out"), "w", stdout) == NULL)
        _exit(9);
    dup2(1, 2);
    execv(binary, argv);
    _exit(9);
}
#define START(input, ...) start((input), (const char *const[]){__VA_ARGS__, NULL})

static int wait_exit(pid_t pid) {
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int connect_to(const char *path) {
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    int     fd;
    while ((fd = peer_unix(path)) < 0) {
        CHECK(peer_now_ms() < end_ms);
        usleep(10000);
    }
    return fd;
}

static void ask(int fd, const char *line, const char *reply) {
    CHECK(peer_send_text(fd, line) && peer_send_text(fd, "\r\n"));
    peer_expect(fd, reply);
}

static void stop(pid_t pid, int fd) {
    close(fd);
    kill(pid, SIGTERM);
    CHECK(wait_exit(pid) == 0);
}

/* --- Starting ------------------------------------------------------------------------------ */

static void bad_options_end_the_start(void) {
    CHECK(wait_exit(START("", "--nosuch", "1")) == 1);
    CHECK(strstr(read_file("out"), "FATAL CONFIG FILE ERROR") != NULL);
    CHECK(strstr(read_file("out"), ">>> 'nosuch \"1\"'") != NULL);
    write_file("bad.conf", "hz 10\nmaxmemory lots\n");
    CHECK(wait_exit(START("", in_folder("bad.conf"))) == 1);
    CHECK(strstr(read_file("out"),
                 "at line 2\n>>> 'maxmemory lots'\nargument must be a memory value") != NULL);
    CHECK(wait_exit(START("", "/nonexistent/x.conf")) == 1);
    CHECK(strstr(read_file("out"), "can't open config file '/nonexistent/x.conf'") != NULL);
}

/* A file of zero bytes, as a crash may leave one, is not the default configuration. */
static void zero_bytes_are_no_configuration(void) {
    FILE *f = fopen(in_folder("zero.conf"), "w");
    CHECK(f != NULL && fwrite("port 0\nhz 10\0\0\0\n", 1, 17, f) == 17 && fclose(f) == 0);
    CHECK(wait_exit(START("", in_folder("zero.conf"))) == 1);
    CHECK(strstr(read_file("out"), "at line 2\n>>> 'hz 10") != NULL);
}

/* The socket that an earlier run left is replaced; a file that is none is kept, and no place for it. */
static void only_a_socket_makes_room_for_the_socket(void) {
    struct stat st;
    write_file("u.sock", "precious");
    CHECK(wait_exit(START("", "--port", "0", "--unixsocket", in_folder("u.sock"))) == 1);
    CHECK(strstr(read_file("out"), "Failed opening Unix socket: bind: Address already in use") !=
          NULL);
    CHECK(strcmp(read_file("u.sock"), "precious") == 0);
    CHECK(remove(in_folder("u.sock")) == 0);
    for (int run = 0; run < 2; run++) {
        pid_t pid = START("", "--port", "0", "--unixsocket", in_folder("u.sock"));
        int   fd = connect_to(in_folder("u.sock"));
        peer_expect_pong(fd);
        close(fd);
        kill(pid, run == 0 ? SIGKILL : SIGTERM);
        wait_exit(pid);
        CHECK((stat(in_folder("u.sock"), &st) == 0) == (run == 0));
    }
}

static void file_input_and_arguments(void) {
    char lines[256];
    snprintf(lines, sizeof lines, "hz 20\ndir %s\nport 0\nunixsocket %s\n", folder,
             in_folder("a.sock"));
    write_file("a.conf", lines);
    pid_t pid = START("hz 30\nmaxmemory 1gb\n", in_folder("a.conf"), "--maxmemory", "2gb", "-");
    int   fd = connect_to(in_folder("a.sock"));
    ask(fd, "CONFIG GET hz", "*2\r\n$2\r\nhz\r\n$2\r\n30\r\n");
    ask(fd, "CONFIG GET maxmemory", "*2\r\n$9\r\nmaxmemory\r\n$10\r\n2147483648\r\n");
    stop(pid, fd);
}

/* A relative log file is meant from dir; the pid file is removed at the end. */
static void log_and_pid_file(void) {
    struct stat st;
    pid_t pid = START("", "--port", "0", "--unixsocket", in_folder("l.sock"), "--dir", folder,
                      "--logfile", "l.log", "--pidfile", in_folder("l.pid"));
    int   fd = connect_to(in_folder("l.sock"));
    peer_expect_pong(fd);
    CHECK(strstr(read_file("l.log"), " * The server is now ready to accept connections at ") !=
          NULL);
    CHECK(atoi(read_file("l.pid")) == (int)pid);
    stop(pid, fd);
    CHECK(stat(in_folder("l.pid"), &st) != 0);
}

/* Values on their way out, a purge that somebody waits for, a client that waits for a key and a pause:
 * none holds up the end, and who is killed meanwhile leaves nothing that the next start stumbles over. */
static void an_end_in_the_middle_of_work(void) {
    for (int killed = 1; killed >= 0; killed--) {
        pid_t pid = START("", "--port", "0", "--unixsocket", in_folder("e.sock"));
        int   fd = connect_to(in_folder("e.sock")), waiter = connect_to(in_folder("e.sock"));
        CHECK(peer_send_text(waiter, "BLPOP nothing 0\r\n"));
        ask(fd, "DBSIZE", ":0\r\n");
        for (int i = 0; i < 4; i++) {
            char line[64];
            snprintf(line, sizeof line, "SETRANGE k%d 40000000 x", i);
            ask(fd, line, ":40000001\r\n");
        }
        CHECK(peer_send_text(fd, "UNLINK k0 k1\r\nFLUSHALL ASYNC\r\n"
                                 "CLIENT PAUSE 100000 WRITE\r\nMEMORY PURGE\r\n"));
        peer_expect(fd, ":2\r\n+OK\r\n+OK\r\n");
        int64_t end_ms = peer_now_ms() + 5000;
        kill(pid, killed ? SIGKILL : SIGTERM);
        CHECK(wait_exit(pid) == (killed ? 1000 + SIGKILL : 0));
        CHECK(peer_now_ms() < end_ms);
        close(waiter), close(fd);
    }
}

/* --- Rewriting ----------------------------------------------------------------------------- */

static void rewrite_and_start_again(void) {
    char        lines[512], want[512];
    struct stat st;
    snprintf(lines, sizeof lines,
             "# my server\nport 0\nunixsocket %s\ndir %s\n\n# how much\nmaxmemory 10mb\n",
             in_folder("r.sock"), folder);
    write_file("r.conf", lines);
    CHECK(chmod(in_folder("r.conf"), 0600) == 0);
    CHECK(symlink(in_folder("r.conf"), in_folder("link.conf")) == 0);
    pid_t pid = START("", in_folder("link.conf"));
    int   fd = connect_to(in_folder("r.sock"));
    ask(fd, "CONFIG SET maxmemory 20mb requirepass \"a \\\"b\" slowlog-max-len 7", "+OK\r\n");
    ask(fd, "CONFIG REWRITE", "+OK\r\n");
    stop(pid, fd);

    snprintf(want, sizeof want,
             "# my server\nport 0\nunixsocket \"%s\"\ndir \"%s\"\n\n# how much\nmaxmemory 20mb\n\n"
             "# Generated by CONFIG REWRITE\nrequirepass \"a \\\"b\"\nslowlog-max-len 7\n",
             in_folder("r.sock"), folder);
    CHECK(strcmp(read_file("r.conf"), want) == 0);
    CHECK(stat(in_folder("r.conf"), &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK(lstat(in_folder("link.conf"), &st) == 0 && S_ISLNK(st.st_mode));

    pid = START("", in_folder("r.conf"));
    fd = connect_to(in_folder("r.sock"));
    ask(fd, "PING", "-NOAUTH Authentication required.\r\n");
    ask(fd, "AUTH 'a \"b'", "+OK\r\n");
    ask(fd, "CONFIG GET slowlog-max-len", "*2\r\n$15\r\nslowlog-max-len\r\n$1\r\n7\r\n");
    ask(fd, "CONFIG SET requirepass ''", "+OK\r\n");
    ask(fd, "CONFIG REWRITE", "+OK\r\n");
    CHECK(strstr(read_file("r.conf"), "requirepass \"\"") != NULL);
    stop(pid, fd);
}

/* A folder that takes no new file: an error, and the old file whole. Root may write everywhere. */
static void rewrite_that_cannot(void) {
    char lines[256];
    if (geteuid() == 0) return;
    CHECK(mkdir(in_folder("ro"), 0700) == 0);
    snprintf(lines, sizeof lines, "port 0\nunixsocket %s\n", in_folder("o.sock"));
    write_file("ro/o.conf", lines);
    CHECK(chmod(in_folder("ro"), 0500) == 0);
    pid_t pid = START("", in_folder("ro/o.conf"));
    int   fd = connect_to(in_folder("o.sock"));
    ask(fd, "CONFIG REWRITE", "-ERR Rewriting config file: Permission denied\r\n");
    stop(pid, fd);
    CHECK(strcmp(read_file("ro/o.conf"), lines) == 0);
    CHECK(chmod(in_folder("ro"), 0700) == 0);
}

/* No room for the new file, by the limit of a file's size: an error, and the old file whole. */
static void rewrite_without_room(void) {
    char          lines[256];
    struct rlimit none = {0, RLIM_INFINITY};
    snprintf(lines, sizeof lines, "port 0\nunixsocket %s\n", in_folder("f.sock"));
    write_file("f.conf", lines);
    pid_t pid = START("", in_folder("f.conf"));
    int   fd = connect_to(in_folder("f.sock"));
    CHECK(prlimit(pid, RLIMIT_FSIZE, &none, NULL) == 0);
    ask(fd, "CONFIG SET hz 50", "+OK\r\n");
    ask(fd, "CONFIG REWRITE", "-ERR Rewriting config file: File too large\r\n");
    peer_expect_pong(fd);
    stop(pid, fd);
    CHECK(strcmp(read_file("f.conf"), lines) == 0);
}

/* --- At once ------------------------------------------------------------------------------- */

static int free_port(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          len = sizeof a;
    int                fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

static void changes_act_at_once(void) {
    struct spawn *s = PEER_SERVER(binary, "--hz", "10");
    int           fd = peer_unix(s->socket), port = free_port(), old;
    char          line[128];
    CHECK(fd >= 0);
    old = peer_tcp("127.0.0.1", s->port);
    CHECK(old >= 0);
    snprintf(line, sizeof line, "CONFIG SET port %d", port);
    ask(fd, line, "+OK\r\n");
    CHECK(peer_tcp("127.0.0.1", s->port) < 0); /* the old port is closed, who is connected stays */
    int tcp = peer_tcp("127.0.0.1", port);
    CHECK(tcp >= 0);
    peer_expect_pong(tcp);
    peer_expect_pong(old);

    int busy = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    CHECK(bind(busy, (struct sockaddr *)&a, sizeof a) == 0 && listen(busy, 1) == 0);
    CHECK(getsockname(busy, (struct sockaddr *)&a, &len) == 0);
    snprintf(line, sizeof line, "CONFIG SET slowlog-max-len 5 port %d", ntohs(a.sin_port));
    ask(fd, line, "-ERR CONFIG SET failed (possibly related to argument 'port') - ");
    CHECK(peer_receive_some(fd, line, sizeof line, PEER_WAIT_MS) > 0); /* the rest of the text */
    ask(fd, "CONFIG GET slowlog-max-len", "*2\r\n$15\r\nslowlog-max-len\r\n$3\r\n128\r\n");
    peer_expect_pong(tcp);
    int again = peer_tcp("127.0.0.1", port); /* and the port from before still listens */
    CHECK(again >= 0);
    peer_expect_pong(again);
    close(again), close(busy), close(tcp), close(old), close(fd);
    peer_server_end(&s);
}

/* --- INFO's fields ------------------------------------------------------------------------- */

#define FIELDS_MAX 512
struct fields {
    char     text[65536];
    char    *name[FIELDS_MAX]; /* "section:field", in order */
    unsigned count;
};

static void fields_read(const struct spawn *s, struct fields *f) {
    static char names[2][FIELDS_MAX][96];
    static int  which;
    char        section[32] = "";
    int         fd = peer_unix(s->socket);
    CHECK(fd >= 0 && peer_send_text(fd, "INFO\r\nQUIT\r\n"));
    peer_expect_close(fd, f->text, sizeof f->text);
    which = !which;
    f->count = 0;
    for (char *line = strtok(f->text, "\r\n"); line != NULL; line = strtok(NULL, "\r\n")) {
        char *colon = strchr(line, ':');
        if (line[0] == '#') snprintf(section, sizeof section, "%.31s", line + 2);
        if (line[0] == '#' || line[0] == '$' || line[0] == '+' || colon == NULL) continue;
        CHECK(f->count < FIELDS_MAX);
        snprintf(names[which][f->count], 96, "%s:%.*s", section, (int)(colon - line), line);
        f->name[f->count] = names[which][f->count];
        f->count++;
    }
}

/* Every field of Redis 7.0 is there, in its section and its order; more may stand between. */
static void info_has_redis_fields_in_order(void) {
    static struct fields redis, ashlar;
    struct spawn *r = PEER_SERVER(ORACLE, "--hz", "10"), *a = PEER_SERVER(binary, "--hz", "10");
    unsigned      at = 0, memory = 0;
    fields_read(r, &redis);
    fields_read(a, &ashlar);
    CHECK(redis.count > 150);
    for (unsigned i = 0; i < redis.count; i++) {
        while (at < ashlar.count && strcmp(redis.name[i], ashlar.name[at]) != 0) at++;
        if (at == ashlar.count) fprintf(stderr, "missing or out of order: %s\n", redis.name[i]);
        CHECK(at < ashlar.count);
    }
    for (unsigned i = 0; i < ashlar.count; i++)
        memory += strncmp(ashlar.name[i], "Memory:", 7) == 0;
    CHECK(memory >= 53); /* Redis's, and ours among them */
    peer_server_end(&a);
    peer_server_end(&r);
}

int main(int argc, char **argv) {
    char command[64];
    if (argc != 2) return fprintf(stderr, "usage: config_test SERVER\n"), 2;
    binary = argv[1];
    CHECK(mkdtemp(folder) != NULL);
    bad_options_end_the_start();
    zero_bytes_are_no_configuration();
    only_a_socket_makes_room_for_the_socket();
    file_input_and_arguments();
    log_and_pid_file();
    an_end_in_the_middle_of_work();
    rewrite_and_start_again();
    rewrite_that_cannot();
    rewrite_without_room();
    changes_act_at_once();
    info_has_redis_fields_in_order();
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK(system(command) == 0);
    puts("config: all passed");
    return 0;
}
