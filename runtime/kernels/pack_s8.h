/* Where pixels find their inputs, from the window's geometry: for the pack_s8 kernels that do without tables. */
#ifndef NNZ_PACK_S8_H
#define NNZ_PACK_S8_H

#include "kernels.h"

/* The input of a pixel's first tap: row and column of x, negative in the padding. */
typedef struct nnz_corner {
    int32_t y, x;
} nnz_corner;

static inline nnz_corner nnz_pack_s8_corner(const nnz_pack_s8 *a, uint32_t pixel) {
    const uint32_t row = (a->first + pixel) / a->out_width, column = (a->first + pixel) - row * a->out_width;
    return (nnz_corner){(int32_t)(row * a->stride_h) - (int32_t)a->pad_top,
                        (int32_t)(column * a->stride_w) - (int32_t)a->pad_left};
}

/* The element of a plane of x at tap (ky, kx), outside of the plane where that is padding. */
static inline int32_t nnz_pack_s8_index(const nnz_pack_s8 *a, nnz_corner corner, uint32_t ky, uint32_t kx) {
    return (corner.y + (int32_t)(ky * a->dilation_h)) * (int32_t)a->width + corner.x + (int32_t)(kx * a->dilation_w);
}

/* The same, or -1 in the padding. */
static inline int32_t nnz_pack_s8_at(const nnz_pack_s8 *a, nnz_corner corner, uint32_t ky, uint32_t kx) {
    const uint32_t y = (uint32_t)corner.y + ky * a->dilation_h, x = (uint32_t)corner.x + kx * a->dilation_w;
    return y < a->height && x < a->width ? (int32_t)(y * a->width + x) : -1;
}

#endif
