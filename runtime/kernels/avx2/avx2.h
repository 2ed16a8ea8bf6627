/* AVX2, FMA and F16C: included first by every kernel of this folder, which then stands inside #ifdef NNZ_X86_64. */
#ifndef NNZ_AVX2_H
#define NNZ_AVX2_H

#include "../kernels.h"

#ifdef NNZ_X86_64
#include <immintrin.h>

#define NNZ_AVX2 __attribute__((target("avx2,fma,f16c")))

/* A helper that is always inlined, so that a constant argument (a function code, a tile width) specialises it. */
#define NNZ_AVX2_INLINE static inline __attribute__((always_inline, target("avx2,fma,f16c")))
#endif

#endif
