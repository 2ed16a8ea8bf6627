/* Reset and faults of a Cortex-M. */
#include "board.h"
#include "start.h"

#include <stdint.h>

extern uint32_t stack_top[];

_Noreturn void reset(void) {
#ifdef __ARM_FP
    /* Full access to coprocessors 10 and 11: the FPU, and Helium. */
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;
    __asm volatile("dsb\n isb" ::: "memory");
#endif
    start();
}

static _Noreturn void fault(void) {
    board_print("fault: memory or an instruction that is not there\n");
    board_exit(3);
}

typedef union vector {
    void *address;
    void (*handler)(void);
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.address = stack_top}, {.handler = reset}, {.handler = fault}, {.handler = fault},
    {.handler = fault},     {.handler = fault}, {.handler = fault},
};
