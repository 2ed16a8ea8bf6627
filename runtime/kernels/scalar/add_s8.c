#include "../../src/requantize.h"
#include "../kernels.h"

void nnz_add_s8_scalar(const nnz_add_s8 *a) {
    for (size_t i = 0; i < a->n; i++) {
        const int32_t sum = a->a[i] * a->multiplier_a + a->b[i] * a->multiplier_b + a->constant;
        a->y[i] = (int8_t)nnz_clamp(nnz_floor_shift(sum, a->shift), a->lo, a->hi);
    }
}
