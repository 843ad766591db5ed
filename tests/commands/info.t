# info.t: INFO: sections, how they are asked for, and the fields clients and dashboards read.
> INFO nosuch
< ""
> INFO
< all
<   /^# Server.$/
<   /^redis_version:7\.[0-9]+\.[0-9]+.$/
<   /^redis_mode:standalone.$/
<   /^os:Linux /
<   /^arch_bits:(64|32).$/
<   /^multiplexing_api:epoll.$/
<   /^process_id:[0-9]+.$/
<   /^run_id:[0-9a-f]{40}.$/
<   /^tcp_port:[0-9]+.$/
<   /^server_time_usec:[0-9]{16}.$/
<   /^uptime_in_seconds:[0-9]+.$/
<   /^hz:10.$/
<   /^lru_clock:[0-9]+.$/
<   /^executable:\/.+.$/
<   /^config_file:.$/
<   /^# Clients.$/
<   /^connected_clients:1.$/
<   /^maxclients:[0-9]+.$/
<   /^blocked_clients:0.$/
<   /^# Memory.$/
<   /^used_memory:[0-9]+.$/
<   /^used_memory_human:[0-9.]+[BKMG].$/
<   /^used_memory_rss:[0-9]+.$/
<   /^used_memory_peak:[0-9]+.$/
<   /^used_memory_peak_perc:[0-9.]+%.$/
<   /^used_memory_dataset:[0-9]+.$/
<   /^used_memory_dataset_perc:[0-9.]+%.$/
<   /^allocator_allocated:[0-9]+.$/
<   /^allocator_active:[0-9]+.$/
<   /^allocator_resident:[0-9]+.$/
<   /^total_system_memory_human:[0-9.]+[BKMGT].$/
<   /^maxmemory:0.$/
<   /^maxmemory_human:0B.$/
<   /^maxmemory_policy:noeviction.$/
<   /^mem_fragmentation_ratio:([0-9.]+|-?nan).$/
<   /^mem_fragmentation_bytes:-?[0-9]+.$/
<   /^mem_allocator:[a-z]+-[0-9.]+.$/
<   /^lazyfree_pending_objects:0.$/
<   /^lazyfreed_objects:0.$/
<   /^# Persistence.$/
<   /^loading:0.$/
<   /^rdb_changes_since_last_save:0.$/
<   /^rdb_bgsave_in_progress:0.$/
<   /^rdb_last_bgsave_status:ok.$/
<   /^aof_enabled:0.$/
<   /^aof_rewrite_in_progress:0.$/
<   /^# Stats.$/
<   /^total_connections_received:[0-9]+.$/
<   /^instantaneous_ops_per_sec:[0-9]+.$/
<   /^instantaneous_input_kbps:[0-9]+\.[0-9]{2}.$/
<   /^keyspace_hits:0.$/
<   /^# Replication.$/
<   /^role:master.$/
<   /^connected_slaves:0.$/
<   /^master_replid:[0-9a-f]{40}.$/
<   /^# CPU.$/
<   /^used_cpu_sys:[0-9]+\.[0-9]{6}.$/
<   /^used_cpu_user_main_thread:[0-9]+\.[0-9]{6}.$/
<   /^# Modules.$/
<   /^# Errorstats.$/
<   /^# Cluster.$/
<   /^cluster_enabled:0.$/
<   /^# Keyspace.$/

# The order is Redis's, whatever order was asked for; each section once; blank lines between.
> INFO cluster CLUSTER
< "# Cluster\r\ncluster_enabled:0\r\n"
> INFO keyspace cluster nosuch
< "# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\n"

# all and everything have what default leaves out
> INFO all
< all
<   /^# Commandstats.$/
<   /^# Latencystats.$/
<   /^# Keyspace.$/
> INFO everything
< all
<   /^# Modules.$/
<   /^# Commandstats.$/

# Counters follow what is done
> CONFIG RESETSTAT
< +OK
> SET k v
< +OK
> GET k
< "v"
> GET nosuch
< (nil)
> EXPIRE k 100
< :1
> LPUSH k x
< -WRONGTYPE*
> NOSUCH
< -ERR*
> GET
< -ERR*
> INFO stats
< all
<   /^keyspace_hits:1.$/
<   /^keyspace_misses:1.$/
<   /^total_error_replies:3.$/
> INFO keyspace
< /^db0:keys=1,expires=1,avg_ttl=[0-9]+(,subexpiry=0)?.$/
> INFO persistence
< /^rdb_changes_since_last_save:[1-9]/
> INFO errorstats
< all
<   /^errorstat_WRONGTYPE:count=1.$/
<   /^errorstat_ERR:count=2.$/
> INFO commandstats
< all
<   /^cmdstat_get:calls=2,usec=[0-9]+,usec_per_call=[0-9.]+,rejected_calls=1,failed_calls=0.$/
<   /^cmdstat_lpush:calls=1,usec=[0-9]+,usec_per_call=[0-9.]+,rejected_calls=0,failed_calls=1.$/
<   /^cmdstat_config\|resetstat:calls=1,/
> INFO latencystats
< /^latency_percentiles_usec_get:p50=[0-9]+\.[0-9]{3},p99=[0-9]+\.[0-9]{3},p99\.9=[0-9]+\.[0-9]{3}.$/
> CONFIG SET latency-tracking-info-percentiles "10 100"
< +OK
> INFO latencystats
< /^latency_percentiles_usec_get:p10=[0-9]+\.[0-9]{3},p100=[0-9]+\.[0-9]{3}.$/
> SELECT 3
< +OK
> SET a b
< +OK
> INFO keyspace
< all
<   /^db0:keys=1,expires=1/
<   /^db3:keys=1,expires=0,avg_ttl=0(,subexpiry=0)?.$/

# What Redis 7.2 has beyond 7.0, and ours
@since 7.2
> INFO everything
< all
<   /^total_blocking_keys:0.$/
<   /^eventloop_cycles:[0-9]+.$/
<   /^acl_access_denied_auth:0.$/
<   /^listener[0-9]:name=unix,bind=/

@only ashlar
> INFO server
< all
<   /^redis_version:7\.2\.[0-9]+.$/
<   /^ashlar_version:[0-9.]+.$/
> INFO memory
< /^mem_allocator:ashlar-/

@resp 3
> INFO cluster
< =txt:"# Cluster\r\ncluster_enabled:0\r\n"
> INFO nosuch
< =txt:""
