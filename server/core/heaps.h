/* heaps.h: the server's heaps by purpose, made once by main. Each logical database has two more of its
 * own (core/keyspace.h): its dataset and its tables. Third-party libraries are in "general". */
#ifndef ASHLAR_SERVER_CORE_HEAPS_H
#define ASHLAR_SERVER_CORE_HEAPS_H

struct ash_heap;

struct heaps {
    struct ash_heap *server;  /* configuration, logs, statistics, sessions' own fields */
    struct ash_heap *clients; /* query and output buffers, argument vectors */
};

#endif
