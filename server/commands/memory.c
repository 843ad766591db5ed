/* memory.c: the MEMORY command: replies made from memory/overview, doctor and purge. */
#include "server/commands/families.h"
#include "server/core/bio.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/ds/text.h"
#include "server/memory/doctor.h"
#include "server/memory/lazyfree.h"
#include "server/memory/overview.h"
#include "server/memory/purge.h"
#include "server/memory/reclaim.h"

#include "alloc/alloc.h"

#define JOBS_SHOWN_MAX 128 /* of each kind: meanwhile its thread may wait for the queue's lock */

/* --- USAGE --------------------------------------------------------------------------------- */

/* The key's entry and value, exactly: over all keys these add up to dataset.bytes. Hash tables belong to
 * no key; their bytes are each database's overhead.hashtable.main and .expires in MEMORY STATS. */
static void cmd_memory_usage(struct call *call) {
    struct key k;
    for (uint32_t i = 3; i < call->argc; i += 2) {
        int64_t samples; /* taken for compatibility: containers know their bytes */
        if (!call_arg_is(call, i, "samples") || i + 1 == call->argc) {
            call_syntax_error(call);
            return;
        }
        if (!call_arg_i64(call, i + 1, &samples)) return;
        if (samples < 0) {
            call_syntax_error(call);
            return;
        }
    }
    if (!call_peek(call, 2, &k)) {
        reply_null(call->reply);
        return;
    }
    reply_uint(call->reply, entry_bytes(k.entry));
}

/* --- STATS --------------------------------------------------------------------------------- */

static size_t stat_u64(struct reply *r, const char *name, uint64_t v) {
    reply_bulk_str(r, name);
    reply_uint(r, v);
    return 1;
}

static size_t stat_i64(struct reply *r, const char *name, int64_t v) {
    reply_bulk_str(r, name);
    reply_int(r, v);
    return 1;
}

static size_t stat_double(struct reply *r, const char *name, double v) {
    reply_bulk_str(r, name);
    reply_double(r, v);
    return 1;
}

static size_t stats_databases(struct reply *r, const struct keyspace *ks) {
    size_t pairs = 0;
    for (unsigned i = 0; i < ks->count; i++) {
        const struct db *db = &ks->db[i];
        if (db->keys.count == 0) continue;
        reply_bulkf(r, "db.%u", i);
        reply_map(r, 3);
        stat_u64(r, "overhead.hashtable.main", table_bytes(&db->keys));
        stat_u64(r, "overhead.hashtable.expires", 
                 table_bytes(&db->expires) + deadlines_bytes(&db->fields_due));
        stat_u64(r, "overhead.hashtable.slot-to-keys", 0);
        pairs++;
    }
    return pairs;
}

static size_t stats_allocator(struct reply *r, const struct overview *o) {
    size_t n = stat_u64(r, "allocator.allocated", o->alloc.allocated);
    n += stat_u64(r, "allocator.active", o->alloc.active);
    n += stat_u64(r, "allocator.resident", o->alloc.resident);
    n += stat_double(r, "allocator-fragmentation.ratio", o->allocator_frag_ratio);
    n += stat_i64(r, "allocator-fragmentation.bytes", o->allocator_frag_bytes);
    n += stat_double(r, "allocator-rss.ratio", o->allocator_rss_ratio);
    n += stat_i64(r, "allocator-rss.bytes", o->allocator_rss_bytes);
    n += stat_double(r, "rss-overhead.ratio", o->rss_overhead_ratio);
    n += stat_i64(r, "rss-overhead.bytes", o->rss_overhead_bytes);
    n += stat_double(r, "fragmentation", o->frag_ratio);
    return n + stat_i64(r, "fragmentation.bytes", o->frag_bytes);
}

/* What the rungs of maxmemory-rss gained, where there is such a limit. */
static size_t stats_reclaim(struct reply *r, const struct reclaim *ladder) {
    struct reclaim_status s;
    reclaim_read(ladder, &s);
    if (s.limit == 0) return 0;
    size_t n = stat_u64(r, "rss.limit", s.limit);
    n += stat_u64(r, "rss.evicted-keys", s.evicted_keys);
    for (unsigned i = 0; i < RECLAIM_RUNGS; i++, n++) {
        reply_bulkf(r, "rss.reclaim.%s", reclaim_rung_name(i));
        reply_uint(r, s.rung[i].bytes);
    }
    return n;
}

static void cmd_memory_stats(struct call *call) {
    struct reply   *r = call->reply;
    struct overview o;
    overview_read(call->engine, &o);
    struct reply_deferred d = reply_begin(r);
    size_t n = stat_u64(r, "peak.allocated", o.peak);
    n += stat_u64(r, "total.allocated", o.used);
    n += stat_u64(r, "startup.allocated", o.startup);
    n += stat_u64(r, "replication.backlog", 0);
    n += stat_u64(r, "clients.slaves", 0);
    n += stat_u64(r, "clients.normal", o.clients);
    n += stat_u64(r, "cluster.links", 0);
    n += stat_u64(r, "aof.buffer", 0);
    n += stat_u64(r, "lua.caches", 0);
    n += stat_u64(r, "functions.caches", 0);
    n += stats_databases(r, &call->engine->keyspace);
    n += stat_u64(r, "overhead.total", o.overhead);
    n += stat_u64(r, "keys.count", o.keys);
    n += stat_u64(r, "keys.bytes-per-key", o.bytes_per_key);
    n += stat_u64(r, "dataset.bytes", o.dataset);
    n += stat_double(r, "dataset.percentage", o.dataset_perc);
    n += stat_double(r, "peak.percentage", o.peak_perc);
    n += stats_allocator(r, &o);
    n += stats_reclaim(r, call->engine->reclaim);
    reply_end_map(r, d, n);
}

/* --- DOCTOR, MALLOC-STATS, PURGE ----------------------------------------------------------- */

static void cmd_memory_doctor(struct call *call) {
    struct engine      *e = call->engine;
    struct doctor_facts f = {.maxmemory = e->config->maxmemory,
                             .noeviction = e->config->maxmemory_policy == POLICY_NOEVICTION,
                             .pending_objects = lazyfree_pending_objects(e->lazyfree)};
    struct text         text;
    overview_read(e, &f.memory);
    reclaim_read(e->reclaim, &f.reclaim);
    procmem_read(&f.process);
    text_init(&text, e->heaps.server);
    doctor_report(&f, &text);
    reply_verbatim(call->reply, "txt", text_slice(&text));
    text_fini(&text);
}

static void append(void *arg, const char *part) { text_str(arg, part); }

static void cmd_memory_malloc_stats(struct call *call) {
    struct text text;
    text_init(&text, call->engine->heaps.server);
    ash_stats_print(append, &text, "");
    reply_verbatim(call->reply, "txt", text_slice(&text));
    text_fini(&text);
}

static void purge_status(struct call *call) {
    struct reply       *r = call->reply;
    struct purge_status p;
    purge_read(call->engine->purge, &p);
    struct reply_deferred d = reply_begin(r);
    size_t n = stat_u64(r, "in-progress", p.waiting);
    n += stat_u64(r, "job", p.job_id);
    n += stat_u64(r, "bytes-total", p.bytes_total);
    n += stat_u64(r, "bytes-done", p.bytes_done);
    n += stat_u64(r, "runs", p.runs);
    n += stat_u64(r, "bytes", p.bytes);
    n += stat_u64(r, "last-bytes", p.last_bytes);
    n += stat_u64(r, "last-us", p.last_us);
    n += stat_u64(r, "max-slice-us", p.slice_us_max);
    n += stat_u64(r, "purgeable", ash_purgeable());
    reply_end_map(r, d, n);
}

struct purge_wish {
    struct ash_heap *of; /* NULL: all */
    bool             async;
};

/* [HEAP name] [ASYNC], in any order. False: the error was sent. */
static bool purge_options(struct call *call, struct purge_wish *w) {
    for (uint32_t i = 2; i < call->argc; i++) {
        if (call_arg_is(call, i, "async") && !w->async) {
            w->async = true;
        } else if (call_arg_is(call, i, "heap") && w->of == NULL && i + 1 < call->argc) {
            w->of = purge_heap(call->argv[++i]);
            if (w->of == NULL) {
                reply_error(call->reply, "ERR No heap has that name. MEMORY MALLOC-STATS lists them.");
                return false;
            }
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

/* PURGE: the caller waits, where it may; ASYNC: nobody does, the reply is the job's id. */
static void cmd_memory_purge(struct call *call) {
    struct purge_wish w = {0};
    if (call->argc == 3 && call_arg_is(call, 2, "status")) {
        purge_status(call);
        return;
    }
    if (!purge_options(call, &w)) return;
    bool     waits = !w.async && call->may_block;
    uint64_t id = purge_start(call->engine->purge, w.of, waits ? call->session : NULL);
    if (id == 0)
        reply_error(call->reply, "ERR Too many purges are waiting already");
    else if (w.async)
        reply_uint(call->reply, id);
    else if (!waits)
        reply_ok(call->reply);
}

/* --- JOBS ---------------------------------------------------------------------------------- */

struct jobs_reply {
    struct reply *reply;
    uint64_t      now_us;
    size_t        count;
};

static void reply_job(const struct bio_job *job, void *arg) {
    static const char *const kinds[] = {"free", "purge", "close", "survey"};
    struct jobs_reply       *j = arg;
    struct reply            *r = j->reply;
    j->count++;
    reply_map(r, 7);
    stat_u64(r, "id", job->id);
    reply_bulk_str(r, "kind");
    reply_bulk_str(r, kinds[job->kind]);
    reply_bulk_str(r, "reason");
    reply_bulk_str(r, job->what);
    reply_bulk_str(r, "subject");
    reply_bulk_str(r, job->subject);
    stat_u64(r, "bytes-done", job->bytes_done);
    stat_u64(r, "bytes-total", job->bytes_total);
    stat_u64(r, "age-ms", j->now_us > job->submitted_us ? (j->now_us - job->submitted_us) / 1000 : 0);
}

/* Kind by kind, the oldest first. A queue may hold very many: the first of them are shown. */
static void cmd_memory_jobs(struct call *call) {
    struct jobs_reply     j = {.reply = call->reply, .now_us = clock_mono_us()};
    struct reply_deferred d = reply_begin(call->reply);
    for (int kind = 0; kind < BIO_KINDS; kind++)
        bio_peek(call->engine->bio, kind, JOBS_SHOWN_MAX, reply_job, &j);
    reply_end_array(call->reply, d, j.count);
}

static void cmd_memory_help(struct call *call) {
    static const char *const lines[] = {
        "DOCTOR",
        "    Return memory problems reports.",
        "JOBS",
        "    Return what background threads are freeing and giving back, with progress. Of a",
        "    long queue the first 128 are shown.",
        "MALLOC-STATS",
        "    Return internal statistics report from the memory allocator.",
        "PURGE [HEAP <name>] [ASYNC|STATUS]",
        "    Attempt to purge dirty pages for reclamation by the allocator, of all heaps or",
        "    of one. ASYNC returns the job's id at once, STATUS how far it is.",
        "STATS",
        "    Return information about the memory usage of the server.",
        "USAGE <key> [SAMPLES <count>]",
        "    Return memory in bytes used by <key> and its value. Nested values are",
        "    sampled up to <count> times (default: 5, 0 means sample all).",
        NULL,
    };
    call_help(call, lines);
}

static const struct command memory_subcommands[] = {
    { .name = "doctor", .handler = cmd_memory_doctor, .arity = 2, .group = GROUP_SERVER,
      .tips = "nondeterministic_output,request_policy:all_shards,response_policy:special",
      .syntax = "", .since = "4.0.0", .complexity = "O(1)",
      .summary = "Returns what is wrong with the server's memory and what to do about it." },
    { .name = "help", .handler = cmd_memory_help, .arity = 2, .group = GROUP_SERVER,
      .flags = CMD_LOADING | CMD_STALE, .syntax = "", .since = "4.0.0", .complexity = "O(1)",
      .summary = "Returns what MEMORY's subcommands do." },
    { .name = "jobs", .handler = cmd_memory_jobs, .arity = 2, .group = GROUP_SERVER,
      .tips = "nondeterministic_output,request_policy:all_shards,response_policy:special",
      .syntax = "", .since = "7.2.0", .complexity = "O(N), N = queued jobs",
      .summary = "Returns what background threads free and give back, with progress." },
    { .name = "malloc-stats", .handler = cmd_memory_malloc_stats, .arity = 2, .group = GROUP_SERVER,
      .tips = "nondeterministic_output,request_policy:all_shards,response_policy:special",
      .syntax = "", .since = "4.0.0", .complexity = "Depends on how much memory is allocated",
      .summary = "Returns the allocator's statistics." },
    { .name = "purge", .handler = cmd_memory_purge, .arity = -2, .group = GROUP_SERVER,
      .tips = "request_policy:all_shards,response_policy:all_succeeded",
      .syntax = "[HEAP name] [ASYNC | STATUS]", .since = "4.0.0",
      .complexity = "O(N), N = free pages. Only the client that asks waits",
      .summary = "Gives free pages back to the operating system." },
    { .name = "stats", .handler = cmd_memory_stats, .arity = 2, .group = GROUP_SERVER,
      .tips = "nondeterministic_output,request_policy:all_shards,response_policy:special",
      .syntax = "", .since = "4.0.0", .complexity = "O(1)",
      .summary = "Returns where the server's memory is." },
    { .name = "usage", .handler = cmd_memory_usage, .arity = -3, .group = GROUP_SERVER,
      .flags = CMD_READONLY,
      .keys = {{ .flags = KEY_RO, .first = 2, .last = 0, .step = 1 }},
      .syntax = "key [SAMPLES count]", .since = "4.0.0",
      .complexity = "O(N), N = nodes of the value",
      .summary = "Returns the bytes that a key and its value take." },
    {0},
};

const struct command memory_commands[] = {
    { .name = "memory", .arity = -2, .group = GROUP_SERVER, .subcommands = memory_subcommands,
      .since = "4.0.0", .complexity = "Depends on subcommand.",
      .summary = "A container for the commands that look into memory." },
    {0},
};
