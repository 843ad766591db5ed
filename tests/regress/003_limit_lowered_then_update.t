# A hash that is over a limit lowered since is converted by an update too, not only by a new field.
> HSET h a 1 b 2 c 3
< :3
> CONFIG SET hash-max-listpack-entries 1
< +OK
> OBJECT ENCODING h
< "listpack"
> HSET h a 4
< :0
> OBJECT ENCODING h
< "hashtable"
