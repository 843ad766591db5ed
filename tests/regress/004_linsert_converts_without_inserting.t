# LINSERT made room by converting a full listpack, did not find its pivot and left the key with what had
# been freed. Here by way of what the key is afterwards.
> CONFIG SET list-max-listpack-size 2
< +OK
> RPUSH l a b
< :2
> LINSERT l AFTER nosuch c
< :-1
> LRANGE l 0 -1
< *2
<   "a"
<   "b"
> OBJECT ENCODING l
< "quicklist"
@only ashlar
> DEBUG CHECK
< +OK
