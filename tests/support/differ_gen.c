/* differ_gen.c: random commands for a differential run.
 *
 * A template is a command line with blanks between all parts:
 *   WORD          itself, in upper case or now and then in mixed case
 *   ( A | B | )   one of these, perhaps none of them; may nest
 *   { A }         one to four times
 *   [ A ]         one to sixty-four times
 *   $c            something random of class c: see add_class(), which is the place to start.
 * Keys carry their family's letter ("l:3"), so most commands meet their own type; about one in
 * fifteen takes a key of another family. Keys of class $x hold sorted sets whose scores are all
 * equal and nothing else ever touches them, because lexicographic ranges over mixed scores are
 * unspecified; keys of class $q hold short strings, because LCS takes time by the product. Keys of
 * the family "big" (1 sorted sets, 2 hashes, 3 sets, 4 lists) are met by that family only and grow to
 * thousands of elements. */
#include "tests/support/differ_gen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/bytes.h"

#define KEYS_EACH 5
#define FAR_S     1000      /* expiry times start this far ahead */
#define YEAR_2100 4102444800ULL

static const struct template string_templates[] = {
    {"SET $k $v", COMPARE_EXACT, 12},
    {"SET $k $v ( | NX | XX ) ( | GET ) ( | EX $T | PX $P | EXAT $U | PXAT $W | KEEPTTL )", COMPARE_EXACT, 10},
    {"SET $k $v { ( NX | XX | GET | KEEPTTL | EX $T | PX $P | EXAT $U | JUNK ) }", COMPARE_EXACT, 2},
    {"GET $k", COMPARE_EXACT, 8},
    {"GETSET $k $v", COMPARE_EXACT, 0},
    {"GETDEL $k", COMPARE_EXACT, 0},
    {"GETEX $k ( | EX $T | PX $P | EXAT $U | PXAT $W | PERSIST | EX | JUNK 1 )", COMPARE_EXACT, 0},
    {"SETEX $k $T $v", COMPARE_EXACT, 0},
    {"PSETEX $k $P $v", COMPARE_EXACT, 0},
    {"SETNX $k $v", COMPARE_EXACT, 0},
    {"APPEND $k $v", COMPARE_EXACT, 6},
    {"STRLEN $k", COMPARE_EXACT, 0},
    {"SETRANGE $k $o $v", COMPARE_EXACT, 0},
    {"( GETRANGE | SUBSTR ) $k $i $i", COMPARE_EXACT, 6},
    {"( INCR | DECR ) $k", COMPARE_EXACT, 6},
    {"( INCRBY | DECRBY ) $k $n", COMPARE_EXACT, 6},
    {"INCRBYFLOAT $k $f", COMPARE_EXACT, 6},
    {"SET $k ( $n | $f )", COMPARE_EXACT, 8},
    {"MSET { $k $v }", COMPARE_EXACT, 0},
    {"MSETNX { $k $v }", COMPARE_EXACT, 2},
    {"MGET { $k }", COMPARE_EXACT, 0},
    {"SET $q $w", COMPARE_EXACT, 2},
    {"LCS $q $q ( | LEN | IDX | IDX LEN ) ( | MINMATCHLEN $c ) ( | WITHMATCHLEN )", COMPARE_EXACT, 2},
    {0}};

static const struct template bitmap_templates[] = {
    {"SETBIT $b $B ( 0 | 1 | 1 | 1 | 2 )", COMPARE_EXACT, 14},
    {"GETBIT $b $B", COMPARE_EXACT, 6},
    {"BITCOUNT $b ( | $i $i | $i $i ( BIT | BYTE | JUNK ) | $n $n BIT | $i )", COMPARE_EXACT, 6},
    {"BITPOS $b ( 0 | 1 | 1 | 2 ) ( | $i | $i $i | $i $i ( BIT | BYTE | JUNK ) | $n $n )", COMPARE_EXACT, 6},
    {"BITOP ( AND | OR | XOR | JUNK ) $b { $b }", COMPARE_EXACT, 6},
    {"BITOP NOT $b $b ( | | | $b )", COMPARE_EXACT, 2},
    {"BITFIELD $b { ( GET $F $B | SET $F $B $n | INCRBY $F $B $n | OVERFLOW ( WRAP | SAT | FAIL | JUNK ) ) }", COMPARE_EXACT, 14},
    {"BITFIELD_RO $b { GET $F $B } ( | | | SET u8 0 1 | JUNK )", COMPARE_EXACT, 2},
    {"SET $b ( $v | $n )", COMPARE_EXACT, 2},
    {"SETRANGE $b $o $v", COMPARE_EXACT, 2},
    {"GET $b", COMPARE_EXACT, 4},
    {"EXPIRE $b $T", COMPARE_EXACT, 1},
    {0}};

static const struct template hll_templates[] = {
    {"PFADD $p { $E }", COMPARE_EXACT, 14},
    {"PFADD $p $E $E $E $E $E $E $E $E $E $E $E $E", COMPARE_EXACT, 6},
    {"PFADD $p ( | $v )", COMPARE_EXACT, 2},
    {"PFCOUNT $p", COMPARE_EXACT, 6},
    {"PFCOUNT { $p }", COMPARE_EXACT, 4},
    {"PFMERGE { $p }", COMPARE_EXACT, 6},
    {"PFDEBUG ( DECODE | ENCODING | TODENSE | ENCODING | DECODE | JUNK ) $p", COMPARE_EXACT, 2},
    {"PFDEBUG GETREG $p", COMPARE_EXACT, 1},
    {"GET $p", COMPARE_EXACT, 4},
    {"OBJECT ENCODING $p", COMPARE_EXACT, 2},
    {"SETRANGE $p ( 4 | 8 | 16 | 17 | 18 | 20 | 40 ) ( 0 | 1 | a | zz | $w )", COMPARE_EXACT, 1},
    {"DEL $p", COMPARE_EXACT, 1},
    {0}};

static const struct template geo_templates[] = {
    {"GEOADD $G { $X $Y $m }", COMPARE_EXACT, 14},
    {"GEOADD $G ( | NX | XX ) ( | CH ) { $X $Y $m }", COMPARE_EXACT, 6},
    {"GEOADD $G $X $Y $m $X $Y $m $X $Y $m $X $Y $m $X $Y $m $X $Y $m", COMPARE_EXACT, 8},
    {"GEOPOS $G { $m }", COMPARE_EXACT, 4},
    {"GEOHASH $G { $m }", COMPARE_EXACT, 4},
    {"GEODIST $G $m $m ( | m | km | FT | mi | JUNK )", COMPARE_EXACT, 4},
    {"GEORADIUS $G $X $Y $D $M ( | ASC | DESC ) ( | WITHDIST ) ( | WITHHASH ) ( | WITHCOORD ) ( | COUNT $c | COUNT $c ANY )", COMPARE_EXACT, 6},
    {"GEORADIUSBYMEMBER $G $m $D $M ( | ASC | DESC ) ( | WITHDIST ) ( | COUNT $c | COUNT $c ANY | ANY )", COMPARE_EXACT, 4},
    {"( GEORADIUS | GEORADIUS_RO ) $G $X $Y $D $M ( STORE $G | STOREDIST $z | STORE $G STOREDIST $z | WITHDIST STORE $G | JUNK )", COMPARE_EXACT, 2},
    {"( GEORADIUSBYMEMBER | GEORADIUSBYMEMBER_RO ) $G $m $D $M ( | ASC | STORE $G | STOREDIST $z COUNT $c )", COMPARE_EXACT, 2},
    {"GEOSEARCH $G ( FROMMEMBER $m | FROMLONLAT $X $Y | FROMLONLAT $X $Y | ) ( BYRADIUS $D $M | BYBOX $s $D $M | BYBOX 300 $D $M | ) ( | ASC | DESC ) ( | COUNT $c | COUNT $c ANY ) ( | WITHDIST ) ( | WITHCOORD )", COMPARE_EXACT, 12},
    {"GEOSEARCHSTORE $G $G ( FROMMEMBER $m | FROMLONLAT $X $Y ) ( BYRADIUS $D $M | BYBOX 500 $D $M ) ( | COUNT $c | WITHDIST )", COMPARE_EXACT, 2},
    {"GEOSEARCHSTORE $z $G FROMLONLAT $X $Y ( BYRADIUS $D $M | BYBOX 500 $D $M ) ( | COUNT $c ) STOREDIST", COMPARE_EXACT, 2},
    {"ZREM $G { $m }", COMPARE_EXACT, 2},
    {"ZRANGE $G 0 -1 WITHSCORES", COMPARE_EXACT, 2},
    {0}};

/* Redis 7.0 takes an errno of before for its own, so a number out of range spoils every later SORT:
 * lists, sets and weights of these are kept apart from other values. And its SORT turns a small sorted
 * set into a large one, so of those sort.t has the tests. */
static const struct template sort_templates[] = {
    {"RPUSH $Q { ( $I | $I | 2.5 | -1e3 | 7 | abc ) }", COMPARE_EXACT, 8},
    {"RPUSH $Q $I $I $I $I", COMPARE_EXACT, 8},
    {"SADD $R { $I }", COMPARE_EXACT, 6},
    {"SET $S ( $I | 10.5 | -3 | abc )", COMPARE_EXACT, 8},
    {"HSET H:$I f $I g ( $I | $m )", COMPARE_EXACT, 6},
    {"( SORT | SORT | SORT_RO ) ( $Q | $R ) ( | ALPHA ) ( | ASC | DESC ) ( | LIMIT $i $i | LIMIT $n $n )", COMPARE_EXACT, 8},
    {"( SORT | SORT | SORT_RO ) $Q BY ( S:* | H:*->f | nokey* ) ( | DESC ) ( | GET # ) ( | GET S:* ) ( | GET H:*->g | GET H:* )", COMPARE_EXACT, 8},
    {"SORT $Q BY ( S:* | H:*->g | nokey* ) ALPHA ( | DESC ) ( | GET # | GET S:*->f )", COMPARE_EXACT, 4},
    {"SORT $Q BY nosort ( | DESC ) ( | LIMIT $i $i ) ( | GET # GET S:* )", COMPARE_EXACT, 6},
    {"SORT ( $Q | $R ) ( | ALPHA | BY S:* | BY nosort ) ( | DESC ) ( | LIMIT 0 5 ) STORE $l", COMPARE_EXACT, 4},
    {"SORT ( $Q | $a ) ( JUNK | LIMIT 1 | BY | GET | STORE | LIMIT x 1 )", COMPARE_EXACT, 1},
    {"LRANGE $l 0 -1", COMPARE_EXACT, 2},
    {"LTRIM $Q $i -1", COMPARE_EXACT, 2},
    {0}};

static const struct template keys_templates[] = {
    {"( DEL | UNLINK ) { $a }", COMPARE_EXACT, 12},
    {"( EXISTS | TOUCH ) { $a }", COMPARE_EXACT, 0},
    {"TYPE $a", COMPARE_EXACT, 0},
    {"( RENAME | RENAMENX ) $a $a", COMPARE_EXACT, 2},
    {"COPY $a $a ( | REPLACE ) ( | DB $d )", COMPARE_EXACT, 0},
    {"MOVE $a $d", COMPARE_EXACT, 2},
    {"KEYS $g", COMPARE_SET, 2},
    {"SCAN 0 COUNT 100000 ( | MATCH $g ) ( | TYPE $y )", COMPARE_SCAN, 2},
    {"SCAN ( abc | 0 ) ( COUNT 0 | COUNT x | MATCH | JUNK )", COMPARE_EXACT, 1},
    {"RANDOMKEY", COMPARE_SHAPE, 1},
    {"DBSIZE", COMPARE_EXACT, 2},
    {"SELECT ( 0 | 0 | 0 | $d )", COMPARE_EXACT, 4},
    {"SWAPDB $d $d", COMPARE_EXACT, 1},
    {"FLUSHDB ( | ASYNC | SYNC | JUNK )", COMPARE_EXACT, 1},
    {"OBJECT ENCODING $a", COMPARE_EXACT, 6},
    {"OBJECT ( JUNK | ENCODING ) $a $a", COMPARE_EXACT, 1},
    {0}};

static const struct template expire_templates[] = {
    {"EXPIRE $a $T ( | NX | XX | GT | LT )", COMPARE_EXACT, 0},
    {"PEXPIRE $a $P ( | NX | XX | GT | LT )", COMPARE_EXACT, 0},
    {"EXPIREAT $a $U ( | NX | XX | GT | LT )", COMPARE_EXACT, 0},
    {"PEXPIREAT $a $W ( | NX | XX | GT | LT )", COMPARE_EXACT, 0},
    {"EXPIRE $a $T { ( NX | XX | GT | LT | JUNK ) }", COMPARE_EXACT, 1},
    {"( TTL | EXPIRETIME ) $a", COMPARE_NEAR_S, 0},
    {"( PTTL | PEXPIRETIME ) $a", COMPARE_NEAR_MS, 0},
    {"PERSIST $a", COMPARE_EXACT, 0},
    {0}};

static const struct template list_templates[] = {
    {"( LPUSH | RPUSH ) $l { ( $e | $v ) }", COMPARE_EXACT, 14},
    {"( LPUSH | RPUSH ) $l [ $e ]", COMPARE_EXACT, 2},
    {"( LPUSHX | RPUSHX ) $l { $e }", COMPARE_EXACT, 0},
    {"( LPOP | RPOP ) $l ( | $c )", COMPARE_EXACT, 8},
    {"LLEN $l", COMPARE_EXACT, 0},
    {"LRANGE $l $i $i", COMPARE_EXACT, 6},
    {"LINDEX $l $i", COMPARE_EXACT, 0},
    {"LSET $l $i ( $e | $v )", COMPARE_EXACT, 0},
    {"LINSERT $l ( BEFORE | AFTER | JUNK ) $e ( $e | $v )", COMPARE_EXACT, 0},
    {"LREM $l $i $e", COMPARE_EXACT, 0},
    {"LTRIM $l $i $i", COMPARE_EXACT, 2},
    {"LPOS $l $e ( | RANK $i ) ( | COUNT $c ) ( | MAXLEN $c )", COMPARE_EXACT, 0},
    {"LMOVE $l $l ( LEFT | RIGHT | JUNK ) ( LEFT | RIGHT )", COMPARE_EXACT, 0},
    {"RPOPLPUSH $l $l", COMPARE_EXACT, 0},
    {"LMPOP ( 2 | 2 | 2 | 0 | x | 3 ) $l $l ( LEFT | RIGHT ) ( | COUNT $c )", COMPARE_EXACT, 2},
    {0}};

static const struct template hash_templates[] = {
    {"( HSET | HSET | HMSET ) $h { $m $v }", COMPARE_EXACT, 14},
    {"HSET $h $m ( $n | $f )", COMPARE_EXACT, 4},
    {"HSETNX $h $m $v", COMPARE_EXACT, 0},
    {"HGET $h $m", COMPARE_EXACT, 0},
    {"HMGET $h { $m }", COMPARE_EXACT, 0},
    {"HGETALL $h", COMPARE_PAIRS, 0},
    {"( HKEYS | HVALS ) $h", COMPARE_SET, 0},
    {"HDEL $h { $m }", COMPARE_EXACT, 6},
    {"HLEN $h", COMPARE_EXACT, 0},
    {"( HEXISTS | HSTRLEN ) $h $m", COMPARE_EXACT, 0},
    {"HINCRBY $h $m $n", COMPARE_EXACT, 6},
    {"HINCRBYFLOAT $h $m $f", COMPARE_EXACT, 6},
    {"HRANDFIELD $h", COMPARE_SHAPE, 1},
    {"HRANDFIELD $h $i ( | WITHVALUES )", COMPARE_SHAPE, 1},
    {"HSCAN $h 0 COUNT 100000 ( | MATCH $g )", COMPARE_SCAN_PAIRS, 2},
    {0}};

static const struct template set_templates[] = {
    {"SADD $t { ( $m | $n ) }", COMPARE_EXACT, 14},
    {"SREM $t { ( $m | $n ) }", COMPARE_EXACT, 6},
    {"SMEMBERS $t", COMPARE_SET, 0},
    {"SISMEMBER $t ( $m | $n )", COMPARE_EXACT, 0},
    {"SMISMEMBER $t { ( $m | $n ) }", COMPARE_EXACT, 0},
    {"SCARD $t", COMPARE_EXACT, 0},
    {"SMOVE $t $t $m", COMPARE_EXACT, 0},
    {"( SINTER | SUNION | SDIFF ) { $t }", COMPARE_SET, 6},
    {"( SINTERSTORE | SUNIONSTORE | SDIFFSTORE ) $t { $t }", COMPARE_EXACT, 0},
    {"SINTERCARD ( 2 | 2 | 2 | 0 | x | 3 ) $t $t ( | LIMIT $c )", COMPARE_EXACT, 2},
    {"SPOP $t 1000000", COMPARE_SET, 1},
    {"SPOP $t ( 0 | -1 | x )", COMPARE_SET, 1},
    {"SRANDMEMBER $t ( | $i )", COMPARE_SHAPE, 1},
    {"SSCAN $t 0 COUNT 100000 ( | MATCH $g )", COMPARE_SCAN, 2},
    {0}};

static const struct template zset_templates[] = {
    {"ZADD $z { $s $m }", COMPARE_EXACT, 14},
    {"ZADD $z ( | NX | XX ) ( | GT | LT ) ( | CH ) { $s $m }", COMPARE_EXACT, 6},
    {"ZADD $z ( | NX | XX ) ( | GT | LT ) ( | CH ) INCR $s $m", COMPARE_EXACT, 4},
    {"ZADD $x 0 $m 0 $m 0 $m", COMPARE_EXACT, 4},
    {"ZREM $z { $m }", COMPARE_EXACT, 6},
    {"ZREM $x $m", COMPARE_EXACT, 1},
    {"ZSCORE $z $m", COMPARE_EXACT, 0},
    {"ZMSCORE $z { $m }", COMPARE_EXACT, 2},
    {"ZINCRBY $z $s $m", COMPARE_EXACT, 6},
    {"ZCARD $z", COMPARE_EXACT, 2},
    {"ZCOUNT $z $r $r", COMPARE_EXACT, 0},
    {"ZLEXCOUNT $x $L $L", COMPARE_EXACT, 2},
    {"( ZRANK | ZREVRANK ) $z $m", COMPARE_EXACT, 6},
    {"( ZRANGE | ZREVRANGE ) $z $i $i ( | WITHSCORES )", COMPARE_EXACT, 8},
    {"ZRANGE $z $r $r BYSCORE ( | REV ) ( | LIMIT $i $i ) ( | WITHSCORES )", COMPARE_EXACT, 0},
    {"ZRANGE $x $L $L BYLEX ( | REV ) ( | LIMIT $i $i ) ( | WITHSCORES )", COMPARE_EXACT, 0},
    {"ZRANGE $z $i $i ( LIMIT $i $i | REV | BYSCORE BYLEX | JUNK ) ( | WITHSCORES )", COMPARE_EXACT, 1},
    {"( ZRANGEBYSCORE | ZREVRANGEBYSCORE ) $z $r $r ( | WITHSCORES ) ( | LIMIT $i $i )", COMPARE_EXACT, 0},
    {"( ZRANGEBYLEX | ZREVRANGEBYLEX ) $x $L $L ( | LIMIT $i $i )", COMPARE_EXACT, 0},
    {"ZREMRANGEBYRANK $z $i $i", COMPARE_EXACT, 1},
    {"ZREMRANGEBYSCORE $z $r $r", COMPARE_EXACT, 1},
    {"ZREMRANGEBYLEX $x $L $L", COMPARE_EXACT, 1},
    {"( ZPOPMIN | ZPOPMAX ) $z ( | $c )", COMPARE_EXACT, 0},
    {"ZMPOP ( 2 | 2 | 2 | 0 | x | 3 ) $z $z ( MIN | MAX ) ( | COUNT $c )", COMPARE_EXACT, 1},
    {"ZRANGESTORE $z $z $i $i", COMPARE_EXACT, 1},
    {"ZRANGESTORE $z $z $r $r BYSCORE ( | REV ) ( | LIMIT $i $i )", COMPARE_EXACT, 1},
    {"( ZUNIONSTORE | ZINTERSTORE ) $z 2 $z $z ( | WEIGHTS $s $s ) ( | AGGREGATE ( SUM | MIN | MAX ) )", COMPARE_EXACT, 2},
    {"ZDIFFSTORE $z 2 $z $z", COMPARE_EXACT, 1},
    {"( ZUNION | ZINTER ) 2 $z ( $z | $t ) ( | WEIGHTS $s $s ) ( | AGGREGATE ( SUM | MIN | MAX ) ) ( | WITHSCORES )", COMPARE_EXACT, 2},
    {"ZDIFF 2 $z $z ( | WITHSCORES )", COMPARE_EXACT, 2},
    {"ZINTERCARD ( 2 | 2 | 2 | 0 | x | 3 ) $z $z ( | LIMIT $c )", COMPARE_EXACT, 1},
    {"( ZUNIONSTORE | ZINTERSTORE ) $z 3 $z $t ( $z | $a ) ( | WEIGHTS $s $s $s ) ( | AGGREGATE ( SUM | MIN | MAX | AVG ) )", COMPARE_EXACT, 2},
    {"( ZUNION | ZINTER ) 3 $z $z $t WEIGHTS $s ( $s | inf | -inf | 0 ) $s ( | AGGREGATE ( SUM | MIN | MAX ) ) WITHSCORES", COMPARE_EXACT, 2},
    {"( ZUNION | ZINTER | ZDIFF | ZINTERCARD ) ( 0 | -1 | x | 1 | 4 | 9223372036854775807 | 4294967298 ) $z $z", COMPARE_EXACT, 1},
    {"( ZDIFF | ZDIFFSTORE $z ) 3 $z ( $t | $z ) $z", COMPARE_EXACT, 1},
    {"ZRANGESTORE ( $x | $z ) $x $L $L BYLEX ( | REV ) ( | LIMIT $i $i )", COMPARE_EXACT, 1},
    {"ZRANDMEMBER $z", COMPARE_SHAPE, 1},
    {"ZRANDMEMBER $z $i ( | WITHSCORES )", COMPARE_SHAPE, 1},
    {"ZSCAN $z 0 COUNT 100000 ( | MATCH $g )", COMPARE_SCAN_PAIRS, 2},
    {0}};

static const struct template big_templates[] = {
    {"ZADD $1 [ $8 $5 ]", COMPARE_EXACT, 16},
    {"ZADD $1 { $s $5 }", COMPARE_EXACT, 2},
    {"( ZSCORE | ZRANK | ZREVRANK ) $1 $5", COMPARE_EXACT, 8},
    {"ZINCRBY $1 $s $5", COMPARE_EXACT, 0},
    {"ZREM $1 [ $5 ]", COMPARE_EXACT, 2},
    {"ZRANGE $1 $7 $7 ( | REV ) ( | WITHSCORES )", COMPARE_EXACT, 2},
    {"ZRANGE $1 $r $r BYSCORE LIMIT $7 20 WITHSCORES", COMPARE_EXACT, 4},
    {"ZRANGE $1 $r $r BYSCORE REV LIMIT $7 20", COMPARE_EXACT, 4},
    {"ZCOUNT $1 $r $r", COMPARE_EXACT, 0},
    {"( ZPOPMIN | ZPOPMAX ) $1 $c", COMPARE_EXACT, 1},
    {"ZREMRANGEBYRANK $1 $7 $7", COMPARE_EXACT, 1},
    {"HSET $2 [ $5 $v ]", COMPARE_EXACT, 12},
    {"( HGET | HSTRLEN | HEXISTS ) $2 $5", COMPARE_EXACT, 0},
    {"HMGET $2 [ $5 ]", COMPARE_EXACT, 2},
    {"HDEL $2 [ $5 ]", COMPARE_EXACT, 2},
    {"HGETALL $2", COMPARE_PAIRS, 1},
    {"HSCAN $2 0 COUNT 100000 ( | MATCH $g )", COMPARE_SCAN_PAIRS, 1},
    {"SADD $3 [ ( $5 | $6 ) ]", COMPARE_EXACT, 12},
    {"SREM $3 [ ( $5 | $6 ) ]", COMPARE_EXACT, 2},
    {"SMISMEMBER $3 [ ( $5 | $6 ) ]", COMPARE_EXACT, 2},
    {"( SINTER | SUNION | SDIFF ) $3 $3", COMPARE_SET, 1},
    {"SINTERCARD 2 $3 $3", COMPARE_EXACT, 1},
    {"( LPUSH | RPUSH ) $4 [ ( $5 | $v ) ]", COMPARE_EXACT, 12},
    {"( LPUSH | RPUSH ) $4 [ $0 ]", COMPARE_EXACT, 24},
    {"LSET $4 $i $0", COMPARE_EXACT, 0},
    {"LINSERT $4 ( BEFORE | AFTER ) $0 ( $0 | $0 | $5 | $n )", COMPARE_EXACT, 2},
    {"( LREM $4 $i | LPOS $4 ) $0", COMPARE_EXACT, 2},
    {"LMOVE $4 $4 ( LEFT | RIGHT ) ( LEFT | RIGHT )", COMPARE_EXACT, 2},
    {"LRANGE $4 $7 $7", COMPARE_EXACT, 2},
    {"LINDEX $4 $7", COMPARE_EXACT, 0},
    {"LSET $4 $i ( $5 | $v )", COMPARE_EXACT, 0},
    {"LINSERT $4 ( BEFORE | AFTER ) $5 ( $5 | $v )", COMPARE_EXACT, 0},
    {"LREM $4 $i $5", COMPARE_EXACT, 2},
    {"LPOS $4 $5 ( | RANK $i )", COMPARE_EXACT, 2},
    {"( LPOP | RPOP ) $4 $c", COMPARE_EXACT, 1},
    {"LTRIM $4 $7 $7", COMPARE_EXACT, 1},
    {"COPY $1 1:9 REPLACE", COMPARE_EXACT, 1},
    {"OBJECT ENCODING ( $1 | $2 | $4 )", COMPARE_EXACT, 1},
    {0}};

/* IDs are given, never made of the time: ascending by chance, with some that may not be. No XSETID: 7.2
 * refuses more than 7.0, and what follows differs with it; stream.t has it. */
static const struct template stream_templates[] = {
    {"XADD $9 $K { $m $v }", COMPARE_EXACT, 24},
    {"XADD $9 $K f $m g $n", COMPARE_EXACT, 12},
    {"XADD $9 ( | NOMKSTREAM ) ( MAXLEN | MAXLEN = | MAXLEN ~ ) $c ( | LIMIT $c ) $K f $v", COMPARE_EXACT, 4},
    {"XADD $9 ( MINID | MINID ~ | LIMIT 1 | MAXLEN 5 MINID 1 | JUNK ) $K $K f $v", COMPARE_EXACT, 2},
    {"XLEN $9", COMPARE_EXACT, 2},
    {"XRANGE $9 $A ( + | $A ) ( | COUNT $c )", COMPARE_EXACT, 8},
    {"XREVRANGE $9 ( + | $A ) $A ( | COUNT $c )", COMPARE_EXACT, 8},
    {"XDEL $9 { $K }", COMPARE_EXACT, 6},
    {"XTRIM $9 ( MAXLEN | MAXLEN ~ ) $c ( | LIMIT $c )", COMPARE_EXACT, 1},
    {"XTRIM $9 ( MINID | MINID ~ ) $K ( | LIMIT $c )", COMPARE_EXACT, 1},
    {"XREAD ( | COUNT $c ) STREAMS ( $9 $K | $9 $9 $K $K | $9 $ | $9 $9 0 | $a 0 | $9 > )", COMPARE_EXACT, 6},
    {0}};

/* Groups and consumers of few names. What is idle is so for ever or not at all, and since 7.2 more
 * makes a consumer than in 7.0, so their number is not compared. No XSETID, which 7.2 refuses more. */
#define GROUP    "( g1 | g2 )"
#define CONSUMER "( c1 | c2 | c3 )"
static const struct template group_templates[] = {
    {"XADD $9 12-* f $m", COMPARE_EXACT, 20},
    {"XADD $9 $J f $m", COMPARE_EXACT, 1},
    {"XADD $9 MAXLEN ( = | ~ ) $c 12-* f $v", COMPARE_EXACT, 1},
    {"XDEL $9 { $J }", COMPARE_EXACT, 8},
    {"XTRIM $9 MAXLEN ( = | ~ ) $c", COMPARE_EXACT, 1},
    {"XGROUP CREATE $9 " GROUP " ( $J | 0 | 0 | $ ) ( | | MKSTREAM | JUNK ) ( | ENTRIESREAD $c )", COMPARE_EXACT, 6},
    {"XGROUP SETID $9 " GROUP " ( $J | 0 | $ | - | + ) ( | ENTRIESREAD $c | MKSTREAM )", COMPARE_EXACT, 2},
    {"XGROUP DESTROY $9 ( g1 | g2 | g3 )", COMPARE_EXACT, 1},
    {"XGROUP CREATECONSUMER $9 " GROUP " " CONSUMER, COMPARE_SHAPE, 1},
    {"XGROUP DELCONSUMER $9 " GROUP " " CONSUMER, COMPARE_EXACT, 1},
    {"XREADGROUP GROUP " GROUP " " CONSUMER " ( | COUNT $c ) ( | | | NOACK ) STREAMS ( $9 > | $9 > | $9 $9 > > | $9 $9 > 0 | $9 $ )", COMPARE_EXACT, 16},
    {"XREADGROUP GROUP " GROUP " " CONSUMER " ( | COUNT $c ) STREAMS $9 ( 0 | $J )", COMPARE_EXACT, 4},
    {"XACK $9 " GROUP " [ $J ]", COMPARE_EXACT, 8},
    {"XPENDING $9 ( g1 | g2 | g3 )", COMPARE_EXACT, 4},
    {"XPENDING $9 " GROUP " ( | IDLE 0 | IDLE 50000000 | IDLE x ) $A ( + | $A ) $c ( | " CONSUMER " )", COMPARE_PENDING, 6},
    {"XCLAIM $9 " GROUP " " CONSUMER " ( 0 | 0 | 50000000 | -1 | x ) { $J } ( | FORCE ) ( | JUSTID ) ( | IDLE 100000000 | TIME 1 | IDLE x ) ( | RETRYCOUNT $c ) ( | | LASTID $J )", COMPARE_EXACT, 10},
    {"XAUTOCLAIM $9 " GROUP " " CONSUMER " ( 0 | 0 | 50000000 | x ) ( 0 | $A ) ( | COUNT $c ) ( | JUSTID | JUNK )", COMPARE_EXACT, 8},
    {"XINFO GROUPS $9", COMPARE_GROUPS, 8},
    {"XRANGE $9 $A + COUNT $c", COMPARE_EXACT, 2},
    {"( DEL $9 | COPY $9 $9 ( | REPLACE ) | RENAME $9 $9 )", COMPARE_EXACT, 2},
    {0}};

const struct family gen_families[] = {
    {"string", string_templates}, {"keys", keys_templates}, {"expire", expire_templates},
    {"list", list_templates},     {"hash", hash_templates}, {"set", set_templates},
    {"zset", zset_templates},     {"bitmap", bitmap_templates},
    {"hll", hll_templates},
    {"geo", geo_templates},
    {"sort", sort_templates},
    {"big", big_templates},
    {"stream", stream_templates},
    {"group", group_templates},
    {0}};

static const char key_letters[] = "klhtzbpG9"; /* those that $a and mistaken types choose among */

/* --- Chance ----------------------------------------------------------------------------------- */

/* splitmix64: every seed is a good one. */
uint64_t gen_random(struct gen *g, uint64_t below) {
    uint64_t z = g->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % below;
}

static const char *pick(struct gen *g, const char *const *pool, size_t count) {
    return pool[gen_random(g, count)];
}
#define PICK(g, pool) pick(g, pool, sizeof(pool) / sizeof(*(pool)))

static void add_value(struct gen *g, struct bytes *out) {
    static const char *const fixed[] = {
        "", "0", "-1", "1", "10", "12345", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "1.5", "3.0e3", "nan", "inf", "-inf", " 12", "12 ", "+5", "007", "0x10", "1e400", "-0", "hello", "a", "abc"};
    static const size_t lengths[] = {19, 20, 43, 44, 45, 46, 63, 64, 65, 66, 127, 128, 255, 256, 1000, 4095, 20000};
    static const char binary[] = {'\0', '\xff', '\r', '\n', '"', '\0'};
    uint64_t kind = gen_random(g, 16);
    if (kind < 10) {
        bytes_print(out, "%s", PICK(g, fixed));
    } else if (kind == 10) {
        bytes_add(out, binary, 1 + gen_random(g, sizeof(binary)));
    } else if (kind < 13) {
        bytes_print(out, "%lld", (long long)gen_random(g, 200000) - 100000);
    } else {
        size_t len = lengths[gen_random(g, sizeof(lengths) / sizeof(*lengths) - (gen_random(g, 8) > 0 ? 3 : 0))];
        char fill = (char)('a' + gen_random(g, 26));
        while (len-- > 0) bytes_add(out, &fill, 1);
    }
}

static void add_key(struct gen *g, char letter, struct bytes *out) {
    uint64_t chance = gen_random(g, 100);
    bool movable = strchr(key_letters, letter) != NULL;
    if (movable && chance < 5) letter = key_letters[gen_random(g, sizeof(key_letters) - 1)];
    if (movable && chance >= 98) bytes_print(out, "nokey");
    else bytes_print(out, "%c:%d", letter, (int)gen_random(g, KEYS_EACH));
}

bool gen_is_key(const char *word, size_t len) {
    return len == 3 && word[1] == ':' && word[2] >= '0' && word[2] < '0' + KEYS_EACH &&
           strchr("klhtzbpGxqQRS1234", word[0]) != NULL && word[0] != '\0';
}

/* A time to live: mostly far ahead, sometimes past, rarely nonsense. unit: in a second. */
static void add_ttl(struct gen *g, uint64_t unit, uint64_t base, struct bytes *out) {
    static const char *const odd[] = {"0", "-1", "abc", "9223372036854775807", "-9223372036854775808", "1.5", ""};
    if (gen_random(g, 8) == 0) bytes_print(out, "%s", PICK(g, odd));
    else bytes_print(out, "%llu", (unsigned long long)((base + FAR_S) * unit + gen_random(g, 10000000 * unit)));
}

/* No -0: a listpack makes it 0, and when one is made at all differs between 7.0 and 7.2. */
static void add_score(struct gen *g, struct bytes *out) {
    static const char *const odd[] = {"inf", "-inf", "+inf", "nan", "abc", "", "1e300", "-1e300", "0.1", "3.0", "1e-5",
                                      "9007199254740993", "1.7976931348623157e308", "0x1p3", "100000000000000000000"};
    if (gen_random(g, 5) == 0) bytes_print(out, "%s", PICK(g, odd));
    else if (gen_random(g, 2) == 0) bytes_print(out, "%d", (int)gen_random(g, 20) - 5);
    else bytes_print(out, "%d.%d", (int)gen_random(g, 100) - 50, (int)gen_random(g, 100));
}

/* Digits enough that no two places are equally far from a third: the order of equals is open. */
static void add_degrees(struct gen *g, int limit, struct bytes *out) {
    static const char *const odd[] = {"180", "-180", "85.05112878", "-85.05112878", "0", "181", "-86", "x", "nan", "inf"};
    uint64_t kind = gen_random(g, 16);
    if (kind == 0) bytes_print(out, "%s", PICK(g, odd));
    else if (kind < 6) bytes_print(out, "%d.%07d", (int)gen_random(g, (uint64_t)limit * 2) - limit, (int)gen_random(g, 10000000));
    else bytes_print(out, "%d.%07d", limit > 90 ? 13 : 38 + (int)gen_random(g, 2), (int)gen_random(g, 10000000));
}

static void add_distance(struct gen *g, struct bytes *out) {
    static const char *const odd[] = {"0", "-1", "x", "1e10", "inf", "1"};
    if (gen_random(g, 10) == 0) bytes_print(out, "%s", PICK(g, odd));
    else bytes_print(out, "%d.%d", (int)gen_random(g, gen_random(g, 3) == 0 ? 12000 : 150), (int)gen_random(g, 10));
}

/* Of a stream's entry: few different times, so that commands meet. None is above 2^64: 7.0 leaves errno
 * as strtoull has set it, and then its SORT takes any score for a wrong one. */
static void add_stream_id(struct gen *g, struct bytes *out) {
    static const char *const odd[] = {"0-0", "0", "x", "1-", "-1", "18446744073709551615",
                                      "5-x", "1-2-3", "18446744073709551615-18446744073709551615", ""};
    unsigned ms = (unsigned)gen_random(g, gen_random(g, 4) == 0 ? 4000 : 60);
    uint64_t kind = gen_random(g, 40);
    if (kind == 0) bytes_print(out, "%s", PICK(g, odd));
    else if (kind < 12) bytes_print(out, "%u-*", ms);
    else if (kind < 16) bytes_print(out, "%u", ms);
    else bytes_print(out, "%u-%u", ms, (unsigned)gen_random(g, 8));
}

static void add_class(struct gen *g, char class, struct bytes *out) {
    static const char *const numbers[] = {"1", "-1", "0", "5", "100", "-7", "9223372036854775807", "-9223372036854775808",
                                          "9223372036854775806", "1.5", "abc", "", "99999999999999999999", " 1"};
    static const char *const floats[] = {"1.5", "-1.5", "0.1", "3", "1e10", "-2.25e-3", "inf", "-inf", "nan", "abc", "",
                                         "5.0e3", "1e308", "0.000001", "123456789.987654321", "1e17", "0x10"};
    static const char *const globs[] = {"*", "*", "?:1", "[kl]:*", "m*", "*1*", "nosuch", "[^k]:[0-2]", "\\*", "m[1-3]"};
    static const char *const lex[] = {"-", "+", "-", "+", "[m1", "(m1", "[m3", "(m5", "[", "(", "m", "[zz", "(a"};
    static const char *const types[] = {"string", "list", "hash", "set", "zset", "stream", "nosuch"};
    static const char *const short_texts[] = {"ohmytext", "mynewtext", "", "aaaa", "abab", "hello world", "a", "12345"};
    static const char *const databases[] = {"0", "1", "2", "0", "1", "16", "-1", "x"};
    static const char *const counts[] = {"1", "2", "3", "10", "0", "1000", "1", "2", "-1", "x"};
    static const char *const bits[] = {"0", "1", "7", "8", "9", "63", "64", "65", "-1", "x", "1000", "8191", "8192", "9000",
                                       "4294967296", "9223372036854775807", "#0", "#1", "#3", "#x", "40000"};
    static const char *const fields[] = {"u8", "i8", "u1", "i1", "u63", "i64", "u64", "i65", "u16", "i33", "i5", "u0", "x8", "u"};
    static const char *const units[] = {"m", "km", "km", "km", "mi", "ft", "KM", "yd"};
    static const char *const offsets[] = {"0", "1", "5", "43", "44", "100", "-1", "536870912", "x"};
    switch (class) {
    case 'v': add_value(g, out); return;
    case 'a': add_key(g, key_letters[gen_random(g, sizeof(key_letters) - 1)], out); return;
    case 'i': bytes_print(out, "%s", gen_random(g, 30) == 0 ? "x" : ""); /* an index */
        if (out->len == 0) bytes_print(out, "%d", (int)gen_random(g, 24) - 8);
        return;
    case 'n': bytes_print(out, "%s", PICK(g, numbers)); return;
    case 'f': bytes_print(out, "%s", PICK(g, floats)); return;
    case 'T': add_ttl(g, 1, 0, out); return;
    case 'P': add_ttl(g, 1000, 0, out); return;
    case 'U': add_ttl(g, 1, YEAR_2100, out); return;
    case 'W': add_ttl(g, 1000, YEAR_2100, out); return;
    case 'm': /* a field or member; about forty different ones, so that small encodings are left */
        if (gen_random(g, 30) == 0) add_value(g, out);
        else bytes_print(out, "m%d", (int)gen_random(g, 40));
        return;
    case '0': bytes_print(out, "elem:%07d", (int)gen_random(g, 3000)); return; /* of one length */
    case '5': bytes_print(out, "member:%d", (int)gen_random(g, 3000)); return; /* 5 to 8: of big keys */
    case '6': bytes_print(out, "%d", (int)gen_random(g, 3000) - 1000); return;
    case '8': bytes_print(out, "%d.%d", (int)gen_random(g, 2000) - 1000, (int)gen_random(g, 4) * 25); return;
    case '7': bytes_print(out, "%d", (int)gen_random(g, 2000) - 800); return;
    case 'e': bytes_print(out, "e%d", (int)gen_random(g, 6)); return;
    case 's': add_score(g, out); return;
    case 'r': bytes_print(out, "%s", gen_random(g, 4) == 0 ? "(" : ""); add_score(g, out); return;
    case 'L': bytes_print(out, "%s", PICK(g, lex)); return;
    case 'g': bytes_print(out, "%s", PICK(g, globs)); return;
    case 'y': bytes_print(out, "%s", PICK(g, types)); return;
    case 'w': bytes_print(out, "%s", PICK(g, short_texts)); return;
    case 'd': bytes_print(out, "%s", PICK(g, databases)); return;
    case 'c': bytes_print(out, "%s", PICK(g, counts)); return;
    case 'B': /* a bit's place */
        if (gen_random(g, 3) == 0) bytes_print(out, "%s", PICK(g, bits));
        else bytes_print(out, "%d", (int)gen_random(g, 300));
        return;
    case 'E': bytes_print(out, "el%d", (int)gen_random(g, gen_random(g, 4) > 0 ? 3000 : 20)); return; /* of an HLL */
    case 'I': bytes_print(out, "%d", (int)gen_random(g, gen_random(g, 2) ? 5 : 300)); return; /* of keys S:I */
    case 'X': add_degrees(g, 180, out); return;
    case 'Y': add_degrees(g, 85, out); return;
    case 'D': add_distance(g, out); return;
    case 'M': bytes_print(out, "%s", PICK(g, units)); return;
    case 'F': bytes_print(out, "%s", PICK(g, fields)); return;
    case 'o': bytes_print(out, "%s", PICK(g, offsets)); return;
    case 'K': add_stream_id(g, out); return;
    case 'J': /* of an entry that XADD 12-* may have made */
        if (gen_random(g, 12) == 0) add_stream_id(g, out);
        else bytes_print(out, "%u-%u", gen_random(g, 6) == 0 ? (unsigned)gen_random(g, 12) : 12, (unsigned)gen_random(g, 40));
        return;
    case 'A': /* a bound of a range of them */
        if (gen_random(g, 5) == 0) bytes_print(out, "-"); /* "+" as a beginning can crash 7.0 */
        else bytes_print(out, "%s", gen_random(g, 4) == 0 ? "(" : ""), add_stream_id(g, out);
        return;
    default: add_key(g, class, out); return; /* k l h t z b p G Q R S x q, and 1 to 4: big */
    }
}

/* --- Templates -------------------------------------------------------------------------------- */

static const char *next_part(const char *at, size_t *len) {
    at += strspn(at, " ");
    *len = strcspn(at, " ");
    return at;
}

/* Where the group that opens at `at` ends: its closing bracket. */
static const char *group_end(const char *at) {
    unsigned depth = 0;
    for (; *at != '\0'; at++) {
        if (*at == '(' || *at == '{' || *at == '[') depth++;
        else if ((*at == ')' || *at == '}' || *at == ']') && --depth == 0) return at;
    }
    abort(); /* a template without its bracket */
}

static void expand(struct gen *g, const char *at, const char *end, struct words *out);

/* One of the alternatives between at and end. */
static void expand_choice(struct gen *g, const char *at, const char *end, struct words *out) {
    const char *start[16] = {at}, *stop[16];
    size_t count = 0;
    unsigned depth = 0;
    for (const char *p = at; p < end; p++) {
        if (*p == '(' || *p == '{' || *p == '[') depth++;
        else if (*p == ')' || *p == '}' || *p == ']') depth--;
        else if (*p == '|' && depth == 0) {
            stop[count++] = p;
            start[count] = p + 1;
        }
    }
    stop[count++] = end;
    size_t chosen = gen_random(g, count);
    expand(g, start[chosen], stop[chosen], out);
}

static void expand_word(struct gen *g, const char *word, size_t len, struct words *out) {
    struct bytes text = {0};
    if (word[0] == '$') add_class(g, word[1], &text);
    else bytes_add(&text, word, len);
    if (word[0] != '$' && gen_random(g, 20) == 0)
        for (size_t i = 0; i < text.len; i++)
            if (gen_random(g, 2) == 0) text.data[i] = (char)tolower((unsigned char)text.data[i]);
    words_add(out, text.data != NULL ? text.data : "", text.len);
    bytes_fini(&text);
}

static void expand(struct gen *g, const char *at, const char *end, struct words *out) {
    for (size_t len; at = next_part(at, &len), at < end; at += len) {
        if (*at != '(' && *at != '{' && *at != '[') {
            expand_word(g, at, len, out);
            continue;
        }
        const char *close = group_end(at);
        uint64_t times = *at == '(' ? 1 : 1 + gen_random(g, *at == '{' ? 4 : 64);
        while (times-- > 0) {
            if (*at == '(') expand_choice(g, at + 1, close, out);
            else expand(g, at + 1, close, out);
        }
        at = close;
        len = 1;
    }
}

/* One argument too few or too many. */
static void spoil(struct gen *g, struct words *w) {
    if (w->count > 1 && gen_random(g, 2) == 0) {
        free(w->word[--w->count]);
    } else {
        expand_word(g, "$v", 2, w);
    }
}

void gen_next(struct gen *g, struct words *out, enum compare *compare) {
    const struct template *t = g->choice[gen_random(g, g->choice_count)];
    *out = (struct words){0};
    *compare = t->compare;
    expand(g, t->text, t->text + strlen(t->text), out);
    bool random_when_spoilt = t->compare == COMPARE_SHAPE || strstr(t->text, "SCAN") != NULL || strstr(t->text, "SPOP") != NULL;
    random_when_spoilt |= strstr(t->text, "$Q") != NULL || strstr(t->text, "$R") != NULL; /* see sort_templates */
    if (!random_when_spoilt && gen_random(g, 60) == 0) spoil(g, out);
}

/* --- Families --------------------------------------------------------------------------------- */

static bool is_listed(const char *name, const char *list) {
    size_t len = strlen(name);
    if (strcmp(list, "all") == 0) return true;
    for (const char *at = list; *at != '\0'; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") == len && strncmp(at, name, len) == 0) return true;
    }
    return false;
}

static void add_family(struct gen *g, const struct family *f) {
    for (const struct template *t = f->templates; t->text != NULL; t++) {
        unsigned weight = t->weight > 0 ? t->weight : 4;
        g->choice = must_grow(g->choice, (g->choice_count + weight) * sizeof(*g->choice));
        while (weight-- > 0) g->choice[g->choice_count++] = t;
    }
}

bool gen_init(struct gen *g, uint64_t seed, const char *families) {
    size_t wanted = 1, found = 0;
    *g = (struct gen){.state = seed};
    for (const char *p = families; *p != '\0'; p++) wanted += *p == ',' ? 1 : 0;
    for (const struct family *f = gen_families; f->name != NULL; f++) {
        if (!is_listed(f->name, families)) continue;
        add_family(g, f);
        found++;
    }
    return strcmp(families, "all") == 0 || found == wanted;
}

/* Does every command name that the template may start with pass? */
static bool template_known(const struct template *t, bool (*known)(const char *, void *), void *arg) {
    bool group = t->text[0] == '(', all = true;
    size_t len;
    for (const char *at = next_part(t->text + group, &len); *at != ')' && *at != '\0'; at = next_part(at + len, &len)) {
        if (*at == '|') continue;
        char *name = must_copy(at, len);
        all &= known(name, arg);
        free(name);
        if (!group) break;
    }
    return all;
}

void gen_restrict(struct gen *g, bool (*known)(const char *name, void *arg), void *arg) {
    size_t kept = 0;
    for (size_t i = 0; i < g->choice_count; i++)
        if (template_known(g->choice[i], known, arg)) g->choice[kept++] = g->choice[i];
    g->choice_count = kept;
}

void gen_fini(struct gen *g) {
    free(g->choice);
    *g = (struct gen){0};
}
