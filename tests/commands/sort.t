# SORT and SORT_RO.

# Numbers
> RPUSH l 3 1 2 10 -5 1.5
< :6
> SORT l
< *6
<   "-5"
<   "1"
<   "1.5"
<   "2"
<   "3"
<   "10"
> SORT l DESC
< *6
<   "10"
<   "3"
<   "2"
<   "1.5"
<   "1"
<   "-5"
> SORT l ASC
< *6
<   "-5"
<   "1"
<   "1.5"
<   "2"
<   "3"
<   "10"
> SORT l DESC ASC
< *6
<   "-5"
<   "1"
<   "1.5"
<   "2"
<   "3"
<   "10"
> SORT l ALPHA
< *6
<   "-5"
<   "1"
<   "1.5"
<   "10"
<   "2"
<   "3"
> SORT l ALPHA DESC
< *6
<   "3"
<   "2"
<   "10"
<   "1.5"
<   "1"
<   "-5"
> SORT l LIMIT 1 2
< *2
<   "1"
<   "1.5"
> SORT l LIMIT 0 -1 DESC
< *6
<   "10"
<   "3"
<   "2"
<   "1.5"
<   "1"
<   "-5"
> SORT l LIMIT -5 2
< *2
<   "-5"
<   "1"
> SORT l LIMIT 4 100
< *2
<   "3"
<   "10"
> SORT l LIMIT 6 1
< *0
> SORT l LIMIT 100 1
< *0
> SORT l LIMIT 0 0
< *0
> SORT l LIMIT 2 -10
< *4
<   "1.5"
<   "2"
<   "3"
<   "10"
> SORT l LIMIT 9223372036854775807 9223372036854775807
< *0
> SORT l LIMIT -9223372036854775808 -9223372036854775808
< *6
<   "-5"
<   "1"
<   "1.5"
<   "2"
<   "3"
<   "10"
> SORT l LIMIT 1 9223372036854775807
< *5
<   "1"
<   "1.5"
<   "2"
<   "3"
<   "10"
> SORT l LIMIT 0 1 LIMIT 1 2
< *2
<   "1"
<   "1.5"
> SORT none
< *0
> SORT_RO none
< *0
> SORT_RO l DESC LIMIT 0 2
< *2
<   "10"
<   "3"
> SADD s 3 1 2 10
< :4
> SORT s
< *4
<   "1"
<   "2"
<   "3"
<   "10"
> SORT s DESC
< *4
<   "10"
<   "3"
<   "2"
<   "1"
> SADD words banana apple cherry
< :3
> SORT words ALPHA
< *3
<   "apple"
<   "banana"
<   "cherry"
> SORT words ALPHA DESC LIMIT 0 2
< *2
<   "cherry"
<   "banana"
> ZADD z 3 1 2 2 1 3
< :3
> SORT z
< *3
<   "1"
<   "2"
<   "3"
> SORT z DESC
< *3
<   "3"
<   "2"
<   "1"
> RPUSH nums inf -inf 1e3 0x10 "" " 7"
< :6
> SORT nums
< *6
<   "-inf"
<   ""
<   " 7"
<   "0x10"
<   "1e3"
<   "inf"
> RPUSH bad 1 x 2
< :3
> SORT bad
< -ERR One or more scores can't be converted into double
> SORT bad ALPHA
< *3
<   "1"
<   "2"
<   "x"
> RPUSH bad2 1 "7 "
< :2
> SORT bad2
< -ERR One or more scores can't be converted into double
> RPUSH bad3 1 nan
< :2
> SORT bad3
< -ERR One or more scores can't be converted into double
> RPUSH bad4 1 " "
< :2
> SORT bad4
< -ERR One or more scores can't be converted into double
> RPUSH same 1.0 1 01 1.00
< :4
> SORT same
< *4
<   "01"
<   "1"
<   "1.0"
<   "1.00"
> SORT same DESC
< *4
<   "1.00"
<   "1.0"
<   "1"
<   "01"
> SET str x
< +OK
> SORT str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> HSET h f v
< :1
> SORT h
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SORT_RO h
< -WRONGTYPE Operation against a key holding the wrong kind of value

# What it refuses
> SORT
< -ERR wrong number of arguments for 'sort' command
> SORT l JUNK
< -ERR syntax error
> SORT l LIMIT 1
< -ERR syntax error
> SORT l LIMIT x 1
< -ERR value is not an integer or out of range
> SORT l LIMIT 1 x
< -ERR value is not an integer or out of range
> SORT l BY
< -ERR syntax error
> SORT l GET
< -ERR syntax error
> SORT l STORE
< -ERR syntax error
> SORT l LIMIT 9223372036854775808 1
< -ERR value is not an integer or out of range
> SORT str JUNK
< -ERR syntax error
> SORT_RO l STORE x
< -ERR syntax error
> SORT_RO l
< *6
<   "-5"
<   "1"
<   "1.5"
<   "2"
<   "3"
<   "10"

# BY and GET
> MSET w1 30 w2 20 w3 10 w10 5 o1 one o2 two o3 three
< +OK
> RPUSH ids 1 2 3 10
< :4
> SORT ids BY w*
< *4
<   "10"
<   "3"
<   "2"
<   "1"
> SORT ids BY w* DESC
< *4
<   "1"
<   "2"
<   "3"
<   "10"
> SORT ids BY w* GET #
< *4
<   "10"
<   "3"
<   "2"
<   "1"
> SORT ids BY w* GET o*
< *4
<   $-1
<   "three"
<   "two"
<   "one"
> SORT ids BY w* GET # GET o* GET w*
< *12
<   "10"
<   $-1
<   "5"
<   "3"
<   "three"
<   "10"
<   "2"
<   "two"
<   "20"
<   "1"
<   "one"
<   "30"
> SORT ids BY w* GET o* LIMIT 1 2
< *2
<   "three"
<   "two"
> SORT ids BY missing*
< *4
<   "1"
<   "10"
<   "2"
<   "3"
> SORT ids BY missing* DESC
< *4
<   "3"
<   "2"
<   "10"
<   "1"
> SORT ids BY o* ALPHA
< *4
<   "10"
<   "1"
<   "3"
<   "2"
> SORT ids BY o* ALPHA DESC
< *4
<   "2"
<   "3"
<   "1"
<   "10"
> SORT ids BY o*
< -ERR One or more scores can't be converted into double
> SORT ids GET o1
< *4
<   $-1
<   $-1
<   $-1
<   $-1
> SORT ids GET *
< *4
<   $-1
<   $-1
<   $-1
<   $-1
> SORT ids GET ""
< *4
<   $-1
<   $-1
<   $-1
<   $-1
> SORT ids BY * DESC
< *4
<   "3"
<   "2"
<   "10"
<   "1"
> HSET h1 w 3 n first
< :2
> HSET h2 w 2 n second
< :2
> HSET h3 w 1 n third
< :2
> SORT ids BY h*->w GET #
< *4
<   "10"
<   "3"
<   "2"
<   "1"
> SORT ids BY h*->w GET h*->n
< *4
<   $-1
<   "third"
<   "second"
<   "first"
> SORT ids BY h*->w GET h*->none
< *4
<   $-1
<   $-1
<   $-1
<   $-1
> SORT ids BY h*->n ALPHA
< *4
<   "10"
<   "1"
<   "2"
<   "3"
> SORT ids GET h*
< *4
<   $-1
<   $-1
<   $-1
<   $-1
> SORT ids GET o*->f
< *4
<   $-1
<   $-1
<   $-1
<   $-1
> SORT ids GET h*->
< *4
<   $-1
<   $-1
<   $-1
<   $-1
> SET "h1->" odd
< +OK
> SORT ids GET h*->
< *4
<   "odd"
<   $-1
<   $-1
<   $-1
> SET "h1->w" plain
< +OK
> SORT ids GET h*->w
< *4
<   "3"
<   "2"
<   "1"
<   $-1
> SET x1y mid
< +OK
> SORT ids GET x*y
< *4
<   "mid"
<   $-1
<   $-1
<   $-1
> SORT ids GET x*y*
< *4
<   $-1
<   $-1
<   $-1
<   $-1
> HSET a1b f deep
< :1
> SORT ids GET a*b->f
< *4
<   "deep"
<   $-1
<   $-1
<   $-1
> LPUSH w4 x
< :1
> RPUSH ids4 4 1
< :2
> SORT ids4 BY w*
< *2
<   "4"
<   "1"
> SORT ids4 GET w*
< *2
<   "30"
<   $-1
> SORT ids BY w* BY missing* GET w*
< *4
<   "30"
<   "5"
<   "20"
<   "10"

# BY without a star: nothing is sorted
> SORT ids BY nosort
< *4
<   "1"
<   "2"
<   "3"
<   "10"
> SORT ids BY nosort DESC
< *4
<   "10"
<   "3"
<   "2"
<   "1"
> SORT ids BY nosort LIMIT 1 2
< *2
<   "2"
<   "3"
> SORT ids BY nosort DESC LIMIT 1 2
< *2
<   "3"
<   "2"
> SORT ids BY nosort DESC LIMIT 3 5
< *1
<   "1"
> SORT ids BY nosort GET o*
< *4
<   "one"
<   "two"
<   "three"
<   $-1
> SORT z BY nosort
< *3
<   "3"
<   "2"
<   "1"
> SORT z BY nosort DESC
< *3
<   "1"
<   "2"
<   "3"
> SORT z BY nosort LIMIT 1 1
< *1
<   "2"
> SORT z BY nosort DESC LIMIT 0 2
< *2
<   "1"
<   "2"
> SORT z BY nosort LIMIT 5 1
< *0
> SORT z BY "" GET # GET w*
< *6
<   "3"
<   "10"
<   "2"
<   "20"
<   "1"
<   "30"
> SORT bad BY nosort
< *3
<   "1"
<   "x"
<   "2"
> SORT ids BY nosort BY w*
< *4
<   "1"
<   "2"
<   "3"
<   "10"
> SORT words BY nosort STORE out
< :3
> LRANGE out 0 -1
< *3
<   "apple"
<   "banana"
<   "cherry"
> SORT words BY nosort DESC STORE out
< :3
> LRANGE out 0 -1
< *3
<   "cherry"
<   "banana"
<   "apple"

# STORE
> SORT l STORE out
< :6
> LRANGE out 0 -1
< *6
<   "-5"
<   "1"
<   "1.5"
<   "2"
<   "3"
<   "10"
> TYPE out
< +list
> SORT ids BY w* GET o* STORE out
< :4
> LRANGE out 0 -1
< *4
<   ""
<   "three"
<   "two"
<   "one"
> SORT l STORE a STORE out
< :6
> EXISTS a
< :0
> LRANGE out 0 -1
< *6
<   "-5"
<   "1"
<   "1.5"
<   "2"
<   "3"
<   "10"
> SORT l DESC STORE l
< :6
> LRANGE l 0 -1
< *6
<   "10"
<   "3"
<   "2"
<   "1.5"
<   "1"
<   "-5"
> SORT l LIMIT 0 0 STORE out
< :0
> EXISTS out
< :0
> SET str x EX 1000
< +OK
> SORT none STORE str
< :0
> EXISTS str
< :0
> SORT ids STORE h
< :4
> TYPE h
< +list
> SORT bad STORE h
< -ERR One or more scores can't be converted into double
> LRANGE h 0 -1
< *4
<   "1"
<   "2"
<   "3"
<   "10"
> SORT ids GET w* LIMIT 0 2 STORE str
< :2
> TTL str
< :-1

# RESP3
@resp 3
> SORT ids GET o* GET none*
< *8
<   "one"
<   _
<   "two"
<   _
<   "three"
<   _
<   _
<   _
> SORT none
< *0
> SORT none
< *0

# The keys told are the keys used
@resp 2
@only ashlar
> COMMAND GETKEYS SORT k BY w* GET # STORE a STORE b
< *2
<   "k"
<   "b"
> COMMAND GETKEYS SORT k GET store LIMIT 1 2
< *1
<   "k"
> COMMAND GETKEYS SORT_RO k BY w*
< *1
<   "k"

# A number out of range (Redis 7.0 then refuses every later SORT, too)
@only ashlar
> RPUSH bad5 1e400
< :1
> SORT bad5
< -ERR One or more scores can't be converted into double
> SORT same
< *4
<   "01"
<   "1"
<   "1.0"
<   "1.00"

# A large sorted set
> ZADD big 1 a 2 b 3 c 4 d 5 e 6 ${rep:70:f}
< :6
> OBJECT ENCODING big
< "skiplist"
> SORT big BY nosort
< *6
<   "a"
<   "b"
<   "c"
<   "d"
<   "e"
<   "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
> SORT big BY nosort DESC
< *6
<   "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
<   "e"
<   "d"
<   "c"
<   "b"
<   "a"
> SORT big BY nosort LIMIT 1 2
< *2
<   "b"
<   "c"
> SORT big BY nosort DESC LIMIT 1 2
< *2
<   "e"
<   "d"
> SORT big BY nosort DESC LIMIT 4 20
< *2
<   "b"
<   "a"
> SORT big ALPHA DESC
< *6
<   "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
<   "e"
<   "d"
<   "c"
<   "b"
<   "a"
> ZADD big2 5 10 4 20 3 30 2 ${rep:70:4}
< :4
> SORT big2
< *4
<   "10"
<   "20"
<   "30"
<   "4444444444444444444444444444444444444444444444444444444444444444444444"
> SORT big2 DESC LIMIT 0 1
< *1
<   "4444444444444444444444444444444444444444444444444444444444444444444444"
