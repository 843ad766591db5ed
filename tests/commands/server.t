# server.t: TIME, ROLE, LOLWUT, SHUTDOWN.
> TIME
< *2
<   /^[0-9]{10}$/
<   /^[0-9]{1,6}$/
> TIME x
< -ERR wrong number of arguments for 'time' command
> ROLE
< *3
<   "master"
<   :0
<   *0
> ROLE x
< -ERR wrong number of arguments for 'role' command

# LOLWUT says the version, whatever it draws.
> LOLWUT
< /Redis ver\. 7\.[0-9]+\.[0-9]+/
> LOLWUT VERSION 5 10 2 1
< /Redis ver\. 7\./
> LOLWUT VERSION a
< -ERR value is not an integer or out of range

# SHUTDOWN: what is refused leaves the server as it was
> SHUTDOWN NOSUCH
< -ERR syntax error
> SHUTDOWN SAVE NOSAVE
< -ERR syntax error
> SHUTDOWN NOSAVE SAVE
< -ERR syntax error
> SHUTDOWN ABORT NOSAVE
< -ERR syntax error
> SHUTDOWN NOW ABORT
< -ERR syntax error
> SHUTDOWN ABORT
< -ERR No shutdown in progress.
> SHUTDOWN abort
< -ERR No shutdown in progress.
> SET k v
< +OK

@only ashlar
> SHUTDOWN SAVE
< -ERR Errors trying to SHUTDOWN. Check logs.
> GET k
< "v"

@resp 3
> ROLE
< *3
<   "master"
<   :0
<   *0
> LOLWUT
< =txt:/Redis ver\. 7\./
> TIME
< *2
<   ?
<   ?
