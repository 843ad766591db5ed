/* loop.c: the turns of the event loop.
 *
 * libevent 2.1 has no hook before it goes to sleep, so we run it one round at a time: EVLOOP_ONCE
 * waits for something to be ready, runs all its callbacks and returns. Its locks are off: other
 * threads reach us through an eventfd only. */
#include "server/net/loop.h"

#include "alloc/alloc.h"
#include "server/core/bio.h"
#include "server/core/config.h"
#include "server/core/engine.h"
#include "server/core/log.h"
#include "server/net/conn.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DEADLINE_MAX_US (3600 * UINT64_C(1000000))

void loop_turn_begin(struct loop *l) {
    if (l->in_turn) return;
    l->in_turn = true;
    l->turn_us = clock_stamp_us();
    l->turn_cpu_us = l->engine->config->latency_monitor_threshold > 0 ? clock_thread_us() : 0;
    clock_update(&l->engine->clock);
}

/* The loop is to wake for the next session whose waiting ends. */
static void deadline_set(struct loop *l) {
    uint64_t next_us = block_next_us(l->engine), now_us = l->engine->clock.mono_us;
    if (ASH_LIKELY(next_us == l->deadline_us)) return;
    l->deadline_us = next_us;
    event_del(l->deadline_event);
    if (next_us == UINT64_MAX) return;
    uint64_t in_us = next_us > now_us ? next_us - now_us : 0;
    if (in_us > DEADLINE_MAX_US) in_us = DEADLINE_MAX_US;
    struct timeval in = {.tv_sec = (time_t)(in_us / 1000000), .tv_usec = (long)(in_us % 1000000)};
    event_add(l->deadline_event, &in);
}

/* All that it is for happens when the turn ends. */
static void on_deadline(evutil_socket_t fd, short what, void *arg) {
    struct loop *l = arg;
    (void)fd, (void)what;
    loop_turn_begin(l);
    l->deadline_us = UINT64_MAX - 1; /* set anew */
}

/* Those who wait for keys: what expiry, eviction or a pause's end has made ready, and the deadlines. */
static void waits_settle(struct engine *e) {
    if (ASH_LIKELY(e->block.waits == 0)) return;
    block_serve(e);
    block_expire(e);
}

/* A turn may be long because another thread had the processor: what it took of the processor itself
 * costs a system call to know, so only where somebody watches. */
static void turn_account(struct loop *l) {
    struct stats *s = &l->engine->stats;
    uint64_t      us = clock_stamp_us() - l->turn_us;
    s->loop_turns++;
    s->loop_us += us;
    if (ASH_UNLIKELY(us > s->loop_us_max)) s->loop_us_max = us;
    if (ASH_LIKELY(l->turn_cpu_us == 0)) return;
    uint64_t cpu_us = clock_thread_us() - l->turn_cpu_us;
    if (cpu_us > s->loop_cpu_us_max) s->loop_cpu_us_max = cpu_us;
}

static void loop_turn_end(struct loop *l) {
    struct engine *e = l->engine;
    loop_turn_begin(l); /* for a turn in which nothing happened */
    bio_poll(e->bio, e);
    if (ASH_UNLIKELY(room_is_waited_for(&e->room)) && room_serve(e)) loop_wake(l);
    waits_settle(e);
    conn_settle_touched(l);
    deadline_set(l);
    turn_account(l);
    l->in_turn = false;
}

void loop_wake(void *loop) {
    struct loop *l = loop;
    int          saved = errno;
    uint64_t     one = 1;
    /* EAGAIN: the counter is full, so the loop is awake anyway. */
    if (write(l->wake_fd, &one, sizeof one) < 0) errno = saved;
}

static void on_wake(evutil_socket_t fd, short what, void *arg) {
    struct loop *l = arg;
    uint64_t     count;
    (void)what;
    loop_turn_begin(l);
    if (read(fd, &count, sizeof count) < 0) return;
    l->hooks.woken(l->hooks.arg);
}

static void tick_after(struct loop *l, int64_t ms) {
    struct timeval in = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(l->tick_event, &in);
}

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    struct loop *l = arg;
    (void)fd, (void)what;
    loop_turn_begin(l);
    tick_after(l, l->hooks.tick(l->hooks.arg));
}

void loop_tick_soon(struct loop *l) { tick_after(l, 0); }

static struct event_base *base_new(void) {
    struct event_config *config = event_config_new();
    ASSERT(config != NULL);
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (base == NULL) PANIC("no event loop: %s", strerror(errno));
    return base;
}

struct request_batch *loop_batch_new(struct loop *l) {
    struct request_batch *b = ash_alloc(l->engine->heaps.clients, sizeof *b);
    request_batch_init(b, l->engine->heaps.clients);
    return b;
}

void loop_batch_free(struct request_batch **b) {
    if (*b == NULL) return;
    request_batch_fini(*b);
    ash_free(*b, sizeof **b);
    *b = NULL;
}

struct loop *loop_new(struct engine *engine, struct loop_hooks hooks) {
    struct loop *l = ash_zalloc(engine->heaps.server, sizeof *l);
    l->engine = engine;
    l->hooks = hooks;
    l->base = base_new();
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0) PANIC("no eventfd: %s", strerror(errno));
    l->wake_event = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
    l->tick_event = event_new(l->base, -1, 0, on_tick, l);
    l->deadline_event = event_new(l->base, -1, 0, on_deadline, l);
    l->deadline_us = UINT64_MAX;
    ASSERT(l->wake_event != NULL && l->tick_event != NULL && l->deadline_event != NULL);
    event_add(l->wake_event, NULL);
    inbuf_init(&l->in, engine->heaps.clients);
    l->batch = loop_batch_new(l);
    return l;
}

void loop_free(struct loop **lp) {
    struct loop *l = *lp;
    if (l == NULL) return;
    *lp = NULL;
    conn_free_all(l);
    event_free(l->wake_event);
    event_free(l->tick_event);
    event_free(l->deadline_event);
    event_base_free(l->base);
    close(l->wake_fd);
    inbuf_fini(&l->in);
    loop_batch_free(&l->batch);
    ash_free(l, sizeof *l);
}

void loop_run(struct loop *l) {
    tick_after(l, 1);
    while (!l->stopping && !l->engine->shutdown_asap) {
        if (event_base_loop(l->base, EVLOOP_ONCE) < 0) PANIC("event loop: %s", strerror(errno));
        loop_turn_end(l);
    }
}

void loop_stop(struct loop *l) {
    l->stopping = true;
    loop_wake(l);
}
