# Lazy freeing, as far as clients see it. Fields are those of INFO memory and INFO stats.

# UNLINK and DEL answer alike, whatever the size
> SET big ${rep:200000:x}
< +OK
> UNLINK big
< :1
> EXISTS big
< :0
> SET big ${rep:200000:y}
< +OK
> DEL big
< :1
> GET big
< $-1
> SADD set ${rep:10:m} 1 2 3
< :4
> UNLINK set
< :1
> SCARD set
< :0

# What was unlinked is freed in the end
@eventually 5000
> INFO memory
< all
<   /^lazyfree_pending_objects:0/
<   /^lazyfreed_objects:[0-9]+/

# Options
> CONFIG GET lazyfree-lazy-eviction
< *2
<   "lazyfree-lazy-eviction"
<   /^(yes|no)$/
> CONFIG SET lazyfree-lazy-user-del yes
< +OK
> CONFIG SET lazyfree-lazy-user-flush yes
< +OK
> CONFIG SET lazyfree-lazy-expire yes
< +OK
> CONFIG SET lazyfree-lazy-server-del yes
< +OK
> CONFIG SET lazyfree-lazy-eviction yes
< +OK
> SET big ${rep:200000:z}
< +OK
> SET big small
< +OK
> GET big
< "small"
> SET big ${rep:200000:z}
< +OK
> PEXPIRE big -1
< :1
> EXISTS big
< :0
> CONFIG SET lazyfree-lazy-user-del maybe
< -ERR CONFIG SET failed*

# A flush in the background leaves an empty database at once, usable right away
> MSET a 1 b 2 c ${rep:3000:c}
< +OK
> FLUSHALL ASYNC
< +OK
> DBSIZE
< :0
> SET a again
< +OK
> GET a
< "again"
> FLUSHDB
< +OK
> FLUSHDB SYNC
< +OK
> FLUSHALL
< +OK
> DBSIZE
< :0
@eventually 5000
> INFO memory
< /^lazyfree_pending_objects:0/

# A value that goes while others are queued
> SET x ${rep:100000:x}
< +OK
> UNLINK x
< :1
> SET x ${rep:100000:x}
< +OK
> RENAME x y
< +OK
> SET x ${rep:100000:z}
< +OK
> RENAME y x
< +OK
> STRLEN x
< :100000
> GETRANGE x 0 2
< "xxx"
> COPY x y
< :1
> FLUSHALL SYNC
< +OK
> EXISTS x y
< :0
