# Fields that expire: HEXPIRE and its like as of Redis 7.4, HGETEX, HSETEX, HGETDEL as of 8.0.
@file since 7.4

# HEXPIRE: -2 no such field, 0 condition not met, 1 set, 2 deleted at once
> HSET h a 1 b 2 c 3
< :3
> HEXPIRE h 100 FIELDS 2 a nope
< *2
<   :1
<   :-2
> HTTL h FIELDS 3 a b nope
< *3
<   :99..100
<   :-1
<   :-2
> HPTTL h FIELDS 1 a
< *1
<   :90000..100000
> HEXPIRE h 0 FIELDS 1 b
< *1
<   :2
> HPEXPIRE h 0 FIELDS 1 nope
< *1
<   :-2
> HGETALL h
< *4 pairs
<   "a"
<   "1"
<   "c"
<   "3"
> HEXPIRE none 10 FIELDS 2 a b
< *2
<   :-2
<   :-2
> HTTL none FIELDS 1 a
< *1
<   :-2
> HEXPIREAT h 1 FIELDS 1 c
< *1
<   :2
> HKEYS h
< *1
<   "a"

# The key goes with its last field
> HPEXPIREAT h 1 FIELDS 1 a
< *1
<   :2
> EXISTS h
< :0

# Absolute times come back as they are, in seconds rounded up
> HSET t a 1 b 2
< :2
> HPEXPIREAT t 4102444800001 FIELDS 1 a
< *1
<   :1
> HPEXPIRETIME t FIELDS 3 a b nope
< *3
<   :4102444800001
<   :-1
<   :-2
> HEXPIRETIME t FIELDS 1 a
< *1
<   :4102444801
> HEXPIREAT t 4102444800 FIELDS 1 b
< *1
<   :1
> HPEXPIRETIME t FIELDS 2 b a
< *2
<   :4102444800000
<   :4102444800001
> HEXPIRETIME none FIELDS 1 a
< *1
<   :-2
> HPEXPIRETIME none FIELDS 1 a
< *1
<   :-2
> HPTTL none FIELDS 1 a
< *1
<   :-2

# HPERSIST
> HPERSIST t FIELDS 3 a nope b
< *3
<   :1
<   :-2
<   :1
> HPERSIST t FIELDS 2 a b
< *2
<   :-1
<   :-1
> HTTL t FIELDS 2 a b
< *2
<   :-1
<   :-1
> HPERSIST none FIELDS 1 a
< *1
<   :-2

# NX XX GT LT; no expiry counts as an infinite one
> HSET w a 1
< :1
> HPEXPIREAT w 4102444800000 XX FIELDS 1 a
< *1
<   :0
> HPEXPIREAT w 4102444800000 GT FIELDS 1 a
< *1
<   :0
> HPEXPIREAT w 4102444800000 LT FIELDS 1 a
< *1
<   :1
> HPEXPIREAT w 4102444900000 LT FIELDS 1 a
< *1
<   :0
> HPEXPIREAT w 4102444800000 LT FIELDS 1 a
< *1
<   :0
> HPEXPIREAT w 4102444800000 GT FIELDS 1 a
< *1
<   :0
> HPEXPIREAT w 4102444900000 NX FIELDS 1 a
< *1
<   :0
> HPEXPIREAT w 4102444900000 gt FIELDS 1 a
< *1
<   :1
> HPEXPIREAT w 4102444850000 xx FIELDS 1 a
< *1
<   :1
> HPEXPIRETIME w FIELDS 1 a
< *1
<   :4102444850000
> HEXPIRE w 0 GT FIELDS 1 a
< *1
<   :0
> HEXPIRE w 0 LT FIELDS 1 a
< *1
<   :2
> EXISTS w
< :0

# The same field twice
> HSET twice a 1
< :1
> HEXPIRE twice 0 FIELDS 2 a a
< *2
<   :2
<   :-2

# What becomes of a field's expiry: HSET takes it away, HINCRBY and HINCRBYFLOAT keep it
> HSET k a 1 b 2 c 3 d 4
< :4
> HPEXPIREAT k 4102444800000 FIELDS 4 a b c d
< *4
<   :1
<   :1
<   :1
<   :1
> HSET k a 5
< :0
> HINCRBY k b 1
< :3
> HINCRBYFLOAT k c 1.5
< "4.5"
> HSETNX k d 9
< :0
> HPEXPIRETIME k FIELDS 4 a b c d
< *4
<   :-1
<   :4102444800000
<   :4102444800000
<   :4102444800000
> HMSET k b 1 c 2
< +OK
> HTTL k FIELDS 2 b c
< *2
<   :-1
<   :-1

# Fields that have expired are seen by nobody, and are gone for those who write
> DEBUG SET-ACTIVE-EXPIRE 0
< +OK
> HSET e a 1 b 2 c 3 d 4
< :4
> HPEXPIRE e 1 FIELDS 2 a b
< *2
<   :1
<   :1
@sleep 5
> HLEN e
< :2
> HGETALL e
< *4 pairs
<   "c"
<   "3"
<   "d"
<   "4"
> HKEYS e
< *2 unordered
<   "c"
<   "d"
> HVALS e
< *2 unordered
<   "3"
<   "4"
> HMGET e a c
< *2
<   $-1
<   "3"
> HEXISTS e a
< :0
> HSTRLEN e a
< :0
> HTTL e FIELDS 1 a
< *1
<   :-2
> HRANDFIELD e 10
< *2 unordered
<   "c"
<   "d"
> HRANDFIELD e
< /^[cd]$/
> HRANDFIELD e -3 WITHVALUES
< *6
<   /^[cd]$/
<   /^[34]$/
<   /^[cd]$/
<   /^[34]$/
<   /^[cd]$/
<   /^[34]$/
> HRANDFIELD e 1 WITHVALUES
< *2
<   /^[cd]$/
<   /^[34]$/
> HSCAN e 0 NOVALUES
< *2
<   "0"
<   *2 unordered
<     "c"
<     "d"
> HEXPIRE e 100 FIELDS 1 a
< *1
<   :-2
> HDEL e a
< :0
> HSETNX e a 7
< :1
> HTTL e FIELDS 1 a
< *1
<   :-1
> HINCRBY e b 5
< :5
> HTTL e FIELDS 1 b
< *1
<   :-1

# A hash of which every field has expired is no key
> HSET gone a 1 b 2
< :2
> HPEXPIRE gone 1 FIELDS 2 a b
< *2
<   :1
<   :1
@sleep 5
> EXISTS gone
< :0
> TYPE gone
< +none
> HLEN gone
< :0
> HSETEX gone FXX FIELDS 1 a 1
< :0
> HSETEX gone FNX FIELDS 1 a 1
< :1
> HGETALL gone
< *2
<   "a"
<   "1"

# Another way for a hash to go: all expired, and a key of another type written
> HSETEX over PX 1 FIELDS 1 a 1
< :1
@sleep 5
> APPEND over x
< :1
> TYPE over
< +string

# Active expiry finds them without being asked
> DEBUG SET-ACTIVE-EXPIRE 1
< +OK
> FLUSHALL
< +OK
> CONFIG RESETSTAT
< +OK
> HSET act a 1 b 2
< :2
> HPEXPIRE act 1 FIELDS 1 a
< *1
<   :1
> HSETEX all PX 1 FIELDS 3 a 1 b 2 c 3
< :1
@eventually 5000
> DBSIZE
< :1
@eventually 5000
> INFO stats
< /^expired_subkeys:4.$/
> INFO keyspace
< /^db0:keys=1,expires=0,avg_ttl=0,subexpiry=0/
> HEXPIRE act 100 FIELDS 1 b
< *1
<   :1
> INFO keyspace
< /subexpiry=1/
> HPERSIST act FIELDS 1 b
< *1
<   :1
> INFO keyspace
< /subexpiry=0/

# RENAME, COPY and MOVE take the times along
> HSET r a 1 b 2
< :2
> HPEXPIREAT r 4102444800000 FIELDS 1 a
< *1
<   :1
> RENAME r r2
< +OK
> HPEXPIRETIME r2 FIELDS 2 a b
< *2
<   :4102444800000
<   :-1
> COPY r2 r3
< :1
> HPEXPIRETIME r3 FIELDS 1 a
< *1
<   :4102444800000
> EXPIRE r3 1000
< :1
> PERSIST r3
< :1
> HPEXPIRETIME r3 FIELDS 1 a
< *1
<   :4102444800000
> MOVE r3 1
< :1
> INFO keyspace
< all
<   /^db0:keys=2,expires=0,avg_ttl=0,subexpiry=1/
<   /^db1:keys=1,expires=0,avg_ttl=0,subexpiry=1/
> SWAPDB 0 1
< +OK
> HPEXPIRETIME r3 FIELDS 1 a
< *1
<   :4102444800000
> SET r3 x
< +OK
> INFO keyspace
< all
<   /^db0:keys=1,expires=0,avg_ttl=0,subexpiry=0/
<   /^db1:keys=2,expires=0,avg_ttl=0,subexpiry=1/
> FLUSHALL
< +OK

# Encodings
> HSET enc a 1
< :1
> OBJECT ENCODING enc
< "listpack"
> HPERSIST enc FIELDS 1 a
< *1
<   :-1
> OBJECT ENCODING enc
< "listpack"
> HEXPIRE enc 100 FIELDS 1 a
< *1
<   :1
> OBJECT ENCODING enc
< "listpackex"
> HPERSIST enc FIELDS 1 a
< *1
<   :1
> OBJECT ENCODING enc
< "listpackex"
> HSET enc b ${rep:65:v}
< :1
> OBJECT ENCODING enc
< "hashtable"
> HEXPIRE enc 100 FIELDS 2 a b
< *2
<   :1
<   :1
> OBJECT ENCODING enc
< "hashtable"
> HGET enc b
< "${rep:65:v}"

# HGETEX
> HSET g a 1 b 2 c 3
< :3
> HGETEX g FIELDS 2 a nope
< *2
<   "1"
<   $-1
> HGETEX g EX 100 FIELDS 1 a
< *1
<   "1"
> HTTL g FIELDS 2 a b
< *2
<   :99..100
<   :-1
> HGETEX g PERSIST FIELDS 2 a b
< *2
<   "1"
<   "2"
> HTTL g FIELDS 1 a
< *1
<   :-1
> HGETEX g PXAT 4102444800000 FIELDS 2 b c
< *2
<   "2"
<   "3"
> HPEXPIRETIME g FIELDS 2 b c
< *2
<   :4102444800000
<   :4102444800000
> HGETEX g exat 4102444801 fields 1 b
< *1
<   "2"
> HGETEX g PX 100000 FIELDS 1 c
< *1
<   "3"
> HPEXPIRETIME g FIELDS 1 b
< *1
<   :4102444801000
> HGETEX g EX 0 FIELDS 2 a a
< *2
<   "1"
<   $-1
> HGETEX g PXAT 1 FIELDS 2 b c
< *2
<   "2"
<   "3"
> EXISTS g
< :0
> HGETEX g EX 10 FIELDS 2 b c
< *2
<   $-1
<   $-1

# HGETDEL
> HSET d a 1 b 2
< :2
> HGETDEL d FIELDS 3 a nope a
< *3
<   "1"
<   $-1
<   $-1
> HGETDEL d FIELDS 1 b
< *1
<   "2"
> EXISTS d
< :0
> HGETDEL d FIELDS 1 b
< *1
<   $-1

# HSETEX
> HSETEX s FIELDS 2 a 1 b 2
< :1
> HSETEX s FNX FIELDS 2 c 3 a 9
< :0
> HSETEX s FXX FIELDS 2 c 3 a 9
< :0
> HEXISTS s c
< :0
> HSETEX s FXX EX 100 FIELDS 2 a 3 b 4
< :1
> HTTL s FIELDS 2 a b
< *2
<   :99..100
<   :99..100
> HSETEX s KEEPTTL FIELDS 1 a 5
< :1
> HTTL s FIELDS 1 a
< *1
<   :99..100
> HSETEX s FIELDS 1 a 6
< :1
> HTTL s FIELDS 1 a
< *1
<   :-1
> HSETEX s pxat 4102444800000 fnx fields 1 n 1
< :1
> HPEXPIRETIME s FIELDS 1 n
< *1
<   :4102444800000
> HSETEX s EXAT 4102444800 FIELDS 2 n 1 n 2
< :1
> HGET s n
< "2"
> HSETEX s PX 100000 FIELDS 1 n 3
< :1
> HSETEX s EXAT 1 FIELDS 2 n 1 x 1
< :1
> HGETALL s
< *4 pairs
<   "a"
<   "6"
<   "b"
<   "4"
> HSETEX s PXAT 0 FIELDS 2 a 1 b 1
< :1
> EXISTS s
< :0
> HSETEX s EX 0 FIELDS 1 a 1
< :1
> EXISTS s
< :0
> HSETEX s EX 10 FIELDS 1 long ${rep:100:v}
< :1
> OBJECT ENCODING s
< "hashtable"

# Bad arguments: times
> HSET x a 1
< :1
> HEXPIRE x -1 FIELDS 1 a
< -ERR invalid expire time, must be >= 0
> HPEXPIREAT x -1 FIELDS 1 a
< -ERR invalid expire time, must be >= 0
> HEXPIRE x abc FIELDS 1 a
< -ERR value is not an integer or out of range
> HEXPIRE x 1.5 FIELDS 1 a
< -ERR value is not an integer or out of range
> HEXPIRE x 9223372036854775807 FIELDS 1 a
< -ERR invalid expire time in 'hexpire' command
> HEXPIRE x 70368744177 FIELDS 1 a
< -ERR invalid expire time in 'hexpire' command
> HPEXPIRE x 70368744177663 FIELDS 1 a
< -ERR invalid expire time in 'hpexpire' command
> HPEXPIREAT x 70368744177664 FIELDS 1 a
< -ERR invalid expire time in 'hpexpireat' command
> HEXPIREAT x 70368744178 FIELDS 1 a
< -ERR invalid expire time in 'hexpireat' command
> HPEXPIREAT x 70368744177663 FIELDS 1 a
< *1
<   :1
> HPEXPIRETIME x FIELDS 1 a
< *1
<   :70368744177663
> HEXPIREAT x 70368744177 FIELDS 1 a
< *1
<   :1
> HGETEX x EX -1 FIELDS 1 a
< -ERR invalid expire time, must be >= 0
> HGETEX x PXAT 70368744177664 FIELDS 1 a
< -ERR invalid expire time in 'hgetex' command
> HSETEX x PX -1 FIELDS 1 a 1
< -ERR invalid expire time, must be >= 0
> HSETEX x EX 9223372036854775807 FIELDS 1 a 1
< -ERR invalid expire time in 'hsetex' command

# Bad arguments: FIELDS, its count, and commands that end too early
> HEXPIRE x 10 FIELDS 0 a
< -ERR Parameter `numFields` should be greater than 0
> HEXPIRE x 10 FIELDS -1 a
< -ERR Parameter `numFields` should be greater than 0
> HEXPIRE x 10 FIELDS z a
< -ERR Parameter `numFields` should be greater than 0
> HEXPIRE x 10 FIELDS 2 a
< -ERR The `numfields` parameter must match the number of arguments
> HEXPIRE x 10 FIELDS 1 a b
< -ERR The `numfields` parameter must match the number of arguments
> HEXPIRE x 10 FIELDS 4294967297 a
< -ERR The `numfields` parameter must match the number of arguments
> HEXPIRE x 10 FIELDS 9223372036854775807 a
< -ERR The `numfields` parameter must match the number of arguments
> HEXPIRE x 10 FOO 1 a
< -ERR Mandatory argument FIELDS is missing or not at the right position
> HEXPIRE x 10 NX XX FIELDS 1 a
< -ERR Mandatory argument FIELDS is missing or not at the right position
> HEXPIRE x 10 NX FIELDS 1
< -ERR The `numfields` parameter must match the number of arguments
> HEXPIRE x 10 FIELDS 1 NX a
< -ERR The `numfields` parameter must match the number of arguments
> HEXPIRE x 10 FIELDS 1
< -ERR wrong number of arguments for 'hexpire' command
> HEXPIRE x 10 FIELDS
< -ERR wrong number of arguments for 'hexpire' command
> HEXPIRE x 10
< -ERR wrong number of arguments for 'hexpire' command
> HEXPIRE x
< -ERR wrong number of arguments for 'hexpire' command
> HEXPIRE
< -ERR wrong number of arguments for 'hexpire' command
> HTTL x FIELDS 0 a
< -ERR Number of fields must be a positive integer
> HTTL x FIELDS 1
< -ERR wrong number of arguments for 'httl' command
> HTTL x FOO 1 a
< -ERR Mandatory argument FIELDS is missing or not at the right position
> HTTL x FIELDS 2 a
< -ERR The `numfields` parameter must match the number of arguments
> HPERSIST x FIELDS 0 a
< -ERR Number of fields must be a positive integer
> HPERSIST x FIELDS
< -ERR wrong number of arguments for 'hpersist' command
> HGETEX x
< -ERR wrong number of arguments for 'hgetex' command
> HGETEX x FIELDS
< -ERR wrong number of arguments for 'hgetex' command
> HGETEX x FIELDS 1
< -ERR wrong number of arguments for 'hgetex' command
> HGETEX x EX 10 FIELDS
< -ERR wrong number of arguments for 'hgetex' command
> HGETEX x EX 10 FIELDS 1
< -ERR The `numfields` parameter must match the number of arguments
> HGETEX x EX FIELDS 1 a
< -ERR value is not an integer or out of range
> HGETEX x PERSIST FIELDS 1
< -ERR The `numfields` parameter must match the number of arguments
> HGETEX x PERSIST EX 10 FIELDS 1 a
< -ERR Mandatory argument FIELDS is missing or not at the right position
> HGETEX x KEEPTTL FIELDS 1 a
< -ERR Mandatory argument FIELDS is missing or not at the right position
> HGETEX x FIELDS 0 a
< -ERR Number of fields must be a positive integer
> HGETEX x FIELDS 2 a
< -ERR The `numfields` parameter must match the number of arguments
> HGETDEL x FIELDS 1
< -ERR wrong number of arguments for 'hgetdel' command
> HGETDEL x FOO 1 a
< -ERR Mandatory argument FIELDS is missing or not at the right position
> HGETDEL x FIELDS 0 a
< -ERR Number of fields must be a positive integer
> HGETDEL x FIELDS 2 a
< -ERR The `numfields` parameter must match the number of arguments
> HSETEX x
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x FIELDS
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x FIELDS 1
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x FIELDS 1 a
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x EX 10 FIELDS 1
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x EX 10 FIELDS 1 a
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x FNX EX 10 FIELDS
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x FNX EX 10 PX 10
< -ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
> HSETEX x FNX KEEPTTL FNX EX 10
< -ERR Only one of FXX or FNX arguments can be specified
> HSETEX x FNX FXX FIELDS 1 a 1
< -ERR Only one of FXX or FNX arguments can be specified
> HSETEX x EX 10 KEEPTTL FIELDS 1 a 1
< -ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
> HSETEX x EX FIELDS 1 a 1
< -ERR value is not an integer or out of range
> HSETEX x EX 10 FNX EXAT
< -ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
> HSETEX x1 FNX FXX FNX EX
< -ERR Only one of FXX or FNX arguments can be specified
> HSETEX x FNX a b c EX
< -ERR unknown argument: a
> HSETEX x EX 10 a FIELDS 1 a 1
< -ERR unknown argument: a
> HSETEX x EX 10 FNX
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x FIELDS 2 a 1
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x FIELDS 2 a 1 b
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x FIELDS 1 a 1 b 2
< -ERR wrong number of arguments for 'hsetex' command
> HSETEX x FIELDS 0 a 1
< -ERR invalid number of fields
> HSETEX x FIELDS z a 1
< -ERR invalid number of fields
> HSCAN x 0 NOVALUES
< *2
<   "0"
<   *1
<     "a"
> HSCAN x 0 NOVALUES COUNT 5 MATCH b*
< *2
<   "0"
<   *0
> HSCAN x 0 COUNT NOVALUES
< -ERR value is not an integer or out of range
> SSCAN none 0 NOVALUES
< *2
<   "0"
<   *0

# Wrong types
> SET str x
< +OK
> HEXPIRE str 10 FIELDS 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HPEXPIRE str x FIELDS 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HTTL str FIELDS 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HPERSIST str FIELDS 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HEXPIRETIME str FIELDS 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HGETEX str FIELDS 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HGETDEL str FIELDS 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HSETEX str FIELDS 1 a 1
< -WRONGTYPE Operation against a key holding the wrong kind of value

# DEBUG DIGEST tells hashes with and without expiring fields apart, and not their times
> FLUSHALL
< +OK
> HSET p a 1
< :1
> DEBUG DIGEST-VALUE p
< *1
<   ${plain} /^[0-9a-f]{40}$/
> HPEXPIREAT p 4102444800000 FIELDS 1 a
< *1
<   :1
> DEBUG DIGEST-VALUE p
< *1
<   ${timed} /^[0-9a-f]{40}$/
> HPEXPIREAT p 4102444900000 FIELDS 1 a
< *1
<   :1
> DEBUG DIGEST-VALUE p
< *1
<   +${timed}
> HPERSIST p FIELDS 1 a
< *1
<   :1
> DEBUG DIGEST-VALUE p
< *1
<   +${plain}

# RESP3
@resp 3
> HSETEX h3 EX 100 FIELDS 2 a 1 b 2
< :1
> HGETEX h3 FIELDS 2 a nope
< *2
<   "1"
<   _
> HGETDEL h3 FIELDS 2 a nope
< *2
<   "1"
<   _
> HTTL h3 FIELDS 2 b nope
< *2
<   :99..100
<   :-2
