# debug.t: the DEBUG subcommands that tests need.
@config enable-debug-command yes
> DEBUG
< -ERR wrong number of arguments for 'debug' command
> DEBUG NOSUCH
< -ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG HELP.
> DEBUG SLEEP 0
< +OK
> DEBUG SLEEP a
< +OK
> DEBUG SLEEP
< -ERR unknown subcommand or wrong number of arguments for 'SLEEP'. Try DEBUG HELP.
> DEBUG LOG hello
< +OK
> DEBUG ERROR
< -ERR unknown subcommand or wrong number of arguments for 'ERROR'. Try DEBUG HELP.
> DEBUG ERROR abc
< -abc
> DEBUG ERROR "CODE some text"
< -CODE some text
> DEBUG SET-ACTIVE-EXPIRE 0
< +OK
> DEBUG SET-ACTIVE-EXPIRE 1
< +OK
> DEBUG SET-ACTIVE-EXPIRE
< -ERR unknown subcommand or wrong number of arguments for 'SET-ACTIVE-EXPIRE'. Try DEBUG HELP.

# Expiry in the background is off: the key stays until it is looked at.
> DEBUG SET-ACTIVE-EXPIRE 0
< +OK
> SET gone v PX 1
< +OK
@sleep 300
> DBSIZE
< :1
> GET gone
< (nil)
> DBSIZE
< :0
> SET gone v PX 1
< +OK
> DEBUG SET-ACTIVE-EXPIRE 1
< +OK
@eventually 10000
> DBSIZE
< :0

# OBJECT, LISTPACK, HTSTATS
> DEBUG OBJECT nosuch
< -ERR no such key
> DEBUG LISTPACK nosuch
< -ERR no such key
> SET k v
< +OK
> DEBUG OBJECT k
< /^Value at:0x[0-9a-f]+ refcount:1 encoding:embstr .*lru:[0-9]+ lru_seconds_idle:[0-9]+/
> DEBUG LISTPACK k
< -ERR Not a listpack encoded object.
> HSET h f v
< :1
> DEBUG OBJECT h
< /encoding:listpack /
> DEBUG LISTPACK h
< /^Listpack/
> DEBUG HTSTATS 0
< /\[Dictionary HT\]/
> DEBUG HTSTATS 99
< -ERR Out of range database
> DEBUG HTSTATS x
< -ERR value is not an integer or out of range

# POPULATE
> FLUSHALL
< +OK
> DEBUG POPULATE 3
< +OK
> GET key:2
< "value:2"
> DEBUG POPULATE 2 pre 10
< +OK
> GET pre:1
< "value:1\x00\x00\x00"
> STRLEN pre:1
< :10
> DBSIZE
< :5
> DEBUG POPULATE -1
< -ERR*

# DIGEST: equal to what a Redis with the same data says, whatever the encoding
> FLUSHALL
< +OK
> DEBUG DIGEST
< +0000000000000000000000000000000000000000
> SET s hello
< +OK
> SET n 12345
< +OK
> RPUSH l a b 3
< :3
> SADD i 1 2 3
< :3
> SADD m a b 3
< :3
> HSET h f v g 5
< :2
> ZADD z 1 a 2.5 b -3 c
< :3
> SELECT 9
< +OK
> SET s other
< +OK
> PEXPIREAT s 99999999999999
< :1
> SELECT 0
< +OK
> DEBUG DIGEST
< +85c86702bfc7d5fd2c432893543c5af9179fce2b
> DEBUG DIGEST-VALUE s n l i m h z nosuch
< *8
<   +36b23a1456b2dce2c3ed252c456761301dba8060
<   +e1cf90774e995ae03de66e8109dc5cb9d9c2dc83
<   +09eb1fc9381ee92790d59930ab462945f8cd948b
<   +2a462a3f51a1db89738ebbeef0c47ce1bbc85246
<   +aa475a4a8f122ca5936aa41d911aacf8c93b827d
<   +a517316c9277e5f73e03ee50bbc7e094b6d7135d
<   +2dd2ef669bd842b340aed0cb20be587954151e2b
<   +0000000000000000000000000000000000000000
> DEBUG DIGEST-VALUE
< *0
> HSET h long ${rep:100:x}
< :1
> ZADD z 7 ${rep:100:y}
< :1
> SADD i ${rep:100:z}
< :1
> RPUSH l ${rep:20000:w}
< :4
> DEBUG DIGEST
< +aaef149fa2ffb0ed33287ff71a2ff87d1023c9e8
> DEL h z i l
< :4
> DEBUG DIGEST
< +61804193163db254ab78f2848cd7f0134039fe65
> FLUSHALL
< +OK
> DEBUG DIGEST
< +0000000000000000000000000000000000000000

# PROTOCOL: a value of every type
> DEBUG PROTOCOL nosuch
< -ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false
> DEBUG PROTOCOL string
< "Hello World"
> DEBUG PROTOCOL integer
< :12345
> DEBUG PROTOCOL double
< "3.141"
> DEBUG PROTOCOL bignum
< "1234567999999999999999999999999999999"
> DEBUG PROTOCOL null
< $-1
> DEBUG PROTOCOL array
< *3
<   :0
<   :1
<   :2
> DEBUG PROTOCOL set
< *3
<   :0
<   :1
<   :2
> DEBUG PROTOCOL map
< *6
<   :0
<   :0
<   :1
<   :1
<   :2
<   :0
> DEBUG PROTOCOL attrib
< "Some real reply following the attribute"
> DEBUG PROTOCOL push
< -ERR RESP2 is not supported by this command
> DEBUG PROTOCOL verbatim
< "This is a verbatim\nstring"
> DEBUG PROTOCOL true
< :1
> DEBUG PROTOCOL false
< :0

@resp 3
> DEBUG PROTOCOL string
< "Hello World"
> DEBUG PROTOCOL integer
< :12345
> DEBUG PROTOCOL double
< ,3.141
> DEBUG PROTOCOL bignum
< (1234567999999999999999999999999999999
> DEBUG PROTOCOL null
< _
> DEBUG PROTOCOL array
< *3
<   :0
<   :1
<   :2
> DEBUG PROTOCOL set
< ~3
<   :0
<   :1
<   :2
> DEBUG PROTOCOL map
< %3
<   :0
<   #f
<   :1
<   #t
<   :2
<   #f
> DEBUG PROTOCOL verbatim
< =txt:"This is a verbatim\nstring"
> DEBUG PROTOCOL true
< #t
> DEBUG PROTOCOL false
< #f
> DEBUG PROTOCOL attrib
< |1
<   "key-popularity"
<   *2
<     "key:123"
<     :90
< "Some real reply following the attribute"

@only ashlar
> DEBUG STRINGMATCH-LEN 5 a*a
< :1
> DEBUG STRINGMATCH-LEN 5 a?a
< :0
> DEBUG STRINGMATCH-LEN 100000 ${rep:5000:*?}b
< :0
> DEBUG STRINGMATCH-LEN -1 a
< -ERR value is out of range, value must between 0 and 1048576

# A push message is no reply: it comes before the one reply that the command has
@resp 3
> DEBUG PROTOCOL push
< >2
<   "server-cpu-usage"
<   :42
< "Some real reply following the push reply"
> PING
< +PONG
