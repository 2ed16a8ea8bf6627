/* Requantisation with one multiplier for all lanes, by whichever way of the ISA is shortest for it. An ISA has
 * i_multiply(), which rounds half to even, and one with REQUANTIZES_IN_F32 i_requantize_in_f32(). */
#ifndef NNZ_VECTOR_REQUANTIZE_S8_H
#define NNZ_VECTOR_REQUANTIZE_S8_H

#include "../../src/requantize.h"

/* v = R(v, multiplier, shift) + zero for n vectors; or with a factor for a multiplier. */
VECTOR_INLINE void i_requantize_all(ivec *v, const int n, int32_t multiplier, uint32_t shift, int32_t zero) {
    if (shift == NNZ_SHIFT_FACTOR) {
        for (int i = 0; i < n; i++)
            v[i] = i_add(i_multiply(v[i], i_set(multiplier)), i_set(zero));
        return;
    }
    multiplier = nnz_fold_shift(multiplier, &shift);
#ifdef REQUANTIZES_IN_F32
    if (!shift && nnz_requantizes_in_f32(multiplier)) {
        const float scale = (float)multiplier * 0x1p-32f, rounding = NNZ_F32_UNITS + (float)zero;
        for (int i = 0; i < n; i++)
            v[i] = i_requantize_in_f32(v[i], scale, rounding);
        return;
    }
#endif
    const ivec multipliers = i_set(multiplier), rounding = i_rounding(zero);
    for (int i = 0; i < n; i++)
        v[i] = i_requantize(v[i], multipliers, shift, rounding);
}

#endif
