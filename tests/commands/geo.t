# Places.

# GEOADD and what is told of members
> GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
< :2
> GEOADD g 13.361389 38.115556 Palermo
< :0
> GEOADD g CH 13.5 38 Palermo 2.3522 48.8566 Paris
< :2
> GEOADD g 13.361389 38.115556 Palermo
< :0
> GEOADD g NX 0 0 Palermo 12.4964 41.9028 Rome
< :1
> GEOADD g XX 0 0 nobody
< :0
> GEOADD g XX CH 12.4964 41.9029 Rome
< :1
> GEOADD g nx ch -0.1276 51.5072 London
< :1
> GEOADD none XX 0 0 x
< :0
> EXISTS none
< :0
> TYPE g
< +zset
> ZSCORE g Palermo
< "3479099956230698"
> ZCARD g
< :5
> GEOPOS g Palermo nobody Rome
< *3
<   *2
<     "13.36138933897018433"
<     "38.11555639549629859"
<   *-1
<   *2
<     "12.49639838933944702"
<     "41.90290126568432783"
> GEOPOS none a b
< *2
<   *-1
<   *-1
> GEOPOS g
< *0
> GEOHASH g Palermo Catania nobody London
< *4
<   "sqc8b49rny0"
<   "sqdtr74hyu0"
<   $-1
<   "gcpvj0e54w0"
> GEOHASH none a
< *1
<   $-1
> GEOHASH g
< *0
> GEODIST g Palermo Catania
< "166274.1516"
> GEODIST g Palermo Catania m
< "166274.1516"
> GEODIST g Palermo Catania KM
< "166.2742"
> GEODIST g Palermo Catania mi
< "103.3182"
> GEODIST g Palermo Catania Ft
< "545518.8700"
> GEODIST g Palermo Palermo
< "0.0000"
> GEODIST g Palermo nobody
< $-1
> GEODIST g nobody Palermo
< $-1
> GEODIST none a b
< $-1
> GEODIST g Palermo Catania yd
< -ERR unsupported unit provided. please use M, KM, FT, MI
> GEODIST g Palermo Catania m x
< -ERR syntax error
> GEODIST g Palermo
< -ERR wrong number of arguments for 'geodist' command

# The edges of the map
> GEOADD e 180 85.05112878 ne -180 -85.05112878 sw 180 -85.05112878 se -180 85.05112878 nw 0 0 zero
< :5
> GEOPOS e ne sw se nw zero
< *5
<   *2
<     "180"
<     "85.0511287799999991"
<   *2
<     "-179.99999731779098511"
<     "-85.05112751263942528"
<   *2
<     "180"
<     "-85.05112751263942528"
<   *2
<     "-179.99999731779098511"
<     "85.0511287799999991"
<   *2
<     "0.00000268220901489"
<     "0.00000126736058093"
> ZSCORE e ne
< "13510798882111488"
> ZSCORE e sw
< "0"
> GEOHASH e ne sw se nw zero
< *5
<   "bp05b5048p0"
<   "00bh0hbj200"
<   "00bh0hbj200"
<   "bp05b5048p0"
<   "s0000000000"
> GEODIST e ne sw
< "18919844.5891"
> GEODIST e zero ne
< "10560811.4940"
> GEOADD e 180.1 0 x
< -ERR invalid longitude,latitude pair 180.100000,0.000000
> GEOADD e 0 85.06 x
< -ERR invalid longitude,latitude pair 0.000000,85.060000
> GEOADD e -180.0001 0 x
< -ERR invalid longitude,latitude pair -180.000100,0.000000
> GEOADD e 0 -86 x
< -ERR invalid longitude,latitude pair 0.000000,-86.000000
> GEOADD e x 0 x
< -ERR value is not a valid float
> GEOADD e 0 x x
< -ERR value is not a valid float
> GEOADD e nan 0 x
< -ERR value is not a valid float
> GEOADD e inf 0 x
< -ERR invalid longitude,latitude pair inf,0.000000
> GEOADD e 1 1 good 200 1 bad
< -ERR invalid longitude,latitude pair 200.000000,1.000000
> ZSCORE e good
< $-1
> GEOADD e 1 1
< -ERR wrong number of arguments for 'geoadd' command
> GEOADD e 1 1 a 2
< -ERR syntax error
> GEOADD e NX XX 1 1 a
< -ERR syntax error
> GEOADD e NX XX CH
< -ERR syntax error
> GEOADD e NX CH NX
< -ERR syntax error
> GEOADD e JUNK 1 1 a
< -ERR syntax error
> SET str x
< +OK
> GEOADD str 1 1 a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GEOPOS str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GEOHASH str a
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GEODIST str a b
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GEOADD str 200 1 a
< -ERR invalid longitude,latitude pair 200.000000,1.000000
> GEODIST str a b yd
< -ERR unsupported unit provided. please use M, KM, FT, MI

# Scores that are no places
> ZADD odd -1 minus 1e300 huge inf inf -inf low 0.5 half 4503599627370496 over 18446744073709551616 top -1e300 nether
< :8
> GEOPOS odd minus huge inf low half over top nether
< *8
<   *2
<     "180"
<     "85.0511287799999991"
<   *2
<     "-179.99999731779098511"
<     "-85.05112751263942528"
<   *2
<     "-179.99999731779098511"
<     "-85.05112751263942528"
<   *2
<     "180"
<     "-85.05112751263942528"
<   *2
<     "-179.99999731779098511"
<     "-85.05112751263942528"
<   *2
<     "-179.99999731779098511"
<     "85.0511287799999991"
<   *2
<     "-179.99999731779098511"
<     "-85.05112751263942528"
<   *2
<     "180"
<     "-85.05112751263942528"
> GEOHASH odd minus huge inf low half over top nether
< *8
<   "bp05b5048p0"
<   "00bh0hbj200"
<   "00bh0hbj200"
<   "00bh0hbj200"
<   "00bh0hbj200"
<   "bp05b5048p0"
<   "00bh0hbj200"
<   "00bh0hbj200"
> GEODIST odd minus half
< "18919844.5891"
> GEODIST odd huge top
< "0.0000"
> GEORADIUS odd 0 0 30000 km
< *1
<   "half"
> GEORADIUSBYMEMBER odd minus 30000 km
< *0

# GEORADIUS
> GEORADIUS g 15 37 200 km ASC
< *2
<   "Catania"
<   "Palermo"
> GEORADIUS g 15 37 200 km DESC
< *2
<   "Palermo"
<   "Catania"
> GEORADIUS g 15 37 200 km WITHDIST ASC
< *2
<   *2
<     "Catania"
<     "56.4413"
<   *2
<     "Palermo"
<     "190.4424"
> GEORADIUS g 15 37 200 km WITHCOORD ASC
< *2
<   *2
<     "Catania"
<     *2
<       "15.08726745843887329"
<       "37.50266842333162032"
<   *2
<     "Palermo"
<     *2
<       "13.36138933897018433"
<       "38.11555639549629859"
> GEORADIUS g 15 37 200 km WITHHASH ASC
< *2
<   *2
<     "Catania"
<     :3479447370796909
<   *2
<     "Palermo"
<     :3479099956230698
> GEORADIUS g 15 37 200 km WITHDIST WITHHASH WITHCOORD ASC COUNT 1
< *1
<   *4
<     "Catania"
<     "56.4413"
<     :3479447370796909
<     *2
<       "15.08726745843887329"
<       "37.50266842333162032"
> GEORADIUS g 15 37 200 km COUNT 1
< *1
<   "Catania"
> GEORADIUS g 15 37 200 km COUNT 1 DESC
< *1
<   "Palermo"
> GEORADIUS g 15 37 5000 km COUNT 2 ANY
< *2
<   "Palermo"
<   "Catania"
> GEORADIUS g 15 37 5000 km COUNT 100 ANY ASC
< *5
<   "Catania"
<   "Palermo"
<   "Rome"
<   "Paris"
<   "London"
> GEORADIUS g 15 37 5000 km
< *5
<   "Palermo"
<   "Catania"
<   "Rome"
<   "Paris"
<   "London"
> GEORADIUS g 15 37 1 m
< *0
> GEORADIUS g 15 37 0 m
< *0
> GEORADIUS none 15 37 1 km
< *0
> GEORADIUS none 15 37 1 km JUNK
< -ERR syntax error
> GEORADIUS none 200 37 1 km
< -ERR invalid longitude,latitude pair 200.000000,37.000000
> GEORADIUS g 15 37 inf km COUNT 1
< *1
<   "Catania"
> GEORADIUS g 15 37 -1 km
< -ERR radius cannot be negative
> GEORADIUS g 15 37 x km
< -ERR need numeric radius
> GEORADIUS g 15 37 nan km
< -ERR need numeric radius
> GEORADIUS g 15 37 1 yd
< -ERR unsupported unit provided. please use M, KM, FT, MI
> GEORADIUS g 15 100 1 km
< -ERR invalid longitude,latitude pair 15.000000,100.000000
> GEORADIUS g x 37 1 km
< -ERR value is not a valid float
> GEORADIUS g 15 37 1 km COUNT
< -ERR syntax error
> GEORADIUS g 15 37 1 km COUNT 0
< -ERR COUNT must be > 0
> GEORADIUS g 15 37 1 km COUNT -1
< -ERR COUNT must be > 0
> GEORADIUS g 15 37 1 km COUNT x
< -ERR value is not an integer or out of range
> GEORADIUS g 15 37 1 km COUNT 9223372036854775807
< *0
> GEORADIUS g 15 37 1 km ANY
< -ERR the ANY argument requires COUNT argument
> GEORADIUS g 15 37 1 km STORE
< -ERR syntax error
> GEORADIUS g 15 37 1 km BYBOX 1 1 km
< -ERR syntax error
> GEORADIUS g 15 37 1 km FROMMEMBER Rome
< -ERR syntax error
> GEORADIUS str 15 37 1 km
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GEORADIUS str 200 37 1 km
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GEORADIUS g 15 37 1
< -ERR wrong number of arguments for 'georadius' command
> GEORADIUS_RO g 15 37 200 km ASC WITHDIST
< *2
<   *2
<     "Catania"
<     "56.4413"
<   *2
<     "Palermo"
<     "190.4424"
> GEORADIUS_RO g 15 37 200 km STORE x
< -ERR syntax error
> GEORADIUSBYMEMBER g Palermo 200 km
< *2
<   "Palermo"
<   "Catania"
> GEORADIUSBYMEMBER g Palermo 200 km WITHDIST DESC
< *2
<   *2
<     "Catania"
<     "166.2742"
<   *2
<     "Palermo"
<     "0.0000"
> GEORADIUSBYMEMBER g nobody 200 km
< -ERR could not decode requested zset member
> GEORADIUSBYMEMBER none nobody 200 km
< *0
> GEORADIUSBYMEMBER none nobody x yd JUNK
< -ERR syntax error
> GEORADIUSBYMEMBER none nobody x yd ASC
< *0
> GEORADIUSBYMEMBER g Palermo x km
< -ERR need numeric radius
> GEORADIUSBYMEMBER g Palermo
< -ERR wrong number of arguments for 'georadiusbymember' command
> GEORADIUSBYMEMBER_RO g Palermo 200 km ASC
< *2
<   "Palermo"
<   "Catania"
> GEORADIUSBYMEMBER_RO g Palermo 200 km STOREDIST x
< -ERR syntax error

# STORE, STOREDIST: the last one counts, also for COMMAND GETKEYS
> GEORADIUS g 15 37 200 km STORE s
< :2
> ZRANGE s 0 -1 WITHSCORES
< *4
<   "Palermo"
<   "3479099956230698"
<   "Catania"
<   "3479447370796909"
> GEORADIUS g 15 37 200 km STOREDIST s
< :2
> ZRANGE s 0 -1 WITHSCORES
< *4
<   "Catania"
<   /^56.441257870158/
<   "Palermo"
<   "190.44242984775784"
> OBJECT ENCODING s
< "listpack"
> GEORADIUS g 15 37 200 km STORE s2 STOREDIST s3
< :2
> EXISTS s2 s3
< :1
> GEORADIUS g 15 37 200 km STOREDIST s4 STORE s5 COUNT 1
< :1
> EXISTS s4
< :0
> ZRANGE s5 0 -1 WITHSCORES
< *2
<   "Catania"
<   "3479447370796909"
> GEORADIUS g 15 37 200 km STORE s WITHDIST
< -ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
> GEORADIUS g 15 37 200 km WITHHASH STOREDIST s
< -ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
> GEORADIUSBYMEMBER g Palermo 200 km STORE g2
< :2
> ZCARD g2
< :2
> GEORADIUS g 100 37 1 km STORE s
< :0
> EXISTS s
< :0
> GEORADIUS none 15 37 1 km STORE g2
< :0
> EXISTS g2
< :0
> SET str x
< +OK
> GEORADIUS g 15 37 200 km STORE str
< :2
> TYPE str
< +zset
> GEORADIUSBYMEMBER none x 1 km STORE str
< :0
> EXISTS str
< :0
> COPY g gg
< :1
> GEORADIUS gg 15 37 200 km STORE gg
< :2
> ZCARD gg
< :2

# The keys told are the keys used: Redis 7.0 tells the first of each
@only ashlar
> COMMAND GETKEYS GEORADIUS g 15 37 200 km
< *1
<   "g"
> COMMAND GETKEYS GEORADIUS g 15 37 200 km STORE a STOREDIST b
< *2
<   "g"
<   "b"
> COMMAND GETKEYS GEORADIUS g 15 37 200 km STORE a COUNT 1 STORE b ASC
< *2
<   "g"
<   "b"
> COMMAND GETKEYS GEORADIUSBYMEMBER g m 200 km store a
< *2
<   "g"
<   "a"
> COMMAND GETKEYS GEORADIUSBYMEMBER g m 200 km STORE
< *1
<   "g"

# GEOSEARCH
> GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km ASC
< *2
<   "Palermo"
<   "Catania"
> GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST
< *2
<   *2
<     "Catania"
<     "56.4413"
<   *2
<     "Palermo"
<     "190.4424"
> GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHCOORD WITHDIST
< *2
<   *3
<     "Catania"
<     "56.4413"
<     *2
<       "15.08726745843887329"
<       "37.50266842333162032"
<   *3
<     "Palermo"
<     "190.4424"
<     *2
<       "13.36138933897018433"
<       "38.11555639549629859"
> GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 100 km ASC
< *0
> GEOSEARCH g BYBOX 400 400 km FROMLONLAT 15 37 DESC COUNT 1
< *1
<   "Palermo"
> GEOSEARCH g BYRADIUS 2000 mi FROMMEMBER London COUNT 2 ANY WITHHASH
< *2
<   *2
<     "London"
<     :2163557714838307
<   *2
<     "Palermo"
<     :3479099956230698
> GEOSEARCH none FROMMEMBER x BYRADIUS 1 m
< *0
> GEOSEARCH none FROMLONLAT 1 1 BYRADIUS 1 m
< *0
> GEOSEARCH none BYRADIUS 1 m ASC DESC ASC
< -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH
> GEOSEARCH g FROMMEMBER nobody BYRADIUS 1 m
< -ERR could not decode requested zset member
> GEOSEARCH g FROMMEMBER Rome FROMLONLAT 1 1 BYRADIUS 1 m
< -ERR syntax error
> GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m BYBOX 1 1 m
< -ERR syntax error
> GEOSEARCH g FROMMEMBER Rome ASC WITHDIST COUNT 1
< -ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH
> GEOSEARCH g BYRADIUS 1 m ASC WITHDIST COUNT 1
< -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH
> geosearch g FROMMEMBER Rome ASC WITHDIST COUNT 1
< -ERR exactly one of BYRADIUS and BYBOX can be specified for geosearch
> GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m ANY
< -ERR the ANY argument requires COUNT argument
> GEOSEARCH g FROMMEMBER Rome BYBOX -1 1 m
< -ERR height or width cannot be negative
> GEOSEARCH g FROMMEMBER Rome BYBOX 1 -1 m
< -ERR height or width cannot be negative
> GEOSEARCH g FROMMEMBER Rome BYBOX x 1 m
< -ERR need numeric width
> GEOSEARCH g FROMMEMBER Rome BYBOX 1 x m
< -ERR need numeric height
> GEOSEARCH g FROMMEMBER Rome BYBOX 1 1 yd
< -ERR unsupported unit provided. please use M, KM, FT, MI
> GEOSEARCH g FROMMEMBER Rome BYBOX 1 1
< -ERR syntax error
> GEOSEARCH g FROMMEMBER Rome BYRADIUS -1 m
< -ERR radius cannot be negative
> GEOSEARCH g FROMLONLAT 200 1 BYRADIUS 1 m
< -ERR invalid longitude,latitude pair 200.000000,1.000000
> GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m STORE x
< -ERR syntax error
> GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m STOREDIST
< -ERR syntax error
> GEOSEARCH g FROMMEMBER Rome
< -ERR wrong number of arguments for 'geosearch' command
> SET str x
< +OK
> GEOSEARCH str FROMMEMBER Rome BYRADIUS 1 m
< -WRONGTYPE Operation against a key holding the wrong kind of value

# GEOSEARCHSTORE
> GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km ASC
< :2
> ZRANGE d 0 -1 WITHSCORES
< *4
<   "Palermo"
<   "3479099956230698"
<   "Catania"
<   "3479447370796909"
> GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km STOREDIST
< :2
> ZRANGE d 0 -1 WITHSCORES
< *4
<   "Catania"
<   /^56.441257870158/
<   "Palermo"
<   "190.44242984775784"
> GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 5000 km COUNT 2 DESC
< :2
> ZRANGE d 0 -1
< *2
<   "London"
<   "Paris"
> GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 1 km WITHDIST
< -ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
> GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 1 m
< :0
> EXISTS d
< :0
> SET d x
< +OK
> GEOSEARCHSTORE d none FROMLONLAT 15 37 BYRADIUS 1 m
< :0
> EXISTS d
< :0
> GEOSEARCHSTORE d g BYRADIUS 1 m ASC COUNT 1 DESC
< -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCHSTORE
> GEOSEARCHSTORE d str FROMLONLAT 15 37 BYRADIUS 1 m
< -WRONGTYPE Operation against a key holding the wrong kind of value
> GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 1
< -ERR syntax error

# RESP3
@resp 3
> GEOPOS g Palermo nobody
< *2
<   *2
<     ,13.36138933897018433
<     ,38.11555639549629859
<   _
> GEODIST g Palermo Catania
< "166274.1516"
> GEODIST g Palermo nobody
< _
> GEOHASH g Palermo nobody
< *2
<   "sqc8b49rny0"
<   _
> GEORADIUS g 15 37 200 km WITHDIST WITHHASH WITHCOORD ASC
< *2
<   *4
<     "Catania"
<     "56.4413"
<     :3479447370796909
<     *2
<       ,15.08726745843887329
<       ,37.50266842333162032
<   *4
<     "Palermo"
<     "190.4424"
<     :3479099956230698
<     *2
<       ,13.36138933897018433
<       ,38.11555639549629859
