/* One output of an int8 pooling plane: the scalar kernel, and the borders of the others. */
#ifndef NNZ_POOL_S8_H
#define NNZ_POOL_S8_H

#include "../src/requantize.h"
#include "pool_window.h"

/* How many elements an average at (oy, ox) divides by. */
static inline int64_t nnz_pool_s8_count(const nnz_pool_s8 *a, uint32_t oy, uint32_t ox) {
    const bool padded = a->function == NNZ_POOL_AVERAGE_PADDED;
    const int64_t rows = nnz_pool_counted(padded, nnz_pool_start(oy, a->stride_h, a->pad_top), a->dilation_h,
                                          a->kernel_h, a->height, a->pad_top, a->pad_bottom);
    const int64_t cols = nnz_pool_counted(padded, nnz_pool_start(ox, a->stride_w, a->pad_left), a->dilation_w,
                                          a->kernel_w, a->width, a->pad_left, a->pad_right);
    return rows * cols;
}

/* The multiplier of an average at (oy, ox). */
static inline int32_t nnz_pool_s8_multiplier(const nnz_pool_s8 *a, uint32_t oy, uint32_t ox) {
    return a->multiplier[nnz_pool_s8_count(a, oy, ox)];
}

/* The four channels of output (oy, ox). */
static inline void nnz_pool_s8_one(const nnz_pool_s8 *a, uint32_t oy, uint32_t ox, int8_t y[4]) {
    const int64_t top = nnz_pool_start(oy, a->stride_h, a->pad_top);
    const int64_t left = nnz_pool_start(ox, a->stride_w, a->pad_left);
    const nnz_taps rows = nnz_pool_taps(top, a->dilation_h, a->kernel_h, 0, a->height);
    const nnz_taps cols = nnz_pool_taps(left, a->dilation_w, a->kernel_w, 0, a->width);
    const bool is_max = a->function == NNZ_POOL_MAX;
    int32_t result[4];
    for (int c = 0; c < 4; c++)
        result[c] = is_max ? INT8_MIN : 0;
    for (int64_t ky = rows.begin; ky < rows.end; ky++) {
        const int8_t *row = a->x + 4 * (top + ky * a->dilation_h) * a->width;
        for (int64_t kx = cols.begin; kx < cols.end; kx++) {
            const int8_t *x = row + 4 * (left + kx * a->dilation_w);
            for (int c = 0; c < 4; c++) {
                if (!is_max)
                    result[c] += x[c] - a->zero_x;
                else if (x[c] > result[c])
                    result[c] = x[c];
            }
        }
    }
    for (int c = 0; c < 4; c++) {
        if (!is_max)
            result[c] = a->zero + nnz_requantize(result[c], nnz_pool_s8_multiplier(a, oy, ox), a->shift);
        y[c] = (int8_t)nnz_clamp(result[c], a->lo, a->hi);
    }
}

#endif
