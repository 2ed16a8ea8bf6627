/* Between bytes, 32-bit lanes and floats, for NEON: what the elementwise int8 kernels are written in. */
#ifndef NNZ_NEON_BYTES_H
#define NNZ_NEON_BYTES_H

#include "int8.h"
#include "vector.h"

#ifdef NNZ_ARM_NEON

VECTOR_INLINE ivec i_sub(ivec a, ivec b) {
    return vsubq_s32(a, b);
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
    i_store_bytes_n(y, x, PIXELS);
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

VECTOR_INLINE ivec i_sub_bytes(ivec a, ivec b) {
    return vreinterpretq_s32_s8(vsubq_s8(vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b)));
}

/* The largest of the four bytes of each word, in all four. */
VECTOR_INLINE ivec i_max_of_four(ivec x) {
    x = i_max_bytes(x, vreinterpretq_s32_s16(vrev32q_s16(vreinterpretq_s16_s32(x))));
    return i_max_bytes(x, vreinterpretq_s32_s8(vrev32q_s8(vreinterpretq_s8_s32(x))));
}

/* Words shifted right by n bits, zeros coming in. */
VECTOR_INLINE ivec i_shift_right(ivec words, int n) {
    return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(words), i_set(-n)));
}

/* ---- Sixteen floats, and those of them that the lowest four bits of each lane choose ----------------------------- */

/* The places of the bytes of these floats. */
VECTOR_INLINE uint8x16_t v_places(ivec index) {
    const uint32x4_t nibble = vandq_u32(vreinterpretq_u32_s32(index), vdupq_n_u32(15));
    return vreinterpretq_u8_u32(vmlaq_u32(vdupq_n_u32(0x03020100), nibble, vdupq_n_u32(0x04040404)));
}

#ifdef NNZ_AARCH64

typedef uint8x16x4_t vtable;

VECTOR_INLINE vtable v_table(const float *x) {
    return vld1q_u8_x4((const uint8_t *)x);
}

VECTOR_INLINE vec v_look_up(vtable table, ivec index) {
    return vreinterpretq_f32_u8(vqtbl4q_u8(table, v_places(index)));
}

#else

typedef struct vtable {
    uint8x8x4_t low, high;
} vtable;

VECTOR_INLINE uint8x8x4_t v_half_table(const float *x) {
    const uint8_t *bytes = (const uint8_t *)x;
    return (uint8x8x4_t){{vld1_u8(bytes), vld1_u8(bytes + 8), vld1_u8(bytes + 16), vld1_u8(bytes + 24)}};
}

VECTOR_INLINE vtable v_table(const float *x) {
    return (vtable){v_half_table(x), v_half_table(x + 8)};
}

/* A place outside a half of the table gives 0 there, or leaves what is there. */
VECTOR_INLINE uint8x8_t v_look_up_two(vtable table, uint8x8_t places) {
    return vtbx4_u8(vtbl4_u8(table.low, places), table.high, vsub_u8(places, vdup_n_u8(32)));
}

VECTOR_INLINE vec v_look_up(vtable table, ivec index) {
    const uint8x16_t places = v_places(index);
    return vreinterpretq_f32_u8(
        vcombine_u8(v_look_up_two(table, vget_low_u8(places)), v_look_up_two(table, vget_high_u8(places))));
}

#endif

/* ---- Between words and floats ------------------------------------------------------------------------------------ */

/* Half to even; |x| is below 2^22. */
VECTOR_INLINE ivec i_round(vec x) {
    return vcvtq_s32_f32(v_round(x));
}

VECTOR_INLINE vec v_of(ivec x) {
    return vcvtq_f32_s32(x);
}

/* Half to even, NaN as 0; what lies beyond the range of 16 bits stays beyond it. */
VECTOR_INLINE ivec i_round_any(vec x) {
#ifdef NNZ_AARCH64
    return vcvtnq_s32_f32(x);
#else
    const vec ordered = v_select(v_is_nan(x), v_set(0), x);
    return i_round(v_max(v_set(-0x1p20f), v_min(v_set(0x1p20f), ordered)));
#endif
}

/* Lanes of 16 bits, as i_narrow_pair() makes them: their sums, saturated. */
VECTOR_INLINE ivec i_set_pair(int32_t x) {
    return vreinterpretq_s32_s16(vdupq_n_s16((int16_t)x));
}
VECTOR_INLINE ivec i_add_pair(ivec a, ivec b) {
    return vreinterpretq_s32_s16(vqaddq_s16(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b)));
}

/* Byte `byte` of each word, less a zero point. */
typedef ivec vzero;
VECTOR_INLINE vzero v_zero_point(int32_t zero) {
    return i_set(zero);
}
VECTOR_INLINE vec v_byte(ivec words, int byte, vzero zero) {
    return v_of(i_sub(i_byte(words, byte), zero));
}

#endif

#endif
