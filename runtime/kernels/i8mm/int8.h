/* int8 for AArch64 with the matrix product instructions of ARMv8.6. */
#ifndef NNZ_I8MM_INT8_H
#define NNZ_I8MM_INT8_H

#include "../../src/requantize.h"
#include "../neon/neon.h"

#ifdef NNZ_AARCH64

#define NNZ_I8MM_TARGET     target("arch=armv8.2-a+dotprod+i8mm")
#define VECTOR_INLINE       static inline __attribute__((always_inline, NNZ_I8MM_TARGET))
#define VECTOR_FUNCTION     __attribute__((NNZ_I8MM_TARGET))
#define VECTOR_NAME(family) nnz_##family##_i8mm

#include "../neon/int8_words.h"

enum { PARTS = 1 };

VECTOR_INLINE void i_dot(ivec *sums, xvec x, wvec w) {
    *sums = vdotq_s32(*sums, x, w);
}

VECTOR_INLINE ivec i_join(const ivec *parts) {
    return *parts;
}

#endif

#endif
