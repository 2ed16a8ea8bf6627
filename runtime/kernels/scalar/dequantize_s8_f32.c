#include "../kernels.h"

void nnz_dequantize_s8_f32_scalar(const nnz_dequantize_s8_f32 *a) {
    const size_t step = a->plain ? 1 : 4;
    for (uint32_t c = 0; c < a->channels; c++)
        for (size_t p = 0; p < a->pixels; p++)
            a->y[c * a->y_stride + p] = a->scale * (float)(a->x[p * step + c] - a->zero);
}
