#include "../kernels.h"

/* The element of column k at an output pixel. */
static int8_t element(const nnz_pack_s8 *a, uint32_t k, uint32_t pixel) {
    const uint32_t group = a->planes4 ? 4 : 1, plane = k / group / a->taps, tap = k / group % a->taps;
    if (k >= a->cols)
        return 0;
    const int64_t y = (int64_t)(pixel / a->out_width) * a->stride_h + tap / a->kernel_w * a->dilation_h - a->pad_top;
    const int64_t x = (int64_t)(pixel % a->out_width) * a->stride_w + tap % a->kernel_w * a->dilation_w - a->pad_left;
    if (y < 0 || y >= a->height || x < 0 || x >= a->width)
        return a->zero;
    return a->x[plane * a->channel_stride + (size_t)(y * a->width + x) * group + k % group];
}

void nnz_pack_s8_scalar(const nnz_pack_s8 *a) {
    for (uint32_t u = 0; u < a->units; u++)
        for (uint32_t p = 0; p < a->pixels; p++)
            for (uint32_t i = 0; i < 4; i++)
                a->y[((size_t)u * a->ldy + p) * NNZ_S8_CELL + i] = (uint8_t)element(a, 4 * u + i, a->first + p);
}
