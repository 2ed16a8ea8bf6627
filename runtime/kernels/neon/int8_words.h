/* Sums of four pixels: what the int8 kernels of NEON, with the dot product instructions and without, share. Their tile
 * holds x as it is. */
#ifndef NNZ_NEON_INT8_WORDS_H
#define NNZ_NEON_INT8_WORDS_H

#include "neon.h"

#ifdef NNZ_ARM_NEON

enum { PIXELS = 4, CELL = 4, S8_OFFSET = 0 };
typedef int32x4_t ivec;
typedef int8x16_t xvec; /* a unit of x for four pixels */
typedef int8x16_t wvec; /* a unit of weights, for every pixel */

VECTOR_INLINE ivec i_set(int32_t x) {
    return vdupq_n_s32(x);
}

VECTOR_INLINE ivec i_add(ivec a, ivec b) {
    return vaddq_s32(a, b);
}

VECTOR_INLINE ivec i_min(ivec a, ivec b) {
    return vminq_s32(a, b);
}

VECTOR_INLINE ivec i_max(ivec a, ivec b) {
    return vmaxq_s32(a, b);
}

VECTOR_INLINE int32_t i_word(const int8_t *p) {
    int32_t word;
    __builtin_memcpy(&word, p, sizeof word);
    return word;
}

VECTOR_INLINE wvec i_weights(const int8_t *w) {
    return vreinterpretq_s8_s32(vdupq_n_s32(i_word(w)));
}

/* A unit of which one weight is not zero. */
VECTOR_INLINE wvec i_one_weight(int8_t w, uint32_t place) {
    return vreinterpretq_s8_u32(vdupq_n_u32((uint32_t)(uint8_t)w << 8 * place));
}

VECTOR_INLINE xvec i_load(const uint8_t *x) {
    return vreinterpretq_s8_u8(vld1q_u8(x));
}

/* R() of docs/FORMAT.md, with a multiplier for each lane. */
VECTOR_INLINE ivec i_requantize(ivec acc, ivec multiplier, uint32_t shift) {
    acc = vqshlq_s32(acc, i_set((int32_t)shift));
    const int64x2_t low = vmull_s32(vget_low_s32(acc), vget_low_s32(multiplier));
    const int64x2_t high = vmull_s32(vget_high_s32(acc), vget_high_s32(multiplier));
    return vcombine_s32(vrshrn_n_s64(low, 32), vrshrn_n_s64(high, 32));
}

/* Puts the low byte of each lane of y, which holds an int8, into byte `byte` of `words`, which is zero. */
VECTOR_INLINE ivec i_insert_byte(ivec words, ivec y, int byte) {
    const ivec place = vshlq_s32(vandq_s32(y, i_set(0xFF)), i_set(8 * byte));
    return vorrq_s32(words, place);
}

/* n words, at most PIXELS. */
VECTOR_INLINE void i_store_n(int8_t *y, ivec words, size_t n) {
    const int8x16_t bytes = vreinterpretq_s8_s32(words);
    if (n == PIXELS) {
        vst1q_s8(y, bytes);
        return;
    }
    int8_t copy[16];
    vst1q_s8(copy, bytes);
    __builtin_memcpy(y, copy, 4 * n);
}

/* The sums of neighbouring lanes. */
VECTOR_INLINE ivec i_add_pairs(ivec a, ivec b) {
#ifdef NNZ_AARCH64
    return vpaddq_s32(a, b);
#else
    return vcombine_s32(vpadd_s32(vget_low_s32(a), vget_high_s32(a)), vpadd_s32(vget_low_s32(b), vget_high_s32(b)));
#endif
}

#endif

#endif
