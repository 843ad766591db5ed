# Bits of strings.

# SETBIT and GETBIT
> SETBIT b 7 1
< :0
> GETBIT b 7
< :1
> GETBIT b 6
< :0
> GETBIT b 8
< :0
> GETBIT b 4294967295
< :0
> GET b
< "\x01"
> SETBIT b 7 0
< :1
> SETBIT b 7 0
< :0
> STRLEN b
< :1
> SETBIT b 100 0
< :0
> STRLEN b
< :13
> OBJECT ENCODING b
< "raw"
> SETBIT b 9000 1
< :0
> STRLEN b
< :1126
> OBJECT ENCODING b
< "raw"
> SETBIT b 8999 1
< :0
> GETRANGE b 1124 -1
< "\x01\x80"
> GETBIT none 0
< :0
> EXISTS none
< :0
> SETBIT none 0 0
< :0
> GET none
< "\x00"

# Where bits cannot be
> SETBIT b -1 1
< -ERR bit offset is not an integer or out of range
> SETBIT b x 1
< -ERR bit offset is not an integer or out of range
> SETBIT b 1.0 1
< -ERR bit offset is not an integer or out of range
> SETBIT b #1 1
< -ERR bit offset is not an integer or out of range
> SETBIT b "" 1
< -ERR bit offset is not an integer or out of range
> SETBIT b 4294967296 1
< -ERR bit offset is not an integer or out of range
> SETBIT b 4294967299 1
< -ERR bit offset is not an integer or out of range
> SETBIT b 9223372036854775807 1
< -ERR bit offset is not an integer or out of range
> SETBIT b 9223372036854775808 1
< -ERR bit offset is not an integer or out of range
> SETBIT b 34359738368 1
< -ERR bit offset is not an integer or out of range
> GETBIT b 4294967296
< -ERR bit offset is not an integer or out of range
> GETBIT b -1
< -ERR bit offset is not an integer or out of range
> GETBIT b x
< -ERR bit offset is not an integer or out of range
> SETBIT b 0 2
< -ERR bit is not an integer or out of range
> SETBIT b 0 -1
< -ERR bit is not an integer or out of range
> SETBIT b 0 x
< -ERR bit is not an integer or out of range
> SETBIT b 0 ""
< -ERR bit is not an integer or out of range
> SETBIT b 0
< -ERR wrong number of arguments for 'setbit' command
> GETBIT b
< -ERR wrong number of arguments for 'getbit' command
> LPUSH list a
< :1
> SETBIT list 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GETBIT list 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SETBIT list x 1
< -ERR bit offset is not an integer or out of range
> SETBIT list 0 2
< -ERR bit is not an integer or out of range
> STRLEN b
< :1126

# Integers are their text
> SET n 123
< +OK
> OBJECT ENCODING n
< "int"
> GETBIT n 2
< :1
> BITCOUNT n
< :10
> SETBIT n 7 0
< :1
> GET n
< "023"
> OBJECT ENCODING n
< "raw"
> SET n 123
< +OK
> SETBIT n 7 1
< :1
> GET n
< "123"
> OBJECT ENCODING n
< "raw"
> SET small abc
< +OK
> OBJECT ENCODING small
< "embstr"
> SETBIT small 6 1
< :0
> OBJECT ENCODING small
< "raw"

# Expiry stays
> SET e a EX 1000
< +OK
> SETBIT e 50 1
< :0
> TTL e
< :990..1000


# BITCOUNT
> SET s foobar
< +OK
> BITCOUNT s
< :26
> BITCOUNT s 0 0
< :4
> BITCOUNT s 1 1
< :6
> BITCOUNT s 1 1 BYTE
< :6
> BITCOUNT s 5 30 BIT
< :17
> BITCOUNT s 0 -1
< :26
> BITCOUNT s -2 -1
< :7
> BITCOUNT s -1 -2
< :0
> BITCOUNT s -100 -50
< :4
> BITCOUNT s -100 -101
< :0
> BITCOUNT s 3 2
< :0
> BITCOUNT s 10 20
< :0
> BITCOUNT s 0 100
< :26
> BITCOUNT s -7 -3 bit
< :3
> BITCOUNT s 0 0 bit
< :0
> BITCOUNT s 1 1 bit
< :1
> BITCOUNT s 47 47 bit
< :0
> BITCOUNT s 47 48 bit
< :0
> BITCOUNT s 48 48 bit
< :0
> BITCOUNT s 9223372036854775807 9223372036854775807
< :0
> BITCOUNT s -9223372036854775808 9223372036854775807
< :26
> BITCOUNT s -9223372036854775808 9223372036854775807 BIT
< :26
> BITCOUNT s 0 -9223372036854775808
< :4
> BITCOUNT none
< :0
> BITCOUNT none 0 1
< :0
> BITCOUNT s 1
< -ERR syntax error
> BITCOUNT s x 1
< -ERR value is not an integer or out of range
> BITCOUNT s 1 x
< -ERR value is not an integer or out of range
> BITCOUNT s 0 1 BITS
< -ERR syntax error
> BITCOUNT s 0 x BITS
< -ERR value is not an integer or out of range
> BITCOUNT s x 1 BIT x
< -ERR syntax error
> BITCOUNT s 0 1 BIT x
< -ERR syntax error
> BITCOUNT list
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BITCOUNT list 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SET zeros "${rep:300:\x00}"
< +OK
> BITCOUNT zeros
< :0
> SET ones "${rep:1000:\xff}"
< +OK
> BITCOUNT ones
< :8000
> BITCOUNT ones 3 -4 BIT
< :7994
> BITCOUNT ones 1 -2
< :7984
> SET empty ""
< +OK
> BITCOUNT empty
< :0
> BITCOUNT empty 0 -1
< :0
> BITCOUNT empty 0 -1 BIT
< :0

# An absent key does not excuse bad arguments
@since 7.2
> BITCOUNT none x 1
< -ERR value is not an integer or out of range
> BITCOUNT none 0 1 BITS
< -ERR syntax error
> BITCOUNT none 1
< -ERR syntax error
> BITPOS none 0 x
< -ERR value is not an integer or out of range
> BITPOS none 0 0 1 BITS
< -ERR syntax error
> BITPOS none 2 0
< -ERR The bit argument must be 1 or 0.

# BITPOS
> SET s "\x00\xff\xf0"
< +OK
> BITPOS s 1
< :8
> BITPOS s 0
< :0
> BITPOS s 1 0
< :8
> BITPOS s 1 2
< :16
> BITPOS s 1 3
< :-1
> BITPOS s 0 1
< :20
> BITPOS s 0 1 1
< :-1
> BITPOS s 0 1 2
< :20
> BITPOS s 0 -1
< :20
> BITPOS s 0 2 2
< :20
> BITPOS s 1 0 0
< :-1
> BITPOS s 1 2 1
< :-1
> BITPOS s 1 -1
< :16
> BITPOS s 1 7 15 BIT
< :8
> BITPOS s 1 9 15 BIT
< :9
> BITPOS s 1 20 20 BIT
< :-1
> BITPOS s 0 8 19 BIT
< :-1
> BITPOS s 0 8 20 BIT
< :20
> BITPOS s 0 20 -1 BIT
< :20
> BITPOS s 1 -100 -1 BIT
< :8
> BITPOS s 1 1 2 byte
< :8
> BITPOS ones 0
< :8000
> BITPOS ones 0 0
< :8000
> BITPOS ones 0 500
< :8000
> BITPOS ones 0 0 -1
< :-1
> BITPOS ones 0 999
< :8000
> BITPOS ones 0 1000
< :-1
> BITPOS ones 1 3
< :24
> BITPOS ones 1 -9223372036854775808
< :0
> BITPOS ones 0 9223372036854775807
< :-1
> BITPOS ones 0 0 9223372036854775807
< :-1
> BITPOS zeros 1
< :-1
> BITPOS zeros 1 3 9
< :-1
> BITPOS zeros 0 3 9
< :24
> BITPOS none 0
< :0
> BITPOS none 1
< :-1
> BITPOS none 0 5 10
< :-1
> BITPOS empty 0
< :-1
> BITPOS empty 1
< :-1
> BITPOS empty 0 0 -1
< :-1
> BITPOS n 1
< :2
> BITPOS s 2
< -ERR The bit argument must be 1 or 0.
> BITPOS s -1
< -ERR The bit argument must be 1 or 0.
> BITPOS s x
< -ERR value is not an integer or out of range
> BITPOS s 0 x
< -ERR value is not an integer or out of range
> BITPOS s 0 0 x BITS
< -ERR syntax error
> BITPOS s 0 0 x
< -ERR value is not an integer or out of range
> BITPOS s 0 0 1 x
< -ERR syntax error
> BITPOS s 0 x 1 BIT BIT
< -ERR syntax error
> BITPOS s 2 x 1 BIT BIT
< -ERR The bit argument must be 1 or 0.
> BITPOS s 0 0 1 BIT BIT
< -ERR syntax error
> BITPOS s
< -ERR wrong number of arguments for 'bitpos' command
> BITPOS list 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BITPOS list 5
< -ERR The bit argument must be 1 or 0.

# BITOP
> SET a "\x0f\xf0\xaa"
< +OK
> SET c "\xff\xff"
< +OK
> SET d "\x55"
< +OK
> BITOP AND r a c
< :3
> GET r
< "\x0f\xf0\x00"
> BITOP OR r a c d
< :3
> GET r
< "\xff\xff\xaa"
> BITOP XOR r a c d
< :3
> GET r
< "\xa5\x0f\xaa"
> BITOP NOT r a
< :3
> GET r
< "\xf0\x0fU"
> BITOP and r a
< :3
> GET r
< "\x0f\xf0\xaa"
> BITOP AND r a none
< :3
> GET r
< "\x00\x00\x00"
> BITOP XOR a a c
< :3
> GET a
< "\xf0\x0f\xaa"
> BITOP NOT a a
< :3
> GET a
< "\x0f\xf0U"
> BITOP AND a a a a
< :3
> GET a
< "\x0f\xf0U"
> BITOP OR c d c
< :2
> GET c
< "\xff\xff"
> BITOP OR d c d
< :2
> GET d
< "\xff\xff"
> SET n 12
< +OK
> BITOP OR r n
< :2
> GET r
< "12"
> OBJECT ENCODING r
< "raw"
> BITOP NOT n n
< :2
> GET n
< "\xce\xcd"
> SET e a EX 1000
< +OK
> BITOP OR e e c
< :2
> TTL e
< :-1
> LPUSH l2 x
< :1
> BITOP OR l2 c
< :2
> TYPE l2
< +string
> BITOP OR r none
< :1
> EXISTS r
< :1
> BITOP AND c none none2
< :1
> EXISTS c
< :1
> SET empty ""
< +OK
> BITOP OR r empty empty
< :0
> EXISTS r
< :0
> BITOP NOT r a c
< -ERR BITOP NOT must be called with a single source key.
> BITOP NOT r none
< :1
> BITOP NAND r a c
< -ERR syntax error
> BITOP OR r list
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BITOP OR r a list
< -WRONGTYPE Operation against a key holding the wrong kind of value
> EXISTS r
< :1
> BITOP OR list a
< :3
> TYPE list
< +string
> BITOP AND r
< -ERR wrong number of arguments for 'bitop' command
> SET x "${rep:2000:\x0f\xff}"
< +OK
> SET y "${rep:999:\xf0\xf1}"
< +OK
> BITOP AND r x y
< :4000
> GETRANGE r 0 3
< "\x00\xf1\x00\xf1"
> GETRANGE r 1996 2001
< "\x00\xf1\x00\x00\x00\x00"
> BITCOUNT r
< :4995
> BITOP OR x x y
< :4000
> BITCOUNT x
< :27996
> BITOP XOR y x y
< :4000
> BITCOUNT y
< :19005

# What 8.2 adds: of the first and the others, and in exactly one
@since 8.2
> SET a "\xf0\xcc"
< +OK
> SET c "\x3c"
< +OK
> SET d "\x0f\x0f\xff"
< +OK
> BITOP DIFF r a c d
< :3
> GET r
< "\xc0\xc0\x00"
> BITOP DIFF1 r a c d
< :3
> GET r
< "\x0f\x03\xff"
> BITOP ANDOR r a c d
< :3
> GET r
< "0\x0c\x00"
> BITOP ONE r a c d
< :3
> GET r
< "\xc3\xc3\xff"
> BITOP ONE r a
< :2
> GET r
< "\xf0\xcc"
> BITOP ONE r a a a
< :2
> GET r
< "\x00\x00"
> BITOP DIFF r a
< -ERR BITOP DIFF must be called with at least two source keys.
> BITOP diff1 r a
< -ERR BITOP DIFF1 must be called with at least two source keys.
> BITOP ANDOR r a
< -ERR BITOP ANDOR must be called with at least two source keys.

# BITFIELD: reading
> SET f "\x00\xff\x55\xaa"
< +OK
> BITFIELD f GET u8 0 GET i8 8 GET u16 4 GET i5 27 GET u63 1 GET i64 0 GET u8 #1 GET i16 #1
< *8
<   :0
<   :-1
<   :4085
<   :10
<   :71870307694018560
<   :71870307694018560
<   :255
<   :21930
> BITFIELD f GET u1 31 GET u8 28 GET u8 32 GET i64 4294967232
< *4
<   :0
<   :160
<   :0
<   :0
> BITFIELD f
< *0
> BITFIELD none
< *0
> BITFIELD none GET i64 0 GET u63 100
< *2
<   :0
<   :0
> EXISTS none
< :1
> SET n 12
< +OK
> BITFIELD n GET u8 0 GET u8 #1 GET u8 #2
< *3
<   :49
<   :50
<   :0

# BITFIELD: SET shows what was there, INCRBY what is there now
> DEL f
< :1
> BITFIELD f SET u8 0 200 GET u8 0 SET i8 0 -1 GET u8 0
< *4
<   :0
<   :200
<   :-56
<   :255
> BITFIELD f INCRBY u8 0 1 INCRBY u8 0 10 INCRBY i5 100 1 GET u4 0
< *4
<   :0
<   :10
<   :1
<   :0
> STRLEN f
< :14
> BITFIELD f OVERFLOW SAT INCRBY u8 0 250 INCRBY u8 0 -300 OVERFLOW FAIL INCRBY u8 0 -1 INCRBY u8 0 255 INCRBY u8 0 1 OVERFLOW WRAP INCRBY u8 0 1
< *6
<   :255
<   :0
<   $-1
<   :255
<   $-1
<   :0
> BITFIELD f SET i8 #1 127 INCRBY i8 #1 1 OVERFLOW SAT INCRBY i8 #1 -10 INCRBY i8 #1 1000 OVERFLOW FAIL INCRBY i8 #1 1 INCRBY i8 #1 -300
< *6
<   :0
<   :-128
<   :-128
<   :127
<   $-1
<   $-1
> BITFIELD f SET u4 0 16 GET u4 0 OVERFLOW SAT SET u4 0 16 GET u4 0 SET u4 0 -1 GET u4 0 OVERFLOW FAIL SET u4 0 16 SET u4 0 15
< *8
<   :0
<   :0
<   :0
<   :15
<   :15
<   :15
<   $-1
<   :15
> BITFIELD f SET i4 0 8 GET i4 0 OVERFLOW SAT SET i4 0 8 GET i4 0 SET i4 0 -9 GET i4 0 OVERFLOW FAIL SET i4 0 -9 SET i4 0 -8
< *8
<   :-1
<   :-8
<   :-8
<   :7
<   :7
<   :-8
<   $-1
<   :-8
> BITFIELD f SET i64 3 9223372036854775807 INCRBY i64 3 1 INCRBY i64 3 -1 OVERFLOW SAT INCRBY i64 3 9223372036854775807 INCRBY i64 3 -9223372036854775808 INCRBY i64 3 -9223372036854775808 INCRBY i64 3 -9223372036854775808 OVERFLOW FAIL INCRBY i64 3 -1
< *8
<   :285978576338026496
<   :-9223372036854775808
<   :9223372036854775807
<   :9223372036854775807
<   :-1
<   :-9223372036854775808
<   :-9223372036854775808
<   $-1
> BITFIELD f SET u63 1 9223372036854775807 INCRBY u63 1 1 INCRBY u63 1 -1 OVERFLOW SAT INCRBY u63 1 -9223372036854775808 INCRBY u63 1 9223372036854775807 INCRBY u63 1 9223372036854775807
< *6
<   :1152921504606846976
<   :0
<   :9223372036854775807
<   :0
<   :9223372036854775807
<   :9223372036854775807
> BITFIELD f SET u1 0 1 INCRBY u1 0 1 INCRBY u1 0 1 OVERFLOW SAT INCRBY u1 0 5 INCRBY i1 0 0 SET i1 0 0 INCRBY i1 0 -1 INCRBY i1 0 -1 OVERFLOW WRAP INCRBY i1 0 -1
< *9
<   :1
<   :0
<   :1
<   :1
<   :-1
<   :-1
<   :-1
<   :-1
<   :0
> GETRANGE f 0 8
< "\x7f\xff\xff\xff\xff\xff\xff\xff\x00"
> DEL f
< :1
> BITFIELD f OVERFLOW FAIL INCRBY u2 100 4
< *1
<   $-1
> STRLEN f
< :13
> BITFIELD f OVERFLOW FAIL
< *0
> BITFIELD f overflow sat get u8 0 incrby U8 0 1
< -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
> SET n 12
< +OK
> BITFIELD n SET u8 0 52
< *1
<   :49
> GET n
< "42"
> OBJECT ENCODING n
< "raw"
> BITFIELD b SET u8 4294967295 1 GET u8 0
< *2
<   :0
<   :0
> DEL b
< :1

# Far below the range of a signed field: SAT takes the other end, as Redis does
> BITFIELD far OVERFLOW SAT SET i8 0 -9223372036854775808 GET i8 0 SET i8 0 -9223372036854775681 GET i8 0 SET i8 0 -9223372036854775680 GET i8 0 SET i63 0 -9223372036854775808 GET i63 0 SET i8 0 -129 GET i8 0 SET u8 0 -129 GET u8 0
< *12
<   :0
<   :127
<   :127
<   :127
<   :127
<   :-128
<   :-4611686018427387904
<   :4611686018427387903
<   :127
<   :-128
<   :128
<   :255

# BITFIELD: what it refuses
> SET f abc
< +OK
> BITFIELD f GET u64 0
< -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
> BITFIELD f GET i65 0
< -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
> BITFIELD f GET u0 0
< -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
> BITFIELD f GET i-1 0
< -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
> BITFIELD f GET i 0
< -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
> BITFIELD f GET x8 0
< -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
> BITFIELD f GET "" 0
< -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
> BITFIELD f GET u8 -1
< -ERR bit offset is not an integer or out of range
> BITFIELD f GET u8 x
< -ERR bit offset is not an integer or out of range
> BITFIELD f GET u8 #x
< -ERR bit offset is not an integer or out of range
> BITFIELD f GET u8 #-1
< -ERR bit offset is not an integer or out of range
> BITFIELD f GET u8 #
< -ERR bit offset is not an integer or out of range
> BITFIELD f GET u8 ""
< -ERR bit offset is not an integer or out of range
> BITFIELD f GET u8 4294967296
< -ERR bit offset is not an integer or out of range
> BITFIELD f GET u8 #536870912
< -ERR bit offset is not an integer or out of range
> BITFIELD f GET u8 9223372036854775807
< -ERR bit offset is not an integer or out of range
> BITFIELD f SET u8 0 x
< -ERR value is not an integer or out of range
> BITFIELD f SET u8 0 9223372036854775808
< -ERR value is not an integer or out of range
> BITFIELD f INCRBY u8 0 1.5
< -ERR value is not an integer or out of range
> BITFIELD f GET u8
< -ERR syntax error
> BITFIELD f SET u8 0
< -ERR syntax error
> BITFIELD f INCRBY u8 0
< -ERR syntax error
> BITFIELD f OVERFLOW
< -ERR syntax error
> BITFIELD f OVERFLOW x
< -ERR Invalid OVERFLOW type specified
> BITFIELD f JUNK u8 0
< -ERR syntax error
> BITFIELD f GET u8 0 JUNK
< -ERR syntax error
> BITFIELD f SET u8 0 1 GET u8 x
< -ERR bit offset is not an integer or out of range
> BITFIELD f SET u8 0 1 SET u8 8 x
< -ERR value is not an integer or out of range
> GET f
< "abc"
> LPUSH lst a
< :1
> BITFIELD lst GET u8 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BITFIELD lst SET u8 0 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BITFIELD lst
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BITFIELD_RO lst GET u8 0
< -WRONGTYPE Operation against a key holding the wrong kind of value
> BITFIELD_RO f GET u8 0 GET i8 #2
< *2
<   :97
<   :99
> BITFIELD_RO f SET u8 0 1
< -ERR BITFIELD_RO only supports the GET subcommand
> BITFIELD_RO f GET u8 0 INCRBY u8 0 1
< -ERR BITFIELD_RO only supports the GET subcommand
> BITFIELD_RO f
< *0
> BITFIELD_RO none GET u8 0
< *1
<   :0
> BITFIELD_RO f OVERFLOW SAT GET u8 0
< *1
<   :97
> GET f
< "abc"

# RESP3
@resp 3
> BITFIELD f OVERFLOW FAIL INCRBY u8 0 200 GET u8 0
< *2
<   _
<   :97
> BITPOS none 0
< :0

# Too many arguments are a syntax error, whatever they say
> SET many x
< +OK
> BITCOUNT many 99999999999999999999 1 BIT x
< -ERR syntax error
> BITPOS many 1 0 1 BIT x
< -ERR syntax error
