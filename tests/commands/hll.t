# HyperLogLogs.

# PFADD and PFCOUNT
> PFADD h a b c
< :1
> PFADD h a b c
< :0
> PFADD h a
< :0
> PFADD h d
< :1
> PFADD h
< :0
> PFCOUNT h
< :4
> PFCOUNT none
< :0
> PFCOUNT none none2
< :0
> EXISTS none
< :0
> PFADD new
< :1
> PFADD new
< :0
> GET new
< "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"
> PFCOUNT new
< :0
> STRLEN h
< :30
> TYPE h
< +string
> OBJECT ENCODING h
< "raw"
> OBJECT ENCODING new
< "raw"
> PFDEBUG DECODE h
< "Z:7292 v:1,1 Z:1143 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
> PFDEBUG ENCODING h
< +sparse
> PFADD h2 "" "" "\x00" "with\r\nlines"
< :1
> PFCOUNT h2
< :3
> PFCOUNT h h2
< :7
> PFCOUNT h h2 none h
< :7
> PFADD
< -ERR wrong number of arguments for 'pfadd' command
> PFCOUNT
< -ERR wrong number of arguments for 'pfcount' command

# The bytes are Redis's: cached estimate, valid or not, and runs
> DEL x
< :0
> PFADD x one
< :1
> GET x
< "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80]4\x80b\xc9"
> PFCOUNT x
< :1
> GET x
< "HYLL\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00]4\x80b\xc9"
> PFADD x one
< :0
> GET x
< "HYLL\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00]4\x80b\xc9"
> PFADD x two three four five six seven eight nine ten
< :1
> GET x
< "HYLL\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x80F\xf7\x80N\x8a\x88CG\x80Df\x80Ei\x80Ks\x80C\xfa\x98@]\xa0@\xa7\x88Ca\x8cI\x82"
> PFDEBUG DECODE x
< "Z:1784 v:1,1 Z:3723 v:3,1 Z:840 v:1,1 Z:1127 v:1,1 Z:1386 v:1,1 Z:2932 v:1,1 Z:1019 v:7,1 Z:94 v:9,1 Z:168 v:3,1 Z:866 v:4,1 Z:2435"
> PFCOUNT x
< :10
> EXPIRE x 1000
< :1
> PFADD x eleven
< :1
> TTL x
< :990..1000

# Dense: on demand, by the limit, and beside a dense one
> PFADD d a b c d e f g
< :1
> PFCOUNT d
< :7
> PFDEBUG TODENSE d
< :1
> PFDEBUG TODENSE d
< :0
> PFDEBUG ENCODING d
< +dense
> STRLEN d
< :12304
> PFCOUNT d
< :7
> PFDEBUG DECODE d
< -ERR HLL encoding is not sparse
> PFADD d a
< :0
> PFADD d h
< :1
> PFCOUNT d
< :8
> CONFIG SET hll-sparse-max-bytes 30
< +OK
> DEL s
< :0
> PFADD s 1 2 3 4
< :1
> PFDEBUG ENCODING s
< +sparse
> PFADD s 5 6 7 8
< :1
> PFDEBUG ENCODING s
< +dense
> PFCOUNT s
< :8
> CONFIG SET hll-sparse-max-bytes 0
< +OK
> DEL s
< :1
> PFADD s
< :1
> PFDEBUG ENCODING s
< +sparse
> PFADD s a
< :1
> PFDEBUG ENCODING s
< +dense
> CONFIG SET hll-sparse-max-bytes 3000
< +OK
> CONFIG GET hll-sparse-max-bytes
< *2
<   "hll-sparse-max-bytes"
<   "3000"
> CONFIG SET hll-sparse-max-bytes -1
< -ERR CONFIG SET failed (possibly related to argument 'hll-sparse-max-bytes') - argument must be a memory value
> CONFIG SET hll-sparse-max-bytes x
< -ERR CONFIG SET failed (possibly related to argument 'hll-sparse-max-bytes') - argument must be a memory value

# PFMERGE
> DEL a b c
< :0
> PFADD a 1 2 3
< :1
> PFADD b 3 4 5
< :1
> PFMERGE c a b
< +OK
> PFCOUNT c
< :5
> PFDEBUG DECODE c
< "Z:495 v:2,1 Z:2084 v:1,1 Z:4946 v:1,1 Z:3445 v:1,1 Z:4397 v:4,1 Z:1012"
> PFDEBUG ENCODING c
< +sparse
> GET c
< "HYLL\x01\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00A\xee\x84H#\x80SQ\x80Mt\x80Q,\x8cC\xf3"
> PFMERGE a b
< +OK
> PFDEBUG DECODE a
< "Z:495 v:2,1 Z:2084 v:1,1 Z:4946 v:1,1 Z:3445 v:1,1 Z:4397 v:4,1 Z:1012"
> PFCOUNT a
< :5
> PFMERGE a a a
< +OK
> PFMERGE n none
< +OK
> GET n
< "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"
> PFMERGE n2
< +OK
> PFCOUNT n2
< :0
> PFMERGE a d
< +OK
> PFDEBUG ENCODING a
< +dense
> PFCOUNT a
< :13
> PFMERGE d2 d none
< +OK
> PFDEBUG ENCODING d2
< +dense
> EXPIRE c 1000
< :1
> PFMERGE c a
< +OK
> PFDEBUG ENCODING c
< +dense
> TTL c
< :990..1000
> PFMERGE
< -ERR wrong number of arguments for 'pfmerge' command

# What is no HyperLogLog
> SET str hello
< +OK
> PFADD str x
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> PFCOUNT str
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> PFMERGE str a
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> PFMERGE a str
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> PFCOUNT a str
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> PFDEBUG ENCODING str
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> SET int 123
< +OK
> PFADD int x
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> PFCOUNT int
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> LPUSH list x
< :1
> PFADD list x
< -WRONGTYPE Operation against a key holding the wrong kind of value
> PFCOUNT list
< -WRONGTYPE Operation against a key holding the wrong kind of value
> PFMERGE list a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> PFMERGE a list
< -WRONGTYPE Operation against a key holding the wrong kind of value
> PFDEBUG ENCODING list
< -WRONGTYPE Operation against a key holding the wrong kind of value
> PFDEBUG ENCODING none
< -ERR The specified key does not exist
> PFDEBUG JUNK a
< -ERR Unknown PFDEBUG subcommand 'JUNK'
> PFDEBUG ENCODING
< -ERR wrong number of arguments for 'pfdebug' command
> PFDEBUG GETREG a b
< -ERR wrong number of arguments for 'pfdebug' command
> SET short "HYLL\x01"
< +OK
> PFADD short x
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> SET head "HYLL\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
< +OK
> PFADD head x
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> SET dense "HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
< +OK
> PFADD dense x
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> PFCOUNT dense
< -WRONGTYPE Key is not a valid HyperLogLog string value.
> SET magic "HYLK\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
< +OK
> PFADD magic x
< -WRONGTYPE Key is not a valid HyperLogLog string value.

# Runs that do not add up to 16384 registers are corrupt (the estimate is marked out of date)
> SET few "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xfe"
< +OK
> PFCOUNT few
< -INVALIDOBJ Corrupted HLL object detected
> PFCOUNT few a
< -INVALIDOBJ Corrupted HLL object detected
> PFMERGE out few
< -INVALIDOBJ Corrupted HLL object detected
> PFMERGE few a
< -INVALIDOBJ Corrupted HLL object detected
> PFDEBUG GETREG few
< -INVALIDOBJ Corrupted HLL object detected
> PFDEBUG TODENSE few
< -INVALIDOBJ Corrupted HLL object detected
> EXISTS out
< :0
> SET many "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff\x00"
< +OK
> PFCOUNT many
< -INVALIDOBJ Corrupted HLL object detected
> PFMERGE out many
< -INVALIDOBJ Corrupted HLL object detected
> PFDEBUG TODENSE many
< -INVALIDOBJ Corrupted HLL object detected
> SET twice "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff\x7f\xff"
< +OK
> PFCOUNT twice
< -INVALIDOBJ Corrupted HLL object detected
> PFMERGE out twice
< -INVALIDOBJ Corrupted HLL object detected
> PFDEBUG GETREG twice
< -INVALIDOBJ Corrupted HLL object detected
> SET over "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xfd\x83\x83"
< +OK
> PFCOUNT over
< -INVALIDOBJ Corrupted HLL object detected
> PFMERGE out over
< -INVALIDOBJ Corrupted HLL object detected
> SET nothing "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"
< +OK
> PFCOUNT nothing
< -INVALIDOBJ Corrupted HLL object detected
> PFADD nothing a
< -INVALIDOBJ Corrupted HLL object detected
> PFMERGE out nothing
< -INVALIDOBJ Corrupted HLL object detected
> SET ones "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80${rep:20000:\x7f\xff}"
< +OK
> PFCOUNT ones
< -INVALIDOBJ Corrupted HLL object detected
> PFMERGE out ones
< -INVALIDOBJ Corrupted HLL object detected
> SET wrap "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80${rep:300000:\x7f\xff}"
< +OK
> PFCOUNT wrap
< -INVALIDOBJ Corrupted HLL object detected
> PFMERGE out wrap
< -INVALIDOBJ Corrupted HLL object detected
> EXISTS out
< :0
> PFADD x after
< :1
> PFCOUNT x
< :12

# PFSELFTEST
> PFSELFTEST
< +OK
> PFSELFTEST x
< -ERR wrong number of arguments for 'pfselftest' command
