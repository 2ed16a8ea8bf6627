#include "../../src/requantize.h"
#include "../kernels.h"

void nnz_rescale_s8_scalar(const nnz_rescale_s8 *a) {
    for (size_t i = 0; i < a->n; i++) {
        const int32_t u = (a->x[i] - a->zero_x) * (1 << a->shift);
        const int64_t v = a->zero + nnz_floor_shift((int64_t)u * a->multiplier + (1 << 14), 15);
        a->y[i] = (int8_t)nnz_clamp(v, a->lo, a->hi);
    }
}
