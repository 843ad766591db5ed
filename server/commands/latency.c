/* latency.c: the LATENCY command: spikes (core/latency) and histograms (core/stats).
 *
 * HISTOGRAM's steps are those that clients of Redis know: powers of two of a nanosecond, each the
 * largest value that a histogram of two digits cannot tell from it, in whole microseconds: 1, 2, 4,
 * 8, 16, 33, 66, 132, 264, 528, 1056 ... */
#include "server/commands/latency.h"

#include "server/core/call.h"
#include "server/core/config.h"
#include "server/core/latency.h"
#include "server/ds/text.h"

#include <inttypes.h>
#include <stdio.h>

#define GRAPH_ROWS       4
#define HISTOGRAM_FIRST  10 /* 2^10 ns */
#define HISTOGRAM_LAST   30

/* Samples oldest first; returns how many. */
static unsigned samples_of(const struct latency_event *e, const struct latency_sample **out) {
    unsigned n = 0;
    for (unsigned i = 0; i < LATENCY_RING; i++) {
        const struct latency_sample *s = &e->ring[(e->at + i) % LATENCY_RING];
        if (s->time_s != 0) out[n++] = s;
    }
    return n;
}

/* NULL: no such kind, or the name is longer than any. */
static const struct latency_event *event_find(struct call *call, uint32_t i) {
    char         name[sizeof((struct latency_event *)0)->name];
    struct slice s = call->argv[i];
    if (s.len >= sizeof name || memchr(s.p, '\0', s.len) != NULL) return NULL;
    memcpy(name, s.p, s.len);
    name[s.len] = '\0';
    return latency_get(call->engine->latency, name);
}

/* --- LATEST, HISTORY, RESET ---------------------------------------------------------------- */

struct latest {
    struct reply *reply;
    size_t        count;
};

static void latest_event(const struct latency_event *e, void *arg) {
    struct latest               *l = arg;
    const struct latency_sample *last = &e->ring[(e->at + LATENCY_RING - 1) % LATENCY_RING];
    reply_array(l->reply, 4);
    reply_bulk_str(l->reply, e->name);
    reply_int(l->reply, last->time_s);
    reply_int(l->reply, last->ms);
    reply_int(l->reply, e->max_ms);
    l->count++;
}

static void cmd_latency_latest(struct call *call) {
    struct latest         l = {.reply = call->reply};
    struct reply_deferred d = reply_begin(call->reply);
    latency_each(call->engine->latency, latest_event, &l);
    reply_end_array(call->reply, d, l.count);
}

static void cmd_latency_history(struct call *call) {
    const struct latency_sample *sample[LATENCY_RING];
    const struct latency_event  *e = event_find(call, 2);
    unsigned                     n = e == NULL ? 0 : samples_of(e, sample);
    reply_array(call->reply, n);
    for (unsigned i = 0; i < n; i++) {
        reply_array(call->reply, 2);
        reply_int(call->reply, sample[i]->time_s);
        reply_int(call->reply, sample[i]->ms);
    }
}

static void cmd_latency_reset(struct call *call) {
    struct latency *l = call->engine->latency;
    unsigned        n = 0;
    if (call->argc == 2) n = latency_reset(l, NULL);
    for (uint32_t i = 2; i < call->argc; i++) {
        const struct latency_event *e = event_find(call, i);
        char name[sizeof e->name];
        if (e == NULL) continue;
        memcpy(name, e->name, sizeof name); /* e goes away meanwhile */
        n += latency_reset(l, name);
    }
    reply_int(call->reply, n);
}

/* --- GRAPH --------------------------------------------------------------------------------- */

/* "15s", "2m", "3h", "4d" */
static void age_text(int64_t seconds, char *out, size_t cap) {
    if (seconds < 60) {
        snprintf(out, cap, "%" PRId64 "s", seconds);
    } else if (seconds < 3600) {
        snprintf(out, cap, "%" PRId64 "m", seconds / 60);
    } else if (seconds < 86400) {
        snprintf(out, cap, "%" PRId64 "h", seconds / 3600);
    } else {
        snprintf(out, cap, "%" PRId64 "d", seconds / 86400);
    }
}

static void graph_bars(const struct latency_sample **sample, unsigned n, uint32_t low,
                       uint32_t high, struct text *out) {
    static const char part[] = " _o#"; /* how full the topmost cell is */
    for (int row = GRAPH_ROWS - 1; row >= 0; row--) {
        for (unsigned i = 0; i < n; i++) {
            /* height in quarters of a row; the lowest sample shows, too */
            unsigned span = high - low, top = GRAPH_ROWS * 3;
            unsigned height = span == 0 ? top : 1 + (unsigned)((uint64_t)(sample[i]->ms - low) *
                                                               (top - 1) / span);
            int here = (int)height - row * 3;
            text_char(out, here <= 0 ? ' ' : here > 3 ? '|' : part[here]);
        }
        text_char(out, '\n');
    }
}

static void graph_ages(const struct latency_sample **sample, unsigned n, int64_t now_s,
                       struct text *out) {
    char     age[LATENCY_RING][24];
    size_t   longest = 0;
    for (unsigned i = 0; i < n; i++) {
        age_text(now_s > sample[i]->time_s ? now_s - sample[i]->time_s : 0, age[i], sizeof age[i]);
        if (strlen(age[i]) > longest) longest = strlen(age[i]);
    }
    for (size_t row = 0; row < longest; row++) {
        text_char(out, '\n');
        for (unsigned i = 0; i < n; i++)
            text_char(out, row < strlen(age[i]) ? age[i][row] : ' ');
    }
    text_char(out, '\n');
}

static void graph_print(const struct latency_event *e, int64_t now_s, struct text *out) {
    const struct latency_sample *sample[LATENCY_RING];
    unsigned                     n = samples_of(e, sample);
    uint32_t                     low = UINT32_MAX, high = 0;
    for (unsigned i = 0; i < n; i++) {
        if (sample[i]->ms < low) low = sample[i]->ms;
        if (sample[i]->ms > high) high = sample[i]->ms;
    }
    text_printf(out, "%s - high %u ms, low %u ms (all time high %u ms)\n", e->name, high, low,
                e->max_ms);
    for (int i = 0; i < 80; i++) text_char(out, '-');
    text_char(out, '\n');
    graph_bars(sample, n, low, high, out);
    graph_ages(sample, n, now_s, out);
}

static void cmd_latency_graph(struct call *call) {
    const struct latency_event *e = event_find(call, 2);
    struct text                 text;
    if (e == NULL) {
        reply_errorf(call->reply, "ERR No samples available for event '%.*s'",
                     call_arg_shown(call, 2), call->argv[2].p);
        return;
    }
    text_init(&text, call->engine->heaps.server);
    graph_print(e, call->now_ms / 1000, &text);
    reply_verbatim(call->reply, "txt", text_slice(&text));
    text_fini(&text);
}

/* --- DOCTOR -------------------------------------------------------------------------------- */

struct doctor {
    struct text *out;
    unsigned     events;
    bool         commands, expiry, eviction;
};

static void doctor_event(const struct latency_event *e, void *arg) {
    struct doctor               *d = arg;
    const struct latency_sample *sample[LATENCY_RING];
    unsigned                     n = samples_of(e, sample);
    uint64_t                     sum = 0;
    for (unsigned i = 0; i < n; i++) sum += sample[i]->ms;
    if (n == 0) return;
    text_printf(d->out,
                "%u. %s: %u spikes, %.0f ms on average, worst ever %u ms, the last one %" PRIu32
                " ms.\n",
                ++d->events, e->name, n, (double)sum / n, e->max_ms, sample[n - 1]->ms);
    d->commands |= strstr(e->name, "command") != NULL;
    d->expiry |= strncmp(e->name, "expire", 6) == 0;
    d->eviction |= strncmp(e->name, "evict", 5) == 0;
}

static void doctor_advise(const struct doctor *d) {
    text_str(d->out, "\nWhat can be done:\n");
    if (d->commands)
        text_str(d->out,
                 "- Slow commands hold everybody up. SLOWLOG GET shows which; commands that "
                 "walk a whole key or keyspace (KEYS, SMEMBERS, HGETALL, SORT) have "
                 "incremental forms (SCAN, SSCAN, HSCAN, ranges).\n");
    if (d->expiry)
        text_str(d->out, "- Many keys expire in the same moment. Spread their times a little, and "
                         "keep lazyfree-lazy-expire at yes.\n");
    if (d->eviction)
        text_str(d->out,
                 "- Eviction works hard: memory is at maxmemory. Give it more, store less, or "
                 "lower maxmemory-eviction-tenacity.\n");
    text_str(d->out, "- See that the machine does not swap and that its processors are not shared "
                     "with others who are busy.\n");
}

static void cmd_latency_doctor(struct call *call) {
    struct text   text;
    struct doctor d = {.out = &text};
    text_init(&text, call->engine->heaps.server);
    if (call->engine->config->latency_monitor_threshold == 0) {
        text_str(&text,
                 "Latency monitoring is off, so there is nothing to examine. Turn it on with "
                 "CONFIG SET latency-monitor-threshold <milliseconds>.\n");
    } else {
        latency_each(call->engine->latency, doctor_event, &d);
        if (d.events == 0) {
            text_str(&text,
                     "No latency spike was seen since the start or the last LATENCY RESET.\n");
        } else {
            doctor_advise(&d);
        }
    }
    reply_verbatim(call->reply, "txt", text_slice(&text));
    text_fini(&text);
}

/* --- HISTOGRAM ----------------------------------------------------------------------------- */

static uint64_t histogram_step_us(unsigned log) {
    return ((1ULL << log) + (1ULL << (log - 7)) - 1) / 1000;
}

static void reply_histogram(struct reply *r, const struct command_stats *s) {
    reply_map(r, 2);
    reply_bulk_str(r, "calls");
    reply_uint(r, s->calls);
    reply_bulk_str(r, "histogram_usec");
    struct reply_deferred d = reply_begin(r);
    size_t                pairs = 0;
    uint64_t              sum = 0, told = 0;
    unsigned              bucket = 0;
    for (unsigned log = HISTOGRAM_FIRST; log <= HISTOGRAM_LAST; log++) {
        uint64_t step = histogram_step_us(log);
        bool     last = log == HISTOGRAM_LAST; /* takes what is longer, too */
        for (; bucket < STATS_HISTOGRAM_BUCKETS && (last || stats_bucket_top(bucket) <= step);
             bucket++)
            sum += s->histogram[bucket];
        if (sum == told) continue;
        reply_uint(r, step);
        reply_uint(r, sum);
        told = sum;
        pairs++;
    }
    reply_end_map(r, d, pairs);
}

static size_t histogram_of(struct call *call, unsigned id) {
    const struct command_stats *s = &call->engine->stats.command[id];
    char                        name[64];
    if (s->histogram == NULL || s->calls == 0) return 0;
    command_full_name(command_by_id(call->engine->commands, id), name, sizeof name);
    reply_bulk_str(call->reply, name);
    reply_histogram(call->reply, s);
    return 1;
}

/* Does argument i name the command, or its container? */
static bool is_named(const struct call *call, uint32_t i, const struct command_ref *ref) {
    char full[64];
    command_full_name(ref, full, sizeof full);
    return call_arg_is(call, i, full) ||
           (ref->parent != NULL && call_arg_is(call, i, ref->parent->name));
}

static void cmd_latency_histogram(struct call *call) {
    struct reply_deferred d = reply_begin(call->reply);
    size_t                pairs = 0;
    unsigned              ids = call->engine->stats.command_count;
    for (unsigned id = 0; id < ids && call->argc == 2; id++) pairs += histogram_of(call, id);
    for (uint32_t i = 2; i < call->argc; i++)
        for (unsigned id = 0; id < ids; id++)
            if (is_named(call, i, command_by_id(call->engine->commands, id)))
                pairs += histogram_of(call, id);
    reply_end_map(call->reply, d, pairs);
}

static void cmd_latency_help(struct call *call) {
    static const char *const lines[] = {
        "DOCTOR",
        "    Return a human readable latency analysis report.",
        "GRAPH <event>",
        "    Return an ASCII latency graph for the <event> class.",
        "HISTORY <event>",
        "    Return time-latency samples for the <event> class.",
        "LATEST",
        "    Return the latest latency samples for all events.",
        "RESET [<event> ...]",
        "    Reset latency data of one or more <event> classes.",
        "    (default: reset all data for all event classes)",
        "HISTOGRAM [COMMAND ...]",
        "    Return a cumulative distribution of latencies in the format of a histogram for the "
        "specified command names.",
        "    If no commands are specified then all histograms are replied.",
        NULL,
    };
    call_help(call, lines);
}

#define LATENCY_FLAGS (CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)
#define LATENCY_TIPS  "nondeterministic_output,request_policy:all_nodes,response_policy:special"

const struct command latency_subcommands[] = {
    { .name = "doctor", .handler = cmd_latency_doctor, .arity = 2, .group = GROUP_SERVER,
      .flags = LATENCY_FLAGS, .tips = LATENCY_TIPS, .syntax = "", .since = "2.8.13",
      .complexity = "O(1)", .summary = "Returns what the latency spikes tell and what to do." },
    { .name = "graph", .handler = cmd_latency_graph, .arity = 3, .group = GROUP_SERVER,
      .flags = LATENCY_FLAGS, .tips = LATENCY_TIPS, .syntax = "event", .since = "2.8.13",
      .complexity = "O(1)", .summary = "Draws the latency spikes of an event." },
    { .name = "help", .handler = cmd_latency_help, .arity = 2, .group = GROUP_SERVER,
      .flags = CMD_LOADING | CMD_STALE, .syntax = "", .since = "2.8.13", .complexity = "O(1)",
      .summary = "Returns what LATENCY's subcommands do." },
    { .name = "histogram", .handler = cmd_latency_histogram, .arity = -2, .group = GROUP_SERVER,
      .flags = LATENCY_FLAGS, .tips = LATENCY_TIPS, .syntax = "[command [command ...]]",
      .since = "7.0.0", .complexity = "O(N), N = commands with a histogram",
      .summary = "Returns how long calls took, by command, as cumulative distributions." },
    { .name = "history", .handler = cmd_latency_history, .arity = 3, .group = GROUP_SERVER,
      .flags = LATENCY_FLAGS, .tips = LATENCY_TIPS, .syntax = "event", .since = "2.8.13",
      .complexity = "O(1)", .summary = "Returns the latency spikes of an event." },
    { .name = "latest", .handler = cmd_latency_latest, .arity = 2, .group = GROUP_SERVER,
      .flags = LATENCY_FLAGS, .tips = LATENCY_TIPS, .syntax = "", .since = "2.8.13",
      .complexity = "O(1)", .summary = "Returns the latest latency spike of each event." },
    { .name = "reset", .handler = cmd_latency_reset, .arity = -2, .group = GROUP_SERVER,
      .flags = LATENCY_FLAGS, .tips = "request_policy:all_nodes,response_policy:all_succeeded",
      .syntax = "[event [event ...]]", .since = "2.8.13", .complexity = "O(1)",
      .summary = "Forgets the latency spikes of some or all events." },
    {0},
};
