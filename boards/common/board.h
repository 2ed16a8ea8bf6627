/* What a board offers to main(): text and an exit code over semihosting, the stack's use, marks for counting. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>

void board_print(const char *text);
void board_print_number(size_t number);

/* Ends the emulation with this exit code. */
_Noreturn void board_exit(int code);

/* The most bytes of stack in use so far. All of them: it may have overflowed. */
size_t board_stack_used(void);

/*
 * Instructions that follow count as "init", "run" or "rest" (tools/insn-count, mark=board_mark_).
 */
void board_mark_init(void);
void board_mark_run(void);
void board_mark_rest(void);

#endif
