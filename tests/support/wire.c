/* wire.c: one client connection whose every reply is checked.
 *
 * Bytes are gathered in `in` until resp_parse() finds a whole reply at their front. A send never
 * waits for ever on a server that stopped reading because its own output is not being read: while
 * sending we also read. Start reading at wire_receive(). */
#include "tests/support/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WIRE_READ_SIZE  (256 * 1024)
#define WIRE_ASK_MS     30000
#define HIREDIS_DEPTH   7 /* its reader refuses deeper nesting */

struct wire {
    int          fd;
    int          proto;
    bool         eof;
    struct bytes in;
    struct bytes error;
    char        *pending; /* per command not yet answered: the protocol it asks for, or 0 */
    size_t       pending_count;
    size_t       tried_len; /* in.len when the front was last found incomplete */
};

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

struct wire *wire_new(const char *unix_path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(unix_path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    strcpy(address.sun_path, unix_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return NULL;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return NULL;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    struct wire *w = must_alloc(sizeof(*w));
    w->fd = fd;
    w->proto = 2;
    return w;
}

void wire_free(struct wire **w) {
    if (*w == NULL) return;
    close((*w)->fd);
    bytes_fini(&(*w)->in);
    bytes_fini(&(*w)->error);
    free((*w)->pending);
    free(*w);
    *w = NULL;
}

/* Takes what the socket has. False: there was nothing to take and the server has closed. */
static bool read_available(struct wire *w) {
    for (;;) {
        bytes_reserve(&w->in, WIRE_READ_SIZE);
        ssize_t n = read(w->fd, w->in.data + w->in.len, WIRE_READ_SIZE);
        if (n > 0) {
            w->in.len += (size_t)n;
            w->in.data[w->in.len] = '\0';
            if (n < WIRE_READ_SIZE) return true;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            w->eof = true;
            return false;
        } else if (errno == EAGAIN) {
            return true;
        }
    }
}

/* Waits for input until the deadline; false: it passed, or there will be none. */
static bool wait_input(struct wire *w, long long deadline) {
    if (w->eof) return false;
    long long left = deadline - now_ms();
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    if (poll(&p, 1, left > 0 ? (int)left : 0) <= 0) return false;
    return read_available(w);
}

bool wire_send_raw(struct wire *w, const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = send(w->fd, data, len, MSG_NOSIGNAL);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) return false;
        struct pollfd p = {.fd = w->fd, .events = POLLOUT | POLLIN};
        if (poll(&p, 1, WIRE_ASK_MS) <= 0) return false;
        if ((p.revents & POLLIN) != 0 && !read_available(w)) return false;
    }
    return true;
}

/* Which protocol this command would switch to: 2, 3 or 0 for none. */
static char protocol_asked(const struct words *command) {
    if (command->count == 1 && strcasecmp(command->word[0], "reset") == 0) return 2;
    if (command->count < 2 || strcasecmp(command->word[0], "hello") != 0) return 0;
    if (strcmp(command->word[1], "2") == 0) return 2;
    return strcmp(command->word[1], "3") == 0 ? 3 : 0;
}

bool wire_send(struct wire *w, const struct words *command) {
    char *text;
    int len = redisFormatCommandArgv(&text, (int)command->count, (const char **)command->word,
                                     command->len);
    if (len < 0) return false;
    w->pending = must_grow(w->pending, w->pending_count + 1);
    w->pending[w->pending_count++] = protocol_asked(command);
    bool sent = wire_send_raw(w, text, (size_t)len);
    redisFreeCommand(text);
    return sent;
}

static size_t depth_of(const struct resp *r) {
    size_t deepest = 0;
    for (size_t i = 0; i < r->count; i++) {
        size_t depth = 1 + depth_of(&r->items[i]);
        if (depth > deepest) deepest = depth;
    }
    return deepest;
}

static bool same_meaning(const struct resp *ours, const redisReply *theirs) {
    static const char types[] = "+-:$*";
    static const int their_types[] = {REDIS_REPLY_STATUS, REDIS_REPLY_ERROR, REDIS_REPLY_INTEGER,
                                      REDIS_REPLY_STRING, REDIS_REPLY_ARRAY};
    if (ours->null) return theirs->type == REDIS_REPLY_NIL;
    if (theirs->type != their_types[strchr(types, ours->type) - types]) return false;
    if (ours->type == ':') return ours->number == theirs->integer;
    if (ours->type != '*') return ours->len == (size_t)theirs->len && memcmp(ours->text, theirs->str, ours->len) == 0;
    if (ours->count != theirs->elements) return false;
    for (size_t i = 0; i < ours->count; i++)
        if (!same_meaning(&ours->items[i], theirs->element[i])) return false;
    return true;
}

/* What hiredis makes of the same bytes; RESP2 only, its reader knows no RESP3. */
static bool hiredis_agrees(const char *bytes, size_t len, const struct resp *ours) {
    if (depth_of(ours) >= HIREDIS_DEPTH) return true;
    redisReader *reader = redisReaderCreate();
    void *theirs = NULL;
    bool same = redisReaderFeed(reader, bytes, len) == REDIS_OK &&
                redisReaderGetReply(reader, &theirs) == REDIS_OK && theirs != NULL &&
                same_meaning(ours, theirs);
    if (theirs != NULL) freeReplyObject(theirs);
    redisReaderFree(reader);
    return same;
}

/* The answer to HELLO n is already in protocol n, unless it is an error. */
static void follow_protocol(struct wire *w) {
    if (w->in.data[0] == '>' || w->in.data[0] == '|' || w->pending_count == 0) return;
    char asked = w->pending[0];
    if (asked != 0 && w->in.data[0] != '-') w->proto = asked;
    w->pending[0] = 0; /* decided, even when the reply turns out to be incomplete */
}

static void forget_pending(struct wire *w, const struct resp *reply) {
    if (reply->type == '>' || reply->type == '|' || w->pending_count == 0) return;
    memmove(w->pending, w->pending + 1, --w->pending_count);
}

enum wire_status wire_receive(struct wire *w, int timeout_ms, struct resp *out) {
    long long deadline = now_ms() + timeout_ms;
    for (;;) {
        size_t used;
        const char *why;
        enum resp_state state = RESP_MORE;
        if (w->in.len > 0 && w->in.len != w->tried_len) {
            follow_protocol(w);
            state = resp_parse(w->in.data, w->in.len, w->proto, out, &used, &why);
            w->tried_len = w->in.len;
        }
        if (state == RESP_BAD) {
            bytes_clear(&w->error);
            bytes_print(&w->error, "%s, at byte %zu of ", why, used);
            bytes_quote(&w->error, w->in.data, w->in.len < 200 ? w->in.len : 200);
            return WIRE_BAD;
        }
        if (state == RESP_OK) {
            bool agreed = w->proto == 3 || hiredis_agrees(w->in.data, used, out);
            bytes_drop_front(&w->in, used);
            w->tried_len = 0;
            forget_pending(w, out);
            if (agreed) return WIRE_OK;
            bytes_clear(&w->error);
            bytes_print(&w->error, "hiredis reads another reply than ");
            resp_print(&w->error, out);
            resp_fini(out);
            return WIRE_BAD;
        }
        if (!wait_input(w, deadline)) {
            if (!w->eof) return WIRE_TIMEOUT;
            if (w->in.len == 0) return WIRE_CLOSED;
            bytes_clear(&w->error);
            bytes_print(&w->error, "closed in the middle of a reply: ");
            bytes_quote(&w->error, w->in.data, w->in.len < 200 ? w->in.len : 200);
            return WIRE_BAD;
        }
    }
}

enum wire_status wire_receive_raw(struct wire *w, int timeout_ms, size_t len, struct bytes *out) {
    long long deadline = now_ms() + timeout_ms;
    while (w->in.len < len) {
        if (wait_input(w, deadline)) continue;
        if (!w->eof) return WIRE_TIMEOUT;
        return WIRE_CLOSED;
    }
    bytes_add(out, w->in.data, len);
    bytes_drop_front(&w->in, len);
    w->tried_len = 0;
    return WIRE_OK;
}

enum wire_status wire_ask(struct wire *w, const char *line, struct resp *out) {
    struct words command;
    if (!words_split(line, &command)) abort();
    bool sent = wire_send(w, &command);
    words_fini(&command);
    return sent ? wire_receive(w, WIRE_ASK_MS, out) : WIRE_CLOSED;
}

const char *wire_error(const struct wire *w) {
    return w->error.len > 0 ? w->error.data : "";
}

const char *wire_status_name(enum wire_status status) {
    static const char *const names[] = {"reply", "no reply in time", "connection closed", "broken reply"};
    return names[status];
}

int wire_proto(const struct wire *w) {
    return w->proto;
}
