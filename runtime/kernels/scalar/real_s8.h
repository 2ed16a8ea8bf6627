/* Between int8 and float32: the reference for kernels/vector/real_s8.h. */
#ifndef NNZ_SCALAR_REAL_S8_H
#define NNZ_SCALAR_REAL_S8_H

#include "../../src/requantize.h"
#include "../kernels.h"

#include <math.h>

/* What x / scale is rounded to, given 1 / scale. */
static inline int8_t nnz_quantized(float x, float scale, int32_t zero) {
    /* What lies beyond 512 is beyond the int8 range with any zero point. */
    x = x != x ? 0 : nnz_clip(x * scale, -512, 512);
    return (int8_t)nnz_clamp((int32_t)nearbyintf(x) + zero, -128, 127);
}

/* Where channel `c` of pixel `p` is. */
static inline size_t nnz_byte_of(size_t stride, uint32_t c, size_t p) {
    return c / 4 * stride + 4 * p + c % 4;
}

static inline float nnz_sum_at(const nnz_sum_s8 *a, uint32_t c, size_t p) {
    const size_t at = nnz_byte_of(a->stride, c, p);
    float sum = a->scale * (float)(a->x[at] - a->zero);
    sum = a->bias ? sum + a->bias[c] : sum;
    return a->residual ? sum + a->residual_scale * (float)(a->residual[at] - a->residual_zero) : sum;
}

static inline void nnz_round_to(const nnz_rounded_s8 *a, uint32_t c, size_t p, float x) {
    if (a->y)
        a->y[nnz_byte_of(a->stride, c, p)] = nnz_quantized(x, a->scale, a->zero);
    else
        a->real[c * a->stride + p] = x;
}

#endif
