# Keys whatever they hold.

# DEL, UNLINK, EXISTS, TOUCH
> MSET a 1 b 2 c 3
< +OK
> EXISTS a
< :1
> EXISTS a b none a
< :3
> TOUCH a b none
< :2
> DEL a
< :1
> DEL a
< :0
> DEL b c none
< :2
> MSET a 1 b 2
< +OK
> UNLINK a b none
< :2
> DBSIZE
< :0
> SET k v
< +OK
> DEL k k
< :1
> DEL
< -ERR wrong number of arguments for 'del' command
> UNLINK
< -ERR wrong number of arguments for 'unlink' command
> EXISTS
< -ERR wrong number of arguments for 'exists' command
> TOUCH
< -ERR wrong number of arguments for 'touch' command

# TYPE
> SET s v
< +OK
> RPUSH l v
< :1
> SADD t v
< :1
> ZADD z 1 v
< :1
> HSET h f v
< :1
> TYPE s
< +string
> TYPE l
< +list
> TYPE t
< +set
> TYPE z
< +zset
> TYPE h
< +hash
> TYPE none
< +none
> TYPE
< -ERR wrong number of arguments for 'type' command

# RENAME, RENAMENX
> FLUSHALL
< +OK
> SET a 1
< +OK
> RENAME a b
< +OK
> EXISTS a
< :0
> GET b
< "1"
> RENAME none x
< -ERR no such key
> RENAME none none
< -ERR no such key
> RENAME b b
< +OK
> GET b
< "1"
> SET c 2 EX 100
< +OK
> RENAME b c
< +OK
> GET c
< "1"
> TTL c
< :-1
> SET d 3 EX 100
< +OK
> RENAME d e
< +OK
> TTL e
< :99..100
> RPUSH list 1 2 3
< :3
> RENAME list c
< +OK
> LRANGE c 0 -1
< *3
<   "1"
<   "2"
<   "3"
> RENAMENX c e
< :0
> TYPE c
< +list
> RENAMENX c free
< :1
> TYPE free
< +list
> RENAMENX free free
< :0
> RENAMENX none x
< -ERR no such key
> RENAME a
< -ERR wrong number of arguments for 'rename' command
> SET wide${rep:300:w} v
< +OK
> RENAME wide${rep:300:w} narrow
< +OK
> RENAME narrow wide${rep:400:w}
< +OK
> GET wide${rep:400:w}
< "v"

# COPY
> FLUSHALL
< +OK
> SET a hello EX 100
< +OK
> COPY a b
< :1
> GET b
< "hello"
> TTL b
< :99..100
> COPY a b
< :0
> SET a other
< +OK
> COPY a b REPLACE
< :1
> GET b
< "other"
> TTL b
< :-1
> COPY none b REPLACE
< :0
> GET b
< "other"
> COPY a a
< -ERR source and destination objects are the same
> COPY a a DB 1
< :1
> SELECT 1
< +OK
> GET a
< "other"
> SELECT 0
< +OK
> COPY a b DB 1 REPLACE
< :1
> COPY a b DB 1
< :0
> COPY a b DB 0 REPLACE
< :1
> COPY a a DB 0
< -ERR source and destination objects are the same
> COPY a c DB 99
< -ERR DB index is out of range
> COPY a c DB -1
< -ERR DB index is out of range
> COPY a c DB abc
< -ERR value is not an integer or out of range
> COPY a c DB
< -ERR syntax error
> COPY a c DB 99999999999
< -ERR value is out of range, value must between -2147483648 and 2147483647
> COPY a c NONSENSE
< -ERR syntax error
> COPY a
< -ERR wrong number of arguments for 'copy' command
> RPUSH l 1 2 3
< :3
> COPY l l2
< :1
> RPUSH l 4
< :4
> LRANGE l2 0 -1
< *3
<   "1"
<   "2"
<   "3"
> HSET h f v
< :1
> COPY h h2
< :1
> HGETALL h2
< *2
<   "f"
<   "v"
> SADD t 1 2 3
< :3
> COPY t t2
< :1
> SCARD t2
< :3
> ZADD z 1 a 2 b
< :2
> COPY z z2
< :1
> ZRANGE z2 0 -1 WITHSCORES
< *4
<   "a"
<   "1"
<   "b"
<   "2"
> COPY z l2 REPLACE
< :1
> TYPE l2
< +zset
> SET big ${rep:5000:x}
< +OK
> COPY big big2 DB 3
< :1
> SELECT 3
< +OK
> STRLEN big2
< :5000
> SELECT 0
< +OK

# MOVE
> FLUSHALL
< +OK
> SET a v EX 100
< +OK
> MOVE a 2
< :1
> EXISTS a
< :0
> SELECT 2
< +OK
> GET a
< "v"
> TTL a
< :99..100
> SELECT 0
< +OK
> MOVE a 2
< :0
> SET a w
< +OK
> MOVE a 2
< :0
> GET a
< "w"
> MOVE a 0
< -ERR source and destination objects are the same
> MOVE a 99
< -ERR DB index is out of range
> MOVE a -1
< -ERR DB index is out of range
> MOVE a abc
< -ERR value is not an integer or out of range
> RPUSH l 1 2
< :2
> MOVE l 2
< :1
> SELECT 2
< +OK
> LRANGE l 0 -1
< *2
<   "1"
<   "2"
> SELECT 0
< +OK
> DBSIZE
< :1

# KEYS
> FLUSHALL
< +OK
> MSET one 1 two 2 three 3 four 4 h?llo 5 "" 6
< +OK
> KEYS *
< ~unordered
<   ""
<   "one"
<   "two"
<   "three"
<   "four"
<   "h?llo"
> KEYS t*
< ~unordered
<   "two"
<   "three"
> KEYS *o*
< ~unordered
<   "one"
<   "two"
<   "four"
<   "h?llo"
> KEYS t??
< *1
<   "two"
> KEYS [ot]*e
< ~unordered
<   "one"
<   "three"
> KEYS h\\?llo
< *0
> KEYS [^o]*r
< *1
<   "four"
> KEYS none*
< *0
> KEYS **
< ~unordered
<   "one"
<   "two"
<   "three"
<   "four"
<   "h?llo"
> KEYS
< -ERR wrong number of arguments for 'keys' command
> KEYS ${rep:1000:*?}
< *0
> SET ${rep:40:a} x
< +OK
> KEYS ${rep:20:a*}b
< *0

# RANDOMKEY, DBSIZE
> FLUSHDB
< +OK
> RANDOMKEY
< $-1
> SET only v
< +OK
> RANDOMKEY
< "only"
> DBSIZE
< :1
> RANDOMKEY x
< -ERR wrong number of arguments for 'randomkey' command
> DBSIZE x
< -ERR wrong number of arguments for 'dbsize' command

# FLUSHDB, FLUSHALL
> SELECT 1
< +OK
> SET x 1
< +OK
> FLUSHDB
< +OK
> DBSIZE
< :0
> SELECT 0
< +OK
> DBSIZE
< :1
> FLUSHALL ASYNC
< +OK
> DBSIZE
< :0
> SET x 1
< +OK
> FLUSHALL SYNC
< +OK
> SET x 1
< +OK
> FLUSHDB ASYNC
< +OK
> SET x 1
< +OK
> FLUSHDB sync
< +OK
> DBSIZE
< :0
> FLUSHALL NONSENSE
< -ERR syntax error
> FLUSHALL ASYNC SYNC
< -ERR syntax error
> FLUSHDB ASYNC x
< -ERR syntax error
> FLUSHDB 1
< -ERR syntax error
> GET x
< $-1

# SWAPDB
> SELECT 0
< +OK
> SET a zero
< +OK
> SELECT 1
< +OK
> SET a one
< +OK
> SET b one
< +OK
> SWAPDB 0 1
< +OK
> GET a
< "zero"
> DBSIZE
< :1
> SELECT 0
< +OK
> MGET a b
< *2
<   "one"
<   "one"
> SWAPDB 0 0
< +OK
> SWAPDB 0 99
< -ERR DB index is out of range
> SWAPDB -1 0
< -ERR DB index is out of range
> SWAPDB a 1
< -ERR invalid first DB index
> SWAPDB 1 a
< -ERR invalid second DB index
> SWAPDB 1
< -ERR wrong number of arguments for 'swapdb' command
> FLUSHALL
< +OK
> SELECT 1
< +OK
> DBSIZE
< :0
> SELECT 0
< +OK

# OBJECT
> MSET s abc n 12 m 123456
< +OK
> OBJECT REFCOUNT s
< :1
> OBJECT REFCOUNT n
< :2147483647
> OBJECT REFCOUNT m
< :1
> OBJECT REFCOUNT none
< $-1
> OBJECT IDLETIME s
< :0..2
> OBJECT IDLETIME none
< $-1
> OBJECT FREQ s
< -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
> OBJECT FREQ none
< $-1
> OBJECT ENCODING none
< $-1
> OBJECT ENCODING s
< "embstr"
> OBJECT encoding n
< "int"
> OBJECT NONSENSE s
< -ERR unknown subcommand 'NONSENSE'. Try OBJECT HELP.
> OBJECT ENCODING
< -ERR wrong number of arguments for 'object|encoding' command
> OBJECT
< -ERR wrong number of arguments for 'object' command
> OBJECT HELP
< *
<   /^OBJECT <subcommand> /
<   +ENCODING <key>
<   ...
> RPUSH l a
< :1
> SADD i 1 2
< :2
> SADD t a b
< :2
> HSET h f v
< :1
> ZADD z 1 a
< :1
> OBJECT ENCODING i
< "intset"
> OBJECT ENCODING h
< "listpack"
> OBJECT ENCODING z
< "listpack"

# What small sets and lists are since 7.2
@since 7.2
> OBJECT ENCODING t
< "listpack"
> OBJECT ENCODING l
< "listpack"

# Access clocks
> CONFIG SET maxmemory-policy allkeys-lfu
< +OK
> SET f abc
< +OK
> OBJECT FREQ f
< :5
> OBJECT IDLETIME f
< -ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
> GET f
< "abc"
> OBJECT FREQ f
< :5..7
> CONFIG SET maxmemory-policy noeviction
< +OK
> OBJECT FREQ f
< -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.

# Wrong type for every other family's keys
> LPUSH s x
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SADD s x
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HSET s f v
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZADD s 1 x
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GET l
< -WRONGTYPE Operation against a key holding the wrong kind of value
