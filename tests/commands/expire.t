# Expiry.

# EXPIRE and its relatives
> SET k v
< +OK
> TTL k
< :-1
> PTTL k
< :-1
> EXPIRETIME k
< :-1
> PEXPIRETIME k
< :-1
> EXPIRE k 100
< :1
> TTL k
< :99..100
> PTTL k
< :90000..100000
> PEXPIRE k 50500
< :1
> PTTL k
< :40000..50500
> EXPIREAT k 33177117420
< :1
> EXPIRETIME k
< :33177117420
> PEXPIRETIME k
< :33177117420000
> PEXPIREAT k 33177117420500
< :1
> PEXPIRETIME k
< :33177117420500
> EXPIRETIME k
< :33177117421
> PEXPIREAT k 33177117420499
< :1
> EXPIRETIME k
< :33177117420
> PERSIST k
< :1
> PERSIST k
< :0
> TTL k
< :-1
> GET k
< "v"
> TTL none
< :-2
> PTTL none
< :-2
> EXPIRETIME none
< :-2
> PEXPIRETIME none
< :-2
> PERSIST none
< :0
> EXPIRE none 10
< :0
> PEXPIREAT none 1
< :0

# Times that have passed delete
> SET k v
< +OK
> EXPIRE k 0
< :1
> EXISTS k
< :0
> SET k v
< +OK
> EXPIRE k -1
< :1
> EXISTS k
< :0
> SET k v
< +OK
> PEXPIRE k -9223372036854775000
< :1
> EXISTS k
< :0
> SET k v
< +OK
> EXPIREAT k 1
< :1
> EXISTS k
< :0
> SET k v
< +OK
> PEXPIREAT k -9223372036854775808
< :1
> EXISTS k
< :0
> RPUSH l 1 2 3
< :3
> EXPIRE l -10
< :1
> EXISTS l
< :0

# Times that do not fit
> SET k v
< +OK
> EXPIRE k 9223372036854775807
< -ERR invalid expire time in 'expire' command
> EXPIRE k 9223372036854775
< -ERR invalid expire time in 'expire' command
> EXPIRE k -9223372036854775808
< -ERR invalid expire time in 'expire' command
> EXPIRE k -9223372036854776
< -ERR invalid expire time in 'expire' command
> PEXPIRE k 9223372036854775807
< -ERR invalid expire time in 'pexpire' command
> EXPIREAT k 9223372036854775807
< -ERR invalid expire time in 'expireat' command
> EXPIREAT k 9223372036854776
< -ERR invalid expire time in 'expireat' command
> EXPIREAT k -9223372036854776
< -ERR invalid expire time in 'expireat' command
> EXPIREAT k 9223372036854775
< :1
> EXPIRETIME k
< :9223372036854775
> PEXPIREAT k 9223372036854775807
< :1
> PEXPIRETIME k
< :9223372036854775807
> EXPIRETIME k
< :9223372036854776
> EXPIRE k abc
< -ERR value is not an integer or out of range
> EXPIRE k 1.5
< -ERR value is not an integer or out of range
> EXPIRE k ""
< -ERR value is not an integer or out of range
> EXPIRE k 9223372036854775808
< -ERR value is not an integer or out of range
> PEXPIRE none 9223372036854775807
< -ERR invalid expire time in 'pexpire' command
> EXPIRE k
< -ERR wrong number of arguments for 'expire' command
> TTL
< -ERR wrong number of arguments for 'ttl' command
> TTL k x
< -ERR wrong number of arguments for 'ttl' command
> PERSIST
< -ERR wrong number of arguments for 'persist' command

# NX, XX, GT, LT
> SET k v
< +OK
> EXPIRE k 100 XX
< :0
> TTL k
< :-1
> EXPIRE k 100 GT
< :0
> TTL k
< :-1
> EXPIRE k 100 LT
< :1
> TTL k
< :99..100
> EXPIRE k 200 NX
< :0
> TTL k
< :99..100
> EXPIRE k 200 XX
< :1
> TTL k
< :199..200
> EXPIRE k 100 GT
< :0
> EXPIRE k 300 GT
< :1
> TTL k
< :299..300
> EXPIRE k 400 LT
< :0
> EXPIRE k 200 LT
< :1
> TTL k
< :199..200
> EXPIRE k 500 XX GT
< :1
> TTL k
< :499..500
> EXPIRE k 300 xx lt
< :1
> TTL k
< :299..300
> PERSIST k
< :1
> PEXPIRE k 100000 NX
< :1
> PEXPIREAT k 33177117420000 GT
< :1
> EXPIREAT k 33177117420 GT
< :0
> EXPIREAT k 33177117419 LT
< :1
> EXPIRETIME k
< :33177117419
> EXPIRE k -1 GT
< :0
> EXISTS k
< :1
> EXPIRE k -1 LT
< :1
> EXISTS k
< :0
> EXPIRE none 10 NX
< :0
> SET k v
< +OK
> EXPIRE k 10 NX XX
< -ERR NX and XX, GT or LT options at the same time are not compatible
> EXPIRE k 10 NX GT
< -ERR NX and XX, GT or LT options at the same time are not compatible
> EXPIRE k 10 NX LT
< -ERR NX and XX, GT or LT options at the same time are not compatible
> EXPIRE k 10 GT LT
< -ERR GT and LT options at the same time are not compatible
> EXPIRE k 10 NX NX
< :1
> EXPIRE k 10 NONSENSE
< -ERR Unsupported option NONSENSE
> EXPIRE k 10 NX NONSENSE
< -ERR Unsupported option NONSENSE
> EXPIRE k abc NONSENSE
< -ERR Unsupported option NONSENSE
> EXPIRE k abc NX XX
< -ERR NX and XX, GT or LT options at the same time are not compatible

# Keys go when their time comes
> SET k v PX 1
< +OK
> RPUSH l 1
< :1
> PEXPIRE l 1
< :1
@eventually 2000
> EXISTS k l
< :0
> GET k
< $-1
> TTL k
< :-2
> RPUSH l 2
< :1
> LLEN l
< :1
> TTL l
< :-1

# What replaces a value takes its expiry away, what changes it does not
> SET k v EX 100
< +OK
> APPEND k w
< :2
> TTL k
< :99..100
> SET k v
< +OK
> TTL k
< :-1
> RPUSH l2 a
< :1
> EXPIRE l2 100
< :1
> RPUSH l2 b
< :2
> TTL l2
< :99..100
> RENAME l2 l3
< +OK
> TTL l3
< :99..100

# Active expiry finds what nobody asks for
> FLUSHALL
< +OK
> PSETEX a 1 v
< +OK
> PSETEX b 1 v
< +OK
> PSETEX c 1 v
< +OK
> SET d v
< +OK
@eventually 5000
> DBSIZE
< :1
> KEYS *
< *1
<   "d"
