# A last ID set below deleted entries at the end: new entries came under them and were not found.
> XADD s 1-0 f v
< "1-0"
> XADD s 4-0 f v
< "4-0"
> XADD s 5-0 f v
< "5-0"
> XDEL s 5-0
< :1
> XSETID s 5-0 MAXDELETEDID 1-0
< +OK
> XSETID s 4-0
< +OK
> XADD s 4-5 new entry
< "4-5"
> XRANGE s 4-5 4-5
< *1
<   *2
<     "4-5"
<     *2
<       "new"
<       "entry"
> XDEL s 4-5
< :1
> XLEN s
< :2
