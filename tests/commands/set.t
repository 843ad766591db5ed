# Sets.

# SADD, SREM, SCARD, SISMEMBER, SMISMEMBER, SMEMBERS
> SADD s a b c a
< :3
> SADD s a
< :0
> SCARD s
< :3
> SCARD none
< :0
> SISMEMBER s a
< :1
> SISMEMBER s x
< :0
> SISMEMBER none x
< :0
> SMISMEMBER s a x b
< *3
<   :1
<   :0
<   :1
> SMISMEMBER none a b
< *2
<   :0
<   :0
> SMEMBERS s
< *3 unordered
<   "c"
<   "a"
<   "b"
> SMEMBERS none
< *0
> SREM s a x
< :1
> SREM s x
< :0
> SREM none x
< :0
> SREM s b c
< :2
> EXISTS s
< :0
> SADD s
< -ERR wrong number of arguments for 'sadd' command
> SADD
< -ERR wrong number of arguments for 'sadd' command
> SREM s
< -ERR wrong number of arguments for 'srem' command

# Integers, and text that only looks like one
> SADD i 1 2 3 -5 01 9223372036854775807
< :6
> SISMEMBER i 1
< :1
> SISMEMBER i 01
< :1
> SISMEMBER i 001
< :0
> SISMEMBER i 9223372036854775807
< :1
> SISMEMBER i -5
< :1
> SMEMBERS i
< *6 unordered
<   "2"
<   "3"
<   "-5"
<   "1"
<   "01"
<   "9223372036854775807"
> SADD ints 3 1 2
< :3
> OBJECT ENCODING ints
< "intset"
> SMEMBERS ints
< *3
<   "1"
<   "2"
<   "3"
> SADD ints 1
< :0
> SREM ints 1
< :1

# SPOP
> SADD p a
< :1
> SPOP p
< "a"
> EXISTS p
< :0
> SPOP p
< $-1
> SPOP p 3
< *0
> SADD p a b c
< :3
> SPOP p 0
< *0
> SPOP p 5
< *3 unordered
<   "a"
<   "c"
<   "b"
> EXISTS p
< :0
> SPOP p -1
< -ERR value is out of range, must be positive
> SPOP p x
< -ERR value is out of range, must be positive
> SPOP p 1 2
< -ERR syntax error
> SADD p a b c d
< :4
> SPOP p 2
< ?
> SCARD p
< :2
> SPOP p
< ?
> SCARD p
< :1

# SRANDMEMBER
> SADD r a
< :1
> SRANDMEMBER r
< "a"
> SRANDMEMBER r 0
< *0
> SRANDMEMBER r 3
< *1
<   "a"
> SRANDMEMBER r -3
< *3
<   "a"
<   "a"
<   "a"
> SRANDMEMBER none
< $-1
> SRANDMEMBER none 3
< *0
> SRANDMEMBER r x
< -ERR value is not an integer or out of range
> SRANDMEMBER r 1 2
< -ERR syntax error
> SRANDMEMBER r -9223372036854775808
< -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
> SADD r b c
< :2
> SRANDMEMBER r 10
< *3 unordered
<   "c"
<   "a"
<   "b"
> SRANDMEMBER r 2
< ?
> SCARD r
< :3

# SMOVE
> SADD m1 a b
< :2
> SADD m2 b c
< :2
> SMOVE m1 m2 a
< :1
> SMOVE m1 m2 b
< :1
> EXISTS m1
< :0
> SMEMBERS m2
< *3 unordered
<   "a"
<   "c"
<   "b"
> SMOVE m1 m2 x
< :0
> SMOVE m2 m2 a
< :1
> SMOVE m2 m2 x
< :0
> SMOVE m2 new a
< :1
> SMEMBERS new
< *1
<   "a"
> SMOVE m2 new nope
< :0

# SINTER, SUNION, SDIFF
> SADD a 1 2 3 4
< :4
> SADD b 3 4 5
< :3
> SADD c 4 x
< :2
> SINTER a b
< *2 unordered
<   "3"
<   "4"
> SINTER a b c
< *1
<   "4"
> SINTER a none
< *0
> SINTER none
< *0
> SINTER a
< *4 unordered
<   "1"
<   "2"
<   "3"
<   "4"
> SINTER a a b c c
< *1
<   "4"
> SUNION a b c
< *6 unordered
<   "3"
<   "2"
<   "x"
<   "1"
<   "5"
<   "4"
> SUNION none none2
< *0
> SUNION none b
< *3 unordered
<   "3"
<   "4"
<   "5"
> SDIFF a b
< *2 unordered
<   "1"
<   "2"
> SDIFF a b none
< *2 unordered
<   "1"
<   "2"
> SDIFF a a
< *0
> SDIFF none a
< *0
> SDIFF a
< *4 unordered
<   "1"
<   "2"
<   "3"
<   "4"
> SDIFF a b c 
< *2
<   "1"
<   "2"

# The STORE forms, into one of the operands too
> SINTERSTORE d a b
< :2
> SMEMBERS d
< *2 unordered
<   "3"
<   "4"
> SUNIONSTORE d a b c
< :6
> SMEMBERS d
< *6 unordered
<   "3"
<   "2"
<   "x"
<   "1"
<   "5"
<   "4"
> SDIFFSTORE d a b
< :2
> SMEMBERS d
< *2 unordered
<   "1"
<   "2"
> SINTERSTORE d a none
< :0
> EXISTS d
< :0
> SET d string
< +OK
> SUNIONSTORE d c
< :2
> TYPE d
< +set
> SADD a2 1 2 3 4
< :4
> SDIFFSTORE a2 a2 b
< :2
> SMEMBERS a2
< *2 unordered
<   "1"
<   "2"
> EXPIRE a2 100
< :1
> SUNIONSTORE a2 a2 c
< :4
> TTL a2
< :-1
> SINTERSTORE a2 none
< :0
> EXISTS a2
< :0

# SINTERCARD
> SINTERCARD 2 a b
< :2
> SINTERCARD 2 a b LIMIT 1
< :1
> SINTERCARD 2 a b LIMIT 0
< :2
> SINTERCARD 2 a b LIMIT 10
< :2
> SINTERCARD 2 a none
< :0
> SINTERCARD 0 a
< -ERR numkeys should be greater than 0
> SINTERCARD -1 a
< -ERR numkeys should be greater than 0
> SINTERCARD x a
< -ERR numkeys should be greater than 0
> SINTERCARD 3 a b
< -ERR Number of keys can't be greater than number of args
> SINTERCARD 1 a LIMIT -1
< -ERR LIMIT can't be negative
> SINTERCARD 1 a LIMIT x
< -ERR LIMIT can't be negative
> SINTERCARD 1 a LIMIT
< -ERR syntax error
> SINTERCARD 1 a FOO 1
< -ERR syntax error
> SINTERCARD 1 a b
< -ERR syntax error

# SSCAN
> SADD scan a
< :1
> SSCAN scan 0
< *2
<   "0"
<   *1
<     "a"
> SSCAN scan 0 MATCH a COUNT 10
< *2
<   "0"
<   *1
<     "a"
> SSCAN scan 0 MATCH b
< *2
<   "0"
<   *0
> SSCAN none 0
< *2
<   "0"
<   *0
> SSCAN scan x
< -ERR invalid cursor
> SSCAN scan 0 COUNT 0
< -ERR syntax error
> SSCAN scan 0 COUNT -1
< -ERR syntax error
> SSCAN scan 0 TYPE set
< -ERR syntax error

# Wrong types
> SET str x
< +OK
> SADD str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SREM str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SCARD str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SISMEMBER str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SMISMEMBER str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SMEMBERS str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SPOP str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SRANDMEMBER str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SMOVE str a x
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SMOVE a str 1
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SMOVE none str 1
< :0
> SINTER a str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SINTER none str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SINTER str none
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SUNION a str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SDIFF a str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SDIFF none str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SINTERSTORE str2 none str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SINTERSTORE str a b
< :2
> TYPE str
< +set
> SET str x
< +OK
> SINTERCARD 2 none str
< -WRONGTYPE Operation against a key holding the wrong kind of value
> SSCAN str 0
< -WRONGTYPE Operation against a key holding the wrong kind of value

# RESP3: sets where Redis says sets
@resp 3
> SADD s3 a
< :1
> SMEMBERS s3
< ~1
<   "a"
> SMEMBERS none
< ~0
> SINTER s3
< ~1
<   "a"
> SUNION s3
< ~1
<   "a"
> SDIFF s3
< ~1
<   "a"
> SINTER none
< ~0
> SPOP none 2
< ~0
> SPOP none
< _
> SRANDMEMBER none
< _
> SRANDMEMBER s3 2
< *1
<   "a"
> SMISMEMBER s3 a b
< *2
<   :1
<   :0
> SSCAN s3 0
< *2
<   "0"
<   *1
<     "a"
> SPOP s3 1
< ~1
<   "a"

@resp 2
# SPOP of nearly all: what stays is a new set, of the encoding it needs; its expiry stays
> CONFIG SET set-max-intset-entries 10
< +OK
> SADD most 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 127 128 129 130 131 132 133 134 135 136 137 138 139 140 141 142 143 144 145 146 147 148 149 150 151 152 153 154 155 156 157 158 159 160 161 162 163 164 165 166 167 168 169 170 171 172 173 174 175 176 177 178 179 180 181 182 183 184 185 186 187 188 189 190 191 192 193 194 195 196 197 198 199 200
< :200
> EXPIRE most 10000
< :1
> OBJECT ENCODING most
< "hashtable"
> SPOP most 2
< *2
<   /^[0-9]+$/
<   /^[0-9]+$/
> OBJECT ENCODING most
< "hashtable"
> SPOP most 195
< *195
<   ...
> OBJECT ENCODING most
< "intset"
> SCARD most
< :3
> TTL most
< :9000..10000
> CONFIG SET set-max-intset-entries 512
< +OK

# Encodings at their thresholds, also when these change under a set that is there
> DEL s
< :?
> CONFIG SET set-max-intset-entries 3
< +OK
> SADD s 1 2 3
< :3
> OBJECT ENCODING s
< "intset"
> SADD s 3
< :0
> OBJECT ENCODING s
< "intset"
> CONFIG SET set-max-intset-entries 1
< +OK
> OBJECT ENCODING s
< "intset"
> SREM s 1
< :1
> OBJECT ENCODING s
< "intset"
> SADD s 2
< :0
> OBJECT ENCODING s
< "intset"
> SADD s 9
< :1
> OBJECT ENCODING s
< "hashtable"
> SREM s 2 9
< :2
> OBJECT ENCODING s
< "hashtable"
> CONFIG SET set-max-intset-entries 0
< +OK
> DEL s
< :1

@since 7.2
> CONFIG SET set-max-listpack-entries 3 set-max-listpack-value 5
< +OK
> SADD s 1
< :1
> OBJECT ENCODING s
< "listpack"
> SADD s 12345 c
< :2
> OBJECT ENCODING s
< "listpack"
> SADD s c
< :0
> OBJECT ENCODING s
< "listpack"
> SADD s d
< :1
> OBJECT ENCODING s
< "hashtable"
> DEL s
< :1
> SADD s a 123456
< :2
> OBJECT ENCODING s
< "hashtable"
> DEL s
< :1
> CONFIG SET set-max-intset-entries 512
< +OK
> SADD s 1 2 3
< :3
> SADD s x
< :1
> OBJECT ENCODING s
< "hashtable"
> DEL s
< :1
> SADD s 1 2
< :2
> SADD s x
< :1
> OBJECT ENCODING s
< "listpack"
> DEL s
< :1
> SADD s 1 123456
< :2
> SADD s x
< :1
> OBJECT ENCODING s
< "hashtable"
> DEL s
< :1
> SADD s a b c
< :3
> CONFIG SET set-max-listpack-entries 1
< +OK
> SREM s a
< :1
> OBJECT ENCODING s
< "listpack"
> SADD s b
< :0
> OBJECT ENCODING s
< "listpack"
> SADD s new
< :1
> OBJECT ENCODING s
< "hashtable"
> CONFIG SET set-max-listpack-entries 128 set-max-listpack-value 64
< +OK

> CONFIG SET set-max-intset-entries 512
< +OK
