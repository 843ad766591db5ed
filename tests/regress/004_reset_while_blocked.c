/* A client that was blocked when its connection was reset was never let go: libevent's EV_CLOSED does
 * not tell of sockets in error, and the loop turned without rest besides. Argument: the server's
 * binary. */
#include "tests/integration/peer.h"

static void wait_info(const struct spawn *s, const char *field, long long value) {
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (peer_info(s, field) != value) CHECK(peer_now_ms() < end_ms);
}

/* behind: what the client sends while it is blocked, or NULL. */
static void reset_while_blocked(const struct spawn *s, const char *behind) {
    struct linger hard = {.l_onoff = 1};
    int           fd = peer_tcp("127.0.0.1", s->port);
    CHECK(fd >= 0 && peer_send_text(fd, "BLPOP q 0\r\n"));
    wait_info(s, "blocked_clients", 1);
    if (behind != NULL) CHECK(peer_send_text(fd, behind));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    wait_info(s, "blocked_clients", 0);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    struct spawn *s = PEER_SERVER(argv[1], "--hz", "10");
    reset_while_blocked(s, NULL);
    reset_while_blocked(s, "PING\r\n");
    reset_while_blocked(s, "SET k half a requ");

    /* Nor does input that waits for its turn keep the loop turning. */
    int fd = peer_tcp("127.0.0.1", s->port);
    CHECK(fd >= 0 && peer_send_text(fd, "BLPOP q 0\r\n"));
    wait_info(s, "blocked_clients", 1);
    CHECK(peer_send_text(fd, "PING\r\n"));
    long long turns = peer_info(s, "eventloop_cycles");
    usleep(200 * 1000);
    CHECK(peer_info(s, "eventloop_cycles") - turns < 1000);
    close(fd);
    peer_server_end(&s);
    return 0;
}
