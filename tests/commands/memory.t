# memory.t: MEMORY USAGE, STATS, DOCTOR, MALLOC-STATS, PURGE.
> MEMORY USAGE nosuch
< $-1
> SET k v
< +OK
> MEMORY USAGE k
< :16..200
> MEMORY USAGE k SAMPLES 0
< :16..200
> MEMORY USAGE k SAMPLES 5 SAMPLES 9
< :16..200
> SET big ${rep:10000:x}
< +OK
> MEMORY USAGE big
< :10000..13000
> EXPIRE big 100
< :1
> MEMORY USAGE big
< :10000..13000
> SADD set 1 2 3 a b c
< :6
> MEMORY USAGE set
< :20..700
> MEMORY USAGE k SAMPLES -1
< -ERR syntax error
> MEMORY USAGE k SAMPLES x
< -ERR value is not an integer or out of range
> MEMORY USAGE k FOO 1
< -ERR syntax error
> MEMORY USAGE k SAMPLES
< -ERR syntax error
> MEMORY USAGE k SAMPLES 5 x
< -ERR syntax error
> MEMORY USAGE
< -ERR wrong number of arguments for 'memory|usage' command
> MEMORY
< -ERR wrong number of arguments for 'memory' command
> MEMORY NOSUCH
< -ERR unknown subcommand 'NOSUCH'. Try MEMORY HELP.
> MEMORY STATS x
< -ERR wrong number of arguments for 'memory|stats' command
> MEMORY DOCTOR x
< -ERR wrong number of arguments for 'memory|doctor' command

@only redis
> MEMORY HELP
< *14
<   +MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
<   +DOCTOR
<   +"    Return memory problems reports."
<   +MALLOC-STATS
<   +"    Return internal statistics report from the memory allocator."
<   +PURGE
<   +"    Attempt to purge dirty pages for reclamation by the allocator."
<   +STATS
<   +"    Return information about the memory usage of the server."
<   +USAGE <key> [SAMPLES <count>]
<   +"    Return memory in bytes used by <key> and its value. Nested values are"
<   +"    sampled up to <count> times (default: 5, 0 means sample all)."
<   +HELP
<   +"    Prints this help."

> MEMORY PURGE
< +OK
> PING
< +PONG

# Looking at a key's bytes does not touch it.
> OBJECT IDLETIME k
< :?
> CONFIG RESETSTAT
< +OK
> MEMORY USAGE k
< :?
> INFO stats
< /^keyspace_hits:0.$/

# STATS: the names and their order
> DEL k big set
< :3
> MEMORY STATS
< *54
<   "peak.allocated"
<   :?
<   "total.allocated"
<   :?
<   "startup.allocated"
<   :?
<   "replication.backlog"
<   :0
<   "clients.slaves"
<   :0
<   "clients.normal"
<   :?
<   "cluster.links"
<   :0
<   "aof.buffer"
<   :0
<   "lua.caches"
<   :0
<   "functions.caches"
<   :?
<   "overhead.total"
<   :?
<   "keys.count"
<   :0
<   "keys.bytes-per-key"
<   :0
<   "dataset.bytes"
<   :?
<   "dataset.percentage"
<   /^[0-9.]+$/
<   "peak.percentage"
<   /^[0-9.]+$/
<   "allocator.allocated"
<   :?
<   "allocator.active"
<   :?
<   "allocator.resident"
<   :?
<   "allocator-fragmentation.ratio"
<   /^[0-9.]+$/
<   "allocator-fragmentation.bytes"
<   :?
<   "allocator-rss.ratio"
<   /^[0-9.]+$/
<   "allocator-rss.bytes"
<   :?
<   "rss-overhead.ratio"
<   /^[0-9.]+$/
<   "rss-overhead.bytes"
<   :?
<   "fragmentation"
<   /^[0-9.]+$/
<   "fragmentation.bytes"
<   :?

# Databases that have keys have a part of their own.
@resp 3
> SET k v
< +OK
> SELECT 5
< +OK
> SET k v
< +OK
> MEMORY STATS
< %29
<   "peak.allocated"
<   :?
<   "total.allocated"
<   :?
<   "startup.allocated"
<   :?
<   "replication.backlog"
<   :0
<   "clients.slaves"
<   :0
<   "clients.normal"
<   :?
<   "cluster.links"
<   :0
<   "aof.buffer"
<   :0
<   "lua.caches"
<   :0
<   "functions.caches"
<   :?
<   "db.0"
<   %3
<     "overhead.hashtable.main"
<     :?
<     "overhead.hashtable.expires"
<     :?
<     "overhead.hashtable.slot-to-keys"
<     :0
<   "db.5"
<   %3
<     "overhead.hashtable.main"
<     :?
<     ...
<   "overhead.total"
<   :?
<   "keys.count"
<   :2
<   ...
> MEMORY MALLOC-STATS
< =txt:/./
> MEMORY USAGE nosuch
< _

@only ashlar
> MEMORY DOCTOR
< =txt:/very small instance/

# Ours: purges that nobody waits for, and what background threads are doing
@only ashlar
> MEMORY PURGE x
< -ERR syntax error
> MEMORY PURGE ASYNC x
< -ERR syntax error
> MEMORY PURGE ASYNC ASYNC
< -ERR syntax error
> MEMORY PURGE STATUS ASYNC
< -ERR syntax error
> MEMORY PURGE HEAP
< -ERR syntax error
> MEMORY PURGE HEAP nowhere
< -ERR No heap has that name. MEMORY MALLOC-STATS lists them.
> MEMORY PURGE HEAP server
< +OK
> MEMORY PURGE heap server ASYNC
< :1..1000
> MEMORY PURGE async heap clients
< :1..1000
> MEMORY PURGE HEAP server HEAP clients
< -ERR syntax error
> MEMORY PURGE async
< :1..1000
> MEMORY PURGE STATUS
< %10
<   "in-progress"
<   :0..4
<   "job"
<   :?
<   "bytes-total"
<   :?
<   "bytes-done"
<   :?
<   "runs"
<   :?
<   "bytes"
<   :?
<   "last-bytes"
<   :?
<   "last-us"
<   :?
<   "max-slice-us"
<   :?
<   "purgeable"
<   :?
> MEMORY PURGE
< +OK
> MEMORY JOBS x
< -ERR wrong number of arguments for 'memory|jobs' command

@only ashlar
@eventually 5000
> MEMORY JOBS
< *0

@only ashlar
> MEMORY HELP
< *18
<   +MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
<   +DOCTOR
<   +"    Return memory problems reports."
<   +JOBS
<   +"    Return what background threads are freeing and giving back, with progress. Of a"
<   +"    long queue the first 128 are shown."
<   +MALLOC-STATS
<   +"    Return internal statistics report from the memory allocator."
<   +"PURGE [HEAP <name>] [ASYNC|STATUS]"
<   +"    Attempt to purge dirty pages for reclamation by the allocator, of all heaps or"
<   +"    of one. ASYNC returns the job's id at once, STATUS how far it is."
<   +STATS
<   +"    Return information about the memory usage of the server."
<   +USAGE <key> [SAMPLES <count>]
<   +"    Return memory in bytes used by <key> and its value. Nested values are"
<   +"    sampled up to <count> times (default: 5, 0 means sample all)."
<   +HELP
<   +"    Prints this help."
