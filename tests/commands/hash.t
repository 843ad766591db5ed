# Hashes.

# HSET, HGET, HMGET, HLEN, HEXISTS, HSTRLEN
> HSET h a 1 b 2
< :2
> HSET h a 3 c 4
< :1
> HGET h a
< "3"
> HGET h nope
< $-1
> HGET none a
< $-1
> HMGET h a nope c
< *3
<   "3"
<   $-1
<   "4"
> HMGET none a b
< *2
<   $-1
<   $-1
> HLEN h
< :3
> HLEN none
< :0
> HEXISTS h a
< :1
> HEXISTS h nope
< :0
> HEXISTS none a
< :0
> HSTRLEN h a
< :1
> HSTRLEN h nope
< :0
> HSET h long ${rep:100:v}
< :1
> HSTRLEN h long
< :100
> HGET h long
< "${rep:100:v}"
> HMSET h2 a 1 b 2
< +OK
> HSET h a
< -ERR wrong number of arguments for 'hset' command
> HSET h a 1 b
< -ERR wrong number of arguments for 'hset' command
> HMSET h a
< -ERR wrong number of arguments for 'hmset' command
> HSET
< -ERR wrong number of arguments for 'hset' command
> HGET h
< -ERR wrong number of arguments for 'hget' command

# Everything at once
> HGETALL h2
< *4 pairs
<   "a"
<   "1"
<   "b"
<   "2"
> HKEYS h2
< *2 unordered
<   "a"
<   "b"
> HVALS h2
< *2 unordered
<   "1"
<   "2"
> HGETALL none
< *0
> HKEYS none
< *0
> HVALS none
< *0

# The same field twice in one command
> HSET twice f 1 f 2
< :1
> HGET twice f
< "2"

# HSETNX
> HSETNX h2 a 9
< :0
> HSETNX h2 n 9
< :1
> HSETNX new f v
< :1
> HGET h2 a
< "1"
> HGET h2 n
< "9"

# HDEL, and the hash goes with its last field
> HDEL h2 a nope
< :1
> HDEL h2 a b n
< :2
> EXISTS h2
< :0
> HDEL h2 a
< :0
> HDEL none a
< :0

# HINCRBY
> HINCRBY i f 5
< :5
> HINCRBY i f -7
< :-2
> HINCRBY i f 9223372036854775807
< :9223372036854775805
> HINCRBY i f 9223372036854775807
< -ERR increment or decrement would overflow
> HSET i max 9223372036854775807 s str e "" sp " 1" f1 1.5
< :5
> HINCRBY i max 1
< -ERR increment or decrement would overflow
> HINCRBY i s 1
< -ERR hash value is not an integer
> HINCRBY i e 1
< -ERR hash value is not an integer
> HINCRBY i sp 1
< -ERR hash value is not an integer
> HINCRBY i f1 1
< -ERR hash value is not an integer
> HINCRBY i f x
< -ERR value is not an integer or out of range
> HINCRBY i f 1.5
< -ERR value is not an integer or out of range

# HINCRBYFLOAT
> HINCRBYFLOAT f a 1.5
< "1.5"
> HINCRBYFLOAT f a -0.5
< "1"
> HINCRBYFLOAT f a 1e3
< "1001"
> HINCRBYFLOAT f b 0.1
< "0.1"
> HINCRBYFLOAT f b 0.2
< "0.3"
> HINCRBYFLOAT f c 5.0e-2
< "0.05"
> HINCRBYFLOAT f a nan
< -ERR value is not a valid float
> HINCRBYFLOAT f a inf
< -ERR value is NaN or Infinity
> HINCRBYFLOAT f a -inf
< -ERR value is NaN or Infinity
> HINCRBYFLOAT f a x
< -ERR value is not a valid float
> HINCRBYFLOAT f a " 1"
< -ERR value is not a valid float
> HSET f s str
< :1
> HINCRBYFLOAT f s 1
< -ERR hash value is not a float
> HINCRBYFLOAT none2 x 3.0
< "3"
> HGET none2 x
< "3"

# HRANDFIELD
> HSET r a 1
< :1
> HRANDFIELD r
< "a"
> HRANDFIELD r 3
< *1
<   "a"
> HRANDFIELD r -3
< *3
<   "a"
<   "a"
<   "a"
> HRANDFIELD r 0
< *0
> HRANDFIELD r 5 WITHVALUES
< *2
<   "a"
<   "1"
> HRANDFIELD r -2 WITHVALUES
< *4
<   "a"
<   "1"
<   "a"
<   "1"
> HRANDFIELD none
< $-1
> HRANDFIELD none 3
< *0
> HRANDFIELD none -3 WITHVALUES
< *0
> HRANDFIELD r x
< -ERR value is not an integer or out of range
> HRANDFIELD r 1 NOVALUES
< -ERR syntax error
> HRANDFIELD r 1 WITHVALUES x
< -ERR syntax error
> HRANDFIELD r -9223372036854775808
< -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
> HRANDFIELD r -9223372036854775808 WITHVALUES
< -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
> HRANDFIELD r 9223372036854775807 WITHVALUES
< -ERR value is out of range
> HRANDFIELD r -4611686018427387905 WITHVALUES
< -ERR value is out of range

# A few of many
> HSET many f1 v f2 v f3 v f4 v f5 v f6 v f7 v f8 v f9 v f10 v f11 v f12 v f13 v f14 v f15 v f16 v f17 v f18 v
< :18
> HRANDFIELD many
< /^f[0-9]+$/
> HRANDFIELD many 2 WITHVALUES
< *4
<   /^f[0-9]+$/
<   "v"
<   /^f[0-9]+$/
<   "v"
> HRANDFIELD many 17
< *17
<   /^f[0-9]+$/
<   ...
> HRANDFIELD many 100
< *18 unordered
<   "f1"
<   "f2"
<   "f3"
<   "f4"
<   "f5"
<   "f6"
<   "f7"
<   "f8"
<   "f9"
<   "f10"
<   "f11"
<   "f12"
<   "f13"
<   "f14"
<   "f15"
<   "f16"
<   "f17"
<   "f18"
> HRANDFIELD many -20
< *20
<   /^f[0-9]+$/
<   ...

# HSCAN
> HSCAN r 0
< *2
<   "0"
<   *2
<     "a"
<     "1"
> HSCAN r 0 COUNT 100
< *2
<   "0"
<   *2
<     "a"
<     "1"
> HSCAN r 0 MATCH b*
< *2
<   "0"
<   *0
> HSCAN r 0 MATCH a* COUNT 5
< *2
<   "0"
<   *2
<     "a"
<     "1"
> HSCAN none 0
< *2
<   "0"
<   *0
> HSCAN r x
< -ERR invalid cursor
> HSCAN r ""
< *2
<   "0"
<   *2
<     "a"
<     "1"
> HSCAN r " 0"
< -ERR invalid cursor
> HSCAN r 0 COUNT 0
< -ERR syntax error
> HSCAN r 0 COUNT x
< -ERR value is not an integer or out of range
> HSCAN r 0 COUNT
< -ERR syntax error
> HSCAN r 0 FOO 1
< -ERR syntax error
> HSCAN none 0 FOO 1
< *2
<   "0"
<   *0
> HSCAN none x
< -ERR invalid cursor

# Encodings: the field or value that is too long, or one too many
> HSET enc f ${rep:64:v}
< :1
> OBJECT ENCODING enc
< "listpack"
> HSET enc f ${rep:65:v}
< :0
> OBJECT ENCODING enc
< "hashtable"
> HGET enc f
< "${rep:65:v}"
> HSET enc f short
< :0
> OBJECT ENCODING enc
< "hashtable"
> HSET encf ${rep:65:f} v
< :1
> OBJECT ENCODING encf
< "hashtable"

# The limits at run time: a hash changes with its next change, and never back
> CONFIG SET hash-max-listpack-entries 3 hash-max-listpack-value 5
< +OK
> HSET lim a 1 b 2 c 3
< :3
> OBJECT ENCODING lim
< "listpack"
> HSET lim a 12345
< :0
> OBJECT ENCODING lim
< "listpack"
> HSET lim d 4
< :1
> OBJECT ENCODING lim
< "hashtable"
> HDEL lim d c
< :2
> OBJECT ENCODING lim
< "hashtable"
> HSET lim2 a 123456
< :1
> OBJECT ENCODING lim2
< "hashtable"
> HSET lim3 abcdef 1
< :1
> OBJECT ENCODING lim3
< "hashtable"
> HMSET lim4 a 1 b 2 c 3 d 4
< +OK
> OBJECT ENCODING lim4
< "hashtable"
> HSETNX lim5 a 123456
< :1
> OBJECT ENCODING lim5
< "hashtable"
> HINCRBY lim6 a 123456
< :123456
> OBJECT ENCODING lim6
< "hashtable"
> HINCRBYFLOAT lim7 a 0.123456
< "0.123456"
> HSET lim8 a 1 b 2 c 3
< :3
> CONFIG SET hash-max-listpack-entries 2
< +OK
> OBJECT ENCODING lim8
< "listpack"
> HDEL lim8 nope
< :0
> OBJECT ENCODING lim8
< "listpack"
> HSET lim8 a 2
< :0
> OBJECT ENCODING lim8
< "hashtable"
> CONFIG SET hash-max-listpack-entries 128 hash-max-listpack-value 64
< +OK

# Values with a length of every width, over and under each other
> HSET wide f ${rep:127:v} ${rep:128:f} x ${rep:16384:g} ${rep:16384:w} "" empty
< :4
> HSET wide f ${rep:128:v}
< :0
> HGET wide f
< "${rep:128:v}"
> HSET wide f ${rep:126:v}
< :0
> HGET wide f
< "${rep:126:v}"
> HGET wide ${rep:128:f}
< "x"
> HSTRLEN wide ${rep:16384:g}
< :16384
> HGET wide ""
< "empty"
> HDEL wide f ${rep:16384:g} "" ${rep:128:f}
< :4
> EXISTS wide
< :0

# Wrong types
> SET str x
< +OK
> HSET str a b
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HMSET str a b
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HSETNX str a b
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HGET str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HMGET str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HGETALL str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HKEYS str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HVALS str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HLEN str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HEXISTS str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HSTRLEN str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HDEL str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HINCRBY str a 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HINCRBYFLOAT str a 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HRANDFIELD str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HSCAN str 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HSCAN str 0 FOO
< -WRONGTYPE Operation against a key holding the wrong kind of value

# RESP3
@resp 3
> HSET h3 a 1
< :1
> HGETALL h3
< %1
<   "a"
<   "1"
> HGETALL none
< %0
> HKEYS h3
< *1
<   "a"
> HKEYS none
< *0
> HGET h3 nope
< _
> HMGET h3 a nope
< *2
<   "1"
<   _
> HRANDFIELD h3 2 WITHVALUES
< *1
<   *2
<     "a"
<     "1"
> HRANDFIELD h3 -2 WITHVALUES
< *2
<   *2
<     "a"
<     "1"
<   *2
<     "a"
<     "1"
> HRANDFIELD h3 2
< *1
<   "a"
> HRANDFIELD none
< _
> HSCAN h3 0
< *2
<   "0"
<   *2
<     "a"
<     "1"
> HINCRBYFLOAT h3 a 0.5
< "1.5"
