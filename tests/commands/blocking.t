# Commands that wait for a list or a sorted set. Waiting itself, timeouts and who is served first;
# what the commands do when there is something is at the end.

# --- One key -----------------------------------------------------------------------------------
a> BLPOP q 0
@expect-nothing 20 a
> RPUSH q x
< :1
a< *2
a<   "q"
a<   "x"
> EXISTS q
< :0

# What is pushed in one command is there as a whole when the waiting client is run.
a> BLPOP q 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> RPUSH q 1 2 3
< :3
a< *2
a<   "q"
a<   "1"
a> BRPOP q 0
a< *2
a<   "q"
a<   "3"
> LRANGE q 0 -1
< *1
<   "2"
> DEL q
< :1

# Those who have waited longest are served first, each with one element.
a> BLPOP q 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
b> BRPOP q 0
@eventually 5000
> INFO clients
< /^blocked_clients:2/
c> BLMPOP 0 1 q LEFT COUNT 2
@eventually 5000
> INFO clients
< /^blocked_clients:3/
> RPUSH q 1 2 3 4 5
< :5
a< *2
a<   "q"
a<   "1"
b< *2
b<   "q"
b<   "5"
c< *2
c<   "q"
c<   *2
c<     "2"
c<     "3"
> LRANGE q 0 -1
< *1
<   "4"
> DEL q
< :1
> INFO clients
< /^blocked_clients:0/

# --- Several keys ------------------------------------------------------------------------------
a> BLPOP one two one two 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> RPUSH two x
< :1
a< *2
a<   "two"
a<   "x"
> RPUSH one x
< :1
> LLEN one
< :1
> DEL one
< :1

@since 7.2
a> BLPOP one two one 0
@eventually 5000
> INFO clients
< all
<   /^total_blocking_keys:2/
<   /^total_blocking_keys_on_nokey:0/
> RPUSH one x
< :1
a< *2
a<   "one"
a<   "x"
> INFO clients
< /^total_blocking_keys:0/

# A key that becomes something else wakes nobody; when it becomes a list, it does.
a> BLPOP k 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> SET k v
< +OK
@expect-nothing 20 a
> DEL k
< :1
> ZADD k 1 m
< :1
> RENAME k z
< +OK
> RPUSH k x
< :1
a< *2
a<   "k"
a<   "x"
> DEL z
< :1

# Run again, the command meets the wrong type that came before.
@since 7.2
a> BLPOP k l 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> SET k v
< +OK
> RPUSH l x
< :1
a< -WRONGTYPE Operation against a key holding the wrong kind of value
> DEL k l
< :2

# --- All the ways for a key to come ------------------------------------------------------------
> RPUSH src x
< :1
a> BLPOP k 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> RENAME src k
< +OK
a< *2
a<   "k"
a<   "x"
> RPUSH src y
< :1
a> BLPOP k 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> COPY src k
< :1
a< *2
a<   "k"
a<   "y"
a> BLPOP k 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> LMOVE src k LEFT LEFT
< "y"
a< *2
a<   "k"
a<   "y"
> SELECT 1
< +OK
> RPUSH k other
< :1
> SELECT 0
< +OK
a> BLPOP k 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> SWAPDB 0 1
< +OK
a< *2
a<   "k"
a<   "other"
> SELECT 1
< +OK
> RPUSH k moved
< :1
a> BLPOP k 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> MOVE k 0
< :1
a< *2
a<   "k"
a<   "moved"
> SELECT 0
< +OK
> DBSIZE
< :0

# Only in the database that is waited in.
@new b
b> SELECT 3
b< +OK
b> BLPOP k 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> RPUSH k x
< :1
@expect-nothing 20 b
> MOVE k 3
< :1
b< *2
b<   "k"
b<   "x"
@close b

# --- Moving while others wait ------------------------------------------------------------------
a> BLMOVE k1 k2 LEFT RIGHT 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
b> BRPOPLPUSH k2 k3 0
@eventually 5000
> INFO clients
< /^blocked_clients:2/
c> BLPOP k3 0
@eventually 5000
> INFO clients
< /^blocked_clients:3/
> RPUSH k1 x
< :1
a< "x"
b< "x"
c< *2
c<   "k3"
c<   "x"
> DBSIZE
< :0

# A ring: what goes round comes to rest.
a> BLMOVE k1 k2 LEFT RIGHT 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
b> BLMOVE k2 k1 LEFT RIGHT 0
@eventually 5000
> INFO clients
< /^blocked_clients:2/
> RPUSH k1 x
< :1
a< "x"
b< "x"
> LRANGE k1 0 -1
< *1
<   "x"
> DEL k1
< :1

# The destination is of another type: that client gets the error, the next one the element.
> SET s v
< +OK
a> BLMOVE k s LEFT RIGHT 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
b> BLPOP k 0
@eventually 5000
> INFO clients
< /^blocked_clients:2/
> RPUSH k x
< :1
a< -WRONGTYPE Operation against a key holding the wrong kind of value
b< *2
b<   "k"
b<   "x"
> DEL s
< :1

# --- Timeouts ----------------------------------------------------------------------------------
> BLPOP q 0.01
< *-1
> BRPOP q r 0.001
< *-1
> BLMOVE q r LEFT LEFT 0.01
< *-1
> BRPOPLPUSH q r 0.01
< *-1
> BLMPOP 0.01 1 q LEFT
< *-1
> BZPOPMIN q 0.01
< *-1
> BZPOPMAX q 0.01
< *-1
> BZMPOP 0.01 2 q r MIN
< *-1
> BLPOP q -1
< -ERR timeout is negative
> BLPOP q -0.5
< -ERR timeout is negative
> BRPOP q abc
< -ERR timeout is not a float or out of range
> BZPOPMIN q nan
< -ERR timeout is not a float or out of range
> BZPOPMAX q ""
< -ERR timeout is not a float or out of range
> BLMOVE q r LEFT LEFT 1x
< -ERR timeout is not a float or out of range
> BRPOPLPUSH q r " 1"
< -ERR timeout is not a float or out of range
> BLMPOP -1 1 q LEFT
< -ERR timeout is negative
> BZMPOP x 1 q MIN
< -ERR timeout is not a float or out of range

@since 7.2
> BLPOP q 1e20
< -ERR timeout is out of range
> BZPOPMIN q inf
< -ERR timeout is out of range
> BLPOP q 9223372036854775.807
< -ERR timeout is out of range

# --- Pipelines ---------------------------------------------------------------------------------
# What a client sends behind a waiting command is answered behind it.
a> BLPOP q 0
a> PING
a> BLPOP r 0
a> PING
@expect-nothing 20 a
> RPUSH r y
< :1
@expect-nothing 20 a
> RPUSH q x
< :1
a< *2
a<   "q"
a<   "x"
a< +PONG
a< *2
a<   "r"
a<   "y"
a< +PONG

# --- CLIENT UNBLOCK, KILL, LIST ------------------------------------------------------------------
a> CLIENT ID
a< ${id} :?
a> BLPOP q 0
@eventually 5000
> CLIENT LIST ID ${id}
< /flags=[a-zA-Z]*b.* cmd=blpop /
> CLIENT UNBLOCK ${id}
< :1
a< *-1
> CLIENT UNBLOCK ${id}
< :0
a> BZPOPMIN q 0
@eventually 5000
> CLIENT LIST ID ${id}
< /flags=[a-zA-Z]*b.* cmd=bzpopmin /
> CLIENT UNBLOCK ${id} TIMEOUT
< :1
a< *-1
a> BLMOVE q r LEFT LEFT 0
@eventually 5000
> CLIENT LIST ID ${id}
< /flags=[a-zA-Z]*b.* cmd=blmove /
> CLIENT UNBLOCK ${id} error
< :1
a< -UNBLOCKED client unblocked via CLIENT UNBLOCK
> CLIENT UNBLOCK 123456789
< :0
> CLIENT UNBLOCK 0
< :0
> CLIENT UNBLOCK -1
< :0
> CLIENT UNBLOCK ${id} WHY
< -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
> CLIENT UNBLOCK x
< -ERR value is not an integer or out of range
a> BLPOP q 0
@eventually 5000
> CLIENT LIST ID ${id}
< /flags=[a-zA-Z]*b/
> CLIENT KILL ID ${id}
< :1
@expect-close a
@eventually 5000
> INFO clients
< /^blocked_clients:0/
> RPUSH q x
< :1
> LPOP q
< "x"

# A client that leaves takes nothing with it.
b> BLPOP q 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
@close b
@eventually 5000
> INFO clients
< /^blocked_clients:0/
> RPUSH q x
< :1
> LPOP q
< "x"

# A timeout in RESP3.
@resp 3 c
c> BLPOP q 0.01
c< _
c> BLMOVE q r LEFT LEFT 0.01
c< _
c> BZMPOP 0.01 1 z MAX
c< _

# --- Statistics --------------------------------------------------------------------------------
# A waiting command counts when it ends.
> CONFIG RESETSTAT
< +OK
a> BLPOP q 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> INFO commandstats
< all
<   /^cmdstat_info:/
> RPUSH q x
< :1
a< *2
a<   "q"
a<   "x"
> INFO commandstats
< /^cmdstat_blpop:calls=1,.*,failed_calls=0/

# --- CLIENT REPLY --------------------------------------------------------------------------------
a> CLIENT REPLY SKIP
a> BLPOP q 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> RPUSH q x
< :1
a> PING
a< +PONG
> EXISTS q
< :0

# --- Sorted sets -------------------------------------------------------------------------------
a> BZPOPMIN z 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
b> BZPOPMAX z 0
@eventually 5000
> INFO clients
< /^blocked_clients:2/
@resp 3 c
c> BZMPOP 0 2 y z MIN COUNT 2
@eventually 5000
> INFO clients
< /^blocked_clients:3/
> ZADD z 1 a 2 b 3 c 4 d 5.5 e
< :5
a< *3
a<   "z"
a<   "a"
a<   "1"
b< *3
b<   "z"
b<   "e"
b<   "5.5"
c< *2
c<   "z"
c<   *2
c<     *2
c<       "b"
c<       ,2
c<     *2
c<       "c"
c<       ,3
> ZRANGE z 0 -1
< *1
<   "d"
c> BZPOPMIN z 0
c< *3
c<   "z"
c<   "d"
c<   ,4
a> BZPOPMIN z 0
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> RPUSH z x
< :1
> DEL z
< :1
> ZADD src 7 m
< :1
> ZRANGESTORE z src 0 -1
< :1
a< *3
a<   "z"
a<   "m"
a<   "7"
> DEL src
< :1

# --- At once -----------------------------------------------------------------------------------
> RPUSH l 1 2 3 4 5
< :5
> SET s v
< +OK
> BLPOP none l 0
< *2
<   "l"
<   "1"
> BLPOP s l 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BRPOP l s 0
< *2
<   "l"
<   "5"
> BLMOVE l l LEFT RIGHT 0
< "2"
> BRPOPLPUSH l m 0
< "2"
> BLMPOP 0 2 none l RIGHT COUNT 100
< *2
<   "l"
<   *2
<     "4"
<     "3"
> BLMOVE m s LEFT LEFT 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BLMOVE s m LEFT LEFT 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BRPOPLPUSH s m 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BLMOVE m l UP LEFT 0
< -ERR syntax error
> BLMOVE m l LEFT DOWN x
< -ERR syntax error
> BZPOPMIN s 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BZPOPMAX m 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BZMPOP 0 1 m MIN
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BLMPOP 0 1 s LEFT
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BLMPOP 0 0 l LEFT
< -ERR numkeys should be greater than 0
> BLMPOP x 0 l LEFT
< -ERR numkeys should be greater than 0
> BLMPOP x 1 l MIDDLE
< -ERR syntax error
> BLMPOP x 1 l LEFT COUNT 0
< -ERR count should be greater than 0
> BZMPOP x 1 z MEAN
< -ERR syntax error
> BLPOP q
< -ERR wrong number of arguments for 'blpop' command
> BLMOVE q r LEFT LEFT
< -ERR wrong number of arguments for 'blmove' command
> BLMPOP 0 1 q
< -ERR wrong number of arguments for 'blmpop' command

# --- A pause -----------------------------------------------------------------------------------
a> CLIENT PAUSE 100000 WRITE
a< +OK
a> BLPOP q 0
b> RPUSH q x
@expect-nothing 20 a
> CLIENT UNPAUSE
< +OK
b< :1
a< *2
a<   "q"
a<   "x"
