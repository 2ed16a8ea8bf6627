#include "real_s8.h"

static int8_t quantized(const nnz_quantize_f32_s8 *a, float x) {
    if (!NNZ_ONLY_SMALL && a->divides)
        return nnz_quantized(x / a->scale, 1, a->zero);
    return nnz_quantized(x, a->scale, a->zero);
}

void nnz_quantize_f32_s8_scalar(const nnz_quantize_f32_s8 *a) {
    if (a->plain) {
        for (size_t p = 0; p < a->pixels; p++)
            a->y[p] = quantized(a, a->x[p]);
        return;
    }
    for (size_t p = 0; p < a->pixels; p++)
        for (uint32_t c = 0; c < 4; c++)
            a->y[4 * p + c] = c < a->channels ? quantized(a, a->x[c * a->x_stride + p]) : 0;
}
