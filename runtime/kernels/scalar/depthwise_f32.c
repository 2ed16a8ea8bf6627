#include "../kernels.h"

void nnz_depthwise_f32_scalar(const nnz_depthwise_f32 *a) {
    for (uint32_t oy = 0; oy < a->out_height; oy++) {
        for (uint32_t ox = 0; ox < a->out_width; ox++) {
            size_t p = (size_t)oy * a->out_width + ox;
            const float *x = a->x + (size_t)oy * a->stride_h * a->ldx + (size_t)ox * a->stride_w;
            float sum = a->bias + (a->residual ? a->residual[p] : 0);
            for (uint32_t ky = 0; ky < a->kernel_h; ky++)
                for (uint32_t kx = 0; kx < a->kernel_w; kx++)
                    sum += a->w[ky * a->kernel_w + kx] * x[ky * a->dilation_h * a->ldx + kx * a->dilation_w];
            a->y[p] = nnz_clip(sum, a->lo, a->hi);
        }
    }
}
