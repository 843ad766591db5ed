# Lists: pushing, popping, reading, changing in place, moving.

# Push and length
> LPUSH l a b c
< :3
> RPUSH l d
< :4
> LLEN l
< :4
> LRANGE l 0 -1
< *4
<   "c"
<   "b"
<   "a"
<   "d"
> LPUSHX l z
< :5
> RPUSHX l y
< :6
> LPUSHX none x
< :0
> RPUSHX none x
< :0
> EXISTS none
< :0
> LPUSH
< -ERR wrong number of arguments for 'lpush' command
> LPUSH l
< -ERR wrong number of arguments for 'lpush' command
> TYPE l
< +list
> LRANGE l 0 -1
< *6
<   "z"
<   "c"
<   "b"
<   "a"
<   "d"
<   "y"

# Integers and binary come back as they went in
> RPUSH n 1 -1 007 9223372036854775807 9223372036854775808 "a\r\n\x00b" ""
< :7
> LRANGE n 0 -1
< *7
<   "1"
<   "-1"
<   "007"
<   "9223372036854775807"
<   "9223372036854775808"
<   "a\r\n\x00b"
<   ""
> LINDEX n 0
< "1"
> LINDEX n -1
< ""
> LINDEX n 5
< "a\r\n\x00b"
> LINDEX n 7
< $-1
> LINDEX n -8
< $-1
> LINDEX none 0
< $-1
> LINDEX n x
< -ERR value is not an integer or out of range
> LINDEX none x
< $-1

# LRANGE at its edges
> RPUSH r a b c d e
< :5
> LRANGE r 1 3
< *3
<   "b"
<   "c"
<   "d"
> LRANGE r -3 -2
< *2
<   "c"
<   "d"
> LRANGE r -100 100
< *5
<   "a"
<   "b"
<   "c"
<   "d"
<   "e"
> LRANGE r 3 1
< *0
> LRANGE r 5 10
< *0
> LRANGE r -1 -100
< *0
> LRANGE none 0 -1
< *0
> LRANGE r x 1
< -ERR value is not an integer or out of range
> LRANGE r 0 9223372036854775808
< -ERR value is not an integer or out of range

# LPOP and RPOP with and without a count
> LPOP r
< "a"
> RPOP r
< "e"
> LPOP r 0
< *0
> LPOP r 2
< *2
<   "b"
<   "c"
> LPOP r 100
< *1
<   "d"
> EXISTS r
< :0
> LPOP none
< $-1
> RPOP none
< $-1
> LPOP none 1
< *-1
> RPOP none 0
< *-1
> LPOP l -1
< -ERR value is out of range, must be positive
> LPOP l x
< -ERR value is out of range, must be positive
> RPOP l 1 2
< -ERR wrong number of arguments for 'rpop' command
> RPOP l 9223372036854775807
< *6
<   "y"
<   "d"
<   "a"
<   "b"
<   "c"
<   "z"

# LSET
> RPUSH s a b c
< :3
> LSET s 1 B
< +OK
> LSET s -1 C
< +OK
> LRANGE s 0 -1
< *3
<   "a"
<   "B"
<   "C"
> LSET s 3 x
< -ERR index out of range
> LSET s -4 x
< -ERR index out of range
> LSET none 0 x
< -ERR no such key
> LSET none x y
< -ERR no such key
> LSET s x y
< -ERR value is not an integer or out of range

# LINSERT
> LINSERT s BEFORE B x
< :4
> LINSERT s after B y
< :5
> LINSERT s BEFORE nope z
< :-1
> LINSERT none BEFORE a b
< :0
> LINSERT s NEAR a b
< -ERR syntax error
> LRANGE s 0 -1
< *5
<   "a"
<   "x"
<   "B"
<   "y"
<   "C"

# LREM from either end, or all
> RPUSH rem a b a c a b a
< :7
> LREM rem 1 a
< :1
> LREM rem -1 a
< :1
> LRANGE rem 0 -1
< *5
<   "b"
<   "a"
<   "c"
<   "a"
<   "b"
> LREM rem 0 b
< :2
> LREM rem 0 nope
< :0
> LREM none 0 a
< :0
> LREM rem x a
< -ERR value is not an integer or out of range
> LREM rem -9223372036854775808 a
< :2
> LREM rem 0 a
< :0
> LRANGE rem 0 -1
< *1
<   "c"
> LREM rem 0 c
< :1
> EXISTS rem
< :0

# LTRIM
> RPUSH t 0 1 2 3 4 5 6 7 8 9
< :10
> LTRIM t 2 -3
< +OK
> LRANGE t 0 -1
< *6
<   "2"
<   "3"
<   "4"
<   "5"
<   "6"
<   "7"
> LTRIM t -100 2
< +OK
> LRANGE t 0 -1
< *3
<   "2"
<   "3"
<   "4"
> LTRIM t 5 10
< +OK
> EXISTS t
< :0
> LTRIM none 0 1
< +OK
> LTRIM none x 1
< -ERR value is not an integer or out of range

# LMOVE and RPOPLPUSH, to oneself too
> RPUSH m a b c
< :3
> LMOVE m m LEFT RIGHT
< "a"
> LRANGE m 0 -1
< *3
<   "b"
<   "c"
<   "a"
> LMOVE m m2 RIGHT LEFT
< "a"
> LMOVE m m2 RIGHT RIGHT
< "c"
> RPOPLPUSH m m2
< "b"
> EXISTS m
< :0
> LRANGE m2 0 -1
< *3
<   "b"
<   "a"
<   "c"
> RPOPLPUSH m2 m2
< "c"
> LRANGE m2 0 -1
< *3
<   "c"
<   "b"
<   "a"
> LMOVE none m2 LEFT LEFT
< $-1
> RPOPLPUSH none none
< $-1
> LMOVE m2 m UP LEFT
< -ERR syntax error
> RPUSH one x
< :1
> LMOVE one one LEFT LEFT
< "x"
> LRANGE one 0 -1
< *1
<   "x"

# LPOS
> RPUSH p a b c 1 2 3 c c
< :8
> LPOS p c
< :2
> LPOS p c RANK 2
< :6
> LPOS p c RANK -1
< :7
> LPOS p c RANK -1 COUNT 2
< *2
<   :7
<   :6
> LPOS p c COUNT 0
< *3
<   :2
<   :6
<   :7
> LPOS p c COUNT 1
< *1
<   :2
> LPOS p c RANK 2 COUNT 0 MAXLEN 7
< *1
<   :6
> LPOS p 1
< :3
> LPOS p nope
< $-1
> LPOS p nope COUNT 0
< *0
> LPOS none a
< $-1
> LPOS none a COUNT 1
< *0
> LPOS p c MAXLEN 2
< $-1
> LPOS p c MAXLEN 0
< :2
> LPOS p c RANK 0
< -ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
> LPOS p c COUNT -1
< -ERR COUNT can't be negative
> LPOS p c MAXLEN -1
< -ERR MAXLEN can't be negative
> LPOS p c RANK
< -ERR syntax error
> LPOS p c FOO 1
< -ERR syntax error
> LPOS p c COUNT x
< -ERR COUNT can't be negative

# 7.0 takes the negative of the smallest integer
@since 7.2
> LPOS p c RANK -9223372036854775808
< -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807

# Wrong types
> SET str x
< +OK
> LPUSH str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LPUSHX str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LPOP str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LLEN str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LINDEX str 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LRANGE str 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LSET str 0 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LINSERT str BEFORE a b
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LREM str 0 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LTRIM str 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LPOS str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LMOVE str m LEFT LEFT
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LMOVE m2 str LEFT LEFT
< -WRONGTYPE Operation against a key holding the wrong kind of value
> RPOPLPUSH m2 str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> LRANGE m2 0 -1
< *3
<   "c"
<   "b"
<   "a"

# Large enough for several nodes
> RPUSH big ${rep:5000:x} ${rep:5000:y} ${rep:5000:z} small
< :4
> LLEN big
< :4
> LINDEX big -1
< "small"
> LPOS big small
< :3
> OBJECT ENCODING big
< "quicklist"
> LPOP big 3
< *3
<   "${rep:5000:x}"
<   "${rep:5000:y}"
<   "${rep:5000:z}"
> LRANGE big 0 -1
< *1
<   "small"

# RESP3
@resp 3
> RPUSH l3 a
< :1
> LINDEX l3 5
< _
> LPOP none 2
< _
> LPOP l3 2
< *1
<   "a"
> LPOS none a
< _
> LPOS none a COUNT 2
< *0
> LMOVE none l3 LEFT LEFT
< _
