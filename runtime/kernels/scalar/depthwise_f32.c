#include "../kernels.h"

static void run_plane(const nnz_depthwise_f32 *a, uint32_t plane) {
    const float *x = a->x + plane * a->x_stride, *w = a->w + (size_t)plane * a->kernel_h * a->kernel_w;
    const float *residual = a->residual ? a->residual + plane * a->residual_stride : NULL;
    const float bias = a->bias ? a->bias[plane] : 0;
    float *y = a->y + plane * a->y_stride;
    for (uint32_t oy = 0; oy < a->out_height; oy++) {
        for (uint32_t ox = 0; ox < a->out_width; ox++) {
            size_t p = (size_t)oy * a->out_width + ox;
            float sum = bias + (residual ? residual[p] : 0);
            for (uint32_t ky = 0; ky < a->kernel_h; ky++) {
                int64_t iy = (int64_t)oy * a->stride_h + (int64_t)ky * a->dilation_h - a->pad_top;
                for (uint32_t kx = 0; kx < a->kernel_w; kx++) {
                    int64_t ix = (int64_t)ox * a->stride_w + (int64_t)kx * a->dilation_w - a->pad_left;
                    if (iy >= 0 && iy < a->height && ix >= 0 && ix < a->width)
                        sum += w[ky * a->kernel_w + kx] * x[iy * a->width + ix];
                }
            }
            y[p] = nnz_clip(sum, a->lo, a->hi);
        }
    }
}

void nnz_depthwise_f32_scalar(const nnz_depthwise_f32 *a) {
    for (uint32_t plane = 0; plane < a->planes; plane++)
        run_plane(a, plane);
}
