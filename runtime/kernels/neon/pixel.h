/* One pixel of four channels a vector, its sums and bytes: what depthwise_s8 has with dot products and without. */
#ifndef NNZ_NEON_PIXEL_H
#define NNZ_NEON_PIXEL_H

#include "int8_words.h"

VECTOR_INLINE ivec d_repeat(const int32_t values[4]) {
    return vld1q_s32(values);
}

/* A pixel, clamped. */
VECTOR_INLINE void d_store(int8_t *y, ivec v, int32_t lo, int32_t hi, size_t n) {
    (void)n;
    const int16x4_t words = vmovn_s32(i_min(i_set(hi), i_max(i_set(lo), v)));
    const int32_t bytes = vget_lane_s32(vreinterpret_s32_s8(vmovn_s16(vcombine_s16(words, words))), 0);
    __builtin_memcpy(y, &bytes, sizeof bytes);
}

#endif
