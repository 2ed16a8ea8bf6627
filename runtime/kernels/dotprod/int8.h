/* int8 for AArch64 with the dot product instructions of ARMv8.2. */
#ifndef NNZ_DOTPROD_INT8_H
#define NNZ_DOTPROD_INT8_H

#include "../../src/requantize.h"
#include "../neon/neon.h"

#ifdef NNZ_AARCH64

#define NNZ_DOTPROD_TARGET  target("arch=armv8.2-a+dotprod")
#define VECTOR_INLINE       static inline __attribute__((always_inline, NNZ_DOTPROD_TARGET))
#define VECTOR_FUNCTION     __attribute__((NNZ_DOTPROD_TARGET))
#define VECTOR_NAME(family) nnz_##family##_dotprod

#include "../neon/int8_words.h"

enum { PARTS = 1 };

VECTOR_INLINE void i_dot(ivec *sums, xvec x, wvec w) {
    *sums = vdotq_s32(*sums, x, w);
}

VECTOR_INLINE ivec i_join(const ivec *parts) {
    return *parts;
}

/* ---- Matrix-vector: two vectors of four rows --------------------------------------------------------------------- */

enum { MATVEC_PARTS = 2, ROW_VECTORS = 2 };
typedef int32x4_t mvec;

VECTOR_INLINE void m_clear(mvec *sums) {
    sums[0] = sums[1] = i_set(0);
}

VECTOR_INLINE void m_add(mvec *sums, const mvec *others) {
    sums[0] = i_add(sums[0], others[0]);
    sums[1] = i_add(sums[1], others[1]);
}

/* Adds a block of eight rows by four columns. */
VECTOR_INLINE void m_dot(mvec *sums, const int8_t *w, const int8_t *x) {
    const int8x16_t xs = i_weights(x);
    i_dot(sums, vld1q_s8(w), xs);
    i_dot(sums + 1, vld1q_s8(w + 16), xs);
}

/* The sums of the rows, in ROW_VECTORS vectors. */
VECTOR_INLINE void m_rows(ivec *rows, const mvec *sums) {
    rows[0] = sums[0];
    rows[1] = sums[1];
}

#endif

#endif
