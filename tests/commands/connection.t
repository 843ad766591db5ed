# connection.t: PING, ECHO, SELECT, HELLO, RESET, QUIT, and how a request may look on the wire.
> PING
< +PONG
> PING "hello\r\nworld"
< "hello\r\nworld"
> PING a b
< -ERR wrong number of arguments for 'ping' command
> ECHO ""
< ""
> ECHO
< -ERR wrong number of arguments for 'echo' command
> eChO ${rep:70000:x}
< "${rep:70000:x}"

# What nobody knows: the arguments are quoted back.
> NOSUCH a b
< -"ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' "
> NOSUCH
< -"ERR unknown command 'NOSUCH', with args beginning with: "

# Databases
> SELECT 1
< +OK
> SET k one
< +OK
> SELECT 0
< +OK
> EXISTS k
< :0
> SELECT 16
< -ERR DB index is out of range
> SELECT -1
< -ERR DB index is out of range
> SELECT x
< -ERR value is not an integer or out of range

# HELLO without a version: RESP2 gives a flat array
> HELLO
< *14 pairs
<   "server"
<   "redis"
<   "version"
<   /^7\./
<   "proto"
<   :2
<   "id"
<   :1..1000000
<   "mode"
<   "standalone"
<   "role"
<   "master"
<   "modules"
<   *0

> HELLO 4
< -NOPROTO unsupported protocol version
> HELLO x
< -ERR Protocol version is not an integer or out of range
> HELLO 3 SETNAME
< -ERR Syntax error in HELLO option 'SETNAME'

@new three
@resp 3 three
three> HELLO 3 SETNAME me
three< %7
three<   "server"
three<   "redis"
three<   "version"
three<   /^7\./
three<   "proto"
three<   :3
three<   "id"
three<   ${id} :?
three<   "mode"
three<   "standalone"
three<   "role"
three<   "master"
three<   "modules"
three<   *0
three> CLIENT GETNAME
three< "me"
three> CLIENT ID
three< :${id}
three> GET nokey
three< _
three> RESET
three< +RESET
three> GET nokey
three< $-1

# A pipeline: two commands, two replies
> PING 1
> PING 2
< "1"
< "2"

# Inline commands, empty lines, half a request
@raw "PING\r\n\r\nping two\r\n"
< +PONG
< "two"
@raw "*1\r\n$4\r\nPI"
@expect-nothing 20
@raw "NG\r\n"
< raw "+PONG\r\n"
@raw "*0\r\n*-1\r\nPING 'a\\'b' \"\\x41\\n\"\r\n"
< -ERR wrong number of arguments for 'ping' command

# Broken requests: one error, then the connection is closed
a> PING
a< +PONG
@raw "*x\r\n" a
a< -ERR Protocol error: invalid multibulk length
@expect-close a
@raw "*1\r\n+PING\r\n" b
b< -ERR Protocol error: expected '$', got '+'
@expect-close b
@raw "*1\r\n$-5\r\n" c
c< -ERR Protocol error: invalid bulk length
@expect-close c
@raw "GET \"unbalanced\r\n" d
d< -ERR Protocol error: unbalanced quotes in request
@expect-close d

# SELECT's number is an int
> SELECT 2147483648
< -ERR value is out of range*
> SELECT 1 2
< -ERR wrong number of arguments for 'select' command
> RESET x
< -ERR wrong number of arguments for 'reset' command

# HELLO's options
> HELLO 1
< -NOPROTO unsupported protocol version
> HELLO 3 NOSUCH
< -ERR Syntax error in HELLO option 'NOSUCH'
> HELLO 3 AUTH default
< -ERR Syntax error in HELLO option 'AUTH'
> HELLO 2 SETNAME "a b"
< -ERR Client names cannot contain spaces, newlines or special characters.
> HELLO 2 AUTH nobody x
< -WRONGPASS invalid username-password pair or user is disabled.
> CLIENT GETNAME
< $-1

# Without a password anyone is the default user
> AUTH x
< -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
> AUTH default anything
< +OK
> AUTH nobody anything
< -WRONGPASS invalid username-password pair or user is disabled.
> AUTH a b c
< -ERR syntax error
> AUTH
< -ERR wrong number of arguments for 'auth' command
> HELLO 2 AUTH default anything SETNAME logged
< *14
<   ...
> CLIENT GETNAME
< "logged"

# With a password: who was there before stays, who comes now is asked
> CONFIG SET requirepass secret
< +OK
> PING
< +PONG
p> PING
p< -NOAUTH Authentication required.
p> GET k
p< -NOAUTH Authentication required.
p> NOSUCH
p< -"ERR unknown command 'NOSUCH', with args beginning with: "
p> GET
p< -ERR wrong number of arguments for 'get' command
p> HELLO 3
p< -NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
p> AUTH wrong
p< -WRONGPASS invalid username-password pair or user is disabled.
p> AUTH secre
p< -WRONGPASS invalid username-password pair or user is disabled.
p> AUTH secretsecret
p< -WRONGPASS invalid username-password pair or user is disabled.
p> AUTH ""
p< -WRONGPASS invalid username-password pair or user is disabled.
p> AUTH nobody secret
p< -WRONGPASS invalid username-password pair or user is disabled.
p> PING
p< -NOAUTH Authentication required.
p> AUTH secret
p< +OK
p> PING
p< +PONG
p> RESET
p< +RESET
p> PING
p< -NOAUTH Authentication required.
p> HELLO 3 AUTH default secret
p< %7
p<   ...
p> PING
p< +PONG

# Limits before the password: 10 arguments of 16 KiB
@raw "*11\r\n" u1
u1< -ERR Protocol error: unauthenticated multibulk length
@expect-close u1
@raw "*1\r\n$16385\r\n" u2
u2< -ERR Protocol error: unauthenticated bulk length
@expect-close u2
@raw "*10\r\n$4\r\nPING\r\n" u3
@expect-nothing 20 u3
@raw "AUTH secret\r\n*11\r\n$4\r\nECHO\r\n$1\r\nx\r\n$1\r\nx\r\n$1\r\nx\r\n$1\r\nx\r\n$1\r\nx\r\n$1\r\nx\r\n$1\r\nx\r\n$1\r\nx\r\n$1\r\nx\r\n$1\r\nx\r\n" u4
u4< +OK
u4< -ERR wrong number of arguments for 'echo' command
u5> QUIT
u5< +OK
@expect-close u5
> CONFIG SET requirepass ""
< +OK
p2> PING
p2< +PONG

> QUIT
< +OK
@expect-close
