#include "../../src/requantize.h"
#include "../kernels.h"

void nnz_mul_s8_scalar(const nnz_mul_s8 *a) {
    for (size_t i = 0; i < a->n; i++) {
        const int32_t product = (a->a[i] - a->zero_a) * (a->b[a->repeat ? i % 4 : i] - a->zero_b);
        const int32_t v = a->zero + nnz_requantize(product, a->multiplier, a->shift);
        a->y[i] = (int8_t)nnz_clamp(v, a->lo, a->hi);
    }
}
