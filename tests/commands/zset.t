# Sorted sets.

# ZADD and its options
> ZADD z 1 a 2 b 3 c
< :3
> ZADD z 1 a 5 b 4 d
< :1
> ZADD z CH 1 a 6 b 7 e
< :2
> ZADD z NX 9 a 9 n
< :1
> ZADD z XX 8 a 8 x
< :0
> ZADD z XX CH 9 a
< :1
> ZADD z GT 1 a
< :0
> ZADD z GT CH 100 a
< :1
> ZADD z LT CH 1 a
< :1
> ZADD z LT CH 2 a
< :0
> ZADD z GT CH 5 new
< :1
> ZADD z INCR 5 a
< "6"
> ZADD z NX INCR 5 a
< $-1
> ZADD z XX INCR 5 nope
< $-1
> ZADD z GT INCR -1 a
< $-1
> ZADD z LT INCR -1 a
< "5"
> ZADD none XX 1 a
< :0
> ZADD none XX INCR 1 a
< $-1
> ZADD z 1 a 1 a 2 a
< :0
> ZRANGE z 0 -1 WITHSCORES
< *14
<   "a"
<   "2"
<   "c"
<   "3"
<   "d"
<   "4"
<   "new"
<   "5"
<   "b"
<   "6"
<   "e"
<   "7"
<   "n"
<   "9"
> ZADD z NX XX 1 a
< -ERR XX and NX options at the same time are not compatible
> ZADD z GT LT 1 a
< -ERR GT, LT, and/or NX options at the same time are not compatible
> ZADD z NX GT 1 a
< -ERR GT, LT, and/or NX options at the same time are not compatible
> ZADD z NX LT 1 a
< -ERR GT, LT, and/or NX options at the same time are not compatible
> ZADD z INCR 1 a 2 b
< -ERR INCR option supports a single increment-element pair
> ZADD z 1
< -ERR wrong number of arguments for 'zadd' command
> ZADD z 1 a 2
< -ERR syntax error
> ZADD z x a
< -ERR value is not a valid float
> ZADD z nan a
< -ERR value is not a valid float
> ZADD z 1 a x b
< -ERR value is not a valid float
> ZADD z "" a
< -ERR value is not a valid float
> ZADD z NX
< -ERR wrong number of arguments for 'zadd' command
> ZADD z NX CH
< -ERR syntax error
> ZADD z inf i -inf j +inf k
< :3
> ZADD z INCR -inf i
< -ERR resulting score is not a number (NaN)
> ZADD z INCR inf i
< "inf"
> ZSCORE z i
< "inf"
> ZSCORE z j
< "-inf"

# Scores as Redis prints them
> ZADD sc 1.5 a 0.1 b 3.0 c 1e20 d 1e21 e 1e-10 f 100000000000000000000000 g -0.0 h 17179869184 i 0.30000000000000004 j 123456789012345678 k
< :11

# 17 digits, and since 7.2 as few as tell the number from others
@until 7.2
> ZRANGE sc 0 -1 WITHSCORES
< *22
<   "h"
<   "0"
<   "f"
<   "1e-10"
<   "b"
<   "0.10000000000000001"
<   "j"
<   "0.30000000000000004"
<   "a"
<   "1.5"
<   "c"
<   "3"
<   "i"
<   "17179869184"
<   "k"
<   "1.2345678901234568e+17"
<   "d"
<   "1e+20"
<   "e"
<   "1e+21"
<   "g"
<   "9.9999999999999992e+22"

@since 7.2
> ZRANGE sc 0 -1 WITHSCORES
< *22
<   "h"
<   "0"
<   "f"
<   "1e-10"
<   "b"
<   "0.1"
<   "j"
<   "0.30000000000000004"
<   "a"
<   "1.5"
<   "c"
<   "3"
<   "i"
<   "17179869184"
<   "k"
<   "123456789012345680"
<   "d"
<   "1e+20"
<   "e"
<   "1e+21"
<   "g"
<   "1e+23"
> ZADD sc2 1.5e-6 a 1e-7 b 0.00012345678 c 12345.1234567 d 12345678901234567890 e 5e-324 f 1700000000.123 g -1e300 h 2305843009213693952 i
< :9
> ZMSCORE sc2 a b c d e f g h i
< *9
<   "1.5e-6"
<   "1e-7"
<   "1.2345678e-4"
<   "1.23451234567e+4"
<   "12345678901234567000"
<   "5e-324"
<   "1700000000.123"
<   "-1e+300"
<   "2305843009213693952"
> ZSCAN sc2 0 MATCH a
< *2
<   "0"
<   *2
<     "a"
<     "1.5e-6"
> DEL sc2
< :1

> ZINCRBY sc 0.2 b
< "0.30000000000000004"
> ZINCRBY sc 1 newbie
< "1"
> ZINCRBY sc x a
< -ERR value is not a valid float
> ZINCRBY sc nan a
< -ERR value is not a valid float
> ZINCRBY sc inf a
< "inf"
> ZINCRBY sc -inf a
< -ERR resulting score is not a number (NaN)

# ZREM, ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK
> ZADD r 1 a 2 b 3 c
< :3
> ZCARD r
< :3
> ZCARD none
< :0
> ZSCORE r a
< "1"
> ZSCORE r x
< $-1
> ZSCORE none x
< $-1
> ZMSCORE r a x c
< *3
<   "1"
<   $-1
<   "3"
> ZMSCORE none a b
< *2
<   $-1
<   $-1
> ZRANK r a
< :0
> ZRANK r c
< :2
> ZRANK r x
< $-1
> ZRANK none a
< $-1
> ZREVRANK r a
< :2
> ZREVRANK r c
< :0
> ZREM r a x
< :1
> ZREM r x
< :0
> ZREM none x
< :0
> ZREM r b c
< :2
> EXISTS r
< :0

@since 7.2
> ZADD ws 1 a 2 b
< :2
> ZRANK ws b WITHSCORE
< *2
<   :1
<   "2"
> ZREVRANK ws b WITHSCORE
< *2
<   :0
<   "2"
> ZRANK ws x WITHSCORE
< *-1
> ZRANK ws a FOO
< -ERR syntax error
> ZRANK ws a WITHSCORE x
< -ERR wrong number of arguments for 'zrank' command

# Ranges by rank
> ZADD g 1 a 2 b 3 c 4 d 5 e
< :5
> ZRANGE g 0 -1
< *5
<   "a"
<   "b"
<   "c"
<   "d"
<   "e"
> ZRANGE g 1 2 WITHSCORES
< *4
<   "b"
<   "2"
<   "c"
<   "3"
> ZRANGE g -2 -1
< *2
<   "d"
<   "e"
> ZRANGE g 3 1
< *0
> ZRANGE g 0 100
< *5
<   "a"
<   "b"
<   "c"
<   "d"
<   "e"
> ZRANGE g -100 1
< *2
<   "a"
<   "b"
> ZRANGE g 5 6
< *0
> ZRANGE none 0 -1
< *0
> ZREVRANGE g 0 1
< *2
<   "e"
<   "d"
> ZREVRANGE g 0 -1 WITHSCORES
< *10
<   "e"
<   "5"
<   "d"
<   "4"
<   "c"
<   "3"
<   "b"
<   "2"
<   "a"
<   "1"
> ZREVRANGE g -1 -1
< *1
<   "a"
> ZRANGE g 0 1 REV
< *2
<   "e"
<   "d"
> ZRANGE g 0 1 REV WITHSCORES
< *4
<   "e"
<   "5"
<   "d"
<   "4"
> ZRANGE g 0 -1 FOO
< -ERR syntax error
> ZRANGE g 0 -1 LIMIT 0 1
< -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
> ZRANGE g 0 -1 LIMIT 0 -1
< *5
<   "a"
<   "b"
<   "c"
<   "d"
<   "e"
> ZRANGE g x y
< -ERR value is not an integer or out of range
> ZREVRANGE g 0 1 REV
< -ERR syntax error
> ZREVRANGE g 0 1 BYSCORE
< -ERR syntax error
> ZRANGE g 0 1 WITHSCORES WITHSCORES
< *4
<   "a"
<   "1"
<   "b"
<   "2"

# Ranges by score
> ZRANGEBYSCORE g 2 4
< *3
<   "b"
<   "c"
<   "d"
> ZRANGEBYSCORE g (2 4
< *2
<   "c"
<   "d"
> ZRANGEBYSCORE g (2 (4
< *1
<   "c"
> ZRANGEBYSCORE g -inf +inf WITHSCORES
< *10
<   "a"
<   "1"
<   "b"
<   "2"
<   "c"
<   "3"
<   "d"
<   "4"
<   "e"
<   "5"
> ZRANGEBYSCORE g 4 2
< *0
> ZRANGEBYSCORE g 2 4 LIMIT 1 1
< *1
<   "c"
> ZRANGEBYSCORE g 2 4 LIMIT 1 -1
< *2
<   "c"
<   "d"
> ZRANGEBYSCORE g 2 4 LIMIT -1 1
< *0
> ZRANGEBYSCORE g 2 4 LIMIT 10 1
< *0
> ZRANGEBYSCORE g 2 4 LIMIT 0 0
< *0
> ZRANGEBYSCORE g 2 4 LIMIT 1
< -ERR syntax error
> ZRANGEBYSCORE g 2 4 LIMIT x 1
< -ERR value is not an integer or out of range
> ZRANGEBYSCORE g x 4
< -ERR min or max is not a float
> ZRANGEBYSCORE g nan 4
< -ERR min or max is not a float
> ZRANGEBYSCORE g 2 4 REV
< -ERR syntax error
> ZREVRANGEBYSCORE g 4 2
< *3
<   "d"
<   "c"
<   "b"
> ZREVRANGEBYSCORE g (4 2 WITHSCORES
< *4
<   "c"
<   "3"
<   "b"
<   "2"
> ZREVRANGEBYSCORE g +inf -inf LIMIT 0 2
< *2
<   "e"
<   "d"
> ZREVRANGEBYSCORE g 2 4
< *0
> ZRANGE g 2 4 BYSCORE
< *3
<   "b"
<   "c"
<   "d"
> ZRANGE g 4 2 BYSCORE REV
< *3
<   "d"
<   "c"
<   "b"
> ZRANGE g (4 2 BYSCORE REV LIMIT 0 1
< *1
<   "c"
> ZRANGE g 2 4 BYSCORE LIMIT 1 1 WITHSCORES
< *2
<   "c"
<   "3"
> ZRANGE g 2 4 BYSCORE BYLEX
< -ERR syntax error
> ZRANGE g 0 1 REV REV
< -ERR syntax error
> ZCOUNT g 2 4
< :3
> ZCOUNT g (2 4
< :2
> ZCOUNT g -inf +inf
< :5
> ZCOUNT g 4 2
< :0
> ZCOUNT g x 2
< -ERR min or max is not a float
> ZCOUNT none 1 2
< :0
> ZCOUNT g 6 9
< :0

# A bound that is empty is 0, and blanks in front of one are skipped
> ZCOUNT g "" 3
< :3
> ZCOUNT g ( 3
< :3
> ZCOUNT g " 2" 3
< :2
> ZCOUNT g " " 3
< -ERR min or max is not a float
> ZCOUNT g "2 " 3
< -ERR min or max is not a float

# Ranges by member
> ZADD lex 0 a 0 b 0 c 0 d 0 e
< :5
> ZRANGEBYLEX lex - +
< *5
<   "a"
<   "b"
<   "c"
<   "d"
<   "e"
> ZRANGEBYLEX lex [b [d
< *3
<   "b"
<   "c"
<   "d"
> ZRANGEBYLEX lex (b (d
< *1
<   "c"
> ZRANGEBYLEX lex [b +
< *4
<   "b"
<   "c"
<   "d"
<   "e"
> ZRANGEBYLEX lex - (c
< *2
<   "a"
<   "b"
> ZRANGEBYLEX lex + -
< *0
> ZRANGEBYLEX lex [d [b
< *0
> ZRANGEBYLEX lex - + LIMIT 1 2
< *2
<   "b"
<   "c"
> ZRANGEBYLEX lex - + WITHSCORES
< -ERR syntax error, WITHSCORES not supported in combination with BYLEX
> ZRANGEBYLEX lex a b
< -ERR min or max not valid string range item
> ZRANGEBYLEX lex "" +
< -ERR min or max not valid string range item
> ZRANGEBYLEX lex [ +
< *5
<   "a"
<   "b"
<   "c"
<   "d"
<   "e"
> ZREVRANGEBYLEX lex + -
< *5
<   "e"
<   "d"
<   "c"
<   "b"
<   "a"
> ZREVRANGEBYLEX lex [d (b
< *2
<   "d"
<   "c"
> ZREVRANGEBYLEX lex + - LIMIT 1 2
< *2
<   "d"
<   "c"
> ZREVRANGEBYLEX lex - +
< *0
> ZRANGE lex [b [d BYLEX
< *3
<   "b"
<   "c"
<   "d"
> ZRANGE lex [d [b BYLEX REV
< *3
<   "d"
<   "c"
<   "b"
> ZRANGE lex - + BYLEX WITHSCORES
< -ERR syntax error, WITHSCORES not supported in combination with BYLEX
> ZRANGE lex - + BYLEX LIMIT 2 10
< *3
<   "c"
<   "d"
<   "e"
> ZLEXCOUNT lex - +
< :5
> ZLEXCOUNT lex [b (d
< :2
> ZLEXCOUNT lex + -
< :0
> ZLEXCOUNT lex a b
< -ERR min or max not valid string range item
> ZLEXCOUNT none - +
< :0

# ZRANGESTORE
> ZRANGESTORE dst g 1 2
< :2
> ZRANGE dst 0 -1 WITHSCORES
< *4
<   "b"
<   "2"
<   "c"
<   "3"
> ZRANGESTORE dst g (1 +inf BYSCORE LIMIT 0 2
< :2
> ZRANGE dst 0 -1
< *2
<   "b"
<   "c"
> ZRANGESTORE dst g 0 1 REV
< :2
> ZRANGE dst 0 -1
< *2
<   "d"
<   "e"
> ZRANGESTORE dst g 7 9
< :0
> EXISTS dst
< :0
> ZRANGESTORE dst none 0 -1
< :0
> ZRANGESTORE dst g 0 -1 WITHSCORES
< -ERR syntax error
> ZRANGESTORE g g 0 2
< :3
> ZRANGE g 0 -1
< *3
<   "a"
<   "b"
<   "c"
> SET dst x
< +OK
> ZRANGESTORE dst g 0 -1
< :3
> TYPE dst
< +zset

# Removing ranges
> ZADD rm 1 a 2 b 3 c 4 d 5 e 6 f 7 g
< :7
> ZREMRANGEBYRANK rm 0 1
< :2
> ZREMRANGEBYRANK rm -1 -1
< :1
> ZREMRANGEBYRANK rm 5 9
< :0
> ZREMRANGEBYSCORE rm (3 4
< :1
> ZRANGE rm 0 -1
< *3
<   "c"
<   "e"
<   "f"
> ZREMRANGEBYSCORE rm 10 20
< :0
> ZREMRANGEBYSCORE rm -inf inf
< :3
> EXISTS rm
< :0
> ZADD rml 0 a 0 b 0 c 0 d
< :4
> ZREMRANGEBYLEX rml [b (d
< :2
> ZRANGE rml 0 -1
< *2
<   "a"
<   "d"
> ZREMRANGEBYLEX rml - +
< :2
> EXISTS rml
< :0
> ZREMRANGEBYRANK none 0 1
< :0
> ZREMRANGEBYRANK lex x y
< -ERR value is not an integer or out of range
> ZREMRANGEBYSCORE lex x y
< -ERR min or max is not a float
> ZREMRANGEBYLEX lex x y
< -ERR min or max not valid string range item

# ZPOPMIN, ZPOPMAX
> ZADD pop 1 a 2 b 3 c 4 d 5 e
< :5
> ZPOPMIN pop
< *2
<   "a"
<   "1"
> ZPOPMAX pop
< *2
<   "e"
<   "5"
> ZPOPMIN pop 0
< *0
> ZPOPMIN pop 2
< *4
<   "b"
<   "2"
<   "c"
<   "3"
> ZPOPMAX pop 5
< *2
<   "d"
<   "4"
> EXISTS pop
< :0
> ZPOPMIN none
< *0
> ZPOPMAX none 3
< *0
> ZPOPMIN lex -1
< -ERR value is out of range, must be positive
> ZPOPMIN lex x
< -ERR value is out of range, must be positive
> ZPOPMIN lex 1 2
< -ERR syntax error

# ZRANDMEMBER
> ZADD rnd 1 a
< :1
> ZRANDMEMBER rnd
< "a"
> ZRANDMEMBER rnd 3
< *1
<   "a"
> ZRANDMEMBER rnd -3
< *3
<   "a"
<   "a"
<   "a"
> ZRANDMEMBER rnd 3 WITHSCORES
< *2
<   "a"
<   "1"
> ZRANDMEMBER rnd 0
< *0
> ZRANDMEMBER none
< $-1
> ZRANDMEMBER none 2
< *0
> ZRANDMEMBER rnd 1 FOO
< -ERR syntax error
> ZRANDMEMBER rnd 1 WITHSCORES x
< -ERR syntax error
> ZRANDMEMBER rnd x
< -ERR value is not an integer or out of range
> ZRANDMEMBER rnd -9223372036854775808
< -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
> ZRANDMEMBER rnd -4611686018427387905 WITHSCORES
< -ERR value is out of range

# ZSCAN
> ZSCAN rnd 0
< *2
<   "0"
<   *2
<     "a"
<     "1"
> ZSCAN rnd 0 MATCH b*
< *2
<   "0"
<   *0
> ZSCAN none 0
< *2
<   "0"
<   *0
> ZSCAN rnd x
< -ERR invalid cursor
> ZSCAN rnd 0 COUNT 0
< -ERR syntax error

# Encodings
> ZADD enc 1 ${rep:64:v}
< :1
> OBJECT ENCODING enc
< "listpack"
> ZADD enc 1 ${rep:65:v}
< :1
> OBJECT ENCODING enc
< "skiplist"
> ZRANGE enc 0 -1
< *2
<   "${rep:64:v}"
<   "${rep:65:v}"
> ZADD enc2 1 ${rep:65:v}
< :1
> OBJECT ENCODING enc2
< "skiplist"

# Wrong types
> SET str x
< +OK
> ZADD str 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZADD str x a
< -ERR value is not a valid float
> ZINCRBY str 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZREM str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZCARD str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZSCORE str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZMSCORE str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZRANK str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZRANGE str 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZRANGEBYSCORE str 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZREVRANGEBYLEX str + -
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZCOUNT str 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZLEXCOUNT str - +
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZPOPMIN str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZPOPMAX str 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZREMRANGEBYRANK str 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZRANGESTORE x str 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZRANDMEMBER str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> ZSCAN str 0
< -WRONGTYPE Operation against a key holding the wrong kind of value

# RESP3
@resp 3
> ZADD z3 1 a 2.5 b
< :2
> ZSCORE z3 a
< ,1
> ZSCORE z3 x
< _
> ZMSCORE z3 a x
< *2
<   ,1
<   _
> ZINCRBY z3 0.5 a
< ,1.5
> ZADD z3 INCR 1 a
< ,2.5
> ZADD z3 NX INCR 1 a
< _
> ZRANGE z3 0 -1
< *2
<   "a"
<   "b"
> ZRANGE z3 0 -1 WITHSCORES
< *2
<   *2
<     "a"
<     ,2.5
<   *2
<     "b"
<     ,2.5
> ZRANGEBYSCORE z3 -inf inf WITHSCORES
< *2
<   *2
<     "a"
<     ,2.5
<   *2
<     "b"
<     ,2.5
> ZRANDMEMBER z3 0
< *0
> ZSCAN z3 0
< *2
<   "0"
<   *4
<     "a"
<     "2.5"
<     "b"
<     "2.5"
> ZADD inf inf a -inf b
< :2
> ZRANGE inf 0 -1 WITHSCORES
< *2
<   *2
<     "b"
<     ,-inf
<   *2
<     "a"
<     ,inf
> ZPOPMIN z3
< *2
<   "a"
<   ,2.5
> ZPOPMIN z3 5
< *1
<   *2
<     "b"
<     ,2.5
> ZPOPMAX none
< *0
> ZRANK z3 a
< _
> ZADD w3 1 a
< :1
> ZRANDMEMBER w3 -2 WITHSCORES
< *2
<   *2
<     "a"
<     ,1
<   *2
<     "a"
<     ,1
> ZRANDMEMBER w3 2 WITHSCORES
< *1
<   *2
<     "a"
<     ,1

# Encodings at their thresholds, also when these change under a set that is there
@resp 2
> DEL z
< :?
> CONFIG SET zset-max-listpack-entries 3 zset-max-listpack-value 5
< +OK
> ZADD z 1 a 2 b 3 12345
< :3
> OBJECT ENCODING z
< "listpack"
> ZADD z 9 a
< :0
> OBJECT ENCODING z
< "listpack"
> ZADD z 4 d
< :1
> OBJECT ENCODING z
< "skiplist"
> ZREM z a b d
< :3
> OBJECT ENCODING z
< "skiplist"
> DEL z
< :1
> ZADD z 1 123456
< :1
> OBJECT ENCODING z
< "skiplist"
> DEL z
< :1
> ZADD z 1 a 1 b
< :2
> ZADD z 2 123456
< :1
> OBJECT ENCODING z
< "skiplist"
> DEL z
< :1
> ZADD z 1 a 1 b 1 c
< :3
> CONFIG SET zset-max-listpack-entries 1 zset-max-listpack-value 0
< +OK
> OBJECT ENCODING z
< "listpack"
> ZINCRBY z 5 a
< "6"
> OBJECT ENCODING z
< "listpack"
> ZREM z b
< :1
> ZADD z XX 7 a
< :0
> OBJECT ENCODING z
< "listpack"
> ZADD z 1 q
< :1
> OBJECT ENCODING z
< "skiplist"
> DEL z
< :1
> CONFIG SET zset-max-listpack-entries 0
< +OK
> ZADD z 1 a
< :1
> OBJECT ENCODING z
< "skiplist"
> COPY z zcopy
< :1
> OBJECT ENCODING zcopy
< "skiplist"
> CONFIG SET zset-max-listpack-entries 128 zset-max-listpack-value 64
< +OK
> ZADD z64 1 ${rep:64:x}
< :1
> OBJECT ENCODING z64
< "listpack"
> ZADD z64 1 ${rep:65:x}
< :1
> OBJECT ENCODING z64
< "skiplist"

# Pipelines, for which a server may look ahead: what it guesses is wrong after DEL, SET and SELECT
> CONFIG SET zset-max-listpack-entries 0
< +OK
> DEL z t
< :?
> ZADD z 1 a 2 b 3 c
< :3
> SADD t ${rep:100:x} y
< :2
> ZADD z 9 a
> ZADD z NX 1 n
> ZADD z junk a
> ZADD z XX INCR
> ZINCRBY z 2 b
> ZINCRBY z x b
> ZREM z c nokey
> ZPOPMIN z
> ZPOPMIN z 0
> ZPOPMAX z
> ZRANK z b
> ZSCORE z b
> ZMSCORE z b q
> ZPOPMIN z
> ZPOPMIN z
> ZADD z 5 again
> ZPOPMAX z 5
> ZRANK z again
> SISMEMBER t y
> SADD t y new
> SREM t new y
> ZSCORE t y
> SISMEMBER t y
> DEL t
> SADD t 1
> SET t text
> SADD t 1
> SADD "" m
> SISMEMBER "" m
> SREM "" m
> SELECT 1
> ZADD z 1 other
> ZPOPMIN z
> SELECT 0
< :0
< :1
< -ERR value is not a valid float
< -ERR syntax error
< "4"
< -ERR value is not a valid float
< :1
< *2
<   "n"
<   "1"
< *0
< *2
<   "a"
<   "9"
< :0
< "4"
< *2
<   "4"
<   $-1
< *2
<   "b"
<   "4"
< *0
< :1
< *2
<   "again"
<   "5"
< $-1
< :1
< :1
< :2
< -WRONGTYPE Operation against a key holding the wrong kind of value
< :0
< :1
< :1
< +OK
< -WRONGTYPE Operation against a key holding the wrong kind of value
< :1
< :1
< :1
< +OK
< :1
< *2
<   "other"
<   "1"
< +OK
> CONFIG SET zset-max-listpack-entries 128
< +OK
