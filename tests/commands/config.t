# config.t: CONFIG GET, SET, RESETSTAT, REWRITE, HELP: values, bounds and texts.

# GET: by name, alias, pattern, case; several patterns; none
> CONFIG GET hz
< *2
<   "hz"
<   "10"
> CONFIG GET HZ
< *2
<   "HZ"
<   "10"
> CONFIG GET hash-max-ziplist-value
< *2
<   "hash-max-ziplist-value"
<   "64"
> CONFIG GET hash-max-listpack-val?e
< *2
<   "hash-max-listpack-value"
<   "64"
> CONFIG GET nosuch
< *0
> CONFIG GET nosuch neither
< *0
> CONFIG GET maxmemory maxmemory-polic* MAXMEMORY-POLICY
< *4 pairs
<   "maxmemory"
<   "0"
<   "maxmemory-policy"
<   "noeviction"
> CONFIG GET save
< *2
<   "save"
<   ""
> CONFIG GET appendonly
< *2
<   "appendonly"
<   "no"
> CONFIG GET databases
< *2
<   "databases"
<   "16"
> CONFIG GET client-output-buffer-limit
< *2
<   "client-output-buffer-limit"
<   "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
> CONFIG GET latency-tracking-info-percentiles
< *2
<   "latency-tracking-info-percentiles"
<   "50 99 99.9"
> CONFIG GET proto-max-bulk-len
< *2
<   "proto-max-bulk-len"
<   "536870912"
> CONFIG GET list-max-listpack-size
< *2
<   "list-max-listpack-size"
<   "-2"
> CONFIG GET unixsocketperm
< *2
<   "unixsocketperm"
<   "0"
> CONFIG GET slowlog-log-slower-than
< *2
<   "slowlog-log-slower-than"
<   "10000"
> CONFIG GET lfu-log-factor
< *2
<   "lfu-log-factor"
<   "10"
> CONFIG GET list-max-*
< *4 pairs
<   "list-max-listpack-size"
<   "-2"
<   "list-max-ziplist-size"
<   "-2"
> CONFIG GET
< -ERR wrong number of arguments for 'config|get' command

# Redis's defaults are ours but for what is freed in the background.
@only ashlar
> CONFIG GET lazyfree-lazy-*
< *10 pairs
<   "lazyfree-lazy-eviction"
<   "yes"
<   "lazyfree-lazy-expire"
<   "yes"
<   "lazyfree-lazy-server-del"
<   "yes"
<   "lazyfree-lazy-user-del"
<   "yes"
<   "lazyfree-lazy-user-flush"
<   "yes"

# SET: values
> CONFIG SET hz 50
< +OK
> CONFIG GET hz
< *2
<   "hz"
<   "50"
> CONFIG SET hz 0
< +OK
> CONFIG GET hz
< *2
<   "hz"
<   "1"
> CONFIG SET hz 100000
< +OK
> CONFIG GET hz
< *2
<   "hz"
<   "500"
> CONFIG SET hz 10
< +OK
> CONFIG SET maxmemory 3gb
< +OK
> CONFIG GET maxmemory
< *2
<   "maxmemory"
<   "3221225472"
> CONFIG SET maxmemory 3GB
< +OK
> CONFIG SET maxmemory 1k
< +OK
> CONFIG GET maxmemory
< *2
<   "maxmemory"
<   "1000"
> CONFIG SET maxmemory 0
< +OK
> CONFIG SET MAXMEMORY-POLICY AllKeys-LRU
< +OK
> CONFIG GET maxmemory-policy
< *2
<   "maxmemory-policy"
<   "allkeys-lru"
> CONFIG SET maxmemory-policy noeviction
< +OK
> CONFIG SET hash-max-ziplist-entries 300
< +OK
> CONFIG GET hash-max-listpack-entries
< *2
<   "hash-max-listpack-entries"
<   "300"
> CONFIG SET hash-max-listpack-entries 512
< +OK
> CONFIG SET client-output-buffer-limit "normal 1mb 2 3 slave 0 0 0"
< +OK
> CONFIG GET client-output-buffer-limit
< *2
<   "client-output-buffer-limit"
<   "normal 1048576 2 3 slave 0 0 0 pubsub 33554432 8388608 60"
> CONFIG SET client-output-buffer-limit "replica 256mb 64mb 60 normal 0 0 0"
< +OK
> CONFIG GET client-output-buffer-limit
< *2
<   "client-output-buffer-limit"
<   "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
> CONFIG SET latency-tracking-info-percentiles ""
< +OK
> CONFIG GET latency-tracking-info-percentiles
< *2
<   "latency-tracking-info-percentiles"
<   ""
> CONFIG SET latency-tracking-info-percentiles "50.0 99.91 100"
< +OK
> CONFIG GET latency-tracking-info-percentiles
< *2
<   "latency-tracking-info-percentiles"
<   "50 99.91 100"
> CONFIG SET latency-tracking-info-percentiles "50 99 99.9"
< +OK
> CONFIG SET list-max-listpack-size 0
< +OK
> CONFIG SET list-max-ziplist-size -2
< +OK
> CONFIG SET maxmemory-clients 5%
< +OK
> CONFIG GET maxmemory-clients
< *2
<   "maxmemory-clients"
<   "5%"
> CONFIG SET maxmemory-clients 1kb
< +OK
> CONFIG GET maxmemory-clients
< *2
<   "maxmemory-clients"
<   "1024"
> CONFIG SET maxmemory-clients 0
< +OK
> CONFIG SET maxmemory-clients 105%
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - percentage argument must be less or equal to 100
> CONFIG SET maxmemory-clients x
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - argument must be a memory or percent value
> CONFIG SET maxmemory-clients -1
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - argument must be a memory or percent value
> CONFIG SET save ""
< +OK
> CONFIG SET appendonly no
< +OK
> CONFIG SET slowlog-log-slower-than -1
< +OK
> CONFIG SET slowlog-log-slower-than 10000
< +OK
> CONFIG SET requirepass ""
< +OK
> CONFIG SET timeout 0 tcp-keepalive 300
< +OK
> CONFIG SET loglevel NOTICE
< +OK
> CONFIG SET latency-tracking NO latency-tracking yes
< -ERR CONFIG SET failed (possibly related to argument 'latency-tracking') - duplicate parameter
> CONFIG SET latency-tracking YES
< +OK

# SET: what is refused
> CONFIG SET
< -ERR wrong number of arguments for 'config|set' command
> CONFIG SET hz
< -ERR wrong number of arguments for 'config|set' command
> CONFIG SET hz 10 timeout
< -ERR syntax error
> CONFIG SET nosuch 1
< -ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'
> CONFIG SET hz 77 nosuch 1
< -ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'
> CONFIG GET hz
< *2
<   "hz"
<   "10"
> CONFIG SET hz -1
< -ERR CONFIG SET failed (possibly related to argument 'hz') - argument must be between 0 and 2147483647 inclusive
> CONFIG SET hz abc
< -ERR CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed into an integer
> CONFIG SET hz ""
< -ERR CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed into an integer
> CONFIG SET hz 10 hz 20
< -ERR CONFIG SET failed (possibly related to argument 'hz') - duplicate parameter
> CONFIG SET hz 20 HZ 30
< -ERR CONFIG SET failed (possibly related to argument 'HZ') - duplicate parameter
> CONFIG SET port 99999
< -ERR CONFIG SET failed (possibly related to argument 'port') - argument must be between 0 and 65535 inclusive
> CONFIG SET port -1
< -ERR CONFIG SET failed (possibly related to argument 'port') - argument must be between 0 and 65535 inclusive
> CONFIG SET maxmemory foo
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
> CONFIG SET maxmemory -1
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
> CONFIG SET maxmemory " 3gb"
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
> CONFIG SET maxmemory 1.5gb
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
> CONFIG SET maxmemory ""
< +OK
> CONFIG SET hz 77 maxmemory-policy bad
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory-policy') - argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction
> CONFIG GET hz
< *2
<   "hz"
<   "10"
> CONFIG SET databases 3
< -ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config
> CONFIG SET unixsocketperm 700
< -ERR CONFIG SET failed (possibly related to argument 'unixsocketperm') - can't set immutable config
> CONFIG SET enable-debug-command yes
< -ERR CONFIG SET failed (possibly related to argument 'enable-debug-command') - can't set immutable config
> CONFIG SET daemonize yes
< -ERR CONFIG SET failed (possibly related to argument 'daemonize') - can't set immutable config
> CONFIG SET logfile x
< -ERR CONFIG SET failed (possibly related to argument 'logfile') - can't set immutable config
> CONFIG SET dir /tmp
< -ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config
> CONFIG SET hz 77 dir /tmp
< -ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config
> CONFIG GET hz
< *2
<   "hz"
<   "10"
> CONFIG SET databases 1 databases 2
< -ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config
> CONFIG SET appendonly maybe
< -ERR CONFIG SET failed (possibly related to argument 'appendonly') - argument must be 'yes' or 'no'
> CONFIG SET protected-mode 1
< -ERR CONFIG SET failed (possibly related to argument 'protected-mode') - argument must be 'yes' or 'no'
> CONFIG SET bind "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18"
< -ERR CONFIG SET failed (possibly related to argument 'bind') - Too many bind addresses specified.
> CONFIG SET client-output-buffer-limit "foo 1 2 3"
< -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Invalid client class specified in buffer limit configuration.
> CONFIG SET client-output-buffer-limit "normal 1 2"
< -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Wrong number of arguments in buffer limit configuration.
> CONFIG SET client-output-buffer-limit "normal 1 2 x"
< -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Error in hard, soft or soft_seconds setting in buffer limit configuration.
> CONFIG SET client-output-buffer-limit "normal -1 2 3"
< -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Error in hard, soft or soft_seconds setting in buffer limit configuration.
> CONFIG SET latency-tracking-info-percentiles "50 99 101"
< -ERR CONFIG SET failed (possibly related to argument 'latency-tracking-info-percentiles') - latency-tracking-info-percentiles parameters should sit between [0.0,100.0]
> CONFIG SET latency-tracking-info-percentiles "50.0 99.9 a"
< -ERR CONFIG SET failed (possibly related to argument 'latency-tracking-info-percentiles') - Invalid latency-tracking-info-percentiles parameters
> CONFIG SET save 900
< -ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters
> CONFIG SET save "900 a"
< -ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters
> CONFIG SET save "0 1"
< -ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters
> CONFIG SET set-max-intset-entries 99999999999999999999999
< -ERR CONFIG SET failed (possibly related to argument 'set-max-intset-entries') - argument couldn't be parsed into an integer
> CONFIG SET set-max-intset-entries -5
< -ERR CONFIG SET failed (possibly related to argument 'set-max-intset-entries') - argument must be between 0 and 9223372036854775807 inclusive
> CONFIG SET maxclients 0
< -ERR CONFIG SET failed (possibly related to argument 'maxclients') - argument must be between 1 and 4294967295 inclusive
> CONFIG SET slowlog-max-len -1
< -ERR CONFIG SET failed (possibly related to argument 'slowlog-max-len') - argument must be between 0 and 9223372036854775807 inclusive
> CONFIG SET timeout -1
< -ERR CONFIG SET failed (possibly related to argument 'timeout') - argument must be between 0 and 2147483647 inclusive
> CONFIG SET lfu-log-factor -1
< -ERR CONFIG SET failed (possibly related to argument 'lfu-log-factor') - argument must be between 0 and 2147483647 inclusive
> CONFIG SET active-expire-effort 11
< -ERR CONFIG SET failed (possibly related to argument 'active-expire-effort') - argument must be between 1 and 10 inclusive
> CONFIG SET active-expire-effort 0
< -ERR CONFIG SET failed (possibly related to argument 'active-expire-effort') - argument must be between 1 and 10 inclusive
> CONFIG SET proto-max-bulk-len 1
< -ERR CONFIG SET failed (possibly related to argument 'proto-max-bulk-len') - argument must be between 1048576 and 9223372036854775807 inclusive
> CONFIG SET client-query-buffer-limit 1
< -ERR CONFIG SET failed (possibly related to argument 'client-query-buffer-limit') - argument must be between 1048576 and 9223372036854775807 inclusive
> CONFIG SET latency-monitor-threshold -1
< -ERR CONFIG SET failed (possibly related to argument 'latency-monitor-threshold') - argument must be between 0 and 9223372036854775807 inclusive
> CONFIG SET loglevel loud
< -ERR CONFIG SET failed (possibly related to argument 'loglevel') - argument(s) must be one of the following: debug, verbose, notice, warning*
> CONFIG SET maxmemory-samples 0
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory-samples') - argument must be between 1 and *

# What cannot be kept yet is refused rather than forgotten.
@only ashlar
> CONFIG SET save "900 1"
< -"ERR CONFIG SET failed (possibly related to argument 'save') - saving to disk is not supported yet: save must be \"\""
> CONFIG SET appendonly yes
< -ERR CONFIG SET failed (possibly related to argument 'appendonly') - an append-only file is not supported yet: appendonly must be no
> CONFIG GET replicaof cluster-enabled appendfsync
< *0
> CONFIG SET maxmemory 99999999999999999999gb
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
> CONFIG SET dirty-decay-ms -2
< -ERR CONFIG SET failed (possibly related to argument 'dirty-decay-ms') - argument must be between -1 and 2147483647 inclusive
> CONFIG SET dirty-decay-ms 1000 muzzy-decay-ms 10 jemalloc-bg-thread no
< +OK
> CONFIG SET dirty-decay-ms 5000 muzzy-decay-ms 0 jemalloc-bg-thread yes
< +OK

# The rest
> CONFIG
< -ERR wrong number of arguments for 'config' command
> CONFIG NOSUCH
< -ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP.
> CONFIG RESETSTAT
< +OK
> CONFIG RESETSTAT x
< -ERR wrong number of arguments for 'config|resetstat' command
> CONFIG REWRITE
< -ERR The server is running without a config file
> CONFIG HELP
< *11
<   +CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
<   +GET <pattern>
<   +"    Return parameters matching the glob-like <pattern> and their values."
<   +SET <directive> <value>
<   +"    Set the configuration <directive> to <value>."
<   +RESETSTAT
<   +"    Reset statistics reported by the INFO command."
<   +REWRITE
<   +"    Rewrite the configuration file."
<   +HELP
<   +"    Prints this help."
> CONFIG HELP x
< -ERR wrong number of arguments for 'config|help' command

# A password holds from now on for others; this connection was let in before.
> CONFIG SET requirepass secret
< +OK
@new other
other> PING
other< -NOAUTH Authentication required.
> CONFIG SET requirepass ""
< +OK

@resp 3
> CONFIG GET hz
< %1
<   "hz"
<   "10"
> CONFIG GET nosuch
< %0
> CONFIG SET hz 10
< +OK

# A share of what the machine or the control group has
@only redis
> CONFIG SET maxmemory 5%
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value

@only ashlar
> CONFIG SET maxmemory 50%
< +OK
> CONFIG GET maxmemory
< %1
<   "maxmemory"
<   "50%"
> INFO memory
< all
<   /^maxmemory:[1-9][0-9]+/
<   /^maxmemory_percent:50/
> CONFIG SET maxmemory 101%
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - percentage argument must be less or equal to 100
> CONFIG SET maxmemory 0
< +OK

# maxmemory-rss: as maxmemory, of resident memory.
@only ashlar
> CONFIG GET maxmemory-rss
< %1
<   "maxmemory-rss"
<   "0"
> INFO memory
< all
<   /^maxmemory_rss:0.$/
<   /^maxmemory_rss_state:off.$/
<   /^rss_reclaim_purge:available=1,runs=0,bytes=0,usec=0.$/
<   /^rss_reclaim_compact:available=[01],runs=0,bytes=0,usec=0.$/
> CONFIG SET maxmemory-rss 85%
< +OK
> CONFIG GET maxmemory-rss
< %1
<   "maxmemory-rss"
<   "85%"
> INFO memory
< all
<   /^maxmemory_rss:[1-9][0-9]+/
<   /^maxmemory_rss_percent:85.$/
<   /^maxmemory_rss_state:within.$/
> CONFIG SET maxmemory-rss 101%
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory-rss') - percentage argument must be less or equal to 100
> CONFIG SET maxmemory-rss x
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory-rss') - argument must be a memory value
> CONFIG SET maxmemory-rss 0
< +OK
> CONFIG SET rss-return-target-ms -2
< -ERR CONFIG SET failed (possibly related to argument 'rss-return-target-ms') - argument must be between -1 and 2147483647 inclusive
