/* Reset and traps of a RISC-V hart that starts in machine mode. */
#include "board.h"
#include "start.h"

__attribute__((used, aligned(4))) static _Noreturn void trap(void) {
    board_print("trap: memory or an instruction that is not there\n");
    board_exit(3);
}

__attribute__((naked, section(".vectors"))) _Noreturn void reset(void) {
    __asm volatile(".option push\n .option arch, +zicsr\n"
                   "la sp, stack_top\n"
                   "la t0, trap\n csrw mtvec, t0\n"
                   ".option pop\n"
                   "j start");
}
