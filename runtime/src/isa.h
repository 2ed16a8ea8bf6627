/*
 * Which kernels a CPU level runs, and which levels are small devices.
 */
#ifndef NNZ_ISA_H
#define NNZ_ISA_H

#include <stdbool.h>

#include "build.h"
#include "nnz_registry.h"

/* Whether what runs `level` runs variants for `isa`: each architecture's levels include its lower ones, except for
 * AVX-VNNI, which some CPUs with AVX-512 lack. */
static inline bool nnz_isa_includes(nnz_isa level, nnz_isa isa) {
    const nnz_isa lowest = level >= NNZ_ISA_DSP ? NNZ_ISA_DSP : level >= NNZ_ISA_NEON ? NNZ_ISA_NEON : NNZ_ISA_AVX2;
    if (!NNZ_ONLY_SMALL && isa == NNZ_ISA_AVXVNNI)
        return level == isa;
    return isa == NNZ_ISA_SCALAR || (isa >= lowest && isa <= level);
}

/* Levels of small devices, and C for any machine: memory is dear. */
static inline bool nnz_isa_is_small(nnz_isa isa) {
    return NNZ_ONLY_SMALL || isa == NNZ_ISA_SCALAR || isa >= NNZ_ISA_DSP;
}

#endif
