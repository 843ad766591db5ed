# A client that wants no replies asked for 9223372036854775807 random members: nothing was written,
# so no output limit stopped it, and the server answered nobody any more. Redis 7 does not end either.
@file only ashlar
> SADD s a
< :1
> HSET h f v
< :1
> ZADD z 1 a
< :1
@raw "CLIENT REPLY OFF\r\nSRANDMEMBER s -9223372036854775807\r\nHRANDFIELD h -9223372036854775807\r\n" a
@raw "HRANDFIELD h -4611686018427387903 WITHVALUES\r\nZRANDMEMBER z -9223372036854775807\r\n" a
@raw "ZRANDMEMBER z -4611686018427387903 WITHSCORES\r\nCLIENT REPLY ON\r\nPING\r\n" a
a< +OK
a< +PONG
@raw "CLIENT REPLY SKIP\r\nSRANDMEMBER s -9223372036854775807\r\nPING\r\n" a
a< +PONG
> PING
< +PONG
