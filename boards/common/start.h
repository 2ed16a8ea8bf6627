/* What a reset handler does once it has a stack. */
#ifndef START_H
#define START_H

/* Fills in the memory as C expects it, runs main() and ends with its result. */
_Noreturn void start(void);

#endif
