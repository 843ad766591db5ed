# Lists as chains of nodes: how full, how many, compressed or not, and what DEBUG OBJECT tells of them.

# The options
> CONFIG GET list-compress-depth
< *2
<   "list-compress-depth"
<   "0"
> CONFIG SET list-compress-depth -1
< -ERR CONFIG SET failed (possibly related to argument 'list-compress-depth') - argument must be between 0 and 2147483647 inclusive
> CONFIG SET list-compress-depth 2147483648
< -ERR CONFIG SET failed (possibly related to argument 'list-compress-depth') - argument must be between 0 and 2147483647 inclusive
> CONFIG SET list-compress-depth one
< -ERR CONFIG SET failed (possibly related to argument 'list-compress-depth') - argument couldn't be parsed into an integer
> CONFIG SET list-compress-depth ""
< -ERR CONFIG SET failed (possibly related to argument 'list-compress-depth') - argument couldn't be parsed into an integer
> CONFIG SET list-compress-depth 2147483647
< +OK

# Nodes of four elements, those in the middle compressed. Every way to read them reads the same.
> CONFIG SET list-compress-depth 1 list-max-listpack-size 4
< +OK
> RPUSH l element:00 element:01 element:02 element:03 element:04 element:05 element:06 element:07 element:08 element:09 element:10
< :11
> RPUSH l element:11 element:12 element:13 element:14 element:15 element:16 element:17 element:18 element:19 16
< :21
> OBJECT ENCODING l
< "quicklist"
> DEBUG OBJECT l
< / encoding:quicklist .* ql_nodes:6 ql_avg_node:3.50 ql_listpack_max:4 ql_compressed:1 ql_uncompressed_size:284$/
> LRANGE l 6 9
< *4
<   "element:06"
<   "element:07"
<   "element:08"
<   "element:09"
> LRANGE l -3 -1
< *3
<   "element:18"
<   "element:19"
<   "16"
> LINDEX l 0
< "element:00"
> LINDEX l 10
< "element:10"
> LINDEX l -9
< "element:12"
> LPOS l element:13
< :13
> LPOS l element:07 RANK -1
< :7
> LPOS l nothing
< $-1
> SORT l BY nosort GET # LIMIT 7 3
< *3
<   "element:07"
<   "element:08"
<   "element:09"
> SORT l ALPHA DESC LIMIT 0 3
< *3
<   "element:19"
<   "element:18"
<   "element:17"
> SORT l ALPHA LIMIT 6 2 STORE sorted
< :2
> LRANGE sorted 0 -1
< *2
<   "element:05"
<   "element:06"
> DEBUG OBJECT l
< / ql_nodes:6 ql_avg_node:3.50 ql_listpack_max:4 ql_compressed:1 ql_uncompressed_size:284$/

# Every way to change them
> LSET l 9 element:nine
< +OK
> LSET l -10 element:eleven
< +OK
> LINSERT l BEFORE element:07 element:six-and-a-half
< :22
> DEBUG OBJECT l
< / ql_nodes:7 ql_avg_node:3.14 /
> LINSERT l AFTER nothing x
< :-1
> LREM l 2 element:10
< :1
> LREM l -1 element:06
< :1
> LPOP l 5
< *5
<   "element:00"
<   "element:01"
<   "element:02"
<   "element:03"
<   "element:04"
> RPOP l
< "16"
> LTRIM l 1 -3
< +OK
> LRANGE l 0 -1
< *11
<   "element:six-and-a-half"
<   "element:07"
<   "element:08"
<   "element:nine"
<   "element:eleven"
<   "element:12"
<   "element:13"
<   "element:14"
<   "element:15"
<   "element:16"
<   "element:17"
> LMOVE l l LEFT RIGHT
< "element:six-and-a-half"
> LMPOP 1 l RIGHT COUNT 2
< *2
<   "l"
<   *2
<     "element:six-and-a-half"
<     "element:17"
> LLEN l
< :9
> COPY l m
< :1
> LTRIM m 3 5
< +OK
> LRANGE m 0 -1
< *3
<   "element:eleven"
<   "element:12"
<   "element:13"

# A list keeps the size and the depth that it was made with
> CONFIG SET list-compress-depth 0 list-max-listpack-size -2
< +OK
> RPUSH l a b c d e f g h
< :17
> DEBUG OBJECT l
< / ql_listpack_max:4 ql_compressed:1 /
> CONFIG SET list-max-listpack-size 2
< +OK
> RPUSH n a b c d e
< :5
> DEBUG OBJECT n
< / ql_nodes:3 ql_avg_node:1.67 ql_listpack_max:2 ql_compressed:0 ql_uncompressed_size:36$/
> CONFIG SET list-max-listpack-size 100000
< +OK
> CONFIG SET list-max-listpack-size -100000
< +OK

# An element larger than a node has a node of its own
> CONFIG SET list-compress-depth 1 list-max-listpack-size -1
< +OK
> RPUSH p a ${rep:5000:x} ${rep:4086:y} b ${rep:9000:z} ${rep:9000:z} c
< :7
> DEBUG OBJECT p
< / ql_nodes:7 ql_avg_node:1.00 ql_listpack_max:-1 ql_compressed:1 ql_uncompressed_size:27169$/
> LSET p 4 small
< +OK
> LPOS p ${rep:9000:z}
< :5
> LREM p 0 ${rep:5000:x}
< :1
> LRANGE p 2 -1
< *4
<   "b"
<   "small"
<   "${rep:9000:z}"
<   "c"
> DEBUG DIGEST-VALUE p
< *1
<   ${digest} ?
> FLUSHALL
< +OK

# From 7.2 on small lists are one listpack; a quicklist of one node of at most half the limit is again
@since 7.2
> CONFIG SET list-compress-depth 0 list-max-listpack-size 8
< +OK
> RPUSH s 1 2 3 4 5 6 7 8
< :8
> OBJECT ENCODING s
< "listpack"
> RPUSH s 9
< :9
> OBJECT ENCODING s
< "quicklist"
> RPOP s 4
< *4
<   "9"
<   "8"
<   "7"
<   "6"
> OBJECT ENCODING s
< "quicklist"
> RPOP s
< "5"
> OBJECT ENCODING s
< "listpack"
# A command's elements count together, by the lengths of their texts
> CONFIG SET list-max-listpack-size -1
< +OK
> RPUSH t ${rep:2044:x} ${rep:2045:x}
< :2
> OBJECT ENCODING t
< "listpack"
> RPUSH u ${rep:2045:x} ${rep:2045:x}
< :2
> OBJECT ENCODING u
< "quicklist"
> RPUSH u ${rep:2045:x}
< :3
> LTRIM u 0 0
< +OK
> OBJECT ENCODING u
< "quicklist"
> LSET u 0 ${rep:2036:x}
< +OK
> OBJECT ENCODING u
< "listpack"
