/* churn_test.c: containers of every type grow, shrink, are renamed, copied, stored over, overwritten,
 * unlinked and expire, while the queue frees, another database is flushed and free pages are purged all
 * the time. What is in them is held against a model throughout, and nothing is left when all is gone.
 * Then servers are ended, by SIGTERM and by kill -9, in the middle of it. Argument: the server's binary.
 *
 * A key's elements are numbered, and it holds those from `from` up to `to`: it grows at the end and
 * shrinks at the front. So the model of a key is two numbers, whatever its type. */
#include "tests/integration/attack.h"

#include <signal.h>
#include <sys/wait.h>

#define KEYS      16 /* of each type */
#define STEPS     4000
#define GROWTH    400 /* elements at a time, at most */
#define HELD_MAX  6000
#define LOOK_EVERY 40 /* steps between looks at one key */
#define LARGE     200000
#define END_MS    10000 /* for a server to end, with a sanitizer on a busy machine */

enum kind { HASH, SET, ZSET, LIST, STREAM, KINDS };

static struct wire  *w, *noise;
static uint64_t      seed = 20240229;
static struct range { uint64_t from, to; } model[KINDS][KEYS];

static uint64_t below(uint64_t n) { return attack_random(&seed, n); }

static uint64_t held(const struct range *r) { return r->to - r->from; }

/* --- Talking --------------------------------------------------------------------------------- */

static struct resp tell(struct wire *to, struct bytes *request) {
    struct resp r;
    CHECK(wire_send_raw(to, request->data, request->len));
    attack_receive(to, "a request", &r);
    if (r.type == '-') fprintf(stderr, "%.60s: %s\n", request->data, r.text);
    CHECK(r.type != '-');
    bytes_fini(request);
    *request = (struct bytes){0};
    return r;
}

static void tell_line(struct wire *to, const char *line) {
    struct resp r = attack_ask(to, line);
    if (r.type == '-') fprintf(stderr, "%s: %s\n", line, r.text);
    CHECK(r.type != '-');
    resp_fini(&r);
}

static void begin(struct bytes *b, unsigned words) { bytes_print(b, "*%u\r\n", words); }

static void word(struct bytes *b, const char *text) {
    bytes_print(b, "$%zu\r\n%s\r\n", strlen(text), text);
}

static void number(struct bytes *b, const char *form, uint64_t i) {
    char text[64];
    snprintf(text, sizeof text, form, (unsigned long long)i);
    word(b, text);
}

static void key(struct bytes *b, unsigned kind, unsigned k) {
    char text[32];
    snprintf(text, sizeof text, "key:%u:%u", kind, k);
    word(b, text);
}

/* --- Growing and shrinking ------------------------------------------------------------------- */

static void add_element(struct bytes *b, unsigned kind, uint64_t i) {
    if (kind == ZSET) number(b, "%llu", i);
    number(b, "e:%llu", i);
    if (kind == HASH) number(b, "value:%llu", i);
}

static void grow(unsigned kind, unsigned k, unsigned n) {
    static const char *const verb[] = {"HSET", "SADD", "ZADD", "RPUSH"};
    struct range *r = &model[kind][k];
    struct bytes  b = {0};
    if (kind == STREAM) {
        for (unsigned i = 0; i < n; i++) {
            begin(&b, 5);
            word(&b, "XADD"), key(&b, kind, k), number(&b, "%llu-1", r->to + i), word(&b, "field");
            number(&b, "value:%llu", r->to + i);
        }
        CHECK(wire_send_raw(w, b.data, b.len));
        for (unsigned i = 0; i < n; i++) {
            struct resp reply;
            attack_receive(w, "XADD", &reply);
            CHECK(reply.type != '-');
            resp_fini(&reply);
        }
        bytes_fini(&b);
    } else {
        begin(&b, 2 + n * (kind == HASH || kind == ZSET ? 2 : 1));
        word(&b, verb[kind]), key(&b, kind, k);
        for (unsigned i = 0; i < n; i++) add_element(&b, kind, r->to + i);
        struct resp reply = tell(w, &b);
        resp_fini(&reply);
    }
    r->to += n;
}

static void shrink(unsigned kind, unsigned k, uint64_t n) {
    struct range *r = &model[kind][k];
    struct bytes  b = {0};
    if (n > held(r)) n = held(r);
    if (n == 0) return;
    if (kind == STREAM) {
        begin(&b, 4);
        word(&b, "XTRIM"), key(&b, kind, k), word(&b, "MINID"), number(&b, "%llu-0", r->from + n);
    } else if (kind == ZSET) {
        begin(&b, 4);
        word(&b, "ZREMRANGEBYRANK"), key(&b, kind, k), word(&b, "0"), number(&b, "%llu", n - 1);
    } else if (kind == LIST) {
        begin(&b, 4);
        word(&b, "LTRIM"), key(&b, kind, k), number(&b, "%llu", n), word(&b, "-1");
    } else {
        begin(&b, 2 + (unsigned)n);
        word(&b, kind == HASH ? "HDEL" : "SREM"), key(&b, kind, k);
        for (uint64_t i = 0; i < n; i++) number(&b, "e:%llu", r->from + i);
    }
    struct resp reply = tell(w, &b);
    resp_fini(&reply);
    r->from += n;
}

/* --- Whole keys ------------------------------------------------------------------------------ */

/* The key is gone, and begins anew. */
static void end_key(unsigned kind, unsigned k) {
    static const char *const lines[] = {"UNLINK key:%u:%u", "DEL key:%u:%u", "SET key:%u:%u over",
                                        "PEXPIRE key:%u:%u 1", "GETDEL key:%u:%u"};
    char     line[64];
    unsigned how = (unsigned)below(4);
    snprintf(line, sizeof line, lines[how], kind, k);
    tell_line(w, line);
    if (how == 2) {
        snprintf(line, sizeof line, lines[4], kind, k);
        tell_line(w, line);
    } else if (how == 3) {
        usleep(2500); /* whoever comes next finds it expired */
    }
    model[kind][k] = (struct range){1, 1};
}

/* One key over another, in each way that there is. */
static void over(unsigned kind, unsigned from, unsigned to) {
    char line[128];
    if (from == to || held(&model[kind][from]) == 0) return;
    unsigned ways = kind == SET || kind == ZSET ? 3 : 2;
    switch (below(ways)) {
    case 0:
        snprintf(line, sizeof line, "RENAME key:%u:%u key:%u:%u", kind, from, kind, to);
        model[kind][to] = model[kind][from];
        model[kind][from] = (struct range){1, 1};
        break;
    case 1:
        snprintf(line, sizeof line, "COPY key:%u:%u key:%u:%u REPLACE", kind, from, kind, to);
        model[kind][to] = model[kind][from];
        break;
    default:
        snprintf(line, sizeof line, "%s key:%u:%u %s key:%u:%u", kind == SET ? "SUNIONSTORE" : "ZUNIONSTORE",
                 kind, to, kind == SET ? "" : "1", kind, from);
        model[kind][to] = model[kind][from];
    }
    tell_line(w, line);
}

static void make_noise(void) {
    static const char *const lines[] = {"FLUSHDB ASYNC", "FLUSHDB SYNC", "MEMORY PURGE ASYNC",
                                        "MEMORY PURGE", "MEMORY PURGE HEAP server ASYNC",
                                        "MEMORY JOBS", "INFO memory"};
    struct bytes b = {0};
    if (below(2)) {
        begin(&b, 302);
        word(&b, "SADD"), number(&b, "noise:%llu", below(4));
        for (unsigned i = 0; i < 300; i++) number(&b, "n:%llu", below(1000000));
        struct resp r = tell(noise, &b);
        resp_fini(&r);
    } else {
        tell_line(noise, lines[below(sizeof lines / sizeof lines[0])]);
    }
}

/* --- Looking --------------------------------------------------------------------------------- */

static const char *const look_up[] = {"HGETALL key:%u:%u", "SMEMBERS key:%u:%u",
                                      "ZRANGE key:%u:%u 0 -1 WITHSCORES", "LRANGE key:%u:%u 0 -1",
                                      "XRANGE key:%u:%u - +"};

/* The number behind the colon; or before the hyphen of an ID. */
static uint64_t number_in(const char *text) {
    const char *colon = strchr(text, ':');
    return strtoull(colon != NULL ? colon + 1 : text, NULL, 10);
}

/* Each element once, with what belongs to it, and in order where there is one. */
static void look(unsigned kind, unsigned k) {
    const struct range *r = &model[kind][k];
    char                line[64];
    static bool         seen[HELD_MAX + GROWTH];
    size_t              step = kind == HASH || kind == ZSET ? 2 : 1;
    snprintf(line, sizeof line, look_up[kind], kind, k);
    struct resp all = attack_ask(w, line);
    CHECK(all.type == '*' && all.count == held(r) * step);
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < all.count; i += step) {
        const struct resp *item = &all.items[i];
        uint64_t           n = number_in(kind == STREAM ? item->items[0].text : item->text);
        CHECK(n >= r->from && n < r->to && !seen[n - r->from]);
        seen[n - r->from] = true;
        if (kind >= ZSET) CHECK(n == r->from + i / step);
        if (step == 2) CHECK(number_in(all.items[i + 1].text) == n);
        if (kind == STREAM) CHECK(number_in(item->items[1].items[1].text) == n);
    }
    resp_fini(&all);
}

static void look_at_all(void) {
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned k = 0; k < KEYS; k++) look(kind, k);
}

static void wait_freed(void) {
    int64_t end_ms = peer_now_ms() + PEER_WAIT_MS;
    while (attack_info(w, "lazyfree_pending_objects") > 0) {
        CHECK(peer_now_ms() < end_ms);
        usleep(1000);
    }
    CHECK(attack_info(w, "lazyfree_pending_bytes") == 0);
}

/* --- The cases ------------------------------------------------------------------------------- */

static void step(void) {
    unsigned kind = (unsigned)below(KINDS), k = (unsigned)below(KEYS);
    switch (below(10)) {
    case 0: end_key(kind, k); break;
    case 1: over(kind, k, (unsigned)below(KEYS)); break;
    case 2:
    case 3: shrink(kind, k, below(2 * GROWTH)); break;
    case 4: make_noise(); break;
    default:
        if (held(&model[kind][k]) < HELD_MAX) grow(kind, k, 1 + (unsigned)below(GROWTH));
    }
}

static void churn(const char *binary) {
    struct bytes  error = {0};
    struct spawn *server = spawn_new(binary, NULL, &error);
    if (server == NULL) fprintf(stderr, "%s\n", error.data);
    CHECK(server != NULL);
    w = attack_wire(server);
    noise = attack_wire(server);
    tell_line(noise, "SELECT 1");
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned k = 0; k < KEYS; k++) model[kind][k] = (struct range){1, 1};
    for (unsigned i = 0; i < STEPS; i++) {
        step();
        if (i % LOOK_EVERY == 0) look((unsigned)below(KINDS), (unsigned)below(KEYS));
    }
    look_at_all();
    printf("%lld objects, %lld bytes freed in the background\n",
           attack_info(w, "lazyfreed_objects"), attack_info(w, "lazyfreed_bytes"));
    CHECK(attack_info(w, "lazyfreed_objects") > 100);
    tell_line(w, "FLUSHALL");
    wait_freed();
    CHECK(attack_info(w, "used_memory_dataset") == 0);
    tell_line(w, "SET after 1");
    wire_free(&w);
    wire_free(&noise);
    if (!spawn_free(&server, &error)) {
        fprintf(stderr, "%s\n", error.data);
        exit(1);
    }
    bytes_fini(&error);
}

/* Ended while a large key, a flush and a purge are under way. */
static void end_in_the_middle(const char *binary, int signal_number) {
    struct bytes  error = {0}, b = {0};
    struct spawn *server = spawn_new(binary, NULL, &error);
    CHECK(server != NULL);
    w = attack_wire(server);
    for (unsigned i = 0; i < LARGE; i += 1000) {
        begin(&b, 1002);
        word(&b, "SADD"), word(&b, "large");
        for (unsigned n = i; n < i + 1000; n++) number(&b, "member:%llu", n);
        struct resp r = tell(w, &b);
        resp_fini(&r);
    }
    bytes_print(&b, "UNLINK large\r\nSADD other 1\r\nFLUSHALL ASYNC\r\nMEMORY PURGE ASYNC\r\n");
    CHECK(wire_send_raw(w, b.data, b.len));
    for (unsigned i = 0; i < 4; i++) {
        struct resp r;
        attack_receive(w, "the end", &r);
        CHECK(r.type != '-');
        resp_fini(&r);
    }
    int64_t from_ms = peer_now_ms();
    if (signal_number == SIGKILL) {
        kill(server->pid, SIGKILL);
        spawn_free(&server, NULL);
    } else if (!spawn_free(&server, &error)) {
        fprintf(stderr, "%s\n", error.data);
        exit(1);
    }
    CHECK(peer_now_ms() - from_ms < END_MS);
    wire_free(&w);
    bytes_fini(&b);
    bytes_fini(&error);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    churn(argv[1]);
    for (unsigned i = 0; i < 3; i++) {
        end_in_the_middle(argv[1], SIGTERM);
        end_in_the_middle(argv[1], SIGKILL);
    }
    puts("ended in the middle of jobs: 6 times");
    return 0;
}
