/* listener.h: the sockets that clients connect to, and who is let in.
 *
 * The set of listeners follows the configuration (bind, port, unixsocket); a change that fails leaves
 * them as they were. Connections that are open are not touched. */
#ifndef ASHLAR_SERVER_NET_LISTENER_H
#define ASHLAR_SERVER_NET_LISTENER_H

#include <stdbool.h>

struct loop;

/* Opens all that the configuration names and closes the others. False: something cannot be opened
 * (logged), and the listeners are as they were. */
bool listener_update(struct loop *l);
unsigned listener_count(const struct loop *l);
/* Closes all and removes the unix socket's file. */
void listener_close_all(struct loop *l);

#endif
