/* Semihosting: the debugger's or emulator's console and exit. */
#include "board.h"

#include <stdint.h>

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

#if defined(__riscv)
static void call(uintptr_t operation, const void *parameter) {
    register uintptr_t a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = parameter;
    /* These three instructions, uncompressed and in one page, are the call. */
    __asm volatile(".option push\n .option norvc\n .balign 16\n"
                   "slli zero, zero, 0x1f\n ebreak\n srai zero, zero, 7\n .option pop"
                   : "+r"(a0)
                   : "r"(a1)
                   : "memory");
}
#else
static void call(uintptr_t operation, const void *parameter) {
    register uintptr_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = parameter;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}
#endif

void board_print(const char *text) {
    call(SYS_WRITE0, text);
}

void board_print_number(size_t number) {
    char digits[24], *p = digits + sizeof digits - 1;
    *p = 0;
    do
        *--p = (char)('0' + number % 10);
    while (number /= 10);
    board_print(p);
}

_Noreturn void board_exit(int code) {
    const uintptr_t block[2] = {APPLICATION_EXIT, (uintptr_t)code};
    for (;;)
        call(SYS_EXIT_EXTENDED, block);
}
