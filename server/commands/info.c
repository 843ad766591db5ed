/* info.c: INFO: its sections and fields in one table, in Redis 7.2's order and with its meanings.
 *
 * A field is a name, a kind and a place in one of the sources: so most of INFO is data, and a field
 * that needs work has a function. What belongs to parts that do not exist (scripts, replication,
 * persistence, cluster) is there with the value that is true of a server without them, because
 * clients and dashboards look for the name. Lines whose number varies (cmdstat_x, db0) come from
 * the section's own function.
 *
 * Start reading at info_sections[], at the foot. */
#include "server/commands/info.h"

#include "alloc/alloc.h"
#include "proto/num.h"
#include "server/core/call.h"
#include "server/core/config.h"
#include "server/core/option.h"
#include "server/ds/text.h"
#include "server/memory/compact.h"
#include "server/memory/giveback.h"
#include "server/memory/lazyfree.h"
#include "server/memory/overview.h"
#include "server/memory/pressure.h"
#include "server/memory/purge.h"
#include "server/memory/reclaim.h"
#include "server/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LRU_CLOCK_MASK 0xffffff

/* What the fields print from. */
struct facts {
    struct engine  *e;
    struct overview memory;
    int64_t  uptime_s, uptime_days, started_s;
    uint64_t recent_max_input, recent_max_output;
    struct lazyfree_status lazyfree;
    struct purge_status    purge;
    struct compact_status  compact;
    struct pressure_status pressure;
    struct giveback_status giveback;
    uint64_t reclaimable_now;
    struct reclaim_status reclaim;
    int64_t  pid;
    struct rusage self, children, thread;
};

/* --- Kinds --------------------------------------------------------------------------------- */

enum field_kind {
    FIELD_TEXT,
    FIELD_U64,
    FIELD_I64,
    FIELD_SIZE,
    FIELD_HUMAN,
    FIELD_RATIO,
    FIELD_PERCENT,
    FIELD_CPU,
    FIELD_FN
};
enum field_source {
    FROM_FACTS,
    FROM_STATS,
    FROM_KEYSPACE_STATS,
    FROM_CONFIG,
    FROM_MEMORY,
    FROM_ENGINE
};

struct field {
    const char       *name;
    enum field_kind   kind;
    enum field_source source;
    size_t            at;
    const char       *text;
    void            (*fn)(const struct facts *f, struct text *out);
};

static const char *source_base(const struct facts *f, enum field_source source) {
    switch (source) {
    case FROM_STATS: return (const char *)&f->e->stats;
    case FROM_KEYSPACE_STATS: return (const char *)&f->e->keyspace.stats;
    case FROM_CONFIG: return (const char *)f->e->config;
    case FROM_MEMORY: return (const char *)&f->memory;
    case FROM_ENGINE: return (const char *)f->e;
    default: return (const char *)f;
    }
}

static void print_human(size_t bytes, struct text *out) {
    char human[32];
    num_format_human(human, bytes);
    text_str(out, human);
}

static void print_field(const struct field *d, const struct facts *f, struct text *out) {
    const void *at = source_base(f, d->source) + d->at;
    text_printf(out, "%s:", d->name);
    switch (d->kind) {
    case FIELD_TEXT: text_str(out, d->text); break;
    case FIELD_U64: text_printf(out, "%" PRIu64, *(const uint64_t *)at); break;
    case FIELD_I64: text_printf(out, "%" PRId64, *(const int64_t *)at); break;
    case FIELD_SIZE: text_printf(out, "%zu", *(const size_t *)at); break;
    case FIELD_HUMAN: print_human(*(const size_t *)at, out); break;
    case FIELD_RATIO: text_printf(out, "%.2f", *(const double *)at); break;
    case FIELD_PERCENT: text_printf(out, "%.2f%%", *(const double *)at); break;
    case FIELD_CPU: {
        const struct timeval *t = at;
        text_printf(out, "%ld.%06ld", (long)t->tv_sec, (long)t->tv_usec);
        break;
    }
    case FIELD_FN: d->fn(f, out); break;
    }
    text_str(out, "\r\n");
}

#define TEXT(name_, text_)       { .name = (name_), .kind = FIELD_TEXT, .text = (text_) }
#define NONE(name_)              TEXT(name_, "0") /* of a part that this server does not have */
#define FN(name_, fn_)           { .name = (name_), .kind = FIELD_FN, .fn = (fn_) }
#define FACT(kind_, name_, at_)  { .name = (name_), .kind = FIELD_##kind_, .source = FROM_FACTS, \
                                   .at = offsetof(struct facts, at_) }
#define STAT(name_, at_)         { .name = (name_), .kind = FIELD_U64, .source = FROM_STATS, \
                                   .at = offsetof(struct stats, at_) }
#define KEYS_STAT(name_, at_)                                                                      \
    {                                                                                              \
        .name = (name_), .kind = FIELD_U64, .source = FROM_KEYSPACE_STATS,                         \
        .at = offsetof(struct keyspace_stats, at_)                                                 \
    }
#define SETTING(kind_, name_, at_)                                                                 \
    {                                                                                              \
        .name = (name_), .kind = FIELD_##kind_, .source = FROM_CONFIG,                             \
        .at = offsetof(struct config, at_)                                                         \
    }
#define MEM(kind_, name_, at_)   { .name = (name_), .kind = FIELD_##kind_, .source = FROM_MEMORY, \
                                   .at = offsetof(struct overview, at_) }
#define ENGINE(name_, at_)       { .name = (name_), .kind = FIELD_U64, .source = FROM_ENGINE, \
                                   .at = offsetof(struct engine, at_) }

/* --- Server -------------------------------------------------------------------------------- */

/* Tells builds apart: the versions and the compiler, hashed (FNV-1a). */
static void fn_build_id(const struct facts *f, struct text *out) {
    uint64_t h = 14695981039346656037ULL;
    (void)f;
    for (const char *p = ASHLAR_VERSION " " ASHLAR_REDIS_VERSION " " __VERSION__; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * 1099511628211ULL;
    text_printf(out, "%016" PRIx64, h);
}

static void fn_os(const struct facts *f, struct text *out) {
    struct utsname u;
    (void)f;
    if (uname(&u) == 0) text_printf(out, "%s %s %s", u.sysname, u.release, u.machine);
}

static void fn_arch_bits(const struct facts *f, struct text *out) {
    (void)f;
    text_printf(out, "%zu", sizeof(long) * 8);
}

static void fn_gcc_version(const struct facts *f, struct text *out) {
    (void)f;
    text_printf(out, "%d.%d.%d", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
}

static void fn_run_id(const struct facts *f, struct text *out) { text_str(out, f->e->run_id); }

static void fn_server_time(const struct facts *f, struct text *out) {
    text_printf(out, "%" PRId64, f->e->clock.wall_us);
}

static void fn_lru_clock(const struct facts *f, struct text *out) {
    text_printf(out, "%" PRId64, (clock_mono_ms(&f->e->clock) / 1000) & LRU_CLOCK_MASK);
}

static void fn_executable(const struct facts *f, struct text *out) {
    char    path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    (void)f;
    if (n > 0) text_add(out, slice_of(path, (size_t)n));
}

static void fn_config_file(const struct facts *f, struct text *out) {
    if (f->e->config->file != NULL) text_str(out, f->e->config->file);
}

static const struct field server_fields[] = {
    TEXT("redis_version", ASHLAR_REDIS_VERSION),
    TEXT("ashlar_version", ASHLAR_VERSION),
    TEXT("redis_git_sha1", "00000000"),
    TEXT("redis_git_dirty", "0"),
    FN("redis_build_id", fn_build_id),
    TEXT("redis_mode", "standalone"),
    FN("os", fn_os),
    FN("arch_bits", fn_arch_bits),
    TEXT("monotonic_clock", "POSIX clock_gettime"),
    TEXT("multiplexing_api", "epoll"),
    TEXT("atomicvar_api", "c11-builtin"),
    FN("gcc_version", fn_gcc_version),
    FACT(I64, "process_id", pid),
    TEXT("process_supervised", "no"),
    FN("run_id", fn_run_id),
    SETTING(I64, "tcp_port", port),
    FN("server_time_usec", fn_server_time),
    FACT(I64, "uptime_in_seconds", uptime_s),
    FACT(I64, "uptime_in_days", uptime_days),
    SETTING(I64, "hz", hz),
    SETTING(I64, "configured_hz", hz),
    FN("lru_clock", fn_lru_clock),
    FN("executable", fn_executable),
    FN("config_file", fn_config_file),
    NONE("io_threads_active"),
    {0},
};

static void print_listeners(const struct facts *f, struct text *out) {
    const struct config *c = f->e->config;
    unsigned             n = 0;
    if (c->port != 0 && c->bind[0] != NULL) {
        text_printf(out, "listener%u:name=tcp", n++);
        for (unsigned i = 0; i < CONFIG_BIND_MAX && c->bind[i] != NULL; i++)
            text_printf(out, ",bind=%s", c->bind[i]);
        text_printf(out, ",port=%" PRId64 "\r\n", c->port);
    }
    if (c->unixsocket[0] != '\0')
        text_printf(out, "listener%u:name=unix,bind=%s\r\n", n, c->unixsocket);
}

/* --- Clients ------------------------------------------------------------------------------- */

static const struct field clients_fields[] = {
    ENGINE("connected_clients", session_count),
    NONE("cluster_connections"),
    SETTING(I64, "maxclients", maxclients),
    FACT(U64, "client_recent_max_input_buffer", recent_max_input),
    FACT(U64, "client_recent_max_output_buffer", recent_max_output),
    ENGINE("blocked_clients", session_blocked),
    NONE("tracking_clients"),
    ENGINE("clients_in_timeout_table", block.due_count),
    ENGINE("total_blocking_keys", block.keys),
    ENGINE("total_blocking_keys_on_nokey", block.keys_when_gone),
    {0},
};

/* --- Memory -------------------------------------------------------------------------------- */

static void fn_policy(const struct facts *f, struct text *out) {
    option_print(option_find(slice_str("maxmemory-policy")), f->e->config, out);
}

/* A limit of the control group; 0: there is none, as maxmemory prints it. */
static void print_limit(uint64_t limit, struct text *out) {
    text_printf(out, "%" PRIu64, limit == CGROUP_NONE ? 0 : limit);
}

static void fn_cgroup_max(const struct facts *f, struct text *out) {
    print_limit(f->pressure.memory.max, out);
}

static void fn_cgroup_high(const struct facts *f, struct text *out) {
    print_limit(f->pressure.memory.high, out);
}

static void fn_defrag_running(const struct facts *f, struct text *out) {
    text_printf(out, "%u", f->compact.running);
}

/* Of maxmemory-rss: over it, and whether what is done about it helps. */
static void fn_rss_state(const struct facts *f, struct text *out) {
    const struct reclaim_status *r = &f->reclaim;
    text_str(out, r->limit == 0 ? "off" : r->vain ? "vain" : r->active ? "working" : "within");
}

/* The rungs of its ladder: how often each gained something, bytes and time in all. */
static void print_rungs(const struct facts *f, struct text *out) {
    const struct reclaim_status *r = &f->reclaim;
    for (unsigned i = 0; i < RECLAIM_RUNGS; i++)
        text_printf(out, "rss_reclaim_%s:available=%d,runs=%" PRIu64 ",bytes=%" PRIu64 ",usec=%" PRIu64
                    "\r\n", reclaim_rung_name(i), r->rung[i].available, r->rung[i].runs,
                    r->rung[i].bytes, r->rung[i].us);
}

static const struct field memory_fields[] = {
    MEM(SIZE, "used_memory", used),
    MEM(HUMAN, "used_memory_human", used),
    MEM(SIZE, "used_memory_rss", rss),
    MEM(HUMAN, "used_memory_rss_human", rss),
    MEM(SIZE, "used_memory_peak", peak),
    MEM(HUMAN, "used_memory_peak_human", peak),
    MEM(PERCENT, "used_memory_peak_perc", peak_perc),
    MEM(SIZE, "used_memory_overhead", overhead),
    MEM(SIZE, "used_memory_startup", startup),
    MEM(SIZE, "used_memory_dataset", dataset),
    MEM(PERCENT, "used_memory_dataset_perc", dataset_perc),
    MEM(SIZE, "allocator_allocated", alloc.allocated),
    MEM(SIZE, "allocator_active", alloc.active),
    MEM(SIZE, "allocator_resident", alloc.resident),
    MEM(SIZE, "allocator_muzzy", alloc.muzzy),
    MEM(SIZE, "total_system_memory", total_system),
    MEM(HUMAN, "total_system_memory_human", total_system),
    NONE("used_memory_lua"),
    NONE("used_memory_vm_eval"),
    TEXT("used_memory_lua_human", "0B"),
    NONE("used_memory_scripts_eval"),
    NONE("number_of_cached_scripts"),
    NONE("number_of_functions"),
    NONE("number_of_libraries"),
    NONE("used_memory_vm_functions"),
    NONE("used_memory_vm_total"),
    TEXT("used_memory_vm_total_human", "0B"),
    NONE("used_memory_functions"),
    NONE("used_memory_scripts"),
    TEXT("used_memory_scripts_human", "0B"),
    SETTING(U64, "maxmemory", maxmemory),
    SETTING(HUMAN, "maxmemory_human", maxmemory),
    FN("maxmemory_policy", fn_policy),
    MEM(RATIO, "allocator_frag_ratio", allocator_frag_ratio),
    MEM(I64, "allocator_frag_bytes", allocator_frag_bytes),
    MEM(RATIO, "allocator_rss_ratio", allocator_rss_ratio),
    MEM(I64, "allocator_rss_bytes", allocator_rss_bytes),
    MEM(RATIO, "rss_overhead_ratio", rss_overhead_ratio),
    MEM(I64, "rss_overhead_bytes", rss_overhead_bytes),
    MEM(RATIO, "mem_fragmentation_ratio", frag_ratio),
    MEM(I64, "mem_fragmentation_bytes", frag_bytes),
    NONE("mem_not_counted_for_evict"),
    NONE("mem_replication_backlog"),
    NONE("mem_total_replication_buffers"),
    NONE("mem_clients_slaves"),
    MEM(SIZE, "mem_clients_normal", clients),
    NONE("mem_cluster_links"),
    NONE("mem_aof_buffer"),
    TEXT("mem_allocator", "ashlar-" ASHLAR_VERSION),
    NONE("mem_overhead_db_hashtable_rehashing"), /* a table never has a second one beside it */
    FN("active_defrag_running", fn_defrag_running),
    FACT(SIZE, "active_defrag_reclaimable_bytes", compact.gain),
    FACT(U64, "lazyfree_pending_objects", lazyfree.pending_objects),
    FACT(U64, "lazyfree_pending_bytes", lazyfree.pending_bytes),
    FACT(U64, "lazyfreed_objects", lazyfree.freed_objects),
    FACT(U64, "lazyfreed_bytes", lazyfree.freed_bytes),
    FACT(U64, "lazyfree_bytes_per_sec", lazyfree.bytes_per_sec),
    FACT(U64, "lazyfree_eta_ms", lazyfree.eta_ms),
    STAT("lazyfree_backpressure_waits", room_waits),
    STAT("lazyfree_backpressure_refusals", room_refusals),
    FACT(U64, "purge_in_progress", purge.waiting),
    FACT(U64, "purge_bytes_total", purge.bytes_total),
    FACT(U64, "purge_bytes_done", purge.bytes_done),
    FACT(U64, "purge_runs", purge.runs),
    FACT(U64, "purge_last_bytes", purge.last_bytes),
    FACT(U64, "purge_last_us", purge.last_us),
    FACT(U64, "purge_max_slice_us", purge.slice_us_max),
    FACT(U64, "reclaimable_now_bytes", reclaimable_now), /* by a purge: dirty, muzzy, parked */
    FACT(U64, "rss_return_waiting_bytes", giveback.waiting),
    FACT(U64, "rss_return_lag_ms", giveback.lag_ms),
    FACT(U64, "rss_return_hurried", giveback.hurried),
    SETTING(I64, "maxmemory_percent", maxmemory_percent),
    SETTING(U64, "maxmemory_rss", maxmemory_rss),
    SETTING(I64, "maxmemory_rss_percent", maxmemory_rss_percent),
    FN("maxmemory_rss_state", fn_rss_state),
    FACT(U64, "maxmemory_rss_refused", reclaim.refused),
    FACT(U64, "maxmemory_rss_evicted_keys", reclaim.evicted_keys),
    FACT(U64, "cgroup_memory_current", pressure.memory.current),
    FN("cgroup_memory_max", fn_cgroup_max),
    FN("cgroup_memory_high", fn_cgroup_high),
    FACT(U64, "cgroup_memory_anon", pressure.memory.anon),
    FACT(U64, "cgroup_memory_file", pressure.memory.file),
    FACT(U64, "cgroup_memory_kernel", pressure.memory.kernel),
    FACT(U64, "cgroup_oom_kills", pressure.memory.oom_kills),
    FACT(RATIO, "memory_pressure_some_avg10", pressure.stall.some_avg10),
    FACT(RATIO, "memory_pressure_some_avg60", pressure.stall.some_avg60),
    FACT(RATIO, "memory_pressure_full_avg10", pressure.stall.full_avg10),
    FACT(U64, "memory_pressure_purges", pressure.purges),
    {0},
};

/* --- Persistence --------------------------------------------------------------------------- */

static const struct field persistence_fields[] = {
    NONE("loading"),
    NONE("async_loading"),
    NONE("current_cow_peak"),
    NONE("current_cow_size"),
    NONE("current_cow_size_age"),
    TEXT("current_fork_perc", "0.00"),
    NONE("current_save_keys_processed"),
    NONE("current_save_keys_total"),
    ENGINE("rdb_changes_since_last_save", dirty),
    NONE("rdb_bgsave_in_progress"),
    FACT(I64, "rdb_last_save_time", started_s), /* as Redis: of the start, until there is a save */
    TEXT("rdb_last_bgsave_status", "ok"),
    TEXT("rdb_last_bgsave_time_sec", "-1"),
    TEXT("rdb_current_bgsave_time_sec", "-1"),
    NONE("rdb_saves"),
    NONE("rdb_last_cow_size"),
    NONE("rdb_last_load_keys_expired"),
    NONE("rdb_last_load_keys_loaded"),
    NONE("aof_enabled"),
    NONE("aof_rewrite_in_progress"),
    NONE("aof_rewrite_scheduled"),
    TEXT("aof_last_rewrite_time_sec", "-1"),
    TEXT("aof_current_rewrite_time_sec", "-1"),
    TEXT("aof_last_bgrewrite_status", "ok"),
    NONE("aof_rewrites"),
    NONE("aof_rewrites_consecutive_failures"),
    TEXT("aof_last_write_status", "ok"),
    NONE("aof_last_cow_size"),
    NONE("module_fork_in_progress"),
    NONE("module_fork_last_cow_size"),
    {0},
};

/* --- Stats --------------------------------------------------------------------------------- */

static void fn_ops(const struct facts *f, struct text *out) {
    text_printf(out, "%.0f", stats_rate_per_sec(&f->e->stats, RATE_COMMANDS));
}

static void fn_input_kbps(const struct facts *f, struct text *out) {
    text_printf(out, "%.2f", stats_rate_per_sec(&f->e->stats, RATE_NET_IN) / 1024);
}

static void fn_output_kbps(const struct facts *f, struct text *out) {
    text_printf(out, "%.2f", stats_rate_per_sec(&f->e->stats, RATE_NET_OUT) / 1024);
}

static void fn_stale_perc(const struct facts *f, struct text *out) {
    text_printf(out, "%.2f", (double)f->e->keyspace.stats.expired_stale_perc_x100 / 100);
}

static void fn_expire_cpu(const struct facts *f, struct text *out) {
    text_printf(out, "%" PRIu64, f->e->keyspace.stats.expire_cycle_us / 1000);
}

static void fn_loop_turns(const struct facts *f, struct text *out) {
    text_printf(out, "%.0f", stats_rate_per_sec(&f->e->stats, RATE_LOOP_TURNS));
}

static void fn_loop_us(const struct facts *f, struct text *out) {
    double turns = stats_rate_per_sec(&f->e->stats, RATE_LOOP_TURNS);
    double us = stats_rate_per_sec(&f->e->stats, RATE_LOOP_US);
    text_printf(out, "%.0f", turns > 0 ? us / turns : 0);
}

static uint64_t over_limit_now_us(const struct engine *e) {
    uint64_t since_us = e->stats.over_limit_since_us;
    return since_us != 0 ? e->clock.mono_us - since_us : 0;
}

static void fn_over_limit_total(const struct facts *f, struct text *out) {
    uint64_t us = f->e->stats.over_limit_us + over_limit_now_us(f->e);
    text_printf(out, "%" PRIu64, us / 1000);
}

static void fn_over_limit_now(const struct facts *f, struct text *out) {
    text_printf(out, "%" PRIu64, over_limit_now_us(f->e) / 1000);
}

static void fn_defrag_now(const struct facts *f, struct text *out) {
    uint64_t since_us = f->compact.over_since_us;
    text_printf(out, "%" PRIu64, since_us != 0 ? (f->e->clock.mono_us - since_us) / 1000 : 0);
}

static void fn_defrag_total(const struct facts *f, struct text *out) {
    uint64_t since_us = f->compact.over_since_us, us = f->compact.over_us;
    if (since_us != 0) us += f->e->clock.mono_us - since_us;
    text_printf(out, "%" PRIu64, us / 1000);
}

static const struct field stats_fields[] = {
    STAT("total_connections_received", connections_received),
    STAT("total_commands_processed", commands_processed),
    FN("instantaneous_ops_per_sec", fn_ops),
    STAT("total_net_input_bytes", net_in),
    STAT("total_net_output_bytes", net_out),
    NONE("total_net_repl_input_bytes"),
    NONE("total_net_repl_output_bytes"),
    FN("instantaneous_input_kbps", fn_input_kbps),
    FN("instantaneous_output_kbps", fn_output_kbps),
    TEXT("instantaneous_input_repl_kbps", "0.00"),
    TEXT("instantaneous_output_repl_kbps", "0.00"),
    STAT("rejected_connections", connections_rejected),
    NONE("sync_full"),
    NONE("sync_partial_ok"),
    NONE("sync_partial_err"),
    KEYS_STAT("expired_subkeys", expired_fields),
    KEYS_STAT("expired_keys", expired),
    FN("expired_stale_perc", fn_stale_perc),
    KEYS_STAT("expired_time_cap_reached_count", expire_cap_reached),
    FN("expire_cycle_cpu_milliseconds", fn_expire_cpu),
    KEYS_STAT("evicted_keys", evicted),
    STAT("evicted_clients", clients_evicted),
    FN("total_eviction_exceeded_time", fn_over_limit_total),
    FN("current_eviction_exceeded_time", fn_over_limit_now),
    KEYS_STAT("keyspace_hits", hits),
    KEYS_STAT("keyspace_misses", misses),
    NONE("pubsub_channels"),
    NONE("pubsub_patterns"),
    NONE("pubsubshard_channels"),
    NONE("latest_fork_usec"),
    NONE("total_forks"),
    NONE("migrate_cached_sockets"),
    NONE("slave_expires_tracked_keys"),
    FACT(U64, "active_defrag_hits", compact.hits),
    FACT(U64, "active_defrag_misses", compact.misses),
    FACT(U64, "active_defrag_key_hits", compact.key_hits),
    FACT(U64, "active_defrag_key_misses", compact.key_misses),
    FN("total_active_defrag_time", fn_defrag_total),
    FN("current_active_defrag_time", fn_defrag_now),
    FACT(U64, "active_defrag_passes", compact.passes),
    FACT(U64, "active_defrag_keys_looked_up", compact.looked_up),
    FACT(U64, "active_defrag_bytes_moved", compact.bytes_moved),
    FACT(U64, "active_defrag_bytes_returned", compact.bytes_returned),
    FACT(U64, "active_defrag_cpu_us", compact.work_us),
    FACT(U64, "active_defrag_max_slice_us", compact.slice_us_max),
    NONE("tracking_total_keys"),
    NONE("tracking_total_items"),
    NONE("tracking_total_prefixes"),
    STAT("unexpected_error_replies", unexpected_errors),
    STAT("total_error_replies", errors),
    NONE("dump_payload_sanitizations"),
    STAT("total_reads_processed", reads),
    STAT("total_writes_processed", writes),
    NONE("io_threaded_reads_processed"),
    NONE("io_threaded_writes_processed"),
    NONE("reply_buffer_shrinks"),
    NONE("reply_buffer_expands"),
    STAT("eventloop_cycles", loop_turns),
    STAT("eventloop_duration_sum", loop_us),
    STAT("eventloop_duration_cmd_sum", loop_us_commands),
    STAT("eventloop_duration_max", loop_us_max),
    STAT("eventloop_cpu_max", loop_cpu_us_max),
    FN("instantaneous_eventloop_cycles_per_sec", fn_loop_turns),
    FN("instantaneous_eventloop_duration_usec", fn_loop_us),
    STAT("acl_access_denied_auth", acl_denied_auth),
    NONE("acl_access_denied_cmd"),
    NONE("acl_access_denied_key"),
    NONE("acl_access_denied_channel"),
    STAT("client_query_buffer_limit_disconnections", query_limit_closed),
    STAT("client_output_buffer_limit_disconnections", output_limit_closed),
    {0},
};

/* --- Replication, CPU, cluster ------------------------------------------------------------- */

static void fn_replid(const struct facts *f, struct text *out) { text_str(out, f->e->repl_id); }

static const struct field replication_fields[] = {
    TEXT("role", "master"),
    NONE("connected_slaves"),
    TEXT("master_failover_state", "no-failover"),
    FN("master_replid", fn_replid),
    TEXT("master_replid2", "0000000000000000000000000000000000000000"),
    NONE("master_repl_offset"),
    TEXT("second_repl_offset", "-1"),
    NONE("repl_backlog_active"),
    NONE("repl_backlog_size"),
    NONE("repl_backlog_first_byte_offset"),
    NONE("repl_backlog_histlen"),
    {0},
};

static const struct field cpu_fields[] = {
    FACT(CPU, "used_cpu_sys", self.ru_stime),
    FACT(CPU, "used_cpu_user", self.ru_utime),
    FACT(CPU, "used_cpu_sys_children", children.ru_stime),
    FACT(CPU, "used_cpu_user_children", children.ru_utime),
    FACT(CPU, "used_cpu_sys_main_thread", thread.ru_stime),
    FACT(CPU, "used_cpu_user_main_thread", thread.ru_utime),
    {0},
};

static const struct field cluster_fields[] = {NONE("cluster_enabled"), {0}};

/* --- Sections whose lines vary ------------------------------------------------------------- */

static void print_commandstats(const struct facts *f, struct text *out) {
    char name[64];
    for (unsigned id = 0; id < f->e->stats.command_count; id++) {
        const struct command_stats *s = &f->e->stats.command[id];
        if (s->calls == 0 && s->failed == 0 && s->rejected == 0) continue;
        command_full_name(command_by_id(f->e->commands, id), name, sizeof name);
        text_printf(out,
                    "cmdstat_%s:calls=%" PRIu64 ",usec=%" PRIu64 ",usec_per_call=%.2f,"
                    "rejected_calls=%" PRIu64 ",failed_calls=%" PRIu64 "\r\n",
                    name, s->calls, s->usec,
                    s->calls == 0 ? 0.0 : (double)s->usec / (double)s->calls, s->rejected,
                    s->failed);
    }
}

static void print_errorstats(const struct facts *f, struct text *out) {
    const struct stats *s = &f->e->stats;
    for (unsigned i = 0; i < s->error_kinds; i++)
        text_printf(out, "errorstat_%s:count=%" PRIu64 "\r\n", s->error[i].code, s->error[i].count);
}

static void print_latencystats(const struct facts *f, struct text *out) {
    const struct config *c = f->e->config;
    char                 name[64];
    if (!c->latency_tracking) return;
    for (unsigned id = 0; id < f->e->stats.command_count; id++) {
        const struct command_stats *s = &f->e->stats.command[id];
        if (s->histogram == NULL) continue;
        command_full_name(command_by_id(f->e->commands, id), name, sizeof name);
        text_printf(out, "latency_percentiles_usec_%s:", name);
        for (unsigned i = 0; i < c->latency_tracking_percentile_count; i++) {
            double share = c->latency_tracking_percentiles[i];
            text_printf(out, "%sp%.10g=%.3f", i > 0 ? "," : "", share,
                        stats_percentile(s, share / 100));
        }
        text_str(out, "\r\n");
    }
}

static void print_keyspace(const struct facts *f, struct text *out) {
    for (unsigned i = 0; i < f->e->keyspace.count; i++) {
        const struct db *db = &f->e->keyspace.db[i];
        if (db->keys.count == 0 && db->expires.count == 0) continue;
        text_printf(out, "db%u:keys=%" PRIu64 ",expires=%" PRIu64 ",avg_ttl=%" PRId64
                    ",subexpiry=%" PRIu64 "\r\n",
                    i, db->keys.count, db->expires.count, db->avg_ttl_ms, db->fields_due.count);
    }
}

/* --- The table ----------------------------------------------------------------------------- */

enum { SECTION_DEFAULT = 1, SECTION_ALL = 2 };

static const struct section {
    const char         *name, *title;
    unsigned            in;
    const struct field *fields;
    void              (*lines)(const struct facts *f, struct text *out); /* after the fields */
} info_sections[] = {
    {"server", "Server", SECTION_DEFAULT | SECTION_ALL, server_fields, print_listeners},
    {"clients", "Clients", SECTION_DEFAULT | SECTION_ALL, clients_fields, NULL},
    {"memory", "Memory", SECTION_DEFAULT | SECTION_ALL, memory_fields, print_rungs},
    {"persistence", "Persistence", SECTION_DEFAULT | SECTION_ALL, persistence_fields, NULL},
    {"stats", "Stats", SECTION_DEFAULT | SECTION_ALL, stats_fields, NULL},
    {"replication", "Replication", SECTION_DEFAULT | SECTION_ALL, replication_fields, NULL},
    {"cpu", "CPU", SECTION_DEFAULT | SECTION_ALL, cpu_fields, NULL},
    {"module_list", "Modules", SECTION_DEFAULT | SECTION_ALL, NULL, NULL},
    {"commandstats", "Commandstats", SECTION_ALL, NULL, print_commandstats},
    {"errorstats", "Errorstats", SECTION_DEFAULT | SECTION_ALL, NULL, print_errorstats},
    {"latencystats", "Latencystats", SECTION_ALL, NULL, print_latencystats},
    {"cluster", "Cluster", SECTION_DEFAULT | SECTION_ALL, cluster_fields, NULL},
    {"keyspace", "Keyspace", SECTION_DEFAULT | SECTION_ALL, NULL, print_keyspace},
};
#define SECTION_COUNT (sizeof info_sections / sizeof info_sections[0])

/* 40 hexadecimal digits from the kernel's generator, once. */
static void make_id(char *id) {
    unsigned char bytes[20];
    if (id[0] != '\0' || getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return;
    for (size_t i = 0; i < sizeof bytes; i++) sprintf(id + 2 * i, "%02x", bytes[i]);
}

static void gather_sessions(struct facts *f) {
    for (const struct session *s = f->e->first; s != NULL; s = s->next) {
        uint64_t in = s->io.in_bytes + s->io.in_free, out = s->out.footprint;
        if (in > f->recent_max_input) f->recent_max_input = in;
        if (out > f->recent_max_output) f->recent_max_output = out;
    }
}

static void gather(struct engine *e, struct facts *f) {
    *f = (struct facts){.e = e, .pid = getpid()};
    make_id(e->run_id);
    make_id(e->repl_id);
    overview_read(e, &f->memory);
    gather_sessions(f);
    f->started_s = e->stats.started_wall_ms / 1000;
    f->uptime_s = (clock_mono_ms(&e->clock) - e->stats.started_mono_ms) / 1000;
    f->uptime_days = f->uptime_s / 86400;
    if (e->lazyfree != NULL) {
        lazyfree_read(e->lazyfree, &f->lazyfree);
        purge_read(e->purge, &f->purge);
        compact_read(e->compact, &f->compact);
        f->pressure = *pressure_read(e->pressure);
        giveback_read(e->giveback, e->clock.mono_us, &f->giveback);
        f->reclaimable_now = ash_purgeable();
        reclaim_read(e->reclaim, &f->reclaim);
    }
    getrusage(RUSAGE_SELF, &f->self);
    getrusage(RUSAGE_CHILDREN, &f->children);
    getrusage(RUSAGE_THREAD, &f->thread);
}

static unsigned group_of(struct slice name) {
    if (slice_eq_nocase(name, "all") || slice_eq_nocase(name, "everything")) return SECTION_ALL;
    if (slice_eq_nocase(name, "default")) return SECTION_DEFAULT;
    return 0;
}

static bool is_wanted(const struct section *s, const struct slice *names, unsigned count) {
    if (count == 0) return s->in & SECTION_DEFAULT;
    for (unsigned i = 0; i < count; i++)
        if ((s->in & group_of(names[i])) || slice_eq_nocase(names[i], s->name)) return true;
    return false;
}

void info_print(struct engine *e, const struct slice *names, unsigned count, struct text *out) {
    struct facts f;
    gather(e, &f);
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const struct section *s = &info_sections[i];
        if (!is_wanted(s, names, count)) continue;
        text_printf(out, "%s# %s\r\n", out->len > 0 ? "\r\n" : "", s->title);
        for (const struct field *d = s->fields; d != NULL && d->name != NULL; d++)
            print_field(d, &f, out);
        if (s->lines != NULL) s->lines(&f, out);
    }
}

void cmd_info(struct call *call) {
    struct text text;
    text_init(&text, call->engine->heaps.server);
    info_print(call->engine, call->argv + 1, call->argc - 1, &text);
    reply_verbatim(call->reply, "txt", text_slice(&text));
    text_fini(&text);
}
