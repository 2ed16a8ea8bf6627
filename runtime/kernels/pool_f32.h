/* One output of a pooling plane, and where its window lies: the scalar kernel, and the borders of the others. */
#ifndef NNZ_POOL_H
#define NNZ_POOL_H

#include "kernels.h"

#include <math.h>

/* Taps [begin, end) of a window along one axis lie in [low, high); tap k lies at start + k dilation. */
typedef struct nnz_taps {
    int64_t begin, end;
} nnz_taps;

static inline nnz_taps nnz_pool_taps(int64_t start, int64_t dilation, int64_t kernel, int64_t low, int64_t high) {
    nnz_taps taps = {0, 0};
    if (start < low)
        taps.begin = (low - start + dilation - 1) / dilation;
    if (start < high)
        taps.end = (high - start + dilation - 1) / dilation;
    if (taps.end > kernel)
        taps.end = kernel;
    return taps;
}

/* Where the windows of an output row or column start in the input. */
static inline int64_t nnz_pool_start(uint32_t out, uint32_t stride, uint32_t pad) {
    return (int64_t)out * stride - pad;
}

/* What an average at (oy, ox) divides by. */
static inline float nnz_pool_divisor(const nnz_pool_f32 *a, uint32_t oy, uint32_t ox) {
    const int64_t padded = a->function == NNZ_POOL_AVERAGE_PADDED;
    const int64_t top = a->pad_top * padded, bottom = a->pad_bottom * padded;
    const int64_t left = a->pad_left * padded, right = a->pad_right * padded;
    const nnz_taps rows = nnz_pool_taps(nnz_pool_start(oy, a->stride_h, a->pad_top), a->dilation_h, a->kernel_h, -top,
                                        a->height + bottom);
    const nnz_taps cols = nnz_pool_taps(nnz_pool_start(ox, a->stride_w, a->pad_left), a->dilation_w, a->kernel_w, -left,
                                        a->width + right);
    return (float)((rows.end - rows.begin) * (cols.end - cols.begin));
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
