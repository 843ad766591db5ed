# Strings.

# SET and GET
> SET k hello
< +OK
> GET k
< "hello"
> SET k ""
< +OK
> GET k
< ""
> GET none
< $-1
> SET bin "\x00\xff\r\n"
< +OK
> GET bin
< "\x00\xff\r\n"
> SET "" "empty key"
< +OK
> GET ""
< "empty key"
> SET big ${rep:2000:ab}
< +OK
> STRLEN big
< :4000
> SET big ${rep:2000:cd}
< +OK
> GETRANGE big 0 5
< "cdcdcd"
> SET big small
< +OK
> GET big
< "small"
> GET
< -ERR wrong number of arguments for 'get' command
> SET k
< -ERR wrong number of arguments for 'set' command
> GET a b
< -ERR wrong number of arguments for 'get' command
> LPUSH list a
< :1
> GET list
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SET list now-a-string
< +OK
> GET list
< "now-a-string"
> TYPE list
< +string

# SET NX, XX, GET
> DEL k
< :1
> SET k a XX
< $-1
> GET k
< $-1
> SET k a NX
< +OK
> SET k b NX
< $-1
> GET k
< "a"
> SET k b XX
< +OK
> SET k c GET
< "b"
> SET new d GET
< $-1
> GET new
< "d"
> SET k e NX GET
< "c"
> GET k
< "c"
> SET none e XX GET
< $-1
> EXISTS none
< :0
> SET k f xx get
< "c"
> GET k
< "f"
> LPUSH list2 a
< :1
> SET list2 x GET
< -WRONGTYPE Operation against a key holding the wrong kind of value
> TYPE list2
< +list
> SET k v NX XX
< -ERR syntax error
> SET k v NONSENSE
< -ERR syntax error

# SET with an expiry
> SET k v EX 100
< +OK
> TTL k
< :99..100
> SET k v PX 100000
< +OK
> PTTL k
< :90000..100000
> SET k w
< +OK
> TTL k
< :-1
> SET k v EXAT 33177117420
< +OK
> EXPIRETIME k
< :33177117420
> SET k v PXAT 33177117420000
< +OK
> PEXPIRETIME k
< :33177117420000
> SET k w KEEPTTL
< +OK
> PEXPIRETIME k
< :33177117420000
> GET k
< "w"
> SET k v EX 100 NX
< $-1
> SET k v EX 100 XX
< +OK
> TTL k
< :99..100
> SET k v GET EX 50
< "v"
> TTL k
< :49..50
> SET k v EX 10 EX 20
< +OK
> TTL k
< :19..20
> SET past v PXAT 1
< +OK
> GET past
< $-1
> EXISTS past
< :0
> SET k v EX
< -ERR syntax error
> SET k v PX
< -ERR syntax error
> SET k v EX 0
< -ERR invalid expire time in 'set' command
> SET k v EX -1
< -ERR invalid expire time in 'set' command
> SET k v PX 0
< -ERR invalid expire time in 'set' command
> SET k v EXAT 0
< -ERR invalid expire time in 'set' command
> SET k v PXAT -5
< -ERR invalid expire time in 'set' command
> SET k v EX abc
< -ERR value is not an integer or out of range
> SET k v EX 1.5
< -ERR value is not an integer or out of range
> SET k v EX 9223372036854775807
< -ERR invalid expire time in 'set' command
> SET k v PX 9223372036854775807
< -ERR invalid expire time in 'set' command
> SET k v EXAT 9223372036854775807
< -ERR invalid expire time in 'set' command
> SET k v PXAT 9223372036854775807
< +OK
> SET k v EX 9223372036854776
< -ERR invalid expire time in 'set' command
> PEXPIRETIME k
< :9223372036854775807
> SET k v EX 10 PX 10
< -ERR syntax error
> SET k v EX 10 EXAT 10
< -ERR syntax error
> SET k v EX 10 KEEPTTL
< -ERR syntax error
> SET k v KEEPTTL PXAT 10
< -ERR syntax error
> SET k v PERSIST
< -ERR syntax error

# SETEX, PSETEX, SETNX, GETSET
> SETEX k 100 v
< +OK
> TTL k
< :99..100
> PSETEX k 100000 w
< +OK
> PTTL k
< :90000..100000
> GET k
< "w"
> SETEX k 0 v
< -ERR invalid expire time in 'setex' command
> SETEX k -1 v
< -ERR invalid expire time in 'setex' command
> PSETEX k 0 v
< -ERR invalid expire time in 'psetex' command
> SETEX k abc v
< -ERR value is not an integer or out of range
> SETEX k 9223372036854775807 v
< -ERR invalid expire time in 'setex' command
> PSETEX k 9223372036854775807 v
< -ERR invalid expire time in 'psetex' command
> SETEX k 10
< -ERR wrong number of arguments for 'setex' command
> SETNX k other
< :0
> SETNX k2 v
< :1
> GET k2
< "v"
> GETSET k2 w
< "v"
> GET k2
< "w"
> GETSET k3 first
< $-1
> GET k3
< "first"
> LPUSH l x
< :1
> GETSET l v
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SETEX k 100 v
< +OK
> GETSET k w
< "v"
> TTL k
< :-1
> SETNX l v
< :0

# GETEX, GETDEL
> SET k v
< +OK
> GETEX k
< "v"
> TTL k
< :-1
> GETEX k EX 100
< "v"
> TTL k
< :99..100
> GETEX k PX 50000
< "v"
> PTTL k
< :40000..50000
> GETEX k EXAT 33177117420
< "v"
> EXPIRETIME k
< :33177117420
> GETEX k PXAT 33177117420500
< "v"
> PEXPIRETIME k
< :33177117420500
> GETEX k PERSIST
< "v"
> TTL k
< :-1
> GETEX k EX 0
< -ERR invalid expire time in 'getex' command
> GETEX k EX abc
< -ERR value is not an integer or out of range
> GETEX k EX 9223372036854775807
< -ERR invalid expire time in 'getex' command
> GETEX k EX
< -ERR syntax error
> GETEX k EX 10 PERSIST
< -ERR syntax error
> GETEX k EX 10 PX 10
< -ERR syntax error
> GETEX k KEEPTTL
< -ERR syntax error
> GETEX k NX
< -ERR syntax error
> GETEX none EX 0
< $-1
> GETEX none
< $-1
> LPUSH lst a
< :1
> GETEX lst
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GETEX lst EX 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GETEX k PXAT 1
< "v"
> EXISTS k
< :0
> SET k v
< +OK
> GETDEL k
< "v"
> EXISTS k
< :0
> GETDEL k
< $-1
> GETDEL lst
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GETDEL
< -ERR wrong number of arguments for 'getdel' command

# MGET, MSET, MSETNX
> MSET a 1 b 2 c ${rep:2000:x}
< +OK
> MGET a b none lst
< *4
<   "1"
<   "2"
<   $-1
<   $-1
> STRLEN c
< :2000
> MSET a 5 a 6
< +OK
> GET a
< "6"
> MSET a
< -ERR wrong number of arguments for 'mset' command
> MSET a 1 b
< -ERR wrong number of arguments for 'mset' command
> MSETNX a
< -ERR wrong number of arguments for 'msetnx' command
> MSETNX a 1 b
< -ERR wrong number of arguments for 'msetnx' command
> MSETNX m1 1 m2 2
< :1
> MSETNX m2 3 m3 4
< :0
> MGET m1 m2 m3
< *3
<   "1"
<   "2"
<   $-1
> MSETNX twice 1 twice 2
< :1
> GET twice
< "2"
> SET ttl v EX 100
< +OK
> MSET ttl w
< +OK
> TTL ttl
< :-1
> MSET lst string
< +OK
> TYPE lst
< +string
> MGET
< -ERR wrong number of arguments for 'mget' command

# APPEND, STRLEN
> APPEND app hello
< :5
> APPEND app " world"
< :11
> GET app
< "hello world"
> STRLEN app
< :11
> STRLEN none
< :0
> APPEND num 12
< :2
> OBJECT ENCODING num
< "int"
> APPEND num 34
< :4
> GET num
< "1234"
> OBJECT ENCODING num
< "raw"
> INCR num
< :1235
> OBJECT ENCODING num
< "int"
> APPEND app ""
< :11
> SET t v EX 100
< +OK
> APPEND t w
< :2
> TTL t
< :99..100
> APPEND grow ${rep:1000:a}
< :1000
> APPEND grow ${rep:1000:b}
< :2000
> APPEND grow ${rep:100000:c}
< :102000
> GETRANGE grow 995 1004
< "aaaaabbbbb"
> GETRANGE grow 1995 2004
< "bbbbbccccc"
> STRLEN grow
< :102000
> LPUSH lst2 a
< :1
> APPEND lst2 b
< -WRONGTYPE Operation against a key holding the wrong kind of value
> STRLEN lst2
< -WRONGTYPE Operation against a key holding the wrong kind of value
> APPEND k
< -ERR wrong number of arguments for 'append' command

# GETRANGE, SUBSTR
> SET r "Hello World"
< +OK
> GETRANGE r 0 4
< "Hello"
> GETRANGE r -5 -1
< "World"
> GETRANGE r 0 -1
< "Hello World"
> GETRANGE r 5 3
< ""
> GETRANGE r -1 -5
< ""
> GETRANGE r 100 200
< ""
> GETRANGE r 5 1000000
< " World"
> GETRANGE r -1000000 2
< "Hel"
> GETRANGE r -9223372036854775808 9223372036854775807
< "Hello World"
> GETRANGE r 9223372036854775807 -9223372036854775808
< ""
> GETRANGE r -100 -50
< "H"
> SUBSTR r 0 4
< "Hello"
> GETRANGE none 0 -1
< ""
> SET n 12345
< +OK
> GETRANGE n 1 2
< "23"
> GETRANGE r a 1
< -ERR value is not an integer or out of range
> GETRANGE r 0 1.0
< -ERR value is not an integer or out of range
> GETRANGE lst2 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GETRANGE r 0
< -ERR wrong number of arguments for 'getrange' command

# SETRANGE
> SET s "Hello World"
< +OK
> SETRANGE s 6 Redis
< :11
> GET s
< "Hello Redis"
> SETRANGE s 12 !
< :13
> GET s
< "Hello Redis\x00!"
> SETRANGE pad 3 x
< :4
> GET pad
< "\x00\x00\x00x"
> SETRANGE none 5 ""
< :0
> EXISTS none
< :0
> SETRANGE s 3 ""
< :13
> SETRANGE s -1 x
< -ERR offset is out of range
> SETRANGE s 536870912 x
< -ERR string exceeds maximum allowed size (proto-max-bulk-len)
> SETRANGE s 9223372036854775807 A
< -ERR string exceeds maximum allowed size (proto-max-bulk-len)
> SETRANGE s 9223372036854775808 A
< -ERR value is not an integer or out of range
> SETRANGE none 536870911 ab
< -ERR string exceeds maximum allowed size (proto-max-bulk-len)
> EXISTS none
< :0
> SETRANGE s abc x
< -ERR value is not an integer or out of range
> SET n 12345
< +OK
> SETRANGE n 1 x
< :5
> GET n
< "1x345"
> OBJECT ENCODING n
< "raw"
> SETRANGE lst2 0 x
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SETRANGE far 3000 x
< :3001
> STRLEN far
< :3001
> GETRANGE far 2998 3000
< "\x00\x00x"
> SETRANGE s 2
< -ERR wrong number of arguments for 'setrange' command

# INCR, DECR, INCRBY, DECRBY
> INCR i
< :1
> INCR i
< :2
> DECR i
< :1
> INCRBY i 40
< :41
> DECRBY i 2
< :39
> GET i
< "39"
> INCRBY i -100
< :-61
> SET i 9223372036854775806
< +OK
> INCR i
< :9223372036854775807
> INCR i
< -ERR increment or decrement would overflow
> GET i
< "9223372036854775807"
> INCRBY i 1
< -ERR increment or decrement would overflow
> SET i -9223372036854775808
< +OK
> DECR i
< -ERR increment or decrement would overflow
> DECRBY i 1
< -ERR increment or decrement would overflow
> DECRBY i -9223372036854775808
< -ERR decrement would overflow
> INCRBY i 9223372036854775807
< :-1
> INCRBY i 9223372036854775808
< -ERR value is not an integer or out of range
> INCRBY i 1.5
< -ERR value is not an integer or out of range
> INCRBY i ""
< -ERR value is not an integer or out of range
> SET i " 1"
< +OK
> INCR i
< -ERR value is not an integer or out of range
> SET i 1.5
< +OK
> INCR i
< -ERR value is not an integer or out of range
> SET i 01
< +OK
> INCR i
< -ERR value is not an integer or out of range
> SET i ""
< +OK
> INCR i
< -ERR value is not an integer or out of range
> SET i 10 EX 100
< +OK
> INCR i
< :11
> TTL i
< :99..100
> INCR lst2
< -WRONGTYPE Operation against a key holding the wrong kind of value
> INCRBY i
< -ERR wrong number of arguments for 'incrby' command

# INCRBYFLOAT
> SET f 10.50
< +OK
> INCRBYFLOAT f 0.1
< "10.6"
> INCRBYFLOAT f -5
< "5.6"
> INCRBYFLOAT f 5.0e3
< "5005.60000000000000009"
> GET f
< "5005.60000000000000009"
> INCRBYFLOAT newf 3
< "3"
> OBJECT ENCODING newf
< "embstr"
> SET f 3.0e3
< +OK
> INCRBYFLOAT f 200
< "3200"
> SET f 1
< +OK
> INCRBYFLOAT f 1
< "2"
> INCR f
< :3
> INCRBYFLOAT f inf
< -ERR increment would produce NaN or Infinity
> INCRBYFLOAT f -inf
< -ERR increment would produce NaN or Infinity
> INCRBYFLOAT f nan
< -ERR value is not a valid float
> INCRBYFLOAT f abc
< -ERR value is not a valid float
> INCRBYFLOAT f ""
< -ERR value is not a valid float
> INCRBYFLOAT f " 1"
< -ERR value is not a valid float
> SET f abc
< +OK
> INCRBYFLOAT f 1
< -ERR value is not a valid float
> SET f 1 EX 100
< +OK
> INCRBYFLOAT f 1.25
< "2.25"
> TTL f
< :99..100
> INCRBYFLOAT lst2 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SET f 17179869184
< +OK
> INCRBYFLOAT f 0.00000000000001
< "17179869184"
> SET f 1.1
< +OK
> INCRBYFLOAT f 0
< "1.1"
> SET f -0.5
< +OK
> INCRBYFLOAT f 0.5
< "0"

# LCS
> MSET key1 ohmytext key2 mynewtext
< +OK
> LCS key1 key2
< "mytext"
> LCS key1 key2 LEN
< :6
> LCS key1 key2 IDX
< *4
<   "matches"
<   *2
<     *2
<       *2
<         :4
<         :7
<       *2
<         :5
<         :8
<     *2
<       *2
<         :2
<         :3
<       *2
<         :0
<         :1
<   "len"
<   :6
> LCS key1 key2 IDX MINMATCHLEN 4
< *4
<   "matches"
<   *1
<     *2
<       *2
<         :4
<         :7
<       *2
<         :5
<         :8
<   "len"
<   :6
> LCS key1 key2 IDX MINMATCHLEN 4 WITHMATCHLEN
< *4
<   "matches"
<   *1
<     *3
<       *2
<         :4
<         :7
<       *2
<         :5
<         :8
<       :4
<   "len"
<   :6
> LCS key1 key2 IDX WITHMATCHLEN
< *4
<   "matches"
<   *2
<     *3
<       *2
<         :4
<         :7
<       *2
<         :5
<         :8
<       :4
<     *3
<       *2
<         :2
<         :3
<       *2
<         :0
<         :1
<       :2
<   "len"
<   :6
> LCS key1 key2 IDX MINMATCHLEN -5
< *4
<   "matches"
<   *2
<     *2
<       *2
<         :4
<         :7
<       *2
<         :5
<         :8
<     *2
<       *2
<         :2
<         :3
<       *2
<         :0
<         :1
<   "len"
<   :6
> LCS key1 none
< ""
> LCS none none2 LEN
< :0
> LCS none none2 IDX
< *4
<   "matches"
<   *0
<   "len"
<   :0
> LCS key1 key1
< "ohmytext"
> LCS key1 key1 IDX
< *4
<   "matches"
<   *1
<     *2
<       *2
<         :0
<         :7
<       *2
<         :0
<         :7
<   "len"
<   :8
> LCS key1 key2 LEN IDX
< -ERR If you want both the length and indexes, please just use IDX.
> LCS key1 lst2
< -ERR The specified keys must contain string values
> LCS lst2 key1 NONSENSE
< -ERR The specified keys must contain string values
> LCS key1 key2 NONSENSE
< -ERR syntax error
> LCS key1 key2 MINMATCHLEN
< -ERR syntax error
> LCS key1 key2 IDX MINMATCHLEN abc
< -ERR value is not an integer or out of range
> LCS key1
< -ERR wrong number of arguments for 'lcs' command
> MSET i1 12345 i2 1345
< +OK
> LCS i1 i2
< "1345"
> MSET d1 aaaa d2 aa
< +OK
> LCS d1 d2 IDX WITHMATCHLEN
< *4
<   "matches"
<   *1
<     *3
<       *2
<         :2
<         :3
<       *2
<         :0
<         :1
<       :2
<   "len"
<   :2
> MSET d1 abcabba d2 cbabac
< +OK
> LCS d1 d2
< "cbba"
> LCS d1 d2 IDX WITHMATCHLEN
< *4
<   "matches"
<   *3
<     *3
<       *2
<         :5
<         :6
<       *2
<         :3
<         :4
<       :2
<     *3
<       *2
<         :4
<         :4
<       *2
<         :1
<         :1
<       :1
<     *3
<       *2
<         :2
<         :2
<       *2
<         :0
<         :0
<       :1
<   "len"
<   :4
> MSET d1 ${rep:20000:a} d2 ${rep:20000:b}
< +OK
> LCS d1 d2
< -ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len
> MSET d1 ${rep:300:ab} d2 ${rep:200:ba}
< +OK
> LCS d1 d2 LEN
< :400

# LCS in RESP3 is a map
@resp 3
> LCS key1 key2 IDX
< %2
<   "matches"
<   *2
<     *2
<       *2
<         :4
<         :7
<       *2
<         :5
<         :8
<     *2
<       *2
<         :2
<         :3
<       *2
<         :0
<         :1
<   "len"
<   :6
> GET none
< _
> INCRBYFLOAT f 1.5
< "1.5"
> SET k v GET
< _
@resp 2

# OBJECT ENCODING of strings
> SET e 1
< +OK
> OBJECT ENCODING e
< "int"
> SET e 9223372036854775807
< +OK
> OBJECT ENCODING e
< "int"
> SET e 9223372036854775808
< +OK
> OBJECT ENCODING e
< "embstr"
> SET e -0
< +OK
> OBJECT ENCODING e
< "embstr"
> SET e 007
< +OK
> OBJECT ENCODING e
< "embstr"
> SET e ${rep:44:a}
< +OK
> OBJECT ENCODING e
< "embstr"
> SET e ${rep:45:a}
< +OK
> OBJECT ENCODING e
< "raw"
> SET e abc
< +OK
> APPEND e d
< :4
> OBJECT ENCODING e
< "raw"
> SET e abcd
< +OK
> OBJECT ENCODING e
< "embstr"
> SETRANGE e 0 x
< :4
> OBJECT ENCODING e
< "raw"
> RENAME e e2
< +OK
> OBJECT ENCODING e2
< "raw"
> COPY e2 e3
< :1
> OBJECT ENCODING e3
< "raw"
> SETRANGE fresh 2 x
< :3
> OBJECT ENCODING fresh
< "raw"
> GETSET e3 77
< "xbcd"
> OBJECT ENCODING e3
< "int"
> OBJECT ENCODING none
< $-1

# Compare and set, compare and delete (Redis 8.4)
@since 8.4
> DEL k none
< :?
> SET k one
< +OK
> SET k two IFEQ nope
< $-1
> GET k
< "one"
> SET k two IFEQ one
< +OK
> SET k three IFNE two
< $-1
> SET k three IFNE x
< +OK
> GET k
< "three"
> SET none x IFEQ ""
< $-1
> EXISTS none
< :0
> SET none x IFNE y
< +OK
> SET k four IFEQ three GET
< "three"
> SET k five GET IFEQ three
< "four"
> GET k
< "four"
> SET k 12 IFEQ four EX 100
< +OK
> TTL k
< :90..100
> SET k 13 IFEQ 12 KEEPTTL
< +OK
> TTL k
< :90..100
> SET k 13 IFEQ 012
< $-1
> SET k x IFEQ 13 IFEQ 13
< -ERR syntax error
> SET k x IFEQ 13 NX
< -ERR syntax error
> SET k x XX IFNE 13
< -ERR syntax error
> SET k x IFEQ
< -ERR syntax error
> SET k abc
< +OK
> DIGEST k
< "78af5f94892f3950"
> DIGEST nokey
< (nil)
> SET k abcd IFDEQ 78af5f94892f3950
< +OK
> SET k abc IFDEQ 78af5f94892f3950
< $-1
> SET k abc IFDNE 78AF5F94892F3950
< +OK
> SET k abcd IFDNE 78AF5F94892F3950
< $-1
> SET k abcd IFDEQ 78AF5F94892F3950
< +OK
> SET k abc IFDEQ 78
< -ERR must be exactly 16 hexadecimal characters
> SET nokey abc IFDEQ 78af5f94892f3950
< $-1
> SET k ""
< +OK
> DIGEST k
< "2d06800538d394c2"
> SET k 123
< +OK
> DIGEST k
< /^[0-9a-f]{16}$/
> DELEX k IFEQ 12
< :0
> DELEX k IFNE 123
< :0
> DELEX k IFDEQ 0000000000000000
< :0
> DELEX k IFEQ 123
< :1
> DELEX k IFEQ 123
< :0
> DELEX k IFNE 123
< :0
> DELEX k
< :0
> SET k abc
< +OK
> DELEX k IFDNE 78af5f94892f3950
< :0
> DELEX k IFDEQ 78af5f94892f3950
< :1
> SET k abc
< +OK
> DELEX k IFDNE 0000000000000000
< :1
> SET k abc
< +OK
> DELEX k
< :1
> DELEX k IFEQ
< -ERR wrong number of arguments for 'delex' command
> DELEX k IFEQ a b
< -ERR wrong number of arguments for 'delex' command
> DELEX k JUNK a
< -ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE
> DELEX k IFDEQ 123
< -ERR must be exactly 16 hexadecimal characters
> DEL lst
< :?
> LPUSH lst a
< :1
> SET lst x IFEQ a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> DIGEST lst
< -WRONGTYPE Operation against a key holding the wrong kind of value
> DELEX lst IFEQ a
< -ERR Key should be of string type if conditions are specified
> DELIFEQ lst a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> DELEX lst
< :1
> SET k abc
< +OK
> DELIFEQ k ab
< :0
> DELIFEQ k abc
< :1
> DELIFEQ k abc
< :0

# MSETEX
@since 8.4
> FLUSHALL
< +OK
> MSETEX 2 a 1 b 2 EX 100
< :1
> MGET a b
< *2
<   "1"
<   "2"
> TTL b
< :90..100
> MSETEX 2 a 3 c 4 NX
< :0
> EXISTS c
< :0
> MSETEX 2 a 3 c 4 XX
< :0
> GET a
< "1"
> MSETEX 2 a 3 b 4 XX KEEPTTL
< :1
> TTL a
< :90..100
> MSETEX 1 a 5
< :1
> TTL a
< :-1
> MSETEX 2 n 1 n 2 NX PX 100000
< :1
> GET n
< "2"
> MSETEX 0 a 1
< -ERR invalid numkeys value
> MSETEX x a 1
< -ERR invalid numkeys value
> MSETEX 2 a 1
< -ERR wrong number of key-value pairs
> MSETEX 9223372036854775807 a 1
< -ERR invalid numkeys value
> MSETEX 2147483647 a 1
< -ERR wrong number of key-value pairs
> MSETEX 1 a 1 NX XX
< -ERR syntax error
> MSETEX 1 a 1 EX
< -ERR syntax error
> MSETEX 1 a 1 EX 0
< -ERR invalid expire time in 'msetex' command
> MSETEX 1 a 1 EX 1 KEEPTTL
< -ERR syntax error
> MSETEX 1 a 1 JUNK
< -ERR syntax error
> MSETEX 1 a
< -ERR wrong number of arguments for 'msetex' command
> COMMAND GETKEYS MSETEX 2 a 1 b 2 EX 5
< *2
<   "a"
<   "b"
