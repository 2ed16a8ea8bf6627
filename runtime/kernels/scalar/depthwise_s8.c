#include "../../src/requantize.h"
#include "../kernels.h"

void nnz_depthwise_s8_scalar(const nnz_depthwise_s8 *a) {
    int8_t *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++)
        for (uint32_t ox = 0; ox < a->out_width; ox++)
            for (uint32_t c = 0; c < 4; c++) {
                const int8_t *x = a->x + 4 * ((size_t)oy * a->stride_h * a->ldx + (size_t)ox * a->stride_w) + c;
                const int8_t *w = a->w + c;
                int32_t sum = a->bias[c];
                for (uint32_t ky = 0; ky < a->kernel_h; ky++, x += 4 * a->dilation_h * a->ldx)
                    for (uint32_t kx = 0; kx < a->kernel_w; kx++, w += 4)
                        sum += *w * x[4 * (size_t)kx * a->dilation_w];
                const int32_t v = a->zero + nnz_requantize(sum, a->multiplier[c], a->shift);
                *y++ = (int8_t)nnz_clamp(v, a->lo, a->hi);
            }
}
