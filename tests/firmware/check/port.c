/* nnz_check on a Cortex-M without a system: what newlib asks of one, over semihosting. Only the console and memory are
 * there; the arguments come from the emulator's command line. */

/* The checker and its main(). */
#define main nnz_check_main
#include "check.c"
#undef main

#include "board.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/times.h>

/* From the linker script: the heap is what lies between. */
extern char bss_end[], stack_limit[];

int _write(int file, const char *text, int n) {
    (void)file;
    char line[129];
    for (int at = 0, size; at < n; at += size) {
        size = n - at < 128 ? n - at : 128;
        memcpy(line, text + at, (size_t)size);
        line[size] = 0;
        board_print(line);
    }
    return n;
}

void *_sbrk(ptrdiff_t bytes) {
    static char *end = bss_end;
    if (bytes > stack_limit - end) {
        errno = ENOMEM;
        return (void *)-1;
    }
    char *begin = end;
    end += bytes;
    return begin;
}

/* newlib's aligned_alloc() calls it and does not bring it. */
int posix_memalign(void **memory, size_t alignment, size_t bytes) {
    *memory = memalign(alignment, bytes);
    return *memory ? 0 : ENOMEM;
}

_Noreturn void _exit(int code) {
    board_exit(code);
}

int _close(int file) {
    (void)file;
    return -1;
}

int _fstat(int file, void *status) {
    (void)file, (void)status;
    return -1;
}

int _isatty(int file) {
    (void)file;
    return 1;
}

int _lseek(int file, int offset, int from) {
    (void)file, (void)offset, (void)from;
    return 0;
}

int _read(int file, char *text, int n) {
    (void)file, (void)text, (void)n;
    return 0;
}

int _kill(int process, int signal) {
    (void)process, (void)signal;
    return -1;
}

int _getpid(void) {
    return 1;
}

/* There is no clock. */
clock_t _times(struct tms *times) {
    memset(times, 0, sizeof *times);
    return 0;
}

/* What follows `-semihosting-config` as arg=..., with spaces between. */
static void read_command_line(char *line, int size) {
    enum { SYS_GET_CMDLINE = 0x15 };
    struct {
        char *line;
        int size;
    } block = {line, size - 1};
    register int r0 __asm("r0") = SYS_GET_CMDLINE;
    register void *r1 __asm("r1") = &block;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

int main(void) {
    static char line[256];
    char *argv[16];
    int argc = 0;
    read_command_line(line, sizeof line);
    for (char *word = strtok(line, " "); word && argc < 16; word = strtok(NULL, " "))
        argv[argc++] = word;
    const int code = nnz_check_main(argc, argv);
    fflush(stdout);
    return code;
}
