# slowlog.t: SLOWLOG: what is kept, how it is told, bounds.
> SLOWLOG LEN
< :0
> SLOWLOG GET
< *0
> SLOWLOG RESET
< +OK
> SLOWLOG
< -ERR wrong number of arguments for 'slowlog' command
> SLOWLOG NOSUCH
< -ERR unknown subcommand 'NOSUCH'. Try SLOWLOG HELP.
> SLOWLOG GET -2
< -ERR count should be greater than or equal to -1
> SLOWLOG GET a
< -ERR count should be greater than or equal to -1
> SLOWLOG GET 1 2
< -ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.
> SLOWLOG LEN x
< -ERR wrong number of arguments for 'slowlog|len' command
> SLOWLOG HELP
< *12
<   +SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
<   +GET [<count>]
<   +"    Return top <count> entries from the slowlog (default: 10, -1 mean all)."
<   +"    Entries are made of:"
<   +"    id, timestamp, time in microseconds, arguments array, client IP and port,"
<   +"    client name"
<   +LEN
<   +"    Return the length of the slowlog."
<   +RESET
<   +"    Reset the slowlog."
<   +HELP
<   +"    Prints this help."

# Everything is slow: the newest first, with time, duration, arguments, client and its name.
> CONFIG SET slowlog-log-slower-than 0
< +OK
> SLOWLOG RESET
< +OK
> CLIENT SETNAME me
< +OK
> SET k v
< +OK
> GET k
< "v"
> CONFIG SET slowlog-log-slower-than -1
< +OK
> SLOWLOG GET 2
< *2
<   *6
<     :?
<     :1700000000..9999999999
<     :0..10000000
<     *2
<       "GET"
<       "k"
<     ?
<     "me"
<   *6
<     :?
<     :?
<     :?
<     *3
<       "SET"
<       "k"
<       "v"
<     ?
<     "me"
> SLOWLOG LEN
< :4
> SLOWLOG RESET
< +OK
> SLOWLOG LEN
< :0

# Arguments are shortened: at most 32, of at most 128 bytes each.
> CONFIG SET slowlog-log-slower-than 0
< +OK
> SET k ${rep:200:x}
< +OK
> DEL 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35
< :0
> CONFIG SET slowlog-log-slower-than -1
< +OK
> SLOWLOG GET 2
< *2
<   *6
<     :?
<     :?
<     :?
<     *32
<       "DEL"
<       "1"
<       "2"
<       "3"
<       "4"
<       "5"
<       "6"
<       "7"
<       "8"
<       "9"
<       "10"
<       "11"
<       "12"
<       "13"
<       "14"
<       "15"
<       "16"
<       "17"
<       "18"
<       "19"
<       "20"
<       "21"
<       "22"
<       "23"
<       "24"
<       "25"
<       "26"
<       "27"
<       "28"
<       "29"
<       "30"
<       "... (5 more arguments)"
<     ?
<     ?
<   *6
<     :?
<     :?
<     :?
<     *3
<       "SET"
<       "k"
<       "${rep:128:x}... (72 more bytes)"
<     ?
<     ?

# slowlog-max-len bounds it; GET takes 10 unless told, all with -1.
> CONFIG SET slowlog-max-len 12 slowlog-log-slower-than 0
< +OK
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> GET k
< ?
> CONFIG SET slowlog-log-slower-than -1
< +OK
> SLOWLOG LEN
< :12
> SLOWLOG GET
< *10
<   ...
> SLOWLOG GET -1
< *12
<   ...
> SLOWLOG GET 0
< *0
