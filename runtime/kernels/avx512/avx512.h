/* AVX-512 F, BW, DQ and VL, with BMI2: included first by every kernel of this folder, which then stands inside #ifdef
 * NNZ_X86_64.
 */
#ifndef NNZ_AVX512_H
#define NNZ_AVX512_H

#include "../kernels.h"

#ifdef NNZ_X86_64
#include <immintrin.h>

#define NNZ_AVX512 __attribute__((target("avx2,bmi2,fma,avx512f,avx512bw,avx512dq,avx512vl")))

/* A helper that is always inlined, so that a constant argument (a function code, a tile width) specialises it. */
#define NNZ_AVX512_INLINE                                                                                              \
    static inline __attribute__((always_inline, target("avx2,bmi2,fma,avx512f,avx512bw,avx512dq,avx512vl")))
#endif

#endif
