/* main.c: builds every part, ties them together, runs the loop, takes them apart.
 *
 * The only file that knows all of them. The order matters: configuration before everything that reads
 * it, becoming a daemon before the first thread, heaps before what lives in them.
 *
 * Start reading at main(). */
#include "alloc/alloc.h"
#include "server/commands/table.h"
#include "server/core/bio.h"
#include "server/core/config.h"
#include "server/core/crash.h"
#include "server/core/engine.h"
#include "server/core/evict.h"
#include "server/core/latency.h"
#include "server/core/log.h"
#include "server/core/session.h"
#include "server/core/slowlog.h"
#include "server/cron.h"
#include "server/ds/hash.h"
#include "server/memory/compact.h"
#include "server/memory/giveback.h"
#include "server/memory/lazyfree.h"
#include "server/memory/pressure.h"
#include "server/memory/procmem.h"
#include "server/memory/purge.h"
#include "server/memory/reclaim.h"
#include "server/net/conn.h"
#include "server/net/listener.h"
#include "server/net/loop.h"
#include "server/process.h"
#include "server/version.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define FILES_RESERVED 32 /* descriptors that are not clients */

struct server {
    struct engine engine;
    struct loop  *loop;
    struct cron   cron;
};

/* --- Before the configuration ---------------------------------------------------------------- */

static const char usage[] =
    "Usage: ashlar-server [/path/to/redis.conf] [options] [-]\n"
    "       ashlar-server - (read config from stdin)\n"
    "       ashlar-server -v or --version\n"
    "       ashlar-server -h or --help\n"
    "\n"
    "Examples:\n"
    "       ashlar-server (run the server with the default configuration)\n"
    "       echo 'maxmemory 128mb' | ashlar-server -\n"
    "       ashlar-server /etc/ashlar/6379.conf\n"
    "       ashlar-server --port 7777 --unixsocket /run/ashlar.sock\n"
    "       ashlar-server /etc/ashlar/6379.conf --loglevel verbose -\n";

/* -v and -h are answered here. True: that was all. */
static bool answer_and_leave(int argc, char **argv) {
    if (argc != 2) return false;
    if (strcmp(argv[1], "-v") == 0 || strcmp(argv[1], "--version") == 0)
        printf("Ashlar server v=%s redis=%s malloc=ashlar bits=%zu\n", ASHLAR_VERSION,
               ASHLAR_REDIS_VERSION, sizeof(void *) * 8);
    else if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
        fputs(usage, stdout);
    else
        return false;
    return true;
}

static void random_bytes(void *out, size_t len) {
    if (getrandom(out, len, 0) != (ssize_t)len) PANIC("no random bytes: %s", strerror(errno));
}

/* Nobody outside may know how keys hash, nor which keys are sampled. */
static void randomness_init(struct engine *e) {
    unsigned char secret[HASH_SECRET_SIZE];
    uint64_t      seed;
    random_bytes(secret, sizeof secret);
    random_bytes(&seed, sizeof seed);
    hash_secret_set(secret);
    rand_seed(&e->rand, seed);
}

/* --- What a change of the configuration does ------------------------------------------------- */

static bool apply_listen(void *arg, const char **error) {
    struct server *s = arg;
    *error = "Unable to listen on this port or address. Check the server log.";
    return listener_update(s->loop);
}

/* Raises the limit of open files to what maxclients needs. False: it cannot be had. */
static bool apply_maxclients(void *arg, const char **error) {
    struct server *s = arg;
    *error = "The operating system is not able to handle the specified number of clients";
    uint64_t wanted = (uint64_t)s->engine.config->maxclients + FILES_RESERVED;
    return process_files_raise(wanted) >= wanted;
}

static bool apply_maxmemory(void *arg, const char **error) {
    const struct server *s = arg;
    uint64_t             limit = s->engine.config->maxmemory;
    (void)error;
    if (limit != 0 && ash_used() > limit)
        log_warning("WARNING: the new maxmemory value set via CONFIG SET (%llu) is smaller than the "
                    "current memory usage (%zu). This will result in key eviction and/or the "
                    "inability to accept new write commands depending on the maxmemory-policy.",
                    (unsigned long long)limit, ash_used());
    return true;
}

static bool apply_access_clock(void *arg, const char **error) {
    struct server       *s = arg;
    const struct config *cfg = s->engine.config;
    struct keyspace     *ks = &s->engine.keyspace;
    (void)error;
    bool lfu = cfg->maxmemory_policy == POLICY_ALLKEYS_LFU ||
               cfg->maxmemory_policy == POLICY_VOLATILE_LFU;
    ks->lfu_log_factor = cfg->lfu_log_factor;
    ks->lfu_decay_time = cfg->lfu_decay_time;
    if (lfu != (ks->lfu != 0)) keyspace_set_lfu(ks, lfu);
    return true;
}

static bool apply_return_target(void *arg, const char **error) {
    struct server *s = arg;
    int64_t        ms = s->engine.config->rss_return_target_ms;
    (void)error;
    keyspace_set_return_ms(&s->engine.keyspace, ms >= 0 ? ms : ASH_DECAY_SHARED);
    return true;
}

static bool apply_rss_limit(void *arg, const char **error) {
    struct server *s = arg;
    uint64_t       limit = s->engine.config->maxmemory_rss;
    size_t         rss = procmem_rss();
    (void)error;
    reclaim_limit(s->engine.reclaim);
    if (limit != 0 && rss > limit)
        log_warning("The new maxmemory-rss (%llu) is less than what is resident now (%zu): memory is "
                    "given back, and keys are evicted if that does not suffice.",
                    (unsigned long long)limit, rss);
    return true;
}

/* A client takes about a microsecond. */
static void shrink_clients(void *arg, uint64_t max_us) {
    conn_shrink(((struct server *)arg)->loop, max_us);
}

static void tick_soon(void *arg) { loop_tick_soon(((struct server *)arg)->loop); }

static bool apply_keepalive(void *arg, const char **error) {
    (void)error;
    conn_keepalive_all(((struct server *)arg)->loop);
    return true;
}

static bool apply_crash_log(void *arg, const char **error) {
    (void)error;
    crash_enable(((struct server *)arg)->engine.config->crash_log_enabled);
    return true;
}

static void changes_register(struct server *s) {
    static const struct {
        const char  *name;
        config_apply apply;
    } changes[] = {
        {"bind", apply_listen},
        {"port", apply_listen},
        {"maxclients", apply_maxclients},
        {"maxmemory", apply_maxmemory},
        {"maxmemory-policy", apply_access_clock},
        {"lfu-log-factor", apply_access_clock},
        {"lfu-decay-time", apply_access_clock},
        {"maxmemory-rss", apply_rss_limit},
        {"rss-return-target-ms", apply_return_target},
        {"tcp-keepalive", apply_keepalive},
        {"crash-log-enabled", apply_crash_log},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        config_on_change(s->engine.config, changes[i].name, changes[i].apply, s);
}

/* --- Building -------------------------------------------------------------------------------- */

/* Fewer open files than maxclients needs: fewer clients then. False: not even those. */
static bool open_files_adjust(struct engine *e) {
    uint64_t wanted = (uint64_t)e->config->maxclients + FILES_RESERVED;
    uint64_t have = process_files_raise(wanted);
    if (have >= wanted) return true;
    if (have <= FILES_RESERVED) {
        log_warning("Your current 'ulimit -n' of %llu is not enough for the server to start. Please "
                    "increase your open file limit to at least %llu. Exiting.",
                    (unsigned long long)have, (unsigned long long)wanted);
        return false;
    }
    char clients[24], error[256];
    snprintf(clients, sizeof clients, "%llu", (unsigned long long)(have - FILES_RESERVED));
    log_warning("You requested maxclients of %lld requiring at least %llu max file descriptors.",
                (long long)e->config->maxclients, (unsigned long long)wanted);
    log_warning("Current maximum open files is %llu. maxclients has been reduced to %s to compensate "
                "for low ulimit. If you need higher maxclients increase 'ulimit -n'.",
                (unsigned long long)have, clients);
    struct config_pair pair = {slice_str("maxclients"), slice_str(clients)};
    return config_set(e->config, &pair, 1, error, sizeof error);
}

static void engine_stop(struct engine *e) { loop_stop(e->net); }

static int64_t on_tick(void *arg) { return cron_tick(&((struct server *)arg)->cron); }

static void on_woken(void *arg) {
    struct server *s = arg;
    int            signo = process_signal_got();
    if (signo == 0 || s->engine.shutdown_asap) return;
    log_warning("Received %s scheduling shutdown...", signo == SIGINT ? "SIGINT" : "SIGTERM");
    log_warning("User requested shutdown...");
    s->engine.shutdown_asap = true;
}

static size_t urge_compaction(void *arg, uint64_t max_us) {
    return compact_urgent(((struct server *)arg)->engine.compact, max_us);
}

/* The parts, each from those before it. */
static void server_build(struct server *s) {
    struct engine *e = &s->engine;
    clock_init(&e->clock, NULL);
    randomness_init(e);
    e->commands = command_table_new(command_families);
    stats_init(&e->stats, e->heaps.server, command_table_ids(e->commands));
    e->stats.started_wall_ms = e->clock.wall_ms;
    e->stats.started_mono_ms = clock_mono_ms(&e->clock);
    e->slowlog = slowlog_new(e->heaps.server);
    e->latency = latency_new(e->heaps.server);
    s->loop = loop_new(e, (struct loop_hooks){.tick = on_tick, .woken = on_woken, .arg = s});
    e->net = s->loop;
    e->stop = engine_stop;
    e->bio = bio_new(e->heaps.server, loop_wake, s->loop);
    e->lazyfree = lazyfree_new(e->heaps.server, e->bio, e->config);
    e->purge = purge_new(e->heaps.server, e->bio);
    e->compact = compact_new(e->heaps.server, &e->keyspace, e->config);
    e->pressure = pressure_new(e->heaps.server, e->bio, e->config, e->purge, "");
    keyspace_init(&e->keyspace, (unsigned)e->config->databases, e->heaps.server, &e->clock,
                  &e->config->types, &e->rand,
                  (struct keyspace_hooks){.arg = e->lazyfree,
                                          .discard = lazyfree_discard,
                                          .drop = lazyfree_drop,
                                          .drop_keys = lazyfree_drop_keys,
                                          .listener = e,
                                          .changed = block_key_changed,
                                          .replaced = block_db_replaced});
    e->giveback = giveback_new(e);
    e->reclaim = reclaim_new(e, &(struct reclaim_hooks){.arg = s, .rss = procmem_rss,
                                                        .shrink = shrink_clients,
                                                        .soon = tick_soon,
                                                        .compact = urge_compaction});
    const char *error;
    apply_rss_limit(s, &error);
    apply_access_clock(s, &error);
    apply_return_target(s, &error);
    cron_init(&s->cron, e, s->loop);
    changes_register(s);
}

/* --- Starting -------------------------------------------------------------------------------- */

static void greet(const struct config *cfg, const char *program) {
    log_warning("oO0OoO0OoO0Oo Ashlar is starting oO0OoO0OoO0Oo");
    log_warning("Ashlar version=%s, bits=%zu, pid=%d, just started", ASHLAR_VERSION,
                sizeof(void *) * 8, (int)getpid());
    if (cfg->file != NULL)
        log_warning("Configuration loaded");
    else
        log_warning("Warning: no config file specified, using the default config. In order to "
                    "specify a config file use %s /path/to/redis.conf", program);
}

static bool listen_all(struct server *s) {
    if (!listener_update(s->loop)) {
        log_warning("Failed listening as configured, aborting."); /* at what was said before */
        return false;
    }
    if (listener_count(s->loop) == 0) {
        log_warning("Configured to not listen anywhere, exiting.");
        return false;
    }
    return true;
}

static void title_set(const struct config *cfg) {
    char        text[256];
    const char *address = cfg->bind[0] != NULL ? cfg->bind[0] : "*";
    if (!cfg->set_proc_title) return;
    if (cfg->port != 0)
        snprintf(text, sizeof text, "ashlar-server %s:%lld", address, (long long)cfg->port);
    else
        snprintf(text, sizeof text, "ashlar-server unixsocket:%s", cfg->unixsocket);
    process_title_set(text);
}

static void announce(const struct config *cfg) {
    log_notice("monotonic clock: POSIX clock_gettime; commands are timed by %s", clock_stamp_source());
    log_notice("Running mode=standalone, port=%lld.", (long long)cfg->port);
    log_warning("Server initialized");
    if (cfg->port != 0) log_notice("Ready to accept connections");
    if (cfg->unixsocket[0] != '\0')
        log_notice("The server is now ready to accept connections at %s", cfg->unixsocket);
}

/* Daemons always get a pid file, as in Redis. */
static const char *pidfile_of(const struct config *cfg) {
    if (cfg->pidfile[0] != '\0') return cfg->pidfile;
    return cfg->daemonize ? "/var/run/ashlar.pid" : NULL;
}

static bool server_start(struct server *s, const char *program) {
    struct engine *e = &s->engine;
    struct config *cfg = e->config;
    if (!log_open(cfg->logfile, (enum log_level)cfg->loglevel)) {
        fprintf(stderr, "Can't open the log file %s: %s\n", cfg->logfile, strerror(errno));
        return false;
    }
    if (cfg->daemonize) process_daemonize();
    greet(cfg, program);
    server_build(s);
    crash_start(e);
    crash_enable(cfg->crash_log_enabled);
    process_signals(loop_wake, s->loop);
    if (!config_start(cfg) || !open_files_adjust(e)) return false;
    process_check_kernel(cfg->tcp_backlog);
    if (!listen_all(s)) return false;
    if (pidfile_of(cfg) != NULL) process_pidfile_write(pidfile_of(cfg));
    title_set(cfg);
    e->stats.startup_used = ash_used();
    announce(cfg);
    return true;
}

/* --- Ending ---------------------------------------------------------------------------------- */

/* What is left in memory goes with the process; what is left outside of it is removed. */
static void server_end(struct server *s) {
    struct engine *e = &s->engine;
    listener_close_all(s->loop);
    if (pidfile_of(e->config) != NULL) {
        log_notice("Removing the pid file.");
        unlink(pidfile_of(e->config));
    }
    crash_stop();
    conn_free_all(s->loop);
    bio_free(&e->bio, false);
    log_warning("Ashlar is now ready to exit, bye bye...");
}

int main(int argc, char **argv) {
    static struct server s; /* reachable to the last, for leak checkers */
    if (answer_and_leave(argc, argv)) return 0;
    process_title_init(argc, argv);
    s.engine.heaps.server = ash_heap_new("server", ASH_HEAP_OWNED);
    s.engine.heaps.clients = ash_heap_new("clients", ASH_HEAP_OWNED);
    s.engine.config = config_new(s.engine.heaps.server);
    if (!config_load(s.engine.config, argc, argv)) return 1;
    if (!server_start(&s, argv[0])) return 1;
    loop_run(s.loop);
    server_end(&s);
    return s.engine.exit_code;
}
