/* Float32 arithmetic of which every step is given (docs/FORMAT.md section 10.5): the reference for
 * kernels/vector/exact.h. */
#ifndef NNZ_SCALAR_EXACT_H
#define NNZ_SCALAR_EXACT_H

#include "../exact.h"
#include "real_s8.h"

static inline float nnz_exact_polynomial(float x, const float *p, int count) {
    float sum = p[0];
    for (int i = 1; i < count; i++)
        sum = fmaf(sum, x, p[i]);
    return sum;
}

/* e^x for x in [NNZ_EXACT_EXP_MIN, 0], by a polynomial for e^f. */
static inline float nnz_exact_exp(float x, const float p[7]) {
    const float whole = 0x1.8p23f, n = fmaf(x, NNZ_EXACT_LOG2_E, whole) - whole;
    const float f = fmaf(n, -NNZ_EXACT_LN_2_LOW, fmaf(n, -NNZ_EXACT_LN_2_HIGH, x));
    return ldexpf(nnz_exact_polynomial(f, p, 7), (int)n);
}

static inline float nnz_exact_erf(float x) {
    const float a = fabsf(x) < NNZ_EXACT_ERF_MAX ? fabsf(x) : NNZ_EXACT_ERF_MAX;
    if (a < NNZ_EXACT_ERF_SPLIT)
        return copysignf(fmaf(nnz_exact_polynomial(a * a, nnz_exact_erf_near_p, 6), a, a), x);
    const float exponent = fmaf(nnz_exact_polynomial(a, nnz_exact_erf_far_p, 7), a, -a);
    return copysignf(1 - nnz_exact_exp(exponent, nnz_exact_erf_exp_p), x);
}

/* NaN of itself. */
static inline float nnz_exact_gelu(float x) {
    return x * 0.5f * (nnz_exact_erf(x * NNZ_EXACT_HALF_ROOT) + 1);
}

/* As nnz_round_to(), by a division. */
static inline void nnz_round_exactly_to(const nnz_rounded_s8 *a, uint32_t c, size_t p, float x) {
    if (a->y)
        a->y[nnz_byte_of(a->stride, c, p)] = nnz_quantized(x / a->scale, 1, a->zero);
    else
        a->real[c * a->stride + p] = x;
}

#endif
