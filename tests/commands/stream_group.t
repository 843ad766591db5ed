# Consumer groups of streams: XGROUP, XREADGROUP, XACK, XPENDING, XCLAIM, XAUTOCLAIM, XINFO.

# --- XGROUP ------------------------------------------------------------------------------------
> XGROUP CREATE s g 0
< -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
> XGROUP CREATE s g x MKSTREAM
< -ERR Invalid stream ID specified as stream command argument
> EXISTS s
< :0
> XGROUP CREATE s g $ MKSTREAM
< +OK
> TYPE s
< +stream
> XLEN s
< :0
> XGROUP CREATE s g 0
< -BUSYGROUP Consumer Group name already exists
> XGROUP CREATE s g 0 MKSTREAM
< -BUSYGROUP Consumer Group name already exists
> XGROUP CREATE s h 0 JUNK
< -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
> XGROUP CREATE s h 0 ENTRIESREAD
< -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
> XGROUP create s h 0 MKSTREAM MKSTREAM MKSTREAM MKSTREAM
< -ERR unknown subcommand or wrong number of arguments for 'create'. Try XGROUP HELP.
> XGROUP CREATE s h 0 ENTRIESREAD x
< -ERR value is not an integer or out of range
> XGROUP CREATE s h 0 ENTRIESREAD -2
< -ERR value for ENTRIESREAD must be positive or -1
> XGROUP CREATE s h - 
< -ERR Invalid stream ID specified as stream command argument
> XGROUP CREATE s h 5 ENTRIESREAD 3 MKSTREAM
< +OK
> XGROUP CREATE s h
< -ERR wrong number of arguments for 'xgroup|create' command
> XGROUP SETID s h 2-1 ENTRIESREAD 7
< +OK
> XGROUP SETID s nosuch 0
< -NOGROUP No such consumer group 'nosuch' for key name 's'
> XGROUP SETID nokey h 0
< -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
> XGROUP SETID s h 0 MKSTREAM
< -ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.
> XGROUP SETID s h x
< -ERR Invalid stream ID specified as stream command argument
> XGROUP CREATECONSUMER s h alice
< :1
> XGROUP CREATECONSUMER s h alice
< :0
> XGROUP CREATECONSUMER s nosuch alice
< -NOGROUP No such consumer group 'nosuch' for key name 's'
> XGROUP CREATECONSUMER nokey h alice
< -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
> XGROUP DELCONSUMER s h alice
< :0
> XGROUP DELCONSUMER s h alice
< :0
> XGROUP DELCONSUMER s nosuch alice
< -NOGROUP No such consumer group 'nosuch' for key name 's'
> XGROUP DELCONSUMER s h
< -ERR wrong number of arguments for 'xgroup|delconsumer' command
> XINFO GROUPS s
< *2
<   *12
<     "name"
<     "g"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "0-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :0
<   *12
<     "name"
<     "h"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "2-1"
<     "entries-read"
<     :7
<     "lag"
<     :0
> XINFO CONSUMERS s h
< *0
> XINFO CONSUMERS s nosuch
< -NOGROUP No such consumer group 'nosuch' for key name 's'
> XINFO CONSUMERS nokey h
< -ERR no such key
> XINFO GROUPS nokey
< -ERR no such key
> XGROUP SETID s h +
< +OK
> XGROUP SETID s h -
< +OK
> XGROUP SETID s h $
< +OK
> XGROUP DESTROY s h
< :1
> XGROUP DESTROY s h
< :0
> XGROUP DESTROY nokey h
< -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
> XGROUP JUNK s h
< -ERR unknown subcommand 'JUNK'. Try XGROUP HELP.
> XINFO JUNK s
< -ERR unknown subcommand 'JUNK'. Try XINFO HELP.
> XINFO GROUPS s h
< -ERR wrong number of arguments for 'xinfo|groups' command
> XINFO CONSUMERS s
< -ERR wrong number of arguments for 'xinfo|consumers' command
> XGROUP
< -ERR wrong number of arguments for 'xgroup' command
> XGROUP HELP
< *17
<   +XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
<   +CREATE <key> <groupname> <id|$> [option]
<   +    Create a new consumer group. Options are:
<   +    * MKSTREAM
<   +      Create the empty stream if it does not exist.
<   +    * ENTRIESREAD entries_read
<   +      Set the group's entries_read counter (internal use).
<   +CREATECONSUMER <key> <groupname> <consumer>
<   +    Create a new consumer in the specified group.
<   +DELCONSUMER <key> <groupname> <consumer>
<   +    Remove the specified consumer.
<   +DESTROY <key> <groupname>
<   +    Remove the specified group.
<   +SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]
<   +    Set the current group ID and entries_read counter.
<   +HELP
<   +    Prints this help.
> XINFO HELP
< *9
<   +XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
<   +CONSUMERS <key> <groupname>
<   +    Show consumers of <groupname>.
<   +GROUPS <key>
<   +    Show the stream consumer groups.
<   +STREAM <key> [FULL [COUNT <count>]
<   +    Show information about the stream.
<   +HELP
<   +    Prints this help.
> SET str x
< +OK
> XGROUP CREATE str g 0 MKSTREAM
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XGROUP SETID str g 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XGROUP DESTROY str g
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XGROUP CREATECONSUMER str g c
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XGROUP DELCONSUMER str g c
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XINFO GROUPS str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XINFO CONSUMERS str g
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XREADGROUP GROUP g c STREAMS str >
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XACK str g 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XPENDING str g
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XCLAIM str g c 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XAUTOCLAIM str g c 0 0
< -WRONGTYPE Operation against a key holding the wrong kind of value

# --- XREADGROUP --------------------------------------------------------------------------------
> XADD s 1-0 n 1
< "1-0"
> XADD s 2-0 n 2
< "2-0"
> XADD s 3-0 n 3
< "3-0"
> XADD s 4-0 n 4
< "4-0"
> XADD s 5-0 n 5
< "5-0"
> XREADGROUP GROUP g alice COUNT 2 STREAMS s >
< *1
<   *2
<     "s"
<     *2
<       *2
<         "1-0"
<         *2
<           "n"
<           "1"
<       *2
<         "2-0"
<         *2
<           "n"
<           "2"
> XREADGROUP GROUP g bob COUNT 1 STREAMS s >
< *1
<   *2
<     "s"
<     *1
<       *2
<         "3-0"
<         *2
<           "n"
<           "3"
> XREADGROUP GROUP g alice STREAMS s 0
< *1
<   *2
<     "s"
<     *2
<       *2
<         "1-0"
<         *2
<           "n"
<           "1"
<       *2
<         "2-0"
<         *2
<           "n"
<           "2"
> XREADGROUP GROUP g alice COUNT 1 STREAMS s 1-0
< *1
<   *2
<     "s"
<     *1
<       *2
<         "2-0"
<         *2
<           "n"
<           "2"
> XREADGROUP GROUP g alice STREAMS s 2-0
< *1
<   *2
<     "s"
<     *0
> XREADGROUP GROUP g nobody STREAMS s 0
< *1
<   *2
<     "s"
<     *0
> XREADGROUP NOACK GROUP g bob COUNT 1 STREAMS s >
< *1
<   *2
<     "s"
<     *1
<       *2
<         "4-0"
<         *2
<           "n"
<           "4"
> XREADGROUP GROUP g bob STREAMS s s > >
< *1
<   *2
<     "s"
<     *1
<       *2
<         "5-0"
<         *2
<           "n"
<           "5"
> XREADGROUP GROUP g bob STREAMS s >
< (nil)
> XREADGROUP GROUP g bob BLOCK 20 STREAMS s >
< (nil)
> XPENDING s g
< *4
<   :4
<   "1-0"
<   "5-0"
<   *2
<     *2
<       "alice"
<       "2"
<     *2
<       "bob"
<       "2"
> XDEL s 2-0
< :1
> XREADGROUP GROUP g alice STREAMS s 0
< *1
<   *2
<     "s"
<     *2
<       *2
<         "1-0"
<         *2
<           "n"
<           "1"
<       *2
<         "2-0"
<         (nil)
> XREADGROUP GROUP g alice STREAMS s $
< -ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.
> XREADGROUP GROUP g alice STREAMS s x
< -ERR Invalid stream ID specified as stream command argument
> XREADGROUP GROUP g alice STREAMS s t >
< -ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.
> XREADGROUP GROUP g alice STREAMS nokey >
< -NOGROUP No such key 'nokey' or consumer group 'g' in XREADGROUP with GROUP option
> XREADGROUP GROUP nosuch alice STREAMS s >
< -NOGROUP No such key 's' or consumer group 'nosuch' in XREADGROUP with GROUP option
> XREADGROUP GROUP g alice STREAMS s nokey > >
< -NOGROUP No such key 'nokey' or consumer group 'g' in XREADGROUP with GROUP option
> XREADGROUP COUNT 1 BLOCK 1 STREAMS s >
< -ERR Missing GROUP option for XREADGROUP
> XREADGROUP GROUP g alice COUNT x STREAMS s >
< -ERR value is not an integer or out of range
> XREADGROUP GROUP g alice BLOCK x STREAMS s >
< -ERR timeout is not an integer or out of range
> XREADGROUP GROUP g alice BLOCK -1 STREAMS s >
< -ERR timeout is negative
> XREADGROUP GROUP g alice JUNK STREAMS s >
< -ERR syntax error
> XREADGROUP GROUP g alice COUNT 1 STREAMS
< -ERR syntax error
> XREADGROUP GROUP g alice STREAMS s
< -ERR wrong number of arguments for 'xreadgroup' command
> XREADGROUP GROUP g alice COUNT -1 STREAMS s 4-0
< *1
<   *2
<     "s"
<     *0

# --- XPENDING, XACK ----------------------------------------------------------------------------
> XPENDING s g - + 10 nosuch
< *0
> XPENDING s g - + 0
< *0
> XPENDING s g - + -1
< *0
> XPENDING s g (5-0 + 10
< *0
> XPENDING s g IDLE 1000000 - + 10
< *0
> XPENDING s g IDLE 0 (3-0 5 10 alice
< *0
> XPENDING s g IDLE x - + 1
< -ERR value is not an integer or out of range
> XPENDING s g IDLE 1 - +
< -ERR syntax error
> XPENDING s g - +
< -ERR syntax error
> XPENDING s g -
< -ERR syntax error
> XPENDING s g - + x
< -ERR value is not an integer or out of range
> XPENDING s g x + 1
< -ERR Invalid stream ID specified as stream command argument
> XPENDING s g (18446744073709551615-18446744073709551615 + 1
< -ERR invalid start ID for the interval
> XPENDING s g - (0-0 1
< -ERR invalid end ID for the interval
> XPENDING s g - + 1 alice more
< *1
<   *4
<     "1-0"
<     "alice"
<     :?
<     :3
> XPENDING s g IDLE 1 - + 1 alice more
< -ERR syntax error
> XPENDING s nosuch
< -NOGROUP No such key 's' or consumer group 'nosuch'
> XPENDING nokey g
< -NOGROUP No such key 'nokey' or consumer group 'g'
> XACK s g 1-0
< :1
> XACK s g 1-0
< :0
> XACK s g 3-0 x
< -ERR Invalid stream ID specified as stream command argument
> XACK s g 3-0 3 5-0 9-9
< :2
> XACK s nosuch x
< :0
> XACK nokey g x
< :0
> XACK s g
< -ERR wrong number of arguments for 'xack' command
> XPENDING s g
< *4
<   :1
<   "2-0"
<   "2-0"
<   *1
<     *2
<       "alice"
<       "1"
> XACK s g 2-0
< :1
> XPENDING s g
< *4
<   :0
<   (nil)
<   (nil)
<   (nil)
> XREADGROUP GROUP g alice STREAMS s 0
< *1
<   *2
<     "s"
<     *0

# --- XCLAIM ------------------------------------------------------------------------------------
> DEL s
< :1
> XADD s 1-0 n 1
< "1-0"
> XADD s 2-0 n 2
< "2-0"
> XADD s 3-0 n 3
< "3-0"
> XADD s 4-0 n 4
< "4-0"
> XGROUP CREATE s g 0
< +OK
> XREADGROUP GROUP g alice COUNT 3 STREAMS s >
< *1
<   *2
<     "s"
<     *3
<       *2
<         "1-0"
<         *2
<           "n"
<           "1"
<       *2
<         "2-0"
<         *2
<           "n"
<           "2"
<       *2
<         "3-0"
<         *2
<           "n"
<           "3"
> XCLAIM s g bob 1000000 1-0 2-0
< *0
> XCLAIM s g bob 0 1-0 4-0 9-0
< *1
<   *2
<     "1-0"
<     *2
<       "n"
<       "1"
> XCLAIM s g bob 0 4-0 FORCE JUSTID
< *1
<   "4-0"
> XCLAIM s g bob 0 9-0 FORCE
< *0
> XCLAIM s g bob 0 2-0 RETRYCOUNT 7 IDLE 5000 JUSTID
< *1
<   "2-0"
> XCLAIM s g bob 4000 2-0 IDLE 500000000 JUSTID
< *1
<   "2-0"
> XPENDING s g IDLE 400000000 - + 10 alice
< *0
> XCLAIM s g bob 0 1-0 TIME 1 LASTID 2-0 JUSTID
< *1
<   "1-0"
> XCLAIM s g bob 0 1-0 TIME 99999999999999 JUSTID
< *1
<   "1-0"
> XCLAIM s g bob 0 1-0 IDLE -9223372036854775808 JUSTID
< *1
<   "1-0"
> XCLAIM s g bob 0 1-0 IDLE 9223372036854775807 JUSTID
< *1
<   "1-0"
> XINFO GROUPS s
< *1
<   *12
<     "name"
<     "g"
<     "consumers"
<     :2
<     "pending"
<     :4
<     "last-delivered-id"
<     "3-0"
<     "entries-read"
<     :3
<     "lag"
<     :1
> XCLAIM s g bob 0 1-0 LASTID 3-5 JUSTID
< *1
<   "1-0"
> XINFO GROUPS s
< *1
<   *12
<     "name"
<     "g"
<     "consumers"
<     :2
<     "pending"
<     :4
<     "last-delivered-id"
<     "3-5"
<     "entries-read"
<     :3
<     "lag"
<     :1
> XDEL s 1-0
< :1
> XCLAIM s g carol 0 1-0 FORCE
< *0
> XCLAIM s g carol 0 3-0
< *1
<   *2
<     "3-0"
<     *2
<       "n"
<       "3"
> XPENDING s g
< *4
<   :3
<   "2-0"
<   "4-0"
<   *2
<     *2
<       "bob"
<       "2"
<     *2
<       "carol"
<       "1"
> XCLAIM s g carol x 1-0
< -ERR Invalid min-idle-time argument for XCLAIM
> XCLAIM s g carol -5 3-0 JUSTID
< *1
<   "3-0"
> XCLAIM s g carol 0 x
< -ERR Unrecognized XCLAIM option 'x'
> XCLAIM s g carol 0 3-0 4-0 force justid
< *2
<   "3-0"
<   "4-0"
> XCLAIM s g carol 0 3-0 JUNK
< -ERR Unrecognized XCLAIM option 'JUNK'
> XCLAIM s g carol 0 3-0 IDLE
< -ERR Unrecognized XCLAIM option 'IDLE'
> XCLAIM s g carol 0 3-0 IDLE x
< -ERR Invalid IDLE option argument for XCLAIM
> XCLAIM s g carol 0 3-0 TIME x
< -ERR Invalid TIME option argument for XCLAIM
> XCLAIM s g carol 0 3-0 RETRYCOUNT x
< -ERR Invalid RETRYCOUNT option argument for XCLAIM
> XCLAIM s g carol 0 3-0 LASTID x
< -ERR Invalid stream ID specified as stream command argument
> XCLAIM s nosuch carol 0 3-0
< -NOGROUP No such key 's' or consumer group 'nosuch'
> XCLAIM nokey g carol 0 3-0
< -NOGROUP No such key 'nokey' or consumer group 'g'
> XCLAIM s g carol 0
< -ERR wrong number of arguments for 'xclaim' command

# --- XAUTOCLAIM --------------------------------------------------------------------------------
> DEL s
< :1
> XADD s 1-0 n 1
< "1-0"
> XADD s 2-0 n 2
< "2-0"
> XADD s 3-0 n 3
< "3-0"
> XADD s 4-0 n 4
< "4-0"
> XADD s 5-0 n 5
< "5-0"
> XGROUP CREATE s g 0
< +OK
> XREADGROUP GROUP g alice COUNT 5 STREAMS s >
< *1
<   *2
<     "s"
<     *5
<       *2
<         "1-0"
<         *2
<           "n"
<           "1"
<       *2
<         "2-0"
<         *2
<           "n"
<           "2"
<       *2
<         "3-0"
<         *2
<           "n"
<           "3"
<       *2
<         "4-0"
<         *2
<           "n"
<           "4"
<       *2
<         "5-0"
<         *2
<           "n"
<           "5"
> XAUTOCLAIM s g bob 1000000 0
< *3
<   "0-0"
<   *0
<   *0
> XAUTOCLAIM s g bob 0 0 COUNT 2
< *3
<   "3-0"
<   *2
<     *2
<       "1-0"
<       *2
<         "n"
<         "1"
<     *2
<       "2-0"
<       *2
<         "n"
<         "2"
<   *0
> XAUTOCLAIM s g bob 0 (2-0 COUNT 1 JUSTID
< *3
<   "4-0"
<   *1
<     "3-0"
<   *0
> XDEL s 1-0 4-0
< :2
> XAUTOCLAIM s g carol 0 - COUNT 1
< *3
<   "2-0"
<   *0
<   *1
<     "1-0"
> XAUTOCLAIM s g carol 0 0 COUNT 2 JUSTID
< *3
<   "4-0"
<   *2
<     "2-0"
<     "3-0"
<   *0
> XAUTOCLAIM s g carol 0 4 
< *3
<   "0-0"
<   *1
<     *2
<       "5-0"
<       *2
<         "n"
<         "5"
<   *1
<     "4-0"
> XAUTOCLAIM s g carol 0 6
< *3
<   "0-0"
<   *0
<   *0
> XPENDING s g
< *4
<   :3
<   "2-0"
<   "5-0"
<   *1
<     *2
<       "carol"
<       "3"
> XAUTOCLAIM s g carol 0 0 COUNT 1000000
< *3
<   "0-0"
<   *3
<     *2
<       "2-0"
<       *2
<         "n"
<         "2"
<     *2
<       "3-0"
<       *2
<         "n"
<         "3"
<     *2
<       "5-0"
<       *2
<         "n"
<         "5"
<   *0
> XAUTOCLAIM s g carol 0 0 COUNT 0
< -ERR COUNT must be > 0
> XAUTOCLAIM s g carol 0 0 COUNT -1
< -ERR COUNT must be > 0
> XAUTOCLAIM s g carol 0 0 COUNT x
< -ERR COUNT must be > 0
> XAUTOCLAIM s g carol 0 0 COUNT 576460752303423488
< -ERR COUNT must be > 0

# redis-server wants memory for so many
@only ashlar
> XAUTOCLAIM s g carol 99999999 0 COUNT 576460752303423487
< *3
<   "0-0"
<   *0
<   *0

> XAUTOCLAIM s g carol 0 0 COUNT
< -ERR syntax error
> XAUTOCLAIM s g carol 0 0 JUNK
< -ERR syntax error
> XAUTOCLAIM s g carol x 0
< -ERR Invalid min-idle-time argument for XAUTOCLAIM
> XAUTOCLAIM s g carol 0 x
< -ERR Invalid stream ID specified as stream command argument
> XAUTOCLAIM s g carol 0 (18446744073709551615-18446744073709551615
< -ERR invalid start ID for the interval
> XAUTOCLAIM s nosuch carol 0 0
< -NOGROUP No such key 's' or consumer group 'nosuch'
> XAUTOCLAIM nokey g carol 0 0
< -NOGROUP No such key 'nokey' or consumer group 'g'
> XAUTOCLAIM s g carol 0
< -ERR wrong number of arguments for 'xautoclaim' command
> XTRIM s MAXLEN 0
< :3
> XAUTOCLAIM s g carol 0 0
< *3
<   "0-0"
<   *0
<   *3
<     "2-0"
<     "3-0"
<     "5-0"
> XPENDING s g
< *4
<   :0
<   (nil)
<   (nil)
<   (nil)

# The largest COUNT reserves nothing here; 7.0 asks for its array at once and has no memory for it.
@only ashlar
> XAUTOCLAIM s g carol 0 0 COUNT 576460752303423487
< *3
<   "0-0"
<   *0
<   *0

# --- Copies ------------------------------------------------------------------------------------
> XADD s 6-0 n 6
< "6-0"
> XREADGROUP GROUP g alice STREAMS s >
< *1
<   *2
<     "s"
<     *1
<       *2
<         "6-0"
<         *2
<           "n"
<           "6"
> COPY s copied
< :1
> XACK s g 6-0
< :1
> XPENDING s g
< *4
<   :0
<   (nil)
<   (nil)
<   (nil)
> XPENDING copied g
< *4
<   :1
<   "6-0"
<   "6-0"
<   *1
<     *2
<       "alice"
<       "1"
> DEL s
< :1
> XREADGROUP GROUP g alice STREAMS copied 0
< *1
<   *2
<     "copied"
<     *1
<       *2
<         "6-0"
<         *2
<           "n"
<           "6"
> XGROUP DELCONSUMER copied g alice
< :1
> XPENDING copied g
< *4
<   :0
<   (nil)
<   (nil)
<   (nil)
> XGROUP DESTROY copied g
< :1

# --- How far a group has read, and how much is left ----------------------------------------------
> XADD l 1-0 n 1
< "1-0"
> XADD l 2-0 n 2
< "2-0"
> XADD l 3-0 n 3
< "3-0"
> XADD l 4-0 n 4
< "4-0"
> XADD l 5-0 n 5
< "5-0"
> XGROUP CREATE l all 0
< +OK
> XGROUP CREATE l end $
< +OK
> XGROUP CREATE l mid 3
< +OK
> XGROUP CREATE l told 3 ENTRIESREAD 3
< +OK
> XGROUP CREATE l first 1
< +OK
> XINFO GROUPS l
< *5
<   *12
<     "name"
<     "all"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "0-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :5
<   *12
<     "name"
<     "end"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "5-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :0
<   *12
<     "name"
<     "first"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "1-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :4
<   *12
<     "name"
<     "mid"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "3-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "told"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "3-0"
<     "entries-read"
<     :3
<     "lag"
<     :2
> XREADGROUP GROUP all c COUNT 2 STREAMS l >
< *1
<   *2
<     "l"
<     *2
<       *2
<         "1-0"
<         *2
<           "n"
<           "1"
<       *2
<         "2-0"
<         *2
<           "n"
<           "2"
> XREADGROUP GROUP mid c COUNT 1 STREAMS l >
< *1
<   *2
<     "l"
<     *1
<       *2
<         "4-0"
<         *2
<           "n"
<           "4"
> XREADGROUP GROUP told c COUNT 1 STREAMS l >
< *1
<   *2
<     "l"
<     *1
<       *2
<         "4-0"
<         *2
<           "n"
<           "4"
> XINFO GROUPS l
< *5
<   *12
<     "name"
<     "all"
<     "consumers"
<     :1
<     "pending"
<     :2
<     "last-delivered-id"
<     "2-0"
<     "entries-read"
<     :2
<     "lag"
<     :3
<   *12
<     "name"
<     "end"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "5-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :0
<   *12
<     "name"
<     "first"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "1-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :4
<   *12
<     "name"
<     "mid"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "told"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :4
<     "lag"
<     :1
> XDEL l 3-0
< :1
> XINFO GROUPS l
< *5
<   *12
<     "name"
<     "all"
<     "consumers"
<     :1
<     "pending"
<     :2
<     "last-delivered-id"
<     "2-0"
<     "entries-read"
<     :2
<     "lag"
<     (nil)
<   *12
<     "name"
<     "end"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "5-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :0
<   *12
<     "name"
<     "first"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "1-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "mid"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "told"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :4
<     "lag"
<     :1
> XREADGROUP GROUP all c COUNT 1 STREAMS l >
< *1
<   *2
<     "l"
<     *1
<       *2
<         "4-0"
<         *2
<           "n"
<           "4"
> XREADGROUP GROUP first c COUNT 1 STREAMS l >
< *1
<   *2
<     "l"
<     *1
<       *2
<         "2-0"
<         *2
<           "n"
<           "2"
> XINFO GROUPS l
< *5
<   *12
<     "name"
<     "all"
<     "consumers"
<     :1
<     "pending"
<     :3
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :3
<     "lag"
<     :2
<   *12
<     "name"
<     "end"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "5-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :0
<   *12
<     "name"
<     "first"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "2-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "mid"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "told"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :4
<     "lag"
<     :1
> XTRIM l MAXLEN 1
< :3
> XINFO GROUPS l
< *5
<   *12
<     "name"
<     "all"
<     "consumers"
<     :1
<     "pending"
<     :3
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :3
<     "lag"
<     :2
<   *12
<     "name"
<     "end"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "5-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :0
<   *12
<     "name"
<     "first"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "2-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :1
<   *12
<     "name"
<     "mid"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :1
<   *12
<     "name"
<     "told"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :4
<     "lag"
<     :1
> XDEL l 5-0
< :1
> XINFO GROUPS l
< *5
<   *12
<     "name"
<     "all"
<     "consumers"
<     :1
<     "pending"
<     :3
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :3
<     "lag"
<     :2
<   *12
<     "name"
<     "end"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "5-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :0
<   *12
<     "name"
<     "first"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "2-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :0
<   *12
<     "name"
<     "mid"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     (nil)
<     "lag"
<     :0
<   *12
<     "name"
<     "told"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :4
<     "lag"
<     :1
> XADD l 6-0 n 6
< "6-0"
> XSETID l 7-0 ENTRIESADDED 100 MAXDELETEDID 6-5
< +OK
> XINFO GROUPS l
< *5
<   *12
<     "name"
<     "all"
<     "consumers"
<     :1
<     "pending"
<     :3
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :3
<     "lag"
<     (nil)
<   *12
<     "name"
<     "end"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "5-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "first"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "2-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "mid"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "told"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     :4
<     "lag"
<     (nil)
> XREADGROUP GROUP all c STREAMS l >
< *1
<   *2
<     "l"
<     *1
<       *2
<         "6-0"
<         *2
<           "n"
<           "6"
> XGROUP SETID l told 0 ENTRIESREAD 200
< +OK
> XINFO GROUPS l
< *5
<   *12
<     "name"
<     "all"
<     "consumers"
<     :1
<     "pending"
<     :4
<     "last-delivered-id"
<     "6-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "end"
<     "consumers"
<     :0
<     "pending"
<     :0
<     "last-delivered-id"
<     "5-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "first"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "2-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "mid"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "4-0"
<     "entries-read"
<     (nil)
<     "lag"
<     (nil)
<   *12
<     "name"
<     "told"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "0-0"
<     "entries-read"
<     :200
<     "lag"
<     (nil)

# --- Keys --------------------------------------------------------------------------------------
> COMMAND GETKEYS XREADGROUP GROUP g c COUNT 1 STREAMS k1 k2 > 0
< *2
<   "k1"
<   "k2"
> COMMAND GETKEYS XGROUP CREATE k g 0
< *1
<   "k"
> COMMAND GETKEYS XAUTOCLAIM k g c 0 0
< *1
<   "k"

# --- Waiting -----------------------------------------------------------------------------------
> DEL w x
< :0
> XGROUP CREATE w g $ MKSTREAM
< +OK
> XGROUP CREATE x g $ MKSTREAM
< +OK
a> XREADGROUP GROUP g alice BLOCK 0 STREAMS w x > >
@eventually 5000
> INFO clients
< /^blocked_clients:1/
b> XREADGROUP GROUP g bob BLOCK 0 COUNT 1 STREAMS x >
@eventually 5000
> INFO clients
< /^blocked_clients:2/

> XADD x 1-0 n 1
< "1-0"
a< *1
a<   *2
a<     "x"
a<     *1
a<       *2
a<         "1-0"
a<         *2
a<           "n"
a<           "1"
@expect-nothing 20 b
> XADD x 2-0 n 2
< "2-0"
b< *1
b<   *2
b<     "x"
b<     *1
b<       *2
b<         "2-0"
b<         *2
b<           "n"
b<           "2"
> XPENDING x g
< *4
<   :2
<   "1-0"
<   "2-0"
<   *2
<     *2
<       "alice"
<       "1"
<     *2
<       "bob"
<       "1"

# History never waits, and of several streams one with something is enough.
> XREADGROUP GROUP g alice BLOCK 0 STREAMS w x > 5
< *1
<   *2
<     "x"
<     *0

# The group goes while somebody waits.
a> XREADGROUP GROUP g alice BLOCK 0 STREAMS w >
@eventually 5000
> INFO clients
< /^blocked_clients:1/

> XGROUP DESTROY w g
< :1
a< /^-?NOGROUP/

# Since 7.2 the command itself says what has become of the key.
@since 7.2
> XGROUP CREATE w g $
< +OK
a> XREADGROUP GROUP g alice BLOCK 0 STREAMS w >
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> DEL w
< :1
a< -NOGROUP No such key 'w' or consumer group 'g' in XREADGROUP with GROUP option
> XGROUP CREATE w g $ MKSTREAM
< +OK
a> XREADGROUP GROUP g alice BLOCK 0 STREAMS w >
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> SET w string
< +OK
a< -WRONGTYPE Operation against a key holding the wrong kind of value
> DEL w
< :1
> XGROUP CREATE w g $ MKSTREAM
< +OK
a> XREADGROUP GROUP g alice BLOCK 0 STREAMS w >
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> XADD w 1-0 n 1
< "1-0"
a< *1
a<   *2
a<     "w"
a<     *1
a<       *2
a<         "1-0"
a<         *2
a<           "n"
a<           "1"
a> XREADGROUP GROUP g alice BLOCK 0 STREAMS w >
@eventually 5000
> INFO clients
< /^blocked_clients:1/
> XGROUP SETID w g 0
< +OK
a< *1
a<   *2
a<     "w"
a<     *1
a<       *2
a<         "1-0"
a<         *2
a<           "n"
a<           "1"

# --- Who has asked, and who has got something: 7.2 -------------------------------------------------
@since 7.2
> XGROUP CREATE q g $ MKSTREAM
< +OK
> XREADGROUP GROUP g alice STREAMS q >
< (nil)
> XREADGROUP GROUP g bob BLOCK 1 STREAMS q >
< (nil)
> XCLAIM q g carol 0 1-0
< *0
> XAUTOCLAIM q g dave 0 0
< *3
<   "0-0"
<   *0
<   *0
> XADD q 1-0 n 1
< "1-0"
> XREADGROUP GROUP g alice STREAMS q >
< *1
<   *2
<     "q"
<     *1
<       ...
> XINFO CONSUMERS q g
< *4
<   *8
<     "name"
<     "alice"
<     "pending"
<     :1
<     "idle"
<     :0..10000
<     "inactive"
<     :0..10000
<   *8
<     "name"
<     "bob"
<     "pending"
<     :0
<     "idle"
<     :0..10000
<     "inactive"
<     :-1
<   *8
<     "name"
<     "carol"
<     "pending"
<     :0
<     "idle"
<     :0..10000
<     "inactive"
<     :-1
<   *8
<     "name"
<     "dave"
<     "pending"
<     :0
<     "idle"
<     :0..10000
<     "inactive"
<     :-1
> XREADGROUP NOACK GROUP g erin STREAMS q >
< (nil)
> XGROUP DELCONSUMER q g alice
< :1
> XGROUP DELCONSUMER q g bob
< :0
> XGROUP DELCONSUMER q g carol
< :0
> XGROUP DELCONSUMER q g dave
< :0
> XREADGROUP GROUP g erin STREAMS q 0
< *1
<   *2
<     "q"
<     *0
> XCLAIM q g erin 0 1-0 FORCE
< *1
<   *2
<     "1-0"
<     *2
<       "n"
<       "1"
> XINFO STREAM q FULL
< *18
<   "length"
<   :1
<   "radix-tree-keys"
<   :1
<   "radix-tree-nodes"
<   :?
<   "last-generated-id"
<   "1-0"
<   "max-deleted-entry-id"
<   "0-0"
<   "entries-added"
<   :1
<   "recorded-first-entry-id"
<   "1-0"
<   "entries"
<   *1
<     *2
<       "1-0"
<       *2
<         "n"
<         "1"
<   "groups"
<   *1
<     *14
<       "name"
<       "g"
<       "last-delivered-id"
<       "1-0"
<       "entries-read"
<       :1
<       "lag"
<       :0
<       "pel-count"
<       :1
<       "pending"
<       *1
<         *4
<           "1-0"
<           "erin"
<           :?
<           :2
<       "consumers"
<       *1
<         *10
<           "name"
<           "erin"
<           "seen-time"
<           :?
<           "active-time"
<           :?
<           "pel-count"
<           :1
<           "pending"
<           *1
<             *3
<               "1-0"
<               :?
<               :2

# --- RESP3 -------------------------------------------------------------------------------------
> XGROUP CREATE r g 0 MKSTREAM
< +OK
> XADD r 1-0 n 1
< "1-0"
@resp 3
> XREADGROUP GROUP g alice STREAMS r >
< %1
<   "r"
<   *1
<     *2
<       "1-0"
<       *2
<         "n"
<         "1"
> XREADGROUP GROUP g alice STREAMS r >
< _
> XINFO GROUPS r
< *1
<   %6
<     "name"
<     "g"
<     "consumers"
<     :1
<     "pending"
<     :1
<     "last-delivered-id"
<     "1-0"
<     "entries-read"
<     :1
<     "lag"
<     :0
> XDEL r 1-0
< :1
> XREADGROUP GROUP g alice STREAMS r 0
< %1
<   "r"
<   *1
<     *2
<       "1-0"
<       _
> XACK r g 1-0
< :1
> XPENDING r g
< *4
<   :0
<   _
<   _
<   _
> XGROUP SETID r g 0-5
< +OK
> XAUTOCLAIM r g alice 0 0
< *3
<   "0-0"
<   *0
<   *0
