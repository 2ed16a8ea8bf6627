/* Loads of narrow values for NEON: 8 of them as floats, in two vectors, so that they hold the highest blocks. */
#ifndef NNZ_NEON_NARROW_H
#define NNZ_NEON_NARROW_H

#include "vector.h"

#ifdef NNZ_ARM_NEON

enum { NARROW_LANES = 2 * LANES };
typedef float32x4x2_t nvec;
typedef uint32_t nlanes;

VECTOR_INLINE vec n_widen_f16(uint16x4_t x) {
#ifdef NNZ_AARCH64
    return vcvt_f32_f16(vreinterpret_f16_u16(x));
#else
    /* GCC has the function only with -mfp16-format. */
    vec y;
    __asm__("vcvt.f32.f16 %q0, %P1" : "=w"(y) : "w"(x));
    return y;
#endif
}

VECTOR_INLINE nvec n_widen_s16(int16x8_t x) {
    return (nvec){{vcvtq_f32_s32(vmovl_s16(vget_low_s16(x))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(x)))}};
}

VECTOR_INLINE nvec n_load_f16(const uint16_t *x) {
    const uint16x8_t halves = vld1q_u16(x);
    return (nvec){{n_widen_f16(vget_low_u16(halves)), n_widen_f16(vget_high_u16(halves))}};
}

VECTOR_INLINE nvec n_load_s8(const int8_t *x) {
    return n_widen_s16(vmovl_s8(vld1_s8(x)));
}

/* Four-bit values i, i + 1, ...: reads 8 bytes. */
VECTOR_INLINE nvec n_load_s4(const uint8_t *x, size_t i) {
    const uint64x1_t word = vshl_u64(vreinterpret_u64_u8(vld1_u8(x + i / 2)), vdup_n_s64(-4 * (int64_t)(i % 2)));
    const int8x8_t bytes = vreinterpret_s8_u64(word);
    return n_widen_s16(vmovl_s8(vzip_s8(vshr_n_s8(vshl_n_s8(bytes, 4), 4), vshr_n_s8(bytes, 4)).val[0]));
}

/* The height of blocks says which row each lane belongs to. */
VECTOR_INLINE nlanes n_rows(uint32_t height) {
    return height;
}

VECTOR_INLINE nvec n_repeat_rows(nvec scales, nlanes height) {
    const vec low = height == 1 ? vdupq_n_f32(vgetq_lane_f32(scales.val[0], 0)) : scales.val[0];
    return (nvec){{low, height == 8 ? scales.val[1] : low}};
}

/* The scale of each lane's row: reads 8. */
VECTOR_INLINE nvec n_scales(const float *scale, nlanes rows) {
    return n_repeat_rows((nvec){{v_load(scale), v_load(scale + LANES)}}, rows);
}

VECTOR_INLINE nvec n_scales_f16(const uint16_t *scale, nlanes rows) {
    return n_repeat_rows(n_load_f16(scale), rows);
}

VECTOR_INLINE nvec n_mul(nvec a, nvec b) {
    return (nvec){{v_mul(a.val[0], b.val[0]), v_mul(a.val[1], b.val[1])}};
}

VECTOR_INLINE void n_store(float *y, nvec x) {
    v_store(y, x.val[0]);
    v_store(y + LANES, x.val[1]);
}

VECTOR_INLINE nvec n_set(float x) {
    return (nvec){{v_set(x), v_set(x)}};
}

VECTOR_INLINE nvec n_add(nvec a, nvec b) {
    return (nvec){{v_add(a.val[0], b.val[0]), v_add(a.val[1], b.val[1])}};
}

VECTOR_INLINE nvec n_fma(nvec a, nvec b, nvec c) {
    return (nvec){{v_fma(a.val[0], b.val[0], c.val[0]), v_fma(a.val[1], b.val[1], c.val[1])}};
}

/* The first block's lanes of a b + c; the others of c. */
VECTOR_INLINE nvec n_fma_block(nvec a, nvec b, nvec c) {
    return n_fma(a, b, c);
}

/* What each lane's block of eight rows is multiplied with; the vectors hold one. */
VECTOR_INLINE nvec n_two(float first, float last) {
    (void)last;
    return n_set(first);
}

/* The sums of eight rows. */
VECTOR_INLINE void n_store_rows(float y[8], nvec sum) {
    n_store(y, sum);
}

#endif

#endif
