/* int8 for NEON without dot products: products of bytes are added by pairs, so that a pixel has two sums. */
#ifndef NNZ_NEON_INT8_H
#define NNZ_NEON_INT8_H

#include "../../src/requantize.h"
#include "neon.h"

#ifdef NNZ_ARM_NEON

#define VECTOR_INLINE       NNZ_NEON_INLINE
#define VECTOR_FUNCTION     NNZ_NEON
#define VECTOR_NAME(family) nnz_##family##_neon

#include "int8_words.h"

enum { PARTS = 2 };

/* Adds the products of two halves of eight bytes to sums[0] and sums[1]. */
VECTOR_INLINE void i_dot(ivec *sums, xvec x, wvec w) {
#ifdef NNZ_AARCH64
    /* clang sees that both halves of the weights are the same, and then moves the upper half of x rather than use the
     * instruction for upper halves. */
    __asm__("" : "+w"(w));
#endif
    sums[0] = vpadalq_s16(sums[0], vmull_s8(vget_low_s8(x), vget_low_s8(w)));
#ifdef NNZ_AARCH64
    sums[1] = vpadalq_s16(sums[1], vmull_high_s8(x, w));
#else
    sums[1] = vpadalq_s16(sums[1], vmull_s8(vget_high_s8(x), vget_high_s8(w)));
#endif
}

/* The sums of four pixels. */
VECTOR_INLINE ivec i_join(const ivec *parts) {
    return i_add_pairs(parts[0], parts[1]);
}

/* ---- Matrix-vector: four vectors of two rows, two sums a row ----------------------------------------------------- */

enum { MATVEC_PARTS = 4, ROW_VECTORS = 2 };
typedef int32x4_t mvec;

VECTOR_INLINE void m_clear(mvec *sums) {
    for (int i = 0; i < MATVEC_PARTS; i++)
        sums[i] = i_set(0);
}

VECTOR_INLINE void m_add(mvec *sums, const mvec *others) {
    for (int i = 0; i < MATVEC_PARTS; i++)
        sums[i] = i_add(sums[i], others[i]);
}

/* Adds a block of eight rows by four columns. */
VECTOR_INLINE void m_dot(mvec *sums, const int8_t *w, const int8_t *x) {
    const int8x16_t xs = i_weights(x);
    i_dot(sums, vld1q_s8(w), xs);
    i_dot(sums + 2, vld1q_s8(w + 16), xs);
}

/* The sums of the rows, in ROW_VECTORS vectors. */
VECTOR_INLINE void m_rows(ivec *rows, const mvec *sums) {
    rows[0] = i_join(sums);
    rows[1] = i_join(sums + 2);
}

#endif

#endif
