/* version.h: what we are, and which Redis clients may take us for. */
#ifndef ASHLAR_SERVER_VERSION_H
#define ASHLAR_SERVER_VERSION_H

#define ASHLAR_VERSION       "0.1.0"
#define ASHLAR_REDIS_VERSION "7.2.4" /* redis_version in INFO and HELLO: what we behave as */

#endif
