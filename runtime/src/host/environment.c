/* What the program's surroundings say: the level, the CPUs, the time. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "../status.h"
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

nnz_status nnz_host_isa(nnz_isa *isa, nnz_error *error) {
    *isa = nnz_cpu_isa();
    const char *name = getenv("NNZ_CPU");
    if (!name || !*name)
        return nnz_error_begin(error, NNZ_OK);
    for (int level = NNZ_ISA_SCALAR; level <= NNZ_ISA_HELIUM; level++) {
        if (strcmp(name, nnz_isa_name((nnz_isa)level)))
            continue;
        if (!nnz_cpu_has((nnz_isa)level)) {
            nnz_fail(error, NNZ_ERROR_CPU, "NNZ_CPU asks for ");
            nnz_error_text(error, name);
            nnz_error_text(error, ", but this CPU has ");
            nnz_error_text(error, nnz_isa_name(*isa));
            return NNZ_ERROR_CPU;
        }
        *isa = (nnz_isa)level;
        return nnz_error_begin(error, NNZ_OK);
    }
    nnz_fail(error, NNZ_ERROR_ARGUMENT, "NNZ_CPU is '");
    nnz_error_text(error, name);
    nnz_error_text(error, "': expected one of");
    for (int level = NNZ_ISA_SCALAR; level <= NNZ_ISA_HELIUM; level++) {
        nnz_error_text(error, level ? ", " : " ");
        nnz_error_text(error, nnz_isa_name((nnz_isa)level));
    }
    return NNZ_ERROR_ARGUMENT;
}

uint32_t nnz_host_cpus(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef __linux__
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set))
        n = CPU_COUNT(&set);
#endif
    return n < 1 ? 1 : n > NNZ_MAX_THREADS ? NNZ_MAX_THREADS : (uint32_t)n;
}

uint64_t nnz_host_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
