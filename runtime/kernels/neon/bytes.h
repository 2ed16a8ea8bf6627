/* Between bytes, 32-bit lanes and floats, for NEON: what the elementwise int8 kernels are written in. */
#ifndef NNZ_NEON_BYTES_H
#define NNZ_NEON_BYTES_H

#include "int8.h"
#include "vector.h"

#ifdef NNZ_ARM_NEON

VECTOR_INLINE ivec i_sub(ivec a, ivec b) {
    return vsubq_s32(a, b);
}

VECTOR_INLINE ivec i_mul(ivec a, ivec b) {
    return vmulq_s32(a, b);
}

/* floor(x / 2^shift) */
VECTOR_INLINE ivec i_floor_shift(ivec x, uint32_t shift) {
    return vshlq_s32(x, i_set(-(int32_t)shift));
}

/* The four bytes of a word, one a lane. */
VECTOR_INLINE ivec i_widen(int32_t word) {
    return vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8((uint32_t)word))));
}

/* LANES bytes, one a lane. */
VECTOR_INLINE ivec i_load_bytes(const int8_t *x) {
    return i_widen(i_word(x));
}

/* Four bytes, over and over. */
VECTOR_INLINE ivec i_repeat_bytes(const int8_t *x) {
    return i_widen(i_word(x));
}

/* The lanes hold int8. */
VECTOR_INLINE void i_store_bytes(int8_t *y, ivec x) {
    const int16x4_t words = vmovn_s32(x);
    const int32_t bytes = vget_lane_s32(vreinterpret_s32_s8(vmovn_s16(vcombine_s16(words, words))), 0);
    __builtin_memcpy(y, &bytes, sizeof bytes);
}

/* n words of four bytes, the others 0; n at most LANES. */
VECTOR_INLINE ivec i_load_n(const int8_t *x, size_t n) {
    int8_t bytes[16] = {0};
    if (n == LANES)
        return vreinterpretq_s32_s8(vld1q_s8(x));
    __builtin_memcpy(bytes, x, 4 * n);
    return vreinterpretq_s32_s8(vld1q_s8(bytes));
}

/* n words of four bytes at distances of `stride` words, the others 0. */
VECTOR_INLINE ivec i_gather_n(const int8_t *x, uint32_t stride, size_t n) {
    int32_t words[LANES] = {0};
    for (size_t i = 0; i < n; i++)
        words[i] = i_word(x + 4 * i * stride);
    return vld1q_s32(words);
}

/* Every other one of 2 LANES - 1 words. */
VECTOR_INLINE ivec i_load_even(const int8_t *x) {
    const ivec odd = vreinterpretq_s32_s8(vld1q_s8(x + 12));
    return vuzpq_s32(vreinterpretq_s32_s8(vld1q_s8(x)), vextq_s32(odd, odd, 1)).val[0];
}

/* ---- All bytes of the words -------------------------------------------------------------------------------------- */

VECTOR_INLINE ivec i_set_bytes(int8_t x) {
    return vreinterpretq_s32_s8(vdupq_n_s8(x));
}

VECTOR_INLINE ivec i_min_bytes(ivec a, ivec b) {
    return vreinterpretq_s32_s8(vminq_s8(vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b)));
}

VECTOR_INLINE ivec i_max_bytes(ivec a, ivec b) {
    return vreinterpretq_s32_s8(vmaxq_s8(vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b)));
}

/* Byte `byte` of each word. */
VECTOR_INLINE ivec i_byte(ivec words, int byte) {
    return vshrq_n_s32(vshlq_s32(words, i_set(24 - 8 * byte)), 24);
}

/* Half to even; |x| is below 2^22. */
VECTOR_INLINE ivec i_round(vec x) {
    return vcvtq_s32_f32(v_round(x));
}

VECTOR_INLINE vec v_of(ivec x) {
    return vcvtq_f32_s32(x);
}

#endif

#endif
