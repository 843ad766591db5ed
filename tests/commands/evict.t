# evict.t: what maxmemory does: who is refused, who goes, what is still allowed when nothing may go.
> CONFIG SET maxmemory-policy noeviction
< +OK
> MSET a 1 b 2 c 3
< +OK
> CONFIG SET maxmemory 1
< +OK

# Commands that need memory are refused, with one text; reading and deleting go on.
> SET k v
< -OOM command not allowed when used memory > 'maxmemory'.
> LPUSH l x
< -OOM command not allowed when used memory > 'maxmemory'.
> APPEND a x
< -OOM command not allowed when used memory > 'maxmemory'.
> SETRANGE a 0 x
< -OOM command not allowed when used memory > 'maxmemory'.
> COPY a d
< -OOM command not allowed when used memory > 'maxmemory'.
> GET a
< "1"
> EXPIRE b 100
< :1
> RENAME b bb
< +OK
> DEL c
< :1
> DBSIZE
< :2
> PING
< +PONG

# Arity and unknown commands come first, WRONGTYPE after.
> SET k
< -ERR wrong number of arguments for 'set' command
> NOSUCH k
< -"ERR unknown command 'NOSUCH', with args beginning with: 'k' "
> LPUSH a x
< -OOM command not allowed when used memory > 'maxmemory'.

# Volatile policies take what expires and then nothing; the rest stays.
> CONFIG SET maxmemory 0 maxmemory-policy volatile-ttl
< +OK
> MSET s1 x s2 x s3 x
< +OK
> EXPIRE s1 1000
< :1
> EXPIRE s2 2000
< :1
> CONFIG SET maxmemory 1
< +OK
> SET k v
< -OOM command not allowed when used memory > 'maxmemory'.
> EXISTS s1 s2 s3 a bb
< :2
> CONFIG SET maxmemory-policy volatile-lru
< +OK
> SET k v
< -OOM command not allowed when used memory > 'maxmemory'.
> CONFIG SET maxmemory-policy volatile-lfu
< +OK
> SET k v
< -OOM command not allowed when used memory > 'maxmemory'.
> CONFIG SET maxmemory-policy volatile-random
< +OK
> SET k v
< -OOM command not allowed when used memory > 'maxmemory'.
> EXISTS s3 a
< :2

# With the others everything goes first.
> CONFIG SET maxmemory-policy allkeys-random
< +OK
> SET k v
< -OOM command not allowed when used memory > 'maxmemory'.
> DBSIZE
< :0
> CONFIG SET maxmemory 0
< +OK
> MSET a 1 b 2
< +OK
> SELECT 3
< +OK
> MSET c 1 d 2
< +OK
> CONFIG SET maxmemory 1 maxmemory-policy allkeys-lru
< +OK
> SET k v
< -OOM command not allowed when used memory > 'maxmemory'.
> DBSIZE
< :0
> SELECT 0
< +OK
> DBSIZE
< :0
> CONFIG SET maxmemory 0 maxmemory-policy allkeys-lfu
< +OK
> SADD set x y z
< :3
> CONFIG SET maxmemory 1
< +OK
> SADD set w
< -OOM command not allowed when used memory > 'maxmemory'.
> EXISTS set
< :0
> INFO stats
< all
<   /evicted_keys:10./
<   /^evicted_clients:0/
<   /^total_eviction_exceeded_time:[0-9]+/
> CONFIG SET maxmemory 0 maxmemory-policy noeviction
< +OK

# The bounds of the options.
> CONFIG SET maxmemory-samples 10
< +OK
> CONFIG SET maxmemory-samples 64
< +OK
> CONFIG SET maxmemory-eviction-tenacity 101
< -ERR CONFIG SET failed (possibly related to argument 'maxmemory-eviction-tenacity') - argument must be between 0 and 100 inclusive
> CONFIG SET maxmemory-eviction-tenacity 100
< +OK
> CONFIG SET lfu-log-factor -1
< -ERR CONFIG SET failed (possibly related to argument 'lfu-log-factor') - argument must be between 0 and 2147483647 inclusive
> CONFIG SET lfu-decay-time 0
< +OK
