# Streams without consumer groups: XADD, XLEN, XRANGE, XREVRANGE, XDEL, XTRIM, XREAD, XSETID, XINFO.
> XADD s 1-1 f v
< "1-1"
> XADD s 1-* a 1 b two
< "1-2"
> XADD s 2 f "3"
< "2-0"
> XLEN s
< :3
> TYPE s
< +stream
> OBJECT ENCODING s
< "stream"
> XRANGE s - +
< *3
<   *2
<     "1-1"
<     *2
<       "f"
<       "v"
<   *2
<     "1-2"
<     *4
<       "a"
<       "1"
<       "b"
<       "two"
<   *2
<     "2-0"
<     *2
<       "f"
<       "3"
> XRANGE s (1-1 1
< *1
<   *2
<     "1-2"
<     *4
<       "a"
<       "1"
<       "b"
<       "two"
> XREVRANGE s + - COUNT 1
< *1
<   *2
<     "2-0"
<     *2
<       "f"
<       "3"
> XRANGE s - + COUNT 0
< (nil)
> XRANGE nokey - + COUNT 0
< *0
> XRANGE s - + COUNT -5
< (nil)
> XRANGE s (18446744073709551615-18446744073709551615 +
< -ERR invalid start ID for the interval
> XRANGE s - (0-0
< -ERR invalid end ID for the interval
> XRANGE s x +
< -ERR Invalid stream ID specified as stream command argument
> XRANGE s - + COUNT x
< -ERR value is not an integer or out of range
> XRANGE s - + JUNK 1
< -ERR syntax error

# IDs that may not be
> XADD s 2-0 f v
< -ERR The ID specified in XADD is equal or smaller than the target stream top item
> XADD s 1-* f v
< -ERR The ID specified in XADD is equal or smaller than the target stream top item
> XADD s 0-0 f v
< -ERR The ID specified in XADD must be greater than 0-0
> XADD new 0-* f v
< "0-1"
> XADD s x f v
< -ERR Invalid stream ID specified as stream command argument
> XADD s 1-2-3 f v
< -ERR Invalid stream ID specified as stream command argument
> XADD s 99999999999999999999 f v
< -ERR Invalid stream ID specified as stream command argument
> XADD s * f
< -ERR wrong number of arguments for 'xadd' command
> XADD s * f v g
< -ERR wrong number of arguments for 'xadd' command
> XADD s MAXLEN 1 * f
< -ERR wrong number of arguments for 'xadd' command
> XADD absent NOMKSTREAM * f v
< (nil)
> EXISTS absent
< :0
> XADD top 18446744073709551615-18446744073709551615 f v
< "18446744073709551615-18446744073709551615"
> XADD top * f v
< -ERR The stream has exhausted the last possible ID, unable to add more items
> SET str x
< +OK
> XADD str * f v
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XLEN str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> XREAD STREAMS str 0
< -WRONGTYPE Operation against a key holding the wrong kind of value

# Deleting and trimming
> XDEL s 1-2 9-9
< :1
> XDEL s 1-2
< :0
> XDEL s x
< -ERR Invalid stream ID specified as stream command argument
> XDEL s 1-1 2-0
< :2
> XLEN s
< :0
> EXISTS s
< :1
> XADD s 3-0 f v
< "3-0"
> XADD t MAXLEN 2 1-0 n 1
< "1-0"
> XADD t MAXLEN = 2 2-0 n 2
< "2-0"
> XADD t MAXLEN 2 3-0 n 3
< "3-0"
> XLEN t
< :2
> XADD t MINID 3 4-0 n 4
< "4-0"
> XRANGE t - + COUNT 1
< *1
<   *2
<     "3-0"
<     *2
<       "n"
<       "3"
> XTRIM t MAXLEN ~ 0
< :0..2
> XTRIM t MAXLEN 1
< :0..1
> XTRIM t MAXLEN -1
< -ERR The MAXLEN argument must be >= 0.
> XTRIM t MAXLEN ~ 1 LIMIT -1
< -ERR The LIMIT argument must be >= 0.
> XTRIM t MAXLEN 1 LIMIT 1
< -ERR syntax error, LIMIT cannot be used without the special ~ option
> XTRIM t MAXLEN 1 MINID 1
< -ERR syntax error, MAXLEN and MINID options at the same time are not compatible
> XTRIM t LIMIT 1
< -ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
> XADD t LIMIT 1 * f v
< -ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
> XTRIM t MINID x
< -ERR Invalid stream ID specified as stream command argument
> XTRIM t JUNK 1
< -ERR syntax error
> XTRIM nokey MAXLEN 1
< :0

# XREAD
> DEL a b
< :0
> XADD a 1-0 f v
< "1-0"
> XADD b 2-0 g w
< "2-0"
> XREAD COUNT 5 STREAMS a b 0 0
< *2
<   *2
<     "a"
<     *1
<       *2
<         "1-0"
<         *2
<           "f"
<           "v"
<   *2
<     "b"
<     *1
<       *2
<         "2-0"
<         *2
<           "g"
<           "w"
> XREAD STREAMS a b 1-0 1-0
< *1
<   *2
<     "b"
<     *1
<       *2
<         "2-0"
<         *2
<           "g"
<           "w"
> XREAD STREAMS a b $ $
< (nil)
> XREAD STREAMS a nokey 5 0
< (nil)
> XREAD STREAMS a b 0
< -ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.
> XREAD COUNT 1 STREAMS
< -ERR syntax error
> XREAD COUNT x STREAMS a 0
< -ERR value is not an integer or out of range
> XREAD BLOCK -1 STREAMS a 0
< -ERR timeout is negative
> XREAD BLOCK x STREAMS a 0
< -ERR timeout is not an integer or out of range
> XREAD STREAMS a >
< -ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.
> XREAD STREAMS a x
< -ERR Invalid stream ID specified as stream command argument
> XREAD GROUP g c STREAMS a 0
< -ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.
> XREAD NOACK STREAMS a 0
< -ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.
> XREAD BLOCK 20 STREAMS a $
< (nil)

# Waiting
c> XREAD BLOCK 0 STREAMS a b $ $
d> XREAD BLOCK 0 COUNT 1 STREAMS a 1-0
@eventually 5000
> INFO clients
< /^blocked_clients:2/

> XADD a 5-0 h i
< "5-0"
c< *1
<   *2
<     "a"
<     *1
<       *2
<         "5-0"
<         *2
<           "h"
<           "i"
d< *1
<   *2
<     "a"
<     *1
<       *2
<         "5-0"
<         *2
<           "h"
<           "i"

# The last entry again: 7.4
@since 7.4
> XREAD STREAMS a +
< *1
<   *2
<     "a"
<     *1
<       *2
<         "5-0"
<         *2
<           "h"
<           "i"

# XSETID
> XSETID a 4
< -ERR The ID specified in XSETID is smaller than the target stream top item
> XSETID a 9-9 ENTRIESADDED 100 MAXDELETEDID 8
< +OK
> XSETID a 9-9 ENTRIESADDED 1
< -ERR The entries_added specified in XSETID is smaller than the target stream length
> XSETID a 9-9 ENTRIESADDED -1
< -ERR entries_added must be positive
> XSETID a 9-9 MAXDELETEDID 10
< -ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
> XSETID nokey 1
< -ERR no such key
> XSETID a 9-9 JUNK 1
< -ERR syntax error
> XADD a 9-8 f v
< -ERR The ID specified in XADD is equal or smaller than the target stream top item
> XINFO STREAM a
< *20
<   "length"
<   :2
<   "radix-tree-keys"
<   :1
<   "radix-tree-nodes"
<   :?
<   "last-generated-id"
<   "9-9"
<   "max-deleted-entry-id"
<   "8-0"
<   "entries-added"
<   :100
<   "recorded-first-entry-id"
<   "1-0"
<   "groups"
<   :0
<   "first-entry"
<   *2
<     "1-0"
<     *2
<       "f"
<       "v"
<   "last-entry"
<   *2
<     "5-0"
<     *2
<       "h"
<       "i"
> XINFO STREAM nokey
< -ERR no such key
> XINFO STREAM a FULL COUNT 1
< *18
<   "length"
<   :2
<   "radix-tree-keys"
<   :1
<   "radix-tree-nodes"
<   :?
<   "last-generated-id"
<   "9-9"
<   "max-deleted-entry-id"
<   "8-0"
<   "entries-added"
<   :100
<   "recorded-first-entry-id"
<   "1-0"
<   "entries"
<   *1
<     *2
<       "1-0"
<       *2
<         "f"
<         "v"
<   "groups"
<   *0
> XINFO STREAM a JUNK
< -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.

# Copies, and what other commands say of streams
> COPY a copied
< :1
> XLEN copied
< :2
> XADD copied 9-10 f v
< "9-10"
> XLEN a
< :2
> RENAME copied moved
< +OK
> XLEN moved
< :3
> DEL moved
< :1
> LPUSH a x
< -WRONGTYPE Operation against a key holding the wrong kind of value
> COMMAND GETKEYS XREAD COUNT 1 STREAMS k1 k2 0 0
< *2
<   "k1"
<   "k2"

# 7.2 keeps to what was deleted
@since 7.2
> XSETID a 7
< -ERR The ID specified in XSETID is smaller than current max_deleted_entry_id

# RESP3: a map of streams
@resp 3
> XREAD STREAMS a 1-0
< %1
<   "a"
<   *1
<     *2
<       "5-0"
<       *2
<         "h"
<         "i"
> XREAD STREAMS a $
< _
