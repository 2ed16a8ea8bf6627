#include "start.h"

#include "board.h"

#include <stdint.h>

/* From the linker script. */
extern uint32_t data_begin[], data_end[], bss_begin[], bss_end[], stack_limit[], stack_top[];
extern const uint32_t data_load[];

int main(void);

static const uint32_t paint = 0x5AC35AC3;

_Noreturn void start(void) {
    for (uint32_t *to = data_begin; to < data_end; to++)
        *to = data_load[to - data_begin];
    for (uint32_t *to = bss_begin; to < bss_end; to++)
        *to = 0;
    /* What lies above is this function's own frame. */
    for (volatile uint32_t *to = stack_limit; to < (uint32_t *)__builtin_frame_address(0) - 16; to++)
        *to = paint;
    board_exit(main());
}

size_t board_stack_used(void) {
    const uint32_t *untouched = stack_limit;
    while (untouched < stack_top && *untouched == paint)
        untouched++;
    return (size_t)(stack_top - untouched) * sizeof *untouched;
}
