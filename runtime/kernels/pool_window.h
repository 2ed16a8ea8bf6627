/* Where pooling windows lie, along one axis. */
#ifndef NNZ_POOL_WINDOW_H
#define NNZ_POOL_WINDOW_H

#include "kernels.h"

typedef struct nnz_taps {
    int64_t begin, end;
} nnz_taps;

/* How many steps of `dilation` cover a distance: both are below 2^31 + 2^18 and 2^16, so that 32 bits hold them. */
static inline uint32_t nnz_pool_steps(int64_t distance, int64_t dilation) {
    return ((uint32_t)distance + (uint32_t)dilation - 1) / (uint32_t)dilation;
}

/* Taps [begin, end) of a window along one axis lie in [low, high); tap k lies at start + k dilation. */
static inline nnz_taps nnz_pool_taps(int64_t start, int64_t dilation, int64_t kernel, int64_t low, int64_t high) {
    nnz_taps taps = {0, 0};
    if (start < low)
        taps.begin = nnz_pool_steps(low - start, dilation);
    if (start < high)
        taps.end = nnz_pool_steps(high - start, dilation);
    if (taps.end > kernel)
        taps.end = kernel;
    return taps;
}

/* Where the windows of an output row or column start in the input. */
static inline int64_t nnz_pool_start(uint32_t out, uint32_t stride, uint32_t pad) {
    return (int64_t)out * stride - pad;
}

/* The taps of a window that an average divides by: those inside the input, or the padded input. */
static inline int64_t nnz_pool_counted(bool padded, int64_t start, int64_t dilation, int64_t kernel, int64_t size,
                                       int64_t before, int64_t after) {
    const nnz_taps taps = nnz_pool_taps(start, dilation, kernel, padded ? -before : 0, padded ? size + after : size);
    return taps.end - taps.begin;
}

#endif
