/* Sums of four pixels: what the int8 kernels of NEON, with the dot product instructions and without, share. Their tile
 * holds x as it is. */
#ifndef NNZ_NEON_INT8_WORDS_H
#define NNZ_NEON_INT8_WORDS_H

#include "../vector/word.h"
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

VECTOR_INLINE ivec i_mul(ivec a, ivec b) {
    return vmulq_s32(a, b);
}

VECTOR_INLINE ivec i_min(ivec a, ivec b) {
    return vminq_s32(a, b);
}

VECTOR_INLINE ivec i_max(ivec a, ivec b) {
    return vmaxq_s32(a, b);
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

/* n words of four bytes, the others 0; n at most PIXELS. */
VECTOR_INLINE ivec i_load_n(const void *x, size_t n) {
    int8_t bytes[16] = {0};
    if (n == PIXELS)
        return vreinterpretq_s32_s8(vld1q_s8(x));
    __builtin_memcpy(bytes, x, 4 * n);
    return vreinterpretq_s32_s8(vld1q_s8(bytes));
}

/* n pixels of planes of four channels, as a tile holds them. */
VECTOR_INLINE xvec i_load_planes(const int8_t *x, size_t n) {
    return vreinterpretq_s8_s32(i_load_n(x, n));
}

/* As bytes. */
VECTOR_INLINE ivec i_clamp_bytes(ivec x, int32_t lo, int32_t hi) {
    const int8x16_t low = vdupq_n_s8((int8_t)lo), high = vdupq_n_s8((int8_t)hi);
    return vreinterpretq_s32_s8(vminq_s8(high, vmaxq_s8(low, vreinterpretq_s8_s32(x))));
}

/* What i_requantize() adds to its results: a zero point. */
VECTOR_INLINE ivec i_rounding(int32_t zero) {
    return i_set(zero);
}

/* R() of docs/FORMAT.md, with a multiplier for each lane. */
VECTOR_INLINE ivec i_requantize_each(ivec acc, ivec multiplier, uint32_t shift, ivec rounding) {
    acc = vqshlq_s32(acc, i_set((int32_t)shift));
    const int64x2_t low = vmull_s32(vget_low_s32(acc), vget_low_s32(multiplier));
    const int64x2_t high = vmull_s32(vget_high_s32(acc), vget_high_s32(multiplier));
    return i_add(rounding, vcombine_s32(vrshrn_n_s64(low, 32), vrshrn_n_s64(high, 32)));
}

/* With one multiplier for all lanes. */
VECTOR_INLINE ivec i_requantize(ivec acc, ivec multiplier, uint32_t shift, ivec rounding) {
    return i_requantize_each(acc, multiplier, shift, rounding);
}

/* acc x factor in float32, a factor by its bits, rounded half to even; without AArch64 only what lies within 2^21, far
 * beyond bytes. */
VECTOR_INLINE ivec i_multiply(ivec acc, ivec factor) {
    const float32x4_t product = vmulq_f32(vcvtq_f32_s32(acc), vreinterpretq_f32_s32(factor));
#ifdef NNZ_AARCH64
    return vcvtnq_s32_f32(product);
#else
    const float32x4_t units = vdupq_n_f32(0x1.8p23f), most = vdupq_n_f32(0x1p21f);
    const float32x4_t bounded = vminq_f32(vmaxq_f32(product, vnegq_f32(most)), most);
    return vsubq_s32(vreinterpretq_s32_f32(vaddq_f32(bounded, units)), vreinterpretq_s32_f32(units));
#endif
}

/* Two channels of the same pixels as 16-bit values, saturated; only i_narrow_channels() knows their order. */
VECTOR_INLINE ivec i_narrow_pair(ivec a, ivec b) {
    const int16x4x2_t pairs = vzip_s16(vqmovn_s32(a), vqmovn_s32(b));
    return vreinterpretq_s32_s16(vcombine_s16(pairs.val[0], pairs.val[1]));
}

/* Two pairs of channels as words of four bytes, saturated, a pixel each. */
VECTOR_INLINE ivec i_narrow_channels(ivec ab, ivec cd) {
    const int16x4_t low = vreinterpret_s16_s8(vqmovn_s16(vreinterpretq_s16_s32(ab)));
    const int16x4_t high = vreinterpret_s16_s8(vqmovn_s16(vreinterpretq_s16_s32(cd)));
    const int16x4x2_t words = vzip_s16(low, high);
    return vreinterpretq_s32_s16(vcombine_s16(words.val[0], words.val[1]));
}

/* Puts the low byte of each lane of y, which holds an int8, into byte `byte` of `words`, which is zero. */
VECTOR_INLINE ivec i_insert_byte(ivec words, ivec y, int byte) {
    const ivec place = vshlq_s32(vandq_s32(y, i_set(0xFF)), i_set(8 * byte));
    return vorrq_s32(words, place);
}

/* n words, at most PIXELS. */
VECTOR_INLINE void i_store_n(void *y, ivec words, size_t n) {
    const int8x16_t bytes = vreinterpretq_s8_s32(words);
    if (n == PIXELS) {
        vst1q_s8(y, bytes);
        return;
    }
    int8_t copy[16];
    vst1q_s8(copy, bytes);
    __builtin_memcpy(y, copy, 4 * n);
}

/* The first n lanes, which hold int8, as bytes. */
VECTOR_INLINE void i_store_bytes_n(int8_t *y, ivec x, size_t n) {
    const int16x4_t words = vmovn_s32(x);
    const int32_t bytes = vget_lane_s32(vreinterpret_s32_s8(vmovn_s16(vcombine_s16(words, words))), 0);
    __builtin_memcpy(y, &bytes, n);
}

/* Four words of four bytes, transposed. */
VECTOR_INLINE void i_transpose_4x4(const int8_t *x, int8_t *y) {
    const int8x8x2_t twos = vuzp_s8(vld1_s8(x), vld1_s8(x + 8)), fours = vuzp_s8(twos.val[0], twos.val[1]);
    vst1_s8(y, fours.val[0]);
    vst1_s8(y + 8, fours.val[1]);
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
