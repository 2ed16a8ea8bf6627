#include "../../src/requantize.h"
#include "../kernels.h"

/* The sum of a channel at an output. */
static int32_t sum_taps(const nnz_depthwise_s8 *a, uint32_t oy, uint32_t ox, uint32_t c) {
    const int8_t *w = a->w + c;
    int32_t sum = a->bias[c];
    for (uint32_t ky = 0; ky < a->kernel_h; ky++) {
        const uint32_t row = oy * a->stride_h + ky * a->dilation_h - a->pad_top;
        for (uint32_t kx = 0; kx < a->kernel_w; kx++, w += 4) {
            const uint32_t column = ox * a->stride_w + kx * a->dilation_w - a->pad_left;
            const bool inside = row < a->height && column < a->width;
            sum += *w * (inside ? a->x[4 * (row * a->ldx + column) + c] : a->zero_x);
        }
    }
    return sum;
}

void nnz_depthwise_s8_scalar(const nnz_depthwise_s8 *a) {
    int8_t *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++)
        for (uint32_t ox = 0; ox < a->out_width; ox++)
            for (uint32_t c = 0; c < 4; c++) {
                const int32_t v = a->zero + nnz_requantize(sum_taps(a, oy, ox, c), a->multiplier[c], a->shift);
                *y++ = (int8_t)nnz_clamp(v, a->lo, a->hi);
            }
}
