# The average time to live that INFO shows stayed when the last key that expires had gone.
> SET k v PX 1000000
< +OK
@eventually 10000
> INFO keyspace
< /^db0:keys=1,expires=1,avg_ttl=[1-9]/
> PERSIST k
< :1
@eventually 10000
> INFO keyspace
< /^db0:keys=1,expires=0,avg_ttl=0/
