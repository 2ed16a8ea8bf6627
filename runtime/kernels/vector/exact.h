/* Float32 arithmetic in vectors of which every step is given (docs/FORMAT.md section 10.5). */
#ifndef NNZ_VECTOR_EXACT_H
#define NNZ_VECTOR_EXACT_H

#include "../exact.h"
#include "math.h"
#include "real_s8.h"

/*
 * A divisor, with its reciprocal. Where all quotients and what is left of them are far from the ends of float's range,
 * a product with the reciprocal, corrected by what it leaves, is the rounded quotient (Markstein), without the divider.
 */
typedef struct vdivisor {
    vec divisor, negative, reciprocal;
} vdivisor;

VECTOR_INLINE vdivisor v_divisor(vec divisor) {
    return (vdivisor){divisor, v_neg(divisor), v_div(v_set(1), divisor)};
}

VECTOR_INLINE vec v_divided(vec x, const vdivisor *d, const bool moderate) {
    if (!moderate)
        return v_div(x, d->divisor);
    const vec quotient = v_mul(x, d->reciprocal);
    return v_fma(v_fma(quotient, d->negative, x), d->reciprocal, quotient);
}

VECTOR_INLINE bool is_moderate(float x) {
    return x > 0x1p-60f && x < 0x1p60f;
}

/* Whether quotients by y's scale of what is at most `most` are far from the ends, and rounded fit 32 bits. */
VECTOR_INLINE bool rounds_moderately(const nnz_rounded_s8 *y, float most) {
    return !y->y || (is_moderate(y->scale) && most < y->scale * 0x1p30f);
}

/* As v_store_rounded(), by a division. */
VECTOR_INLINE void v_store_divided(const nnz_rounded_s8 *a, const vdivisor *scale, uint32_t first, int channels,
                                   size_t pixel, const vec v[4], size_t n, const bool moderate) {
    vec quotients[4];
    if (!a->y) {
        v_store_rounded(a, first, channels, pixel, v, n, false);
        return;
    }
    for (int c = 0; c < 4; c++)
        quotients[c] = v_divided(v[c], scale, moderate);
    i_store_n(a->y + first / 4 * a->stride + 4 * pixel, i_round_channels(quotients, 1, a->zero, moderate), n);
}

/* The most that a sum of int8 tensors can be, but for its bias. */
VECTOR_INLINE float most_of_sums(const nnz_sum_s8 *a) {
    enum { BYTES = 256 }; /* |byte - zero point| is less */
    return BYTES * a->scale + (a->residual ? BYTES * a->residual_scale : 0);
}

/* e^x for x in [NNZ_EXACT_EXP_MIN, 0], by a polynomial for e^f. */
VECTOR_INLINE vec v_exact_exp(vec x, const float p[7]) {
    const vec whole = v_set(0x1.8p23f), shifted = v_fma(x, v_set(NNZ_EXACT_LOG2_E), whole), n = v_sub(shifted, whole);
    const vec f = v_fma(n, v_set(-NNZ_EXACT_LN_2_LOW), v_fma(n, v_set(-NNZ_EXACT_LN_2_HIGH), x));
    return v_scale_shifted(v_polynomial(f, p, 7), n, shifted);
}

VECTOR_INLINE vec v_exact_erf(vec x) {
    const vec a = v_min(v_abs(x), v_set(NNZ_EXACT_ERF_MAX));
    const vec near = v_fma(v_polynomial(v_mul(a, a), nnz_exact_erf_near_p, 6), a, a);
    const vec exponent = v_fma(v_polynomial(a, nnz_exact_erf_far_p, 7), a, v_neg(a));
    const vec far = v_sub(v_set(1), v_exact_exp(exponent, nnz_exact_erf_exp_p));
    return v_with_sign(v_select(v_less(a, v_set(NNZ_EXACT_ERF_SPLIT)), near, far), x);
}

VECTOR_INLINE vec v_exact_gelu(vec x) {
    const vec erf = v_exact_erf(v_mul(x, v_set(NNZ_EXACT_HALF_ROOT)));
    return v_mul(v_mul(x, v_set(0.5f)), v_add(erf, v_set(1)));
}

#endif
