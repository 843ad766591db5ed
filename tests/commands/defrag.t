# defrag.t: compaction under the names of active defragmentation: its options, its figures, DEBUG COMPACT.

# Redis's options; ours are on by default, and begin with less to be had.
@only ashlar
> CONFIG GET activedefrag
< *2 pairs
<   "activedefrag"
<   "yes"
> CONFIG GET active-defrag-*
< *12 pairs
<   "active-defrag-ignore-bytes"
<   "1048576"
<   "active-defrag-threshold-lower"
<   "10"
<   "active-defrag-threshold-upper"
<   "100"
<   "active-defrag-cycle-min"
<   "1"
<   "active-defrag-cycle-max"
<   "25"
<   "active-defrag-max-scan-fields"
<   "1000"
> CONFIG SET activedefrag no
< +OK
> CONFIG SET activedefrag yes active-defrag-ignore-bytes 2mb active-defrag-cycle-min 5
< +OK
> CONFIG GET active-defrag-ignore-bytes
< *2 pairs
<   "active-defrag-ignore-bytes"
<   "2097152"

> CONFIG SET active-defrag-cycle-min 0
< -ERR CONFIG SET failed (possibly related to argument 'active-defrag-cycle-min') - argument must be between 1 and 99 inclusive
> CONFIG SET active-defrag-cycle-max 100
< -ERR CONFIG SET failed (possibly related to argument 'active-defrag-cycle-max') - argument must be between 1 and 99 inclusive
> CONFIG SET active-defrag-threshold-lower 1001
< -ERR CONFIG SET failed (possibly related to argument 'active-defrag-threshold-lower') - argument must be between 0 and 1000 inclusive
> CONFIG SET active-defrag-threshold-upper -1
< -ERR CONFIG SET failed (possibly related to argument 'active-defrag-threshold-upper') - argument must be between 0 and 1000 inclusive
> INFO stats
< all
<   /^active_defrag_hits:[0-9]+/
<   /^active_defrag_misses:[0-9]+/
<   /^active_defrag_key_hits:[0-9]+/
<   /^active_defrag_key_misses:[0-9]+/
<   /^total_active_defrag_time:[0-9]+/
<   /^current_active_defrag_time:[0-9]+/
> INFO memory
< all
<   /^active_defrag_running:[0-9]+/

# A pass leaves everything as it was.
@only ashlar
> MSET a 1 b two c ${rep:100:x} d ${rep:5000:y}
< +OK
> RPUSH list 1 2 3 ${rep:200:z}
< :4
> HSET hash f v g ${rep:100:w}
< :2
> ZADD zset 1 a 2 b
< :2
> XADD stream 1-1 f v
< "1-1"
> DEBUG DIGEST
< ${digest} /^[0-9a-f]{40}$/
> DEBUG COMPACT
< :0..1000
> DEBUG DIGEST
< +${digest}
> DEBUG CHECK
< +OK
> DEBUG COMPACT START
< +OK
> DEBUG COMPACT FINISH
< -ERR syntax error
> INFO stats
< all
<   /^active_defrag_passes:[1-9]/
<   /^active_defrag_keys_looked_up:[0-9]+/
<   /^active_defrag_bytes_moved:[0-9]+/
<   /^active_defrag_bytes_returned:[0-9]+/
<   /^active_defrag_cpu_us:[0-9]+/
<   /^active_defrag_max_slice_us:[0-9]+/
> INFO memory
< all
<   /^active_defrag_reclaimable_bytes:[0-9]+/
