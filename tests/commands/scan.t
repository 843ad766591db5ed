# SCAN. Cursors differ between servers: where the order shows, the whole database is asked for at once.

# An empty database, errors
> SCAN 0
< *2
<   "0"
<   *0
> SCAN abc
< -ERR invalid cursor
> SCAN -abc
< -ERR invalid cursor
> SCAN 99999999999999999999
< -ERR invalid cursor
> SCAN 0 COUNT
< -ERR syntax error
> SCAN 0 COUNT 0
< -ERR syntax error
> SCAN 0 COUNT -1
< -ERR syntax error
> SCAN 0 COUNT abc
< -ERR value is not an integer or out of range
> SCAN 0 MATCH
< -ERR syntax error
> SCAN 0 TYPE
< -ERR syntax error
> SCAN 0 NONSENSE x
< -ERR syntax error
> SCAN 0 x
< -ERR syntax error
> SCAN
< -ERR wrong number of arguments for 'scan' command

# Everything in one call
> MSET key:1 a key:2 b key:3 c other d
< +OK
> SADD set m
< :1
> RPUSH list m
< :1
> SCAN 0 COUNT 1000
< *2
<   "0"
<   *6 unordered
<     "key:1"
<     "key:2"
<     "key:3"
<     "other"
<     "set"
<     "list"
> SCAN 0 COUNT 1000 MATCH key:*
< *2
<   "0"
<   *3 unordered
<     "key:1"
<     "key:2"
<     "key:3"
> SCAN 0 MATCH key:[12] COUNT 1000
< *2
<   "0"
<   *2 unordered
<     "key:1"
<     "key:2"
> SCAN 0 MATCH none* COUNT 1000
< *2
<   "0"
<   *0
> SCAN 0 TYPE set COUNT 1000
< *2
<   "0"
<   *1
<     "set"
> SCAN 0 TYPE LIST COUNT 1000
< *2
<   "0"
<   *1
<     "list"
> SCAN 0 TYPE string COUNT 1000 MATCH *o*
< *2
<   "0"
<   *1
<     "other"
> SCAN 0 TYPE zset COUNT 1000
< *2
<   "0"
<   *0
> SCAN 0 TYPE nonsense COUNT 1000
< *2
<   "0"
<   *0
> SCAN 0 MATCH a* MATCH key:1 COUNT 1000
< *2
<   "0"
<   *1
<     "key:1"
> SCAN 0 COUNT 9223372036854775807 MATCH other
< *2
<   "0"
<   *1
<     "other"

# Any cursor is safe
> SCAN 12345678901234567890
< *2
<   /^[0-9]+$/
<   ?
> SCAN 18446744073709551615 COUNT 1000
< *2
<   /^[0-9]+$/
<   ?
> SCAN 7 COUNT 1
< *2
<   /^[0-9]+$/
<   ?

# Expired keys are not shown, and go
> FLUSHALL
< +OK
> CONFIG SET lazyfree-lazy-expire no
< +OK
> SET stays v
< +OK
> SET goes v PXAT 1
< +OK
> SCAN 0 COUNT 1000
< *2
<   "0"
<   *1
<     "stays"
> DBSIZE
< :1
