/* config.h: every option, in one typed table: name, kind, bounds, default, where it is stored, how
 * a change takes effect. The file, the command line, CONFIG GET, SET and REWRITE are all derived.
 *
 * Values are read as plain fields: config->maxmemory. Only config.c writes them.
 * CONFIG SET of several options is all or nothing: all are parsed, then applied, and on a failing
 * apply the earlier ones are put back.
 * Locking: the engine thread alone. Strings are owned by the config (server heap), never NULL. */
#ifndef ASHLAR_SERVER_CORE_CONFIG_H
#define ASHLAR_SERVER_CORE_CONFIG_H

#include "proto/buf.h"
#include "server/types/value.h"

struct ash_heap;

#define CONFIG_BIND_MAX 16
#define CONFIG_PERCENTILES_MAX 16

enum config_policy { POLICY_VOLATILE_LRU, POLICY_VOLATILE_LFU, POLICY_VOLATILE_RANDOM,
    POLICY_VOLATILE_TTL, POLICY_ALLKEYS_LRU, POLICY_ALLKEYS_LFU, POLICY_ALLKEYS_RANDOM,
    POLICY_NOEVICTION };
enum config_protection { PROTECT_NO, PROTECT_YES, PROTECT_LOCAL };

struct output_limit { uint64_t hard, soft; int64_t soft_seconds; };
enum client_class { CLIENT_NORMAL, CLIENT_REPLICA, CLIENT_PUBSUB, CLIENT_CLASSES };

struct config {
    /* network */
    char    *bind[CONFIG_BIND_MAX]; /* NULL after the last; "-" prefix: may be missing; "*" any */
    int64_t  port, tcp_backlog, tcp_keepalive, timeout, maxclients, unixsocketperm;
    char    *unixsocket;            /* "": none */
    bool     protected_mode;
    char    *requirepass;           /* "": none */
    uint64_t proto_max_bulk_len, client_query_buffer_limit;
    struct output_limit output_limit[CLIENT_CLASSES];
    /* process */
    bool     daemonize;
    char *pidfile, *logfile, *dir;  /* dir: the working directory, entered as the option is read */
    int      loglevel;              /* enum log_level */
    bool     crash_log_enabled;
    int64_t  databases, hz;
    bool     dynamic_hz, set_proc_title;
    int      enable_debug_command, enable_protected_configs; /* enum config_protection */
    /* memory */
    uint64_t maxmemory, maxmemory_clients; /* in bytes, however they were given */
    int64_t  maxmemory_percent;            /* of memory_base, or 0: it was given in bytes */
    int64_t  maxmemory_clients_percent;    /* of maxmemory, or 0: it was given in bytes */
    uint64_t memory_base;                  /* what there can be for this process: config_memory_base */
    uint64_t maxmemory_rss;                /* resident bytes; 0: no limit */
    int64_t  maxmemory_rss_percent;        /* of memory_base, or 0: it was given in bytes */
    int      maxmemory_policy;
    int64_t  maxmemory_samples, maxmemory_eviction_tenacity, lfu_log_factor, lfu_decay_time;
    bool     lazyfree_lazy_eviction, lazyfree_lazy_expire, lazyfree_lazy_server_del,
             lazyfree_lazy_user_del, lazyfree_lazy_user_flush;
    bool     replica_lazy_flush;
    uint64_t lazyfree_large_bytes;
    int64_t  lazyfree_backpressure_ms;
    int64_t  active_expire_effort;
    bool     activedefrag;
    uint64_t active_defrag_ignore_bytes;
    int64_t  active_defrag_threshold_lower, active_defrag_threshold_upper;
    int64_t  active_defrag_cycle_min, active_defrag_cycle_max, active_defrag_max_scan_fields;
    int64_t  dirty_decay_ms, muzzy_decay_ms; /* the allocator's */
    int64_t  rss_return_target_ms;           /* of the databases' heaps in its place; -1: that */
    bool     jemalloc_bg_thread;             /* the purger thread, under the name users know */
    /* types */
    struct type_limits types;
    uint64_t hll_sparse_max_bytes;
    /* watching */
    int64_t  slowlog_log_slower_than, slowlog_max_len, latency_monitor_threshold;
    bool     latency_tracking;
    double   latency_tracking_percentiles[CONFIG_PERCENTILES_MAX];
    unsigned latency_tracking_percentile_count;
    /* persistence: read by clients and tools; nothing is saved yet, so save is empty */
    char    *save;
    bool     appendonly;

    /* --- config.c's own --- */
    struct ash_heap *heap;
    char            *file;          /* absolute path of the file read, or NULL */
    struct config_state *state;
};

/* How a change reaches the parts: called after the field is set; false with *error set: put back.
 */
typedef bool (*config_apply)(void *arg, const char **error);

struct config *config_new(struct ash_heap *heap);
void           config_free(struct config **c);
/* What happens when the option changes at run time. config.c itself sees to dir, loglevel, the
 * decay times and jemalloc-bg-thread. main registers: bind, port, maxclients, maxmemory,
 * maxmemory-policy, lfu-log-factor, lfu-decay-time, hz, timeout, tcp-keepalive, crash-log-enabled
 * and whatever else must act at once. One apply registered for several options runs once for a
 * CONFIG SET. */
void           config_on_change(struct config *c, const char *name, config_apply apply, void *arg);

/* The memory that this process may have at most, of which maxmemory may be a share: the machine's, or
 * its control group's. True: maxmemory is another now. */
bool           config_memory_base(struct config *c, uint64_t bytes);

/* As redis-server: [file] [--option value ...] [-]. On failure prints Redis's FATAL CONFIG FILE
 * ERROR block to stderr with line and text, and returns false. */
bool config_load(struct config *c, int argc, char **argv);
/* Puts the process-wide settings to work: log level, decay times, purger thread. Once, after the
 * server has become a daemon (a thread does not live through that). False: log names the option. */
bool config_start(struct config *c);
/* Replies pairs for the patterns; commands/config.c does it through this walk. value is text. */
void config_match(const struct config *c, const struct slice *patterns, unsigned count,
                  void (*fn)(const char *name, struct slice value, void *arg), void *arg);
struct config_pair { struct slice name, value; };
/* Redis's error text (behind "ERR ") into error on failure. */
bool config_set(struct config *c, const struct config_pair *pairs, unsigned count, char *error,
                size_t error_cap);
/* Rewrites the file in place (temp file, fsync, rename), keeping comments and order. */
bool config_rewrite(struct config *c, char *error, size_t error_cap);

#endif
