# Unions, intersections and differences of sorted sets and sets.

> ZADD a 1 one 2 two 3 three
< :3
> ZADD b 1 one 2 two 4 four
< :3
> SADD s one five
< :2
> ZUNION 2 a b
< *4
<   "one"
<   "three"
<   "four"
<   "two"
> ZUNION 2 a b WITHSCORES
< *8
<   "one"
<   "2"
<   "three"
<   "3"
<   "four"
<   "4"
<   "two"
<   "4"
> ZUNION 3 a b s WEIGHTS 2 -1 0.5 AGGREGATE MIN WITHSCORES
< *10
<   "four"
<   "-4"
<   "two"
<   "-2"
<   "one"
<   "-1"
<   "five"
<   "0.5"
<   "three"
<   "6"
> ZINTER 2 a b WITHSCORES
< *4
<   "one"
<   "2"
<   "two"
<   "4"
> ZINTER 3 a b s AGGREGATE MAX WITHSCORES
< *2
<   "one"
<   "1"
> zinter 2 a a weights 1 10 aggregate sum withscores withscores
< *6
<   "one"
<   "11"
<   "two"
<   "22"
<   "three"
<   "33"
> ZINTER 2 a nokey
< *0
> ZUNION 2 nokey nokey2 WITHSCORES
< *0
> ZDIFF 2 a b
< *1
<   "three"
> ZDIFF 2 a nokey WITHSCORES
< *6
<   "one"
<   "1"
<   "two"
<   "2"
<   "three"
<   "3"
> ZDIFF 3 a s b
< *1
<   "three"
> ZDIFF 2 a a
< *0
> ZDIFF 2 nokey a
< *0
> ZDIFF 2 s a
< *1
<   "five"
> ZINTERCARD 2 a b
< :2
> ZINTERCARD 2 a b LIMIT 1
< :1
> ZINTERCARD 2 a b LIMIT 0
< :2
> ZINTERCARD 2 a b LIMIT 1 LIMIT 5
< :2
> ZINTERCARD 2 a nokey
< :0
> ZINTERCARD 1 s
< :2

# Storing; the destination may be a source, and hold anything
> ZUNIONSTORE d 2 a b WEIGHTS 1 2
< :4
> ZRANGE d 0 -1 WITHSCORES
< *8
<   "one"
<   "3"
<   "three"
<   "3"
<   "two"
<   "6"
<   "four"
<   "8"
> SET d text EX 1000
< +OK
> ZINTERSTORE d 2 a b
< :2
> TTL d
< :-1
> ZRANGE d 0 -1 WITHSCORES
< *4
<   "one"
<   "2"
<   "two"
<   "4"
> ZDIFFSTORE d 2 d s
< :1
> ZRANGE d 0 -1
< *1
<   "two"
> ZUNIONSTORE d 3 d d d
< :1
> ZSCORE d two
< "12"
> ZINTERSTORE d 2 d nokey
< :0
> EXISTS d
< :0
> SADD d x
< :1
> ZDIFFSTORE d 2 nokey a
< :0
> EXISTS d
< :0

# Infinities and what is no number
> ZADD p inf x 1 y
< :2
> ZADD m -inf x 2 y
< :2
> ZUNION 2 p m WITHSCORES
< *4
<   "x"
<   "0"
<   "y"
<   "3"
> ZINTER 2 p m WITHSCORES
< *4
<   "x"
<   "0"
<   "y"
<   "3"
> ZUNION 1 p WEIGHTS 0 WITHSCORES
< *4
<   "x"
<   "0"
<   "y"
<   "0"
> ZINTER 2 p m WEIGHTS 0 1 AGGREGATE MIN WITHSCORES
< *4
<   "x"
<   "-inf"
<   "y"
<   "0"
> ZINTER 2 m p WEIGHTS 1 0 AGGREGATE MAX WITHSCORES
< *4
<   "x"
<   "-inf"
<   "y"
<   "2"
> ZUNION 2 p m WEIGHTS inf -inf WITHSCORES
< *4
<   "y"
<   "0"
<   "x"
<   "inf"
> ZUNION 1 p WEIGHTS nan
< -ERR weight value is not a float
> ZUNION 1 p WEIGHTS x
< -ERR weight value is not a float
> ZADD z0 0 zero
< :1
> ZUNION 1 z0 WEIGHTS -1 WITHSCORES
< *2
<   "zero"
<   "-0"

# numkeys
> ZUNION 0 a
< -ERR at least 1 input key is needed for 'zunion' command
> ZINTERCARD -1 a
< -ERR at least 1 input key is needed for 'zintercard' command
> ZDIFFSTORE d 0 a
< -ERR at least 1 input key is needed for 'zdiffstore' command
> ZINTER x a
< -ERR value is not an integer or out of range
> ZINTER 9223372036854775808 a
< -ERR value is not an integer or out of range
> ZINTER 9223372036854775807 a
< -ERR syntax error
> ZINTER 4294967297 a
< -ERR syntax error
> ZINTERSTORE d 3 a b
< -ERR syntax error
> ZUNIONSTORE d 2147483648 a
< -ERR syntax error
> ZUNIONSTORE d 1
< -ERR wrong number of arguments for 'zunionstore' command
> ZINTER 1
< -ERR wrong number of arguments for 'zinter' command

# Options
> ZUNION 2 a b WEIGHTS 1
< -ERR syntax error
> ZUNION 2 a b WEIGHTS 1 2 3
< -ERR syntax error
> ZUNION 2 a b AGGREGATE
< -ERR syntax error
> ZUNION 2 a b AGGREGATE avg
< -ERR syntax error
> ZUNIONSTORE d 2 a b WITHSCORES
< -ERR syntax error
> ZDIFF 2 a b WEIGHTS 1 2
< -ERR syntax error
> ZDIFFSTORE d 2 a b AGGREGATE SUM
< -ERR syntax error
> ZINTERCARD 2 a b WITHSCORES
< -ERR syntax error
> ZINTERCARD 2 a b LIMIT
< -ERR syntax error
> ZINTERCARD 2 a b LIMIT -1
< -ERR LIMIT can't be negative
> ZINTERCARD 2 a b LIMIT x
< -ERR LIMIT can't be negative
> ZUNION 2 a b WEIGHTS 1 2 WEIGHTS 3 4 AGGREGATE MIN AGGREGATE MAX WITHSCORES
< *8
<   "one"
<   "4"
<   "two"
<   "8"
<   "three"
<   "9"
<   "four"
<   "16"

# Wrong types come before options, and leave the destination
> SET str x
< +OK
> ZUNION 2 a str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZINTER 2 nokey str JUNK
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZDIFFSTORE a 2 b str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZCARD a
< :3
> ZINTERCARD 2 str a
< -WRONGTYPE Operation against a key holding the wrong kind of value

# Encodings of results
> ZUNIONSTORE e 1 a
< :3
> OBJECT ENCODING e
< "listpack"
> ZADD long 1 ${rep:65:x}
< :1
> ZUNIONSTORE e 2 a long
< :4
> OBJECT ENCODING e
< "skiplist"
> ZINTERSTORE e 2 e a
< :3
> OBJECT ENCODING e
< "listpack"
> CONFIG SET zset-max-listpack-entries 3
< +OK
> ZUNIONSTORE e 1 a
< :3
> OBJECT ENCODING e
< "listpack"
> ZUNIONSTORE e 2 a b
< :4
> OBJECT ENCODING e
< "skiplist"
> ZRANGESTORE f e 0 2
< :3
> OBJECT ENCODING f
< "listpack"
> ZRANGESTORE f e 0 -1
< :4
> OBJECT ENCODING f
< "skiplist"
> ZRANGESTORE f e -inf +inf BYSCORE
< :4
> OBJECT ENCODING f
< "skiplist"
> ZRANGESTORE f e 5 1
< :0
> EXISTS f
< :0
> CONFIG SET zset-max-listpack-entries 128
< +OK

# Keys
> COMMAND GETKEYS ZUNIONSTORE d 2 a b WEIGHTS 1 2
< *3
<   "d"
<   "a"
<   "b"
> COMMAND GETKEYS ZINTERCARD 2 a b LIMIT 1
< *2
<   "a"
<   "b"
> COMMAND GETKEYS ZINTER 0 a
< -ERR Invalid arguments specified for command
> COMMAND GETKEYS ZINTER 3 a b
< -ERR Invalid arguments specified for command

@resp 3
> ZUNION 2 a b WITHSCORES
< *4
<   *2
<     "one"
<     ,2
<   *2
<     "three"
<     ,3
<   *2
<     "four"
<     ,4
<   *2
<     "two"
<     ,4
> ZINTER 2 a b
< *2
<   "one"
<   "two"
> ZDIFF 2 a nokey WITHSCORES
< *3
<   *2
<     "one"
<     ,1
<   *2
<     "two"
<     ,2
<   *2
<     "three"
<     ,3
> ZDIFF 2 nokey a WITHSCORES
< *0

# What is stored wakes who waits for it
@resp 2
> DEL d e
< :?
a> BZPOPMIN d 0
b> BZPOPMAX e 0
> ZUNIONSTORE d 1 a
< :3
a< *3
a<   "d"
a<   "one"
a<   "1"
> ZRANGESTORE e a 0 1
< :2
b< *3
b<   "e"
b<   "two"
b<   "2"
> ZCARD e
< :1
