/* The vector operations that kernels/vector/ is written in, for NEON: 4 floats. ARMv7 takes subnormal numbers as 0. */
#ifndef NNZ_NEON_VECTOR_H
#define NNZ_NEON_VECTOR_H

#include "neon.h"

#ifdef NNZ_ARM_NEON

#define VECTOR_INLINE       NNZ_NEON_INLINE
#define VECTOR_FUNCTION     NNZ_NEON
#define VECTOR_NAME(family) nnz_##family##_neon

enum { LANES = 4 };
typedef float32x4_t vec;
typedef uint32x4_t vmask; /* all bits of a lane set or none */

VECTOR_INLINE vec v_set(float x) {
    return vdupq_n_f32(x);
}

/* The first n lanes, n at most LANES. */
VECTOR_INLINE vmask v_first(size_t n) {
    static const uint32_t lane[4] = {0, 1, 2, 3};
    return vcltq_u32(vld1q_u32(lane), vdupq_n_u32((uint32_t)n));
}

VECTOR_INLINE vec v_load(const float *x) {
    return vld1q_f32(x);
}

/* n lanes, the others 0; nothing beyond is read. */
VECTOR_INLINE vec v_load_n(const float *x, size_t n) {
    if (n == LANES)
        return v_load(x);
    vec v = v_set(0);
    if (n > 0)
        v = vld1q_lane_f32(x, v, 0);
    if (n > 1)
        v = vld1q_lane_f32(x + 1, v, 1);
    if (n > 2)
        v = vld1q_lane_f32(x + 2, v, 2);
    return v;
}

/* x[0], x[2], ...: reads up to x[2 LANES - 2]. */
VECTOR_INLINE vec v_load_even(const float *x) {
    const vec odd = v_load(x + 3);
    return vuzpq_f32(v_load(x), vextq_f32(odd, odd, 1)).val[0];
}

/* x[0], x[stride], ...: n lanes, the others 0. */
VECTOR_INLINE vec v_gather_n(const float *x, uint32_t stride, size_t n) {
    float lanes[LANES] = {0};
    for (size_t i = 0; i < n; i++)
        lanes[i] = x[i * stride];
    return v_load(lanes);
}

/* Lanes [first, end) of x[0], x[stride], ... */
typedef struct vinside {
    size_t first, end;
} vinside;
VECTOR_INLINE vinside v_inside(uint32_t stride, size_t first, size_t end) {
    (void)stride;
    return (vinside){first, end};
}

/* These lanes; the others 0, and nothing else is read. */
VECTOR_INLINE vec v_load_lanes(const float *x, uint32_t stride, vinside lanes) {
    float values[LANES] = {0};
    for (size_t i = lanes.first; i < lanes.end; i++)
        values[i] = x[i * stride];
    return v_load(values);
}

/* The even ones and the odd ones of the 2 LANES neighbours from x on: all, or the first n; the others 0, and nothing
 * else is read. */
typedef size_t vinside_two;
VECTOR_INLINE vinside_two v_inside_two(size_t n) {
    return n;
}
VECTOR_INLINE void v_load_two(const float *x, const bool whole, vinside_two n, vec *even, vec *odd) {
    float neighbours[2 * LANES] = {0};
    for (size_t i = 0; i < n && !whole; i++)
        neighbours[i] = x[i];
    const float32x4x2_t two = vld2q_f32(whole ? x : neighbours);
    *even = two.val[0];
    *odd = two.val[1];
}

/* 2 LANES neighbours as the even ones and the odd ones, and back. */
VECTOR_INLINE void v_unzip(vec low, vec high, vec *even, vec *odd) {
    const float32x4x2_t two = vuzpq_f32(low, high);
    *even = two.val[0];
    *odd = two.val[1];
}
VECTOR_INLINE void v_zip(vec even, vec odd, vec *low, vec *high) {
    const float32x4x2_t two = vzipq_f32(even, odd);
    *low = two.val[0];
    *high = two.val[1];
}

/* 3 LANES neighbours as every third of them, and back. */
VECTOR_INLINE void v_unzip_three(vec x[3]) {
    float neighbours[3 * LANES];
    for (int i = 0; i < 3; i++)
        vst1q_f32(neighbours + i * LANES, x[i]);
    const float32x4x3_t three = vld3q_f32(neighbours);
    for (int i = 0; i < 3; i++)
        x[i] = three.val[i];
}
VECTOR_INLINE void v_zip_three(vec x[3]) {
    float neighbours[3 * LANES];
    vst3q_f32(neighbours, ((float32x4x3_t){{x[0], x[1], x[2]}}));
    for (int i = 0; i < 3; i++)
        x[i] = vld1q_f32(neighbours + i * LANES);
}

/* The lanes of x one place further up, behind `first`. */
VECTOR_INLINE vec v_shift_up(float first, vec x) {
    return vextq_f32(v_set(first), x, 3);
}

/* The vectors from x - 1 and from x + 1 on, all lanes or these, beside `at`, the one from x on. */
VECTOR_INLINE vec v_load_before(const float *x, vec at, const bool whole, vinside lanes) {
    return whole ? v_load(x - 1) : v_shift_up(!lanes.first && lanes.end ? x[-1] : 0, at);
}
VECTOR_INLINE vec v_load_behind(const float *x, vec at, const bool whole, vinside lanes) {
    return whole ? v_load(x + 1) : vextq_f32(at, v_set(lanes.end < LANES ? 0 : x[LANES]), 1);
}

/* x[index[0]], x[index[1]], ...; reads LANES indices. */
VECTOR_INLINE vec v_gather_u8(const float *x, const uint8_t *index) {
    vec v = v_set(x[index[0]]);
    v = vld1q_lane_f32(x + index[1], v, 1);
    v = vld1q_lane_f32(x + index[2], v, 2);
    return vld1q_lane_f32(x + index[3], v, 3);
}

/* n of them, the others 0. */
VECTOR_INLINE vec v_gather_u8_n(const float *x, const uint8_t *index, size_t n) {
    float lanes[LANES] = {0};
    for (size_t i = 0; i < n; i++)
        lanes[i] = x[index[i]];
    return v_load(lanes);
}

/* x, loaded once: the compiler does not fetch it from memory again for each use. */
VECTOR_INLINE vec v_keep(vec x) {
    __asm__("" : "+w"(x));
    return x;
}

VECTOR_INLINE void v_store(float *y, vec x) {
    vst1q_f32(y, x);
}

VECTOR_INLINE void v_store_n(float *y, vec x, size_t n) {
    if (n == LANES) {
        v_store(y, x);
        return;
    }
    if (n > 0)
        vst1q_lane_f32(y, x, 0);
    if (n > 1)
        vst1q_lane_f32(y + 1, x, 1);
    if (n > 2)
        vst1q_lane_f32(y + 2, x, 2);
}

VECTOR_INLINE vec v_add(vec a, vec b) {
    return vaddq_f32(a, b);
}

VECTOR_INLINE vec v_sub(vec a, vec b) {
    return vsubq_f32(a, b);
}

VECTOR_INLINE vec v_mul(vec a, vec b) {
    return vmulq_f32(a, b);
}

/* a b + c */
VECTOR_INLINE vec v_fma(vec a, vec b, vec c) {
    return vfmaq_f32(c, a, b);
}

/* a > b ? a : b: with a NaN among them, b. */
VECTOR_INLINE vec v_max(vec a, vec b) {
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}

/* a < b ? a : b: with a NaN among them, b. */
VECTOR_INLINE vec v_min(vec a, vec b) {
    return vbslq_f32(vcltq_f32(a, b), a, b);
}

VECTOR_INLINE vec v_neg(vec x) {
    return vnegq_f32(x);
}

VECTOR_INLINE vec v_abs(vec x) {
    return vabsq_f32(x);
}

/* x with the sign of `sign`; x is not negative. */
VECTOR_INLINE vec v_with_sign(vec x, vec sign) {
    return vbslq_f32(vdupq_n_u32(0x80000000u), sign, x);
}

VECTOR_INLINE vmask v_less(vec a, vec b) {
    return vcltq_f32(a, b);
}

VECTOR_INLINE vmask v_equal(vec a, vec b) {
    return vceqq_f32(a, b);
}

VECTOR_INLINE vmask v_is_nan(vec x) {
    return vmvnq_u32(vceqq_f32(x, x));
}

/* These lanes of x, 0 in the others. */
VECTOR_INLINE vec v_only(vmask lanes, vec x) {
    return vreinterpretq_f32_u32(vandq_u32(lanes, vreinterpretq_u32_f32(x)));
}

/* mask ? a : b */
VECTOR_INLINE vec v_select(vmask mask, vec a, vec b) {
    return vbslq_f32(mask, a, b);
}

/* x 2^n for whole n in [-252, 254], rounded once where x is in [1/2, 2]. */
VECTOR_INLINE vec v_scale(vec x, vec n) {
    const int32x4_t whole = vcvtq_s32_f32(n), half = vshrq_n_s32(whole, 1), bias = vdupq_n_s32(127);
    const int32x4_t a = vshlq_n_s32(vaddq_s32(half, bias), 23);
    const int32x4_t b = vshlq_n_s32(vaddq_s32(vsubq_s32(whole, half), bias), 23);
    return v_mul(v_mul(x, vreinterpretq_f32_s32(a)), vreinterpretq_f32_s32(b));
}

/* x 2^n for whole n, where x and the result are normal numbers; NaN stays NaN. */
VECTOR_INLINE vec v_scale_normal(vec x, vec n) {
    const int32x4_t exponent = vshlq_n_s32(vcvtq_s32_f32(n), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x), exponent));
}

/* The m in [1/2, 1) and whole n with x = m 2^n; x is positive and finite. */
VECTOR_INLINE vec v_split(vec x, vec *n) {
    const vmask tiny = v_less(x, v_set(0x1p-126f));
    const uint32x4_t bits = vreinterpretq_u32_f32(v_select(tiny, v_mul(x, v_set(0x1p24f)), x));
    *n = v_sub(vcvtq_f32_u32(vshrq_n_u32(bits, 23)), v_select(tiny, v_set(150), v_set(126)));
    const uint32x4_t mantissa = vandq_u32(bits, vdupq_n_u32(0x7FFFFF));
    return vreinterpretq_f32_u32(vorrq_u32(mantissa, vdupq_n_u32(0x3F000000)));
}

/* ---- What ARMv7 has not ------------------------------------------------------------------------------------------ */

#ifdef NNZ_AARCH64

VECTOR_INLINE vec v_div(vec a, vec b) {
    return vdivq_f32(a, b);
}

VECTOR_INLINE vec v_sqrt(vec x) {
    return vsqrtq_f32(x);
}

VECTOR_INLINE vec v_round(vec x) {
    return vrndnq_f32(x);
}

VECTOR_INLINE float v_reduce_add(vec x) {
    return vaddvq_f32(x);
}

VECTOR_INLINE float v_reduce_max(vec x) {
    return vmaxvq_f32(x);
}

#else

VECTOR_INLINE vec v_div(vec a, vec b) {
    float x[LANES], y[LANES];
    v_store(x, a);
    v_store(y, b);
    for (int i = 0; i < LANES; i++)
        x[i] /= y[i];
    return v_load(x);
}

VECTOR_INLINE vec v_sqrt(vec x) {
    float lanes[LANES];
    v_store(lanes, x);
    for (int i = 0; i < LANES; i++)
        lanes[i] = __builtin_sqrtf(lanes[i]);
    return v_load(lanes);
}

/* Where the sum has no bits for a fraction it is rounded; |x| is below 2^22. */
VECTOR_INLINE vec v_round(vec x) {
    const vec large = v_set(0x1.8p23f);
    return v_sub(v_add(x, large), large);
}

VECTOR_INLINE float v_reduce_add(vec x) {
    const float32x2_t pair = vadd_f32(vget_low_f32(x), vget_high_f32(x));
    return vget_lane_f32(vpadd_f32(pair, pair), 0);
}

VECTOR_INLINE float v_reduce_max(vec x) {
    const float32x2_t pair = vmax_f32(vget_low_f32(x), vget_high_f32(x));
    return vget_lane_f32(vpmax_f32(pair, pair), 0);
}

#endif

#endif

#endif
