#include "real_s8.h"

void nnz_quantize_f32_s8_scalar(const nnz_quantize_f32_s8 *a) {
    if (a->plain) {
        for (size_t p = 0; p < a->pixels; p++)
            a->y[p] = nnz_quantized(a->x[p], a->scale, a->zero);
        return;
    }
    for (size_t p = 0; p < a->pixels; p++)
        for (uint32_t c = 0; c < 4; c++)
            a->y[4 * p + c] = c < a->channels ? nnz_quantized(a->x[c * a->x_stride + p], a->scale, a->zero) : 0;
}
