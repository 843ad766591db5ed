/* fork.h: makes fork() safe while other threads allocate. See fork.c. */
#ifndef ASHLAR_ALLOC_FORK_H
#define ASHLAR_ALLOC_FORK_H

/* Once, before others register handlers of theirs. */
void fork_init(void);

#endif
