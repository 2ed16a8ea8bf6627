#include "../../src/requantize.h"
#include "../kernels.h"

#include <string.h>

/* The sums of the four channels at an output. */
static void sum_taps(const nnz_depthwise_s8 *a, uint32_t oy, uint32_t ox, int32_t sum[4]) {
    const int8_t padding[4] = {a->zero_x, a->zero_x, a->zero_x, a->zero_x}, *w = a->w;
    memcpy(sum, a->bias, 4 * sizeof *sum);
    for (uint32_t ky = 0; ky < a->kernel_h; ky++) {
        const uint32_t row = oy * a->stride_h + ky * a->dilation_h - a->pad_top;
        for (uint32_t kx = 0; kx < a->kernel_w; kx++, w += 4) {
            const uint32_t column = ox * a->stride_w + kx * a->dilation_w - a->pad_left;
            const bool inside = row < a->height && column < a->width;
            const int8_t *x = inside ? a->x + 4 * (row * a->ldx + column) : padding;
            for (int c = 0; c < 4; c++)
                sum[c] += w[c] * x[c];
        }
    }
}

void nnz_depthwise_s8_scalar(const nnz_depthwise_s8 *a) {
    int8_t *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++)
        for (uint32_t ox = 0; ox < a->out_width; ox++) {
            int32_t sum[4];
            sum_taps(a, oy, ox, sum);
            for (int c = 0; c < 4; c++) {
                const int32_t v = a->zero + nnz_requantize(sum[c], a->multiplier[c], a->shift);
                *y++ = (int8_t)nnz_clamp(v, a->lo, a->hi);
            }
        }
}
