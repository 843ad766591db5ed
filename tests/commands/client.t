# client.t: CLIENT and its subcommands, beside those that need pub/sub.
> CLIENT
< -ERR wrong number of arguments for 'client' command
> CLIENT NOSUCH
< -ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.
> CLIENT ID x
< -ERR wrong number of arguments for 'client|id' command
> CLIENT ID
< ${me} :1..1000000
> CLIENT HELP
< *
<   +CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
<   ...

# Names
> CLIENT GETNAME
< $-1
> CLIENT SETNAME main-one
< +OK
> CLIENT GETNAME
< "main-one"
> CLIENT SETNAME "with blank"
< -ERR Client names cannot contain spaces, newlines or special characters.
> CLIENT SETNAME "line\nbreak"
< -ERR Client names cannot contain spaces, newlines or special characters.
> CLIENT GETNAME
< "main-one"
> CLIENT SETNAME ""
< +OK
> CLIENT GETNAME
< $-1
> CLIENT SETNAME again
< +OK

# Lines about connections
> CLIENT INFO
< all
<   /^id=[0-9]+ addr=[^ ]+:0 laddr=[^ ]+:0 fd=[0-9]+ name=again age=[0-9]+ idle=[0-9]+ flags=U db=0 sub=0 psub=0 ssub=0 multi=-1 /
<   / qbuf=[0-9]+ qbuf-free=[0-9]+ argv-mem=[0-9]+ multi-mem=0 rbs=[0-9]+ rbp=[0-9]+ obl=0 oll=0 omem=0 tot-mem=[0-9]+ events=r /
<   / cmd=client\|info user=default redir=-1 resp=2/
> CLIENT LIST
< /id=[0-9]+ .* name=again /
> CLIENT LIST ID ${me} 999999
< /^id=[0-9]+ [^ ]+ [^ ]+ fd=[0-9]+ name=again /
> CLIENT LIST ID 999999
< ""
> CLIENT LIST ID
< -ERR syntax error
> CLIENT LIST ID x
< -ERR Invalid client ID
> CLIENT LIST TYPE normal
< /id=[0-9]+ .* name=again /
> CLIENT LIST TYPE pubsub
< ""
> CLIENT LIST TYPE replica
< ""
> CLIENT LIST TYPE slave
< ""
> CLIENT LIST TYPE master
< ""
> CLIENT LIST TYPE nosuch
< -ERR Unknown client type 'nosuch'
> CLIENT LIST TYPE
< -ERR syntax error
> CLIENT LIST NOSUCH x
< -ERR syntax error
> SELECT 3
< +OK
> CLIENT INFO
< / db=3 /
> SELECT 0
< +OK

@new three
@resp 3 three
three> CLIENT INFO
three< =txt:/ resp=3/
three> CLIENT LIST TYPE normal
three< =txt:/ resp=3/
three> CLIENT GETNAME
three< _
three> CLIENT GETREDIR
three< :-1
three> CLIENT TRACKINGINFO
three< %3
three<   "flags"
three<   ~1
three<     "off"
three<   "redirect"
three<   :-1
three<   "prefixes"
three<   *0

> CLIENT GETREDIR
< :-1
> CLIENT TRACKINGINFO
< *6
<   "flags"
<   *1
<     "off"
<   "redirect"
<   :-1
<   "prefixes"
<   *0

@since 7.2
> CLIENT SETINFO lib-name mylib
< +OK
> CLIENT SETINFO LIB-VER 1.2.3
< +OK
> CLIENT INFO
< / lib-name=mylib lib-ver=1\.2\.3$/
> CLIENT SETINFO lib-name "my lib"
< -ERR lib-name cannot contain spaces, newlines or special characters.
> CLIENT SETINFO lib-ver "\x01"
< -ERR lib-ver cannot contain spaces, newlines or special characters.
> CLIENT SETINFO nosuch x
< -ERR Unrecognized option 'nosuch'
> CLIENT SETINFO lib-name
< -ERR wrong number of arguments for 'client|setinfo' command
> CLIENT SETINFO lib-name ""
< +OK
> CLIENT INFO
< / lib-name= lib-ver=1\.2\.3$/

@since 7.2
> CLIENT NO-TOUCH on
< +OK
> CLIENT INFO
< / flags=UT /
> CLIENT NO-TOUCH OFF
< +OK
> CLIENT NO-TOUCH maybe
< -ERR syntax error

> CLIENT NO-EVICT on
< +OK
> CLIENT INFO
< / flags=Ue /
> CLIENT NO-EVICT off
< +OK
> CLIENT NO-EVICT maybe
< -ERR syntax error

# Replies off, on, and skipped
r> CLIENT REPLY nosuch
r< -ERR syntax error
r> CLIENT REPLY SKIP
r> PING
r> PING seen
r< "seen"
r> CLIENT REPLY OFF
r> PING
r> NOSUCH
r> CLIENT REPLY SKIP
r> CLIENT REPLY ON
r< +OK
r> PING again
r< "again"

# Killing: the new form counts
v> CLIENT SETNAME victim
v< +OK
v> CLIENT ID
v< ${victim} :?
> CLIENT KILL ID ${victim}
< :1
@expect-close v
@eventually 5000
> CLIENT LIST ID ${victim}
< ""
> CLIENT KILL ID ${victim}
< :0
> CLIENT KILL ID ${me}
< :0
> CLIENT KILL ID ${me} TYPE pubsub SKIPME no
< :0
> CLIENT KILL USER default SKIPME yes ID 999999
< :0
> CLIENT KILL LADDR 1.2.3.4:5 ADDR 1.2.3.4:6
< :0
> CLIENT KILL ID x
< -ERR client-id should be greater than 0
> CLIENT KILL ID 0
< -ERR client-id should be greater than 0
> CLIENT KILL TYPE nosuch
< -ERR Unknown client type 'nosuch'
> CLIENT KILL USER nobody
< -ERR No such user 'nobody'
> CLIENT KILL SKIPME maybe
< -ERR syntax error
> CLIENT KILL NOSUCH x
< -ERR syntax error
> CLIENT KILL ID 1 TYPE
< -ERR syntax error
> CLIENT KILL MAXAGE 3
< -ERR syntax error

# The old form takes an address
> CLIENT KILL 1.2.3.4:5
< -ERR No such client
> CLIENT KILL
< -ERR wrong number of arguments for 'client|kill' command

# One's own connection: the reply comes first
k> CLIENT ID
k< ${own} :?
k> CLIENT KILL ID ${own} SKIPME no
k< :1
@expect-close k

# Unblocking needs somebody who waits
> CLIENT UNBLOCK 999999
< :0
> CLIENT UNBLOCK ${me} TIMEOUT
< :0
> CLIENT UNBLOCK ${me} ERROR
< :0
> CLIENT UNBLOCK ${me} NOSUCH
< -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
> CLIENT UNBLOCK x
< -ERR value is not an integer or out of range

# A pause for writes: reads go on
> CLIENT PAUSE x
< -ERR timeout is not an integer or out of range
> CLIENT PAUSE -1
< -ERR timeout is negative
> CLIENT PAUSE 10 NOSUCH
< -ERR CLIENT PAUSE mode must be WRITE or ALL
> CLIENT PAUSE 100000 WRITE
< +OK
> GET k
< $-1
w> PING
w< +PONG
w> SET k v
w> GET k
@expect-nothing 50 w
> CLIENT LIST
< / flags=[^ ]*b[^ ]* .*cmd=set/
> CLIENT UNPAUSE
< +OK
w< +OK
w< "v"

# A pause for all ends by itself
> CLIENT PAUSE 60 ALL
< +OK
> PING
< +PONG

# RESET takes the name and the modes back
> CLIENT SETNAME named
< +OK
> RESET
< +RESET
> CLIENT GETNAME
< $-1

@since 7.2
> CLIENT NO-EVICT on
< +OK
> CLIENT NO-TOUCH on
< +OK
> RESET
< +RESET
> CLIENT INFO
< / flags=U /
