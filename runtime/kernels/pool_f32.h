/* One output of a pooling plane, and where its window lies: the scalar kernel, and the borders of the others. */
#ifndef NNZ_POOL_H
#define NNZ_POOL_H

#include "pool_window.h"

#include <math.h>

/* What an average at (oy, ox) divides by. */
static inline float nnz_pool_divisor(const nnz_pool_f32 *a, uint32_t oy, uint32_t ox) {
    const bool padded = a->function == NNZ_POOL_AVERAGE_PADDED;
    const int64_t rows = nnz_pool_counted(padded, nnz_pool_start(oy, a->stride_h, a->pad_top), a->dilation_h,
                                          a->kernel_h, a->height, a->pad_top, a->pad_bottom);
    const int64_t cols = nnz_pool_counted(padded, nnz_pool_start(ox, a->stride_w, a->pad_left), a->dilation_w,
                                          a->kernel_w, a->width, a->pad_left, a->pad_right);
    return (float)(rows * cols);
}

/* Output (oy, ox). A maximum passes over NaN. */
static inline float nnz_pool_one(const nnz_pool_f32 *a, uint32_t oy, uint32_t ox) {
    const int64_t top = nnz_pool_start(oy, a->stride_h, a->pad_top);
    const int64_t left = nnz_pool_start(ox, a->stride_w, a->pad_left);
    const nnz_taps rows = nnz_pool_taps(top, a->dilation_h, a->kernel_h, 0, a->height);
    const nnz_taps cols = nnz_pool_taps(left, a->dilation_w, a->kernel_w, 0, a->width);
    const bool is_max = a->function == NNZ_POOL_MAX;
    float result = is_max ? -INFINITY : 0;
    for (int64_t ky = rows.begin; ky < rows.end; ky++) {
        const float *x = a->x + (top + ky * a->dilation_h) * a->width;
        for (int64_t kx = cols.begin; kx < cols.end; kx++) {
            const float v = x[left + kx * a->dilation_w];
            result = !is_max ? result + v : v > result ? v : result;
        }
    }
    return is_max ? result : result / nnz_pool_divisor(a, oy, ox);
}

#endif
