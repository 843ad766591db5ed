/* listener.c: binding, accepting, refusing.
 *
 * A listener is known by its name ("127.0.0.1:6379", "/run/ashlar.sock:0"): one that is still wanted
 * after a change of the configuration is left alone. New ones are opened before old ones are closed,
 * unless they are in each other's way ("*" and "127.0.0.1"): then the old ones go first, and are opened
 * again should a new one fail after all.
 *
 * Out of descriptors or memory, accept(2) would fail again at once for ever: all listeners are then
 * left unwatched for ACCEPT_PAUSE_MS. Other errors concern the one client that has gone meanwhile.
 *
 * The unix socket gets its mode from the umask at bind(2), so it is never reachable with another. */
#include "server/net/listener.h"

#include "alloc/alloc.h"
#include "server/core/config.h"
#include "server/core/engine.h"
#include "server/core/log.h"
#include "server/core/session.h"
#include "server/net/conn.h"
#include "server/net/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPT_MAX          1000 /* connections taken in one go */
#define ACCEPT_PAUSE_MS     100
#define ACCEPT_LOG_EVERY_MS 1000
#define LISTENER_NAME_MAX   128

static const char text_full[] = "-ERR max number of clients reached\r\n";
static const char text_protected[] =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password is "
    "set for the default user. In this mode connections are only accepted from the loopback "
    "interface. If you want to connect from external computers to Redis you may adopt one of the "
    "following solutions: 1) Just disable protected mode sending the command 'CONFIG SET "
    "protected-mode no' from the loopback interface by connecting to Redis from the same host the "
    "server is running, however MAKE SURE Redis is not publicly accessible from internet if you do "
    "so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the "
    "protected mode by editing the Redis configuration file, and setting the protected mode option "
    "to 'no', and then restarting the server. 3) If you started the server manually just for "
    "testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication "
    "password for the default user. NOTE: You only need to do one of the above things in order for "
    "the server to start accepting connections from the outside.\r\n";

struct listener {
    struct listener *next;
    struct loop     *loop;
    struct event    *event;
    int              fd;
    bool             is_unix, wanted;
    char             name[LISTENER_NAME_MAX]; /* "address:port" */
};

/* --- Accepting ------------------------------------------------------------------------------- */

static void address_format(const struct sockaddr_storage *a, char *out, size_t cap) {
    char host[INET6_ADDRSTRLEN] = "?";
    if (a->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)a;
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        snprintf(out, cap, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else {
        const struct sockaddr_in *in4 = (const struct sockaddr_in *)a;
        inet_ntop(AF_INET, &in4->sin_addr, host, sizeof host);
        snprintf(out, cap, "%s:%u", host, ntohs(in4->sin_port));
    }
}

static bool address_is_loopback(const struct sockaddr_storage *a) {
    if (a->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
    const struct in6_addr *in6 = &((const struct sockaddr_in6 *)a)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(in6)) return in6->s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(in6);
}

static void origin_find(const struct listener *in, int fd, const struct sockaddr_storage *peer,
                        struct conn_origin *out) {
    *out = (struct conn_origin){0};
    if (in->is_unix) {
        out->flags = SESSION_UNIX_SOCKET;
        snprintf(out->peer, sizeof out->peer, "%.*s:0", (int)sizeof out->peer - 3,
                 in->loop->engine->config->unixsocket);
        memcpy(out->local, out->peer, sizeof out->local);
        return;
    }
    struct sockaddr_storage local = {0};
    socklen_t               len = sizeof local;
    getsockname(fd, (struct sockaddr *)&local, &len);
    address_format(peer, out->peer, sizeof out->peer);
    address_format(&local, out->local, sizeof out->local);
    if (address_is_loopback(peer)) out->flags = SESSION_LOOPBACK;
}

static void refuse(struct loop *l, int fd, const char *text, size_t len) {
    l->engine->stats.connections_rejected++;
    /* A word of explanation; when it does not fit into the socket, so be it. */
    if (write(fd, text, len) < 0) log_debug("Refusing a client: %s", strerror(errno));
    close(fd);
}

static void admit(struct listener *in, int fd, const struct sockaddr_storage *peer) {
    struct loop         *l = in->loop;
    const struct config *cfg = l->engine->config;
    struct conn_origin   origin;
    origin_find(in, fd, peer, &origin);
    log_verbose("Accepted %s", origin.peer);
    if (l->conn_count >= (uint64_t)cfg->maxclients) {
        refuse(l, fd, text_full, sizeof text_full - 1);
    } else if (cfg->protected_mode && cfg->requirepass[0] == '\0' && origin.flags == 0) {
        refuse(l, fd, text_protected, sizeof text_protected - 1);
    } else {
        l->engine->stats.connections_received++;
        conn_open(l, fd, &origin);
    }
}

static void watch_all(struct loop *l, bool on) {
    for (struct listener *in = l->listeners; in != NULL; in = in->next) {
        if (on)
            event_add(in->event, NULL);
        else
            event_del(in->event);
    }
}

static void on_accept_again(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    watch_all(arg, true);
}

static void accept_pause(struct loop *l) {
    struct timeval in = {.tv_usec = ACCEPT_PAUSE_MS * 1000};
    int64_t        now_ms = clock_mono_ms(&l->engine->clock);
    if (l->accept_logged_ms == 0 || now_ms - l->accept_logged_ms >= ACCEPT_LOG_EVERY_MS) {
        log_warning("Accepting client connection: accept: %s", strerror(errno));
        l->accept_logged_ms = now_ms;
    }
    watch_all(l, false);
    event_add(l->accept_event, &in);
}

static void on_connect(evutil_socket_t fd, short what, void *arg) {
    struct listener *in = arg;
    (void)what;
    loop_turn_begin(in->loop);
    for (int i = 0; i < ACCEPT_MAX; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t               len = sizeof peer;
        int client = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            admit(in, client, &peer);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            accept_pause(in->loop);
            return;
        }
    }
}

/* --- Opening --------------------------------------------------------------------------------- */

static void listener_add(struct loop *l, int fd, const char *name, bool is_unix) {
    struct listener *in = ash_zalloc(l->engine->heaps.server, sizeof *in);
    in->loop = l;
    in->fd = fd;
    in->is_unix = is_unix;
    in->wanted = true;
    snprintf(in->name, sizeof in->name, "%s", name);
    in->event = event_new(l->base, fd, EV_READ | EV_PERSIST, on_connect, in);
    ASSERT(in->event != NULL);
    event_add(in->event, NULL);
    in->next = l->listeners;
    l->listeners = in;
}

static struct listener *listener_find(const struct loop *l, const char *name) {
    struct listener *in = l->listeners;
    while (in != NULL && strcmp(in->name, name) != 0) in = in->next;
    return in;
}

/* A bound and listening socket; -1 and errno. */
static int socket_listen(const struct sockaddr *address, socklen_t len, int backlog) {
    int on = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->sa_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address, len) == 0 && listen(fd, backlog) == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* "*" and "::*" are any address of IPv4 and of IPv6. */
static int tcp_listen(const char *host, const char *port, int backlog) {
    bool            any6 = strcmp(host, "::*") == 0, any = any6 || strcmp(host, "*") == 0;
    struct addrinfo hints = {.ai_family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    if (getaddrinfo(any ? NULL : host, port, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = socket_listen(found->ai_addr, found->ai_addrlen, backlog), error = errno;
    freeaddrinfo(found);
    errno = error;
    return fd;
}

static bool is_not_supported(int error) {
    return error == ENOPROTOOPT || error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT ||
           error == EPFNOSUPPORT || error == EAFNOSUPPORT;
}

/* name: "address:port". False: cannot be opened (logged). */
static bool tcp_open(struct loop *l, const char *name, bool optional) {
    const char *colon = strrchr(name, ':');
    char        address[LISTENER_NAME_MAX];
    snprintf(address, sizeof address, "%.*s", (int)(colon - name), name);
    int fd = tcp_listen(address, colon + 1, (int)l->engine->config->tcp_backlog);
    if (fd < 0 && ((optional && errno == EADDRNOTAVAIL) || is_not_supported(errno))) return true;
    if (fd < 0) {
        log_warning("Warning: Could not create server TCP listening socket %s: %s", name,
                    strerror(errno));
        return false;
    }
    listener_add(l, fd, name, false);
    return true;
}

/* address: as in the configuration. An optional one begins with '-'. */
static void tcp_name(const struct loop *l, const char *address, char *name, size_t cap) {
    snprintf(name, cap, "%s:%d", address + (*address == '-'), (int)l->engine->config->port);
}

/* And nothing else: a path written wrong is not to cost anybody a file. */
static void remove_socket(const char *path) {
    struct stat there;
    if (lstat(path, &there) == 0 && S_ISSOCK(there.st_mode)) unlink(path);
}

static bool unix_open(struct loop *l) {
    const struct config *cfg = l->engine->config;
    struct sockaddr_un   address = {.sun_family = AF_UNIX};
    size_t               len = strlen(cfg->unixsocket);
    char                 name[LISTENER_NAME_MAX];
    snprintf(name, sizeof name, "%s:0", cfg->unixsocket);
    if (listener_find(l, name) != NULL) return true;
    if (len >= sizeof address.sun_path) {
        log_warning("Failed opening Unix socket: the path is longer than %zu bytes",
                    sizeof address.sun_path - 1);
        return false;
    }
    memcpy(address.sun_path, cfg->unixsocket, len);
    remove_socket(cfg->unixsocket); /* left by an earlier run */
    mode_t old = umask(0);
    umask(cfg->unixsocketperm != 0 ? 0777 & ~(mode_t)cfg->unixsocketperm : old);
    int fd = socket_listen((struct sockaddr *)&address, sizeof address, (int)cfg->tcp_backlog);
    int error = errno;
    umask(old);
    if (fd < 0) {
        log_warning("Failed opening Unix socket: bind: %s", strerror(error));
        return false;
    }
    listener_add(l, fd, name, true);
    return true;
}

/* Closes those that are (not) wanted. */
static void listeners_sift(struct loop *l, bool keep_wanted) {
    struct listener **link = &l->listeners;
    while (*link != NULL) {
        struct listener *in = *link;
        if (in->wanted == keep_wanted) {
            link = &in->next;
            continue;
        }
        *link = in->next;
        event_free(in->event);
        close(in->fd);
        ash_free(in, sizeof *in);
    }
}

/* Marks those that the configuration names, and only those. */
static void listeners_mark(struct loop *l) {
    const struct config *cfg = l->engine->config;
    char                 name[LISTENER_NAME_MAX];
    for (struct listener *in = l->listeners; in != NULL; in = in->next) {
        in->wanted = in->is_unix;
        for (unsigned i = 0; cfg->port != 0 && i < CONFIG_BIND_MAX && cfg->bind[i] != NULL; i++) {
            tcp_name(l, cfg->bind[i], name, sizeof name);
            in->wanted |= strcmp(in->name, name) == 0;
        }
    }
}

/* Opens what is missing. False: one cannot be opened. */
static bool listeners_open(struct loop *l) {
    const struct config *cfg = l->engine->config;
    char                 name[LISTENER_NAME_MAX];
    for (unsigned i = 0; cfg->port != 0 && i < CONFIG_BIND_MAX && cfg->bind[i] != NULL; i++) {
        tcp_name(l, cfg->bind[i], name, sizeof name);
        if (listener_find(l, name) != NULL) continue;
        if (!tcp_open(l, name, cfg->bind[i][0] == '-')) return false;
    }
    return cfg->unixsocket[0] == '\0' || unix_open(l);
}

/* The names of what is open, to go back to. */
struct listener_names {
    char     name[CONFIG_BIND_MAX][LISTENER_NAME_MAX];
    unsigned count;
};

static void names_take(const struct loop *l, struct listener_names *out) {
    out->count = 0;
    for (const struct listener *in = l->listeners; in != NULL; in = in->next)
        if (!in->is_unix && out->count < CONFIG_BIND_MAX)
            memcpy(out->name[out->count++], in->name, sizeof in->name);
}

static void names_restore(struct loop *l, const struct listener_names *names) {
    for (struct listener *in = l->listeners; in != NULL; in = in->next) {
        in->wanted = in->is_unix;
        for (unsigned i = 0; i < names->count; i++)
            in->wanted |= strcmp(in->name, names->name[i]) == 0;
    }
    listeners_sift(l, true);
    for (unsigned i = 0; i < names->count; i++)
        if (listener_find(l, names->name[i]) == NULL) tcp_open(l, names->name[i], true);
}

bool listener_update(struct loop *l) {
    struct listener_names old;
    if (l->accept_event == NULL) l->accept_event = evtimer_new(l->base, on_accept_again, l);
    names_take(l, &old);
    bool ok = listeners_open(l);
    listeners_mark(l);
    if (!ok && old.count > 0) { /* an old one may be in the way */
        listeners_sift(l, true);
        ok = listeners_open(l);
    }
    if (ok)
        listeners_sift(l, true);
    else
        names_restore(l, &old);
    return ok;
}

unsigned listener_count(const struct loop *l) {
    unsigned n = 0;
    for (const struct listener *in = l->listeners; in != NULL; in = in->next) n++;
    return n;
}

void listener_close_all(struct loop *l) {
    for (struct listener *in = l->listeners; in != NULL; in = in->next) {
        in->wanted = false;
        if (in->is_unix) remove_socket(l->engine->config->unixsocket);
    }
    listeners_sift(l, true);
    if (l->accept_event != NULL) event_free(l->accept_event);
    l->accept_event = NULL;
}
