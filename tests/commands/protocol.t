# protocol.t: requests on the wire: whole, in pieces, empty, and broken in every way that is told apart.

# Nothing at all is skipped in silence, wherever it stands
@raw "\r\n\r\n*0\r\n*-1\r\nPING\r\n*1\r\n$4\r\nPING\r\n"
< +PONG
< +PONG
@raw "*-1\r\nPING a\r\n\r\n*0\r\n*2\r\n$4\r\nPING\r\n$1\r\nb\r\n*0\r\n"
< "a"
< "b"
@expect-nothing 20

# A line may end on a bare newline
@raw "PING x\nPING y\n"
< "x"
< "y"

# Quotes in inline requests
@raw "ECHO 'a b'\r\nECHO \"\\x41\\r\\n\\\"\"\r\nECHO 'it\\'s'\r\nECHO \"\"\r\n"
< "a b"
< "A\r\n\""
< "it's"
< ""

# Pieces
@raw "*2\r\n$4\r\nECHO\r\n$10\r\nhalf"
@expect-nothing 20
@raw "andha"
@expect-nothing 20
@raw "l\r"
@expect-nothing 20
@raw "\n"
< "halfandhal"
@raw "*"
@expect-nothing 10
@raw "1\r\n"
@raw "$"
@raw "4\r"
@raw "\nPI"
@raw "NG\r\nPI"
< +PONG
@raw "NG\r\n"
< +PONG

# Bytes of any kind
> ECHO "\x00\r\n\xff$5\r\n*1\r\n"
< "\x00\r\n\xff$5\r\n*1\r\n"
> ECHO ${rep:300000:0123456789}
< "${rep:300000:0123456789}"

# A pipeline is answered in order
> PING 1
> NOSUCH
> GET a b
> PING 2
< "1"
< -"ERR unknown command 'NOSUCH', with args beginning with: "
< -ERR wrong number of arguments for 'get' command
< "2"

# CR, LF and what else a client sends do not end the line of an error
> "BAD\r\n+OK"
< /^ERR unknown command 'BAD  \+OK', with args/
> PING
< +PONG

# Broken: the error, then the connection is closed; what came before is answered
a> PING
a< +PONG
@raw "PING before\r\n*1\r\n$4x\r\n" a
a< "before"
a< -ERR Protocol error: invalid bulk length
@expect-close a
@raw "*2147483648\r\n" b
b< -ERR Protocol error: invalid multibulk length
@expect-close b
@raw "*abc\r\n" c
c< -ERR Protocol error: invalid multibulk length
@expect-close c
@raw "*1\r\n$-10\r\n" d
d< -ERR Protocol error: invalid bulk length
@expect-close d
@raw "*1\r\n$536870913\r\n" e
e< -ERR Protocol error: invalid bulk length
@expect-close e
@raw "*1\r\n$blabla\r\n" f
f< -ERR Protocol error: invalid bulk length
@expect-close f
@raw "*1\r\n!4\r\n" g
g< -ERR Protocol error: expected '$', got '!'
@expect-close g
@raw "PING \"x\r\n" h
h< -ERR Protocol error: unbalanced quotes in request
@expect-close h
@raw "PING \"x\"y\r\n" i
i< -ERR Protocol error: unbalanced quotes in request
@expect-close i

# Ours is strict about the end of a bulk; the other server takes these for CR and LF
@only ashlar
@raw "*1\r\n$4\r\nPINGXX" m
m< /^ERR Protocol error/
@expect-close m

# A request that a browser was made to send
@raw "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET attacked yes\r\n" n
@expect-close n
@raw "Host: 127.0.0.1\r\nSET attacked yes\r\n" o
@expect-close o
> EXISTS attacked
< :0

# After QUIT nothing runs
q> PING
q< +PONG
@raw "QUIT\r\nSET attacked yes\r\n" q
q< +OK
@expect-close q
> EXISTS attacked
< :0
